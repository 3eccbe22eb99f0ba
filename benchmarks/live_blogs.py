"""What the archive says of real articles on blogs that a program serves: themes of WordPress that are not its own, and Puput on Wagtail.

    python -m benchmarks.live_blogs DATA/articles --tools FOLDER

DATA is as for `python -m benchmarks.generators`, and so is the table. npm installs the themes into FOLDER, and pip Puput, where the next run
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

from benchmarks.blog_scores import table
from benchmarks.made_blogs import HEADER, SITE, Blog, Post, compared, crawl, drawn, npm, pip, run
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


# -- Puput, a blog in Wagtail ---------------------------------------------------------------------------------

#: The settings of a project of Django with Puput, as its own documents have them.
_PUPUT = """
import os
from puput import PUPUT_APPS
BASE_DIR = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY, DEBUG, ALLOWED_HOSTS, ROOT_URLCONF = "benchmark", True, ["127.0.0.1"], "urls"
INSTALLED_APPS = ("django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.sitemaps") + PUPUT_APPS
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware", "wagtail.contrib.redirects.middleware.RedirectMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": [
    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(BASE_DIR, "blog.db")}}
STATIC_URL, MEDIA_URL, MEDIA_ROOT = "/static/", "/media/", os.path.join(BASE_DIR, "media")
LANGUAGE_CODE, TIME_ZONE, USE_TZ, DEFAULT_AUTO_FIELD = "en", "UTC", True, "django.db.models.AutoField"
WAGTAIL_SITE_NAME = "Harbour"
"""
_PUPUT_URLS = """
from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path
urlpatterns = static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT) + [path("", include("puput.urls"))]
"""
#: A program of the project, which is given a file with the posts and the port. Puput prints the account of an author, which has letters,
#: digits and underscores alone.
_FILL_PUPUT = r"""
import json, os, re, sys
from datetime import datetime
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.contrib.auth.models import User
from django.core.files.images import ImageFile
from puput.models import BlogPage, Category, CategoryEntryPage, EntryPage, Tag
from wagtail.images.models import Image
from wagtail.models import Page, Site

with open(sys.argv[1]) as file:
    told = json.load(file)
root = Page.objects.get(depth=1)
blog = root.add_child(instance=BlogPage(title=told["site"], description=told["tagline"], slug="blog"))
blog.save_revision().publish()
Site.objects.update(hostname="127.0.0.1", port=int(sys.argv[2]), root_page=blog, site_name=told["site"])
Page.objects.filter(depth=2).exclude(pk=blog.pk).delete()
for post in told["posts"]:
    user, _ = User.objects.get_or_create(username=re.sub(r"\W", "", post["author"]))
    entry = EntryPage(title=post["title"], slug=post["slug"], body=post["html"], date=datetime.fromisoformat(post["date"]), owner=user)
    if post["picture"]:
        with open(post["picture"], "rb") as file:
            entry.header_image = Image.objects.create(title="A picture", file=ImageFile(file, name=os.path.basename(post["picture"])))
    blog.add_child(instance=entry)
    category, _ = Category.objects.get_or_create(name=post["category"], slug=post["category"].lower())
    entry.entry_categories.add(CategoryEntryPage(category=category))
    entry.tags.add(*post["tags"])
    entry.save_revision().publish()
    EntryPage.objects.filter(pk=entry.pk).update(date=datetime.fromisoformat(post["date"]))
"""


@contextmanager
def _puput(posts: Sequence[Post], folder: Path, tools: Path) -> Iterator[tuple[str, Sequence[Post]]]:
    program = pip(tools / "puput", "puput") / "python"
    # Wagtail cuts the names of pictures.
    shown = [
        replace(post, picture=post.picture and f"picture{n}") for n, post in enumerate(_with_pictures(posts))
    ]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    (folder / "settings.py").write_text(_PUPUT)
    (folder / "urls.py").write_text(_PUPUT_URLS)
    (folder / "fill.py").write_text(_FILL_PUPUT)
    told = []
    for number, post in enumerate(shown):
        if post.picture:
            (folder / f"{post.picture}.png").write_bytes(png(960, 540, number))
        text = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in post.paragraphs)
        told.append(
            {"title": post.title, "slug": post.slug, "author": post.author, "date": post.date.isoformat(), "category": post.category,
             "tags": post.tags, "html": text, "picture": post.picture and f"{post.picture}.png"}
        )  # fmt: skip
    (folder / "told.json").write_text(json.dumps({"site": SITE, "tagline": TAGLINE, "posts": told}))
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
    Live(_blog("Puput"), _puput, needs_wordpress=False),
)

if __name__ == "__main__":
    sys.exit(main())
