"""Are broken sites told, and healthy ones left in peace? A simulated year of hourly crawls, through the real alarms.

    python -m benchmarks.alarms ../data --seeds 11 12

Twenty blogs change as blogs do: months are as busy as those of real blogs (the counts beside the months in their
sidebars, read from the pages of the data folder), weekends and holidays are slow, blogs take leave, post in bursts, go
dormant, run a series of short notes, get a new theme, delete posts, fail for a night. After `--quiet` days each blog is
broken in each way in turn, for four days, with ten days between. What a crawl would write is written into the tables of
an archive each hour, and `db.writing.alarms.look` judges each blog every `LOOK_HOURS` in which it gave something, and
twice a day at least. Nothing is fetched, and nothing of the alarms is replaced.

Figures are for seeds on which nothing was tuned.
"""

from __future__ import annotations

import argparse
import gzip
import heapq
import json
import math
import random
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update

from newsarchive.core.alarms.judge import AlarmKind
from newsarchive.core.discovery.revisit import Visits, next_check
from newsarchive.db import bulk
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.models import (
    ArticleAuthor,
    ArticleRow,
    AuthorRow,
    CrawlRun,
    Discovery,
    Site,
    Source,
    Url,
)
from newsarchive.db.prepared import Prepared
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.alarms import look

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2025, 1, 6, tzinfo=UTC)  # the first crawl
#: Days of posts that the first crawl finds.
BACKFILL_DAYS = 250
#: Days that a breakage lasts, and days from one to the next.
BROKEN_DAYS, BREAK_EVERY = 4, 14
#: Hours from one judgement of a blog to the next, where it gave something; twelve where it gave nothing.
LOOK_HOURS = 3
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
HOLIDAYS = {(1, 1), (1, 6), (5, 1), (8, 15), (11, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
#: Posts a month, where no data folder is given: a steady blog, a seasonal blog, a blog that slows down, and a slow blog.
INVENTED = (
    [22, 20, 21, 23, 19, 22, 14, 12, 21, 24, 22, 17] * 2,
    [60, 66, 54, 71, 48, 33, 20, 18, 52, 75, 69, 40, 58, 61, 70, 55, 47, 31, 24, 15, 49, 66, 80, 38],
    [40, 38, 36, 30, 33, 28, 25, 20, 22, 18, 17, 15, 16, 14, 12, 11, 9, 10, 8, 7, 6, 7, 5, 4],
    [3, 2, 4, 3, 5, 1, 2, 0, 3, 4, 2, 2] * 2,
)


def real_months(folder: Path | None) -> list[list[int]]:
    """Posts a month of real blogs, two years each, by what their pages list in their sidebars."""
    if folder is None:
        return [list(months) for months in INVENTED]
    found: set[tuple[int, ...]] = set()
    listed = re.compile(rf"({'|'.join(MONTHS)})\s+((?:19|20)\d\d)\s*(?:</a>)?(?:&nbsp;|\s)*\((\d+)\)")
    for file in sorted(folder.glob("**/pages/*.gz")):
        counts: Counter[int] = Counter()
        for month, year, number in listed.findall(gzip.decompress(file.read_bytes()).decode("latin-1")):
            counts[int(year) * 12 + MONTHS.index(month)] += int(number)
        if len(counts) >= 12:
            first, last = min(counts), max(counts)
            months = [counts.get(month, 0) for month in range(first, last)]  # the last one is not whole
            if len(months) >= 24 and sum(months[-24:]) >= 24:
                found.add(tuple(months[-24:]))
    return [list(months) for months in sorted(found)]


def weekdays(folder: Path | None) -> list[float]:
    """The share of posts on each day of the week, Monday first, as a factor of the mean, by the dates of real posts."""
    counts: Counter[int] = Counter()
    for file in sorted(folder.glob("*/truth.jsonl")) if folder else ():
        for line in file.read_text("utf-8").split("\n"):
            date = json.loads(line).get("date") if line else None
            with suppress(ValueError):  # some dates of the pages are none
                counts[datetime.fromisoformat((date or "")[:10]).weekday()] += 1
    total = sum(counts.values())
    return [counts[day] * 7 / total for day in range(7)] if total else [1.2, 1.2, 1.2, 1.2, 1.1, 0.5, 0.6]


@dataclass
class Post:
    """A post, and its rows."""

    id: int
    at: datetime
    words: int
    has_author: bool
    has_time: bool
    confidence: float
    in_feed: bool
    url_id: int = 0
    stored: bool = False
    looks: int = 0
    gone: bool = False


@dataclass
class Blog:
    """A blog with its own ways, and what breaks it at the moment."""

    number: int
    dice: random.Random
    months: list[int]
    week: list[float]
    site_id: int = 0
    author_id: int = 0
    feed_id: int = 0
    page_id: int = 0
    broken: AlarmKind | None = None
    posts: list[Post] = field(default_factory=list)
    due: list[tuple[datetime, int]] = field(default_factory=list)
    frozen_at: datetime = START

    def __post_init__(self) -> None:
        dice = self.dice
        self.usual, self.spread = dice.uniform(250, 900), dice.uniform(0.25, 0.65)
        self.byline = dice.choice([1.0, 1.0, 1.0, 0.9, 0.0])
        self.timed = dice.random() < 0.8
        self.flat = dice.uniform(0, 1)  # 1: the same on all days of a week
        self.bursty = dice.uniform(0.0, 0.6)
        self.leaves = (
            [dice.randint(170, 240) + 365 * year for year in range(3)] if dice.random() < 0.5 else []
        )
        self.leave_days = dice.randint(7, 16)
        self.redesign = START + dice.randint(60, 180) * DAY
        self.series = [START + dice.randint(-300, 330) * DAY for _ in range(3)]
        self.growth = dice.choice([1.0, 0.8, 1.25])

    @property
    def a_day(self) -> float:
        return sum(self.months) / (len(self.months) * 30.4)

    def rate(self, at: datetime) -> float:
        """Posts a day that are to be expected on this day."""
        day = (at - START).days + BACKFILL_DAYS
        rate = self.months[min(day // 31, len(self.months) - 1)] / 30.4
        rate *= self.flat + (1 - self.flat) * self.week[at.weekday()]
        if (at.month, at.day) in HOLIDAYS:
            rate *= 0.3
        if any(begin <= day < begin + self.leave_days for begin in self.leaves) and self.a_day < 4:
            rate = 0.0
        return rate

    def day(self, at: datetime) -> list[datetime]:
        """When the posts of a day appear: in its working hours, some of them together."""
        rate = self.rate(at)
        if self.dice.random() < 0.03:
            rate *= 1 + 4 * self.bursty
        if self.bursty and rate:  # a varying rate: the counts become negative binomial
            rate = self.dice.gammavariate(1 / (self.bursty / 2), rate * self.bursty / 2)
        number = poisson(self.dice, rate)
        moments = sorted(at + self.dice.betavariate(3, 2.2) * DAY for _ in range(number))
        return [moment.replace(microsecond=0) for moment in moments]

    def post(self, id_: int, at: datetime) -> Post:
        dice = self.dice
        usual = self.usual * (self.growth if at >= self.redesign else 1)
        words = max(20, round(usual * math.exp(dice.gauss(0, self.spread))))
        note = 0.5 if any(begin <= at < begin + 6 * DAY for begin in self.series) else 0.04
        if dice.random() < note:
            words = round(dice.uniform(60, 150))
        doubt = dice.uniform(0.4, 0.79) if dice.random() < 0.02 else dice.uniform(0.85, 1.0)
        return Post(
            id_, at, words, dice.random() < self.byline, self.timed, doubt, dice.random() < 0.99
        )  # fmt: skip


def poisson(dice: random.Random, mean: float) -> int:
    number, left = 0, math.exp(-min(mean, 600))
    chance = dice.random()
    while chance > left:
        chance *= dice.random()
        number += 1
    return number


class Year:
    """The blogs, their archive and the clock."""

    def __init__(self, connection: Connection, blogs: Sequence[Blog]) -> None:
        self.connection, self.blogs, self.posts = connection, blogs, 0
        for blog in blogs:
            values = {
                "domain": f"blog{blog.number}.example",
                "home_url": f"https://blog{blog.number}.example/",
            }
            blog.site_id = self._id(Site, values | {"state": "ok", "last_success_at": START})
            blog.author_id = self._id(AuthorRow, {"name": f"Author {blog.number}"})
            for kind, name in (("feed", "feed_id"), ("home page", "page_id")):
                source = {"site_id": blog.site_id, "kind": kind, "url": f"{values['home_url']}{kind}"}
                setattr(blog, name, self._id(Source, source))
        self.run = self._id(CrawlRun, {"spider": "news", "started_at": START})

    def _id(self, model: Any, values: dict[str, Any]) -> int:
        return int(self.connection.execute(insert(model).values(values).returning(model.id)).scalar_one())

    def publish(self, blog: Blog, published: datetime, now: datetime) -> None:
        self.posts += 1
        post = blog.post(self.posts, published)
        blog.posts.append(post)
        url = f"https://blog{blog.number}.example/{post.id}"
        post.url_id = post.id
        row = {"id": post.id, "url": url, "url_key": url, "site_id": blog.site_id, "first_seen_at": now}
        bulk.insert_rows(self.connection, Url, [row])
        named = [("home page", blog.page_id)]
        if post.in_feed and blog.broken is not AlarmKind.FROZEN_FEED:
            named.append(("feed", blog.feed_id))
        bulk.insert_rows(
            self.connection,
            Discovery,
            [
                {"url_id": post.id, "run_id": self.run, "source_id": source, "kind": kind}
                for kind, source in named
            ],
        )
        self.read(blog, len(blog.posts) - 1, now)

    def read(self, blog: Blog, index: int, now: datetime) -> None:
        """What one look at a post leaves in the archive."""
        post, broken, dice = blog.posts[index], blog.broken, blog.dice
        post.looks += 1
        if post.stored and not post.gone and dice.random() < 0.002:
            post.gone = True  # the blog deletes a post now and then
        reason, outcome = "", "unchanged"
        if post.gone:
            reason, outcome = "http 404", "gone"
        elif broken is AlarmKind.BLOCKED:
            reason, outcome = "http 403", "blocked"
        elif broken is AlarmKind.SCRIPTS_ONLY:
            reason, outcome = "script only", "skipped"
        elif broken is AlarmKind.NOT_STORED:
            reason, outcome = "too short", "skipped"
        elif dice.random() < 0.003:
            reason, outcome = "http 503", "failed"
        found = {"state": "ok" if post.stored else "skipped", "reason": reason, "last_checked_at": now}
        if reason and outcome == "gone":
            found["state"] = "gone"
        if not reason:
            found["state"] = "ok"
            self.store(blog, post, now)
        _URL.run(self.connection, [{"b_id": post.url_id, **found}])
        visits = Visits(post.at, post.at, failures=1 if reason else 0)
        again = next_check(visits, now, outcome, str(post.id))  # type: ignore[arg-type]
        heapq.heappush(blog.due, (again, index))

    def store(self, blog: Blog, post: Post, now: datetime) -> None:
        broken = blog.broken
        published: datetime | None = post.at if post.has_time else post.at.replace(hour=0, minute=0, second=0)
        words, text, confidence = post.words, str(post.id), post.confidence
        if broken is AlarmKind.NO_DATE:
            published = None
        elif broken is AlarmKind.ONE_DATE:
            published = datetime(2019, 5, 1, tzinfo=UTC)
        elif broken is AlarmKind.SHORTER:
            words = blog.dice.randint(20, 55)
        elif broken is AlarmKind.ONE_TEXT:
            text = "the same for all"
        elif broken is AlarmKind.DOUBTFUL:
            confidence = blog.dice.uniform(0.3, 0.79)
        has_author = post.has_author and broken is not AlarmKind.NO_AUTHOR
        values = {
            "date_published": published, "word_count": words, "content_hash": text, "last_seen_at": now,
            "quality": {"confidence": confidence}, "headline": "A post",
        }  # fmt: skip
        if post.stored:
            _ARTICLE.run(self.connection, [{"b_id": post.id, **values}])
            _NO_AUTHOR.run(self.connection, [{"b_id": post.id}])
        else:
            url = f"https://blog{blog.number}.example/{post.id}"
            own = {"id": post.id, "url": url, "url_key": url, "canonical_key": url, "site_id": blog.site_id}
            bulk.insert_rows(self.connection, ArticleRow, [own | values | {"first_seen_at": now}])
            post.stored = True
        if has_author:
            row = {"article_id": post.id, "position": 0, "author_id": blog.author_id}
            bulk.insert_rows(self.connection, ArticleAuthor, [row])

    def crawl(self, blog: Blog, moments: Sequence[datetime], now: datetime) -> bool:
        """One hourly crawl of a blog; whether it gave anything."""
        for moment in moments:
            self.publish(blog, moment, now)
        due = []
        while blog.due and blog.due[0][0] <= now:
            due.append(heapq.heappop(blog.due)[1])
        for index in due:
            self.read(blog, index, now)
        return bool(due or moments)


_URL = Prepared(update(Url).where(Url.id == bindparam("b_id")))
_ARTICLE = Prepared(update(ArticleRow).where(ArticleRow.id == bindparam("b_id")))
_NO_AUTHOR = Prepared(delete(ArticleAuthor).where(ArticleAuthor.article_id == bindparam("b_id")))

#: The ways in which a blog is broken, in turn. Silence and fewer posts are told by their rhythm, the others by readings.
BREAKAGES = (
    AlarmKind.NO_AUTHOR, AlarmKind.SHORTER, AlarmKind.BLOCKED, AlarmKind.ONE_DATE, AlarmKind.NOT_STORED,
    AlarmKind.NO_DATE, AlarmKind.SCRIPTS_ONLY, AlarmKind.ONE_TEXT, AlarmKind.FROZEN_FEED, AlarmKind.DOUBTFUL,
    AlarmKind.SILENT, AlarmKind.FEWER_POSTS,
)  # fmt: skip


@dataclass(frozen=True)
class Breakage:
    """A breakage of a blog: hours until its alarm (`None` for none), and posts and re-readings until then or in all."""

    kind: AlarmKind
    blog: int
    a_day: float
    hours: float | None
    given: int


@dataclass(frozen=True)
class False_:
    """An alarm that nothing caused."""

    kind: AlarmKind
    blog: int
    day: int
    sentence: str


@dataclass
class Result:
    breakages: list[Breakage]
    false: list[False_]
    quiet_days: int
    looks: int


def simulate(
    seed: int, folder: Path | None = None, *, blogs: int = 20, days: int = 365, quiet: int = 190
) -> Result:
    """A year of these blogs. Blogs are broken from the day `quiet` on."""
    dice = random.Random(seed)
    months, week = real_months(folder), weekdays(folder)
    chosen = [
        Blog(number, random.Random(dice.random()), list(dice.choice(months)), week) for number in range(blogs)
    ]
    for blog in chosen[: blogs // 5]:  # those that republish all day
        factor = dice.uniform(8, 20) / max(blog.a_day, 0.1)
        blog.months = [round(number * factor) for number in blog.months]
    with tempfile.TemporaryDirectory() as scratch:
        engine = open_engine(f"{scratch}/year.db")
        upgrade(engine)
        try:
            with writing(engine) as connection:
                year = Year(connection, chosen)
            return _run(year, engine, days, quiet)
        finally:
            engine.dispose()


def _run(year: Year, engine: Any, days: int, quiet: int) -> Result:
    result = Result([], [], 0, 0)
    begun: dict[int, tuple[AlarmKind, datetime]] = {}
    told: dict[int, float | None] = {}
    given: Counter[int] = Counter()
    gave: dict[int, bool] = defaultdict(bool)
    ended: dict[int, datetime] = defaultdict(lambda: START - 99 * DAY)
    standing: dict[int, set[AlarmKind]] = defaultdict(set)
    with writing(engine) as connection:
        year.connection = connection
        for blog in year.blogs:
            for day in range(-BACKFILL_DAYS, 0):
                for moment in blog.day(START + day * DAY):
                    year.publish(blog, moment, START)
    for day in range(days):
        with writing(engine) as connection:
            year.connection = connection
            at = START + day * DAY
            for blog in year.blogs:
                _turn(blog, day - quiet, at, begun, told, given, ended, result)
                result.quiet_days += blog.number not in begun
                moments = blog.day(at)
                if blog.broken is AlarmKind.SILENT:
                    moments = []
                elif blog.broken is AlarmKind.FEWER_POSTS:
                    moments = [moment for moment in moments if blog.dice.random() < 0.1]
                for hour in range(24):
                    now = at + (hour + 1) * HOUR
                    new = [moment for moment in moments if now - HOUR <= moment < now]
                    given[blog.number] += len(new)
                    gave[blog.number] |= year.crawl(blog, new, now)
                    if hour % LOOK_HOURS or not (gave[blog.number] or hour % 12 == 0):
                        continue
                    gave[blog.number] = False
                    result.looks += 1
                    found = {one.kind: one for one in look(connection, blog.site_id, now).standing}
                    for kind in found.keys() - standing[blog.number]:
                        if blog.number in begun:
                            wanted, since = begun[blog.number]
                            if kind is wanted and told[blog.number] is None:
                                told[blog.number] = (now - since) / HOUR
                        elif at - ended[blog.number] > 2 * DAY:
                            result.false.append(False_(kind, blog.number, day, found[kind].sentence))
                    standing[blog.number] = set(found)
    return result


def _turn(
    blog: Blog,
    day: int,
    at: datetime,
    begun: dict[int, tuple[AlarmKind, datetime]],
    told: dict[int, float | None],
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
    elif since == BROKEN_DAYS:
        blog.broken = None
        kind, _ = begun.pop(blog.number)
        ended[blog.number] = at
        if kind is AlarmKind.NO_AUTHOR and blog.byline < 1:
            return  # a blog that names no authors, or not always, cannot lose them
        pace = sum(1 for post in blog.posts if at - 60 * DAY <= post.at) / 60
        result.breakages.append(Breakage(kind, blog.number, pace, told[blog.number], given[blog.number]))


def lines(result: Result, *, fast: float = 1.0) -> Iterator[str]:
    """The result as a table: for blogs with at least `fast` posts a day, and for slower ones."""
    yield f"{result.quiet_days} quiet days of blogs, {result.looks} looks, {len(result.false)} false alarms"
    for one in result.false:
        yield f"  false: blog {one.blog}, day {one.day}: {one.sentence}"
    yield f"| breakage | blogs of {fast:g}+ posts a day, told within a day | within 4 days | slower blogs, within a day | within 4 days |"
    yield "|---|---|---|---|---|"
    for kind in BREAKAGES:
        own = [one for one in result.breakages if one.kind is kind]
        quick, slow = ([one for one in own if (one.a_day >= fast) is yes] for yes in (True, False))
        day, later = (
            [sum(one.hours is not None and one.hours <= hours for one in group) for group in (quick, slow)]
            for hours in (24, 96)
        )
        numbers = f"{day[0]} of {len(quick)} | {later[0]} of {len(quick)} | {day[1]} of {len(slow)} | {later[1]} of {len(slow)}"
        yield f"| {kind} | {numbers} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="?", type=Path, help="the folder with pages of real blogs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--blogs", type=int, default=20)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--quiet", type=int, default=190, help="days before the first breakage")
    parser.add_argument(
        "--fast", type=float, default=1.0, help="posts a day of the blogs of the first column"
    )
    given = parser.parse_args()
    whole = Result([], [], 0, 0)
    for seed in given.seeds:
        one = simulate(seed, given.data, blogs=given.blogs, days=given.days, quiet=given.quiet)
        whole.breakages += one.breakages
        whole.false += one.false
        whole.quiet_days += one.quiet_days
        whole.looks += one.looks
        print(f"seeds up to {seed}:", *lines(whole, fast=given.fast), sep="\n", flush=True)


if __name__ == "__main__":
    main()
