"""UTF-8 read with a single-byte codec: find the runs, read them back, weigh the evidence.

`â€™` is `’` written as UTF-8 (E2 80 99) and read as windows-1252. Codec tables alone prove nothing:
much clean text happens to be valid UTF-8 in some codec. What decides is how much likelier the text
is, in its context, after the change than before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.characters import is_allowed
from newsarchive.core.charsets import Charset, charsets
from newsarchive.core.pairs import UNSEEN, PairModel
from newsarchive.core.pieces import damaged_pieces

#: Maximal runs of well-formed multi-byte UTF-8 (Unicode 16, table 3-7).
UTF8 = re.compile(
    rb"(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2})+"
)

#: How many times a text may have been read wrongly, one reading over another.
LAYERS = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What a piece of a run reads as: `run[start:end]` should be `after`.

    `rule` names the codec or codecs, `gain` is the evidence in nats.
    """

    start: int
    end: int
    after: str
    rule: str
    gain: float


def read_back(runs: Iterable[str], charset: Charset, model: PairModel) -> dict[str, list[Reading]]:
    """Run → its readings with one codec; runs without any are left out.

    A run has one character of context at either end.
    """
    found: dict[str, list[Reading]] = {}
    for run, start, end, decoded in _valid(runs, charset):
        whole = weigh(model, run, start, end, decoded, charset)
        if whole is None or not _reads_well(model, run, whole):
            found.setdefault(run, []).extend(_pieces(model, run, start, end, charset))
        else:
            found.setdefault(run, []).append(whole)
    return found


def _reads_well(model: PairModel, run: str, reading: Reading) -> bool:
    before, after = run[reading.start - 1], run[reading.end : reading.end + 1] or " "
    return reading.gain > 0 and model.dearest(before + reading.after + after) <= UNSEEN


def _pieces(model: PairModel, run: str, start: int, end: int, charset: Charset) -> Iterator[Reading]:
    """The readings of the pieces of a run that are damaged, where others are right as they stand."""
    raw = charset.to_bytes(run[start:end])
    for first, last in damaged_pieces(model, run[start - 1 : end + 1], raw):
        decoded = raw[first:last].decode()
        if reading := weigh(model, run, start + first, start + last, decoded, charset):
            yield reading


def _valid(runs: Iterable[str], charset: Charset) -> Iterator[tuple[str, int, int, str]]:
    """Each piece of a run that is valid UTF-8 in the codec: run, start, end, what it decodes to."""
    runs = list(runs)
    joined = charset.to_bytes("\n".join(runs))
    at, number = 0, 0
    for match in UTF8.finditer(joined):
        while match.start() >= at + len(runs[number]) + 1:
            at += len(runs[number]) + 1
            number += 1
        yield runs[number], match.start() - at, match.end() - at, match[0].decode()


def weigh(model: PairModel, run: str, start: int, end: int, decoded: str, charset: Charset) -> Reading | None:
    """The reading of a piece, as deep as its layers go; `None` where it comes to no printable text."""
    before, after = run[start - 1], run[end : end + 1] or " "
    final, cost, inner = unfold(model, before, decoded, after, LAYERS - 1)
    if not is_allowed(final):
        return None
    rule = charset.variant(run[start:end]) + inner
    return Reading(start, end, final, rule, model.of(before + run[start:end] + after) - cost)


@lru_cache(maxsize=1 << 14)
def unfold(model: PairModel, before: str, text: str, after: str, layers: int) -> tuple[str, float, str]:
    """Read a text back as often as that makes it likelier: text, cost, names of the codecs."""
    context = before + text + after
    best = (text, model.of(context), "")
    if layers == 0 or text.isascii() or model.dearest(context) <= UNSEEN:
        return best
    for charset in charsets():
        inner = _decoded(text, charset)
        if inner != text:
            final, cost, rule = unfold(model, before, inner, after, layers - 1)
            if cost < best[1] - 1 and is_allowed(final):
                best = (final, cost, f", then {charset.name}{rule}")
    return best


def _decoded(text: str, charset: Charset) -> str:
    out, at = [], 0
    for match in UTF8.finditer(charset.to_bytes(text)):
        out += [text[at : match.start()], match[0].decode()]
        at = match.end()
    return "".join([*out, text[at:]]) if out else text
