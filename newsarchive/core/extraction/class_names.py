"""What elements say by their names: the worth of tags, ids and classes, own and inherited."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from newsarchive.core.html.blocks import Box
from newsarchive.core.text.patterns import any_literal

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

#: How the topics of a post are named in its classes, by WordPress' `post_class`.
_TOPICS = ("category-", "tag-")
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
_DIGIT = re.compile("[0-9]")
_LETTERS = re.compile("[a-z]{2,}")
#: What a group may go on from behind a hyphen, "read-more": such a name is searched whole.
_GO_ON = ("more", "read", "sign", "rich")
_GOES_ON = 1 << len(GROUPS)

#: Longer names, in characters, say nothing.
_LONGEST = 60

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


def _words(name: str) -> set[str]:
    """The words of a class name or id: the whole of it without its numbers, and its parts; none of a long one."""
    if len(name) > _LONGEST:
        return set()
    out = {part.lower() for part in _PARTS.findall(name) if len(part) > 1}
    out.add(_whole(name))
    out.discard("")
    return out


def _whole(name: str) -> str:
    lower = name.lower()
    return lower if name.isalpha() else _NUMBERS.sub("-", lower).strip("-")


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
        out.update(_words(name))
    return sorted(out)


def telling(names: Sequence[str]) -> Sequence[str]:
    """The classes of an element that say which part of the page it is. WordPress sets the topics of a post on
    the post, and Blogger calls its posts a widget: neither is one.

    >>> telling(["post", "hentry", "category-newsletter", "tag-comments"])
    ['post', 'hentry']
    >>> telling(["widget", "Blog"]), telling(["widget", "HTML"])
    (['Blog'], ['widget', 'HTML'])
    """
    if "hentry" in names or "status-publish" in names:
        return [name for name in names if not name.startswith(_TOPICS)]
    if "widget" in names and "Blog" in names:
        return [name for name in names if name != "widget"]
    return names


def _names(ident: str, names: str) -> list[str]:
    return [*ident.split()[:1], *telling(names.split())[:_MOST_NAMES]]


class Names:
    """What elements are worth by their tag, id and classes: a learned table, and the hand-made groups.

    Keeps what it has worked out, as pages of a site share their names.
    """

    def __init__(self, table: Mapping[str, float]) -> None:
        self.table = table
        self.known: dict[tuple[str, str, str], tuple[float, int]] = {}
        self.single: dict[str, tuple[dict[str, float], int]] = {}
        self.parts: dict[str, tuple[dict[str, float], int, str]] = {}

    def facts(self, tag: str, ident: str, names: str) -> tuple[float, int]:
        """(learned score, bits of `GROUPS`); the score is a sum over the square root of the number of
        known words, so that a dozen utility classes do not shout down one telling name."""
        known, key = self.known, (tag, ident, names)
        found = known.get(key)
        if found is None:
            if len(known) > _REMEMBERED:
                known.clear()
            # "post-7123" says what "post-7124" says
            alike = (tag, _DIGIT.sub("0", ident), _DIGIT.sub("0", names))
            found = known.get(alike) or self._facts(*alike)
            known[key] = known[alike] = found
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
        """What the table knows of one name's words, and its groups. Most names are parts that others have too,
        in small letters."""
        if len(self.single) > _REMEMBERED:
            self.single.clear()
        table, bits = self.table, 0
        worth: dict[str, float] = {}
        if len(name) > _LONGEST or name != name.lower():
            worth = {w: table[w] for w in _words(name) if w in table}
            bits = _groups(spelled(name)) if len(name) <= _LONGEST else 0
        else:
            dashed, parts = name.replace("_", "-"), []
            for part in dashed.split("-"):
                found, named, plain = self.parts.get(part) or self._part(part)
                worth.update(found)
                bits |= named
                if plain:
                    parts.append(plain)
            if bits & _GOES_ON:
                bits = _groups(dashed)
            if (whole := "-".join(parts)) in table:
                worth[whole] = table[whole]
        self.single[name] = worth, bits
        return worth, bits

    def _part(self, part: str) -> tuple[dict[str, float], int, str]:
        """The same of a part of a name, between hyphens, and the part without its numbers."""
        if len(self.parts) > _REMEMBERED:
            self.parts.clear()
        table = self.table
        bits = _groups(part) | _GOES_ON * part.endswith(_GO_ON)
        worth = {w: table[w] for w in _LETTERS.findall(part) if w in table}
        found = self.parts[part] = worth, bits, _whole(part)
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
