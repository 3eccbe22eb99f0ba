"""What a person sees of a crawl: every outcome counted, a progress line, a summary at the end."""

from __future__ import annotations

import logging
import sys
from enum import Enum
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from scrapy import signals
from scrapy.exceptions import NotConfigured

from newsarchive.spiders.base import ArchiveSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

#: The summary's rows, in the order that a page lives through them.
ROWS = ("discovered", "new", "updated", "unchanged")
#: Outcomes that have reasons, each a stat `newsarchive/<group>/<reason>`.
GROUPS = ("filled", "failed", "dropped", "skipped", "source problems")
#: Counted where there were any. `blocked` are posts whose page was kept from us and whose text the feed or the API gave
#: (without it they count as failed), `missing` those that answered 404 once, and are asked for again; `waiting` those
#: that were not asked for, since their site answered no more.
EXTRA = (
    "reread",
    "blocked",
    "missing",
    "gone",
    "still gone",
    "waiting",
    "not modified",
    "fetched with the browser",
)
#: What was found out about a post by fetching it, and what an earlier crawl had found out.
FETCHED = ("new", "updated", "unchanged", "reread", "missing", "gone", "still gone", "dropped")
KNOWN_BEFORE = ("skipped: not due", "skipped: done before the kill")


def counts(stats: dict[str, Any]) -> dict[str, int]:
    """The numbers of a crawl by name; those with a reason as `dropped: too short`."""
    found = {row: int(stats.get(f"newsarchive/{row}", 0)) for row in (*ROWS, *EXTRA)}
    for group in GROUPS:
        prefix = f"newsarchive/{group}/"
        reasons = {k.removeprefix(prefix): v for k, v in stats.items() if k.startswith(prefix)}
        found[group] = sum(reasons.values())
        found |= {f"{group}: {reason}": n for reason, n in sorted(reasons.items())}
    return found


#: Of the message of an exception: more is in the log, and a summary is read at a glance.
MAX_ERROR_CHARACTERS = 200


class Verdict(Enum):
    """How the fetching of posts went, as a whole."""

    FINE = "fine"
    SOME_FAILED = "some failed"
    #: Not one post could be fetched, and none was there from before.
    ALL_FAILED = "all failed"


def verdict(stats: dict[str, Any]) -> Verdict:
    """What the counts of a crawl say. A site that was left and of which no post was fetched failed, whatever the
    archive holds of it."""
    seen, left = counts(stats), sites_left(stats)
    if not seen["failed"] and not left:
        return Verdict.FINE
    known = not left and any(seen.get(row) for row in KNOWN_BEFORE)
    return Verdict.SOME_FAILED if known or any(seen[row] for row in FETCHED) else Verdict.ALL_FAILED


def sites_left(stats: dict[str, Any]) -> list[str]:
    """What is to be said of each site that was left because it answered no more."""
    return [str(said) for key, said in sorted(stats.items()) if key.startswith("newsarchive/site_left/")]


class OneLine(logging.Filter):
    """A log line without its traceback: a host that does not answer is no fault in the code."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True


class Outcomes:
    """Counts what the pipelines dropped, and what failed in them."""

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        robots = logging.getLogger("scrapy.downloadermiddlewares.robotstxt")
        if not any(isinstance(f, OneLine) for f in robots.filters):
            robots.addFilter(OneLine())
        crawler.signals.connect(extension.item_dropped, signals.item_dropped)
        crawler.signals.connect(extension.item_error, signals.item_error)
        crawler.signals.connect(extension.spider_error, signals.spider_error)
        return extension

    def spider_error(self, failure: Failure, response: Response | Failure | None) -> None:
        """The first exception that a spider did not handle is said in the summary; its traceback is in the log."""
        request = getattr(response, "request", None)
        words = " ".join(str(failure.value).split())[:MAX_ERROR_CHARACTERS]
        where = f"{request.url}: " if request is not None else ""
        if self.stats.get_value("newsarchive/spider_error") is None:
            self.stats.set_value(
                "newsarchive/spider_error",
                f"{where}the spider failed with {type(failure.value).__name__}: {words or 'no message'}; "
                "the log above says where; what was stored until then is kept",
            )

    def item_dropped(self, exception: BaseException) -> None:
        reason = getattr(exception, "reason", None) or type(exception).__name__
        self.stats.inc_value(f"newsarchive/dropped/{reason}")

    def item_error(self, failure: Failure) -> None:
        self.stats.inc_value(f"newsarchive/failed/{type(failure.value).__name__}")


class Progress:
    """One live line on a terminal; nothing elsewhere."""

    def __init__(self, crawler: Crawler) -> None:
        self.stats = crawler.stats
        self.console = Console(stderr=True)
        self.live = Live(
            get_renderable=self.line,
            console=self.console,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
        )
        self.handlers: list[tuple[logging.StreamHandler[Any], Any]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not sys.stderr.isatty() or crawler.settings.getbool("NEWSARCHIVE_QUIET"):
            raise NotConfigured
        if not isinstance(crawler.spider, ArchiveSpider):
            raise NotConfigured  # how far a spider of another project is, it alone knows
        extension = cls(crawler)
        crawler.signals.connect(extension.start, signals.spider_opened)
        crawler.signals.connect(extension.stop, signals.spider_closed)
        return extension

    def line(self) -> Text:
        seen = counts(self.stats.get_stats())
        done = sum(seen[row] for row in ("new", "updated", "reread", "unchanged", "failed", "dropped"))
        words = ", ".join(f"{seen[row]} {row}" for row in (*ROWS[1:], "dropped", "failed") if seen[row])
        return Text(f"crawling: {done} of {seen['discovered']} posts" + (f" ({words})" if words else ""))

    def start(self) -> None:
        self.live.start()
        # The log handler holds the real stderr: let it write above the live line.
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__:
                self.handlers.append((handler, handler.setStream(sys.stderr)))

    def stop(self) -> None:
        for handler, stream in self.handlers:
            handler.setStream(stream)
        self.live.stop()


class Summary:
    """What the crawl did: a table on a terminal, one line elsewhere; on stderr, for `-O -` owns stdout."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.getbool("NEWSARCHIVE_QUIET"):
            raise NotConfigured
        extension = cls(crawler)
        # engine_stopped comes after the pipelines have flushed, and after the progress line is gone.
        crawler.signals.connect(extension.print, signals.engine_stopped)
        return extension

    def print(self) -> None:
        stats = self.crawler.stats.get_stats()
        if not isinstance(self.crawler.spider, ArchiveSpider) and not any(map(is_ours, stats)):
            return  # a spider of another project that gave the archive nothing
        console = Console(stderr=True)
        name = str(getattr(self.crawler.spider, "url", "") or getattr(self.crawler.spider, "name", "crawl"))
        console.print(
            table(name, stats) if console.is_terminal else one_line(name, stats),
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
        for problem in problems(stats):
            console.print(
                f"error: {problem}", style="bold red", soft_wrap=True, highlight=False, markup=False
            )


def is_ours(stat: str) -> bool:
    return stat.startswith("newsarchive/")


def problems(stats: dict[str, Any]) -> list[str]:
    """What made the whole run or a part of it fail, in words; empty where it did its work."""
    keys = ("newsarchive/site_error", "newsarchive/database_error", "newsarchive/spider_error")
    return [str(stats[key]) for key in keys if key in stats] + sites_left(stats)


def one_line(name: str, stats: dict[str, Any]) -> str:
    """`https://blog.example: 20 discovered, 18 new, …`: what cron mails."""
    seen = counts(stats)
    words = [f"{n} {what}" for what, n in seen.items() if what in ROWS or n]
    return f"{name}: " + ", ".join(words)


def table(name: str, stats: dict[str, Any]) -> Table:
    """The same for a person."""
    out = Table(title=Text(name), title_justify="left", show_header=False)
    out.add_column("what")
    out.add_column("posts", justify="right")
    for what, n in counts(stats).items():
        if what in ROWS or n:
            out.add_row(("  " + what.split(": ", 1)[1]) if ": " in what else what, str(n))
    return out
