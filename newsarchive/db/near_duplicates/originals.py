"""The original of an article, where the archive holds it too: found by the address that the credit links.

A post that says "First published at https://paper.example/ferry" is linked to the article at that address. Whichever of
the two comes first, the second finds the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, or_, select, update

from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.bulk import Prepared
from newsarchive.db.models import ArticleOrigin, ArticleRow
from newsarchive.exceptions import NewsArchiveError
from newsarchive.items import Origin

#: The credits of these originals that are not linked yet. The plus keeps SQLite from reading all unlinked credits.
_WAITING = """
    SELECT article_id, original_key FROM article_origins WHERE original_key IN :keys AND +original_id IS NULL
"""
_SET = Prepared(update(ArticleOrigin).where(ArticleOrigin.article_id == bindparam("b_id")))


def key_of(origin: Origin | None, is_based_on: str = "") -> str:
    """The normalised address of an article's original, "" where none is linked."""
    for url in (origin.url if origin else "", is_based_on):
        if url:
            try:
                return url_key(url)
            except (NewsArchiveError, ValueError):  # a credit may link anything
                continue
    return ""


def link(connection: Connection, wanted: Mapping[int, str], held: Mapping[int, Sequence[str]]) -> None:
    """Store the originals of articles.

    `wanted` has the key of its original for each article that credits one, `held` the keys by which each article
    that came in may be an original itself.
    """
    found = _originals(connection, {key for key in wanted.values() if key})
    pairs = {i: found[key] for i, key in wanted.items() if found.get(key, i) != i}
    mine = {key: i for i, keys in held.items() for key in keys}
    for part in bulk.parts(mine):
        for i, key in bulk.select_tuples(connection, _WAITING, {"keys": part}):
            if mine[key] != i:
                pairs.setdefault(i, mine[key])
    _SET.run(connection, [{"b_id": i, "original_id": of} for i, of in pairs.items()])


def _originals(connection: Connection, keys: set[str]) -> dict[str, int]:
    """The first article of each key, by its own URL before its canonical one."""
    own: dict[str, int] = {}
    canonical: dict[str, int] = {}
    columns = (ArticleRow.id, ArticleRow.url_key, ArticleRow.canonical_key)
    for part in bulk.parts(keys):
        query = select(*columns).where(or_(ArticleRow.url_key.in_(part), ArticleRow.canonical_key.in_(part)))
        for i, key, other in connection.execute(query.order_by(ArticleRow.id)):
            own.setdefault(key, i)
            canonical.setdefault(other, i)
    return canonical | own


def link_stored(connection: Connection, ids: Sequence[int]) -> None:
    """Link stored articles again, and store the keys of credits that an older version stored without them."""
    query = (
        select(
            ArticleRow.id, ArticleRow.url_key, ArticleRow.canonical_key, ArticleRow.is_based_on,
            ArticleOrigin.url, ArticleOrigin.original_key,
        )
        .outerjoin(ArticleOrigin, ArticleOrigin.article_id == ArticleRow.id)
        .where(ArticleRow.id.in_(ids))
    )  # fmt: skip
    wanted, held = {}, {}
    for i, own, canonical, based_on, url, key in connection.execute(query):
        held[i] = (own, canonical)
        if url is not None:
            wanted[i] = key or key_of(Origin("", url=url), based_on)
    _SET.run(connection, [{"b_id": i, "original_key": key} for i, key in wanted.items() if key])
    link(connection, wanted, held)
