"""A part of an archive as an archive of its own: chosen articles with all that belongs to them.

What belongs to what is read from the references in the models, so that a new table comes along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, func, select, update

from newsarchive.db import bulk, schema
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import insert_ignoring, open_engine, reading, writing
from newsarchive.db.models import ArticleRow, Base, Cluster
from newsarchive.db.models.base import REFERS_TO
from newsarchive.db.near_duplicates import index
from newsarchive.db.rows import minhash_of

Row = dict[str, Any]

#: Tables whose dependants come along; those of a site and a publisher do only where named in `_OF_SITE`.
_OWNERS = ("articles", "article_revisions", "urls", "captures")
#: What belongs to a site itself, not to its pages.
_OF_SITE = ("sources", "site_blocks")

#: Articles that are copied in one transaction; bounds memory.
MAX_CHUNK_ARTICLES = 100


def write_subset(source: Engine, ids: Sequence[int], target: Path) -> int:
    """Make an SQLite archive of these articles at `target`, which must not exist; gives how many.

    The file is written without gaps, so that it is no larger than the archive it comes from. Raw bytes stay where
    they are: captures say what was fetched, and their WARC files are not copied.
    """
    ids = sorted(ids)  # rows that come in the order of their keys fill the pages of a tree
    engine = open_engine(str(target))
    try:
        schema.upgrade(engine)
        for one in (source, engine):
            _small_cache(one)
        number = 0
        for at in range(0, len(ids), MAX_CHUNK_ARTICLES):
            with reading(source) as connection:
                part = _Part(connection, ids[at : at + MAX_CHUNK_ARTICLES])
            with writing(engine) as connection:
                number += part.write(connection)
        with writing(engine) as connection:
            _recount(connection)
        schema.compact(engine)
        return number
    finally:
        engine.dispose()


def _small_cache(engine: Engine) -> None:
    """Every page is read and written once: the cache of 64 MiB that serves searches would only grow here.

    The pool gives the same connection again to whoever works alone.
    """
    with engine.connect() as connection:
        for statement in dialect_of(engine).small_cache:
            connection.exec_driver_sql(statement)


class _Part:
    """Rows of every table that belong to some articles, gathered by their keys."""

    def __init__(self, connection: Connection, ids: Sequence[int]) -> None:
        self.connection = connection
        self.rows: dict[str, dict[tuple[Any, ...], Row]] = {t.name: {} for t in Base.metadata.sorted_tables}
        articles = Base.metadata.tables["articles"]
        found = self._add(articles, articles.c.id, ids)
        urls = Base.metadata.tables["urls"]
        self._add(urls, urls.c.url_key, [row["url_key"] for row in found])
        self._add_parents()

    def write(self, connection: Connection) -> int:
        """Insert, parents first. Of a link to an article that did not come along, the article's side stays."""
        chosen = {row["id"] for row in self.rows["articles"].values()}
        for table in Base.metadata.sorted_tables:
            links = list(_references(table, "articles"))
            rows = [dict(row) for row in self.rows[table.name].values()]
            insert_ignoring(connection, table, [row for row in rows if _linked(row, links, chosen)])
        _index(connection, list(self.rows["articles"].values()))
        return len(chosen)

    def _add(self, table: Table, column: Column[Any], values: Iterable[Any]) -> list[Row]:
        """Rows by a column, and what belongs to those that are new."""
        keys = [c.name for c in table.primary_key.columns]
        known, new = self.rows[table.name], []
        for part in bulk.parts({value for value in values if value is not None}):
            for found in self.connection.execute(select(table).where(column.in_(part))).mappings():
                row = dict(found)
                if known.setdefault(tuple(row[key] for key in keys), row) is row:
                    new.append(row)
        if new:
            self._add_dependants(table, new)
        return new

    def _add_dependants(self, table: Table, rows: list[Row]) -> None:
        for other in Base.metadata.sorted_tables:
            follows = table.name in _OWNERS or (table.name == "sites" and other.name in _OF_SITE)
            for column in _references(other, table.name) if follows and other is not table else ():
                if not column.nullable:
                    self._add(other, column, [row["id"] for row in rows])

    def _add_parents(self) -> None:
        """What the rows refer to, until nothing is missing; other articles are not fetched."""
        while True:
            before = sum(map(len, self.rows.values()))
            for table in Base.metadata.sorted_tables:
                for column, parent in _parents(table):
                    if parent.table.name != "articles":
                        wanted = [row[column.name] for row in self.rows[table.name].values()]
                        self._add(parent.table, parent, wanted)
            if sum(map(len, self.rows.values())) == before:
                return


def _linked(row: Row, links: Sequence[Column[Any]], chosen: set[int]) -> bool:
    """Empty the references of a row to articles that are not among these; False where one may not be empty."""
    for column in links:
        if row[column.name] is not None and row[column.name] not in chosen:
            if not column.nullable:
                return False
            row[column.name] = None
    return True


def _index(connection: Connection, articles: Sequence[Row]) -> None:
    """The index of copies has no references; its keys follow from the signatures."""
    signatures = {row["id"]: minhash_of(row["minhash"]) for row in articles if row["minhash"]}
    hashes = {row["id"]: row["content_hash"] for row in articles if row["id"] in signatures}
    firsts = index.equal_texts(connection, {text for text in hashes.values() if text})
    held = index.Holders(connection, signatures)
    held.add(connection, [i for i, text in hashes.items() if firsts.get(text, (i,))[0] == i])


def _references(table: Table, to: str) -> Iterator[Column[Any]]:
    for column, parent in _parents(table):
        if parent.table.name == to:
            yield column


def _parents(table: Table) -> Iterator[tuple[Column[Any], Column[Any]]]:
    """The columns that refer to others, each with that other one, whether the database checks it or not."""
    for key in table.foreign_keys:
        yield key.parent, key.column
    for column in table.c:
        if to := column.info.get(REFERS_TO):
            name, _, other = to.partition(".")
            yield column, Base.metadata.tables[name].c[other]


def _recount(connection: Connection) -> None:
    """A cluster counts the articles that came along."""
    number = select(func.count()).where(ArticleRow.cluster_id == Cluster.id).scalar_subquery()
    connection.execute(update(Cluster).values(size=number))
