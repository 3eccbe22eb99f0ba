"""Have posts lost what they had when they were read before?

A new theme breaks a tenth of the posts, and neither a section nor a folder says which. Of the newest readings one in ten is
bad, which is no breakage of the site. But those posts had an author, a date or a long text when they were read before, or gave
an article at all, and a post that nobody changes does not lose it: four or five that did, among the posts that were read again
of late, are no chance.

On 40 simulated blogs a tenth of the posts broke, which had neither a section nor a folder in common (`python -m
benchmarks.alarms_slow`). Where they lost their authors or dates, 17 of 27 breakages are told within 90 days (seeds 6501 and
6502), and none without this module. Where they lost their texts or gave no article any more, 14 of 22 are told (seed 6501),
and two without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from newsarchive.core.alarms.questions import (
    MAX_ALARM_AGE,
    MIN_HISTORY_READINGS,
    Bounds,
    Case,
    Question,
    alarm_of,
    comparable,
    many_of,
)
from newsarchive.core.alarms.records import Alarm, AlarmKind, History, Look, Reading, State

#: What such an alarm says it is about, where others name a part of the site.
READ_AGAIN = "posts that were read again"
#: What posts lose.
KINDS = frozenset(
    (AlarmKind.NO_AUTHOR, AlarmKind.NO_DATE, AlarmKind.SHORTER, AlarmKind.NOT_STORED, AlarmKind.SCRIPTS_ONLY)
)
#: Share of the words of an earlier version (0 to 1) below which a text was cut down.
MAX_SHRUNK_SHARE = 0.5
#: Time after a post was met from which on a reading of it is a second look.
MIN_AGE = timedelta(hours=12)
#: Time in which the posts must have lost it.
MAX_TIME = timedelta(days=30)
#: Posts that lost it. Fewer prove nothing: authors correct posts.
MIN_LOST = 4
#: Of the posts that lost it, those that must still lack it for the alarm to stand.
MIN_STILL_LOST = 2
#: Readings without a loss that are counted in addition to those that the archive knows: it keeps only the last reading of each
#: post, and a page that nobody changes loses nothing.
STEADY_READINGS = 1000


class Version(NamedTuple):
    """A version of a text: when it was first read, its words, and whether it is the publisher who made it another than the one
    before."""

    at: datetime
    words: int
    is_of_publisher: bool = True


def shrunk_at(versions: Sequence[Version]) -> datetime | None:
    """When a text was cut down to less than half; its versions are given with the newest first. `None` where it was not, or where it
    is the program that reads it otherwise than before.

    A theme may show other lines beside each cut text, so that there are several short versions: the first of them tells.
    """
    for later, earlier in pairwise(versions):
        if versions[0].words < MAX_SHRUNK_SHARE * earlier.words:
            return later.at if later.is_of_publisher else None
    return None


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
    one: Reading | Look = question.items[place]
    since = question.since(place)
    return since is not None and question.is_bad(place) and since - one.met >= MIN_AGE


def _cases(question: Question) -> list[Case]:
    """The posts that were read again; one that lost something stands where it did."""
    found = []
    for place, one in enumerate(question.items):
        has_lost = _has_lost(question, place)
        at = (question.since(place) if has_lost else None) or one.at
        if at - one.met >= MIN_AGE:
            found.append(Case(at, has_lost, one.id if isinstance(one, Reading) else 0, one.met))
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
