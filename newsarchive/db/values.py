"""Values as both databases keep them, without SQLAlchemy: storable text, deflated text, moments in UTC."""

from __future__ import annotations

import json
import re
import zlib
from datetime import datetime
from typing import Any

from newsarchive.times import utc as utc

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

#: Columns of the archive by what they hold; the names mean the same in every table that is read.
MOMENTS = frozenset(
    [
        "date_published",
        "date_modified",
        "first_seen_at",
        "last_seen_at",
        "gone_at",
        "seen_at",
        "date",
        "fetched_at",
        "reviewed_at",
        "started_at",
        "finished_at",
        "last_success_at",
        "published",
        "first",
        "last",
    ]
)
FLAGS = frozenset(("is_accessible_for_free", "current", "unspaced", "quarantined"))
STRUCTURES = frozenset(
    (
        "quality",
        "damage",
        "candidates",
        "links",
        "origin_evidence",
        "shared",
        "config",
        "value_before",
        "value_after",
    )
)


def storable(text: str) -> str:
    """The text with what no database takes (NUL for PostgreSQL, lone surrogates) as U+FFFD.

    One code point for one, so that offsets into the text stay true.
    """
    try:
        text.encode()  # many times faster than to look for lone surrogates
    except UnicodeEncodeError:
        return _UNSTORABLE.sub("\ufffd", text)
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def told(reason: str, detail: str) -> str:
    """A reason and its detail as a person reads them.

    >>> told("noarchive", "the meta tag"), told("too short", "")
    ('noarchive (the meta tag)', 'too short')
    """
    return f"{reason} ({detail})" if detail else reason


def deflate(text: str | None) -> bytes | None:
    """Text that is kept but never searched: markup costs a third of its size. `None` for none."""
    return zlib.compress(storable(text).encode(), 6) if text else None


def inflate(stored: bytes | None) -> str:
    """The text that `deflate` packed, "" for none."""
    return zlib.decompress(stored).decode() if stored is not None else ""


def moment(value: str | datetime | None) -> datetime | None:
    """A stored moment: SQLite has it as ISO text in UTC, PostgreSQL as a time with its zone.

    >>> moment("2025-04-01T12:00:00+00:00")
    datetime.datetime(2025, 4, 1, 12, 0, tzinfo=datetime.timezone.utc)
    """
    if value is None:
        return None
    return utc(datetime.fromisoformat(value) if isinstance(value, str) else value)


def loaded(name: str, value: Any) -> Any:
    """A value of a column as a record has it."""
    if name in MOMENTS:
        return moment(value)
    if name in FLAGS:
        return None if value is None else bool(value)
    if name in STRUCTURES:
        return json.loads(value) if isinstance(value, str) else value
    return value
