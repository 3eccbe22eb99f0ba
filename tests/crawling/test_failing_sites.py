"""A server that fails, goes away or keeps us out is left after a run of failures, and the exit code says so."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from newsarchive.commands.crawl import exit_code
from newsarchive.middlewares import (
    MAX_FAILED_POSTS_IN_A_ROW,
    MAX_TIMED_OUT_POSTS_IN_A_ROW,
    MAX_TIMED_OUT_REQUESTS_IN_A_ROW,
)
from tests.crawling.test_crawl import front, post, rows
from tests.crawling.test_recrawl import due_now
from tests.support.serving import Answer, Seen, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

STORIES = [f"/story-number-{number}-of-many/" for number in range(40)]
#: More than are asked for before a site is left.
FEWER = STORIES[:24]
WALL = "<html><head><title>Just a moment...</title></head><body>captcha</body></html>"
#: Posts that may be on their way when the last failure comes in: `NEWSARCHIVE_IN_FLIGHT`.
ON_THEIR_WAY = 8
#: Quick, and with Scrapy's retries.
RETRYING = ("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0", "-s", "RETRY_TIMES=2")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer("no", 500), "the server answered 500"),
        (Answer("no", 406), "the server answered 406"),
        (Answer(WALL, 503), "the site blocks us"),
        (Answer(WALL, 200), "the site blocks us"),
    ],
    ids=["500", "406", "wall 503", "wall 200"],
)
def test_a_site_that_refuses_every_post_is_left_and_its_posts_wait(
    db: Path, answer: Answer, says: str
) -> None:
    with served({"/": front(*FEWER), **dict.fromkeys(FEWER, answer)}) as site:
        done = crawl(f"url={site.home}/", *RETRYING, db=db, fast=False)
        asked = [path for path in site.paths() if path in FEWER]
        assert done.returncode == 4, done.stderr
        assert len(asked) <= MAX_FAILED_POSTS_IN_A_ROW + ON_THEIR_WAY
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1
        assert says in errors[0]
        assert "give the same command again later" in errors[0]
        assert rows(db, "SELECT state FROM sites") == [("failing",)]
        assert rows(db, "SELECT count(*) FROM urls") == [(len(FEWER),)]
        # It has recovered: the next crawl takes all that was not fetched. A wall rests for a day first.
        site.answers |= {path: Answer(post(path)) for path in FEWER}
        due_now(db)
        again = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert again.returncode == 0, again.stderr
    assert f"{len(FEWER)} new" in again.stderr
    assert rows(db, "SELECT state FROM sites") == [("ok",)]


def test_few_posts_that_all_fail_are_4_and_some_of_them_3(db: Path) -> None:
    with served({"/": front(*STORIES[:4]), **dict.fromkeys(STORIES[:4], Answer("no", 500))}) as site:
        assert crawl(f"url={site.home}/", db=db).returncode == 4
        site.answers[STORIES[2]] = Answer(post("Three"))
        some = crawl(f"url={site.home}/", db=db)
        assert some.returncode == 3
        assert "1 new" in some.stderr
        assert "3 failed: http 500" in some.stderr
        assert crawl(f"url={site.home}/", db=db).returncode == 3  # the one that it has is left alone
        site.answers |= {path: Answer(post(path)) for path in STORIES}
        assert crawl(f"url={site.home}/", db=db).returncode == 0
    assert rows(db, "SELECT count(*) FROM articles") == [(4,)]


@pytest.mark.parametrize(
    "bad", [slice(7, 8), slice(5, 24, 3), slice(0, 9)], ids=["one", "each third", "nine in a row"]
)
def test_posts_that_fail_among_others_do_not_end_a_crawl(db: Path, bad: slice) -> None:
    table = {path: post(path) for path in FEWER} | dict.fromkeys(FEWER[bad], Answer("no", 500))
    with served({"/": front(*FEWER), **table}) as site:
        done = crawl(f"url={site.home}/", *RETRYING, db=db, fast=False)
    assert done.returncode == 3, done.stderr
    assert "error: " not in done.stderr
    assert done.stderr.count("the server answered 500") == 1  # told once; the summary counts them
    failed = len(FEWER[bad])
    assert rows(db, "SELECT count(*) FROM articles") == [(len(FEWER) - failed,)]
    assert sum(path in FEWER[bad] for path in site.paths()) == 3 * failed


@pytest.mark.parametrize("spider", ["news", "recrawl"])
def test_a_site_that_goes_away_in_mid_crawl_is_left(db: Path, spider: str) -> None:
    with served({"/": front(*STORIES), **{path: post(path) for path in STORIES}}) as site:
        if spider == "recrawl":
            crawl(f"url={site.home}/", db=db)
            due_now(db)
        gone = threading.Event()

        def watch(request: Seen) -> None:
            if request.path == STORIES[12]:
                gone.set()
            if gone.is_set():
                raise ConnectionAbortedError("the server went away")  # its thread ends without an answer

        site.watch = watch
        site.seen.clear()
        argument = [f"url={site.home}/"] if spider == "news" else []
        done = crawl(*argument, spider=spider, db=db)
        assert done.returncode == 3, done.stderr
        assert "posts in a row could not be fetched" in done.stderr
        # Twisted itself asks twice where a connection that was kept open breaks.
        assert sum(path in STORIES for path in site.paths()) < 12 + 2 * (
            MAX_FAILED_POSTS_IN_A_ROW + ON_THEIR_WAY
        )
        site.watch = lambda request: None
        assert crawl(*argument, spider=spider, db=db).returncode == 0
    assert rows(db, "SELECT count(*) FROM articles") == [(40,)]
    assert rows(db, "SELECT count(*) FROM urls WHERE fail_count > 0") == [(0,)]


#: Sends a byte a second: the answer would be whole after minutes.
DRIPPING = Answer("x" * 200, drip=1.0)
#: The time of one answer, in place of a minute, and one request after the other.
SHORT = ("-s", "DOWNLOAD_TIMEOUT=2", "-s", "DOWNLOAD_DELAY=0.05")


def test_a_site_whose_posts_drip_is_left_after_three(db: Path) -> None:
    with served({"/": front(*STORIES), **dict.fromkeys(STORIES, DRIPPING)}) as site:
        done = crawl(f"url={site.home}/", *RETRYING, *SHORT, db=db, fast=False)
        asked = [path for path in site.paths() if path in STORIES]
    assert done.returncode == 4, done.stderr
    assert "left after 3 posts in a row could not be fetched (the last: no answer in time" in done.stderr
    assert len(asked) <= MAX_TIMED_OUT_POSTS_IN_A_ROW + 1  # one may be on its way
    assert rows(db, "SELECT count(*) FROM urls") == [(40,)]


def test_a_host_whose_lists_drip_is_asked_for_few_of_them_and_for_its_posts(db: Path) -> None:
    lists = dict.fromkeys(
        ("/feed/", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml", "/sitemap.xml"), DRIPPING
    )
    with served(
        {"/": front(*STORIES[:2]), **lists, STORIES[0]: post("One"), STORIES[1]: post("Two")}
    ) as site:
        done = crawl(f"url={site.home}/", *RETRYING, *SHORT, db=db, fast=False)
        asked = [path for path in site.paths() if path in lists]
    assert done.returncode == 0, done.stderr
    assert "2 new" in done.stderr
    assert "6 requests in a row had no answer in time (DOWNLOAD_TIMEOUT)" in done.stderr
    assert len(asked) == MAX_TIMED_OUT_REQUESTS_IN_A_ROW


def test_a_wall_that_the_sites_feed_sees_through_is_no_failure(db: Path) -> None:
    def table(home: str) -> dict[str, Answer | str]:
        text = "The council agreed on Tuesday to repair the old bridge over the river before winter. " * 30
        items = "".join(
            f"<item><title>Story {n} of the bridge</title><link>{home}{path}</link>"
            f"<content:encoded>&lt;p&gt;{text}{n}&lt;/p&gt;</content:encoded></item>"
            for n, path in enumerate(FEWER)
        )
        space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        feed = f'<rss version="2.0" {space}><channel><title>Blog</title>{items}</channel></rss>'
        return {
            "/": front(*FEWER, feed="/feed/"),
            "/feed/": Answer(feed, headers={"Content-Type": "application/rss+xml"}),
            **dict.fromkeys(FEWER, Answer(WALL, 403)),
        }

    with served(table) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0, done.stderr
    assert f"{len(FEWER)} blocked" in done.stderr
    assert f"{len(FEWER)} filled" in done.stderr
    assert "left after" not in done.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(len(FEWER),)]


def test_a_page_that_is_not_there_is_missing_once_then_gone_once(db: Path) -> None:
    table = {"/": front(*STORIES[:2]), STORIES[0]: post("One"), STORIES[1]: post("Two")}
    with served(table) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers[STORIES[0]] = Answer("not here", 404)
        said = []
        for _ in range(4):
            due_now(db)
            done = crawl(spider="recrawl", db=db)
            assert done.returncode == 0, done.stderr
            assert "failed" not in done.stderr
            said.append([word for word in ("1 missing", "1 gone", "1 still gone") if word in done.stderr])
    assert said == [["1 missing"], ["1 gone"], ["1 still gone"], ["1 still gone"]]


def test_a_post_under_two_addresses_is_gone_once(db: Path) -> None:
    page = post("One").replace("<head>", f'<head><link rel="canonical" href="{STORIES[0]}">')
    with served({"/": front(*STORIES[:2]), STORIES[0]: page, STORIES[1]: page}) as site:
        crawl(f"url={site.home}/", db=db)
        assert rows(db, "SELECT count(*) FROM articles") == [(1,)]
        site.answers |= dict.fromkeys(STORIES[:2], Answer("gone", 410))
        due_now(db)
        done = crawl(spider="recrawl", db=db)
    assert ", 1 gone" in done.stderr
    assert "1 still gone" in done.stderr


@pytest.mark.parametrize(
    ("stats", "code"),
    [
        ({"new": 3}, 0),
        ({}, 0),
        ({"missing": 2}, 0),
        ({"skipped/robots.txt": 5}, 0),
        ({"new": 3, "failed/http 500": 1}, 3),
        ({"skipped/not due": 3, "failed/http 500": 1}, 3),
        ({"dropped/too short": 3, "failed/timeout": 1}, 3),
        ({"failed/http 500": 1}, 4),
        ({"skipped/other site": 1, "failed/http 500": 1}, 4),
        ({"new": 3, "site_left/a.example": "left"}, 3),
        ({"skipped/not due": 3, "failed/http 500": 9, "site_left/a.example": "left"}, 4),
        ({"site_error": "none"}, 4),
        ({"new": 3, "spider_error": "broke"}, 1),
        ({"new": 3, "failed/http 500": 1, "spider_error": "broke"}, 1),
        ({"site_error": "none", "spider_error": "broke"}, 4),
        ({"failed/http 500": 1, "database_error": "full"}, 5),
    ],
)
def test_the_exit_code_is_of_the_gravest_that_happened(stats: dict[str, object], code: int) -> None:
    assert exit_code({f"newsarchive/{key}": value for key, value in stats.items()}) == code


BROKEN = """
from newsarchive.spiders.news import NewsSpider

class Broken(NewsSpider):
    name = "broken-{place}"

    async def {place}(self, *arguments, **named):
        raise KeyError("a fault in {place}")
        yield
"""


@pytest.mark.parametrize("place", ["start", "parse_home", "parse_post", "find"])
def test_a_fault_in_a_spider_ends_with_1_and_a_line_that_says_what_failed(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "brokenspiders.py").write_text(BROKEN.format(place=place))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with served({"/": front(STORIES[0]), STORIES[0]: post("One")}) as site:
        done = crawl(
            f"url={site.home}/", "-s", "SPIDER_MODULES=brokenspiders", spider=f"broken-{place}", db=db
        )
    assert done.returncode == 1, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert f"the spider failed with KeyError: 'a fault in {place}'" in line


def test_a_damaged_database_ends_with_5_and_a_line_that_says_so(db: Path) -> None:
    with served({"/": front(*STORIES[:3]), **{story: post(story) for story in STORIES[:3]}}) as site:
        crawl(f"url={site.home}/", db=db)
        pages = rows(
            db, "SELECT pageno FROM dbstat WHERE name IN ('urls', 'ix_urls_url_key', 'uq_urls_url_key')"
        )
        size = rows(db, "PRAGMA page_size")[0][0]
        with db.open("r+b") as file:
            for (page,) in pages:
                file.seek((page - 1) * size)
                file.write(b"\x0d" + b"\xff" * (size - 1))
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 5, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "is damaged: restore a backup" in line
