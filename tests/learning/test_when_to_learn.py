"""When a crawl learns: at the steps of a new site, when pages look odd, at its end; and what a failure does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import MemoryStatsCollector
from sqlalchemy import Engine

from newsarchive.core.site_template.observations import Observation
from newsarchive.crawling.page_reader import PageReader
from newsarchive.db.kept_readings import Reading
from newsarchive.db.writing.store import Outcome
from newsarchive.extensions.template_learning import (
    TemplateLearning,
    _Waiting,
    has_own_process,
    template_learned,
)
from newsarchive.items import Article
from newsarchive.learning.learner import LearnedSite
from newsarchive.learning.process import Done, LearningJob
from tests.support.storage import open_archive


class Fake:
    """Notes what is learned; a site in `broken` cannot be."""

    shared = None

    def __init__(self, broken: Sequence[str] = (), elsewhere: int = 0) -> None:
        #: `elsewhere` is how many pages of a site wait in all crawls of a worker.
        self.broken, self.elsewhere = broken, elsewhere
        self.calls: list[tuple[str, bool]] = []

    def do(self, job: LearningJob) -> Done:
        done = Done([])
        for site in [job.site] if job.site else job.around:
            self.calls.append((site, bool(job.site)))
            if site in self.broken:
                return done._replace(error=ValueError("a template that\nnobody can read"))
            done.summaries.append(LearnedSite(site, changed=[f"https://{site}/1"]))
        return done._replace(articles=[Article(f"https://{job.site}/learned")] * len(job.waiting))

    def waiting(self, site: str) -> int:
        return self.elsewhere

    def close(self) -> None:
        pass


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_archive("sqlite", tmp_path) as opened:
        yield opened


def learning_of(engine: Engine, folder: Path, fake: Fake, **settings: object) -> TemplateLearning:
    given = {
        "NEWSARCHIVE_DATABASE_URL": "sqlite://",
        "NEWSARCHIVE_LEARN": True,
        "NEWSARCHIVE_WARC": str(folder),
    } | settings
    crawler = SimpleNamespace(settings=Settings(given), signals=SignalManager(), spider=None)
    crawler.stats = MemoryStatsCollector(SimpleNamespace(settings=Settings({"STATS_DUMP": False})))
    learning = TemplateLearning(crawler, engine)  # type: ignore[arg-type]
    if learning.learner is not None:
        learning.learner = fake  # type: ignore[assignment]
    return learning


@pytest.mark.parametrize(
    ("workers", "cores", "first_page", "has_own"),
    [
        pytest.param(0, 4, 0, False, id="without workers the crawl's process does all"),
        pytest.param(2, 2, 0, False, id="each core has a worker"),
        pytest.param(2, 3, 0, True, id="a core is left"),
        pytest.param(2, 3, 20, False, id="the crawl is too small for workers"),
    ],
)
def test_learning_has_a_process_of_its_own_where_workers_leave_a_core(
    workers: int, cores: int, first_page: int, has_own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsarchive.crawling.page_reader.cores", lambda: cores)
    assert has_own_process(PageReader(workers=workers, first_page=first_page)) is has_own


def stored(learning: TemplateLearning, outcomes: Sequence[tuple[str, Outcome, bool]]) -> None:
    """Articles (site, outcome, odd) are stored one after the other, and the crawl ends."""

    async def run() -> None:
        for number, (site, outcome, odd) in enumerate(outcomes):
            if site not in learning.pages:
                learning.pages[site] = 0
            seen = Observation("", site, "", misfit=odd)
            await learning.stored(Article(f"https://{site}/{number}", seen=seen), outcome)
            if learning.running is not None:
                await learning.running
        await learning.close()

    asyncio.run(run())


NEW, SAME = ("heron.example", Outcome.NEW, False), ("heron.example", Outcome.UNCHANGED, False)
ODD = ("heron.example", Outcome.UNCHANGED, True)
NOW, END = ("heron.example", True), ("heron.example", False)


@pytest.mark.parametrize(
    ("outcomes", "calls"),
    [
        ([NEW] * 2, [END]),
        ([NEW] * 3, [NOW, END]),
        ([NEW] * 14, [NOW, NOW, NOW, NOW, END]),
        ([SAME] * 14, []),
        ([SAME, ODD, ODD], [END]),
        ([SAME, ODD, ODD, ODD], [NOW, END]),
    ],
    ids=["two", "three", "3, 5, 8, 13", "unchanged", "two odd pages", "three odd pages"],
)
def test_when_a_site_is_learned(
    engine: Engine, tmp_path: Path, outcomes: list[tuple[str, Outcome, bool]], calls: list[tuple[str, bool]]
) -> None:
    fake = Fake()
    stored(learning_of(engine, tmp_path, fake), outcomes)
    assert fake.calls == calls


@pytest.mark.parametrize(
    ("known", "waiting", "elsewhere", "is_learned"),
    [
        pytest.param(0, 2, 0, False, id="two pages teach nothing"),
        pytest.param(0, 2, 3, True, id="a third waits in another crawl"),
        pytest.param(0, 3, 0, True, id="three"),
        pytest.param(2, 1, 0, True, id="the third"),
        pytest.param(3, 1, 0, False, id="the fourth"),
        pytest.param(3, 2, 0, True, id="the fifth"),
        pytest.param(5, 2, 0, False, id="the seventh"),
        pytest.param(7, 20, 0, True, id="many"),
    ],
)
def test_pages_that_wait_have_their_site_learned_where_they_bring_it_to_a_step(
    engine: Engine, tmp_path: Path, known: int, waiting: int, elsewhere: int, is_learned: bool
) -> None:
    """A WARC file has a page or two of a site: were it learned with each file, what was stored before would be read again each time."""
    fake = Fake(elsewhere=elsewhere)
    learning = learning_of(engine, tmp_path, fake)
    learning.pages["heron.example"] = known

    async def run() -> list[str]:
        loop, read = asyncio.get_running_loop(), Article("https://heron.example/read")
        pages = [_Waiting(read, Reading(str(n), b"", b""), loop.create_future()) for n in range(waiting)]
        learning.waiting["heron.example"] = pages
        learning.all_read()
        return [(await page.done).url for page in pages]

    url = "https://heron.example/learned" if is_learned else "https://heron.example/read"
    assert asyncio.run(run()) == [url] * waiting
    assert fake.calls == [("heron.example", True)] * is_learned


@pytest.mark.parametrize("setting", [{"NEWSARCHIVE_LEARN": False}, {"NEWSARCHIVE_WARC": "off"}])
def test_where_learning_is_off(engine: Engine, tmp_path: Path, setting: dict[str, object]) -> None:
    fake = Fake()
    stored(learning_of(engine, tmp_path, fake, **setting), [NEW] * 5)
    assert fake.calls == []


def test_the_pages_that_follow_are_read_by_what_was_learned(engine: Engine, tmp_path: Path) -> None:
    learning = learning_of(engine, tmp_path, Fake())
    told: list[str] = []

    def hear(site: str) -> None:
        told.append(site)

    learning.crawler.signals.connect(hear, template_learned)
    stored(learning, [NEW] * 3)
    assert told == ["heron.example"]


def test_a_failure_is_counted_and_said_and_ends_nothing(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake = Fake(broken=["heron.example"])
    learning = learning_of(engine, tmp_path, fake)
    with caplog.at_level(logging.ERROR):
        stored(learning, [*[NEW] * 3, ("crane.example", Outcome.NEW, False)])
    assert learning.crawler.stats.get_value("newsarchive/learning_failed") == 2
    assert ("crane.example", False) in fake.calls
    assert learning.crawler.stats.get_value("newsarchive/learned") == 1
    [said, _] = [record.getMessage() for record in caplog.records]
    assert said == (
        "heron.example: its template could not be learned (ValueError: a template that nobody can read); "
        "its articles are stored; try: newsarchive learn heron.example"
    )
    assert all(record.exc_info is None for record in caplog.records)
