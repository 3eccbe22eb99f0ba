"""Whole columns of the archive: what a data frame is made of, without a record for each article.

The views have the flat row of an article (`current_articles`, `hidden_articles`), so that names and values here are
theirs. Values come as the driver gives them: SQLite has lists as JSON texts, times as texts in UTC, flags as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from newsarchive.db.direct import File, reading

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: Articles that are read at a time: a chunk of texts is what is in memory twice.
CHUNK = 2_000


def columns(
    source: File | Engine, ids: Sequence[int], names: Sequence[str], *, chunk: int = CHUNK
) -> Iterator[dict[str, Sequence[Any]]]:
    """The columns `names` of the flat rows of articles, a chunk of ids at a time, each chunk in the order of ids.

    An article that is removed meanwhile is left out. The names must be those of `fields.FLAT`.
    """
    wanted = ", ".join(["id", *names])
    views = ("current_articles", "hidden_articles")
    query = " UNION ALL ".join(f"SELECT {wanted} FROM {view} WHERE id IN :ids" for view in views)
    for at in range(0, len(ids), chunk):
        with reading(source) as reader:
            rows = reader.tuples(query, {"ids": list(ids[at : at + chunk])})
        rows.sort(key=lambda row: int(row[0]))
        found = list(zip(*rows, strict=True)) or [()] * (len(names) + 1)
        yield dict(zip(names, found[1:], strict=True))
