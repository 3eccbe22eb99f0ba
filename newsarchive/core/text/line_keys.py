"""Two fingerprints of a line, by which a site's pages are compared.

The key says that two lines read the same: NFKC, lower case, digits folded. The form says that they
are built the same: a run of capitalised words becomes one mark, a domain or a quoted title another, so that "First
published on The Heron" and "First published on Mare News" share it. The signature of a path says
that two elements have the same place in a page: digits, and the ids of single posts, dropped.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from newsarchive.core.text.normalise import fold_keeping_emoji
from newsarchive.core.text.scripts import HAN_AND_KANA_BLOCKS, SOUTHEAST_ASIAN_BLOCKS, character_class

NAME, DOMAIN, QUOTED = "▲", "◆", "❝"
#: A form of fewer words of its own says too little: "▲ and ▲" is a title like any other.
LITERALS = 3
#: Ordinals are digits too: "22nd" and "1st" differ by the day alone.
_DIGITS = re.compile(r"\d+(?:st\b|nd\b|rd\b|th\b)?")
_DOMAIN = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,12}(?:/[^\s)]*)?", re.I)
#: A title in quotation marks, as an attribution gives it.
_QUOTED = re.compile(r"“[^“”]{8,200}”|„[^„“”]{8,200}[“”]|«[^«»]{8,200}»|《[^《》]{2,80}》|\"[^\"]{8,200}\"")
#: What begins a sentence about a thing, in languages that write the thing with a capital or may do so in a title.
_DETERMINERS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "these",
        "our",
        "der",
        "die",
        "das",
        "dieser",
        "diese",
        "dieses",
        "ein",
        "eine",
        "unser",
        "unsere",
        "le",
        "la",
        "les",
        "l",
        "ce",
        "cet",
        "cette",
        "notre",
        "el",
        "los",
        "las",
        "este",
        "esta",
        "nuestro",
        "il",
        "lo",
        "gli",
        "questo",
        "questa",
        "o",
        "os",
        "as",
        "um",
        "uma",
        "esse",
        "essa",
        "het",
        "een",
        "dit",
        "deze",
    ]
)
_JOINED = r"(?:\s+(?:of|the|and|de|la|du|des|der|die|das|van|von|for|di|&)){0,2}\s*"
_CAPITALS = re.compile(rf"(?!(?-i:[a-z]))\b[^\W\d_a-z][\w’'.-]*(?:{_JOINED}\b[^\W\d_a-z][\w’'.-]*)*")
_UNSPACED = re.compile(f"[{character_class((*SOUTHEAST_ASIAN_BLOCKS, *HAN_AND_KANA_BLOCKS))}]")
_LEAD = re.compile(r"([^\W\d_]+(?: [^\W\d_]+){0,3})\s?[:：]\s*(\S+(?:\s+\S+){2,}|\S{6,})")
_PER_POST = re.compile(r"[#.][\w-]*\d[\w-]*|\.(?:category|tag|author|status|format|has|wp-image|type)-[\w-]*")
_HASHED = re.compile(r"\.[\w-]*__[\w-]{5,}|\.(?:css|sc|jsx)-[\w-]+")


def number(text: str) -> int:
    """A signed 64-bit number for a text, the same in every run (BLAKE2, RFC 7693)."""
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True
    )


@lru_cache(maxsize=16384)
def line_key(text: str) -> int:
    """The key of a line, 0 for a line without a letter.

    >>> line_key("Posted on 3 May") == line_key("posted on 17 May.")
    True
    """
    plain = _DIGITS.sub("0", fold_keeping_emoji(text))
    return number(plain) if any(c.isalpha() for c in plain) else 0


@lru_cache(maxsize=16384)
def form_of(text: str) -> str:
    """A line with its names and domains marked, "" where too little else is left.

    The first word of a line has its capital from the grammar: alone, it is no name.

    >>> form_of("This article first appeared on The Heron (www.heron.example).")
    'this article first appeared on ▲ (◆)'
    """
    marked = _DOMAIN.sub(DOMAIN, _QUOTED.sub(QUOTED, text.strip()))
    first = re.match(r"\W*\w+", marked)
    start = first.end() if first and not _CAPITALS.match(marked[first.end() :].lstrip()) else 0
    marked = marked[:start] + _CAPITALS.sub(NAME, marked[start:])
    plain = _DIGITS.sub("0", fold_keeping_emoji(marked))
    literals = sum(map(_weight, re.findall(r"[^\W\d_]+", plain)))
    return plain if literals >= LITERALS and any(x in plain for x in (NAME, DOMAIN, QUOTED)) else ""


def _weight(word: str) -> int:
    """How many words a run of letters is: two characters make one where words are not parted by spaces.

    Archives hold the numbers that follow from this, so that it has its own count, which must never change.
    """
    if word.isascii() or not (unspaced := len(_UNSPACED.findall(word))):
        return 1
    return len(_UNSPACED.sub(" ", word).split()) + (unspaced + 1) // 2


def names_in(text: str) -> list[str]:
    """The runs of capitalised words in a line, but for one that opens it.

    >>> names_in("More Articles from Mare News")
    ['Mare News']
    """
    return [m[0] for m in _CAPITALS.finditer(text.strip()) if m.start() > 1]


def starts_with_name(text: str) -> bool:
    """Whether a line begins with two or more capitalised words, as a sentence about a person does (a
    label does too, but has a colon after it).

    >>> starts_with_name("Ada Lund is a reporter."), starts_with_name("Dieser Text ist von ihr.")
    (True, False)
    """
    first = _CAPITALS.match(text.strip())
    if first is None or len(words := re.split(r"[\s’']+", first[0])) < 2:
        return False
    return words[0].lower() not in _DETERMINERS and text.strip()[first.end() : first.end() + 1] != ":"


@lru_cache(maxsize=16384)
def form_key(text: str) -> int:
    """The fingerprint of `form_of`, or of the label of a lead; 0 where there is neither."""
    lead = fold_keeping_emoji(lead_of(text)[0])
    form = f"lead {lead}" if lead else form_of(text)
    return number("form " + form) if form else 0


def lead_of(text: str) -> tuple[str, str]:
    """The label and the title of a line that leads to another article, two empty strings for any other.

    >>> lead_of("Next shelf: The swans of the lake"), lead_of("Note: it was closed.")
    (('Next shelf', 'The swans of the lake'), ('', ''))
    """
    if ":" not in text and "：" not in text:
        return "", ""
    hit = _LEAD.fullmatch(text.strip())
    return (hit[1], hit[2]) if hit and not hit[2].endswith((".", "。")) else ("", "")


@lru_cache(maxsize=16384)
def signature(path: str) -> str:
    """A tag path without what is of one post alone.

    >>> signature("html/body.single.postid-7/article#post-7.post.category-news/p")
    'html/body/article.post/p'
    """
    return "/".join(map(_step, path.split("/")))


@lru_cache(maxsize=16384)
def place_key(place: str) -> int:
    """The fingerprint of a place in a page, given as a signature."""
    return number("place " + place)


@lru_cache(maxsize=16384)
def _step(step: str) -> str:
    return "body" if step.startswith("body") else _HASHED.sub("", _PER_POST.sub("", step))
