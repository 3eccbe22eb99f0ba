"""Finding an article by what a person types: its URL in any spelling, or its id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsarchive.core.urls import try_normalise, url_key
from newsarchive.db.direct import Reader
from newsarchive.db.values import told
from newsarchive.exceptions import NewsArchiveError, NoSuchArticle

if TYPE_CHECKING:
    from sqlalchemy import Connection


def find(connection: Reader | Connection, url_or_id: str | int) -> int:
    """The id of an article. Raises `NoSuchArticle`."""
    name, reader = str(url_or_id).strip(), Reader.of(connection)
    for condition, value in _lookups(name):
        query = f"SELECT id FROM articles WHERE {condition} = :value ORDER BY id LIMIT 1"
        found = reader.value(query, {"value": value})
        if found is not None:
            return int(found)
    raise NoSuchArticle(f"no article {name!r} in the archive: try `newsarchive search WORDS`")


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a URL that gave no article: its `state` in the frontier, and the reason with its detail."""

    state: str
    reason: str
    last_checked_at: datetime | None


def fate(reader: Reader, url: str) -> Fate | None:
    """What became of a URL, `None` for one that no crawl heard of."""
    for condition, value in _lookups(url):
        if condition == "url_key":
            query = "SELECT state, reason, reason_detail, last_checked_at AS seen_at FROM urls WHERE url_key = :value"
            for row in reader.rows(query, {"value": value}):
                return Fate(row["state"], told(row["reason"], row["reason_detail"]), row["seen_at"])
    return None


def _lookups(name: str) -> Iterator[tuple[str, Any]]:
    if name.isascii() and name.isdigit():
        if len(name) <= 9:  # more digits than any id; PostgreSQL refuses them
            yield "id", int(name)
        return
    url = name if "://" in name else f"https://{name}"
    if try_normalise(url) is None:
        return
    try:
        key = url_key(url)
    except (NewsArchiveError, ValueError):
        return
    yield "url_key", key
    yield "canonical_key", key
