"""Learning inside a crawl: a new site's furniture while its pages come in, every site's at the end.

The crawl is stored before anything is learned from it: no failure here may lose an article or end a crawl.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from newsarchive.core.urls import site_of
from newsarchive.db import archive_state, site_templates
from newsarchive.db.writing.store import Outcome
from newsarchive.extensions.recorder import raw_folder
from newsarchive.items import Article
from newsarchive.learning import STEPS, Learner, Summary

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: Scrapy's way to tell others: sent with `site=` when a site's template may have changed.
template_learned = object()
#: So many pages on which the template does not fit make it due: a redesign has begun.
ODD = frozenset({3, 8, 21, 55})


class Tutor:
    """Decides when the sites of one crawl are learned, and sees to it that nothing comes of a failure.

    Off without raw bytes, without `NEWSARCHIVE_LEARN`.
    """

    def __init__(self, crawler: Crawler, engine: Engine, run_id: int | None = None) -> None:
        settings, folder = crawler.settings, raw_folder(crawler.settings)
        self.crawler, self.engine = crawler, engine
        self.learner = (
            Learner(
                engine,
                [folder, *archive_state.known_folders(engine)],
                settings.get("NEWSARCHIVE_RULES") or None,
                run_id=run_id,
                steps=settings.getlist("NEWSARCHIVE_STEPS"),
            )
            if folder is not None and settings.getbool("NEWSARCHIVE_LEARN")
            else None
        )
        self.since = datetime.now(UTC)
        self.pages: dict[str, int] = {}
        self.odd: Counter[str] = Counter()
        self.changed: set[str] = set()
        self.running: asyncio.Future[None] | None = None

    async def stored(self, article: Article, outcome: Outcome) -> None:
        """An article is in the archive: its site may be due."""
        if self.learner is None:
            return
        site, odd = site_of(article.url), bool(article.seen and article.seen.odd)
        if outcome is not Outcome.UNCHANGED or odd:
            self.changed.add(site)
        self.odd[site] += odd
        due = odd and self.odd[site] in ODD
        if outcome is Outcome.NEW:
            due = await self._another(site) in STEPS or due
        if due and (self.running is None or self.running.done()):
            self.running = asyncio.ensure_future(self._learn_now(site))

    async def _another(self, site: str) -> int:
        """How many pages of a site are known, with this one."""
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
        """Learn in a thread while the crawl goes on; the pages that come after are read by it."""
        assert self.learner is not None
        try:
            done = await asyncio.to_thread(self.learner.learn, site, going_on=True)
        except Exception as error:
            self._failed(site, error)
        else:
            self._learned(done)
            self.crawler.signals.send_catch_log(template_learned, site=site)

    async def close(self) -> None:
        """Learn the sites that changed, and those that share lines with them."""
        if self.running is not None:
            await self.running
        if self.learner is not None and self.changed:
            await asyncio.to_thread(self._learn_rest, self.learner)

    def _learn_rest(self, learner: Learner) -> None:
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
        self.crawler.stats.inc_value("newsarchive/learned", len(done.changed))

    def _failed(self, site: str, error: Exception) -> None:
        logger.error(
            "%s: its template could not be learned (%s: %s); its articles are stored; try: newsarchive learn %s",
            site or "a neighbour",
            type(error).__name__,
            " ".join(str(error).split())[:200],
            site or "--all",
        )
        self.crawler.stats.inc_value("newsarchive/learning_failed")
