"""The hashes of a text's shingles, by arrays: of a thousand words in a twentieth of a millisecond.

A shingle is a polynomial over its characters modulo 2^64 (Karp, Rabin, "Efficient randomized
pattern-matching algorithms", 1987), so that all of them come from one running sum; each character is
first spread over 64 bits and each sum mixed at its end (Steele, Lea, Flood, "Fast splittable
pseudorandom number generators", 2014), for a bare polynomial of this modulus has known collisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from newsarchive.core.text.normalise import LINE_FEED, SPACE, codes_of
from newsarchive.core.text.scripts import HAN_AND_KANA_BLOCKS, SOUTHEAST_ASIAN_BLOCKS

#: Words of a shingle; three keep two stories on one topic apart and let eight words in a hundred change.
WORDS = 3
#: Shorter texts (in words; two characters of an unspaced script count as one) are no evidence of
#: copying: "404 Not Found", a caption, one line. They get a hash and no signature.
SHORTEST = 30

#: How many characters make about three words where no spaces part them. Archives hold the fingerprints that follow
#: from this, so that the blocks of rare characters are not asked.
_CHARACTERS = ((SOUTHEAST_ASIAN_BLOCKS, 12), (HAN_AND_KANA_BLOCKS, 6))
#: Characters by which the script is judged: a text does not change it later.
_SAMPLE = 1000
_PLANE = 1 << 16
_BASE = 0x9E3779B97F4A7C15 | 1
_BASE_INVERSE = pow(_BASE, -1, 2**64)
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
#: Powers of the base kept between texts; a longer text makes its own.
_MOST_POWERS = 1 << 16


def shingles(folded: str) -> Any:
    """The hashes of a normalised text's shingles in their order, as an array of unsigned 64-bit
    integers; empty where it is too short to be evidence.

    Three words each; in a script without spaces, as many characters as make about three words.
    """
    return runs([folded], WORDS)[0][0]


def runs(folded: Sequence[str], *sizes: int) -> list[tuple[Any, ...]]:
    """For each of several normalised texts the hashes of all its runs of so many words, size by size: arrays
    of unsigned 64-bit integers, empty where the text is too short to be evidence. Texts written with
    spaces are done in one go, a script without them text by text."""
    wide = {i: three for i, text in enumerate(folded) if (three := _characters(text))}
    spaced = iter(_runs_of_words([text for i, text in enumerate(folded) if i not in wide], sizes))
    return [
        _runs_of_characters(text, [wide[i] * size // WORDS for size in sizes]) if i in wide else next(spaced)
        for i, text in enumerate(folded)
    ]


def _runs_of_words(folded: Sequence[str], sizes: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    import numpy as np

    if not folded:
        return
    sums, starts, ends, feeds = _words("\n".join(folded) + "\n")
    every = [sums.hashes(starts[: max(0, len(starts) - size + 1)], ends[size - 1 :]) for size in sizes]
    none = np.zeros(0, dtype=np.uint64)
    for first, last in pairwise((0, *(feeds + 1).tolist())):
        short = last - first < SHORTEST
        yield tuple(
            none if short else hashes[first : max(first, last - size + 1)]
            for size, hashes in zip(sizes, every, strict=True)
        )


def _runs_of_characters(folded: str, sizes: Sequence[int]) -> tuple[Any, ...]:
    import numpy as np

    codes = codes_of(folded.replace(" ", ""))
    sums, starts = _Sums(codes), np.arange(len(codes) + 1)
    none = len(codes) < 2 * SHORTEST
    return tuple(
        sums.hashes(starts[:0], starts[:0])
        if none
        else sums.hashes(starts[: max(0, len(codes) - size + 1)], starts[size:])
        for size in sizes
    )


def _words(lines: str) -> tuple[_Sums, Any, Any, Any]:
    """Of lines that all end in a line feed: their running sums, where each word begins and ends, and the
    number of each line's last word."""
    import numpy as np

    codes = codes_of(lines)
    ends = np.flatnonzero(codes <= SPACE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    return _Sums(codes), starts, ends, np.flatnonzero(codes[ends] == LINE_FEED)


def word_hashes(lines: Sequence[str]) -> tuple[Any, Any]:
    """The hash of each word of normalised texts, and the number of the text that it stands in."""
    import numpy as np

    sums, starts, ends, feeds = _words("\n".join(lines) + "\n")
    return sums.hashes(starts, ends), np.searchsorted(feeds, np.arange(len(ends)))


def _characters(folded: str) -> int:
    """How many characters make a shingle; 0 for a text that is written with spaces."""
    sample = folded[:_SAMPLE]
    if sample.isascii():
        return 0
    codes = codes_of(sample)
    counts = (
        (size, sum(int(((codes >= first) & (codes <= last)).sum()) for first, last in blocks))
        for blocks, size in _CHARACTERS
    )
    size, count = max(counts, key=lambda c: c[1])
    return size if count * 3 > len(sample) else 0


class _Sums:
    """The running sums of a text's polynomial, from which the hash of any part of it follows."""

    def __init__(self, codes: Any) -> None:
        import numpy as np

        powers, self._inverse = _powers(len(codes))
        self._sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum(_spread(codes) * powers, out=self._sums[1:])

    def hashes(self, starts: Any, ends: Any) -> Any:
        """The hashes of `codes[start:end]` for each pair."""
        found = self._sums[ends]
        found -= self._sums[starts]
        found *= self._inverse[starts]
        return mixed(found)


def mixed(values: Any) -> Any:
    """Unsigned 64-bit integers, each spread over all its bits; no two become one."""
    import numpy as np

    for factor in _MIX:
        shifted = values >> np.uint64(30)
        shifted ^= values
        shifted *= np.uint64(factor)
        values = shifted
    shifted = values >> np.uint64(31)
    shifted ^= values
    return shifted


def _spread(codes: Any) -> Any:
    """Each character over 64 bits: looked up where all are of the first 65,536."""
    import numpy as np

    if codes.dtype == np.uint8 or codes.max() < _PLANE:
        import numpy as np

        return np.take(_plane(), codes)  # twice as fast as `[codes]`
    return mixed(codes.astype(np.uint64) + np.uint64(1))


@lru_cache(maxsize=1)
def _plane() -> Any:
    import numpy as np

    return mixed(np.arange(1, _PLANE + 1, dtype=np.uint64))


def _powers(count: int) -> tuple[Any, Any]:
    if count > _MOST_POWERS:
        return _made_powers(count)
    powers, inverse = _kept_powers()
    return powers[:count], inverse[:count]


@lru_cache(maxsize=1)
def _kept_powers() -> tuple[Any, Any]:
    return _made_powers(_MOST_POWERS)


def _made_powers(count: int) -> tuple[Any, Any]:
    """The powers of the base and of its inverse, from 0 on."""
    import numpy as np

    def row(base: int) -> Any:
        factors = np.full(count, base, dtype=np.uint64)
        factors[0] = 1
        return np.cumprod(factors)

    return row(_BASE), row(_BASE_INVERSE)
