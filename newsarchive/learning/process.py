"""Learning of a crawl's sites in a process of its own, so that neither its reactor nor its pages wait for it.

    learning = SiteLearning(Archived("sqlite:///archive.db", ["warc"]), lambda: True)
    learning.keep(reading)             # what a page was read as
    learning.do(LearningJob(site="blog.example")).checked()    # blocks: to be called from a thread
    learning.close()

To learn a site of 300 pages took the process of a crawl 8 ms a page, a third of all that it did, while its worker processes
waited for pages. The learning process writes to the archive itself, so the crawl's process never handles the changed
articles. A crawl asks for it where its workers leave a core free (`extensions.template_learning.has_own_process`).

Importable without Scrapy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from newsarchive.db.engine import open_engine
from newsarchive.db.kept_readings import KeptReadings, Reading, shared_readings
from newsarchive.db.writing.packed import PackedArticle, packed
from newsarchive.items import Article
from newsarchive.learning.learner import EVER, LearnedSite, Learner
from newsarchive.workers.pool import NotStarted, WorkerPool

#: Bytes of readings that wait to be sent with the next site to learn; with more they are sent at once. The reading of a
#: real page has 30 KB.
MAX_WAITING_BYTES = 1_000_000
#: Seconds of CPU time of one learning. A site of 500 pages takes three; one that takes more than an hour hangs.
MAX_LEARNING_SECONDS = 3600.0
#: Seconds in which the process must end at the end of a crawl. It has nothing to do by then.
MAX_CLOSE_SECONDS = 2.0


class Archived(NamedTuple):
    """What a `Learner` is made of: the database, the folders of raw bytes, and how pages are read; `readings` is the file in which
    crawls of one worker share what they have read, "" for none."""

    database_url: str
    folders: Sequence[str]
    rules_folder: str | None = None
    run_id: int | None = None
    steps: Sequence[str] = ()
    readings: str = ""


class LearningJob(NamedTuple):
    """Readings to keep, and then sites to learn.

    While a crawl goes on, this is one `site`, with its pages that are `waiting` to be stored. At the end of a crawl these are the
    sites `around` that are due, and the other sites that share lines with their pages that were seen `since` that time.
    `taught` says from how many pages each of these sites was learned in this crawl. `packs` is true where the writer alone gets the
    articles of the waiting pages, so that they come packed.
    """

    readings: Sequence[Reading] = ()
    site: str = ""
    waiting: Sequence[Reading] = ()
    packs: bool = False
    around: Sequence[str] = ()
    since: datetime = EVER
    taught: Mapping[str, int] | None = None


class Done(NamedTuple):
    """What was learned, and the error that ended the learning, `None` for none. `articles` are those of the job's `waiting`
    pages, in their order."""

    summaries: list[LearnedSite]
    error: Exception | None = None
    articles: Sequence[Article | PackedArticle] = ()

    def checked(self) -> Done:
        """The same. Raises the error that ended the learning."""
        if self.error is not None:
            raise self.error
        return self


class LearningWorker:
    """Does the jobs, in a process of its own or in the crawl's."""

    def __init__(self, *archived: object) -> None:
        archive = Archived(*archived)  # type: ignore[arg-type]
        self.readings = shared_readings(archive.readings) or KeptReadings()
        self.learner = Learner(
            open_engine(archive.database_url, small_cache=True),
            list(archive.folders),
            archive.rules_folder,
            run_id=archive.run_id,
            steps=archive.steps,
            readings=self.readings,
        )

    def __call__(self, job: LearningJob, shared: bytes | None = None) -> Done:
        done = Done([])
        for reading in job.readings if self.readings.is_shared else (*job.readings, *job.waiting):
            self.readings.keep(reading)
        try:
            if job.waiting:
                summary, read = self.learner.learn_waiting(job.site, job.waiting)
                done.summaries.append(summary)
                done = done._replace(articles=[packed(one) if job.packs else one for one in read])
            elif job.site:
                done.summaries.append(self.learner.learn(job.site, going_on=True))
            for summary in self.learner.learn_around(job.around, job.since, job.taught):
                done.summaries.append(summary)
        except Exception as error:  # what was learned before it counts
            return done._replace(error=error)
        return done

    def close(self) -> None:
        self.readings.close()
        self.learner.engine.dispose()


class SiteLearning:
    """Learns in a process as soon as `may_start` says so. Before that, and where no process can be started, it learns
    in the caller's thread."""

    def __init__(self, archived: Archived, may_start: Callable[[], bool]) -> None:
        self.archived, self.may_start = archived, may_start
        self._lock = threading.Lock()
        self._waiting: list[Reading] = []
        self._pool: WorkerPool | None = None
        self._here: LearningWorker | None = None
        #: Whether no process could be started.
        self._broken = False
        #: What this crawl shares with others. The learning process then finds it there and is sent nothing.
        self.shared = shared_readings(archived.readings)

    def waiting(self, site: str) -> int:
        """How many pages of a site wait in all crawls that share what they read."""
        return len(self.shared.waiting(site)) if self.shared is not None else 0

    def keep(self, reading: Reading) -> None:
        """Keep what a page was read as, for a template that is learned later."""
        if self.shared is not None:
            self.shared.keep(reading)
            return
        with self._lock:
            self._waiting.append(reading)
            if sum(one.size for one in self._waiting) > MAX_WAITING_BYTES:
                if self._pool is not None:
                    self._pool.submit(LearningJob(self._taken()))
                else:  # a crawl whose sites are learned only at its end would hold all readings in memory
                    self._worker_here()(LearningJob(self._taken()))

    def do(self, job: LearningJob) -> Done:
        """What came of a job. Blocks: to be called from a thread."""
        with self._lock:
            if self._pool is None and not self._broken and self.may_start():
                if self._here is not None:
                    if self.shared is None:
                        self._waiting = [*self._here.readings.all(), *self._waiting]
                    self._here.close()
                    self._here = None
                factory = f"{__name__}:{LearningWorker.__name__}"
                self._pool = WorkerPool(1, factory, tuple(self.archived), MAX_LEARNING_SECONDS)
        if self._pool is not None:
            try:
                # An empty job waits until the process has started. Pages that were stored meanwhile have left readings,
                # which are sent too; without them the process would read these pages from their bytes.
                self._pool.submit(LearningJob()).result()
                job = self._with_readings(job)
                done: Done = self._pool.submit(job).result()
                return done
            except NotStarted:
                self._pool, self._broken = None, True
        with self._lock:
            here = self._worker_here()
        return here(self._with_readings(job))

    def _worker_here(self) -> LearningWorker:
        """The worker in the crawl's own process, which keeps its readings on the disk."""
        if self._here is None:
            self._here = LearningWorker(*self.archived)
        return self._here

    def _with_readings(self, job: LearningJob) -> LearningJob:
        with self._lock:
            return job._replace(readings=[*job.readings, *self._taken()])

    def _taken(self) -> list[Reading]:
        taken, self._waiting = self._waiting, []
        return taken

    def close(self) -> None:
        """End the process. Blocks: to be called from a thread."""
        if self.shared is not None:
            self.shared.close()
        if self._pool is not None:
            self._pool.close(MAX_CLOSE_SECONDS)
        if self._here is not None:
            self._here.close()
