"""When posts and sources are looked at again; what Retry-After means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.discovery import revisit
from newsarchive.core.discovery.revisit import DAY, HOUR, MAX_INTERVAL, MIN_INTERVAL, Visits

NOW = datetime(2025, 4, 30, 12, tzinfo=UTC)


def seen(days_ago, **more):
    return Visits(first_seen_at=NOW - days_ago * DAY, **more)


@pytest.mark.parametrize(
    ("age", "wait"),
    [(timedelta(0), 6 * HOUR), (HOUR, 6 * HOUR), (DAY, 12 * HOUR), (10 * DAY, 5 * DAY), (100 * DAY, 50 * DAY), (5000 * DAY, 180 * DAY)],
)  # fmt: skip
def test_a_post_that_never_changed_is_looked_at_after_half_its_age(age, wait):
    assert revisit.interval(Visits(first_seen_at=NOW - age), NOW) == wait


def test_an_old_post_found_today_counts_from_its_publication():
    assert revisit.interval(Visits(first_seen_at=NOW, published=NOW - 100 * DAY), NOW) == 50 * DAY


def test_a_date_in_the_future_is_no_age():
    assert revisit.interval(Visits(first_seen_at=NOW, published=NOW + 100 * DAY), NOW) == MIN_INTERVAL


def test_a_post_that_changes_often_is_looked_at_more_often():
    waits = [revisit.interval(seen(100, looks=20, changes=n), NOW) for n in (0, 1, 5, 10, 20)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] == 50 * DAY
    assert waits[-1] < 2 * DAY


def test_changes_that_lie_back_weigh_less_and_less():
    waits = [revisit.interval(seen(days, looks=5, changes=3), NOW) for days in (2, 20, 200)]
    assert waits == sorted(waits)


def test_the_rate_of_a_page_that_changes_daily_is_found():
    # Looked at once a day for 100 days: a Poisson process of one change a day shows in 63 of 100 looks.
    assert revisit.change_rate(seen(100, looks=100, changes=63), NOW) == pytest.approx(1.0, rel=0.02)


def test_without_a_count_of_looks_the_changes_are_taken_as_all():
    assert revisit.change_rate(seen(10, changes=5), NOW) == 0.5


def test_a_missing_post_gets_a_second_look_soon_and_a_gone_one_ever_rarer():
    old = seen(1000)
    assert revisit.next_check(old, NOW, "missing") - NOW == DAY
    waits = [revisit.next_check(seen(1000, failures=n), NOW, "gone") - NOW for n in range(8)]
    assert waits[:3] == [30 * DAY, 60 * DAY, 120 * DAY]
    assert waits[-1] == MAX_INTERVAL


@pytest.mark.parametrize("outcome", ["failed", "blocked"])
def test_failures_double_the_wait(outcome):
    waits = [revisit.next_check(seen(1, failures=n), NOW, outcome) - NOW for n in (1, 4, 5, 50)]
    assert waits == [6 * HOUR, 8 * HOUR, 16 * HOUR, 7 * DAY]


def test_posts_of_one_crawl_do_not_come_due_together():
    times = [revisit.next_check(seen(10), NOW, "unchanged", f"blog.example/{n}") for n in range(200)]
    assert max(times) - min(times) > 0.15 * 5 * DAY
    assert all(abs(t - NOW - 5 * DAY) <= 0.1 * 5 * DAY for t in times)
    assert times[7] == revisit.next_check(seen(10), NOW, "unchanged", "blog.example/7"), "the same each time"


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("Wed, 30 Apr 2025 12:05:00 GMT", timedelta(minutes=5)),
        ("Wed, 30 Apr 2025 12:05:00 -0000", timedelta(minutes=5)),
        ("Wed, 30 Apr 2025 11:00:00 GMT", timedelta(0)),
        ("99999999999999999999", DAY),
        ("Wed, 30 Apr 2099 12:00:00 GMT", DAY),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("١٢", None),
        ("Wed, 99 Apr 2025 12:05:00 GMT", None),
    ],
)
def test_retry_after(value, wait):
    assert revisit.retry_after(value, NOW) == wait


@given(
    st.builds(
        Visits,
        first_seen_at=st.timedeltas(DAY * -9, DAY * 9000).map(lambda d: NOW - d),
        published=st.none() | st.timedeltas(DAY * -9, DAY * 30000).map(lambda d: NOW - d),
        looks=st.integers(0, 10_000),
        changes=st.integers(0, 10_000),
        failures=st.integers(0, 10_000),
    ),
    st.sampled_from(["unchanged", "changed", "missing", "gone", "blocked", "failed"]),
    st.text(max_size=20),
)
def test_the_next_look_is_always_within_bounds(visits, outcome, key):
    wait = revisit.next_check(visits, NOW, outcome, key) - NOW
    assert MIN_INTERVAL * 0.9 <= wait <= MAX_INTERVAL * 1.1


@given(st.text(max_size=40))
def test_no_header_makes_it_raise(value):
    revisit.retry_after(value, NOW)
