"""What all tables share: names of constraints, keys, and types of columns that are the same on SQLite and PostgreSQL.

A naive `datetime(2025, 4, 30, 8, 15)` is refused, a moment in Berlin comes back in UTC, and a NUL byte in a headline,
which PostgreSQL cannot store, becomes U+FFFD.

No `from __future__ import annotations` in these modules: SQLAlchemy would evaluate each annotation again as a
string, which costs a cold start 40 ms.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, LargeBinary, MetaData, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from newsarchive.db.values import moment, pack_json, pack_text, storable, unpack_json, unpack_text
from newsarchive.times import isoformat, utc

#: Every constraint has a name, so that a later migration can drop it on any database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


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

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return moment


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


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: SafeText(),
        datetime: UTCDateTime(),
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def cascade(column: str, **options: Any) -> Any:
    """A reference whose row goes with the row that it refers to."""
    return mapped_column(ForeignKey(column, ondelete="CASCADE"), **options)


def set_null(column: str, **options: Any) -> Any:
    """A reference that is emptied when the row that it refers to goes."""
    return mapped_column(ForeignKey(column, ondelete="SET NULL"), **options)


#: The key in `Column.info` of a reference that no database checks: the column that it refers to.
REFERS_TO = "refers_to"


def unchecked(column: str, *kind: Any) -> Any:
    """A reference that is right because its writers make it so, alone in their transaction; `newsarchive db check` looks."""
    return mapped_column(*kind, info={REFERS_TO: column})


#: The key in `Column.info` of a column that holds words of an article: its value while the article is withheld.
WITHHELD = "withheld"
#: The key in `Column.info` of a column that follows from the text: its value once the article is erased.
ERASED = "erased"


def values_once(key: str, model: type[Base]) -> dict[str, Any]:
    """The columns of a table with `WITHHELD` or `ERASED` in their `info`, each with the value that it then has."""
    return {column.name: column.info[key] for column in model.__table__.columns if key in column.info}
