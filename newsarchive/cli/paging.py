"""A long text on a terminal goes through a pager, screen by screen; elsewhere nothing stands between."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from newsarchive.cli.common import on_terminal

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
