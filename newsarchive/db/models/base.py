"""What all tables share: names of constraints, types of columns, keys.

No `from __future__ import annotations` in these modules: SQLAlchemy would evaluate each annotation again as a
string, which costs a cold start 40 ms.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column

from newsarchive.db.types import SafeText, UTCDateTime

#: Every constraint has a name, so that a later migration can drop it on any database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


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
