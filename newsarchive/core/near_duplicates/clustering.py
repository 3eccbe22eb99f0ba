"""Which articles are copies of one another: a blog's shortened copy of a report belongs to the report.

There are three stages, each a pure function, so that the database can hold the state between them:

1. `fingerprint.keys(signature)` gives the keys of the index. Texts that share a key are candidates, and `ranked` says
   which candidates to prove.
2. `link_of(a, b)` is the proof by exact overlap and containment of shingles (Broder 1997), or `None`. Where those decide
   nothing, `is_rewritten` compares the words in their order.
3. `clusters(links)` gives the connected groups, without links that only boilerplate makes. Computed anew from the links
   of a group, it also splits what no longer belongs together.

A copy in which thirty words in a hundred were replaced keeps a third of its runs of three words, and so do two versions of a running
story that share three paragraphs of nine. The words themselves tell the two apart: seven in ten of the copy's stand in the original in
the same order, while reports of different papers on one event have a fifth to a third in common that way, most of them small words. That
is the length of the longest common subsequence (Hunt, McIlroy, "An algorithm for differential file comparison", 1976), counted with bits
by rapidfuzz (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004). Where letters were misread, as by OCR, words break and
letters stay: then the subsequence of letters is asked. Scripts without spaces are compared by their characters.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from math import ceil
from typing import Any, Literal

from newsarchive.core.near_duplicates.fingerprint import SHINGLE_WORDS, has_spaces, runs, shingles
from newsarchive.core.text.normalise import in_groups, normalise, normalised_bodies

Kind = Literal["exact", "edited", "truncated"]

#: Articles that the index holds for a key. A key with more is boilerplate or a much copied text, and takes no more
#: articles: copies of its holders are found by the first of them, and by other keys.
MAX_HOLDERS_PER_KEY = 100
#: Candidates of a text that are proved, those that share most keys first. One proof joins a cluster; the others tell a
#: copy from boilerplate.
MAX_PROVED_CANDIDATES = 8
#: Candidates that share one key alone and are proved.
MAX_PROVED_BY_ONE_KEY = 2
#: Share of the shorter text that the longer text holds, 0 to 1. From here on two texts of similar length are copies.
#: With eight words in a hundred changed, 0.78 is left; different stories on one event share below 0.2, and two versions
#: of a running wire story about a third.
MIN_CONTAINMENT = 0.5
#: The same bound where the shorter text has less than a quarter of the longer one's length: a notice that many pages
#: repeat must not pass for a teaser. From a quarter to a half of the length the bound falls in a straight line to
#: `MIN_CONTAINMENT`: a long feature may hold half of a short report as quotations.
MIN_TEASER_CONTAINMENT = 0.8
#: Length of the shorter text by the length of the longer one, up to which `MIN_TEASER_CONTAINMENT` is the bound.
_MAX_TEASER_RATIO = 0.25
#: Length of the shorter text by the length of the longer one, from which on `MIN_CONTAINMENT` is the bound.
_MIN_EQUAL_RATIO = 0.5
#: Containment from which on two texts of similar length are compared word by word, below `MIN_CONTAINMENT`. A copy keeps 0.23
#: with 30 words in a hundred replaced and 0.09 with ten letters in a hundred misread; of nineteen in twenty reports on
#: one matter less is left.
MIN_UNDECIDED_CONTAINMENT = 0.08
#: Shingles that two copies share. With fewer, the one quotes the other.
_MIN_SHARED_SHINGLES = 20
#: Length of a copy by the length of its original. A shorter copy is truncated, others are edited.
_MIN_EDITED_RATIO = 0.85
#: Separate clusters with texts that one text holds. From here on that text is a digest.
_MIN_DIGEST_CLUSTERS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """An article as it is compared. `shingles` is an ascending array of the hashes of its shingles, each once; empty
    for a text that is too short to be evidence. Two different shingles have the same hash once in 2^64."""

    id: int
    content_hash: str
    shingles: Any
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Proof that two articles are copies. `short` and `long` are the ids of the shorter and the longer text. From 0
    to 1 are `overlap` (Jaccard's), `containment` (the share of the shorter text that the longer one holds) and `ratio`
    (the length of the shorter text by the length of the longer one)."""

    short: int
    long: int
    overlap: float
    containment: float
    ratio: float

    @property
    def kind(self) -> Kind:
        if self.overlap == 1.0:
            return "exact"
        return "truncated" if self.ratio < _MIN_EDITED_RATIO else "edited"


def text_of(id: int, body: str, date: datetime | None = None, content_hash: str = "") -> Text:
    """An article's body as a `Text`."""
    return text_from(id, shingles(normalise(body)), date, content_hash)


def texts_of(bodies: Mapping[int, str]) -> dict[int, Text]:
    """The bodies of several articles as `Text`s, in half of the time that `text_of` takes for each."""
    if not bodies:
        return {}
    groups = (runs(normalised_bodies(group), SHINGLE_WORDS) for group in in_groups(list(bodies.values())))
    found = (parts for group in groups for (parts,) in group)
    return {i: text_from(i, parts) for i, parts in zip(bodies, found, strict=True)}


def text_from(id: int, parts: Any, date: datetime | None = None, content_hash: str = "") -> Text:
    """A `Text` from the shingles of its body in any order; the array is not changed."""
    import numpy as np

    found = np.sort(parts)  # `np.unique` takes six times as long
    first = np.ones(len(found), dtype=bool)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    return Text(id, content_hash, found[first], date)


def ranked(holders: Sequence[Sequence[int]]) -> list[int]:
    """Which candidates to prove. `holders` are, for each key of a text, the other articles that have it.

    Candidates that share several keys come first: in turns the one that shares most, and the one that shares the rarest. Else
    eight pages with the boilerplate of a copy would hide its original. Those that share one key alone are many in a large
    archive, by stock phrases: a few are proved, whose key the fewest articles have.
    """
    if not holders:
        return []
    counts: Counter[int] = Counter()
    rarity: defaultdict[int, float] = defaultdict(float)
    for ids in sorted(holders, key=len):
        counts.update(ids)  # which keeps the order in which ids came first
        for id in ids:
            rarity[id] += 1 / len(ids)
    most = [id for id, shared in counts.most_common() if shared > 1]
    rarest = sorted(most, key=lambda id: -rarity[id])
    several = list(dict.fromkeys(chain.from_iterable(zip(most, rarest, strict=True))))[:MAX_PROVED_CANDIDATES]
    single = [id for id, shared in counts.items() if shared == 1]
    return several + single[: min(MAX_PROVED_BY_ONE_KEY, MAX_PROVED_CANDIDATES - len(several))]


def link_of(a: Text, b: Text, bodies: Mapping[int, str] | None = None) -> Link | None:
    """The proof that two texts are copies; `None` where they are none.

    `bodies` are the body texts by id, for the pairs that shingles leave undecided; without them such a pair has no proof.
    """
    short, long = sorted((a, b), key=lambda t: (len(t.shingles), t.id))
    if not len(short.shingles):
        return None
    shared = shared_hashes(short.shingles, long.shingles)
    ratio = len(short.shingles) / len(long.shingles)
    containment = shared / len(short.shingles)
    part = min(1.0, max(0.0, (ratio - _MAX_TEASER_RATIO) / (_MIN_EQUAL_RATIO - _MAX_TEASER_RATIO)))
    if containment >= MIN_TEASER_CONTAINMENT + part * (MIN_CONTAINMENT - MIN_TEASER_CONTAINMENT):
        proved = shared >= min(_MIN_SHARED_SHINGLES, len(short.shingles))
    else:
        is_open = ratio >= _MIN_EQUAL_RATIO and containment >= MIN_UNDECIDED_CONTAINMENT
        both = [bodies.get(text.id, "") for text in (short, long)] if bodies is not None and is_open else []
        proved = bool(both) and is_rewritten(*both)
    if not proved:
        return None
    overlap = shared / (len(short.shingles) + len(long.shingles) - shared)
    return Link(short.id, long.id, overlap, containment, ratio)


def shared_hashes(a: Any, b: Any) -> int:
    """The number of values that two ascending arrays have in common."""
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
        """The groups of two or more items, in the order of their first items; items ascend."""
        found: dict[int, list[int]] = defaultdict(list)
        for item in self._parent:
            found[self.find(item)].append(item)
        return sorted(tuple(sorted(g)) for g in found.values() if len(g) > 1)


def clusters(links: Iterable[Link]) -> list[tuple[int, ...]]:
    """The groups of copies that links make, in the order of their first ids; ids ascend.

    A text that is part of texts which are no copies of each other is boilerplate. A text that holds several unrelated
    texts is a digest. Truncated links of either join nothing. The order of the links does not matter.
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
    digests = {long for long, held in parts.items() if _families(held, near) >= _MIN_DIGEST_CLUSTERS}
    boilerplate = {short for short, found in wholes.items() if _families(found - digests, near) > 1}
    union = Union()
    for link in kept:
        if link.kind != "truncated" or (link.long not in digests and link.short not in boilerplate):
            union.join(link.short, link.long)
    return union.groups()


def _families(items: set[int], near: Mapping[int, set[int]]) -> int:
    """The number of groups that the items make by the links among themselves."""
    union = Union()
    for item in items:
        for other in near[item] & items:
            union.join(item, other)
    return len({union.find(item) for item in items})


def fullest_of(texts: Iterable[Text]) -> Text:
    """The text with most shingles; where several have as many, the earliest of them. One without a date counts as the latest."""
    latest = datetime.max.replace(tzinfo=UTC)
    return min(texts, key=lambda text: (-len(text.shingles), text.date or latest, text.id))


def beside(copy: Text, full: Text) -> tuple[Kind, float]:
    """What kind of copy of `full` a text of its cluster is, and the overlap of their shingles, 0 to 1."""
    if copy.content_hash and copy.content_hash == full.content_hash:
        return "exact", 1.0
    if link := link_of(copy, full):
        return link.kind, link.overlap
    shared = shared_hashes(copy.shingles, full.shingles)
    return "edited", shared / max(1, len(copy.shingles) + len(full.shingles) - shared)


#: Share of the shorter text's words that stand in the longer one in the same order, 0 to 1. From here on it is a copy.
#: On texts that were looked at, copies with 30 words in a hundred replaced have 0.61 to 0.78, reports on one matter 0.37 at
#: most (`benchmarks/rewriting.py`).
MIN_ALIGNED_WORDS = 0.55
#: Times that a word stands in a text for it to be one of its own. Small words and a template's stand there more often, and texts that
#: share those alone are no copies; the same share of a text's own words must stand in the other one.
_MAX_TIMES_OF_OWN_WORD = 2
#: Own words of the shorter text; with fewer, nothing is proved.
_MIN_OWN_WORDS = 20
#: Share of the shorter text's characters that stand in the longer one in the same order, in scripts without spaces between
#: words. Copies with 30 words in a hundred replaced have 0.66 or more, texts on different matters 0.43 at most (Thai, whose
#: letters are few).
MIN_ALIGNED_CHARACTERS = 0.6
#: Share of the words in the same order from which on letters are compared. Where ten letters in a hundred are misread, 0.45 of
#: the words stay as they are.
_MIN_WORDS_MISREAD = 0.4
#: Share of the letters that must then stand in both in the same order. With ten in a hundred misread it is 0.90, in reports on
#: one matter 0.65 at most.
_MIN_LETTERS_MISREAD = 0.8
#: Words that are compared, from the beginning of each text: time grows with the product of the lengths.
_MAX_WORDS = 5_000
#: Characters that are compared, from the beginning of each text, for the same reason.
_MAX_CHARACTERS = 20_000


def is_rewritten(a: str, b: str) -> bool:
    """Whether one of two body texts of similar length is the other one with many words or letters changed."""
    from rapidfuzz.distance.LCSseq import similarity

    first, second = normalise(a), normalise(b)
    if not (has_spaces(first) and has_spaces(second)):
        x, y = (text.replace(" ", "")[:_MAX_CHARACTERS] for text in (first, second))
        shorter = min(len(x), len(y))
        return shorter > 0 and similarity(x, y) >= MIN_ALIGNED_CHARACTERS * shorter
    words, others = first.split()[:_MAX_WORDS], second.split()[:_MAX_WORDS]
    shorter = min(len(words), len(others))
    # Below the bound of the last condition it gives 0, as soon as it is sure of it: in half of the time.
    aligned = similarity(words, others, score_cutoff=ceil(_MIN_WORDS_MISREAD * shorter))
    if aligned >= MIN_ALIGNED_WORDS * shorter:
        times = Counter(words) | Counter(others)  # the greater of both numbers
        own = [[word for word in text if times[word] <= _MAX_TIMES_OF_OWN_WORD] for text in (words, others)]
        fewest = min(map(len, own))
        if fewest >= _MIN_OWN_WORDS and similarity(*own) >= MIN_ALIGNED_WORDS * fewest:
            return True
    if aligned < _MIN_WORDS_MISREAD * shorter:
        return False
    first, second = first[:_MAX_CHARACTERS], second[:_MAX_CHARACTERS]
    enough = _MIN_LETTERS_MISREAD * min(len(first), len(second))
    return similarity(first, second, score_cutoff=ceil(enough)) >= enough
