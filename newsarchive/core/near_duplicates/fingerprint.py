"""A body text → content hash and MinHash signature, by which copies are found.

The content hash is the same for "It rained." and "it RAINED": case, punctuation, width and white space do not count.
The signature estimates the Jaccard overlap of two texts' shingles (Broder, "On the resemblance and containment of
documents", 1997), and ends with the keys by which the index of copies finds a text. Both leave the headline out,
because blogs rewrite it.

The shingles of a thousand words are hashed in a twentieth of a millisecond, by arrays. The hash of a shingle is a
polynomial over its characters modulo 2^64 (Karp, Rabin, "Efficient randomized pattern-matching algorithms", 1987), so
that all of them come from one running sum. Each character is first spread over 64 bits and each sum mixed at its end
(Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014), because a bare polynomial of this modulus
has known collisions.
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
from newsarchive.core.text.scripts import HAN_AND_KANA_BLOCKS, SOUTHEAST_ASIAN_BLOCKS, count_of
from newsarchive.items import Article
from newsarchive.rules import Rules

#: Words of a shingle. Three keep two stories on one topic apart, and eight words in a hundred may change.
SHINGLE_WORDS = 3
#: Words of a text; two characters of a script without spaces count as one. A shorter text is no evidence of copying
#: ("404 Not Found", a caption, one line), and gets a hash and no signature.
MIN_TEXT_WORDS = 30

#: Blocks of scripts without spaces, and the characters of a shingle in them: about three words. Archives hold the
#: fingerprints that follow from this, so that the blocks of rare characters are left out.
_SHINGLE_CHARACTERS = ((SOUTHEAST_ASIAN_BLOCKS, 12), (HAN_AND_KANA_BLOCKS, 6))
#: Characters at the start of a text by which its script is told.
_SCRIPT_SAMPLE_CHARACTERS = 1000
#: Code points of the first plane of Unicode.
_CODES_OF_FIRST_PLANE = 1 << 16
#: The base of the polynomial.
_BASE = 0x9E3779B97F4A7C15 | 1
#: The number that gives 1 with the base, modulo 2^64.
_BASE_INVERSE = pow(_BASE, -1, 2**64)
#: The factors of the mixing function.
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
#: Powers of the base that are kept between texts, one for each character. A longer text computes its own.
_MAX_KEPT_POWERS = 1 << 16


def shingles(folded: str) -> Any:
    """The hashes of a normalised text's shingles in their order, as an array of unsigned 64-bit integers.

    A shingle has three words, or in a script without spaces as many characters as make about three words. The array is
    empty where the text is too short to be evidence.
    """
    return runs([folded], SHINGLE_WORDS)[0][0]


def runs(folded: Sequence[str], *sizes: int) -> list[tuple[Any, ...]]:
    """For each normalised text and each of the `sizes`, the hashes of all runs of that number of words.

    They are arrays of unsigned 64-bit integers, empty where the text is too short to be evidence. Texts with spaces between words
    are hashed together. Texts without are hashed one by one, and give their shingles for every size.
    """
    wide = {i: three for i, text in enumerate(folded) if (three := _shingle_characters(text))}
    spaced = iter(_runs_of_words([text for i, text in enumerate(folded) if i not in wide], sizes))
    return [
        (_runs_of_characters(text, wide[i]),) * len(sizes) if i in wide else next(spaced)
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
        short = last - first < MIN_TEXT_WORDS
        yield tuple(
            none if short else hashes[first : max(first, last - size + 1)]
            for size, hashes in zip(sizes, every, strict=True)
        )


def _runs_of_characters(folded: str, size: int) -> Any:
    import numpy as np

    codes = codes_of(folded.replace(" ", ""))
    sums, starts = _Sums(codes), np.arange(len(codes) + 1)
    if len(codes) < 2 * MIN_TEXT_WORDS:
        return sums.hashes(starts[:0], starts[:0])
    return sums.hashes(starts[: max(0, len(codes) - size + 1)], starts[size:])


def _words(lines: str) -> tuple[_Sums, Any, Any, Any]:
    """For lines that all end in a line feed: their running sums, where each word begins, where it ends, and the number
    of each line's last word."""
    import numpy as np

    codes = codes_of(lines)
    ends = np.flatnonzero(codes <= SPACE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    return _Sums(codes), starts, ends, np.flatnonzero(codes[ends] == LINE_FEED)


def word_hashes(lines: Sequence[str]) -> tuple[Any, Any]:
    """The hash of each word of normalised texts, and the number of the text in which it stands."""
    import numpy as np

    sums, starts, ends, feeds = _words("\n".join(lines) + "\n")
    return sums.hashes(starts, ends), np.searchsorted(feeds, np.arange(len(ends)))


def has_spaces(folded: str) -> bool:
    """Whether a normalised text is in a script that parts words by spaces."""
    return not _shingle_characters(folded)


def _shingle_characters(folded: str) -> int:
    """The characters of a shingle of this text; 0 for a text with spaces between words."""
    sample = folded[:_SCRIPT_SAMPLE_CHARACTERS]
    if sample.isascii():
        return 0
    counts = {size: count_of(sample, blocks) for blocks, size in _SHINGLE_CHARACTERS}
    size = max(counts, key=counts.__getitem__)
    return size if counts[size] * 3 > len(sample) else 0


class _Sums:
    """The running sums of a text's polynomial, from which the hash of any part of it follows."""

    def __init__(self, codes: Any) -> None:
        import numpy as np

        count = len(codes)
        powers, self._inverse = _kept_powers() if count <= _MAX_KEPT_POWERS else _powers(count)
        if codes.dtype == np.uint8 or codes.max() < _CODES_OF_FIRST_PLANE:
            spread = np.take(_first_plane(), codes)  # twice as fast as `[codes]`
        else:
            spread = mixed(codes.astype(np.uint64) + np.uint64(1))
        self._sums = np.zeros(count + 1, dtype=np.uint64)
        np.cumsum(spread * powers[:count], out=self._sums[1:])

    def hashes(self, starts: Any, ends: Any) -> Any:
        """The hashes of `codes[start:end]` for each pair."""
        found = self._sums[ends]
        found -= self._sums[starts]
        found *= self._inverse[starts]
        return mixed(found)


def mixed(values: Any) -> Any:
    """Unsigned 64-bit integers, each spread over all its bits; different integers stay different."""
    import numpy as np

    for factor in _MIX:
        shifted = values >> np.uint64(30)
        shifted ^= values
        shifted *= np.uint64(factor)
        values = shifted
    shifted = values >> np.uint64(31)
    shifted ^= values
    return shifted


@lru_cache(maxsize=1)
def _first_plane() -> Any:
    """The characters of the first plane, each spread over 64 bits."""
    import numpy as np

    return mixed(np.arange(1, _CODES_OF_FIRST_PLANE + 1, dtype=np.uint64))


@lru_cache(maxsize=1)
def _kept_powers() -> tuple[Any, Any]:
    return _powers(_MAX_KEPT_POWERS)


def _powers(count: int) -> tuple[Any, Any]:
    """The powers of the base and of its inverse, from the power 0 on."""
    import numpy as np

    def row(base: int) -> Any:
        factors = np.full(count, base, dtype=np.uint64)
        factors[0] = 1
        return np.cumprod(factors)

    return row(_BASE), row(_BASE_INVERSE)


#: The name of the signature, which archives store. Signatures of different schemes must not be compared.
SCHEME = (
    "rensa R-MinHash v2, seed 1997, of polynomial hashes, 120 values; the lowest hashes of runs of 4 words,"
    " of shingles without spaces, 14 of all and 4 of the first 60"
)

#: Values of a signature by which two texts are compared; the values behind them are the keys of the index.
PERMUTATIONS = 120
#: The seed of the hash functions. With another one no signature of an existing archive could be compared.
_SEED = 1997
#: Words of a run whose hash may be a key. Of a copy in which 30 words in a hundred changed, a quarter of the runs of four
#: words stay and 6 in a hundred of those of eight, so that keys of eight find half of such copies, keys of four nearly all.
#: Shorter runs are phrases that any text has. In a script without spaces a run is a shingle, because there the longer
#: ones found a tenth less.
_KEY_RUN_WORDS = 4
#: Keys from all runs of a text: those with the lowest hashes. With 12 of them one copy in thirty with 30 words in a hundred
#: changed shares no key, with 14 one in seventy; each makes the index larger.
_MAX_KEYS_OF_TEXT = 14
#: Keys from the first runs of a text. A teaser has the opening of its article, while its share of the whole article may
#: be too small for the other keys.
_MAX_KEYS_OF_OPENING = 4
#: Runs of a text that are its opening.
_OPENING_RUNS = 60
#: Where there are more than this number of values for each lowest value that is sought, most are left out before the rest is sorted.
_MAX_SORTED_VALUES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What a body text is compared by; `shingles` is an array of the hashes of its shingles in their order."""

    content_hash: str
    minhash: tuple[int, ...]
    shingles: Any


def fingerprint(body: str) -> Fingerprint:
    """The fingerprint of a body text."""
    return fingerprints([body])[0]


def fingerprints(bodies: Sequence[str]) -> list[Fingerprint]:
    """The fingerprints of body texts, in half of the time that short texts take one by one."""
    made: list[Fingerprint] = []
    for group in in_groups(bodies):
        folded = normalised_bodies(group)
        hashed = runs(folded, SHINGLE_WORDS, _KEY_RUN_WORDS)
        signatures = iter(_signatures([parts for parts, _ in hashed if len(parts)]))
        for text, (parts, long) in zip(folded, hashed, strict=True):
            minhash = (*next(signatures), *_keys(long)) if len(parts) else ()
            made.append(Fingerprint(content_hash(text), minhash, parts))
    return made


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
    """The values of the signatures of several texts, from their shingles."""
    import numpy as np
    from rensa import RMinHash  # type: ignore[import-untyped]

    if not texts:
        return []
    ends = tuple(accumulate(map(len, texts), initial=0))
    flat = np.concatenate(texts)
    return RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, PERMUTATIONS, _SEED).to_rows()


def _keys(hashes: Any) -> list[int]:
    """The keys of a text from the hashes of its runs: bottom-k sketches (Cohen, Kaplan, "Summarizing data using
    bottom-k sketches", 2007). The low half of a hash is the key, because the high half of all of them is near 0."""
    lowest = {*_lowest(hashes, _MAX_KEYS_OF_TEXT), *_lowest(hashes[:_OPENING_RUNS], _MAX_KEYS_OF_OPENING)}
    return sorted({value & 0xFFFFFFFF for value in lowest})


def _lowest(hashes: Any, count: int) -> list[int]:
    """The `count` lowest different values."""
    import numpy as np

    few = hashes
    if len(hashes) > _MAX_SORTED_VALUES * count:
        # Hashes are spread evenly, so that about `_MAX_SORTED_VALUES / 2 * count` lie below this bound.
        few = hashes[hashes < np.uint64(_MAX_SORTED_VALUES // 2 * count * 2**64 // len(hashes))]
        few = few if len(few) >= 2 * count else hashes
    if len(few) > 2 * count:
        few = np.partition(few, 2 * count)[: 2 * count]  # in half of the time of a sort
    return sorted(set(few.tolist()))[:count]


def fingerprint_step(article: Article, rules: Rules) -> Article:
    """The article with `content_hash` and `minhash` of its body."""
    found = fingerprint(article.article_body)
    return replace(article, content_hash=found.content_hash, minhash=found.minhash)
