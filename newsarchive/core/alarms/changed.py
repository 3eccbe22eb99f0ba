"""Have posts lost what they had when they were read before?

A new theme breaks a tenth of the posts, and neither a section nor a folder says which. Of the newest readings one in ten is bad, which
is no breakage of the site. But those posts had an author or a date when they were read before, and a post that nobody
changes does not lose it: four or five that did, among the posts that were read again of late, are no chance.

Of the tenths of 40 made blogs that lost their authors or dates, and that no section shows, it tells 17 of 27 within 90 days
(`python -m benchmarks.alarms_slow`, seeds 6501 and 6502); before, none was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from newsarchive.core.alarms.questions import (
    MAX_ALARM_AGE,
    MIN_HISTORY_READINGS,
    Bounds,
    Case,
    Question,
    alarm_of,
    comparable,
)
from newsarchive.core.alarms.records import Alarm, AlarmKind, History, Reading, State
from newsarchive.core.alarms.statistics import many_of

#: What such an alarm says it is about, where others name a part of the site.
READ_AGAIN = "posts that were read again"
#: What posts lose. Of texts only the last length is known, and posts that give no article are often deleted.
KINDS = frozenset((AlarmKind.NO_AUTHOR, AlarmKind.NO_DATE))
#: Time after a post was met from which on a reading of it is a second look.
MIN_AGE = timedelta(hours=12)
#: Time in which the posts must have lost it.
MAX_TIME = timedelta(days=30)
#: Posts that lost it. Fewer prove nothing: authors correct posts.
MIN_LOST = 4
#: Of the posts that lost it, those that must still lack it for the alarm to stand.
MIN_STILL_LOST = 2
#: Readings at which no post lost anything that count besides those that are known of the site: an archive keeps the last reading of a
#: post alone, and a page that nobody changes loses nothing.
STEADY_READINGS = 1000


def of_changed(question: Question, history: History, now: datetime) -> Alarm | None:
    """The alarm of this question about posts that lost what they had."""
    if question.kind not in KINDS or not any(_has_lost(question, at) for at in range(len(question.items))):
        return None  # nearly always
    question = question._replace(says={**question.says, "part": READ_AGAIN})
    cases = sorted(_cases(question), key=lambda case: case.at)
    since = history.standing.get(question.kind)
    if since is None:
        return _begun(question, comparable(cases, question.kind, history.past), now)
    if history.told_parts.get(question.kind) != READ_AGAIN:
        return None
    after = [case for case in cases if case.at >= since]
    if sum(case.bad for case in after) < MIN_STILL_LOST:
        return None
    state = State.SETTLED if now - since > MAX_ALARM_AGE else State.STANDS
    return alarm_of(question, since, after, len(cases) - len(after), state)


def _has_lost(question: Question, place: int) -> bool:
    """Whether a post lacks now what it had at an earlier reading."""
    one: Reading = question.items[place]
    since = question.since(place)
    return since is not None and question.is_bad(place) and since - one.met >= MIN_AGE


def _cases(question: Question) -> list[Case]:
    """The posts that were read again; one that lost something stands where it did."""
    found = []
    for place, one in enumerate(question.items):
        has_lost = _has_lost(question, place)
        at = (question.since(place) if has_lost else None) or one.at
        if at - one.met >= MIN_AGE:
            found.append(Case(at, has_lost, one.id, one.met))
    return found


def _begun(question: Question, cases: Sequence[Case], now: datetime) -> Alarm | None:
    bounds = Bounds.of(question, cases, 2)
    lost = [place for place, case in enumerate(cases) if case.bad]
    for number, first in enumerate(lost[: 1 - MIN_LOST or None]):
        before, newest, bad = first, cases[first:], len(lost) - number
        if before < MIN_HISTORY_READINGS or now - newest[0].at > MAX_TIME or bad < MIN_LOST:
            continue
        if many_of(bad, len(newest), number, before + STEADY_READINGS) < bounds.after_none:
            return alarm_of(question, newest[0].at, newest, before)
    return None
