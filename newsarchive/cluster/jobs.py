"""The jobs of a cluster, as Procrastinate knows them, and how they come into its queue.

| job | one of it | nobody else meanwhile |
|---|---|---|
| `crawl` | finds the new posts of one site, and looks again at those that are due | at the site's address |
| `learn` | learns the template of one site | at the site |
| `warc` | takes in one WARC file | |
| `reextract` | reads one range of captures again | |
| `recluster` | compares one range of articles anew | |
| `schedule` | each minute: a `crawl` for every followed site that is due | in the cluster |
| `tidy` | each ten seconds: takes up the jobs of workers that give no sign of life | in the cluster |

A job that waits is in the queue once, however often it is put there (Procrastinate's queueing lock). What the jobs do stands in
`newsarchive.cluster.work`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from procrastinate import (
    App,
    BaseRetryStrategy,
    Blueprint,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    SyncPsycopgConnector,
)
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from newsarchive.core.urls import site_of
from newsarchive.db.queue import OPTIONS, conninfo, told
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.times import utc_now

if TYPE_CHECKING:
    from newsarchive.cluster.work import Work
    from newsarchive.db.frontier.known_sites import KnownSite

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
#: Tries of a job whose process broke.
MAX_TRIES = 4
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
async def reextract(context: JobContext, *, first: int, last: int) -> None:
    await work_of(context).command(context.job, ["reextract", "--captures", f"{first}-{last}"])


@jobs.task(name="recluster", queue="recluster", retry=Retry(), pass_context=True)
async def recluster(context: JobContext, *, first: int, last: int) -> None:
    await work_of(context).command(context.job, ["recluster", "--articles", f"{first}-{last}"])


@jobs.periodic(cron="* * * * *")
@jobs.task(
    name="schedule",
    retry=Retry(),
    queue=HOUSEKEEPING,
    lock="schedule",
    queueing_lock="schedule",
    priority=10,
    pass_context=True,
)
async def schedule(context: JobContext, timestamp: int) -> None:
    due = await asyncio.to_thread(work_of(context).due)
    addresses = await asyncio.to_thread(lambda: [address_of(site.home_url) for site in due])
    for site, address in zip(due, addresses, strict=True):
        job = crawl.configure(**_crawl_options(site.home_url, address))
        with suppress(AlreadyEnqueued):
            await job.defer_async(site=site.home_url, only_if_due=True)


@jobs.periodic(cron="* * * * * */10")  # the seconds stand last
@jobs.task(
    name="tidy",
    retry=Retry(),
    queue=HOUSEKEEPING,
    lock="tidy",
    queueing_lock="tidy",
    priority=10,
    pass_context=True,
)
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
        for waiting in await manager.list_jobs_async(
            status=Status.TODO.value, queueing_lock=job.queueing_lock
        ):
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
    connector = PsycopgConnector(
        conninfo=conninfo(url),
        min_size=1,
        max_size=5,
        timeout=seconds,
        kwargs={"options": OPTIONS, **KEEPALIVES},
    )
    app = App(connector=connector)
    app.add_tasks_from(jobs, namespace="newsarchive")  # only once in a process, because it renames the jobs
    return app


#: How libpq finds out that a server is lost, instead of waiting for hours.
KEEPALIVES = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}


class Enqueuer:
    """Puts jobs into the queue, for people. Each method gives how many jobs are new; those that wait already stay as they are."""

    def __init__(self, url: str) -> None:
        connector = SyncPsycopgConnector(conninfo=conninfo(url), kwargs={"options": OPTIONS})
        self.app = App(connector=connector)

    def crawl(self, sites: Iterable[KnownSite]) -> int:
        return sum(
            self._put("crawl", _crawl_options(site.home_url, address_of(site.home_url)), site=site.home_url)
            for site in sites
        )

    def learn(self, domains: Iterable[str]) -> int:
        return sum(self._put("learn", {"queueing_lock": f"learn {site}"}, site=site) for site in domains)

    def warc(self, files: Iterable[str]) -> int:
        return sum(self._put("warc", {"queueing_lock": f"warc {file}"}, file=file) for file in files)

    def ranges(self, job: str, last: int, size: int) -> int:
        """Ranges of ids up to `last`, of `reextract` or `recluster`."""
        return sum(
            self._put(job, {"queueing_lock": f"{job} {first}-{end}"}, first=first, last=end)
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
                self._do(lambda number=number: self.app.job_manager.retry_job_by_id(number, utc_now()))
                done += 1
        return done

    def cancel(self, ids: Sequence[int]) -> int:
        """Take jobs out of the queue, and stop those that run; gives how many, without those that have ended meanwhile."""
        return sum(
            bool(self._do(lambda number=number: self.app.job_manager.cancel_job_by_id(number, abort=True)))
            for number in ids
        )

    def _do(self, what: Any) -> Any:
        try:
            return what()
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
    cause = error.__cause__ or error
    return DatabaseUnavailable(f"the queue cannot be used: {str(cause).strip().splitlines()[0]}")


def ranges(last: int, size: int) -> Iterator[tuple[int, int]]:
    """1 to `last` in parts.

    >>> list(ranges(5, 2))
    [(1, 2), (3, 4), (5, 5)]
    """
    yield from ((first, min(first + size - 1, last)) for first in range(1, last + 1, size))
