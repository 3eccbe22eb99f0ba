"""Crawls whose worker processes hang, die or are stopped: what they lose, and that they leave nothing behind."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.serving import Seen, Site, crawl, served, started
from tests.test_crawl import STORY, front, post

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: Posts of the blog: more than the crawl's own process reads where the number of workers is `auto`.
POSTS = 26
#: Seconds after which a crawl that was stopped has hung.
MAX_STOP_SECONDS = 120
ROWS = "SELECT url, headline, article_body, content_hash, word_count, record_hash FROM articles ORDER BY url"
FINISHED = "SELECT finish_reason FROM crawl_runs ORDER BY id"


@contextmanager
def blog(*more: str) -> Iterator[Site]:
    """A blog of 26 posts, and posts at the addresses that are given."""
    paths = [*more, *(f"/post-{number}/" for number in range(POSTS))]
    bodies = {
        path: post(f"The news of {path}", body=STORY.replace("bridge", f"bridge {path}")) for path in paths
    }
    with served({"/": front(*paths), **bodies}) as site:
        yield site


def rows(db: Path, sql: str, home: str = "") -> list[tuple[object, ...]]:
    """What a query gives; the blog's address, which is another at each start, is left out."""
    with sqlite3.connect(db) as connection:
        found = connection.execute(sql).fetchall()
    return [tuple(v.replace(home, "") if isinstance(v, str) and home else v for v in row) for row in found]


@pytest.mark.parametrize("workers", ["1", "2", "auto"])
def test_workers_give_the_rows_that_none_give(workers: str, db: Path, tmp_path: Path) -> None:
    other = tmp_path / "pooled.db"
    with blog() as site:
        alone = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=0", db=db)
        pooled = crawl(f"url={site.home}/", "-s", f"NEWSARCHIVE_WORKERS={workers}", db=other)
    assert (alone.returncode, pooled.returncode) == (0, 0), alone.stderr + pooled.stderr
    assert len(rows(db, ROWS)) == POSTS
    assert rows(other, ROWS) == rows(db, ROWS)
    kept = "SELECT kind, text, count(*) FROM blocks GROUP BY 1, 2 ORDER BY 1, 2"
    assert rows(other, kept) == rows(db, kept)


def test_a_page_that_hangs_is_refused_and_all_others_are_stored(db: Path) -> None:
    with blog("/spin/") as site:
        done = crawl(
            f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2", "-s", "NEWSARCHIVE_PAGE_SECONDS=2",
            "-s", "NEWSARCHIVE_STEPS=tests.pool_jobs:spinning after decode", db=db,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "1 dropped, 1 dropped: too slow" in done.stderr
        assert len(rows(db, ROWS)) == POSTS
        kept = "SELECT u.state, u.reason, c.warc_file <> '' FROM captures c JOIN urls u ON u.id = c.url_id WHERE u.url LIKE '%spin%'"
        assert rows(db, kept) == [("skipped", "too slow", 1)]  # its bytes can be read again
        again = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2", db=db)
        assert "1 skipped: looked at before: too slow" in again.stderr


def test_a_page_that_kills_its_process_is_refused_and_all_others_are_stored(db: Path) -> None:
    with blog("/die/") as site:
        done = crawl(
            f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2",
            "-s", "NEWSARCHIVE_STEPS=tests.pool_jobs:dying after decode", db=db,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1 dropped, 1 dropped: crashed" in done.stderr
    assert len(rows(db, ROWS)) == POSTS


def test_processes_that_are_killed_cost_no_page(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page kills the first process that reads it, as a system that has no memory left would."""
    monkeypatch.setenv("DYING_ONCE", str(db.parent))
    with blog() as site:
        done = crawl(
            f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2",
            "-s", "NEWSARCHIVE_STEPS=tests.pool_jobs:dying_once after decode", db=db,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(rows(db, ROWS)) == POSTS


def group_has_ended(group: int) -> bool:
    """Whether no process of a group is left, zombies aside."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, own = stat.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue  # it ended meanwhile
        if int(own) == group and state != "Z":
            return False
    return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("whole_group", [False, True], ids=["crawl", "group"])
@pytest.mark.parametrize("moment", ["start", "/robots.txt", "/", "/post-0/", "/post-5/", "/post-25/"])
def test_a_crawl_that_is_stopped_ends_and_leaves_no_process(moment: str, whole_group: bool, db: Path) -> None:
    """SIGTERM, to the crawl alone or to all its processes (as systemd sends it), at its start and while it runs."""
    with blog() as site:
        process = started(f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2", db=db, own_group=True)

        def stop() -> None:
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGTERM)

        def watch(request: Seen) -> None:
            if request.path == moment:
                site.watch = lambda request: None
                stop()

        site.watch = watch
        try:
            if moment == "start":
                time.sleep(0.7)  # Python runs, and imports
                stop()
            _, err = process.communicate(timeout=MAX_STOP_SECONDS)
            deadline = time.monotonic() + MAX_STOP_SECONDS
            while not group_has_ended(process.pid) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert group_has_ended(process.pid)
        finally:
            with_nothing_left(process)
        assert "Traceback" not in err
        if moment.startswith("/post"):
            assert process.returncode == 0, err
            assert rows(db, FINISHED) == [("shutdown",)]
            asked = [path for path in site.paths() if path.startswith("/post-")]
            assert len(rows(db, ROWS)) == len(asked)  # what was fetched is stored


def with_nothing_left(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
