"""Where bytes were lost: what can be told is filled, what cannot is left whole.

A sentence of which some bytes are beyond guessing stays as it was published, in every letter: text
that is repaired in half cannot be told from text that was written so.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache

from newsarchive.core.charsets import Charset, charset
from newsarchive.core.grams import GramModel
from newsarchive.core.lost import JOINED, Mended, lossy
from newsarchive.core.pairs import PairModel
from newsarchive.core.runs import Change, Repairs, Runs, placed

#: What a run must gain by its guesses, in nats.
GAIN = 2.0
#: So many torn runs are asked how lost bytes are spelled.
SAMPLE = 150
#: Where a sentence ends. A lost byte may be spelled `?`, so that this is no end.
_END = re.compile(r"(?<=[.!])[\"')\]]* |\n")


def torn(text: str, positions: Sequence[int], changes: Sequence[Change], charset: Charset) -> list[int]:
    """Where a page has parts of sequences of a codec that its changes do not account for."""
    left = [p for p in positions if not _is_covered(changes, p)]
    return left + list(_beside(text, changes, charset.name))


def with_lost(
    text: str,
    changes: list[Change],
    left: Sequence[int],
    charset: Charset,
    model: PairModel,
    grams: GramModel,
) -> Repairs:
    """The changes, those where bytes are lost among them, as the runs at `left` can be mended.

    Only for a codec already believed: a lone `×` may be anything (measured on 396 real pages, one in
    twelve of which a guess without a vote made worse).
    """
    runs = Runs(text, JOINED)
    suspect = runs.suspect(left)
    gains = {
        h: sum(max(0.0, h.gain(run, model)) for run in suspect[:SAMPLE]) for h in lossy(text, {charset.name})
    }
    best = max(gains, key=gains.__getitem__)
    if gains[best] < GAIN:
        return Repairs(changes)
    mended = {run: best.mended(run, model, grams) for run in suspect}
    good = {run: list(m.readings) for run, m in mended.items() if m.is_whole and m.gain >= GAIN}
    guessed = placed(good, runs)
    broken = _broken(mended, runs, changes)
    kept = [c for c in changes if not _overlaps(guessed, c)]
    sentences = [0, *(m.end() for m in _END.finditer(text)), len(text) + 1]
    lost = {bisect_right(sentences, place) for place in broken}
    whole = [c for c in (*kept, *guessed) if bisect_right(sentences, c.start) not in lost]
    return Repairs(sorted(whole, key=_start), broken)


def _broken(mended: dict[str, Mended], runs: Runs, changes: Sequence[Change]) -> list[int]:
    """Where runs are that are damaged and yet cannot be mended."""
    places = []
    for run, result in mended.items():
        if result.is_whole or not result.readings:
            continue
        for place in runs.places[run]:
            if result.gain >= GAIN or _overlaps(changes, Change(place, place + len(run), result.readings[0])):
                places.append(place + 1)
    return sorted(places)


def _overlaps(changes: Sequence[Change], change: Change) -> bool:
    """Whether one of these changes, in order and apart from each other, touches another."""
    at = bisect_left(changes, change.end, key=_start)
    return at > 0 and changes[at - 1].end > change.start


def _is_covered(changes: Sequence[Change], position: int) -> bool:
    at = bisect_right(changes, position, key=_start)
    return any(c.start - 1 <= position < c.end for c in changes[max(0, at - 1) : at + 1])


def _beside(text: str, changes: Sequence[Change], name: str) -> Iterator[int]:
    """Where, in a run with a change, a first byte of UTF-8 stands that too little follows."""
    for match in _headed(name).finditer(text):
        at = match.start()
        number = bisect_right(changes, at, key=_start)
        if number and changes[number - 1].end > at:
            continue
        beside = changes[max(0, number - 1) : number + 1]
        if any(JOINED.fullmatch(text, min(c.start, at), max(c.end, at + 1)) for c in beside):
            yield at


@cache
def _headed(name: str) -> re.Pattern[str]:
    """First bytes of UTF-8 as a codec reads them, too few continuation bytes behind."""
    inverse = charset(name).inverse.items()
    heads = [_class(chr(c) for c, b in inverse if low <= b < high) for low, high in _HEADS]
    tail = _class(chr(c) for c, b in inverse if 0x80 <= b < 0xC0)
    parts = [f"{head}(?!{tail}{{{number}}})" for number, head in enumerate(heads, 1) if head]
    return re.compile("|".join(parts) or r"(?!)")


_HEADS = ((0xC2, 0xE0), (0xE0, 0xF0), (0xF0, 0xF5))


def _class(chars: Iterator[str]) -> str:
    own = "".join(sorted(re.escape(c) for c in chars if c > "\x7f"))
    return f"[{own}]" if own else ""


def _start(change: Change) -> int:
    return change.start
