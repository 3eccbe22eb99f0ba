"""Build the model of letter sequences that fills lost bytes: see `newsarchive.core.encoding.ngram_model`.

The sequences come from the same word lists as the pair model; those of ASCII alone are left out,
because nothing in them is ever lost. Layout of the file: `GRAM1`, the length of a segment (uint32,
little-endian), one fingerprint byte a place, half a byte of value a place.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import log

from newsarchive.core.encoding.ngram_model import (
    LANGUAGES,
    MAGIC,
    MIN_GRAM_NATS,
    MIN_WHOLE_LETTERS,
    grams_of,
    hashed,
)
from training.encoding_words import Words

#: So many sequences are kept, the most frequent ones; of so many words of each language.
MOST, TOP = 380_000, 40_000
#: Sequences and words of a single language that are kept, the most frequent ones.
LANGUAGE_MOST, LANGUAGE_WORDS = 30_000, 20_000
#: Places for each sequence: fewer, and no arrangement is found.
ROOM = 1.23


def count_grams(lists: Iterable[Words]) -> dict[str, float]:
    """Sequence → its share, every language counting alike; the most frequent ones."""
    counts = Counter[str]()
    languages = 0
    for words in lists:
        languages += 1
        for word, share in sorted(words.shares.items(), key=lambda w: -w[1])[:TOP]:
            for gram in grams_of(word):
                if not gram.isascii():
                    counts[gram] += share
    return {gram: n / languages for gram, n in counts.most_common(MOST)}


def count_languages(lists: Iterable[Words]) -> dict[str, float]:
    """`language:sequence` and `language:^word$` → share in the language, for the languages of `LANGUAGES`."""
    codes = {code for own in LANGUAGES.values() for code in own}
    shares: dict[str, float] = {}
    for words in lists:
        if words.language not in codes:
            continue
        counts = Counter[str]()
        ordered = [
            (w, share) for w, share in sorted(words.shares.items(), key=lambda w: -w[1]) if not w.isascii()
        ]
        for word, share in ordered[:TOP]:
            for gram in grams_of(word):
                counts[gram] += share
        long = [(f"^{word}$", share) for word, share in ordered if len(word) >= MIN_WHOLE_LETTERS]
        for key, share in (*counts.most_common(LANGUAGE_MOST), *long[:LANGUAGE_WORDS]):
            shares[f"{words.language}:{key}"] = share
    return shares


def packed(shares: Mapping[str, float]) -> bytes:
    """The file. Raises `ValueError` where no arrangement is found (for other `ROOM`, it would be)."""
    segment = int(ROOM * len(shares) / 3) + 12
    marks, values = bytearray(3 * segment), bytearray(3 * segment)
    for gram, place in reversed(_arranged(shares, segment)):
        places, mark = hashed(gram, segment)
        value = min(15, max(0, round(-log(shares[gram])) - MIN_GRAM_NATS))
        for other in places:
            if other != place:
                mark, value = mark ^ marks[other], value ^ values[other]
        marks[place], values[place] = mark, value
    values.append(0)
    halves = bytes(values[i] | values[i + 1] << 4 for i in range(0, 3 * segment, 2))
    return MAGIC + struct.pack("<I", segment) + bytes(marks) + halves


def _arranged(grams: Iterable[str], segment: int) -> list[tuple[str, int]]:
    """The sequences in an order in which each has a place that none after it uses (peeling)."""
    users: dict[int, set[str]] = defaultdict(set)
    for gram in grams:
        for place in hashed(gram, segment)[0]:
            users[place].add(gram)
    alone = [place for place, own in users.items() if len(own) == 1]
    order: list[tuple[str, int]] = []
    while alone:
        place = alone.pop()
        if len(users[place]) != 1:
            continue
        (gram,) = users[place]
        order.append((gram, place))
        for other in hashed(gram, segment)[0]:
            users[other].discard(gram)
            if len(users[other]) == 1:
                alone.append(other)
    if any(users.values()):
        raise ValueError("no arrangement found: give the table more room")
    return order
