"""What hypotheses make of the runs of a page, and what that is worth on this page: every reading is likelier or less
for what else stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import log
from typing import Protocol

from newsarchive.core.repairs.legacy import Legacy
from newsarchive.core.repairs.mojibake import Found, Reading
from newsarchive.core.repairs.multibyte import MultiByte
from newsarchive.core.repairs.pairs import PairModel
from newsarchive.core.repairs.proof import Proof
from newsarchive.core.repairs.runs import Runs
from newsarchive.core.text.scripts import script

#: A letter of a script that the rest of the page does not use may cost this much more, in nats.
STRANGER = 6.0
#: A character that the rest of the page also has is likelier by this, in nats, up to so many.
KNOWN, KNOWN_MOST = 1.0, 3


class Hypothesis(Protocol):
    """One way in which a page may have been read wrongly."""

    def readings(self, runs: Iterable[str], model: PairModel) -> Found: ...


class Readers:
    """What hypotheses make of the runs of a page: each of them reads a run once, however often it is asked."""

    def __init__(self, model: PairModel, runs: Runs, proof: Proof) -> None:
        self.model, self.runs, self.proof = model, runs, proof
        self._found: dict[Hypothesis, dict[str, list[Reading]]] = {}
        self._weighed: dict[Hypothesis, tuple[Found, Found]] = {}

    def for_page(self, hypothesis: Hypothesis, runs: Sequence[str]) -> Found:
        """The readings of some runs as the whole page makes them likelier."""
        found = self.readings(hypothesis, runs)
        before, weighed = self._weighed.get(hypothesis, (None, found))
        if found != before:
            is_legacy = isinstance(hypothesis, Legacy)
            proven = found if is_legacy else self.proof.of_page(found, isinstance(hypothesis, MultiByte))
            weighed = _for_page(proven, self.runs)
            self._weighed[hypothesis] = found, weighed
        return weighed

    def readings(self, hypothesis: Hypothesis, runs: Sequence[str]) -> Found:
        """See `Hypothesis.readings`."""
        known = self._found.setdefault(hypothesis, {})
        if new := [run for run in runs if run not in known]:
            found = hypothesis.readings(new, self.model)
            proven = found if isinstance(hypothesis, Legacy) else self.proof.of_words(found)
            known |= dict.fromkeys(new, _NOTHING) | proven
        return {run: readings for run in runs if (readings := known[run])}


_NOTHING: list[Reading] = []


def gain_of(found: Found, runs: Runs) -> float:
    """The gain of a codec over the page, less what it costs to bring in a script that is not there."""
    gains = [
        max(0.0, sum([r.gain for r in rs])) * min(1.5, 1 + len(runs.places[run]) / 8)
        for run, rs in found.items()
    ]
    brought = {s for rs in found.values() for r in rs if r.gain > 0 for s in scripts_of(r.after)}
    return sum(gains) - STRANGER * sum(not runs.scripts[s] for s in brought - {"", "LATIN"})


def _for_page(found: Found, runs: Runs) -> Found:
    """The readings, likelier where they take a script off the page that nothing else on it uses,
    and where they read as letters that the rest of the page does use."""
    inside = Counter(
        "".join([run[r.start : r.end] * len(runs.places[run]) for run, rs in found.items() for r in rs])
    )
    strange = _Strange(runs, inside)
    afters, letters = set("".join([r.after for rs in found.values() for r in rs])), runs.letters
    known = frozenset([c for c in afters if letters.get(c, 0) > inside.get(c, 0)])
    extras = _Extras(strange, known)
    return {
        run: [r.likelier(extra) if (extra := extras[run[r.start : r.end], r.after]) else r for r in readings]
        for run, readings in found.items()
    }


class _Strange(dict[str, float]):
    """Script → by how much its letters are likelier to be damage, in nats, if those `inside` are."""

    def __init__(self, runs: Runs, inside: Counter[str]) -> None:
        super().__init__({"LATIN": 0.0})
        self.runs, self.inside = runs, inside

    def __missing__(self, name: str) -> float:
        outside = self.runs.foreign[name]
        outside -= sum([number for char, number in self.inside.items() if script(char) == name])
        self[name] = gain = min(STRANGER, log((1 + self.runs.scripts.total()) / (1 + outside)))
        return gain


class _Extras(dict[tuple[str, str], float]):
    """(before, after) → by how much that is likelier, in nats, for what else is on the page: see `_for_page`."""

    def __init__(self, strange: _Strange, known: frozenset[str]) -> None:
        super().__init__()
        self.strange, self.known = strange, known

    def __missing__(self, change: tuple[str, str]) -> float:
        before, after = change
        gone = scripts_of(before) - scripts_of(after)
        extra = max([self.strange[s] for s in gone]) if gone else 0.0
        if not self.known.isdisjoint(after):
            extra += min(KNOWN_MOST, sum(c in self.known for c in after)) * KNOWN
        self[change] = extra
        return extra


@lru_cache(maxsize=1 << 13)
def scripts_of(text: str) -> frozenset[str]:
    """The scripts of the letters of a text, "" for what is none."""
    return frozenset(map(script, text))
