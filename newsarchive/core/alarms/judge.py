"""Which alarms stand at a site, by its history.

A blog whose 300 posts all had an author has four in a row without: its theme has changed, and nothing failed. `judge`
looks at the newest readings of its posts (each post stands once, at its last reading: a theme that breaks is seen on
old posts that are looked at again too), at the looks that gave no article, and at when posts came; and it asks the same of
each section of the site.

An alarm stands until three readings in a row are as before, or, after `MAX_ALARM_AGE` with enough readings, until what
it told of has become the site's way. A site with little history has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newsarchive.core.alarms import listings
from newsarchive.core.alarms.listings import MAX_LAG, Listed, Listing, ListLook, lag
from newsarchive.core.alarms.losses import of_changed
from newsarchive.core.alarms.parts import of_parts, parts_of
from newsarchive.core.alarms.questions import (
    FALSE_ALARMS_A_YEAR,
    WINDOWS,
    Question,
    asked,
    comparable,
    questions_of_posts,
)
from newsarchive.core.alarms.records import LIST_ALARMS, Alarm, AlarmKind, History, State
from newsarchive.core.alarms.rhythm import of_rhythm

#: Share of what was read since an alarm began (0 to 1) below which it may be one of a part of the site.
MIN_SITE_SHARE = 0.5
#: Factor of `FALSE_ALARMS_A_YEAR` for a list that froze. It hides no article, and with three posts instead of four it is told a day
#: sooner at a blog of a post a day.
FROZEN_LIST_FACTOR = 10
#: Posts before those that a list lacks; with fewer nothing is told.
MIN_LISTED_BEFORE = 10
#: Posts that count for a year at a blog that has fewer: of a blog of a post a week, twenty posts are half a year.
MIN_LISTED_A_YEAR = 30
#: Time since the first of the crawls that failed after which a site may count as not reachable.
MIN_UNREACHABLE = timedelta(hours=6)
#: Crawls that failed in this time. With fewer a site is not called unreachable.
MIN_FAILED_RUNS = 3


def judge(history: History, now: datetime) -> list[Alarm]:
    """The alarms that stand at `now`. Of those that `history` has as standing, an alarm of readings that stands no more
    comes with its new state, any other one is missing."""
    found = [*_of_readings(history, now), *_of_listings(history, now), *of_rhythm(history, now)]
    # Several crawls could not crawl the site, and it was crawled before.
    first = history.failing_since
    if first is not None and history.failed_runs >= MIN_FAILED_RUNS and now - first >= MIN_UNREACHABLE:
        evidence = {"runs": history.failed_runs, "blocked": int(history.is_blocked)}
        found.append(Alarm(AlarmKind.UNREACHABLE, first, evidence))
    return sorted(found, key=lambda alarm: list(AlarmKind).index(alarm.kind))


# -- readings ---------------------------------------------------------------------------------


def _of_readings(history: History, now: datetime) -> Iterable[Alarm]:
    parts = parts_of(history)
    for place, question in enumerate(questions_of_posts(history)):
        alarm = asked(question, history, now)
        if alarm is None or alarm.bad_share < MIN_SITE_SHARE or alarm.state is State.CLEARED:
            alarm = of_parts(parts, place, history, now) or of_changed(question, history, now) or alarm
        if alarm is not None:
            yield alarm
    if alarm := asked(_of_lack(AlarmKind.FROZEN_FEED, history.listed, now), history, now):
        yield alarm


def _of_lack(kind: AlarmKind, posts: Sequence[Listed], now: datetime) -> Question:
    """Whether a list of the site has the posts that its other lists name, as it always had before."""
    wait = lag(posts)
    listed = [one for one in posts if one.at <= now - wait]

    def proves(i: int) -> bool:
        # A feed is cached for a while; a front page that was asked past the caches had stood still for long.
        return listed[i].is_proof and (kind is AlarmKind.FROZEN_PAGE or now - listed[i].at >= MAX_LAG)

    max_false = FROZEN_LIST_FACTOR * FALSE_ALARMS_A_YEAR
    return Question(
        kind,
        listed,
        lambda i: not listed[i].in_list,
        0.1,
        max_false,
        proves=proves,
        min_good=0,
        min_before=MIN_LISTED_BEFORE,
        min_a_year=MIN_LISTED_A_YEAR,
    )


# -- lists ------------------------------------------------------------------------------------


def _of_listings(history: History, now: datetime) -> Iterable[Alarm]:
    """Lists of the site that are far shorter than they were, and a front page that does not change any more."""
    found: dict[AlarmKind, list[Alarm]] = {}
    for listing in listings.current(history.listings):
        for question, evidence in _of_list(listing, history):
            if alarm := asked(question, history, now):
                alarm = replace(alarm, evidence={**alarm.evidence, **evidence})
                found.setdefault(alarm.kind, []).append(alarm)
    if alarm := asked(_of_lack(AlarmKind.FROZEN_PAGE, history.on_page, now), history, now):
        found.setdefault(alarm.kind, []).append(alarm)
    # One kind for all lists of a site: it stands while one of them is broken.
    states = list(State)
    yield from (min(alarms, key=lambda alarm: states.index(alarm.state)) for alarms in found.values())


def _of_list(listing: Listing, history: History) -> Iterable[tuple[Question, dict[str, float]]]:
    if not LIST_ALARMS & history.standing.keys() and not listings.may_be_broken(listing):
        return  # nearly always
    looks = listings.looks_of(listing)
    before = _before(looks, AlarmKind.FEWER_LISTED, history)
    if (bounds := listings.limits(before)) is not None:
        limit, usual = bounds
        cut = listings.cut_looks(looks, limit, usual)
        question = Question(AlarmKind.FEWER_LISTED, looks, lambda i: i in cut, 0.02)
        yield question, {"limit": limit, "median": usual}
    if listing.kind == listings.FRONT_PAGE:
        before = _before(looks, AlarmKind.FROZEN_PAGE, history)
        if (since := history.standing.get(AlarmKind.FROZEN_PAGE)) is not None:
            # The frozen page says nothing of how it was.
            begin = max((same.first_at for same in listing.found if same.first_at <= since), default=since)
            before = [look for look in before if look.at < begin]
        if (longest := listings.longest_same(before)) is not None:
            question = Question(AlarmKind.FROZEN_PAGE, looks, lambda i: looks[i].same > longest, 0.02)
            yield question, {"hours": round(longest / timedelta(hours=1))}


def _before(looks: Sequence[ListLook], kind: AlarmKind, history: History) -> list[ListLook]:
    """The looks that tell how a list was: those before an alarm, or before the newest that are tested."""
    known = comparable(looks, kind, history.past)
    if (since := history.standing.get(kind)) is not None:
        return [look for look in known if look.at < since]
    tested = WINDOWS[-1] if len(known) >= 3 * WINDOWS[-1] else len(known) // 2
    return known[: len(known) - tested]
