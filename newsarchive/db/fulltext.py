"""The full-text index: which SQL asks it, and what PostgreSQL must be told.

SQLite's triggers keep FTS5 in step. PostgreSQL gets the words that `tokens.tokenise` finds, the
same on both databases, with headline words weighted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection, text

from newsarchive.db.dialects import dialect_of
from newsarchive.db.query_language import tokenise

#: PostgreSQL's limits: positions above 16383 are equal, a word has 2046 bytes, a document 1 MB.
_LAST_POSITION = 16383
_LONGEST_WORD = 255
_MOST_PLACES = 255
_LARGEST = 900_000

_UPSERT = text(
    "INSERT INTO article_search (article_id, document) VALUES (:article_id, CAST(:document AS tsvector))"
    " ON CONFLICT (article_id) DO UPDATE SET document = EXCLUDED.document"
)


def index(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put articles into the index. A row has `article_id`, `headline`, `article_body`."""
    if dialect_of(connection).rebuild_search:
        return  # triggers did it
    documents = [
        {"article_id": row["article_id"], "document": document(row["headline"], row["article_body"])}
        for row in rows
    ]
    if documents:
        connection.execute(_UPSERT, documents)


def rebuild(connection: Connection) -> None:
    """Make the whole index anew."""
    if statements := dialect_of(connection).rebuild_search:
        for statement in statements:
            connection.exec_driver_sql(statement)
        return
    connection.exec_driver_sql("DELETE FROM article_search")
    texts = connection.exec_driver_sql("SELECT id AS article_id, headline, article_body FROM articles")
    for part in texts.mappings().partitions(500):
        index(connection, [dict(row) for row in part])


def document(headline: str, body: str) -> str:
    """A tsvector's text form: each word with its positions, headline words weighted A.

    >>> document("On ships", "Ships sink")
    "'on':1A 'ships':2A,4 'sink':5"
    """
    places: dict[str, list[str]] = {}
    size = 0
    for word, at, weight in _weighted(headline, body):
        if len(word) <= _LONGEST_WORD and size < _LARGEST:
            known = places.setdefault(word, [])
            size += 10 + (0 if known else 4 * len(word))
            if len(known) < _MOST_PLACES:
                known.append(f"{at}{weight}")
    return " ".join(f"'{word}':{','.join(where)}" for word, where in places.items() if where)


def _weighted(headline: str, body: str) -> Iterator[tuple[str, int, str]]:
    """Words with their positions; a gap keeps a phrase from running out of the headline."""
    at = 0
    for token in islice(tokenise(headline), _LAST_POSITION):
        at += 1
        yield token.text, at, "A"
    start = at + 2 if at else 1
    for place, token in enumerate(tokenise(body), start):
        yield token.text, min(place, _LAST_POSITION), ""
