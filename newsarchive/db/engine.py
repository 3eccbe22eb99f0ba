"""Opening an archive with SQLAlchemy, and reading and writing in transactions.

    with reading(engine) as connection:     # what is committed
    with writing(engine) as connection:     # the only writer, committed at the end of the block

A writer takes its lock at the start (BEGIN IMMEDIATE in SQLite, an advisory lock in PostgreSQL), so that two crawls
take turns instead of failing half-way. What the driver raises comes out as `DatabaseError` with a remedy. What differs
by database stands in `newsarchive.db.dialects`.
"""

from __future__ import annotations

import atexit
import os
import select
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Self
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, exc, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from newsarchive.config import SQLITE_BEGINNING, pasted, plain_file
from newsarchive.db import migrations
from newsarchive.db.dialects import SQLITE, dialect_named, dialect_of
from newsarchive.db.failures import explained, is_frozen, require_file
from newsarchive.exceptions import DatabaseError, DatabaseTooNew, DatabaseUnavailable, UsageError

#: A connection to a server that was not used for this many seconds is tested before its next use: a firewall may have
#: dropped it without telling anybody. With fewer seconds more queries cost a second exchange; with more, a query may
#: fail after a pause.
MAX_IDLE_SECONDS = 10.0
#: The key under which a connection of the pool notes when it was used last.
_USED = "used_at"
#: The folder that names the open descriptors of this process. Where it is missing, as on Windows, they are not looked at.
_DESCRIPTORS = "/dev/fd"
#: Engines of this process, to be closed at its end. A program that ends without closing its connections leaves the last
#: commits in a file `-wal` beside the archive, and a person who then copies only the archive loses them.
_engines: WeakSet[Engine] = WeakSet()
#: Engines whose archive is known to have a revision of the schema. Each transaction that writes asks which one, because an
#: archive may be upgraded while a crawl of an older version runs.
_with_revision: WeakSet[Engine] = WeakSet()
#: Engines that have written to a file, and what tells that file from another one at its path (`_file_of`).
_written_files: WeakKeyDictionary[Engine, tuple[int, int]] = WeakKeyDictionary()
#: Connections of this process that cannot write.
_readonly_connections: WeakSet[_ReadOnlyConnection] = WeakSet()
#: Files on which connections that cannot write were opened.
_readonly_files: set[Path] = set()


def parse_url(url: str) -> URL:
    """The URL of a database, which may be given as the plain path of an SQLite file.

    Raises `UsageError` for what is neither, names no file or names a database that is not supported.
    """
    if (name := plain_file(url)) is not None:
        parsed = URL.create(SQLITE.driver, database=name)
    else:
        try:
            parsed = make_url(url)
        except (exc.ArgumentError, ValueError) as error:
            raise UsageError(
                "database URL not understood: try sqlite:///FILE or postgresql://HOST/NAME"
            ) from error
    dialect = dialect_named(parsed.drivername)
    if dialect.is_file and parsed.database in (None, "", ":memory:"):  # `--db "$FILE"` of a script, say
        raise UsageError(
            f"the database {parsed.database or ''!r} names no file: write it as news.db, or postgresql://HOST/NAME"
        )
    return parsed if "+" in parsed.drivername else parsed.set(drivername=dialect.driver)


def open_engine(url: str, *, small_cache: bool = False) -> Engine:
    """An engine for the archive at `url`; nothing is opened or created yet.

    `small_cache` is for a program with several connections: each keeps few pages of the file.

    Raises `UsageError` for a URL that is not understood, `DatabaseUnavailable` where the driver
    is not installed.
    """
    parsed = parse_url(url)
    try:
        engine = create_engine(parsed, pool_reset_on_return=None, **dialect_of(parsed).engine_options)
    except ModuleNotFoundError as error:
        raise DatabaseUnavailable(
            f"{shown(parsed)} needs psycopg: pip install 'newsarchive[postgres]'"
        ) from error
    return _followed(engine, small_cache=small_cache)


def _followed(engine: Engine, *, small_cache: bool) -> Engine:
    """The engine, with its connections configured, its transactions begun by `_begin`, and all closed at the end."""
    event.listen(engine, "connect", dialect_of(engine).configure)
    for statement in dialect_of(engine).small_cache if small_cache else ():
        event.listen(engine, "connect", lambda connection, _, sql=statement: connection.execute(sql))
    event.listen(engine, "begin", _begin)
    event.listen(engine, "engine_disposed", _forget)
    event.listen(engine, "reset", _roll_back)
    if not dialect_of(engine).is_file:
        event.listen(engine, "checkin", lambda _, record: record.info.update({_USED: monotonic()}))
        event.listen(
            engine, "checkout", lambda connection, record, _: _ask(engine.dialect, connection, record)
        )
    _engines.add(engine)
    return engine


def _forget(engine: Engine) -> None:
    """Whatever is there when a closed engine is used again is its archive."""
    _written_files.pop(engine, None)
    _with_revision.discard(engine)


def _ask(dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Test whether a connection is still open, where that is in doubt: it was idle for long, or the server has sent
    something, as it does when it closes a connection. Raises `exc.InvalidatePoolError` where it is closed; the pool
    then opens another.

    With a test before each query (`pool_pre_ping`) and a transaction around it, a query took three times as much CPU of
    the client.
    """
    used = record.info.get(_USED)
    if used is None:
        return
    try:
        if monotonic() - used > MAX_IDLE_SECONDS or _has_input(connection):
            dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise exc.InvalidatePoolError(str(error)) from error


def _has_input(connection: Any) -> bool:
    if not hasattr(select, "poll") or not hasattr(connection, "fileno"):  # Windows, or not every driver
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _roll_back(connection: DBAPIConnection, record: ConnectionPoolEntry, state: PoolResetState) -> None:
    """Roll back a connection that goes back to the pool, in place of SQLAlchemy's own rollback.

    A connection that the server broke off cannot be rolled back. It is given up; SQLAlchemy would also log a traceback,
    although nothing is lost by it and the next query tells of the outage.
    """
    if state.transaction_was_reset:
        return
    try:
        connection.rollback()
    except Exception as error:
        record.invalidate(error)


@atexit.register
def close_all() -> None:
    """Close every connection of this process, so that SQLite moves all commits into the one file of the archive.

    Called when the program ends, also by an error or a signal. An engine may be used again afterwards: it connects
    anew.
    """
    for engine in list(_engines):
        engine.dispose()
    for connection in list(_readonly_connections):
        connection.close()
    while _readonly_files:
        file = _readonly_files.pop()
        # A connection that cannot write leaves `-wal` and `-shm` behind. An ordinary one removes them as the last to close.
        if file.with_name(file.name + "-wal").exists():
            ordinary = f"{file.as_uri()}?mode=rw"
            with suppress(sqlite3.Error), closing(sqlite3.connect(ordinary, uri=True)) as writer:
                writer.execute("SELECT count(*) FROM sqlite_master")


def open_existing(url: str) -> Engine:
    """An engine for an archive to read from.

    Raises `DatabaseUnavailable` where there is none yet.
    """
    engine = open_engine(url)
    _require_file(engine)
    return engine


def open_to_check(url: str) -> Engine:
    """An engine to check an archive with. It is read-only where this process may not write the file, because SQLite
    would otherwise refuse to open it.

    Raises as `open_existing` does.
    """
    engine = open_existing(url)
    return engine if is_writable(engine) else open_readonly(url)


def is_writable(engine: Engine) -> bool:
    """Whether this process may write the archive: its file, and the files that SQLite makes beside it. For a server
    this is assumed; the server refuses by itself."""
    path = sqlite_file(engine)
    return path is None or (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK))


def open_readonly(url: str) -> Engine:
    """An engine that cannot write, for a web server that runs beside a crawl: it sees what is committed and holds no
    lock. Each of its connections keeps few pages of the file: with 64 MB each, the server of an archive of 100,000 articles
    took 400 MB instead of 240, and was no faster.

    Raises `UsageError` for what is not an SQLite file, `DatabaseUnavailable` where there is none.
    """
    parsed = parse_url(url)
    if not dialect_of(parsed).is_file:
        raise UsageError(f"{shown(parsed)} is not an SQLite file")
    file = Path(parsed.database or ":memory:")
    if not file.is_file():
        raise DatabaseUnavailable(f"{file}: no archive there; a crawl creates it")
    engine = create_engine(parsed, pool_reset_on_return=None, creator=lambda: connect_readonly(file))
    return _followed(engine, small_cache=True)


#: The most bytes of one value, and of one row, in a query by a stranger; a query that makes more fails. The largest
#: stored page has half as many.
MAX_VALUE_BYTES = 32 * 1024 * 1024
#: Bytes of memory that SQLite takes in this process, once a connection with limits was opened; queries that need more fail.
MAX_SQLITE_BYTES = 256 * 1024 * 1024
#: The table of the texts of withheld articles.
SEALED = "sealed_texts"
#: Bytes of the values of one result; for more the query fails.
MAX_RESULT_BYTES = 16 * 1024 * 1024


def connect_readonly(file: Path, *, limited: bool = False) -> sqlite3.Connection:
    """A bare connection that cannot write, for a tool that brings its own SQL; any thread may use it.

    A `limited` one is for SQL of strangers: its values, its results and SQLite's memory are bounded, and beyond that a query
    raises `sqlite3.OperationalError`. It reads the texts of withheld articles as NULL.
    """
    kind = _LimitedConnection if limited else _ReadOnlyConnection
    connection = sqlite3.connect(_readonly_uri(file), uri=True, check_same_thread=False, factory=kind)
    if limited:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
        connection.execute(f"PRAGMA hard_heap_limit = {MAX_SQLITE_BYTES}")
        connection.set_authorizer(_without_sealed)
    _readonly_connections.add(connection)
    _readonly_files.add(file.absolute())
    return connection


def _without_sealed(action: int, table: str | None, column: str | None, *_: str | None) -> int:
    """SQLite's answer to whether a query may read a column: the texts of withheld articles are NULL for strangers."""
    is_sealed = action == sqlite3.SQLITE_READ and table == SEALED and column == "payload"
    return sqlite3.SQLITE_IGNORE if is_sealed else sqlite3.SQLITE_OK


class _ReadOnlyConnection(sqlite3.Connection):
    """A connection that a weak reference can name."""


class _LimitedConnection(_ReadOnlyConnection):
    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or _LimitedCursor)

    def execute(self, *arguments: Any) -> Any:
        return self.cursor().execute(*arguments)  # otherwise sqlite3 would take its own cursor


class _LimitedCursor(sqlite3.Cursor):
    """Counts the bytes of what it gives: rows that are bounded in number may still be large."""

    given = 0

    def execute(self, *arguments: Any) -> Self:
        self.given = 0
        try:
            return super().execute(*arguments)
        except MemoryError:
            raise _too_large("memory", MAX_SQLITE_BYTES) from None

    def __next__(self) -> Any:
        try:
            row = super().__next__()
        except MemoryError:
            raise _too_large("memory", MAX_SQLITE_BYTES) from None
        self.given += sum(len(value) for value in row if isinstance(value, (bytes, str)))
        if self.given > MAX_RESULT_BYTES:
            raise _too_large("a result", MAX_RESULT_BYTES)
        return row

    def fetchone(self) -> Any:
        return next(self, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return list(islice(self, self.arraysize if size is None else size))

    def fetchall(self) -> list[Any]:
        return list(self)


def _too_large(what: str, limit: int) -> sqlite3.OperationalError:
    return sqlite3.OperationalError(
        f"the query takes more than {limit // 2**20} MiB for {what}: ask for less"
    )


def _readonly_uri(file: Path) -> str:
    """The URI by which SQLite opens a file to read from.

    Where the first read from the file will fail, that read reports the error.
    """
    base = file.absolute().as_uri()
    with closing(sqlite3.connect(f"{base}?mode=ro", uri=True)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.Error as error:
            if is_frozen(file, error):
                return f"{base}?immutable=1"
    return f"{base}?mode=ro"


def shown(url: URL | Engine) -> str:
    """How messages name a database: the file's path, or the URL with its password starred out."""
    url = url.url if isinstance(url, Engine) else url
    return dialect_of(url).shown(url)


def command(engine: Engine, words: str) -> str:
    """A command on this archive, to paste: `newsarchive db upgrade --db news.db`."""
    return f"newsarchive {words} --db {shlex.quote(pasted(shown(engine)))}"


def sqlite_file(engine: Engine) -> Path | None:
    """The file of an SQLite archive; `None` for PostgreSQL and for a database in memory."""
    return dialect_of(engine).file(engine.url)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection to read from the archive; nothing may be written. All queries on an SQLite file see the same state.
    On PostgreSQL each query sees what is committed by then, unless the engine has `snapshot_options`.

    Raises `DatabaseUnavailable` where there is no archive or it cannot be read.
    """
    _require_same_file(engine)
    _require_file(engine)
    options = {} if engine.get_execution_options() else dialect_of(engine).reading_options
    with translated(engine), engine.connect() as connection:
        yield connection.execution_options(**options) if options else connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A write transaction, committed at the end of the block, alone among writers.

    Raises `DatabaseTooNew` for an archive of a newer version, because nobody knows here what else its rows must hold, and
    `DatabaseUnavailable` where another file, or none, is at the path of an SQLite archive that was written to before.
    """
    _require_same_file(engine)
    with translated(engine), engine.connect() as connection:
        connection = connection.execution_options(newsarchive_writer=True)
        with connection.begin():
            known = engine in _with_revision
            if known or connection.exec_driver_sql(dialect_of(engine).version_table).scalar() is not None:
                _with_revision.add(engine)
                held = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
                if held is not None and held > migrations.head():
                    raise too_new(engine, held)
            if engine not in _written_files and (path := sqlite_file(engine)) and (file := _file_of(path)):
                _written_files[engine] = file
            yield connection


def _file_of(path: Path | int) -> tuple[int, int] | None:
    """The numbers of the device and of the file at a path, or behind a descriptor; `None` where none is."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _require_same_file(engine: Engine) -> None:
    """Raise `DatabaseUnavailable` where the file that an engine writes to was moved, deleted or replaced. SQLite does not notice it:
    it writes on into a file that nobody will find, and a connection that it opens anew applies the log of the old file to the
    new one, which damages that."""
    if (written := _written_files.get(engine)) is None:
        return
    path = sqlite_file(engine)
    if path is not None and _file_of(path) != written:
        raise DatabaseUnavailable(
            f"{path}: the file was moved, deleted or replaced while this program wrote to it: put it back, and run again"
        )
    if path is not None:
        _require_beginning(path)


def _require_beginning(path: Path) -> None:
    """Raise `DatabaseUnavailable` where something else wrote over the beginning of an archive that is open. Its connections read the
    beginning once, and would write on into a file that nobody can open afterwards.

    It is read through a descriptor that SQLite has open: to open the file here and close it would take SQLite's locks away.
    """
    wanted = _file_of(path)
    for number in map(int, os.listdir(_DESCRIPTORS)) if os.path.isdir(_DESCRIPTORS) else ():
        with suppress(OSError):  # another thread closed it
            if _file_of(number) == wanted:
                beginning = os.pread(number, len(SQLITE_BEGINNING), 0)
                if beginning not in (b"", SQLITE_BEGINNING) and _file_of(number) == wanted:
                    raise DatabaseUnavailable(
                        f"{path} is damaged: another program wrote over its beginning while it was in use: restore a backup, or"
                        " read the WARC files into a new archive: newsarchive crawl warc"
                    )


def too_new(engine: Engine, held: str) -> DatabaseTooNew:
    """The refusal of an archive whose schema has a revision that this version does not know."""
    return DatabaseTooNew(
        f"{shown(engine)} was written by a newer newsarchive (schema {held}, this version knows"
        f" {migrations.head()}): upgrade newsarchive, or name another database"
    )


def outside_transactions(engine: Engine, *statements: str) -> None:
    """Run statements that neither database allows inside a transaction (VACUUM); SQLAlchemy begins one for every statement."""
    outside = engine.execution_options(isolation_level="AUTOCOMMIT")
    with translated(engine), outside.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _require_file(engine: Engine) -> None:
    path = sqlite_file(engine)
    if path is not None:
        require_file(path)


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors, with and without SQLAlchemy, into `DatabaseError`, which names the database and the remedy.

    `IntegrityError` passes as it is.
    """
    try:
        yield
    except exc.IntegrityError:
        raise
    except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error, engine.dialect.loaded_dbapi.Error) as error:
        raise explained_by(engine, error) from error


def explained_by(engine: Engine, error: Exception) -> DatabaseError:
    """Our error for what the driver of this engine raised."""
    return explained(shown(engine), error, str(engine.url.password or ""))


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    writer = options.get("newsarchive_writer", False)
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    if statement := dialect_of(connection).begin(writer):
        connection.exec_driver_sql(statement)
