"""What the mark-up of a line shows whatever it says: tables of contents, cards, offers, notes behind a mark, named lines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from newsarchive import extract
from newsarchive.core.extraction.labels import path_of
from newsarchive.core.extraction.markup_rules import (
    cards,
    contents,
    heads_of_links,
    machine_summaries,
    offers,
    picture_credits,
    whole_lists,
    with_sources,
)
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.boxes import Reading
from newsarchive.core.html.parsing import fresh
from newsarchive.items import BlockVerdict, DecidedBy
from newsarchive.rules import Rules

URL = "https://heron.example/2025/03/ferry/"
PROSE = "The council of the harbour town voted on Tuesday to keep the night ferry for another three years."
HEADINGS = f"<h2>Where it began</h2><p>{PROSE}</p><h2>What followed</h2><p>{PROSE}</p>"


def read(html: str) -> Reading:
    return read_blocks(fresh(f"<body><main>{html}</main></body>"), URL)


def lines(html: str, find: Callable[[Reading, list[bool]], set[int]]) -> list[str]:
    """The lines that a rule takes out of a page whose lines were all kept."""
    reading = read(html)
    return [reading.blocks[i].text for i in sorted(find(reading, [True] * len(reading.blocks)))]


contents_of = partial(lines, find=lambda reading, kept: contents(reading.blocks, kept, URL))
cards_of = partial(lines, find=lambda reading, kept: cards(reading.blocks, kept, URL))
credits_of = partial(lines, find=lambda reading, kept: picture_credits(reading.blocks, kept))
summaries_of = partial(
    lines, find=lambda reading, kept: machine_summaries(reading.blocks, reading.boxes, kept)
)
offers_of = partial(lines, find=lambda reading, kept: offers(reading.blocks, reading.boxes, kept))


def items(*links: tuple[str, str]) -> str:
    return "<ul>" + "".join(f'<li><a href="{to}">{text}</a></li>' for text, to in links) + "</ul>"


BOTH = items(("Where it began", "#began"), ("What followed", f"{URL}#followed"))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"<p>{PROSE}</p>{BOTH}{HEADINGS}", ["Where it began", "What followed"]),
        (
            f"<p>{PROSE}</p><div><p><b>In short</b></p>{BOTH}</div>{HEADINGS}",
            ["In short", "Where it began", "What followed"],
        ),
        (
            f"<p>{PROSE}</p><div><p>Effective from: 3 May 2004</p>{BOTH}</div>{HEADINGS}",
            ["Where it began", "What followed"],
        ),
        (f"<h2>The ferry</h2>{BOTH}{HEADINGS}", ["Where it began", "What followed"]),  # no box of its own
        (f"<p>{PROSE}</p>{items(('Where it began', '#began'))}{HEADINGS}", []),  # a single link
        (f"<p>{PROSE}</p>{BOTH}<h2>Other parts</h2><p>{PROSE}</p>", []),  # no headings of the text
        (f"{items(('Where it began', '/began/'), ('What followed', '/followed/'))}{HEADINGS}", []),
        (f"{items(('Where it began', 'mailto:a@heron.example'), ('What followed', '#'))}{HEADINGS}", []),
        (
            '<ul><li>Where it began, of which <a href="#began">more</a> below, in 1871</li>'
            f'<li>What followed, of which <a href="#followed">more</a> below</li></ul>{HEADINGS}',
            [],
        ),
        (f'<h4><a href="#one">Who pays?</a></h4><p>{PROSE}</p><h4><a href="#two">When?</a></h4><p>{PROSE}</p>', []),
    ],
)  # fmt: skip
def test_a_table_of_contents_is_told_by_where_its_links_lead(html: str, expected: list[str]) -> None:
    assert contents_of(html) == expected


def card(to: str, text: str = "READ The old bridge is closed") -> str:
    return f'<p>{PROSE}</p><a href="{to}"><div><span>{text}</span></div></a>' + f"<p>{PROSE}</p>" * 4


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (card("/2025/02/bridge/"), ["READ The old bridge is closed"]),
        (card("https://heron.example/?p=7"), []),  # an address without a path may be the front page
        (card("https://elsewhere.example/bridge/"), []),  # a preview of another site
        (card("#bridge"), []),
        (card(f"{URL}#bridge"), []),
        (card("/files/report.pdf"), []),
        (card("/2025/02/bridge/", PROSE * 3), []),  # a link that was never closed
        (
            f'<a href="/2025/02/book/"><h3>The first book</h3></a><p>{PROSE}</p>' * 4,
            [],
        ),  # headings of the text
        (
            f'<p>{PROSE}</p><a href="/2025/02/bridge/"><div><p>READ</p><h3>The bridge</h3></div></a><p>{PROSE}</p>',
            ["READ", "The bridge"],
        ),
        (
            f'<p>{PROSE}</p><p><a href="/2025/02/bridge/">The old bridge is closed</a></p>',
            [],
        ),  # an author's own link
        (
            '<a href="/1/"><div>One of ten</div></a><a href="/2/"><div>Two of ten</div></a>',
            [],
        ),  # the article itself
    ],
)
def test_a_card_is_a_box_that_is_a_link_to_another_page_of_the_site(html: str, expected: list[str]) -> None:
    assert cards_of(html) == expected


FORM = '<form><p><input type="email"><button>Go</button></p></form>'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"<div><h3>Liked it?</h3><p>Our letter is free.</p>{FORM}</div><p>{PROSE * 4}</p>", ["Liked it?", "Our letter is free.", "Go"]),
        (f"<p>{PROSE * 4}</p>{FORM}", ["Go"]),
        ("<div><h3>Liked it?</h3><form><input type=text></form></div>" + f"<p>{PROSE * 4}</p>", []),
        (f"<div><p>The ferry is back.</p><p>So is the bridge.</p>{FORM}</div>", ["Go"]),  # a short article
    ],
)  # fmt: skip
def test_a_small_box_with_a_field_for_an_address_is_an_offer(html: str, expected: list[str]) -> None:
    assert offers_of(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            'The keel<sup><a href="javascript:void(0)">1</a></sup><span role="tooltip">The lowest beam.</span> broke.',
            ["The keel[1] broke.", "The lowest beam."],
        ),
        (
            '<span class="tooltip">keel<span class="tooltip-text">The lowest beam.</span></span> broke.',
            ["keel broke.", "The lowest beam."],
        ),
        (
            'The keel<span class="sidenote">The lowest beam.</span> broke.',
            ["The keel broke.", "The lowest beam."],
        ),
        (
            'The keel<sup>[1]</sup><span class="modern-footnotes-footnote__note">The lowest beam.</span> broke.',
            ["The keel[1] broke.", "The lowest beam."],
        ),
        (
            'The keel<sup class="footnote-noted">[1]</sup> broke, <span class="footnote-notes-of-ann">she</span> said.',
            ["The keel[1] broke, she said."],
        ),
        ('The <span class="tooltip" title="The lowest beam">keel</span> broke.', ["The keel broke."]),
        ('The <span class="tooltip-text" data-tip="The lowest beam">keel</span> broke.', ["The keel broke."]),
        ('The keel<sup class="note-tooltip-text">[1]</sup> broke.', ["The keel[1] broke."]),  # the mark
        ('The keel <span class="keynote">speech</span> broke.', ["The keel speech broke."]),
        ('<span role="tooltip">The lowest beam.</span>', ["The lowest beam."]),  # a line of its own
    ],
)
def test_a_note_inside_of_a_line_is_a_line_behind_it(html: str, expected: list[str]) -> None:
    assert [block.text for block in read(f"<p>{html}</p>").blocks] == expected


@pytest.mark.parametrize(
    ("html", "ends"),
    [
        ('<p><span class="reading-time">3 minutes</span></p>', "p/span.reading-time"),
        ('<p><span class="reading-time-3">3 minutes</span></p>', "p"),
        ('<p><b><span class="clock-7">3 minutes</span></b> </p>', "p/b/span.clock-7"),
        ('<p>It takes <span class="reading-time">3 minutes</span></p>', "p"),
        ('<p><span class="reading-time">3 minutes</span> by boat</p>', "p"),
        ('<p><span class="reading-time">3</span> <span class="reading-time">minutes</span></p>', "p"),
        ('<p><span class="other">3 minutes</span></p>', "p"),
    ],
)
def test_the_path_of_a_line_has_the_elements_around_all_of_it_that_a_table_names(
    html: str, ends: str
) -> None:
    rules = Rules(platforms={"xx": {"select": {"other": [".reading-time", ".clock*"]}}})
    assert path_of(read(html).blocks[0], rules) == f"html/body/main/{ends}"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f'<p>{PROSE}</p><div class="media-credit-container"><img src="1.jpg"><span class="media-credit">Ann Roe | Heron Post</span></div>',
         ["Ann Roe | Heron Post"]),
        (f'<p>{PROSE}</p><p class="photo_credits">Ann Roe</p>', ["Ann Roe"]),
        (f'<p class="media-credit">{PROSE}</p>', []),  # a paragraph, around which the element was not closed
        (f'<p>{PROSE}</p><p class="credit">Ann Roe lent the boat</p>', []),
        (f'<p>{PROSE}</p><p class="social-media-creditors">Three banks</p>', []),
    ],
)  # fmt: skip
def test_a_line_in_a_box_named_as_a_pictures_credit_is_no_text(html: str, expected: list[str]) -> None:
    assert credits_of(html) == expected


LINKS = items(*((f"The ferry of {year}", f"/{year}/") for year in (2021, 2022, 2023)))
NAV = BlockVerdict("nav", "links", DecidedBy.MODEL)
TEXT = BlockVerdict("body", "", DecidedBy.MODEL)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (f"<p>{PROSE}</p><div><p>Life at the harbour:</p>{LINKS}</div>", ["Life at the harbour:"]),
        (f"<p>{PROSE}</p><section><h3>Ships and crews</h3><div>{LINKS}</div></section>", ["Ships and crews"]),
        (f"<p>{PROSE}</p><div><p>We wrote of it each year.</p>{LINKS}</div>", []),  # a sentence
        (f"<p>{PROSE}</p><div><p>Life at the harbour:</p>{LINKS}<p>{PROSE}</p></div>", []),  # text follows
        (f"<p>{PROSE}</p><p>Life at the harbour:</p>{LINKS}", []),  # no box of its own
        (f'<p>{PROSE}</p><div><p>Life at the harbour:</p><p><a href="/1/">The ferry</a></p></div>', []),
        (
            f"<p>{PROSE}</p><div><div>Price (large)</div>{'<div><a href=/1/>172.99 EUR</a></div>' * 3}</div>",
            [],
        ),
        (f"<p>{PROSE}</p><table><tr><td>Price (large)</td></tr></table>{LINKS}", []),
    ],
)
def test_the_head_of_a_box_of_links_is_no_text(html: str, expected: list[str]) -> None:
    """Here all links were left out, and all other lines were kept."""
    blocks = read(html).blocks
    said = [NAV if block.link_chars else TEXT for block in blocks]
    assert [blocks[i].text for i in heads_of_links(blocks, said)] == expected


def test_a_head_stays_where_its_list_is_text() -> None:
    blocks = read(f"<p>{PROSE}</p><div><p>Life at the harbour:</p>{LINKS}</div>").blocks
    assert heads_of_links(blocks, [TEXT] * len(blocks)) == []


QUOTED = "We will never leave the pier."


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (f"<blockquote><p>{QUOTED}</p><footer>— <cite>Ann Bell</cite></footer></blockquote>", True),
        (f"<blockquote>{QUOTED}<footer class='blockquote-footer'>Ann Bell</footer></blockquote>", True),
        (f"<figure><blockquote><p>{QUOTED}</p></blockquote><figcaption>— Ann Bell</figcaption></figure>", True),
        ("<figure><table><tr><td>Heron</td><td>5</td></tr></table><figcaption>Ships, 2024</figcaption></figure>", True),
        ("<figure><img src='/a.jpg'><figcaption>Ann Bell at the pier</figcaption></figure>", False),
        (f"<blockquote><p>{QUOTED}</p></blockquote><footer>All rights reserved</footer>", False),  # the page's
        (f"<figure><blockquote><p>{QUOTED}</p></blockquote></figure><figure><img src='/a.jpg'><figcaption>The pier</figcaption></figure>", False),
    ],
)  # fmt: skip
def test_whose_words_a_quotation_is_belongs_to_the_text(html: str, kept: bool) -> None:
    page = f"<title>The ferry</title><article><h1>The ferry</h1><p>{PROSE}</p>{html}<p>{PROSE[::-1]}</p></article>"
    blocks = extract(html=page, url="https://heron.example/1").blocks
    (last,) = [block for block in blocks if block.text.endswith(("Ann Bell", "2024", "pier", "reserved"))]
    assert (last.label == "body") is kept


@pytest.mark.parametrize(
    ("name", "kept", "expected"),
    [
        ("footnotes", [True, True, False], [True, True, True]),
        ("footnotes", [True, False, False], [True, False, False]),  # none of the list is text
        ("endings", [True, True, False], [True, True, False]),
    ],
)
def test_a_list_of_footnotes_is_text_as_a_whole(name: str, kept: list[bool], expected: list[bool]) -> None:
    blocks = read(f'<p>{PROSE}</p><ol class="{name}"><li>Old papers.</li><li>Letters.</li></ol>').blocks
    assert whole_lists(blocks, kept) == expected


@pytest.mark.parametrize(
    ("mark", "between", "name", "kept"),
    [
        ("<sup>[1]</sup>", "", "footnotes", True),
        ("", "", "footnotes", False),  # no mark in the text
        ("<sup>[1]</sup>", "<p>Share this</p>", "footnotes", False),  # not behind the text
        ("<sup>[1]</sup>", "", "links", False),
    ],
)
def test_a_list_of_footnotes_behind_a_text_with_their_marks_is_text(
    mark: str, between: str, name: str, kept: bool
) -> None:
    notes = f'<ol class="{name}"><li>Old papers.</li><li>Letters.</li></ol>'
    blocks = read(f"<p>{PROSE}{mark}</p>{between}{notes}").blocks
    said = [True] + [False] * (len(blocks) - 1)
    assert whole_lists(blocks, said)[-2:] == [kept, kept]


SHORT = "The ferry is back."


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            f'<div class="ai-summary"><h4>Quick take</h4><ul><li>{SHORT}</li></ul></div>',
            ["Quick take", SHORT],
        ),
        (
            f'<aside class="article-ai-summary"><p class="article-ai-summary__text">{SHORT}</p></aside>',
            [SHORT],
        ),
        (f'<div id="aiSummaryBox"><p>{SHORT}</p></div>', [SHORT]),
        (f'<div class="articleAiSummary"><p>{SHORT}</p></div>', [SHORT]),
        (f'<div class="post-ai-description"><p>{SHORT}</p></div>', [SHORT]),
        (f'<div class="summary"><p>{SHORT}</p></div>', []),  # its author's
        (f'<div class="dubai-summary"><p>{SHORT}</p></div>', []),
        (f'<div class="post hentry tag-ai-summary"><p>{SHORT}</p></div>', []),  # the topic of a post
    ],
)
def test_a_summary_that_a_machine_wrote_is_no_text(html: str, expected: list[str]) -> None:
    assert summaries_of(f"{html}<p>{PROSE}</p><p>{PROSE}</p>") == expected


def test_a_box_with_half_of_the_text_is_no_summary_of_it() -> None:
    assert summaries_of(f'<div class="ai-summary"><p>{PROSE}</p></div><p>{PROSE}</p>') == []


QUOTE = f"<blockquote><p>{PROSE}</p></blockquote>"


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (f'{QUOTE}<p>— Ann Roe, <a href="/keels">On keels</a></p>', True),
        (f"{QUOTE}<p>-- Ann Roe</p>", True),
        (f"{QUOTE}<p>Ann Roe</p>", False),
        (f"<p>{PROSE}</p><p>— Ann Roe</p>", False),  # no quotation above
        (f"<div>{QUOTE}</div><p>— Ann Roe</p>", False),  # outside of the quotation's box
        (f"{QUOTE}<p>— {PROSE} {PROSE}</p>", False),  # a sentence
        (f"{QUOTE}<ul><li>— Ann Roe</li></ul>", False),
    ],
)
def test_the_source_of_a_quotation_is_text(html: str, kept: bool) -> None:
    assert with_sources(read(html).blocks, [True, False]) == [True, kept]


def test_the_source_of_a_quotation_that_is_no_text_is_none() -> None:
    assert with_sources(read(f"{QUOTE}<p>— Ann Roe</p>").blocks, [False, False]) == [False, False]
