"""The file of an archive is the archive: whoever copies it has all, whatever ended the program that wrote it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from newsarchive import demo
from newsarchive.db.engine import close_all, connect_readonly, open_engine, open_readonly, reading
from newsarchive.db.schema import upgrade
from tests.cli.test_cli import run
from tests.crawling.test_crawl import front, post, rows
from tests.support import warm
from tests.support.serving import ROOT, Answer, Seen, crawl, served, started

pytestmark = pytest.mark.slow  # crawls, servers or other processes

COUNT = "SELECT count(*) FROM articles"


def beside(db: Path) -> list[str]:
    """What SQLite left beside its file."""
    return sorted(file.name for file in db.parent.iterdir() if file.name.startswith(f"{db.name}-"))


def copied(db: Path, folder: Path) -> Path:
    """The one file, as a person copies it."""
    folder.mkdir()
    return Path(shutil.copy(db, folder / "copy.db"))


def test_a_copied_file_holds_all_articles_of_a_crawl(db: Path, tmp_path: Path) -> None:
    with demo.served() as home:
        assert crawl(f"url={home}/", db=db).returncode == 0
    assert beside(db) == []
    assert rows(copied(db, tmp_path / "elsewhere"), COUNT) == [(3,)]


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: signal.Signals(number).name
)
def test_a_crawl_that_is_told_to_end_leaves_one_file(db: Path, tmp_path: Path, number: int) -> None:
    paths = [f"/story-number-{n}/" for n in range(120)]
    with served({"/": front(*paths)} | {path: Answer(post(f"Story {path}")) for path in paths}) as site:
        process = started(f"url={site.home}/", db=db)

        def watch(request: Seen) -> None:
            if request.path == paths[7]:
                process.send_signal(number)

        site.watch = watch
        _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert beside(db) == []
    ((count,),) = rows(copied(db, tmp_path / "elsewhere"), COUNT)
    assert 5 <= int(str(count)) < 120
    assert f"{count} new" in err


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("one") / "demo.db"
    with demo.served() as home:
        assert crawl(f"url={home}/", db=path).returncode == 0
    return path


@pytest.mark.parametrize(
    "words",
    [
        "search ferry", "stats", "explain 1", "quarantine list", "db check", "db upgrade", "db vacuum",
        "db rebuild", "recluster", "learn --all", "reextract --only-older-than 9999 --workers 2", "export {}/x.db", "backup {}/b.db",
    ],
)  # fmt: skip
def test_a_command_leaves_nothing_beside_the_file(archive: Path, tmp_path: Path, words: str) -> None:
    done = run(*words.format(tmp_path).split(), "--db", str(archive))
    assert done.returncode == 0, done.stderr
    assert beside(archive) == []
    assert [file.name for file in tmp_path.iterdir() if file.suffix != ".db"] == []


def test_a_copy_between_files_leaves_two(archive: Path, tmp_path: Path) -> None:
    assert run("db", "copy", str(archive), str(tmp_path / "target.db")).returncode == 0
    assert beside(archive) == beside(tmp_path / "target.db") == []
    assert rows(tmp_path / "target.db", COUNT) == [(3,)]


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: signal.Signals(number).name
)
def test_the_web_pages_leave_nothing_beside_the_file(archive: Path, number: int) -> None:
    words = ("web", "--port", "0", "--db", str(archive))
    process = warm.started("newsarchive", *words, environment=warm.own_environment())
    assert process.stderr is not None
    assert "Ctrl+C stops it" in process.stderr.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=300)
    assert "Traceback" not in err
    assert beside(archive) == []


def test_what_any_thread_opened_is_closed_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "archive.db"
    engine = open_engine(str(file))
    upgrade(engine)

    def read() -> None:
        with reading(engine) as connection:
            connection.exec_driver_sql(COUNT).all()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(open_readonly(str(file))) as connection:
        connection.exec_driver_sql(COUNT).all()
    held = connect_readonly(file)  # as Datasette holds one
    held.execute(COUNT).fetchall()
    assert beside(file) == ["archive.db-shm", "archive.db-wal"]
    close_all()
    assert beside(file) == []
    close_all()


def test_what_a_crawl_writes_in_a_checkout_is_ignored_by_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    with demo.served() as home:
        options = ("-s", "LOG_FILE=crawl.log", "-s", "HTTPCACHE_ENABLED=1")
        assert crawl(f"url={home}/", *options, db=tmp_path / "newsarchive.db").returncode == 0
    (tmp_path / "newsarchive.db.before-0009.bak").touch()
    assert len(list(tmp_path.iterdir())) >= 5
    seen = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert seen.stdout == "?? .gitignore\n"
