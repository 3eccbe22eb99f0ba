"""The runs of a page that may be damaged, which codecs can have made them, and the changes to make in them.

`â€™` may be UTF-8 read as windows-1252: `â` is a lead byte (C2 to F4) and `€` a continuation byte (80 to BF) there. UTF-8
that was read wrongly has such a pair, whatever characters the wrong codec made of it. Most clean text that looks
suspicious has no such pair in any codec, and damaged text has it in a few codecs only: that is asked first, before
any reading is weighed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from newsarchive.core.encoding.charsets import MULTI_BYTE, SINGLE_BYTE, charset
from newsarchive.core.encoding.mojibake import (
    MIN_SEQUENCE_RUN_CHARACTERS,
    NO_CODECS,
    UTF8,
    Reading,
    RunReadings,
    bytes_of,
    codecs_in,
    lead_and_continuation_codecs,
)
from newsarchive.core.text.scripts import script

NON_ASCII = re.compile(r"[^\x00-\x7f]+")

#: Characters. UTF-8 that was read wrongly stands no farther than this from a suspicious position.
MAX_SUSPECT_DISTANCE = 8
#: Suspicious pairs as a share of the pairs nearby. With less, no UTF-8 was read wrongly there. Measured: the bound lets one clean
#: page in thirty through, and stops one damaged page in a thousand.
MIN_SUSPICIOUS_SHARE = 0.2
#: Suspicious pairs of a window, or windows with the same pair. From this number on nothing else is asked: every codec in which UTF-8
#: may stand there counts as conceivable.
MIN_SUSPICIOUS_PAIRS = 2

#: Characters that `Window.core` adds around its suspicious positions: two before and three behind.
_CORE_CONTEXT = 5
#: The characters that are stripped from either end of a core before codecs are asked for. No codec makes ASCII of a byte of a
#: sequence of UTF-8, so nothing is lost, and what is left is the same text more often, which the caches below have.
_ASCII = "".join(map(chr, range(0x80)))
_MULTI_BYTE_NAMES = frozenset(MULTI_BYTE)


class Window(NamedTuple):
    """A run or a part of it, near suspicious positions.

    `run` has one character of context at either end, `suspicious` counts its suspicious pairs, and `core` is what
    lies between the first and the last of these, with two characters of context at either end, line breaks beyond the text.
    """

    run: str
    suspicious: int
    core: str


def windows(text: str, positions: Sequence[int]) -> list[Window]:
    """The parts of runs that are no farther than `MAX_SUSPECT_DISTANCE` from suspicious positions, given in order."""
    found: list[Window] = []
    framed = f"\n\n{text}\n\n"  # each window has two characters of context
    number, end = 0, -1
    while number < len(positions):
        position = positions[number]
        at = position if text[position] > "\x7f" else position + 1
        number += 1
        if at < end or not (match := NON_ASCII.match(text, at, at + MAX_SUSPECT_DISTANCE)):
            continue
        least, end = max(end, at - MAX_SUSPECT_DISTANCE, 0), match.end()
        while at > least and text[at - 1] > "\x7f":
            at -= 1
        first = bisect_left(positions, at - 1, 0, number)
        number = bisect_left(positions, end, number)
        core = framed[positions[first] : positions[number - 1] + 6]
        found.append(Window(framed[at + 1 : end + 3], number - first, core))
    return found


def conceivable_codecs(near: Iterable[Window]) -> frozenset[str]:
    """The names of the codecs in which some window may hold UTF-8, and is suspicious enough for it."""
    names = frozenset[str]()
    pairs: dict[str, int] = {}
    for run, suspicious, core in near:
        single, found = plausible_codecs(core[1:-1].strip(_ASCII))
        if suspicious >= MIN_SUSPICIOUS_PAIRS:
            names |= codecs_named(codecs_in(run[1:-1]))
        elif single:
            names |= _with_whole_sequence(core.strip(_ASCII), single)
        if not found:
            continue
        pairs[core[2:4]] = number = pairs.get(core[2:4], 0) + 1
        is_dense = suspicious >= MIN_SUSPICIOUS_SHARE * (len(run) - 1)
        is_dense |= len(core) - _CORE_CONTEXT <= suspicious + 1 > MIN_SUSPICIOUS_PAIRS
        if is_dense or number == MIN_SUSPICIOUS_PAIRS:
            names |= found
    return names


def is_single_byte(run: str) -> bool:
    """Whether single-byte codecs have all the characters of a run."""
    return lead_and_continuation_codecs().keys() >= set(run[1:-1])


def plausible_single_bytes(runs: Iterable[str]) -> frozenset[str]:
    """The names of the single-byte codecs in which some run may hold UTF-8."""
    bits = 0
    for run in runs:
        bits |= codecs_in(run[1:-1])
    return codecs_named(bits)


@lru_cache(maxsize=1 << 13)
def plausible_codecs(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the single-byte and of the multi-byte codecs in which a text may hold UTF-8."""
    bits = 0
    codecs = [_codecs_of(char) for char in text]
    for _, _, whole in codecs:
        bits |= whole
    for (lead, _, _), (_, continuation, _) in pairwise(codecs):
        bits |= lead & continuation
    names = codecs_named(bits)
    return names - _MULTI_BYTE_NAMES, names & _MULTI_BYTE_NAMES


@lru_cache(maxsize=1 << 13)
def _with_whole_sequence(text: str, names: frozenset[str]) -> frozenset[str]:
    """Those of these single-byte codecs in which a text holds a whole sequence of UTF-8."""
    return frozenset(name for name in names if UTF8.search(charset(name).to_bytes(text)))


@lru_cache(maxsize=1 << 12)
def codecs_named(bits: int) -> frozenset[str]:
    return frozenset(name for i, name in enumerate((*SINGLE_BYTE, *MULTI_BYTE)) if bits >> i & 1)


@lru_cache(maxsize=1 << 16)
def _codecs_of(char: str) -> tuple[int, int, int]:
    """Three sets of codecs, a bit each: where a character starts a sequence, continues a sequence, is a sequence."""
    lead, continuation = lead_and_continuation_codecs().get(char, NO_CODECS)
    whole = 0
    for number, name in enumerate(MULTI_BYTE, start=len(SINGLE_BYTE)):
        raw = bytes_of(char, name)
        is_continued = len(raw) < 2 or 0x80 <= raw[1] <= 0xBF
        lead |= (0xC2 <= raw[0] <= 0xF4 and is_continued) << number
        continuation |= (0x80 <= raw[0] <= 0xBF) << number
        whole |= (0xC2 <= raw[0] <= 0xDF and len(raw) == 2 and is_continued) << number
    return lead, continuation, whole


#: Runs that a space or `?` joins, with the rest of their words.
_JOINED = re.compile(r"(?:[^\x00-\x7f]++[? ]{0,2}[A-Za-z]*)++")


def _joined(framed: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    end = 0
    for start, _ in spans:
        if start < end or not (match := _JOINED.match(framed, start)):
            continue
        while framed[start - 1].isascii() and framed[start - 1].isalpha():
            start -= 1
        end = match.end()
        yield start, end


class Change(NamedTuple):
    """`text[start:end]` of the page becomes `reading.after`."""

    start: int
    end: int
    reading: Reading


class Runs:
    """The runs of a page. A run that stands in the same context several times is one run with several places. Where runs
    `are_joined`, they have the rest of their words too, and join where a space or `?` may stand for a lost byte.

    `places` says where each run stands in the text, context included; -1 is a run at the start of the text. `spans`
    holds (place, run) in the order of the text. `framed` is the text between two line breaks, so that each run has
    context: place p of the text is place p + 1 of `framed`.
    """

    def __init__(self, text: str, are_joined: bool = False) -> None:
        self.framed = framed = f"\n{text}\n"
        found = [match.span() for match in NON_ASCII.finditer(framed)]
        if are_joined:
            found = list(_joined(framed, found))
        self.spans = [(start - 2, framed[start - 1 : end + 1]) for start, end in found]
        self.places: dict[str, list[int]] = {}
        for start, run in self.spans:
            self.places.setdefault(run, []).append(start)

    @cached_property
    def of_several(self) -> list[str]:
        """The runs that may hold a sequence of UTF-8, which has two characters at least."""
        return [run for run in self.places if len(run) >= MIN_SEQUENCE_RUN_CHARACTERS]

    @cached_property
    def text(self) -> str:
        """The text, with a line break behind it."""
        return self.framed[1:]

    @cached_property
    def breaks(self) -> list[int]:
        """Where the lines of the text end."""
        return [m.start() for m in re.finditer("\n", self.framed[1:-1])]

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

    def suspect(self, positions: Iterable[int]) -> list[str]:
        """The runs that hold one of these positions of the text, in the order of the text."""
        spans, starts = self.spans, [start for start, _ in self.spans]
        ordered, hit, number = sorted(positions), set(), 0
        while number < len(ordered):
            behind = bisect_right(starts, ordered[number])
            if behind:
                start, run = spans[behind - 1]
                if ordered[number] <= start + len(run):
                    hit.add(run)
            if behind == len(starts):
                break
            # The positions between here and the next run are farther from this one.
            number = bisect_left(ordered, starts[behind], number)
        return [run for run in self.places if run in hit]


@dataclass(frozen=True, slots=True)
class Repairs:
    """The changes to a page, in order, and the places where lost bytes cannot be told."""

    changes: Sequence[Change] = ()
    lost: Sequence[int] = ()

    def uncovered(self, positions: Sequence[int]) -> Sequence[int]:
        """Those of these positions whose second character no change covers, in order."""
        if not positions:
            return positions
        covered = [range(change.start - 1, change.end - 1) for change in self.changes]
        return sorted(set(positions).difference(*covered))

    def with_more(self, changes: Sequence[Change]) -> Repairs:
        """These repairs and other changes, without those that touch any of them."""
        taken = {place for c in self.changes for place in range(c.start, c.end)}
        more = [c for c in changes if taken.isdisjoint(range(c.start, c.end))]
        return Repairs(sorted((*self.changes, *more), key=start_of), self.lost)


def placed(found: RunReadings, runs: Runs) -> list[Change]:
    """The changes that these readings of runs come to, in the order of the page."""
    changes = [
        Change(at + r.start, at + r.end, r)
        for run, readings in found.items()
        for r in readings
        for at in runs.places[run]
    ]
    return sorted(changes, key=start_of)


def is_inside(changes: Sequence[Change], start: int, end: int) -> bool:
    """Whether one of these changes touches `text[start:end]`. They are in order and do not overlap."""
    at = bisect_left(changes, end, key=start_of)
    return at > 0 and changes[at - 1].end > start


def line_around(text: str, at: int) -> tuple[int, int]:
    """(start, end) of the line that a place of a text is in."""
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, end if end >= 0 else len(text)


#: Where a change begins: the order of changes.
start_of = attrgetter("start")


def after_changes(text: str, start: int, end: int, changes: Sequence[Change]) -> str:
    """A part of a text with the changes in it made. `changes` are in order; those that reach out of the part are left."""
    out, at = "", start
    for number in range(bisect_left(changes, start, key=start_of), len(changes)):
        change = changes[number]
        if change.end > end:
            break
        out += text[at : change.start] + change.reading.after
        at = change.end
    return out + text[at:end]
