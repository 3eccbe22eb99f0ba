"""What fetches a page for a person asks as a crawl does: robots.txt first, with the same user agent and contact."""

from __future__ import annotations

import gzip
import socket
import threading
from pathlib import Path

import pytest

from newsarchive import settings, version
from newsarchive.cli.fetching import MAX_DELAY_SECONDS, MAX_PAGE_BYTES, Fetcher
from newsarchive.exceptions import FetchError, ForbiddenByRobots
from tests.crawling.test_crawl import front, post
from tests.crawling.test_crawl_sites import run
from tests.support.serving import Answer, Seen, Site, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

PLAIN = {"Content-Type": "text/plain"}
POSTS = ("/a-first-story/", "/a-second-story/", "/a-third-story/")


def blog(robots: str = "") -> dict[str, Answer | str]:
    return {
        "/robots.txt": Answer(robots, headers=PLAIN),
        "/": front(*POSTS),
        **{path: post(f"Headline of {path}") for path in POSTS},
    }


COMMANDS = (
    ("extract", "{home}/a-first-story/"),
    ("explain", "{home}/a-first-story/", "--live"),
    ("sites", "add", "{home}/", "--yes"),
)


def said(words: tuple[str, ...], site: Site, db: Path) -> tuple[int, str]:
    done = run(*(word.format(home=site.home) for word in words), db=db)
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_they_say_who_we_are_as_a_crawl_does(
    db: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSARCHIVE_CONTACT", "archive@example.org")
    with served(blog()) as site:
        code, errors = said(words, site, db)
        assert code == 0, errors
        assert site.paths()[0] == "/robots.txt"
        asked = {request.headers["User-Agent"] for request in site.seen}
        languages = {request.headers["Accept-Language"] for request in site.seen if not is_robots(request)}
        site.seen.clear()
        crawl(f"url={site.home}/", "limit=1", db=db.with_name("other.db"))
        assert asked == {request.headers["User-Agent"] for request in site.seen}
        languages |= {request.headers["Accept-Language"] for request in site.seen}
    assert asked == {version.user_agent("archive@example.org")}
    assert languages == {"*"}  # "en" would get the English version of a site that has several


def is_robots(request: Seen) -> bool:
    return request.path == "/robots.txt"


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_what_robots_txt_forbids_is_not_fetched_unless_the_site_is_ones_own(
    db: Path, words: tuple[str, ...]
) -> None:
    robots = "User-agent: *\nAllow: /\n\nUser-agent: newsarchive\nDisallow: /\n"
    with served(blog(robots)) as site:
        code, errors = said(words, site, db)
        assert site.paths() == ["/robots.txt"]
        assert code == 1
        assert f"the robots.txt of {site.home} forbids us to fetch it" in errors
        assert "--ignore-robots" in errors
        code, errors = said((*words, "--ignore-robots"), site, db)
        assert code == 0, errors
        assert "/a-first-story/" in site.paths()


def test_posts_that_robots_txt_forbids_are_named_where_a_preview_has_no_other(db: Path) -> None:
    with served(blog("User-agent: *\nDisallow: /a-")) as site:
        done = run("sites", "add", site.home, "--yes", db=db)
        assert not {*POSTS} & set(site.paths())
    assert done.returncode == 2
    assert "/a-first-story/: the robots.txt of" in done.stderr


def test_a_site_is_looked_at_with_the_user_agent_that_it_is_to_be_crawled_with(db: Path) -> None:
    with served(blog()) as site:
        run("sites", "add", site.home, "--yes", "--user-agent", "paper/1", db=db)
        assert {request.headers["User-Agent"] for request in site.seen} == {"paper/1"}


@pytest.mark.parametrize("path", ["/a-first-story/", "/robots.txt"])
def test_an_answer_that_comes_byte_by_byte_is_broken_off(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsarchive.cli.fetching.MAX_ANSWER_SECONDS", 0.5)
    with served({**blog(), path: Answer("A ferry " * 1000, drip=0.2)}) as site:
        fetcher = Fetcher(named=[site.home])
        if path == "/robots.txt":
            assert fetcher._robots(f"{site.home}{path}") is None
        else:
            with pytest.raises(FetchError, match=r"did not end within 0\.5 seconds"):
                fetcher.get(f"{site.home}{path}")


def test_a_header_that_comes_twice_is_read_whole() -> None:
    """As WordPress sends `Link`: for its API, and for the short address of a post."""
    first, second = "<https://b.example/wp-json/>; rel=api", "<https://b.example/?p=1>; rel=shortlink"
    page = Answer("A", headers={"Content-Type": "text/html", "Link": first, "link": second})
    with served({**blog(), "/a-first-story/": page}) as site:
        assert (
            Fetcher(named=[site.home]).get(f"{site.home}/a-first-story/").headers["link"]
            == f"{first}, {second}"
        )


def test_the_wait_before_a_redirect_is_followed_is_no_time_of_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A site that asks for two minutes between requests, and moved its post."""
    monkeypatch.setattr("newsarchive.cli.fetching.MAX_ANSWER_SECONDS", 0.5)
    moved = Answer("gone to " * 100, 301, {"Location": "/a-second-story/"}, drip=0.01)
    with served({**blog("User-agent: *\nCrawl-delay: 1"), "/a-first-story/": moved}) as site:
        capture = Fetcher(named=[site.home]).get(f"{site.home}/a-first-story/")
    assert capture.final_url == f"{site.home}/a-second-story/"


@pytest.mark.parametrize(
    "coming", ["Content-Length: 4000\r\n\r\n<p>half", "Transfer-Encoding: chunked\r\n\r\nfff\r\n<p>half"]
)
def test_half_a_page_is_no_page(coming: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def half() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{coming}".encode())

        threading.Thread(target=half, daemon=True).start()
        home = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(FetchError, match="broke off in the middle of the page"):
            Fetcher(named=[home], ignore_robots=True).get(f"{home}/a/")


def test_a_page_that_redirects_to_itself_is_told_in_one_line() -> None:
    around = Answer(status=301, headers={"Location": "/a-first-story/"})
    with served({**blog(), "/a-first-story/": around}) as site, pytest.raises(FetchError) as raised:
        Fetcher(named=[site.home]).get(f"{site.home}/a-first-story/")
    assert "infinite loop" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_redirect_does_not_lead_past_robots_txt() -> None:
    with served(blog("User-agent: *\nDisallow: /a-second")) as site:
        site.answers["/a-first-story/"] = Answer(status=301, headers={"Location": "/a-second-story/"})
        with pytest.raises(ForbiddenByRobots, match=r"/a-second-story/: the robots\.txt"):
            Fetcher(named=[site.home]).get(f"{site.home}/a-first-story/")
        assert "/a-second-story/" not in site.paths()


@pytest.mark.parametrize(
    "robots",
    [
        Answer("no", 404), Answer("oops", 500), Answer(status=301, headers={"Location": "/robots.txt"}),
        Answer(b"\xff\xfe\x00User-agent: \x00", headers=PLAIN), Answer("<html>a page</html>"),
    ],
    ids=["404", "500", "loop", "bytes", "html"],
)  # fmt: skip
def test_a_robots_txt_that_cannot_be_read_forbids_nothing(robots: Answer) -> None:
    with served({**blog(), "/robots.txt": robots}) as site:
        assert Fetcher(named=[site.home]).get(f"{site.home}/a-first-story/").status == 200


@pytest.mark.parametrize(("asked", "kept"), [("3", 3.0), ("0.5", 0.5), ("100000", MAX_DELAY_SECONDS)])
def test_the_crawl_delay_of_robots_txt_is_kept(asked: str, kept: float) -> None:
    now, waits = [1000.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    with served(blog(f"User-agent: *\nCrawl-delay: {asked}\n")) as site:
        fetcher = Fetcher(named=[site.home], clock=lambda: now[0], sleep=sleep)
        for path in POSTS:
            fetcher.get(site.home + path)
        assert site.paths().count("/robots.txt") == 1
    assert waits == pytest.approx([kept, kept])


def test_a_page_that_cannot_be_had_is_named_with_the_cause() -> None:
    with served(blog()) as site:
        with pytest.raises(FetchError, match="/nowhere/: the server answered 404"):
            Fetcher(named=[site.home]).get(f"{site.home}/nowhere/")
        home = site.home
    with pytest.raises(FetchError, match=r"cannot be fetched: .*check the address"):
        Fetcher(named=[home]).get(f"{home}/gone/")


def test_a_page_that_comes_packed_though_nobody_asked_for_that_is_unpacked() -> None:
    packed = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    bomb = gzip.compress(bytes(MAX_PAGE_BYTES + 1))
    robots = gzip.compress(b"User-agent: *\nDisallow: /c/")
    with served(
        {
            "/robots.txt": Answer(robots, headers=packed),
            "/a/": Answer(gzip.compress(b"<p>Hello"), headers=packed),
            "/b/": Answer(bomb, headers=packed),
        }
    ) as site:
        got = Fetcher(named=[site.home]).get(f"{site.home}/a/")
        assert (got.body, "content-encoding" in got.headers) == (b"<p>Hello", False)
        with pytest.raises(FetchError, match="/b/: larger than"):
            Fetcher(named=[site.home]).get(f"{site.home}/b/")
        with pytest.raises(ForbiddenByRobots):
            Fetcher(named=[site.home]).get(f"{site.home}/c/")


def test_robots_txt_knows_us_by_one_name() -> None:
    assert settings.ROBOTSTXT_USER_AGENT == version.NAME
    assert version.user_agent("").startswith(f"{version.NAME}/")
