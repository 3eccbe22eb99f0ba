"""Captures that come in late, on every database: whatever the order of their coming, the history is that of their days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from newsarchive.db.engine import reading
from newsarchive.db.reading import articles, statistics
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.items import Article, Author, Block
from tests.support.storage import START, delete_post, make_article, open_archive

NEW, UPDATED, EARLIER = Outcome.NEW, Outcome.UPDATED, Outcome.EARLIER
#: The clock of the machine that reads the files: none of the captures was made a moment ago.
LATER = START + timedelta(days=1000)


def capture(day: int, body: str, author: str = "Ann", noise: str = "") -> Article:
    """The post as it stood on a day. `noise` is what the page says besides, so that the bytes differ."""
    return make_article(
        1,
        day=day,
        page=f"<p>{body}</p><p>{author}</p>{noise}".encode(),
        blocks=(Block(body), Block(f"Share {noise}", label="share", rule="phrase")),
        authors=(Author(author),),
        charset_used="utf-8",
    )


def stored(engine: Engine, captures: Iterable[Article]) -> list[Outcome]:
    store = Store(engine, clock=lambda: LATER)
    return [store.ingest([one])[0] for one in captures]


_ALL = {
    "versions": """
        SELECT r.version, r.change_kind, r.seen_at, r.headline, r.content_hash, r.id = a.revision_id AS current
        FROM article_revisions AS r JOIN articles AS a ON a.id = r.article_id ORDER BY r.version
    """,
    "fields": """
        SELECT version, change_kind, seen_at, field, value_before, value_after FROM field_changes ORDER BY seen_at, field
    """,
    "article": "SELECT article_body, first_seen_at, last_seen_at, gone_at, content_hash FROM articles",
}


def everything(engine: Engine) -> dict[str, Any]:
    with reading(engine) as connection:
        found: dict[str, Any] = {
            name: list(map(repr, connection.execute(text(sql)))) for name, sql in _ALL.items()
        }
    versions = articles.history(engine, "1")
    found["texts"] = [(one.version, one.article_body, one.current, one.fields) for one in versions]
    return found


def explained_rightly(engine: Engine) -> bool:
    """Whether each version is explained by the capture that it names: the page of each day leaves out a line of its own."""
    shown = [articles.get(engine, "1", one.version) for one in articles.history(engine, "1")]
    days = [(one.fetched_at - START).days for one in shown if one.fetched_at]
    return [[block.text for block in one.dropped] for one in shown] == [[f"Share {day}"] for day in days]


def told(engine: Engine) -> list[tuple[int, str, int, str, bool]]:
    return [
        (one.version, one.change_kind, (one.seen_at - START).days, one.article_body, one.current)
        for one in articles.history(engine, "1")
    ]


#: What was captured on days 0, 1, 2 …: text and author. No two of these captures have the same bytes.
CASES = {
    "an edit": ["Aa", "Ba"],
    "another author": ["Aa", "Ab"],
    "both": ["Aa", "Bb"],
    "a text that comes back": ["Aa", "Ba", "Aa"],
    "an author that comes back": ["Aa", "Ab", "Aa"],
    "seen twice before the edit": ["Aa", "Aa", "Ba"],
    "seen twice after the edit": ["Aa", "Ba", "Ba"],
    "the author changes between": ["Aa", "Ab", "Bb"],
    "the author changes back between": ["Aa", "Ab", "Ba"],
    "two edits": ["Aa", "Ba", "Ca"],
}


def captures_of(case: Sequence[str]) -> list[Article]:
    return [capture(day, one[0], one[1], str(day)) for day, one in enumerate(case)]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_any_order_of_coming_gives_the_history_of_the_days(case: str, tmp_path: Path) -> None:
    histories = set()
    for number, order in enumerate(permutations(captures_of(CASES[case]))):
        (folder := tmp_path / str(number)).mkdir()
        with open_archive("sqlite", folder) as engine:
            stored(engine, order)
            histories.add(repr(everything(engine)))
            assert explained_rightly(engine)
    assert len(histories) == 1


@pytest.mark.slow  # several seconds
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(data=st.data())
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_any_captures_in_any_order_give_the_history_of_the_days(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    days = data.draw(st.lists(st.sampled_from(["Aa", "Ab", "Ba", "Bb", "Ca"]), min_size=3, max_size=6))
    captures = captures_of(days)
    found = []
    for order in (captures, data.draw(st.permutations(captures))):
        with open_archive(kind, tmp_path_factory.mktemp("archive")) as engine:
            stored(engine, order)
            found.append(everything(engine))
            assert explained_rightly(engine)
    assert found[0] == found[1]


def test_an_older_capture_becomes_the_first_version(engine: Engine) -> None:
    assert stored(engine, [capture(900, "Now."), capture(3, "Then.")]) == [NEW, EARLIER]
    assert told(engine) == [(1, "new", 3, "Then.", False), (2, "publisher", 900, "Now.", True)]
    shown = articles.get(engine, "1")
    assert (shown.article_body, shown.version, shown.versions) == ("Now.", 2, 2)
    assert shown.first_seen_at == START + timedelta(days=3)
    assert shown.last_seen_at == START + timedelta(days=900)
    assert statistics.stats(engine).captures == 2


def test_a_text_between_two_sightings_of_another_parts_them(engine: Engine) -> None:
    stored(engine, [capture(0, "One."), capture(8, "One."), capture(9, "One.")])
    stored(engine, [capture(4, "Two.")])
    assert told(engine) == [
        (1, "new", 0, "One.", False),
        (2, "publisher", 4, "Two.", False),
        (3, "publisher", 8, "One.", True),
    ]


def test_a_number_that_moves_leaves_the_identifier_of_its_text(engine: Engine) -> None:
    stored(engine, [capture(900, "Now.")])
    before = articles.citation_of(engine, "1")
    stored(engine, [capture(3, "Then.")])
    after = articles.citation_of(engine, str(before.identifier))
    assert (after.identifier, after.fetched_at, after.payload_digest) == (
        before.identifier, before.fetched_at, before.payload_digest,
    )  # fmt: skip
    assert (before.version, after.version) == (1, 2)


def test_the_same_late_capture_twice_is_in_the_history_once(engine: Engine) -> None:
    stored(engine, [capture(9, "Now."), capture(3, "Then.")])
    before = told(engine)
    assert stored(engine, [capture(3, "Then.")]) == [EARLIER]
    assert told(engine) == before


def test_an_older_capture_with_the_present_bytes_does_not_make_the_article_older(engine: Engine) -> None:
    stored(engine, [capture(5, "One.")])
    delete_post(engine, "https://blog.example/post-1", START + timedelta(days=6))
    delete_post(engine, "https://blog.example/post-1", START + timedelta(days=7))
    gone = articles.get(engine, "1").gone_at
    assert stored(engine, [capture(1, "One.")]) == [EARLIER]
    shown = articles.get(engine, "1")
    assert shown.first_seen_at == START + timedelta(days=1)
    assert (shown.last_seen_at, shown.gone_at) == (START + timedelta(days=5), gone)
    assert told(engine) == [(1, "new", 1, "One.", True)]


def test_a_capture_from_before_the_deletion_does_not_bring_a_page_back(engine: Engine) -> None:
    stored(engine, [capture(1, "One.")])
    for day in (8, 9):
        delete_post(engine, "https://blog.example/post-1", START + timedelta(days=day))
    gone = articles.get(engine, "1").gone_at
    assert stored(engine, [capture(5, "Two.")]) == [UPDATED]
    assert (articles.get(engine, "1").article_body, articles.get(engine, "1").gone_at) == ("Two.", gone)
