"""Archives for the storage tests: SQLite files, and a schema of its own on PostgreSQL.

`NEWSARCHIVE_TEST_POSTGRESQL` names the server (default: the local one, user postgres); without an
answer from it the PostgreSQL half skips with the reason.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from newsarchive.cli import cli
from newsarchive.db.engine import open_engine, reading, writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.models import Base
from newsarchive.db.schema import upgrade
from newsarchive.items import Article, Author, Block, Capture, Edit, Evidence, Image, Origin
from tests.support.left_behind import BEGINNING, database_name, left_behind

SERVER = os.environ.get(
    "NEWSARCHIVE_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)

#: Hours after which a run of tests on another machine has ended, or was killed.
MAX_RUN_HOURS = 6

START = datetime(2025, 4, 1, 12, tzinfo=UTC)


@cache
def _no_postgresql() -> str:
    try:
        engine = create_engine(SERVER, connect_args={"connect_timeout": 3})
        with engine.connect():
            return ""
    except Exception as error:
        return f"no PostgreSQL at {make_url(SERVER).render_as_string()}: {str(error).splitlines()[0]}"


def drop_left_behind(beginning: str, hours: float) -> None:
    """Drop databases that runs of tests which were killed have left, of those that nobody is connected to: those whose process has
    ended, and those made some hours ago.

    Only a superuser is told how old a database is; another user drops none for its age.
    """
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    unused = (
        "SELECT d.datname FROM pg_database AS d WHERE starts_with(d.datname, %s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_stat_activity AS a WHERE a.datid = d.oid)"
    )
    old = " AND (pg_stat_file('base/' || d.oid || '/PG_VERSION', true)).modification <= now() - %s * interval '1 hour'"
    with server.connect() as connection:
        left = left_behind(connection.exec_driver_sql(unused, (beginning,)).scalars(), beginning)
        with suppress(DBAPIError):
            left += connection.exec_driver_sql(unused + old, (beginning, hours)).scalars()
        for name in dict.fromkeys(left):
            with suppress(DBAPIError):  # somebody came, or another process was quicker
                connection.exec_driver_sql(f'DROP DATABASE "{name}"')
    server.dispose()


@cache
def _clean_up() -> None:
    drop_left_behind(BEGINNING, MAX_RUN_HOURS)


@contextmanager
def postgresql_url() -> Iterator[str]:
    """A new database, dropped at the end."""
    if reason := _no_postgresql():
        pytest.skip(reason)
    _clean_up()
    name = database_name()
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        # No test crashes the server, so commits need not wait for the disk.
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.dispose()


@contextmanager
def archive_url(kind: str, folder: Path) -> Iterator[str]:
    """A URL for a new, empty archive of this kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'archive.db'}"
    else:
        with postgresql_url() as url:
            yield url


#: Databases that live as long as the process. A forked process of Python 3.13 forgets what is to be called at its end; a
#: context that nothing else held would be closed there, and drop the database of its parent.
_held: list[Any] = []


@cache
def _shared_postgresql() -> Engine:
    """One migrated database for all tests of a session: making one takes seconds, emptying it none."""
    held, owner = postgresql_url(), os.getpid()
    engine = open_engine(held.__enter__())

    def close() -> None:
        if os.getpid() == owner:
            engine.dispose()
            held.__exit__(None, None, None)

    atexit.register(close)
    _held.append(held)
    upgrade(engine)
    return engine


def emptied(engine: Engine) -> Engine:
    """A migrated PostgreSQL archive without its rows. Most tests write to few of its 40 tables."""
    tables = Base.metadata.sorted_tables
    filled = " UNION ALL ".join(f"SELECT '{t.name}' WHERE EXISTS (SELECT 1 FROM {t.name})" for t in tables)
    restarted = ", ".join(f"setval('{t.name}_id_seq', 1, false)" for t in tables if "id" in t.c)
    with writing(engine) as connection:
        names = set(connection.exec_driver_sql(filled).scalars())
        for table in reversed(tables):
            if table.name in names:
                connection.execute(table.delete())
        connection.exec_driver_sql(f"SELECT {restarted}")
    return engine


@contextmanager
def open_archive(kind: str, folder: Path) -> Iterator[Engine]:
    """An empty archive with its schema."""
    if kind == "postgresql":
        yield emptied(_shared_postgresql())
        return
    file = folder / "archive.db"
    is_new = not file.exists()
    if is_new:
        file.write_bytes(_empty_file())
    engine = open_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", _wait_for_no_disk)
    try:
        if not is_new:
            upgrade(engine)
        yield engine
    finally:
        engine.dispose()


@cache
def _empty_file() -> bytes:
    """The file of an archive without rows. To make one takes 18 ms of CPU time and waits for the disk; to write it takes one."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "archive.db")
        engine = open_engine(f"sqlite:///{file}")
        upgrade(engine)
        engine.dispose()
        return file.read_bytes()


def _wait_for_no_disk(connection: Any, record: Any) -> None:
    """No test cuts the power of the machine, which is all that a commit waits for the disk for."""
    connection.execute("PRAGMA synchronous = OFF")


def url_of(engine: Engine) -> str:
    """The address of an archive, as `--db` and `Archive` take it."""
    return engine.url.render_as_string(hide_password=False)


def run_on(engine: Engine, *words: str, **environment: str) -> Result:
    """`newsarchive words` in this process, on this archive."""
    return CliRunner(env=environment).invoke(cli, [*words, "--db", url_of(engine)])


def delete_post(engine: Engine, url: str, at: datetime = START) -> None:
    """The page is gone for good, as a crawl finds it (410)."""
    Frontier(engine, lambda: at).missing(url, "http 410", final=True)


def make_article(number: int = 1, *, body: str = "First.\n\nSecond.", day: int = 0, **fields: Any) -> Article:
    """An article of blog.example with a capture; `day` counts from the first crawl."""
    url = fields.pop("url", f"https://blog.example/post-{number}")
    page = fields.pop("page", f"<p>{body}</p>".encode("utf-8", "surrogatepass"))
    capture = Capture(url, page, START + timedelta(days=day), url, headers={"content-type": "text/html"})
    given: dict[str, Any] = {
        "headline": f"Post {number}",
        "date_published": START,
        "in_language": "en",
        "publisher": "A Blog",
        "extractor_version": 1,
        "capture": capture,
    }
    blocks = fields.pop("blocks", tuple(Block(text) for text in body.split("\n\n")))
    return Article(url, **(given | fields)).with_blocks(blocks)


def rich_article() -> Article:
    """An article with something in every table."""
    blocks = (
        Block("Home | About", label="nav", rule="menu", path="html/body/nav", score=-2.5),
        Block("It’s here.", path="html/body/article/p"),
        Block(
            "Subscribe now",
            label="subscribe",
            rule="phrase: subscribe",
            links=(("now", "https://x.example/s"),),
        ),
        Block("And “there”."),
    )
    edits = (
        Edit("repair", "windows-1252", "â€™", "’", "blocks/1", 2, 12.5),
        Edit("repair", "windows-1252", "â€œ", "“", "blocks/3", 4, 9.0),
        Edit("repair", "windows-1252", "Ã©", "é", "headline", 3, 7.0),
    )
    origin = Origin(
        "South China Morning Post",
        "scmp.com",
        "https://scmp.com/a",
        as_printed="SCMP",
        date=START,
        copyright_notice="© 2025",
        copyright_year=2025,
        confidence=0.9,
        evidence=(Evidence("attribution line", "from SCMP", 0.8),),
    )
    return make_article(
        9,
        blocks=blocks,
        edits=edits,
        origin=origin,
        headline="Café",
        description="What it is about",
        authors=(Author("Ann Lee"), Author("AFP", "agency", "https://afp.com")),
        keywords=("ships", "trade"),
        image=Image("https://blog.example/i.jpg", "A ship", "AFP"),
        content_hash="abc",
        minhash=tuple(range(2**32 - 8, 2**32)),
        damage=("question marks",),
        article_html="<p>It’s here.</p>",
        is_accessible_for_free=True,
    )


def readable(query: dict[str, Any]) -> str:
    """The SQL of one of `queries.toml` with its examples in place of its fields, as the README shows it."""
    sql: str = query["sql"]
    for name, value in query.get("example", {}).items():
        sql = sql.replace(f":{name}", f"'{value}'")
    return sql


def rows(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    """The rows that a query gives."""
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(sql))]
