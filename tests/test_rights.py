"""What sites say of the use of their pages is kept with each capture, shown, counted, and honoured by an export."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import process_time

import pytest
from sqlalchemy import Engine, insert, select

from newsarchive import Archive
from newsarchive.cli.output import use_line
from newsarchive.core.discovery.rights import of_answer
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import CaptureRow, Revision
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import UsageError
from newsarchive.items import Article, Rights
from newsarchive.rules import default
from tests.support.storage import START, make_article, run_on, url_of

RESERVED = Rights(tdm=("header: 1",), reservations=("TDMRep header",), refused_agents=("GPTBot",))
LICENSED = Rights(licences=("https://creativecommons.org/licenses/by/4.0/",))


def article(number: int, rights: Rights | None, day: int = 0) -> Article:
    made = make_article(number, day=day, page=f"<p>{number} of {day}".encode())
    assert made.capture is not None
    return replace(made, capture=replace(made.capture, rights=rights))


@pytest.fixture
def engine(engine: Engine) -> Engine:
    store = Store(engine, lambda: START + timedelta(days=30))
    store.ingest([article(1, RESERVED), article(2, LICENSED), article(3, None), article(4, RESERVED)])
    return engine


def test_each_statement_is_kept_once_and_with_its_capture(engine: Engine) -> None:
    with reading(engine) as connection:
        counts = [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("rights", "capture_rights")
        ]
    assert counts == [2, 3]
    with Archive(url_of(engine)) as archive:
        assert [one.rights for one in archive.articles()] == [RESERVED, LICENSED, None, RESERVED]


def test_an_export_for_mining_leaves_out_what_is_reserved_and_says_how_many(engine: Engine) -> None:
    done = run_on(engine, "export", "-", "--format", "jsonl", "--rights", "tdm")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [2, 3]
    assert "2 left out: their sites reserve text and data mining" in done.stderr
    assert len(run_on(engine, "export", "-", "--format", "jsonl").stdout.splitlines()) == 4
    with Archive(url_of(engine)) as archive:
        assert (archive.count(rights="tdm"), archive.count("first", rights="tdm"), archive.count()) == (
            2,
            2,
            4,
        )
        with pytest.raises(UsageError, match="rights 'all': one of any, tdm"):
            archive.count(rights="all")


def test_the_newest_fetch_counts(engine: Engine) -> None:
    store = Store(engine, lambda: START + timedelta(days=40))
    store.ingest([article(1, None, day=35), article(3, RESERVED, day=35)])
    with Archive(url_of(engine)) as archive:
        assert [one.id for one in archive.articles(rights="tdm")] == [1, 2]


@pytest.mark.slow
def test_an_article_of_very_many_versions_is_read_in_no_time(engine: Engine) -> None:
    """A page that reads otherwise at each fetch, for months."""
    with writing(engine) as connection:
        (capture,) = connection.execute(
            select(CaptureRow.__table__).where(CaptureRow.final_url.endswith("-1"))
        ).mappings()
        (revision,) = connection.execute(
            select(Revision.__table__).where(Revision.capture_id == capture["id"])
        ).mappings()
        captures, revisions = [], []
        for number in range(2, 3000):
            at = START + timedelta(minutes=number)
            captures.append({**capture, "id": 1000 + number, "fetched_at": at})
            revisions.append(
                {**revision, "id": 1000 + number, "version": number, "capture_id": 1000 + number}
            )
        connection.execute(insert(CaptureRow), captures)
        connection.execute(insert(Revision), revisions)
    with Archive(url_of(engine)) as archive:
        began = process_time()
        assert archive.get(revision["article_id"]).versions == 2999
        # SQLite works in this process: 20 s of its CPU time where each version is compared with each capture.
        assert process_time() - began < 10


@pytest.mark.parametrize(
    ("content", "is_shown"),
    [
        ("max-image-preview:large", False),
        ("index, follow, max-image-preview:large, max-snippet:-1, max-video-preview:-1", False),
        ("max-image-preview: large", False),
        ("all", False),
        ("noai", True),
        ("noindex", True),
        ("noindex, follow", True),
        ("max-image-preview:large, noai", True),
        ("noarchive, max-snippet:-1", True),
    ],
)
def test_what_is_told_of_previews_alone_is_not_shown(content: str, is_shown: bool) -> None:
    page = f'<meta name="robots" content="{content}">'
    for place, headers, html in (("X-Robots-Tag", {"x-robots-tag": content}, ""), ("meta robots", {}, page)):
        line = use_line(of_answer(headers, html, "https://blog.example/", default()))
        assert line == (f"Its site says of its use: {place}: {content}" if is_shown else "")


def test_show_and_stats_tell(engine: Engine) -> None:
    shown = run_on(engine, "show", "1").stdout
    assert "Its site says of its use: TDMRep header: 1; robots.txt keeps out GPTBot" in shown
    assert json.loads(run_on(engine, "show", "1", "--json").stdout)["refused_agents"] == ["GPTBot"]
    stats = run_on(engine, "stats").stdout
    assert "archive\treserved from text and data mining\t2\n" in stats
    assert "articles by licence\thttps://creativecommons.org/licenses/by/4.0/\t1\n" in stats


def test_a_part_of_an_archive_has_them_too(engine: Engine, tmp_path: Path) -> None:
    assert run_on(engine, "export", str(tmp_path / "part.db")).exit_code == 0
    with Archive(tmp_path / "part.db") as part:
        assert [one.rights for one in part.articles()] == [RESERVED, LICENSED, None, RESERVED]
