"""The archive of a command, and the settings that hold for it: where both are, and how they are opened.

$ newsarchive show 17 --db news.db          # `open_reader`
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive import config
from newsarchive.exceptions import Damaged, DatabaseError, DatabaseUnavailable, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.core.steps import Steps
    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.db.readonly import File, Reader
    from newsarchive.rules import Rules

log = logging.getLogger(__name__)


def database_source(ctx: click.Context) -> str:
    """Where the name of the command's archive comes from: `option --db`, or a source of `Config.source`."""
    given = ctx.get_parameter_source("db") is click.core.ParameterSource.COMMANDLINE
    return "option --db" if given else config.load().source("database")


def require_archive(ctx: click.Context, db: str) -> None:
    """Make sure that the archive exists, so that a mistyped name does not create an empty one that is crawled for ever.

    The archive may be missing in one case: the file of settings lists sites, and names this archive or none. Raises
    `DatabaseUnavailable`.
    """
    from newsarchive.db.readonly import current, open_source, reading

    held, name = config.load(), place(database_url(db))
    if held.tables.get("site") and database_source(ctx) in ("default", str(held.file)):
        return
    source = None
    try:
        source = open_source(database_url(db))
        with reading(source) as reader:
            if current(reader) is not None:
                return
    except DatabaseUnavailable:
        if source is not None:  # something is there: what is wrong with it is said
            raise
    raise DatabaseUnavailable(
        f"{name}: no archive there: correct --db, or follow a site first: "
        f"newsarchive sites add https://blog.example{same_archive(database_url(db))}"
    )


def warc_folders(
    engine: Engine, db: str, folder: str | None = None, *, perhaps_damaged: bool = False
) -> tuple[str, ...]:
    """The folders of an archive's WARC files: that of the option, else that of the settings, else the one beside it; then those
    that the archive knows. An archive that cannot be read knows none where it is `perhaps_damaged`; else `DatabaseError` is raised,
    because who erases or reads again has to know all of them."""
    from newsarchive.reextract import raw_folders
    from newsarchive.warc import files

    if folder and not files.is_address(folder):
        own = files.own_folders(folder, database_url(db))  # wrong settings are no hindrance
    else:
        held = config.load()
        own = files.own_folders(folder or held["warc"], database_url(db), held["warc_staging"])
    with suppress(DatabaseError, Damaged) if perhaps_damaged else nullcontext():
        return raw_folders(engine, own)
    return own


def rules_in_force() -> Rules:
    """newsarchive's rules, overridden by those in the folder of the settings. Raises `BadRules`."""
    from newsarchive import rules

    return rules.default(config.load()["rules"])


def steps_in_force() -> Steps:
    """The steps that every page goes through. Raises `UsageError`."""
    from newsarchive import plugins

    return plugins.steps(config.load()["steps"])


def database_url(db: str) -> str:
    """The database URL of `--db`, where a plain file name means an SQLite database."""
    return db if "://" in db else f"sqlite:///{db}"


def open_archive(db: str) -> Engine:
    """The archive as an SQLAlchemy engine. Raises `DatabaseUnavailable` where there is none yet."""
    from newsarchive.db.engine import open_existing

    log.info("the archive is %s", config.without_password(database_url(db)))
    return open_existing(database_url(db))


def open_reader(db: str) -> File | Engine:
    """The archive for reading: an SQLite file is opened without SQLAlchemy, because the import of SQLAlchemy is slow.

    Raises `DatabaseUnavailable` where there is none yet.
    """
    from newsarchive.db.readonly import open_source

    log.info("the archive is %s", config.without_password(database_url(db)))
    return open_source(database_url(db))


@contextmanager
def reading_archive(db: str) -> Iterator[Reader]:
    """To read from the archive. Raises as `open_reader` does."""
    from newsarchive.db.readonly import reading

    with reading(open_reader(db)) as reader:
        yield reader


def known_site(db: str, text: str) -> KnownSite:
    """A site that was crawled or is followed, by its domain or any of its addresses. Raises `UsageError` where the archive has no
    such site."""
    from newsarchive.core.urls import check_start_url
    from newsarchive.db.frontier.known_sites import site

    with reading_archive(db) as reader:
        found = site(reader, check_start_url(text, ""))
    if found is None:
        raise UsageError(f"{text}: no such site; newsarchive sites list shows those there are")
    return found


def known_domain(db: str, text: str) -> str:
    """The domain of a site that the archive knows: one that is followed, or that has articles, wherever they came from. Raises
    `UsageError` as `known_site` does."""
    from newsarchive.core.urls import check_start_url
    from newsarchive.db.frontier.known_sites import domain_at

    with reading_archive(db) as reader:
        domain = domain_at(reader, check_start_url(text, ""))
    if not domain:
        raise UsageError(f"{text}: no such site; newsarchive stats names those of which there are articles")
    return domain


def place(url: str) -> str:
    """The name of an archive for messages: a file, or the URL of a database without its password.

    >>> place("sqlite:///news.db"), place("postgresql://me:secret@localhost/news")
    ('news.db', 'postgresql://me:***@localhost/news')
    """
    return config.without_password(url.removeprefix("sqlite:///"))


def same_archive(url: str) -> str:
    """The option with which a suggested command opens this archive: "" where it is the one that is opened without any,
    `--config` where the command was given that option and its file names the archive, else `--db`."""
    held, context = config.load(), click.get_current_context(silent=True)
    if url != database_url(held["database"]):
        return f" --db {shlex.quote(config.pasted(place(url)))}"
    given = (
        context is not None
        and context.get_parameter_source("config") is click.core.ParameterSource.COMMANDLINE
    )
    return f" --config {shlex.quote(str(held.file))}" if given else ""


def next_steps(url: str, warc: str, *, word: str = "WORDS", first: int = 0, blog: str = "") -> str:
    """The text at the end of a crawl: where the articles and the raw pages are, and which commands come next.

    `url` is the archive, `warc` the setting for raw pages (`on`, `off` or a folder). The suggested commands search for
    `word`, show the article with the id `first`, and crawl `blog`; 0 and "" leave a command out. They have `--db` where
    `url` is not the archive that is opened without it.
    """
    option = same_archive(url)
    commands = [f"search {word}", *([f"show {first}"] if first else []), "export articles.csv"]
    commands += [f"crawl {blog}"] if blog else []
    said = [f"The articles are in {place(url)}."]
    if warc != "off":
        from newsarchive.warc.files import is_address, own_folders

        folder = own_folders(warc, url)[0]
        if (
            is_address(folder) or Path(folder).is_dir()
        ):  # none is made of pages that came out of Scrapy's own cache
            said.append(f"The pages as they were received are in {folder}.")
    return "\n".join([*said, "What to type next:", *(f"  newsarchive {c}{option}" for c in commands)])
