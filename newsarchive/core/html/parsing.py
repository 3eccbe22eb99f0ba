"""The text of a page as a tree, in bounded time whatever the page holds.

A page may hold 100,000 nested `<div>` or formatting that is never closed, with which a parser takes minutes or
gigabytes: such tags are taken out first. Parts that a page streams late and moves by script are put in their places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from html import escape
from itertools import islice
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from newsarchive.core.html import printed, shadow, translations
from newsarchive.core.html.markup import BLOCKS
from newsarchive.core.text.normalise import unescape
from newsarchive.core.text.tolerant_json import loads
from newsarchive.core.urls import try_normalise
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import DropReason

#: Open tags around a tag. Deeper tags are taken out and their text is kept, because lexbor takes time in the square of
#: the depth: 9 s for 100,000 nested `<div>`.
MAX_NESTED_TAGS = 512
#: Tags of a page. A page with more is searched for deep nesting; with fewer no nesting can take long.
MAX_UNCHECKED_TAGS = 10_000
#: Tags of a page. With more, formatting with attributes is counted, for it could be opened anew too often.
MAX_UNCOUNTED_TAGS = 1000
#: Attributes of an element. Later ones are not read, because lexbor compares each with all before it: 14 s for 100,000.
MAX_ATTRIBUTES = 500
#: Quotation marks of a page. With more, every tag is searched for attributes.
MAX_UNCHECKED_QUOTES = 20_000
#: `<option>` tags of a page with more than `MAX_UNCHECKED_TAGS` tags. Later ones are taken out and their text is kept,
#: because lexbor takes time in the square of their number: 13 s for 70,000.
MAX_OPTIONS = 2000
#: Characters of a page, 40 times as many as the median page has. What comes later is not read.
MAX_PAGE_CHARACTERS = 10_000_000
#: Tags of a page, seven times as many as the largest of 2,600 real pages has. What comes later is not read: a million links took
#: 2 GB.
MAX_TAGS = 150_000
#: Characters of a tag, `<p>` or `<b>`. In a page that is too short for `MAX_TAGS` of them, tags are not counted.
MIN_TAG_CHARACTERS = 3
#: Elements that the parser opens anew: it repeats open formatting (`<font color=...>`) in every later paragraph. Where
#: there would be more, the formatting is closed; 100 KB of such tags would make a tree of gigabytes.
MAX_REOPENED_ELEMENTS = 300_000
#: Formatting elements that an author may leave open at once. Those beyond are counted as opened anew.
MAX_OPEN_FORMATTING_ELEMENTS = 5
#: Parts of a page that are streamed late. Later ones stay where they stand, hidden.
MAX_STREAMED_PARTS = 500
#: Characters of a base that is written into the links of a page. A longer one would make a tree of gigabytes.
MAX_BASE_CHARACTERS = 500
#: Links of a page that are written with the base of the page. Later ones stay as they are.
MAX_REBASED_LINKS = 20_000
#: Trees that are kept, each with the text that it was made from: that of the page, and that of a text beside it, as a feed gives
#: one. A page is looked at and read in one go, so that more are never asked for; a tree takes 1 to 3 MB.
MAX_KEPT_TREES = 2
#: Characters of the texts whose trees are kept. With more, the oldest trees go, so that large pages take no gigabyte.
MAX_KEPT_CHARACTERS = 5_000_000

#: The beginning of a reference that is relative to nothing.
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)[^<>]*>")
#: Elements without content and without an end tag.
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
                   "track", "wbr"])  # fmt: skip
#: Elements that HTML lets authors leave open.
_ENDS_ITSELF = frozenset(["p", "li", "td", "tr", "th", "dt", "dd", "option", "tbody", "thead"])
#: The formatting elements that a parser opens anew (HTML Living Standard, 13.2.4.3). An `<a>` closes the one before it.
_FORMATTING = frozenset(["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
                         "u"])  # fmt: skip
#: Elements at which a parser leaves an `<svg>` and reads HTML, or may do so. In a drawing `<path/>` is a whole element, as it is in
#: XML; in HTML the stroke means nothing.
_NOT_DRAWN = BLOCKS | _VOID | _FORMATTING | {"foreignobject", "span", "ruby", "sub", "sup", "var", "math"}
#: Formatting with attributes. Equal tags are opened anew three times at most, tags with different attributes without
#: end. Most tags begin with another letter, and the look-ahead sees that sooner than the names.
_ATTRIBUTED = re.compile(
    r"<(?=[bcefinstuBCEFINSTU])(?i:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]"
)
#: The end of formatting or of a link, with spaces that a translator wrote into it. A parser takes it for a comment, and the link goes on
#: through all paragraphs that follow.
_SPACED_END = re.compile(
    r"</ {1,3}(a|b|big|em|font|i|small|span|strike|strong|sub|sup|tt|u) {0,3}>", re.IGNORECASE
)
_ARTICLE_BODY = re.compile(r'"articleBody"\s*:\s*("[^"\\]*+(?:\\.[^"\\]*+)*+")')
_MARKUP = re.compile(r"<[^<>]+>")


class _Trees:
    """The trees of the last texts. A dictionary would hash each text, which takes as long as a search in it."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, LexborHTMLParser]] = []

    def __call__(self, text: str) -> LexborHTMLParser:
        """The tree of a page, for reading only. It is kept for the next call, because one page is asked many questions.

        Raises `NotAnArticle` like `fresh`.
        """
        for known, tree in self.kept:
            if known == text:
                return tree
        tree = fresh(text)
        kept = [*self.kept, (text, tree)][-MAX_KEPT_TREES:]
        while len(kept) > 1 and sum(len(known) for known, _ in kept) > MAX_KEPT_CHARACTERS:
            del kept[0]
        self.kept = kept  # a new list, because another thread may go through the old one
        return tree

    def cache_clear(self) -> None:
        self.kept = []


parse = _Trees()


def fresh(text: str) -> LexborHTMLParser:
    """A new tree, which the caller may change. Tags that are nested too deep are taken out, and formatting that would
    multiply is closed.

    Raises `NotAnArticle` where the parser itself gives up; no known page makes it do so.
    """
    text = with_addresses(text[: readable_characters(text)])
    has_roots = "shadowrootmode" in text
    if has_roots:
        text = shadow.opened(text)
    if "</ " in text:
        text = _SPACED_END.sub(r"</\1>", text)
    if _may_have_long_tags(text):
        text = with_fewer_attributes(text)
    tags = text.count("<")
    if tags > MAX_UNCHECKED_TAGS or (
        tags > MAX_UNCOUNTED_TAGS and tags * len(_ATTRIBUTED.findall(text)) > MAX_REOPENED_ELEMENTS
    ):
        text = flattened(text)
    try:
        tree = LexborHTMLParser(text)
    except SelectolaxError as error:
        raise NotAnArticle(DropReason.BROKEN, f"the HTML parser gave up: {error}") from error
    if "S:" in text:  # far cheaper than the selector
        _place_streamed(tree)
    if has_roots:
        shadow.fill_slots(tree)
    if "<base" in text or "<BASE" in text:
        _write_base(tree)
    translations.part(tree)
    printed.write(tree)
    return tree


def _write_base(tree: LexborHTMLParser) -> None:
    """Write the page's `<base href>` into the links that are relative to it, so that every reader of the tree may join them with the
    page's own address. A base that is itself relative to the page's folder is left to those who know the page's address."""
    base = tree.css_first("base[href]")
    href = (base.attributes.get("href") or "").strip() if base is not None else ""
    if len(href) > MAX_BASE_CHARACTERS or not href.startswith(("/", "https://", "http://")):
        return
    for node in islice(tree.css("a[href], area[href], link[href]"), MAX_REBASED_LINKS):
        own = (node.attributes.get("href") or "").strip()
        if own and own[0] not in "#/" and not _SCHEME.match(own):
            with suppress(ValueError):
                node.attrs["href"] = urljoin(href, own)


#: Elements whose text is for programs. Emotion and other libraries of styles write `<style>` into headings, links and lines.
UNSEEN = "style,script"


def without(node: LexborNode, selector: str) -> LexborNode:
    """A copy of a node without the elements in it that a selector finds: a style before the text of a link, the reading above a
    character."""
    copy = fresh(node.html or "").body
    if copy is None:
        return node
    for found in copy.css(selector):
        found.decompose()
    return copy


def base_of(tree: LexborHTMLParser, url: str) -> str:
    """The address that references of a page are relative to: its `<base href>` (HTML Living Standard, 4.2.3), or else its own, `url`."""
    base = tree.css_first("base[href]")
    href = ((base.attributes.get("href") or "") if base is not None else "").strip()
    return (try_normalise(href, url) if href else None) or url


def readable_characters(text: str) -> int:
    """How many characters of a page are read: all of them, unless it has more than `MAX_PAGE_CHARACTERS` or `MAX_TAGS`."""
    end = min(len(text), MAX_PAGE_CHARACTERS)
    if end <= MAX_TAGS * MIN_TAG_CHARACTERS or text.count("<", 0, end) <= MAX_TAGS:
        return end
    return next(islice(re.finditer("<", text), MAX_TAGS, None)).start()


#: White space of HTML, or a slash, between two attributes. A search skips to one character, but not to a repetition (`[…]+`).
_BETWEEN = re.compile(r"[ \t\n\f\r/][ \t\n\f\r/]*")
_OPENING = re.compile(r"<[a-zA-Z]")
#: An attribute as a browser reads it. A value in quotation marks may hold `>`; one that is not closed goes to the end.
_ATTRIBUTE = (
    r"[ \t\n\f\r/]*+[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
    r"(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>\"'][^ \t\n\f\r>]*+)?+)?+"
)
#: A comment, or a start tag; 1 is its name, 2 its attributes beyond `MAX_ATTRIBUTES`.
_START_TAG = re.compile(
    rf"<!--|<([a-zA-Z][^ \t\n\f\r/>]*+)(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+((?:{_ATTRIBUTE})*+)"
)
#: Elements whose content is text, whatever looks like a tag in it → where they end.
_END_OF_RAW_TEXT = {
    name: re.compile(rf"</{name}", re.I)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}


def _may_have_long_tags(text: str) -> bool:
    """Whether some element may have more attributes than `MAX_ATTRIBUTES`. Attributes are counted between one `>` and the
    next. A value in quotation marks may hold a `>`, so a page with more than `MAX_UNCHECKED_QUOTES` of them always may."""
    if text.count('"') + text.count("'") > MAX_UNCHECKED_QUOTES:
        return True
    parts = (text[start:end] for start, end in _long_parts(text))
    tags = ((part, _OPENING.search(part)) for part in parts)
    return any(tag and len(_BETWEEN.findall(part, tag.end())) > MAX_ATTRIBUTES for part, tag in tags)


def _long_parts(text: str) -> Iterator[tuple[int, int]]:
    """Where parts without `>` begin and end that are long enough to hold more attributes than `MAX_ATTRIBUTES`. The text
    is passed in strides of that length, each of which ends at its last `>`: to split it takes ten times as long."""
    at, stride = 0, 2 * MAX_ATTRIBUTES + 1
    while at + stride <= len(text):
        last = text.rfind(">", at, at + stride)
        if last < 0:
            end = text.find(">", at + stride)
            last = len(text) if end < 0 else end
            yield at, last
        at = last + 1


def with_fewer_attributes(text: str) -> str:
    """The page without the attributes of each element beyond the first `MAX_ATTRIBUTES`.

    >>> with_fewer_attributes("<p " + "a " * 501 + "b>text</p>").endswith("a >text</p>")
    True
    """
    out, at, place = [], 0, 0
    while tag := _START_TAG.search(text, place):
        place = tag.end()
        if tag[1] is None:
            place = text.find("-->", place)
            if place < 0:
                break
            continue
        if tag[2]:
            out.append(text[at : tag.start(2)] + " ")
            at = tag.end()
        if end := _END_OF_RAW_TEXT.get(tag[1].lower()):
            if not (found := end.search(text, place)):
                break
            place = found.start()
    return "".join([*out, text[at:]]) if out else text


#: What Cloudflare writes for an e-mail address until a script puts it back ("Email Address Obfuscation" in its
#: documentation).
_HIDDEN_ADDRESS = re.compile(
    r"<(a|span)\b[^<>]*\bdata-cfemail=[\"']?((?:[0-9a-fA-F]{2}){4,200})[\"']?[^<>]*>[^<>]*</\1>"
)


def with_addresses(text: str) -> str:
    """The page with the e-mail addresses that a browser would show where Cloudflare wrote `[email protected]`.

    >>> with_addresses('<a class="__cf_email__" data-cfemail="5a3b1a3874393537">[email&#160;protected]</a>')
    'a@b.com'
    """
    return _HIDDEN_ADDRESS.sub(_address, text) if "data-cfemail" in text else text


def _address(match: re.Match[str]) -> str:
    """Decode an address: its first byte is the key that the others are combined with (exclusive or)."""
    key, *encoded = bytes.fromhex(match[2])
    address = bytes(byte ^ key for byte in encoded).decode("utf-8", "replace")
    return escape(address, quote=False) if "@" in address else match[0]


def flattened(text: str) -> str:
    """The text without tags that are nested too deep, and with formatting closed where it would multiply.

    Depth is counted roughly, from start and end tags; end tags that HTML lets authors leave out are taken as given. A
    text that needs no change is returned as it is.
    """
    depth, at, out, reopened, options = 0, 0, [], 0, 0
    formatting: list[str] = []
    is_drawing = False
    for match in _TAG.finditer(text):
        closing, name = match[1], match[2].lower()
        if name == "option":
            options += not closing
            if options > MAX_OPTIONS:
                out.append(text[at : match.start()] + " ")
                at = match.end()
            continue
        if name in _FORMATTING:
            if not closing and (reopened > MAX_REOPENED_ELEMENTS or len(formatting) >= MAX_NESTED_TAGS):
                out.append(text[at : match.start()])
                at = match.end()
                continue
            if not closing and (name != "a" or "a" not in formatting):
                formatting.append(name)
            elif closing and name in formatting:
                del formatting[len(formatting) - 1 - formatting[::-1].index(name)]
        elif not closing and formatting:
            reopened += max(0, len(formatting) - MAX_OPEN_FORMATTING_ELEMENTS)
            if reopened > MAX_REOPENED_ELEMENTS:
                out += [text[at : match.start()], *(f"</{name}>" for name in reversed(formatting))]
                at = match.start()
                formatting.clear()
        if name == "svg":
            is_drawing = not closing
        elif is_drawing and name in _NOT_DRAWN:
            is_drawing = False
        elif is_drawing and name in ("title", "desc"):  # their content is HTML: here it may be text alone
            is_drawing = bool(closing) or text.startswith(f"</{match[2]}", text.find("<", match.end()))
        if name in _VOID or name in _ENDS_ITSELF or (is_drawing and match[0].endswith("/>")):
            continue
        if not closing:
            depth += 1
        if depth > MAX_NESTED_TAGS:
            out.append(text[at : match.start()] + " ")
            at = match.end()
        if closing:
            depth = max(0, depth - 1)
    return "".join([*out, text[at:]]) if out else text


def _place_streamed(tree: LexborHTMLParser) -> None:
    """Put parts that React streams late in their places, as its script would: `<div hidden id="S:1">` goes to
    `<template id="B:1">`."""
    for part in tree.css('[hidden][id^="S:"]')[:MAX_STREAMED_PARTS]:
        number = (part.id or "")[2:]
        if not re.fullmatch(r"[0-9a-z]{1,6}", number):
            continue
        part.attrs["hidden"] = ""
        del part.attrs["hidden"]
        place = tree.css_first(f'template[id="B:{number}"],template[id="P:{number}"]')
        if place is not None:
            place.insert_before(part)  # inserts a copy
            part.decompose()


def declared_body(text: str) -> str:
    """The longest `articleBody` in the page's JSON-LD, without tags; "" where there is none.

    It is found by a pattern, so that a broken script keeps nothing from being read.
    """
    if '"articleBody"' not in text:
        return ""
    best = max((m[1] for m in _ARTICLE_BODY.finditer(text)), key=len, default='""')
    try:
        body = loads(best)
    except ValueError:
        return ""
    return _MARKUP.sub("\n", unescape(body)) if "<" in body or "&" in body else str(body)
