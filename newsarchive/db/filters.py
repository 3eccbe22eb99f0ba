"""What narrows a search, an export or a stream of articles: read from what a person types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from newsarchive.db.values import utc
from newsarchive.exceptions import UsageError

#: A day or a moment: a `date`, a `datetime` (UTC where it has no zone), or ISO 8601 text.
Day = date | str


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search; an empty value narrows nothing.

    `site` is a domain, `origin` a publisher's name or domain, `language` a code (`en` finds `en-GB`
    too), `since` and `until` bound the day of publication (UTC; a day in `until` counts in full).
    `hidden` lets those through too that are in quarantine or were dropped.
    """

    site: str | None = ""
    origin: str | None = ""
    language: str | None = ""
    author: str | None = ""
    since: date | None = None
    until: date | None = None
    cluster: int | None = None
    hidden: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is narrowed."""
        return self != Filters(hidden=self.hidden)

    def since_moment(self) -> datetime | None:
        """The first moment that passes."""
        return _moment(self.since, time.min)

    def until_moment(self) -> datetime | None:
        """The last moment that passes."""
        return _moment(self.until, time.max)


def filters(
    site: str = "",
    origin: str = "",
    language: str = "",
    author: str = "",
    since: Day | None = None,
    until: Day | None = None,
    cluster: int | None = None,
    hidden: bool = False,
) -> Filters:
    """Filters from what a person gives. Raises `UsageError` for a day that cannot be read."""
    return Filters(site, origin, language, author, day(since, "since"), day(until, "until"), cluster, hidden)


def day(value: Day | None, name: str) -> date | None:
    """A day from ISO text (`2025-04-01`, or a time as well); a date stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{name} {value!r}: not a day; write it as 2025-04-01") from None


def _moment(day: date | None, edge: time) -> datetime | None:
    """A day is meant in UTC; a datetime without a zone too."""
    if day is None:
        return None
    return utc(day if isinstance(day, datetime) else datetime.combine(day, edge))
