"""`scrapy crawl news -a url=https://blog.example`: find a blog's posts and fetch them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from newsarchive.core import discovery, urls
from newsarchive.exceptions import UsageError
from newsarchive.items import Capture, Link
from newsarchive.rules import Rules
from newsarchive.spiders.base import ArchiveSpider, capture_of, count, day, explain, rules_of, status_problem

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Feeds are tried in order until one holds posts; more than this is not a blog's doing.
MOST_FEEDS = 8


class NewsSpider(ArchiveSpider):
    """Crawl one blog: the posts of its feed first, then those its front page links to.

    Arguments: `url` (the blog's front page, or its feed), `limit` (at most so many posts are
    fetched), `since` (a date: older posts are left out).
    """

    name = "news"
    known_arguments: Mapping[str, str] = {"url": "ADDRESS", "limit": "NUMBER", "since": "DATE"}

    url: str
    limit: int | None
    since: datetime | None
    rules: Rules

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.rules = rules_of(crawler.settings)
        return spider

    @classmethod
    def check(cls, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Raises `UsageError` where `url` is missing or a value cannot be read."""
        given = super().check(arguments)
        if not given.get("url"):
            raise UsageError("which blog? say it as: scrapy crawl news -a url=https://blog.example")
        return {
            "url": urls.check_start_url(given["url"]),
            "limit": count("limit", given["limit"]) if given.get("limit") else None,
            "since": day("since", given["since"]) if given.get("since") else None,
        }

    async def start(self) -> AsyncIterator[Request]:
        yield Request(self.url, callback=self.parse_home, errback=self.home_failed, dont_filter=True)

    def home_failed(self, failure: Failure) -> None:
        self.site_failed(self.url, explain(failure.value)[1])

    async def parse_home(self, response: Response) -> AsyncIterator[Request]:
        """Find the posts and request each."""
        links = await self.find(response)
        if not links:
            self.site_failed(
                self.url,
                "no feed and no links to posts were found there: give the front page of a blog, or the address of its feed",
            )
        chosen = list(self.choose(links))
        self.count("discovered", len(chosen))
        for link in chosen:
            yield Request(
                link.url, callback=self.parse_post, errback=self.page_failed, cb_kwargs={"link": link}
            )

    def parse_post(self, response: Response, link: Link) -> Iterator[Capture]:
        yield capture_of(response, link)

    async def find(self, home: Response) -> list[Link]:
        """All posts that the feed and the front page name, the feed's first, each once."""
        feed = discovery.parse_feed(home.body, home.url, content_type(home))
        if feed.version and feed.links:
            return list(feed.links)  # the address given was a feed's
        if not isinstance(home, TextResponse):
            return []
        found = await self.from_feeds(home) + discovery.post_links(home.text, home.url, self.rules)
        first: dict[str, Link] = {}
        for link in found:
            first.setdefault(urls.url_key(link.url), link)
        return list(first.values())

    async def from_feeds(self, home: TextResponse) -> list[Link]:
        """The posts of the first feed that has any."""
        declared = discovery.feed_links(home.text, home.url, self.rules)
        guessed = [url for url in discovery.usual_feeds(home.url, self.rules) if url not in declared]
        for url in [*declared, *guessed][:MOST_FEEDS]:
            if links := await self.read_feed(url, expected=url in declared):
                return links
        return []

    async def read_feed(self, url: str, *, expected: bool) -> list[Link]:
        """The posts of one feed; a declared feed that cannot be read is reported, a guessed one is not."""
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(Request(url))
        except Exception as error:  # whatever the download raises, the front page's links remain
            problem = explain(error)
        else:
            if response.status == 200:
                feed = discovery.parse_feed(response.body, response.url, content_type(response))
                if feed.problem and expected:
                    self.feed_problem(url, "not well formed", feed.problem)
                return [] if feed.is_comments else list(feed.links)
            problem = status_problem(response.status)
        if expected:
            self.feed_problem(url, *problem)
        return []

    def feed_problem(self, url: str, reason: str, sentence: str) -> None:
        self.count(f"feed problems/{reason}")
        self.logger.warning("feed %s: %s", url, sentence)

    def choose(self, links: Iterable[Link]) -> Iterator[Link]:
        """Those on this site, not older than `since`, at most `limit`."""
        taken = 0
        for link in links:
            if not urls.same_site(link.url, self.url):
                self.count("skipped/other site")
            elif self.since and link.published and link.published < self.since:
                self.count("skipped/before since")
            elif self.limit is not None and taken >= self.limit:
                self.count("skipped/over limit")
            else:
                taken += 1
                yield link


def content_type(response: Response) -> str | None:
    """The Content-Type header as text."""
    value = response.headers.get("Content-Type")
    return value.decode("latin-1") if value else None
