"""How Procrastinate reaches its tables, on servers and behind poolers as they are: each connection is told the same as those of
`newsarchive.db.queue`, and the messages of the server may be in any language."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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


def _asynchronous(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def executed(*arguments: Any, **named: Any) -> Any:
        with _in_any_language():
            return await execute(*arguments, **named)

    return executed


class AsyncConnector(PsycopgConnector):
    """Procrastinate's connector, for a server of any language."""

    execute_query_async = _asynchronous(PsycopgConnector.execute_query_async)
    execute_query_one_async = _asynchronous(PsycopgConnector.execute_query_one_async)
    execute_query_all_async = _asynchronous(PsycopgConnector.execute_query_all_async)


class SyncConnector(SyncPsycopgConnector):
    """The same for a program that waits for each answer."""

    execute_query = _in_any_language()(SyncPsycopgConnector.execute_query)
    execute_query_one = _in_any_language()(SyncPsycopgConnector.execute_query_one)
    execute_query_all = _in_any_language()(SyncPsycopgConnector.execute_query_all)


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
