"""The tables of a cluster's queue, which are Procrastinate's, and one row of ours that says what all workers must agree on.

They stand in a schema of their own beside the archive, `newsarchive_queue`, in the same PostgreSQL database: a copy of the
archive takes none of them along. Procrastinate reads and writes its own tables. This module has what Procrastinate has
no query for: it makes the tables, reads and writes the row `cluster`, and counts quickly even with 100,000 jobs. It
uses only the driver of the database, because `newsarchive cluster status` should answer at once.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from newsarchive.config import pasted, without_password
from newsarchive.db.failures import explained
from newsarchive.exceptions import DatabaseUnavailable, UsageError
from newsarchive.reprs import cut, one_line

if TYPE_CHECKING:
    import psycopg

#: The schema of the tables.
SCHEMA = "newsarchive_queue"
#: What the server is told at each connection: tables are found without their schema's name, and moments come as the driver can
#: read them. As options of the connection, a pooler (PgBouncer) would refuse them.
SESSION: LiteralString = f"SET search_path TO {SCHEMA}; SET DateStyle TO 'ISO'; SET default_transaction_isolation TO 'read committed'"
#: How the driver connects, beside what the URL says.
CONNECTING: dict[str, Any] = {"client_encoding": "utf8"}
#: Seconds that a connection may take.
CONNECT_SECONDS = 10

_CLUSTER = """
CREATE TABLE newsarchive_queue.cluster (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version text NOT NULL,
    procrastinate text NOT NULL,
    heartbeat double precision NOT NULL,
    draining boolean NOT NULL DEFAULT false
)"""
#: What the last try of a job failed of, until the job is done or leaves the queue.
_PROBLEMS = """
CREATE TABLE IF NOT EXISTS newsarchive_queue.problems (
    job_id bigint PRIMARY KEY REFERENCES newsarchive_queue.procrastinate_jobs (id) ON DELETE CASCADE,
    problem text NOT NULL
)"""
#: Characters of a problem that are kept. Messages of newsarchive have up to 250; a longer text is that of a library.
MAX_PROBLEM_CHARACTERS = 300
#: An index of ours on Procrastinate's table, by which jobs are counted and those of a state found.
_INDEX = "CREATE INDEX IF NOT EXISTS newsarchive_jobs_by_status ON procrastinate_jobs (status, queue_name)"
#: The events are not counted, because Procrastinate keeps those of every job. Jobs are grouped before the state becomes
#: text.
_COUNTS = (
    "SELECT queue_name, status::text, number FROM"
    " (SELECT queue_name, status, count(*) AS number FROM procrastinate_jobs GROUP BY 1, 2) AS counted ORDER BY 1, 2"
)
_WORKERS = (
    "SELECT w.id, extract(epoch FROM now() - w.last_heartbeat), count(j.id) FROM procrastinate_workers w"
    " LEFT JOIN procrastinate_jobs j ON j.worker_id = w.id AND j.status = 'doing' GROUP BY w.id ORDER BY w.id"
)
_JOBS = (
    "SELECT j.id, queue_name, task_name, CASE WHEN status = 'doing' AND abort_requested THEN 'aborting' ELSE status::text END,"
    " attempts, args, worker_id, scheduled_at,"
    " (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type <> 'scheduled'), coalesce(p.problem, '')"
    " FROM procrastinate_jobs j LEFT JOIN problems p ON p.job_id = j.id"
    " WHERE status = ANY(%s::procrastinate_job_status[]) OR (%s AND status = 'todo' AND j.id = ANY(ARRAY(SELECT job_id FROM problems)))"
    " ORDER BY j.id DESC LIMIT %s"
)
_FAILED_AT = (
    "SELECT j.args ->> 'site', max(e.at) FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id"
    " WHERE j.status = 'failed' AND j.queue_name = %s AND e.type = 'failed' GROUP BY 1"
)
#: The followed sites whose hub is relied on, from the archive's own tables.
_PUSHED = """
SELECT s.domain, max(h.relied_until) FROM hub_subscriptions AS h JOIN sites AS s ON s.id = h.site_id
WHERE h.relied_until > now() AND s.config ->> 'follow' = 'true' GROUP BY s.domain ORDER BY s.domain
"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What all workers of a cluster agree on: the versions of newsarchive and Procrastinate, the seconds between two signs of
    life, and whether it is being drained. `now` is the clock of the database."""

    version: str
    procrastinate: str
    heartbeat: float
    draining: bool
    now: datetime


def told(task: str, arguments: dict[str, Any]) -> str:
    """A job in words.

    >>> told("newsarchive:crawl", {"site": "https://blog.example/"}), told("reextract", {"first": 1, "last": 9})
    ('crawl https://blog.example/', 'reextract 1-9')
    """
    name = task.rpartition(":")[2]
    if "first" in arguments:
        every = "--all " if arguments.get("every") else ""
        return f"{name} {every}{arguments['first']}-{arguments['last']}"
    return " ".join([name, *(str(arguments[key]) for key in ("site", "file") if key in arguments)])


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as people see it. `since` is when its state last changed, `problem` what its last try failed of, "" where none did."""

    id: int
    queue: str
    task: str
    status: str
    attempts: int
    args: dict[str, Any]
    worker: int | None
    scheduled_at: datetime | None
    since: datetime | None
    problem: str

    @property
    def words(self) -> str:
        return told(self.task, self.args)


@dataclass(frozen=True, slots=True)
class Registered:
    """A worker as the queue knows it: the seconds since its last sign of life, and the number of its jobs."""

    id: int
    seconds: float
    jobs: int


def conninfo(url: str) -> str:
    """The archive's URL as the driver takes it.

    Raises `UsageError` for an archive that is not on PostgreSQL.

    >>> conninfo("postgresql+psycopg://me@localhost/news")
    'postgresql://me@localhost/news'
    """
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] not in ("postgresql", "postgres"):
        raise UsageError(
            f"a cluster needs an archive on PostgreSQL, and {url.removeprefix('sqlite:///')} is SQLite: name one with --db "
            "postgresql://HOST/NAME; newsarchive db copy moves an archive there"
        )
    return f"postgresql://{rest}"


class Queue:
    """The queue of one archive. Raises `DatabaseError`, and `UsageError` where the archive is not on PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url, self.conninfo = url, conninfo(url)
        self._connection: psycopg.Connection[Any] | None = None

    @contextmanager
    def session(self) -> Iterator[None]:
        """Ask everything inside the block over one connection, in one transaction."""
        with self.connected() as connection:
            self._connection = connection
            try:
                yield
            finally:
                self._connection = None

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection in a transaction, committed at the end of the block."""
        if self._connection is not None:
            yield self._connection
            return
        import psycopg

        try:
            with psycopg.connect(self.conninfo, **CONNECTING, connect_timeout=CONNECT_SECONDS) as connection:
                connection.execute(SESSION.replace("SET", "SET LOCAL"))
                yield connection
        except psycopg.errors.UndefinedTable as error:
            lacks = "has the queue of an older version" if '"problems"' in str(error) else "has no queue yet"
            raise self._without_queue(lacks) from error
        except psycopg.Error as error:
            try:
                password = psycopg.conninfo.conninfo_to_dict(self.conninfo).get("password")
            except psycopg.Error:  # the error is that of an address which the driver does not understand
                password = None
            raise explained(without_password(self.url), error, str(password or "")) from error

    def _without_queue(self, lacks: str) -> DatabaseUnavailable:
        place = without_password(self.url)
        return DatabaseUnavailable(
            f"{place} {lacks}: newsarchive cluster init --db {shlex.quote(pasted(place))}"
        )

    def create(self, schema: LiteralString, agreement: Agreement) -> None:
        """Make Procrastinate's tables with its own script, and the row of ours."""
        self.migrate([f"CREATE SCHEMA {SCHEMA}", schema, _CLUSTER], agreement)

    def migrate(self, scripts: Sequence[LiteralString], agreement: Agreement) -> None:
        """Run scripts that make or change Procrastinate's tables, and write the new row, in one transaction."""
        with self.connected() as connection:
            for script in scripts:
                connection.execute(script)
            connection.execute(_INDEX)
            connection.execute(_PROBLEMS)
            connection.execute(
                "INSERT INTO cluster (version, procrastinate, heartbeat, draining) VALUES (%s, %s, %s, %s) ON CONFLICT (one)"
                " DO UPDATE SET version = excluded.version, procrastinate = excluded.procrastinate,"
                " heartbeat = excluded.heartbeat, draining = excluded.draining",
                (agreement.version, agreement.procrastinate, agreement.heartbeat, agreement.draining),
            )

    def agreement(self) -> Agreement:
        """What the workers agree on. Raises `DatabaseUnavailable` where there is no queue yet."""
        with self.connected() as connection:
            row = connection.execute(
                "SELECT version, procrastinate, heartbeat, draining, now() FROM cluster"
            ).fetchone()
        if row is None:
            raise self._without_queue("has no queue yet")
        return Agreement(*row)

    def exists(self) -> bool:
        """Whether the tables of the queue are there."""
        with self.connected() as connection:
            found = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.cluster",)).fetchone()
        return bool(found and found[0])

    def drain(self, draining: bool) -> None:
        """Say whether all workers are to end."""
        with self.connected() as connection:
            connection.execute("UPDATE cluster SET draining = %s", (draining,))

    def counts(self) -> dict[str, dict[str, int]]:
        """Queue → state (`todo`, `doing`, `failed`, `cancelled`, `aborted`) → number of jobs."""
        found: dict[str, dict[str, int]] = {}
        with self.connected() as connection:
            for queue, status, number in connection.execute(_COUNTS):
                found.setdefault(queue, {})[status] = number
        return found

    def workers(self) -> list[Registered]:
        """The workers that have not signed off."""
        with self.connected() as connection:
            return [
                Registered(id_, float(seconds), jobs) for id_, seconds, jobs in connection.execute(_WORKERS)
            ]

    def jobs(self, statuses: Sequence[str], limit: int, *, troubled: bool = False) -> list[QueuedJob]:
        """Jobs in these states, the newest first; with `troubled` also those that wait for another try."""
        with self.connected() as connection:
            return [QueuedJob(*row) for row in connection.execute(_JOBS, (list(statuses), troubled, limit))]

    def states(self, ids: Sequence[int]) -> dict[int, str]:
        """The states of those of these jobs that are in the queue."""
        with self.connected() as connection:
            query = "SELECT id, status::text FROM procrastinate_jobs WHERE id = ANY(%s::numeric[])"
            return dict(connection.execute(query, (list(ids),)).fetchall())

    def settle_cancelled(self) -> None:
        """Have jobs count as stopped that were cancelled while they ran and that Procrastinate calls failed, because their worker was
        killed or was about to hand them back. Otherwise they would seem to need somebody, and could not be tried again."""
        with self.connected() as connection:
            connection.execute(
                "UPDATE procrastinate_jobs SET status = 'aborted', abort_requested = false"
                " WHERE status = 'failed' AND abort_requested"
            )

    def keep_problem(self, job: int, problem: str) -> None:
        """Keep what a try of a job failed of, in place of what an earlier one did."""
        with self.connected() as connection:
            connection.execute(
                "INSERT INTO problems (job_id, problem) SELECT id, %s FROM procrastinate_jobs WHERE id = %s"
                " ON CONFLICT (job_id) DO UPDATE SET problem = excluded.problem",
                (cut(one_line(problem), MAX_PROBLEM_CHARACTERS), job),
            )

    def pushed(self) -> dict[str, datetime]:
        """The followed sites (domains) that are asked less often because a hub announces their posts, and until when it is relied
        on."""
        with self.connected() as connection:
            # The tables of the archive are found where the database looks by itself.
            connection.execute("SET LOCAL search_path TO DEFAULT")
            return dict(connection.execute(_PUSHED).fetchall())

    def sites(self, queue: str) -> set[str]:
        """The sites for which jobs of this queue wait or run."""
        query = "SELECT args ->> 'site' FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = %s"
        with self.connected() as connection:
            return {site for (site,) in connection.execute(query, (queue,)) if site}

    def failed_at(self, queue: str) -> dict[str, datetime]:
        """Site → when a job for it last failed, of the failed jobs that are still kept."""
        with self.connected() as connection:
            return {site: at for site, at in connection.execute(_FAILED_AT, (queue,)) if site}
