"""Which language a page is written in, and how likely its words are there: `ليس` and not `لیس` on a page in Arabic.

The model of letter sequences (`ngram_model`) knows all languages at once. Where a letter was lost, words of neighbouring languages
then compete: `заедно с`, which is Bulgarian, and `заедно у`, which would be right in Serbian. So a second file holds, for each
language of some scripts, its own sequences and whole words. `of_page` finds the language by what is certain on a page.
The file is built by `python -m training.encoding`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.encoding.ngram_model import UNKNOWN_NATS, GramModel, grams_of
from newsarchive.core.text.scripts import script

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
    words = Counter(word.lower() for word in _WORD.findall(text) if not word.isascii())
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
