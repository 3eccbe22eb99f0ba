"""A command that kills its own process at a call of a function of ours: `python -m tests.support.killed WHERE NAME WHEN COMMAND…`.

WHEN is `before` or `after` the call, or a number: milliseconds into it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib import import_module
from typing import Any

from newsarchive.cli import main


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at(where: str, name: str, when: str) -> None:
    module = import_module(where)
    real = getattr(module, name)

    def run(*given: Any, **options: Any) -> Any:
        if when == "before":
            die()
        if when != "after":
            threading.Timer(float(when) / 1000, die).start()
        real(*given, **options)
        die()

    setattr(module, name, run)


if __name__ == "__main__":
    kill_at(*sys.argv[1:4])
    main(sys.argv[4:])
