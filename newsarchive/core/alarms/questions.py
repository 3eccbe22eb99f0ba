"""Of a site's posts, or of looks at its lists: are the newest bad, and were those before not, by no chance?

A question is asked of each post in order of time: has it an author? An alarm answers it where so large a share of the newest
posts is bad that a site which goes on as before would show it once in a thousand years (`many_of`).

`questions_of_posts` are those asked of the posts of a site that were read, and of the looks that gave no article.

These tests tell how unlikely a count is, if a site goes on as before:

- Of the next `m` readings `x` lack an author, where 0 of 300 did: the beta-binomial distribution, which is what a
  binomial becomes whose rate is only known from counts (Jeffreys' prior; Gelman et al., Bayesian Data Analysis, 3rd
  ed., 2.4 and 2.8).
- A week has 3 posts, where the weeks before had 20 to 30: the negative binomial, a Poisson whose rate varies, with the
  dispersion by moments (Noufaily et al., An improved algorithm for outbreak detection, Statistics in Medicine 2013).
- Lengths are compared by median and MAD (Hampel, JASA 1974), which half of the values may not mislead.

Whoever looks each hour looks often, and some look will meet chance. So every test has the bound `FALSE_ALARMS_A_YEAR`
divided by the number of its looks in a year (Bonferroni); looks between which nothing new was counted are one look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import exp, inf, lgamma, log
from operator import attrgetter
from statistics import fmean, median, variance
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from newsarchive.core.alarms.listings import MAX_DATE_DISTANCE, ListLook
from newsarchive.core.alarms.records import Alarm, AlarmKind, History, Past, Problem, Reading, State

#: False alarms of one kind that a site may give in a year, as the tests reckon. With a higher number the breakages of slow
#: sites would be told sooner.
FALSE_ALARMS_A_YEAR = 0.001
#: What Jeffreys' prior adds to each of both counts.
PRIOR = 0.5
#: Factor from a median absolute deviation to the standard deviation of a normal distribution.
MAD_FACTOR = 1.4826


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def many_of(x: int, m: int, before: int, total: int) -> float:
    """The probability that of `m` further cases at least `x` are such as `before` of `total` were.

    >>> [f"{many_of(n, n, 0, 300):.0e}" for n in (1, 2, 3)]
    ['2e-03', '8e-06', '7e-08']
    """
    a, b = before + PRIOR, total - before + PRIOR
    ways = ((k, lgamma(m + 1) - lgamma(k + 1) - lgamma(m - k + 1)) for k in range(x, m + 1))
    terms = (choices + _log_beta(a + k, b + m - k) - _log_beta(a, b) for k, choices in ways)
    return min(1.0, sum(map(exp, terms)))


def few_of(x: int, counts: Sequence[int], recent: int) -> float:
    """The probability of at most `x`, where equal spans before had `counts` (two at least), the newest first.

    The mean is that of the `recent` newest, because a blog may have become slower; the dispersion is that of all.

    >>> few_of(0, [14, 15, 13, 16, 14, 15], 4) < 1e-5, few_of(0, [14, 3, 29, 0, 24, 20], 4) > 0.01
    (True, True)
    """
    mean, whole = fmean(counts[:recent]), fmean(counts)
    if mean <= 0:
        return 1.0
    excess = variance(counts) - whole
    size = whole * whole / excess if excess > 0 else inf
    if size == inf:
        return min(1.0, sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(x + 1)))
    share = mean / (mean + size)
    ways = (lgamma(k + size) - lgamma(size) - lgamma(k + 1) for k in range(x + 1))
    logs = (count + size * log(1 - share) + k * log(share) for k, count in enumerate(ways))
    return min(1.0, sum(map(exp, logs)))


def middle(values: Sequence[float]) -> tuple[float, float]:
    """The median of values, and their spread as a standard deviation that far ones do not change.

    >>> middle([1, 2, 3, 4, 900])
    (3, 1.4826)
    """
    centre = median(values)
    return centre, MAD_FACTOR * median(abs(value - centre) for value in values)


DAY = timedelta(days=1)

#: Readings a year that count for a site that has fewer of them.
DAYS_A_YEAR = 365
#: Readings before those that are tested. With fewer, no reading of the site raises an alarm.
MIN_HISTORY_READINGS = 20
#: Numbers of newest readings that are tested together, besides all that are bad in a row: few tell a total change soon, many one
#: that is not total.
WINDOWS = (2, 3, 5, 8, 13, 21, 34)
#: Share of the tested readings that must be bad (0 to 1). A part of a site that changes is no breakage.
MIN_BAD_SHARE = 0.8
#: Share of the posts before (0 to 1) that may be bad where the newest posts are asked in the order in which they came: posts of one
#: sort follow each other, so where there are more exceptions, a run of them says little.
MAX_EXCEPTIONS_OF_NEW = 0.02
#: Readings in a row as before, after which an alarm is cleared.
MIN_GOOD_READINGS = 3
#: Of the same number of newest posts, those that may be bad then: one may have been deleted.
MAX_BAD_OF_NEW = 1
#: Age from which an alarm is cleared although nothing changed, if `MIN_HISTORY_READINGS` followed it.
MAX_ALARM_AGE = 30 * DAY


class Case(NamedTuple):
    """A reading under one question; `id` is that of its article, 0 for none. A crawl met its post first at `met`. One that `proves`
    is enough for an alarm."""

    at: datetime
    bad: bool
    id: int = 0
    met: datetime | None = None
    proves: bool = False


_at = attrgetter("at")


class Question(NamedTuple):
    """What is asked of each of `items`, by its place, and the share of bad ones up to which they are the exception.

    `asks_new` says that the newest posts are asked too, whatever older ones say: a change of a site may be one of its new posts
    alone, and while they come, older posts are read again and are as they were. A bad one that `proves` is enough. After
    `min_good` in a row as before an alarm is over. `since` tells since when a bad one is so, where that is known, `says` is
    what the sentence holds besides the numbers. `min_before` readings must be known before those that are tested, and
    `min_a_year` is the least number of them that counts for a year.
    """

    kind: AlarmKind
    items: Sequence[Any]
    is_bad: Callable[[int], bool]
    max_share: float
    max_false: float = FALSE_ALARMS_A_YEAR
    asks_new: bool = False
    proves: Callable[[int], bool] = lambda _: False
    min_good: int = MIN_GOOD_READINGS
    says: Mapping[str, float | str] = MappingProxyType({})
    since: Callable[[int], datetime | None] = lambda _: None
    min_before: int = MIN_HISTORY_READINGS
    min_a_year: int = DAYS_A_YEAR

    def cases(self) -> list[Case]:
        """The items in order of time. A bad one stands where it became so: a post that never had an author, and is read again, is no
        news."""
        found, is_sorted = [], True
        for place, one in enumerate(self.items):
            article = one.id if isinstance(one, Reading) else 0
            met, bad = getattr(one, "met", None), self.is_bad(place)
            at = (self.since(place) if bad else None) or one.at
            is_sorted = is_sorted and at == one.at
            found.append(Case(at, bad, article, met, self.proves(place)))
        return found if is_sorted else sorted(found, key=_at)

    def is_old(self, place: int) -> bool:
        """Whether an item was bad before it was read last."""
        since = self.since(place)
        return since is not None and self.is_bad(place) and since < self.items[place].at


def asked(question: Question, history: History, now: datetime) -> Alarm | None:
    """The alarm of this kind that stands or begins, `None` for none."""
    kind, since = question.kind, history.standing.get(question.kind)
    if since is None and not may_begin(question):
        return None  # nearly always: the newest is as it should be
    cases = question.cases()
    if since is not None:
        after = [case for case in cases if case.at >= since]
        # The site is as before by what was read since, and by its newest posts where those are asked.
        is_well = len(after) >= question.min_good and not any(c.bad for c in after[-MIN_GOOD_READINGS:])
        posts = as_they_came(cases)[-MIN_GOOD_READINGS:] if question.asks_new else []
        state = State.STANDS
        if is_well and sum(case.bad for case in posts) <= MAX_BAD_OF_NEW:
            state = State.CLEARED
        elif now - since > MAX_ALARM_AGE and len(after) >= MIN_HISTORY_READINGS:
            state = State.SETTLED
        return alarm_of(question, since, after, len(cases) - len(after), state)
    cases = comparable(cases, kind, history.past)
    bounds = Bounds.of(question, cases)
    # The first case that proves by itself, where enough are known before it.
    first = next((at for at, case in enumerate(cases) if case.bad and case.proves), 0)
    newest: Sequence[Case] | None = cases[first:] if first >= question.min_before else None
    if newest is None:
        newest = _breakage(cases, question.max_share, bounds, question.min_before)
    if newest is None and question.asks_new:
        newest = _breakage(as_they_came(cases), MAX_EXCEPTIONS_OF_NEW, bounds, question.min_before)
    if newest is None:
        return None
    since = min(case.at for case in newest if case.bad)
    return alarm_of(question, since, [case for case in newest if case.at >= since], len(cases) - len(newest))


def may_begin(question: Question) -> bool:
    """Whether the newest is bad, read or met."""
    places = range(len(question.items))
    if not places or question.is_bad(places[-1]):
        return bool(places)
    return question.asks_new and question.is_bad(max(places, key=lambda place: question.items[place].met))


def as_they_came(cases: Sequence[Case]) -> list[Case]:
    return sorted(cases, key=lambda case: case.met or case.at)


class Bounds(NamedTuple):
    """How unlikely the bad ones among the newest cases must be for an alarm: `bound` where some of the cases before are bad,
    `after_none` where none is."""

    bound: float
    after_none: float

    @classmethod
    def of(cls, question: Question, cases: Sequence[Case], tests: int = 1) -> Bounds:
        """The bounds of a question that is one of `tests` which may give the same alarm."""
        most = question.max_false / (len(WINDOWS) + 1) / (2 if question.asks_new else 1) / tests
        readings = posts = _a_year(question, cases)
        if cases and isinstance(question.items[0], Reading):
            # Each post may be the first bad one. To read a stored post again is no further chance, as long as the site is as it
            # was; to ask for a page again is one.
            met = [case.met for case in cases if case.met is not None]
            days = max((max(met) - min(met)) / DAY, 1.0)
            posts = min(max(DAYS_A_YEAR * len(met) / days, question.min_a_year), readings)
        return cls(most / readings, most / posts)

    def let_pass(self, bad: int, size: int, exceptions: int, before: int) -> bool:
        """Whether `bad` of `size` are no chance after `exceptions` of `before`."""
        return many_of(bad, size, exceptions, before) < (self.bound if exceptions else self.after_none)


def _breakage(
    cases: Sequence[Case], max_share: float, bounds: Bounds, min_before: int
) -> Sequence[Case] | None:
    """The last of these cases, where they are bad and those before are not, by no chance; `None` where nothing is told."""
    for newest, bad, exceptions, before in windows(cases, min_before):
        if exceptions <= max_share * before and bounds.let_pass(bad, len(newest), exceptions, before):
            return newest
    return None


def windows(
    cases: Sequence[Case], min_before: int, also: int = 0
) -> Iterator[tuple[Sequence[Case], int, int, int]]:
    """The newest cases that are tested together, where most of them are bad: these cases, how many of them are bad, how many
    of those before are, and how many are before. `also` is one more number of cases to be tested."""
    if not (cases and cases[-1].bad):
        return
    in_a_row = next((n for n, case in enumerate(reversed(cases)) if not case.bad), len(cases))
    for size in sorted({*WINDOWS, in_a_row, also} - {0, 1}):
        newest, before = cases[-size:], cases[:-size]
        if len(before) < min_before:
            return
        if (bad := sum(case.bad for case in newest)) >= MIN_BAD_SHARE * size:
            yield newest, bad, sum(case.bad for case in before), len(before)


_T = TypeVar("_T", Case, ListLook)


def comparable(items: Sequence[_T], kind: AlarmKind, past: Sequence[Past]) -> list[_T]:
    """What is no part of a time that was broken in this way before, and not older than what became the site's way."""
    for one in past:
        if one.kind is kind and one.settled:
            items = [item for item in items if item.at >= one.since]
        elif one.kind is kind:
            items = [item for item in items if not one.since <= item.at <= one.cleared]
    return list(items)


def _a_year(question: Question, cases: Sequence[Case]) -> float:
    """The number of readings in a year, by the time that these took. The bad ones at the end do not tell it: where one is bad,
    others are read at once."""
    end = len(cases)
    while end > question.min_before and cases[end - 1].bad:
        end -= 1
    if end < 2:
        return 1.0
    days = max((cases[end - 1].at - cases[0].at) / DAY, 1.0)
    return max(DAYS_A_YEAR * end / days, question.min_a_year)


def alarm_of(
    question: Question, since: datetime, after: Sequence[Case], before: int, state: State = State.STANDS
) -> Alarm:
    """The alarm of the cases `after` it began."""
    bad = tuple(case.id for case in after if case.bad)
    well = tuple(case.id for case in after if not case.bad and case.id)
    evidence = {"bad": len(bad), "readings": len(after), "before": before, **question.says}
    return Alarm(question.kind, since, evidence, tuple(filter(None, bad)), well, state)


#: A text counts as much shorter below this share of the site's median length (0 to 1).
MAX_SHORT_SHARE = 0.5
#: It must also be this many standard deviations below the median, so that a site with texts of all lengths gives no alarm.
MIN_SHORT_DEVIATIONS = 2.5
#: Confidence of an extraction (0 to 1) below which it is doubtful; as for the quarantine.
MIN_CONFIDENCE = 0.8


def questions_of_posts(history: History) -> list[Question]:
    """What is asked of the posts of a site that were read."""
    read, looks = history.readings, history.looks
    limit, usual = short_text(read)

    def same_date(i: int) -> bool:
        one = read[i]
        if i == 0 or one.published is None or one.published != read[i - 1].published:
            return False
        # Where a blog gives days alone, all posts of one day have one date: that of the day on which a crawl met them.
        is_live = history.met is not None and one.met - history.met > DAY
        return not is_live or abs(one.published - one.met) > MAX_DATE_DISTANCE

    def failed(problem: Problem) -> Callable[[int], bool]:
        return lambda i: looks[i].problem is problem

    def emptied(i: int) -> datetime | None:
        return looks[i].at if looks[i].is_emptied else None

    return [
        Question(AlarmKind.NOT_STORED, looks, failed(Problem.OTHER), 0.3, asks_new=True, since=emptied),
        Question(AlarmKind.BLOCKED, looks, failed(Problem.BLOCKED), 0.1),
        Question(
            AlarmKind.SCRIPTS_ONLY, looks, failed(Problem.SCRIPTS_ONLY), 0.1, asks_new=True, since=emptied
        ),
        Question(
            AlarmKind.SHORTER,
            read,
            lambda i: read[i].words < limit,
            0.1,
            says={"limit": limit, "median": usual},
            since=lambda i: read[i].shrunk_at,
        ),
        Question(
            AlarmKind.NO_DATE,
            read,
            lambda i: read[i].published is None,
            0.02,
            asks_new=True,
            since=lambda i: read[i].date_since,
        ),
        Question(
            AlarmKind.NO_AUTHOR,
            read,
            lambda i: not read[i].has_author,
            0.02,
            asks_new=True,
            since=lambda i: read[i].author_since,
        ),
        Question(AlarmKind.ONE_DATE, read, same_date, 0.1),
        Question(AlarmKind.ONE_TEXT, read, lambda i: i > 0 and read[i].text == read[i - 1].text, 0.1),
        Question(AlarmKind.DOUBTFUL, read, lambda i: read[i].confidence < MIN_CONFIDENCE, 0.1),
    ]


def short_text(readings: Sequence[Reading]) -> tuple[int, int]:
    """The number of words below which a text is much shorter than this site's, and their median."""
    older = readings[: -WINDOWS[-1]] if len(readings) >= 3 * WINDOWS[-1] else readings[: len(readings) // 2]
    lengths = [log(one.words) for one in older if one.words]
    if not lengths:
        return 0, 0
    usual, spread = middle(lengths)
    below = max(-log(MAX_SHORT_SHARE), MIN_SHORT_DEVIATIONS * spread)
    return round(exp(usual - below)), round(exp(usual))
