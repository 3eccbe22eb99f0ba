"""A body text → content hash and MinHash signature, by which copies are found.

The content hash tells the same text from another in spite of case, punctuation, width and white
space. The signature estimates the Jaccard overlap of two texts' shingles (Broder, "On the
resemblance and containment of documents", 1997). Both leave the headline out: blogs rewrite it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import replace

from newsarchive.items import Article
from newsarchive.rules import Rules

#: Names the signature. Signatures of different schemes must not be compared: rebuild them.
SCHEME = "rensa R-MinHash v2, seed 1997; 120 values of all shingles and 8 of the first 60; 3 words, 6 or 12 characters"

PERMUTATIONS = 128
#: So many values at the end of the signature are of the opening alone: a teaser shares it with its
#: article, while its overlap with the whole is too small to be found.
OPENING = 8
_OPENING_SHINGLES = 60
#: Words of a shingle; three keep two stories on one topic apart and let eight words in a hundred change.
WORDS = 3
#: Shorter texts (in words; two characters of an unspaced script count as one) are no evidence of
#: copying: "404 Not Found", a caption, one line. They get a hash and no signature.
SHORTEST = 30

_SEED = 1997
_APOSTROPHES = "'’‘ʼ`´"
# Blocks of scripts written without spaces, with how many characters make about three words.
_UNSPACED = {
    (0x0E00, 0x0EFF): 12,  # Thai, Lao
    (0x1000, 0x109F): 12,  # Burmese
    (0x1780, 0x17FF): 12,  # Khmer
    (0x3040, 0x30FF): 6,  # kana
    (0x3400, 0x9FFF): 6,  # Han
    (0xF900, 0xFAFF): 6,
}


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
#: What makes most English texts other than ASCII; taken out first, for speed alone.
_TYPOGRAPHIC = "’‘“”–—…\u00a0•"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_ASCII = {chr(code): _FOLD[code] or "" for code in range(128) if not chr(code).isalnum() and code != 32}


def normalise(text: str) -> str:
    """NFKC, case folded, punctuation and white space folded to single spaces.

    >>> normalise("“It’s over,” said\\n\\nthe  MINISTER.")
    'its over said the minister'
    """
    for char in _TYPOGRAPHIC:
        text = text.replace(char, _FOLD[ord(char)] or "")
    if text.isascii():
        return " ".join(text.lower().translate(_FOLD).split())
    # `translate` is twenty times as slow on a text that is not all ASCII: such runs are folded alone.
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _BEYOND_ASCII.sub(lambda run: run[0].translate(_FOLD), text)
    for char in filter(text.__contains__, _ASCII):
        text = text.replace(char, _ASCII[char])
    return " ".join(text.split())


def content_hash(folded: str) -> str:
    """SHA-256 of a normalised text in hex, "" for a text without letters or digits."""
    return hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest() if folded else ""


def shingles(folded: str) -> list[str]:
    """The shingles of a normalised text in their order, `[]` where it is too short for a signature.

    Three words each; in a script without spaces, as many characters as make about three words.
    """
    if size := _characters(folded):
        solid = folded.replace(" ", "")
        if len(solid) < 2 * SHORTEST:
            return []
        return [solid[i : i + size] for i in range(len(solid) - size + 1)]
    words = folded.split()
    if len(words) < SHORTEST:
        return []
    return list(map(" ".join, zip(*(words[i:] for i in range(WORDS)), strict=False)))


def _characters(folded: str) -> int:
    """How many characters make a shingle; 0 for a text that is written with spaces.

    Only a sample is looked at: a text does not change its script after the first thousand characters.
    """
    sample = folded[:1000]
    counts: dict[int, int] = {}
    for char in sample:
        code = ord(char)
        if code > 0x0DFF:
            for (low, high), size in _UNSPACED.items():
                if low <= code <= high:
                    counts[size] = counts.get(size, 0) + 1
    size, count = max(counts.items(), key=lambda c: c[1], default=(0, 0))
    return size if count * 3 > len(sample) else 0


def minhash(folded: str) -> tuple[int, ...]:
    """The signature of a normalised text: 128 unsigned 32-bit integers, `()` where it is too short.

    120 values are of all shingles, 8 of the opening: see `SCHEME`.
    """
    parts = shingles(folded)
    if not parts:
        return ()
    return (*_signature(parts, PERMUTATIONS - OPENING), *_signature(parts[:_OPENING_SHINGLES], OPENING))


def _signature(parts: list[str], size: int) -> list[int]:
    from rensa import RMinHash  # type: ignore[import-untyped]

    signature = RMinHash(num_perm=size, seed=_SEED)
    signature.update(parts)
    return list(signature.digest())


def fingerprint_step(article: Article, rules: Rules) -> Article:
    """The article with `content_hash` and `minhash` of its body."""
    folded = normalise(article.article_body)
    return replace(article, content_hash=content_hash(folded), minhash=minhash(folded))
