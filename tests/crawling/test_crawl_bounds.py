"""What a site may ask of a crawl, and for how long a crawl goes on where nothing comes of it."""

from __future__ import annotations

import json
from collections import deque
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import Response, TextResponse
from scrapy.utils.test import get_crawler
from twisted.internet.defer import Deferred

from newsarchive import middlewares
from newsarchive.core.discovery import wordpress
from newsarchive.core.discovery.pagination import MAX_BARREN_PAGES
from newsarchive.crawling.failures import AskedToWait
from newsarchive.crawling.stats import Detail, sentences
from newsarchive.items import Link
from newsarchive.middlewares import DelayMiddleware
from newsarchive.spiders.discovery import MAX_FAILED_SITEMAPS_IN_A_ROW, MAX_INDEXES_IN_A_ROW
from newsarchive.spiders.news import NewsSpider
from tests.crawling.test_crawl import front, post, rows
from tests.support.serving import Answer, crawl, served

HOST = "https://blog.example"


def delay_middleware() -> tuple[DelayMiddleware, SimpleNamespace]:
    """The middleware in a crawl whose slot sends a request a second, with a cap of 60 seconds for either wait."""
    caps = {"NEWSARCHIVE_MAX_CRAWL_DELAY": 60, "NEWSARCHIVE_MAX_RETRY_AFTER": 60, "ROBOTSTXT_OBEY": True}
    crawler, slot = (
        get_crawler(settings_dict=caps),
        SimpleNamespace(delay=1.0, jitter=0.0, lastseen=0.0, queue=deque()),
    )
    crawler.engine = SimpleNamespace(downloader=SimpleNamespace(slots={"blog.example": slot}))  # type: ignore[assignment]
    return DelayMiddleware(crawler), slot


@pytest.mark.parametrize(
    ("asked", "delay", "told"),
    [
        ("10", 10, False), ("60", 60, False), ("61", 60, True), ("1000000000", 60, True), ("9" * 300, 60, True), ("0", 1, False),
        *((word, 1, False) for word in ("-5", "nan", "inf", "-inf", "1e400", "", "soon", "1,5", "0x10", "٣s")),
    ],
)  # fmt: skip
def test_crawl_delay(asked: str, delay: float, told: bool) -> None:
    middleware, slot = delay_middleware()
    request = Request(f"{HOST}/robots.txt", meta={"download_slot": "blog.example"})
    robots = TextResponse(request.url, body=f"User-agent: *\nCrawl-delay: {asked}\n".encode())
    middleware.process_response(request, robots)
    assert slot.delay == delay
    assert ("asks for" in str(sentences(middleware.crawler.stats.get_stats(), Detail.BOUND))) is told


def test_a_robots_txt_without_an_answer_is_told_once_where_the_pages_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    middleware, _ = delay_middleware()
    middleware.process_exception(Request(f"{HOST}/robots.txt"), DownloadTimeoutError())
    assert not caplog.records  # nobody knows yet whether the host answers at all
    for path in ("/", "/post/"):
        middleware.process_response(Request(HOST + path), TextResponse(HOST + path))
    (record,) = caplog.records
    assert record.getMessage().startswith("blog.example: its robots.txt gave no answer (no answer in time")


@pytest.mark.parametrize(
    ("asked", "wait", "told"),
    [
        ("3", 3, False), ("61", 60, True), ("1000000000", 60, True), ("9" * 300, 60, True),
        ("Fri, 01 Jan 2199 00:00:00 GMT", 60, True), ("Fri, 01 Jan 1999 00:00:00 GMT", 0, False),
        *((word, 0, False) for word in ("0", "-5", "nan", "inf", "1e9", "", "soon", "Fri, 99 Foo 99999 99:99:99 GMT", "\xff")),
    ],
)  # fmt: skip
def test_retry_after(asked: str, wait: float, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middlewares.time, "monotonic", float)
    middleware, slot = delay_middleware()
    request = Request(f"{HOST}/post/", meta={"download_slot": "blog.example"})
    busy = Response(request.url, status=503, headers={"Retry-After": asked.encode("latin-1")})
    middleware.process_response(request, busy)
    assert (slot.lastseen, slot.delay) == (wait, 1.0)
    assert ("asks for a wait" in str(sentences(middleware.crawler.stats.get_stats(), Detail.BOUND))) is told


@pytest.mark.parametrize(
    ("asked", "answers", "left"),
    [
        ("3600", [(0, 503), (61, 503)], True),
        ("3600", [(0, 503), (1, 503)], False),  # was under way when the first one came
        ("3600", [(0, 503), (61, 200), (62, 503)], False),
        ("40", [(0, 429), (41, 429), (82, 429)], True),
        ("40", [(0, 429), (41, 429)], False),
    ],
)
def test_a_host_that_asks_for_too_long_a_wait_once_more_is_left(
    asked: str, answers: list[tuple[float, int]], left: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    middleware, slot = delay_middleware()
    request = Request(f"{HOST}/post/", meta={"download_slot": "blog.example"})
    waiting: Deferred[None] = Deferred()
    slot.queue = deque([(request, waiting)])
    waiting.addErrback(lambda failure: None)
    for at, status in answers:
        monkeypatch.setattr(middlewares.time, "monotonic", lambda at=at: float(at))
        middleware.process_response(
            request, Response(request.url, status=status, headers={"Retry-After": asked})
        )
    assert waiting.called is left
    with pytest.raises(AskedToWait) if left else nullcontext():
        middleware.process_request(request)
    middleware.process_request(Request("https://other.example/"))


#: Settings for at most one request at a time, and ten of them a second.
SLOW = ("-s", "DOWNLOAD_DELAY=0.1", "-s", "AUTOTHROTTLE_ENABLED=0")


@pytest.mark.slow
def test_a_site_that_wants_to_be_left_alone_for_long_does_not_hold_up_the_others(db: Path) -> None:
    names = [f"/story-number-{number}-of-many/" for number in range(20)]
    busy = Answer("busy", 503, {"Retry-After": "3600"})
    with served({"/": front(*names), **dict.fromkeys(names, busy)}) as site:
        done = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_MAX_RETRY_AFTER=1", *SLOW, db=db, fast=False)
    assert done.returncode == 4, done.stderr
    assert "asks for a longer wait than a crawl has (crawl.max_retry_after): try again later" in done.stderr
    assert "20 waiting" in done.stderr
    assert sum(request.path in names for request in site.seen) < 9 + 2  # those under way, and two more
    assert rows(db, "SELECT DISTINCT state, reason FROM urls") == [("new", "")]


GOOD = [f"/a-good-story-number-{number}/" for number in range(4)]
#: Addresses at which nothing is.
MADE_UP = [f"/2024/05/a-story-that-was-made-up-{number}/" for number in range(300)]


def bad_sitemap(home: str) -> dict[str, Answer | str]:
    """A blog whose sitemap, a text of 300 lines, leads nowhere."""
    text = "\n".join(home + path for path in [*MADE_UP, GOOD[3]])
    plain = {"Content-Type": "text/plain"}
    pages: dict[str, Answer | str] = {path: post(path) for path in GOOD}
    return {"/": front(*GOOD[:3]), "/sitemap.xml": Answer(text, headers=plain), **pages}


def test_posts_of_long_lists_come_after_all_others() -> None:
    spider = NewsSpider.from_crawler(get_crawler(), url=HOST)
    places = {
        source: spider.request(Link(f"{HOST}/post/", source), None).priority
        for source in ("wp-json", "feed", "link", "sitemap", "frontier")
    }
    assert places == {"wp-json": 0, "feed": 0, "link": 0, "sitemap": -1, "frontier": -1}


@pytest.mark.slow
def test_a_list_of_addresses_that_were_made_up_is_left(db: Path) -> None:
    few = ("-s", "NEWSARCHIVE_MAX_BARREN_POSTS=20", "-s", "NEWSARCHIVE_IN_FLIGHT=4")
    with served(bad_sitemap) as site:
        done = crawl(f"url={site.home}/", *few, db=db)
        asked = set(site.paths()) & set(MADE_UP)
        assert done.returncode == 0, done.stderr
        assert 20 <= len(asked) <= 20 + 16  # so many requests are on their way at once
        assert "20 posts in a row from one source (sitemap) were no articles" in done.stderr
        assert rows(db, "SELECT count(*) FROM articles") == [(3,)]
        site.seen.clear()
        again = crawl(f"url={site.home}/", *few, db=db)  # the next crawl goes on with the list
        assert len(set(site.paths()) & set(MADE_UP) - asked) >= 20, again.stderr


@pytest.mark.slow
def test_a_calendar_without_end_is_left_after_posts_that_are_none(db: Path) -> None:
    def month(number: int) -> Answer:
        days = [f"/2024/05/a-day-of-month-{number}-number-{day}/" for day in range(5)]
        page = front(*days).replace(
            "</main>", f'</main><a rel="next" href="/calendar/{number + 1}/">Older</a>'
        )
        return Answer(page, wait=0.02)

    calendar = {f"/calendar/{number}/": month(number) for number in range(1, 120)}
    home = front(*GOOD).replace("</main>", '</main><a rel="next" href="/calendar/1/">Older</a>')
    with served({"/": home, **{path: post(path) for path in GOOD}, **calendar}) as site:
        done = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_MAX_BARREN_POSTS=20", db=db)
        months = [path for path in site.paths() if path.startswith("/calendar/")]
    assert rows(db, "SELECT count(*) FROM articles") == [(4,)]
    assert len(months) < 100, done.stderr
    assert "from one source (archive page) were no articles" in done.stderr


@pytest.mark.slow
def test_an_api_that_gives_the_same_posts_for_every_page(db: Path) -> None:
    def table(home: str) -> dict[str, Answer | str]:
        rows = [{"id": 1, "link": home + GOOD[0], "title": {"rendered": "A good post"}}]
        page = Answer(
            json.dumps(rows), headers={"Content-Type": "application/json", "X-WP-TotalPages": "99999999"}
        )
        named = front(*GOOD).replace(
            "</head>", f'<link rel="https://api.w.org/" href="{home}/wp-json/"></head>'
        )
        pages = {
            wordpress.wp_posts_url(f"{home}/wp-json/", page=n).removeprefix(home): page for n in range(1, 60)
        }
        return {"/": named, **{path: post(path) for path in GOOD}, **pages}

    with served(table) as site:
        done = crawl(f"url={site.home}/", db=db)
        asked = [path for path in site.paths() if "/wp/v2/posts" in path]
    assert rows(db, "SELECT count(*) FROM articles") == [(4,)], done.stderr
    assert 1 < len(asked) <= 1 + MAX_BARREN_PAGES


@pytest.mark.slow
def test_an_index_of_sitemaps_that_are_not_there(db: Path) -> None:
    def table(home: str) -> dict[str, Answer | str]:
        parts = "".join(f"<sitemap><loc>{home}/part-{n}.xml</loc></sitemap>" for n in range(60))
        index = Answer(f"<sitemapindex>{parts}</sitemapindex>", headers={"Content-Type": "application/xml"})
        robots = Answer(f"Sitemap: {home}/index.xml", headers={"Content-Type": "text/plain"})
        return {
            "/": front(*GOOD),
            **{path: post(path) for path in GOOD},
            "/robots.txt": robots,
            "/index.xml": index,
        }

    with served(table) as site:
        done = crawl(f"url={site.home}/", db=db)
        asked = [path for path in site.paths() if path.startswith("/part-")]
    assert rows(db, "SELECT count(*) FROM articles") == [(4,)], done.stderr
    assert len(asked) == MAX_FAILED_SITEMAPS_IN_A_ROW
    assert "20 sitemaps in a row cannot be read, and 40 others are not asked for" in done.stderr


class Indexes(dict[str, Answer]):
    """Sitemaps each of which lists two others, without end."""

    def get(self, path: str, default: Any = None) -> Any:
        if not path.startswith("/map"):
            return super().get(path, default)
        parts = "".join(f"<sitemap><loc>{path[:-4]}{n}.xml</loc></sitemap>" for n in range(2))
        body = f"<sitemapindex>{parts}</sitemapindex>"
        return Answer(body, headers={"Content-Type": "application/xml"})


@pytest.mark.slow
def test_sitemaps_that_list_ever_new_sitemaps(db: Path) -> None:
    with served({"/": front(*GOOD), **{path: post(path) for path in GOOD}}) as site:
        robots = Answer(f"Sitemap: {site.home}/map.xml", headers={"Content-Type": "text/plain"})
        site.answers = Indexes(site.answers | {"/robots.txt": robots})
        done = crawl(f"url={site.home}/", db=db)
        asked = [path for path in site.paths() if path.startswith("/map")]
    assert rows(db, "SELECT count(*) FROM articles") == [(4,)], done.stderr
    assert len(asked) == MAX_INDEXES_IN_A_ROW
    assert "100 sitemaps in a row list other sitemaps alone" in done.stderr


@pytest.mark.slow
def test_a_crawl_asks_for_no_more_posts_than_allowed_and_the_next_goes_on(db: Path) -> None:
    with served({"/": front(*GOOD), **{path: post(path) for path in GOOD}}) as site:
        done = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_MAX_POSTS=3", db=db)
        assert "the crawl asked for 3 posts, and leaves the others to the next crawl" in done.stderr
        assert rows(db, "SELECT count(*) FROM articles") == [(3,)]
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_MAX_POSTS=3", db=db)
        assert rows(db, "SELECT count(*) FROM articles") == [(4,)]
