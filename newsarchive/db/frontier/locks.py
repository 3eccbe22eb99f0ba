"""The locks of crawls: no site is crawled twice at a time, and none of them outlives the process that holds it.

    with crawl_lock(engine) as alone:                       # SQLite: one crawl of the whole archive
        with site_lock(engine, "blog.example") as alone:    # PostgreSQL: one crawl of each site

On PostgreSQL a lock is one of the database session (an advisory lock), for an SQLite file it is one of the operating system on
`FILE.lock`. Both are gone when the process ends, also when it is killed. A lock is taken exclusively, and then shared with the
spiders of this crawl (`shared_crawl_lock`): while one of them still works, no other crawl begins. A database in memory has no
other crawls. A pooler between program and server must keep sessions (PgBouncer: `pool_mode = session`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import reading, shown, sqlite_file, translated
from newsarchive.exceptions import DatabaseError, DatabaseUnavailable, UsageError
from newsarchive.reprs import why_not_written

try:
    import fcntl
except ImportError:
    raise UsageError(
        "a crawl needs Linux or macOS: on Windows, work inside WSL (Windows Subsystem for Linux)"
    ) from None


class SiteLock:
    """The lock of one site; false where another crawl has it. Always held where the database is a file."""

    def __init__(self, connection: Connection | None, taken: bool) -> None:
        self.connection, self.taken, self.is_released = connection, taken, False

    def __bool__(self) -> bool:
        return self.taken

    def is_lost(self) -> bool:
        """Whether the session that held the lock is gone: a server that was restarted has forgotten it.

        Another thread may ask than the one that crawls. A lock that its crawl gave back, also while this asks, is not lost.
        """
        try:
            if self.connection is not None and not self.is_released:
                self.connection.exec_driver_sql("SELECT 1")
        except Exception:  # a connection that another thread is closing breaks in many ways
            return not self.is_released
        return False


@contextmanager
def crawl_lock(engine: Engine) -> Iterator[bool]:
    """Whether this process is the only one that crawls into the archive. It does not wait for the lock.

    A database server has no such lock: there each site has its own (`site_lock`).
    """
    if dialect_of(engine).locks_sites or (path := sqlite_file(engine)) is None:
        yield True
        return
    with _lock_file(path) as file:
        try:
            for kind in (fcntl.LOCK_EX, fcntl.LOCK_SH):
                fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def site_lock(engine: Engine, site: str) -> Iterator[SiteLock]:
    """The lock of a site (its domain). It does not wait for the lock.

    Raises `DatabaseUnavailable` where a pooler lets several connections share a session: the lock would keep nobody out, and nobody
    could give it back.
    """
    if not dialect_of(engine).locks_sites:
        yield SiteLock(None, True)
        return
    number = lock_number(site)
    with _session(engine) as connection:
        taken = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({number})").scalar())
        if taken:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock_shared({number})")
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({number})")
            # A pooler gives the session that was used last: then another connection has the lock that was just taken.
            with reading(engine) as other:
                held = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"
                is_shared = bool(other.exec_driver_sql(held).scalar())
            if is_shared:
                connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
                raise DatabaseUnavailable(
                    f"{shown(engine)} is behind a pooler that keeps no sessions, and the locks of sites need them:"
                    " in PgBouncer, pool_mode = session"
                )
        lock = SiteLock(connection, taken)
        try:
            yield lock
        finally:
            lock.is_released = True


@contextmanager
def shared_crawl_lock(engine: Engine, site: str) -> Iterator[None]:
    """Hold the lock of a crawl of this site together with the command that has it. Where that command is killed, the
    lock is still held here."""
    if dialect_of(engine).locks_sites:
        with _session(engine) as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock_shared({lock_number(site)})")
            yield
    elif (path := sqlite_file(engine)) is None:
        yield
    else:
        with _lock_file(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield


def lock_number(site: str) -> int:
    """The number of a site's advisory lock: 64 bits with a sign, as PostgreSQL has them.

    >>> lock_number("blog.example")
    7480044259712465107
    """
    digest = blake2b(f"newsarchive crawl {site}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


@contextmanager
def _session(engine: Engine) -> Iterator[Connection]:
    """A session of the database server apart from the pool: it ends with the block, and its locks with it."""
    alone = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    event.listen(alone, "connect", dialect_of(engine).configure)
    with translated(engine):
        connection = alone.connect()
        try:
            yield connection
        finally:
            # A server that went away has given the locks back itself.
            with suppress(DBAPIError, DatabaseError):
                connection.close()


def _lock_file(path: Path) -> IO[str]:
    try:
        return path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise DatabaseUnavailable(f"{path}.lock cannot be written: {why_not_written(error)}") from error
