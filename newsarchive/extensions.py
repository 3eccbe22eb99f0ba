"""What a person sees of a crawl: every outcome counted, a progress line, a summary at the end."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from scrapy import signals
from scrapy.exceptions import NotConfigured

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

#: The summary's rows, in the order that a page lives through them.
ROWS = ("discovered", "new", "updated", "unchanged")
#: Outcomes that have reasons, each a stat `newsarchive/<group>/<reason>`.
GROUPS = ("filled", "failed", "dropped", "skipped", "source problems")
#: Counted where there were any.
EXTRA = ("reread", "gone", "not modified", "fetched with the browser")


def counts(stats: dict[str, Any]) -> dict[str, int]:
    """The numbers of a crawl by name; those with a reason as `dropped: too short`."""
    found = {row: int(stats.get(f"newsarchive/{row}", 0)) for row in (*ROWS, *EXTRA)}
    for group in GROUPS:
        prefix = f"newsarchive/{group}/"
        reasons = {k.removeprefix(prefix): v for k, v in stats.items() if k.startswith(prefix)}
        found[group] = sum(reasons.values())
        found |= {f"{group}: {reason}": n for reason, n in sorted(reasons.items())}
    return found


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
        return extension

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


def problems(stats: dict[str, Any]) -> list[str]:
    """What made the whole run fail, in words; empty where it did its work."""
    keys = ("newsarchive/site_error", "newsarchive/database_error")
    return [str(stats[key]) for key in keys if key in stats]


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
