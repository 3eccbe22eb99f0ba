"""The options that commands have in common, in one table, so that each has one spelling and one meaning:

    -v  --verbose    say more: -v what is done, -vv everything         every command
    -q  --quiet      no messages but errors                            every command
    -n  --limit      at most this many                                 what can be many
    -o  --output     write to a file                                   what prints rows or a text
        --dry-run    say what would be done, and write nothing         what writes

Standard output is for rows and texts, standard error for messages. `--quiet` and `--verbose` change the messages only.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import click

from newsarchive.exceptions import OutputError

F = TypeVar("F", bound=Callable[..., Any])

#: option → its spellings, and the arguments of `click.option`
OPTIONS: Mapping[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {
    "verbose": (("-v", "--verbose"), {"count": True, "help": "Say what is done; -vv everything."}),
    "quiet": (("-q", "--quiet"), {"is_flag": True, "help": "No messages but errors."}),
    "limit": (
        ("-n", "--limit"),
        {"metavar": "NUMBER", "type": click.IntRange(1), "help": "At most this many."},
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
    "dry_run": (("--dry-run",), {"is_flag": True, "help": "Say what would be done, and write nothing."}),
}
#: The key in `click.Context.meta` that says whether `-q` was given. All contexts of one call share `meta`.
_QUIET = "newsarchive.quiet"
#: The key in `click.Context.meta` that says how often `-v` was given.
_VERBOSE = "newsarchive.verbose"
#: The format of a line of `--verbose`.
_LINE = "%(levelname)s %(name)s: %(message)s"
#: The first bytes of every SQLite database: `--output` never replaces one.
_SQLITE = b"SQLite format 3\x00"


def option(name: str, **changes: Any) -> Callable[[F], F]:
    """An option of the table, as a decorator; `changes` override the arguments of `click.option`."""
    names, arguments = OPTIONS[name]
    return click.option(*names, **{**arguments, **changes})


limit_option = option("limit")
dry_run_option = option("dry_run")
workers_option = option("workers")
warc_option = click.option(
    "--warc", "folder", metavar="FOLDER", help="Where the raw bytes lie; by default beside the database."
)


class IdRange(click.ParamType[tuple[int, int]]):
    """The first and the last of some ids, `1-2000`."""

    name = "FIRST-LAST"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        first, dash, last = str(value).partition("-")
        if not (dash and first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
            self.fail(f"{value!r} is no range of ids: write it as 1-2000", param, ctx)
        return int(first), int(last)


def range_option(name: str, meaning: str) -> Callable[[F], F]:
    """An option that restricts a command to a range of ids; its value is `None` or a pair."""
    return click.option(name, type=IdRange(), metavar="FIRST-LAST", help=meaning)


def loudness(command: F) -> F:
    """Give a command `--verbose` and `--quiet`; `quiet()` and `verbosity()` tell whether they were given."""
    hidden: dict[str, Any] = {"expose_value": False, "is_eager": True}
    command = option("quiet", callback=_be_quiet, **hidden)(command)
    return option("verbose", callback=_be_verbose, **hidden)(command)


def quiet() -> bool:
    """Whether the command was asked to print no messages but errors."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_QUIET))


def verbosity() -> int:
    """How often `--verbose` was given: 1 logs what is done, 2 or more logs everything."""
    context = click.get_current_context(silent=True)
    return int(context.meta.get(_VERBOSE, 0)) if context else 0


def _be_quiet(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[_QUIET] = True


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


def output_option(command: F) -> F:
    """Give a command `--output`: what it prints goes into a file, which gets its name when all is written."""

    @functools.wraps(command)
    def run(*arguments: Any, output: str | None = None, **options: Any) -> Any:
        if output in (None, "-"):
            return command(*arguments, **options)
        with stdout_into(Path(str(output))):
            return command(*arguments, **options)

    return option("output")(run)  # type: ignore[return-value]


@contextmanager
def stdout_into(target: Path) -> Iterator[None]:
    """Write standard output to this file inside the `with` block.

    An existing file is replaced at the end, unless an error is raised. A database is never replaced. Raises `OutputError`
    for a database, and where the file cannot be written.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        if target.exists():
            with target.open("rb") as old:
                if old.read(len(_SQLITE)) == _SQLITE:
                    raise OutputError(
                        f"{target} is a database, perhaps the archive itself: name another file"
                    )
        stream = part.open("w", encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}; name another file") from error
    is_whole = False
    try:
        with stream, redirect_stdout(stream):
            yield
        is_whole = True
    except SystemExit:
        is_whole = True
        raise
    finally:
        if is_whole:
            os.replace(part, target)
        else:
            part.unlink()
