"""One hostile link, entry, row, tag, header or line costs itself alone: its good neighbour is found, and nothing raises."""

from __future__ import annotations

import json
from html import escape
from typing import Any
from xml.sax.saxutils import escape as xml

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsarchive import extract, rules
from newsarchive.core.discovery import feeds, links, pagination, platforms, rights, sitemaps, wordpress
from newsarchive.core.discovery.page_kind import LookAt, first_look
from newsarchive.core.extraction.agreement import usable
from newsarchive.core.urls import MAX_URL_CHARACTERS, try_normalise, url_key
from newsarchive.db.rows import keys
from newsarchive.items import SourceText

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


@pytest.mark.slow
@given(st.lists(ADDRESSES, min_size=1, max_size=4), TEXTS)
def test_links_of_a_page(addresses: list[str], text: str) -> None:
    tags = "<a href=\"{0}\" rel=\"{1}\" class=\"{1}\">{1}</a><link rel=\"{1} next alternate\" type=application/rss+xml href=\"{0}\"><option value=\"{0}\">{1}</option><meta name=\"{1}\" content=\"{0}\">"  # fmt: skip
    html = page("".join(tags.format(escape(address), escape(text)) for address in addresses))
    assert GOOD in [link.url for link in links.post_links(html, HOME, RULES)]
    pagination.pagination(html, HOME, RULES)
    pagination.archive_links(html, HOME, RULES)
    pagination.page_parts(html, GOOD)
    assert platforms.sources(html, {"link": f'<{addresses[0]}>; rel="{text}"'}, HOME, RULES)
    first_look(LookAt(html, GOOD, {"x-robots-tag": text, "link": text}, 200), RULES)


@pytest.mark.slow
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


@pytest.mark.slow
@FEW
@given(st.lists(st.tuples(ADDRESSES, TEXTS), max_size=3))
def test_entries_of_a_feed(entries: list[tuple[str, str]]) -> None:
    item = "<item><link>{0}</link><guid>{0}</guid><title>{1}</title><pubDate>{1}</pubDate><author>{1}</author><category>{1}</category></item>"
    bad = "".join(item.format(xml(address), xml(text)) for address, text in entries)
    feed = f"<rss version='2.0'><channel><item><link>{GOOD}</link><title>Good</title></item>{bad}</channel></rss>"
    assert GOOD in [
        link.url
        for link in feeds.parse_feed(feed.encode("utf-8", "replace"), HOME + "feed/", rules=RULES).links
    ]


@pytest.mark.slow
@FEW
@given(st.lists(st.dictionaries(st.sampled_from(["id", "url", "title", "content_html", "date_published", "authors", "author", "tags", "image", "language"]), JSON), max_size=3), JSON)  # fmt: skip
def test_items_of_a_json_feed(items: list[Any], other: Any) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": other,
        "next_url": other,
        "items": [*items, other, {"url": GOOD}],
    }
    found = feeds.parse_feed(json.dumps(feed).encode(), HOME + "feed.json", rules=RULES)
    assert GOOD in [link.url for link in found.links]


@FEW
@given(st.lists(st.tuples(ADDRESSES, TEXTS), max_size=3))
def test_rows_of_a_sitemap(rows: list[tuple[str, str]]) -> None:
    row = "<url><loc>{0}</loc><lastmod>{1}</lastmod><news><title>{1}</title><publication_date>{1}</publication_date></news></url>"
    bad = "".join(row.format(xml(address), xml(text)) for address, text in rows)
    sitemap = f"<urlset><url><loc>{GOOD}</loc></url>{bad}</urlset>".encode("utf-8", "replace")
    assert GOOD in [link.url for link in sitemaps.parse_sitemap(sitemap, HOME + "sitemap.xml", RULES).links]
    lines = "\n".join([*(address.replace("\n", "") for address, _ in rows), GOOD]).encode("utf-8", "replace")
    if lines.lstrip()[:1] != b"<":
        found = sitemaps.parse_sitemap(b"http://blog.example/first\n" + lines, HOME + "sitemap.txt", RULES)
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


@pytest.mark.slow
@FEW
@given(st.lists(st.dictionaries(st.sampled_from(_FIELDS), JSON), max_size=3), JSON)
def test_rows_of_an_api(rows: list[Any], other: Any) -> None:
    body = json.dumps([*rows, other, {"link": GOOD, "title": {"rendered": "Good"}}]).encode()
    for headers in ({}, {"x-wp-totalpages": str(other)}):
        posts = wordpress.parse_wp_posts(body, wordpress.wp_posts_url(HOME + "wp-json/"), headers, HOME)
        assert GOOD in [link.url for link in posts.links]
    wordpress.parse_wp_root(json.dumps(other).encode())
    assert wordpress.parse_wp_posts(json.dumps({"code": other, "message": other}).encode(), HOME).url


#: A number that Python does not read.
DIGITS = "9" * 5000

#: What feedparser or our reading of what it gives has raised for.
BAD_TAGS = {
    "a place outside of a place": "<gml:pos xmlns:gml='http://www.opengis.net/gml'>1 2</gml:pos>",
    "a name of feedparser's own": "<links>x</links><content_detail>x</content_detail>",
    "the same in a namespace": "<c:detail xmlns:c='http://purl.org/rss/1.0/modules/content/'>x</c:detail>",
    "a character without end": f"<title>&#{DIGITS};</title>",
}


@pytest.mark.slow
def test_half_of_the_entries_of_a_feed_cannot_be_read() -> None:
    bad = f"<item><link>{HOME}bad/</link><gml:pos xmlns:gml='http://www.opengis.net/gml'>1 2</gml:pos></item>"
    good = [f"{HOME}2024/05/story-{number}-of-the-harbour/" for number in range(400)]
    items = "".join(f"{bad}<item><link>{url}</link><title>Good</title></item>" for url in good)
    feed = f"<rss version='2.0'><channel>{items}</channel></rss>"
    found = feeds.parse_feed(feed.encode(), HOME + "feed/", rules=RULES)
    assert set(good) <= {link.url for link in found.links}


@pytest.mark.parametrize("tag", BAD_TAGS.values(), ids=BAD_TAGS)
@pytest.mark.parametrize("where", ["in one entry", "in all but one", "in the head"])
def test_a_tag_of_a_feed(tag: str, where: str) -> None:
    good = f"<item><link>{GOOD}</link><title>Good</title></item>"
    bad = f"<item><link>{HOME}bad/</link>{tag}</item>" * (20 if where == "in all but one" else 1)
    head, bad = (tag, "") if where == "in the head" else ("", bad)
    feed = f"<rss version='2.0'><channel>{head}{bad}{good}{bad}</channel></rss>"
    found = feeds.parse_feed(feed.encode(), HOME + "feed/", rules=RULES)
    assert GOOD in [link.url for link in found.links]


#: Rows at which the parser gives up all that follows.
BAD_ROWS = {
    "deep": "<url>" + "<a>" * 300 + "</a>" * 300 + "</url>",
    "deep and open": "<url>" + "<a>" * 300 + "</url>",
    "long": f"<url><loc>{HOME}{'a' * 11_000_000}</loc></url>",
    "a section without end": f"<url><loc><![CDATA[{HOME}x</loc></url>",
    "a comment without end": f"<url><!-- <loc>{HOME}x</loc></url>",
    "an instruction without end": f"<url><?php <loc>{HOME}x</loc></url>",
    "the end of the document": "</urlset>",
    "a document type": "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    "a long name": f"<url><{'a' * 60_000}>x</url>",
    "a character without end": f"<url><loc>&#{DIGITS};</loc></url>",
}


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_row_of_a_sitemap(row: str) -> None:
    body = (
        f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{HOME}2024/05/first/</loc></url>'
        f"{row}<url><loc>{GOOD}</loc></url></urlset>"
    )
    found = sitemaps.parse_sitemap(body.encode(), HOME + "sitemap.xml", RULES)
    assert [link.url for link in found.links if "aaaa" not in link.url][-1] == GOOD


#: JSON at which Python's reader raises, and strings at which a reader of ours has.
BAD_JSON = {
    "a number without end": DIGITS,
    "a list without end": "[" * 5000 + "]" * 5000,
    "an object without end": '{"a":' * 5000 + "1" + "}" * 5000,
    "a character without end": f'"&#{DIGITS};"',
    "after the end of the calendar": '"9999-12-31T23:59:59-05:00"',
    "half a character": '"\\ud83d"',
}


@pytest.mark.slow
@pytest.mark.parametrize("value", BAD_JSON.values(), ids=BAD_JSON)
def test_a_value_in_json(value: str) -> None:
    row = "{" + ",".join(f'"{name}":{value}' for name in (*_FIELDS, "rendered", "content_html", "url")) + "}"
    texts = f'{{"link":"{HOME}2024/05/another/","title":{{"rendered":{value}}},"content":{{"rendered":{value}}},"date_gmt":{value}}}'
    api = f'[{row},{texts},{{"link":"{GOOD}"}}]'.encode()
    assert GOOD in [link.url for link in wordpress.parse_wp_posts(api, HOME + "wp-json/wp/v2/posts").links]
    feed = f'{{"version":"https://jsonfeed.org/version/1.1","items":[{row},{{"url":"{GOOD}"}}]}}'.encode()
    assert GOOD in [link.url for link in feeds.parse_feed(feed, HOME + "feed.json", rules=RULES).links]
    assert wordpress.parse_wp_root(f'{{"name":"A blog","other":{value}}}'.encode()) == "A blog"
    story = "The ministers agreed on Tuesday to continue their talks about the harbour in the autumn. " * 6
    ld = f'{{"@type":"NewsArticle","headline":"The talks","other":{value},"articleBody":{value}}}'
    html = (
        f"<html><head><script type=application/ld+json>{ld}</script></head><body><p>{story}</p></body></html>"
    )
    assert extract(html.encode(), url=GOOD).headline == "The talks"


def test_a_header_of_an_api() -> None:
    posts = wordpress.parse_wp_posts(f'[{{"link":"{GOOD}"}}]'.encode(), HOME, {"x-wp-totalpages": DIGITS})
    assert [link.url for link in posts.links] == [GOOD]


@pytest.mark.parametrize("link", ["\0", "#a-story", " # "])
def test_a_row_that_leads_to_the_answer_itself_is_no_post(link: str) -> None:
    """Each page of the API named a new post, its own address, so that up to 2,000 pages of two megabytes were read."""
    body = json.dumps([{"link": link}, {"link": GOOD}]).encode()
    posts = wordpress.parse_wp_posts(body, HOME + "wp-json/wp/v2/posts?page=7&per_page=100")
    assert [found.url for found in posts.links] == [GOOD]


@pytest.mark.parametrize("text", [f"&#{DIGITS};", "&#x" + "f" * 5000, "&" * 5000])
def test_a_text_of_a_source(text: str) -> None:
    story = "The ministers agreed on Tuesday to continue their talks about the harbour in the autumn. " * 9
    assert usable(SourceText("feed", f"<p>{story}</p>{text}<p>{story}</p>", is_full=True))


@given(st.lists(ADDRESSES | TEXTS, max_size=4))
def test_lines_of_robots_txt(lines: list[str]) -> None:
    text = "\n".join([*(f"Sitemap: {line}" for line in lines), f"Sitemap: {HOME}sitemap.xml"])
    assert HOME + "sitemap.xml" in rights.robots_sitemaps(text, HOME + "robots.txt")
