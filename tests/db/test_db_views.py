"""The views for people who query by hand: every query of the cases and of the guide runs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from newsarchive.db import views
from newsarchive.db.dialects import SQLite
from newsarchive.db.engine import reading, writing
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Origin
from newsarchive.web.datasette import queries
from tests.support.storage import START, delete_post, make_article, open_archive, readable, rich_article

ROOT = Path(__file__).parents[2]

#: How many rows each query of `web/queries.toml` gives of the archive below.
ROWS = {
    "newest": 3,
    "by-site": 2,
    "republished-most": 2,
    "site-from-publisher": 1,
    "without-copyright": 1,
    "repairs-by-codec": 1,
    "repairs-weakest": 3,
    "repairs-of-article": 3,
    "dropped-often": 2,
    "dropped-long": 2,
    "changed-often": 1,
    "new-versions": 3,
    "deleted": 1,
    "by-month-and-language": 2,
}

#: What the guide shows to run: written in fenced blocks of SQL, and given to `sqlite3` in the shell.
GUIDE = (ROOT / "docs" / "how-to" / "query.md").read_text("utf-8")
STATEMENTS = [
    s.strip() for block in re.findall(r"```sql\n(.*?)```", GUIDE, re.S) for s in block.split(";") if s.strip()
]
STATEMENTS += re.findall(r'^sqlite3 newsarchive\.db "(.+?)"', GUIDE, re.M)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_archive(request.param, tmp_path_factory.mktemp("views")) as opened:
        store = Store(opened)
        store.ingest([rich_article(), make_article(1), make_article(2, in_language="de")])
        store.ingest(
            [make_article(3, url="https://other.example/a", origin=Origin("Reuters", "reuters.com"))]
        )
        store.ingest([make_article(1, body="Changed.", day=1)])
        delete_post(opened, "https://blog.example/post-2", START + timedelta(days=2))
        yield opened


def rows(engine: Engine, sql: str) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(text(sql))]


def test_every_query_has_its_count() -> None:
    assert [query["name"] for query in queries()] == list(ROWS)


@pytest.mark.parametrize("query", queries(), ids=lambda query: query["name"])
def test_a_query_by_hand(engine: Engine, query: dict[str, Any]) -> None:
    assert len(rows(engine, readable(query).replace(":", r"\:"))) == ROWS[query["name"]]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: " ".join(statement.split())[:60])
def test_a_query_of_the_guide_runs(sqlite: Engine, statement: str) -> None:
    rows(sqlite, statement.replace(":", r"\:"))


def test_current_articles_show_what_is_stored_today(engine: Engine) -> None:
    (row,) = rows(engine, "SELECT * FROM current_articles WHERE url = 'https://blog.example/post-1'")
    assert (row["article_body"], row["version"], row["change_kind"], row["site"]) == (
        "Changed.", 2, "publisher", "blog.example",
    )  # fmt: skip
    assert (row["origin"], row["origin_url"], row["origin_confidence"]) == ("", "", None)


def test_reposts_say_from_whom(engine: Engine) -> None:
    (row,) = rows(engine, "SELECT * FROM reposts WHERE origin_domain = 'scmp.com'")
    assert (row["origin"], row["origin_as_printed"], row["copyright_notice"]) == (
        "South China Morning Post",
        "SCMP",
        "© 2025",
    )


@pytest.mark.slow
def test_edits_and_dropped_text_explain_the_current_text(engine: Engine) -> None:
    edits = rows(engine, "SELECT before, after FROM edits_made WHERE field = 'article_body' ORDER BY start")
    assert edits == [{"before": "â€™", "after": "’"}, {"before": "â€œ", "after": "“"}]
    dropped = rows(engine, "SELECT kind, text FROM dropped_text ORDER BY position")
    assert [(d["kind"], d["text"]) for d in dropped] == [
        ("nav", "Home | About"),
        ("subscribe", "Subscribe now"),
    ]


@pytest.mark.slow
def test_duckdb_understands_the_views(tmp_path: Path) -> None:
    """Its extension `sqlite` reads the definition of each view. One that DuckDB cannot parse keeps it from listing any table."""
    duckdb = pytest.importorskip("duckdb")
    with open_archive("sqlite", tmp_path) as opened:
        found = rows(opened, "SELECT sql FROM sqlite_master WHERE type = 'view'")
    assert found
    for view in found:
        [statement] = duckdb.extract_statements(view["sql"])
        assert statement.type == duckdb.StatementType.CREATE


@pytest.mark.parametrize(("wanted", "found"), [("Ann", '["Ann"]'), ("", "[]")])
def test_duckdb_has_the_lists_and_numbers_that_sqlite_has(wanted: str, found: str) -> None:
    """For a list without values it had NULL, and of a number half of the digits."""
    duckdb = pytest.importorskip("duckdb")
    names = SQLite().json_list(
        f"SELECT name FROM (SELECT 'Ann' AS name) AS one WHERE name = '{wanted}'", "name"
    )
    confidence = SQLite().json_number("""'{"confidence": 0.981}'""", "confidence")
    assert duckdb.sql(f"SELECT {names}, {confidence}").fetchall() == [(found, 0.981)]


@pytest.fixture
def granted(tmp_path: Path) -> Iterator[Engine]:
    """An archive on PostgreSQL whose articles a role may read, and of which somebody has made a view."""
    with open_archive("postgresql", tmp_path) as opened:
        role = f"newsarchive_test_reader_{uuid.uuid4().hex[:12]}"
        with writing(opened) as connection:
            connection.exec_driver_sql(f'CREATE ROLE "{role}"')
            connection.exec_driver_sql(f'GRANT SELECT ON current_articles TO "{role}", PUBLIC')
            connection.exec_driver_sql(f'GRANT SELECT ON own_articles TO "{role}" WITH GRANT OPTION')
            connection.exec_driver_sql(f'ALTER VIEW first_copies OWNER TO "{role}"')
            connection.exec_driver_sql(f'GRANT SELECT (url, headline) ON hidden_articles TO "{role}"')
            connection.exec_driver_sql("ALTER VIEW own_articles SET (security_barrier = true)")
            connection.exec_driver_sql("COMMENT ON VIEW own_articles IS 'ours: 100 %% of the blogs'' own'")
            connection.exec_driver_sql("COMMENT ON COLUMN own_articles.url IS 'an address'")
            connection.exec_driver_sql("CREATE VIEW headlines AS SELECT headline FROM current_articles")
            connection.exec_driver_sql("CREATE VIEW latest AS SELECT headline FROM current_articles")
        try:
            yield opened
        finally:
            with writing(opened) as connection:
                connection.exec_driver_sql("DROP VIEW IF EXISTS headlines, latest")
                connection.exec_driver_sql("REVOKE SELECT ON current_articles FROM PUBLIC")
                connection.exec_driver_sql(f'REASSIGN OWNED BY "{role}" TO CURRENT_USER')
                connection.exec_driver_sql(f'DROP OWNED BY "{role}"')
                connection.exec_driver_sql(f'DROP ROLE "{role}"')


READERS = (
    "SELECT count(*) AS readers FROM pg_class AS c, aclexplode(c.relacl) AS a"
    " WHERE c.oid = 'current_articles'::regclass AND a.grantee <> c.relowner AND a.privilege_type = 'SELECT'"
)


GIVEN = (
    "SELECT relname, pg_get_userbyid(relowner) AS owner, coalesce(relacl, acldefault('r', relowner))::text AS rights, reloptions, attname, attacl::text AS of_column,"
    " obj_description(c.oid, 'pg_class') AS meaning, col_description(c.oid, attnum) AS meaning_of_column"
    " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid WHERE attname IN ('url', 'word_count')"
    " AND relname IN ('first_copies', 'own_articles', 'hidden_articles') ORDER BY relname, attname"
)


@pytest.mark.slow
def test_an_upgrade_keeps_what_was_granted_on_a_view_and_the_views_of_others(granted: Engine) -> None:
    """Every upgrade dropped the views: nobody else could read them afterwards, and a view of them kept it from upgrading."""
    before = rows(granted, GIVEN)
    with writing(granted) as connection:
        views.make(connection)
    assert rows(granted, GIVEN) == before
    assert rows(granted, READERS) == [{"readers": 2}]
    assert rows(granted, "SELECT * FROM headlines") == []


def test_a_view_with_other_columns_keeps_what_was_given_to_it_and_names_the_views_of_others(
    granted: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(granted, GIVEN)
    monkeypatch.setattr(views, "FLAT", [field for field in views.FLAT if field.name != "headline"])
    with (
        pytest.raises(
            DatabaseUnavailable,
            match=r"after newsarchive db upgrade --db \S+ \(view headlines depends on view current_articles; view latest depends",
        ),
        writing(granted) as connection,
    ):
        views.make(connection)
    with writing(granted) as connection:
        connection.exec_driver_sql("DROP VIEW headlines, latest")
        views.make(connection)
    assert rows(granted, READERS) == [{"readers": 2}]
    assert rows(granted, GIVEN) == before
    assert "ours: 100 % of the blogs' own" in [row["meaning"] for row in before]
    monkeypatch.undo()
    with writing(granted) as connection:
        views.make(connection)
    assert rows(granted, READERS) == [{"readers": 2}]
    assert rows(granted, "SELECT headline FROM current_articles") == []
