"""Learning of site templates inside a crawl: of a new site while its pages come in, of every site at the end.

An article is stored before anything is learned from it: no failure here may lose an article or end a crawl.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsarchive.core.site_template.observations import Observation, Sighting
from newsarchive.core.urls import site_of, url_key
from newsarchive.crawl_stats import Detail, key
from newsarchive.db import archive_state, site_templates
from newsarchive.db.kept_readings import Reading
from newsarchive.db.writing.store import Outcome
from newsarchive.exceptions import DatabaseError
from newsarchive.extensions.warc import raw_folders_of
from newsarchive.items import Article
from newsarchive.learning import LEARNING_PAGES, Summary
from newsarchive.learning_process import Archived, SiteLearning
from newsarchive.page_reader import reader_of

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
#: Characters of an exception's message in the log.
MAX_ERROR_CHARACTERS = 200


def is_on(settings: BaseSettings) -> bool:
    """Whether a crawl with these settings learns: raw bytes are kept, and `NEWSARCHIVE_LEARN` is on."""
    return bool(raw_folders_of(settings)) and settings.getbool("NEWSARCHIVE_LEARN")


class TemplateLearning:
    """Decides when the sites of one crawl are learned, and logs a failure instead of raising it.

    It does nothing where no raw bytes are kept, or `NEWSARCHIVE_LEARN` is off.
    """

    def __init__(self, crawler: Crawler, engine: Engine, run_id: int | None = None) -> None:
        settings, own = crawler.settings, raw_folders_of(crawler.settings)
        self.crawler, self.engine = crawler, engine
        self.learner = self._learner(own, run_id) if is_on(settings) else None
        self.since = datetime.now(UTC)
        #: site → its pages in the archive
        self.pages: dict[str, int] = {}
        #: site → pages of this crawl that do not fit its template
        self.misfits: Counter[str] = Counter()
        self.changed: set[str] = set()
        self.running: asyncio.Future[None] | None = None

    def _learner(self, own: Sequence[str], run_id: int | None) -> SiteLearning:
        settings = self.crawler.settings
        archived = Archived(
            settings["NEWSARCHIVE_DATABASE_URL"],
            [*own, *archive_state.known_folders(self.engine)],
            settings.get("NEWSARCHIVE_RULES") or None,
            run_id,
            settings.getlist("NEWSARCHIVE_STEPS"),
        )
        return SiteLearning(archived, lambda: reader_of(self.crawler).has_processes)

    async def stored(self, article: Article, outcome: Outcome) -> None:
        """Note an article that is in the archive now, and learn its site where that is due."""
        if self.learner is None:
            return
        site, misfit = site_of(article.url), bool(article.seen and article.seen.misfit)
        if isinstance(article.seen, (Observation, Sighting)) and article.seen.reading and article.capture:
            record = article.seen.record if isinstance(article.seen, Sighting) else b""
            self.learner.keep(Reading(url_key(article.capture.url), article.seen.reading, record))
        if outcome is not Outcome.UNCHANGED or misfit:
            self.changed.add(site)
        self.misfits[site] += misfit
        due = misfit and self.misfits[site] in MISFIT_STEPS
        if outcome is Outcome.NEW:
            due = await self._page_number(site) in LEARNING_PAGES or due
        if due and (self.running is None or self.running.done()):
            self.running = asyncio.ensure_future(self._learn_now(site))

    async def _page_number(self, site: str) -> int:
        """The number of pages of a site in the archive, with the one that was just stored."""
        if site not in self.pages:
            self.pages[site] = await asyncio.to_thread(self._count, site)
        else:
            self.pages[site] += 1
        return self.pages[site]

    def _count(self, site: str) -> int:
        try:
            return site_templates.count(self.engine, site)
        except Exception as error:
            self._failed(site, error)
            return 0

    async def _learn_now(self, site: str) -> None:
        """Learn in a thread while the crawl goes on; later pages are read by the new template."""
        assert self.learner is not None
        try:
            done = await asyncio.to_thread(self.learner.learn, site)
        except DatabaseError as error:  # the crawl ends of it, or the site is learned at its end
            logger.info("%s: its template is learned later: %s", site, error)
        except Exception as error:
            self._failed(site, error)
        else:
            self._learned(done)
            self.crawler.signals.send_catch_log(template_learned, site=site)

    async def close(self) -> None:
        """Learn the sites that changed, and the sites that share lines with them."""
        if self.running is not None:
            await self.running
        if self.learner is not None:
            await asyncio.to_thread(self._learn_rest, self.learner)
            await asyncio.to_thread(self.learner.close)

    def _learn_rest(self, learner: SiteLearning) -> None:
        left = set(self.changed)
        while left:  # a site that fails does not keep the others from being learned
            try:
                for done in learner.learn_around(left, self.since):
                    left.discard(done.site)
                    self._learned(done)
                return
            except Exception as error:
                site = min(left, default="")
                left.discard(site)
                self._failed(site, error)

    def _learned(self, done: Summary) -> None:
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
