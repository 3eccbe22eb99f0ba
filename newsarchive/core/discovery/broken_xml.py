"""Mends the errors of feeds and sitemaps that parsers of XML stumble over: a bare `&`, a `<` that opens no tag, a title
without its end tag, references to what is no character, and HTML's names of characters (`&ndash;`). A parser loses a whole entry or
title by one of them."""

from __future__ import annotations

import re
from html.entities import html5

#: An `&` that begins no reference.
BARE_AMPERSAND = re.compile(rb"&(?!#?\w{1,10};)")
#: The beginning of a tag in which another tag begins, or a document ends.
BROKEN_TAG = re.compile(
    rb"<(?![!?])(?=[^<>]*(?:<|\Z))|<(?=!(?!\[CDATA\[|--|DOCTYPE|ENTITY|ELEMENT|ATTLIST))", re.I
)
#: Numeric references that may name half of a surrogate pair, or no character at all.
_DOUBTFUL = re.compile(rb"(?:&#(?:5[5-7]\d{3}|\d{7,20}|x0{0,4}d[89a-f][\da-f]{2}|x[\da-f]{6,20});)+", re.I)
_NUMBER = re.compile(rb"&#(?:x([\da-f]+)|(\d+));", re.I)
#: A reference by a name that may be HTML's, which XML does not know.
_NAMED = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([a-z]\w{1,30};)", re.I)
#: A section without markup, a comment, or outside of them a bare `&` (1) or such a reference (2).
_NO_MARKUP = re.compile(
    rb"<!\[CDATA\[(?:.*?\]\]>|.*)|<!--(?:.*?-->|.*)|(%s)|%s" % (BARE_AMPERSAND.pattern, _NAMED.pattern),
    re.I | re.S,
)
#: CDATA, in which nothing is a tag, or (1) the text of a title whose end tag is missing, before the next element of an entry.
_OPEN_TITLE = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|(<title>[^<]+)(?=<(?:link|guid|pubDate|description|content:encoded|/item)\b)",
    re.DOTALL,
)
#: The last code point of Unicode.
MAX_CODE_POINT = 0x10FFFF


def with_known_references(xml: bytes) -> bytes:
    """XML in which a bare `&` is a reference, and numbers stand for HTML's names of characters.

    >>> with_known_references(b"<title>Q&A: R&amp;D&hellip; <![CDATA[Q&A&hellip;]]></title>").decode()
    '<title>Q&amp;A: R&amp;D&#8230; <![CDATA[Q&A&hellip;]]></title>'
    """
    return _NO_MARKUP.sub(lambda m: b"&amp;" if m[1] else _number_of(m[2], m[0]) if m[2] else m[0], xml)


def with_allowed_references(xml: bytes) -> bytes:
    """XML with an emoji for the references to the two halves of its surrogate pair, which some programs write, and U+FFFD for a
    reference that names no character.

    >>> with_allowed_references(b"Rain &#55357;&#56832;&#xD83D;&#10;").decode()
    'Rain &#128512;&#65533;&#10;'
    """
    return _DOUBTFUL.sub(_allowed_references, xml)


def with_numeric_references(xml: bytes) -> bytes:
    """XML with numbers for HTML's names of characters.

    >>> with_numeric_references(b"Tom &amp; Jos&eacute; &bogus;").decode()
    'Tom &amp; Jos&#233; &bogus;'
    """
    return _NAMED.sub(lambda match: _number_of(match[1], match[0]), xml)


def with_closed_titles(xml: bytes) -> bytes:
    """A feed with the end tags of titles that lack them: the rest of the entry would be a part of the title.

    >>> with_closed_titles(b"<item><title>Rain<link>https://blog.example/rain</link></item>").decode()
    '<item><title>Rain</title><link>https://blog.example/rain</link></item>'
    """
    return _OPEN_TITLE.sub(lambda match: match[0] + b"</title>" if match[1] else match[0], xml)


def _number_of(name: bytes, reference: bytes) -> bytes:
    """A numeric reference for HTML's name of a character, with its semicolon; the reference itself for another name."""
    characters = html5.get(name.decode("ascii", "replace"), "")
    return b"".join(b"&#%d;" % ord(character) for character in characters) or reference


def _allowed_references(match: re.Match[bytes]) -> bytes:
    numbers = (
        int(hex_digits or digits, 16 if hex_digits else 10)
        for hex_digits, digits in _NUMBER.findall(match[0])
    )
    codes = (number if number <= MAX_CODE_POINT else 0xFFFD for number in numbers)
    halves = "".join(map(chr, codes)).encode("utf-16-le", "surrogatepass")
    return b"".join(b"&#%d;" % ord(character) for character in halves.decode("utf-16-le", "replace"))
