"""What elements say by their names: the worth of tags, ids and classes, own and inherited."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from newsarchive.core.clutter.literals import any_literal
from newsarchive.core.pages.blocks import Box

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


#: What each group's words begin with: most names hold none of these, and need not be searched for a group.
_STEMS = {
    "comments": "comment respond disqus repl kommentar",
    "related": "relat recommend more read outbrain taboola popular trend similar latest also",
    "subscribe": "subscri newsletter sign mailchimp donat paywall cookie consent gdpr modal popup overlay",
    "footer": "foot colophon copyright legal disclaim",
    "bio": "author bio about contributor",
    "card": "card teaser tile grid carousel listing item",
    "content": "content article post entry story body text prose rich single",
    "faq": "faq accordion question toggle collaps tab",
}
_GROUP_OF = {stem: group for group, stems in _STEMS.items() for stem in stems.split()}


_STEM = re.compile(any_literal(_GROUP_OF))
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERS = re.compile(r"[\d_-]+")
_LETTERS = re.compile("[a-z]+")

#: Names that are remembered, from page to page; sites share most of theirs.
_REMEMBERED = 50_000


def spelled(name: str) -> str:
    """A class name or id in lower case, its words parted by hyphens.

    >>> spelled("postTitle_main")
    'post-title-main'
    """
    lower = name.lower()
    if lower != name:
        lower = _CAMEL.sub("-", name).lower()
    return lower.replace("_", "-")


@lru_cache(maxsize=_REMEMBERED)
def _read(name: str) -> tuple[Collection[str], int]:
    """The words of one class name or id, and the groups that it names, as bits; none of a long one."""
    return (_words(name), _groups(spelled(name))) if len(name) <= 60 else ((), 0)


def _words(name: str) -> set[str]:
    """The words of one class name or id: the whole of it without its numbers, and its parts."""
    lower = name.lower()
    if name == lower and name.isascii() and name.replace("-", "").replace("_", "").isalnum():
        parts = _LETTERS.findall(name)  # as below, and faster
        out = {part for part in parts if len(part) > 1}
        lower = "-".join(parts)
    else:
        out = {part.lower() for part in _PARTS.findall(name) if len(part) > 1}
        if not name.isalpha():
            lower = _NUMBERS.sub("-", lower).strip("-")
    out.add(lower)
    out.discard("")
    return out


def _groups(name: str) -> int:
    """The groups that one name, as `spelled`, names, as bits."""
    bits, stem = 0, _STEM.search(name)
    while stem:
        group = _GROUP_OF[stem[0]]
        if GROUPS[group].search(name):
            bits |= GROUP_BITS[group]
        stem = _STEM.search(name, stem.start() + 1)
    return bits


def tokens(tag: str, ident: str, names: str) -> list[str]:
    """The words of an element's tag, id and classes: each name whole and in its parts, sorted.

    >>> tokens("div", "", "entry-content postBody2")
    ['<div', 'body', 'content', 'entry', 'entry-content', 'post', 'postbody']
    """
    out = {"<" + tag}
    for name in _names(ident, names):
        out.update(_read(name)[0])
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
        self.single: dict[str, tuple[dict[str, float], int]] = {}

    def facts(self, tag: str, ident: str, names: str) -> tuple[float, int]:
        """(learned score, bits of `GROUPS`); the score is a sum over the square root of the number of
        known words, so that a dozen utility classes do not shout down one telling name."""
        key = (tag, ident, names)
        found = self.known.get(key)
        if found is None:
            if len(self.known) > _REMEMBERED:
                self.known.clear()
            found = self.known[key] = self._facts(*key)
        return found

    def _facts(self, tag: str, ident: str, names: str) -> tuple[float, int]:
        word, bits = "<" + tag, 0
        worth = {word: self.table[word]} if word in self.table else {}
        for name in _names(ident, names):
            found, named = self.single.get(name) or self._single(name)
            worth.update(found)
            bits |= named
        # In order of value, so that the sum does not hang on the order of the words.
        known = sorted(worth.values())
        return (sum(known) / len(known) ** 0.5 if known else 0.0), bits

    def _single(self, name: str) -> tuple[dict[str, float], int]:
        """What the table knows of one name's words, and its groups."""
        if len(self.single) > _REMEMBERED:
            self.single.clear()
        table = self.table
        words, groups = _read(name)
        found = self.single[name] = {w: table[w] for w in words if w in table}, groups
        return found


class BoxFacts:
    """Per box, in document order: its own token score and groups, and what its ancestors add.

    `scores` has a row each for a box's own score, and over it and its ancestors the sum, the lowest, the
    highest, and the sum that fades with distance.
    """

    def __init__(self, boxes: Sequence[Box], names: Names) -> None:
        n = len(boxes)
        nothing = (0.0, 0.0, 0.0, 0.0, 0.0)
        rows: list[tuple[float, float, float, float, float]] = []
        bits, tags, parents = [0] * n, [0] * n, [-1] * n
        known, facts, tag_bits = names.known, names.facts, TAG_BITS
        for i, box in enumerate(boxes):
            tag, up = box.tag, box.parent
            if up is not None:
                parents[i] = up.index
            if box.last <= box.first:
                rows.append(nothing)
                continue
            own, named = known.get((tag, box.ident, box.classes)) or facts(tag, box.ident, box.classes)
            if up is None:
                rows.append((own, own, own, own, own))
                bits[i], tags[i] = named, tag_bits.get(tag, 0)
                continue
            above = up.index
            _, total, low, high, near = rows[above]
            rows.append(
                (own, total + own, own if own < low else low, own if own > high else high, 0.6 * near + own)
            )
            # <body class="..."> names the whole page: it tells no block from another.
            bits[i] = 0 if tag == "body" else bits[above] | named
            tags[i] = tags[above] | tag_bits.get(tag, 0)
        self.parent = np.array(parents, np.int64)
        self.scores = np.fromiter(chain.from_iterable(rows), np.float64, 5 * n).reshape(n, 5).T
        self.bits, self.tags = np.array(bits, np.int64), np.array(tags, np.int64)
