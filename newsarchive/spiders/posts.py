"""Fetching posts through the frontier: conditional requests, what an answer means, what is done already.

From an answer to a capture: its raw bytes kept, and the further pages of a post that is split over several.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
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
from newsarchive.core.assembly.feed_text import FILLABLE, usable
from newsarchive.core.discovery import find
from newsarchive.core.discovery.pagination import MAX_POST_PARTS
from newsarchive.core.urls import site_of, url_key
from newsarchive.db.frontier.queue import Absence, Frontier, Known
from newsarchive.exceptions import DatabaseError, NotAnArticle
from newsarchive.extensions.recorder import KEEP, Recorder
from newsarchive.items import Capture, DropReason, Link, QualityFlag, Selectors
from newsarchive.middlewares import InFlight, Patience, SiteLeft
from newsarchive.rules import Rules
from newsarchive.spiders.base import (
    ROBOTS,
    ArchiveSpider,
    Dropped,
    capture_of,
    explain,
    headers_of,
    rules_of,
    status_problem,
)
from newsarchive.spiders.discovery import Batch, conditional

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


#: Posts in a row without an unlinked part after which a site is asked for none any more, in one crawl: a hundred requests
#: more on a blog that splits nothing. A blog may split one post of forty, and its oldest: twenty would miss it.
MAX_BARREN_ASKS = 100
#: What the frontier knows of a post stands in its request's meta under this name.
KNOWN = "newsarchive_known"


class CapturingSpider(ArchiveSpider):
    """A spider that makes captures of answers. `StorePipeline` gives it `frontier` and `run_id`."""

    frontier: Frontier | None = None
    run_id: int = 0
    site_id: int = 0
    #: What was stored since then belongs to a killed crawl that this one goes on with.
    resume_point: datetime | None = None
    rules: Rules
    #: Site → posts in a row that were asked for a part that no page links, and had none.
    barren_asks: Counter[str]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.rules = rules_of(crawler.settings)
        spider.barren_asks = Counter()
        return spider

    async def whole(self, response: Response, link: Link) -> Capture | None:
        """The capture with those of the further pages that the post is split over.

        `None` where one of them failed and the archive has the article already: half a text must not take
        the place of a whole one. The URL is then looked at again like one that failed.
        """
        parts: list[Capture] = []
        waiting = self.parts_of(response, response.url)
        if not waiting and (hidden := await self.unlinked(response, link)) is not None:
            parts.append(await self.capture(hidden, link))
            waiting = self.parts_of(hidden, response.url)
        while waiting and len(parts) < MAX_POST_PARTS:
            answer = await self.part(waiting.pop(0))
            if answer is None:
                known: Known | None = response.meta.get(KNOWN)
                if known is not None and known.state == "ok" and self.frontier:
                    await asyncio.to_thread(self.frontier.failed, link.url, QualityFlag.PARTS_MISSING.value)
                    return None
                break
            if url_key(answer.url) in {url_key(url) for url in (response.url, *(p.final_url for p in parts))}:
                break  # the same page again, under another number
            parts.append(await self.capture(answer, link))
            waiting = waiting or self.parts_of(answer, response.url)
        return replace(await self.capture(response, link), parts=tuple(parts))

    async def is_unchanged(self, link: Link) -> bool:
        """Whether all that a post was made of besides its own answer, which did not change, did not either.

        Asked one after the other until one did: the post is then fetched whole.
        """
        if self.frontier is None:
            return True
        assert self.crawler.engine is not None
        for part in await asyncio.to_thread(self.frontier.parts, link.url):
            try:
                answer = await self.crawler.engine.download_async(
                    Request(part.url, headers=conditional(part))
                )
            except Exception as error:  # whatever a download raises: `whole` says what is missing
                self.logger.info("%s: %s", part.url, explain(error)[1])
                return False
            if answer.status != 304:
                return False
            self.count("parts not modified")
        return True

    def parts_of(self, response: Response, first: str) -> list[str]:
        text = response.text if isinstance(response, TextResponse) else ""
        return find.page_parts(text, response.url, first) if text else []

    async def unlinked(self, response: Response, link: Link) -> Response | None:
        """The second part of a post whose page may have one without a link to it (`discovery.unlinked_part`).

        Asked for where the API does not give the whole text, and no more on a site that had none for
        `MAX_BARREN_ASKS` posts in a row.
        """
        site = site_of(response.url)
        if not isinstance(response, TextResponse) or self.barren_asks[site] >= MAX_BARREN_ASKS:
            return None
        url = find.unlinked_part(response.text, response.url)
        if not url or await asyncio.to_thread(self._api_has, link.url):
            return None
        assert self.crawler.engine is not None
        try:
            answer = await self.crawler.engine.download_async(Request(url, meta={KEEP: True}))
        except Exception as error:  # whatever a download raises: the post is stored as its page shows it
            self.logger.info("%s: %s", url, explain(error)[1])
            return None
        there = answer.status == 200 and url_key(answer.url) != url_key(response.url)
        if there and isinstance(answer, TextResponse) and find.says_more(response.text, answer.text):
            self.barren_asks[site] = 0
            return answer
        self.barren_asks[site] += 1
        return None

    def _api_has(self, url: str) -> bool:
        """Whether the site's API gave the whole of a post: its text has all parts."""
        text = self.frontier.source_text(url) if self.frontier else None
        return text is not None and text.source == "wp-json" and usable(text)

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
        return find.block_reason(text, headers_of(response), response.status, self.rules)

    async def capture(self, response: Response, link: Link) -> Capture:
        """The response as a record, its raw bytes kept where the recorder is on, with what the site's feed
        or API says of the post.

        A disk that takes no more bytes ends the crawl: what is fetched on would be lost.
        """
        capture = capture_of(response, link)
        if browser.drew(response):
            capture = replace(capture, data=browser.data(response))
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
