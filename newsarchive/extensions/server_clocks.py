"""Compares the clock of this machine with those of the servers that a crawl asks, by the `Date` of their answers.

A machine whose clock is behind stores what it fetches under an earlier time, and nothing corrects that later. Only a clock that is
behind is told: a cache may give an answer with the `Date` of last week, but none with that of tomorrow.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from newsarchive.core.urls import site_of
from newsarchive.crawling.stats import PREFIX, Detail, key
from newsarchive.times import http_time

#: How far the clock must be behind the servers of several sites. Less is a server's own error, or summer time.
MIN_BEHIND_SEVERAL = timedelta(hours=2)
#: How far it must be behind that of a single site. Less may be a server that takes its local time for UTC.
MIN_BEHIND_ONE = timedelta(hours=24)
#: Sites whose answers are remembered; further ones are not looked at.
MAX_SITES = 1000


class ServerClocks:
    """Remembers for each site the least time that its answers were ahead of this machine, and says at the end what that tells."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.ahead: dict[str, timedelta] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.received, signals.response_received)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def received(self, response: Response, request: Request) -> None:
        said = http_time((response.headers.get("Date") or b"").decode("latin-1"))
        if said is None:
            return
        site, ahead = site_of(response.url), said - datetime.now(UTC)
        if site in self.ahead or len(self.ahead) < MAX_SITES:
            self.ahead[site] = min(ahead, self.ahead.get(site, ahead))

    def closed(self) -> None:
        stats = self.crawler.stats
        stores = any(
            name.startswith(PREFIX) for name in stats.get_stats()
        )  # else it has nothing to do with the archive
        if stores and (sentence := behind(self.ahead, datetime.now(UTC))):
            stats.set_value(key(Detail.NOTE, "clock"), sentence)


def behind(ahead: dict[str, timedelta], now: datetime) -> str:
    """What to say of a machine's clock by the time that each site's is ahead of it; "" where nothing is wrong, or not surely.

    >>> now, hour = datetime(2025, 4, 3, 12, tzinfo=UTC), timedelta(hours=1)
    >>> behind({"blog.example": 30 * hour}, now)[:72]
    'the clock of this machine (2025-04-03 12:00 UTC) is 30 hours behind that'
    >>> [behind(found, now) for found in ({}, {"a.example": 5 * hour}, {"a.example": 5 * hour, "b.example": 0 * hour})]
    ['', '', '']
    """
    least = min(ahead.values(), default=timedelta())
    if least < (MIN_BEHIND_ONE if len(ahead) == 1 else MIN_BEHIND_SEVERAL):
        return ""
    whose = f"that of {next(iter(ahead))}" if len(ahead) == 1 else f"those of {len(ahead)} sites"
    return (
        f"the clock of this machine ({now:%Y-%m-%d %H:%M} UTC) is {round(least / timedelta(hours=1))} hours behind {whose}: set it,"
        " because what was fetched is stored under that time"
    )
