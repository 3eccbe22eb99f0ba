"""A pool of processes, in which a job that hangs or kills its process costs no other job.

    pool = WorkerPool(2, "newsarchive.workers.worker:Worker", (rules_folder, steps), seconds=10)
    future = pool.submit(capture)      # a concurrent.futures.Future
    pool.close(seconds=5)

`concurrent.futures.ProcessPoolExecutor` fails every later job once one of its processes has died, and cannot stop a job.
`pebble` can do both, but all its processes share one pipe with a lock, it looks for dead ones ten times a second, and a
job cannot be sent to the process that has seen its site's template. So each process has a pipe of its own here, and a
thread that sends it one job at a time and waits for the answer. The end of the pipe tells that the process has died.

A process is started when a job waits and all others are busy, never before. Standard library only.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pkgutil import resolve_name
from typing import Any, NamedTuple, Protocol
from weakref import WeakSet

from newsarchive.reprs import signal_name

#: Seconds that a process may take to load what it needs. A slow disk takes ten; more means that it hangs.
MAX_START_SECONDS = 120.0
#: A job fails when this many processes have died of it, one after the other. A single process may have run out of
#: memory through no fault of the job.
MAX_DEATHS = 2
#: Values that a process holds (see `Shared`); with more, it forgets all of them. A crawl has few sites at a time.
MAX_SHARED = 64
#: Seconds that processes get to end once they were killed.
MAX_KILL_SECONDS = 2.0
#: Seconds that a program waits at its end for a process that is being started. The fork-server loads for one or two of them.
MAX_HALF_STARTED_SECONDS = 20.0
#: A job is stopped when it takes this many times the allowed seconds by the clock: it then waits for something. On a
#: busy machine a job with enough CPU time takes several times as long.
CLOCK_FACTOR = 6
#: Bytes of the name of the folder for temporary files (`TMPDIR`). In a folder with a longer name the fork-server can have no socket:
#: a socket's name may have 103 bytes on macOS and 107 on Linux, and Python appends 32 bytes to the folder's name.
MAX_SOCKET_FOLDER_BYTES = 71
#: Where the socket is instead, the first that is there and may be written to.
SOCKET_FOLDERS = ("/tmp", "/var/tmp")
#: What forked processes inherit: the module that the fork-server imports once for all of them.
PRELOADED = "newsarchive.workers.preload"


class TooSlow(Exception):
    """A job took longer than the allowed seconds. Its process was stopped."""


class Died(Exception):
    """The process that did a job died, and another one that tried again did too. The message gives the exit code."""


class NotStarted(Exception):
    """A process could not load what it needs. The message says why."""


class Closed(Exception):
    """The pool was closed before the job was done."""


class Shared(NamedTuple):
    """A value that many jobs need. A process is sent it once for each version, under its name."""

    name: str
    version: int
    value: bytes


class Process(Protocol):
    """A process as a pool uses it; `multiprocessing` has such ones."""

    @property
    def pid(self) -> int | None: ...
    @property
    def exitcode(self) -> int | None: ...
    def join(self, timeout: float | None = None) -> None: ...
    def kill(self) -> None: ...


#: Starts a process that calls `serve` with this end of a pipe; `None` where that cannot be done.
Start = Callable[[Connection], Process | None]


#: What a process does, made once in it: called with a job and the value that it shares with others.
Does = Callable[[Any, bytes | None], Any]


@dataclass
class _PoolJob:
    message: bytes
    shared: Shared | None
    future: Future[Any] = field(default_factory=Future)
    deaths: int = 0


class WorkerPool:
    """Up to `count` processes. Each makes one object of `factory` ("module:Class") with `arguments`, and calls it with
    every job. A job may take `seconds` of CPU time; its process is stopped and replaced when it takes longer.
    """

    def __init__(
        self, count: int, factory: str, arguments: tuple[Any, ...] = (), seconds: float = 10.0
    ) -> None:
        self.count, self.factory, self.arguments, self.seconds = count, factory, arguments, seconds
        self._jobs: queue.SimpleQueue[_PoolJob | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[_WorkerThread] = []
        #: Jobs that were submitted and are not done.
        self._open = 0
        self._closed = False
        _pools.add(self)

    def submit(self, job: Any, shared: Shared | None = None) -> Future[Any]:
        """Hand over a job, which is pickled here and now. The future raises what the job raised, `TooSlow`, `Died`,
        `NotStarted` or `Closed`. Raises `Closed` where the pool is closed."""
        waiting = _PoolJob(pickle.dumps(job, pickle.HIGHEST_PROTOCOL), shared)
        with self._lock:
            if self._closed:
                raise Closed
            self._jobs.put(waiting)
            self._open += 1
            if len(self._threads) < min(self._open, self.count):
                self._threads.append(_WorkerThread(self))
                self._threads[-1].start()
        return waiting.future

    def processes(self) -> list[int]:
        """The process ids of all that run now."""
        running = [thread.process for thread in self._threads]  # a thread may take its process away meanwhile
        return [process.pid for process in running if process and process.pid]

    def close(self, seconds: float) -> None:
        """Wait at most `seconds` for the jobs under way, then end all processes. It blocks: call it from a thread.

        Jobs that are not done fail with `Closed`. Closing twice does nothing.
        """
        deadline = time.monotonic() + seconds
        with self._lock:
            self._closed = True
            for _ in self._threads:
                self._jobs.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for thread in self._threads:
            thread.stop()
        for thread in self._threads:
            thread.join(MAX_KILL_SECONDS)
        with suppress(queue.Empty):
            while True:
                left = self._jobs.get_nowait()
                if left is not None and left.future.set_running_or_notify_cancel():
                    _settle(left, Closed())
        # A thread that is still at its last job has yet to be told that there are no more.
        for _ in self._threads:
            self._jobs.put(None)


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_pools: WeakSet[WorkerPool] = WeakSet()
#: How the pools of this program start processes before they ask `multiprocessing`.
_start: Start | None = None


def start_by(start: Start, *, unless_set: bool = False) -> None:
    """Have all pools of this program start their processes in this way, where that can be done; with `unless_set` only where no
    other was told before.

    A spider that was forked from a server which has loaded everything has its readers forked from that server too. A fork-server
    of its own would take a second of CPU time to start.
    """
    global _start
    if _start is None or not unless_set:
        _start = start


@atexit.register
def _close_all() -> None:
    """End the processes of pools that nobody closed: a program that a signal stops in the middle. From Python 3.13 on the
    program would wait for them at its end, and they for its end."""
    for pool in list(_pools):
        pool.close(0)
    # A process that is half started would wait for what this program has yet to send it, and Python for its end. The lock is
    # kept, so that no other process is started.
    _starting.acquire(timeout=MAX_HALF_STARTED_SECONDS)


class _WorkerThread(threading.Thread):
    """Has one process at a time, and gives it one job at a time."""

    def __init__(self, pool: WorkerPool) -> None:
        super().__init__(name="newsarchive-worker", daemon=True)
        self.pool = pool
        self.process: Process | None = None
        self.pipe: Connection | None = None
        #: What the process holds: name → version.
        self.told: dict[str, int] = {}
        self.stopped = False
        #: Held while a pipe is made, and while the thread is told to stop: after that no pipe is made.
        self.guard = threading.Lock()

    def run(self) -> None:
        while (job := self.pool._jobs.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                self._do(job)
            with self.pool._lock:
                self.pool._open -= 1
        self._end()

    def _do(self, job: _PoolJob) -> None:
        while not job.future.done():
            if self.stopped:
                _settle(job, Closed())
                return
            try:
                answer = self._answer(job)
            except TimeoutError:
                self._end()
                seconds = CLOCK_FACTOR * self.pool.seconds
                _settle(job, Closed() if self.stopped else TooSlow(f"more than {seconds:g} seconds"))
            except (EOFError, OSError):  # the pipe's other end is gone, and so is the process
                code = self._end(MAX_KILL_SECONDS)
                job.deaths += 1
                if self.stopped:
                    _settle(job, Closed())
                elif code == -signal.SIGPROF:  # `_time_limit`; read here, since Windows lacks this signal
                    _settle(job, TooSlow(f"more than {self.pool.seconds:g} seconds of CPU time"))
                elif job.deaths >= MAX_DEATHS:
                    _settle(
                        job, Died(f"the process that read it died {job.deaths} times, at last {_death(code)}")
                    )
            except Exception as error:  # it could not start, or its answer cannot be read
                self._end()
                _settle(job, Closed() if self.stopped else error)
            else:
                _settle(job, *answer)

    def _answer(self, job: _PoolJob) -> tuple[BaseException | None, Any]:
        """What the process answers: an error and a result, either of them `None`.

        Raises `TimeoutError`, `EOFError` or `OSError` (the process is gone), and `NotStarted`.
        """
        pipe = self.pipe or self._start()
        value, forget = None, False
        if job.shared is not None and self.told.get(job.shared.name) != job.shared.version:
            value, forget = job.shared.value, len(self.told) >= MAX_SHARED
        pipe.send((forget, job.shared and job.shared.name, value))
        pipe.send_bytes(job.message)
        if not pipe.poll(CLOCK_FACTOR * self.pool.seconds):
            raise TimeoutError
        answer: tuple[BaseException | None, Any] = pickle.loads(pipe.recv_bytes())
        if job.shared is not None:
            self.told = {} if forget else self.told
            self.told[job.shared.name] = job.shared.version
        return answer

    def _start(self) -> Connection:
        """Start a process and wait until it has loaded what it needs. Raises `NotStarted`."""
        for deaths in range(1, MAX_DEATHS + 1):
            try:
                pipe = self._fork()
                if not pipe.poll(MAX_START_SECONDS):
                    raise NotStarted(f"a worker process was not ready after {MAX_START_SECONDS:g} seconds")
                if problem := pipe.recv():
                    raise NotStarted(f"a worker process cannot start: {problem}")
                return pipe
            except (EOFError, OSError) as error:
                code = self._end(MAX_KILL_SECONDS)
                if self.stopped or deaths == MAX_DEATHS:
                    # Without an exit code there was no process, and the error says why.
                    why = f": {error}" if code is None and str(error) else ""
                    raise NotStarted(
                        f"a worker process died {deaths} times at its start, at last {_death(code)}{why}"
                    ) from error
        raise AssertionError("unreachable")

    def _fork(self) -> Connection:
        """Start a process. Raises `EOFError` where the thread is to stop."""
        with self.guard:
            if self.stopped:
                raise EOFError
            self.pipe, theirs = multiprocessing.Pipe()
        with theirs:
            process = (_start(theirs) if _start is not None else None) or _by_multiprocessing(theirs)
        self.process, self.told = process, {}
        if self.stopped:  # `stop` came while the process was being started
            process.kill()
        self.pipe.send((self.pool.factory, self.pool.arguments, self.pool.seconds))
        return self.pipe

    def stop(self) -> None:
        """Kill the process. Called from another thread; this thread sees the pipe end.

        A process that is still being started ends by itself when it finds its pipe closed. At the end of the program nobody is
        there to kill it any more, and Python 3.13 waits for its end.
        """
        with self.guard:
            self.stopped = True
            process, pipe = self.process, self.pipe
        if process is not None:
            with suppress(ValueError):  # `_end` was quicker
                process.kill()
        elif pipe is not None:
            pipe.close()

    def _end(self, seconds: float = 0.1) -> int | None:
        """End the process, which gets `seconds` to end itself; gives its exit code, where it is known."""
        # Taken before the process: `stop` closes the pipe of a process that has not started yet.
        pipe, self.pipe = self.pipe, None
        process, self.process = self.process, None
        if pipe is not None:
            pipe.close()
        if process is None:
            return None
        process.join(seconds)
        process.kill()
        process.join(MAX_KILL_SECONDS)
        return process.exitcode


def _settle(job: _PoolJob, error: BaseException | None, result: Any = None) -> None:
    if error is not None:
        job.future.set_exception(error)
    else:
        job.future.set_result(result)


def _death(code: int | None) -> str:
    """An exit code in words.

    >>> _death(-9), _death(3), _death(None)
    ('by SIGKILL', 'with exit code 3', 'without an exit code')
    """
    if code is None:
        return "without an exit code"
    return f"by {signal_name(-code)}" if code < 0 else f"with exit code {code}"


def _by_multiprocessing(pipe: Connection) -> Process:
    """Start a process with the means of Python. Raises `NotStarted` where this process may have none.

    Processes of a fork-server share what is loaded. "fork" would copy the reactor's threads and sockets into each process.
    """
    try:
        context = multiprocessing.get_context("forkserver")
    except ValueError as error:
        raise NotStarted("a worker process cannot start: this system has no fork-server") from error
    context.set_forkserver_preload([PRELOADED])
    process = context.Process(target=serve, args=(pipe,), daemon=True)
    try:
        with _main_hidden(), _room_for_socket(), _undisturbed():
            process.start()
    except AssertionError as error:
        # A process of Celery, or of `multiprocessing.Pool`, may have no processes of its own.
        raise NotStarted(f"a worker process cannot start: {error}") from error
    return process


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it is for the crawl, which ends them. The fork-server ignores it only when it
    has loaded everything, and would print a traceback until then."""
    resource_tracker.ensure_running()  # as it starts, it lets the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _room_for_socket() -> Iterator[None]:
    """Put the fork-server's socket into one of `SOCKET_FOLDERS` where the name of the folder for temporary files is too long for it.

    Called by one thread at a time. `multiprocessing` makes a folder in that of temporary files when the fork-server starts, and
    keeps it. A temporary file that another thread makes meanwhile lies there too.
    """
    usual = tempfile.gettempdir()
    others = (folder for folder in SOCKET_FOLDERS if os.access(folder, os.W_OK | os.X_OK))
    if len(os.fsencode(usual)) <= MAX_SOCKET_FOLDER_BYTES or not (other := next(others, "")):
        yield
        return
    held, tempfile.tempdir = tempfile.tempdir, other
    try:
        yield
    finally:
        tempfile.tempdir = held


_starting = threading.Lock()


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Keep a new process from importing the main program: it would load Scrapy, or run a script that is not guarded.

    `multiprocessing` reads these two attributes of the main module, and no setting of it says otherwise.
    """
    with _starting:
        main = sys.modules["__main__"]
        names = vars(main)
        held: dict[str, Any] = {name: names[name] for name in ("__spec__", "__file__") if name in names}
        names.pop("__file__", None)
        try:
            main.__spec__ = None
            yield
        finally:
            names.update(held)


# -- in the process ----------------------------------------------------------------------------------


def serve(pipe: Connection) -> None:
    """Do one job after the other until the parent closes its end of the pipe, or is gone. The pipe tells first what does them."""
    # A terminal sends Ctrl+C to the parent too, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        factory, arguments, seconds = pipe.recv()
    except (EOFError, OSError):  # the parent has ended
        return
    try:
        does: Does = resolve_name(factory)(*arguments)
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
        return
    values: dict[str, bytes] = {}
    with suppress(EOFError, OSError):
        pipe.send("")
        while True:
            forget, name, value = pipe.recv()
            message = pipe.recv_bytes()
            if forget:
                values.clear()
            if value is not None:
                values[name] = value
            with _time_limit(seconds):
                answer = _answer_to(does, message, values.get(name))
            pipe.send_bytes(answer)


def _answer_to(does: Does, message: bytes, shared: bytes | None) -> bytes:
    """The pickled error and result of one job."""
    try:
        return pickle.dumps((None, does(pickle.loads(message), shared)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        try:
            whole = pickle.dumps((error, None), pickle.HIGHEST_PROTOCOL)
            pickle.loads(whole)  # an exception may pickle and yet not be made again
        except Exception:
            return pickle.dumps((RuntimeError(f"{type(error).__name__}: {error}"), None))
        return whole


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Have the system end this process when it takes more than `seconds` of CPU time, even if the parent is gone by then."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
