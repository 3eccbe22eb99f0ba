"""Are broken sites told, and healthy ones left in peace? A simulated year of hourly crawls, through the real alarms.

    python -m benchmarks.alarms ../data --seeds 11 12

Twenty blogs change as blogs do (`benchmarks.alarm_blogs`), delete posts, and now and then fail to answer. After `--quiet` days
each blog is broken in each way in turn, for four days, with a week between; each begins on another day of the week. What a crawl
would find is kept each hour, and `judge` looks at each blog every `LOOK_HOURS` in which it gave something, every
`IDLE_LOOK_HOURS` else. Nothing is fetched. `--archive` keeps all in the tables of an archive and looks by
`db.writing.alarms.look`, as a crawl does, with the same result in seven times the time.

Figures are for seeds on which nothing was tuned.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from math import inf
from pathlib import Path

from benchmarks.alarm_blogs import (
    BACKFILL_DAYS,
    CUT,
    DAY,
    EMPTIED,
    HOUR,
    IN_A_SECTION,
    START,
    STUCK,
    Blog,
    Breakage,
    Post,
    real_months,
    weekdays,
)
from benchmarks.alarm_keeping import Found, InArchive, InMemory, Keeper
from newsarchive.core.alarms.listings import FEED, FRESH_FEED, FRESH_FRONT_PAGE
from newsarchive.core.alarms.records import AlarmKind
from newsarchive.core.discovery.revisit import Visits, next_check
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade

#: Days that a breakage lasts, and days from one to the next.
BROKEN_DAYS, BREAK_EVERY = 4, 11
#: Posts in two years of a blog whose months are those of one that publishes all day.
MIN_BUSY_POSTS = 365
#: Time after a breakage in which an alarm is not false: the site changes back.
MENDING = 2 * DAY
#: Hours from one judgement of a blog to the next where it gave something, and where it gave nothing.
LOOK_HOURS, IDLE_LOOK_HOURS = 3, 6


class Year:
    """The blogs, what is kept of them, and the clock."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper, self.posts = keeper, 0

    def publish(self, blog: Blog, published: datetime, now: datetime, *, fresh: bool = False) -> None:
        self.posts += 1
        post = blog.post(self.posts, published)
        blog.places[post.id] = len(blog.posts)
        blog.posts.append(post)
        # A crawl notes the source that names a post first: the API, or the feed where it is up to date.
        named_by = FRESH_FRONT_PAGE if fresh else "home page"
        if blog.has_api:
            named_by = "wp-json"
        elif post.in_feed and not blog.is_broken(AlarmKind.FROZEN_FEED) and not blog.feed_lag and not fresh:
            named_by = "feed"
        self.keeper.meet(blog, post, now, named_by)
        self.read(blog, len(blog.posts) - 1, now)

    def read(self, blog: Blog, index: int, now: datetime) -> None:
        """What one look at a post leaves."""
        post, dice = blog.posts[index], blog.dice
        post.looks += 1
        if post.stored and not post.gone and dice.random() < 0.002:
            post.gone = True  # the blog deletes a post now and then
        reason, outcome = "", "unchanged"
        if post.gone:
            reason, outcome = "http 404", "gone"
        elif blog.is_broken(AlarmKind.BLOCKED):
            reason, outcome = "http 403", "blocked"
        elif blog.is_broken(AlarmKind.SCRIPTS_ONLY):
            reason, outcome = "script only", "skipped"
        elif breaks(blog, post, AlarmKind.NOT_STORED):
            reason, outcome = "too short", "skipped"
        elif dice.random() < 0.003:
            reason, outcome = "http 503", "failed"
        if not reason:
            self.keeper.store(blog, post, found(blog, post), now)
            post.stored = True
        state = "gone" if outcome == "gone" else "ok" if post.stored else "skipped"
        self.keeper.settle(blog, post, state, reason, now)
        visits = Visits(post.at, post.at, failures=1 if reason else 0)
        self.due(blog, index, next_check(visits, now, outcome, str(post.id)))  # type: ignore[arg-type]

    def due(self, blog: Blog, index: int, at: datetime) -> None:
        blog.due_at[index] = at
        heapq.heappush(blog.due, (at, index))

    def crawl(self, blog: Blog, moments: Sequence[datetime], now: datetime) -> bool:
        """One hourly crawl of a blog; whether it gave anything."""
        for moment in moments:
            self.publish(blog, moment, now)
        for moment in blog.come_fresh(now):
            self.publish(blog, moment, now, fresh=True)
        for post in blog.come_to_fresh_feed(now):
            self.keeper.name_again(blog, post, FRESH_FEED)
        due = []
        while blog.due and blog.due[0][0] <= now:
            at, index = heapq.heappop(blog.due)
            if blog.due_at[index] == at:
                due.append(index)
        for index in due:
            self.read(blog, index, now)
        for name, (number, digest) in blog.lists(now).items():
            changed_at = blog.feed_changed_at if name == FEED else None
            self.keeper.listed(blog, name, now, number, digest, changed_at)
        return bool(due or moments)


def found(blog: Blog, post: Post) -> Found:
    """What a page of a blog that is broken, or is not, gives."""
    published: datetime | None = post.at if post.has_time else post.at.replace(hour=0, minute=0, second=0)
    words, text, confidence = post.words, str(post.id), post.confidence
    if breaks(blog, post, AlarmKind.NO_DATE):
        published = None
    elif blog.is_broken(AlarmKind.ONE_DATE):
        published = datetime(2019, 5, 1, tzinfo=UTC)
    elif breaks(blog, post, AlarmKind.SHORTER):
        words = blog.dice.randint(20, 55)
    elif blog.is_broken(AlarmKind.ONE_TEXT):
        text = "the same for all"
    elif blog.is_broken(AlarmKind.DOUBTFUL):
        confidence = blog.dice.uniform(0.3, 0.79)
    return Found(
        published,
        words,
        text,
        confidence,
        post.has_author and not breaks(blog, post, AlarmKind.NO_AUTHOR),
        f"section{post.shown_section}" if blog.shows_section == "name" else "",
    )


def breaks(blog: Blog, post: Post, kind: AlarmKind) -> bool:
    """Whether what breaks the blog breaks this post in this way: all posts, or those of one section."""
    if blog.broken is None or not blog.broken.name.startswith(IN_A_SECTION):
        return blog.is_broken(kind)
    return post.section == blog.broken_section and blog.broken.name == f"{IN_A_SECTION}{kind}"


#: The ways in which a blog is broken, in turn. The last two are ways of a healthy blog, which only its rhythm tells.
BREAKAGES = (
    *(
        Breakage(str(kind), frozenset([kind]))
        for kind in (
            AlarmKind.NO_AUTHOR, AlarmKind.SHORTER, AlarmKind.BLOCKED, AlarmKind.ONE_DATE, AlarmKind.NOT_STORED,
            AlarmKind.NO_DATE, AlarmKind.SCRIPTS_ONLY, AlarmKind.ONE_TEXT, AlarmKind.FROZEN_FEED, AlarmKind.DOUBTFUL,
        )
    ),
    Breakage(STUCK, frozenset([AlarmKind.FROZEN_PAGE, AlarmKind.FROZEN_FEED, AlarmKind.SILENT])),
    Breakage(EMPTIED, frozenset([AlarmKind.FEWER_LISTED, AlarmKind.SILENT])),
    Breakage(CUT, frozenset([AlarmKind.FEWER_LISTED, AlarmKind.FEWER_POSTS])),
    Breakage(str(AlarmKind.SILENT), frozenset([AlarmKind.SILENT])),
    Breakage(str(AlarmKind.FEWER_POSTS), frozenset([AlarmKind.FEWER_POSTS, AlarmKind.SILENT])),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A breakage of a blog, and whether its front page changes by itself: hours until its alarm (`None` for none), and posts and re-readings until then or in all.

    `first` are the hours until the first post that the blog published while it was broken, `None` for none."""

    kind: str
    blog: int
    a_day: float
    hours: float | None
    given: int
    is_lively: bool
    first: float | None = None


@dataclass(frozen=True)
class False_:
    """An alarm that nothing caused."""

    kind: AlarmKind
    blog: int
    day: int
    sentence: str


@dataclass
class Result:
    breakages: list[Told]
    false: list[False_]
    quiet_days: int
    looks: int
    witnesses: int = 0
    #: Alarms of a silence that the real blog had.
    pauses: int = 0

    @classmethod
    def of(cls, results: Iterable[Result]) -> Result:
        """Several results as one."""
        whole = cls([], [], 0, 0)
        for one in results:
            whole.breakages += one.breakages
            whole.false += one.false
            whole.quiet_days += one.quiet_days
            whole.looks += one.looks
            whole.witnesses += one.witnesses
            whole.pauses += one.pauses
        return whole


def chosen_blogs(dice: random.Random, blogs: int, months: list[list[int]], week: list[float]) -> list[Blog]:
    """Blogs with the months of real ones, a fifth of them such as republish all day."""
    chosen = [
        Blog(number, random.Random(dice.random()), list(dice.choice(months)), week) for number in range(blogs)
    ]
    # Those that republish all day. A blog of six posts a month would give them its chances as ups and downs by a factor of ten.
    busy = [one for one in months if sum(one) >= MIN_BUSY_POSTS]
    for blog in chosen[: blogs // 5]:
        blog.months = list(dice.choice(busy))
        factor = dice.uniform(8, 20) / blog.a_day
        blog.months = [round(number * factor) for number in blog.months]
    return chosen


def simulate(
    seed: int,
    folder: Path | None = None,
    *,
    blogs: int = 20,
    days: int = 365,
    quiet: int = 190,
    in_archive: bool = False,
    jobs: int = 1,
) -> Result:
    """A year of these blogs. Blogs are broken from the day `quiet` on. `in_archive` keeps all in the tables of an archive, with
    the same result in five times the time."""
    chosen = chosen_blogs(random.Random(seed), blogs, real_months(folder), weekdays(folder))
    own = partial(_year_of, days=days, quiet=quiet, in_archive=in_archive)
    if jobs == 1:
        return Result.of(map(own, chosen))
    with ProcessPoolExecutor(jobs) as pool:
        return Result.of(pool.map(own, chosen))


def _year_of(blog: Blog, *, days: int, quiet: int, in_archive: bool) -> Result:
    """The year of one blog, which no other one changes."""
    if not in_archive:
        return _run(InMemory([blog]), [blog], days, quiet)
    with tempfile.TemporaryDirectory() as scratch:
        engine = open_engine(f"{scratch}/year.db")
        upgrade(engine)
        try:
            return _run(InArchive(engine, [blog]), [blog], days, quiet)
        finally:
            engine.dispose()


def _run(keeper: Keeper, blogs: Sequence[Blog], days: int, quiet: int) -> Result:
    result, year = Result([], [], 0, 0), Year(keeper)
    begun: dict[int, tuple[Breakage, datetime]] = {}
    told: dict[int, float | None] = {}
    first: dict[int, float] = {}
    given: Counter[int] = Counter()
    gave: dict[int, bool] = defaultdict(bool)
    ended: dict[int, datetime] = defaultdict(lambda: START - 99 * DAY)
    standing: dict[int, set[AlarmKind]] = defaultdict(set)
    with keeper.day():
        for blog in blogs:
            for day in range(-BACKFILL_DAYS, 0):
                for moment in blog.day(START + day * DAY):
                    year.publish(blog, moment, START)
    for day in range(days):
        at = START + day * DAY
        with keeper.day():
            for blog in blogs:
                _turn(blog, day - quiet - blog.number % 7, at, begun, told, first, given, ended, result)
                is_quiet = blog.number not in begun and at - ended[blog.number] > MENDING
                result.quiet_days += is_quiet
                moments = blog.day(at)
                if moments and blog.number in begun:
                    first.setdefault(blog.number, (moments[0] - begun[blog.number][1]) / HOUR)
                for hour in range(24):
                    now = at + (hour + 1) * HOUR
                    new = blog.come([moment for moment in moments if now - HOUR <= moment < now])
                    given[blog.number] += len(new)
                    gave[blog.number] |= year.crawl(blog, new, now)
                    if hour % LOOK_HOURS or not (gave[blog.number] or hour % IDLE_LOOK_HOURS == 0):
                        continue
                    gave[blog.number] = False
                    result.looks += 1
                    seen = keeper.look(blog, now)
                    for post in seen.witnesses:
                        result.witnesses += 1
                        year.due(blog, blog.places[post], now)
                    for kind in seen.standing.keys() - standing[blog.number]:
                        if blog.number in begun:
                            wanted, since = begun[blog.number]
                            if kind in wanted.alarms and told[blog.number] is None:
                                told[blog.number] = (now - since) / HOUR
                        elif is_quiet and kind is AlarmKind.SILENT and blog.pauses(now):
                            result.pauses += 1
                        elif is_quiet:
                            result.false.append(False_(kind, blog.number, day, seen.standing[kind]))
                    standing[blog.number] = set(seen.standing)
    return result


def _turn(
    blog: Blog,
    day: int,
    at: datetime,
    begun: dict[int, tuple[Breakage, datetime]],
    told: dict[int, float | None],
    first: dict[int, float],
    given: Counter[int],
    ended: dict[int, datetime],
    result: Result,
) -> None:
    """Break the blog, or mend it, on this day."""
    turn, since = divmod(day, BREAK_EVERY)
    if day < 0 or turn >= len(BREAKAGES):
        blog.broken = None
    elif since == 0:
        blog.broken = BREAKAGES[turn]
        begun[blog.number], told[blog.number], given[blog.number] = (blog.broken, at), None, 0
        first.pop(blog.number, None)
    elif since == BROKEN_DAYS:
        blog.broken = None
        way, _ = begun.pop(blog.number)
        ended[blog.number] = at
        if way.name == AlarmKind.NO_AUTHOR and blog.byline < 1:
            return  # a blog that names no authors, or not always, cannot lose them
        pace = sum(1 for post in blog.posts if at - 60 * DAY <= post.at) / 60
        result.breakages.append(
            Told(
                way.name,
                blog.number,
                pace,
                told[blog.number],
                given[blog.number],
                blog.liveliness > 0.9,
                first.get(blog.number),
            )
        )


def _from_post(one: Told) -> Told:
    """The same, with the hours from the first post on that came while the blog was broken."""
    assert one.first is not None
    return replace(one, hours=None if one.hours is None else max(0.0, one.hours - one.first))


def lines(result: Result, rates: Sequence[float]) -> Iterator[str]:
    """The result as a table, for blogs that post less than the first of `rates` a day, less than the second, and so on.

    A cell says how many were told within a day, and the median of the hours until the alarm. Two rows count from the first post on
    that came while the blog was broken: before it a list that stands still is as it should be.
    """
    yield (
        f"{result.quiet_days} quiet days of blogs, {result.looks} looks, {result.witnesses} posts read again as witnesses, "
        f"{len(result.false)} false alarms, {result.pauses} of a silence that the real blog had"
    )
    for one in result.false:
        yield f"  false: blog {one.blog}, day {one.day}: {one.sentence}"
    bounds = [0.0, *rates, inf]
    names = [f"{low:g} to {high:g}" for low, high in itertools.pairwise(bounds[:-1])] + [
        f"{bounds[-2]:g} or more"
    ]
    yield f"| posts a day: | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    stuck = [one for one in result.breakages if one.kind == STUCK]
    rows = [(way.name, [one for one in result.breakages if one.kind == way.name]) for way in BREAKAGES]
    rows.append((f"{STUCK}, pages that change by themselves", [one for one in stuck if one.is_lively]))
    rows += [
        (
            f"{name}, from the first post on",
            [_from_post(one) for one in result.breakages if one.kind == name and one.first],
        )
        for name in (AlarmKind.FROZEN_FEED, STUCK)
    ]
    for name, own in rows:
        cells = []
        for low, high in itertools.pairwise(bounds):
            times = [inf if one.hours is None else one.hours for one in own if low <= one.a_day < high]
            within = sum(hours <= 24 for hours in times)
            median = f", {sorted(times)[len(times) // 2]:.3g} h" if times else ""
            cells.append(f"{within} of {len(times)}{median}")
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="?", type=Path, help="the folder with pages of real blogs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--blogs", type=int, default=20)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--quiet", type=int, default=190, help="days before the first breakage")
    parser.add_argument(
        "--rates", type=float, nargs="+", default=[1, 3, 8], help="posts a day that part the columns"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes; the result is the same")
    parser.add_argument("--archive", action="store_true", help="keep all in the tables of an archive")
    given = parser.parse_args()
    whole = Result.of([])
    for seed in given.seeds:
        one = simulate(
            seed,
            given.data,
            blogs=given.blogs,
            days=given.days,
            quiet=given.quiet,
            in_archive=given.archive,
            jobs=given.jobs,
        )
        whole = Result.of([whole, one])
        print(f"seeds up to {seed}:", *lines(whole, given.rates), sep="\n", flush=True)


if __name__ == "__main__":
    main()
