"""When it was published and when changed: the choice among all dates that a page offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from newsarchive.core.facts import dates, day_order, declared
from newsarchive.core.facts.claims import Claim, Option, Trait, weigh
from newsarchive.core.facts.sources import DECLARING, MARKUP, TIMES, Qualifier, Source
from newsarchive.core.facts.traces import Trace
from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: No page of the web is older; what claims to be is an epoch or a mistake.
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
#: How far ahead of the capture a page may be: a local time, read as UTC.
AHEAD = timedelta(days=1)
#: Most dates of one page that are read.
MOST = 60
#: Sources whose strange date forms are worth dateparser's time.
_WORTH_IT = DECLARING | TIMES


@dataclass(frozen=True, slots=True)
class Dated:
    """What was decided for one date field: the time, the text it was read from, and its source; `None` for nothing."""

    value: datetime | None = None
    raw: str = ""
    source: Source | None = None


def decide(
    claims: Sequence[Claim], field: str, now: datetime | None, rules: Rules, *, month_first: bool = False
) -> tuple[Dated, list[Candidate]]:
    """The day that the claims of one field speak for most, and every claim with the reason.

    `now` is when the page was fetched: what lies more than a day after it is refused. `month_first`
    reads 03/04/2025 as March where the page's other dates leave it open (`_in_order`). Among the claims of
    `date_published` may stand those of a change (`changes`), which lose against most.
    """
    read, refused = read_claims(claims, now, rules, month_first=month_first)
    offered = options(read)
    chosen, candidates = weigh(offered, field, rules)
    weighed = (claim for option in offered for claim in option.claims)  # in the order of the candidates
    out = [
        c for claim, c in zip(weighed, candidates, strict=True) if c.chosen or not _is_change(claim)
    ] + refused
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
    return [replace(c, field="date_published", source=c.source.qualified(Qualifier.MODIFIED)) for c in claims]


def _is_change(claim: Claim) -> bool:
    return claim.source.qualifier is Qualifier.MODIFIED


def read_claims(
    claims: Sequence[Claim], now: datetime | None, rules: Rules, *, month_first: bool = False
) -> tuple[dict[Claim, datetime], list[Candidate]]:
    """Claims with the time that each states, and those refused: what is no date, what cannot be one, and what is
    printed on another day than the page declares (`facts.declared`); but no changes, of which `date_modified` tells."""
    read: dict[Claim, datetime] = {}
    refused: list[tuple[Claim, str]] = []
    for claim in claims[:MOST]:
        slow = not read and claim.source.place in _WORTH_IT
        when = dates.parse(claim.value, rules, slow=slow)
        if when is None:
            refused.append((claim, _refusal(when, now)))
        else:
            read[claim] = when
    read = _in_order(read, now, rules, month_first)
    for claim, when in list(read.items()):
        if reason := _refusal(when, now):
            refused.append((claim, reason))
            del read[claim]
    for claim in declared.contradicted(read):
        refused.append((claim, "printed, while the page declares another day"))
        del read[claim]
    return read, [claim.candidate(reason=reason) for claim, reason in refused if not _is_change(claim)]


def _in_order(
    read: Mapping[Claim, datetime], now: datetime | None, rules: Rules, month_first: bool
) -> dict[Claim, datetime]:
    """The times with day and month in the order of the page, where numbers leave it open (03/04/2025, 11.03.17).

    What tells the order: that the page was there already when it was fetched, a day that it states in another form,
    its other dates in numbers with the same sign between them, then `month_first`. That is not heard where points stand:
    03.04.2025 is March only on a page that shows it elsewhere.
    """
    orders = {c: day_order.order(c.value) for c in read}
    certain = {
        w.date() for c, w in read.items() if orders[c] is None and c.source.place not in declared.PRINTED
    }
    out = {}
    for claim, when in read.items():
        order = orders[claim]
        swapped = when if order is None else dates.parse(claim.value, rules, day_first=False)
        if order is not None and order.open and swapped is not None:
            others = [o.month_first for o in orders.values() if o and o.sign == order.sign and not o.open]
            if _refusal(when, now) or _refusal(swapped, now):
                when = swapped if _refusal(when, now) else when
            elif _near(swapped.date(), certain) != _near(when.date(), certain):
                when = swapped if _near(swapped.date(), certain) else when
            elif others[0] if others else month_first and order.sign != ".":
                when = swapped
        out[claim] = when
    return out


def _near(day: date, days: Iterable[date]) -> bool:
    """Whether a day is one of `days`, or the day before or after it: time zones part them."""
    return any(abs((day - other).days) <= declared.MAX_ZONE_DAYS for other in days)


def options(read: dict[Claim, datetime]) -> list[Option]:
    """One option a day; one moment that is written in two time zones is one day: that which a date without a time
    names as well, else that of the place.

    The claim with a time of day and a zone spells it. A day of change is an option where no better claim says
    when the page was published.
    """
    if any(not _is_change(c) and c.source.position not in declared.UNSURE_POSITIONS for c in read):
        stated = {when.date() for claim, when in read.items() if not _is_change(claim)}
        read = {c: w for c, w in read.items() if w.date() in stated or not _is_change(c)}
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
    stated = tuple(c for c in group if not _is_change(c))
    if not stated:
        return Option(tuple(group))
    printed = len(stated) < len(group) and all(c.source.place in MARKUP for c in stated)
    return Option(stated, (Trait.DAY_OF_CHANGE,) if printed else ())


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
