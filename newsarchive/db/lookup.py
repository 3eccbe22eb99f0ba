"""Finding an article by what a person types: its URL in any spelling, or its id."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Select, select

from newsarchive.core.urls import try_normalise, url_key
from newsarchive.db.models import ArticleRow
from newsarchive.exceptions import NewsArchiveError, NoSuchArticle


def find(connection: Connection, url_or_id: str | int) -> int:
    """The id of an article. Raises `NoSuchArticle`."""
    name = str(url_or_id).strip()
    found: int | None
    for query in _lookups(name):
        found = connection.execute(query.order_by(ArticleRow.id).limit(1)).scalar()
        if found is not None:
            return found
    raise NoSuchArticle(f"no article {name!r} in the archive: try `newsarchive search WORDS`")


def _lookups(name: str) -> Iterator[Select[int]]:
    if name.isascii() and name.isdigit():
        if len(name) <= 9:  # more digits than any id; PostgreSQL refuses them
            yield select(ArticleRow.id).where(ArticleRow.id == int(name))
        return
    url = name if "://" in name else f"https://{name}"
    if try_normalise(url) is None:
        return
    try:
        key = url_key(url)
    except (NewsArchiveError, ValueError):
        return
    yield select(ArticleRow.id).where(ArticleRow.url_key == key)
    yield select(ArticleRow.id).where(ArticleRow.canonical_key == key)
