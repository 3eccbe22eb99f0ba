"""Alarms: a site that answers, and whose posts are not what they were."""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import signal
import sqlite3
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, insert, select, update

from benchmarks.alarm_blogs import Blog, Post
from benchmarks.alarm_keeping import Found, InArchive
from benchmarks.alarms import simulate
from benchmarks.blogs import sentence
from newsarchive.cli import cli
from newsarchive.cli.crawl import show
from newsarchive.core.alarms.judge import judge
from newsarchive.core.alarms.listings import FEED, FRONT_PAGE, Listed
from newsarchive.core.alarms.questions import MAX_ALARM_AGE, MIN_HISTORY_READINGS
from newsarchive.core.alarms.records import Alarm, AlarmKind, History, Look, Past, Problem, Reading, State
from newsarchive.db import engine as db
from newsarchive.db.conditions import visible
from newsarchive.db.frontier import listings
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.models import AlarmRow, CrawlRun
from newsarchive.db.models import Site as SiteRow
from newsarchive.db.reading import statistics
from newsarchive.db.reading.alarms import _READINGS as readings_of
from newsarchive.db.reading.alarms import history as history_of
from newsarchive.db.reading.alarms import standing
from newsarchive.db.writing.alarms import KeptAlarm, look, told
from newsarchive.db.writing.quarantine import decide
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import ALL_FAILED
from newsarchive.extensions.alarms import DeliveryFailed, _deliver, message, run_command
from newsarchive.extensions.alarms import post as send
from newsarchive.items import Author
from newsarchive.spider_processes.site_crawl import Result
from tests.crawling.test_crawl import rows
from tests.support.serving import Answer, Site, crawl, running, served
from tests.support.storage import START, make_article, open_archive

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Posts of the healthy blog, two a day; those after them are what a case makes of them.
KNOWN, NEW = 200, 6

#: How a shell is told of this Python.
PYTHON = shlex.quote(sys.executable)


def reading(number: int, **changes: Any) -> Reading:
    """The post with this number; the last one was read an hour ago."""
    at = NOW - (KNOWN + NEW - number) * 12 * HOUR + 11 * HOUR
    return replace_tuple(
        Reading(number, at, at, at, 400 + number % 7 * 40, True, 0.95, f"text {number}"), changes
    )


def replace_tuple(one: Reading, changes: Mapping[str, Any]) -> Reading:
    return one._replace(**changes)


def history(change: Callable[[Reading], Reading] = lambda one: one, bad: int = NEW) -> History:
    """A blog whose `bad` last posts are changed."""
    posts = [reading(number) for number in range(KNOWN + NEW)]
    posts = [change(one) if one.id >= KNOWN + NEW - bad else one for one in posts]
    looks = [Look(one.at, one.met, None) for one in posts]
    return History(posts, looks, [Listed(one.at, True) for one in posts])


def kinds(found: list[Alarm]) -> list[AlarmKind]:
    return [alarm.kind for alarm in found if alarm.state is State.STANDS]


#: Kind → what is wrong with a post.
BROKEN: dict[AlarmKind, Callable[[Reading], Reading]] = {
    AlarmKind.SHORTER: lambda one: one._replace(words=40),
    AlarmKind.NO_DATE: lambda one: one._replace(published=None),
    AlarmKind.NO_AUTHOR: lambda one: one._replace(has_author=False),
    AlarmKind.ONE_DATE: lambda one: one._replace(published=NOW - 900 * DAY),
    AlarmKind.ONE_TEXT: lambda one: one._replace(text="cluster 7"),
    AlarmKind.DOUBTFUL: lambda one: one._replace(confidence=0.5),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_posts_that_are_not_what_they_were_raise_the_alarm_of_their_kind(kind: AlarmKind) -> None:
    (alarm,) = judge(history(BROKEN[kind]), NOW)
    assert (alarm.kind, alarm.state) == (kind, State.STANDS)
    wanted = range(KNOWN + (1 if kind in (AlarmKind.ONE_DATE, AlarmKind.ONE_TEXT) else 0), KNOWN + NEW)
    assert alarm.touched == tuple(wanted)[-len(alarm.touched) :]
    assert len(alarm.touched) >= 3
    assert str(len(alarm.touched)) in alarm.sentence


@pytest.mark.parametrize("kind", BROKEN)
def test_one_such_post_raises_none(kind: AlarmKind) -> None:
    assert judge(history(BROKEN[kind], bad=1), NOW) == []


@pytest.mark.parametrize("problem", Problem)
def test_posts_that_give_no_article(problem: Problem) -> None:
    given = history()
    looks = [one._replace(problem=problem) if one.at > NOW - 2 * DAY else one for one in given.looks]
    wanted = {Problem.BLOCKED: AlarmKind.BLOCKED, Problem.SCRIPTS_ONLY: AlarmKind.SCRIPTS_ONLY}
    assert kinds(judge(replace(given, looks=looks), NOW)) == [wanted.get(problem, AlarmKind.NOT_STORED)]


def test_a_feed_that_froze_while_posts_come() -> None:
    given = history()
    frozen = [one._replace(in_list=one.at < NOW - 3 * DAY) for one in given.listed]
    assert kinds(judge(replace(given, listed=frozen), NOW)) == [AlarmKind.FROZEN_FEED]
    late = [one._replace(in_list=one.at < NOW - 5 * HOUR) for one in given.listed]  # the feed has time
    assert kinds(judge(replace(given, listed=late), NOW)) == []


def came(a_day: int, silent: float = 0.0) -> History:
    """A blog with as many posts each day, at equal distances, until `silent` days ago."""
    moments = [NOW - silent * DAY - (number + 0.5) * DAY / a_day for number in range(200 * a_day)]
    return rhythm(moments)


def rhythm(moments: list[datetime]) -> History:
    ages = [int((NOW - at) / DAY) for at in moments]
    return History(days=[ages.count(day) for day in range(max(ages))], last_post=max(moments))


@pytest.mark.parametrize(
    ("a_day", "silent", "expected"),
    [
        (24, 1.5, [AlarmKind.SILENT]),
        (24, 0.4, []),
        (2, 15, [AlarmKind.SILENT]),
        (2, 3, []),
        (1, 10, []),
    ],
)
def test_silence_is_measured_by_the_rhythm_of_the_site(
    a_day: int, silent: float, expected: list[AlarmKind]
) -> None:
    assert kinds(judge(came(a_day, silent), NOW)) == expected


@pytest.mark.parametrize(
    ("met", "expected"), [(0, []), (5, []), (15, [AlarmKind.SILENT]), (190, [AlarmKind.SILENT])]
)
def test_a_blog_that_was_silent_when_it_was_met_is_not_broken_by_that(
    met: int, expected: list[AlarmKind]
) -> None:
    assert kinds(judge(replace(came(2, 15), met=NOW - met * DAY), NOW)) == expected


def test_a_silence_that_stands_is_judged_whenever_the_blog_was_met() -> None:
    given = replace(came(2, 15), met=NOW - 5 * DAY, standing={AlarmKind.SILENT: NOW - 15 * DAY})
    assert kinds(judge(given, NOW)) == [AlarmKind.SILENT]


def pauses(silent: float, *, longest: int = 9, posts: int = 130) -> History:
    """A blog that posts every one to six days, once paused for `longest`, and has been silent since then."""
    ages, age = [silent], silent
    for number in range(posts):
        age += longest if number == 10 else (1, 2, 3, 2, 6, 4, 1, 5)[number % 8]
        ages.append(age)
    moments = [NOW - age * DAY for age in ages]
    quarters = [int((NOW - at) / timedelta(hours=6)) for at in moments]
    counted = [quarters.count(quarter) for quarter in range(max(quarters) // 4 * 4)]
    given = rhythm(moments)
    return replace(given, quarters=counted, met=NOW - 300 * DAY)


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        (pauses(24), True),
        (pauses(19), False),  # a leave of three weeks is no breakage
        (pauses(24, longest=20), False),  # it paused for as long before
        (pauses(31, longest=20), True),
        (pauses(24, posts=90), False),  # known for less than a year, it may not have shown its leave yet
        (pauses(31, posts=90), True),
        (pauses(31, posts=15), False),  # too little is known
    ],
)
def test_a_pause_far_longer_than_all_before_is_told_however_seldom_the_blog_posts(
    given: History, is_told: bool
) -> None:
    found = judge(given, NOW)
    assert kinds(found) == ([AlarmKind.SILENT] if is_told else [])
    if is_told:
        assert "where the longest of" in found[0].sentence


def test_a_pause_that_is_told_stands_until_a_post_comes() -> None:
    given = pauses(24)
    (raised,) = judge(given, NOW)
    assert raised.sentence == (
        "silent since 2026-02-06 12:00 UTC: no new post for 24 days, where the longest of 129 pauses was 9 days"
    )
    standing = {AlarmKind.SILENT: raised.since}
    assert kinds(judge(replace(given, standing=standing), NOW + 9 * DAY)) == [AlarmKind.SILENT]
    assert kinds(judge(replace(pauses(1), standing=standing), NOW)) == []


def test_a_blog_that_took_leave_before_may_take_it_again() -> None:
    given = came(2, 15)
    days = [0 if 90 <= day < 120 else number for day, number in enumerate(given.days)]
    assert kinds(judge(replace(given, days=days), NOW)) == []


def test_few_posts_where_there_were_many() -> None:
    given = came(24)
    assert kinds(judge(replace(given, days=[2, *given.days[1:]]), NOW)) == [AlarmKind.FEWER_POSTS]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_site_with_little_history_raises_no_alarm(kind: AlarmKind) -> None:
    given = history(BROKEN[kind])
    young = replace(given, readings=given.readings[-(MIN_HISTORY_READINGS - 1 + 2) :])
    assert judge(young, NOW) == []


def test_an_alarm_stands_until_posts_are_well_again_then_is_cleared() -> None:
    given = history(BROKEN[AlarmKind.NO_AUTHOR])
    (raised,) = judge(given, NOW)
    stands = replace(given, standing={AlarmKind.NO_AUTHOR: raised.since})
    well = [reading(KNOWN + NEW + number) for number in range(3)]
    later = [replace(stands, readings=[*given.readings, *well[:number]]) for number in range(4)]
    assert [judge(one, NOW + 3 * DAY)[0].state for one in later] == [State.STANDS] * 3 + [State.CLEARED]
    assert judge(later[3], NOW + 3 * DAY)[0].well == (206, 207, 208)
    # What was broken for a while is no part of the history against which a second break is held.
    past = [Past(AlarmKind.NO_AUTHOR, raised.since, NOW + 2 * DAY, False)]
    again = [reading(KNOWN + NEW + number, has_author=False) for number in range(3, 9)]
    second = replace(given, readings=[*given.readings, *well, *again], past=past)
    assert kinds(judge(second, NOW + 5 * DAY)) == [AlarmKind.NO_AUTHOR]


def test_an_alarm_stands_though_all_posts_since_were_erased() -> None:
    given = history(BROKEN[AlarmKind.NO_AUTHOR])
    (raised,) = judge(given, NOW)
    erased = [one for one in given.readings if one.at < raised.since]
    (alarm,) = judge(replace(given, readings=erased, standing={raised.kind: raised.since}), NOW)
    assert (alarm.state, alarm.touched) == (State.STANDS, ())


def test_what_lasts_becomes_the_sites_way() -> None:
    given = history(BROKEN[AlarmKind.NO_AUTHOR])
    (raised,) = judge(given, NOW)
    more = [reading(KNOWN + NEW + number, has_author=False) for number in range(70)]
    later, stood = [*given.readings, *more], {AlarmKind.NO_AUTHOR: raised.since}
    end = NOW + MAX_ALARM_AGE + DAY
    (settled,) = judge(replace(given, readings=later, standing=stood), end)
    assert settled.state is State.SETTLED
    past = [Past(AlarmKind.NO_AUTHOR, raised.since, end, True)]
    assert judge(replace(given, readings=later, past=past), end) == []


def test_a_site_that_cannot_be_crawled_for_hours() -> None:
    given = replace(history(), failing_since=NOW - 7 * HOUR, failed_runs=7)
    assert kinds(judge(given, NOW)) == [AlarmKind.UNREACHABLE]
    assert judge(replace(given, failed_runs=2), NOW) == []
    assert judge(replace(given, failing_since=NOW - 2 * HOUR), NOW) == []


@pytest.mark.slow
def test_a_simulated_season() -> None:
    """The benchmark in small: `python -m benchmarks.alarms` has the figures."""
    done = simulate(7, blogs=2, days=48, quiet=28)
    assert [one.sentence for one in done.false] == []
    told = [(one.kind, one.blog) for one in done.breakages if one.hours is not None and one.hours <= 24]
    assert told == [(AlarmKind.SHORTER, 0), (AlarmKind.SHORTER, 1)]
    assert max(one.a_day for one in done.breakages if one.blog == 1) < 1
    assert done.witnesses > 0
    # What an archive keeps gives the same alarms. It takes four times as long, so the season is shorter.
    kept = simulate(7, blogs=2, days=22, quiet=4, in_archive=True)
    assert [one.hours is not None for one in kept.breakages] == [True, True]
    assert kept.witnesses > 0
    assert kept == simulate(7, blogs=2, days=22, quiet=4)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_an_archive_tells_its_sites_history(database: str, tmp_path: Path) -> None:
    """An alarm is raised and kept once, hides what it is about, and a person's decision stands over it."""
    with open_archive(database, tmp_path) as engine:
        store, url = Store(engine), "https://blog.example/"
        bare, signed = {"authors": ()}, {"authors": (Author("Ann Lee"),)}
        site = Frontier(engine).open_site(url)
        for number in range(36):
            words = " ".join(random.Random(number).choices("abcdefghijklmnop", k=300))
            changes = signed if number < 28 else bare
            store.ingest(
                [make_article(number, day=number, body=words, date_published=START + number * DAY, **changes)]
            )
        now = START + 36 * DAY
        with db.reading(engine) as connection:
            known = history_of(connection, site, now)
        assert [one.has_author for one in known.readings] == [True] * 28 + [False] * 8
        assert (known.days[:3], known.last_post) == ([0, 1, 1], START + 35 * DAY)
        for _ in range(2):
            with db.writing(engine) as connection:
                changes_found = look(connection, site, now)
            assert [one.kind for one in changes_found.standing] == [AlarmKind.NO_AUTHOR]
        assert statistics.stats(engine).quarantined == 8
        assert statistics.stats(engine).alarms == {"no authors": 1}
        decide(engine, f"{url}post-35", "accepted")
        with db.writing(engine) as connection:
            look(connection, site, now + HOUR)
        assert statistics.stats(engine).quarantined == 7
        for number in range(33, 36):
            store.ingest([make_article(number, day=40, body="Signed now.", **signed)])
        with db.writing(engine) as connection:
            over = look(connection, site, now + 5 * DAY)
        assert [one.kind for one in over.cleared] == [AlarmKind.NO_AUTHOR]
        assert statistics.stats(engine).alarms == {}
        assert statistics.stats(engine).quarantined == 5  # those that are as they were when the alarm came


#: Posts of each of two blogs in one archive, and the looks at a list that are kept.
SHARED, KEPT_LOOKS = 40, 30


def keep_posts(archive: InArchive, blog: Blog, first: int, unsigned: int) -> None:
    """A blog with a post in 12 hours. The last posts have no author, and the very last does not come into the feed.

    The second blog's posts come an hour earlier, and its server says that its feed was changed later.
    """
    for number in range(SHARED):
        at = NOW - (SHARED - number) * 12 * HOUR - blog.number * HOUR
        post = Post(first + number, at, 400, number < SHARED - unsigned, True, 0.95, True)
        lists = (FEED, FRONT_PAGE) if number < SHARED - 1 else (FRONT_PAGE,)
        archive.meet(blog, post, at, lists[0])
        archive.store(blog, post, Found(at, post.words, f"text {post.id}", 0.95, post.has_author), at)
        archive.settle(blog, post, "ok", "", at)
        for kind in lists:
            archive.listed(blog, kind, at, 10, f"{post.id}", at + blog.number * DAY if kind == FEED else None)
    run = {"spider": "news", "site": f"blog{blog.number}.example", "stats": {"downloader/blocked": 1}}
    archive.connection.execute(insert(CrawlRun).values(run | {"started_at": NOW - HOUR, "finished_at": NOW}))


def test_what_another_site_does_is_no_history_of_a_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The season has one site in each archive, so that no reading, look, list, run or alarm could be another site's."""
    monkeypatch.setattr(listings, "MAX_KEPT_LOOKS", KEPT_LOOKS)
    with open_archive("sqlite", tmp_path) as engine:
        blogs = own, other = [Blog(number, random.Random(number), [60], [1.0] * 7) for number in range(2)]
        archive = InArchive(engine, blogs)

        def known(blog: Blog) -> History:
            return history_of(archive.connection, blog.site_id, NOW, failed=True)

        with archive.day():
            keep_posts(archive, own, 1, unsigned=0)
            alone = known(own)
            keep_posts(archive, other, 1001, unsigned=NEW)
            assert known(own) == alone
            beside = known(other)
            assert list(archive.look(own, NOW).standing) == [AlarmKind.FROZEN_FEED]
            assert known(other) == beside
            looked_at = known(own)
            assert list(archive.look(other, NOW).standing) == [AlarmKind.NO_AUTHOR]
            assert known(own) == looked_at
            assert list(archive.look(own, NOW).standing) == [AlarmKind.FROZEN_FEED]
            assert list(known(other).standing) == [AlarmKind.NO_AUTHOR]


def test_a_site_is_unreachable_since_the_first_crawl_that_failed(sqlite: Engine) -> None:
    """The last success may be a day before that: until then nobody asked."""
    Store(sqlite).ingest([make_article(0)])
    with db.writing(sqlite) as connection:
        site = connection.execute(select(SiteRow)).one()
        connection.execute(update(SiteRow).values(last_success_at=NOW - 2 * DAY))
        one = {"spider": "news", "site": site.domain, "arguments": {}, "stats": {}, "reached": False}
        for hours in (50, 9, 5, 1):  # the first of them before the success
            at = {"started_at": NOW - hours * HOUR, "finished_at": NOW - hours * HOUR}
            connection.execute(insert(CrawlRun).values(one | at))
        (alarm,) = look(connection, site.id, NOW, failed=True).standing
        assert (alarm.kind, alarm.since, alarm.evidence["runs"]) == (AlarmKind.UNREACHABLE, NOW - 9 * HOUR, 4)


@pytest.mark.slow
def test_the_morning_of_a_blog_that_gives_days_and_no_times_is_not_silent(sqlite: Engine) -> None:
    """Ten posts a day, from eight to half past twelve, all dated midnight: at five there is none of today yet."""
    store, site = Store(sqlite), Frontier(sqlite).open_site("https://blog.example/")
    for day in range(4):
        for n in range(10):
            at = START.replace(hour=8, minute=0) + day * DAY + n * HOUR / 2
            article = make_article(
                day * 10 + n, body=f"Text {day} {n}.", date_published=at.replace(hour=0, minute=0)
            )
            assert article.capture is not None
            store.ingest([replace(article, capture=replace(article.capture, fetched_at=at))])
    now = START.replace(hour=5, minute=0) + 4 * DAY
    with db.reading(sqlite) as connection:
        known = history_of(connection, site, now)
    assert known.last_post == now - 16.5 * HOUR
    assert known.quarters[:4] == [0, 0, 3, 7]


# -- sending ----------------------------------------------------------------------------------


def test_a_command_gets_the_alarm_on_its_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    run_command(f"{PYTHON} -c 'import sys; open(sys.argv[1], \"w\").write(sys.stdin.read())' '{file}'", b"{}")
    assert file.read_text() == "{}"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("no-such-command-here", "could not be run"),
        ("'unbalanced", "could not be run"),
        (" ", "could not be run: it names no program"),
        (f"{PYTHON} -c 'import sys; sys.exit(\"no mail server\")'", "ended with 1: no mail server"),
        (f"{PYTHON} -c 'import time; time.sleep(60)'", "ended after 0.5 seconds"),
    ],
)
def test_a_command_that_fails_is_told(command: str, says: str) -> None:
    with pytest.raises(DeliveryFailed, match=says):
        run_command(command, b"{}", seconds=0.5 if "sleep" in command else 60)


def test_a_command_runs_where_the_disk_takes_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """That may be what the alarm is about. What the command says of its failure is lost, its exit code is not."""

    def full() -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    run_command("true", b"{}")
    with pytest.raises(DeliveryFailed, match=r"^it ended with 3$"):
        run_command("sh -c 'echo no mail server >&2; exit 3'", b"{}")


def test_a_command_that_leaves_a_program_behind_has_worked(tmp_path: Path) -> None:
    script = tmp_path / "send.sh"
    script.write_text("sleep 30 &\necho $! > " + str(tmp_path / "pid"))
    run_command(f"sh {script}", b"{}", seconds=20)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


@pytest.fixture
def hook() -> Iterator[tuple[str, list[bytes]]]:
    """A webhook on loopback: `/ok` takes, `/account` from an account, `/moved` redirects; any other path fails, as chat programs do
    that miss a field."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            account = self.headers["Authorization"] == f"Basic {b64encode(b'me:s3/cret').decode()}"
            self.send_response(
                {"/ok": 204, "/account": 204 if account else 401, "/moved": 302}.get(self.path, 400)
            )
            self.send_header("Location", "/ok")
            self.end_headers()
            self.wfile.write(b'{"message":\n "Cannot send an empty message"}')

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    with running(server):
        yield f"http://127.0.0.1:{server.server_port}", taken


def test_a_webhook_gets_the_alarm_by_post(hook: tuple[str, list[bytes]]) -> None:
    home, taken = hook
    send(f"{home}/ok", b'{"site": "a"}')
    assert taken == [b'{"site": "a"}']
    send(f"{home.replace('//', '//me:s3%2Fcret@')}/account", b"{}")
    for path, says in (
        ("/moved", "it answered 302: its address leads to another one; write that one down"),
        ("/TOKEN", 'it answered 400 Bad Request: {"message": "Cannot send an empty message"}'),
    ):
        with pytest.raises(DeliveryFailed) as failed:
            send(f"{home}{path}", b"{}")
        assert str(failed.value) == says
    assert len(taken) == 4  # the redirect was not followed


def test_a_webhook_that_is_down_is_told_without_its_address() -> None:
    for url in ("http://127.0.0.1:1/TOKEN", "http://127.0.0.1:x/TOKEN", "http://127.0.0.1:1/a TOKEN"):
        with pytest.raises(DeliveryFailed, match=r"^it cannot be reached: ") as failed:
            send(url, b"{}")
        assert "TOKEN" not in str(failed.value)


@pytest.mark.parametrize("url", ["hooks.example/TOKEN", "http://[::1/TOKEN"])
def test_a_webhook_that_is_no_address_says_how_to_write_one(url: str) -> None:
    """A Scrapy project may set it, where nobody checks it."""
    with pytest.raises(DeliveryFailed, match=r"^it is no address: write it as https://hooks\.example/…$"):
        send(url, b"{}")


def test_an_alarm_that_one_of_two_ways_does_not_take_is_not_told(tmp_path: Path) -> None:
    """It stands in the summary, and the next crawl tries both again."""
    stats = dict[str, str]()
    settings = {
        "NEWSARCHIVE_ALARM_COMMAND": f"cp /dev/stdin {shlex.quote(str(tmp_path / 'alarm'))}",
        "NEWSARCHIVE_ALARM_WEBHOOK": "http://127.0.0.1:1/",
    }
    crawler: Any = SimpleNamespace(settings=settings, stats=SimpleNamespace(set_value=stats.__setitem__))
    assert not _deliver(crawler, {"text": "too quiet"})
    assert (tmp_path / "alarm").read_text() == '{"text": "too quiet"}'
    assert list(stats.values()) == [
        "NEWSARCHIVE_ALARM_WEBHOOK: it cannot be reached: Connection refused; the next crawl tries again"
    ]
    del settings["NEWSARCHIVE_ALARM_WEBHOOK"]
    assert _deliver(crawler, {"text": "too quiet"})


def test_the_end_of_an_alarm_that_was_told_waits_until_it_is_told_too(sqlite: Engine) -> None:
    Store(sqlite).ingest([make_article(0)])
    with db.writing(sqlite) as connection:
        site = connection.execute(select(SiteRow.id)).scalar_one()
        one = {
            "site_id": site,
            "kind": "unreachable",
            "since": START,
            "raised_at": START,
            "evidence": {"runs": 3},
        }
        ended = {"told_at": START, "cleared_at": START + HOUR}
        connection.execute(insert(AlarmRow), [{**one, "told_at": START, "cleared_at": None}])
        connection.execute(
            insert(AlarmRow),
            [
                {
                    **one,
                    "told_at": None,
                    "cleared_at": None,
                    "kind": "silent",
                    "evidence": {"days": 9, "least": 1, "most": 3},
                }
            ],
        )
        connection.execute(insert(AlarmRow), [{**one, **ended, "told_at": START}])
    now = START + 8 * DAY
    for hours, cleared in ((0, ["silent", "unreachable"]), (1, [])):
        with db.writing(sqlite) as connection:
            changes = look(connection, site, now + hours * HOUR)
        assert sorted(alarm.kind for alarm in changes.cleared) == cleared
        assert [alarm.kind for alarm in changes.over] == ["unreachable"]
    with db.writing(sqlite) as connection:
        told(connection, [alarm.id for alarm in changes.over], now + 2 * HOUR)
        assert look(connection, site, now + 3 * HOUR).over == []


# -- crawls -----------------------------------------------------------------------------------

OLD_POSTS, NEW_POSTS = 30, 8


def page(number: int, *, author: bool = True, text: int | None = None) -> str:
    dice = random.Random(number if text is None else text)
    body = "".join(f"<p>{sentence(dice)} {sentence(dice)} {sentence(dice)}</p>" for _ in range(6))
    byline = '<meta name="author" content="Ann Lee"><p class="byline">By Ann Lee</p>' if author else ""
    date = (datetime(2026, 1, 1, 8, tzinfo=UTC) + number * 7 * HOUR).isoformat()
    return (
        f'<html lang="en"><head><title>Story {number} of the town</title>'
        f'<meta property="article:published_time" content="{date}">{byline if author else ""}</head><body><article>'
        f'<h1>Story {number} of the town</h1>{byline}<div class="entry-content">{body}</div></article></body></html>'
    )


def listing(numbers: range, feed: range) -> dict[str, Answer | str]:
    teasers = "".join(
        f'<article><h2><a href="{path(n)}">Story {n} of the town</a></h2></article>' for n in numbers
    )
    items = "".join(f"<item><title>Story {n}</title><link>{path(n)}</link></item>" for n in feed)
    link = '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    return {
        "/": f"<html><head><title>Blog</title>{link}</head><body><main>{teasers}</main></body></html>",
        "/feed/": Answer(
            f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>',
            headers={"Content-Type": "application/rss+xml"},
        ),
    }


def path(number: int) -> str:
    return f"/2026/story-number-{number}-of-the-town/"


@pytest.fixture(scope="module")
def blog() -> Iterator[Site]:
    old = range(OLD_POSTS)
    with served({**listing(old, old), **{path(n): page(n) for n in old}}) as site:
        yield site


@pytest.fixture(scope="module")
def known(blog: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose posts came one a day, until yesterday."""
    db = tmp_path_factory.mktemp("known") / "archive.db"
    done = crawl(f"url={blog.home}/", "-s", "NEWSARCHIVE_WARC=off", db=db)
    assert done.returncode == 0, done.stderr
    now = datetime.now(UTC).replace(microsecond=0)
    with sqlite3.connect(db) as connection:
        for table, times in (
            ("articles", ("first_seen_at", "last_seen_at")),
            ("urls", ("first_seen_at", "last_checked_at")),
        ):
            for (row,) in connection.execute(f"SELECT id FROM {table} ORDER BY url").fetchall():
                at = (now - (row + 1) * DAY).isoformat()
                connection.execute(
                    f"UPDATE {table} SET {times[0]} = ?, {times[1]} = ? WHERE id = ?", (at, at, row)
                )
        connection.execute("UPDATE urls SET next_check_at = '2099-01-01T00:00:00+00:00'")
    connection.close()
    return db


def new_posts(kind: AlarmKind) -> dict[str, Answer | str]:
    numbers = range(OLD_POSTS, OLD_POSTS + NEW_POSTS)
    shell = '<html><head><title>Blog</title></head><body><div id="root"></div><script src="/a.js"></script></body></html>'
    pages: dict[AlarmKind, Callable[[int], str]] = {
        AlarmKind.NO_AUTHOR: lambda n: page(n, author=False),
        AlarmKind.ONE_TEXT: lambda n: page(n, text=1),
        AlarmKind.SCRIPTS_ONLY: lambda n: shell,
        AlarmKind.FROZEN_FEED: page,
    }
    frozen = kind is AlarmKind.FROZEN_FEED
    listed = listing(range(OLD_POSTS + NEW_POSTS), range(OLD_POSTS if frozen else OLD_POSTS + NEW_POSTS))
    return {**listed, **{path(n): pages[kind](n) for n in numbers}}


def answers(table: Mapping[str, Answer | str]) -> dict[str, Answer]:
    return {name: one if isinstance(one, Answer) else Answer(one) for name, one in table.items()}


@pytest.mark.slow
def test_an_alarm_is_told_beside_a_failure_that_the_crawl_sees_by_itself(
    blog: Site, known: Path, tmp_path: Path
) -> None:
    """Its pages need scripts, and its feed is as it was."""
    db = Path(shutil.copy(known, tmp_path / "archive.db"))
    blog.answers |= answers(new_posts(AlarmKind.SCRIPTS_ONLY))
    done = crawl(f"url={blog.home}/", "-s", "NEWSARCHIVE_WARC=off", db=db)
    assert done.returncode == 4, done.stderr  # all of the posts that were fetched
    assert "alarm: scripts only since " in done.stderr
    (stats,) = rows(db, "SELECT stats FROM crawl_runs ORDER BY id DESC LIMIT 1")[0]
    assert "alarm/scripts only" in json.loads(stats)
    listed = CliRunner().invoke(cli, ["sites", "list", "--db", str(db)]).output
    assert ", alarm: scripts only" in listed


@pytest.mark.slow
def test_an_alarm_is_sent_once_its_articles_wait_and_it_clears_by_itself(
    blog: Site, known: Path, tmp_path: Path
) -> None:
    db, out = Path(shutil.copy(known, tmp_path / "archive.db")), tmp_path / "sent"
    command = f"{PYTHON} -c \"import sys; open('{out}', 'a').write(sys.stdin.read() + chr(10))\""
    options = ("-s", "NEWSARCHIVE_WARC=off", "-s", f"NEWSARCHIVE_ALARM_COMMAND={command}")
    blog.answers |= answers(new_posts(AlarmKind.NO_AUTHOR))
    assert crawl(f"url={blog.home}/", *options, db=db).returncode == 3
    waiting = "SELECT count(*) FROM quarantine WHERE state = 'waiting' AND alarm_id IS NOT NULL"
    assert rows(db, waiting) == [(NEW_POSTS,)]
    assert crawl(f"url={blog.home}/", *options, db=db).returncode == 3  # it stands, and is not sent again
    blog.answers |= answers({path(n): page(n) for n in range(OLD_POSTS + NEW_POSTS)})
    done = crawl(f"url={blog.home}/", "recheck=1", *options, db=db)
    assert done.returncode == 0, done.stderr
    assert "cleared: no authors since " in done.stderr
    sent = [json.loads(line) for line in out.read_text().splitlines()]
    assert [([one["kind"] for one in s["raised"]], [one["kind"] for one in s["cleared"]]) for s in sent] == [
        (["no authors"], []),
        ([], ["no authors"]),
    ]
    assert sent[0]["text"] == f"{blog.home}/: {sent[0]['raised'][0]['sentence']}"
    assert sent[1]["text"] == f"{blog.home}/: over: {sent[1]['cleared'][0]['sentence']}"
    assert rows(db, waiting) == [(0,)]


def test_a_quiet_crawl_tells_an_alarm_once_and_once_more_when_it_is_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Cron mails all that it prints."""
    first, later, last = (Result("https://blog.example/") for _ in range(3))
    words, error = (
        "unreachable since 2026-11-28 08:32 UTC: 3 crawls failed, and none succeeded",
        "the server answered 500",
    )
    stats = {"alarm/unreachable": words, "site_error": error}
    first.add(ALL_FAILED, stats, {"unreachable"})
    later.add(ALL_FAILED, stats)
    last.add(0, {"alarm cleared/unreachable": words})
    told = []
    for result in (first, later, last):
        for quiet in (True, False):
            show([result], as_json=False, quiet=quiet)
            told.append([line.split(" since")[0] for line in capsys.readouterr().err.splitlines()])
    known = ["alarm: https://blog.example/: unreachable", f"error: {error}"]
    assert [told[0], told[2], told[4]] == [known, [], ["over: https://blog.example/: unreachable"]]
    assert [told[1][1:], told[3][1:], told[5][1:]] == [known, known, []]


def test_a_crawl_knows_which_alarms_it_raised(sqlite: Engine) -> None:
    store = Store(sqlite)
    store.ingest([make_article(0)])
    runs = [store.start_run("news", {}) for _ in range(2)]
    with db.writing(sqlite) as connection:
        site = connection.execute(select(SiteRow)).one()
        one = {"site_id": site.id, "since": START, "raised_at": START, "evidence": {}}
        for run, kind in zip(runs, ("silent", "blocked"), strict=True):
            connection.execute(insert(AlarmRow), [{**one, "run_id": run, "kind": kind}])
    sites = Sites(sqlite)
    assert sites.raised(runs[0], f"https://{site.domain}/") == {"blocked"}
    assert sites.raised(runs[0], "https://other.example/") == set()


@pytest.mark.parametrize(("follow", "stand"), [({"follow": True}, 1), ({"follow": False}, 0), ({}, 0)])
def test_the_alarms_of_a_site_that_is_followed_no_longer_are_over(
    sqlite: Engine, follow: dict[str, bool], stand: int
) -> None:
    """Nobody crawls the old address of a blog that moved, so no crawl would clear them."""
    sites = Sites(sqlite)
    sites.follow("https://blog.example/", {})
    with db.writing(sqlite) as connection:
        site = connection.execute(select(SiteRow)).one()
        one = {"site_id": site.id, "since": START, "raised_at": START, "evidence": {"runs": 3}}
        connection.execute(insert(AlarmRow), [{**one, "kind": "unreachable"}])
    (known,) = sites.all()
    sites.configure(known, follow)
    with db.reading(sqlite) as connection:
        assert len(standing(connection)) == stand


def test_the_newest_readings_of_a_site_are_found_by_an_index(tmp_path: Path) -> None:
    sql = (
        readings_of.format(seen=visible("id", hidden=True), confidence="NULL")
        .replace(":site", "1")
        .replace(":most", "300")
    )
    with open_archive("sqlite", tmp_path) as engine, db.reading(engine) as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert any("USING COVERING INDEX ix_articles_site_id_last_seen_at (site_id=?)" in step for step in plan)


def test_a_message_says_why_a_site_cannot_be_reached() -> None:
    """Who is told by a webhook alone would have to look for the cause."""
    home, words = (
        "https://blog.example/",
        "unreachable since 2026-12-03 00:00 UTC: 4 crawls failed, and none succeeded",
    )
    gone = KeptAlarm(1, AlarmKind.UNREACHABLE, START, words, {"runs": 4})
    silent = KeptAlarm(2, AlarmKind.SILENT, START, "silent since yesterday", {})
    sent = message(home, [gone, silent], [], "its name leads nowhere any more")
    assert sent["text"].splitlines() == [
        f"{home}: {words}: its name leads nowhere any more",
        f"{home}: silent since yesterday",
    ]
    assert message(home, [], [gone])["text"] == f"{home}: over: {words}"
