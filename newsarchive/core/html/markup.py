"""What HTML's elements mean to the reader of a page: the tag tables, and folding of white space.

Block-level elements are those that the HTML standard's rendering section (15.3, "Flow content")
displays as blocks, table parts or list items; whatever is not listed flows inline.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

#: Never text: code, fallbacks, form values, pictures.
SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "title",
        "svg",
        "canvas",
        "object",
        "embed",
        "applet",
        "select",
        "datalist",
        "textarea",
        "input",
        "audio",
        "map",
        "area",
        "link",
        "meta",
        "base",
        "param",
        "source",
        "track",
        "frameset",
        "frame",
        "noframes",
        "xml",
    ]
)

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "html",
        "legend",
        "li",
        "listing",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "plaintext",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "xmp",
        "option",
    ]
)

#: What another page is embedded with; its `src` is kept, its text is not ours.
EMBEDS = frozenset(["iframe", "video"])

#: Inline elements that survive in `Block.html`, with the tag they are written as.
INLINE = {
    tag: tag
    for tag in [
        "a",
        "em",
        "strong",
        "code",
        "sub",
        "sup",
        "q",
        "cite",
        "abbr",
        "mark",
        "s",
        "ins",
        "del",
        "u",
        "kbd",
        "samp",
        "var",
        "time",
    ]
}
INLINE |= {"i": "em", "b": "strong", "strike": "s", "tt": "code"}

HEADINGS = {f"h{n}": n for n in range(1, 7)}

#: Marks a `<br>` until a block is folded; HTML parsers never let a NUL into text.
BREAK = "\0"

#: HTML's own white space but for the space. Not U+00A0, U+0085 and the like: in mojibake they are letters.
_SPACES = "\t\n\f\r"
_AROUND_BREAK = re.compile(" ?\0 ?")
#: Between small Latin letters alone: elsewhere it may be the byte AD of a letter in mojibake (`Ã\xad`).
_HINT = re.compile("(?<=[a-zß-ž])\xad(?=[a-zß-ÿ])")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"


def fold(text: str) -> str:
    """Fold white space as a browser does; a `BREAK` becomes a newline. Soft hyphens inside a word are hints
    for the setting of lines and no text: a search would not find what they cut.

    >>> fold("  a\\n b" + BREAK + " c "), fold("Süd\xadtirol")
    ('a b\\nc', 'Südtirol')
    """
    if text.isascii():  # in ASCII, Python's white space is HTML's, and its split the faster
        folded = " ".join(text.split())
        return _AROUND_BREAK.sub("\n", folded).strip(" \n") if BREAK in folded else folded
    if "\xad" in text:
        text = _HINT.sub("", text)
    for space in _SPACES:  # a pattern would try every letter
        text = text.replace(space, " ")
    if "  " in text:
        text = " ".join(filter(None, text.split(" ")))
    if BREAK in text:
        text = _AROUND_BREAK.sub("\n", text).strip("\n")
    return trim(text)


def trim(text: str) -> str:
    """Strip white space and no-break spaces, but not the no-break space that ends a `Â` (mojibake).

    >>> trim("\\xa0caf\\xe9 ")
    'café'
    """
    stripped = text.strip(" \t\n\f\r\xa0\u3000")
    return stripped + "\xa0" if stripped.endswith("Â") and "Â\xa0" in text else stripped


def is_blank(text: str) -> bool:
    """Nothing to see: white space and invisible characters only."""
    return not text or (len(text) < 40 and not text.isascii() and not text.translate(_DELETE).strip())


_DELETE = dict.fromkeys(map(ord, _INVISIBLE))


def escape(text: str) -> str:
    """Text as HTML content."""
    return html.escape(text, quote=False) if "&" in text or "<" in text or ">" in text else text


@lru_cache(maxsize=64)
def _origin(base: str) -> tuple[str, str]:
    parts = urlsplit(base)
    return f"{parts.scheme}:", f"{parts.scheme}://{parts.netloc}"


def absolute(base: str, href: str) -> str:
    """`href` as an absolute http(s) URL, "" for anything else (`javascript:`, `mailto:`, `#top`).

    The two common shapes are joined without `urljoin`, which would cost more than the whole walk.

    >>> absolute("https://blog.example/a/b", "/c"), absolute("https://blog.example/a/b", "c")
    ('https://blog.example/c', 'https://blog.example/a/c')
    """
    href = href.strip()
    if href.startswith(("https://", "http://")):
        return href
    if not href or href[0] == "#":
        return ""
    try:
        scheme, origin = _origin(base)
        if href[0] == "/" and not href.startswith("//"):
            return origin + href
        joined = scheme + href if href.startswith("//") else urljoin(base, href)
    except ValueError:
        return ""
    return joined if joined.startswith(("https://", "http://")) else ""
