"""The databases of test runs and benchmarks on a server: whose each is, and which a killed process has left there.

A name says the machine and the process that made the database: `newsarchive_test_3fa9_4711_8c1d22e0`. The next run drops those whose
process has ended.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import zlib
from collections.abc import Iterable

#: How the names of the databases begin.
BEGINNING = "newsarchive_test_"
_NAME = re.compile(r"(?P<machine>[0-9a-f]{8})_(?P<process>\d{1,10})_[0-9a-f]{8}")


def database_name(beginning: str = BEGINNING) -> str:
    """A new name for a database of this process."""
    return f"{beginning}{_machine()}_{os.getpid()}_{secrets.token_hex(4)}"


def left_behind(names: Iterable[str], beginning: str = BEGINNING) -> list[str]:
    """Those of these databases that a process of this machine made which has ended."""
    return [name for name in names if name.startswith(beginning) and _is_left(name.removeprefix(beginning))]


def _is_left(rest: str) -> bool:
    found = _NAME.fullmatch(rest)
    if not found or found["machine"] != _machine():
        return False
    try:
        os.kill(int(found["process"]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # it runs, as another user
        return False
    return False


def _machine() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"
