"""Reads the line in which a copy says what the original's headline was: "（原标题：老磨坊关闭）".

Portals give the articles of others a headline of their own, and print the first one above or below the text. The words
are in `data/metadata/houses.toml`; those of other languages stand before the titles of films and books as often ("Titre
original"), and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from newsarchive import compiled
from newsarchive.core.metadata import dates
from newsarchive.core.metadata.claims import Claim
from newsarchive.core.metadata.sources import Place, Source
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Characters of such a line; a longer one is text.
MAX_LINE_CHARS = 200
#: Characters of a headline; a shorter text is none.
MIN_HEADLINE_CHARS = 4
#: Blocks that are searched; later ones are not.
MAX_BLOCKS = 3000
#: Each of the words holds one of these. Few pages do, and no other page is read.
_SIGNS = ("题", "題")
_BRACKETS = {"(": ")", "（": "）", "[": "]", "【": "】"}
_QUOTES = {"《": "》", "“": "”", '"': '"', "「": "」"}


def original_headline(line: str, rules: Rules) -> str:
    """The headline that a line says the original had; "" for any other line.

    >>> from newsarchive.rules import default
    >>> [original_headline(t, default()) for t in ("（原标题：老磨坊关闭）", "（原题为《老磨坊“关闭”》）", "原标题是记者写的")]
    ['老磨坊关闭', '老磨坊“关闭”', '']
    """
    text = _without_pair(line.strip(), _BRACKETS) if len(line) <= MAX_LINE_CHARS else ""
    match = _opening(rules).match(text)
    found = _without_pair(text[match.end() :].strip(), _QUOTES) if match else ""
    return found if len(found) >= MIN_HEADLINE_CHARS else ""


def claims(blocks: Sequence[Block], rules: Rules) -> Iterator[Claim]:
    """The claim for the alternative headline that the first such line of a page's text makes."""
    texts = (block.text for block in islice(blocks, MAX_BLOCKS) if any(sign in block.text for sign in _SIGNS))
    lines = (line for text in texts for line in text.split("\n"))
    found = (text for line in lines if (text := original_headline(line, rules)))
    yield from (Claim("alternative_headline", text, Source(Place.TEXT)) for text in islice(found, 1))


def _without_pair(text: str, pairs: dict[str, str]) -> str:
    """A text without the pair of signs around it."""
    closing = pairs.get(text[:1])
    return text[1:-1].strip() if closing and text.find(closing) == len(text) - 1 else text


@lru_cache(maxsize=8)
def _opening(rules: Rules) -> re.Pattern[str]:
    """Matches the words for an original headline, with a colon or before a quotation."""
    words = dates.any_of(rules.metadata.get("houses", {}).get("original_headline", {}).get("words", []))
    quotes = "".join(map(re.escape, _QUOTES))
    return compiled.regex(rf"(?:{words})[为為是]?\s?(?:[:：]\s?|(?=[{quotes}]))", re.IGNORECASE)
