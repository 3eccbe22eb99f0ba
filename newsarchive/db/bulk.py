"""Inserting and finding many rows at once, for every writer of the archive.

A batch of fifty articles has hundreds of authors, terms and blocks; a statement for each would cost more than all else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, insert, select

from newsarchive.db.engine import insert_ignoring
from newsarchive.db.models import Base
from newsarchive.db.values import storable

Row = dict[str, Any]
T = TypeVar("T")

#: Values that one statement binds; further ones go into another. SQLite takes 32,766, older versions 999.
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


def execute_many(connection: Connection, statement: Any, rows: Sequence[Row]) -> None:
    """Run a statement for each row."""
    if rows:
        connection.execute(statement, list(rows))


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    execute_many(connection, insert(table_of(model)), rows)


def insert_tuples(
    connection: Connection, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of plain numbers, texts and bytes, without SQLAlchemy's work on each value."""
    _insert_tuples(connection, model, columns, rows, "")


def insert_new_tuples(
    connection: Connection, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert such rows; those whose key is there already are left out."""
    _insert_tuples(connection, model, columns, rows, " ON CONFLICT DO NOTHING")


def _insert_tuples(
    connection: Connection,
    model: type[Base],
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    ending: str,
) -> None:
    if rows:
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        names, marks = ", ".join(columns), ", ".join([mark] * len(columns))
        sql = f"INSERT INTO {table_of(model).name} ({names}) VALUES ({marks}){ending}"
        connection.exec_driver_sql(sql, list(rows))


def insert_returning_ids(connection: Connection, model: type[Base], rows: Sequence[Row]) -> list[int]:
    """Insert rows; gives their ids in the same order."""
    if not rows:
        return []
    table = table_of(model)
    query = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(connection.execute(query, list(rows)).scalars())


def ids_of(
    connection: Connection, model: type[Base], unique: tuple[str, ...], rows: Sequence[Row]
) -> dict[tuple[Any, ...], int]:
    """The ids of rows by the values of their `unique` columns, as stored. Rows that are not there yet are added."""
    if not rows:
        return {}
    table = table_of(model)
    columns = [table.c[name] for name in unique]
    wanted = {tuple(storable(row[name]) for name in unique): row for row in rows}
    query = select(table.c.id, *columns).where(columns[-1].in_({key[-1] for key in wanted}))
    found = _by_key(connection, query)
    missing = [row for key, row in wanted.items() if key not in found]
    if missing:
        insert_ignoring(connection, table, missing)
        found = _by_key(connection, query)
    return found


def _by_key(connection: Connection, query: Any) -> dict[tuple[Any, ...], int]:
    return {tuple(key): row_id for row_id, *key in connection.execute(query)}
