"""Worker processes that hang, die or cannot start: what it costs, and that nothing is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from pathlib import Path
from pickle import PicklingError
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from newsarchive.workers import pool as worker_pool
from newsarchive.workers.pool import Closed, Died, NotStarted, Shared, TooSlow, WorkerPool
from tests.support.serving import ROOT

pytestmark = pytest.mark.slow  # starts processes

DOES = "tests.support.pool_jobs:Does"
#: Seconds after which a test has failed that waits for what should come at once.
PATIENCE = 300


@contextmanager
def pool(count: int = 1, *arguments: Any, seconds: float = PATIENCE) -> Iterator[WorkerPool]:
    made = WorkerPool(count, DOES, arguments, seconds)
    try:
        yield made
    finally:
        made.close(PATIENCE)
        assert made.processes() == []


def gone(process: int) -> bool:
    """Whether a process has ended (its parent, the fork-server, collects it at once)."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold."""
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def threads(made: WorkerPool) -> list[threading.Thread]:
    """The threads of a pool that have not ended."""
    return [thread for thread in threading.enumerate() if getattr(thread, "pool", None) is made]


def test_jobs_are_done_by_no_more_processes_than_are_allowed() -> None:
    with pool(2) as made:
        done = [made.submit(("double", number)) for number in range(40)]
        assert [future.result(PATIENCE) for future in done] == [2 * number for number in range(40)]
        assert 1 <= len(made.processes()) <= 2


def test_no_process_is_started_before_there_is_a_job_nor_another_while_one_is_idle() -> None:
    with pool(4) as made:
        assert made.processes() == []
        first = {made.submit(("who",)).result(PATIENCE)[0] for _ in range(5)}
        assert made.processes() == list(first)
        assert len(first) == 1


@pytest.mark.parametrize(
    ("job", "error", "says"),
    [
        ("fail", ValueError, "no such number"),
        ("fail_oddly", RuntimeError, "Unpicklable: an error"),
        ("give_what_cannot_be_sent", (AttributeError, PicklingError), "local object"),
        ("die", Died, "died 2 times, at last by SIGKILL"),
        ("leave", Died, "died 2 times, at last with exit code 3"),
    ],
)
def test_a_job_that_fails_or_kills_its_process_costs_no_other_job(
    job: str, error: type[Exception] | tuple[type[Exception], ...], says: str
) -> None:
    with pool(2) as made:
        before, bad, after = made.submit(("double", 1)), made.submit((job,)), made.submit(("double", 2))
        with pytest.raises(error, match=says):
            bad.result(PATIENCE)
        assert (before.result(PATIENCE), after.result(PATIENCE)) == (2, 4)
        assert made.submit(("double", 3)).result(PATIENCE) == 6


def test_a_job_whose_process_dies_is_tried_once_more(tmp_path: Path) -> None:
    with pool() as made:
        assert made.submit(("die_once", str(tmp_path / "died"))).result(PATIENCE) == "done"


@pytest.mark.parametrize(
    ("job", "factor", "says"),
    [
        (("spin",), 1000, "more than 0.5 seconds of CPU time"),
        (("sleep", 3600), 6, "more than 3 seconds"),
    ],
    ids=["computes", "waits"],
)
def test_a_job_that_takes_too_long_is_stopped_and_its_process_replaced(
    job: Any, factor: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "CLOCK_FACTOR", factor)
    with pool(seconds=0.5) as made:
        process = made.submit(("who",)).result(PATIENCE)[0]
        with pytest.raises(TooSlow, match=f"^{says}$"):
            made.submit(job).result(PATIENCE)
        assert soon(lambda: gone(process))
        assert made.submit(("who",)).result(PATIENCE)[:2] != (process, 2)


def test_a_process_that_is_killed_while_it_waits_costs_nothing() -> None:
    with pool() as made:
        process = made.submit(("who",)).result(PATIENCE)[0]
        os.kill(process, signal.SIGKILL)
        assert soon(lambda: gone(process))
        assert made.submit(("double", 4)).result(PATIENCE) == 8


def test_a_shared_value_is_sent_once_for_each_version(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes | None] = []
    answer = worker_pool._WorkerThread._answer

    def watched(thread: Any, job: Any) -> Any:
        told = thread.told.get(job.shared.name) if job.shared else None
        sent.append(None if job.shared is None or told == job.shared.version else job.shared.value)
        return answer(thread, job)

    monkeypatch.setattr(worker_pool._WorkerThread, "_answer", watched)
    one, two, other = Shared("a", 1, b"one"), Shared("a", 2, b"two"), Shared("b", 3, b"other")
    with pool() as made:
        jobs = [None, one, one, other, two, two, other, None]
        held = [made.submit(("who",), shared).result(PATIENCE)[2] for shared in jobs]
        assert held == [shared and shared.value for shared in jobs]
        assert sent == [None, b"one", None, b"other", b"two", None, None, None]


def test_a_process_forgets_shared_values_when_it_has_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "MAX_SHARED", 2)
    values = [Shared(str(number), number, b"%d" % number) for number in range(7)]
    with pool() as made:
        for shared in [*values, *values]:
            assert made.submit(("who",), shared).result(PATIENCE)[2] == shared.value


def test_a_process_that_cannot_load_says_why() -> None:
    with pool(1, "no rules here") as made, pytest.raises(NotStarted, match="ValueError: no rules here"):
        made.submit(("double", 1)).result(PATIENCE)


def test_a_process_that_may_have_no_processes_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl in a task of Celery, or in a `multiprocessing.Pool`, then reads its pages itself."""
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)  # type: ignore[attr-defined]
    with (
        pool() as made,
        pytest.raises(NotStarted, match="daemonic processes are not allowed to have children"),
    ):
        made.submit(("double", 1)).result(PATIENCE)


def test_closing_waits_for_the_jobs_under_way() -> None:
    made = WorkerPool(1, DOES)
    jobs = [made.submit(("sleep", 0.1)), made.submit(("double", 1))]
    made.close(PATIENCE)
    assert jobs[1].result(0) == 2
    made.close(0)  # twice does nothing
    with pytest.raises(Closed):
        made.submit(("double", 1))


@pytest.mark.parametrize(
    ("closing", "killing"),
    [(0.1, worker_pool.MAX_KILL_SECONDS), (0, 0)],
    ids=["the thread ends first", "closing waits for no thread"],
)
def test_closing_ends_what_takes_longer_and_fails_what_waits(
    closing: float, killing: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "MAX_KILL_SECONDS", killing)
    made = WorkerPool(1, DOES, seconds=3600)
    process = made.submit(("who",)).result(PATIENCE)[0]
    jobs = [made.submit(("sleep", 3600)) for _ in range(3)]
    made.close(closing)
    for job in jobs:
        with pytest.raises(Closed):
            job.result(PATIENCE)
    assert soon(lambda: gone(process))
    assert soon(lambda: not threads(made))


def test_a_cancelled_job_is_not_done() -> None:
    with pool() as made:
        first, second = made.submit(("sleep", 0.3)), made.submit(("double", 1))
        assert second.cancel()
        assert wait([first, second], PATIENCE).not_done == set()
        assert made.submit(("double", 2)).result(PATIENCE) == 4


#: A program that is not guarded by `if __name__ == "__main__"`, and has Scrapy loaded.
PROGRAM = """
import scrapy, sys
from newsarchive.workers.pool import WorkerPool
print("begins", flush=True)
pool = WorkerPool(1, "tests.support.pool_jobs:Does", seconds={seconds})
print(*pool.submit(("modules",)).result(60), flush=True)
print(pool.processes()[0], flush=True)
{rest}
"""


def program(rest: str, tmp_path: Path, seconds: float = PATIENCE) -> subprocess.Popen[str]:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(rest=rest, seconds=seconds))
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
    )


def test_a_system_without_a_fork_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page was a failure of its own; now the caller reads its pages itself."""

    def get_context(method: str) -> None:
        raise ValueError(f"cannot find context for {method!r}")  # as on Windows

    monkeypatch.setattr(multiprocessing, "get_context", get_context)
    with pool() as made, pytest.raises(NotStarted, match="no fork-server"):
        made.submit("job").result(PATIENCE)


#: A program with a pool, which prints what the pool gave and the folder for temporary files.
LONG = """
import tempfile
from newsarchive.workers import pool
if __name__ == "__main__":
    {before}
    made = pool.WorkerPool(1, "tests.support.pool_jobs:Does", (), 60.0)
    try:
        print(made.submit(("double", 4)).result(60), tempfile.gettempdir())
    except pool.NotStarted as error:
        print(error)
    made.close(0)
"""


@pytest.mark.parametrize("more", [0, 1, 5, 140])
def test_a_folder_of_temporary_files_with_a_long_name_keeps_no_process_from_starting(
    tmp_path: Path, more: int
) -> None:
    """The name of the fork-server's socket was too long for the system there."""
    with TemporaryDirectory(dir="/tmp") as base:
        missing = worker_pool.MAX_SOCKET_FOLDER_BYTES + more - len(base) - 1
        folder = Path(base, "n" * missing)
        folder.mkdir()
        assert says(LONG.format(before=""), tmp_path, folder) == f"8 {folder}"
        assert list(folder.glob("pymp-*")) == []


def test_where_no_shorter_folder_is_to_be_had_the_error_names_the_cause(tmp_path: Path) -> None:
    folder = tmp_path / ("n" * 100)
    folder.mkdir()
    said = says(LONG.format(before="pool.SOCKET_FOLDERS = ()"), tmp_path, folder)
    assert said == (
        "a worker process died 2 times at its start, at last without an exit code: AF_UNIX path too long"
    )


def says(program: str, tmp_path: Path, temporary: Path) -> str:
    """What a program prints whose temporary files lie in this folder."""
    script = tmp_path / "program.py"
    script.write_text(program)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    done = subprocess.run(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE,
        env=environment,
    )
    return done.stdout.strip()


def test_a_process_imports_neither_the_main_program_nor_scrapy(tmp_path: Path) -> None:
    done = program("", tmp_path)
    out, _ = done.communicate(timeout=PATIENCE)
    begins, modules, process = out.splitlines()  # the script ran once
    assert (done.returncode, begins) == (0, "begins")
    assert {"newsarchive.core.steps", "tests.support.pool_jobs"} <= set(modules.split())
    assert not {"scrapy", "twisted", "sqlalchemy"} & set(modules.split())
    assert soon(lambda: gone(int(process)))  # a program that forgets to close the pool leaves nothing behind


STARTING = """
import threading, time
from multiprocessing import forkserver
from newsarchive.workers import pool as worker_pool
connect = forkserver.connect_to_new_process
connected = threading.Event()
def slowly(fds):  # the process waits for what it is sent behind this
    made = connect(fds)
    connected.set()
    time.sleep({seconds})
    return made
forkserver.connect_to_new_process = slowly
worker_pool.MAX_KILL_SECONDS = 0  # as where a busy machine takes longer to start a process than the pool waits for its end
pool = worker_pool.WorkerPool(1, "tests.support.pool_jobs:Does")
pool.submit(("double", 1))
while pool._threads[0].pipe is None:
    pass
if {seconds}:
    connected.wait(60)
"""


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_program_that_ends_while_a_process_starts_does_not_wait_for_it_for_ever(
    tmp_path: Path, seconds: int
) -> None:
    script = tmp_path / "program.py"
    script.write_text(STARTING.format(seconds=seconds))
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, script], stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


#: What the fork-server imports: as it does, a person presses Ctrl-C.
PRESSES = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
PRESSED = """
from newsarchive.workers import pool as worker_pool
worker_pool.PRELOADED = "presses_ctrl_c"
pool = worker_pool.WorkerPool(1, "tests.support.pool_jobs:Does")
print(pool.submit(("double", 1)).result(60))
"""


def test_ctrl_c_while_the_fork_server_loads_prints_no_traceback(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PRESSED)
    (tmp_path / "presses_ctrl_c.py").write_text(PRESSES)
    path = os.pathsep.join(filter(None, [str(ROOT), str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=PATIENCE,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_a_thread_that_is_told_to_stop_starts_no_process() -> None:
    """At the end of a program nobody would be there to end that process, and its end would be waited for."""
    thread = worker_pool._WorkerThread(WorkerPool(1, DOES))
    thread.stop()
    with pytest.raises(EOFError):
        thread._fork()
    assert (thread.pipe, thread.process) == (None, None)


def test_a_process_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """Idle ones at once; one that is busy when its time is up."""
    for job in ("", 'pool.submit(("spin",))\n'):
        parent = program(f"{job}import time; time.sleep(3600)", tmp_path, seconds=1.0)
        assert parent.stdout is not None
        lines = [parent.stdout.readline() for _ in range(3)]
        process = int(lines[2])
        assert not gone(process)
        parent.kill()
        parent.communicate()
        assert soon(lambda process=process: gone(process))  # type: ignore[misc]
