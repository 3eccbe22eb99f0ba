"""Fingerprints, index and clusters of a whole archive anew, article by article.

Its progress is written in the transaction of each chunk (`progress`): a killed run goes on where it
stopped. Memory holds one chunk, whatever the archive's size, and
readers see whole clusters all the while.
"""

from __future__ import annotations

import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, bindparam, func, select, update

from newsarchive.core.near_duplicates.fingerprint import SCHEME, fingerprints
from newsarchive.db import bulk, changes, clusters, originals
from newsarchive.db import progress as progress_of
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow
from newsarchive.db.rows import minhash_of

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
                progress_of.note(connection, run_id, {"last_id": last}, finished=True)
                return done
            _rebuild(connection, ids)
            last = ids[-1]
            progress_of.note(connection, run_id, {"last_id": last})
        done += len(ids)
        progress(done, total)


def _start(engine: Engine, afresh: bool) -> tuple[int, int]:
    """The run to go on with and the last article that it did."""
    arguments = {"scheme": SCHEME}
    with writing(engine) as connection:
        if not afresh and (found := progress_of.stopped(connection, NAME, arguments)):
            run_id, state = found
            return run_id, int(state.get("last_id", 0))
        return progress_of.begin(connection, NAME, arguments), 0


def _next(connection: Connection, last: int) -> list[int]:
    query = select(ArticleRow.id).where(ArticleRow.id > last).order_by(ArticleRow.id).limit(clusters.CHUNK)
    return list(connection.execute(query).scalars())


def _rebuild(connection: Connection, ids: Sequence[int]) -> None:
    columns = select(ArticleRow.id, ArticleRow.content_hash, ArticleRow.minhash)
    old = {i: (digest, raw) for i, digest, raw in connection.execute(columns.where(ArticleRow.id.in_(ids)))}
    entries = []
    bodies = changes.bodies(connection, ids)
    for (i, body), found in zip(bodies.items(), fingerprints(list(bodies.values())), strict=True):
        digest, raw = old[i]
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
        [
            {"b_id": e.id, "b_hash": e.content_hash, "b_minhash": _stored(e.minhash)}
            for e in entries
            if (e.content_hash, e.minhash) != (e.old_hash, e.old_minhash)
        ],
    )
    clusters.assign(connection, entries, datetime.now(UTC))
    originals.fill(connection, ids)


def _stored(signature: Sequence[int]) -> bytes | None:
    """A signature as `articles.minhash` holds it (see `rows.minhash_of`)."""
    return array.array("I", signature).tobytes() if signature else None
