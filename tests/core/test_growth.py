"""Shapes of answers that took minutes or gigabytes take little: wide bounds of CPU time and of memory, on small sizes.

`python -m benchmarks.growth` measures all shapes up to 5 MB.
"""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from collections.abc import Callable

import pytest

from benchmarks.fuzz_targets import run_feed, run_listing, run_sitemap, run_wordpress
from benchmarks.growth_shapes import APIS, FEEDS, PAGES, SITEMAPS
from newsarchive import extract, rules
from newsarchive.core.discovery import feeds, wordpress
from newsarchive.core.discovery.feeds import parse_feed
from newsarchive.core.discovery.page_kind import LookAt, first_look
from newsarchive.core.discovery.sitemaps import parse_sitemap
from newsarchive.core.encoding import step
from newsarchive.core.encoding.decoding import detected
from newsarchive.core.html import blocks, parsing
from newsarchive.core.html.parsing import declared_body, fresh
from newsarchive.core.text.normalise import fold_keeping_emoji, normalise
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import QualityFlag

RULES = rules.default()
URL = "https://blog.example/2024/05/one-post/"
#: In seconds of CPU time: what each of these inputs takes at most on a busy machine. They take a tenth of it, and took more
#: than this.
MAX_SECONDS = 8.0


def run_extract(body: bytes) -> None:
    with contextlib.suppress(NotAnArticle):
        extract(body, url=URL)


SLOW = {
    ("sitemap", "<a "): 400_000,
    ("feed", "categories of one item"): 2_000_000,
    ("feed", "namespaces"): 1_000_000,
    ("feed", "attributes"): 1_000_000,
    ("feed", "<a"): 1_000_000,
    ("feed", "nested"): 1_000_000,
    ("api", "rows"): 4_000_000,
    ("list", "elements: <p>"): 5_000_000,
    ("list", "text in 400 <div class=author>"): 5_000_000,
    ("extract", "in a paragraph: J."): 3_000_000,
    ("extract", "damage: Latin-1 at random"): 1_500_000,
    ("extract", "in a paragraph: compatibility"): 3_000_000,
    ("extract", "elements: source"): 2_500_000,
    ("extract", "names of dates in a script"): 100_000,
    ("extract", "datelines of hyphens"): 300,
    ("extract", "text in 400 <div itemprop>"): 4_000_000,
    ("extract", "links in 400 breadcrumbs"): 500_000,
    ("extract", "<time> in a list of posts"): 4_000_000,
    ("extract", "classes of slashes"): 5_000_000,
    ("extract", "classes of other slashes"): 5_000_000,
    ("extract", "in a paragraph: &a"): 3_000_000,
    ("extract", "in a paragraph: &amp;amp;"): 3_000_000,
}
DOORS = {
    "sitemap": (run_sitemap, SITEMAPS),
    "feed": (run_feed, FEEDS),
    "api": (run_wordpress, APIS),
    "list": (run_listing, PAGES),
    "extract": (run_extract, PAGES),
}


@pytest.mark.slow
@pytest.mark.parametrize(("door", "shape", "size"), [(*name, size) for name, size in SLOW.items()])
def test_a_shape_takes_bounded_time(door: str, shape: str, size: int) -> None:
    run, shapes = DOORS[door]
    run(shapes[shape](2000))
    body = shapes[shape](size)
    start = time.process_time()
    run(body)
    assert time.process_time() - start < MAX_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("read", "made"),
    [
        (run_sitemap, lambda: SITEMAPS["&a"](500_000)),
        (detected, lambda: "\ud800".encode("utf-8", "surrogatepass") * 300_000),
        (lambda body: declared_body(body.decode()), lambda: b'"articleBody":"' + b"a" * 2_000_000 + b'"'),
    ],
    ids=["sitemap of wrong marks", "charset of one run", "JSON-LD of one string"],
)
def test_a_shape_takes_bounded_memory(read: Callable[[bytes], object], made: Callable[[], bytes]) -> None:
    body = made()
    read(body[:3000])
    tracemalloc.start()
    try:
        read(body)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(body)
    finally:
        tracemalloc.stop()


def test_a_long_text_that_compatibility_multiplies_stays_as_short() -> None:
    assert normalise("ﷺ ①") == "صلى الله عليه وسلم 1"
    assert len(normalise("ﷺ" * 50_000)) == 50_000
    assert len(fold_keeping_emoji("ﷺ" * 50_000)) == 50_000
    assert normalise("Ａﷺ " * 2000) == " ".join(["a" + normalise("ﷺ")] * 2000)


@pytest.mark.slow
def test_a_page_is_read_up_to_its_bounds_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "<p>The ministers agreed on Tuesday to continue their talks.</p>" * 40
    page = f"<html><body><article><h1>A headline</h1>{body}</article></body></html>".encode()
    assert QualityFlag.PAGE_TOO_LONG not in extract(page, url=URL).quality.flags
    for module, name, value in (
        (parsing, "MAX_TAGS", 50),
        (blocks, "MAX_BLOCKS", 20),
        (blocks, "MAX_TEXT_CHARACTERS", 1000),
    ):
        with monkeypatch.context() as bounds:
            bounds.setattr(module, name, value)
            parsing.parse.cache_clear()
            article = extract(page, url=URL)
        parsing.parse.cache_clear()
        assert QualityFlag.PAGE_TOO_LONG in article.quality.flags, name
        assert 3 < article.article_body.count("Tuesday") < 30


def test_a_long_page_is_parsed_once_for_the_first_look_and_the_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "<p>The ministers agreed on Tuesday to continue their talks.</p>" * 12_000
    parsed: list[str] = []
    monkeypatch.setattr(parsing, "MAX_KEPT_CHARACTERS", len(text))
    monkeypatch.setattr(parsing, "fresh", lambda text: parsed.append(text) or fresh(text))
    parsing.parse.cache_clear()
    first_look(LookAt(text, URL, {}, 200), RULES)
    parsing.parse(text)
    assert parsed == [text]


def test_a_page_with_more_tags_is_cut_before_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_TAGS", 3)
    assert [p.text() for p in fresh("<p>One</p><p>Two</p><p>Three").css("p")] == ["One", "Two"]


def test_a_page_of_too_much_damage_is_left_as_it_is_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged, clean = "A cafÃ© in MÃ¼nchen wasnâ€™t open.", "It rained."
    monkeypatch.setattr(step, "MAX_SUSPECTS", 3)
    first, second = step.repair_texts([damaged, clean], RULES)
    assert (first.text, first.edits, first.damage) == (damaged, (), (step.TOO_MUCH,))
    assert (second.text, second.damage) == (clean, ())
    monkeypatch.setattr(step, "MAX_SUSPECTS", 100)
    assert step.repair_texts([damaged, clean], RULES)[0].text == "A café in München wasn’t open."


def test_a_page_of_too_many_changes_is_left_as_it_is_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "Türkiye'nin baþkenti Ankara'da görüþmeler yapýldý, çalýþma ve iþçi kýzý þöyle dedi. "
    texts = [wrong * 3, "It rained."]
    mended, _ = step.repair_texts(texts, RULES)
    assert "başkenti" in mended.text
    monkeypatch.setattr(step, "MAX_CHANGES", len(mended.edits) - 1)
    first, second = step.repair_texts(texts, RULES)
    assert (first.text, first.damage) == (texts[0], (step.TOO_MUCH,))
    assert (second.text, second.damage) == (texts[1], ())


ITEM = "<item><title>Post {n}</title><link>https://blog.example/2024/post-{n}/</link>{more}</item>"


@pytest.mark.parametrize(
    ("bound", "more", "problem"),
    [
        ("MAX_ELEMENTS", "<a>b</a>" * 5, "elements"),
        ("MAX_REFERENCES", "<description>" + "&lt;p&gt;" * 10 + "</description>", "references"),
        ("MAX_TAGS", "<category>a</category>" * 12, "tags of an entry"),
        ("MAX_PREFIXES", " ".join(f"<x xmlns:a{n}='http://a/'/>" for n in range(12)), "prefixes"),
    ],
)
def test_a_feed_is_cut_before_an_entry_and_stays_well_formed(
    bound: str, more: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def feed(extra: str) -> feeds.Feed:
        items = "".join(ITEM.format(n=n, more=extra if n == 2 else "") for n in range(4))
        return parse_feed(
            f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), "https://blog.example/feed/"
        )

    monkeypatch.setattr(feeds, bound, 11)
    found = feed(more)
    assert [entry.said.title for entry in found.entries] == ["Post 0", "Post 1"]
    assert problem in found.problem
    in_cdata = feed(f"<description><![CDATA[{more}]]></description>")
    assert bound == "MAX_ELEMENTS" or len(in_cdata.entries) == 4


def test_an_answer_of_the_api_is_read_up_to_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpress, "MAX_ROWS", 5)
    posts = wordpress.parse_wp_posts(
        APIS["rows"](2000), "https://blog.example/wp-json/wp/v2/posts?per_page=100"
    )
    assert len(posts.entries) == 5


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("<url><loc>https://blog.example/a?b&c</loc></url>", ["https://blog.example/a?b&c"]),
        ("<sm:url><sm:loc>https://blog.example/a/</sm:loc></sm:url>", ["https://blog.example/a/"]),
        ("<url><loc>https://blog.example/a/</loc> 1 < 2 <lastmod>2024</lastmod></url>", ["https://blog.example/a/"]),
        ("<!-- <url><loc>https://blog.example/b/</loc></url> --><url><loc>/a/</loc></url>", ["https://blog.example/a/"]),
        ("<url><loc><![CDATA[https://blog.example/a/]]></loc></url>", ["https://blog.example/a/"]),
        (f"<url><loc>https://blog.example/a/</loc><x>{'a &amp; ' * 20_000}</x></url>" * 2, ["https://blog.example/a/"]),
    ],
)  # fmt: skip
def test_rows_of_a_sitemap_that_is_read_piece_by_piece(rows: str, expected: list[str]) -> None:
    root = "sm:urlset" if rows.startswith("<sm:") else "urlset"
    sitemap = parse_sitemap(f"<{root}>{rows}</{root}>".encode(), "https://blog.example/sitemap.xml", RULES)
    assert [link.url for link in sitemap.links] == expected
