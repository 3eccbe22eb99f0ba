"""How likely a word is, judged by sequences of letters: it tells `учасники`, a word of Ukrainian, from `учашники`.

The pair model sees two characters at a time, which is too little to guess a lost letter. This model holds some hundred
thousand sequences of letters with their frequency: five letters, the marked ends of a word among them; two in Chinese
and Japanese and three in Thai, which do not part their words.

The sequences are kept in an XOR filter with values (Graf and Lemire 2020, "Xor Filters", and Chazelle et al. 2004, "The
Bloomier filter"): three places of a table, exclusive-or'ed, give a fingerprint and a value, so that no letters need to
be stored. One in 256 sequences that are not in the model is taken for one that is. Built by `python -m training.encoding`.

It knows all languages at once. Where a letter was lost, words of neighbouring languages then compete: `заедно с`, which is Bulgarian, and
`заедно у`, which would be right in Serbian. So a second file holds, for each language of some scripts, its own sequences and whole words.
`of_page` finds the language by what is certain on a page.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from newsarchive.core.text.scripts import script
from newsarchive.rules import Rules

#: The model's key in `Rules.models`.
MODEL_FILE = "encoding-grams.bin"
#: The key of the sequences and words of single languages (`LanguageGrams`).
LANGUAGES_FILE = "encoding-languages.bin"
#: The first bytes of a model file.
MAGIC = b"GRAM1"
#: Nats. The cost of a sequence that the model does not have.
UNKNOWN_NATS = 17.0
#: Nats. The cost of the most frequent sequences. The file stores by how many whole nats a sequence costs more, 0 to 15.
MIN_GRAM_NATS = 2
#: Letters of a sequence in a script with spaces between words.
GRAM_LETTERS = 5
#: Script without spaces between words → letters of a sequence in it.
UNPARTED_GRAM_LETTERS = {"CJK": 2, "HIRAGANA": 2, "KATAKANA": 2, "THAI": 3}
#: The first 13 bytes of a sequence's hash: its three places, and its fingerprint.
_PLACES_AND_MARK = struct.Struct("<IIIB")


@dataclass(frozen=True, eq=False)
class GramModel:
    """Costs of letter sequences: `marks` are the fingerprints, `values` the costs, two to a byte.

    `segment` is the length of a third of the table: each sequence has a place in each third. `languages` are the sequences of single
    languages, where the rules hold them.
    """

    marks: bytes = field(repr=False)
    values: bytes = field(repr=False)
    segment: int
    languages: GramModel | None = None
    #: Letters of the words that are looked up as a whole: none.
    whole_letters: int = 0

    @classmethod
    def load(cls, data: bytes, languages: bytes = b"") -> GramModel:
        """Read a model file, and that of single languages. Raises `ValueError` for bytes that are no such model."""
        if not data.startswith(MAGIC):
            raise ValueError("not a model of letter sequences: build one with `python -m training.encoding`")
        (segment,) = struct.unpack_from("<I", data, len(MAGIC))
        at = len(MAGIC) + 4
        single = cls.load(languages) if languages else None
        return cls(data[at : at + 3 * segment], data[at + 3 * segment :], segment, single)

    def cost(self, gram: str) -> float:
        """−log of the share of a sequence, in nats."""
        return _cost(self, gram)

    def cost_of_word(self, word: str) -> float:
        """What the sequences of a word cost, in nats; capitals count as small letters."""
        return sum(map(self.cost, grams_of(word.lower())))

    def cost_of_whole(self, word: str) -> float:
        """What a word costs as a whole, in nats: nothing, because the model has no words."""
        return 0.0

    def knows(self, word: str) -> bool:
        """Whether the model has more than half of a word's sequences beyond ASCII. No word of ASCII is known."""
        return _knows(self, word)

    def unknown(self, word: str) -> int:
        """The number of a word's sequences beyond ASCII that the model does not have."""
        return _unknown(self, word)


def camel_parts(word: str) -> list[str]:
    """The parts of a word whose capitals stand behind small letters.

    >>> camel_parts("АвиаПорт")
    ['Авиа', 'Порт']
    """
    cuts = [i for i in range(1, len(word)) if word[i].isupper() and word[i - 1].islower()]
    return [word[start:end] for start, end in pairwise([0, *cuts, len(word)])]


def grams_of(word: str) -> list[str]:
    """The sequences that a word consists of. In scripts with spaces between words, `^` and `$` mark the ends of the word.

    >>> grams_of("слово"), grams_of("新聞社")
    (['^слов', 'слово', 'лово$'], ['新聞', '聞社'])
    """
    length = UNPARTED_GRAM_LETTERS.get(script(word[0]), GRAM_LETTERS)
    marked = f"^{word}$" if length == GRAM_LETTERS else word
    return [marked[i : i + length] for i in range(max(1, len(marked) - length + 1))]


@lru_cache(maxsize=1 << 13)
def _knows(model: GramModel, word: str) -> bool:
    """`GramModel.knows`, remembered: the words around a letter are asked for by several checks of a page."""
    own = [gram for gram in grams_of(word.lower()) if not gram.isascii()]
    return bool(own) and 2 * sum([_cost(model, gram) < UNKNOWN_NATS for gram in own]) > len(own)


@lru_cache(maxsize=1 << 13)
def _unknown(model: GramModel, word: str) -> int:
    """`GramModel.unknown`, remembered: when several readings of a text are compared, they ask for the same words."""
    return sum([_cost(model, g) >= UNKNOWN_NATS for g in grams_of(word.lower()) if not g.isascii()])


@lru_cache(maxsize=1 << 15)
def _cost(model: GramModel, gram: str) -> float:
    places, mark = hashed(gram, model.segment)
    value = 0
    for place in places:
        mark ^= model.marks[place]
        value ^= model.values[place >> 1] >> (place & 1) * 4
    return UNKNOWN_NATS if mark else MIN_GRAM_NATS + (value & 15)


def hashed(gram: str, segment: int) -> tuple[tuple[int, int, int], int]:
    """A sequence's three places, one in each segment of the table, and its fingerprint."""
    digest = _blake2b()(gram.encode("utf-8", "surrogatepass"), digest_size=13).digest()
    a, b, c, mark = _PLACES_AND_MARK.unpack(digest)
    return (a % segment, segment + b % segment, 2 * segment + c % segment), mark


@cache
def _blake2b() -> Callable[..., Any]:
    from hashlib import blake2b  # OpenSSL takes its time to load

    return blake2b


def gram_model_of(rules: Rules) -> GramModel:
    """The model of these rules. Raises `ValueError` where they hold none."""
    return _loaded(rules.models.get(MODEL_FILE, b""), rules.models.get(LANGUAGES_FILE, b""))


_loaded = lru_cache(maxsize=4)(GramModel.load)


#: Script → the languages of it that the model has. In other scripts, the model of all languages does as well.
LANGUAGES = {
    "ARABIC": ("ar", "fa", "ur"),
    "CYRILLIC": ("bg", "mk", "ru", "sr", "uk"),
    "DEVANAGARI": ("hi",),
    "GREEK": ("el",),
    "HEBREW": ("he",),
}
#: Letters of a word that is looked up as a whole; of a longer one only the end is kept, and it is unknown.
MAX_WHOLE_LETTERS = 20
#: Letters. A shorter word is one sequence, and is not looked up again.
MIN_WHOLE_LETTERS = 4
#: Different words of a page that tell its language; rarer ones are not asked.
MAX_TELLING_WORDS = 200
#: Letters of such a word. More are no word but noise, whose 64,000 letters were looked up in each of five languages.
MAX_TELLING_LETTERS = 40
#: Share of the sequences of these words (0 to 1) that the language has. Below, the page is in another language.
MIN_KNOWN_SHARE = 0.6

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, eq=False)
class LanguageGrams:
    """The sequences and words of one language; what else is asked of a `GramModel` is asked of `every`, that of all languages."""

    every: GramModel
    language: str
    #: Letters of the words that are looked up as a whole.
    whole_letters: int = MAX_WHOLE_LETTERS

    def cost(self, gram: str) -> float:
        """−log of the share of a sequence in the language, in nats."""
        return self._languages.cost(f"{self.language}:{gram}")

    def cost_of_whole(self, word: str) -> float:
        """What a word costs as a whole, in nats: −log of its share in the language, for a word whose beginning is marked by `^`."""
        if len(word) <= MIN_WHOLE_LETTERS or word.isascii():
            return 0.0
        return self._languages.cost(f"{self.language}:{word}$")

    def unknown(self, word: str) -> int:
        """The number of a word's sequences beyond ASCII that neither the language nor the model of all languages has."""
        return self.every.unknown(word)

    def knows(self, word: str) -> bool:
        """Whether the model of all languages has more than half of a word's sequences beyond ASCII."""
        return self.every.knows(word)

    @property
    def _languages(self) -> GramModel:
        assert self.every.languages is not None
        return self.every.languages


def of_page(text: str, grams: GramModel) -> GramModel | LanguageGrams:
    """The sequences of the language that a page is written in; those of all languages where none of `LANGUAGES` fits.

    `text` is the page as far as it is restored.
    """
    words = Counter(
        word.lower()
        for word in _WORD.findall(text)
        if len(word) <= MAX_TELLING_LETTERS and not word.isascii()
    )
    scripts = Counter(script(word[0]) for word in words)
    codes = LANGUAGES.get(max(scripts, key=scripts.__getitem__), ()) if scripts else ()
    if not codes or grams.languages is None:
        return grams
    own = [word for word, _ in words.most_common(MAX_TELLING_WORDS) if script(word[0]) in LANGUAGES]
    sequences = [gram for word in own for gram in grams_of(word)]
    costs = {
        code: [model.cost(gram) for gram in sequences] for code in codes for model in (_in(grams, code),)
    }
    best = min(codes, key=lambda code: sum(costs[code]))
    known = sum(cost < UNKNOWN_NATS for cost in costs[best])
    return _in(grams, best) if known >= MIN_KNOWN_SHARE * len(sequences) else grams


@lru_cache(maxsize=64)
def _in(grams: GramModel, language: str) -> LanguageGrams:
    return LanguageGrams(grams, language)
