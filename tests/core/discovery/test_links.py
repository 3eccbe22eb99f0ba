"""Post links on home and archive pages: found without class names or dates, and nothing else."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.discovery import links
from newsarchive.core.html import parsing

RULES = rules.default()
PAGES = json.loads(
    (Path(__file__).parents[2] / "cases/discovery/home-pages.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["label"]) for c in PAGES])
def test_posts_of_a_page(case):
    found = links.post_links(case["html"], case["url"], RULES)
    assert [link.url for link in found] == case["posts"]
    assert [link.title for link in found] == case.get("titles", [link.title for link in found])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://blog.example/", "home page"),
        ("https://blog.example/category/news/rice/", "category"),
        ("https://blog.example/news/page/3/", "archive"),
        ("https://blog.example/page/3/history-of-rice/", ""),
        ("https://blog.example/news/page/3/amp/", "archive"),
        ("https://blog.example/page/3/two-words/feed/", "archive"),
        ("https://blog.example/2024/", "date archive"),
        ("https://blog.example/archives/2024/09/page/2", "date archive"),
        ("https://blog.example/?cat=3", "category"),
        ("https://blog.example/?s=rice", "search"),
        ("https://blog.example/about.html", "page"),
        ("https://blog.example/rice.PDF", "file"),
        ("https://blog.example/?p=3", ""),
        ("https://blog.example/blog/?p=3", ""),
        ("https://blog.example/blog/", "index"),
        ("https://blog.example/blog/?page=3", "archive"),
        ("https://blog.example/?p=3&page=2", "part of a post"),
        ("https://blog.example/s9y/index.php?/archives/3-Rice.html", ""),
        ("https://blog.example/s9y/index.php?/categories/3-Rice", "category"),
        ("https://blog.example/s9y/index.php?/feeds/index.rss2", "feed"),
        ("https://blog.example/index.php?/about", "page"),
        ("https://blog.example/index.php?/", "home page"),
        ("https://blog.example/?q=node/3", ""),
        ("https://blog.example/index.php?q=blog/rice-is-cut-by-hand&lang=th", ""),
        ("https://blog.example/?q=user/login", "account"),
        ("https://blog.example/drupal/?q=node/3", ""),
        ("https://blog.example/search?q=rice/rain", "search"),
        ("https://blog.example/search/?q=rice/rain", "search"),
        ("https://blog.example/tag/rice/?/bees", "tag"),
        ("https://blog.example/rice.jpg?/bees", "file"),
        ("https://blog.example/feed?/bees", "feed"),
        ("https://blog.example/?q=rice", "search"),
        ("https://blog.example/?q=rice+and/or+rain", "search"),
        ("https://blog.example/cgi?action=article&sid=20080919002401", ""),
        ("https://blog.example/cgi?action=lostpassword", "account"),
        ("https://blog.example/?id=3&lang=th", ""),
        ("https://blog.example/topics/rice/", "category"),
        ("https://blog.example/topics/history-of-rice/", ""),
        ("https://blog.example/rice-is-cut-by-hand/2024/09", ""),
        ("https://blog.example/archives/123", ""),
        ("https://blog.example/archives/1987", "date archive"),
        ("https://blog.example/post/2015/09", "date archive"),
        ("https://blog.example/node/2015", ""),
        ("https://blog.example/news/2015", "date archive"),
        ("https://blog.example/2024/09/02/rice", ""),
        ("https://blog.example/2024/09/about/", ""),
        ("https://blog.example/how-to-tag-a-bird/", ""),
        ("https://blog.example/section/politics/2024/05/rice", ""),
        ("https://blog.example/archives/", "archive"),
        ("https://paper.example/spip.php?rubrique12", "category"),
        ("https://paper.example/-Vie-de-l-association-", "category"),
        ("https://paper.example/auteur3.html", "author"),
        ("https://paper.example/_Jane-Doe_", "author"),
        ("https://paper.example/+-harbour-+", "tag"),
        ("https://paper.example/spip.php?article12", ""),
        ("https://paper.example/article12.html", ""),
        ("https://paper.example/La-vie-d-un-auteur", ""),
        pytest.param(
            "https://blog.example/1984/", "", marks=pytest.mark.xfail(reason="a title that is a year")
        ),
    ],
)
def test_an_address_that_says_by_itself_what_it_is(url, reason):
    assert links.index_reason(url, RULES) == reason


@pytest.mark.slow
def test_a_million_links_are_bounded():
    page = "".join(f"<a href=/2024/09/post-{i}>Post</a>" for i in range(1_000_000))
    assert len(links.post_links(page, "https://blog.example/", RULES)) == links.MAX_POSTS


@pytest.mark.slow
@pytest.mark.parametrize(
    "nested",
    [
        "<div><a href=/2024/09/post-{}>Post</a>",
        "<b class=x{0}><p><a href=/2024/09/post-{0}>Post</a>",
        "<a href=/2024/09/post-{}><div>",
    ],
    ids=["containers", "formatting that each paragraph repeats", "anchors"],
)
def test_nesting_costs_no_more_than_breadth(nested):
    page = "".join(map(nested.format, range(200_000)))
    started = time.process_time()
    assert len(links.post_links(page, "https://blog.example/", RULES)) > 250
    assert time.process_time() - started < 20


def test_formatting_that_is_never_closed_does_not_fill_the_memory():
    page = "".join(f"<b class=x{i}>" for i in range(900)) + "<p>text" * 100_000
    started = time.process_time()
    nodes = sum(1 for _ in parsing.parse(page).body.traverse())
    assert nodes < 2 * parsing.MAX_REOPENED_ELEMENTS
    assert time.process_time() - started < 10


def test_a_long_page_with_ordinary_nesting_is_read_whole():
    row = "<li><p>Text <b>bold</b> <font color=red>red</font><br><a href=/2024/09/post-{}>Post</a>"
    page = "<ul>" + "".join(map(row.format, range(20_000)))
    assert parsing.flattened(page) == page


def test_the_parts_of_drawings_are_not_nested_in_each_other():
    icon = '<svg><title>Like</title><path d="M1 1"/><g><use href="#a"/><circle r="1" /></g></svg>'
    page = f"<ol>{f'<li><div class=comment>{icon}<p>Text</p></div></li>' * 2000}</ol>"
    assert parsing.flattened(page) == page
    assert parsing.flattened(page.replace("<svg>", "<svg><div>")) != page, "a <div> ends the drawing"


@pytest.mark.slow
@given(st.text(max_size=300), st.sampled_from(["https://blog.example/", "http://127.0.0.1:8000/a?b=c"]))
def test_any_text_is_a_page(text, url):
    for link in links.post_links(f"<a href='{text}'>{text}</a>{text}", url, RULES):
        assert link.url.startswith("http")
