"""`kill -9`: nothing is lost, no more is fetched again than was on its way, and nothing is asked in vain.

The server kills the crawl while it waits for an answer: what is checked does not depend on how fast the machine is.
The issue asks for 20 kills of 1,000 posts: that is `python -m benchmarks.kills --posts 1000`.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from benchmarks.blogs import sentence
from newsarchive.items import Link
from newsarchive.middlewares import InFlightMiddleware
from tests.crawling.test_crawl import front, post, rows
from tests.crawling.test_second_crawl import POSTS, QUERY, rest_api, sitemaps, tagged
from tests.support.serving import Answer, Site, crawl, crawl_killed_at, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes


def test_nothing_is_lost_and_no_more_than_was_in_flight_is_fetched_again(db: Path) -> None:
    chance = random.Random(6)
    posts = {f"/story-number-{i}-of-many/": post(f"Story {i}") for i in range(40)}
    kills, most = 3, 2
    words = ("-s", f"NEWSARCHIVE_IN_FLIGHT={most}")
    with served(lambda home: {"/": front(*posts), **posts}) as site:
        for _ in range(kills):
            crawl_killed_at(
                site, posts.__contains__, chance.randint(5, 12), f"url={site.home}/", *words, db=db
            )
        done = crawl(f"url={site.home}/", *words, db=db)
        fetched = Counter(path for path in site.paths() if path in posts)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(len(posts),)]
    assert rows(db, "SELECT count(*) FROM article_revisions") == [(len(posts),)]
    assert set(fetched) == set(posts)
    assert kills <= fetched.total() - len(posts) <= kills * most


def test_a_line_that_a_killed_crawl_brought_is_judged_by_the_next(db: Path) -> None:
    """The third post that has it was stored, and the crawl did not live to learn from it."""
    pitch = "<p>Every window of the green house is open to whoever follows Mare News and its lamps.</p>"
    dice = random.Random(5)
    texts = ["".join(f"<p>{sentence(dice)} {sentence(dice)}</p>" for _ in range(6)) for _ in range(60)]
    paths = [f"/story-number-{i}-of-many/" for i in range(60)]
    old, promoted, last = paths[:55], paths[55:58], paths[59]
    for i in (55, 56, 57):
        texts[i] = texts[i].replace("</p>", f"</p>{pitch}", 3).replace(f"</p>{pitch}", "</p>", 2)
    credit = "<p>This article first appeared on Mare News (www.marenews.example).</p>"
    posts = {path: post(f"Story {i}", body=texts[i] + credit) for i, path in enumerate(paths)}
    words = ("-s", "NEWSARCHIVE_IN_FLIGHT=1")
    with served({"/": front(*old), **posts}) as site:
        assert crawl(f"url={site.home}/", *words, db=db).returncode == 0
        site.answers["/"] = Answer(front(*promoted, *paths[58:]))
        crawl_killed_at(site, last.__eq__, 1, f"url={site.home}/", *words, db=db)
        count = "SELECT count(*) FROM articles WHERE article_body LIKE '%Every window of%'"
        assert rows(db, count) == [(3,)]
        assert crawl(f"url={site.home}/", *words, db=db).returncode == 0
    assert rows(db, "SELECT count(*) FROM articles") == [(60,)]
    assert rows(db, count) == [(0,)]


def listing(site: Site) -> list[str]:
    """What was asked of the site's sources."""
    return [path for path in site.paths() if path not in POSTS and path not in ("/", "/robots.txt")]


@pytest.mark.parametrize(
    ("source", "whole", "part"),
    [(rest_api, QUERY.format(1), QUERY.format(2)), (sitemaps, "/map.xml", "/posts-1.xml")],
    ids=["api", "sitemaps"],
)
def test_a_source_that_was_read_in_part_is_read_on(
    db: Path, source: Callable[[str], dict[str, Answer | str]], whole: str, part: str
) -> None:
    with served(lambda home: {**{p: post(p) for p in POSTS}, **source(home)}) as site:
        tagged(site)
        crawl_killed_at(site, part.__eq__, 1, f"url={site.home}/", db=db)
        site.seen.clear()
        done = crawl(f"url={site.home}/", db=db)
        asked = listing(site)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(len(POSTS),)]
    assert whole not in asked  # it was read whole a moment ago
    assert asked.count(part) == 1


def asked_for(url: str) -> Request:
    return Request(url, cb_kwargs={"link": Link(url, "feed")})


FIRST, SECOND, THIRD, OTHER = (
    asked_for(f"https://{end}") for end in ("a.example/1", "a.example/2", "a.example/3", "b.example/1")
)


@pytest.mark.parametrize(
    "event",
    [
        lambda inflight: inflight.item_done(Response(FIRST.url, request=FIRST)),
        lambda inflight: inflight.request_scheduled(FIRST),  # a redirect, a retry
        lambda inflight: inflight.done(FIRST.url),
    ],
    ids=["stored", "asked again", "nothing came of it"],
)
def test_a_post_waits_for_room_on_its_site(event: Callable[[InFlightMiddleware], None]) -> None:
    async def crawl() -> None:
        inflight = InFlightMiddleware(get_crawler(settings_dict={"NEWSARCHIVE_IN_FLIGHT": 2}))
        for request in (FIRST, SECOND, SECOND, OTHER, Request("https://a.example/robots.txt")):
            await asyncio.wait_for(inflight.process_request(request), 60)
        third = asyncio.ensure_future(inflight.process_request(THIRD))
        await asyncio.sleep(0.01)
        assert not third.done()
        event(inflight)
        await asyncio.wait_for(third, 60)

    asyncio.run(crawl())
