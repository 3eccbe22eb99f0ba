"""Pages of low confidence: kept, hidden from readers until accepted, and a decision stays."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import Result
from sqlalchemy import Engine

from newsarchive import Archive
from newsarchive.db.reading.hidden import hidden_by, waiting
from newsarchive.db.readonly import reading
from newsarchive.db.writing.quarantine import MIN_CONFIDENCE
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Quality
from tests.support.storage import make_article, run_on, url_of

SURE, UNSURE = Quality(0.97), Quality(0.41, 0.6, ("thin margin",))


def page(number: int, quality: Quality, **fields: object) -> Article:
    return replace(make_article(number, **fields), quality=quality)  # type: ignore[arg-type]


@pytest.fixture
def engine(engine: Engine) -> Engine:
    Store(engine).ingest([page(1, SURE), page(2, UNSURE), page(3, Quality(MIN_CONFIDENCE - 0.01))])
    return engine


def run(engine: Engine, *words: str) -> Result:
    return run_on(engine, "quarantine", *words)


def readers_see(engine: Engine, **filters: bool) -> list[int]:
    with Archive(url_of(engine)) as archive:
        seen = [article.id for article in archive.articles(**filters)]
        assert sorted(hit.id for hit in archive.search("first", **filters)) == seen
        assert sorted(hit.id for hit in archive.search(**filters)) == seen
        assert archive.count(**filters) == archive.count("first", **filters) == len(seen)
        return seen


def test_what_waits_is_kept_and_hidden(engine: Engine) -> None:
    assert readers_see(engine) == [1]
    assert readers_see(engine, hidden=True) == [1, 2, 3]
    listed = [line.split("\t") for line in run(engine, "list").stdout.splitlines()]
    assert [(row[0], row[1], row[2]) for row in listed] == [
        ("3", "waiting", "0.79"),
        ("2", "waiting", "0.41"),
    ]
    assert listed[1][-1] == "confidence 0.41 (thin margin)"
    with Archive(url_of(engine)) as archive:
        assert archive.get(2).article_body == "First.\n\nSecond."  # whoever names it sees it
        assert archive.stats().quarantined == 2


def test_a_person_accepts_and_drops(engine: Engine) -> None:
    assert run(engine, "accept", "2", "https://blog.example/post-3").stdout.count("accepted") == 2
    assert readers_see(engine) == [1, 2, 3]
    dropped = run(engine, "drop", "1", "2", "--reason", "a list of links")
    assert (dropped.exit_code, readers_see(engine)) == (0, [3])
    rows = [json.loads(line) for line in run(engine, "list", "--all", "--json").stdout.splitlines()]
    states = {row["id"]: (row["state"], row["reason"]) for row in rows}
    assert states == {
        1: ("dropped", "a list of links"), 2: ("dropped", "a list of links"), 3: ("accepted", ""),
    }  # fmt: skip
    assert all(row["decided_at"] for row in rows)
    assert run(engine, "accept", "1").exit_code == 0
    assert readers_see(engine) == [1, 3]


def test_a_decision_stays_when_the_page_is_read_again(engine: Engine) -> None:
    run(engine, "accept", "2")
    run(engine, "drop", "1", "--reason", "not news")
    again = [
        page(n, quality, body="Another text.", extractor_version=2) for n, quality in ((1, SURE), (2, UNSURE))
    ]
    Store(engine).ingest(again, reread=True)
    Store(engine).ingest([page(2, UNSURE, body="Changed by its publisher.", day=4)])
    with Archive(url_of(engine)) as archive:
        assert [article.id for article in archive.articles()] == [2]


def test_a_page_that_is_read_better_leaves_by_itself(engine: Engine) -> None:
    since = {one.id: one.since for one in waiting(engine)}
    Store(engine).ingest([page(2, Quality(0.5), body="Still odd.", extractor_version=2)], reread=True)
    assert {one.id: (one.since, one.reason) for one in waiting(engine)}[2] == (since[2], "confidence 0.50")
    Store(engine).ingest([page(2, SURE, body="Now it is read well.", extractor_version=3)], reread=True)
    assert [one.id for one in waiting(engine)] == [3]


def test_show_says_why(engine: Engine) -> None:
    shown = run(engine, "show", "2")
    assert shown.stdout.startswith("Post 2\n")
    assert "waiting: confidence 0.41 (thin margin)" in shown.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["show", "1"], 1, "not in quarantine"),
        (["accept", "1"], 1, "not in quarantine"),
        (["accept", "4711"], 1, "4711"),
        (["drop", "2"], 2, "--reason"),
        (["accept"], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_decided(engine: Engine, words: list[str], code: int, says: str) -> None:
    done = run(engine, *words)
    assert (done.exit_code, says in done.stderr, done.stdout) == (code, True, "")


def test_a_crawl_counts_what_it_hid(engine: Engine) -> None:
    store = Store(engine)
    run_id = store.start_run("news", {})
    with reading(engine) as reader:
        assert hidden_by(reader, run_id) == 0, "two pages waited before"
    store.ingest([page(4, UNSURE), page(5, SURE), page(2, UNSURE)])
    with reading(engine) as reader:
        assert hidden_by(reader, run_id) == hidden_by(reader, run_id, site_id=1) == 1
        assert hidden_by(reader, run_id, site_id=2) == 0
