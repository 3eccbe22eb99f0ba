"""An excerpt holds bytes that came, about one post alone, and is read as the whole document was."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.assembly.documents import said_in
from newsarchive.core.discovery import excerpts, feeds, sitemaps, wordpress
from newsarchive.items import Excerpt, Link
from newsarchive.warc.writer import payload_digest

RULES = rules.default()
HOME = "https://blog.example"
FEED = Excerpt("feed", f"{HOME}/feed/", "application/rss+xml")

RSS = """
<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Mill</title><language>de</language><generator>https://wordpress.org/?v=6.5</generator>
<item><title>One</title><link>https://blog.example/1</link><pubDate>Mo, 03 Mär 2025 08:00:00 +0100</pubDate></item>
<!-- <item> no entry --><item><title>Two &amp; a half</title><link>https://blog.example/2</link>
<content:encoded><![CDATA[<p>It says <item> and </item></p>]]></content:encoded></item >
<ITEM><title>Drei</title><link>/3</link><author>ann@blog.example (Ann Lee)</author></ITEM>
</channel></rss>"""
EMPTY = RSS.replace("<item><title>One", "<?php <item> ?><item><title>One").replace("<ITEM>", "<item/><ITEM>")
ATOM = """<ns0:feed xmlns:ns0="http://www.w3.org/2005/Atom" xml:base="https://blog.example/a/">
<ns0:title>The Mill</ns0:title><ns0:author><ns0:name>Ann Lee</ns0:name></ns0:author>
<ns0:entry><ns0:title>One</ns0:title><ns0:link href="one"/><ns0:updated>2025-03-03T08:00:00Z</ns0:updated></ns0:entry>
<ns0:entry><ns0:title>Two</ns0:title><ns0:link href="two"/><ns0:updated>2025-03-04T08:00:00Z</ns0:updated></ns0:entry>
</ns0:feed>"""
LATIN = (
    '<?xml version="1.0" encoding="iso-8859-1"?><rss><channel><item><title>Café</title><link>https://blog.example/1</link></item>'
    "<item><title>Müll</title><link>https://blog.example/2</link></item></channel></rss>"
)
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1", "title": 'A "[{" in a title', "authors": [{"name": "Ann Lee"}],
    "items": [{"url": f"{HOME}/{n}", "title": f"Nº {n}", "content_text": "a ] } , \\ \" b"} for n in range(3)],
    "language": "de",
}  # fmt: skip
ROWS = [
    {"id": n, "link": f"{HOME}/{n}", "title": {"rendered": f"Größe {n}"}, "content": {"rendered": "<p>]}</p>"},
     "date_gmt": "2025-03-03T08:00:00", "date": "2025-03-03T10:00:00"}
    for n in range(3)
]  # fmt: skip
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://blog.example/"><title>The Mill</title><items><rdf:Seq>
<rdf:li rdf:resource="https://blog.example/one"/><rdf:li resource="https://blog.example/two"/></rdf:Seq></items></channel>
<item rdf:about="https://blog.example/one"><title>One</title><link>https://blog.example/one</link></item>
<item rdf:about="https://blog.example/two"><title>Two</title><link>https://blog.example/two</link></item></rdf:RDF>"""
NEWS = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://blog.example/one</loc><n:news><n:title>One</n:title><n:publication_date>2025-03-03</n:publication_date></n:news></url>
<url><loc>https://blog.example/two</loc><lastmod>2025-03-05</lastmod></url>
<url><loc>https://blog.example/three</loc><n:news><n:title>Three</n:title></n:news></url></urlset>"""


def feed(body: bytes, kind: str = "") -> tuple[Link, ...]:
    return feeds.parse_feed(body, FEED.url, kind, rules=RULES).links


def api(body: bytes) -> tuple[Link, ...]:
    return wordpress.parse_wp_posts(
        body, f"{HOME}/wp-json/wp/v2/posts", {"content-type": "application/json"}
    ).links


def sitemap(body: bytes) -> tuple[Link, ...]:
    return sitemaps.parse_sitemap(body, f"{HOME}/news.xml", RULES).links


DOCUMENTS = {
    "RSS, blanks before it, comments and CDATA with tags": (RSS.encode(), feed(RSS.encode()), 3),
    "Atom with a prefix, links relative to a base": (ATOM.encode(), feed(ATOM.encode()), 2),
    "RSS 1.0, which lists the addresses of all posts at its head": (RDF.encode(), feed(RDF.encode()), 2),
    "an empty entry, and an instruction with a tag": (EMPTY.encode(), feed(EMPTY.encode()), 3),
    "a charset that the document names": (LATIN.encode("latin-1"), feed(LATIN.encode("latin-1")), 2),
    "JSON Feed": (json.dumps(JSON_FEED).encode(), feed(json.dumps(JSON_FEED).encode()), 3),
    "JSON Feed with a byte order mark, indented": (
        json.dumps(JSON_FEED, indent=2, ensure_ascii=False).encode("utf-8-sig"),
        feed(json.dumps(JSON_FEED, indent=2, ensure_ascii=False).encode("utf-8-sig")),
        3,
    ),
    "the API behind a warning of PHP": (
        b"<b>Warning</b>: x\n" + json.dumps(ROWS, ensure_ascii=False).encode(),
        api(b"<b>Warning</b>: x\n" + json.dumps(ROWS, ensure_ascii=False).encode()),
        3,
    ),
    "a news sitemap, of whose rows one says nothing": (NEWS.encode(), sitemap(NEWS.encode()), 2),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_post_is_read_out_of_its_excerpt_as_out_of_the_whole(name: str) -> None:
    body, links, number = DOCUMENTS[name]
    found = [link for link in links if link.text and link.text.excerpt]
    assert len(found) == number
    for link in found:
        excerpt = link.text and link.text.excerpt
        assert excerpt is not None
        assert excerpt.own in body
        assert [one for one in found if one is not link and one.url.encode() in excerpt.body] == []
        assert (again := said_in(excerpt, link.url, RULES).link) == link
        assert again is not None
        assert again.text == link.text
        # What is read out of an excerpt has the same bytes again.
        assert again.text.excerpt.body == excerpt.body if again.text and again.text.excerpt else False


def test_an_excerpt_names_the_digest_of_the_whole_document() -> None:
    (first, *_) = feed(RSS.encode())
    assert first.text is not None
    assert first.text.excerpt is not None
    assert first.text.excerpt.digest == payload_digest(RSS.encode())


BAD = {
    "a head that each post would repeat": "<rss>" + "<x/>" * 20_000 + RSS.partition("<rss")[2],
    "as many entries for the parser as tags, but others": RSS.replace(
        "<!-- <item> no entry -->", '<!DOCTYPE x [<!ENTITY a "<item>">]>'
    ).replace("<ITEM>", "<item\n<ITEM>"),
    "UTF-16": RSS.encode("utf-16").decode("latin-1"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD)
def test_where_nobody_knows_which_bytes_are_about_which_post_none_are_kept(name: str) -> None:
    assert [link for link in feed(BAD[name].encode("latin-1")) if link.text and link.text.excerpt] == []


@given(
    st.binary(max_size=60),
    st.sampled_from([RSS, ATOM, json.dumps(JSON_FEED), json.dumps(ROWS)]),
    st.integers(0, 900),
)
def test_no_bytes_make_it_raise_nor_lose_a_byte(noise: bytes, document: str, at: int) -> None:
    body = document.encode()[:at] + noise + document.encode()[at:]
    text = body.decode("utf-8", "replace")
    cuts = [of(body, FEED, count) for of in (excerpts.of_feed, excerpts.of_sitemap) for count in range(5)]
    for cut in cuts:
        assert not cut or cut[0].head + b"".join(one.own for one in cut) + cut[0].tail == body
    for name, posts in product(("", "items"), range(5)):
        for one in excerpts.of_json(text, FEED, posts, name):
            assert isinstance(json.loads(one.own, strict=False), dict)


def test_a_feed_with_more_entries_than_are_read_is_not_cut() -> None:
    """Of 75,000 entries the first 5,000 are read. To cut out the bytes of all took as long as to read them, for nothing."""
    body = RSS.encode()
    read = feed(body)
    assert all(link.text and link.text.excerpt for link in read)
    assert not excerpts.of_feed(body, FEED, len(read) + 1)
    assert len(excerpts.of_feed(body, FEED, len(read))) == len(read)


def test_of_a_list_of_json_no_more_is_read_than_its_reader_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """1.2 million empty objects in 3.7 MB took 28 s: each was cut out for nobody."""
    rows = ", ".join([json.dumps(ROWS[0]), *["{}"] * 20, *["1"] * 20])
    assert len(excerpts.of_json(f"[{rows}]", FEED, 21)) == 21
    assert not excerpts.of_json(f"[{rows}]", FEED, 20)
    decoded: list[int] = []

    class Counting(json.JSONDecoder):
        def raw_decode(self, text: str, at: int = 0) -> tuple[Any, int]:
            decoded.append(at)
            return super().raw_decode(text, at)

    monkeypatch.setattr(excerpts, "DECODER", Counting())
    for row in ("{}", "[]", "1"):
        assert not excerpts.of_json(f"[{', '.join([row] * 1000)}]", FEED, 4)
    assert len(decoded) < 50


def test_a_json_feed_with_more_items_than_are_read_says_so() -> None:
    items = [{"id": str(n), "url": f"https://blog.example/{n}"} for n in range(feeds.MAX_ENTRIES + 1)]
    document = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": items})
    found = feeds.parse_feed(document.encode(), "https://blog.example/feed.json", "application/feed+json")
    assert (len(found.entries), found.problem) == (
        feeds.MAX_ENTRIES,
        f"more than {feeds.MAX_ENTRIES} entries: cut",
    )
