"""What the archive says of blogs that other people's generators of static sites make, with their stock themes.

    python -m benchmarks.generators DATA/articles --tools FOLDER
    python -m benchmarks.generators DATA/articles --only docusaurus hexo-next

DATA has `truth.jsonl` with `title`, `author` and `text` of real articles; each blog has 16 of them, drawn by its name, with a date,
a category and two tags each. Hexo, Docusaurus and Starlight are installed with npm, the others with pip, into FOLDER, where the next
run finds them; Jekyll is the system's. A generator that is not to be had is named and left out. Each blog is crawled from its front
page over loopback, and every field of each article is compared with what was put into the blog. A field counts for a blog only where
its theme prints it, as `Blog` says.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.blog_scores import table
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
)
#: Word F1 from which an article is taken for a post.
MIN_F1 = 0.5
#: Seconds that the installation or the run of a generator may take.
MAX_SECONDS = 900
THEMES_OF_HEXO = ("landscape", "next", "butterfly", "fluid", "icarus")
_PLUGINS_OF_HEXO = [
    "hexo", *(f"hexo-theme-{theme}" for theme in THEMES_OF_HEXO),
    *(f"hexo-renderer-{kind}" for kind in ("marked", "ejs", "stylus", "pug")),
    *(f"hexo-generator-{kind}" for kind in ("index", "archive", "category", "tag", "feed", "sitemap")),
]  # fmt: skip
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


@dataclass(frozen=True)
class Blog:
    """A generator with a theme. `build` writes the site into a folder: `build(posts, folder, url, tools) → folder of the site`.

    `author` says whether the theme prints the author of a post, or else the site's owner; `category` and `time` whether it prints
    the category of a post, and the time of day.
    """

    name: str
    build: Callable[[Sequence[Post], Path, str, Path], Path]
    author: bool = True
    category: bool = True
    time: bool = True


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with truth.jsonl")
    parser.add_argument(
        "--tools", type=Path, help="where npm and pip install the generators; by default a temporary folder"
    )
    parser.add_argument("--only", nargs="+", choices=[blog.name for blog in BLOGS], help="these blogs alone")
    parser.add_argument(
        "--verbose", action="store_true", help="print every field that is not as it should be"
    )
    options = parser.parse_args()
    rows: list[Sequence[str]] = [HEADER]
    with tempfile.TemporaryDirectory(prefix="generators-") as folder:
        tools = (options.tools or Path(folder) / "tools").resolve()
        for blog in BLOGS:
            if options.only and blog.name not in options.only:
                continue
            try:
                rows.append(
                    scored(
                        blog, drawn(options.data, blog.name), Path(folder) / blog.name, tools, options.verbose
                    )
                )
            except (OSError, subprocess.SubprocessError) as error:
                print(f"left out: {blog.name}: {' '.join(str(error).split())[:300]}", file=sys.stderr)
    print(table(rows))
    return 0 if len(rows) > 1 else 1


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
    with _server() as (server, url):
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
        for field, (ours, wanted) in _fields(articles[at], post, blog).items():
            asked[field] += 1
            right[field] += ours == wanted
            if verbose and ours != wanted:
                print(f"{blog.name}: {post.slug}: {field}: {ours!r}, not {wanted!r}", file=sys.stderr)

    def cell(field: str) -> str:
        return f"{right[field]} of {asked[field]}" if asked[field] else "–"

    return (
        blog.name, f"{len(f1s)} of {len(posts)} / {len(articles) - len(used)}", f"{sum(f1s) / max(1, len(f1s)):.4f}",
        cell("headline"), cell("authors"), cell("day"), cell("time"), cell("section"),
        cell("publisher"), cell("tags"),
    )  # fmt: skip


def _fields(article: Stored, post: Post, blog: Blog) -> dict[str, tuple[object, object]]:
    """Field → what the archive says, and what was put into the blog; both folded where themes set signs or capitals."""
    published = article.date_published
    printed = {"time": blog.time, "section": blog.category}
    words = {tag.casefold() for tag in article.keywords} - {post.category.casefold()}
    fields: dict[str, tuple[object, object]] = {
        "headline": (_plain(article.headline), _plain(post.title)),
        "authors": (
            [_plain(a.name) for a in article.authors],
            [_plain(post.author if blog.author else OWNER)],
        ),
        "day": (published.date() if published else None, post.date.date()),
        "time": (published.replace(second=0) if published else None, post.date.replace(second=0)),
        "section": (article.article_section, post.category),
        "publisher": (article.publisher, SITE),
        "tags": (words, set(post.tags)),
    }
    return {name: values for name, values in fields.items() if printed.get(name, True)}


def _plain(text: str) -> str:
    """Letters and digits alone: themes turn quotation marks and dashes into better ones."""
    return "".join(filter(str.isalnum, text.casefold()))


class _Server(ThreadingHTTPServer):
    """Serves a folder, which is known only after the address is."""

    folder = Path()


class _Handler(SimpleHTTPRequestHandler):
    server: _Server

    def translate_path(self, path: str) -> str:
        self.directory = str(self.server.folder)
        return super().translate_path(path)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@contextmanager
def _server() -> Iterator[tuple[_Server, str]]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


# -- the generators -------------------------------------------------------------------------------------------


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


def _npm(folder: Path, *packages: str) -> None:
    """Install packages into a folder, once."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules").exists():
        (folder / "package.json").write_text('{"private": true, "hexo": {"version": ""}}')
        run(folder, "npm", "install", "--silent", "--no-audit", "--no-fund", *packages)


def _pip(folder: Path, *packages: str) -> Path:
    """Install packages into an environment of their own, once; its folder of programs."""
    if not (folder / "bin").exists():
        run(folder.parent, sys.executable, "-m", "venv", folder)
        run(folder.parent, folder / "bin" / "pip", "install", "--quiet", *packages)
    return folder / "bin"


def _markdown(paragraph: str) -> str:
    """A paragraph as Markdown that shows the same signs."""
    text = _MARKUP.sub(r"\\\1", paragraph)
    text = re.sub(r"^([-+])(\s)", r"\\\1\2", text)
    return re.sub(r"^(\d+)\.(\s)", r"\1\\.\2", text)


def _body(post: Post, more: str = "") -> str:
    first, *rest = map(_markdown, post.paragraphs)
    return "\n\n".join([first, *([more] if more else []), *rest]) + "\n"


def _front(**values: object) -> str:
    """The front matter of a file. JSON is YAML; a time must be no string there."""
    lines = (
        f"{n}: {v.isoformat() if isinstance(v, datetime) else json.dumps(v)}\n" for n, v in values.items()
    )
    return f"---\n{''.join(lines)}---\n\n"


def _hexo(theme: str, posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "hexo"
    _npm(root, *_PLUGINS_OF_HEXO)
    for made in ("source", "public"):
        shutil.rmtree(root / made, ignore_errors=True)
    (root / "db.json").unlink(missing_ok=True)
    source = root / "source" / "_posts"
    source.mkdir(parents=True)
    for post in posts:
        front = _front(
            title=post.title, date=f"{post.date:%Y-%m-%d %H:%M:%S}", author=post.author, categories=[post.category],
            tags=post.tags,
        )  # fmt: skip
        (source / f"{post.slug}.md").write_text(front + _body(post, "<!-- more -->"), encoding="utf-8")
    settings = {
        "title": SITE, "subtitle": "Notes from the quay", "description": "A weblog about the coast", "author": OWNER,
        "language": "en", "timezone": "UTC", "url": url, "permalink": ":year/:month/:day/:title/", "theme": theme,
        "per_page": 6, "index_generator": {"per_page": 6, "order_by": "-date"},
        "feed": {"type": "atom", "path": "atom.xml", "limit": 8}, "sitemap": {"path": "sitemap.xml"},
        "syntax_highlighter": "",
    }  # fmt: skip
    (root / "_config.yml").write_text(json.dumps(settings))
    run(root, "npx", "hexo", "generate")
    return Path(shutil.copytree(root / "public", folder / "site"))


def _docusaurus(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "docusaurus"
    if not (root / "node_modules").exists():
        run(
            tools,
            "npx",
            "--yes",
            "create-docusaurus@3",
            "docusaurus",
            "classic",
            "--javascript",
            "--skip-install",
        )
        run(root, "npm", "install", "--silent", "--no-audit", "--no-fund")
    for made in ("blog", "docs"):
        shutil.rmtree(root / made, ignore_errors=True)
    (root / "blog").mkdir()
    authors = {post.author: {"name": post.author, "page": True} for post in posts}
    (root / "blog" / "authors.yml").write_text(
        json.dumps({_key(name): value for name, value in authors.items()})
    )
    for post in posts:
        front = _front(
            slug=post.slug,
            title=post.title,
            authors=[_key(post.author)],
            tags=post.tags,
            date=post.date,
        )
        name = f"{post.date:%Y-%m-%d}-{post.slug}.md"
        (root / "blog" / name).write_text(front + _body(post, "<!-- truncate -->"), encoding="utf-8")
    settings = {
        "title": SITE, "tagline": "Notes from the quay", "url": url, "baseUrl": "/", "onBrokenLinks": "ignore",
        "markdown": {"format": "md"},
        "presets": [["classic", {"docs": False, "blog": {"routeBasePath": "/", "onInlineTags": "ignore", "archiveBasePath": None}, "pages": False}]],
        "themeConfig": {"navbar": {"title": SITE}},
    }  # fmt: skip
    (root / "docusaurus.config.js").write_text(f"export default {json.dumps(settings)};\n")
    run(root, "npx", "docusaurus", "build")
    return Path(shutil.copytree(root / "build", folder / "site"))


def _key(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


def _jekyll(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    (folder / "_posts").mkdir()
    settings = {
        "title": SITE, "description": "Notes from the quay", "url": url, "theme": "minima", "timezone": "UTC",
        "plugins": ["jekyll-feed", "jekyll-seo-tag"],
    }  # fmt: skip
    (folder / "_config.yml").write_text(json.dumps(settings))
    (folder / "index.md").write_text(_front(layout="home"))
    for post in posts:
        front = _front(
            layout="post", title=post.title, author=post.author, date=f"{post.date:%Y-%m-%d %H:%M:%S} +0000",
            categories=[post.category.lower()], tags=post.tags,
        )  # fmt: skip
        (folder / "_posts" / f"{post.date:%Y-%m-%d}-{post.slug}.md").write_text(
            front + _body(post), encoding="utf-8"
        )
    run(folder, "jekyll", "build")
    return folder / "_site"


def _nikola(theme: str, posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    program = _pip(tools / "nikola", "nikola[extras]") / "nikola"
    root = folder / "nikola"
    run(folder, program, "init", "-q", "nikola")
    settings = f"""
BLOG_AUTHOR, BLOG_TITLE, SITE_URL, THEME = {OWNER!r}, {SITE!r}, {url + "/"!r}, {theme!r}
INDEX_DISPLAY_POST_COUNT, TIMEZONE, SHOW_SOURCELINK = 6, "UTC", False
"""
    with (root / "conf.py").open("a") as file:
        file.write(settings)
    for post in posts:
        front = (
            f"<!--\n.. title: {post.title}\n.. slug: {post.slug}\n.. date: {post.date:%Y-%m-%d %H:%M:%S} UTC\n"
            f".. author: {post.author}\n.. category: {post.category}\n.. tags: {', '.join(post.tags)}\n-->\n\n"
        )
        (root / "posts" / f"{post.slug}.md").write_text(
            front + _body(post, "<!-- TEASER_END -->"), encoding="utf-8"
        )
    run(root, program, "build")
    return root / "output"


def _ablog(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    program = _pip(tools / "ablog", "ablog") / "ablog"
    (folder / "posts").mkdir()
    boxes = [
        "about.html",
        *(f"ablog/{name}.html" for name in ("postcard", "recentposts", "tagcloud", "categories")),
    ]
    (folder / "conf.py").write_text(
        f"extensions = ['ablog']\nproject = blog_title = {SITE!r}\nauthor = {OWNER!r}\nblog_baseurl = {url!r}\n"
        f"blog_feed_fulltext = True\nhtml_theme = 'alabaster'\nhtml_sidebars = {{'**': {boxes!r}}}\n"
        "post_date_format = '%B %d, %Y'\n"
    )
    (folder / "index.rst").write_text(f"{SITE}\n{'=' * len(SITE)}\n\n.. postlist:: 20\n   :excerpts:\n")
    for post in posts:
        title, *lines = (re.sub(r"([\\*`|_])", r"\\\1", text) for text in (post.title, *post.paragraphs))
        head = (
            f".. post:: {post.date:%B %d, %Y}\n   :author: {post.author}\n   :category: {post.category}\n"
            f"   :tags: {', '.join(post.tags)}\n\n{title}\n{'=' * (2 * len(title) + 4)}\n\n"
        )
        (folder / "posts" / f"{post.slug}.rst").write_text(head + "\n\n".join(lines) + "\n", encoding="utf-8")
    run(folder, program, "build")
    return folder / "_website"


def _blag(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    programs = _pip(tools / "blag", "blag")
    (package,) = programs.parent.glob("lib/python*/site-packages/blag")
    for name in ("templates", "static"):
        shutil.copytree(package / name, folder / name)
    (folder / "content").mkdir()
    (folder / "config.ini").write_text(
        f"[main]\nbase_url = {url}/\ntitle = {SITE}\ndescription = Notes from the quay\nauthor = {OWNER}\n"
    )
    for post in posts:
        head = f"title: {post.title}\ndate: {post.date:%Y-%m-%d %H:%M}\ntags: {', '.join(post.tags)}\n\n"
        (folder / "content" / f"{post.slug}.md").write_text(head + _body(post), encoding="utf-8")
    run(folder, programs / "blag", "build")
    return folder / "build"


def _material(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    program = _pip(tools / "material", "mkdocs-material") / "mkdocs"
    docs = folder / "docs" / "blog"
    (docs / "posts").mkdir(parents=True)
    (folder / "docs" / "index.md").write_text(f"# {SITE}\n\nNotes from the quay.\n")
    (docs / "index.md").write_text("# Blog\n")
    people = {post.author: f"a{number}" for number, post in enumerate(posts)}
    authors = {"authors": {key: {"name": name, "description": "Writer", "avatar": "https://x.example/a.png"} for name, key in people.items()}}  # fmt: skip
    (docs / ".authors.yml").write_text(json.dumps(authors))
    for post in posts:
        front = _front(
            date=post.date, authors=[people[post.author]], categories=[post.category], tags=post.tags
        )
        (docs / "posts" / f"{post.slug}.md").write_text(
            f"{front}# {_markdown(post.title)}\n\n{_body(post, '<!-- more -->')}", encoding="utf-8"
        )
    settings = {
        "site_name": SITE,
        "site_url": f"{url}/",
        "theme": {"name": "material"},
        "plugins": ["search", "blog", "tags"],
    }
    (folder / "mkdocs.yml").write_text(json.dumps(settings))
    run(folder, program, "build", "--quiet")
    return folder / "site"


def _pelican(theme: str, posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    program = _pip(tools / "pelican", "pelican[markdown]") / "pelican"
    (folder / "content").mkdir()
    for post in posts:
        head = f"Title: {post.title}\nDate: {post.date:%Y-%m-%d %H:%M}\nCategory: {post.category}\n"
        head += f"Tags: {', '.join(post.tags)}\nAuthor: {post.author}\nSlug: {post.slug}\n\n"
        (folder / "content" / f"{post.slug}.md").write_text(head + _body(post), encoding="utf-8")
    settings = {
        "SITENAME": SITE, "SITEURL": url, "AUTHOR": OWNER, "TIMEZONE": "UTC", "THEME": theme, "DEFAULT_LANG": "en",
        "DEFAULT_PAGINATION": 6, "FEED_ALL_ATOM": "feeds/all.atom.xml", "PATH": "content", "OUTPUT_PATH": "site",
    }  # fmt: skip
    (folder / "pelicanconf.py").write_text(
        "".join(f"{name} = {value!r}\n" for name, value in settings.items())
    )
    run(folder, program, "content", "-s", "pelicanconf.py", "-q")
    return folder / "site"


def _starlight(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "starlight"
    _npm(root, "astro", "@astrojs/starlight", "starlight-blog", "sharp", "node@22")
    content = root / "src" / "content" / "docs"
    for made in (content, root / "dist", root / ".astro", root / "node_modules" / ".astro"):
        shutil.rmtree(made, ignore_errors=True)
    (content / "blog").mkdir(parents=True)
    (content / "index.md").write_text(_front(title=SITE) + "Notes from the quay.\n")
    for post in posts:
        front = _front(title=post.title, date=post.date, authors=[{"name": post.author}], tags=post.tags)
        (content / "blog" / f"{post.slug}.md").write_text(front + _body(post), encoding="utf-8")
    (root / "src" / "content.config.ts").write_text(
        "import { defineCollection } from 'astro:content';\nimport { docsLoader } from '@astrojs/starlight/loaders';\n"
        "import { docsSchema } from '@astrojs/starlight/schema';\nimport { blogSchema } from 'starlight-blog/schema';\n"
        "export const collections = { docs: defineCollection({ loader: docsLoader(), schema: docsSchema({ extend: (context) => "
        "blogSchema(context) }) }) };\n"
    )
    (root / "astro.config.mjs").write_text(
        "import starlight from '@astrojs/starlight';\nimport blog from 'starlight-blog';\nimport { defineConfig } from 'astro/config';\n"
        f"export default defineConfig({{ site: {url!r}, telemetry: false, integrations: [starlight({{ title: {SITE!r}, plugins: [blog()] }})] }});\n"
    )
    programs = root / "node_modules" / ".bin"
    run(root, programs / "node", programs / "astro", "build")
    return Path(shutil.copytree(root / "dist", folder / "site"))


BLOGS = (
    *(Blog(f"hexo-{theme}", partial(_hexo, theme), theme in ("fluid", "icarus")) for theme in THEMES_OF_HEXO),
    Blog("docusaurus", _docusaurus, category=False),
    Blog("jekyll-minima", _jekyll, category=False),
    *(Blog(f"nikola-{theme}", partial(_nikola, theme), category=False) for theme in ("base", "bootblog4")),
    Blog("ablog-alabaster", _ablog, category=False, time=False),
    Blog("blag", _blag, author=False, category=False),
    Blog("mkdocs-material", _material, time=False),
    *(Blog(f"pelican-{theme}", partial(_pelican, theme)) for theme in ("notmyidea", "simple")),
    Blog("starlight-blog", _starlight, category=False, time=False),
)

if __name__ == "__main__":
    sys.exit(main())
