"""What our spiders share: arguments, captures, and words for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import scrapy
from scrapy import exceptions as scrapy_errors
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError

from newsarchive import plugins, rules
from newsarchive import settings as own_settings
from newsarchive.core.steps import Steps
from newsarchive.exceptions import NotAnArticle, UsageError
from newsarchive.items import Capture, DropReason, Link
from newsarchive.rules import Rules

#: The word of a request that robots.txt forbids, which we obey: no failure.
ROBOTS = "robots.txt"
#: exception → (the word that stats count, what a person reads)
FAILURES: dict[type[BaseException], tuple[str, str]] = {
    scrapy_errors.CannotResolveHostError: ("unknown host", "no such host: check the spelling of the address"),
    scrapy_errors.DownloadConnectionRefusedError: (
        "connection refused",
        "the server refused the connection: check address and port, or try again later",
    ),
    scrapy_errors.DownloadTimeoutError: (
        "timeout",
        "no answer in time: try again later, or raise DOWNLOAD_TIMEOUT",
    ),
    scrapy_errors.ResponseDataLossError: ("cut short", "the answer broke off: try again later"),
    scrapy_errors.DownloadCancelledError: ("too large", "the answer is larger than DOWNLOAD_MAXSIZE allows"),
    scrapy_errors.IgnoreRequest: (ROBOTS, "the site's robots.txt forbids it"),
    scrapy_errors.UnsupportedURLSchemeError: ("bad address", "only http and https addresses can be fetched"),
    scrapy_errors.DownloadFailedError: ("connection failed", "the connection failed: try again later"),
}


#: Settings of Scrapy's that our spiders bring along from `newsarchive.settings`: how politely they ask, in which order.
OWN_PACE = (
    "ROBOTSTXT_OBEY", "ROBOTSTXT_USER_AGENT", "CONCURRENT_REQUESTS_PER_DOMAIN", "DOWNLOAD_DELAY",
    "DOWNLOAD_DELAY_JITTER", "AUTOTHROTTLE_ENABLED", "AUTOTHROTTLE_START_DELAY", "AUTOTHROTTLE_MAX_DELAY",
    "AUTOTHROTTLE_TARGET_CONCURRENCY", "DOWNLOAD_TIMEOUT", "DOWNLOAD_MAXSIZE", "DOWNLOAD_WARNSIZE", "RETRY_TIMES",
    "RETRY_GIVE_UP_LOG_LEVEL", "COOKIES_ENABLED", "SCHEDULER_MEMORY_QUEUE", "SCHEDULER_DISK_QUEUE",
    "CONCURRENT_ITEMS", "DEFAULT_DROPITEM_LOG_LEVEL",
)  # fmt: skip


class Dropped(scrapy_errors.DropItem):
    """A `DropItem` that knows its reason, an `items.DropReason`, and the URL."""

    def __init__(self, item: Any, error: NotAnArticle) -> None:
        self.capture: Capture | None = item if isinstance(item, Capture) else item.capture
        self.url, self.reason = self.capture.url if self.capture else item.url, error.reason
        super().__init__(f"{self.url}: {error}")


class LeftOut(Dropped):
    """A post that was published before the crawl's `since`."""

    def __init__(self, item: Any, published: datetime) -> None:
        self.published = published
        super().__init__(item, NotAnArticle(DropReason.BEFORE_SINCE, f"published {published.date()}"))


def explain(error: BaseException | None) -> tuple[str, str]:
    """A failed request in a countable word, and in a sentence with the remedy."""
    if isinstance(error, HttpError):
        return status_problem(error.response.status)
    if isinstance(error, scrapy_errors.IgnoreRequest):  # Scrapy's one name for three things
        if "redirect" in str(error):
            return "redirect loop", "it redirects over and over: try again later"
        if "DOWNLOAD_MAXSIZE" in str(error):
            return FAILURES[scrapy_errors.DownloadCancelledError]
    for kind, words in FAILURES.items():
        if isinstance(error, kind):
            return words
    return type(error).__name__, str(error) or "the request failed"


def status_problem(status: int) -> tuple[str, str]:
    """A status other than 2xx, in the words of `explain`."""
    remedies = {
        401: "it asks for a login",
        403: "the site blocks us: ask its owner, and give a contact in NEWSARCHIVE_CONTACT",
        404: "there is no such page: check the address",
        410: "the page is gone for good",
        429: "too many requests: raise DOWNLOAD_DELAY and try again later",
    }
    remedy = remedies.get(
        status, "the server failed: try again later" if status >= 500 else "not an answer to use"
    )
    return f"http {status}", f"the server answered {status}: {remedy}"


def headers_of(response: Response) -> dict[str, str]:
    """Header name in lower case → value; a repeated header is joined with ", "."""
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }


def content_type(response: Response) -> str | None:
    """The Content-Type header as text."""
    return headers_of(response).get("content-type")


def capture_of(response: Response, link: Link | None = None, fetched_at: datetime | None = None) -> Capture:
    """The record of one response; `url` is what was asked for before any redirect."""
    meta = response.request.meta if response.request else {}  # a response may be made by hand
    asked = meta.get("redirect_urls") or [response.url]
    return Capture(
        url=asked[0],
        body=response.body,
        fetched_at=fetched_at or datetime.now(UTC),
        final_url=response.url,
        status=response.status,
        headers=headers_of(response),
        discovered=link,
    )


def rules_of(settings: BaseSettings) -> Rules:
    """The rules of a crawl, read once for each folder. Raises `BadRules`."""
    return rules.default(settings.get("NEWSARCHIVE_RULES") or "")


def steps_of(settings: BaseSettings) -> Steps:
    """The steps of a crawl. Raises `UsageError`, naming what another project brings and cannot be used."""
    return plugins.steps(settings.getlist("NEWSARCHIVE_STEPS"))


def text_of(value: Any) -> str:
    """An argument as one writes it on a command line, whether it comes from there (`-a limit=20`) or from Python
    (`process.crawl("news", limit=20)`). A number is `20`, a switch `1`, a date `2025-04-30`, a list `a,b`; `None`
    is "", which says nothing.

    >>> [text_of(value) for value in (20, True, date(2025, 4, 30), ["feed", "sitemap"], None, " a ")]
    ['20', '1', '2025-04-30', 'feed,sitemap', '', ' a ']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(text_of(one) for one in value)
    return str(value)


def day(name: str, value: str) -> datetime:
    """A date argument, `2025-04-30` or a full ISO 8601 time, as UTC. Raises `UsageError`."""
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        today = date.today().isoformat()
        raise UsageError(f"{name}={value!r} is no date: write it as {name}={today}") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def count(name: str, value: str) -> int:
    """A positive whole number. Raises `UsageError`."""
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise UsageError(f"{name}={value!r} is no number of articles: write it as {name}=20")
    return int(value)


def flag(name: str, value: str) -> bool:
    """A switch, 1 or 0. Raises `UsageError`."""
    if value not in ("0", "1"):
        raise UsageError(f"{name}={value!r} is neither 1 nor 0: write it as {name}=1")
    return value == "1"


class ArchiveSpider(scrapy.Spider):
    """A spider whose arguments are checked before anything is fetched."""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Polite in any project, as far as the project does not say otherwise; its other spiders stay as they are."""
        for name in OWN_PACE:
            settings.set(name, getattr(own_settings, name), priority="addon")
        super().update_settings(settings)

    #: argument → what it is, for error messages
    known_arguments: Mapping[str, str] = {}

    def __init__(self, name: str | None = None, **arguments: Any) -> None:
        super().__init__(name)
        #: As on a command line, so that a crawl that was killed is known again, however it was started.
        self.arguments = {key: text_of(value) for key, value in arguments.items() if value is not None}
        self.accept(**self.check(self.arguments))

    @classmethod
    def check(cls, arguments: Mapping[str, str]) -> dict[str, Any]:
        """The arguments, parsed. Raises `UsageError` for an unknown one; subclasses check values."""
        for name in arguments:
            if name not in cls.known_arguments:
                known = ", ".join(f"{key}={what}" for key, what in cls.known_arguments.items())
                raise UsageError(f"unknown argument {name!r}; {cls.name} knows {known}")
        return dict(arguments)

    def accept(self, **arguments: Any) -> None:
        """Keep the parsed arguments."""
        self.__dict__.update(arguments)

    def count(self, what: str, by: int = 1) -> None:
        """Add to a stat under `newsarchive/`."""
        self.crawler.stats.inc_value(f"newsarchive/{what}", by)

    def site_failed(self, url: str, sentence: str) -> None:
        """The site as a whole could not be crawled: said once, loudly, and shown in the summary."""
        self.crawler.stats.set_value("newsarchive/site_error", f"{url}: {sentence}")
