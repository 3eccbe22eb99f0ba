"""The schema from its first revision on: created, upgraded, refused, and left alone when it fails."""

from __future__ import annotations

import lzma
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, text

from newsarchive import Archive
from newsarchive.db import checks, readonly, schema, site_templates
from newsarchive.db.dialects import FULL_TEXT_TABLES, dialect_of
from newsarchive.db.engine import close_all, open_engine, reading, writing
from newsarchive.db.models import Base, SiteBlock, Url
from newsarchive.db.reading import query
from newsarchive.db.readonly import Reader
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseTooNew, DatabaseUnavailable
from tests.storage import START, archive_url, make_article

pytestmark = pytest.mark.slow  # makes and upgrades archives

REVISIONS = [s.revision for s in ScriptDirectory.from_config(schema._config()).walk_revisions()][::-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with archive_url(request.param, tmp_path) as url:
        opened = open_engine(url)
        yield opened
        opened.dispose()


def upgrade_to(engine: Engine, revision: str) -> None:
    schema._prepare(engine)
    with schema._without_foreign_keys(engine) as connection:
        command.upgrade(schema._config(connection), revision)


def test_the_migrations_make_what_the_models_say(engine: Engine) -> None:
    upgrade(engine)
    ours = {"include_name": lambda name, kind, parents: not str(name).startswith(FULL_TEXT_TABLES)}
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts=ours)
        differences = compare_metadata(context, Base.metadata)
    trigrams = "ix_articles_trigrams"  # PostgreSQL's alone, where the server has pg_trgm
    assert [d for d in differences if trigrams not in repr(d)] == []


def test_a_second_upgrade_does_nothing(engine: Engine) -> None:
    upgrade(engine)
    Store(engine).ingest([make_article(1)])
    upgrade(engine)
    assert schema.current(engine) == readonly.head() == REVISIONS[-1]
    with reading(engine) as connection:  # Alembic's own answer
        assert MigrationContext.configure(connection).get_current_revision() == readonly.head()
    assert query.stats(engine).articles == 1


def test_every_revision_can_be_taken_back(engine: Engine) -> None:
    upgrade(engine)
    with schema._without_foreign_keys(engine) as connection:
        command.downgrade(schema._config(connection), "base")
    with reading(engine) as connection:
        left = set(inspect(connection).get_table_names())
        views = inspect(connection).get_view_names()
    assert (left, views) == ({"alembic_version"}, [])


def test_long_texts_leave_the_index_of_trigrams_and_come_back(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    Store(engine).ingest([make_article(1, body="鯨魚報告" * 60_000), make_article(2, body="白鷺飛走了。")])
    for move, revision, found in ((command.downgrade, "0017", 1), (command.upgrade, "0018", 0)):
        with schema._without_foreign_keys(engine) as connection:
            move(schema._config(connection), revision)
        with engine.connect() as connection:
            for string, number in (("鯨魚報", found), ("白鷺飛", 1)):
                matches = f"SELECT count(*) FROM article_trigrams WHERE article_trigrams MATCH '\"{string}\"'"
                assert connection.exec_driver_sql(matches).scalar() == number
            assert not dialect_of(connection).searches_differ(connection)
    engine.dispose()


def test_older_runs_are_given_their_site_and_whether_they_reached_it(engine: Engine) -> None:
    upgrade(engine)
    store = Store(engine)
    for arguments, stats in (
        ({"url": "https://www.blog.example/feed"}, {"new": "2"}),
        ({"url": "https://blog.example/"}, {"site_left/too slow": "1"}),
        ({"site": "other.example:8080"}, {}),
        ({"path": "pages.warc.gz"}, {}),
    ):
        store.finish_run(store.start_run("news", arguments), "finished", stats)
    store.start_run("news", {"url": "https://blog.example/"})  # killed
    columns = text("SELECT site, reached FROM crawl_runs ORDER BY id")
    with reading(engine) as connection:
        written = connection.execute(columns).all()
    for move, revision in ((command.downgrade, "0021"), (command.upgrade, "0022")):
        with schema._without_foreign_keys(engine) as connection:
            move(schema._config(connection), revision)
    with reading(engine) as connection:
        filled = connection.execute(columns).all()
    assert filled[:3] + filled[4:] == [
        ("blog.example", True), ("blog.example", False), ("other.example:8080", True), ("blog.example", False),
    ]  # fmt: skip
    assert filled[3].site == ""
    assert [tuple(row) for row in filled if row.site] == [tuple(row) for row in written if row.site]


def contents(file: Path) -> dict[str, object]:
    """All that an SQLite file is: its settings, its schema as it is written there, and its rows."""
    with closing(sqlite3.connect(file)) as connection:
        settings = ("page_size", "journal_mode", "user_version", "application_id", "encoding", "auto_vacuum")
        found: dict[str, object] = {
            f"PRAGMA {name}": connection.execute(f"PRAGMA {name}").fetchone() for name in settings
        }
        schema_rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        found["schema"] = sorted(map(repr, schema_rows))
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        ).fetchall():
            found[name] = connection.execute(f"SELECT * FROM {name}").fetchall()
    return found


def test_a_new_sqlite_archive_is_what_the_revisions_make(tmp_path: Path) -> None:
    for name, make in (("new.db", upgrade), ("migrated.db", schema.migrate)):
        engine = open_engine(str(tmp_path / name))
        make(engine)
        engine.dispose()
    migrated = contents(tmp_path / "migrated.db")
    assert len(migrated) > 40
    assert contents(tmp_path / "new.db") == migrated


def test_the_script_of_today_s_schema_is_that_of_the_revisions(tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path / "archive.db"))
    schema.migrate(engine)
    engine.dispose()
    held = (readonly.MIGRATIONS / schema.SCRIPT).read_text(encoding="utf-8")
    made = schema.script_of(tmp_path / "archive.db")
    assert held == made, "a revision was added: make the script anew with python -m newsarchive.db.schema"


def test_without_a_script_of_today_a_new_archive_is_made_by_the_revisions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_revision(monkeypatch, tmp_path, LATER)
    upgrade(open_engine(str(tmp_path / "later.db")))
    (readonly.MIGRATIONS / schema.SCRIPT).unlink()
    upgrade(open_engine(str(tmp_path / "none.db")))
    close_all()
    assert contents(tmp_path / "later.db") == contents(tmp_path / "none.db")
    assert contents(tmp_path / "later.db")["alembic_version"] == [("9000",)]


def test_a_script_that_fails_half_way_leaves_an_empty_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(readonly.MIGRATIONS, tmp_path / "migrations")
    monkeypatch.setattr(readonly, "MIGRATIONS", tmp_path / "migrations")
    with (tmp_path / "migrations" / schema.SCRIPT).open("a", encoding="utf-8") as script:
        script.write("INSERT INTO no_such_table VALUES (1);\n")
    with pytest.raises(DatabaseUnavailable):
        upgrade(open_engine(str(tmp_path / "archive.db")))
    close_all()
    assert contents(tmp_path / "archive.db")["schema"] == []


#: A later revision, as one that the next release may add.
LATER = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9000", {before!r}
def upgrade():
    op.add_column("articles", sa.Column("mood", sa.Text(), nullable=False, server_default="fair"))
def downgrade():
    op.drop_column("articles", "mood")
"""


def add_revision(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """From here on newsarchive is of a version that knows one revision more, called 9000."""
    shutil.copytree(readonly.MIGRATIONS, folder / "migrations")
    file = folder / "migrations" / "versions" / "9000_later.py"
    file.write_text(script.format(before=REVISIONS[-1]), encoding="utf-8")
    monkeypatch.setattr(readonly, "MIGRATIONS", folder / "migrations")


def an_old_archive(engine: Engine) -> None:
    """An archive of the first release, with an article."""
    upgrade(engine)
    Store(engine).ingest([make_article(1, body="An old quagga.", headline="Old")])
    with schema._without_foreign_keys(engine) as connection:
        command.downgrade(schema._config(connection), REVISIONS[0])


def test_an_old_archive_is_upgraded_with_its_articles(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    an_old_archive(engine)
    add_revision(monkeypatch, tmp_path, LATER)
    upgrade(engine)
    assert schema.current(engine) == readonly.head() == "9000"
    with reading(engine) as connection:
        assert connection.execute(text("SELECT headline, mood FROM articles")).one() == ("Old", "fair")
        assert connection.execute(text("SELECT headline FROM current_articles")).scalar() == "Old"
    assert [hit.id for hit in query.search(engine, "quagga")] == [1]


#: Archives that released versions wrote, as `tests/stored/make.py` makes them.
STORED = sorted((Path(__file__).parents[1] / "stored").glob("archive-*.db.xz"))


@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.name.partition(".")[0])
def test_an_archive_of_every_version_is_opened_read_and_written(stored: Path, db: Path) -> None:
    db.write_bytes(lzma.decompress(stored.read_bytes()))
    engine = open_engine(str(db))
    upgrade(engine)
    assert schema.current(engine) == readonly.head()
    assert checks.database(engine) == []
    assert [hit.id for hit in query.search(engine, "quagga")] == [1]
    assert [hit.headline for hit in query.search(engine, "今天在")] == ["Post 2"]
    with Archive(db) as archive:
        assert {hit.headline for hit in archive.search()} == {"Post 1", "Café", "Post 2"}
        assert [found.version for found in archive.revisions("https://blog.example/post-1")] == [1, 2]
        first = archive.get("https://blog.example/post-1")
        rich = archive.get("https://blog.example/post-9")
    assert first.article_body == "A quagga.\n\nIt is seen no more."
    assert first.date_published == START
    assert [author.name for author in rich.authors] == ["Ann Lee", "AFP"]
    assert rich.origin is not None
    assert rich.origin.name == "South China Morning Post"
    assert [edit.after for edit in rich.edits] == ["’", "“", "é"]
    assert query.stats(engine).quarantined == 1
    Store(engine).ingest([make_article(7, body="A new quagga.")])
    assert len(query.search(engine, "quagga")) == 2
    engine.dispose()


#: What stood in `urls.reason` → reason, detail, source of the text and day of the post since revision 0013.
REASONS = {
    "": ("", "", "", None),
    "http 404": ("http 404", "", "", None),
    "text from wp-json": ("text from wp-json", "", "wp-json", None),
    "noarchive (the meta tag robots)": ("noarchive", "the meta tag robots", "", None),
    "before since (2025-01-02T03:04:05+00:00)": (
        "before since", "2025-01-02T03:04:05+00:00", "", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
    ),
    "before since (2025-01-02T01:00:00.250000+02:00)": (
        "before since", "2025-01-02T01:00:00.250000+02:00", "", datetime(2025, 1, 1, 23, 0, 0, 250_000, tzinfo=UTC),
    ),
    "before since (long ago)": ("before since", "long ago", "", None),
}  # fmt: skip
#: The reasons of layouts → whether a full text proved them.
LAYOUTS = {"a feed or an API gave its text": True, "most pages agree on it": False}


def test_what_code_decides_by_is_taken_out_of_the_reasons_and_put_back(engine: Engine) -> None:
    upgrade_to(engine, "0012")
    at = "2025-04-01T12:00:00+00:00"
    with writing(engine) as connection:
        for number, reason in enumerate(REASONS):
            connection.execute(
                text(
                    "INSERT INTO urls (url, url_key, first_seen_at, etag, last_modified, state, reason, fail_count)"
                    f" VALUES (:url, :url, '{at}', '', '', 'skipped', :reason, 0)"
                ),
                {"url": str(number), "reason": reason},
            )
        connection.execute(
            text(
                "INSERT INTO sites (domain, name, home_url, platform, in_language, config, state)"
                " VALUES ('blog.example', '', '', '', '', '{}', 'ok')"
            )
        )
        for version, reason in enumerate(LAYOUTS, 1):
            connection.execute(
                text(
                    "INSERT INTO site_blocks (site_id, fingerprint, role, version, label, reason, pages, clusters,"
                    " first, first_seen_at, last_seen_at, sample)"
                    f" VALUES (1, 0, 'container', :version, '', :reason, 3, 0, '', '{at}', '{at}', 'main')"
                ),
                {"version": version, "reason": reason},
            )
    upgrade_to(engine, "0013")
    columns = (Url.reason, Url.reason_detail, Url.filled_from, Url.published)
    with reading(engine) as connection:
        found = [tuple(row) for row in connection.execute(select(*columns).order_by(Url.id))]
        rows = connection.execute(select(SiteBlock.reason, SiteBlock.is_proved))
        proved = {row.reason: row.is_proved for row in rows}
        layouts = {
            layout.number: layout.taught for layout in site_templates.load(engine, "blog.example").layouts
        }
    assert found == list(REASONS.values())
    assert proved == LAYOUTS
    assert layouts == {1: True, 2: False}
    with schema._without_foreign_keys(engine) as connection:
        command.downgrade(schema._config(connection), "0012")
    with reading(engine) as connection:
        assert list(connection.execute(text("SELECT reason FROM urls ORDER BY id")).scalars()) == list(
            REASONS
        )


@pytest.mark.parametrize("revision", sorted(schema.UNRELEASED))
def test_an_archive_from_before_the_first_release_is_refused_with_what_moves_it(
    db: Path, revision: str
) -> None:
    engine = open_engine(str(db))
    an_old_archive(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    close_all()
    before = db.read_bytes()
    with pytest.raises(DatabaseUnavailable) as caught:
        upgrade(engine)
    close_all()
    assert f"before the first release (schema {revision})" in str(caught.value)
    assert f"git checkout {schema.LAST_TO_UPGRADE}; newsarchive db upgrade --db {db}" in str(caught.value)
    assert db.read_bytes() == before
    assert [path.name for path in db.parent.glob("*.bak")] == []


def test_times_of_an_archive_from_before_the_first_release_are_not_compared(db: Path) -> None:
    engine = open_engine(str(db))
    an_old_archive(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE articles SET first_seen_at = '2025-04-01 12:00:00.000000'"))
    with reading(engine) as connection, pytest.raises(DatabaseUnavailable, match="newsarchive db upgrade"):
        Reader.of(connection).value("SELECT 1 WHERE :at > ''", {"at": START})
    engine.dispose()


def test_before_an_upgrade_an_sqlite_archive_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    an_old_archive(engine)
    add_revision(monkeypatch, tmp_path, LATER)
    upgrade(engine)
    copy = tmp_path / f"archive.db.before-{readonly.head()}.bak"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISIONS[0],)]
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (1,)
    upgrade(engine)
    assert [path.name for path in tmp_path.glob("*.bak*")] == [copy.name]


def test_a_new_archive_needs_no_copy(tmp_path: Path) -> None:
    upgrade(open_engine(f"sqlite:///{tmp_path / 'archive.db'}"))
    assert list(tmp_path.glob("*.bak")) == []


def test_an_archive_of_a_newer_version_is_refused(engine: Engine) -> None:
    upgrade(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match=r"schema 9999, this version knows .*: upgrade newsarchive"):
        upgrade(engine)


#: Databases of other programs: one of a browser, one that Alembic looks after, with a revision that is called as ours.
FOREIGN = {
    "another program": ["CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT)"],
    "another user of Alembic": [
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('0001')",
        "CREATE TABLE articles (id INTEGER PRIMARY KEY, name TEXT)",
    ],
    "a revision that nobody knows": [
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('ae1027a6acf')",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY)",
    ],
}


@pytest.mark.parametrize("what", FOREIGN)
def test_the_database_of_another_program_is_left_as_it_is(tmp_path: Path, what: str) -> None:
    file = tmp_path / "places.db"
    with closing(sqlite3.connect(file)) as connection:
        for statement in FOREIGN[what]:
            connection.execute(statement)
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(DatabaseUnavailable, match=r"another program .*: name another one"):
        upgrade(open_engine(str(file)))
    close_all()
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["places.db"]


def test_postgresql_may_hold_other_tables_but_none_with_our_names(tmp_path: Path) -> None:
    with archive_url("postgresql", tmp_path) as url:
        engine = open_engine(url)
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE orders (id INTEGER)"))
            connection.execute(text("CREATE TABLE sites (id INTEGER)"))
        with pytest.raises(DatabaseUnavailable, match=r"another program \(it holds sites\)"):
            upgrade(engine)
        with writing(engine) as connection:
            connection.execute(text("DROP TABLE sites"))
        upgrade(engine)
        upgrade(engine)
        engine.dispose()


def test_an_empty_file_becomes_an_archive(tmp_path: Path) -> None:
    (tmp_path / "archive.db").touch()
    upgrade(open_engine(str(tmp_path / "archive.db")))
    assert checks.database(open_engine(str(tmp_path / "archive.db"))) == []


def test_a_backup_of_postgresql_says_what_to_type(tmp_path: Path) -> None:
    with archive_url("postgresql", tmp_path) as url:
        engine = open_engine(url)
        with pytest.raises(DatabaseUnavailable) as caught:
            schema.backup(engine, tmp_path / "archive.db")
        engine.dispose()
    assert f"pg_dump --format=custom --file={tmp_path}/archive.dump 'postgresql://" in str(caught.value)
    assert "newsarchive db copy 'postgresql://" in str(caught.value)


def test_a_migration_that_fails_half_way_leaves_the_old_state(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    an_old_archive(engine)
    before = inspect(engine).get_table_names()
    broken = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "9000", {before!r}
def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer()))
    with op.batch_alter_table("articles") as batch:
        batch.drop_column("damage")
    op.execute("SELECT * FROM no_such_table")
"""
    add_revision(monkeypatch, tmp_path, broken)
    with pytest.raises(DatabaseUnavailable):
        upgrade(engine)
    assert inspect(engine).get_table_names() == before
    with reading(engine) as connection:
        assert MigrationContext.configure(connection).get_current_revision() == REVISIONS[0]
        assert connection.execute(text("SELECT count(damage) FROM articles")).scalar() == 1


def test_a_migration_that_breaks_a_reference_is_taken_back(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    with (
        pytest.raises(DatabaseUnavailable, match="dangling reference"),
        schema._without_foreign_keys(engine) as connection,
    ):
        connection.exec_driver_sql("INSERT INTO images VALUES (7, 0, 'u', '', '')")
    assert query.stats(engine).articles == 0


def test_check_finds_a_sound_archive_sound(engine: Engine) -> None:
    upgrade(engine)
    Store(engine).ingest([make_article(n) for n in range(3)])
    assert checks.database(engine) == []


def test_a_full_text_index_can_be_made_anew(engine: Engine) -> None:
    upgrade(engine)
    Store(engine).ingest([make_article(1, body="A quagga."), make_article(2, body="總統今天在台北表示")])
    with writing(engine) as connection:
        sqlite = engine.dialect.name == "sqlite"
        connection.exec_driver_sql(
            "INSERT INTO article_search(article_search) VALUES ('delete-all')"
            if sqlite
            else "DELETE FROM article_search"
        )
    assert query.search(engine, "quagga") == []
    schema.rebuild(engine)
    assert [hit.id for hit in query.search(engine, "quagga")] == [1]
    assert [hit.id for hit in query.search(engine, "今天在")] == [2]
    assert checks.database(engine) == []


def test_check_names_what_is_wrong(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    Store(engine).ingest([make_article(n) for n in range(3)])
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM article_search_docsize WHERE id = 2")
        connection.exec_driver_sql("UPDATE articles SET revision_id = NULL WHERE id = 3")
    problems = " | ".join(map(str, checks.database(engine)))
    assert "full-text" in problems
    assert "without a version" in problems


def test_vacuum_gives_space_back_and_keeps_everything(engine: Engine) -> None:
    upgrade(engine)
    Store(engine).ingest([make_article(n) for n in range(3)])
    schema.vacuum(engine)
    assert query.stats(engine).articles == 3


def test_a_backup_is_an_archive_of_its_own(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    Store(engine).ingest([make_article(1)])
    with writing(engine):  # others may be writing meanwhile
        schema.backup(engine, tmp_path / "copy.db")
    assert query.stats(open_engine(f"sqlite:///{tmp_path / 'copy.db'}")).articles == 1
    with pytest.raises(DatabaseUnavailable, match=r"copy\.db exists"):
        schema.backup(engine, tmp_path / "copy.db")
    with pytest.raises(DatabaseUnavailable, match="cannot be written"):
        schema.backup(engine, tmp_path / "no" / "copy.db")
