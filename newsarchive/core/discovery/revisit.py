"""When to look at a post again, by its age and its changes.

A post is edited soon after it appears or not at all, so the next look comes after a share of its age: a post of two days
is looked at after one more. A post that did change is looked at when the odds of another change are even. Its rate of
change is estimated by Cho and Garcia-Molina (Estimating Frequency of Change, ACM TOIT 2003, eq. 5), which allows for
several changes between two looks. The earlier of the two times is taken.

The functions are pure: the time of the last look is an argument, and a post's address spreads posts over the day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal
from zlib import crc32

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

#: Time between two looks at a post; a shorter wait is lengthened to it.
MIN_INTERVAL = 6 * HOUR
#: Time between two looks at a post; a longer wait is cut to it.
MAX_INTERVAL = 180 * DAY
#: Difference of the clocks of two machines; a greater one is an error of one of them.
MAX_CLOCK_DIFFERENCE = HOUR
#: Share of a post's age after which it is looked at again.
AGE_SHARE = 0.5
#: Share of the wait by which it is moved, earlier or later, so that the posts of one crawl do not come due together.
SPREAD_SHARE = 0.1

#: Looks at a post whose page our extractor cannot read; after them it is left alone for `MAX_INTERVAL`.
MAX_CRASHES = 2

#: What a look at a post found. `missing` is a 404, which may be a slip, `gone` a 410 or a second 404. `skipped` is a
#: page that is no article, which seldom becomes one, `crashed` a page that our extractor cannot read.
Outcome = Literal["unchanged", "changed", "missing", "gone", "blocked", "failed", "skipped", "crashed"]


@dataclass(frozen=True, slots=True)
class Visits:
    """What is known of one post: the number of `looks` that gave an answer, and of `changes` that they found.

    `published` is `None` where it is not known; the age then counts from `first_seen_at`. `looks` is 0 where they were
    not counted; the rate of change is then estimated without them. `failures` is the number of failures in a row. Times
    are timezone-aware.
    """

    first_seen_at: datetime
    published: datetime | None = None
    looks: int = 0
    changes: int = 0
    failures: int = 0


def next_check(visits: Visits, now: datetime, outcome: Outcome, key: str = "") -> datetime:
    """When to look at a post again, after a look at `now` that ended with `outcome`.

    `key` is the post's `url_key`. A post that is gone is looked at ever more rarely, because some come back.
    """
    if outcome == "missing":
        wait = DAY  # soon, to tell a slip from a deleted post
    elif outcome == "gone":
        wait = _bounded(30 * DAY * (1 << min(visits.failures, 5)))
    elif outcome == "skipped":
        wait = _bounded(DAY * (1 << min(max(visits.failures - 1, 0), 8)))
    elif outcome == "crashed":
        wait = DAY if visits.failures < MAX_CRASHES else MAX_INTERVAL
    elif outcome in ("failed", "blocked"):
        wait = _bounded(back_off(visits.failures))
    else:
        wait = interval(visits, now)
    return now + wait * (1 + SPREAD_SHARE * _place(key))


def is_news(lastmod: datetime | None, before: datetime | None, looked_at: datetime | None) -> bool:
    """Whether a listing says that a post changed since it was looked at.

    `lastmod` is the time that the listing gives now, `before` the time that it gave then. Both are by the site's clock,
    which may be wrong, so any other time is news, an earlier one too. Without `before` our own clock decides.
    """
    if lastmod is None or looked_at is None or lastmod == before:
        return False
    return before is not None or lastmod > looked_at


def is_future(at: datetime | None, now: datetime) -> bool:
    """Whether a look is dated later than now by more than clocks differ: it was made by a clock that was wrong, and what
    follows from its time does not hold."""
    return at is not None and at > now + MAX_CLOCK_DIFFERENCE


def interval(visits: Visits, now: datetime) -> timedelta:
    """How long to wait before the next look at a post that answered."""
    age = max(now - (visits.published or visits.first_seen_at), timedelta(0))
    wait = age * AGE_SHARE
    if rate := change_rate(visits, now):
        wait = min(wait, math.log(2) / rate * DAY)
    return _bounded(wait)


def change_rate(visits: Visits, now: datetime) -> float:
    """The estimated number of changes a day, 0 where no change was seen."""
    if visits.changes <= 0:
        return 0.0
    # The first look has nothing to compare with. The watched time begins with it.
    days = max((now - visits.first_seen_at) / DAY, 1 / 24)
    if visits.looks <= 0:
        return visits.changes / days
    changes = min(visits.changes, visits.looks)
    per_look = -math.log((visits.looks - changes + 0.5) / (visits.looks + 0.5))
    return per_look * visits.looks / days


def back_off(failures: int, first: timedelta = HOUR, longest: timedelta = 7 * DAY) -> timedelta:
    """How long to leave a server alone after failures in a row: `first` after one, doubled with each, up to `longest`."""
    return min(first * (1 << min(max(failures - 1, 0), 20)), longest)


def retry_after(value: str, now: datetime, longest: timedelta = DAY) -> timedelta | None:
    """How long a `Retry-After` header asks us to wait (RFC 9110, 10.2.3), `None` for one that cannot be read.

    The header gives seconds or a date. A past date means no wait, and no wait is longer than `longest`.
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


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, MIN_INTERVAL), MAX_INTERVAL)


def _place(key: str) -> float:
    """The place of a post in the spread, from -1 to 1, by its key alone."""
    return crc32(key.encode()) / 0x7FFFFFFF - 1 if key else 0.0
