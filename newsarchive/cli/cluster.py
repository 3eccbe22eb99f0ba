"""`newsarchive worker` and `newsarchive cluster`: many machines that work for one archive (`newsarchive.cluster`).

newsarchive cluster init --db postgresql://server/news
newsarchive worker --concurrency 4 --db postgresql://server/news
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from newsarchive import config
from newsarchive.cli.opening import database_url
from newsarchive.cli.options import NUMBER, Group, db_option, option, sites_at_once
from newsarchive.cli.output import complain, echo, on_terminal, print_json, say, write_json_lines
from newsarchive.exceptions import LOCKED, DatabaseAway, UsageError
from newsarchive.reprs import counted
from newsarchive.times import utc, utc_now

if TYPE_CHECKING:
    from newsarchive.cluster.jobs import Enqueuer
    from newsarchive.db.queue import Queue, QueuedJob

#: Jobs as people name them: the queues of `newsarchive.cluster.jobs`, spelled here so that the help needs no import.
JOBS = ("crawl", "learn", "warc", "reextract", "recluster")
#: Jobs that `status` lists, unless it is told otherwise.
MAX_LISTED = 10
#: Seconds between two looks of `drain`.
DRAIN_SECONDS = 1.0
#: Seconds after which a worker that begins asks a database again that did not answer.
ASK_AGAIN_SECONDS = 1.0


class JobNumber(click.ParamType[int]):
    """The number of a job, as `status` prints it."""

    name = "job"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is no number of a job; they are in: newsarchive cluster status", param, ctx)


def _queue(db: str) -> Queue:
    """The queue. Raises `UsageError` for an archive on SQLite, and where the extra is not installed."""
    from newsarchive.db.queue import Queue

    queue = Queue(database_url(db))
    if not all(map(_is_installed, ("procrastinate", "psycopg", "psycopg_pool"))):
        raise UsageError("a cluster needs Procrastinate and psycopg: pip install 'newsarchive[cluster]'")
    return queue


def _is_installed(package: str) -> bool:
    """Whether a package is there, without importing it: `status` should answer at once."""
    try:
        return find_spec(package) is not None
    except ValueError:  # `sys.modules` has a module of this name that nobody has imported from a file
        return False


@click.command(
    epilog="""\b
Examples:
  newsarchive worker --db postgresql://server/news
  newsarchive worker --concurrency 8 --queues crawl,learn --grace 300

\b
Exit codes: 0 told to stop, 2 usage, or this machine may not work for the cluster, 5 the database failed,
75 the cluster is being drained."""
)
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=sites_at_once,
    show_default="by the memory, up to 4, or crawl.jobs of your settings", help="Jobs side by side.",
)  # fmt: skip
@click.option("--queues", metavar="NAMES", default=",".join(JOBS), show_default=True, help="Only these jobs.")
@click.option(
    "--grace", type=click.FloatRange(0), default=60.0, show_default=True, metavar="SECONDS",
    help="Seconds for which running jobs may go on after SIGTERM.",
)  # fmt: skip
@click.option(
    "--wait", type=click.FloatRange(0), default=60.0, show_default=True, metavar="SECONDS",
    help="Seconds for which a database that does not answer at the start is asked again.",
)  # fmt: skip
@db_option
def worker(concurrency: int, queues: str, grace: float, wait: float, db: str) -> None:
    """Do jobs for an archive that many machines work for, until SIGTERM or Ctrl+C.

    A stopped or killed worker loses nothing: other workers go on with its jobs. A second signal stops the jobs that still run.
    Needs the extra `cluster`, and an archive on PostgreSQL.
    """
    if config.load()["log_format"] == config.JSON:
        write_json_lines(click.get_current_context())
    wanted = [name.strip() for name in queues.split(",") if name.strip()]
    if wrong := [name for name in wanted if name not in JOBS]:
        raise UsageError(f"--queues: there is no job {wrong[0]!r}; there are: {', '.join(JOBS)}")
    import asyncio

    queue = _queue(db)
    from newsarchive.cluster.setup import refusal
    from newsarchive.cluster.worker import ClusterWorker

    until, told = time.monotonic() + wait, False
    while True:
        try:
            agreement = queue.agreement()
            if why := refusal(agreement):
                raise UsageError(why)
            if agreement.draining:
                complain("the cluster is being drained: newsarchive cluster drain --end")
                sys.exit(LOCKED)
            _check_archive(queue.url)
            break
        except DatabaseAway as error:  # as when its server is started again
            if time.monotonic() >= until:
                raise
            if not told:
                complain(str(error))
                complain(f"the worker asks again for {wait:.0f} s (--wait)")
                told = True
        time.sleep(ASK_AGAIN_SECONDS)
    asyncio.run(ClusterWorker(queue.url, agreement, wanted, concurrency, grace, say).run())


def _check_archive(url: str) -> None:
    """Raises `DatabaseError` where the archive has other tables than this version writes, or a pooler before it keeps no sessions."""
    from newsarchive.db.engine import open_engine
    from newsarchive.db.frontier.locks import site_lock
    from newsarchive.db.schema import require_current

    engine = open_engine(url)
    require_current(engine)
    # The lock of no site: behind a pooler that keeps no sessions it fails as the locks of sites would.
    with site_lock(engine, ""):
        pass
    engine.dispose()


@click.group(
    cls=Group,
    epilog="""\b
Examples:
  newsarchive cluster init --db postgresql://server/news
  newsarchive cluster status""",
)
def cluster() -> None:
    """The queue of an archive that many machines work for: make it, look at it, put jobs into it.

    Needs the extra `cluster`, and an archive on PostgreSQL. The jobs are done by `newsarchive worker`.
    """


@cluster.command(epilog="Example: newsarchive cluster init --db postgresql://server/news")
@click.option(
    "--heartbeat", type=click.FloatRange(0.2, 60), metavar="SECONDS",
    help="Seconds between two signs of life of a worker; by default 5, or what the queue has. After nine signs that did not come, other "
    "workers take up its jobs. To change it, end the workers first: newsarchive cluster drain.",
)  # fmt: skip
@option("dry_run")
@db_option
def init(heartbeat: float | None, dry_run: bool, db: str) -> None:
    """Make the archive and the queue, or bring them to this version. Workers of another version then end."""
    from newsarchive.db.engine import open_engine
    from newsarchive.db.schema import upgrade

    queue = _queue(db)
    from newsarchive.cluster.setup import (
        HEARTBEAT_SECONDS,
        MISSED_TO_LOSE,
        check_procrastinate,
        own_version,
        procrastinate_version,
    )
    from newsarchive.cluster.setup import init as make

    there = queue.agreement() if queue.exists() else None
    seconds = heartbeat or (there.heartbeat if there else HEARTBEAT_SECONDS)
    if there:
        check_procrastinate(there)
    signs = f"a sign of life each {seconds:g} s"
    if there and there.heartbeat != seconds:
        if workers := [one for one in queue.workers() if one.seconds < MISSED_TO_LOSE * there.heartbeat]:
            raise UsageError(
                f"--heartbeat: {counted(len(workers), 'worker')} at work would go on with a sign of life each "
                f"{there.heartbeat:g} s, and others would take it for dead: newsarchive cluster drain"
            )
        signs += f" and no longer each {there.heartbeat:g} s"
    if dry_run:
        would = []
        if not there:
            would = ["make the queue", f"have each worker give {signs}"]
        elif (there.version, there.procrastinate) != (own_version(), procrastinate_version()):
            would = ["bring the queue to this version"]
        if there and there.heartbeat != seconds:
            would.append(f"have each worker give {signs}")
        said = f"would {' and '.join(would)}" if would else "the queue is at this version"
        say(f"{said}; nothing was written")
        return
    upgrade(open_engine(queue.url))
    _check_archive(queue.url)
    made = make(queue, seconds)
    changed = f"; each worker gives {signs}" if made or (there and there.heartbeat != seconds) else ""
    say(("the queue is made" if made else "the queue is at this version") + changed)


@cluster.command(
    epilog="""\b
Examples:
  newsarchive cluster status
  newsarchive cluster status --json"""
)
@option("json", help="Everything as one JSON object.")
@option("limit")
@db_option
def status(as_json: bool, limit: int | None, db: str) -> None:
    """The jobs that wait, run and failed, the workers with the seconds since their last sign of life, and the sites that are asked
    every twelve hours only because a hub announces their posts.

    Beside a job that failed, or whose last try failed, stands why, and what to type when that is mended.
    """
    queue = _queue(db)
    with queue.session():
        agreement, counts, workers = queue.agreement(), queue.counts(), queue.workers()
        listed = queue.jobs(("doing", "failed"), (limit or MAX_LISTED) + 1, troubled=True)
    is_cut, listed = len(listed) > (limit or MAX_LISTED), listed[: limit or MAX_LISTED]
    pushed = queue.pushed()
    if as_json:
        found = {
            "version": agreement.version, "draining": agreement.draining, "queues": counts,
            "workers": [{"id": w.id, "seconds_since_sign_of_life": round(w.seconds, 1), "jobs": w.jobs} for w in workers],
            "jobs": [
                {
                    "id": job.id, "job": job.words, "state": STATES[job.status], "tries": job.attempts, "worker": job.worker,
                    "since": job.since.isoformat() if job.since else None,
                    "error": job.problem, "remedy": _remedy(job) if job.problem or job.status == "failed" else "",
                }
                for job in listed
            ],
            "pushed": [{"site": site, "hub_relied_on_until": until.isoformat()} for site, until in pushed.items()],
        }  # fmt: skip
        print_json(found)
        return
    echo(f"newsarchive {agreement.version}{', being drained' if agreement.draining else ''}")
    for name, states in counts.items():
        echo(f"{name}\t" + ", ".join(f"{number} {STATES[state]}" for state, number in states.items()))
    for one in workers:
        echo(f"worker {one.id}\t{counted(one.jobs, 'job')}, last sign of life {one.seconds:.0f} s ago")
    for job in listed:
        problem = job.problem or (
            "nobody kept why; the log of its worker may say it" if job.status == "failed" else ""
        )
        why = f"\t{problem}; {_remedy(job)}" if problem else ""
        echo(
            f"job {job.id}\t{STATES[job.status]}\t{job.words}\tafter {counted(job.attempts, 'try', 'tries')}{why}"
        )
    if is_cut:
        echo(f"jobs\tolder ones are not shown: newsarchive cluster status --limit {10 * len(listed)}")
    if pushed:
        named = list(pushed)[: limit or MAX_LISTED]
        more = len(pushed) - len(named)
        words = f"{counted(len(pushed), 'site')} asked every 12 hours while a hub announces each post"
        echo(f"pushed\t{words}: {', '.join(named)}" + (f" and {more} more" if more else ""))
    if not workers and on_terminal():
        say("no worker is at work: newsarchive worker")


#: Procrastinate's states in words.
STATES = {
    "todo": "waiting", "doing": "running", "succeeded": "done", "failed": "failed", "cancelled": "cancelled",
    "aborting": "stopping", "aborted": "stopped",
}  # fmt: skip


def _remedy(job: QueuedJob) -> str:
    """What to do about a job whose last try failed."""
    if job.status == "failed":
        return f"when that is mended: newsarchive cluster retry {job.id}"
    if job.status == "doing":
        return "it is tried again now"
    if job.scheduled_at and job.scheduled_at > utc_now():
        return f"it is tried again at {utc(job.scheduled_at):%Y-%m-%d %H:%M} UTC"
    return "it is tried again when a worker is free"


@cluster.command(
    epilog="""\b
Examples:
  newsarchive cluster enqueue crawl --due
  newsarchive cluster enqueue crawl blog.example paper.example
  newsarchive cluster enqueue warc /srv/warc/CC-NEWS-1.warc.gz
  newsarchive cluster enqueue reextract --size 5000
  newsarchive cluster enqueue reextract --all"""
)
@click.argument("job", type=click.Choice(JOBS), metavar="JOB")
@click.argument("what", nargs=-1, metavar="[SITE|FILE]...")
@click.option(
    "--due",
    is_flag=True,
    help="crawl: the followed sites that are due. Workers put them into the queue each minute by themselves.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="crawl, learn: every followed site. reextract: every page, also what today's extractor has read.",
)
@click.option(
    "--size",
    type=NUMBER,
    metavar="NUMBER",
    help="reextract, recluster: how many captures or articles one job reads.",
)
@option("dry_run")
@db_option
def enqueue(
    job: str, what: tuple[str, ...], due: bool, everything: bool, size: int | None, dry_run: bool, db: str
) -> None:
    """Put jobs into the queue: crawl or learn sites, take in WARC files, read all captures or compare all articles again.

    A job that waits already is not put there twice. WARC files must have the same path on every machine.
    """
    queue = _queue(db)
    queue.agreement()
    is_cut = job in ("reextract", "recluster")
    if is_cut and (what or due or (everything and job != "reextract")):
        refused = "SITE or --due" if job == "reextract" else "SITE, --due or --all"
        raise UsageError(f"{job} takes no {refused}: it is cut into ranges; --size says how large")
    if due and job != "crawl":
        raise UsageError(f"{job} takes no --due: only crawl does")
    if size and not is_cut:
        raise UsageError(f"{job} takes no --size: only reextract and recluster are cut into ranges")
    if job == "warc" and not what:
        raise UsageError("warc: of what? name files")
    if not is_cut and bool(what) + due + everything != 1:
        raise UsageError(f"{job}: of what? name {'files alone' if job == 'warc' else 'sites, or say --all'}")
    number, put = _planned(queue.url, job, what, due, everything, size)
    if dry_run:
        say(f"would put {counted(number, 'job')} into the queue; nothing was written")
        return
    from newsarchive.cluster.jobs import Enqueuer

    with Enqueuer(queue.url) as enqueuer:
        new = put(enqueuer)
    say(
        f"{counted(new, 'job')} put into the queue"
        + (f"; {number - new} wait there already" if number > new else "")
    )


def _planned(
    url: str, job: str, what: tuple[str, ...], due: bool, everything: bool, size: int | None
) -> tuple[int, Callable[[Enqueuer], int]]:
    """How many jobs are meant, and what puts them into the queue. Raises `UsageError`."""
    from newsarchive.cluster.jobs import RANGE, ranges
    from newsarchive.core.urls import check_start_url, site_of
    from newsarchive.db.archive_state import last_id
    from newsarchive.db.engine import open_engine
    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.db.frontier.sites import Sites

    if job == "warc":
        files = [os.path.abspath(file) if "://" not in file else file for file in what]
        return len(files), lambda enqueuer: enqueuer.warc(files)
    engine = open_engine(url)
    if job in ("reextract", "recluster"):
        last, part = last_id(engine, "captures" if job == "reextract" else "articles"), size or RANGE
        return len(list(ranges(last, part))), lambda enqueuer: enqueuer.ranges(
            job, last, part, every=everything
        )
    archive = Sites(engine)
    if what:
        urls = [check_start_url(text, "") for text in what]
        sites = [archive.get(one) or KnownSite(site_of(one), one) for one in urls]
    else:
        sites = archive.due() if due else archive.followed()
    if job == "learn":
        domains = [site.domain for site in sites]
        return len(domains), lambda enqueuer: enqueuer.learn(domains)
    return len(sites), lambda enqueuer: enqueuer.crawl(sites)


@cluster.command(epilog="Example: newsarchive cluster retry --failed")
@click.argument("jobs", nargs=-1, type=JobNumber(), metavar="[JOB]...")
@click.option("--failed", is_flag=True, help="Every job that failed.")
@option("dry_run")
@db_option
def retry(jobs: tuple[int, ...], failed: bool, dry_run: bool, db: str) -> None:
    """Put failed jobs back into the queue, by their numbers in `status`."""
    left = "left out, because the same waits already under another number"
    _on_jobs(
        db, jobs, failed, ("failed",), "failed", left, dry_run, lambda enqueuer, ids: enqueuer.retry(ids)
    )


@cluster.command(
    epilog="""\b
Examples:
  newsarchive cluster cancel 17 18
  newsarchive cluster cancel --waiting"""
)
@click.argument("jobs", nargs=-1, type=JobNumber(), metavar="[JOB]...")
@click.option("--waiting", is_flag=True, help="Every job that waits.")
@option("dry_run")
@db_option
def cancel(jobs: tuple[int, ...], waiting: bool, dry_run: bool, db: str) -> None:
    """Take jobs out of the queue; those that run finish what is under way, commit and stop."""
    states = ("todo",) if waiting else ("todo", "doing")
    _on_jobs(
        db, jobs, waiting, states, "waiting or running", "had ended meanwhile", dry_run,
        lambda enqueuer, ids: enqueuer.cancel(ids),
    )  # fmt: skip


def _on_jobs(
    db: str,
    jobs: tuple[int, ...],
    everything: bool,
    states: tuple[str, ...],
    word: str,
    left: str,
    dry_run: bool,
    do: Callable[[Enqueuer, list[int]], int],
) -> None:
    """Call `do` with the jobs that are in these states, and say of how many it did its work. Exit with 1 where a job that was
    named is in another state.

    `word` names the states for messages; `left` says what became of the jobs that `do` did not change.
    """
    if bool(jobs) == everything:
        raise UsageError("which jobs? give their numbers from: newsarchive cluster status")
    queue = _queue(db)
    if not dry_run:
        queue.settle_cancelled()
    there = {job.id for job in queue.jobs(states, sys.maxsize)}
    ids = sorted(there) if everything else [number for number in dict.fromkeys(jobs) if number in there]
    others = queue.states(jobs)
    for number in sorted({*jobs} - there):
        state = STATES.get(others.get(number, ""))
        complain(f"job {number} is {state}, not {word}" if state else f"there is no job {number}")
    done = len(ids)
    if not dry_run and ids:
        from newsarchive.cluster.jobs import Enqueuer

        with Enqueuer(queue.url) as enqueuer:
            done = do(enqueuer, ids)
    kept = f"; {len(ids) - done} {left}" if done < len(ids) else ""
    say(counted(done, "job") + kept + ("; nothing was written" if dry_run else ""))
    if {*jobs} - there:
        sys.exit(1)


@cluster.command(
    epilog="""\b
Examples:
  newsarchive cluster drain
  newsarchive cluster drain --end"""
)
@click.option("--end", is_flag=True, help="Let the workers work again.")
@option("dry_run")
@db_option
def drain(end: bool, dry_run: bool, db: str) -> None:
    """Have all workers finish and end, for an upgrade; waits until the last has ended. Waiting jobs stay in the queue."""
    queue = _queue(db)
    from newsarchive.cluster.setup import MISSED_TO_LOSE

    lost_after = MISSED_TO_LOSE * queue.agreement().heartbeat

    def alive() -> int:
        return sum(one.seconds < lost_after for one in queue.workers())

    if dry_run:
        workers = counted(alive(), "worker")
        say(f"{workers} {'might work again' if end else 'would end'}; nothing was written")
        return
    queue.drain(not end)
    while not end and alive():
        time.sleep(DRAIN_SECONDS)
    say("workers may work again" if end else "no worker is at work")
