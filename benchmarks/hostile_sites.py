"""Blogs of six good posts, each with one hostile thing: does a crawl store all six, in little time and memory?

    python -m benchmarks.hostile_sites
    python -m benchmarks.hostile_sites --only "front link" --show
    python -m benchmarks.hostile_sites --skip 50 --first 60

Every site is served on loopback by a server that writes raw bytes, so that lengths, headers and status lines can be wrong.
The hostile thing is an address (as a link, in a feed, a sitemap, robots.txt, the API, a header, a redirect, a canonical), a
header, a coding, a charset, a status, a document without end, or a page that is made to cost much. The six posts can each
be reached by a source that does not have the hostile thing, or by the same source beside it. A site is harmed where a good
post is missing or has another text or day, where the crawl shows a traceback, ends with a code that is not documented,
or takes more than `MAX_CPU_SECONDS`, `MAX_SECONDS` or `MAX_MEMORY_MB`. The command prints a line a site and ends with 1 if
one is harmed.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.blog_scores import table
from benchmarks.hostile_blog import (
    EXTRA,
    JSON,
    LAUGHS,
    LINE,
    POSTS,
    TEXT,
    XML,
    Hostile,
    Raw,
    answer,
    api,
    blog,
    extra,
    feed,
    front,
    linked,
    paragraphs,
    pieces,
    post,
    sitemap,
)
from benchmarks.hostile_later import later_sites
from benchmarks.hostile_lies import lying_sites

#: In seconds of CPU, of all processes of one crawl.
MAX_CPU_SECONDS = 20.0
#: In seconds by the clock, from the start of a crawl to its end. A server that drips sends for longer.
MAX_SECONDS = 90.0
#: In MB: the process that crawls.
MAX_MEMORY_MB = 500
#: Seconds that a crawl waits for an answer (Scrapy's `DOWNLOAD_TIMEOUT`).
DOWNLOAD_SECONDS = 5
#: In bytes of a header line, beyond which Twisted takes an answer for damaged.
MAX_HEADER_BYTES = 16_384
#: The exit codes that `newsarchive`'s documentation gives to a crawl which met failures outside.
EXIT_CODES = {0, 3, 4}


#: Addresses at which parsers of URLs raised, hung or led elsewhere. `{home}` is the site's.
ADDRESSES = {
    "453 Thai letters": "https://share.example/?t=" + "ก" * 453,
    "453 Chinese letters": "{home}/" + "中" * 453,
    "679 Cyrillic letters": "{home}/" + "я" * 679,
    "340 emoji": "{home}/?" + "😀" * 340,
    "100,000 characters": "{home}/" + "a" * 100_000,
    "30,000 slashes": "{home}/" + "a/" * 30_000,
    "dots": "{home}/" + "../" * 5_000,
    "IPv6 not closed": "http://[::1/",
    "IPv6 zone": "http://[fe80::1%25eth0]/a-story-of-the-zone/",
    "port too large": "http://blog.example:99999999/a-story/",
    "port of letters": "http://blog.example:http/a-story/",
    "no host": "http:///a-story-of-no-host/",
    "two schemes": "http://http://blog.example/a-story/",
    "label too long": "http://" + "a" * 64 + ".example/a-story/",
    "host too long": "http://" + "a." * 200 + "example/",
    "IDN": "http://xn--a.example/a-story-of-the-name/",
    "half a character": "{home}/a-story-\ud800-of-the-half/",
    "NUL": "{home}/a-story\0of-nul/",
    "escaped badly": "{home}/a-story-%zz-%ff-%-of/",
    "escaped slash": "{home}%2Fa-story-of-the-slash",
    "user and password": "http://user:pass@127.0.0.1:1/a-story-of-the-user/",
    "cloud metadata": "http://169.254.169.254/latest/meta-data/",
    "private": "http://10.0.0.1/a-story-of-the-network/",
    "decimal": "http://2130706433/a-story-of-a-number/",
    "hex": "http://0x7f000001/a-story-of-a-hex/",
    "IPv4 in IPv6": "http://[::ffff:10.0.0.1]/a-story/",
    "script": "javascript:alert(1)",
    "data": "data:text/html,<h1>A story</h1>",
    "file": "file:///etc/passwd",
    "query of 3,000 fields": "{home}/a-story/?" + "&".join(f"a{n}={n}" for n in range(3_000)),
    "right to left": "{home}/a-\u202estory\u202c-of-the-left/",
    "lines": "{home}/a-story\r\nX-Header: 1\r\n\r\n",
}

LABELS = (
    "rot13", "zip", "base64", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "hex", "bz2", "quopri", "uu", "undefined",
    "mbcs", "utf-7", "utf-16", "utf-32", "utf-8-sig", "x-user-defined", "replacement", "\u0000", "utf-8; utf-16", "a" * 5_000, "'\"", "none",
)  # fmt: skip

HEADERS = {
    "cookie of 100 KB": {"Set-Cookie": "a=" + "b" * 100_000},
    "cookie for everywhere": {"Set-Cookie": "a=b; Domain=.com; Path=/; Expires=Thu, 99 Foo 99999 99:99:99 GMT"},
    "Retry-After of years": {"Retry-After": "99999999999"},
    "Last-Modified of nowhere": {"Last-Modified": "Thu, 99 Foo 99999 99:99:99 GMT"},
    "Last-Modified in 9999": {"Last-Modified": "Fri, 31 Dec 9999 23:59:59 GMT"},
    "ETag of 10 KB": {"ETag": '"' + "e" * 10_000 + '"'},
    "ETag with quotes": {"ETag": '"a"b"\'--;DROP TABLE articles'},
    "Link of 60 KB": {"Link": ", ".join(["<https://blog.example/>; rel=next"] * 1_800)},
    "Link not closed": {"Link": '<http://[::1; rel="next, <//>; rel'},
    "Content-Language": {"Content-Language": "xx-" + "y" * 1_000},
    "X-Robots-Tag": {"X-Robots-Tag": "unavailable_after: 99 Foo 99999, otherbot: noindex, " + "a:" * 2_000},
    "Refresh": {"Refresh": "0; url=http://169.254.169.254/"},
    "Content-Disposition": {"Content-Disposition": "inline; filename*=rot13''%ff%00" + "a" * 2_000},
    "Content-Location": {"Content-Location": "http://[::1"},
    "Date in 1899": {"Date": "Sun, 31 Dec 1899 00:00:00 GMT", "Age": "-1"},
    "Cache-Control": {"Cache-Control": "max-age=99999999999999999999999999, stale-while-revalidate=-1", "Expires": "nan"},
    "latin-1": {"X-Name": "caf\u00e9 \u202e \u0e01"},
    "escapes for terminals": {"X-Name": "\x1b]0;title\x07\x1b[2J", "Server": "\x1b[31m"},
    "500 headers": {f"X-Header-{n}": "a" * 20 for n in range(500)},
    "Strict-Transport-Security": {"Strict-Transport-Security": "max-age=nan; includeSubDomains", "Alt-Svc": 'h2="127.0.0.1:1"'},
}  # fmt: skip

STATUSES = (
    "200 \x1b[31mOK", "201 Created", "203 Other", "204 No Content", "205 Reset Content", "206 Partial Content", "226 IM Used", "300 Multiple Choices",
    "304 Not Modified", "305 Use Proxy", "400 Bad", "401 Unauthorized", "402 Pay", "403 Forbidden", "407 Proxy Authentication Required", "410 Gone",
    "418 Teapot", "421 Misdirected", "425 Early", "429 Too Many", "451 Legal", "500 Error", "503 Unavailable", "520 Origin", "599 Timeout", "999 Denied",
)  # fmt: skip

PAGES = {
    "id of 500 KB": f'<div id="{"x" * 500_000}">{"<p>A short paragraph.</p>" * 20_000}</div>',
    "class of slashes": f'<div class="{"a/" * 1_000}"><p>{LINE * 3}</p></div>',
    "100,000 attributes": f"<p {' '.join(f'a{n}=1' for n in range(100_000))}>{LINE}</p>",
    "options": "<select>" + "<option>Monday" * 60_000 + "</select>",
    "20,000 levels": "<div>" * 20_000 + LINE,
    "5,000 lists in lists": "<ul><li>" * 5_000 + LINE,
    "tables in tables": "<table><tr><td>" * 3_000 + LINE,
    "guillemets": f"<p>{'«a» ' * 200_000}</p>",
    "copyright signs": f"<p>{'© ' * 300_000}</p>",
    "initials": f"<p>{'J. ' * 200_000}</p>",
    "capitals with dots": f"<p>{'A.B.C. ' * 100_000}</p>",
    "one word of 2 MB": f"<p>{'a' * 2_000_000}</p>",
    "combining marks": f"<p>a{chr(0x301) * 500_000}</p>",
    "NULs": f"<p>{LINE}{chr(0) * 500_000}</p>",
    "right to left": f"<p>{chr(0x202E) * 100_000}{LINE}</p>",
    "entities": "<p>" + "&a" * 400_000 + "</p>",
    "character references": "<p>" + "&#x1F600;" * 150_000 + "</p>",
    "comments": "<!-- a -->" * 100_000,
    "fonts": "<font>" * 100_000 + LINE,
    "100,000 links": "".join(f"<a href='/2025/03/story-{n}/'>Story {n}</a>" for n in range(100_000)),
    "200,000 breaks": "<p>" + "A line of a poem<br>" * 200_000 + "</p>",
    "misread Chinese": "<p>" + "国务院新闻办公室今天举行".encode().decode("cp874", "replace") * 3_000 + "</p>",
    "misread Thai twice": "<p>" + "การประชุมในวันอังคาร".encode().decode("latin-1").encode().decode("latin-1") * 1_500 + "</p>",
    "JSON-LD of 2 MB": '<script type="application/ld+json">' + "[" * 100_000 + "</script><script type='application/ld+json'>{\"a\": \"" + "b" * 2_000_000 + "\"}</script>",
    "JSON-LD with half a character": '<script type="application/ld+json">{"@type":"NewsArticle","headline":"\\ud83d","datePublished":"9999-99-99"}</script>',
    "microdata of 20,000 items": "<div itemscope itemtype=http://schema.org/Article>" + "<span itemprop=author itemscope><b itemprop=name>A</b></span>" * 20_000,
    "times": "<time datetime='2025-03-01T08:00:00+99:99'>a</time>" * 50_000,
    "images": "<img srcset='" + "a.png 1x, " * 200_000 + "'>",
    "base": "<base href='http://[::1'><base href='javascript:a'>",
    "meta refresh": "<meta http-equiv=refresh content='0;url=http://169.254.169.254/latest/'>",
    "svg": "<svg>" + "<g>" * 20_000 + "<foreignObject><p>a</svg>",
    "frames": "<iframe srcdoc='" + "&lt;p&gt;a" * 100_000 + "'></iframe>" * 10,
    "forms": "<form>" * 20_000 + "<input>" * 50_000,
    "templates": "<template>" * 10_000 + LINE,
    "text area": "<textarea>" + LINE * 10_000,
    "plaintext": "<plaintext>" + LINE * 3_000,
    "dates": "<p>" + "1 March 2025, 01.02.03, yesterday, 3 hours ago. " * 30_000 + "</p>",
    "names": "<p>By " + "Anna Berg, Otto Lund and " * 40_000 + "</p>",
}  # fmt: skip

OUTSIDE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def of_addresses() -> Iterator[Hostile]:
    for name, address in ADDRESSES.items():

        def made(home: str, address: str = address) -> str:
            return address.replace("{home}", home)

        quoted = made("{home}").replace('"', "%22").replace("<", "&lt;")
        yield Hostile(
            f"front link: {name}",
            lambda home, quoted=quoted: {"/": linked(quoted.replace("{home}", home))},
        )
        yield Hostile(
            f"feed and sitemap: {name}",
            lambda home, made=made: {
                "/feed/": answer(
                    feed(home, f"<item><title>A story</title><link>{escape(made(home))}</link></item>"),
                    XML,
                ),
                "/sitemap.xml": answer(sitemap(home, f"<url><loc>{escape(made(home))}</loc></url>"), XML),
            },
        )
        yield Hostile(
            f"robots, canonical: {name}",
            lambda home, made=made: {
                "/": linked(),
                "/robots.txt": answer(
                    f"Sitemap: {made(home)}\nSitemap: {home}/sitemap.xml\nDisallow: {made(home)[-90:]}\n",
                    TEXT,
                ),
                EXTRA: answer(
                    post(
                        "means-ill",
                        head=f'<link rel="canonical" href="{made(home)}"><meta property="og:url" content="{made(home)}">',
                    )
                ),
            },
        )
        location = made("{home}").encode("utf-8", "surrogatepass").replace(b"\r\n", b" ")
        yield Hostile(
            f"redirect: {name}",
            lambda home, location=location: {
                "/": linked(),
                EXTRA: b"HTTP/1.1 302 Found\r\nLocation: "
                + location.replace(b"{home}", home.encode())
                + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            },
        )


def of_answers() -> Iterator[Hostile]:
    page = post("means-ill")
    for label in LABELS:
        yield extra(f"charset {label[:20]!r}", answer(page, f"text/html; charset={label}"))
        yield Hostile(
            f"front: charset {label[:20]!r}",
            lambda home, label=label: {"/": answer(front(), f"text/html; charset={label}")},
        )
    for name, headers in HEADERS.items():
        yield extra(f"header {name}", answer(page, headers=headers))
        yield Hostile(
            f"front: header {name}",
            lambda home, headers=headers: {"/": answer(front(), headers=headers)},
            is_lost=any(len(value) > MAX_HEADER_BYTES for value in headers.values()),
        )
    for status in STATUSES:
        yield extra(f"status {status}", answer(page, status=status))
    for coding in ("gzip", "br", "zstd", "deflate", "x-gzip, gzip", "rot13", "gzip, " * 50 + "gzip", "\x00"):
        yield extra(
            f"coding {coding[:12]!r} of plain bytes", answer(page, headers={"Content-Encoding": coding})
        )
    bomb = gzip.compress(b"<p>" + b"\0" * (300 << 20), 9)
    yield extra("bomb of gzip", answer(bomb, headers={"Content-Encoding": "gzip"}))
    yield extra(
        "bomb of gzip in gzip", answer(gzip.compress(bomb), headers={"Content-Encoding": "gzip, gzip"})
    )
    yield extra(
        "gzip that is cut",
        answer(gzip.compress(page.encode() * 9)[:200], headers={"Content-Encoding": "gzip"}),
    )
    yield extra("length too large", answer(page, headers={"Content-Length": "99999999"}))
    yield extra("length too small", answer(page, headers={"Content-Length": "10"}))
    yield extra("length negative", answer(page, headers={"Content-Length": "-1"}))
    yield extra("length of letters", answer(page, headers={"Content-Length": "many"}))
    yield extra("two lengths", answer(page, headers={"Content-Length": "5\r\nContent-Length: 7"}))
    yield extra("chunks that are none", answer(page, headers={"Transfer-Encoding": "chunked"}))
    yield extra("transfer coding", answer(page, headers={"Transfer-Encoding": "rot13, chunked"}))
    yield extra("no status line", page.encode())
    yield extra("status line of 100 KB", b"HTTP/1.1 200 " + b"a" * 100_000 + b"\r\n\r\n" + page.encode())
    yield extra("no answer", b"")
    yield extra("a header without end", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 2_000_000)
    yield extra("HTTP/9.9", b"HTTP/9.9 200 OK\r\nContent-Type: text/html\r\n\r\n" + page.encode())
    yield extra("many 1xx", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 200 + answer(page))
    yield extra("body without end", pieces(b"<p>" + LINE.encode() * 800 + b"</p>"))
    yield extra("a drip", pieces(b"a", pause=0.2))
    yield extra("a redirect to itself", answer("", status="302 Found", headers={"Location": EXTRA}))
    yield extra("a PDF", answer(b"%PDF-1.7\n" + bytes(range(256)) * 2_000, "application/pdf"))
    yield extra("a PDF as HTML", answer(b"%PDF-1.7\n" + bytes(range(256)) * 2_000))
    yield extra("UTF-16", answer(page.encode("utf-16")))
    yield extra("UTF-32", answer(page.encode("utf-32")))
    yield extra("random bytes", answer(bytes((n * 7919 + n // 251) % 256 for n in range(300_000))))
    for name, shape in PAGES.items():
        yield extra(name, answer(post("means-ill", shape)))


def of_sources() -> Iterator[Hostile]:
    def changed(path: str, raw: Callable[[str], Raw], name: str) -> Hostile:
        return Hostile(name, lambda home: {path: raw(home)})

    robots = {
        "UTF-16": lambda home: answer(f"Sitemap: {home}/sitemap.xml\n".encode("utf-16"), TEXT),
        "an HTML page": lambda home: answer(front()),
        "500": lambda home: answer("", status="500 Error"),
        "of 5 MB": lambda home: answer("Disallow: /a\n" * 400_000 + f"Sitemap: {home}/sitemap.xml\n", TEXT),
        "one line of 2 MB": lambda home: answer("Disallow: /" + "*a" * 1_000_000, TEXT),
        "stars": lambda home: answer(f"User-agent: *\nDisallow: /{'*a' * 2_000}$\n", TEXT),
        "a redirect to itself": lambda home: answer("", status="302 Found", headers={"Location": "/robots.txt"}),
        "NULs": lambda home: answer("\0" * 100_000, TEXT),
        "without end": lambda home: pieces(b"Disallow: /a\n" * 5_000, TEXT),
        **{f"Crawl-delay {value[:8]}": (lambda home, value=value: answer(f"User-agent: *\nCrawl-delay: {value}\n", TEXT))
           for value in ("inf", "nan", "-1", "1e999", "9" * 400, "0x10", "١")},
        "1,000 sitemaps": lambda home: answer("".join(f"Sitemap: {home}/sitemap-{n}.xml\n" for n in range(1_000)), TEXT),
    }  # fmt: skip
    for name, raw in robots.items():
        yield changed("/robots.txt", raw, f"robots.txt: {name}")
    item = "<item><title>{0}</title><link>{1}</link><pubDate>{2}</pubDate></item>"
    feeds = {
        "billion laughs": lambda home: answer(LAUGHS + feed(home, "<item><title>&l9;</title></item>")[21:], XML),
        "outside entity": lambda home: answer(OUTSIDE + feed(home, "<item><title>&x;</title></item>")[21:], XML),
        "60,000 items": lambda home: answer(feed(home, "".join(item.format("A", f"{home}/2024/05/story-{n}/", "") for n in range(60_000))), XML),
        "days of 9999": lambda home: answer(feed(home, item.format("A", f"{home}/none/", "Fri, 31 Dec 9999 23:59:59 -2359")), XML),
        "not closed": lambda home: answer(feed(home)[:-40], XML),
        "HTML": lambda home: answer(front()),
        "JSON": lambda home: answer("[" * 100_000, "application/feed+json"),
        "nested": lambda home: answer(f"<rss><channel>{'<item>' * 50_000}", XML),
        "one title of 5 MB": lambda home: answer(feed(home, item.format("a" * 5_000_000, f"{home}/none/", "")), XML),
        "without end": lambda home: pieces(item.format("A", "http://blog.example/a/", "").encode() * 500, XML),
        "a drip": lambda home: pieces(b"<", XML, pause=0.2),
        "half a character": lambda home: answer(feed(home, "<item><title>&#xD800;</title><link>&#xDFFF;</link></item>"), XML),
        "a namespace of 1 MB": lambda home: answer(feed(home).replace("<rss", f'<rss xmlns:a="{"b" * 1_000_000}"'), XML),
    }  # fmt: skip
    for name, raw in feeds.items():
        yield changed("/feed/", raw, f"feed: {name}")
    sitemaps = {
        "billion laughs": lambda home: answer(LAUGHS + sitemap(home, "<url><loc>&l9;</loc></url>")[21:], XML),
        "outside entity": lambda home: answer(OUTSIDE + sitemap(home, "<url><loc>&x;</loc></url>")[21:], XML),
        "half a character": lambda home: answer(sitemap(home, "<url><loc>http://&#xD800;/</loc></url>"), XML),
        "a ring": lambda home: answer(f"<sitemapindex><sitemap><loc>{home}/sitemap.xml</loc></sitemap></sitemapindex>", XML),
        "100,000 rows": lambda home: answer(sitemap(home, "".join(f"<url><loc>{home}/tag/{n}/</loc></url>" for n in range(100_000))), XML),
        "entities": lambda home: answer(sitemap(home, f"<url><loc>{home}/{'&a' * 1_000_000}</loc></url>"), XML),
        "not closed": lambda home: answer(sitemap(home)[:-30], XML),
        "text of 5 MB": lambda home: answer(f"{home}/tag/a/\n" * 150_000, TEXT),
        "a bomb": lambda home: answer(gzip.compress(b"<urlset>" + b" " * (300 << 20)), XML, headers={"Content-Encoding": "gzip"}),
        "without end": lambda home: pieces(b"<url><loc>http://blog.example/a/</loc></url>" * 500, XML),
        "days of nowhere": lambda home: answer(sitemap(home, f"<url><loc>{home}/none/</loc><lastmod>9999-99-99T99</lastmod><priority>nan</priority></url>"), XML),
        "index of 5,000": lambda home: answer("<sitemapindex>" + "".join(f"<sitemap><loc>{home}/s{n}.xml</loc></sitemap>" for n in range(5_000)) + "</sitemapindex>", XML),
    }  # fmt: skip
    for name, raw in sitemaps.items():
        yield changed("/sitemap.xml", raw, f"sitemap: {name}")
    rows: dict[str, tuple[object, ...]] = {
        "no objects": (None, 1, "a", [], [[]], True),
        "other types": ({"link": 5, "id": [], "title": [], "date_gmt": {}}, {"link": None}, {"link": ["a"]}),
        "large numbers": ({"id": 10**400, "link": "http://[::1", "date_gmt": "9999-99-99"},),
        "half a character": ({"link": "http://\ud800/", "title": {"rendered": "\ud83d"}},),
        "100,000 rows": tuple({"id": n, "link": "/x"} for n in range(100_000)),
        "content of 5 MB": ({"id": 9, "link": "/x", "content": {"rendered": "<div>" * 1_000_000}},),
    }
    for name, bad in rows.items():

        def with_api(home: str, bad: tuple[object, ...] = bad) -> Mapping[str, Raw]:
            body = api(home, bad)
            return {
                "/": answer(front(head=f'<link rel="https://api.w.org/" href="{home}/wp-json/">')),
                "/wp-json/": answer('{"namespaces": ["wp/v2"], "routes": {"/wp/v2/posts": {}}}', JSON),
                "*/wp-json/wp/v2/posts": answer(
                    body, JSON, headers={"X-WP-TotalPages": "99999999999999999999", "X-WP-Total": "nan"}
                ),
            }

        yield Hostile(f"API: {name}", with_api)
    for name, body in {
        "nested": "[" * 200_000,
        "cut": '[{"link": "',
        "HTML": front(),
        "number": "1e999",
    }.items():
        yield Hostile(
            f"API: {name}",
            lambda home, body=body: {
                "/": answer(front(head=f'<link rel="https://api.w.org/" href="{home}/wp-json/">')),
                "/wp-json/": answer(body, JSON),
                "*/wp-json/wp/v2/posts": answer(body, JSON),
            },
        )
    yield Hostile(
        "listing: a calendar without end",
        lambda home: {
            "/": answer(front(after='<a rel="next" href="/page/2/">Older posts</a>')),
            "*/page/": answer(front(after='<a rel="next" href="?n=1">Older posts</a><a class="next" href="/page/3/">Older</a>')),
        },
    )  # fmt: skip
    yield Hostile(
        "listing: 15 MB", lambda home: {"/": answer(front(after=f"<p>{LINE}</p>" * 160_000))}, is_lost=True
    )
    yield Hostile(
        "listing: a link to each of a million",
        lambda home: {"/": answer(front(after="".join(f"<a href=/t/{n}>a</a>" for n in range(1_000_000))))},
        is_lost=True,
    )


class Server:
    """Raw answers by path, or by the beginning of a path where the key begins with `*`; one connection a request."""

    def __init__(self) -> None:
        self.answers: dict[str, Raw] = {}
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.home = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(MAX_SECONDS)
            head = b""
            while b"\r\n\r\n" not in head and len(head) < 1 << 20:
                piece = connection.recv(1 << 16)
                if not piece:
                    return
                head += piece
            path = head.split(b" ", 2)[1].decode("latin-1")
            raw = self._found(path)
            if isinstance(raw, bytes):
                connection.sendall(raw)
            else:
                for piece in raw():
                    connection.sendall(piece)

    def _found(self, path: str) -> Raw:
        if path in self.answers:
            return self.answers[path]
        for key, raw in self.answers.items():
            if key.startswith("*") and path.startswith(key[1:]):
                return raw
        return answer("not found", status="404 Not Found")


@contextmanager
def serving(site: Hostile) -> Iterator[Server]:
    server = Server()
    server.answers = blog(server.home) | dict(site.change(server.home))
    try:
        yield server
    finally:
        server.close()


@dataclass(frozen=True, slots=True)
class Result:
    """`seconds` are of CPU, of the crawl and its children; `megabytes` are the most that its process held."""

    site: str
    stored: int
    code: int
    seconds: float
    megabytes: int
    harm: str


def crawled(site: Hostile, show: bool) -> Result:
    with tempfile.TemporaryDirectory() as folder, serving(site) as server:
        db = Path(folder) / "archive.db"
        words = [sys.executable, "-m", "scrapy", "crawl", "news", "-a", f"url={server.home}/", "-s", "DOWNLOAD_DELAY=0",
                 "-s", "AUTOTHROTTLE_ENABLED=0", "-s", "RETRY_TIMES=0", "-s", f"DOWNLOAD_TIMEOUT={DOWNLOAD_SECONDS}"]  # fmt: skip
        environment = os.environ | {
            "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
            "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{db}",
        }
        log = Path(folder) / "log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
            began, megabytes = time.monotonic(), 0
            while True:
                pid, status, used = os.wait4(process.pid, os.WNOHANG)
                took = time.monotonic() - began
                if pid:
                    break
                megabytes = max(megabytes, peak_megabytes(process.pid))
                if took > MAX_SECONDS:
                    process.kill()
                time.sleep(0.05)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        text = log.read_text("utf-8", "replace")
        if show:
            print(text, file=sys.stderr)
        seconds = used.ru_utime + used.ru_stime
        stored, harm = good(db, server.home)
        harms = [] if site.is_lost and code in EXIT_CODES - {0} else harm
        if "Traceback" in text:
            harms.append("a traceback")
        if "\x1b" in text:
            harms.append("an escape reaches the terminal")
        if code not in EXIT_CODES:
            harms.append(f"exit code {code}")
        if took > MAX_SECONDS:
            harms.append(f"{took:.0f} s")
        if seconds > MAX_CPU_SECONDS:
            harms.append(f"{seconds:.0f} s of CPU")
        if megabytes > MAX_MEMORY_MB:
            harms.append(f"{megabytes} MB")
        return Result(site.name, stored, code, seconds, megabytes, "; ".join(harms))


def peak_megabytes(pid: int) -> int:
    """The most memory that a process held since it began its program, in MB; 0 where it is ending."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return 0


def good(db: Path, home: str) -> tuple[int, list[str]]:
    """How many of the six posts are stored, and what is wrong with them."""
    if not db.exists():
        return 0, ["no archive"]
    with closing(sqlite3.connect(db)) as connection:
        rows = connection.execute(
            "SELECT url, article_body, date_published, headline FROM articles"
        ).fetchall()
    found = {url: rest for url, *rest in rows}
    harm = []
    for path, word in POSTS.items():
        row = found.get(home + path)
        if row is None:
            harm.append(f"{word} is missing")
        elif row[0] != "\n\n".join(paragraphs(word)):
            harm.append(f"{word} has another text")
        elif not str(row[1]).startswith("2025-03-01") or row[2] != f"The {word} repairs its bridge":
            harm.append(f"{word} has another day or headline")
    return len(POSTS) - len(harm), harm


def sites() -> list[Hostile]:
    return [*of_addresses(), *of_answers(), *of_sources(), *later_sites(), *lying_sites()]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="sites whose name holds this")
    parser.add_argument("--show", action="store_true", help="print what each crawl says")
    parser.add_argument("--skip", type=int, default=0, help="leave out this number of sites at the beginning")
    parser.add_argument("--first", type=int, help="crawl this number of those that are left, not all")
    options = parser.parse_args()
    chosen = [site for site in sites() if options.only in site.name][options.skip :][: options.first]
    results = []
    for number, site in enumerate(chosen, 1):
        result = crawled(site, options.show)
        results.append(result)
        print(
            f"{number}/{len(chosen)} {site.name}: {result.stored} stored, code {result.code}, {result.seconds:.1f} s of CPU,"
            f" {result.megabytes} MB. {result.harm or 'No harm.'}",
            file=sys.stderr,
            flush=True,
        )
    kinds: dict[str, list[Result]] = {}
    for result in results:
        kinds.setdefault(result.site.partition(":")[0], []).append(result)
    rows = [
        ["where the hostile thing is", "sites", "all six stored", "harmed", "most CPU, s", "most memory, MB"]
    ]
    for kind, of_kind in {**kinds, "all": results}.items():
        rows.append([kind, str(len(of_kind)), str(sum(r.stored == len(POSTS) for r in of_kind)), str(sum(bool(r.harm) for r in of_kind)),
                     f"{max(r.seconds for r in of_kind):.1f}", str(max(r.megabytes for r in of_kind))])  # fmt: skip
    print(table(rows))
    for result in results:
        if result.harm:
            print(f"{result.site}: {result.harm}")
    return 1 if any(result.harm for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
