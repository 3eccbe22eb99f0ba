"""Tells what the link of a heading says: the site's name leads home, a headline to its own page, a teaser to another post."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from newsarchive.core.metadata.elements import Mark, absolute, text_of, upwards
from newsarchive.core.text.dates import date_text
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import parts_of, same_site, try_normalise, url_key
from newsarchive.rules import Rules

_HOST = re.compile(r"^(?:https?:)?//[^/?#]+")
#: The file of a folder's own page, at the end of an address without query.
INDEX_FILE = re.compile(r"(?:(?<=/)|^)index\.(?:html?|php)$", re.IGNORECASE)
#: Elements that may hold the headline.
TITLE_TAGS = frozenset(["h1", "h2", "h3"])
#: Ancestors of a heading among which the link around it is looked for.
MAX_LINK_ANCESTORS = 3


def leads_home(node: LexborNode, url: str) -> bool:
    """Whether a heading of the page at `url` is a link to the home page, or is inside one, as the site's name is in many themes."""
    link, parent = node.css_first("a[href]"), node.parent
    if link is None and parent is not None and parent.tag == "a" and parent.attributes.get("href"):
        link = parent if text_of(parent) == text_of(node) else None
    reference = (link.attributes.get("href") or "").strip() if link is not None else ""
    if link is None or not reference:  # an empty address is that of the page itself
        return False
    folder = INDEX_FILE.sub("", reference)
    if _HOST.sub("", folder) not in ("/", "", "./"):
        return holds(folder, url) and text_of(link) == text_of(node)
    # In a copy of a site a headline links to its own folder: "index.html" in "/2013/the-ferry/". "/blog/?p=5" is a
    # post in "/blog/".
    page, own = parts_of(url), INDEX_FILE.sub("", parts_of(url).path)
    is_folder = own.endswith("/") and len(own) > 1 and not page.query
    return not is_folder or parts_of(absolute(folder or "./", url)).path != own


def has_headline(marks: Sequence[Mark], title: str) -> bool:
    """Whether a heading is half of `<title>` or more. Without one, the headline may be a heading that leads away, as on a blog that
    comments on others' pages."""
    whole = key(title)
    texts = (key(text_of(mark.node)) for mark in marks if mark.tag in TITLE_TAGS)
    return any(text and text in whole and 2 * len(text) >= len(whole) for text in texts)


def leads_away(node: LexborNode, title: str, url: str) -> bool:
    """Whether a heading is a link to another site and has words that `<title>` lacks: the name of the firm over its blog."""
    link = node.css_first("a[href]")
    address = absolute(link.attributes.get("href") or "", url) if link is not None else ""
    if link is None or not parts_of(address).hostname or same_site(address, url):
        return False
    return text_of(link) == text_of(node) and key(text_of(node)) not in key(title)


def leads_to_other_post(node: LexborNode, title: str, url: str) -> bool:
    """Whether a heading is a link to another page of the site, below its folders, and has words that `<title>` lacks: the headline of
    another post, below one that has none."""
    link = node.css_first("a[href]")
    around = (
        up for up in upwards(node.parent, MAX_LINK_ANCESTORS) if up.tag == "a" and up.attributes.get("href")
    )
    link = next(around, None) if link is None else link if text_of(link) == text_of(node) else None
    reference = (link.attributes.get("href") or "").strip() if link is not None else ""
    if not reference or reference.startswith("#"):
        return False
    own, other = try_normalise(url), try_normalise(reference, url)
    if own is None or other is None or url_key(own) == url_key(other) or not same_site(other, url):
        return False
    return parts_of(other).path.strip("/") != "" and key(text_of(node)) not in key(title)


def leads_here(node: LexborNode, url: str, rules: Rules) -> bool:
    """Whether a heading is a link to the page that holds it, as the headline of a post is in many themes. Its day is such a link too, and
    is none, nor is a link to a part of the page: "#comments"."""
    link = node.css_first("a[href]")
    reference = (link.attributes.get("href") or "").strip() if link is not None else ""
    if link is None or not reference or "#" in reference or text_of(link) != text_of(node):
        return False
    own, other = try_normalise(url), try_normalise(reference, url)
    if own is None or other is None or url_key(own) != url_key(other):
        return False
    text = text_of(link, inline=True)
    return len(date_text(text, rules)) < len(text) / 2


def holds(reference: str, url: str) -> bool:
    """Whether a link leads to the folder of a blog, with the page two or more folders below it: "/harbour/" from
    "/harbour/2013/the-ferry". The last part of the page's address is no number: "/the-ferry/page/2" is a part of a post."""
    folder, own = parts_of(absolute(reference, url)), parts_of(url)
    is_folder = folder.path.endswith("/") and not folder.query and own.path.startswith(folder.path)
    below = own.path.removeprefix(folder.path).strip("/").split("/") if is_folder else []
    return len(below) > 1 and not below[-1].isdigit() and same_site(folder.geturl(), url)
