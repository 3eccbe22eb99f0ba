"""When it was published and when changed: the choice among all dates that a page offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from newsarchive.core import dates
from newsarchive.core.claims import Claim, trust
from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: No page of the web is older; what claims to be is an epoch or a mistake.
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
#: How far ahead of the capture a page may be: a local time, read as UTC.
AHEAD = timedelta(days=1)
#: What each further source that names the same day adds to trust.
_AGREES = 0.1


@dataclass(frozen=True, slots=True)
class Dated:
    """What was decided for one date field: the time, the text it was read from, and its source."""

    value: datetime | None = None
    raw: str = ""
    source: str = ""


def decide(claims: Sequence[Claim], now: datetime | None, rules: Rules) -> tuple[Dated, list[Candidate]]:
    """The date that the claims of one field agree on best, and every claim with the reason.

    `now` is when the page was fetched: what lies more than a day after it is refused.
    """
    read, out = _read(claims, now, rules)
    if not read:
        return Dated(), out
    scores = [_score(c, when, read, rules) for c, when in read]
    best = max(range(len(read)), key=lambda i: scores[i])
    winner, value = read[best]
    for i, (claim, when) in enumerate(read):
        if i == best:
            out.append(claim.candidate(chosen=True, reason=f"score {scores[i]:.2f}{_agreeing(i, read)}"))
        else:
            same = when.date() == value.date()
            out.append(claim.candidate(reason="says the same day" if same else f"score {scores[i]:.2f}"))
    return Dated(value, winner.value, winner.source), out


def says_modified(line: str, rules: Rules) -> bool:
    """Whether a line speaks of a change: "Updated 3 May 2024"."""
    words = rules.metadata.get("months", {}).get("modified", {}).get("words", [])
    folded = line.casefold()
    return any(word in folded for word in words)


def _read(
    claims: Sequence[Claim], now: datetime | None, rules: Rules
) -> tuple[list[tuple[Claim, datetime]], list[Candidate]]:
    day_first = not _month_first(claims)
    read: list[tuple[Claim, datetime]] = []
    refused: list[Candidate] = []
    for claim in claims[:100]:
        slow = not read and claim.source.startswith(("json-ld", "open graph", "microdata", "markup time"))
        when = dates.parse(claim.value, rules, day_first=day_first, slow=slow)
        reason = _refusal(when, now)
        if when is None or reason:
            refused.append(claim.candidate(reason=reason))
        else:
            read.append((claim, when))
    return read, refused


def _refusal(when: datetime | None, now: datetime | None) -> str:
    if when is None:
        return "not a date"
    try:
        if when < OLDEST:
            return "before the web"
        return "in the future" if now is not None and when > now + AHEAD else ""
    except OverflowError:
        return "not a date"


def _month_first(claims: Sequence[Claim]) -> bool:
    """Whether 03/04 is March here: an American page, or one that prints no language at all."""
    for claim in claims:
        if "/" in claim.value and (found := dates.month_first(claim.value)) is not None:
            return found
    return False


def _score(claim: Claim, when: datetime, read: Sequence[tuple[Claim, datetime]], rules: Rules) -> float:
    others = {c.source for c, w in read if w.date() == when.date()} - {claim.source}
    return trust(rules, claim) + _AGREES * min(len(others), 3)


def _agreeing(best: int, read: Sequence[tuple[Claim, datetime]]) -> str:
    claim, when = read[best]
    others = sorted({c.source for c, w in read if w.date() == when.date()} - {claim.source})
    return ", confirmed by " + ", ".join(others) if others else ""
