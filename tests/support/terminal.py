"""What a person sees: a command run in a terminal of a given width (a pty), and what it writes elsewhere."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import warm

#: For tests with an encoding of ASCII: Python then finds no package below a folder whose name has other letters.
needs_ascii_folder = pytest.mark.skipif(
    not __file__.isascii(),
    reason="with an encoding of ASCII Python finds no package below a folder with other letters",
)
ROOT = Path(__file__).parents[2]
#: Seconds after which a command is taken to hang.
TIMEOUT = 300
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\r")


@dataclass(frozen=True)
class Seen:
    """`raw` is everything that came to the terminal, `screen` the same without its codes, `stdout` what went into a
    pipe where only messages came to the terminal."""

    code: int
    raw: str
    stdout: str

    @property
    def screen(self) -> str:
        return _CODES.sub("", self.raw)

    @property
    def lines(self) -> list[str]:
        return self.screen.split("\n")


def environment(**more: str) -> dict[str, str]:
    """As a person has it who set nothing of ours."""
    ours = (
        "NEWSARCHIVE_",
        "SCRAPY_",
        "NO_COLOR",
        "FORCE_COLOR",
        "PAGER",
        "LESS",
        "COLUMNS",
        "LINES",
        "MANPAGER",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"} | more


def module(name: str, *words: str) -> list[str]:
    return [sys.executable, "-m", name, *words]


def run(
    command: Sequence[str],
    folder: Path,
    *,
    columns: int = 80,
    rows: int = 24,
    pipe: bool = False,
    keyboard: bool = False,
    **more: str,
) -> Seen:
    """Run a `module` in a terminal; `pipe`: its standard output goes elsewhere, `keyboard`: a person could type."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    streams = (theirs if keyboard else None, None if pipe else theirs, theirs)
    with warm.started(
        *command[2:], environment=environment(**more), cwd=str(folder), text=False, streams=streams
    ) as process:
        os.close(theirs)
        raw = read_to_end(ours).decode("utf-8", "replace")
        stdout = process.stdout.read().decode() if process.stdout else ""
        code = process.wait(TIMEOUT)
    os.close(ours)
    return Seen(code, raw, stdout)


def read_to_end(descriptor: int) -> bytes:
    """All that programs write to a terminal, until the last one has closed it."""

    def read() -> bytes:
        try:
            return os.read(descriptor, 65536)
        except OSError:  # Linux says so when the other side is closed
            return b""

    return b"".join(iter(read, b""))
