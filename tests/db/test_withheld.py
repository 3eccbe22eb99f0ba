"""One rule for what is withheld: no place that reads has it, also where it is asked for what is hidden.

The archive is that of `test_hidden.py`, and its third article is withheld. Every place of that module is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsarchive import Archive, doctor
from newsarchive.db.engine import connect_readonly
from newsarchive.db.reading.hidden import entries
from newsarchive.db.writing.store import Store
from newsarchive.db.writing.withhold import Demand, withhold
from newsarchive.exceptions import NoSuchArticle, UsageError, Withheld
from newsarchive.findings import Check
from tests.db.test_hidden import SENTENCES, SURFACES, Surface, exported, post, replace
from tests.db.test_hidden import Quality as Doubt
from tests.support.storage import START, make_article, open_archive, run_on, url_of


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_archive(request.param, tmp_path_factory.mktemp("withheld")) as opened:
        doubted = replace(post(3, SENTENCES), quality=Doubt(0.4))
        Store(opened).ingest([post(1, SENTENCES[:9]), post(2, SENTENCES[:10]), doubted])
        for n in (1, 2, 3):
            with opened.begin() as connection:
                where = f"home_url = 'https://blog{n}.example/' WHERE domain = 'blog{n}.example'"
                connection.exec_driver_sql(f"UPDATE sites SET {where}")
        withhold(opened, [3], Demand("<b>a court</b> order", decided_by="=cmd"))
        yield opened


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_no_place_shows_what_is_withheld(engine: Engine, surface: Surface) -> None:
    assert sorted(surface.plain(engine)) == [1, 2]
    if surface.hidden is not None:
        assert sorted(surface.hidden(engine)) == [1, 2]


@pytest.mark.slow
def test_no_export_has_it(engine: Engine, tmp_path: Path) -> None:
    assert exported(engine, True, tmp_path) == [1, 2]


@pytest.mark.parametrize(
    "words",
    [
        ("show", "3"), ("history", "3"), ("diff", "3"), ("trace", "3"), ("explain", "3"), ("compare", "1", "3"),
        ("compare", "3", "1"), ("quarantine", "show", "3"), ("quarantine", "accept", "3"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_that_names_it_says_why_and_fails(engine: Engine, words: tuple[str, ...]) -> None:
    done = run_on(engine, *words)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "https://blog3.example/a: withheld since 20" in done.stderr
    assert "order" in done.stderr


def test_a_citation_keeps_its_identifier_and_says_withheld(engine: Engine) -> None:
    (entry,) = entries(engine)
    identifier = f"{entry.versions[0].identifier};url={entry.url}"
    for which in ("3", entry.url, identifier):
        line = run_on(engine, "cite", which).stdout
        assert line.startswith(
            "“Withheld from the archive”. blog3.example. https://blog3.example/a. Withheld"
        )
        assert line.strip().endswith(identifier)
    item = json.loads(run_on(engine, "cite", "3", "--format", "csl").stdout)[0]
    assert (item["title"], item["archive_location"]) == ("Withheld from the archive", identifier)
    with Archive(url_of(engine)) as archive:
        assert identifier in archive.cite(3, "ris")
        with pytest.raises(Withheld):
            archive.get(identifier)
        with pytest.raises(NoSuchArticle, match="names none of its 1 versions"):
            archive.cite(f"nwa:1:txt:{'0' * 64};url={entry.url}")
        with pytest.raises(UsageError, match="no version 2 of"):
            archive.cite(3, version=2)


def test_the_register_is_printed_as_csv_html_and_json(engine: Engine) -> None:
    (entry,) = entries(engine)
    csv = run_on(engine, "withhold", "register").stdout
    assert csv.splitlines()[1].startswith(
        "https://blog3.example/a,blog3.example,withheld,<b>a court</b> order,'=cmd,"
    )
    page = run_on(engine, "withhold", "register", "--format", "html").stdout
    assert "&lt;b&gt;a court&lt;/b&gt; order (=cmd)" in page
    (one,) = json.loads(run_on(engine, "withhold", "register", "--format", "json").stdout)
    assert one["versions"][0]["identifier"] == entry.versions[0].identifier
    for written in (csv, page, json.dumps(one)):
        assert "Ferry 3" not in written


def test_an_address_stands_for_add(sqlite: Engine) -> None:
    Store(sqlite).ingest([make_article(1)])
    done = run_on(sqlite, "withhold", "https://blog.example/post-1", "--reason", "x", "--until", "2199-01-01")
    assert done.stdout.split("\t")[:2] == ["1", "withheld"]
    assert run_on(sqlite, "withhold", "list").stdout.split("\t")[3] == "2199-01-01"
    assert run_on(sqlite, "withhold", "lift").exit_code == 2
    assert run_on(sqlite, "withhold", "https://blog.example/post-1").exit_code == 2  # no reason
    assert run_on(sqlite, "withhold", "lift", "1").stdout.startswith("1\tshown again\t")
    assert run_on(sqlite, "withhold", "list").stdout == ""
    assert run_on(sqlite, "withhold", "list", "--all").stdout.split("\t")[1] == "lifted"


def test_doctor_names_what_is_due(sqlite: Engine, tmp_path: Path) -> None:
    Store(sqlite).ingest([make_article(1)])
    until = START.replace(year=2199)
    withhold(sqlite, [1], Demand("x", until=until))
    folders = [tmp_path / "warc"]
    checks = [finding.check for finding in doctor.check(sqlite, folders, now=until)]
    assert Check.WITHHELD in checks
    assert Check.WITHHELD not in [finding.check for finding in doctor.check(sqlite, folders)]


def test_sql_of_strangers_does_not_read_sealed_texts(sqlite: Engine, tmp_path: Path) -> None:
    Store(sqlite).ingest([make_article(1)])
    withhold(sqlite, [1], Demand("x"))
    connection = connect_readonly(tmp_path / "archive.db", limited=True)
    assert connection.execute("SELECT withholding_id, payload FROM sealed_texts").fetchall() == [(1, None)]
    assert connection.execute("SELECT max(payload), count(*) FROM sealed_texts").fetchall() == [(None, 1)]
    assert connection.execute("SELECT state, reason FROM withheld").fetchall() == [("withheld", "x")]
