"""The databases that the tests make on a PostgreSQL server: those of killed runs go, all others stay."""

from __future__ import annotations

import uuid

from sqlalchemy import create_engine, make_url

from tests.support.storage import BEGINNING, SERVER, drop_left_behind, postgresql_url


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
