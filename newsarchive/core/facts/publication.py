"""When it was published and when changed: the choice among all dates that a page offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from newsarchive.core.facts import dates
from newsarchive.core.facts.claims import Claim, Option, weigh
from newsarchive.core.facts.traces import Trace
from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: No page of the web is older; what claims to be is an epoch or a mistake.
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
#: How far ahead of the capture a page may be: a local time, read as UTC.
AHEAD = timedelta(days=1)
#: Most dates of one page that are read.
MOST = 60
#: What the source of a date of publication ends in that is known for a change only.
MODIFIED = " (modified)"
#: Dates that may be another article's.
_WEAK = (" elsewhere", " alone", " later", " below")
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
    reads 03/04/2025 as March where the page's other dates leave it open. Among the claims of
    `date_published` may stand those of a change (`changes`), which lose against most.
    """
    read, refused = read_claims(claims, now, rules, month_first=month_first)
    chosen, candidates = weigh(options(read), field, rules)
    out = [c for c in candidates + refused if c.chosen or not c.source.endswith(MODIFIED)]
    if chosen is None:
        return Dated(), out
    first = chosen.claims[0]
    return Dated(read[first], first.value, first.source), out


def last_resort(traces: Iterable[Trace], now: datetime | None) -> tuple[Dated, list[Candidate]]:
    """The first trace that is a possible day, for a page that states none (`facts.traces`)."""
    refused: list[Candidate] = []
    for claim, when in traces:
        if reason := _refusal(when, now):
            refused.append(claim.candidate(reason=reason))
            continue
        chosen = claim.candidate(chosen=True, reason="a trace: the page states no date")
        return Dated(when, claim.value, claim.source), [*refused, chosen]
    return Dated(), refused


def changes(claims: Sequence[Claim]) -> list[Claim]:
    """Claims of a change as claims of publication: a page that only tells when it was changed is filed under
    that day, and the source says so; and a printed date that is known to be a change is believed less."""
    return [replace(c, field="date_published", source=c.source + MODIFIED) for c in claims]


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
    """One option a day; one moment that is written in two time zones is one day: that which a date without a time
    names as well, else that of the place.

    The claim with a time of day and a zone spells it. A day of change is an option where no better claim says
    when the page was published.
    """
    if any(not c.source.endswith((MODIFIED, *_WEAK)) for c in read):
        stated = {when.date() for claim, when in read.items() if not claim.source.endswith(MODIFIED)}
        read = {c: w for c, w in read.items() if w.date() in stated or not c.source.endswith(MODIFIED)}
    bare = {when.date() for when in read.values() if not _has_time(when)}
    moments: dict[datetime, date] = {}
    for when in sorted(read.values(), key=lambda w: (w.date() not in bare, w.utcoffset() == timedelta(0))):
        moments.setdefault(when, when.date())
    days: dict[date, list[Claim]] = {}
    for claim, when in read.items():
        days.setdefault(moments[when] if _has_time(when) else when.date(), []).append(claim)
    return [
        _option(sorted(group, key=lambda c: (read[c].date() != day, *_vague(read[c]))))
        for day, group in days.items()
    ]


def _option(group: Sequence[Claim]) -> Option:
    stated = tuple(c for c in group if not c.source.endswith(MODIFIED))
    if not stated:
        return Option(tuple(group))
    printed = len(stated) < len(group) and all(c.source.startswith("markup") for c in stated)
    return Option(stated, ("printed, the day of a change",) if printed else ())


def _has_time(when: datetime) -> bool:
    return (when.hour, when.minute, when.second) != (0, 0, 0)


def _vague(when: datetime) -> tuple[bool, bool]:
    return not _has_time(when), when.tzinfo is UTC and when.second == 0


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
