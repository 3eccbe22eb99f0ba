"""When it was published and when changed: the choice among all dates that a page offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from newsarchive.core import dates
from newsarchive.core.claims import Claim, Option, weigh
from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: No page of the web is older; what claims to be is an epoch or a mistake.
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
#: How far ahead of the capture a page may be: a local time, read as UTC.
AHEAD = timedelta(days=1)
#: Most dates of one page that are read.
MOST = 60
#: Sources whose strange date forms are worth dateparser's time.
_WORTH_IT = ("json-ld", "open graph", "microdata", "meta", "markup time")


@dataclass(frozen=True, slots=True)
class Dated:
    """What was decided for one date field: the time, the text it was read from, and its source."""

    value: datetime | None = None
    raw: str = ""
    source: str = ""


def decide(
    claims: Sequence[Claim], field: str, now: datetime | None, rules: Rules, *, month_first: bool = False
) -> tuple[Dated, list[Candidate]]:
    """The day that the claims of one field speak for most, and every claim with the reason.

    `now` is when the page was fetched: what lies more than a day after it is refused. `month_first`
    reads 03/04/2025 as March where the page's other dates leave it open.
    """
    read, refused = read_claims(claims, now, rules, month_first=month_first)
    chosen, candidates = weigh(options(read), field, rules)
    if chosen is None:
        return Dated(), candidates + refused
    first = chosen.claims[0]
    return Dated(read[first], first.value, first.source), candidates + refused


def fall_back(published: Dated, modified: Dated) -> Dated:
    """A page that only tells when it was changed is filed under that day, and the source says so."""
    if published.value is not None or modified.value is None:
        return published
    return replace(modified, source=f"{modified.source} (modified)")


def read_claims(
    claims: Sequence[Claim], now: datetime | None, rules: Rules, *, month_first: bool = False
) -> tuple[dict[Claim, datetime], list[Candidate]]:
    """Claims with the time that each states, and those refused."""
    day_first = not _month_first(claims, month_first)
    read: dict[Claim, datetime] = {}
    refused: list[Candidate] = []
    for claim in claims[:MOST]:
        slow = not read and claim.source.startswith(_WORTH_IT)
        when = dates.parse(claim.value, rules, day_first=day_first, slow=slow)
        reason = _refusal(when, now)
        if when is None or reason:
            refused.append(claim.candidate(reason=reason))
        else:
            read[claim] = when
    return read, refused


def options(read: dict[Claim, datetime]) -> list[Option]:
    """One option a day; the claim with a time of day and a zone spells it."""
    days: dict[date, list[Claim]] = {}
    for claim, when in read.items():
        days.setdefault(when.date(), []).append(claim)
    return [Option(tuple(sorted(group, key=lambda c: _vague(read[c])))) for group in days.values()]


def _vague(when: datetime) -> tuple[bool, bool]:
    return (when.hour, when.minute, when.second) == (0, 0, 0), when.tzinfo is UTC and when.second == 0


def _refusal(when: datetime | None, now: datetime | None) -> str:
    if when is None:
        return "not a date"
    try:
        if when < OLDEST:
            return "before the web"
        return "in the future" if now is not None and when > now + AHEAD else ""
    except OverflowError:
        return "not a date"


def _month_first(claims: Sequence[Claim], otherwise: bool) -> bool:
    """Whether 03/04 is March on this page: what its other dates show, else `otherwise`."""
    for claim in claims:
        if "/" in claim.value and (found := dates.month_first(claim.value)) is not None:
            return found
    return otherwise
