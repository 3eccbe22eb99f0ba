"""Inserting, changing and finding many rows at once, for every writer of the archive.

A batch of fifty articles has hundreds of authors, terms and dropped lines; a statement for each would cost more than all
else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Delete, Insert, Select, Table, Update, bindparam, insert, update

from newsarchive.db.dialects import dialect_of
from newsarchive.db.models import Base
from newsarchive.db.readonly import Reader
from newsarchive.db.values import storable

Row = dict[str, Any]
T = TypeVar("T")

#: The most values that one statement binds; more are divided among several statements. SQLite allows 32,766, older
#: versions 999.
MAX_VALUES = 500


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


def execute_many(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement for each row; without rows nothing is done. All rows name the same columns."""
    if rows:
        connection.execute(statement, list(rows))


def select_tuples(connection: Connection, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a query in plain SQL as the driver gives them: `:name` stands for a value, `IN :names` for several."""
    return Reader.of(connection).tuples(sql, values)


def select_rows(connection: Connection, sql: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of such a query by the names of columns, each value as a record has it."""
    return Reader.of(connection).rows(sql, values)


def change(connection: Connection, sql: str, values: Mapping[str, Any]) -> None:
    """Change or delete rows by plain SQL, spelled as for `select_tuples`."""
    connection.exec_driver_sql(*Reader.of(connection).spelled(sql, values))


def update_rows(connection: Connection, model: type[Base], rows: Sequence[Row], by: str = "id") -> None:
    """Change rows by their ids, or by the column `by`. Each of `rows` has the value of that column under `b_id`, and the columns that
    change; all name the same columns."""
    execute_many(connection, _updating(table_of(model), by), rows)


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows that name the same columns; the others get their defaults."""
    execute_many(connection, _inserting(table_of(model)), rows)


@cache
def _updating(table: Table, by: str) -> Update:
    """Made once for each table: SQLAlchemy takes 0.1 ms for it, and most batches of a crawl change several tables."""
    return update(table).where(table.c[by] == bindparam("b_id"))


@cache
def _inserting(table: Table) -> Insert:
    return insert(table).inline()


def insert_tuples(
    connection: Connection, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of plain numbers, texts and bytes, without SQLAlchemy's work on each value."""
    if rows:
        dialect_of(connection).insert_tuples(connection, table_of(model).name, columns, rows)


def insert_new_rows(connection: Connection, into: type[Base] | Table, rows: Sequence[Row]) -> None:
    """Insert rows that name the same columns. A row that is there already, as a unique constraint tells, is left out."""
    table = into if isinstance(into, Table) else table_of(into)
    new = dialect_of(connection).insert(table).on_conflict_do_nothing().inline()
    execute_many(connection, new, rows)


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
    condition = " AND ".join(f"{name} IN :{name}" for name in unique)
    query = f"SELECT id, {', '.join(unique)} FROM {table_of(model).name} WHERE {condition}"
    found: dict[tuple[Any, ...], int] = {}
    for part in chunks(list(wanted)):
        columns = (list(dict.fromkeys(column)) for column in zip(*part, strict=True))
        values = dict(zip(unique, columns, strict=True))
        found |= {tuple(key): row_id for row_id, *key in select_tuples(connection, query, values)}
    missing = [row for key, row in wanted.items() if key not in found]
    ids = insert_returning_ids(connection, model, missing)
    new = (tuple(storable(row[name]) for name in unique) for row in missing)
    return found | dict(zip(new, ids, strict=True))
