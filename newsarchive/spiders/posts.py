"""Fetching posts: which posts of the frontier are asked for, and what each answer means.

`FetchingSpider` sends conditional requests for the posts that are due, and tells an unchanged post (304) from a deleted one
(404, 410), a blocked one and one to be stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, signals
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure as TwistedFailure

from newsarchive import config
from newsarchive.core.assembly.post import FILLABLE
from newsarchive.core.discovery.page_kind import IN_BETWEEN, OVERRULED_KINDS, POSTS_ALONE_SOURCES, FirstLook
from newsarchive.core.discovery.revisit import is_future
from newsarchive.core.discovery.shown import Kind
from newsarchive.core.discovery.wordpress import is_stand_in
from newsarchive.core.extraction.agreement import usable
from newsarchive.core.urls import site_of, url_key
from newsarchive.crawling import browser, failures
from newsarchive.crawling.responses import conditional
from newsarchive.crawling.stats import Count, Detail, FetchProblem, Group, SkipReason, key
from newsarchive.db.frontier.absences import LEADS_HOME
from newsarchive.db.frontier.queue import Absence, Frontier, Known
from newsarchive.exceptions import NotAnArticle
from newsarchive.extensions.warc import KEEP
from newsarchive.items import Capture, DropReason, Link
from newsarchive.middlewares import (
    KNOWN,
    NOT_MODIFIED,
    STAY,
    FailingSiteMiddleware,
    InFlightMiddleware,
    SiteLeft,
)
from newsarchive.spiders.capturing import CapturingSpider
from newsarchive.spiders.discovery import NamedLinks

#: Statuses other than 200 that say something of a post and are no failures.
HANDLED_STATUSES = [304, 404, 410]
#: Sources whose posts come after those of all others: their lists are long, and may be made up.
LONG_SOURCES = frozenset(("sitemap", "frontier"))


def leads_home(response: Response) -> bool:
    """Whether a stored post leads to a front page now, its own site's or another's: plug-ins send the readers of deleted posts there
    (`redirect 404 to homepage`). A page that the archive does not hold may be a list."""
    request = response.request
    known: Known | None = request.meta.get(KNOWN) if request else None
    asked = request.meta.get("redirect_urls") if request else None
    if not asked or known is None or known.state not in ("ok", "gone"):
        return False
    return "/" not in url_key(response.url).rstrip("/") and url_key(response.url) != known.key


def stays(link: Link, known: Known | None) -> bool:
    """Whether a post is wanted from its own site alone: its address is one that stands for a permalink elsewhere, and the API
    names it, now or in an earlier crawl. A post of the site's own that the archive holds may move with its blog."""
    named = link.source == "wp-json" if known is None else known.is_stand_in
    return named and is_stand_in(link.url)


class FetchingSpider(CapturingSpider):
    """A spider whose posts stand in the frontier.

    `limit` counts the posts that are fetched: stored, or refused because they are no articles. A post that is not due,
    is missing or could not be fetched does not count, and the next one is asked for instead.
    """

    #: Whether stored posts are asked for again although they are not due.
    recheck: bool = False
    #: The greatest number of posts that are fetched, `None` for all.
    limit: int | None = None
    #: Posts that were published before this moment are left out.
    since: datetime | None = None

    def accept(self, **arguments: Any) -> None:
        super().accept(**arguments)
        #: The number of posts that were asked for and count for the limit.
        self.asked = 0
        #: The requests for posts, each as soon as its post is known.
        self.queue: AsyncIterator[Request] | None = None
        self.turn = asyncio.Lock()
        #: (site, sentence) of what was told
        self.told: set[tuple[str, str]] = set()

    def tell(self, post: str, sentence: str, fetched: str = "") -> None:
        """Log what befell a post, under the address that was `fetched` for it: the same sentence once a site as a warning,
        and from then on for `-L INFO` alone. The summary counts all."""
        event = site_of(post), sentence
        level = logging.INFO if event in self.told else logging.WARNING
        self.logger.log(level, "%s: %s", fetched or post, sentence)
        self.told.add(event)

    def enough(self) -> bool:
        """Whether the crawl asks for no more posts."""
        if failures.is_ending(self.crawler):
            return True
        if self.limit is not None and self.asked >= self.limit:
            return True
        if self.asked < self.settings.getint("NEWSARCHIVE_MAX_POSTS", config.KEYS["crawl.max_posts"].default):
            return False
        self.crawler.stats.set_value(
            key(Detail.BOUND, "posts"),
            f"the crawl asked for {self.asked} posts, and leaves the others to the next crawl (crawl.max_posts)",
        )
        return True

    async def take(self) -> AsyncIterator[Request]:
        """The next requests of the queue, up to the limit."""
        while self.queue is not None:
            async with self.turn:  # a generator cannot be asked for two things at a time
                request = None if self.enough() else await anext(self.queue, None)
                if request is None:
                    return
                self.asked += 1
            yield request

    async def instead(self) -> AsyncIterator[Request]:
        """Requests for other posts in the place of one that could not be fetched."""
        if self.limit is not None:
            async for request in self.take():
                yield request

    def not_fetched(self) -> None:
        """A post that was asked for does not count for the limit."""
        self.asked -= 1

    @property
    def failing_sites(self) -> FailingSiteMiddleware | None:
        return self.crawler.get_downloader_middleware(FailingSiteMiddleware)

    def has_left(self, url: str) -> bool:
        """Whether the crawl has left the site of this address because it answered no more."""
        return self.failing_sites is not None and self.failing_sites.has_left(url)

    async def discovered(self, batch: NamedLinks) -> list[Request]:
        """Write rows for the links; give requests for the posts that are due and not done yet."""
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
        """The links whose posts are to be fetched, each with its row in the frontier; the others are counted."""
        known = await asyncio.to_thread(frontier.known, [link.url for link in links])
        rows = [(link, known.get(url_key(link.url))) for link in links]
        return [(link, row) for link, row in rows if not self.is_done(row) and not self.rests(link, row)]

    def rests(self, link: Link, known: Known | None) -> bool:
        """Whether a post that was looked at before is left alone now; it is counted by its reason."""
        if known is not None and known.left_out is not None:
            if self.since is None or known.left_out >= self.since:
                return False
            self.count(Group.SKIPPED, SkipReason.BEFORE_SINCE)
            return True
        if known is None or not known.rests(datetime.now(UTC), link.lastmod):
            return False
        if known.state in ("ok", "gone"):
            if not self.recheck:
                self.count(Group.SKIPPED, SkipReason.NOT_DUE)
            return not self.recheck
        if known.reason == DropReason.NOARCHIVE and not self.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            return False
        self.count(Group.SKIPPED, SkipReason.LOOKED_AT_BEFORE, known.reason)
        return True

    def is_done(self, known: Known | None) -> bool:
        """Whether the killed crawl that this one goes on with has fetched a post already."""
        if known is None or known.last_checked_at is None or self.resume_point is None:
            return False
        done = known.last_checked_at >= self.resume_point and not is_future(
            known.last_checked_at, datetime.now(UTC)
        )
        if done:
            self.count(Group.SKIPPED, SkipReason.DONE_BEFORE_THE_KILL)
        return done

    def request(self, link: Link, known: Known | None, *, whole: bool = False) -> Request:
        """A request for one post: conditional where the server gave validators (RFC 9110, 13), unless it is to come
        `whole`."""
        headers = conditional(known) if known is not None and known.state == "ok" and not whole else {}
        return Request(
            link.url,
            headers=headers,
            callback=self.parse_post,
            errback=self.post_failed,
            # Each URL is requested once anyway; a redirect to a page that was fetched must not vanish unnoticed.
            dont_filter=True,
            cb_kwargs={"link": replace(link, text=None)},  # the archive holds the text: memory need not
            meta={
                "handle_httpstatus_list": HANDLED_STATUSES,
                KEEP: True,
                KNOWN: known,
                STAY: link.url if stays(link, known) else "",
            },
            priority=-1 if link.source in LONG_SOURCES else 0,
        )

    async def parse_post(self, response: Response, link: Link) -> AsyncIterator[Capture | Request]:
        """Callback of a post. Where no item comes of it, its room is free for another (`InFlightMiddleware`)."""
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
        if middleware := self.crawler.get_downloader_middleware(InFlightMiddleware):
            middleware.done(link.url)

    async def outcome(self, response: Response, link: Link) -> AsyncIterator[Capture | Request]:
        """What one answer means: a capture for the pipelines, another request, or nothing but a count."""
        sent = response.request.headers if response.request else {}
        was_asked = b"If-None-Match" in sent or b"If-Modified-Since" in sent
        if response.status == NOT_MODIFIED and not was_asked:
            await self.unasked(link)
            return
        if response.status in HANDLED_STATUSES:  # they say something of the post without a page
            if self.failing_sites and not self.block(response):
                self.failing_sites.answered(link.url)
            if response.status != NOT_MODIFIED:
                reason, said = f"http {response.status}", f"the server answered {response.status}"
                await self.missing(response, link, reason, said)
            elif await self.is_unchanged(link):
                self.count(Count.UNCHANGED)
                self.count(Count.NOT_MODIFIED)
                if self.frontier:
                    await asyncio.to_thread(self.frontier.unchanged, link.url, response.url)
            else:
                yield self.request(link, response.meta.get(KNOWN), whole=True)
            return
        capture = await self.known(response, link)
        refusal = None
        try:
            look = await self.look(response, capture, link)
            refusal = self.no_article(link, look.kind)
        except NotAnArticle as error:  # nobody knows what the page says: its headers alone may forbid a copy
            refusal, look = error, FirstLook(forbidden=self.forbidden_by_headers(response))
        if self.failing_sites and not look.block:
            self.failing_sites.answered(link.url)
        in_between = look.block or (refusal.reason if refusal else look.kind.reason) in IN_BETWEEN
        if leads_home(response) and not in_between:
            await self.missing(response, link, LEADS_HOME, "it leads to the front page, and not to the post")
        elif place := look.forbidden:
            self.count(Group.DROPPED, DropReason.NOARCHIVE)
            await self.settle(link, "skipped", DropReason.NOARCHIVE, place)
        elif look.block:
            async for instead in self.blocked(response, link, look.block):
                yield instead
        elif refusal and await self.needs_browser(response, link, refusal):
            assert response.request is not None
            self.count(Count.RENDERED)
            yield browser.rendered(response.request)
        elif refusal:
            refused = await self.kept(response, capture)
            if refusal.reason in FILLABLE and await self.may_fill(response, link):
                yield refused
            else:
                await self.refuse(refused, refusal)
        elif (whole := await self.whole(response, capture, link, look)) is not None:
            yield whole
        else:
            self.not_fetched()

    async def unasked(self, link: Link) -> None:
        """A server says that nothing changed, and was not asked that: nobody has the page that it speaks of. The post waits."""
        reason, sentence = failures.status_problem(NOT_MODIFIED)
        self.not_fetched()
        self.tell(link.url, sentence)
        self.count(Group.FAILED, reason)
        if self.failing_sites:
            self.failing_sites.failed(link.url, sentence)
        if self.frontier:
            await asyncio.to_thread(self.frontier.failed, link.url, reason)

    async def needs_browser(self, response: Response, link: Link, refusal: NotAnArticle) -> bool:
        """Whether a page has its text from scripts alone, and neither feed nor API gives it."""
        untried = browser.wanted(self.settings) and not response.meta.get("playwright")
        return (
            refusal.reason == DropReason.SCRIPT_ONLY and untried and not await self.may_fill(response, link)
        )

    async def may_fill(self, response: Response, link: Link) -> bool:
        """Whether the text of the site's own feed or API may stand for the page.

        It may not replace a text that was read from the page itself.
        """
        known: Known | None = response.request.meta.get(KNOWN) if response.request else None
        if known is not None and known.state == "ok" and not known.filled_from:
            return False
        if self.frontier is None:
            return False
        return usable(await asyncio.to_thread(self.frontier.source_text, link.url))

    async def blocked(self, response: Response, link: Link, reason: str) -> AsyncIterator[Capture]:
        """A block is logged, stored and never evaded. The text that feed or API gives is taken instead."""
        self.tell(link.url, f"the site blocks us ({reason}); we do not evade: ask its owner")
        if await self.may_fill(response, link):
            if self.failing_sites:
                self.failing_sites.answered(link.url)
            self.count(Count.BLOCKED)
            yield await self.capture(response, link)
            return
        self.not_fetched()
        self.count(Group.FAILED, "blocked")
        if self.failing_sites:
            self.failing_sites.failed(link.url, f"the site blocks us ({reason})")
        await self.settle(link, "blocked", reason)

    async def settle(self, link: Link, state: str, reason: str, detail: str = "") -> None:
        """Keep in the frontier why a post is not fetched."""
        if self.frontier:
            await asyncio.to_thread(self.frontier.settle, link.url, state, reason, detail)

    def no_article(self, link: Link, kind: Kind) -> NotAnArticle | None:
        """Why the page is no article, `None` where it is one; `POSTS_ALONE_SOURCES` overrule its look."""
        if not kind.reason or (link.source in POSTS_ALONE_SOURCES and kind.reason in OVERRULED_KINDS):
            return None
        return NotAnArticle(kind.reason, kind.detail)

    async def refuse(self, capture: Capture, error: NotAnArticle) -> None:
        """Drop a page as the pipelines do: it is counted, its capture stored, its row in the frontier settled."""
        await self.crawler.signals.send_catch_log_async(
            signals.item_dropped,
            item=capture,
            response=None,  # `parse_post` frees its room when every receiver is done
            exception=failures.Dropped(capture, error),
            spider=self,
        )

    async def missing(self, response: Response, link: Link, reason: str, said: str) -> None:
        """410 means that the post is gone; so does a second 404, or a second redirect to a front page, half a day after the first."""
        final = response.status == 410
        absence = Absence.GONE if final else Absence.MISSING
        if self.frontier is not None:
            absence = await asyncio.to_thread(
                self.frontier.missing, link.url, reason, final=final, answered=response.url
            )
        self.not_fetched()
        self.count(Count(absence.value))
        again = "; it is asked for once more after a day" if absence is Absence.MISSING else ""
        if absence is not Absence.STILL_GONE:
            self.tell(link.url, f"{said}{again}")

    async def post_failed(self, failure: TwistedFailure) -> AsyncIterator[Capture | Request]:
        """Errback of a post: the failure is counted, logged, and kept in the frontier for the next crawl."""
        request: Request = failure.request  # type: ignore[attr-defined]
        link: Link = request.cb_kwargs["link"]
        try:
            async for capture in self.failed(failure, request, link):
                yield capture
        finally:
            self.finished(link)
        async for another in self.instead():
            yield another

    async def failed(self, failure: TwistedFailure, request: Request, link: Link) -> AsyncIterator[Capture]:
        reason, sentence = failures.explain(failure.value)
        # The page sends the reader to the original, as its permalink does.
        if isinstance(failure.value, failures.LeavesSite):
            self.not_fetched()
            self.count(Group.SKIPPED, SkipReason.OTHER_SITE)
            await self.settle(link, "skipped", SkipReason.OTHER_SITE)
            return
        if isinstance(failure.value, (SiteLeft, failures.AskedToWait)):
            self.not_fetched()
            self.count(Count.WAITING)
            return
        if isinstance(failure.value, HttpError) and (block := self.block(failure.value.response)):
            async for capture in self.blocked(failure.value.response, link, block):
                yield capture
            return
        self.not_fetched()
        is_private = reason == FetchProblem.PRIVATE_ADDRESS  # then the sentence names the other address
        is_bad = reason == FetchProblem.BAD_ADDRESS
        self.tell(link.url, sentence, "" if is_private or is_bad else request.url)
        if reason == failures.ROBOTS:  # obeyed, and so no failure
            self.count(Group.SKIPPED, reason)
            await self.settle(link, "blocked", reason)
            return
        self.count(Group.FAILED, reason)
        if is_private:  # no later crawl would fetch it either
            await self.settle(link, "blocked", reason, sentence)
            return
        if isinstance(failure.value, HttpError) and self.failing_sites:
            self.failing_sites.refused(link.url, failure.value.response.status, sentence)
        if self.frontier:
            await asyncio.to_thread(self.frontier.failed, link.url, reason)
