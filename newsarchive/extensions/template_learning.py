"""Learning of site templates inside a crawl: of a new site while its pages come in, of a site that changed enough at the end.

An article is stored before anything is learned from it: no failure here may lose an article or end a crawl.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from newsarchive.core.site_template.observations import Observation, Sighting, pack
from newsarchive.core.steps import STEPS
from newsarchive.core.urls import site_of, url_key
from newsarchive.crawling import page_reader
from newsarchive.crawling.page_reader import PageReader, reader_of
from newsarchive.crawling.responses import own_spider, steps_of
from newsarchive.crawling.stats import Detail, key
from newsarchive.db import archive_state, site_templates
from newsarchive.db.kept_readings import Reading
from newsarchive.db.writing.packed import PackedArticle, head_of, with_capture
from newsarchive.db.writing.store import Outcome
from newsarchive.exceptions import DatabaseError
from newsarchive.extensions.warc import raw_folders_of
from newsarchive.items import Article
from newsarchive.learning.learner import LEARNING_PAGES, LearnedSite, has_grown
from newsarchive.learning.process import Archived, LearningJob, SiteLearning
from newsarchive.spider_processes.parent import SHARED_READINGS

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: The Scrapy signal that a site's template may have changed; sent with `site=`.
template_learned = object()
#: Numbers of pages that do not fit the site's template; at each of them the site is learned again, because a redesign
#: may have begun. The steps grow, so that a site that never fits is not learned all the time.
MISFIT_STEPS = frozenset({3, 8, 21, 55})
#: Pages of a new site that wait until all pages of the file are read, before their site is learned and they are stored.
#: With more, fewer pages have to be stored a second time; with fewer, less memory is needed, and a kill loses less
#: work.
MAX_WAITING_PAGES = 21
#: Bytes of all pages that wait, 200 KB each. Where there are more, the site that has waited longest is learned.
MAX_WAITING_BYTES = 256_000_000
#: From this number of pages in the archive on, a site's template is good enough for its next pages, so that they need
#: not wait.
MIN_PAGES_OF_A_KNOWN_SITE = 8
#: Seconds between two checks whether the crawl is being stopped: then no page may wait any longer.
LOOK_SECONDS = 1.0
#: Characters of an exception's message in the log.
MAX_ERROR_CHARACTERS = 200


def is_on(settings: BaseSettings) -> bool:
    """Whether a crawl with these settings learns: raw bytes are kept, and `NEWSARCHIVE_LEARN` is on."""
    return bool(raw_folders_of(settings)) and settings.getbool("NEWSARCHIVE_LEARN")


def has_own_process(reader: PageReader) -> bool:
    """Whether the sites of a crawl are learned in a process of their own, and not in the crawl's.

    They are where worker processes read the pages and leave a core free. Where all cores have a worker, a further process
    would only take turns with them: on two cores it took 60 MB and half a second of CPU time to load what the crawl's own
    process has already (300 real pages, two workers).
    """
    return reader.pool is not None and reader.has_processes and page_reader.cores() > reader.pool.count


class _Waiting(NamedTuple):
    """A page that is read and waits for the template of its site."""

    item: Article | PackedArticle
    reading: Reading
    done: asyncio.Future[Article | PackedArticle]

    @property
    def size(self) -> int:
        capture = head_of(self.item).capture
        return self.reading.size + (len(capture.body) if capture else 0)


class TemplateLearning:
    """Decides when the sites of one crawl are learned, and logs a failure instead of raising it.

    It does nothing where no raw bytes are kept, or `NEWSARCHIVE_LEARN` is off.
    """

    def __init__(self, crawler: Crawler, engine: Engine, run_id: int | None = None) -> None:
        settings, own = crawler.settings, raw_folders_of(crawler.settings)
        self.crawler, self.engine = crawler, engine
        self.learner: SiteLearning | None = None
        if is_on(settings):
            archived = Archived(
                settings["NEWSARCHIVE_DATABASE_URL"],
                [*own, *archive_state.known_folders(engine)],
                settings.get("NEWSARCHIVE_RULES") or None,
                run_id,
                settings.getlist("NEWSARCHIVE_STEPS"),
                os.environ.get(SHARED_READINGS, ""),
            )
            self.learner = SiteLearning(archived, lambda: has_own_process(reader_of(crawler)))
        #: When this crawl began, or the one that it goes on with: that was killed, and learned nothing from its last pages.
        self.since = getattr(own_spider(crawler), "resume_point", None) or datetime.now(UTC)
        #: site → its pages in the archive
        self.pages: dict[str, int] = {}
        #: site → its pages by the time it was learned with those that waited
        self.learned_with: dict[str, int] = {}
        #: site → its pages that its template was learned from, where every page of this crawl is one of them
        self.taught: dict[str, int] = {}
        #: site → the addresses of those of them that are not stored yet
        self.unstored: dict[str, set[str]] = {}
        #: site → its pages that are read and wait, the one that waits longest first; and their bytes
        self.waiting: dict[str, list[_Waiting]] = {}
        self.waiting_bytes = 0
        #: Whether pages may wait: the spider says how many are to come, and nobody has a step that needs their bytes.
        self.may_wait = getattr(own_spider(crawler), "room", None) is not None and steps_of(settings) == STEPS
        self.one_at_a_time = asyncio.Lock()
        self.watch: asyncio.Future[None] | None = None
        self.background: set[asyncio.Future[None]] = set()
        #: site → pages of this crawl that do not fit its template
        self.misfits: Counter[str] = Counter()
        self.changed: set[str] = set()
        self.running: asyncio.Future[None] | None = None

    async def by_template(self, item: Article | PackedArticle) -> Article | PackedArticle:
        """The article, read with the template of its site that was learned from the pages of the same file.

        A page of a new site waits for that template, and takes no room of the spider meanwhile. Any other page is given
        back at once.
        """
        capture, seen = head_of(item).capture, head_of(item).seen
        if self.learner is None or not isinstance(seen, (Observation, Sighting)) or not seen.reading:
            return item
        if capture is None or not self.may_wait:
            return item
        pages = max(await self._pages_of(seen.site), self.learned_with.get(seen.site, 0))
        # The last page may have been read meanwhile.
        if pages >= MIN_PAGES_OF_A_KNOWN_SITE or not self.may_wait:
            return item
        record = seen.record if isinstance(seen, Sighting) else pack(seen)
        reading = Reading(url_key(capture.url), seen.reading, record)
        one = _Waiting(item, reading, asyncio.get_running_loop().create_future())
        self.waiting.setdefault(seen.site, []).append(one)
        self.waiting_bytes += one.size
        if self.learner.shared is not None:
            self.learner.shared.wait(reading, head_of(item).url, seen.site)
        if self.watch is None or self.watch.done():
            self.watch = asyncio.ensure_future(self._look_for_the_end())
        if len(self.waiting[seen.site]) >= MAX_WAITING_PAGES:
            self._release(seen.site)
        while self.waiting_bytes > MAX_WAITING_BYTES:
            self._release(next(iter(self.waiting)))
        spider: Any = self.crawler.spider
        spider.room.release()
        self.crawler.stats.inc_value(key(Detail.AWAITING_TEMPLATE))
        try:
            return await one.done
        finally:
            self.crawler.stats.inc_value(key(Detail.AWAITING_TEMPLATE), -1)
            await spider.room.acquire()

    def all_read(self) -> None:
        """No more pages are to come: none waits any longer."""
        self.may_wait = False
        for site in list(self.waiting):
            self._release(site)

    async def _look_for_the_end(self) -> None:
        while self.waiting:
            await asyncio.sleep(LOOK_SECONDS)
            if self.crawler.engine is None or self.crawler.engine.needs_backout():  # it is being stopped
                self.all_read()

    def _release(self, site: str) -> None:
        """Let the waiting pages of a site go on to the writer, by a new template where they bring it to one of `LEARNING_PAGES`."""
        assert self.learner is not None
        pages = self.waiting.pop(site)
        self.waiting_bytes -= sum(page.size for page in pages)
        stored = self.pages.get(site, 0)
        self.learned_with[site] = stored + len(pages)
        if not has_grown(stored, stored + max(len(pages), self.learner.waiting(site))):
            for page in pages:  # they stay as they were read, by the template that the site has
                if not page.done.done():
                    page.done.set_result(page.item)
            return
        task = asyncio.ensure_future(self._learn_waiting(site, pages))
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    async def _learn_waiting(self, site: str, pages: Sequence[_Waiting]) -> None:
        """Learn a site together with its waiting pages, and hand these on. Where that fails they are stored as they
        were read."""
        assert self.learner is not None
        read: Sequence[Article | PackedArticle] = [page.item for page in pages]
        # Some of the pages were read in this process, which packs nothing.
        packs = any(isinstance(page.item, PackedArticle) for page in pages)
        try:
            async with self._learning(site):
                readings = [page.reading for page in pages]
                job = LearningJob(site=site, waiting=readings, packs=packs)
                done = (await asyncio.to_thread(self.learner.do, job)).checked()
                read = [
                    with_capture(one, head_of(page.item).capture)
                    for one, page in zip(done.articles, pages, strict=True)
                ]
                keys = {page.reading.url_key for page in pages}
                if done.summaries[0].pages == self.learned_with[site] and len(keys) == len(pages):
                    self.taught[site], self.unstored[site] = self.learned_with[site], keys
                for summary in done.summaries:
                    self._learned(summary)
        finally:
            for item, page in zip(read, pages, strict=True):
                if not page.done.done():
                    page.done.set_result(item)

    @asynccontextmanager
    async def _learning(self, site: str) -> AsyncIterator[None]:
        """Learn a site while no other is learned, and tell that it was. A failure is logged."""
        try:
            async with self.one_at_a_time:
                yield
            self.crawler.signals.send_catch_log(template_learned, site=site)
        except DatabaseError as error:  # the crawl ends of it, or the site is learned at its end
            logger.info("%s: its template is learned later: %s", site, error)
        except Exception as error:
            self._failed(site, error)

    def written(self, article: Article) -> None:
        """Note an article that the writer has done with, stored or not."""
        shared = self.learner.shared if self.learner is not None else None
        if shared is not None and article.capture is not None:
            shared.end_wait(url_key(article.capture.url))

    async def stored(self, article: Article, outcome: Outcome) -> None:
        """Note an article that is in the archive now, and learn its site where that is due."""
        if self.learner is None or outcome is Outcome.EARLIER:  # what is read again is the newest capture
            return
        site, misfit = site_of(article.url), bool(article.seen and article.seen.misfit)
        unstored = self.unstored.get(site, set())
        if article.capture is not None and (stored := url_key(article.capture.url)) in unstored:
            unstored.remove(stored)
        else:  # a page that did not wait, or came once more
            self.taught.pop(site, None)
        if isinstance(article.seen, (Observation, Sighting)) and article.seen.reading and article.capture:
            record = article.seen.record if isinstance(article.seen, Sighting) else b""
            self.learner.keep(Reading(url_key(article.capture.url), article.seen.reading, record))
        if outcome is not Outcome.UNCHANGED or misfit:
            self.changed.add(site)
        self.misfits[site] += misfit
        due = misfit and self.misfits[site] in MISFIT_STEPS
        if outcome is Outcome.NEW:
            is_counted = site in self.pages
            number = await self._pages_of(site) + is_counted  # with the one that was just stored
            self.pages[site] = number
            due = (number in LEARNING_PAGES and number > self.learned_with.get(site, 0)) or due
        if due and (self.running is None or self.running.done()):
            self.running = asyncio.ensure_future(self._learn_now(site))

    async def _pages_of(self, site: str) -> int:
        """The number of pages of a site in the archive."""
        if site not in self.pages:
            number = 0
            try:
                number = await asyncio.to_thread(site_templates.count, self.engine, site)
            except Exception as error:
                self._failed(site, error)
            self.pages.setdefault(site, number)
        return self.pages[site]

    async def _learn_now(self, site: str) -> None:
        """Learn in a thread while the crawl goes on; later pages are read by the new template."""
        assert self.learner is not None
        async with self._learning(site):
            done = await asyncio.to_thread(self.learner.do, LearningJob(site=site))
            self._learned(done.checked().summaries[0])

    async def close(self) -> None:
        """Learn the sites that changed enough, and the sites that share lines with them."""
        if self.running is not None:
            await self.running
        if self.learner is not None:
            await asyncio.to_thread(self._learn_rest, self.learner)
            await asyncio.to_thread(self.learner.close)

    def _learn_rest(self, learner: SiteLearning) -> None:
        left = set(self.changed)
        while left:  # a site that fails must not keep the others from being learned
            try:
                done = learner.do(LearningJob(around=sorted(left), since=self.since, taught=self.taught))
                for summary in done.summaries:
                    left.discard(summary.site)
                    self._learned(summary)
                done.checked()
                return
            except Exception as error:
                site = min(left, default="")
                left.discard(site)
                self._failed(site, error)

    def _learned(self, done: LearnedSite) -> None:
        self.crawler.stats.inc_value(key(Detail.LEARNED), len(done.changed))

    def _failed(self, site: str, error: Exception) -> None:
        logger.error(
            "%s: its template could not be learned (%s: %s); its articles are stored; try: newsarchive learn %s",
            site or "a neighbour",
            type(error).__name__,
            " ".join(str(error).split())[:MAX_ERROR_CHARACTERS],
            site or "--all",
        )
        self.crawler.stats.inc_value(key(Detail.LEARNING_FAILED))
