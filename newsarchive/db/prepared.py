"""Statements that SQLAlchemy compiles once and the driver runs from then on.

To find the compiled form of a statement and to make its parameters takes SQLAlchemy 200 µs, and SQLite needs 10 µs to run it.
A crawl commits one or two articles at a time, with forty statements: so its statements are prepared.

    _GONE = Prepared(update(ArticleRow).where(ArticleRow.id == bindparam("b_id")))
    _GONE.run(connection, [{"b_id": 17, "gone_at": now}])

What a row does not name gets the default of its column, and every value is converted as SQLAlchemy does by its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

from newsarchive.db.dialects import DIALECTS

Row = Mapping[str, Any]
Convert = Callable[[Any], Any]
Given = Callable[[], Any]

#: Compiled forms of insertions that are kept, one for each table, set of columns and open database.
MAX_INSERTS = 256


class Prepared:
    """An UPDATE or DELETE that runs for rows; a row gives the columns to set and the named values of the condition."""

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._compiled = lru_cache(maxsize=16)(self._compile)

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Run the statement for each row; all rows name the same columns."""
        if rows:
            self._compiled(tuple(rows[0]), connection.dialect).run(connection, rows)

    def _compile(self, names: tuple[str, ...], dialect: Dialect) -> _Compiled:
        return _Compiled(self.statement, names, dialect)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that name the same columns."""
    if rows:
        _insert(table, tuple(rows[0]), connection.dialect).run(connection, rows)


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that name the same columns; those that a unique constraint finds there already are left out."""
    if rows:
        _insert_new(table, tuple(rows[0]), connection.dialect).run(connection, rows)


@lru_cache(maxsize=MAX_INSERTS)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Compiled:
    return _Compiled(insert(table).inline(), names, dialect)


@lru_cache(maxsize=MAX_INSERTS)
def _insert_new(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Compiled:
    return _Compiled(DIALECTS[dialect.name].insert(table).on_conflict_do_nothing().inline(), names, dialect)


class _Compiled:
    """The SQL of a statement for one database, and how its values are converted."""

    def __init__(self, statement: Any, names: tuple[str, ...], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        defaults = {column.key: column.default for column in compiled.insert_prefetch}
        self.sql = str(compiled)
        self.is_positional = bool(compiled.positional)
        order = compiled.positiontup if self.is_positional else binds
        self.values = [(name, _converter(binds[name].type, dialect)) for name in order]
        #: What gives the values that no row has: the defaults of columns, and what the statement itself says.
        self.others = {
            name: _default(defaults[name]) if name in defaults else partial(getattr, binds[name], "value")
            for name in order
            if name not in names
        }

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        if self.others:
            rows = [{name: give() for name, give in self.others.items()} | dict(row) for row in rows]
        made = [
            [row[name] if convert is None else convert(row[name]) for name, convert in self.values]
            for row in rows
        ]
        if self.is_positional:
            connection.exec_driver_sql(self.sql, list(map(tuple, made)))
        else:
            names = [name for name, _ in self.values]
            connection.exec_driver_sql(self.sql, [dict(zip(names, one, strict=True)) for one in made])


def _converter(kind: Any, dialect: Dialect) -> Convert | None:
    found: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


def _default(default: Any) -> Given:
    return partial(default.arg, None) if default.is_callable else partial(getattr, default, "arg")
