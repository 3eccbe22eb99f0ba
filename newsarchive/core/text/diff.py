"""What changed between two texts, word by word: "The red fox" and "The brown fox" differ in "red" and "brown".

Paragraphs are paired first, then words are matched within a pair. A paragraph that was written anew has some "the" and "of" in
common with what stood there before: matched word by word it would be a salad of both. So two paragraphs are a pair only
where half of their words are the same in the same order; without a partner a paragraph is gone or new as a whole. Equal
paragraphs, and words, are matched by difflib (the gestalt pattern matching of Ratcliff and Obershelp, 1988) or, where that may
take too long, by their longest common subsequence; altered paragraphs by the alignment with the greatest sum of likeness
(Needleman and Wunsch, 1970).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import Match, SequenceMatcher, unified_diff
from enum import StrEnum
from html import escape
from itertools import accumulate, groupby
from typing import Literal

from rapidfuzz.distance import Indel, Opcode

from newsarchive.core.text.scripts import HAN_AND_KANA, UNSPACED, WORD_MARKS

#: Words, spaces and signs on either side of a changed stretch. Up to here they are matched one by one, which takes time
#: in the product of both numbers; a longer stretch is given as deleted and inserted whole.
MAX_MATCHED_PIECES = 4000
#: Pairs of equal pieces of two texts, times the pieces of the shorter one: difflib may need that many steps. Up to here it matches
#: them; two texts of 1,000 words of which every other one was changed would take it 22 s.
MAX_GESTALT_WORK = 50_000_000
#: Steps that difflib really takes, summed over all pairs of paragraphs of two texts: a second. A paragraph of 147 words with an edit
#: in each sentence takes some 70,000, and 50 paragraphs of 290 words of which every third was changed would take 24 s.
MAX_GESTALT_STEPS = 12_000_000
#: Pairs of pieces of two texts, equal or not. More are not compared: each takes a bit of memory.
MAX_COMMON_WORK = 400_000_000
#: Likeness of two paragraphs: twice the words that both have in the same order, by the words of both, 0 to 1. From here on the one
#: is the other, altered; below, the one is gone and the other new.
MIN_PAIR_LIKENESS = 0.5
#: Pairs of paragraphs in one changed stretch. Up to here each is compared with each; of more, those at about the same place.
MAX_COMPARED_PAIRS = 10_000
#: Pairs of paragraphs, summed over all changed stretches of two texts. Near their end, only paragraphs at about the same place are
#: compared, and then none.
MAX_SUMMED_PAIRS = 150_000
#: Pairs of words in the compared paragraphs, summed over two texts: 2 s at most. Where a stretch has more, the words of its paragraphs
#: are counted, and their order does not matter: two texts of 600,000 Chinese characters would take 22 s.
MAX_LIKENESS_WORK = 4_000_000_000
#: Different words of the old paragraphs whose words are counted, once for each new paragraph that they are compared with.
MAX_COUNTED_WORDS = 6_000_000

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
class _Effort:
    """What may still be done for two texts, so that a long one takes seconds, not minutes."""

    steps: int = MAX_GESTALT_STEPS
    pairs: int = MAX_SUMMED_PAIRS
    likeness: int = MAX_LIKENESS_WORK
    counted: int = MAX_COUNTED_WORDS


class _TooManyStepsError(Exception):
    """difflib would take more steps than are left."""


class _CountingMatcher(SequenceMatcher[str]):
    """difflib's matcher, which counts its steps: how many it takes depends on where equal pieces stand, and the worst case is a
    hundred times the usual one."""

    def __init__(self, old: Sequence[str], new: Sequence[str], effort: _Effort) -> None:
        super().__init__(None, old, new, autojunk=False)
        counts = Counter(new)
        self._ends = [0, *accumulate(2 + counts[piece] for piece in old)]
        self._effort = effort

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """The longest equal stretch, as difflib finds it; it looks at each piece of the old text and its equals in the new one."""
        steps = self._ends[-1 if ahi is None else ahi] - self._ends[alo]
        if steps > self._effort.steps:
            raise _TooManyStepsError
        self._effort.steps -= steps
        return super().find_longest_match(alo, ahi, blo, bhi)


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
    effort = _Effort()
    pairs = _pairs(old, new, effort)
    return _joined(change for before, after in pairs for change in _changes(before, after, effort))


def paragraph_diff(old: str, new: str) -> list[Paragraph]:
    """The paragraphs of both texts in reading order, paired where one is the other or became it.

    >>> [(p.fate.value, p.old, p.new) for p in paragraph_diff("One fox ran.\\n\\nTwo.", "One fox ran off.\\n\\nThree.")]
    [('changed', 'One fox ran.', 'One fox ran off.'), ('gone', 'Two.', ''), ('new', '', 'Three.')]
    """
    found, effort = [], _Effort()
    for before, after in ((a.rstrip("\n"), b.rstrip("\n")) for a, b in _pairs(old, new, effort)):
        if not (before or after):
            continue
        fate = Fate.GONE if not after else Fate.NEW if not before else Fate.CHANGED
        fate = Fate.EQUAL if before == after else fate
        found.append(Paragraph(fate, before, after, tuple(_joined(_changes(before, after, effort)))))
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


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each with the blank lines behind it; joined, they are the text again."""
    return re.findall(r"(?s).+?(?:\n\n+|\Z)", text)


def _pairs(old: str, new: str, effort: _Effort) -> Iterator[tuple[str, str]]:
    """The paragraphs of both texts as pairs, "" where one has no partner; each side, joined, is its text again."""
    before, after = _paragraphs(old), _paragraphs(new)
    left, right = ([paragraph.rstrip("\n") for paragraph in side] for side in (before, after))
    for tag, a, b, c, d in _opcodes(left, right, effort):
        if tag == "equal":
            yield from zip(before[a:b], after[c:d], strict=True)
        else:
            yield from _aligned(before[a:b], after[c:d], effort)


def _opcodes(
    old: Sequence[str], new: Sequence[str], effort: _Effort
) -> Sequence[tuple[str, int, int, int, int]]:
    """(tag, start and end in `old`, start and end in `new`) of each stretch; the tag is "equal" where both have the same pieces."""
    counts = Counter(new)
    equal = sum(number * counts[piece] for piece, number in Counter(old).items())
    if equal * min(len(old), len(new)) <= MAX_GESTALT_WORK:
        with suppress(_TooManyStepsError):
            return _CountingMatcher(old, new, effort).get_opcodes()
    if len(old) * len(new) <= MAX_COMMON_WORK:
        return list(_stretches(Indel.opcodes(old, new)))
    return [("replace", 0, len(old), 0, len(new))]


def _stretches(opcodes: Iterable[Opcode]) -> Iterator[tuple[str, int, int, int, int]]:
    """What is gone and what came in its place as one stretch, as difflib gives it: rapidfuzz gives two."""
    for is_equal, run in groupby(opcodes, key=lambda opcode: opcode.tag == "equal"):
        first, *_ = stretch = list(run)
        last, tag = stretch[-1], "equal" if is_equal else "replace"
        yield tag, first.src_start, last.src_end, first.dest_start, last.dest_end


def _aligned(old: Sequence[str], new: Sequence[str], effort: _Effort) -> Iterator[tuple[str, str]]:
    """The pairs of a stretch in which no paragraphs are equal, in the order that gives the greatest sum of likeness."""
    i = j = 0
    for a, b in _partners(old, new, effort):
        yield from ((one, "") for one in old[i:a])
        yield from (("", one) for one in new[j:b])
        yield old[a], new[b]
        i, j = a + 1, b + 1
    yield from ((one, "") for one in old[i:])
    yield from (("", one) for one in new[j:])


def _partners(old: Sequence[str], new: Sequence[str], effort: _Effort) -> list[tuple[int, int]]:
    """The places of the paragraphs that are pairs, in order."""
    width = _width(len(old), len(new), effort)
    if not width:
        return []
    left, right = ([_UNITS.findall(paragraph) for paragraph in side] for side in (old, new))
    bands = _bands(len(old), len(new), width)
    effort.pairs -= sum(map(len, bands))
    alike = _by_order(left, right, bands, effort)
    if alike is None:
        alike = _by_count(left, right, width, effort)
    #: (place in the old text, place in the new one) → the sum of likeness of the pairs from there on. It is known for each band
    #: and the place behind it; before a band it is that of the band's first place.
    best: dict[tuple[int, int], float] = {}

    def ahead(i: int, j: int) -> float:
        return best[i, max(j, bands[i].start)] if i < len(old) else 0.0

    for i in reversed(range(len(old))):
        best[i, bands[i].stop] = ahead(i + 1, bands[i].stop)
        for j in reversed(bands[i]):
            best[i, j] = max(ahead(i + 1, j), best[i, j + 1])
            if (i, j) in alike:
                best[i, j] = max(best[i, j], alike[i, j] + ahead(i + 1, j + 1))
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        j = max(j, bands[i].start)
        if (i, j) in alike and best[i, j] == alike[i, j] + ahead(i + 1, j + 1):
            found.append((i, j))
            i, j = i + 1, j + 1
        elif j >= bands[i].stop or best[i, j] == ahead(i + 1, j):
            i += 1
        else:
            j += 1
    return found


def _width(old: int, new: int, effort: _Effort) -> int:
    """How far from its own place a paragraph is compared, by the numbers of paragraphs; 0 where none may be compared."""
    if not (old and new):
        return 0
    width = new if old * new <= MAX_COMPARED_PAIRS else max(1, MAX_COMPARED_PAIRS // old // 2)
    return width if old * min(new, 2 * width + 1) <= effort.pairs else effort.pairs // old // 3


def _bands(old: int, new: int, width: int) -> list[range]:
    """The places in the new text that each old paragraph is compared with."""
    middles = [i * new // old for i in range(old)]
    return [range(max(0, middle - width), min(new, middle + width + 1)) for middle in middles]


def _by_order(
    old: list[list[str]], new: list[list[str]], bands: list[range], effort: _Effort
) -> dict[tuple[int, int], float] | None:
    """The places of paragraphs that may be pairs → likeness, by the units that both have in the same order; None where that may
    take too long."""
    pairs = [(i, j) for i, band in enumerate(bands) for j in band if _may_be_pair(old[i], new[j])]
    work = [len(old[i]) * len(new[j]) for i, j in pairs]
    if sum(work) > effort.likeness or max(work, default=0) > MAX_COMMON_WORK:
        return None
    effort.likeness -= sum(work)
    found = {
        (i, j): Indel.normalized_similarity(old[i], new[j], score_cutoff=MIN_PAIR_LIKENESS) for i, j in pairs
    }
    return {places: likeness for places, likeness in found.items() if likeness}


def _by_count(
    old: list[list[str]], new: list[list[str]], width: int, effort: _Effort
) -> dict[tuple[int, int], float]:
    """The same by the units that both have in any order."""
    left, right = ([dict(Counter(units)) for units in side] for side in (old, new))
    different = sum(map(len, left))
    if different * min(len(new), 2 * width + 1) > effort.counted:
        width = max(1, min(width, effort.counted // different // 3))
    found = {}
    for i, band in enumerate(_bands(len(old), len(new), width)):
        effort.counted -= len(left[i]) * len(band)
        for j in band:
            if not _may_be_pair(old[i], new[j]):
                continue
            both = sum(min(number, right[j].get(unit, 0)) for unit, number in left[i].items())
            likeness = 2 * both / (len(old[i]) + len(new[j]))
            if likeness >= MIN_PAIR_LIKENESS:
                found[i, j] = likeness
    return found


def _may_be_pair(old: list[str], new: list[str]) -> bool:
    """Whether the one may be like the other by the numbers of their units."""
    total = len(old) + len(new)
    return 2 * min(len(old), len(new)) >= MIN_PAIR_LIKENESS * total > 0


def _changes(old: str, new: str, effort: _Effort) -> Iterator[Change]:
    if old == new:
        yield Change("equal", old)
    elif not (old and new):
        yield Change("delete", old)
        yield Change("insert", new)
    else:
        yield from _changed_words(old, new, effort)


def _changed_words(old: str, new: str, effort: _Effort) -> Iterator[Change]:
    """The changes of a pair. A space or a sign alone between two changes belongs to both, so that they are read as one."""
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    if max(len(before), len(after)) > MAX_MATCHED_PIECES:
        yield Change("delete", old)
        yield Change("insert", new)
        return
    opcodes = _opcodes(before, after, effort)
    gone = come = ""
    for number, (tag, a, b, c, d) in enumerate(opcodes):
        text = "".join(before[a:b])
        if tag != "equal":
            gone, come = gone + text, come + "".join(after[c:d])
        elif gone and come and number + 1 < len(opcodes) and not _UNITS.search(text) and "\n" not in text:
            gone, come = gone + text, come + text
        else:
            yield from (Change("delete", gone), Change("insert", come), Change("equal", text))
            gone = come = ""
    yield from (Change("delete", gone), Change("insert", come))


def _joined(changes: Iterable[Change]) -> list[Change]:
    """The changes without empty ones, where neighbours of the same kind are one change."""
    runs = groupby((change for change in changes if change.text), key=lambda change: change.kind)
    return [Change(kind, "".join(change.text for change in run)) for kind, run in runs]
