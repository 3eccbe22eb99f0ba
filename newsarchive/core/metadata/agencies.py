"""Reads the agencies that a page names beside its authors: "Quelle: dpa" and "BERLIN (dpa) –" name one.

Only the agencies listed in `data/metadata/bylines.toml` count, because "Source:" often stands before the source of a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsarchive.core.metadata import byline_words
from newsarchive.core.metadata.claims import Claim, Place, Source
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Labels of blocks in which no agency is looked for.
_NO_AGENCY_LABELS = frozenset(["caption", "related", "comments", "advert", "consent"])
#: Paragraphs of the text that may begin with a dateline; datelines in later ones are not read.
MAX_DATELINE_PARAGRAPHS = 3
#: Characters at the start of a paragraph; an agency in brackets after them belongs to no dateline.
MAX_DATELINE_CHARS = 60
#: Characters of a line that consists of a label and an agency; a longer block is a paragraph.
MAX_SOURCE_LINE_CHARS = 80
#: Blocks in which agencies are looked for; later ones are not read.
MAX_AGENCY_BLOCKS = 400
_OPENING_AGENCY = re.compile(r"[^()]{0,40}\(([^()]{2,30})\)\s*[-–—:]")
_CLOSING_AGENCY = re.compile(r"\(([^()]{2,30})\)\W{0,2}$")
_PARTS = re.compile(r"\s*[/,;&+]\s*")


def claims(blocks: Sequence[Block], rules: Rules) -> Iterator[Claim]:
    """The agencies that the blocks below the headline name, each once."""
    seen: set[str] = set()
    paragraphs = 0
    for block in blocks[:MAX_AGENCY_BLOCKS]:
        if block.label in _NO_AGENCY_LABELS or block.kind == "caption":
            continue
        paragraphs += len(block.text) > MAX_SOURCE_LINE_CHARS
        for name in _agencies_of(block.text, paragraphs <= MAX_DATELINE_PARAGRAPHS, rules):
            if key(name) not in seen:
                seen.add(key(name))
                yield Claim("authors", name, Source(Place.AGENCY))


def _agencies_of(text: str, may_have_dateline: bool, rules: Rules) -> Iterator[str]:
    """The agencies that the text of one block names after a label, in a dateline, or in brackets at its end."""
    if len(text) <= MAX_SOURCE_LINE_CHARS and ":" in text:
        label, rest = text.split(":", 1)
        if label.strip().casefold() in words_of(rules, "bylines", "source"):
            yield from _agencies_in(rest, rules)
    may_open = may_have_dateline and "(" in text[:MAX_DATELINE_CHARS]
    if may_open and (match := _OPENING_AGENCY.match(text[: MAX_DATELINE_CHARS + 30])):
        yield from _agencies_in(match[1], rules)
    if text[-2:].rstrip(' ."”').endswith(")") and (match := _CLOSING_AGENCY.search(text[-40:])):
        unsure = frozenset(map(key, words_of(rules, "bylines", "ambiguous")))
        yield from (name for name in _agencies_in(match[1], rules) if key(name) not in unsure)


def _agencies_in(text: str, rules: Rules) -> list[str]:
    """The listed agencies in a list such as "AFP, Reuters" or "dpa/lby"."""
    return [part for part in _PARTS.split(text.strip(" .")) if key(part) in byline_words.words(rules).agency]
