"""What the archive says of a real Ghost with its own themes, and of the cards that its editor puts into a text.

    python -m benchmarks.ghost DATA/articles --tools FOLDER

DATA is as for `python -m benchmarks.generators`, and so is the table. npm installs Node 22 and Ghost into FOLDER, where the next run
finds them (about two minutes). Ghost keeps its posts in a database of its own, `newsarchive_ghost`, that is made anew in the MariaDB
of this machine and dropped at the end. Each theme is crawled twice: with plain posts, and after nine posts got a note, an
answer that opens, a quotation, a product, a preview of another page, a form, a button and a call to subscribe between their
paragraphs, two were opened to members alone from the third paragraph on, and one to those who pay. Then a second table tells how
many of these articles have each of the additions in their text: the first four belong there and the others do not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.blog_scores import table
from benchmarks.made_blogs import HEADER, OWNER, SITE, Blog, Post, compared, crawl, drawn, run
from newsarchive import Archive
from newsarchive.archive import Stored

THEMES = ("source", "casper")
DATABASE = "newsarchive_ghost"
MAIL, PASSWORD = "owner@example.org", "Wq8!harbourReview22"
#: Seconds that Ghost may take to make its tables and to answer.
MAX_START_SECONDS = 180
#: Seconds that it may take to import the posts, which it does in the background.
MAX_IMPORT_SECONDS = 60
#: Posts that get cards, from the fourth on that has enough paragraphs, and the paragraphs that it must have.
POSTS_WITH_CARDS, MIN_PARAGRAPHS = 9, 12
#: What is put between the paragraphs → whether it belongs to the text.
ADDITIONS = {
    "note": True, "question": True, "answer": True, "quotation": True, "product": True, "preview": False, "form": False,
    "button": False, "call": False,
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with truth.jsonl")
    parser.add_argument("--tools", type=Path, required=True, help="where npm installs Node and Ghost")
    parser.add_argument(
        "--verbose", action="store_true", help="print every field that is not as it should be"
    )
    options = parser.parse_args()
    tools = options.tools.resolve()
    posts = drawn(options.data, "ghost-source")
    sentences = drawn(options.data, "ghost-cards-text")
    rows: list[Sequence[str]] = [HEADER]
    cards: list[Sequence[str]] = [("theme, with cards", "articles", *ADDITIONS, "not free", "in quarantine")]
    with tempfile.TemporaryDirectory(prefix="ghost-") as folder, _ghost(tools, Path(folder)) as ghost:
        ghost.fill(posts)
        for theme in THEMES:
            ghost.use(theme)
            rows.append(_crawled(f"Ghost, {theme}", ghost.url, Path(folder), posts, options.verbose)[0])
        marked = ghost.add_cards([_additions(post, number) for number, post in enumerate(sentences)])
        for theme in THEMES:
            ghost.use(theme)
            row, articles, waiting = _crawled(
                f"Ghost, {theme}, with cards", ghost.url, Path(folder), posts, options.verbose
            )
            rows.append(row)
            texts = [a.article_body for a in articles if a.url.rstrip("/").rpartition("/")[2] in marked]
            held = [sum(any(word in text for word in _marks(name)) for text in texts) for name in ADDITIONS]
            closed = sum(a.is_accessible_for_free is False for a in articles)
            cards.append((theme, str(len(texts)), *map(str, held), str(closed), str(waiting)))
    print(table(rows))
    print()
    print(table(cards))
    return 0


def _crawled(
    name: str, url: str, folder: Path, posts: Sequence[Post], verbose: bool
) -> tuple[tuple[str, ...], list[Stored], int]:
    """The row of a crawl, its articles but for Ghost's own first post, and how many of them wait in quarantine."""
    database = folder / (name.replace(", ", "-").replace(" ", "-") + ".db")
    crawl(url, database)
    with Archive(database) as archive:
        articles = [a for a in archive.articles(hidden=True) if "/coming-soon" not in a.url]
        waiting = archive.stats().quarantined
    return (
        compared(Blog(name, lambda *_: folder, category=False), posts, articles, verbose),
        articles,
        waiting,
    )


def _additions(post: Post, number: int) -> dict[str, str]:
    """A sentence of a real article for each addition, behind the word by which it is known again."""
    words = [
        s for s in " ".join(post.paragraphs).split(". ") if 40 < len(s) < 200 and not set(s) & set('"\\<&')
    ]
    return {name: f"{name.upper()}{number} {words[at % len(words)]}." for at, name in enumerate(ADDITIONS)}


def _marks(name: str) -> list[str]:
    return [f"{name.upper()}{number} " for number in range(POSTS_WITH_CARDS * 2)]


# -- Ghost ----------------------------------------------------------------------------------------------------


class _Ghost:
    """A running Ghost and the session of its owner."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.api = f"{url}/ghost/api/admin"
        self.session = requests.Session()
        self.session.headers.update({"Origin": url, "Accept-Version": "v6.0"})

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = self.session.request(method, f"{self.api}/{path}", timeout=60, **options)
        answer.raise_for_status()
        return answer

    def fill(self, posts: Sequence[Post]) -> None:
        owner = {"name": OWNER, "email": MAIL, "password": PASSWORD, "blogTitle": SITE}
        self.ask("POST", "authentication/setup/", json={"setup": [owner]})
        self.ask("POST", "session/", json={"username": MAIL, "password": PASSWORD})
        data = json.dumps(
            {"db": [{"meta": {"exported_on": 0, "version": "6.0.0"}, "data": _exported(posts)}]}
        )
        self.ask("POST", "db/", files={"importfile": ("posts.json", data, "application/json")})
        end = time.monotonic() + MAX_IMPORT_SECONDS
        while len(self.posts()) < len(posts):
            if time.monotonic() > end:
                raise RuntimeError(f"Ghost imported {len(self.posts())} of {len(posts)} posts")
            time.sleep(1)

    def posts(self) -> list[dict[str, Any]]:
        """The posts, the newest first, without the one that Ghost writes itself."""
        found = self.ask("GET", "posts/?limit=50&formats=lexical").json()["posts"]
        return [post for post in found if post["slug"] != "coming-soon"]

    def use(self, theme: str) -> None:
        self.ask("PUT", f"themes/{theme}/activate/")

    def add_cards(self, additions: Sequence[dict[str, str]]) -> set[str]:
        """Give cards to posts and close three others; gives the last part of the addresses of those with cards."""
        marked: set[str] = set()
        texts = iter(additions)
        for number, post in enumerate(self.posts()):
            content = json.loads(post["lexical"])
            parts = content["root"]["children"]
            change: dict[str, Any] = {"updated_at": post["updated_at"]}
            if number < 3:
                change["visibility"] = "paid" if number == 2 else "members"
                if number < 2:
                    parts.insert(2, {"type": "paywall", "version": 1})
            elif len(parts) >= MIN_PARAGRAPHS and len(marked) < POSTS_WITH_CARDS:
                cards = _cards(next(texts))
                for place, card in enumerate(cards):
                    parts.insert(1 + place * (len(parts) // len(cards)), card)
                marked.add(post["slug"])
            else:
                continue
            change["lexical"] = json.dumps(content)
            self.ask("PUT", f"posts/{post['id']}/", json={"posts": [change]})
        return marked


@contextmanager
def _ghost(tools: Path, folder: Path) -> Iterator[_Ghost]:
    """Install Ghost where it is not there yet, and run it on a database of its own."""
    program, node = _installed(tools)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _mariadb(f"DROP DATABASE IF EXISTS {DATABASE}; CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    account = f"{DATABASE}@127.0.0.1"
    _mariadb(
        f"CREATE OR REPLACE USER {account} IDENTIFIED BY 'ghost'; GRANT ALL ON {DATABASE}.* TO {account}"
    )
    url = f"http://127.0.0.1:{port}"
    connection = {
        "host": "127.0.0.1",
        "port": 3306,
        "user": DATABASE,
        "password": "ghost",
        "database": DATABASE,
    }
    settings = {
        "url": url, "server": {"host": "127.0.0.1", "port": port}, "paths": {"contentPath": str(folder / "content")},
        "database": {"client": "mysql", "connection": connection}, "logging": {"transports": ["stdout"], "level": "error"},
        "mail": {"transport": "SMTP", "options": {"host": "127.0.0.1", "port": 9}},
        "privacy": {"useUpdateCheck": False, "useGravatar": False, "useRpcPing": False}, "security": {"staffDeviceVerification": False},
    }  # fmt: skip
    run(program, "cp", "-r", "content", folder / "content")
    for name in ("images", "files", "media", "logs", "data", "public", "settings", "adapters"):
        (folder / "content" / name).mkdir(exist_ok=True)
    (program / "config.production.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [node, "index.js"],
            cwd=program,
            env=os.environ | {"NODE_ENV": "production"},
            stdout=log,
            stderr=log,
        )
        try:
            _wait(url, process, folder / "log")
            yield _Ghost(url)
        finally:
            process.terminate()
            process.wait(60)
            _mariadb(f"DROP DATABASE IF EXISTS {DATABASE}; DROP USER IF EXISTS {account}")


def _installed(tools: Path) -> tuple[Path, Path]:
    """The folder of Ghost and the program of Node."""
    tools.mkdir(parents=True, exist_ok=True)
    node, program = tools / "node_modules" / ".bin" / "node", tools / "package"
    quiet = ("--silent", "--no-audit", "--no-fund")
    if not node.exists():
        (tools / "package.json").write_text('{"private": true}')
        run(tools, "npm", "install", *quiet, "node@22")
    if not (program / "node_modules").exists():
        run(tools, "npm", "pack", "--silent", "ghost@6")
        run(tools, "tar", "xzf", next(tools.glob("ghost-6*.tgz")))
        # Its lock file is pnpm's. Nothing that is compiled is needed: the database is MariaDB.
        run(program, "npm", "install", *quiet, "--omit=dev", "--ignore-scripts", "--legacy-peer-deps")
    return program, node


def _mariadb(statements: str) -> None:
    subprocess.run(["mariadb", "-e", statements], check=True, timeout=60)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + MAX_START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(url, timeout=10).ok:
                return
        except requests.RequestException:
            time.sleep(1)
    raise RuntimeError(f"Ghost did not start: {log.read_text(errors='replace')[-2000:]}")


def _exported(posts: Sequence[Post]) -> dict[str, list[dict[str, Any]]]:
    """The posts as an export of Ghost, which it imports."""
    authors = {post.author: _id(post.author) for post in posts}
    tags = {name: _id(name) for post in posts for name in (post.category, *post.tags)}
    return {
        "users": [
            {"id": key, "name": name, "slug": key, "email": f"{key}@example.org", "status": "active"}
            for name, key in authors.items()
        ],
        "tags": [
            {"id": key, "name": name, "slug": name.lower(), "visibility": "public"}
            for name, key in tags.items()
        ],
        "posts": [_post(post) for post in posts],
        "posts_authors": [
            {"post_id": _id(p.slug), "author_id": authors[p.author], "sort_order": 0} for p in posts
        ],
        "posts_tags": [
            {"post_id": _id(p.slug), "tag_id": tags[name], "sort_order": n}
            for p in posts
            for n, name in enumerate((p.category, *p.tags))
        ],
    }


def _post(post: Post) -> dict[str, Any]:
    at = f"{post.date:%Y-%m-%dT%H:%M:%S}.000Z"
    return {
        "id": _id(post.slug), "title": post.title, "slug": post.slug, "lexical": json.dumps(_lexical(post.paragraphs)),
        "status": "published", "visibility": "public", "type": "post", "created_at": at, "updated_at": at, "published_at": at,
    }  # fmt: skip


def _lexical(paragraphs: Sequence[str]) -> dict[str, Any]:
    """Paragraphs in the format of Ghost's editor."""
    shape = {"direction": "ltr", "format": "", "indent": 0, "version": 1}
    text = {"detail": 0, "format": 0, "mode": "normal", "style": "", "type": "extended-text", "version": 1}
    children = [{"type": "paragraph", "children": [text | {"text": part}], **shape} for part in paragraphs]
    return {"root": {"type": "root", "children": children, **shape}}


def _id(name: str) -> str:
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:24]


def _cards(say: dict[str, str]) -> list[dict[str, Any]]:
    """The cards of Ghost's editor, each with a sentence of its own."""
    seen_by = {"memberSegment": "status:free,status:-free"}
    visible = {"web": {"nonMember": True, **seen_by}, "email": seen_by}
    cards: list[dict[str, Any]] = [
        {"type": "signup", "layout": "wide", "alignment": "left", "backgroundColor": "#F0F0F0", "backgroundSize": "cover",
         "textColor": "#000000", "buttonColor": "accent", "buttonTextColor": "#FFFFFF", "buttonText": "Subscribe", "labels": [],
         "header": say["form"], "subheader": "Get the latest stories in your inbox.", "disclaimer": "No spam. Unsubscribe anytime.",
         "successMessage": "Email sent! Check your inbox to complete your signup.", "swapped": False},
        {"type": "bookmark", "url": "https://www.example.com/story", "caption": "",
         "metadata": {"icon": "", "title": say["preview"], "description": say["preview"], "author": "Bob Else",
                      "publisher": "Other Example", "thumbnail": ""}},
        {"type": "callout", "calloutText": f"<p>{say['note']}</p>", "calloutEmoji": "💡", "backgroundColor": "blue"},
        {"type": "toggle", "heading": f"<span>{say['question']}</span>", "content": f"<p>{say['answer']}</p>"},
        {"type": "button", "buttonText": say["button"], "alignment": "center", "buttonUrl": "#/portal/signup"},
        {"type": "call-to-action", "layout": "minimal", "alignment": "left", "textValue": f"<p>{say['call']}</p>",
         "showButton": True, "showDividers": True, "buttonText": "Upgrade", "buttonUrl": "https://example.org/up",
         "buttonColor": "#000000", "buttonTextColor": "#ffffff", "hasSponsorLabel": True, "sponsorLabel": "<p>SPONSORED</p>",
         "backgroundColor": "grey", "linkColor": "text", "imageUrl": "", "imageWidth": None, "imageHeight": None, "visibility": visible},
        {"type": "html", "html": f"<blockquote><p>{say['quotation']}</p></blockquote>", "visibility": visible},
        {"type": "product", "productImageSrc": "", "productTitle": "A fine machine", "productDescription": f"<p>{say['product']}</p>",
         "productRatingEnabled": True, "productStarRating": 4, "productButtonEnabled": True, "productButton": "Buy now",
         "productUrl": "https://example.org/buy"},
    ]  # fmt: skip
    return [card | {"version": 1} for card in cards]


if __name__ == "__main__":
    sys.exit(main())
