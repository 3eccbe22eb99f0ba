"""Blogs of generators of static sites that were begun before 2015 and are still installed: Lektor, Wintersmith, BlazeBlogger, chalow,
Org mode of Emacs, and Barely, a new one.

Each is filled through its own files and built with the templates that come with it. `python -m benchmarks.generators` runs them.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.made_blogs import OWNER, SITE, Blog, Post, front_matter, markdown_text, npm, pip, run

_TAGLINE = "Notes from the quay"


def lektor(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    """The project that `lektor quickstart` makes, with its blog; the quickstart itself asks on the terminal."""
    programs = pip(tools / "lektor", "lektor")
    made = (
        "import sys\nfrom lektor.quickstart import Generator\nGenerator('project').run({'project_name': sys.argv[1], 'with_blog': True, "
        "'author_name': sys.argv[2], 'project_slug': 'site', 'project_path': sys.argv[3], 'this_year': 2025, 'today': '2025-01-01'}, sys.argv[3])\n"
    )
    root = folder / "lektor"
    run(folder, programs / "python", "-c", made, SITE, OWNER, root)
    shutil.rmtree(root / "content" / "blog" / "first-post")
    for post in posts:
        place = root / "content" / "blog" / post.slug
        place.mkdir()
        (place / "contents.lr").write_text(
            f"title: {post.title}\n---\npub_date: {post.date:%Y-%m-%d}\n---\nauthor: {post.author}\n---\nbody:\n\n{markdown_text(post)}",
            encoding="utf-8",
        )
    run(root, programs / "lektor", "build", "-O", folder / "site")
    return folder / "site"


def wintersmith(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    """The blog that `wintersmith new` makes."""
    npm(tools / "wintersmith", "wintersmith", options=["--ignore-scripts"])
    packages = tools / "wintersmith" / "node_modules"
    root = Path(shutil.copytree(packages / "wintersmith" / "examples" / "blog", folder / "blog"))
    npm(tools / "wintersmith", "moment", "underscore", "typogr")
    (root / "node_modules").symlink_to(packages)
    shutil.rmtree(root / "contents" / "articles")
    settings = json.loads((root / "config.json").read_text())
    settings["locals"] = {"url": url, "name": SITE, "owner": OWNER, "description": _TAGLINE}
    (root / "config.json").write_text(json.dumps(settings))
    (root / "contents" / "about.md").write_text("Notes from the quay.\n")
    for number, post in enumerate(posts):
        place = root / "contents" / "articles" / post.slug
        place.mkdir(parents=True)
        # The first paragraph, or what stands above this sign, is the beginning that the front page shows.
        front = front_matter(
            title=post.title, author=f"a{number}", date=f"{post.date:%Y-%m-%d %H:%M}", template="article.pug"
        )
        (place / "index.md").write_text(
            front + markdown_text(post, '<span class="more"></span>'), encoding="utf-8"
        )
        about = {"name": post.author, "email": "writer@review.example", "bio": "Writer"}
        (root / "contents" / "authors" / f"a{number}.json").write_text(json.dumps(about))
    run(root, packages / ".bin" / "wintersmith", "build", "--output", folder / "site")
    return folder / "site"


def blazeblogger(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    """Debian's package, with its own theme."""
    root = folder / "blog"
    run(folder, "blaze", "init", "-q", "-b", root)
    for name, value in (
        ("blog.title", SITE), ("blog.subtitle", _TAGLINE), ("feed.baseurl", url), ("user.name", OWNER), ("user.nickname", OWNER),
        ("core.encoding", "UTF-8"),
    ):  # fmt: skip
        run(folder, "blaze", "config", "-q", "-b", root, name, value)
    for post in posts:
        source = folder / "post.html"
        first, *rest = (f"<p>{html.escape(p, quote=False)}</p>" for p in post.paragraphs)
        source.write_text("\n".join([first, "<!-- break -->", *rest]), encoding="utf-8")
        run(
            folder, "blaze", "add", "-q", "-C", "-b", root, "-t", post.title, "-a", post.author, "-d", f"{post.date:%Y-%m-%d}",
            "-T", ", ".join(post.tags), "-u", post.slug.replace("-", "_"), source,
        )  # fmt: skip
    (folder / "site").mkdir()
    run(folder, "blaze", "make", "-q", "-b", root, "-d", folder / "site")
    return folder / "site"


def org(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    """Org's own export of a folder to HTML, with a list of all files as the front page."""
    source = folder / "source"
    source.mkdir()
    for post in posts:
        # A zero-width space in front of a line keeps Org from reading mark-up at its beginning.
        lines = [re.sub(r"([*/_+=~\[\]{}^\\|<>#$])", "\\1\u200b", p) for p in post.paragraphs]
        head = f"#+TITLE: {post.title}\n#+AUTHOR: {post.author}\n#+DATE: <{post.date:%Y-%m-%d %a %H:%M}>\n#+KEYWORDS: {', '.join(post.tags)}\n\n"
        (source / f"{post.slug}.org").write_text(head + "\n\n".join(lines) + "\n", encoding="utf-8")
    (folder / "publish.el").write_text(
        f'(require \'ox-publish)\n(setq org-publish-project-alist \'(("blog" :base-directory "{source}" :publishing-directory "{folder / "site"}" '
        f':publishing-function org-html-publish-to-html :auto-sitemap t :sitemap-filename "index.org" :sitemap-title "{SITE}" '
        ':sitemap-sort-files anti-chronologically :with-toc nil :section-numbers nil :html-link-home "index.html" :html-link-up "index.html")) '
        f'org-publish-timestamp-directory "{folder}/times/")\n(org-publish "blog" t)\n'
    )
    run(folder, "emacs", "--batch", "--quick", "--load", folder / "publish.el")
    return folder / "site"


def barely(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    """Its blueprint of a blog, which prints a summary above each text, and no author."""
    programs = pip(tools / "barely", "barely")
    run(folder, programs / "barely", "new", "-b", "blog", "-d", "source", "-w", "site")
    root = folder / "source"
    shutil.rmtree(next((root / "blog").glob("2022-*")))
    settings = (root / "COPY-TO-CONFIG.yaml").read_text()
    with (root / "config.yaml").open("a") as file:
        file.write("\n" + settings)
    about = (
        (root / "metadata.yaml").read_text().replace("https://default.com", url).replace("barely blog", SITE)
    )
    (root / "metadata.yaml").write_text(about.replace("default description", _TAGLINE))
    for post in posts:
        place = root / "blog" / f"{post.date:%Y-%m-%d}-{post.slug}"
        place.mkdir()
        front = front_matter(
            title=post.title, summary=post.paragraphs[0], created=f"{post.date:%Y-%m-%d}",
            collections=[*post.tags, "all", "featured"],
        )  # fmt: skip
        text = markdown_text(replace(post, paragraphs=post.paragraphs[1:]))
        (place / "post.md").write_text(front + text, encoding="utf-8")
    run(root, programs / "barely", "rebuild", "--no-aftermath")
    return folder / "site"


BLOGS = (
    Blog("lektor", lektor, category=False, time=False, tags=False),
    Blog("wintersmith", wintersmith, category=False, tags=False),
    Blog("blazeblogger", blazeblogger, category=False, time=False),
    Blog("org-publish", org, category=False, site=False),
    Blog("barely", barely, author=None, category=False, time=False),
)
