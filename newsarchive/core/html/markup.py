"""What the elements of HTML mean to the reader of a page, and how white space is folded.

`<p>` begins a new block of text, `<em>` does not, and the content of `<script>` is no text at all. Block-level elements
are those that the HTML standard's rendering section (15.3, "Flow content") displays as blocks, table parts or list
items; an element that is not listed here is an inline element.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

#: Elements whose content is never text: code, fall-backs, values of forms, pictures; and the readings that Japanese papers
#: print above their characters (`<ruby>子<rt>こ</rt></ruby>`), which would stand in the sentence.
SKIPPED = frozenset(["script", "style", "noscript", "template", "head", "title", "svg", "canvas", "object",
                     "embed", "applet", "select", "datalist", "textarea", "input", "audio", "map", "area",
                     "link", "meta", "base", "param", "source", "track", "frameset", "frame", "noframes",
                     "xml", "rt", "rp"])  # fmt: skip

#: Block-level elements: a block of text ends where one of them begins or ends.
BLOCKS = frozenset(["address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
                    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
                    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "html", "legend", "li", "listing",
                    "main", "menu", "nav", "ol", "p", "plaintext", "pre", "search", "section", "summary",
                    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "xmp", "option"])  # fmt: skip

#: Elements that embed another page. Their `src` is kept; their content belongs to the other page.
EMBEDS = frozenset(["iframe", "video"])

#: The elements that scripts of networks draw their posts in.
_EMBEDDED_POST = re.compile(
    r"\.(?:twitter-(?:tweet|video)|instagram-media|fb-(?:post|video|xfbml)|tiktok-embed|bluesky-embed|mastodon-embed"
    r"|reddit-(?:embed|card)|text-post-media)"
)

#: Inline elements that stay in `Block.html` → the tag that they are written with. `<time>` is none: without the attributes that
#: are left out, its content must be a date for machines.
INLINE = {tag: tag for tag in ("a", "em", "strong", "code", "sub", "sup", "q", "cite", "abbr", "mark", "s",
                               "ins", "del", "u", "kbd", "samp", "var")}  # fmt: skip
INLINE |= {"i": "em", "b": "strong", "strike": "s", "tt": "code"}

#: Headings → their level, 1 to 6.
HEADINGS = {f"h{n}": n for n in range(1, 7)}

#: What a link in a heading says that leads to the heading itself (Sphinx, MkDocs, Hugo, VuePress, Docusaurus).
SELF_LINK = re.compile("[¶#§🔗∞\u200b]")
#: What a link behind a footnote says that leads back to its mark in the text (WordPress, Hugo, kramdown).
BACK_LINK = re.compile("[↩↑⤴⏎^]\ufe0e?\\d?")
#: The mark of a footnote, and the sign before it; "[1]" has its brackets.
NOTE_NUMBER = re.compile(r"[^\[(]\s*\d{1,3}\s*")
#: The address of a footnote that no `<sup>` raises, as Substack has it.
NOTE_ADDRESS = re.compile(r"#.*(?:fn|note)")
#: A raised number behind a stop, which is the mark of a footnote and no exponent. It is no price and no time either, "9.<sup>99</sup>" and
#: "20:<sup>15</sup>": two digits behind at most three and a stop. Four digits are a year: "in 2019.<sup>12</sup>".
NOTE_BEHIND_STOP = re.compile(
    r"(?:[;!?…\"'”’»。，、]|[.,:](?!\s*\d\d\s*\Z)|(?:\A|\D|\d{4})[.,:])\s*\d{1,3}\s*\Z"
)

#: What an element inside a line is called that a reader sees only by pointing at a word or a mark: the explanation of a term, a
#: footnote. What is called "tooltip" alone may be the term with its explanation, and a `tooltip-text` between two words the term alone.
NOTE_IN_LINE = re.compile(
    r"(?P<or_term>tool-?tip[-_]?(?:text|content|body|inner|message))|foot-?note[-_]*(?:tooltip|note(?![a-z]))|(?<![\w-])(?:side|margin)-?note(?![\w-])"
)

#: Stands for a `<br>` until a block is folded. HTML parsers let no NUL into a text.
BREAK = "\0"

#: Stands between the cells of a row of data in its text.
CELL_SEPARATOR = " | "

#: Boxes of a table whose rows are told apart.
MAX_TABLE_BOXES = 100_000

#: HTML's white space besides the space, and the separators of lines and paragraphs, at which Python and JavaScript break a line though a
#: browser shows none. U+00A0, U+0085 and the like are left out, because in mojibake they are letters.
_SPACES = "\t\n\f\r\u2028\u2029"
_AROUND_BREAK = re.compile(" ?\0 ?")
#: A soft hyphen between small Latin letters. Elsewhere it may be the byte AD of a letter in mojibake (`Ã\xad`).
_SOFT_HYPHEN = re.compile("(?<=[a-zß-ž])\xad(?=[a-zß-ÿ])")
#: Zero-width spaces, word joiners and byte order marks, which editors leave inside words. Thai, Lao, Tibetan, Burmese and Khmer part words
#: with a zero-width space.
_IN_WORD = re.compile(
    "[\ufeff\u2060]|(?<![\u200b\u0e00-\u109f\u1780-\u17ff])\u200b+|\u200b++(?![\u0e00-\u109f\u1780-\u17ff])"
)
#: For `str.translate`: zero-width characters, soft hyphens and marks of direction are deleted.
_WITHOUT_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))
#: Characters of a text. A longer text is taken to hold something that can be seen.
_MAX_BLANK_CHARACTERS = 39


@lru_cache(maxsize=8192)
def in_embedded_post(path: str) -> bool:
    """Whether a block with this path is a part of a post of a social network, which a script draws inside the article.

    >>> in_embedded_post("html/body/article/blockquote.twitter-tweet/p"), in_embedded_post("html/body/article/p")
    (True, False)
    """
    return _EMBEDDED_POST.search(path) is not None


def is_cell(markup: str) -> bool:
    """Whether the HTML of a block is that of cells of a table.

    >>> is_cell("<td></td><td>1889</td>"), is_cell("1889")
    (True, False)
    """
    return markup.startswith(("<td", "<th"))


def same_table(row: int, other: int) -> bool:
    """Whether two rows, by their `level_or_row`, are of one table."""
    return row // MAX_TABLE_BOXES == other // MAX_TABLE_BOXES


def fold(text: str) -> str:
    """Fold white space as a browser does; a `BREAK` becomes a newline.

    Soft hyphens, zero-width spaces and byte order marks inside a word go: nobody sees them, and a search would not find the word.

    >>> fold("  a\\n b" + BREAK + " c "), fold("Süd\xadtirol"), fold("ch\ufeffarging")
    ('a b\\nc', 'Südtirol', 'charging')
    """
    if text.isascii():  # in ASCII, Python's white space is HTML's, and `split` is faster
        folded = " ".join(text.split())
        return _AROUND_BREAK.sub("\n", folded).strip(" \n") if BREAK in folded else folded
    if "\xad" in text:
        text = _SOFT_HYPHEN.sub("", text)
    if "\u200b" in text or "\ufeff" in text or "\u2060" in text:
        text = _IN_WORD.sub("", text)
    for space in _SPACES:  # a pattern would try every letter
        text = text.replace(space, " ")
    if "  " in text:
        text = " ".join(filter(None, text.split(" ")))
    if BREAK in text:
        text = _AROUND_BREAK.sub("\n", text).strip("\n")
    return trim(text)


def trim(text: str) -> str:
    """Strip white space and no-break spaces, but not the no-break space behind a final `Â`, which is mojibake.

    >>> trim("\\xa0caf\\xe9 ")
    'café'
    """
    stripped = text.strip(" \t\n\f\r\xa0\u3000")
    return stripped + "\xa0" if stripped.endswith("Â") and "Â\xa0" in text else stripped


def is_blank(text: str) -> bool:
    """Whether a text holds nothing but white space and invisible characters."""
    if text.isascii() or len(text) > _MAX_BLANK_CHARACTERS:
        return not text
    return not text.translate(_WITHOUT_INVISIBLE).strip()


def escape(text: str) -> str:
    """Text as HTML content."""
    return html.escape(text, quote=False) if "&" in text or "<" in text or ">" in text else text


def upwards(node: LexborNode | None, most: int) -> Iterator[LexborNode]:
    """A node and the elements that hold it, the closest first: at most `most` of them; none for `None`."""
    for _ in range(most):
        if node is None:
            return
        yield node
        node = node.parent


@lru_cache(maxsize=64)
def _origin(base: str) -> tuple[str, str]:
    """The scheme of a URL with its colon, and its scheme and host."""
    parts = urlsplit(base)
    return f"{parts.scheme}:", f"{parts.scheme}://{parts.netloc}"


def absolute(base: str, href: str) -> str:
    """`href` as an absolute http(s) URL; "" for any other address (`javascript:`, `mailto:`, `#top`).

    Absolute addresses and those that begin with a slash are joined without `urljoin`, which would take longer than
    the rest of a page's reading.

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
