"""Spiders in processes of their own: how `newsarchive crawl` runs Scrapy, in a checkout or from the wheel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

#: Exit codes above it say as a shell does that a signal ended the process, before it was ready to end well.
SHELL_SIGNALLED = 128


class Children:
    """The running spiders, which are told to end when we are: they finish what is in flight, and commit.

    `shown`: they draw their progress and their summary, as `scrapy crawl` does; where the articles are we say ourselves. `stdout`: what they print there is
    ours (a dry run, a feed to `-`).
    """

    def __init__(self, url: str, *, shown: bool = False, stdout: bool = False) -> None:
        self.shown, self.stdout = shown, stdout
        self.running: set[subprocess.Popen[bytes]] = set()
        self.stopping = False
        self.environment = {"SCRAPY_SETTINGS_MODULE": "newsarchive.settings"} | os.environ
        self.environment["NEWSARCHIVE_DATABASE_URL"] = url

    def run(self, spider: str, options: Sequence[str]) -> int:
        """The exit code of one spider; 0 for one that was told to end."""
        command = [sys.executable, "-m", "scrapy", "crawl", spider, *options]
        command += ["-s", "NEWSARCHIVE_TOUR=0"] if self.shown else ["-s", "NEWSARCHIVE_QUIET=1"]
        # A session of its own: a Ctrl-C reaches it through us, once.
        child = subprocess.Popen(
            command,
            env=self.environment,
            stdout=None if self.stdout else subprocess.DEVNULL,
            start_new_session=True,
        )
        self.running.add(child)
        if self.stopping:
            child.terminate()  # the signal came while it was starting
        code = child.wait()
        self.running.discard(child)
        if self.stopping and (code < 0 or code > SHELL_SIGNALLED):
            return 0
        return code if code >= 0 else 1

    def stop(self, *_: object) -> None:
        self.stopping = True
        for child in list(self.running):
            child.terminate()

    @contextmanager
    def told_of_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
