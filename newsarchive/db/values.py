"""Values as both databases keep them, without SQLAlchemy: storable text, packed text, moments in UTC.

SQLite gives `"2025-04-01T12:00:00+00:00"`, `1` and `'["noindex"]'` where a record has a `datetime`, `True` and a list;
`loaded` turns the one into the other by the name of the column.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from newsarchive.compression import compress, decompress, zstd
from newsarchive.exceptions import Damaged
from newsarchive.times import utc

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

#: Columns that hold moments; a name means the same in every table that is read.
TIME_COLUMNS = frozenset([
    "date_published", "date_modified", "first_seen_at", "last_seen_at", "gone_at", "seen_at", "date",
    "fetched_at", "reviewed_at", "started_at", "finished_at", "last_success_at", "relied_until",
    "failing_since", "failed_at", "published", "first", "last", "until", "ended_at", "since",
    "made_at", "undone_at",
])  # fmt: skip
#: Columns that are true or false; SQLite has 1 and 0.
FLAG_COLUMNS = frozenset(("is_accessible_for_free", "current", "unspaced", "quarantined"))
#: Columns that hold JSON; SQLite has its text.
JSON_COLUMNS = frozenset((
    "quality", "damage", "origin_evidence", "shared", "config", "value_before", "value_after", "versions",
    "statement",
))  # fmt: skip

#: Columns that hold a list as `pack_json` packs it.
PACKED_COLUMNS = frozenset(("candidates",))

#: What a decoder of one stored value raises where the archive did not write that value.
_UNREADABLE = (ValueError, TypeError, LookupError, RecursionError, zlib.error, zstd.ZstdError)

_Stored = TypeVar("_Stored")
_Read = TypeVar("_Read")


def storable(text: str) -> str:
    """The text with U+FFFD for each NUL (which PostgreSQL refuses) and each lone surrogate (which UTF-8 cannot hold).

    One code point stands for one, so that offsets into the text stay true.

    >>> storable("a\\x00b\\ud800c")
    'a\ufffdb\ufffdc'
    """
    try:
        text.encode()  # many times faster than a search for lone surrogates
    except UnicodeEncodeError:
        return _UNSTORABLE.sub("\ufffd", text)
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def with_detail(reason: str, detail: str) -> str:
    """A reason and its detail as a person reads them.

    >>> with_detail("noarchive", "the meta tag"), with_detail("too short", "")
    ('noarchive (the meta tag)', 'too short')
    """
    return f"{reason} ({detail})" if detail else reason


def pack_text(text: str | None) -> bytes | None:
    """The text packed, to a third of its size where it is markup; `None` for no text."""
    return compress(storable(text).encode()) if text else None


def unpack_text(stored: bytes | None) -> str:
    """The text that `pack_text` packed, "" for `None`."""
    return decompress(stored).decode() if stored is not None else ""


def pack_json(values: list[Any] | None) -> bytes | None:
    """A list as packed JSON; `None` for an empty one."""
    return pack_text(json.dumps(values, ensure_ascii=False, separators=(",", ":"))) if values else None


def unpack_json(stored: bytes | None) -> list[Any]:
    """The list that `pack_json` packed."""
    found: list[Any] = json.loads(unpack_text(stored) or "[]")
    return found


def json_from(stored: Any) -> Any:
    """The list or mapping of a column of JSON: SQLite has its text, PostgreSQL gives it decoded."""
    if not isinstance(stored, str | bytes):
        return stored
    found = json.loads(stored) if isinstance(stored, str) else None
    if not isinstance(found, list | dict):
        raise ValueError("neither a list nor a mapping")
    return found


def moment(value: str | datetime | None) -> datetime | None:
    """A stored moment: SQLite has it as ISO text in UTC, PostgreSQL as a time with its zone. Raises `Damaged` for another value.

    >>> moment("2025-04-01T12:00:00+00:00")
    datetime.datetime(2025, 4, 1, 12, 0, tzinfo=datetime.timezone.utc)
    """
    return decoded("a stored time", _moment, value)


def _moment(value: str | datetime | None) -> datetime | None:
    if value is None:
        return None
    return utc(value if isinstance(value, datetime) else datetime.fromisoformat(value))


#: Column → what makes the value of a record of its stored value.
_DECODERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TIME_COLUMNS, _moment),
    **dict.fromkeys(FLAG_COLUMNS, lambda value: None if value is None else bool(value)),
    **dict.fromkeys(JSON_COLUMNS, json_from),
    **dict.fromkeys(PACKED_COLUMNS, unpack_json),
}


def loaded(name: str, value: Any) -> Any:
    """A value as a record has it; `name` is its column. Raises `Damaged` for a value that the archive would not have written."""
    decoder = _DECODERS.get(name)
    return value if decoder is None else decoded(f"the value of {name}", decoder, value)


def decoded(what: str, decoder: Callable[[_Stored], _Read], stored: _Stored) -> _Read:
    """What the decoder makes of one stored value, `what` in the message. Raises `Damaged` where it can make nothing of it.

    >>> decoded("the value of damage", json.loads, "{")
    Traceback (most recent call last):
    newsarchive.exceptions.Damaged: the value of damage is damaged: '{'; newsarchive db check looks for such values
    """
    try:
        return decoder(stored)
    except _UNREADABLE as error:
        raise Damaged(
            f"{what} is damaged: {str(stored)[:40]!r}; newsarchive db check looks for such values"
        ) from error
