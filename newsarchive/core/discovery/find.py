"""The public names of discovery: bytes and text in, links out. Each is described in its own module."""

from __future__ import annotations

from newsarchive.core.discovery.feeds import (
    Entry,
    Feed,
    feed_links,
    is_comment_feed,
    is_feed,
    parse_feed,
    usual_feeds,
)
from newsarchive.core.discovery.links import Judged, index_reason, judge_links, post_links
from newsarchive.core.discovery.page_kind import Kind, block_reason, page_kind
from newsarchive.core.discovery.pagination import (
    archive_links,
    page_parts,
    pagination,
    says_more,
    stop_reason,
    unlinked_part,
)
from newsarchive.core.discovery.platforms import Source, detect_platform, sources
from newsarchive.core.discovery.robots import noarchive, robots_sitemaps
from newsarchive.core.discovery.sitemaps import Sitemap, parse_sitemap, sitemap_content
from newsarchive.core.discovery.wordpress import (
    Posts,
    api_root,
    next_feed_page,
    parse_wp_posts,
    parse_wp_root,
    post_id,
    usual_api_root,
    wp_posts_url,
    wp_root_url,
)

__all__ = [
    "Entry",
    "Feed",
    "Judged",
    "Kind",
    "Posts",
    "Sitemap",
    "Source",
    "api_root",
    "archive_links",
    "block_reason",
    "detect_platform",
    "feed_links",
    "index_reason",
    "is_comment_feed",
    "is_feed",
    "judge_links",
    "next_feed_page",
    "noarchive",
    "page_kind",
    "page_parts",
    "pagination",
    "parse_feed",
    "parse_sitemap",
    "parse_wp_posts",
    "parse_wp_root",
    "post_id",
    "post_links",
    "robots_sitemaps",
    "says_more",
    "sitemap_content",
    "sources",
    "stop_reason",
    "unlinked_part",
    "usual_api_root",
    "usual_feeds",
    "wp_posts_url",
    "wp_root_url",
]
