"""Coverage: what listings named day by day, what became of it, and where nothing was crawled."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from newsarchive import Archive, NoSuchArticle, UsageError
from newsarchive.cli import cli, stats
from newsarchive.cli import coverage as coverage_command
from newsarchive.cli.coverage import svg
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.models import CrawlRun, Site, Url
from newsarchive.db.reading import browse, coverage
from newsarchive.db.reading.coverage import Day, State, days, gaps, totals, uncrawled_days
from newsarchive.db.readonly import reading
from newsarchive.db.writing.store import Store
from tests.crawling.test_crawl import front, post
from tests.support.serving import Answer, crawl, served
from tests.support.storage import make_article, run_on, url_of

MONDAY = date(2025, 4, 7)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(MONDAY.year, MONDAY.month, MONDAY.day, hour, tzinfo=UTC) + timedelta(days=day)


#: Runs: the site, the day from Monday, whether it was killed, and its stats.
RUNS = [
    ("one.example", 0, False, {"new": "2"}),
    ("one.example", 1, False, {"new": "0"}),
    ("one.example", 1, False, {"site_error": "no such host"}),
    ("one.example", 2, False, {"site_error": "no such host"}),
    ("one.example", 3, True, {}),
    ("one.example", 5, False, {"new": "1"}),
    ("two.example", 4, False, {"new": "0"}),
    ("typo.example", 0, False, {"site_error": "no such host"}),  # no site of the archive
]
#: Posts: the day on which a listing named them, state in the frontier, reason, whether there is an article.
POSTS = [
    (0, "ok", "", True),
    (0, "gone", "http 404", True),  # stored, and deleted since
    (0, "skipped", "too short", False),
    (5, "ok", "", True),
    (5, "blocked", "http 403", False),
    (5, "new", "timeout", False),
    (5, "new", "", False),
]
STATES = ["covered", "no news", "no crawl", "no crawl", "no crawl", "incomplete", "no crawl"]


@pytest.fixture
def engine(engine: Engine) -> Engine:
    urls = [f"https://one.example/post-{number}" for number in range(len(POSTS))]
    stored = [
        make_article(n, url=url) for n, (url, row) in enumerate(zip(urls, POSTS, strict=True)) if row[3]
    ]
    with writing(engine) as connection:
        sites = [{"id": n, "domain": f"{name}.example"} for n, name in enumerate(("one", "two", "three"), 1)]
        bulk.insert_rows(connection, Site, sites)
        rows = [
            {
                "spider": "news", "arguments": {"url": f"https://{site}/"}, "started_at": at(day),
                "finished_at": None if killed else at(day, 13), "stats": stats,
                "site": site, "reached": not killed and "site_error" not in stats,
            }
            for site, day, killed, stats in RUNS
        ]  # fmt: skip
        bulk.insert_rows(connection, CrawlRun, rows)
    Store(engine).ingest(stored)
    with writing(engine) as connection:
        connection.execute(Url.__table__.delete())  # type: ignore[attr-defined]
        rows = [
            {
                "url": url,
                "url_key": url_key(url),
                "site_id": 1,
                "first_seen_at": at(day, 23),
                "state": state,
                "reason": reason,
            }
            for url, (day, state, reason, _) in zip(urls, POSTS, strict=True)
        ]
        bulk.insert_rows(connection, Url, rows)
    return engine


def run(engine: Engine, *words: str) -> Result:
    until = ("--until", "2025-04-13") if "--until" not in words else ()
    return run_on(engine, "coverage", *words, *until)


def test_each_day_says_what_was_named_stored_refused_and_missed(engine: Engine) -> None:
    found = [*days(engine, "one.example", until=MONDAY + timedelta(days=6))]
    assert [day.state.value for day in found] == STATES
    assert found[0] == Day("one.example", MONDAY, 1, 0, 3, 2, {"too short": 1}, {})
    assert found[1] == Day("one.example", MONDAY + timedelta(days=1), 2, 1)
    assert found[5].refused == {"http 403": 1}
    assert found[5].missed == {"timeout": 1, "not asked for yet": 1}


def test_a_site_begins_with_its_first_crawl_unless_days_are_named(engine: Engine) -> None:
    friday, sunday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=6)
    found = list(days(engine, until=sunday))
    assert [day.day for day in found if day.site == "two.example"] == [friday, friday + timedelta(1), sunday]
    assert "three.example" not in {day.site for day in found}  # no crawl of it is on record
    assert {day.site for day in days(engine, since=MONDAY, until=sunday)} == {
        "one.example",
        "two.example",
        "three.example",
    }


def test_days_before_the_first_crawl_are_none_and_no_fault(engine: Engine) -> None:
    """Nor is a first crawl of a clock that was ahead: the page of its site would not open until that day."""
    assert not list(days(engine, until=MONDAY - timedelta(days=3)))
    assert not list(days(engine, "one.example", until=MONDAY - timedelta(days=3)))


def test_a_day_may_be_named_by_a_moment_in_it(engine: Engine) -> None:
    zone = timezone(timedelta(hours=-5))
    found = list(
        days(engine, "one.example", since=datetime(2025, 4, 7, 22, tzinfo=zone), until=datetime(2025, 4, 9))
    )
    assert [day.day for day in found] == [MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)]
    words = [
        "coverage",
        "one.example",
        "--since",
        "2025-04-08T09:00",
        "--until",
        "2025-04-09",
        "--csv",
        "--db",
    ]
    done = CliRunner().invoke(cli, [*words, url_of(engine)])
    assert (done.exit_code, done.stdout.count("\n")) == (0, 3)


def test_a_report_adds_up_and_names_the_gaps(engine: Engine) -> None:
    one, two = totals([*days(engine, until=MONDAY + timedelta(days=6))])
    assert (one.days, one.named, one.stored, one.refused, one.missed) == (7, 7, 3, 2, 2)
    assert one.gaps == (
        (MONDAY + timedelta(days=2), MONDAY + timedelta(days=4)),
        (MONDAY + timedelta(days=6), MONDAY + timedelta(days=6)),
    )
    assert (one.days_without_crawl, one.last_crawl) == (4, MONDAY + timedelta(days=5))
    assert (two.days_without_crawl, two.last_crawl) == (2, MONDAY + timedelta(days=4))


def test_days_are_made_one_by_one_so_that_a_long_report_takes_little_memory(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(coverage, "_day", lambda *given: made.append(given[1]) or Day(*given[:2]))
    found = days(engine, since=date(2010, 1, 1), until=MONDAY)
    assert next(found).day == date(2010, 1, 1)
    assert made == [date(2010, 1, 1)]


def test_days_without_a_crawl_are_counted_from_the_days_with_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the cost follows the crawls and months, and not the days of all sites."""
    monkeypatch.setattr(coverage, "_day", lambda *_: pytest.fail("went through every day"))
    with reading(engine) as reader:
        assert uncrawled_days(reader, date(2025, 6, 30))["one.example"] == {
            "2025-04": 21,
            "2025-05": 31,
            "2025-06": 30,
        }


@given(st.lists(st.booleans(), max_size=40))
def test_gaps_are_the_days_without_a_crawl(crawled: list[bool]) -> None:
    own = [
        Day("x", MONDAY + timedelta(days=n), crawls=1, failed_crawls=not yes) for n, yes in enumerate(crawled)
    ]
    missing = {first + timedelta(days=n) for first, last in gaps(own) for n in range((last - first).days + 1)}
    assert missing == {day.day for day, yes in zip(own, crawled, strict=True) if not yes}


def test_a_report_may_end_with_the_last_day_that_there_is(engine: Engine) -> None:
    assert [day.day for day in days(engine, "one.example", since=date.max, until=date.max)] == [date.max]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"site": "four.example"}, NoSuchArticle, "sites list"),
        ({"since": date(2025, 5, 1), "until": MONDAY}, UsageError, "is after"),
        ({"since": date(1900, 1, 1), "until": MONDAY}, UsageError, "shorter range"),
    ],
)
def test_what_cannot_be_reported_is_told(
    engine: Engine, options: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        next(days(engine, **options))  # type: ignore[arg-type]


def test_the_command_writes_rows_csv_json_and_a_picture(engine: Engine) -> None:
    rows = [line.split("\t") for line in run(engine, "one.example").stdout.splitlines()]
    assert [row[2] for row in rows] == STATES
    table = list(csv.DictReader(io.StringIO(run(engine, "--csv").stdout)))
    assert [row["state"] for row in table if row["site"] == "one.example"] == STATES
    assert table[5]["reasons"] in (
        "1 timeout; 1 not asked for yet; 1 http 403",
        "1 not asked for yet; 1 timeout; 1 http 403",
    )
    records = [json.loads(line) for line in run(engine, "www.one.example", "--json").stdout.splitlines()]
    assert [record["state"] for record in records] == STATES
    assert records[5]["missed"] == {"timeout": 1, "not asked for yet": 1}
    picture = ElementTree.fromstring(run(engine, "--svg").stdout)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert "one.example, 2025-04-12: incomplete, 1 of 4 posts" in [
        t.text for t in picture.iter("{http://www.w3.org/2000/svg}title")
    ]
    assert run(engine, "--svg", "--csv").exit_code == 2
    assert run(engine, "--since", "April").exit_code == 2
    with Archive(url_of(engine)) as archive:
        assert [day.state.value for day in archive.coverage("one.example", until="2025-04-13")] == STATES


def test_a_terminal_shows_what_each_sign_means(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_command, "on_terminal", lambda: True)
    drawn = CliRunner().invoke(cli, ["coverage", "--db", url_of(engine)], env={"COLUMNS": "60"}).stdout
    assert all(state.value in " ".join(drawn.split()) for state in State)


def test_a_site_is_a_line_at_80_columns(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_command, "on_terminal", lambda: True)
    drawn = CliRunner().invoke(cli, ["coverage", "--db", url_of(engine)], env={"COLUMNS": "80"}).stdout
    head, *rows = drawn.partition("\n\n")[0].splitlines()
    assert len(head) <= 80
    assert [row.split()[0] for row in rows] == ["one.example", "two.example"]


def test_figures_by_month_tell_no_news_from_no_crawl(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading(engine) as reader:
        found = uncrawled_days(reader, date(2025, 6, 30))
    assert found == {
        "one.example": {"2025-04": 3 + 18, "2025-05": 31, "2025-06": 30},
        "two.example": {"2025-04": 19, "2025-05": 31, "2025-06": 30},
    }
    with reading(engine) as reader:
        assert uncrawled_days(reader, MONDAY - timedelta(days=1)) == {}
    url = url_of(engine)
    table = list(csv.reader(io.StringIO(CliRunner().invoke(cli, ["stats", "--csv", "--db", url]).stdout)))
    assert table[0] == ["counted", "name", "number"]
    for counted, number in (("articles a month", "0"), ("days without a crawl", "31")):
        assert [counted, "two.example 2025-05", number] in table
    told = json.loads(CliRunner().invoke(cli, ["stats", "--json", "--db", url]).stdout)
    assert told["days_without_crawl"]["one.example"]["2025-04"] == 21
    both = CliRunner().invoke(cli, ["stats", "--json", "--csv", "--db", url])
    assert both.exit_code == 2
    monkeypatch.setattr(stats, "on_terminal", lambda: True)
    drawn = CliRunner().invoke(cli, ["stats", "--db", url], env={"COLUMNS": "100"}).stdout
    assert "days of a month without a crawl: ░ fewer than 10" in drawn


def test_an_archive_without_a_crawl_says_so(sqlite: Engine) -> None:
    done = run(sqlite)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nothing was crawled" in done.stderr


@pytest.mark.slow
@given(
    st.sampled_from(["a.example", "<b>&\"'.example", "ক.example"]),
    st.integers(1, 500),
    st.sampled_from(list(State)),
)
def test_a_picture_is_well_formed_whatever_a_site_is_called(site: str, number: int, state: State) -> None:
    made = (
        {"crawls": 1, "named": 1}
        if state is State.COVERED
        else {"missed": {"x": 1}}
        if state is State.INCOMPLETE
        else {}
    )
    if state is State.NO_NEWS:
        made = {"crawls": 1}
    drawn = svg([Day(site, MONDAY + timedelta(days=n), **made) for n in range(number)])  # type: ignore[arg-type]
    titles = [
        title.text or "" for title in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}title")
    ]
    assert sum(f": {state}, " in title for title in titles) == number


@pytest.mark.slow  # crawls
def test_a_real_crawl_is_covered_and_its_counts_stand_with_its_site(db: Path) -> None:
    """What a crawl itself writes, since the tables above are made here."""
    posts: dict[str, Answer | str] = {f"/story-number-{n}-of-many/": post(f"Story {n}") for n in range(3)}
    posts |= {"/story-number-3-of-many/": Answer("", status=500)}
    with served({"/": front(*posts), **posts}) as site:
        done = crawl(f"url={site.home}/", "-s", "RETRY_TIMES=0", db=db)
        address = site.home.removeprefix("http://")
    assert "3 new" in done.stderr
    (day,) = days(open_engine(str(db)))
    assert (day.site, day.crawls, day.failed_crawls, day.named, day.stored) == (address, 1, 0, 4, 3)
    assert day.missed == {"http 500": 1}
    (one,) = browse.site(open_engine(str(db)), address).runs
    assert (one.counts["new"], one.counts["failed"], one.error) == (3, 1, "")
    gone = crawl(f"url={site.home}/", db=db)  # nothing listens there any more
    assert gone.returncode != 0
    (day,) = days(open_engine(str(db)))
    assert (day.crawls, day.failed_crawls) == (2, 1)
    assert "refuses connections" in browse.site(open_engine(str(db)), address).runs[0].error
