"""`newsarchive`, and `python -m newsarchive` where the console script is not installed.

Ctrl+C while a program still loads its modules: one line, where Python would print where it stood.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any


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


say_it_in_one_line()


def main() -> Any:
    """Run the command, and exit. Its modules are loaded here, so that a Ctrl+C meanwhile is no traceback."""
    from newsarchive import cli
    from newsarchive.workers.collector import set_up_collector

    set_up_collector()
    return cli.main()


if __name__ == "__main__":
    main()
