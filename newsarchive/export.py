"""Records as other programs and people read them: plain dictionaries, JSON, a byline in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsarchive.items import Author, Origin

#: Fields of a record that hold bytes or numbers for machines only.
PRIVATE = frozenset({"capture", "seen", "minhash", "html"})


def plain(value: Any) -> Any:
    """A record as JSON types: dataclasses become objects, times ISO 8601 texts in UTC, tuples lists.

    An article becomes its flat row and, under names of their own, its details (`fields.record`).
    """
    from newsarchive.fields import record  # the records take their time to load, and a byline needs none
    from newsarchive.items import Article, isoformat

    def of(value: Any) -> Any:
        if isinstance(value, Article):
            return of(record(value))
        if is_dataclass(value) and not isinstance(value, type):
            return {f.name: of(getattr(value, f.name)) for f in fields(value) if f.name not in PRIVATE}
        if isinstance(value, datetime):
            return isoformat(value)
        if isinstance(value, Mapping):
            return {str(key): of(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [of(item) for item in value]
        return value

    return of(value)


def to_json(record: Any, *, indent: int | None = None) -> str:
    """One record as JSON text, letters of every script as they are."""
    return json.dumps(plain(record), ensure_ascii=False, indent=indent)


def byline(authors: tuple[Author, ...], published: datetime | None, publisher: str) -> str:
    """`By A and B · 2025-04-01 · Blog`."""
    names = " and ".join(author.name for author in authors)
    day = published.date().isoformat() if published else ""
    return " · ".join(part for part in (f"By {names}" if names else "", day, publisher) if part)


def origin_line(origin: Origin | None) -> str:
    """Where it first appeared, in one line; "" for a blog's own post."""
    if origin is None:
        return ""
    where = f" ({origin.domain})" if origin.domain else ""
    notice = f" — {origin.copyright_notice}" if origin.copyright_notice else ""
    return f"First published by {origin.name}{where}, confidence {origin.confidence:.2f}{notice}"
