"""What worker processes are given in tests: jobs that hang, die, or fail, and steps that do the same to a page."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from newsarchive.items import Page
from newsarchive.rules import Rules


class Unpicklable(Exception):
    """It pickles, and cannot be made again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


class Does:
    """Does what the first word of a job says. `loads` may be an error that it raises at its start."""

    def __init__(self, loads: str = "") -> None:
        if loads:
            raise ValueError(loads)
        self.jobs = 0

    def __call__(self, job: tuple[Any, ...], shared: bytes | None) -> Any:
        self.jobs += 1
        return getattr(self, job[0])(*job[1:], shared=shared)

    def double(self, number: int, shared: bytes | None) -> int:
        return 2 * number

    def who(self, shared: bytes | None) -> tuple[int, int, bytes | None]:
        """Process, number of its job, and what is shared."""
        return os.getpid(), self.jobs, shared

    def sleep(self, seconds: float, shared: bytes | None) -> int:
        time.sleep(seconds)
        return os.getpid()

    def spin(self, shared: bytes | None) -> None:
        while True:
            pass

    def die(self, shared: bytes | None) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def leave(self, shared: bytes | None) -> None:
        os._exit(3)

    def die_once(self, marker: str, shared: bytes | None) -> str:
        if not Path(marker).exists():
            Path(marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "done"

    def fail(self, shared: bytes | None) -> None:
        raise ValueError("no such number")

    def fail_oddly(self, shared: bytes | None) -> None:
        raise Unpicklable("an", "error")

    def give_what_cannot_be_sent(self, shared: bytes | None) -> Any:
        return lambda: None

    def modules(self, shared: bytes | None) -> list[str]:
        import sys

        return sorted(sys.modules)


class Spins:
    """A worker that never ends with any page."""

    def __init__(self, *arguments: object) -> None: ...

    def __call__(self, job: Any, shared: bytes | None) -> Any:
        while True:
            pass


def spinning(page: Page, rules: Rules) -> Page:
    """A step that never ends for pages under `/spin/`."""
    while "/spin/" in page.capture.url:
        pass
    return page


def dying(page: Page, rules: Rules) -> Page:
    """A step that kills its process on pages under `/die/`."""
    if "/die" in page.capture.url:
        os.kill(os.getpid(), signal.SIGKILL)
    return page


def dying_once(page: Page, rules: Rules) -> Page:
    """A step that kills its process the first time that it sees a page, which `DYING_ONCE` (a folder) remembers."""
    marker = Path(os.environ["DYING_ONCE"]) / page.capture.url.strip("/").rpartition("/")[2]
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return page
