"""Prepared statements: the driver is given what SQLAlchemy would give it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, exc, insert, select, text, update

from newsarchive.db import bulk
from newsarchive.db.bulk import Prepared
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import AuthorRow, CrawlRun, Quarantined, Site, SourceTextRow, Url
from newsarchive.exceptions import DatabaseError
from tests.support.storage import START, open_archive

#: A table, and rows with every kind of value: text that no database takes, a moment elsewhere, JSON, packed text.
ROWS: list[tuple[Any, list[dict[str, Any]]]] = [
    (Site, [{"domain": "a.example", "name": "a\x00b\ud800"}, {"domain": "b.example", "name": "國"}]),
    (CrawlRun, [{"spider": "news", "arguments": {"url": "é"}, "stats": {}, "started_at": START.astimezone(timezone(timedelta(hours=8)))}]),
    (Url, [{"url": "u", "url_key": "k", "first_seen_at": START, "published": None, "fail_count": 3}]),
    (SourceTextRow, [{"url_id": 1, "source": "feed", "html": "<p>Text</p>", "is_full": True, "authors": ["Ann"]}]),
]  # fmt: skip


def stored(engine: Engine) -> list[Any]:
    """What the tables hold, as the database has it."""
    names = ["sites", "crawl_runs", "urls", "source_texts"]
    with reading(engine) as connection:
        return [
            list(map(tuple, connection.execute(text(f"SELECT * FROM {name} ORDER BY 1")))) for name in names
        ]


def test_rows_are_inserted_as_sqlalchemy_does(engine: Engine, tmp_path: Path) -> None:
    with writing(engine) as connection:
        for model, rows in ROWS:
            bulk.insert_rows(connection, model, rows)
    ours = stored(engine)
    (tmp_path / "other").mkdir()
    with open_archive(engine.dialect.name, tmp_path / "other") as other:
        with writing(other) as connection:
            for model, rows in ROWS:
                connection.execute(insert(bulk.table_of(model)), rows)
        assert stored(other) == ours


def test_a_statement_runs_for_each_row_and_says_the_rest_itself(engine: Engine) -> None:
    done = Prepared(update(Url).where(Url.url_key == bindparam("b_key"), Url.state == "new"))
    with writing(engine) as connection:
        rows = [{"url": key, "url_key": key, "first_seen_at": START, "state": state} for key, state in (("a", "new"), ("b", "new"), ("c", "ok"))]  # fmt: skip
        bulk.insert_rows(connection, Url, rows)
        done.run(connection, [])
        done.run(connection, [{"b_key": key, "last_checked_at": START, "fail_count": 7} for key in "bc"])
        done.run(connection, [{"b_key": "a", "reason": "timeout"}])
        found = connection.execute(
            select(Url.url_key, Url.last_checked_at, Url.fail_count, Url.reason).order_by(Url.id)
        )
        assert list(map(tuple, found)) == [("a", None, 0, "timeout"), ("b", START, 7, ""), ("c", None, 0, "")]


def test_what_is_there_already_is_left_out(engine: Engine) -> None:
    rows = [{"domain": "a.example", "name": name} for name in ("first", "second")]
    with writing(engine) as connection:
        for row in rows:
            bulk.insert_new_rows(connection, Site, [row])
        assert list(connection.execute(select(Site.name)).scalars()) == ["first"]


def test_ids_follow_those_that_are_there(engine: Engine) -> None:
    names = [{"name": name, "kind": "person", "url": ""} for name in ("Ann", "Bea", "Ann")]
    with writing(engine) as connection:
        first = bulk.ids_of(connection, AuthorRow, ("name", "kind"), names)
        again = bulk.ids_of(
            connection, AuthorRow, ("name", "kind"), [*names, {"name": "Cleo", "kind": "agency", "url": ""}]
        )
        assert first == {("Ann", "person"): 1, ("Bea", "person"): 2}
        assert again == first | {("Cleo", "agency"): 3}
        # The database's own counting goes on behind them.
        assert (
            connection.execute(insert(AuthorRow).values(name="Dora").returning(AuthorRow.id)).scalar_one()
            == 4
        )


def test_a_naive_moment_is_refused(engine: Engine) -> None:
    row = {"url": "u", "url_key": "k", "first_seen_at": datetime(2025, 4, 1)}
    with writing(engine) as connection, pytest.raises(ValueError, match="naive"):
        bulk.insert_rows(connection, Url, [row])


def test_errors_are_those_of_sqlalchemy(engine: Engine) -> None:
    row = {"article_id": 7, "state": "waiting", "reason": "", "since": START}
    with pytest.raises(exc.IntegrityError), writing(engine) as connection:
        bulk.insert_rows(connection, Quarantined, [row])
    with pytest.raises(DatabaseError, match="newsarchive db upgrade"), writing(engine) as connection:
        bulk.select_tuples(connection, "SELECT id FROM no_table", {})
