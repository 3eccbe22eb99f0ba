"""The blog of six good posts that `benchmarks.hostile_sites` spoils, and raw answers to spoil it with."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

#: In bytes of a body that is sent piece by piece, without end as far as the crawl can tell.
ENDLESS_BYTES = 200 << 20

HTML = "text/html; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"
XML = "application/xml; charset=UTF-8"
JSON = "application/json"

WORDS = ("town", "county", "parish", "city", "harbour", "valley")
POSTS = {f"/2025/03/the-{word}-repairs-its-bridge/": word for word in WORDS}

#: A raw answer: status line, headers and body, or the pieces of it that are sent one after the other.
Raw = bytes | Callable[[], Iterator[bytes]]


def answer(
    body: bytes | str, kind: str = HTML, status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> bytes:
    """A whole answer whose length is right."""
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    lines = {"Content-Type": kind, "Content-Length": str(len(data)), "Connection": "close"} | dict(
        headers or {}
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("utf-8", "surrogatepass") + data


def paragraphs(word: str) -> list[str]:
    return [
        f"The {word} council met on {day} and agreed to pay for the repair of the old bridge over the river, which has been "
        f"closed to lorries since the flood of last winter and to everyone since May."
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday")
    ]


def post(word: str, extra: str = "", head: str = "") -> str:
    body = "".join(f"<p>{line}</p>" for line in paragraphs(word))
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>The {word} repairs its bridge</title>{head}'
        f'<meta property="article:published_time" content="2025-03-01T08:00:00+00:00"></head><body><article>'
        f'<h1>The {word} repairs its bridge</h1><div class="entry-content">{body}{extra}</div></article></body></html>'
    )


def front(before: str = "", head: str = "", after: str = "") -> str:
    teasers = "".join(
        f'<article><h2><a href="{path}">The {word} repairs its bridge at last</a></h2></article>'
        for path, word in POSTS.items()
    )
    return (
        f'<!DOCTYPE html><html><head><title>Blog</title><link rel="alternate" type="application/rss+xml" href="/feed/">{head}'
        f"</head><body><main>{before}{teasers}{after}</main></body></html>"
    )


def feed(home: str, before: str = "", items: int = 6) -> str:
    rows = "".join(
        f"<item><title>The {word} repairs its bridge</title><link>{home}{path}</link>"
        f"<pubDate>Sat, 01 Mar 2025 08:00:00 +0000</pubDate></item>"
        for path, word in list(POSTS.items())[:items]
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title>{before}{rows}</channel></rss>'
    )


def sitemap(home: str, before: str = "") -> str:
    rows = "".join(f"<url><loc>{home}{path}</loc></url>" for path in POSTS)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{before}{rows}</urlset>'


def api(home: str, before: tuple[object, ...] = ()) -> str:
    rows = [
        {"id": n, "link": home + path, "date_gmt": "2025-03-01T08:00:00", "title": {"rendered": f"The {word} repairs its bridge"}}
        for n, (path, word) in enumerate(POSTS.items(), 1)
    ]  # fmt: skip
    return json.dumps([*before, *rows])


def blog(home: str) -> dict[str, Raw]:
    """A blog in good order: front page, robots.txt, feed, sitemap, six posts."""
    return {
        "/": answer(front()),
        "/robots.txt": answer(f"User-agent: *\nDisallow:\nSitemap: {home}/sitemap.xml\n", TEXT),
        "/feed/": answer(feed(home), XML),
        "/sitemap.xml": answer(sitemap(home), XML),
        **{path: answer(post(word)) for path, word in POSTS.items()},
    }


LINE = "The ministers agreed on Tuesday to continue their talks about the harbour in the autumn. "
BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{BILLION}]>'


@dataclass(frozen=True, slots=True)
class Hostile:
    """A site: its name, and what is changed in `blog`. `is_lost` where the front page itself is beyond a documented limit: then
    the crawl may end without the posts, provided that its code says so."""

    name: str
    change: Callable[[str], Mapping[str, Raw]]
    is_lost: bool = False


EXTRA = "/2025/03/a-story-that-means-ill/"


def linked(path: str = EXTRA) -> bytes:
    """A front page that has one more post, in the first place."""
    return answer(
        front(f'<article><h2><a href="{path}">A story that means ill to readers</a></h2></article>')
    )


def extra(name: str, raw: Raw) -> Hostile:
    """The hostile thing is a seventh post."""
    return Hostile(f"post: {name}", lambda home: {"/": linked(), EXTRA: raw})


def pieces(piece: bytes, kind: str = HTML, pause: float = 0.0) -> Raw:
    """A body without end: the same piece again and again."""

    def made() -> Iterator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode()
        for _ in range(ENDLESS_BYTES // len(piece)):
            yield piece
            time.sleep(pause)

    return made
