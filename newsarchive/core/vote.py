"""The page votes: one wrong codec explains its damage, or several in turn.

A single run that could be read otherwise is weak evidence; ten runs that the same codec explains
are strong. So the gains of all runs are summed codec by codec, the best codec is believed if it
gains enough, and then each of its runs needs little by itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from newsarchive.core.characters import script
from newsarchive.core.charsets import charsets
from newsarchive.core.mojibake import Reading, read_back
from newsarchive.core.pairs import PairModel, suspects

NON_ASCII = re.compile(r"[^\x00-\x7f]+")

#: A codec is believed from this gain on, in nats, summed over the page.
PAGE = 12.0
#: A run of a believed codec needs this gain; one that clean text would hardly hold needs less.
RUN, SUSPECT = 2.0, -4.0
#: How many codecs one page may have been read with, one after another.
ROUNDS = 4
#: A letter of a script that the rest of the page does not use may cost this much more, in nats.
STRANGER = 6.0

#: A character that the rest of the page also has is likelier by this, in nats, up to so many.
KNOWN, KNOWN_MOST = 1.0, 3

Found = Mapping[str, Sequence[Reading]]


@dataclass(frozen=True, slots=True)
class Change:
    """`text[start:end]` of the page becomes `reading.after`."""

    start: int
    end: int
    reading: Reading


class Runs:
    """The non-ASCII runs of a page, the same run in the same context only once."""

    def __init__(self, text: str) -> None:
        self.text = f" {text} "
        self.places: dict[str, list[int]] = {}
        for match in NON_ASCII.finditer(self.text):
            run = self.text[match.start() - 1 : match.end() + 1].replace("\n", " ")
            self.places.setdefault(run, []).append(match.start() - 2)
        self.letters = Counter(c for c in text if not c.isascii())
        self.scripts = Counter(script(c) for c in text if c.isalpha())

    def suspect(self, positions: Sequence[int]) -> list[str]:
        """The runs that hold one of these positions of the page."""
        marked = sorted(positions)
        return [
            run
            for run, starts in self.places.items()
            if any(bisect_right(marked, s + len(run)) > bisect_right(marked, s - 1) for s in starts)
        ]


def changes_of(text: str, model: PairModel) -> list[Change]:
    """What to change on a page, in order; `[]` for a clean one."""
    positions = suspects(model, text)
    if not len(positions):
        return []
    runs = Runs(text)
    open_runs = set(runs.suspect(positions))
    others = [run for run in runs.places if run not in open_runs]
    taken: dict[str, list[Reading]] = {}
    for _ in range(ROUNDS):
        found = {
            c: _for_page(read_back(sorted(open_runs - taken.keys()), c, model), runs) for c in charsets()
        }
        best = max(charsets(), key=lambda c: _total(found[c], runs))
        if _total(found[best], runs) < PAGE:
            break
        rest = _for_page(read_back([r for r in others if r not in taken], best, model), runs)
        for run, readings in (found[best] | rest).items():
            if good := [r for r in readings if r.gain >= (SUSPECT if run in open_runs else RUN)]:
                taken[run] = good
    return sorted(
        (
            Change(at + r.start, at + r.end, r)
            for run, readings in taken.items()
            for r in readings
            for at in runs.places[run]
        ),
        key=lambda c: c.start,
    )


def _total(found: Mapping[str, Sequence[Reading]], runs: Runs) -> float:
    """The gain of a codec over the page, less what it costs to bring in a script that is not there."""
    gains = (
        max(0.0, sum(r.gain for r in rs)) * min(1.5, 1 + len(runs.places[run]) / 8)
        for run, rs in found.items()
    )
    brought = {script(c) for rs in found.values() for r in rs if r.gain > 0 for c in r.after} - {"", "LATIN"}
    gain = sum(gains)
    return gain - STRANGER * sum(not runs.scripts[s] for s in brought)


def _for_page(found: dict[str, list[Reading]], runs: Runs) -> dict[str, list[Reading]]:
    """The readings, likelier where they take a script off the page that nothing else on it uses,
    and where they read as letters that the rest of the page does use."""
    inside = Counter[str]()
    for run, readings in found.items():
        for r in readings:
            for c in run[r.start : r.end]:
                inside[c] += len(runs.places[run])
    outside = Counter[str]()
    for char, number in (runs.letters - inside).items():
        outside[script(char)] += number
    total = sum(runs.scripts.values())
    strange = {s: min(STRANGER, log((1 + total) / (1 + outside[s]))) for s in runs.scripts if s != "LATIN"}
    known = {c for c, n in runs.letters.items() if n > inside[c]}
    return {run: [_likelier(run, r, strange, known) for r in readings] for run, readings in found.items()}


def _likelier(run: str, reading: Reading, strange: Mapping[str, float], known: set[str]) -> Reading:
    gone = {script(c) for c in run[reading.start : reading.end]} - {script(c) for c in reading.after}
    extra = max((strange.get(s, 0.0) for s in gone), default=0.0)
    extra += min(KNOWN_MOST, sum(c in known for c in reading.after)) * KNOWN
    return replace(reading, gain=reading.gain + extra)
