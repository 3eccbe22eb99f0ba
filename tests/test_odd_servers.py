"""PostgreSQL as others run it: in another language, with another way of writing dates, in another encoding, behind PgBouncer."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, exc, make_url

from newsarchive.db import schema
from newsarchive.db.engine import open_engine, reading, shown
from newsarchive.db.failures import explained
from newsarchive.db.frontier.locks import site_lock
from newsarchive.db.reading.articles import get
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseAway, DatabaseError, DatabaseUnavailable
from tests.support.clusters import change, cluster_database, run
from tests.support.storage import SERVER, START, make_article, postgresql_url

pytestmark = pytest.mark.slow  # makes databases, and starts commands


def set_for(url: str, **settings: str) -> None:
    """Give settings to all later connections of this database."""
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for name, value in settings.items():
            connection.exec_driver_sql(f"ALTER DATABASE {make_url(url).database} SET {name} = '{value}'")
    server.dispose()


def test_dates_and_letters_are_kept_whatever_the_database_asks_for() -> None:
    with cluster_database() as url:
        set_for(
            url,
            datestyle="SQL, DMY",
            client_encoding="LATIN1",
            timezone="Asia/Kathmandu",
            bytea_output="escape",
        )
        engine = open_engine(url)
        Store(engine).ingest([make_article(1, headline="今天 🦓")])
        stored = get(engine, 1)
        engine.dispose()
        assert (stored.headline, stored.date_published) == ("今天 🦓", START)
        put = run("cluster", "enqueue", "learn", "blog.example", url=url)
        assert put.returncode == 0, put.stderr
        said = run("cluster", "status", "--json", url=url)
        assert json.loads(said.stdout)["queues"]["learn"] == {"todo": 1}


#: What a German server says of a job that waits already; the constraint has its name in every language.
IN_GERMAN = """
CREATE FUNCTION newsarchive_queue.in_german() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM newsarchive_queue.procrastinate_jobs WHERE queueing_lock = NEW.queueing_lock AND status = 'todo') THEN
        RAISE unique_violation USING MESSAGE = 'doppelter Schlüsselwert', CONSTRAINT = 'procrastinate_jobs_queueing_lock_idx_v1',
            DETAIL = 'Schlüssel »(queueing_lock)=(learn blog.example)« existiert bereits.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER in_german BEFORE INSERT ON newsarchive_queue.procrastinate_jobs
    FOR EACH ROW EXECUTE FUNCTION newsarchive_queue.in_german();
"""


def test_a_job_that_waits_already_is_known_on_a_server_of_another_language() -> None:
    with cluster_database() as url:
        change(url, IN_GERMAN)
        for says in ("1 job put into the queue", "0 jobs put into the queue; 1 wait there already"):
            put = run("cluster", "enqueue", "learn", "blog.example", url=url)
            assert says in put.stderr


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (psycopg.errors.UndefinedTable, DatabaseUnavailable, "newsarchive db upgrade --db me/news"),
        (psycopg.errors.UndefinedColumn, DatabaseUnavailable, "of another version: start again what ran on"),
        (psycopg.errors.InsufficientPrivilege, DatabaseUnavailable, "GRANT it"),
        (psycopg.errors.DiskFull, DatabaseUnavailable, "free some space"),
        (psycopg.errors.QueryCanceled, DatabaseUnavailable, "statement_timeout"),
        (psycopg.errors.ReadOnlySqlTransaction, DatabaseUnavailable, "name the primary server"),
        (psycopg.errors.AdminShutdown, DatabaseAway, "broke off the connection"),
        (psycopg.errors.TooManyConnections, DatabaseAway, "raise max_connections"),
        (psycopg.OperationalError, DatabaseAway, "me/news: Das wird nichts mit \\*\\*\\*"),
        (psycopg.errors.DataException, DatabaseError, "me/news: Das wird nichts"),
    ],
)
def test_what_a_server_says_is_understood_in_any_language(
    error: type[psycopg.Error], kind: type[DatabaseError], says: str
) -> None:
    raised = error("Das wird nichts mit geheim")
    for one in (raised, exc.DBAPIError("SELECT 1", None, raised)):
        found = explained("me/news", one, "geheim")
        assert type(found) is kind
        with pytest.raises(kind, match=says):
            raise found


@pytest.mark.parametrize(
    ("said", "password", "shown"),
    [
        ('invalid option "secret"', "secret", 'invalid option "***"'),
        ("password=p@ss! was refused", "p@ss!", "password=*** was refused"),
        ("me#ss!news was refused", "#ss!", "me***news was refused"),
        ("no such option of postgresql: news", "postgres", "no such option of postgresql: news"),
        ("cannot resolve the host", "r", "cannot resolve the host"),
    ],
)
def test_a_password_is_starred_out_as_a_word_and_not_inside_of_others(
    said: str, password: str, shown: str
) -> None:
    assert str(explained("me/news", psycopg.OperationalError(said), password)) == f"me/news: {shown}"


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_whose_encoding_has_not_all_letters_is_refused(encoding: str) -> None:
    with postgresql_url() as url:
        name = make_url(url).database
        server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
            connection.exec_driver_sql(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
            )
        server.dispose()
        engine = open_engine(url)
        with pytest.raises(
            DatabaseUnavailable, match=f"has the encoding {encoding}, .*createdb --encoding=UTF8"
        ):
            schema.upgrade(engine)
        assert schema.current(engine) is None
        engine.dispose()


def test_a_message_names_the_schema_and_the_service_of_an_archive() -> None:
    url = "postgresql://me:hush@host/news?options=-csearch_path%3Done&password=hush&service=paper"
    named = make_url(shown(open_engine(url)))
    assert named.query == {"options": "-csearch_path=one", "service": "paper"}
    assert named.password == "***"


@contextmanager
def behind_pgbouncer(url: str, mode: str, folder: Path) -> Iterator[str]:
    """The database behind a pooler of this mode, or a skip with its reason."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("no PgBouncer is installed here")
    made = make_url(url)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    password = f" password={made.password}" if made.password else ""
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={made.host} port={made.port or 5432} user={made.username}{password}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n"
    )
    folder.chmod(0o755)
    words = [program, "pgbouncer.ini"]
    user = "nobody" if Path("/proc/self").stat().st_uid == 0 else None  # it refuses to run as root
    with (folder / "pgbouncer.log").open("w") as log:
        process = subprocess.Popen(words, cwd=folder, user=user, stdout=log, stderr=log)
    try:
        pooled = made.set(host="127.0.0.1", port=port, password=None).render_as_string()
        while process.poll() is None:
            try:
                psycopg.connect(pooled.replace("+psycopg", "")).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.05)
        assert process.poll() is None, (folder / "pgbouncer.log").read_text()
        yield pooled
    finally:
        process.terminate()
        process.wait()


def test_a_cluster_works_behind_a_pooler_that_keeps_sessions(tmp_path: Path) -> None:
    with postgresql_url() as url, behind_pgbouncer(url, "session", tmp_path) as pooled:
        for words in (("init",), ("enqueue", "learn", "blog.example"), ("status",)):
            done = run("cluster", *words, url=pooled)
            assert done.returncode == 0, done.stderr
        assert "1 waiting" in done.stdout


def test_a_pooler_that_keeps_no_sessions_is_refused_and_holds_no_lock(tmp_path: Path) -> None:
    with postgresql_url() as url, behind_pgbouncer(url, "transaction", tmp_path) as pooled:
        done = run("cluster", "init", url=pooled)
        assert "pool_mode = session" in done.stderr
        engine = open_engine(pooled)
        with (
            pytest.raises(DatabaseUnavailable, match="pool_mode = session"),
            site_lock(engine, "blog.example"),
        ):
            pass
        engine.dispose()
        direct = open_engine(url)
        with site_lock(direct, "blog.example") as lock:
            assert lock
        with reading(direct) as connection:
            assert connection.exec_driver_sql("SHOW search_path").scalar() == '"$user", public'
        direct.dispose()
