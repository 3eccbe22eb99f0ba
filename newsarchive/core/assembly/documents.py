"""Reads what a source says of one post and of its site, by the kind of the source: the excerpts that WARC files keep.

said_in(excerpt, "https://blog.example/post/", rules).link.text.published
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from newsarchive.core.discovery.feeds import Feed, parse_feed
from newsarchive.core.discovery.links import index_reason
from newsarchive.core.discovery.sitemaps import parse_sitemap
from newsarchive.core.discovery.wordpress import parse_wp_posts, parse_wp_root
from newsarchive.core.metadata.site_statements import site_name
from newsarchive.core.urls import url_key
from newsarchive.items import Excerpt, Link
from newsarchive.rules import Rules

#: The source of an answer of an API that tells the name of its site, and names no post.
API_ROOT = "wp-json root"
#: The kind of a page of an API, to which the API leads.
API_PAGE = "wp-json page"
#: What a feed's own address is (`index_reason`) where the feed is that of the whole site, not of a section, tag or
#: author.
_WHOLE_SITE_REASONS = frozenset(("", "home page", "feed"))


class Said(NamedTuple):
    """The link to a post with the text that its source gives, `None` where it names no such post; name and language of the site."""

    link: Link | None = None
    name: str = ""
    language: str = ""


def is_of_whole_site(feed: Feed, rules: Rules) -> bool:
    """Whether a feed is not that of a section, a tag or an author alone."""
    return index_reason(feed.home_url or feed.url, rules) in _WHOLE_SITE_REASONS


def said_in(excerpt: Excerpt, url: str, rules: Rules) -> Said:
    """What an excerpt says of the post under an address, and of its site. Never raises."""
    name = language = ""
    links: Sequence[Link] = ()
    if excerpt.source == "feed":
        feed = parse_feed(excerpt.body, excerpt.url, excerpt.content_type, url, rules)
        links = feed.links
        if is_of_whole_site(feed, rules):
            name, language = site_name(feed.title, rules), feed.language
    elif excerpt.source == "wp-json":
        links = parse_wp_posts(excerpt.body, excerpt.url, site_url=url).links
    elif excerpt.source == "sitemap":
        links = parse_sitemap(excerpt.body, excerpt.url, rules, url).links
    elif excerpt.source == API_ROOT:
        name = site_name(parse_wp_root(excerpt.body), rules)
    link = next((one for one in links if url_key(one.url) == url_key(url)), None)
    if link is not None and link.text is not None:
        link = replace(link, text=replace(link.text, excerpt=excerpt))
    return Said(link, name, language)
