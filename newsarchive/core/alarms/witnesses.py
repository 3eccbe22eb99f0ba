"""Which posts are read again so that a broken site is told within a day, however seldom it posts.

A blog of two posts a week gets a new theme, and its authors are gone. Its next post comes in three days, and one post proves
nothing. But it has 200 posts that had an author: `wanted` has two of them read again every eight hours in which no old post was
read, and where one of these witnesses is not as it was, more of them at once. Six posts that had an author and have none are no
chance, and the alarm comes half a day after the theme.

Where the site has parts (`core.alarms.parts`), the witnesses are taken from them in turn, and where one is not as it was, the next
ones from the same part.

A busy blog needs no witnesses: its old posts are read again anyway. Where an alarm stands, those that it is about are the
witnesses, so that its end is known soon, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from newsarchive.core.alarms import questions
from newsarchive.core.alarms.parts import KINDS, Part, parts_of
from newsarchive.core.alarms.records import History

#: Time without a look at an old post of a site, after which some are read again. Shorter: more requests; longer: alarms come later.
MAX_TIME_WITHOUT_WITNESS = timedelta(hours=8)
#: Age from which a post is old: what is new may be bad by itself.
MIN_WITNESS_AGE = timedelta(hours=12)
#: Posts that are read again then. One alone cannot tell that all have one date.
WITNESSES = 2
#: Posts that are read again where a witness says otherwise than the archive knew.
MORE_WITNESSES = 4
#: Posts of a part of the site that are bad one after the other, after which no more of it are read: it has few.
MAX_OF_PART = 13
#: Posts that are offered as witnesses: more than are wanted, since some of them may be gone.
MAX_CANDIDATES = 50


class Wanted(NamedTuple):
    """The number of posts that are to be read again, and the ids of the articles to take them from, the best first."""

    number: int = 0
    candidates: Sequence[int] = ()


def wanted(history: History, now: datetime) -> Wanted:
    """The posts of a site that are to be read again now, none for a site that is known for less than a day or too little."""
    is_known = history.met is not None and now - history.met >= questions.DAY
    if not is_known or len(history.readings) < questions.MIN_HISTORY_READINGS + WITNESSES:
        return Wanted()
    parts = parts_of(history)
    number, part = _number(history, parts, now)
    return Wanted(number, _candidates(history, parts, part)[:MAX_CANDIDATES]) if number else Wanted()


def _number(history: History, parts: Sequence[Part], now: datetime) -> tuple[int, Part | None]:
    """How many posts are to be read, and of which part of the site, `None` for all."""
    for part in parts:
        for question in part.questions:
            strict = question._replace(max_share=questions.MAX_EXCEPTIONS_OF_NEW)
            stands = history.told_parts.get(question.kind) == part.name
            if question.kind in KINDS and _is_open(strict, stands, MAX_OF_PART):
                return MORE_WITNESSES, part
    standing = history.standing
    if any(
        _is_open(one, one.kind in standing, questions.WINDOWS[-1])
        for one in questions.questions_of_posts(history)
    ):
        return MORE_WITNESSES, None
    looks = history.looks
    last = next((look.at for look in reversed(looks) if look.at - look.met >= MIN_WITNESS_AGE), None)
    if last is None or now - last >= MAX_TIME_WITHOUT_WITNESS:
        return WITNESSES, None
    return 0, None


def _is_open(question: questions.Question, stands: bool, most: int) -> bool:
    """Whether further witnesses would tell more: the newest one is not as the archive knew its post, or, where the alarm stands,
    it is well again, and too few in a row are so to decide. To begin an alarm `most` are enough."""
    items = question.items
    old = (i for i in range(len(items) - 1, -1, -1) if items[i].at - items[i].met >= MIN_WITNESS_AGE)
    agree = 0
    for i in old:
        if not stands and question.is_old(i):
            continue  # it was so before: no news
        if question.is_bad(i) == stands:
            break
        agree += 1
        if agree >= (questions.MIN_GOOD_READINGS if stands else most):
            return False  # enough for the alarm to end, or to begin
    if not agree or stands:
        return bool(agree)
    # Where many posts are bad, one more is no news.
    return sum(map(question.is_bad, range(len(items)))) - agree <= question.max_share * len(items)


def _candidates(history: History, parts: Sequence[Part], part: Part | None) -> list[int]:
    """The ids of the articles that tell most, in the order in which they are to be read.

    First come the articles that a standing alarm is about. Then come articles that are well, the one that was read longest ago
    first: those of this `part` of the site, or, without a `part`, one of each part before a second of any.
    """
    places = range(len(history.readings))
    touched, exceptions = set[int](), set[int]()
    for question in questions.questions_of_posts(history):
        if question.items is history.readings:
            bad = {place for place in places if question.is_bad(place)}
            if question.kind in history.standing:
                touched |= bad
            elif len(bad) <= question.max_share * len(places):
                exceptions |= bad
    rest = [place for place in places if place not in touched | exceptions]
    # Posts of one day have one date where a blog gives no time: they cannot tell that all have one.
    dates = {one.published for one in history.readings[-MAX_CANDIDATES:]}
    apart, others = list[int](), list[int]()
    for place in rest:
        published = history.readings[place].published
        (others if published in dates else apart).append(place)
        dates.add(published)
    ordered = [*apart, *others]
    names = [part.name] if part else [one.name for one in sorted(parts, key=lambda one: one.last_at)]
    first = list[int]()
    for name in names:
        own = [place for place in ordered if name in history.readings[place].parts]
        first += own if part else own[:1]
    chosen = dict.fromkeys([*sorted(touched), *first, *ordered])
    return [history.readings[place].id for place in chosen]
