"""One day of a collection of the size of Media Cloud, in small: captures in WARC files through the jobs of a cluster into PostgreSQL.

    python -m benchmarks.day --captures 10000 --minutes 60                  # in a temporary folder
    python -m benchmarks.day --captures 500000 --minutes 600 --folder DAY   # a day; the same command goes on where it was

The captures are real pages with changed words (`benchmarks/day_pages.py`), in WARC files as others write them. Each part of some
files is made first, then put into the queue by `newsarchive cluster enqueue warc` and taken in by workers; only that is
timed. CPU is the system's account of all processes: the workers, the spiders that they fork, the processes that read pages, and
PostgreSQL (one of its own, with its default settings, in the folder). It says what a page costs, also on a busy machine; pages a
second do so on a quiet one alone.

Write transactions take turns in all of a cluster. Looks at random moments tell the share of the time in which one of them is
under way, and so how many pages a second the archive takes from however many machines. Where processes wait for a core this
is a lower bound, because the transactions wait too.
"""

from __future__ import annotations

import argparse
import ctypes
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from benchmarks.blog_scores import table
from benchmarks.day_pages import Pages
from newsarchive.db.dialects import WRITER_LOCK
from newsarchive.db.queue import conninfo
from tests.support.own_postgresql import own_postgresql
from tests.support.serving import ROOT

DATA = Path(os.environ.get("NEWSARCHIVE_BENCH_DATA", "../shared/data"))
#: Captures of a day of Media Cloud, and the hours that it has.
DAY = 500_000
#: Linux's number of `prctl` for taking over the children of one's children.
PR_SET_CHILD_SUBREAPER = 36
#: Seconds between two looks at the queue.
LOOK_SECONDS = 2.0
#: Seconds between two looks at the writers' lock, on the mean: 1,200 looks in two minutes tell a share to about one percent, and a
#: look takes less than 1 ms.
LOCK_LOOK_SECONDS = 0.1
#: Seconds that a worker gets to end. At a load of 20 on two cores it took more than 120.
MAX_END_SECONDS = 600
TABLES_SHOWN = 12
#: zlib's level of the WARC files, as news crawlers of Java have it. The archive copies records as they are packed: with 1 its files are a
#: fifth larger.
GZIP_LEVEL = 6
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=10_000)
    parser.add_argument(
        "--minutes", type=float, default=60, help="of taking in; a part under way goes back into the queue"
    )
    parser.add_argument("--folder", type=Path, help="keep everything there, and go on from there")
    parser.add_argument(
        "--part", type=int, default=10, metavar="FILES", help="WARC files that are made at a time"
    )
    parser.add_argument(
        "--of-a-file", type=int, default=1_000, metavar="CAPTURES", help="of one file, which is one job"
    )
    parser.add_argument("--workers", type=int, default=1, help="workers; each stands for a machine")
    parser.add_argument("--concurrency", type=int, default=2, help="jobs of a worker at a time")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable of the workers' environment",
    )
    parser.add_argument("--data", type=Path, nargs="*", default=[DATA / "articles", DATA / "snippets"])
    given = parser.parse_args()
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        given.folder.chmod(0o755)
        print(report(run(given, given.folder.absolute()), given))
    else:
        with tempfile.TemporaryDirectory() as name:
            Path(name).chmod(0o755)
            print(report(run(given, Path(name)), given))
    return 0


# -- the WARC files ----------------------------------------------------------------------------------------------------


def write_file(path: Path, pages: Pages, numbers: range) -> None:
    """One WARC file of these captures, as a crawler of many sites writes it. One that is there stays."""
    if path.exists():
        return
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as out:
        for number in numbers:
            url, body = pages.capture(number)
            record = BytesIO()
            writer = WARCWriter(record, gzip=False, warc_version="1.1")
            http = StatusAndHeaders(
                "200 OK",
                [("Content-Type", "text/html"), ("Content-Length", str(len(body)))],
                protocol="HTTP/1.1",
            )
            date = f"2026-11-26T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
            writer.write_record(
                writer.create_warc_record(
                    url,
                    "response",
                    BytesIO(body),
                    len(body),
                    http_headers=http,
                    warc_headers_dict={"WARC-Date": date},
                )
            )
            out.write(gzip.compress(record.getvalue(), GZIP_LEVEL))
    unfinished.rename(path)


# -- what it costs --------------------------------------------------------------------------------------------------------


class Account:
    """CPU seconds of the processes below this one, by what they do."""

    def __init__(self, postgresql: int) -> None:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.postgresql = postgresql
        #: Seconds of processes that ended: fork-servers, whose spider ends before them.
        self.ended: Counter[str] = Counter()
        self.before = self._now()

    def since(self) -> Counter[str]:
        """Seconds since the last call."""
        now = self._now()
        found = Counter({name: seconds - self.before[name] for name, seconds in now.items()})
        self.before = now
        return found

    def _now(self) -> Counter[str]:
        mine, found = os.getpid(), Counter[str]()
        processes = _processes()
        for pid, (parent, state, _) in processes.items():
            if parent == mine and state == "Z" and pid not in STARTED:
                with suppress(ChildProcessError):
                    _, _, used = os.wait4(pid, os.WNOHANG)
                    self.ended["processes that read pages"] += used.ru_utime + used.ru_stime
        for pid, (_, state, seconds) in processes.items():
            if state != "Z" and (role := _role(pid, processes, self.postgresql)):
                found[role] += seconds
        return found + self.ended


#: The forks of a worker's server: its spiders, and the processes that read their pages.
SPIDERS = "spiders and their readers"
#: The workers that this process has started and waits for itself.
STARTED: set[int] = set()


def _processes() -> dict[int, tuple[int, str, float]]:
    """Each process: its parent, its state, and the seconds of itself and of its children that ended."""
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = int(fields[1]), fields[0], sum(map(int, fields[11:15])) / TICKS
    return found


def _role(pid: int, processes: Mapping[int, tuple[int, str, float]], postgresql: int) -> str:
    """What a process below this one does; "" for all others."""
    line, below = [pid], os.getpid()
    while (parent := processes.get(line[-1], (0, "", 0.0))[0]) > 1 and parent != below and len(line) < 20:
        line.append(parent)
    if postgresql in line:
        return "PostgreSQL"
    if parent != below:
        return ""
    if any("multiprocessing.forkserver" in _command(one) for one in line):
        return "processes that read pages"
    if any("newsarchive.spider_processes.server" in _command(one) for one in line):
        return SPIDERS
    return "workers" if line[-1] in STARTED else ""


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


# -- the run ---------------------------------------------------------------------------------------------------------------


def run(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Take in the captures, part by part; gives what was counted, with the parts of earlier calls."""
    state_file = folder / "state.json"
    state: dict[str, Any] = {
        "parts": 0, "seconds": 0.0, "cpu": {}, "captures": 0, "articles": 0, "looks": 0, "writing": 0, "waiting": 0
    }  # fmt: skip
    if state_file.exists():
        state |= json.loads(state_file.read_text())  # that of an older version lacks some counts
    pages = Pages(given.data, given.captures)
    numbers = range(0, given.captures, given.of_a_file)
    parts = [numbers[first : first + given.part] for first in range(0, len(numbers), given.part)]
    with own_postgresql(folder / "postgresql" if given.folder else None) as server:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "NEWSARCHIVE_DATABASE_URL": server.url,
            "NEWSARCHIVE_WARC": str(folder / "archive"),
            **dict(one.split("=", 1) for one in given.set),
        }
        command(folder, environment, "cluster", "init")
        account = Account(server.pid)
        with workers(given, folder, environment):
            account.since()
            for number, part in enumerate(parts):
                if number < state["parts"] or state["seconds"] >= given.minutes * 60:
                    continue
                files = []
                for first in part:
                    files.append(folder / f"day-{first:07}.warc.gz")
                    write_file(files[-1], pages, range(first, min(first + given.of_a_file, given.captures)))
                begin = time.monotonic()
                account.since()
                command(folder, environment, "cluster", "enqueue", "warc", *map(str, files))
                done = finished(server.url, begin + given.minutes * 60 - state["seconds"], state)
                time.sleep(LOOK_SECONDS)  # the last processes end
                state["seconds"] += time.monotonic() - begin - LOOK_SECONDS
                state["cpu"] = Counter(state["cpu"]) + account.since()
                state |= sizes(server.url)
                if done:
                    state["parts"] = number + 1
                    for file in files:
                        file.unlink()
                state_file.write_text(json.dumps(state))
                print(
                    f"{state['captures']} captures, {cpu_of(state):.1f} ms of CPU a page",
                    file=sys.stderr,
                    flush=True,
                )
        state |= sizes(server.url)
        state["files"] = sum(file.stat().st_size for file in (folder / "archive").rglob("*.gz*"))
    return state


def command(folder: Path, environment: Mapping[str, str], *words: str) -> None:
    subprocess.run([sys.executable, "-m", "newsarchive", *words], env=environment, cwd=folder, check=True)


@contextmanager
def workers(given: argparse.Namespace, folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    started = []
    words = ["worker", "--concurrency", str(given.concurrency), "--queues", "warc", "--grace", "1"]
    with (folder / "workers.log").open("ab") as log:
        for _ in range(given.workers):
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "newsarchive", *words], env=environment, stderr=log, cwd=folder
                )
            )
            STARTED.add(started[-1].pid)
    try:
        yield
    finally:
        for worker in started:
            worker.send_signal(signal.SIGTERM)
        for worker in started:
            try:
                worker.wait(MAX_END_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
                print(
                    f"a worker had not ended {MAX_END_SECONDS} seconds after SIGTERM, and was killed: workers.log says more;"
                    " the figures are of the time before",
                    file=sys.stderr,
                )


def finished(url: str, deadline: float, state: dict[str, Any]) -> bool:
    """Wait until no job is left; whether that was before the deadline. Raises where a job failed.

    Meanwhile the looks at the writers' lock are counted in `state`: all, and those in which it was held. `waiting` is the sum over
    all looks of the transactions that waited for it.
    """
    jobs = "SELECT status::text, count(*) FROM newsarchive_queue.procrastinate_jobs WHERE queue_name = 'warc' GROUP BY 1"
    locks = f"""SELECT coalesce(sum(granted::int), 0), coalesce(sum((NOT granted)::int), 0) FROM pg_locks
        WHERE locktype = 'advisory' AND (classid::bigint << 32) + objid::bigint = {WRITER_LOCK} AND objsubid = 1"""
    chance, next_look = random.Random(1), 0.0
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        while time.monotonic() < deadline:
            [(held, waiting)] = connection.execute(locks).fetchall()  # type: ignore[arg-type]
            state["looks"] += 1
            state["writing"] += held
            state["waiting"] += waiting
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + LOOK_SECONDS
                found: dict[str, int] = dict(connection.execute(jobs).fetchall())  # type: ignore[arg-type]
                if found.get("failed"):
                    raise RuntimeError("a job failed: workers.log says why")
                if not found:
                    return True
            time.sleep(chance.expovariate(1 / LOCK_LOOK_SECONDS))
    return False


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo(url)) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def sizes(url: str) -> dict[str, Any]:
    """What the archive holds, and how large it is."""
    one = "SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM articles), pg_database_size(current_database())"
    [(captures, articles, size)] = rows(url, one)
    copies = "SELECT count(*), count(DISTINCT cluster_id) FROM articles WHERE cluster_id IN (SELECT cluster_id FROM articles GROUP BY 1 HAVING count(*) > 1)"
    [(copied, clusters)] = rows(url, copies)
    largest = rows(
        url,
        "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class WHERE relkind = 'r'"
        f" AND relnamespace = 'public'::regnamespace ORDER BY pg_total_relation_size(oid) DESC LIMIT {TABLES_SHOWN}",
    )
    outcomes = rows(
        url,
        "SELECT key, sum(value::bigint) FROM crawl_runs, json_each_text(stats::json) WHERE value ~ '^[0-9]+$' GROUP BY 1 ORDER BY 1",
    )
    return {
        "captures": captures, "articles": articles, "size": size, "copied": copied, "clusters": clusters,
        "tables": largest, "outcomes": {name: int(number) for name, number in outcomes},
    }  # fmt: skip


# -- the report --------------------------------------------------------------------------------------------------------------


def cpu_of(state: Mapping[str, Any]) -> float:
    """Milliseconds of CPU a page."""
    return float(1000 * sum(state["cpu"].values()) / max(1, state["captures"]))


def report(state: Mapping[str, Any], given: argparse.Namespace) -> str:
    captures = max(1, state["captures"])
    lines = [["process", "CPU ms a page"]]
    lines += [
        [name, f"{1000 * seconds / captures:.1f}"]
        for name, seconds in sorted(state["cpu"].items(), key=lambda one: -one[1])
    ]
    each = cpu_of(state)
    lines.append(["all", f"{each:.1f}"])
    tables = [["table", "MB", "indexes MB", "bytes a capture"]]
    tables += [
        [name, f"{size / 1e6:.1f}", f"{indexes / 1e6:.1f}", f"{(size + indexes) / captures:.0f}"]
        for name, size, indexes in state["tables"]
    ]
    second = captures / max(state["seconds"], 1)
    turns = "nobody looked at the write transactions"
    if looks := state["looks"]:
        writing, waiting = max(state["writing"], 1) / looks, state["waiting"] / looks
        turns = (
            f"a write transaction was under way in {state['writing']} of {looks} looks: {1000 * writing / second:.1f} ms a page, or at"
            f" most {second / writing:.0f} pages a second of all machines together; on the mean {waiting:.2f} others waited for it"
        )
    said = [
        f"{state['captures']} captures, {state['articles']} articles, {state['copied']} of them in {state['clusters']} clusters of copies",
        f"{state['seconds']:.0f} s by the clock: {second:.1f} pages a second, a day of {DAY} in {DAY / second / 3600:.1f} hours",
        f"on two cores that do nothing else, {each:.1f} ms of CPU a page allow {2000 / each:.1f} pages a second,"
        f" a day of {DAY} in {DAY * each / 2000 / 3600:.1f} hours; 35 pages a second take {35 * each / 1000:.1f} cores",
        turns,
        f"the database {state['size'] / 1e6:.0f} MB, {state['size'] / captures:.0f} bytes a capture;"
        f" WARC files {state['files'] / 1e6:.0f} MB, {state['files'] / captures:.0f} bytes a capture",
        "counted by the runs: " + ", ".join(f"{number} {name}" for name, number in state["outcomes"].items()),
    ]
    return "\n\n".join([*said, table(lines), table(tables)])


if __name__ == "__main__":
    sys.exit(main())
