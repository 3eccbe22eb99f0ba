"""The raw bytes are found where a run put them, after a copy into another database too."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from newsarchive import demo, reextract
from newsarchive.cli.opening import warc_folders
from newsarchive.db import archive_state
from newsarchive.db.engine import open_engine, open_to_check, reading, writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.reading import metrics
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseError
from tests.cli.test_cli import run
from tests.support.serving import crawl
from tests.support.storage import archive_url

pytestmark = pytest.mark.slow  # crawls, servers or other processes

ALL_AGAIN = ("reextract", "--workers", "0", "--all", "--db")


def test_runs_name_the_folders_the_newest_first(engine: Engine, tmp_path: Path) -> None:
    store = Store(engine)
    assert archive_state.known_folders(engine) == []
    for folder in ("/a", "/b", "", "/a"):
        store.start_run(
            "news",
            {"url": "https://blog.example"} | ({archive_state.FOLDER_ARGUMENT: folder} if folder else {}),
        )
    assert archive_state.known_folders(engine) == ["/a", "/b"]
    archive_state.remember_folders(engine, [Path("/b"), Path("/c")])
    assert archive_state.known_folders(engine) == ["/c", "/a", "/b"]
    assert reextract.raw_folders(engine, "x/news-warc") == ("x/news-warc", "/c", "/a", "/b")


def test_the_folder_is_known_of_a_run_whose_other_argument_is_no_utf_8(engine: Engine) -> None:
    """The name of a file may have any bytes; PostgreSQL reads no value beside one that is no text to it."""
    store = Store(engine)
    store.start_run("warc", {"path": "caf\udce9.warc.gz", archive_state.FOLDER_ARGUMENT: "/a"})
    store.start_run("warc", {"path": "caf\udce9.warc.gz"})
    assert archive_state.known_folders(engine) == ["/a"]


def test_nothing_that_is_asked_at_each_crawl_or_each_minute_reads_all_runs(tmp_path: Path) -> None:
    """Hourly crawls of 200 sites make 1.7 million runs a year, whose rows are large."""
    engine, asked = open_engine(f"sqlite:///{tmp_path / 'archive.db'}"), list[tuple[str, Any]]()
    upgrade(engine)
    Store(engine).start_run("news", {"url": "http://127.0.0.1/", archive_state.FOLDER_ARGUMENT: "/a"})
    Frontier(engine).open_site("http://127.0.0.1/")

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    assert archive_state.known_folders(engine) == ["/a"]
    assert Frontier(engine).private_sites() == ["http://127.0.0.1/"]
    with writing(engine) as connection:
        archive_state.begin(connection, "recluster", {})
        assert archive_state.stopped(connection, "recluster", {}) is not None
    asked += [(metric.sql, ()) for metric in metrics.METRICS if "crawl_runs" in metric.sql]
    assert len(asked) > 7
    with reading(engine) as connection:
        for statement, values in asked:
            if "crawl_runs" not in statement or statement.startswith(("INSERT", "EXPLAIN")):
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            for *_, step in plan:
                assert not step.startswith("SCAN") or "crawl_runs" not in step or "COVERING INDEX" in step, (
                    statement
                )
    engine.dispose()


def test_an_archive_that_cannot_be_read_hides_its_folders_from_checks_alone(tmp_path: Path) -> None:
    (tmp_path / "bad.db").touch()
    url = f"sqlite:///{tmp_path / 'bad.db'}"
    damaged = open_to_check(url)
    assert warc_folders(damaged, url, "/mine", perhaps_damaged=True) == ("/mine",)
    with pytest.raises(
        DatabaseError
    ):  # an erasure of some of the folders would leave the texts in the others
        warc_folders(damaged, url, "/mine")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_copied_archive_finds_the_bytes_of_the_one_it_comes_from(tmp_path: Path, kind: str) -> None:
    source, folder = tmp_path / "source" / "mine.db", tmp_path / "target"
    source.parent.mkdir()
    folder.mkdir()
    with demo.served() as home:
        crawl(f"url={home}/", db=source)
    with archive_url(kind, folder) as target:
        for _ in ("a copy", "the same, called again"):
            assert run("db", "copy", str(source), target).returncode == 0
            assert "3 unchanged, 0 failed" in run(*ALL_AGAIN, target).stderr
        copied = open_engine(target)
        assert archive_state.known_folders(copied) == [str(source.parent / "mine-warc")]
        copied.dispose()


def test_a_copy_on_a_server_remembers_a_folder_of_the_default_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server that name means a folder of wherever a command is called, or nothing once `warc` names another."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "newsarchive-warc").mkdir()
    upgrade(open_engine("sqlite:///newsarchive.db"))
    with archive_url("postgresql", tmp_path) as target:
        reextract.copy("sqlite:///newsarchive.db", target)
        copied = open_engine(target)
        assert archive_state.known_folders(copied) == [str(tmp_path / "newsarchive-warc")]
        copied.dispose()


def test_a_folder_of_its_own_is_found_without_naming_it(db: Path, tmp_path: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", "-s", "NEWSARCHIVE_WARC=raw", db=db)
    assert not (db.parent / f"{db.stem}-warc").exists()
    assert "3 unchanged, 0 failed" in run(*ALL_AGAIN, str(db)).stderr
    shutil.move(tmp_path / "raw", tmp_path / "moved")
    lost = run(*ALL_AGAIN, str(db))
    assert "3 failed" in lost.stderr
    assert "--warc" in lost.stderr
    assert "3 unchanged, 0 failed" in run(*ALL_AGAIN, str(db), "--warc", str(tmp_path / "moved")).stderr
