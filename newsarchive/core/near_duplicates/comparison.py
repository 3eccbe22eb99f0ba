"""What a copy added, cut and altered against another text of its cluster, sentence by sentence.

Of "It rained. Nobody came." and "It rained hard. We left." the first sentence is altered, the second cut, and "We
left." is added. Sentences that differ in case, punctuation and width alone are paired first, wherever they stand, so
that a paragraph that moved is no change. Then sentences beside a pair are paired where they are much alike (rapidfuzz),
and the rest by likeness, the most alike first.
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
from newsarchive.core.text.words import sentences

#: Likeness of two sentences by their letters, 0 to 100. From here on one is an altered form of the other.
MIN_ALTERED_LIKENESS = 60
#: Likeness of two sentences that both stand beside a pair. From here on they are paired without a look at other sentences.
MIN_NEIGHBOUR_LIKENESS = 75
#: Sentences on each side that are paired by likeness; those beyond count as cut and added.
_MAX_SENTENCES_BY_LIKENESS = 400
#: Pairs of sentences that are all compared. Where there are more, only pairs that share half of their words are compared.
_MAX_COMPARED_PAIRS = 40
#: Pairs of letters that are compared for the likeness of sentences, summed over two texts; pairs of sentences beyond count as
#: unlike. That takes a second, and 400 sentences of 300 letters on each side stay below it. Two texts of a million letters that are
#: one sentence each would take 45 s.
_MAX_COMPARED_LETTERS = 15_000_000_000
#: Bits that stand for the words of a sentence.
_BITS_PER_SENTENCE = 256

#: Place in the text → sentence.
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
        several = {"added": self.added, "cut": self.cut, "altered": self.altered}
        return {"kept": self.kept} | {name: len(found) for name, found in several.items()}


@lru_cache(maxsize=4)
def _folded(text: str) -> Placed:
    return dict(enumerate(normalised(sentences(text))))


@lru_cache(maxsize=4)
def _bits_of(text: str) -> Any:
    return _bits(list(_folded(text).values()))


class _Likeness:
    """The likeness of sentences by their letters, within what two texts may take."""

    def __init__(self) -> None:
        self.left = _MAX_COMPARED_LETTERS

    def of(self, one: str, other: str, least: float) -> float:
        """0 to 100; 0 below `least`, and where the comparison would take too long."""
        from rapidfuzz.fuzz import ratio

        shorter, both = min(len(one), len(other)), len(one) + len(other)
        if 200 * shorter < least * both:  # rapidfuzz refuses them by their lengths, which costs nothing
            return 0.0
        work = len(one) * len(other)
        if work > self.left:
            return 0.0
        self.left -= work
        return ratio(one, other, score_cutoff=least)


def compare(full: str, copy: str) -> Comparison:
    """The sentences of `full` that `copy` kept, cut and altered, and those that it added."""
    ours, theirs = dict(enumerate(sentences(full))), dict(enumerate(sentences(copy)))
    same = _equal_pairs(ours, theirs)  # to the letter, as most copied sentences are
    left, right = _without(_folded(full), same), _without(theirs, same.values())
    right = dict(zip(right, normalised(list(right.values())), strict=True))
    same |= _equal_pairs(left, right)  # in all but case and punctuation
    left, right = _without(left, same), _without(right, same.values())
    likeness = _Likeness()
    altered = _pairs_beside(left, right, same, likeness)
    left, right = _without(left, altered), _without(right, altered.values())
    more = _alike_pairs(left, right, full, likeness)
    return Comparison(
        len(same),
        tuple(theirs[j] for j in _without(right, more.values())),
        tuple(ours[i] for i in _without(left, more)),
        tuple((ours[i], theirs[j]) for i, j in sorted((altered | more).items())),
    )


def _without(side: Placed, used: Iterable[int]) -> Placed:
    gone = set(used)
    return {i: sentence for i, sentence in side.items() if i not in gone}


def _equal_pairs(ours: Placed, theirs: Placed) -> dict[int, int]:
    """The places of equal sentences, each once, the first with the first."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for j in reversed(list(theirs)):
        places[theirs[j]].append(j)
    return {i: same.pop() for i, sentence in ours.items() if (same := places.get(sentence))}


def _pairs_beside(
    ours: Placed, theirs: Placed, same: Mapping[int, int], likeness: _Likeness
) -> dict[int, int]:
    """The places of sentences that are much alike and stand beside a pair. That finds half of the sentences of an edited copy
    without comparing each with each."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    for step, starts in ((1, [(-1, -1), *same.items()]), (-1, list(same.items()))):
        for i, j in starts:
            i, j = i + step, j + step
            while i in ours and j in theirs and i not in found and j not in taken:
                if not likeness.of(ours[i], theirs[j], MIN_NEIGHBOUR_LIKENESS):
                    break
                found[i] = j
                taken.add(j)
                i, j = i + step, j + step
    return found


def _alike_pairs(ours: Placed, theirs: Placed, full: str, likeness: _Likeness) -> dict[int, int]:
    """The places of altered sentences, each once, the most alike first."""
    a, b = list(ours)[:_MAX_SENTENCES_BY_LIKENESS], list(theirs)[:_MAX_SENTENCES_BY_LIKENESS]
    pairs = _candidates(a, b, theirs, full)
    scored = [(likeness.of(ours[i], theirs[j], MIN_ALTERED_LIKENESS), i, j) for i, j in pairs]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for score, i, j in sorted(scored, reverse=True):
        if score and i not in found and j not in taken:
            found[i] = j
            taken.add(j)
    return found


def _candidates(a: Sequence[int], b: Sequence[int], theirs: Placed, full: str) -> Iterable[tuple[int, int]]:
    """The pairs of two lists of places whose sentences share enough words to be alike. The words of a sentence are
    a set of bits, so that the thousands of pairs of a long text take a few operations on arrays."""
    if len(a) * len(b) <= _MAX_COMPARED_PAIRS or not any(" " in theirs[j] for j in b):
        return product(a, b)
    import numpy as np  # not for few pairs: the import takes longer than they do

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
    bits = np.zeros((len(lines), _BITS_PER_SENTENCE), dtype=bool)
    bits[line, hashes % _BITS_PER_SENTENCE] = True
    return np.packbits(bits, axis=1).view(np.uint64)
