"""The next page of an index, its archives, the parts of a split post, and where to stop."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.discovery import pagination

RULES = rules.default()
CASES = json.loads(
    (Path(__file__).parents[2] / "cases/discovery/next-pages.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["label"]) for c in CASES])
def test_next_page(case):
    assert pagination.pagination(case["html"], case["url"], RULES) == case["next"]


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://blog.example/page/3/", 3),
        ("https://blog.example/news/page/12", 12),
        ("https://blog.example/page2/", 2),
        ("https://blog.example/index4.html", 4),
        ("https://blog.example/?paged=5", 5),
        ("https://blog.example/หน้า/6/", 6),
        ("https://blog.example/", None),
        ("https://blog.example/2024/09/", None),
        ("https://blog.example/top-10", None),
        ("https://blog.example/?page=x", None),
    ],
)
def test_page_number(url, number):
    assert pagination.page_number(url, RULES) == number


def test_archives_by_date_go_before_categories():
    page = """<a href=/category/news/>News</a><a href=/2024/09/>September</a><a href=/about/>About</a><a href=/tag/rice>rice</a>
    <a href=/archives/>All</a><a href=/2024/09/02/rice-harvest/>Rice</a><a href="https://evil.example/2024/">x</a>
    <select><option value="">Month</option><option value="2023">2023</option><option value="https://blog.example/2024/08/">August</option></select><a href="/2024/09">again</a>"""
    assert pagination.archive_links(page, "https://blog.example/", RULES) == [
        "https://blog.example/2024/09/",
        "https://blog.example/2024/08/",
        "https://blog.example/archives/",
        "https://blog.example/category/news/",
        "https://blog.example/tag/rice",
    ]


@pytest.mark.parametrize(
    ("url", "page", "parts"),
    [
        ("https://blog.example/rice/", "<a href=/rice/2/>2</a><a href=/rice/3/>3</a><a href=/rice/3/>last</a>", ["/rice/2/", "/rice/3/"]),
        ("https://blog.example/rice/", "<a href=/rice/3/>3</a><a href=/rice/2/>2</a>", ["/rice/2/", "/rice/3/"]),
        ("https://blog.example/?p=7", "<a href='/?p=7&amp;page=2'>2</a>", ["/?p=7&page=2"]),
        ("https://blog.example/rice.html", "<a href='?page=2'>next</a>", ["/rice.html?page=2"]),
        ("https://blog.example/2024/09/02/rice", "<a href='/2024/09/02/rice/2'>next</a>", ["/2024/09/02/rice/2"]),
        ("https://blog.example/rice/", "<a href=/rice/2/>2</a><a href=/rice/4/>4</a>", ["/rice/2/"]),
        ("https://blog.example/rice/", "<a href=/rice/comment-page-2/>2</a><a href=/rain/2/>x</a><a href=/rice/2024/>y</a>", []),
        ("https://blog.example/rice/", "<a href=2#more>2</a><a href='/rice/3/amp/'>3</a><a href='/rice/4//?utm_source=x'>4</a>"
         "<a href='/%72ice/%35'>5</a><a href='/rice/6/index.html'>6</a>", ["/rice/2", "/rice/3/amp/", "/rice/4//?utm_source=x", "/rice/5", "/rice/6/index.html"]),
        ("https://blog.example/rice/", "<a href=https://evil.example/rice/2/>2</a>", []),
        ("https://blog.example/", "<a href=/2/>2</a><a href=/?page=2>2</a>", []),
    ],
)  # fmt: skip
def test_parts_of_a_split_post(url, page, parts):
    assert pagination.page_parts(page, url) == [f"https://blog.example{part}" for part in parts]


def test_posts_with_a_date_in_their_address_are_told_from_parts_without_being_folded(monkeypatch):
    monkeypatch.setattr(pagination, "try_normalise", lambda *_: pytest.fail("folded"))
    page = "<a href=/2024/09/02/rain/>a</a><a href='/2024/09/%E9%9B%A8/'>b</a><a href=https://blog.example/12/x.html>c</a>"
    assert pagination.page_parts(page, "https://blog.example/2024/09/02/rice") == []


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("https://blog.example/rice/", "https://www.blog.example/rice/2/"),
        ("https://blog.example:8080/rice/", "https://blog.example:8080/rice/2/"),
        ("https://bücher.example/rice/", "https://xn--bcher-kva.example/rice/2/"),
    ],
)
def test_a_part_may_be_linked_by_another_spelling_of_the_host(url, part):
    assert pagination.page_parts(f"<a href={part}>2</a>", url) == [part]


def test_a_theme_that_links_the_next_part_only():
    first = "https://blog.example/rice/"
    (second,) = pagination.page_parts("<a href=/rice/2/>next</a>", first)
    assert pagination.page_parts("<a href=/rice/>back</a><a href=/rice/3/>next</a>", second, first) == [
        first + "3/"
    ]
    assert pagination.page_parts("<a href=/rice/2/>back</a>", first + "3/", first) == []


def test_a_post_in_a_thousand_parts_is_bounded():
    page = "".join(f"<a href=/rice/{n}/>{n}</a>" for n in range(2, 1000))
    assert len(pagination.page_parts(page, "https://blog.example/rice/")) == pagination.MAX_POST_PARTS - 1


def test_a_calendar_that_paginates_for_ever_is_left():
    pages = barren = 0
    while not (reason := pagination.stop_reason(pages, barren)):
        pages, barren = pages + 1, barren + 1
    assert (reason, pages) == ("nothing new", pagination.MAX_BARREN_PAGES)
    while not (reason := pagination.stop_reason(pages, 0)):
        pages += 1
    assert (reason, pages) == ("page limit", pagination.MAX_CHAIN_PAGES)


@given(
    st.text(max_size=200), st.sampled_from(["https://blog.example/", "https://blog.example/a/page/2/?x=y"])
)
def test_any_text_is_a_page(text, url):
    page = f"<a rel=next href='{text}'>{text}</a><a href='{text}'>2</a>"
    found = pagination.pagination(page, url, RULES)
    assert found is None or found.startswith("http")
    assert all(
        u.startswith("http")
        for u in pagination.archive_links(page, url, RULES) + pagination.page_parts(page, url)
    )


POST = (
    "<body class='wp-singular single single-post postid-5'><main><div class='entry-content wp-block-post-content {}'>"
    "{}</div></main></body>"
)


@pytest.mark.parametrize(
    ("page", "url", "part"),
    [
        (POST.format("", "<p>One.</p>"), "https://blog.example/?p=5", "https://blog.example/?p=5&page=2"),
        (
            POST.format("", "<p>One.</p>"),
            "https://blog.example/2025/rice/",
            "https://blog.example/2025/rice/2/",
        ),
        (
            POST.format("", "<p>One.</p>"),
            "https://blog.example/2025/rice",
            "https://blog.example/2025/rice/2/",
        ),
        (
            POST.format("", "<h2 class='wp-block-heading'>One</h2><p>Two.</p>"),
            "https://blog.example/?p=5",
            "",
        ),
        (POST.format("", "<p>One.</p>"), "https://blog.example/?s=rice", ""),
        (POST.format("", "<p>One.</p>"), "https://blog.example/", ""),
        (POST.format("", "<p>One.</p>").replace("single-post", "page"), "https://blog.example/about/", ""),
        (
            "<body class='single-post'><div class='entry-content'><p>One.</p></div>",
            "https://blog.example/rice/",
            "",
        ),
        ("", "https://blog.example/rice/", ""),
    ],
    ids=[
        "plain",
        "pretty",
        "no slash",
        "block editor",
        "search",
        "home page",
        "a page",
        "a classic theme",
        "nothing",
    ],
)
def test_a_part_that_no_page_links(page, url, part):
    assert pagination.unlinked_part(page, url) == part


def test_a_part_says_something_else_than_the_first():
    first = POST.format("", "<p>One.</p>")
    assert pagination.says_more(first, POST.format("", "<p>Two.</p>"))
    assert not pagination.says_more(first, POST.format("is-layout-flow", "<p>One. </p>"))
    assert not pagination.says_more(first, "<body class='error404'><h1>Not found</h1>")
