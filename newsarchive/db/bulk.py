"""Rows in bulk: what every writer of the archive needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from newsarchive.db.engine import insert_ignoring
from newsarchive.db.models import Base
from newsarchive.db.values import storable

Row = dict[str, Any]


def table_of(model: type[Base]) -> Table:
    assert isinstance(model.__table__, Table)
    return model.__table__


def columns_of(model: type[Base], names: Iterable[str] | None = None) -> list[Any]:
    table = table_of(model)
    return [table.c[name] for name in names] if names else list(table.c)


def parts(ids: Iterable[Any], size: int = 500) -> Iterator[list[Any]]:
    """Ids in lists that fit one statement."""
    ordered = sorted(ids)
    for at in range(0, len(ordered), size):
        yield ordered[at : at + size]


def execute_many(connection: Connection, statement: Any, rows: Sequence[Row]) -> None:
    """Run a statement for each row; nothing for none."""
    if rows:
        connection.execute(statement, list(rows))


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[Row]) -> None:
    execute_many(connection, insert(table_of(model)), rows)


def insert_tuples(
    connection: Connection, model: type[Base], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of plain numbers and bytes past SQLAlchemy's work on each value; nothing for none."""
    if rows:
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        names, marks = ", ".join(columns), ", ".join([mark] * len(columns))
        connection.exec_driver_sql(
            f"INSERT INTO {table_of(model).name} ({names}) VALUES ({marks})", list(rows)
        )


def insert_returning_ids(connection: Connection, model: type[Base], rows: Sequence[Row]) -> list[int]:
    """Insert rows; gives their ids in order."""
    if not rows:
        return []
    table = table_of(model)
    query = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(connection.execute(query, list(rows)).scalars())


def ids_of(
    connection: Connection, model: type[Base], unique: tuple[str, ...], rows: Sequence[Row]
) -> dict[tuple[Any, ...], int]:
    """The ids of rows by their unique columns as stored, adding those that are not there yet."""
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
