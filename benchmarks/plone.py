"""What the archive says of the news items of a real Plone, with the theme that comes with it (Barceloneta, Classic).

    python -m benchmarks.plone DATA/articles --tools FOLDER

DATA is as for `python -m benchmarks.generators`, and so is the table. pip installs Plone into FOLDER, with a Python of version 3.10
to 3.13 (`--python`), where the next run finds it (about three minutes). The site is made by Plone's own API: 16 news items in four folders,
with authors, keywords, a summary for every second one and a lead picture for the others, and the settings by which everybody sees who wrote an
item and when. It has no feeds, as Plone has none until somebody asks for them. Plone prints no time of day.
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
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import requests

from benchmarks.blog_scores import table
from benchmarks.made_blogs import CATEGORIES, HEADER, SITE, Blog, Post, compared, crawl, drawn, run
from benchmarks.spip import png, with_pictures
from newsarchive import Archive

#: Seconds that Plone may take to answer.
MAX_START_SECONDS = 120
#: pip takes an alpha of this package, with which Plone 6.2.2 does not start.
PACKAGES = ("Plone", "plone.app.layout<7")
#: A program for `zconsole run`, which has Plone's database as `app`.
FILL = """
import base64, json, sys
import transaction
from AccessControl.SecurityManagement import newSecurityManager
from AccessControl.SpecialUsers import system
from DateTime import DateTime
from plone import api
from plone.app.textfield.value import RichTextValue
from plone.namedfile.file import NamedBlobImage
from Products.CMFPlone.factory import addPloneSite
from zope.component.hooks import setSite

with open(sys.argv[-1]) as file:
    told = json.load(file)
newSecurityManager(None, system)
profiles = ["plone.app.contenttypes:default", "plonetheme.barceloneta:default"]
site = addPloneSite(app, "Plone", title=told["site"], setup_content=False, extension_ids=profiles, default_language="en", portal_timezone="UTC")
setSite(site)
for name in ("allow_anon_views_about", "display_publication_date_in_byline", "enable_sitemap"):
    api.portal.set_registry_record("plone." + name, True)
api.portal.set_registry_record("plone.site_title", told["site"])
folders = {}
for name in told["categories"]:
    folders[name] = api.content.create(site, "Folder", id=name.lower(), title=name)
    api.content.transition(folders[name], "publish")
for post in told["posts"]:
    item = api.content.create(
        folders[post["category"]], "News Item", id=post["slug"], title=post["title"], description=post["description"],
        text=RichTextValue(post["html"], "text/html", "text/x-html-safe"), subject=tuple(post["tags"]), language="en",
    )
    if post["picture"]:
        item.image = NamedBlobImage(base64.b64decode(post["picture"]), filename="picture.png")
    api.content.transition(item, "publish")
    item.setEffectiveDate(DateTime(post["date"]))
    item.creators = (post["author"],)
    item.reindexObject()
transaction.commit()
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with truth.jsonl")
    parser.add_argument("--tools", type=Path, required=True, help="where pip installs Plone")
    parser.add_argument("--python", default=sys.executable, help="the Python for Plone")
    parser.add_argument("--keep", type=Path, help="keep the archive (SQLite) in this folder")
    parser.add_argument(
        "--verbose", action="store_true", help="print every field that is not as it should be"
    )
    options = parser.parse_args()
    posts = with_pictures(drawn(options.data, "plone"))
    with tempfile.TemporaryDirectory(prefix="plone-") as folder:
        with serving(installed(options.tools.resolve(), options.python), Path(folder), posts) as url:
            database = (options.keep or Path(folder)) / "plone.db"
            crawl(url, database)
        # Plone names a picture after the item and its size.
        posts = [replace(post, picture=post.picture and f"{post.slug}/@@images/") for post in posts]
        with Archive(database) as archive:
            blog = Blog("Plone, Classic", lambda *_: Path(), time=False)
            print(table([HEADER, compared(blog, posts, list(archive.articles()), options.verbose)]))
            print(f"{archive.stats().quarantined} wait in quarantine")
    return 0


def installed(tools: Path, python: str) -> Path:
    """The folder of Plone's programs."""
    tools.mkdir(parents=True, exist_ok=True)
    programs = tools / "plone" / "bin"
    if not (programs / "runwsgi").exists():
        run(tools, python, "-m", "venv", tools / "plone")
        run(tools, programs / "pip", "install", "--quiet", *PACKAGES)
    return programs


@contextmanager
def serving(programs: Path, folder: Path, posts: Sequence[Post]) -> Iterator[str]:
    """A Plone with the posts; the address of its site."""
    root = folder / "instance"
    run(folder, programs / "mkwsgiinstance", "-d", root, "-u", "admin:admin", "-p", programs / "python")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings, server = root / "etc" / "zope.conf", root / "etc" / "zope.ini"
    before, _, rest = settings.read_text().partition("<zodb_db main>")
    storage = (
        "<zodb_db main>\n<blobstorage>\nblob-dir $INSTANCE/var/blob\n<filestorage>\npath $INSTANCE/var/Data.fs\n"
        "</filestorage>\n</blobstorage>\nmount-point /\n</zodb_db>"
    )
    settings.write_text(before + storage + rest.partition("</zodb_db>")[2])
    server.write_text(server.read_text().replace("port = 8080", f"port = {port}"))
    (folder / "fill.py").write_text(FILL)
    (folder / "told.json").write_text(json.dumps(told(posts)))
    run(folder, programs / "zconsole", "run", settings, folder / "fill.py", folder / "told.json")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([programs / "runwsgi", server], stdout=log, stderr=log, env=os.environ)
        try:
            url = f"http://127.0.0.1:{port}/Plone"
            wait(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(60)


def told(posts: Sequence[Post]) -> dict[str, object]:
    """The posts as `FILL` reads them. Every second one has its first paragraph as its summary."""
    items = []
    for number, post in enumerate(posts):
        summary, text = ("", post.paragraphs) if number % 2 else (post.paragraphs[0], post.paragraphs[1:])
        picture = base64.b64encode(png(640, 360, number)).decode() if post.picture else ""
        items.append(
            {
                "slug": post.slug, "title": post.title, "author": post.author, "date": post.date.isoformat(), "category": post.category,
                "tags": post.tags, "description": summary, "html": "".join(f"<p>{html.escape(p)}</p>" for p in text), "picture": picture,
            }
        )  # fmt: skip
    return {"site": SITE, "categories": CATEGORIES, "posts": items}


def wait(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server that was started answers. Raises `RuntimeError`."""
    end = time.monotonic() + MAX_START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(url, timeout=30).ok:
                return
        except requests.RequestException:
            time.sleep(1)
    raise RuntimeError(f"{url} did not answer")


if __name__ == "__main__":
    sys.exit(main())
