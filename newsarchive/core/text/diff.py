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
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from enum import StrEnum
from html import escape
from itertools import groupby
from typing import Literal

from rapidfuzz.distance import Indel, Opcode

from newsarchive.core.text.scripts import HAN_AND_KANA, UNSPACED, WORD_MARKS

#: Words, spaces and signs on either side of a changed stretch. Up to here they are matched one by one, which takes time
#: in the product of both numbers; a longer stretch is given as deleted and inserted whole.
MAX_MATCHED_PIECES = 4000
#: Pairs of equal pieces of two texts, times the pieces of the shorter one, summed over all pairs of paragraphs. Up to here difflib
#: matches them, in 1.5 s at most; two texts of 1,000 words of which every other one was changed would take it 22 s, and so would
#: 50 paragraphs of 290 such words.
MAX_GESTALT_WORK = 100_000_000
#: Pairs of pieces of two texts, equal or not. More are not compared: each takes a bit of memory. Of two longer paragraphs the words
#: are counted, and their order does not matter: it would take 26 s for a million characters.
MAX_COMMON_WORK = 400_000_000
#: Likeness of two paragraphs: twice the words that both have in the same order, by the words of both, 0 to 1. From here on the one
#: is the other, altered; below, the one is gone and the other new.
MIN_PAIR_LIKENESS = 0.5
#: Pairs of paragraphs in one changed stretch. Up to here each is compared with each; of more, those at about the same place.
MAX_COMPARED_PAIRS = 10_000

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
    """What difflib may still do for two texts."""

    left: int = MAX_GESTALT_WORK


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
            yield from _aligned(before[a:b], after[c:d])


def _opcodes(
    old: Sequence[str], new: Sequence[str], effort: _Effort
) -> Sequence[tuple[str, int, int, int, int]]:
    """(tag, start and end in `old`, start and end in `new`) of each stretch; the tag is "equal" where both have the same pieces."""
    counts = Counter(new)
    equal = sum(number * counts[piece] for piece, number in Counter(old).items())
    if (work := equal * min(len(old), len(new))) <= effort.left:
        effort.left -= work
        return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    if len(old) * len(new) <= MAX_COMMON_WORK:
        return list(_stretches(Indel.opcodes(old, new)))
    return [("replace", 0, len(old), 0, len(new))]


def _stretches(opcodes: Iterable[Opcode]) -> Iterator[tuple[str, int, int, int, int]]:
    """What is gone and what came in its place as one stretch, as difflib gives it: rapidfuzz gives two."""
    for is_equal, run in groupby(opcodes, key=lambda opcode: opcode.tag == "equal"):
        first, *_ = stretch = list(run)
        last, tag = stretch[-1], "equal" if is_equal else "replace"
        yield tag, first.src_start, last.src_end, first.dest_start, last.dest_end


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of a stretch in which no paragraphs are equal, in the order that gives the greatest sum of likeness."""
    i = j = 0
    for a, b in _partners(old, new):
        yield from ((one, "") for one in old[i:a])
        yield from (("", one) for one in new[j:b])
        yield old[a], new[b]
        i, j = a + 1, b + 1
    yield from ((one, "") for one in old[i:])
    yield from (("", one) for one in new[j:])


def _partners(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The places of the paragraphs that are pairs, in order."""
    units = [[_UNITS.findall(paragraph) for paragraph in side] for side in (old, new)]
    is_small = len(old) * len(new) <= MAX_COMPARED_PAIRS
    width = len(new) if is_small else max(1, MAX_COMPARED_PAIRS // len(old) // 2)
    middles = [i * len(new) // len(old) for i in range(len(old))]
    #: The places in the new text that each old paragraph is compared with.
    bands = [range(max(0, middle - width), min(len(new), middle + width + 1)) for middle in middles]
    #: (place in the old text, place in the new one) → the sum of likeness of the pairs from there on. It is known for each band
    #: and the place behind it; before a band it is that of the band's first place.
    best: dict[tuple[int, int], float] = {}
    alike: dict[tuple[int, int], float] = {}

    def ahead(i: int, j: int) -> float:
        return best[i, max(j, bands[i].start)] if i < len(old) else 0.0

    for i in reversed(range(len(old))):
        best[i, bands[i].stop] = ahead(i + 1, bands[i].stop)
        for j in reversed(bands[i]):
            best[i, j] = max(ahead(i + 1, j), best[i, j + 1])
            likeness = _likeness(units[0][i], units[1][j])
            if likeness and (units[0][i] or units[1][j]):
                alike[i, j] = likeness
                best[i, j] = max(best[i, j], likeness + ahead(i + 1, j + 1))
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


def _likeness(old: list[str], new: list[str]) -> float:
    """The likeness of two paragraphs by their units; 0 where they are no pair."""
    if len(old) * len(new) <= MAX_COMMON_WORK:
        return Indel.normalized_similarity(old, new, score_cutoff=MIN_PAIR_LIKENESS)
    found = 2 * (Counter(old) & Counter(new)).total() / (len(old) + len(new))
    return found if found >= MIN_PAIR_LIKENESS else 0.0


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
    joined: list[Change] = []
    for change in changes:
        if not change.text:
            continue
        if joined and joined[-1].kind == change.kind:
            joined[-1] = Change(change.kind, joined[-1].text + change.text)
        else:
            joined.append(change)
    return joined
