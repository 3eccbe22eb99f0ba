"""Ctrl+C while a program still loads its modules: one line, where Python would print where it stood."""

from __future__ import annotations

import sys
from types import TracebackType


def say_it_in_one_line() -> None:
    """From now on a Ctrl+C that nobody handles ends this program with one line instead of a traceback.

    For commands alone, never for a library: the hook is that of the whole process. The exit code stays
    what a shell gives for Ctrl+C, 130.
    """
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.stderr.write("stopped\n")
        else:
            before(kind, error, traceback)

    sys.excepthook = hook
