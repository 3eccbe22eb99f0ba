"""What differs between SQLite and PostgreSQL: a third database begins with one more class here, and needs some SQL elsewhere
(`docs/benchmarks/changes.md`).

The day of a date is `substr(date_published, 1, 10)` for SQLite and `to_char(…, 'YYYY-MM-DD')` for PostgreSQL; the rest
of the code asks `dialect_of(connection).day("date_published")`. The schema's revisions alone spell their own SQL
(`migrations/versions`): they never change again. Nothing here imports SQLAlchemy before something is written, because
commands that only read do without it.

`bind` in the methods that spell a search gives the placeholder of a value: `bind(3)` is `:v0`.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from newsarchive.db.failures import BUSY_SECONDS
from newsarchive.db.query_language import Node, fts5, tsquery
from newsarchive.exceptions import UsageError
from newsarchive.findings import Check
from newsarchive.times import isoformat

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, Table

    from newsarchive.db.readonly import Reader

Bind = Callable[[Any], str]

#: Weight of a word in the headline; a word in the text weighs 1.
HEADLINE_WEIGHT = 4.0
#: Characters of the shortest string that FTS5's trigram index finds. A shorter one is looked for in the texts themselves.
MIN_TRIGRAM_CHARACTERS = 3
#: Characters of a text in a script without spaces that FTS5's trigram index holds. A longer text is read at each search
#: for such a string, because a million random characters, each of which begins another trigram, take 3 s to index. The
#: same bound stands in the triggers and in the index `ix_articles_long_unspaced`. No real article is as long.
MAX_TRIGRAM_TEXT_CHARACTERS = 200_000
#: Pages of SQLite's write-ahead log (16 MB). When the log has more, a commit moves them into the archive, and a page
#: that many commits changed is moved only once. With 1,000 pages a crawl writes a quarter more bytes.
MAX_WAL_PAGES = 4_000
#: The number of the advisory lock of PostgreSQL that a writer holds for one transaction.
WRITER_LOCK = int.from_bytes(b"newsarch")
#: Tables without a model, because they differ by database. FTS5 keeps further tables, whose names begin with these.
FULL_TEXT_TABLES = ("article_search", "article_trigrams")

#: What SQLite's integrity check says of an index whose table is whole: making the index anew mends it.
_OF_AN_INDEX = re.compile(r"missing from index|wrong # of entries in index|row \d+ .* index")


def _pattern(string: str) -> str:
    """The pattern of LIKE for texts that hold the string; what it escapes, it escapes with a slash."""
    return f"%{string.replace('/', '//').replace('%', '/%').replace('_', '/_')}%"


class Dialect(ABC):
    """A database that holds archives. The values that are set here are right for a database server."""

    #: SQLAlchemy's name of the database.
    name: str
    #: SQLAlchemy's name of the database with its driver.
    driver: str
    #: Whether the whole database is one file of ours. The database of a server may hold tables of other programs too.
    is_file = False
    #: Options for SQLAlchemy's `create_engine`.
    engine_options: ClassVar[dict[str, Any]]
    #: Options of a connection that reads, where nobody has asked for others.
    reading_options: ClassVar[dict[str, Any]]
    #: Options of an engine whose read transactions see no later write.
    snapshot_options: ClassVar[dict[str, Any]]
    #: SQL that gives a row, and no NULL in it, where the database has Alembic's table `alembic_version`.
    version_table: str
    #: The column of the full-text index, `article_search AS f`, that holds the id of the article.
    search_key: str
    #: The statement that puts an article (`:article_id`, `:document`) into the full-text index; "" where triggers do so.
    index_search: str = ""
    #: Statements that make the full-text index anew; none where `newsarchive.db.fulltext` fills it.
    rebuild_search: Sequence[str] = ()
    #: Statements that run outside a transaction before the tables of an archive are made.
    prepare: Sequence[str] = ()
    #: Statements that join the parts of the full-text index.
    optimize: Sequence[str] = ()
    #: Statements for a connection that reads or writes each page of the file once.
    small_cache: Sequence[str] = ()
    #: Whether a crawl locks the sites that it crawls, each by itself (`frontier.locks`). A database that is a file has one lock
    #: of the operating system for all of them.
    locks_sites = False
    #: Whether a view can be replaced in its place, with what was granted on it, and others may have views that read it.
    replaces_views = False

    # -- reading -------------------------------------------------------------------------------------

    @abstractmethod
    def placeholder(self, name: str) -> str:
        """The placeholder of a named value in the driver's own SQL."""

    def value(self, value: Any) -> Any:
        """A value as the driver takes it."""
        return value

    @abstractmethod
    def day(self, column: str) -> str:
        """The SQL of the day of a time in UTC, as `2025-04-30`."""

    def month(self, column: str) -> str:
        """The SQL of the month of a time in UTC, as `2025-04`."""
        return f"substr({self.day(column)}, 1, 7)"

    @abstractmethod
    def seconds_before(self, column: str) -> str:
        """The SQL of the whole seconds from a time to the value `:now`."""

    @abstractmethod
    def json_list(self, query: str, column: str) -> str:
        """The SQL of a JSON array with the column of a query, in the order of its rows; an empty array for no rows."""

    @abstractmethod
    def json_number(self, column: str, key: str) -> str:
        """The SQL of the number under a key of a JSON object."""

    @abstractmethod
    def disk_bytes(self, reader: Reader) -> int:
        """Bytes of the database on disk."""

    @abstractmethod
    def state(self, reader: Reader) -> tuple[str, float]:
        """A text that differs after each commit, and the time of the last one in seconds of the epoch, 0 where the database
        does not tell."""

    # -- search --------------------------------------------------------------------------------------

    @abstractmethod
    def matches(self, node: Node, bind: Bind) -> str:
        """The condition that an entry of the full-text index `article_search AS f` has these words."""

    @abstractmethod
    def score(self, node: Node, bind: Bind) -> str:
        """The SQL of an entry's rank; higher is better."""

    def scored(self, where: str, newest: str, score: str) -> str:
        """The query of the ids and scores of entries of the full-text index. With `newest` (their order and how many) a server
        would score all of them before it leaves the others out."""
        inner = f"SELECT f.* FROM article_search AS f WHERE {where} {newest}"
        return f"SELECT {self.search_key} AS id, {score} AS score FROM ({inner}) AS f"

    @abstractmethod
    def contains(self, string: str, bind: Bind) -> str:
        """The condition that an article `a`, in a script without spaces, has the string in upper or lower case."""

    @abstractmethod
    def among(self, ids: Sequence[int], bind: Bind) -> str:
        """The end of a condition that a number is one of these, which are bound as one value."""

    # -- writing -------------------------------------------------------------------------------------

    def configure(self, connection: Any, record: Any) -> None:  # noqa: B027 - a server needs no preparation
        """Prepare a connection of the driver that was just opened."""

    @abstractmethod
    def begin(self, writer: bool) -> str:
        """The statement at the start of a transaction, "" for none. That of a writer waits until no other one writes."""

    @abstractmethod
    def insert(self, table: Table) -> Any:
        """SQLAlchemy's INSERT with `on_conflict_do_nothing`."""

    def complete(self, connection: Connection) -> None:  # noqa: B027 - a file is made by a script instead
        """Make what the models do not say, in a new archive whose tables were made of them."""

    def insert_tuples(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Insert rows of plain numbers, texts and bytes."""
        marks = ", ".join(["?"] * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(rows))

    @abstractmethod
    def new_ids(self, table: str, number: int) -> str:
        """The query that gives ids for new rows, in the transaction of a writer."""

    def restart_ids(self, table: str) -> str:
        """The statement after which new rows get ids above those that were copied, "" where none is needed."""
        return ""

    # -- the database itself --------------------------------------------------------------------------

    def file(self, url: URL) -> Path | None:
        """The file of the database, `None` where it has none."""
        return None

    def other_encoding(self, connection: Connection) -> str:
        """The encoding of the database, where it is one that cannot hold the texts of all languages; "" for UTF-8."""
        return ""

    @abstractmethod
    def problems(self, connection: Connection) -> Iterator[tuple[Check, str]]:
        """Damage that the database finds itself, a line each."""

    @abstractmethod
    def searches_differ(self, connection: Connection) -> bool | None:
        """Whether the full-text index and the texts of the articles differ; `None` where there is no room to look."""

    def reindex(self, url: URL) -> str:
        """The statement that makes all indexes anew, outside a transaction."""
        return "REINDEX"

    @abstractmethod
    def shown(self, url: URL) -> str:
        """How messages name the database; without its password."""


#: SQL: the text of an article is too long for the trigram index; spelled as in the index of such articles.
_LONG = f"length(article_body) > {MAX_TRIGRAM_TEXT_CHARACTERS}"


def _file_stats(reader: Reader) -> list[os.stat_result]:
    """Size and times of the file of an archive and of its log of commits (WAL), as far as they exist."""
    path = reader.value("SELECT file FROM pragma_database_list WHERE name = 'main'")
    files = [Path(path), Path(f"{path}-wal")] if path else []
    return [file.stat() for file in files if file.exists()]


class SQLite(Dialect):
    """SQLite with FTS5."""

    name = "sqlite"
    driver = "sqlite+pysqlite"
    is_file = True
    # The connection that was used last is used next, so that only few connections fill their caches.
    engine_options: ClassVar[dict[str, Any]] = {
        "connect_args": {"timeout": BUSY_SECONDS},
        "pool_use_lifo": True,
    }
    reading_options: ClassVar[dict[str, Any]] = {}
    snapshot_options: ClassVar[dict[str, Any]] = {}
    version_table = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    search_key = "f.rowid"
    rebuild_search = (
        "INSERT INTO article_search(article_search) VALUES ('rebuild')",
        "INSERT INTO article_trigrams(article_trigrams) VALUES ('delete-all')",
        "INSERT INTO article_trigrams(rowid, headline, article_body)"
        f" SELECT id, headline, article_body FROM articles WHERE unspaced AND NOT {_LONG}",
    )
    #: WAL is a property of the file: set once, it lets readers and a writer work side by side. The size of pages is that of a
    #: new file for good. Rows that are longer than a page fill their further pages, and a line that is found by its hash
    #: costs the commit one page: with 4 KB instead of 16 KB the archive of real pages is 9% smaller, and half of the bytes
    #: are written (`docs/benchmarks/storage.md`).
    prepare = ("PRAGMA page_size = 4096", "PRAGMA journal_mode = WAL")
    optimize = tuple(f"INSERT INTO {table}({table}) VALUES ('optimize')" for table in FULL_TEXT_TABLES)
    small_cache = ("PRAGMA cache_size = -8192",)

    def placeholder(self, name: str) -> str:
        return f":{name}"

    def value(self, value: Any) -> Any:
        """A moment as text, any other value as it is."""
        return isoformat(value) if isinstance(value, datetime) else value

    def day(self, column: str) -> str:
        return f"substr({column}, 1, 10)"

    def seconds_before(self, column: str) -> str:
        return f"(CAST(strftime('%s', :now) AS INTEGER) - CAST(strftime('%s', {column}) AS INTEGER))"

    def json_list(self, query: str, column: str) -> str:
        # DuckDB, which reads the views through an extension of its own, gives NULL for a list without values.
        return f"(SELECT coalesce(json_group_array({column}), '[]') FROM ({query}) AS listed)"

    def json_number(self, column: str, key: str) -> str:
        # A REAL of DuckDB has half of the digits.
        return f"CAST(json_extract({column}, '$.{key}') AS DOUBLE)"

    def disk_bytes(self, reader: Reader) -> int:
        return sum(stat.st_size for stat in _file_stats(reader))

    def state(self, reader: Reader) -> tuple[str, float]:
        stats = _file_stats(reader)
        key = " ".join(f"{stat.st_mtime_ns}:{stat.st_size}" for stat in stats)
        return key, max((stat.st_mtime for stat in stats), default=0.0)

    def matches(self, node: Node, bind: Bind) -> str:
        return f"article_search MATCH {bind(fts5(node))}"

    def score(self, node: Node, bind: Bind) -> str:
        return f"-bm25(article_search, 1.0, {HEADLINE_WEIGHT})"

    def scored(self, where: str, newest: str, score: str) -> str:
        # FTS5 scores an entry only where it stands in the index; it gives the newest first, and stops.
        return f"SELECT {self.search_key} AS id, {score} AS score FROM article_search AS f WHERE {where} {newest}"

    def contains(self, string: str, bind: Bind) -> str:
        like = f"LIKE lower({bind(_pattern(string))}) ESCAPE '/'"
        holds = f"(lower(article_body) {like} OR lower(headline) {like})"
        if len(string) < MIN_TRIGRAM_CHARACTERS:
            return f"(a.unspaced AND {holds})"
        quoted = bind('"' + string.replace('"', '""') + '"')
        return (
            f"a.id IN (SELECT rowid FROM article_trigrams WHERE article_trigrams MATCH {quoted}"
            f" UNION ALL SELECT id FROM articles WHERE unspaced AND {_LONG} AND {holds})"
        )

    def among(self, ids: Sequence[int], bind: Bind) -> str:
        return f"IN (SELECT value FROM json_each({bind(json.dumps(ids))}))"

    def configure(self, connection: Any, record: Any) -> None:
        # isolation_level None: the sqlite3 module then leaves BEGIN to us (`begin`).
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA foreign_keys = ON")
        # Each commit waits for the disk. With NORMAL a power cut would lose the last commits.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute(f"PRAGMA wal_autocheckpoint = {MAX_WAL_PAGES}")

    def begin(self, writer: bool) -> str:
        return "BEGIN IMMEDIATE" if writer else "BEGIN"

    def insert(self, table: Table) -> Any:
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)

    def new_ids(self, table: str, number: int) -> str:
        first = f"SELECT coalesce(max(id), 0) + 1 FROM {table}"
        return f"WITH RECURSIVE ids(id) AS ({first} UNION ALL SELECT id + 1 FROM ids LIMIT {number}) SELECT id FROM ids"

    def file(self, url: URL) -> Path | None:
        name = url.database
        return None if not name or name == ":memory:" or name.startswith("file:") else Path(name)

    def problems(self, connection: Connection) -> Iterator[tuple[Check, str]]:
        for (said,) in connection.exec_driver_sql("PRAGMA integrity_check").all():
            if said != "ok":
                yield Check.INDEXES if _OF_AN_INDEX.search(said) else Check.INTEGRITY, said
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield Check.REFERENCES, f"dangling reference: {tuple(row)}"

    def searches_differ(self, connection: Connection) -> bool | None:
        """FTS5 looks at itself in an INSERT, which would keep all writers waiting. So it looks at a copy of the index in a
        temporary file of SQLite, beside a view that gives it the texts."""
        from sqlalchemy import exc

        run, copy = connection.exec_driver_sql, connection.begin_nested()
        try:
            run("CREATE TEMP VIEW articles AS SELECT * FROM main.articles")
            # With rank 1, FTS5 also compares its index with the table of the texts.
            for table, rank in zip(FULL_TEXT_TABLES, (1, 0), strict=True):
                made = run("SELECT sql FROM main.sqlite_master WHERE name = ?", (table,)).scalar()
                run(str(made).replace(table, f"temp.{table}", 1))
                for part in ("data", "idx", "docsize"):
                    run(f"DELETE FROM temp.{table}_{part}")
                    run(f"INSERT INTO temp.{table}_{part} SELECT * FROM main.{table}_{part}")
                run(f"INSERT INTO temp.{table}({table}, rank) VALUES ('integrity-check', {rank})")
        except exc.DatabaseError as error:
            whole = getattr(error.orig, "sqlite_errorcode", 0)
            if (code := whole & 0xFF) == sqlite3.SQLITE_FULL or whole == sqlite3.SQLITE_IOERR_GETTEMPPATH:
                return None
            if code not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):  # a table is damaged, or missing
                raise
            return True
        finally:
            copy.rollback()
        return False

    def shown(self, url: URL) -> str:
        return url.database or ":memory:"


#: The full-text index of PostgreSQL, and how hashes are stored: they do not compress, so that it need not try.
FULL_TEXT = (
    "CREATE TABLE article_search (article_id integer PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,"
    " document tsvector NOT NULL)",
    "CREATE INDEX ix_article_search_document ON article_search USING gin (document)",
    "ALTER TABLE minhash_pages ALTER COLUMN entries SET STORAGE EXTERNAL",
)
#: The index of strings in texts without spaces.
TRIGRAMS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_articles_trigrams ON articles USING gin (article_body gin_trgm_ops) WHERE unspaced",
)


class PostgreSQL(Dialect):
    """PostgreSQL, with pg_trgm where the server has it."""

    name = "postgresql"
    driver = "postgresql+psycopg"
    replaces_views = True
    # In a database of another encoding, or one of a role that asks for another, the driver would give bytes or refuse letters.
    engine_options: ClassVar[dict[str, Any]] = {"connect_args": {"client_encoding": "utf8"}}
    # A transaction of the default level shows each query the newest state, as queries without a transaction do, and
    # costs two more exchanges with the server.
    reading_options: ClassVar[dict[str, Any]] = {"isolation_level": "AUTOCOMMIT"}
    snapshot_options: ClassVar[dict[str, Any]] = {"isolation_level": "REPEATABLE READ"}
    version_table = "SELECT to_regclass('alembic_version')"
    search_key = "f.article_id"
    index_search = (
        "INSERT INTO article_search (article_id, document) VALUES (:article_id, CAST(:document AS tsvector))"
        " ON CONFLICT (article_id) DO UPDATE SET document = EXCLUDED.document"
    )
    locks_sites = True

    def placeholder(self, name: str) -> str:
        return f"%({name})s"

    def day(self, column: str) -> str:
        return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"

    def seconds_before(self, column: str) -> str:
        return f"CAST(floor(extract(epoch FROM (:now - {column}))) AS bigint)"

    def json_list(self, query: str, column: str) -> str:
        return f"(SELECT coalesce(json_agg({column}), CAST('[]' AS json)) FROM ({query}) AS listed)"

    def json_number(self, column: str, key: str) -> str:
        return f"CAST({column} ->> '{key}' AS double precision)"

    def disk_bytes(self, reader: Reader) -> int:
        return int(reader.value("SELECT pg_database_size(current_database())"))

    def state(self, reader: Reader) -> tuple[str, float]:
        return str(reader.value("SELECT CAST(pg_current_snapshot() AS text)")), 0.0

    def matches(self, node: Node, bind: Bind) -> str:
        return f"f.document @@ CAST({bind(tsquery(node))} AS tsquery)"

    def score(self, node: Node, bind: Bind) -> str:
        weights = "CAST('{0.25, 0.25, 0.25, 1.0}' AS real[])"
        return f"ts_rank_cd({weights}, f.document, CAST({bind(tsquery(node))} AS tsquery), 1)"

    def contains(self, string: str, bind: Bind) -> str:
        # The index of trigrams serves ILIKE, and neither an expression of the text nor a condition with OR.
        like = f"ILIKE {bind(_pattern(string))} ESCAPE '/'"
        return (
            f"a.id IN (SELECT id FROM articles WHERE unspaced AND article_body {like}"
            f" UNION ALL SELECT id FROM articles WHERE unspaced AND headline {like})"
        )

    def among(self, ids: Sequence[int], bind: Bind) -> str:
        return f"= ANY(CAST({bind('{' + ','.join(map(str, ids)) + '}')} AS bigint[]))"

    def begin(self, writer: bool) -> str:
        return f"SELECT pg_advisory_xact_lock({WRITER_LOCK})" if writer else ""

    def other_encoding(self, connection: Connection) -> str:
        encoding = str(connection.exec_driver_sql("SHOW server_encoding").scalar_one())
        return "" if encoding == "UTF8" else encoding

    def problems(self, connection: Connection) -> Iterator[tuple[Check, str]]:
        invalid = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        for (name,) in connection.exec_driver_sql(invalid):
            yield Check.INDEXES, f"the index {name} is not valid"

    def searches_differ(self, connection: Connection) -> bool:
        differ = (
            "SELECT EXISTS (SELECT 1 FROM articles AS a FULL JOIN article_search AS f ON f.article_id = a.id"
            " WHERE a.id IS NULL OR f.article_id IS NULL)"
        )
        return bool(connection.exec_driver_sql(differ).scalar())

    def reindex(self, url: URL) -> str:
        return f'REINDEX DATABASE "{url.database}"'

    def insert(self, table: Table) -> Any:
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)

    def configure(self, connection: Any, record: Any) -> None:
        """Let the server end the connection half a minute after its client is lost. A machine that lost its power or its
        network does not close its connections, and holds its locks meanwhile: the lock of its site, and that of writers
        where it was in the middle of a commit. By default the server would notice only after two hours.

        Show a writer that waited for its turn what the others have written, whatever `default_transaction_isolation` says.

        And tell the planner that a row at a random place costs little more than the next row, unless somebody has set
        this cost: the rows that are read are in memory or on an SSD. The server's own default is meant for rotating
        disks. With it the server reads all `lines` of an archive of some thousand articles to find the 200 of one
        article, which takes 13 ms instead of 0.5 ms. And compile no query to machine code, unless somebody has set it:
        where nothing has counted the rows yet, the server takes a search of 25 articles for a long one, and compiles it
        for half a second each time.

        And write times in one way, whatever the server is set to: psycopg reads no other form, and in a zone west of UTC
        the year 1 begins in a year that Python does not have."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
                "SET datestyle = 'ISO'; SET timezone = 'UTC'; SET default_transaction_isolation = 'read committed';"
                "SELECT set_config(name, CASE name WHEN 'jit' THEN 'off' ELSE '1.1' END, FALSE) FROM pg_settings"
                " WHERE name IN ('random_page_cost', 'jit') AND source = 'default'"
            )
        connection.commit()

    def complete(self, connection: Connection) -> None:
        """Make the full-text index: a `tsvector` for each article. Where the server lacks pg_trgm or forbids it, a search scans the
        texts without spaces instead."""
        from sqlalchemy import exc

        for statement in FULL_TEXT:
            connection.exec_driver_sql(statement)
        try:
            with connection.begin_nested():
                for statement in TRIGRAMS:
                    connection.exec_driver_sql(statement)
        except exc.DBAPIError:
            pass

    def insert_tuples(
        self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Uses COPY, which takes server and client 24 µs a row; an INSERT for each row takes 43 µs."""
        from sqlalchemy import exc

        driver = connection.connection.driver_connection
        assert driver is not None
        names = map(connection.dialect.identifier_preparer.quote, columns)
        copied = f"COPY {table} ({', '.join(names)}) FROM STDIN"
        try:
            with driver.cursor() as cursor, cursor.copy(copied) as copy:
                for row in rows:
                    copy.write_row(row)
        except connection.dialect.loaded_dbapi.IntegrityError as error:
            raise exc.IntegrityError(copied, None, error) from error

    def new_ids(self, table: str, number: int) -> str:
        return f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, {number})"

    def restart_ids(self, table: str) -> str:
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        return f"SELECT setval({sequence}, coalesce(max(id), 0) + 1, FALSE) FROM {table}"

    def shown(self, url: URL) -> str:
        """The query stays, without passwords: a service or a schema that it names belongs to the archive."""
        bare = url.set(drivername=self.name).difference_update_query(["password", "sslpassword"])
        return bare.render_as_string(hide_password=True)


SQLITE = SQLite()
POSTGRESQL = PostgreSQL()

#: Every database by SQLAlchemy's name.
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (SQLITE, POSTGRESQL)}
#: Other names of databases in URLs → SQLAlchemy's name.
ALIASES = {"postgres": POSTGRESQL.name}


def dialect_of(bound: Engine | Connection | URL) -> Dialect:
    """The database of an engine, a connection or a URL that `engine.parse_url` understood."""
    found = getattr(bound, "dialect", None)
    return DIALECTS[found.name if found is not None else bound.get_backend_name()]  # type: ignore[union-attr]


def dialect_named(drivername: str) -> Dialect:
    """The database that a URL names before `://`. Raises `UsageError` for one that is not supported."""
    name, plus, _ = drivername.partition("+")
    found = DIALECTS.get(ALIASES.get(drivername, name))
    if found is None:
        raise UsageError(f"{drivername} is not supported: use sqlite:///FILE or postgresql://HOST/NAME")
    if plus and drivername != found.driver:  # psycopg2 and asyncpg give other values and other errors
        raise UsageError(f"{drivername}: only {found.driver} is used: write {found.name}://… without +")
    return found
