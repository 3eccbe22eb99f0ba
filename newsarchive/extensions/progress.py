"""What a person sees of a crawl: every outcome counted, a progress line, a summary at the end.

How far a crawl is, how fast, and how long it takes yet: in words, and as a bar on a terminal.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as progress_Progress
from rich.table import Table
from rich.text import Text
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from newsarchive import demo
from newsarchive.cli.common import messages
from newsarchive.spiders.base import ArchiveSpider

if TYPE_CHECKING:
    from rich.console import Console
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from twisted.python.failure import Failure


#: Gives how many posts are done with, and how many there are as far as is known by now.
Position = Callable[[], tuple[int, int]]


def duration(seconds: float) -> str:
    """A span of time for a person, rounded up.

    >>> duration(0.4), duration(59), duration(61), duration(3600), duration(9000)
    ('1 second', '59 seconds', '2 minutes', '1 hour', '2.5 hours')
    """
    if seconds >= 3600:
        number, unit = f"{seconds / 3600:.1f}".removesuffix(".0"), "hour"
    elif seconds >= 60:
        number, unit = str(-int(-seconds // 60)), "minute"
    else:
        number, unit = str(max(1, -int(-seconds // 1))), "second"
    return f"{number} {unit}" + ("" if number == "1" else "s")


def speed_words(speed: float) -> str:
    """Pages a second; a minute where they are fewer than one a second's tenth.

    >>> speed_words(12.34), speed_words(0.5), speed_words(0.05)
    ('12.3 pages a second', '0.5 pages a second', '3 pages a minute')
    """
    return f"{speed * 60:.0f} pages a minute" if speed < 0.1 else f"{speed:.1f} pages a second"


class Pace:
    """The mean speed since the start, in words. `clock` gives seconds."""

    def __init__(self, position: Position, clock: Callable[[], float] = time.monotonic) -> None:
        self.position, self.clock, self.started = position, clock, 0.0

    def start(self) -> None:
        self.started = self.clock()

    def words(self) -> str:
        """`120 of 400 posts, 1.0 pages a second, 5 minutes left`."""
        done, found = self.position()
        if not found:
            return "looking for posts"
        seconds = self.clock() - self.started
        speed = done / seconds if seconds > 0 else 0.0
        parts = [f"{done} of {found} posts"]
        if speed:
            parts.append(speed_words(speed))
            parts.append(f"{duration((found - done) / speed)} left" if done < found else "finishing")
        return ", ".join(parts)


#: Columns of a terminal below which the speed is written as `0.5/s`: with all words the bar itself needs the rest.
MIN_WORDY_COLUMNS = 70


class _Speed(ProgressColumn):
    def __init__(self, wordy: bool) -> None:
        super().__init__()
        self.wordy = wordy

    def render(self, task: Task) -> Text:
        if not task.speed:
            return Text("")
        return Text(speed_words(task.speed) if self.wordy else f"{task.speed:.1f}/s", no_wrap=True)


class _Left(ProgressColumn):
    def render(self, task: Task) -> Text:
        if not task.total:
            return Text("")
        if task.completed >= task.total:
            return Text("finishing", no_wrap=True)
        left = task.time_remaining
        return Text(f"{duration(left)} left" if left else "", no_wrap=True)


class Bar(progress_Progress):
    """A bar that asks how far the crawl is each time it is drawn, and the page at hand below it."""

    def __init__(
        self,
        console: Console,
        position: Position,
        page: Callable[[], str],
        clock: Callable[[], float] | None = None,
    ) -> None:
        wordy = console.width >= MIN_WORDY_COLUMNS
        columns = (BarColumn(bar_width=None), TextColumn("{task.description}"), _Speed(wordy), _Left())
        self.position, self.page, self.screen = position, page, console
        super().__init__(
            *columns, console=console, transient=True, redirect_stdout=False, refresh_per_second=4, expand=True,
            get_time=clock,
        )  # fmt: skip
        self.add_task("looking for posts", total=None)

    def get_renderables(self) -> Iterable[RenderableType]:
        if self.tasks:  # while it is made it draws itself, without any
            done, found = self.position()
            words = f"{done} of {found} posts" if found else "looking for posts"
            self.update(self.tasks[0].id, completed=done, total=found or None, description=words)
        yield self.make_tasks_table(self.tasks)
        yield Text(shortened(self.page(), self.screen.width), style="dim", no_wrap=True, overflow="crop")


def shortened(address: str, width: int) -> str:
    """An address in one line of the screen: its end tells one post from another.

    >>> shortened("https://blog.example/2025/04/post/", 20)
    '…mple/2025/04/post/'
    """
    return address if len(address) < width else "…" + address[len(address) - width + 2 :]


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
#: What a summary on a terminal calls the counts; in one line, which programs read too, they keep their names.
WORDS = {
    "discovered": "posts found",
    "updated": "changed by the site",
    "reread": "unchanged, and read better than before",
    "gone": "deleted by the site",
    "missing": "missing, asked for again next time",
    "still gone": "still missing",
    "waiting": "left for the next crawl",
    "not modified": "unchanged, as the server says",
    "blocked": "kept from us, and taken from the feed or API",
    "filled": "completed from another source",
    "failed": "could not be fetched or read",
    "dropped": "no articles",
    "skipped": "not fetched",
    "source problems": "sources that could not be read",
}
#: What became of a post that is done with in this crawl; with a reason it is skipped, and was known before.
DONE = ("new", "updated", "reread", "unchanged", "missing", "gone", "still gone", "dropped", "failed")
KNOWN = ("skipped: not due", "skipped: looked at before", "skipped: done before")
#: Seconds between two lines of progress where no person watches: a log of a day's crawl has 1,440 of them.
SECONDS_BETWEEN_LINES = 60


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
    """A bar on a terminal; elsewhere one line a minute."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.stats = crawler, crawler.stats
        self.console = messages()
        self.page = ""
        self.pace = Pace(self.position)
        self.bar = Bar(self.console, self.position, lambda: self.page)
        self.lines: Any = None
        self.handlers: list[tuple[logging.StreamHandler[Any], Any]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.getbool("NEWSARCHIVE_QUIET"):
            raise NotConfigured
        if not isinstance(crawler.spider, ArchiveSpider):
            raise NotConfigured  # how far a spider of another project is, it alone knows
        extension = cls(crawler)
        crawler.signals.connect(extension.start, signals.spider_opened)
        crawler.signals.connect(extension.at, signals.request_reached_downloader)
        crawler.signals.connect(extension.stop, signals.spider_closed)
        return extension

    @property
    def watched(self) -> bool:
        """Whether a bar can be drawn: a person watches, and no rows of ours come to the same screen."""
        feeds = crawler_feeds(self.crawler)
        rows = getattr(self.crawler.spider, "dry_run", False) or {"-", "stdout:"} & feeds
        dumb = not self.console.is_terminal or self.console.is_dumb_terminal
        return not dumb and not (rows and sys.stdout.isatty())

    def position(self) -> tuple[int, int]:
        """How many posts are done with, and how many there are to do as far as is known by now."""
        seen = counts(dict(self.stats.get_stats()))  # a copy: the bar is drawn by a thread of its own
        known = sum(n for what, n in seen.items() if what.startswith(KNOWN))
        found = max(0, seen["discovered"] - known)
        limit = getattr(self.crawler.spider, "limit", None)
        done = sum(seen.get(what, 0) for what in DONE)
        return done, max(done, min(found, limit) if limit else found)

    def at(self, request: Request) -> None:
        self.page = request.url

    def start(self) -> None:
        self.pace.start()
        if not self.watched:
            self.lines = create_looping_call(self.tell)
            self.lines.start(SECONDS_BETWEEN_LINES, now=False)
            return
        self.bar.start()
        # The log handler holds the real stderr: let it write above the bar.
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__:
                self.handlers.append((handler, handler.setStream(sys.stderr)))

    def tell(self) -> None:
        where = f", at {self.page}" if self.page else ""
        self.console.print(
            f"{name_of(self.crawler)}: {self.pace.words()}{where}", soft_wrap=True, markup=False
        )

    def stop(self) -> None:
        for handler, stream in self.handlers:
            handler.setStream(stream)
        if self.lines is None:
            self.bar.stop()
        elif self.lines.running:
            self.lines.stop()


def crawler_feeds(crawler: Crawler) -> set[str]:
    """Where the crawl writes rows, beside the database."""
    return {str(uri).partition(":")[0] + ":" * (":" in str(uri)) for uri in crawler.settings.getdict("FEEDS")}


def name_of(crawler: Crawler) -> str:
    """What a crawl is called: the blog's address where it has one."""
    return str(getattr(crawler.spider, "url", "") or getattr(crawler.spider, "name", "crawl"))


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
        console, name = messages(), name_of(self.crawler)
        if console.is_terminal:
            console.print(name, style="bold", soft_wrap=True, markup=False)
            console.print(table(stats))
        else:
            console.print(one_line(name, stats), soft_wrap=True, markup=False)
        for problem in problems(stats):
            console.print(f"error: {problem}", style="bold red", soft_wrap=True, markup=False)
        if not problems(stats):
            self.print_next(console, stats)

    def print_next(self, console: Console, stats: dict[str, Any]) -> None:
        """Where the articles are; the tour of the bundled blog says it at its own end."""
        from newsarchive.cli.common import next_steps

        settings, found = self.crawler.settings, counts(stats)
        held = any(found[row] for row in ("new", "updated", "unchanged", "reread"))
        touring = name_of(self.crawler).startswith(demo.ADDRESS)
        url, warc = settings.get("NEWSARCHIVE_DATABASE_URL"), settings.get("NEWSARCHIVE_WARC") or "off"
        if url and held and not touring and settings.getbool("NEWSARCHIVE_TOUR", True):
            console.print(next_steps(url, warc), soft_wrap=True, markup=False)


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


def table(stats: dict[str, Any]) -> Table:
    """The same for a person, in plain words."""
    out = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    out.add_column("posts", justify="right")
    out.add_column("what", overflow="fold")
    for what, n in counts(stats).items():
        if what in ROWS or n:
            group, _, reason = what.partition(": ")
            out.add_row(str(n), Text(f"  {reason}" if reason else WORDS.get(group, group)))
    return out
