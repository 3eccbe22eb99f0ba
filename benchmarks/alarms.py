"""Are broken sites told, and healthy ones left in peace? A simulated year of hourly crawls, through the real alarms.

    python -m benchmarks.alarms ../data --seeds 11 12

Twenty blogs change as blogs do (`benchmarks.alarm_blogs`), delete posts, and fail for a night. After `--quiet` days each
blog is broken in each way in turn, for four days, with a week between. What a crawl would write is written into the tables of
an archive each hour, and `db.writing.alarms.look` judges each blog every `LOOK_HOURS` in which it gave something, and
twice a day at least. Nothing is fetched, and nothing of the alarms is replaced.

Figures are for seeds on which nothing was tuned.
"""

from __future__ import annotations

import argparse
import heapq
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update

from benchmarks.alarm_blogs import (
    BACKFILL_DAYS,
    CUT,
    DAY,
    EMPTIED,
    HOUR,
    START,
    STUCK,
    Blog,
    Breakage,
    Post,
    real_months,
    weekdays,
)
from newsarchive.core.alarms.judge import AlarmKind
from newsarchive.core.discovery.revisit import Visits, next_check
from newsarchive.db import bulk
from newsarchive.db.bulk import Prepared
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.frontier.listings import record
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
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.alarms import look

#: Days that a breakage lasts, and days from one to the next.
BROKEN_DAYS, BREAK_EVERY = 4, 11
#: Hours from one judgement of a blog to the next, where it gave something; twelve where it gave nothing.
LOOK_HOURS = 3


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
            for kind, name in (("feed", "feed_id"), ("home page", "page_id"), ("wp-json", "api_id")):
                source = {
                    "site_id": blog.site_id,
                    "kind": kind,
                    "url": f"{values['home_url']}{kind.replace(' ', '-')}",
                }
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
        # A crawl notes the source that names a post first: the API, or the feed where it is up to date.
        named = [("home page", blog.page_id)]
        if blog.has_api:
            named = [("wp-json", blog.api_id)]
        elif post.in_feed and not blog.is_broken(AlarmKind.FROZEN_FEED) and not blog.feed_lag:
            named = [("feed", blog.feed_id)]
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
        elif blog.is_broken(AlarmKind.NOT_STORED):
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
        published: datetime | None = post.at if post.has_time else post.at.replace(hour=0, minute=0, second=0)
        words, text, confidence = post.words, str(post.id), post.confidence
        if blog.is_broken(AlarmKind.NO_DATE):
            published = None
        elif blog.is_broken(AlarmKind.ONE_DATE):
            published = datetime(2019, 5, 1, tzinfo=UTC)
        elif blog.is_broken(AlarmKind.SHORTER):
            words = blog.dice.randint(20, 55)
        elif blog.is_broken(AlarmKind.ONE_TEXT):
            text = "the same for all"
        elif blog.is_broken(AlarmKind.DOUBTFUL):
            confidence = blog.dice.uniform(0.3, 0.79)
        has_author = post.has_author and not blog.is_broken(AlarmKind.NO_AUTHOR)
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
        for name, (number, digest) in blog.lists(now).items():
            record(
                self.connection, blog.page_id if name == "home page" else blog.feed_id, now, number, digest
            )
        return bool(due or moments)


_URL = Prepared(update(Url).where(Url.id == bindparam("b_id")))
_ARTICLE = Prepared(update(ArticleRow).where(ArticleRow.id == bindparam("b_id")))
_NO_AUTHOR = Prepared(delete(ArticleAuthor).where(ArticleAuthor.article_id == bindparam("b_id")))

#: The ways in which a blog is broken, in turn. The last two are ways of a healthy blog, which only its rhythm tells.
BREAKAGES = (
    *(
        Breakage(str(kind), frozenset([kind]))
        for kind in (
            AlarmKind.NO_AUTHOR, AlarmKind.SHORTER, AlarmKind.BLOCKED, AlarmKind.ONE_DATE, AlarmKind.NOT_STORED,
            AlarmKind.NO_DATE, AlarmKind.SCRIPTS_ONLY, AlarmKind.ONE_TEXT, AlarmKind.FROZEN_FEED, AlarmKind.DOUBTFUL,
        )
    ),
    Breakage(STUCK, frozenset([AlarmKind.FROZEN_PAGE, AlarmKind.SILENT])),
    Breakage(EMPTIED, frozenset([AlarmKind.FEWER_LISTED, AlarmKind.SILENT])),
    Breakage(CUT, frozenset([AlarmKind.FEWER_LISTED, AlarmKind.FEWER_POSTS])),
    Breakage(str(AlarmKind.SILENT), frozenset([AlarmKind.SILENT])),
    Breakage(str(AlarmKind.FEWER_POSTS), frozenset([AlarmKind.FEWER_POSTS, AlarmKind.SILENT])),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A breakage of a blog, and whether its front page changes by itself: hours until its alarm (`None` for none), and posts and re-readings until then or in all."""

    kind: str
    blog: int
    a_day: float
    hours: float | None
    given: int
    is_lively: bool


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
    begun: dict[int, tuple[Breakage, datetime]] = {}
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
                for hour in range(24):
                    now = at + (hour + 1) * HOUR
                    new = blog.come([moment for moment in moments if now - HOUR <= moment < now])
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
                            if kind in wanted.alarms and told[blog.number] is None:
                                told[blog.number] = (now - since) / HOUR
                        elif at - ended[blog.number] > 2 * DAY:
                            result.false.append(False_(kind, blog.number, day, found[kind].sentence))
                    standing[blog.number] = set(found)
    return result


def _turn(
    blog: Blog,
    day: int,
    at: datetime,
    begun: dict[int, tuple[Breakage, datetime]],
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
        way, _ = begun.pop(blog.number)
        ended[blog.number] = at
        if way.name == AlarmKind.NO_AUTHOR and blog.byline < 1:
            return  # a blog that names no authors, or not always, cannot lose them
        pace = sum(1 for post in blog.posts if at - 60 * DAY <= post.at) / 60
        result.breakages.append(
            Told(way.name, blog.number, pace, told[blog.number], given[blog.number], blog.liveliness > 0.9)
        )


def lines(result: Result, *, fast: float = 3.0) -> Iterator[str]:
    """The result as a table: for blogs with at least `fast` posts a day, and for slower ones.

    Of the hours until the alarm the median is told, those that were not told in time counting as longest, and the same in
    posts at the pace of the blog.
    """
    yield f"{result.quiet_days} quiet days of blogs, {result.looks} looks, {len(result.false)} false alarms"
    for one in result.false:
        yield f"  false: blog {one.blog}, day {one.day}: {one.sentence}"
    yield f"| breakage | {fast:g}+ posts a day: told within a day | within 4 days | hours | in posts | slower: within a day | within 4 days | hours | in posts |"
    yield "|---|---|---|---|---|---|---|---|---|"
    stuck = [one for one in result.breakages if one.kind == STUCK]
    rows = [(way.name, [one for one in result.breakages if one.kind == way.name]) for way in BREAKAGES]
    rows.append((f"{STUCK}, pages that change by themselves", [one for one in stuck if one.is_lively]))
    for name, own in rows:
        cells = []
        for group in ([one for one in own if one.a_day >= fast], [one for one in own if one.a_day < fast]):
            times = [inf if one.hours is None else one.hours for one in group]
            posts = [hours * one.a_day / 24 for hours, one in zip(times, group, strict=True)]
            cells += [f"{sum(hours <= limit for hours in times)} of {len(group)}" for limit in (24, 96)]
            cells += [
                f"{sorted(numbers)[len(numbers) // 2]:.3g}" if numbers else "" for numbers in (times, posts)
            ]
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="?", type=Path, help="the folder with pages of real blogs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--blogs", type=int, default=20)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--quiet", type=int, default=190, help="days before the first breakage")
    parser.add_argument(
        "--fast", type=float, default=3.0, help="posts a day of the blogs of the first column"
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
