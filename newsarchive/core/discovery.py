"""The door to discovery: bytes and text in, links out. What each name does stands in its own module."""

from __future__ import annotations

from newsarchive.core.feeds import Entry, Feed, feed_links, parse_feed, usual_feeds
from newsarchive.core.links import Judged, index_reason, judge_links, post_links

__all__ = [
    "Entry",
    "Feed",
    "Judged",
    "feed_links",
    "index_reason",
    "judge_links",
    "parse_feed",
    "post_links",
    "usual_feeds",
]
