"""What a copy added, cut and altered against another text of its cluster, sentence by sentence.

Sentences that are the same but for case, punctuation and width are paired first, wherever they stand:
a paragraph that moved is no change. What is left is paired by likeness (rapidfuzz), best first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from newsarchive.core.twins.shingling import normalise

#: Two sentences are one, altered, from this likeness on (0 to 100, by words).
ALTERED = 60
#: From this likeness they are so without a look at the others, if one stands among the next few.
_SURELY, _AHEAD = 85, 4
#: Most sentences paired by likeness on each side; the rest counts as cut and added.
_MOST = 400

_END = re.compile(r"[.!?…][\"”’»)\]]{0,2}\s+(?=[^\s\da-z])|[。！？][」』”）]?|\n+")


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


def sentences(text: str) -> list[str]:
    """The sentences of a text, in their order.

    >>> sentences("It rained. Nobody came!\\n\\n下雨了。没有人来。")
    ['It rained.', 'Nobody came!', '下雨了。', '没有人来。']
    """
    parts, at = [], 0
    for end in _END.finditer(text):
        parts.append(text[at : end.end()].strip())
        at = end.end()
    return [part for part in (*parts, text[at:].strip()) if part]


def compare(full: str, copy: str) -> Comparison:
    """What `copy` made of `full`."""
    ours, theirs = sentences(full), sentences(copy)
    rest_full, rest_copy, kept = _without_same(ours, theirs)
    pairs = _alike([ours[i] for i in rest_full], [theirs[i] for i in rest_copy])
    altered = tuple((ours[rest_full[i]], theirs[rest_copy[j]]) for i, j in pairs)
    done_full, done_copy = {rest_full[i] for i, _ in pairs}, {rest_copy[j] for _, j in pairs}
    return Comparison(
        kept,
        tuple(theirs[i] for i in rest_copy if i not in done_copy),
        tuple(ours[i] for i in rest_full if i not in done_full),
        altered,
    )


def _without_same(ours: Sequence[str], theirs: Sequence[str]) -> tuple[list[int], list[int], int]:
    """The positions that have no equal on the other side, and how many have; equal to the letter first,
    which most are, then but for case and punctuation."""
    left, right = list(range(len(ours))), list(range(len(theirs)))
    for folded in (str, normalise):
        left, right = _unequal([(i, folded(ours[i])) for i in left], [(i, folded(theirs[i])) for i in right])
    return left, right, len(ours) - len(left)


def _unequal(
    ours: Sequence[tuple[int, str]], theirs: Sequence[tuple[int, str]]
) -> tuple[list[int], list[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i, sentence in reversed(theirs):
        places[sentence].append(i)
    left, used = [], set()
    for i, sentence in ours:
        if same := places.get(sentence):
            used.add(same.pop())
        else:
            left.append(i)
    return left, [i for i, _ in theirs if i not in used]


def _alike(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of sentences that are alike, each once, in the order of the full text: those that are surely
    one and stand where they are looked for, then the others, best first."""
    if not ours or not theirs:
        return []
    a, b = ([normalise(s) for s in side[:_MOST]] for side in (ours, theirs))
    found = _in_order(a, b)
    left, right = ([i for i in range(len(side)) if i not in used] for side, used in (
        (a, set(found)), (b, set(found.values()))))  # fmt: skip
    found |= {left[i]: right[j] for i, j in _best_first([a[i] for i in left], [b[j] for j in right])}
    return sorted(found.items())


def _in_order(a: Sequence[str], b: Sequence[str]) -> dict[int, int]:
    """Copies seldom move sentences: only a few are tried for each, which spares a long text its square."""
    from rapidfuzz import fuzz

    found: dict[int, int] = {}
    at = 0
    for i, sentence in enumerate(a):
        for j in range(at, min(at + _AHEAD, len(b))):
            if fuzz.ratio(sentence, b[j], score_cutoff=_SURELY):
                found[i], at = j, j + 1
                break
    return found


def _best_first(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    from rapidfuzz import fuzz, process

    if not a or not b:
        return []
    ranked = sorted(
        (
            (score, i, j)
            for i, sentence in enumerate(a)
            for _, score, j in process.extract_iter(
                sentence, b, scorer=fuzz.ratio, processor=None, score_cutoff=ALTERED
            )
        ),
        reverse=True,
    )
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in ranked:
        if i not in found and j not in taken:
            found[i] = j
            taken.add(j)
    return sorted(found.items())
