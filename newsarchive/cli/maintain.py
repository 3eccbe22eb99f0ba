"""`newsarchive db`, `backup` and `reextract`: looking after an archive."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsarchive.cli.common import (
    database_url,
    db_option,
    open_archive,
    open_reader,
    raw_folder,
    rules_folder,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


@click.group(
    epilog="""\b
Examples:
  newsarchive db upgrade --db newsarchive.db
  newsarchive db copy newsarchive.db postgresql://localhost/news"""
)
def db() -> None:
    """The database itself: upgrade, current, check, rebuild, vacuum, copy. Each takes --db (copy: two databases)."""


@db.command(epilog="Example: newsarchive db upgrade --db newsarchive.db")
@db_option
def upgrade(db: str) -> None:
    """Create the archive, or bring an old one to this version; an SQLite file is backed up before."""
    from newsarchive.db import schema
    from newsarchive.db.engine import open_engine

    engine = open_engine(database_url(db))
    schema.upgrade(engine)
    say(f"at revision {schema.current(engine)}")


@db.command(epilog="Example: newsarchive db current --db newsarchive.db")
@db_option
def current(db: str) -> None:
    """The revision of the archive's schema, and the newest one that this version knows."""
    from newsarchive.db import revisions
    from newsarchive.db.direct import reading

    with reading(open_reader(db)) as connection:
        click.echo(f"{revisions.current(connection) or 'none'}\t{revisions.head()}")


@db.command(epilog="Example: newsarchive db check --db newsarchive.db")
@db_option
def check(db: str) -> None:
    """Look for damage. Prints what is wrong, a line each, and ends with 1; prints nothing where all is well."""
    from newsarchive.db import schema

    problems = schema.check(open_archive(db))
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)
    say("nothing wrong")


@db.command(epilog="Example: newsarchive db rebuild --db newsarchive.db")
@db_option
def rebuild(db: str) -> None:
    """Make the full-text index anew from the texts: for a search that does not find what is there."""
    from newsarchive.db import schema

    schema.rebuild(open_archive(db))
    say("done")


@db.command(epilog="Example: newsarchive db vacuum --db newsarchive.db")
@db_option
def vacuum(db: str) -> None:
    """Give space that is no longer used back to the disk."""
    from newsarchive.db import schema

    schema.vacuum(open_archive(db))
    say("done")


@db.command(epilog="Example: newsarchive db copy newsarchive.db postgresql://localhost/news")
@click.argument("source", metavar="FILE|URL")
@click.argument("target", metavar="FILE|URL")
def copy(source: str, target: str) -> None:
    """Copy an archive from SOURCE into TARGET, between SQLite and PostgreSQL; call it again to go on."""
    from newsarchive import archive

    open_archive(source)
    with progress_bar("copying") as show:
        counts = archive.copy(
            database_url(source), database_url(target), lambda table, done, total: show(done, total, table)
        )
    for table, n in counts.items():
        click.echo(f"{table}\t{n}")


@click.command(epilog="Example: newsarchive backup archive-2025-04.db --db newsarchive.db")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@db_option
def backup(file: Path, db: str) -> None:
    """Copy an SQLite archive into FILE while crawls go on (raw bytes in the WARC folder are not in it)."""
    from newsarchive import archive

    archive.backup(open_archive(db), file)
    say(f"{file}: {file.stat().st_size:,} bytes")


@click.command(
    epilog="""\b
Examples:
  newsarchive reextract --dry-run
  newsarchive reextract --site blog.example --since 2025-01-01 --workers 2"""
)
@click.option("--site", help="Only this site's pages.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only pages fetched since this day (UTC).")
@click.option(
    "--only-older-than",
    type=int,
    metavar="VERSION",
    help="Only pages last read by an extractor older than VERSION; by default the present one.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=os.cpu_count() or 1,
    show_default=True,
    help="Processes; 0 works in this one.",
)
@click.option(
    "--warc", "folder", metavar="FOLDER", help="Where the raw bytes lie; by default beside the database."
)
@db_option
def reextract(
    site: str | None,
    since: Any,
    only_older_than: int | None,
    dry_run: bool,
    workers: int,
    folder: str | None,
    db: str,
) -> None:
    """Read the stored raw bytes again with today's extractor, without the network; call it again to go on.

    Prints what changed, a line each: URL, outcome, words lost, words gained, fields.
    """
    from datetime import UTC

    from newsarchive import archive
    from newsarchive.version import EXTRACTOR_VERSION

    engine = open_archive(db)
    with progress_bar("reading again") as show:
        summary = archive.reextract(
            engine, archive.raw_folders(engine, raw_folder(db, folder)), site=site, rules_folder=rules_folder(),
            since=since.replace(tzinfo=UTC) if since else None,
            only_older_than=EXTRACTOR_VERSION if only_older_than is None else only_older_than,
            dry_run=dry_run, workers=workers, progress=lambda done, total: show(done, total, ""),
            on_change=lambda change: click.echo(
                f"{change.url}\t{change.outcome.value}\t-{change.lost.total()}\t+{change.gained.total()}\t{' '.join(change.fields)}"
            ),
        )  # fmt: skip
    for failure in summary.failed:
        say(f"cannot be read: {failure}")
    dropped = "".join(f", {n} {reason}" for reason, n in summary.no_article.items())
    say(
        f"{summary.captures} read: {summary.new} new, {summary.updated} updated, {summary.unchanged} unchanged, "
        f"{len(summary.failed)} failed{dropped}; {summary.lost} words lost, {summary.gained} gained"
    )


def progress_bar(what: str) -> AbstractContextManager[Callable[[int, int, str], None]]:
    """A bar on stderr where that is a terminal, nothing elsewhere; call it with done, total, a word."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import Progress

    @contextmanager
    def bar() -> Iterator[Callable[[int, int, str], None]]:
        console = Console(stderr=True)
        with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
            task = progress.add_task(what, total=None)
            yield lambda done, total, word: progress.update(
                task, completed=done, total=total, description=f"{what} {word}".strip()
            )

    return bar()
