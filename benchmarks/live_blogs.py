"""What the archive says of real articles on blogs that a program serves: themes of WordPress that are not its own, Puput and
Roost on Wagtail, Flask-Blogging and tDiary.

    python -m benchmarks.live_blogs DATA/articles --tools FOLDER

DATA is as for `python -m benchmarks.generators`, and so is the table. npm installs the themes into FOLDER, and pip the blogs in Wagtail, where the next run
finds them; WordPress itself must be there (`bash .ci/services`). Each theme is read twice: as it is installed, and with API and feeds off, so that
its pages alone speak. Every second post has comments, every third a picture.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import small_programs
from benchmarks.blog_scores import table
from benchmarks.made_blogs import CATEGORIES, HEADER, SITE, Blog, Post, compared, crawl, drawn, npm, pip, run
from benchmarks.plone import wait
from benchmarks.spip import png
from newsarchive import Archive
from tests.wordpress import blogs as wordpress
from tests.wordpress.blogs import Line, Settings
from tests.wordpress.server import THEMES, WordPress, missing

#: Themes of WordPress, with the names of their packages on npm → whether they print the picture of a post.
WORDPRESS = {"understrap": True, "undescores-for-npm": False}
PICTURE_EVERY, COMMENTS_EVERY = 3, 2
TAGLINE = "Notes from the quay"
#: What readers say below a post.
COMMENTS = ("Thank you for this, I had not known.", "I was there in March, and it rained all week long.")


@dataclass(frozen=True)
class Live:
    """A blog that a program serves: `serve(posts, folder, tools)` gives its address while it is served, and the posts as they are there."""

    blog: Blog
    serve: Callable[[Sequence[Post], Path, Path], AbstractContextManager[tuple[str, Sequence[Post]]]]
    needs_wordpress: bool = True


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with truth.jsonl")
    parser.add_argument("--tools", type=Path, required=True, help="where npm installs the themes")
    parser.add_argument(
        "--only", nargs="+", choices=[live.blog.name for live in BLOGS], help="these blogs alone"
    )
    parser.add_argument("--keep", type=Path, help="keep the archives (SQLite) in this folder")
    parser.add_argument(
        "--verbose", action="store_true", help="print every field that is not as it should be"
    )
    options = parser.parse_args()
    rows: list[Sequence[str]] = [HEADER]
    for live in BLOGS:
        if options.only and live.blog.name not in options.only:
            continue
        if live.needs_wordpress and (why := missing()):
            print(f"left out: {live.blog.name}: {why}", file=sys.stderr)
        else:
            with tempfile.TemporaryDirectory(prefix="live-blog-") as folder:
                rows.append(scored(live, options, Path(folder)))
    print(table(rows))
    return 0


def scored(live: Live, options: argparse.Namespace, folder: Path) -> tuple[str, ...]:
    database = (options.keep or folder) / f"{live.blog.name}.db"
    with live.serve(drawn(options.data, live.blog.name), folder, options.tools.resolve()) as (url, posts):
        crawl(url, database)
    with Archive(database) as archive:
        return compared(live.blog, posts, list(archive.articles()), options.verbose)


@contextmanager
def _wordpress(
    theme: str, alone: bool, posts: Sequence[Post], folder: Path, tools: Path
) -> Iterator[tuple[str, Sequence[Post]]]:
    npm(tools / "wordpress", theme)
    settings = Settings(
        title=SITE, tagline=TAGLINE, theme=theme, timezone="UTC", rest=not alone, feeds=not alone
    )
    shown = _with_pictures(posts) if WORDPRESS[theme] else posts
    with (
        _environment(**{THEMES: str(tools / "wordpress" / "node_modules")}),
        WordPress(settings) as blog,
    ):
        blog.run([_inserted(number, post) for number, post in enumerate(shown)])
        yield blog.url.rstrip("/"), shown


def _inserted(number: int, post: Post) -> dict[str, Any]:
    written = wordpress.Post(
        slug=post.slug,
        title=Line(post.title),
        lines=tuple(map(Line, post.paragraphs)),
        language="en",
        date=post.date.replace(tzinfo=None),
        author=post.author,
        categories=(post.category,),
        tags=post.tags,
        comments=COMMENTS if number % COMMENTS_EVERY else (),
    )
    content = base64.b64encode(png(640, 360, number)).decode()
    picture = {"name": f"{post.slug}.png", "content": content} if post.picture else None
    return wordpress.insertion(written) | {"picture": picture}


# -- blogs in Wagtail -----------------------------------------------------------------------------------------

#: The settings of a project of Django with Wagtail; the applications are those of the blog's own documents.
_SETTINGS = """
import os
BASE_DIR = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY, DEBUG, ALLOWED_HOSTS, ROOT_URLCONF = "benchmark", True, ["127.0.0.1"], "urls"
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.sitemaps", *APPLICATIONS]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware", "wagtail.contrib.redirects.middleware.RedirectMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": [
    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(BASE_DIR, "blog.db")}}
STATIC_URL, MEDIA_URL, MEDIA_ROOT = "/static/", "/media/", os.path.join(BASE_DIR, "media")
LANGUAGE_CODE, TIME_ZONE, USE_TZ, DEFAULT_AUTO_FIELD = "en", "UTC", True, "django.db.models.AutoField"
"""
_URLS = """
from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path
from wagtail.contrib.sitemaps.views import sitemap
urlpatterns = static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT) + [path("sitemap.xml", sitemap), path("", include("%s"))]
"""
#: The beginning of a program of the project, which is given a file with the posts and the port.
_FILL = r"""
import json, os, re, sys
from datetime import datetime
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.contrib.auth.models import User
from django.core.files.images import ImageFile
from wagtail.images.models import Image
from wagtail.models import Page, Site

with open(sys.argv[1]) as file:
    told = json.load(file)

def picture_of(post):
    if post["picture"]:
        with open(post["picture"], "rb") as file:
            return Image.objects.create(title="A picture", file=ImageFile(file, name=post["picture"]))

def make_root(page):
    made = Page.objects.get(depth=1).add_child(instance=page)
    made.save_revision().publish()
    Site.objects.update(hostname="127.0.0.1", port=int(sys.argv[2]), root_page=made, site_name=told["site"])
    Page.objects.filter(depth=2).exclude(pk=made.pk).delete()
    return made
"""


@dataclass(frozen=True)
class _Application:
    """A blog in Wagtail: what pip installs, what settings and addresses it needs, and the program that fills it."""

    package: str
    settings: str
    urls: str
    fill: str


#: Puput prints the account of an author, which has letters, digits and underscores alone.
PUPUT = _Application("puput", "from puput import PUPUT_APPS as APPLICATIONS", "puput.urls", r"""
from puput.models import BlogPage, Category, CategoryEntryPage, EntryPage
blog = make_root(BlogPage(title=told["site"], description=told["tagline"], slug="blog"))
for post in told["posts"]:
    user, _ = User.objects.get_or_create(username=re.sub(r"\W", "", post["author"]))
    day = datetime.fromisoformat(post["date"])
    entry = EntryPage(title=post["title"], slug=post["slug"], body=post["html"], date=day, owner=user, header_image=picture_of(post))
    blog.add_child(instance=entry)
    category, _ = Category.objects.get_or_create(name=post["category"], slug=post["category"].lower())
    entry.entry_categories.add(CategoryEntryPage(category=category))
    entry.tags.add(*post["tags"])
    entry.save_revision().publish()
    EntryPage.objects.filter(pk=entry.pk).update(date=day)
""")  # fmt: skip
#: Roost declares the time at which an item was published, which is that of the day on which Wagtail first showed it.
ROOST = _Application("wagtail-roost", """APPLICATIONS = ["roost", *("wagtail.contrib." + name for name in ("redirects", "routable_page", "table_block", "sitemaps")),
    "wagtail.embeds", "wagtail.sites", "wagtail.users", "wagtail.snippets", "wagtail.documents", "wagtail.images", "wagtail.admin", "wagtail",
    "wagtail.search", "modelcluster", "taggit"]
WAGTAIL_SITE_NAME = "The Harbour Review"
SILENCED_SYSTEM_CHECKS = ["treebeard.E001"]""", "wagtail.urls", r"""
from roost.models import ArticleAuthor, ArticlePage, Author, AuthorIndexPage, NewsIndexPage, SectionPage
home = make_root(NewsIndexPage(title=told["site"], slug="news"))
sections = {}
for name in told["categories"]:
    sections[name] = home.add_child(instance=SectionPage(title=name, slug=name.lower()))
for post in told["posts"]:
    user, _ = User.objects.get_or_create(username=re.sub(r"\W", "", post["author"]))
    author, _ = Author.objects.get_or_create(user=user, defaults={"display_name": post["author"]})
    day = datetime.fromisoformat(post["date"])
    body = [{"type": "paragraph", "value": post["html"]}]
    article = ArticlePage(title=post["title"], slug=post["slug"], lead=post["lead"], date=day.date(), body=json.dumps(body), image=picture_of(post))
    article.article_authors.add(ArticleAuthor(author=author))
    sections[post["category"]].add_child(instance=article)
    article.tags.add(*post["tags"])
    article.save_revision().publish()
    ArticlePage.objects.filter(pk=article.pk).update(first_published_at=day, last_published_at=day)
""")  # fmt: skip


@contextmanager
def _wagtail(
    blog: _Application, posts: Sequence[Post], folder: Path, tools: Path
) -> Iterator[tuple[str, Sequence[Post]]]:
    program = pip(tools / blog.package, blog.package) / "python"
    # Wagtail cuts the names of pictures.
    shown = [
        replace(post, picture=post.picture and f"picture{n}") for n, post in enumerate(_with_pictures(posts))
    ]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    (folder / "settings.py").write_text(f"{blog.settings}\n{_SETTINGS}")
    (folder / "urls.py").write_text(_URLS % blog.urls)
    (folder / "fill.py").write_text(_FILL + blog.fill)
    told = []
    for number, post in enumerate(shown):
        if post.picture:
            (folder / f"{post.picture}.png").write_bytes(png(960, 540, number))
        lead = post.paragraphs[0] if blog is ROOST and number % 2 else ""
        paragraphs = post.paragraphs[1:] if lead else post.paragraphs
        text = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
        told.append(
            {"title": post.title, "slug": post.slug, "author": post.author, "date": post.date.isoformat(), "category": post.category,
             "tags": post.tags, "lead": lead, "html": text, "picture": post.picture and f"{post.picture}.png"}
        )  # fmt: skip
    (folder / "told.json").write_text(
        json.dumps({"site": SITE, "tagline": TAGLINE, "categories": CATEGORIES, "posts": told})
    )
    with _environment(DJANGO_SETTINGS_MODULE="settings", PYTHONPATH=str(folder)):
        run(folder, program, "-m", "django", "migrate", "--verbosity=0")
        run(folder, program, "fill.py", "told.json", port)
        command = [program, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"]
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
        )
    try:
        wait(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", shown
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Other variables for the programs that are started meanwhile."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _with_pictures(posts: Sequence[Post]) -> list[Post]:
    return [
        replace(post, picture="" if number % PICTURE_EVERY else post.slug)
        for number, post in enumerate(posts)
    ]


def _blog(name: str, **printed: bool) -> Blog:
    return Blog(name, lambda *_: Path(), **printed)


BLOGS = (
    *(
        Live(_blog(f"{theme}{', pages alone' if alone else ''}"), partial(_wordpress, theme, alone))
        for theme in WORDPRESS
        for alone in (False, True)
    ),
    Live(_blog("Puput"), partial(_wagtail, PUPUT), needs_wordpress=False),
    Live(_blog("Roost"), partial(_wagtail, ROOST), needs_wordpress=False),
    *(Live(blog, serve, needs_wordpress=False) for blog, serve in small_programs.BLOGS),
)

if __name__ == "__main__":
    sys.exit(main())
