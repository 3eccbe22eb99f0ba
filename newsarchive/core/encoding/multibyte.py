"""UTF-8 read with a multi-byte codec: `鈥檚` is `’s`, read as GBK.

Two or three bytes make one wrong character. So the borders of wrong characters and of UTF-8 sequences fall together
only now and then, and an ASCII byte may be the second half of a character.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate

from newsarchive.core.encoding.charsets import MULTI_BYTE
from newsarchive.core.encoding.mojibake import MAX_LAYERS, UTF8, Reading, RunReadings, unfold
from newsarchive.core.encoding.pair_model import MAX_REMEMBERED_CHARACTERS, PairModel
from newsarchive.core.text.scripts import is_allowed

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
