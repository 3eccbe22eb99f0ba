"""Fingerprints, index and clusters of a whole archive anew, article by article.

Its progress is written in the transaction of each chunk (`progress`): a killed run goes on where it
stopped. Memory holds one chunk, whatever the archive's size, and
readers see whole clusters all the while.

Links between articles that may tell one text in other words, for the whole archive: `paraphrases`.

They are weaker than copies and kept apart: no cluster knows of them. The links of a stretch of time are
written together with how far that is (`progress`), so that a stopped work goes on.
"""

from __future__ import annotations

import array
from array import array as array_array
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, bindparam, delete, func, select, update

from newsarchive.core.near_duplicates.fingerprint import SCHEME, fingerprints
from newsarchive.core.near_duplicates.paraphrase import MIN_COSINE, Marked, Paraphrase, marks, stream
from newsarchive.db import archive_state as progress_of
from newsarchive.db import bulk
from newsarchive.db.archive_state import begin, note, stopped
from newsarchive.db.engine import insert_ignoring, reading, writing
from newsarchive.db.models import ArticleRow, ParaphraseRow
from newsarchive.db.near_duplicates import clusters, copies
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
    bodies = copies.bodies(connection, ids)
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
    copies.fill(connection, ids)


def _stored(signature: Sequence[int]) -> bytes | None:
    """A signature as `articles.minhash` holds it (see `rows.minhash_of`)."""
    return array.array("I", signature).tobytes() if signature else None


PARAPHRASING_NAME = "paraphrases"

#: Articles read at a time, and links written by one statement.
CHUNK = 200
#: Days between two articles up to which one may be the other in new words.
WINDOW = timedelta(days=14)

_WHEN = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)


def relink(
    engine: Engine,
    threshold: float = MIN_COSINE,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    afresh: bool = False,
) -> int:
    """Compute all links of at least this score anew, or go on with a work that was stopped; gives how
    many links there are. `afresh` begins anew all the same.

    Memory holds the articles of two windows and eight bytes for each article of the archive.
    """
    with reading(engine) as connection:
        ids = array_array(
            "q", connection.execute(select(ArticleRow.id).order_by(_WHEN, ArticleRow.id)).scalars()
        )
    run_id, at, before = _paraphrasing_start(engine, threshold, ids, afresh)
    articles = _marked(engine, ids, at, progress)
    for stretch in stream(articles, before=before, window=WINDOW, threshold=threshold):
        with writing(engine) as connection:
            for links in _parts(stretch.links):
                _store(connection, links)
            state = {"again": stretch.again, "next": stretch.next}
            note(connection, run_id, state, finished=stretch.next is None)
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(ParaphraseRow)).scalar_one())


def is_stopped(engine: Engine, threshold: float) -> bool:
    """Whether a work of this score waits to be gone on with."""
    with reading(engine) as connection:
        return stopped(connection, PARAPHRASING_NAME, {"threshold": threshold}) is not None


def _paraphrasing_start(
    engine: Engine, threshold: float, ids: array_array[int], afresh: bool
) -> tuple[int, int, int]:
    """The run, the place in `ids` to begin at, and how many from there have been compared already."""
    arguments = {"threshold": threshold}
    with writing(engine) as connection:
        found = None if afresh else stopped(connection, PARAPHRASING_NAME, arguments)
        places = [ids.index(i) for i in (found[1] if found else {}).values() if i in ids]
        if found and len(places) == 2:
            return found[0], places[0], places[1] - places[0]
        connection.execute(delete(ParaphraseRow))
        return begin(connection, PARAPHRASING_NAME, arguments), 0, 0


def _marked(
    engine: Engine, ids: array_array[int], start: int, progress: Callable[[int, int], None]
) -> Iterator[Marked]:
    columns = (ArticleRow.id, ArticleRow.article_body, _WHEN)
    for at in range(start, len(ids), CHUNK):
        part = ids[at : at + CHUNK].tolist()
        with reading(engine) as connection:
            rows = {i: (body, when) for i, body, when in connection.execute(
                select(*columns).where(ArticleRow.id.in_(part)))}  # fmt: skip
        for i in part:
            if i in rows:
                yield Marked(i, marks(rows[i][0] or ""), rows[i][1])
        progress(at + len(part), len(ids))


def _store(connection: Connection, links: Sequence[Paraphrase]) -> None:
    """Store links; those within a cluster are copies, and are left out."""
    ids = {i for link in links for i in (link.a, link.b)}
    query = select(ArticleRow.id, ArticleRow.cluster_id).where(ArticleRow.id.in_(ids))
    cluster = {row.id: row.cluster_id for row in connection.execute(query)}
    rows = [
        {"a_id": min(x.a, x.b), "b_id": max(x.a, x.b), "score": x.score, "shared": list(x.shared)}
        for x in links
        if x.a in cluster and x.b in cluster and (cluster[x.a] is None or cluster[x.a] != cluster[x.b])
    ]
    # An article whose date changed since the stop may be compared twice.
    insert_ignoring(connection, bulk.table_of(ParaphraseRow), rows)


def _parts(links: Sequence[Paraphrase]) -> Iterator[Sequence[Paraphrase]]:
    for at in range(0, len(links), CHUNK):
        yield links[at : at + CHUNK]
