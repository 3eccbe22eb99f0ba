"""What narrows a search, an export or a stream of articles: read from what a person types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from operator import index

from newsarchive.core.urls import site_of
from newsarchive.db.values import utc
from newsarchive.exceptions import NewsArchiveError, UsageError, WrongType

#: A day or a moment: a `date`, a `datetime` (UTC where it has no zone), or ISO 8601 text.
Day = date | str


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search; an empty value narrows nothing.

    `site` is a domain, `origin` a part of a publisher's name or domain, `author` a part of a name in the byline (case
    and diacritics do not matter, and a whole name finds longer ones that hold it too), `language` a code (`en` finds `en-GB`
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
    """Filters from what a person gives; `None` and "" narrow nothing. A `site` may be a URL of it.

    Raises `UsageError` for a day that cannot be read and for days that let nothing through, `WrongType` (a
    `TypeError` as well) for any other kind of value, naming the filter.
    """
    texts = {"site": site, "origin": origin, "language": language, "author": author}
    named = {name: _text(name, value) for name, value in texts.items()}
    if "://" in named["site"]:
        named["site"] = _site(named["site"])
    first, last = day(since, "since"), day(until, "until")
    wanted = Filters(**named, since=first, until=last, cluster=_number(cluster), hidden=_flag(hidden))
    begin, end = wanted.since_moment(), wanted.until_moment()
    if begin and end and begin > end:
        raise UsageError(f"since {since} is after until {until}: no day is between them")
    return wanted


#: What each filter takes, for who gave something else.
_EXAMPLES = {
    "site": "the domain of a site, 'blog.example'; for several ask once for each",
    "origin": "a publisher's name or domain or a part of it, 'scmp.com'; for several ask once for each",
    "language": "the code of a language, 'en'; for several ask once for each",
    "author": "a name in the byline or a part of it, 'Ann Lee'; for several ask once for each",
}


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WrongType(name, value, f"give {_EXAMPLES[name]}")
    return value


def _site(url: str) -> str:
    try:
        return site_of(url)
    except (NewsArchiveError, ValueError) as error:
        raise UsageError(f"site {url!r}: no address of a site; give {_EXAMPLES['site']}") from error


def _number(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise WrongType("cluster", value, "give the number of a story, an article's cluster_id")
    return index(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongType("hidden", value, "give True or False")
    return value


def day(value: Day | None, name: str) -> date | None:
    """A day from ISO text (`2025-04-01`, or a time as well); a date stays as it is."""
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise WrongType(name, value, "give a day, '2025-04-01' or datetime.date(2025, 4, 1)")
    try:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{name} {value!r}: not a day; write it as 2025-04-01") from None


def _moment(day: date | None, edge: time) -> datetime | None:
    """A day is meant in UTC; a datetime without a zone too."""
    if day is None:
        return None
    return utc(day if isinstance(day, datetime) else datetime.combine(day, edge))
