"""What a copy added, cut and altered against another text of its cluster, sentence by sentence.

Sentences that are the same but for case, punctuation and width are paired first, wherever they stand:
a paragraph that moved is no change. Of what is left, sentences that follow on a pair and are much alike
(rapidfuzz) are the next pair; the rest is paired by likeness, best first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from newsarchive.core.near_duplicates.fingerprint import word_hashes
from newsarchive.core.text.normalise import normalised
from newsarchive.core.text.sentences import sentences

#: Two sentences are one, altered, from this likeness on (0 to 100, by letters); from the second on they are
#: no other's where they stand beside two that are one.
ALTERED, SURELY = 60, 75
#: Most sentences paired by likeness on each side; the rest counts as cut and added.
_MOST = 400
#: So few pairs are all compared; of more, those that share half of their words, told by so many bits.
_FEW, _BITS = 40, 256

#: Sentences by their place in their text.
Placed = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Sentences of `added` stand only in the copy, of `cut` only in the full text; `altered` are pairs
    (full, copy). `kept` counts the sentences that both have."""

    kept: int
    added: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    altered: tuple[tuple[str, str], ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The numbers alone, for the database."""
        return {
            "kept": self.kept,
            "added": len(self.added),
            "cut": len(self.cut),
            "altered": len(self.altered),
        }


@lru_cache(maxsize=4)
def _folded(text: str) -> Placed:
    return dict(enumerate(normalised(sentences(text))))


@lru_cache(maxsize=4)
def _bits_of(text: str) -> Any:
    return _bits(list(_folded(text).values()))


def compare(full: str, copy: str) -> Comparison:
    """What `copy` made of `full`."""
    ours, theirs = dict(enumerate(sentences(full))), dict(enumerate(sentences(copy)))
    same = _equal(ours, theirs)  # to the letter, which most are
    left, right = _without(_folded(full), same), _without(theirs, same.values())
    right = dict(zip(right, normalised(list(right.values())), strict=True))
    same |= _equal(left, right)  # but for case and punctuation
    left, right = _without(left, same), _without(right, same.values())
    altered = _beside(left, right, same)
    left, right = _without(left, altered), _without(right, altered.values())
    more = _alike(left, right, full)
    return Comparison(
        len(same),
        tuple(theirs[j] for j in _without(right, more.values())),
        tuple(ours[i] for i in _without(left, more)),
        tuple((ours[i], theirs[j]) for i, j in sorted((altered | more).items())),
    )


def _without(side: Placed, used: Iterable[int]) -> Placed:
    gone = set(used)
    return {i: sentence for i, sentence in side.items() if i not in gone}


def _equal(ours: Placed, theirs: Placed) -> dict[int, int]:
    """Equal sentences, each once, the first with the first."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for j in reversed(list(theirs)):
        places[theirs[j]].append(j)
    return {i: same.pop() for i, sentence in ours.items() if (same := places.get(sentence))}


def _beside(ours: Placed, theirs: Placed, same: Mapping[int, int]) -> dict[int, int]:
    """Sentences that are one, surely, each beside two that are: half of an edited copy in one walk."""
    from rapidfuzz.fuzz import ratio

    found: dict[int, int] = {}
    taken: set[int] = set()
    for step, starts in ((1, [(-1, -1), *same.items()]), (-1, list(same.items()))):
        for i, j in starts:
            i, j = i + step, j + step
            while i in ours and j in theirs and i not in found and j not in taken:
                if not ratio(ours[i], theirs[j], score_cutoff=SURELY):
                    break
                found[i] = j
                taken.add(j)
                i, j = i + step, j + step
    return found


def _alike(ours: Placed, theirs: Placed, full: str) -> dict[int, int]:
    """Sentences that are one, altered: each once, the most alike first."""
    from rapidfuzz.fuzz import ratio

    a, b = list(ours)[:_MOST], list(theirs)[:_MOST]
    scored = ((ratio(ours[i], theirs[j], score_cutoff=ALTERED), i, j) for i, j in _near(a, b, theirs, full))
    found: dict[int, int] = {}
    taken: set[int] = set()
    for score, i, j in sorted(scored, reverse=True):
        if score and i not in found and j not in taken:
            found[i] = j
            taken.add(j)
    return found


def _near(a: Sequence[int], b: Sequence[int], theirs: Placed, full: str) -> Iterable[tuple[int, int]]:
    """Which pairs of two lists may be alike: those that share enough words. Each is a set of bits, one a
    word, so that a long text's thousands of pairs are a few operations on arrays."""
    if len(a) * len(b) <= _FEW or not any(" " in theirs[j] for j in b):
        return product(a, b)
    import numpy as np  # not for a few: to import it takes longer

    left, right = _bits_of(full)[a], _bits([theirs[j] for j in b])
    shared = np.zeros((len(a), len(b)), dtype=np.uint16)
    for column in range(left.shape[1]):
        shared += np.bitwise_count(left[:, None, column] & right[None, :, column])
    sizes = [np.bitwise_count(side).sum(axis=1, dtype=np.uint16) for side in (left, right)]
    enough = shared * 4 >= sizes[0][:, None] + sizes[1][None, :]
    return [(a[i], b[j]) for i, j in np.argwhere(enough).tolist()]


def _bits(lines: Sequence[str]) -> Any:
    import numpy as np

    hashes, line = word_hashes(lines)
    bits = np.zeros((len(lines), _BITS), dtype=bool)
    bits[line, hashes % _BITS] = True
    return np.packbits(bits, axis=1).view(np.uint64)
