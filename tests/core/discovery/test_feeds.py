"""Feeds of every kind become the same entries; broken and hostile ones are read and reported."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from html import unescape
from xml.sax import make_parser

import feedparser
import pytest
from feedparser.api import PREFERRED_XML_PARSERS
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.discovery import feed_parser, feeds
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.parsing import parse

RULES = rules.default()
URL = "https://blog.example/feed/"
FULL = "<p>The whole text of the post.</p>"

RSS2 = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>A blog</title><link>https://blog.example</link><language>th</language>
<item><title>Rice &amp; rain</title><link>https://blog.example/rice/</link><dc:creator>Somchai</dc:creator>
<pubDate>Mon, 02 Sep 2024 10:00:00 +0700</pubDate><category>News</category><category>Rice</category>
<guid isPermaLink="false">https://blog.example/?p=7</guid><description>Short.</description>
<content:encoded><![CDATA[{FULL}]]></content:encoded></item></channel></rss>"""

ATOM = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="th"><title>A blog</title>
<link href="https://blog.example" rel="alternate"/><id>tag:blog.example,2024:1</id>
<entry><title>Rice &amp; rain</title><link rel="alternate" type="text/html" href="/rice/"/>
<author><name>Somchai</name></author><published>2024-09-02T10:00:00+07:00</published>
<updated>2024-09-03T00:00:00Z</updated><category term="News"/><category term="Rice"/>
<id>https://blog.example/?p=7</id><summary>Short.</summary><content type="html"><![CDATA[{FULL}]]></content></entry></feed>"""

RDF = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="https://blog.example"><title>A blog</title><link>https://blog.example</link></channel>
<item rdf:about="https://blog.example/?p=7"><title>Rice &amp; rain</title><link>https://blog.example/rice/</link>
<dc:creator>Somchai</dc:creator><dc:date>2024-09-02T10:00:00+07:00</dc:date><dc:subject>News</dc:subject><dc:subject>Rice</dc:subject>
<content:encoded><![CDATA[{FULL}]]></content:encoded></item></rdf:RDF>"""

JSON = f"""{{"version": "https://jsonfeed.org/version/1.1", "title": "A blog", "home_page_url": "https://blog.example",
"items": [{{"id": "https://blog.example/?p=7", "url": "/rice/", "title": "Rice & rain", "content_html": "{FULL}",
"date_published": "2024-09-02T10:00:00+07:00", "authors": [{{"name": "Somchai"}}], "tags": ["News", "Rice"]}}]}}"""


@pytest.mark.parametrize(
    ("body", "version"),
    [(RSS2, "rss20"), (ATOM, "atom10"), (RDF, "rss10"), (JSON, "json11")],
    ids=["RSS 2.0", "Atom", "RDF", "JSON Feed"],
)
def test_every_format_gives_the_same_entry(body, version):
    feed = feeds.parse_feed(body.encode(), URL)
    assert (feed.version, feed.title, feed.problem, feed.is_comments) == (version, "A blog", "", False)
    (entry,) = feed.entries
    assert entry.link.url == "https://blog.example/rice/"
    assert (entry.said.title, entry.said.author, entry.said.keywords) == (
        "Rice & rain",
        "Somchai",
        ("News", "Rice"),
    )
    assert (entry.said.html, entry.said.is_full, entry.id) == (
        FULL,
        True,
        "https://blog.example/?p=7",
    )
    assert (entry.said.published or entry.said.updated) == datetime(2024, 9, 2, 3, tzinfo=UTC)
    assert feed.links == (entry.link,)


@pytest.mark.parametrize(
    "body", [RSS2, ATOM, RDF, JSON, ATOM.replace("<feed", "<ns0:feed").replace("</feed", "</ns0:feed")]
)
def test_every_format_begins_as_a_feed_and_gives_the_bytes_of_each_entry(body):
    """Without the bytes the archive does not keep what the feed said of a post."""
    assert feeds.is_feed(body.encode())
    (entry,) = feeds.parse_feed(body.encode(), URL).entries
    assert entry.said.excerpt.own


def test_rss_091_has_titles_and_links_only():
    body = b"<rss version='0.91'><channel><title>T</title><item><title>A</title><link>/a</link></item></channel></rss>"
    feed = feeds.parse_feed(body, URL)
    assert [(e.said.title, e.link.url, e.said.is_full, e.said.published) for e in feed.entries] == [
        ("A", "https://blog.example/a", False, None)
    ]


def test_a_missing_updated_is_not_filled_with_published():
    (entry,) = feeds.parse_feed(RSS2.encode(), URL).entries
    assert entry.said.updated is None
    assert entry.link.lastmod == entry.link.published == entry.said.published


def items(*links):
    rows = "".join(f"<item><title>t</title><link>{link}</link></item>" for link in links)
    return f"<rss version='2.0'><channel><title>T</title><link>https://blog.example</link>{rows}</channel></rss>".encode()


def test_hostile_and_foreign_links_are_left_out():
    feed = feeds.parse_feed(
        items("javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "https://evil.example/a", "",
              "//evil.example/b", "/a", "/a?utm_source=rss", "http://www.blog.example/b"), URL
    )  # fmt: skip
    assert [link.url for link in feed.links] == ["https://blog.example/a", "http://www.blog.example/b"]


def test_pages_that_a_generator_puts_into_its_feed_are_left_out():
    body = items("/about/", "/tags/", "/rice/")
    feed = feeds.parse_feed(body, URL, rules=RULES)
    assert [link.url for link in feed.links] == ["https://blog.example/rice/"]
    wordpress = body.replace(b"<item>", b"<generator>https://wordpress.org/?v=6.1</generator><item>", 1)
    assert "https://blog.example/about/" in [
        link.url for link in feeds.parse_feed(wordpress, URL, rules=RULES).links
    ]


def test_a_feed_that_lies_elsewhere_speaks_for_its_site():
    body, url = items("https://blog.example/a"), "https://feeds.feedburner.com/blog"
    assert feeds.parse_feed(body, url).links == ()
    assert [x.url for x in feeds.parse_feed(body, url, site_url="https://blog.example/").links] == [
        "https://blog.example/a"
    ]


def test_feedburner_keeps_the_address_of_the_post():
    body = items("https://feedproxy.google.com/~r/blog/~3/x/").replace(
        b"</item>",
        b"<f:origLink xmlns:f='http://rssnamespace.org/feedburner/ext/1.0'>https://blog.example/a</f:origLink></item>",
    )
    (link,) = feeds.parse_feed(
        body, "https://feeds.feedburner.com/blog", site_url="https://blog.example/"
    ).links
    assert link.url == "https://blog.example/a"


@pytest.mark.parametrize(
    ("body", "problem", "count"),
    [
        (RSS2[:-30].encode(), "not well formed", 1),
        (RSS2.replace("&amp;", "&").encode(), "not well formed", 1),
        (RSS2.replace("</title>", "\x0b</title>").encode(), "not well formed", 1),
        (b"\n\n  " + RSS2.encode(), "", 1),
        (b"\xef\xbb\xbf" + RSS2.encode(), "", 1),
        (b"", "no feed", 0),
        (b"<html><body>Not found</body></html>", "no feed", 0),
        (b"/etc/passwd", "no feed", 0),
        (b"https://blog.example/feed/", "no feed", 0),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [{', "not well formed", 0),
        (b'{"items": []}', "no feed", 0),
        (b"[" * 100_000, "no feed", 0),
        (b'{"a":' * 100_000, "not well formed", 0),
    ],
)  # fmt: skip
def test_a_broken_feed_is_read_as_far_as_it_goes(body, problem, count):
    feed = feeds.parse_feed(body, URL)
    assert feed.problem.startswith(problem)
    assert bool(feed.problem) == bool(problem)
    assert len(feed.entries) == count


def test_a_title_without_its_end_costs_no_entry():
    item = "<item><title>{0}</title><link>https://blog.example/{0}</link></item>"
    broken = item.format("two").replace("</title>", "")
    body = f"<rss version='2.0'><channel>{item.format('one')}{broken}{item.format('three')}</channel></rss>"
    feed = feeds.parse_feed(body.encode(), URL)
    assert [entry.said.title for entry in feed.entries] == ["one", "two", "three"]
    assert feed.problem.startswith("not well formed")


@pytest.mark.parametrize(
    ("reference", "read"),
    [
        ("&#55357;&#56832;", "\U0001f600"), ("&#xD83D;&#xde00;", "\U0001f600"), ("&#128512;", "\U0001f600"), ("&#xD83D;", "\ufffd"),
        ("&#x110000;", "\ufffd"), ("&#99999999999999;", "\ufffd"), ("&#45936;&#57344;", "\ub370\ue000"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", [RSS2, ATOM, RDF], ids=["RSS 2.0", "Atom", "RDF"])
def test_a_reference_that_names_no_character_costs_no_entry(body, reference, read):
    feed = feeds.parse_feed(body.replace("Rice &amp;", f"{reference} Rice &amp;").encode(), URL)
    assert ([entry.said.title for entry in feed.entries], feed.problem) == ([f"{read} Rice & rain"], "")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("AT&T", "AT&T"), ("Q&A: rice", "Q&A: rice"), ("Rice &rain", "Rice &rain"),
        ("R&amp;D & J&J", "R&D & J&J"), ("<![CDATA[Q&A]]> J&J", "Q&A J&J"), ("<!-- a & b --> J&J", "J&J"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("body", [RSS2, ATOM, RDF], ids=["RSS 2.0", "Atom", "RDF"])
def test_an_ampersand_that_is_not_escaped_stays_as_it_is(body, written, read):
    feed = feeds.parse_feed(body.replace("Rice &amp; rain", written).encode(), URL)
    assert ([entry.said.title for entry in feed.entries], feed.problem) == (
        [read],
        "not well formed: a bare & or an undefined reference, or a title without its end",
    )
    assert feed.links[0].text.html == FULL


def test_a_title_without_its_end_in_the_text_of_a_post_is_text():
    told = "How a feed breaks: <title>Rain<link>"
    feed = feeds.parse_feed(RSS2.replace(FULL, told).encode(), URL)
    assert (feed.problem, feed.entries[0].said.html) == ("", told)


def test_a_feed_names_no_file_and_opens_no_entity(tmp_path):
    secret = tmp_path / "feed.xml"
    secret.write_text(RSS2)
    assert feeds.parse_feed(str(secret).encode(), URL).entries == ()
    entity = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>'
    feed = feeds.parse_feed(
        RSS2.replace("<rss ", entity + "<rss ").replace("Rice &amp;", "&x;").encode(), URL
    )
    assert "The whole text" not in "".join(e.said.title for e in feed.entries)


def test_entities_that_multiply_are_not_expanded():
    bomb = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    body = RSS2.replace("<rss ", f'<!DOCTYPE rss [<!ENTITY a0 "ha">{bomb}]><rss ').replace(
        "Rice &amp;", "&a11;"
    )
    assert len(str(feeds.parse_feed(body.encode(), URL))) < 10_000


@pytest.mark.slow
def test_a_feed_without_end_is_cut_and_said():
    feed = feeds.parse_feed(RSS2.encode() + b" " * feeds.MAX_FEED_BYTES, URL)
    assert feed.problem.startswith("longer than")
    assert len(feed.entries) == 1


def test_comment_feeds_are_told_by_address_and_by_what_they_hold():
    assert feeds.parse_feed(items("/a"), "https://blog.example/comments/feed/").is_comments
    assert feeds.parse_feed(
        items("/a/#comment-12", "/b/#comment-13"), "https://blog.example/a/feed/"
    ).is_comments
    assert feeds.parse_feed(items("/2024/05/a.html?showComment=17#c99"), URL).is_comments
    assert not feeds.parse_feed(items("/a/#comments-on-rice", "/b/"), URL).is_comments


def test_links_follow_the_base_that_the_feed_states():
    body = ATOM.replace("<feed ", '<feed xml:base="https://blog.example/news/" ').replace(
        'href="/rice/"', 'href="rice/"'
    )
    assert [link.url for link in feeds.parse_feed(body.encode(), URL).links] == [
        "https://blog.example/news/rice/"
    ]


def test_the_text_of_a_post_is_as_its_publisher_wrote_it():
    text = "<p onclick='x()'>A <a href='../x'>link</a> &amp; <b>more</p>"
    (entry,) = feeds.parse_feed(RSS2.replace(FULL, text).encode(), URL).entries
    assert entry.said.html == text


def test_the_next_page_of_a_paged_feed():
    def paged(rel, href):
        return feeds.parse_feed(
            ATOM.replace("<id>tag", f'<link rel="{rel}" href="{href}"/><id>tag').encode(), URL
        ).next

    assert paged("next", "/feed/?start-index=26&amp;max-results=25") == URL + "?start-index=26&max-results=25"
    assert paged("prev-archive", "/feed/2023") == "https://blog.example/feed/2023"
    assert paged("next", URL) == "", "a feed that names itself would be read for ever"
    assert paged("next", "https://evil.example/feed") == ""
    assert paged("next", "file:///etc/passwd") == ""


def test_charset_of_header_and_document():
    body = RSS2.replace("UTF-8", "windows-874").replace("Rice &amp; rain", "ข้าว").encode("cp874")
    assert feeds.parse_feed(body, URL).entries[0].said.title == "ข้าว"
    body = RSS2.replace(' encoding="UTF-8"', "").replace("Rice &amp; rain", "ข้าว").encode()
    assert feeds.parse_feed(body, URL, "application/rss+xml; charset=utf-8").entries[0].said.title == "ข้าว"
    body = RSS2.replace("UTF-8", "utf-16").replace("Rice &amp; rain", "ข้าว").encode()
    assert feeds.parse_feed(body, URL).entries[0].said.title == "ข้าว", "as .NET writes it"


def test_one_byte_that_is_no_utf_8_costs_no_other_character():
    body = RSS2.replace("Rice &amp; rain", "ข้าว").encode().replace(b"Short.", b"Caf\xe9")
    (entry,) = feeds.parse_feed(body, URL, "application/rss+xml; charset=utf-8").entries
    assert entry.said.title == "ข้าว"


def test_announced_feeds_tell_posts_from_comments_in_any_language():
    page = """<link rel=alternate type="application/rss+xml" title="Kommentare zu Blog" href="/k.xml">
    <link rel="alternate" type="application/rss+xml" title="Blog &raquo; Comments Feed" href="/comments/feed/">
    <LINK REL="Alternate" TYPE="application/atom+xml; charset=utf-8" HREF="atom.xml">
    <link rel=alternate type=application/feed+json href="/feed.json"><link rel=alternate hreflang=de href=/de/>
    <link rel=alternate type=application/rss+xml href="javascript:alert(1)"><link rel=alternate type=application/rss+xml>
    <link rel=alternate type=application/rss+xml href=""><link rel=alternate type=application/rss+xml href=" ">
    <link rel=stylesheet href=/style.css><link rel=alternate type=application/json href=/wp-json/wp/v2/pages/2>"""
    assert feeds.announced_feeds(page, "https://blog.example/news/", RULES) == {
        "https://blog.example/news/atom.xml": False,
        "https://blog.example/feed.json": False,
        "https://blog.example/k.xml": True,
        "https://blog.example/comments/feed/": True,
    }


def test_announced_feeds_follow_the_base_of_the_page():
    page = '<base href="https://blog.example/x/"><link rel=alternate type=application/rss+xml href=rss>'
    assert list(feeds.announced_feeds(page, "https://blog.example/", RULES)) == ["https://blog.example/x/rss"]


def test_usual_feeds_are_tried_below_the_start_and_at_the_root():
    tried = feeds.usual_feeds("https://site.example/blog/", RULES)
    assert tried[0] == "https://site.example/blog/feed/"
    assert {
        "https://site.example/feed/",
        "https://site.example/blog/atom.xml",
        "https://site.example/rss.xml",
    } <= set(tried)
    assert len(tried) == len(set(tried))
    assert len(feeds.usual_feeds("https://site.example/", RULES)) == len(tried) / 2


broken = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda text, cut, noise: text.encode()[:cut] + noise + text.encode()[cut + len(noise) :],
        st.sampled_from([RSS2, ATOM, RDF, JSON]),
        st.integers(0, 1000),
        st.binary(max_size=20),
    ),
)


@given(broken)
def test_no_bytes_make_it_raise(body):
    feed = feeds.parse_feed(body, URL)
    for link in feed.links:
        assert link.url.startswith(
            ("https://blog.example/", "http://blog.example/", "https://www.blog.example/")
        )


def said(body):
    """What a feed says of its one post."""
    (link,) = feeds.parse_feed(body.encode(), URL).links
    return link.text


def test_an_entry_without_a_link_is_at_the_address_that_is_its_id():
    item = '{"id": "https://blog.example/rice/", "title": "Rice"}'
    body = f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{item}]}}'
    [entry] = feeds.parse_feed(body.encode(), "https://blog.example/feed.json").entries
    assert entry.link.url == "https://blog.example/rice/"


@pytest.mark.parametrize("body", [RSS2, ATOM, JSON], ids=["RSS 2.0", "Atom", "JSON Feed"])
def test_what_a_feed_says_of_a_post(body):
    text = said(body)
    assert (text.source, text.authors, text.keywords, text.sections) == (
        "feed",
        ("Somchai",),
        ("News", "Rice"),
        (),
    )
    assert text.published.isoformat() == "2024-09-02T10:00:00+07:00", "with the offset that is written there"
    assert text.post_id == "wordpress:7"


@pytest.mark.parametrize(
    "identity", ["wordpress:7", "https://blog.example/?p=7", "wordpress:", "7", "wordpress:" + "7" * 3000]
)
def test_the_platforms_id_of_an_entry(identity):
    text = said(RSS2.replace("https://blog.example/?p=7", identity))
    assert text.post_id == ("wordpress:7" if identity.endswith((":7", "=7")) else "")


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("Mon, 02 Sep 2024 10:00:00 +0000", "2024-09-02T10:00:00+00:00"),
        ("Mon, 02 Sep 2024 10:00:00 GMT", "2024-09-02T10:00:00+00:00"),
        ("Mon, 02 Sep 2024 10:00:00 -0330", "2024-09-02T10:00:00-03:30"),
        ("Mon, 02 Sep 2024 10:00:00 EST", "2024-09-02T10:00:00-05:00"),
        ("Mon, 02 Sep 2024 10:00:00 PDT", "2024-09-02T10:00:00-07:00"),
        ("Mon, 02 Sep 2024 10:00:00 +0200 (CEST)", "2024-09-02T10:00:00+02:00"),
        ("Mon, 02 Sep 2024 10:00:00 GMT+0200", "2024-09-02T10:00:00+02:00"),
        ("2024-09-02T10:00:00.000-07:00", "2024-09-02T10:00:00-07:00"),
        ("2024-09-02 10:00:00 UTC", "2024-09-02T10:00:00+00:00"),
        ("2024/9/2 9:05", "2024-09-02T09:05:00+00:00"),
        ("2024/09/02", "2024-09-02T00:00:00+00:00"),
        ("Mon Sep  2 10:00:00 2024", "2024-09-02T10:00:00+00:00"),
        ("1725271200", "2024-09-02T10:00:00+00:00"),
        ("10:00:00 02 Sep 2024", "2024-09-02T10:00:00+00:00"),
        ("Mon, 02 Sep 2024 1:55 PM EST", "2024-09-02T13:55:00-05:00"),
        ("September 02 2024 07:02:38 PM", "2024-09-02T19:02:38+00:00"),
        ("Monday, September 2, 2024 - 3:09pm", "2024-09-02T15:09:00+00:00"),
        ("Sept. 2, 2024, 10:57 a.m.", "2024-09-02T10:57:00+00:00"),
        ("Mon, September 2, 2024 at 01:11 PM EDT", "2024-09-02T13:11:00-04:00"),
        ("Mon, 2nd Sep 2024 10:00:00 GMT", "2024-09-02T10:00:00+00:00"),
        ("Mon, 02 Sep 2024, 16:04", "2024-09-02T16:04:00+00:00"),
        ("2 Sep 2024 GMT", "2024-09-02T00:00:00+00:00"),
        ("Mon, 02 Sep 2024 20:19:00 America/Los_Angeles", "2024-09-02T20:19:00-07:00"),
        ("Mon, 02 Sep 2024 20:19:00 Nowhere/At_All", "2024-09-02T20:19:00+00:00"),
        ("Sun, 02 Sep 2024 15:39:00 GMT+7", "2024-09-02T15:39:00+07:00"),
        ("Sun, 02 Sep 2024 15:39:00 CEST", "2024-09-02T15:39:00+02:00"),
        ("2024-09-02 15:39:00 GMT+7", "2024-09-02T15:39:00+07:00"),
        ("2024-09-02T15:39:00+07", "2024-09-02T15:39:00+07:00"),
        ("2024-09-02T15:39:00+15:00", "2024-09-02T00:39:00+00:00"),
        ("Mon, 09/02/2024 - 19:19", "2024-09-02T19:19:00+00:00"),  # the second of September is a Monday
        ("09/02/2024 - 19:19", None),
        ("Tuesday 0/05/2012", None),
        ("Mon, 02 09 2024 08:51:49 +0100", None),
        ("2024-02-30T10:00:00Z", None),
        ("Mon, 02 Sep 2024 10:00:00 +9900", None),
        ("0000-00-00", None),
        ("soon", None),
    ],
)
def test_times_keep_their_offset(written, time):
    found = said(RSS2.replace("Mon, 02 Sep 2024 10:00:00 +0700", written)).published
    assert found is None or time is None or found.isoformat() == time
    assert (found is None) == (time is None) or written.endswith("+9900")


def test_a_post_without_a_text_says_when_and_by_whom():
    text = said(
        RSS2.replace(f"<content:encoded><![CDATA[{FULL}]]></content:encoded>", "").replace("Short.", "")
    )
    assert (text.html, text.is_full, text.title, text.authors) == ("", False, "Rice & rain", ("Somchai",))


def test_a_text_that_is_too_long_is_left_out_and_the_facts_are_kept(monkeypatch):
    monkeypatch.setattr("newsarchive.core.discovery.feeds.MAX_TEXT_CHARACTERS", 10)
    text = said(RSS2)
    assert (text.html, text.is_full, text.title) == ("", False, "Rice & rain")


def test_pictures_and_languages():
    media = '<media:content url="/a.jpg" medium="image"/><media:thumbnail url="/b.jpg"/></item>'
    rss = RSS2.replace('version="2.0"', 'version="2.0" xmlns:media="http://search.yahoo.com/mrss/"')
    assert said(rss.replace("</item>", media)).image == "https://blog.example/a.jpg"
    enclosed = '<enclosure url="/c.mp3" type="audio/mpeg"/><enclosure url="/c.png" type="image/png"/></item>'
    assert said(RSS2.replace("</item>", enclosed)).image == "https://blog.example/c.png"
    podcast = RSS2.replace(
        'version="2.0"', 'version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    )
    assert (
        said(podcast.replace("</item>", '<itunes:image href="/e.png"/></item>')).image
        == "https://blog.example/e.png"
    )
    json = JSON.replace('"url"', '"image": "/d.jpg", "language": "th", "url"')
    assert (said(json).image, said(json).in_language) == ("https://blog.example/d.jpg", "th")


@pytest.mark.parametrize("wrong", ["5", "null", "[]", '["x", null, {"name": 5}]', '{"name": ["x"]}', '"x"'])
def test_names_of_the_wrong_type_cost_no_post(wrong):
    json = JSON.replace('[{"name": "Somchai"}]', wrong).replace('["News", "Rice"]', wrong)
    text = said(json)
    assert (text.title, text.authors) == ("Rice & rain", ())


@pytest.mark.parametrize(
    ("author", "authors"),
    [
        ("<author>jane@post.online (Jane Doe)</author>", ("Jane Doe",)),
        ("<author>Jane Doe &lt;jane@post.agency&gt;</author>", ("Jane Doe",)),
        ("<author>mailto:jane@news.post.museum (Jane Doe)</author>", ("Jane Doe",)),
        ("<author>jane@post.example (Jane Doe (Reuters))</author>", ("Jane Doe (Reuters)",)),
        ("<author>Jane &amp;amp; John</author>", ("Jane & John",)),
        ("<author>Jane Doe @janedoe</author>", ("Jane Doe @janedoe",)),
        ("<author>jane@post.online</author>", ()),
        ("<author><name>Jane Doe</name><email>jane@post.online</email></author>", ("Jane Doe",)),
        ("<dc:creator>Jane Doe</dc:creator><dc:creator>john@post.media (John Roe)</dc:creator>", ("Jane Doe", "John Roe")),
    ],
)  # fmt: skip
def test_the_names_of_authors_without_their_addresses(author, authors):
    text = said(RSS2.replace("<dc:creator>Somchai</dc:creator>", author))
    assert (text.authors, text.author) == (authors, ", ".join(authors))


@pytest.mark.parametrize(
    ("body", "author", "authors"),
    [
        (ATOM.replace("<author><name>Somchai</name></author>", "").replace("<id>", "<author><name>Jane Doe</name></author><id>", 1), "Jane Doe", ()),
        (ATOM.replace("<id>", "<author><name>Jane Doe</name></author><id>", 1), "Somchai", ("Somchai",)),
        (ATOM.replace("<author><name>Somchai</name></author>", "<source><author><name>John Roe</name></author></source>").replace("<id>", "<author><name>Jane Doe</name></author><id>", 1), "John Roe", ()),
        (JSON.replace(', "authors": [{"name": "Somchai"}]', "").replace('"items"', '"author": {"name": "Jane Doe"}, "items"'), "Jane Doe", ()),
        (JSON.replace('"items"', '"authors": [{"name": "Jane Doe"}], "items"'), "Somchai", ("Somchai",)),
        (JSON.replace('"authors": [{"name": "Somchai"}]', '"authors": {"name": "Jane Doe"}'), "Jane Doe", ("Jane Doe",)),
        # RSS has no author for all of its items, and the managing editor is one of a house.
        (RSS2.replace("<dc:creator>Somchai</dc:creator>", "").replace("<item>", "<managingEditor>jane@post.example (Jane Doe)</managingEditor><item>"), "", ()),
    ],
    ids=["Atom", "Atom, with one of its own", "Atom, taken from another feed", "JSON Feed", "JSON Feed, with one of its own", "JSON Feed, without a list", "RSS"],
)  # fmt: skip
def test_the_author_of_a_feed_is_that_of_the_entries_that_name_nobody(body, author, authors):
    text = said(body)
    assert (text.author, text.authors) == (author, authors)


@pytest.mark.parametrize("kind", ["", ' type="html"'], ids=["plain", "HTML"])
@pytest.mark.parametrize("place", ["{}", '<media:content url="/a.jpg" medium="image">{}</media:content>'])
def test_what_a_feed_says_of_a_picture_is_no_text_of_the_post(place, kind):
    caption = "A ferry that enters the harbour in the evening, seen from the old mill. &amp;lt;b&amp;gt;Photo&amp;lt;/b&amp;gt;"
    media = place.format(f"<media:description{kind}>{caption}</media:description>")
    rss = RSS2.replace("<rss ", "<rss xmlns:media='http://search.yahoo.com/mrss/' ")
    rss = rss.replace(f"<content:encoded><![CDATA[{FULL}]]></content:encoded>", media)
    assert (said(rss).html, said(rss).is_full) == ("Short.", False)
    alone = said(rss.replace("<description>Short.</description>", ""))
    assert (alone.html[:7], alone.is_full) == ("A ferry", False)


RELATED = """<yandex:related xmlns:yandex="http://news.yandex.ru">%s<url>https://blog.example/bees.jpg</url>
<title>Bees</title><link>https://blog.example/bees/</link><description>Of bees, in more words.</description>
<author>Jane Doe</author><category>Bees</category><pubDate>Mon, 01 Jan 2024 00:00:00 +0000</pubDate>
<item><guid>https://blog.example/bees/</guid><source>Jane Doe</source></item></yandex:related>"""


@pytest.mark.parametrize(
    "body",
    [
        RSS2.replace("</item>", RELATED % "Of bees." + "</item>"),
        RSS2.replace("<item>", "<item>" + RELATED % ""),
    ],
)
def test_what_stands_in_an_element_of_others_is_not_the_entrys_own(body):
    """RBC and others name related posts in their items, with title, link and text."""
    assert [link.url for link in feeds.parse_feed(body.encode(), URL).links] == ["https://blog.example/rice/"]
    assert replace(said(body), excerpt=None) == replace(said(RSS2), excerpt=None)


def test_a_program_that_we_are_part_of_reads_its_own_feeds_with_feedparser_as_it_is():
    """A spider of another project asks feedparser for elements and texts that are no post's for us."""
    parts = "<guid>4711</guid><x:rating xmlns:x='https://x.example/ns'>five</x:rating><author>jane@post.online</author>"
    media = "<media:description xmlns:media='http://search.yahoo.com/mrss/'>A picture.</media:description>"
    media += "<turbo:content xmlns:turbo='http://turbo.yandex.ru'>Rain.</turbo:content><dc:date>2024-09-02</dc:date>"
    assert feeds.parse_feed(rss(parts + media), URL).links == ()
    (entry,) = feedparser.parse(rss(parts + media)).entries
    assert (entry.summary, entry.x_rating, entry.link) == ("A picture.", "five", "4711")
    assert (entry.turbo_content, entry.updated) == ("Rain.", "2024-09-02")
    assert entry.author_detail == {"name": "ne", "email": "jane@post.onli"}
    assert not isinstance(make_parser(PREFERRED_XML_PARSERS), feed_parser._WholeTexts)


@pytest.mark.parametrize("reference", ["&nbsp;", "&rarr;", "& "])
def test_a_reference_that_xml_does_not_know_leaves_a_feed_in_one_piece(reference):
    body = RSS2.replace("Rice &amp; rain", f"Rice{reference}rain").replace(
        "</item>", RELATED % "" + "</item>"
    )
    feed = feeds.parse_feed(body.encode(), URL)
    assert [entry.link.url for entry in feed.entries] == ["https://blog.example/rice/"]
    assert (feed.entries[0].said.title, "reference" in feed.problem) == (
        f"Rice{unescape(reference)}rain",
        True,
    )


@pytest.mark.parametrize(("body", "own"), [(RSS2, "item"), (ATOM, "entry"), (RDF, "item")])
@pytest.mark.parametrize("other", ["<{0}/>", "<{0}><title>Bees</title><link>/bees/</link></{0}>"])
def test_an_entry_in_an_entry_takes_nothing_from_it(body, own, other):
    """PC Magazine had `<item />` in each item, before the post's own address."""
    text = said(body.replace("Rice &amp; rain</title>", "Rice &amp; rain</title>" + other.format(own)))
    assert replace(text, excerpt=None) == replace(said(body), excerpt=None)


def test_an_element_of_others_without_an_end_hides_nothing_behind_it():
    body = RSS2.replace("<item>", "<item><yandex:related>").replace(
        "</item>", "</item><item><link>/bees/</link></item>"
    )
    links = feeds.parse_feed(body.encode(), URL).links
    assert [link.url for link in links] == ["https://blog.example/rice/", "https://blog.example/bees/"]


@pytest.mark.parametrize(
    ("guid", "address"),
    [
        ("<guid>https://blog.example/rain/</guid>", "https://blog.example/rain/"),
        ("<guid>/rain/</guid>", "https://blog.example/rain/"),
        ("<guid>rain.html</guid>", "https://blog.example/feed/rain.html"),
        ("<guid>rain 4.11</guid>", None),
        ("<guid>&#104;ttps://blog.example/rain/</guid>", "https://blog.example/rain/"),
        ("<guid>7bd204c6-1655-4c27-aeee-53f933c5395f</guid>", None),
        ("<guid>4711</guid>", None),
        ('<guid isPermaLink="false">/rain/</guid>', None),
    ],
)
@pytest.mark.parametrize("broken", ["", "<br>"])
def test_a_guid_that_may_be_an_address_stands_for_a_missing_link(guid, address, broken):
    links = feeds.parse_feed(rss(guid + broken), URL).links
    assert [link.url for link in links] == ([address] if address else [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<feed ", '<feed xml:lang="th" '),
        ("<entry>", '<entry xml:lang="th">'),
        ("<content ", '<content xml:lang="th" '),
        ("<summary>", '<summary xml:lang="th">'),
        ("<entry><title>", '<entry><title xml:lang="th">'),
    ],
)
def test_the_language_of_an_entry_is_that_of_its_texts(old, new):
    assert said(ATOM.replace(' xml:lang="th"', "").replace(old, new)).in_language == "th"


def test_the_first_of_several_links_to_pages_is_the_posts_own():
    others = '<link rel="alternate" hreflang="de" href="/de/reis/"/><link rel="alternate" type="text/html" href="/amp/rice/"/>'
    links = f'<link rel="alternate" type="application/json" href="/rice.json"/><link href="/rice/"/>{others}'
    body = ATOM.replace('<link rel="alternate" type="text/html" href="/rice/"/>', links)
    assert [link.url for link in feeds.parse_feed(body.encode(), URL).links] == ["https://blog.example/rice/"]


@pytest.mark.parametrize(
    "links",
    [
        '<link href="https://other.example/rice/"/><link href="/rice/"/>',
        '<link href="gemini://blog.example/rice/"/><link href="/rice/"/>',
        '<link href="/de/reis/" hreflang="de"/><link href="/rice/" hreflang="th"/>',
        '<link href="/de/reis/" hreflang="de"/><link href="/rice/"/>',
        '<link href="https://other.example/rice/"/><link rel="related" href="/rice/"/>',
        '<link href="https://other.example/rice/"/><id>https://blog.example/rice/</id>',
    ],
    ids=["another site", "not of the web", "a translation", "said to be a translation", "related", "the id"],
)
def test_of_several_addresses_the_one_of_this_site_and_language_is_the_posts(links):
    body = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="th"><entry><title>Rice</title>{links}</entry></feed>'
    assert [link.url for link in feeds.parse_feed(body.encode(), URL).links] == ["https://blog.example/rice/"]


def test_a_post_about_a_page_of_another_site_is_at_its_guid():
    item = "<link>https://other.example/rain/</link><guid>https://blog.example/rain/</guid>"
    assert [link.url for link in feeds.parse_feed(rss(item), URL).links] == ["https://blog.example/rain/"]
    posts = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "https://blog.example/rain/", "url": "https://other.example/rain/"}]}'
    assert [link.url for link in feeds.parse_feed(posts.encode(), URL).links] == [
        "https://blog.example/rain/"
    ]


def test_several_related_pages_are_not_the_posts_own():
    links = '<link href="https://other.example/"/><link rel="related" href="/a/"/><link rel="related" href="/b/"/>'
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Rice</title>{links}</entry></feed>'
    assert feeds.parse_feed(body.encode(), URL).links == ()


def test_what_says_that_a_reader_comes_from_the_feed_makes_no_list_of_a_post():
    posts = [
        "/rain.html?tag=rss",
        "/rss/2024/rain.html",
        "/rain?share=feed&amp;from=rss",
        "/?id=12&amp;cat=3",
    ]
    lists = ["/?tag=rain", "/?lang=en&amp;cat=3", "/tag/rain/", "/rss/", "/feed.xml"]
    feed = feeds.parse_feed(items(*posts, *lists), URL, rules=RULES)
    assert [link.url for link in feed.links] == [
        f"https://blog.example{path.replace('&amp;', '&')}" for path in posts
    ]


def test_a_comment_says_nothing_of_its_post():
    comment = "<item><title>Comment on Rice</title><link>https://blog.example/bees/#comment-3</link><pubDate>Mon, 02 Sep 2024 10:00:00 +0700</pubDate></item>"
    feed = feeds.parse_feed(RSS2.replace("<item>", comment + "<item>").encode(), URL)
    assert [(link.url, link.text is None) for link in feed.links] == [
        ("https://blog.example/bees/", True),
        ("https://blog.example/rice/", False),
    ]


def rss(item, language="en"):
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>A blog</title><language>{language}</language><item><title>Rain</title>{item}</item></channel></rss>"
    ).encode()


@pytest.mark.parametrize(
    ("language", "written", "time"),
    [
        ("it-it", "mer, 16 nov 2022 00:38:15 +0100", "2022-11-16T00:38:15+01:00"),
        ("pt-BR", "Qua, 16 Fev 2022 00:38:15 -0300", "2022-02-16T00:38:15-03:00"),
        ("fr", "mer., 16 févr. 2022 00:38:15 +0100", "2022-02-16T00:38:15+01:00"),
        ("ru", "Ср, 16 ноя 2022 00:38:15 +0300", "2022-11-16T00:38:15+03:00"),
        ("zh-cn", "2022年11月16日 00:38", "2022-11-16T00:38:00+00:00"),
        ("", "2022年1月16日 00:38", "2022-01-16T00:38:00+00:00"),
        ("ko", "2022. 11. 16. 오전 12:38", "2022-11-16T00:38:00+00:00"),
        ("fi", "16 marraskuuta 2022 00:38:15 +0200", "2022-11-16T00:38:15+02:00"),
        ("de", "Wed, 16 Nov 2022 00:38:15 +0100", "2022-11-16T00:38:15+01:00"),
        ("xx-unknown", "mer, 16 nov 2022 00:38:15 +0100", "2022-11-16T00:38:15+01:00"),
        ("", "Lundi, 16. Novembre 2020 - 15:54", "2020-11-16T15:54:00+00:00"),
        ("hr", "16. lipnja 2022. 10:00", "2022-06-16T10:00:00+00:00"),
        ("fil-PH", "Peb 16, 2022 10:00", "2022-02-16T10:00:00+00:00"),
        ("st", "12 Jan 2024", "2024-01-12T00:00:00+00:00"),
        ("en", "Nov 16, 2022", "2022-11-16T00:00:00+00:00"),
        ("en", "2022-11-16T12:35:9+01:00", "2022-11-16T12:35:09+01:00"),
        ("en", "2022-11-16 12:35:9.5 +0100", "2022-11-16T12:35:09+01:00"),
        ("en", "4/11/2022", None),
        ("en", "yesterday at noon", None),
    ],
)
def test_times_in_the_words_of_the_site(language, written, time):
    body = rss(f"<link>https://blog.example/rain/</link><pubDate>{written}</pubDate>", language)
    (entry,) = feeds.parse_feed(body, URL).entries
    assert (entry.said.published.isoformat() if entry.said.published else None) == time


@pytest.mark.parametrize(
    "body",
    [
        RDF.encode(),
        rss("<link>https://blog.example/rain/</link><dc:date>2024-09-02T10:00:00+07:00</dc:date>"),
    ],
)
def test_the_date_of_dublin_core_is_that_of_publication(body):
    (entry,) = feeds.parse_feed(body, URL).entries
    assert entry.said.published.isoformat() == "2024-09-02T10:00:00+07:00"
    assert entry.said.updated is None
    assert entry.link.lastmod == entry.said.published


@pytest.mark.parametrize(
    "published",
    [
        "",
        "<pubDate>Sun, 01 Sep 2024 10:00:00 +0700</pubDate>",
        "<dc:date>2024-09-01T10:00:00+07:00</dc:date>",
    ],
)
def test_a_change_that_an_element_of_atom_tells_in_rss_is_no_publication(published):
    change = "<atom:updated>2024-09-02T10:00:00+07:00</atom:updated>"
    (entry,) = feeds.parse_feed(
        rss(f"<link>https://blog.example/rain/</link>{published}{change}"), URL
    ).entries
    assert entry.said.updated.isoformat() == "2024-09-02T10:00:00+07:00"
    assert (entry.said.published and entry.said.published.isoformat()) == (
        "2024-09-01T10:00:00+07:00" if published else None
    )


def test_a_change_in_atom_is_no_publication():
    body = ATOM.replace("<published>2024-09-02T10:00:00+07:00</published>", "").encode()
    (entry,) = feeds.parse_feed(body, URL).entries
    assert entry.said.published is None


@pytest.mark.parametrize(
    "item",
    [
        "<link></link><guid isPermaLink='true'>https://blog.example/rain/</guid>",
        "<guid isPermaLink='false'>https://blog.example/rain/</guid>",
        "<atom:link href='https://blog.example/rain/'/>",
        "<atom:link rel='self' href='https://blog.example/rain.atom'/><guid>https://blog.example/rain/</guid>",
        "<enclosure url='https://blog.example/rain.mp3' type='audio/mpeg' length='1'/><guid>https://blog.example/rain/</guid>",
    ],
)  # fmt: skip
def test_an_entry_without_a_link_is_found_by_its_other_addresses(item):
    (entry,) = feeds.parse_feed(rss(item), URL).entries
    assert entry.link.url == "https://blog.example/rain/"


@pytest.mark.parametrize(
    ("element", "text", "is_full"),
    [
        ("yandex:full-text", "It rains.\n\nIt rains &lt; a lot, all day and all night.", False),
        ("rambler:fulltext", "It rains.\n\nIt rains &lt; a lot, all day and all night.", False),
        (
            "turbo:content",
            "<![CDATA[<p>It rains.</p><p>It rains &lt; a lot, all day and all night.</p>]]>",
            True,
        ),
    ],
)
def test_the_full_text_for_an_aggregator_is_the_posts(element, text, is_full):
    prefix = element.partition(":")[0]
    item = f'<description>Rain.</description><{element} xmlns:{prefix}="http://news.{prefix}.example">{text}</{element}>'
    (entry,) = feeds.parse_feed(rss(f"<link>https://blog.example/rain/</link>{item}"), URL).entries
    assert entry.said.html == "<p>It rains.</p><p>It rains &lt; a lot, all day and all night.</p>"
    assert entry.said.is_full is is_full


def test_plain_text_counts_more_than_a_shorter_summary_and_is_no_markup():
    text = "The rice &lt;Oryza&gt; grows.\n\nIt rains, and 3 &lt; 4."
    body = ATOM.replace(
        f'<content type="html"><![CDATA[{FULL}]]></content>', f'<content type="text">{text}</content>'
    )
    (entry,) = feeds.parse_feed(body.encode(), URL).entries
    assert (entry.said.html, entry.said.is_full) == (
        "<p>The rice &lt;Oryza&gt; grows.</p><p>It rains, and 3 &lt; 4.</p>",
        False,
    )


@pytest.mark.parametrize(
    "content",
    [
        '<content type="text/xml"><nitf xmlns="">{}</nitf></content>',
        '<content type="html"><![CDATA[{}]]></content>',
    ],
)
def test_a_story_in_the_format_of_agencies_comes_without_headline_and_byline(content):
    story = (
        "<body><body.head><hedline><hl1>Rain</hl1></hedline><byline>By Somchai</byline></body.head><body.content><p>It rains.</p>"
        '<media media-type="image"><media-reference source="/rain.jpg"/><media-caption>The field.</media-caption></media>'
        "<hl2>Rice</hl2><p>It grows.</p></body.content></body>"
    )
    body = ATOM.replace(f'<content type="html"><![CDATA[{FULL}]]></content>', content.format(story))
    (entry,) = feeds.parse_feed(body.encode(), URL).entries
    blocks = read_blocks(parse(entry.said.html), entry.link.url).blocks
    assert [(block.kind, block.text) for block in blocks if block.kind != "figure"] == [
        ("paragraph", "It rains."),
        ("caption", "The field."),
        ("heading", "Rice"),
        ("paragraph", "It grows."),
    ]
    assert 'src="/rain.jpg"' in entry.said.html
    assert entry.said.is_full


@pytest.mark.parametrize(
    ("base", "picture"),
    [
        ("/pictures/", "https://blog.example/pictures/a.html"),
        ("/rice/", "https://blog.example/rice/a.html"),
        ("", "https://blog.example/rice/a.html"),
    ],
)
def test_links_of_a_text_follow_its_own_base(base, picture):
    content = f'<content type="html" xml:base="{base}"><![CDATA[<p>See <a href="a.html">the field</a>.</p>]]></content>'
    body = ATOM.replace(f'<content type="html"><![CDATA[{FULL}]]></content>', content)
    (entry,) = feeds.parse_feed(body.encode(), URL).entries
    (block,) = read_blocks(parse(entry.said.html), entry.link.url).blocks
    assert f'href="{picture}"' in block.html


def test_json_feed_as_some_write_it():
    body = JSON.replace("2024-09-02T10:00:00+07:00", "Mon, 02 Sep 2024 10:00:00 +0700").replace(
        "content_html", "content_text"
    )
    (entry,) = feeds.parse_feed(body.encode(), URL).entries
    assert entry.said.published.isoformat() == "2024-09-02T10:00:00+07:00"
    assert entry.said.html == "&lt;p&gt;The whole text of the post.&lt;/p&gt;"


@pytest.mark.parametrize(
    ("version", "is_feed"),
    [('"1.1"', True), ("1.1", True), ('"2.0"', False), ("null", False), ("true", False)],
)
def test_a_json_feed_may_write_the_number_of_its_version_alone(version, is_feed):
    body = JSON.replace('"https://jsonfeed.org/version/1.1"', version)
    feed = feeds.parse_feed(body.encode(), URL)
    assert (feed.version, len(feed.entries)) == (("json11", 1) if is_feed else ("", 0))


@pytest.mark.parametrize(
    ("link", "is_feed"),
    [
        ("type='application/json' href='/feed.json'", True),
        ("type='application/json' title='JSON Feed' href='/index.json'", True),
        ("type='application/json' title='JSON' href='/wp-json/wp/v2/posts/1'", False),
        ("type='application/json+oembed' href='/oembed?url=feed'", False),
    ],
)
def test_a_json_feed_of_version_1_is_announced_as_json(link, is_feed):
    page = f"<head><link rel='alternate' {link}></head>"
    found = feeds.announced_feeds(page, "https://blog.example/", RULES)
    assert bool(found) == is_feed


def test_threads_that_read_their_first_feeds_at_once_change_feedparser_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changes, all_there = [], threading.Barrier(4)

    @lru_cache(maxsize=1)
    def changed() -> object:
        changes.append(threading.get_ident())
        time.sleep(0.05)  # the import of feedparser takes longer
        return object()

    def ask(_: int) -> object:
        all_there.wait(60)
        return feed_parser._feedparser()

    monkeypatch.setattr(feed_parser, "_changed_feedparser", changed)
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert len(changes) == 1


def test_a_feed_that_collects_the_posts_of_other_sites_names_them():
    items = "".join(
        f"<item><title>T</title><link>{url}</link></item>"
        for url in (
            "https://paper.example/1",
            "https://heron.example/2",
            "https://paper.example/3",
            "https://planet.example/own",
        )
    )
    body = f"<rss version='2.0'><channel><title>Planet</title>{items}</channel></rss>".encode()
    feed = feeds.parse_feed(body, "https://planet.example/feed/")
    assert [link.url for link in feed.links] == ["https://planet.example/own"]
    assert feed.other_sites == ("paper.example", "heron.example")


def test_a_page_may_announce_feeds_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MAX_ANNOUNCED_FEEDS", 2)
    page = "".join(f'<link rel=alternate type="application/rss+xml" href="/{n}.rss">' for n in range(4))
    found = feeds.announced_feeds(page, "https://blog.example/", rules.default())
    assert list(found) == ["https://blog.example/0.rss", "https://blog.example/1.rss"]
