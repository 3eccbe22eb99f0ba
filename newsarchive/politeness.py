"""What Scrapy leaves undone of good manners: `Crawl-delay` of robots.txt, and `Retry-After`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.http import Response, TextResponse

from newsarchive.core.discovery.revisit import retry_after

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
