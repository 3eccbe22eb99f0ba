"""Which codecs can have made a run at all, told by two characters side by side, before anything is weighed.

UTF-8 read wrongly has a first byte of a sequence (C2 to F4) and then a continuation byte (80 to BF),
whatever characters the wrong codec made of them. Most clean text that looks suspicious has no such
two neighbours in any codec, and damaged text has them in a few codecs only.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from newsarchive.core.charsets import MULTI_BYTE, SINGLE_BYTE, charset
from newsarchive.core.repairs.mojibake import UTF8
from newsarchive.core.repairs.multibyte import bytes_of
from newsarchive.core.repairs.signs import NONE, codecs_in, single_bytes

NON_ASCII = re.compile(r"[^\x00-\x7f]+")

#: UTF-8 that was read wrongly is no farther than this from something suspicious.
NEAR = 8
#: Of the pairs near by, so many are suspicious where UTF-8 was read wrongly. Measured: this lets through
#: one clean page in thirty, and stops one damaged page in a thousand.
DENSE, TWO = 0.2, 2

_NEWLINE = "\n"
_NONE: frozenset[str] = frozenset()
#: What is around the places of a core: one place is two characters.
_AROUND = 5
_SINGLE, _MANY = frozenset(SINGLE_BYTE), frozenset(MULTI_BYTE)


class Window(NamedTuple):
    """A run or a part of one, with one character at either end; how many of its pairs are suspicious; these
    and what is between them, with two characters at either end."""

    run: str
    suspicious: int
    core: str


def windows(text: str, positions: Sequence[int]) -> list[Window]:
    """What is `NEAR` suspicious positions, which are in order, of the non-ASCII runs they are in."""
    found: list[Window] = []
    end = -1
    for position in positions:
        at = position if text[position] > "\x7f" else position + 1
        if at >= end and (match := NON_ASCII.match(text, at, at + NEAR)):
            least, end = max(end, at - NEAR, 0), match.end()
            while at > least and text[at - 1] > "\x7f":
                at -= 1
            first, last = bisect_left(positions, at - 1), bisect_left(positions, end)
            core = text[max(0, positions[first] - 2) : positions[last - 1] + 4]
            run = f"{text[at - 1] if at else _NEWLINE}{text[at:end]}{text[end : end + 1] or _NEWLINE}"
            found.append(Window(run, last - first, core))
    return found


def conceivable(near: Iterable[Window]) -> frozenset[str]:
    """The names of the codecs in which some window may hold UTF-8, and is suspicious enough for it."""
    names = _NONE
    pairs: Counter[str] = Counter()
    for run, suspicious, core in near:
        names |= plausible_single_bytes((run,)) if suspicious >= TWO else _whole(core)
        if not (found := plausible(core) & _MANY):
            continue
        pairs[core[2:4]] += 1
        is_dense = suspicious >= DENSE * (len(run) - 1) or len(core) - _AROUND <= suspicious + 1 > TWO
        if is_dense or pairs[core[2:4]] == TWO:
            names |= found
    return names


def is_single_byte(run: str) -> bool:
    """Whether single-byte codecs have all the characters of a run."""
    return single_bytes().keys() >= set(run[1:-1])


def plausible_single_bytes(runs: Iterable[str]) -> frozenset[str]:
    """The names of the single-byte codecs in which some run, context at either end, may hold UTF-8."""
    bits = 0
    for run in runs:
        bits |= codecs_in(run[1:-1])
    return _named(bits)


def plausible(run: str) -> frozenset[str]:
    """The names of the codecs in which a run, context at either end, may hold UTF-8."""
    return _plausible(run[1:-1])


@lru_cache(maxsize=1 << 13)
def _plausible(run: str) -> frozenset[str]:
    bits = 0
    signs = [_signs(char) for char in run]
    for sign in signs:
        bits |= sign[2]
    for (first, _, _), (_, follows, _) in pairwise(signs):
        bits |= first & follows
    return _named(bits)


@lru_cache(maxsize=1 << 13)
def _whole(core: str) -> frozenset[str]:
    """The names of the single-byte codecs in which a text holds a whole sequence of UTF-8."""
    return frozenset(name for name in plausible(core) & _SINGLE if UTF8.search(charset(name).to_bytes(core)))


@lru_cache(maxsize=1 << 12)
def _named(bits: int) -> frozenset[str]:
    return frozenset(name for i, name in enumerate((*SINGLE_BYTE, *MULTI_BYTE)) if bits >> i & 1)


@lru_cache(maxsize=1 << 16)
def _signs(char: str) -> tuple[int, int, int]:
    """Three sets of codecs, a bit each: where a character starts a sequence, goes on with one, is one."""
    singles = single_bytes().get(char, NONE)
    first, follows, whole = *singles, 0
    for number, name in enumerate(MULTI_BYTE, start=len(SINGLE_BYTE)):
        raw = bytes_of(char, name)
        continued = len(raw) < 2 or 0x80 <= raw[1] <= 0xBF
        first |= (0xC2 <= raw[0] <= 0xF4 and continued) << number
        follows |= (0x80 <= raw[0] <= 0xBF) << number
        whole |= (0xC2 <= raw[0] <= 0xDF and len(raw) == 2 and continued) << number
    return first, follows, whole
