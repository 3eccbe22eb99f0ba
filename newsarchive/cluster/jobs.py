"""The jobs of a cluster, as Procrastinate knows them: how they come into its queue, and what a worker does for each.

| job | one of it | nobody else meanwhile |
|---|---|---|
| `crawl` | finds the new posts of one site, and looks again at those that are due | at the site's address |
| `learn` | learns the template of one site | at the site |
| `warc` | takes in one WARC file | |
| `reextract` | reads one range of captures again | |
| `recluster` | compares one range of articles anew | |
| `schedule` | each minute: a `crawl` for every followed site that is due | in the cluster |
| `tidy` | each ten seconds: takes up the jobs of workers that give no sign of life | in the cluster |

A job that waits is in the queue once, however often it is put there (Procrastinate's queueing lock).

`Work` does a job: it starts the same processes as the commands of one machine, and reads their exit codes. A page that
kills its process, a site that hangs or a leak of memory costs one process, never the worker. The worker holds the lock
of the site meanwhile, watches that it still has it, and stops processes when it must: on SIGTERM, when a job is
cancelled, and when the database is silent until others may take the worker for dead.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from procrastinate import App, BaseRetryStrategy, Blueprint, JobContext, RetryDecision
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from newsarchive.cluster.connectors import connector, connector_of_worker
from newsarchive.cluster.setup import MISSED_TO_LOSE
from newsarchive.core.urls import site_of
from newsarchive.db.engine import open_engine
from newsarchive.db.frontier.known_sites import KnownSite
from newsarchive.db.frontier.locks import SiteLock, site_lock
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.queue import Agreement, Queue, told
from newsarchive.exceptions import (
    DATABASE_FAILED,
    FAULT,
    LOCKED,
    SOME_FAILED,
    DatabaseError,
    DatabaseUnavailable,
)
from newsarchive.reprs import cut, one_line
from newsarchive.spider_processes.parent import PARENT_MOVES_FILES
from newsarchive.spider_processes.processes import SpiderProcesses
from newsarchive.spider_processes.server import SpiderServer
from newsarchive.spider_processes.site_crawl import CrawlOptions, Result, crawl_one
from newsarchive.times import utc_now

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
        if result is not None and result.code == LOCKED and only_if_due:
            # Tried again, it would count as broken off, and crawl a site that the other crawl has done by then.
            self.tell(f"{told(job.task_name, job.task_kwargs)}: another crawl has the site")
        elif result is not None:
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
        is_done = code in (0, SOME_FAILED)
        self.tell(": ".join(filter(None, (what, words or ("" if is_done else f"ended with {code}")))))
        if code == DATABASE_FAILED:
            raise OutOfReach(problem or words)
        if not is_done:
            raise Broken(problem or words or f"its process ended with {code}", again=code == FAULT)

    async def _in_thread(self, job: Job, work: Callable[[Running], T]) -> tuple[T, str]:
        """Do the work of a job in a thread. Gives what it found, and what the last of its processes that failed said.

        Raises `HandBack` where the job was stopped before its end."""
        if self.leaving:
            raise HandBack(self.leaving)
        processes = SpiderProcesses(self.url, server=self.server, keep_errors=True)
        processes.environment |= {PARENT_MOVES_FILES: "1"} | (CAREFUL if job.attempts else {})
        assert job.id is not None
        running = self.running[job.id] = Running(job, processes)
        try:
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
        finally:
            del self.running[job.id]
        return found, processes.last_error

    # -- housekeeping ----------------------------------------------------------------------------------------

    def due(self) -> list[KnownSite]:
        """The followed sites that are due and not in the queue. One whose crawl failed is due again after its interval."""
        queued, failed = self.queue.sites("crawl"), self.queue.failed_at("crawl")
        tried: dict[str, datetime] = {site_of(url): at for url, at in failed.items()}
        return [site for site in self.archive.due(tried) if site.home_url not in queued]


#: The queue of `schedule` and `tidy`. Every worker serves it. The queue of any other job has the job's name, by which people choose
#: it (`cli.cluster.JOBS`).
HOUSEKEEPING = "housekeeping"
#: The name of the task `tidy` in the queue.
TIDY = "newsarchive:tidy"
#: The key of a worker's `Work` in the context of its jobs.
WORK = "work"
#: Captures or articles of one job. With more, more is done again after a kill. With fewer, processes are started more
#: often, which takes 1 s each.
RANGE = 2_000
#: Hours that jobs which failed or were cancelled stay in the queue for people to see.
MAX_HOURS_KEPT = 7 * 24
#: Addresses of sites that are asked for at the same time. A name whose server does not answer takes ten seconds and more, in
#: which thousands of others would wait for it; more threads would be missing for the signs of life of a worker.
MAX_LOOKUPS = 4
#: Tries of a job whose process broke.
MAX_TRIES = 4
#: Characters of what a driver said in a message. Those of libpq have up to 200.
MAX_CAUSE_CHARACTERS = 300
#: Seconds between two tries of a job that finds the database or its files out of reach, at most.
MAX_WAIT_SECONDS = 600

jobs = Blueprint()


class HandBack(Exception):
    """The job goes back into the queue, for this or another worker: nothing was wrong with it."""

    def __init__(self, why: str, seconds: float = 0) -> None:
        self.seconds = seconds
        super().__init__(why)


class OutOfReach(Exception):
    """The database or the files cannot be used now, or the cause of the failure is unknown: the job is tried again,
    each time after a longer wait."""


class Broken(Exception):
    """The process of a job broke, or the job cannot be done. With `again` it is tried again a few times."""

    def __init__(self, why: str, *, again: bool = False) -> None:
        self.again = again
        super().__init__(why)


class Retry(BaseRetryStrategy):
    """Decides when a job is tried again. It then comes after the jobs that wait for the same address, and does not hold
    them up."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, HandBack):
            wait = exception.seconds
        elif isinstance(exception, OutOfReach):
            wait = min(5.0 * 2 ** min(job.attempts, 10), MAX_WAIT_SECONDS)
        elif isinstance(exception, Broken) and exception.again and job.attempts + 1 < MAX_TRIES:
            wait = 10.0
        else:
            return None
        return RetryDecision(
            retry_at=utc_now() + timedelta(seconds=wait), priority=-1 if wait else job.priority
        )


def work_of(context: JobContext) -> Work:
    work: Work = context.additional_context[WORK]
    return work


@jobs.task(name="crawl", queue="crawl", retry=Retry(), pass_context=True)
async def crawl(context: JobContext, *, site: str, only_if_due: bool = False) -> None:
    await work_of(context).crawl(context.job, site, only_if_due=only_if_due)


@jobs.task(name="learn", queue="learn", retry=Retry(), pass_context=True)
async def learn(context: JobContext, *, site: str) -> None:
    await work_of(context).learn(context.job, site)


@jobs.task(name="warc", queue="warc", retry=Retry(), pass_context=True)
async def warc(context: JobContext, *, file: str) -> None:
    await work_of(context).spider(context.job, "warc", ["-a", f"path={file}"])


@jobs.task(name="reextract", queue="reextract", retry=Retry(), pass_context=True)
async def reextract(context: JobContext, *, first: int, last: int, every: bool = False) -> None:
    words = ["reextract", "--captures", f"{first}-{last}", *(["--all"] if every else [])]
    await work_of(context).command(context.job, words)


@jobs.task(name="recluster", queue="recluster", retry=Retry(), pass_context=True)
async def recluster(context: JobContext, *, first: int, last: int) -> None:
    await work_of(context).command(context.job, ["recluster", "--articles", f"{first}-{last}"])


_HOUSEKEEPING: dict[str, Any] = {
    "queue": HOUSEKEEPING,
    "retry": Retry(),
    "priority": 10,
    "pass_context": True,
}


@jobs.periodic(cron="* * * * *")
@jobs.task(name="schedule", lock="schedule", queueing_lock="schedule", **_HOUSEKEEPING)
async def schedule(context: JobContext, timestamp: int) -> None:
    turn = asyncio.Semaphore(MAX_LOOKUPS)

    async def put(site: KnownSite) -> None:
        async with turn:
            address = await asyncio.to_thread(address_of, site.home_url)
            with suppress(AlreadyEnqueued):
                job = crawl.configure(**_crawl_options(site.home_url, address))
                await job.defer_async(site=site.home_url, only_if_due=True)

    try:
        async with asyncio.TaskGroup() as group:
            for site in await asyncio.to_thread(work_of(context).due):
                group.create_task(put(site))
    except ExceptionGroup as errors:  # the other sites were left: this job is tried again
        raise errors.exceptions[0] from None


@jobs.periodic(cron="* * * * * */10")  # the seconds stand last
@jobs.task(name="tidy", lock="tidy", queueing_lock="tidy", **_HOUSEKEEPING)
async def tidy(context: JobContext, timestamp: int) -> None:
    manager, work = context.app.job_manager, work_of(context)
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=work.seconds_to_lose):
        if job.id != context.job.id:
            work.tell(
                f"taken up again, as its worker gives no sign of life: {told(job.task_name, job.task_kwargs)}"
            )
            await give_back(manager, job)
    await asyncio.to_thread(work.queue.settle_cancelled)
    await manager.prune_stalled_workers(work.seconds_to_lose)
    await manager.delete_old_jobs(
        MAX_HOURS_KEPT, include_failed=True, include_cancelled=True, include_aborted=True
    )


async def give_back(manager: JobManager, job: Job) -> None:
    """Put a job that nobody works at any more back into the queue.

    It replaces a job of the same kind that waits there: that job might find that the site is not due, and would leave
    undone what this one had begun. Where the database refuses, the job stays as it is until the next look.
    """
    try:
        await manager.retry_job(job, utc_now())
    except UniqueViolation:
        todo = await manager.list_jobs_async(status=Status.TODO.value, queueing_lock=job.queueing_lock)
        for waiting in todo:
            await manager.finish_job(waiting, Status.FAILED, delete_job=True)
        await manager.retry_job(job, utc_now())
    except ConnectorException:
        pass  # the connection broke, or somebody else was quicker


def address_of(url: str) -> str:
    """The address of a site's server, the smallest where it has several; its host where it cannot be found out.

    Sites of one address are crawled one after the other: they share a server, and each would be asked at its own pace.
    """
    host = urlsplit(url).hostname or url
    try:
        return min(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except OSError:
        return host


def _crawl_options(home_url: str, address: str) -> dict[str, Any]:
    return {"lock": f"address {address}", "queueing_lock": f"crawl {site_of(home_url)}"}


def app_for_workers(url: str, seconds: float) -> App:
    """Procrastinate's application for a worker, whose connections wait at most this many seconds for the database."""
    app = App(connector=connector_of_worker(url, seconds))
    app.add_tasks_from(jobs, namespace="newsarchive")  # only once in a process, because it renames the jobs
    return app


class Enqueuer:
    """Puts jobs into the queue, for people. Each method gives how many jobs are new; those that wait already stay as they are."""

    def __init__(self, url: str) -> None:
        self.app = App(connector=connector(url))

    def crawl(self, sites: Iterable[KnownSite]) -> int:
        urls = [site.home_url for site in sites]
        threads = ThreadPoolExecutor(MAX_LOOKUPS)
        try:
            addresses = threads.map(address_of, urls)
            return sum(
                self._put("crawl", _crawl_options(url, address), site=url)
                for url, address in zip(urls, addresses, strict=True)
            )
        finally:
            threads.shutdown(cancel_futures=True)  # after an error nobody needs the other addresses

    def learn(self, domains: Iterable[str]) -> int:
        return sum(self._put("learn", {"queueing_lock": f"learn {site}"}, site=site) for site in domains)

    def warc(self, files: Iterable[str]) -> int:
        return sum(self._put("warc", {"queueing_lock": f"warc {file}"}, file=file) for file in files)

    def ranges(self, job: str, last: int, size: int, *, every: bool = False) -> int:
        """Ranges of ids up to `last`, of `reextract` or `recluster`. With `every`, pages that today's extractor has read are read
        again too; a job without it that waits for the same range does not do that, and stays."""
        more = {"every": True} if every else {}
        name = f"{job} --all" if every else job
        return sum(
            self._put(job, {"queueing_lock": f"{name} {first}-{end}"}, first=first, last=end, **more)
            for first, end in ranges(last, size)
        )

    def _put(self, job: str, options: dict[str, Any], **arguments: Any) -> int:
        try:
            self.app.configure_task(f"newsarchive:{job}", queue=job, **options).defer(**arguments)
        except AlreadyEnqueued:
            return 0
        except ConnectorException as error:
            raise unreachable(error) from error
        return 1

    def retry(self, ids: Sequence[int]) -> int:
        """Put failed jobs back into the queue; gives how many. One that waits there already, under another number, stays as it is."""
        done = 0
        for number in ids:
            with suppress(AlreadyEnqueued):
                self._do(self.app.job_manager.retry_job_by_id, number, utc_now())
                done += 1
        return done

    def cancel(self, ids: Sequence[int]) -> int:
        """Take jobs out of the queue, and stop those that run; gives how many, without those that have ended meanwhile."""
        cancel = partial(self.app.job_manager.cancel_job_by_id, abort=True)
        return sum(bool(self._do(cancel, number)) for number in ids)

    def _do(self, what: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return what(*arguments)
        except UniqueViolation as error:
            raise AlreadyEnqueued from error
        except ConnectorException as error:
            raise unreachable(error) from error

    def __enter__(self) -> Enqueuer:
        self.app.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.app.close()


def unreachable(error: Exception) -> DatabaseUnavailable:
    """Our error for what Procrastinate raised about its database."""
    return DatabaseUnavailable(f"the queue cannot be used: {cause(error)}")


def cause(error: BaseException) -> str:
    """What the database's driver said, in one line. Procrastinate itself says no more than "Database error"."""
    return cut(one_line(str(error.__cause__ or error)), MAX_CAUSE_CHARACTERS)


def ranges(last: int, size: int) -> Iterator[tuple[int, int]]:
    """1 to `last` in parts.

    >>> list(ranges(5, 2))
    [(1, 2), (3, 4), (5, 5)]
    """
    yield from ((first, min(first + size - 1, last)) for first in range(1, last + 1, size))
