"""A blog on loopback made of any pages: front page, feed, sitemap, robots.txt, and the posts as they are, gzipped."""

from __future__ import annotations

import gzip
import multiprocessing
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from newsarchive import demo

#: The day of the newest post.
NEWEST = datetime(2025, 3, 29, 7, 15, tzinfo=UTC)
#: Posts on the front page and in the feed, the newest; the sitemap has all.
LISTED = 20
#: Answers by path: content type and body.
Table = dict[str, tuple[str, bytes]]
HTML = "text/html"
XML = "application/xml"

WORDS = [
    "council",
    "river",
    "bridge",
    "harbour",
    "budget",
    "minister",
    "report",
    "market",
    "winter",
    "school",
    "hospital",
    "growers",
    "ferry",
    "railway",
    "engineers",
    "committee",
    "residents",
    "festival",
    "company",
    "election",
    "research",
    "library",
    "museum",
]


#: A text between two tags that is long enough for prose. Neither scripts nor data are: they have braces.
_PROSE = re.compile(rb">[^<>{}]{80,}<")


def real_pages(folders: Sequence[Path], count: int) -> list[bytes]:
    """Pages of folders, `count` of them, taken evenly from all, always the same. Where there are fewer, they come again with other
    texts (`reworded`). No pages at all where the folders have none."""
    files = sorted(file for folder in folders for file in folder.rglob("*.html.gz"))
    taken = [files[i * len(files) // count] for i in range(count)] if count < len(files) else files
    pages = [gzip.decompress(file.read_bytes()) for file in taken]
    for number in range(len(pages), count if pages else 0):
        pages.append(reworded(pages[number % len(files)], number))
    return pages


def reworded(page: bytes, seed: int) -> bytes:
    """A page with the words of its longer texts in another order; all else is as it was.

    >>> reworded(b"<h1>The ferry</h1><p>" + b"left late " * 9 + b"at noon</p>", 1).count(b"left")
    9
    """
    chance = random.Random(seed)

    def shuffled(match: re.Match[bytes]) -> bytes:
        words = match[0][1:-1].split(b" ")
        chance.shuffle(words)
        return b">" + b" ".join(words) + b"<"

    return _PROSE.sub(shuffled, page)


def made_pages(count: int) -> list[bytes]:
    """Pages in the theme of the bundled demo, each with a text of its own: small, and alike."""
    chance = random.Random(20250329)

    def sentence() -> str:
        words = [chance.choice(WORDS) for _ in range(chance.randint(9, 22))]
        return f"The {' '.join(words)}’s {chance.choice(WORDS)}."

    pages = []
    site = {"site": "Bench", "tagline": "many posts", "home": ""}
    for number in range(count):
        post = {
            "slug": f"post-{number}", "title": f"Post {number}: {sentence()[:60]}", "author": "A. Writer",
            "date": "2025-03-29T07:15:00+00:00", "section": "World", "promo": [], "related": ["Related Articles"],
            "paragraphs": [" ".join(sentence() for _ in range(5)) for _ in range(10)],
            "attribution": "This article originally appeared on the Harbour Gazette (www.harbourgazette.example).",
            "copyright": "Copyright © 2025. Harbour Gazette Publishing Ltd. All rights reserved.",
        }  # fmt: skip
        pages.append(demo.html("post.html", site | demo.fields(post, ""), demo.content(post))[1])
    return pages


def table_of(pages: Sequence[bytes], home: str) -> Table:
    """What a blog of these posts answers; `home` is its address without a slash at its end."""
    days = [NEWEST - timedelta(days=number) for number in range(len(pages))]
    paths = [f"/{day:%Y/%m/%d}/post-{number}/" for number, day in enumerate(days)]
    listed = list(zip(paths, days, strict=True))[:LISTED]
    head = f'<title>A blog</title><link rel="alternate" type="application/rss+xml" href="{home}/feed/">'
    teasers = "".join(
        f'<article><h2><a href="{path}">Post of {day:%d %B %Y}</a></h2></article>' for path, day in listed
    )
    front = f'<!doctype html><html lang="en"><head>{head}</head><body><main>{teasers}</main></body></html>'
    items = "".join(
        f"<item><title>Post of {day:%d %B %Y}</title><link>{home}{path}</link><guid>{home}{path}</guid>"
        f"<pubDate>{format_datetime(day)}</pubDate></item>"
        for path, day in listed
    )
    feed = f'<rss version="2.0"><channel><title>A blog</title><link>{home}/</link>{items}</channel></rss>'
    entries = "".join(
        f"<url><loc>{home}{path}</loc><lastmod>{day.isoformat()}</lastmod></url>"
        for path, day in zip(paths, days, strict=True)
    )
    sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    robots = f"User-agent: *\nAllow: /\nSitemap: {home}/sitemap.xml\n"
    texts = {
        "/": (HTML, front),
        "/feed/": (XML, feed),
        "/sitemap.xml": (XML, sitemap),
        "/robots.txt": ("text/plain", robots),
    }
    table = {path: (kind, gzip.compress(text.encode())) for path, (kind, text) in texts.items()}
    return table | {path: (HTML, gzip.compress(page)) for path, page in zip(paths, pages, strict=True)}


def serve(pages: Sequence[bytes], port: multiprocessing.Queue[int]) -> None:
    """Serve the blog until the process ends; tell its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = table.get(self.path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            if kind:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    table = table_of(pages, f"http://127.0.0.1:{server.server_port}")
    port.put(server.server_port)
    server.serve_forever()


@contextmanager
def served(pages: Sequence[bytes]) -> Iterator[str]:
    """The address of the blog, with a slash at its end, as long as it is served."""
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=serve, args=(pages, port), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{port.get(timeout=120)}/"
    finally:
        process.terminate()
        process.join()
