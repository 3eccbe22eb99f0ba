"""Which quotation mark or apostrophe lost its last byte: `â€` is `“`, `”`, `‘`, `’` or `„`.

No two characters tell that. What does: between letters an apostrophe stands; and what opens is closed, often
by a mark that lost nothing. Where all of them lost theirs, the language of the page decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from newsarchive.core.encoding.charsets import Charset, charset
from newsarchive.core.encoding.runs import Change
from newsarchive.core.text.scripts import script

#: What opens and what closes, and the languages of which that is the custom (Unicode CLDR, delimiters); "" is
#: all that are not named.
STYLES = {
    ("“", "”"): "",
    ("‘", "’"): "en",
    ("„", "“"): "de cs sk sl bg lt lv is hr sr mk et ka",
    ("„", "”"): "pl ro hu nl sr hr",
    ("‚", "‘"): "de cs sk sl",
    ("”", "”"): "sv fi",
    ("’", "’"): "sv fi",
}
OPENINGS = frozenset("“‘„‚")
#: Languages that have more than one custom.
LANGUAGES_OF_SEVERAL_STYLES = "ru uk be kk da"
MARKS = frozenset("".join(map("".join, STYLES)))
_MARKS = re.compile("[" + "".join(sorted(MARKS)) + "]")
#: The roles of a mark.
INSIDE = "inside"
OPENING = "opening"
CLOSING = "closing"
#: What stands for a lost byte: nothing, or one of these.
SPELLINGS = ("", "\ufffd", "?")
#: The codec to try first: several begin marks with the same two characters.
LIKELIEST_CODEC = "windows-1252"
#: In marks: fewer that lost their last byte may be an accident.
MIN_TORN_MARKS = 2
#: This share of the marks of a page may open and not close, or close and not open: quotations run over lines.
MAX_UNPAIRED_SHARE = 0.4
#: In marks: what it counts that a style is the custom of the page's language.
CUSTOM_BONUS = 0.5
#: In marks: what it counts that a style has double marks.
DOUBLE_BONUS = 0.2


class Mark(NamedTuple):
    """A mark of the page: where it stands, what it does there, and which it is, "" where it lost its last byte."""

    place: int
    role: str
    char: str


def role_of(before: str, behind: str) -> str:
    """What a mark does between two characters, "" where that is not clear. Beyond ASCII all counts as letters;
    what stands between those that are not Latin may be something else, as the joiners of Persian.

    >>> role_of("l", "E"), role_of(" ", "I"), role_of(".", " ")
    ('inside', 'opening', 'closing')
    """
    left, right = (c.isalnum() or c > "\x7f" for c in (before, behind))
    if left and right:
        return INSIDE if all(c.isascii() or script(c) == "LATIN" for c in (before, behind)) else ""
    if right and (not before.strip() or before in "([{-/\"'"):
        return OPENING
    closes = left or before in ".,;:!?%)]}"
    return CLOSING if closes and not right and behind not in "([{" else ""


def torn_marks(
    text: str, changes: Sequence[Change], codec: Charset, spelling: str, language: Callable[[], str]
) -> dict[int, str]:
    """Where marks lost their last byte, spelled so, and which they were, as far as that can be told, "" where
    that is none which this codec loses.

    `language` gives a two-letter code, "" where it is not known; it is asked only if that may matter.
    """
    lost = _lost(codec)
    if not lost:
        return {}
    torn = [_torn(text, m.start(), m.end()) for m in _pattern(codec, spelling).finditer(text)]
    marks = sorted([*torn, *_whole(text, changes), *_standing(text, codec)])
    told = {m.place: "’" for m in torn if m.role == INSIDE and "’" in lost}
    owners = {m.place for line in _lines(text, marks) for m in _owning(text, line, codec)}
    told |= {m.place: "’" for m in torn if m.place in owners and "’" in lost}
    marks, torn = ([m for m in some if m.place not in owners] for some in (marks, torn))
    pairs = [pair for line in _lines(text, marks) for pair in _paired(line, lost)]
    opened = {torn.place: char for torn, _, char in pairs}
    style = _style(marks, lost, {*opened, *(whole.place for _, whole, _ in pairs)}, language)
    if style == ("“", "”") and lost.issuperset("“”‘’") and not _are_said(text, torn):
        style = None  # in English either may be: double marks for what is said, single ones for titles and odd words
    for mark in torn:
        if mark.role in (OPENING, CLOSING):
            char = opened.get(mark.place) or (style[mark.role == CLOSING] if style else "")
            told |= {mark.place: char} if char in lost else {}
            if char not in lost and mark.role == OPENING and lost.isdisjoint(OPENINGS):
                told[mark.place] = ""
    return told


def torn_codec(text: str, names: Iterable[str]) -> tuple[Charset, list[int]] | None:
    """The codec of these in which marks of a page lost their last byte, and where; `None` where that is not clear.

    Two marks must be so, each in the place of one, and what they begin with stand nowhere else.
    """
    for codec in map(charset, sorted(names, key=lambda name: (name != LIKELIEST_CODEC, name))):
        start = codec.decoded[0xE2] + codec.decoded[0x80]
        if text.count(start) < MIN_TORN_MARKS or text.count(start[0]) > text.count(start):
            continue
        for spelling in SPELLINGS:
            torn = [_torn(text, m.start(), m.end()) for m in _pattern(codec, spelling).finditer(text)]
            if len(torn) == text.count(start) and all(m.role for m in torn) and _lost(codec):
                return codec, [m.place for m in torn]
    return None


def _lost(codec: Charset) -> frozenset[str]:
    """The marks whose last byte the codec does not define."""
    return frozenset(mark for mark in MARKS if mark.encode()[2] in codec.undefined)


def _pattern(codec: Charset, spelling: str) -> re.Pattern[str]:
    """The first two bytes of general punctuation, with a lost one behind."""
    return torn_pattern(codec, b"\xe2\x80", spelling)


@lru_cache(maxsize=256)
def torn_pattern(codec: Charset, first: bytes, spelling: str) -> re.Pattern[str]:
    """The first two bytes of a sequence of three, as a codec reads them, with a lost one behind."""
    start = re.escape(codec.decoded[first[0]] + codec.decoded[first[1]])
    follows = "".join(re.escape(chr(c)) for c, b in codec.inverse.items() if 0x80 <= b < 0xC0)
    return re.compile(start + (re.escape(spelling) if spelling else f"(?![{follows}])"))


def _torn(text: str, start: int, end: int) -> Mark:
    return Mark(start, role_of(text[start - 1 : start] or "\n", text[end : end + 1] or "\n"), "")


def _whole(text: str, changes: Iterable[Change]) -> Iterable[Mark]:
    """The marks that changes bring forth."""
    for change in changes:
        if change.reading.after in MARKS:
            mark = _torn(text, change.start, change.end)
            yield mark._replace(char=change.reading.after)


def _standing(text: str, codec: Charset) -> Iterable[Mark]:
    """The marks that were not damaged, or are repaired already."""
    for match in _MARKS.finditer(text):
        if text[match.start() - 1 : match.start()] != codec.decoded[0x80]:
            yield _torn(text, match.start(), match.end())._replace(char=match[0])


def _lines(text: str, marks: Iterable[Mark]) -> Iterable[list[Mark]]:
    breaks = [match.start() for match in re.finditer("\n", text)]
    lines: dict[int, list[Mark]] = {}
    for mark in marks:
        lines.setdefault(bisect_left(breaks, mark.place), []).append(mark)
    return lines.values()


def _are_said(text: str, torn: Iterable[Mark]) -> bool:
    """Whether sentences end inside the torn marks."""
    return any(text[m.place - 1 : m.place] in (",", ".", "!", "?") for m in torn if m.role == CLOSING)


def _owning(text: str, line: list[Mark], codec: Charset) -> Iterable[Mark]:
    """The marks of a line that may be apostrophes, behind an s and before a word: `the prisoners’ plea`. They close
    nothing, or leave to another what is open."""
    start = re.escape(codec.decoded[0xE2] + codec.decoded[0x80])
    owning = re.compile(rf"(?<=[a-z]s){start}[^\x00-\x3e\x40-\x7f]? [A-Za-z]")
    behind, role = [], ""  # what the next mark does that opens or closes
    for mark in reversed(line):
        behind.append(role)
        role = mark.role if mark.role in (OPENING, CLOSING) else role
    depth = 0
    for mark, next_ in zip(line, reversed(behind), strict=True):
        closes_nothing = depth <= 0 or (mark.char and next_ == CLOSING)
        is_apostrophe = mark.role == CLOSING and mark.char in ("", "’") and closes_nothing
        if is_apostrophe and owning.match(text, mark.place):
            yield mark
        depth += {OPENING: 1, CLOSING: -1}.get(mark.role, 0)


def _paired(line: list[Mark], lost: frozenset[str]) -> Iterable[tuple[Mark, Mark, str]]:
    """The torn marks of a line that stand in a pair with a whole one, that one, and which they are by that."""
    ends = [mark for mark in line if mark.role in (OPENING, CLOSING)]
    for first, second in pairwise(ends):
        if (first.role, second.role) != (OPENING, CLOSING) or bool(first.char) == bool(second.char):
            continue
        pairs = [p for p in STYLES if (first.char or p[0]) == p[0] and (second.char or p[1]) == p[1]]
        fit = {p[bool(first.char)] for p in pairs} & lost
        if len(fit) == 1:
            yield (second, first, fit.pop()) if first.char else (first, second, fit.pop())


def _style(
    marks: Sequence[Mark], lost: frozenset[str], known: Collection[int], language: Callable[[], str]
) -> tuple[str, str] | None:
    """The style that the torn marks of a page, those `known` apart, have together; `None` where none fits."""
    left = Counter((m.role, m.char) for m in marks if m.place not in known)
    torn = (left[OPENING, ""], left[CLOSING, ""])
    if not any(torn):
        return None
    own = language()
    scores: dict[tuple[str, str], float] = {}
    for opening, closing in STYLES:
        if opening not in OPENINGS and not _is_custom(STYLES[opening, closing], own):
            continue
        opened = torn[0] * (opening in lost) + left[OPENING, opening]
        closed = torn[1] * (closing in lost) + left[CLOSING, closing]
        unexplained = torn[0] * (opening not in lost) + torn[1] * (closing not in lost)
        usual = CUSTOM_BONUS * _is_custom(STYLES[opening, closing], own) + DOUBLE_BONUS * (opening in "“„”")
        scores[opening, closing] = abs(opened - closed) + unexplained - usual
    best, second = sorted(scores, key=scores.__getitem__)[:2]
    fits = scores[best] <= MAX_UNPAIRED_SHARE * (torn[0] + torn[1]) and scores[best] < scores[second]
    return best if fits else None


def _is_custom(languages: str, language: str) -> bool:
    """Whether a style is that of a language, one of these, or else of any that none is said to have."""
    if languages:
        return language in languages.split()
    others = " ".join([LANGUAGES_OF_SEVERAL_STYLES, *(own for own in STYLES.values() if own != "en")])
    return bool(language) and language not in others.split()
