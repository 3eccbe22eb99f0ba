"""The options that commands have in common: one table of how they are spelt and what they mean.

    -v  --verbose    say more: -v what is done, -vv everything         every command
    -q  --quiet      no messages but errors                            every command
    -n  --limit      at most this many                                 what can be many
    -o  --output     write to a file                                   what prints rows or a text
        --dry-run    say what would be done, and write nothing         what writes

Standard output is for rows and texts, standard error for messages; `--quiet` and `--verbose` touch messages alone.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from newsarchive.exceptions import OutputError

F = TypeVar("F", bound=Callable[..., Any])

#: What each option is called, and what Click is told of it.
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
    "dry_run": (("--dry-run",), {"is_flag": True, "help": "Say what would be done, and write nothing."}),
}
#: Where a context keeps whether `-q` was given; contexts of one call share it.
_QUIET = "newsarchive.quiet"
#: Where it keeps how often `-v` was given.
_VERBOSE = "newsarchive.verbose"
#: How `--verbose` writes a line.
_LINE = "%(levelname)s %(name)s: %(message)s"
#: What an SQLite database begins with: `--output` never replaces one.
_SQLITE = b"SQLite format 3\x00"


def option(name: str, **changes: Any) -> Callable[[F], F]:
    """The option of the table, with these words of its own."""
    names, told = OPTIONS[name]
    return click.option(*names, **{**told, **changes})


limit_option = option("limit")
dry_run_option = option("dry_run")


def loudness(command: F) -> F:
    """`--verbose` and `--quiet`; what they ask for is told by `quiet()` and `verbosity()`."""
    hidden: dict[str, Any] = {"expose_value": False, "is_eager": True}
    command = option("quiet", callback=_be_quiet, **hidden)(command)
    return option("verbose", callback=_be_verbose, **hidden)(command)


def quiet() -> bool:
    """Whether the command was asked to print no messages but errors."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_QUIET))


def verbosity() -> int:
    """How much more a command was asked to say: 0, 1 (what is done), 2 (everything)."""
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
        # At INFO it writes every statement: that is everything, not what is done.
        logging.getLogger("sqlalchemy").setLevel(logging.WARNING)

    def restore() -> None:
        root.removeHandler(handler)
        root.setLevel(before)

    context.find_root().call_on_close(restore)


def output_option(command: F) -> F:
    """`--output`: what the command prints goes into a file, which gets its name when all is written."""

    @functools.wraps(command)
    def run(*arguments: Any, output: str | None = None, **options: Any) -> Any:
        if output in (None, "-"):
            return command(*arguments, **options)
        with stdout_into(Path(str(output))):
            return command(*arguments, **options)

    return option("output")(run)  # type: ignore[return-value]


@contextmanager
def stdout_into(target: Path) -> Iterator[None]:
    """Let standard output be this file. A file that is there is replaced, as other programs do, but a database never;
    an error leaves what was there. Raises `OutputError` where nothing can be written."""
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
    before, sys.stdout = sys.stdout, stream
    try:
        yield
    except SystemExit:
        pass_on = True
        raise
    except BaseException:
        pass_on = False
        raise
    else:
        pass_on = True
    finally:
        sys.stdout = before
        stream.close()
        if pass_on:
            os.replace(part, target)
        else:
            part.unlink()
