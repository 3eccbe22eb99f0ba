"""Legacy text read with another legacy codec: `Ïðèâåò` is `Привет`, windows-1251 read as windows-1252.

No byte pattern gives this away, as UTF-8's does: every text can be read with every codec. So only
a page that is unlikely as a whole is asked, and the gain must come from all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsarchive.core.charsets import Charset, charsets
from newsarchive.core.repairs.mojibake import Found, Reading
from newsarchive.core.repairs.pairs import PairModel

#: A codec that lacks so many of the characters did not make them.
FOREIGN = 0.4
#: What each of those few costs, in nats.
LACKS = 3.0

_MAPPED = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True)
class Legacy:
    """The hypothesis that text in the codec `true` was read with the codec `wrong`."""

    true: Charset
    wrong: Charset

    def readings(self, runs: Iterable[str], model: PairModel) -> Found:
        """Run → its readings, all that the wrong codec has taken as one."""
        return {run: found for run in runs if (found := list(self._of(run, model)))}

    def _of(self, run: str, model: PairModel) -> Iterator[Reading]:
        raw = self.wrong.to_bytes(run)
        for match in _MAPPED.finditer(raw):
            start, end = match.span()
            after = "".join(map(self.true.decoded.__getitem__, match[0]))
            if after != run[start:end] and "\ufffd" not in after:
                before, behind = run[start - 1], run[end : end + 1] or " "
                gain = model.of(before + run[start:end] + behind) - model.of(before + after + behind)
                yield Reading(start, end, after, f"{self.true.name} read as {self.wrong.name}", gain)


def likeliest(runs: list[str], model: PairModel) -> Legacy | None:
    """The pair of codecs that makes the runs likeliest; `None` where none does."""
    from newsarchive.core.repairs.arrays import arrays_of

    joined = "\n".join(runs)
    arrays = arrays_of(model)
    as_it_is = arrays.total(joined)
    best, least = None, float("inf")
    known: dict[bytes, list[float]] = {}
    for wrong in charsets():
        raw = wrong.to_bytes(joined)
        lacks = raw.count(b"?") - joined.count("?")
        if lacks > FOREIGN * len(joined):
            continue
        costs = known[raw] = known.get(raw) or arrays.totals(joined, raw)
        for true, cost in zip(charsets(), costs, strict=True):
            if true is not wrong and cost < as_it_is and cost + LACKS * lacks < least:
                best, least = Legacy(true, wrong), cost + LACKS * lacks
    return best
