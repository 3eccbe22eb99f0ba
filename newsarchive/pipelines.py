"""Thin pipelines from what a spider yields to a stored article: one for each step of `core.steps.STEPS`.

An item enters as a `Response` or a `Capture`, and leaves as a stored `Article`. Every other item passes untouched. Only
here does `NotAnArticle` become Scrapy's `DropItem`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

from scrapy import signals
from scrapy.http import Response

from newsarchive.config import AUTO
from newsarchive.core import steps
from newsarchive.core.discovery import rights
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import STEPS, Steps
from newsarchive.core.urls import normalise, site_of
from newsarchive.crawling import adapters as adapters  # registers the adapters of articles and captures
from newsarchive.crawling.failures import Dropped, LeftOut, NoAddress, close_for, closed, database_failed, end
from newsarchive.crawling.other_addresses import MovedPosts, OtherPosts
from newsarchive.crawling.page_reader import (
    PageReader,
    SiteTemplate,
    articles_wanted,
    crashed,
    in_reading_thread,
    set_reader,
    worker_count,
)
from newsarchive.crawling.responses import blog_of, capture_of, own_spider, rules_of, steps_of
from newsarchive.crawling.stats import (
    FETCHED,
    PREFIX,
    Count,
    Counts,
    Detail,
    Failure,
    Group,
    SkipReason,
    key,
    sentences,
)
from newsarchive.db import site_templates
from newsarchive.db.engine import open_engine, open_existing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.migrations import head
from newsarchive.db.schema import current, upgrade
from newsarchive.db.writing.packed import PackedArticle, head_of
from newsarchive.db.writing.store import Outcome, Store, Writer
from newsarchive.exceptions import Damaged, DatabaseError, NotAnArticle
from newsarchive.extensions import alarms, notes, template_learning
from newsarchive.extensions.template_learning import TemplateLearning, template_learned
from newsarchive.extensions.warc import WarcExtension, folder_elsewhere, raw_folders_of
from newsarchive.items import Article, Capture, DropReason, Page, Place
from newsarchive.reextract import raw_folders, renewing, stored_reading
from newsarchive.rules import Rules
from newsarchive.spiders.base import ArchiveSpider
from newsarchive.spiders.news import NewsSpider
from newsarchive.spiders.posts import FetchingSpider
from newsarchive.spiders.warc import Arrival, WarcSpider, all_pages_read
from newsarchive.workers.worker import MIN_PAGES_FOR_WORKERS

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

#: Sites whose templates are kept in memory; with more, the template that was used longest ago is loaded again.
MAX_TEMPLATES_IN_MEMORY = 64
#: As soon as this many articles wait, they are committed together; the others of `NEWSARCHIVE_IN_FLIGHT` (8) are read
#: or fetched meanwhile. One commit of four articles takes 60% of the CPU time of four commits. With more, pages wait
#: for room.
ENOUGH_FOR_COMMIT = 4
#: Seconds that an article waits for others to share its commit. With more, a killed crawl fetches more posts again;
#: with less, there are more commits.
MAX_COMMIT_DELAY_SECONDS = 0.2
#: Seconds that the end of a crawl waits for pages that workers still read. No page may take longer.
MAX_CLOSE_SECONDS = 15.0


class CapturePipeline:
    """Makes a `Capture` of a `Response`, and completes the captures of spiders of other projects.

    Those captures get what newsarchive's own spiders give theirs: the place of the raw bytes, what feed or API said of
    the post, and the settings of its site.
    """

    #: Whether the spider of WARC files may hand over an `Arrival` in place of its capture.
    takes_arrivals = True

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        #: Items under way: `scrapy parse --pipelines` closes the spider without waiting for them.
        self.running: set[asyncio.Task[Any]] = set()

    @staticmethod
    async def all_done(crawler: Crawler, seconds: float | None = None) -> None:
        """Wait for the items that are under way, at most `seconds`."""
        first = crawler.get_item_pipeline(CapturePipeline)
        if first is not None and (running := first.running - {asyncio.current_task()}):
            await asyncio.wait(running, timeout=seconds)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        if (task := asyncio.current_task()) is not None:
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        if isinstance(item, Response):
            item = capture_of(item)
        elif isinstance(item, Arrival):
            return item.take()
        if not isinstance(item, Capture) or isinstance(self.crawler.spider, ArchiveSpider):
            return item
        self.crawler.stats.inc_value(key(Count.DISCOVERED))
        for address in {item.url, item.base_url}:
            try:
                normalise(address)
            except ValueError as error:
                raise NoAddress(address, error) from error
        if (store := self.crawler.get_item_pipeline(StorePipeline)) is not None:
            await store.ready()
        if self.crawler.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            text = item.body.decode("utf-8", "replace")
            if place := rights.noarchive(item.headers, text):
                raise Dropped(item, NotAnArticle(DropReason.NOARCHIVE, place))
        warc = self.crawler.get_extension(WarcExtension)
        passed = warc.passed(item) if warc is not None and item.place is None else None
        keep = partial(warc.keep_passed, item, *passed) if warc is not None and passed else None
        try:
            return await asyncio.to_thread(self.completed, item, keep)
        except DatabaseError as error:
            close_for(self.crawler, error)
            raise

    def completed(self, capture: Capture, keep: Callable[[], Place] | None) -> Capture:
        """Write the raw bytes, where `keep` does so, and read what the archive knows of the post. Called from a thread."""
        if keep is not None:
            capture = replace(capture, place=keep())
        store = self.crawler.get_item_pipeline(StorePipeline)
        if store is None or store.writer is None:
            return capture
        frontier = Frontier(store.store.engine)
        return replace(
            capture,
            source_text=capture.source_text or frontier.source_text_of(capture),
            selectors=capture.selectors or frontier.selectors(capture.url),
        )


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

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, self.takes):
            return item
        try:
            return await in_reading_thread(self.run, item)
        except NotAnArticle as error:
            raise Dropped(item, error) from error

    def run(self, record: Any) -> Any:
        """The record after the steps. Raises `NotAnArticle`."""
        for step in self.steps:
            record = step(record, self.rules)
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

    With it, a page that did not change gives the text that is stored, so that any difference is a revision by the
    publisher. An article that a worker process has read has it already.
    """

    def __init__(
        self, rules: Rules, database_url: str, steps: Steps = STEPS, keep_readings: bool = False
    ) -> None:
        self.rules, self.steps, self.engine = rules, steps, open_engine(database_url, small_cache=True)
        self.keep_readings = keep_readings
        #: site → its template, the one that was asked for longest ago first
        self.loaded: OrderedDict[str, asyncio.Future[SiteTemplate]] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        url, learns = settings["NEWSARCHIVE_DATABASE_URL"], template_learning.is_on(settings)
        pipeline = cls(rules_of(settings), url, steps_of(settings), keep_readings=learns)
        crawler.signals.connect(pipeline.forget, template_learned)
        return pipeline

    def forget(self, site: str) -> None:
        """A site was learned anew: its template is loaded again when its next page comes."""
        self.loaded.pop(site, None)

    async def template(self, site: str) -> SiteTemplate:
        """The template of a site, loaded in a thread when it is asked for first."""
        if site not in self.loaded:
            self.loaded[site] = asyncio.ensure_future(asyncio.to_thread(self._load, site))
            if len(self.loaded) > MAX_TEMPLATES_IN_MEMORY:
                self.loaded.popitem(last=False)
        self.loaded.move_to_end(site)
        return await asyncio.shield(self.loaded[site])

    def _load(self, site: str) -> SiteTemplate:
        try:
            return SiteTemplate(site_templates.load(self.engine, site))
        except DatabaseError:  # a dry run may have no archive yet; `StorePipeline` reports any other error
            return SiteTemplate(Template(site))

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Article) or item.seen is not None:
            return item
        template = (await self.template(site_of(item.url))).template
        try:
            apply = partial(steps.templated, keep_reading=self.keep_readings)
            return await in_reading_thread(apply, item, template, self.rules, self.steps)
        except NotAnArticle as error:
            raise Dropped(item, error) from error

    def close_spider(self) -> None:
        self.engine.dispose()


class SincePipeline:
    """Drops an article that its own page dates before the spider's `since`; its link came without a date."""

    def __init__(self, crawler: Crawler) -> None:
        self.since = getattr(own_spider(crawler), "since", None)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        if self.since is None or not isinstance(item, Article | PackedArticle):
            return item
        article = head_of(item)
        source = article.capture.source_text if article.capture else None  # what feed or API say of the post
        published = article.date_published or (source.published if source else None)
        if published and published < self.since:
            raise LeftOut(article, published)
        return item


class WorkersPipeline:
    """The same steps as the step pipelines, and the site's template, in processes: one job for each page.

    A page that takes longer than `NEWSARCHIVE_PAGE_SECONDS`, or kills two processes, is refused, and no other page is
    harmed. The first pages of a crawl that expects few (`first_page`), and all pages where no process can be started, are
    read by this process.
    """

    def __init__(
        self,
        workers: int,
        folder: str = "",
        phrases: Sequence[str] = (),
        *,
        crawler: Crawler | None = None,
        **options: Any,
    ) -> None:
        self.crawler = crawler
        self.reader = PageReader(
            folder,
            phrases,
            workers=workers,
            reads_ahead=True,
            template=self.template,
            packs=lambda: not self.hands_over,
            **options,
        )
        if crawler is not None:
            set_reader(crawler, self.reader)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawler.settings
        return cls(
            worker_count(settings),
            settings.get("NEWSARCHIVE_RULES") or "",
            settings.getlist("NEWSARCHIVE_STEPS"),
            crawler=crawler,
            seconds=settings.getfloat("NEWSARCHIVE_PAGE_SECONDS"),
            first_page=MIN_PAGES_FOR_WORKERS if settings.get("NEWSARCHIVE_WORKERS") == AUTO else 0,
            keep_readings=template_learning.is_on(settings),
            expected=lambda: getattr(own_spider(crawler), "asked", 0),
            refused=lambda: getattr(own_spider(crawler), "refused", frozenset()),
        )

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Capture):
            return item
        try:
            return await self.reader.read(item)
        except NotAnArticle as error:
            raise Dropped(item, error) from error

    async def template(self, site: str) -> SiteTemplate | None:
        """What is known of a site; `None` in a crawl without `TemplatePipeline`."""
        pipeline = self.crawler.get_item_pipeline(TemplatePipeline) if self.crawler else None
        return await pipeline.template(site) if pipeline else None

    @cached_property
    def hands_over(self) -> bool:
        """Whether articles are handed over whole, because somebody wants them besides the writer (see `crawling.page_reader`).

        It is asked for at the first page that a worker reads, when all components of the crawl are there.
        """
        if self.crawler is None:
            return True
        chain = list(self.crawler.engine.scraper.itemproc.middlewares)
        behind = chain[chain.index(self) + 1 :]
        stores = any(type(pipeline) is StorePipeline for pipeline in behind)
        return not stores or articles_wanted(self.crawler, behind, WITHOUT_ARTICLES)

    async def close_spider(self) -> None:
        if self.crawler is not None:
            await CapturePipeline.all_done(self.crawler, MAX_CLOSE_SECONDS)
        await self.reader.close(MAX_CLOSE_SECONDS)


class StorePipeline:
    """Hands articles to the one writer thread and waits, without blocking, for its commit.

    The archive is opened, and made where there is none, for our spiders as they start. A spider of another project may have
    nothing to do with the archive: for it that is done when it yields its first page.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writer: Writer | None = None
        self.questions: list[Callable[[Article], Awaitable[None]]] = []
        self.opening: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def open_spider(self) -> None:
        spider = self.crawler.spider
        if isinstance(spider, NewsSpider) and spider.dry_run:
            spider.archive = await asyncio.to_thread(self._look)
            return
        if not isinstance(spider, ArchiveSpider):
            return
        try:
            await asyncio.to_thread(self._open)
        except DatabaseError as error:  # the disk has become full since the command looked
            database_failed(self.crawler, error)
            self.crawler.signals.connect(self._end, signals.spider_opened)

    async def ready(self) -> None:
        """Wait until the archive is open. Raises `DatabaseError`, to all that wait, and ends the crawl."""
        if self.opening is None:
            self.opening = asyncio.ensure_future(asyncio.to_thread(self._open))
        try:
            await asyncio.shield(self.opening)
        except DatabaseError as error:
            close_for(self.crawler, error)
            raise

    def _end(self) -> None:
        end(self.crawler)

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
        settings, own = self.crawler.settings, raw_folders_of(self.crawler.settings)
        engine = open_engine(settings["NEWSARCHIVE_DATABASE_URL"], small_cache=True)
        upgrade(engine)
        folders = raw_folders(engine, own) if own else ()
        steps = settings.getlist("NEWSARCHIVE_STEPS")
        rules_folder = settings.get("NEWSARCHIVE_RULES") or None
        again = stored_reading(engine, folders, rules_folder, steps) if own else None
        renew = renewing(rules_of(settings), steps_of(settings)) if own else None
        self.store = Store(engine, again=again, renew=renew, from_files=isinstance(spider, WarcSpider))
        arguments = getattr(own_spider(self.crawler), "arguments", {}) | folder_elsewhere(settings)
        arguments |= {"steps": ", ".join(steps)} if steps else {}
        self.run_id = self.store.start_run(spider.name, arguments)
        if (warc := self.crawler.get_extension(WarcExtension)) is not None:
            warc.engine = engine
        frontier = Frontier(engine, keep=warc.keep_excerpts if warc is not None else None)
        if isinstance(spider, FetchingSpider):
            spider.frontier, spider.run_id = frontier, self.run_id
            spider.resume_point = spider.frontier.resume_point(self.run_id)
            moved, others = MovedPosts(self.crawler, engine, self.run_id), OtherPosts(self.crawler, engine)
            self.questions = [moved.follow, others.refuse]
        self.learning = TemplateLearning(self.crawler, engine, self.run_id)
        if isinstance(spider, WarcSpider):
            spider.frontier, spider.run_id = frontier, self.run_id
            self.crawler.signals.connect(self.learning.all_read, all_pages_read)
        self.writer = Writer(
            self.store,
            self.run_id,
            max_age=MAX_COMMIT_DELAY_SECONDS,
            enough=ENOUGH_FOR_COMMIT,
            sync=warc.sync if warc is not None else lambda: None,
        )
        self.crawler.signals.connect(self.keep_dropped, signals.item_dropped)
        self.crawler.signals.connect(self.finish, signals.spider_closed)
        self.crawler.signals.connect(self.finished, signals.engine_stopped)

    async def process_item(self, item: Any) -> Any:
        if not isinstance(item, Article | PackedArticle):
            return item
        if self.writer is None:  # a spider of another project yields articles of its own making
            await self.ready()
        assert self.writer is not None
        item = await self.learning.by_template(item)
        try:
            for ask in self.questions:
                await ask(head_of(item))
            outcome = await asyncio.wrap_future(self.writer.submit(item))
        except Dropped:
            raise
        except DatabaseError as error:
            close_for(self.crawler, error)
            raise
        except Exception as error:  # one article that the database refuses
            raise Dropped(head_of(item), crashed(error)) from error
        finally:
            self.learning.written(head_of(item))
        if outcome is Outcome.WITHHELD:
            self.crawler.stats.inc_value(key(Group.SKIPPED, SkipReason.WITHHELD))
            return item
        self.crawler.stats.inc_value(key(Count[outcome.name]))
        article = head_of(item)
        if article.filled_from:
            self.crawler.stats.inc_value(key(Group.FILLED, article.filled_from))
        await self.learning.stored(article, outcome)
        return item

    async def keep_dropped(self, exception: BaseException) -> None:
        """Store the capture of a page that is no article, and its reason in the frontier.

        A page from before `since` is left out by this run only: the frontier keeps its day for a run that wants it.
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
            is_refused = exception.capture is not None and exception.capture.refused != ""
            detail = exception.detail if is_refused else ""
            await asyncio.to_thread(frontier.settle, exception.url, "skipped", exception.reason, detail)
        except DatabaseError as error:
            close_for(self.crawler, error)

    async def close_spider(self) -> None:
        await CapturePipeline.all_done(self.crawler)
        if self.writer is not None:
            await asyncio.to_thread(self.writer.close)
            if key(Failure.DATABASE) not in self.crawler.stats.get_stats():
                if isinstance(self.crawler.spider, WarcSpider):
                    try:
                        await asyncio.to_thread(self.crawler.spider.mark_vanished)
                    except (DatabaseError, Damaged) as error:
                        database_failed(self.crawler, error)
                await self.learning.close()

    async def finish(self, reason: str) -> None:
        """Record how the run ended. `close_spider` came before, but is not told the reason."""
        if (warc := self.crawler.get_extension(WarcExtension)) is not None:
            await warc.close()
        await asyncio.to_thread(alarms.look, self.crawler, self.store.engine, self.run_id)
        await asyncio.to_thread(notes.look, self.crawler, self.store.engine, self.run_id)
        stats = self.crawler.stats.get_stats()
        ours = {k.removeprefix(PREFIX): str(v) for k, v in stats.items() if k.startswith(PREFIX)}
        try:
            await asyncio.to_thread(self._close_sites, stats, reason)
            await asyncio.to_thread(self.store.finish_run, self.run_id, reason, ours)
        except (DatabaseError, Damaged) as error:
            database_failed(self.crawler, error)
        finally:  # when the last connection closes, SQLite moves all commits into the one file of the archive
            self.store.engine.dispose()

    async def finished(self) -> None:
        """Wait until the run is recorded, so that the reactor does not stop before, even after a signal."""
        await closed(self.crawler)

    def _close_sites(self, stats: dict[str, Any], reason: str) -> None:
        """Record a failure of each site that the crawl left because it stopped answering, and failure or success of the
        crawl's own.

        A crawl that was stopped, or that could fetch none of its posts, was no success: the site stays due.
        """
        frontier, spider = Frontier(self.store.engine), own_spider(self.crawler)
        failed = [f"https://{domain}/" for domain in sentences(stats, Detail.SITE_LEFT)]
        own = blog_of(self.crawler)
        counts = Counts(stats)
        answered = any(counts[name] for name in (*FETCHED, Count.NOT_MODIFIED, Count.BLOCKED))
        if key(Failure.SITE) in stats or (counts[Group.FAILED] and not answered):
            failed.append(own)
        for url in filter(None, failed):
            if (site := frontier.find_site(url)) is not None:
                frontier.close_site(site, ok=False)
        listed_at = getattr(spider, "listed_at", None)
        ours = {site_of(url) for url in failed if url}
        if listed_at is not None and site_of(own) not in ours and reason not in BROKEN_OFF:
            frontier.close_site(getattr(spider, "site_id", 0), ok=True, at=listed_at)


#: Why a crawl ended before its posts were fetched.
BROKEN_OFF = frozenset(("shutdown", "cancelled", "database_error", "memusage_exceeded"))
#: The pipelines of newsarchive that come after the steps and take packed articles as well.
WITHOUT_ARTICLES = (TemplatePipeline, SincePipeline, StorePipeline)
