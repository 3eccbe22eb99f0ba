"""The runs of a page that may be damaged, and what is to change in them."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from newsarchive.core.repairs.gate import LINE
from newsarchive.core.repairs.mojibake import Found, Reading
from newsarchive.core.repairs.plausible import NON_ASCII
from newsarchive.core.text.scripts import script


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
    from newsarchive.core.repairs.arrays import non_ascii

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
