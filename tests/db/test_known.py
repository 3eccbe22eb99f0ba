"""The sites of an archive, read without SQLAlchemy on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, insert, text, update

from newsarchive.cli import cli
from newsarchive.cli.crawl import waiting
from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.db import site_templates
from newsarchive.db.engine import writing
from newsarchive.db.frontier import known_sites
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.models import CrawlRun, Site
from newsarchive.db.readonly import reading
from newsarchive.db.writing.store import Store
from newsarchive.times import utc_now
from tests.support.storage import START, make_article, open_archive

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_site_has_its_settings_over_its_platforms_over_those_of_all(engine: Engine) -> None:
    sites = Sites(engine)
    sites.set_defaults({"global": {"delay": 2.0, "limit": 9}, "ghost": {"delay": 3.0}})
    sites.follow("https://blog.example/", {"limit": 5}, platform="ghost", name="Blog")
    with reading(engine) as connection:
        (site,) = known_sites.sites(connection)
        assert known_sites.site(connection, "https://www.blog.example/2025/post/") == site
        assert known_sites.site(connection, "https://other.example") is None
    assert (site.home_url, site.name, site.articles, site.followed) == (
        "https://blog.example/",
        "Blog",
        0,
        True,
    )
    assert site.settings == {"delay": 3.0, "limit": 5, "follow": True}


def test_a_site_counts_its_articles_and_knows_when_it_is_due(engine: Engine) -> None:
    Store(engine).ingest([make_article(1), make_article(2)])
    sites = Sites(engine, lambda: START)
    with reading(engine) as connection:
        assert known_sites.sites(connection) == []  # no one named its front page
    sites.follow("https://blog.example/", {})
    with reading(engine) as connection:
        (site,) = known_sites.sites(connection)
    assert (site.articles, site.due_at()) == (2, None)
    assert [one.domain for one in sites.due()] == [site.domain]


def failed(sites: Sites, at: datetime, **changes: object) -> None:
    """Let a crawl of the blog that began then fail."""
    with writing(sites.engine) as connection:
        row = {
            "spider": "news",
            "site": "blog.example",
            "started_at": at,
            "finished_at": at,
            "reached": False,
        }
        connection.execute(insert(CrawlRun).values(**row))
        connection.execute(update(Site).values(state="failing", **changes))


@pytest.mark.slow
def test_a_site_that_fails_is_asked_less_and_less_often_and_at_least_once_a_day(engine: Engine) -> None:
    now = START
    sites = Sites(engine, lambda: now)
    sites.follow("https://blog.example/", {})
    sites.follow("https://well.example/", {})
    failed(sites, now, last_success_at=START - HOUR)
    tries = [now]
    for _ in range(24 * 40):  # a crawl by cron each hour, for forty days
        now += HOUR
        if "blog.example" in [one.domain for one in sites.due()]:
            failed(sites, now)
            tries.append(now)
    waits = [after - before for before, after in pairwise(tries)]
    assert waits == sorted(waits)
    assert waits[:9] == [HOUR] * 9
    assert waits[-1] == DAY
    assert len(tries) < 80
    now += timedelta(minutes=1)
    [site] = [one for one in sites.followed() if one.domain == "blog.example"]
    assert site.rests_until(now) == tries[-1] + DAY - known_sites.MAX_EARLY
    with writing(engine) as connection:  # it answered
        connection.execute(update(Site).values(state="ok", last_success_at=now))
    [site] = [one for one in sites.followed() if one.domain == "blog.example"]
    assert (site.rests_until(now), site.due_at(now)) == (None, now + HOUR - known_sites.MAX_EARLY)


@pytest.mark.slow
@pytest.mark.parametrize(("interval", "longest"), [(0.5, DAY), (6, DAY), (72, 3 * DAY)])
def test_the_wait_for_a_failing_site_has_a_bound(engine: Engine, interval: float, longest: timedelta) -> None:
    now = START + 400 * DAY
    sites = Sites(engine, lambda: now)
    sites.follow("https://blog.example/", {"interval": interval})
    for day in range(401):
        failed(sites, START + day * DAY)
    [site] = sites.followed()
    assert site.due_at(now) == now + longest - known_sites.MAX_EARLY
    assert site.waits_until(START) is None  # that crawl lies in the future: a clock was wrong


def test_two_failures_of_a_machine_that_slept_between_them_are_no_long_absence(engine: Engine) -> None:
    """A timer that starts at once when a laptop wakes up may come before its network: all sites seem to be gone since Friday."""
    now = START + 3 * DAY
    sites = Sites(engine, lambda: now)
    sites.follow("https://blog.example/", {})
    for at in (START, now):
        failed(sites, at, last_success_at=START - HOUR)
    now += HOUR
    assert [site.domain for site in sites.due()] == ["blog.example"]


@pytest.mark.slow
def test_people_are_told_that_a_failing_site_is_asked_less_often(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        sites, now = Sites(engine), utc_now()
        sites.follow("https://blog.example/", {})
        for day in range(100, -1, -1):
            failed(sites, now - day * DAY, last_success_at=now - 101 * DAY)
    told = f"{now + DAY - known_sites.MAX_EARLY:%Y-%m-%d %H:%M}"
    done = {
        words: CliRunner().invoke(cli, [*words.split(), "--db", str(tmp_path / "archive.db")]).output
        for words in ("sites list", "sites show blog.example", "doctor")
    }
    assert waiting(sites.followed()).startswith("no site is due; 1 site that fails is asked less often: ")
    assert waiting([]).startswith("no site is due: newsarchive sites show SITE says when, ")
    assert f"failing, asked again at {told}" in done["sites list"]
    assert f"lists are asked: at {told} UTC: its crawls fail since" in done["sites show blog.example"]
    assert "at once by: newsarchive crawl https://blog.example/ --db" in done["sites show blog.example"]
    assert f"crawls of all sites ask it again at {told} UTC, the command below at once" in done["doctor"]
    assert (
        "if the blog is gone, follow it no longer (its articles stay): newsarchive sites pause"
        in done["doctor"]
    )


def test_the_entries_of_a_template_come_in_one_order_whatever_was_written_last(engine: Engine) -> None:
    """PostgreSQL gives rows as they lie on the disk where nobody asks for an order."""
    entries = {
        key: Entry(key, Finding("chrome", "nav", f"line {key}"), 8, 8, f"line {key}")
        for key in (5, -7, 3, 11)
    }
    site_templates.save(engine, Template("blog.example", entries))
    with writing(engine) as connection:
        connection.execute(text("UPDATE site_blocks SET pages = 9 WHERE fingerprint = -7"))
    with reading(engine) as connection:
        assert [row["fingerprint"] for row in known_sites.learned(connection, "blog.example")] == [
            -7,
            3,
            5,
            11,
        ]


@pytest.mark.parametrize(
    "command", ["list", "export", "show blog.example", "pause blog.example", "remove blog.example"]
)
def test_a_question_makes_no_archive(command: str, tmp_path: Path) -> None:
    db = tmp_path / "none.db"
    done = CliRunner().invoke(cli, ["sites", *command.split(), "--db", str(db)])
    assert done.exit_code != 0
    assert not db.exists()


def test_an_archive_without_sites_says_what_to_do(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path):
        done = CliRunner().invoke(cli, ["sites", "list", "--db", str(tmp_path / "archive.db")])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "newsarchive sites add" in done.stderr
