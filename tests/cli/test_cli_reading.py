"""`search`, `show` and `stats`: what they print, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from click.testing import CliRunner, Result

from newsarchive.cli import articles as search
from newsarchive.cli import cli, output, stats
from newsarchive.core.html.render import rendered
from newsarchive.core.text.diff import word_diff
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Author
from tests.support.storage import START, make_article, rich_article

HOSTILE = 'Ferry <script>alert(1)</script> "quoted" & [bold]not markup[/bold]'


def articles() -> list[Article]:
    many = [
        make_article(
            n, url=f"https://{'blog' if n % 3 else 'other'}.example/{n}", headline=f"Ferry number {n}",
            body=f"The ferry of day {n} left the harbour.", date_published=START + timedelta(days=20 * n),
            is_accessible_for_free=None if n < 6 else n == 6,
            date_published_source="url (month)" if n == 5 else "meta",
        )
        for n in range(1, 8)
    ]  # fmt: skip
    hostile = make_article(
        8, url="https://blog.example/h", headline=HOSTILE, body=HOSTILE, authors=(Author("<b>Eve</b>"),)
    )
    return [rendered(article) for article in (rich_article(), *many, hostile)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("reading") / "archive.db"
    engine = open_engine(str(path))
    upgrade(engine)
    Store(engine).ingest(articles())
    engine.dispose()
    return str(path)


def run(archive: str, *words: str, **env: str) -> Result:
    done = CliRunner(env=env).invoke(cli, [*words, "--db", archive])
    assert done.exit_code == 0, done.output
    return done


def ids(done: Result) -> list[str]:
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_pages_follow_one_another_and_say_how_many_are_left(archive: str) -> None:
    whole = ids(run(archive, "search", "ferry", "--order", "date"))
    assert len(whole) == 8
    first = run(archive, "search", "ferry", "--order", "date", "--limit", "3")
    assert ids(first) == whole[:3]
    assert first.stderr == "1 to 3 of 8; 5 more: --page 2\n"
    third = run(archive, "search", "ferry", "--order", "date", "--limit", "3", "--page", "3")
    assert (ids(third), third.stderr) == (whole[6:], "7 to 8 of 8\n")
    assert run(archive, "search", "ferry").stderr == ""
    newest = run(archive, "search", "--limit", "2")
    assert (ids(newest), newest.stderr) == (
        ids(run(archive, "search", "--order", "date", "--limit", "9"))[:2],
        "1 to 2 of 9; 7 more: --page 2\n",
    )


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--site", "other.example"], 2),
        (["--since", "2025-07-01"], 3),
        (["--until", "2025-04-21"], 2),
        (["--author", "<b>Eve</b>"], 1),
        (["--language", "en", "--site", "blog.example", "--since", "2025-05-01"], 4),
        (["--origin", "scmp.com"], 0),
        (["--article", "2", "--article", "https://blog.example/h"], 2),
        (["--article", "2", "--until", "2020-01-01"], 0),
    ],
)
def test_filters_narrow_a_search(archive: str, filters: list[str], found: int) -> None:
    done = CliRunner().invoke(cli, ["search", "ferry", *filters, "--db", archive])
    assert (len(ids(done)), done.exit_code) == (found, 0 if found else 1)


def test_rows_for_programs(archive: str) -> None:
    rows = [json.loads(line) for line in run(archive, "search", "ferry", "--json").stdout.splitlines()]
    assert {
        "id",
        "url",
        "headline",
        "snippet",
        "site",
        "origin",
        "in_language",
        "date_published",
        "score",
        "is_accessible_for_free",
        "date_published_source",
    } == set(rows[0])
    free = {row["headline"]: row["is_accessible_for_free"] for row in rows}
    assert [free[f"Ferry number {n}"] for n in (5, 6, 7)] == [None, True, False]
    assert all("**" in row["snippet"] for row in rows)
    table = list(csv.DictReader(io.StringIO(run(archive, "search", "ferry", "--csv").stdout)))
    assert [row["headline"] for row in table] == [row["headline"] for row in rows]


def test_a_person_sees_the_found_words_in_colour(archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.output, "on_terminal", lambda: True)
    env = {"FORCE_COLOR": "1", "COLUMNS": "60", "TERM": "xterm"}
    shown = run(archive, "search", "ferry", **env).stdout
    assert "\x1b[1;33mferry\x1b[0m" in shown
    assert "[bold]not" in shown
    plain = run(archive, "search", "ferry", "--order", "date", NO_COLOR="1", COLUMNS="60").stdout
    assert "\x1b[" not in plain
    assert "**ferry**" in plain
    assert max(map(len, plain.splitlines())) <= 60
    assert [line.endswith(" · en · not free") for line in plain.splitlines() if " · en" in line].count(
        True
    ) == 1


def test_a_person_without_colours_sees_what_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(search.output, "on_terminal", lambda: True)
    changes = word_diff("The ferry left.", "The ferry came.")
    monkeypatch.setenv("NO_COLOR", "1")
    search.print_words(changes)
    assert capsys.readouterr().out == "The ferry [-left-]{+came+}.\n"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    search.print_words(changes)
    assert "[-" not in capsys.readouterr().out


@pytest.mark.parametrize(("which", "is_told"), [("6", False), ("7", False), ("8", True)])
@pytest.mark.parametrize("command", [["show"], ["show", "--html"], ["explain"]], ids=" ".join)
def test_an_article_that_must_be_paid_for_says_that_it_may_be_cut_off(
    archive: str, command: list[str], which: str, is_told: bool
) -> None:
    """Number 8 says that it must be paid for, number 7 that it is free, number 6 nothing."""
    said = "The site gives this article in full only to readers who pay: the text here may be its beginning alone."
    assert (said in run(archive, *command, which).stdout) == is_told


def test_a_date_of_which_the_page_tells_the_month_alone_is_written_without_a_day(archive: str) -> None:
    """Such a date is stored as the first of the month, with a source that ends with "(month)"."""
    day = START + timedelta(days=20 * 5)
    found = run(archive, "search", "ferry").stdout
    assert f"{day:%Y-%m}" in found
    assert f"{day:%Y-%m-%d}" not in found
    for form, written in {
        "text": f"{day:%B %Y}. ", "csl": f"{day.month}\n", "bibtex": f"date = {{{day:%Y-%m}}}", "ris": f"DA  - {day:%Y/%m}//",
    }.items():  # fmt: skip
        assert written in run(archive, "cite", "6", "--format", form).stdout
    for words in (["show", "6"], ["show", "--html", "6"]):
        assert f"{day:%Y-%m} · A Blog" in run(archive, *words).stdout


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)


def test_show_as_text_and_as_html(archive: str) -> None:
    assert run(archive, "show", "9", "--text").stdout == f"{HOSTILE}\n"
    page = run(archive, "show", "9", "--html").stdout
    parser = Tags()
    parser.feed(page)
    assert set(parser.tags) == {
        "html",
        "head",
        "meta",
        "title",
        "link",
        "body",
        "article",
        "h1",
        "p",
        "small",
    }
    assert 'lang="en"' in page
    shown = run(archive, "show", "1").stdout.splitlines()
    assert shown[0] == "Café"
    assert shown[1] == "By Ann Lee and AFP · 2025-04-01 · A Blog"
    assert "South China Morning Post (scmp.com), confidence 0.90" in shown[3]
    assert shown[-3:] == ["It’s here.", "", "And “there”."]


def test_show_wraps_for_a_person(archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    for columns, most in (("30", 30), ("200", output.MAX_TEXT_COLUMNS)):
        shown = run(archive, "show", "9", COLUMNS=columns).stdout
        assert max(map(len, shown.splitlines())) <= most
        assert "[bold]not" in shown


def test_stats_draws_what_it_counts(archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        tuple(line.split("\t")[:2]): line.split("\t")[2] for line in run(archive, "stats").stdout.splitlines()
    }
    assert rows["articles a month", "other.example 2025-05"] == "1"
    assert rows["repairs by codec", "windows-1252"] == "3"
    counted = json.loads(run(archive, "stats", "--json").stdout)
    assert counted["months"]["other.example"] == {"2025-05": 1, "2025-07": 1}
    monkeypatch.setattr(stats, "on_terminal", lambda: True)
    drawn = run(archive, "stats", COLUMNS="60").stdout
    assert "articles a month, 2025-04 to 2025-08, at most 3" in drawn
    assert "other.example ·▃·▃· 2" in drawn
    assert max(map(len, drawn.splitlines())) <= 60
    assert "windows-1252" in drawn
    monkeypatch.setattr(stats, "_UNICODE_HEIGHTS", stats._ASCII_HEIGHTS)  # what an ASCII terminal gets
    assert "other.example .=.=. 2" in run(archive, "stats", COLUMNS="60").stdout


def test_one_article_has_the_lowest_bar() -> None:
    assert [stats._height(n, 8, "·▁▂▃▄▅▆▇█") for n in (0, 1, 8)] == ["·", "▁", "█"]
