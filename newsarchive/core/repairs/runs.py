"""The runs of a page that may be damaged, and what is to change in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from newsarchive.core.repairs.characters import script
from newsarchive.core.repairs.mojibake import Found, Reading
from newsarchive.core.repairs.plausible import NON_ASCII


@dataclass(frozen=True, slots=True)
class Change:
    """`text[start:end]` of the page becomes `reading.after`."""

    start: int
    end: int
    reading: Reading


class Runs:
    """The non-ASCII runs of a page, the same run in the same context only once."""

    def __init__(self, text: str, pattern: re.Pattern[str] = NON_ASCII) -> None:
        self.text = f"\n{text}\n"
        self.places: dict[str, list[int]] = {}
        self.spans: list[tuple[int, str]] = []
        for match in pattern.finditer(self.text):
            start, end = match.span()
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
        return Counter("".join(NON_ASCII.findall(self.text)))

    @cached_property
    def scripts(self) -> Counter[str]:
        """How many characters each script has; ASCII counts as Latin."""
        scripts = Counter[str]()
        for char, number in self.letters.items():
            scripts[script(char)] += number
        scripts["LATIN"] += len(self.text) - 2 - self.letters.total()
        return scripts

    def suspect(self, positions: Iterable[int]) -> list[str]:
        """The runs that hold one of these positions of the page, in the order of the page."""
        hit = set()
        for position in positions:
            at = bisect_right(self.spans, position, key=_first) - 1
            for start, run in self.spans[max(0, at) : at + 2]:
                if start - 1 < position <= start + len(run):
                    hit.add(run)
        return [run for run in self.places if run in hit]


def _first(span: tuple[int, str]) -> int:
    return span[0]


@dataclass(frozen=True, slots=True)
class Repairs:
    """The changes to a page, in order, and the places where bytes are lost that cannot be told."""

    changes: Sequence[Change] = ()
    lost: Sequence[int] = ()


def placed(taken: Found, runs: Runs) -> list[Change]:
    """The changes that these readings of runs come to, in the order of the page."""
    changes = [
        Change(at + r.start, at + r.end, r)
        for run, readings in taken.items()
        for r in readings
        for at in runs.places[run]
    ]
    return sorted(changes, key=lambda c: c.start)
