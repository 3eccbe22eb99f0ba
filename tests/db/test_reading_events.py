"""What publishers changed, what no crawl has seen, how sites are, and what stands beside an article: on both databases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import click.testing
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, delete, update

from newsarchive.cli import cli
from newsarchive.db.engine import writing
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.models import CrawlRun, Site
from newsarchive.db.reading import browse, coverage
from newsarchive.db.reading.articles import get
from newsarchive.db.reading.changes import Happening, changes, counts
from newsarchive.db.reading.coverage import Seen, crawl_days, health
from newsarchive.db.reading.hidden import waiting
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Block, Origin
from tests.support import webpages
from tests.support.storage import START, delete_post, make_article, open_archive, url_of


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_archive(request.param, tmp_path_factory.mktemp("events")) as opened:
        webpages.fill(opened)
        page = {"url": "https://moving.example/a", "headline": "Ferry to stop", "date_published": START}
        Store(opened).ingest([make_article(600, **page)])
        page |= {"headline": "Ferry to go on", "article_section": "Ships"}
        Store(opened).ingest([_later(make_article(600, **page, page=b"<p>other bytes</p>"), days=20)])
        crawls(opened, "other.example", [0, 1, 9])
        yield opened


def _later(article: Article, days: int) -> Article:
    assert article.capture
    return replace(article, capture=replace(article.capture, fetched_at=START + timedelta(days=days)))


def crawls(engine: Engine, site: str, days: list[int], failed: tuple[int, ...] = ()) -> None:
    """Runs of a known site on these days after `START`; on the `failed` ones the site gave no answer."""
    store = Store(engine)
    Sites(engine).follow(f"https://{site}/", {})
    for day in days:
        run = store.start_run("news", {"url": f"https://{site}/"})
        store.finish_run(run, "finished", {"site_error": "no answer"} if day in failed else {"new": "1"})
        with writing(engine) as connection:
            at = START + timedelta(days=day)
            connection.execute(update(CrawlRun).where(CrawlRun.id == run).values(started_at=at))


@pytest.mark.slow
def test_an_edit_a_deletion_and_a_changed_detail_are_events(engine: Engine) -> None:
    found = changes(engine)
    assert changes(engine, since=date.min, until=date.max) == found
    told = [(one.kind, one.site, one.headline) for one in found]
    assert (Happening.VANISHED, "blog.example", "") in told
    edited = next(one for one in found if one.kind is Happening.EDITED and one.site == "blog.example")
    assert (edited.headline, edited.version) == ("The islands’ last ferry has left", 2)
    assert edited.seen_at == START + timedelta(days=3)
    moved = [one for one in found if one.site == "moving.example"]
    assert {(one.kind, one.headline, one.headline_before) for one in moved} == {
        (Happening.EDITED, "Ferry to go on", "Ferry to stop"), (Happening.DETAILS, "Ferry to go on", ""),
    }  # fmt: skip
    assert [(one.field, *one.before, *one.after) for one in moved if one.field] == [
        ("article_section", "Ships")
    ]
    assert [one.seen_at for one in found] == sorted((one.seen_at for one in found), reverse=True)


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[str]:
    """An archive of one post that lost its origin, which had no address, and got another headline."""
    with open_archive("sqlite", tmp_path) as opened:
        page = {"url": "https://moving.example/a", "headline": "Ferry to stop", "date_published": START}
        first = make_article(600, **page, origin=Origin("The Paper", "paper.example", confidence=0.9))
        Store(opened).ingest([first])
        page |= {"headline": "Mayor withdraws"}
        Store(opened).ingest([_later(make_article(600, **page, page=b"<p>other bytes</p>"), days=20)])
        yield url_of(opened)


def test_a_changed_field_stands_apart_from_the_headline(edited: str) -> None:
    changed = "origin: [-The Paper; paper.example-]{+none+}\n\n[-Ferry to stop-]{+Mayor withdraws+}\n\n"
    assert CliRunner().invoke(cli, ["diff", "1", "--db", edited]).stdout.startswith(changed)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_person_reads_minutes_and_a_program_whole_moments(
    edited: str, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda self: is_terminal, raising=False)
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(cli, ["changes", "--db", edited]).stdout
    arrow = "→" if is_terminal else "->"
    assert f"origin: The Paper; paper.example {arrow} -" in shown
    assert (START.isoformat() in shown) is not is_terminal
    assert f"{START:%Y-%m-%d %H:%M} " in shown or not is_terminal


def test_an_event_happened_between_two_fetches(engine: Engine) -> None:
    edited = next(one for one in changes(engine, kinds=[Happening.EDITED], site="moving.example"))
    assert (edited.last_seen_before, edited.seen_at) == (START, START + timedelta(days=20))
    details = next(one for one in changes(engine, kinds=[Happening.DETAILS], site="moving.example"))
    assert (details.last_seen_before, details.seen_at) == (START, START + timedelta(days=20))
    [vanished] = changes(engine, kinds=[Happening.VANISHED])
    assert vanished.last_seen_before is not None
    assert vanished.last_seen_before < vanished.seen_at


def test_the_command_prints_them_for_people_and_programs(engine: Engine) -> None:
    db = url_of(engine)

    def said(*words: str) -> Result:
        return CliRunner().invoke(cli, ["changes", *words, "--db", db])

    twentieth = (START + timedelta(days=20)).date().isoformat()
    rows = [line.split("\t") for line in said("moving.example").stdout.splitlines()]
    assert sorted((row[2], row[4], row[7]) for row in rows) == [
        ("details", "2", "article_section: - -> Ships"), ("edited", "2", "headline: Ferry to stop -> Ferry to go on"),
    ]  # fmt: skip
    assert {row[0][:10] for row in rows} == {twentieth}
    read = list(csv.DictReader(io.StringIO(said("--csv", "--kind", "vanished").stdout)))
    assert [(row["kind"], row["id"]) for row in read] == [("vanished", "8")]
    objects = [json.loads(line) for line in said("--json").stdout.splitlines()]
    assert len(objects) == len(changes(engine, limit=None))
    assert len(said("--limit", "1").stdout.splitlines()) == 1
    assert said("--since", twentieth, "--kind", "edited").stdout.count("\n") == 1
    assert said("--since", twentieth, "--kind", "edited", "--kind", "edited").stdout.count("\n") == 1
    assert said("--until", (START.date() - timedelta(days=1)).isoformat()).exit_code == 1
    assert said("--csv", "--json").exit_code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("elsewhere.example",), "no site elsewhere.example in the archive: there are "),
        (("https://moving.example/", "--kind", "vanished"), "no change was seen\n"),
        (("a/b",), "error: site 'a/b': no address of a site"),
        (("moving.example", "--kind", "vanished"), "no change was seen\n"),
        (("moving.example", "--until", "2001-01-01"), "no change was seen in these days\n"),
    ],
)
def test_the_command_says_why_there_is_nothing(engine: Engine, words: tuple[str, ...], message: str) -> None:
    said = CliRunner().invoke(cli, ["changes", *words, "--db", url_of(engine)])
    assert said.exit_code == (2 if message.startswith("error: ") else 1)
    assert said.stderr.startswith(message)


def test_events_are_narrowed_by_kind_site_and_day_and_counted(engine: Engine) -> None:
    vanished = changes(engine, kinds=[Happening.VANISHED])
    assert [one.id for one in vanished] == [8]
    assert counts(engine)[Happening.VANISHED] == 1
    assert sum(counts(engine).values()) == len(changes(engine, limit=1000))
    third = (START + timedelta(days=3)).date()
    assert {one.id for one in changes(engine, site="blog.example", since=third, until=third)} == {1}
    assert changes(engine, until=START.date() - timedelta(days=1)) == []
    every = changes(engine, limit=1000)
    assert changes(engine, limit=1) + changes(engine, limit=1000, offset=1) == every


def test_a_hidden_article_has_no_events(engine: Engine) -> None:
    delete_post(engine, "https://doubt.example/1", START)
    assert [one.id for one in changes(engine, kinds=[Happening.VANISHED])] == [8]


def test_what_we_read_better_is_no_event(engine: Engine) -> None:
    before = changes(engine, limit=1000)
    again = make_article(600, url="https://moving.example/a", headline="Ferry to go on", date_published=START, article_section="Ships", page=b"<p>other bytes</p>")  # fmt: skip
    better = replace(again.with_blocks([Block("The same bytes, read better.")]), extractor_version=99)
    Store(engine).ingest([_later(better, days=21)])
    assert get(engine, "https://moving.example/a").versions == 3
    assert changes(engine, limit=1000) == before


def test_weeks_tell_no_news_from_no_crawl(engine: Engine) -> None:
    until = (START + timedelta(days=14)).date()
    weeks = coverage.weeks(engine, until=until, number=4)
    assert [week.first.weekday() for week in weeks] == [0, 0, 0, 0]
    assert weeks[-1].first <= until <= weeks[-1].last
    seen = {week.label: week.seen for week in weeks}
    assert [seen[day] for day in ("2025-03-24", "2025-03-31", "2025-04-07", "2025-04-14")] == [
        Seen.BEFORE, Seen.CRAWLED, Seen.CRAWLED, Seen.NO_CRAWL,
    ]  # fmt: skip
    assert sum(week.articles for week in weeks) >= 4
    longest = coverage.weeks(engine, until=until)
    assert len(longest) == coverage.YEAR_WEEKS


def test_months_and_years_of_a_site_know_their_crawls(engine: Engine) -> None:
    spans = coverage.months(engine, "other.example", {"2025-03": 1, "2025-04": 0, "2025-05": 0})
    assert [span.seen for span in spans] == [Seen.BEFORE, Seen.CRAWLED, Seen.NO_CRAWL]
    assert spans[1].last == date(2025, 4, 30)
    years = coverage.months(engine, "other.example", {"2024": 4, "2025": 1, "2026": 0})
    assert [span.seen for span in years] == [Seen.BEFORE, Seen.CRAWLED, Seen.NO_CRAWL]


def test_a_crawl_that_failed_has_seen_nothing(engine: Engine) -> None:
    crawls(engine, "down.example", [2, 3], failed=(2, 3))
    first, last = START.date(), START.date() + timedelta(days=9)
    assert crawl_days(engine, "down.example", since=first, until=last) == []
    [month] = coverage.months(engine, "down.example", {"2025-04": 1})
    assert month.seen is Seen.NO_CRAWL
    found = crawl_days(engine, "other.example", since=first, until=last)
    assert found == [(START + timedelta(days=day)).date() for day in (0, 1, 9)]


def test_days_with_a_crawl_are_those_of_the_range_that_is_asked_for(engine: Engine) -> None:
    first = START.date()
    for since, until, found in ((0, 0, [0]), (0, 8, [0, 1]), (2, 8, []), (9, 9, [9]), (10, 99, [])):
        between = {"since": first + timedelta(days=since), "until": first + timedelta(days=until)}
        days = [(day - first).days for day in crawl_days(engine, "other.example", **between)]
        assert days == found, between
    assert crawl_days(engine, "never.example", since=first, until=first) == []


@pytest.mark.parametrize(
    ("runs", "says"),
    [
        ([(9, "no answer")], "no answer"),
        ([(9, "no answer"), (5, "")], ""),  # a later crawl went well
        ([(9, ""), (5, "no answer")], "no answer"),
        ([(90, "no answer")], ""),  # too long ago
    ],
)
def test_the_error_of_a_site_is_that_of_its_newest_crawl(
    engine: Engine, runs: list[tuple[int, str]], says: str
) -> None:
    store, today = Store(engine), datetime.now(UTC)
    Sites(engine).follow("https://ill.example/", {})
    with writing(engine) as connection:
        connection.execute(
            delete(CrawlRun).where(CrawlRun.arguments["url"].as_string() == "https://ill.example/")
        )
    for days, error in runs:
        run = store.start_run("news", {"url": "https://ill.example/"})
        store.finish_run(run, "finished", {"site_error": error} if error else {"new": "1"})
        with writing(engine) as connection:
            at = today - timedelta(days=days)
            connection.execute(update(CrawlRun).where(CrawlRun.id == run).values(started_at=at))
    (one,) = (found for found in health(engine, until=today.date()) if found.site.domain == "ill.example")
    assert (one.failure.error if one.failure else "") == says
    assert one.since is not None
    assert one.since.date() == today.date() - timedelta(days=runs[0][0])


def test_health_says_since_when_and_what_failed_last(engine: Engine) -> None:
    today = datetime.now(UTC).date()
    (one,) = (found for found in health(engine, until=today) if found.site.domain == "blog.example")
    assert one.since
    assert one.since.date() == today
    assert (one.failure, one.due_at) == (None, None)
    assert one.named == 4 - 1  # three links of the listing
    assert [day.day for day in one.days] == [today], "a day before the first crawl is no gap"
    assert one.without_crawl == 0


@pytest.mark.parametrize(("hours", "problems"), [(20, ()), (25, ("not crawled for long",))])
def test_a_followed_site_that_no_crawl_asks_any_more_has_a_problem(
    engine: Engine, hours: int, problems: tuple[str, ...]
) -> None:
    Sites(engine).follow("https://blog.example/", {})
    with writing(engine) as connection:
        at = datetime.now(UTC) - timedelta(hours=hours)
        connection.execute(update(Site).values(state="ok", last_success_at=at))
    first = health(engine, until=datetime.now(UTC).date())[0]
    assert (first.site.domain, first.problems) == ("blog.example", problems)


def test_the_articles_before_and_after_are_those_of_the_same_site_by_date(engine: Engine) -> None:
    dated = [make_article(700 + n, url=f"https://order.example/{n}", headline=f"Number {n}", date_published=START + timedelta(days=n // 2)) for n in range(4)]  # fmt: skip
    Store(engine).ingest([*dated, make_article(710, url="https://order.example/none", date_published=None)])
    ids = {one.headline: one.id for n in (0, 3) for one in browse.beside(engine, _id(engine, n)) if one}
    assert set(ids) == {"Number 1", "Number 2"}
    assert [one and one.headline for one in browse.beside(engine, _id(engine, 0))] == [None, "Number 1"]
    assert [one and one.headline for one in browse.beside(engine, _id(engine, 2))] == ["Number 1", "Number 3"]
    assert browse.beside(engine, _id(engine, "none")) == (None, None)


def _id(engine: Engine, name: object) -> int:
    return get(engine, f"https://order.example/{name}").id


def test_stories_that_grew_last_come_first(engine: Engine) -> None:
    text = "\n\n".join(f"Sentence {n} tells how the whale met the ferry in the strait." for n in range(9))
    late = [
        webpages.article(800 + n, text, url=f"https://late{n}.example/", headline="Whale") for n in range(2)
    ]
    Store(engine).ingest(late)
    assert browse.stories(engine, 2, are_recent=True)[0].headline == "Whale"
    assert browse.stories(engine, 1, are_recent=True)[0].names == ("late0.example", "late1.example")
    assert browse.stories(engine, 1)[0].size == 3


def test_credits_name_the_publisher_of_each_article(engine: Engine) -> None:
    credited = make_article(820, url="https://credit.example/1", origin=Origin("The Island Paper", "paper.example", webpages.PAPER, confidence=0.9))  # fmt: skip
    Store(engine).ingest([credited])
    found = browse.credits_of(engine, range(1, 500))
    assert found[1].name == "The Island Paper"
    assert 3 not in found


def test_a_credit_that_is_a_name_alone_finds_the_paper_that_calls_itself_so(tmp_path: Path) -> None:
    named = Origin("Coast Courier", "", confidence=0.9)
    with open_archive("sqlite", tmp_path) as opened:
        coast = make_article(1, url="https://coast.example/1", publisher="The Coast Courier")
        later = make_article(2, url="https://mirror.example/1", publisher="Coast Courier")
        copies = [make_article(n, url=f"https://copy.example/{n}", origin=named) for n in (3, 4)]
        far = make_article(5, url="https://copy.example/5", origin=Origin("Coast Courier", "far.example"))
        Store(opened).ingest([coast, later, *copies, far])
        found = browse.credits_of(opened, range(1, 6))
    assert {i: one.original_id for i, one in found.items()} == {3: 1, 4: 1, 5: None}


def test_times_of_the_quarantine_are_times(engine: Engine) -> None:
    assert all(one.since.tzinfo for one in waiting(engine))
