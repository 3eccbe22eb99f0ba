"""A spider that was started by `newsarchive crawl` ends with it, also when `kill -9` ends the command.

The command gives the spider a pipe as its standard input, writes nothing to it, and sets `STOP_WITH_PARENT`. The system
closes the pipe when the command ends, however it ends, on every system that Python runs on.
"""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TextIO

from newsarchive.exceptions import STOPPED_BY_SIGTERM

#: A variable of the environment: standard input is such a pipe.
STOP_WITH_PARENT = "NEWSARCHIVE_STOP_WITH_PARENT"
#: A variable of the environment: the command holds the lock of this site (its domain), and the spider is to hold it too.
SHARE_LOCK = "NEWSARCHIVE_SHARE_LOCK"
#: A variable of the environment: the command moves finished WARC files into object storage, so that not every spider imports what
#: that needs (0.4 s of CPU for S3).
PARENT_MOVES_FILES = "NEWSARCHIVE_PARENT_MOVES_FILES"

#: A variable of the environment: the file that gets a copy of what this process prints on standard error.
KEEP_MESSAGES = "NEWSARCHIVE_KEEP_MESSAGES"
#: A variable of the environment: the file in which the spiders of one worker share what they have read (`db.kept_readings`).
SHARED_READINGS = "NEWSARCHIVE_SHARED_READINGS"


def stop_with_parent() -> None:
    """Where the environment asks for it, send SIGTERM to this process when the parent has ended.

    The variable is taken out of the environment: it is not meant for the processes that this one starts.
    """

    def stop_at_end_of_input() -> None:  # standard input is a pipe from the parent
        with suppress(OSError):
            while os.read(0, 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    if os.environ.pop(STOP_WITH_PARENT, ""):
        threading.Thread(target=stop_at_end_of_input, name="parent", daemon=True).start()


def end_at_sigterm() -> None:
    """From now on SIGTERM ends this process with one line and its own exit code, as Ctrl+C does.

    Python's default ends it at once: SQLite then leaves the last commits in the `-wal` file, half-made files stay, and nobody is told.
    """

    def stopped(*_: object) -> None:
        with suppress(OSError):
            os.write(2, b"stopped\n")  # a stream may be in the midst of a write
        sys.exit(STOPPED_BY_SIGTERM)

    signal.signal(signal.SIGTERM, stopped)


class _Kept(io.TextIOWrapper):
    """Standard error that writes everything to `copy` as well."""

    copy: TextIO

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # a full disk
            self.copy.write(text)
        return super().write(text)


def keep_messages() -> None:
    """Where the environment asks for it, write what this process prints on standard error into a file as well.

    The variable is taken out of the environment: it is not meant for the processes that this one starts. A full disk under a
    log is no failure of the process (`forgive_stderr`).
    """
    atexit.register(forgive_stderr)
    if not (file := os.environ.pop(KEEP_MESSAGES, "")):
        return
    before = sys.stderr
    kept = _Kept(before.buffer, encoding=before.encoding, errors="replace", line_buffering=True)
    kept.copy = open(file, "a", encoding="utf-8", errors="replace", buffering=1)  # noqa: SIM115
    sys.stderr = kept


def forgive_stderr() -> None:
    """Forget messages that cannot be written: Python would end with 120, and a site whose crawl ended so counts as failing."""
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
