"""UTF-8 read with a single-byte codec: find the runs, read them back, weigh the evidence.

`â€™` is `’` written as UTF-8 (E2 80 99) and read as windows-1252. Codec tables alone prove nothing:
much clean text happens to be valid UTF-8 in some codec. What decides is how much likelier the text
is, in its context, after the change than before.

Which pieces of a run are damaged: the cheapest way through it (Viterbi 1967).

At each character the text either stands as it is, or a UTF-8 sequence starts that is read back;
going from one to the other costs something, so that a run does not fall to pieces.

Which single-byte codecs can have made two characters side by side out of UTF-8: see `plausible`.

Character references left in a text: `&acirc;&euro;&trade;` is mojibake too.

They are read only to see what lies behind them: a reference that no repair touches stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from newsarchive.core.encoding.charsets import Charset, charset, charsets
from newsarchive.core.encoding.pair_model import SCALE, PairModel
from newsarchive.core.text.scripts import is_allowed

#: What it costs, in nats, that damage begins or ends inside a run.
SWITCH = 3.0

_SWITCH = SWITCH * SCALE

#: (start, end) of what is better read as UTF-8.
Pieces = tuple[tuple[int, int], ...]
#: A way up to some place: its cost, the last symbol, the start of the piece it is in, the pieces before.
_Way = tuple[float, int, int, Pieces]


def damaged_pieces(model: PairModel, run: str, raw: bytes) -> Pieces:
    """(start, end) in `raw` of what is better read as UTF-8.

    `raw` is well-formed UTF-8, one byte for each character of `run` but the first and the last,
    which are context.
    """
    symbols, costs = model.symbols, model.costs
    ids = [symbols[c] for c in run]
    kept: list[_Way | None] = [(0.0, ids[0], -1, ()), *[None] * len(raw)]  # up to each byte, out of a piece
    read: list[_Way | None] = [None] * (len(raw) + 1)  # and inside of one
    for at, byte in enumerate(raw):
        length = 0 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        symbol = symbols[raw[at : at + length].decode()] if length else -1
        if way := kept[at]:
            cost, last, _, pieces = way
            row = costs[last]
            _offer(kept, at + 1, (cost + row[ids[at + 1]], ids[at + 1], -1, pieces))
            if length:
                _offer(read, at + length, (cost + row[symbol] + (_SWITCH if at else 0), symbol, at, pieces))
        if way := read[at]:
            cost, last, start, pieces = way
            row = costs[last]
            outside = (cost + row[ids[at + 1]] + _SWITCH, ids[at + 1], -1, (*pieces, (start, at)))
            _offer(kept, at + 1, outside)
            if length:
                _offer(read, at + length, (cost + row[symbol], symbol, start, pieces))
    return _cheapest_end(model, kept[-1], read[-1], ids[-1], len(raw))


def _offer(ways: list[_Way | None], at: int, way: _Way) -> None:
    if (known := ways[at]) is None or way[0] < known[0]:
        ways[at] = way


def _cheapest_end(model: PairModel, kept: _Way | None, read: _Way | None, last: int, end: int) -> Pieces:
    ends = [(way[0] + model.costs[way[1]][last], way[3]) for way in (kept,) if way]
    ends += [(way[0] + model.costs[way[1]][last], (*way[3], (way[2], end))) for way in (read,) if way]
    return min(ends, key=lambda way: way[0])[1]


#: Two sets of codecs, a bit each, in the order of `charsets()`: those in which a character is a first byte
#: of a sequence, and those in which it is one that follows.
Signs = tuple[int, int]
NONE: Signs = (0, 0)


@cache
def single_bytes() -> dict[str, Signs]:
    """Character → its signs."""
    signs: dict[str, Signs] = {}
    for number, codec in enumerate(charsets()):
        for code, byte in codec.inverse.items():
            first, follows = signs.get(chr(code), NONE)
            first |= (0xC2 <= byte <= 0xF4) << number
            follows |= (0x80 <= byte <= 0xBF) << number
            signs[chr(code)] = first, follows
    return signs


def codecs_in(text: str) -> int:
    """The codecs in which some two characters of a text begin a sequence, a bit each."""
    own, bits = single_bytes(), 0
    if own.keys().isdisjoint(text):
        return bits
    for (first, _), (_, follows) in pairwise([own.get(char, NONE) for char in text]):
        bits |= first & follows
    return bits


@lru_cache(maxsize=1 << 12)
def named(bits: int) -> tuple[Charset, ...]:
    """The codecs of these bits."""
    return tuple(codec for number, codec in enumerate(charsets()) if bits >> number & 1)


_SEQUENCE = (
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
#: Maximal runs of well-formed multi-byte UTF-8 (Unicode 16, table 3-7). What begins with a class of bytes is
#: searched for ten times as fast, where there is little of it, as what begins with a choice.
UTF8 = re.compile(
    rb"[\xc2-\xf4](?:(?<=[\xc2-\xdf])[\x80-\xbf]|(?<=\xe0)[\xa0-\xbf][\x80-\xbf]"
    rb"|(?<=[\xe1-\xec\xee\xef])[\x80-\xbf]{2}|(?<=\xed)[\x80-\x9f][\x80-\xbf]|(?<=\xf0)[\x90-\xbf][\x80-\xbf]{2}"
    rb"|(?<=[\xf1-\xf3])[\x80-\xbf]{3}|(?<=\xf4)[\x80-\x8f][\x80-\xbf]{2})(?:" + _SEQUENCE + rb")*"
)

#: How many times a text may have been read wrongly, one reading over another.
LAYERS = 3
#: A run has the layers that others on the page have, unless that costs so much more, in nats.
LAYERED = 8.0
#: The readings of a run of so many characters are kept for the next page.
SHORT = 24


class Reading(NamedTuple):
    """What a piece of a run reads as: `run[start:end]` should be `after`.

    `rule` names the codec, `inner` those of further layers; `gain` is the evidence in nats.
    """

    start: int
    end: int
    after: str
    rule: str
    gain: float
    inner: tuple[str, ...] = ()

    def likelier(self, extra: float) -> Reading:
        """The same reading with more evidence for it."""
        return Reading(self.start, self.end, self.after, self.rule, self.gain + extra, self.inner)


Found = dict[str, list[Reading]]


@dataclass(frozen=True)
class Utf8:
    """The hypothesis that UTF-8 was read with one codec; then, perhaps, again with those of `inner`."""

    charset: Charset
    inner: tuple[str, ...] = ()

    def readings(self, runs: Iterable[str], model: PairModel) -> Found:
        """Run → its readings; runs without any are left out.

        A run has one character of context at either end.
        """
        found: Found = {}
        runs = list(runs)
        ends = [*accumulate(len(run) + 1 for run in runs)]
        matches = UTF8.finditer(self.charset.to_bytes("\n".join(runs)))
        for number in dict.fromkeys(bisect_right(ends, match.start()) for match in matches):
            run = runs[number]
            own = _again(self.charset, self.inner, run, model) if len(run) <= SHORT else self.of(run, model)
            if own:
                found[run] = list(own)
        return found

    def of(self, run: str, model: PairModel) -> tuple[Reading, ...]:
        """The readings of one run."""
        if len(run) <= SHORT and not self.inner and (reading := _at_once(self.charset, run, model)):
            return (reading,)
        found: list[Reading] = []
        for match in UTF8.finditer(self.charset.to_bytes(run)):
            start, end = match.span()
            whole = self._weigh(model, run, start, end, match[0].decode())
            best = [whole] if whole else []
            if not whole or not reads_well(model, run, whole):
                best = max(best, list(self._pieces(model, run, start, end)), key=_gain)
            found += best
        return tuple(found)

    def _pieces(self, model: PairModel, run: str, start: int, end: int) -> Iterator[Reading]:
        """The readings of the pieces of a run that are damaged, where others are right as they stand."""
        raw = self.charset.to_bytes(run[start:end])
        for first, last in damaged_pieces(model, run[start - 1 : end + 1], raw):
            decoded = raw[first:last].decode()
            if reading := self._weigh(model, run, start + first, start + last, decoded):
                yield reading

    def _weigh(self, model: PairModel, run: str, start: int, end: int, decoded: str) -> Reading | None:
        """The reading of a piece, as deep as its layers go; `None` where that is no printable text."""
        before, after = run[start - 1], run[end : end + 1] or " "
        final, cost, inner = unfold(model, before, decoded, after, LAYERS - 1)
        if self.inner and self.inner != inner:
            final, cost, inner = self._forced(model, before, decoded, after, (final, cost, inner))
        if not is_allowed(final):
            return None
        rule = self.charset.variant(run[start:end])
        return Reading(start, end, final, rule, model.of(before + run[start:end] + after) - cost, inner)

    def _forced(self, model: PairModel, before: str, text: str, after: str, free: Unfolded) -> Unfolded:
        """The same layers as the rest of the page, unless that is much less likely."""
        for name in self.inner:
            text = _decoded(text, charset(name))
        cost = model.of(before + text + after)
        return (text, cost, self.inner) if is_allowed(text) and cost - LAYERED < free[1] else free


def _gain(readings: list[Reading]) -> float:
    """What a run gains; more readings than one must make up for the borders between them."""
    return sum(r.gain for r in readings) - SWITCH * len(readings)


def reads_well(model: PairModel, run: str, reading: Reading) -> bool:
    """Whether a reading is a gain, and leaves no pair that clean text does not have."""
    before, after = run[reading.start - 1], run[reading.end : reading.end + 1] or " "
    return reading.gain > 0 and model.is_seen(before + reading.after + after)


@lru_cache(maxsize=1 << 14)
def _again(charset: Charset, inner: tuple[str, ...], run: str, model: PairModel) -> tuple[Reading, ...]:
    """`Utf8.of`, kept: where punctuation is damaged, page after page has the same runs."""
    return Utf8(charset, inner).of(run, model)


def _at_once(charset: Charset, run: str, model: PairModel) -> Reading | None:
    """The reading of all that a run is, where that is a gain, and clean text through and through."""
    decoded, rule, gain, is_clean = _inside(charset, run[1:-1], model)
    if not is_clean:
        return None
    costs, symbols = model.costs, model.symbols
    row, last = costs[symbols[run[0]]], symbols[run[-1]]
    first, end = row[symbols[decoded[0]]], costs[symbols[decoded[-1]]][last]
    gain += (row[symbols[run[1]]] + costs[symbols[run[-2]]][last] - first - end) / SCALE
    return (
        Reading(1, len(run) - 1, decoded, rule, gain)
        if gain > 0 and first <= model.limits[symbols[decoded[0]]] and end <= model.limits[last]
        else None
    )


@lru_cache(maxsize=1 << 13)
def _inside(charset: Charset, core: str, model: PairModel) -> tuple[str, str, float, bool]:
    """What a run reads as, its context left out, the rule, the gain inside, and whether it is clean text."""
    match = UTF8.fullmatch(charset.to_bytes(core))
    decoded = match[0].decode() if match else ""
    if not decoded or not is_allowed(decoded) or not model.is_seen(decoded):
        return "", "", 0.0, False
    return decoded, charset.variant(core), model.of(core) - model.of(decoded), True


Unfolded = tuple[str, float, tuple[str, ...]]


@lru_cache(maxsize=1 << 14)
def unfold(model: PairModel, before: str, text: str, after: str, layers: int) -> Unfolded:
    """Read a text back as often as that makes it likelier: text, cost, names of the codecs."""
    context = before + text + after
    best: Unfolded = (text, model.of(context), ())
    if layers == 0 or text.isascii() or model.is_seen(context):
        return best
    for codec in named(codecs_in(text)):
        inner = _decoded(text, codec)
        if inner != text:
            final, cost, names = unfold(model, before, inner, after, layers - 1)
            if cost < best[1] - 1 and is_allowed(final):
                best = (final, cost, (codec.name, *names))
    return best


def _decoded(text: str, charset: Charset) -> str:
    out, at = [], 0
    for match in UTF8.finditer(charset.to_bytes(text)):
        out += [text[at : match.start()], match[0].decode()]
        at = match.end()
    return "".join([*out, text[at:]]) if out else text


_REFERENCE = re.compile(r"&(?:#[xX][0-9a-fA-F]{2,6}|#[0-9]{3,7}|[A-Za-z][A-Za-z0-9]{1,30});")


@dataclass(frozen=True)
class Unescaped:
    """A text with its non-ASCII references resolved, and the way back to its offsets.

    `ends` are the offsets after each resolved reference, `shifts` how much longer the original is
    up to there.
    """

    text: str
    ends: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def original(self, offset: int) -> int:
        """The offset in the original text."""
        number = bisect_right(self.ends, offset) if self.ends else 0
        return offset + (self.shifts[number - 1] if number else 0)


def unescaped(text: str) -> Unescaped:
    """Resolve the references to single characters beyond ASCII."""
    if "&" not in text:
        return Unescaped(text)
    import html

    out, ends, shifts, at, length, shift = [], [], [], 0, 0, 0
    for match in _REFERENCE.finditer(text):
        char = html.unescape(match[0])
        if len(char) != 1 or char.isascii():
            continue
        length += match.start() - at + 1
        shift += len(match[0]) - 1
        out += [text[at : match.start()], char]
        ends.append(length)
        shifts.append(shift)
        at = match.end()
    return Unescaped("".join([*out, text[at:]]), tuple(ends), tuple(shifts))
