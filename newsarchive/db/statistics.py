"""What is in the archive, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from newsarchive.db.engine import reading, sqlite_file
from newsarchive.db.models import (
    ArticleOrigin,
    ArticleRow,
    BlockRow,
    CaptureRow,
    EditRow,
    OriginRow,
    Revision,
    Site,
)


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts over the archive. Mappings go from a name to a count, largest first.

    `repairs` counts edits by codec or rule and `dropped` blocks by kind, over all revisions.
    `disk` is bytes of the database, `warc` bytes of raw captures.
    """

    articles: int
    revisions: int
    captures: int
    gone: int
    sites: Mapping[str, int]
    languages: Mapping[str, int]
    origins: Mapping[str, int]
    repairs: Mapping[str, int]
    dropped: Mapping[str, int]
    disk: int
    warc: int


def stats(engine: Engine) -> Stats:
    """Count everything."""
    with reading(engine) as connection:
        by_site = select(Site.domain, func.count()).join(ArticleRow, ArticleRow.site_id == Site.id)
        by_origin = select(OriginRow.name, func.count()).join(
            ArticleOrigin, ArticleOrigin.origin_id == OriginRow.id
        )
        return Stats(
            articles=_count(connection, ArticleRow.id),
            revisions=_count(connection, Revision.id),
            captures=_count(connection, CaptureRow.id),
            gone=_count(connection, ArticleRow.gone_at),
            sites=_counts(connection, by_site, Site.domain),
            languages=_counts(
                connection, select(ArticleRow.in_language, func.count()), ArticleRow.in_language
            ),
            origins=_counts(connection, by_origin, OriginRow.name),
            repairs=_counts(connection, select(EditRow.rule, func.count()), EditRow.rule),
            dropped=_counts(connection, select(BlockRow.kind, func.count()), BlockRow.kind),
            disk=_disk(engine, connection),
            warc=int(connection.execute(select(func.sum(CaptureRow.warc_length))).scalar() or 0),
        )


def _count(connection: Connection, column: Any) -> int:
    """Rows whose column is not empty."""
    return int(connection.execute(select(func.count(column))).scalar_one())


def _counts(connection: Connection, query: Any, column: Any) -> dict[str, int]:
    ordered = query.group_by(column).order_by(func.count().desc(), column)
    return {name: int(number) for name, number in connection.execute(ordered)}


def _disk(engine: Engine, connection: Connection) -> int:
    path = sqlite_file(engine)
    if path is not None:
        files = [path, path.with_name(path.name + "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())
    if engine.dialect.name == "sqlite":
        return 0
    return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
