"""UTF-8 read with a multi-byte codec: `鈥檚` is `’s`, read as GBK.

Two or three bytes make one wrong character, so the borders of wrong characters and of UTF-8
sequences fall together only now and then, and an ASCII byte may be the second half of a character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.charsets import MULTI_BYTE
from newsarchive.core.repairs.characters import is_allowed
from newsarchive.core.repairs.mojibake import UTF8, Found, Reading
from newsarchive.core.repairs.pairs import PairModel

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

    def _of(self, run: str, model: PairModel) -> Iterator[Reading]:
        units = [bytes_of(c, self.name) for c in run]
        done = 0
        for at in [i for i in range(1, len(run) - 1) if _starts(units[i])]:
            end, decoded = _stretch(units, at) if at >= done else (at, "")
            reading = self._weigh(model, run, at, end, decoded) if end > at else None
            if reading and end - at <= SHORT:
                reading = max((reading, *self._shorter(model, run, units, at, end)), key=_gain)
            if reading:
                yield reading
                done = reading.end

    def _shorter(
        self, model: PairModel, run: str, units: list[bytes], at: int, end: int
    ) -> Iterator[Reading]:
        """The readings of less than a stretch: what follows may be right, and UTF-8 by accident."""
        for last in range(at + 1, end):
            stop, decoded = _stretch(units[: last + 1], at)
            if stop == last and (reading := self._weigh(model, run, at, stop, decoded)):
                yield reading

    def _weigh(self, model: PairModel, run: str, start: int, end: int, decoded: str) -> Reading | None:
        if not is_allowed(decoded):
            return None
        before, after = run[start - 1], run[end : end + 1] or " "
        gain = model.of(before + run[start:end] + after) - model.of(before + decoded + after)
        return Reading(start, end, decoded, self.name, gain) if gain > 0 else None


@lru_cache(maxsize=1 << 16)
def _starts(unit: bytes) -> bool:
    """Whether a character can start a sequence, going by its own bytes."""
    return 0xC2 <= unit[0] <= 0xF4 and (len(unit) < 2 or 0x80 <= unit[1] <= 0xBF)


def _gain(reading: Reading) -> float:
    return reading.gain


def _stretch(units: list[bytes], start: int) -> tuple[int, str]:
    """How far UTF-8 goes from one character on, to the end of a character and of a sequence."""
    raw, borders = bytearray(), {}
    for at in range(start, min(len(units) - 1, start + LONGEST)):
        if units[at][0] < 0x80:
            break
        raw += units[at]
        borders[len(raw)] = at + 1
    match = _TEXT.match(raw)
    length = match.end() if match else 0
    while length and length not in borders:
        length = _shorter(raw, length)
    return borders.get(length, start), raw[:length].decode("utf-8", "replace")


def _shorter(raw: bytearray, length: int) -> int:
    """The length without the last UTF-8 sequence."""
    length -= 1
    while length and 0x80 <= raw[length] < 0xC0:
        length -= 1
    return length


@lru_cache(maxsize=1 << 15)
def bytes_of(char: str, name: str) -> bytes:
    """A character in the codec; 0x00 where the codec does not have it."""
    for codec in ("gbk", "gb18030") if name == "gb18030" else (MULTI_BYTE[name],):
        try:
            return char.encode(codec)
        except UnicodeEncodeError:
            continue
    return b"\x00"


def multi_bytes() -> tuple[MultiByte, ...]:
    return tuple(MultiByte(name) for name in MULTI_BYTE)
