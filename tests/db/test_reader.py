"""`from newsarchive import Archive`: typed records out of either database, and clear words where there are none."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsarchive import Archive
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.reading.articles import Selection
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseUnavailable, NoSuchArticle, UsageError
from newsarchive.items import Article
from newsarchive.rules import default
from tests.support.storage import START, archive_url, make_article, open_archive, rich_article, url_of

STORY = (
    "The harbour ferry came back {when}.\n\nPeople lined the quay and cheered until the lamps were lit, and the "
    "captain, who had waited eleven years for this evening, sounded the horn three times before he let the rope go."
)


def story(number: int, when: str, **fields: Any) -> Article:
    return fingerprint_step(make_article(number, body=STORY.format(when=when), **fields), default())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(request.param, tmp_path_factory.mktemp("reader")) as engine:
        store = Store(engine)
        store.ingest([fingerprint_step(rich_article(), default()), story(2, "at last", in_language="en-GB")])
        store.ingest([story(2, "on Monday", in_language="en-GB", day=1)])
        elsewhere = {"url": "https://other.example/a", "date_published": START + timedelta(days=400)}
        store.ingest([story(3, "on Monday", in_language="fr", **elsewhere)])
        with Archive(url_of(engine)) as opened:
            yield opened


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, {9, 2, 3}),
        ({"words": "ferry"}, {2, 3}),
        ({"words": "ferry -harbour"}, set()),
        ({"site": "other.example"}, {3}),
        ({"site": "www.Other.example"}, {3}),
        ({"origin": "scmp.com"}, {9}),
        ({"origin": "south china morning post", "author": "ann lee"}, {9}),
        ({"author": "Nobody"}, set()),
        ({"language": "en"}, {9, 2}),
        ({"words": "ferry", "since": "2026-01-01"}, {3}),
        ({"since": date(2026, 1, 1)}, {3}),
        ({"until": "2025-04-01"}, {9, 2}),
        ({"since": "", "until": ""}, {9, 2, 3}),
        ({"until": "20250401"}, {9, 2}),
        ({"until": START - timedelta(days=1)}, set()),
        ({"article": []}, set()),  # as where a search before found nothing
        ({"article": "https://blog.example/post-2"}, {2}),
        ({"article": {"https://blog.example/post-2"}}, {2}),
    ],
    ids=str,
)
def test_search_count_and_articles_mean_the_same_by_a_filter(
    archive: Archive, chosen: dict[str, Any], found: set[int]
) -> None:
    headlines = {"Café" if n == 9 else f"Post {n}" for n in found}
    assert {hit.headline for hit in archive.search(**chosen)} == headlines
    assert {article.headline for article in archive.articles(**chosen)} == headlines
    assert archive.count(**chosen) == len(headlines)


@pytest.mark.slow
def test_the_ids_of_a_data_frame_choose_articles(archive: Archive) -> None:
    ids = archive.dataframe(columns=["id"])["id"]
    assert archive.count(article=ids[:2]) == archive.count(article=ids.to_numpy()[:2]) == 2
    assert archive.count(article=ids.iloc[0]) == 1


def test_a_hit_is_a_frozen_record_with_the_found_words_marked(archive: Archive) -> None:
    (hit,) = archive.search("ferry", site="blog.example")
    assert "harbour **ferry** came back" in hit.snippet
    assert hit.date_published == START
    with pytest.raises(FrozenInstanceError):
        hit.headline = "another"  # type: ignore[misc]


def test_without_words_the_newest_come_first_and_page_on(archive: Archive) -> None:
    whole = [hit.id for hit in archive.search()]
    assert whole[0] == archive.get("https://other.example/a").id
    assert [archive.search(limit=1, offset=n)[0].id for n in range(3)] == whole


def test_one_article_with_all_that_belongs_to_it(archive: Archive) -> None:
    article = archive.get("http://www.blog.example/post-9/?utm_source=feed")
    assert article.origin is not None
    assert (article.origin.domain, [a.name for a in article.authors]) == ("scmp.com", ["Ann Lee", "AFP"])
    assert {block.label for block in article.dropped} == {"nav", "subscribe"}
    assert archive.get(article.id) == article


def test_revisions_are_the_versions_of_a_text(archive: Archive) -> None:
    versions = archive.revisions("https://blog.example/post-2")
    assert [(v.version, v.change_kind, v.current) for v in versions] == [
        (1, "new", False),
        (2, "publisher", True),
    ]
    assert ("at last" in versions[0].article_body, "on Monday" in versions[1].article_body) == (True, True)


def test_copies_are_those_of_other_blogs(archive: Archive) -> None:
    copies = archive.copies("https://blog.example/post-2")
    assert [copy.site for copy in copies] == ["blog.example", "other.example"]
    cluster = archive.get("https://blog.example/post-2").cluster_id
    assert archive.count(cluster=cluster) == 2


def test_articles_are_read_in_chunks(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [a.id for a in archive.articles()] == sorted(a.id for a in archive.articles())
    running = archive.articles()
    first = next(running)
    assert first.id == min(a.id for a in archive.articles())  # others may read meanwhile
    running.close()


def test_figures(archive: Archive) -> None:
    assert (archive.stats().articles, archive.stats().sites) == (3, {"blog.example": 2, "other.example": 1})


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda a: a.get("https://nowhere.example/"), NoSuchArticle, "https://nowhere.example/"),
        (lambda a: a.get(4711), NoSuchArticle, "4711"),
        (lambda a: a.revisions("x"), NoSuchArticle, "x"),
        (lambda a: a.copies(0), NoSuchArticle, "0"),
        (lambda a: a.search('"ferry'), UsageError, "without its partner"),
        (lambda a: a.search("ferry", since="yesterday"), UsageError, "since 'yesterday'.*2025-04-01"),
        (lambda a: a.search("ferry", order="size"), UsageError, "rank or date"),
        (lambda a: next(a.articles(until="2025-13-01")), UsageError, "until '2025-13-01'"),
        (lambda a: a.count(sight="x"), TypeError, "sight"),
    ],
)
def test_what_cannot_be_answered_is_named(
    archive: Archive, call: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        call(archive)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_archive_without_a_column_of_today_is_named_as_an_old_one(kind: str, tmp_path: Path) -> None:
    # A database of its own: the one that tests share would stay without the column.
    with archive_url(kind, tmp_path) as url:
        engine = open_engine(url)
        upgrade(engine)
        Store(engine).ingest([rich_article()])
        with writing(engine) as connection:
            connection.exec_driver_sql("ALTER TABLE articles RENAME COLUMN article_section TO section_before")
        engine.dispose()
        with Archive(url) as opened, pytest.raises(DatabaseUnavailable, match="newsarchive db upgrade --db"):
            opened.get(1)


def test_an_archive_that_is_not_there_is_not_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"none\.db"):
        Archive(tmp_path / "none.db")
    monkeypatch.setenv("NEWSARCHIVE_DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(DatabaseUnavailable, match=r"other\.db"):
        Archive()
    with pytest.raises(UsageError, match="mysql is not supported"):
        Archive("mysql://localhost/x")
    (tmp_path / "page.db").write_text("<html>" * 100)
    with Archive(tmp_path / "page.db") as opened, pytest.raises(DatabaseUnavailable, match="not an SQLite"):
        opened.search("ferry")
    assert not list(tmp_path.glob("*other*"))


@pytest.mark.slow
def test_memory_stays_flat_however_many_there_are(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        Store(engine).ingest([make_article(n, body=f"Number {n}. " + f"word{n} " * 60) for n in range(600)])
        tracemalloc.start()
        try:
            peaks = {}
            for read, _ in enumerate(Selection(engine, chunk=30), 1):
                if read in (150, 600):
                    peaks[read] = tracemalloc.get_traced_memory()[1]
                    tracemalloc.reset_peak()
        finally:
            tracemalloc.stop()
    assert peaks[600] < 1.3 * peaks[150]
