"""Links between articles that may tell one text in other words, for the whole archive: `paraphrases`.

They are weaker than copies and kept apart: no cluster knows of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice

from sqlalchemy import Connection, Engine, delete, func, select

from newsarchive.core.twins.paraphrase import THRESHOLD, Marked, Paraphrase, marks, stream
from newsarchive.db import bulk
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, ParaphraseRow

#: Articles read at a time, and links written in one transaction.
CHUNK = 200
#: Days between two articles up to which one may be the other in new words.
WINDOW = timedelta(days=14)

_WHEN = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)


def relink(
    engine: Engine,
    threshold: float = THRESHOLD,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Compute all links of at least this score anew; gives how many. Broken off, call it again.

    Memory holds the articles of two windows and eight bytes for each article of the archive.
    """
    with writing(engine) as connection:
        connection.execute(delete(ParaphraseRow))
    with reading(engine) as connection:
        ids = array("q", connection.execute(select(ArticleRow.id).order_by(_WHEN, ArticleRow.id)).scalars())
    found = stream(_marked(engine, ids, progress), window=WINDOW, threshold=threshold)
    count = 0
    while links := list(islice(found, CHUNK)):
        with writing(engine) as connection:
            count += _store(connection, links)
    return count


def _marked(engine: Engine, ids: array[int], progress: Callable[[int, int], None]) -> Iterator[Marked]:
    columns = (ArticleRow.id, ArticleRow.article_body, _WHEN)
    for at in range(0, len(ids), CHUNK):
        part = ids[at : at + CHUNK].tolist()
        with reading(engine) as connection:
            rows = {i: (body, when) for i, body, when in connection.execute(
                select(*columns).where(ArticleRow.id.in_(part)))}  # fmt: skip
        for i in part:
            if i in rows:
                yield Marked(i, marks(rows[i][0] or ""), rows[i][1])
        progress(at + len(part), len(ids))


def _store(connection: Connection, links: list[Paraphrase]) -> int:
    """Store links; those within a cluster are copies, and are left out."""
    ids = {i for link in links for i in (link.a, link.b)}
    query = select(ArticleRow.id, ArticleRow.cluster_id).where(ArticleRow.id.in_(ids))
    cluster = {row.id: row.cluster_id for row in connection.execute(query)}
    rows = [
        {"a_id": min(x.a, x.b), "b_id": max(x.a, x.b), "score": x.score, "shared": list(x.shared)}
        for x in links
        if x.a in cluster and x.b in cluster and (cluster[x.a] is None or cluster[x.a] != cluster[x.b])
    ]
    bulk.insert_rows(connection, ParaphraseRow, rows)
    return len(rows)
