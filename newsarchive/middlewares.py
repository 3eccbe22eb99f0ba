"""What Scrapy leaves undone of good manners: `Crawl-delay` of robots.txt, and `Retry-After`.

What a kill may cost: of one site at most so many posts are on their way, from their request to their commit.

Scrapy goes on fetching while pages are read and stored; where reading is slower than the network, what is
fetched and not stored yet would pile up, and be fetched again after a kill.

When to leave a site: after a run of posts that could not be fetched, without an answer between them.

A server that answers 500 to every post, refuses the connection or went away in mid-crawl is not asked for the
rest. What was not asked for keeps its row in the frontier, and the next crawl takes it. One post that fails among
many that do not never ends a crawl.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, signals
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure

from newsarchive.core.discovery import find
from newsarchive.core.discovery.revisit import retry_after
from newsarchive.core.urls import site_of
from newsarchive.items import Link
from newsarchive.spiders.base import explain, headers_of, rules_of, status_problem

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler


#: Seconds: what robots.txt may ask for at most (a day between two pages is a ban, and is said so otherwise).
LONGEST_DELAY = 120.0
#: What one answer may make us wait within a crawl; who asks for more is asked again by the next crawl.
LONGEST_WAIT = timedelta(minutes=5)
#: Overload, said politely (RFC 6585, 4; RFC 9110, 15.6.4).
BUSY = frozenset((429, 503))


@dataclass
class Hold:
    """A slot's own pace, given back when the last wait that holds it ends."""

    delay: float
    jitter: float
    waits: int = 0


class Politeness:
    """A downloader middleware, nearer to the network than Scrapy's retries."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.agent = crawler.settings.get("ROBOTSTXT_USER_AGENT") or "newsarchive"
        self.delays: dict[str, float] = {}
        #: What the robots.txt of each host says, "" where there is none.
        self.robots: dict[str, str] = {}
        self.holds: dict[int, Hold] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        delay = self.delays.get(urlsplit(request.url).netloc)
        if delay:
            # The site has said how fast it is: AutoThrottle shall not say otherwise.
            request.meta["autothrottle_dont_adjust_delay"] = True

    async def process_response(self, request: Request, response: Response) -> Response:
        if urlsplit(request.url).path == "/robots.txt" and isinstance(response, TextResponse):
            self.robots[urlsplit(request.url).netloc] = response.text if response.status == 200 else ""
            self.heed(request, response.text)
        if response.status in BUSY:
            await self.wait(request, response)
        return response

    def heed(self, request: Request, robots: str) -> None:
        """Keep at least the delay that the group for our agent asks for."""
        if not self.crawler.settings.getbool("ROBOTSTXT_OBEY"):
            return
        asked = Protego.parse(robots).crawl_delay(self.agent)
        slot = self.slot(request)
        if asked and slot is not None:
            self.delays[urlsplit(request.url).netloc] = asked
            slot.delay = max(slot.delay, min(float(asked), LONGEST_DELAY))
            slot.jitter = 0.0  # half of what was asked for would be too little

    async def wait(self, request: Request, response: Response) -> None:
        """Leave the host alone for as long as it asks, then go on."""
        said = (response.headers.get("Retry-After") or b"").decode("latin-1")
        wait = retry_after(said, datetime.now(UTC), LONGEST_WAIT)
        if not wait:
            return
        self.crawler.stats.inc_value("newsarchive/waited/retry after")
        slot = self.slot(request)
        if slot is None:
            await asyncio.sleep(wait.total_seconds())
        else:
            with self.held(slot, wait.total_seconds()):  # the others of this host wait too
                await asyncio.sleep(wait.total_seconds())

    @contextmanager
    def held(self, slot: Slot, seconds: float) -> Iterator[None]:
        """Nothing of this slot is asked for `seconds`; two such waits may overlap."""
        hold = self.holds.setdefault(id(slot), Hold(slot.delay, slot.jitter))
        hold.waits += 1
        slot.delay = max(slot.delay, seconds)
        slot.jitter = 0.0  # at random, a wait could be half of what was asked for
        try:
            yield
        finally:
            hold.waits -= 1
            if not hold.waits:
                del self.holds[id(slot)]
                slot.delay, slot.jitter = hold.delay, hold.jitter

    def slot(self, request: Request) -> Slot | None:
        assert self.crawler.engine is not None
        key = str(request.meta.get("download_slot"))
        slot: Slot | None = self.crawler.engine.downloader.slots.get(key)
        return slot


#: Posts of one site on their way at once, where no setting says otherwise.
MOST = 8


class InFlight:
    """A downloader middleware, the first of all: a post waits for room before it is asked for.

    Its room is free again when its item is stored, dropped or failed; when its spider says so with `done`,
    where no item came of it; and while it waits to be asked again (a redirect, a retry).
    """

    def __init__(self, crawler: Crawler) -> None:
        self.most = max(1, crawler.settings.getint("NEWSARCHIVE_IN_FLIGHT", MOST))
        self.sites: dict[str, asyncio.Semaphore] = {}
        self.held: dict[str, asyncio.Semaphore] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(middleware.item_done, signal)
        crawler.signals.connect(middleware.request_scheduled, signals.request_scheduled)
        return middleware

    async def process_request(self, request: Request) -> None:
        post = post_of(request)
        if post and post not in self.held:
            room = self.sites.setdefault(site_of(post), asyncio.Semaphore(self.most))
            await room.acquire()
            self.held[post] = room

    def request_scheduled(self, request: Request) -> None:
        self.done(post_of(request))

    def item_done(self, response: Response | Failure | None) -> None:
        # An item that came of a failure: its spider says when it is done.
        if isinstance(response, Response) and response.request is not None:
            self.done(post_of(response.request))

    def done(self, post: str) -> None:
        """There is room for another; nothing where this post holds none."""
        room = self.held.pop(post, None)
        if room is not None:
            room.release()


def post_of(request: Request) -> str:
    """The address under which a post was found, "" for a request of anything else."""
    link = request.cb_kwargs.get("link")
    return link.url if isinstance(link, Link) else ""


logger = logging.getLogger(__name__)

#: Posts of one site that fail at their first request, one after the other. With the tenth the site is left; with
#: fewer, the crawl goes on to its end. Repeated requests of a post are not counted: Scrapy sends them after all
#: others, so that a few bad posts stand together there. Ten are more than the eight that are on their way at once,
#: so a run is never the echo of one hiccup, and no more than ten seconds of requests at the default delay.
MAX_FAILED_POSTS_IN_A_ROW = 10
#: From this status on the server says that the fault is its own (RFC 9110, 15.6).
MIN_SERVER_ERROR_STATUS = 500
#: Statuses below it that are about the server's state, not about the page: timeout and too many requests.
PATIENCE_BUSY = frozenset((408, 429))
#: Ways to get no answer at all. What is too large or redirects for ever is one page's fault.
NO_ANSWER = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    OSError,
)


class SiteLeft(IgnoreRequest):
    """The site of this request was left: it is not asked for."""


def is_servers_fault(status: int) -> bool:
    """Whether a status is about the server's state rather than about the page that was asked for."""
    return status >= MIN_SERVER_ERROR_STATUS or status in PATIENCE_BUSY


class Patience:
    """A downloader middleware between Scrapy's retries and the network; it counts posts, not their sources.

    A spider says `answered` or `failed` for what only a look at the page tells (a wall with status 200).
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.rules = rules_of(crawler.settings)
        self.failures: Counter[str] = Counter()
        self.left: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        post = post_of(request)
        if post and self.has_left(post):
            raise SiteLeft(f"{site_of(post)} was left")

    def process_response(self, request: Request, response: Response) -> Response:
        failed = is_servers_fault(response.status)
        if failed and self.is_block(response):
            # Asking again does not open the door; whether feed or API has the text, the spider finds out.
            request.meta["dont_retry"] = True
        elif failed:
            self.note(request, status_problem(response.status)[1])
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, NO_ANSWER):
            self.note(request, explain(exception)[1])

    def is_block(self, response: Response) -> bool:
        text = response.text if isinstance(response, TextResponse) else ""
        return bool(find.block_reason(text, headers_of(response), response.status, self.rules))

    def note(self, request: Request, sentence: str) -> None:
        """Count the first request of a post."""
        post = post_of(request)
        if post and not request.meta.get("retry_times"):
            self.failed(post, sentence)

    def has_left(self, url: str) -> bool:
        return site_of(url) in self.left

    def answered(self, url: str) -> None:
        """A post of this site was had, or is not there: the run of failures ends."""
        self.failures.pop(site_of(url), None)

    def refused(self, url: str, status: int, sentence: str) -> None:
        """A post was given up for its status: one that was not counted at its first request."""
        if not is_servers_fault(status):
            self.failed(url, sentence)

    def failed(self, url: str, sentence: str) -> None:
        """One more post of this site could not be had, for the reason that `sentence` tells."""
        site = site_of(url)
        if site in self.left:
            return
        self.failures[site] += 1
        if self.failures[site] >= MAX_FAILED_POSTS_IN_A_ROW:
            self.left.add(site)
            message = (
                f"{site}: left after {MAX_FAILED_POSTS_IN_A_ROW} posts in a row could not be fetched (the last: "
                f"{sentence}); what was not fetched waits for the next crawl: give the same command again later"
            )
            logger.info("%s", message)  # the summary says it, once
            self.crawler.stats.set_value(f"newsarchive/site_left/{site}", message)
