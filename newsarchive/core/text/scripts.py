"""What a character is: its script, its kind, and whether its script parts words by spaces or knows capitals.

Texts in Chinese, Japanese, Thai, Lao, Burmese and Khmer have no spaces between words, so that code which counts, cuts
or looks for words must ask here first. `UNSPACED` is the one table of those scripts, for use in a pattern:

>>> import re
>>> re.findall(f"[{UNSPACED}]", "Tokyo 東京, กรุงเทพ"), re.findall(f"[{UNSPACED}]", "서울")
(['東', '京', 'ก', 'ร', 'ุ', 'ง', 'เ', 'ท', 'พ'], [])

`kind` serves the model of character pairs in encoding repair. The model knows some two thousand characters by
themselves and takes every other character for a member of its kind, so that it tells a script that it never saw from
rubbish.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

#: Scripts with a name and kinds of their own; every other script is `other`.
SCRIPTS = ["LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "HEBREW", "ARABIC", "DEVANAGARI", "BENGALI",
           "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI",
           "LAO", "TIBETAN", "MYANMAR", "GEORGIAN", "HANGUL", "ETHIOPIC", "KHMER", "HIRAGANA", "KATAKANA",
           "BOPOMOFO", "CJK"]  # fmt: skip

#: The scripts of Chinese, Japanese and Korean, which multi-byte codecs are for.
CJK_SCRIPTS = frozenset(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))

#: The first and the last code point of a block of Unicode, or of several neighbouring blocks.
Range = tuple[int, int]


def character_class(ranges: Iterable[Range]) -> str:
    """Ranges of code points as the inside of a character class of a regular expression.

    >>> import re
    >>> re.findall(f"[{character_class([(0x61, 0x63)])}]", "abcd")
    ['a', 'b', 'c']
    """
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


#: Digits of other scripts → Western digits.
_WESTERN_DIGITS = {ord(zero) + n: str(n) for zero in "٠۰०০੦૦୦௦౦೦൦๐໐༠၀០０" for n in range(10)}
_OTHER_DIGITS = re.compile("[" + "".join(map(chr, _WESTERN_DIGITS)) + "]")


def western(text: str) -> str:
    """The text with Western digits; its length does not change."""
    return text if text.isascii() or not _OTHER_DIGITS.search(text) else text.translate(_WESTERN_DIGITS)


#: Kana and Han with compatibility ideographs. Each character says as much as a syllable or a short word.
HAN_AND_KANA_BLOCKS: tuple[Range, ...] = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF))
#: Rarer characters: 々, 〆 and 〇; small kana for Ainu; half-width kana; ideographs beyond the first plane.
RARE_HAN_AND_KANA_BLOCKS: tuple[Range, ...] = (
    (0x3005, 0x3007),
    (0x31F0, 0x31FF),
    (0xFF66, 0xFF9F),
    (0x20000, 0x3FFFF),
)
#: Thai, Lao, Burmese and Khmer. A word has several letters, and spaces stand between clauses.
SOUTHEAST_ASIAN_BLOCKS: tuple[Range, ...] = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))

#: Common and rare Han and kana, for use between the brackets of a character class.
HAN_AND_KANA = character_class((*HAN_AND_KANA_BLOCKS, *RARE_HAN_AND_KANA_BLOCKS))
#: All scripts without spaces between words, as blocks and for use between the brackets of a character class. Tibetan, which has a
#: mark between syllables, and Korean, which has spaces, are none of them.
UNSPACED_BLOCKS = (*SOUTHEAST_ASIAN_BLOCKS, *HAN_AND_KANA_BLOCKS, *RARE_HAN_AND_KANA_BLOCKS)
UNSPACED = character_class(UNSPACED_BLOCKS)
THAI_AND_LAO_BLOCKS: tuple[Range, ...] = ((0x0E00, 0x0EFF),)
TIBETAN_BLOCKS: tuple[Range, ...] = ((0x0F00, 0x0FFF),)
TIBETAN = character_class(TIBETAN_BLOCKS)
#: The syllables of Korean, which has spaces between words, but particles that are part of them.
HANGUL = character_class([(0xAC00, 0xD7A3)])

#: Marks inside words that `\w` does not match, for use between the brackets of a character class: accents, vowel points of Hebrew
#: and Arabic, vowel signs of Indic scripts (Devanagari to Sinhala, without their full stops).
WORD_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0963\u0966-\u096f\u0971-\u0df3"
)

_UNSPACED = re.compile(f"[{UNSPACED}]")


@lru_cache(maxsize=16)
def _runs_of(ranges: tuple[Range, ...]) -> re.Pattern[str]:
    # A search skips to one set of characters, but not to a repetition (`[…]+`), which takes twice as long.
    one = f"[{character_class(ranges)}]"
    return re.compile(f"{one}{one}*")


def count_of(text: str, ranges: tuple[Range, ...]) -> int:
    """How many characters of a text lie in ranges of code points.

    >>> count_of("Tokyo 東京", HAN_AND_KANA_BLOCKS)
    2
    """
    return sum(map(len, _runs_of(ranges).findall(text)))


def has_unspaced(text: str) -> bool:
    """Whether a text holds a character of a script without spaces between words.

    >>> has_unspaced("Reuters 路透社"), has_unspaced("Ройтерс")
    (True, False)
    """
    return not text.isascii() and _UNSPACED.search(text) is not None


def is_caseless(text: str) -> bool:
    """Whether no letter of a text has a capital or a small form, as in Arabic, in Chinese and in digits.

    >>> is_caseless("الخبر"), is_caseless("2025"), is_caseless("Heron")
    (True, True, False)
    """
    return text.lower() == text.upper()


#: Kinds of characters that no repair may bring into a text.
FORBIDDEN = frozenset({"c1", "control", "unassigned", "private", "surrogate", "replacement", "nonchar"})

#: Kinds of punctuation and symbols by range of code points. The first range that fits counts, before the category does.
_KINDS_BY_RANGE = (
    (0x2190, 0x21FF, "arrow"),
    (0x2200, 0x22FF, "math"),
    (0x2300, 0x23FF, "technical"),
    (0x2500, 0x257F, "box"),
    (0x2580, 0x259F, "block element"),
    (0x25A0, 0x25FF, "geometric"),
    (0x2600, 0x27BF, "dingbat"),
    (0xFF00, 0xFF60, "fullwidth"),
    (0xFF61, 0xFF9F, "halfwidth"),
    (0x1F1E6, 0x1F1FF, "flag"),
    (0x1F3FB, 0x1F3FF, "skin tone"),
    (0x1F000, 0x1F2FF, "tile"),  # mahjong, dominoes, cards, letters in frames
    (0x1F650, 0x1F67F, "ornament"),
    (0x1F700, 0x1F8FF, "ornament"),  # alchemy, shapes, arrows
    (0x1F300, 0x1FAFF, "emoji"),
    (0x3000, 0x303F, "cjk punctuation"),
)

_CATEGORIES = {"Cn": "unassigned", "Co": "private", "Cs": "surrogate", "Cf": "format", "Nd": "digit"}


@lru_cache(maxsize=1 << 16)
def kind(char: str) -> str:
    """The kind of one character: `LATIN Lu`, `THAI Mn`, `box`, `emoji`, `c1`, `Po` …"""
    code = ord(char)
    category = unicodedata.category(char)
    if category in ("Cn", "Co", "Cs"):
        # Unicode sets the whole range aside for emoji, some of which are younger than Python's tables.
        return "emoji" if 0x1F300 <= code <= 0x1FAFF else _CATEGORIES[category]
    if code == 0xFFFD:
        return "replacement"
    if category == "Cc":
        return "c1" if code >= 0x7F else "space" if char in "\t\n\r\f\v " else "control"
    for first, last, name in _KINDS_BY_RANGE:
        if first <= code <= last:
            return name
    if category[0] in "LM":
        return f"{script(char)} {category}"
    return _CATEGORIES.get(category, category)


@lru_cache(maxsize=1 << 16)
def script(char: str) -> str:
    """The script of a letter or mark, one of `SCRIPTS` or `other`; "" for any other character."""
    if unicodedata.category(char)[0] not in "LM":
        return ""
    word = unicodedata.name(char, "").split(" ", 1)[0]
    if word in ("KATAKANA-HIRAGANA", "HALFWIDTH"):
        return "KATAKANA"
    if word in ("FULLWIDTH", "MODIFIER"):
        return "LATIN"
    return word if word in SCRIPTS else "other"


def is_allowed(text: str) -> bool:
    """Whether a repair may bring this text into an article: all its characters are assigned and printable."""
    return FORBIDDEN.isdisjoint(map(kind, text))
