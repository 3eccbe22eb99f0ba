"""`scrapy crawl recrawl`: look again at the posts that are due, with conditional requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from scrapy import Request

from newsarchive.core import urls
from newsarchive.crawling.stats import Count
from newsarchive.db.frontier.queue import Known
from newsarchive.items import Link
from newsarchive.spiders.base import limit, value_of
from newsarchive.spiders.posts import FetchingSpider


class RecrawlSpider(FetchingSpider):
    """Fetch every post that is due: a changed text becomes a revision, a deleted page is marked.

    When a post is due depends on its age and on how often it changed (`core/discovery/revisit.py`).
    Arguments: `site` (the posts of this site alone), `limit` (the greatest number of posts that are fetched, the
    longest overdue first).
    """

    name = "recrawl"
    known_arguments: Mapping[str, str] = {"site": "DOMAIN", "limit": "NUMBER"}

    arguments_with_settings = ("limit",)

    site: str

    @property
    def blog(self) -> str:
        return self.site

    @classmethod
    def check(cls, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Raises `UsageError` where a value cannot be read."""
        given = super().check(arguments)
        return {
            "site": urls.check_start_url(given["site"], "site") if given.get("site") else "",
            "limit": value_of("limit", given, limit),
        }

    async def start(self) -> AsyncIterator[Request]:
        if self.frontier is None:  # the archive could not be opened, and the crawl ends
            return
        site_id = None
        self.named_addresses = (
            [self.site] if self.site else await asyncio.to_thread(self.frontier.private_sites)
        )
        if self.site:
            site_id = await asyncio.to_thread(self.frontier.find_site, self.site)
            if site_id is None:
                self.site_failed(self.site, "no such site in the archive: crawl it first")
                return
        self.queue = self.due(await asyncio.to_thread(self.frontier.due, site_id=site_id))
        async for request in self.take():
            yield request

    async def due(self, found: Iterable[Known]) -> AsyncIterator[Request]:
        """A request for each of these posts, without those that a killed crawl has fetched."""
        for known in found:
            if not self.is_done(known):
                self.count(Count.DISCOVERED)
                yield self.request(Link(known.url, "stored"), known)
