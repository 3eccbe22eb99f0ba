"""Blogs of four more generators of static sites: Hakyll, VuePress 1 with its own blog theme, VitePress with Teek, and MkDocs with the
theme Simple Blog and the plug-in that lists posts.

`python -m benchmarks.generators` runs them. Hakyll is the system's (Debian: `libghc-hakyll-dev`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.made_blogs import (
    OWNER,
    SITE,
    Blog,
    Post,
    front_matter,
    markdown,
    markdown_text,
    npm,
    pip,
    run,
)

_TAGLINE = "Notes from the quay"


def hakyll(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    """The site that `hakyll-init` makes, with its program and templates."""
    root = folder / "hakyll"
    run(folder, "hakyll-init", root)
    for example in (root / "posts").iterdir():
        example.unlink()
    template = root / "templates" / "default.html"
    template.write_text(template.read_text().replace("My Hakyll Blog", SITE))
    for post in posts:
        front = front_matter(title=post.title, author=post.author, tags=", ".join(post.tags))
        place = root / "posts" / f"{post.date:%Y-%m-%d}-{post.slug}.markdown"
        place.write_text(front + markdown_text(post), encoding="utf-8")
    program = tools / "hakyll-site"
    if not program.exists():
        run(root, "ghc", "-O0", "-outputdir", folder / "objects", "-o", program, "site.hs")
    run(root, "env", "LANG=C.UTF-8", program, "build")
    return root / "_site"


def vuepress_blog(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "vuepress-blog"
    npm(root, "vuepress@1", "@vuepress/theme-blog")
    source = root / "blog"
    shutil.rmtree(source, ignore_errors=True)
    (source / "_posts").mkdir(parents=True)
    (source / ".vuepress").mkdir()
    theme = {
        "directories": [{"id": "post", "dirname": "_posts", "path": "/", "itemPermalink": "/:year/:month/:day/:slug"}],
        "dateFormat": "YYYY-MM-DD", "nav": [{"text": "Blog", "link": "/"}, {"text": "Tags", "link": "/tag/"}],
        "sitemap": {"hostname": url}, "feed": {"canonical_base": url}, "globalPagination": {"lengthPerPage": 6},
    }  # fmt: skip
    settings = {
        "title": SITE, "description": _TAGLINE, "locales": {"/": {"lang": "en"}}, "theme": "@vuepress/blog", "themeConfig": theme,
        "evergreen": True,
    }  # fmt: skip
    (source / ".vuepress" / "config.js").write_text(f"module.exports = {json.dumps(settings)};\n")
    for post in posts:
        front = front_matter(
            title=post.title, date=f"{post.date:%Y-%m-%d}", author=post.author, tags=post.tags
        )
        text = f"# {markdown(post.title)}\n\n{markdown_text(post)}".replace("{{", "&#123;&#123;")
        place = source / "_posts" / f"{post.date:%Y-%m-%d}-{post.slug}.md"
        place.write_text(front + text, encoding="utf-8")
    # webpack 4 asks for a hash that OpenSSL 3 no longer has.
    legacy = "NODE_OPTIONS=--openssl-legacy-provider"
    run(root, "env", legacy, "npx", "vuepress", "build", "blog", "--no-cache")
    return Path(shutil.copytree(source / ".vuepress" / "dist", folder / "site"))


def teek(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "teek"
    npm(root, "vitepress@1", "vitepress-theme-teek@1", "vue@3")
    about = json.loads((root / "package.json").read_text())
    (root / "package.json").write_text(json.dumps(about | {"type": "module"}))
    docs = root / "docs"
    shutil.rmtree(docs, ignore_errors=True)
    for made in (".vitepress/theme", "posts", "@pages"):
        (docs / made).mkdir(parents=True)
    (docs / "index.md").write_text(front_matter(layout="home", tk={"name": SITE, "description": _TAGLINE}))
    for name in ("archives", "categories", "tags"):
        listed = {f"{name}Page": True, "article": False, "sidebar": False}
        front = front_matter(title=name.title(), permalink=f"/{name}", layout="page", **listed)
        (docs / "@pages" / f"{name}Page.md").write_text(front)
    (docs / ".vitepress" / "theme" / "index.js").write_text(
        "import Teek from 'vitepress-theme-teek';\nimport 'vitepress-theme-teek/index.css';\nexport default { extends: Teek };\n"
    )
    nav = [{"text": "Home", "link": "/"}, {"text": "Archives", "link": "/archives"}]
    settings = {
        "title": SITE, "description": "A weblog about the coast", "lang": "en-US", "ignoreDeadLinks": True,
        "sitemap": {"hostname": url}, "themeConfig": {"nav": nav},
    }  # fmt: skip
    theme = {"author": {"name": OWNER}, "vitePlugins": {"sidebar": False}}
    (docs / ".vitepress" / "config.mjs").write_text(
        "import { defineConfig } from 'vitepress';\nimport { defineTeekConfig } from 'vitepress-theme-teek/config';\n"
        f"export default defineConfig({{ extends: defineTeekConfig({json.dumps(theme)}), ...{json.dumps(settings)} }});\n"
    )
    for post in posts:
        front = front_matter(
            title=post.title, date=f"{post.date:%Y-%m-%d %H:%M:%S}", permalink=f"/{post.slug}", categories=[post.category],
            tags=post.tags, author={"name": post.author},
        )  # fmt: skip
        text = markdown_text(post).replace("{{", "&#123;&#123;")
        (docs / "posts" / f"{post.slug}.md").write_text(front + text, encoding="utf-8")
    run(root, "npx", "vitepress", "build", "docs")
    return Path(shutil.copytree(docs / ".vitepress" / "dist", folder / "site"))


def mkdocs_simple(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    programs = pip(tools / "mkdocs-simple", "mkdocs-simple-blog", "mkdocs-blogging-plugin")
    docs = folder / "docs"
    (docs / "blog").mkdir(parents=True)
    (docs / "index.md").write_text(f"# {SITE}\n\n{_TAGLINE}.\n\n{{{{ blog_content }}}}\n")
    for post in posts:
        front = front_matter(
            title=post.title, date=f"{post.date:%Y-%m-%d}", time=f"{post.date:%Y-%m-%d %H:%M:%S}", author=post.author
        )  # fmt: skip
        text = f"# {markdown(post.title)}\n\n{markdown_text(post)}"
        (docs / "blog" / f"{post.slug}.md").write_text(front + text, encoding="utf-8")
    blogging = {"dirs": ["blog"], "meta_time_format": "%Y-%m-%d %H:%M:%S", "size": 6}
    settings = {
        "site_name": SITE, "site_url": f"{url}/", "theme": {"name": "simple-blog", "locale": "en"},
        "plugins": ["search", {"blogging": blogging}],
    }  # fmt: skip
    (folder / "mkdocs.yml").write_text(json.dumps(settings))
    run(folder, programs / "mkdocs", "build", "--quiet")
    return folder / "site"


BLOGS = (
    Blog("hakyll", hakyll, category=False, time=False, tags=False),
    Blog("vuepress-blog", vuepress_blog, category=False, time=False),
    Blog("vitepress-teek", teek, category=False, time=False, tags=False),
    Blog("mkdocs-simple-blog", mkdocs_simple, category=False, time=False, tags=False),
)
