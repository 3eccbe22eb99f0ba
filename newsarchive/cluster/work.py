"""What a worker does for each job: it starts the same processes as the commands of one machine, and reads their exit codes.

A page that kills its process, a site that hangs or a leak of memory costs one process, never the worker. The worker holds the
lock of the site meanwhile, watches that it still has it, and stops processes when it must: on SIGTERM, when a job is cancelled,
and when the database is silent until others may take the worker for dead.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from procrastinate.jobs import Job

from newsarchive.cluster.jobs import Broken, HandBack, OutOfReach
from newsarchive.cluster.setup import MISSED_TO_LOSE
from newsarchive.core.urls import site_of
from newsarchive.db.engine import open_engine
from newsarchive.db.frontier.known_sites import KnownSite
from newsarchive.db.frontier.locks import SiteLock, site_lock
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.queue import Agreement, Queue, told
from newsarchive.exceptions import DATABASE_FAILED, FAULT, LOCKED, SOME_FAILED, DatabaseError
from newsarchive.spider_processes.parent import PARENT_MOVES_FILES
from newsarchive.spider_processes.processes import SpiderProcesses
from newsarchive.spider_processes.server import SpiderServer
from newsarchive.spider_processes.site_crawl import CrawlOptions, crawl_one

if TYPE_CHECKING:
    from newsarchive.spider_processes.site_crawl import Result

T = TypeVar("T")

#: Seconds after which a job is tried again where another crawl has its site.
LOCKED_SECONDS = 15
#: Variables of a job whose process broke before: all pages are read in a separate process, one after the other, so that
#: a page that breaks the process is set aside.
CAREFUL = {"NEWSARCHIVE_WORKERS": "1"}


@dataclass
class Running:
    """A job at work: its processes, and the lock of its site, where it has one."""

    job: Job
    processes: SpiderProcesses
    lock: SiteLock | None = None
    #: Why its processes were stopped, "" where they were not.
    stopped: str = ""

    def stop(self, why: str) -> None:
        """Let the processes finish what is under way, commit and end. When called a second time, end them in the middle
        of their work."""
        self.stopped = self.stopped or why
        self.processes.stop(signal.SIGTERM, None)

    def kill(self, why: str) -> None:
        self.stopped = self.stopped or why
        self.processes.kill()


class Work:
    """The work of one worker on the archive at `url`. `tell` prints a line for people."""

    def __init__(self, url: str, agreement: Agreement, tell: Callable[[str], None]) -> None:
        self.url, self.tell, self.heartbeat = url, tell, agreement.heartbeat
        self.engine, self.queue = open_engine(url), Queue(url)
        self.archive, self.server = Sites(self.engine), SpiderServer()
        self.running: dict[int, Running] = {}
        #: Why the worker takes no more jobs, "" where it does.
        self.leaving = ""

    @property
    def seconds_to_lose(self) -> float:
        """Seconds without a sign of life after which a worker is taken for dead."""
        return MISSED_TO_LOSE * self.heartbeat

    # -- jobs ----------------------------------------------------------------------------------------------

    async def crawl(self, job: Job, url: str, *, only_if_due: bool) -> None:
        """Crawl a site; with `only_if_due` only where nobody has done it since the job was made.

        A crawl that was broken off goes on in any case: a site counts as crawled when its posts are known, before they are
        fetched.
        """
        only_if_due = only_if_due and not job.attempts

        def crawled(running: Running) -> Result | None:
            site = self.archive.get(url) or KnownSite(site_of(url), url)
            if only_if_due and not (site.followed and self.archive.is_due(site)):
                return None
            running.processes.share_lock = True
            return crawl_one(
                self.archive, site, running.processes, CrawlOptions({}, quiet=True),
                only_if_due=only_if_due, on_lock=lambda lock: setattr(running, "lock", lock),
            )  # fmt: skip

        result, said = await self._in_thread(job, crawled)
        if result is not None:
            counts = ", ".join(f"{number} {name}" for name, number in result.counts.items() if number)
            self._judge(job, result.code, result.problem or counts or "nothing new", result.error or said)

    async def learn(self, job: Job, site: str) -> None:
        """Learn the template of a site (its domain), while nobody crawls it."""

        def learned(running: Running) -> int:
            with site_lock(self.engine, site) as lock:
                running.lock = lock
                return running.processes.run_command(["learn", site]) if lock else LOCKED

        code, said = await self._in_thread(job, learned)
        self._judge(job, code, problem=said)

    async def command(self, job: Job, words: Sequence[str]) -> None:
        """Run a command of newsarchive on the archive."""
        code, said = await self._in_thread(job, lambda running: running.processes.run_command(words))
        self._judge(job, code, problem=said)

    async def spider(self, job: Job, name: str, options: Sequence[str]) -> None:
        """Run a spider."""
        code, said = await self._in_thread(job, lambda running: running.processes.run(name, options))
        self._judge(job, code, problem=said)

    def _judge(self, job: Job, code: int, words: str = "", problem: str = "") -> None:
        """Judge a job by the exit code of its process. Raises the exception by which it is tried again or fails, with the problem as
        people will see it. `words` are for the log of the worker."""
        what = told(job.task_name, job.task_kwargs)
        if code == LOCKED:
            raise HandBack("another crawl has the site", LOCKED_SECONDS)
        self.tell(
            ": ".join(
                filter(None, (what, words or ("" if code in (0, SOME_FAILED) else f"ended with {code}")))
            )
        )
        if code == DATABASE_FAILED:
            raise OutOfReach(problem or words)
        if code not in (0, SOME_FAILED):
            raise Broken(problem or words or f"its process ended with {code}", again=code == FAULT)

    async def _in_thread(self, job: Job, work: Callable[[Running], T]) -> tuple[T, str]:
        """Do the work of a job in a thread. Gives what it found, and what the last of its processes that failed said.

        Raises `HandBack` where the job was stopped before its end."""
        if self.leaving:
            raise HandBack(self.leaving)
        processes = SpiderProcesses(self.url, server=self.server, keep_errors=True)
        processes.environment |= {PARENT_MOVES_FILES: "1"} | (CAREFUL if job.attempts else {})
        with self._held(Running(job, processes)) as running:
            task = asyncio.ensure_future(asyncio.to_thread(work, running))
            try:
                found = await asyncio.shield(task)
            except asyncio.CancelledError:  # somebody cancelled the job
                running.stop("cancelled")
                with suppress(Exception):
                    await task
                raise
            except DatabaseError as error:
                self.tell(f"{told(job.task_name, job.task_kwargs)}: {error}")
                raise OutOfReach(str(error)) from error
            if running.stopped:
                self.tell(f"{told(job.task_name, job.task_kwargs)}: handed back: {running.stopped}")
                raise HandBack(running.stopped)
        return found, processes.last_error

    @contextmanager
    def _held(self, running: Running) -> Iterator[Running]:
        assert running.job.id is not None
        self.running[running.job.id] = running
        try:
            yield running
        finally:
            del self.running[running.job.id]

    # -- housekeeping ----------------------------------------------------------------------------------------

    def due(self) -> list[KnownSite]:
        """The followed sites that are due and not at work. One whose crawl failed is due again after its interval."""
        at_work, failed = self.queue.sites_at_work("crawl"), self.queue.failed_at("crawl")
        tried: dict[str, datetime] = {site_of(url): at for url, at in failed.items()}
        return [site for site in self.archive.due(tried) if site.home_url not in at_work]
