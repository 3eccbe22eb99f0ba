"""`newsarchive`, and `python -m newsarchive` where the console script is not installed.

Ctrl+C and SIGTERM while a program still loads its modules: one line, where Python would print where it stood, or end
without a word. A program that closed the standard streams (`>&-`): they are opened again, or the first file that is opened
would be written to as one of them.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any

from newsarchive.spider_processes.parent import end_at_sigterm


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


def open_closed_streams() -> None:
    """Let standard input, output and error lead nowhere where they are closed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            os.set_inheritable(number, True)
            setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False))  # noqa: SIM115


say_it_in_one_line()
open_closed_streams()


def main() -> Any:
    """Run the command, and exit. Its modules are loaded here, so that a Ctrl+C meanwhile is no traceback. What SIGTERM does is set here,
    because Scrapy's commands import this module, too, and a process that forks must not hand it on."""
    end_at_sigterm()
    from newsarchive import cli
    from newsarchive.workers.collector import set_up_collector

    set_up_collector()
    return cli.main()


if __name__ == "__main__":
    main()
