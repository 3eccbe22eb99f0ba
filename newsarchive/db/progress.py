"""How far a long work on the whole archive has come, so that a stopped one goes on.

A work is a row of `crawl_runs`, with its name as the spider. Its `stats` are written in the transaction
of what was done: a killed work has done no more and no less than they say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from newsarchive.db.models import CrawlRun
from newsarchive.version import VERSION

State = dict[str, Any]


def stopped(connection: Connection, name: str, arguments: State) -> tuple[int, State] | None:
    """The number of a work of these arguments that was not finished, and how far it came."""
    query = select(CrawlRun.id, CrawlRun.arguments, CrawlRun.stats).where(
        CrawlRun.spider == name, CrawlRun.finished_at.is_(None)
    )
    for run in connection.execute(query.order_by(CrawlRun.id.desc())):
        if run.arguments == arguments:
            return run.id, run.stats
    return None


def begin(connection: Connection, name: str, arguments: State) -> int:
    """A work anew; earlier ones that were stopped are given up."""
    given_up = {"finished_at": datetime.now(UTC), "finish_reason": "abandoned"}
    unfinished = update(CrawlRun).where(CrawlRun.spider == name, CrawlRun.finished_at.is_(None))
    connection.execute(unfinished.values(given_up))
    row = {"spider": name, "arguments": arguments, "started_at": datetime.now(UTC), "version": VERSION}
    return int(connection.execute(insert(CrawlRun).values(row).returning(CrawlRun.id)).scalar_one())


def note(connection: Connection, run_id: int, state: State, *, finished: bool = False) -> None:
    """Say how far a work came."""
    row: State = {"stats": state}
    if finished:
        row |= {"finished_at": datetime.now(UTC), "finish_reason": "finished"}
    connection.execute(update(CrawlRun).where(CrawlRun.id == run_id).values(row))
