"""The HTML of an article holds to the HTML standard: what a strict reader, such as an e-book's, would refuse is not in it."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.markup import escape
from newsarchive.core.html.parsing import parse
from newsarchive.core.html.render import MAX_NESTED_LISTS, article_html, markdown, outlined
from newsarchive.items import Article, Block


def html_of(page: str) -> str:
    """The HTML of a page all of which is the article."""
    found = read_blocks(parse(page), "https://blog.example/1").blocks
    return article_html(
        Block(raw.text, raw.kind, path=raw.path, level=raw.level_or_row, html=raw.html) for raw in found
    )


@pytest.mark.parametrize(
    ("page", "html"),
    [
        pytest.param(
            "<ul><li>Ferries<ul><li>by night</li><li>by day</li></ul></li><li>Trains</li></ul>",
            "<ul><li>Ferries<ul><li>by night</li><li>by day</li></ul></li><li>Trains</li></ul>",
            id="a list in an item of a list",
        ),
        pytest.param(
            "<ul><li>Ferries</li><ul><li>by night</li></ul></ul>",
            "<ul><li>Ferries<ul><li>by night</li></ul></li></ul>",
            id="a list beside the item that it belongs to, as old editors write it",
        ),
        pytest.param(
            "<ol><li>One<ul><li>a</li></ul><ol><li>b</li></ol></li></ol>",
            "<ol><li>One<ul><li>a</li></ul><ol><li>b</li></ol></li></ol>",
            id="two kinds of lists in one item",
        ),
        pytest.param(
            "<ul><li>One</li></ul><ol><li>Two</li></ol>",
            "<ul><li>One</li></ul><ol><li>Two</li></ol>",
            id="two kinds of lists, one below the other",
        ),
        pytest.param(
            "<ul><ul><ul><li>deep</li></ul></ul><li>high</li></ul>",
            "<ul><li><ul><li><ul><li>deep</li></ul></li></ul></li><li>high</li></ul>",
            id="the first item lies deeper than the next",
        ),
        pytest.param(
            "<ol><li><p>Boil it.</p><p>Not <b>long</b>.</p></li><li>Drain it.<br><br>Well.<ul><li>twice</li></ul><p>Eat it.</p></li></ol>",
            "<ol><li>Boil it.<p>Not <strong>long</strong>.</p></li>"
            "<li>Drain it.<p>Well.</p><ul><li>twice</li></ul><p>Eat it.</p></li></ol>",
            id="an item of several paragraphs, which is one number of the list",
        ),
        pytest.param(
            "<dl><dt>Ferry</dt><dd><p>A ship.</p><p>By night.</p></dd></dl>",
            "<ul><li>Ferry</li><li>A ship.<p>By night.</p></li></ul>",
            id="a list of terms",
        ),
        pytest.param(
            "<table><tr><th>Year<th>Visits<tr><td>1889<td>7</table><table><tr><td>Horn<td>B flat<td>2</table>",
            "<table><tr><th>Year</th><th>Visits</th></tr><tr><td>1889</td><td>7</td></tr></table>"
            "<table><tr><td>Horn</td><td>B flat</td><td>2</td></tr></table>",
            id="two tables with nothing between them",
        ),
        pytest.param(
            "<table><tr><th colspan=2>Tolls<tr><th>Before<th>Now<tr><td>1889<td><tr><td><td>7<tr><td>One<td><p></table>",
            '<table><tr><th colspan="2">Tolls</th></tr><tr><th>Before</th><th>Now</th></tr>'
            "<tr><td>1889</td><td></td></tr><tr><td></td><td>7</td></tr><tr><td>One</td><td></td></tr></table>",
            id="rows with one cell that is not empty",
        ),
        pytest.param(
            "<table><tr><td><table><tr><td>1<td></table></table><table><tr><td><p>A paragraph</p><td></table>",
            "<table><tr><td>1</td><td></td></tr></table><p>A paragraph</p>",
            id="tables for layout with one text",
        ),
        pytest.param(
            "<table><tr><th>PLAN<th>Mo<th>Tu<th>We<tr><th>Running<td><td>3 miles<br>and strides<td>Rest<td></table>",
            "<table><tr><th>PLAN</th><th>Mo</th><th>Tu</th><th>We</th></tr>"
            "<tr><th>Running</th><td></td><td>3 miles<br>and strides</td><td>Rest</td><td></td></tr></table>",
            id="a row with line breaks in its cells",
        ),
        pytest.param(
            "<table><tr><td><p>1889</p><td><p>Eiffel <b>Tower</b></p><td><tr><td>1890<td><p>None</p><td><p>x</p></table>",
            "<table><tr><td>1889</td><td>Eiffel <strong>Tower</strong></td><td></td></tr>"
            "<tr><td>1890</td><td>None</td><td>x</td></tr></table>",
            id="a paragraph in each cell, as editors write it",
        ),
        pytest.param(
            "<table><tr><td>A menu<br><br>of two blocks<td>The text</table>",
            "<table><tr><td>A menu</td></tr><tr><td>of two blocks</td></tr><tr><td>The text</td></tr></table>",
            id="a row of layout",
        ),
        pytest.param(
            "<table><tr><td>Outside<td><table><tr><td>1<td>2<tr><td>3<td>4</table></table>",
            "<table><tr><td>Outside</td></tr></table><table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>",
            id="a table in a table",
        ),
        pytest.param(
            "<p>On <time datetime='2025-04-01'>the first of April</time> it left.</p>",
            "<p>On the first of April it left.</p>",
            id="a time for people",
        ),
        pytest.param("<p>A bell\x07 rang.\x1d</p>", "<p>A bell rang.</p>", id="control characters"),
        pytest.param(
            "<p>See <a href='https://[half/a'>the <em>ferry</em></a> and <a href='/b'>b</a>.</p>",
            '<p>See the <em>ferry</em> and <a href="https://blog.example/b" rel="nofollow noopener">b</a>.</p>',
            id="a link whose address is none",
        ),
    ],
)
def test_elements_stand_where_the_standard_lets_them(page: str, html: str) -> None:
    assert html_of(page).replace("\n", "") == html


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["ul", "ol"])), min_size=1, max_size=30))
def test_a_list_holds_items_alone_and_every_item_once(items: list[tuple[int, str]]) -> None:
    blocks = [
        Block(f"item {n}", "list_item", path=f"html/body/{tag}/li", level=level)
        for n, (level, tag) in enumerate(items)
    ]
    html = article_html(blocks)
    body = LexborHTMLParser(html).body
    assert body is not None
    for found in body.css("ul, ol"):
        assert {child.tag for child in found.iter()} == {"li"}
    assert re.findall(r"item \d+", html) == [f"item {n}" for n in range(len(items))]
    assert max(html.count("<ul>") + html.count("<ol>"), 1) <= len(items) * MAX_NESTED_LISTS


@pytest.mark.parametrize(
    ("written", "levels"),
    [
        ("", ""),
        ("4", "2"),
        ("2 3 3 2", "2 3 3 2"),
        ("3 5 5 3 4", "2 3 3 2 3"),
        ("4 2 4", "2 2 3"),
        ("1 2 3 4 5 6", "2 3 4 5 6 6"),
    ],
)
def test_headings_begin_below_the_headline_and_leave_no_level_out(written: str, levels: str) -> None:
    def headings(numbers: str) -> str:
        return "".join(f"<h{n}>The <em>ferry</em></h{n}><p>h3</p>" for n in numbers.split())

    assert outlined(headings(written)) == headings(levels)


@given(st.lists(st.integers(1, 6), max_size=20))
def test_headings_never_skip_a_level(numbers: list[int]) -> None:
    html = outlined("".join(f"<h{n}>x</h{n}>" for n in numbers))
    assert len(re.findall(r"<h([2-6])>x</h\1>", html)) == len(numbers)
    levels = [1, *map(int, re.findall(r"<h([2-6])>", html))]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert outlined(html) == html


#: A piece of a text that Markdown, HTML or the templates of a site's generator would obey.
LIVE = st.sampled_from(
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](y)", "<https://a.example>", "&lt;", "# ", "1. ", "- ", "> ", "---",
     "===", "~~~", "```", "`a`", "\\", "*", "_", "|", "{{ x }}", "{% x %}", "<!--", "[x]: y", "a", " ", "\n", "https://a.example/"]
)  # fmt: skip


@given(
    st.lists(LIVE, min_size=1, max_size=8).map("".join),
    st.sampled_from(["p", "h2", "li", "td", "blockquote"]),
    st.booleans(),
)
@example("<img src=x onerror=alert(1)>", "p", True)
@example("a # ", "h2", True)
@example("#", "h2", True)
@example("---- - ", "p", False)
def test_what_a_page_shows_as_text_is_text_in_markdown_too(text: str, tag: str, has_html: bool) -> None:
    around = {"li": "<ul>{}</ul>", "td": "<table><tr>{}</tr></table>"}.get(tag, "{}")
    html = around.format(f"<{tag}>{escape(text)}</{tag}>") if has_html else ""
    written = markdown(Article("https://blog.example/", article_html=html, article_body=text))
    tokens = [
        one
        for block in MarkdownIt().enable("table").parse(written)
        for one in (block, *(block.children or ()))
    ]
    kinds = {token.type for token in tokens}
    allowed = (
        {"heading_open"}
        if tag == "h2"
        else {"bullet_list_open"}
        if tag == "li"
        else {"blockquote_open"}
        if tag == "blockquote"
        else set()
    )
    live = {"html_block", "html_inline", "link_open", "image", "code_inline", "code_block", "fence", "hr", "heading_open", "bullet_list_open",
            "ordered_list_open", "blockquote_open"}  # fmt: skip
    assert not kinds & live - allowed, written
    assert not re.search(r"\{[{%]", written)
    seen = "".join(token.content for token in tokens if token.type in ("text", "text_special"))
    assert "".join(seen.split()) == "".join(text.split()), written


def test_a_link_behind_an_exclamation_mark_is_no_picture() -> None:
    html = '<p>Look!<a href="https://a.example/">here</a></p><pre><code>!<a href="https://a.example/">x</a></code></pre>'
    written = markdown(Article("https://blog.example/", article_html=html))
    assert "<p>Look!<a href=" in MarkdownIt().render(written)
    assert "!x" in written


def test_html_that_nobody_cleaned_is_cleaned_on_its_way_into_markdown() -> None:
    html = '<p>Text</p><img src=x onerror="y()"><script>y()</script><p><a href="javascript:y()">b</a></p>'
    assert markdown(Article("https://blog.example/", article_html=html)) == "Text\n\nb\n"


def test_addresses_and_code_end_nothing_in_markdown() -> None:
    html = '<p><a href="https://a.example/)&lt;img src=x>(&quot;">a</a></p><pre><code>```\n&lt;b&gt;\n````</code></pre>'
    tokens = MarkdownIt().parse(markdown(Article("https://blog.example/", article_html=html)))
    link = next(one for block in tokens for one in block.children or () if one.type == "link_open")
    assert link.attrGet("href") == "https://a.example/%29%3Cimg%20src=x%3E%28%22"
    assert [token.content for token in tokens if token.type == "fence"] == ["```\n<b>\n````\n"]


def test_a_post_of_a_network_is_a_quotation_in_the_html_alone() -> None:
    path = "html/body/article/blockquote.twitter-tweet/p"
    blocks = [
        Block("One.", path="html/body/article/p"),
        Block("Quoted.", "quote", path="html/body/article/blockquote/p"),
        Block("Tweeted.", "quote", "other", path=path, html='<a href="https://x.example/1">Tweeted.</a>'),
        Block("Share this", label="other", path="html/body/article/p"),
        Block("Two.", path="html/body/article/p"),
        Block("Outside.", "quote", "other", path="html/body/aside/blockquote.twitter-tweet/p"),
    ]
    assert article_html(blocks) == (
        "<p>One.</p>\n<blockquote><p>Quoted.</p></blockquote>\n<blockquote><p>"
        '<a href="https://x.example/1" rel="nofollow noopener">Tweeted.</a></p></blockquote>\n<p>Two.</p>'
    )
