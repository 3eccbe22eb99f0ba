"""The commands that maintain an archive: `db upgrade`, `db copy` and others, `backup`, and `reextract` after an update."""

from __future__ import annotations

import shlex
from collections import Counter
from datetime import datetime
from pathlib import Path

import click

from newsarchive import config
from newsarchive.cli.opening import (
    database_url,
    open_archive,
    open_reader,
    place,
    reading_archive,
    same_archive,
    warc_folders,
)
from newsarchive.cli.options import (
    NUMBER,
    Day,
    Group,
    config_option,
    db_option,
    option,
    range_option,
    warc_option,
)
from newsarchive.cli.output import complain, progress_bar, say
from newsarchive.exceptions import ALL_FAILED, SOME_FAILED, DatabaseUnavailable, OutputError, UsageError
from newsarchive.findings import Check, Severity
from newsarchive.reprs import counted
from newsarchive.version import EXTRACTOR_VERSION


@click.group(
    cls=Group,
    epilog="""\b
Examples:
  newsarchive db upgrade --db newsarchive.db
  newsarchive db copy newsarchive.db postgresql://localhost/news""",
)
def db() -> None:
    """The database itself: upgrade, current, check, rebuild, vacuum, copy. Each takes --db (copy: two databases)."""


@db.command(epilog="Example: newsarchive db upgrade --db newsarchive.db")
@option("dry_run")
@db_option
def upgrade(dry_run: bool, db: str) -> None:
    """Create the archive, or bring an old one to this version; an SQLite file is backed up before."""
    from newsarchive.db import schema
    from newsarchive.db.engine import open_engine

    if dry_run:
        say(f"{_would_upgrade(db)}; nothing was written")
        return
    engine = open_engine(database_url(db))
    schema.upgrade(engine)
    say(f"at revision {schema.current(engine)}")


def _would_upgrade(db: str) -> str:
    """A sentence on what an upgrade would do. Raises as the upgrade would for an archive that it refuses."""
    from newsarchive.db import migrations, readonly, schema
    from newsarchive.db.engine import open_engine

    head = migrations.head()
    try:
        with reading_archive(db) as reader:
            before = readonly.current(reader)
    except DatabaseUnavailable:
        return f"would create the archive {place(database_url(db))} at revision {head}"
    if before == head:
        return f"is at revision {head} already"
    if before is not None:
        schema.require_known(open_engine(database_url(db)), before)
    return f"would bring the archive from revision {before or 'none'} to {head}"


@db.command(epilog="Example: newsarchive db current --db newsarchive.db")
@db_option
def current(db: str) -> None:
    """The revision of the archive's schema, and the newest one that this version knows."""
    from newsarchive.db import migrations, readonly

    with reading_archive(db) as reader:
        held = readonly.current(reader)
    if held is None:
        raise DatabaseUnavailable(
            f"{place(database_url(db))} holds no archive: name another with --db, or make one there:"
            f" newsarchive db upgrade{same_archive(database_url(db))}"
        )
    click.echo(f"{held}\t{migrations.head()}")


@db.command(
    epilog="""\b
Example: newsarchive db check --db newsarchive.db

newsarchive doctor looks at sites, settings and the bytes of WARC records too."""
)
@warc_option
@db_option
def check(folder: str | None, db: str) -> None:
    """Look for damage in the database, and for WARC files that are missing.

    Prints what is wrong, a line each, and ends with 1.
    """
    from newsarchive.cli.doctor import show
    from newsarchive.db.engine import open_to_check
    from newsarchive.doctor import check_storage

    engine = open_to_check(database_url(db))
    findings = check_storage(engine, warc_folders(engine, db, folder, perhaps_damaged=True))
    for finding in findings:
        if finding.check is Check.OPENS:
            raise DatabaseUnavailable(f"{finding.message}: {finding.remedy}")
    show(findings, as_json=False)
    if any(finding.severity is not Severity.NOTE for finding in findings):
        raise SystemExit(1)
    say("nothing wrong")


@db.command(epilog="Example: newsarchive db rebuild --db newsarchive.db")
@option("dry_run")
@db_option
def rebuild(dry_run: bool, db: str) -> None:
    """Make the full-text index anew from the texts: for a search that does not find what is there."""
    from newsarchive.db import schema

    if dry_run:
        open_reader(db)
        say("would make the full-text index anew; `newsarchive db check` says whether it needs that")
        return
    schema.rebuild(open_archive(db))
    say("done")


@db.command(epilog="Example: newsarchive db vacuum --db newsarchive.db")
@option("dry_run")
@db_option
def vacuum(dry_run: bool, db: str) -> None:
    """Give space that is no longer used back to the disk."""
    from newsarchive.db import schema

    engine = open_archive(db)
    if dry_run:
        say(f"would give {schema.free_bytes(engine):,} bytes back to the disk; nothing was written")
        return
    schema.vacuum(engine)
    say("done")


@db.command(epilog="Example: newsarchive db copy newsarchive.db postgresql://localhost/news")
@click.argument("source", metavar="FILE|URL")
@click.argument("target", metavar="FILE|URL")
@option("dry_run")
@config_option
def copy(source: str, target: str, dry_run: bool) -> None:
    """Copy an archive from SOURCE into TARGET, between SQLite and PostgreSQL; call it again to go on."""
    from newsarchive import reextract as archive
    from newsarchive.db import schema

    engine = open_archive(source)
    if dry_run:
        for table, n in schema.row_counts(engine).items():
            click.echo(f"{table}\t{n}")
        say(f"would copy these rows into {config.without_password(target)}; nothing was written")
        return
    with progress_bar("copying") as show:
        counts = archive.copy(
            database_url(source), database_url(target), lambda table, done, total: show(done, total, table)
        )
    for table, n in counts.items():
        click.echo(f"{table}\t{n}")
    copied, place = counted(counts["articles"], "article"), config.without_password(target)
    say(f"{copied} copied; what is missing there: newsarchive doctor --db {shlex.quote(place)}")


@click.command(
    epilog="""\b
Examples:
  newsarchive backup archive-2025-04.db --db newsarchive.db
  newsarchive backup /media/stick/newsarchive.db --overwrite"""
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace FILE where it exists, when the new copy is whole.")
@option("dry_run")
@db_option
def backup(file: Path, overwrite: bool, dry_run: bool, db: str) -> None:
    """Copy an SQLite archive into FILE while crawls go on (raw bytes in the WARC folder are not in it)."""
    from newsarchive.db import schema

    engine = open_archive(db)
    if not file.absolute().parent.is_dir():
        raise OutputError(f"{file}: there is no folder {file.parent}; create it first")
    schema.backup(engine, file, overwrite=overwrite, dry_run=dry_run)
    if dry_run:
        say(f"would copy {place(database_url(db))} to {file}; nothing was written")
        return
    say(f"{file}: {file.stat().st_size:,} bytes")


@click.command(
    epilog="""\b
Examples:
  newsarchive reextract --dry-run
  newsarchive reextract --site blog.example --since 2025-01-01 --workers 2"""
)
@click.option("--site", help="Only this site's pages.")
@click.option("--since", type=Day(), help="Only pages fetched since this day (UTC).")
@range_option("--captures", "Only captures with these ids: a part of the work, for one of many machines.")
@click.option(
    "--only-older-than",
    type=NUMBER,
    metavar="VERSION",
    help="Only pages last read by an extractor older than VERSION; by default the present one.",
)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Every page, also what today's extractor has read: after a change of your own steps, rules or settings.",
)
@option("dry_run")
@option("workers")
@warc_option
@db_option
def reextract(
    site: str | None,
    since: datetime | None,
    captures: tuple[int, int] | None,
    only_older_than: int | None,
    every: bool,
    dry_run: bool,
    workers: int,
    folder: str | None,
    db: str,
) -> None:
    """Read the stored raw bytes again with today's extractor, without the network; call it again to go on, but with --all it
    begins anew.

    Prints what changed, a line each: URL, outcome, words lost, words gained, fields. Ends with 3 where pages could not be
    read, with 4 where none could; their articles stay as they are.
    """
    from newsarchive import reextract as archive

    if every and only_older_than is not None:
        raise UsageError("--all reads every page: give it without --only-older-than")
    older_than = None if every else only_older_than or EXTRACTOR_VERSION
    engine, held = open_archive(db), config.load()
    with progress_bar("reading again") as show:
        summary = archive.reextract(
            engine, warc_folders(engine, db, folder), site=site, ids=captures, rules_folder=held["rules"],
            steps=held["steps"], since=since,
            only_older_than=older_than, dry_run=dry_run, workers=workers, page_seconds=held["crawl.page_seconds"], progress=show,
            on_change=lambda change: click.echo(
                f"{change.url}\t{change.outcome.value}\t-{change.lost.total()}\t+{change.gained.total()}\t{' '.join(change.fields)}"
            ),
        )  # fmt: skip
    dropped = "".join(f", {n} {reason}" for reason, n in summary.no_article.items())
    rights = (
        f"; {summary.rights} with words of their sites on their use that were not known"
        if summary.rights
        else ""
    )
    say(
        f"{summary.captures} read: {summary.new} new, {summary.updated} updated, {summary.unchanged} unchanged, "
        f"{len(summary.failed)} failed{dropped}; {summary.lost} words lost, {summary.gained} gained{rights}"
    )
    if summary.failed:
        for page in summary.failed:
            complain(f"cannot be read: {page.problem}")
        causes = Counter(str(page.failure) for page in summary.failed)
        complain(
            f"{len(summary.failed)} of {summary.captures} pages could not be read, and their articles are as they were: "
            + ", ".join(f"{number} {cause}" for cause, number in causes.items())
        )
        raise SystemExit(ALL_FAILED if len(summary.failed) == summary.captures else SOME_FAILED)
