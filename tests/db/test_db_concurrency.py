"""Many processes on one archive: nobody meets a lock, and what was acknowledged survives a kill."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

import pytest
from sqlalchemy import Engine

from newsarchive.db.engine import open_engine
from newsarchive.db.reading import articles, search, statistics
from newsarchive.db.reading.search import Paging
from newsarchive.db.writing.store import Store
from newsarchive.items import Block
from tests.support import warm
from tests.support.storage import make_article, url_of

pytestmark = pytest.mark.slow  # crawls, servers or other processes


def crawl(engine: Engine, blog: str, count: int) -> subprocess.Popen[str]:
    url = url_of(engine)
    process: subprocess.Popen[str] = warm.started(
        "tests.support.small_crawl", url, blog, str(count), environment=warm.own_environment()
    )
    return process


def test_two_crawls_and_a_reader_share_an_archive(engine: Engine) -> None:
    crawls = [crawl(engine, blog, 150) for blog in ("a.example", "b.example")]
    reads = 0
    while any(process.poll() is None for process in crawls):
        search.search(engine, "text")
        statistics.stats(engine)
        reads += 1
    for process in crawls:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert len(out.split()) == 150
    assert reads > 0
    stats = statistics.stats(engine)
    assert (stats.articles, stats.sites) == (300, {"a.example": 150, "b.example": 150})


def test_two_crawls_of_one_site_store_each_article_once(engine: Engine) -> None:
    crawls = [crawl(engine, "same.example", 60) for _ in range(2)]
    for process in crawls:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    stats = statistics.stats(engine)
    assert (stats.articles, stats.revisions, stats.captures) == (60, 60, 120)


def test_an_article_that_is_read_again_while_a_reader_loads_it_is_whole(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is packed in its row and the lines that it leaves out are read by two queries."""
    menu, text = Block("Home", label="nav"), Block("A quagga.")
    Store(engine).ingest([make_article(1, blocks=(menu, text, menu))])
    gathered = articles._gathered

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(articles, "_gathered", gathered)
        other = open_engine(url_of(engine))
        again = make_article(1, blocks=(menu, text), extractor_version=99)
        Store(other).ingest([again], reread=True)
        other.dispose()
        return gathered(*given)

    monkeypatch.setattr(articles, "_gathered", meanwhile)
    assert len(articles.get(engine, 1).blocks) == 2
    assert len(articles.get(engine, 1).blocks) == 1


def test_threads_of_one_process_share_an_engine(engine: Engine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(number: int) -> int:
        Store(engine).ingest([make_article(number)])
        return len(search.search(engine, "first"))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(24)))
    assert statistics.stats(engine).articles == 24
    assert min(found) > 0


@pytest.mark.parametrize("count", [1, 20, 150])
def test_what_was_acknowledged_survives_a_kill(sqlite: Engine, count: int) -> None:
    process = crawl(sqlite, "killed.example", 5000)
    assert process.stdout is not None
    first = "".join(process.stdout.readline() for _ in range(count))
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate(timeout=300)
    done = [int(line) for line in (first + out).splitlines(keepends=True) if line.endswith("\n")]
    assert done
    fresh = open_engine(sqlite.url.render_as_string())
    stored = {article.url for article in articles.Selection(fresh)}
    assert {f"https://killed.example/post-{number}" for number in done} <= stored
    assert len(search.search(fresh, "text", paging=Paging(limit=10_000))) == len(stored)
    fresh.dispose()
