"""A clock that is wrong, or is set while a crawl runs: nothing is lost, nothing waits for decades, no alarm is false."""

from __future__ import annotations

import subprocess
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from newsarchive.cli import cli
from newsarchive.core.alarms.records import AlarmKind
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.models import AlarmRow
from newsarchive.db.reading.alarms import history
from newsarchive.db.schema import upgrade
from newsarchive.db.values import moment
from newsarchive.exceptions import USAGE
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support import warm
from tests.support.serving import Site, served

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
#: Case → the time at which the first crawl begins, the time to which the clock is set in its middle, and the time zone.
CLOCKS = {
    "far ahead": ("2099-06-01T00:00:00+00:00", "", "UTC"),
    "set forward": ("2026-11-25T12:00:00+00:00", "2099-06-01T00:00:00+00:00", "UTC"),
    "set back from far ahead": ("2099-06-01T00:00:00+00:00", "2026-11-25T12:00:00+00:00", "UTC"),
    "set back by a month": ("2026-11-25T12:00:00+00:00", "2026-10-25T12:00:00+00:00", "UTC"),
    "set back to 1970": ("2026-11-25T12:00:00+00:00", "1970-01-01T00:00:10+00:00", "UTC"),
    "summer time ends": ("2026-10-25T00:59:59+00:00", "", "Europe/Berlin"),
    "summer time begins": ("2026-03-08T06:59:59+00:00", "", "America/New_York"),
}


def story(number: int, words: str = "quay") -> str:
    return post(f"Story {number}", body=STORY.replace("bridge", f"{words} {number}"))


POSTS = {f"/story-number-{i}-of-many/": story(i) for i in range(8)}


def crawl(
    site: Site, db: Path, at: str, *settings: str, zone: str = "UTC"
) -> subprocess.CompletedProcess[str]:
    command = [at, "crawl", "news", "-a", f"url={site.home}/"]
    for setting in ("DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "NEWSARCHIVE_WORKERS=0", *settings):
        command += ["-s", setting] if "recheck" not in setting and setting != "-a" else [setting]
    environment = warm.own_environment() | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{db}",
        "TZ": zone,
    }
    return warm.run(
        "tests.support.patched_clock", *command, environment=environment, cwd=str(db.parent), timeout=300
    )


@pytest.mark.slow
@pytest.mark.parametrize(("at", "then", "zone"), CLOCKS.values(), ids=CLOCKS)
def test_after_a_wrong_clock_the_next_crawl_puts_all_right(at: str, then: str, zone: str, db: Path) -> None:
    jump = ('EXTENSIONS={"tests.support.patched_clock.SetClock": 1}', f"CLOCK_AFTER=6 {then}") if then else ()
    with served({"/": front(*POSTS), **POSTS}) as site:
        first = crawl(site, db, at, *jump, zone=zone)
        assert first.returncode == 0, first.stderr
        assert rows(db, "SELECT count(*) FROM articles") == [(len(POSTS),)]
        Sites(open_engine(str(db))).follow(f"{site.home}/", {})
        assert [one.home_url for one in Sites(open_engine(str(db)), clock=lambda: NOW).due()] == [
            f"{site.home}/"
        ]
        changed = {path: story(i, "pier") for i, path in enumerate(POSTS) if i % 2}
        site.answers |= served_answers(changed)
        looks = Frontier(open_engine(str(db))).known([site.home + path for path in POSTS]).values()
        resting = [look for look in looks if look.rests(NOW)]
        assert not [look for look in resting if look.next_check_at > NOW + timedelta(days=365)]  # type: ignore[operator]
        again = crawl(site, db, (NOW + timedelta(days=2)).isoformat(), "-a", "recheck=1", zone=zone)
    assert again.returncode == 0, again.stderr
    assert f"{len(changed)} updated" in again.stderr
    texts = [text for (text,) in rows(db, "SELECT article_body FROM articles ORDER BY url")]
    assert ["pier" in str(text) for text in texts] == [bool(i % 2) for i in range(len(POSTS))]
    assert rows(db, "SELECT count(*) FROM articles AS a JOIN article_revisions AS r ON r.id = a.revision_id"
                    " WHERE r.version <> (SELECT max(version) FROM article_revisions AS m WHERE m.article_id = a.id)") == [(0,)]  # fmt: skip
    for first_seen, last_seen, due in rows(
        db,
        "SELECT a.first_seen_at, a.last_seen_at, u.next_check_at FROM articles AS a JOIN urls AS u USING (url_key)",
    ):
        assert moment(first_seen) <= moment(last_seen) < NOW + timedelta(days=3)  # type: ignore[arg-type, operator]
        assert moment(due) < NOW + timedelta(days=365)  # type: ignore[arg-type, operator]
    assert rows(db, "SELECT kind FROM alarms") == []


def served_answers(table: dict[str, str]) -> dict[str, object]:
    from tests.support.serving import Answer

    return {path: Answer(body) for path, body in table.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("days", "is_told"), [(3, True), (0, False)])
def test_a_clock_that_is_behind_the_servers_is_told_in_the_summary(
    days: int, is_told: bool, db: Path
) -> None:
    with served({"/": front(*POSTS), **POSTS}) as site:
        done = crawl(site, db, (datetime.now(UTC) - timedelta(days=days)).isoformat())
    assert done.returncode == 0, done.stderr
    said = f"is 72 hours behind that of {site.home.removeprefix('http://')}: set it"
    assert (said in done.stderr) is is_told
    assert done.stderr.count("note: the clock of this machine") == is_told


@pytest.mark.slow
def test_a_clock_that_was_never_set_starts_no_crawl(db: Path) -> None:
    with served({"/": front(*POSTS), **POSTS}) as site:
        done = crawl(site, db, "1970-01-01T00:00:10+00:00")
    assert done.returncode == USAGE
    assert "the clock of this machine stands at 1970-01-01 00:00 UTC" in done.stderr
    assert site.seen == []
    assert not db.exists()


def test_a_clock_that_was_never_set_is_told_once_for_all_sites(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text(
        '[[site]]\nurl = "http://one.example"\n[[site]]\nurl = "http://two.example"\n'
    )
    with time_machine.travel(0, tick=True), chdir(tmp_path):
        done = CliRunner().invoke(cli, ["crawl", "--all", "--quiet"])
    assert done.exit_code == USAGE
    assert done.stderr.count("\n") == 1, done.stderr
    assert "the clock of this machine stands at 1970-01-01 00:00 UTC" in done.stderr
    assert not (tmp_path / "newsarchive.db").exists()


def test_an_alarm_of_the_future_does_not_stand_until_then(db: Path) -> None:
    engine = open_engine(str(db))
    upgrade(engine)
    site_id = Frontier(engine).open_site("https://blog.example/")
    with writing(engine) as connection:
        for days, kind in ((-3, AlarmKind.SILENT), (1000, AlarmKind.NO_DATE)):
            since = NOW + timedelta(days=days)
            row = {"site_id": site_id, "kind": kind.value, "since": since, "raised_at": since, "evidence": {}}
            connection.execute(AlarmRow.__table__.insert().values(row))  # type: ignore[attr-defined]
        assert history(connection, site_id, NOW).standing.keys() == {AlarmKind.SILENT}
    engine.dispose()
