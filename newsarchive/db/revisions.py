"""The revisions of the schema that this version knows, without Alembic, whose import is slow."""

from __future__ import annotations

import re
from pathlib import Path

#: The folder of Alembic's scripts.
MIGRATIONS = Path(__file__).parent / "migrations"

_REVISION = re.compile(r'^revision.*= "(\w+)"', re.MULTILINE)


def head() -> str:
    """The newest revision that this version of newsarchive knows: that of the script with the highest number."""
    newest = max((MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    found = _REVISION.search(newest.read_text(encoding="utf-8"))
    assert found, f"{newest} names no revision"
    return found[1]
