"""Copying an archive, or chosen articles of it, into another database.

`copy` copies all of it row by row, between SQLite and PostgreSQL, and goes on where it was stopped. Tables go in the order of
their references, rows in the order of their primary keys. Articles go with their texts into the full-text index at once.

Where a copy goes on, the source may have changed what was copied already, or deleted it. `mirror` then compares row by
row in the order of the keys: rows that the source does not have are deleted first, those that point at others before
the others; then rows that differ are written, and missing ones are added. A row with another name, address or number
than in the source is deleted first as well, and added anew with all that points at it: what it gives up may be another
row's by now.

`write_subset` makes an archive of chosen articles with all that belongs to them. The references in the models say which rows belong
to an article, so that a new table needs no line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)

from newsarchive.db import bulk, fulltext, schema
from newsarchive.db.archive_state import COPY_SPIDER
from newsarchive.db.bulk import Row
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import open_engine, reading, shown, writing
from newsarchive.db.models import ArticleRow, Base, Cluster, CrawlRun, Withholding
from newsarchive.db.models.base import REFERS_TO
from newsarchive.db.near_duplicates import index
from newsarchive.db.reading.hidden import ERASED
from newsarchive.db.rows import signature_of
from newsarchive.exceptions import UsageError
from newsarchive.reprs import counted

#: A row's primary key.
Key = tuple[Any, ...]

#: Called with a table's name, rows done of it and rows in all.
Progress = Callable[[str, int, int], None]

#: Rows that are read, compared or copied in one transaction. A copy that is interrupted loses no more.
MAX_CHUNK_ROWS = 500


def mirror(source: Connection, target: Engine, progress: Progress) -> dict[str, int]:
    """Make the rows of `target`, which may be empty, equal to those of `source`; gives how many each table got. After an
    interruption it can be called again."""
    tables = Base.metadata.sorted_tables
    added = dict.fromkeys((table.name for table in tables), 0)
    with reading(target) as connection:
        filled = [table for table in tables if connection.execute(select(table).limit(1)).first()]
    for table in reversed(filled):
        #: The columns by which a unique constraint tells rows apart.
        unique = [
            column.name
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
            for column in constraint.columns
        ]
        for theirs, ours in _aligned(source, target, table):
            unlike = [
                _named(table, key)
                for key, row in theirs.items()
                if key not in ours or any(row[name] != ours[key][name] for name in unique)
            ]
            if unlike:
                with writing(target) as connection:
                    bulk.execute_many(connection, delete(table).where(*_same(table)), unlike)
    for table in tables:
        done, total = 0, int(source.execute(select(func.count()).select_from(table)).scalar_one())
        for theirs, ours in _aligned(source, target, table):
            _write(target, table, theirs, ours)
            added[table.name] += len(ours.keys() - theirs.keys())
            done += len(ours)
            progress(table.name, done, total)
    return added


def rows_after(connection: Connection, table: Table, key: Key | None) -> Iterator[list[Row]]:
    """Rows behind a key, `MAX_CHUNK_ROWS` at a time."""
    while rows := _rows(connection, table, key, None, MAX_CHUNK_ROWS):
        yield rows
        key = _key(table, rows[-1])


def _aligned(
    source: Connection, target: Engine, table: Table
) -> Iterator[tuple[Mapping[Key, Row], Mapping[Key, Row]]]:
    """Rows of target and source between the same two keys. Rows of the target behind the last key of the source come at
    the end, with no rows of the source."""
    after: Key | None = None
    for rows in rows_after(source, table, None):
        up_to = _key(table, rows[-1])
        with reading(target) as connection:
            theirs = _rows(connection, table, after, up_to, None)
        yield _by_key(table, theirs), _by_key(table, rows)
        after = up_to
    with reading(target) as connection:
        rest = list(chain.from_iterable(rows_after(connection, table, after)))
    yield _by_key(table, rest), {}


def _rows(
    connection: Connection, table: Table, after: Key | None, up_to: Key | None, limit: int | None
) -> list[Row]:
    keys = tuple_(*table.primary_key.columns)
    query = select(table).order_by(*table.primary_key.columns).limit(limit)
    if after is not None:
        query = query.where(keys > _bound(table, after))
    if up_to is not None:
        query = query.where(keys <= _bound(table, up_to))
    return [dict(row._mapping) for row in connection.execute(query)]


def _bound(table: Table, key: Key) -> Any:
    columns = zip(key, table.primary_key.columns, strict=True)
    return tuple_(*(bindparam(None, value, column.type) for value, column in columns))


def _key(table: Table, row: Row) -> Key:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _by_key(table: Table, rows: Sequence[Row]) -> dict[Key, Row]:
    return {_key(table, row): row for row in rows}


def _write(target: Engine, table: Table, theirs: Mapping[Key, Row], ours: Mapping[Key, Row]) -> None:
    changed = {key: row for key, row in ours.items() if theirs.get(key) != row}
    if not changed:
        return
    with writing(target) as connection:
        values = [row | _named(table, key) for key, row in changed.items() if key in theirs]
        bulk.execute_many(connection, update(table).where(*_same(table)), values)
        bulk.insert_new_rows(connection, table, [row for key, row in changed.items() if key not in theirs])
        if table.name == "articles":
            fulltext.index(connection, [row | {"article_id": row["id"]} for row in changed.values()])


def _same(table: Table) -> list[Any]:
    return [column == bindparam(f"key_{column.name}") for column in table.primary_key.columns]


def _named(table: Table, key: Key) -> Row:
    columns = zip(table.primary_key.columns, key, strict=True)
    return {f"key_{column.name}": value for column, value in columns}


def copy(source: Engine, target: Engine, progress: Progress = lambda *_: None) -> dict[str, int]:
    """Copy every row; gives how many each table got. Both must have this version's schema.

    What is written to the source meanwhile is left for the next copy. Go on with a copy that was broken
    off by calling it again. Raises `UsageError` where the target holds another archive.
    """
    if source.url == target.url:
        raise UsageError("source and target are the same database")
    _refuse_another(source, target)
    _refuse_withheld(source, target)
    with reading(source.execution_options(**dialect_of(source).snapshot_options)) as state:
        copied = mirror(state, target, progress)
    # Where the database counts ids by itself, it goes on after the copied ones.
    with writing(target) as connection:
        for table in Base.metadata.sorted_tables:
            if "id" in table.c and (statement := dialect_of(target).restart_ids(table.name)):
                connection.exec_driver_sql(statement)
    return copied


def _refuse_another(source: Engine, target: Engine) -> None:
    """A target with rows must be the beginning of a copy of this source: it has no run that the source does not have, and its
    articles are at the same addresses."""
    query = select(ArticleRow.id, ArticleRow.url_key)
    runs = select(CrawlRun.id, CrawlRun.started_at).where(CrawlRun.spider != COPY_SPIDER)
    with reading(target) as connection:
        theirs = connection.execute(query.order_by(ArticleRow.id.desc()).limit(100)).all()
        their_runs = connection.execute(runs.order_by(CrawlRun.id).limit(100)).all()
        last_site = connection.execute(select(func.max(Base.metadata.tables["sites"].c.id))).scalar()
    with reading(source) as connection:
        ours = connection.execute(query.where(ArticleRow.id.in_([row.id for row in theirs]))).all()
        our_runs = connection.execute(runs.where(CrawlRun.id.in_([row.id for row in their_runs]))).all()
        sites = connection.execute(select(func.max(Base.metadata.tables["sites"].c.id))).scalar() or 0
    is_same = set(theirs) == set(ours) and set(their_runs) == set(our_runs)
    if not is_same or (last_site or 0) > sites:
        raise UsageError(f"{shown(target)} holds another archive: name an empty database")


def _refuse_withheld(source: Engine, target: Engine) -> None:
    """A copy must not bring back what the target withholds or has erased: an older copy of the archive may still have the
    text. Where the source has the target's entry, and has lifted it since, the text may be shown."""
    query = select(Withholding.id, Withholding.article_id, Withholding.state)
    with reading(source) as connection:
        ours = connection.execute(query).all()
    with reading(target) as connection:
        theirs = connection.execute(query.where(Withholding.state != "lifted")).all()
    entries = {row[:2] for row in ours}
    withheld = {row.article_id for row in ours if row.state != "lifted"}
    erased = {row.article_id for row in ours if row.state in ERASED}
    missing = [
        row.article_id
        for row in theirs
        if row.article_id not in erased
        and (row.state in ERASED or (row.article_id not in withheld and row[:2] not in entries))
    ]
    if missing:
        raise UsageError(
            f"{shown(target)} withholds or has erased {counted(len(missing), 'article')} that {shown(source)} still has"
            f" ({', '.join(map(str, sorted(missing)[:5]))}): withhold or erase them there too, or name an empty database"
        )


#: Tables whose dependent rows are copied too. Of a site's dependent tables only those in `_OF_SITE` are copied, of a
#: publisher's none.
_OWNERS = ("articles", "article_revisions", "urls", "captures")
#: What belongs to a site itself, not to its pages.
_OF_SITE = ("sources", "site_blocks")

#: Articles that are copied in one transaction; bounds memory.
MAX_CHUNK_ARTICLES = 100


def write_subset(source: Engine, ids: Sequence[int], target: Path) -> int:
    """Make an SQLite archive of these articles at `target`, which must not exist; gives the number of articles.

    The file is written without gaps, so that it is no larger than the archive it comes from. WARC files are not copied:
    the captures in the new archive say what was fetched, but the raw bytes stay where they are.
    """
    ids = sorted(ids)  # rows that are inserted in the order of their keys fill the pages of a tree
    engine = open_engine(str(target), small_cache=True)
    try:
        schema.upgrade(engine)
        # Each page is read once, so that the cache that serves searches would only take memory. The pool gives a single
        # thread the same connection again.
        with source.connect() as connection:
            for statement in dialect_of(source).small_cache:
                connection.exec_driver_sql(statement)
        number = 0
        for at in range(0, len(ids), MAX_CHUNK_ARTICLES):
            with reading(source) as connection:
                part = _Part(connection, ids[at : at + MAX_CHUNK_ARTICLES])
            with writing(engine) as connection:
                number += part.write(connection)
        copied = select(func.count()).where(ArticleRow.cluster_id == Cluster.id).scalar_subquery()
        with writing(engine) as connection:
            connection.execute(update(Cluster).values(size=copied))
        schema.compact(engine)
        return number
    finally:
        engine.dispose()


class _Part:
    """The rows of every table that belong to some articles, gathered by their keys."""

    def __init__(self, connection: Connection, ids: Sequence[int]) -> None:
        self.connection = connection
        self.rows: dict[str, dict[tuple[Any, ...], Row]] = {t.name: {} for t in Base.metadata.sorted_tables}
        articles = Base.metadata.tables["articles"]
        found = self._add(articles, articles.c.id, ids)
        urls = Base.metadata.tables["urls"]
        self._add(urls, urls.c.url_key, [row["url_key"] for row in found])
        # The rows to which the rows refer, until nothing is missing. Other articles are not added.
        before, number = -1, 0
        while number != before:
            before = number
            for table in Base.metadata.sorted_tables:
                for column, parent in _parents(table):
                    if parent.table.name != "articles":
                        wanted = [row[column.name] for row in self.rows[table.name].values()]
                        self._add(parent.table, parent, wanted)
            number = sum(map(len, self.rows.values()))

    def write(self, connection: Connection) -> int:
        """Insert the rows, parents first. A row that refers to an article that is not copied keeps its other columns,
        and the reference is emptied."""
        chosen = {row["id"] for row in self.rows["articles"].values()}
        for table in Base.metadata.sorted_tables:
            links = list(_references(table, "articles"))
            rows = []
            for row in map(dict, self.rows[table.name].values()):
                lost = [c for c in links if row[c.name] is not None and row[c.name] not in chosen]
                row |= dict.fromkeys((column.name for column in lost), None)
                if all(column.nullable for column in lost):
                    rows.append(row)
            bulk.insert_new_rows(connection, table, rows)
        # The index of copies has no references to follow; its keys are computed from the signatures.
        articles = self.rows["articles"].values()
        signatures = {row["id"]: signature_of(row["minhash"]) for row in articles if row["minhash"]}
        hashes = {row["id"]: row["content_hash"] for row in articles if row["id"] in signatures}
        firsts = index.equal_texts(connection, {text for text in hashes.values() if text})
        held = index.Holders(connection, signatures)
        held.add(connection, [i for i, text in hashes.items() if firsts.get(text, (i,))[0] == i])
        return len(chosen)

    def _add(self, table: Table, column: Column[Any], values: Iterable[Any]) -> list[Row]:
        """Add the rows with these values in a column, and what belongs to the rows that are new here."""
        keys = [c.name for c in table.primary_key.columns]
        known, new = self.rows[table.name], []
        wanted = (value for value in values if value is not None)
        for found in bulk.select_in(self.connection, select(table), column, wanted):
            row = dict(found._mapping)
            if known.setdefault(tuple(row[key] for key in keys), row) is row:
                new.append(row)
        for other in Base.metadata.sorted_tables if new else ():
            follows = table.name in _OWNERS or (table.name == "sites" and other.name in _OF_SITE)
            for reference in _references(other, table.name) if follows and other is not table else ():
                if not reference.nullable:
                    self._add(other, reference, [row["id"] for row in new])
        return new


def _references(table: Table, to: str) -> Iterator[Column[Any]]:
    for column, parent in _parents(table):
        if parent.table.name == to:
            yield column


def _parents(table: Table) -> Iterator[tuple[Column[Any], Column[Any]]]:
    """The columns of a table that refer to another column, each with that column, whether the database checks the
    reference or not."""
    for key in table.foreign_keys:
        yield key.parent, key.column
    for column in table.c:
        if to := column.info.get(REFERS_TO):
            name, _, other = to.partition(".")
            yield column, Base.metadata.tables[name].c[other]
