"""Have posts lost what they had, though nobody changed them?

A new theme may break a tenth of the posts, which share neither a section nor a folder. One bad reading in ten is too few
for an alarm about the whole site. But the broken posts had an author, a date or a long text when they were read before, or at
least were articles, and a post that nobody changes does not lose these. Where four or five of the posts that were read again
in the last 30 days have lost the same, that is no chance (`of_changed`).

On 40 blogs whose posts broke so, 17 of 27 breakages of authors or dates are told within 90 days (seeds 6501 and 6502), and none
without `of_changed`; where posts lost their texts or gave no article any more, 14 of 22 are told (seed 6501), and two without it.
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
from newsarchive.core.alarms.records import READ_AGAIN, Alarm, AlarmKind, History, Look, Reading, State

#: What posts lose.
LOSABLE_KINDS = frozenset(
    (AlarmKind.NO_AUTHOR, AlarmKind.NO_DATE, AlarmKind.SHORTER, AlarmKind.NOT_STORED, AlarmKind.SCRIPTS_ONLY)
)
#: Share of the words of an earlier version (0 to 1) below which a text was cut down.
MAX_SHRUNK_SHARE = 0.5
#: Time after a post was first seen from which on a reading of it counts as a second look.
MIN_AGE = timedelta(hours=12)
#: Time in which the posts must have lost what they had.
MAX_TIME = timedelta(days=30)
#: Posts that lost what they had. Fewer prove nothing, because authors correct posts.
MIN_LOST = 4
#: Posts that must still lack what they lost for an alarm to go on. With fewer it ends.
MIN_STILL_LOST = 2
#: Readings without a loss that are counted in addition to those that the archive knows: it keeps only the last reading of each
#: post, and a page that nobody changes loses nothing.
STEADY_READINGS = 1000


class Version(NamedTuple):
    """A version of a text: when it was first read, the number of its words, and whether the publisher made the change from the
    version before (`is_of_publisher`), rather than this program, which may read the same page in another way."""

    at: datetime
    words: int
    is_of_publisher: bool = True


def shrunk_at(versions: Sequence[Version]) -> datetime | None:
    """When a text was cut down to less than half. `versions` are those of the text, the newest first. `None` where no version
    was more than twice as long as the newest, or where the cut comes from this program and not from the publisher.

    A theme may show other lines beside the cut text each time, which makes several short versions. Then the time is that of the
    oldest of them.
    """
    for later, earlier in pairwise(versions):
        if versions[0].words < MAX_SHRUNK_SHARE * earlier.words:
            return later.at if later.is_of_publisher else None
    return None


def of_changed(question: Question, history: History, now: datetime) -> Alarm | None:
    """The alarm of this question about posts that lost what they had."""
    if question.kind not in LOSABLE_KINDS or not any(
        _has_lost(question, at) for at in range(len(question.items))
    ):
        return None  # nearly always
    question = question._replace(says={**question.says, "part": READ_AGAIN})
    # The posts that were read again, each with a time: when it lost what it had, or else when it was read last.
    cases = []
    for place, one in enumerate(question.items):
        has_lost = _has_lost(question, place)
        at = (question.since(place) if has_lost else None) or one.at
        if at - one.met >= MIN_AGE:
            cases.append(Case(at, has_lost, one.id if isinstance(one, Reading) else 0, one.met))
    cases.sort(key=lambda case: case.at)
    since = history.standing.get(question.kind)
    if since is None:
        return _losses_begun(question, comparable(cases, question.kind, history.past), now)
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


def _losses_begun(question: Question, cases: Sequence[Case], now: datetime) -> Alarm | None:
    bounds = Bounds.of(question, cases, 2)
    lost = [place for place, case in enumerate(cases) if case.bad]
    for number, first in enumerate(lost[: 1 - MIN_LOST or None]):
        before, newest, bad = first, cases[first:], len(lost) - number
        if before < MIN_HISTORY_READINGS or now - newest[0].at > MAX_TIME or bad < MIN_LOST:
            continue
        if many_of(bad, len(newest), number, before + STEADY_READINGS) < bounds.after_none:
            return alarm_of(question, newest[0].at, newest, before)
    return None
