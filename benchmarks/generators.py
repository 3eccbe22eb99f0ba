"""What the archive says of blogs that other people's generators of static sites make, with their stock themes.

    python -m benchmarks.generators DATA/articles --tools FOLDER
    python -m benchmarks.generators DATA/articles --only docusaurus hexo-next

DATA has `truth.jsonl` with `title`, `author` and `text` of real articles; each blog has 16 of them, drawn by its name, with a date,
a category and two tags each. Hexo, Docusaurus, Starlight, VuePress, Chirpy and the frameworks are installed with npm, the others with pip, into FOLDER, where the next
run finds them; Jekyll and ikiwiki are the system's. A generator that is not to be had is named and left out. Each blog is crawled from its front
page over loopback, and every field of each article is compared with what was put into the blog. A field counts for a blog only where
its theme prints it, as `Blog` says.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import frameworks, hexo, newer_generators, older_generators
from benchmarks.blog_scores import table
from benchmarks.made_blogs import (
    HEADER,
    OWNER,
    SITE,
    Blog,
    Post,
    drawn,
    front_matter,
    markdown,
    markdown_text,
    npm,
    pip,
    run,
    scored,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with truth.jsonl")
    parser.add_argument(
        "--tools", type=Path, help="where npm and pip install the generators; by default a temporary folder"
    )
    parser.add_argument("--keep", type=Path, help="keep sites and archives (SQLite) in this folder")
    parser.add_argument("--only", nargs="+", choices=[blog.name for blog in BLOGS], help="these blogs alone")
    parser.add_argument(
        "--verbose", action="store_true", help="print every field that is not as it should be"
    )
    options = parser.parse_args()
    rows: list[Sequence[str]] = [HEADER]
    with tempfile.TemporaryDirectory(prefix="generators-") as folder:
        tools = (options.tools or Path(folder) / "tools").resolve()
        kept = (options.keep or Path(folder)).resolve()
        for blog in BLOGS:
            if options.only and blog.name not in options.only:
                continue
            try:
                rows.append(
                    scored(blog, drawn(options.data, blog.name), kept / blog.name, tools, options.verbose)
                )
            except (OSError, subprocess.SubprocessError) as error:
                print(f"left out: {blog.name}: {' '.join(str(error).split())[:300]}", file=sys.stderr)
    print(table(rows))
    return 0 if len(rows) > 1 else 1


# -- the generators ---


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
        front = front_matter(
            slug=post.slug,
            title=post.title,
            authors=[_key(post.author)],
            tags=post.tags,
            date=post.date,
        )
        name = f"{post.date:%Y-%m-%d}-{post.slug}.md"
        (root / "blog" / name).write_text(front + markdown_text(post, "<!-- truncate -->"), encoding="utf-8")
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
    settings = {
        "title": SITE, "description": "Notes from the quay", "url": url, "theme": "minima", "timezone": "UTC",
        "plugins": ["jekyll-feed", "jekyll-seo-tag"],
    }  # fmt: skip
    (folder / "index.md").write_text(front_matter(layout="home"))
    return _built_by_jekyll(folder, settings, posts)


def _built_by_jekyll(folder: Path, settings: dict[str, Any], posts: Sequence[Post]) -> Path:
    (folder / "_posts").mkdir()
    (folder / "_config.yml").write_text(json.dumps(settings))
    for post in posts:
        front = front_matter(
            layout="post", title=post.title, author=post.author, date=f"{post.date:%Y-%m-%d %H:%M:%S} +0000",
            categories=[post.category], tags=post.tags,
        )  # fmt: skip
        (folder / "_posts" / f"{post.date:%Y-%m-%d}-{post.slug}.md").write_text(
            front + markdown_text(post), encoding="utf-8"
        )
    run(folder, "jekyll", "build")
    return folder / "_site"


def _chirpy(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    """The package is somebody's whole site: its theme alone is taken, and the settings of the theme's own example."""
    npm(tools / "chirpy", "jekyll-theme-chirpy")
    package = tools / "chirpy" / "node_modules" / "jekyll-theme-chirpy"
    for name in ("_data", "_includes", "_layouts", "_sass", "_tabs", "assets"):
        shutil.copytree(package / name, folder / name)
    shutil.rmtree(folder / "assets" / "css")  # needs the theme as a gem
    shutil.copy(package / "index.html", folder)
    people = {post.author: {"name": post.author, "url": f"{url}/about/"} for post in posts}
    (folder / "_data" / "authors.yml").write_text(json.dumps(people))
    defaults = [
        {"scope": {"path": "", "type": "posts"}, "values": {"layout": "post", "comments": True, "toc": True, "permalink": "/posts/:title/"}},
        {"scope": {"path": "", "type": "tabs"}, "values": {"layout": "page", "permalink": "/:title/"}},
    ]  # fmt: skip
    settings = {
        "title": SITE, "tagline": "Notes from the quay", "description": "A weblog about the coast", "url": url, "lang": "en",
        "timezone": "UTC", "baseurl": "", "social": {"name": OWNER, "links": [f"{url}/about/"]}, "github": {"username": "ada"},
        "twitter": {"username": "ada"}, "paginate": 10, "toc": True, "collections": {"tabs": {"output": True, "sort_by": "order"}},
        "defaults": defaults, "plugins": [f"jekyll-{name}" for name in ("paginate", "redirect-from", "seo-tag", "archives", "sitemap")],
        "jekyll-archives": {
            "enabled": ["categories", "tags"], "layouts": {"category": "category", "tag": "tag"},
            "permalinks": {"tag": "/tags/:name/", "category": "/categories/:name/"},
        },
    }  # fmt: skip
    return _built_by_jekyll(folder, settings, posts)


def _nikola(theme: str, posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    program = pip(tools / "nikola", "nikola[extras]") / "nikola"
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
            front + markdown_text(post, "<!-- TEASER_END -->"), encoding="utf-8"
        )
    run(root, program, "build")
    return root / "output"


#: Themes of Sphinx for ABlog, and the packages that they come with.
ABLOG = {
    "alabaster": "ablog", "pydata_sphinx_theme": "pydata-sphinx-theme", "sphinx_book_theme": "sphinx-book-theme",
}  # fmt: skip


def _ablog(theme: str, posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    program = pip(tools / f"ablog-{theme}", "ablog", ABLOG[theme]) / "ablog"
    (folder / "posts").mkdir()
    boxes = [f"ablog/{name}.html" for name in ("postcard", "recentposts", "tagcloud", "categories")]
    if theme == "alabaster":
        boxes.insert(0, "about.html")
    (folder / "conf.py").write_text(
        f"extensions = ['ablog']\nproject = blog_title = html_title = {SITE!r}\nauthor = {OWNER!r}\nblog_baseurl = {url!r}\n"
        f"blog_feed_fulltext = True\nhtml_theme = {theme!r}\nhtml_sidebars = {{'**': {boxes!r}}}\n"
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
    programs = pip(tools / "blag", "blag")
    (package,) = programs.parent.glob("lib/python*/site-packages/blag")
    for name in ("templates", "static"):
        shutil.copytree(package / name, folder / name)
    (folder / "content").mkdir()
    (folder / "config.ini").write_text(
        f"[main]\nbase_url = {url}/\ntitle = {SITE}\ndescription = Notes from the quay\nauthor = {OWNER}\n"
    )
    for post in posts:
        head = f"title: {post.title}\ndate: {post.date:%Y-%m-%d %H:%M}\ntags: {', '.join(post.tags)}\n\n"
        (folder / "content" / f"{post.slug}.md").write_text(head + markdown_text(post), encoding="utf-8")
    run(folder, programs / "blag", "build")
    return folder / "build"


def _material(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    program = pip(tools / "material", "mkdocs-material") / "mkdocs"
    docs = folder / "docs" / "blog"
    (docs / "posts").mkdir(parents=True)
    (folder / "docs" / "index.md").write_text(f"# {SITE}\n\nNotes from the quay.\n")
    (docs / "index.md").write_text("# Blog\n")
    people = {post.author: f"a{number}" for number, post in enumerate(posts)}
    authors = {"authors": {key: {"name": name, "description": "Writer", "avatar": "https://x.example/a.png"} for name, key in people.items()}}  # fmt: skip
    (docs / ".authors.yml").write_text(json.dumps(authors))
    for post in posts:
        front = front_matter(
            date=post.date, authors=[people[post.author]], categories=[post.category], tags=post.tags
        )
        (docs / "posts" / f"{post.slug}.md").write_text(
            f"{front}# {markdown(post.title)}\n\n{markdown_text(post, '<!-- more -->')}", encoding="utf-8"
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


#: Themes of Pelican: what pip installs for them, where their templates stand below the folder of installed packages (a theme that Pelican
#: finds by its name has none), further lines of settings, and whether they print the author, the category and the time of day.
PELICAN: dict[str, tuple[str, str, str, tuple[bool, bool, bool]]] = {
    "notmyidea": ("", "", "", (True, True, True)),
    "simple": ("", "", "", (True, True, True)),
    "reflex": ("pelican-theme-reflex", "", "", (True, True, True)),
    "smallweb": ("pelican-theme-smallweb", "", "", (True, True, True)),
    "themeless": ("pelican-themeless", "", "", (True, True, True)),
    "seafoam": ("seafoam", "pelican/plugins/seafoam", "PLUGINS = ['seafoam', 'image_process', 'jinja_filters']\n", (True, True, True)),
    "bulrush": (
        "bulrush pelican-webassets", "bulrush",
        "import bulrush\nJINJA_ENVIRONMENT, JINJA_FILTERS = bulrush.ENVIRONMENT, bulrush.FILTERS\nPLUGINS = ['webassets']\n", (True, True, True),
    ),
}  # fmt: skip


def _pelican(theme: str, posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    packages, place, more, _ = PELICAN[theme]
    programs = pip(tools / f"pelican-{theme}", "pelican[markdown]", *packages.split())
    (folder / "content").mkdir()
    for post in posts:
        head = f"Title: {post.title}\nDate: {post.date:%Y-%m-%d %H:%M}\nCategory: {post.category}\n"
        head += f"Tags: {', '.join(post.tags)}\nAuthor: {post.author}\nSlug: {post.slug}\n\n"
        (folder / "content" / f"{post.slug}.md").write_text(head + markdown_text(post), encoding="utf-8")
    installed = next(programs.parent.glob("lib/python*/site-packages"))
    settings = {
        "SITENAME": SITE, "SITEURL": url, "AUTHOR": OWNER, "TIMEZONE": "UTC", "THEME": str(installed / place) if place else theme,
        "DEFAULT_LANG": "en", "DEFAULT_PAGINATION": 6, "FEED_ALL_ATOM": "feeds/all.atom.xml", "PATH": "content", "OUTPUT_PATH": "site",
    }  # fmt: skip
    lines = [f"{name} = {value!r}\n" for name, value in settings.items()]
    (folder / "pelicanconf.py").write_text("".join(lines) + more)
    run(folder, programs / "pelican", "content", "-s", "pelicanconf.py", "-q")
    return folder / "site"


def _starlight(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "starlight"
    npm(root, "astro", "@astrojs/starlight", "starlight-blog", "sharp", "node@22")
    content = root / "src" / "content" / "docs"
    for made in (content, root / "dist", root / ".astro", root / "node_modules" / ".astro"):
        shutil.rmtree(made, ignore_errors=True)
    (content / "blog").mkdir(parents=True)
    (content / "index.md").write_text(front_matter(title=SITE) + "Notes from the quay.\n")
    for post in posts:
        front = front_matter(
            title=post.title, date=post.date, authors=[{"name": post.author}], tags=post.tags
        )
        (content / "blog" / f"{post.slug}.md").write_text(front + markdown_text(post), encoding="utf-8")
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


def _vuepress(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "hope"
    npm(root, *_PACKAGES_OF_VUEPRESS)
    source = root / "src"
    shutil.rmtree(source, ignore_errors=True)
    (source / "posts").mkdir(parents=True)
    (source / ".vuepress").mkdir()
    (source / "README.md").write_text(front_matter(home=True, layout="Blog", title="Home"))
    settings = {"lang": "en-US", "title": SITE, "description": "A weblog about the coast"}
    theme = {"hostname": url, "author": {"name": OWNER}, "blog": {}, "plugins": {"blog": True}}
    (source / ".vuepress" / "config.mjs").write_text(
        "import { viteBundler } from '@vuepress/bundler-vite';\nimport { defineUserConfig } from 'vuepress';\n"
        "import { hopeTheme } from 'vuepress-theme-hope';\n"
        f"export default defineUserConfig({{ ...{json.dumps(settings)}, bundler: viteBundler(), theme: hopeTheme({json.dumps(theme)}) }});\n"
    )
    for post in posts:
        front = front_matter(
            title=post.title, author=post.author, date=post.date, category=[post.category], tag=post.tags
        )
        (source / "posts" / f"{post.slug}.md").write_text(
            front + markdown_text(post, "<!-- more -->"), encoding="utf-8"
        )
    programs = root / "node_modules" / ".bin"
    run(root, programs / "node", programs / "vuepress", "build", "src", "--clean-cache", "--clean-temp")
    return Path(shutil.copytree(source / ".vuepress" / "dist", folder / "site"))


def _ikiwiki(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    source = folder / "source"
    for name in ("posts", "tags"):
        (source / name).mkdir(parents=True)
    (source / "index.mdwn").write_text(
        '[[!inline pages="page(posts/*)" show="10" rootpage="posts" feeds=yes]]\n'
    )
    for post in posts:
        head = (
            f'[[!meta title="""{post.title}"""]]\n[[!meta author="{post.author}"]]\n'
            f'[[!meta date="{post.date:%Y-%m-%d %H:%M:%S} UTC"]]\n[[!tag {" ".join(post.tags)}]]\n\n'
        )
        text = "\n\n".join(markdown(p).replace("\\[", "&#91;") for p in post.paragraphs)
        (source / "posts" / f"{post.slug}.mdwn").write_text(f"{head}{text}\n", encoding="utf-8")
    plugins = [word for name in ("tag", "meta", "inline") for word in ("--plugin", name)]
    settings = [
        "--set",
        f"wikiname={SITE}",
        "--url",
        url,
        "--set",
        "tagbase=tags",
        "--set",
        "timezone=UTC",
        "--rss",
        "--atom",
    ]
    run(folder, "ikiwiki", *settings, *plugins, source, folder / "site")
    return folder / "site"


def _marmite(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    program = pip(tools / "marmite", "marmite") / "marmite"
    source = folder / "source"
    (source / "content").mkdir(parents=True)
    people = {
        _key(post.author): {"name": post.author, "bio": "Writes.", "avatar": "/static/avatar.png"}
        for post in posts
    }
    settings = {
        "name": SITE,
        "tagline": "Notes from the quay",
        "url": url,
        "pagination": 6,
        "authors": people,
    }
    (source / "marmite.yaml").write_text(json.dumps(settings))
    for post in posts:
        front = front_matter(
            title=post.title, slug=post.slug, date=f"{post.date:%Y-%m-%d %H:%M:%S}", authors=[_key(post.author)], tags=post.tags
        )  # fmt: skip
        (source / "content" / f"{post.slug}.md").write_text(front + markdown_text(post), encoding="utf-8")
    run(folder, program, source, folder / "site")
    return folder / "site"


#: The newest versions on npm that fit each other.
_PACKAGES_OF_VUEPRESS = (
    "vuepress@2.0.0-rc.30", "@vuepress/bundler-vite@2.0.0-rc.30", "vuepress-theme-hope@2.0.0-rc.107", "sass-embedded", "vue", "node@22",
)  # fmt: skip

BLOGS = (
    *hexo.BLOGS,
    Blog("docusaurus", _docusaurus, category=False),
    Blog("jekyll-minima", _jekyll, category=False),
    Blog("jekyll-chirpy", _chirpy),
    *(Blog(f"nikola-{theme}", partial(_nikola, theme), category=False) for theme in ("base", "bootblog4")),
    *(Blog(f"ablog-{theme}", partial(_ablog, theme), category=False, time=False) for theme in ABLOG),
    Blog("blag", _blag, author=False, category=False),
    Blog("mkdocs-material", _material, time=False),
    *(Blog(f"pelican-{theme}", partial(_pelican, theme), *about[-1]) for theme, about in PELICAN.items()),
    Blog("starlight-blog", _starlight, category=False, time=False),
    Blog("vuepress-hope", _vuepress),
    Blog("ikiwiki", _ikiwiki, category=False),
    Blog("marmite", _marmite, category=False),
    *frameworks.BLOGS,
    *older_generators.BLOGS,
    *newer_generators.BLOGS,
)

if __name__ == "__main__":
    sys.exit(main())
