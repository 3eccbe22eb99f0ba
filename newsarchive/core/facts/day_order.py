"""Whether 03/04/2025 is in March or in April: in which order a text, a page or a region writes day and month."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from newsarchive.core.facts.dates import ISO, NUMERIC, western
from newsarchive.rules import Rules

#: As much of one paragraph as is searched for dates that tell the order, in characters.
MAX_READ_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Order:
    """In which order a date in numbers names day and month. `sign` stands between them; `open` where either order
    makes a date (03/04/2025), and `month_first` is False then."""

    sign: str
    open: bool
    month_first: bool


def order(text: str) -> Order | None:
    """The order of the date in numbers that a text holds, `None` for a date in another form, for 05/05/2025, and for none.

    >>> order("13/04/2025"), order("03.04.25"), order("2025-04-03")
    (Order(sign='/', open=False, month_first=False), Order(sign='.', open=True, month_first=False), None)
    """
    text = western(text)
    match = None if ISO.search(text) else NUMERIC.search(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if first == second:
        return None
    return Order(match[2], first <= 12 and second <= 12, second > 12)


def certain(text: str) -> bool | None:
    """Whether a date with strokes can only be month first (True) or day first (False); `None` where it can be both,
    and for any other date.

    >>> certain("13/04/2025"), certain("04/13/2025"), certain("03/04/2025")
    (False, True, None)
    """
    found = order(text)
    return None if found is None or found.open or found.sign != "/" else found.month_first


def month_first_in(tags: Iterable[str], rules: Rules) -> bool:
    """Whether the first of some language tags that says anything puts the month first: "en-US", "fil".

    A language alone says it where all who write it do; English does not, so that the next tag is asked.

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


def order_of(texts: Iterable[str]) -> bool | None:
    """Whether most dates in numbers with strokes that can be read one way only put the month first (04/13/2025);
    `None` where none of `texts` holds such a date, or as many say the one as the other."""
    votes = 0
    for text in texts:
        if "/" in text:
            votes += sum(_vote(m) for m in NUMERIC.finditer(western(text[:MAX_READ_CHARS])) if m[2] == "/")
    return votes > 0 if votes else None


def _vote(match: re.Match[str]) -> int:
    """1 for a date that can only be month first, -1 for one that can only be day first, 0 for others."""
    first, second = int(match[1]), int(match[3])
    if first > 12 and second > 12:
        return 0
    return (second > 12) - (first > 12)
