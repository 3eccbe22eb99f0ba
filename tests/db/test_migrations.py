"""The schema from its first revision on: created, upgraded, refused, and left alone when it fails."""

from __future__ import annotations

import json
import lzma
import re
import resource
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, inspect, text

from newsarchive import Archive
from newsarchive.db import archive_state, checks, fulltext, migrations, schema
from newsarchive.db.dialects import FULL_TEXT_TABLES
from newsarchive.db.engine import close_all, open_engine, reading, writing
from newsarchive.db.frontier.locks import crawl_lock
from newsarchive.db.models import Base
from newsarchive.db.reading import search, statistics
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseTooNew, DatabaseUnavailable, OutputError
from newsarchive.items import Block
from tests.stored.make import answers
from tests.support import warm
from tests.support.storage import START, archive_url, make_article, run_on, url_of

pytestmark = pytest.mark.slow  # makes and upgrades archives

REVISIONS = [s.revision for s in ScriptDirectory.from_config(schema._config()).walk_revisions()][::-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with archive_url(request.param, tmp_path) as url:
        opened = open_engine(url)
        yield opened
        opened.dispose()


def unlike_the_models(engine: Engine) -> list[str]:
    """Where the tables are other than the models say."""
    ours = {"include_name": lambda name, kind, parents: not str(name).startswith(FULL_TEXT_TABLES)}
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts=ours)
        found = map(repr, compare_metadata(context, Base.metadata))
    trigrams = "ix_articles_trigrams"  # PostgreSQL's alone, where the server has pg_trgm
    return [difference for difference in found if trigrams not in difference]


def test_a_new_archive_is_what_the_models_say(engine: Engine) -> None:
    upgrade(engine)
    assert unlike_the_models(engine) == []


def test_a_second_upgrade_does_nothing(engine: Engine) -> None:
    upgrade(engine)
    Store(engine).ingest([make_article(1)])
    upgrade(engine)
    assert schema.current(engine) == migrations.head() == REVISIONS[-1]
    with reading(engine) as connection:  # Alembic's own answer
        assert MigrationContext.configure(connection).get_current_revision() == migrations.head()
    assert statistics.stats(engine).articles == 1


def sqlite_schema(file: Path) -> dict[str, list[str]]:
    """The tables, indexes, triggers and views of an SQLite file, each with the words of its statement in the order of the alphabet and
    without quotes:
    in which order a table names its constraints says nothing."""
    with closing(sqlite3.connect(file)) as connection:
        made = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    return {name: sorted(sql.replace(",", " ").replace('"', "").split()) for name, sql in made}


def test_the_script_of_today_s_schema_is_of_the_newest_revision() -> None:
    held = (migrations.FOLDER / schema.SCRIPT).read_text(encoding="utf-8")
    assert f"INSERT INTO alembic_version VALUES ('{REVISIONS[-1]}')" in held, (
        "a revision was added: make the script anew with python -m newsarchive.db.schema"
    )


def test_a_script_that_fails_half_way_leaves_an_empty_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(migrations.FOLDER, tmp_path / "migrations")
    monkeypatch.setattr(migrations, "FOLDER", tmp_path / "migrations")
    with (tmp_path / "migrations" / schema.SCRIPT).open("a", encoding="utf-8") as script:
        script.write("INSERT INTO no_such_table VALUES (1);\n")
    with pytest.raises(DatabaseUnavailable):
        upgrade(open_engine(str(tmp_path / "archive.db")))
    close_all()
    assert sqlite_schema(tmp_path / "archive.db") == {}


#: A later revision, as one that the next release may add.
LATER = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9000", {before!r}
def upgrade():
    op.add_column("articles", sa.Column("mood", sa.Text(), nullable=False, server_default="fair"))
"""


def add_revision(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """From here on newsarchive is of a version that knows one revision more, called 9000."""
    shutil.copytree(migrations.FOLDER, folder / "migrations")
    file = folder / "migrations" / "versions" / "9000_later.py"
    file.write_text(script.format(before=REVISIONS[-1]), encoding="utf-8")
    monkeypatch.setattr(migrations, "FOLDER", folder / "migrations")


#: Adds a column to the models, and has its revision written into the folder and run on the archive that are named.
WITH_A_NEW_COLUMN = """
import sys
from pathlib import Path
from sqlalchemy.orm import mapped_column
from newsarchive.db import migrations, schema
from newsarchive.db.engine import open_engine
from newsarchive.db.models import ArticleRow
from newsarchive.db.models.base import SafeText
migrations.FOLDER = Path(sys.argv[1])
ArticleRow.mood = mapped_column("mood", SafeText(), nullable=False, server_default="fair")
schema.main("mood")
schema.upgrade(open_engine(sys.argv[2]))
"""


def test_the_revision_of_a_new_column_is_written_from_the_models(db: Path, tmp_path: Path) -> None:
    an_archive(open_engine(str(db)))
    close_all()
    shutil.copytree(migrations.FOLDER, tmp_path / "migrations")
    number = f"{int(REVISIONS[-1]) + 1:04}"
    words = [sys.executable, "-c", WITH_A_NEW_COLUMN, str(tmp_path / "migrations"), str(db)]
    subprocess.run(words, check=True, capture_output=True, timeout=600)
    revision = (tmp_path / "migrations" / "versions" / f"{number}_mood.py").read_text(encoding="utf-8")
    plain = revision.replace('"', "'")  # as Alembic writes it, where no ruff is installed
    assert "sa.Column('mood', sa.Text(), server_default='fair', nullable=False)" in plain
    script = (tmp_path / "migrations" / schema.SCRIPT).read_text(encoding="utf-8")
    assert "mood TEXT DEFAULT 'fair' NOT NULL" in script
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("SELECT headline, mood FROM articles").fetchall() == [("Old", "fair")]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(number,)]


def an_archive(engine: Engine) -> None:
    """An archive of today, with an article."""
    upgrade(engine)
    Store(engine).ingest([make_article(1, body="An old quagga.", headline="Old")])


def test_an_old_archive_is_upgraded_with_its_articles(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    an_archive(engine)
    add_revision(monkeypatch, tmp_path, LATER)
    upgrade(engine)
    assert schema.current(engine) == migrations.head() == "9000"
    with reading(engine) as connection:
        assert connection.execute(text("SELECT headline, mood FROM articles")).one() == ("Old", "fair")
        assert connection.execute(text("SELECT headline FROM current_articles")).scalar() == "Old"
    assert [hit.id for hit in search.search(engine, "quagga")] == [1]


MENU = (Block("Home", label="nav"), Block("A quagga."), Block("About us", label="nav", score=-1.5))


@pytest.mark.parametrize(
    ("gone", "named"),
    [("lines", "2 left-out lines without a text"), ("block_labels", "2 left-out lines without a label")],
)
def test_check_finds_left_out_lines_whose_references_lead_nowhere_and_reading_again_mends_them(
    engine: Engine, gone: str, named: str
) -> None:
    upgrade(engine)
    Store(engine).ingest([make_article(1, blocks=MENU)])
    with writing(engine) as connection:
        connection.execute(text(f"DELETE FROM {gone}"))
    assert named in " | ".join(map(str, checks.database(engine)))
    Store(engine).ingest([make_article(1, blocks=MENU)], reread=True)
    assert checks.database(engine) == []


STORED_FOLDER = Path(__file__).parents[1] / "stored"
#: Archives that earlier versions wrote, as `tests/stored/make.py` makes them, by the revision of their schema.
STORED = {
    path.name.removeprefix("archive-").removesuffix(".db.xz"): path
    for path in sorted(STORED_FOLDER.glob("archive-*.db.xz"))
}
#: The same on PostgreSQL, as `pg_dump` writes them.
DUMPED = {
    path.name.removeprefix("archive-").removesuffix(".sql.xz"): path
    for path in sorted(STORED_FOLDER.glob("archive-*.sql.xz"))
}


def load_dump(revision: str, url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(lzma.decompress(DUMPED[revision].read_bytes()))


@pytest.fixture
def first_release(engine: Engine, tmp_path: Path) -> Engine:
    """An archive of the first release."""
    if engine.dialect.name == "sqlite":
        (tmp_path / "archive.db").write_bytes(lzma.decompress(STORED["0025"].read_bytes()))
    else:
        load_dump("0025", url_of(engine))
    return engine


def test_left_out_lines_lose_two_references_that_the_database_checks_and_nothing_else(
    first_release: Engine,
) -> None:
    """Revision 0026."""
    query = text("SELECT * FROM dropped_lines ORDER BY revision_id, position")
    shown = text("SELECT * FROM blocks ORDER BY 1, 2, 3")
    with reading(first_release) as connection:
        before = [connection.execute(query).all(), connection.execute(shown).all()]
    assert before[0]
    upgrade(first_release)
    with reading(first_release) as connection:
        assert [connection.execute(query).all(), connection.execute(shown).all()] == before
    [left] = inspect(first_release).get_foreign_keys("dropped_lines")
    assert (left["constrained_columns"], left["options"]) == (["revision_id"], {"ondelete": "CASCADE"})
    assert "ix_site_blocks_heads" in {
        index["name"] for index in inspect(first_release).get_indexes("site_blocks")
    }
    assert checks.database(first_release) == []
    with writing(first_release) as connection:
        connection.execute(text("DELETE FROM article_revisions"))
        assert connection.execute(text("SELECT count(*) FROM dropped_lines")).scalar() == 0


@pytest.mark.parametrize("revision", sorted(STORED.keys() & set(REVISIONS[:-1])))
def test_an_upgraded_sqlite_archive_has_the_schema_of_a_new_one(revision: str, tmp_path: Path) -> None:
    (tmp_path / "old.db").write_bytes(lzma.decompress(STORED[revision].read_bytes()))
    for name in ("old.db", "new.db"):
        upgrade(open_engine(str(tmp_path / name)))
    close_all()
    new = sqlite_schema(tmp_path / "new.db")
    assert len(new) > 100
    assert sqlite_schema(tmp_path / "old.db") == new


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_page_of_an_author_goes_to_the_articles_of_its_site(database: str, tmp_path: Path) -> None:
    """An author had one page however many sites name somebody so (before 0030). One whose articles are all of one site keeps any
    page, and of several sites the one that the page names."""
    with archive_url(database, tmp_path) as url:
        if database == "sqlite":
            (tmp_path / "archive.db").write_bytes(lzma.decompress(STORED["0026"].read_bytes()))
            url = str(tmp_path / "archive.db")
        else:
            load_dump("0026", url)
        engine = open_engine(url)
        with writing(engine) as connection:
            names = [column["name"] for column in inspect(connection).get_columns("sites")]
            own = {"id": "77", "domain": "'reed.example'"}
            values = ", ".join(own.get(name, name) for name in names)
            query = f"INSERT INTO sites ({', '.join(names)}) SELECT {values} FROM sites WHERE domain = 'blog.example'"
            connection.execute(text(query))
            connection.execute(text("UPDATE articles SET site_id = 77 WHERE id = 1"))
            newsroom = "(88, 'Newsroom', 'organisation', 'https://www.reed.example/by/newsroom/')"
            connection.execute(text(f"INSERT INTO authors (id, name, kind, url) VALUES {newsroom}"))
            named = (
                "INSERT INTO article_authors (article_id, position, author_id) VALUES (1, 5, 88), (2, 5, 88)"
            )
            connection.execute(text(named))
        upgrade(engine)
        pages = "SELECT name, article_id, aa.url FROM article_authors AS aa JOIN authors AS au ON au.id = author_id"
        with reading(engine) as connection:
            found = {(name, number): page for name, number, page in connection.execute(text(pages))}
        engine.dispose()
    assert found["Newsroom", 1] == "https://www.reed.example/by/newsroom/"
    assert (found["Newsroom", 2], found["AFP", 2], found["Ann Lee", 2]) == ("", "https://afp.com", "")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_folders_that_runs_named_in_their_arguments_are_known(database: str, tmp_path: Path) -> None:
    """The folder has a column since 0031. The name of a file or folder may have any bytes."""
    with archive_url(database, tmp_path) as url:
        if database == "sqlite":
            (tmp_path / "archive.db").write_bytes(lzma.decompress(STORED["0026"].read_bytes()))
            url = str(tmp_path / "archive.db")
        else:
            load_dump("0026", url)
        engine = open_engine(url)
        named = [
            {"warc_folder": "/srv/a"},
            {"path": "caf\udce9.gz", "warc_folder": "/srv/\udce9 %"},
            {"url": "x"},
        ]
        with writing(engine) as connection:
            connection.execute(
                text("DELETE FROM crawl_runs WHERE CAST(arguments AS TEXT) LIKE '%warc_folder%'")
            )
            for number, arguments in enumerate([*named, *[named[0]] * 1001]):
                connection.execute(
                    text(
                        "INSERT INTO crawl_runs (id, spider, arguments, started_at, finish_reason, stats, version)"
                        " VALUES (:id, 'news', :arguments, '2025-01-01 00:00:00.000000+00:00', '', '{}', '')"
                    ),
                    {"id": 1000 + number, "arguments": json.dumps(arguments)},
                )
        upgrade(engine)
        assert archive_state.known_folders(engine) == ["/srv/a", "/srv/\udce9 %"]
        with reading(engine) as connection:
            count = "SELECT count(*) FROM crawl_runs WHERE warc_folder > ''"
            assert connection.execute(text(count)).scalar() == 1003
        engine.dispose()


#: What a schema of PostgreSQL consists of. The order of columns may differ: a revision adds its column at the end. The index of
#: trigrams is there where the server has pg_trgm.
CATALOG = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
    " WHERE table_schema = current_schema()",
    "SELECT tablename, replace(indexdef, current_schema(), '') FROM pg_indexes WHERE schemaname = current_schema()"
    " AND indexname <> 'ix_articles_trigrams'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = current_schema()::regnamespace",
    "SELECT attrelid::regclass::text, attname, attstorage FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
    " WHERE relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped AND relkind = 'r'",
    "SELECT viewname, definition FROM pg_views WHERE schemaname = current_schema()",
)


@pytest.mark.parametrize("revision", sorted(DUMPED.keys() & set(REVISIONS[:-1])))
def test_an_upgraded_postgresql_archive_has_the_schema_of_a_new_one(revision: str, tmp_path: Path) -> None:
    made = []
    for is_new in (True, False):
        with archive_url("postgresql", tmp_path) as url:
            if not is_new:
                load_dump(revision, url)
            engine = open_engine(url)
            upgrade(engine)
            with reading(engine) as connection:
                made.append([sorted(map(repr, connection.exec_driver_sql(query))) for query in CATALOG])
            engine.dispose()
    assert min(map(len, made[0])) > 4
    assert made[0] == made[1]


@pytest.mark.parametrize("revision", sorted(STORED.keys() - schema.UNRELEASED))
def test_an_archive_of_every_version_is_opened_read_and_written(revision: str, db: Path) -> None:
    db.write_bytes(lzma.decompress(STORED[revision].read_bytes()))
    engine = open_engine(str(db))
    upgrade(engine)
    assert schema.current(engine) == migrations.head()
    assert checks.database(engine) == []
    assert [hit.id for hit in search.search(engine, "quagga")] == [1]
    assert [hit.headline for hit in search.search(engine, "今天在")] == ["Post 2"]
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
    assert statistics.stats(engine).quarantined == 1
    Store(engine).ingest([make_article(7, body="A new quagga.")])
    assert len(search.search(engine, "quagga")) == 2
    engine.dispose()


def differences(before: Any, after: Any, where: str = "") -> list[str]:
    """The places where today's answer differs from the one that an earlier version gave. A field that is new today is no difference."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [d for key in before for d in differences(before[key], after.get(key), f"{where}/{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [d for i, one in enumerate(before) for d in differences(one, after[i], f"{where}/{i}")]
    if isinstance(before, str) and isinstance(
        after, str
    ):  # where TeX may begin a line is no part of what a citation says
        before, after = (text.replace(r"\allowbreak{}", "") for text in (before, after))
    return [] if before == after else [f"{where}: {before!r} is now {after!r}"]


@pytest.mark.parametrize("revision", DUMPED)
def test_an_archive_of_every_version_on_postgresql_is_upgraded_and_says_what_it_said(
    revision: str, tmp_path: Path
) -> None:
    said = json.loads(lzma.decompress((STORED_FOLDER / f"answers-{revision}.json.xz").read_bytes()))
    with archive_url("postgresql", tmp_path) as url:
        load_dump(revision, url)
        engine = open_engine(url)
        assert run_on(engine, "db", "upgrade").exit_code == 0
        assert schema.current(engine) == migrations.head()
        assert checks.database(engine) == []
        assert differences(said, answers(url)) == []
        assert unlike_the_models(engine) == []
        Store(engine).ingest([make_article(7, body="A new quagga.")])
        assert len(search.search(engine, "quagga")) == said["count"]["quagga"] + 1
        engine.dispose()


#: Revisions from before the first release → the commits that upgrade them, one after the other.
MOVED_BY = {
    "0001": ["480e2d2", "292a790"],
    "0011": ["480e2d2", "292a790"],
    "0012": ["292a790"],
    "0024": ["292a790"],
}


@pytest.mark.parametrize("revision", MOVED_BY)
def test_an_archive_from_before_the_first_release_is_refused_with_what_moves_it(
    db: Path, revision: str
) -> None:
    if revision in STORED:
        db.write_bytes(lzma.decompress(STORED[revision].read_bytes()))
    else:
        an_archive(open_engine(str(db)))
        with writing(open_engine(str(db))) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    close_all()
    before = db.read_bytes()
    with pytest.raises(DatabaseUnavailable) as caught:
        upgrade(open_engine(str(db)))
    close_all()
    steps = "; ".join(
        f"git checkout {one}; python -m newsarchive db upgrade --db {shlex.quote(str(db))}"
        for one in MOVED_BY[revision]
    )
    assert f"before the first release (schema {revision})" in str(caught.value)
    assert f": {steps}; git checkout main." in str(caught.value)
    assert db.read_bytes() == before
    assert [path.name for path in db.parent.glob("*.bak")] == []


def test_before_an_upgrade_an_sqlite_archive_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    an_archive(engine)
    add_revision(monkeypatch, tmp_path, LATER)
    upgrade(engine)
    assert f"before-{migrations.head()}.bak is the archive as it was before its upgrade" in caplog.text
    copy = tmp_path / f"archive.db.before-{migrations.head()}.bak"
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISIONS[-1],)]
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
    refused = r"schema 9999, this version knows .*: upgrade newsarchive"
    with pytest.raises(DatabaseTooNew, match=refused):
        upgrade(engine)
    later = open_engine(url_of(engine))  # commands that do not upgrade write as well
    with pytest.raises(DatabaseTooNew, match=refused), writing(later):
        pass
    with pytest.raises(DatabaseTooNew, match=refused):
        schema.require_current(later)
    later.dispose()


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


@pytest.mark.parametrize("url", ["postgresql://me:hush@/news", "postgresql:///news?user=me&password=hush"])
def test_no_password_stands_in_what_is_to_be_typed(tmp_path: Path, url: str) -> None:
    for dry_run in (True, False):
        with pytest.raises(DatabaseUnavailable, match="not an SQLite file") as caught:
            schema.backup(open_engine(url), tmp_path / "news.db", dry_run=dry_run)
        assert "hush" not in str(caught.value)
        assert "pg_dump" in str(caught.value)
        assert not re.search(r"pg_dump .*\*\*\*", str(caught.value))


def test_a_backup_of_postgresql_says_what_to_type(tmp_path: Path) -> None:
    with archive_url("postgresql", tmp_path) as url:
        engine = open_engine(url)
        with pytest.raises(DatabaseUnavailable) as caught:
            schema.backup(engine, tmp_path / "my archive.db")
        engine.dispose()
    assert f"pg_dump --format=custom --file='{tmp_path}/my archive.dump' 'postgresql://" in str(caught.value)
    assert re.search(rf"newsarchive db copy 'postgresql://\S+' '{tmp_path}/my archive.db'", str(caught.value))


def test_a_migration_that_fails_half_way_leaves_the_old_state(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    an_archive(engine)
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
        assert MigrationContext.configure(connection).get_current_revision() == REVISIONS[-1]
        assert connection.execute(text("SELECT count(damage) FROM articles")).scalar() == 1


def test_a_migration_that_breaks_a_reference_is_taken_back(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    with (
        pytest.raises(DatabaseUnavailable, match="dangling reference"),
        schema._without_foreign_keys(engine) as connection,
    ):
        connection.exec_driver_sql("INSERT INTO images VALUES (7, 0, 'u', '', '')")
    assert statistics.stats(engine).articles == 0


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
    assert search.search(engine, "quagga") == []
    schema.rebuild(engine)
    assert [hit.id for hit in search.search(engine, "quagga")] == [1]
    assert [hit.id for hit in search.search(engine, "今天在")] == [2]
    assert checks.database(engine) == []


def test_the_index_is_made_anew_without_all_texts_in_memory(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext, "_REBUILT_ARTICLES", 2)
    upgrade(engine)
    Store(engine).ingest([make_article(number, body=f"Quagga {number}.") for number in range(5)])
    cursors = {}
    event.listen(
        engine, "after_cursor_execute", lambda *given: cursors.update({given[2]: type(given[1]).__name__})
    )
    schema.rebuild(engine)
    assert len(search.search(engine, "quagga")) == 5
    if engine.dialect.name == "postgresql":
        [reading_texts] = [kind for sql, kind in cursors.items() if sql.startswith("SELECT id AS article_id")]
        assert reading_texts == "ServerCursor"


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
    assert statistics.stats(engine).articles == 3


def test_a_backup_is_an_archive_of_its_own(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    Store(engine).ingest([make_article(1)])
    with writing(engine):  # others may be writing meanwhile
        schema.backup(engine, tmp_path / "copy.db")
    assert statistics.stats(open_engine(f"sqlite:///{tmp_path / 'copy.db'}")).articles == 1
    with pytest.raises(OutputError, match=r"copy\.db exists"):
        schema.backup(engine, tmp_path / "copy.db")
    with pytest.raises(OutputError, match="cannot be written"):
        schema.backup(engine, tmp_path / "no" / "copy.db")


def test_a_backup_replaces_an_older_one_when_it_is_told_to(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    copy = tmp_path / "copy.db"
    for number in (1, 2):
        Store(engine).ingest([make_article(number)])
        schema.backup(engine, copy, overwrite=True)
        other = open_engine(f"sqlite:///{copy}")
        assert statistics.stats(other).articles == number
        other.dispose()


@pytest.mark.parametrize(
    ("target", "beside", "says"),
    [
        ("archive.db", "", "is the archive itself"),
        ("notes.txt", "", "is no SQLite file"),
        ("folder", "", "is no file"),
        ("copy.db", "copy.db-wal", "is in use, or was not closed"),
    ],
)
def test_a_backup_replaces_nothing_else(tmp_path: Path, target: str, beside: str, says: str) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    schema.backup(engine, tmp_path / "copy.db")
    if beside:
        (tmp_path / beside).write_bytes(b"not moved yet")
    before = sorted(tmp_path.iterdir())
    for overwrite in (True, False) if target in ("archive.db", "folder") else (True,):
        with pytest.raises(OutputError, match=says):
            schema.backup(engine, tmp_path / target, overwrite=overwrite)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_backup_that_its_disk_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    engine.dispose()
    (stick := tmp_path / "stick").mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # a stick with FAT refuses so, at 4 GB
    try:
        with pytest.raises(DatabaseUnavailable, match=r"files of 4 GB at most \(FAT\)"):
            schema.backup(engine, stick / "copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(stick.iterdir()) == []


def revision_of_copy(engine: Engine) -> str:
    [copy] = Path(engine.url.database or "").parent.glob("*.bak*")
    with closing(sqlite3.connect(copy)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


#: Upgrades an archive, and kills the process before a statement that holds this text, or at a moment of this name.
KILLED = """
import os, signal, sys
from sqlalchemy import event
from newsarchive.db import schema
from newsarchive.db.engine import open_engine
engine, last, seen = open_engine(sys.argv[1]), sys.argv[2], []
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def count(connection, cursor, statement, *_):
    if last in statement: die()
event.listen(engine, "before_cursor_execute", count)
if last == "backup": schema.Path.replace = die
if last == "commit": event.listen(engine, "commit", die)
if last == "give back": schema.give_back = die
schema.upgrade(engine)
"""


@pytest.mark.parametrize(
    "moment", ["backup", "warc_file", "warc_digest", "UPDATE alembic_version", "commit", "give back"]
)
def test_an_upgrade_that_is_killed_is_done_by_the_next_one(
    first_release: Engine, moment: str, tmp_path: Path
) -> None:
    is_file = first_release.dialect.name == "sqlite"
    if moment == "backup" and not is_file:
        pytest.skip("only a file is copied")
    url = url_of(first_release)
    first_release.dispose()
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / "an_upgrade.py").write_text(KILLED)
    folder, environment = str(tmp_path / "killed"), warm.own_environment()
    done = warm.run("an_upgrade", url, moment, environment=environment, cwd=folder)
    assert done.returncode == -signal.SIGKILL
    upgrade(first_release)
    assert schema.current(first_release) == migrations.head()
    assert checks.database(first_release) == []
    assert "Post 1" in {hit.headline for hit in search.search(first_release, "quagga")}
    Store(first_release).ingest([make_article(7, body="A new quagga.")])
    if is_file:
        assert revision_of_copy(first_release) == "0025"


def test_of_two_upgrades_at_once_the_second_leaves_the_copy_of_the_first(
    first_release: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins when the first has looked at the archive, and is done before the first goes on."""
    known = schema.require_known

    def meanwhile(engine: Engine, revision: str) -> None:
        monkeypatch.setattr(schema, "require_known", known)
        other = open_engine(url_of(engine))
        upgrade(other)
        other.dispose()

    monkeypatch.setattr(schema, "require_known", meanwhile)
    upgrade(first_release)
    assert schema.current(first_release) == migrations.head()
    assert "Post 1" in {hit.headline for hit in search.search(first_release, "quagga")}
    if first_release.dialect.name == "sqlite":
        assert revision_of_copy(first_release) == "0025"


def test_an_archive_into_which_a_crawl_of_an_older_version_writes_is_not_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MAX_UPGRADE_WAIT_SECONDS", 0)
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    an_archive(engine)
    add_revision(monkeypatch, tmp_path, LATER)
    with crawl_lock(engine) as alone:
        assert alone
        with pytest.raises(DatabaseUnavailable, match="a crawl of an older version is running"):
            upgrade(engine)
    assert schema.current(engine) == REVISIONS[-1]
    upgrade(engine)
    assert schema.current(engine) == migrations.head()


def test_a_crawl_whose_archive_is_upgraded_meanwhile_writes_no_more(engine: Engine) -> None:
    upgrade(engine)
    store = Store(engine)
    store.ingest([make_article(1)])
    newer = open_engine(url_of(engine))
    with writing(newer) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer.dispose()
    with pytest.raises(DatabaseTooNew, match="upgrade newsarchive"):
        store.ingest([make_article(2)])


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_archive_that_another_process_makes_meanwhile_is_no_stranger_s(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Two spiders of a script open a new archive at the same time: one of them took it for the database of another program."""

    if moment == "after" and engine.dialect.name == "sqlite":
        pytest.skip("the transaction that has looked at the tables keeps others from making any")

    def meanwhile(bind: Engine | Connection) -> object:
        monkeypatch.setattr(schema, "inspect", inspect)
        found = inspect(bind).get_table_names() if moment == "after" else []
        other = open_engine(url_of(engine))
        upgrade(other)
        other.dispose()
        return SimpleNamespace(get_table_names=lambda: found) if moment == "after" else inspect(bind)

    monkeypatch.setattr(schema, "inspect", meanwhile)
    upgrade(engine)
    assert schema.current(engine) == migrations.head()


def test_what_sqlite_refuses_at_once_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it refuses one of two connections that change a new file to WAL at the same time, however long they may wait."""
    file = tmp_path / "archive.db"
    with closing(sqlite3.connect(file)) as other, closing(sqlite3.connect(file, timeout=0)) as connection:
        other.execute("CREATE TABLE t (n)")
        other.execute("INSERT INTO t VALUES (1)")  # begins a transaction, which keeps others from writing
        monkeypatch.setattr(schema.time, "sleep", lambda seconds: other.commit())
        schema._insist(connection.cursor(), "PRAGMA journal_mode = WAL")
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with pytest.raises(sqlite3.OperationalError, match="syntax error"):
            schema._insist(connection.cursor(), "PRAGMA =")
