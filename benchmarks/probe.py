"""Scrapy's command with a probe in its process: how long its reactor is held up, its CPU time, and where that goes.

    python -m benchmarks.probe REPORT.json [--profile] crawl news -a url=http://127.0.0.1:8000/

The words behind the report's name are those of `scrapy`. A thread asks the running reactor for an answer every 10 ms; the
longest wait is the longest time that no response, timer or signal was served. With `--profile` the thread looks at the
stacks of all other threads every 5 ms, and gives the CPU time since the last look to the innermost package of
newsarchive on the stack of each thread that works, or to the outermost library where there is none.
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
#: Functions in which a thread waits; it uses no CPU there.
WAITING = frozenset(
    ["wait", "select", "poll", "get", "_wait_for_tstate_lock", "_worker", "accept", "recv", "join", "_recv"]
)
#: The modules of these functions.
WAITING_IN = ("threading", "selectors", "queue", "concurrent.", "multiprocessing.", "socket", "twisted.")


class Probe(threading.Thread):
    """Measures the process that it runs in until `stop` is called."""

    def __init__(self, profile: bool) -> None:
        super().__init__(daemon=True, name="probe")
        self.profile, self.stopped = profile, threading.Event()
        #: seconds of the longest wait for the reactor
        self.longest = 0.0
        self.parts: dict[str, float] = defaultdict(float)
        self.asked: float | None = None
        self.cpu = time.process_time()

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
        """Give the CPU time since the last look to the parts that are at work now."""
        now = time.process_time()
        spent, self.cpu = now - self.cpu, now
        mine = threading.get_ident()
        frames = [frame for thread, frame in sys._current_frames().items() if thread != mine]
        parts = [part_of(frame) for frame in frames if not is_waiting(frame)] or ["waiting"]
        for part in parts:
            self.parts[part] += spent / len(parts)

    def stop(self) -> dict[str, Any]:
        self.stopped.set()
        return {"longest_block": self.longest, "cpu": time.process_time(), "parts": dict(self.parts)}


def is_waiting(frame: FrameType) -> bool:
    """Whether the thread of this innermost frame waits for something."""
    module = frame.f_globals.get("__name__", "")
    return frame.f_code.co_name in WAITING and module.startswith(WAITING_IN)


def part_of(frame: FrameType | None) -> str:
    """The innermost package of newsarchive on a stack, else the library that is called first; "start" while modules
    are imported."""
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
    return ours or library or "python"


def main() -> None:
    report, *words = sys.argv[1:]
    profile = words[:1] == ["--profile"]
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
