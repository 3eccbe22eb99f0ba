"""Recrawling over loopback: conditional requests, edits, deletions."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsarchive.exceptions import ALL_FAILED
from tests.cli.test_cli import run
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support.serving import HTML, Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes


def due_now(db: Path) -> None:
    """Every look was long ago."""
    rows(
        db,
        "UPDATE urls SET next_check_at = '2000-01-01 00:00:00.000000', last_checked_at = '1999-12-31 00:00:00.000000'",
    )


def tagged(title: str, tag: str, body: str = STORY) -> Answer:
    return Answer(post(title, body=body), headers={"Content-Type": HTML, "ETag": tag})


def test_validators_are_sent_and_304_costs_no_revision(db: Path) -> None:
    with served({"/": front("/a-first-story/"), "/a-first-story/": tagged("A", '"v1"')}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers["/a-first-story/"] = Answer(status=304)
        before = rows(db, "SELECT last_seen_at FROM articles")
        assert "1 skipped: not due" in crawl(f"url={site.home}/", db=db).stderr
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
        sent = [r.headers.get("If-None-Match") for r in site.seen if r.path == "/a-first-story/"]
    assert sent == [None, '"v1"']
    assert "1 unchanged, 1 not modified" in done.stderr
    assert rows(db, "SELECT count(*) FROM article_revisions") == [(1,)]
    assert rows(db, "SELECT last_seen_at FROM articles") > before


def test_a_304_that_nobody_asked_for_is_a_failure_and_the_post_waits(db: Path) -> None:
    """A broken cache says that nothing changed, of a post that the archive never had."""
    new = "/a-first-story/"
    with served({"/": front(new), new: Answer(status=304)}) as site:
        done = crawl(f"url={site.home}/", db=db)
        assert "0 unchanged, 1 failed: http 304" in done.stderr
        assert done.returncode == ALL_FAILED
        assert rows(db, "SELECT state, reason FROM urls") == [("new", "http 304")]
        site.answers[new] = Answer(post("A"))
        assert "1 new" in crawl(f"url={site.home}/", db=db).stderr


def test_recrawl_fetches_what_is_due_and_nothing_else(db: Path) -> None:
    table = {
        "/": front("/a-first-story/", "/a-second-story/"),
        "/a-first-story/": post("A"),
        "/a-second-story/": post("B"),
    }
    with served(table) as site:
        crawl(f"url={site.home}/", db=db)
        fetched = len(site.seen)
        assert "0 discovered" in crawl(spider="recrawl", db=db).stderr
        assert len(site.seen) == fetched
        due_now(db)
        site.answers["/a-second-story/"] = Answer(
            post("B", body=STORY + "<p>Correction: it was in June, not in May, says the council.</p>")
        )
        done = crawl(spider="recrawl", db=db)
    assert "2 discovered, 0 new, 1 updated, 1 unchanged" in done.stderr
    assert rows(db, "SELECT version, change_kind FROM article_revisions ORDER BY id") == [
        (1, "new"),
        (1, "new"),
        (2, "publisher"),
    ]


@pytest.mark.parametrize(
    ("answer", "looks"),
    [(Answer("gone", 410), 1), (Answer("gone", 404), 2), (Answer("", 301, {"Location": "/"}), 2)],
    ids=["410", "404", "leads to the front page"],
)
def test_a_deleted_post_keeps_its_text_and_comes_back(db: Path, answer: Answer, looks: int) -> None:
    with served({"/": front("/a-first-story/"), "/a-first-story/": post("A")}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers["/a-first-story/"] = answer
        for look in range(looks):
            assert rows(db, "SELECT gone_at FROM articles") == [(None,)], look
            due_now(db)
            done = crawl(spider="recrawl", db=db)
        assert "1 gone" in done.stderr
        ((gone_at,),) = rows(db, "SELECT gone_at FROM articles")
        assert gone_at is not None
        site.answers["/a-first-story/"] = Answer(post("A"))
        due_now(db)
        crawl(spider="recrawl", db=db)
    assert rows(db, "SELECT gone_at FROM articles") == [(None,)]
    assert rows(db, "SELECT count(*) FROM article_revisions") == [(1,)]


def test_a_post_that_leads_to_a_login_at_the_front_page_is_not_taken_for_deleted(db: Path) -> None:
    login = "<title>Welcome</title><form><input name=user><input type=password name=word></form>"
    with served({"/": front("/a-first-story/"), "/a-first-story/": post("A")}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers |= {"/": Answer(login), "/a-first-story/": Answer("", 302, {"Location": "/"})}
        due_now(db)
        assert "1 dropped: login page" in crawl(spider="recrawl", db=db).stderr


@pytest.mark.parametrize(
    "page",
    [
        Answer(post("A"), headers={"Content-Type": HTML, "X-Robots-Tag": "noarchive"}),
        Answer(
            post("A"),
            headers={"Content-Type": HTML, "X-Robots-Tag": "googlebot: noindex", "x-robots-tag": "noarchive"},
        ),
        Answer(post("A").replace("<head>", '<head><meta name="robots" content="noarchive">')),
    ],
)
def test_noarchive_is_honoured_unless_told_otherwise(db: Path, page: Answer) -> None:
    with served({"/": front("/a-first-story/"), "/a-first-story/": page}) as site:
        done = crawl(f"url={site.home}/", db=db)
        assert rows(db, "SELECT count(*) FROM articles") == [(0,)]
        assert "dropped: noarchive" in done.stderr
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_HONOUR_NOARCHIVE=0", db=db)
    assert rows(db, "SELECT count(*) FROM articles") == [(1,)]


def test_a_dry_run_lists_what_would_be_fetched_and_writes_nothing(db: Path) -> None:
    with served({"/": front("/a-first-story/"), "/a-first-story/": post("A")}) as site:
        done = crawl(f"url={site.home}/", "dry_run=1", db=db)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{site.home}/a-first-story/\tlink\t")
    assert "/a-first-story/" not in site.paths()
    assert list(db.parent.iterdir()) == []


def test_a_moved_post_keeps_its_history(db: Path) -> None:
    with served({"/": front("/a-first-story/"), "/a-first-story/": post("A")}) as site:
        crawl(f"url={site.home}/", db=db)
        canonical = f'<head><link rel="canonical" href="{site.home}/a-first-story/">'
        moved = post(
            "A", body=STORY + "<p>The paper has moved to another address since this was written.</p>"
        )
        site.answers["/a-first-story/"] = Answer(status=301, headers={"Location": "/the-new-place/"})
        site.answers["/the-new-place/"] = Answer(moved.replace("<head>", canonical))
        due_now(db)
        crawl(spider="recrawl", db=db)
    assert rows(db, "SELECT version, article_id FROM article_revisions ORDER BY id") == [(1, 1), (2, 1)]


@pytest.mark.parametrize("comes_first", ["post", "view"])
def test_a_page_for_printing_is_fetched_once_and_not_at_each_crawl(db: Path, comes_first: str) -> None:
    """It names the post's address as its own, so that what it says of the post is set aside. One that was read before the post
    is an article of its own, because a stranger's page may do the same."""
    post_at, view_at = "/a-first-story/", "/a-first-story-in-print/"
    with served({"/": front(post_at if comes_first == "post" else view_at), post_at: post("A")}) as site:
        canonical = f'<head><link rel="canonical" href="{site.home}{post_at}">'
        printed = post("A", body=f"<p>This is how the paper prints what it has published.</p>{STORY}")
        site.answers[view_at] = Answer(printed.replace("<head>", canonical))
        crawl(f"url={site.home}/", db=db)
        site.answers["/"] = Answer(front(post_at, view_at))
        crawl(f"url={site.home}/", db=db)
        assert site.paths().count(view_at) == 1
        assert rows(db, "SELECT DISTINCT state, reason FROM urls") == [("ok", "")]
        done = crawl(f"url={site.home}/", db=db)
        assert "2 skipped: not due" in done.stderr
        due_now(db)
        crawl(spider="recrawl", db=db)
        assert site.paths().count(view_at) == 2
        assert crawl(spider="recrawl", db=db).returncode == 0
        assert site.paths().count(view_at) == 2
    bodies = dict(rows(db, "SELECT url, article_body FROM articles"))
    assert len(bodies) == (1 if comes_first == "post" else 2)
    assert "how the paper prints" not in bodies[site.home + post_at]
    assert rows(db, "SELECT count(*) FROM article_revisions") == [(len(bodies),)]


def test_pages_that_are_no_posts_are_refused_with_a_reason_and_keep_their_bytes(db: Path) -> None:
    """Neither `reextract` nor an archive that is made of the WARC files takes them for articles."""
    said = "This content is password protected. To view it please enter your password below:"
    locked = f'<form class="post-password-form"><p>{said}</p></form>'
    table = {
        "/": front("/a-first-story/", "/a-locked-story/"),
        "/a-first-story/": post("A"),
        "/a-locked-story/": post("B", body=locked),
    }
    with served(table) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert "dropped: protected" in done.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(1,)]
    assert rows(db, "SELECT state, reason FROM urls WHERE url LIKE '%locked%'") == [("skipped", "protected")]
    assert rows(db, "SELECT count(*) FROM captures") == [(2,)]
    again = run("reextract", "--workers", "0", "--only-older-than", "9999", "--db", str(db))
    assert "2 read: 0 new, 0 updated, 1 unchanged" in again.stderr
    (file,) = (db.parent / f"{db.stem}-warc").glob("*.warc.gz")
    told = crawl(f"path={file}", spider="warc", db=db.parent / "other.db").stderr
    assert "1 new, 0 updated, 0 unchanged, 1 dropped: protected" in told


def test_a_block_is_reported_and_the_stored_post_stays_in_the_round(db: Path) -> None:
    captcha = Answer("<html><head><title>Just a moment...</title></head><body>captcha</body></html>", 403)
    table = {"/": front("/a-first-story/", "/a-second-story/"), "/a-first-story/": post("A")}
    with served({**table, "/a-second-story/": captcha}) as site:
        done = crawl(f"url={site.home}/", db=db)
        assert "failed: blocked" in done.stderr
        assert "the site blocks us" in done.stderr
        assert rows(db, "SELECT state FROM urls ORDER BY url") == [("ok",), ("blocked",)]
        site.answers["/a-first-story/"] = captcha
        due_now(db)
        crawl(spider="recrawl", db=db)
    found = rows(db, "SELECT state, fail_count, next_check_at > '2001' FROM urls WHERE url LIKE '%first%'")
    assert found == [("ok", 1, 1)]
    assert rows(db, "SELECT gone_at FROM articles") == [(None,)]


def test_a_front_page_that_keeps_us_out_may_have_a_feed_that_does_not(db: Path) -> None:
    def table(home: str) -> dict[str, Answer | str]:
        items = f"<item><title>A</title><link>{home}/a-first-story/</link></item>"
        feed = f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
        return {
            "/": Answer("no robots here", 403),
            "/feed/": Answer(feed, headers={"Content-Type": "application/rss+xml"}),
            "/a-first-story/": post("A"),
        }

    with served(table) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0, done.stderr
    assert "the site blocks us (http 403)" in done.stderr
    assert rows(db, "SELECT url FROM articles") == [(f"{site.home}/a-first-story/",)]


def test_a_post_that_the_feed_has_lost_is_looked_at_and_the_others_rest(db: Path) -> None:
    paths = [f"/story-number-{day}/" for day in range(1, 9)]

    def feed(home: str, named: list[str]) -> Answer:
        items = "".join(
            f"<item><title>Story {path}</title><link>{home}{path}</link><pubDate>{path[-2]} Mar 2025 08:00:00 GMT</pubDate></item>"
            for path in named
        )
        rss = f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
        return Answer(rss, headers={"Content-Type": "application/rss+xml"})

    pages = {path: post(f"Story {path}", date=f"2025-03-0{path[-2]}T08:00:00+00:00") for path in paths}
    with served({"/": front(feed="/feed/"), "/feed/": "", **pages}) as site:
        site.answers["/feed/"] = feed(site.home, paths)
        assert "8 new" in crawl(f"url={site.home}/", db=db).stderr
        yesterday = "last_checked_at = '2025-04-01 00:00:00.000000'"
        rows(db, f"UPDATE urls SET next_check_at = '2099-01-01 00:00:00.000000', {yesterday}")
        site.answers["/feed/"] = feed(site.home, [path for path in paths if path != paths[3]])
        site.answers[paths[3]] = Answer("gone", 410)
        crawl(f"url={site.home}/", db=db)
        before = len(site.paths())
        done = crawl(spider="recrawl", db=db)
        assert [path for path in site.paths()[before:] if path in paths] == [paths[3]]
    assert ", 1 gone" in done.stderr
    assert rows(db, "SELECT count(*) FROM articles WHERE gone_at IS NOT NULL") == [(1,)]
