"""`scrapy` by a clock that is wrong, or is set while a crawl runs.

    python -m tests.support.patched_clock 2099-01-01T00:00:00+00:00 crawl news -a url=http://127.0.0.1:8000/

With the setting `CLOCK_AFTER = 6 2026-11-26T12:00:00+00:00` the clock is set to that time after six answers.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any, Self

import time_machine
from scrapy import signals

travel = time_machine.travel(datetime.fromisoformat(sys.argv[1]) if __name__ == "__main__" else 0, tick=True)


class SetClock:
    """The extension that sets the clock."""

    traveller: Any = None

    def __init__(self, answers: int, to: datetime) -> None:
        self.answers, self.to = answers, to

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        answers, to = crawler.settings["CLOCK_AFTER"].split()
        extension = cls(int(answers), datetime.fromisoformat(to))
        crawler.signals.connect(extension.answered, signals.response_received)
        return extension

    def answered(self) -> None:
        self.answers -= 1
        if self.answers == 0:
            sys.modules["__main__"].traveller.move_to(self.to)  # type: ignore[attr-defined]


if __name__ == "__main__":
    from scrapy.cmdline import execute

    with travel as traveller:
        execute(["scrapy", *sys.argv[2:]])
