"""Moving an archive from one database to another, row by row, resumable.

Tables go in the order of their references, rows in the order of their primary keys: how far a copy
came is what the target has. An article gets its current revision at the end, when that is there
(the full-text index follows).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, func, select, tuple_, update

from newsarchive.db import fulltext
from newsarchive.db.engine import insert_ignoring, reading, shown, writing
from newsarchive.db.models import ArticleRow, Base, Revision
from newsarchive.exceptions import UsageError

#: Rows of one transaction.
CHUNK = 500

#: Called with a table's name, rows copied of it and rows in all.
Progress = Callable[[str, int, int], None]


def silent(table: str, done: int, total: int) -> None:
    """Report nothing."""


def copy(source: Engine, target: Engine, progress: Progress = silent, chunk: int = CHUNK) -> dict[str, int]:
    """Copy every row; gives how many each table got. Both must have this version's schema.

    Go on with a copy that was broken off by calling it again. Raises `UsageError` where the target
    holds another archive.
    """
    if source.url == target.url:
        raise UsageError("source and target are the same database")
    _refuse_another(source, target)
    copied = {
        table.name: _copy_table(source, target, table, progress, chunk)
        for table in Base.metadata.sorted_tables
    }
    _set_current_revisions(source, target, progress, chunk)
    _restart_sequences(target)
    return copied


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


def _copy_table(source: Engine, target: Engine, table: Table, progress: Progress, chunk: int) -> int:
    done = _count(target, table)
    total = _count(source, table)
    first = done
    for rows in _rows_after(source, table, _last_key(target, table), chunk):
        if table.name == "articles":
            rows = [row | {"revision_id": None} for row in rows]
        with writing(target) as connection:
            insert_ignoring(connection, table, rows)
        done += len(rows)
        progress(table.name, done, total)
    return done - first


def _rows_after(
    engine: Engine, table: Table, key: tuple[Any, ...] | None, chunk: int
) -> Iterator[list[dict[str, Any]]]:
    keys = list(table.primary_key.columns)
    while True:
        query = select(table).order_by(*keys).limit(chunk)
        if key is not None:
            query = query.where(
                tuple_(*keys) > tuple_(*(bindparam(None, v, c.type) for v, c in zip(key, keys, strict=True)))
            )
        with reading(engine) as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        if not rows:
            return
        yield rows
        key = tuple(rows[-1][column.name] for column in keys)


def _last_key(engine: Engine, table: Table) -> tuple[Any, ...] | None:
    keys = list(table.primary_key.columns)
    with reading(engine) as connection:
        row = connection.execute(select(*keys).order_by(*(key.desc() for key in keys)).limit(1)).first()
    return tuple(row) if row else None


def _count(engine: Engine, table: Table) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _set_current_revisions(source: Engine, target: Engine, progress: Progress, chunk: int) -> None:
    """Point articles to their texts, in order of id: those that point already are done."""
    with reading(target) as connection:
        waiting = select(func.min(ArticleRow.id)).where(ArticleRow.revision_id.is_(None))
        first = connection.execute(waiting).scalar()
    if first is None:
        return
    after = first - 1
    columns = (ArticleRow.id, ArticleRow.revision_id, Revision.headline, Revision.article_body)
    query = select(*columns).join(Revision, Revision.id == ArticleRow.revision_id).order_by(ArticleRow.id)
    point = update(ArticleRow).where(ArticleRow.id == bindparam("b_id"), ArticleRow.revision_id.is_(None))
    while True:
        with reading(source) as connection:
            rows = connection.execute(query.where(ArticleRow.id > after).limit(chunk)).all()
        if not rows:
            return
        with writing(target) as connection:
            pointers = [{"b_id": row.id, "b_revision": row.revision_id} for row in rows]
            connection.execute(point.values(revision_id=bindparam("b_revision")), pointers)
            texts = [
                {"article_id": r.id, "headline": r.headline, "article_body": r.article_body} for r in rows
            ]
            fulltext.index(connection, texts)
        after = rows[-1].id
        progress("current revisions", after, after)


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
