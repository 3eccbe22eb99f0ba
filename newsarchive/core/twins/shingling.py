"""A text folded, and the hashes of its shingles, by arrays: a thousand words in a tenth of a millisecond.

A shingle is a polynomial over its characters modulo 2^64 (Karp, Rabin, "Efficient randomized
pattern-matching algorithms", 1987), so that all of them come from one running sum; each character is
first spread over 64 bits and each sum mixed at its end (Steele, Lea, Flood, "Fast splittable
pseudorandom number generators", 2014), for a bare polynomial of this modulus has known collisions.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

#: Words of a shingle; three keep two stories on one topic apart and let eight words in a hundred change.
WORDS = 3
#: Shorter texts (in words; two characters of an unspaced script count as one) are no evidence of
#: copying: "404 Not Found", a caption, one line. They get a hash and no signature.
SHORTEST = 30

_APOSTROPHES = "'’‘ʼ`´"
#: What makes most English texts other than ASCII; taken out first, for speed alone.
_TYPOGRAPHIC = "’‘“”–—…\u00a0•"
# Blocks of scripts written without spaces, with how many characters make about three words.
_UNSPACED = (
    (0x0E00, 0x0EFF, 12),  # Thai, Lao
    (0x1000, 0x109F, 12),  # Burmese
    (0x1780, 0x17FF, 12),  # Khmer
    (0x3040, 0x30FF, 6),  # kana
    (0x3400, 0x9FFF, 6),  # Han
    (0xF900, 0xFAFF, 6),
)
#: Characters by which the script is judged: a text does not change it later.
_SAMPLE = 1000
#: Shorter texts are folded faster by `str.translate`.
_FEW, _FEW_LINES = 300, 8
_LINE_FEED, _SPACE, _VANISHES, _UNKNOWN, _SEVERAL = 10, 32, 0, 0xFFFFFFFE, 0xFFFFFFFF
_BLOCK, _PLANE = 256, 1 << 16
_BASE = 0x9E3779B97F4A7C15 | 1
_BASE_INVERSE = pow(_BASE, -1, 2**64)
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
#: Powers of the base kept between texts; a longer text makes its own.
_MOST_POWERS = 1 << 16


class _Fold(dict[int, str | None]):
    """For `str.translate`: letters, marks and digits stay, apostrophes vanish, all else is a space."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        category = unicodedata.category(char)
        self[code] = (
            char if category[0] in "LMN" else None if char in _APOSTROPHES or category == "Cf" else " "
        )
        return self[code]


_FOLD = _Fold()


def normalise(text: str) -> str:
    """NFKC, case folded, punctuation and white space folded to single spaces.

    >>> normalise("“It’s over,” said\\n\\nthe  MINISTER.")
    'its over said the minister'
    """
    text = _composed(text)
    if len(text) < _FEW:
        return " ".join(text.casefold().translate(_FOLD).split())
    return _text(_single_spaces(_folded(text)))


def normalised(lines: Sequence[str]) -> list[str]:
    """Several texts without line feeds, each normalised, in the time of one.

    >>> normalised(["It rained.", "…", "Nobody came!"])
    ['it rained', '', 'nobody came']
    """
    if len(lines) <= _FEW_LINES:
        return [normalise(line) for line in lines]
    folded = _text(_single_spaces(_folded(_composed("\n".join(lines)), line_feeds=True)))
    return [line.strip() for line in folded.split("\n")]


def _composed(text: str) -> str:
    for char in () if text.isascii() else _TYPOGRAPHIC:
        text = text.replace(char, _FOLD[ord(char)] or "")
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return text
    return unicodedata.normalize("NFKC", text)


def _folded(text: str, *, line_feeds: bool = False) -> Any:
    """The folded characters of a text as an array: 32 for what parts words, 10 for line feeds that stay."""
    import numpy as np

    if text.isascii():
        table, vanishing = _ascii(line_feeds)
        return np.frombuffer(text.encode("ascii").translate(table, vanishing), dtype=np.uint8)
    codes, table = _codes(text), _table()
    out = table[codes]
    if out.max() >= _UNKNOWN:
        for block in set((codes[out == _UNKNOWN] // _BLOCK).tolist()):
            _learn(block)
        out = table[codes]
    if (out == _SEVERAL).any():  # "ß" is "ss": the array must grow
        return _folded(text.casefold(), line_feeds=line_feeds)
    if line_feeds:
        out[codes == _LINE_FEED] = _LINE_FEED
    return out[out != _VANISHES]


def _single_spaces(codes: Any) -> Any:
    import numpy as np

    if not len(codes):
        return codes
    space = codes == _SPACE
    double = np.empty_like(space)
    double[0] = space[0]
    np.logical_and(space[1:], space[:-1], out=double[1:])
    codes = codes[~double]
    return codes[:-1] if len(codes) and codes[-1] == _SPACE else codes


def _codes(text: str) -> Any:
    """The characters of a text as numbers, of eight bits where they are all ASCII."""
    import numpy as np

    if text.isascii():
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _text(codes: Any) -> str:
    if codes.dtype.itemsize == 1:
        return str(codes.tobytes(), "ascii")
    return str(codes.astype("<u4").tobytes(), "utf-32-le", "surrogatepass")


@lru_cache(maxsize=2)
def _ascii(line_feeds: bool) -> tuple[bytes, bytes]:
    """For `bytes.translate`: the folded form of each character, and which vanish."""
    folded = [_FOLD[ord(chr(code).lower())] for code in range(128)]
    folded[_LINE_FEED] = "\n" if line_feeds else " "
    vanishing = bytes(code for code, char in enumerate(folded) if char is None)
    return bytes(ord(char or " ") for char in folded) + bytes(128), vanishing


@lru_cache(maxsize=1)
def _table() -> Any:
    """The folded form of every character, filled in by blocks of 256 as texts have them."""
    import numpy as np

    return np.full(0x110000, _UNKNOWN, dtype=np.uint32)


def _learn(block: int) -> None:
    table = _table()
    for code in range(block * _BLOCK, (block + 1) * _BLOCK):
        folded = chr(code).casefold()
        single = _FOLD[ord(folded)] if len(folded) == 1 else ""
        table[code] = _VANISHES if single is None else ord(single) if single else _SEVERAL


# -- shingles --------------------------------------------------------------------------------------


def shingles(folded: str) -> Any:
    """The hashes of a normalised text's shingles in their order, as an array of unsigned 64-bit
    integers; empty where it is too short to be evidence.

    Three words each; in a script without spaces, as many characters as make about three words.
    """
    return Runs(folded).of(WORDS)


class Runs:
    """The runs of words of a normalised text: `of(3)` are the hashes of all that have three."""

    def __init__(self, folded: str) -> None:
        import numpy as np

        self._three = _characters(folded)
        if self._three:
            codes = _codes(folded.replace(" ", ""))
            self._starts = np.arange(len(codes))
            self._ends = self._starts + 1
            self.is_short = len(codes) < 2 * SHORTEST
        else:
            codes = _codes(folded)
            gaps = np.flatnonzero(codes == _SPACE)
            self._starts = np.concatenate(([0], gaps + 1))
            self._ends = np.concatenate((gaps, [len(codes)]))
            self.is_short = len(gaps) + 1 < SHORTEST
        self._sums = _Sums(codes)

    def of(self, words: int) -> Any:
        """An array of unsigned 64-bit integers; empty where the text is too short to be evidence."""
        import numpy as np

        size = self._three * words // WORDS if self._three else words
        if self.is_short or size > len(self._starts):
            return np.zeros(0, dtype=np.uint64)
        return self._sums.hashes(self._starts[: len(self._starts) - size + 1], self._ends[size - 1 :])


def word_hashes(lines: Sequence[str]) -> tuple[Any, Any]:
    """The hash of each word of normalised texts, and the number of the text that it stands in."""
    import numpy as np

    codes = _codes("\n".join(lines) + "\n")
    feeds = codes == _LINE_FEED
    ends = np.flatnonzero(feeds | (codes == _SPACE))
    starts = np.concatenate(([0], ends[:-1] + 1))
    return _Sums(codes).hashes(starts, ends), np.concatenate(([0], np.cumsum(feeds[ends[:-1]])))


def _characters(folded: str) -> int:
    """How many characters make a shingle; 0 for a text that is written with spaces."""
    sample = folded[:_SAMPLE]
    if sample.isascii():
        return 0
    counts: dict[int, int] = {}
    codes = _codes(sample)
    for low, high, size in _UNSPACED:
        counts[size] = counts.get(size, 0) + int(((codes >= low) & (codes <= high)).sum())
    size, count = max(counts.items(), key=lambda c: c[1])
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
        return _plane()[codes]
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
