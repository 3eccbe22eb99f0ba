"""Thin pipelines: one for each step of `core.steps.STEPS` and what other projects put beside it, then the store.

An item enters as `Capture`, or as the `Response` that it is made of, and leaves as a stored `Article`. Whatever else
a spider yields passes each of them untouched. This is the only place where `NotAnArticle` becomes Scrapy's
`DropItem` and a stat.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, ClassVar, Self

from scrapy import signals
from scrapy.http import Response

from newsarchive import plugins
from newsarchive import rules as rules_module
from newsarchive.collector import set_up_collector
from newsarchive.core import steps as process
from newsarchive.core.discovery import find
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import STEPS, Steps
from newsarchive.core.urls import site_of
from newsarchive.db import site_templates
from newsarchive.db.engine import open_engine, open_existing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.readonly import head
from newsarchive.db.schema import current, upgrade
from newsarchive.db.writing.store import Store, Writer
from newsarchive.exceptions import DatabaseError, NotAnArticle
from newsarchive.extensions.recorder import Recorder, folder_elsewhere, raw_folder
from newsarchive.extensions.template_learning import Tutor, template_learned
from newsarchive.items import Article, Capture, DropReason, Page
from newsarchive.reextract import raw_folders, stored_reading
from newsarchive.rules import Rules
from newsarchive.spiders.base import ArchiveSpider, Dropped, LeftOut, capture_of, rules_of, steps_of
from newsarchive.spiders.news import NewsSpider
from newsarchive.spiders.posts import FetchingSpider
from newsarchive.spiders.warc import WarcSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)


class CapturePipeline:
    """Takes what a spider yields for the archive: a `Response` becomes a `Capture`.

    Our own spiders give captures that lack nothing. To one of another spider it adds what those have: where its raw
    bytes are kept, what feed or API said of the post, and the settings of its site.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        #: What is under way. `scrapy parse --pipelines` closes the spider without waiting for its items.
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
        self.crawler.stats.inc_value("newsarchive/discovered")
        if place := self.forbidden(item):
            raise Dropped(item, NotAnArticle(DropReason.NOARCHIVE, place))
        try:
            return await asyncio.to_thread(self.completed, item)
        except DatabaseError as error:
            close_for(self.crawler, error)
            raise

    def forbidden(self, capture: Capture) -> str:
        """Where the page forbids copies, "" where it does not or we were told not to ask."""
        if not self.crawler.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            return ""
        return find.noarchive(capture.headers, capture.body.decode("utf-8", "replace"), "newsarchive")

    def completed(self, capture: Capture) -> Capture:
        """What waits for the disk; called from a thread."""
        recorder = self.crawler.get_extension(Recorder)
        if recorder is not None and capture.place is None:
            capture = replace(capture, place=recorder.keep_capture(capture))
        store = self.crawler.get_item_pipeline(StorePipeline)
        if store is None or store.writer is None:
            return capture
        frontier = Frontier(store.store.engine)
        return replace(
            capture,
            source_text=capture.source_text or frontier.source_text(capture.url),
            selectors=capture.selectors or frontier.selectors(capture.url),
        )


def close_for(crawler: Crawler, error: DatabaseError) -> None:
    """A database or a disk that takes no more ends the crawl: fetching on would lose what it fetches."""
    if crawler.stats.get_value("newsarchive/database_error") is None:
        crawler.stats.set_value("newsarchive/database_error", str(error))
        assert crawler.engine is not None
        _closing.add(
            task := asyncio.ensure_future(crawler.engine.close_spider_async(reason="database_error"))
        )
        task.add_done_callback(_closing.discard)


#: Tasks that nobody waits for: asyncio itself keeps none alive.
_closing: set[asyncio.Future[None]] = set()


class StepPipeline:
    """Runs one step of `process.STEPS`, and the steps of other projects that have their place beside it."""

    step: ClassVar[str]
    #: What the step takes; anything else is no concern of ours.
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
    """Reads a page by what was learned of its site (see `learning`), in earlier crawls or in this one.

    So a page that did not change gives the text that is stored, and an edit is one publisher's revision.
    """

    def __init__(self, rules: Rules, database_url: str, steps: Steps = STEPS) -> None:
        self.rules, self.steps, self.engine = rules, steps, open_engine(database_url)
        # Archives of many sites must not fill the memory.
        self.template = lru_cache(maxsize=64)(self._load)

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
        except DatabaseError:  # a dry run may have no archive yet; the store reports any other
            return Template(site)

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, Article):
            return item
        try:
            return process.templated(item, self.template(site_of(item.url)), self.rules, self.steps)
        except NotAnArticle as error:
            raise Dropped(item, error) from error

    def close_spider(self) -> None:
        self.engine.dispose()


class SincePipeline:
    """Drops what turns out older than the spider's `since`, for links that came without a date."""

    def __init__(self, crawler: Crawler) -> None:
        self.since = getattr(crawler.spider, "since", None)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        if self.since is None or not isinstance(item, Article):
            return item
        published = item.date_published or self.told(item)
        if published and published < self.since:
            raise LeftOut(item, published)
        return item

    def told(self, article: Article) -> datetime | None:
        """The day that a feed or the API says of a page that tells none itself."""
        source = article.capture.source_text if article.capture else None
        return source.published if source else None


_worker: tuple[Rules, Steps] | None = None


def _start_worker(folder: str, phrases: Sequence[str]) -> None:
    """Load the tables and the steps once for each process. Ctrl+C reaches the crawl as well, which ends its workers."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = rules_module.default(folder), plugins.steps(phrases)
    set_up_collector()


def _work(capture: Capture) -> Article:
    assert _worker is not None
    return process.article_from(capture, *_worker)


class WorkersPipeline:
    """The same chain as the step pipelines, one call a page, in a pool of processes."""

    def __init__(self, workers: int, folder: str, steps: Sequence[str] = ()) -> None:
        # Not fork: the reactor's threads and sockets must not be copied into a worker.
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
            return await asyncio.get_running_loop().run_in_executor(self.pool, _work, item)
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
        """The frontier of an archive that is there, and of this version, to read from."""
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
        self.tutor = Tutor(self.crawler, engine, self.run_id)
        if isinstance(spider, FetchingSpider):
            spider.frontier, spider.run_id = Frontier(engine), self.run_id
            spider.resume_point = spider.frontier.resume_point(self.run_id)
        elif isinstance(spider, WarcSpider):
            spider.frontier = Frontier(engine)
        # What waits for its commit when the process is killed is fetched again: so wait briefly.
        self.writer = Writer(self.store, self.run_id, max_age=0.05)
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
        self.crawler.stats.inc_value(f"newsarchive/{outcome.name.lower()}")
        if item.filled_from:
            self.crawler.stats.inc_value(f"newsarchive/filled/{item.filled_from}")
        await self.tutor.stored(item, outcome)
        return item

    async def keep_dropped(self, exception: BaseException) -> None:
        """A page that is no article keeps its capture, and its reason stands in the frontier.

        `before since` is this run's wish alone: the next may want the page, and finds its day there.
        """
        if not isinstance(exception, Dropped):
            return
        assert self.writer is not None
        try:
            if isinstance(exception, LeftOut):
                frontier = Frontier(self.store.engine)
                await asyncio.to_thread(frontier.leave_out, exception.url, exception.published)
                return
            if exception.capture is not None:
                await asyncio.wrap_future(self.writer.submit_capture(exception.capture))
            await asyncio.to_thread(
                Frontier(self.store.engine).settle, exception.url, "skipped", exception.reason
            )
        except DatabaseError as error:
            close_for(self.crawler, error)

    async def close_spider(self) -> None:
        first = self.crawler.get_item_pipeline(CapturePipeline)
        if first is not None and (running := first.running - {asyncio.current_task()}):
            await asyncio.wait(running)
        if self.writer is not None:
            await asyncio.to_thread(self.writer.close)
            await self.tutor.close()

    async def finish(self, reason: str) -> None:
        """Record how the run ended; comes after `close_spider`, which is not told the reason."""
        stats = self.crawler.stats.get_stats()
        ours = {
            key.removeprefix("newsarchive/"): str(v)
            for key, v in stats.items()
            if key.startswith("newsarchive/")
        }
        left = [key.removeprefix("site_left/") for key in ours if key.startswith("site_left/")]
        try:
            await asyncio.to_thread(self._failing, left)
            await asyncio.to_thread(self.store.finish_run, self.run_id, reason, ours)
        except DatabaseError as error:
            self.crawler.stats.set_value("newsarchive/database_error", str(error))
        finally:  # the last connection that closes moves all commits into the one file of the archive
            self.store.engine.dispose()

    def _failing(self, sites: Sequence[str]) -> None:
        """Record which sites were left because they answered no more."""
        frontier = Frontier(self.store.engine)
        for domain in sites:
            if (site := frontier.find_site(f"https://{domain}/")) is not None:
                frontier.close_site(site, ok=False)
