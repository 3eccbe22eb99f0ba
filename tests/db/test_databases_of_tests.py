"""The databases that the tests make on a PostgreSQL server: those of killed runs go, all others stay."""

from __future__ import annotations

import subprocess
import sys
import uuid

import pytest
from sqlalchemy import create_engine, make_url

from tests.support import left_behind
from tests.support.left_behind import BEGINNING, database_name
from tests.support.storage import SERVER, drop_left_behind, postgresql_url
from tests.wordpress import server as wordpress


def test_a_database_that_is_old_and_that_nobody_uses_is_dropped() -> None:
    own = f"{BEGINNING}{uuid.uuid4().hex[:6]}_"
    with postgresql_url():  # skips without a server
        server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    used = create_engine(make_url(SERVER).set(database=f"{own}used"))
    with server.connect() as connection:
        for name in ("left", "used"):
            connection.exec_driver_sql(f"CREATE DATABASE {own}{name}")

        def there() -> list[str]:
            query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY datname"
            return [name for (name,) in connection.exec_driver_sql(query, (own,))]

        try:
            drop_left_behind(own, hours=1)
            assert there() == [f"{own}left", f"{own}used"]
            with used.connect():
                drop_left_behind(own, hours=0)
                assert there() == [f"{own}used"]
        finally:
            used.dispose()
            for name in there():
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


def of_a_dead_process(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a database that a process made which has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with monkeypatch.context() as patched:
        patched.setattr("os.getpid", lambda: ended.pid)
        return database_name()


def test_a_name_tells_whether_its_process_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    dead, alive = of_a_dead_process(monkeypatch), database_name()
    assert len(dead) < 64
    with monkeypatch.context() as patched:
        patched.setattr("socket.gethostname", lambda: "elsewhere")
        foreign = of_a_dead_process(monkeypatch)
    others = [f"{BEGINNING}0123456789ab", "news", f"{BEGINNING}x_1_y", "postgres"]
    assert left_behind.left_behind([dead, alive, foreign, *others]) == [dead]


def test_the_database_of_a_process_that_has_ended_is_dropped_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    dead, alive = of_a_dead_process(monkeypatch), database_name()
    with postgresql_url():  # skips without a server
        server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    query = "SELECT datname FROM pg_database WHERE datname IN (%s, %s)"
    with server.connect() as connection:
        try:
            for name in (dead, alive):
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            drop_left_behind(BEGINNING, hours=6)
            assert connection.exec_driver_sql(query, (dead, alive)).scalars().all() == [alive]
        finally:
            for name in (dead, alive):
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    server.dispose()


@pytest.mark.slow
def test_the_database_of_a_blog_whose_process_has_ended_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := wordpress.missing():
        pytest.skip(reason)
    dead, alive = of_a_dead_process(monkeypatch), database_name()
    database = wordpress.Database.from_environment()
    try:
        for name in (dead, alive):
            assert database._said(f"$d->query('CREATE DATABASE {name}');") == ""
        database.drop_left_behind()
        listing = "foreach ($d->query('SHOW DATABASES') as $row) { echo $row['Database'], ' '; }"
        assert {dead, alive} & {*database._said(listing).split()} == {alive}
    finally:
        for name in (dead, alive):
            database._said(f"$d->query('DROP DATABASE IF EXISTS {name}');")
