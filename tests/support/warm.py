"""Commands for tests, in processes of their own that find the package loaded.

To load Scrapy, SQLAlchemy and the package takes most of the time of a small command, and the suite runs some hundred of
them. So the first command of a run of tests starts a server, which loads them once and forks for each command. What a
user's process does after its imports the fork does too: it has its own arguments, environment, folder, streams and folders
to import from, and runs `python -m MODULE` to its end. What reads the environment while it is imported is not loaded before
the fork. The spiders that such a command starts are forks of the server as well, and so is the server from which a worker
forks its spiders. The processes that read its pages are forks of the server too, unless the command has a process group of
its own: then a test looks at that group. A package that is installed elsewhere has a server of its own.

A fork ends as a process does, but for the last step: Python takes no module apart. That would touch all memory that the fork
shares with the server, so that the system copies it: 0.17 s of CPU time, ten times what a small command takes.

`NEWSARCHIVE_TEST_COLD=1` starts each command as a program of its own, and so does a system without `pidfd_open`.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
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
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from functools import cache
from importlib import import_module, metadata
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, cast

from scrapy.settings import SettingsAttribute
from scrapy.utils.misc import walk_modules

from newsarchive import config, demo, rules
from newsarchive.core.discovery import feeds, pagination, platforms, sitemaps
from newsarchive.core.discovery.links import post_links
from newsarchive.core.site_template.model import Template
from newsarchive.exceptions import NotAnArticle, UsageError
from newsarchive.items import Capture
from newsarchive.plugins import steps
from newsarchive.spider_processes import processes, server
from newsarchive.workers import pool, worker

ROOT = Path(__file__).parents[2]
#: What the server loads: what most commands need, and what a crawl imports as it starts, which takes a third of its CPU time.
LOADED = (
    "alembic.command", "encodings.big5hkscs", "encodings.euc_jp", "encodings.iso2022_jp", "feedparser", "importlib.metadata._adapters",
    "numpy", "psycopg", "py3langid", "rich._emoji_codes", "rich.progress", "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite", "urllib.robotparser",
    "scrapy.cmdline", "scrapy.core.downloader.handlers.datauri", "scrapy.core.downloader.handlers.file",
    "scrapy.core.downloader.handlers.ftp", "scrapy.core.downloader.handlers.http11", "scrapy.core.downloader.handlers.s3",
    "scrapy.downloadermiddlewares.defaultheaders", "scrapy.downloadermiddlewares.downloadtimeout",
    "scrapy.downloadermiddlewares.httpauth", "scrapy.downloadermiddlewares.httpcache",
    "scrapy.downloadermiddlewares.httpcompression", "scrapy.downloadermiddlewares.httpproxy",
    "scrapy.downloadermiddlewares.offsite", "scrapy.downloadermiddlewares.retry", "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.downloadermiddlewares.stats", "scrapy.downloadermiddlewares.useragent", "scrapy.dupefilters", "scrapy.exporters",
    "scrapy.extensions.closespider", "scrapy.extensions.corestats", "scrapy.extensions.logcount", "scrapy.extensions.logstats",
    "scrapy.extensions.memdebug", "scrapy.extensions.memusage", "scrapy.extensions.spiderstate", "scrapy.extensions.throttle",
    "scrapy.logformatter", "scrapy.pipelines.files", "scrapy.pqueues", "scrapy.robotstxt", "scrapy.spidermiddlewares.depth",
    "scrapy.spidermiddlewares.metacopy", "scrapy.spidermiddlewares.start", "scrapy.spidermiddlewares.urllength",
    "scrapy.squeues", "scrapy.statscollectors",
    "newsarchive.addon", "newsarchive.cli.articles", "newsarchive.cli.cluster", "newsarchive.cli.crawl", "newsarchive.cli.db",
    "newsarchive.cli.extract", "newsarchive.cli.export", "newsarchive.cli.learn", "newsarchive.cluster.worker",
    "newsarchive.commands.crawl", "newsarchive.crawling.page_reader", "newsarchive.core.steps", "newsarchive.db.frontier.locks",
    "newsarchive.db.reading.metrics", "newsarchive.db.writing.store", "newsarchive.extensions.alarms",
    "newsarchive.extensions.template_learning", "newsarchive.extensions.warc", "newsarchive.learning.process",
    "newsarchive.crawling.page_reader", "newsarchive.pipelines", "newsarchive.reextract", "newsarchive.spiders.news",
    "newsarchive.spiders.recrawl", "newsarchive.spiders.warc", "newsarchive.warc.reader", "newsarchive.warc.writer",
)  # fmt: skip
#: Scrapy imports all modules of its commands and of ours, whichever it is to run.
COMMANDS = ("scrapy.commands", "newsarchive.commands")
#: What acts on the environment while it is imported. Each command must import it itself.
READ_ENVIRONMENT = ("newsarchive.settings", "twisted.internet.reactor")
#: Bytes of a request: a command's arguments and environment.
MAX_REQUEST_BYTES = 1 << 17
#: Descriptors of a request: the three streams, where to answer, and those that are passed.
MAX_DESCRIPTORS = 8
#: Processes whose lines wait until the server has loaded the package; and how often a process tries to get one, in 10 ms.
MAX_WAITING_PROCESSES = 1000
MAX_TRIES = 1000
#: Servers that are asked for one command, before it fails.
MAX_SERVERS = 2
#: Where a fork keeps its own descriptors, out of the way of those that a command is passed under the numbers they have.
FREE_DESCRIPTORS = 200
#: Descriptors of open files for standard input, output and error.
Streams = tuple[int | None, int | None, int | None]
#: Where a program that is started with next to no environment finds bytecode, and puts its own.
BYTECODE = {name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ}
IS_COLD = bool(os.environ.get("NEWSARCHIVE_TEST_COLD")) or not hasattr(os, "pidfd_open")


class Warm:
    """A command in a fork of the server, with the methods of `subprocess.Popen` that tests and our commands use.

    `streams` are open files for its standard input, output and error. Where none is given, the input is empty, or a pipe with
    `has_input`, and the others are pipes. The descriptors `passed` are open in it too, under the same numbers.
    """

    def __init__(
        self,
        args: list[str],
        environment: Mapping[str, str],
        cwd: str | None = None,
        own_group: bool = False,
        has_input: bool = False,
        text: bool = True,
        streams: Streams = (None, None, None),
        passed: Sequence[int] = (),
    ) -> None:
        self.args = args
        self.returncode: int | None = None
        self._said: tuple[Any, Any] | None = None
        given, stdin = os.pipe() if has_input else (os.open(os.devnull, os.O_RDONLY), -1)
        if streams[0] is not None:
            os.dup2(streams[0], given)
        (out, stdout), (err, stderr) = (
            os.pipe() if number is None else (-1, os.dup(number)) for number in streams[1:]
        )
        request = {"words": args[3:], "module": args[2], "environment": dict(environment), "group": own_group}
        request |= {"cwd": cwd or os.getcwd(), "passed": list(passed)}
        try:
            self.pid, answers = _asked(args[0], json.dumps(request).encode(), [given, stdout, stderr], passed)
        finally:
            for fd in (given, stdout, stderr):
                os.close(fd)
        self.stdin: IO[Any] | None = _opened(stdin, "w", text) if has_input else None
        self.stdout: IO[Any] | None = _opened(out, "r", text) if out >= 0 else None
        self.stderr: IO[Any] | None = _opened(err, "r", text) if err >= 0 else None
        self._ended = threading.Event()
        threading.Thread(target=self._hear, args=(answers,), name="warm", daemon=True).start()

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in filter(None, (self.stdin, self.stdout, self.stderr)):
            stream.close()
        self.wait()

    def _hear(self, answers: IO[str]) -> None:
        """Wait for the exit code, as the server tells it."""
        with answers:
            self.returncode = int(answers.readline() or -signal.SIGKILL)
        self._ended.set()

    def poll(self) -> int | None:
        """The exit code, `None` while the command runs; minus the number of a signal that ended it."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Several threads may wait for it."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """Standard output and error, once the command ended and nothing else holds them."""
        if self._said is not None:
            return self._said
        found: dict[str, Any] = {}
        streams = [(n, s) for n, s in (("out", self.stdout), ("err", self.stderr)) if s is not None]
        readers = [threading.Thread(target=lambda s=s, n=n: found.setdefault(n, s.read()), daemon=True)
                   for n, s in streams]  # fmt: skip
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
        for _, stream in streams:
            stream.close()
        self._said = found["out"], found.get("err")
        return self._said

    def join(self, timeout: float | None = None) -> None:
        """The same as `wait`, as a process of `multiprocessing` does it."""
        self._ended.wait(timeout)

    @property
    def exitcode(self) -> int | None:
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended, and the server has yet to tell it
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
    streams: Streams = (None, None, None),
    python: str = sys.executable,
) -> Any:
    """`python -m module words`, while it runs, as a `subprocess.Popen` whose standard output and error are pipes.

    `streams` are open files for its standard input, output and error, in place of what these are else. `python` may be that of
    another environment, whose package is then used.
    """
    args = [python, "-m", module, *words]
    if not _may_fork(environment, python):
        otherwise = (
            subprocess.PIPE if has_input else subprocess.DEVNULL,
            subprocess.PIPE,
            subprocess.PIPE,
        )
        stdin, stdout, stderr = (
            kind if number is None else number for number, kind in zip(streams, otherwise, strict=True)
        )
        return subprocess.Popen(
            args, env=environment, cwd=cwd, text=text, start_new_session=own_group,
            stdin=stdin, stdout=stdout, stderr=stderr,
        )  # fmt: skip
    return Warm(args, environment, cwd, own_group, has_input, text, streams)


def run(
    module: str,
    *words: str,
    environment: Mapping[str, str],
    cwd: str | None = None,
    given: Any = None,
    text: bool = True,
    timeout: float = 120,
    python: str = sys.executable,
) -> subprocess.CompletedProcess[Any]:
    """The same to its end, with `given` as its standard input."""
    process = started(
        module,
        *words,
        environment=environment,
        cwd=cwd,
        has_input=given is not None,
        text=text,
        python=python,
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


def _may_fork(environment: Mapping[str, str], python: str = sys.executable) -> bool:
    """Whether a fork can do what a new process would. It may be given more folders to import from, but no fewer."""
    own, given = _environment_of(python), environment
    found = [folder for folder in _folders(given) if folder in _folders(own)]
    return not IS_COLD and found == _folders(own) and _of_interpreter(given) == _of_interpreter(own)


def _folders(environment: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(environment.get("PYTHONPATH", "").split(os.pathsep)))


def _of_interpreter(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that Python reads when it starts, which a fork cannot act upon any more."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(("PYTHON", "LC_", "LANG")) and value and name != "PYTHONPATH"
    }


def own_environment() -> dict[str, str]:
    """What a command of a test finds: this process's variables, the checkout first on the path, loopback without a proxy."""
    path = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    if str(ROOT) not in path:  # a command that is a fork has it there, and its spiders are to be forks too
        path.insert(0, str(ROOT))
    return os.environ | {"PYTHONPATH": os.pathsep.join(path), "NO_PROXY": "127.0.0.1"}


def _environment_of(python: str) -> dict[str, str]:
    """That of the server. Of another environment than ours the checkout is no part."""
    if python == sys.executable:
        return own_environment()
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


_lock = threading.Lock()
#: In a fork, the socket over which it asks the server for others.
_line: socket.socket | None = None


def _pair() -> tuple[socket.socket, socket.socket]:
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (mine, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_REQUEST_BYTES)
    return mine, theirs


def _begin(python: str, fd: int) -> None:
    environment = _environment_of(python) | {"OPENBLAS_NUM_THREADS": "1"}
    server = subprocess.Popen(
        [python, __file__, str(fd)], env=environment, pass_fds=[fd], stdin=subprocess.DEVNULL
    )
    server.returncode = 0  # nobody waits for it: it ends by itself


@cache
def _server(python: str) -> socket.socket:
    """A line to the server, which ends with the last process that has one. The processes of a run of tests share a server."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"of {os.getpid()}")
    address = f"\0newsarchive-{run}-{zlib.crc32(python.encode())}"
    mine, theirs = (socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2))
    mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_REQUEST_BYTES)
    with theirs:
        for _ in range(MAX_TRIES):
            try:
                theirs.bind(address)
            except OSError:
                pass  # another process has begun a server
            else:
                theirs.listen(MAX_WAITING_PROCESSES)
                _begin(python, theirs.fileno())
            with suppress(ConnectionRefusedError):  # it does not listen yet, or ends just now
                mine.connect(address)
                return mine
            time.sleep(0.01)
    raise RuntimeError("the server of commands does not listen")


def _asked(python: str, request: bytes, streams: Sequence[int], passed: Sequence[int]) -> tuple[int, IO[str]]:
    """The number of the process that the server has begun, and where it tells the exit code. Where the server has ended
    or was killed, another is begun."""
    for _ in range(MAX_SERVERS):
        mine, theirs = socket.socketpair()
        with theirs, _lock:
            line = _line or _server(python)
            with suppress(ConnectionError):
                socket.send_fds(line, [request], [*streams, theirs.fileno(), *passed])
        with mine:
            answers = mine.makefile("r")  # it keeps the socket open
        if number := answers.readline():
            return int(number), answers
        answers.close()
        with _lock:
            if line is not _line and line is _server(python):  # no other thread has begun another
                _server.cache_clear()
    raise RuntimeError("the server of commands has ended")


def _serve(control: socket.socket) -> dict[str, Any] | None:
    """Fork for each request. In a fork it returns the request, in the server `None`, once nobody has a line any more: what
    still runs then is killed."""
    global _line
    children: dict[int, tuple[int, socket.socket]] = {}
    lines = {control}
    callers: set[socket.socket] = set()
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj not in lines:
                    pid, asker = children.pop(key.fd)
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    with suppress(OSError):  # who asked did not wait
                        asker.sendall(f"{code}\n".encode())
                    asker.close()
                    continue
                line = cast("socket.socket", key.fileobj)
                if line is control:
                    caller, _ = control.accept()
                    callers.add(caller)
                    lines.add(caller)
                    selector.register(caller, selectors.EVENT_READ)
                    continue
                message, fds = b"", []
                with suppress(OSError):  # a command that was killed
                    message, fds, _, _ = socket.recv_fds(line, MAX_REQUEST_BYTES, MAX_DESCRIPTORS)
                if not message:
                    selector.unregister(line)
                    lines.discard(line)
                    callers.discard(line)
                    line.close()
                    if not callers:
                        control.close()
                        for pid, _ in children.values():  # a run of tests was killed
                            os.kill(pid, signal.SIGKILL)
                        return None
                    continue
                ours, theirs = _pair()
                pid = os.fork()
                if not pid:
                    for other in (*lines, ours, *(asker for _, asker in children.values())):
                        other.close()
                    for fd in children:
                        os.close(fd)
                    for number, fd in enumerate(fds[:3]):
                        os.dup2(fd, number)
                    request: dict[str, Any] = json.loads(message)
                    request["received"] = [_moved(fd) for fd in fds[4:]]
                    for fd in fds[:4]:
                        os.close(fd)
                    _line = socket.socket(fileno=_moved(theirs.detach()))
                    return request
                theirs.close()
                lines.add(ours)
                selector.register(ours, selectors.EVENT_READ)
                for fd in (*fds[:3], *fds[4:]):
                    os.close(fd)
                asker = socket.socket(fileno=fds[3])
                asker.sendall(f"{pid}\n".encode())
                child = os.pidfd_open(pid)
                children[child] = pid, asker
                selector.register(child, selectors.EVENT_READ)


def _moved(fd: int) -> int:
    """A descriptor of the same file, above those that commands use."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FREE_DESCRIPTORS)
    os.close(fd)
    return moved


def _spider(
    args: list[str], *, env: Mapping[str, str], stdin: int, stdout: int | None, start_new_session: bool
) -> Any:
    """What `SpiderProcesses` starts, in a fork as well: it is like `subprocess.Popen` with the arguments given there."""
    if not _may_fork(env):
        return subprocess.Popen(
            args, env=env, stdin=stdin, stdout=stdout, start_new_session=start_new_session
        )
    with open(os.devnull, "w") as nothing:
        streams = (None, 1 if stdout is None else nothing.fileno(), 2)
        has_input = stdin == subprocess.PIPE
        return Warm(args, env, own_group=start_new_session, has_input=has_input, text=False, streams=streams)


def _spider_server(
    args: list[str], *, env: Mapping[str, str], pass_fds: Sequence[int], stdin: int, start_new_session: bool
) -> Any:
    """What `SpiderServer` starts, likewise."""
    if not _may_fork(env):
        return subprocess.Popen(
            args, env=env, pass_fds=pass_fds, stdin=stdin, start_new_session=start_new_session
        )
    return Warm(args, env, own_group=start_new_session, streams=(None, 1, 2), passed=pass_fds)


def _reader(pipe: Connection) -> Warm:
    """What `WorkerPool` starts, likewise: the fork-server of Python would load the package again, for 1.2 s of CPU time."""
    return Warm([sys.executable, "-m", pool.__name__], os.environ, streams=(pipe.fileno(), 1, 2))


#: The modules that start processes of spiders → what stands in for `subprocess` there, so that they are forks.
STARTED = {
    module: SimpleNamespace(**starts, PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL)
    for module, starts in (
        (processes, {"Popen": _spider}),
        (server, {"Popen": _spider_server}),
    )
}


def _run(request: dict[str, Any]) -> None:
    """What a new process would do after its imports."""
    for fd, number in zip(request["received"], request["passed"], strict=True):
        os.dup2(fd, number)
        os.close(fd)
    if request["group"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["cwd"])
    known = {*sys.path, ""}
    sys.path[:1] = [request["cwd"], *(folder for folder in _folders(os.environ) if folder not in known)]
    for module, starts in STARTED.items():
        vars(module)["subprocess"] = starts
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
    is_package = hasattr(sys.modules.get(request["module"]), "__path__")
    sys.modules.pop(request["module"] + ".__main__" * is_package, None)  # it runs anew, as in a new process
    if not request["group"]:  # a test looks at a group of processes as they are
        pool.start_by(_reader)
    code = 0
    try:
        if request["module"] == pool.__name__:
            pool.serve(Connection(os.dup(0)))
        else:
            runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as asked:
        if not isinstance(asked.code, int | None):
            raise  # Python prints it
        code = asked.code or 0
    threading._shutdown()
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):  # who read it is gone: Python says so, and gives another exit code
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _look_at(url: str, kind: str, body: bytes) -> None:
    """What a crawl does with an answer, whose expressions are then compiled."""
    with suppress(NotAnArticle):  # the front page
        worker.read(Capture(url, body), Template("demo.example"), rules.default(), steps(()))
    text = body.decode()
    feeds.parse_feed(body, url, kind, rules=rules.default())
    sitemaps.parse_sitemap(body, url, rules.default())
    platforms.sources(text, {}, url, rules.default())
    post_links(text, url, rules.default())
    pagination.pagination(text, url, rules.default())


@cache
def _entry_points(folder: Path) -> metadata.EntryPoints:
    """Those of an installed library. Each start of Scrapy reads the files of all libraries, which takes 15 ms of CPU time."""
    return metadata.Distribution.entry_points.fget(metadata.PathDistribution(folder))  # type: ignore[attr-defined]


def _copied(setting: SettingsAttribute, memo: dict[int, Any]) -> SettingsAttribute:
    """What `copy.deepcopy` gives, in a third of its time: Scrapy copies all of its 320 settings four times as a crawl starts."""
    other = object.__new__(SettingsAttribute)
    vars(other).update((name, deepcopy(value, memo)) for name, value in vars(setting).items())
    return other


def _load() -> None:
    for name in (*LOADED, *(module.__name__ for package in COMMANDS for module in walk_modules(package))):
        with suppress(ModuleNotFoundError):  # of an extra
            import_module(name)
    for path, (kind, body) in demo.pages("https://demo.example").items():
        _look_at("https://demo.example" + path, kind, body)
    metadata.PathDistribution.entry_points = property(lambda self: _entry_points(self._path))  # type: ignore[assignment]
    metadata.entry_points()
    SettingsAttribute.__deepcopy__ = _copied  # type: ignore[attr-defined]
    if early := [name for name in READ_ENVIRONMENT if name in sys.modules]:
        raise RuntimeError(f"loaded before the fork: {', '.join(early)}")
    gc.collect()
    gc.freeze()  # no fork's collector looks at what is loaded, and so none copies its memory


if __name__ == "__main__":
    _load()
    asked = _serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is not None:
        _run(asked)
