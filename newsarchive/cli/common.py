"""What several subcommands share: `--db` and `--config`, opening the archive, and printing for a person.

    $ newsarchive show 17 --db news.db          # `db_option`, `open_reader`, `print_article`

On a terminal a text that is longer than the screen goes through a pager (`paged`).
"""

from __future__ import annotations

import io
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from newsarchive import config, plainwords
from newsarchive.cli.options import loudness, quiet
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.export import byline as byline
from newsarchive.export import origin_line as origin_line
from newsarchive.reprs import counted

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from newsarchive.core.steps import Steps
    from newsarchive.db.readonly import File
    from newsarchive.items import Article, Block, Edit, Rights
    from newsarchive.rules import Rules


log = logging.getLogger(__name__)

#: Width of running text on a terminal, in characters; on a wider terminal the rest of the line stays empty.
MAX_TEXT_COLUMNS = 88

F = TypeVar("F", bound=Callable[..., Any])


def use_config(ctx: click.Context, file: str | None) -> None:
    """Use this file of settings in the command and in every process that it starts.

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
    """The options of every command: `--config` (a file of settings in place of `newsarchive.toml`), `--verbose`, `--quiet`."""
    return click.option(
        "--config",
        metavar="FILE",
        is_eager=True,  # the file has the defaults of other options
        expose_value=False,
        callback=lambda ctx, option, file: use_config(ctx, file),
        help="Read the settings from this file; by default newsarchive.toml in this folder, or in your folder of settings.",
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
    """Where the name of the command's archive comes from: `option --db`, or a source of `Config.source`."""
    given = ctx.get_parameter_source("db") is click.core.ParameterSource.COMMANDLINE
    return "option --db" if given else config.load().source("database")


def require_archive(ctx: click.Context, db: str) -> None:
    """Make sure that the archive exists, so that a mistyped name does not create an empty one that is crawled for ever.

    The archive may be missing in one case: the file of settings lists sites, and names this archive or none. Raises
    `DatabaseUnavailable`.
    """
    from newsarchive.db.readonly import current, open_source, reading

    held, place = config.load(), database_url(db).removeprefix("sqlite:///")
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
        f"{place}: no archive there: correct --db, or follow a site first: "
        f"newsarchive sites add https://blog.example --db {shlex.quote(place)}"
    )


def own_folders(db: str, folder: str | None = None) -> tuple[str, ...]:
    """The folders of an archive's WARC files: that of the option, else that of the settings, else the one beside it."""
    from newsarchive.warc import files

    if folder and not files.is_address(folder):
        return files.own_folders(folder, database_url(db))  # wrong settings are no hindrance
    held = config.load()
    return files.own_folders(folder or held["warc"], database_url(db), held["warc_staging"])


def rules_folder() -> str:
    """The folder of your own TOML rules, from the settings; "" for none."""
    folder: str = config.load()["rules"]
    return folder


def rules_in_force() -> Rules:
    """newsarchive's rules, overridden by those in the folder of the settings. Raises `BadRules`."""
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
    """`--ignore-robots`, for commands that fetch a page."""
    return click.option(
        "--ignore-robots",
        is_flag=True,
        help="Fetch what robots.txt forbids: for a site of your own. Crawls obey it all the same.",
    )(command)


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


def on_terminal() -> bool:
    """Whether standard output is a terminal. Only there the output has colours, wrapped lines and pictures."""
    return sys.stdout.isatty()


def console() -> Console:
    """Rich's standard output: with colours and wrapping on a terminal, with plain lines elsewhere; no colours with NO_COLOR."""
    return _console(soft_wrap=False)


def messages() -> Console:
    """Rich's standard error: with colours on a terminal only, and not with NO_COLOR."""
    return _console(stderr=True)


def _console(**given: Any) -> Console:
    """A console of Rich that prints no control character of a text; those of Rich itself pass."""
    from rich.console import Console
    from rich.segment import Segment

    class Printing(Console):
        def render(self, *arguments: Any, **more: Any) -> Iterator[Segment]:
            for part in super().render(*arguments, **more):
                yield part if part.control else Segment(plainwords.printable(part.text), part.style)

    colours: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Printing(highlight=False, color_system=colours, **given)


def echo(text: str) -> None:
    """Print a text for people on standard output, without control characters."""
    click.echo(plainwords.printable(text))


def say(message: str) -> None:
    """Print a message on standard error, unless `--quiet` is given."""
    if not quiet():
        complain(message)


def complain(message: str) -> None:
    """Print an error on standard error, also with `--quiet`."""
    click.echo(plainwords.printable(message), err=True)


def print_csv(names: Sequence[str], rows: Iterable[Mapping[str, Any]], *, with_bom: bool = False) -> None:
    """Print rows as CSV on standard output: a line of names, and lines that end in LF as all output does."""
    from newsarchive.export.text import write_rows

    write_rows(names, rows, sys.stdout.buffer, with_bom=with_bom, line_end="\n")
    sys.stdout.buffer.flush()


def account(edits: tuple[Edit, ...], dropped: tuple[Block, ...]) -> str:
    """What newsarchive changed in an article, in one line: the number of repairs by codec, of dropped lines by kind."""
    repairs = [e for e in edits if e.step == "repair"]
    codecs = sorted({plainwords.codec(e.rule) for e in repairs})
    kinds: dict[str, int] = {}
    for block in dropped:
        kind = plainwords.label(block.label)
        kinds[kind] = kinds.get(kind, 0) + 1
    parts = [f"{counted(len(repairs), 'repair')} ({'; '.join(codecs)})"] if repairs else ["no repairs"]
    if kinds:
        parts.append(
            f"{counted(len(dropped), 'line')} left out ("
            + ", ".join(f"{n} {k}" for k, n in sorted(kinds.items()))
            + ")"
        )
    return ", ".join(parts)


def print_article(article: Article, *, pager: bool = False) -> None:
    """Print an article on standard output (a long one through the `pager`), and `account` on standard error."""
    details = [byline(article), article.url]
    original = getattr(article, "original_url", "")  # only a stored article has it
    details += [
        origin_line(article.origin),
        f"The original is in the archive: {original}" if original else "",
    ]
    details += [use_line(getattr(article, "rights", None)), *dates(article), free_line(article)]
    with paged(pager):
        print_wrapped(article.headline, [line for line in details if line], article.article_body)
    say(account(article.edits, article.dropped))


def free_line(article: Article) -> str:
    """That the article must be paid for, and may therefore be cut off; "" where the site does not say so."""
    return plainwords.NOT_FREE if article.is_accessible_for_free is False else ""


def use_line(rights: Rights | None) -> str:
    """What the site said of the use of a page, in one line; "" where it said nothing."""
    if not rights:
        return ""
    refused = f"robots.txt keeps out {', '.join(rights.refused_agents)}" if rights.refused_agents else ""
    tdm = [f"TDMRep {said}" for said in rights.tdm]
    usage = [f"Content-Usage {said}" for said in rights.content_usage]
    licences = [f"licence {named}" for named in rights.licences]
    return "Its site says of its use: " + "; ".join(
        filter(None, [*licences, *tdm, *usage, *rights.directives, refused])
    )


def print_wrapped(headline: str, details: list[str], body: str) -> None:
    """Print lines of at most `MAX_TEXT_COLUMNS` on a terminal; elsewhere each paragraph is one line, for other programs."""
    if not on_terminal():
        echo("\n".join([headline, *details, "", body]))
        return
    out = console()
    width = min(out.width, MAX_TEXT_COLUMNS)
    out.print(headline, style="bold", markup=False, width=width)
    for line in details:
        print_line(out, line, style="dim", width=width)
    out.print()
    out.print(body, markup=False, width=width)


def print_line(out: Console, line: str, style: str = "", width: int | None = None) -> None:
    """Print a line, wrapped between words. A line with an address is not wrapped here: the terminal wraps it without a
    line break, so that the address can be copied."""
    if "://" in line:
        out.print(line, style=style, markup=False, soft_wrap=True)
    else:
        out.print(line, style=style, markup=False, width=width)


def dates(article: Article) -> list[str]:
    """A line with the known dates of an article: when it was modified, found deleted and last seen; `[]` for none."""
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
#: Options of `less` that keep colours and the screen as they are. The user's own variable LESS takes precedence.
_LESS = "FRX"


class _BufferedTerminal(io.StringIO):
    """Keeps what is written, and says that it is a terminal, so that the output has the same colours as there."""

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
    """Send what is printed inside the `with` block through the pager where it is longer than the screen."""
    terminal = sys.stdout
    if not wanted or not on_terminal() or not sys.stdin.isatty():
        yield
        return
    sys.stdout = held = _BufferedTerminal(terminal)
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
    """The name of an archive for messages: a file, or the URL of a database without its password.

    >>> place("sqlite:///news.db"), place("postgresql://me:secret@localhost/news")
    ('news.db', 'postgresql://me:***@localhost/news')
    """
    return config.without_password(url.removeprefix("sqlite:///"))


def next_steps(url: str, warc: str, *, word: str = "WORDS", first: int = 0, blog: str = "") -> str:
    """The text at the end of a crawl: where the articles and the raw pages are, and which commands come next.

    `url` is the archive, `warc` the setting for raw pages (`on`, `off` or a folder). The suggested commands search for
    `word`, show the article with the id `first`, and crawl `blog`; 0 and "" leave a command out. They have `--db` where
    `url` is not the archive that is opened without it.
    """
    name = place(url)
    default = database_url(config.load()["database"])
    option = "" if url == default else f" --db {shlex.quote(name)}"
    commands = [f"search {word}", *([f"show {first}"] if first else []), "export articles.csv"]
    commands += [f"crawl {blog}"] if blog else []
    said = [f"The articles are in {name}."]
    if warc != "off":
        from newsarchive.warc.files import own_folders

        said.append(f"The pages as they were received are in {own_folders(warc, url)[0]}.")
    return "\n".join([*said, "What to type next:", *(f"  newsarchive {c}{option}" for c in commands)])
