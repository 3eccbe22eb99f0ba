"""`scrapy crawl`, as Scrapy has it, with what an archive needs around it.

Arguments and database are checked before anything is fetched, and the exit code tells cron how it
went: 0 fine, 1 a fault in the spider, 2 wrong usage, 3 some posts could not be fetched and wait for the next
crawl, 4 the site could not be crawled or none of its posts fetched, 5 the database failed.
"""

from __future__ import annotations

import argparse
import gc
import sys
from typing import Any

from scrapy import Spider
from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError as ScrapyUsageError

from newsarchive import browser, rules
from newsarchive.exceptions import BadRules, DatabaseError, UsageError
from newsarchive.extensions import Verdict, verdict

SPIDER_FAILED, SOME_FAILED, SITE_FAILED, DATABASE_FAILED = 1, 3, 4, 5
#: How many new objects make the garbage collector look, and how many looks make it look further back. A page makes
#: thousands that end with it; Python's own 700 had the collector take an eighth of a crawl.
GARBAGE = (20_000, 20, 50)


class Command(ScrapyCrawl):
    def long_desc(self) -> str:
        return (
            "Crawl a blog into the archive. Example: "
            "scrapy crawl news -a url=https://blog.example -a limit=20 -a since=2025-01-31"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            self.preflight(args, opts.spargs)
        except (UsageError, BadRules) as error:
            raise ScrapyUsageError(str(error), print_help=False) from error
        except DatabaseError as error:
            self.stop_before_start(str(error))
            return
        gc.freeze()  # what is loaded by now stays to the end
        gc.set_threshold(*GARBAGE)
        super().run(args, opts)
        self.exitcode = max(self.exitcode, self.outcome())

    def preflight(self, args: list[str], spargs: dict[str, str]) -> None:
        """Raise what would fail anyway, before the first request."""
        from newsarchive.db.engine import open_engine, upgrade

        assert self.settings is not None
        spider = self.spider_class(args)
        if spider is not None and hasattr(spider, "check"):
            spider.check(spargs)
        browser.check(self.settings)
        if folder := self.settings.get("NEWSARCHIVE_RULES"):
            rules.load(folder)
        if spargs.get("dry_run") != "1":
            engine = open_engine(self.settings["NEWSARCHIVE_DATABASE_URL"])
            upgrade(engine)
            engine.dispose()

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
        return SITE_FAILED
    if "newsarchive/spider_error" in stats:
        return SPIDER_FAILED
    return SOME_FAILED if how is Verdict.SOME_FAILED else 0
