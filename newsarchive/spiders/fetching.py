"""Fetching posts through the frontier: conditional requests, what an answer means, what is done already."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, signals
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newsarchive import browser
from newsarchive.core.assembly.feed_text import FILLABLE, usable
from newsarchive.core.discovery import find
from newsarchive.core.urls import url_key
from newsarchive.db.frontier.queue import Absence, Frontier, Known
from newsarchive.exceptions import NotAnArticle
from newsarchive.inflight import InFlight
from newsarchive.items import Capture, DropReason, Link
from newsarchive.patience import Patience, SiteLeft
from newsarchive.recorder import KEEP
from newsarchive.spiders.base import ROBOTS, Dropped, explain, headers_of
from newsarchive.spiders.capturing import KNOWN, CapturingSpider
from newsarchive.spiders.finding import Batch, conditional

#: Statuses that say something of a post and are no failures.
MEANINGFUL = [304, 404, 410]
#: Who names posts and nothing else: what they name is no index, whatever its page looks like.
BELIEVED = frozenset(("wp-json", "feed", "stored"))
#: What a page looks like that is a post all the same where one of them names it.
UNBELIEVED = frozenset((DropReason.INDEX_PAGE, DropReason.STATIC_PAGE))


class FetchingSpider(CapturingSpider):
    """A spider whose posts stand in the frontier.

    `limit` counts the posts that are fetched: stored, or refused for what they are. A post that is known and not
    due, that is missing or could not be fetched takes no place, and the next one is asked for instead.
    """

    #: Whether posts that are known are asked for again although they are not due.
    recheck: bool = False
    #: At most so many posts are fetched, `None` for all that there are.
    limit: int | None = None
    #: Posts that were published before are left out.
    since: datetime | None = None

    def accept(self, **arguments: Any) -> None:
        super().accept(**arguments)
        #: Posts that were asked for and count for the limit.
        self.asked = 0
        #: The posts to be asked for, one after the other, each as soon as it is known.
        self.queue: AsyncIterator[Request] | None = None
        self.turn = asyncio.Lock()

    def enough(self) -> bool:
        """Whether the crawl asks for no more posts."""
        return self.limit is not None and self.asked >= self.limit

    async def take(self) -> AsyncIterator[Request]:
        """The next posts of the queue, until as many are asked for as the limit allows."""
        while self.queue is not None:
            async with self.turn:  # a generator gives one thing at a time
                request = None if self.enough() else await anext(self.queue, None)
                if request is None:
                    return
                self.asked += 1
            yield request

    async def instead(self) -> AsyncIterator[Request]:
        """Those that take the places of posts that could not be fetched."""
        if self.limit is not None:
            async for request in self.take():
                yield request

    def not_fetched(self) -> None:
        """A post that was asked for gave nothing: its place is free."""
        self.asked -= 1

    @property
    def patience(self) -> Patience | None:
        return self.crawler.get_downloader_middleware(Patience)

    def has_left(self, url: str) -> bool:
        """Whether the crawl has left the site of this address, which answered no more."""
        return self.patience is not None and self.patience.has_left(url)

    async def discovered(self, batch: Batch) -> list[Request]:
        """Rows for the links, then requests for those that this crawl has not done yet and that are due."""
        if self.frontier is None:
            return [self.request(link, None) for link in batch.links]
        if not batch.links:
            return []
        if not batch.remembered:
            await asyncio.to_thread(
                self.frontier.discover, self.site_id, self.run_id, batch.links, batch.source_id
            )
        return [self.request(link, row) for link, row in await self.wanted(batch.links, self.frontier)]

    async def wanted(self, links: list[Link], frontier: Frontier) -> list[tuple[Link, Known | None]]:
        """Those that are to be fetched, with what is known of them; the others are counted."""
        known = await asyncio.to_thread(frontier.known, [link.url for link in links])
        rows = [(link, known.get(url_key(link.url))) for link in links]
        return [(link, row) for link, row in rows if not self.is_done(row) and not self.rests(link, row)]

    def rests(self, link: Link, known: Known | None) -> bool:
        """Whether a URL is left alone: it was looked at, and its time has not come; counted by its reason."""
        if known is not None and known.left_out is not None:
            if self.since is None or known.left_out >= self.since:
                return False
            self.count("skipped/before since")
            return True
        if known is None or not known.rests(datetime.now(UTC), link.lastmod):
            return False
        if known.state in ("ok", "gone"):
            if not self.recheck:
                self.count("skipped/not due")
            return not self.recheck
        if known.reason == DropReason.NOARCHIVE and not self.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            return False
        self.count(f"skipped/looked at before: {known.reason}")
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

    def request(self, link: Link, known: Known | None, *, whole: bool = False) -> Request:
        """A request for one post, conditional where the server gave validators (RFC 9110, 13) and it need not
        come `whole`."""
        headers = conditional(known) if known is not None and known.state == "ok" and not whole else {}
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
        """What one answer means; a post of which nothing comes makes room for another (see `inflight`)."""
        sent = False
        try:
            async for outcome in self.outcome(response, link):
                sent = True
                yield outcome
        finally:
            if not sent:
                self.finished(link)
        async for request in self.instead():
            yield request

    def finished(self, link: Link) -> None:
        if middleware := self.crawler.get_downloader_middleware(InFlight):
            middleware.done(link.url)

    async def outcome(self, response: Response, link: Link) -> AsyncIterator[Capture | Request]:
        """Unchanged, gone, or bytes for the pipelines."""
        block = self.block(response)
        if self.patience and not block:
            self.patience.answered(link.url)
        if response.status == 304 and not await self.is_unchanged(link):
            yield self.request(link, response.meta.get(KNOWN), whole=True)
        elif response.status == 304:
            self.count("unchanged")
            self.count("not modified")
            if self.frontier:
                await asyncio.to_thread(self.frontier.unchanged, link.url)
        elif response.status in (404, 410):
            await self.missing(response, link)
        elif place := self.forbidden(response):
            await self.skipped(link.url, DropReason.NOARCHIVE, place)
        elif block:
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
                await self.refuse(refused, refusal)
        elif (capture := await self.whole(response, link)) is not None:
            yield capture
        else:
            self.not_fetched()

    async def needs_browser(self, response: Response, link: Link, refusal: NotAnArticle) -> bool:
        """Whether a page is left to its scripts, and neither feed nor API has its text."""
        untried = browser.wanted(self.settings) and not response.meta.get("playwright")
        return (
            refusal.reason == DropReason.SCRIPT_ONLY and untried and not await self.may_fill(response, link)
        )

    async def may_fill(self, response: Response, link: Link) -> bool:
        """Whether the site's own feed or API stands in for a page: what was read from the page itself stays."""
        known: Known | None = response.request.meta.get(KNOWN) if response.request else None
        if known is not None and known.state == "ok" and not known.filled_from:
            return False
        if self.frontier is None:
            return False
        return usable(await asyncio.to_thread(self.frontier.source_text, link.url))

    async def blocked(self, response: Response, link: Link, reason: str) -> AsyncIterator[Capture]:
        """Said and kept, never evaded. What the site's feed or API gives of the post is taken instead."""
        self.logger.warning("%s: the site blocks us (%s); we do not evade: ask its owner", link.url, reason)
        if await self.may_fill(response, link):
            if self.patience:
                self.patience.answered(link.url)
            self.count("blocked")
            yield await self.capture(response, link)
            return
        self.not_fetched()
        self.count("failed/blocked")
        if self.patience:
            self.patience.failed(link.url, f"the site blocks us ({reason})")
        if self.frontier:
            await asyncio.to_thread(self.frontier.settle, link.url, "blocked", reason)

    def no_article(self, response: Response, link: Link) -> NotAnArticle | None:
        """What the page is, if it is no article. What the platform itself calls a post is no index."""
        if not isinstance(response, TextResponse):
            return None
        kind = find.page_kind(response.text, response.url, self.rules)
        if not kind.reason or (link.source in BELIEVED and kind.reason in UNBELIEVED):
            return None
        return NotAnArticle(kind.reason, kind.detail)

    async def refuse(self, capture: Capture, error: NotAnArticle) -> None:
        """Drop a page as the pipelines drop one: counted, its capture kept, settled in the frontier."""
        await self.crawler.signals.send_catch_log_async(
            signals.item_dropped,
            item=capture,
            response=None,  # its room is free when all have heard of it: see `parse_post`
            exception=Dropped(capture, error),
            spider=self,
        )

    def forbidden(self, response: Response) -> str:
        """Where the page forbids copies, "" where it does not or we were told not to ask."""
        if not self.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            return ""
        text = response.text if isinstance(response, TextResponse) else ""
        return find.noarchive(headers_of(response), text, "newsarchive")

    async def skipped(self, url: str, reason: DropReason, detail: str) -> None:
        self.count(f"dropped/{reason}")
        if self.frontier:
            await asyncio.to_thread(self.frontier.settle, url, "skipped", reason, detail)

    async def missing(self, response: Response, link: Link) -> None:
        """410 means gone; so does 404 when it is seen twice (a theme may break for an hour)."""
        reason, final = f"http {response.status}", response.status == 410
        absence = Absence.GONE if final else Absence.MISSING
        if self.frontier is not None:
            absence = await asyncio.to_thread(self.frontier.missing, link.url, reason, final=final)
        self.not_fetched()
        self.count(absence.value)
        again = "; it is asked for once more after a day" if absence is Absence.MISSING else ""
        level = logging.INFO if absence is Absence.STILL_GONE else logging.WARNING
        self.logger.log(level, "%s: the server answered %s%s", link.url, response.status, again)

    async def post_failed(self, failure: Failure) -> AsyncIterator[Capture | Request]:
        """Errback of a post: counted, logged, kept in the frontier for the next crawl."""
        request: Request = failure.request  # type: ignore[attr-defined]
        link: Link = request.cb_kwargs["link"]
        try:
            async for capture in self.failed(failure, request, link):
                yield capture
        finally:
            self.finished(link)
        async for another in self.instead():
            yield another

    async def failed(self, failure: Failure, request: Request, link: Link) -> AsyncIterator[Capture]:
        reason, sentence = explain(failure.value)
        if isinstance(failure.value, SiteLeft):
            self.not_fetched()
            self.count("waiting")
            return
        if isinstance(failure.value, HttpError) and (block := self.block(failure.value.response)):
            async for capture in self.blocked(failure.value.response, link, block):
                yield capture
            return
        self.not_fetched()
        self.logger.warning("%s: %s", request.url, sentence)
        if reason == ROBOTS:  # obeyed: no failure
            self.count(f"skipped/{reason}")
            if self.frontier:
                await asyncio.to_thread(self.frontier.settle, link.url, "blocked", reason)
            return
        self.count(f"failed/{reason}")
        if isinstance(failure.value, HttpError) and self.patience:
            self.patience.refused(link.url, failure.value.response.status, sentence)
        if self.frontier:
            await asyncio.to_thread(self.frontier.failed, link.url, reason)
