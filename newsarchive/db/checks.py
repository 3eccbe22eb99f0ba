"""What can be wrong with the database of an archive, and the facts that checks of its files and sites need.

    for finding in database(open_existing(url)):
        print(finding.severity, finding.message, finding.remedy)

Each check is a function that gives findings. A database that fails under a check is a finding of that check, and the others
go on. SQL stands here; what it is compared with (files, settings) is in `newsarchive.doctor`.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import JSON, Engine, func, select

from newsarchive.compression import is_packed
from newsarchive.core.alarms.listings import FRONT_PAGE
from newsarchive.core.near_duplicates.fingerprint import fingerprint
from newsarchive.core.urls import site_of
from newsarchive.db import migrations, readonly, views
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import (
    command,
    outside_transactions,
    reading,
    shown,
    sqlite_file,
    translated,
    writing,
)
from newsarchive.db.models import ArticleRow, Base, CaptureRow, Site, Source, SourceTextRow, Url
from newsarchive.db.models.base import Compressed, CompressedJson, UTCDateTime
from newsarchive.db.rows import minhash_of, quality_from, records_from
from newsarchive.db.schema import rebuild
from newsarchive.db.values import decoded, json_from, moment, unpack_json, unpack_text
from newsarchive.exceptions import Damaged, DatabaseError, StorageAway
from newsarchive.findings import Check, Finding, Fix, error, note, warning
from newsarchive.items import Candidate, Evidence
from newsarchive.reprs import counted

#: Bytes of the write-ahead log of an SQLite archive. A longer log makes reading slow. It grows while a reader keeps one
#: transaction open for long.
MAX_WAL_BYTES = 256 * 2**20
#: Bytes of a disk on which SQLite can read a file in WAL mode: its `-shm` has 32,768. With less, the disk is at fault and not
#: the archive.
MIN_READING_BYTES = 2**16
#: The columns whose values `newsarchive recluster` makes of the texts.
MADE_ANEW = frozenset({"articles.minhash"})


def database(engine: Engine) -> list[Finding]:
    """All that is wrong with the database. Reads the whole database, which takes minutes for a large one.

    Of an archive of another version only the file is judged: what its tables should hold is not known here.
    """
    found = guarded(Check.OPENS, schema, engine)
    if any(finding.check is Check.OPENS for finding in found):
        return found
    checks: dict[Check, Callable[[Engine], Iterable[Finding]]] = {Check.INTEGRITY: integrity}
    if not found:
        checks |= {
            Check.FULL_TEXT: full_text, Check.ROWS: rows, Check.VALUES: values, Check.VIEWS: made_views, Check.COPIES: signatures, Check.WAL: wal
        }  # fmt: skip
    found += [finding for check, look in checks.items() for finding in guarded(check, look, engine)]
    return list({finding.message: finding for finding in reversed(found)}.values())[::-1]


def guarded(check: Check, look: Callable[[Engine], Iterable[Finding]], engine: Engine) -> list[Finding]:
    """What a check finds; a database that fails under it is an error of its own, and so is a storage of raw bytes."""
    found: list[Finding] = []
    try:
        found.extend(look(engine))
    except StorageAway as failed:
        found.append(
            error(check, str(failed), "see which storage the setting warc names: newsarchive config")
        )
    except Damaged as failed:
        found.append(error(Check.VALUES, str(failed), _correction(engine)))
    except DatabaseError as failed:
        found.append(error(check, str(failed), recovery(engine)))
    return found


def recovery(engine: Engine) -> str:
    """The commands that save what is left of a damaged database, or that show why it cannot be read: its rights, its disk."""
    if (path := sqlite_file(engine)) is None:
        return "look into the server's log, and restore a dump: pg_restore --help"
    there = path.absolute().parent
    if not os.access(path, os.R_OK):
        return f"ls -ld {shlex.quote(str(there))} {shlex.quote(str(path))}; its owner lets you read it: chmod g+r"
    if there.exists() and shutil.disk_usage(there).free < MIN_READING_BYTES:
        return f"free some space: du -sh {shlex.quote(str(there))}/*"
    quoted, saved = shlex.quote(str(path)), shlex.quote(str(path.with_name(f"{path.stem}-recovered.db")))
    return f"restore a backup, or save what can be read: sqlite3 {quoted} .recover | sqlite3 {saved}"


def schema(engine: Engine) -> Iterator[Finding]:
    """Whether this is an archive of this version."""
    with reading(engine) as connection:
        held, newest = readonly.current(connection), migrations.head()
    if held is None:
        yield error(Check.OPENS, f"{shown(engine)} holds no archive", command(engine, "db upgrade"))
    elif held > newest:
        what = f"schema {held} is of a newer newsarchive: this one knows {newest}"
        yield error(Check.SCHEMA, what, "pip install --upgrade newsarchive")
    elif held < newest:
        what = f"schema {held} is not the newest ({newest})"
        yield error(Check.SCHEMA, what, command(engine, "db upgrade"))


def integrity(engine: Engine) -> Iterator[Finding]:
    """Damage that the database finds itself."""
    with reading(engine) as connection:
        found = list(dialect_of(connection).problems(connection))
    for check, message in found:
        if check is Check.INDEXES:
            yield error(check, message, command(engine, "doctor --fix"), Fix.REBUILD_INDEXES)
        else:
            yield error(check, message, recovery(engine))


def full_text(engine: Engine) -> Iterator[Finding]:
    """Whether the full-text index has the texts."""
    with reading(engine) as connection:
        differ = dialect_of(connection).searches_differ(connection)
    if differ is None:
        yield note(
            Check.FULL_TEXT,
            "the full-text index was not compared with the texts: SQLite's temporary folder has no room for a copy of it;"
            " SQLITE_TMPDIR names another",
        )
    elif differ:
        yield error(
            Check.FULL_TEXT,
            "the full-text index and the texts differ: searches miss articles",
            command(engine, "db rebuild"),
            Fix.REBUILD_FULL_TEXT,
        )


#: Rows that the program never writes: what is wrong → the number of them.
_MISCOUNTS = {
    "articles without a version": "SELECT count(*) FROM articles WHERE revision_id IS NULL",
    "articles whose version is another's": "SELECT count(*) FROM articles a JOIN article_revisions r"
    " ON r.id = a.revision_id WHERE r.article_id <> a.id",
    "articles whose version is missing": "SELECT count(*) FROM articles a LEFT JOIN article_revisions r"
    " ON r.id = a.revision_id WHERE a.revision_id IS NOT NULL AND r.id IS NULL",
    "left-out lines without a text": 'SELECT count(*) FROM dropped_lines d LEFT JOIN "lines" l'
    " ON l.hash = d.line_hash WHERE l.hash IS NULL",
    "left-out lines without a label": "SELECT count(*) FROM dropped_lines d LEFT JOIN block_labels l"
    " ON l.id = d.label_id WHERE l.id IS NULL",
}


def rows(engine: Engine) -> Iterator[Finding]:
    with reading(engine) as connection:
        for what, query in _MISCOUNTS.items():
            if count := connection.exec_driver_sql(query).scalar_one():
                yield error(Check.ROWS, f"{count} {what}", "restore a backup, or: newsarchive reextract")


#: Type of a column in SQLite → the condition that a value of it, {name}, is none. SQLite keeps any value in any column.
_NO_VALUE = {
    "TEXT": "typeof({name}) <> 'text'",
    "BLOB": "typeof({name}) <> 'blob'",
    "DOUBLE": "typeof({name}) <> 'real'",
} | dict.fromkeys(["INTEGER", "BIGINT", "BOOLEAN"], "typeof({name}) <> 'integer'")


def _begins_packed(stored: bytes) -> None:
    """To unpack markup takes the text of its version, too. Its beginning is enough to find a value of another kind."""
    if not is_packed(stored):
        raise ValueError("not packed")


#: Type of a column → the reader of its values.
_READERS_OF_TYPES: dict[type, Callable[[Any], Any]] = {
    UTCDateTime: moment, JSON: lambda stored: json_from(str(stored)), Compressed: unpack_text, CompressedJson: unpack_json
}  # fmt: skip
#: Columns that have a reader of their own.
_READERS: dict[str, Callable[[Any], Any]] = {
    "articles.quality": lambda stored: quality_from(json_from(str(stored))),
    "articles.candidates": lambda stored: records_from(Candidate, "candidates", unpack_json(stored)),
    "articles.minhash": minhash_of,
    "article_origins.evidence": lambda stored: records_from(Evidence, "evidence", json_from(str(stored))),
    "article_revisions.markup": _begins_packed,
}
#: Rows of one column that are named; further ones are counted.
MAX_NAMED_ROWS = 5


def values(engine: Engine) -> Iterator[Finding]:
    """Values that the program never writes, as damage or an UPDATE by hand leaves them. PostgreSQL lets none in."""
    if sqlite_file(engine) is None:
        return
    readers: dict[str, Callable[[Any], Any]] = {}
    for one in (column for table in Base.metadata.sorted_tables for column in table.columns):
        if reader := _READERS.get(str(one)) or _READERS_OF_TYPES.get(type(one.type)):
            readers[str(one)] = reader

    def is_unreadable(column: str, stored: Any) -> bool:  # by the program's own reader of a column
        try:
            decoded(column, readers[column], stored)
        except Damaged:
            return True
        return False

    with reading(engine) as connection:
        driver: Any = connection.connection.driver_connection
        driver.create_function("is_unreadable", 2, is_unreadable, deterministic=True)
        for table in Base.metadata.sorted_tables:
            wrong: dict[str, str] = {}  # column → the condition that a value of it cannot be read
            for column in table.columns:
                if str(column) in readers:
                    no = f"is_unreadable('{column}', \"{column.name}\")"
                else:
                    no = _NO_VALUE[column.type.compile(engine.dialect)].format(name=f'"{column.name}"')
                wrong[column.name] = f'"{column.name}" IS NOT NULL AND {no}'
            counts = ", ".join(f"count(CASE WHEN {no} THEN 1 END)" for no in wrong.values())
            found = connection.exec_driver_sql(f'SELECT {counts} FROM "{table.name}"').one()
            key = next(iter(table.primary_key)).name
            for (name, no), count in zip(wrong.items(), found, strict=True):
                if count:
                    query = f'SELECT "{key}" FROM "{table.name}" WHERE {no} ORDER BY 1 LIMIT {MAX_NAMED_ROWS}'
                    named = ", ".join(map(str, connection.exec_driver_sql(query).scalars()))
                    what = f"{counted(count, 'value')} of {table.name}.{name} cannot be read ({key}: {named}"
                    what += ", …)" if count > MAX_NAMED_ROWS else ")"
                    yield error(Check.VALUES, what, _correction(engine, f"{table.name}.{name}"))


def _correction(engine: Engine, column: str = "") -> str:
    """The remedy for a value that the program never writes."""
    path = sqlite_file(engine)
    by_hand = "restore a backup" + (f", or correct it: sqlite3 {shlex.quote(str(path))}" if path else "")
    anew = (
        "newsarchive recluster makes it anew, unless its article is taken down: then "
        if column in MADE_ANEW
        else ""
    )
    return anew + by_hand


def made_views(engine: Engine) -> Iterator[Finding]:
    """Whether the views are there, with today's columns."""
    for name in views.NAMES:
        there: set[str] = set()
        with suppress(DatabaseError), translated(engine), engine.connect() as connection:
            there = set(connection.exec_driver_sql(f"SELECT * FROM {name} LIMIT 0").keys())
        if not there >= views.COLUMNS:
            what = "lacks columns" if there else "is missing"
            yield error(
                Check.VIEWS, f"the view {name} {what}", command(engine, "doctor --fix"), Fix.REMAKE_VIEWS
            )


def signatures(engine: Engine) -> Iterator[Finding]:
    """Whether the oldest article is indexed as this version indexes articles: others find no copies of it."""
    oldest = select(ArticleRow.article_body, ArticleRow.content_hash, ArticleRow.minhash)
    oldest = oldest.where(ArticleRow.minhash.is_not(None)).order_by(ArticleRow.id).limit(1)
    with reading(engine) as connection:
        row = connection.execute(oldest).one_or_none()
    if row is None:
        return
    found = fingerprint(row.article_body or "")
    try:
        minhash = minhash_of(row.minhash)
    except Damaged:  # `values` says so
        return
    if found.content_hash == row.content_hash and found.minhash != minhash:
        yield warning(
            Check.COPIES,
            "the index of copies is of an older version: new articles are not found to be copies of the older ones",
            command(engine, "recluster"),
        )


def wal(engine: Engine) -> Iterator[Finding]:
    path = sqlite_file(engine)
    log = path.with_name(path.name + "-wal") if path else None
    if log and log.exists() and (size := log.stat().st_size) > MAX_WAL_BYTES:
        what = f"{log} has {size // 2**20:,} MB: a reader stays too long, or a process was killed"
        yield warning(Check.WAL, what, command(engine, "doctor --fix"), Fix.CHECKPOINT)


# -- mending -------------------------------------------------------------------------------------------------------------


def mend(engine: Engine, fix: Fix) -> None:
    """Mend what is wrong with the database. Raises `DatabaseError`."""
    if fix is Fix.REBUILD_FULL_TEXT:
        rebuild(engine)
    elif fix is Fix.REMAKE_VIEWS:
        with writing(engine) as connection:
            views.make(connection)
    elif fix is Fix.REBUILD_INDEXES:
        outside_transactions(engine, dialect_of(engine).reindex(engine.url))
    elif fix is Fix.CHECKPOINT:
        outside_transactions(engine, "PRAGMA wal_checkpoint(TRUNCATE)")


# -- what checks of files, sites and clock compare -----------------------------------------------------------------------


class KeptFile(NamedTuple):
    """A WARC file as the archive knows it: its captures, the posts of which it holds what a source said, and the bytes up to the end
    of the last of them."""

    name: str
    captures: int
    said: int
    bytes: int


def kept_files(engine: Engine) -> list[KeptFile]:
    numbers: dict[str, Counter[type[CaptureRow | SourceTextRow]]] = defaultdict(Counter)
    ends: Counter[str] = Counter()
    with reading(engine) as connection:
        for model in (CaptureRow, SourceTextRow):
            end = func.max(model.warc_offset + model.warc_length)
            query = select(model.warc_file, func.count(), end).where(model.warc_file != "")
            for name, count, last in connection.execute(query.group_by(model.warc_file)):
                numbers[name][model] = count
                ends[name] = max(ends[name], last or 0)
    return [
        KeptFile(name, found[CaptureRow], found[SourceTextRow], ends[name])
        for name, found in sorted(numbers.items())
    ]


class KeptRecord(NamedTuple):
    """The place of a record, and the digest of its payload as it came over the network."""

    file: str
    offset: int
    digest: str


def kept_records(engine: Engine, sample: int | None) -> list[KeptRecord]:
    """The records of captures, and of what sources said; with `sample` about that number of each, spread evenly over the archive."""
    found: list[KeptRecord] = []
    with reading(engine) as connection:
        for model, number in ((CaptureRow, CaptureRow.id), (SourceTextRow, SourceTextRow.url_id)):
            query = select(model.warc_file, model.warc_offset, model.warc_digest).where(model.warc_file != "")
            if sample is not None:
                last = connection.execute(select(func.max(number))).scalar() or 0
                query = query.where(number % max(1, last // sample) == 0)
            rows = connection.execute(query.order_by(model.warc_file, model.warc_offset))
            found += [KeptRecord(file, at or 0, digest) for file, at, digest in rows]
    return found


class SiteFacts(NamedTuple):
    """What the archive knows of a site: its URLs, those that robots.txt forbids, and where its newest captures came from."""

    domain: str
    urls: int
    forbidden: int
    newest: list[str]


def site_facts(engine: Engine, newest: int) -> dict[str, SiteFacts]:
    """The facts of each site that has URLs; of its captures the addresses of the `newest` ones."""
    forbidden = func.count().filter((Url.state == "blocked") & (Url.reason == "robots.txt"))
    counts = select(Site.id, Site.domain, func.count(), forbidden).join(Url, Url.site_id == Site.id)
    found = {}
    with reading(engine) as connection:
        for site, domain, urls, barred in connection.execute(counts.group_by(Site.id, Site.domain)).all():
            captures = select(CaptureRow.final_url).join(Url, Url.id == CaptureRow.url_id)
            last = captures.where(Url.site_id == site).order_by(CaptureRow.id.desc()).limit(newest)
            found[domain] = SiteFacts(domain, urls, barred, list(connection.execute(last).scalars()))
    return found


def led_elsewhere(engine: Engine) -> dict[str, str]:
    """The front pages that led to another site when they were fetched last with success: their addresses → the front page of the other
    site."""
    query = select(Source.url, Site.domain, Site.home_url).join(Site, Site.id == Source.site_id)
    query = query.where(Source.kind == FRONT_PAGE, Source.last_checked_at.is_not(None)).order_by(
        Source.last_checked_at
    )
    with reading(engine) as connection:
        found = connection.execute(query).all()
    last: dict[str, str] = {}
    for url, domain, home in found:
        last[url] = home if site_of(url) != domain else ""
    return {url: home for url, home in last.items() if home}


def last_fetch(engine: Engine) -> datetime | None:
    """The time of the latest capture, `None` for an archive without one."""
    with reading(engine) as connection:
        return connection.execute(select(func.max(CaptureRow.fetched_at))).scalar()


def folder(engine: Engine) -> Path | None:
    """The folder of an SQLite archive."""
    path = sqlite_file(engine)
    return path.parent if path else None
