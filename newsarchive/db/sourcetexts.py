"""What feeds and APIs say of posts, one text for each URL: the last word of the best source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.models import SourceTextRow, Url
from newsarchive.items import SourceText

#: The fields of the record, which its row spells the same.
FIELDS = ("source", "html", "is_full", "title", "author", "published", "updated")


def keep(connection: Connection, texts: Mapping[int, SourceText]) -> list[int]:
    """Keep texts by the id of their URL, where they differ from what is kept and are no worse; gives the ids of
    those that were replaced.

    A source replaces its own word; of two sources the one that gives full texts counts, then the API.
    """
    held = _held(connection, SourceTextRow.url_id.in_(texts))
    changed = {
        url_id: text
        for url_id, text in texts.items()
        if (old := held.get(url_id)) is None
        or (old != text and (old.source == text.source or _rank(text) >= _rank(old)))
    }
    if changed:
        connection.execute(delete(SourceTextRow).where(SourceTextRow.url_id.in_(changed)))
    rows = [
        {"url_id": url_id} | {name: getattr(text, name) for name in FIELDS}
        for url_id, text in changed.items()
    ]
    bulk.insert_rows(connection, SourceTextRow, rows)
    return [url_id for url_id in changed if url_id in held]


def of_urls(connection: Connection, url_ids: Iterable[int]) -> dict[int, SourceText]:
    """The texts of these URLs, by id."""
    return _held(connection, SourceTextRow.url_id.in_(list(url_ids)))


def of(connection: Connection, url: str) -> SourceText | None:
    """The text of the post under this address, `None` where no source gave any."""
    here = select(Url.id).where(Url.url_key == url_key(url)).scalar_subquery()
    return next(iter(_held(connection, SourceTextRow.url_id == here).values()), None)


def _held(connection: Connection, condition: Any) -> dict[int, SourceText]:
    columns = bulk.columns_of(SourceTextRow, ("url_id", *FIELDS))
    return {
        url_id: SourceText(**dict(zip(FIELDS, values, strict=True)))
        for url_id, *values in connection.execute(select(*columns).where(condition))
    }


def _rank(text: SourceText) -> tuple[bool, bool]:
    return text.is_full, text.source == "wp-json"
