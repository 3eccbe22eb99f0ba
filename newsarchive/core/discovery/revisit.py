"""When to look at a post again: where a look is worth most.

A post is edited soon after it appears, ever more rarely later, and some sites edit while others never do. The rate of edits
falls as one over the age: `rate / (age + SETTLING_DAYS)`, so as many edits fall between one and ten days as between ten and a
hundred. Of 370 pages that state when they were changed last, this describes ages from minutes to years.

A look is worth the time that our copy would be out of date without it. Looking wherever that exceeds one bound gives the least
total for the number of looks (Olston and Pandey, Recrawl Scheduling Based on Information Longevity, WWW 2008; Azar et al.,
Tractable Near-Optimal Policies for Crawling, PNAS 2018). An hour at a young post counts for more than an hour at an old one,
by the square root of the age, because news is read when it is new and an edit that a second one replaces is lost.

What a site's feed, sitemap or API announces brings a look by itself, so only edits that are not announced count (Busa-Fekete et
al., arXiv 2502.02430), and deletions, which nothing announces. A look also teaches how often a post is edited, so the less is known
of a post, the higher its rate is taken. `python -m benchmarks.revisit` compares this with other policies.

The functions are pure: the time of the last look is an argument, and a post's address spreads posts over the day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zlib import crc32

from newsarchive.times import http_time

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

#: The shortest time between two looks at a post.
MIN_INTERVAL = 6 * HOUR
#: The longest time between two looks at a post.
MAX_INTERVAL = 180 * DAY
#: Difference of the clocks of two machines; a greater one is an error of one of them.
MAX_CLOCK_DIFFERENCE = HOUR
#: Days after which the rate of edits begins to fall.
SETTLING_DAYS = 1 / 96
#: Edits per unit of `exposure` that are expected of a post while nothing is known of its site.
PRIOR_RATE = 0.25
#: The weight of `PRIOR_RATE`, in observed edits. With more, what is observed at a site counts less at first.
PRIOR_RATE_EDITS = 0.5
#: The share of edits that listings with times of change are expected to announce, 0 to 1, while no edit was observed.
PRIOR_ANNOUNCED = 0.8
#: The weight of `PRIOR_ANNOUNCED`, in observed edits. With more, what is observed of announcements counts less at
#: first.
PRIOR_ANNOUNCED_EDITS = 2.0
#: Deletions of a post per unit of exposure, which makes a third of all posts in ten years. No listing announces a
#: deletion. With more, posts of sites that never edit are looked at more often.
DELETION_RATE = 0.03
#: Standard deviations by which a post's rate of edits is raised, because a look at a post about which little is known also
#: teaches. With more, posts that never changed are looked at more often, and posts that often change more rarely.
EXPLORED_DEVIATIONS = 1.0
#: What a look must be worth, in days out of date over the square root of days of age. More means fewer looks and staler copies.
MIN_GAIN = 0.035
#: Share of the wait by which it is moved, earlier or later, so that the posts of one crawl do not come due together.
SPREAD_SHARE = 0.1

#: Looks at a post whose page our extractor cannot read; after them it is left alone for `MAX_INTERVAL`.
MAX_CRASHES = 2

#: What a look at a post found. `missing` is a 404, which may be a slip, `gone` a 410 or a later 404. `skipped` is a
#: page that is no article, which seldom becomes one, `crashed` a page that our extractor cannot read.
Outcome = Literal["unchanged", "changed", "missing", "gone", "blocked", "failed", "skipped", "crashed"]


@dataclass(frozen=True, slots=True)
class SiteEdits:
    """What is known of how the posts of one site are edited.

    `edits` is the number of edits that were found, and `announced` how many of them a listing announced. `exposure` is the sum of
    the exposures during which its posts were watched. `announces` is true where the listings give times of change. `min_gain` is
    what a look at a post of the site must be worth.
    """

    edits: int = 0
    exposure: float = 0.0
    announced: int = 0
    announces: bool = False
    min_gain: float = MIN_GAIN

    @property
    def rate(self) -> float:
        """Edits of one post per unit of exposure."""
        return (PRIOR_RATE_EDITS + self.edits) / (PRIOR_RATE_EDITS / PRIOR_RATE + self.exposure)

    @property
    def unannounced(self) -> float:
        """The part of edits that no listing announces, more than 0 and at most 1."""
        if not self.announces:
            return 1.0
        known = PRIOR_ANNOUNCED_EDITS + self.edits
        return max(1 - (PRIOR_ANNOUNCED_EDITS * PRIOR_ANNOUNCED + self.announced) / known, 0.02)


#: A site about which nothing is known.
UNKNOWN_SITE = SiteEdits()


@dataclass(frozen=True, slots=True)
class Visits:
    """What is known of one post: the number of `changes` that looks found, and the edits of its `site`.

    `published` is `None` where it is not known; the age then counts from `first_seen_at`. `failures` is the number of failures
    in a row. Times are timezone-aware.
    """

    first_seen_at: datetime
    published: datetime | None = None
    changes: int = 0
    failures: int = 0
    site: SiteEdits = UNKNOWN_SITE

    def age(self, now: datetime) -> float:
        """Days since it was published, at least 0."""
        return max((now - (self.published or self.first_seen_at)) / DAY, 0.0)


def next_check(visits: Visits, now: datetime, outcome: Outcome, key: str = "") -> datetime:
    """When to look at a post again, after a look at `now` that ended with `outcome`.

    Every wait of a post is made here: `policy` gives it for a post that answered, and at the end it is moved by up to
    `SPREAD_SHARE`, so a bound that must hold for all posts stands behind that. Earlier looks come from listings alone (`is_news`).
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
    place = crc32(key.encode()) / 0x7FFFFFFF - 1 if key else 0.0  # in the spread, from -1 to 1
    return now + wait * (1 + SPREAD_SHARE * place)


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
    rate = explored(edit_rate(visits, now), visits.changes) * visits.site.unannounced + DELETION_RATE
    return policy(visits.age(now), rate, visits.site.min_gain)


def policy(age: float, rate: float, min_gain: float) -> timedelta:
    """The wait before the next look at a post that answered: `age` in days, `rate` in edits a unit of exposure.

    A rule by age stands here, before or behind the wait that pays: the budget of a site counts with it too.
    """
    return _bounded(days_to_wait(age, rate, min_gain) * DAY)


def edit_rate(visits: Visits, now: datetime) -> float:
    """Edits of a post per unit of exposure: at first those of its site, later more and more those of the post itself.

    It is the mean of a gamma distribution that starts from the site's rate and is updated by each look.
    """
    age = visits.age(now)
    watched = exposure(max(age - max((now - visits.first_seen_at) / DAY, 0.0), 0.0), age)
    return (1 + visits.changes) / (1 / visits.site.rate + watched)


def explored(rate: float, changes: int) -> float:
    """The rate of edits, raised because a look also teaches how high it is.

    A gamma distribution that started with one edit and saw `changes` more has a standard deviation of mean / sqrt(1 + changes).
    """
    return rate * (1 + EXPLORED_DEVIATIONS / math.sqrt(1 + changes))


def exposure(from_age: float, to_age: float) -> float:
    """How much a post is exposed to edits between two ages in days. It is 1 where the age grows by a factor of e."""
    return math.log((to_age + SETTLING_DAYS) / (from_age + SETTLING_DAYS))


def days_to_wait(age: float, rate: float, min_gain: float) -> float:
    """Days after which a look at a post is worth `min_gain`, between the bounds of all waits.

    `age` is in days, `rate` in edits a unit of exposure. Without a look for r times the age, the copy is up to date with
    probability s = (1 + r) ** -rate; a look then spares the integral of s over that time less s at its end.
    """
    scale = age + SETTLING_DAYS
    low, high = math.log(MIN_INTERVAL / DAY / scale), math.log(MAX_INTERVAL / DAY / scale)
    rate = min(max(rate, 1e-6), 50.0)
    if abs(rate - 1) < 1e-4:
        rate = 1.0001  # the formula divides by the difference
    wanted = min_gain / math.sqrt(scale)
    if rate > 1:
        # The copy is soon out of date again, so no look is worth more than 1 / (rate - 1). It is looked at all the same.
        wanted = min(wanted, 0.9 / (rate - 1))
    at = min(max(0.5 * math.log(2 * wanted / rate), low), high)
    for _ in range(_NEWTON_STEPS):
        share = math.exp(at)
        survives = (1 + share) ** -rate
        gain = ((1 + share) * survives - 1) / (1 - rate) - share * survives
        if gain <= 0:  # too small to be told from 0
            return math.exp(high) * scale
        slope = rate * share * share * survives / (1 + share) / gain
        at = min(max(at - math.log(gain / wanted) / slope, low), high)
    return math.exp(at) * scale


#: Steps of Newton's method on the logarithms, where gain and wait are almost a line; after 5 the wait moves by less than 1 %.
_NEWTON_STEPS = 8
#: The ages of posts of one site by which its budget is spread; more are thinned out.
_MAX_AGES = 300


def min_gain_for(ages: Sequence[float], site: SiteEdits, looks_a_day: float) -> float:
    """What a look must be worth so that posts of these ages in days get `looks_a_day` in all, to within 1 %.

    Never less than `MIN_GAIN`: a look that is worth less is not worth its request.
    """
    some = ages[:: -(-len(ages) // _MAX_AGES) or 1]
    weight = len(ages) / max(len(some), 1)
    rate = explored(site.rate, 0) * site.unannounced + DELETION_RATE

    def looks(gain: float) -> float:
        return weight * sum(DAY / policy(age, rate, gain) for age in some)

    low, high = MIN_GAIN, MIN_GAIN * 1e6
    if looks(low) <= looks_a_day:
        return low
    while high / low > 1.01:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if looks(middle) > looks_a_day else (low, middle)
    return high


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
    until = http_time(text)
    return None if until is None else min(max(until - now, timedelta(0)), longest)


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, MIN_INTERVAL), MAX_INTERVAL)
