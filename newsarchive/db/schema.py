"""The schema's version: creating, upgrading and checking an archive with Alembic.

The Alembic configuration is built here, so the project needs no `alembic.ini`. A migration runs in
one transaction: where it fails, the old state stands. Alembic is imported where a step is due: it takes longer
than to see that none is.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, inspect, select

from newsarchive.db import fulltext, readonly
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import reading, shown, sqlite_file, translated, writing
from newsarchive.db.models import Base
from newsarchive.exceptions import DatabaseTooNew, DatabaseUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

#: File systems whose locks SQLite cannot trust (https://sqlite.org/faq.html#q5); WAL needs shared memory.
NETWORK_DRIVES = ("nfs", "cifs", "smb", "smb2", "smb3", "smbfs", "sshfs", "fuse.sshfs", "9p", "afs", "ceph")

#: Tables that every archive has had since its first version: Alembic's own are also those of other programs.
OWN_TABLES = frozenset({"articles", "article_revisions", "captures", "crawl_runs"})
#: Revisions of schemas that no release had. Their scripts are gone; the commit `LAST_TO_UPGRADE` still has them.
UNRELEASED = frozenset(f"{number:04}" for number in range(1, 12))
#: The last commit whose `newsarchive db upgrade` brings such archives to revision 0012.
LAST_TO_UPGRADE = "480e2d2"
#: Free share of an SQLite file (0 to 1). From it on, a work that rewrote many articles writes the file anew; below it,
#: the next crawl fills the free pages before a second copy of the whole file would be worth its time.
MAX_FREE_SHARE = 0.1
#: Tables of another program that a message names; further ones are left out.
MAX_NAMED_TABLES = 3

log = logging.getLogger(__name__)


def upgrade(engine: Engine) -> None:
    """Create the archive, or bring an old one to this version.

    An SQLite file that holds an older archive is copied beside itself first
    (`FILE.before-REVISION.bak`). Does nothing where the archive is up to date. Raises
    `DatabaseTooNew` for an archive of a newer version, `DatabaseUnavailable` where it cannot be
    opened or written, was made by a version before the first release, or holds the tables of another
    program: nothing is changed in it then.
    """
    _check_folder(engine)
    _warn_of_network_drive(engine)
    before = _revision(engine)
    head = readonly.head()
    _refuse_foreign(engine, before)
    if before == head:
        return
    _refuse_unknown(engine, before)
    path = sqlite_file(engine)
    if before is not None and path is not None:
        backup(engine, path.with_name(f"{path.name}.before-{head}.bak"), overwrite=True)
    _prepare(engine)
    from alembic import command

    with _without_foreign_keys(engine) as connection:
        command.upgrade(_config(connection), "head")


def current(engine: Engine) -> str | None:
    """The archive's schema revision, `None` for an empty database."""
    with reading(engine) as connection:
        return readonly.current(connection)


def check(engine: Engine) -> list[str]:
    """What is wrong with the archive, a line each; nothing where it is sound.

    Reads the whole database: minutes for a large one.
    """
    with writing(engine) as connection:  # FTS5's own check is spelled as an INSERT
        held = readonly.current(connection)
        problems = (
            [] if held == readonly.head() else [f"schema {held}: not the newest, run: newsarchive db upgrade"]
        )
        problems += dialect_of(connection).problems(connection)
        return problems + [f"{count} {what}" for what, count in _miscounts(connection) if count]


def vacuum(engine: Engine) -> None:
    """Give free space back and refresh the planner's statistics."""
    compact(engine)
    _outside_transactions(engine, ["ANALYZE"])


def give_back(engine: Engine) -> int:
    """Write an SQLite archive anew where much of its file is free; gives how many bytes that gave back.

    For the end of a work that rewrote many articles. PostgreSQL does so by itself.
    """
    path = sqlite_file(engine)
    if path is None:
        return 0
    with reading(engine) as connection:
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
    if free < MAX_FREE_SHARE * pages:
        return 0
    compact(engine)
    with reading(engine) as connection:
        left = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int((pages - left) * size)


def free_bytes(engine: Engine) -> int:
    """How much of an SQLite archive's file holds nothing; 0 for PostgreSQL, which uses it again by itself."""
    if sqlite_file(engine) is None:
        return 0
    with reading(engine) as connection:
        free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("freelist_count", "page_size")
        )
    return int(free * size)


def row_counts(engine: Engine) -> dict[str, int]:
    """How many rows each table of the archive holds."""
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def compact(engine: Engine) -> None:
    """Write the archive anew without gaps: free pages, half-full ones, parts of the full-text index."""
    _outside_transactions(engine, [*dialect_of(engine).optimize, "VACUUM"])


def _outside_transactions(engine: Engine, statements: Sequence[str]) -> None:
    # Neither database vacuums inside a transaction, and SQLAlchemy always begins one.
    outside = engine.execution_options(isolation_level="AUTOCOMMIT")
    with translated(engine), outside.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rebuild(engine: Engine) -> None:
    """Make the full-text index anew from the texts."""
    with writing(engine) as connection:
        fulltext.rebuild(connection)


def backup(engine: Engine, target: Path, *, overwrite: bool = False) -> None:
    """Copy an SQLite archive while others use it (SQLite's online backup).

    Raises `DatabaseUnavailable` where the target exists, cannot be written, or the archive is not
    an SQLite file.
    """
    path = sqlite_file(engine)
    if path is None:
        url = engine.url.set(drivername="postgresql", password=None).render_as_string()
        raise DatabaseUnavailable(
            f"{shown(engine)} is not an SQLite file. While crawls go on, either"
            f" pg_dump --format=custom --file={target.with_suffix('.dump')} '{url}', or, into an SQLite file:"
            f" newsarchive db copy '{url}' {target}"
        )
    if target.exists() and not overwrite:
        raise DatabaseUnavailable(f"{target} exists: name another file")
    if not path.exists():
        raise DatabaseUnavailable(f"{path}: no archive there")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise DatabaseUnavailable(f"{target} cannot be written: {error}") from error
    part.replace(target)


def _miscounts(connection: Connection) -> Iterator[tuple[str, int]]:
    """Rows that no path through the code makes."""
    for what, query in {
        "articles without a version": "SELECT count(*) FROM articles WHERE revision_id IS NULL",
        "articles whose version is another's": "SELECT count(*) FROM articles a JOIN article_revisions r"
        " ON r.id = a.revision_id WHERE r.article_id <> a.id",
    }.items():
        yield what, int(connection.exec_driver_sql(query).scalar_one())


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(readonly.MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(engine: Engine) -> str | None:
    with translated(engine), engine.connect() as connection:
        return readonly.current(connection)


def _refuse_foreign(engine: Engine, revision: str | None) -> None:
    """Raise `DatabaseUnavailable` for the database of another program.

    A PostgreSQL database may hold other tables beside ours, unless they have our names.
    """
    with translated(engine):
        there = set(inspect(engine).get_table_names()) - {"alembic_version"}
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


def _refuse_unknown(engine: Engine, revision: str | None) -> None:
    """What is neither of this version nor of an earlier release cannot be upgraded, and is said to be so."""
    if revision in UNRELEASED:
        raise DatabaseUnavailable(
            f"{shown(engine)} was made before the first release (schema {revision}), and"
            " was left as it is. To keep all of it, upgrade it in a clone of the repository with the last commit that"
            f" can: git checkout {LAST_TO_UPGRADE}; newsarchive db upgrade --db {shown(engine)}; git checkout -."
            " Or read its raw pages into a new archive:"
            " scrapy crawl warc -a path='FOLDER/*.warc.gz' -s NEWSARCHIVE_DATABASE_URL=NEW.db"
        )
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseTooNew(
            f"{shown(engine)} was written by a newer newsarchive (schema {revision}, this version knows"
            f" {readonly.head()}): upgrade newsarchive, or name another database"
        )


def _check_folder(engine: Engine) -> None:
    path = sqlite_file(engine)
    if path is None:
        return
    if path.is_dir():
        raise DatabaseUnavailable(f"{path} is a folder: name a file")
    if not path.parent.is_dir():
        raise DatabaseUnavailable(
            f"{path} cannot be created: there is no folder {path.parent}; create it first"
        )


def network_drive(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of network file system that a path lies on, "" for a local one or where it cannot be told."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""  # not Linux
    folder = path.resolve().parent
    over = [(len(where), kind) for _, where, kind, *_ in lines if folder.is_relative_to(where)]
    kind = max(over, default=(0, ""))[1]
    return kind if kind.removesuffix("4") in NETWORK_DRIVES else ""


def _warn_of_network_drive(engine: Engine) -> None:
    path = sqlite_file(engine)
    if path is not None and (kind := network_drive(path)):
        log.warning(
            "%s lies on a network drive (%s): SQLite's locks are not safe there, and a crash may damage it."
            " Keep the archive on a local disk, or use PostgreSQL.", path, kind,
        )  # fmt: skip


def _prepare(engine: Engine) -> None:
    """What is set once for a file, before anything is in it and outside a transaction."""
    with translated(engine), closing(engine.raw_connection()) as connection:
        for statement in dialect_of(engine).prepare:
            connection.cursor().execute(statement)


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[Connection]:
    """A write transaction in which tables may be rebuilt; references are checked at its end.

    SQLite drops the rows that refer to a table when the table is rebuilt with foreign keys on, and
    the switch does nothing inside a transaction.
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
