"""Scrapy's spiders as processes of `newsarchive crawl` or a worker: signals reach them, and none outlives the command.

A spider's standard input is a pipe that nothing is ever written to. When the command ends, also by `kill -9`, the pipe
closes, and the spider stops as after SIGTERM (`newsarchive.spider_processes.parent`). Until then it holds its share of the lock on
the site or the archive, so that no other crawl begins beside it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from tempfile import NamedTemporaryFile
from typing import IO

from newsarchive.exceptions import FAULT, UsageError
from newsarchive.reprs import signal_name
from newsarchive.spider_processes.parent import KEEP_MESSAGES, SHARE_LOCK, STOP_WITH_PARENT
from newsarchive.spider_processes.server import Child, SpiderServer

#: MB of address space that a spider needs. With 500 it broke at the first page of a small blog, with 600 it crawled it.
MIN_ADDRESS_SPACE_MB = 512
#: An exit code above 128 means, as in a shell, that a signal ended the process before it could finish.
MAX_OWN_EXIT_CODE = 128
#: Bytes at the end of a process's messages in which its last line is looked for.
MAX_TAIL_BYTES = 4_096
#: What an error begins with: time, name and level in Scrapy's log, a word in the messages of a command.
_LOGGED = re.compile(r"^\d{4}-\d\d-\d\d \S+ \[[^]]*\] [A-Z]+: |^[Ee]rror: ")


class SpiderProcesses:
    """Runs spiders in processes of their own, and passes SIGTERM and Ctrl-C on to them: they finish their requests and commit.

    A second signal ends them in the middle of their work; `forced` is then the exit code of the command. With `shown` the
    spiders draw their progress and summary as `scrapy crawl` does. With `stdout` what they print on standard output is kept (a
    dry run, a feed to `-`). `url` is the archive. Set `share_lock` while the command holds the lock of the archive, or locks
    each site. `server` forks them, where it can, from a process that has loaded them. With `keep_errors` the last line that a
    failed process printed on standard error is in `last_error`. Raises `UsageError` where the shell leaves too little memory.
    """

    def __init__(
        self,
        url: str,
        *,
        shown: bool = False,
        stdout: bool = False,
        server: SpiderServer | None = None,
        keep_errors: bool = False,
    ) -> None:
        check_address_space()
        self.shown, self.stdout, self.server, self.keep_errors = shown, stdout, server, keep_errors
        self.running: set[Child] = set()
        #: The signals that came, in their order.
        self.signals: list[int] = []
        self.share_lock = False
        #: Whether a process ended by itself, so that something was done.
        self.has_worked = False
        #: What the last process that failed said, or which signal killed it.
        self.last_error = ""
        #: Domain of a site, "" for none → which signal killed its spider, in words.
        self.killed: dict[str, str] = {}
        self.environment = {"SCRAPY_SETTINGS_MODULE": "newsarchive.settings"} | os.environ
        self.environment |= {"NEWSARCHIVE_DATABASE_URL": url, STOP_WITH_PARENT: "1"}

    @property
    def stopping(self) -> bool:
        return bool(self.signals)

    @property
    def forced(self) -> int:
        """128 and the number of the second signal, 0 where at most one came."""
        return MAX_OWN_EXIT_CODE + self.signals[1] if len(self.signals) > 1 else 0

    @property
    def stopped_early(self) -> int:
        """128 and the number of the only signal, where it came before any process had begun its work; otherwise 0. A second one
        ends a process in the middle of its work."""
        return MAX_OWN_EXIT_CODE + self.signals[0] if len(self.signals) == 1 and not self.has_worked else 0

    def run(self, spider: str, options: Sequence[str], site: str = "") -> int:
        """Run one spider, and give its exit code; 0 where a signal ended it before it began.

        `site` is the domain whose lock the spider shares with this process, where `share_lock` is set.
        """
        words = ["crawl", spider, *options]
        words += ["-s", "NEWSARCHIVE_TOUR=0"] if self.shown else ["-s", "NEWSARCHIVE_QUIET=1"]
        return self._run("scrapy", words, {SHARE_LOCK: site} if self.share_lock and site else {}, site)

    def run_command(self, words: Sequence[str]) -> int:
        """Run a command of newsarchive on the archive, without its messages, and give its exit code. The archive stands in the
        environment alone: everybody on a machine can read the words of a process, and the address may hold a password."""
        return self._run("newsarchive", [*words, "--quiet"], {})

    def _run(self, module: str, words: Sequence[str], more: dict[str, str], site: str = "") -> int:
        if self.keep_errors:
            with NamedTemporaryFile(prefix="newsarchive-messages-") as messages:
                code = self._ended(module, words, more | {KEEP_MESSAGES: messages.name})
                if code:
                    self.last_error = killed_by(-code) if code < 0 else last_line(messages)
        else:
            code = self._ended(module, words, more)
        if self.stopping and (code < 0 or code > MAX_OWN_EXIT_CODE):
            return self.forced
        self.has_worked = True
        if code < 0:
            self.killed[site] = killed_by(-code)
            return FAULT
        return code

    def _ended(self, module: str, words: Sequence[str], more: dict[str, str]) -> int:
        """Run a process to its end, and give its exit code; minus the number of a signal that killed it."""
        forked = None
        if self.server is not None and not self.stdout:  # a fork prints nothing
            forked = self.server.started(module, words, self.environment | more)
        child = forked or subprocess.Popen(
            [sys.executable, "-m", module, *words],
            env=self.environment | more,
            stdin=subprocess.PIPE,
            stdout=None if self.stdout else subprocess.DEVNULL,
            # In a session of its own the spider gets Ctrl-C from `stop` alone, and not a second time from the terminal.
            start_new_session=True,
        )
        self.running.add(child)
        if self.stopping:
            child.terminate()  # because the signal came while the process was starting
        with child:
            code = child.wait()
        self.running.discard(child)
        return code

    def stop(self, number: int, _: object) -> None:
        self.signals.append(number)
        for child in list(self.running):
            child.terminate()

    def kill(self) -> None:
        """End the processes in the middle of their work."""
        self.signals.append(signal.SIGKILL)
        for child in list(self.running):
            child.kill()

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """Inside the `with` block, SIGTERM and Ctrl-C end the spiders."""
        before = {number: signal.signal(number, self.stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def check_address_space() -> None:
    """Raise `UsageError` where `ulimit -v` leaves a spider too little memory: it would end with a traceback of any library."""
    with suppress(ImportError):  # Windows has no such limit
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if 0 <= limit < MIN_ADDRESS_SPACE_MB << 20:
            raise UsageError(
                f"the limit of memory here is {limit >> 20} MB, and a crawl needs more than {MIN_ADDRESS_SPACE_MB} MB:"
                " `ulimit -v unlimited` lifts it in this shell"
            )


def last_line(messages: IO[bytes]) -> str:
    """The last line that a process printed, without the time and the level before it; "" where it printed none."""
    messages.seek(max(os.fstat(messages.fileno()).st_size - MAX_TAIL_BYTES, 0))
    lines = [line.strip() for line in messages.read().decode(errors="replace").splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    with suppress(ValueError):  # lines of JSON, where the setting `log_format` asks for them
        logged = json.loads(last)
        last = str(logged.get("message") or last) if isinstance(logged, dict) else last
    return _LOGGED.sub("", last)


def killed_by(number: int) -> str:
    """In words that a signal killed a process.

    >>> killed_by(9)
    'its process was killed (SIGKILL): had the machine memory left?'
    """
    asks = ": had the machine memory left?" if number == signal.SIGKILL else ""
    return f"its process was killed ({signal_name(number)}){asks}"
