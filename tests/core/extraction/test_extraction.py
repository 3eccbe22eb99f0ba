"""What extraction makes of pages: cases as data, and what must hold for any page at all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsarchive import extract
from newsarchive.core.extraction import page_type
from newsarchive.core.extraction.classifier import Sheet
from newsarchive.core.extraction.labels import Namer, is_headline, own_label
from newsarchive.core.extraction.step import extract_step
from newsarchive.core.html.blocks import MAX_BLOCKS, read_blocks
from newsarchive.core.html.entries import Entries
from newsarchive.core.html.parsing import parse
from newsarchive.core.html.render import rendered
from newsarchive.exceptions import BadRules, NotAnArticle, UsageError
from newsarchive.items import LABELS, Article, Block, Capture, DropReason, Page, QualityFlag
from newsarchive.rules import Rules, default, with_standfirst

CASES = Path(__file__).parents[2] / "cases" / "extraction"
URL = "https://blog.example/2025/05/a-post"


def page(html: str) -> Page:
    return Page(Capture(URL, html.encode("utf-8", "replace")), html)


def read(html: str) -> Article:
    return rendered(extract_step(page(html), default()))


def cases(name: str) -> list[Any]:
    rows = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(row, id=row["label"]) for row in rows]


def check(case: dict[str, Any]) -> None:
    article = read(case["html"])
    assert [b.text for b in article.blocks if b.label == "body"] == case["body"]
    dropped = {(b.text, b.label) for b in article.dropped}
    assert {tuple(line) for line in case["dropped"]} <= dropped


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("The ferry returns<a class=headerlink href='#ferry'>¶</a>", "The ferry returns"),  # Sphinx, MkDocs
        ("<a class=anchor href='#ferry'>#</a> The ferry returns", "The ferry returns"),  # VuePress, Hugo
        ("The ferry returns<a class=hash-link href='#ferry'>\u200b</a>", "The ferry returns"),  # Docusaurus
        ("The song at <a href='/charts/'>#</a>1", "The song at #1"),
        ("<a href='#ferry'>The ferry returns</a>", "The ferry returns"),
    ],
)
def test_the_sign_of_a_headings_link_to_itself_is_no_text(html: str, text: str) -> None:
    (block,) = read_blocks(parse(f"<h2 id=ferry>{html}</h2>"), URL).blocks
    assert block.text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("water<img src=/dot.gif>wheel", "water wheel"),
        ("2024<img src=/avatar.png>If you are serving food", "2024 If you are serving food"),
        ("résumés as r<img alt=ג src=/gimel.png>sum<img alt=ג src=/gimel.png>s", "résumés as rsums"),
        ("the {10<img alt=bar src=/one.gif>0} directions", "the {100} directions"),
        ("東<img src=/gaiji.png>京", "東京"),
        ("a ferry, <img src=/dot.gif>red", "a ferry, red"),
    ],
)
def test_a_picture_between_words_parts_them(html: str, text: str) -> None:
    assert [b.text for b in read_blocks(parse(f"<p>{html}</p>"), "https://blog.example/1").blocks] == [text]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        # the themes that are built on Underscores
        (
            "<time class=published>11.05.2023</time><time class=updated>14.05.2023</time>",
            "11.05.2023 14.05.2023",
        ),
        ("<time>11.05.2023</time> <time>14.05.2023</time>", "11.05.2023 14.05.2023"),
        ("<time>11.05.2023</time>, <time>8:30</time>", "11.05.2023, 8:30"),
        ("from <b>8</b><time>:30</time>", "from 8:30"),
    ],
)
def test_a_day_beside_a_day_is_parted_from_it(html: str, text: str) -> None:
    assert [b.text for b in read_blocks(parse(f"<p>{html}</p>"), "https://blog.example/1").blocks] == [text]


CAPTION = "Der Rat der Stadt stimmte am Dienstag über die Fähre ab (Foto: Mare)."


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        (f"<div><img alt='{CAPTION}'></div><div>{CAPTION}</div>", "caption"),
        (f"<a href=/x><img alt='{CAPTION}'></a><p> {CAPTION}\n</p>", "caption"),
        (
            "<img alt='桃園一家輪胎行清晨發生大火（圖／海港社）'><p>桃園一家輪胎行清晨發生大火（圖／海港社）</p>",
            "caption",
        ),
        (f"<img alt='Die Fähre'><p>{CAPTION}</p>", "paragraph"),  # says something else
        ("<img alt='Jane Doe, Senior Editor'><p>Jane Doe, Senior Editor</p>", "paragraph"),  # a name
        (f"<img alt='{CAPTION}'><h2>{CAPTION}</h2>", "heading"),
        (f"<img alt='{CAPTION}'><p><a href=/2>{CAPTION}</a></p>", "paragraph"),  # the link to another post
        (f"<img alt='{CAPTION}'><p>Vor der Abstimmung.</p><p>{CAPTION}</p>", "paragraph"),  # farther below
    ],
)
def test_a_line_that_says_what_the_picture_above_it_says_is_its_caption(html: str, kind: str) -> None:
    assert read_blocks(parse(html), "https://blog.example/1").blocks[-1].kind == kind


@pytest.mark.slow
@pytest.mark.parametrize("case", cases("in-the-wild"))
def test_the_article_and_nothing_else(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize("case", cases("known-failures"))
@pytest.mark.xfail(strict=True, raises=AssertionError)
def test_known_failures(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize("case", cases("negative"))
def test_what_is_no_article_is_refused_with_a_reason(case: dict[str, Any]) -> None:
    with pytest.raises(NotAnArticle) as refused:
        read(case["html"])
    assert refused.value.reason == case["reason"]


PROSE = "The council voted on Tuesday to keep the night ferry, which ended a dispute of many months. "


@pytest.mark.slow
def test_one_paragraph_among_ten_thousand_links() -> None:
    links = "".join(f'<li><a href="/{i}">Entry number {i}</a></li>' for i in range(5000))
    article = read(f"<body><ul>{links}</ul><div><p>{PROSE * 4}</p></div><ul>{links}</ul></body>")
    assert article.article_body == (PROSE * 4).strip()


@pytest.mark.slow
def test_fifty_thousand_paragraphs_are_cut_and_said_to_be() -> None:
    article = read("<body>" + "".join(f"<p>{PROSE} {i}.</p>" for i in range(50_000)) + "</body>")
    assert "page too long" in article.quality.flags
    assert MAX_BLOCKS <= len(article.blocks) <= MAX_BLOCKS + 2


def test_five_megabytes_of_text() -> None:
    article = read(f"<body><p>{PROSE * 55_000}</p></body>")
    assert 990_000 < len(article.article_body) <= 1_000_000
    assert QualityFlag.PAGE_TOO_LONG in article.quality.flags


@pytest.mark.slow
@pytest.mark.parametrize("tags", ["<div>", "<div><b>", "<b><i>", "<p><span>", "<ul><li>", "<table><tr><td>"])
def test_a_hundred_thousand_nested_tags(tags: str) -> None:
    article = read("<body>" + tags * (100_000 // tags.count("<")) + f"<p>{PROSE * 3}</p>")
    assert PROSE.strip() in article.article_body


FORMATTED = {
    "equal": "<b><p>" * 20_000,
    "different": "".join(f"<font color=c{i}><p>x" for i in range(9_000)),
    "upper case": "".join(f"<I\nA{i}><DIV>x" for i in range(4_000)),
    "few tags": "".join(f"<u a{i}><p>" for i in range(2_000)),
    "closed before": "</b>" * 9_000 + "".join(f"<b a{i}><td>" for i in range(9_000)),
    "all first": "".join(f"<b a={i}></div>" for i in range(20_000)) + "<p>x" * 9_000,
    "links": "".join(f"<a href={i}><p>" for i in range(20_000)),
}
LIMITED = """
import json, resource, sys, time
from newsarchive.core.extraction.classifier import judge, model_of, sheet_of
from newsarchive.rules import default
model = model_of(default())
judge(sheet_of("<p>warm</p>", "https://blog.example/a"), model)
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
for name, html in json.load(sys.stdin).items():
    started = time.process_time()
    sheet = sheet_of(html, "https://blog.example/a")
    judge(sheet, model)
    print(name, time.process_time() - started, any("night ferry" in b.text for b in sheet.reading.blocks), sep="|")
"""


@pytest.mark.slow
def test_open_formatting_does_not_multiply() -> None:
    """Within 1.5 GB and ten seconds a page, in a process of its own."""
    pages = json.dumps({name: f"<body>{tags}<p>{PROSE * 3}</p>" for name, tags in FORMATTED.items()})
    command = [sys.executable, "-c", LIMITED]
    done = subprocess.run(command, input=pages, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line.split("|") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == list(FORMATTED)
    assert [row[0] for row in rows if float(row[1]) > 10 or row[2] != "True"] == []


#: Whatever comes: an article with this beginning, or this reason.
BAD_INPUT = {
    "nothing": ("", "empty"),
    "white space": (" \n\ufeff\t" * 50_000, "empty"),
    "bytes of a picture": ("\x89PNG\r\n\x1a\n\x00\x00<\x02" * 4000, "binary"),
    "no tag": (PROSE * 20, "not html"),
    "no body": (f"<title>Ferry</title><p>{PROSE * 3}", PROSE),
    "two html": (f"<html><body><p>{PROSE * 3}</p></body></html><html><body><p>{PROSE * 3}</p></body></html>", PROSE),
    "head in the middle": (f"<p>{PROSE * 3}</p><head><title>x</title></head><p>{PROSE * 2}</p>", PROSE),
    "frames": ("<frameset cols=20%,80%><frame src=menu.html><frame src=text.html></frameset>", "no text"),
    "script only": ("<body><script>render({})</script></body>", "script only"),
    "one line with doubled breaks": (f"<body>{PROSE * 3}<br><br>{PROSE * 2}<br><br>{PROSE * 3}", PROSE),
    "doubled breaks alone": ("<body>" + "<br><br>" * 50_000 + f"{PROSE * 3}", PROSE),
    "never closed": (f"<div><p>{PROSE * 3}<!-- and so on", PROSE),
    "half a tag": (f"<p>{PROSE * 3}</p><p class='", PROSE),
    "a tag of a megabyte": (f"<p>{PROSE * 3}</p><p class='{'x ' * 500_000}'>{PROSE}</p>", PROSE),
    "a megabyte of one word": (f"<p>{PROSE * 3}</p><p>{'x' * 1_000_000}</p>", PROSE),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_gives_an_article_or_a_reason_in_bounded_time(name: str) -> None:
    html, expected = BAD_INPUT[name]
    started = time.process_time()
    try:
        found = read(html).article_body
    except NotAnArticle as refusal:
        found = refusal.reason
    assert found.startswith(expected.strip())
    assert time.process_time() - started < 5


def test_no_page_needs_a_model_that_is_not_there() -> None:
    with pytest.raises(BadRules, match=r"extraction\.json"):
        extract_step(page(f"<p>{PROSE * 3}</p>"), Rules())


STORY = [f"<p>{PROSE}Paragraph {i} has {word} in it, and goes on for a while.</p>" for i, word in
         enumerate(("ferry", "harbour", "council", "night"))]  # fmt: skip
CHORUS = "<p>And the ferry sails at night, at night.</p>"


@pytest.mark.parametrize(
    ("html", "dropped"),
    [
        ("".join([*STORY, "<h2>Read on</h2>", *STORY]), 4),
        ("".join([STORY[0], CHORUS, STORY[1], CHORUS, STORY[2], CHORUS]), 0),
        ("".join([STORY[0], "<pre>x = 1</pre>" * 3, STORY[1]]), 0),
        (STORY[0] + "<table>" + "<tr><td>Adult<td>5 pounds" * 3 + "</table>" + STORY[1], 0),
    ],
    ids=["article twice", "refrain", "code", "rows"],
)
def test_a_run_of_prose_that_stands_twice_is_kept_once(html: str, dropped: int) -> None:
    article = read(f"<article>{html}</article>")
    assert sum(b.label == "repeated" for b in article.blocks) == dropped
    assert article.article_body.count("Paragraph 0") == 1


@pytest.mark.slow
def test_the_standfirst_is_kept_beside_the_article_or_begins_it() -> None:
    lede = "Readers asked for years, and now the ferry will sail at night again."
    html = (
        "<title>The night ferry sails again - Heron</title><main><header class=page-header>"
        f"<h1>The night ferry sails again</h1><div class=standfirst>{lede}</div></header>"
        f"<article class=post><div class=entry-content>{''.join(STORY)}"
    )
    beside = extract_step(page(html), default())
    told = [b.text for b in beside.blocks if b.label in ("body", "description")]
    assert told[0] == lede
    within = extract_step(page(html), with_standfirst("text"))
    assert within.article_body == "\n\n".join(told)
    body = html.encode()
    assert lede in extract(body, url=URL, standfirst="text").article_body
    with pytest.raises(UsageError, match="standfirst 'above': one of description, text"):
        extract(body, url=URL, standfirst="above")


LEDE = "Readers asked for it over many years, and now the ferry will at last sail at night once again."


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"<h1>The night ferry sails</h1><p>{LEDE}</p>", "a sentence right below the headline"),
        (
            f"<h1><span>The night ferry sails</span></h1><h2>{LEDE}</h2>",
            "a sentence right below the headline",
        ),
        (f"<h1>Ferry</h1><p>{LEDE}</p>", None),  # a site's name
        (f"<h2>The night ferry sails</h2><p>{LEDE}</p>", None),
        (f"<h1>The night ferry sails</h1><p class=byline>{LEDE}</p>", None),
        (f"<h1>The night ferry sails</h1><p>{LEDE.rstrip('.')}</p>", None),  # a row of facts
        (f"<h1>The night ferry sails</h1><p><a href=/>{LEDE}</a></p>", None),
        (f"<h1>The night ferry sails</h1><figcaption class=lead>{LEDE}</figcaption>", None),
        (f"<h1>Ferry</h1><p class=intro>{LEDE}</p>", 'a sentence above the text, in a box named "intro"'),
    ],
)
def test_a_sentence_right_below_the_headline_sums_the_article_up(html: str, expected: str | None) -> None:
    """The headline is told by its `<h1>`: the `<title>` may say it in other words."""
    above, block = read_blocks(parse(f"<body><header>{html}"), URL).blocks
    found = Namer("Heron", default(), 2, Entries(())).standfirst(block, is_headline(above))
    assert (found[1] if found else None) == expected


@pytest.mark.parametrize(
    ("classes", "label"),
    [
        ("relatedPosts", "related"),
        ("relation-list", "related"),
        ("flex relative mt-3", "other"),  # how it is placed, not what it is
        ("md:relative", "other"),
        ("social-share", "share"),
    ],
)
def test_what_is_left_out_is_called_what_its_box_says(classes: str, label: str) -> None:
    (block,) = read_blocks(parse(f'<body><div class="{classes}"><p>Step two</p></div>'), URL).blocks
    assert Namer("Heron", default(), 2, Entries(())).name(block)[0] == label


def test_where_a_skip_link_leads_is_no_menu() -> None:
    """WordPress calls the main part of a page `wp--skip-link--target`."""
    html = '<body><main id="wp--skip-link--target"><p>Step two</p></main><a class="skip-link">Skip</a>'
    step, skip = read_blocks(parse(html), URL).blocks
    namer = Namer("Heron", default(), 2, Entries(()))
    assert [namer.name(step)[0], namer.name(skip)[0]] == ["other", "nav"]


def test_a_form_around_the_page_is_no_form() -> None:
    """ASP.NET sets the whole page in one form; what stands in a form of its own is still one."""
    text = "".join(f"<p>Paragraph {n} of the report on the harbour.</p>" for n in range(8))
    html = f'<body><form id="aspnetForm"><h1>A vote at the harbour</h1>{text}<p>Step two</p></form>'
    blocks = read_blocks(parse(html), URL).blocks
    assert Namer("Heron", default(), len(blocks), Entries(())).name(blocks[-1])[0] == "other"
    html = f"<body><h1>A vote at the harbour</h1>{text}<form><p>Step two</p></form>"
    blocks = read_blocks(parse(html), URL).blocks
    assert Namer("Heron", default(), len(blocks), Entries(())).name(blocks[-1])[0] == "form"


def test_the_frame_of_a_button_is_nothing_to_read() -> None:
    button = "https://www.facebook.com/plugins/like.php?href=https%3A%2F%2Fheron.example%2F1&layout=standard"
    film = "https://www.youtube.com/embed/eqAOuXmIhJc"
    page = f'<body><p>One</p><iframe src="{button}"></iframe><iframe src="{film}"></iframe><p>Two</p>'
    assert [b.text for b in read_blocks(parse(page), URL).blocks] == ["One", film, "Two"]


def test_a_film_between_paragraphs_is_a_link_in_the_html_and_no_line_of_the_text() -> None:
    """Its address was a line of the text where the paragraphs around it were likely enough to be the article."""
    above, film, advert, below, elsewhere = (
        f"https://{host}/embed/eqAOuXmIhJc"
        for host in (
            "player.example",
            "www.youtube.com",
            "ads.doubleclick.net",
            "maps.example",
            "chat.example",
        )
    )
    paragraph = "<p>The night ferry returned to the old harbour, and people came out of their houses to see it land.</p>"
    page = (
        f"<title>Night ferry returns</title><body><article><h1>Night ferry returns</h1><div class=text>"
        f'<figure><iframe src="{above}" title="The ferry"></iframe></figure>{paragraph * 3}'
        f'<iframe src="{film}"></iframe><iframe src="{advert}"></iframe>{paragraph.replace("night", "day") * 3}'
        f'<iframe src="{below}"></iframe></div></article><footer><iframe src="{elsewhere}"></iframe></footer>'
    )
    article = read(page)
    assert "https://" not in article.article_body
    labels = {block.text: block.label for block in article.blocks if block.kind == "embed"}
    assert labels == {above: "other", film: "other", advert: "advert", below: "other", elsewhere: "other"}
    links = re.findall(r'<a href="([^"]*)"', article.article_html)
    assert links == [above, film, below]
    assert f'<p><a href="{above}" rel="nofollow noopener">The ferry</a></p>' in article.article_html


@pytest.mark.parametrize(
    ("row", "text", "cells"),
    [
        ("<td>1889<td>Eiffel Tower", "1889 | Eiffel Tower", "<td>1889</td><td>Eiffel Tower</td>"),
        ("<td>1889<td><td>7", "1889 | | 7", "<td>1889</td><td></td><td>7</td>"),
        ("<td>1889<td><img src='/a.gif'><td>7", "1889 | 7", "<td>1889</td><td></td><td>7</td>"),
        ("<th><th>1889<th>1900", "| 1889 | 1900", "<th></th><th>1889</th><th>1900</th>"),
        ("<td> <td>1889<td>7<td>&nbsp;", "1889 | 7", "<td></td><td>1889</td><td>7</td><td></td>"),
        (
            "<th colspan=2>Year<th rowspan=1>Visits",
            "Year | Visits",
            '<th colspan="2">Year</th><th>Visits</th>',
        ),
        ("<td colspan=00029999>1889<td rowspan=２>7", "1889 | 7", "<td>1889</td><td>7</td>"),
        ("<td colspan=99999>1889<td rowspan=two>7", "1889 | 7", "<td>1889</td><td>7</td>"),
    ],
)
def test_a_row_of_data_keeps_its_empty_cells(row: str, text: str, cells: str) -> None:
    """Without them a number would stand below the head of another column."""
    (block,) = read_blocks(parse(f"<table><tr>{row}</table>"), URL).blocks
    assert (block.text, block.html) == (text, cells)
    article = Article(URL).with_blocks([Block(block.text, block.kind, html=block.html)])
    assert rendered(article).article_html == f"<table><tr>{cells}</tr></table>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            '<a href="/cdn-cgi/l/email-protection" class="__cf_email__" data-cfemail="5a3b1a3874393537">[email&#160;protected]</a>',
            "a@b.com",
        ),
        ('<span data-cfemail="5a3b1a3874393537" class="__cf_email__">[email protected]</span>', "a@b.com"),
        ('<span data-cfemail="5a3b3b3b">[email protected]</span>', "[email protected]"),
        ('<span data-cfemail="5a3b3b3b3b3b">[email protected]</span>', "[email protected]"),
        ('<span data-cfemail="5a3b1a387439">&lt;[email protected]', "<[email protected]"),
    ],
)
def test_addresses_that_cloudflare_hides_are_shown(written: str, shown: str) -> None:
    blocks = read_blocks(parse(f"<p>Write to {written}</p>"), URL).blocks
    assert [b.text for b in blocks] == [f"Write to {shown}"]


@pytest.mark.parametrize("shown", ["", "<div id=root></div>", "<nav><a href=/>Home</a></nav>"])
def test_a_page_that_a_script_fills_gives_what_it_declares(shown: str) -> None:
    told = json.dumps(
        {"@type": "NewsArticle", "headline": "Night ferry", "articleBody": f"{PROSE * 3}\n{PROSE * 2}"}
    )
    html = f"<script type=application/ld+json>{told}</script>{'<script src=a.js></script>' * 3}<body>{shown}"
    article = read(html)
    assert article.article_body == f"{(PROSE * 3).strip()}\n\n{(PROSE * 2).strip()}"
    assert article.headline == "Night ferry"
    assert article.quality.flags == ("text from json-ld",)
    with pytest.raises(NotAnArticle):
        read(html.replace("articleBody", "abstract"))


def test_a_page_that_shows_only_the_beginning_gives_what_it_declares() -> None:
    """A paywall, or a reader's app: the whole article stands in JSON-LD, and what is shown has its reason."""
    whole = [f"{PROSE}{PROSE}{PROSE}Part {n} ends here." for n in range(4)]
    told = json.dumps({"@type": "NewsArticle", "headline": "Night ferry", "articleBody": "\n".join(whole)})
    teaser = "The night ferry stays for three more years, which the council decided after a dispute that had gone on since the spring."
    article = read(
        f"<script type=application/ld+json>{told}</script><body><article><h1>Night ferry</h1><p>{teaser}</p></article>"
    )
    assert article.article_body.split("\n\n") == whole
    assert [b.rule for b in article.dropped if b.text == teaser] != []
    assert "text from json-ld" in article.quality.flags


def test_links_are_absolute_and_html_is_safe() -> None:
    article = read(
        f"<article><p>{PROSE}<a href='/b?c=1&amp;d=2' onclick='x()'>a <i>link</i></a> &lt;tag&gt;</p>"
        f"<p>{PROSE}<a href='javascript:alert(1)'>no</a><img src=x onerror=alert(1)></p></article>"
    )
    assert article.blocks[0].links == (("a link", "https://blog.example/b?c=1&d=2"),)
    assert (
        '<a href="https://blog.example/b?c=1&amp;d=2" rel="nofollow noopener">a <em>link</em></a>'
        in article.article_html
    )
    assert "&lt;tag&gt;" in article.article_html
    for bad in ("onclick", "javascript", "onerror", "<img"):
        assert bad not in article.article_html


def test_structure_survives_in_html() -> None:
    article = read(
        f"<article><h2>Heading of a section</h2><p>{PROSE}</p><ol><li>{PROSE}<ul><li>{PROSE} Within.</li></ul></li></ol>"
        f"<blockquote>{PROSE}</blockquote><pre>x = 1\n  y = 2</pre><p>{PROSE}{PROSE}</p></article>"
    )
    kinds = [(b.kind, b.level) for b in article.blocks]
    assert kinds == [("heading", 2), ("paragraph", 0), ("list_item", 1), ("list_item", 2), ("quote", 0), ("code", 0),
                     ("paragraph", 0)]  # fmt: skip
    assert "<ol><li>" in article.article_html
    assert "<pre><code>x = 1\n  y = 2</code></pre>" in article.article_html


def test_names_of_letters_that_mojibake_needs_are_not_folded_away() -> None:
    text = "Caf\u00c3\u00a9 \u00c2\u00a0\u00e2\u0080\u0085 and " + PROSE * 2
    assert read(f"<p>{text}</p>").article_body == text.strip()


def test_words_are_characters_in_chinese() -> None:
    text = "今年春天，陈阿姨把开了三十年的书店搬到了一条旧货船上。" * 3
    assert read(f"<article><p>{text}</p></article>").word_count == sum(c.isalpha() for c in text)


WORDS = st.text("abc äß中 ", min_size=1, max_size=30).filter(str.strip)
TREES = st.recursive(
    WORDS,
    lambda inner: st.tuples(
        st.sampled_from(["p", "div", "li", "h2", "a", "b", "td", "section", "blockquote", "x-y", "span"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)


def written(tree: Any) -> str:
    if isinstance(tree, str):
        return tree
    return f"<{tree[0]}>{''.join(map(written, tree[1]))}</{tree[0]}>"


@pytest.mark.slow
@given(st.lists(TREES, max_size=6))
@settings(max_examples=150, deadline=None)
def test_no_visible_letter_is_lost(trees: list[Any]) -> None:
    html = "<body>" + "".join(map(written, trees))
    tree = parse(html)
    seen = "".join(b.text for b in read_blocks(tree, URL).blocks)
    told = tree.body.text() if tree.body is not None else ""
    assert [c for c in seen if c not in " |\n"] == [c for c in told if not c.isspace()]


@given(st.text(alphabet="<>/=\"'abpdiv -!\0&;éŒ中\u00a0\ufffd", max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_an_article_or_a_known_reason(text: str) -> None:
    try:
        labels, reason = {b.label for b in read(text).blocks}, ""
    except NotAnArticle as refusal:
        labels, reason = set(), refusal.reason
    assert labels <= set(LABELS)
    assert reason in ("", *DropReason)


def test_the_words_of_class_names_that_give_labels_are_data() -> None:
    table = Rules(metadata={"boxes": {"labels": {"consent": ["kakor"], "promo": ["kampanj"]}}})
    assert own_label("div", "", "rubrik kampanj-rad", table) == ("promo", 'stands in a box named "kampanj"')
    assert own_label("div", "kampanj", "kakor", table) == ("consent", 'stands in a box named "kakor"')
    with pytest.raises(BadRules, match="not one of"):
        own_label("div", "", "x", Rules(metadata={"boxes": {"labels": {"advertising": ["x"]}}}))


@pytest.mark.slow
def test_a_thai_article_is_counted_and_ends_without_a_full_stop() -> None:
    """Thai parts no words and writes no full stop: its articles are neither short nor broken off."""
    texts = [
        "เรือเฟอร์รี่เที่ยวสุดท้ายไปยังเกาะรอบนอกออกจากท่าเรือเมื่อคืนวันศุกร์ โดยมีผู้โดยสารสี่สิบคน และลูกเรืออีกห้าคนอยู่บนเรือ",
        "บริษัทโทษราคาน้ำมันเชื้อเพลิงที่เพิ่มขึ้นเป็นสองเท่าในสามปี และสะพานที่เปิดใช้เมื่อเดือนพฤษภาคมที่ผ่านมา",
        "ชาวเกาะต้องขับรถสองชั่วโมงไปยังโรงพยาบาลที่ใกล้ที่สุด และรถโรงเรียนก็ใช้ถนนสายเดียวกันนี้ทุกวันเช่นกัน",
    ]
    body = "".join(f"<p>{text}</p>" for text in texts)
    page = f'<html lang="th"><head><title>เรือเที่ยวสุดท้าย</title></head><body><article><h1>เรือเที่ยวสุดท้าย</h1>{body}</article></body></html>'
    article = extract(page.encode(), url="https://blog.example/ferry")
    assert article.article_body == "\n\n".join(texts)
    assert 55 < article.word_count < 80
    assert article.quality.flags == ()


@pytest.mark.parametrize(
    ("html", "is_one"),
    [
        ("<title>Ferry news - Post</title><body class='single single-post'><h1>Ferry</h1><p>Text.", True),
        ("<title>Ferry news - Post</title><body class='archive category'><h1>Ferry</h1><p>Text.", False),
        (
            "<title>この低料金でこの設備を提供してくれる – 港新聞</title><h1>この低料金でこの設備を提供してくれる</h1><p>文。",
            True,
        ),
        ("<title>港 – 港新聞</title><h1>港</h1><p>文。", False),
        (
            "<title>The ferry returns after years - Post</title><h1><a href='/'>Post</a></h1><h2>The ferry returns after years</h2><p>Text.<h4>Latest</h4>",
            True,
        ),
        (
            "<title>The ferry returns after years - Post</title><h2>The ferry returns after years</h2><h2>The mill</h2><p>Text.",
            False,
        ),
    ],
)
def test_a_page_of_one_article_is_none_of_teasers(html: str, is_one: bool) -> None:
    """WordPress says it in the classes of the page; in Japanese each character of a headline counts as a word. Superdesk's headlines
    are `<h2>`."""
    tree = LexborHTMLParser(html)
    title = "".join(node.text() for node in tree.css("title"))
    sheet = cast("Sheet", SimpleNamespace(tree=tree, title=title, reading=read_blocks(tree, URL)))
    assert page_type._is_one_article(sheet) == is_one


def test_the_first_picture_of_a_text_that_is_a_list() -> None:
    """One paragraph and many items, as a list of ten things has."""
    items = "".join(
        f"<li>Ferry number {n} leaves the old harbour at {n} in the morning, every day.</li>"
        for n in range(1, 9)
    )
    text = f"<p>The council of the harbour town voted on Tuesday to keep these ferries.</p><ol>{items}</ol>"
    page = f"<title>Ferries return</title><article><h1>Ferries return</h1><div><img src='/ferry.jpg' width=800 height=450>{text}</div>"
    image = extract(page.encode(), url="https://blog.example/ferries").image
    assert image is not None
    assert image.url == "https://blog.example/ferry.jpg"


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("The council voted on Tuesday to keep the night ferry ...", False),
        ("Summary: The council voted on Tuesday to keep the night ferry…", False),
        ("The council voted on Tuesday to keep the night ferry", True),  # not cut off
        ("The council voted on Monday to close the night ferry ...", True),  # the text goes on otherwise
        ("The council ...", True),  # too short to be told
    ],
)
def test_an_excerpt_of_its_own_text_above_a_text_is_no_part_of_it(line: str, stays: bool) -> None:
    """Discuz! and others print the beginning of the text, cut off, above it."""
    first = "The council voted on Tuesday to keep the night ferry for another three years, which ended a long dispute."
    more = "It carries about forty people on an ordinary weekday, most of them nurses and bakers who start early."
    texts = "".join(f"<p>{text}</p>" for text in (line, first, more, more.replace("forty", "fifty")))
    article = read(
        f"<title>A vote at the harbour</title><article><h1>A vote at the harbour</h1>{texts}</article>"
    )
    assert (line in [b.text for b in article.blocks if b.label == "body"]) == stays
