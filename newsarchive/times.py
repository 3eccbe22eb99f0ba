"""Times in UTC, and the one way in which they are written: `2025-04-30T08:15:00+00:00`."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from newsarchive.exceptions import UsageError

#: How the source of a date ends where only its month is known; the date is then the first of the month.
ONLY_MONTH = "(month)"
#: No crawl was made before it: a clock that shows an earlier time was never set.
FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """The present time, by the clock of the machine."""
    return datetime.now(UTC)


def require_set_clock() -> None:
    """Raise `UsageError` where the clock of the machine was never set, because what is fetched is stored under its time."""
    if (now := utc_now()) < FIRST_DAY:
        raise UsageError(
            f"the clock of this machine stands at {now:%Y-%m-%d %H:%M} UTC, before this program was made, and what is fetched "
            "is stored under its time: set it (timedatectl set-ntp true)"
        )


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


def http_time(text: str) -> datetime | None:
    """The time of a header of HTTP (RFC 9110, 5.6.7), in UTC; `None` for another text.

    >>> str(http_time("Mon, 02 Sep 2024 10:00:00 GMT")), http_time("soon")
    ('2024-09-02 10:00:00+00:00', None)
    """
    try:
        return utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None


def as_printed(moment: datetime, printed: str) -> datetime:
    """A time in the zone in which a page printed it (ISO 8601, or as feeds write it), in UTC where that tells none or another time.

    >>> as_printed(datetime(2026, 10, 2, 18, 30, tzinfo=UTC), "2026-10-03T01:30:00+07:00").isoformat()
    '2026-10-03T01:30:00+07:00'
    >>> as_printed(datetime(2026, 10, 2, 18, 30, tzinfo=UTC), "Sat, 03 Oct 2026 01:30:00 +0700").day
    3
    """
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(printed.strip())
            if found.utcoffset() is not None and utc(found) == utc(moment):
                return found
        except (ValueError, OverflowError):
            continue
    return utc(moment)


def span_edge(span: str, is_end: bool) -> date | None:
    """The first day of a year or a month, or its last one; `None` for a text that is neither. Raises `ValueError` for month 13.

    >>> span_edge("2025", False), span_edge("2024-02", True), span_edge("2025-04-30", False)
    (datetime.date(2025, 1, 1), datetime.date(2024, 2, 29), None)
    """
    found = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?", span)
    if not found:
        return None
    year, month = int(found[1]), int(found[2] or (12 if is_end else 1))
    return date(year, month, calendar.monthrange(year, month)[1] if is_end else 1)


def first_moment(text: str) -> datetime:
    """The first moment of a day, a month or a year, or a time as ISO 8601 writes it, in UTC where it names no zone. Raises `ValueError`.

    >>> str(first_moment("2025-04")), str(first_moment("2025-04-30T08:15+02:00"))
    ('2025-04-01 00:00:00+00:00', '2025-04-30 08:15:00+02:00')
    """
    first = span_edge(text, is_end=False)
    moment = datetime.fromisoformat(text if first is None else first.isoformat())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_day_known(source: str) -> bool:
    """Whether the source of a date tells its day: `url (month)` does not."""
    return ONLY_MONTH not in source


def written_day(moment: datetime | None, source: str = "") -> str:
    """The day of a date as people read it, only the month where its source tells no more; "" for no date.

    >>> written_day(datetime(2025, 4, 1, 8, 30), "meta"), written_day(datetime(2025, 4, 1), "url (month)")
    ('2025-04-01', '2025-04')
    """
    return utc(moment).date().isoformat()[: None if is_day_known(source) else 7] if moment else ""


def months(first: str, last: str) -> Iterator[str]:
    """Every month from the first to the last, both included.

    >>> list(months("2024-11", "2025-01"))
    ['2024-11', '2024-12', '2025-01']
    """
    begin, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    for number in range(begin, end + 1):
        yield f"{number // 12:04}-{number % 12 + 1:02}"
