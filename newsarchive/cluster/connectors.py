"""How Procrastinate reaches its tables, on servers and behind poolers as they are: each connection is told the same as those of
`newsarchive.db.queue`, and the messages of the server may be in any language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from procrastinate import PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import UniqueViolation

from newsarchive.db.queue import CONNECTING, SESSION, conninfo

if TYPE_CHECKING:
    from psycopg import AsyncConnection, Connection


#: PostgreSQL's code (SQLSTATE) for a row that is there already.
UNIQUE_VIOLATION = "23505"
#: How libpq finds out that a server is lost, instead of waiting for hours.
KEEPALIVES = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}


@contextmanager
def _in_any_language() -> Iterator[None]:
    """Procrastinate finds the name of a job that waits already in an English sentence of the server, and asserts that it is there. A
    server whose messages are in another language (`lc_messages`) says the same otherwise: the error itself names the constraint."""
    try:
        yield
    except AssertionError as error:
        violated: Any = error.__context__
        if getattr(violated, "sqlstate", None) != UNIQUE_VIOLATION:
            raise
        name = violated.diag.constraint_name
        raise UniqueViolation(constraint_name=name, queueing_lock=None) from violated


class AsyncConnector(PsycopgConnector):
    """Procrastinate's connector, for a server of any language."""

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        with _in_any_language():
            await super().execute_query_async(query, **arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> Any:
        with _in_any_language():
            return await super().execute_query_one_async(query, **arguments)

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> Any:
        with _in_any_language():
            return await super().execute_query_all_async(query, **arguments)


class SyncConnector(SyncPsycopgConnector):
    """The same for a program that waits for each answer."""

    def execute_query(self, query: LiteralString, **arguments: Any) -> None:
        with _in_any_language():
            super().execute_query(query, **arguments)

    def execute_query_one(self, query: LiteralString, **arguments: Any) -> Any:
        with _in_any_language():
            return super().execute_query_one(query, **arguments)

    def execute_query_all(self, query: LiteralString, **arguments: Any) -> Any:
        with _in_any_language():
            return super().execute_query_all(query, **arguments)


def connector(url: str) -> SyncConnector:
    """For a program that puts jobs into the queue of the archive at `url`."""

    def begun(connection: Connection[Any]) -> None:
        connection.execute(SESSION)
        connection.commit()

    return SyncConnector(conninfo=conninfo(url), kwargs={**CONNECTING}, configure=begun)


def connector_of_worker(url: str, seconds: float) -> AsyncConnector:
    """For a worker, whose connections wait at most this many seconds for the database."""

    async def begun(connection: AsyncConnection[Any]) -> None:
        await connection.execute(SESSION)
        await connection.commit()

    return AsyncConnector(
        conninfo=conninfo(url),
        min_size=1,
        max_size=5,
        timeout=seconds,
        kwargs={**CONNECTING, **KEEPALIVES},
        configure=begun,
    )
