"""Days as people write them: `2025-04-30`, `April 2025`, `2025`, `3 May 2025`, `yesterday`, `3 weeks ago`, `3 mai 2025`.

A month or a year is its first day where a range begins, and its last where a range ends.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from newsarchive.exceptions import UsageError

#: Characters of a date. A longer text is not read as one.
MAX_DATE_CHARACTERS = 40

#: Languages whose words for days and months are read. With all languages that dateparser knows, it takes seconds to
#: refuse a word that is no date.
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "ar")

_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?")


def day_of(asked: Mapping[str, str], name: str) -> date | None:
    """The day under a name of a query, `None` for none; `until` ends a range. Raises `UsageError` for what is no day."""
    given = asked.get(name, "").strip()
    if not given:
        return None
    try:
        return _bound(given, name == "until")
    except ValueError:
        raise UsageError(
            f"{name}: {given[:MAX_DATE_CHARACTERS]!r} is no day; write it as 2025-01-31, April 2025 or yesterday"
        ) from None


def _bound(given: str, is_end: bool) -> date:
    """Raises `ValueError`."""
    if found := _MONTH.fullmatch(given):
        return _edge(int(found[1]), int(found[2]) if found[2] else None, is_end)
    try:
        return date.fromisoformat(given)
    except ValueError:
        pass
    if len(given) > MAX_DATE_CHARACTERS:
        raise ValueError(given)
    try:
        parsed = _parser().get_date_data(given)
    except Exception as error:  # dateparser may raise any exception of its expressions and tables
        raise ValueError(given) from error
    if parsed.date_obj is None:
        raise ValueError(given)
    if parsed.period in ("month", "year") and not re.search(r"\bago\b", given):
        return _edge(
            parsed.date_obj.year, parsed.date_obj.month if parsed.period == "month" else None, is_end
        )
    found_day: date = parsed.date_obj.date()
    return found_day


def _edge(year: int, month: int | None, is_end: bool) -> date:
    if not is_end:
        return date(year, month or 1, 1)
    return date(year, month or 12, calendar.monthrange(year, month or 12)[1])


@lru_cache(maxsize=1)
def _parser() -> Any:
    from dateparser.date import DateDataParser  # its import is slow, and most dates come from a link

    return DateDataParser(
        languages=list(LANGUAGES),
        settings={"PREFER_DATES_FROM": "past", "TIMEZONE": "UTC", "PREFER_DAY_OF_MONTH": "first"},
    )
