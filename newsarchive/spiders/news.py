"""`scrapy crawl news -a url=https://blog.example`: find the posts of a blog, and fetch them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from shlex import quote
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy import Request, signals
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure as TwistedFailure

from newsarchive import config
from newsarchive.core import urls
from newsarchive.core.discovery import feeds, platforms
from newsarchive.crawling.failures import OF_KNOWN_CERTIFICATES, OF_KNOWN_SITES, explain, is_ending
from newsarchive.crawling.responses import conditional, headers_of, text_of
from newsarchive.crawling.stats import Count, FetchProblem, Group, SkipReason, key
from newsarchive.db.bulk import chunks
from newsarchive.db.frontier.queue import Frontier, KnownSource
from newsarchive.db.frontier.sites import Sites
from newsarchive.exceptions import UsageError
from newsarchive.items import Link
from newsarchive.middlewares import BarrenSourceMiddleware, DelayMiddleware
from newsarchive.reprs import one_line
from newsarchive.spiders.base import flag, limit, value_of
from newsarchive.spiders.discovery import Finder, NamedLinks
from newsarchive.spiders.posts import FetchingSpider
from newsarchive.times import first_moment

#: The kind under which a front page stands among the sources of its site.
HOME = "home page"

#: Hosts that the reason names why a planet gave no posts.
MAX_NAMED_SITES = 3


class NewsSpider(FetchingSpider):
    """Crawl one blog: every post that its API, feeds, sitemaps and pages name.

    A post that the archive holds is left alone until it is due (as for `recrawl`), or a source says that it changed.
    Arguments: `url` (the blog's front page, or its feed), `limit` (the greatest number of posts that this crawl
    fetches; the next crawl with the same limit fetches the next ones), `since` (a date: older posts are left out),
    `skip` (beginnings of paths: posts below them are left out), `sources` (where to look, by default everywhere),
    `recheck` (1: ask for every known post again, conditionally), `dry_run` (1: print what would be fetched and why,
    fetch and write nothing else).
    """

    name = "news"
    known_arguments: Mapping[str, str] = {
        "url": "ADDRESS",
        "limit": "NUMBER",
        "since": "DATE",
        "dry_run": "1",
        "recheck": "1",
        "sources": "wp-json,feed,sitemap,archive",
        "skip": "/jobs/,/podcast/",
    }

    arguments_with_settings = ("limit", "since", "sources")

    url: str
    dry_run: bool
    sources: frozenset[str]
    #: How the paths of posts begin that are left out.
    skip: tuple[str, ...]
    recheck: bool
    #: The archive's frontier for a dry run, which only reads it; `None` where there is no archive.
    archive: Frontier | None = None
    #: The sentence on what went wrong with the front page, "" where nothing did.
    failure: str = ""
    #: When this crawl began to ask the sources, set once all of them were read and had named posts; where the front page could
    #: not be fetched, once one of them had answered. If the posts can be fetched too, the site counts as crawled at this time.
    listed_at: datetime | None = None
    #: The front page as a source, with the validators of its last answer.
    home: KnownSource | None = None

    def accept(self, **arguments: Any) -> None:
        super().accept(**arguments)
        self.named_addresses = [self.url]
        self.asked_at = datetime.now(UTC)
        #: Whether the address that was given turned out to be a post, and the site's own address is to be put right.
        self.is_post = False
        #: Hosts of other sites whose posts the feeds list.
        self.other_sites: set[str] = set()
        #: The addresses of feeds without a post.
        self.empty_feeds: set[str] = set()
        #: Keys of the posts that were named and chosen.
        self.taken: set[str] = set()
        #: Keys of the posts that were published before `since`, or that `skip` leaves out.
        self.left_out: set[str] = set()
        #: key of a post → when it was published, as the first source says that tells it
        self.days: dict[str, datetime] = {}

    @property
    def blog(self) -> str:
        return self.url

    @classmethod
    def check(cls, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Raises `UsageError` where `url` is missing or a value cannot be read."""
        given = super().check(arguments)
        if not given.get("url"):
            raise UsageError("which blog? say it as: scrapy crawl news -a url=https://blog.example")
        since = value_of("since", given, config.as_day)
        return {
            "url": urls.check_blog(given["url"]),
            "limit": value_of("limit", given, limit),
            "since": first_moment(since) if since else None,
            "sources": frozenset(value_of("sources", given, config.as_sources) or config.SOURCES),
            "skip": tuple(value_of("skip", given, config.as_paths) or ()),
            "dry_run": value_of("dry_run", given, flag) or False,
            "recheck": value_of("recheck", given, flag) or False,
        }

    async def start(self) -> AsyncIterator[Request]:
        if self.frontier is not None:  # the front page as an earlier crawl of the site left it
            site = await asyncio.to_thread(self.frontier.find_site, self.url)
            if site is not None:
                self.home = await asyncio.to_thread(self.frontier.source, site, HOME, self.url)
        headers = conditional(self.home) if self.home else {}
        yield Request(
            self.url,
            headers=headers,
            callback=self.parse_home,
            errback=self.home_failed,
            dont_filter=True,
            meta={"handle_httpstatus_list": [304]} if headers else {},
        )

    async def home_failed(self, failure: TwistedFailure) -> AsyncIterator[Request]:
        """Where the front page is blocked, the site's feed or API may answer all the same; where it cannot be fetched,
        the sources that earlier crawls found may."""
        reason, self.failure = explain(failure.value)
        is_known = await self.answered_before()
        if is_known and reason in OF_KNOWN_SITES:
            self.failure = OF_KNOWN_SITES[reason]
        elif is_known and reason == FetchProblem.BAD_CERTIFICATE:
            self.failure += OF_KNOWN_CERTIFICATES
        if isinstance(failure.value, HttpError) and (block := self.block(failure.value.response)):
            self.count(Group.SOURCE_PROBLEMS, "blocked")
            self.logger.warning("%s: the site blocks us (%s); asking for its feed and API", self.url, block)
            async for request in self.parse_home(failure.value.response):
                yield request
            return
        if self.home is not None and self.frontier is not None:
            self.site_id = await asyncio.to_thread(self.frontier.open_site, self.url)
            if any(one.answers for one in await asyncio.to_thread(self.frontier.sources, self.site_id)):
                self.source_problem(
                    self.url, reason, f"{self.failure}; asking the sources that earlier crawls found"
                )
            await asyncio.to_thread(self.frontier.source_checked, self.home.id, ok=False)
            finder = self.finder()
            self.queue = self.found(finder.batches_without_home(self.home.url))
            async for request in self.take():
                yield request
            if is_ending(self.crawler):
                return
            if finder.answers:
                self.listed_at = self.asked_at
                return
        self.site_failed(self.url, self.failure)

    async def parse_home(self, response: Response) -> AsyncIterator[Request]:
        """Find the posts, source by source, and request each as soon as its address is known."""
        await self.open_site(response)
        self.queue = self.found(self.find(response))
        async for request in self.take():
            yield request
        if is_ending(self.crawler):  # before all lists were read
            return
        too_old = self.crawler.stats.get_value(key(Group.SKIPPED, SkipReason.BEFORE_SINCE))
        if not (self.taken or self.left_out or too_old):
            self.site_failed(self.url, self.failure or await self.why_none(response))
        elif self.site_id:
            self.listed_at = self.asked_at

    async def answered_before(self) -> bool:
        """Whether an earlier crawl of the site went well, so that its address is not mistyped."""
        if self.frontier is None:
            return False
        return await asyncio.to_thread(Sites(self.frontier.engine).last_success, self.url) is not None

    async def why_none(self, home: Response) -> str:
        """Why a site that answered gave no posts, as a sentence with the remedy."""
        if not urls.same_site(home.url, self.url):
            moved = f"newsarchive sites add {quote(home.url)}"
            return f"it leads to another site, {home.url}: if the blog moved there, follow it there: {moved}"
        if await self.answered_before():
            return "it names no posts any more: has it another theme, or a new owner? Look at it in a browser"
        if self.other_sites:
            some = ", ".join(sorted(self.other_sites)[:MAX_NAMED_SITES])
            return f"its feed lists posts of other sites alone ({some}): crawl those sites"
        if self.empty_feeds:
            return f"its feed has no posts yet ({min(self.empty_feeds)}): crawl it again when there are some"
        return (
            "no feed and no links to posts were found there: "
            "give the front page of a blog, or the address of its feed"
        )

    async def found(self, named: AsyncIterator[NamedLinks]) -> AsyncIterator[Request]:
        """A request for each post to fetch: those that the sources name, then those that earlier crawls discovered and did not
        fetch; with `recheck` every known post, also one that no source names any more."""
        async for batch in named:
            for request in await self.requests(batch):
                yield request
        if self.frontier is None or not self.site_id:
            return
        waiting = await asyncio.to_thread(self.frontier.waiting, self.site_id, stored=self.recheck)
        left = [Link(known.url, "frontier") for known in waiting]
        for links in chunks(left):  # a request takes much more memory than a link
            for request in await self.requests(NamedLinks(links, remembered=True)):
                yield request

    async def open_site(self, response: Response) -> None:
        if self.frontier is not None and response.status == 304:
            self.site_id = await asyncio.to_thread(self.frontier.open_site, self.url)
        elif self.frontier is not None:
            platform = platforms.detect_platform(
                text_of(response), headers_of(response), response.url, self.rules
            )
            self.site_id = await asyncio.to_thread(self.frontier.open_site, response.url, platform)
            self.home = await asyncio.to_thread(self.frontier.source, self.site_id, HOME, self.url)

    async def find(self, home: Response) -> AsyncIterator[NamedLinks]:
        if home.status == 304 and self.home:
            async for batch in self.finder().batches_again(self.home):
                yield batch
            return
        if feeds.is_feed(home.body):
            finder = self.finder()
            feed = await finder.parsed_feed(home, "")
            if feed.version and feed.links:
                await finder.whole_feed(feed)
                await finder.listed(self.home, feed.links)
                yield NamedLinks(list(feed.links))  # the address given was a feed's
                return
        if isinstance(home, TextResponse):
            async for batch in self.finder().batches(home, self.home):
                yield batch

    def finder(self) -> Finder:
        assert self.crawler.engine is not None
        return Finder(
            self.crawler.engine,
            self.frontier,
            self.site_id,
            self.rules,
            self.enough,
            self.source_problem,
            self.robots,
            self.is_barren,
            self.sources,
            other_sites=self.other_sites,
            empty_feeds=self.empty_feeds,
            remember=self.since is None,  # what is left out for its age has no row
            resume_point=self.resume_point,
        )

    def robots(self, url: str) -> str | None:
        """The robots.txt of an address's host, `None` where this crawl has not read it."""
        middleware = self.crawler.get_downloader_middleware(DelayMiddleware)
        return middleware.robots.get(urlsplit(url).netloc) if middleware else None

    def is_barren(self, source: str) -> bool:
        """Whether this crawl asks for no more posts that this kind of source names, because too many of them in a row became no
        article (`BarrenSourceMiddleware`)."""
        middleware = self.crawler.get_downloader_middleware(BarrenSourceMiddleware)
        return middleware is not None and middleware.has_left(urls.site_of(self.url), source)

    def enough(self) -> bool:
        return super().enough() or self.has_left(self.url)

    def source_problem(self, url: str, reason: str, sentence: str) -> None:
        self.count(Group.SOURCE_PROBLEMS, reason)
        self.logger.warning("source %s: %s", url, sentence)

    async def date(self, links: Iterable[Link]) -> None:
        """Note when posts were published, as this crawl's or an earlier one's sources say.

        The first source that tells the day of a post counts, because the best source, the API, is asked first. A later source
        that names the post without a day changes nothing.
        """
        if self.since is None:
            return
        undated = []
        for link in links:
            if link.published:
                self.days.setdefault(urls.url_key(link.url), link.published)
            elif urls.url_key(link.url) not in self.days:
                undated.append(link.url)
        if archive := self.frontier or self.archive:
            known = await asyncio.to_thread(archive.published, undated, stored=self.recheck)
            for key, published in known.items():
                self.days.setdefault(key, published)

    def choose(self, links: Iterable[Link]) -> Iterator[Link]:
        """The links to this site that were not named before and are not older than `since`."""
        for link in links:
            key = urls.url_key(link.url)
            if key in self.taken or key in self.left_out:
                continue
            published = self.days.get(key)
            if not urls.same_site(link.url, self.url):
                self.count(Group.SKIPPED, SkipReason.OTHER_SITE)
            elif self.skip and urlsplit(link.url).path.startswith(self.skip):
                self.left_out.add(key)
                self.count(Group.SKIPPED, SkipReason.SECTION)
            elif self.since and published and published < self.since:
                self.left_out.add(key)
                self.count(Group.SKIPPED, SkipReason.BEFORE_SINCE)
            else:
                self.taken.add(key)
                if key == urls.url_key(self.url) and urlsplit(self.url).path.strip("/"):
                    self.is_post = True
                    self.logger.warning(
                        "%s is a post, and all posts of its blog are looked for: crawl the blog by its front page, such as %s",
                        self.url, urljoin(self.url, "/"),
                    )  # fmt: skip
                yield link

    async def requests(self, batch: NamedLinks) -> list[Request]:
        """Write a row in the frontier for each chosen link; give a request for each post to fetch."""
        await self.date(batch.links)
        links = list(self.choose(batch.links))
        self.count(Count.DISCOVERED, by=len(links))
        if not self.dry_run:
            if self.is_post and self.frontier is not None and self.site_id:
                self.is_post = False
                await asyncio.to_thread(self.frontier.correct_home, self.site_id, self.url)
            return await self.discovered(batch._replace(links=links))
        held = self.archive
        wanted = [link for link, _ in await self.wanted(links, held)] if held is not None else links
        for link in wanted:
            if not self.enough():
                self.asked += 1
                sys.stdout.write(f"{one_line(link.url)}\t{link.source}\t{one_line(link.title)}\n")
                # A row for `-o FILE`, which goes past the pipelines, because there is no page for them to read.
                known = {"url": link.url, "headline": link.title, "date_published": link.published}
                row = {name: value for name, value in known.items() if value}
                self.crawler.signals.send_catch_log(
                    signals.item_scraped, item=row, response=None, spider=self
                )
        return []
