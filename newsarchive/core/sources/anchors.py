"""HTML → links with their surroundings: the little that feeds, links and pages of an archive share.

Parsed with lexbor through selectolax, in time linear in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.urls import try_normalise

#: More of a page is not looked at for links.
MAX_HTML = 10_000_000

#: Open elements at once. Browsers nest 512 deep; a tree builder's time grows with the square of this.
MAX_DEPTH = 1000
#: Elements that a tree builder may add by itself: it opens every unclosed <b>, <font> … anew in each
#: paragraph, so that 100 KB of them become 4 GB of tree.
MAX_REOPENED = 300_000

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.I)
_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
#: Elements that have no end tag or may do without it; they do not deepen the tree.
_FLAT = frozenset(
    ["p", "li", "dd", "dt", "tr", "td", "th", "option", "tbody", "thead", "br", "img", "hr", "input", "meta", "link",
     "wbr", "source", "area", "base", "col", "embed", "track", "param"]
)  # fmt: skip


@lru_cache(maxsize=2)
def parse(html_text: str) -> LexborHTMLParser:
    """The tree of a page. Kept for the next call: several questions are asked of one page."""
    return LexborHTMLParser(bounded(html_text))


def bounded(html_text: str) -> str:
    """The page as far as a tree builder can read it in reasonable time and memory."""
    html_text = html_text[:MAX_HTML]
    if html_text.count("<") <= 500:
        return html_text
    depth = formatting = reopened = 0
    for match in _TAG.finditer(html_text):
        name = match[2].lower()
        step = -1 if match[1] else 1
        formatting = max(0, formatting + step * (name in _FORMATTING))
        depth = max(0, depth + step * (name not in _FLAT))
        if step > 0 and name not in _FORMATTING:
            reopened += max(0, formatting - 5)  # a handful is the author's, and harmless
        if depth > MAX_DEPTH or reopened > MAX_REOPENED:
            return html_text[: match.start()]
    return html_text


def attributes(node: LexborNode) -> dict[str, str]:
    """A node's attributes with lower-case names; "" for one without a value."""
    return {name.lower(): value or "" for name, value in node.attributes.items()}


def base_of(tree: LexborHTMLParser, base_url: str) -> str:
    """What relative links are resolved against: the page's `<base href>`, else its own URL."""
    node = tree.css_first("base[href]")
    href = (node.attributes.get("href") or "").strip() if node else ""
    return (try_normalise(href, base_url) if href else None) or base_url


def ancestors(node: LexborNode, limit: int = 12) -> Iterator[LexborNode]:
    """The nodes around a node, nearest first; bounded, so that deep nesting costs no more than breadth."""
    parent = node.parent
    while parent is not None and limit > 0 and parent.tag not in ("html", "body"):
        yield parent
        parent, limit = parent.parent, limit - 1
