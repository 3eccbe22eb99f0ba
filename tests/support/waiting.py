"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds after which a test that waits fails. Nothing takes as long on a machine that works.
MAX_WAIT_SECONDS = 300
#: Seconds between two looks.
LOOK_SECONDS = 0.02


def wait_for(
    done: Callable[[], object],
    otherwise: str = "it did not happen; a log in the folder of the test may say more",
) -> None:
    """Return when `done` gives something true; the test fails with `otherwise` where that takes too long."""
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, otherwise
        time.sleep(LOOK_SECONDS)
