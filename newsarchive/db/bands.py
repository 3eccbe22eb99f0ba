"""The index of copies in the database: which articles may be copies of these.

Of identical texts (one `content_hash`) only the first is in the index, and a key takes no more than
`MOST_HOLDERS` articles: a thousand equal error pages, or a phrase that opens every post of a blog,
cost no more than a few, and no answer grows with the archive. How it is stored: `bandpages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from sqlalchemy import Connection, func, select

from newsarchive.core.near_duplicates.clustering import MOST_HOLDERS, ranked
from newsarchive.core.near_duplicates.fingerprint import keys
from newsarchive.db import bandpages
from newsarchive.db.models import ArticleRow
from newsarchive.db.rows import minhash_of

Signatures = Mapping[int, Sequence[int]]


class Holders:
    """What the index knows of a few signatures, and of those that were added since it was asked."""

    def __init__(self, connection: Connection, signatures: Signatures) -> None:
        self.keys = {i: keys(signature) for i, signature in signatures.items()}
        every = [key for own in self.keys.values() for key in own]
        wanted, counts = np.unique(np.array(every, dtype=np.uint64), return_counts=True)
        self.found = bandpages.find(connection, wanted)
        #: The holders of each key that more than one may have: most have none but the article itself.
        self.of: dict[int, list[int]] = {key: [] for key in wanted[counts > 1].tolist()}
        for entry in self.found.tolist():
            self.of.setdefault(entry >> 32, []).append(entry & 0xFFFFFFFF)

    def add(self, connection: Connection, ids: Iterable[int]) -> None:
        """Index these articles, whose signatures were given, by every key that still takes more."""
        new = []
        for i in ids:
            for key in self.keys[i]:
                held = self.of.get(key)
                if held is not None:
                    if len(held) >= MOST_HOLDERS or i in held:
                        continue
                    held.append(i)
                new.append((key, i))
        bandpages.add(connection, bandpages.entries_of(new))

    def candidates(self, own: int) -> list[int]:
        """Those that share keys with an article, the most shared first, as many as are worth a proof."""
        held = [self.of[key] for key in self.keys[own] if key in self.of]
        return ranked(holder for holders in held for holder in holders if holder != own)


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
    if signatures:
        own = bandpages.entries_of((key, i) for i, signature in signatures.items() for key in keys(signature))
        found = Holders(connection, signatures).found
        bandpages.forget(connection, found[np.isin(found, own)])  # none where they never were in the index


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
