"""Two small programs that serve a blog: Flask-Blogging, and tDiary, in which each page is a day.

`python -m benchmarks.live_blogs` runs them. tDiary is the system's (Debian: `tdiary`, `ruby-rackup`) and is called as a CGI program.
"""

from __future__ import annotations

import html
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.made_blogs import OWNER, SITE, Blog, Post, markdown_text, pip
from benchmarks.plone import wait

#: The newest versions that Flask-Blogging 2.0 runs with.
_FLASK = (
    "Flask-Blogging==2.0.0.post2",
    "Flask<2.3",
    "Werkzeug<2.3",
    "SQLAlchemy<2",
    "Flask-WTF<1.2",
    "Markdown<3.2",
)
_FLASK_PROGRAM = """
import json, sys
from datetime import datetime
from flask import Flask
from flask_blogging import BloggingEngine, SQLAStorage
from flask_login import LoginManager, UserMixin
from sqlalchemy import MetaData, create_engine
with open("told.json") as file:
    told = json.load(file)
app = Flask(__name__)
app.config.update(SECRET_KEY="benchmark", BLOGGING_URL_PREFIX="/", BLOGGING_SITEURL="http://127.0.0.1:" + sys.argv[1],
    BLOGGING_SITENAME=told["site"], BLOGGING_PLUGINS=[], BLOGGING_POSTS_PER_PAGE=6)
engine, meta = create_engine("sqlite:///blog.db"), MetaData()
storage = SQLAStorage(engine, metadata=meta)
blogging = BloggingEngine(app, storage)
meta.create_all(bind=engine)
names = sorted({post["author"] for post in told["posts"]})
class User(UserMixin):
    def __init__(self, number):
        self.id = number
    def get_name(self):
        return names[int(self.id)]
LoginManager(app).user_loader(User)
blogging.user_loader(User)
for post in told["posts"]:
    day = datetime.fromisoformat(post["date"]).replace(tzinfo=None)
    storage.save_post(post["title"], post["text"], str(names.index(post["author"])), post["tags"], post_date=day, last_modified_date=day)
app.run(port=int(sys.argv[1]))
"""


@contextmanager
def flask_blogging(posts: Sequence[Post], folder: Path, tools: Path) -> Iterator[tuple[str, Sequence[Post]]]:
    told = [
        {"title": p.title, "author": p.author, "date": p.date.isoformat(), "tags": p.tags, "text": markdown_text(p)}
        for p in posts
    ]  # fmt: skip
    (folder / "told.json").write_text(json.dumps({"site": SITE, "posts": told}))
    (folder / "blog.py").write_text(_FLASK_PROGRAM)
    with _served([pip(tools / "flask-blogging", *_FLASK) / "python", "blog.py"], folder) as url:
        yield url, posts


#: Settings as in Debian's English example, but for names, and without what a visitor writes.
_TDIARY = """
@lang, @data_path, @multi_user = 'en', 'FOLDER/data/', false
@options['apply_plugin'] = true
@author_name, @author_mail, @index_page, @html_title = 'OWNER', 'owner@review.example', '/', 'SITE'
@header, @footer = "<%= navi %>\\n<h1>SITE</h1>\\n", "<%= navi %>"
@date_format, @latest_limit, @theme, @css, @style = '%Y-%m-%d', 6, 'default', '', 'tDiary'
@section_anchor, @comment_anchor = '<span class="sanchor">_</span>', '<span class="canchor">_</span>'
@show_comment, @comment_limit, @comment_limit_per_day, @show_referer, @hour_offset = true, 3, 100, false, 0
@no_referer, @only_volatile, @referer_table = [], [], []
@options['csrf_protection_method'], @options['csrf_protection_key'] = 1, ''
load_cgi_conf
"""
_CGI_SERVER = """
import os, subprocess, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
port = sys.argv[1]
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path not in ("/", "/index.rb"):
            return self.send_error(404)
        told = dict(REQUEST_METHOD="GET", QUERY_STRING=query, SCRIPT_NAME=path, HTTP_HOST="127.0.0.1:" + port, SERVER_NAME="127.0.0.1",
            SERVER_PORT=port, REQUEST_URI=self.path, GATEWAY_INTERFACE="CGI/1.1", REMOTE_ADDR="127.0.0.1", SERVER_PROTOCOL="HTTP/1.1",
            LANG="C.UTF-8", HTTP_USER_AGENT=self.headers.get("User-Agent", ""))
        done = subprocess.run(["ruby", "-rrackup", "/usr/share/tdiary/index.rb"], env=os.environ | told, stdout=subprocess.PIPE, timeout=60)
        head, _, body = done.stdout.replace(b"\\r\\n", b"\\n", 20).partition(b"\\n\\n")
        lines = [line.partition(": ") for line in head.decode().splitlines()]
        self.send_response(next((int(value.split()[0]) for name, _, value in lines if name.lower() == "status"), 200))
        for name, _, value in lines:
            if name.lower() not in ("status", "content-length"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""


@contextmanager
def tdiary(posts: Sequence[Post], folder: Path, tools: Path) -> Iterator[tuple[str, Sequence[Post]]]:
    settings = _TDIARY.replace("FOLDER", str(folder)).replace("OWNER", OWNER).replace("SITE", SITE)
    (folder / "tdiary.conf").write_text(settings)
    (folder / "server.py").write_text(_CGI_SERVER)
    months: dict[Path, list[str]] = {}
    for post in posts:
        text = "\n".join(f"<p>{html.escape(p)}</p>" for p in post.paragraphs)
        month = folder / "data" / f"{post.date:%Y}" / f"{post.date:%Y%m}.td2"
        months.setdefault(month, ["TDIARY2.01.00\n"]).append(
            f"Date: {post.date:%Y%m%d}\nTitle: \nLast-Modified: {post.date.timestamp():.0f}\nVisible: true\nFormat: tDiary\n\n"
            f"{html.escape(post.title)}\n{text}\n.\n"
        )
    for month, days in months.items():
        month.parent.mkdir(parents=True, exist_ok=True)
        month.write_text("".join(days), encoding="utf-8")
    with _served([sys.executable, "server.py"], folder) as url:
        yield url, posts


@contextmanager
def _served(command: Sequence[str | Path], folder: Path) -> Iterator[str]:
    """The address at which a program answers; the port is its last argument."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*map(str, command), port], cwd=folder, stdout=log, stderr=log, env=os.environ
        )
        try:
            wait(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


BLOGS = (
    (Blog("Flask-Blogging", lambda *_: Path(), category=False), flask_blogging),
    (Blog("tDiary", lambda *_: Path(), author=False, category=False, time=False, tags=False), tdiary),
)
