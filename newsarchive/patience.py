"""When to leave a site: after a run of posts that could not be fetched, without an answer between them.

A server that answers 500 to every post, refuses the connection or went away in mid-crawl is not asked for the
rest. What was not asked for keeps its row in the frontier, and the next crawl takes it. One post that fails among
many that do not never ends a crawl.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Self

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response, TextResponse

from newsarchive.core.discovery import find
from newsarchive.core.urls import site_of
from newsarchive.inflight import post_of
from newsarchive.spiders.base import explain, headers_of, rules_of, status_problem

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

#: Posts of one site that fail at their first request, one after the other. With the tenth the site is left; with
#: fewer, the crawl goes on to its end. Repeated requests of a post are not counted: Scrapy sends them after all
#: others, so that a few bad posts stand together there. Ten are more than the eight that are on their way at once,
#: so a run is never the echo of one hiccup, and no more than ten seconds of requests at the default delay.
MAX_FAILED_POSTS_IN_A_ROW = 10
#: From this status on the server says that the fault is its own (RFC 9110, 15.6).
MIN_SERVER_ERROR_STATUS = 500
#: Statuses below it that are about the server's state, not about the page: timeout and too many requests.
BUSY = frozenset((408, 429))
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
    return status >= MIN_SERVER_ERROR_STATUS or status in BUSY


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
