"""The full-text index, kept in step with the texts of the articles.

SQLite's triggers do so for FTS5. PostgreSQL is given the words that `query_language.words_of` finds, so that both
databases find the same words, and words of the headline weigh more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, text

from newsarchive.db.dialects import dialect_of
from newsarchive.db.query_language import MAX_WORD_CHARACTERS, words_of

#: Position of a word from 1. PostgreSQL holds all positions above it for this one.
_MAX_POSITION = 16383
#: Positions of one word; PostgreSQL keeps no more than 255, so further ones are left out.
_MAX_WORD_POSITIONS = 255
#: Estimated bytes of a document. Words beyond it are left out: PostgreSQL refuses a document of more than 1 MB.
_MAX_DOCUMENT_BYTES = 900_000
#: Articles that are read at a time when the index is made anew. More articles at a time take more memory.
_REBUILT_ARTICLES = 500


def index(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put articles into the index. A row has `article_id`, `headline` and `article_body`."""
    if not (statement := dialect_of(connection).index_search):
        return  # triggers did it
    documents = [
        {"article_id": row["article_id"], "document": document(row["headline"], row["article_body"])}
        for row in rows
    ]
    if documents:
        connection.execute(text(statement), documents)


def rebuild(connection: Connection) -> None:
    """Make the whole index anew."""
    if statements := dialect_of(connection).rebuild_search:
        for statement in statements:
            connection.exec_driver_sql(statement)
        return
    connection.exec_driver_sql("DELETE FROM article_search")
    every = text("SELECT id AS article_id, headline, article_body FROM articles")
    # Without this option the driver takes the texts of all articles into memory first.
    texts = connection.execute(every.execution_options(yield_per=_REBUILT_ARTICLES))
    for part in texts.mappings().partitions():
        index(connection, [dict(row) for row in part])


def document(headline: str, body: str) -> str:
    """The text form of a PostgreSQL `tsvector`: each word with its positions, a word of the headline with weight A.

    >>> document("On ships", "Ships sink")
    "'on':1A 'ships':2A,4 'sink':5"
    """
    heads, words = words_of(headline)[:_MAX_POSITION], words_of(body)
    start = len(heads) + 2 if heads else 1  # because of the gap of one, no phrase spans headline and text
    places = [*map("{}A".format, range(1, len(heads) + 1)), *_places()[start : start + len(words)]]
    words = _fitting(heads + words)
    found = defaultdict[str, list[str]](list)
    for word, place in zip_longest(words, places[: len(words)], fillvalue=str(_MAX_POSITION)):
        found[word].append(place)
    return " ".join(
        [
            f"'{word}':{','.join(where[:_MAX_WORD_POSITIONS])}"
            for word, where in found.items()
            if len(word) <= MAX_WORD_CHARACTERS
        ]
    )


@cache
def _places() -> list[str]:
    return [*map(str, range(_MAX_POSITION + 1))]


def _fitting(words: list[str]) -> list[str]:
    """The words that fit into a document."""
    if 10 * len(words) + 4 * sum(map(len, words)) < _MAX_DOCUMENT_BYTES:
        return words
    size, known = 0, set[str]()
    for at, word in enumerate(words):
        if len(word) <= MAX_WORD_CHARACTERS:
            if size >= _MAX_DOCUMENT_BYTES:
                return words[:at]
            size += 10 + (0 if word in known else 4 * len(word))
            known.add(word)
    return words
