"""How many words a text has, also in scripts that have no spaces between words.

There are two counts:

- `count_words` is the number that readers see. In Chinese and Japanese every character counts as a word, as in word
  processors and in WordPress: an essay of "800 words" has 800 characters.
- `comparable_words` measures how much a text says, so that one bound ("a heading has at most 8 words") holds in every
  language. Two Chinese or Japanese characters count as a word.

The same sentence in English and in Chinese:

>>> count_words("It rained in Beijing today."), count_words("今天北京下雨了。")
(5, 7)
>>> comparable_words("It rained in Beijing today."), comparable_words("今天北京下雨了。")
(5, 4)
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import filterfalse

from newsarchive.core.text.scripts import (
    HAN_AND_KANA_BLOCKS,
    SOUTHEAST_ASIAN_BLOCKS,
    character_class,
    count_of,
)

_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")
_SPACED = re.compile(r"\w\S*")
_UNSPACED_BLOCKS = (*SOUTHEAST_ASIAN_BLOCKS, *HAN_AND_KANA_BLOCKS)
_UNSPACED_RUN = re.compile(f"[{character_class(_UNSPACED_BLOCKS)}]+")


def count_words(text: str) -> int:
    """The number of words of a text, for readers.

    In Chinese and Japanese every character is a word. In Thai, Lao, Burmese and Khmer, which have spaces between
    clauses alone, 14 characters count as three words, as in Thai news.

    >>> count_words("Tokyo and Seoul"), count_words("今天下雨"), count_words("เรือเที่ยวสุดท้ายออกแล้ว")
    (3, 4, 6)
    """
    if text.isascii():
        return len(text.split())
    if _UNSPACED_RUN.search(text) is None:
        return _found(_SPACED, text)
    single, clauses = count_of(text, HAN_AND_KANA_BLOCKS), count_of(text, SOUTHEAST_ASIAN_BLOCKS)
    return single + -(-3 * clauses // 14) + _found(_SPACED, _UNSPACED_RUN.sub(" ", text))


def _found(pattern: re.Pattern[str], text: str) -> int:
    """How often a pattern is found in a text. It must match no white space, and match a run of letters and digits once: such
    runs are counted without the pattern, which is slow."""
    words = text.split()
    with_signs = list(filterfalse(str.isalnum, words))
    return len(words) - len(with_signs) + len(pattern.findall(" ".join(with_signs)))


@lru_cache(maxsize=16384)
def comparable_words(text: str) -> int:
    """The number of words of a text, for bounds. In scripts without spaces, two characters count as a word.

    >>> comparable_words("Tokyo and Seoul"), comparable_words("今天北京下雨了。")
    (3, 4)
    """
    unspaced = 0 if text.isascii() else count_of(text, _UNSPACED_BLOCKS)
    if unspaced:
        text = _UNSPACED_RUN.sub(" ", text)
    return _found(_WORD, text) + (unspaced + 1) // 2
