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
MAX_HTML = 20_000_000

#: Open elements at once. Browsers nest 512 deep; a tree builder's time grows with the square of this.
MAX_DEPTH = 1000

_TAG = re.compile(
    r"<(/?)(?!/?(?:p|li|d[dt]|t[rdh]|option|br|img|hr|input|meta|link|wbr|source|area|base|col)\b)[a-z]", re.I
)


@lru_cache(maxsize=2)
def parse(html_text: str) -> LexborHTMLParser:
    """The tree of a page. Kept for the next call: several questions are asked of one page."""
    return LexborHTMLParser(bounded(html_text))


def bounded(html_text: str) -> str:
    """The page as far as a tree builder can read it in reasonable time and memory."""
    html_text = html_text[:MAX_HTML]
    if html_text.count("<") <= MAX_DEPTH:
        return html_text
    depth = 0
    for match in _TAG.finditer(html_text):
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > MAX_DEPTH:
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
