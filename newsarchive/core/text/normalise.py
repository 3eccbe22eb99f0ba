"""Two spellings of one text as the same string. Which differences count depends on what is compared:

- `normalise` (whole texts, by arrays): letters and digits in words, case folded; for fingerprints and copies
- `fold` (a line): white space, case, width, and what stands around a line gone; as phrase tables spell it
- `fold_keeping_emoji`: the same, as line keys have it
- `key` (a name, a headline): nothing but letters and digits, case folded
- `without_accents` (a name in an address): the bare letters

>>> line = "»  Don’t MISS: Café №1! "
>>> normalise(line), fold(line), key(line), without_accents(line.strip("» "))
('dont miss café no1', "don't miss: café no1", 'dontmisscafé1', 'Don’t MISS: Cafe No1!')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

#: Straight quotes stand for these, so that one spelling in a table meets both. A pattern finds the few that there are;
#: a table for `translate` is asked for every letter.
_QUOTES = re.compile("[’‘‚‛“”„‟«»]")
_BEFORE, _BEHIND = " -–—•·»›>→←#*|:.!…", " -–—•·«‹»›>→←|:.!…"
#: Emoji begin beyond this character, and are of these categories: symbols, their colours, what joins two.
_FIRST_PICTURE, _PICTURES = "\u2190", frozenset(["So", "Sk", "Mn", "Cf"])

_NO_LETTER = re.compile(r"[\W_]+")

_APOSTROPHES = "'’‘ʼ`´"
#: What makes most English texts other than ASCII; taken out first, for speed alone.
_TYPOGRAPHIC = "’‘“”–—…\u00a0•"
#: Shorter texts are folded faster by `str.translate`.
_FEW, _FEW_LINES = 300, 8
#: Characters of texts that are folded and hashed together.
_TOGETHER = 50_000
LINE_FEED, SPACE = 10, 32
_VANISHES, _UNKNOWN, _SEVERAL = 0, 0xFFFFFFFE, 0xFFFFFFFF
_BLOCK = 256


class _Fold(dict[int, str | None]):
    """For `str.translate`: letters, marks and digits stay, apostrophes vanish, all else is a space."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        category = unicodedata.category(char)
        self[code] = (
            char if category[0] in "LMN" else None if char in _APOSTROPHES or category == "Cf" else " "
        )
        return self[code]


_FOLD = _Fold()


def normalise(text: str) -> str:
    """NFKC, case folded, punctuation and white space folded to single spaces.

    >>> normalise("“It’s over,” said\\n\\nthe  MINISTER.")
    'its over said the minister'
    """
    text = _composed(text)
    if len(text) < _FEW:
        return " ".join(text.casefold().translate(_FOLD).split())
    return _text(_single_spaces(_folded(text)))


def normalised(lines: Sequence[str]) -> list[str]:
    """Several texts without line feeds, each normalised, in the time of one.

    >>> normalised(["It rained.", "…", "Nobody came!"])
    ['it rained', '', 'nobody came']
    """
    if len(lines) <= _FEW_LINES:
        return [normalise(line) for line in lines]
    return _lines(_composed("\n".join(lines)))


def normalised_bodies(texts: Sequence[str]) -> list[str]:
    """Several texts of some length, each normalised; those that are ASCII, which is faster, by themselves."""
    composed = [_composed(text.replace("\n", " ")) for text in texts]
    found = dict.fromkeys(range(len(texts)), "")
    for plain in (True, False):
        if own := [i for i, text in enumerate(composed) if text.isascii() == plain]:
            found |= zip(own, _lines("\n".join(composed[i] for i in own)), strict=True)
    return list(found.values())


def in_groups(texts: Sequence[str]) -> Iterator[list[str]]:
    """Texts in their order, of so many characters together as the arrays in a processor's cache hold."""
    group: list[str] = []
    size = 0
    for text in texts:
        if group and size + len(text) > _TOGETHER:
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
    for char in () if text.isascii() else _TYPOGRAPHIC:
        text = text.replace(char, _FOLD[ord(char)] or "")
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return text
    return unicodedata.normalize("NFKC", text)


def _folded(text: str, *, line_feeds: bool = False) -> Any:
    """The folded characters of a text as an array: 32 for what parts words, 10 for line feeds that stay."""
    import numpy as np

    if text.isascii():
        table, vanishing = _ascii(line_feeds)
        return np.frombuffer(text.encode("ascii").translate(table, vanishing), dtype=np.uint8)
    codes, table = codes_of(text), _table()
    out = table[codes]
    if out.max() >= _UNKNOWN:
        for block in set((codes[out == _UNKNOWN] // _BLOCK).tolist()):
            _learn(block)
        out = table[codes]
    if (out == _SEVERAL).any():  # "ß" is "ss": the array must grow
        return _folded(text.casefold(), line_feeds=line_feeds)
    if line_feeds:
        out[codes == LINE_FEED] = LINE_FEED
    return out[out != _VANISHES]


def _single_spaces(codes: Any) -> Any:
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
    """The characters of a text as numbers, of eight bits where they are all ASCII."""
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
    """For `bytes.translate`: the folded form of each character, and which vanish."""
    folded = [_FOLD[ord(chr(code).lower())] for code in range(128)]
    folded[LINE_FEED] = "\n" if line_feeds else " "
    vanishing = bytes(code for code, char in enumerate(folded) if char is None)
    return bytes(ord(char or " ") for char in folded) + bytes(128), vanishing


@lru_cache(maxsize=1)
def _table() -> Any:
    """The folded form of every character, filled in by blocks of 256 as texts have them."""
    import numpy as np

    return np.full(0x110000, _UNKNOWN, dtype=np.uint32)


def _learn(block: int) -> None:
    table = _table()
    for code in range(block * _BLOCK, (block + 1) * _BLOCK):
        folded = chr(code).casefold()
        single = _FOLD[ord(folded)] if len(folded) == 1 else ""
        table[code] = _VANISHES if single is None else ord(single) if single else _SEVERAL


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """A line as phrase tables spell it: as `fold_keeping_emoji`, without emoji around it.

    >>> fold("»  Share This: "), fold("👉🏽 Read more…")
    ('share this', 'read more')
    """
    text = fold_keeping_emoji(text)
    if text and (text[0] > _FIRST_PICTURE or text[-1] > _FIRST_PICTURE):
        return _without_pictures(text)
    return text


@lru_cache(maxsize=16384)
def fold_keeping_emoji(text: str) -> str:
    """A line in NFKC and lower case, with straight quotes, no bullets or end marks around it."""
    if text.isascii():  # has neither curly quotes nor what NFKC would change
        return " ".join(text.split()).lstrip(_BEFORE).rstrip(_BEHIND).lower()
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    return _QUOTES.sub("'", text.lstrip(_BEFORE).rstrip(_BEHIND)).lower()


def _without_pictures(text: str) -> str:
    """A line without the emoji at its ends: they stand for bullets, "👉 Read more"."""
    start, end = 0, len(text)
    while start < end and _is_picture(text[start]):
        start += 1
    while start < end and _is_picture(text[end - 1]):
        end -= 1
    return text[start:end].lstrip(_BEFORE).rstrip(_BEHIND)


def _is_picture(char: str) -> bool:
    """Whether a character is an emoji or a part of one (its colour, what joins it to another), or a space."""
    return char == " " or (char > _FIRST_PICTURE and unicodedata.category(char) in _PICTURES)


@lru_cache(maxsize=2048)
def key(text: str) -> str:
    """What two spellings of one value share: letters and digits, lower case.

    >>> key("Trump’s return…") == key("Trump's Return")
    True
    """
    return _NO_LETTER.sub("", text.casefold())


def without_accents(text: str) -> str:
    """Letters without their accents, as addresses write them (NFKD, combining marks dropped).

    >>> without_accents("Peić Ångström")
    'Peic Angstrom'
    """
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
