"""A blog whose posts have other addresses than before: their articles take the new addresses, where the old ones are left."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest
from scrapy.http import Response
from sqlalchemy import Engine

from benchmarks.blogs import sentence
from newsarchive.crawling.other_addresses import MAX_ASKED, MAX_ASKED_ELSEWHERE, MovedPosts
from newsarchive.db.reading.replaced import Text
from newsarchive.db.writing.moved import Former
from newsarchive.db.writing.store import Store
from newsarchive.times import utc_now
from tests.crawling.test_crawl import front, post, rows
from tests.db.test_moved import page
from tests.support.serving import Answer, crawl, served
from tests.support.storage import START
from tests.support.storage import rows as rows_of

LOGIN = "<html><title>Welcome</title><form><input name=user><input type=password name=word></form></html>"
#: What the old address of a post answers after its posts have new ones, given the new one; `None` for the page itself.
OLD = {
    "leads-to-the-new-address": lambda new: Answer("", 301, {"Location": new}),
    "is-not-there": lambda new: Answer("no", 404),
    "leads-to-the-front-page": lambda new: Answer("", 302, {"Location": "/"}),
    "gives-a-page-for-all": lambda new: Answer(
        post("A blog of the coast", body="<p>We write on ferries.</p>")
    ),
    "asks-to-log-in": lambda new: Answer(LOGIN),
    "answers-itself": lambda new: None,
    "fails": lambda new: Answer("no", 503),
}


def story(word: str) -> Answer:
    dice = random.Random(word)
    body = "</p><p>".join(" ".join(sentence(dice) for _ in range(3)) for _ in range(4))
    return Answer(post(f"The ferry that {word}", body=f"<p>{body}</p>"))


def former(number: int = 1, *, is_of_site: bool = True, at: datetime = START) -> Former:
    site = "blog.example" if is_of_site else "old.example"
    key = f"{site}/old/{number}"
    return Former(number, f"https://{key}", key, Text("", "", ()), False, is_of_site, at)


@pytest.mark.parametrize(
    ("has_left", "is_of_site", "most"),
    [
        (True, True, MAX_ASKED),
        (False, True, MAX_ASKED),
        (False, False, MAX_ASKED_ELSEWHERE),
        (True, False, 25),
    ],
)
def test_a_site_is_asked_no_more_where_its_old_addresses_all_say_the_same(
    has_left: bool, is_of_site: bool, most: int
) -> None:
    moved, asked = MovedPosts(Mock(), Mock()), []

    async def answer(former: Former, url: str) -> bool:
        asked.append(former.url)
        return has_left

    moved._asked = answer  # type: ignore[method-assign]
    for number in range(25):
        one = former(number, is_of_site=is_of_site)
        assert asyncio.run(moved._has_left(one, f"https://blog.example/{number}")) is has_left
    assert len(asked) == most


@pytest.mark.parametrize(
    ("status", "url", "is_of_site", "has_left"),
    [
        (200, "https://blog.example/new", False, True),
        (404, "https://old.example/old/1", False, False),
        (404, "https://blog.example/old/1", True, True),
        (403, "https://blog.example/old/1", True, False),
    ],
)
def test_another_site_must_name_the_page(status: int, url: str, is_of_site: bool, has_left: bool) -> None:
    """What a site has lost, anybody may have copied."""
    crawler = Mock()
    crawler.engine.download_async = AsyncMock(return_value=Response(url, status))
    asked = MovedPosts(crawler, Mock())._asked(former(is_of_site=is_of_site), "https://blog.example/new")
    assert asyncio.run(asked) is has_left


def test_an_answer_that_refuses_the_page_moves_nothing(engine: Engine) -> None:
    """Its text is that of the feed."""
    Store(engine, clock=lambda: START).ingest([page("https://blog.example/old")])
    new = page("https://blog.example/new", 1, asked="https://blog.example/old")
    assert new.capture is not None
    refused = replace(new, capture=replace(new.capture, status=403))
    asyncio.run(MovedPosts(Mock(), engine).follow(refused))
    assert rows_of(engine, "SELECT url FROM articles") == [("https://blog.example/old",)]


def test_an_address_that_was_there_in_this_crawl_is_not_taken_to_be_left() -> None:
    moved = MovedPosts(Mock(), Mock())
    moved.left["blog.example", "blog.example"] = MAX_ASKED
    one = former(at=utc_now())
    assert asyncio.run(moved._has_left(one, "https://blog.example/new")) is False


def test_an_address_that_has_its_post_is_asked_once_in_a_crawl() -> None:
    moved, asked = MovedPosts(Mock(), Mock()), AsyncMock(return_value=False)
    moved._asked = asked  # type: ignore[method-assign]
    for number in range(3):
        assert asyncio.run(moved._has_left(former(), f"https://blog.example/new/{number}")) is False
    assert asked.await_count == 1


def test_an_article_moves_once_in_a_crawl(engine: Engine) -> None:
    """A further page with its text is a view of the post."""
    old, new, view = (f"https://blog.example/{name}" for name in ("2024/05/ferry", "ferry", "ferry/print"))
    Store(engine, clock=lambda: START).ingest([page(old)])
    moved = MovedPosts(Mock(), engine)
    moved.left["blog.example", "blog.example"] = MAX_ASKED

    async def crawled() -> None:
        await moved.follow(page(new, 1))
        await moved.follow(page(view, 1))

    asyncio.run(crawled())
    assert rows_of(engine, "SELECT url FROM articles") == [(new,)]


@pytest.mark.slow  # crawls
def test_a_post_is_one_article_under_both_addresses_where_it_left_the_old_one(db: Path) -> None:
    pages = {word: story(word) for word in OLD}
    before = {f"/2024/05/12/{word}/": page for word, page in pages.items()}
    after = {f"/{word}/": page for word, page in pages.items()}
    with served({"/": Answer(front(*before)), **before}) as site:
        crawl(f"url={site.home}/", db=db)
        left = {f"/2024/05/12/{word}/": answer(f"/{word}/") or pages[word] for word, answer in OLD.items()}
        site.answers = {"/": Answer(front(*after)), **left, **after}
        done = crawl(f"url={site.home}/", db=db)
        assert "7 discovered, 3 new, 0 updated, 4 unchanged" in done.stderr
        assert "4 moved" in done.stderr
        found = {str(url).removeprefix(site.home) for (url,) in rows(db, "SELECT url FROM articles")}
    both = {"asks-to-log-in", "answers-itself", "fails"}
    assert found == set(after) | {f"/2024/05/12/{word}/" for word in both}
    assert rows(db, "SELECT count(*) FROM article_revisions WHERE change_kind <> 'new'") == [(0,)]
    assert rows(db, "SELECT count(*) FROM articles WHERE gone_at IS NOT NULL") == [(0,)]
