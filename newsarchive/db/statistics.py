"""What is in the archive, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsarchive.db.direct import File, Reader, reading

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts over the archive. Mappings go from a name to a count, largest first.

    `repairs` counts edits by codec or rule and `dropped` blocks by kind, over all revisions.
    `quarantined` counts articles that readers do not see. `months` goes from a site to its articles by month of publication (`2025-04`), in order.
    `disk` is bytes of the database, `warc` bytes of raw captures.
    """

    articles: int
    revisions: int
    captures: int
    gone: int
    quarantined: int
    sites: Mapping[str, int]
    languages: Mapping[str, int]
    origins: Mapping[str, int]
    repairs: Mapping[str, int]
    dropped: Mapping[str, int]
    disk: int
    warc: int
    months: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


_COUNTS = {
    "sites": ("s.domain", "articles AS a JOIN sites AS s ON s.id = a.site_id"),
    "languages": ("in_language", "articles"),
    "origins": ("o.name", "article_origins AS ao JOIN origins AS o ON o.id = ao.origin_id"),
    "repairs": ("rule", "edits"),
    "dropped": ("kind", "blocks"),
}
_TOTALS = {
    "articles": "count(*) FROM articles",
    "revisions": "count(*) FROM article_revisions",
    "captures": "count(*) FROM captures",
    "gone": "count(gone_at) FROM articles",
    "quarantined": "count(*) FROM quarantine WHERE state <> 'accepted'",
    "warc": "coalesce(sum(warc_length), 0) FROM captures",
}
_MONTHS = """
    SELECT s.domain, {month} AS month, count(*)
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id
    WHERE a.date_published IS NOT NULL GROUP BY s.domain, month ORDER BY s.domain, month
"""


def stats(source: File | Engine) -> Stats:
    """Count everything."""
    with reading(source) as reader:
        found: dict[str, Any] = {name: int(reader.value(f"SELECT {what}")) for name, what in _TOTALS.items()}
        found |= {name: _counts(reader, *what) for name, what in _COUNTS.items()}
        return Stats(**found, disk=_disk(source, reader), months=_months(reader))


def _counts(reader: Reader, column: str, tables: str) -> dict[str, int]:
    query = f"SELECT {column}, count(*) FROM {tables} GROUP BY 1 ORDER BY count(*) DESC, 1"
    return {name: int(number) for name, number in reader.tuples(query)}


def _months(reader: Reader) -> dict[str, dict[str, int]]:
    spelled = "substr(a.date_published, 1, 7)"
    if not reader.sqlite:
        spelled = "to_char(a.date_published AT TIME ZONE 'UTC', 'YYYY-MM')"
    found: dict[str, dict[str, int]] = {}
    for site, month, number in reader.tuples(_MONTHS.format(month=spelled)):
        found.setdefault(site, {})[month] = number
    return found


def _disk(source: File | Engine, reader: Reader) -> int:
    if not reader.sqlite:
        return int(reader.value("SELECT pg_database_size(current_database())"))
    path = reader.value("SELECT file FROM pragma_database_list WHERE name = 'main'")
    if not path:
        return 0
    files = [Path(path), Path(f"{path}-wal")]
    return sum(file.stat().st_size for file in files if file.exists())


def site_names(source: File | Engine) -> list[str]:
    """The sites that have articles, in order."""
    query = "SELECT domain FROM sites WHERE id IN (SELECT site_id FROM articles) ORDER BY domain"
    with reading(source) as reader:
        return [name for (name,) in reader.tuples(query)]
