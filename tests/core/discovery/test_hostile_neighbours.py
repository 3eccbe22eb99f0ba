"""One hostile link, entry, row, tag, header or line costs itself alone: its good neighbour is found, and nothing raises."""

from __future__ import annotations

import json
from html import escape
from typing import Any
from xml.sax.saxutils import escape as xml

from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsarchive import extract, rules
from newsarchive.core.discovery import find
from newsarchive.core.discovery.first_look import LookAt, first_look
from newsarchive.core.urls import MAX_URL_CHARACTERS, try_normalise, url_key
from newsarchive.db.rows import keys

RULES = rules.default()
HOME = "https://blog.example/"
GOOD = "https://blog.example/2024/05/a-good-story-of-the-harbour/"

#: Each example is a document of several rows. Ten times as many were run once.
FEW = settings(max_examples=30)

#: Pieces of addresses at which parsers of URLs, hosts, ports and paths have raised, grown or hung.
PIECES = st.sampled_from([
    "http://", "https://", "HTTP:\\\\", "//", "///", "/", "?", "#", "@", ":", "::", "[", "]", "[::1", "[::1]", "[v1.x]", "%", "%00",
    "%zz", "%ff", "&", "=", ";", ".", "..", "/../", "/./", " ", "\t", "\n", "\0", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff",
    "\ud800", "\udfff", "\U0010ffff", "ß", "İ", "ﬁ", "。", "xn--", "xn--a", "xn--\x80", "-", "_", "a" * 64, "a." * 130,
    "ก" * 453, "中" * 453, "я" * 679, "😀" * 340, "x" * (MAX_URL_CHARACTERS + 1), "blog.example", "127.0.0.1", "0x7f.1", "2130706433",
    "256.256.256.256", "1" * 30, ":99999999", ":-1", ":０", ":٣", "javascript:", "data:,", "mailto:", "file:///", "tel:", "feed:", "amp",
    "index.html", "page", "2024/05/", "?p=1", "?p=" + "9" * 5000, "page/" + "9" * 400, "/٢/", "utm_source=", "\\", "|", "<", ">", "'", '"',
])  # fmt: skip
ADDRESSES = st.lists(PIECES | st.text(max_size=8), max_size=6).map("".join)
TEXTS = st.one_of(ADDRESSES, st.text(max_size=40), st.sampled_from([
    "2024-13-45", "0000-00-00", "-0001-11-30T00:00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "Thu, 32 Foo 99999 99:99:99 +9999",
    "Mon, 01 Jan 0001 00:00:00 +1400", "1e400", "nan", "inf", "-inf", "999999999999999999999", "&#xD800;", "&#0;", "&bogus;", "]]>", "<!--", "\x00",
]))  # fmt: skip
#: Any value of JSON, numbers without end and surrogates too.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def page(links: str) -> str:
    good = f"<article><h2><a href='{GOOD}'>A good story of the harbour</a></h2></article>"
    return f"<html><head></head><body><main>{links}{good}{links}</main></body></html>"


@given(ADDRESSES)
@example("http://blog.example/" + "ก" * 453)
def test_addresses_are_refused_or_have_a_key(address: str) -> None:
    url = try_normalise(address, HOME)
    if url is not None:
        assert len(url) <= MAX_URL_CHARACTERS
        assert url_key(url_key(url)) == url_key(url)


@given(st.lists(ADDRESSES, min_size=1, max_size=4), TEXTS)
def test_links_of_a_page(addresses: list[str], text: str) -> None:
    tags = "<a href=\"{0}\" rel=\"{1}\" class=\"{1}\">{1}</a><link rel=\"{1} next alternate\" type=application/rss+xml href=\"{0}\"><option value=\"{0}\">{1}</option><meta name=\"{1}\" content=\"{0}\">"  # fmt: skip
    html = page("".join(tags.format(escape(address), escape(text)) for address in addresses))
    assert GOOD in [link.url for link in find.post_links(html, HOME, RULES)]
    find.pagination(html, HOME, RULES)
    find.archive_links(html, HOME, RULES)
    find.page_parts(html, GOOD)
    assert find.sources(html, {"link": f'<{addresses[0]}>; rel="{text}"'}, HOME, RULES)
    first_look(LookAt(html, GOOD, {"x-robots-tag": text, "link": text}, 200), RULES)


@settings(max_examples=15)  # each is a page
@given(st.lists(ADDRESSES, min_size=1, max_size=3))
def test_a_base_and_a_canonical_address(addresses: list[str]) -> None:
    body = (
        "<p>The ministers agreed on Tuesday to continue their talks about the harbour in the autumn.</p>" * 6
    )
    tags = "".join(
        f"<link rel=canonical href=\"{escape(a)}\"><meta property=og:url content=\"{escape(a)}\"><meta property=og:image content=\"{escape(a)}\">"
        f"<script type=application/ld+json>{json.dumps({'@type': 'NewsArticle', 'url': a, 'image': a, 'author': {'url': a}})}</script>"
        for a in addresses
    )  # fmt: skip
    html = f'<html><head>{tags}</head><body><article><h1>A headline</h1>{body}<a href="{escape(addresses[0])}">x</a></article></body></html>'
    article = extract(html.encode("utf-8", "replace"), url=GOOD)
    assert "ministers agreed" in article.article_body
    assert keys(article)[0] == url_key(GOOD)  # the archive can keep it


@FEW
@given(st.lists(st.tuples(ADDRESSES, TEXTS), max_size=3))
def test_entries_of_a_feed(entries: list[tuple[str, str]]) -> None:
    item = "<item><link>{0}</link><guid>{0}</guid><title>{1}</title><pubDate>{1}</pubDate><author>{1}</author><category>{1}</category></item>"
    bad = "".join(item.format(xml(address), xml(text)) for address, text in entries)
    feed = f"<rss version='2.0'><channel><item><link>{GOOD}</link><title>Good</title></item>{bad}</channel></rss>"
    assert GOOD in [
        link.url
        for link in find.parse_feed(feed.encode("utf-8", "replace"), HOME + "feed/", rules=RULES).links
    ]


@FEW
@given(st.lists(st.dictionaries(st.sampled_from(["id", "url", "title", "content_html", "date_published", "authors", "author", "tags", "image", "language"]), JSON), max_size=3), JSON)  # fmt: skip
def test_items_of_a_json_feed(items: list[Any], other: Any) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": other,
        "next_url": other,
        "items": [*items, other, {"url": GOOD}],
    }
    found = find.parse_feed(json.dumps(feed).encode(), HOME + "feed.json", rules=RULES)
    assert GOOD in [link.url for link in found.links]


@FEW
@given(st.lists(st.tuples(ADDRESSES, TEXTS), max_size=3))
def test_rows_of_a_sitemap(rows: list[tuple[str, str]]) -> None:
    row = "<url><loc>{0}</loc><lastmod>{1}</lastmod><news><title>{1}</title><publication_date>{1}</publication_date></news></url>"
    bad = "".join(row.format(xml(address), xml(text)) for address, text in rows)
    sitemap = f"<urlset><url><loc>{GOOD}</loc></url>{bad}</urlset>".encode("utf-8", "replace")
    assert GOOD in [link.url for link in find.parse_sitemap(sitemap, HOME + "sitemap.xml", RULES).links]
    lines = "\n".join([*(address.replace("\n", "") for address, _ in rows), GOOD]).encode("utf-8", "replace")
    if lines.lstrip()[:1] != b"<":
        found = find.parse_sitemap(b"http://blog.example/first\n" + lines, HOME + "sitemap.txt", RULES)
        assert GOOD in [link.url for link in found.links]


_FIELDS = [
    "id",
    "link",
    "title",
    "content",
    "excerpt",
    "date",
    "date_gmt",
    "modified",
    "modified_gmt",
    "status",
    "type",
    "_embedded",
]


@FEW
@given(st.lists(st.dictionaries(st.sampled_from(_FIELDS), JSON), max_size=3), JSON)
def test_rows_of_an_api(rows: list[Any], other: Any) -> None:
    body = json.dumps([*rows, other, {"link": GOOD, "title": {"rendered": "Good"}}]).encode()
    for headers in ({}, {"x-wp-totalpages": str(other)}):
        posts = find.parse_wp_posts(body, find.wp_posts_url(HOME + "wp-json/"), headers, HOME)
        assert GOOD in [link.url for link in posts.links]
    find.parse_wp_root(json.dumps(other).encode())
    assert find.parse_wp_posts(json.dumps({"code": other, "message": other}).encode(), HOME).url


@given(st.lists(ADDRESSES | TEXTS, max_size=4))
def test_lines_of_robots_txt(lines: list[str]) -> None:
    text = "\n".join([*(f"Sitemap: {line}" for line in lines), f"Sitemap: {HOME}sitemap.xml"])
    assert HOME + "sitemap.xml" in find.robots_sitemaps(text, HOME + "robots.txt")
