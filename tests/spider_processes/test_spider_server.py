"""Spiders as forks of one process that has loaded them: each is a process like any other, and the server may break."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path

import pytest

from newsarchive.exceptions import ALL_FAILED, USAGE
from newsarchive.spider_processes.parent import SHARED_READINGS
from newsarchive.spider_processes.processes import SpiderProcesses
from newsarchive.spider_processes.server import Fork, SpiderServer, _asked, serve
from newsarchive.workers import pool
from tests.crawling.test_crawl import front, post, rows
from tests.support import warm
from tests.support.serving import FAST, served
from tests.support.waiting import MAX_WAIT_SECONDS, wait_for

pytestmark = [
    pytest.mark.slow,  # a server and crawls
    pytest.mark.skipif(
        not hasattr(os, "pidfd_open"), reason="this system cannot wait for a process by a file"
    ),
]

STORIES = {f"/story-number-{i}-of-many/": post(f"Story {i}") for i in range(3)}


@pytest.fixture(scope="module")
def server() -> Iterator[SpiderServer]:
    made = SpiderServer()
    yield made
    made.close()


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that a test starts, and spiders without one, are forks of the server of the tests: they load nothing again."""
    monkeypatch.setenv("PYTHONPATH", warm.own_environment()["PYTHONPATH"])
    for module, starts in warm.STARTED.items():
        monkeypatch.setattr(module, "subprocess", starts)


def fork(server: SpiderServer, module: str, *words: str, **more: str) -> Fork:
    found = server.started(module, words, dict(os.environ) | more)
    assert isinstance(found, Fork)
    return found


def sleeping(server: SpiderServer, folder: Path) -> Fork:
    """A fork that waits until it is told to end, or this process has ended."""
    words = [
        "-n",
        "1",
        "-r",
        "1",
        "-s",
        f"open({str(folder / 'awake')!r}, 'w')",
        "import sys; sys.stdin.read()",
    ]
    return fork(server, "timeit", *words)


def test_a_fork_has_its_own_words_environment_and_exit_code(server: SpiderServer, db: Path) -> None:
    for words, code in ((("--version",), 0), (("nonsense",), 2)):
        with fork(server, "newsarchive", *words) as child:
            assert child.wait() == code
    with fork(server, "no_such_module") as child:
        assert child.wait() == 1
    with served({"/": front(*STORIES), **STORIES}) as site:
        processes = SpiderProcesses(f"sqlite:///{db}", server=server)
        processes.environment["NEWSARCHIVE_CONTACT"] = "somebody@else.example"
        assert processes.run("news", ["-a", f"url={site.home}/", *FAST]) == 0
        assert all("somebody@else.example" in seen.headers["User-Agent"] for seen in site.seen)
    assert rows(db, "SELECT count(*) FROM articles") == [(3,)]
    assert processes.run("news", ["-a", "url=http://127.0.0.1:9/", "-L", "CRITICAL", *FAST]) == ALL_FAILED
    assert not processes.running


#: Starts a process that sleeps, as a step of another project may, and writes its number into a file.
HELPED = """
import multiprocessing, time
helper = multiprocessing.get_context('fork').Process(target=time.sleep, args=(600,), daemon=True)
helper.start()
open({!r}, 'w').write(str(helper.pid))
"""


def test_a_process_that_a_fork_started_ends_with_it(server: SpiderServer, tmp_path: Path) -> None:
    file = tmp_path / "number"
    with fork(server, "timeit", "-n", "1", "-r", "1", HELPED.format(str(file))) as child:
        assert child.wait() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_signals_reach_it_and_its_end_is_told(
    server: SpiderServer, tmp_path: Path, number: signal.Signals
) -> None:
    with sleeping(server, tmp_path) as child:
        wait_for((tmp_path / "awake").exists)
        (child.terminate if number == signal.SIGTERM else child.kill)()
        assert child.wait() == -number
        assert child.wait() == -number
        child.kill()  # it has ended, and its number may be another's by now


def test_a_spider_ends_with_the_process_that_asked_for_it(server: SpiderServer, db: Path) -> None:
    """Its standard input closes then."""
    slow = {f"/a-long-story-number-{i}/": post(f"Story {i}") for i in range(60)}
    with served({"/": front(*slow), **slow}) as site:
        words = ["crawl", "news", "-a", f"url={site.home}/", "-s", "DOWNLOAD_DELAY=1", "-L", "CRITICAL"]
        more = {
            "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{db}",
            "NEWSARCHIVE_STOP_WITH_PARENT": "1",
            "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        }
        child = fork(server, "scrapy", *words, **more)
        wait_for(lambda: site.seen)
        with child:  # closes its standard input, and waits
            pass
    assert child.exitcode == 0
    assert len(site.seen) < len(slow)


def test_where_the_server_is_killed_its_forks_end_and_the_next_spider_begins_another(
    forked: None, tmp_path: Path, db: Path
) -> None:
    server = SpiderServer()
    processes = SpiderProcesses(f"sqlite:///{db}", server=server)
    with sleeping(server, tmp_path) as child:
        assert server.process is not None
        first = server.process
        first.kill()
        assert child.wait() == -signal.SIGKILL
    with served({"/": front(*STORIES), **STORIES}) as site:
        for _ in range(2):  # as a program of its own, and as a fork of a new server
            assert processes.run("news", ["-a", f"url={site.home}/", *FAST]) == 0
    assert server.process is not None
    assert server.process is not first
    server.close()
    assert server.process is None


def test_a_request_that_is_too_long_harms_no_other(server: SpiderServer, tmp_path: Path) -> None:
    long = {f"A_{number}": "x" * 1_000 for number in range(150)}
    with sleeping(server, tmp_path) as child:
        wait_for((tmp_path / "awake").exists)
        assert server.started("newsarchive", ["--version"], dict(os.environ) | long) is None
        with fork(server, "newsarchive", "--version") as other:
            assert other.wait() == 0
        child.join(0)
        assert child.exitcode is None
        child.terminate()


def test_a_server_that_cannot_fork_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", full)
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, ThreadPoolExecutor(1) as threads:
        serving = threads.submit(serve, theirs)
        with mine:
            for _ in range(2):
                with pytest.raises(OSError, match="has ended"):
                    _asked(mine, {}, 0)
        assert serving.result(MAX_WAIT_SECONDS) is None


#: What a spider of a server does: it has pages read in processes, and says how that went.
POOLED = """
import json, os, sys
from newsarchive.workers.pool import WorkerPool
pool, found = WorkerPool(2, "tests.support.pool_jobs:Does", (), 0.5), dict()
for job in (("die",), ("spin",), ("double", 21)):
    try:
        found[job[0]] = pool.submit(job).result(100)
    except Exception as error:
        found[job[0]] = f"{type(error).__name__}: {error}"
found["processes"] = pool.processes()
open(SAID + ".part", "w").write(json.dumps(found))
os.rename(SAID + ".part", SAID)
sys.stdin.read()
"""


def test_the_processes_that_read_pages_for_a_spider_are_forks_of_the_same_server(
    server: SpiderServer, tmp_path: Path
) -> None:
    """They die, are stopped and are replaced like others, and end with a spider that is killed."""
    said = tmp_path / "said"
    program = POOLED.replace("SAID", repr(str(said)))
    with fork(server, "timeit", "-n", "1", "-r", "1", f"exec({program!r})") as spider:
        wait_for(said.exists)
        found = json.loads(said.read_text())
        assert server.process is not None
        parents = {parent_of(pid) for pid in found["processes"]}
        spider.kill()
    assert parents == {server.process.pid}
    assert found["double"] == 42
    assert found["die"] == "Died: the process that read it died 2 times, at last by SIGKILL"
    assert found["spin"].startswith("TooSlow: more than ")  # of CPU time, or of the clock on a busy machine
    wait_for(lambda: not any(map(parent_of, found["processes"])))


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpiderServer]:
    """A server that forks no spiders. The pools of this process have theirs from it."""
    made = SpiderServer(spiders=False)
    monkeypatch.setattr(pool, "_start", made.reader)
    yield made
    made.close()


def test_a_server_of_readers_gives_its_memory_back_and_goes_on(reading: SpiderServer) -> None:
    """It begins anew as the same process. It tells how a fork from before has ended, and forks again."""
    jobs = pool.WorkerPool(1, "tests.support.pool_jobs:Does", (), MAX_WAIT_SECONDS)
    try:
        first, _, _ = jobs.submit(("who",)).result(MAX_WAIT_SECONDS)
        assert reading.process is not None
        words = Path(f"/proc/{reading.process.pid}/cmdline")
        wait_for(lambda: str(first) in words.read_text(), "it does not rest")
        assert parent_of(first) == reading.process.pid
        with pytest.raises(pool.Died, match="by SIGKILL"):
            jobs.submit(("die",)).result(MAX_WAIT_SECONDS)
        second, _, _ = jobs.submit(("who",)).result(MAX_WAIT_SECONDS)
        assert (parent_of(second), parent_of(first)) == (reading.process.pid, 0)
    finally:
        jobs.close(MAX_WAIT_SECONDS)


def test_a_reader_finds_modules_where_its_program_does(
    reading: SpiderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_step_of_ones_own.py").write_text("def does():\n    return lambda job, shared: job + 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    jobs = pool.WorkerPool(1, "a_step_of_ones_own:does", (), MAX_WAIT_SECONDS)
    try:
        assert jobs.submit(1).result(MAX_WAIT_SECONDS) == 2
    finally:
        jobs.close(MAX_WAIT_SECONDS)


def test_where_no_server_of_readers_begins_those_of_python_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsarchive.spider_processes.server.sys.executable", "/bin/false")
    server = SpiderServer(spiders=False)
    ours, theirs = Pipe()
    with ours, theirs:
        assert (server.reader(theirs), server.usable) == (None, False)
    server.close()


def test_a_server_that_a_command_begins_ends_with_it(tmp_path: Path) -> None:
    """Also where the command is killed before the server has loaded."""
    program = (
        "import os, sys; sys.argv[1:] = ['crawl', 'news', '-a', 'url=https://blog.example'];"
        "from newsarchive import commands; print(commands.readers.process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": warm.own_environment()["PYTHONPATH"]},
    )  # fmt: skip
    wait_for(lambda: state_of(int(done.stdout)) in ("", "Z"), "the server lives on")


def parent_of(pid: int) -> int:
    """The process that started another; 0 for one that has ended."""
    return int(_stat(pid)[1])


def state_of(pid: int) -> str:
    """The state of a process as Linux has it, Z for one that is dead; "" for one that is gone."""
    return _stat(pid)[0]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["", "0"]


def test_a_server_that_does_not_start_costs_nothing(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsarchive.spider_processes.server.sys.executable", "/bin/false")
    server = SpiderServer()
    assert server.started("newsarchive", ["--version"], dict(os.environ)) is None
    server.usable = False
    assert server.started("newsarchive", ["--version"], dict(os.environ)) is None


def test_a_fork_of_the_package_warns_of_nothing(
    server: SpiderServer, capfd: pytest.CaptureFixture[str]
) -> None:
    assert fork(server, "newsarchive", "--version").wait() == 0
    assert "Warning" not in capfd.readouterr().err


def test_the_server_ends_with_its_parent() -> None:
    program = (
        "import os; from newsarchive.spider_processes.server import SpiderServer; s = SpiderServer();"
        "c = s.started('newsarchive', ['--version'], dict(os.environ)); c.wait();"
        "print(s.folder, s.process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
    folder, _, pid = done.stdout.splitlines()[-1].rpartition(" ")
    wait_for(lambda: state_of(int(pid)) in ("", "Z"), "the server lives on")
    assert not Path(folder).exists()


def test_the_spiders_of_a_server_share_a_file_that_ends_with_it(forked: None, tmp_path: Path) -> None:
    server = SpiderServer()
    said = tmp_path / "said"
    for _ in range(2):
        words = [
            "-n",
            "1",
            "-r",
            "1",
            f"import os; open({str(said)!r}, 'a').write(os.environ[{SHARED_READINGS!r}] + chr(10))",
        ]
        with fork(server, "timeit", *words):
            pass
    first, second = said.read_text().splitlines()
    assert first == second
    folder = Path(first).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    server.close()
    assert not folder.exists()


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("is_forked", [True, False], ids=["fork", "program"])
def test_the_last_error_of_a_process_is_kept_and_printed_as_well(
    server: SpiderServer, tmp_path: Path, capfd: pytest.CaptureFixture[str], *, is_forked: bool, log_format: str
) -> None:  # fmt: skip
    (tmp_path / "no.warc.gz").write_bytes(b"no WARC file")
    processes = SpiderProcesses(
        f"sqlite:///{tmp_path / 'news.db'}", server=server if is_forked else None, keep_errors=True
    )
    processes.environment["NEWSARCHIVE_LOG_FORMAT"] = log_format
    assert processes.run_command(["reextract", "--captures", "9-1"]) == USAGE
    assert (
        processes.last_error == "Invalid value for '--captures': '9-1' is no range of ids: write it as 1-2000"
    )
    assert processes.run("warc", ["-a", f"path={tmp_path / 'no.warc.gz'}"]) == ALL_FAILED
    assert processes.last_error.startswith("no.warc.gz: record at 0: neither a record nor a saved page")
    printed = capfd.readouterr().err
    assert is_forked or "is no range of ids" in printed  # a fork prints where its server does
    assert is_forked or ('"message": "no.warc.gz' in printed) == (log_format == "json")


def test_the_password_of_an_archive_stands_in_the_words_of_no_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    monkeypatch.setattr(SpiderProcesses, "_ended", lambda _, module, words, more: started.extend(words) or 0)
    processes = SpiderProcesses("postgresql://me:secret@db.example/news")
    processes.run_command(["crawl", "blog.example"])
    processes.run("news", ["-a", "url=https://blog.example"])
    assert started[:2] == ["crawl", "blog.example"]
    assert "secret" not in " ".join(started)


def test_a_process_that_ends_well_leaves_no_error(server: SpiderServer, tmp_path: Path) -> None:
    processes = SpiderProcesses(f"sqlite:///{tmp_path / 'news.db'}", server=server, keep_errors=True)
    assert processes.run_command(["db", "upgrade"]) == 0
    assert processes.last_error == ""
