"""Fingerprints, index and clusters of a whole archive anew, article by article.

Its progress is a row of `crawl_runs` (spider `recluster`), written in the transaction of each chunk:
a killed run goes on where it stopped. Memory holds one chunk, whatever the archive's size, and
readers see whole clusters all the while.
"""

from __future__ import annotations

import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update

from newsarchive.core.fingerprint import SCHEME, fingerprint
from newsarchive.db import bulk, changes, clusters, originals
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, CrawlRun
from newsarchive.db.rows import minhash_of
from newsarchive.version import VERSION

NAME = "recluster"


def recluster(
    engine: Engine, *, afresh: bool = False, progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Rebuild everything, or go on with a rebuild that was stopped; gives the articles done now.

    `afresh` begins anew all the same. `progress` is called with articles done and articles in all.
    """
    run_id, last = _start(engine, afresh)
    with reading(engine) as connection:
        total = int(connection.execute(select(func.count()).select_from(ArticleRow)).scalar_one())
    done = 0
    while True:
        with writing(engine) as connection:
            ids = _next(connection, last)
            if not ids:
                _record(connection, run_id, last, finished=True)
                return done
            _rebuild(connection, ids)
            last = ids[-1]
            _record(connection, run_id, last)
        done += len(ids)
        progress(done, total)


def _start(engine: Engine, afresh: bool) -> tuple[int, int]:
    """The run to go on with and the last article that it did."""
    with writing(engine) as connection:
        open_runs = select(CrawlRun.id, CrawlRun.arguments, CrawlRun.stats).where(
            CrawlRun.spider == NAME, CrawlRun.finished_at.is_(None)
        )
        for run in connection.execute(open_runs.order_by(CrawlRun.id.desc())):
            if not afresh and run.arguments.get("scheme") == SCHEME:
                return run.id, int(run.stats.get("last_id", 0))
            _record(connection, run.id, 0, finished=True, reason="abandoned")
        row: dict[str, Any] = {
            "spider": NAME, "arguments": {"scheme": SCHEME}, "started_at": datetime.now(UTC), "version": VERSION,
        }  # fmt: skip
        return int(connection.execute(insert(CrawlRun).values(row).returning(CrawlRun.id)).scalar_one()), 0


def _next(connection: Connection, last: int) -> list[int]:
    query = select(ArticleRow.id).where(ArticleRow.id > last).order_by(ArticleRow.id).limit(clusters.CHUNK)
    return list(connection.execute(query).scalars())


def _rebuild(connection: Connection, ids: Sequence[int]) -> None:
    columns = select(ArticleRow.id, ArticleRow.content_hash, ArticleRow.minhash)
    old = {i: (digest, raw) for i, digest, raw in connection.execute(columns.where(ArticleRow.id.in_(ids)))}
    entries = []
    for i, body in changes.bodies(connection, ids).items():
        found, (digest, raw) = fingerprint(body), old[i]
        entries.append(
            clusters.Entry(
                i, body, found.content_hash, found.minhash, digest, minhash_of(raw), shingles=found.shingles
            )
        )
    bulk.execute_many(
        connection,
        update(ArticleRow)
        .where(ArticleRow.id == bindparam("b_id"))
        .values(content_hash=bindparam("b_hash"), minhash=bindparam("b_minhash")),
        [{"b_id": e.id, "b_hash": e.content_hash, "b_minhash": _stored(e.minhash)} for e in entries],
    )
    clusters.assign(connection, entries, datetime.now(UTC))
    originals.fill(connection, ids)


def _record(
    connection: Connection, run_id: int, last: int, *, finished: bool = False, reason: str = "finished"
) -> None:
    row: dict[str, Any] = {"stats": {"last_id": last}}
    if finished:
        row |= {"finished_at": datetime.now(UTC), "finish_reason": reason}
    connection.execute(update(CrawlRun).where(CrawlRun.id == run_id).values(row))


def _stored(signature: Sequence[int]) -> bytes | None:
    """A signature as `articles.minhash` holds it (see `rows.minhash_of`)."""
    return array.array("I", signature).tobytes() if signature else None
