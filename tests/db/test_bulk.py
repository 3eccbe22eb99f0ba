"""Inserting and changing many rows at once."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Engine, bindparam, exc, insert, select, update

from newsarchive.db import bulk
from newsarchive.db.engine import writing
from newsarchive.db.models import AuthorRow, Quarantined, Site, Url
from newsarchive.exceptions import DatabaseError
from tests.support.storage import START


def test_a_statement_runs_for_each_row_and_says_the_rest_itself(engine: Engine) -> None:
    done = update(Url).where(Url.url_key == bindparam("b_key"), Url.state == "new")
    with writing(engine) as connection:
        rows = [{"url": key, "url_key": key, "first_seen_at": START, "state": state} for key, state in (("a", "new"), ("b", "new"), ("c", "ok"))]  # fmt: skip
        bulk.insert_rows(connection, Url, rows)
        bulk.execute_many(connection, done, [])
        bulk.execute_many(
            connection, done, [{"b_key": key, "last_checked_at": START, "fail_count": 7} for key in "bc"]
        )
        bulk.execute_many(connection, done, [{"b_key": "a", "reason": "timeout"}])
        found = connection.execute(
            select(Url.url_key, Url.last_checked_at, Url.fail_count, Url.reason).order_by(Url.id)
        )
        assert list(map(tuple, found)) == [("a", None, 0, "timeout"), ("b", START, 7, ""), ("c", None, 0, "")]


def test_rows_are_changed_by_any_column_and_in_plain_sql(engine: Engine) -> None:
    with writing(engine) as connection:
        rows = [{"url": key, "url_key": key, "first_seen_at": START, "state": "new"} for key in "abc"]
        bulk.insert_rows(connection, Url, rows)
        bulk.update_rows(connection, Url, [{"b_id": key, "state": "ok"} for key in "ac"], by="url_key")
        bulk.change(
            connection,
            "DELETE FROM urls WHERE state = :state AND url_key IN :keys",
            {"state": "ok", "keys": ["a", "b"]},
        )
        bulk.change(connection, "DELETE FROM urls WHERE url_key IN :keys", {"keys": []})
        found = connection.execute(select(Url.url_key, Url.state).order_by(Url.id))
        assert list(map(tuple, found)) == [("b", "new"), ("c", "ok")]


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
    with writing(engine) as connection, pytest.raises(exc.StatementError, match="naive"):
        bulk.insert_rows(connection, Url, [row])


def test_errors_are_those_of_sqlalchemy(engine: Engine) -> None:
    row = {"article_id": 7, "state": "waiting", "reason": "", "since": START}
    with pytest.raises(exc.IntegrityError), writing(engine) as connection:
        bulk.insert_rows(connection, Quarantined, [row])
    with pytest.raises(DatabaseError, match="newsarchive db upgrade"), writing(engine) as connection:
        bulk.select_tuples(connection, "SELECT id FROM no_table", {})
