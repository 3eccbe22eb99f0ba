"""Column types that behave the same on SQLite and PostgreSQL.

A naive `datetime(2025, 4, 30, 8, 15)` is refused, a moment in Berlin comes back in UTC, and a NUL byte in a headline,
which PostgreSQL cannot store, becomes U+FFFD.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator

from newsarchive.db.values import pack_json, pack_text, storable, unpack_json, unpack_text, utc
from newsarchive.times import isoformat


class SafeText(TypeDecorator[str]):
    """Text with what no database takes replaced (`values.storable`)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class _IsoTime(sqlite.DATETIME):
    """A column of SQLite that holds times as `times.isoformat` writes them."""

    def bind_processor(self, dialect: Dialect) -> Any:
        return isoformat

    def literal_processor(self, dialect: Dialect) -> Any:
        return lambda moment: f"'{isoformat(moment)}'"

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return lambda stored: None if stored is None else datetime.fromisoformat(stored)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment. Refuses naive datetimes, stores UTC, gives aware UTC back.

    SQLite has no type for moments: there the column holds `2025-04-30T08:15:00+00:00`, which SQLite's own date
    functions understand and which sorts by time. Raises `ValueError` for a naive datetime.
    """

    impl = DateTime(timezone=True).with_variant(_IsoTime(), "sqlite")  # type: ignore[no-untyped-call]
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a time zone (datetime.now(UTC))")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else utc(value)


class Compressed(TypeDecorator[str]):
    """Text that is kept but never searched, packed by `values.pack_text`."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return pack_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str:
        return unpack_text(value)


class CompressedJson(TypeDecorator[list[Any]]):
    """A list that is kept but never searched, as `values.pack_json` packs it."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        return pack_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> list[Any]:
        return unpack_json(value)
