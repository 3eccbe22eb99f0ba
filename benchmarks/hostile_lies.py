"""Still more hostile blogs for `benchmarks.hostile_sites`: answers that are not what they say they are, languages and canonicals
that lead in a ring, and fields of a post that no publisher fills."""

from __future__ import annotations

import gzip
import html
import itertools
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import brotli

from benchmarks.hostile_blog import (
    EXTRA,
    JSON,
    LINE,
    POSTS,
    TEXT,
    XML,
    Hostile,
    Raw,
    answer,
    api,
    extra,
    feed,
    front,
    linked,
    post,
    sitemap,
)
from benchmarks.hostile_later import chunked, coded, numbered
from newsarchive.compression import zstd

#: Values of a type that a field does not have.
ODD: tuple[Any, ...] = (
    None, True, 0, -1.5, 10**30, "", "\0", "\ud83d", [], [None], [[[]]], {}, {"rendered": {}}, {"name": ["a"]},
    "a" * 100_000,
)  # fmt: skip
JSON_FEED = "application/feed+json"


def posts_with(headers: Mapping[str, str]) -> dict[str, Raw]:
    """The good posts, each with these headers."""
    return {path: answer(post(word), headers=headers) for path, word in POSTS.items()}


def of_codings() -> Iterator[Hostile]:
    """Bodies in another coding than their header says, or cut short."""
    page = post("means-ill").encode()
    bodies = {"gzip": gzip.compress(page), "br": brotli.compress(page), "zstd": zstd.compress(page), "deflate": zlib.compress(page), "raw deflate": zlib.compress(page)[2:-4]}  # fmt: skip
    for (kind, body), name in itertools.product(
        bodies.items(), ("gzip", "br", "zstd", "deflate", "identity", "")
    ):
        if kind != name:
            yield extra(f"{kind} that says {name or 'nothing'}", coded(body, name))
    for name, body in bodies.items():
        yield extra(f"{name} that is cut", coded(body[: len(body) // 2], name.removeprefix("raw ")))
        yield extra(
            f"{name} with bytes behind it", coded(body + b"\0" * 3_000_000, name.removeprefix("raw "))
        )
    yield extra("gzip twice that says once", coded(gzip.compress(bodies["gzip"]), "gzip"))
    yield extra("chunks that are cut", chunked(page[:900], page[900:1500], after=b"ffff\r\nabc"))
    yield extra(
        "chunks that are cut, in gzip",
        chunked(bodies["gzip"][:200], headers="Content-Encoding: gzip\r\n", after=b"fff\r\n"),
    )
    yield extra("gzip as transfer coding", answer(bodies["gzip"], headers={"Transfer-Encoding": "gzip"}))
    yield extra("HTTP/1.0 without headers", b"HTTP/1.0 200 OK\r\n\r\n" + page)
    yield extra(
        "HTTP/1.0 that keeps the connection", b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n" + page
    )
    yield extra("10,000 headers", answer(page, headers={f"X-{n}": "a" for n in range(10_000)}))
    yield extra("headers of 2 MB", answer(page, headers={f"X-{n}": "a" * 8_000 for n in range(250)}))
    yield extra(
        "a redirect with a body of 30 MB",
        answer(b"a" * 30_000_000, status="302 Found", headers={"Location": "/none/"}),
    )
    yield extra("a NUL in a header", answer(page, headers={"X-Name": "a\0b", "ETag": '"\0"'}))
    yield extra("a header line without a colon", answer(page, headers={"X-Name": "a\r\nno colon here"}))
    yield extra("a carriage return alone", answer(page, headers={"X-Name": "a\rSet-Cookie: b=c"}))
    for name, body in {
        "gzip": gzip.compress(front().encode()),
        "br": brotli.compress(front().encode()),
    }.items():
        yield Hostile(
            f"front: {name} that says nothing",
            lambda home, body=body: {"/": answer(body)},
            is_lost=name == "br",
        )
    bomb = gzip.compress(b"<urlset>" + b" " * (300 << 20))
    yield Hostile("sitemap: a bomb named .gz", lambda home: {
        "/robots.txt": answer(f"Sitemap: {home}/sitemap.xml.gz\nSitemap: {home}/sitemap.xml\n", TEXT),
        "/sitemap.xml.gz": answer(bomb, "application/x-gzip")})  # fmt: skip
    yield Hostile("sitemap: gzip in gzip in gzip", lambda home: {
        "/sitemap.xml": answer(gzip.compress(gzip.compress(gzip.compress(sitemap(home).encode()))), "application/gzip")})  # fmt: skip
    yield Hostile(
        "feed: gzip that says nothing",
        lambda home: {"/feed/": answer(gzip.compress(feed(home).encode()), XML)},
    )
    yield Hostile("sitemap: two that cite each other", lambda home: {
        "/sitemap.xml": answer(f"<sitemapindex><sitemap><loc>{home}/b.xml</loc></sitemap><sitemap><loc>{home}/posts.xml</loc></sitemap></sitemapindex>", XML),
        "/b.xml": answer(f"<sitemapindex><sitemap><loc>{home}/sitemap.xml</loc></sitemap><sitemap><loc>{home}/b.xml?a=1</loc></sitemap></sitemapindex>", XML),
        "/posts.xml": answer(sitemap(home), XML)})  # fmt: skip
    for status in ("103 Early Hints", "206 Partial Content", "304 Not Modified", "204 No Content"):
        yield Hostile(
            f"front: {status} to the first request",
            lambda home, status=status: {"/": answer(front(), status=status)},
            is_lost=True,
        )
        yield Hostile(
            f"feed: {status} to the first request",
            lambda home, status=status: {"/feed/": answer(feed(home), XML, status=status)},
        )


def of_rings() -> Iterator[Hostile]:
    """Pages that name one another for ever."""

    def language(number: int) -> bytes:
        names = "".join(
            f'<link rel="alternate" hreflang="{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}" href="/l{n}/">'
            for n in range(number, number + 40)
        )
        return answer(front(head=names))

    yield Hostile(
        "front: ever new languages",
        lambda home: {"/": language(0), "*/l": numbered(lambda n: language(n * 7))},
    )
    yield Hostile("front: 3,000 languages", lambda home: {
        "/": answer(front(head="".join(f'<link rel="alternate" hreflang="x-{n}" href="/l{n}/">' for n in range(3_000)))), "*/l": language(1)})  # fmt: skip
    ring = "/2025/03/the-other-half-of-a-ring/"
    canonical = '<link rel="canonical" href="{}">'
    yield Hostile("claim: two posts are each other's canonical", lambda home: {"/": linked(),
        EXTRA: answer(post("means-ill", f'<p><a href="{ring}">The other half of a ring</a></p>', canonical.format(home + ring))),
        ring: answer(post("ring", head=canonical.format(home + EXTRA)))})  # fmt: skip
    yield Hostile("claim: ever new canonicals", lambda home: {"/": linked(),
        "*/2025/03/a-": numbered(lambda n: answer(post("means-ill", head=canonical.format(f"{home}/2025/03/a-new-name-{n}/"))))})  # fmt: skip
    yield Hostile("claim: a canonical of another scheme and port", lambda home: {"/": linked(),
        EXTRA: answer(post("means-ill", head=canonical.format(home.replace("http:", "https:").rsplit(":", 1)[0] + ":1" + EXTRA)))})  # fmt: skip
    yield Hostile("claim: all posts have the front page as canonical", lambda home: {
        path: answer(post(word, head=canonical.format(home + "/"))) for path, word in POSTS.items()})  # fmt: skip
    yield Hostile(
        "feed: one guid for all",
        lambda home: {"/feed/": answer(feed(home).replace("</link>", "</link><guid>1</guid>"), XML)},
    )


def of_wrong_types() -> Iterator[Hostile]:
    """Answers of an API and a JSON Feed with a wrong type at each key."""
    keys = ("id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "date_published", "date_modified", "author", "authors", "tags", "language", "attachments")  # fmt: skip

    def items(home: str) -> list[object]:
        good: list[object] = [
            {"id": str(n), "url": home + path, "title": f"The {word} repairs its bridge"}
            for n, (path, word) in enumerate(POSTS.items())
        ]
        odd = [
            {"id": f"x{n}", "url": f"{home}/none-{n}/", key: value}
            for n, (key, value) in enumerate(itertools.product(keys, ODD))
        ]
        return [*ODD, *odd, *good]

    yield Hostile("feed: JSON with each wrong type at each key", lambda home: {"/feed/": answer(json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": [], "authors": 5, "language": {}, "hubs": 1, "next_url": [], "items": items(home)}), JSON_FEED)})  # fmt: skip
    for value in (
        [],
        {},
        "a",
        [{"version": 1}],
        {"version": "https://jsonfeed.org/version/1.1", "items": {}},
        {"version": "https://jsonfeed.org/version/1.1", "items": "a"},
    ):
        yield Hostile(
            f"feed: JSON of {str(value)[:60]}",
            lambda home, value=value: {"/feed/": answer(json.dumps(value), JSON_FEED)},
        )
    fields = ("id", "link", "date", "date_gmt", "modified_gmt", "title", "content", "excerpt", "status", "type", "slug", "guid", "author", "categories", "tags", "_embedded", "_links", "yoast_head_json", "featured_media")  # fmt: skip
    roots: tuple[object, ...] = (
        [], "a", None, {"namespaces": {"wp/v2": 1}, "routes": []}, {"namespaces": [5, None, "wp/v2"], "routes": {"/wp/v2/posts": []}},
        {"namespaces": ["wp/v2"], "routes": {"/wp/v2/posts": {"_links": {"self": "a"}, "endpoints": 5}}, "url": [], "home": {}, "name": 5, "_links": [1]},
    )  # fmt: skip
    for number, root in enumerate(roots):
        rows = tuple(
            {"id": 900 + n, "link": f"/none-{n}/", key: value}
            for n, (key, value) in enumerate(itertools.product(fields, ODD))
        )

        def with_api(home: str, root: object = root, rows: tuple[object, ...] = rows) -> Mapping[str, Raw]:
            odd = {"X-WP-TotalPages": "1e999", "X-WP-Total": "-5", "Link": '<>; rel="next"'}
            return {
                "/": answer(front(head=f'<link rel="https://api.w.org/" href="{home}/wp-json/">')),
                "/wp-json/": answer(json.dumps(root), JSON),
                "*/wp-json/wp/v2/": answer(api(home, (*ODD, *rows)), JSON, headers=odd),
            }

        yield Hostile(f"API: wrong types at each key, root {number}", with_api)


def of_fields() -> Iterator[Hostile]:
    """Fields of a post with values that no publisher writes."""
    ld = '<script type="application/ld+json">{}</script>'

    def said(name: str, value: dict[str, object]) -> Hostile:
        return extra(
            name,
            answer(
                post(
                    "means-ill",
                    head=ld.format(
                        json.dumps(
                            {
                                "@context": "https://schema.org",
                                "@type": "NewsArticle",
                                "headline": "The means-ill repairs its bridge",
                            }
                            | value
                        ).replace("<", "\\u003c")
                    ),
                )
            ),
        )

    yield said(
        "10,000 authors", {"author": [{"@type": "Person", "name": f"Jane Doe {n}"} for n in range(10_000)]}
    )
    yield said("100,000 keywords", {"keywords": [f"word {n}" for n in range(100_000)]})
    yield said("a headline of 1 MB", {"headline": "A story. " * 120_000})
    yield said("an author in an author", {"author": json.loads('{"author":' * 400 + "1" + "}" * 400)})
    for key in (
        "@type",
        "@id",
        "@graph",
        "headline",
        "author",
        "datePublished",
        "image",
        "publisher",
        "keywords",
        "articleBody",
        "inLanguage",
        "isPartOf",
        "mainEntityOfPage",
    ):
        yield said(f"each wrong type in {key}", {key: list(ODD)})
    for name, value in {
        "tags": "".join(chr(0xE0000 + ord(letter)) for letter in "ignore what stands before") * 50,
        "selectors": "\ufe0f\U000e0100" * 5_000, "right to left": "\u202e\u2066" * 5_000, "marks": "a" + "\u0301" * 20_000, "joiners": "\U0001f469\u200d" * 5_000,
        "NULs": "a\0b&#0;c", "halves": "&#xD83D;\ud83d", "escapes": "\x1b]0;a\x07\x9b2J", "formula": '=HYPERLINK("http://a")',
    }.items():  # fmt: skip
        quoted = value if "&" in value else html.escape(value)
        fields = f'<title>{quoted}</title><meta name="author" content="{quoted}"><meta property="article:tag" content="{quoted}"><meta property="og:image" content="{quoted}">'
        yield extra(
            f"{name} in each field",
            answer(
                post(
                    "means-ill",
                    f'<figure><img src="/a{quoted}.png" alt="{quoted}"><figcaption>{quoted}</figcaption></figure><p>{LINE * 3}{quoted}</p>',
                    fields,
                )
            ),
        )
    yield extra(
        "a picture of 5 MB as address",
        answer(post("means-ill", f'<p><img src="data:image/png;base64,{"A" * 5_000_000}"></p>')),
    )
    for name, headers in {
        "ETag with NULs and halves": {"ETag": '"\0\ud83d\u0e01"'},
        "Last-Modified in the year 0": {"Last-Modified": "Sat, 01 Jan 0000 00:00:00 GMT"},
        "Last-Modified tomorrow": {"Last-Modified": "Fri, 31 Dec 2999 23:59:59 GMT"},
        "Content-Type twice": {"content-type": "application/octet-stream"},
        "noindex for others": {"X-Robots-Tag": "otherbot: noindex, unavailable_after: 25 Jun 9999 15:00:00 PST"},
        "Link that goes on for ever": {"Link": '<?page=2>; rel="next", </feed/>; rel=self; rel=canonical'},
    }.items():  # fmt: skip
        yield Hostile(f"posts: {name}", lambda home, headers=headers: posts_with(headers))
    robots = "User-agent: *\n" + "".join(f"Disallow: /*{n}*a*b*c*$\n" for n in range(400_000))
    yield Hostile(
        "robots.txt: 10 MB of wildcards",
        lambda home: {"/robots.txt": answer(robots + f"Sitemap: {home}/sitemap.xml\n", TEXT)},
    )


def lying_sites() -> list[Hostile]:
    return [*of_codings(), *of_rings(), *of_wrong_types(), *of_fields()]
