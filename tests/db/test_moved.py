"""A post that moved to another address: its article goes with it, and keeps its history."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from benchmarks.blogs import sentence
from newsarchive import citation
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.frontier.queue import Absence, Frontier
from newsarchive.db.reading.articles import citation_of, get, history
from newsarchive.db.reading.changes import changes
from newsarchive.db.reading.finding import find
from newsarchive.db.reading.hidden import entries
from newsarchive.db.readonly import reading
from newsarchive.db.writing.moved import MOVED, Former, follow, former_of
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.db.writing.withhold import Demand, withhold
from newsarchive.erasing import erase
from newsarchive.export import register
from newsarchive.items import Article, Author, ChangeKind, DropReason, Link
from newsarchive.rules import default
from tests.support.storage import START, make_article, rows

OLD, NEW = "https://blog.example/2024/05/night-ferry/", "https://blog.example/night-ferry/"
OTHER = "https://copies.example/night-ferry/"
DICE = random.Random(1)
BODY = "\n\n".join(sentence(DICE) for _ in range(6))


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine, clock=lambda: START)


def page(
    url: str, day: float = 0, *, asked: str = "", body: str = BODY, number: int = 1, **fields: object
) -> Article:
    made = make_article(number, url=url, body=body, **fields)
    assert made.capture is not None
    at = START + timedelta(days=day)
    made = replace(made, capture=replace(made.capture, url=asked or url, final_url=url, fetched_at=at))
    return fingerprint_step(made, default())


#: What a page at a new address is, and whether the stored article's address is known to be left; `None` where they are two posts.
PAGES: dict[str, tuple[Article, bool | None]] = {
    "the same text and headline": (page(NEW, 1), False),
    "a redirect led to it": (page(NEW, 1, asked=OLD), True),
    "a redirect led to it, and all else is edited": (
        page(NEW, 1, asked=OLD, body=f"{BODY}\n\nIt sails.", number=2, date_published=None),
        True,
    ),
    "another headline, and the same day": (page(NEW, 1, number=2), False),
    "another headline and day": (page(NEW, 1, number=2, date_published=START - timedelta(days=9)), None),
    "a post that comes each week": (page(NEW, 1, date_published=START + timedelta(days=7)), None),
    "another time zone": (page(NEW, 1, date_published=START - timedelta(hours=12)), False),
    "no date": (page(NEW, 1, date_published=None), False),
    "the same id, and all else edited": (
        page(NEW, 1, body=f"{BODY}\n\nIt sails.", number=2, date_published=None, post_id="wordpress:7"),
        False,
    ),
    "another text": (page(NEW, 1, body="\n\n".join(sentence(DICE) for _ in range(6))), None),
    "a view that names the address as its own": (page(NEW, 1, canonical_url=OLD), None),
    "a view to which a redirect led": (page(NEW, 1, asked=OLD, canonical_url=OLD), None),
    "a copy on another site": (page(OTHER, 1), None),
    "a redirect to another site": (page(OTHER, 1, asked=OLD), True),
    "the address itself": (page(OLD, 1), None),
}


def test_a_page_that_a_stored_view_of_it_names_is_asked_nothing(engine: Engine, store: Store) -> None:
    store.ingest([page(OLD, canonical_url=NEW)])
    assert former_of(engine, page(NEW, 1)) is None


@pytest.mark.parametrize("given", PAGES)
def test_which_stored_article_a_page_may_be(engine: Engine, store: Store, given: str) -> None:
    store.ingest([page(OLD, post_id="wordpress:7")])
    article, has_left = PAGES[given]
    found = former_of(engine, article)
    assert (None if found is None else found.has_left) is has_left


@pytest.mark.parametrize("canonical_url", ["", OLD])
def test_an_address_that_is_known_to_be_left_is_taken_before_one_that_is_not(
    engine: Engine, store: Store, canonical_url: str
) -> None:
    store.ingest([page(f"{OLD}copy/", canonical_url=f"{OLD}copy/")])
    store.ingest([page(OLD)])
    Frontier(engine).missing(OLD, "http 404", final=False)
    found = former_of(engine, page(NEW, 1, canonical_url=canonical_url))
    assert found is not None
    assert (found.url, found.has_left) == (OLD, True)


def test_a_page_that_was_looked_at_before_is_no_new_address(engine: Engine, store: Store) -> None:
    store.ingest([page(OLD)])
    frontier = Frontier(engine)
    frontier.discover(1, store.start_run("news", {}), [Link(NEW, "feed")], None)
    assert former_of(engine, page(NEW, 1)) is not None
    frontier.settle(NEW, "skipped", DropReason.TOO_SHORT)
    assert former_of(engine, page(NEW, 1)) is None


def test_a_withheld_article_is_asked_nothing(engine: Engine, store: Store) -> None:
    store.ingest([page(OLD)])
    withhold(engine, [OLD], Demand("a court says so", at=START))
    assert former_of(engine, page(NEW, 1)) is None


@pytest.mark.parametrize(
    ("names", "post_id", "is_found"),
    [(["Anna Lee"], "", True), (["Ben Day"], "", False), ([], "", True), (["Ben Day"], "wordpress:7", True)],
)
def test_two_authors_of_one_host_do_not_take_over_each_others_posts(
    engine: Engine, store: Store, names: list[str], post_id: str, is_found: bool
) -> None:
    store.ingest([page(OLD, authors=[Author("Anna")], post_id=post_id)])
    found = former_of(engine, page(NEW, 1, authors=[Author(name) for name in names], post_id=post_id))
    assert (found is not None) is is_found


def test_of_many_posts_with_one_text_none_is_asked_but_the_one_with_the_headline(
    engine: Engine, store: Store
) -> None:
    store.ingest([page(f"{OLD}{number}", number=number) for number in (1, 2, 3)])
    assert former_of(engine, page(NEW, 1, number=4)) is None
    found = former_of(engine, page(NEW, 1, number=2))
    assert found is not None
    assert found.url == f"{OLD}2"
    frontier = Frontier(engine)
    for number in (1, 2, 3):
        frontier.missing(f"{OLD}{number}", "http 404", final=False)
    assert former_of(engine, page(NEW, 1, number=4)) is None
    found = former_of(engine, page(NEW, 1, number=3))
    assert found is not None
    assert (found.url, found.has_left) == (f"{OLD}3", True)


def test_a_post_is_found_among_many_of_its_day(engine: Engine, store: Store) -> None:
    others = [page(f"{OLD}{number}", body=" ".join(sentence(DICE) for _ in range(4))) for number in range(30)]
    store.ingest([*others, page(OLD)])
    found = former_of(engine, page(NEW, 1, body=BODY + "\n\nIt sails."))
    assert found is not None
    assert found.url == OLD


def moves_already(engine: Engine, store: Store, former: Former) -> None:
    assert follow(engine, former, page(f"{NEW}2", 1), START)


def is_withheld(engine: Engine, store: Store, former: Former) -> None:
    withhold(engine, [OLD], Demand("a court says so", at=START))


def another_has_the_address(engine: Engine, store: Store, former: Former) -> None:
    store.ingest([page(NEW, 1, body="Something else.")])


@pytest.mark.parametrize("meanwhile", [moves_already, is_withheld, another_has_the_address])
def test_nothing_moves_where_the_archive_has_changed_since_it_was_asked(
    engine: Engine, store: Store, meanwhile: Callable[[Engine, Store, Former], None]
) -> None:
    store.ingest([page(OLD)])
    former = former_of(engine, page(NEW, 1))
    assert former is not None
    meanwhile(engine, store, former)
    before = rows(engine, "SELECT url, site_id FROM articles"), rows(engine, "SELECT * FROM urls")
    assert not follow(engine, former, page(NEW, 1), START)
    assert before == (rows(engine, "SELECT url, site_id FROM articles"), rows(engine, "SELECT * FROM urls"))


def test_an_article_of_a_site_that_fails_may_have_moved_to_another_site(engine: Engine, store: Store) -> None:
    store.ingest([page(OLD)])
    with engine.begin() as connection:
        connection.execute(text("UPDATE sites SET state = 'failing'"))
    found = former_of(engine, page(OTHER, 1))
    assert found is not None
    assert (found.url, found.has_left, found.is_of_site) == (OLD, False, False)


def moved(engine: Engine, store: Store) -> None:
    store.ingest([page(OLD)])
    found = former_of(engine, page(NEW, 1))
    assert found is not None
    follow(engine, found, page(NEW, 1), START + timedelta(days=1))
    assert store.ingest([page(NEW, 1)]) == [Outcome.UNCHANGED]


def test_the_article_takes_the_new_address_and_is_found_by_both(engine: Engine, store: Store) -> None:
    moved(engine, store)
    assert rows(engine, "SELECT url, gone_at FROM articles") == [(NEW, None)]
    assert rows(engine, "SELECT url, state, reason, reason_detail FROM urls ORDER BY id") == [
        (OLD, "gone", MOVED, NEW),
        (NEW, "ok", "", ""),
    ]
    with reading(engine) as reader:
        assert find(reader, OLD) == find(reader, NEW)


def test_a_version_is_cited_at_the_address_at_which_it_was_read(engine: Engine, store: Store) -> None:
    moved(engine, store)
    assert [one.url for one in (citation_of(engine, OLD), citation_of(engine, NEW))] == [OLD, OLD]
    line = citation.line(citation_of(engine, 1))
    assert f". {OLD}. " in line
    assert f". The post moved to {NEW}. Version 1 in the archive: nwa:1:txt:" in line
    assert line.endswith(f";url={OLD}")

    store.ingest([page(NEW, 3, body="It sails no more.")])
    assert [citation_of(engine, 1, version).url for version in (1, 2)] == [OLD, NEW]
    assert "moved" not in citation_of(engine, 1).note
    found = former_of(engine, page(OTHER, 4, asked=NEW, body="It sails no more."))
    assert found is not None
    assert follow(engine, found, page(OTHER, 4), START + timedelta(days=4))
    assert [get(engine, 1, version).moved_from for version in (1, 2)] == [OLD, NEW]


@pytest.mark.parametrize("erased", [False, True])
def test_a_withheld_version_is_cited_at_the_address_at_which_it_was_read(
    engine: Engine, store: Store, tmp_path: Path, erased: bool
) -> None:
    moved(engine, store)
    store.ingest([page(NEW, 3, body="It sails no more.")])
    before = [citation_of(engine, 1, version) for version in (1, 2)]
    if erased:
        erase(engine, tmp_path, [1], Demand("the family asks"))
    else:
        withhold(engine, [1], Demand("the family asks"))
    after = [citation_of(engine, 1, version) for version in (1, 2)]
    for name in ("url", "moved_to", "identifier", "fetched_at"):
        assert [getattr(one, name) for one in after] == [getattr(one, name) for one in before], name
    [entry] = entries(engine)
    assert [one.qualified.partition(";")[2] for one in entry.versions] == [f"url={OLD}", ""]
    assert f";url={OLD}" in register.csv([entry])
    assert f";url={OLD}" in register.html([entry])
    assert citation_of(engine, entry.versions[0].qualified).url == OLD


def test_that_a_post_moved_stands_in_its_history(engine: Engine, store: Store) -> None:
    moved(engine, store)
    [version] = history(engine, OLD)
    change = ("url", ChangeKind.PUBLISHER, START + timedelta(days=1), (OLD,), (NEW,))
    assert [
        (one.field, one.change_kind, one.seen_at, one.value_before, one.value_after) for one in version.fields
    ] == [change]


def test_a_move_is_one_change_and_a_date_of_change_is_none_beside_another(
    engine: Engine, store: Store
) -> None:
    days = [START + timedelta(days=day) for day in range(4)]
    store.ingest([page(OLD, canonical_url=OLD, date_modified=days[0])])
    found = former_of(engine, renamed := page(NEW, 1, asked=OLD, canonical_url=NEW, date_modified=days[1]))
    assert found is not None
    assert follow(engine, found, renamed, days[1])
    store.ingest([renamed])
    edited = f"{BODY}\n\nIt sails."
    store.ingest([page(NEW, 2, canonical_url=NEW, date_modified=days[2], body=edited)])
    alone = page(NEW, 3, canonical_url=NEW, date_modified=days[3], body=edited, page=b"<p>other bytes</p>")
    store.ingest([alone])
    assert [(one.kind, one.field) for one in changes(engine)] == [
        ("details", "date_modified"), ("edited", ""), ("details", "url"),
    ]  # fmt: skip
    assert [one.field for version in history(engine, NEW) for one in version.fields].count(
        "date_modified"
    ) == 3


def test_the_old_address_says_nothing_of_the_post_any_more_and_the_new_one_does(
    engine: Engine, store: Store
) -> None:
    moved(engine, store)
    for day in (2, 3):
        later = Frontier(engine, clock=lambda day=day: START + timedelta(days=day))
        assert later.missing(OLD, "http 404", final=False) is Absence.STILL_GONE
    assert rows(engine, "SELECT gone_at FROM articles") == [(None,)]
    assert later.missing(NEW, "http 410", final=True) is Absence.GONE
    assert rows(engine, "SELECT count(*) FROM articles WHERE gone_at IS NOT NULL") == [(1,)]


def test_stored_bytes_of_the_old_address_that_are_read_again_change_nothing(
    engine: Engine, store: Store
) -> None:
    moved(engine, store)
    again = replace(page(OLD), extractor_version=2, headline="Read otherwise")
    assert store.ingest([again], reread=True) == [Outcome.UNCHANGED]
    assert rows(engine, "SELECT url, headline FROM articles") == [(NEW, "Post 1")]
    again = replace(page(NEW, 1), extractor_version=2, headline="Read better")
    assert store.ingest([again], reread=True) == [Outcome.UPDATED]
    assert rows(engine, "SELECT url, headline FROM articles") == [(NEW, "Read better")]


def test_an_older_capture_of_the_old_address_belongs_to_the_history(engine: Engine, store: Store) -> None:
    moved(engine, store)
    files = Store(engine, clock=lambda: START + timedelta(days=9), from_files=True)
    assert files.ingest([page(OLD, -9, body=BODY + "\n\nIt sails on Monday.")]) == [Outcome.EARLIER]
    assert rows(engine, "SELECT url, versions FROM (SELECT url, (SELECT count(*) FROM article_revisions AS r "
                "WHERE r.article_id = a.id) AS versions FROM articles AS a) AS x") == [(NEW, 2)]  # fmt: skip


def test_a_post_that_answers_at_its_old_address_again_is_no_capture_of_the_history(
    engine: Engine, store: Store
) -> None:
    moved(engine, store)
    files = Store(engine, clock=lambda: START + timedelta(days=9), from_files=True)
    assert files.ingest([page(OLD, 5)]) == [Outcome.NEW]
