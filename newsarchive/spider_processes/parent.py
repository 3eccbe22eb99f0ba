"""A spider that was started by `newsarchive crawl` ends with it, also when `kill -9` ends the command.

The command gives the spider a pipe as its standard input, writes nothing to it, and sets `STOP_WITH_PARENT`. The system
closes the pipe when the command ends, however it ends, on every system that Python runs on.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

#: A variable of the environment: standard input is such a pipe.
STOP_WITH_PARENT = "NEWSARCHIVE_STOP_WITH_PARENT"
#: A variable of the environment: the command holds the lock of this site (its domain), and the spider is to hold it too.
SHARE_LOCK = "NEWSARCHIVE_SHARE_LOCK"
#: A variable of the environment: the command moves finished WARC files into object storage, so that not every spider imports what
#: that needs (0.4 s of CPU for S3).
PARENT_MOVES_FILES = "NEWSARCHIVE_PARENT_MOVES_FILES"

#: A variable of the environment: the file in which the spiders of one worker share what they have read (`db.kept_readings`).
SHARED_READINGS = "NEWSARCHIVE_SHARED_READINGS"


def stop_with_parent() -> None:
    """Where the environment asks for it, send SIGTERM to this process when the parent has ended.

    The variable is taken out of the environment: it is not meant for the processes that this one starts.
    """
    if os.environ.pop(STOP_WITH_PARENT, ""):
        threading.Thread(target=_stop_at_end_of_input, name="parent", daemon=True).start()


def _stop_at_end_of_input() -> None:
    """Standard input is a pipe from the parent, which ends when the parent does."""
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
