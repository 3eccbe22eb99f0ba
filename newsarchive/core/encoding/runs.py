"""The runs of a page that may be damaged, and what is to change in them.

Which codecs can have made a run at all, told by two characters side by side, before anything is weighed.

UTF-8 read wrongly has a first byte of a sequence (C2 to F4) and then a continuation byte (80 to BF),
whatever characters the wrong codec made of them. Most clean text that looks suspicious has no such
two neighbours in any codec, and damaged text has them in a few codecs only.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from newsarchive.core.encoding.charsets import MULTI_BYTE, SINGLE_BYTE, charset
from newsarchive.core.encoding.mojibake import NONE, UTF8, Found, Reading, codecs_in, single_bytes
from newsarchive.core.encoding.multibyte import bytes_of
from newsarchive.core.encoding.pair_model import LINE
from newsarchive.core.text.scripts import script

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


class Change(NamedTuple):
    """`text[start:end]` of the page becomes `reading.after`."""

    start: int
    end: int
    reading: Reading


class Runs:
    """The non-ASCII runs of a page, the same run in the same context only once.

    `places` says where each of them stands in the text, context included, `spans` the same in order.
    """

    def __init__(self, text: str, pattern: re.Pattern[str] = NON_ASCII) -> None:
        self.text = f"\n{text}\n"
        self.places: dict[str, list[int]] = {}
        self.spans: list[tuple[int, str]] = []
        for start, end in _non_ascii(self.text) if pattern is NON_ASCII else _found(pattern, self.text):
            run = self.text[start - 1 : end + 1]
            self.places.setdefault(run, []).append(start - 2)
            self.spans.append((start - 2, run))

    @cached_property
    def breaks(self) -> list[int]:
        """Where the lines end."""
        return [m.start() for m in re.finditer("\n", self.text[1:-1])]

    @cached_property
    def letters(self) -> Counter[str]:
        """How often each character beyond ASCII stands on the page."""
        return Counter("".join([run[1:-1] for _, run in self.spans]))

    @cached_property
    def foreign(self) -> Counter[str]:
        """How many characters beyond ASCII each script has."""
        scripts: Counter[str] = Counter()
        for char, number in self.letters.items():
            scripts[script(char)] += number
        return scripts

    @cached_property
    def scripts(self) -> Counter[str]:
        """How many characters each script has; ASCII counts as Latin."""
        scripts = Counter(self.foreign)
        scripts["LATIN"] += len(self.text) - 2 - self.letters.total()
        return scripts

    def suspect(self, positions: Iterable[int]) -> list[str]:
        """The runs that hold one of these positions of the page, in the order of the page."""
        ordered = sorted(positions)
        hit, at, end = set(), 0, len(ordered)
        for (start, run), (behind, _) in zip(self.spans, [*self.spans[1:], _NOWHERE], strict=False):
            at = bisect_left(ordered, start, at)
            if at == end:
                break
            if ordered[at] < behind and ordered[at] <= start + len(run):
                hit.add(run)
        return [run for run in self.places if run in hit]


def _found(pattern: re.Pattern[str], text: str) -> Iterable[tuple[int, int]]:
    return (match.span() for match in pattern.finditer(text))


def _non_ascii(text: str) -> Iterable[tuple[int, int]]:
    if len(text) < LINE:
        return _found(NON_ASCII, text)
    from newsarchive.core.encoding.pair_model import non_ascii

    return non_ascii(text)


_NOWHERE = (sys.maxsize, "")


@dataclass(frozen=True, slots=True)
class Repairs:
    """The changes to a page, in order, and the places where bytes are lost that cannot be told."""

    changes: Sequence[Change] = ()
    lost: Sequence[int] = ()

    def with_more(self, changes: Sequence[Change]) -> Repairs:
        """These repairs and other changes, those left out that touch any of them."""
        taken = {place for c in self.changes for place in range(c.start, c.end)}
        more = [c for c in changes if taken.isdisjoint(range(c.start, c.end))]
        return Repairs(sorted((*self.changes, *more), key=start_of), self.lost)


def placed(taken: Found, runs: Runs) -> list[Change]:
    """The changes that these readings of runs come to, in the order of the page."""
    changes = [
        Change(at + r.start, at + r.end, r)
        for run, readings in taken.items()
        for r in readings
        for at in runs.places[run]
    ]
    return sorted(changes, key=start_of)


def is_inside(changes: Sequence[Change], start: int, end: int) -> bool:
    """Whether one of these changes, in order and apart from each other, touches `text[start:end]`."""
    at = bisect_left(changes, end, key=start_of)
    return at > 0 and changes[at - 1].end > start


def start_of(change: Change) -> int:
    """Where a change begins, which changes are put in order by."""
    return change.start
