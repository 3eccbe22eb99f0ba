"""`scrapy crawl` for an archive: it checks before it fetches, and its exit code tells cron how the crawl went.

The arguments, the settings and the database are checked first. The exit codes are

    0    all went well
    1    a fault in the spider
    2    wrong usage
    3    some posts could not be fetched, and wait for the next crawl; an alarm stands; or Scrapy ended the crawl for its memory
    4    the site could not be crawled, or none of its posts fetched
    5    the database failed
    130  Ctrl+C stopped the crawl before it began
    143  SIGTERM stopped it before it began, or a second signal in the middle of its work
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from scrapy import Spider, signals
from scrapy.commands import ScrapyHelpFormatter
from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, default_settings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.misc import load_object

from newsarchive import config, demo, rules
from newsarchive.addon import Addon
from newsarchive.commands import readers
from newsarchive.crawling.failures import closed
from newsarchive.crawling.page_reader import worker_count
from newsarchive.crawling.stats import PREFIX, Detail, Failure, key, sentences
from newsarchive.exceptions import (
    ALL_FAILED,
    DATABASE_FAILED,
    FAULT,
    SOME_FAILED,
    STOPPED_BY_CTRL_C,
    STOPPED_BY_SIGTERM,
    USAGE,
    Damaged,
    DatabaseError,
    OutputError,
    UsageError,
)
from newsarchive.extensions.json_log import log_from_the_start
from newsarchive.extensions.progress import Verdict, verdict
from newsarchive.extensions.warc import raw_folders_of
from newsarchive.plainwords import PrintableRecord
from newsarchive.spider_processes.parent import (
    SHARE_LOCK,
    STOP_WITH_PARENT,
    end_at_sigterm,
    keep_messages,
    stop_with_parent,
)
from newsarchive.times import require_set_clock
from newsarchive.warc import object_storage
from newsarchive.warc.files import is_address
from newsarchive.workers import pool
from newsarchive.workers.collector import set_up_allocator, set_up_collector

if TYPE_CHECKING:
    pass

#: Why Scrapy says a crawl ended that took more memory than MEMUSAGE_LIMIT_MB.
OUT_OF_MEMORY = "memusage_exceeded"

#: argument of a spider → what it does, for `--help`
MEANINGS = {
    "url": "the blog: its front page, or its feed",
    "limit": "at most this many posts",
    "since": "leave out posts older than this day, 2025-01-31",
    "sources": "look here alone; several with commas",
    "recheck": "ask for every known post again, conditionally",
    "skip": "leave out posts whose paths begin so",
    "dry_run": "list the posts that would be fetched; fetch and store none",
    "site": "these sites alone, by domain",
    "path": "the WARC file, or a pattern of several in quotes",
}


#: The type of Scrapy's own default of a setting → what reads the setting, and what is wrong with what that cannot read.
READERS: Mapping[type, tuple[str, str]] = {
    bool: ("getbool", "neither 1 nor 0"),
    int: ("getint", "no whole number"),
    float: ("getfloat", "no number"),
}
#: Seconds whose default is a whole number, and which may be 0.5 all the same.
SECONDS = frozenset({"DNS_TIMEOUT", "DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT"})

#: Settings that hold HTTP status codes.
LISTS_OF_STATUS_CODES = ("RETRY_HTTP_CODES", "HTTPERROR_ALLOWED_CODES", "HTTPCACHE_IGNORE_HTTP_CODES")


def check_options(settings: BaseSettings) -> None:
    """Raise `UsageError` for a setting that Scrapy could not read or use: it would end with a traceback."""
    for name, value in settings.items():
        kind = float if name in SECONDS else type(getattr(default_settings, str(name), None))
        reader, wrong = READERS.get(kind, ("", ""))
        if reader and settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]:
            try:
                getattr(settings, reader)(name)
            except ValueError:
                raise UsageError(f"-s {name}: {value!r} is {wrong}") from None
    for name in LISTS_OF_STATUS_CODES:
        value = settings.get(name)
        if isinstance(value, int):  # as a file of settings may have it
            raise UsageError(f"{name} = {value}: is no list of HTTP status codes; write [500, 502]")
        if wrong_codes := [code for code in settings.getlist(name) if not str(code).strip().isdecimal()]:
            raise UsageError(
                f"-s {name}: {wrong_codes[0]!r} is no HTTP status code; write them with commas, 500,502"
            )


def make_job_folder(settings: BaseSettings) -> None:
    """Make the folder of `JOBDIR`, in which Scrapy would fail with a traceback. Raises `UsageError`.

    It is made after everything else was judged: a wrong command leaves nothing behind.
    """
    if folder := settings.get("JOBDIR"):
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"-s JOBDIR: the folder {folder} cannot be made: {error.strerror}") from None


#: The first line of the list of arguments in `--help`.
ARGUMENTS_HEAD = "Arguments of the spiders (-a NAME=VALUE)"
#: Columns of `--help` before the meaning of an argument; after a longer argument the meaning stands in the next line.
MEANING_COLUMN = 26


class Formatter(ScrapyHelpFormatter):
    """Scrapy's formatter, which keeps the lines of the list of arguments."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(ARGUMENTS_HEAD):
            return text
        return super()._fill_text(text, width, indent)


def arguments_of(loader: Any) -> Iterator[str]:
    """The lines of `--help` on the spiders and their arguments. A spider of another project declares none."""
    yield ARGUMENTS_HEAD
    for spider in sorted(loader.list()):
        yield from ("", f"  scrapy crawl {spider}")
        for name, value in getattr(loader.load(spider), "known_arguments", {}).items():
            words = f"    -a {name}={value}"
            gap = "" if len(words) < MEANING_COLUMN else "\n" + " " * MEANING_COLUMN
            yield f"{words:{MEANING_COLUMN}}{gap}{MEANINGS.get(name, '')}".rstrip()


def _misused(problem: str) -> NoReturn:
    """End with one line. Scrapy's `UsageError` also prints how `scrapy crawl` is called, whoever called it."""
    sys.stderr.write(f"error: {problem}\n")
    sys.exit(USAGE)


class Command(ScrapyCrawl):
    #: Whether the crawl came to its end: all that is done when a spider is closed is done.
    has_ended = False
    #: The settings as the crawl has them: with those of its spider, and completed by the add-on.
    in_force: BaseSettings

    def long_desc(self) -> str:
        return (
            "Crawl a blog into the archive. Example: "
            "scrapy crawl news -a url=https://blog.example -a limit=20 -a since=2025-01-31. "
            "No blog at hand? scrapy crawl news -a url=demo crawls a small one that is part of newsarchive, offline."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        assert self.settings is not None
        parser.formatter_class = Formatter
        parser.epilog = "\n".join(arguments_of(get_spider_loader(self.settings)))

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        keep_messages()
        try:
            super().process_options(args, opts)
        except ScrapyUsageError as error:
            _misused(str(error))
        except OSError as error:
            _misused(f"--pidfile {error.filename}: {error.strerror}")
        assert self.settings is not None
        if file := self.settings.get("LOG_FILE"):
            try:
                Path(file).open("a").close()  # Scrapy opens it later, and empties it if that is wanted
            except OSError as error:
                _misused(f"--logfile or LOG_FILE: {file} cannot be written: {error.strerror}")
        level = self.settings["LOG_LEVEL"]
        if isinstance(level, str) and level not in (levels := logging.getLevelNamesMapping()):
            _misused(f"-L or LOG_LEVEL: {level!r} is none of {', '.join(levels)}")
        if file := self.settings.get("NEWSARCHIVE_CONFIG"):
            self.read_config(file)
        if problem := self.settings.get("NEWSARCHIVE_CONFIG_ERROR"):
            _misused(problem)
        log_from_the_start(self.settings)
        if STOP_WITH_PARENT not in os.environ:  # else `newsarchive crawl` has said it
            for name, problem in config.unknown(os.environ).items():
                sys.stderr.write(f"environment {name}: {problem}\n")

    def read_config(self, file: str) -> None:
        """Take the settings of this file in place of the file that was found; options of the command line override it."""
        assert self.settings is not None
        os.environ[config.FILE_VARIABLE] = file  # worker processes read it too
        try:
            found = config.load(file).settings()
        except UsageError as error:
            _misused(str(error))
        found["NEWSARCHIVE_CONFIG_ERROR"] = ""
        for name, value in found.items():
            self.settings.set(name, value, priority="project")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        end_at_sigterm()  # Scrapy sets its own handlers later
        stop_with_parent()
        if args == ["news"] and opts.spargs.get("url") == demo.NAME:
            self.run_demo(args, opts)
        else:
            self.run_checked(args, opts)

    def run_demo(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl the bundled blog, which this process serves, and show what became of one of its posts."""
        assert self.settings is not None
        for name, value in demo.SETTINGS.items():
            self.settings.set(name, value, priority="project")
        with demo.at_its_address() as home:
            opts.spargs["url"] = home
            self.run_checked(args, opts)
        if (
            not self.exitcode
            and opts.spargs.get("dry_run") != "1"
            and self.in_force.getbool("NEWSARCHIVE_TOUR", True)
            and not self.in_force.getbool("NEWSARCHIVE_QUIET")
        ):
            from newsarchive.cli.demo import tour

            tour(self.in_force["NEWSARCHIVE_DATABASE_URL"], self.in_force["NEWSARCHIVE_WARC"] or "off")

    def run_checked(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, unless the checks find something wrong."""
        from newsarchive.db.engine import open_engine
        from newsarchive.db.frontier.locks import shared_crawl_lock

        with ExitStack() as held:
            try:
                self.preflight(args, opts.spargs)
                # The command that started this spider holds the lock of its site.
                if site := os.environ.pop(SHARE_LOCK, ""):
                    engine = open_engine(self.in_force["NEWSARCHIVE_DATABASE_URL"])
                    held.enter_context(shared_crawl_lock(engine, site))
            except (UsageError, DatabaseError, Damaged) as error:
                sys.stderr.write(f"error: {error}\n")
                self.exitcode = DATABASE_FAILED if isinstance(error, DatabaseError | Damaged) else USAGE
                return
            set_up_collector()
            if worker_count(self.in_force):
                set_up_allocator()
                pool.start_by(readers.reader, unless_set=True)
            logging.setLogRecordFactory(PrintableRecord)
            super().run(args, opts)
        stats = stats_of(self.crawler)
        self.exitcode = max(self.exitcode, exit_code(stats), self.write_metrics(stats, opts.spargs))
        if self.exitcode == 0 and not stats.get("start_time"):  # a signal came before the spider was opened
            sys.stderr.write("stopped\n")
            self.exitcode = STOPPED_BY_CTRL_C
        elif stats.get("start_time") and not self.has_ended:  # a second signal came
            sys.stderr.write("stopped in the middle: the next crawl goes on from what was stored\n")
            sys.stderr.flush()
            # Python would wait for threads that learn a site, read a page or move a file.
            os._exit(STOPPED_BY_SIGTERM)

    def write_metrics(self, stats: dict[str, Any], spargs: dict[str, str]) -> int:
        """Write the file of metrics, where one is wanted; gives the exit code for how that went."""
        from newsarchive.db.reading import metrics
        from newsarchive.db.readonly import open_source

        file = self.in_force.get("NEWSARCHIVE_METRICS")
        if not file or spargs.get("dry_run") == "1" or not any(stat.startswith(PREFIX) for stat in stats):
            return 0
        try:
            metrics.write(open_source(self.in_force["NEWSARCHIVE_DATABASE_URL"]), Path(file))
        except (OutputError, DatabaseError, Damaged) as error:
            sys.stderr.write(f"error: {error}\n")
            return SOME_FAILED
        return 0

    def preflight(self, args: list[str], spargs: dict[str, str]) -> None:
        """Raise before the first request what would fail later."""
        from newsarchive.cli.sitelist import follow_listed
        from newsarchive.db.engine import open_engine
        from newsarchive.db.frontier import locks  # noqa: F401  (says so where the system has no locks of files)
        from newsarchive.db.schema import upgrade

        assert self.settings is not None
        require_set_clock()
        check_options(self.settings)
        spider, self.in_force = self.spider_class(args), self.settings.copy()
        if spider is not None:
            spider.update_settings(self.in_force)
        if all(load_object(addon) is not Addon for addon in self.in_force.getdict("ADDONS")):
            make_job_folder(self.in_force)
            return  # then the crawl has none of our pipelines
        Addon(spider).update_settings(self.in_force)  # raises what Scrapy would only log
        if folder := self.in_force.get("NEWSARCHIVE_RULES"):
            rules.load(folder)
        if not getattr(spider, "is_archive_spider", False):
            make_job_folder(self.in_force)
            return  # the archive is opened with the first page that the spider yields
        spider.check(spider.given(self.in_force) | spargs)
        make_job_folder(self.in_force)
        if spargs.get("dry_run") != "1":
            for own in filter(is_address, raw_folders_of(self.in_force)):
                object_storage.require(own)
            engine = open_engine(self.in_force["NEWSARCHIVE_DATABASE_URL"])
            upgrade(engine)
            held = config.load()
            if held.file is not None and held["database"] == self.in_force["NEWSARCHIVE_DATABASE_URL"]:
                follow_listed(engine, held)  # the sites of the file of settings, with their own settings
            engine.dispose()

    def spider_class(self, args: list[str]) -> Any:
        assert self.crawler_process
        loader = self.crawler_process.spider_loader
        if len(args) != 1:
            return None  # Scrapy's own command says what is wrong
        if args[0] not in loader.list():
            raise UsageError(f"no spider is called {args[0]!r}; there are: {', '.join(loader.list())}")
        return loader.load(args[0])

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self.crawler = super()._create_crawler(spidercls)
        self.crawler.signals.connect(self._note_end, signals.engine_stopped)
        return self.crawler

    async def _note_end(self) -> None:
        await closed(self.crawler)
        self.has_ended = True


def stats_of(crawler: Crawler) -> dict[str, Any]:
    """A crawl's stats; `{}` where it ended before it had any, for want of an extension, say. Scrapy (2.19) raises there."""
    try:
        return crawler.stats.get_stats() if crawler.stats else {}
    except RuntimeError:
        return {}


def exit_code(stats: dict[str, Any]) -> int:
    """The exit code for the gravest thing that a crawl's stats tell."""
    if key(Failure.DATABASE) in stats:
        return DATABASE_FAILED
    how = verdict(stats)
    if key(Failure.SITE) in stats or how is Verdict.ALL_FAILED:
        return ALL_FAILED
    if key(Failure.SPIDER) in stats:
        return FAULT
    alarms = sentences(stats, Detail.ALARM) or sentences(stats, Detail.ALARM_PROBLEM)
    waits = key(Failure.STORAGE) in stats or stats.get("finish_reason") == OUT_OF_MEMORY
    return SOME_FAILED if alarms or waits or how is Verdict.SOME_FAILED else 0
