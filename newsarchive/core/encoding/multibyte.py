"""UTF-8 read with a multi-byte codec: `鈥檚` is `’s`, read as GBK.

Two or three bytes make one wrong character, so the borders of wrong characters and of UTF-8
sequences fall together only now and then, and an ASCII byte may be the second half of a character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate

from newsarchive.core.encoding.charsets import MULTI_BYTE
from newsarchive.core.encoding.mojibake import UTF8, Found, Reading
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.text.scripts import is_allowed

#: UTF-8, ASCII included: what a whole run comes to.
_TEXT = re.compile(rb"(?:[\x20-\x7e]|" + UTF8.pattern + rb")+")
#: How many characters a run may have before it is only looked at in windows of so many.
LONGEST = 400
#: In a stretch of up to so many characters, a part of it may be all that is damaged.
SHORT = 6


@dataclass(frozen=True)
class MultiByte:
    """The hypothesis that UTF-8 was read with a codec of `charsets.MULTI_BYTE`."""

    name: str

    def readings(self, runs: Iterable[str], model: PairModel) -> Found:
        """Run → its readings: the longest stretches that are UTF-8, from typical first characters on."""
        return {run: found for run in runs if (found := list(self._of(run, model)))}

    def is_in(self, texts: Iterable[str], model: PairModel) -> bool:
        """Whether some text, context at either end, gains by being read so."""
        return any(reading for text in texts for reading in self._of(text, model))

    def _of(self, run: str, model: PairModel) -> Iterator[Reading]:
        codec = _codec(self.name)
        units = [codec[char] for char in run]
        starts = [at for at, (_, is_start) in enumerate(units[:-1]) if is_start and at]
        if not starts:
            return
        encoded = _Encoded([raw for raw, _ in units])
        done = 0
        for at in starts:
            if at < done or not (reading := self._best(model, run, encoded, at)):
                continue
            later = [start for start in starts if at < start < reading.end <= at + SHORT]
            others = (self._best(model, run, encoded, start) for start in later)
            if not any(other and other.gain > reading.gain for other in others):
                yield reading
                done = reading.end

    def _best(self, model: PairModel, run: str, encoded: _Encoded, at: int) -> Reading | None:
        """The reading from one character on that gains most."""
        end, decoded = encoded.stretch(at)
        reading = self._weigh(model, run, at, end, decoded) if end > at else None
        if at < end <= at + SHORT:
            shorter = self._shorter(model, run, encoded, at, end)
            reading = max((reading, *shorter) if reading else shorter, key=_gain, default=None)
        return reading

    def _shorter(self, model: PairModel, run: str, encoded: _Encoded, at: int, end: int) -> Iterator[Reading]:
        """The readings of less than a stretch: what follows may be right, and UTF-8 by accident."""
        for last in range(at + 1, end):
            stop, decoded = encoded.stretch(at, last)
            if stop == last and (reading := self._weigh(model, run, at, stop, decoded)):
                yield reading

    def _weigh(self, model: PairModel, run: str, start: int, end: int, decoded: str) -> Reading | None:
        if not is_allowed(decoded):
            return None
        before, after = run[start - 1], run[end : end + 1] or " "
        gain = model.of(before + run[start:end] + after) - model.of(before + decoded + after)
        return Reading(start, end, decoded, self.name, gain) if gain > 0 else None


class _Encoded:
    """A run, context at either end, in a codec: its bytes, and where those of each character begin."""

    def __init__(self, units: list[bytes]) -> None:
        self.raw = b"".join(units)
        self.offsets = [0, *accumulate(map(len, units))]

    @cached_property
    def borders(self) -> dict[int, int]:
        """Offset → the character that begins there."""
        return {offset: at for at, offset in enumerate(self.offsets)}

    def stretch(self, start: int, last: int = -1) -> tuple[int, str]:
        """How far UTF-8 goes from one character on, to the end of a character and of a sequence, before the
        last one; what it is."""
        last = last if last > 0 else len(self.offsets) - 2
        first, stop = self.offsets[start], self.offsets[min(last, start + LONGEST)]
        match = _TEXT.match(self.raw, first, stop)
        if not match:
            return start, ""
        end = match.end()
        while end not in self.borders:
            end = _shorter(self.raw, end)
        return self.borders[end], self.raw[first:end].decode("utf-8", "replace")


def _gain(reading: Reading) -> float:
    return reading.gain


def _shorter(raw: bytes, end: int) -> int:
    """The end without the last UTF-8 sequence."""
    end -= 1
    while 0x80 <= raw[end] < 0xC0:
        end -= 1
    return end


class _Codec(dict[str, tuple[bytes, bool]]):
    """Character → its bytes, and whether it can start a sequence, going by these alone.

    A character that is ASCII in the codec, or not in it, is 0x00: no sequence goes over it.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __missing__(self, char: str) -> tuple[bytes, bool]:
        raw = bytes_of(char, self.name)
        starts = 0xC2 <= raw[0] <= 0xF4 and (len(raw) < 2 or 0x80 <= raw[1] <= 0xBF)
        self[char] = unit = (raw if raw[0] >= 0x80 else b"\x00"), starts
        return unit


@cache
def _codec(name: str) -> _Codec:
    return _Codec(name)


def bytes_of(char: str, name: str) -> bytes:
    """A character in the codec; 0x00 where the codec does not have it."""
    for codec in ("gbk", "gb18030") if name == "gb18030" else (MULTI_BYTE[name],):
        raw = char.encode(codec, "replace")
        if raw != b"?" or char == "?":
            return raw
    return b"\x00"


def multi_bytes() -> tuple[MultiByte, ...]:
    return tuple(MultiByte(name) for name in MULTI_BYTE)
