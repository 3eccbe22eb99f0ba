"""The two jobs that go through a whole archive: find near duplicates anew (`recluster`), and link paraphrases (`relink`).

Both go through the archive in chunks, and store their progress in the transaction of each chunk
(`newsarchive.db.archive_state`), so that a killed job goes on where it stopped. Memory holds one chunk only, and readers
see complete clusters at any time. Paraphrases are less certain than copies, so their links change no cluster.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, select

from newsarchive.core.near_duplicates.fingerprint import SCHEME, fingerprints
from newsarchive.core.near_duplicates.paraphrase import MIN_SCORE, Marked, Paraphrase, marked, stream
from newsarchive.db import archive_state, bulk
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, ParaphraseRow, Withholding
from newsarchive.db.near_duplicates import clusters, copies
from newsarchive.db.rows import signature_of, stored_minhash

#: The name, among the runs of the archive, of the job that finds near duplicates anew.
RECLUSTER = "recluster"
#: The name, among the runs of the archive, of the job that links paraphrases.
PARAPHRASES = "paraphrases"

#: The number of articles that are read at a time, and of links that one statement writes; it bounds memory.
MAX_CHUNK = 200
#: Time between two articles; articles that are further apart are not compared.
MAX_TIME_APART = timedelta(days=14)

#: When an article appeared: its date, or the first crawl that saw it.
_WHEN = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)


def recluster(
    engine: Engine, *, afresh: bool = False, progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Make fingerprints, index and clusters of all articles anew; gives the number of articles done in this call.

    Goes on with a job that was stopped, unless `afresh` is given. `progress` is called with the number of articles done
    and the number of all.
    """
    arguments, done = {"scheme": SCHEME}, 0
    with writing(engine) as connection:
        found = None if afresh else archive_state.stopped(connection, RECLUSTER, arguments)
        run_id, state = found or (archive_state.begin(connection, RECLUSTER, arguments), {})
        last = int(state.get("last_id", 0))
    with reading(engine) as connection:  # counting takes long, and no other writer has to wait for it
        total = int(connection.execute(select(func.count()).select_from(ArticleRow)).scalar_one())
    while True:
        with writing(engine) as connection:
            if not (ids := _next_ids(connection, ArticleRow.id > last)):
                archive_state.note(connection, run_id, {"last_id": last}, finished=True)
                return done
            find_again(connection, ids)
            last = ids[-1]
            archive_state.note(connection, run_id, {"last_id": last})
        done += len(ids)
        progress(done, total)


def recluster_range(engine: Engine, first: int, last: int, *, dry_run: bool = False) -> int:
    """Make fingerprints, index and clusters of the articles with these ids anew; gives how many there are.

    Ranges may be done in any order, by several processes; one that was broken off is done again from its beginning.
    """
    after, done = first - 1, 0
    while True:
        with reading(engine) if dry_run else writing(engine) as connection:
            ids = _next_ids(connection, ArticleRow.id.between(after + 1, last))
            if ids and not dry_run:
                find_again(connection, ids)
        if not ids:
            return done
        after, done = ids[-1], done + len(ids)


def _next_ids(connection: Connection, condition: ColumnElement[bool]) -> list[int]:
    query = select(ArticleRow.id).where(condition).order_by(ArticleRow.id)
    return list(connection.execute(query.limit(clusters.MAX_CHUNK_ARTICLES)).scalars())


def find_again(connection: Connection, ids: Sequence[int]) -> None:
    """Make fingerprints, index and clusters of these articles anew. Withheld articles are left out: their texts are
    sealed, and what is left of them serves to recognise them."""
    withheld = select(Withholding.article_id).where(Withholding.state != "lifted")
    ids = sorted(
        set(ids) - set(connection.execute(withheld.where(Withholding.article_id.in_(ids))).scalars())
    )
    columns = select(ArticleRow.id, ArticleRow.content_hash, ArticleRow.minhash)
    old = {i: (digest, raw) for i, digest, raw in connection.execute(columns.where(ArticleRow.id.in_(ids)))}
    entries = []
    bodies = copies.bodies(connection, ids)
    for (i, body), found in zip(bodies.items(), fingerprints(list(bodies.values())), strict=True):
        digest, raw = old[i]
        entries.append(
            clusters.Entry(
                i, body, found.content_hash, found.minhash, digest, signature_of(raw), shingles=found.shingles
            )
        )
    changed = [
        {"b_id": e.id, "content_hash": e.content_hash, "minhash": stored_minhash(e.minhash)}
        for e in entries
        if (e.content_hash, stored_minhash(e.minhash)) != old[e.id]
    ]
    bulk.update_rows(connection, ArticleRow, changed)
    clusters.assign(connection, entries, datetime.now(UTC))
    copies.link_stored(connection, ids)


def relink(
    engine: Engine,
    threshold: float = MIN_SCORE,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    afresh: bool = False,
) -> int:
    """Find all links between paraphrases with this score or a higher one anew; gives the number of links.

    Goes on with a job that was stopped, unless `afresh` is given. Memory holds the articles of twice `MAX_TIME_APART`, and
    eight bytes for each article of the archive.
    """
    with reading(engine) as connection:
        ids = array("q", connection.execute(select(ArticleRow.id).order_by(_WHEN, ArticleRow.id)).scalars())
    arguments = {"threshold": threshold}
    with writing(engine) as connection:
        found = None if afresh else archive_state.stopped(connection, PARAPHRASES, arguments)
        places = [ids.index(i) for i in (found[1] if found else {}).values() if i in ids]
        if found and len(places) == 2:
            run_id, at, before = found[0], places[0], places[1] - places[0]  # `before` were compared already
        else:
            connection.execute(delete(ParaphraseRow))
            run_id, at, before = archive_state.begin(connection, PARAPHRASES, arguments), 0, 0
    articles = _marked(engine, ids, at, progress)
    for stretch in stream(articles, before=before, window=MAX_TIME_APART, threshold=threshold):
        with writing(engine) as connection:
            for first in range(0, len(stretch.links), MAX_CHUNK):
                _store_links(connection, stretch.links[first : first + MAX_CHUNK])
            state = {"again": stretch.again, "next": stretch.next}
            archive_state.note(connection, run_id, state, finished=stretch.next is None)
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(ParaphraseRow)).scalar_one())


def is_stopped(engine: Engine, threshold: float) -> bool:
    """Whether a search for paraphrases of this score was stopped."""
    with reading(engine) as connection:
        return archive_state.stopped(connection, PARAPHRASES, {"threshold": threshold}) is not None


def _marked(
    engine: Engine, ids: array[int], start: int, progress: Callable[[int, int], None]
) -> Iterator[Marked]:
    columns = (ArticleRow.id, ArticleRow.article_body, _WHEN)
    for at in range(start, len(ids), MAX_CHUNK):
        part = ids[at : at + MAX_CHUNK].tolist()
        with reading(engine) as connection:
            rows = {i: (body, when) for i, body, when in connection.execute(
                select(*columns).where(ArticleRow.id.in_(part)))}  # fmt: skip
        for i in part:
            if i in rows:
                yield marked(i, rows[i][0] or "", rows[i][1])
        progress(at + len(part), len(ids))


def _store_links(connection: Connection, links: Sequence[Paraphrase]) -> None:
    """Store links; a link within a cluster is one between copies, and is left out."""
    ids = {i for link in links for i in (link.a, link.b)}
    query = select(ArticleRow.id, ArticleRow.cluster_id).where(ArticleRow.id.in_(ids))
    cluster = {row.id: row.cluster_id for row in connection.execute(query)}
    rows = [
        {"a_id": min(x.a, x.b), "b_id": max(x.a, x.b), "score": x.score, "shared": list(x.shared)}
        for x in links
        if x.a in cluster and x.b in cluster and (cluster[x.a] is None or cluster[x.a] != cluster[x.b])
    ]
    # An article whose date changed since the stop may be compared twice.
    bulk.insert_new_rows(connection, ParaphraseRow, rows)
