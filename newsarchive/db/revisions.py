"""Which schema an archive has and which one this version knows, without Alembic, whose import takes its time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.db.direct import Reader

if TYPE_CHECKING:
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"

_REVISION = re.compile(r'^revision.*= "(\w+)"', re.MULTILINE)


def head() -> str:
    """The newest revision that this version knows: the one of the last file, which says its name (files are numbered)."""
    newest = max((MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    found = _REVISION.search(newest.read_text(encoding="utf-8"))
    assert found, f"{newest} names no revision"
    return found[1]


def current(connection: Reader | Connection) -> str | None:
    """The archive's revision, `None` for an empty database."""
    reader = Reader.of(connection)
    if reader.value(reader.dialect.version_table) is None:
        return None
    found = reader.value("SELECT version_num FROM alembic_version")
    return None if found is None else str(found)
