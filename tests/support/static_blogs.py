"""Static blogs on loopback, made by Pelican (PyPI) and Hugo (Debian), with known truth.

    with pelican(posts) as blog:
        blog.url; blog.posts[0].url, blog.posts[0].paragraphs
        blog.edit(blog.posts[0], [Line("Another text.")]); blog.delete(blog.posts[1])

Files are served with Last-Modified, and 304 to who asks with If-Modified-Since. Raises `pytest.skip` where the
generator is not installed.
"""

from __future__ import annotations

import contextlib
import html
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.serving import running
from tests.wordpress.server import free_address
from tests.wordpress.truth import Line, Post

Build = Callable[[Path, str, Sequence[Post]], None]

HUGO_LAYOUTS = {
    "_default/baseof.html": """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
{{ range .AlternativeOutputFormats }}<link rel="{{ .Rel }}" type="{{ .MediaType.Type }}" href="{{ .Permalink }}">{{ end }}
{{ with .Date }}<meta property="article:published_time" content="{{ .Format "2006-01-02T15:04:05Z07:00" }}">{{ end }}
<link rel="canonical" href="{{ .Permalink }}"></head>
<body><header><a href="{{ site.Home.Permalink }}">{{ site.Title }}</a>
<nav><a href="{{ "about/" | absURL }}">About</a> <a href="{{ "tags/" | absURL }}">Tags</a></nav></header>
<main>{{ block "main" . }}{{ end }}</main><footer><p>Built in Aarhus, without cookies.</p></footer></body></html>
""",
    "_default/single.html": """{{ define "main" }}<article><h1>{{ .Title }}</h1>
<time datetime="{{ .Date.Format "2006-01-02" }}">{{ .Date.Format "January 2, 2006" }}</time>
<div class="content">{{ .Content }}</div>
{{ with .GetTerms "tags" }}<ul class="tags">{{ range . }}<li><a href="{{ .Permalink }}">{{ .Title }}</a></li>{{ end }}</ul>{{ end }}
</article>{{ end }}
""",
    "_default/list.html": """{{ define "main" }}<h1>{{ .Title }}</h1>
{{ $pages := .Pages }}{{ if .IsHome }}{{ $pages = where site.RegularPages "Section" "posts" }}{{ end }}
{{ range (.Paginate $pages).Pages }}<section><h2><a href="{{ .Permalink }}">{{ .Title }}</a></h2>{{ .Summary }}</section>{{ end }}
{{ template "_internal/pagination.html" . }}{{ end }}
""",
}


@dataclass
class StaticBlog:
    """A generated site; every change builds it anew."""

    url: str
    folder: Path
    build: Build = field(repr=False)
    posts: list[Post] = field(default_factory=list)
    requests: list[tuple[str, int]] = field(default_factory=list)

    def edit(self, post: Post, lines: Sequence[Line]) -> Post:
        changed = replace(post, lines=tuple(lines))
        self.posts[self.posts.index(post)] = changed
        self.rebuild()
        return changed

    def delete(self, post: Post) -> None:
        self.posts.remove(post)
        self.rebuild()

    def rebuild(self) -> None:
        """Generate anew. Files that stay the same keep their time, as after an rsync."""
        fresh = self.folder / "fresh"
        self.build(fresh, self.url, self.posts)
        _mirror(fresh, self.folder / "public")
        shutil.rmtree(fresh)


@contextlib.contextmanager
def pelican(posts: Sequence[Post]) -> Iterator[StaticBlog]:
    """A blog made by Pelican, in its default theme: Atom feeds, paged archives, no sitemap."""
    if importlib.util.find_spec("pelican") is None:
        pytest.skip("no Pelican: pip install pelican")
    with _served(_build_pelican, posts, "{}.html") as blog:
        yield blog


@contextlib.contextmanager
def hugo(posts: Sequence[Post]) -> Iterator[StaticBlog]:
    """A blog made by Hugo, with layouts of our own: RSS feed, sitemap, paged front page."""
    if shutil.which("hugo") is None:
        pytest.skip("no Hugo: run `bash .ci/services` as root, or apt-get install hugo")
    with _served(_build_hugo, posts, "posts/{}/") as blog:
        yield blog


def _build_pelican(out: Path, url: str, posts: Sequence[Post]) -> None:
    with tempfile.TemporaryDirectory() as source:
        content = Path(source, "content")
        for post in posts:
            _write(content / f"{post.slug}.html", _page(post))
        _write(
            content / "pages/about.html",
            "<html><head><title>About</title></head><body>A page, not a post.</body></html>",
        )
        settings = {
            "SITENAME": "A Pelican blog",
            "SITEURL": url.rstrip("/"),
            "FEED_DOMAIN": url.rstrip("/"),
            "FEED_ALL_ATOM": "feeds/all.atom.xml",
            "FEED_MAX_ITEMS": 10,
            "DEFAULT_PAGINATION": 5,
            "TIMEZONE": "Europe/Oslo",
            "PLUGINS": [],
            "RELATIVE_URLS": False,
        }
        config = Path(source, "pelicanconf.py")
        _write(config, "".join(f"{name} = {value!r}\n" for name, value in settings.items()))
        command = [sys.executable, "-m", "pelican", "-q", "-s", config, "-o", out, content]
        _run(command, Path(source))


def _page(post: Post) -> str:
    # HTML, which Pelican reads without another package; its Markdown reader needs one.
    head = {"date": f"{post.date:%Y-%m-%d %H:%M}", "slug": post.slug, "author": post.author}
    head |= {"category": post.categories[0], "tags": ", ".join(post.tags)}
    metas = "".join(f'<meta name="{name}" content="{html.escape(value)}">' for name, value in head.items())
    body = "".join(f"<p>{html.escape(line.text)}</p>\n" for line in post.lines)
    return (
        f"<html><head><title>{html.escape(post.title.text)}</title>{metas}</head><body>{body}</body></html>"
    )


def _build_hugo(out: Path, url: str, posts: Sequence[Post]) -> None:
    with tempfile.TemporaryDirectory() as source:
        for name, layout in HUGO_LAYOUTS.items():
            _write(Path(source, "layouts", name), layout)
        for post in posts:
            tags = ", ".join(f'"{tag}"' for tag in post.tags)
            head = (
                f"title = {_toml(post.title.text)}\ndate = {post.date:%Y-%m-%dT%H:%M:%SZ}\ntags = [{tags}]\n"
            )
            _write(Path(source, "content/posts", f"{post.slug}.md"), f"+++\n{head}+++\n\n{_text(post)}")
        _write(Path(source, "content/about.md"), '+++\ntitle = "About"\n+++\n\nA page, not a post.\n')
        settings = f'title = "A Hugo blog"\nbaseURL = {_toml(url)}\n[pagination]\npagerSize = 5\n'
        _write(Path(source, "hugo.toml"), settings)
        _run(["hugo", "--quiet", "--source", source, "--destination", out], Path(source))


def _text(post: Post) -> str:
    return "\n\n".join(html.escape(line.text, quote=False) for line in post.lines) + "\n"


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _run(command: Sequence[str | Path], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr or done.stdout}")


def _mirror(fresh: Path, public: Path) -> None:
    wanted = {path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()}
    for path in [path for path in public.rglob("*") if path.is_file()]:
        if path.relative_to(public) not in wanted:
            path.unlink()
    for name in wanted:
        target = public / name
        if not target.exists() or target.read_bytes() != (fresh / name).read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(fresh / name, target)


@contextlib.contextmanager
def _served(build: Build, posts: Sequence[Post], permalink: str) -> Iterator[StaticBlog]:
    address = free_address()
    host, port = address.split(":")
    with tempfile.TemporaryDirectory(prefix="newsarchive-static-") as name:
        blog = StaticBlog(f"http://{address}/", Path(name), build)
        blog.posts = [replace(post, url=blog.url + permalink.format(post.slug)) for post in posts]
        blog.rebuild()
        _age(blog.folder / "public")
        handler = partial(_Handler, blog.requests, directory=str(blog.folder / "public"))
        server = ThreadingHTTPServer((host, int(port)), handler)
        with running(server):
            yield blog


def _age(folder: Path) -> None:
    # An hour old: Last-Modified has whole seconds, and an edit within the same second would not be seen.
    for path in folder.rglob("*"):
        if path.is_file():
            before = path.stat().st_mtime - 3600
            os.utime(path, (before, before))


class _Handler(SimpleHTTPRequestHandler):
    """Python's own file server, which knows If-Modified-Since; it notes what it answered."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".xml": "application/xml"}  # noqa: RUF012

    def __init__(self, seen: list[tuple[str, int]], *args: object, **kwargs: object) -> None:
        self.seen = seen
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def list_directory(self, path: object) -> None:
        self.send_error(404, "no listing")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self.seen.append((self.path, int(code)))

    def log_message(self, format: str, *args: object) -> None:
        pass
