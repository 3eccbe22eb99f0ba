"""What a kill may cost: of one site at most so many posts are on their way, from their request to their commit.

Scrapy goes on fetching while pages are read and stored; where reading is slower than the network, what is
fetched and not stored yet would pile up, and be fetched again after a kill.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from scrapy import Request, signals
from scrapy.http import Response
from twisted.python.failure import Failure

from newsarchive.core.urls import site_of
from newsarchive.items import Link

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


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
