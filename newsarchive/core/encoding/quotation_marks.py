"""Decides which quotation mark or apostrophe lost its last byte: `â€` may be `“`, `”`, `‘`, `’` or `„`.

Between two letters stands an apostrophe. An opening mark has a closing one, and often one of the two is undamaged. Where
all marks lost their last byte, the language of the page decides.
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

#: Opening and closing mark → the languages that use them (Unicode CLDR, delimiters); "" stands for all other languages.
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
#: Languages that use more than one style.
LANGUAGES_OF_SEVERAL_STYLES = "ru uk be kk da"
#: The first two bytes of each of the marks.
FIRST_BYTES = b"\xe2\x80"
MARKS = frozenset("".join(map("".join, STYLES)))
_MARKS = re.compile("[" + "".join(sorted(MARKS)) + "]")
#: The roles of a mark.
INSIDE = "inside"
OPENING = "opening"
CLOSING = "closing"
#: The spellings of a lost byte: nothing, U+FFFD or a question mark.
SPELLINGS = ("", "\ufffd", "?")
#: The codec that is tried first: several codecs begin marks with the same two characters.
LIKELIEST_CODEC = "windows-1252"
#: Truncated marks of a page. Fewer may be an accident, and prove no codec.
MIN_TRUNCATED_MARKS = 2
#: Share of the truncated marks of a page without a partner. Above it a style does not fit; below it quotations that run
#: over several lines may be the cause.
MAX_UNPAIRED_SHARE = 0.4
#: Bonus of a style that the language of the page uses, in unpaired marks.
CUSTOM_BONUS = 0.5
#: Bonus of a style with double marks, in unpaired marks.
DOUBLE_BONUS = 0.2


class Mark(NamedTuple):
    """A quotation mark of a page: its position, its role (`INSIDE`, `OPENING`, `CLOSING` or ""), and the character, which is
    "" where the mark lost its last byte."""

    place: int
    role: str
    char: str


def role_of(before: str, behind: str) -> str:
    """The role of a mark between two characters, "" where it is not clear. Characters beyond ASCII count as letters. Between
    letters of other scripts than Latin the mark may be something else, such as a joiner of Persian.

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


def truncated_marks(
    text: str, changes: Sequence[Change], codec: Charset, spelling: str, language: Callable[[], str]
) -> dict[int, str]:
    """Position → quotation mark, for the marks that lost their last byte and can be restored. "" stands at a place that opens a
    quotation, where this codec loses the last byte of no opening mark: something else stood there.

    `spelling` is one of `SPELLINGS`. `language` gives a two-letter code, "" for an unknown language; it is called only
    where it may decide.
    """
    lost = _lost(codec)
    if not lost:
        return {}
    truncated = _truncated(text, codec, spelling)
    by_changes = (
        _mark_at(text, c.start, c.end, c.reading.after) for c in changes if c.reading.after in MARKS
    )
    undamaged = (
        _mark_at(text, *match.span(), match[0])
        for match in _MARKS.finditer(text)
        if text[match.start() - 1 : match.start()] != codec.decoded[0x80]
    )
    marks = sorted([*truncated, *by_changes, *undamaged])
    restored = {m.place: "’" for m in truncated if m.role == INSIDE and "’" in lost}
    owners = {m.place for line in _lines(text, marks) for m in _possessive(text, line, codec)}
    restored |= {m.place: "’" for m in truncated if m.place in owners and "’" in lost}
    marks, truncated = ([m for m in some if m.place not in owners] for some in (marks, truncated))
    pairs = [pair for line in _lines(text, marks) for pair in _paired(line, lost)]
    paired = {mark.place: char for mark, _, char in pairs}
    style = _style(marks, lost, {*paired, *(whole.place for _, whole, _ in pairs)}, language)
    if style == ("“", "”") and lost.issuperset("“”‘’"):
        # English has double marks for speech, where a sentence ends before a closing one, but also single ones for titles and
        # unusual words.
        closing = [mark.place for mark in truncated if mark.role == CLOSING]
        if not any(text[place - 1 : place] in (",", ".", "!", "?") for place in closing):
            style = None
    for mark in truncated:
        if mark.role in (OPENING, CLOSING):
            char = paired.get(mark.place) or (style[mark.role == CLOSING] if style else "")
            restored |= {mark.place: char} if char in lost else {}
            if char not in lost and mark.role == OPENING and lost.isdisjoint(OPENINGS):
                restored[mark.place] = ""
    return restored


def truncated_codec(text: str, names: Iterable[str]) -> tuple[Charset, list[int]] | None:
    """The codec with which a page was read so that quotation marks lost their last byte, and their positions.

    `names` are the codecs in question. `None` where no codec explains the page: there must be at least `MIN_TRUNCATED_MARKS`,
    each where a quotation mark may stand, and the first character that the codec makes of a mark must stand nowhere else on
    the page.
    """
    for codec in map(charset, sorted(names, key=lambda name: (name != LIKELIEST_CODEC, name))):
        start = codec.to_text(FIRST_BYTES)
        if text.count(start) < MIN_TRUNCATED_MARKS or text.count(start[0]) > text.count(start):
            continue
        for spelling in SPELLINGS:
            found = _truncated(text, codec, spelling)
            if len(found) == text.count(start) and all(m.role for m in found) and _lost(codec):
                return codec, [m.place for m in found]
    return None


def _lost(codec: Charset) -> frozenset[str]:
    """The marks whose last byte the codec does not define."""
    return frozenset(mark for mark in MARKS if mark.encode()[2] in codec.undefined)


def _truncated(text: str, codec: Charset, spelling: str) -> list[Mark]:
    """The marks of a text that lost their last byte."""
    found = truncated_pattern(codec, FIRST_BYTES, spelling).finditer(text)
    return [_mark_at(text, *match.span()) for match in found]


@lru_cache(maxsize=256)
def truncated_pattern(codec: Charset, first: bytes, spelling: str) -> re.Pattern[str]:
    """Matches the first two bytes of a sequence, as a codec reads them, whose third byte is lost."""
    start = re.escape(codec.to_text(first))
    follows = "".join(re.escape(chr(c)) for c, b in codec.inverse.items() if 0x80 <= b < 0xC0)
    return re.compile(start + (re.escape(spelling) if spelling else f"(?![{follows}])"))


def _mark_at(text: str, start: int, end: int, char: str = "") -> Mark:
    """The mark between two positions; `char` is "" for a truncated one."""
    return Mark(start, role_of(text[start - 1 : start] or "\n", text[end : end + 1] or "\n"), char)


def _lines(text: str, marks: Iterable[Mark]) -> Iterable[list[Mark]]:
    breaks = [match.start() for match in re.finditer("\n", text)]
    lines: dict[int, list[Mark]] = {}
    for mark in marks:
        lines.setdefault(bisect_left(breaks, mark.place), []).append(mark)
    return lines.values()


def _possessive(text: str, line: list[Mark], codec: Charset) -> Iterable[Mark]:
    """The marks of a line that may be apostrophes behind an s and before a word: `the prisoners’ plea`. No quotation is open
    before them, or another mark closes it."""
    start = re.escape(codec.to_text(FIRST_BYTES))
    owning = re.compile(rf"(?<=[a-z]s){start}[^\x00-\x3e\x40-\x7f]? [A-Za-z]")
    behind, role = [], ""  # the role of the next mark that opens or closes
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
    """The truncated marks of a line that form a pair with an undamaged mark: (truncated mark, undamaged mark, character of
    the truncated one)."""
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
    """The style of the truncated marks of a page, without those at the positions `known`; `None` where no style fits."""
    left = Counter((m.role, m.char) for m in marks if m.place not in known)
    truncated = (left[OPENING, ""], left[CLOSING, ""])
    if not any(truncated):
        return None
    own = language()
    scores: dict[tuple[str, str], float] = {}
    for opening, closing in STYLES:
        if opening not in OPENINGS and not _is_custom(STYLES[opening, closing], own):
            continue
        opened = truncated[0] * (opening in lost) + left[OPENING, opening]
        closed = truncated[1] * (closing in lost) + left[CLOSING, closing]
        unexplained = truncated[0] * (opening not in lost) + truncated[1] * (closing not in lost)
        usual = CUSTOM_BONUS * _is_custom(STYLES[opening, closing], own) + DOUBLE_BONUS * (opening in "“„”")
        scores[opening, closing] = abs(opened - closed) + unexplained - usual
    best, second = sorted(scores, key=scores.__getitem__)[:2]
    fits = scores[best] <= MAX_UNPAIRED_SHARE * sum(truncated) and scores[best] < scores[second]
    return best if fits else None


def _is_custom(languages: str, language: str) -> bool:
    """Whether a language uses a style; `languages` are those that `STYLES` names for it, "" for all other languages."""
    if languages:
        return language in languages.split()
    others = " ".join([LANGUAGES_OF_SEVERAL_STYLES, *(own for own in STYLES.values() if own != "en")])
    return bool(language) and language not in others.split()
