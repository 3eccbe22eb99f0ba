"""The blocks of an article as clean HTML and as Markdown: a list item becomes `<ul><li>…</li></ul>`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from newsarchive.core.html.markup import HEADINGS, escape, in_embedded_post, is_cell, same_table
from newsarchive.core.text.words import count_words
from newsarchive.items import Article, Block

if TYPE_CHECKING:
    import nh3

#: What the cleaner leaves of a link whose address may not stay.
_NO_LINK_TAG = '<a rel="nofollow noopener">'
_NO_LINK = re.compile(f"{_NO_LINK_TAG}(.*?)</a>", re.S)
#: Control characters that are no white space (HTML standard, 13.1.4). Those from U+0080 on stay, for mojibake is made of them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
#: The tags of headings; what the cleaner has let through gives them no attributes.
_HEADING_TAG = re.compile(r"<(/)?h([1-6])>")
#: In a text, what begins an element, a link, a span of code or a character reference of Markdown, and a tag of the template languages
#: by which generators of sites make pages of it (`{{ x }}`, `{% x %}`).
_LIVE = re.compile(r"[\\`<\[\]]|&(?=#?\w+;)|(?<=\{)[{%]")
#: What makes a line of Markdown a heading, a quotation, an item, a rule or code; a backslash belongs before its last character.
_LINE_START = re.compile(
    r"^([ \t]*(?:\d{1,9}(?=[.)](?:\s|$)))?)(?=#{1,6}(?:\s|$)|>|[+-](?:\s|$)|[-=][-= \t]*$|~{3}|(?<=\d)[.)])",
    re.M,
)
#: Hashes at the end of a heading, which Markdown takes for a part of the mark-up: "In C #", but not "In C#". They are tried from the
#: first of them alone, because a heading may be 100,000 hashes.
_CLOSING_HASHES = re.compile(r"(?<!\S)#++\s*+$")
#: Characters that would end the address of a link; its percent-encoded form means the same.
_NO_ADDRESS = {ord(sign): quote(sign) for sign in ' ()<>"\\`'}
#: Lists in lists that are written; the items of deeper ones stand in the deepest of them.
MAX_NESTED_LISTS = 8


def rendered(article: Article) -> Article:
    """The article with `article_html` and `word_count` made from its present blocks."""
    html, words = article_html(article.blocks), count_words(article.article_body)
    return replace(article, article_html=html, word_count=words)


def article_html(blocks: Iterable[Block]) -> str:
    """Safe HTML of the blocks labelled `body`, and of what is embedded between them: films become links, and posts of social
    networks, which are no part of the text, quotations.

    >>> article_html([Block("A & B", html="A &amp; B"), Block("one", "list_item", level=1, html="one")])
    '<p>A &amp; B</p>\\n<ul><li>one</li></ul>'
    """
    kept = _with_embeds(list(blocks))
    out = []
    for (kind, _), run in groupby(kept, key=lambda b: ("table" if is_cell(b.html) else b.kind, b.label)):
        rows = list(run)
        if kind == "list_item":
            out.append(_list(rows))
        elif kind == "quote":
            out.append("<blockquote>" + "".join(map(_element, rows)) + "</blockquote>")
        elif kind == "table":
            out.append(_tables(rows))
        else:
            out += map(_element, rows)
    return clean("\n".join(out))


def clean(html: str) -> str:
    """HTML with nothing but the elements that an article needs and links to http and https, and without control characters, which
    no HTML may hold.

    >>> clean('<p onclick="x()">a<script>x()</script> <a href="javascript:x()">b</a></p>')
    '<p>a b</p>'
    """
    html = _CONTROLS.sub("", html)
    slow = 0
    if len(html) > MAX_PLAIN_CHARACTERS:
        slow = html.count("&amp;") + (0 if html.isascii() else len(_SLOW.findall(html)))
    if slow > MAX_SLOW_CHARACTERS:
        stood_in = html.translate(_STAND_INS).replace("&amp;", _AMPERSAND)
        cleaned = _cleaner().clean(stood_in).translate(_STOOD_FOR)
    else:
        cleaned = _cleaner().clean(html)
    return _NO_LINK.sub(r"\1", cleaned) if _NO_LINK_TAG in cleaned else cleaned


def outlined(html: str) -> str:
    """The same HTML with headings that begin below a headline, at `<h2>`, and leave no level out: a page that shows an
    article has its headline as `<h1>`, and a reader of the screen moves through it by its headings.

    >>> outlined("<h4>a</h4><h5>b</h5><h3>c</h3>")
    '<h2>a</h2><h3>b</h3><h2>c</h2>'
    """
    above: list[int] = []
    written = ""

    def level(match: re.Match[str]) -> str:
        nonlocal written
        if match[1]:
            return f"</{written}>"
        while above and above[-1] >= int(match[2]):
            above.pop()
        above.append(int(match[2]))
        written = f"h{min(1 + len(above), 6)}"
        return f"<{written}>"

    return _HEADING_TAG.sub(level, html)


def shown_html(article: Article) -> str:
    """The HTML of an article's text as others may show it: cleaned, since an archive may hold what another program wrote there,
    with headings below a headline; paragraphs of its text where it has no HTML.

    >>> shown_html(Article("https://blog.example/1").with_blocks((Block("1 < 2"), Block("3"))))
    '<p>1 &lt; 2</p><p>3</p>'
    >>> shown_html(Article("https://blog.example/2"))
    ''
    """
    if cleaned := clean(article.article_html):
        return outlined(cleaned)
    return "".join(f"<p>{escape(part)}</p>" for part in article.article_body.split("\n\n") if part)


def markdown(article: Article) -> str:
    """The article as Markdown, which ends in a line feed. What the page shows as text stays text: `<script>` in it is no element,
    `[x](javascript:y)` no link, and `# ` no heading."""
    return str(_markdown_writer().convert(shown_html(article))).strip() + "\n"


@lru_cache(maxsize=1)
def _markdown_writer() -> Any:
    import markdownify

    # Its types do not know the methods that are made to be overridden.
    converter: Any = markdownify.MarkdownConverter

    class Writer(converter):  # type: ignore[misc]
        """The library's writer, which takes texts and addresses as they are: what reads as Markdown or HTML would be obeyed."""

        def escape(self, text: str, parent_tags: set[str]) -> str:
            text = super().escape(_LIVE.sub(r"\\\g<0>", text), parent_tags)
            text = _LINE_START.sub(r"\1\\", text)
            if parent_tags & HEADINGS.keys():
                text = _CLOSING_HASHES.sub(r"\\\g<0>", text)
            return text.replace("|", r"\|") if parent_tags & {"td", "th"} else text

        def process_text(self, el: Any, parent_tags: set[str] | None = None) -> str:
            text = str(super().process_text(el, parent_tags))
            is_before_link = getattr(el.next_sibling, "name", None) == "a" and "_noformat" not in (
                parent_tags or ()
            )
            # Without the backslash, `![` begins a picture.
            return text[:-1] + r"\!" if is_before_link and text.endswith("!") else text

        def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
            if el.get("href"):
                el["href"] = el["href"].translate(_NO_ADDRESS)
            return str(super().convert_a(el, text, parent_tags))

        def convert_pre(self, el: Any, text: str, parent_tags: set[str]) -> str:
            fence = max(re.findall("`{3,}", text), default="``") + "`"
            written = str(super().convert_pre(el, text, parent_tags))
            return written.replace("```", fence, 1)[::-1].replace("```", fence, 1)[::-1]

    return Writer(heading_style="ATX")


def _with_embeds(blocks: list[Block]) -> Iterator[Block]:
    """The blocks labelled `body`, the embeds between the first and the last of them, and those right beside these two
    in the same box: a film above the first paragraph."""
    places = [i for i, b in enumerate(blocks) if b.label == "body"]
    if places:
        first, last = places[0], places[-1]
        while first and _is_embed_beside(blocks[first - 1], blocks[places[0]]):
            first -= 1
        while last + 1 < len(blocks) and _is_embed_beside(blocks[last + 1], blocks[places[-1]]):
            last += 1
        for block in blocks[first : last + 1]:
            if block.label == "body" or _is_embed(block):
                yield block


def _is_embed(block: Block) -> bool:
    return block.label == "other" and (block.kind == "embed" or in_embedded_post(block.path))


def _is_embed_beside(block: Block, text: Block) -> bool:
    return _is_embed(block) and block.path.startswith(text.path.rpartition("/")[0] + "/")


def _element(block: Block) -> str:
    content = block.html or escape(block.text).replace("\n", "<br>")
    if block.kind == "heading":
        level = min(max(block.level, 1), 6)
        return f"<h{level}>{content}</h{level}>"
    if block.kind == "code":
        return f"<pre><code>{content}</code></pre>"
    if block.kind == "caption":
        return f"<figure><figcaption>{content}</figcaption></figure>"
    if block.kind == "embed":
        title, url = block.links[0] if block.links else ("", block.text)
        href = escape(url).replace('"', "&quot;")
        return f'<p><a href="{href}">{escape(title or url)}</a></p>'
    return f"<p>{content}</p>"


def _tables(blocks: list[Block]) -> str:
    """Rows and cells as tables: rows of one table of the page stay together."""
    out: list[str] = []
    before: int | None = None
    for row, cells in groupby(blocks, key=lambda block: block.level):
        if before is None or not same_table(before, row):
            out.append("<table>" if before is None else "</table>\n<table>")
        before = row
        written = [cell.html or escape(cell.text).replace("\n", "<br>") for cell in cells]
        if all(map(is_cell, written)):
            out.append(f"<tr>{''.join(written)}</tr>")
        else:  # more than cells stand in this row: it is layout
            out += (f"<tr>{html if is_cell(html) else f'<td>{html}</td>'}</tr>" for html in written)
    return "".join(out) + "</table>"


def _list(items: list[Block]) -> str:
    """List items as nested lists, each inside the item above it; an `ol` where the innermost list of an item's path is
    an `ol`."""
    out: list[str] = []
    open_tags: list[str] = []  # of each list that is open, whose last item is open too
    base = min(max(1, i.level) for i in items)
    for item in items:
        depth = min(max(1, item.level) - base + 1, MAX_NESTED_LISTS)
        names = (step.partition("#")[0].partition(".")[0] for step in reversed(item.path.split("/")))
        tag = next((name for name in names if name in ("ul", "ol")), "ul")
        while len(open_tags) > depth or (len(open_tags) == depth and open_tags[-1] != tag):
            out.append(f"</li></{open_tags.pop()}>")
        if len(open_tags) == depth and item.html.startswith("<p>"):  # another paragraph of the same item
            out.append(item.html)
            continue
        if len(open_tags) == depth:
            out.append("</li>")
        while len(open_tags) < depth:
            open_tags.append(tag)
            out.append(f"<{tag}>" if len(open_tags) == depth else f"<{tag}><li>")
        out.append(f"<li>{item.html or escape(item.text)}")
    return "".join(out + [f"</li></{tag}>" for tag in reversed(open_tags)])


#: Characters of HTML. In longer HTML, characters from U+0080 to U+00BF and `&amp;` are counted.
MAX_PLAIN_CHARACTERS = 20_000
#: Characters from U+0080 to U+00BF, and `&amp;`. Where there are more, private characters stand in for them while the HTML is
#: cleaned, because nh3 takes time in the square of their number: 0.5 s for 200,000 times `©`, 10 s for 600,000 times `&amp;a`, and
#: 2 ms for as many other letters.
MAX_SLOW_CHARACTERS = 2000
_SLOW = re.compile("[\x80-\xbf]")
#: The code point, for private use, from which on characters stand in for others while HTML is cleaned.
_FIRST_STAND_IN = 0x10FF00
_STOOD_FOR = {_FIRST_STAND_IN + code: chr(code) for code in range(0x80, 0xC0)}
_STOOD_FOR |= {_FIRST_STAND_IN + 0xA0: "&nbsp;", _FIRST_STAND_IN + ord("&"): "&amp;"}
_STAND_INS = dict.fromkeys(_STOOD_FOR, "\ufffd")
_STAND_INS |= {code: chr(_FIRST_STAND_IN + code) for code in range(0x80, 0xC0)}
_AMPERSAND = chr(_FIRST_STAND_IN + ord("&"))


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    import nh3

    tags = "p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code table tr td th figure figcaption a em strong sub sup " \
        "q cite abbr mark s ins del u kbd samp var br"  # fmt: skip
    return nh3.Cleaner(
        tags=set(tags.split()),
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    )
