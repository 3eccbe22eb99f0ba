"""Blogs that change as blogs do, for `benchmarks.alarms`: their posts, and what their front pages and feeds list.

Months are as busy as those of real blogs (the counts beside the months in their sidebars, read from the pages of the
data folder), weekends and holidays are slow, blogs take leave, post in bursts, go dormant, run a series of short notes,
get a new theme. What front pages do is invented: half of them are another at nearly each look (a time, a token), a
quarter changes with comments, a quarter with posts alone. Invented as well: each feed leaves out one post in a hundred; of six feeds
in ten the server says when they were changed, also by a post that they leave out; a stuck cache holds front page and feed, not the
API, and at seven blogs in ten it lets a request for another address through; so does a feed that froze. So are sections: three to nine at each blog, one of them far
larger than the last; six blogs in ten show them (most by name, the others in their addresses, one post in twenty under another one), and
at some a section has no authors, another one short texts, and a third begins in mid-year.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from newsarchive.core.alarms.listings import MAX_DATE_DISTANCE, MAX_LAG, MAX_SAME_TIME
from newsarchive.core.alarms.records import AlarmKind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2025, 1, 6, tzinfo=UTC)  # the first crawl
#: Days of posts that the first crawl finds.
BACKFILL_DAYS = 250
#: Share of the posts (0 to 1) that a blog would have published as in the year before, below which it pauses as the real one did.
MAX_PAUSED_SHARE = 0.3
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


class Breakage(NamedTuple):
    """A way in which a blog breaks, and the alarms any of which tells it."""

    name: str
    alarms: frozenset[AlarmKind]


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
    section: int = 0
    shown_section: int = 0
    stored: bool = False
    looks: int = 0
    gone: bool = False
    is_fresh: bool = False  # named by the feed past the caches


#: A cache answers with an old front page and an old feed; no links to posts are found any more; lists are cut to a tenth.
STUCK, EMPTIED, CUT = "stuck cache", "lists emptied", "lists cut short"
#: Before the kind of an alarm: what breaks the posts of one section alone.
IN_A_SECTION = "one section: "


@dataclass
class Blog:
    """A blog with its own ways, and what breaks it at the moment."""

    number: int
    dice: random.Random
    months: list[int]
    week: list[float]
    site_id: int = 0
    author_id: int = 0
    broken: Breakage | None = None
    listed: dict[str, tuple[int, str]] = field(default_factory=dict)
    missed: list[datetime] = field(default_factory=list)
    #: When the server says that the feed was changed, since when the front page is the same, and when it was asked past the caches.
    feed_changed_at: datetime | None = None
    page_since: datetime = START
    fresh_at: datetime = START
    #: When the feed was asked past the caches, and when it last named a post.
    fresh_feed_at: datetime = START
    frozen_at: datetime = START
    #: The section that is broken, where one is.
    broken_section: int = -1
    posts: list[Post] = field(default_factory=list)
    #: Post → its place in `posts`; when each is due, and the same in order, with moments that hold no more.
    places: dict[int, int] = field(default_factory=dict)
    due_at: dict[int, datetime] = field(default_factory=dict)
    due: list[tuple[datetime, int]] = field(default_factory=list)

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
        #: How likely the front page is another after an hour in which no post came.
        self.liveliness = dice.choice([0.98, 0.98, 0.5, 0.03])
        self.page_posts, self.feed_posts = dice.randint(8, 30), 10
        self.page_days = 10 if dice.random() < 0.15 else None  # this page lists the posts of ten days
        self.feed_lag = dice.choice([0, 0, 0, 0, 1, 2, 3]) * HOUR
        self.has_api = dice.random() < 0.25
        ways = random.Random(
            dice.getstate()[1][0]
        )  # its own dice, so that the posts of a seed stay as they are
        self.is_stamped = ways.random() < 0.6
        self.passes_cache = ways.random() < 0.7
        self.sections = [1 / (place + 1) for place in range(ways.randint(3, 9))]
        #: How a reader sees the section of a post: by its name, in its address, or not at all.
        self.shows_section = ways.choice(["name", "name", "address", "", ""])
        self.has_section_without_authors = ways.random() < 0.5  # at a blog of which not all posts have one
        self.short_section = ways.choice([2, -1, -1])  # its posts are pictures with a line
        self.last_section_begins = START + ways.randint(-900, 300) * DAY
        self.ways = ways

    def is_broken(self, kind: AlarmKind) -> bool:
        return self.broken is not None and self.broken.name == kind

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
        section, shown = self.sort(at)
        if section == self.short_section:
            words = max(20, words // 8)
        doubt = dice.uniform(0.4, 0.79) if dice.random() < 0.02 else dice.uniform(0.85, 1.0)
        has_author = dice.random() < self.byline
        if self.has_section_without_authors and 0 < self.byline < 1:
            has_author = section != 1
        return Post(id_, at, words, has_author, self.timed, doubt, dice.random() < 0.99, section, shown)

    def sort(self, at: datetime) -> tuple[int, int]:
        """The section of a post, and the one under which it is shown."""
        weights = self.sections if at >= self.last_section_begins else self.sections[:-1]
        section, other = self.ways.choices(range(len(weights)), weights, k=2)
        return section, other if self.ways.random() < 0.05 else section

    def pauses(self, now: datetime) -> bool:
        """Whether the blog is silent because the real one, whose months it has, published next to nothing then: an alarm that says
        so is not false."""
        last = self.posts[-1].at
        silent = (now - last) // DAY
        expected = sum(self.rate(last + day * DAY) for day in range(1, silent + 1))
        usual = sum(last - 365 * DAY <= post.at for post in self.posts) / min(
            365, BACKFILL_DAYS + (last - START) / DAY
        )
        return expected < MAX_PAUSED_SHARE * usual * silent

    def address(self, post: Post) -> str:
        folder = f"section{post.shown_section}/" if self.shows_section == "address" else ""
        return f"https://blog{self.number}.example/{folder}{post.id}"

    def tenth(self) -> int:
        """The section whose share of the posts so far is nearest to a tenth."""
        posts = Counter(post.section for post in self.posts)
        return min(posts, key=lambda section: abs(posts[section] / len(self.posts) - 0.1))

    def lists(self, now: datetime) -> dict[str, tuple[int, str]]:
        """What the front page and the feed list at this moment: the number of posts, and a digest."""
        dice, way = self.dice, self.broken.name if self.broken else ""
        if way == STUCK and self.listed:
            return self.listed
        page = self.posts[-self.page_posts :]
        if self.page_days is not None:
            page = [post for post in page if post.at > now - self.page_days * DAY]
        feed = [
            post
            for post in self.posts[-self.feed_posts - 20 :]
            if post.in_feed and post.at <= now - self.feed_lag
        ]
        feed = feed[-self.feed_posts :]
        if way == CUT:
            page, feed = page[-max(1, len(page) // 10) :], feed[-1:]
        if way == EMPTIED:
            page, feed = [], []
        known = self.listed.get("home page", (0, ""))
        digest = known[1].partition(" ")[0]
        if dice.random() < self.liveliness:
            digest = str(dice.random())
        newest = page[-1].id if page else 0
        found = {"home page": (len(page), f"{digest} {newest} {len(page)}")}
        if found["home page"] != known:
            self.page_since = now
        if way == AlarmKind.FROZEN_FEED:
            found["feed"] = self.listed["feed"]
        else:
            found["feed"] = (len(feed), str([post.id for post in feed]))
            self.frozen_at = now
            moments = [post.at for post in self.posts[-20:] if post.at <= now - self.feed_lag]
            if self.is_stamped and moments:
                self.feed_changed_at = max(moments)
        self.listed = found
        return found

    def come(self, moments: Sequence[datetime]) -> list[datetime]:
        """The posts of which a crawl learns, of those that the blog published; it learns of the others when it is mended."""
        way = self.broken.name if self.broken else ""
        if way == STUCK and self.has_api:
            return list(moments)
        if way in (STUCK, EMPTIED):
            self.missed += moments
            return []
        if way == CUT:
            self.missed += moments[:-3]
            return list(moments[-3:])
        if way == AlarmKind.SILENT:
            return []
        if way == AlarmKind.FEWER_POSTS:
            return [moment for moment in moments if self.dice.random() < 0.1]
        if self.missed and not way:
            moments, self.missed = [*self.missed, *moments], []
        return list(moments)

    def come_fresh(self, now: datetime) -> list[datetime]:
        """The posts of which a crawl learns that asks for the front page past the caches."""
        if now - max(self.page_since, self.fresh_at) < MAX_SAME_TIME:
            return []
        self.fresh_at = now
        if not (self.broken and self.broken.name == STUCK and self.passes_cache):
            return []
        moments, self.missed = self.missed, []
        return moments

    def come_to_fresh_feed(self, now: datetime) -> list[Post]:
        """The posts that a feed names which is asked past the caches, because it lacks one of late."""
        if (
            not (self.is_broken(AlarmKind.FROZEN_FEED) and self.passes_cache)
            or now - self.fresh_feed_at < MAX_SAME_TIME
        ):
            return []
        lacking = [
            post for post in self.posts[-self.feed_posts :] if post.at > self.frozen_at and post.in_feed
        ]
        lacking = [post for post in lacking if not post.is_fresh]
        if not any(MAX_LAG <= now - post.at <= MAX_DATE_DISTANCE + MAX_LAG for post in lacking):
            return []
        self.fresh_feed_at = now
        for post in lacking:
            post.is_fresh = True
        return lacking


def poisson(dice: random.Random, mean: float) -> int:
    number, left = 0, math.exp(-min(mean, 600))
    chance = dice.random()
    while chance > left:
        chance *= dice.random()
        number += 1
    return number
