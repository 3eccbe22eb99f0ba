"""What kind of character this is: the classes that back the pair model.

The model knows some two thousand characters by themselves. Every other one counts as a member of
its kind, so that a script that the model never saw is still told from rubbish.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

#: Scripts that a kind of their own is kept for; others are `other`.
_SCRIPTS = """
LATIN GREEK CYRILLIC ARMENIAN HEBREW ARABIC DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL
TELUGU KANNADA MALAYALAM SINHALA THAI LAO TIBETAN MYANMAR GEORGIAN HANGUL ETHIOPIC KHMER
HIRAGANA KATAKANA BOPOMOFO CJK
"""
SCRIPTS = _SCRIPTS.split()

#: What no repair may bring forth.
FORBIDDEN = frozenset({"c1", "control", "unassigned", "private", "surrogate", "replacement", "nonchar"})

#: Kinds of punctuation and symbols by code point range, before the general category is asked.
_RANGES = (
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
        # Emoji are younger than Python's tables: the whole range is set aside for them.
        return "emoji" if 0x1F300 <= code <= 0x1FAFF else _CATEGORIES[category]
    if code == 0xFFFD:
        return "replacement"
    if category == "Cc":
        return "c1" if code >= 0x7F else "space" if char in "\t\n\r\f\v " else "control"
    for first, last, name in _RANGES:
        if first <= code <= last:
            return name
    if category[0] in "LM":
        return f"{script(char)} {category}"
    return _CATEGORIES.get(category, category)


@lru_cache(maxsize=1 << 16)
def script(char: str) -> str:
    """The script of a letter or mark, one of `SCRIPTS`; `other` for the rest; "" for no letter."""
    if unicodedata.category(char)[0] not in "LM":
        return ""
    word = unicodedata.name(char, "").split(" ", 1)[0]
    if word in ("KATAKANA-HIRAGANA", "HALFWIDTH"):
        return "KATAKANA"
    if word in ("FULLWIDTH", "MODIFIER"):
        return "LATIN"
    return word if word in SCRIPTS else "other"


def is_allowed(text: str) -> bool:
    """Whether a repair may bring forth this text: only assigned, printable characters."""
    return FORBIDDEN.isdisjoint(map(kind, text))
