"""The WordPress REST API: found, paged, read, and its refusals told apart from its end."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.discovery import wordpress

ROOT = "https://blog.example/wp-json/"
URL = wordpress.wp_posts_url(ROOT)


def post(**changes):
    return {
        "id": 7,
        "date_gmt": "2024-09-02T03:00:00",
        "modified_gmt": "2024-09-03T00:00:00",
        "link": "https://blog.example/rice/",
        "status": "publish",
        "type": "post",
        "title": {"rendered": "Rice &amp; <em>rain</em>&#8217;s"},
        "content": {"rendered": "<p>The whole text.</p>", "protected": False},
        "excerpt": {"rendered": "<p>Short.</p>", "protected": False},
        "author": 3,
        "_embedded": {
            "author": [{"id": 3, "name": "Somchai &amp; Co"}],
            "wp:term": [
                [{"taxonomy": "category", "name": "News"}, {"taxonomy": "category", "name": "Rice"}],
                [{"taxonomy": "post_tag", "name": "harvest"}],
            ],
        },
        **changes,
    }


def read(*rows, headers=None, url=URL):
    return wordpress.parse_wp_posts(json.dumps(list(rows)).encode(), url, headers)


def test_a_post():
    (entry,) = read(post()).entries
    assert (entry.link.url, entry.link.source, entry.id) == (
        "https://blog.example/rice/",
        "wp-json",
        "wordpress:7",
    )
    assert (entry.said.title, entry.said.author) == ("Rice & rain’s", "Somchai & Co")
    assert (entry.said.html, entry.said.is_full) == ("<p>The whole text.</p>", True)
    assert (entry.said.sections, entry.said.keywords) == (("News", "Rice"), ("harvest",))
    assert entry.said.published == entry.link.published == datetime(2024, 9, 2, 3, tzinfo=UTC)
    assert entry.said.updated == entry.link.lastmod == datetime(2024, 9, 3, tzinfo=UTC)


def test_a_post_without_embedded_names_text_or_dates():
    (entry,) = read(
        {
            "link": "/rice/",
            "title": "Rice",
            "excerpt": {"rendered": "Short."},
            "date_gmt": "0000-00-00T00:00:00",
        }
    ).entries
    assert (entry.link.url, entry.said.title, entry.said.html, entry.said.is_full) == (
        "https://blog.example/rice/",
        "Rice",
        "Short.",
        False,
    )
    assert (entry.said.published, entry.said.updated, entry.said.author, entry.said.keywords) == (
        None,
        None,
        "",
        (),
    )


CASES = json.loads(
    (Path(__file__).parent.parent / "cases/discovery/wp-posts.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_what_the_api_says_of_a_post(case):
    (link,) = read(post(**case["post"])).links
    text = link.text
    said = {name: getattr(text, name) for name in case["expect"]}
    said |= {name: list(value) for name, value in said.items() if isinstance(value, tuple)}
    said |= {name: value.isoformat() for name, value in said.items() if isinstance(value, datetime)}
    assert said == case["expect"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"name": "Harbour &amp; Sons <b>Post</b>", "routes": {}}', "Harbour & Sons Post"),
        (b'<br />\n<b>Warning</b>: x\n{"name": "Harbour Post"}', "Harbour Post"),
        (b'{"name": ["x"]}', ""),
        (b'{"name": null}', ""),
        (b'{"code": "rest_no_route"}', ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_the_name_of_the_blog(body, name):
    assert wordpress.parse_wp_root(body) == name


@pytest.mark.parametrize(
    ("root", "start"),
    [
        (ROOT, "https://blog.example/wp-json/?_fields=name,"),
        ("https://blog.example/?rest_route=/", "https://blog.example/?rest_route=/&_fields=name,"),
    ],
)
def test_the_address_of_the_root(root, start):
    assert wordpress.wp_root_url(root).startswith(start)


def test_what_is_no_published_post_is_left_out():
    posts = read(
        post(), post(id=8), post(status="draft"), post(status="private"), post(type="page"), post(link="javascript:alert(1)"),
        post(link="https://evil.example/"), post(link=None), post(content={"rendered": "", "protected": True}), 5, None
    )  # fmt: skip
    assert len(posts.entries) == 1, "the same link twice is one post"


def test_a_post_whose_permalink_leads_to_another_site_is_asked_for_by_its_id():
    """FeedWordPress gives the posts that it republishes the addresses of their originals."""
    rows = post(link="https://paper.example/rice/"), post(link="https://paper.example/ferry/", id=None)
    body = json.dumps(rows).encode()
    found = wordpress.parse_wp_posts(body, URL, site_url="https://blog.example/news/")
    assert [link.url for link in found.links] == ["https://blog.example/news/?p=7"]
    assert wordpress.is_stand_in(found.links[0].url)
    assert not wordpress.is_stand_in("https://blog.example/rice/?p=7&page=2")


@pytest.mark.parametrize("number", [True, 0, -5, 10**19, 10**30, 12.0, "12", None])
def test_what_no_database_holds_is_no_id(number):
    body = json.dumps([post(id=number), post(id=number, link="https://paper.example/rice/")]).encode()
    found = wordpress.parse_wp_posts(body, URL, site_url="https://blog.example/")
    assert [(entry.link.url, entry.id) for entry in found.entries] == [(post()["link"], "")]


@pytest.mark.parametrize(
    ("body", "problem", "is_last"),
    [
        (b'{"code":"rest_post_invalid_page_number","message":"The page number requested is larger...","data":{"status":400}}', "", True),
        (b'{"code":"rest_no_route","message":"No route was found."}', "rest_no_route: No route was found.", False),
        (b'{"code":"rest_not_logged_in","message":"You are not currently <b>logged in</b>."}', "rest_not_logged_in: You are not currently logged in.", False),
        (b'{"routes": {}}', "no list of posts", False),
        (b"<!DOCTYPE html><html>404</html>", "not well formed", False),
        (b'"text"', "no list of posts", True),
        (b"", "not well formed", False),
        (b"[" * 100_000, "not well formed", False),
        (b"[]", "", True),
    ],
)  # fmt: skip
def test_refusals_are_told_from_the_end(body, problem, is_last):
    posts = wordpress.parse_wp_posts(body, URL)
    assert posts.entries == ()
    assert posts.problem.startswith(problem)
    assert (bool(posts.problem), posts.is_last) == (bool(problem), is_last)


def test_warnings_that_php_prints_before_the_answer():
    body = (
        b"\xef\xbb\xbf<br />\n<b>Warning</b>: Undefined array key [0] in /srv/x.php\n"
        + json.dumps([post()]).encode()
    )
    assert len(wordpress.parse_wp_posts(body, URL).entries) == 1


def test_the_last_page_is_told_by_the_header_or_by_a_short_page():
    three = [post(link=f"/{n}/") for n in range(3)]
    url = wordpress.wp_posts_url(ROOT, page=2, per_page=3)
    assert not read(*three, url=url).is_last
    assert read(*three[:2], url=url).is_last
    assert read(*three, url=url, headers={"x-wp-totalpages": "2"}).is_last
    assert not read(*three[:2], url=url, headers={"x-wp-totalpages": "3"}).is_last, (
        "a post may be hidden by a plug-in"
    )


@pytest.mark.parametrize(
    ("root", "start"),
    [
        (ROOT, "https://blog.example/wp-json/wp/v2/posts?"),
        (
            "https://blog.example/sub/index.php/wp-json",
            "https://blog.example/sub/index.php/wp-json/wp/v2/posts?",
        ),
        ("https://blog.example/?rest_route=/", "https://blog.example/?rest_route=/wp/v2/posts&"),
        (
            "https://public-api.wordpress.com/wp/v2/sites/blog.example/",
            "https://public-api.wordpress.com/wp/v2/sites/blog.example/posts?",
        ),
    ],
)
def test_the_address_of_a_page_of_posts(root, start):
    url = wordpress.wp_posts_url(root, page=3)
    assert url.startswith(start)
    query = parse_qs(urlsplit(url).query)
    assert (query["page"], query["per_page"], query["_embed"]) == (
        ["3"],
        ["100"],
        ["author,wp:term,wp:featuredmedia"],
    )
    assert "_embed=" not in wordpress.wp_posts_url(root, embed=False)


@pytest.mark.parametrize(
    ("page", "headers", "root"),
    [
        ("<link rel='https://api.w.org/' href='/wp-json/'>", {}, ROOT),
        ("", {"link": '<https://blog.example/wp-json/>; rel="https://api.w.org/"'}, ROOT),
        ("", {"link": '<https://blog.example/?p=7>; rel=shortlink, <https://blog.example/?rest_route=/>; title="a, b"; rel="https://api.w.org/"'},
         "https://blog.example/?rest_route=/"),
        ("<link rel='https://api.w.org/' href='https://public-api.wordpress.com/wp/v2/sites/1/'>", {}, "https://public-api.wordpress.com/wp/v2/sites/1/"),
        ("<link rel='https://api.w.org/' href='https://evil.example/wp-json/'>", {}, ""),
        ("<link rel='https://api.w.org/' href='file:///etc/passwd'>", {}, ""),
        ("<link rel=stylesheet href=/wp-json/>", {"link": "<broken"}, ""),
    ],
)  # fmt: skip
def test_the_root_of_the_api(page, headers, root):
    assert wordpress.api_root(page, headers, "https://blog.example/") == root


@pytest.mark.parametrize(
    ("url", "following"),
    [
        ("https://blog.example/feed/", "https://blog.example/feed/?paged=2"),
        ("https://blog.example/feed/?paged=2", "https://blog.example/feed/?paged=3"),
        ("https://blog.example/?feed=rss2", "https://blog.example/?feed=rss2&paged=2"),
        ("https://blog.example/feed/?paged=x", "https://blog.example/feed/?paged=2"),
    ],
)
def test_pages_of_a_feed(url, following):
    assert wordpress.next_feed_page(url) == following


@pytest.mark.parametrize(
    ("page", "headers", "identity"),
    [
        ("<link rel='shortlink' href='https://blog.example/?p=12'>", {}, "wordpress:12"),
        ("", {"link": "<https://blog.example/?p=12>; rel=shortlink"}, "wordpress:12"),
        ("<body class='post-template-default single single-post postid-12 wp-x'>", {}, "wordpress:12"),
        ("<script>_WidgetManager._SetDataContext([{'postId': '345'}])</script>", {}, "blogger:345"),
        ("<link rel='shortlink' href='https://wp.me/p1-2'>", {}, ""),
        ("<body class='home page-id-3'><p>postid-9</p>", {}, ""),
        # longer than an entry of PostgreSQL's indexes
        (f"<body class='postid-{'9' * 3000}'>", {}, ""),
        (f"<link rel='shortlink' href='/?p={'9' * 3000}'>", {}, ""),
        (f"<script>[{{'postId': '{'9' * 3000}'}}]</script>", {}, ""),
    ],
)
def test_the_id_of_a_post(page, headers, identity):
    assert wordpress.post_id(page, headers) == identity


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "link", "title", "rendered", "content", "_embedded", "author", "wp:term", "name", "date_gmt", "code", "message"]),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(values)
def test_no_json_makes_it_raise(data):
    wordpress.parse_wp_posts(json.dumps(data).encode(), URL)


@given(st.binary(max_size=100))
def test_no_bytes_make_it_raise(body):
    wordpress.parse_wp_posts(body, URL)
