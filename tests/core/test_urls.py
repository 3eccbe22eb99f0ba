"""Which spellings are one page, what may be fetched, what a person may type."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsarchive.core import urls
from newsarchive.core.urls import BLOG_HOSTS
from newsarchive.exceptions import UsageError

CASES = Path(__file__).parents[1] / "cases" / "urls"


def cases(name):
    rows = json.loads((CASES / name).read_text(encoding="utf-8"))
    return [pytest.param(row, id=row["label"]) for row in rows]


@pytest.mark.parametrize("case", cases("one-page.json"))
def test_one_page_has_one_key(case):
    assert {urls.url_key(url) for url in case["urls"]} == {case["key"]}


@pytest.mark.parametrize("case", cases("different-pages.json"))
def test_different_pages_have_different_keys(case):
    for one, other in combinations(case["urls"], 2):
        assert urls.url_key(one) != urls.url_key(other)


@pytest.mark.parametrize("case", cases("refused.json"))
def test_what_must_not_be_fetched_is_refused_with_a_reason(case):
    with pytest.raises(ValueError, match=r"\w+"):
        urls.normalise(case["url"], base="https://blog.example/")
    assert urls.try_normalise(case["url"]) is None


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("b", "https://blog.example/a/b"),
        ("/b?x=1#y", "https://blog.example/b?x=1"),
        ("//other.example/b", "https://other.example/b"),
        ("../../b", "https://blog.example/b"),
        (r"\b\c", "https://blog.example/b/c"),
        (r"https:\\other.example\b", "https://other.example/b"),
        ("?page=2", "https://blog.example/a/?page=2"),
        ("HTTP://Other.Example:80", "http://other.example/"),
        ("http://user:secret@other.example/b", "http://other.example/b"),
        ("b c.html", "https://blog.example/a/b%20c.html"),
        ("b\n c.html", "https://blog.example/a/b%20c.html"),
        ("100%", "https://blog.example/a/100%25"),
        ("www.other.example/b", "https://www.other.example/b"),
        ("www.pages/b", "https://blog.example/a/www.pages/b"),
        ("http:/other.example/b", "http://other.example/b"),
        ("https:/b", "https://blog.example/b"),
        (
            "/%2e%2e/b?next=http://other.example/&amp;x=1",
            "https://blog.example/b?next=http://other.example/&x=1",
        ),
        ("/amp;b", "https://blog.example/amp;b"),
    ],
)
def test_links_are_resolved_as_a_browser_does(href, expected):
    assert urls.normalise(href, "https://blog.example/a/") == expected


def test_a_url_that_never_ends_is_refused():
    with pytest.raises(ValueError, match="longer than"):
        urls.normalise("https://blog.example/" + "a/" * 5000)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("blog.example", "https://blog.example/"),
        (" https://blog.example/news ", "https://blog.example/news"),
        ("http://blog.example", "http://blog.example/"),
        ("blog.example:8080/news", "https://blog.example:8080/news"),
        ("localhost:8000", "http://localhost:8000/"),
        ("127.0.0.1:8000/blog/", "http://127.0.0.1:8000/blog/"),
        ("[::1]:8000", "http://[::1]:8000/"),
        ("<https://blog.example/>", "https://blog.example/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
    ],
)
def test_a_start_url_may_be_typed_short(typed, url):
    assert urls.check_start_url(typed) == url


@pytest.mark.parametrize(
    "typed", ["", "  ", "foo", "ftp://blog.example", "javascript:alert(1)", "file:///etc/passwd", "a b.example",
              "http://", "mailto:x@blog.example", "https://me:secret@blog.example/", "me@blog.example", "/news", "http://[::1"],
)  # fmt: skip
def test_a_wrong_start_url_is_named_with_the_remedy(typed):
    with pytest.raises(UsageError) as error:
        urls.check_start_url(typed, argument="-a url")
    assert str(error.value).startswith("-a url")
    assert "https://blog.example" in str(error.value) or "leave it out" in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("typed", "own"),
    [
        ("https://web.archive.org/web/2019/https://blog.example/", "https://blog.example/"),
        ("https://web.archive.org/web/20190102030405/https://blog.example/a/", "https://blog.example/a/"),
        ("web.archive.org/web/2019*/blog.example", "https://blog.example/"),
        ("https://web.archive.org/web/https://blog.example/", "https://blog.example/"),
        ("https://web.archive.org/web/20190102030405if_/http://blog.example/", "http://blog.example/"),
        ("http://localhost:8080/my-web/20190102030405mp_/https://blog.example/", "https://blog.example/"),
        ("https://swap.example/wayback/*/http:/blog.example/", "http://blog.example/"),
        ("https://archive.example/2019/https://blog.example/", "https://blog.example/"),
    ],
)
def test_a_page_in_a_web_archive_is_no_blog(typed: str, own: str) -> None:
    with pytest.raises(UsageError, match="is a page in a web archive") as error:
        urls.check_blog(typed)
    assert f": {own} . Where" in str(error.value)


@pytest.mark.parametrize(
    "typed",
    [
        "https://blog.archive.org/", "https://web.archive.org/", "https://blog.example/web/2019/", "https://blog.example/2019/05/",
        "https://blog.example/?url=https://web.archive.org/web/2019/https://other.example/", "https://archive.org/details/blog",
    ],
)  # fmt: skip
def test_what_looks_like_a_web_archive_may_be_a_blog(typed: str) -> None:
    assert urls.check_blog(typed) == urls.check_start_url(typed)


def test_a_site_is_its_host_without_www_and_usual_port():
    assert urls.site_of("https://www.Blog.example:443/a") == "blog.example"
    assert urls.site_of("http://127.0.0.1:8001/") == "127.0.0.1:8001"


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://a.b.example.co.uk/", "example.co.uk"),
        ("https://name.blogspot.com/", "name.blogspot.com"),
        ("https://name.wordpress.com/", "name.wordpress.com"),
        ("https://name.substack.com/p/x", "name.substack.com"),
        ("https://name.blog12.fc2.com/blog-entry-1.html", "name.blog12.fc2.com"),
        ("https://www.medium.com/@name/x", "medium.com"),
        ("https://news.163.com/x", "163.com"),
        ("https://www.gov.cn/", "gov.cn"),
        ("https://www.bangkokpost.co.th/x", "bangkokpost.co.th"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://localhost/", "localhost"),
    ],
)
def test_registered_domain(url, domain):
    assert urls.registered_domain(url) == domain


@pytest.mark.parametrize("suffix", [host.removeprefix("*.") for host in BLOG_HOSTS])
def test_blogs_of_one_host_are_sites_of_their_own(suffix):
    assert not urls.same_site(f"https://aa.{suffix}/", f"https://bb.{suffix}/x")
    assert urls.same_site(f"https://aa.{suffix}/", f"http://www.aa.{suffix}/x")


def test_same_site():
    assert urls.same_site("https://blog.example.com/", "http://www.example.com/x")
    assert not urls.same_site("https://a.blogspot.com/", "https://b.blogspot.com/")
    assert not urls.same_site("http://127.0.0.1:8001/", "http://127.0.0.1:8002/")
    assert urls.same_site("https://news.163.com/", "https://sports.163.com/")
    assert urls.same_site("https://www.wordpress.com/", "https://wordpress.com/x")
    assert not urls.same_site("javascript:alert(1)", "https://blog.example/")


url_like = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}://{}{}/{}?{}#{}".format,
        st.sampled_from(["http", "https", "HTTP"]),
        st.sampled_from(["blog.example", "www.blog.example", "www.www.example", "bücher.example", "[::1]"]),
        st.sampled_from(["", ":80", ":443", ":8080"]),
        st.text(max_size=30),
        st.text(max_size=30),
        st.text(max_size=5),
    ),
    st.lists(
        st.sampled_from(
            ["/", "/amp", "index.html", ".amp", ".html", "..", "%2", "5", "?amp", "&", ";sid=1", "a"]
        ),
        max_size=9,
    )
    .map("".join)
    .map("https://blog.example/{}".format),
)


@given(url_like)
@example("http://0/.;sid=")  # a dot segment that only stands bare without its session
@example("?AMP;&0")  # sorted behind another parameter it would be an escaped ampersand
def test_keys_and_urls_are_stable(text):
    url = urls.try_normalise(text, "https://blog.example/")
    if url is not None:
        assert urls.normalise(url) == url
        assert url.isascii()
        key = urls.url_key(url)
        assert urls.url_key(key) == key
        assert urls.url_key("https://" + key) == key


@given(st.text(max_size=80))
def test_a_typed_url_is_taken_or_refused_with_a_message(text):
    try:
        url = urls.check_start_url(text)
    except UsageError:
        return
    assert urls.normalise(url) == url


SPELLINGS = ["http://", "https://", "//", "/", "\\", ";", "?", "#", "a", "b.example", "www.", "..", "/.", "%41", "%D1", "%2e", "%",
             "é", "ü.de", ":80", ":8080", "user@", "[::1]", "127.0.0.1", " ", "&utm_source=x", "p=1", "index.html", "amp", "("]  # fmt: skip


@given(st.lists(st.sampled_from(SPELLINGS), max_size=9), st.sampled_from(["", "https://base.example/a/b?c"]))
@example(["https://", "b.example", "/", "%D1", "?", "p=1"], "")
@example(["https://", "b.example", "/", "/.", "a"], "")
@example(["https://"], "https://base.example/a/b?c")
@example(["https://", "b.example", "/", "a", ";"], "https://base.example/a/b?c")
def test_an_address_that_looks_regular_is_what_spelling_it_gives(parts, base):
    text = "".join(parts)
    if urls._REGULAR.fullmatch(text):
        assert urls._spelled(text, base) == text


BASES = ["", "https://base.example/a/b?c", "http://base.example", "https://Base.example/", "https://u@base.example/", "https://base.example:443/",
         "http://base.example?x", "https://ü.example/", "https://base..example/", "https://base.example;a/"]  # fmt: skip


@given(st.lists(st.sampled_from(SPELLINGS), max_size=8), st.sampled_from(BASES))
@example(["a", "/", "?", "p=1"], "https://base.example/a/b?c")
@example(["/", "a"], "https://base.example/a/b?c")
def test_an_address_from_the_root_of_a_host_is_what_spelling_it_gives(parts, base):
    text = "/" + "".join(parts)
    assert urls.try_normalise(text, base) == _spelled_or_none(text, base)


def _spelled_or_none(text, base):
    try:
        return urls._spelled(text.strip(), base)
    except ValueError:
        return None


def test_an_address_from_the_root_of_a_host_is_not_taken_apart(monkeypatch):
    """20,000 links of a front page of 5 MB took three seconds, most of it for this."""
    monkeypatch.setattr(urls, "_spelled", None)
    assert (
        urls.normalise("/2026/12/ferry/?p=1", "https://b.example/page/2/")
        == "https://b.example/2026/12/ferry/?p=1"
    )


@given(st.lists(st.sampled_from(SPELLINGS), max_size=6))
@example([])
@example(["/", "a"])
@example(["b.example", "/", "a", ";"])
def test_a_whole_address_is_read_as_it_is_joined_to_a_page(parts):
    from urllib.parse import urljoin, urlsplit

    text, base = "https://" + "".join(parts), "https://base.example/a/b?c"
    try:
        found = urls._absolute(text, base)
    except ValueError:
        return
    head, mark, tail = text.partition("?")
    joined = urlsplit(urljoin(base, head.replace("\\", "/") + mark + tail))
    assert found._replace(fragment="") == joined._replace(fragment="")
