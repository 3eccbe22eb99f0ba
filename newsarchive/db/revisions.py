"""Which schema an archive has and which one this version knows, without Alembic, whose import takes its time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.db.direct import Reader

if TYPE_CHECKING:
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"

_TABLE = {
    True: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    False: "SELECT to_regclass('alembic_version')",
}


def head() -> str:
    """The newest revision that this version knows: migrations are numbered, their files named by it."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def current(connection: Reader | Connection) -> str | None:
    """The archive's revision, `None` for an empty database."""
    reader = Reader.of(connection)
    if reader.value(_TABLE[reader.sqlite]) is None:
        return None
    found = reader.value("SELECT version_num FROM alembic_version")
    return None if found is None else str(found)
