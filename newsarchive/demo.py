"""A small bundled blog on loopback, for `newsarchive demo` and for tests of the whole crawl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template
from threading import Thread
from typing import Any

from newsarchive.rules import DATA, read

FOLDER = DATA / "demo"

#: path → (content type, body)
Pages = Mapping[str, tuple[str, bytes]]


def pages(home: str) -> Pages:
    """The blog as served at `home` (no trailing slash): front page, feed, posts, robots.txt."""
    blog = read(FOLDER / "posts.toml")
    site = {"site": escape(blog["title"]), "tagline": escape(blog["tagline"]), "home": home}
    found: dict[str, tuple[str, bytes]] = {"/robots.txt": ("text/plain", b"User-agent: *\nAllow: /\n")}
    for post in blog["post"]:
        found[path_of(post)] = html("post.html", site | fields(post, home), content(post))
    teasers = "".join(
        f'<article><h2><a href="{home}{path_of(p)}">{escape(p["title"])}</a></h2></article>'
        for p in blog["post"]
    )
    found["/"] = html("home.html", site, teasers)
    found["/feed/"] = ("application/rss+xml; charset=UTF-8", feed(blog, home).encode())
    return found


def path_of(post: Mapping[str, Any]) -> str:
    """WordPress's usual permalink."""
    day = datetime.fromisoformat(post["date"])
    return f"/{day:%Y/%m/%d}/{post['slug']}/"


def fields(post: Mapping[str, Any], home: str) -> dict[str, str]:
    keys = ("title", "date", "author", "section")
    return {key: escape(post[key]) for key in keys} | {"url": home + path_of(post)}


def content(post: Mapping[str, Any]) -> str:
    """What stands in the entry: paragraphs, a promo after the third, and the republisher's trailer."""
    lines: list[str] = list(post["paragraphs"])
    lines[3:3] = post["promo"]
    lines += post["related"]
    lines += [line for line in (post["attribution"], post["copyright"]) if line]
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines)


def html(template: str, values: Mapping[str, str], body: str) -> tuple[str, bytes]:
    text = Template((FOLDER / template).read_text(encoding="utf-8")).substitute(values, content=body)
    return "text/html; charset=UTF-8", text.encode()


def feed(blog: Mapping[str, Any], home: str) -> str:
    """RSS 2.0, as WordPress writes it, with excerpts."""
    items = "".join(
        f"<item><title>{escape(p['title'])}</title><link>{home}{path_of(p)}</link>"
        f"<pubDate>{format_datetime(datetime.fromisoformat(p['date']))}</pubDate></item>"
        for p in blog["post"]
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(blog['title'])}</title><link>{home}/</link>{items}</channel></rss>"
    )


@contextmanager
def served() -> Iterator[str]:
    """Serve the blog on a free port of 127.0.0.1; yields its address without a trailing slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    home = f"http://127.0.0.1:{server.server_port}"
    server.pages = pages(home)  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield home
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = self.server.pages.get(self.path, ("", b""))  # type: ignore[attr-defined]
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """No access log: the crawl tells what it fetched."""
