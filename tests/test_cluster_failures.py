"""Jobs that failed or were cancelled: what `newsarchive cluster` says of them and does, on a real PostgreSQL."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from newsarchive.db.queue import MAX_PROBLEM_CHARACTERS, Queue
from newsarchive.exceptions import DatabaseError
from tests.crawling.test_crawl import front, post
from tests.support.clusters import (
    HEARTBEAT,
    change,
    cluster_database,
    empty,
    no_job_left,
    rows,
    run,
    worker,
)
from tests.support.serving import served
from tests.support.storage import postgresql_url
from tests.support.waiting import wait_for
from tests.test_cluster import SLOW, hurry

pytestmark = [
    pytest.mark.slow,  # workers and servers
    pytest.mark.skipif(
        find_spec("procrastinate") is None or find_spec("psycopg") is None,
        reason="Procrastinate or psycopg is not installed: pip install 'newsarchive[cluster]'",
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A database with the tables of an archive and of a queue; each test begins with both of them empty."""
    with cluster_database() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    return empty(server)


def listed(url: str) -> dict[str, list[str]]:
    """The jobs that `status` lists: each with the other cells of its line."""
    lines = [line.split("\t") for line in run("cluster", "status", url=url).stdout.splitlines()]
    return {cells[2]: cells[1:2] + cells[3:] for cells in lines if cells[0].startswith("job ")}


def test_status_says_why_a_job_failed_and_what_to_do(url: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.warc.gz"
    broken.write_bytes(b"no WARC file")
    run("cluster", "enqueue", "crawl", "http://127.0.0.1:9/", url=url)
    run("cluster", "enqueue", "warc", "/nowhere/CC-NEWS.warc.gz", str(broken), url=url)
    with worker(url, tmp_path):
        wait_for(lambda: no_job_left(url))
    number = {str(site or file): job for job, site, file in rows(
        url, "SELECT id, args ->> 'site', args ->> 'file' FROM procrastinate_jobs WHERE status = 'failed'")}  # fmt: skip
    problems = {
        "http://127.0.0.1:9/": (
            "http://127.0.0.1:9/: the server refused the connection: check address and port, or try again later"
        ),
        "/nowhere/CC-NEWS.warc.gz": "path='/nowhere/CC-NEWS.warc.gz': no such file",
        str(broken): "broken.warc.gz: record at 0: neither a record nor a saved page",
    }
    again = {what: f"when that is mended: newsarchive cluster retry {number[what]}" for what in problems}
    names = {what: f"crawl {what}" if what.startswith("http") else f"warc {what}" for what in problems}
    # A periodic job may have become due meanwhile, and may be running.
    assert {job: cells for job, cells in listed(url).items() if cells[0] == "failed"} == {
        names[what]: ["failed", "after 1 try", f"{problem}; {again[what]}"]
        for what, problem in problems.items()
    }
    shown = json.loads(run("cluster", "status", "--json", url=url).stdout)["jobs"]
    assert {job["job"]: (job["error"], job["remedy"]) for job in shown if job["error"]} == {
        names[what]: (problem, again[what]) for what, problem in problems.items()
    }


def test_a_job_that_waits_for_another_try_says_why_until_it_is_done(url: str, tmp_path: Path) -> None:
    """The spider reads the pages itself at the first try, so that the page kills it; the second try is careful."""
    pages = {
        f"/{folder}/a-story-of-many/": post(f"A story of {folder}") for folder in ("die", "north", "south")
    }
    with served({"/": front(*pages), **pages}) as site:
        run("cluster", "enqueue", "crawl", site.home, url=url)
        with worker(url, tmp_path, NEWSARCHIVE_STEPS="tests.support.pool_jobs:dying after decode"):
            wait_for(lambda: rows(url, "SELECT 1 FROM problems") != [])
            wait_for(
                lambda: (
                    rows(
                        url, "SELECT 1 FROM procrastinate_jobs WHERE queue_name = 'crawl' AND status = 'todo'"
                    )
                    != []
                )
            )
            [[state, tries, problem]] = listed(url).values()
            wait_for(lambda: no_job_left(url))
    assert (state, tries) == ("waiting", "after 1 try")
    killed = f"{site.home.rstrip('/')}/: its process was killed (SIGKILL): had the machine memory left?"
    assert problem.startswith(f"{killed}; it is tried again at 20")
    assert rows(url, "SELECT 1 FROM problems") == []


def test_neither_many_failed_jobs_nor_a_long_error_fill_the_screen(url: str) -> None:
    change(
        url,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts)"
        " SELECT 'learn', 'newsarchive:learn', '{\"site\": \"blog.example\"}', 'failed', 1 FROM generate_series(1, 12)",
    )
    ids = [int(str(number)) for (number,) in rows(url, "SELECT id FROM procrastinate_jobs ORDER BY id")]
    for number in ids[1:]:
        Queue(url).keep_problem(number, "a \0long\n\x1b[31m error " * 500)
    Queue(url).keep_problem(ids[-1] + 1, "of a job that is gone")
    lines = run("cluster", "status", url=url).stdout.splitlines()
    assert sum(line.startswith("job ") for line in lines) == 10
    assert max(map(len, lines)) < MAX_PROBLEM_CHARACTERS + 120
    assert "a long [31m error a long" in lines[2]
    assert lines[-1] == "jobs\tolder ones are not shown: newsarchive cluster status --limit 100"
    last = run("cluster", "status", "--limit", "100", url=url).stdout.splitlines()[-1]
    assert last.endswith(
        f"nobody kept why; the log of its worker may say it; when that is mended: newsarchive cluster retry {ids[0]}"
    )


def test_a_queue_without_the_table_of_problems_gets_it_from_init(url: str) -> None:
    change(url, "DROP TABLE problems")
    done = run("cluster", "status", url=url)
    assert done.returncode == 5
    assert "has the queue of an older version: newsarchive cluster init" in done.stderr
    assert run("cluster", "init", url=url).returncode == 0
    assert run("cluster", "status", url=url).returncode == 0


def states(url: str) -> dict[int, tuple[str, bool]]:
    found = rows(
        url, "SELECT id, status::text, abort_requested FROM procrastinate_jobs WHERE queue_name = 'crawl'"
    )
    return {int(str(number)): (str(status), bool(asked)) for number, status, asked in found}


@pytest.mark.parametrize("signalled", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "told to stop"])
def test_a_job_cancelled_while_its_worker_ends_is_stopped_and_not_failed(
    url: str, tmp_path: Path, signalled: signal.Signals
) -> None:
    with served({"/": front(*SLOW), **SLOW}) as site:
        run("cluster", "enqueue", "crawl", site.home, url=url)
        with worker(url, tmp_path, "--grace", "0") as process:
            wait_for(lambda: any(path in SLOW for path in site.paths()))
            [number] = states(url)
            for _ in ("once", "twice"):
                done = run("cluster", "cancel", str(number), url=url)
                assert (done.returncode, done.stderr) == (0, "1 job\n")
            process.send_signal(signalled)
            process.wait()
        hurry(site)
        with worker(url, tmp_path):
            wait_for(lambda: states(url)[number] == ("aborted", False))
        # A `tidy` may be cut off with its worker, and then it is listed.
        assert [job for job in listed(url) if job.startswith("crawl")] == []
        assert json.loads(run("cluster", "status", "--json", url=url).stdout)["queues"]["crawl"] == {
            "aborted": 1
        }
        again = run("cluster", "cancel", str(number), url=url)
        assert (again.returncode, again.stderr) == (
            1,
            f"job {number} is stopped, not waiting or running\n0 jobs\n",
        )
        with worker(url, tmp_path):
            run("cluster", "enqueue", "crawl", site.home, url=url)  # nothing is in the way of another one
            wait_for(lambda: no_job_left(url))
        assert rows(url, "SELECT count(*) FROM articles") == [(len(SLOW),)]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(url: str) -> None:
    lost = "now() - interval '1 hour'"  # nobody waits for a worker that was killed
    change(url, f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()), ({lost})")
    said = {
        words: run("cluster", *words.split(), "--dry-run", url=url).stderr
        for words in ("init", "enqueue crawl https://blog.example", "drain", "drain --end")
    }
    assert said == {
        "init": "the queue is at this version; nothing was written\n",
        "enqueue crawl https://blog.example": "would put 1 job into the queue; nothing was written\n",
        "drain": "1 worker would end; nothing was written\n",
        "drain --end": "1 worker might work again; nothing was written\n",
    }
    assert rows(url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    assert rows(url, "SELECT draining FROM cluster") == [(False,)]
    version = rows(url, "SELECT version FROM cluster")[0][0]
    change(url, "UPDATE cluster SET version = '0.0.9 (archive 0001)'")
    older = run("cluster", "init", "--dry-run", url=url)
    change(url, f"UPDATE cluster SET version = '{version}'")
    assert older.stderr == "would bring the queue to this version; nothing was written\n"


def test_another_heartbeat_is_announced_and_refused_while_workers_have_the_old_one(url: str) -> None:
    """A worker that goes on with the old one would be taken for dead by workers with a shorter one."""
    held = "SELECT heartbeat FROM cluster"
    same = run("cluster", "init", "--heartbeat", HEARTBEAT, "--dry-run", url=url)
    assert same.stderr == "the queue is at this version; nothing was written\n"
    would = run("cluster", "init", "--heartbeat", "20", "--dry-run", url=url)
    signs = "each worker give a sign of life each 20 s and no longer each 1 s"
    assert would.stderr == f"would have {signs}; nothing was written\n"
    change(url, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    for words in ((), ("--dry-run",)):
        refused = run("cluster", "init", "--heartbeat", "20", *words, url=url)
        assert refused.returncode == 2
        assert "1 worker at work would go on with a sign of life each 1 s" in refused.stderr
    assert run("cluster", "init", url=url).returncode == 0  # what is not asked for is not changed
    assert rows(url, held) == [(float(HEARTBEAT),)]
    change(url, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    done = run("cluster", "init", "--heartbeat", "20", url=url)
    assert done.stderr == (
        "the queue is at this version; each worker gives a sign of life each 20 s and no longer each 1 s\n"
    )
    assert rows(url, held) == [(20.0,)]
    assert run("cluster", "init", "--heartbeat", HEARTBEAT, url=url).returncode == 0


def test_a_dry_run_without_a_queue_says_with_which_heartbeat_it_would_be_made() -> None:
    with postgresql_url() as empty_database:
        done = run("cluster", "init", "--dry-run", url=empty_database)
        assert not Queue(empty_database).exists()
    assert done.stderr == (
        "would make the queue and have each worker give a sign of life each 5 s; nothing was written\n"
    )


def test_a_running_job_that_was_cancelled_is_shown_as_stopping(url: str) -> None:
    change(
        url,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, abort_requested)"
        " VALUES ('learn', 'newsarchive:learn', '{\"site\": \"blog.example\"}', 'doing', true)",
    )
    assert listed(url) == {"learn blog.example": ["stopping", "after 0 tries"]}


def test_failed_jobs_are_tried_again_although_one_of_them_waits_already_or_was_cancelled(url: str) -> None:
    """Each would have ended the command with an error of the database, and left the others."""
    change(
        url,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, queueing_lock, status, abort_requested) VALUES"
        " ('crawl', 'newsarchive:crawl', '{}', 'crawl north', 'failed', true),"
        " ('crawl', 'newsarchive:crawl', '{}', 'crawl south', 'failed', false),"
        " ('crawl', 'newsarchive:crawl', '{}', 'crawl west', 'failed', false),"
        " ('crawl', 'newsarchive:crawl', '{}', 'crawl south', 'todo', false)",
    )
    done = run("cluster", "retry", "--failed", url=url)
    assert (done.returncode, done.stderr) == (
        0,
        "1 job; 1 left out, because the same waits already under another number\n",
    )
    assert [state for state, _ in dict(sorted(states(url).items())).values()] == [
        "aborted", "failed", "todo", "todo"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("cancel", "crawl"), 2, "'crawl' is no number of a job; they are in: newsarchive cluster status"),
        (("cancel", "999"), 1, "there is no job 999\n0 jobs\n"),
        (("retry", "9" * 30), 1, f"there is no job {'9' * 30}\n0 jobs\n"),
        (("cancel", "--waiting"), 0, "0 jobs\n"),
    ],
)
def test_a_job_that_is_not_there_is_told(url: str, words: tuple[str, ...], code: int, says: str) -> None:
    done = run("cluster", *words, url=url)
    assert done.returncode == code
    assert done.stderr.endswith(says if code != 2 else f"{says}\n")


def test_an_address_that_the_driver_does_not_understand_is_told() -> None:
    with pytest.raises(DatabaseError, match='invalid URI query parameter: "colour"'):
        Queue("postgresql://127.0.0.1/news?colour=red").exists()
