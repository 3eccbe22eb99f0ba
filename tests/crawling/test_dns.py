"""A name server that fails, hesitates, or knows some hosts only: a word, a code, and what it does not know waits alone."""

from __future__ import annotations

import socket
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from newsarchive import demo
from newsarchive.exceptions import ALL_FAILED, SOME_FAILED
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.crawling.test_private_networks import PUBLIC, crawl
from tests.support.patched_network import FAILS, LATE
from tests.support.serving import Answer, running, served
from tests.support.serving import crawl as crawl_of_its_own

pytestmark = pytest.mark.slow  # crawls, servers or other processes

HERE = {
    f"/story-number-{i}-of-many/": post(f"Story {i}", body=STORY.replace("bridge", f"quay {i}"))
    for i in range(3)
}
#: What the name server says, one answer after the other, until the crawl is done; and settings of the crawl.
LASTING = {
    "no such name": ([FAILS], (), "no such host"),
    "no answer in time": ([LATE + PUBLIC], ("DOWNLOAD_TIMEOUT=0.5",), "no answer in time"),
}
PASSING = {
    "a slow answer": ([LATE + PUBLIC, PUBLIC], ()),
    "no answer at first": ([FAILS, FAILS, PUBLIC], ("RETRY_TIMES=2",)),
}


@pytest.mark.parametrize(("answers", "settings", "word"), LASTING.values(), ids=LASTING)
def test_a_site_without_an_address_is_one_line(
    answers: list[str], settings: tuple[str, ...], word: str, tmp_path: Path
) -> None:
    with served({"/": front(*HERE), **HERE}) as site:
        done, connected = crawl(
            site,
            tmp_path,
            "http://stranger.org/",
            "RETRY_TIMES=0",
            *settings,
            names={"stranger.org": answers},
        )
    assert done.returncode == ALL_FAILED, done.stderr
    assert connected == set()
    assert word in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def six() -> socket.socket | None:
    """A listening socket of IPv6 on this machine, where it has IPv6."""
    try:
        return socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        return None


def test_a_site_of_ipv6_is_crawled(db: Path) -> None:
    """By its address, as from a machine that has nothing but IPv6. Scrapy's own resolver knows IPv4 alone."""
    if (listening := six()) is None:
        pytest.skip("this machine has no IPv6")
    port = listening.getsockname()[1]
    listening.close()

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6

    server = Server(("::1", port), demo._Handler)
    server.pages = demo.pages(f"http://[::1]:{port}")  # type: ignore[attr-defined]
    with running(server):
        done = crawl_of_its_own(f"url=http://[::1]:{port}/", db=db)
    assert "3 new" in done.stderr, done.stderr
    assert {url.partition("/2025")[0] for (url,) in rows(db, "SELECT url FROM articles")} == {
        f"http://[::1]:{port}"
    }


@pytest.mark.parametrize(("answers", "settings"), PASSING.values(), ids=PASSING)
def test_a_name_server_that_comes_back_costs_nothing(
    answers: list[str], settings: tuple[str, ...], tmp_path: Path, db: Path
) -> None:
    with served({"/": front(*HERE), **HERE}) as site:
        done, _ = crawl(site, tmp_path, "http://stranger.org/", *settings, names={"stranger.org": answers})
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(len(HERE),)]


def test_posts_on_a_host_that_nobody_knows_wait_and_cost_no_others(tmp_path: Path, db: Path) -> None:
    away = {f"http://sister.stranger.org/away-number-{i}-of-many/": i for i in range(3)}
    posts = {url.removeprefix("http://sister.stranger.org"): post(f"Away {i}", body=STORY.replace("bridge", f"pier {i}"))
             for url, i in away.items()}  # fmt: skip
    items = "".join(f"<item><title>Away</title><link>{url}</link></item>" for url in away)
    feed = Answer(f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>')
    table = {"/": front(*HERE, feed="/feed/"), "/feed/": feed, **HERE, **posts}
    names = {"stranger.org": PUBLIC, "sister.stranger.org": FAILS}
    with served(table) as site:
        done, _ = crawl(site, tmp_path, "http://stranger.org/", "RETRY_TIMES=0", names=names)
        assert done.returncode == SOME_FAILED, done.stderr
        assert "3 failed: unknown host" in done.stderr or "failed: unknown host (3)" in done.stderr
        states = dict(rows(db, "SELECT url, state FROM urls"))  # type: ignore[arg-type]
        assert {states[url] for url in away} == {"new"}
        assert {states[f"http://stranger.org{path}"] for path in HERE} == {"ok"}
        names["sister.stranger.org"] = PUBLIC
        again, _ = crawl(site, tmp_path, "http://stranger.org/", "NEWSARCHIVE_SOURCES=feed", names=names)
    assert again.returncode == 0, again.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(len(HERE) + len(away),)]


def test_a_site_that_answered_before_is_not_called_misspelt(tmp_path: Path) -> None:
    """Of a blog that the archive has, other things are likely than of one that was typed a moment ago."""
    names: dict[str, object] = {"stranger.org": PUBLIC}
    with served({"/": front(*HERE), **HERE}) as site:
        first, _ = crawl(site, tmp_path, "http://stranger.org/", "RETRY_TIMES=0", names=names)
        assert first.returncode == 0, first.stderr
        names["stranger.org"] = FAILS
        done, _ = crawl(site, tmp_path, "http://stranger.org/", "RETRY_TIMES=0", names=names)
        assert (done.returncode, "leads nowhere any more" in done.stderr) == (ALL_FAILED, True), done.stderr
        names["stranger.org"] = PUBLIC
        site.answers["/"] = Answer("<title>This domain is here</title><p>Soon more.</p>")
        done, _ = crawl(site, tmp_path, "http://stranger.org/", "RETRY_TIMES=0", names=names)
    assert (done.returncode, "it names no posts any more" in done.stderr) == (ALL_FAILED, True), done.stderr
