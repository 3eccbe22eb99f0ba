"""Commands for tests, in processes of their own that find the package loaded.

To load Scrapy, SQLAlchemy and the package takes most of the time of a small command, and the suite runs some hundred of
them. So the first command of a test process starts a server, which loads them once and forks for each command. What a
user's process does after its imports the fork does too: it has its own arguments, environment, folder and streams, and
runs `python -m MODULE` to its end. What reads the environment while it is imported is not loaded before the fork.

`NEWSARCHIVE_TEST_COLD=1` starts each command as a program of its own, and so does a system without `pidfd_open`.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from newsarchive import config, demo, rules, worker
from newsarchive.core.site_template.model import Template
from newsarchive.exceptions import NotAnArticle, UsageError
from newsarchive.items import Capture
from newsarchive.plugins import steps

ROOT = Path(__file__).parent.parent
#: What the server loads: what most commands need.
LOADED = (
    "alembic.command", "numpy", "scrapy.cmdline", "scrapy.commands.crawl", "scrapy.core.downloader.handlers.http11",
    "sqlalchemy.dialects.sqlite", "newsarchive.cli.articles", "newsarchive.cli.crawl", "newsarchive.cli.db",
    "newsarchive.cli.explain", "newsarchive.core.steps", "newsarchive.db.writing.store", "newsarchive.learning",
    "newsarchive.page_reader", "newsarchive.reextract", "newsarchive.warc.reader", "newsarchive.warc.writer",
)  # fmt: skip
#: What acts on the environment while it is imported. Each command must import it itself.
READ_ENVIRONMENT = ("newsarchive.settings", "twisted.internet.reactor")
#: Bytes of a request: a command's arguments and environment.
MAX_REQUEST_BYTES = 1 << 17
#: Seconds that a thread waits before it looks whether another one was told that the command ended.
MAX_WAIT_SECONDS = 0.05
IS_COLD = bool(os.environ.get("NEWSARCHIVE_TEST_COLD")) or not hasattr(os, "pidfd_open")


class Warm:
    """A command in a fork of the server, with the methods of `subprocess.Popen` that tests use."""

    def __init__(
        self,
        args: list[str],
        environment: Mapping[str, str],
        cwd: str | None,
        own_group: bool,
        has_input: bool,
        text: bool,
    ) -> None:
        self.args = args
        self.returncode: int | None = None
        self._said: tuple[Any, Any] | None = None
        given, stdin = os.pipe() if has_input else (os.open(os.devnull, os.O_RDONLY), -1)
        (out, stdout), (err, stderr) = os.pipe(), os.pipe()
        mine, theirs = socket.socketpair()
        request = {"words": args[3:], "module": args[2], "environment": dict(environment), "group": own_group}
        request["cwd"] = cwd or os.getcwd()
        with _lock:
            socket.send_fds(
                _server(), [json.dumps(request).encode()], [given, stdout, stderr, theirs.fileno()]
            )
        for fd in (given, stdout, stderr):
            os.close(fd)
        theirs.close()
        self.stdin: IO[Any] | None = _opened(stdin, "w", text) if has_input else None
        self.stdout, self.stderr = _opened(out, "r", text), _opened(err, "r", text)
        self._answers = mine.makefile("r")
        self._connection, self._waiting = mine, threading.Lock()
        self.pid = int(self._answers.readline())

    def poll(self) -> int | None:
        """The exit code, `None` while the command runs; minus the number of a signal that ended it."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Several threads may wait for it."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            with self._waiting, selectors.DefaultSelector() as selector:
                if self.returncode is None:
                    selector.register(self._connection, selectors.EVENT_READ)
                    if selector.select(
                        MAX_WAIT_SECONDS if timeout is None else min(timeout, MAX_WAIT_SECONDS)
                    ):
                        self.returncode = int(self._answers.readline())
                        self._answers.close()
                        self._connection.close()
            if self.returncode is None and end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """Standard output and error, once the command ended and nothing else holds them."""
        if self._said is not None:
            return self._said
        found: dict[str, Any] = {}
        readers = [threading.Thread(target=lambda s=s, n=n: found.setdefault(n, s.read()), daemon=True)
                   for n, s in (("out", self.stdout), ("err", self.stderr))]  # fmt: skip
        for reader in readers:
            reader.start()
        if self.stdin is not None:
            with suppress(BrokenPipeError):
                if input:
                    self.stdin.write(input)
            with suppress(BrokenPipeError):
                self.stdin.close()
        self.wait(timeout)
        for reader in readers:
            reader.join(timeout)
        if len(found) < len(readers):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.stdout.close()
        self.stderr.close()
        self._said = found["out"], found["err"]
        return self._said

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def started(
    module: str,
    *words: str,
    environment: Mapping[str, str],
    cwd: str | None = None,
    own_group: bool = False,
    has_input: bool = False,
    text: bool = True,
) -> Any:
    """`python -m module words`, while it runs, as a `subprocess.Popen` whose standard output and error are pipes."""
    args = [sys.executable, "-m", module, *words]
    if IS_COLD or _of_interpreter(environment) != _of_interpreter(own_environment()):
        return subprocess.Popen(
            args, env=environment, cwd=cwd, text=text, start_new_session=own_group,
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    return Warm(args, environment, cwd, own_group, has_input, text)


def run(
    module: str,
    *words: str,
    environment: Mapping[str, str],
    cwd: str | None = None,
    given: Any = None,
    text: bool = True,
    timeout: float = 120,
) -> subprocess.CompletedProcess[Any]:
    """The same to its end, with `given` as its standard input."""
    process = started(
        module, *words, environment=environment, cwd=cwd, has_input=given is not None, text=text
    )
    return ended(process, given, timeout)


def ended(process: Any, given: Any = None, timeout: float = 120) -> subprocess.CompletedProcess[Any]:
    """What a process says until its end; it is killed where that takes longer than `timeout` seconds."""
    try:
        out, err = process.communicate(given, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _opened(fd: int, mode: str, text: bool) -> IO[Any]:
    return open(fd, mode, encoding="utf-8") if text else open(fd, mode + "b")


def _of_interpreter(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that Python reads when it starts, which a fork cannot act upon any more."""
    found = {
        name: value
        for name, value in environment.items()
        if name.startswith(("PYTHON", "LC_", "LANG")) and value
    }
    folders = dict.fromkeys(found.get("PYTHONPATH", "").split(os.pathsep))
    return found | {"PYTHONPATH": os.pathsep.join(folders)}


def own_environment() -> dict[str, str]:
    """What a command of a test finds: this process's variables, the checkout first on the path, loopback without a proxy."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path, "NO_PROXY": "127.0.0.1"}


_lock = threading.Lock()


@cache
def _server() -> socket.socket:
    """The control socket of the server, which ends when this process closes it."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (mine, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_REQUEST_BYTES)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", str(theirs.fileno())], pass_fds=[theirs.fileno()],
        env=own_environment() | {"OPENBLAS_NUM_THREADS": "1"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    theirs.close()

    def stop() -> None:
        mine.close()
        server.wait(60)

    atexit.register(stop)
    return mine


def _serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork for each request. In a fork it returns the request, in the server `None`, once nobody asks any more."""
    children: dict[int, tuple[int, socket.socket]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not control:
                    pid, asker = children.pop(key.fd)
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    with suppress(OSError):  # the test did not wait
                        asker.sendall(f"{code}\n".encode())
                    asker.close()
                    continue
                message, fds, _, _ = socket.recv_fds(control, MAX_REQUEST_BYTES, 4)
                if not message:
                    return None
                pid = os.fork()
                if not pid:
                    control.close()
                    for _, asker in children.values():
                        asker.close()
                    for fd in children:
                        os.close(fd)
                    for number, fd in enumerate(fds[:3]):
                        os.dup2(fd, number)
                    for fd in fds:
                        os.close(fd)
                    request: dict[str, Any] = json.loads(message)
                    return request
                for fd in fds[:3]:
                    os.close(fd)
                asker = socket.socket(fileno=fds[3])
                asker.sendall(f"{pid}\n".encode())
                child = os.pidfd_open(pid)
                children[child] = pid, asker
                selector.register(child, selectors.EVENT_READ)


def _run(request: dict[str, Any]) -> None:
    """What a new process would do after its imports."""
    if request["group"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.path[0] = request["cwd"]
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        before = getattr(sys, name)
        number = ("stdin", "stdout", "stderr").index(name)
        stream = open(number, mode, encoding=before.encoding, errors=before.errors, closefd=False)  # noqa: SIM115
        if mode == "w":
            stream.reconfigure(line_buffering=name == "stderr" or os.isatty(number), write_through=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    with suppress(UsageError):  # the command says it
        if config.load()["standfirst"] != config.STANDFIRSTS[0]:
            rules._once.cache_clear()  # the one setting that the rules hold
    sys.argv = [request["module"], *request["words"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


def _load() -> None:
    for name in LOADED:
        import_module(name)
    for path, (_, body) in demo.pages("https://demo.example").items():
        with suppress(NotAnArticle):  # the front page
            worker.read(
                Capture("https://demo.example" + path, body),
                Template("demo.example"),
                rules.default(),
                steps(()),
            )
    if early := [name for name in READ_ENVIRONMENT if name in sys.modules]:
        raise RuntimeError(f"loaded before the fork: {', '.join(early)}")


if __name__ == "__main__":
    _load()
    asked = _serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is not None:
        _run(asked)
