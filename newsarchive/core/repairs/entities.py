"""Character references left in a text: `&acirc;&euro;&trade;` is mojibake too.

They are read only to see what lies behind them: a reference that no repair touches stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_REFERENCE = re.compile(r"&(?:#[xX][0-9a-fA-F]{2,6}|#[0-9]{3,7}|[A-Za-z][A-Za-z0-9]{1,30});")


@dataclass(frozen=True)
class Unescaped:
    """A text with its non-ASCII references resolved, and the way back to its offsets.

    `ends` are the offsets after each resolved reference, `shifts` how much longer the original is
    up to there.
    """

    text: str
    ends: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def original(self, offset: int) -> int:
        """The offset in the original text."""
        number = bisect_right(self.ends, offset) if self.ends else 0
        return offset + (self.shifts[number - 1] if number else 0)


def unescaped(text: str) -> Unescaped:
    """Resolve the references to single characters beyond ASCII."""
    if "&" not in text:
        return Unescaped(text)
    import html

    out, ends, shifts, at, length, shift = [], [], [], 0, 0, 0
    for match in _REFERENCE.finditer(text):
        char = html.unescape(match[0])
        if len(char) != 1 or char.isascii():
            continue
        length += match.start() - at + 1
        shift += len(match[0]) - 1
        out += [text[at : match.start()], char]
        ends.append(length)
        shifts.append(shift)
        at = match.end()
    return Unescaped("".join([*out, text[at:]]), tuple(ends), tuple(shifts))
