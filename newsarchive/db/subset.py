"""A part of an archive as an archive of its own: chosen articles with all that belongs to them.

The references in the models say which rows belong to an article, so that a new table needs no line here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, func, select, update

from newsarchive.db import bulk, schema
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import open_engine, reading, writing
from newsarchive.db.models import ArticleRow, Base, Cluster
from newsarchive.db.models.base import REFERS_TO
from newsarchive.db.near_duplicates import index
from newsarchive.db.rows import signature_of

Row = dict[str, Any]

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
        self._add_parents()

    def write(self, connection: Connection) -> int:
        """Insert the rows, parents first. A row that refers to an article that is not copied keeps its other columns,
        and the reference is emptied."""
        chosen = {row["id"] for row in self.rows["articles"].values()}
        for table in Base.metadata.sorted_tables:
            links = list(_references(table, "articles"))
            rows = [dict(row) for row in self.rows[table.name].values()]
            bulk.insert_new_rows(connection, table, [row for row in rows if _linked(row, links, chosen)])
        _index(connection, list(self.rows["articles"].values()))
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
        """Add the rows to which the rows refer, until nothing is missing. Other articles are not added."""
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
    """Make the index of copies of these articles. It has no references to follow; its keys are computed from the
    signatures."""
    signatures = {row["id"]: signature_of(row["minhash"]) for row in articles if row["minhash"]}
    hashes = {row["id"]: row["content_hash"] for row in articles if row["id"] in signatures}
    firsts = index.equal_texts(connection, {text for text in hashes.values() if text})
    held = index.Holders(connection, signatures)
    held.add(connection, [i for i, text in hashes.items() if firsts.get(text, (i,))[0] == i])


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
