"""Makes the tables of the queue, and finds out whether this machine may work for the cluster.

A worker of another version would write what the others do not understand, and one whose clock is an hour ahead would store
pages under times that have not come. Each is refused with a message that names the remedy, and does nothing.
"""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from newsarchive.db.migrations import head
from newsarchive.db.queue import Agreement, Queue
from newsarchive.exceptions import UsageError
from newsarchive.times import utc_now
from newsarchive.version import VERSION

#: Seconds by which the clocks of a worker and of the database may differ. With a larger difference, posts would be due
#: early or late, and pages would be stored under a wrong time.
MAX_CLOCK_DIFFERENCE_SECONDS = 60
#: Seconds between two signs of life of a worker, unless `cluster init` is told otherwise.
HEARTBEAT_SECONDS = 5.0
#: Signs of life, in a row, that a worker may fail to give before it stops what it does.
MISSED_TO_STOP = 3
#: Signs of life, in a row, that it may fail to give before it kills what it does.
MISSED_TO_KILL = 6
#: Signs of life, in a row, after whose failure others take up its jobs: by then nothing of it is left.
MISSED_TO_LOSE = 9


def procrastinate_version() -> str:
    """The version of the installed Procrastinate. Raises `UsageError`, which names the extra, where there is none."""
    try:
        return version("procrastinate")
    except PackageNotFoundError:
        raise UsageError("a cluster needs Procrastinate: pip install 'newsarchive[cluster]'") from None


def own_version() -> str:
    """What must be the same for all workers: the version of newsarchive, and the revision of the archive's tables."""
    return f"{VERSION} (archive {head()})"


def init(queue: Queue, heartbeat: float) -> bool:
    """Make the tables of the queue, or bring them to the versions that are installed here. Gives whether they were
    made.

    Workers that run meanwhile end when they see that the version is no longer theirs.
    """
    from procrastinate.schema import SchemaManager

    wanted = Agreement(own_version(), procrastinate_version(), heartbeat, False, utc_now())
    if not queue.exists():
        queue.create(SchemaManager.get_schema(), wanted)
        return True
    held = queue.agreement()
    check_procrastinate(held)
    # Procrastinate's scripts that came after the version held: `03.04.00_50_post_….sql` came with 3.4.0.
    scripts = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    since = _numbers(held.procrastinate)
    newer = [path for path in scripts if _numbers(path.name.partition("_")[0]) > since]
    queue.migrate([path.read_text(encoding="utf-8") for path in newer], wanted)
    return False


def check_procrastinate(held: Agreement) -> None:
    """Raises `UsageError` where a newer Procrastinate than the installed one made the queue."""
    if _numbers(held.procrastinate) > _numbers(procrastinate_version()):
        raise UsageError(
            f"the queue was made by Procrastinate {held.procrastinate}, and here is {procrastinate_version()}: "
            f"pip install 'procrastinate>={held.procrastinate}'"
        )


def _numbers(text: str) -> tuple[int, ...]:
    """A version as numbers that can be compared.

    >>> _numbers("03.04.00") < _numbers("3.10.0")
    True
    """
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def refusal(held: Agreement, now: datetime | None = None) -> str:
    """Why this machine may not work for the cluster, in a sentence with the remedy; "" where it may."""
    if held.version != own_version():
        return (
            f"the cluster runs newsarchive {held.version}, and this is {own_version()}: install the same version on every machine, "
            "then: newsarchive cluster init"
        )
    if _numbers(held.procrastinate)[:2] != _numbers(procrastinate_version())[:2]:
        return (
            f"the cluster runs Procrastinate {held.procrastinate}, and here is {procrastinate_version()}: install the same version "
            "on every machine, then: newsarchive cluster init"
        )
    ahead = ((now or utc_now()) - held.now).total_seconds()
    if abs(ahead) > MAX_CLOCK_DIFFERENCE_SECONDS:
        return (
            f"the clock of this machine is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} that of the database: "
            "set it (timedatectl set-ntp true)"
        )
    return ""
