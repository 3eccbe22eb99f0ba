"""The address of an article leads to another article now: the article is gone from it, and keeps its text."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from newsarchive.db.frontier.absences import LEADS_ELSEWHERE
from newsarchive.db.writing.store import Store
from newsarchive.items import Article
from tests.support.storage import START, make_article, rows

OLD, NEW = "https://blog.example/post-1", "https://blog.example/the-ferry-returns"


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine, clock=lambda: START)


def looked(day: float, *, asked: str, answered: str, body: str = "Another text.") -> Article:
    """What a look gives: the article of the address that answered, with the capture of the address that was asked for."""
    made = make_article(1, url=answered, body=body)
    assert made.capture is not None
    at = START + timedelta(days=day)
    return replace(made, capture=replace(made.capture, url=asked, final_url=answered, fetched_at=at))


def state(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(
        engine,
        "SELECT a.url, a.article_body, a.gone_at IS NOT NULL, u.state, u.reason, u.reason_detail "
        "FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key ORDER BY a.id",
    )


def test_two_looks_half_a_day_apart_mark_the_article_as_gone_and_its_own_answer_ends_that(
    engine: Engine, store: Store
) -> None:
    store.ingest([looked(0, asked=OLD, answered=OLD, body="On a ferry."), looked(0, asked=NEW, answered=NEW)])
    there = (NEW, "Another text.", False, "ok", "", "")
    store.ingest([looked(1, asked=OLD, answered=NEW)])
    assert state(engine) == [(OLD, "On a ferry.", False, "ok", LEADS_ELSEWHERE, NEW), there]
    store.ingest([looked(1.2, asked=OLD, answered=NEW)])
    assert state(engine) == [(OLD, "On a ferry.", False, "ok", LEADS_ELSEWHERE, NEW), there]
    store.ingest([looked(1.6, asked=OLD, answered=NEW)])
    assert state(engine) == [(OLD, "On a ferry.", True, "gone", LEADS_ELSEWHERE, NEW), there]
    (first,) = rows(engine, "SELECT gone_at FROM articles WHERE gone_at IS NOT NULL")
    store.ingest([looked(1.7, asked=OLD, answered=NEW)])
    store.ingest([looked(9, asked=OLD, answered=NEW)])
    assert rows(engine, "SELECT gone_at FROM articles WHERE gone_at IS NOT NULL") == [first]
    assert rows(engine, "SELECT state FROM urls ORDER BY id") == [("gone",), ("ok",)]
    store.ingest([looked(12, asked=OLD, answered=OLD, body="On a ferry.")])
    assert state(engine) == [(OLD, "On a ferry.", False, "ok", "", ""), there]


def test_an_address_that_always_led_to_a_post_is_no_article_that_moved(engine: Engine, store: Store) -> None:
    """A list names a post by its number."""
    for day in (0, 1, 2):
        store.ingest([looked(day, asked="https://blog.example/?p=12", answered=NEW)])
    assert rows(engine, "SELECT url, gone_at FROM articles") == [(NEW, None)]
    assert {row[0] for row in rows(engine, "SELECT reason FROM urls")} == {""}


def test_an_older_answer_out_of_a_file_says_nothing_of_an_article_that_was_seen_since(engine: Engine) -> None:
    store = Store(engine, clock=lambda: START, from_files=True)
    store.ingest([looked(9, asked=OLD, answered=OLD, body="On a ferry."), looked(9, asked=NEW, answered=NEW)])
    for day in (1, 2, 3):
        store.ingest([looked(day, asked=OLD, answered=NEW)])
    assert [row[2:5] for row in state(engine)] == [(False, "ok", ""), (False, "ok", "")]
