"""Crawls whose worker processes hang, die or are stopped: what they lose, and that they leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from newsarchive import Archive
from newsarchive.core.site_template.observations import unpack
from tests.crawling.test_crawl import STORY, front, post
from tests.support.serving import Seen, Site, crawl, served, started
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: Posts of the blog: more than the crawl's own process reads where the number of workers is `auto`; and enough for two processes.
POSTS, FEW_POSTS = 26, 8
#: Seconds after which a crawl that was stopped has hung.
MAX_STOP_SECONDS = 120
ROWS = "SELECT url, headline, article_body, content_hash, word_count, record_hash FROM articles ORDER BY url"
#: table or view → its columns that are the same in two archives of one blog
STORED = {
    "articles": "url, headline, article_body, content_hash, word_count, record_hash, candidates, quality, minhash",
    "article_revisions": "content_hash, payload_digest, change_kind, version",
    "blocks": "position, kind, rule, text, score",
    "edits": "position, step, rule, before, after, field, start",
    "page_sightings": "digest, verdict, layout, origin",
    "line_sightings": "fingerprint, is_named",
    "captures": "final_url, charset_used, payload_digest, extractor_version",
}
FINISHED = "SELECT finish_reason FROM crawl_runs ORDER BY id"


def body_of(path: str) -> str:
    """A text of its own, with a line to drop and one to repair."""
    story = STORY.replace("bridge", f"bridge {path}")
    return (
        f"{story}<p>It was Mayor JosÃ© PÃ©rez who opened {path} to everyone last week.</p><p>Share this:</p>"
    )


@contextmanager
def blog(*more: str, posts: int = FEW_POSTS) -> Iterator[Site]:
    """A blog, and posts at the addresses that are given."""
    paths = [*more, *(f"/post-{number}/" for number in range(posts))]
    bodies = {path: post(f"The news of {path}", body=body_of(path)) for path in paths}
    with served({"/": front(*paths), **bodies}) as site:
        yield site


def rows(db: Path, sql: str, home: str = "") -> list[tuple[object, ...]]:
    """What a query gives; the blog's address, which is another at each start, is left out."""
    with sqlite3.connect(db) as connection:
        found = connection.execute(sql).fetchall()
    return [tuple(v.replace(home, "") if isinstance(v, str) and home else v for v in row) for row in found]


def unpacked(db: Path) -> list[object]:
    """What is stored packed, which another version may do in other bytes: HTML and places of lines, and records."""
    records = rows(db, "SELECT a.url, p.record FROM page_sightings p JOIN articles a ON a.id = p.article_id")
    with Archive(db) as archive:
        articles = {one.url: (one.article_html, one.dropped) for one in archive.articles()}
    return [
        sorted((url, unpack(record, str(url), "", "")) for url, record in records),  # type: ignore[arg-type]
        articles,
    ]


#: Which page has which template is a matter of time.
STILL = ("-s", "NEWSARCHIVE_LEARN=0")


@pytest.fixture(scope="module")
def crawled_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """The blog, and its archive by a crawl without workers."""
    db = tmp_path_factory.mktemp("alone") / "archive.db"
    with blog(posts=POSTS) as site:
        done = crawl(f"url={site.home}/", *STILL, "-s", "NEWSARCHIVE_WORKERS=0", db=db)
        assert done.returncode == 0, done.stderr
        yield site, db


@pytest.mark.parametrize("workers", ["1", "2", "auto"])
def test_workers_give_the_rows_that_none_give(
    workers: str, crawled_alone: tuple[Site, Path], tmp_path: Path
) -> None:
    (site, db), other = crawled_alone, tmp_path / "pooled.db"
    pooled = crawl(f"url={site.home}/", *STILL, "-s", f"NEWSARCHIVE_WORKERS={workers}", db=other)
    assert pooled.returncode == 0, pooled.stderr
    assert len(rows(db, ROWS)) == POSTS
    for table, columns in STORED.items():
        query = f"SELECT {columns} FROM {table} ORDER BY {columns}"
        assert rows(db, query), table
        assert rows(other, query) == rows(db, query), table
    assert unpacked(other) == unpacked(db)


def test_scrapys_feed_has_whole_articles_beside_the_database(db: Path, tmp_path: Path) -> None:
    file, fields = (
        tmp_path / "articles.jsonl",
        "FEED_EXPORT_FIELDS=url,article_body,edits,blocks,article_html",
    )
    with blog() as site:
        done = crawl(f"url={site.home}/", "-O", str(file), "-s", "NEWSARCHIVE_WORKERS=1", "-s", fields, db=db)
    assert done.returncode == 0, done.stderr
    articles = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    stored = dict(rows(db, "SELECT url, article_body FROM articles"))
    assert {article["url"]: article["article_body"] for article in articles} == stored
    assert len(stored) == FEW_POSTS
    for article in articles:
        assert "José Pérez" in article["article_html"]
        assert any(block["text"] == "Share this:" for block in article["blocks"])
        assert any("Ã" in edit["before"] for edit in article["edits"])


def test_a_page_that_hangs_is_refused_and_all_others_are_stored(db: Path) -> None:
    with blog("/spin/") as site:
        done = crawl(
            f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2", "-s", "NEWSARCHIVE_PAGE_SECONDS=2",
            "-s", "NEWSARCHIVE_STEPS=tests.support.pool_jobs:spinning after decode", db=db,
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert "1 failed: too slow" in done.stderr
        assert len(rows(db, ROWS)) == FEW_POSTS
        kept = "SELECT u.state, u.reason, c.warc_file <> '' FROM captures c JOIN urls u ON u.id = c.url_id WHERE u.url LIKE '%spin%'"
        assert rows(db, kept) == [("skipped", "too slow", 1)]  # its bytes can be read again
        again = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2", db=db)
        assert "1 skipped: looked at before: too slow" in again.stderr


def test_a_page_that_kills_its_process_is_refused_and_all_others_are_stored(db: Path) -> None:
    with blog("/die/") as site:
        done = crawl(
            f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2",
            "-s", "NEWSARCHIVE_STEPS=tests.support.pool_jobs:dying after decode", db=db,
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "1 failed: crashed" in done.stderr
    assert len(rows(db, ROWS)) == FEW_POSTS


def test_processes_that_are_killed_cost_no_page(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page kills the first process that reads it, as a system that has no memory left would."""
    monkeypatch.setenv("DYING_ONCE", str(db.parent))
    with blog() as site:
        done = crawl(
            f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2",
            "-s", "NEWSARCHIVE_STEPS=tests.support.pool_jobs:dying_once after decode", db=db,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(rows(db, ROWS)) == FEW_POSTS


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
@pytest.mark.parametrize("moment", ["start", "/robots.txt", "/post-0/", "/post-5/"])
def test_a_crawl_that_is_stopped_ends_and_leaves_no_process(moment: str, whole_group: bool, db: Path) -> None:
    """SIGTERM, to the crawl alone or to all its processes (as systemd sends it), at its start and while it runs."""
    with blog() as site:
        process = started(f"url={site.home}/", "-s", "NEWSARCHIVE_WORKERS=2", db=db, own_group=True)

        def stop() -> None:
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGTERM)

        stopped = threading.Event()

        def watch(request: Seen) -> None:
            if moment == "start":
                stopped.wait(MAX_STOP_SECONDS)  # the crawl cannot end before it is stopped
            if request.path == moment:
                site.watch = lambda request: None
                stop()

        site.watch = watch
        try:
            if moment == "start":
                time.sleep(0.7)  # Python runs, and imports
                stop()
                stopped.set()
            _, err = process.communicate(timeout=MAX_STOP_SECONDS)
            wait_for(lambda: group_has_ended(process.pid))
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
