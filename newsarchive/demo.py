"""A small bundled blog on loopback, for `scrapy crawl news -a url=demo` and for tests of the whole crawl.

The server is also the proxy of that crawl, so that the blog has the same address each time,
`http://salt-and-paper.example`. A second crawl then finds the posts of the first, and the archive holds no addresses
with ports of this machine.
"""

from __future__ import annotations

import os
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

#: The word for the blog in place of an address: `-a url=demo`.
NAME = "demo"
#: The blog's address; names below `.example` belong to nobody (RFC 2606).
ADDRESS = "http://salt-and-paper.example"
#: Scrapy's settings for a blog on this machine. The delay (seconds) lets a person see the crawl work. What a file of settings says
#: of the blogs of the web does not count here.
SETTINGS: Mapping[str, Any] = {
    "DOWNLOAD_DELAY": 0.2,
    "AUTOTHROTTLE_ENABLED": False,
    "HTTPPROXY_ENABLED": True,
    "NEWSARCHIVE_LIMIT": None,
    "NEWSARCHIVE_SINCE": "",
    "NEWSARCHIVE_SOURCES": [],
}

#: The environment variable that tells a crawl of a proxy.
_PROXY = "http_proxy"
#: Environment variables that name hosts to be reached without the proxy.
_PAST_PROXY = ("no_proxy", "NO_PROXY")

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
    """The path of a post, as WordPress's usual permalinks have it: `/2025/04/30/a-slug/`."""
    day = datetime.fromisoformat(post["date"])
    return f"/{day:%Y/%m/%d}/{post['slug']}/"


def fields(post: Mapping[str, Any], home: str) -> dict[str, str]:
    """The values of `post.html`, escaped."""
    keys = ("title", "date", "author", "section")
    return {key: escape(post[key]) for key in keys} | {"url": home + path_of(post)}


def content(post: Mapping[str, Any]) -> str:
    """The HTML of the entry: paragraphs, a promotion after the third, and the republisher's lines at the end."""
    lines: list[str] = list(post["paragraphs"])
    lines[3:3] = post["promo"]
    lines += post["related"]
    lines += [line for line in (post["attribution"], post["copyright"]) if line]
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines)


def html(template: str, values: Mapping[str, str], body: str) -> tuple[str, bytes]:
    """Content type and body of a page made from a template of the folder."""
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
def served(address: str = "") -> Iterator[str]:
    """Serve the blog on a free port of 127.0.0.1; yields where the server is, without a trailing slash.

    The blog's own links lead to `address`, where one is given, else to the server.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    home = f"http://127.0.0.1:{server.server_port}"
    server.pages = pages(address or home)  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield home
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def at_its_address() -> Iterator[str]:
    """Serve the blog as this process's proxy for http: the blog is then at `ADDRESS`, and no other http host is reached."""
    with served(ADDRESS) as proxy:
        before = {name: os.environ.pop(name, None) for name in (_PROXY, *_PAST_PROXY)}
        os.environ[_PROXY] = proxy
        try:
            yield ADDRESS
        finally:
            del os.environ[_PROXY]
            os.environ.update({name: value for name, value in before.items() if value is not None})


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.removeprefix(ADDRESS)  # who asks a proxy names the host too (RFC 9112, 3.2.2)
        kind, body = self.server.pages.get(path, ("", b""))  # type: ignore[attr-defined]
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """No access log: the crawl tells what it fetched."""
