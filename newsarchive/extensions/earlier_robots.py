"""Obeys the last known robots.txt of a host that fails to answer with one (RFC 9309, 2.3.1.4 and 2.4)."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Request, Response, TextResponse

from newsarchive.crawling.failures import explain
from newsarchive.crawling.responses import own_spider
from newsarchive.crawling.stats import Detail, key
from newsarchive.db.frontier import robots_files
from newsarchive.exceptions import DatabaseError
from newsarchive.middlewares import DelayMiddleware, is_robots_txt

if TYPE_CHECKING:
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)


class EarlierRobotsMiddleware:
    """Keeps each robots.txt, and gives the kept one in the place of an answer 5xx or of none; sees them after Scrapy's retries and
    redirects.

    Where none is kept, pages are fetched as if there were none (`docs/decisions/robots-that-fail.md`). The summary says both, of
    hosts whose pages answered.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self.crawler = crawler
        #: host → what the summary says of it when one of its pages answers
        self.untold: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        host = urlsplit(request.url).netloc
        if not is_robots_txt(request):
            if response.status < 500 and (sentence := self.untold.pop(host, "")):
                self.crawler.stats.set_value(key(Detail.NOTE, f"{host} robots.txt"), sentence)
            return response
        if response.status < 500:
            await self._keep(host, response)
            return response
        answered = f"answered {response.status}"
        if (earlier := await self._earlier(request, answered)) is not None:
            return earlier
        self.untold[host] = (
            f"{host}: its robots.txt {answered}, and no earlier one is known: its pages are fetched"
        )
        return response

    async def process_exception(self, request: Request, exception: Exception) -> Response | None:
        if not is_robots_txt(request) or isinstance(exception, IgnoreRequest):
            return None
        return await self._earlier(request, f"gave no answer ({explain(exception)[1]})")

    @property
    def _engine(self) -> Engine | None:
        frontier = getattr(own_spider(self.crawler), "frontier", None)
        return frontier.engine if frontier is not None else None

    async def _keep(self, host: str, response: Response) -> None:
        body = response.text if response.status == 200 and isinstance(response, TextResponse) else ""
        if self._engine is not None:
            try:
                await asyncio.to_thread(robots_files.keep, self._engine, host, body, datetime.now(UTC))
            except DatabaseError as error:  # the crawl goes on: whatever it stores next says it
                logger.info("%s: its robots.txt was not kept: %s", host, error)

    async def _earlier(self, request: Request, why: str) -> Response | None:
        host, kept = urlsplit(request.url).netloc, None
        if self._engine is not None:
            try:
                kept = await asyncio.to_thread(robots_files.stored, self._engine, host)
            except DatabaseError as error:
                logger.info("%s: its earlier robots.txt cannot be read: %s", host, error)
        if kept is None:
            return None
        self.untold[host] = f"{host}: its robots.txt {why}: the one of {kept.seen_at:%Y-%m-%d} is obeyed"
        if (delays := self.crawler.get_downloader_middleware(DelayMiddleware)) is not None:
            delays.take_robots(request, kept.body)
        return TextResponse(request.url, status=200, body=kept.body.encode(), encoding="utf-8")
