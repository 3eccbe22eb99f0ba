"""More hostile blogs for `benchmarks.hostile_sites`: what answers for ever with something new, claims what belongs to others, or grows when it is unpacked."""

from __future__ import annotations

import gzip
import html
import itertools
import json
import zlib
from collections.abc import Callable, Iterator, Mapping

import brotli

from benchmarks.hostile_blog import (
    EXTRA,
    HTML,
    LAUGHS,
    LINE,
    POSTS,
    TEXT,
    XML,
    Hostile,
    Raw,
    answer,
    extra,
    feed,
    front,
    linked,
    pieces,
    post,
)
from newsarchive.compression import zstd

#: Where cloud machines keep their secrets: nothing may be asked there.
PRIVATE = "http://169.254.169.254"
EVENTS = "text/event-stream"


def numbered(made: Callable[[int], bytes]) -> Raw:
    """Another answer to each request."""
    numbers = itertools.count(1)

    def raw() -> Iterator[bytes]:
        yield made(next(numbers))

    return raw


def moved(to: str) -> bytes:
    return answer("", status="302 Found", headers={"Location": to})


def chunked(*chunks: bytes, headers: str = "", after: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(f"{len(one):x}".encode() + b"\r\n" + one + b"\r\n" for one in chunks)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {HTML}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body + after


def coded(body: bytes, coding: str) -> bytes:
    return answer(body, headers={"Content-Encoding": coding})


def framed(levels: int) -> str:
    """A page in a frame in a frame; each level escapes what is in it once more."""
    page = f"<p>{LINE}</p>"
    for _ in range(levels):
        page = f'<iframe srcdoc="{html.escape(page)}"></iframe>'
    return page


def of_the_wire() -> Iterator[Hostile]:
    page = post("means-ill").encode()
    yield extra("chunks with trailers", chunked(page, after=b"0\r\n" + b"X-Trailer: a\r\n" * 500 + b"\r\n"))
    yield extra("trailers without end", chunked(page, after=b"0\r\n" + b"X-Trailer: a\r\n" * 500_000))
    yield extra(
        "a chunk with an extension of 1 MB",
        chunked(after=b"5;" + b"a" * 1_000_000 + b"\r\nhello\r\n0\r\n\r\n"),
    )
    yield extra("a chunk of 16 exabytes", chunked(after=b"FFFFFFFFFFFFFFFF\r\n" + page))
    yield extra("500,000 chunks of a byte", chunked(*[b"a"] * 500_000))
    zeros = b"<p>" + b"\0" * (200 << 20)
    yield extra("bomb of brotli", coded(brotli.compress(zeros, quality=5), "br"))
    yield extra("bomb of zstd", coded(zstd.compress(zeros, 3), "zstd"))
    yield extra("zstd with a window of 2 GB", coded(b"\x28\xb5\x2f\xfd\x00\xa8" + b"\0" * 100, "zstd"))
    yield extra("bomb of deflate", coded(zlib.compress(zeros, 9), "deflate"))
    yield extra(
        "gzip of 100,000 members", coded(gzip.compress(b"", mtime=0) * 100_000 + gzip.compress(page), "gzip")
    )
    yield extra(
        "gzip in brotli in zstd", coded(zstd.compress(brotli.compress(gzip.compress(page))), "gzip, br, zstd")
    )
    yield extra("folded headers", answer(page, headers={"X-Name": "a\r\n " + "b\r\n " * 200 + "c"}))
    yield extra(
        "only HTTP/2",
        b"\0\0\x12\x04\0\0\0\0\0"
        + b"\0\x03\0\0\0\x64\0\x04\0\x10\0\0\0\x06\0\0\x40\0"
        + b"\0\0\0\x04\x01\0\0\0\0",
    )
    yield extra("lines that end in LF", answer(page).replace(b"\r\n", b"\n"))
    yield extra("no reason", answer(page, status="200"))
    yield extra("304 to the first request", answer("", status="304 Not Modified", headers={"ETag": '"a"'}))
    yield extra(
        "206 of other bytes",
        answer(
            page[40:],
            status="206 Partial Content",
            headers={"Content-Range": "bytes 40-99/99999999999999999999"},
        ),
    )
    yield extra("events without end", pieces(b"data: a\n\n" * 500, EVENTS))
    yield extra(
        "multipart without end",
        pieces(b"--a\r\nContent-Type: text/html\r\n\r\n" + page, "multipart/x-mixed-replace; boundary=a"),
    )
    cookies = "\r\n".join(f"Set-Cookie: name{n}={'v' * 200}; Path=/; Max-Age=99999999" for n in range(300))
    yield Hostile(
        "front: 300 cookies at each page",
        lambda home: {
            path: answer(text, headers={"X-Name": f"a\r\n{cookies}"})
            for path, text in {"/": front(), **{path: post(word) for path, word in POSTS.items()}}.items()
        },
    )


def of_endless_answers() -> Iterator[Hostile]:
    def endless(name: str, path: str, made: Callable[[int], bytes], first: bytes) -> Hostile:
        return Hostile(name, lambda home: {"/": linked(), EXTRA: first, path: numbered(made)})

    yield endless(
        "post: redirects with another query each", "*/r", lambda n: moved(f"/r?n={n}"), moved("/r?n=0")
    )
    refresh = '<meta http-equiv="refresh" content="0; url=/r?n={}">'
    yield endless(
        "post: refreshes to another address each",
        "*/r",
        lambda n: answer(refresh.format(n)),
        answer(refresh.format(0)),
    )
    more = '<link rel="next" href="{0}?page={1}"><a rel="next" href="{0}?page={1}">Next page</a>'
    yield Hostile(
        "post: an article of pages without end",
        lambda home: {
            "/": linked(),
            f"*{EXTRA}": numbered(
                lambda n: answer(
                    post("means-ill", f"<p>{LINE * 9} Page {n}.</p>" + more.format(EXTRA, n + 1))
                )
            ),
        },
    )
    yield Hostile(
        "front: redirects to another query each",
        lambda home: {"/": moved("/r?n=0"), "*/r": numbered(lambda n: moved(f"/r?n={n}"))},
        is_lost=True,
    )
    index = "<sitemapindex>{}</sitemapindex>"
    yield Hostile(
        "sitemap: indexes of ever new indexes",
        lambda home: {
            "*/sitemap": numbered(
                lambda n: answer(
                    index.format(
                        "".join(
                            f"<sitemap><loc>{home}/sitemap-{n}-{k}.xml</loc></sitemap>" for k in range(50)
                        )
                    ),
                    XML,
                )
            ),
        },
    )
    yield Hostile(
        "sitemap: parts that redirect to ever new parts",
        lambda home: {
            "/sitemap.xml": answer(index.format(f"<sitemap><loc>{home}/part-0.xml</loc></sitemap>"), XML),
            "*/part-": numbered(lambda n: moved(f"/part-{n}.xml")),
        },
    )
    following = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="{}/feed/?n={}"/>'
    yield Hostile(
        "feed: pages without end",
        lambda home: {
            "*/feed/": numbered(lambda n: answer(feed(home, following.format(home, n)
                + "".join(f"<item><title>Tag</title><link>{home}/tag/{n}-{k}/</link></item>" for k in range(10))), XML)),
        },
    )  # fmt: skip
    yield Hostile(
        "feed: pages of JSON without end",
        lambda home: {
            "*/feed/": numbered(lambda n: answer(json.dumps({"version": "https://jsonfeed.org/version/1.1", "next_url": f"{home}/feed/?n={n}",
                "items": [{"id": str(n), "url": f"{home}/tag/{n}/"}]}), "application/feed+json")),
        },
    )  # fmt: skip
    yield Hostile(
        "front: 10,000 feeds",
        lambda home: {
            "/": answer(
                front(
                    head="".join(
                        f'<link rel="alternate" type="application/rss+xml" href="/feed/{n}/">'
                        for n in range(10_000)
                    )
                )
            ),
            "*/feed/": numbered(lambda n: answer(feed(home), XML)),
        },
    )


def of_claims() -> Iterator[Hostile]:
    """What a page says that belongs to another one."""
    first = next(iter(POSTS))
    lies = f"<p>{LINE * 8}</p>"

    def claiming(name: str, head: str) -> Hostile:
        def change(home: str) -> Mapping[str, Raw]:
            page = post("means-ill", lies, head.replace("{good}", home + first).replace("{home}", home))
            return {"/": linked(), EXTRA: answer(page)}

        return Hostile(f"claim: {name}", change)

    yield claiming("canonical of a good post", '<link rel="canonical" href="{good}">')
    yield claiming("og:url of a good post", '<meta property="og:url" content="{good}">')
    yield claiming(
        "JSON-LD of a good post",
        '<script type="application/ld+json">{"@type":"NewsArticle","url":"{good}","mainEntityOfPage":"{good}","headline":"Lies"}</script>',
    )
    yield claiming("the second page is a good post", '<link rel="next" href="{good}">')
    yield claiming("the first page is a good post", '<link rel="prev" href="{good}">')
    yield claiming("AMP page in a private network", f'<link rel="amphtml" href="{PRIVATE}/a">')
    yield Hostile("claim: redirect to a good post", lambda home: {"/": linked(), EXTRA: moved(first)})
    yield Hostile(
        "claim: the feed has other texts of the good posts",
        lambda home: {"/feed/": answer(feed(home, "".join(
            f"<item><title>Lies</title><link>{home}{path}</link><description>{html.escape(lies)}</description><guid>1</guid></item>" for path in POSTS)), XML)},
    )  # fmt: skip
    yield Hostile(
        "claim: base in a private network",
        lambda home: {"/": answer(front(head=f'<base href="{PRIVATE}/">'))},
    )
    yield Hostile(
        "claim: xml:base in a private network",
        lambda home: {"/feed/": answer(f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{PRIVATE}/"><title>Blog</title>'
            '<link rel="hub" href="/hub"/><link rel="self" href="/self"/><link rel="next" href="/next"/>'
            '<entry><title>A</title><link href="latest/meta-data/"/><updated>0001-01-01T00:00:00+23:59</updated></entry></feed>', XML)},
    )  # fmt: skip
    yield Hostile(
        "claim: API in a private network",
        lambda home: {
            "/": answer(front(), headers={"Link": f'<{PRIVATE}/wp-json/>; rel="https://api.w.org/"'})
        },
    )
    yield Hostile(
        "claim: sitemap in a private network",
        lambda home: {"/robots.txt": answer(f"Sitemap: {PRIVATE}/sitemap.xml\n", TEXT)},
    )


def of_large_things() -> Iterator[Hostile]:
    shapes = {
        "frames in frames": framed(9),
        "an attribute of 8 MB": f'<p data-a="{"a" * 8_000_000}">{LINE}</p>',
        "an address of 4 MB": f'<a href="/{"a/" * 2_000_000}">A story that means ill</a>',
        "JSON-LD of objects in objects": '<script type="application/ld+json">' + '{"@graph":[{"author":' * 50_000 + "1" + "}]}" * 50_000 + "</script>",
        "JSON-LD that refers to itself": '<script type="application/ld+json">{"@graph":[' + ",".join(
            f'{{"@id":"#{n}","@type":"NewsArticle","author":{{"@id":"#{(n + 1) % 3000}"}},"isPartOf":{{"@id":"#{n}"}}}}' for n in range(3000)) + "]}</script>",
        "10,000 blocks of JSON-LD": '<script type="application/ld+json">{"@type":"NewsArticle","headline":"A","author":"B"}</script>' * 10_000,
        "100,000 meta elements": '<meta property="article:tag" content="a"><meta name="author" content="Ann">' * 50_000,
        "a letter that grows": f"<p>{'ﷺ' * 300_000}</p>",
        "addresses of mail": f"<p>{'a@' * 300_000}b.example</p>",
        "dots of hosts": f"<p>{'www.' * 300_000}</p>",
        "brackets": f"<p>{'(' * 300_000}{'[' * 300_000}</p>",
        "hyphens": f"<p>{'1-' * 500_000}1</p>",
        "white space": f"<p>a{'&nbsp;&#x3000; ' * 200_000}b</p>",
        "soft hyphens": f"<p>{'a&shy;' * 300_000}</p>",
        "quotation marks": f"<p>{'“a ‘b ' * 150_000}</p>",
        "100,000 headings": "<h1>The means-ill repairs</h1>" * 100_000,
        "captions": "<figure><img src=a.png><figcaption>Photo: Ann Berg / Agency</figcaption></figure>" * 20_000,
        "footnotes": "".join(f'<sup><a href="#f{n}" id="r{n}">{n}</a></sup>' for n in range(30_000)),
        "ruby": "<ruby>漢<rt>kan</rt></ruby>" * 50_000,
        "MathML": "<math>" + "<mrow>" * 20_000 + "<mi>x",
        "declared charsets": '<meta charset="utf-7"><meta http-equiv="Content-Type" content="text/html; charset=rot13">' * 20_000,
        "noscript in noscript": "<noscript>" * 30_000 + LINE,
        "details": "<details><summary>More" * 20_000,
        "custom elements": "".join(f"<x-{n}>a</x-{n}>" for n in range(60_000)),
        "a data address of 5 MB": f'<img src="data:image/png;base64,{"A" * 5_000_000}">',
    }  # fmt: skip
    for name, shape in shapes.items():
        yield extra(name, answer(post("means-ill", shape)))
    yield extra(
        "XHTML with a billion laughs",
        answer(LAUGHS + "<html><body><p>&l9;</p></body></html>", "application/xhtml+xml"),
    )
    yield extra("a title of 5 MB", answer(post("means-ill", head=f"<title>{'A story. ' * 500_000}</title>")))
    item = "<item><title>A</title><link>{}/none/</link>{}</item>"
    large = {
        "1,000,000 categories": lambda home: item.format(home, "<category>a</category>" * 1_000_000),
        "100,000 authors": lambda home: item.format(home, "<author>a@b.example (Ann Berg)</author>" * 100_000),
        "times of year 1": lambda home: item.format(home, "<pubDate>Mon, 01 Jan 0001 00:00:00 +2359</pubDate>"),
        "times with zones of days": lambda home: item.format(home, "<pubDate>Mon, 03 Mar 2025 00:00:00 +9999</pubDate>"),
        "times of nowhere": lambda home: "".join(item.format(home, f"<pubDate>{when}</pubDate>") for when in (
            "99999999999999999999", "-1", "NaN", "2025-03-01T25:61:61Z", "0000-00-00", "12/31/99999", "٣ مارس ٢٠٢٥", "Sat, 01 Mar 2025 08:00:00 EST" + "T" * 100_000)),
        "enclosures": lambda home: item.format(home, '<enclosure url="file:///etc/passwd" length="-1" type="a"/>' * 100_000),
        "a text of 8 MB": lambda home: item.format(home, "<description>" + "&lt;div&gt;" * 800_000 + "</description>"),
    }  # fmt: skip
    for name, made in large.items():
        yield Hostile(
            f"feed: {name}", lambda home, made=made: {"/feed/": answer(feed(home, made(home)), XML)}
        )
    yield Hostile(
        "robots.txt: of 50 MB",
        lambda home: {
            "/robots.txt": answer(
                b"Disallow: /a\n" * 4_000_000 + f"Sitemap: {home}/sitemap.xml\n".encode(), TEXT
            )
        },
    )
    yield Hostile(
        "robots.txt: 300,000 agents",
        lambda home: {
            "/robots.txt": answer("".join(f"User-agent: a{n}\nDisallow: /\n" for n in range(300_000)), TEXT)
        },
    )


def later_sites() -> list[Hostile]:
    return [*of_the_wire(), *of_endless_answers(), *of_claims(), *of_large_things()]
