"""What changed between two texts, word by word: "The red fox" and "The brown fox" differ in "red" and "brown".

Paragraphs are paired first, then words are matched within a pair. A paragraph that was written anew has some "the" and "of" in
common with what stood there before: matched word by word it would be a salad of both. So two paragraphs are a pair only
where half of their words are the same in the same order; without a partner a paragraph is gone or new as a whole. Equal
paragraphs, and words, are matched by their longest common subsequence.
"""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum
from html import escape
from itertools import groupby
from typing import Literal

from rapidfuzz.distance import Indel

from newsarchive.core.text.scripts import HAN_AND_KANA, UNSPACED, WORD_MARKS

#: Pairs of a piece of the old text and a piece of the new one that are compared for two texts: a second at most, and a bit of
#: memory for each. What would need more is gone and new as a whole.
MAX_COMPARISONS = 500_000_000
#: What it costs to compare two paragraphs besides their words: as much as this number of pairs of words.
PARAGRAPH_COMPARISONS = 10_000
#: Likeness of two paragraphs: twice the words that both have in the same order, by the words of both, 0 to 1. From here on the one
#: is the other, altered; below, the one is gone and the other new.
MIN_PAIR_LIKENESS = 0.5
#: Paragraphs that one is compared with at least, as far as that can be paid: the one at its place, and its neighbours.
MIN_COMPARED_PARAGRAPHS = 3

_LETTER = rf"[\w{WORD_MARKS}]"
#: What goes on with a word behind an apostrophe, and with a number behind a sign: "2.4" that became "4.2" is not a "4." that
#: came and a ".4" that went.
_REST = rf"(?:['’]{_LETTER}+|(?<=\d)[.,:]\d+)*"
#: A word or number, a Chinese or Japanese character, white space, a sign.
_PIECES = re.compile(rf"[{HAN_AND_KANA}]|(?:(?![{HAN_AND_KANA}]){_LETTER})+{_REST}|\s+|[^\w\s]")
_WORDS = re.compile(rf"{_LETTER}+{_REST}")
#: What likeness counts: words, and each character in scripts without spaces between words.
_UNITS = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}]){_LETTER})+")


@dataclass(slots=True)
class _Budget:
    """The comparisons that may still be made for two texts."""

    left: int = MAX_COMPARISONS

    def pays(self, comparisons: int) -> bool:
        """Whether these comparisons may be made. Where they may, they are counted."""
        if comparisons > self.left:
            return False
        self.left -= comparisons
        return True


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of text in both texts (`equal`), in the new one alone (`insert`) or in the old one alone (`delete`)."""

    kind: Literal["equal", "insert", "delete"]
    text: str


class Fate(StrEnum):
    """What became of a paragraph."""

    EQUAL = "equal"
    CHANGED = "changed"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the old text beside its partner in the new one, "" for none; `changes` turn the one into the other."""

    fate: Fate
    old: str
    new: str
    changes: tuple[Change, ...]


def word_diff(old: str, new: str) -> list[Change]:
    """The changes that turn `old` into `new`, in reading order; a deletion stands before what replaces it.

    >>> [(change.kind, change.text) for change in word_diff("The red fox.", "The brown fox!")]
    [('equal', 'The '), ('delete', 'red'), ('insert', 'brown'), ('equal', ' fox'), ('delete', '.'), ('insert', '!')]
    """
    budget = _Budget()
    pairs = _pairs(old, new, budget)
    return _joined(change for before, after in pairs for change in _changes(before, after, budget))


def paragraph_diff(old: str, new: str) -> list[Paragraph]:
    """The paragraphs of both texts in reading order, paired where one is the other or became it.

    >>> [(p.fate.value, p.old, p.new) for p in paragraph_diff("One fox ran.\\n\\nTwo.", "One fox ran off.\\n\\nThree.")]
    [('changed', 'One fox ran.', 'One fox ran off.'), ('gone', 'Two.', ''), ('new', '', 'Three.')]
    """
    found, budget = [], _Budget()
    for before, after in ((a.rstrip("\n"), b.rstrip("\n")) for a, b in _pairs(old, new, budget)):
        if not (before or after):
            continue
        fate = Fate.GONE if not after else Fate.NEW if not before else Fate.CHANGED
        fate = Fate.EQUAL if before == after else fate
        found.append(Paragraph(fate, before, after, tuple(_joined(_changes(before, after, budget)))))
    return found


def unified(old: str, new: str, from_name: str = "old", to_name: str = "new") -> str:
    """The changes as a unified diff that compares line by line. `from_name` and `to_name` stand in its header."""
    lines = unified_diff(old.splitlines(), new.splitlines(), from_name, to_name, lineterm="")
    return "\n".join(lines)


def to_html(changes: Iterable[Change]) -> str:
    """The changes as HTML: a `<p>` for each paragraph, with `<ins>` and `<del>` around what changed."""
    tags = {"equal": "{}", "insert": "<ins>{}</ins>", "delete": "<del>{}</del>"}
    paragraphs = [""]
    for change in changes:
        for number, piece in enumerate(re.split(r"\n\n+", change.text)):
            if number:
                paragraphs.append("")
            if piece:
                paragraphs[-1] += tags[change.kind].format(escape(piece).replace("\n", "<br>"))
    return "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs if paragraph)


def lost_and_gained(old: str, new: str) -> tuple[Counter[str], Counter[str]]:
    """Two counts of words: those that the new text lacks, and those that the old text lacked.

    >>> lost_and_gained("a rose, a rose", "a rose")
    (Counter({'a': 1, 'rose': 1}), Counter())
    """
    before, after = Counter(_WORDS.findall(old)), Counter(_WORDS.findall(new))
    return before - after, after - before


def _pairs(old: str, new: str, budget: _Budget) -> Iterator[tuple[str, str]]:
    """The paragraphs of both texts as pairs, "" where one has no partner; each side, joined, is its text again."""
    # A paragraph has the blank lines behind it.
    before, after = (re.findall(r"(?s).+?(?:\n\n+|\Z)", text) for text in (old, new))
    left, right = ([paragraph.rstrip("\n") for paragraph in side] for side in (before, after))
    for is_equal, a, b, c, d in _stretches(left, right, budget):
        if is_equal:
            yield from zip(before[a:b], after[c:d], strict=True)
        else:
            yield from _aligned(before[a:b], after[c:d], budget)


def _stretches(
    old: Sequence[str], new: Sequence[str], budget: _Budget
) -> Iterator[tuple[bool, int, int, int, int]]:
    """Stretches of pieces, by turns equal and changed: whether equal, start and end in `old`, start and end in `new`.

    What both begin and end with costs nothing, so that a small change of a text of any length is found.
    """
    begin, end = _common(old, new)
    if begin:
        yield True, 0, begin, 0, begin
    left, right = old[begin : len(old) - end], new[begin : len(new) - end]
    if left and right and budget.pays(len(left) * len(right)):
        for is_equal, run in groupby(Indel.opcodes(left, right), key=lambda opcode: opcode.tag == "equal"):
            first, *_ = stretch = list(run)
            last = stretch[-1]
            places = first.src_start, last.src_end, first.dest_start, last.dest_end
            yield is_equal, *(begin + place for place in places)
    elif left or right:
        yield False, begin, len(old) - end, begin, len(new) - end
    if end:
        yield True, len(old) - end, len(old), len(new) - end, len(new)


def _common(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """The number of pieces that both begin with, and of those behind them that both end with."""
    shorter, begin, end = min(len(old), len(new)), 0, 0
    while begin < shorter and old[begin] == new[begin]:
        begin += 1
    while begin + end < shorter and old[-1 - end] == new[-1 - end]:
        end += 1
    return begin, end


def _aligned(old: Sequence[str], new: Sequence[str], budget: _Budget) -> Iterator[tuple[str, str]]:
    """The pairs of a stretch in which no paragraphs are equal."""
    i = j = 0
    for a, b in _partners(old, new, budget):
        yield from ((one, "") for one in old[i:a])
        yield from (("", one) for one in new[j:b])
        yield old[a], new[b]
        i, j = a + 1, b + 1
    yield from ((one, "") for one in old[i:])
    yield from (("", one) for one in new[j:])


def _partners(old: Sequence[str], new: Sequence[str], budget: _Budget) -> list[tuple[int, int]]:
    """The places of the paragraphs that are pairs, in order: the most alike first, then each pair that crosses none before it."""
    found = [(-1, -1), (len(old), len(new))]
    for _, i, j in sorted((-likeness, i, j) for likeness, i, j in _alike(old, new, budget)):
        at = bisect(found, (i, j))
        above, below = found[at - 1], found[at]
        if above[0] < i < below[0] and above[1] < j < below[1]:
            found.insert(at, (i, j))
    return found[1:-1]


def _alike(old: Sequence[str], new: Sequence[str], budget: _Budget) -> Iterator[tuple[float, int, int]]:
    """Likeness and places of the paragraphs that may be pairs. Each is compared with each or, where that would take more than half
    of what is left, with those at about its place."""
    left, right = ([_UNITS.findall(paragraph) for paragraph in side] for side in (old, new))
    comparisons = sum(map(len, left)) * sum(map(len, right)) + len(old) * len(new) * PARAGRAPH_COMPARISONS
    compared = budget.left // 2 * len(new) // max(1, comparisons)
    compared = min(len(new), max(MIN_COMPARED_PARAGRAPHS, compared))
    for i, before in enumerate(left):
        start = min(max(0, i * len(new) // len(old) - compared // 2), len(new) - compared)
        for j, after in enumerate(right[start : start + compared], start):
            likeness = _likeness(before, after, budget)
            if likeness >= MIN_PAIR_LIKENESS:
                yield likeness, i, j


def _likeness(old: Sequence[str], new: Sequence[str], budget: _Budget) -> float:
    """The likeness of two paragraphs, given as their words; 0 where it is below `MIN_PAIR_LIKENESS` or cannot be paid.

    What both begin and end with costs nothing.
    """
    begin, end = _common(old, new)
    left, right = old[begin : len(old) - end], new[begin : len(new) - end]
    if not (old and new and budget.pays(len(left) * len(right) + PARAGRAPH_COMPARISONS)):
        return 0
    words, same = len(old) + len(new), 2 * (begin + end)
    least = max(0, math.ceil(MIN_PAIR_LIKENESS * words) - same)
    return (same + Indel.similarity(left, right, score_cutoff=least)) / words


def _changes(old: str, new: str, budget: _Budget) -> Iterator[Change]:
    """The changes of a pair. A space or a sign alone between two changes belongs to both, so that they are read as one."""
    if old == new or not (old and new):
        yield from (Change("equal", old),) if old == new else (Change("delete", old), Change("insert", new))
        return
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    gone = come = ""
    for is_equal, a, b, c, d in _stretches(before, after, budget):
        text = "".join(before[a:b])
        if not is_equal:
            gone, come = gone + text, come + "".join(after[c:d])
        elif gone and come and b < len(before) and not _UNITS.search(text) and "\n" not in text:
            gone, come = gone + text, come + text
        else:
            yield from (Change("delete", gone), Change("insert", come), Change("equal", text))
            gone = come = ""
    yield from (Change("delete", gone), Change("insert", come))


def _joined(changes: Iterable[Change]) -> list[Change]:
    """The changes without empty ones, where neighbours of the same kind are one change."""
    runs = groupby((change for change in changes if change.text), key=lambda change: change.kind)
    return [Change(kind, "".join(change.text for change in run)) for kind, run in runs]
