"""Inserting and finding many rows at once, for every writer of the archive.

A batch of fifty articles has hundreds of authors, terms and dropped lines; a statement for each would cost more than all
else.

Statements that run for every article are compiled by SQLAlchemy once, and the driver runs them from then on. To find the compiled
form of a statement and to make its parameters takes SQLAlchemy 200 µs, and SQLite needs 10 µs to run it; a crawl commits one or
two articles at a time, with forty statements.

    _GONE = Prepared(update(ArticleRow).where(ArticleRow.id == bindparam("b_id")))
    _GONE.run(connection, [{"b_id": 17, "gone_at": now}])

What a row does not name gets the default of its column, and every value is converted as SQLAlchemy does by its type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Delete, Dialect, Select, Table, Update, insert

from newsarchive.db.dialects import DIALECTS, dialect_of
from newsarchive.db.models import Base
from newsarchive.db.readonly import Reader
from newsarchive.db.values import storable

Row = dict[str, Any]
T = TypeVar("T")
Given = Callable[[], Any]

#: The most values that one statement binds; more are divided among several statements. SQLite allows 32,766, older
#: versions 999.
MAX_VALUES = 500
#: From this number of rows on, a database that supports it is given them as a stream (COPY). A stream takes two
#: exchanges with the server, and then 24 µs of CPU a row (client and server) instead of the 43 µs of an INSERT: for
#: fewer rows nothing is gained.
MIN_STREAMED_ROWS = 8
#: Compiled forms of insertions that are kept, one for each table, set of columns and open database.
MAX_INSERTS = 256


def table_of(model: type[Base]) -> Table:
    assert isinstance(model.__table__, Table)
    return model.__table__


def columns_of(model: type[Base], names: Iterable[str] | None = None) -> list[Any]:
    table = table_of(model)
    return [table.c[name] for name in names] if names else list(table.c)


def parts(ids: Iterable[Any], size: int = MAX_VALUES) -> Iterator[list[Any]]:
    """Ids in ascending order, in lists that fit one statement."""
    return chunks(sorted(ids), size)


def chunks(values: list[T], size: int = MAX_VALUES) -> Iterator[list[T]]:
    """Values in their own order, in lists that fit one statement."""
    for at in range(0, len(values), size):
        yield values[at : at + size]


def select_in(
    connection: Connection, query: Select[*tuple[Any, ...]], column: Any, values: Iterable[Any]
) -> Iterator[Any]:
    """The rows of a query whose column has one of these values, by as many statements as they need."""
    for part in parts(set(values)):
        yield from connection.execute(query.where(column.in_(part)))


def change_in(connection: Connection, statement: Update | Delete, column: Any, values: Iterable[Any]) -> None:
    """Change or delete the rows whose column has one of these values, by as many statements as they need."""
    for part in parts(set(values)):
        connection.execute(statement.where(column.in_(part)))


def execute_many(connection: Connection, statement: Any, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(statement, list(rows))


def select_tuples(connection: Connection, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a query in plain SQL as the driver gives them: `:name` stands for a value, `IN :names` for several."""
    return Reader.of(connection).tuples(sql, values)


def select_rows(connection: Connection, sql: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of such a query by the names of columns, each value as a record has it."""
    return Reader.of(connection).rows(sql, values)


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows that name the same columns; the others get their defaults."""
    if not rows:
        return
    table, dialect = table_of(model), dialect_of(connection)
    compiled = _insert(table, tuple(rows[0]), connection.dialect)
    if dialect.streams and len(rows) >= MIN_STREAMED_ROWS:
        dialect.insert_tuples(connection, table.name, compiled.names, compiled.converted(rows))
    else:
        compiled.run(connection, rows)


def insert_tuples(
    connection: Connection, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of plain numbers, texts and bytes, without SQLAlchemy's work on each value."""
    if rows:
        dialect_of(connection).insert_tuples(connection, table_of(model).name, columns, rows)


def insert_new_rows(connection: Connection, into: type[Base] | Table, rows: Sequence[Row]) -> None:
    """Insert such rows; those that a unique constraint finds there already are left out."""
    if rows:
        table = into if isinstance(into, Table) else table_of(into)
        _insert_new(table, tuple(rows[0]), connection.dialect).run(connection, rows)


def new_ids(connection: Connection, model: type[Base], number: int) -> list[int]:
    """Ids for new rows, ascending. No other writer can take the same ids, because only one write transaction runs at a
    time."""
    if not number:
        return []
    query = dialect_of(connection).new_ids(table_of(model).name, number)
    return [row_id for (row_id,) in select_tuples(connection, query, {})]


def insert_returning_ids(connection: Connection, model: type[Base], rows: Sequence[Row]) -> list[int]:
    """Insert rows; gives their ids in the same order."""
    ids = new_ids(connection, model, len(rows))
    insert_rows(connection, model, [{**row, "id": row_id} for row_id, row in zip(ids, rows, strict=True)])
    return ids


def ids_of(
    connection: Connection, model: type[Base], unique: tuple[str, ...], rows: Sequence[Row]
) -> dict[tuple[Any, ...], int]:
    """The ids of rows by the values of their `unique` columns, as stored. Rows that are not there yet are added."""
    wanted = {tuple(storable(row[name]) for name in unique): row for row in rows}
    found = _known_ids(connection, model, unique, wanted)
    missing = [row for key, row in wanted.items() if key not in found]
    ids = insert_returning_ids(connection, model, missing)
    return found | {
        tuple(storable(row[name]) for name in unique): i for row, i in zip(missing, ids, strict=True)
    }


def _known_ids(
    connection: Connection, model: type[Base], unique: tuple[str, ...], wanted: Iterable[tuple[Any, ...]]
) -> dict[tuple[Any, ...], int]:
    condition = " AND ".join(f"{name} IN :{name}" for name in unique)
    query = f"SELECT id, {', '.join(unique)} FROM {table_of(model).name} WHERE {condition}"
    found: dict[tuple[Any, ...], int] = {}
    for part in chunks(list(wanted)):
        values = {
            name: list(dict.fromkeys(column))
            for name, column in zip(unique, zip(*part, strict=True), strict=True)
        }
        found |= {tuple(key): row_id for row_id, *key in select_tuples(connection, query, values)}
    return found


class Prepared:
    """An UPDATE or DELETE that runs for rows; a row gives the columns to set and the named values of the condition."""

    def __init__(self, statement: Any) -> None:
        self._compiled = lru_cache(maxsize=16)(partial(_Compiled, statement))

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the statement for each row; all rows name the same columns."""
        if rows:
            self._compiled(tuple(rows[0]), connection.dialect).run(connection, rows)


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
        self.values = [
            (name, binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in order
        ]
        #: Gives the values that no row has: the defaults of columns, and the values in the statement itself.
        self.others = {
            name: _default(defaults[name]) if name in defaults else partial(getattr, binds[name], "value")
            for name in order
            if name not in names
        }

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.values]

    def converted(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The values of each row, in the order of `names`, as the driver takes them."""
        if self.others:
            rows = [{name: give() for name, give in self.others.items()} | dict(row) for row in rows]
        return [
            tuple([row[name] if convert is None else convert(row[name]) for name, convert in self.values])
            for row in rows
        ]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        made = self.converted(rows)
        if self.is_positional:
            connection.exec_driver_sql(self.sql, made)
        else:
            names = self.names
            connection.exec_driver_sql(self.sql, [dict(zip(names, one, strict=True)) for one in made])


def _default(default: Any) -> Given:
    return partial(default.arg, None) if default.is_callable else partial(getattr, default, "arg")
