"""What elements say by their names: `<div class="entry-content">` holds the article, `class="related-posts"` does not.

Each word of a tag, a class or an id has a learned worth, and hand-made groups name the parts of a page. A box has the
worth of its own names and of those of the boxes around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from newsarchive.core.html.boxes import Box

#: Group → the words of ids and classes that name this part of a page in many themes.
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
#: Matches in a name that is in any group; most are in none.
_ANY_GROUP = re.compile("|".join(pattern.pattern for pattern in GROUPS.values()))
#: Group → the bit that stands for it.
GROUP_BITS = {name: 1 << i for i, name in enumerate(GROUPS)}
#: Elements whose presence among the ancestors of a block tells something about it.
ANCESTORS = ("article", "main", "figure", "table", "p", "ul")
#: Element → the bit that stands for it.
TAG_BITS = {tag: 1 << i for i, tag in enumerate(ANCESTORS)}
_PARTS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*")

#: What the classes begin with that WordPress and Ghost make of a post's topics.
_TOPICS = ("category-", "tag-")
#: The same with its author, whom Squarespace and some plug-ins add.
_TOPICS_AND_AUTHOR = (*_TOPICS, "author-")
#: What the classes begin with that Ghost's editor gives to parts of the text: notes, answers that open, products, pictures.
#: Its boxes that ask for something are known by `platforms/ghost.toml`.
_CARDS_OF_TEXT = ("kg-card", "kg-callout", "kg-toggle", "kg-product", "kg-image", "kg-gallery", "kg-embed")
#: Classes of an element that are read; later ones are not.
_MAX_CLASSES = 12
#: Characters of a name. A longer name says nothing, and is in no group.
_MAX_NAME_CHARACTERS = 60
#: Names that are remembered from page to page, because the pages of a site share most of theirs; of further ones the
#: latest are. A process that read 400 real pages of as many sites had 153 MB at most, and 178 with 50,000 names, in the
#: same CPU time.
_MAX_REMEMBERED_NAMES = 10_000

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERS = re.compile(r"[\d_-]+")
_DIGIT = re.compile("[0-9]")
_LETTERS = re.compile("[a-z]{2,}")
#: Blocks of a form as a share of the page's. From here on the form is the page itself, as ASP.NET makes it, and asks for nothing:
#: it is 1.0 on 14 of 665 pages of 2005 to 2012, and 0.71 and 0.92 on two.
MIN_SHARE_OF_PAGE_FORM = 0.6
#: Parts of a name with which a group's words may go on behind a hyphen, "read-more": such a name is searched whole.
_OPEN_ENDS = ("more", "read", "sign", "rich")
#: The bit of a part that ends so.
_OPEN_END_BIT = 1 << len(GROUPS)


def spelled(name: str) -> str:
    """A class name or id in lower case, with hyphens between its words.

    >>> spelled("postTitle_main")
    'post-title-main'
    """
    lower = name.lower()
    if lower != name:
        lower = _CAMEL.sub("-", name).lower()
    return lower.replace("_", "-")


def _words(name: str) -> set[str]:
    """The words of a class name or id: its parts, and the whole name without its numbers; none of a long name."""
    if len(name) > _MAX_NAME_CHARACTERS:
        return set()
    out = {part.lower() for part in _PARTS.findall(name) if len(part) > 1}
    out.add(_whole(name))
    out.discard("")
    return out


def _whole(name: str) -> str:
    lower = name.lower()
    return lower if name.isalpha() else _NUMBERS.sub("-", lower).strip("-")


def _groups(name: str) -> int:
    """The groups of a name, which is given as by `spelled`, as bits."""
    if _ANY_GROUP.search(name) is None:
        return 0
    return sum(GROUP_BITS[group] for group, pattern in GROUPS.items() if pattern.search(name))


def tokens(tag: str, ident: str, names: str) -> list[str]:
    """The words of an element's tag, id and classes, sorted: each name whole and in parts.

    >>> tokens("div", "", "entry-content postBody2")
    ['<div', 'body', 'content', 'entry', 'entry-content', 'post', 'postbody']
    """
    out = {"<" + tag}
    for name in _names(ident, names):
        out.update(_words(name))
    return sorted(out)


@lru_cache(maxsize=16_384)
def telling(classes: str) -> tuple[str, ...]:
    """The classes of an element that say which part of the page it is.

    WordPress, Ghost and Squarespace set the topics and the author of a post on the post, Ghost's editor calls a note inside
    the text a callout on a card, and Blogger calls its list of posts a widget: such classes say nothing about the part of
    the page, and are left out.

    >>> telling("post hentry category-newsletter tag-comments")
    ('post', 'hentry')
    >>> telling("kg-card kg-callout-card kg-width-wide")
    ('kg-width-wide',)
    >>> telling("widget Blog"), telling("widget HTML")
    (('Blog',), ('widget', 'HTML'))
    """
    names = tuple(classes.split())
    left_out: tuple[str, ...] = ()
    if "hentry" in names or "status-publish" in names:
        left_out = _TOPICS_AND_AUTHOR
    elif "post" in names:
        left_out = _TOPICS
    elif "kg-" in classes and any(name.startswith("kg-") for name in names):
        left_out = _CARDS_OF_TEXT
    elif "widget" in names and "Blog" in names:
        return tuple(name for name in names if name != "widget")
    return tuple(name for name in names if not name.startswith(left_out)) if left_out else names


def is_page_form(box: Box, blocks: int) -> bool:
    """Whether a box is a form around the page, which has this many blocks. Its name says nothing of the text inside."""
    return box.tag == "form" and box.last - box.first >= MIN_SHARE_OF_PAGE_FORM * blocks


def _names(ident: str, names: str) -> list[str]:
    return [*ident.split()[:1], *telling(names)[:_MAX_CLASSES]]


class Names:
    """The worth of elements by their tag, id and classes. `table` is the learned worth of words in nats.

    What is worked out is remembered, because the pages of a site share their names.
    """

    def __init__(self, table: Mapping[str, float]) -> None:
        self.table = table
        remembered = lru_cache(maxsize=_MAX_REMEMBERED_NAMES)
        self._single, self._part = remembered(self._worth_of_name), remembered(self._worth_of_part)
        alike = remembered(self._worth_of)
        #: Gives what `_worth_of` gives. "post-7123" says what "post-7124" says.
        self.worth_of = remembered(
            lambda tag, ident, names: alike(tag, _DIGIT.sub("0", ident), _DIGIT.sub("0", names))
        )

    def _worth_of(self, tag: str, ident: str, names: str) -> tuple[float, int]:
        """(score, bits of `GROUPS`) of an element. The score is the sum of the worth of its known words over the square
        root of their number, so that a dozen utility classes do not outweigh one telling name."""
        word, bits = "<" + tag, 0
        worth = {word: self.table[word]} if word in self.table else {}
        for name in _names(ident, names):
            found, named = self._single(name)
            worth.update(found)
            bits |= named
        # In order of value, so that the sum does not depend on the order of the words.
        known = sorted(worth.values())
        return (sum(known) / len(known) ** 0.5 if known else 0.0), bits

    def _worth_of_name(self, name: str) -> tuple[dict[str, float], int]:
        """The worth of the words of a name, and the groups of the name. Most names are in lower case and made of parts
        that other names have too, so that the parts are remembered."""
        table, bits = self.table, 0
        if len(name) > _MAX_NAME_CHARACTERS or name != name.lower():
            bits = _groups(spelled(name)) if len(name) <= _MAX_NAME_CHARACTERS else 0
            return {w: table[w] for w in _words(name) if w in table}, bits
        worth: dict[str, float] = {}
        dashed, parts = name.replace("_", "-"), []
        for part in dashed.split("-"):
            found, named, plain = self._part(part)
            worth.update(found)
            bits |= named
            if plain:
                parts.append(plain)
        if bits & _OPEN_END_BIT:
            bits = _groups(dashed)
        if (whole := "-".join(parts)) in table:
            worth[whole] = table[whole]
        return worth, bits

    def _worth_of_part(self, part: str) -> tuple[dict[str, float], int, str]:
        """The same of a part of a name between hyphens, and the part without its numbers."""
        bits = _groups(part) | _OPEN_END_BIT * part.endswith(_OPEN_ENDS)
        worth = {w: self.table[w] for w in _LETTERS.findall(part) if w in self.table}
        return worth, bits, _whole(part)


class BoxNames:
    """The scores and groups of all boxes of a page by their names, in document order.

    `scores` has five rows with a column for each box: the box's own score and, over the box and its ancestors, the sum,
    the lowest, the highest, and the sum that fades with distance. `bits` are the groups of a box and its ancestors,
    `tags` the `ANCESTORS` among them, `parent` the place of the box around it, -1 for none.
    """

    def __init__(self, boxes: Sequence[Box], names: Names) -> None:
        n = len(boxes)
        nothing = (0.0, 0.0, 0.0, 0.0, 0.0)
        rows: list[tuple[float, float, float, float, float]] = []
        bits, tags, parents = [0] * n, [0] * n, [-1] * n
        worth_of, tag_bits = names.worth_of, TAG_BITS
        blocks = max((box.last for box in boxes), default=0)
        for i, box in enumerate(boxes):
            tag, up = box.tag, box.parent
            if up is not None:
                parents[i] = up.index
            if box.last <= box.first:
                rows.append(nothing)
                continue
            if tag == "form" and is_page_form(box, blocks):
                tag = "div"
            own, named = worth_of(tag, box.ident, box.classes)
            if up is None:
                rows.append((own, own, own, own, own))
                bits[i], tags[i] = named, tag_bits.get(tag, 0)
                continue
            above = up.index
            _, total, low, high, near = rows[above]
            low, high = own if own < low else low, own if own > high else high
            rows.append((own, total + own, low, high, 0.6 * near + own))
            # <body class="..."> names the whole page: it tells no block from another.
            bits[i] = 0 if tag == "body" else bits[above] | named
            tags[i] = tags[above] | tag_bits.get(tag, 0)
        self.parent = np.array(parents, np.int64)
        self.scores = np.fromiter(chain.from_iterable(rows), np.float64, 5 * n).reshape(n, 5).T
        self.bits, self.tags = np.array(bits, np.int64), np.array(tags, np.int64)
