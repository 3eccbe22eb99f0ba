"""UTF-8 read with a single-byte codec: find it in the runs of a page, read it back, weigh the evidence.

`â€™` is `’` written as UTF-8 (E2 80 99) and read as windows-1252. Codec tables alone prove nothing, because much clean
text happens to be valid UTF-8 in some codec. What decides is how much likelier the text is, in its context, after the
change than before.

A run may be damaged in parts only. `damaged_pieces` finds them as the cheapest way through the run (Viterbi 1967): at
each character the text either stands as it is, or a UTF-8 sequence starts that is read back. To go from one to the
other costs something, so that a run does not fall to pieces.

Character references left in a text may be mojibake too: `&acirc;&euro;&trade;`. `unescaped` reads them to see what lies
behind them. A reference that no repair touches stays as it is.

A multi-byte codec makes one wrong character of two or three bytes: `鈥檚` is `’s`, read as GBK. So the borders of wrong characters and of
UTF-8 sequences fall together only now and then, and an ASCII byte may be the second half of a character (`MultiByte`).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from html import unescape
from itertools import accumulate, pairwise
from math import inf
from typing import Any, NamedTuple, cast

from newsarchive.core.encoding.charsets import MULTI_BYTE, Charset, charset, charsets
from newsarchive.core.encoding.pair_model import MAX_REMEMBERED_CHARACTERS, UNITS_PER_NAT, PairModel
from newsarchive.core.text.scripts import is_allowed

#: Nats. The cost of a border between damage and right text inside a run.
SWITCH_NATS = 3.0
_SWITCH = SWITCH_NATS * UNITS_PER_NAT

#: (start, end) of each piece that is better read as UTF-8.
Pieces = tuple[tuple[int, int], ...]
#: The last piece of a way, and those before it.
_PieceChain = tuple[int, int, "_PieceChain | None"]


def damaged_pieces(model: PairModel, run: str, raw: bytes) -> Pieces:
    """(start, end) in `raw` of the pieces that are better read as UTF-8.

    `raw` is well-formed UTF-8 with one byte for each character of `run`, without the first and the last character,
    which are context.
    """
    symbols, costs = model.symbols, model.costs
    ids = [symbols[c] for c in run]
    # The cheapest way up to here that ends outside of a piece, and the cheapest that ends inside of one, which began at `start`. Each has
    # a cost, the last symbol, and the pieces before.
    kept, kept_row, kept_pieces = 0.0, costs[ids[0]], cast("_PieceChain | None", None)
    read, read_row, read_pieces, start = inf, kept_row, kept_pieces, 0
    at = 0
    while at < len(raw):
        byte = raw[at]
        end = at + (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4)
        first, symbol = ids[at + 1], symbols[raw[at:end].decode()]
        inner, row = 0, costs[first]
        for now in ids[at + 2 : end + 1]:
            inner += row[now]
            row = costs[now]
        stays, goes = kept + kept_row[first], read + read_row[first] + _SWITCH
        begins, goes_on = kept + kept_row[symbol] + (_SWITCH if at else 0), read + read_row[symbol]
        pieces_before = kept_pieces
        if goes < stays:
            stays, kept_pieces = goes, (start, at, read_pieces)
        if goes_on >= begins:
            goes_on, read_pieces, start = begins, pieces_before, at
        kept, kept_row, read, read_row = stays + inner, row, goes_on, costs[symbol]
        at = end
    if kept + kept_row[ids[-1]] <= read + read_row[ids[-1]]:
        return _in_order(kept_pieces)
    return _in_order((start, at, read_pieces))


def _in_order(chain: _PieceChain | None) -> Pieces:
    pieces = []
    while chain:
        start, end, chain = chain
        pieces.append((start, end))
    return tuple(reversed(pieces))


#: Characters of the shortest run that holds a sequence: the two of the sequence, and one of context at either end.
MIN_SEQUENCE_RUN_CHARACTERS = 4
#: Runs that are searched for sequences together; fewer are looked up one by one.
MIN_JOINED_RUNS = 40
#: Characters of a run. What is found in a run of this length or less is cached for the next page.
MAX_CACHED_RUN_CHARACTERS = 24

#: Two sets of codecs, a bit each, in the order of `charsets()`: those that make a character of a lead byte, and those
#: that make it of a continuation byte.
LeadAndContinuation = tuple[int, int]
#: The sets of a character that no codec has.
NO_CODECS: LeadAndContinuation = (0, 0)


@cache
def lead_and_continuation_codecs() -> dict[str, LeadAndContinuation]:
    """Character → the codecs that make it of a lead byte, and those that make it of a continuation byte."""
    codecs: dict[str, LeadAndContinuation] = {}
    for number, codec in enumerate(charsets()):
        for code, byte in codec.inverse.items():
            lead, continuation = codecs.get(chr(code), NO_CODECS)
            lead |= (0xC2 <= byte <= 0xF4) << number
            continuation |= (0x80 <= byte <= 0xBF) << number
            codecs[chr(code)] = lead, continuation
    return codecs


def codecs_in(text: str) -> int:
    """The codecs in which two neighbours in a text begin a sequence, a bit each, in the order of `charsets()`."""
    return _known_codecs_in(text) if len(text) <= MAX_CACHED_RUN_CHARACTERS else _codecs_in(text)


def _codecs_in(text: str) -> int:
    codecs, bits = lead_and_continuation_codecs(), 0
    if codecs.keys().isdisjoint(text):
        return bits
    for (lead, _), (_, continuation) in pairwise([codecs.get(char, NO_CODECS) for char in text]):
        bits |= lead & continuation
    return bits


#: `_codecs_in`, cached: the same short runs stand on page after page.
_known_codecs_in = lru_cache(maxsize=1 << 13)(_codecs_in)


@lru_cache(maxsize=1 << 12)
def _charsets_of(bits: int) -> tuple[Charset, ...]:
    """The codecs of these bits, in the order of `charsets()`."""
    return tuple(codec for number, codec in enumerate(charsets()) if bits >> number & 1)


_SEQUENCE = (
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
#: Maximal runs of well-formed multi-byte UTF-8 (Unicode 16, table 3-7). Where matches are rare, a pattern that begins
#: with a class of bytes is searched for ten times as fast as a pattern that begins with alternatives.
UTF8 = re.compile(
    rb"[\xc2-\xf4](?:(?<=[\xc2-\xdf])[\x80-\xbf]|(?<=\xe0)[\xa0-\xbf][\x80-\xbf]"
    rb"|(?<=[\xe1-\xec\xee\xef])[\x80-\xbf]{2}|(?<=\xed)[\x80-\x9f][\x80-\xbf]|(?<=\xf0)[\x90-\xbf][\x80-\xbf]{2}"
    rb"|(?<=[\xf1-\xf3])[\x80-\xbf]{3}|(?<=\xf4)[\x80-\x8f][\x80-\xbf]{2})(?:" + _SEQUENCE + rb")*"
)

#: Wrong readings of a text, one over the other, that are undone. More are not looked for.
MAX_LAYERS = 3
#: Characters of a text without ASCII. The layers of a longer text are told by its beginning, because some 500 ways to undo two layers
#: are tried. Of 7,000 damaged pages none has so long a text. A shorter beginning might fit another codec too.
MAX_UNFOLDED_CHARACTERS = 2_000
#: Nats. A run is read with the layers of the page's other runs, unless that costs more than this.
MAX_EXTRA_LAYERS_NATS = 8.0


class Reading(NamedTuple):
    """What a piece of a run reads as: `run[start:end]` should be `after`.

    `rule` names the codec, `inner` the codecs of further layers; `gain` is the evidence, in nats.
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


#: Run → its readings.
RunReadings = dict[str, list[Reading]]


class Utf8(NamedTuple):
    """The hypothesis that UTF-8 was read with one codec, and the result perhaps again with the codecs of `inner`."""

    charset: Charset
    inner: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the codec."""
        return self.charset.name

    def readings(self, runs: Iterable[str], model: PairModel) -> RunReadings:
        """Run → its readings. Runs without readings are left out."""
        found: RunReadings = {}
        for run in self._with_sequences([run for run in runs if len(run) >= MIN_SEQUENCE_RUN_CHARACTERS]):
            is_cached = len(run) <= MAX_CACHED_RUN_CHARACTERS
            own = _cached(self.charset, self.inner, run, model) if is_cached else self.of(run, model)
            if own:
                found[run] = list(own)
        return found

    def _with_sequences(self, runs: list[str]) -> list[str]:
        """The runs that hold a sequence; all runs where they are few, because what each holds is cached."""
        if len(runs) < MIN_JOINED_RUNS:
            return runs
        ends = [*accumulate(len(run) + 1 for run in runs)]
        matches = UTF8.finditer(self.charset.to_bytes("\n".join(runs)))
        return [runs[n] for n in dict.fromkeys(bisect_right(ends, match.start()) for match in matches)]

    def of(self, run: str, model: PairModel) -> tuple[Reading, ...]:
        """The readings of one run."""
        is_cached = len(run) <= MAX_CACHED_RUN_CHARACTERS and not self.inner
        if is_cached and (reading := _clean_reading(self.charset, run, model)):
            return (reading,)
        found: list[Reading] = []
        for match in UTF8.finditer(self.charset.to_bytes(run)):
            start, end = match.span()
            decoded = match[0].decode()
            whole = self._weigh(model, run, start, end, decoded)
            best = [whole] if whole else []
            if len(decoded) == 1:
                if whole and not self._is_likelier(model, run, whole, decoded):
                    best = []
            elif not whole or not is_clean_gain(model, run, whole):
                pieces = []
                for first, last in damaged_pieces(model, run[start - 1 : end + 1], match[0]):
                    part = match[0][first:last].decode()
                    if piece := self._weigh(model, run, start + first, start + last, part):
                        pieces.append(piece)
                # The borders between damage and text cost something.
                best = max(best, pieces, key=lambda rs: sum(r.gain for r in rs) - SWITCH_NATS * len(rs))
            found += best
        return tuple(found)

    def _is_likelier(self, model: PairModel, run: str, reading: Reading, decoded: str) -> bool:
        """Whether one sequence is better read back. It has no parts that could be read back alone."""
        if reading.gain <= 0 or not reading.inner:
            return reading.gain > 0
        return reading.gain >= SWITCH_NATS or model.gain(run, reading.start, reading.end, decoded) > 0

    def _weigh(self, model: PairModel, run: str, start: int, end: int, decoded: str) -> Reading | None:
        """The reading of a piece, all its layers undone; `None` where that is no printable text."""
        if stays_forbidden(decoded):
            return None
        before, after = run[start - 1], run[end : end + 1] or " "
        final, cost, inner = _unfolded(model, before, decoded, after)
        if self.inner and self.inner != inner:
            # The layers of the rest of the page, unless they are much less likely.
            forced = decoded
            for name in self.inner:
                forced = _decoded(forced, charset(name).to_bytes(forced))
            cost_of_forced = model.cost(before + forced + after)
            if is_allowed(forced) and cost_of_forced - MAX_EXTRA_LAYERS_NATS < cost:
                final, cost, inner = forced, cost_of_forced, self.inner
        if not is_allowed(final):
            return None
        rule = self.charset.variant(run[start:end])
        return Reading(start, end, final, rule, model.cost(before + run[start:end] + after) - cost, inner)


def is_clean_gain(model: PairModel, run: str, reading: Reading) -> bool:
    """Whether a reading gains, and leaves no pair that clean text does not have."""
    before, after = run[reading.start - 1], run[reading.end : reading.end + 1] or " "
    return reading.gain > 0 and model.is_clean(before + reading.after + after)


@lru_cache(maxsize=1 << 14)
def _cached(charset: Charset, inner: tuple[str, ...], run: str, model: PairModel) -> tuple[Reading, ...]:
    """`Utf8.of`, cached: where punctuation is damaged, page after page has the same runs."""
    return Utf8(charset, inner).of(run, model)


def _clean_reading(charset: Charset, run: str, model: PairModel) -> Reading | None:
    """The reading of a run as a whole, where that gains and is clean text; `None` elsewhere."""
    decoded, rule, gain, is_clean = _without_context(charset, run[1:-1], model)
    if not is_clean:
        return None
    costs, symbols = model.costs, model.symbols
    row, last = costs[symbols[run[0]]], symbols[run[-1]]
    first, end = row[symbols[decoded[0]]], costs[symbols[decoded[-1]]][last]
    gain += (row[symbols[run[1]]] + costs[symbols[run[-2]]][last] - first - end) / UNITS_PER_NAT
    return (
        Reading(1, len(run) - 1, decoded, rule, gain)
        if gain > 0 and first <= model.limits[symbols[decoded[0]]] and end <= model.limits[last]
        else None
    )


@lru_cache(maxsize=1 << 13)
def _without_context(charset: Charset, core: str, model: PairModel) -> tuple[str, str, float, bool]:
    """What a run without its context reads as, the rule, the gain inside it, and whether the reading is clean text."""
    match = UTF8.fullmatch(charset.to_bytes(core))
    decoded = match[0].decode() if match else ""
    if not decoded or not is_allowed(decoded) or not model.is_clean(decoded):
        return "", "", 0.0, False
    return decoded, charset.variant(core), model.cost(core) - model.cost(decoded), True


#: A text with layers undone: text, cost in nats, names of the codecs.
Unfolded = tuple[str, float, tuple[str, ...]]


def _unfolded(model: PairModel, before: str, text: str, after: str) -> Unfolded:
    """`unfold` with all layers. Those of a long text are told by its beginning."""
    if len(text) <= MAX_UNFOLDED_CHARACTERS:
        return unfold(model, before, text, after, MAX_LAYERS - 1)
    beginning, behind = text[:MAX_UNFOLDED_CHARACTERS], text[MAX_UNFOLDED_CHARACTERS]
    names = unfold(model, before, beginning, behind, MAX_LAYERS - 1)[2]
    best: Unfolded = (text, model.cost(before + text + after), ())
    for number, name in enumerate(names, 1):
        text = _decoded(text, charset(name).to_bytes(text))
        cost = model.cost(before + text + after)
        if cost < best[1] - 1 and is_allowed(text):
            best = (text, cost, names[:number])
    return best


@lru_cache(maxsize=1 << 14)
def unfold(model: PairModel, before: str, text: str, after: str, layers: int) -> Unfolded:
    """Read a text back as often as that makes it likelier, `layers` times at most."""
    context = before + text + after
    best: Unfolded = (text, model.cost(context), ())
    if layers == 0 or text.isascii() or model.is_clean(context):
        return best
    known = set()  # several codecs have the same bytes for most texts, and the first of them counts
    for codec in _charsets_of(codecs_in(text)):
        raw = codec.to_bytes(text)
        if raw in known:
            continue
        known.add(raw)
        inner = _decoded(text, raw, is_asked=True)
        if inner and inner != text:
            final, cost, names = unfold(model, before, inner, after, layers - 1)
            if cost < best[1] - 1 and is_allowed(final):
                best = (final, cost, (codec.name, *names))
    return best


def _decoded(text: str, raw: bytes, *, is_asked: bool = False) -> str:
    """A text with all UTF-8 in it read back; `raw` has a byte for each of its characters. Where it is asked whether any text may come of
    that, "" for none."""
    out, at = [], 0
    for match in UTF8.finditer(raw):
        start, end = match.span()
        decoded = match[0].decode()
        if is_asked and stays_forbidden(decoded):
            return ""
        out += [text[at:start], decoded]
        at = end
    return "".join([*out, text[at:]]) if out else text


def stays_forbidden(text: str) -> bool:
    """Whether a text has a character that no repair may bring forth (`is_allowed`), and that no codec makes of a byte, so that no further
    layer can be undone there: noise that is read back has one soon."""
    return any(map(_stays_forbidden, text))


@lru_cache(maxsize=1 << 14)
def _stays_forbidden(char: str) -> bool:
    return char not in lead_and_continuation_codecs() and not is_allowed(char)


_REFERENCE = re.compile(r"&(?:#[xX][0-9a-fA-F]{2,6}|#[0-9]{3,7}|[A-Za-z][A-Za-z0-9]{1,30});")


@dataclass(frozen=True)
class Unescaped:
    """A text with its non-ASCII references resolved, and the way back to the offsets in the original.

    `ends` are the offsets after each resolved reference. `shifts` says how much longer the original is up to there.
    """

    text: str
    ends: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def original(self, offset: int) -> int:
        """The offset in the original text, for an offset in `text`."""
        number = bisect_right(self.ends, offset) if self.ends else 0
        return offset + (self.shifts[number - 1] if number else 0)

    def originals(self, offsets: Sequence[int]) -> Any:
        """The offsets in the original text as an array, for many offsets at a time."""
        import numpy as np

        shifts = np.array((0, *self.shifts))
        return np.asarray(offsets) + shifts[np.searchsorted(self.ends, offsets, side="right")]


_character = lru_cache(maxsize=1 << 12)(unescape)


def unescaped(text: str) -> Unescaped:
    """Resolve the references to single characters beyond ASCII.

    >>> unescaped("&acirc;&euro;&trade; &amp;").text
    'â€™ &amp;'
    """
    if "&" not in text:
        return Unescaped(text)
    out, ends, shifts, at, length, shift = [], [], [], 0, 0, 0
    for match in _REFERENCE.finditer(text):
        char = _character(match[0])
        if len(char) != 1 or char.isascii():
            continue
        length += match.start() - at + 1
        shift += len(match[0]) - 1
        out += [text[at : match.start()], char]
        ends.append(length)
        shifts.append(shift)
        at = match.end()
    return Unescaped("".join([*out, text[at:]]), tuple(ends), tuple(shifts))


#: UTF-8, ASCII included: what the bytes of a damaged stretch are.
_TEXT = re.compile(rb"(?:[\x20-\x7e]|" + UTF8.pattern + rb")+")
#: Characters of a stretch. A longer stretch is read in parts of this length.
MAX_STRETCH_CHARACTERS = 400
#: Characters of a stretch. In one of this length or less, only a part may be damaged, so that its parts are weighed too.
MAX_PARTLY_DAMAGED_CHARACTERS = 6

#: Characters in the order of their code points. Fewer may be a word, as `где` is.
MIN_TABLE_CHARACTERS = 4


@dataclass(frozen=True)
class MultiByte:
    """The hypothesis that UTF-8 was read with a codec of `charsets.MULTI_BYTE`."""

    name: str

    def readings(self, runs: Iterable[str], model: PairModel) -> RunReadings:
        """Run → its readings: the longest stretches that are UTF-8, from characters on that can be lead bytes."""
        return {run: found for run in runs if (found := list(self._of(run, model)))}

    def gains_in(self, texts: Iterable[str], model: PairModel) -> bool:
        """Whether some text gains by being read so. Each has one character of context at either end."""
        return any(reading for text in texts for reading in self._of(text, model))

    def _of(self, run: str, model: PairModel) -> Iterator[Reading]:
        codec = _codec(self.name)
        starts = [at for at in range(1, len(run) - 1) if codec[run[at]][1]]
        if not starts:
            return
        encoded = _Encoded([codec[char][0] for char in run])
        done = 0
        for number, at in enumerate(starts, 1):
            if at < done or not (reading := self._best(model, run, encoded, at)):
                continue
            furthest = at + MAX_PARTLY_DAMAGED_CHARACTERS
            is_short = reading.end <= furthest
            later = starts[number : bisect_left(starts, reading.end, number)] if is_short else []
            others = (self._best(model, run, encoded, start) for start in later)
            if not any(other and other.gain > reading.gain for other in others):
                yield reading
                done = reading.end

    def _best(self, model: PairModel, run: str, encoded: _Encoded, at: int) -> Reading | None:
        """The reading from one character on that gains most."""
        end, decoded = encoded.stretch(at)
        reading = self._weigh(model, run, at, end, decoded) if end > at else None
        if at < end <= at + MAX_PARTLY_DAMAGED_CHARACTERS:
            # The end of a short stretch may be right, and UTF-8 by accident.
            for last in range(at + 1, end):
                stop, decoded = encoded.stretch(at, last)
                part = self._weigh(model, run, at, stop, decoded) if stop == last else None
                if part and (reading is None or part.gain > reading.gain):
                    reading = part
        return reading

    def _weigh(self, model: PairModel, run: str, start: int, end: int, decoded: str) -> Reading | None:
        inner: tuple[str, ...] = ()
        if not is_allowed(decoded):  # controls: another codec was read below this one
            decoded, _, inner = unfold(
                model, run[start - 1], decoded, run[end : end + 1] or " ", MAX_LAYERS - 1
            )
        gain = model.gain(run, start, end, decoded)
        if gain > 0 and is_allowed(decoded) and not _is_table(decoded):
            return Reading(start, end, decoded, self.name, gain, inner)
        return None


def _is_table(text: str) -> bool:
    """Whether a text is characters of two bytes in the order of their code points, which characters in the order of their codes
    come to: `廓槨藿郭` stand side by side in lists of Korean, and are no `ΩΪΫά`."""
    codes = [*map(ord, text)]
    return len(codes) >= MIN_TABLE_CHARACTERS and codes == [
        *range(codes[0], min(codes[0] + len(codes), 0x800))
    ]


class _Encoded:
    """The bytes of a run in a codec, and the offset in them of each character."""

    def __init__(self, units: list[bytes]) -> None:
        self.raw = b"".join(units)
        self.offsets = [0, *accumulate(map(len, units))]

    @cached_property
    def borders(self) -> dict[int, int]:
        """Offset → the character that begins there."""
        return {offset: at for at, offset in enumerate(self.offsets)}

    def stretch(self, start: int, last: int = -1) -> tuple[int, str]:
        """(end, text) of the UTF-8 that begins with a character, ends with a character and a sequence, and goes no
        further than the character `last`; (start, "") where there is none."""
        last = last if last > 0 else len(self.offsets) - 2
        first, stop = self.offsets[start], self.offsets[min(last, start + MAX_STRETCH_CHARACTERS)]
        match = _TEXT.match(self.raw, first, stop)
        if not match:
            return start, ""
        end = match.end()
        while end not in self.borders:  # leave out the last sequence
            end -= 1
            while 0x80 <= self.raw[end] < 0xC0:
                end -= 1
        return self.borders[end], self.raw[first:end].decode("utf-8", "replace")


class _Codec(dict[str, tuple[bytes, bool]]):
    """Character → its bytes, and whether these can start a sequence.

    A character that is ASCII in the codec, or that the codec does not have, is 0x00: no sequence goes over it.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __missing__(self, char: str) -> tuple[bytes, bool]:
        raw = bytes_of(char, self.name)
        starts = 0xC2 <= raw[0] <= 0xF4 and (len(raw) < 2 or 0x80 <= raw[1] <= 0xBF)
        unit = (raw if raw[0] >= 0x80 else b"\x00"), starts
        if len(self) < MAX_REMEMBERED_CHARACTERS:
            self[char] = unit
        return unit


_codec = cache(_Codec)


def bytes_of(char: str, name: str) -> bytes:
    """A character in the codec; 0x00 where the codec does not have it."""
    for codec in ("gbk", "gb18030") if name == "gb18030" else (MULTI_BYTE[name],):
        raw = char.encode(codec, "replace")
        if raw != b"?" or char == "?":
            return raw
    return b"\x00"


#: One hypothesis for each codec of `charsets.MULTI_BYTE`.
MULTI_BYTE_HYPOTHESES = tuple(MultiByte(name) for name in MULTI_BYTE)
