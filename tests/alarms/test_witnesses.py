"""Old posts are read again so that a broken site is told although it seldom posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from newsarchive.core.alarms.judge import judge
from newsarchive.core.alarms.records import AlarmKind, History, Look, Problem, Reading, State
from newsarchive.core.alarms.witnesses import MORE_WITNESSES, WITNESSES, wanted
from newsarchive.db import engine as db
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.models import Url
from newsarchive.db.writing.alarms import look
from newsarchive.db.writing.store import Store
from newsarchive.items import Capture
from tests.support.storage import START, make_article, open_archive

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: A post in three days.
POSTS = 60


def blog(*again: Reading, last: timedelta = 20 * HOUR, problem: Problem | None = None) -> History:
    """A blog of which an old post was read `last` before now, and `again` after that."""
    posts = [
        Reading(
            n,
            NOW - last - (POSTS - n) * HOUR,
            NOW - (POSTS - n) * 3 * DAY - DAY,
            NOW,
            400,
            True,
            0.95,
            f"{n}",
        )
        for n in range(POSTS)
    ]
    kept = [one for one in posts if one.id not in {new.id for new in again}]
    readings = [*kept, *again]
    looks = [Look(one.at, one.met, problem if one in again else None) for one in readings]
    return History(readings, looks, met=posts[0].met)


def again(number: int, **changes: object) -> Reading:
    """An old post, read again an hour ago."""
    old = blog().readings[number]
    return old._replace(at=NOW - HOUR, **changes)


UNSIGNED = {"has_author": False}


@pytest.mark.parametrize(
    ("history", "number"),
    [
        (blog(), WITNESSES),  # no old post was read for 20 hours
        (blog(last=5 * HOUR), 0),
        (blog(again(3)), 0),  # it was as it had been
        (blog(again(3, **UNSIGNED)), MORE_WITNESSES),
        (blog(again(3), problem=Problem.OTHER), MORE_WITNESSES),
        (
            blog(again(3, met=NOW - 3 * HOUR, **UNSIGNED), last=2 * HOUR),
            0,
        ),  # new posts may be bad by themselves
        (replace(blog(), met=NOW - HOUR), 0),  # a first crawl has just read all
        (replace(blog(), readings=blog().readings[:15]), 0),  # too little is known
    ],
    ids=["none", "read", "well", "unsigned", "not stored", "new", "just met", "little known"],
)
def test_how_many_posts_are_read_again(history: History, number: int) -> None:
    assert wanted(history, NOW).number == number


def test_the_posts_that_were_not_read_for_longest_are_asked_first() -> None:
    bad = blog(again(0, **UNSIGNED))
    assert list(wanted(bad, NOW).candidates[:3]) == [1, 2, 3]


def test_a_blog_that_does_not_post_is_told_by_its_old_posts() -> None:
    """Crawl after crawl reads the witnesses that were asked for, until the alarm stands; then until it is over."""
    given, standing, rounds = blog(), dict[AlarmKind, datetime](), list[list[AlarmKind]]()
    for crawl in range(12):
        now = NOW + crawl * HOUR
        is_broken = crawl < 6
        due = wanted(replace(given, standing=standing), now)
        read = {
            i: given.readings[[one.id for one in given.readings].index(i)]
            for i in due.candidates[: due.number]
        }
        fresh = [one._replace(at=now + HOUR / 2, has_author=not is_broken) for one in read.values()]
        readings = [*(one for one in given.readings if one.id not in read), *fresh]
        given = replace(given, readings=readings, looks=[Look(one.at, one.met, None) for one in readings])
        alarms = judge(replace(given, standing=standing), now + HOUR / 2)
        standing = {one.kind: one.since for one in alarms if one.state is State.STANDS}
        rounds.append(list(standing))
    assert rounds[1] == [AlarmKind.NO_AUTHOR]  # two witnesses, then four more
    assert rounds[5] == [AlarmKind.NO_AUTHOR]
    assert [AlarmKind.NO_AUTHOR] in rounds[:6]
    assert rounds[-1] == []


def test_posts_of_one_day_are_no_witnesses_one_after_the_other() -> None:
    """A blog that gives days and no times: two posts a day have one date each, and fifty of today were read last."""
    given = blog()
    dated = [one._replace(published=NOW - max(5 - one.id // 2, 0) * DAY) for one in given.readings]
    assert list(wanted(replace(given, readings=dated), NOW).candidates[:7]) == [0, 2, 4, 6, 8, 1, 3]


def test_a_busy_blog_without_times_has_one_date_only_where_old_posts_have_it_too() -> None:
    """All posts of a day have its date; a breakage gives them one that is not that of the day on which they came."""
    begin = NOW - 30 * DAY
    posts = [
        Reading(
            n, begin + n * HOUR, begin + n * HOUR, (begin + n * HOUR).replace(hour=0), 400, True, 0.95, f"{n}"
        )
        for n in range(30 * 24)
    ][-300:]
    given = History(posts, met=begin - 30 * DAY)
    assert judge(given, NOW) == []
    broken = [one._replace(published=NOW - 900 * DAY) if one.id >= 712 else one for one in posts]
    assert [one.kind for one in judge(replace(given, readings=broken), NOW)] == [AlarmKind.ONE_DATE]


def test_many_exceptions_call_no_further_witnesses() -> None:
    """A third of the posts is unsigned: one more is no news."""
    given = blog(again(3, **UNSIGNED))
    some = [one._replace(has_author=one.id % 3 != 0) for one in given.readings]
    assert wanted(replace(given, readings=some), NOW).number == 0


def test_new_posts_that_are_all_bad_are_told_while_old_ones_are_read_again_and_well() -> None:
    given = blog()
    new = [
        Reading(
            100 + n,
            NOW - (8 - n) * 3 * HOUR,
            NOW - (8 - n) * 3 * HOUR,
            NOW - n * HOUR,
            400,
            False,
            0.95,
            f"new {n}",
        )
        for n in range(8)
    ]
    old = [again(n) for n in range(8)]
    mixed = sorted([*blog(*old).readings, *new], key=lambda one: one.at)
    (alarm,) = judge(replace(given, readings=mixed), NOW)
    assert (alarm.kind, alarm.touched) == (AlarmKind.NO_AUTHOR, tuple(one.id for one in new))
    stands = replace(given, readings=mixed, standing={AlarmKind.NO_AUTHOR: alarm.since})
    assert [one.state for one in judge(stands, NOW)] == [
        State.STANDS
    ]  # although three good ones were read last
    mended = [one if one.id < 105 else one._replace(has_author=True, at=NOW) for one in mixed]
    mended.sort(key=lambda one: one.at)
    assert [one.state for one in judge(replace(stands, readings=mended), NOW)] == [State.CLEARED]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_a_look_makes_witnesses_due_that_are_still_there(database: str, tmp_path: Path) -> None:
    now = START + 60 * DAY
    with open_archive(database, tmp_path) as engine:
        store, frontier = Store(engine), Frontier(engine, lambda: now)
        site = frontier.open_site("https://blog.example/")
        store.ingest([make_article(n, day=n, body=f"Text {n} of the town. " * 40) for n in range(3, 30)])
        store.ingest([make_article(n, day=n, body=f"Text {n} of the town. " * 40) for n in range(2)])
        led = make_article(2, day=2, body="Text 2 of the town. " * 40)  # lists name it by another address
        named = Capture("https://blog.example/?p=2", b"<p>", final_url=led.url, fetched_at=START + 2 * DAY)
        store.ingest([replace(led, capture=named)])
        with db.writing(engine) as connection:
            connection.execute(update(Url).values(next_check_at=now + 90 * DAY))
            connection.execute(update(Url).where(Url.url.endswith("post-0")).values(state="gone"))
            connection.execute(update(Url).where(Url.url.endswith("post-1")).values(reason="http 503"))
        assert frontier.due(site_id=site) == []
        with db.writing(engine) as connection:
            assert list(look(connection, site, now, failed=True).witnesses) == []  # the site cannot be asked
            assert len(look(connection, site, now).witnesses) == WITNESSES
        assert sorted(one.url[-6:] for one in frontier.due(site_id=site)) == ["e/?p=2", "post-3"]
