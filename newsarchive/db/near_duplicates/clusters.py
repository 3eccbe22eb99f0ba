"""Which stored articles are copies of one another, kept up with every batch.

`assign` runs inside the transaction that stores a batch and looks only at articles whose text is
new: their keys in the index name candidates, exact shingles prove them, and the clusters that they touch are
computed anew from their texts, so that a cluster grows, merges and splits. What is a copy is decided
in `core/near_duplicates/clustering.py`; here is what the tables know.
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
from newsarchive.db.rows import minhash_of

#: Articles compared at a time: bounds the texts in memory.
CHUNK = 500
#: A cluster with more articles takes further whole copies and is not computed anew: its texts are
#: error pages or press releases, and a passage of them in a longer text proves nothing.
FROZEN = 200
#: Up to so many different texts that touch each other are compared each with each.
TOGETHER = 24
#: Likeness of two signatures below which no text is read, unless so many keys are equal. The weakest pair
#: that counts as a copy overlaps by .11; seven equal values of 120 are three standard deviations less.
_LIKENESS, _SAME_KEYS = 7 / 120, 2


@dataclass(frozen=True, slots=True)
class Entry:
    """An article whose text is new. `old_hash` and `old_minhash` are what it had before, empty for none;
    `is_new` says that no table knows the article yet but its own; `shingles` are its body's, where the
    caller has them (`fingerprint.Fingerprint`)."""

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
    """What the archive knows of an article that may be a copy."""

    id: int
    content_hash: str
    cluster_id: int | None


def assign(connection: Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Bring index and clusters to the new texts of these articles. The caller's transaction holds it.

    An article without a signature (empty, one line) leaves its cluster and joins none.
    """
    placed: set[int] = set()
    for at in range(0, len(entries), CHUNK):
        chunk = entries[at : at + CHUNK]
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
        twins = index.twins(self.connection, {e.content_hash for e in judged} - {""})
        self._learn_entries()
        old = {i: k.cluster_id for i, k in self.known.items()}
        held = self._index(judged, twins)
        self._link_twins(judged, twins)
        self._prove([(e.id, found) for e in judged for found in held.candidates(e.id)])
        # A passage that many pages hold shows only beside all of them: ask once more from its side.
        far = {i for link in self.links.values() if link.kind == "truncated" for i in (link.short, link.long)}
        asked = {i: self.signatures[i] for i in sorted(far - set(self.entries))}
        if asked:
            held = index.Holders(self.connection, asked)
            self._prove([(i, found) for i in asked for found in held.candidates(i)])
        members = self._members(
            {*old.values(), *(self.known[i].cluster_id for pair in self.links for i in pair)}
        )
        self._write(self._groups(members), members)

    def _index(self, judged: Sequence[Entry], twins: dict[str, tuple[int, int]]) -> index.Holders:
        """Index the first of each text, and whoever is now the first with one that another gave up."""
        moved = {e.id: e.old_minhash for e in self.entries.values() if e.old_minhash != e.minhash}
        index.forget(self.connection, moved)
        left = {e.old_hash for e in self.entries.values() if e.old_hash and e.old_hash != e.content_hash}
        heirs = {i: s for i, s in index.heirs(self.connection, left) if i not in self.entries}
        held = index.Holders(self.connection, {e.id: e.minhash for e in judged} | heirs)
        first = [e.id for e in judged if twins.get(e.content_hash, (e.id,))[0] == e.id]
        held.add(self.connection, [*first, *heirs])
        return held

    # -- proof -------------------------------------------------------------------------------

    def _learn_entries(self) -> None:
        new = [e for e in self.entries.values() if e.is_new]
        self.known |= {e.id: _Known(e.id, e.content_hash, None) for e in new}
        self._learn(self.entries)

    def _learn(self, ids: Iterable[int]) -> None:
        columns = (ArticleRow.id, ArticleRow.content_hash, ArticleRow.cluster_id, ArticleRow.minhash)
        for part in bulk.parts(set(ids) - set(self.known)):
            for i, content_hash, cluster_id, raw in self.connection.execute(
                select(*columns).where(ArticleRow.id.in_(part))
            ):
                self.known[i] = _Known(i, content_hash, cluster_id)
                self.signatures.setdefault(i, minhash_of(raw))

    def _link_twins(self, judged: Sequence[Entry], twins: dict[str, tuple[int, int]]) -> None:
        for entry in judged:
            for twin in twins.get(entry.content_hash, ()):
                if twin != entry.id:
                    self._same(entry.id, twin)
        self._learn(i for pair in self.links for i in pair)

    def _same(self, a: int, b: int) -> None:
        a, b = sorted((a, b))
        self.links[a, b] = Link(a, b, 1.0, 1.0, 1.0)

    def _prove(self, pairs: Sequence[tuple[int, int]]) -> None:
        self._learn(i for pair in pairs for i in pair)
        pairs = [(a, b) for a, b in pairs if b in self.known]  # an index may name what is gone
        likely = [(a, b) for a, b in pairs if _plausible(self.signatures[a], self.signatures[b])]
        self._load({i for pair in likely for i in pair})
        for a, b in likely:
            self._compare(a, b)

    def _compare(self, a: int, b: int) -> None:
        key = (min(a, b), max(a, b))
        if key not in self.links and (link := link_of(self.texts[a], self.texts[b])):
            self.links[key] = link

    def _load(self, ids: Iterable[int]) -> None:
        missing = set(ids) - set(self.texts)
        self.bodies |= copies.bodies(self.connection, missing - set(self.bodies))
        parts = {i: self.entries[i].shingles for i in missing if i in self.entries}
        self.texts |= {i: text_from(i, found) for i, found in parts.items() if found is not None}
        self.texts |= texts_of({i: self.bodies.get(i, "") for i in sorted(missing - set(self.texts))})

    # -- clusters ----------------------------------------------------------------------------

    def _members(self, touched: set[int | None]) -> dict[int, list[int]]:
        """The articles of the touched clusters, the new texts left out; of a frozen one those linked."""
        ids = {c for c in touched if c is not None}
        sizes = {c: s for part in bulk.parts(ids) for c, s in self.connection.execute(
            select(Cluster.id, Cluster.size).where(Cluster.id.in_(part)))}  # fmt: skip
        self.frozen = {c for c, size in sizes.items() if size > FROZEN}
        found = [i for part in bulk.parts(ids - self.frozen) for i in self.connection.execute(
            select(ArticleRow.id).where(ArticleRow.cluster_id.in_(part))).scalars()]  # fmt: skip
        self._learn(found)
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
        return clusters(link for link in self.links.values() if not self._is_passage_of_frozen(link))

    def _relate(self, component: Sequence[int], members: dict[int, list[int]]) -> None:
        """All links among texts that touch each other, where they are few; else what holds, holds."""
        by_text: dict[str, list[int]] = defaultdict(list)
        for i in component:
            by_text[self.known[i].content_hash or str(i)].append(i)
        firsts = [ids[0] for ids in by_text.values()]
        for ids in by_text.values():
            for other in ids[1:]:
                self._same(ids[0], other)
        if len(firsts) <= TOGETHER and not any(self.known[i].cluster_id in self.frozen for i in component):
            self._load(firsts)
            for a, b in combinations(firsts, 2):
                self._compare(a, b)
            return
        for cluster_id in {self.known[i].cluster_id for i in component} - {None}:
            group = members.get(cluster_id, [])  # type: ignore[arg-type]
            for a, b in pairwise(group):
                self._same(a, b)

    def _is_passage_of_frozen(self, link: Link) -> bool:
        held = {self.known[link.short].cluster_id, self.known[link.long].cluster_id}
        return link.kind == "truncated" and bool(held & self.frozen)

    def _write(self, groups: Sequence[tuple[int, ...]], members: dict[int, list[int]]) -> None:
        """Move articles to their groups; a group keeps the cluster that most of it was in."""
        before = {
            i: self.known[i].cluster_id for i in (*self.entries, *(i for g in members.values() for i in g))
        }
        after: dict[int, int | None] = dict.fromkeys(before)
        after |= {i: c for i, c in before.items() if c in self.frozen and i not in self.entries}
        groups = sorted(groups, key=len, reverse=True)
        for group, cluster_id in zip(groups, self._clusters_for(groups), strict=True):
            after |= {i: cluster_id for i in group if after.get(i) not in self.frozen or i in self.entries}
        moved = {i: c for i, c in after.items() if c != before.get(i)}
        sizes: Counter[int] = Counter(c for i in moved if (c := moved[i]) is not None)
        sizes.subtract(c for i in moved if (c := before.get(i)) is not None)
        bulk.execute_many(
            self.connection,
            update(ArticleRow)
            .where(ArticleRow.id == bindparam("b_id"))
            .values(cluster_id=bindparam("b_cluster")),
            [{"b_id": i, "b_cluster": c} for i, c in moved.items()],
        )
        self._resize(sizes)
        touched = {c for c in (*before.values(), *after.values()) if c is not None}
        copies.record(self.connection, touched, {*self.entries, *moved}, self.bodies, self.texts)

    def _clusters_for(self, groups: Sequence[Sequence[int]]) -> list[int]:
        """A cluster for each group: one that its articles are in and no group before it has, or a new one."""
        kept: list[int | None] = []
        free: set[int | None] = {k.cluster_id for k in self.known.values()} - {None}
        for group in groups:
            held = Counter(c for i in group if (c := self.known[i].cluster_id) in free)
            kept.append(min(held, key=lambda c: (c not in self.frozen, -held[c], c or 0), default=None))
            free.discard(kept[-1])
        rows = [{"created_at": self.now, "size": 0}] * kept.count(None)
        new = iter(bulk.insert_returning_ids(self.connection, Cluster, rows))
        return [next(new) if cluster_id is None else cluster_id for cluster_id in kept]

    def _resize(self, sizes: Counter[int]) -> None:
        changed = [{"b_id": c, "b_by": by} for c, by in sizes.items() if by]
        grow = (
            update(Cluster)
            .where(Cluster.id == bindparam("b_id"))
            .values(size=Cluster.size + bindparam("b_by"))
        )
        bulk.execute_many(self.connection, grow, changed)
        if changed:
            ids = [row["b_id"] for row in changed]
            self.connection.execute(delete(Cluster).where(Cluster.id.in_(ids), Cluster.size <= 0))


def _plausible(a: Sequence[int], b: Sequence[int]) -> bool:
    """Whether two signatures are near enough for their texts to be read."""
    return likeness(a, b) >= _LIKENESS or len(set(keys(a)) & set(keys(b))) >= _SAME_KEYS
