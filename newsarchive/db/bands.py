"""The index of copies in the database: which articles may be copies of these.

Of identical texts (one `content_hash`) only the first is in the index, and a key takes no more than
`MOST_HOLDERS` articles: a thousand equal error pages, or a phrase that opens every post of a blog,
cost no more than a few, and no answer grows with the archive. New entries are rows, old ones stand in
pages (`bandpages`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, func, select

from newsarchive.core.fingerprint import keys
from newsarchive.core.twins.copies import MOST_HOLDERS, ranked
from newsarchive.db import bandpages, bulk
from newsarchive.db.models import ArticleRow, MinhashBand
from newsarchive.db.rows import minhash_of

#: Numbers in one `IN (…)`.
_KEYS = 1000
# Integers as literals: to bind thousands of them costs more than to look them up.
_HOLDERS = "SELECT hash, article_id FROM minhash_bands WHERE hash IN ({})"
_FORGET = "DELETE FROM minhash_bands WHERE hash IN ({}) AND article_id = {}"

Signatures = Mapping[int, Sequence[int]]


class Holders:
    """What the index knows of a few signatures, and of those that were added since it was asked."""

    def __init__(self, connection: Connection, signatures: Signatures) -> None:
        self.keys = {i: keys(signature) for i, signature in signatures.items()}
        self.of: defaultdict[int, list[int]] = defaultdict(list)
        wanted = {key for own in self.keys.values() for key in own}
        for part in bulk.parts(wanted, _KEYS):
            for key, holder in connection.exec_driver_sql(_HOLDERS.format(_list(part))):
                self.of[key].append(holder)
        for key, holder in bandpages.find(connection, wanted):
            self.of[key].append(holder)

    def add(self, connection: Connection, ids: Iterable[int]) -> None:
        """Index these articles, whose signatures were given, by every key that still takes more."""
        rows = []
        for i in ids:
            for key in self.keys[i]:
                held = self.of[key]
                if len(held) < MOST_HOLDERS and i not in held:
                    held.append(i)
                    rows.append((key, i))
        bulk.insert_tuples(connection, MinhashBand, ("hash", "article_id"), sorted(rows))

    def candidates(self, own: int) -> list[int]:
        """Those that share keys with an article, the most shared first, as many as are worth a proof."""
        return ranked(holder for key in self.keys[own] for holder in self.of[key] if holder != own)


def twins(connection: Connection, hashes: set[str]) -> dict[str, tuple[int, int]]:
    """The first and the last article of each text."""
    if not hashes:
        return {}
    query = select(ArticleRow.content_hash, func.min(ArticleRow.id), func.max(ArticleRow.id)).group_by(
        ArticleRow.content_hash
    )
    found = connection.execute(query.where(ArticleRow.content_hash.in_(hashes)))
    return {content_hash: (first, last) for content_hash, first, last in found}


def forget(connection: Connection, signatures: Signatures) -> None:
    """Take articles out of the index, by the signatures that they were in it with."""
    held = Holders(connection, signatures)
    for i, wanted in held.keys.items():
        if own := [key for key in wanted if i in held.of[key]]:  # none where it never was in the index
            connection.exec_driver_sql(_FORGET.format(_list(own), int(i)))
            bandpages.forget(connection, i, own)


def heirs(connection: Connection, left: set[str]) -> Iterator[tuple[int, Sequence[int]]]:
    """The articles that are now the first with a text that another gave up, with their signatures."""
    if not left:
        return
    first = (
        select(func.min(ArticleRow.id))
        .where(ArticleRow.content_hash.in_(left))
        .group_by(ArticleRow.content_hash)
    )
    for i, raw in connection.execute(
        select(ArticleRow.id, ArticleRow.minhash).where(ArticleRow.id.in_(first))
    ):
        if raw:
            yield i, minhash_of(raw)


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, map(int, numbers)))
