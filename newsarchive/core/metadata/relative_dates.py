"""Reads times that are counted from the time of the fetch: "3 hours ago", "gestern, 14:30 Uhr"; and tells a time that is that of the fetch
itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from newsarchive.core.text import dates
from newsarchive.rules import Rules

#: Characters of a line such as "3 hours ago"; a longer line is a sentence.
MAX_RELATIVE_CHARS = 40
#: Days before the fetch that a time counted from it may lie; "2 years ago" dates nothing.
MAX_RELATIVE_DAYS = 366
#: Days that are fewer than a month. A text that counts more of them is read twice, to tell "45 days ago" from "a month ago".
MIN_MONTH_DAYS = 28
#: Time between the fetch of a page and a time in it that is the time of the fetch: a page is made in some seconds, and clocks differ.
MAX_FROM_FETCH = timedelta(minutes=1)
#: The reason of a time that `is_of_fetch`.
OF_FETCH = "the time of the fetch, at which the page was made"
#: Midnight after the last day of February, in a leap year and in another.
_ENDS_OF_FEBRUARY = datetime(2024, 3, 1, tzinfo=UTC), datetime(2023, 3, 1, tzinfo=UTC)


def counted_from(text: str, now: datetime, rules: Rules) -> datetime | None:
    """The time of a text like "3 hours ago", counted from `now`, and midnight UTC where the text names a day only. `None`
    for a text in which `ago` finds nothing, and for one that counts months or a year, which are too vague for a day: "a month
    ago" stands for 26 to 45 days in moment.js."""
    found = ago(text, now, rules)
    if found is None:
        return None
    if now - found >= timedelta(days=MIN_MONTH_DAYS):
        # Days are as long in a leap year as in another year, counted back from the end of February; a month or a year is not.
        lengths = {end - (ago(text, end, rules) or end) for end in _ENDS_OF_FEBRUARY}
        if len(lengths) > 1:
            return None
    names_day_only = found.time() == now.astimezone(UTC).time()  # "2 days ago", and "24 hours ago"
    return datetime.combine(found, time(), UTC) if names_day_only else found.replace(second=0, microsecond=0)


def ago(text: str, now: datetime, rules: Rules) -> datetime | None:
    """The time that a text like "3 hours ago" or "2 months ago" names, counted from `now`, however vague. `None` for another text,
    for a change, and for more than `MAX_RELATIVE_DAYS` ago."""
    folded = text.casefold()
    if len(text) > MAX_RELATIVE_CHARS or dates.says("modified", text, rules):
        return None
    languages = [code for code, words in _relative(rules) if words.search(folded)]
    if not languages:
        return None
    rest = folded
    for word in rules.metadata.get("months", {}).get("published", {}).get("words", []):
        rest = rest.replace(word, " ")
    found = _dateparser(rest.strip(" :,.|·•-–"), languages[:4], now)
    if found is None or not now - timedelta(days=MAX_RELATIVE_DAYS) < found <= now:
        return None
    return found


def is_of_fetch(when: datetime, made_at: Sequence[datetime]) -> bool:
    """Whether a time of day is that at which the page was made for this fetch: at each look it is another one, and tells nothing of
    the post. A day alone may be that of the post.

    >>> noon = datetime(2025, 4, 3, 12, tzinfo=UTC)
    >>> is_of_fetch(noon.replace(second=20), [noon]), is_of_fetch(noon.replace(minute=5), [noon]), is_of_fetch(noon, [])
    (True, False, False)
    """
    return dates.has_time(when) and any(abs(when - at) <= MAX_FROM_FETCH for at in made_at)


@lru_cache(maxsize=8)
def _relative(rules: Rules) -> list[tuple[str, re.Pattern[str]]]:
    """Language → its words for a time before now. Those of ASCII are looked for as whole words: the "fa" of "3 ore fa" also stands in
    "fax", and `dateparser`, which is then asked, takes 90 ms and 7 MB to load."""
    relative = rules.metadata.get("traces", {}).get("relative", {})
    return [
        (language, re.compile("|".join(map(_whole, words)) or r"(?!)"))
        for language, words in relative.items()
    ]


def _whole(word: str) -> str:
    return rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])" if word.isascii() else re.escape(word)


def _dateparser(text: str, languages: list[str], now: datetime) -> datetime | None:
    import dateparser

    settings = {
        "PARSERS": ["relative-time"],
        "RELATIVE_BASE": now.astimezone(UTC).replace(tzinfo=None),
        "RETURN_AS_TIMEZONE_AWARE": True,
        "TIMEZONE": "UTC",
    }
    try:
        found: datetime | None = dateparser.parse(text, languages=languages, settings=settings)
    except Exception:  # dateparser raises whatever its regular expressions and tables stumble on
        return None
    return found
