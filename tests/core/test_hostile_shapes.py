"""Shapes of pages that made one step take time in the square of a length, or raise; each is told by counting."""

from __future__ import annotations

import ast
import gc
import random
import re
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import feedparser
import pytest
from feedparser.mixin import _FeedParserMixin
from hypothesis import given
from hypothesis import strategies as st

import newsarchive
from newsarchive import extract, repair, rules
from newsarchive.core.boilerplate.cues import is_token
from newsarchive.core.discovery import feed_parser, feeds
from newsarchive.core.discovery.page_kind import page_kind
from newsarchive.core.discovery.shown import Shown
from newsarchive.core.discovery.sitemaps import parse_sitemap
from newsarchive.core.encoding.decoding import declared_charsets
from newsarchive.core.html import parsing
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.boxes import MAX_PATH_CHARACTERS, path_step
from newsarchive.core.html.parsing import MAX_ATTRIBUTES, MAX_OPTIONS, fresh, parse, with_fewer_attributes
from newsarchive.core.html.render import MAX_SLOW_CHARACTERS, _cleaner, clean, markdown
from newsarchive.core.metadata import rows
from newsarchive.core.origin import evidence, mentions
from newsarchive.core.origin.evidence import domain_in
from newsarchive.core.text import caches, dates, tolerant_json, words
from newsarchive.core.text.normalise import fold
from newsarchive.core.urls import MAX_URL_CHARACTERS, try_normalise, url_key
from newsarchive.items import Article

RULES = rules.default()
AUTHOR = b"<rss version='2.0'><channel><title>a</title><item><title>b</title><link>https://blog.example/1</link><author>%s</author></item></channel></rss>"
MANY = " ".join(f"a{n}=1" for n in range(3 * MAX_ATTRIBUTES))


@pytest.mark.parametrize(
    "tag",
    [
        f"<p {MANY} id=last>",
        "<p " + MANY.replace("=1", ' = "x"') + " id=last>",
        "<p " + MANY.replace("=1", "='>'") + " id=last>",
        "<p/" + MANY.replace(" ", "/").replace("=1", "") + "/id=last>",
        "<P\n" + MANY.replace(" ", "\n") + "\nid=last>",
    ],
)
def test_attributes_beyond_the_bound_are_not_read(tag: str) -> None:
    tree = parsing.LexborHTMLParser(with_fewer_attributes(f"<!-- {tag} --><b>{tag}text</b>"))
    (element,) = tree.css("p")
    assert len(element.attributes) == MAX_ATTRIBUTES
    assert element.text() == "text"
    assert "id" not in element.attributes


@pytest.mark.parametrize("tag", [f"<p {MANY}>", "<p " + MANY.replace("=1", "='>'") + ' b=">"' * 10_001 + ">"])
def test_a_page_with_a_long_tag_is_told(tag: str) -> None:
    (element,) = fresh(f"<body>{tag}text</p>").css("p")
    assert len(element.attributes) == MAX_ATTRIBUTES


@pytest.mark.parametrize(
    "read",
    [
        lambda spaces: declared_charsets(b"", f"text/html; charset={spaces}"),
        lambda spaces: declared_charsets(f"<meta charset={spaces}".encode(), None),
        lambda spaces: dates.date_text(f"12{spaces}2024", RULES),
        lambda spaces: dates.date_text(f"may{spaces}2024x", RULES),
        lambda spaces: page_kind(Shown(f'<script type="application/ld+json">{{"@type":{spaces}</script>', "https://blog.example/a/"), RULES),
        lambda spaces: mentions._BEFORE_ADDRESS.fullmatch(f"{spaces}x"),
    ],
    ids=["charset of a header", "charset of a page", "day and month", "month and year", "type of JSON-LD", "name and address"],
)  # fmt: skip
def test_many_spaces_between_two_parts(read: Callable[[str], object]) -> None:
    """400,000 spaces, which took minutes, and a hundredth of a second where no two repetitions can share them."""
    began = time.process_time()
    read(" " * 400_000)
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "read",
    [
        lambda: is_token("a" * 20_000 + ":"),
        lambda: markdown(Article("https://blog.example/", article_html=f"<h2>{'#' * 100_000}x</h2>")),
        lambda: tolerant_json.repaired('{"a": "' + "\\" * 100_000 + '",}'),
        lambda: dates.date_text("2011年" + "\u3000" * 100_000 + "x", RULES),
        lambda: dates.date_text("令和1年" + "\u3000" * 100_000 + "x", RULES),
        lambda: evidence._DATED_NOTICE.match("© " * 100_000),
    ],
    ids=["letters before a colon", "hashes in a heading", "backslashes in JSON", "spaces behind a year", "spaces behind a year of an era", "marks of copyright"],
)  # fmt: skip
def test_a_run_of_one_character_is_read_once(read: Callable[[], object]) -> None:
    """20,000 letters before a colon took hours, 100,000 backslashes minutes; each takes a hundredth of a second."""
    began = time.process_time()
    read()
    assert time.process_time() - began < 20


def test_the_author_of_a_feed_is_searched_for_an_address_in_its_beginning_alone() -> None:
    """feedparser took some 15 minutes for 400,000 letters, which it searches twice."""
    began = time.process_time()
    feed = feeds.parse_feed(AUTHOR % (b"a" * 400_000), "https://blog.example/feed", rules=RULES)
    assert time.process_time() - began < 20
    (entry,) = feed.entries
    assert (entry.link.url, len(entry.said.author)) == (
        "https://blog.example/1",
        feed_parser.MAX_AUTHOR_CHARACTERS,
    )


@pytest.mark.parametrize("line", [b"\n", b"rain&lt;br&gt;\n"], ids=["empty", "with references"])
def test_a_text_of_a_feed_is_read_in_large_pieces(monkeypatch: pytest.MonkeyPatch, line: bytes) -> None:
    """Python's parser of XML hands on each line and each reference by itself unless it is told to gather them: the 10 million line ends
    of the longest feed took 11 s, and take 1.5 s."""
    pieces = 0

    def count(parser: Any, piece: str, escape: bool = True) -> None:
        nonlocal pieces
        pieces += 1

    monkeypatch.setattr(_FeedParserMixin, "handle_data", count)
    feeds.parse_feed(AUTHOR % (b"a" + line * 20_000), "https://blog.example/feed", rules=RULES)
    assert 0 < pieces < 100


@given(st.lists(st.sampled_from([0, 3, 400, 2 * MAX_ATTRIBUTES, 2 * MAX_ATTRIBUTES + 1, 5000]), max_size=12))
def test_every_long_part_is_found(lengths: list[int]) -> None:
    text = ">".join(f"{number % 10}" * length for number, length in enumerate(lengths))
    found = [text[start:end] for start, end in parsing._long_parts(text)]
    assert found == [part for part in text.split(">") if len(part) > 2 * MAX_ATTRIBUTES]


@pytest.mark.parametrize(
    "page",
    [
        "<p class=a title='>'>text</p>",
        f"<!-- <p {MANY}> --><p>text</p>",
        f"<script>if (a <b && {MANY}) x()</script><p>text</p>",
        f"<p>1 < 2 {MANY}</p>",
        "<p title='not closed>text</p>",
        "<!-- not closed",
        f"<script>not closed <b {MANY}>",
    ],
)
def test_other_pages_stay_as_they_are(page: str) -> None:
    assert with_fewer_attributes(page) == page


def test_a_long_base_is_not_written_into_each_link() -> None:
    """A base of a megabyte, in each of 20,000 links, is 20 GB."""
    links = "<a href=x>x</a>" * 100
    for length, written in ((20, True), (parsing.MAX_BASE_CHARACTERS, False)):
        tree = fresh(f"<base href=https://blog.example/{'a' * length}/>{links}")
        assert {len(link.attributes["href"] or "") > 1 for link in tree.css("a")} == {written}


def test_options_beyond_the_bound_are_taken_out_and_their_text_is_kept() -> None:
    tags = parsing.MAX_UNCHECKED_TAGS + 1
    tree = fresh(f"<p>before</p><select>{'<option>x' * tags}</select><p>behind</p>")
    assert len(tree.css("option")) == MAX_OPTIONS
    assert tree.text().count("x") == tags
    assert [p.text() for p in tree.css("p")] == ["before", "behind"]


def test_a_very_long_id_stands_in_no_path() -> None:
    ident, classes = "x" * 2 * MAX_PATH_CHARACTERS, "y " * MAX_PATH_CHARACTERS
    page = f"<div id='{ident}'><div class='{classes}'><p class=z>A paragraph of text.</p></div></div>"
    (block,) = read_blocks(parse(page), "https://blog.example/").blocks
    assert block.path.endswith("/div/div/p.z")


def test_a_url_that_is_too_long_once_it_is_spelled_is_refused_like_any_other() -> None:
    assert try_normalise("https://blog.example/" + "ж" * (MAX_URL_CHARACTERS // 6)) is None
    assert url_key(try_normalise("https://blog.example/" + "ж" * 400) or "")


@pytest.mark.parametrize("reference", ["&#xD800;", "&#xdfff;", "&#55296;", "&#xD83D;&#xDE00;"])
def test_half_of_a_surrogate_pair_costs_its_own_entry_at_the_most(reference: str) -> None:
    rows = "".join(
        f"<url><loc>{at}</loc></url>" for at in (f"http://{reference}", "https://blog.example/2024/post/")
    )
    sitemap = parse_sitemap(f"<urlset>{rows}</urlset>".encode(), "https://blog.example/sitemap.xml", RULES)
    assert [link.url for link in sitemap.links] == ["https://blog.example/2024/post/"]


def test_abbreviations_are_looked_for_in_the_end_of_a_statement_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths = []

    class Counted:
        def search(self, text: str) -> object:
            lengths.append(len(text))
            return abbreviation.search(text)

    abbreviation = words._ABBREVIATION
    monkeypatch.setattr(words, "_ABBREVIATION", Counted())
    assert list(words.statements("J. " * 500 + "Smith. It rained.")) == [
        "J. " * 500 + "Smith.",
        "It rained.",
    ]
    assert max(lengths) <= words._MAX_TAIL_CHARACTERS


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("来源bbc.com", "bbc.com"),
        ("a" * 5000 + ".example.com", "example.com"),
        ("http://192.0.2.7/" + "a/" * 500, ""),
        ("a." * 500 + "com", "a.com"),
    ],
)
def test_domains_in_text(text: str, domain: str) -> None:
    assert domain_in(text) == domain


def test_long_html_is_cleaned_as_short_html_is() -> None:
    part = '<p onclick="x()">«é»&nbsp;\xa0&laquo;中 © &amp;lt; <a href="https://a.example/«?a&amp;b">b</a>\x85</p>\n'
    number = MAX_SLOW_CHARACTERS // 4
    assert clean(part * number) == _cleaner().clean(part) * number
    assert "\U0010ffa9" not in clean("<p>\U0010ffa9" + part * number)
    ascii_part = '<p>a &amp;amp; &amp;lt;p> &lt;b <a href="/?a&amp;b">b</a></p>\n'
    assert clean(ascii_part * number) == _cleaner().clean(ascii_part) * number


def test_a_keyword_of_capitals_is_read_once() -> None:
    """60 capitals behind a small letter took longer than the world is old, where another keyword looks like the field of a program."""
    page = (
        f'<meta name="keywords" content="displayType: list, a{"Z" * 60}, ferries"><h1>Ferries</h1>'
        + 9 * "<p>The ferry came back at night.</p>"
    )
    assert extract(html=page, url="https://blog.example/2025/04/post/").keywords == (
        f"a{'Z' * 60}",
        "ferries",
    )


def test_a_text_behind_a_face_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """40,000 words in elements of their own behind a portrait took 1 s more."""
    asked: list[object] = []
    monkeypatch.setattr(rows, "_lines", lambda node, depth: asked.append(node) or [""])
    tree = parsing.fresh("<img class=avatar><div>" + "<b>x</b> yy " * 1000 + "</div>")
    face = tree.css_first("img")
    assert face is not None
    assert (rows.behind(face, 2), asked) == ("", [])


def test_a_page_of_abbreviations_and_quotation_marks_is_read() -> None:
    body = "<p>The ministers agreed on Tuesday to continue their talks.</p>" * 5
    page = f"<html><body><article><h1>A headline</h1>{body}<p>{'«a» J. ' * 20_000}</p>{body}</article></body></html>"
    article = extract(page.encode(), url="https://blog.example/2024/05/one-post/")
    assert article.article_body.count("«a»") == 20_000


@pytest.mark.parametrize(
    "entry",
    [
        "<item><link>{}</link></item>",
        "<ITEM rdf:about='{0}'><link>{0}</link></ITEM>",
        "<entry><link href='{}'/></entry>",
    ],
)
def test_entries_beyond_the_bound_are_cut_off_before_a_feed_is_parsed(
    entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MAX_ENTRIES", 3)
    seen, read = [], feedparser.parse

    def parse(file: BinaryIO, **options: Any) -> Any:
        seen.append(file.read())
        return read(BytesIO(seen[-1]), **options)

    monkeypatch.setattr(feedparser, "parse", parse)
    root = "feed xmlns='http://www.w3.org/2005/Atom'" if "entry" in entry else "rss version='2.0'"
    text = f"<{root}>" + "".join(entry.format(f"https://blog.example/2024/post-{n}/") for n in range(5))
    feed = feeds.parse_feed(text.encode(), "https://blog.example/feed/")
    assert "post-2" in seen[0].decode()
    assert "post-3" not in seen[0].decode()
    assert feed.problem == "more than 3 entries: cut"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"<rss version='2.0'><channel>", True),
        (b'<ns0:feed xmlns:ns0="http://www.w3.org/2005/Atom">', True),
        (
            b"\xef\xbb\xbf\n<?xml version='1.0'?><!-- a blog --><feed xmlns='http://www.w3.org/2005/Atom'>",
            True,
        ),
        (
            b"<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?><rdf:RDF xmlns='http://purl.org/rss/1.0/'>",
            True,
        ),
        ("<?xml version='1.0'?><rss>".encode("utf-16"), True),
        (b' {"version": "https://jsonfeed.org/version/1.1"}', True),
        (b"<!DOCTYPE html><html><head><title>Our RSS feed</title>", False),
        (b"", False),
    ],
)
def test_a_page_is_not_given_to_the_parser_of_feeds(document: bytes, expected: bool) -> None:
    assert feeds.is_feed(document) is expected


@pytest.mark.slow
def test_the_caches_hold_what_is_of_the_last_pages_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "<p>The ministers agreed on Tuesday to continue their talks.</p>" * 5
    held = []
    monkeypatch.setattr(caches, "MAX_REMEMBERED_BYTES", 100_000)
    for number in range(12):
        page = f"<html><body><article class='{f'c{number} ' * 5000}'><h1>A headline</h1>{body}</article></body></html>"
        extract(page.encode(), url="https://blog.example/2024/05/one-post/")
        held.append(sum(cache.cache_info().currsize for cache in caches.caches()))
    assert max(held[6:]) <= 2 * max(held[:6])
    assert path_step.cache_info().currsize < 12
    assert {path_step, fold} <= set(caches.caches())


def held_bytes() -> int:
    """Bytes of the texts and numbers in all caches of texts."""
    seen: set[int] = set()
    held, found = (
        0,
        [dict_ for cache in caches.caches() for dict_ in gc.get_referents(cache) if type(dict_) is dict],
    )
    while found:
        one = found.pop()
        if id(one) not in seen:
            seen.add(id(one))
            held += sys.getsizeof(one)
            found += [
                part for part in gc.get_referents(one) if isinstance(part, str | tuple | list | frozenset)
            ]
    return held


@pytest.mark.slow
def test_the_caches_hold_what_is_of_the_last_repaired_texts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "MAX_REMEMBERED_BYTES", 8250)
    chance, held = random.Random(7), []
    for _ in range(24):
        words = " ".join("".join(chance.choices("abcdefghiéèüößñ", k=7)) for _ in range(100))
        repair(words.encode().decode("iso-8859-1"))
        held.append(held_bytes())
    assert max(held[12:]) <= 1.3 * max(held[:12])


def test_what_functions_that_were_made_of_the_rules_remember_is_forgotten_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = b"<p>The ministers agreed on Tuesday to continue their talks.</p>" * 5
    extract(b"<html><body><article>" + body + b"</article></body></html>", url="https://blog.example/a/")
    made = [cache for cache in caches.caches() if "<locals>" in cache.__qualname__]
    assert sum(cache.cache_info().currsize for cache in made) > 0
    monkeypatch.setattr(caches, "MAX_REMEMBERED_BYTES", 0)
    caches.text_read(1)
    assert sum(cache.cache_info().currsize for cache in made) == 0


#: A step of a selector: an element, its classes, its attributes.
STEP = r"(?:a|p|h[1-6]|li|div|span|img|header|footer|article|main|section|nav|ul|ol|table|td)?(?:[.#][\w-]*|\[[^\]]*\])*"


def test_no_selector_has_two_descents() -> None:
    """lexbor takes each element that fits the middle of `p a .x` for each one that fits its end: 4 s for 900 KB in 120 links."""
    texts = [
        (path.name, node.value)
        for path in (Path(newsarchive.__file__).parent / "core").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    parts = [(name, part.strip()) for name, text in texts for part in text.replace(" i]", "]").split(",")]
    selectors = [
        one
        for one in parts
        if re.fullmatch(rf"{STEP}(?: {STEP})+", one[1]) and re.search(r"[.#\[]\w*", one[1])
    ]
    assert len(selectors) > 10
    assert [one for one in selectors if one[1].count(" ") > 1] == []


def test_of_links_in_each_other_a_reader_follows_the_innermost() -> None:
    """A parser leaves a link around a table and the links in it as they stand. Each block had a link for all 40 around it."""
    page = "<table><tr><td><a href=/a>" * 30 + "<div>One word</div><div>Two words</div>"
    found = [block.links for block in read_blocks(parse(page), "https://blog.example/").blocks]
    assert [[text for text, _ in links] for links in found] == [["One word"], ["Two words"]]
