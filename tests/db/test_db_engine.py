"""Opening a database: what is wrong is named, with the remedy and without the password."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import JSON, Boolean, Connection, Engine, select, text
from sqlalchemy.exc import IntegrityError

from newsarchive import config
from newsarchive.cli.opening import same_archive
from newsarchive.db import bulk, failures, schema, values
from newsarchive.db.dialects import POSTGRESQL
from newsarchive.db.engine import (
    MAX_IDLE_SECONDS,
    command,
    open_engine,
    open_existing,
    open_readonly,
    parse_url,
    reading,
    shown,
    writing,
)
from newsarchive.db.frontier.locks import site_lock
from newsarchive.db.models import Base, CrawlRun, Line
from newsarchive.db.models.base import UTCDateTime
from newsarchive.db.reading import statistics
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseError, DatabaseUnavailable, UsageError
from tests.support.storage import make_article, open_archive, postgresql_url

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.mark.parametrize(
    ("given", "driver", "database"),
    [
        ("sqlite:///a.db", "sqlite+pysqlite", "a.db"),
        ("a.db", "sqlite+pysqlite", "a.db"),
        ("/tmp/a b%20.db", "sqlite+pysqlite", "/tmp/a b%20.db"),
        ("what's new?.db", "sqlite+pysqlite", "what's new?.db"),
        ("sqlite:////tmp/what's new?/a.db", "sqlite+pysqlite", "/tmp/what's new?/a.db"),
        ("sqlite:///a.db?timeout=30", "sqlite+pysqlite", "a.db"),
        ("postgresql://u:p@host/news", "postgresql+psycopg", "news"),
        ("postgres://host/news", "postgresql+psycopg", "news"),
        ("postgresql+psycopg://host/news", "postgresql+psycopg", "news"),
    ],
)
def test_urls_and_paths_name_a_database(given: str, driver: str, database: str) -> None:
    url = parse_url(given)
    assert (url.drivername, url.database) == (driver, database)


@pytest.mark.parametrize("given", ["mysql://root@host/x", "oracle://x", "http://x/y", "://"])
def test_other_databases_are_refused(given: str) -> None:
    with pytest.raises(UsageError, match="sqlite:///FILE or postgresql://HOST/NAME"):
        open_engine(given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("postgresql+psycopg2://host/x", "only postgresql+psycopg is used: write postgresql://"),
        ("postgresql+asyncpg://host/x", "only postgresql+psycopg is used: write postgresql://"),
        ("sqlite+aiosqlite:///a.db", "only sqlite+pysqlite is used: write sqlite://"),
    ],
)
def test_a_url_for_another_driver_says_what_to_write(given: str, says: str) -> None:
    """The advice was to install psycopg, which was there."""
    with pytest.raises(UsageError, match=re.escape(says)):
        open_engine(given)


@pytest.mark.parametrize("given", ["", "sqlite://", "sqlite:///", ":memory:"])
def test_a_database_is_a_file(given: str) -> None:
    """A script that calls `--db "$FILE"`, without a FILE, had a traceback of SQLAlchemy."""
    with pytest.raises(UsageError, match=r"names no file: write it as news\.db"):
        open_engine(given)


def test_the_environment_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSARCHIVE_DATABASE_URL", raising=False)
    assert config.load()["database"] == "sqlite:///newsarchive.db"
    monkeypatch.setenv("NEWSARCHIVE_DATABASE_URL", "postgresql://host/news")
    assert config.load()["database"] == "postgresql://host/news"


def test_passwords_are_never_shown() -> None:
    assert (
        shown(parse_url("postgresql://me:secret@host/news?password=secret"))
        == "postgresql://me:***@host/news"
    )
    engine = open_engine("postgresql://me:secret@127.0.0.1:1/news")
    with pytest.raises(DatabaseError) as caught, reading(engine):
        pass
    assert "secret" not in str(caught.value)
    assert "is PostgreSQL running there?" in str(caught.value)


def test_a_suggested_command_has_the_address_without_its_password() -> None:
    """It had three stars in place of the password, with which the server lets nobody in; without any, ~/.pgpass counts."""
    url = "postgresql://me:secret@127.0.0.1:1/news"
    assert command(open_engine(url), "doctor") == "newsarchive doctor --db postgresql://me@127.0.0.1:1/news"
    assert same_archive(url) == " --db postgresql://me@127.0.0.1:1/news"
    unknown = failures.explained(
        shown(parse_url(url)), psycopg.errors.UndefinedTable("no such table"), "secret"
    )
    assert str(unknown).endswith("newsarchive db upgrade --db postgresql://me@127.0.0.1:1/news")
    lacking = psycopg.OperationalError("connection failed: fe_sendauth: no password supplied")
    assert "write it into ~/.pgpass, or give it in PGPASSWORD" in str(
        failures.explained("postgresql://me@host/news", lacking)
    )


def test_reading_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    for read in (lambda: open_existing(str(path)), lambda: statistics.stats(open_engine(str(path)))):
        with pytest.raises(DatabaseUnavailable, match=r"none\.db: no archive there"):
            read()
    assert not path.exists()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"there is no folder .*no; create it first"):
        upgrade(open_engine(str(tmp_path / "no" / "a.db")))


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="is a folder: name a file"):
        upgrade(open_engine(str(tmp_path)))


def test_another_kind_of_file_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 200)
    with pytest.raises(DatabaseUnavailable, match="is not an SQLite database: name another file"):
        upgrade(open_engine(str(path)))
    assert path.read_text() == "Dear diary, " * 200


def test_an_sqlite_file_without_an_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    with pytest.raises(DatabaseUnavailable, match=r"holds no archive, or an old one: newsarchive db upgrade"):
        statistics.stats(open_engine(str(path)))


def test_a_read_only_archive_can_be_read_and_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    engine = open_engine(str(path))
    upgrade(engine)
    Store(engine).ingest([make_article(1)])
    engine.dispose()
    # Root may write everything: SQLite's own read-only mode stands for a read-only file.
    uri = open_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert statistics.stats(uri).articles == 1
    with pytest.raises(DatabaseUnavailable, match="cannot be written"):
        Store(uri).ingest([make_article(2)])


@pytest.mark.parametrize(
    ("commits", "is_writable", "is_frozen"), [("", False, True), ("some", False, False), ("", True, False)]
)
def test_only_a_file_that_nobody_changes_is_read_without_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: str, is_writable: bool, is_frozen: bool
) -> None:
    """Of an archive that a killed crawl left on a disk, and whose disk was copied, the last commits would be missed."""
    (tmp_path / "archive.db-wal").write_text(commits)
    monkeypatch.setattr(os, "access", lambda path, mode: is_writable)
    with pytest.raises(sqlite3.OperationalError) as refused:
        sqlite3.connect(tmp_path)
    assert failures.is_frozen(tmp_path / "archive.db", refused.value) == is_frozen


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DatabaseUnavailable, match="may you write there"):
        upgrade(open_engine(str(tmp_path / "a.db")))


@pytest.mark.parametrize("what", ["deleted", "moved", "replaced"])
def test_an_archive_that_goes_away_under_a_writer_is_not_written_on(what: str, tmp_path: Path) -> None:
    """SQLite writes on into a file without a name, or applies the log of the old file to the new one, which damages it."""
    file, other = tmp_path / "news.db", tmp_path / "other.db"
    for path in (other, file):
        engine = open_engine(f"sqlite:///{path}")
        upgrade(engine)
        Store(engine).ingest([make_article(1)])
        engine.dispose()
    engine = open_engine(f"sqlite:///{file}")
    Store(engine).ingest([make_article(2)])
    {"deleted": file.unlink, "moved": partial(file.rename, tmp_path / "old.db"), "replaced": partial(other.replace, file)}[what]()  # fmt: skip
    with pytest.raises(DatabaseUnavailable, match=r"news\.db: the file was moved, deleted or replaced"):
        Store(engine).ingest([make_article(3)])
    with (
        pytest.raises(DatabaseUnavailable, match=r"news\.db: the file was moved"),
        reading(engine) as connection,
    ):
        connection.execute(text("SELECT 1"))
    engine.dispose()
    assert file.exists() is (what == "replaced")


@pytest.mark.parametrize("size", [100, 100_000])
def test_an_archive_whose_beginning_is_overwritten_under_a_writer_is_not_written_on(
    size: int, tmp_path: Path
) -> None:
    """The writer itself reads the beginning from its memory, and would end with success; nobody could open the file then."""
    file = tmp_path / "news.db"
    for number in (1, 2):  # the second writer finds an archive whose log was moved into it
        engine = open_engine(f"sqlite:///{file}")
        upgrade(engine)
        Store(engine).ingest([make_article(number)])
        if number == 1:
            engine.dispose()
    Store(engine).ingest([make_article(3)])  # a log that grows is no damage
    with file.open("r+b") as overwritten:
        overwritten.write(b"garbage " * (size // 8))
    with pytest.raises(
        DatabaseUnavailable, match=r"news\.db is damaged: another program wrote over its beginning"
    ):
        Store(engine).ingest([make_article(4)])
    with suppress(DatabaseUnavailable):
        engine.dispose()


def test_an_engine_that_was_closed_opens_whatever_is_there(tmp_path: Path) -> None:
    file = tmp_path / "news.db"
    engine = open_engine(f"sqlite:///{file}")
    for number in (1, 2):
        upgrade(engine)
        Store(engine).ingest([make_article(number)])
        engine.dispose()
        file.unlink()


def test_a_full_disk_keeps_what_was_acknowledged_and_says_so(tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path / "a.db"))
    upgrade(engine)
    store = Store(engine)
    store.ingest([make_article(1)])
    with engine.connect() as connection:  # the pool gives the same connection again
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(
        DatabaseUnavailable, match=r"a\.db cannot be written: the disk is full; free some space"
    ):
        store.ingest([make_article(n, body="long " * 5000) for n in range(2, 50)])
    assert statistics.stats(engine).articles == 1


def test_naive_times_are_refused_and_utc_comes_back(tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path / "a.db"))
    upgrade(engine)
    with writing(engine) as connection:
        stored = connection.execute(text("SELECT datetime('now')")).scalar_one()
    assert stored
    assert failures.BUSY_SECONDS > 0


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/share/news/a.db", "nfs4"),
        ("/srv/local/a.db", ""),
        ("/a.db", ""),
        ("/mnt/win/a.db", "cifs"),
        ("/srv/shared/a.db", ""),
    ],
)
def test_a_network_drive_is_told_from_a_local_disk(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nhost:/x /srv/share nfs4 rw 0 0\n//w/x /mnt/win cifs rw 0 0\n/dev/b /srv/local xfs rw 0 0\n"
    )
    assert schema.network_drive(Path(path), mounts) == kind
    assert schema.network_drive(Path(path), tmp_path / "none") == ""


def test_a_database_on_a_network_drive_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(schema, "network_drive", lambda path: "nfs4")
    upgrade(open_engine(str(tmp_path / "a.db")))
    assert "lies on a network drive (nfs4)" in caplog.text
    assert "use PostgreSQL" in caplog.text


def test_without_its_driver_postgresql_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        DatabaseUnavailable, match=r"host/news needs psycopg: pip install 'newsarchive\[postgres\]'"
    ):
        open_engine("postgresql://host/news")


@pytest.mark.parametrize(
    ("names", "kind"),
    [(values.TIME_COLUMNS, UTCDateTime), (values.FLAG_COLUMNS, Boolean), (values.JSON_COLUMNS, JSON)],
    ids=["moments", "flags", "structures"],
)
def test_a_reader_takes_a_column_for_what_the_models_say(names: frozenset[str], kind: type) -> None:
    """The fast reader knows columns by their names, for it goes without SQLAlchemy and so without the models."""
    wrong = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.c
        if column.name in names and not isinstance(column.type, kind)
    ]
    # No reader asks for the column `first`.
    assert wrong == [column for column in ["site_blocks.first"] if kind is UTCDateTime]


def test_the_connections_of_crawls_and_of_web_servers_keep_few_pages(tmp_path: Path) -> None:
    url, sizes = f"sqlite:///{tmp_path}/news.db", []
    for opened in (open_engine, partial(open_engine, small_cache=True), open_readonly):
        engine = opened(url)
        with engine.connect() as connection:
            sizes.append(connection.exec_driver_sql("PRAGMA cache_size").scalar_one())
        engine.dispose()
    assert sizes == [-65536, -8192, -8192]


@pytest.mark.slow  # a PostgreSQL server
@pytest.mark.parametrize("transaction", [reading, writing])
def test_a_connection_that_the_server_broke_off_is_given_up_without_a_traceback(
    transaction: Callable[[Engine], AbstractContextManager[Connection]], caplog: pytest.LogCaptureFixture
) -> None:
    with postgresql_url() as url:
        engine = open_engine(url)
        with (
            pytest.raises(DatabaseUnavailable, match="broke off the connection"),
            transaction(engine) as lost,
        ):
            bulk.select_tuples(lost, "SELECT pg_terminate_backend(pg_backend_pid())", {})
        assert caplog.records == []
        with transaction(engine) as connection:
            assert bulk.select_tuples(connection, "SELECT 1", {}) == [(1,)]
        engine.dispose()


@pytest.mark.parametrize("transaction", [reading, writing])
@pytest.mark.parametrize("idle", [0.0, 2 * MAX_IDLE_SECONDS], ids=["just used", "idle for long"])
def test_a_connection_that_the_server_broke_off_while_nobody_used_it_is_replaced(
    transaction: Callable[[Engine], AbstractContextManager[Connection]],
    idle: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with postgresql_url() as url:
        engine, other = open_engine(url), open_engine(url)
        with transaction(engine) as connection:
            [(number,)] = bulk.select_tuples(connection, "SELECT pg_backend_pid()", {})
        with reading(other) as connection:  # the second value waits until the connection is closed
            bulk.select_tuples(connection, f"SELECT pg_terminate_backend({number}, 60000)", {})
        now = time.monotonic()
        monkeypatch.setattr("newsarchive.db.engine.monotonic", lambda: now + idle)
        with transaction(engine) as connection:
            [(another,)] = bulk.select_tuples(connection, "SELECT pg_backend_pid()", {})
        assert another != number
        engine.dispose()
        other.dispose()


@pytest.mark.parametrize(("idle", "asked"), [(0.0, 0), (2 * MAX_IDLE_SECONDS, 1)])
def test_a_server_is_asked_whether_a_connection_is_there_only_where_it_was_idle_for_long(
    idle: float, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql_url() as url:
        engine, pings = open_engine(url), []
        with reading(engine) as connection:
            connection.exec_driver_sql("SELECT 1")
        ping = engine.dialect.do_ping
        monkeypatch.setattr(engine.dialect, "do_ping", lambda used: pings.append(1) or ping(used))
        now = time.monotonic()
        monkeypatch.setattr("newsarchive.db.engine.monotonic", lambda: now + idle)
        with reading(engine) as connection:
            connection.exec_driver_sql("SELECT 1")
        assert len(pings) == asked
        engine.dispose()


def test_a_query_on_postgresql_begins_no_transaction_unless_it_reads_a_snapshot() -> None:
    begun = "SELECT now() = statement_timestamp(), current_setting('transaction_isolation')"
    with postgresql_url() as url:
        engine = open_engine(url)
        for options, isolation in (({}, "read committed"), (POSTGRESQL.snapshot_options, "repeatable read")):
            chosen = engine.execution_options(**options) if options else engine
            with reading(chosen) as connection:
                connection.exec_driver_sql("SELECT 1")
                assert tuple(connection.exec_driver_sql(begun).one()) == (not options, isolation)
        with writing(engine) as connection:
            connection.exec_driver_sql("SELECT 1")
            assert tuple(connection.exec_driver_sql(begun).one()) == (False, "read committed")
        engine.dispose()


@pytest.mark.slow
def test_the_server_soon_notices_that_a_machine_was_lost(tmp_path: Path) -> None:
    """Otherwise a machine that lost its power in the middle of a commit would keep all others from writing for two hours."""
    with open_archive("postgresql", tmp_path) as engine, site_lock(engine, "blog.example") as lock:
        assert lock.connection is not None
        with writing(engine) as writer:
            for connection in (lock.connection, writer):
                assert connection.exec_driver_sql("SHOW tcp_keepalives_idle").scalar() == "15"


@pytest.mark.parametrize(
    ("setting", "values"),
    [("random_page_cost", {"": "1.1", "3": "3", "1": "1"}), ("jit", {"": "off", "on": "on"})],
)
def test_the_planner_is_told_how_an_archive_is_read_unless_somebody_has_said_otherwise(
    setting: str, values: dict[str, str]
) -> None:
    with postgresql_url() as url:
        for said, wanted in values.items():
            engine = open_engine(url)
            if said:
                with writing(engine) as connection:
                    connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET {setting} = {said}")
                engine.dispose()  # a database's settings hold for new connections
            for _ in range(2):  # a connection that goes back to the pool keeps it
                with reading(engine) as connection:
                    assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == wanted
            engine.dispose()


@pytest.mark.slow
def test_times_are_read_whatever_form_and_zone_the_server_is_set_to() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    with postgresql_url() as url:
        engine = open_engine(url)
        with writing(engine) as connection:
            for setting in ("timezone = 'America/New_York'", "datestyle = 'German'"):
                connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET {setting}")
        engine.dispose()  # a database's settings hold for new connections
        upgrade(engine)
        Store(engine, clock=lambda: first).start_run("news", {})
        with reading(engine) as connection:
            assert connection.execute(select(CrawlRun.started_at)).scalar_one() == first
        engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rows_that_are_there_already_raise_the_same_error_on_both_databases(
    kind: str, tmp_path: Path
) -> None:
    with open_archive(kind, tmp_path) as archive:
        _rows_that_are_there_already(archive)


def _rows_that_are_there_already(archive: Engine) -> None:
    odd = "tab\tline\nback\\slash “x” \\N"
    for rows in ([(1, "a"), (1, "b")], [(1, None)]):
        with pytest.raises(IntegrityError), writing(archive) as connection:
            bulk.insert_tuples(connection, Line, ("hash", "text"), rows)
    with writing(archive) as connection:
        bulk.insert_tuples(connection, Line, ("hash", "text"), [])
        bulk.insert_tuples(connection, Line, ("hash", "text"), [(1, "a"), (-(2**47), odd)])
    with reading(archive) as connection:
        stored = connection.execute(select(Line.hash, Line.text).order_by(Line.hash)).all()
    assert [tuple(one) for one in stored] == [(-(2**47), odd), (1, "a")]


def test_a_new_archive_may_be_written_by_whom_the_umask_lets_write(tmp_path: Path) -> None:
    """SQLite's own files are never for the group to write, whatever the umask; those of its log have the archive's rights."""
    before = os.umask(0o002)
    try:
        engine = open_engine(str(tmp_path / "press.db"))
        upgrade(engine)
        engine.dispose()
    finally:
        os.umask(before)
    assert (tmp_path / "press.db").stat().st_mode & 0o777 == 0o664
