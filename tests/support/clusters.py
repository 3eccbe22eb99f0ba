"""A cluster on a real PostgreSQL: its database, its workers and what they did."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsarchive.db.engine import open_engine
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.queue import conninfo
from tests.support import warm
from tests.support.storage import emptied, postgresql_url

if TYPE_CHECKING:
    import psycopg

#: Seconds between two signs of life in these tests. Less, and a busy machine looks like a lost database: a sign of life that
#: takes longer counts as none.
HEARTBEAT = "1"


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    return (
        warm.own_environment()
        | {
            "COLUMNS": "200",
            "NEWSARCHIVE_DELAY": "0.01",
            "NEWSARCHIVE_WORKERS": "0",  # a job that broke once reads its pages in a process of their own in any case
            "NEWSARCHIVE_DATABASE_URL": url,
            "NEWSARCHIVE_WARC": str(folder / "warc"),
            **more,
        }
    )


def run(*words: str, url: str) -> subprocess.CompletedProcess[str]:
    given = () if "--db" in words else ("--db", url)
    return warm.run("newsarchive", *words, *given, environment=environment(url, Path()))


def follow(url: str, *homes: str) -> None:
    engine = open_engine(url)
    for home in homes:
        Sites(engine).follow(f"{home}/", {"delay": 0.01, "interval": 24})
    engine.dispose()


#: The connection over which the tests ask a database again and again.
_asking: dict[str, psycopg.Connection[Any]] = {}


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    if url not in _asking:
        _asking[url] = connected(url, "-c search_path=newsarchive_queue,public")
        _asking[url].autocommit = True
    return _asking[url].execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def change(url: str, statement: str) -> None:
    with connected(url, "-c search_path=newsarchive_queue") as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def connected(url: str, options: str) -> psycopg.Connection[Any]:
    import psycopg  # without it the tests skip, and say why

    return psycopg.connect(conninfo(url), options=options)


@contextmanager
def worker(url: str, folder: Path, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A worker with what it says in `worker.log`; killed at the end where it still runs."""
    command = ["newsarchive", "worker", "--concurrency", "2", *words, "--db", url]
    with (folder / "worker.log").open("a") as log:
        process = warm.started(
            *command,
            environment=environment(url, folder, **more),
            cwd=str(folder),
            streams=(None, None, log.fileno()),
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def no_job_left(url: str) -> bool:
    return rows(
        url,
        "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name <> 'housekeeping'",
    ) == [(0,)]


@contextmanager
def cluster_database() -> Iterator[str]:
    """A database with the tables of an archive and of a queue."""
    with postgresql_url() as url:
        done = run("cluster", "init", "--heartbeat", HEARTBEAT, url=url)
        assert done.returncode == 0, done.stderr
        yield url
        if asking := _asking.pop(url, None):
            asking.close()


def empty(url: str) -> str:
    """Take everything out of the archive and the queue; gives the URL again."""
    engine = open_engine(url)
    # To truncate 60 tables and their indexes would make new files of them all, which takes seconds.
    emptied(engine)
    engine.dispose()
    with connected(url, "-c search_path=newsarchive_queue") as connection:
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
        connection.execute("UPDATE cluster SET draining = false")
    return url
