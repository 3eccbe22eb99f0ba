"""What a page knows of a request, and what it answers: a page with its record, a file, or the way to another page.

A view is a function of the archive and a `Request`. It gives a `Page`: a template with its values, and the record that the
address with `.json` behind it gives to a program. The view decides only the content; `app` makes an HTTP response of
it.

Days in a query are read as people write them: `2025-04-30`, `April 2025`, `2025`, `3 May 2025`, `yesterday`, `3 weeks ago`,
`3 mai 2025`. A month or a year is its first day where a range begins, and its last where a range ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from newsarchive.db.reading.search import day
from newsarchive.exceptions import NewsArchiveError, UsageError
from newsarchive.times import span_edge


class Forbidden(NewsArchiveError):
    """Only a person who has the token of this server may do this."""


#: Seconds for which a feed reader or a program need not ask again.
FEED_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Request:
    """A request: the parts of its path, its query and the fields of its form. Where a name is given several times, the
    last value counts."""

    path: str
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> dict[str, str]:
        """The query, without spaces around its values."""
        return {name: value.strip() for name, value in self.query.items()}


@dataclass(frozen=True, slots=True)
class Page:
    """A template with its values; `record` is the same for a program."""

    template: str
    values: Mapping[str, Any]
    record: Any = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Content:
    """Something else than a page. With `name` the browser saves it as a file of that name. For `seconds` nobody needs
    to ask again."""

    body: str | bytes
    content_type: str
    name: str = ""
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A redirect to another address of this server. `cookie` is a name and a value that the browser keeps."""

    path: str
    cookie: tuple[str, str] | None = None


Answer = Page | Content | Elsewhere

#: Characters of a date. A longer text is not read as one.
MAX_DATE_CHARACTERS = 40

#: Languages whose words for days and months are read. With all languages that dateparser knows, it takes seconds to
#: refuse a word that is no date.
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "ar")


def day_of(asked: Mapping[str, str], name: str) -> date | None:
    """The day under a name of a query, `None` for none; `until` ends a range. Raises `UsageError` for what is no day."""
    given = asked.get(name, "").strip()
    try:
        return day(given, name)
    except UsageError:
        if found := _day_in_words(given, name == "until"):
            return found
        raise


def _day_in_words(given: str, is_end: bool) -> date | None:
    """A day that is not written as ISO 8601 has it. Numbers that begin with a year are year, month and day, or no day:
    dateparser reads 2025-13-01 as the 13th of January."""
    if len(given) > MAX_DATE_CHARACTERS:
        return None
    numbers = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", given)
    try:
        if numbers or re.match(r"\d{4}([-/.]\d|$)", given):
            return date(*map(int, numbers.groups())) if numbers else None
        parsed = _parser().get_date_data(given)
    except Exception:  # dateparser may raise any exception of its expressions and tables
        return None
    if parsed.date_obj is None:
        return None
    found: date = parsed.date_obj.date()
    if parsed.period in ("month", "year") and not re.search(r"\bago\b", given):
        return span_edge(found.isoformat()[: 4 if parsed.period == "year" else 7], is_end)
    return found


@lru_cache(maxsize=1)
def _parser() -> Any:
    from dateparser.date import DateDataParser  # its import is slow, and most dates come from a link

    return DateDataParser(
        languages=list(LANGUAGES),
        settings={"PREFER_DATES_FROM": "past", "TIMEZONE": "UTC", "PREFER_DAY_OF_MONTH": "first"},
    )
