"""Is a site silent for longer, or slower, than its own history lets expect?

Two tests. Spans of days are compared with spans of the same weekdays before: a paper that publishes all day is told of before the day
is over. And a pause is compared with all pauses before: a blog of two posts a week whose longest pause was ten days has not paused
for three weeks by chance, although no span of its history is long enough to be compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import exp
from statistics import fmean

from newsarchive.core.alarms.questions import DAY, DAYS_A_YEAR, few_of
from newsarchive.core.alarms.records import Alarm, AlarmKind, History

#: Days of history before the days that are tested. With fewer, the rhythm of a site is not known.
MIN_RHYTHM_DAYS = 56
#: Posts in these days. With fewer, the rhythm of a site is not known either.
MIN_RHYTHM_POSTS = 20
#: Lengths in days of the spans that are compared with spans of the same weekdays before.
SPANS = (1, 2, 3, 5, 7, 14, 28, 56)
#: Spans in quarters of a day, which are compared with the same hours of the same weekday: a paper that publishes all day is told of
#: before the day is over.
QUARTERS = (1, 2)
#: Quarters of a day in a week.
QUARTERS_A_WEEK = 28
#: Days in a week.
DAYS_A_WEEK = 7
#: Spans that tell today's pace; all that are known tell how much it varies.
PACE_SPANS = 8
#: Spans before the one that is tested. With fewer it is not compared.
MIN_SPANS = 6
#: Share of the smallest such span before (0 to 1), from which on a span is not small.
MAX_SMALL_SHARE = 0.5
#: Independent looks at spans in a year: the hours of one day see nearly the same posts.
LOOKS_A_YEAR = 4 * 365
#: False alarms of a rhythm that a site may give in a year, as the test reckons, which looks at overlapping spans as if they were
#: apart. With this number simulated blogs had three false alarms in 79 years. A tenth of it gave the same three, and told of a slow
#: site days later; ten times as much gave one in 15 years, most of them around the turn of the year.
FALSE_RHYTHMS_A_YEAR = 0.01
#: A pause counts as silence from this multiple of the longest pause before.
MIN_PAUSE_FACTOR = 1.5
#: A shorter pause, in days, is no silence: people take leave.
MIN_PAUSE_DAYS = 21
#: The same for a blog that is known for less than a year, and may not have shown yet how long its people are away.
MIN_PAUSE_DAYS_OF_YOUNG = 28
#: Share of the pauses before (0 to 1) that tell nothing of how long the long ones are.
SHORT_PAUSES = 0.8
#: False silences that a site may give in a year, as the test reckons, which takes the long pauses for those of an exponential
#: distribution. Simulated blogs had none in 8,114 quiet days (`python -m benchmarks.alarms_slow`, seeds 6501 and 6502).
FALSE_PAUSES_A_YEAR = 0.001
#: Factor by which a span may be likelier for an alarm that stands to go on.
STANDING_FACTOR = 1000


def of_rhythm(history: History, now: datetime) -> Iterable[Alarm]:
    """A site that fell silent, or became slow, against its own days."""
    days, last = history.days, history.last_post
    if last is None:
        return
    stands = bool({AlarmKind.SILENT, AlarmKind.FEWER_POSTS} & history.standing.keys())
    if len(days) < MIN_RHYTHM_DAYS or sum(days) < MIN_RHYTHM_POSTS:
        return
    spans = [(history.quarters, span, QUARTERS_A_WEEK) for span in QUARTERS]
    spans += [(days, span, DAYS_A_WEEK) for span in SPANS]
    for counts_of, span, week in spans:
        length = span * DAY * DAYS_A_WEEK / week
        # A blog that paused when it was met, over the holidays, is not broken by that.
        if not stands and history.met is not None and now - length < history.met:
            continue
        if (found := _slow(counts_of, span, week, stands=stands)) is None:
            continue
        posts, counts = found
        evidence = {"posts": posts, "days": length / DAY, "least": min(counts), "most": max(counts)}
        if week == DAYS_A_WEEK:
            evidence["days"] = span
        if posts:
            since = history.standing.get(AlarmKind.FEWER_POSTS, now - length)
            yield Alarm(AlarmKind.FEWER_POSTS, since, evidence)
        else:
            yield Alarm(AlarmKind.SILENT, last, evidence)
        return
    if (history.met is None or last >= history.met or stands) and (longest := _paused(history, now, last)):
        evidence = {
            "posts": 0,
            "days": (now - last) // DAY,
            "pauses": sum(history.quarters) - 1,
            "longest": round(longest),
        }
        yield Alarm(AlarmKind.SILENT, last, evidence)


def _paused(history: History, now: datetime, last: datetime) -> float | None:
    """The longest pause of a site in days, where it is silent for far longer since its `last` post; `None` where it is not."""
    number, days = sum(history.quarters), len(history.quarters) * DAYS_A_WEEK / QUARTERS_A_WEEK
    pause = (now - last) / DAY
    if pause < (MIN_PAUSE_DAYS if days >= DAYS_A_YEAR else MIN_PAUSE_DAYS_OF_YOUNG):
        return None
    moments = [at for at, posts in enumerate(history.quarters) if posts]
    long = sorted((later - at) * DAYS_A_WEEK / QUARTERS_A_WEEK for at, later in itertools.pairwise(moments))
    # Posts of one quarter of a day follow each other at once.
    pauses = [0.0] * (number - 1 - len(long)) + long
    if not long or pause < MIN_PAUSE_FACTOR * pauses[-1]:
        return None
    if history.standing.get(AlarmKind.SILENT) == last:
        return pauses[-1]  # it stands until a post comes
    short = pauses[int(SHORT_PAUSES * len(pauses))]
    above = [one - short for one in pauses if one > short]
    mean = fmean(above) if above else 1.0
    likely = len(above) / len(pauses) * exp(-(pause - short) / mean)
    return pauses[-1] if likely * number * DAYS_A_YEAR / days < FALSE_PAUSES_A_YEAR else None


def _slow(numbers: Sequence[int], span: int, week: int, *, stands: bool) -> tuple[int, list[int]] | None:
    """The posts of the newest span and those of spans before it, where it has far too few.

    `numbers` begins with the newest, and a week has `week` of them. The spans before begin on the same weekday and hour. An
    alarm that `stands` goes on until the span is usual again, and does not come and go with each post.
    """
    step = -(-span // week) * week
    counts = [sum(numbers[at : at + span]) for at in range(step, len(numbers) - span + 1, step)]
    posts = sum(numbers[:span])
    if len(counts) < MIN_SPANS or posts >= (1 if stands else MAX_SMALL_SHARE) * min(counts):
        return None
    bound = FALSE_RHYTHMS_A_YEAR / LOOKS_A_YEAR / (len(SPANS) + len(QUARTERS))
    bound *= STANDING_FACTOR if stands else 1
    return (posts, counts) if few_of(posts, counts, PACE_SPANS) < bound else None
