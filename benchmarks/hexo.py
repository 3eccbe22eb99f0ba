"""Blogs that Hexo makes, with the themes that npm has most downloads of and that run with Hexo 8 as they are published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.made_blogs import OWNER, SITE, Blog, Post, front_matter, markdown_text, npm, run

#: Themes → whether they print the author of a post (else the site's owner), its category, and the time of day. Kratos Rebirth and Async
#: name the category of a post on no page of it, Solitude no time. Reimu names the author only in a variable of a script.
THEMES = {
    "landscape": (False, True, True), "next": (False, True, True), "butterfly": (False, True, True),
    "fluid": (True, True, True), "icarus": (True, True, True), "keep": (True, True, True), "redefine": (True, True, True),
    "stellar": (False, True, True), "volantis": (False, True, True), "solitude": (True, True, False), "yun": (True, True, True),
    "kratos-rebirth": (True, False, True), "anzhiyu": (False, True, True), "async": (True, False, True),
    "reimu": (False, True, True), "vivia": (False, True, True), "nexmoe": (False, True, True),
    "a4": (True, True, False),
}  # fmt: skip
#: What a site that uses the theme must say in the theme's settings: where it is missing, the theme prints its own name or nothing.
SETTINGS: dict[str, dict[str, Any]] = {
    "keep": {"base_info": {"title": SITE, "author": OWNER}},
    "volantis": {"article": {"body": {"meta_library": {"author": {"name": OWNER}}}}},
    "solitude": {"site": {"name": {"class": "text", "custom": SITE}}},
    "async": {"user": {"name": OWNER, "first_name": "Ada", "last_name": "Example"}},
}
#: Themes that come with a file of settings to be copied beside the site's own.
SETTINGS_FILES = {"vivia": "example_config.vivia.yml", "nexmoe": "demo/_config.nexmoe.yml"}
_PLUGINS = (
    "hexo", *(f"hexo-theme-{theme}" for theme in THEMES),
    *(f"hexo-renderer-{kind}" for kind in ("marked", "ejs", "stylus", "pug")),
    *(f"hexo-generator-{kind}" for kind in ("index", "archive", "category", "tag", "feed", "sitemap")),
)  # fmt: skip


def build(theme: str, posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "hexo"
    npm(root, *_PLUGINS)
    for made in ("source", "public"):
        shutil.rmtree(root / made, ignore_errors=True)
    (root / "db.json").unlink(missing_ok=True)
    source = root / "source" / "_posts"
    source.mkdir(parents=True)
    for post in posts:
        front = front_matter(
            title=post.title, date=f"{post.date:%Y-%m-%d %H:%M:%S}", author=post.author, categories=[post.category],
            tags=post.tags,
        )  # fmt: skip
        (source / f"{post.slug}.md").write_text(
            front + markdown_text(post, "<!-- more -->"), encoding="utf-8"
        )
    settings = {
        "title": SITE, "subtitle": "Notes from the quay", "description": "A weblog about the coast", "author": OWNER,
        "language": "en", "timezone": "UTC", "url": url, "permalink": ":year/:month/:day/:title/", "theme": theme,
        "per_page": 6, "index_generator": {"per_page": 6, "order_by": "-date"},
        "feed": {"type": "atom", "path": "atom.xml", "limit": 8}, "sitemap": {"path": "sitemap.xml"},
        "syntax_highlighter": "", "theme_config": SETTINGS.get(theme, {}),
    }  # fmt: skip
    (root / "_config.yml").write_text(json.dumps(settings))
    for old in root.glob("_config.*.yml"):
        if old.name != "_config.yml":
            old.unlink()
    if theme in SETTINGS_FILES:
        shutil.copy(
            root / "node_modules" / f"hexo-theme-{theme}" / SETTINGS_FILES[theme],
            root / f"_config.{theme}.yml",
        )
    run(root, "npx", "hexo", "generate")
    return Path(shutil.copytree(root / "public", folder / "site"))


BLOGS = tuple(Blog(f"hexo-{theme}", partial(build, theme), *printed) for theme, printed in THEMES.items())
