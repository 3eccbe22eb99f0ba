"""Python's garbage collector waits while a step runs.

It looks for objects that hold one another in a ring. The steps make none (`tests/test_garbage.py`), but they make
thousands of objects a page, each seven hundred of which have it look through all young ones: a fifteenth of the time of
an extraction. What a step leaves behind is looked at afterwards, when most of it is gone.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def uncollected(step: Callable[P, R]) -> Callable[P, R]:
    """The step, with the collector off while it runs. One that the caller has turned off before stays off; of steps
    that run in several threads, the one that turned it off turns it on again."""

    @wraps(step)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if not gc.isenabled():
            return step(*args, **kwargs)
        gc.disable()
        try:
            return step(*args, **kwargs)
        finally:
            gc.enable()

    return run
