"""A tree's links with their surroundings: the little that feeds, links and pages of an archive share."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.urls import try_normalise


def attributes(node: LexborNode) -> dict[str, str]:
    """A node's attributes with lower-case names; "" for one without a value."""
    return {name.lower(): value or "" for name, value in node.attributes.items()}


def base_of(tree: LexborHTMLParser, base_url: str) -> str:
    """What relative links are resolved against: the page's `<base href>`, else its own URL."""
    node = tree.css_first("base[href]")
    href = (node.attributes.get("href") or "").strip() if node else ""
    return (try_normalise(href, base_url) if href else None) or base_url
