"""What the archive says of a real Mezzanine (Django) with the templates that come with it.

    python -m benchmarks.mezzanine DATA/articles --tools FOLDER

DATA is as for `python -m benchmarks.generators`, and so is the table. pip installs Mezzanine 6 into FOLDER, with a Python of version 3.8 to
3.11 (`--python`), where the next run finds it. The blog has 16 articles on SQLite, and is served by Django over loopback.
Mezzanine prints how long ago a post appeared ("1 year, 7 months ago") and no category; its feed has the day and the hour of all posts.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.blog_scores import table
from benchmarks.made_blogs import CATEGORIES, HEADER, SITE, Blog, Post, compared, crawl, drawn, run
from benchmarks.plone import wait
from newsarchive import Archive

#: Beside the settings that Mezzanine writes itself. With DEBUG its robots.txt forbids everything.
SETTINGS = """
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
TIME_ZONE = "UTC"
"""
#: A program of the project, which is given a file with the posts and the host of the site.
FILL = """
import json, os, sys
from datetime import datetime
os.environ["DJANGO_SETTINGS_MODULE"] = "harbour.settings"
import django
django.setup()
from django.contrib.auth.models import User
from django.contrib.sites.models import Site
from mezzanine.blog.models import BlogCategory, BlogPost
from mezzanine.conf.models import Setting
from mezzanine.generic.models import Keyword

with open(sys.argv[1]) as file:
    told = json.load(file)
Site.objects.update(domain=sys.argv[2])
Setting.objects.update_or_create(name="SITE_TITLE", site_id=1, defaults={"value": told["site"]})
Setting.objects.update_or_create(name="SITE_TAGLINE", site_id=1, defaults={"value": "Notes from the quay"})
categories = {name: BlogCategory.objects.create(title=name) for name in told["categories"]}
for post in told["posts"]:
    first, _, last = post["author"].partition(" ")
    user, _ = User.objects.get_or_create(username=post["author"][:100], defaults={"first_name": first, "last_name": last})
    made = BlogPost(title=post["title"], slug=post["slug"], user=user, content=post["html"], status=2)
    made.publish_date = datetime.fromisoformat(post["date"])
    made.save()
    made.categories.add(categories[post["category"]])
    for tag in post["tags"]:
        made.keywords.create(keyword=Keyword.objects.get_or_create(title=tag)[0])
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with truth.jsonl")
    parser.add_argument("--tools", type=Path, required=True, help="where pip installs Mezzanine")
    parser.add_argument("--python", default=sys.executable, help="the Python for Mezzanine")
    parser.add_argument(
        "--verbose", action="store_true", help="print every field that is not as it should be"
    )
    options = parser.parse_args()
    posts = drawn(options.data, "mezzanine")
    programs = installed(options.tools.resolve(), options.python)
    with tempfile.TemporaryDirectory(prefix="mezzanine-") as folder:
        database = Path(folder) / "news.db"
        with serving(programs, Path(folder), posts) as url:
            crawl(url, database)
        with Archive(database) as archive:
            blog = Blog("Mezzanine", lambda *_: Path(), category=False)
            print(table([HEADER, compared(blog, posts, list(archive.articles()), options.verbose)]))
    return 0


def installed(tools: Path, python: str) -> Path:
    """The folder of Mezzanine's programs."""
    tools.mkdir(parents=True, exist_ok=True)
    programs = tools / "mezzanine" / "bin"
    if not (programs / "mezzanine-project").exists():
        run(tools, python, "-m", "venv", tools / "mezzanine")
        run(tools, programs / "pip", "install", "--quiet", "mezzanine==6.*", "setuptools<81")
    return programs


@contextmanager
def serving(programs: Path, folder: Path, posts: Sequence[Post]) -> Iterator[str]:
    """A Mezzanine with the posts; its address."""
    root = folder / "site"
    root.mkdir()
    run(root, programs / "mezzanine-project", "harbour", ".")
    with (root / "harbour" / "local_settings.py").open("a") as file:
        file.write(SETTINGS)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    items = [
        {"slug": p.slug, "title": p.title, "author": p.author, "date": p.date.isoformat(), "category": p.category, "tags": p.tags,
         "html": "".join(f"<p>{html.escape(text)}</p>" for text in p.paragraphs)}
        for p in posts
    ]  # fmt: skip
    (root / "told.json").write_text(json.dumps({"site": SITE, "categories": CATEGORIES, "posts": items}))
    (root / "fill.py").write_text(FILL)
    run(root, programs / "python", "manage.py", "createdb", "--noinput", "--nodata")
    run(root, programs / "python", "fill.py", "told.json", host)
    with (folder / "log").open("wb") as log:
        command = [programs / "python", "manage.py", "runserver", "--noreload", "--insecure", host]
        process = subprocess.Popen(command, cwd=root, stdout=log, stderr=log, env=os.environ)
        try:
            wait(f"http://{host}", process)
            yield f"http://{host}"
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
