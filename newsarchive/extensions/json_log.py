"""`NEWSARCHIVE_LOG_FORMAT = json`: each line of the log is a JSON object, and so are progress and summary.

    {"time": "2026-11-26T12:00:00+00:00", "level": "WARNING", "logger": "news", "message": "https://… timed out"}

`scrapy crawl` makes the handler itself (`log_from_the_start`): Scrapy says with `-v` what it has loaded before any extension is
there. In another project the formatter of the handlers that Scrapy has made is replaced.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

from newsarchive.config import JSON
from newsarchive.times import isoformat

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


def is_on(settings: BaseSettings) -> bool:
    """Whether the log is to be JSON."""
    return bool(settings.get("NEWSARCHIVE_LOG_FORMAT") == JSON)


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; a traceback stands in it as text."""

    def format(self, record: logging.LogRecord) -> str:
        found = {
            "time": isoformat(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            found["traceback"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=False)


class JsonLog:
    """Makes the log of a crawl JSON."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not is_on(crawler.settings):
            raise NotConfigured
        use_json()
        # Scrapy may make its handler anew between the loading of extensions and the start of the spider.
        crawler.signals.connect(use_json, signals.spider_opened)
        return cls()


def use_json() -> None:
    """Make the lines of all handlers JSON."""
    for handler in logging.root.handlers:
        handler.setFormatter(JsonFormatter())


def log_from_the_start(settings: BaseSettings) -> None:
    """Make a handler for JSON in the place of the one that Scrapy would make for standard error."""
    if not is_on(settings) or settings.get("LOG_FILE") or not settings.getbool("LOG_ENABLED"):
        return
    handler = logging.StreamHandler()
    handler.setLevel(settings.get("LOG_LEVEL"))
    handler.setFormatter(JsonFormatter())
    logging.root.setLevel(logging.NOTSET)
    logging.root.addHandler(handler)
    settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
