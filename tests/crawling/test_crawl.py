"""A real crawl over loopback: `scrapy crawl news` from its arguments to the rows in the database."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from newsarchive import demo
from newsarchive.fields import CRAWLED
from tests.support.serving import Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

STORY = "<p>" + "</p><p>".join(
    f"The {word} council met on Tuesday and agreed to pay for the repair of the old bridge over the river, "
    f"which has been closed to lorries since the flood of last winter and to everyone since May."
    for word in ("town", "county", "parish", "city")
) + "</p>"  # fmt: skip


def post(title: str, *, date: str = "2025-03-01T08:00:00+00:00", body: str = STORY) -> str:
    return (
        f'<html lang="en"><head><title>{title}</title><meta property="article:published_time" content="{date}"></head>'
        f'<body><article><h1>{title}</h1><div class="entry-content">{body}</div></article></body></html>'
    )


def front(*paths: str, feed: str = "") -> str:
    link = f'<link rel="alternate" type="application/rss+xml" href="{feed}">' if feed else ""
    teasers = "".join(
        f'<article><h2><a href="{p}">A headline of some length for {p}</a></h2></article>' for p in paths
    )
    return f"<html><head><title>Blog</title>{link}</head><body><main>{teasers}</main></body></html>"


def rows(db: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(db) as connection:
        return connection.execute(sql).fetchall()


def test_the_demo_blog_from_its_address_to_clean_rows(db: Path) -> None:
    with demo.served() as home:
        done = crawl(f"url={home}/", db=db)
    assert done.returncode == 0, done.stderr
    found = dict(rows(db, "SELECT headline, article_body FROM articles"))
    assert sorted(found) == [
        "Growers count the cost of April’s frost",
        "Night ferry returns to the old harbour",
        "Why this blog keeps other people’s news",
    ]
    ferry = str(found["Night ferry returns to the old harbour"]).split("\n\n")
    assert len(ferry) == 5
    assert ferry[1].startswith("“We heard the horn")
    assert "islands’ shopkeepers" in ferry[2]
    origins = rows(
        db, "SELECT o.name, o.domain FROM article_origins JOIN origins o ON o.id = origin_id ORDER BY 1"
    )
    assert origins == [
        ("Harbour Gazette", "harbourgazette.example"),
        ("Venn Valley Courier", "vennvalleycourier.example"),
    ]
    assert "3 discovered, 3 new, 0 updated, 0 unchanged" in done.stderr


def test_crawling_twice_changes_nothing_but_last_seen_at(db: Path) -> None:
    def state() -> list[tuple[object, ...]]:
        tables = "SELECT name FROM sqlite_master WHERE type='table' AND sql NOT LIKE '%VIRTUAL%'"
        counted = [str(t) for (t,) in rows(db, tables)]
        kept = [
            t
            for t in counted
            if t not in ("crawl_runs", "captures", "discoveries") and "_fts" not in t and "text_" not in t
        ]
        return [(t, *rows(db, f"SELECT count(*) FROM {t}")[0]) for t in sorted(kept)]

    with demo.served() as home:
        first = crawl(f"url={home}/", db=db)
        before, seen = state(), rows(db, "SELECT last_seen_at FROM articles ORDER BY id")
        articles = rows(
            db, "SELECT id, headline, article_body, first_seen_at, content_hash FROM articles ORDER BY id"
        )
        second = crawl(f"url={home}/", "recheck=1", db=db)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "0 new, 0 updated, 3 unchanged" in second.stderr
    assert state() == before
    assert (
        rows(db, "SELECT id, headline, article_body, first_seen_at, content_hash FROM articles ORDER BY id")
        == articles
    )
    assert all(
        new > old
        for (new,), (old,) in zip(
            rows(db, "SELECT last_seen_at FROM articles ORDER BY id"), seen, strict=True
        )
    )


def test_a_changed_post_is_an_update(db: Path) -> None:
    with served({"/": front("/one/"), "/one/": post("One")}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers["/one/"] = Answer(
            post("One", body=STORY + "<p>Correction: the bridge was closed in June, not in May.</p>")
        )
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert "0 new, 1 updated" in done.stderr
    assert "Correction" in str(rows(db, "SELECT article_body FROM articles")[0][0])


def test_a_post_that_no_list_names_any_more_is_asked_for_again(db: Path) -> None:
    """A post that its site deleted is in none of the site's lists."""
    with served({"/": front("/one/", "/two/"), "/one/": post("One"), "/two/": post("Two")}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers |= {"/": Answer(front("/one/")), "/two/": Answer("Gone", status=410)}
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert "2 discovered, 0 new, 0 updated, 1 unchanged, 1 gone" in done.stderr, done.stderr
    assert rows(db, "SELECT gone_at IS NULL FROM articles ORDER BY url") == [(1,), (0,)]


def test_a_post_that_moved_to_another_site_is_gone_where_its_old_address_leads_to_an_answer_410(
    db: Path,
) -> None:
    allowed = "NEWSARCHIVE_ALLOW_PRIVATE=127.0.0.0/8"
    with served({"/one/": post("One")}, address="127.0.0.2") as new:
        moved = Answer("", status=301, headers={"Location": f"{new.home}/one/"})
        with served({"/": front("/one/"), "/one/": moved}) as site:
            crawl(f"url={site.home}/", "-s", allowed, db=db)
            assert rows(db, "SELECT url, gone_at FROM articles") == [(f"{new.home}/one/", None)]
            new.answers["/one/"] = Answer("Gone", status=410)
            crawl(f"url={site.home}/", "recheck=1", "-s", allowed, db=db)
    assert rows(db, "SELECT gone_at IS NULL FROM articles") == [(0,)]


def test_a_recheck_since_a_day_asks_for_no_post_that_the_archive_dates_before_it(db: Path) -> None:
    pages = {"/one/": post("One"), "/two/": post("Two", date="2024-03-01T08:00:00+00:00")}
    with served({"/": front("/one/", "/two/"), **pages}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers["/"] = Answer(front("/one/"))
        site.seen.clear()
        crawl(f"url={site.home}/", "recheck=1", "since=2025-01-01", db=db)
        assert {seen.path for seen in site.seen} & set(pages) == {"/one/"}


def test_scrapys_own_feed_works_beside_the_database(db: Path, tmp_path: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", "-O", str(tmp_path / "articles.jsonl"), db=db)
    lines = [json.loads(line) for line in (tmp_path / "articles.jsonl").read_text("utf-8").splitlines()]
    assert {line["headline"] for line in lines} == {h for (h,) in rows(db, "SELECT headline FROM articles")}
    assert all(line["date_published"].endswith("+00:00") for line in lines)
    assert [list(line) for line in lines] == [[field.name for field in CRAWLED]] * len(lines)
    assert all(line["article_body"] and "capture" not in line for line in lines)


def test_what_an_unannounced_feed_says_of_a_post_is_known_before_the_sitemap_names_it(db: Path) -> None:
    xml = {"Content-Type": "application/xml"}
    with served({"/": front(), "/one/": post("One")}) as site:
        item = f"<item><title>One</title><link>{site.home}/one/</link><category>ferries</category></item>"
        urls = f"<url><loc>{site.home}/one/</loc></url>"
        site.answers |= {
            "/robots.txt": Answer(
                f"Sitemap: {site.home}/sitemap.xml", headers={"Content-Type": "text/plain"}
            ),
            "/sitemap.xml": Answer(
                f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>', headers=xml
            ),
            "/feed.xml": Answer(
                f'<rss version="2.0"><channel><title>Blog</title>{item}</channel></rss>', headers=xml
            ),
        }
        crawl(f"url={site.home}/", db=db)
    assert rows(db, "SELECT t.name FROM article_terms JOIN terms t ON t.id = term_id") == [("ferries",)]


def test_limit_and_since(db: Path) -> None:
    posts = {f"/p{i}/": post(f"Post number {i}", date=f"2025-0{i}-01T00:00:00Z") for i in range(1, 6)}
    with served({"/": front(*posts), **posts}) as site:
        assert "5 discovered, 2 new" in crawl(f"url={site.home}/", "limit=2", db=db).stderr
        done = crawl(f"url={site.home}/", "since=2025-04-01", db=db)
    assert rows(db, "SELECT headline FROM articles ORDER BY headline") == [
        ("Post number 1",), ("Post number 2",), ("Post number 4",), ("Post number 5",)
    ]  # fmt: skip
    assert "1 dropped: before since" in done.stderr  # two were known
    assert "2 skipped: not due" in done.stderr


def test_workers_give_the_same_rows(db: Path, tmp_path: Path) -> None:
    what = "SELECT headline, article_body, content_hash, word_count FROM articles ORDER BY headline"
    with demo.served() as home:
        crawl(f"url={home}/", db=db)
        pooled = crawl(f"url={home}/", "-s", "NEWSARCHIVE_WORKERS=2", db=tmp_path / "pooled.db")
    assert pooled.returncode == 0, pooled.stderr
    assert rows(tmp_path / "pooled.db", what) == rows(db, what)


def test_it_is_polite(db: Path) -> None:
    robots = Answer("User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
    table = {
        "/robots.txt": robots,
        "/": front("/a/", "/private/b/", "/c/"),
        "/a/": post("A"),
        "/c/": post("C"),
    }
    with served(table) as site:
        done = crawl(
            f"url={site.home}/", "-s", "DOWNLOAD_DELAY=0.3",
            "-s", "NEWSARCHIVE_CONTACT=archive@example.org", "-s", "AUTOTHROTTLE_ENABLED=0", db=db, fast=False,
        )  # fmt: skip
    assert site.paths()[0] == "/robots.txt"
    assert "/private/b/" not in site.paths()
    assert "1 skipped: robots.txt" in done.stderr
    assert site.pause() > 0.27
    agents = {request.headers["User-Agent"] for request in site.seen}
    assert len(agents) == 1
    assert agents.pop().startswith("newsarchive/")


def test_the_contact_stands_in_the_user_agent(db: Path) -> None:
    with served({"/": front("/a/"), "/a/": post("A")}) as site:
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_CONTACT=archive@example.org", db=db)
    assert "(+archive@example.org)" in site.seen[-1].headers["User-Agent"]
