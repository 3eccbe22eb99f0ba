"""Which alarms stand at a site, by its history.

A blog whose 300 posts all had an author has four in a row without: its theme has changed, and nothing failed. `judge`
looks at the newest readings of its posts (each post stands once, at its last reading: a theme that breaks is seen on
old posts that are looked at again too), at the looks that gave no article, and at when posts came.

An alarm stands until three readings in a row are as before, or, after `MAX_ALARM_AGE` with enough readings, until what
it told of has become the site's way. A site with little history has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from math import exp, log
from typing import Any, NamedTuple, TypeVar

from newsarchive.core.alarms import listings
from newsarchive.core.alarms.listings import Listing, ListLook
from newsarchive.core.alarms.named import MAX_DATE_DISTANCE, MAX_LAG, Listed, lag
from newsarchive.core.alarms.statistics import FALSE_ALARMS_A_YEAR, few_of, many_of, middle

DAY = timedelta(days=1)

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
#: A text counts as much shorter below this share of the site's median length (0 to 1), and this many deviations below it.
MAX_SHORT_SHARE = 0.5
MIN_SHORT_DEVIATIONS = 2.5
#: Confidence of an extraction (0 to 1) below which it is doubtful; as for the quarantine.
MIN_CONFIDENCE = 0.8
#: Factor of `FALSE_ALARMS_A_YEAR` for a list that froze. It hides no article, and with three posts instead of four it is told a day
#: sooner at a blog of a post a day.
FROZEN_LIST_FACTOR = 10
#: Days of history before the days that are tested, and posts in them. With less, the rhythm of a site is not known.
MIN_RHYTHM_DAYS = 56
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
#: Spans before, with fewer of which a span is not compared.
MIN_SPANS = 6
#: Share of the smallest such span before (0 to 1), from which on a span is not small.
MAX_SMALL_SHARE = 0.5
#: Independent looks at spans in a year: the hours of one day see nearly the same posts.
LOOKS_A_YEAR = 4 * 365
#: False alarms of a rhythm that a site may give in a year, as the test reckons, which looks at overlapping spans as if they were
#: apart. Made blogs had three false alarms in 79 years with it, and the same three with a tenth of it, which tells a slow site days
#: later; with ten times as much they had one in 15 years, most of them around the turn of the year.
FALSE_RHYTHMS_A_YEAR = 0.01
#: Factor by which a span may be likelier for an alarm that stands to go on.
STANDING_FACTOR = 1000
#: Time without a successful crawl, and failed crawls in it, after which a site counts as not reachable.
MIN_UNREACHABLE = timedelta(hours=6)
MIN_FAILED_RUNS = 3


class AlarmKind(StrEnum):
    """What is wrong with a site that was crawled."""

    SILENT = "silent"
    FEWER_POSTS = "fewer posts"
    #: Posts that the site lists give no article.
    NOT_STORED = "posts not stored"
    BLOCKED = "blocked"
    SCRIPTS_ONLY = "scripts only"
    SHORTER = "shorter texts"
    NO_DATE = "no dates"
    NO_AUTHOR = "no authors"
    ONE_DATE = "one date"
    ONE_TEXT = "one text"
    DOUBTFUL = "doubtful texts"
    FROZEN_FEED = "frozen feed"
    #: Front page, feed or API names far fewer posts at a time than it did.
    FEWER_LISTED = "fewer posts listed"
    #: A cache gives an old front page.
    FROZEN_PAGE = "frozen front page"
    UNREACHABLE = "unreachable"


#: Alarms of looks at lists of posts.
LIST_ALARMS = frozenset((AlarmKind.FEWER_LISTED, AlarmKind.FROZEN_PAGE))
#: Kind → what it means, with the fields of the evidence.
SENTENCES: Mapping[AlarmKind, str] = {
    AlarmKind.SILENT: "no new post for {days} days, where spans as long had {least} to {most}",
    AlarmKind.FEWER_POSTS: "{posts} posts in {days} days, where spans as long had {least} to {most}",
    AlarmKind.NOT_STORED: "{bad} of the last {readings} posts gave no article",
    AlarmKind.BLOCKED: "{bad} of the last {readings} requests were blocked",
    AlarmKind.SCRIPTS_ONLY: "{bad} of the last {readings} pages hold no text until scripts have run",
    AlarmKind.SHORTER: "{bad} of the last {readings} texts are below {limit} words, where {median} are usual",
    AlarmKind.NO_DATE: "{bad} of the last {readings} posts have no date",
    AlarmKind.NO_AUTHOR: "{bad} of the last {readings} posts have no author",
    AlarmKind.ONE_DATE: "{bad} of the last {readings} posts have the date of the post before",
    AlarmKind.ONE_TEXT: "{bad} of the last {readings} posts have the text of the post before",
    AlarmKind.DOUBTFUL: "{bad} of the last {readings} texts are doubtful",
    AlarmKind.FROZEN_FEED: "the feed lacks {bad} of the last {readings} posts",
    AlarmKind.FEWER_LISTED: "at {bad} of the last {readings} looks a list of its posts named at most {limit}, where {median} are usual",
    AlarmKind.FROZEN_PAGE: "at {bad} of the last {readings} looks the front page had been the same for more than {hours} hours, "
    "twice as long as ever before",
    AlarmKind.UNREACHABLE: "{runs} crawls failed, and none succeeded",
}


#: What a frozen front page means where posts that other sources named tell it.
PAGE_WITHOUT_POSTS = "the front page has not changed since {bad} of the last {readings} posts came"


class Problem(StrEnum):
    """Why a look at a post gave no article, as far as alarms tell it apart."""

    BLOCKED = "blocked"
    SCRIPTS_ONLY = "scripts only"
    OTHER = "other"


class Reading(NamedTuple):
    """A stored post as it was last read, at `at`; a crawl met it first at `met`. `text` names its text or its cluster: equal
    for equal texts."""

    id: int
    at: datetime
    met: datetime
    published: datetime | None
    words: int
    has_author: bool
    confidence: float
    text: str


class Look(NamedTuple):
    """The last look at a post that the site lists, which a crawl met first at `met`; `problem` is `None` where it gave an
    article."""

    at: datetime
    met: datetime
    problem: Problem | None


class Past(NamedTuple):
    """An alarm that was cleared; `settled` where it became the site's way."""

    kind: AlarmKind
    since: datetime
    cleared: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class History:
    """What an archive knows of a site. Readings, looks and listed posts are in order of time, the oldest first.

    `listed` are the posts that a feed should name, `on_page` those that the front page should.

    `days` are the numbers of posts that came in each 24 hours, counted back from now, `quarters` those of each 6 hours, and
    `last_post` is when the newest came. `listings` are the lists of the site. `met` is when the archive met the site: what was so before is no change. `failed_runs` are the crawls after `last_success` that could not be made, `is_blocked` says whether the newest of them was kept out.
    """

    readings: Sequence[Reading] = ()
    looks: Sequence[Look] = ()
    listed: Sequence[Listed] = ()
    days: Sequence[int] = ()
    last_post: datetime | None = None
    last_success: datetime | None = None
    failed_runs: int = 0
    is_blocked: bool = False
    standing: Mapping[AlarmKind, datetime] = field(default_factory=dict)
    past: Sequence[Past] = ()
    met: datetime | None = None
    quarters: Sequence[int] = ()
    listings: Sequence[Listing] = ()
    on_page: Sequence[Listed] = ()


class State(Enum):
    """What becomes of an alarm."""

    STANDS = "stands"
    #: The site is as before.
    CLEARED = "cleared"
    #: It stood for `MAX_ALARM_AGE`: the site is no longer as it was before.
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm, and the numbers behind it. `touched` are the articles that it is about, `well` those read since then of
    which it does not hold."""

    kind: AlarmKind
    since: datetime
    evidence: Mapping[str, float]
    touched: tuple[int, ...] = ()
    well: tuple[int, ...] = ()
    state: State = State.STANDS

    @property
    def sentence(self) -> str:
        return sentence(self.kind, self.since, self.evidence)


def sentence(kind: AlarmKind, since: datetime, evidence: Mapping[str, float]) -> str:
    """An alarm in words: `no authors since 2026-11-25 09:00 UTC: 4 of the last 4 posts have no author`."""
    told_by_posts = kind is AlarmKind.FROZEN_PAGE and "hours" not in evidence
    words = PAGE_WITHOUT_POSTS if told_by_posts else SENTENCES[kind]
    return f"{kind} since {since:%Y-%m-%d %H:%M} UTC: {words.format(**evidence)}"


class Case(NamedTuple):
    """A reading under one question; `id` is that of its article, 0 for none. A crawl met its post first at `met`. One that `proves`
    is enough for an alarm."""

    at: datetime
    bad: bool
    id: int = 0
    met: datetime | None = None
    proves: bool = False


def judge(history: History, now: datetime) -> list[Alarm]:
    """The alarms that stand at `now`. Of those that `history` has as standing, an alarm of readings that stands no more
    comes with its new state, any other one is missing."""
    found = [
        *_of_readings(history, now),
        *_of_listings(history, now),
        *_of_rhythm(history, now),
        *_of_runs(history, now),
    ]
    return sorted(found, key=lambda alarm: list(AlarmKind).index(alarm.kind))


# -- readings ---------------------------------------------------------------------------------


class Question(NamedTuple):
    """What is asked of each of `items`, by its place, and the share of bad ones up to which they are the exception.

    `asks_new` says that the newest posts are asked too, whatever older ones say: a change of a site may be one of its new
    posts alone, and while they come, older posts are read again and are as they were. A bad one that `proves` is enough. After
    `min_good` in a row as before an alarm is over.
    """

    kind: AlarmKind
    items: Sequence[Any]
    is_bad: Callable[[int], bool]
    max_share: float
    max_false: float = FALSE_ALARMS_A_YEAR
    asks_new: bool = False
    proves: Callable[[int], bool] = lambda _: False
    min_good: int = MIN_GOOD_READINGS

    def cases(self) -> list[Case]:
        found = []
        for place, one in enumerate(self.items):
            article = one.id if isinstance(one, Reading) else 0
            met = getattr(one, "met", None)
            found.append(Case(one.at, self.is_bad(place), article, met, self.proves(place)))
        return found


def _of_readings(history: History, now: datetime) -> Iterable[Alarm]:
    limit, usual = _short(history.readings)
    of_feed = _of_lack(AlarmKind.FROZEN_FEED, history.listed, now)
    for question in (*questions_of_posts(history), of_feed):
        if alarm := _asked(question, history, now):
            lengths = {"limit": limit, "median": usual} if alarm.kind is AlarmKind.SHORTER else {}
            yield replace(alarm, evidence={**alarm.evidence, **lengths})


def questions_of_posts(history: History) -> list[Question]:
    """What is asked of the posts of a site that were read."""
    read, looks = history.readings, history.looks
    limit, _ = _short(read)

    def same_date(i: int) -> bool:
        one = read[i]
        if i == 0 or one.published is None or one.published != read[i - 1].published:
            return False
        # Where a blog gives days alone, all posts of one day have one date: that of the day on which a crawl met them.
        is_live = history.met is not None and one.met - history.met > DAY
        return not is_live or abs(one.published - one.met) > MAX_DATE_DISTANCE

    def failed(problem: Problem) -> Callable[[int], bool]:
        return lambda i: looks[i].problem is problem

    return [
        Question(AlarmKind.NOT_STORED, looks, failed(Problem.OTHER), 0.3, asks_new=True),
        Question(AlarmKind.BLOCKED, looks, failed(Problem.BLOCKED), 0.1),
        Question(AlarmKind.SCRIPTS_ONLY, looks, failed(Problem.SCRIPTS_ONLY), 0.1, asks_new=True),
        Question(AlarmKind.SHORTER, read, lambda i: read[i].words < limit, 0.1),
        Question(AlarmKind.NO_DATE, read, lambda i: read[i].published is None, 0.02, asks_new=True),
        Question(AlarmKind.NO_AUTHOR, read, lambda i: not read[i].has_author, 0.02, asks_new=True),
        Question(AlarmKind.ONE_DATE, read, same_date, 0.1),
        Question(AlarmKind.ONE_TEXT, read, lambda i: i > 0 and read[i].text == read[i - 1].text, 0.1),
        Question(AlarmKind.DOUBTFUL, read, lambda i: read[i].confidence < MIN_CONFIDENCE, 0.1),
    ]


def _of_lack(kind: AlarmKind, posts: Sequence[Listed], now: datetime) -> Question:
    """Whether a list of the site has the posts that its other lists name, as it always had before."""
    wait = lag(posts)
    listed = [one for one in posts if one.at <= now - wait]

    def proves(i: int) -> bool:
        # A feed is cached for a while; a front page that was asked past the caches had stood still for long.
        return listed[i].is_proof and (kind is AlarmKind.FROZEN_PAGE or now - listed[i].at >= MAX_LAG)

    max_false = FROZEN_LIST_FACTOR * FALSE_ALARMS_A_YEAR
    return Question(kind, listed, lambda i: not listed[i].in_list, 0.1, max_false, proves=proves, min_good=0)


def _short(readings: Sequence[Reading]) -> tuple[int, int]:
    """The number of words below which a text is much shorter than this site's, and their median."""
    older = readings[: -WINDOWS[-1]] if len(readings) >= 3 * WINDOWS[-1] else readings[: len(readings) // 2]
    lengths = [log(one.words) for one in older if one.words]
    if not lengths:
        return 0, 0
    usual, spread = middle(lengths)
    below = max(-log(MAX_SHORT_SHARE), MIN_SHORT_DEVIATIONS * spread)
    return round(exp(usual - below)), round(exp(usual))


def _asked(question: Question, history: History, now: datetime) -> Alarm | None:
    """The alarm of this kind that stands or begins, `None` for none."""
    kind, since = question.kind, history.standing.get(question.kind)
    if since is None and not _may_begin(question):
        return None  # nearly always: the newest is as it should be
    cases = question.cases()
    if since is not None:
        after = [case for case in cases if case.at >= since]
        state = State.STANDS
        if _is_well(question, cases, after):
            state = State.CLEARED
        elif now - since > MAX_ALARM_AGE and len(after) >= MIN_HISTORY_READINGS:
            state = State.SETTLED
        return _alarm(kind, since, after, len(cases) - len(after), state)
    cases = _comparable(cases, kind, history.past)
    most = question.max_false / (len(WINDOWS) + 1) / (2 if question.asks_new else 1)
    bounds = _Bounds(most / _a_year(cases), most / _posts_a_year(question, cases))
    newest = _proof(cases) or _breakage(cases, question.max_share, bounds)
    if newest is None and question.asks_new:
        newest = _breakage(_as_they_came(cases), MAX_EXCEPTIONS_OF_NEW, bounds)
    if newest is None:
        return None
    first = min(case.at for case in newest if case.bad)
    return _alarm(kind, first, [case for case in newest if case.at >= first], len(cases) - len(newest))


def _may_begin(question: Question) -> bool:
    """Whether the newest is bad, read or met."""
    places = range(len(question.items))
    if not places or question.is_bad(places[-1]):
        return bool(places)
    return question.asks_new and question.is_bad(max(places, key=lambda place: question.items[place].met))


def _is_well(question: Question, cases: Sequence[Case], after: Sequence[Case]) -> bool:
    """Whether a site is as before by what was read `after` an alarm began, and by its newest posts where those are asked."""
    if len(after) < question.min_good or any(case.bad for case in after[-MIN_GOOD_READINGS:]):
        return False
    newest = _as_they_came(cases)[-MIN_GOOD_READINGS:] if question.asks_new else []
    return sum(case.bad for case in newest) <= MAX_BAD_OF_NEW


def _as_they_came(cases: Sequence[Case]) -> list[Case]:
    return sorted(cases, key=lambda case: case.met or case.at)


def _proof(cases: Sequence[Case]) -> Sequence[Case] | None:
    """The cases since the first that proves by itself, where enough are known before it; `None` for none."""
    first = next((at for at, case in enumerate(cases) if case.bad and case.proves), 0)
    return cases[first:] if first >= MIN_HISTORY_READINGS else None


class _Bounds(NamedTuple):
    """How unlikely what a window holds must be for an alarm, and the same where no case before it is bad."""

    bound: float
    after_none: float


def _breakage(cases: Sequence[Case], max_share: float, bounds: _Bounds) -> Sequence[Case] | None:
    """The last of these cases, where they are bad and those before are not, by no chance; `None` where nothing is told."""
    if not (cases and cases[-1].bad):
        return None
    in_a_row = next((n for n, case in enumerate(reversed(cases)) if not case.bad), len(cases))
    for size in sorted({*WINDOWS, in_a_row} - {1}):
        before, newest = cases[:-size], cases[-size:]
        bad, exceptions = sum(case.bad for case in newest), sum(case.bad for case in before)
        if len(before) < MIN_HISTORY_READINGS:
            break
        if bad < MIN_BAD_SHARE * size or exceptions > max_share * len(before):
            continue
        if many_of(bad, size, exceptions, len(before)) < (bounds.bound if exceptions else bounds.after_none):
            return newest
    return None


_T = TypeVar("_T", Case, ListLook)


def _comparable(items: Sequence[_T], kind: AlarmKind, past: Sequence[Past]) -> list[_T]:
    """What is no part of a time that was broken in this way before, and not older than what became the site's way."""
    for one in past:
        if one.kind is kind and one.settled:
            items = [item for item in items if item.at >= one.since]
        elif one.kind is kind:
            items = [item for item in items if not one.since <= item.at <= one.cleared]
    return list(items)


def _a_year(cases: Sequence[Case]) -> float:
    """The number of readings in a year, by the time that these took. The bad ones at the end do not tell it: where one is bad,
    others are read at once."""
    end = len(cases)
    while end > MIN_HISTORY_READINGS and cases[end - 1].bad:
        end -= 1
    if end < 2:
        return 1.0
    days = max((cases[end - 1].at - cases[0].at) / DAY, 1.0)
    return max(365 * end / days, 365.0)


def _posts_a_year(question: Question, cases: Sequence[Case]) -> float:
    """The number of posts of which one may be the first that is bad. To read a stored post again is no further chance, as long
    as the site is as it was; to ask for a page again is one."""
    if not cases or not isinstance(question.items[0], Reading):
        return _a_year(cases)
    met = [case.met for case in cases if case.met is not None]
    days = max((max(met) - min(met)) / DAY, 1.0)
    return min(max(365 * len(met) / days, 365.0), _a_year(cases))


def _alarm(
    kind: AlarmKind, since: datetime, after: Sequence[Case], before: int, state: State = State.STANDS
) -> Alarm:
    bad = tuple(case.id for case in after if case.bad)
    well = tuple(case.id for case in after if not case.bad and case.id)
    evidence = {"bad": len(bad), "readings": len(after), "before": before}
    return Alarm(kind, since, evidence, tuple(filter(None, bad)), well, state)


# -- lists ------------------------------------------------------------------------------------


def _of_listings(history: History, now: datetime) -> Iterable[Alarm]:
    """Lists of the site that are far shorter than they were, and a front page that does not change any more."""
    found: dict[AlarmKind, list[Alarm]] = {}
    for listing in listings.current(history.listings):
        for question, evidence in _of_list(listing, history):
            if alarm := _asked(question, history, now):
                alarm = replace(alarm, evidence={**alarm.evidence, **evidence})
                found.setdefault(alarm.kind, []).append(alarm)
    if alarm := _asked(_of_lack(AlarmKind.FROZEN_PAGE, history.on_page, now), history, now):
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
            begin = listings.start_of_same(listing, since)  # the frozen page says nothing of how it was
            before = [look for look in before if look.at < begin]
        if (longest := listings.longest_same(before)) is not None:
            question = Question(AlarmKind.FROZEN_PAGE, looks, lambda i: looks[i].same > longest, 0.02)
            yield question, {"hours": round(longest / timedelta(hours=1))}


def _before(looks: Sequence[ListLook], kind: AlarmKind, history: History) -> list[ListLook]:
    """The looks that tell how a list was: those before an alarm, or before the newest that are tested."""
    known = _comparable(looks, kind, history.past)
    if (since := history.standing.get(kind)) is not None:
        return [look for look in known if look.at < since]
    tested = WINDOWS[-1] if len(known) >= 3 * WINDOWS[-1] else len(known) // 2
    return known[: len(known) - tested]


# -- rhythm -----------------------------------------------------------------------------------


def _of_rhythm(history: History, now: datetime) -> Iterable[Alarm]:
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


def _slow(numbers: Sequence[int], span: int, week: int, *, stands: bool) -> tuple[int, list[int]] | None:
    """The posts of the newest span and those of spans before it, where it has far too few.

    `numbers` begins with the newest, and a week has `week` of them. The spans before begin on the same weekday and hour. An alarm that `stands` goes on until the
    span is usual again, and does not come and go with each post.
    """
    step = -(-span // week) * week
    counts = [sum(numbers[at : at + span]) for at in range(step, len(numbers) - span + 1, step)]
    posts = sum(numbers[:span])
    if len(counts) < MIN_SPANS or posts >= (1 if stands else MAX_SMALL_SHARE) * min(counts):
        return None
    bound = FALSE_RHYTHMS_A_YEAR / LOOKS_A_YEAR / (len(SPANS) + len(QUARTERS))
    bound *= STANDING_FACTOR if stands else 1
    return (posts, counts) if few_of(posts, counts, PACE_SPANS) < bound else None


# -- runs -------------------------------------------------------------------------------------


def _of_runs(history: History, now: datetime) -> Iterable[Alarm]:
    """A site that several crawls could not crawl, and that was crawled before."""
    last = history.last_success
    if last is None or history.failed_runs < MIN_FAILED_RUNS or now - last < MIN_UNREACHABLE:
        return
    evidence = {"runs": history.failed_runs, "blocked": int(history.is_blocked)}
    yield Alarm(AlarmKind.UNREACHABLE, last, evidence)
