"""Two spellings of one text as the same string: "Don’t MISS:" and "don't miss" are the same line.

Which differences count depends on what is compared:

- `normalise` is for whole texts, where copies are looked for. Letters and digits stay, in lower case; signs are spaces.
- `fold` is for a line that is compared with tables of phrases. White space, case, width, and the signs around the line
  do not count.
- `fold_keeping_emoji` is the same for line keys, which archives store. Emoji around the line count.
- `key` is for a name or a headline. Nothing but letters and digits counts.
- `without_accents` is for a name in an address. Accents do not count.

>>> line = "»  Don’t MISS: Café №1! "
>>> normalise(line), fold(line), key(line), without_accents(line.strip("» "))
('dont miss café no1', "don't miss: café no1", 'dontmisscafé1', 'Don’t MISS: Cafe No1!')

`unescape` puts characters in the place of references to them (`&amp;`, `&#8217;`), also where a page writes `&#999…` with
5,000 digits.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import filterfalse
from typing import Any

#: Quotation marks that become straight ones, so that one spelling in a table matches all.
_QUOTES = "’‘‚‛“”„‟«»"
#: Signs that are stripped from the beginning of a line.
_BEFORE = " -–—•·»›>→←#*|:.!…"
#: Signs that are stripped from the end of a line.
_BEHIND = " -–—•·«‹»›>→←|:.!…"
#: All emoji have higher code points than this character.
_BEFORE_EMOJI = "\u2190"
#: Unicode's categories of emoji: symbols, their colours, and what joins two of them.
_EMOJI_CATEGORIES = frozenset(["So", "Sk", "Mn", "Cf"])

#: Vowel signs from Devanagari to Khmer, which are letters to a reader, and which `\w` does not match.
VOWEL_SIGNS = "\u0900-\u0963\u0971-\u0df3\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3"
_NO_LETTER = re.compile(rf"[\W_](?<![{VOWEL_SIGNS}])")
#: The characters of ASCII that are no letters and no digits.
_ASCII_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())

_APOSTROPHES = "'’‘ʼ`´"
#: The signs that keep most English texts from being ASCII. They are replaced first, for speed alone.
_TYPOGRAPHIC = "’‘“”–—…\u00a0•"
#: Characters of a text. From here on arrays are faster than `str.translate` and patterns; both give the same.
MIN_ARRAY_CHARACTERS = 300
#: Lines that are normalised one by one; more are faster in one array.
_MAX_SINGLE_LINES = 8
#: Characters of the texts that are normalised and hashed together: their arrays fit in a processor's cache.
_MAX_GROUP_CHARACTERS = 50_000
#: A factor. A character that becomes more characters than this in NFKC (`ﷺ` becomes 18) is counted, and a long text in which the
#: counted ones would grow to more than this times its length stays in NFC: a million `ﷺ` take 6 s and 800 MB.
_MAX_EXPANSION = 3
#: Characters in NFKC. A text that grows to this length at most is never too long.
_MAX_EXPANDED_CHARACTERS = 100_000
#: Characters of a text in which expanding characters are counted; a shorter one cannot become too long.
_MIN_EXPANDING_CHARACTERS = _MAX_EXPANDED_CHARACTERS // 18
#: The code point of a line feed.
LINE_FEED = 10
#: The code point of a space.
SPACE = 32
#: In the table of folded characters: the character is left out.
_LEFT_OUT = 0xFFFFFFFE
#: In the table of folded characters: its block of code points is not filled in yet. Pages of zeros take no memory.
_UNKNOWN = 0
#: In the table of folded characters: the character is folded to several.
_SEVERAL = 0xFFFFFFFF
#: Code points that are filled in together.
_CODES_PER_BLOCK = 256


class _Fold(dict[int, str | None]):
    """For `str.translate`: letters, marks and digits stay, apostrophes are left out, everything else is a space."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        category = unicodedata.category(char)
        is_left_out = char in _APOSTROPHES or category == "Cf"
        self[code] = char if category[0] in "LMN" else None if is_left_out else " "
        return self[code]


_FOLD = _Fold()


def normalise(text: str) -> str:
    """A text in NFKC, case folded, with punctuation and white space as single spaces.

    >>> normalise("“It’s over,” said\\n\\nthe  MINISTER.")
    'its over said the minister'
    """
    text = _composed(text)
    if len(text) < MIN_ARRAY_CHARACTERS:
        return " ".join(text.casefold().translate(_FOLD).split())
    return _text(_single_spaces(_folded(text)))


def normalised(lines: Sequence[str]) -> list[str]:
    """Several texts without line feeds, each normalised, in about the time that one text takes.

    >>> normalised(["It rained.", "…", "Nobody came!"])
    ['it rained', '', 'nobody came']
    """
    if len(lines) <= _MAX_SINGLE_LINES:
        return [normalise(line) for line in lines]
    return _lines(_composed("\n".join(lines)))


def normalised_bodies(texts: Sequence[str]) -> list[str]:
    """Several long texts, each normalised; texts in ASCII are done apart from the others, which is faster."""
    composed = [_composed(text.replace("\n", " ")) for text in texts]
    found = dict.fromkeys(range(len(texts)), "")
    for plain in (True, False):
        if own := [i for i, text in enumerate(composed) if text.isascii() == plain]:
            found |= zip(own, _lines("\n".join(composed[i] for i in own)), strict=True)
    return list(found.values())


def in_groups(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in their order, in groups of at most 50,000 characters; a longer text is a group by itself."""
    group: list[str] = []
    size = 0
    for text in texts:
        if group and size + len(text) > _MAX_GROUP_CHARACTERS:
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group


def _lines(composed: str) -> list[str]:
    folded = _text(_single_spaces(_folded(composed, line_feeds=True)))
    return [line.strip() for line in folded.split("\n")]


def _composed(text: str) -> str:
    """A text in NFKC, without typographic signs where they are what keeps it from being ASCII."""
    for char in () if text.isascii() else _TYPOGRAPHIC:
        text = text.replace(char, _FOLD[ord(char)] or "")
    return text if text.isascii() else _nfkc(text)


def _nfkc(text: str) -> str:
    """A text in NFKC, or in NFC where NFKC would make it too long (`_MAX_EXPANSION`)."""
    if unicodedata.is_normalized("NFKC", text):
        return text
    if len(text) > _MIN_EXPANDING_CHARACTERS:
        expanding = ((char, len(unicodedata.normalize("NFKC", char))) for char in set(text))
        more = sum(size * text.count(char) for char, size in expanding if size > _MAX_EXPANSION)
        if more > max(_MAX_EXPANDED_CHARACTERS, _MAX_EXPANSION * len(text)):
            return unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFKC", text)


def _folded(text: str, *, line_feeds: bool = False) -> Any:
    """The folded characters of a text as an array; 32 stands between words, and 10 for line feeds that stay."""
    import numpy as np

    if text.isascii():
        table, left_out = _ascii(line_feeds)
        return np.frombuffer(text.encode("ascii").translate(table, left_out), dtype=np.uint8)
    codes, table = codes_of(text), _table()
    out = table[codes]
    if not out.all():
        for block in set((codes[out == _UNKNOWN] // _CODES_PER_BLOCK).tolist()):
            for code in range(block * _CODES_PER_BLOCK, (block + 1) * _CODES_PER_BLOCK):
                folded = chr(code).casefold()
                single = _FOLD[ord(folded)] if len(folded) == 1 else ""
                table[code] = _LEFT_OUT if single is None else ord(single) if single else _SEVERAL
        out = table[codes]
    if (out == _SEVERAL).any():  # "ß" is "ss": the array must grow
        return _folded(text.casefold(), line_feeds=line_feeds)
    if line_feeds:
        out[codes == LINE_FEED] = LINE_FEED
    return out[out != _LEFT_OUT]


def _single_spaces(codes: Any) -> Any:
    """The codes without spaces behind a space, and without one at the end."""
    import numpy as np

    if not len(codes):
        return codes
    space = codes == SPACE
    double = np.empty_like(space)
    double[0] = space[0]
    np.logical_and(space[1:], space[:-1], out=double[1:])
    codes = codes[~double]
    return codes[:-1] if len(codes) and codes[-1] == SPACE else codes


def codes_of(text: str) -> Any:
    """The code points of a text as an array: of 8 bits each where the text is ASCII, of 32 bits elsewhere."""
    import numpy as np

    if text.isascii():
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _text(codes: Any) -> str:
    if codes.dtype.itemsize == 1:
        return str(codes.tobytes(), "ascii")
    return str(codes.astype("<u4").tobytes(), "utf-32-le", "surrogatepass")


@lru_cache(maxsize=2)
def _ascii(line_feeds: bool) -> tuple[bytes, bytes]:
    """For `bytes.translate`: the folded form of each character of ASCII, and the characters that are left out."""
    folded = [_FOLD[ord(chr(code).lower())] for code in range(128)]
    folded[LINE_FEED] = "\n" if line_feeds else " "
    left_out = bytes(code for code, char in enumerate(folded) if char is None)
    return bytes(ord(char or " ") for char in folded) + bytes(128), left_out


@lru_cache(maxsize=1)
def _table() -> Any:
    """The folded form of every code point; `_folded` fills in a block of 256 when a text first needs it."""
    import numpy as np

    return np.zeros(0x110000, dtype=np.uint32)


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """A line as tables of phrases spell it: as `fold_keeping_emoji`, without emoji around it.

    >>> fold("»  Share This: "), fold("👉🏽 Read more…")
    ('share this', 'read more')
    """
    text = fold_keeping_emoji(text)
    if not text or (text[0] <= _BEFORE_EMOJI and text[-1] <= _BEFORE_EMOJI):
        return text
    start, end = 0, len(text)
    while start < end and _is_emoji(text[start]):
        start += 1
    while start < end and _is_emoji(text[end - 1]):
        end -= 1
    return text[start:end].lstrip(_BEFORE).rstrip(_BEHIND)


@lru_cache(maxsize=16384)
def fold_keeping_emoji(text: str) -> str:
    """A line in NFKC and lower case, with straight quotes, without bullets and end marks around it; a question mark stays."""
    if text.isascii():  # no curly quotes, and nothing that NFKC would change
        return " ".join(text.split()).lstrip(_BEFORE).rstrip(_BEHIND).lower()
    text = " ".join(_nfkc(text).split()).lstrip(_BEFORE).rstrip(_BEHIND)
    for quote in _QUOTES:  # a pattern would try every letter, and `str.translate` would look it up
        text = text.replace(quote, "'")
    return text.lower()


def _is_emoji(char: str) -> bool:
    """Whether a character is an emoji or a part of one (its colour, what joins it to another), or a space."""
    return char == " " or (char > _BEFORE_EMOJI and unicodedata.category(char) in _EMOJI_CATEGORIES)


@lru_cache(maxsize=2048)
def key(text: str) -> str:
    """The letters and digits of a text, in NFC and case folded, with nothing between them.

    >>> key("Trump’s return…") == key("Trump's Return"), key("Jose\u0301") == key("José"), key("राम") == key("रमा")
    (True, True, False)
    """
    if text.isascii():
        return text.lower().encode("ascii").translate(None, _ASCII_SIGNS).decode("ascii")
    return _NO_LETTER.sub("", unicodedata.normalize("NFC", text.casefold()))


def without_accents(text: str) -> str:
    """Letters without their accents, as addresses write them (NFKD without combining marks).

    >>> without_accents("Peić Ångström")
    'Peic Angstrom'
    """
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", text)))


#: Letters without a decomposition → how addresses write them.
_IN_ADDRESSES = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
#: How German addresses write letters with two dots.
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def in_addresses(text: str) -> set[str]:
    """The match keys (`key`) of a text as a host or a path may write it.

    >>> sorted(in_addresses("Přístavní listy")), sorted(in_addresses("Münchner Bote"))
    (['pristavnilisty', 'přístavnílisty'], ['muenchnerbote', 'munchnerbote', 'münchnerbote'])
    """
    folded = text.casefold()
    if folded.isascii():
        return {key(text)}
    forms = (folded.translate(_IN_ADDRESSES), folded.translate(_GERMAN).translate(_IN_ADDRESSES))
    return {key(text), *(key(without_accents(form)) for form in forms)}


#: A reference to a character by a number that is longer than any character's. Python raises for 4,301 digits.
_TOO_LONG = re.compile(r"&#(?:[0-9]{20,}|[xX][0-9a-fA-F]{20,});?")


def unescape(text: str) -> str:
    """`html.unescape`, which never raises: a number without end is U+FFFD, as for a browser.

    >>> unescape("&lt;&#8217;&#" + "9" * 5000 + ";&gt;")
    '<\u2019\ufffd>'
    """
    return html.unescape(_TOO_LONG.sub("\ufffd", text) if "&#" in text else text)
