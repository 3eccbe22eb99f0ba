"""After how many days is told what no alarm can tell in one? Blogs that break slowly, through the real alarms.

    python -m benchmarks.alarms_slow ../data --seeds 11 12

`benchmarks.alarms` breaks each blog for four days. A blog of two posts a week gives one post in that time: whether its feed froze,
whether it stopped, and whether a new theme breaks one of its sections takes longer to tell. Here each blog lives `--quiet` days, and
then once more for each way to break, up to `--broken` days, until an alarm tells of it; and once more without any.

- The feed freezes, while posts go on to come.
- The blog stops: front page, feed and all other lists stand still.
- A new theme breaks the posts of one section, a tenth of all: they have no author, no date, a short text, or give no article.

Figures are for seeds on which nothing was tuned.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path

from benchmarks.alarm_blogs import (
    BACKFILL_DAYS,
    DAY,
    HOUR,
    IN_A_SECTION,
    START,
    Blog,
    Breakage,
    real_months,
    weekdays,
)
from benchmarks.alarm_keeping import InMemory
from benchmarks.alarms import IDLE_LOOK_HOURS, LOOK_HOURS, Year, chosen_blogs
from newsarchive.core.alarms.records import AlarmKind

#: Kinds of breakage of one section, and the alarms that tell of each.
OF_A_SECTION = (AlarmKind.NO_AUTHOR, AlarmKind.NO_DATE, AlarmKind.SHORTER, AlarmKind.NOT_STORED)
BREAKAGES = (
    Breakage(str(AlarmKind.FROZEN_FEED), frozenset([AlarmKind.FROZEN_FEED])),
    Breakage(str(AlarmKind.SILENT), frozenset([AlarmKind.SILENT])),
    *(Breakage(f"{IN_A_SECTION}{kind}", frozenset([kind])) for kind in OF_A_SECTION),
)


@dataclass(frozen=True)
class Told:
    """A breakage of a blog: days until its alarm, `None` for none, the posts that were published meanwhile, and the days until the
    first of them (`None` for none), the longest pause before in days, and the posts of the section that breaks."""

    way: Breakage
    blog: Blog
    a_day: float
    days: float | None
    posts: int
    first: float | None
    longest_pause: float
    in_section: int
    of: int


@dataclass
class Result:
    """What was told, alarms that nothing caused, those of a silence that the real blog had (`Blog.pauses`), quiet days, and posts that
    were read again as witnesses in them."""

    told: list[Told]
    false: list[str]
    pauses: list[str]
    quiet_days: int = 0
    witnesses: int = 0


@dataclass
class Life:
    """A blog, what a crawler keeps of it, and the alarms that stand."""

    blog: Blog
    keeper: InMemory
    year: Year
    standing: set[AlarmKind]
    gave: bool = False
    witnesses: int = 0

    def day(self, at_day: int) -> Iterator[tuple[float, AlarmKind, str]]:
        """One day of hourly crawls: the alarms that are raised, with the day."""
        blog, at = self.blog, START + at_day * DAY
        moments = blog.day(at)
        for hour in range(24):
            now = at + (hour + 1) * HOUR
            new = blog.come([moment for moment in moments if now - HOUR <= moment < now])
            self.gave |= self.year.crawl(blog, new, now)
            if hour % LOOK_HOURS or not (self.gave or hour % IDLE_LOOK_HOURS == 0):
                continue
            self.gave = False
            seen = self.keeper.look(blog, now)
            for post in seen.witnesses:
                self.witnesses += 1
                self.year.due(blog, blog.places[post], now)
            for kind in seen.standing.keys() - self.standing:
                yield (now - START) / DAY, kind, seen.standing[kind]
            self.standing = set(seen.standing)


def life_of(blog: Blog, *, quiet: int, broken: int) -> Result:
    """The quiet days of one blog, and each of its ends."""
    keeper = InMemory([blog])
    life, result = Life(blog, keeper, Year(keeper), set()), Result([], [], [])
    for day in range(-BACKFILL_DAYS, 0):
        for moment in blog.day(START + day * DAY):
            life.year.publish(blog, moment, START)
    for day in range(quiet + blog.number % 7):
        for at, kind, words in life.day(day):
            is_pause = kind is AlarmKind.SILENT and blog.pauses(START + at * DAY)
            (result.pauses if is_pause else result.false).append(f"blog {blog.number}, day {at:.1f}: {words}")
        result.quiet_days += 1
    result.witnesses = life.witnesses
    for way in BREAKAGES:
        if told := _end(copy.deepcopy(life), way, quiet + blog.number % 7, broken):
            result.told.append(told)
    return result


def _end(life: Life, way: Breakage, begin: int, broken: int) -> Told | None:
    """The last days of a blog that breaks in this way; `None` for one that cannot, or of which an alarm stands already."""
    blog = life.blog
    if (way.name.endswith(AlarmKind.NO_AUTHOR) and blog.byline < 1) or life.standing:
        return None
    since = START + begin * DAY
    recent = [post.at for post in blog.posts if since - 60 * DAY <= post.at]
    came = sorted(post.at for post in blog.posts)
    pause = max((later - one for one, later in itertools.pairwise(came)), default=DAY) / DAY
    blog.broken, blog.broken_section = way, blog.tenth()
    before, first, told = len(blog.posts), None, None
    in_section = sum(post.section == blog.broken_section for post in blog.posts if not post.gone)
    for day in range(begin, begin + broken):
        for at, kind, _ in life.day(day):
            if kind in way.alarms and told is None:
                told = at - begin
        after = blog.posts[before:]
        if first is None and after:
            first = (after[0].at - since) / DAY
        if told is not None:
            break
    return Told(way, blog, len(recent) / 60, told, len(blog.posts) - before, first, pause, in_section, before)


def lines(result: Result, rates: Sequence[float]) -> Iterator[str]:
    """The result as a table: of how many blogs the breakage was told, the median and the last of the days until then."""
    yield (
        f"{result.quiet_days} quiet days of blogs, {result.witnesses} posts read again in them, {len(result.false)} false alarms, "
        f"{len(result.pauses)} of a silence that the real blog had"
    )
    yield from (f"  false: {one}" for one in result.false)
    yield from (f"  true: {one}" for one in result.pauses)
    bounds = [0.0, *rates, inf]
    names = [f"{low:g} to {high:g}" for low, high in itertools.pairwise(bounds)]
    yield f"| posts a day: | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    rows: list[tuple[str, list[Told], bool]] = []
    for way in BREAKAGES:
        own = [one for one in result.told if one.way == way]
        if way.name.startswith(IN_A_SECTION):
            rows.append((f"{way.name}, shown", [one for one in own if one.blog.shows_section], False))
            rows.append((f"{way.name}, not shown", [one for one in own if not one.blog.shows_section], False))
        else:
            rows.append((way.name, own, False))
        if way.name == AlarmKind.FROZEN_FEED:
            rows.append((f"{way.name}, from the first missing post on", own, True))
    for name, own, from_first in rows:
        cells = []
        for low, high in itertools.pairwise(bounds):
            here = [one for one in own if low <= one.a_day < high and not (from_first and one.first is None)]
            days = sorted(_days(one, from_first=from_first) for one in here)
            known = [number for number in days if number < inf]
            middle = f", {days[len(days) // 2]:.2g} d, last {max(known):.3g} d" if known else ""
            posts = sorted(one.posts for one in here if one.days is not None)
            after = f", {posts[len(posts) // 2]} posts" if posts else ""
            cells.append(f"{len(known)} of {len(days)}{middle}{after}")
        yield f"| {name} | {' | '.join(cells)} |"


def _days(one: Told, *, from_first: bool) -> float:
    if one.days is None:
        return inf
    return max(0.0, one.days - (one.first or 0.0)) if from_first else one.days


def results(
    folder: Path | None, seed: int, blogs: int, quiet: int, broken: int, jobs: int
) -> Iterable[Result]:
    chosen = chosen_blogs(random.Random(seed), blogs, real_months(folder), weekdays(folder))
    own = partial(life_of, quiet=quiet, broken=broken)
    if jobs == 1:
        return list(map(own, chosen))
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(own, chosen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="?", type=Path, help="the folder with pages of real blogs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--blogs", type=int, default=20)
    parser.add_argument("--quiet", type=int, default=200, help="days before the blogs break")
    parser.add_argument("--broken", type=int, default=90, help="days for which they are broken")
    parser.add_argument(
        "--rates", type=float, nargs="+", default=[0.3, 1, 8], help="posts a day that part the columns"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes; the result is the same")
    parser.add_argument("--each", action="store_true", help="a line for each breakage of each blog")
    given = parser.parse_args()
    whole = Result([], [], [])
    for seed in given.seeds:
        for one in results(given.data, seed, given.blogs, given.quiet, given.broken, given.jobs):
            whole.told += one.told
            whole.false += [f"seed {seed}, {words}" for words in one.false]
            whole.pauses += [f"seed {seed}, {words}" for words in one.pauses]
            whole.quiet_days += one.quiet_days
            whole.witnesses += one.witnesses
        print(f"seeds up to {seed}:", *lines(whole, given.rates), sep="\n", flush=True)
    for told in whole.told if given.each else ():
        days = "never" if told.days is None else f"after {told.days:.1f} days"
        first = "none" if told.first is None else f"{told.first:.1f}"
        print(
            f"{told.way.name}: blog {told.blog.number} of {told.a_day:.2f} posts a day, {days}, {told.posts} posts, first {first}, "
            f"longest pause {told.longest_pause:.0f} days, {told.in_section} of {told.of} posts in the section, shown: {told.blog.shows_section or 'no'}"
        )


if __name__ == "__main__":
    main()
