"""Reading with the driver of the database alone: one set of plain SQL for SQLite and PostgreSQL.

`newsarchive stats` takes less time than the import of SQLAlchemy alone. So only what writes the archive or needs its
schema uses SQLAlchemy, and what only reads does without.

    with reading(open_source("newsarchive.db")) as reader:
        reader.rows("SELECT id, headline FROM articles WHERE id IN :ids", {"ids": [17, 18]})

SQL has `:name` for a value and `IN :name` for a sequence of values. Rows come as dictionaries whose values have the
types of the records. `current` gives the schema's revision without Alembic, whose import is slow.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from newsarchive.config import plain_file
from newsarchive.db.dialects import SQLITE, Dialect, dialect_of
from newsarchive.db.failures import BUSY_SECONDS, explained, is_frozen, require_file
from newsarchive.db.values import loaded, storable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Row = dict[str, Any]
#: An archive to read from.
Source: TypeAlias = "File | Engine"
#: What a query is asked over: a reader, or a connection of SQLAlchemy in the middle of its transaction.
Connected: TypeAlias = "Reader | Connection"

#: A placeholder in SQL, `:name`, and no cast, `::date`.
_PLACEHOLDER = re.compile(r"(?<![:\w]):([a-z]\w*)")


@dataclass(frozen=True, slots=True)
class File:
    """An SQLite archive to read from. Nothing that is read through it can write."""

    path: Path


def open_source(url: str) -> Source:
    """The archive at `url`, a file name or a database URL.

    Raises `DatabaseUnavailable` where there is none yet, `UsageError` for a URL that is not understood.
    """
    path = plain_file(url)
    if path in (None, "", ":memory:"):
        from newsarchive.db.engine import open_existing

        return open_existing(url)
    require_file(Path(path))
    return File(Path(path))


def engine_of(source: Source) -> Engine:
    """The engine of the same archive, for what needs SQLAlchemy."""
    if isinstance(source, File):
        from newsarchive.db.engine import open_existing

        return open_existing(str(source.path))
    return source


class Reader:
    """A connection to read with."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection, self.dialect = connection, dialect

    @classmethod
    def of(cls, connection: Connected) -> Reader:
        """The reader itself, or one inside the transaction of an SQLAlchemy connection."""
        if isinstance(connection, Reader):
            return connection
        return cls(connection.connection.driver_connection, dialect_of(connection))

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        """Every row of a query."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(*self.spelled(sql, values or {}))
            names = [column[0] for column in cursor.description]
            return [
                {name: loaded(name, value) for name, value in zip(names, row, strict=True)}
                for row in cursor.fetchall()
            ]

    def tuples(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Every row as the driver gives it."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(*self.spelled(sql, values or {}))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def value(self, sql: str, values: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row as the driver gives it, `None` for no row."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(*self.spelled(sql, values or {}))
            row = cursor.fetchone()
            return row[0] if row else None

    def spelled(self, sql: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The query and its values in the spelling of the driver."""
        given: dict[str, Any] = {}
        if not values:  # such a query may list thousands of numbers, and is not kept
            return sql, given
        sizes = []
        for name, value in values.items():
            if isinstance(value, Sequence) and not isinstance(value, str):
                sizes.append((name, len(value)))
                given.update(zip(_numbered(name, len(value)), map(_stored, value), strict=True))
            else:
                given[name] = self.dialect.value(_stored(value))
        return _spelled(sql, tuple(sizes), self.dialect), given


@lru_cache
def _numbered(name: str, size: int) -> tuple[str, ...]:
    return tuple(f"{name}_{i}" for i in range(size))


@lru_cache
def _spelled(sql: str, sizes: tuple[tuple[str, int], ...], dialect: Dialect) -> str:
    """A query in the spelling of the driver, kept because a crawl asks the same with each commit. `sizes` says how many values each
    name has that stands for several."""
    several = dict(sizes)

    def place(match: re.Match[str]) -> str:
        name = match[1]
        if name not in several:
            return dialect.placeholder(name)
        # PostgreSQL takes no empty list.
        return "(" + (", ".join(map(dialect.placeholder, _numbered(name, several[name]))) or "NULL") + ")"

    return _PLACEHOLDER.sub(place, sql)


def _stored(value: Any) -> Any:
    """A text as the archive stores texts, any other value as it is."""
    return storable(value) if isinstance(value, str) else value


@contextmanager
def reading(source: Source) -> Iterator[Reader]:
    """To read from the archive. All queries see the same state, also where an article is read again between two of them.

    Raises `DatabaseUnavailable` where there is no archive or it cannot be read.
    """
    if isinstance(source, File):
        require_file(source.path)
        try:
            with closing(_opened(source.path)) as file:
                file.execute("PRAGMA query_only = ON")
                file.execute("PRAGMA cache_size = -65536")
                file.execute("BEGIN")
                yield Reader(file, SQLITE)
        except sqlite3.Error as error:
            raise explained(str(source.path), error) from error
        return
    from newsarchive.db import engine

    snapshot = source.execution_options(**dialect_of(source).snapshot_options)
    with engine.reading(snapshot) as connection, connection.begin():
        try:
            yield Reader.of(connection)
        except source.dialect.loaded_dbapi.Error as error:
            raise engine.explained_by(source, error) from error


def _opened(path: Path) -> sqlite3.Connection:
    """A connection to an archive. On a read-only disk the file is opened as one that nobody changes."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        connection.close()
        if not is_frozen(path, error):
            raise
        uri = f"{path.absolute().as_uri()}?immutable=1"
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    return connection


def current(connection: Connected) -> str | None:
    """The archive's revision, `None` for an empty database."""
    reader = Reader.of(connection)
    if reader.value(reader.dialect.version_table) is None:
        return None
    found = reader.value("SELECT version_num FROM alembic_version")
    return None if found is None else str(found)
