"""Moving an archive from one database to another, row by row, resumable.

Tables go in the order of their references, rows in the order of their primary keys: how far a copy
came is what the target has. Articles go with their texts into the full-text index at once; those that
changed in the source since a copy was broken off are brought up to date at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, func, select, tuple_, update

from newsarchive.db import fulltext
from newsarchive.db.bulk import Row, columns_of, execute_many
from newsarchive.db.engine import insert_ignoring, reading, shown, writing
from newsarchive.db.models import ArticleRow, Base, Revision
from newsarchive.db.rows import READ
from newsarchive.exceptions import UsageError

#: Rows of one transaction.
CHUNK = 500

#: Called with a table's name, rows copied of it and rows in all.
Progress = Callable[[str, int, int], None]


def silent(table: str, done: int, total: int) -> None:
    """Report nothing."""


def copy(source: Engine, target: Engine, progress: Progress = silent, chunk: int = CHUNK) -> dict[str, int]:
    """Copy every row; gives how many each table got. Both must have this version's schema.

    What is written to the source meanwhile is left for the next copy. Go on with a copy that was broken
    off by calling it again. Raises `UsageError` where the target holds another archive.
    """
    if source.url == target.url:
        raise UsageError("source and target are the same database")
    _refuse_another(source, target)
    with _one_state(source) as state:
        copied = {
            table.name: _copy_table(state, target, table, progress, chunk)
            for table in Base.metadata.sorted_tables
        }
        _follow_source(state, target, progress, chunk)
    _restart_sequences(target)
    return copied


def _one_state(engine: Engine) -> AbstractContextManager[Connection]:
    """A read transaction that sees no later write; PostgreSQL must be asked for that."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    return reading(engine)


def _refuse_another(source: Engine, target: Engine) -> None:
    """A target with rows must be the beginning of a copy of this source."""
    with reading(target) as connection:
        query = select(ArticleRow.id, ArticleRow.url_key, ArticleRow.first_seen_at)
        theirs = connection.execute(query.order_by(ArticleRow.id.desc()).limit(100)).all()
        last_site = connection.execute(select(func.max(Base.metadata.tables["sites"].c.id))).scalar()
    with reading(source) as connection:
        ours = connection.execute(query.where(ArticleRow.id.in_([row.id for row in theirs]))).all()
        sites = connection.execute(select(func.max(Base.metadata.tables["sites"].c.id))).scalar() or 0
    if set(map(tuple, theirs)) != set(map(tuple, ours)) or (last_site or 0) > sites:
        raise UsageError(f"{shown(target)} holds another archive: name an empty database")


def _copy_table(source: Connection, target: Engine, table: Table, progress: Progress, chunk: int) -> int:
    with reading(target) as connection:
        done, last = _count(connection, table), _last_key(connection, table)
    total = _count(source, table)
    first = done
    for rows in _rows_after(source, table, last, chunk):
        with writing(target) as connection:
            insert_ignoring(connection, table, rows)
            if table.name == "articles":
                fulltext.index(connection, [row | {"article_id": row["id"]} for row in rows])
        done += len(rows)
        progress(table.name, done, total)
    return done - first


def _rows_after(
    connection: Connection, table: Table, key: tuple[Any, ...] | None, chunk: int
) -> Iterator[list[dict[str, Any]]]:
    keys = list(table.primary_key.columns)
    while True:
        query = select(table).order_by(*keys).limit(chunk)
        if key is not None:
            query = query.where(
                tuple_(*keys) > tuple_(*(bindparam(None, v, c.type) for v, c in zip(key, keys, strict=True)))
            )
        rows = [dict(row._mapping) for row in connection.execute(query)]
        if not rows:
            return
        yield rows
        key = tuple(rows[-1][column.name] for column in keys)


def _last_key(connection: Connection, table: Table) -> tuple[Any, ...] | None:
    keys = list(table.primary_key.columns)
    row = connection.execute(select(*keys).order_by(*(key.desc() for key in keys)).limit(1)).first()
    return tuple(row) if row else None


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _follow_source(source: Connection, target: Engine, progress: Progress, chunk: int) -> None:
    """Bring texts to what the source has: it may have changed since a copy that was broken off."""
    states = select(ArticleRow.id, ArticleRow.revision_id).order_by(ArticleRow.id).limit(chunk)
    after = 0
    while True:
        with reading(target) as connection:
            rows = connection.execute(states.where(ArticleRow.id > after)).all()
        if not rows:
            return
        articles, revisions = _changed(source, {row.id: row.revision_id for row in rows})
        with writing(target) as connection:
            execute_many(connection, update(ArticleRow).where(ArticleRow.id == bindparam("b_id")), articles)
            fulltext.index(connection, [row | {"article_id": row["b_id"]} for row in articles])
            execute_many(connection, update(Revision).where(Revision.id == bindparam("b_id")), revisions)
        after = rows[-1].id
        progress("current revisions", after, after)


def _changed(source: Connection, held: dict[int, int | None]) -> tuple[list[Row], list[Row]]:
    """Of articles with the revisions they have in the target: those that moved on, and what they left."""
    columns = columns_of(ArticleRow, ("id", "revision_id", "content_hash", "unspaced", *READ))
    found = source.execute(select(*columns).where(ArticleRow.id.in_(list(held))))
    moved = [dict(row._mapping) for row in found if row.revision_id != held[row.id]]
    bodies = select(Revision.id.label("b_id"), Revision.article_body).where(
        Revision.article_id.in_([row["id"] for row in moved]), Revision.article_body.is_not(None)
    )
    left = [dict(row._mapping) for row in source.execute(bodies)]
    return [{"b_id": row.pop("id"), **row} for row in moved], left


def _restart_sequences(engine: Engine) -> None:
    """PostgreSQL counts ids on its own: from where the copied ones end."""
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            for table in Base.metadata.sorted_tables:
                if "id" in table.c:
                    _restart(connection, table)


def _restart(connection: Connection, table: Table) -> None:
    sequence = func.pg_get_serial_sequence(table.name, "id")
    last = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
    connection.execute(select(func.setval(sequence, last, False)))
