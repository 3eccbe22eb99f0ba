"""Fetching posts through the frontier: conditional requests, what an answer means, what is done already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newsarchive import browser
from newsarchive.core import discovery
from newsarchive.core.posts.filling import FILLABLE, usable
from newsarchive.core.posts.parts import MISSING
from newsarchive.core.sources.paging import MAX_PARTS
from newsarchive.core.urls import site_of, url_key
from newsarchive.db.frontier import FILLED, Frontier, Known
from newsarchive.exceptions import DatabaseError, NotAnArticle
from newsarchive.items import Capture, Link, Selectors
from newsarchive.recorder import KEEP, Recorder
from newsarchive.rules import Rules
from newsarchive.spiders.base import (
    ArchiveSpider,
    Dropped,
    capture_of,
    explain,
    headers_of,
    rules_of,
    status_problem,
)
from newsarchive.spiders.finding import conditional

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Statuses that say something of a post and are no failures.
MEANINGFUL = [304, 404, 410]
#: Who names posts and nothing else: what they name is no index, whatever its page looks like.
BELIEVED = frozenset(("wp-json", "feed", "stored"))


#: What the frontier knows of a post stands in its request's meta under this name.
KNOWN = "newsarchive_known"


class FetchingSpider(ArchiveSpider):
    """A spider whose posts stand in the frontier. `StorePipeline` gives it `frontier` and `run_id`."""

    frontier: Frontier | None = None
    run_id: int = 0
    site_id: int = 0
    #: What was stored since then belongs to a killed crawl that this one goes on with.
    resume_point: datetime | None = None
    rules: Rules

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.rules = rules_of(crawler.settings)
        return spider

    async def discovered(self, links: list[Link], source_id: int | None = None) -> list[Request]:
        """Rows for the links, then requests for those that this crawl has not done yet."""
        if self.frontier is None:
            return [self.request(link, None) for link in links]
        if not links:
            return []
        await asyncio.to_thread(self.frontier.discover, self.site_id, self.run_id, links, source_id)
        known = await asyncio.to_thread(self.frontier.known, [link.url for link in links])
        return [
            self.request(link, row)
            for link in links
            if not self.is_done(row := known.get(url_key(link.url))) and not self.rests(link, row)
        ]

    def rests(self, link: Link, known: Known | None) -> bool:
        """Whether a URL is left alone: no article, or blocked, and its time has not come; counted by its reason."""
        if known is None or not known.rests(datetime.now(UTC), link.lastmod):
            return False
        reason = known.reason.partition(" (")[0]
        if reason == "noarchive" and not self.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            return False
        self.count(f"skipped/looked at before: {reason}")
        return True

    async def left_over(self) -> list[Link]:
        """What earlier crawls of the site discovered and did not fetch."""
        if self.frontier is None or not self.site_id:
            return []
        waiting = await asyncio.to_thread(self.frontier.waiting, self.site_id)
        return [Link(known.url, "frontier") for known in waiting]

    def is_done(self, known: Known | None) -> bool:
        """Whether the killed crawl that this one goes on with has dealt with a URL."""
        if known is None or known.last_checked_at is None or self.resume_point is None:
            return False
        done = known.last_checked_at >= self.resume_point
        if done:
            self.count("skipped/done before the kill")
        return done

    def request(self, link: Link, known: Known | None) -> Request:
        """A request for one post, conditional where the server gave validators (RFC 9110, 13)."""
        headers = conditional(known) if known is not None and known.state == "ok" else {}
        return Request(
            link.url,
            headers=headers,
            callback=self.parse_post,
            errback=self.post_failed,
            # Each URL is taken once already; a redirect to a page that was fetched must not vanish unsaid.
            dont_filter=True,
            cb_kwargs={"link": replace(link, text=None)},  # it stands in the archive, and not in memory
            meta={"handle_httpstatus_list": MEANINGFUL, KEEP: True, KNOWN: known},
        )

    async def parse_post(self, response: Response, link: Link) -> AsyncIterator[Capture | Request]:
        """What one answer means: unchanged, gone, or bytes for the pipelines."""
        if response.status == 304:
            self.count("unchanged")
            self.count("not modified")
            if self.frontier:
                await asyncio.to_thread(self.frontier.unchanged, link.url)
        elif response.status in (404, 410):
            await self.missing(response, link)
        elif place := self.forbidden(response):
            await self.skipped(link.url, f"noarchive ({place})")
        elif block := self.block(response):
            async for instead in self.blocked(response, link, block):
                yield instead
        elif (refusal := self.no_article(response, link)) and await self.needs_browser(
            response, link, refusal
        ):
            assert response.request is not None
            self.count("fetched with the browser")
            yield browser.rendered(response.request)
        elif refusal:
            refused = await self.capture(response, link)
            if refusal.reason in FILLABLE and await self.may_fill(response, link):
                yield refused
            else:
                await self.refuse(refused, response, refusal)
        elif (capture := await self.whole(response, link)) is not None:
            yield capture

    async def needs_browser(self, response: Response, link: Link, refusal: NotAnArticle) -> bool:
        """Whether a page is left to its scripts, and neither feed nor API has its text."""
        untried = browser.wanted(self.settings) and not response.meta.get("playwright")
        return refusal.reason == "script only" and untried and not await self.may_fill(response, link)

    async def may_fill(self, response: Response, link: Link) -> bool:
        """Whether the site's own feed or API stands in for a page: what was read from the page itself stays."""
        known: Known | None = response.request.meta.get(KNOWN) if response.request else None
        if known is not None and known.state == "ok" and not known.reason.startswith(FILLED):
            return False
        if self.frontier is None:
            return False
        return usable(await asyncio.to_thread(self.frontier.source_text, link.url))

    async def whole(self, response: Response, link: Link) -> Capture | None:
        """The capture with those of the further pages that the post is split over.

        `None` where one of them failed and the archive has the article already: half a text must not take
        the place of a whole one. The URL is then looked at again like one that failed.
        """
        parts: list[Capture] = []
        waiting = self.parts_of(response, response.url)
        while waiting and len(parts) < MAX_PARTS:
            answer = await self.part(waiting.pop(0))
            if answer is None:
                known: Known | None = response.meta.get(KNOWN)
                if known is not None and known.state == "ok" and self.frontier:
                    await asyncio.to_thread(self.frontier.failed, link.url, MISSING)
                    return None
                break
            if url_key(answer.url) in {url_key(url) for url in (response.url, *(p.final_url for p in parts))}:
                break  # the same page again, under another number
            parts.append(await self.capture(answer, link))
            waiting = waiting or self.parts_of(answer, response.url)
        return replace(await self.capture(response, link), parts=tuple(parts))

    def parts_of(self, response: Response, first: str) -> list[str]:
        text = response.text if isinstance(response, TextResponse) else ""
        return discovery.page_parts(text, response.url, first) if text else []

    async def part(self, url: str) -> Response | None:
        """One further page of a post; `None`, said and counted, where it cannot be had."""
        assert self.crawler.engine is not None
        request = Request(url, meta={KEEP: True})
        try:
            response = await self.crawler.engine.download_async(request)
            reason, sentence = status_problem(response.status)
            if response.status == 200 and not self.block(response):
                return response
        except Exception as error:  # whatever a download raises, the first page remains
            reason, sentence = explain(error)
        self.count(f"failed/part of a post: {reason}")
        self.logger.warning("%s: a page of a split post is missing: %s", url, sentence)
        return None

    def block(self, response: Response) -> str:
        """Why an answer means that the site keeps us out, "" where it does not."""
        text = response.text if isinstance(response, TextResponse) else ""
        return discovery.block_reason(text, headers_of(response), response.status, self.rules)

    async def blocked(self, response: Response, link: Link, reason: str) -> AsyncIterator[Capture]:
        """Said and kept, never evaded. What the site's feed or API gives of the post is taken instead."""
        self.count("failed/blocked")
        self.logger.warning("%s: the site blocks us (%s); we do not evade: ask its owner", link.url, reason)
        if await self.may_fill(response, link):
            yield await self.capture(response, link)
        elif self.frontier:
            await asyncio.to_thread(self.frontier.settle, link.url, "blocked", reason)

    def no_article(self, response: Response, link: Link) -> NotAnArticle | None:
        """What the page is, if it is no article. What the platform itself calls a post is no index."""
        if not isinstance(response, TextResponse):
            return None
        kind = discovery.page_kind(response.text, response.url, self.rules)
        if not kind.reason or (link.source in BELIEVED and kind.reason in ("index page", "static page")):
            return None
        return NotAnArticle(kind.reason, kind.detail)

    async def refuse(self, capture: Capture, response: Response, error: NotAnArticle) -> None:
        """Drop a page as the pipelines drop one: counted, its capture kept, settled in the frontier."""
        await self.crawler.signals.send_catch_log_async(
            signals.item_dropped,
            item=capture,
            response=response,
            exception=Dropped(capture, error),
            spider=self,
        )

    async def capture(self, response: Response, link: Link) -> Capture:
        """The response as a record, its raw bytes kept where the recorder is on, with what the site's feed
        or API says of the post.

        A disk that takes no more bytes ends the crawl: what is fetched on would be lost.
        """
        capture = capture_of(response, link)
        if response.meta.get("playwright"):  # validators are the empty page's: scripts may say something new
            own = {k: v for k, v in capture.headers.items() if k not in ("etag", "last-modified")}
            capture = replace(capture, headers=own)
        try:
            return await asyncio.to_thread(self._kept, capture, response)
        except DatabaseError as error:
            self.crawler.stats.set_value("newsarchive/database_error", str(error))
            raise CloseSpider("database_error") from error

    def _kept(self, capture: Capture, response: Response) -> Capture:
        """The two that wait for the disk; called from a thread."""
        recorder = self.crawler.get_extension(Recorder)
        place = recorder.keep(response, capture.fetched_at) if recorder else None
        text = self.frontier.source_text(capture.url) if self.frontier else capture.source_text
        return replace(
            capture, place=place, source_text=text, selectors=self._selectors(site_of(capture.url))
        )

    @lru_cache(maxsize=64)  # noqa: B019  the spider lives as long as its process
    def _selectors(self, site: str) -> Selectors | None:
        return self.frontier.selectors(site) if self.frontier else None

    def forbidden(self, response: Response) -> str:
        """Where the page forbids copies, "" where it does not or we were told not to ask."""
        if not self.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            return ""
        text = response.text if isinstance(response, TextResponse) else ""
        return discovery.noarchive(headers_of(response), text, "newsarchive")

    async def skipped(self, url: str, reason: str) -> None:
        self.count(f"dropped/{reason.partition(' (')[0]}")
        if self.frontier:
            await asyncio.to_thread(self.frontier.settle, url, "skipped", reason)

    async def missing(self, response: Response, link: Link) -> None:
        """410 means gone; so does 404 when it is seen twice (a theme may break for an hour)."""
        reason = f"http {response.status}"
        if self.frontier is None:
            self.count(f"failed/{reason}")
            return
        gone = await asyncio.to_thread(self.frontier.missing, link.url, reason, final=response.status == 410)
        self.count("gone" if gone else f"failed/{reason}")
        self.logger.warning("%s: the server answered %s", link.url, response.status)

    async def post_failed(self, failure: Failure) -> AsyncIterator[Capture]:
        """Errback of a post: counted, logged, kept in the frontier for the next crawl."""
        reason, sentence = explain(failure.value)
        request: Request = failure.request  # type: ignore[attr-defined]
        link: Link = request.cb_kwargs["link"]
        if isinstance(failure.value, HttpError) and (block := self.block(failure.value.response)):
            async for capture in self.blocked(failure.value.response, link, block):
                yield capture
            return
        self.count(f"failed/{reason}")
        self.logger.warning("%s: %s", request.url, sentence)
        if self.frontier and reason == "robots.txt":
            await asyncio.to_thread(self.frontier.settle, link.url, "blocked", reason)
        elif self.frontier:
            await asyncio.to_thread(self.frontier.failed, link.url, reason)
