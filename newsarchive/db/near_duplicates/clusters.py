"""Which stored articles are near duplicates of one another, kept up to date with every batch.

Three blogs that republish one article of the South China Morning Post are one cluster; when a fourth comes, it joins.
`assign` runs inside the transaction that stores a batch and looks at the articles whose text is new. Their keys in the
index name candidates, exact shingles prove them, and the clusters that they touch are computed anew from their texts,
so that a cluster grows, merges and splits. `core.near_duplicates.clustering` decides what is a copy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from newsarchive.core.near_duplicates.clustering import (
    Link,
    Text,
    Union,
    clusters,
    link_of,
    text_from,
    texts_of,
)
from newsarchive.core.near_duplicates.fingerprint import keys, likeness
from newsarchive.db import bulk
from newsarchive.db.models import ArticleRow, Cluster
from newsarchive.db.near_duplicates import copies, index

#: Articles that are compared at a time; bounds the texts in memory.
MAX_CHUNK_ARTICLES = 500
#: Articles of a cluster. A larger cluster is frozen: it takes further whole copies and is not computed anew, because its
#: texts are error pages or press releases, and a passage of them in a longer text proves nothing.
MAX_CLUSTER_ARTICLES = 200
#: Different texts that are linked with each other. Up to this number all pairs are compared; with more texts, articles that
#: were one cluster stay one.
MAX_COMPARED_TEXTS = 24
#: Similarity of two signatures (0 to 1). The texts of two articles below it, with fewer equal keys than
#: `MIN_EQUAL_KEYS` too, are not compared. The weakest copies overlap by 0.11, and seven equal values of 120 are three
#: standard deviations less.
MIN_LIKENESS = 7 / 120
#: Equal keys of two signatures. With this number or more, the texts are compared although the signatures differ: a
#: teaser has the keys of its article's opening. Two keys are already shared by texts with two phrases of four words in
#: common.
MIN_EQUAL_KEYS = 3

_GROW = update(Cluster).where(Cluster.id == bindparam("b_id")).values(size=Cluster.size + bindparam("b_by"))


@dataclass(frozen=True, slots=True)
class Entry:
    """An article whose text is new. `old_hash` and `old_minhash` are what it had before, empty for none.

    `is_new` says that only the table `articles` has the article yet. `shingles` are those of the body, where the caller
    has computed them (`fingerprint.Fingerprint`).
    """

    id: int
    body: str
    content_hash: str
    minhash: Sequence[int]
    old_hash: str = ""
    old_minhash: Sequence[int] = ()
    is_new: bool = False
    shingles: Any = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the archive has of an article that may be a copy."""

    id: int
    content_hash: str
    cluster_id: int | None


def assign(connection: Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Bring index and clusters up to the new texts of these articles, in the transaction of the caller.

    An article without a signature (empty, one line) leaves its cluster and joins none.
    """
    placed: set[int] = set()
    for at in range(0, len(entries), MAX_CHUNK_ARTICLES):
        chunk = entries[at : at + MAX_CHUNK_ARTICLES]
        work = _Assignment(
            connection, [replace(e, is_new=e.is_new and e.id not in placed) for e in chunk], now
        )
        work.run()
        placed |= set(work.known)
    index.settle(connection)


class _Assignment:
    """The work on one chunk of new texts."""

    def __init__(self, connection: Connection, entries: Sequence[Entry], now: datetime) -> None:
        self.connection, self.now = connection, now
        self.entries = {e.id: e for e in entries}
        self.known: dict[int, _Known] = {}
        self.signatures: dict[int, Sequence[int]] = {e.id: e.minhash for e in entries}
        self.bodies = {e.id: e.body for e in entries}
        self.texts: dict[int, Text] = {}
        self.links: dict[tuple[int, int], Link] = {}
        self.frozen: set[int] = set()

    def run(self) -> None:
        judged = [e for e in self.entries.values() if e.minhash]
        equal = index.equal_texts(self.connection, {e.content_hash for e in judged} - {""})
        self.known |= {e.id: _Known(e.id, e.content_hash, None) for e in self.entries.values() if e.is_new}
        self._read_known(self.entries)
        old = {i: k.cluster_id for i, k in self.known.items()}
        held = self._index(judged, equal)
        for entry in judged:
            for other in equal.get(entry.content_hash, ()):
                if other != entry.id:
                    self._link_same(entry.id, other)
        self._read_known(i for pair in self.links for i in pair)
        self._prove([(e.id, found) for e in judged for found in held.candidates(e.id)])
        # Only a comparison with all pages that have a passage shows whether it is boilerplate, so their articles are
        # candidates too.
        far = {i for link in self.links.values() if link.kind == "truncated" for i in (link.short, link.long)}
        asked = {i: self.signatures[i] for i in sorted(far - set(self.entries))}
        if asked:
            held = index.Holders(self.connection, asked)
            self._prove([(i, found) for i in asked for found in held.candidates(i)])
        members = self._members(
            {*old.values(), *(self.known[i].cluster_id for pair in self.links for i in pair)}
        )
        self._write(self._groups(members), members)

    def _index(self, judged: Sequence[Entry], equal: dict[str, tuple[int, int]]) -> index.Holders:
        """Index the first article with each text, and those that are now the first because another one changed."""
        moved = {
            e.id: e.old_minhash for e in self.entries.values() if e.old_minhash and e.old_minhash != e.minhash
        }
        index.remove(self.connection, moved)
        given_up = {e.old_hash for e in self.entries.values() if e.old_hash and e.old_hash != e.content_hash}
        new_firsts = {i: s for i, s in index.new_firsts(self.connection, given_up) if i not in self.entries}
        held = index.Holders(self.connection, {e.id: e.minhash for e in judged} | new_firsts)
        first = [e.id for e in judged if equal.get(e.content_hash, (e.id,))[0] == e.id]
        held.add(self.connection, [*first, *new_firsts])
        return held

    # -- proof -------------------------------------------------------------------------------

    def _read_known(self, ids: Iterable[int]) -> None:
        query = "SELECT id, content_hash, cluster_id, minhash FROM articles WHERE id IN :ids"
        for part in bulk.parts(set(ids) - set(self.known)):
            for i, content_hash, cluster_id, raw in bulk.select_tuples(self.connection, query, {"ids": part}):
                self.known[i] = _Known(i, content_hash, cluster_id)
                try:  # most of them are compared once and are no copies, so they stay packed
                    packed: Sequence[int] = memoryview(raw or b"").cast("I")
                except TypeError:  # it is damaged
                    packed = ()
                self.signatures.setdefault(i, packed)

    def _link_same(self, a: int, b: int) -> None:
        a, b = sorted((a, b))
        self.links[a, b] = Link(a, b, 1.0, 1.0, 1.0)

    def _prove(self, pairs: Sequence[tuple[int, int]]) -> None:
        self._read_known(i for pair in pairs for i in pair)
        pairs = [(a, b) for a, b in pairs if b in self.known]  # the index may name articles that are deleted
        # Only texts whose signatures are so near are worth reading.
        likely = [
            (a, b)
            for a, b in pairs
            if likeness(one := self.signatures[a], other := self.signatures[b]) >= MIN_LIKENESS
            or len(set(keys(one)) & set(keys(other))) >= MIN_EQUAL_KEYS
        ]
        self._read_texts({i for pair in likely for i in pair})
        for a, b in likely:
            self._compare(a, b)

    def _compare(self, a: int, b: int) -> None:
        key = (min(a, b), max(a, b))
        if key not in self.links and (link := link_of(self.texts[a], self.texts[b], self.bodies)):
            self.links[key] = link

    def _read_texts(self, ids: Iterable[int]) -> None:
        missing = set(ids) - set(self.texts)
        self.bodies |= copies.bodies(self.connection, missing - set(self.bodies))
        parts = {i: self.entries[i].shingles for i in missing if i in self.entries}
        self.texts |= {i: text_from(i, found) for i, found in parts.items() if found is not None}
        self.texts |= texts_of({i: self.bodies.get(i, "") for i in sorted(missing - set(self.texts))})

    # -- clusters ----------------------------------------------------------------------------

    def _members(self, touched: set[int | None]) -> dict[int, list[int]]:
        """The articles of the touched clusters, without those with new texts; of a frozen cluster only those that are
        linked."""
        ids = {c for c in touched if c is not None}
        large = select(Cluster.id).where(Cluster.size > MAX_CLUSTER_ARTICLES)
        self.frozen = {c for (c,) in bulk.select_in(self.connection, large, Cluster.id, ids)}
        query = select(ArticleRow.id)
        found = [
            i for (i,) in bulk.select_in(self.connection, query, ArticleRow.cluster_id, ids - self.frozen)
        ]
        self._read_known(found)
        members: dict[int, list[int]] = defaultdict(list)
        linked = {i for pair in self.links for i in pair}
        for i in sorted({*found, *linked} - set(self.entries)):
            if (cluster_id := self.known[i].cluster_id) is not None:
                members[cluster_id].append(i)
        return members

    def _groups(self, members: dict[int, list[int]]) -> list[tuple[int, ...]]:
        union = Union()
        for group in members.values():
            for a, b in pairwise(group):
                union.join(a, b)
        for a, b in self.links:
            union.join(a, b)
        for component in union.groups():
            self._relate(component, members)
        frozen = {i for i, known in self.known.items() if known.cluster_id in self.frozen}
        return clusters(
            link
            for link in self.links.values()
            if link.kind != "truncated" or frozen.isdisjoint((link.short, link.long))
        )

    def _relate(self, component: Sequence[int], members: dict[int, list[int]]) -> None:
        """Compare all pairs of linked texts, where there are no more than `MAX_COMPARED_TEXTS`."""
        by_text: dict[str, list[int]] = defaultdict(list)
        for i in component:
            by_text[self.known[i].content_hash or str(i)].append(i)
        firsts = [ids[0] for ids in by_text.values()]
        for ids in by_text.values():
            for other in ids[1:]:
                self._link_same(ids[0], other)
        if len(firsts) <= MAX_COMPARED_TEXTS and not any(
            self.known[i].cluster_id in self.frozen for i in component
        ):
            self._read_texts(firsts)
            for a, b in combinations(firsts, 2):
                self._compare(a, b)
            return
        for cluster_id in {self.known[i].cluster_id for i in component} - {None}:
            group = members.get(cluster_id, [])  # type: ignore[arg-type]
            for a, b in pairwise(group):
                self._link_same(a, b)

    def _write(self, groups: Sequence[tuple[int, ...]], members: dict[int, list[int]]) -> None:
        """Move articles to the clusters of their groups. A group keeps the cluster in which most of its articles
        were."""
        before = {
            i: self.known[i].cluster_id for i in (*self.entries, *(i for g in members.values() for i in g))
        }
        after: dict[int, int | None] = dict.fromkeys(before)
        after |= {i: c for i, c in before.items() if c in self.frozen and i not in self.entries}
        groups = sorted(groups, key=len, reverse=True)
        # The cluster of each group is that of its articles, unless an earlier group has it, or a new one.
        kept: list[int | None] = []
        free: set[int | None] = {k.cluster_id for k in self.known.values()} - {None}
        for group in groups:
            held = Counter(c for i in group if (c := self.known[i].cluster_id) in free)
            kept.append(min(held, key=lambda c: (c not in self.frozen, -held[c], c or 0), default=None))
            free.discard(kept[-1])
        rows = [{"created_at": self.now, "size": 0}] * kept.count(None)
        new = iter(bulk.insert_returning_ids(self.connection, Cluster, rows))
        for group, own in zip(groups, kept, strict=True):
            cluster_id = next(new) if own is None else own
            after |= {i: cluster_id for i in group if after.get(i) not in self.frozen or i in self.entries}
        moved = {i: c for i, c in after.items() if c != before.get(i)}
        sizes: Counter[int] = Counter(c for i in moved if (c := moved[i]) is not None)
        sizes.subtract(c for i in moved if (c := before.get(i)) is not None)
        bulk.update_rows(
            self.connection, ArticleRow, [{"b_id": i, "cluster_id": c} for i, c in moved.items()]
        )
        if changed := {c: by for c, by in sizes.items() if by}:
            bulk.execute_many(self.connection, _GROW, [{"b_id": c, "b_by": by} for c, by in changed.items()])
            self.connection.execute(delete(Cluster).where(Cluster.id.in_(list(changed)), Cluster.size <= 0))
        touched = {c for c in (*before.values(), *after.values()) if c is not None}
        copies.record(self.connection, touched, {*self.entries, *moved}, self.bodies, self.texts)
