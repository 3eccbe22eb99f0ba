"""Good manners, by the server's own log: Crawl-delay, the configured delay, and Retry-After are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from newsarchive.middlewares import hold
from tests.crawling.test_crawl import front, post, rows
from tests.support.serving import Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

PLAIN = {"Content-Type": "text/plain"}


def blog(robots: str = "") -> dict[str, Answer | str]:
    return {
        "/": front("/a-first-story/", "/a-second-story/"),
        "/robots.txt": Answer(robots, headers=PLAIN),
        "/a-first-story/": post("A"),
        "/a-second-story/": post("B"),
    }


def test_the_crawl_delay_of_our_group_is_kept(db: Path) -> None:
    robots = "User-agent: *\nCrawl-delay: 90\n\nUser-agent: newsarchive\nCrawl-delay: 0.4\n"
    with served(blog(robots)) as site:
        done = crawl(f"url={site.home}/", "-s", "AUTOTHROTTLE_ENABLED=1", db=db)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(2,)]
    assert site.pause() > 0.37


def test_the_configured_delay_is_kept_where_robots_asks_for_less(db: Path) -> None:
    with served(blog("User-agent: *\nCrawl-delay: 0.1\n")) as site:
        crawl(f"url={site.home}/", "-s", "DOWNLOAD_DELAY=0.4", "-s", "AUTOTHROTTLE_ENABLED=0",
              db=db, fast=False)  # fmt: skip
    assert site.pause() > 0.37


CLOSED = "User-agent: *\nCrawl-delay: 0.4\nDisallow: /closed-\n"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (Answer("<h1>Internal Server Error</h1>", 500), "answered 500"),
        (Answer("no chunk", headers={"Transfer-Encoding": "chunked"}), "gave no answer ("),
    ],
    ids=["5xx", "no answer"],
)
def test_the_last_robots_txt_is_obeyed_where_the_server_fails_to_give_one(
    db: Path, broken: Answer, why: str
) -> None:
    quick = ("-s", "RETRY_TIMES=0", "-s", "AUTOTHROTTLE_ENABLED=1")
    one, other = "/closed-for-the-summer/", "/closed-for-the-winter/"
    with served(blog(CLOSED) | {one: post("C"), other: post("D")}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers |= {
            "/robots.txt": broken,
            "/": Answer(front("/a-first-story/", "/a-second-story/", one)),
        }
        site.seen.clear()
        done = crawl(f"url={site.home}/", "recheck=1", *quick, db=db)
        assert "/a-second-story/" in site.paths()
        assert one not in site.paths()
        assert site.pause() > 0.37
        start = f"note: {site.home.removeprefix('http://')}: its robots.txt {why}"
        [said] = [line for line in done.stderr.splitlines() if line.startswith(start)]
        assert said.endswith(f": the one of {datetime.now(UTC):%Y-%m-%d} is obeyed")
        site.answers["/robots.txt"] = Answer("gone", 404)  # from now on it has none
        crawl(f"url={site.home}/", db=db)
        site.answers |= {"/robots.txt": broken, "/": Answer(front("/a-first-story/", other))}
        done = crawl(f"url={site.home}/", *quick, db=db)
        assert other in site.paths()
        assert "is obeyed" not in done.stderr


def test_pages_of_a_site_whose_robots_txt_always_failed_are_fetched_and_this_is_told(db: Path) -> None:
    with served(blog() | {"/robots.txt": Answer("broken", 503)}) as site:
        done = crawl(f"url={site.home}/", "-s", "RETRY_TIMES=0", db=db)
    said = "its robots.txt answered 503, and no earlier one is known: its pages are fetched"
    assert f"note: {site.home.removeprefix('http://')}: {said}" in done.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(2,)]


def test_a_busy_server_is_left_alone_as_long_as_it_asks(db: Path) -> None:
    table = blog()
    table["/a-first-story/"] = Answer("busy", 503, {"Retry-After": "2"})
    with served(table) as site:
        crawl(f"url={site.home}/", "-s", "RETRY_TIMES=1", "-s", "DOWNLOAD_DELAY=0.3",
              "-s", "AUTOTHROTTLE_ENABLED=0", db=db, fast=False)  # fmt: skip
        asked = [request.at for request in site.seen if request.path == "/a-first-story/"]
        others = [request.at for request in site.seen if request.path == "/a-second-story/"]
    assert len(asked) == 2
    assert asked[1] - asked[0] > 1.9
    assert others[0] - asked[0] > 1.9


def test_an_answer_that_comes_meanwhile_does_not_shorten_the_wait(db: Path) -> None:
    """The second post is asked for before the first has said that it wants to be left alone."""
    names = [f"/story-number-{i}-of-three/" for i in range(3)]
    busy = Answer("busy", 429, {"Retry-After": "3"}, wait=0.5)
    table = {"/": front(*names), **{name: post(name) for name in names}, names[0]: busy}
    with served(table) as site:
        crawl(f"url={site.home}/", "-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_DELAY=0.1",
              "-s", "AUTOTHROTTLE_ENABLED=1", "-s", "AUTOTHROTTLE_START_DELAY=0.1", db=db, fast=False)  # fmt: skip
        at = {request.path: request.at for request in site.seen}
    assert rows(db, "SELECT count(*) FROM articles") == [(2,)]
    assert at[names[2]] - at[names[0]] > 3.4


def test_the_longest_of_several_waits_counts() -> None:
    slot = SimpleNamespace(delay=0.0, lastseen=0.0)
    hold(slot, 50.0)  # type: ignore[arg-type]
    until = slot.lastseen
    hold(slot, 2.0)  # type: ignore[arg-type]
    assert slot.lastseen == until
    assert slot.delay > 0
