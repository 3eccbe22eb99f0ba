"""How often a few letters follow each other in words: what tells `учасники` from `учашники`.

The pair model sees two characters at a time, which is too little to guess a lost letter. This one
holds some hundred thousand sequences of letters with their frequency: five letters (the ends of the
word counted in), two in Chinese and Japanese, three in Thai, which do not part their words.

They are kept in an XOR filter with values (Graf and Lemire 2020, "Xor Filters", and Chazelle et al.
2004, "The Bloomier filter"): three places of a table, exclusive-or'ed, give a fingerprint and a value,
so that no letters need to be stored. One sequence in 256 that is not there seems to be.
Built by `python -m training.encoding`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from newsarchive.core.text.scripts import script
from newsarchive.rules import Rules

GRAMS = "encoding-grams.bin"
MAGIC = b"GRAM1"

#: A sequence that is not there costs this, in nats; values are whole nats from `LEAST` on.
UNKNOWN, LEAST = 17.0, 2
#: Letters in a sequence, by script: five where none is named.
LENGTHS = {"CJK": 2, "HIRAGANA": 2, "KATAKANA": 2, "THAI": 3}
LENGTH = 5


@dataclass(frozen=True, eq=False)
class GramModel:
    """Costs of letter sequences: `marks` are the fingerprints, `values` the costs, two to a byte."""

    marks: bytes = field(repr=False)
    values: bytes = field(repr=False)
    segment: int

    @classmethod
    def load(cls, data: bytes) -> GramModel:
        """Read a model file. Raises `ValueError` for bytes that are none."""
        if not data.startswith(MAGIC):
            raise ValueError("not a model of letter sequences: build one with `python -m training.encoding`")
        (segment,) = struct.unpack_from("<I", data, len(MAGIC))
        at = len(MAGIC) + 4
        return cls(data[at : at + 3 * segment], data[at + 3 * segment :], segment)

    def cost(self, gram: str) -> float:
        """−log of the share of a sequence, in nats."""
        places, mark = hashed(gram, self.segment)
        value = 0
        for place in places:
            mark ^= self.marks[place]
            value ^= self.values[place >> 1] >> (place & 1) * 4
        return UNKNOWN if mark else LEAST + (value & 15)

    def of(self, word: str) -> float:
        """What the sequences of a word cost, in nats; capitals count as small letters."""
        return sum(map(self.cost, grams_of(word.lower())))

    def knows(self, word: str) -> bool:
        """Whether a word with more than ASCII in it, or its greater part, is known."""
        own = [gram for gram in grams_of(word.lower()) if not gram.isascii()]
        return bool(own) and 2 * sum(self.cost(gram) < UNKNOWN for gram in own) > len(own)

    def unknown(self, word: str) -> int:
        """How many sequences of a word, beyond ASCII, are not known."""
        own = (gram for gram in grams_of(word.lower()) if not gram.isascii())
        return sum(self.cost(gram) >= UNKNOWN for gram in own)


def camel_parts(word: str) -> list[str]:
    """What a word is made of where capitals stand behind small letters: `АвиаПорт` is `Авиа` and `Порт`."""
    cuts = [i for i in range(1, len(word)) if word[i].isupper() and word[i - 1].islower()]
    return [word[start:end] for start, end in pairwise([0, *cuts, len(word)])]


def grams_of(word: str) -> list[str]:
    """The sequences that a word consists of. Words of scripts that part them have their ends marked."""
    length = LENGTHS.get(script(word[0]), LENGTH)
    marked = f"^{word}$" if length == LENGTH else word
    return [marked[i : i + length] for i in range(max(1, len(marked) - length + 1))]


@lru_cache(maxsize=1 << 14)
def hashed(gram: str, segment: int) -> tuple[tuple[int, int, int], int]:
    """A sequence's three places, one in each segment of the table, and its fingerprint."""
    from hashlib import blake2b  # OpenSSL takes its time to load

    a, b, c, mark = struct.unpack(
        "<IIIB", blake2b(gram.encode("utf-8", "surrogatepass"), digest_size=13).digest()
    )
    return (a % segment, segment + b % segment, 2 * segment + c % segment), mark


def grams_model_of(rules: Rules) -> GramModel:
    """The model of these rules. Raises `ValueError` where they hold none."""
    return _loaded(rules.models.get(GRAMS, b""))


@lru_cache(maxsize=4)
def _loaded(data: bytes) -> GramModel:
    return GramModel.load(data)
