"""Blogs that a benchmark makes of real articles with other people's software, and how their crawl is compared with what was put in.

`benchmarks.generators` (static sites), `benchmarks.ghost`, `benchmarks.spip` and others fill a blog with the posts that `drawn` gives,
crawl it from its front page over loopback, and have `compared` count every field of the articles. A field counts for a blog only where
its pages print it, as `Blog` says.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from newsarchive import Archive
from newsarchive.archive import Stored
from training.scores import word_f1

SITE, OWNER = "The Harbour Review", "Ada Example"
CATEGORIES = ("Politics", "Science", "Culture", "Economy")
TAGS = ("climate", "budget", "museum", "vaccine", "football", "elections")
POSTS = 16
HEADER = (
    "blog",
    "found / too many",
    "body F1",
    "headline",
    "authors",
    "day",
    "time",
    "section",
    "publisher",
    "tags",
    "the rest",
)
#: Word F1 from which an article is taken for a post.
MIN_F1 = 0.5
#: Fields that are counted together in the last column.
_REST = frozenset(("language", "address", "description", "picture"))
#: Letters of a description that are looked for in the text.
MAX_COMPARED_LETTERS = 60
#: Seconds that the installation or the run of a generator may take.
MAX_SECONDS = 900
#: Signs that Markdown or the front matter of a generator would take for mark-up.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")


@dataclass(frozen=True)
class Post:
    """An article as it is put into a blog."""

    slug: str
    title: str
    author: str
    date: datetime
    category: str
    tags: tuple[str, ...]
    paragraphs: tuple[str, ...]
    #: A part of the address of the post's picture, "" where it has none.
    picture: str = ""


@dataclass(frozen=True)
class Blog:
    """A generator with a theme. `build` writes the site into a folder: `build(posts, folder, url, tools) → folder of the site`.

    `author` says whether the theme prints the author of a post, or else the site's owner, or (None) nobody; `category`, `time`,
    `tags` and `site` whether it prints the category of a post, the time of day, the tags, and on the page of a post the site's name. `card` is a
    part of the address of the picture that it makes of each post, where it does, in front of the post's slug.
    """

    name: str
    build: Callable[[Sequence[Post], Path, str, Path], Path]
    author: bool | None = True
    category: bool = True
    time: bool = True
    tags: bool = True
    site: bool = True
    card: str = ""


def drawn(data: Path, name: str) -> list[Post]:
    """The posts of a blog: real articles with one author of two or three words and five paragraphs or more."""
    with (data / "truth.jsonl").open(encoding="utf-8") as lines:
        truths = [json.loads(line) for line in lines]
    fit = [truth for truth in truths if _is_fit(truth)]
    rng = random.Random(name)
    day = datetime(2025, 3, 2, 9, 15, tzinfo=UTC)
    posts = []
    for number, truth in enumerate(rng.sample(fit, POSTS)):
        title, paragraphs = " ".join(truth["title"].split()), _paragraphs(truth["text"])
        posts.append(
            Post(
                re.sub(r"[^a-z0-9]+", "-", title.lower())[:60].strip("-"), title, truth["author"].strip(),
                day + timedelta(days=9 * number + rng.randrange(5), minutes=rng.randrange(600)),
                rng.choice(CATEGORIES), tuple(rng.sample(TAGS, 2)), paragraphs[paragraphs[0] == title :],
            )
        )  # fmt: skip
    return posts


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def _is_fit(truth: dict[str, str]) -> bool:
    author = truth.get("author") or ""
    return bool(
        truth.get("title")
        and re.fullmatch(r"[^\W\d_]\S*(?: [^\W\d_]\S*){1,2}", author)
        and author[0].isupper() and not author.isupper()
        and len(_paragraphs(truth["text"])) >= 5
        and 200 < len(truth["text"].split()) < 1500
    )  # fmt: skip


def scored(blog: Blog, posts: Sequence[Post], folder: Path, tools: Path, verbose: bool) -> tuple[str, ...]:
    """A row of the table: how many posts were found, and for how many each field is right."""
    folder.mkdir(parents=True)
    tools.mkdir(parents=True, exist_ok=True)
    database = folder / "news.db"
    with serving() as (server, url):
        server.folder = blog.build(posts, folder, url, tools)
        crawl(url, database)
    with Archive(database) as archive:
        return compared(blog, posts, list(archive.articles()), verbose)


def crawl(url: str, database: Path) -> None:
    """Crawl a blog on this machine from its front page into an archive of its own."""
    command = [sys.executable, "-m", "newsarchive", "crawl", f"{url}/", "--db", str(database), "--quiet"]
    allowed = {"NEWSARCHIVE_ALLOW_PRIVATE": "127.0.0.0/8", "NEWSARCHIVE_DELAY": "0.01"}
    subprocess.run(command, env=os.environ | allowed, cwd=database.parent, check=True, timeout=MAX_SECONDS)


def compared(blog: Blog, posts: Sequence[Post], articles: Sequence[Stored], verbose: bool) -> tuple[str, ...]:
    """The row of a blog whose articles are given: each post is compared with the article that has its text."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    f1s, used = [], set()
    for post in posts:
        text = "\n\n".join(post.paragraphs)
        f1, at = max(((word_f1(a.article_body, text), n) for n, a in enumerate(articles)), default=(0.0, -1))
        if f1 < MIN_F1:
            continue
        used.add(at)
        f1s.append(f1)
        wrong = set()
        for field, (ours, wanted) in _fields(articles[at], post, blog).items():
            asked[field] += 1
            right[field] += ours == wanted
            if ours != wanted:
                wrong.add(field)
                if verbose:
                    print(f"{blog.name}: {post.slug}: {field}: {ours!r}, not {wanted!r}", file=sys.stderr)
        asked["the rest"] += 1
        right["the rest"] += not wrong.intersection(_REST)

    def cell(field: str) -> str:
        return f"{right[field]} of {asked[field]}" if asked[field] else "–"

    return (
        blog.name, f"{len(f1s)} of {len(posts)} / {len(articles) - len(used)}", f"{sum(f1s) / max(1, len(f1s)):.4f}",
        cell("headline"), cell("authors"), cell("day"), cell("time"), cell("section"),
        cell("publisher"), cell("tags"), cell("the rest"),
    )  # fmt: skip


def _fields(article: Stored, post: Post, blog: Blog) -> dict[str, tuple[object, object]]:
    """Field → what the archive says, and what was put into the blog; both folded where themes set signs or capitals."""
    published = article.date_published
    printed = {"time": blog.time, "section": blog.category, "tags": blog.tags, "publisher": blog.site}
    names = [] if blog.author is None else [post.author if blog.author else OWNER]
    words = {tag.casefold() for tag in article.keywords} - {post.category.casefold()}
    fields: dict[str, tuple[object, object]] = {
        "headline": (_plain(article.headline), _plain(post.title)),
        "authors": ([_plain(a.name) for a in article.authors], list(map(_plain, names))),
        "day": (published.date() if published else None, post.date.date()),
        "time": (published.replace(second=0) if published else None, post.date.replace(second=0)),
        "section": (article.article_section, post.category),
        "publisher": (article.publisher, SITE),
        "tags": (words, set(post.tags)),
        "language": (article.in_language, "en"),
        # A page may give no address of its own and no description. What it gives is the post's, not the site's.
        "address": (_place(article.canonical_url or article.url), _place(article.url)),
        "description": (article.description, article.description if _is_of_text(article, post) else ""),
        "picture": _picture(article, post.picture or (blog.card and blog.card + post.slug)),
    }
    return {name: values for name, values in fields.items() if printed.get(name, True)}


def _place(url: str) -> str:
    return url.removesuffix("index.html").rstrip("/")


def _is_of_text(article: Stored, post: Post) -> bool:
    """Whether the description is the post's own: words of its text, but for an end that is cut off."""
    return _plain(article.description)[:MAX_COMPARED_LETTERS] in _plain(
        " ".join((post.title, *post.paragraphs))
    )


def _picture(article: Stored, wanted: str) -> tuple[str, str]:
    """The address of the picture, cut to the part that the post's has, and that part: "" where the post has none."""
    address = article.image.url if article.image else ""
    return (wanted if wanted and wanted in address else address), wanted


def _plain(text: str) -> str:
    """Letters and digits alone: themes turn quotation marks and dashes into better ones."""
    return "".join(filter(str.isalnum, text.casefold()))


class _Server(ThreadingHTTPServer):
    """Serves a folder, which is known only after the address is."""

    folder = Path()


class _Handler(SimpleHTTPRequestHandler):
    server: _Server

    def translate_path(self, path: str) -> str:
        """The file of a page: hosts of static sites answer `/posts/one` with `posts/one.html` too."""
        self.directory = str(self.server.folder)
        found = super().translate_path(path)
        page = f"{found}.html"
        return page if not os.path.exists(found) and os.path.exists(page) else found

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[tuple[_Server, str]]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


# -- what the generators need ---------------------------------------------------------------------------------


def run(folder: Path, *command: str | Path) -> None:
    """Run a command. Raises `SubprocessError` where it fails, with what it said last."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=MAX_SECONDS,
        check=False,
    )
    if done.returncode:
        raise subprocess.SubprocessError(f"{command[0]}: {(done.stderr or done.stdout)[-300:]}")


def npm(folder: Path, *packages: str, options: Sequence[str] = ()) -> None:
    """Install packages into a folder, those alone that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [p for p in packages if not (folder / "node_modules" / re.sub(r"(?<=.)@.*", "", p)).exists()]
    if not missing:
        return
    if not (folder / "package.json").exists():
        (folder / "package.json").write_text('{"private": true, "hexo": {"version": ""}}')
    run(folder, "npm", "install", "--silent", "--no-audit", "--no-fund", *options, *missing)


def pip(folder: Path, *packages: str) -> Path:
    """Install packages into an environment of their own, once; its folder of programs."""
    if not (folder / "bin").exists():
        run(folder.parent, sys.executable, "-m", "venv", folder)
        run(folder.parent, folder / "bin" / "pip", "install", "--quiet", *packages)
    return folder / "bin"


def markdown(paragraph: str) -> str:
    """A paragraph as Markdown that shows the same signs."""
    text = _MARKUP.sub(r"\\\1", paragraph)
    text = re.sub(r"^([-+])(\s)", r"\\\1\2", text)
    return re.sub(r"^(\d+)\.(\s)", r"\1\\.\2", text)


def markdown_text(post: Post, more: str = "") -> str:
    first, *rest = map(markdown, post.paragraphs)
    return "\n\n".join([first, *([more] if more else []), *rest]) + "\n"


def front_matter(**values: object) -> str:
    """The front matter of a file. JSON is YAML; a time must be no string there."""
    lines = (
        f"{n}: {v.isoformat() if isinstance(v, datetime) else json.dumps(v)}\n" for n, v in values.items()
    )
    return f"---\n{''.join(lines)}---\n\n"
