"""The times of feeds, sitemaps and APIs: ISO 8601, RFC 822, and those in the words of the feed's own language.

feedparser reads most times of a feed, in UTC. The offset is read here, as the feed writes it: with it, the post's day is
that of its site.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Distance of a clock from UTC, as time zones have it; a greater one is a mistake.
MAX_UTC_OFFSET = timedelta(hours=14)
#: Times in words of the site's language (`mer, 16 nov 2022`) that are read of one feed, at 2 to 10 ms each; later ones count
#: as not given.
MAX_OWN_TIMES = 300
#: Characters of such a time; the rest is not read.
MAX_TIME_CHARACTERS = 100
#: dateparser reads whole days alone, no "yesterday".
_READ_AS_WRITTEN: Any = {
    "PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"], "TIMEZONE": "UTC",
    "RETURN_AS_TIMEZONE_AWARE": True,
}  # fmt: skip
#: A name of a month or another word in a time.
_WORDS_OF_TIME = re.compile(r"[^\W\d_]{3}|[^\x00-\x7f]")
#: A day and a month in numbers (`Sat, 11 04 2020`, `Mon, 03/30/2020`). In English nobody knows which of the two comes first.
_DAY_IN_NUMBERS = re.compile(r"(?<!\d)\d{1,2}[ ./-]\d{1,2}[ ./-]\d{2}")
#: Times in the forms of RFC 822 and ISO 8601, which feedparser reads. It takes the Finnish `marraskuuta` for March.
_REGULAR_TIME = re.compile(
    r"\s*+(?:(?:[a-z]{3,9},?+\s++)?+\d{1,2}\s++(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b|\d{4}-\d\d-\d\d|\d{8}T)",
    re.I,
)
#: The half of a day behind a time (`1:55 PM`, `10:57 a.m.`), which feedparser does not read: it takes both halves for the first.
_HALF_OF_DAY = re.compile(r"\d\s*[ap]\.?m\b", re.I)
#: The name of a time zone's rules at the end of a time (`20:19:00 America/Los_Angeles`), which feedparser takes for UTC.
_ZONE_OF_CITY = re.compile(r"\s([A-Z][A-Za-z_]+/[A-Z][A-Za-z_/-]+)\s*$")
#: A name of a day or month at the beginning (`Wed Nov 16 10:15:00 2022`, `Nov 16, 2022`). Of other forms that are not regular
#: (`10:15, 16 Nov 2022`, `1668593700`) feedparser makes another day, for some of them that of its own clock.
_NAME_FIRST = re.compile(r"\s*[^\W\d_]{3}")
#: A day in numbers with its year first, and a time behind it, as ISO 8601 does not spell them: `2022/11/16 9:05:00 UTC`,
#: `2022年11月16日 10:15`.
_YEAR_FIRST = re.compile(
    r"(\d{4}) ?[-/.年년] ?(\d{1,2}) ?[-/.月월] ?(\d{1,2})[.日일]?"
    r"(?:[T\s]\s*(\d{1,2}):(\d\d)(?::(\d\d(?:[.,]\d+)?))?\s*(?:UTC|GMT|Z)?\s*([+-]\d\d:?\d\d)?)?",
    re.I,
)
#: The offset at the end of a time: `10:15:00 +0700`, `10:15+07:00`, `10:15:00.000-07:00` (Blogger), `10:15:00 +0200 (CEST)`,
#: `10:15:00 GMT+0200`.
_OFFSET = re.compile(r":\d\d(?:[.,]\d+)?\s*(?:GMT)?([+-])(\d\d):?(\d\d)\s*(?:\([^()]*\)\s*)?$")
#: The names of offsets that RFC 822 knows (`10:15:00 EST`, `1:15 PM EST`), and the hours of standard time behind UTC.
_NAMED_OFFSET = re.compile(r"(?i::\d\d(?:\s*[ap]\.?m\.?)?)\s+([ECMP])([SD])T\s*$")
_HOURS_BEHIND = {"E": 5, "C": 6, "M": 7, "P": 8}


class FeedTimes:
    """Reads the times of a feed: as feedparser does, and those in the words of the feed's own language or of English by
    dateparser."""

    def __init__(self, language: str) -> None:
        own = language.casefold().partition("-")[0].partition("_")[0]
        self.languages = list(dict.fromkeys(filter(None, (own, "en"))))
        self.tries = 0

    def of(self, raw: Mapping[str, Any], key: str) -> datetime | None:
        """A time with the offset that the feed gives."""
        # Not `raw.get`, by which feedparser gives `published` for a missing `updated`.
        fields = raw if isinstance(raw, dict) else {}
        written, value = dict.get(fields, key), dict.get(fields, f"{key}_parsed")
        if not isinstance(written, str):
            return None
        has_half = _HALF_OF_DAY.search(written) is not None
        is_regular = not has_half and _REGULAR_TIME.match(written) is not None
        time = iso_time(written) or (None if value and is_regular else self._own(written))
        if time is None and value and not has_half and (is_regular or _NAME_FIRST.match(written)):
            time = _moment(value)
        if time is None:
            return None
        try:
            if city := _zone_of_city(written):
                return time.replace(microsecond=0, tzinfo=city)
            return time.replace(microsecond=0).astimezone(_offset_of(written))
        except OverflowError:  # the calendar ends
            return None

    def _own(self, written: str) -> datetime | None:
        languages = self.languages
        if _DAY_IN_NUMBERS.search(written):
            languages = [language for language in languages if language != "en"]
        if not languages or not _WORDS_OF_TIME.search(written) or self.tries >= MAX_OWN_TIMES:
            return None
        self.tries += 1
        import dateparser

        for language in languages:
            # dateparser raises whatever its expressions and tables stumble on, and for a language that it does not know.
            with suppress(Exception):
                time = dateparser.parse(
                    written[:MAX_TIME_CHARACTERS], languages=[language], settings=_READ_AS_WRITTEN
                )
                if time is not None:
                    return time  # type: ignore[no-any-return]
        return None


def _moment(value: Any) -> datetime | None:
    """The time of feedparser's tuple, `None` for one that is no time of the calendar."""
    try:
        return datetime.fromtimestamp(timegm(value), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _zone_of_city(written: str) -> ZoneInfo | None:
    """The time zone that stands at the end of a time by the name of its rules; `None` for one that this system does not know."""
    match = _ZONE_OF_CITY.search(written)
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(match[1]) if match else None
    return None


def _offset_of(written: str) -> timezone:
    """The offset at the end of a time as written (`… +0700`, `…+07:00`), which feedparser does not give; else UTC."""
    if named := _NAMED_OFFSET.search(written):
        return timezone(timedelta(hours=(named[2] == "D") - _HOURS_BEHIND[named[1]]))
    match = _OFFSET.search(written)
    if match is None:
        return UTC
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-ahead if match[1] == "-" else ahead) if timedelta() < ahead <= MAX_UTC_OFFSET else UTC


def iso_time(text: str) -> datetime | None:
    """An ISO 8601 time, in UTC where it has no offset, also in a spelling that others read too; `None` for another text.

    >>> str(iso_time("2022-11-16T10:15:00+07:00")), str(iso_time("2022/11/6 9:05 UTC")), iso_time("06.11.2022")
    ('2022-11-16 10:15:00+07:00', '2022-11-06 09:05:00+00:00', None)
    """
    text = text.strip()
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day, hour, minute, second = (part or "00" for part in match.groups()[:6])
        text = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second}{match[7] or ''}"
    try:
        time = datetime.fromisoformat(text)
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        time.astimezone(UTC)  # raises where the calendar ends
        return time
    except (ValueError, OverflowError):
        return None


def rfc_822_time(text: str) -> datetime | None:
    """A time in the form of RSS, which some write into JSON Feed; `None` for another text."""
    try:
        return iso_time(parsedate_to_datetime(text).isoformat())
    except (ValueError, OverflowError):
        return None
