"""What newsarchive's spiders share: their arguments, checked before anything is fetched, and their counts.

An argument comes from a command line (`-a limit=20`) or from Python (`process.crawl("news", limit=20)`); both are
kept as text, so that a crawl that was killed is known again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import scrapy
from scrapy.settings import BaseSettings

from newsarchive import config
from newsarchive.crawling.stats import Failure, Name, key
from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Scrapy settings that newsarchive's spiders bring along from `newsarchive.settings`: their pace, their order and what they ask for.
PACE_SETTINGS = (
    "ROBOTSTXT_OBEY", "ROBOTSTXT_USER_AGENT", "CONCURRENT_REQUESTS_PER_DOMAIN", "DOWNLOAD_DELAY",
    "DOWNLOAD_DELAY_JITTER", "AUTOTHROTTLE_ENABLED", "AUTOTHROTTLE_START_DELAY", "AUTOTHROTTLE_MAX_DELAY",
    "AUTOTHROTTLE_TARGET_CONCURRENCY", "DOWNLOAD_TIMEOUT", "DOWNLOAD_MAXSIZE", "DOWNLOAD_WARNSIZE", "RETRY_TIMES",
    "RETRY_GIVE_UP_LOG_LEVEL", "COOKIES_ENABLED", "SCHEDULER_MEMORY_QUEUE", "SCHEDULER_DISK_QUEUE",
    "CONCURRENT_ITEMS", "DEFAULT_DROPITEM_LOG_LEVEL", "DOWNLOAD_VERIFY_CERTIFICATES", "URLLENGTH_LIMIT",
    "DEFAULT_REQUEST_HEADERS",
)  # fmt: skip


def argument_text(value: Any) -> str:
    """An argument as it is written on a command line; `None` is "", which means that it was not given.

    >>> [argument_text(value) for value in (20, True, date(2025, 4, 30), ["feed", "sitemap"], None, " a ")]
    ['20', '1', '2025-04-30', 'feed,sitemap', '', ' a ']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(argument_text(one) for one in value)
    return str(value)


def setting_of(argument: str) -> str:
    """The setting that holds an argument where the caller does not give it."""
    return f"{config.PREFIX}{argument.upper()}"


def own_settings(settings: BaseSettings) -> Mapping[str, Any]:
    """What holds where a project sets nothing: `newsarchive.settings`, with the file that the project names in `NEWSARCHIVE_CONFIG`.
    Raises `UsageError` for a file that cannot be read."""
    from newsarchive import settings as module  # reads the environment as it is imported

    if not (file := settings.get(config.FILE_VARIABLE)):
        return vars(module)
    return vars(module) | config.load(file).settings() | {"NEWSARCHIVE_CONFIG_ERROR": ""}


def of_the_starter(argument: str) -> bool:
    """Whether an argument is a note of the program that starts spiders, such as Scrapyd's `_job`, the job's number.

    >>> of_the_starter("_job"), of_the_starter("limit")
    (True, False)
    """
    return argument.startswith("_")


def flag(value: Any, folder: Path) -> bool:
    """A switch, written as 1 or 0. Raises `ValueError`."""
    if value not in ("0", "1"):
        raise ValueError("is neither 1 nor 0")
    return bool(value == "1")


#: Reads how many posts or pages a crawl may fetch.
limit = config.whole_number(1, 10**9)


def value_of(name: str, arguments: Mapping[str, str], read: config.Reader) -> Any:
    """What an argument says, read as a setting is; `None` where it is not given. Raises `UsageError`."""
    if not (value := arguments.get(name)):
        return None
    try:
        return read(value, Path())
    except ValueError as error:
        raise UsageError(f"{name}={value!r} {error}") from None


class ArchiveSpider(scrapy.Spider):
    """A spider of newsarchive's own, whose arguments are checked before anything is fetched."""

    #: Extensions ask for this: such a spider counts its posts, and marks the requests whose raw bytes are kept.
    is_archive_spider: ClassVar[bool] = True
    #: argument → the placeholder of its value in error messages
    known_arguments: Mapping[str, str] = {}
    #: Arguments that a setting gives where the caller does not: `limit` is in `NEWSARCHIVE_LIMIT`.
    arguments_with_settings: ClassVar[tuple[str, ...]] = ()
    #: The sites that the user named for this crawl. One that is private is opened by that (`private_networks.doors`).
    named_addresses: list[str]

    @property
    def blog(self) -> str:
        """The address of the blog that is crawled, "" where there are several, or files are read."""
        return ""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Crawl politely in any project, as far as the project sets nothing else. Its other spiders keep their pace."""
        own = own_settings(settings)
        for name in (*PACE_SETTINGS, *map(setting_of, cls.arguments_with_settings)):
            settings.set(name, own[name], priority="addon")
        super().update_settings(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        return super().from_crawler(crawler, *args, **cls.given(crawler.settings) | kwargs)

    @classmethod
    def given(cls, settings: BaseSettings) -> dict[str, str]:
        """The arguments that the settings give."""
        found = {name: settings.get(setting_of(name)) for name in cls.arguments_with_settings}
        return {name: argument_text(value) for name, value in found.items() if value}

    def __init__(self, name: str | None = None, **arguments: Any) -> None:
        super().__init__(
            name, **{argument: value for argument, value in arguments.items() if of_the_starter(argument)}
        )
        self.arguments = {
            argument: argument_text(value)
            for argument, value in arguments.items()
            if value is not None and not of_the_starter(argument)
        }
        self.named_addresses = []
        self.accept(**self.check(self.arguments))

    @classmethod
    def check(cls, arguments: Mapping[str, str]) -> dict[str, Any]:
        """The arguments, parsed. Raises `UsageError` for an unknown name; subclasses parse the values."""
        own = {name: value for name, value in arguments.items() if not of_the_starter(name)}
        for name in own:
            if name not in cls.known_arguments:
                known = ", ".join(f"{argument}={value}" for argument, value in cls.known_arguments.items())
                raise UsageError(f"unknown argument {name!r}; {cls.name} knows {known}")
        return own

    def accept(self, **arguments: Any) -> None:
        """Keep the parsed arguments."""
        self.__dict__.update(arguments)

    def count(self, name: Name, reason: str = "", detail: str = "", *, by: int = 1) -> None:
        """Add to a stat (see `crawling.stats.key`)."""
        self.crawler.stats.inc_value(key(name, reason, detail), by)

    def site_failed(self, url: str, sentence: str) -> None:
        """Say in the summary that the site as a whole could not be crawled."""
        self.crawler.stats.set_value(key(Failure.SITE), f"{url}: {sentence}")
