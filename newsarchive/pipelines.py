"""Thin pipelines from what a spider yields to a stored article: one for each step of `core.steps.STEPS`.

An item enters as a `Response` or a `Capture`, and leaves as a stored `Article`. Every other item passes untouched. Only
here does `NotAnArticle` become Scrapy's `DropItem`.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, ClassVar, Self

from scrapy import signals
from scrapy.http import Response

from newsarchive import adapters as adapters  # importing it registers the adapters of articles and captures
from newsarchive import plugins
from newsarchive import rules as rules_module
from newsarchive.collector import set_up_collector
from newsarchive.core import steps
from newsarchive.core.discovery import find
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import STEPS, Steps
from newsarchive.core.urls import site_of
from newsarchive.crawl_stats import PREFIX, Count, Failure, Group, key, sites_left
from newsarchive.crawling import Dropped, LeftOut, capture_of, rules_of, steps_of
from newsarchive.db import site_templates
from newsarchive.db.engine import open_engine, open_existing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.readonly import head
from newsarchive.db.schema import current, upgrade
from newsarchive.db.writing.store import Store, Writer
from newsarchive.exceptions import DatabaseError, NotAnArticle
from newsarchive.extensions.template_learning import TemplateLearning, template_learned
from newsarchive.extensions.warc import WarcExtension, folder_elsewhere, raw_folder
from newsarchive.items import Article, Capture, DropReason, Page
from newsarchive.reextract import raw_folders, stored_reading
from newsarchive.rules import Rules
from newsarchive.spiders.base import ArchiveSpider
from newsarchive.spiders.news import NewsSpider
from newsarchive.spiders.posts import FetchingSpider
from newsarchive.spiders.warc import WarcSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Sites whose templates are kept in memory; with more, the template that was used longest ago is loaded again.
MAX_TEMPLATES_IN_MEMORY = 64
#: Seconds that an article waits for others to share its commit. More: a killed crawl fetches more posts again. Less: more
#: commits.
MAX_COMMIT_DELAY_SECONDS = 0.05


class CapturePipeline:
    """Makes a `Capture` of a `Response`, and completes the captures of spiders of other projects.

    Those captures get what newsarchive's own spiders give theirs: the place of the raw bytes, what feed or API said of
    the post, and the settings of its site.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        #: Items under way: `scrapy parse --pipelines` closes the spider without waiting for them.
        self.running: set[asyncio.Task[Any]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        if (task := asyncio.current_task()) is not None:
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        if isinstance(item, Response):
            item = capture_of(item)
        if not isinstance(item, Capture) or isinstance(self.crawler.spider, ArchiveSpider):
            return item
        self.crawler.stats.inc_value(key(Count.DISCOVERED))
        if place := self.forbidden(item):
            raise Dropped(item, NotAnArticle(DropReason.NOARCHIVE, place))
        try:
            return await asyncio.to_thread(self.completed, item)
        except DatabaseError as error:
            close_for(self.crawler, error)
            raise

    def forbidden(self, capture: Capture) -> str:
        """Where the page forbids copies; "" where it does not, or `NEWSARCHIVE_HONOUR_NOARCHIVE` is off."""
        if not self.crawler.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            return ""
        return find.noarchive(capture.headers, capture.body.decode("utf-8", "replace"), "newsarchive")

    def completed(self, capture: Capture) -> Capture:
        """Write the raw bytes and read what the archive knows of the post. Called from a thread."""
        warc = self.crawler.get_extension(WarcExtension)
        if warc is not None and capture.place is None:
            capture = replace(capture, place=warc.keep_capture(capture))
        store = self.crawler.get_item_pipeline(StorePipeline)
        if store is None or store.writer is None:
            return capture
        frontier = Frontier(store.store.engine)
        return replace(
            capture,
            source_text=capture.source_text or frontier.source_text(capture.url),
            selectors=capture.selectors or frontier.selectors(capture.url),
        )


#: Tasks that nobody waits for. Without a reference from here asyncio would let them be collected.
_closing: set[asyncio.Future[None]] = set()


def close_for(crawler: Crawler, error: DatabaseError) -> None:
    """End a crawl whose database or disk takes no more: what it still fetched would be lost."""
    if crawler.stats.get_value(key(Failure.DATABASE)) is None:
        crawler.stats.set_value(key(Failure.DATABASE), str(error))
        assert crawler.engine is not None
        task = asyncio.ensure_future(crawler.engine.close_spider_async(reason="database_error"))
        _closing.add(task)
        task.add_done_callback(_closing.discard)


class StepPipeline:
    """Runs one step of `core.steps.STEPS`, and the steps of other projects that have their place beside it."""

    step: ClassVar[str]
    #: The record that the step takes; any other item passes.
    takes: ClassVar[type] = Article

    def __init__(self, rules: Rules, steps: Steps = STEPS) -> None:
        self.rules = rules
        self.steps = [step for step in steps.values() if step.place == self.step]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(rules_of(crawler.settings), steps_of(crawler.settings))

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, self.takes):
            return item
        record: Any = item
        try:
            for step in self.steps:
                record = step(record, self.rules)
        except NotAnArticle as error:
            raise Dropped(item, error) from error
        return record


class DecodePipeline(StepPipeline):
    step = "decode"
    takes = Capture


class ExtractPipeline(StepPipeline):
    step = "extract"
    takes = Page


class RepairPipeline(StepPipeline):
    step = "repair"


class ChromePipeline(StepPipeline):
    step = "chrome"


class OriginPipeline(StepPipeline):
    step = "origin"


class FingerprintPipeline(StepPipeline):
    step = "fingerprint"


STEP_PIPELINES: tuple[type[StepPipeline], ...] = (
    DecodePipeline,
    ExtractPipeline,
    RepairPipeline,
    ChromePipeline,
    OriginPipeline,
    FingerprintPipeline,
)


class TemplatePipeline:
    """Applies the template of the site, learned in earlier crawls or in this one (see `learning`).

    With it a page that did not change gives the text that is stored, so that a difference is the publisher's revision.
    """

    def __init__(self, rules: Rules, database_url: str, steps: Steps = STEPS) -> None:
        self.rules, self.steps, self.engine = rules, steps, open_engine(database_url)
        self.template = lru_cache(maxsize=MAX_TEMPLATES_IN_MEMORY)(self._load)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        pipeline = cls(rules_of(settings), settings["NEWSARCHIVE_DATABASE_URL"], steps_of(settings))
        crawler.signals.connect(pipeline.forget, template_learned)
        return pipeline

    def forget(self, site: str) -> None:
        """A site was learned anew: its template is loaded again when its next page comes."""
        self.template.cache_clear()

    def _load(self, site: str) -> Template:
        try:
            return site_templates.load(self.engine, site)
        except DatabaseError:  # a dry run may have no archive yet; `StorePipeline` reports any other error
            return Template(site)

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, Article):
            return item
        try:
            return steps.templated(item, self.template(site_of(item.url)), self.rules, self.steps)
        except NotAnArticle as error:
            raise Dropped(item, error) from error

    def close_spider(self) -> None:
        self.engine.dispose()


class SincePipeline:
    """Drops an article that its own page dates before the spider's `since`; its link came without a date."""

    def __init__(self, crawler: Crawler) -> None:
        self.since = getattr(crawler.spider, "since", None)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        if self.since is None or not isinstance(item, Article):
            return item
        source = item.capture.source_text if item.capture else None  # what feed or API say of the post
        published = item.date_published or (source.published if source else None)
        if published and published < self.since:
            raise LeftOut(item, published)
        return item


#: The rules and steps of a worker process.
_worker: tuple[Rules, Steps] | None = None


def _start_worker(folder: str, phrases: Sequence[str]) -> None:
    """Load the rules and the steps, once in each process."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the crawl gets Ctrl+C too, and ends its workers
    _worker = rules_module.default(folder), plugins.steps(phrases)
    set_up_collector()


def _article_from(capture: Capture) -> Article:
    assert _worker is not None
    return steps.article_from(capture, *_worker)


class WorkersPipeline:
    """The same steps as the step pipelines, in a pool of processes, one call for each page."""

    def __init__(self, workers: int, folder: str, steps: Sequence[str] = ()) -> None:
        # "fork" would copy the reactor's threads and sockets into each worker.
        self.pool = ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (folder, steps))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        folder, steps = settings.get("NEWSARCHIVE_RULES") or "", settings.getlist("NEWSARCHIVE_STEPS")
        return cls(settings.getint("NEWSARCHIVE_WORKERS"), folder, steps)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Capture):
            return item
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, _article_from, item)
        except NotAnArticle as error:
            raise Dropped(item, error) from error

    def close_spider(self) -> None:
        self.pool.shutdown()


class StorePipeline:
    """Hands articles to the one writer thread and waits, without blocking, for its commit."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writer: Writer | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def open_spider(self) -> None:
        spider = self.crawler.spider
        if isinstance(spider, NewsSpider) and spider.dry_run:
            spider.archive = await asyncio.to_thread(self._look)
        else:
            await asyncio.to_thread(self._open)

    def _look(self) -> Frontier | None:
        """The frontier of the archive to read from; `None` where there is none of this version."""
        try:
            engine = open_existing(self.crawler.settings["NEWSARCHIVE_DATABASE_URL"])
            return Frontier(engine) if current(engine) == head() else None
        except DatabaseError:
            return None

    def _open(self) -> None:
        spider = self.crawler.spider
        assert spider is not None
        settings, folder = self.crawler.settings, raw_folder(self.crawler.settings)
        engine = open_engine(settings["NEWSARCHIVE_DATABASE_URL"])
        upgrade(engine)
        folders = raw_folders(engine, folder) if folder else ()
        steps = settings.getlist("NEWSARCHIVE_STEPS")
        rules_folder = settings.get("NEWSARCHIVE_RULES") or None
        again = stored_reading(engine, folders, rules_folder, steps) if folder else None
        self.store = Store(engine, again=again)
        arguments = getattr(spider, "arguments", {}) | folder_elsewhere(settings)
        if steps:
            arguments |= {"steps": ", ".join(steps)}
        self.run_id = self.store.start_run(spider.name, arguments)
        self.learning = TemplateLearning(self.crawler, engine, self.run_id)
        if isinstance(spider, FetchingSpider):
            spider.frontier, spider.run_id = Frontier(engine), self.run_id
            spider.resume_point = spider.frontier.resume_point(self.run_id)
        elif isinstance(spider, WarcSpider):
            spider.frontier = Frontier(engine)
        self.writer = Writer(self.store, self.run_id, max_age=MAX_COMMIT_DELAY_SECONDS)
        self.crawler.signals.connect(self.keep_dropped, signals.item_dropped)
        self.crawler.signals.connect(self.finish, signals.spider_closed)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Article):
            return item
        assert self.writer is not None
        try:
            outcome = await asyncio.wrap_future(self.writer.submit(item))
        except DatabaseError as error:
            close_for(self.crawler, error)
            raise
        self.crawler.stats.inc_value(key(Count[outcome.name]))
        if item.filled_from:
            self.crawler.stats.inc_value(key(Group.FILLED, item.filled_from))
        await self.learning.stored(item, outcome)
        return item

    async def keep_dropped(self, exception: BaseException) -> None:
        """Store the capture of a page that is no article, and its reason in the frontier.

        A page from before `since` is left out by this run alone: the frontier keeps its day, for a run that wants it.
        """
        if not isinstance(exception, Dropped):
            return
        assert self.writer is not None
        frontier = Frontier(self.store.engine)
        try:
            if isinstance(exception, LeftOut):
                await asyncio.to_thread(frontier.leave_out, exception.url, exception.published)
                return
            if exception.capture is not None:
                await asyncio.wrap_future(self.writer.submit_capture(exception.capture))
            await asyncio.to_thread(frontier.settle, exception.url, "skipped", exception.reason)
        except DatabaseError as error:
            close_for(self.crawler, error)

    async def close_spider(self) -> None:
        first = self.crawler.get_item_pipeline(CapturePipeline)
        if first is not None and (running := first.running - {asyncio.current_task()}):
            await asyncio.wait(running)
        if self.writer is not None:
            await asyncio.to_thread(self.writer.close)
            await self.learning.close()

    async def finish(self, reason: str) -> None:
        """Record how the run ended. `close_spider` came before, but is not told the reason."""
        stats = self.crawler.stats.get_stats()
        ours = {k.removeprefix(PREFIX): str(v) for k, v in stats.items() if k.startswith(PREFIX)}
        try:
            await asyncio.to_thread(self._close_left_sites, list(sites_left(stats)))
            await asyncio.to_thread(self.store.finish_run, self.run_id, reason, ours)
        except DatabaseError as error:
            self.crawler.stats.set_value(key(Failure.DATABASE), str(error))
        finally:  # when the last connection closes, SQLite moves all commits into the one file of the archive
            self.store.engine.dispose()

    def _close_left_sites(self, sites: Sequence[str]) -> None:
        """Record the sites that the crawl left because they answered no more."""
        frontier = Frontier(self.store.engine)
        for domain in sites:
            if (site := frontier.find_site(f"https://{domain}/")) is not None:
                frontier.close_site(site, ok=False)
