"""What breaks under a crawl ends it with a code and one line: no traceback, no success, nothing stored lost."""

from __future__ import annotations

import gzip
import re
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from newsarchive.db.engine import open_engine, reading
from newsarchive.db.schema import upgrade
from newsarchive.exceptions import DATABASE_FAILED, SOME_FAILED
from tests.crawling.test_crawl import front, post, rows
from tests.support.own_postgresql import Server, own_postgresql
from tests.support.serving import Answer, crawl, served, started
from tests.support.storage import SERVER, archive_url

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: Bytes of a file that a process may write: enough for the shared memory of SQLite's log, and for two pages in the log.
MAX_FILE_BYTES = 40_000
POSTS = {f"/story-number-{i}-of-many/": Answer(post(f"Story {i}"), wait=0.05) for i in range(24)}


def drop_database(url: str, folder: Path) -> None:
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")
    server.dispose()


def overwrite(url: str, folder: Path) -> None:
    with (folder / "archive.db").open("r+b") as file:
        file.write(b"garbage " * 1000)


#: What happens under the crawl: kind of archive, what is done to it, what the last line says.
BREAKAGES: dict[str, tuple[str, Callable[[str, Path], object], str]] = {
    "the folder of WARC files is deleted": (
        "sqlite",
        lambda url, folder: shutil.rmtree(folder / "warc", ignore_errors=True),
        "was deleted or moved while the crawl wrote it: put it back, or see which pages",
    ),
    "something writes over the beginning of the archive": ("sqlite", overwrite, "archive.db is damaged: "),
    "the database server loses the archive": ("postgresql", drop_database, "newsarchive_test_"),
}


@pytest.mark.parametrize(("kind", "break_it", "says"), BREAKAGES.values(), ids=BREAKAGES)
def test_what_breaks_under_a_crawl_ends_it_with_5_and_one_line(
    kind: str, break_it: Callable[[str, Path], object], says: str, tmp_path: Path
) -> None:
    in_the_middle = list(POSTS)[-2]
    with archive_url(kind, tmp_path) as url, served({"/": front(*POSTS), **POSTS}) as site:
        site.watch = lambda request: break_it(url, tmp_path) if request.path == in_the_middle else None
        done = crawl(f"url={site.home}/", "-s", f"NEWSARCHIVE_WARC={tmp_path / 'warc'}", db=url)
    assert done.returncode == DATABASE_FAILED, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert says in last
    assert done.stderr.count("error: ") == 1


#: What happens to the server while a crawl stores posts.
OUTAGES: dict[str, Callable[[Server], object]] = {
    "it is started anew": lambda server: (server.stop("fast"), server.start()),
    "it crashes and recovers": lambda server: (server.stop("immediate"), server.start()),
    "it stays away": lambda server: server.stop("fast"),
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_an_outage_of_postgresql_loses_nothing_that_was_acknowledged(
    outage: Callable[[Server], object], tmp_path: Path
) -> None:
    """A crawl survives it where it asks for nothing meanwhile; else it ends with 5. The next one stores the rest."""
    in_the_middle = list(POSTS)[-2]
    settings = ("-s", f"NEWSARCHIVE_WARC={tmp_path / 'warc'}")
    with own_postgresql() as server, served({"/": front(*POSTS), **POSTS}) as site:
        site.watch = lambda request: outage(server) if request.path == in_the_middle else None
        done = crawl(f"url={site.home}/", *settings, db=server.url)
        stayed_away = not server.is_running
        if stayed_away:
            server.start()
        acknowledged = int(re.search(r"(\d+) new", done.stderr)[1])  # type: ignore[index]
        assert acknowledged <= stored_in(server)[0]
        assert "Traceback" not in done.stderr
        if stayed_away or done.returncode != 0:
            assert done.returncode == DATABASE_FAILED, done.stderr
            assert "PostgreSQL" in done.stderr.splitlines()[-1]
            assert done.stderr.count("ERROR") + done.stderr.count("error: ") == 1, done.stderr
        site.watch = lambda request: None
        again = crawl(f"url={site.home}/", *settings, db=server.url)
        assert again.returncode == 0, again.stderr
        assert stored_in(server) == (len(POSTS), len(POSTS))


def stored_in(server: Server) -> tuple[int, int]:
    """The number of articles on a server, and of their versions."""
    engine = open_engine(server.url)
    count = "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM article_revisions)"
    with reading(engine) as connection:
        articles, versions = connection.exec_driver_sql(count).one()
    engine.dispose()
    return articles, versions


def test_a_packed_page_that_breaks_off_waits_for_the_next_crawl(db: Path) -> None:
    packed = gzip.compress(post("A story").encode())
    headers = {"Content-Type": "text/html; charset=UTF-8", "Content-Encoding": "gzip"}
    # Nothing of the first can be unpacked, half of the second; the third lacks its checksum alone.
    posts = {
        f"/story-{share}-of-many/": packed[:end] for share, end in (("none", 14), ("half", -200), ("all", -8))
    }
    table: dict[str, Answer | str] = {path: Answer(body, headers=headers) for path, body in posts.items()}
    with served({"/": front(*posts), **table}) as site:
        done = crawl(f"url={site.home}/", db=db)
        assert done.returncode == SOME_FAILED, done.stderr
        assert "1 new" in done.stderr
        assert "2 failed: cut short" in done.stderr
        site.answers |= {path: Answer(packed, headers=headers) for path in posts}
        again = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert again.returncode == 0, again.stderr
    assert rows(db, "SELECT state, count(*) FROM urls GROUP BY state") == [("ok", 3)]


def test_a_disk_that_is_full_ends_a_crawl_with_5_and_one_line(db: Path) -> None:
    engine = open_engine(str(db))
    upgrade(engine)
    engine.dispose()
    with served({"/": front(*POSTS), **POSTS}) as site:
        process = started(f"url={site.home}/", db=db)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
        _, said = process.communicate(timeout=300)
    assert process.returncode == DATABASE_FAILED, said
    assert "Traceback" not in said
    assert [line.startswith("error: ") for line in said.splitlines()].count(True) == 1
