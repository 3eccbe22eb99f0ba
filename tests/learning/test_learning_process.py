"""Learning in a process of its own: what it gives, what it does where no process starts, and that it ends."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsarchive.core.urls import url_key
from newsarchive.db.kept_readings import KeptReadings, Reading
from newsarchive.learning.learner import LearnedSite
from newsarchive.learning.process import MAX_WAITING_BYTES, Archived, LearningJob, SiteLearning
from newsarchive.workers import pool
from newsarchive.workers.pool import NotStarted
from tests.learning.test_learning_archive import CHIPS, blog, clean
from tests.support.archives import crawled, lines
from tests.support.storage import open_archive, url_of

pytestmark = pytest.mark.slow  # starts processes

PAGES = blog("heron", range(8), tail=CHIPS)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_archive("sqlite", tmp_path) as opened:
        yield opened


def learning_of(engine: Engine, folder: Path, *, may_start: bool) -> SiteLearning:
    """Learning of a crawl that has read its pages, whose bytes are gone: their readings are all that is left."""
    readings = KeptReadings()
    crawled(engine, folder / "warc", PAGES, readings=readings)
    shutil.rmtree(folder / "warc")
    url = url_of(engine)
    learning = SiteLearning(Archived(url, [str(folder / "warc")]), lambda: may_start)
    for page in PAGES:
        reading = readings.get(url_key(page))
        assert reading is not None
        learning.keep(reading)
    return learning


def learned(learning: SiteLearning, site: str) -> LearnedSite:
    return learning.do(LearningJob(site=site)).checked().summaries[0]


@pytest.mark.parametrize("may_start", [True, False])
def test_a_site_is_learned_from_what_its_pages_were_read_as(
    engine: Engine, tmp_path: Path, may_start: bool
) -> None:
    learning = learning_of(engine, tmp_path, may_start=may_start)
    done = learned(learning, "heron.example")
    assert (done.reread, len(done.changed), done.failed) == (8, 8, [])
    assert clean(lines(engine))
    processes = learning._pool.processes() if learning._pool else []
    assert len(processes) == may_start
    assert [one.site for one in learning.do(LearningJob(around=["heron.example"])).summaries] == [
        "heron.example"
    ]
    learning.close()
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_a_crawl_that_grows_goes_on_in_a_process_with_all_readings(engine: Engine, tmp_path: Path) -> None:
    learning = learning_of(engine, tmp_path, may_start=False)
    assert learned(learning, "crane.example").pages == 0  # here, with the readings
    learning.may_start = lambda: True
    done = learned(learning, "heron.example")
    assert (learning._here, done.reread, done.failed) == (None, 8, [])
    learning.close()


def test_a_crawl_that_learns_nothing_before_its_end_keeps_few_readings_in_memory(engine: Engine) -> None:
    learning = SiteLearning(Archived(url_of(engine), []), lambda: False)
    for number in range(100):
        learning.keep(Reading(f"page {number}", bytes(30_000)))
    assert sum(reading.size for reading in learning._waiting) <= MAX_WAITING_BYTES
    assert learning._here is not None
    assert len(learning._here.readings.all()) + len(learning._waiting) == 100
    learning.close()


def test_where_no_process_starts_the_crawl_learns_itself(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> None:
        raise NotStarted("a worker process cannot start")

    monkeypatch.setattr(pool._WorkerThread, "_start", broken)
    learning = learning_of(engine, tmp_path, may_start=True)
    assert learned(learning, "heron.example").reread == 8
    learning.close()


def test_an_error_in_the_process_is_raised_here(engine: Engine, tmp_path: Path) -> None:
    learning = learning_of(engine, tmp_path, may_start=True)
    engine.dispose()
    Path(str(engine.url.database)).unlink()
    with pytest.raises(Exception, match="no archive there"):
        learned(learning, "heron.example")
    learning.close()
