"""The options that commands have in common, in one table, so that each has one spelling and one meaning:

    -v  --verbose    say more: -v what is done, -vv everything         every command
    -q  --quiet      no messages but errors                            every command
    -n  --limit      at most this many                                 what can be many
    -o  --output     write to a file                                   what prints rows or a text
        --json       for another program                               what prints rows or a record
        --dry-run    say what would be done, and write nothing         what writes

Standard output is for rows and texts, standard error for messages. `--quiet` and `--verbose` change the messages only.

Every command has `--config`, most have `--db`. What narrows searches and exports is the same in each of them:
`--site blog.example --since 2025-01-01`.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from newsarchive import config
from newsarchive.cli.output import QUIET, noted, stdout_into
from newsarchive.exceptions import UsageError
from newsarchive.times import first_moment, utc

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from newsarchive.db.reading.search import Filters

F = TypeVar("F", bound=Callable[..., Any])

#: A number of things or of a version. No database counts further than 64 bits.
NUMBER = click.IntRange(1, 2**63 - 1)

#: option → its spellings, and the arguments of `click.option`
OPTIONS: Mapping[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {
    "verbose": (("-v", "--verbose"), {"count": True, "help": "Say what is done; -vv everything."}),
    "quiet": (("-q", "--quiet"), {"is_flag": True, "help": "No messages but errors."}),
    "limit": (
        ("-n", "--limit"),
        {"metavar": "NUMBER", "type": NUMBER, "help": "At most this many."},
    ),
    "output": (
        ("-o", "--output"),
        {"metavar": "FILE", "help": "Write to this file instead of standard output."},
    ),
    "workers": (
        ("--workers",),
        {
            "type": click.IntRange(0),
            "default": os.cpu_count() or 1,
            "show_default": True,
            "help": "Processes that read pages; 0 works in this one.",
        },
    ),
    "json": (("--json", "as_json"), {"is_flag": True, "help": "One JSON object a row."}),
    "csv": (("--csv", "as_csv"), {"is_flag": True, "help": "CSV with a line of names."}),
    "dry_run": (("--dry-run",), {"is_flag": True, "help": "Say what would be done, and write nothing."}),
}
#: The key in `click.Context.meta` that says how often `-v` was given.
_VERBOSE = "newsarchive.verbose"
#: The format of a line of `--verbose`.
_LINE = "%(levelname)s %(name)s: %(message)s"


class Group(click.Group):
    """A group of commands whose help and whose completions have the whole first sentence of each. Click cuts a sentence off."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        said = [(name, self._sentence(name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(said)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = super().shell_complete(ctx, incomplete)
        for item in found:
            if item.value in self.commands:
                item.help = self._sentence(item.value)
        return found

    def _sentence(self, name: str) -> str:
        return self.commands[name].get_short_help_str(limit=1000)


def option(name: str, **changes: Any) -> Callable[[F], F]:
    """An option of the table, as a decorator; `changes` override the arguments of `click.option`."""
    names, arguments = OPTIONS[name]
    return click.option(*names, **{**arguments, **changes})


warc_option = click.option(
    "--warc", "folder", metavar="FOLDER", help="Where the raw bytes lie; by default beside the database."
)


def first_line(option: str, file: str) -> str:
    """The first line of the file that an option names: a secret. Raises `UsageError` for one that cannot be read or is empty."""
    try:
        line = Path(file).read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "it is no text in UTF-8"
        raise UsageError(f"{option} {file}: {reason}") from error
    if not line:
        raise UsageError(f"{option} {file}: its first line is empty; write the secret there")
    return line


#: For commands that are servers; `port_option` is beside it.
host_option = click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; the default is reached from this machine only.",
)


def port_option(default: int) -> Callable[[F], F]:
    """The port of a command that is a server."""
    ports = click.IntRange(0, 65535)
    return click.option(
        "--port", type=ports, default=default, show_default=True, help="Port; 0 for any that is free."
    )


#: For commands that fetch a page.
robots_option = click.option(
    "--ignore-robots",
    is_flag=True,
    help="Fetch what robots.txt forbids: for a site of your own. Crawls obey it all the same.",
)
pager_option = click.option(
    "--pager/--no-pager",
    default=True,
    help="Whether a text longer than the terminal goes through $PAGER; it does by default.",
)


class AddressGroup(Group):
    """A group that takes an address or an id in place of a subcommand for `add`: `newsarchive withhold URL --reason TEXT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["add", *args]
        return super().parse_args(ctx, args)


class Day(click.ParamType[datetime]):
    """A day, `2025-04-30`, or the first one of a year or month; its value is its first moment in UTC. A time is taken too."""

    name = "DAY"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        try:
            return utc(first_moment(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no day: write it as 2025-04-30, 2025-04 or 2025", param, ctx)


class IdRange(click.ParamType[tuple[int, int]]):
    """The first and the last of some ids, `1-2000`."""

    name = "FIRST-LAST"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        first, dash, last = str(value).partition("-")
        is_range = dash and first.isdecimal() and last.isdecimal()
        ends = [int(NUMBER(end, param, ctx)) for end in (first, last)] if is_range else []
        if not ends or ends[0] > ends[1]:
            self.fail(f"{value!r} is no range of ids: write it as 1-2000", param, ctx)
        return ends[0], ends[1]


def sites_at_once() -> int:
    """The setting `crawl.jobs` as a number: `auto` goes by the memory at hand."""
    from newsarchive.spider_processes.memory import jobs_by_memory  # most commands need none of it

    wanted = config.load()["crawl.jobs"]
    return jobs_by_memory() if wanted == config.AUTO else int(wanted)


def range_option(name: str, meaning: str) -> Callable[[F], F]:
    """An option that restricts a command to a range of ids; its value is `None` or a pair."""
    return click.option(name, type=IdRange(), metavar="FIRST-LAST", help=meaning)


def loudness(command: F) -> F:
    """Give a command `--verbose` and `--quiet`; `quiet()` and `verbosity()` tell whether they were given."""
    hidden: dict[str, Any] = {"expose_value": False, "is_eager": True}
    command = option("quiet", callback=_be_quiet, **hidden)(command)
    return option("verbose", callback=_be_verbose, **hidden)(command)


def verbosity() -> int:
    """How often `--verbose` was given: 1 logs what is done, 2 or more logs everything."""
    return int(noted(_VERBOSE) or 0)


def _be_quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[QUIET] = True


def _be_verbose(context: click.Context, parameter: click.Parameter, value: int) -> None:
    if not value or context.meta.get(_VERBOSE):
        return
    context.meta[_VERBOSE] = value
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_LINE))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if value > 1 else logging.INFO)
    if value == 1:
        # SQLAlchemy logs every statement at INFO, which is too much for one `-v`.
        logging.getLogger("sqlalchemy").setLevel(logging.WARNING)

    def restore() -> None:
        root.removeHandler(handler)
        root.setLevel(before)

    context.find_root().call_on_close(restore)


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


def output_option(command: F) -> F:
    """Give a command `--output`: what it prints goes into a file, which gets its name when all is written."""

    @functools.wraps(command)
    def run(*arguments: Any, output: str | None = None, **options: Any) -> Any:
        if output in (None, "-"):
            return command(*arguments, **options)
        with stdout_into(Path(str(output))):
            return command(*arguments, **options)

    return option("output")(run)  # type: ignore[return-value]


#: `--hidden`: articles that readers do not see by default.
hidden_option = click.option(
    "--hidden", is_flag=True, help="Include articles in quarantine and dropped ones."
)
#: `--copies`: which articles of a story count.
copies_option = click.option(
    "--copies",
    type=click.Choice(["all", "first", "none"]),
    default="all",
    show_default=True,
    help="all: every article; first: of each story only the first one; none: only the blog's own, no copies and nothing republished.",
)
#: `--rights`: whether what sites reserved counts.
rights_option = click.option(
    "--rights",
    type=click.Choice(["any", "tdm"]),
    default="any",
    show_default=True,
    help="any: every article; tdm: without those that their sites reserve from text and data mining.",
)
_FILTERS = (
    click.option("--site", default="", metavar="DOMAIN", help="Only articles of this site."),
    click.option(
        "--origin",
        default="",
        metavar="NAME|DOMAIN",
        help="Only what this publisher published first; a part of the name is enough. `own`: only what names no other publisher;"
        " `republished`: only what names one.",
    ),
    click.option("--language", default="", metavar="CODE", help="Only in this language; en finds en-GB too."),
    click.option(
        "--author", default="", metavar="NAME", help="Only with this name in the byline; a part is enough."
    ),
    click.option(
        "--since",
        metavar="DAY",
        help="Only published on this day (UTC) or later; 2025, 2025-04 and a time with its zone, 2025-04-01T00:00+02:00, are taken too.",
    ),
    click.option("--until", metavar="DAY", help="Only published on this day or before, or until this time."),
    click.option(
        "--article",
        multiple=True,
        metavar="URL|ID",
        help="Only this article; give it again for each further one.",
    ),
    click.option("--cluster", type=int, metavar="ID", help="Only copies of one story."),
    copies_option,
    rights_option,
    hidden_option,
)


def filter_options(command: F) -> F:
    """Give a command the filters; they arrive as keyword arguments, for `chosen`."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def chosen(options: dict[str, Any]) -> Filters:
    """The filters of a command's options. Raises `UsageError` for a day that cannot be read."""
    from newsarchive.db.reading.search import filters

    return filters(**options | {"article": options["article"] or None})
