"""What is fuzzed: each target takes bytes, runs a part of newsarchive that reads what strangers publish, and checks what must
hold of the result. It raises for nothing but a defect: errors that the part documents are swallowed."""

from __future__ import annotations

import atexit
import base64
import contextlib
import gzip
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from newsarchive import extract, record, repair, row, rules
from newsarchive.core.discovery import (
    feeds,
    links,
    pagination,
    platforms,
    revisit,
    rights,
    sitemaps,
    wordpress,
)
from newsarchive.core.discovery.feed_times import iso_time
from newsarchive.core.discovery.page_kind import LookAt, first_look
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.metadata import jsonld
from newsarchive.core.metadata.relative_dates import counted_from
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import article_from, templated
from newsarchive.core.text import dates
from newsarchive.core.urls import (
    check_start_url,
    normalise,
    registered_domain,
    same_site,
    try_normalise,
    url_key,
)
from newsarchive.exceptions import NotAnArticle, UsageError
from newsarchive.items import Capture, Link, SourceText
from newsarchive.warc.contentcoding import decoded, joined_chunks

TESTS = Path(__file__).parent.parent / "tests"
RULES = rules.default()
URL = "https://blog.example/2024/05/one-post/"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes one input; `seeds` gives the inputs that are changed; `kind` is the folder's suffix that adds to them."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    suffix: str = ""


def pages() -> Iterator[bytes]:
    for path in sorted((TESTS / "pages").rglob("*.html")):
        yield path.read_bytes()
    for file in (
        "extraction/in-the-wild",
        "extraction/negative",
        "chrome/in-the-wild",
        "discovery/home-pages",
    ):
        for case in cases(file):
            if isinstance(case.get("html"), str):
                yield case["html"].encode()


def texts() -> Iterator[bytes]:
    for case in (*cases("encoding/wild"), *cases("encoding/negative")):
        yield case["original"].encode()
    yield (TESTS / "pages/seed/post.txt").read_bytes()


def cases(file: str) -> list[dict]:
    return json.loads((TESTS / "cases" / f"{file}.json").read_text(encoding="utf-8"))


def run_extract(data: bytes) -> None:
    content_type = (None, "text/html", "text/html; charset=windows-874", "application/xhtml+xml")[
        len(data) % 4
    ]
    try:
        article = extract(data, url=URL, content_type=content_type, fetched_at=NOW)
    except NotAnArticle:
        return
    json.dumps([record(article), row(article)], ensure_ascii=False, default=str).encode()


def run_steps(data: bytes) -> None:
    """All steps with what feed and page say of one another, then a template: every way of a post through the core."""
    head, _, tail = data.partition(b"</article>")
    said = SourceText(
        "feed", tail.decode("utf-8", "replace"), True, head[:90].decode("utf-8", "replace"), "", NOW
    )
    capture = Capture(URL, data, NOW, source_text=said, parts=(Capture(URL + "2/", tail, NOW),))
    try:
        article = templated(article_from(capture, RULES), Template("blog.example"), RULES)
    except NotAnArticle:
        return
    json.dumps(record(article), ensure_ascii=False, default=str).encode()


def run_store(data: bytes) -> None:
    """The article in an archive: what a page says must be storable, and read again."""
    from newsarchive.db.reading import articles

    try:
        article = extract(data, url=URL, fetched_at=NOW)
    except NotAnArticle:
        return
    archive()[1].ingest([article])
    json.dumps(record(articles.get(archive()[0], URL)), ensure_ascii=False, default=str).encode()


def run_repair(data: bytes) -> None:
    repair(data.decode("utf-8", "replace")).text.encode()


def run_decode(data: bytes) -> None:
    label, _, body = data.partition(b"\n")
    decode(body, f"text/html; charset={label.decode('latin-1')}").text.encode()


def run_listing(data: bytes) -> None:
    """All that a front page or an archive page is asked."""
    text = decode(data, None).text
    headers = {"link": text[:200], "x-robots-tag": text[-200:]}
    for link in links.post_links(text, URL, RULES):
        url_key(link.url)
    first_look(LookAt(text, URL, headers, 200), RULES)
    platforms.detect_platform(text, headers, URL, RULES)
    platforms.sources(text, headers, URL, RULES)
    feeds.announced_feeds(text, URL, RULES)
    pagination.archive_links(text, URL, RULES)
    wordpress.api_root(text, headers, URL)
    wordpress.post_id(text, headers)
    following = pagination.pagination(text, URL, RULES)
    if following:
        url_key(following)


def run_feed(data: bytes) -> None:
    check_links(feeds.parse_feed(data, "https://blog.example/feed/", None, rules=RULES).links)


def run_sitemap(data: bytes) -> None:
    check_links(sitemaps.parse_sitemap(data, "https://blog.example/sitemap.xml", RULES).links)


def run_wordpress(data: bytes) -> None:
    wordpress.parse_wp_root(data)
    check_links(
        wordpress.parse_wp_posts(data, "https://blog.example/wp-json/wp/v2/posts?per_page=100&page=1").links
    )


def check_links(links: tuple[Link, ...]) -> None:
    for link in links:
        url_key(link.url)
        if link.text:
            "".join((link.text.title, link.text.html, link.text.author)).encode()


def run_url(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for url in (try_normalise(text), try_normalise(text, URL)):
        if url is not None:
            assert normalise(url) == url, f"normalised again, it changes to {normalise(url)!r}"
            key = url_key(url)
            assert url_key(key) == key, f"the key {key!r} has the key {url_key(key)!r}"
            registered_domain(url)
    same_site(text, URL)
    with contextlib.suppress(UsageError):
        check_start_url(text)


def run_query(data: bytes) -> None:
    from newsarchive.db.query_language import fts5, has_run, parse, tsquery
    from newsarchive.db.reading.search import Paging, search

    text = data.decode("utf-8", "replace")
    try:
        search(archive()[0], text, paging=Paging(limit=1))
        tree = parse(text)
    except UsageError:
        return
    if not has_run(tree):
        fts5(tree)
        tsquery(tree)


def run_robots(data: bytes) -> None:
    """robots.txt as Scrapy and our middlewares read it."""
    from protego import Protego

    text = decode(data, "text/plain").text
    for url in rights.robots_sitemaps(text, "https://blog.example/robots.txt"):
        url_key(url)
    parsed = Protego.parse(text)
    parsed.can_fetch(URL, "newsarchive")
    parsed.crawl_delay("newsarchive")
    rights.noarchive({"x-robots-tag": text[:500]}, text)


def run_dates(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    dates.parse(text, RULES)
    dates.month(text, RULES)
    dates.from_url(text)
    dates.date_text(text, RULES)
    counted_from(text, NOW, RULES)
    iso_time(text)
    sitemaps.parse_time(text, RULES)
    revisit.retry_after(text, NOW)


def run_jsonld(data: bytes) -> None:
    for claim in jsonld.claims([data.decode("utf-8", "replace")], URL):
        claim.value.encode()


def run_warc(data: bytes) -> None:
    """A foreign or torn file, plain or gzipped: a record that is copied as it is reads as before, and what `recover` makes of the
    file can be read to its end."""
    from newsarchive.warc.copied import with_source
    from newsarchive.warc.reader import Damage, Revisit, exchanges, whole_length
    from newsarchive.warc.writer import recover

    path, copy = scratch() / "torn.warc.gz.open", scratch() / "copy.warc.gz"
    path.write_bytes(_packed_by_record(data) if len(data) % 2 else data)
    for found in exchanges(path, copying=True):
        if isinstance(found, (Damage, Revisit)) or not found[1].member:
            continue
        copy.write_bytes(with_source(found[1].member, "torn.warc.gz"))
        (copied,) = exchanges(copy)
        assert isinstance(copied, tuple), str(copied)
        again = copied[0]
        assert (again.url, again.body, again.fetched_at) == (found[0].url, found[0].body, found[0].fetched_at)
    whole_length(path)
    recover(scratch())
    for _ in exchanges(path.with_suffix("")):
        pass


def _packed_by_record(data: bytes) -> bytes:
    """A plain file with each of its records packed: changes of a packed file seldom reach what is inside."""
    records = re.split(rb"(?<=\r\n\r\n)(?=WARC/)", data)
    return b"".join(gzip.compress(record, mtime=0) for record in records)


def run_coding(data: bytes) -> None:
    codings, _, body = data.partition(b"\n")
    with contextlib.suppress(ValueError):
        decoded(body, codings.decode("latin-1"), 2**20)
    joined_chunks(body)


@cache
def scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="newsarchive-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def archive() -> tuple:
    """An archive with one article: the file to read from, and the store."""
    from newsarchive.db.engine import open_engine
    from newsarchive.db.readonly import File
    from newsarchive.db.schema import upgrade
    from newsarchive.db.writing.store import Store

    path = scratch() / "fuzz.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    store = Store(engine)
    page = (TESTS / "pages/classic-wordpress.example/page.html").read_bytes()
    store.ingest([extract(page, url="https://other.example/2024/05/seed/")])
    return File(path), store


FEEDS = (
    b"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Blog</title><link>https://blog.example/</link><language>en</language><generator>https://wordpress.org/?v=6.5</generator><item><title>One post</title><link>https://blog.example/2024/05/one-post/</link><dc:creator><![CDATA[Ann Lee]]></dc:creator><pubDate>Thu, 02 May 2024 10:00:00 +0700</pubDate><category>News</category><guid isPermaLink="false">https://blog.example/?p=12</guid><description><![CDATA[<p>Short.</p>]]></description><content:encoded><![CDATA[<p>The council met on Tuesday &amp; agreed.</p><img src="/a.jpg">]]></content:encoded></item><item><title>Two</title><link>/2024/05/two/</link></item></channel></rss>""",
    b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="th"><title type="html">B&amp;amp;log</title><link rel="alternate" href="https://blog.example/"/><link rel="next" href="?page=2"/><entry><id>tag:blogger.com,1999:blog-1.post-34</id><title>A</title><published>2024-05-02T10:00:00+07:00</published><updated>2024-05-03T10:00:00Z</updated><link rel="alternate" href="https://blog.example/2024/05/a.html"/><author><name>Ann</name></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Text.</p></div></content><thr:in-reply-to xmlns:thr="http://purl.org/syndication/thread/1.0" ref="x"/></entry></feed>""",
    b"""{"version":"https://jsonfeed.org/version/1.1","title":"Blog","home_page_url":"https://blog.example/","next_url":"https://blog.example/feed.json?p=2","items":[{"id":"1","url":"https://blog.example/2024/05/a/","title":"A","content_html":"<p>Text.</p>","date_published":"2024-05-02T10:00:00+07:00","authors":[{"name":"Ann"}],"tags":["x"],"image":"https://blog.example/a.jpg","language":"en"}]}""",
)
SITEMAPS = (
    b"""<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>https://blog.example/2024/05/one-post/</loc><lastmod>2024-05-02T10:00:00+07:00</lastmod><news:news><news:publication><news:name>Blog</news:name><news:language>en</news:language></news:publication><news:publication_date>2024-05-02</news:publication_date><news:title>One &amp; post</news:title></news:news><image:image><image:loc>https://blog.example/a.jpg</image:loc></image:image></url><url><loc>https://blog.example/about/</loc></url></urlset>""",
    b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://blog.example/post-sitemap.xml</loc><lastmod>2024-05</lastmod></sitemap><sitemap><loc>https://blog.example/page-sitemap.xml.gz</loc></sitemap></sitemapindex>""",
    b"https://blog.example/2024/05/a/\nhttps://blog.example/2024/05/b/\n",
)
WORDPRESS = (
    b"""[{"id":12,"date":"2024-09-02T10:00:00","date_gmt":"2024-09-02T03:00:00","modified":"2024-09-03T07:00:00","modified_gmt":"2024-09-03T00:00:00","link":"https://blog.example/2024/09/a/","status":"publish","type":"post","title":{"rendered":"A &#8217;title&#8217;"},"content":{"rendered":"<p>Text of the post.</p>","protected":false},"excerpt":{"rendered":"<p>Short</p>"},"author":3,"featured_media":7,"_embedded":{"author":[{"id":3,"name":"Somchai &amp; Co"}],"wp:featuredmedia":[{"source_url":"https://blog.example/a.jpg"}],"wp:term":[[{"taxonomy":"category","name":"News"}],[{"taxonomy":"post_tag","name":"rice"}]]}}]""",
    b"""{"code":"rest_post_invalid_page_number","message":"The page number requested is larger","data":{"status":400}}""",
    b"""<br />\n<b>Warning</b>: x in y\n[{"id":1,"link":"https://blog.example/b/","title":{"rendered":"B"}}]""",
    b"""{"name":"A blog","description":"","url":"https://blog.example","home":"https://blog.example","gmt_offset":7,"timezone_string":"Asia/Bangkok"}""",
)
ROBOTS = (
    b"User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\nCrawl-delay: 10\nRequest-rate: 1/5\nVisit-time: 0600-0845\n\nUser-agent: newsarchive\nDisallow: /private/*.html$\nSitemap: https://blog.example/sitemap.xml\n",
    b"\xef\xbb\xbfUser-agent: *\r\nDisallow:\r\nSitemap: /map.xml\r\n",
)
QUERIES = (
    b'red fox -hen "side by side" (a OR b) elect* NOT x AND y', "台灣新聞 OR ข่าวไทย -日本".encode(), "Café-Noël ΚΌΣΜΟΣ".encode(),
)  # fmt: skip
JSONLD = (
    b"""{"@context":"https://schema.org","@graph":[{"@type":"NewsArticle","@id":"#a","headline":"A title","datePublished":"2024-05-02T10:00:00+07:00","dateModified":"2024-05-03","author":[{"@type":"Person","name":"Ann Lee","url":"/ann"},{"@id":"#p"}],"image":{"@type":"ImageObject","url":["/a.jpg"]},"publisher":{"@type":"Organization","name":"Blog"},"articleSection":["News"],"keywords":"a, b","isAccessibleForFree":"False","mainEntityOfPage":{"@id":"https://blog.example/2024/05/one-post/"}},{"@type":["Person","X"],"@id":"#p","name":"Bo"}]}""",
    b"""<!-- [{"@type":"BlogPosting","headline":"x",}] // -->""",
)


def warcs() -> Iterator[bytes]:
    head = b"WARC/1.0\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:7fb1d2ec-0000-4000-8000-%012d>\r\nWARC-Date: 2024-05-02T03:00:00Z\r\nWARC-Target-URI: https://blog.example/a/\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n"
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a\r\n\r\n5\r\nHello\r\n0\r\n\r\n"
    packed = gzip.compress(b"<p>Packed text.</p>", mtime=0)
    coded = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    records = [
        head % (kind, at, len(body)) + body + b"\r\n\r\n"
        for at, (kind, body) in enumerate([(b"response", http), (b"request", http), (b"response", coded), (b"revisit", http), (b"warcinfo", b"a: b\r\n")])
    ]  # fmt: skip
    saved = head % (b"resource", 5, 15) + b"<p>A saved page" + b"\r\n\r\n"
    records.append(saved.replace(b"application/http; msgtype=response", b"text/html"))
    digest = b"WARC-Payload-Digest: sha1:" + base64.b32encode(hashlib.sha1(packed).digest()) + b"\r\n"
    # With its digest, this record can be copied as it is.
    records.append(records[2].replace(b"Content-Type: ", digest + b"Content-Type: ", 1))
    yield b"".join(records)
    yield b"".join(gzip.compress(one, mtime=0) for one in records)
    yield gzip.compress(b"".join(records), mtime=0)


def urls() -> Iterator[bytes]:
    for case in cases("urls/one-page"):
        yield from (url.encode("utf-8", "replace") for url in case["urls"])
    for case in cases("urls/refused"):
        yield case["url"].encode("utf-8", "replace")


def codings() -> Iterator[bytes]:
    yield b"gzip\n" + gzip.compress(b"text " * 99, mtime=0)
    yield b"gzip, gzip\n" + gzip.compress(gzip.compress(b"text " * 99, mtime=0), mtime=0)
    yield b"deflate, br, zstd, x-gzip\n5\r\nHello\r\n0\r\n\r\n"


def labelled() -> Iterator[bytes]:
    for label, text in zip(
        ("utf-8", "windows-874", "gb18030", "utf-16", "x-sjis") * 20, texts(), strict=False
    ):
        yield label.encode() + b"\n<meta charset=" + label.encode() + b"><p>" + text


def read_dates() -> Iterator[bytes]:
    yield from (case["text"].encode() for case in cases("metadata/dates"))
    yield from (b"3 hours ago", b"gestern, 14:30 Uhr", b"Thu, 02 May 2024 10:00:00 +0700", b"/2024/05/02/a/")


TARGETS = {
    "extract": Target(run_extract, pages, ".html"),
    "steps": Target(run_steps, pages, ".html"),
    "store": Target(run_store, pages, ".html"),
    "listing": Target(run_listing, pages, ".html"),
    "repair": Target(run_repair, texts, ".txt"),
    "decode": Target(run_decode, labelled),
    "feed": Target(run_feed, lambda: iter(FEEDS), ".xml"),
    "sitemap": Target(run_sitemap, lambda: iter((*SITEMAPS, gzip.compress(SITEMAPS[0], mtime=0))), ".xml"),
    "wordpress": Target(run_wordpress, lambda: iter(WORDPRESS), ".json"),
    "jsonld": Target(run_jsonld, lambda: iter(JSONLD)),
    "dates": Target(run_dates, read_dates),
    "url": Target(run_url, urls),
    "query": Target(run_query, lambda: iter(QUERIES)),
    "robots": Target(run_robots, lambda: iter(ROBOTS)),
    "warc": Target(run_warc, warcs),
    "coding": Target(run_coding, codings),
}
