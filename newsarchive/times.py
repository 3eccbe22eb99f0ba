"""Times in UTC, and the one way in which they are written: `2025-04-30T08:15:00+00:00`."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(moment: datetime) -> datetime:
    """A time in UTC. A time without a zone is taken for UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def isoformat(moment: datetime | None) -> str | None:
    """How a time is written: ISO 8601 in UTC with its offset (Scrapy's own exporter drops it), `None` for none.

    >>> from datetime import timedelta, timezone
    >>> isoformat(datetime(2025, 4, 30, 10, 15, tzinfo=timezone(timedelta(hours=2))))
    '2025-04-30T08:15:00+00:00'
    """
    return utc(moment).isoformat() if moment is not None else None
