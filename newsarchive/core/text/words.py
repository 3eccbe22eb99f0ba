"""How many words a text has, also where no spaces part them.

Two counts are needed, over one table of scripts (`scripts`):

- `count_words` is the number that readers are told. In Chinese and Japanese every character counts, as word processors
  and WordPress have it: an essay of "800 words" has 800 characters.
- `comparable_words` says how much a text says, so that one bound ("a head has at most 8 words") holds in every
  language. There two Chinese or Japanese characters make a word.

Of the same sentence in English and Chinese:

>>> count_words("It rained in Beijing today."), count_words("今天北京下雨了。")
(5, 7)
>>> comparable_words("It rained in Beijing today."), comparable_words("今天北京下雨了。")
(5, 4)
"""

from __future__ import annotations

import re
from functools import lru_cache

from newsarchive.core.text.scripts import (
    HAN_AND_KANA_BLOCKS,
    SOUTHEAST_ASIAN,
    SOUTHEAST_ASIAN_BLOCKS,
    character_class,
)

_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")
_SPACED = re.compile(r"\w\S*")
_UNSPACED = re.compile(f"[{character_class((*SOUTHEAST_ASIAN_BLOCKS, *HAN_AND_KANA_BLOCKS))}]")
_HAN_AND_KANA = re.compile(f"[{character_class(HAN_AND_KANA_BLOCKS)}]")
_SOUTHEAST_ASIAN = re.compile(f"[{SOUTHEAST_ASIAN}]")


def count_words(text: str) -> int:
    """Words; in Chinese and Japanese, which do not part them, every character is one. Thai, Lao, Burmese and
    Khmer part clauses only: there 14 characters count as three words, as in Thai news.

    >>> count_words("Tokyo and Seoul"), count_words("今天下雨"), count_words("เรือเที่ยวสุดท้ายออกแล้ว")
    (3, 4, 6)
    """
    if text.isascii():
        return len(text.split())
    if _UNSPACED.search(text) is None:
        return _spaced(text)
    single, clauses = len(_HAN_AND_KANA.findall(text)), len(_SOUTHEAST_ASIAN.findall(text))
    return single + -(-3 * clauses // 14) + _spaced(_UNSPACED.sub(" ", text))


def _spaced(text: str) -> int:
    """The words between white space; a sign alone, such as a dash, is none. The pattern, which takes its time, reads
    those only that are not all letters."""
    words = text.split()
    odd = [word for word in words if not word.isalnum()]
    return len(words) - len(odd) + len(_SPACED.findall(" ".join(odd)))


@lru_cache(maxsize=16384)
def comparable_words(text: str) -> int:
    """Words, two characters counting as one where words are not parted by spaces.

    >>> comparable_words("Tokyo and Seoul"), comparable_words("今天北京下雨了。")
    (3, 4)
    """
    unspaced = 0 if text.isascii() else len(_UNSPACED.findall(text))
    if not unspaced:
        return len(_WORD.findall(text))
    return len(_WORD.findall(_UNSPACED.sub(" ", text))) + (unspaced + 1) // 2
