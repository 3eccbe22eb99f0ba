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


def waits(visits):
    """The wait in days."""
    return revisit.interval(visits, NOW) / DAY


def test_the_older_a_post_the_longer_it_is_left_alone():
    found = [waits(seen(days)) for days in (0, 1, 10, 100, 1000, 10_000)]
    assert found == sorted(found)
    assert found[0] == MIN_INTERVAL / DAY
    assert 1 < found[2] < 10
    assert found[-1] == MAX_INTERVAL / DAY


def test_an_old_post_found_today_counts_from_its_publication():
    old = Visits(first_seen_at=NOW, published=NOW - 100 * DAY)
    assert waits(old) > 5 * waits(Visits(first_seen_at=NOW))


def test_a_date_in_the_future_is_no_age():
    assert revisit.interval(Visits(first_seen_at=NOW, published=NOW + 100 * DAY), NOW) == MIN_INTERVAL


def test_a_post_that_changes_often_is_looked_at_more_often():
    found = [waits(seen(100, changes=n)) for n in (0, 1, 5, 10, 20)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 3 * found[-1]


def test_the_less_is_known_of_a_post_the_more_a_look_at_it_is_worth():
    raised = [revisit.explored(1.0, changes) for changes in (0, 1, 3, 99)]
    assert raised == pytest.approx([2.0, 1 + 0.5**0.5, 1.5, 1.1])
    assert revisit.explored(0.0, 0) == 0.0


def test_a_post_that_is_never_edited_or_always_announced_may_be_deleted():
    never = revisit.SiteEdits(0, exposure=1e9)
    told = revisit.SiteEdits(10**6, exposure=1e9, announced=10**6, announces=True)
    for site in (never, told):
        bound = revisit.days_to_wait(100, revisit.DELETION_RATE, site.min_gain)
        assert waits(seen(100, site=site)) == pytest.approx(bound, rel=0.01)
        assert bound < MAX_INTERVAL / DAY


def test_the_posts_of_a_site_that_edits_are_looked_at_more_often_from_the_first_day():
    sites = [revisit.SiteEdits(edits, exposure=500.0) for edits in (0, 10, 100, 1000)]
    found = [waits(Visits(NOW, NOW - 30 * DAY, site=site)) for site in sites]
    assert found == sorted(found, reverse=True)
    assert found[0] > 5 * found[-1]


def test_the_looks_at_a_post_soon_say_more_than_the_edits_of_its_site():
    site = revisit.SiteEdits(edits=1000, exposure=500.0)
    assert waits(seen(30, site=site)) > 2 * waits(Visits(NOW, NOW - 30 * DAY, site=site))


def test_edits_that_a_listing_announces_need_no_look_of_their_own():
    silent = revisit.SiteEdits(edits=100, exposure=500.0)
    told = revisit.SiteEdits(edits=100, exposure=500.0, announced=98, announces=True)
    half = revisit.SiteEdits(edits=100, exposure=500.0, announced=50, announces=True)
    assert waits(seen(30, site=silent)) < waits(seen(30, site=half)) < waits(seen(30, site=told))


@pytest.mark.parametrize("rate", [0.0, 0.03, 0.25, 1.0, 1.00005, 4.0, 1e9])
@pytest.mark.parametrize("age", [0.0, 0.3, 10.0, 400.0])
def test_a_look_is_worth_the_time_out_of_date_that_it_spares(rate, age):
    """The wait, by the definition: the integral is summed up in small steps."""
    wait = revisit.days_to_wait(age, rate, 0.05)
    steps = 20_000
    rate = min(max(rate, 1e-6), 50)

    def up_to_date(days):
        return ((age + revisit.SETTLING_DAYS) / (age + revisit.SETTLING_DAYS + days)) ** rate

    gain = sum(up_to_date((n + 0.5) / steps * wait) for n in range(steps)) / steps * wait - wait * up_to_date(
        wait
    )
    scale = age + revisit.SETTLING_DAYS
    wanted = 0.05 * scale**0.5
    if rate > 1:
        wanted = min(wanted, 0.9 / (rate - 1) * scale)
    if wait <= MIN_INTERVAL / DAY * 1.001:
        assert gain >= wanted * 0.99
    elif wait >= MAX_INTERVAL / DAY * 0.999:
        assert gain <= wanted * 1.01
    else:
        assert gain == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize("looks", [0.5, 15.0, 60.0])
def test_a_site_is_looked_at_as_often_as_its_budget_allows(looks):
    ages = [n / 20 for n in range(2000)]

    rate = revisit.explored(revisit.UNKNOWN_SITE.rate, 0) + revisit.DELETION_RATE

    def spent(gain):
        return sum(1 / revisit.days_to_wait(age, rate, gain) for age in ages)

    gain = revisit.min_gain_for(ages, revisit.UNKNOWN_SITE, looks)
    rarest = len(ages) / (MAX_INTERVAL / DAY)
    assert spent(revisit.MIN_GAIN) > 100
    assert spent(gain) == pytest.approx(max(looks, rarest), rel=0.15)


def test_a_budget_that_is_larger_than_what_pays_changes_nothing():
    assert revisit.min_gain_for([1.0, 10.0], revisit.UNKNOWN_SITE, 1000) == revisit.MIN_GAIN
    assert revisit.min_gain_for([], revisit.UNKNOWN_SITE, 0) == revisit.MIN_GAIN


def test_a_rule_by_age_counts_in_the_budget(monkeypatch):
    """With young posts looked at every hour, a site has fewer looks left for its older ones."""
    ages, looks, policy = [n / 2 for n in range(200)], 100, revisit.policy
    before = revisit.min_gain_for(ages, revisit.UNKNOWN_SITE, looks)
    monkeypatch.setattr(revisit, "policy", lambda age, *more: HOUR if age < 2 else policy(age, *more))
    assert waits(seen(1)) == HOUR / DAY
    assert revisit.min_gain_for(ages, revisit.UNKNOWN_SITE, looks) > before


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
    wait = revisit.interval(seen(10), NOW)
    assert max(times) - min(times) > 0.15 * wait
    assert all(abs(t - NOW - wait) <= 0.1 * wait for t in times)
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
        changes=st.integers(0, 10_000),
        failures=st.integers(0, 10_000),
        site=st.builds(
            revisit.SiteEdits,
            edits=st.integers(0, 10_000),
            exposure=st.floats(0, 1e6),
            announced=st.integers(0, 10_000),
            announces=st.booleans(),
        ),
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
