"""Creates, upgrades and checks the schema of an archive: `upgrade(open_engine("sqlite:///newsarchive.db"))`.

The migrations are Alembic's, and its configuration is made here, so that no `alembic.ini` is needed. All migrations run in
one transaction: after a failure the archive is as it was. Alembic is imported only where there is something to migrate,
because its import is slow.

A new archive is made without them. On PostgreSQL its tables are made of the models, and what the models do not say by the
dialect. On SQLite one script makes all of it: Alembic and the models would take 150 ms to import and to run; the script takes
10 ms. It is the file `migrations/current.sqlite.sql`, which also shows the whole schema to a reader, and is never edited:

    python -m newsarchive.db.schema           # brings the script to the newest revision
    python -m newsarchive.db.schema mood      # writes before it a revision, NNNN_mood.py, for what was changed in the models, as ruff formats it

Tests compare what the three ways make.
"""

from __future__ import annotations

import logging
import re
import shlex
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, inspect, select

from newsarchive.config import SQLITE_BEGINNING
from newsarchive.db import fulltext, migrations, readonly, views
from newsarchive.db.dialects import FULL_TEXT_TABLES, dialect_of
from newsarchive.db.engine import (
    command,
    open_engine,
    outside_transactions,
    reading,
    shown,
    sqlite_file,
    too_new,
    translated,
    writing,
)
from newsarchive.db.failures import BUSY_SECONDS, explained
from newsarchive.db.models import Base
from newsarchive.exceptions import DatabaseUnavailable, OutputError
from newsarchive.reprs import FULL

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine.interfaces import DBAPICursor

#: File systems whose locks SQLite cannot trust (https://sqlite.org/faq.html#q5); WAL needs shared memory.
NETWORK_DRIVES = ("nfs", "cifs", "smb", "smb2", "smb3", "smbfs", "sshfs", "fuse.sshfs", "9p", "afs", "ceph")

#: Tables of every archive. A database with Alembic's table but without these belongs to another program that uses Alembic.
OWN_TABLES = frozenset({"articles", "article_revisions", "captures", "crawl_runs"})
#: Revisions of schemas that no release had. Their migrations were deleted; they stand in the commits of `LAST_TO_UPGRADE`.
UNRELEASED = frozenset(f"{number:04}" for number in range(1, 25))
#: The last commits whose `newsarchive db upgrade` still upgrades such archives, by the revision to which each brings them.
LAST_TO_UPGRADE = {"0012": "480e2d2", "0025": "292a790"}
#: Free share of an SQLite file (0 to 1). From this share on, `give_back` writes the file anew. Below it the next crawls
#: fill the free pages, and copying the whole file is not worth the time.
MAX_FREE_SHARE = 0.1
#: Seconds between two tries of what SQLite refuses at once.
BUSY_PAUSE_SECONDS = 0.05
#: Seconds that an upgrade waits for another upgrade of the same SQLite archive. When a crawl keeps it out, it fails after them.
MAX_UPGRADE_WAIT_SECONDS = 10
#: The script of today's schema for SQLite, a file in the folder of the migrations.
SCRIPT = "current.sqlite.sql"
_HEAD = "-- The schema of revision {}. Made by `python -m newsarchive.db.schema`; never edit it.\n\n"
#: Tables of another program that a message names; further ones are left out.
MAX_NAMED_TABLES = 3

log = logging.getLogger(__name__)


def upgrade(engine: Engine) -> None:
    """Create the archive, or bring an old one to this version.

    An SQLite file is copied to `FILE.before-REVISION.bak` before it is upgraded. Does nothing where the archive is up to
    date. Raises `DatabaseTooNew` for an archive of a newer version, and `DatabaseUnavailable` for a database that cannot be
    opened or written, has a crawl of an older version at work, was made before the first release, or belongs to another
    program; it is not changed.
    """
    if (path := sqlite_file(engine)) is not None:
        if path.is_dir():
            raise DatabaseUnavailable(f"{path} is a folder: name a file")
        if not path.parent.is_dir():
            raise DatabaseUnavailable(
                f"{path} cannot be created: there is no folder {path.parent}; create it first"
            )
        # A file that SQLite makes is never for the group to write. This one has the rights that the umask gives.
        with suppress(OSError):  # where it cannot be made, SQLite says why
            path.touch(exist_ok=False)
        if kind := network_drive(path):
            log.warning(
                "%s lies on a network drive (%s): SQLite's locks are not safe there, and a crash may damage it."
                " Keep the archive on a local disk, or use PostgreSQL.", path, kind,
            )  # fmt: skip
    before, head = _own_revision(engine), migrations.head()
    if before == head:
        return
    if before is None:
        _create(engine)
        return
    require_known(engine, before)
    with _without_crawls(engine):
        migrate(engine)
    give_back(engine)


@contextmanager
def _without_crawls(engine: Engine) -> Iterator[None]:
    """Hold the lock of crawls of an SQLite archive. Another upgrade that has it is waited for.

    Raises `DatabaseUnavailable` where a crawl has it: that crawl is of an older version, and would read and write what the archive
    no longer has. On a server, and where Scrapy's own command crawls, no crawl has this lock; it ends with its next write.
    """
    from newsarchive.db.frontier.locks import crawl_lock  # a read needs no locks, which Windows lacks

    deadline = time.monotonic() + MAX_UPGRADE_WAIT_SECONDS
    while True:
        with crawl_lock(engine) as alone:
            if alone or current(engine) == migrations.head():
                yield
                return
        if time.monotonic() >= deadline:
            raise DatabaseUnavailable(
                f"{shown(engine)} holds an old archive, and a crawl of an older version is running, or another upgrade:"
                " wait for its end, or stop the crawl, and run this command again"
            )
        time.sleep(BUSY_PAUSE_SECONDS)


def _create(engine: Engine) -> None:
    """Make a new archive without the revisions that led to today's schema: a file by the script, on a server by the models.

    Raises `DatabaseUnavailable` for a server's database in whose encoding not every text can be written.
    """
    dialect = dialect_of(engine)
    _prepare(engine)
    with reading(engine) as connection:
        encoding = dialect.other_encoding(connection)
    if encoding:
        raise DatabaseUnavailable(
            f"{shown(engine)} has the encoding {encoding}, which cannot hold the texts of all languages, and was left as it is:"
            " make another one with createdb --encoding=UTF8 --template=template0"
        )
    with writing(engine) as connection:
        # Another process may have made the archive since this one looked.
        if readonly.current(connection) is not None:
            return
        if dialect.is_file:
            for statement in _script():
                connection.exec_driver_sql(statement)
        else:
            from alembic import command

            Base.metadata.create_all(connection, checkfirst=False)
            dialect.complete(connection)
            views.make_details(connection)
            views.make(connection)
            command.stamp(_config(connection), "head")


def migrate(engine: Engine) -> None:
    """Run the revisions that an archive lacks.

    The copy of an SQLite archive is made within the transaction: nobody writes between copy and upgrade, and of two upgrades at once
    the second finds the archive upgraded, and leaves the first one's copy as it is.
    """
    _prepare(engine)
    with _without_foreign_keys(engine) as connection:
        path = sqlite_file(engine)
        if path is not None and readonly.current(connection) != migrations.head():
            copy = path.with_name(f"{path.name}.before-{migrations.head()}.bak")
            try:
                backup(engine, copy, overwrite=True)
            except OutputError as error:
                raise DatabaseUnavailable(
                    f"{error}: the archive was not upgraded, because no copy could be made first"
                ) from error
            log.warning("%s is the archive as it was before its upgrade: delete it when all is well", copy)
        _run_revisions(connection)


def _run_revisions(connection: Connection) -> None:
    from alembic import command

    command.upgrade(_config(connection), "head")
    views.make(connection)


def current(engine: Engine) -> str | None:
    """The archive's schema revision, `None` for an empty database."""
    with reading(engine) as connection:
        return readonly.current(connection)


def vacuum(engine: Engine) -> None:
    """Write the archive anew without free space, and refresh the statistics of the query planner."""
    compact(engine)
    outside_transactions(engine, "ANALYZE")


def give_back(engine: Engine) -> int:
    """Write an SQLite archive anew where `MAX_FREE_SHARE` of its file or more is free; gives the number of bytes freed.

    It is called after a command that rewrote articles. PostgreSQL uses free space again by itself; there the result is 0.
    """
    if sqlite_file(engine) is None:
        return 0
    pages, free, size = _pragmas(engine, "page_count", "freelist_count", "page_size")
    if free < MAX_FREE_SHARE * pages:
        return 0
    compact(engine)
    (left,) = _pragmas(engine, "page_count")
    return (pages - left) * size


def free_bytes(engine: Engine) -> int:
    """The free bytes in the file of an SQLite archive; 0 for PostgreSQL, which uses free space again by itself."""
    if sqlite_file(engine) is None:
        return 0
    free, size = _pragmas(engine, "freelist_count", "page_size")
    return free * size


def _pragmas(engine: Engine, *names: str) -> list[int]:
    with reading(engine) as connection:
        return [int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names]


def row_counts(engine: Engine) -> dict[str, int]:
    """The number of rows of each table."""
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def compact(engine: Engine) -> None:
    """Write the archive anew without free or half-full pages, and merge the parts of the full-text index."""
    outside_transactions(engine, *dialect_of(engine).optimize, "VACUUM")


def rewrite(engine: Engine) -> None:
    """Write each table of a PostgreSQL archive anew, without the rows that were deleted; nobody reads it meanwhile."""
    names = [table.name for table in Base.metadata.sorted_tables]
    outside_transactions(engine, *(f"VACUUM (FULL) {name}" for name in [*names, "article_search"]))


def rebuild(engine: Engine) -> None:
    """Make the full-text index anew from the texts."""
    with writing(engine) as connection:
        if dialect_of(engine).is_file:
            _create_full_text(connection)
        fulltext.rebuild(connection)


def _create_full_text(connection: Connection) -> None:
    """Make the tables of the full-text index that are missing.

    What sqlite3's `.recover` saves of an archive lacks them. It has the tables that FTS5 makes beside each of them, which
    would be in the way.
    """
    there = set(inspect(connection).get_table_names())
    for statement in _script():
        made = re.search(r"^CREATE VIRTUAL TABLE (\w+)", statement, re.MULTILINE)
        if made is None or made[1] in there:
            continue
        for name in there:
            if name.startswith(f"{made[1]}_"):
                connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql(statement)


def backup(engine: Engine, target: Path, *, overwrite: bool = False, dry_run: bool = False) -> None:
    """Copy an SQLite archive while other processes use it (SQLite's online backup). A dry run only checks that it can be done.

    Raises `OutputError` where the target exists, is in use or cannot be written, and `DatabaseUnavailable` for an archive that is no SQLite file, or
    is damaged.
    """
    path = sqlite_file(engine)
    if path is None:
        bare = engine.url.set(drivername="postgresql").difference_update_query(["password", "sslpassword"])
        url = bare._replace(password=None).render_as_string()  # `URL.set` leaves what is to be None
        raise DatabaseUnavailable(
            f"{shown(engine)} is not an SQLite file. While crawls go on, either"
            f" pg_dump --format=custom --file={shlex.quote(str(target.with_suffix('.dump')))} '{url}', or, into an SQLite file:"
            f" newsarchive db copy '{url}' {shlex.quote(str(target))}"
        )
    if not path.exists():
        raise DatabaseUnavailable(f"{path}: no archive there")
    if target.exists():
        _check_replaceable(path, target, overwrite)
    with translated(engine), engine.connect() as connection:
        is_archive = readonly.current(connection) is not None
    if not is_archive:
        raise DatabaseUnavailable(f"{path} holds no archive, and was not copied: correct --db")
    if dry_run:
        return
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
            # Pages are copied as they are: nobody would notice damage before the backup is needed.
            (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise _damaged(path, said)
        part.replace(target)
    except (sqlite3.Error, OSError) as error:
        if getattr(error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise _damaged(path, str(error)) from error
        if "disk" in str(error) or (isinstance(error, OSError) and error.errno in FULL):
            raise explained(str(target), error) from error
        raise OutputError(f"{target} cannot be written: {error}") from error
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                part.with_name(part.name + end).unlink(missing_ok=True)


def _check_replaceable(path: Path, target: Path, overwrite: bool) -> None:
    """Raises `OutputError` for a target that is not to be replaced, is the archive itself, no archive, or one that is in use: what SQLite
    has not moved into its file yet would be written over the new one."""
    if target.samefile(path):
        raise OutputError(f"{target} is the archive itself: name another file")
    if not target.is_file():
        raise OutputError(f"{target} is no file: name another")
    if not overwrite:
        raise OutputError(f"{target} exists already: name another, or replace it with --overwrite")
    with target.open("rb") as file:
        beginning = file.read(len(SQLITE_BEGINNING))
    if beginning not in (SQLITE_BEGINNING, b""):
        raise OutputError(f"{target} is no SQLite file, and is not replaced: name another")
    unmoved = [target.with_name(target.name + end) for end in ("-wal", "-journal")]
    if left := [one for one in unmoved if one.exists() and one.stat().st_size]:
        raise OutputError(
            f"{target} is in use, or was not closed ({left[0].name} is there): end what uses it, or name another file"
        )


def _damaged(path: Path, said: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"{path} is damaged ({' '.join(said.split())}), and was not copied, so that older backups stay the ones to take:"
        f" newsarchive doctor --db {shlex.quote(str(path))} says what can be done"
    )


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("script_location", str(migrations.FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _own_revision(engine: Engine) -> str | None:
    """The archive's revision, `None` for an empty database. Raises `DatabaseUnavailable` for the database of another program.

    A PostgreSQL database may have tables of other programs, unless one has the name of a table of the archive. The tables are looked
    up before the revision: where another process makes the archive meanwhile, they would else seem to be those of a stranger.
    """
    with translated(engine), engine.connect() as connection:
        there = set(inspect(connection).get_table_names()) - {"alembic_version"}
        revision = readonly.current(connection)
    if revision is not None:
        foreign = set() if there >= OWN_TABLES else there
    else:
        foreign = there if dialect_of(engine).is_file else there & set(Base.metadata.tables)
    if foreign:
        named = ", ".join(sorted(foreign)[:MAX_NAMED_TABLES])
        raise DatabaseUnavailable(
            f"{shown(engine)} is the database of another program (it holds {named}), and was left as it is:"
            " name another one for the archive"
        )
    return revision


def require_known(engine: Engine, revision: str) -> None:
    """Raise for an archive that cannot be upgraded.

    Raises `DatabaseUnavailable` for one from before the first release, `DatabaseTooNew` for one of a newer version.
    """
    if revision in UNRELEASED:
        steps = "; ".join(
            f"git checkout {commit}; python -m {command(engine, 'db upgrade')}"
            for reached, commit in LAST_TO_UPGRADE.items()
            if revision < reached
        )
        raise DatabaseUnavailable(
            f"{shown(engine)} was made before the first release (schema {revision}), and was left as it is."
            " To keep all of it, upgrade it in a clone of the repository, with the last version that can:"
            f" {steps}; git checkout main."
            " Or read its raw pages into a new archive:"
            " newsarchive crawl warc -a path='FOLDER/*.warc.gz' --db NEW.db"
        )
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision not in known:
        raise too_new(engine, revision)


def require_current(engine: Engine) -> None:
    """Raises `DatabaseUnavailable` where there is no archive or an old one, `DatabaseTooNew` for one of a newer version."""
    held = current(engine)
    if held is None:
        raise DatabaseUnavailable(
            f"{shown(engine)} holds no archive: name the one that a crawl wrote with --db"
        )
    if held > migrations.head():
        raise too_new(engine, held)
    if held != migrations.head():
        raise DatabaseUnavailable(
            f"{shown(engine)} holds an old archive; first: {command(engine, 'db upgrade')}"
        )


def network_drive(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The network file system that holds a path (`nfs4`), "" for a local one and on systems other than Linux."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""  # this is not Linux
    folder = path.resolve().parent
    over = [(len(where), kind) for _, where, kind, *_ in lines if folder.is_relative_to(where)]
    kind = max(over, default=(0, ""))[1]
    return kind if kind.removesuffix("4") in NETWORK_DRIVES else ""


def _prepare(engine: Engine) -> None:
    """Set what an SQLite file keeps for ever (its page size, WAL), before the first table and outside a transaction."""
    with translated(engine), closing(engine.raw_connection()) as connection:
        for statement in dialect_of(engine).prepare:
            _insist(connection.cursor(), statement)


def _insist(cursor: DBAPICursor, statement: str) -> None:
    """Execute a statement that SQLite refuses at once, without waiting, while another connection reads or writes: the change to
    WAL."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
        time.sleep(BUSY_PAUSE_SECONDS)


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[Connection]:
    """A write transaction in which a migration may rebuild tables; foreign keys are checked at its end.

    With foreign keys on, SQLite deletes the rows that refer to a table when the table is rebuilt. They must be switched
    off before the transaction, because the switch has no effect inside.
    """
    if not dialect_of(engine).is_file:
        with writing(engine) as connection:
            yield connection
        return
    with translated(engine), engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
        connection = connection.execution_options(newsarchive_writer=True)
        try:
            with connection.begin():
                yield connection
                if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise DatabaseUnavailable(
                        f"{shown(engine)}: migration left a dangling reference: {tuple(broken)}"
                    )
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def main(name: str = "") -> None:
    """Write the script of today's schema anew, by the revisions that it lacks. With a `name`, first write the revision of that
    name, which brings archives to what the models say."""
    with TemporaryDirectory() as folder:
        engine = open_engine(str(Path(folder) / "archive.db"))
        _create(engine)
        if name:
            import shutil
            import subprocess

            from alembic import command

            # By comparing an archive of the newest revision with the models.
            with _without_foreign_keys(engine) as connection:
                number = f"{int(migrations.head()) + 1:04}"
                command.revision(_config(connection), name, autogenerate=True, rev_id=number)
            if ruff := shutil.which("ruff"):  # Alembic writes other quotes than ours
                written = migrations.FOLDER / "versions"
                subprocess.run(
                    [ruff, "format", "--quiet", *map(str, written.glob(f"{number}_*"))], check=True
                )
        with _without_foreign_keys(engine) as connection:
            _run_revisions(connection)
        engine.dispose()
        script = script_of(Path(folder) / "archive.db")
    (migrations.FOLDER / SCRIPT).write_text(script, encoding="utf-8")


def _script() -> Iterator[str]:
    """The statements of the script. Those of a trigger have semicolons inside, so that each ends with its line."""
    statement = ""
    for line in (migrations.FOLDER / SCRIPT).read_text(encoding="utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def script_of(file: Path) -> str:
    """The script that makes an archive like this one, which holds nothing but its revision."""
    of_index = tuple(f"{table}_" for table in FULL_TEXT_TABLES)  # FTS5 makes such tables by itself
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
            " ORDER BY instr('table index view trigger', type), rowid"
        )
        made = [sql for name, sql in rows if not name.startswith(of_index)]
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    made.append(f"INSERT INTO alembic_version VALUES ('{revision}')")
    return _HEAD.format(revision) + ";\n\n".join(made) + ";\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
