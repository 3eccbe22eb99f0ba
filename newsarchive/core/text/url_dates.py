"""Reads the day of publication in a page's address: `/2025/04/03/`, `/2025/apr/03/`, `/2025-04-03-title`, `/title-20250403`."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from newsarchive.core.text.dates import MONTHS

#: A number that a slug begins with is no day: `/2025/03/11-ways-to-read/`.
_URL = re.compile(r"/((?:19|20)\d\d)(?:/(\d{1,2})[/-](\d{1,2})(?![\d-])|-(\d{1,2})[/-](\d{1,2})(?!\d))")
#: With sections between the year and the month: "/2010/POLITICS/08/13/" (CNN, 1998 to 2015).
_URL_WITH_SECTIONS = re.compile(r"/((?:19|20)\d\d)(?:/[A-Za-z][A-Za-z._-]*){1,2}/(\d\d)/(\d\d)(?=/|$)")
_URL_COMPACT = re.compile(r"[/_-]((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)")
#: The beginning of a name, or a whole one, also of a language that begins it as English does: "/2010/MARKETS/08/" is a section.
_URL_NAMED = re.compile(
    r"/((?:19|20)\d\d)/(?:(jan)(?:uar[iy]?)?|(feb)(?:ruar[iy]?|rero|braio)?|(mar)(?:ch|s|ts|zo|co)?|(apr)(?:ile?)?|(may)o?|"
    r"(jun)(?:e|io?|ho)?|(jul)(?:y|io?|ho)?|(aug)(?:ust(?:i|us)?)?|(sep)(?:t|tember|tembre|tiembre)?|"
    r"(oct)(?:ober|obre|ubre)?|(nov)(?:ember|embr[eo]|iembre)?|(dec)(?:ember|embre)?)/(\d{1,2})(?=/|$)",
    re.IGNORECASE,
)


def from_url(url: str) -> datetime | None:
    """The day in a path, also with sections (`/2025/WORLD/04/03/`), as midnight UTC; `None` for a path without one."""
    if match := _URL_NAMED.search(url):
        year, name, day = filter(None, match.groups())
        parts = (int(year), MONTHS.index(name.lower()) + 1, int(day))
    elif match := _URL.search(url) or _URL_WITH_SECTIONS.search(url) or _URL_COMPACT.search(url):
        year, month, day = filter(None, match.groups())
        parts = (int(year), int(month), int(day))
    else:
        return None
    with suppress(ValueError):
        return datetime(*parts, tzinfo=UTC)
    return None
