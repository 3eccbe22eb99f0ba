"""What elements say by their names: the worth of tags, ids and classes, own and inherited."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from newsarchive.core.blocks import Box

#: Hand-made groups: words of ids and classes that name a part of a page, in many themes alike.
GROUPS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "comments": r"comment|respond|disqus|repl(y|ies)|kommentar",
        "related": r"relat|recommend|more.?(stor|from|on|news)|read.?(next|more)|outbrain|taboola|popular|trend"
        r"|similar|latest|also",
        "subscribe": r"subscri|newsletter|sign.?up|mailchimp|donat|paywall|cookie|consent|gdpr|modal|popup|overlay",
        "footer": r"foot|colophon|copyright|legal|disclaim",
        "bio": r"author|bio\b|about|contributor",
        "card": r"card|teaser|tile|grid|carousel|listing|item\b",
        "content": r"content|article|post\b|entry|story|body|text|prose|rich.?text|single",
        "faq": r"faq|accordion|question|toggle|collaps|tab\b",
    }.items()
}
GROUP_BITS = {name: 1 << i for i, name in enumerate(GROUPS)}
#: Elements whose mere presence among the ancestors tells something.
ANCESTORS = ("article", "main", "figure", "table", "p", "ul")
TAG_BITS = {tag: 1 << i for i, tag in enumerate(ANCESTORS)}
_PARTS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*")

#: How many class and id names of one element are read.
_MOST_NAMES = 12


_ANY_GROUP = re.compile("|".join(f"(?:{p.pattern})" for p in GROUPS.values()))
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERS = re.compile(r"[\d_-]+")


@lru_cache(maxsize=32_768)
def _name(name: str) -> tuple[tuple[str, ...], int]:
    """The words of one class name or id, and the groups that it names, as bits."""
    if len(name) > 60:
        return (), 0
    spelled = _CAMEL.sub("-", name).replace("_", "-").lower()
    bits = 0
    if _ANY_GROUP.search(spelled):
        bits = sum(bit for group, bit in GROUP_BITS.items() if GROUPS[group].search(spelled))
    out = {_NUMBERS.sub("-", name.lower()).strip("-")}
    out.update(part.lower() for part in _PARTS.findall(name) if len(part) > 1)
    out.discard("")
    return tuple(out), bits


def tokens(tag: str, ident: str, names: str) -> list[str]:
    """The words of an element's tag, id and classes: each name whole and in its parts, sorted.

    >>> tokens("div", "", "entry-content postBody2")
    ['<div', 'body', 'content', 'entry', 'entry-content', 'post', 'postbody']
    """
    out = {"<" + tag}
    for name in _names(ident, names):
        out.update(_name(name)[0])
    return sorted(out)


def _names(ident: str, names: str) -> list[str]:
    return [*ident.split()[:1], *names.split()[:_MOST_NAMES]]


class Names:
    """What elements are worth by their tag, id and classes: a learned table, and the hand-made groups.

    Keeps what it has worked out, as pages of a site share their names.
    """

    def __init__(self, table: Mapping[str, float]) -> None:
        self.table = table
        self.known: dict[tuple[str, str, str], tuple[float, int]] = {}

    def facts(self, tag: str, ident: str, names: str) -> tuple[float, int]:
        """(learned score, bits of `GROUPS`); the score is a sum over the square root of the number of
        known words, so that a dozen utility classes do not shout down one telling name."""
        key = (tag, ident, names)
        found = self.known.get(key)
        if found is None:
            if len(self.known) > 50_000:
                self.known.clear()
            found = self.known[key] = self._facts(*key)
        return found

    def _facts(self, tag: str, ident: str, names: str) -> tuple[float, int]:
        table, words, bits = self.table, {"<" + tag}, 0
        for name in _names(ident, names):
            found, named = _name(name)
            words.update(found)
            bits |= named
        # In order of value, so that the sum does not hang on the order of the set.
        known = sorted(table[w] for w in words if w in table)
        return (sum(known) / len(known) ** 0.5 if known else 0.0), bits


class BoxFacts:
    """Per box, in document order: its own token score and groups, and what its ancestors add."""

    def __init__(self, boxes: Sequence[Box], names: Names) -> None:
        n = len(boxes)
        self.parent = np.fromiter((b.parent.index if b.parent else -1 for b in boxes), np.int64, n)
        self.own, self.total, self.low, self.high, self.near = ([0.0] * n for _ in range(5))
        self.bits, self.tags = [0] * n, [0] * n
        for box in boxes:
            if box.last > box.first:
                self._add(box, *names.facts(box.tag, box.ident, box.classes))

    def _add(self, box: Box, own: float, bits: int) -> None:
        i = box.index
        self.own[i] = own
        tag = TAG_BITS.get(box.tag, 0)
        if box.parent is None:
            self.total[i] = self.low[i] = self.high[i] = self.near[i] = own
            self.bits[i], self.tags[i] = bits, tag
            return
        up = box.parent.index
        self.total[i] = self.total[up] + own
        low, high = self.low[up], self.high[up]
        self.low[i], self.high[i] = own if own < low else low, own if own > high else high
        self.near[i] = 0.6 * self.near[up] + own
        # <body class="..."> names the whole page: it tells no block from another.
        self.bits[i] = 0 if box.tag == "body" else self.bits[up] | bits
        self.tags[i] = self.tags[up] | tag
