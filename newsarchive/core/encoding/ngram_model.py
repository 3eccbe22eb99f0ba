"""How often a few letters follow each other in words: what tells `учасники` from `учашники`.

The pair model sees two characters at a time, which is too little to guess a lost letter. This one
holds some hundred thousand sequences of letters with their frequency: five letters (the ends of the
word counted in), two in Chinese and Japanese, three in Thai, which do not part their words.

They are kept in an XOR filter with values (Graf and Lemire 2020, "Xor Filters", and Chazelle et al.
2004, "The Bloomier filter"): three places of a table, exclusive-or'ed, give a fingerprint and a value,
so that no letters need to be stored. One sequence in 256 that is not there seems to be.
Built by `python -m training.encoding`.

The words that changes of a page bring forth: known ones speak for a repair, unknown ones prove nothing.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import NamedTuple

from newsarchive.core.encoding.mojibake import Found
from newsarchive.core.encoding.runs import Change, Runs, placed
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


#: A word of fewer letters may be known by accident.
WORDED_LEAST = 3
#: Letters before and behind a change that are looked at: longer words are none.
LONGEST = 40

_WORD = re.compile(r"[^\W\d_]+")


def lines_of(changes: Iterable[Change], runs: Runs) -> Iterable[list[Change]]:
    """The changes of a page, those of each line together."""
    lines: dict[int, list[Change]] = {}
    for change in changes:
        lines.setdefault(bisect_right(runs.breaks, change.start), []).append(change)
    return lines.values()


def words_of(line: list[Change], text: str) -> Iterator[str]:
    """The words that the changes of one line are in, after them."""
    start, end = text.rfind("\n", 0, line[0].start) + 1, text.find("\n", line[-1].end)
    mended, places, at = "", set[int](), start
    for change in line:
        mended += text[at : change.start]
        places.update(range(len(mended), len(mended) + len(change.reading.after)))
        mended, at = mended + change.reading.after, change.end
    for match in _WORD.finditer(mended + text[at:end]):
        if not places.isdisjoint(range(*match.span())):
            yield match[0]


class Words(NamedTuple):
    """How many of the words that changes touch are known in all their sequences, and whole, on one side alone:
    as they stand, and as they come."""

    stand: int
    come: int


def compared(lines: Iterable[list[Change]], text: str, grams: GramModel) -> Words:
    """The words of changed lines before and after: `След` stands where the change makes `—лед` of it."""
    both = {pair for line in lines for pair in _chunks(line, text)}
    weighed = [(_weight(before, grams), _weight(after, grams)) for before, after in both]
    return Words(sum(a > b for a, b in weighed), sum(b > a for a, b in weighed))


def gain_of_words(line: list[Change], text: str, grams: GramModel) -> float:
    """By how much the words that the changes of a line touch are likelier afterwards, in nats."""
    both = [[sum(map(grams.of, _WORD.findall(chunk))) for chunk in chunks] for chunks in _chunks(line, text)]
    return sum(before - after for before, after in both)


def _chunks(line: list[Change], text: str) -> Iterator[tuple[str, str]]:
    """What changes touch, before and after, out to where something stays that is no letter."""
    before = after = ""
    at = line[0].start
    for change in line:
        between = text[at : change.start]
        if between and not between.isalpha():
            yield before + _letters_of(between), after + _letters_of(between)
            between = _letters_of(between[::-1])[::-1]
            before = after = ""
        elif not before:
            between = _letters_of(text[:at][-LONGEST:][::-1])[::-1]
        before += between + text[change.start : change.end]
        after += between + change.reading.after
        at = change.end
    behind = _letters_of(text[at : at + LONGEST])
    yield before + behind, after + behind


def _letters_of(text: str) -> str:
    """The letters that a text begins with."""
    return "".join(takewhile(str.isalpha, text))


def _weight(chunk: str, grams: GramModel) -> int:
    """2 for one known word, 1 for known words with signs between them or in camel case, 0 for others."""
    parts = [part for word in _WORD.findall(chunk) for part in _parts(word)]
    told = [part for part in parts if not part.isascii()]
    if max(map(len, told), default=0) < WORDED_LEAST or any(map(grams.unknown, told)):
        return 0
    return 2 if parts == [chunk] else 1


def _parts(word: str) -> list[str]:
    """The parts of a word in camel case; none where one is a single letter, which damage makes too: `широкиЯ`."""
    parts = camel_parts(word)
    return parts if min(map(len, parts)) > 1 else [word]


def known_words(found: Found, runs: Runs, grams: GramModel, least: int = 1) -> tuple[int, int]:
    """How many words of `least` letters and more, not of ASCII alone, these readings bring forth: known
    ones, all."""
    lines = lines_of(placed(found, runs), runs)
    words = {word for line in lines for word in words_of(line, runs.text[1:]) if len(word) >= least}
    words = {word for word in words if not word.isascii()}
    return sum(map(grams.knows, words)), len(words)


def cost_of_words(found: Found, runs: Runs, grams: GramModel, some: Iterable[str]) -> float:
    """What the words cost that the readings of some runs bring forth, each run at its first place."""
    total = 0.0
    for run in some:
        at = runs.places[run][0]
        line = [Change(at + r.start, at + r.end, r) for r in found[run]]
        total += sum(grams.of(word) for word in words_of(line, runs.text[1:]))
    return total
