"""Crawls of blogs whose pages say less, or other things, than their API, feed or sitemap: from the source to the row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import wordpress_themes
from benchmarks.wordpress_themes import FORMATS, STOCK, measured
from newsarchive.core.discovery.wordpress import wp_posts_url, wp_root_url
from newsarchive.db.engine import open_existing
from newsarchive.reextract import reextract
from newsarchive.warc.files import default_folder
from tests.crawling.test_crawl import STORY, front, rows
from tests.support.serving import Answer, crawl, served
from tests.wordpress.blogs import Settings
from tests.wordpress.fixtures import require, require_theme

pytestmark = pytest.mark.slow  # crawls, servers or other processes

JSON = {"Content-Type": "application/json"}
PATHS = [f"/story-number-{number}-of-many/" for number in range(4)]
FIELDS = "date_published, date_published_source, publisher, article_section"


def page(title: str) -> str:
    """A page that says nothing of itself, and lists the newest post with its date."""
    others = "".join(
        f"<li><h3><a href='{path}'>A headline of some length for it</a></h3><time datetime='2025-05-20'>20/05/2025</time></li>"
        for path in PATHS[:2]
        if title not in path
    )
    return f"<html lang='en'><body><article><h1>{title}</h1>{STORY}</article><ul class='latest'>{others}</ul></body></html>"


def api(home: str, *, embed_status: int = 200) -> dict[str, Answer | str]:
    posts = [
        {"id": n, "link": home + path, "type": "post", "status": "publish", "title": {"rendered": f"number-{n}"},
         "date": f"2024-03-0{n}T08:00:00", "date_gmt": f"2024-03-0{n}T01:00:00", "content": {"rendered": STORY},
         "_embedded": {"author": [{"name": "Ann Lee"}], "wp:term": [[{"taxonomy": "category", "name": "World"}]]}}
        for n, path in enumerate(PATHS, 1)
    ]  # fmt: skip
    plain = [{name: value for name, value in post.items() if name != "_embedded"} for post in posts]
    root = f"{home}/wp-json/"
    embedding = (
        Answer(json.dumps(posts), embed_status, JSON)
        if embed_status == 200
        else Answer("no", embed_status, JSON)
    )
    head = '<head><link rel="https://api.w.org/" href="/wp-json/">'
    pages = {path: page(f"number-{n}") for n, path in enumerate(PATHS, 1)}
    return pages | {
        "/": front(*PATHS).replace("<head>", head),
        wp_root_url(root).removeprefix(home): Answer('{"name": "Harbour &amp; Sons"}', headers=JSON),
        wp_posts_url(root).removeprefix(home): embedding,
        wp_posts_url(root, embed=False).removeprefix(home): Answer(json.dumps(plain), headers=JSON),
    }


def test_what_the_api_says_and_reading_again_sees_the_same(db: Path) -> None:
    with served(api) as site:
        done = crawl(f"url={site.home}/", db=db)
        assert done.returncode == 0, done.stderr
        asked = [path for path in site.paths() if path.startswith("/wp-json/?")]
        assert len(asked) == 1
        assert rows(db, f"SELECT {FIELDS} FROM articles ORDER BY url") == [
            (f"2024-03-0{n}T01:00:00+00:00", "wp-json", "Harbour & Sons", "World") for n in range(1, 5)
        ]
        assert rows(db, "SELECT DISTINCT name FROM authors") == [("Ann Lee",)]
        assert rows(db, "SELECT name FROM sites") == [("Harbour & Sons",)]
        crawl(f"url={site.home}/", "recheck=1", db=db)
        assert [path for path in site.paths() if path.startswith("/wp-json/?")] == asked, (
            "it is asked for once"
        )
    before = rows(db, f"SELECT {FIELDS}, record_hash FROM articles ORDER BY url")
    engine = open_existing(f"sqlite:///{db}")
    again = reextract(engine, default_folder(str(db)), only_older_than=9999, workers=0)
    engine.dispose()
    assert (again.updated, again.failed) == (0, [])
    assert rows(db, f"SELECT {FIELDS}, record_hash FROM articles ORDER BY url") == before
    assert rows(db, "SELECT DISTINCT change_kind FROM article_revisions") == [("new",)]


@pytest.mark.parametrize("status", [403, 500])
def test_an_api_that_embeds_nothing_gives_its_posts(db: Path, status: int) -> None:
    with served(lambda home: api(home, embed_status=status)) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0, done.stderr
    found = rows(db, "SELECT date_published, publisher FROM articles ORDER BY url")
    assert found == [(f"2024-03-0{n}T01:00:00+00:00", "Harbour & Sons") for n in range(1, 5)]


def test_a_blog_without_an_api_has_its_feed_s_name_and_no_date_of_another_post(db: Path) -> None:
    def blog(home: str) -> dict[str, Answer | str]:
        item = f"<item><title>number-1</title><link>{home}{PATHS[0]}</link><pubDate>Fri, 01 Mar 2024 08:00:00 +0700</pubDate></item>"
        feed = f"<rss version='2.0'><channel><title>Harbour Post » Feed</title><link>{home}</link>{item}</channel></rss>"
        pages = {path: page(f"number-{n}") for n, path in enumerate(PATHS, 1)}
        return pages | {
            "/": front(*PATHS, feed="/feed/"),
            "/feed/": Answer(feed, headers={"Content-Type": "application/rss+xml"}),
        }

    with served(blog) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT date_published, publisher FROM articles ORDER BY url") == [
        ("2024-03-01T01:00:00+00:00", "Harbour Post"),
        (None, "Harbour Post"),
        (None, "Harbour Post"),
        (None, "Harbour Post"),
    ]


@pytest.mark.parametrize("theme", STOCK)
def test_stock_themes_of_wordpress(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything right, and nothing moved after a new post and an edit, whatever the theme prints."""
    require()
    require_theme(theme)

    def crawled(database: Path, spider: str, *words: str) -> None:
        done = crawl(*words, db=database, spider=spider)
        assert done.returncode == 0, done.stderr

    monkeypatch.setattr(wordpress_themes, "crawl", crawled)
    at = STOCK.index(theme)
    settings = Settings(
        title="Harbour Post & Sons", theme=theme, date_format=FORMATS[at % len(FORMATS)], seo=at % 2 == 0
    )
    one = measured(settings, 8)
    assert (one.found, one.moved, one.wrong) == (8, 0, [])
