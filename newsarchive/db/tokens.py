"""Words as both full-text indexes see them.

`tokenise` cuts and folds as FTS5's `unicode61 remove_diacritics 2` does with letters, numbers and
marks as token characters (a test holds the two together), so that PostgreSQL can be given the same
words. Scripts written without spaces are told apart here: there a search looks for the string.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from newsarchive.core.text import scripts

#: Scripts without spaces between words, and Tibetan, whose syllables alone are parted.
UNSPACED = re.compile(f"[{scripts.UNSPACED}{scripts.TIBETAN}]")

_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")


class Token(NamedTuple):
    """A folded word and where it stands in the text, in code points."""

    text: str
    start: int
    end: int


def tokenise(text: str) -> Iterator[Token]:
    """The words of a text, folded: lower case, Latin letters without diacritics.

    >>> [token.text for token in tokenise("Café-Noël, 3 a.m.")]
    ['cafe', 'noel', '3', 'a', 'm']
    """
    pattern = _ASCII_WORD if text.isascii() else _word(_marks(text))
    for match in pattern.finditer(text):
        yield Token(fold(match[0]), match.start(), match.end())


def fold(word: str) -> str:
    """A word as the index keeps it."""
    return word.lower() if word.isascii() else "".join(map(_fold_character, word))


def is_unspaced(text: str) -> bool:
    """Whether the text has a script that is written without spaces, in more than a stray name.

    >>> is_unspaced("台灣新聞"), is_unspaced("Xi Jinping (习近平) spoke in Beijing on the state of affairs")
    (True, False)
    """
    if text.isascii():
        return False
    return 10 * sum(1 for _ in UNSPACED.finditer(text)) > len(text)


def _marks(text: str) -> str:
    """The marks of a text that belong to words: those of all Unicode take 40 ms to gather."""
    return "".join(sorted(filter(_is_mark, set(text))))


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    if "\u0300" <= character < "\U00020000":
        return unicodedata.category(character) in ("Mn", "Mc", "Co")
    return "\U000e0100" <= character <= "\U000e01ef"


@lru_cache(maxsize=256)
def _word(marks: str) -> re.Pattern[str]:
    return re.compile(rf"(?:[^\W_]|[{marks}])+" if marks else r"[^\W_]+")


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    low = character.casefold()  # the final sigma and the long s too, as FTS5 has it
    low = low if len(low) == 1 else character.lower()
    bare = "".join(c for c in unicodedata.normalize("NFD", low) if not "\u0300" <= c <= "\u0331")
    if not bare:
        return ""  # a combining mark by itself
    return bare if bare.isascii() else low
