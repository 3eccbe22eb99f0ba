"""Tells the order of day and month on a page: 03/04/2025 is in March or in April.

A page shows its order by a date that has one possible order (04/13/2025), by its language and region, or by a date in words that
is the same day. One date alone is read in `dates`, whose `order` says whether it leaves the order open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from newsarchive.core.text.dates import NUMERIC, order, order_in, parse
from newsarchive.core.text.scripts import western
from newsarchive.rules import Rules

#: An English date in words: "December 9, 2016", "9 Dec. 2016".
_IN_WORDS = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)? {m}|{m} \d{1,2}(?:st|nd|rd|th)?),? (?:19|20)\d\d\b".replace(
        "{m}", r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
    )
)
#: A year of four digits.
_YEAR = re.compile(r"(?:19|20)\d\d")
#: A time of day in a zone of North America, whose dates in numbers begin with the month: "09:37 PM PST", "8:05 am EDT".
_IN_AMERICAN_TIME = re.compile(
    r"\d[:.]\d\d(?::\d\d)?\s*(?:[ap]\.?m\.?)?[\s,(]*(?:[PMCE][SD]T|[PMCE]T)\b", re.IGNORECASE
)
#: The ends of host names that say nothing of a country, and those of the United States. Where English has no region, dates begin with
#: the month on most sites with such a name.
_NO_COUNTRY = frozenset(
    ("com", "net", "org", "info", "biz", "us", "edu", "gov", "mil", "blog", "news", "co", "io")
)
#: Characters of a paragraph that are searched for dates which tell the order; the rest is not read.
MAX_ORDER_CHARS = 2000


def certain(text: str) -> bool | None:
    """True for a date with strokes that must begin with the month, False for one that must begin with the day, `None` for
    all other dates.

    >>> certain("13/04/2025"), certain("04/13/2025"), certain("03/04/2025")
    (False, True, None)
    """
    found = order(text)
    return None if found is None or found.open or found.sign != "/" else found.month_first


def month_first_in(tags: Iterable[str], rules: Rules) -> bool:
    """Whether the month comes first by the first language tag that decides it: "en-US", "fil".

    A language without a region decides it where all its writers use one order. English does not, so the next tag is tried.

    >>> from newsarchive import rules
    >>> month_first_in(["en", "en_US"], rules.default()), month_first_in(["de", "en_US"], rules.default())
    (True, False)
    """
    table = rules.metadata.get("months", {}).get("order", {})
    first, unsaid = table.get("month_first", []), table.get("unsaid", [])
    for tag in tags:
        said = tag.casefold().replace("_", "-")
        if said in first or said.split("-", 1)[0] in first:
            return True
        if said and said not in unsaid:
            return False
    return False


def is_american(values: Iterable[str]) -> bool:
    """Whether one of these dates has its time of day in a zone of North America.

    >>> is_american(["01/09/2008 09:37:25 PM PST"]), is_american(["01/09/2008 09:37 CET"])
    (True, False)
    """
    return any(_IN_AMERICAN_TIME.search(value) for value in values)


def month_first_at(host: str, tags: Sequence[str], rules: Rules) -> bool:
    """Whether the month comes first on a site with this host name whose pages are English, of no region.

    On three of 2,579 real pages a printed day is read otherwise, each time rightly; on two of them it is the day of a change.

    >>> from newsarchive import rules
    >>> [month_first_at(host, ["en"], rules.default()) for host in ("blog.example.com", "blog.example.co.uk")]
    [True, False]
    """
    unsaid = rules.metadata.get("months", {}).get("order", {}).get("unsaid", [])
    said = [tag.casefold().replace("_", "-") for tag in tags]
    is_english = "en" in said and all(tag in unsaid for tag in said)
    return is_english and host.rpartition(".")[2] in _NO_COUNTRY


def order_by_words(values: Iterable[str], texts: Iterable[str], rules: Rules) -> bool | None:
    """Whether the month comes first in the dates with strokes among `values`, by English dates in words in the page's `texts`: only one
    reading is one of those days or next to it. `None` where no such day tells it.

    >>> from newsarchive import rules
    >>> order_by_words(["12/10/16"], ["Reply of December 9, 2016"], rules.default())
    True
    >>> order_by_words(["12/10/16"], ["Reply of May 9, 2016"], rules.default())
    """
    found = ((value, order(value)) for value in values)
    unclear = [value for value, one in found if one is not None and one.open and one.sign == "/"]
    if not unclear:
        return None
    short = (text[:MAX_ORDER_CHARS] for text in texts if _YEAR.search(text))
    written = (parse(match[0], rules) for text in short for match in _IN_WORDS.finditer(text))
    days = {when.date() for when in written if when is not None}
    for value in unclear:
        readings = [parse(value, rules, day_first=day_first) for day_first in (False, True)]
        near = [
            when is not None and any(abs((when.date() - day).days) <= 1 for day in days) for when in readings
        ]
        if near[0] != near[1]:
            return near[0]
    return None


def order_of(texts: Iterable[str]) -> bool | None:
    """Whether the month comes first in most dates with strokes that have one possible order (04/13/2025); `None` where
    `texts` have no such date, or the same number of each kind."""
    read = (western(text[:MAX_ORDER_CHARS]) for text in texts if "/" in text)
    orders = (order_in(match) for text in read for match in NUMERIC.finditer(text) if match[2] == "/")
    votes = sum(1 if order.month_first else -1 for order in orders if order and not order.open)
    return votes > 0 if votes else None
