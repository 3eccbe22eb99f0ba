"""What a blog is and what the archive would make of it, before it is added: platform, sources, three posts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from newsarchive.cli.common import rules_in_force
from newsarchive.cli.fetch import fetch
from newsarchive.core import discovery, process, urls
from newsarchive.core.discovery import Source
from newsarchive.exceptions import FetchError, NotAnArticle
from newsarchive.items import Article, Capture, Link

#: How many posts are shown, and how many are tried to get them.
POSTS, TRIES = 3, 8


@dataclass(frozen=True, slots=True)
class Preview:
    """`sources` are those that answered with posts, each with how many it named."""

    home_url: str
    platform: str
    sources: tuple[tuple[Source, int], ...]
    articles: tuple[Article, ...]


def preview(url: str) -> Preview:
    """Look at a blog: its front page, its API, a feed and a sitemap, and a few posts.

    Raises `FetchError` where the front page does not answer.
    """
    table, home = rules_in_force(), fetch(url)
    text = home.body.decode("utf-8", "replace")
    platform = discovery.detect_platform(text, home.headers, home.base_url, table)
    named: dict[str, Link] = {}
    found: list[tuple[Source, int]] = []
    for source in discovery.sources(text, home.headers, home.base_url, table):
        if source.kind not in {known.kind for known, _ in found} and (links := _links(source, home)):
            found.append((source, len(links)))
            named |= {urls.url_key(link.url): link for link in reversed(links)}
    posts = list(named.values()) or discovery.post_links(text, home.base_url, table)
    articles = islice(_articles(posts[:TRIES]), POSTS)
    return Preview(home.base_url, platform, tuple(found), tuple(articles))


def _links(source: Source, home: Capture) -> list[Link]:
    """The posts that the first answer of a source names; none where there is none."""
    table = rules_in_force()
    try:
        if source.kind == "wp-json":
            url = discovery.wp_posts_url(source.url, page=1, embed=False)
            answer = fetch(url)
            posts = discovery.parse_wp_posts(answer.body, url, answer.headers, site_url=home.base_url)
            return list(posts.links)
        answer = fetch(source.url)
    except FetchError:
        return []
    if source.kind == "feed":
        feed = discovery.parse_feed(answer.body, source.url, answer.content_type, home.base_url, table)
        return [] if feed.is_comments else list(feed.links)
    if source.kind == "sitemap":
        return list(discovery.parse_sitemap(answer.body, source.url, table, home.base_url).links)
    return []


def _articles(links: list[Link]) -> Iterator[Article]:
    table = rules_in_force()
    for link in links:
        try:
            yield process.article_from(fetch(link.url), table)
        except (FetchError, NotAnArticle):
            continue
