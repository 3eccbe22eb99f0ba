"""A body text → content hash and MinHash signature, by which copies are found.

The content hash tells the same text from another in spite of case, punctuation, width and white
space. The signature estimates the Jaccard overlap of two texts' shingles (Broder, "On the
resemblance and containment of documents", 1997), and ends with the keys by which the index of copies
finds a text. Both leave the headline out: blogs rewrite it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import eq
from typing import Any

from newsarchive.core.text.normalise import in_groups, normalised_bodies
from newsarchive.core.twins.shingling import WORDS, runs
from newsarchive.items import Article
from newsarchive.rules import Rules

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
