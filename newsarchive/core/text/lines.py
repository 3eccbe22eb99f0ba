"""What one line of a page looks like: folded text, word count, prose or not, linked or not.

Nothing here knows a phrase or a language; the tables of `data/chrome` do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from newsarchive.items import Block

#: Straight quotes stand for these, so that one spelling in a table meets both. A pattern finds the few that there are;
#: a table for `translate` is asked for every letter.
_QUOTES = re.compile("[’‘‚‛“”„‟«»]")
_BEFORE, _BEHIND = " -–—•·»›>→←#*|:.!…", " -–—•·«‹»›>→←|:.!…"
#: Emoji begin beyond this character, and are of these categories: symbols, their colours, what joins two.
_FIRST_PICTURE, _PICTURES = "\u2190", frozenset(["So", "Sk", "Mn", "Cf"])
_WORD = re.compile(r"\w+(?:[’'.-]\w+)*")
#: Scripts written without spaces: a character counts as half a word there.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
#: A line of Thai or Lao with more letters than these is a sentence: no full stop would say so.
STOPLESS = 80
_STOPLESS = re.compile("[\u0e00-\u0eff]")
_END = re.compile(r"[.!?…。！？।؟۔։።][\"'”’»“)\]›」』]*$")
#: The label of a domain: "heron" of www.heron.co.uk.
_LABEL = re.compile(r"(?:www\.)?([\w-]{4,})\.[a-z]{2,}")
_OPENING = tuple("\"'“‘«„「『‹»")


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """A line as phrase tables spell it: as `folded`, without emoji around it.

    >>> fold("»  Share This: "), fold("👉🏽 Read more…")
    ('share this', 'read more')
    """
    text = folded(text)
    if text and (text[0] > _FIRST_PICTURE or text[-1] > _FIRST_PICTURE):
        return _without_pictures(text)
    return text


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
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


@lru_cache(maxsize=16384)
def word_count(text: str) -> int:
    """Words of a text, two characters counting as one where words are not parted by spaces.

    >>> word_count("Tokyo and Seoul"), word_count("今天北京下雨了。")
    (3, 4)
    """
    unspaced = 0 if text.isascii() else len(_UNSPACED.findall(text))
    if not unspaced:
        return len(_WORD.findall(text))
    return len(_WORD.findall(_UNSPACED.sub(" ", text))) + (unspaced + 1) // 2


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does, in any of the scripts we know.

    Thai and Lao write no full stop: a line of theirs that is too long for a head ends one.

    >>> ends_sentence("“It rained.”"), ends_sentence("下雨了。"), ends_sentence("Recent Posts")
    (True, True, False)
    """
    tail = text[-24:]  # no text ends in so many quotation marks
    if not tail[-1:].isalnum() and _END.search(tail):
        return True
    return len(text) > STOPLESS and not tail.isascii() and len(_STOPLESS.findall(text)) > STOPLESS


def is_prose(block: Block, words: int = 12) -> bool:
    """Whether a block reads as a sentence of at least `words` words, and is no heading."""
    return block.kind != "heading" and ends_sentence(block.text) and word_count(block.text) >= words


def is_linked(block: Block) -> bool:
    """Whether the block's whole text, or all but a few characters, is link text."""
    if not block.links:
        return False
    return sum(len(text) for text, _ in block.links) >= 0.8 * len(block.text)


def is_quotation(text: str) -> bool:
    """Whether a line opens with a quotation mark, as a quoted saying does."""
    return text.lstrip().startswith(_OPENING)


def names_one(folded: str, names: Iterable[str]) -> bool:
    """Whether a folded line holds one of the names; a domain's label also meets the words it was made of.

    >>> names_one("read more from the guardian", ["theguardian"]), names_one("read more", ["theguardian"])
    (True, False)
    """
    squeezed = folded.replace(" ", "")
    return any(name in folded or name in squeezed for name in names)


def source_names(*texts: str) -> tuple[str, ...]:
    """Folded names of a source: those given, and the label of each domain among them; short ones left out."""
    labels = [label for text in texts for label in _LABEL.findall(text.lower())]
    return tuple(name for text in (*texts, *labels) if len(name := fold(text)) > 3)
