"""Which articles are copies of one another: candidates by shared keys, proof by exact shingles, clusters.

Three stages, each pure, so that the database can hold the state between them:

1. `fingerprint.keys(signature)` → the keys of the index. Texts that share one are candidates, and
   `ranked` says which of them to prove.
2. `link_of(a, b)` → the proof by exact overlap and containment of shingles (Broder 1997), or `None`.
3. `clusters(links)` → the connected groups, after links that only boilerplate makes are dropped.
   Computed anew from the links of a group, it also splits what no longer belongs together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from newsarchive.core.near_duplicates.fingerprint import WORDS, runs, shingles
from newsarchive.core.text.normalise import in_groups, normalise, normalised_bodies

Kind = Literal["exact", "edited", "truncated"]

#: A key that so many articles have is boilerplate or a much copied text, and takes no more of them: the
#: copies among its holders are found by those that came first, and other keys are each text's own.
MOST_HOLDERS = 100

#: How many candidates are proved: those that share most keys. One proof joins a cluster; the others
#: tell a copy from boilerplate.
MOST_PROOFS = 8

#: Shared part of the shorter text from which two are copies. Eight words in a hundred changed leave .78;
#: different stories on one event share below .2, two versions of a running wire story about a third.
CONTAINED = 0.5
#: The same where the shorter is less than a quarter of the longer, for a notice that many pages repeat
#: must not pass for a teaser; from there to a half of the longer what is asked falls in a straight line:
#: a long feature may hold half of a short report as quotations.
TEASER = 0.8
_QUARTER, _HALF = 0.25, 0.5
#: Fewer shared shingles than this are a quotation.
_FEWEST = 20
#: A copy shorter than this share of its original is truncated, not edited.
_WHOLE = 0.85
#: A text that holds texts from so many separate clusters is a digest.
_DIGEST = 3


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """One article as copies are judged by: `shingles` are the hashes of its shingles, each once, ascending;
    none for a text too short to be evidence. Two hashes of different shingles are equal once in 2^64."""

    id: int
    content_hash: str
    shingles: Any
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Proof that two articles are copies. `overlap` is Jaccard's, `containment` the shared part of the
    shorter; `short` is the shorter text of the two, `ratio` its length by the longer's."""

    short: int
    long: int
    overlap: float
    containment: float
    ratio: float

    @property
    def kind(self) -> Kind:
        if self.overlap == 1.0:
            return "exact"
        return "truncated" if self.ratio < _WHOLE else "edited"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Copies of one text: the earliest known, the fullest, and what each is beside the fullest."""

    members: tuple[int, ...]
    earliest: int
    fullest: int
    kinds: Mapping[int, Kind]


def text_of(id: int, body: str, date: datetime | None = None, content_hash: str = "") -> Text:
    """An article's body as a `Text`."""
    return text_from(id, shingles(normalise(body)), date, content_hash)


def texts_of(bodies: Mapping[int, str]) -> dict[int, Text]:
    """The bodies of several articles as `Text`s, in half of the time that each alone takes."""
    if not bodies:
        return {}
    groups = (runs(normalised_bodies(group), WORDS) for group in in_groups(list(bodies.values())))
    found = (parts for group in groups for (parts,) in group)
    return {i: text_from(i, parts) for i, parts in zip(bodies, found, strict=True)}


def text_from(id: int, parts: Any, date: datetime | None = None, content_hash: str = "") -> Text:
    """A `Text` from the shingles of its body in any order; the array is left as it is."""
    import numpy as np

    found = np.sort(parts)  # `np.unique` takes six times as long
    first = np.ones(len(found), dtype=bool)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    return Text(id, content_hash, found[first], date)


def ranked(found: Iterable[int]) -> list[int]:
    """Which candidates to prove: `found` names an article once for each key it shares.

    Those that share one key alone only where they are few: in a large archive a stock phrase finds
    many, and no eight of them are likelier than the others.
    """
    counts = Counter(found).most_common()
    several = [id for id, shared in counts if shared > 1][:MOST_PROOFS]
    single = [id for id, shared in counts if shared == 1]
    return several + (single if len(several) + len(single) <= MOST_PROOFS else [])


def link_of(a: Text, b: Text) -> Link | None:
    """The proof that two texts are copies, `None` where there is none."""
    short, long = sorted((a, b), key=lambda t: (len(t.shingles), t.id))
    if not len(short.shingles):
        return None
    shared = _shared(short.shingles, long.shingles)
    ratio = len(short.shingles) / len(long.shingles)
    containment = shared / len(short.shingles)
    if containment < _enough(ratio) or shared < min(_FEWEST, len(short.shingles)):
        return None
    overlap = shared / (len(short.shingles) + len(long.shingles) - shared)
    return Link(short.id, long.id, overlap, containment, ratio)


def _enough(ratio: float) -> float:
    """The containment from which two texts of these lengths are copies."""
    part = min(1.0, max(0.0, (ratio - _QUARTER) / (_HALF - _QUARTER)))
    return TEASER + part * (CONTAINED - TEASER)


def _shared(a: Any, b: Any) -> int:
    """How many values two ascending arrays have in common."""
    import numpy as np

    both = np.concatenate((a, b))
    both.sort(kind="stable")  # merges two runs that are sorted already
    return int(np.count_nonzero(both[1:] == both[:-1]))


class Union:
    """Union-find with path halving and union by size (Tarjan, van Leeuwen 1984)."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._size: dict[int, int] = {}

    def find(self, item: int) -> int:
        parent = self._parent
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = item = parent[parent[item]]
        return item

    def join(self, a: int, b: int) -> None:
        a, b = self.find(a), self.find(b)
        if a != b:
            small, large = sorted((a, b), key=lambda i: self._size.get(i, 1))
            self._parent[small] = large
            self._size[large] = self._size.get(large, 1) + self._size.get(small, 1)

    def groups(self) -> list[tuple[int, ...]]:
        """The groups of two and more, members ascending, groups by their first member."""
        found: dict[int, list[int]] = defaultdict(list)
        for item in self._parent:
            found[self.find(item)].append(item)
        return sorted(tuple(sorted(g)) for g in found.values() if len(g) > 1)


def clusters(links: Iterable[Link]) -> list[tuple[int, ...]]:
    """The groups of copies that links make: ids ascending, groups by their first id.

    A text that is part of texts which are no copies of each other is boilerplate, a text that holds
    several unrelated ones is a digest: their truncated links join nothing. Order does not matter.
    """
    kept = list(links)
    near: defaultdict[int, set[int]] = defaultdict(set)
    wholes: defaultdict[int, set[int]] = defaultdict(set)
    parts: defaultdict[int, set[int]] = defaultdict(set)
    for link in kept:
        near[link.short].add(link.long)
        near[link.long].add(link.short)
        if link.kind == "truncated":
            wholes[link.short].add(link.long)
            parts[link.long].add(link.short)
    digests = {long for long, held in parts.items() if _families(held, near) >= _DIGEST}
    boilerplate = {short for short, found in wholes.items() if _families(found - digests, near) > 1}
    union = Union()
    for link in kept:
        if link.kind != "truncated" or (link.long not in digests and link.short not in boilerplate):
            union.join(link.short, link.long)
    return union.groups()


def _families(items: set[int], near: Mapping[int, set[int]]) -> int:
    """How many groups the items make by the links among themselves."""
    count, left = 0, set(items)
    while left:
        count += 1
        reach = [left.pop()]
        while reach:
            step = near[reach.pop()] & left
            left -= step
            reach += step
    return count


def describe(texts: Sequence[Text]) -> Cluster:
    """The earliest, the fullest and the kinds of a cluster's texts. A text without a date is the latest.

    Raises `ValueError` for no texts.
    """
    if not texts:
        raise ValueError("a cluster has at least one text")
    fullest = fullest_of(texts)
    return Cluster(
        members=tuple(sorted(t.id for t in texts)),
        earliest=min(texts, key=_by_date).id,
        fullest=fullest.id,
        kinds={t.id: beside(t, fullest)[0] for t in texts if t.id != fullest.id},
    )


def fullest_of(texts: Sequence[Text]) -> Text:
    """The text with most shingles, of equals the earliest."""
    return max(sorted(texts, key=_by_date), key=lambda t: len(t.shingles))


def _by_date(text: Text) -> tuple[datetime, int]:
    return text.date or datetime.max.replace(tzinfo=UTC), text.id


def beside(copy: Text, full: Text) -> tuple[Kind, float]:
    """What kind of copy of `full` a text of its cluster is, and the overlap of their shingles, 0 to 1."""
    if copy.content_hash and copy.content_hash == full.content_hash:
        return "exact", 1.0
    if link := link_of(copy, full):
        return link.kind, link.overlap
    shared = _shared(copy.shingles, full.shingles)
    return "edited", shared / max(1, len(copy.shingles) + len(full.shingles) - shared)
