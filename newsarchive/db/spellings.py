"""The ways in which a word is written in its own language, so that a search for one of them finds the others.

    αποκλειστικος   αποκλειστικός     capitals have no accent, and hurried writers leave it out
    елка            ёлка              the dots of ё are left out more often than not
    الأحزاب         الاحزاب           as are hamza, vowel signs and the stroke that stretches a word
    خبرگزاری        خبرگزاري          Persian and Arabic keyboards have different letters for ye and kaf
    20              ২০  ٢٠  ۲۰  ２０  digits of the script
    ＮＡＴＯ         NATO              full-width letters

Nothing of it is in the index: a query asks for all spellings that may stand in a text. Letters with strokes (ł, ø, đ, ħ, ı) are
not among them: they are letters of their own in the languages that have them, where for and før are two words, and
nearly every English word would get ten spellings more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

#: Spellings of one word, and of a phrase. Of more, the last ones are not looked for.
MAX_SPELLINGS = 32

#: Vowel signs and other marks that Arabic and Hebrew texts have or leave out, and the stroke that stretches an Arabic word.
_LEFT_OUT = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3]")
_GREEK_VOWELS = dict(zip("αεηιουω", "άέήίόύώ", strict=True))
_WITHOUT_TONOS = str.maketrans("άέήίόύώΐΰ", "αεηιουωϊϋ")
_HAMZA = str.maketrans("أإآٱ", "اااا")
#: How the first letter of a word with a bare alef may be written, behind the article and small words that are one with it.
_FIRST_ALEF = re.compile("^([وفبكل]?(?:ال)?)ا(?!ل)")
#: The letters that Persian and Urdu keyboards have, and those of Arabic ones.
_PERSIAN = str.maketrans("يىك", "ییک")
_OF_ARABIC = str.maketrans("یک", "يك")
#: The digits of scripts in which news is printed, 0 to 9 each, Western ones first.
_DIGITS = ("0123456789", *("".join(chr(zero + n) for n in range(10)) for zero in (
    0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0x1040, 0x17E0, 0xFF10,
)))  # fmt: skip
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_TO_FULL_WIDTH = {half: full for full, half in _FULL_WIDTH.items()}
#: Letters that Unicode keeps taken apart, and as one character in many texts: য় and য with a dot.
_AS_ONE = {
    unicodedata.normalize("NFD", letter): letter
    for letter in map(chr, (*range(0x0958, 0x0960), 0x09DC, 0x09DD, 0x09DF, *range(0x0A59, 0x0A5C), 0x0A5E, 0x0B5C, 0x0B5D))
}  # fmt: skip


@lru_cache(maxsize=4096)
def of_word(word: str) -> tuple[str, ...]:
    """The spellings of a folded word, itself first.

    >>> of_word("ferry"), of_word("ｎａｔｏ"), of_word("שָׁלוֹם")
    (('ferry',), ('ｎａｔｏ', 'nato'), ('שָׁלוֹם', 'שלום'))
    """
    if word.isascii() and not word.isdigit():
        return (word,)
    found = dict.fromkeys(form for one in _forms(word) for form in (one, *_accented(one)))
    found |= dict.fromkeys(other for one in [*found] for other in _arabic(one))
    return tuple(islice((one for one in found if one), MAX_SPELLINGS))


def of_phrase(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The spellings of words side by side, themselves first."""
    return tuple(islice(product(*map(of_word, words)), MAX_SPELLINGS))


def of_string(text: str) -> tuple[str, ...]:
    """The spellings of a string in a script without spaces, itself first.

    >>> of_string("１２月"), of_string("12月"), of_string("新聞")
    (('１２月', '12月'), ('12月', '１２月'), ('新聞',))
    """
    composed = unicodedata.normalize("NFC", text)
    return tuple(
        dict.fromkeys((text, composed, composed.translate(_FULL_WIDTH), composed.translate(_TO_FULL_WIDTH)))
    )


def _forms(word: str) -> Iterator[str]:
    """The word in other forms of the same characters, in other digits, and without what is left out."""
    yield word
    composed = unicodedata.normalize("NFC", word).translate(_FULL_WIDTH)
    yield composed
    joined = composed
    for apart, letter in _AS_ONE.items():
        joined = joined.replace(apart, letter)
    yield joined
    yield _LEFT_OUT.sub("", composed)
    if any(map(str.isdecimal, composed)):
        western = "".join(str(unicodedata.decimal(c, c)) for c in composed)
        yield western
        if western.isdigit():
            yield from (western.translate(str.maketrans(_DIGITS[0], digits)) for digits in _DIGITS[1:])


def _accented(word: str) -> Iterator[str]:
    """A Greek word without its accent, or one spelling for each vowel that may have it; a Russian word with and without ё."""
    plain = word.translate(_WITHOUT_TONOS)
    if plain != word:
        yield plain
    else:
        for at, letter in enumerate(word):
            if letter in _GREEK_VOWELS:
                yield word[:at] + _GREEK_VOWELS[letter] + word[at + 1 :]
    if "ё" in word:
        yield word.replace("ё", "е")
    else:
        yield from (word[:at] + "ё" + word[at + 1 :] for at, letter in enumerate(word) if letter == "е")


def _arabic(word: str) -> Iterator[str]:
    """A word in Arabic script with the letters of other keyboards, and with and without hamza."""
    if not _ARABIC.search(word):
        return
    bare = word.translate(_HAMZA)
    first = [_FIRST_ALEF.sub(rf"\1{alef}", bare) for alef in "أإآ"] if bare == word else []
    ends = (
        [bare[:-1] + {"ة": "ه", "ه": "ة", "ي": "ى", "ى": "ي"}[bare[-1]]] if bare[-1:] in tuple("ةهيى") else []
    )
    for one in (word, bare, *first, *ends):
        yield one
        yield one.translate(_PERSIAN)
        yield one.translate(_OF_ARABIC)
