"""Column types that behave the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from newsarchive.db.values import deflate, inflate, storable, utc


class SafeText(TypeDecorator[str]):
    """Text that every database can store."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment. Refuses naive datetimes, stores UTC, gives aware UTC back.

    SQLite has no time zones, so there the column holds the UTC wall time as ISO text that SQLite's
    own date functions understand.
    """

    impl = DateTime(timezone=True)
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
    """Text that is kept but never searched, deflated: markup costs a third of its size."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return deflate(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str:
        return inflate(value)
