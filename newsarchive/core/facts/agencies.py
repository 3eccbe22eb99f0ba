"""News agencies that a text names as where it is from: "Quelle: dpa", "BERLIN (dpa) –", "… (AFP)".

Only agencies of the list count (`data/metadata/bylines.toml`): what else stands behind "Source:" is the source of a
picture or a figure as often as of the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from newsarchive.core.facts.claims import Claim
from newsarchive.core.facts.sources import Place, Source
from newsarchive.core.text.normalise import key
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Blocks that are of a picture, or of something else.
_NOT = frozenset(["caption", "related", "comments", "advert", "consent"])
#: How many paragraphs may open with a dateline, and how far into them the agency stands, in characters.
_FIRST, _DATELINE = 3, 60
#: Longest line that is a label and an agency, in characters, and most blocks looked at.
_LINE, _MOST = 80, 400
_OPENS = re.compile(r"[^()]{0,40}\(([^()]{2,30})\)\s*[-–—:]")
_CLOSES = re.compile(r"\(([^()]{2,30})\)\W{0,2}$")
_PARTS = re.compile(r"\s*[/,;&+]\s*")


def claims(blocks: Sequence[Block], rules: Rules) -> Iterator[Claim]:
    """The agencies that the blocks below the headline name, each once."""
    seen: set[str] = set()
    paragraphs = 0
    for block in blocks[:_MOST]:
        if block.label in _NOT or block.kind == "caption":
            continue
        paragraphs += len(block.text) > _LINE
        for name in _named(block.text, paragraphs <= _FIRST, rules):
            if key(name) not in seen:
                seen.add(key(name))
                yield Claim("authors", name, Source(Place.AGENCY))


def _named(text: str, first: bool, rules: Rules) -> Iterator[str]:
    """The agencies that one block names as its source."""
    if len(text) <= _LINE and ":" in text:
        label, rest = text.split(":", 1)
        if label.strip().casefold() in _labels(rules):
            yield from _of(rest, rules)
    if first and "(" in text[:_DATELINE] and (match := _OPENS.match(text[: _DATELINE + 30])):
        yield from _of(match[1], rules)
    if text[-2:].rstrip(' ."”').endswith(")") and (match := _CLOSES.search(text[-40:])):
        yield from (name for name in _of(match[1], rules) if key(name) not in _ambiguous(rules))


def _of(text: str, rules: Rules) -> list[str]:
    """The agencies in "dpa/lby", "AFP, Reuters"."""
    return [part for part in _PARTS.split(text.strip(" .")) if key(part) in _agencies(rules)]


@lru_cache(maxsize=8)
def _labels(rules: Rules) -> frozenset[str]:
    return frozenset(w for row in rules.metadata.get("bylines", {}).get("source", {}).values() for w in row)


@lru_cache(maxsize=8)
def _agencies(rules: Rules) -> frozenset[str]:
    return frozenset(map(key, rules.metadata.get("bylines", {}).get("agency", {}).get("words", [])))


@lru_cache(maxsize=8)
def _ambiguous(rules: Rules) -> frozenset[str]:
    return frozenset(map(key, rules.metadata.get("bylines", {}).get("ambiguous", {}).get("words", [])))
