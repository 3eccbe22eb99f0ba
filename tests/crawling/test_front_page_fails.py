"""A front page that cannot be fetched costs the links on it alone, and a crawl is a success when its posts are fetched."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsarchive.exceptions import ALL_FAILED
from tests.crawling.test_crawl import front, post, rows
from tests.crawling.test_crawl_sites import follow
from tests.support.serving import Answer, crawl, served, started

pytestmark = pytest.mark.slow  # crawls

OLD, NEW = "/the-first-story/", "/the-second-story/"
SITE = "SELECT state, last_success_at FROM sites"


def feed(*paths: str) -> Answer:
    items = "".join(f"<item><title>A story</title><link>{path}</link></item>" for path in paths)
    link = '<rss version="2.0"><channel><title>Blog</title>'
    return Answer(f"{link}{items}</channel></rss>", headers={"Content-Type": "application/rss+xml"})


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


def test_feeds_of_earlier_crawls_give_posts_where_the_front_page_cannot_be_fetched(db: Path) -> None:
    with served(
        {"/": front(OLD, feed="/feed/"), "/feed/": feed(OLD), OLD: post("First"), NEW: post("Second")}
    ) as site:
        assert crawl(f"url={site.home}/", db=db).returncode == 0
        site.answers |= {"/": Answer("", 503), "/feed/": feed(NEW, OLD)}
        done = crawl(f"url={site.home}/", db=db)
        assert done.returncode == 0, done.stderr
        assert "1 new" in done.stderr
        assert "the server answered 503" in done.stderr
        assert "asking the sources that earlier crawls found" in done.stderr
        assert [state for state, _ in rows(db, SITE)] == ["ok"]
        site.answers["/feed/"] = Answer("", 503)
        both = crawl(f"url={site.home}/", db=db)
    assert both.returncode == ALL_FAILED, both.stderr
    assert [state for state, _ in rows(db, SITE)] == ["failing"]


def test_a_first_crawl_whose_front_page_cannot_be_fetched_fails(db: Path) -> None:
    with served({"/": Answer("", 503), "/feed/": feed(OLD), OLD: post("First")}) as site:
        follow(db, f"{site.home}/")
        for _ in range(2):
            done = crawl(f"url={site.home}/", db=db)
            assert done.returncode == ALL_FAILED
            assert done.stderr.count("the server answered 503") == 1  # no earlier crawl found another source


def test_a_crawl_of_which_no_post_could_be_fetched_is_no_success(db: Path) -> None:
    with served({"/": front(OLD, feed="/feed/"), "/feed/": feed(OLD), OLD: Answer("", 500)}) as site:
        assert crawl(f"url={site.home}/", db=db).returncode != 0
        assert rows(db, SITE) == [("failing", None)]
        site.answers[OLD] = Answer(post("First"))
        before = datetime.now(UTC)
        assert crawl(f"url={site.home}/", "recheck=1", db=db).returncode == 0
    ((state, at),) = rows(db, SITE)
    assert state == "ok"
    assert datetime.fromisoformat(at) >= before


def test_a_crawl_that_was_stopped_is_no_success(db: Path) -> None:
    posts = {f"/story-number-{n}-of-many/": Answer(post(f"Story {n}"), wait=0.2) for n in range(20)}
    with served({"/": front(*posts), **posts}) as site:
        process = started(f"url={site.home}/", db=db)

        def stop(request: Any) -> None:
            if request.path == list(posts)[4]:
                process.send_signal(signal.SIGTERM)

        site.watch = stop
        process.communicate()
    assert rows(db, SITE) == [("new", None)]
