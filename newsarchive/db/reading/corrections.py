"""The fields that a person corrected, why, and what the page says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsarchive.db.conditions import visible
from newsarchive.db.readonly import Source, reading

_LIST = f"""
    SELECT c.article_id, a.url, a.headline, c.field, c.value_before, c.value_after, c.reason, c.decided_by, c.made_at, c.undone_at
    FROM corrections AS c JOIN articles AS a ON a.id = c.article_id
    WHERE {visible("a.id", hidden=True)} ORDER BY c.made_at DESC, c.id DESC
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """A field that a person corrected. `before` is what the page says, `after` what the person gave, as people read them;
    `undone_at` is when it was taken back or replaced, `None` while it holds."""

    article_id: int
    url: str
    headline: str
    field: str
    before: str
    after: str
    reason: str
    decided_by: str
    made_at: datetime
    undone_at: datetime | None


def corrections(source: Source, *, everything: bool = False) -> list[Correction]:
    """The corrections that hold, the newest first; with `everything` also those that were taken back or replaced."""
    found = []
    with reading(source) as reader:
        for row in reader.rows(_LIST, {}):
            if row["undone_at"] is None or everything:
                before, after = (
                    _words(row["field"], row.pop(f"value_{side}")) for side in ("before", "after")
                )
                found.append(Correction(**row, before=before, after=after))
    return found


def _words(field: str, value: list[Any]) -> str:
    if field in ("authors", "origin"):
        names = (one["name"] if isinstance(one, dict) else one[0] for one in value)
        return ", ".join(map(str, names))
    return ", ".join(map(str, value)) if field == "keywords" else str(value[0])
