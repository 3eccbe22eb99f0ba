"""Moving an archive from one database to another, row by row, resumable.

Tables go in the order of their references, rows in the order of their primary keys: how far a copy
came is what the target has. Articles go with their texts into the full-text index at once. Where a copy
goes on, the source may have changed what was copied already: `mirroring` then compares row by row.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine, Table, func, select

from newsarchive.db import fulltext
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import insert_ignoring, reading, shown, writing
from newsarchive.db.mirroring import Key, Progress, mirror, rows_after
from newsarchive.db.models import ArticleRow, Base
from newsarchive.exceptions import UsageError

#: Rows of one transaction.
CHUNK = 500


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
        tables = Base.metadata.sorted_tables
        begun = any(_last_key(target, table) for table in tables)
        copied = {table.name: _copy_table(state, target, table, progress, chunk) for table in tables}
        if begun:
            mirror(state, target, progress, chunk)
    _restart_sequences(target)
    return copied


def _one_state(engine: Engine) -> AbstractContextManager[Connection]:
    """A read transaction that sees no later write, for which some databases must be asked."""
    return reading(engine.execution_options(**dialect_of(engine).snapshot_options))


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
        done = _count(connection, table)
    last = _last_key(target, table)
    total = _count(source, table)
    first = done
    for rows in rows_after(source, table, last, chunk):
        with writing(target) as connection:
            insert_ignoring(connection, table, rows)
            if table.name == "articles":
                fulltext.index(connection, [row | {"article_id": row["id"]} for row in rows])
        done += len(rows)
        progress(table.name, done, total)
    return done - first


def _last_key(engine: Engine, table: Table) -> Key | None:
    keys = list(table.primary_key.columns)
    with reading(engine) as connection:
        row = connection.execute(select(*keys).order_by(*(key.desc() for key in keys)).limit(1)).first()
    return tuple(row) if row else None


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _restart_sequences(engine: Engine) -> None:
    """Where the database counts ids on its own: go on from where the copied ones end."""
    with writing(engine) as connection:
        for table in Base.metadata.sorted_tables:
            if "id" in table.c and (statement := dialect_of(engine).restart_ids(table.name)):
                connection.exec_driver_sql(statement)
