"""The times of feeds, sitemaps and APIs: ISO 8601 in all its spellings, and what feeds write besides, from RFC 822 to
"Lundi, 16. Novembre 2020 - 15:54" and "Mon, Nov 16, 2020, 11:12 PM EST".

The reader of dates on pages (`core.text.dates`) reads them too. feedparser takes 1:55 PM for the night, and zones by their names
for UTC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsarchive.core.text import dates
from newsarchive.core.text.language import code
from newsarchive.rules import Rules

#: Distance of a clock from UTC, as time zones have it; a greater one is a mistake.
MAX_UTC_OFFSET = timedelta(hours=14)
#: The name of a time zone's rules at the end of a time (`20:19:00 America/Los_Angeles`).
_ZONE_OF_CITY = re.compile(r"\s([A-Z][A-Za-z_]+/[A-Z][A-Za-z_/-]+)\s*$")
#: A day in numbers with its year first, and a time behind it, as ISO 8601 does not spell them: `2022/11/16 9:05:00 UTC`,
#: `2022年11月16日 10:15`.
_YEAR_FIRST = re.compile(
    r"(\d{4}) ?[-/.年년] ?(\d{1,2}) ?[-/.月월] ?(\d{1,2})[.日일]?"
    r"(?:[T\s]\s*(\d{1,2}):(\d\d)(?::(\d{1,2}(?:[.,]\d+)?))?\s*(?:UTC|GMT|Z)?\s*([+-]\d\d:?\d\d)?)?",
    re.I,
)


class FeedTimes:
    """Reads the times of a feed in a language, a tag such as `de-AT` or "" for none."""

    def __init__(self, language: str, rules: Rules) -> None:
        self.rules = dates.of_language(rules, code(language))

    def of(self, raw: Mapping[str, Any], key: str) -> datetime | None:
        """A time of an entry, as feedparser gives the entry."""
        # Not `raw.get`, by which feedparser gives `published` for a missing `updated`.
        written = dict.get(raw if isinstance(raw, dict) else {}, key)
        return self.read(written) if isinstance(written, str) else None

    def read(self, written: str) -> datetime | None:
        """A time with the offset that is written there, UTC where there is none. `None` where nobody knows the day, as in
        02/09/2024."""
        written = written[: dates.MAX_DATE_CHARS]
        order = dates.order(written)
        is_open = order is not None and order.open
        time = iso_time(written) or (None if is_open else dates.parse(written, self.rules))
        if time is None:
            return None
        if city := _zone_of_city(written):
            return time.replace(microsecond=0, tzinfo=city)
        offset = time.utcoffset() or timedelta()
        return (time if abs(offset) <= MAX_UTC_OFFSET else time.astimezone(UTC)).replace(microsecond=0)


def _zone_of_city(written: str) -> ZoneInfo | None:
    """The time zone that stands at the end of a time by the name of its rules; `None` for one that this system does not know."""
    match = _ZONE_OF_CITY.search(written)
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(match[1]) if match else None
    return None


def iso_time(text: str) -> datetime | None:
    """An ISO 8601 time, in UTC where it has no offset, also in a spelling that others read too; `None` for another text.

    >>> str(iso_time("2022-11-16T10:15:00+07:00")), str(iso_time("2022/11/6 9:05 UTC")), iso_time("06.11.2022")
    ('2022-11-16 10:15:00+07:00', '2022-11-06 09:05:00+00:00', None)
    """
    text = text.strip()
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day, hour, minute, second = (part or "00" for part in match.groups()[:6])
        second = second if second[1:2].isdigit() else f"0{second}"
        text = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second}{match[7] or ''}"
    try:
        time = datetime.fromisoformat(text)
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        time.astimezone(UTC)  # raises where the calendar ends
        return time
    except (ValueError, OverflowError):
        return None
