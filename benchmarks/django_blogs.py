"""What the archive says of real articles on blogs in Django: Zinnia, CodeRed CMS (Wagtail) and django CMS with its Stories.

    python -m benchmarks.django_blogs DATA/articles --tools FOLDER

DATA is as for `python -m benchmarks.generators`, and so is the table. pip installs the programs into FOLDER, where the next run finds
them. Each blog has 16 articles on SQLite and the templates that come with it, and is served by Django over loopback. Every third post has a
picture. Zinnia's template says "Zinnia's Weblog" and its maker, which every user changes, and so do we.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.blog_scores import table
from benchmarks.made_blogs import (
    CATEGORIES,
    HEADER,
    OWNER,
    SITE,
    Blog,
    Post,
    compared,
    crawl,
    drawn,
    pip,
    run,
)
from benchmarks.plone import wait
from benchmarks.spip import png
from newsarchive import Archive

TAGLINE = "Notes from the quay"
PICTURE_EVERY = 3
#: Letters of a caption that CodeRed keeps.
MAX_CAPTION_CHARS = 255

#: The beginning of the programs that fill a site. Each is given a file with the posts, and the port.
_FILL = r"""
import json, re, sys
from datetime import datetime
import django
django.setup()
from django.contrib.auth import get_user_model
from django.core.files import File
User = get_user_model()

with open(sys.argv[1]) as file:
    told = json.load(file)
host = "127.0.0.1:" + sys.argv[2]

# Zinnia shows the first name alone, so that it is the whole name here.
def user_of(post):
    name = re.sub(r"\W", "", post["author"]).lower()
    return User.objects.get_or_create(username=name, defaults={"first_name": post["author"], "email": name + "@review.example"})[0]
"""
_SETTINGS = """
import os
BASE_DIR = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY, DEBUG, ALLOWED_HOSTS, ROOT_URLCONF, SITE_ID = "benchmark", True, ["127.0.0.1"], "urls", 1
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware", *MORE_MIDDLEWARE]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [os.path.join(BASE_DIR, "templates")], "APP_DIRS": True,
    "OPTIONS": {"context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages", "django.template.context_processors.i18n", *PROCESSORS]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(BASE_DIR, "blog.db")}}
STATIC_URL, MEDIA_URL, MEDIA_ROOT = "/static/", "/media/", os.path.join(BASE_DIR, "media")
LANGUAGE_CODE, TIME_ZONE, USE_I18N, USE_TZ, DEFAULT_AUTO_FIELD = "en", "UTC", True, True, "django.db.models.AutoField"
"""


@dataclass(frozen=True)
class Site:
    """A program: what pip installs, how its project is laid out in a folder, and the program that fills it."""

    blog: Blog
    packages: tuple[str, ...]
    lay: Callable[[Path, Path], None]
    fill: str
    settings: str = "settings"


def _project(settings: str, urls: str) -> Callable[[Path, Path], None]:
    def lay(folder: Path, programs: Path) -> None:
        (folder / "settings.py").write_text(settings + _SETTINGS)
        (folder / "urls.py").write_text(urls)

    return lay


def _zinnia(folder: Path, programs: Path) -> None:
    _project(
        """
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    "django.contrib.sites", "django.contrib.admin", "django.contrib.staticfiles", "django_comments", "mptt", "tagging", "zinnia"]
MORE_MIDDLEWARE, PROCESSORS = [], ["zinnia.context_processors.version"]
""",
        """
from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path
urlpatterns = static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT) + [path("admin/", admin.site.urls),
    path("comments/", include("django_comments.urls")), path("", include("zinnia.urls"))]
""",
    )(folder, programs)
    for urls in programs.parent.glob("lib/python*/site-packages/zinnia/urls/*.py"):
        urls.write_text(urls.read_text().replace("(?u)", ""))  # Python 3.11 refuses a flag there
    (template,) = programs.parent.glob("lib/python*/site-packages/zinnia/templates/zinnia/skeleton.html")
    text = template.read_text(encoding="utf-8").replace("Zinnia's Weblog", SITE).replace("Fantomas42", OWNER)
    own = folder / "templates" / "zinnia" / "skeleton.html"
    own.parent.mkdir(parents=True)
    own.write_text(text.replace("Just another Zinnia weblog.", TAGLINE), encoding="utf-8")


_FILL_ZINNIA = r"""
from django.contrib.sites.models import Site
from zinnia.models import Author, Category, Entry
site = Site.objects.get(pk=1)
site.domain, site.name = host, told["site"]
site.save()
for post in told["posts"]:
    day = datetime.fromisoformat(post["date"])
    entry = Entry.objects.create(title=post["title"], slug=post["slug"], content=post["html"], status=2, tags=",".join(post["tags"]),
        publication_date=day, start_publication=day)
    if post["picture"]:
        with open(post["picture"], "rb") as file:
            entry.image.save(post["picture"], File(file))
    entry.sites.add(site)
    entry.authors.add(Author.objects.get(pk=user_of(post).pk))
    entry.categories.add(Category.objects.get_or_create(title=post["category"], slug=post["category"].lower())[0])
"""


def _codered(folder: Path, programs: Path) -> None:
    run(folder, programs / "coderedcms", "start", "harbour", ".", "--sitename", SITE, "--domain", "127.0.0.1")
    with (folder / "harbour" / "settings" / "dev.py").open("a") as file:
        file.write('\nTIME_ZONE = "UTC"\nALLOWED_HOSTS = ["127.0.0.1"]\n')


_FILL_CODERED = r"""
from wagtail.images.models import Image
from wagtail.models import Page, Site
from website.models import ArticleIndexPage, ArticlePage
site = Site.objects.get()
site.port = int(sys.argv[2])
site.save()
index = ArticleIndexPage(title="News", slug="news", show_in_menus=True)
index.index_order_by = "-first_published_at"  # what it chooses by itself is no choice
index = site.root_page.add_child(instance=index)
index.save_revision().publish()
site.root_page = index
site.save()
for post in told["posts"]:
    day = datetime.fromisoformat(post["date"])
    page = ArticlePage(title=post["title"], slug=post["slug"], body=json.dumps([{"type": "text", "value": post["html"]}]),
        author=user_of(post), date_display=day.date(), caption=post["lead"])
    if post["picture"]:
        with open(post["picture"], "rb") as file:
            page.cover_image = Image.objects.create(title="A picture", file=File(file, name=post["picture"]))
    index.add_child(instance=page)
    page.save_revision().publish()
    ArticlePage.objects.filter(pk=page.pk).update(first_published_at=day, last_published_at=day)
"""


def _stories(folder: Path, programs: Path) -> None:
    _project(
        """
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    "django.contrib.sites", "django.contrib.admin", "django.contrib.sitemaps", "django.contrib.staticfiles", "cms", "menus", "treebeard",
    "sekizai", "filer", "easy_thumbnails", "parler", "taggit", "meta", "sortedm2m", "djangocms_text",
    "djangocms_stories"]
MORE_MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", "cms.middleware.user.CurrentUserMiddleware", "cms.middleware.page.CurrentPageMiddleware", "cms.middleware.toolbar.ToolbarMiddleware",
    "cms.middleware.language.LanguageCookieMiddleware"]
PROCESSORS = ["sekizai.context_processors.sekizai", "cms.context_processors.cms_settings"]
CMS_TEMPLATES, LANGUAGES, CMS_CONFIRM_VERSION4 = [("page.html", "Page")], [("en", "English")], True
META_SITE_PROTOCOL, META_USE_SITES, META_USE_OG_PROPERTIES, META_USE_TWITTER_PROPERTIES, META_USE_SCHEMAORG_PROPERTIES = "http", True, True, True, True
META_SITE_NAME, X_FRAME_OPTIONS = "The Harbour Review", "SAMEORIGIN"
THUMBNAIL_PROCESSORS = ("easy_thumbnails.processors.colorspace", "filer.thumbnail_processors.scale_and_crop_with_subject_location")
STORIES_USE_PLACEHOLDER, STORIES_AUTO_SETUP = False, False
SILENCED_SYSTEM_CHECKS = ["treebeard.E001"]
""",
        """
from cms.sitemaps import CMSSitemap
from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path
from djangocms_stories.sitemaps import StoriesSitemap
urlpatterns = static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT) + [path("admin/", admin.site.urls),
    path("sitemap.xml", sitemap, {"sitemaps": {"pages": CMSSitemap, "posts": StoriesSitemap}}), path("", include("cms.urls"))]
""",
    )(folder, programs)
    place = folder / "templates"
    place.mkdir()
    (place / "page.html").write_text(_STORIES_PAGE.replace("SITE", SITE).replace("TAGLINE", TAGLINE))
    (place / "base.html").write_text('{% extends "page.html" %}')


#: The template of a page, which a site brings along: that of the documents of django CMS, with the blocks that Stories fills.
_STORIES_PAGE = """{% load cms_tags menu_tags sekizai_tags %}<!doctype html>
<html lang="{{ LANGUAGE_CODE }}"><head><meta charset="utf-8"><title>{% block title %}{% page_attribute "page_title" %}{% endblock %} - SITE</title>
{% block meta %}{% endblock %}{% block canonical_url %}{% endblock %}{% render_block "css" %}</head>
<body>{% cms_toolbar %}<header><a href="/">SITE</a> TAGLINE<nav><ul>{% show_menu 0 100 100 100 %}</ul></nav></header>
<main>{% block content %}{% placeholder "content" %}{% endblock %}</main><footer>&copy; SITE</footer>{% render_block "js" %}</body></html>
"""
_FILL_STORIES = r"""
from cms.api import create_page
from django.db import transaction
from django.contrib.sites.models import Site
from djangocms_stories.cms_appconfig import StoriesConfig, config_defaults
from djangocms_stories.models import Post, PostCategory, PostContent
from filer.models import Image
site = Site.objects.get(pk=1)
site.domain, site.name = host, told["site"]
site.save()
owner = User.objects.create(username="owner", is_superuser=True, is_staff=True)
fields = {field.name for field in StoriesConfig._meta.get_fields()}
config = StoriesConfig.objects.create(namespace="stories", **{name: value for name, value in config_defaults.items() if name in fields})
config.app_title, config.object_name = "News", "Article"
config.save()
page = create_page(told["site"], "page.html", "en", created_by=owner, apphook="StoriesApp", apphook_namespace="stories", in_navigation=True)
with transaction.atomic():
    page.set_as_homepage()
categories = {}
for name in told["categories"]:
    made = PostCategory.objects.create(app_config=config)
    made.set_current_language("en")
    made.name, made.slug = name, name.lower()
    made.save()
    categories[name] = made
for post in told["posts"]:
    item = Post.objects.create(app_config=config, author=user_of(post), date_published=datetime.fromisoformat(post["date"]))
    if post["picture"]:
        with open(post["picture"], "rb") as file:
            item.main_image = Image.objects.create(owner=owner, original_filename=post["picture"], file=File(file, name=post["picture"]))
    item.save()
    item.categories.add(categories[post["category"]])
    item.tags.add(*post["tags"])
    PostContent.objects.create(post=item, language="en", title=post["title"], slug=post["slug"], post_text=post["html"], abstract="")
"""

SITES = (
    Site(
        Blog("zinnia", lambda *_: Path()), ("django-blog-zinnia==0.20", "Django==2.2.*", "pillow"), _zinnia, _FILL_ZINNIA
    ),
    Site(
        Blog("codered", lambda *_: Path(), category=False, time=False, tags=False), ("coderedcms==6.*",), _codered, _FILL_CODERED,
        "harbour.settings.dev",
    ),
    Site(Blog("stories", lambda *_: Path(), category=False), ("djangocms-stories==0.9.*",), _stories, _FILL_STORIES),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with truth.jsonl")
    parser.add_argument("--tools", type=Path, required=True, help="where pip installs the programs")
    parser.add_argument("--only", nargs="+", choices=[site.blog.name for site in SITES], help="these alone")
    parser.add_argument("--keep", type=Path, help="keep the archives (SQLite) in this folder")
    parser.add_argument(
        "--verbose", action="store_true", help="print every field that is not as it should be"
    )
    options = parser.parse_args()
    rows: list[Sequence[str]] = [HEADER]
    for site in SITES:
        if options.only and site.blog.name not in options.only:
            continue
        posts = with_pictures(drawn(options.data, site.blog.name))
        with tempfile.TemporaryDirectory(prefix="django-blog-") as folder:
            database = (options.keep or Path(folder)).resolve() / f"{site.blog.name}.db"
            with serving(site, Path(folder) / "site", posts, options.tools.resolve()) as url:
                crawl(url, database)
            with Archive(database) as archive:
                rows.append(compared(site.blog, posts, list(archive.articles()), options.verbose))
    print(table(rows))
    return 0


def is_led(site: Site, number: int, post: Post) -> bool:
    """Whether the first paragraph of a post stands above its text, as its caption."""
    return site.fill is _FILL_CODERED and number % 2 == 1 and len(post.paragraphs[0]) <= MAX_CAPTION_CHARS


def with_pictures(posts: Sequence[Post]) -> list[Post]:
    """Short names, because Wagtail cuts those of pictures."""
    return [replace(p, picture="" if n % PICTURE_EVERY else f"picture{n}") for n, p in enumerate(posts)]


@contextmanager
def serving(site: Site, folder: Path, posts: Sequence[Post], tools: Path) -> Iterator[str]:
    """The site with the posts; its address."""
    folder.mkdir(parents=True)
    tools.mkdir(parents=True, exist_ok=True)
    programs = pip(tools / site.blog.name, *site.packages)
    site.lay(folder, programs)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    told = []
    for number, post in enumerate(posts):
        if post.picture:
            (folder / f"{post.picture}.png").write_bytes(png(960, 540, number))
        told.append(
            {"title": post.title, "slug": post.slug, "author": post.author, "date": post.date.isoformat(), "category": post.category,
             "tags": post.tags, "lead": post.paragraphs[0] if is_led(site, number, post) else "", "picture": post.picture and f"{post.picture}.png",
             "html": "".join(f"<p>{html.escape(p)}</p>" for p in post.paragraphs[is_led(site, number, post) :])}
        )  # fmt: skip
    (folder / "told.json").write_text(json.dumps({"site": SITE, "categories": CATEGORIES, "posts": told}))
    (folder / "fill.py").write_text(_FILL + site.fill)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": site.settings, "PYTHONPATH": str(folder)}
    for command in (("-m", "django", "migrate", "--verbosity=0"), ("fill.py", "told.json", port)):
        run(
            folder,
            "env",
            *(f"{name}={environment[name]}" for name in ("DJANGO_SETTINGS_MODULE", "PYTHONPATH")),
            programs / "python",
            *command,
        )
    with (folder / "log").open("wb") as log:
        server = [
            programs / "python",
            "-m",
            "django",
            "runserver",
            "--noreload",
            "--insecure",
            f"127.0.0.1:{port}",
        ]
        process = subprocess.Popen(server, cwd=folder, stdout=log, stderr=log, env=environment)
        try:
            wait(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
