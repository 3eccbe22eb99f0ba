"""Mojibake that a text shows on purpose, because it speaks of encodings: `wrote "für" and got "fÃ¼r"`.

Such damage stands in quotation marks, and what it should be stands beside it, or the text names encodings, or the
quotation holds a single character. All of it is the subject of the text, and stays. A page that is damaged has damage
outside of quotations too, and then only a quotation with its remedy beside it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from newsarchive.core.encoding.runs import Change, after_changes, line_around

#: Characters of a quotation. In a longer one it is the author of the quotation whose words are damaged.
MAX_QUOTED_CHARACTERS = 40
#: Characters of a line to either side of a quotation that are looked at.
MAX_BESIDE_CHARACTERS = 400
#: Changes of a page. A page with more of them is damaged, and speaks of nothing.
MAX_SHOWN_CHANGES = 1_000
#: Characters between a quotation and its remedy, where the remedy has no quotation marks.
MAX_BETWEEN_CHARACTERS = 12

_MARKS = (('"', '"'), ("`", "`"), ("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("‘", "’"), ("「", "」"))
# A pattern that begins with a class of characters is searched for several times as fast as one that begins with alternatives.
_OPENINGS = "\"'`“„«‘「"
QUOTATION = re.compile(
    f"[{_OPENINGS}](?:"
    + "|".join(
        [rf"(?<={a})([^{a}{b}\n]{{1,{MAX_QUOTED_CHARACTERS}}}){b}" for a, b in _MARKS]
        + [rf"(?<=')(?<!\w')([^'\n]{{1,{MAX_QUOTED_CHARACTERS}}})'(?!\w)"]
    )
    + ")"
)
#: Names of encodings, and words for text that was read with a wrong one.
_SUBJECT = re.compile(
    r"\b(?:utf-?(?:8|16)|unicode(?! consortium)|iso[-_ ]?8859|latin-?1|ascii|windows-?125\d|cp-?(?:125\d|437|850|852|866|932|936)|gbk"
    r"|charset|mojibake|zeichensalat)\b|кракозябр|文字化け|乱码|亂碼",
    re.IGNORECASE,
)
#: Arrows, signs and emoji. `the "ðŸ‘‘" icon` speaks of the picture: texts about encodings mostly show letters and punctuation.
_PICTURE = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")


class _Quotation(NamedTuple):
    """Where a quotation begins and ends, its marks included; what it is once repaired; where its line begins and ends."""

    start: int
    end: int
    after: str
    line: tuple[int, int]


def shown_changes(text: str, changes: Sequence[Change]) -> list[Change]:
    """The changes, in order, that would repair what the text shows on purpose."""
    if len(changes) > MAX_SHOWN_CHANGES or not any(mark in text for mark in _OPENINGS):
        return []
    quoted = list(_quoted(text, changes))
    lines = {quotation.line for _, quotation in quoted if _has_remedy_beside(text, quotation)}
    is_all = len(quoted) == len(changes)
    return [
        change
        for change, quotation in quoted
        if quotation.line in lines or (is_all and _is_subject(text, quotation))
    ]


def _quoted(text: str, changes: Sequence[Change]) -> Iterator[tuple[Change, _Quotation]]:
    """The changes that stand in quotations, whole, each with its quotation."""
    line, quotations, number = (0, -1), [], 0
    for change in changes:
        if change.start >= line[1]:
            line = line_around(text, change.start)
            quotations, number = list(QUOTATION.finditer(text, *line)), 0
        while number < len(quotations) and quotations[number].end() <= change.start:
            number += 1
        if number < len(quotations):
            match = quotations[number]
            start, end = match.span(match.lastindex or 0)
            if start <= change.start and change.end <= end:
                yield change, _Quotation(*match.span(), after_changes(text, start, end, changes), line)


def _has_remedy_beside(text: str, quotation: _Quotation) -> bool:
    """Whether what a quotation should be stands on its line: in quotation marks, or right beside."""
    first, last = quotation.line
    before = text[max(first, quotation.start - MAX_BESIDE_CHARACTERS) : quotation.start]
    behind = text[quotation.end : min(last, quotation.end + MAX_BESIDE_CHARACTERS)]
    remedy = re.escape(quotation.after)
    near = before[-MAX_BETWEEN_CHARACTERS - len(quotation.after) :]
    if re.search(rf"(?<!\w){remedy}(?!\w)", near) or re.match(
        rf"\W{{0,{MAX_BETWEEN_CHARACTERS}}}(?<!\w){remedy}(?!\w)", behind
    ):
        return True
    return any(
        match[match.lastindex or 0] == quotation.after
        for side in (before, behind)
        for match in QUOTATION.finditer(side)
    )


def _is_subject(text: str, quotation: _Quotation) -> bool:
    """Whether a quotation holds one character, or stands in a line that names encodings, and holds no picture."""
    if _PICTURE.search(quotation.after):
        return False
    if len(quotation.after) == 1:
        return True
    first, last = quotation.line
    first = max(first, quotation.start - MAX_BESIDE_CHARACTERS)
    return bool(_SUBJECT.search(text, first, min(last, quotation.end + MAX_BESIDE_CHARACTERS)))
