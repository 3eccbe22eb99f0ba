"""The robots.txt of each host, as it last answered with one: it is obeyed where a crawl gets none for a failure of the server."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine, delete, select, update

from newsarchive.db import bulk
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import RobotsFile
from newsarchive.db.values import storable

#: Age of the time of a stored file from which a crawl that sees the same file writes the time anew.
MAX_SEEN_AGE = timedelta(days=1)


class StoredRobots(NamedTuple):
    """A robots.txt, and when it was last seen (within `MAX_SEEN_AGE`)."""

    body: str
    seen_at: datetime


def stored(engine: Engine, host: str) -> StoredRobots | None:
    """The last robots.txt of a host, `None` where none is known, or the host said that it has none."""
    query = select(*bulk.columns_of(RobotsFile, StoredRobots._fields)).where(RobotsFile.host == host)
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return StoredRobots(*row) if row else None


def keep(engine: Engine, host: str, body: str, now: datetime) -> None:
    """Store what a host answered, "" for no robots.txt. An earlier one is forgotten then. What is stored already costs no write."""
    known, body = stored(engine, host), storable(body)
    is_same = known.body == body if known else not body
    if is_same and (known is None or abs(now - known.seen_at) < MAX_SEEN_AGE):
        return
    with writing(engine) as connection:
        if not body:
            connection.execute(delete(RobotsFile).where(RobotsFile.host == host))
            return
        bulk.insert_new_rows(connection, RobotsFile, [{"host": host, "body": body, "seen_at": now}])
        connection.execute(update(RobotsFile).where(RobotsFile.host == host).values(body=body, seen_at=now))
