"""A body text → content hash and MinHash signature, by which copies are found.

The content hash tells the same text from another in spite of case, punctuation, width and white
space. The signature estimates the Jaccard overlap of two texts' shingles (Broder, "On the
resemblance and containment of documents", 1997), and ends with the keys by which the index of copies
finds a text. Both leave the headline out: blogs rewrite it.

The hashes of a text's shingles, by arrays: of a thousand words in a twentieth of a millisecond.

A shingle is a polynomial over its characters modulo 2^64 (Karp, Rabin, "Efficient randomized
pattern-matching algorithms", 1987), so that all of them come from one running sum; each character is
first spread over 64 bits and each sum mixed at its end (Steele, Lea, Flood, "Fast splittable
pseudorandom number generators", 2014), for a bare polynomial of this modulus has known collisions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import eq
from typing import Any

from newsarchive.core.text.normalise import LINE_FEED, SPACE, codes_of, in_groups, normalised_bodies
from newsarchive.core.text.scripts import HAN_AND_KANA_BLOCKS, SOUTHEAST_ASIAN_BLOCKS
from newsarchive.items import Article
from newsarchive.rules import Rules

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


#: Names the signature. Signatures of different schemes must not be compared: rebuild them.
SCHEME = (
    "rensa R-MinHash v2, seed 1997, of polynomial hashes, 120 values; the lowest hashes of runs of 8 words,"
    " 12 of all and 4 of the first 60"
)

#: Values by which two texts are compared; what follows them are the keys of the index.
PERMUTATIONS = 120
_SEED = 1997
#: The words of a run whose hash is a key: two stories on one event share phrases of three words, and
#: hardly ever one of eight, while of a copy in which eight words in a hundred changed half of them stay.
_RUN = 8
#: The lowest hashes of all runs, and of the first: a teaser has the opening of its article, while its
#: share of the whole may be too small for the others.
_LOWEST, _OPENING, _OPENING_RUNS = 12, 4, 60
#: Of more values than so many for each that is sought, most are left out before they are sorted.
_MANY = 8


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What a body text is compared by: `shingles` are the hashes of its runs of three words, in order."""

    content_hash: str
    minhash: tuple[int, ...]
    shingles: Any


def fingerprint(body: str) -> Fingerprint:
    """The fingerprint of a body text."""
    return fingerprints([body])[0]


def fingerprints(bodies: Sequence[str]) -> list[Fingerprint]:
    """The fingerprints of body texts: of short ones many take half of the time that each alone does."""
    return [found for group in in_groups(bodies) for found in _together(group)]


def _together(bodies: Sequence[str]) -> Iterator[Fingerprint]:
    folded = normalised_bodies(bodies)
    hashed = runs(folded, WORDS, _RUN)
    signatures = iter(_signatures([parts for parts, _ in hashed if len(parts)]))
    for text, (parts, long) in zip(folded, hashed, strict=True):
        minhash = (*next(signatures), *_keys(long)) if len(parts) else ()
        yield Fingerprint(content_hash(text), minhash, parts)


def content_hash(folded: str) -> str:
    """SHA-256 of a normalised text in hex, "" for a text without letters or digits."""
    return hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest() if folded else ""


def likeness(a: Sequence[int], b: Sequence[int]) -> float:
    """The share of equal values in two signatures, 0 to 1: an estimate of the overlap of two texts."""
    return float(sum(map(eq, a[:PERMUTATIONS], b[:PERMUTATIONS]))) / PERMUTATIONS


def keys(signature: Sequence[int]) -> Sequence[int]:
    """The keys of a signature in the index, unsigned 32-bit integers: texts that share one may be copies."""
    return signature[PERMUTATIONS:]


def _signatures(texts: Sequence[Any]) -> Any:
    """The values of each of several texts' shingles."""
    import numpy as np
    from rensa import RMinHash  # type: ignore[import-untyped]

    if not texts:
        return []
    ends = tuple(accumulate(map(len, texts), initial=0))
    flat = np.concatenate(texts)
    return RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, PERMUTATIONS, _SEED).to_rows()


def _keys(hashes: Any) -> list[int]:
    """Of the hashes of all runs. Bottom-k sketches (Cohen, Kaplan, "Summarizing data using bottom-k
    sketches", 2007). The low half of a hash is its key: the high half is near nought in all of them."""
    lowest = {*_least(hashes, _LOWEST), *_least(hashes[:_OPENING_RUNS], _OPENING)}
    return sorted({value & 0xFFFFFFFF for value in lowest})


def _least(hashes: Any, count: int) -> list[int]:
    """The lowest different values."""
    import numpy as np

    few = hashes
    if len(hashes) > _MANY * count:  # hashes are spread evenly: those below a bound are about `_MANY / 2`
        few = hashes[hashes < np.uint64(_MANY // 2 * count * 2**64 // len(hashes))]
        few = few if len(few) >= 2 * count else hashes
    return sorted(set(np.sort(few)[: 2 * count].tolist()))[:count]


def fingerprint_step(article: Article, rules: Rules) -> Article:
    """The article with `content_hash` and `minhash` of its body."""
    found = fingerprint(article.article_body)
    return replace(article, content_hash=found.content_hash, minhash=found.minhash)
