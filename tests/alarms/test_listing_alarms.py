"""Alarms of what the lists of a site name: they are told before the site's rhythm could tell."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from newsarchive.core.alarms.judge import judge
from newsarchive.core.alarms.listings import (
    FEED,
    MIN_PROMPT_SHARE,
    Listed,
    Listing,
    NamedPost,
    PostList,
    SameLooks,
    awaited,
)
from newsarchive.core.alarms.records import AlarmKind, History, State
from newsarchive.db import engine as db
from newsarchive.db.frontier import listings
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.models import CrawlRun
from newsarchive.db.reading.alarms import history as history_of
from newsarchive.db.writing.alarms import look
from newsarchive.items import Link
from tests.alarms.test_alarms import DAY, HOUR, NOW, listing, page, path
from tests.crawling.test_crawl import rows
from tests.support.serving import Answer, crawl, served
from tests.support.storage import open_archive

#: Hourly looks at a healthy list.
LOOKS = 300


def lively(posts: list[int], kind: str = "home page") -> Listing:
    """A list that is another at each of its hourly looks, with these numbers of posts, until now."""
    begin = NOW - (len(posts) - 1) * HOUR
    return Listing(
        kind, [SameLooks(begin + n * HOUR, begin + n * HOUR, 1, number) for n, number in enumerate(posts)]
    )


def stuck(hours: int, *, changes: int = LOOKS, every: int = 1) -> Listing:
    """A front page that changed `changes` times, each after `every` hours, and is the same for these hours."""
    begin = NOW - (changes * every + hours) * HOUR
    found = [
        SameLooks(begin + n * every * HOUR, begin + (n * every + every - 1) * HOUR, every, 20)
        for n in range(changes)
    ]
    return Listing("home page", [*found, SameLooks(NOW - hours * HOUR, NOW, hours + 1, 20)])


def kinds(*lists: Listing, now: datetime = NOW) -> list[AlarmKind]:
    return [one.kind for one in judge(History(listings=lists), now) if one.state is State.STANDS]


@pytest.mark.parametrize("kind", ["home page", "feed", "wp-json"])
def test_a_list_in_which_no_posts_are_found_any_more_is_told_in_hours(kind: str) -> None:
    (alarm,) = judge(History(listings=[lively([20] * LOOKS + [0] * 5, kind)]), NOW)
    assert (alarm.kind, alarm.since) == (AlarmKind.FEWER_LISTED, NOW - 4 * HOUR)
    assert alarm.sentence.endswith(
        "at 5 of the last 5 looks a list of its posts named at most 5, where 20 are usual"
    )


@pytest.mark.parametrize(
    "posts",
    [
        [20] * LOOKS + [0],  # one look: a page of maintenance
        [20] * LOOKS + [10] * 20,  # a new theme lists half as many
        [20, 0, 12, 3] * (LOOKS // 4) + [0] * 20,  # it has none at times
        [3] * LOOKS + [0] * 20,  # a list of three says little
        [20] * 10 + [0] * 8,  # it is known for less than a day
        [20] * LOOKS + [12] * 9 + [8] * 9 + [2] * 9,  # a page of the last ten days, and its blog takes leave
    ],
)
def test_a_list_that_is_short_as_lists_are_raises_no_alarm(posts: list[int]) -> None:
    assert kinds(lively(posts)) == []


def test_a_short_list_stands_as_an_alarm_until_it_is_as_before() -> None:
    since = NOW - 40 * HOUR
    broken = lively([20] * LOOKS + [1] * 41)
    given = History(listings=[broken, lively([10] * 400, "feed")], standing={AlarmKind.FEWER_LISTED: since})
    assert [one.state for one in judge(given, NOW)] == [State.STANDS]
    mended = lively([20] * LOOKS + [1] * 38 + [18] * 3)
    assert [one.state for one in judge(replace(given, listings=[mended]), NOW)] == [State.CLEARED]


def test_a_front_page_that_changed_at_each_look_and_is_the_same_for_half_a_day_is_stuck() -> None:
    assert kinds(stuck(12)) == [AlarmKind.FROZEN_PAGE]
    assert kinds(stuck(5)) == []  # caches keep a page for some hours
    assert kinds(stuck(12, every=6)) == []  # it rests for hours: it changes with what people do
    assert kinds(stuck(12, changes=90)) == []  # it is not known for long enough


def told_after(changes: Callable[[int], float], days: int, stuck_at: int) -> list[int]:
    """The hours after `stuck_at` (a day) at which a front page raises the alarm that changes with these chances, hour by hour."""
    dice, found, told, since = random.Random(days), list[SameLooks](), list[int](), None
    for hour in range(days * 24):
        now = NOW + hour * HOUR
        if not found or (hour < stuck_at * 24 and dice.random() < changes(hour)):
            found = [*found[-400:], SameLooks(now, now, 1, 20)]
        else:
            found[-1] = found[-1]._replace(last_at=now, looks=found[-1].looks + 1)
        standing = {} if since is None else {AlarmKind.FROZEN_PAGE: since}
        alarms = judge(History(listings=[Listing("home page", found)], standing=standing), now)
        if alarms and since is None:
            told.append(hour - stuck_at * 24)
        since = alarms[0].since if alarms and alarms[0].state is State.STANDS else None
    return told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (lambda hour: 0.98, [9]),
        (lambda hour: 0.5, []),
        # comments by day, and none while the blog takes leave
        (lambda hour: 0.6 if 7 <= hour % 24 < 23 and not 40 <= hour // 24 < 54 else 0.0, []),
    ],
    ids=["by itself", "half of the looks", "comments"],
)
def test_of_front_pages_only_one_that_changes_by_itself_is_told_as_stuck(
    changes: Callable[[int], float], expected: list[int]
) -> None:
    assert told_after(changes, 90, stuck_at=85) == expected


def test_a_stuck_front_page_stands_as_an_alarm_until_it_changes_again() -> None:
    given, states = History(listings=[stuck(12)]), []
    (raised,) = judge(given, NOW)
    for hours in range(1, 40):
        later = History(
            listings=[stuck(12 + hours)], standing={AlarmKind.FROZEN_PAGE: raised.since - hours * HOUR}
        )
        states += [one.state for one in judge(later, NOW)]
    assert states == [State.STANDS] * 39
    (listing,) = given.listings
    fresh = [SameLooks(NOW + n * HOUR, NOW + n * HOUR, 1, 20) for n in range(1, 4)]
    mended = History(
        listings=[listing._replace(found=[*listing.found, *fresh])],
        standing={AlarmKind.FROZEN_PAGE: raised.since},
    )
    assert [one.state for one in judge(mended, NOW + 3 * HOUR)] == [State.CLEARED]


def test_a_list_that_is_looked_at_no_more_is_no_list_of_the_site() -> None:
    old = lively([20] * LOOKS + [0] * 30, "feed")
    moved = replace_times(old, -3 * DAY)
    assert kinds(old, lively([20] * LOOKS)) == [AlarmKind.FEWER_LISTED]
    assert kinds(moved, lively([20] * LOOKS)) == []


def replace_times(one: Listing, by: timedelta) -> Listing:
    return one._replace(
        found=[same._replace(first_at=same.first_at + by, last_at=same.last_at + by) for same in one.found]
    )


def test_a_paper_that_publishes_all_day_is_silent_within_half_a_day() -> None:
    quarters = [0, 0, *[30] * (200 * 4)]
    days = [sum(quarters[at : at + 4]) for at in range(0, len(quarters), 4)]
    given = History(days=days, quarters=quarters, last_post=NOW - 12 * HOUR)
    (alarm,) = judge(given, NOW)
    assert (alarm.kind, alarm.evidence["days"]) == (AlarmKind.SILENT, 0.25)
    at_night = [0 if n % 4 < 2 else 30 for n in range(200 * 4)]  # it never has posts in these hours
    days = [sum(at_night[at : at + 4]) for at in range(0, len(at_night), 4)]
    assert judge(replace(given, quarters=at_night, days=days), NOW) == []


def test_how_long_a_feed_may_lack_a_post_is_learned() -> None:
    def known(delay: timedelta, missing: int, newest: timedelta) -> list[AlarmKind]:
        posts = [Listed(NOW - (200 - n) * 5 * HOUR - newest, True, delay) for n in range(200)]
        late = [Listed(NOW - newest - (missing - 1 - n) * HOUR, False) for n in range(missing)]
        return [one.kind for one in judge(History(listed=[*posts, *late]), NOW)]

    assert known(timedelta(), 3, 2 * HOUR) == [AlarmKind.FROZEN_FEED]
    assert known(3 * HOUR, 3, 2 * HOUR) == []
    assert known(3 * HOUR, 3, 6 * HOUR) == [AlarmKind.FROZEN_FEED]
    assert known(timedelta(), 2, 2 * HOUR) == []  # two posts may be left out on purpose


# -- posts that one source names, and another one lacks ---------------------------------------

CAME = NOW - 8 * HOUR


def posts_of(by: str, number: int = 40, **changes: Any) -> list[NamedPost]:
    """A post a day that one source named, and the newest eight hours ago, with these changes."""
    ages = [(number - n) * DAY for n in range(number)]
    found = [
        NamedPost(CAME - age, f"https://blog.example/2026/post-{age.days}/", CAME - age, (by,))
        for age in ages
    ]
    return [*found, NamedPost(CAME, "https://blog.example/2026/newest/", CAME, (by,))._replace(**changes)]


def changing(posts: Sequence[NamedPost], after: timedelta = HOUR) -> list[SameLooks]:
    """Looks at a list that had all posts but the newest an hour after they came."""
    begin = posts[0].at - DAY
    return [SameLooks(at, at, 1, 10) for at in (begin, *(post.at + after for post in posts[:-1]))]


def lacks(posts: Sequence[NamedPost], of: PostList, now: datetime = NOW) -> list[AlarmKind]:
    listed = awaited(posts, of)
    given = History(listed=listed) if of.kind == FEED else History(on_page=listed)
    return [one.kind for one in judge(given, now) if one.state is State.STANDS]


def test_one_post_that_the_feed_lacks_is_told_where_the_server_says_that_the_feed_did_not_change() -> None:
    posts = posts_of("home page")
    frozen = PostList(FEED, [changing(posts)], changed_at=posts[-2].at)
    assert lacks(posts, frozen) == [AlarmKind.FROZEN_FEED]
    assert lacks(posts, frozen, CAME + 5 * HOUR) == []  # caches keep a feed for some hours
    (alarm,) = judge(History(listed=awaited(posts, frozen)), NOW)
    assert alarm.since == CAME
    assert alarm.sentence.endswith(": the feed lacks 1 of the last 1 posts")


@pytest.mark.parametrize(
    ("changed_at", "changes", "delay", "proves"),
    [
        (CAME - DAY, {}, HOUR, True),
        (None, {}, HOUR, False),  # the server does not say when the feed was changed
        (CAME + timedelta(minutes=1), {}, HOUR, False),  # it was: it leaves this post out
        (CAME - 90 * DAY, {}, HOUR, False),  # what it says does not go with what was seen
        (CAME - DAY, {"published": CAME - 300 * DAY}, HOUR, False),  # an old post that a link led to
        (CAME - DAY, {"url": "https://blog.example/events/"}, HOUR, False),  # a page that is no post
        (CAME - DAY, {}, 7 * HOUR, False),  # the feed comes late at times
    ],
)
def test_when_one_post_that_the_feed_lacks_is_a_proof(
    changed_at: datetime | None, changes: dict[str, Any], delay: timedelta, proves: bool
) -> None:
    posts = [*posts_of("feed")[:20], *posts_of("home page", **changes)[20:]]
    found = lacks(posts, PostList(FEED, [changing(posts, delay)], changed_at))
    assert found == ([AlarmKind.FROZEN_FEED] if proves else [])


def test_a_blog_that_is_little_known_proves_nothing_by_one_post() -> None:
    posts = posts_of("home page", 19)
    assert lacks(posts, PostList(FEED, [changing(posts)], changed_at=posts[-2].at)) == []


@pytest.mark.parametrize(("by", "expected"), [("fresh home page", [AlarmKind.FROZEN_PAGE]), ("feed", [])])
def test_one_post_that_the_front_page_has_only_past_the_caches_proves_a_stuck_cache(
    by: str, expected: list[AlarmKind]
) -> None:
    posts = [*posts_of("feed")[:-1], posts_of(by)[-1]]
    page = PostList("home page", [changing(posts)], fresh_kind="fresh home page")
    assert lacks(posts, page) == expected


@pytest.mark.parametrize(
    ("known", "late", "proves"), [(40, 2, True), (40, 12, False), (12, 0, True), (8, 0, False)]
)
def test_one_post_that_the_feed_has_only_past_the_caches_proves_that_it_froze(
    known: int, late: int, proves: bool
) -> None:
    """`late` of the `known` posts came into the feed with the next one, a day later: it leaves posts out, or comes late."""
    posts = posts_of("home page", known)
    posts[-1] = posts[-1]._replace(by=("home page", "fresh feed"))
    looks = changing(posts)
    looks = [look for place, look in enumerate(looks) if not 1 < place <= 1 + late]
    feed = PostList(FEED, [looks], None, "fresh feed", MIN_PROMPT_SHARE)
    assert lacks(posts, feed) == ([AlarmKind.FROZEN_FEED] if proves else [])
    assert lacks(posts, feed._replace(fresh_kind="")) == []
    assert lacks(posts, feed, CAME + 5 * HOUR) == []


def test_three_posts_that_came_by_the_feed_while_the_front_page_stood_still() -> None:
    posts = posts_of("feed", 100)
    page = PostList("home page", [changing(posts[:-2])])
    assert lacks(posts, page) == [AlarmKind.FROZEN_PAGE]
    (alarm,) = judge(History(on_page=awaited(posts, page)), NOW)
    assert alarm.sentence.endswith("the front page has not changed since 3 of the last 3 posts came")
    moved = PostList("home page", [[*changing(posts[:-2]), SameLooks(NOW, NOW, 1, 10)]])
    stands = History(on_page=awaited(posts, moved), standing={AlarmKind.FROZEN_PAGE: alarm.since})
    assert [one.state for one in judge(stands, NOW)] == [State.CLEARED]


# -- storage ----------------------------------------------------------------------------------


class Clock:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_looks_that_find_the_same_stand_in_one_row_and_old_rows_are_forgotten(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    with open_archive(database, tmp_path) as engine:
        frontier = Frontier(engine, clock)
        site = frontier.open_site("https://blog.example/")
        feed = frontier.source(site, "feed", "https://blog.example/feed")
        frontier.listed(feed.id)  # it answers 304 before anything of it is known
        for posts, digest in ((10, "a"), (10, "a"), (None, ""), (10, "b"), (9, "c")):
            frontier.listed(feed.id, posts, digest)
            frontier.listed(feed.id, posts, digest)  # at once: that is no further evidence
            clock.now += HOUR
        with db.reading(engine) as connection:
            (known,) = history_of(connection, site, clock.now).listings
        begin = clock.now - 5 * HOUR
        assert known == Listing(
            "feed",
            [
                SameLooks(begin, begin + 2 * HOUR, 3, 10),
                SameLooks(begin + 3 * HOUR, begin + 3 * HOUR, 1, 10),
                SameLooks(begin + 4 * HOUR, begin + 4 * HOUR, 1, 9),
            ],
        )
        monkeypatch.setattr(listings, "MAX_KEPT_LOOKS", 2)
        with db.writing(engine) as connection:
            look(connection, site, clock.now)
        with db.reading(engine) as connection:
            assert [one.posts for one in history_of(connection, site, clock.now).listings[0].found] == [10, 9]


def test_a_feed_that_goes_on_changing_is_not_frozen_although_the_api_names_its_posts_first(
    tmp_path: Path,
) -> None:
    clock = Clock()
    with open_archive("sqlite", tmp_path) as engine:
        frontier = Frontier(engine, clock)
        site = frontier.open_site("https://blog.example/")
        feed = frontier.source(site, "feed", "https://blog.example/feed")
        api = frontier.source(site, "wp-json", "https://blog.example/wp-json")
        run = first_run(engine, clock.now)
        for number in range(6):
            url = f"https://blog.example/post-{number}"
            frontier.discover(site, run, [Link(url, "wp-json")], api.id)
            frontier.settle(url, "ok", "")
            if number < 4:  # then the feed freezes
                frontier.listed(feed.id, 10, str(number))
            clock.now += HOUR
        with db.reading(engine) as connection:
            listed = history_of(connection, site, clock.now).listed
    assert [one.in_list for one in listed] == [True] * 4 + [False] * 2


def first_run(engine: Engine, now: datetime) -> int:
    with db.writing(engine) as connection:
        row = insert(CrawlRun).values(spider="news", started_at=now).returning(CrawlRun.id)
        return int(connection.execute(row).scalar_one())


@pytest.mark.slow
def test_a_crawl_keeps_what_front_page_and_feed_list(tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"
    with served({}) as site:
        for numbers in (range(5), range(0)):
            answers = listing(numbers, numbers)
            site.answers |= {k: v if isinstance(v, Answer) else Answer(v) for k, v in answers.items()}
            crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_WARC=off", db=archive)
    kept = rows(
        archive,
        "SELECT kind, posts FROM listing_looks JOIN sources ON sources.id = source_id ORDER BY kind, listing_looks.id",
    )
    assert kept == [("feed", 5), ("feed", 0), ("home page", 5), ("home page", 0)]


class StuckCache(dict[str, Answer]):
    """A front page or feed that is the same for all who ask for it, and up to date at an address that nobody asked for before."""

    path = "/"
    fresh = Answer("")

    def get(self, path: str, default: Any = None) -> Any:
        return self.fresh if path.startswith(f"{self.path}?newsarchive=") else super().get(path, default)


@pytest.mark.slow
def test_a_front_page_that_is_the_same_for_half_a_day_is_asked_past_the_caches(tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"

    def asked() -> int:
        site.seen.clear()
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_WARC=off", db=archive)
        return sum(request.startswith("/?newsarchive=") for request in site.paths())

    with served({"/": str(listing(range(5), range(0))["/"]), **{path(n): page(n) for n in range(6)}}) as site:
        site.answers = StuckCache(site.answers)
        site.answers.fresh = Answer(str(listing(range(6), range(0))["/"]))
        assert asked() == 0
        assert rows(archive, "SELECT count(*) FROM articles") == [(5,)]
        with sqlite3.connect(archive) as connection:
            for name in ("first_at", "last_at"):
                connection.execute(f"UPDATE listing_looks SET {name} = datetime({name}, '-13 hours')")
        connection.close()
        assert [asked(), asked()] == [1, 0]  # and again after as long
    assert rows(archive, "SELECT count(*) FROM articles") == [(6,)]
    named = rows(
        archive, "SELECT url FROM urls WHERE id IN (SELECT url_id FROM discoveries WHERE kind LIKE 'fresh%')"
    )
    assert named == [(f"{site.home}{path(5)}",)]


@pytest.mark.slow
def test_a_feed_that_lacks_a_post_for_hours_is_asked_past_the_caches(tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"

    def asked() -> int:
        site.seen.clear()
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_WARC=off", db=archive)
        return sum(request.startswith("/feed/?newsarchive=") for request in site.paths())

    def later(hours: int) -> None:
        with sqlite3.connect(archive) as connection:
            for table, names in {
                "listing_looks": ("first_at", "last_at"),
                "urls": ("first_seen_at",),
                "sources": ("last_checked_at",),
            }.items():
                for name in names:
                    moved = f"strftime('%Y-%m-%dT%H:%M:%f000+00:00', {name}, '-{hours} hours')"
                    connection.execute(f"UPDATE {table} SET {name} = {moved}")
            connection.execute("UPDATE articles SET date_published = NULL")  # the posts are none of long ago
        connection.close()

    with served({**listing(range(5), range(5)), **{path(n): page(n) for n in range(6)}}) as site:
        site.answers = StuckCache(site.answers)
        site.answers.path, site.answers.fresh = "/feed/", listing(range(6), range(6))["/feed/"]
        assert asked() == 0
        site.answers |= {"/": Answer(str(listing(range(6), range(6))["/"]))}  # a post, which the feed lacks
        assert asked() == 0
        later(7)
        assert [asked(), asked()] == [1, 0]
        later(13)
        assert asked() == 0  # this post was asked for
    kinds = "SELECT d.kind FROM discoveries d JOIN urls u ON u.id = d.url_id WHERE u.url LIKE ? ORDER BY d.id"
    with sqlite3.connect(archive) as connection:
        assert [kind for (kind,) in connection.execute(kinds, [f"%{path(5)}"])] == ["link", "fresh feed"]
    connection.close()
