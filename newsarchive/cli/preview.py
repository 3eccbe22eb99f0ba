"""What `newsarchive sites add` shows before it adds a blog: its platform, its sources, and three of its posts as extracted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from newsarchive.cli.extract import Fetcher
from newsarchive.cli.opening import rules_in_force, steps_in_force
from newsarchive.core import steps, urls
from newsarchive.core.discovery import feeds, platforms, sitemaps, wordpress
from newsarchive.core.discovery.links import post_links
from newsarchive.core.discovery.platforms import Source
from newsarchive.exceptions import FetchError, ForbiddenByRobots, NotAnArticle, PrivateAddress
from newsarchive.items import Article, Capture, Link

#: Posts of a blog that are shown.
MAX_SHOWN_POSTS = 3
#: Posts that are fetched. Where most of these are no articles, fewer than `MAX_SHOWN_POSTS` are shown.
MAX_TRIED_POSTS = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """`sources` are those that named posts, each with the number of posts. `forbidden` is the first sentence on what
    may not be fetched, by robots.txt or because it lies in a private network; "" where all may."""

    home_url: str
    platform: str
    sources: tuple[tuple[Source, int], ...]
    articles: tuple[Article, ...]
    forbidden: str = ""


def preview(url: str, fetcher: Fetcher) -> Preview:
    """Fetch a blog's front page, API, one feed, one sitemap and a few posts.

    Raises `FetchError` where the front page does not answer, `ForbiddenByRobots` where robots.txt forbids it.
    """
    return _Previewer(fetcher).preview(url)


class _Previewer:
    """Fetches what a preview shows of one blog."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher, self.rules = fetcher, rules_in_force()
        self.steps = steps_in_force()
        self.forbidden = ""

    def preview(self, url: str) -> Preview:
        home = self.fetcher.get(url)
        text = home.body.decode("utf-8", "replace")
        platform = platforms.detect_platform(text, home.headers, home.base_url, self.rules)
        named: dict[str, Link] = {}
        found: list[tuple[Source, int]] = []
        for source in platforms.sources(text, home.headers, home.base_url, self.rules):
            if source.kind not in {known.kind for known, _ in found} and (links := self.links(source, home)):
                found.append((source, len(links)))
                named |= {urls.url_key(link.url): link for link in reversed(links)}
        posts = list(named.values()) or post_links(text, home.base_url, self.rules)
        articles = islice(self.articles(posts[:MAX_TRIED_POSTS]), MAX_SHOWN_POSTS)
        return Preview(home.base_url, platform, tuple(found), tuple(articles), self.forbidden)

    def get(self, url: str) -> Capture | None:
        """One answer, `None` where there is none."""
        try:
            return self.fetcher.get(url)
        except (ForbiddenByRobots, PrivateAddress) as error:
            self.forbidden = self.forbidden or str(error)
        except FetchError:
            pass
        return None

    def links(self, source: Source, home: Capture) -> list[Link]:
        """The posts that the first answer of a source names; none where there is none."""
        is_api = source.kind == "wp-json"
        url = wordpress.wp_posts_url(source.url, page=1, embed=False) if is_api else source.url
        answer = self.get(url)
        if answer is None:
            return []
        if is_api:
            posts = wordpress.parse_wp_posts(answer.body, url, answer.headers, site_url=home.base_url)
            return list(posts.links)
        if source.kind == "feed":
            feed = feeds.parse_feed(answer.body, url, answer.content_type, home.base_url, self.rules)
            return [] if feed.is_comments else list(feed.links)
        if source.kind == "sitemap":
            return list(sitemaps.parse_sitemap(answer.body, url, self.rules, home.base_url).links)
        return []

    def articles(self, links: list[Link]) -> Iterator[Article]:
        for link in links:
            if (capture := self.get(link.url)) is None:
                continue
            try:
                yield steps.article_from(capture, self.rules, self.steps)
            except NotAnArticle:
                continue
