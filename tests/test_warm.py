"""Commands of tests, which are forks of a loaded process, end as programs of their own do: code, output, callbacks and threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.slow,  # starts processes
    pytest.mark.skipif(warm.IS_COLD, reason="no command is a fork here"),
]

#: How a program ends → its last lines, and its exit code.
ENDS = {
    "at its last line": ("", 0),
    "with a code": ("sys.exit(3)", 3),
    "without a code": ("sys.exit()", 0),
    "with a sentence": ("sys.exit('no such archive')", 1),
    "with an error": ("raise KeyError('x')", 1),
    "by a signal": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
}
PROGRAM = """
import atexit, os, signal, sys, threading, time
atexit.register(print, "registered first")
atexit.register(print, "registered last")
print("done with", sys.argv[1:])
print("a warning", file=sys.stderr)
"""
#: What a command prints of itself at its end, which is not written before the buffer of a pipe is flushed.
CALLED = "registered last\nregistered first\n"


def both(folder: Path, program: str, *words: str) -> list[subprocess.CompletedProcess[str]]:
    """A program as a fork, and as a program of its own."""
    (folder / "program.py").write_text(program)
    fork = warm.run("program", *words, environment=warm.own_environment(), cwd=str(folder))
    line = [sys.executable, "-m", "program", *words]
    environment = warm.own_environment() | {"PYTHONUNBUFFERED": ""}  # a fork has its output in a buffer
    own = subprocess.run(
        line, env=environment, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return [fork, own]


@pytest.mark.parametrize(("end", "code"), ENDS.values(), ids=ENDS)
def test_a_fork_ends_as_a_program_of_its_own_does(tmp_path: Path, end: str, code: int) -> None:
    fork, own = both(tmp_path, f"{PROGRAM}\n{end}\n", "a word", "--an-option")
    assert (fork.returncode, own.returncode) == (code, code)
    assert fork.stdout == own.stdout
    assert fork.stderr.startswith("a warning\n")
    assert fork.stderr.splitlines()[-1] == own.stderr.splitlines()[-1]
    if code != -signal.SIGKILL:
        assert fork.stdout == f"done with ['a word', '--an-option']\n{CALLED}"


def test_threads_are_waited_for(tmp_path: Path) -> None:
    late = "threading.Thread(target=lambda: (time.sleep(0.2), print('the thread is done'))).start()"
    for done in both(tmp_path, f"{PROGRAM}\n{late}\nsys.exit(4)\n"):
        assert done.returncode == 4
        assert done.stdout == f"done with []\nthe thread is done\n{CALLED}"


def test_what_a_fork_changes_no_other_sees(tmp_path: Path) -> None:
    program = "import os, sys\nprint(getattr(sys, 'changed', None), os.environ.get('CHANGED'), os.getcwd())\n"
    program += "sys.changed = os.environ['CHANGED'] = 'yes'\nos.chdir('/')\n"
    for _ in range(2):
        assert {done.stdout for done in both(tmp_path, program)} == {f"None None {tmp_path}\n"}


def test_a_fork_imports_from_the_folders_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "a_module_of_a_test.py").write_text("print('imported')\n")
    monkeypatch.setenv("PYTHONPATH", str(given), prepend=os.pathsep)
    assert {done.stdout for done in both(tmp_path, "import a_module_of_a_test\n")} == {"imported\n"}


def test_a_reader_that_is_gone_is_told_of_as_python_does(tmp_path: Path) -> None:
    program = "import os, sys\nprint('to nobody')\nos.close(1)\nsys.exit(0)\n"
    fork, own = both(tmp_path, program)
    assert fork.returncode == own.returncode != 0
    assert "Bad file descriptor" in fork.stderr
    assert "Bad file descriptor" in own.stderr


def test_another_server_is_begun_where_one_was_killed_and_ends_with_the_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PYTEST_XDIST_TESTRUNUID", tmp_path.as_posix()[-60:]
    )  # no other test uses these servers
    monkeypatch.setattr(warm, "_server", cache(warm._server.__wrapped__))
    (tmp_path / "parent.py").write_text("import os\nprint(os.getppid())\n")

    def server() -> int:
        return int(warm.run("parent", environment=warm.own_environment(), cwd=str(tmp_path)).stdout)

    first = server()
    assert server() == first
    os.kill(first, signal.SIGKILL)
    second = server()
    assert second != first
    (tmp_path / "waiting.py").write_text("input()\n")
    left = warm.started("waiting", environment=warm.own_environment(), cwd=str(tmp_path), has_input=True)
    warm._server(sys.executable).close()  # as where a run of tests is killed
    wait_for(lambda: has_ended(second))
    wait_for(lambda: has_ended(left.pid))
    with left:
        pass


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
