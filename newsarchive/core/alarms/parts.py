"""Is a part of a site broken, while the rest is well?

A new theme has a template of its own for reviews, and forgets the author there. One post in ten is a review: of the newest
posts of the site one in ten lacks an author, which is no breakage of the site. But of the reviews all do. So what is asked of
all posts is asked of the posts of each section, and of each first folder of their addresses, too.

A small part has little history of its own. How seldom a post lacks what the posts of this part always had is known from the whole
site.

On 40 simulated blogs 57 of 75 broken sections are told within 90 days, most of them within two days (`python -m
benchmarks.alarms_slow`, seeds 6501 and 6502); without parts hardly any was told.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import urlsplit

from newsarchive.core.alarms.questions import (
    MAX_ALARM_AGE,
    MAX_BAD_OF_NEW,
    MAX_EXCEPTIONS_OF_NEW,
    MIN_GOOD_READINGS,
    MIN_HISTORY_READINGS,
    Bounds,
    Case,
    Question,
    alarm_of,
    as_they_came,
    comparable,
    many_of,
    may_begin,
    questions_of_posts,
    windows,
)
from newsarchive.core.alarms.records import READ_AGAIN, Alarm, AlarmKind, History, Look, Reading, State

#: Posts of a part before those that are tested. With fewer, nothing is known of it.
MIN_PART_READINGS = 8
#: Share of the posts of a site (0 to 1) from which on a part is the site itself.
MAX_PART_SHARE = 0.8
#: Probability (0 to 1) that a part has its number of exceptions, if it has them at the rate of its site. From this
#: probability on, the rate of the site is taken for that of the part, too.
MIN_LIKE_SITE = 0.001
#: What is asked of parts. That posts of a section have one date is usual where a blog gives days alone.
KINDS = frozenset(
    (
        AlarmKind.NOT_STORED, AlarmKind.BLOCKED, AlarmKind.SCRIPTS_ONLY, AlarmKind.SHORTER, AlarmKind.NO_DATE,
        AlarmKind.NO_AUTHOR, AlarmKind.DOUBTFUL,
    )
)  # fmt: skip


def names(section: str, url: str) -> tuple[str, ...]:
    """The parts of a site to which a post belongs, by its section and by the first folder of its address.

    >>> names("Reviews", "https://blog.example/reviews/a-film/"), names("", "https://blog.example/2026/11/a-film/")
    (('section Reviews', 'folder /reviews/'), ())
    """
    folders = [part for part in urlsplit(url).path.split("/") if part]
    found = [f"section {section}"] if section else []
    if len(folders) > 1 and not folders[0].isdigit():
        found.append(f"folder /{folders[0]}/")
    return tuple(found)


class Part:
    """The history of one part of a site."""

    def __init__(
        self, name: str, history: History, readings: Sequence[Reading], looks: Sequence[Look]
    ) -> None:
        self.name = name
        self.history = replace(history, readings=readings, looks=looks)
        self.last_at = readings[-1].at if readings else datetime.min.replace(tzinfo=UTC)

    @cached_property
    def questions(self) -> list[Question]:
        asked_of_posts = questions_of_posts(self.history)
        return [one._replace(says={**one.says, "part": self.name}) for one in asked_of_posts]


def parts_of(history: History) -> list[Part]:
    """The parts of a site about which enough is known or an alarm stands; none for a site that is one whole."""
    readings: dict[str, list[Reading]] = {}
    looks: dict[str, list[Look]] = {}
    for reading in history.readings:
        for name in reading.parts:
            readings.setdefault(name, []).append(reading)
    for look in history.looks:
        for name in look.parts:
            looks.setdefault(name, []).append(look)
    least, most = MIN_PART_READINGS, MAX_PART_SHARE * len(history.readings)
    told = set(history.told_parts.values()) - {READ_AGAIN}
    return [
        Part(name, history, readings.get(name, ()), looks.get(name, ()))
        for name in readings | dict.fromkeys(told)
        if name in told or least < len(readings[name]) <= most
    ]


def of_parts(parts: Sequence[Part], place: int, history: History, now: datetime) -> Alarm | None:
    """The alarm of the question at this place, where the site is well and one of its parts is not."""
    whole: _Whole | None = None
    for part in parts:
        question = part.questions[place]
        if question.kind not in KINDS:
            return None
        since = history.standing.get(question.kind)
        if since is not None and part.name == history.told_parts.get(question.kind):
            cases = question.cases()
            after = [case for case in cases if case.at >= since]
            newest = after[-MIN_GOOD_READINGS:]
            if len(newest) == MIN_GOOD_READINGS and sum(case.bad for case in newest) <= MAX_BAD_OF_NEW:
                return None  # the part is well
            state = State.SETTLED if now - since > MAX_ALARM_AGE else State.STANDS
            return alarm_of(question, since, after, len(cases) - len(after), state)
        if since is None and may_begin(question):
            whole = whole or _Whole(questions_of_posts(history)[place], history)
            if alarm := _begun(question, whole, history, len(parts)):
                return alarm
    return None


class _Known(NamedTuple):
    """Cases of a whole site in an order of time, and how many of the first are bad."""

    moments: Sequence[datetime]
    bad: Sequence[int]


class _Whole:
    """The cases of a whole site, in the order in which posts were read, and in that in which they came."""

    def __init__(self, question: Question, history: History) -> None:
        cases = comparable(question.cases(), question.kind, history.past)
        came = as_they_came(cases)
        self.read = _Known([case.at for case in cases], _counts(cases))
        self.met = _Known([case.met or case.at for case in came], _counts(came))


def _counts(cases: Sequence[Case]) -> list[int]:
    return list(accumulate((case.bad for case in cases), initial=0))


def _begun(question: Question, whole: _Whole, history: History, parts: int) -> Alarm | None:
    """The alarm of a part that breaks."""
    cases = comparable(question.cases(), question.kind, history.past)
    bounds = Bounds.of(question, cases, 2 * parts)
    newest = _breakage(cases, [case.at for case in cases], whole.read, question.max_share, bounds)
    if newest is None and question.asks_new:
        cases = as_they_came(cases)
        moments = [case.met or case.at for case in cases]
        newest = _breakage(cases, moments, whole.met, MAX_EXCEPTIONS_OF_NEW, bounds)
    if newest is None:
        return None
    first = min(case.at for case in newest if case.bad)
    after = [case for case in newest if case.at >= first]
    return alarm_of(question, first, after, len(cases) - len(newest))


def _breakage(
    cases: Sequence[Case], moments: Sequence[datetime], whole: _Known, max_share: float, bounds: Bounds
) -> Sequence[Case] | None:
    """The last cases of a part, where they are bad by no chance: as those of its own were before, or as those of the site."""
    first_bad = next((place for place, case in enumerate(cases) if case.bad), 0)
    for newest, bad, exceptions, before in windows(cases, MIN_PART_READINGS, len(cases) - first_bad):
        size, rates = len(newest), [(exceptions, before)]
        known = bisect_left(whole.moments, moments[-size])
        if many_of(exceptions, before, whole.bad[known], known) >= MIN_LIKE_SITE:
            rates.append((whole.bad[known], known))
        for exceptional, total in rates:
            is_known = total >= MIN_HISTORY_READINGS and exceptional <= max_share * total
            if is_known and bounds.let_pass(bad, size, exceptional, total):
                return newest
    return None
