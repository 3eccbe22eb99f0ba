"""When to look again: at a post by its age and how often it changed, at a source by how often it has news.

Two thoughts. A post is edited soon after it appears or not at all, so the next look comes after a share of
its age. A post that did change is looked at when the odds of another change are even; its rate is estimated
as Cho and Garcia-Molina do (Estimating Frequency of Change, ACM TOIT 2003, eq. 5), which counts in that a
look sees one change where there may have been many. The nearer of the two times is taken.

Pure: the time of the last look is an argument, and what spreads posts over the day is their own address.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal
from zlib import crc32

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

#: What a look at a post found. `missing` is a 404 (which may be a slip), `gone` a 410 or a second 404.
#: `skipped` is a page that is no article: it may become one, but seldom does.
Outcome = Literal["unchanged", "changed", "missing", "gone", "blocked", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the schedule; a site's settings may narrow them.

    `age_share` is the part of a post's age after which it is looked at again, `spread` how far (as a part
    of the interval) the time is moved so that the posts of one crawl do not come due together.
    """

    shortest: timedelta = 6 * HOUR
    longest: timedelta = 180 * DAY
    age_share: float = 0.5
    spread: float = 0.1


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Visits:
    """What is known of one post: `looks` that gave an answer, `changes` of them with another text.

    `published` is `None` where it is not known; then the age counts from `first_seen_at`. `looks` is 0
    where nobody counted; the rate of change is then estimated without them. `failures` are those in a
    row. Times are timezone-aware.
    """

    first_seen_at: datetime
    published: datetime | None = None
    looks: int = 0
    changes: int = 0
    failures: int = 0


def next_check(
    visits: Visits, now: datetime, outcome: Outcome, key: str = "", limits: Limits = DEFAULT
) -> datetime:
    """When to look at a post again, after a look at `now` that ended with `outcome`.

    `key` is the post's `url_key`. A post that is gone is looked at ever more rarely, since some come
    back; a failure never brings the next look nearer than the schedule of the post would.
    """
    if outcome == "missing":
        wait = max(limits.shortest, DAY)  # the second look, soon
    elif outcome == "gone":
        wait = _bounded(30 * DAY * (1 << min(visits.failures, 5)), limits)
    elif outcome == "skipped":
        wait = _bounded(DAY * (1 << min(max(visits.failures - 1, 0), 8)), limits)
    elif outcome in ("failed", "blocked"):
        wait = min(max(back_off(visits.failures), limits.shortest), limits.longest)
    else:
        wait = interval(visits, now, limits)
    return now + wait * (1 + limits.spread * _place(key))


def is_news(lastmod: datetime | None, before: datetime | None, looked_at: datetime | None) -> bool:
    """Whether a listing's word on when a post changed is news since it was looked at.

    `before` is what a listing said then: by the site's own clock, which may be wrong, so that another time is
    news, be it earlier. Where none said anything, our clock decides.
    """
    if lastmod is None or looked_at is None or lastmod == before:
        return False
    return before is not None or lastmod > looked_at


def interval(visits: Visits, now: datetime, limits: Limits = DEFAULT) -> timedelta:
    """How long to wait before the next look at a post that answered."""
    age = max(now - (visits.published or visits.first_seen_at), timedelta(0))
    wait = age * limits.age_share
    if rate := change_rate(visits, now):
        wait = min(wait, math.log(2) / rate * DAY)
    return _bounded(wait, limits)


def change_rate(visits: Visits, now: datetime) -> float:
    """Changes a day, estimated; 0 where none was seen."""
    if visits.changes <= 0:
        return 0.0
    # The first look has nothing to compare with, and starts the time that was watched.
    days = max((now - visits.first_seen_at) / DAY, 1 / 24)
    if visits.looks <= 0:
        return visits.changes / days
    changes = min(visits.changes, visits.looks)
    per_look = -math.log((visits.looks - changes + 0.5) / (visits.looks + 0.5))
    return per_look * visits.looks / days


def back_off(failures: int, first: timedelta = HOUR, longest: timedelta = 7 * DAY) -> timedelta:
    """How long to leave a server alone after so many failures in a row: doubled each time."""
    return min(first * (1 << min(max(failures - 1, 0), 20)), longest)


def retry_after(value: str, now: datetime, longest: timedelta = DAY) -> timedelta | None:
    """How long a `Retry-After` header asks us to wait (RFC 9110, 10.2.3), `None` for one that says nothing.

    Seconds or a date; a date that is past means at once, and nobody makes us wait more than `longest`.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), longest)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), longest)


def _bounded(wait: timedelta, limits: Limits) -> timedelta:
    return min(max(wait, limits.shortest), limits.longest)


def _place(key: str) -> float:
    """Where in the spread a post stands, -1 to 1: the same each time, another for each post."""
    return crc32(key.encode()) / 0x7FFFFFFF - 1 if key else 0.0
