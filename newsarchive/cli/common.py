"""Options and output that several subcommands share.

A long text on a terminal goes through a pager, screen by screen; elsewhere nothing stands between.

Where the articles of a crawl are, and what to type next: the last words of every crawl.
"""

from __future__ import annotations

import io
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from newsarchive import config
from newsarchive.cli import plainwords
from newsarchive.cli.options import loudness, quiet
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.export import byline as byline
from newsarchive.export import origin_line as origin_line

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from newsarchive.core.steps import Steps
    from newsarchive.db.readonly import File
    from newsarchive.items import Article, Block, Edit
    from newsarchive.rules import Rules


log = logging.getLogger(__name__)

#: Widest column of running text on a terminal, in characters.
COLUMN = 88

F = TypeVar("F", bound=Callable[..., Any])


def use_config(ctx: click.Context, file: str | None) -> None:
    """Let this file of settings hold for the command, and for every process that it starts.

    Raises `UsageError` where there is no such file.
    """
    if not file:
        return
    before = os.environ.get(config.FILE_VARIABLE)
    path = config.find(file)
    os.environ[config.FILE_VARIABLE] = str(path.absolute() if path else file)

    def restore() -> None:
        os.environ.pop(config.FILE_VARIABLE)
        if before is not None:
            os.environ[config.FILE_VARIABLE] = before

    ctx.call_on_close(restore)


def config_option(command: F) -> F:
    """What every command has: `--config`, a file of settings in place of `newsarchive.toml`, `--verbose`, `--quiet`."""
    return click.option(
        "--config",
        metavar="FILE",
        is_eager=True,  # what other options are by default stands in it
        expose_value=False,
        callback=lambda ctx, option, file: use_config(ctx, file),
        help="Settings; newsarchive.toml here or in your folder of settings by default.",
    )(loudness(command))


def db_option(command: F) -> F:
    """`--db`, a file name or a SQLAlchemy URL, and `--config`, which may name it."""
    return click.option(
        "--db",
        metavar="FILE|URL",
        default=lambda: config.load()["database"],
        show_default="newsarchive.db, or what your settings say",
        help="The archive: an SQLite file, or a database URL.",
    )(config_option(command))


def database_source(ctx: click.Context) -> str:
    """Where the command's archive was said: `option --db`, or as `Config.source` has it."""
    given = ctx.get_parameter_source("db") is click.core.ParameterSource.COMMANDLINE
    return "option --db" if given else config.load().source("database")


def require_archive(ctx: click.Context, db: str) -> None:
    """The archive must be there: a slip of the pen shall make no new one, and crawl nothing into it for ever.

    Only an archive that the file of settings names (or none names), and that file lists sites, may yet have to be
    made. Raises `DatabaseUnavailable`.
    """
    from newsarchive.db.readonly import open_source

    held, place = config.load(), database_url(db).removeprefix("sqlite:///")
    if held.tables.get("site") and database_source(ctx) in ("default", str(held.file)):
        return
    try:
        open_source(database_url(db))
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(
            f"{place}: no archive there: mend --db, or follow a site first: "
            f"newsarchive sites add https://blog.example --db {place}"
        ) from error


def raw_folder(db: str, folder: str | None = None) -> Path:
    """Where the raw bytes of an archive lie: the folder that an option names, else the settings, else beside it."""
    from newsarchive.warc.files import default_folder

    chosen = folder or config.load()["warc"]
    return default_folder(database_url(db)) if chosen in ("on", "off") else Path(chosen)


def rules_folder() -> str:
    """The folder of TOML rules that the settings name, "" for none."""
    folder: str = config.load()["rules"]
    return folder


def rules_in_force() -> Rules:
    """Our rules, with those of the settings' folder over them. Raises `BadRules`."""
    from newsarchive import rules

    return rules.default(rules_folder())


def steps_setting() -> list[str]:
    """The setting `steps`: what other projects add to, or put in place of, newsarchive's own steps."""
    phrases: list[str] = config.load()["steps"]
    return phrases


def steps_in_force() -> Steps:
    """The steps that every page goes through. Raises `UsageError`."""
    from newsarchive import plugins

    return plugins.steps(steps_setting())


def robots_option(command: F) -> F:
    """`--ignore-robots`, on what fetches a page for a person."""
    return click.option(
        "--ignore-robots",
        is_flag=True,
        help="Fetch what robots.txt forbids: for a site of your own. Crawls obey it all the same.",
    )(command)


def database_url(db: str) -> str:
    """What `--db` means: a bare file name is an SQLite database."""
    return db if "://" in db else f"sqlite:///{db}"


def open_archive(db: str) -> Engine:
    """The archive to read from. Raises `DatabaseUnavailable` where there is none yet."""
    from newsarchive.db.engine import open_existing

    log.info("the archive is %s", config.without_password(database_url(db)))
    return open_existing(database_url(db))


def open_reader(db: str) -> File | Engine:
    """The same for what only reads: an SQLite file without SQLAlchemy, whose import takes its time."""
    from newsarchive.db.readonly import open_source

    log.info("the archive is %s", config.without_password(database_url(db)))
    return open_source(database_url(db))


def on_terminal() -> bool:
    """Whether a person reads standard output: colours, wrapping and pictures are for them."""
    return sys.stdout.isatty()


def console() -> Console:
    """Standard output: colours and wrapping on a terminal, plain lines elsewhere; no codes with NO_COLOR."""
    from rich.console import Console

    colours: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(highlight=False, soft_wrap=False, color_system=colours)


def messages() -> Console:
    """Standard error, for what a person watches: no codes with NO_COLOR, nor where it is no terminal."""
    from rich.console import Console

    colours: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Console(stderr=True, highlight=False, color_system=colours)


def say(message: str) -> None:
    """A message to the person, not a row: stderr; nothing with `--quiet`."""
    if not quiet():
        click.echo(message, err=True)


def complain(message: str) -> None:
    """What went wrong: said whatever was asked for."""
    click.echo(message, err=True)


def account(edits: tuple[Edit, ...], dropped: tuple[Block, ...]) -> str:
    """What was done, in one line: repairs by codec, dropped lines by kind."""
    repairs = [e for e in edits if e.step == "repair"]
    codecs = sorted({plainwords.codec(e.rule) for e in repairs})
    kinds: dict[str, int] = {}
    for block in dropped:
        kind = plainwords.label(block.label)
        kinds[kind] = kinds.get(kind, 0) + 1
    parts = [f"{len(repairs)} repairs ({'; '.join(codecs)})"] if repairs else ["no repairs"]
    if kinds:
        parts.append(
            f"{len(dropped)} lines left out (" + ", ".join(f"{n} {k}" for k, n in sorted(kinds.items())) + ")"
        )
    return ", ".join(parts)


def print_article(article: Article, *, pager: bool = False) -> None:
    """The article for a reader on stdout, a long one through the `pager`; the account of what was done on stderr."""

    heads = [byline(article.authors, article.date_published, article.publisher), article.url]
    original = getattr(article, "original_url", "")  # of what is stored; a page read now has none
    heads += [origin_line(article.origin), f"The original is in the archive: {original}" if original else ""]
    heads += dates(article)
    with paged(pager):
        print_wrapped(article.headline, [line for line in heads if line], article.article_body)
    say(account(article.edits, article.dropped))


def print_wrapped(headline: str, heads: list[str], body: str) -> None:
    """Wrapped in a column that reads well on a terminal; elsewhere a paragraph a line, for other programs."""
    if not on_terminal():
        click.echo("\n".join([headline, *heads, "", body]))
        return
    out = console()
    width = min(out.width, COLUMN)
    out.print(headline, style="bold", markup=False, width=width)
    for line in heads:
        print_line(out, line, style="dim", width=width)
    out.print()
    out.print(body, markup=False, width=width)


def print_line(out: Console, line: str, style: str = "", width: int | None = None) -> None:
    """A line for a person, wrapped between words; one with an address is left to the terminal, which wraps it without
    a line break, so that it can be copied."""
    if "://" in line:
        out.print(line, style=style, markup=False, soft_wrap=True)
    else:
        out.print(line, style=style, markup=False, width=width)


def dates(article: Article) -> list[str]:
    """When it was changed, found gone and looked at, as far as that is known."""
    moments = {
        "modified": article.date_modified,
        "gone since": getattr(article, "gone_at", None),
        "last seen": getattr(article, "last_seen_at", None),
    }
    known = [f"{what} {when:%Y-%m-%d}" for what, when in moments.items() if when]
    return [" · ".join(known)] if known else []


pager_option = click.option(
    "--pager/--no-pager",
    default=True,
    help="Whether a text longer than the terminal goes through $PAGER; it does by default.",
)
#: What `less` needs to leave colours as they are, and to write nothing of its own; a person's own LESS stands.
_LESS = "FRX"


class _Held(io.StringIO):
    """Standard output that is held back, and still a terminal to whoever asks."""

    def __init__(self, terminal: TextIO) -> None:
        super().__init__()
        self.terminal = terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.terminal.encoding

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.terminal.fileno()


@contextmanager
def paged(wanted: bool = True) -> Iterator[None]:
    """What is printed inside goes through the pager where it is longer than the screen."""
    terminal = sys.stdout
    if not wanted or not on_terminal() or not sys.stdin.isatty():
        yield
        return
    sys.stdout = held = _Held(terminal)
    try:
        yield
    finally:
        sys.stdout = terminal
        text = held.getvalue()
        if text.count("\n") < shutil.get_terminal_size().lines:
            click.echo(text, nl=False, color=True)
        else:
            os.environ.setdefault("LESS", _LESS)
            click.echo_via_pager(text.removesuffix("\n"), color=not os.environ.get("NO_COLOR"))


def place(url: str) -> str:
    """The archive as a person names it: a file, or the address of a database without its password.

    >>> place("sqlite:///news.db"), place("postgresql://me:secret@localhost/news")
    ('news.db', 'postgresql://me:***@localhost/news')
    """
    return config.without_password(url.removeprefix("sqlite:///"))


def next_steps(url: str, warc: str, *, word: str = "WORDS", first: int = 0, blog: str = "") -> str:
    """Sentences for the end of a crawl into the archive at `url`, whose raw pages go where `warc` says (`on`, `off`, a
    folder).

    `word` is one to search for, `first` the id of an article to show, `blog` the address of one to crawl next. The
    commands name the archive where it is not the one that they would open anyway.
    """
    name = place(url)
    default = database_url(config.load()["database"])
    option = "" if url == default else f" --db {shlex.quote(name)}"
    commands = [f"search {word}", *([f"show {first}"] if first else []), "export articles.csv"]
    commands += [f"crawl {blog}"] if blog else []
    said = [f"The articles are in {name}."]
    if warc != "off":
        said.append(f"The pages as they were received are in {raw_pages(url, warc)}.")
    return "\n".join([*said, "What to type next:", *(f"  newsarchive {c}{option}" for c in commands)])


def raw_pages(url: str, warc: str) -> Path:
    """The folder of the WARC files."""
    from newsarchive.warc.files import default_folder

    return default_folder(url) if warc == "on" else Path(warc)
