"""The writer thread: batches, futures, one bad article, a database that fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from newsarchive.db.engine import writing
from newsarchive.db.reading import statistics
from newsarchive.db.writing.store import Outcome, Store, Writer
from newsarchive.exceptions import Damaged, DatabaseError, DatabaseUnavailable
from newsarchive.items import Article
from tests.support.storage import make_article, open_archive


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_archive("sqlite", tmp_path) as opened:
        yield opened


class Counting(Store):
    """A store that remembers the size of each batch, and may be told to fail."""

    error: Exception | None = None

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.sizes: list[int] = []
        self.go = threading.Event()
        self.go.set()

    def ingest(self, articles: Sequence[Article], run_id: int | None = None, **options: Any) -> list[Outcome]:
        self.go.wait(300)
        self.sizes.append(len(articles))
        if self.error:
            raise self.error
        return super().ingest(articles, run_id, **options)


def test_articles_are_committed_in_batches(engine: Engine) -> None:
    store = Counting(engine)
    store.go.clear()
    writer = Writer(store, batch=10, max_age=600)
    futures = [writer.submit(make_article(n)) for n in range(25)]
    store.go.set()
    writer.close()
    assert [future.result(0) for future in futures] == [Outcome.NEW] * 25
    assert store.sizes == [10, 10, 5]


def test_enough_articles_do_not_wait_for_more(engine: Engine) -> None:
    store = Counting(engine)
    writer = Writer(store, batch=10, max_age=600, enough=3)
    futures = [writer.submit(make_article(n)) for n in range(3)]
    assert [future.result(60) for future in futures] == [Outcome.NEW] * 3
    assert store.sizes == [3]
    writer.close()


def test_a_lonely_article_is_committed_when_it_is_old_enough(engine: Engine) -> None:
    writer = Writer(Store(engine), batch=1000, max_age=0.05)
    assert writer.submit(make_article(1)).result(60) is Outcome.NEW
    assert statistics.stats(engine).articles == 1
    writer.close()


def test_a_done_future_means_committed(engine: Engine) -> None:
    writer = Writer(Store(engine), batch=3, max_age=0.01)
    for n in range(5):
        writer.submit(make_article(n)).result(60)
        assert statistics.stats(engine).articles == n + 1
    writer.close()


def test_one_bad_article_loses_only_itself(engine: Engine) -> None:
    store = Counting(engine)
    store.go.clear()
    writer = Writer(store, batch=5, max_age=600)
    articles = [make_article(n) for n in range(5)]
    articles[2] = make_article(2, date_published=datetime(2025, 1, 1))  # naive on purpose
    futures = [writer.submit(article) for article in articles]
    store.go.set()
    writer.close()
    assert [f.exception() is None for f in futures] == [True, True, False, True, True]
    assert statistics.stats(engine).articles == 4
    assert writer.failed is None


def test_a_damaged_row_loses_only_its_own_article(engine: Engine) -> None:
    store = Counting(engine)
    store.ingest([make_article(n) for n in (1, 2, 3)])
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE articles SET quality = 'null' WHERE url LIKE '%-1'")
    writer = Writer(store, batch=3, max_age=600)
    futures = [writer.submit(make_article(n, body="Another text.", day=1)) for n in (1, 2, 3)]
    writer.close()
    assert isinstance(futures[0].exception(), Damaged)
    assert [future.result(0) for future in futures[1:]] == [Outcome.UPDATED] * 2
    assert writer.failed is None


def test_a_database_error_fails_the_waiting_and_all_that_follow(engine: Engine) -> None:
    store = Counting(engine)
    store.error = DatabaseUnavailable("archive.db cannot be written: the disk is full")
    writer = Writer(store, batch=2, max_age=0.01)
    first = writer.submit(make_article(1))
    with pytest.raises(DatabaseError, match="disk is full"):
        first.result(60)
    assert writer.failed is store.error
    store.error = None
    with pytest.raises(DatabaseError, match="disk is full"):
        writer.submit(make_article(2)).result(60)
    writer.close()
    assert statistics.stats(engine).articles == 0


def test_a_closed_writer_takes_nothing_more(engine: Engine) -> None:
    writer = Writer(Store(engine))
    writer.close()
    writer.close()
    with pytest.raises(DatabaseError, match="closed"):
        writer.submit(make_article(1))


def test_a_full_queue_slows_the_crawl_and_loses_nothing(engine: Engine) -> None:
    store = Counting(engine)
    store.go.clear()
    writer = Writer(store, batch=2, queue_size=3, max_age=0.01)
    futures = []
    crawl = threading.Thread(target=lambda: futures.extend(writer.submit(make_article(n)) for n in range(20)))
    crawl.start()
    crawl.join(0.2)
    assert crawl.is_alive()  # it waits: the store takes nothing, and the queue holds three
    store.go.set()
    crawl.join(60)
    writer.close()
    assert [f.result(0) for f in futures] == [Outcome.NEW] * 20


def test_captures_without_an_article_are_logged(engine: Engine) -> None:
    writer = Writer(Store(engine), max_age=0.01)
    capture = make_article(1).capture
    assert capture is not None
    assert writer.submit_capture(capture).result(60) is None
    assert writer.submit(make_article(2)).result(60) is Outcome.NEW
    writer.close()
    stats = statistics.stats(engine)
    assert (stats.articles, stats.captures) == (1, 2)
