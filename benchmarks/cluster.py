"""Three workers, 30 blogs, and what can go wrong: is every post there once, and was no site crawled by two workers at a time?

    python -m benchmarks.cluster --runs 20            # the proof: workers killed, the database restarted, connections cut
    python -m benchmarks.cluster cost                 # CPU a page of three workers against one
    python -m benchmarks.cluster queue --jobs 100000  # how long a worker takes to start, and `cluster status` to answer

The blogs stand on loopback, each at an address of its own. In each run a worker is killed with `kill -9` twice, at random
moments, PostgreSQL (one of its own, in a temporary folder) is restarted once, and all connections are cut once. Then some posts
are edited and others deleted, and all sites are crawled again, with another kill. The logs of the blogs' servers say who asked
for what and when: each worker crawls under a name of its own.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.blog_scores import table
from benchmarks.day import SPIDERS, STARTED, Account
from newsarchive.cluster.setup import HEARTBEAT_SECONDS
from newsarchive.db.queue import Queue, conninfo
from tests.crawling.test_crawl import front, post
from tests.support.own_postgresql import Server, own_postgresql
from tests.support.serving import ROOT, Answer, Site, served

#: Seconds between two signs of life: short, so that a run does not wait long for the jobs of a killed worker.
HEARTBEAT = 0.5
WORDS = [
    "harbour",
    "ferry",
    "council",
    "bridge",
    "repair",
    "school",
    "budget",
    "winter",
    "river",
    "storm",
    "market",
    "railway",
    "library",
    "museum",
    "hospital",
    "farmer",
    "teacher",
    "engineer",
    "minister",
    "reporter",
    "festival",
    "orchestra",
    "museum",
    "glacier",
    "orchard",
    "factory",
    "village",
    "district",
    "meeting",
]


@dataclass
class Blog:
    """A blog of loopback with its posts."""

    site: Site
    posts: list[str]
    edited: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def asked(self, path: str) -> int:
        return self.site.paths().count(path)


@dataclass
class Outcome:
    """What one run showed. It held where all lists of faults are empty."""

    seconds: float
    posts: int
    again: int
    faults: dict[str, list[str]]

    @property
    def held(self) -> bool:
        return not any(self.faults.values())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("proof", "cost", "queue"), default="proof")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--blogs", type=int, default=30)
    parser.add_argument("--posts", type=int, default=6)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=600, help="the longest that one run may take")
    parser.add_argument("--log", type=Path, help="keep what the workers of a run that did not hold have said")
    options = parser.parse_args()
    if options.what == "cost":
        print(table(cost(options)))
        return 0
    if options.what == "queue":
        print(table(queue_times(options)))
        return 0
    held = 0
    print("run held seconds posts fetched_again faults", flush=True)
    for number in range(options.runs):
        outcome = proof(options, random.Random(options.seed + number))
        held += outcome.held
        faults = {name: found for name, found in outcome.faults.items() if found}
        print(
            number + 1,
            outcome.held,
            f"{outcome.seconds:.0f}",
            outcome.posts,
            outcome.again,
            faults or "none",
            flush=True,
        )
    print(f"held in {held} of {options.runs} runs")
    return 0 if held == options.runs else 1


# -- the blogs -------------------------------------------------------------------------------------------------


@contextmanager
def blogs(number: int, posts: int, chance: random.Random, wait: float = 0.05) -> Iterator[list[Blog]]:
    """Small blogs, each at an address of its own. Every third post stands on several blogs: republished news."""
    with ExitStack() as stack:
        found = []
        shared = [text(chance) for _ in range(max(2, posts // 2))]
        for i in range(number):
            paths = [f"/2025/03/{chance.choice(WORDS)}-{chance.choice(WORDS)}-{i}-{j}/" for j in range(posts)]
            pages = {
                path: Answer(
                    post(headline(path), body=shared[j % len(shared)] if j % 3 == 0 else text(chance)),
                    wait=wait,
                )
                for j, path in enumerate(paths)
            }
            site = stack.enter_context(
                served({"/": front(*paths), **pages}, address=f"127.{1 + i // 200}.0.{2 + i % 200}")
            )
            found.append(Blog(site, paths))
        yield found


def headline(path: str) -> str:
    return "A report on " + " ".join(path.strip("/").split("/")[-1].split("-"))


def text(chance: random.Random) -> str:
    sentences = (" ".join(chance.choices(WORDS, k=14)).capitalize() + "." for _ in range(15))
    return "".join(f"<p>{' '.join(next(sentences) for _ in range(3))}</p>" for _ in range(5))


# -- processes ---------------------------------------------------------------------------------------------------


class Cluster:
    """Workers as processes, each with a name under which its spiders ask."""

    def __init__(self, server: Server, folder: Path, concurrency: int = 2) -> None:
        self.server, self.folder, self.concurrency = server, folder, concurrency
        self.workers: list[subprocess.Popen[bytes]] = []
        self.started = 0
        self.cpu = 0.0

    def environment(self, name: str = "nobody") -> dict[str, str]:
        return os.environ | {
            "NO_PROXY": "127.0.0.0/8",
            "PYTHONPATH": str(ROOT),
            "NEWSARCHIVE_DATABASE_URL": self.server.url,
            "NEWSARCHIVE_WARC": str(self.folder / "warc"),
            "NEWSARCHIVE_CONTACT": f"{name}@workers.example",
        }

    def run(self, *words: str) -> str:
        command = [sys.executable, "-m", "newsarchive", *words]
        done = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=False, cwd=self.folder
        )
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr}")
        return done.stdout

    def start(self) -> subprocess.Popen[bytes]:
        self.started += 1
        command = [
            sys.executable,
            "-m",
            "newsarchive",
            "worker",
            "--concurrency",
            str(self.concurrency),
            "--grace",
            "20",
        ]
        with (self.folder / "workers.log").open("ab") as log:
            worker = subprocess.Popen(
                command, env=self.environment(f"worker-{self.started}"), stderr=log, cwd=self.folder
            )
        self.workers.append(worker)
        return worker

    def replace_ended(self) -> None:
        """Start workers in place of those that ended by themselves, as systemd does: one that starts while the database is away."""
        for worker in [one for one in self.workers if one.poll() is not None]:
            print(f"a worker ended by itself with {worker.returncode}", file=sys.stderr, flush=True)
            self.workers.remove(worker)
            self.start()

    def kill(self, chance: random.Random) -> None:
        """`kill -9` of a worker; another takes its place."""
        self.replace_ended()
        worker = chance.choice([one for one in self.workers if one.poll() is None])
        worker.kill()
        self.end(worker)
        self.start()

    def end(self, worker: subprocess.Popen[bytes]) -> None:
        self.workers.remove(worker)
        if worker.returncode is None:  # else `poll` has found that it ended by itself
            _, status, used = os.wait4(worker.pid, 0)
            worker.returncode = os.waitstatus_to_exitcode(status)
            self.cpu += used.ru_utime + used.ru_stime

    def stop(self) -> None:
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        for worker in list(self.workers):
            self.end(worker)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Rows of the archive or the queue, asked again while the server is away."""
        for _ in range(100):
            try:
                with psycopg.connect(conninfo(self.server.url)) as connection:
                    cursor = connection.execute(query)  # type: ignore[arg-type]
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                time.sleep(0.2)
        raise RuntimeError("PostgreSQL does not answer")

    def follow(self, found: Sequence[Blog]) -> None:
        from newsarchive.db.engine import open_engine
        from newsarchive.db.frontier.sites import Sites

        engine = open_engine(self.server.url)
        for blog in found:
            Sites(engine).follow(f"{blog.site.home}/", {"delay": 0.01, "interval": 24})
        engine.dispose()


@contextmanager
def cluster(
    folder: Path, found: Sequence[Blog], concurrency: int = 2, heartbeat: float = HEARTBEAT
) -> Iterator[Cluster]:
    with own_postgresql() as server:
        made = Cluster(server, folder, concurrency)
        made.run("cluster", "init", "--heartbeat", str(heartbeat))
        made.follow(found)
        try:
            yield made
        finally:
            for worker in made.workers:
                worker.kill()
                worker.wait()


def wait_for(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.2)
    return False


# -- the proof -----------------------------------------------------------------------------------------------------


def proof(options: argparse.Namespace, chance: random.Random) -> Outcome:
    begin = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as name,
        blogs(options.blogs, options.posts, chance) as found,
        cluster(Path(name), found) as made,
    ):
        for _ in range(options.workers):
            made.start()
        made.run("cluster", "enqueue", "crawl", "--all")
        mishaps = [
            lambda: made.kill(chance),
            lambda: made.kill(chance),
            lambda: restart(made),
            lambda: cut(made),
        ]
        chance.shuffle(mishaps)
        total = options.blogs * options.posts
        moments = sorted(chance.sample(range(1, int(total * 0.8)), len(mishaps)))
        finished = befall(made, found, mishaps, moments, options.seconds)
        first = Counter(path for blog in found for path in blog.site.paths() if path in set(blog.posts))
        change(found, chance)
        made.ask("UPDATE urls SET next_check_at = now() - interval '1 hour' WHERE state = 'ok'")
        made.run("cluster", "enqueue", "crawl", "--all")
        finished &= befall(
            made, found, [lambda: made.kill(chance)], [chance.randrange(total // 2)], options.seconds
        )
        faults = judged(made, found)
        faults["not finished"] = [] if finished else [made.run("cluster", "status")]
        made.stop()
        if options.log and any(faults.values()):
            options.log.write_bytes((made.folder / "workers.log").read_bytes())
    return Outcome(time.monotonic() - begin, total, sum(first.values()) - total, faults)


def befall(
    made: Cluster,
    found: Sequence[Blog],
    mishaps: list[Callable[[], None]],
    moments: list[int],
    seconds: float,
) -> bool:
    """Let each mishap happen at its number of posts that were asked for, and wait until all jobs are done."""
    before = asked(found)
    end = time.monotonic() + seconds
    for mishap, moment in zip(mishaps, moments, strict=True):
        wait_for(lambda moment=moment: asked(found) - before >= moment or idle(made), end - time.monotonic())
        mishap()
    return wait_for(lambda: idle(made), end - time.monotonic())


def asked(found: Sequence[Blog]) -> int:
    return sum(len(blog.site.seen) for blog in found)


def idle(made: Cluster) -> bool:
    query = "SELECT count(*) FROM newsarchive_queue.procrastinate_jobs WHERE queue_name = 'crawl' AND status IN ('todo', 'doing')"
    return made.ask(query) == [(0,)]


def restart(made: Cluster) -> None:
    made.server.stop()
    made.server.start()


def cut(made: Cluster) -> None:
    made.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    )


def change(found: Sequence[Blog], chance: random.Random) -> None:
    """Edit a post of every third blog, and delete one of every fifth."""
    for number, blog in enumerate(found):
        if number % 3 == 0:
            path = chance.choice(blog.posts[1:])
            page = blog.site.answers[path]
            correction = "<p>Correction: an earlier version of this report named the wrong village and the wrong day.</p>"
            assert isinstance(page.body, str)
            blog.site.answers[path] = Answer(
                page.body.replace("</div>", f"{correction}</div>"), wait=page.wait
            )
            blog.edited.append(path)
        if number % 5 == 0:
            path = next(one for one in blog.posts if one not in blog.edited)
            blog.site.answers[path] = Answer("gone", 410)
            blog.deleted.append(path)


def judged(made: Cluster, found: Sequence[Blog]) -> dict[str, list[str]]:
    """What is not as it should be, by the kind of fault."""
    stored = Counter(str(url) for (url,) in made.ask("SELECT url FROM articles"))
    wanted = {blog.site.home + path for blog in found for path in blog.posts}
    corrected = {
        str(url) for (url,) in made.ask("SELECT url FROM articles WHERE article_body LIKE '%Correction:%'")
    }
    gone = {str(url) for (url,) in made.ask("SELECT url FROM articles WHERE gone_at IS NOT NULL")}
    versions = made.ask(
        "SELECT a.url, count(*) FROM article_revisions r JOIN articles a ON a.id = r.article_id"
        " WHERE r.change_kind = 'publisher' GROUP BY a.url HAVING count(*) > 1"
    )
    edited = {blog.site.home + path for blog in found for path in blog.edited}
    deleted = {blog.site.home + path for blog in found for path in blog.deleted}
    return {
        "lost": sorted(wanted - stored.keys()),
        "doubled": [url for url, number in stored.items() if number > 1],
        "edit not seen": sorted(edited - corrected),
        "edit that was none": sorted({str(url) for url, _ in versions} - edited),
        "deletion not seen": sorted(deleted - gone),
        "deletion that was none": sorted(gone - deleted),
        "two workers at a time": [fault for blog in found for fault in overlaps(blog.site)],
        "job failed": [made.run("cluster", "status")]
        if made.ask("SELECT 1 FROM newsarchive_queue.procrastinate_jobs WHERE status = 'failed' LIMIT 1") else [],
    }  # fmt: skip


def overlaps(site: Site) -> list[str]:
    """Requests of one worker after another had begun. Each crawl of a site begins with its robots.txt."""
    faults, current = [], ""
    for seen in site.seen:
        found = re.search(r"worker-\d+", seen.headers.get("User-Agent", ""))
        worker = found[0] if found else "nobody"
        if seen.path == "/robots.txt":
            current = worker
        elif worker != current:
            faults.append(f"{site.home}{seen.path}: asked by {worker} while {current} crawled")
    return faults


# -- what it costs ------------------------------------------------------------------------------------------------


def cost(options: argparse.Namespace) -> list[list[str]]:
    """CPU a page, of one worker with three jobs at a time and of three workers with one each, from their starts to the end of the last job."""
    parts = ("workers", SPIDERS, "processes that read pages", "PostgreSQL")
    rows = [["workers", "jobs at a time", "pages", "CPU ms a page", *parts, "seconds"]]
    for workers, concurrency in ((1, options.workers), (options.workers, 1)):
        chance = random.Random(options.seed)
        with (
            tempfile.TemporaryDirectory() as name,
            blogs(options.blogs, options.posts, chance, wait=0.0) as found,
            cluster(Path(name), found, concurrency, heartbeat=HEARTBEAT_SECONDS) as made,
        ):
            made.run("cluster", "enqueue", "crawl", "--all")
            account = Account(made.server.pid)
            begin = time.monotonic()
            for _ in range(workers):
                made.start()
            STARTED.update(worker.pid for worker in made.workers)
            wait_for(lambda made=made: idle(made), options.seconds)
            seconds, used = time.monotonic() - begin, account.since()
            pages = made.ask("SELECT count(*) FROM articles")[0][0]
            made.stop()
            assert isinstance(pages, int)
            told = [used.total(), *(used[part] for part in parts)]
            row = [str(workers), str(concurrency), str(pages)]
            rows.append([*row, *(f"{1000 * one / pages:.1f}" for one in told), f"{seconds:.0f}"])
    return rows


def queue_times(options: argparse.Namespace) -> list[list[str]]:
    """The command's own CPU, the seconds of the database for its queries, and the CPU of a worker until it is registered."""
    rows = [["what", "seconds"]]
    with tempfile.TemporaryDirectory() as name, cluster(Path(name), []) as made:
        fill(made, options.jobs)
        queue = Queue(made.server.url)
        rows.append([f"all queries of status, {options.jobs} jobs", f"{timed(lambda: status(queue)):.3f}"])
        for words in (("cluster", "status"), ("--version",)):
            name = " ".join(words)
            rows.append([f"newsarchive {name}", f"{timed(lambda words=words: made.run(*words)):.3f}"])
            rows.append([f"newsarchive {name}, CPU", f"{cpu(made, words):.3f}"])
        rows.append(["a worker, until it is registered", f"{timed(lambda: registered(made), 1):.3f}"])
        rows.append(["a worker, until it is registered, CPU", f"{cpu_so_far(made.workers[0]):.2f}"])
        made.stop()
    return rows


def fill(made: Cluster, number: int) -> None:
    with psycopg.connect(conninfo(made.server.url), options="-c search_path=newsarchive_queue") as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)"
            " SELECT 'crawl', 'newsarchive:crawl', 'address ' || i %% 20000, 'crawl ' || i,"
            " json_build_object('site', 'https://blog-' || i || '.example/'), now() + interval '1 day'"
            " FROM generate_series(1, %s) AS i",
            (number,),
        )
    made.ask("ANALYZE")
    with psycopg.connect(conninfo(made.server.url), autocommit=True) as connection:
        # As autovacuum does after a batch of new rows.
        connection.execute("VACUUM newsarchive_queue.procrastinate_jobs")


def status(queue: Queue) -> None:
    with queue.session():
        queue.agreement(), queue.counts(), queue.workers(), queue.jobs(("doing", "failed"), 10)


def cpu(made: Cluster, words: Sequence[str], times: int = 7) -> float:
    """Seconds of CPU of the median of some calls of a command."""
    found = []
    for _ in range(times):
        command = [sys.executable, "-m", "newsarchive", *words]
        process = subprocess.Popen(
            command, env=made.environment(), cwd=made.folder, stdout=subprocess.DEVNULL
        )
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
        found.append(used.ru_utime + used.ru_stime)
    return sorted(found)[len(found) // 2]


def cpu_so_far(process: subprocess.Popen[bytes]) -> float:
    """Seconds of CPU that a process has used, by Linux's account of it."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def registered(made: Cluster) -> None:
    made.start()
    query = "SELECT count(*) FROM newsarchive_queue.procrastinate_workers"
    while made.ask(query) == [(0,)]:
        time.sleep(0.02)


def timed(what: Callable[[], object], times: int = 5) -> float:
    """Seconds of the median of some calls."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        what()
        found.append(time.perf_counter() - begin)
    return sorted(found)[len(found) // 2]


if __name__ == "__main__":
    sys.exit(main())
