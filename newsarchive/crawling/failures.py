"""Why a request failed, an item is not stored, or a crawl ends before its time: as a word that is counted and as a sentence.

Spiders, middlewares, extensions and pipelines stand on this module, and it knows none of them.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scrapy import exceptions as scrapy_errors
from scrapy.spidermiddlewares.httperror import HttpError

from newsarchive.core.urls import MAX_URL_CHARACTERS, try_normalise
from newsarchive.crawling.connections import AddressRefused, CertificateRefused, ProxyFailed
from newsarchive.crawling.stats import Failure, FetchProblem, key
from newsarchive.exceptions import Damaged, DatabaseError, NotAnArticle
from newsarchive.items import Capture, DropReason

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

#: The word for a request that robots.txt forbids. It is obeyed, and does not count as a failure.
ROBOTS = "robots.txt"


class BadAddress(scrapy_errors.IgnoreRequest):
    """A redirect leads to an address that `urls.normalise` refuses, or an answer comes from such a one."""


class LeavesSite(scrapy_errors.IgnoreRequest):
    """A redirect leads to another site, for a post that is wanted from its own site alone."""


class AskedToWait(scrapy_errors.IgnoreRequest):
    """A request is not sent, because its host asks for a longer wait than a crawl has."""


#: exception → (the word that stats count, the sentence that a person reads)
FAILURES: dict[type[BaseException], tuple[str, str]] = {
    scrapy_errors.CannotResolveHostError: (
        FetchProblem.UNKNOWN_HOST,
        "no such host: check the spelling of the address",
    ),
    scrapy_errors.DownloadConnectionRefusedError: (
        FetchProblem.CONNECTION_REFUSED,
        "the server refused the connection: check address and port, or try again later",
    ),
    scrapy_errors.DownloadTimeoutError: (
        FetchProblem.TIMEOUT,
        "no answer in time: try again later, or raise DOWNLOAD_TIMEOUT",
    ),
    scrapy_errors.ResponseDataLossError: (FetchProblem.CUT_SHORT, "the answer broke off: try again later"),
    scrapy_errors.DownloadCancelledError: (
        FetchProblem.TOO_LARGE,
        "the answer is larger than DOWNLOAD_MAXSIZE allows",
    ),
    BadAddress: (
        FetchProblem.BAD_ADDRESS,
        f"it redirects to an address that is not valid, or longer than {MAX_URL_CHARACTERS} characters",
    ),
    AskedToWait: (
        FetchProblem.ASKED_TO_WAIT,
        "the server asks for a longer wait than a crawl has (crawl.max_retry_after): try again later",
    ),
    scrapy_errors.IgnoreRequest: (ROBOTS, "the site's robots.txt forbids it"),
    scrapy_errors.UnsupportedURLSchemeError: (
        FetchProblem.BAD_ADDRESS,
        "only http and https addresses can be fetched",
    ),
    # Mostly the address of a redirect.
    ValueError: (FetchProblem.BAD_ADDRESS, "it leads to an address that nobody can ask for"),
    scrapy_errors.DownloadFailedError: (
        FetchProblem.CONNECTION_FAILED,
        "the connection failed: try again later",
    ),
}
#: HTTP status → what a person can do about it.
REMEDIES = {
    304: "it says that nothing changed since an answer that nobody has: a cache is broken, try again later",
    401: "it asks for a login",
    403: "the site blocks us: ask its owner, and give a contact in NEWSARCHIVE_CONTACT",
    404: "there is no such page: check the address",
    407: "the proxy asks for a name and a password: http_proxy = http://NAME:PASSWORD@HOST:PORT",
    410: "the page is gone for good",
    429: "too many requests: raise DOWNLOAD_DELAY and try again later",
    451: "it is kept back for legal reasons (RFC 7725); what the archive has of it stays",
}
#: Word → the sentence for the front page of a site that answered before: nobody mistyped its address.
OF_KNOWN_SITES: dict[str, str] = {
    FetchProblem.UNKNOWN_HOST: "its name leads nowhere any more: the domain expired, or a name server is down",
    FetchProblem.CONNECTION_REFUSED: "the server refuses connections now: it is down, or the blog is gone",
    "http 404": "the server answered 404: the front page is there no more",
}
#: What is said besides of the certificate of such a site: nobody should take it all the same in haste.
OF_KNOWN_CERTIFICATES = "; a certificate that ran out is mostly renewed within days, and behind one for another name there may be a stranger"
#: Unavailable for legal reasons (RFC 7725).
LEGAL_REASONS = 451
#: Characters of the Link headers of an answer that are read; blogs send some hundred.
MAX_LINK_CHARACTERS = 10_000
#: From this HTTP status on the server says that the fault is its own (RFC 9110, 15.6).
MIN_SERVER_ERROR_STATUS = 500


class Dropped(scrapy_errors.DropItem):
    """A `DropItem` with its reason (an `items.DropReason`) and its detail, the URL and, where there is one, the capture."""

    def __init__(self, item: Any, error: NotAnArticle) -> None:
        self.capture: Capture | None = item if isinstance(item, Capture) else item.capture
        self.url, self.reason = self.capture.url if self.capture else item.url, error.reason
        self.detail = error.detail
        super().__init__(f"{self.url}: {error}")


class NoAddress(scrapy_errors.DropItem):
    """A page that a spider of another project yields has an address that is none of the web: it cannot be stored."""

    reason = FetchProblem.BAD_ADDRESS

    def __init__(self, address: str, error: ValueError) -> None:
        super().__init__(
            f"{address[:MAX_URL_CHARACTERS]!r} is no address of a page ({error}): yield it with the one that it has on the web, "
            "response.replace(url='https://blog.example/post/')"
        )


class LeftOut(Dropped):
    """A post that was published before the crawl's `since`."""

    def __init__(self, item: Any, published: datetime) -> None:
        self.published = published
        super().__init__(item, NotAnArticle(DropReason.BEFORE_SINCE, f"published {published.date()}"))


def explain(error: BaseException | None) -> tuple[str, str]:
    """A failed request as a word that stats count, and as a sentence with the remedy."""
    if isinstance(error, HttpError):
        word, sentence = status_problem(error.response.status)
        return word, sentence + blocked_by(error.response)
    if isinstance(error, (AddressRefused, CertificateRefused)):
        return error.problem, str(error)
    if isinstance(error, ProxyFailed):
        return FetchProblem.PROXY_FAILED, str(error)
    if isinstance(error, scrapy_errors.IgnoreRequest):  # Scrapy raises it for three different things
        if "redirect" in str(error):
            return (
                "redirect loop",
                "it redirects over and over: it may want cookies (-s COOKIES_ENABLED=1), or try again later",
            )
        if "DOWNLOAD_MAXSIZE" in str(error):
            return FAILURES[scrapy_errors.DownloadCancelledError]
    for kind, words in FAILURES.items():
        if isinstance(error, kind):
            return words
    return type(error).__name__, str(error) or "the request failed"


def status_problem(status: int) -> tuple[str, str]:
    """A status other than 2xx, as `explain` puts it.

    >>> status_problem(410)
    ('http 410', 'the server answered 410: the page is gone for good')
    """
    fallback = (
        "the server failed: try again later" if status >= MIN_SERVER_ERROR_STATUS else "not an answer to use"
    )
    return f"http {status}", f"the server answered {status}: {REMEDIES.get(status, fallback)}"


#: The link to whoever keeps a page back (RFC 7725, 4).
_BLOCKED_BY = re.compile(
    r"""<([^<>]{1,2000})>[^<>,]{0,200};\s*rel=["']?(?:(?<=["'])[^"'<>,]{0,100}\s)?blocked-by(?![\w.:/-])""",
    re.IGNORECASE,
)


def blocked_by(response: Response) -> str:
    """Who keeps a page back for legal reasons, as an answer 451 names them, to put behind a sentence; "" where it names nobody."""
    links = b",".join(response.headers.getlist("Link")).decode("latin-1")
    found = _BLOCKED_BY.search(links[:MAX_LINK_CHARACTERS]) if response.status == LEGAL_REASONS else None
    named = try_normalise(found[1], response.url) if found else None
    return f"; it is blocked by {named}" if named else ""


#: Seconds between two looks whether a spider is closed.
LOOK_SECONDS = 0.1
#: Tasks that nobody waits for. Without a reference from here asyncio would let them be collected.
_closing: set[asyncio.Future[None]] = set()


def database_failed(crawler: Crawler, error: DatabaseError | Damaged) -> bool:
    """Keep the first failure of the database, of a value in it or of the disk for the summary and the exit code; whether this is the first."""
    assert crawler.stats is not None
    first = crawler.stats.get_value(key(Failure.DATABASE)) is None
    if first:
        crawler.stats.set_value(key(Failure.DATABASE), str(error))
    return first


def close_for(crawler: Crawler, error: DatabaseError) -> None:
    """End a crawl whose database or disk takes no more: what it still fetched would be lost."""
    if database_failed(crawler, error):
        end(crawler)


def end(crawler: Crawler) -> None:
    """End a crawl because of its database, as soon as the reactor comes to it."""
    assert crawler.engine is not None
    task = asyncio.ensure_future(crawler.engine.close_spider_async(reason="database_error"))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


async def closed(crawler: Crawler) -> None:
    """Wait until the spider is closed, for a receiver of `engine_stopped`. When a signal comes while a spider is being closed, Scrapy
    (2.19) sends `engine_stopped` at once, and stops the reactor as soon as its receivers are done: what is left of the
    closing (a site to learn, the record of the run) would be lost."""
    while crawler.engine is not None and crawler.engine.spider is not None:
        await asyncio.sleep(LOOK_SECONDS)


def is_ending(crawler: Crawler) -> bool:
    """Whether a crawl is being ended: by a signal, because the database failed, or because all is done."""
    slot = crawler.engine._slot if crawler.engine is not None else None
    return slot is not None and slot.closing is not None
