"""What a person sees of a crawl: its progress, the time that is left, and a summary at the end.

On a terminal the progress is a bar and the summary a table; elsewhere both are single lines:

    https://blog.example: 120 of 400 posts, 1.0 pages a second, 5 minutes left
    https://blog.example: 20 discovered, 18 new, 0 updated, 0 unchanged, 2 dropped: too short
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from newsarchive import demo
from newsarchive.cli.opening import next_steps
from newsarchive.cli.output import json_line, messages, say
from newsarchive.crawling.failures import FAILURES, close_for, closed
from newsarchive.crawling.responses import own_spider
from newsarchive.crawling.stats import (
    DONE,
    FETCHED,
    HELD,
    PREFIX,
    SKIPPED_AS_KNOWN,
    SKIPPED_AS_STORED,
    Count,
    Counts,
    Detail,
    Failure,
    FetchProblem,
    Group,
    key,
    sentences,
)
from newsarchive.exceptions import DatabaseError
from newsarchive.extensions import json_log
from newsarchive.items import DropReason

if TYPE_CHECKING:
    from rich.table import Table
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from twisted.python.failure import Failure as TwistedFailure

    from newsarchive.extensions.progress_bar import Bar

#: Why a post was read and not stored: the database failed.
NOT_STORED = "not stored"
#: Gives the number of posts that are done, and of all posts that are known so far; the latter is `None` while nobody
#: knows how many will come.
Position = Callable[[], tuple[int, int | None]]


def duration(seconds: float) -> str:
    """A span of time in words: seconds and minutes rounded up, hours to a tenth.

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
    """Pages a second; pages a minute below 0.1 a second.

    >>> speed_words(12.34), speed_words(0.5), speed_words(0.05)
    ('12.3 pages a second', '0.5 pages a second', '3 pages a minute')
    """
    return f"{speed * 60:.0f} pages a minute" if speed < 0.1 else f"{speed:.1f} pages a second"


class Pace:
    """The mean speed since `start`, in words. `clock` gives seconds."""

    def __init__(self, position: Position, clock: Callable[[], float] = time.monotonic) -> None:
        self.position, self.clock, self.started = position, clock, 0.0

    def start(self) -> None:
        self.started = self.clock()

    def words(self, room: int | None = None) -> str:
        """`120 of 400 posts, 1.0 pages a second, 5 minutes left`. Where that takes more than `room` characters, the speed is left out,
        and then the time."""
        done, found = self.position()
        seconds = self.clock() - self.started
        speed = done / seconds if seconds > 0 else 0.0
        posts, left = posts_words(done, found), ""
        if speed and found is not None:
            left = f"{duration((found - done) / speed)} left" if done < found else "finishing"
        for parts in ((posts, speed_words(speed) if speed else "", left), (posts, left)):
            words = ", ".join(filter(None, parts))
            if room is None or len(words) <= room:
                return words
        return posts


def posts_words(done: int, found: int | None) -> str:
    """How far a crawl is.

    >>> posts_words(120, 400), posts_words(120, None), posts_words(0, 0)
    ('120 of 400 posts', '120 posts', 'looking for posts')
    """
    if not found:
        return f"{done} posts" if done else "looking for posts"
    return f"{done} of {found} posts"


#: The words for the counts in the summary on a terminal. The summary in one line, which programs read too, has their
#: names.
TABLE_WORDS: dict[Count | Group, str] = {
    Count.DISCOVERED: "posts found",
    Count.UPDATED: "changed by the site",
    Count.REREAD: "unchanged, and read better than before",
    Count.EARLIER: "older captures, put into the histories",
    Count.GONE: "deleted by the site",
    Count.MISSING: "missing, asked for again next time",
    Count.STILL_GONE: "still missing",
    Count.WAITING: "left for the next crawl",
    Count.NOT_MODIFIED: "unchanged, as the server says",
    Count.MOVED: "at another address than before",
    Count.BLOCKED: "kept from us, and taken from the feed or API",
    Group.FILLED: "completed from another source",
    Group.FAILED: "could not be fetched or read",
    Group.DROPPED: "no articles",
    Group.SKIPPED: "not fetched",
    Group.SOURCE_PROBLEMS: "sources that could not be read",
}
#: Seconds between two lines of progress where there is no terminal.
SECONDS_BETWEEN_LINES = 60

#: Reasons for which a page was not read although it may be an article. Such a page counts as failed, not as
#: dropped.
OUR_FAULTS = frozenset((DropReason.CRASHED, DropReason.TOO_SLOW, FetchProblem.BAD_ADDRESS))
#: Characters of an exception's message in the summary; the log has all of it.
MAX_ERROR_CHARACTERS = 200


class Verdict(Enum):
    """How the fetching of posts went, as a whole."""

    FINE = "fine"
    SOME_FAILED = "some failed"
    #: Not one post could be fetched, and none was there from before.
    ALL_FAILED = "all failed"


def verdict(stats: dict[str, Any]) -> Verdict:
    """How the fetching went, by the counts of a crawl.

    A site that was left without one fetched post failed, even where the archive holds posts of it.
    """
    counts, left = Counts(stats), sentences(stats, Detail.SITE_LEFT)
    if not counts[Group.FAILED] and not left:
        return Verdict.FINE
    stored = not left and counts.skipped(SKIPPED_AS_STORED)
    return Verdict.SOME_FAILED if stored or any(counts[name] for name in FETCHED) else Verdict.ALL_FAILED


class ToldElsewhere(logging.Filter):
    """Leaves out the log records of exceptions that the summary of a crawl tells once. `is_brief` takes the traceback off the others."""

    def __init__(self, kinds: tuple[type[BaseException], ...], is_brief: bool = False) -> None:
        super().__init__()
        self.kinds, self.is_brief = kinds, is_brief

    def filter(self, record: logging.LogRecord) -> bool:
        raised = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        record.exc_info = None if self.is_brief else record.exc_info
        return not isinstance(raised, self.kinds)


#: Scrapy's record of a robots.txt that gave no answer. Where only that does not answer, `DelayMiddleware` tells it. A logger takes the
#: same filter once, so that this is one for all crawls of a program.
ROBOTS_FILTER = ToldElsewhere(tuple(FAILURES), is_brief=True)
#: The crawl ends of a failure of the database. Without this, each page that was under way would log its own traceback.
DATABASE_FILTER = ToldElsewhere((DatabaseError,))


class Outcomes:
    """Counts the items that the pipelines dropped, and those that failed in them."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.stats = crawler, crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        logging.getLogger("scrapy.core.scraper").addFilter(DATABASE_FILTER)
        if own_spider(crawler) is not None:
            logging.getLogger("scrapy.downloadermiddlewares.robotstxt").addFilter(ROBOTS_FILTER)
        crawler.signals.connect(extension.item_dropped, signals.item_dropped)
        crawler.signals.connect(extension.item_error, signals.item_error)
        crawler.signals.connect(extension.spider_error, signals.spider_error)
        return extension

    def spider_error(self, failure: TwistedFailure, response: Response | TwistedFailure | None) -> None:
        """Keep the first exception that the spider did not handle for the summary; its traceback is in the log.

        A failure of the database ends the crawl.
        """
        if isinstance(failure.value, DatabaseError):
            close_for(self.crawler, failure.value)
            return
        request = getattr(response, "request", None)
        words = " ".join(str(failure.value).split())[:MAX_ERROR_CHARACTERS]
        where = f"{request.url}: " if request is not None else ""
        if self.stats.get_value(key(Failure.SPIDER)) is None:
            self.stats.set_value(
                key(Failure.SPIDER),
                f"{where}the spider failed with {type(failure.value).__name__}: {words or 'no message'}; "
                "the log above says where; what was stored until then is kept",
            )

    def item_dropped(self, exception: BaseException) -> None:
        reason = getattr(exception, "reason", None) or type(exception).__name__
        self.stats.inc_value(key(Group.FAILED if reason in OUR_FAULTS else Group.DROPPED, reason))

    def item_error(self, failure: TwistedFailure) -> None:
        is_stored = not isinstance(failure.value, DatabaseError)
        self.stats.inc_value(key(Group.FAILED, type(failure.value).__name__ if is_stored else NOT_STORED))


class Progress:
    """A bar on a terminal; elsewhere one line a minute."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.stats = crawler, crawler.stats
        self.page = ""
        self.pace = Pace(self.position)
        self.bar: Bar | None = None
        self.lines: Any = None
        self.handlers: list[tuple[logging.StreamHandler[Any], Any]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.getbool("NEWSARCHIVE_QUIET"):
            raise NotConfigured
        if own_spider(crawler) is None:
            raise NotConfigured  # only a spider of newsarchive counts the posts that it has found
        extension = cls(crawler)
        crawler.signals.connect(extension.start, signals.spider_opened)
        crawler.signals.connect(extension.at, signals.request_reached_downloader)
        crawler.signals.connect(extension.stop, signals.spider_closed)
        return extension

    @property
    def watched(self) -> bool:
        """Whether a bar can be drawn: on a terminal that gets no rows of the crawl at the same time."""
        feeds = map(str, self.crawler.settings.getdict("FEEDS"))
        rows = getattr(self.crawler.spider, "dry_run", False) or any(
            uri == "-" or uri.startswith("stdout:") for uri in feeds
        )
        if json_log.is_on(self.crawler.settings):
            return False
        can_draw = sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
        return can_draw and not (rows and sys.stdout.isatty())

    def position(self) -> tuple[int, int | None]:
        """The number of posts that are read, and of all posts to fetch that are known by now; `None` while files are read whose
        number of posts nobody knows.

        A page that waits for the template of its site is read, and takes little more than the others to store: by what is
        stored, a file of a thousand sites would have had hours to go until its last page was read.
        """
        stats = dict(self.stats.get_stats())  # a copy: the bar is drawn by a thread of its own
        counts = Counts(stats)
        found = max(0, counts[Count.DISCOVERED] - counts.skipped(SKIPPED_AS_KNOWN))
        limit = getattr(self.crawler.spider, "limit", None)
        done = sum(counts[name] for name in DONE) + stats.get(key(Detail.AWAITING_TEMPLATE), 0)
        if limit is None and not getattr(self.crawler.spider, "all_read", True):
            return done, None
        return done, max(done, min(found, limit) if limit else found)

    def at(self, request: Request) -> None:
        self.page = request.url

    def start(self) -> None:
        self.pace.start()
        if not self.watched:
            self.lines = create_looping_call(self.tell)
            self.lines.start(SECONDS_BETWEEN_LINES, now=False)
            return
        from newsarchive.extensions.progress_bar import Bar  # a crawl without a terminal needs no Rich

        self.bar = Bar(messages(), self.pace, lambda: self.page)
        self.bar.start()
        # The log handler holds the real stderr: let it write above the bar.
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__:
                self.handlers.append((handler, handler.setStream(sys.stderr)))

    def tell(self) -> None:
        if json_log.is_on(self.crawler.settings):
            done, found = self.position()
            named = {"site": name_of(self.crawler), "done": done, "found": found, "at": self.page}
            print_line(json_line("INFO", event="progress", **named))
            return
        where = f", at {self.page}" if self.page else ""
        print_line(f"{name_of(self.crawler)}: {self.pace.words()}{where}")

    def stop(self) -> None:
        for handler, stream in self.handlers:
            handler.setStream(stream)
        if self.bar is not None:
            self.bar.stop()
        elif self.lines is not None and self.lines.running:
            self.lines.stop()


def print_line(line: str, style: str = "") -> None:
    """Print a line on standard error, in a style on a terminal. Nobody may read it any more (`2>&1 | head`), and the crawl goes on."""
    if sys.stderr.isatty():
        messages().print(line, style=style, soft_wrap=True, markup=False)
        return
    with suppress(BrokenPipeError):
        say(line)


def name_of(crawler: Crawler) -> str:
    """The name of a crawl: the blog's address, or else the spider's name."""
    return str(getattr(own_spider(crawler), "url", "") or getattr(crawler.spider, "name", "crawl"))


class Summary:
    """Prints what the crawl did: a table on a terminal, one line elsewhere. It goes to stderr, because `-O -` writes articles to
    stdout."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.getbool("NEWSARCHIVE_QUIET"):
            raise NotConfigured
        extension = cls(crawler)
        # engine_stopped comes after the pipelines have flushed, and after the progress line is gone.
        crawler.signals.connect(extension.stopped, signals.engine_stopped)
        return extension

    async def stopped(self) -> None:
        await closed(self.crawler)
        self.print()

    def print(self) -> None:
        stats = self.crawler.stats.get_stats()
        if own_spider(self.crawler) is None and not any(stat.startswith(PREFIX) for stat in stats):
            return  # a spider of another project that stored nothing in the archive
        name = name_of(self.crawler)
        if json_log.is_on(self.crawler.settings):
            ours = {k.removeprefix(PREFIX): v for k, v in stats.items() if k.startswith(PREFIX)}
            print_line(json_line("INFO", event="summary", site=name, stats=ours))
            return
        if sys.stderr.isatty():
            print_line(name, "bold")
            messages().print(table(stats))
        else:
            print_line(one_line(name, stats))
        for alarm in sentences(stats, Detail.ALARM).values():
            print_line(f"alarm: {alarm}", "bold yellow")
        for alarm in sentences(stats, Detail.ALARM_CLEARED).values():
            print_line(f"cleared: {alarm}")
        failed = problems(stats)
        for problem in failed:
            print_line(f"error: {problem}", "bold red")
        for note in (*sentences(stats, Detail.BOUND).values(), *sentences(stats, Detail.NOTE).values()):
            print_line(f"note: {note}")
        if not failed:
            self.print_next(stats)

    def print_next(self, stats: dict[str, Any]) -> None:
        """Say where the articles are; the tour of the bundled blog says it at its own end."""
        settings, counts = self.crawler.settings, Counts(stats)
        held = any(counts[name] for name in HELD)
        touring = name_of(self.crawler).startswith(demo.ADDRESS)
        url, warc = settings.get("NEWSARCHIVE_DATABASE_URL"), settings.get("NEWSARCHIVE_WARC") or "off"
        if url and held and not touring and settings.getbool("NEWSARCHIVE_TOUR", True):
            print_line(next_steps(url, warc))


def problems(stats: dict[str, Any]) -> list[str]:
    """The sentences on what made the whole run or a part of it fail; empty for a run that did its work."""
    keys = map(key, (Failure.SITE, Failure.DATABASE, Failure.SPIDER, Failure.STORAGE))
    return [str(stats[one]) for one in keys if one in stats] + [
        *sentences(stats, Detail.SITE_LEFT).values(),
        *sentences(stats, Detail.ALARM_PROBLEM).values(),
    ]


def one_line(name: str, stats: dict[str, Any]) -> str:
    """The summary in one line, which cron mails.

    >>> one_line("https://blog.example", {"newsarchive/new": 2, "newsarchive/failed/timeout": 1})
    'https://blog.example: 0 discovered, 2 new, 0 updated, 0 unchanged, 1 failed: timeout'
    """
    counts = Counts(stats)
    #: Groups whose only reason says all that their totals would.
    told = {group for group, reasons in counts.reasons.items() if len(reasons) == 1}
    words = (
        f"{n} {what}: {reason}" if reason else f"{n} {what}"
        for what, reason, n in counts.rows()
        if reason or what not in told
    )
    return f"{name}: " + ", ".join(words)


def table(stats: dict[str, Any]) -> Table:
    """The summary as a table, in plain words."""
    from rich.table import Table
    from rich.text import Text

    out = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    out.add_column("posts", justify="right")
    out.add_column("what", overflow="fold")
    for name, reason, number in Counts(stats).rows():
        out.add_row(str(number), Text(f"  {reason}" if reason else TABLE_WORDS.get(name, name)))
    return out
