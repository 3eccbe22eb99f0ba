"""`scrapy crawl`, as Scrapy has it, with what an archive needs around it.

Arguments and database are checked before anything is fetched, and the exit code tells cron how it
went: 0 fine, 1 a fault in the spider, 2 wrong usage, 3 some posts could not be fetched and wait for the next
crawl, 4 the site could not be crawled or none of its posts fetched, 5 the database failed, 130 or 143 stopped by
a signal before it began.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scrapy import Spider
from scrapy.commands import ScrapyHelpFormatter
from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.spiderloader import get_spider_loader

from newsarchive import browser, config, demo, rules
from newsarchive.collector import set_up_collector
from newsarchive.exceptions import (
    ALL_FAILED,
    DATABASE_FAILED,
    FAULT,
    SOME_FAILED,
    STOPPED_BY_CTRL_C,
    STOPPED_BY_SIGTERM,
    BadRules,
    DatabaseError,
    UsageError,
)
from newsarchive.extensions.progress import Verdict, verdict
from newsarchive.spiders.base import steps_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: Arguments of the spiders that ask sites which the settings give, each by `NEWSARCHIVE_` and its name.
DEFAULTS = {"news": ("limit", "since", "sources"), "recrawl": ("limit",)}

#: What an argument of the spiders does, for `--help`.
MEANINGS = {
    "url": "the blog: its front page, or its feed",
    "limit": "at most this many posts",
    "since": "leave out posts older than this day, 2025-01-31",
    "sources": "look here alone; several with commas",
    "recheck": "ask for every known post again, conditionally",
    "dry_run": "list the posts that would be fetched; fetch and store none",
    "site": "these sites alone, by domain",
    "path": "the WARC file, or a pattern of several in quotes",
}


class Formatter(ScrapyHelpFormatter):
    """Scrapy's, which leaves the lines of what follows the options as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(ARGUMENTS):
            return text
        return super()._fill_text(text, width, indent)


#: What the list of arguments begins with.
ARGUMENTS = "Arguments of the spiders (-a NAME=VALUE)"


def arguments_of(loader: Any) -> Iterator[str]:
    """The spiders with their arguments, a line each; one of another project says nothing of them."""
    yield ARGUMENTS
    for name in sorted(loader.list()):
        known = getattr(loader.load(name), "known_arguments", {})
        yield from ("", f"  scrapy crawl {name}", *(_argument(key, what) for key, what in known.items()))


def _argument(name: str, what: str) -> str:
    words, meaning = f"    -a {name}={what}", MEANINGS.get(name, "")
    gap = " " * (26 - len(words)) if len(words) < 26 else "\n" + " " * 26
    return f"{words}{gap}{meaning}".rstrip()


class Command(ScrapyCrawl):
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
        super().process_options(args, opts)
        assert self.settings is not None
        if file := self.settings.get("NEWSARCHIVE_CONFIG"):
            self.read_config(file)
        if problem := self.settings.get("NEWSARCHIVE_CONFIG_ERROR"):
            raise ScrapyUsageError(problem, print_help=False)

    def read_config(self, file: str) -> None:
        """Let this file hold in place of the one that was found; other options of the command line stand over it."""
        assert self.settings is not None
        os.environ[config.FILE_VARIABLE] = file  # the processes that extract ask too
        try:
            found = config.load(file).settings()
        except UsageError as error:
            raise ScrapyUsageError(str(error), print_help=False) from error
        found["NEWSARCHIVE_CONFIG_ERROR"] = ""
        for name, value in found.items():
            self.settings.set(name, value, priority="project")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Until Scrapy's own handlers stand; left alone, SIGTERM would end Python with the database open.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(STOPPED_BY_SIGTERM))
        if args == ["news"] and opts.spargs.get("url") == demo.NAME:
            self.run_demo(args, opts)
        else:
            self.add_defaults(args, opts.spargs)
            self.run_checked(args, opts)

    def run_demo(self, args: list[str], opts: argparse.Namespace) -> None:
        """The bundled blog, served by this process, and what became of one of its posts."""
        assert self.settings is not None
        for name, value in demo.PACE.items():
            self.settings.set(name, value, priority="project")
        with demo.at_its_address() as home:
            opts.spargs["url"] = home
            self.run_checked(args, opts)
        if (
            not self.exitcode
            and opts.spargs.get("dry_run") != "1"
            and self.settings.getbool("NEWSARCHIVE_TOUR", True)
            and not self.settings.getbool("NEWSARCHIVE_QUIET")
        ):
            from newsarchive.cli.demo import tour

            tour(self.settings["NEWSARCHIVE_DATABASE_URL"], self.settings.get("NEWSARCHIVE_WARC") or "off")

    def add_defaults(self, args: list[str], spargs: dict[str, str]) -> None:
        """Give the spiders that ask sites what the settings say of every crawl, where no argument says otherwise."""
        assert self.settings is not None
        known = DEFAULTS.get(args[0], ()) if len(args) == 1 else ()
        for name in known:
            value = self.settings.get(f"NEWSARCHIVE_{name.upper()}")
            if value not in (None, "", []):
                spargs.setdefault(name, ",".join(value) if isinstance(value, list) else str(value))

    def run_checked(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, unless something is wrong that can be known before."""
        try:
            self.preflight(args, opts.spargs)
        except (UsageError, BadRules) as error:
            raise ScrapyUsageError(str(error), print_help=False) from error
        except DatabaseError as error:
            self.stop_before_start(str(error))
            return
        set_up_collector()
        super().run(args, opts)
        self.exitcode = max(self.exitcode, self.outcome())
        if self.exitcode == 0 and not self.begun():
            sys.stderr.write("stopped\n")
            self.exitcode = STOPPED_BY_CTRL_C

    def preflight(self, args: list[str], spargs: dict[str, str]) -> None:
        """Raise what would fail anyway, before the first request."""
        from newsarchive.db.engine import open_engine
        from newsarchive.db.schema import upgrade

        assert self.settings is not None
        spider = self.spider_class(args)
        if spider is not None and hasattr(spider, "check"):
            spider.check(spargs)
        browser.check(self.settings)
        if folder := self.settings.get("NEWSARCHIVE_RULES"):
            rules.load(folder)
        steps_of(self.settings)
        if spargs.get("dry_run") != "1":
            engine = open_engine(self.settings["NEWSARCHIVE_DATABASE_URL"])
            upgrade(engine)
            self.follow_listed(engine)
            engine.dispose()

    def follow_listed(self, engine: Engine) -> None:
        """Bring the archive's list of sites, with what their settings say of their pages, to what the file says."""
        assert self.settings is not None
        held = config.load()
        if held.file is not None and held["database"] == self.settings["NEWSARCHIVE_DATABASE_URL"]:
            from newsarchive.cli.sitelist import follow_listed

            follow_listed(engine, held)

    def spider_class(self, args: list[str]) -> Any:
        assert self.crawler_process
        loader = self.crawler_process.spider_loader
        if len(args) != 1:
            return None  # Scrapy's own command says what is wrong
        if args[0] not in loader.list():
            raise UsageError(f"no spider is called {args[0]!r}; there are: {', '.join(loader.list())}")
        return loader.load(args[0])

    def stop_before_start(self, message: str) -> None:
        sys.stderr.write(f"error: {message}\n")
        self.exitcode = DATABASE_FAILED

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self.crawler = super()._create_crawler(spidercls)
        return self.crawler

    def begun(self) -> bool:
        """Whether the spider was opened: a signal may come before, and nothing else would then be said."""
        return bool(self.crawler.stats and self.crawler.stats.get_value("start_time"))

    def outcome(self) -> int:
        """The exit code that the crawl's own stats ask for."""
        stats = self.crawler.stats.get_stats() if self.crawler.stats else {}
        return exit_code(stats)


def exit_code(stats: dict[str, Any]) -> int:
    """What a crawl's counts say to whoever started it: the gravest that happened."""
    if "newsarchive/database_error" in stats:
        return DATABASE_FAILED
    how = verdict(stats)
    if "newsarchive/site_error" in stats or how is Verdict.ALL_FAILED:
        return ALL_FAILED
    if "newsarchive/spider_error" in stats:
        return FAULT
    return SOME_FAILED if how is Verdict.SOME_FAILED else 0
