"""Starts spiders as forks of one process that has loaded them.

    server = SpiderServer()
    with server.started("scrapy", ["crawl", "news", "-a", "url=https://blog.example"], os.environ) as spider:
        code = spider.wait()

A worker, and `newsarchive crawl --all`, crawl many small sites. To start Python, to load Scrapy, the database's library and the
package and to read a first page takes two seconds of CPU, more than all else that a small blog costs. So their first spider starts
a server, `python -m newsarchive.spider_processes.server`, which does this once and forks for each spider. A fork has its own
arguments, environment and streams and runs `python -m MODULE` to its end. A fork that breaks harms no other.

The spiders of a server work at one archive, and share what they have read in a temporary file (`db.kept_readings`).
Modules that read the environment while they are imported are not loaded before the fork. The server ends with the
process that started it. A spider has the processes that read its pages (`workers.pool`) forked by the same server. Where
a system cannot do this (no `pidfd_open`), or the server does not start, each spider is a program of its own.

A `scrapy crawl` that a person starts has a server of its own, which loads no spiders and forks the processes that read its
pages alone. It holds 40 MB that nobody uses once they run. So it then begins anew as the same process, with its forks and
without what it had loaded, and loads that again if another fork is asked for, because one has died.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from multiprocessing import util
from multiprocessing.connection import Connection
from tempfile import mkdtemp
from typing import Any, NoReturn, Protocol, Self

from newsarchive.exceptions import UsageError
from newsarchive.spider_processes.parent import SHARED_READINGS
from newsarchive.workers import pool

#: What the server loads. `workers.preload` reads a page, so that tables and patterns are made ready.
LOADED = (
    "alembic.command", "numpy", "psycopg", "rich.live", "rich.progress", "scrapy.cmdline", "scrapy.commands.crawl",
    "scrapy.commands.genspider", "scrapy.commands.shell", "scrapy.core.downloader.handlers.http11",
    "scrapy.downloadermiddlewares.httpcompression", "scrapy.downloadermiddlewares.httpproxy", "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.extensions.corestats", "scrapy.extensions.memusage", "scrapy.extensions.throttle", "scrapy.pipelines.files",
    "scrapy.pqueues", "scrapy.squeues", "sqlalchemy.dialects.postgresql", "newsarchive.addon", "newsarchive.cli.opening",
    "newsarchive.cli.options", "newsarchive.cli.output", "newsarchive.commands.crawl", "newsarchive.core.steps", "newsarchive.db.writing.store",
    "newsarchive.learning.process", "newsarchive.crawling.page_reader", "newsarchive.reextract", "newsarchive.spiders.news",
    "newsarchive.spiders.recrawl", "newsarchive.spiders.warc", "newsarchive.warc.reader", "newsarchive.warc.writer",
    "newsarchive.workers.preload",
)  # fmt: skip
#: Modules that read the environment while they are imported. Each spider imports them itself.
READ_ENVIRONMENT = ("newsarchive.settings", "twisted.internet.reactor")
#: Seconds without a request after which a server that forks no spiders begins anew. The processes of a crawl are asked for within
#: a second. With more, it holds its memory longer; with less, it might load everything once more for the last of them.
REST_SECONDS = 3.0
#: The program of a server.
MODULE = "newsarchive.spider_processes.server"
#: Bytes of a request: the arguments and the environment of a spider.
MAX_REQUEST_BYTES = 2**17


class Child(Protocol):
    """A process as `SpiderProcesses` uses it; `subprocess.Popen` is one."""

    def wait(self) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: Any) -> None: ...


class Fork:
    """A fork of the server. `stdin` is a pipe that it may watch: nothing is written to it, and it closes with this process."""

    def __init__(self, pid: int, handle: int, answers: socket.socket) -> None:
        self.pid, self.handle, self.answers = pid, handle, answers
        self.stdin: int | None = None
        #: What `wait` gives, `None` before it was waited for.
        self.exitcode: int | None = None
        #: Held while a signal is sent and while `handle` is closed, because the number of a closed handle may be given
        #: to another.
        self.guard = threading.Lock()

    def wait(self) -> int:
        """The exit code; minus the number of a signal that ended it."""
        if self.exitcode is None:
            _readable(self.handle, self.answers)
            said = self.answers.recv(16)
            if not said:  # the server is gone, and nobody can say how its fork ends
                self.kill()
                _readable(self.handle)
            with self.guard:
                self.exitcode = int(said) if said else -signal.SIGKILL
                os.close(self.handle)
                self.answers.close()
        return self.exitcode

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, at most these seconds."""
        if self.exitcode is None and _readable(self.handle, timeout=timeout):
            self.wait()

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        with self.guard, suppress(OSError):  # it has ended
            if self.exitcode is None:
                signal.pidfd_send_signal(self.handle, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        if self.stdin is not None:
            os.close(self.stdin)
        self.wait()


def _readable(*files: int | socket.socket, timeout: float | None = None) -> bool:
    """Wait until one of these files can be read, or has ended; whether that came in time."""
    with selectors.DefaultSelector() as selector:
        for file in files:
            selector.register(file, selectors.EVENT_READ)
        return bool(selector.select(timeout))


def _asked(control: socket.socket, request: Mapping[str, Any], stdin: int) -> Fork:
    """A fork of the server at the other end of `control`. Raises `OSError` where the server gives none."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with theirs:
            socket.send_fds(control, [json.dumps(request).encode()], [stdin, theirs.fileno()])
        said, handles, _, _ = socket.recv_fds(mine, 16, 1)
        if not (said and handles):
            raise BrokenPipeError("the server of spiders has ended, or cannot fork")
    except OSError:
        mine.close()
        raise
    return Fork(int(said), handles[0], mine)


class SpiderServer:
    """Starts spiders, from any thread. The server process begins with the first. One without `spiders` starts `reader` processes."""

    def __init__(self, *, spiders: bool = True) -> None:
        self.spiders = spiders
        self.lock = threading.RLock()
        self.control: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None
        #: Where the spiders share what they have read; nobody else on the machine has access to it.
        self.folder = ""
        self.usable = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")

    def started(self, module: str, words: Sequence[str], environment: Mapping[str, str]) -> Child | None:
        """`python -m module words` as a fork; `None` where that cannot be done here."""
        if not self.usable:
            return None
        request = {"module": module, "words": list(words), "environment": dict(environment)}
        given, stdin = os.pipe()
        with self.lock:
            try:
                fork = _asked(self.begin(), request, given)
            except OSError:
                os.close(stdin)
                # A server never says anything here, so that only its end can be read: the next spider begins another.
                if self.control is None or _readable(self.control, timeout=0):
                    self.close()
                return None
            finally:
                os.close(given)
        fork.stdin = stdin
        return fork

    def reader(self, pipe: Connection) -> Fork | None:
        """A process of a `WorkerPool`; `None` where that cannot be done here."""
        with self.lock:
            try:
                return _asked(self.begin(), _reading(), pipe.fileno()) if self.usable else None
            except OSError:  # from now on Python's own fork-server is asked
                self.usable = False
        return None

    def begin(self) -> socket.socket:
        """Start the server process where there is none, without waiting until it has loaded. Gives the socket by which it is asked.
        Raises `OSError`."""
        if self.control is None:
            mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            for end in (mine, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_REQUEST_BYTES)
            self.folder = mkdtemp(prefix="newsarchive-readings-") if self.spiders else ""
            command = [
                sys.executable,
                "-m",
                MODULE,
                str(theirs.fileno()),
                self.folder,
            ]
            self.process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # its threads would not live on in a fork
            )  # fmt: skip
            theirs.close()
            self.control = mine
        return self.control

    def close(self) -> None:
        """Have the server end. Those of its forks that run on are killed by the threads that wait for them."""
        with self.lock:
            if self.control is not None:
                self.control.close()
                self.control = None
            if self.process is not None:
                self.process.wait()
                self.process = None
            shutil.rmtree(self.folder, ignore_errors=True)  # of a server that was killed


# -- the server process ------------------------------------------------------------------------------------------------


#: The forks of a server: the file that tells of a fork's end → its number, and the socket of the one that asked for it.
Forks = dict[int, tuple[int, socket.socket]]


def serve(
    control: socket.socket, forks: Forks | None = None, *, is_loaded: bool = True, rests: bool = False
) -> tuple[dict[str, Any], socket.socket] | None:
    """Fork for each request. In a fork it returns the request, and the socket by which the fork may ask for further
    forks. In the server it returns `None` when nobody asks any more.

    A server that `rests` begins anew when nobody has asked for a while. One that is not loaded loads before its next fork.
    """
    #: `asking` are those who may ask: the process that started the server, and its forks.
    asking, children = {control}, forks or {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        for handle in children:
            selector.register(handle, selectors.EVENT_READ)
        while True:
            ready = selector.select(REST_SECONDS if rests and is_loaded and children else None)
            if not ready:
                begin_anew(control, children)
            for key, _ in ready:
                if key.fd in children:
                    pid, asker = children.pop(key.fd)
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    with suppress(OSError):  # nobody waits for it
                        asker.sendall(str(code).encode())
                    asker.close()
                    continue
                assert isinstance(key.fileobj, socket.socket)
                try:
                    message, fds, flags, _ = socket.recv_fds(key.fileobj, MAX_REQUEST_BYTES, 2)
                except ConnectionResetError:  # a fork that was killed
                    message, fds, flags = b"", [], 0
                if not message:
                    if key.fileobj is control:
                        return None
                    selector.unregister(key.fileobj)
                    asking.discard(key.fileobj)
                    key.fileobj.close()
                    continue
                if not is_loaded:
                    import_module(pool.PRELOADED)
                    is_loaded = True
                cut = flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
                mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                try:
                    pid = -1 if cut else os.fork()
                except OSError:  # no memory is left, or there are too many processes
                    pid = -1
                if pid < 0:  # the one that asked finds its socket closed, and the others nothing
                    for one in (mine, theirs):
                        one.close()
                    for fd in fds:
                        os.close(fd)
                    continue
                if not pid:
                    for one in (mine, *asking, *(asker for _, asker in children.values())):
                        one.close()
                    for fd in children:
                        os.close(fd)
                    os.dup2(fds[0], 0)
                    for fd in fds:
                        os.close(fd)
                    return json.loads(message), theirs
                theirs.close()
                os.close(fds[0])
                asker, handle = socket.socket(fileno=fds[1]), os.pidfd_open(pid)
                # The process that asked for it may be gone; the fork ends when its standard input closes.
                with suppress(OSError):
                    socket.send_fds(asker, [str(pid).encode()], [handle])
                children[handle] = pid, asker
                selector.register(handle, selectors.EVENT_READ)
                asking.add(mine)
                selector.register(mine, selectors.EVENT_READ)


def begin_anew(control: socket.socket, forks: Forks) -> NoReturn:
    """Run this program again in the same process, which keeps its number, its sockets and its forks. What its forks might still ask
    it goes unheard: those that read pages ask for nothing."""
    kept = [(handle, pid, asker.fileno()) for handle, (pid, asker) in forks.items()]
    for file in (control.fileno(), *(file for handle, _, asker in kept for file in (handle, asker))):
        os.set_inheritable(file, True)
    words = [sys.executable, "-m", MODULE, str(control.fileno()), "", json.dumps(kept)]
    os.execv(sys.executable, words)


def forks_of(words: Sequence[str]) -> Forks:
    """The forks that the words of a server name which has begun anew; none in those of another."""
    found = json.loads(words[3]) if len(words) > 3 else ()
    for file in (file for handle, _, asker in found for file in (handle, asker)):
        os.set_inheritable(file, False)
    return {handle: (pid, socket.socket(fileno=asker)) for handle, pid, asker in found}


def run(request: Mapping[str, Any], control: socket.socket, readings: str) -> None:
    """Do what a new process would do after its imports, in a session of its own, so that only signals to this very
    process reach it."""
    from newsarchive import config, rules

    os.setsid()
    os.environ.clear()
    os.environ.update(request["environment"] | {SHARED_READINGS: readings})
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    # The server has made rules ready; the settings, as they are now, may ask for others.
    with suppress(UsageError):  # the spider says it
        if config.load()["standfirst"] != config.STANDFIRSTS[0]:
            rules.forget()
    if request["module"] == pool.__name__:
        sys.path[:] = request["path"]  # a step of another project may stand where its program has found it
        pool.serve(Connection(os.dup(0)))
        return
    control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_REQUEST_BYTES)
    pool.start_by(partial(_reader, control))
    sys.argv = [request["module"], *request["words"]]
    sys.modules.pop(f"{request['module']}.__main__", None)  # runpy warns of one that is loaded
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


def _reader(control: socket.socket, pipe: Connection) -> Fork | None:
    """A process of a `WorkerPool`, as another fork of the server that forked this spider."""
    with suppress(OSError):  # the server is gone, and soon this spider will be
        return _asked(control, _reading(), pipe.fileno())
    return None


def _reading() -> dict[str, Any]:
    """The request for a process of a `WorkerPool`."""
    return {"module": pool.__name__, "words": [], "environment": dict(os.environ), "path": sys.path}


def load() -> None:
    for name in LOADED:
        with suppress(ModuleNotFoundError):  # of an extra
            import_module(name)
    if early := [name for name in READ_ENVIRONMENT if name in sys.modules]:
        raise RuntimeError(f"loaded before the fork: {', '.join(early)}")


def leave(server: int) -> None:
    """End a fork of this server (its number) without taking the modules apart, which would write to all memory that they
    share."""
    # Where nobody reads what it says: Python itself tells that by the exit code.
    with suppress(OSError, ValueError):
        if os.getpid() != server:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(exit_code)


#: The exit code of a fork that an exception or a message ends.
exit_code = 1

if __name__ == "__main__":
    atexit.register(leave, os.getpid())  # what is registered first is done last
    # Registered again, to be done before: processes that a step of another project has started end with their spider.
    atexit.register(util._exit_function)  # type: ignore[attr-defined]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control, file, forks = socket.socket(fileno=int(sys.argv[1])), "", forks_of(sys.argv)
    if sys.argv[2]:
        load()
        file = os.path.join(sys.argv[2], "readings.db")
        made = import_module("newsarchive.db.kept_readings").shared_readings(file)
        if made is not None:  # made once here, and not by several spiders at the same time
            made.close()
        asked = serve(control)
    else:
        if not forks:
            import_module(pool.PRELOADED)
        asked = serve(control, forks, is_loaded=not forks, rests=True)
    if asked is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            run(*asked, file)
            exit_code = 0
        except SystemExit as ended:
            exit_code = ended.code or 0 if isinstance(ended.code, int | None) else exit_code
            raise
    elif sys.argv[2]:  # the worker may have been killed
        shutil.rmtree(sys.argv[2], ignore_errors=True)
