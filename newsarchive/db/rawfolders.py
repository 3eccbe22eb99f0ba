"""Which folders hold the WARC files of an archive, where that is not the one beside its file.

A run that writes its raw bytes elsewhere says so in its arguments, and so does a copy into another database: its
captures name files that lie where the source has them. So `newsarchive reextract` finds them without being told.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, func, select

from newsarchive.db import progress
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import CrawlRun

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
                run = progress.begin(connection, COPY, {FOLDER: str(folder.absolute())})
                progress.note(connection, run, {}, finished=True)
