"""How far a long work on the whole archive has come, so that a stopped one goes on.

A work is a row of `crawl_runs`, with its name as the spider. Its `stats` are written in the transaction
of what was done: a killed work has done no more and no less than they say.

Which folders hold the WARC files of an archive, where that is not the one beside its file.

A run that writes its raw bytes elsewhere says so in its arguments, and so does a copy into another database: its
captures name files that lie where the source has them. So `newsarchive reextract` finds them without being told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from newsarchive.db.engine import reading, writing
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


#: The name of the folder among a run's arguments: an absolute path.
FOLDER = "warc_folder"
#: How the run of a copy is called.
COPY = "db copy"


def known(engine: Engine) -> list[str]:
    """The folders that runs of this archive name, the newest first."""
    folder = CrawlRun.arguments[FOLDER].as_string().label("folder")
    with reading(engine) as connection:
        query = select(folder).where(folder.is_not(None)).group_by("folder")
        return [
            str(path) for path in connection.execute(query.order_by(func.max(CrawlRun.id).desc())).scalars()
        ]


def remember(engine: Engine, folders: Sequence[Path]) -> None:
    """Record where the files of a copied archive lie; those that are known already are left out."""
    there = known(engine)
    for folder in folders:
        if str(folder.absolute()) not in there:
            with writing(engine) as connection:
                run = begin(connection, COPY, {FOLDER: str(folder.absolute())})
                note(connection, run, {}, finished=True)
