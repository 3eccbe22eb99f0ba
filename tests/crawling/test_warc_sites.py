"""Pages out of WARC files of many sites: each is stored once, by the template that its own site's pages taught."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest

from newsarchive.db.engine import open_engine
from newsarchive.warc.writer import WarcWriter
from tests.crawling.test_crawl import rows
from tests.learning.test_learning_archive import CHIPS, blog, clean
from tests.support.archives import lines
from tests.support.serving import HTML, crawl, started
from tests.support.waiting import MAX_WAIT_SECONDS, wait_for

pytestmark = pytest.mark.slow  # crawls

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def foreign_file(folder: Path, pages: Iterable[tuple[str, str]]) -> Path:
    """A WARC file of these pages, a second apart."""
    writer = WarcWriter(folder, "CC-NEWS")
    for number, (url, body) in enumerate(pages):
        at = FIRST + timedelta(seconds=number)
        writer.write_response(url, "HTTP/1.1 200 OK", [("Content-Type", HTML)], body.encode(), fetched_at=at)
    writer.close()
    [file] = folder.iterdir()
    return file


def in_turn(*sites: Mapping[str, str]) -> list[tuple[str, str]]:
    """The pages of several sites as a crawl of all of them meets them."""
    return list(chain.from_iterable(zip(*(site.items() for site in sites), strict=True)))


def stored(db: Path) -> tuple[int, int, int]:
    """Captures, different captures, and articles."""
    return rows(db, "SELECT count(*), count(DISTINCT url_id), (SELECT count(*) FROM articles) FROM captures")[
        0
    ]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_pages_of_a_new_site_wait_for_its_template_and_are_stored_once(
    db: Path, tmp_path: Path, workers: int
) -> None:
    sites = [
        blog("heron", range(6), tail=[f"Heron, {chip}" for chip in CHIPS]),
        blog("crane", range(6, 12), tail=[f"Crane, {chip}" for chip in CHIPS]),
    ]
    file = foreign_file(tmp_path / "foreign", in_turn(*sites))
    done = crawl(f"path={file}", "-s", f"NEWSARCHIVE_WORKERS={workers}", spider="warc", db=db)
    assert "12 discovered, 12 new, 0 updated" in done.stderr
    assert clean(lines(open_engine(f"sqlite:///{db}")))
    assert rows(db, "SELECT count(*), max(version) FROM article_revisions") == [(12, 1)]
    [(stats,)] = rows(db, "SELECT stats FROM crawl_runs")
    assert json.loads(stats).get("learned", "0") == "0"  # no page was read a second time
    assert rows(db, "SELECT count(DISTINCT site_id) FROM site_blocks") == [(2,)]


#: A description that is the site's, which only its pages together tell.
DESCRIBED = '<meta name="description" content="Notes from a harbour town, its boats and its weather."><title>'


def described(pages: Mapping[str, str]) -> dict[str, str]:
    return {url: page.replace("<title>", DESCRIBED) for url, page in pages.items()}


@pytest.mark.parametrize(
    "files",
    [
        [blog("heron", range(6)).items(), described(blog("heron", range(6))).items()],
        [
            [
                *blog("heron", range(11)).items(),
                *((url, page.replace("<body>", "<body >")) for url, page in blog("heron", range(11)).items()),
                *described(blog("heron", range(11, 21))).items(),
            ]
        ],
    ],
    ids=["the pages come again and say more", "pages came twice, and others did not wait"],
)
def test_a_site_is_learned_again_from_pages_that_have_not_taught_it(
    db: Path, tmp_path: Path, files: list[Iterable[tuple[str, str]]]
) -> None:
    """As many captures waited as the archive has pages in the end, and yet they were other pages."""
    for number, pages in enumerate(files):
        file = foreign_file(tmp_path / f"foreign {number}", pages)
        assert crawl(f"path={file}", spider="warc", db=db).returncode == 0
    assert rows(db, "SELECT count(*) FROM articles WHERE description <> ''") == [(0,)]
    [(pages_stored,)] = rows(db, "SELECT count(*) FROM articles")
    assert pages_stored in (6, 21)


def test_a_page_that_two_do_not_make_a_template_for_is_stored_as_it_is(db: Path, tmp_path: Path) -> None:
    file = foreign_file(tmp_path / "foreign", blog("heron", range(2), tail=CHIPS).items())
    assert "2 new" in crawl(f"path={file}", spider="warc", db=db).stderr
    assert not clean(lines(open_engine(f"sqlite:///{db}")))
    assert rows(db, "SELECT count(*) FROM site_blocks") == [(0,)]


def begun(db: Path, file: Path, captures: int):  # type: ignore[no-untyped-def]
    """A crawl of a file that has stored at least this many captures, and is under way."""
    crawling = started(f"path={file}", spider="warc", db=db)
    wait_for(lambda: db.exists() and _count(db) >= captures, "no capture was stored")
    assert crawling.poll() is None, "the crawl ended before it could be broken off"
    return crawling


def _count(db: Path) -> int:
    return (
        sum(int(number) for (number,) in rows(db, "SELECT count(*) FROM captures")) if _has_tables(db) else 0
    )


def _has_tables(db: Path) -> bool:
    return bool(rows(db, "SELECT 1 FROM sqlite_master WHERE name = 'captures'"))


def test_a_file_that_kill_9_broke_off_is_gone_on_with_and_each_capture_is_stored_once(
    db: Path, tmp_path: Path
) -> None:
    file = foreign_file(tmp_path / "foreign", blog("heron", range(200), tail=CHIPS).items())
    crawling = begun(db, file, 21)
    crawling.kill()
    crawling.wait()
    before = stored(db)[0]
    assert before < 200
    done = crawl(f"path={file}", spider="warc", db=db)
    assert f"{200 - before} discovered, {200 - before} new" in done.stderr
    assert f"{before} skipped: stored before" in done.stderr
    assert stored(db) == (200, 200, 200)
    assert clean(lines(open_engine(f"sqlite:///{db}")))


def test_sigterm_stores_the_pages_that_wait_and_reads_no_further_ones(db: Path, tmp_path: Path) -> None:
    """A stopped crawl does not hang on pages that wait for others of their site."""
    heron = list(blog("heron", range(200), tail=CHIPS).items())
    others = [item for n in range(4) for item in blog(f"crane-{n}", range(300 + 3 * n, 303 + 3 * n)).items()]
    file = foreign_file(tmp_path / "foreign", [*others, *heron])
    crawling = begun(db, file, 21)
    crawling.send_signal(signal.SIGTERM)
    crawling.wait(timeout=MAX_WAIT_SECONDS)
    captures, different, articles = stored(db)
    assert captures == different == articles < 212
    assert rows(db, "SELECT count(*) FROM articles WHERE url LIKE '%crane%'") == [(12,)]
    assert f"{212 - captures} new" in crawl(f"path={file}", spider="warc", db=db).stderr
    assert stored(db) == (212, 212, 212)
