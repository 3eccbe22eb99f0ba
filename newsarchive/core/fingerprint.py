"""A body text → content hash and MinHash signature, by which copies are found.

The content hash tells the same text from another in spite of case, punctuation, width and white
space. The signature estimates the Jaccard overlap of two texts' shingles (Broder, "On the
resemblance and containment of documents", 1997). Both leave the headline out: blogs rewrite it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from newsarchive.core.twins.shingling import normalise, shingles
from newsarchive.items import Article
from newsarchive.rules import Rules

#: Names the signature. Signatures of different schemes must not be compared: rebuild them.
SCHEME = (
    "rensa R-MinHash v2, seed 1997, of polynomial hashes; 120 values of all shingles and 8 of the first 60"
)

PERMUTATIONS = 128
#: So many values at the end of the signature are of the opening alone: a teaser shares it with its
#: article, while its overlap with the whole is too small to be found.
OPENING = 8
_OPENING_SHINGLES = 60
_SEED = 1997


def content_hash(folded: str) -> str:
    """SHA-256 of a normalised text in hex, "" for a text without letters or digits."""
    return hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest() if folded else ""


def minhash(folded: str) -> tuple[int, ...]:
    """The signature of a normalised text: 128 unsigned 32-bit integers, `()` where it is too short.

    120 values are of all shingles, 8 of the opening: see `SCHEME`.
    """
    parts = shingles(folded)
    if not len(parts):
        return ()
    return (*_signature(parts, PERMUTATIONS - OPENING), *_signature(parts[:_OPENING_SHINGLES], OPENING))


def _signature(parts: Any, size: int) -> list[int]:
    from rensa import RMinHash  # type: ignore[import-untyped]

    matrix = RMinHash.digest_matrix_from_flat_token_hashes(parts, (0, len(parts)), size, _SEED)
    (row,) = matrix.to_rows()
    return list(row)


def fingerprint_step(article: Article, rules: Rules) -> Article:
    """The article with `content_hash` and `minhash` of its body."""
    folded = normalise(article.article_body)
    return replace(article, content_hash=content_hash(folded), minhash=minhash(folded))
