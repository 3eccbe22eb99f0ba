"""HTML text → tree, in bounded time, with late-streamed parts put in their places."""

from __future__ import annotations

import json
import re
from collections import deque
from html import escape, unescape

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from newsarchive.exceptions import NotAnArticle
from newsarchive.items import DropReason

#: lexbor takes time in the square of the depth (100,000 nested `<div>` take 9 s), so deeper tags go.
MAX_NESTING = 512
#: Below this number of tags no nesting can hurt; most pages are never looked through.
FEW_TAGS = 10_000
#: Characters of a page that are read; ten million are a 40 times the median page.
MAX_CHARS = 10_000_000

#: Elements that the parser may open anew: it repeats open formatting (`<font color=...>`) in every later
#: paragraph, and 100 KB of such tags would make a tree of gigabytes.
MAX_REOPENED = 300_000
#: Formatting that the author may leave open; more is counted.
OPEN_FORMATTING = 5

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)[^<>]*(/?)>")
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
                   "track", "wbr"])  # fmt: skip
_ENDS_ITSELF = frozenset(["p", "li", "td", "tr", "th", "dt", "dd", "option", "tbody", "thead"])
#: HTML Living Standard, 13.2.4.3: the list of active formatting elements. `<a>` closes the one before it.
_FORMATTING = frozenset(["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
                         "u"])  # fmt: skip
#: Equal tags are opened anew three times at most, those whose attributes differ without end.
#: Most tags begin with another letter, which is seen sooner than that no name fits.
_ATTRIBUTED = re.compile(
    r"<(?=[bcefinstuBCEFINSTU])(?i:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]"
)
_ARTICLE_BODY = re.compile(r'"articleBody"\s*:\s*("(?:[^"\\]|\\.)*")')
_MARKUP = re.compile(r"<[^<>]+>")


class _Trees:
    """The trees of the last few texts. A dictionary would hash each text, which takes as long as a search in it."""

    def __init__(self, most: int) -> None:
        self.kept: deque[tuple[str, LexborHTMLParser]] = deque(maxlen=most)

    def __call__(self, text: str) -> LexborHTMLParser:
        """The tree of a page, for reading only. Kept for the next call: many questions are asked of one page.

        Raises `NotAnArticle` like `fresh`.
        """
        for known, tree in tuple(self.kept):  # which another thread may add to
            if known == text:
                return tree
        tree = fresh(text)
        self.kept.append((text, tree))
        return tree

    def cache_clear(self) -> None:
        self.kept.clear()


parse = _Trees(4)


def fresh(text: str) -> LexborHTMLParser:
    """A tree of the caller's own. What nests deeper than `MAX_NESTING` is moved up, and formatting that would
    multiply is closed.

    Raises `NotAnArticle` where the parser itself gives up, which no page that we know makes it do.
    """
    text = with_addresses(text[:MAX_CHARS])
    tags = text.count("<")
    if tags > FEW_TAGS or (tags > 1000 and tags * len(_ATTRIBUTED.findall(text)) > MAX_REOPENED):
        text = flattened(text)
    try:
        tree = LexborHTMLParser(text)
    except SelectolaxError as error:
        raise NotAnArticle(DropReason.BROKEN, f"the HTML parser gave up: {error}") from error
    _place_streamed(tree)
    return tree


#: What Cloudflare writes for an e-mail address until a script puts it back ("Email Address Obfuscation" in its documentation).
_HIDDEN_ADDRESS = re.compile(
    r"<(a|span)\b[^<>]*\bdata-cfemail=[\"']?((?:[0-9a-fA-F]{2}){4,200})[\"']?[^<>]*>[^<>]*</\1>"
)


def with_addresses(text: str) -> str:
    """The page with the e-mail addresses that a browser shows where Cloudflare wrote `[email protected]`.

    >>> with_addresses('<a class="__cf_email__" data-cfemail="5a3b1a3874393537">[email&#160;protected]</a>')
    'a@b.com'
    """
    return _HIDDEN_ADDRESS.sub(_address, text) if "data-cfemail" in text else text


def _address(match: re.Match[str]) -> str:
    """The first byte is the key that the others are combined with (exclusive or)."""
    key, *hidden = bytes.fromhex(match[2])
    shown = bytes(byte ^ key for byte in hidden).decode("utf-8", "replace")
    return escape(shown, quote=False) if "@" in shown else match[0]


def flattened(text: str) -> str:
    """The text without the tags that lie deeper than `MAX_NESTING`, and without formatting once so much of
    it is open that it would multiply; unchanged where there is neither.

    Depth is counted roughly, from start and end tags, with the end tags that HTML lets authors leave
    out taken as given.
    """
    depth, at, out, reopened = 0, 0, [], 0
    formatting: list[str] = []
    for match in _TAG.finditer(text):
        closing, name, void = match[1], match[2].lower(), match[3]
        if name in _FORMATTING:
            if not closing and (reopened > MAX_REOPENED or len(formatting) >= MAX_NESTING):
                out.append(text[at : match.start()])
                at = match.end()
                continue
            _count(formatting, name, bool(closing))
        elif not closing and formatting:
            reopened += max(0, len(formatting) - OPEN_FORMATTING)
            if reopened > MAX_REOPENED:
                out += [text[at : match.start()], *(f"</{name}>" for name in reversed(formatting))]
                at = match.start()
                formatting.clear()
        if void or name in _VOID or name in _ENDS_ITSELF:
            continue
        if not closing:
            depth += 1
        if depth > MAX_NESTING:
            out.append(text[at : match.start()] + " ")
            at = match.end()
        if closing:
            depth = max(0, depth - 1)
    return "".join([*out, text[at:]]) if out else text


def _count(formatting: list[str], name: str, closing: bool) -> None:
    """Keep the list of open formatting elements."""
    if not closing:
        if name != "a" or "a" not in formatting:
            formatting.append(name)
    elif name in formatting:
        del formatting[len(formatting) - 1 - formatting[::-1].index(name)]


def _place_streamed(tree: LexborHTMLParser) -> None:
    """React streams late parts as `<div hidden id="S:1">` and moves them over `<template id="B:1">` by
    script: do the same, and show them."""
    for part in tree.css('[hidden][id^="S:"]')[:500]:
        number = (part.id or "")[2:]
        part.attrs["hidden"] = ""
        del part.attrs["hidden"]
        if not re.fullmatch(r"[0-9a-z]{1,6}", number):
            continue
        place = tree.css_first(f'template[id="B:{number}"],template[id="P:{number}"]')
        if place is not None:
            place.insert_before(part)  # a copy
            part.decompose()


def declared_body(text: str) -> str:
    """The text of the page's JSON-LD `articleBody`, the longest if there are several, tags removed;
    "" for none. Read by pattern, so that one broken script costs nothing."""
    if '"articleBody"' not in text:
        return ""
    best = max((m[1] for m in _ARTICLE_BODY.finditer(text)), key=len, default='""')
    try:
        body = json.loads(best, strict=False)
    except ValueError:
        return ""
    return _MARKUP.sub("\n", unescape(body)) if "<" in body or "&" in body else str(body)
