"""Which single-byte codecs can have made two characters side by side out of UTF-8: see `plausible`."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import pairwise

from newsarchive.core.charsets import Charset, charsets

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
