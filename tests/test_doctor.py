"""`newsarchive doctor` and `db check`: each kind of damage is found, has a remedy, and what is safe is mended."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, event

from newsarchive import doctor
from newsarchive.cli import cli
from newsarchive.core.alarms.listings import FRONT_PAGE
from newsarchive.db import checks
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.findings import Check, Finding, Severity
from newsarchive.items import Capture
from newsarchive.times import utc_now
from newsarchive.warc import object_storage
from newsarchive.warc.files import OPEN
from newsarchive.warc.writer import WarcWriter
from tests.crawling.test_certificates import Authority
from tests.support.serving import Answer, served
from tests.support.storage import make_article, open_archive

NOW = datetime(2025, 5, 1, tzinfo=UTC)
ARTICLES = 30


def fill(engine: Engine, folder: Path) -> None:
    """Articles of blog.example, each with a record in a WARC file."""
    writer = WarcWriter(folder, "news")
    articles = []
    for number in range(ARTICLES):
        article = make_article(number, body=f"Word{number} " + f"sentence {number} of the council. " * 40)
        assert article.capture
        place = writer.write_response(
            article.url, "HTTP/1.1 200 OK", [("Content-Type", "text/html")], article.capture.body
        )
        articles.append(
            make_article(number, body=article.article_body, capture=_placed(article.capture, place))
        )
    writer.close()
    Store(engine).ingest(articles)


def _placed(capture: Capture, place: Any) -> Capture:
    from dataclasses import replace

    return replace(capture, place=place)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sound archive."""
    folder = tmp_path_factory.mktemp("whole")
    engine = open_engine(str(folder / "news.db"))
    upgrade(engine)
    fill(engine, folder / "news-warc")
    engine.dispose()
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """The archive, in a folder of its own, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "copy")) / "news.db"


def run(db: Path, *words: str) -> Result:
    done = CliRunner().invoke(cli, [*words, "--db", str(db)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def findings(db: Path, *words: str) -> dict[str, dict[str, Any]]:
    """What `newsarchive doctor` finds, by check."""
    done = run(db, "doctor", "--json", *words)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == (1 if any(one["severity"] != "note" for one in found) else 0)
    return {one["check"]: one for one in found}


def sql(db: Path, *statements: str) -> None:
    with sqlite3.connect(db) as connection:
        for statement in statements:
            connection.execute(statement)


def spoil(db: Path, name: str) -> None:
    """Random bytes in the root page of a table or an index."""
    with sqlite3.connect(db) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with db.open("r+b") as file:
        file.seek((page - 1) * size + 8)
        file.write(b"\xa7" * (size - 8))


def flip_in_index(db: Path) -> None:
    """Another value in an index than in its table, as a bad sector may leave it."""
    content = db.read_bytes()
    with sqlite3.connect(db) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_articles_canonical_key'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    at = content.index(b"blog.example", (page - 1) * size, page * size)
    with db.open("r+b") as file:
        file.seek(at)
        file.write(b"glob")


def warc(db: Path) -> Path:
    return next((db.parent / "news-warc").iterdir())


def cut(path: Path, share: float) -> None:
    os.truncate(path, int(path.stat().st_size * share))


def change_bytes(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for at in range(2000, len(content) - 40, 700):
        content[at] ^= 0x55
    path.write_bytes(content)


def leave_open(path: Path) -> Path:
    return path.rename(path.with_name(path.name + OPEN))


#: What is done to the archive → the checks that say so.
DAMAGES: dict[str, tuple[Callable[[Path], object], set[Check]]] = {
    "nothing": (lambda db: None, set()),
    "the WARC folder is gone": (lambda db: shutil.rmtree(db.parent / "news-warc"), {Check.WARC_FILES}),
    "a WARC file is cut": (lambda db: cut(warc(db), 0.5), {Check.WARC_FILES, Check.WARC_RECORDS}),
    "bytes of a WARC file changed": (lambda db: change_bytes(warc(db)), {Check.WARC_RECORDS}),
    "a WARC file was left open": (lambda db: leave_open(warc(db)), {Check.WARC_OPEN}),
    "a table's page is damaged": (lambda db: spoil(db, "articles"), {Check.INTEGRITY}),
    "an index's page is damaged": (lambda db: spoil(db, "ix_captures_warc_digest"), {Check.INTEGRITY}),
    "an index differs from its table": (flip_in_index, {Check.INDEXES}),
    "words are missing from the full-text index": (
        lambda db: sql(db, "DELETE FROM article_search_docsize WHERE id = 2"),
        {Check.FULL_TEXT},
    ),
    "the tables of the full-text index are gone": (
        lambda db: sql(
            db, "PRAGMA writable_schema = ON", "DELETE FROM sqlite_master WHERE sql LIKE '%VIRTUAL TABLE%'"
        ),
        {Check.FULL_TEXT},
    ),
    "an article lost its version": (
        lambda db: sql(db, "UPDATE articles SET revision_id = NULL WHERE id = 3"),
        {Check.ROWS},
    ),
    "a time and a number were set by hand": (
        lambda db: sql(
            db,
            "UPDATE articles SET date_published = 'yesterday' WHERE id = 2",
            "UPDATE articles SET word_count = 'many' WHERE id = 3",
        ),
        {Check.VALUES},
    ),
    "a view is gone": (lambda db: sql(db, "DROP VIEW current_articles"), {Check.VIEWS}),
    "a row refers to none": (
        lambda db: sql(db, "PRAGMA foreign_keys = OFF", "UPDATE captures SET url_id = 4711 WHERE id = 1"),
        {Check.REFERENCES},
    ),
    "an older schema": (
        lambda db: sql(db, "UPDATE alembic_version SET version_num = '0012'"),
        {Check.SCHEMA},
    ),
    "a newer schema": (lambda db: sql(db, "UPDATE alembic_version SET version_num = '9999'"), {Check.SCHEMA}),
    "a fetch in the future": (
        lambda db: sql(
            db, "UPDATE captures SET fetched_at = '2099-01-01T00:00:00.000000+00:00' WHERE id = 2"
        ),
        {Check.CLOCK},
    ),
}
#: What `--fix` mends.
MENDED = {Check.WARC_OPEN, Check.INDEXES, Check.FULL_TEXT, Check.VIEWS}
#: What `db check` does not look at.
DOCTOR_ALONE = {Check.WARC_RECORDS, Check.WARC_OPEN, Check.CLOCK}


@pytest.mark.slow
@pytest.mark.parametrize(("damage", "expected"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_found_has_a_remedy_and_is_mended_where_that_is_safe(
    copy: Path, damage: Callable[[Path], object], expected: set[Check]
) -> None:
    damage(copy)
    found = findings(copy, "--all")
    assert expected <= set(found) if expected & {Check.INTEGRITY} else expected == set(found)
    assert all(one["remedy"] and "\n" not in one["message"] for one in found.values())
    assert run(copy, "db", "check").exit_code == (1 if expected - DOCTOR_ALONE else 0)
    if expected and expected <= MENDED:
        assert findings(copy, "--all", "--fix") == {}
        assert findings(copy, "--all") == {}


@pytest.mark.slow
def test_a_damaged_signature_is_made_anew_by_the_command_that_is_named(copy: Path) -> None:
    sql(copy, "UPDATE articles SET minhash = x'616263' WHERE id = 2")
    [found] = findings(copy).values()
    assert "of articles.minhash cannot be read (id: 2)" in found["message"]
    assert found["remedy"].startswith(
        "newsarchive recluster makes it anew, unless its article is taken down: then "
    )
    assert run(copy, "recluster").exit_code == 0
    assert findings(copy) == {}


@pytest.mark.slow
def test_a_large_write_ahead_log_is_moved_into_the_archive(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "MAX_WAL_BYTES", 0)
    log = copy.with_name(copy.name + "-wal")
    with closing(sqlite3.connect(copy)) as connection:  # while a connection stands, SQLite keeps the log
        connection.execute("UPDATE articles SET word_count = word_count + 1")
        connection.commit()
        assert log.stat().st_size > 0
        found = findings(copy, "--fix")
        assert log.stat().st_size == 0
    assert found == {}


def test_an_index_of_postgresql_that_is_not_valid_is_made_anew(tmp_path: Path) -> None:
    """A CREATE INDEX CONCURRENTLY that was broken off leaves one, and so does a damaged disk that somebody marked."""
    with open_archive("postgresql", tmp_path) as engine:
        with writing(engine) as connection:
            connection.exec_driver_sql(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_articles_story'::regclass"
            )
        [found] = checks.integrity(engine)
        assert (found.check, found.message) == (Check.INDEXES, "the index ix_articles_story is not valid")
        assert found.fix is not None
        checks.mend(engine, found.fix)
        assert list(checks.integrity(engine)) == []


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("sqlite3"), reason="the program sqlite3 is not installed")
def test_what_sqlite3_saves_of_an_archive_is_one_again(copy: Path) -> None:
    """The commands of `docs/how-to/when-something-is-wrong.md`. Some versions of sqlite3 lose the full-text index."""
    saved = copy.with_name("news-recovered.db")
    subprocess.run(
        "sqlite3 news.db .recover | sqlite3 news-recovered.db", shell=True, cwd=copy.parent, check=False
    )

    assert run(saved, "doctor", "--fix", "--warc", str(copy.parent / "news-warc")).exit_code == 0
    # A database that was written anew may have a page more or less.
    told = [
        [line for line in run(db, "stats").stdout.splitlines() if "\tdatabase\t" not in line]
        for db in (saved, copy)
    ]
    assert told[0] == told[1] != []
    assert run(saved, "search", "council").stdout == run(copy, "search", "council").stdout != ""


def test_a_sample_of_the_records_is_read_unless_all_are_asked_for(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(str(copy))
    assert len(checks.kept_records(engine, None)) == ARTICLES
    assert 5 <= len(checks.kept_records(engine, 5)) <= 10
    monkeypatch.setattr(doctor, "SAMPLED_RECORDS", 5)
    change_bytes(warc(copy))
    some = list(doctor.warc_records(engine, [copy.parent / "news-warc"]))
    every = list(doctor.warc_records(engine, [copy.parent / "news-warc"], every_record=True))
    assert 0 < len(some) < len(every)


@pytest.mark.parametrize("name", ["none.db", "page.db", "blank.db"])
def test_what_is_no_archive_ends_with_5(name: str, tmp_path: Path) -> None:
    (tmp_path / "page.db").write_text("<html>" * 100)
    (tmp_path / "blank.db").touch()
    done = run(tmp_path / name, "doctor", "--json", "--fix")
    assert done.exit_code == 5
    assert [json.loads(line)["check"] for line in done.stdout.splitlines()] == ["opens"]


def test_findings_are_told_gravest_first_with_a_command_to_paste(copy: Path) -> None:
    Sites(open_engine(str(copy))).follow("https://blog.example/", {})
    shutil.rmtree(copy.parent / "news-warc")
    shown = run(copy, "doctor").stdout.splitlines()
    assert shown[0].startswith("error: missing from ")
    assert f"{ARTICLES} captures lost their raw bytes" in shown[0]
    # The archive may be one that was exported: its raw bytes never lay beside it.
    assert "give --warc and the folder of the one that it comes from" in shown[1]
    assert all(line.startswith(("error:", "warning:", "note:", "  → ")) for line in shown)
    assert any("names no contact" in line for line in shown)


def test_a_folder_of_raw_bytes_that_cannot_be_written_is_told(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its archive is on another disk, and can be written: each crawl would fail all the same."""
    folder, access = copy.parent / "news-warc", os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    found = findings(copy)
    assert set(found) == {Check.WRITABLE}
    assert found[Check.WRITABLE]["message"].startswith(
        f"no WARC file can be written in {folder}, so no crawl"
    )
    later = folder.parent / "made" / "later"
    assert doctor.raw_bytes_writable(later) == []


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="no folder is closed to root")
def test_a_folder_of_raw_bytes_in_a_closed_folder_is_told(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    [found] = doctor.raw_bytes_writable(closed / "news-warc")
    assert found.check is Check.WRITABLE
    assert str(closed) in found.remedy


def test_settings_that_are_wrong_are_a_finding(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy.parent)
    Path("newsarchive.toml").write_text('contcat = "x"\n', encoding="utf-8")
    found = findings(copy)
    assert "did you mean contact?" in found["settings"]["message"]


@pytest.mark.slow
def test_the_settings_of_a_site_are_mended_by_the_commands_that_are_named(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy.parent)
    Sites(open_engine(str(copy))).follow("https://blog.example/", {"limit": 0})
    first, _, second = findings(copy)["settings"]["remedy"].partition("; then correct the file, and: ")
    assert CliRunner().invoke(cli, shlex.split(first)[1:]).exit_code == 0
    file = Path("sites.toml")
    file.write_text(file.read_text("utf-8").replace("limit = 0", "limit = 5"), "utf-8")
    assert CliRunner().invoke(cli, shlex.split(second)[1:]).exit_code == 0
    assert "settings" not in findings(copy)


def site(engine: Engine, **config: Any) -> list[Finding]:
    Sites(engine).follow("https://blog.example/", config)
    return list(doctor.sites(engine, NOW))


def test_an_archive_that_may_not_be_read_is_not_called_damaged(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ".recover" in checks.recovery(sqlite)
    monkeypatch.setattr(
        os, "access", lambda *_: False
    )  # as for another user's file, also where root runs this
    assert "chmod g+r" in checks.recovery(sqlite)
    assert ".recover" not in checks.recovery(sqlite)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_sites_are_judged_by_what_is_stored(kind: str, tmp_path: Path) -> None:
    with open_archive(kind, tmp_path) as engine:
        fill(engine, tmp_path / "warc")

        def change(statement: str, *values: Any) -> set[Check]:
            with writing(engine) as connection:
                connection.exec_driver_sql(statement)
            return {finding.check for finding in site(engine)}

        assert site(engine) == []
        assert change("UPDATE sites SET state = 'failing'") == {Check.SITE_FAILING}
        # The last look at the front page was led to another site, which is how a crawl keeps it.
        home, there = "https://blog.example/", Frontier(engine, clock=lambda: NOW)
        looked = there.source(there.open_site("https://other.example/"), FRONT_PAGE, home)
        there.source_checked(looked.id, ok=True)
        assert {one.check for one in site(engine)} == {Check.SITE_MOVED}
        remedy = next(iter(site(engine))).remedy
        assert "sites add https://other.example/" in remedy
        assert f"sites pause {home}" in remedy
        again = there.source(there.open_site(home), FRONT_PAGE, home)
        Frontier(engine, clock=lambda: NOW + timedelta(hours=1)).source_checked(again.id, ok=False)
        assert {one.check for one in site(engine)} == {Check.SITE_FAILING}
        long_ago = "2025-04-20T00:00:00.000000+00:00"
        assert change(f"UPDATE sites SET state = 'ok', last_success_at = '{long_ago}'") == {
            Check.SITE_NOT_CRAWLED
        }
        assert change("UPDATE sites SET last_success_at = NULL") == set()
        assert change("UPDATE urls SET state = 'blocked', reason = 'robots.txt'") == {Check.SITE_ROBOTS}
        assert change("UPDATE urls SET state = 'ok', reason = ''") == set()
        assert change("UPDATE captures SET final_url = 'https://other.example/a'") == {Check.SITE_MOVED}


def test_no_check_waits_for_a_writer_or_keeps_one_waiting(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsarchive.db.dialects.BUSY_SECONDS", 0)
    with closing(sqlite3.connect(copy, isolation_level=None)) as crawl:
        crawl.execute("BEGIN IMMEDIATE")
        assert checks.database(open_engine(f"sqlite:///{copy}")) == []


def test_a_temporary_folder_without_room_is_no_damage(copy: Path) -> None:
    engine = open_engine(f"sqlite:///{copy}")
    event.listen(engine, "connect", lambda one, _: one.execute("PRAGMA temp.max_page_count = 1"))
    [found] = checks.database(engine)
    assert (found.severity, found.check) == (Severity.NOTE, Check.FULL_TEXT)
    assert "SQLITE_TMPDIR" in found.message


def test_a_storage_that_is_away_is_no_damage_of_the_database(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy was to restore a backup of the database, or to save what can be read of it."""
    monkeypatch.setattr(object_storage, "_file_system", lambda folder: (None, ""))
    monkeypatch.setattr(object_storage, "MAX_TRIES", 1)
    engine = open_engine(f"sqlite:///{copy}")
    found = checks.guarded(Check.WARC_FILES, lambda it: doctor.warc_files(it, ["s3://nobody/here"]), engine)
    engine.dispose()
    assert [(one.message.split(":")[0], one.remedy) for one in found] == [
        ("s3", "see which storage the setting warc names: newsarchive config")
    ]


@pytest.mark.slow
def test_an_archive_on_postgresql(tmp_path: Path) -> None:
    with open_archive("postgresql", tmp_path) as engine:
        fill(engine, tmp_path / "warc")
        assert doctor.check(engine, [tmp_path / "warc"], every_record=True, now=utc_now()) == []
        with writing(engine) as connection:
            connection.exec_driver_sql("DELETE FROM article_search WHERE article_id = 2")
            connection.exec_driver_sql("DROP VIEW hidden_articles")
        found = doctor.check(engine, [tmp_path / "warc"])
        assert {finding.check for finding in found} == {Check.FULL_TEXT, Check.VIEWS}
        doctor.mend(engine, [tmp_path / "warc"], found)
        assert doctor.check(engine, [tmp_path / "warc"]) == []


def test_a_backup_of_a_damaged_archive_is_refused(copy: Path) -> None:
    target = copy.with_name("backup.db")
    for name in ("ix_captures_warc_digest", "articles"):
        assert run(copy, "backup", str(target), "--dry-run").exit_code == 0
        spoil(copy, name)
        done = run(copy, "backup", str(target))
        assert (done.exit_code, done.stdout) == (5, "")
        assert "is damaged" in done.stderr
        assert not list(copy.parent.glob("backup*"))


def test_severities_have_an_order() -> None:
    assert list(Severity) == ["error", "warning", "note"]


def test_a_site_that_was_crawled_within_its_interval_is_fine(sqlite: Engine) -> None:
    Sites(sqlite).follow("https://blog.example/", {"interval": 1000})
    with writing(sqlite) as connection:
        connection.exec_driver_sql(
            "UPDATE sites SET state = 'ok', last_success_at = '2025-04-20T00:00:00.000000+00:00'"
        )
    assert list(doctor.sites(sqlite, NOW)) == []
    assert list(doctor.sites(sqlite, NOW + timedelta(days=200)))


ROBOTS = {"/robots.txt": "User-agent: *\nDisallow: /\n"}


@pytest.mark.parametrize(
    ("pages", "tls", "check"),
    [
        ({"/": "<title>A blog</title>"}, "", None),
        ({"/": "<title>A blog</title>"}, "right", None),
        ({"/": Answer("no", 500)}, "", Check.SITE_ANSWERS),
        (ROBOTS, "", Check.SITE_ROBOTS),
        (
            {"/": Answer(status=302, headers={"Location": "http://localhost:{port}/moved/"})},
            "",
            Check.SITE_MOVED,
        ),
        ({"/": "<title>A blog</title>"}, "soon", Check.SITE_CERTIFICATE),
        ({"/": "<title>A blog</title>"}, "expired", Check.SITE_CERTIFICATE),
        ({"/": "<title>A blog</title>"}, "unknown", Check.SITE_CERTIFICATE),
    ],
    ids=["well", "well over TLS", "fails", "robots", "moved", "certificate ends", "expired", "self-signed"],
)
def test_live_asks_each_followed_site(
    pages: dict[str, Answer | str],
    tls: str,
    check: Check | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("NEWSARCHIVE_ALLOW_PRIVATE", "localhost")
    engine = open_engine(f"sqlite:///{tmp_path / 'news.db'}")
    upgrade(engine)
    with served(pages, authority.context(tls) if tls else None) as site:
        port = site.home.rpartition(":")[2]
        site.answers["/moved/"] = Answer("<title>A blog</title>")
        for answer in site.answers.values():
            answer.headers = {name: value.format(port=port) for name, value in answer.headers.items()}
        Sites(engine).follow(f"{site.home}/", {})
        engine.dispose()
        args = ["doctor", "--live", "--json", "--db", str(tmp_path / "news.db")]
        found = [json.loads(line) for line in CliRunner().invoke(cli, args).stdout.splitlines()]
    about_sites = {one["check"] for one in found if one["check"].startswith("site ")}
    assert about_sites == ({check.value} if check else set())
    assert all(one["remedy"] for one in found)
