"""Scrapy's command with a probe in its process: how long its reactor is held up, its CPU time, and where that goes.

    python -m benchmarks.probe REPORT.json [--profile] crawl news -a url=http://127.0.0.1:8000/

The words behind the report's name are those of `scrapy`. A thread asks the running reactor for an answer every 10 ms; the
longest wait is the longest time that no response, timer or signal was served. With `--profile` the thread looks at the
stacks of all other threads every 5 ms, and gives the CPU time of each since the last look to the innermost package of
newsarchive on its stack, or to the outermost library where there is none.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType
from typing import Any

#: Seconds between two questions to the reactor.
HEARTBEAT_SECONDS = 0.01
#: Seconds between two looks at the stacks.
SAMPLE_SECONDS = 0.005
#: Seconds after which Python gives the probe its turn when it looks at stacks. With Python's 5 ms the probe mostly came to its turn
#: where a library lets others run, so that packing (zstd, 1.9% of a crawl) was said to take 5% (2026-11-28).
SWITCH_SECONDS = 0.0001
#: What is said for a part: Scrapy runs below our command, and a thread of a pool that waits has just done a short job.
NAMES = {"commands": "Scrapy and Twisted", "concurrent": "short jobs of threads"}


class Probe(threading.Thread):
    """Measures the process that it runs in until `stop` is called."""

    def __init__(self, profile: bool) -> None:
        super().__init__(daemon=True, name="probe")
        self.profile, self.stopped = profile, threading.Event()
        #: seconds of the longest wait for the reactor
        self.longest = 0.0
        self.parts: dict[str, float] = defaultdict(float)
        self.asked: float | None = None
        #: CPU seconds of each thread at the last look
        self.clocks: dict[int, float] = {}

    def run(self) -> None:
        while not self.stopped.wait(SAMPLE_SECONDS if self.profile else HEARTBEAT_SECONDS):
            self.ask()
            if self.profile:
                self.look()

    def ask(self) -> None:
        """Ask the reactor to answer, where it runs and owes no answer."""
        reactor: Any = sys.modules.get("twisted.internet.reactor")
        if self.asked is None and getattr(reactor, "running", False):
            self.asked = time.perf_counter()
            reactor.callFromThread(self.answer)

    def answer(self) -> None:
        assert self.asked is not None
        self.longest = max(self.longest, time.perf_counter() - self.asked)
        self.asked = None

    def look(self) -> None:
        """Give the CPU time of each thread since the last look to the part that it is in now.

        A thread of `sys._current_frames` cannot end before this one lets go of the interpreter, so its clock is there.
        """
        for thread, frame in sys._current_frames().items():
            now = time.clock_gettime(time.pthread_getcpuclockid(thread))
            if thread != self.ident:
                self.parts[part_of(frame)] += now - self.clocks.get(thread, 0.0)
            self.clocks[thread] = now

    def stop(self) -> dict[str, Any]:
        self.stopped.set()
        return {"longest_block": self.longest, "cpu": time.process_time(), "parts": dict(self.parts)}


def part_of(frame: FrameType | None) -> str:
    """The innermost package of newsarchive on a stack, else the library that is called first; "imports" while a
    module is imported."""
    ours, library = "", ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("importlib") or frame.f_code.co_filename.startswith("<frozen importlib"):
            return "imports"
        if module.startswith("newsarchive."):
            words = module.split(".")
            ours = ours or ".".join(words[1 : 3 if words[1] in ("core", "db") else 2])
        elif "." in module or not library:
            library = module.split(".")[0]
        frame = frame.f_back
    return NAMES.get(ours or library, ours or library or "python")


def main() -> None:
    report, *words = sys.argv[1:]
    profile = words[:1] == ["--profile"]
    if profile:
        sys.setswitchinterval(SWITCH_SECONDS)
    sys.argv = ["scrapy", *words[profile:]]
    from scrapy.cmdline import execute

    probe = Probe(profile)
    probe.start()
    try:
        execute()
    finally:
        Path(report).write_text(json.dumps(probe.stop()), encoding="utf-8")


if __name__ == "__main__":
    main()
