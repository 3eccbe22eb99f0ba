"""A worker: takes jobs from the queue until it is told to stop, and gives a sign of life every few seconds.

It stops on SIGTERM and Ctrl-C, when the cluster is drained, and when another version took over. Then it takes no more jobs, lets
those that run finish for a while, and stops them: what they had not done goes back into the queue. Where the database is lost it
stops its processes before others can take it for dead, and begins anew when the database answers.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from procrastinate import App, JobContext
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Status
from procrastinate.worker import Worker

from newsarchive import config
from newsarchive.cluster.jobs import (
    HOUSEKEEPING,
    TIDY,
    WORK,
    Broken,
    HandBack,
    OutOfReach,
    Work,
    app_for_workers,
    cause,
    give_back,
)
from newsarchive.cluster.setup import MISSED_TO_KILL, MISSED_TO_STOP, refusal
from newsarchive.db.queue import Agreement, told
from newsarchive.exceptions import DatabaseError, NewsArchiveError
from newsarchive.reprs import counted
from newsarchive.warc.files import own_folders
from newsarchive.warc.writer import settle

#: Looks for jobs, and for jobs that are to be stopped, from one sign of life to the next: one in two seconds by
#: default. With more, idle workers keep the database busy; with fewer, a job waits longer than it takes.
LOOKS_PER_HEARTBEAT = 2.5
#: Queues whose jobs write WARC files.
WRITING = ("crawl", "warc")
#: Seconds between two looks for finished WARC files. A look also follows each job.
MOVE_SECONDS = 60.0
#: Seconds after which the log says again that the database cannot be used, for the same cause. It is asked at each sign of life.
SAME_CAUSE_SECONDS = 60.0


class ClusterWorker:
    """One worker of a cluster. `grace` is how many seconds its jobs may go on after it was told to stop."""

    def __init__(
        self,
        url: str,
        agreement: Agreement,
        queues: Sequence[str],
        concurrency: int,
        grace: float,
        tell: Callable[[str], None],
    ) -> None:
        self.url, self.queues, self.concurrency, self.grace, self.tell = url, queues, concurrency, grace, tell
        self.heartbeat = agreement.heartbeat
        self.work = Work(url, agreement, tell)
        self.app: App = app_for_workers(url, self.heartbeat * MISSED_TO_STOP)
        self.worker: Worker | None = None
        self.taking: asyncio.Task[None] | None = None
        self.mover: Mover | None = None
        self.signals = 0
        self.seen = time.monotonic()
        #: Why the database could not be used when the log said so last, and when that was.
        self.told_cause, self.told_at = "", 0.0
        #: Ids of the jobs at work, and of those that seemed lost at the last look.
        self.at_work: set[int | None] = set()
        self.lost: set[int] = set()

    async def run(self) -> None:
        """Work until told to stop."""
        for name in ("procrastinate", "psycopg.pool"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is told in a line of ours
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(self.concurrency + 8, "newsarchive-worker"))
        loop.set_exception_handler(lambda _, context: self._tell_fault(context))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.signalled)
        self.tell(f"this worker does {counted(self.concurrency, 'job')} at a time: {', '.join(self.queues)}")
        watching, self.mover = loop.create_task(self.watch()), Mover(self.url, self.tell)
        try:
            while not self.work.leaving:
                await self._take_jobs()
        finally:
            watching.cancel()
            await self.mover.close()
            await asyncio.to_thread(self.work.server.close)
            with suppress(DatabaseError):  # else another worker does it
                await asyncio.to_thread(self.work.queue.settle_cancelled)

    async def _take_jobs(self) -> None:
        """Take jobs until told to stop, or until the database is lost."""
        app, polling_seconds = self.app, self.heartbeat / LOOKS_PER_HEARTBEAT
        try:
            async with app.open_async():
                self.seen = time.monotonic()
                self.taking = asyncio.ensure_future(
                    app.run_worker_async(
                        queues=[*self.queues, HOUSEKEEPING],
                        concurrency=self.concurrency,
                        fetch_job_polling_interval=polling_seconds,
                        abort_job_polling_interval=polling_seconds,
                        listen_notify=False,
                        delete_jobs="successful",
                        additional_context={WORK: self.work},
                        install_signal_handlers=False,
                        update_heartbeat_interval=self.heartbeat,
                        stalled_worker_timeout=self.work.seconds_to_lose,
                        worker_middleware=[self._remember],
                    )
                )
                if self.work.leaving:
                    self.taking.cancel()
                await asyncio.wait([self.taking])
                error = None if self.taking.cancelled() else self.taking.exception()
                if error is not None:
                    raise error
        except Exception as error:
            why, now = cause(error), time.monotonic()
            is_new = why != self.told_cause or now - self.told_at >= SAME_CAUSE_SECONDS
            if is_new and not self.work.leaving:
                self.told_cause, self.told_at = why, now
                self.tell(f"the database was lost, and is asked again: {why}")
        finally:
            self.worker = self.taking = None
        if not self.work.leaving:
            await asyncio.sleep(self.heartbeat)

    async def _remember(
        self, call_next: Callable[[], Any], context: JobContext | None, worker: Worker | None
    ) -> Any:
        self.worker = worker
        number = context.job.id if context is not None else None
        self.at_work.add(number)
        try:
            return await call_next()
        except HandBack:
            raise
        except (OutOfReach, Broken) as error:
            await self._keep_problem(number, str(error))
            raise
        except Exception as error:
            job = context.job if context is not None else None
            what = told(job.task_name, job.task_kwargs) if job is not None else "a job"
            problem = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            self.tell(f"{what}: {problem}")
            await self._keep_problem(number, problem)
            raise OutOfReach(str(error)) from error
        finally:
            self.at_work.discard(number)
            if self.mover is not None and context is not None and context.job.queue in WRITING:
                self.mover.look()

    async def _keep_problem(self, number: int | None, problem: str) -> None:
        """Have `newsarchive cluster status` say what the job failed of."""
        if number is None:
            return
        try:
            await asyncio.to_thread(self.work.queue.keep_problem, number, problem)
        except DatabaseError as error:
            self.tell(f"job {number} failed, and the queue could not keep why: {error}")

    def _tell_fault(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        words = cause(error) if error is not None else context.get("message")
        self.tell(f"a job could not be signed off, and will be taken up again: {words}")

    # -- stopping ------------------------------------------------------------------------------------------

    def signalled(self) -> None:
        """The first signal lets jobs go on for a while, the second stops them, the third ends them in the middle."""
        self.signals += 1
        if self.signals == 1:
            self.leave("told to stop")
        else:
            self._stop_running("told to stop")

    def leave(self, why: str) -> None:
        """Take no more jobs, and stop those that run when the time of grace is over."""
        if self.work.leaving:
            return
        self.work.leaving = why
        running = (
            f"; {counted(len(self.work.running), 'job')} may go on for {self.grace:.0f} s"
            if self.work.running
            else ""
        )
        self.tell(f"{why}: this worker takes no more jobs{running}")
        if self.taking is not None:
            self.taking.cancel()
        asyncio.get_running_loop().call_later(self.grace, self._stop_running, why)

    def _stop_running(self, why: str) -> None:
        for running in list(self.work.running.values()):
            running.stop(why)

    # -- signs of life ---------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Give signs of life, and stop jobs whose lock or whose database is lost."""
        while True:
            await asyncio.sleep(self.heartbeat)
            await self._give_sign()
            silent = time.monotonic() - self.seen
            for running in list(self.work.running.values()):
                if silent > MISSED_TO_KILL * self.heartbeat:
                    running.kill("the database does not answer")
                elif silent > MISSED_TO_STOP * self.heartbeat and not running.stopped:
                    running.stop("the database does not answer")

    async def _give_sign(self) -> None:
        if self.taking is None:
            return
        try:
            async with asyncio.timeout(self.heartbeat):
                held = await asyncio.to_thread(self.work.queue.agreement)
                if self.worker is not None and self.worker.worker_id is not None:
                    await self.app.job_manager.update_heartbeat(self.worker.worker_id)
                self.seen = time.monotonic()
                if why := "the cluster is being drained" if held.draining else refusal(held):
                    self.leave(why)
                for running in list(self.work.running.values()):
                    lock = running.lock
                    if lock and not running.stopped and await asyncio.to_thread(lock.is_lost):
                        running.stop("the lock of the site was lost with the connection to the database")
                await self._find_lost()
                # Where a worker was killed in the midst of `tidy`, its lock would keep every other `tidy` from beginning,
                # and no job of a lost worker would ever be taken up again.
                manager, seconds = self.app.job_manager, self.work.seconds_to_lose
                for job in await manager.get_stalled_jobs(
                    queue=HOUSEKEEPING, task_name=TIDY, seconds_since_heartbeat=seconds
                ):
                    await give_back(manager, job)
        except (TimeoutError, DatabaseError, ProcrastinateException):
            pass  # `watch` counts the seconds of silence
        except Exception as error:  # without this watch the worker would never learn that it should end
            self.tell(f"no sign of life: {type(error).__name__}: {' '.join(str(error).split())[:300]}")

    async def _find_lost(self) -> None:
        """Give back jobs that the queue believes to be at work here and that are not, because they could not be signed
        off."""
        if self.worker is None or self.worker.worker_id is None:
            return
        manager = self.app.job_manager
        at_work = await manager.list_jobs_async(status=Status.DOING.value, worker_id=self.worker.worker_id)
        lost = {job.id: job for job in at_work if job.id is not None and job.id not in self.at_work}
        # Only at the second look, because a job that has just ended may be about to be signed off.
        for number in lost.keys() & self.lost:
            self.tell(f"taken up again: {told(lost[number].task_name, lost[number].task_kwargs)}")
            await give_back(manager, lost[number])
        self.lost = set(lost)


class Mover:
    """Moves the WARC files that the spiders of a worker finish up into object storage, where the setting `warc` is an address,
    until it is closed. `tell` prints a line for people.

    The spiders leave this to the worker: so not each of them imports the libraries for it, and a file that a killed spider
    left open gets its name and is moved as well. Files that the storage does not take wait on this machine, and are tried
    again each minute.
    """

    def __init__(self, url: str, tell: Callable[[str], None]) -> None:
        held = config.load()
        self.folders = own_folders(held["warc"], url, held["warc_staging"])
        self.tell, self.finished, self.problem = tell, asyncio.Event(), ""
        self.task = asyncio.get_running_loop().create_task(self._run())

    def look(self) -> None:
        """Look at once, because a job has ended."""
        self.finished.set()

    async def _run(self) -> None:
        while True:
            await self._move()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.finished.wait(), MOVE_SECONDS)
            self.finished.clear()

    async def _move(self) -> None:
        problem = ""
        try:
            await asyncio.to_thread(settle, self.folders)
        except (NewsArchiveError, OSError) as error:
            problem = str(error)
        if problem and problem != self.problem:
            self.tell(problem)
        elif self.problem and not problem:
            self.tell("the WARC files that waited are moved")
        self.problem = problem

    async def close(self) -> None:
        """Move what the last jobs wrote, once, and end."""
        self.task.cancel()
        await asyncio.wait([self.task])
        await self._move()
