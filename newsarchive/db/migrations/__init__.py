"""The revisions of the schema, by which Alembic upgrades an archive that an older version made.

Which of them is the newest is told here without Alembic, whose import is slow.
"""

from __future__ import annotations

import re
from pathlib import Path

#: The folder of Alembic's scripts.
FOLDER = Path(__file__).parent

_REVISION = re.compile(r'^revision.*= "(\w+)"', re.MULTILINE)


def head() -> str:
    """The newest revision that this version of newsarchive knows: that of the script with the highest number."""
    newest = max((FOLDER / "versions").glob("[0-9]*_*.py"))
    found = _REVISION.search(newest.read_text(encoding="utf-8"))
    assert found, f"{newest} names no revision"
    return found[1]
