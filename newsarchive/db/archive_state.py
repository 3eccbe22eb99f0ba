"""What an archive remembers of itself in `crawl_runs`: how far long works have come, and where its WARC files lie.

A work on the whole archive, such as `recluster`, is a row with its name as the spider. Its `stats`, `{"last_id": 4000}`,
are written in the same transaction as the work itself: a killed work has done exactly what they say.

A run that writes its raw bytes into another folder than the one beside the archive names that folder in its arguments. So does a
copy into another database: the files of its captures lie where those of the source do. So `newsarchive reextract` finds all
files without being told.

The row of a crawl also says which site it crawled, in which folder its bytes lie, and whether it reached the site:
`crawled_site({"url": "https://blog.example/feed"})` is `"blog.example"`. All three are columns, so that the days on which a
site was crawled, and the folders, come from an index alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from newsarchive.core.urls import site_of
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, CaptureRow, CrawlRun
from newsarchive.exceptions import NewsArchiveError
from newsarchive.version import VERSION

State = dict[str, Any]

#: The argument of a run that names its folder of WARC files, as an absolute path.
FOLDER_ARGUMENT = "warc_folder"
#: The spider of the run that a copy leaves in its target.
COPY_SPIDER = "db copy"
#: Stats of a run in which the site could not be crawled begin so.
FAILED_STATS = ("site_error", "site_left/")


def stopped(connection: Connection, name: str, arguments: State) -> tuple[int, State] | None:
    """The run of an unfinished work with these arguments, and how far it came; `None` where there is none."""
    query = select(CrawlRun.id, CrawlRun.arguments, CrawlRun.stats).where(
        CrawlRun.spider == name, CrawlRun.finished_at.is_(None)
    )
    for run in connection.execute(query.order_by(CrawlRun.id.desc())):
        if run.arguments == arguments:
            return run.id, run.stats
    return None


def begin(connection: Connection, name: str, arguments: State) -> int:
    """Begin a work anew and give up earlier ones that were stopped; gives the id of its run."""
    given_up = {"finished_at": datetime.now(UTC), "finish_reason": "abandoned"}
    unfinished = update(CrawlRun).where(CrawlRun.spider == name, CrawlRun.finished_at.is_(None))
    connection.execute(unfinished.values(given_up))
    row = {
        "spider": name,
        "arguments": arguments,
        "started_at": datetime.now(UTC),
        "version": VERSION,
        "warc_folder": named_folder(arguments),
    }
    return int(connection.execute(insert(CrawlRun).values(row).returning(CrawlRun.id)).scalar_one())


def note(connection: Connection, run_id: int, state: State, *, finished: bool = False) -> None:
    """Record how far a work came."""
    row: State = {"stats": state}
    if finished:
        row |= {"finished_at": datetime.now(UTC), "finish_reason": "finished"}
    connection.execute(update(CrawlRun).where(CrawlRun.id == run_id).values(row))


#: The folders that runs name, from one to the next in the index, with the newest run of each: a site that is crawled each hour has
#: 9,000 runs a year.
_FOLDERS = """
    WITH RECURSIVE named(folder) AS (
        SELECT min(warc_folder) FROM crawl_runs WHERE warc_folder > ''
        UNION ALL
        SELECT (SELECT min(r.warc_folder) FROM crawl_runs AS r WHERE r.warc_folder > named.folder AND r.warc_folder > '')
        FROM named WHERE named.folder IS NOT NULL
    )
    SELECT folder FROM named WHERE folder IS NOT NULL ORDER BY (
        SELECT r.id FROM crawl_runs AS r WHERE r.warc_folder > '' AND r.warc_folder = named.folder ORDER BY r.id DESC LIMIT 1) DESC
"""


def known_folders(engine: Engine) -> list[str]:
    """The folders that runs of this archive name, the newest first."""
    with reading(engine) as connection:
        return [str(json.loads(folder)) for folder in connection.exec_driver_sql(_FOLDERS).scalars()]


def named_folder(arguments: Mapping[str, Any]) -> str:
    """The folder that the arguments of a run name, as JSON; "" for none.

    >>> named_folder({"warc_folder": "/srv/warc"}), named_folder({"url": "https://blog.example/"})
    ('"/srv/warc"', '')
    """
    folder = arguments.get(FOLDER_ARGUMENT)
    return json.dumps(str(folder)) if folder else ""


def remember_folders(engine: Engine, folders: Sequence[Path]) -> None:
    """Record where the WARC files of a copied archive lie; folders that are known already are left out."""
    there = known_folders(engine)
    for folder in folders:
        if str(folder.absolute()) not in there:
            with writing(engine) as connection:
                run = begin(connection, COPY_SPIDER, {FOLDER_ARGUMENT: str(folder.absolute())})
                note(connection, run, {}, finished=True)


def last_id(engine: Engine, table: str) -> int:
    """The highest id of `captures` or `articles`, 0 for none."""
    column = CaptureRow.id if table == "captures" else ArticleRow.id
    with reading(engine) as connection:
        return connection.execute(select(func.max(column))).scalar() or 0


def crawled_site(arguments: Mapping[str, Any] | str) -> str:
    """The site that the arguments of a run name, also where they are given as JSON; "" for none.

    >>> crawled_site('{"site": "blog.example"}'), crawled_site({"path": "pages.warc.gz"})
    ('blog.example', '')
    """
    given: Mapping[str, Any] = json.loads(arguments) if isinstance(arguments, str) else arguments
    named = str(given.get("url") or given.get("site") or "")
    try:
        return site_of(named if "://" in named else f"https://{named}/") if named else ""
    except (NewsArchiveError, ValueError):
        return ""


def has_reached(stats: Iterable[str]) -> bool:
    """Whether a run that was finished with these stats could crawl its site."""
    return not any(key.startswith(FAILED_STATS) for key in stats)
