"""Many machines: `newsarchive worker` and `newsarchive cluster` on a real PostgreSQL.

`python -m benchmarks.cluster` is the larger proof, with kills at random and a server that is restarted.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from newsarchive.db.engine import open_engine
from newsarchive.db.frontier.known_sites import KnownSite
from newsarchive.db.frontier.locks import site_lock
from newsarchive.db.queue import Queue
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.version import EXTRACTOR_VERSION
from newsarchive.warc.writer import WarcWriter
from tests.crawling.test_crawl import front, post
from tests.support import warm
from tests.support.clusters import (
    HEARTBEAT,
    change,
    cluster_database,
    empty,
    environment,
    follow,
    no_job_left,
    rows,
    run,
    worker,
)
from tests.support.object_storage import ADDRESS, BUCKET, STORAGES, stored
from tests.support.own_postgresql import own_postgresql
from tests.support.serving import ROOT, Answer, Site, served
from tests.support.storage import postgresql_url
from tests.support.waiting import MAX_WAIT_SECONDS, wait_for
from tests.test_websub import BODY, Hub

pytestmark = [
    pytest.mark.slow,  # workers and servers
    pytest.mark.skipif(
        find_spec("procrastinate") is None or find_spec("psycopg") is None,
        reason="Procrastinate or psycopg is not installed: pip install 'newsarchive[cluster]'",
    ),
]

STORIES = {f"/story-number-{i}-of-many/": post(f"Story {i}") for i in range(6)}
#: More than a crawl fetches before a test has stopped it, on a busy machine too: after SIGTERM it fetches the 16 that Scrapy has
#: in hand, and the others take 20 seconds.
SLOW = {f"/a-long-story-number-{i}/": Answer(post(f"Story {i}"), wait=0.5) for i in range(60)}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A database with the tables of an archive and of a queue; each test begins with both of them empty."""
    with cluster_database() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    return empty(server)


def asked(site: Site) -> int:
    return sum(path in STORIES or path in SLOW for path in site.paths())


def hurry(site: Site) -> None:
    """Have the site answer at once from now on."""
    site.answers |= {path: replace(answer, wait=0) for path, answer in site.answers.items()}


def test_a_worker_does_every_kind_of_job_and_sigterm_ends_it(url: str, tmp_path: Path) -> None:
    with served({"/": front(*STORIES), **STORIES}) as site, ExitStack() as running:
        follow(url, site.home)
        first = run("cluster", "enqueue", "crawl", "--all", url=url)
        again = run("cluster", "enqueue", "crawl", site.home, url=url)
        assert "1 job put into the queue" in first.stderr
        assert "0 jobs put into the queue; 1 wait there already" in again.stderr
        process = running.enter_context(worker(url, tmp_path))
        wait_for(lambda: no_job_left(url))
        assert rows(url, "SELECT count(*), count(DISTINCT url) FROM articles") == [
            (len(STORIES), len(STORIES))
        ]
        [file] = (tmp_path / "warc").glob("*.warc.gz*")
        for words in (["learn", "--all"], ["reextract", "--size", "4"], ["recluster"], ["warc", str(file)]):
            done = run("cluster", "enqueue", *words, url=url)
            assert done.returncode == 0, done.stderr
        wait_for(lambda: no_job_left(url))
        assert (
            rows(
                url,
                "SELECT status::text, task_name FROM procrastinate_jobs WHERE queue_name <> 'housekeeping'",
            )
            == []
        )
        change(url, "UPDATE public.captures SET extractor_version = 9999")
        # What today's extractor has read is read again only with --all, and a job without it that waits is no such job.
        done = run("cluster", "enqueue", "reextract", "--all", "--dry-run", url=url)
        assert done.stderr == "would put 1 job into the queue; nothing was written\n"
        for words in ([], ["--all"]):
            done = run("cluster", "enqueue", "reextract", *words, url=url)
            assert done.stderr == "1 job put into the queue\n"
        wait_for(lambda: no_job_left(url))
        assert rows(url, "SELECT DISTINCT extractor_version FROM captures") == [(EXTRACTOR_VERSION,)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=MAX_WAIT_SECONDS) == 0
    said = (tmp_path / "worker.log").read_text()
    assert {"learn", "reextract 1-4", "reextract 5-6", "recluster 1-6", "reextract --all 1-6"} <= {
        re.sub(r" 127.*| http.*", "", line) for line in said.splitlines()
    }
    assert rows(url, "SELECT count(*) FROM procrastinate_workers") == [(0,)]
    assert asked(site) == len(STORIES)


def test_a_worker_that_is_killed_loses_nothing_and_nothing_is_fetched_by_two(
    url: str, tmp_path: Path
) -> None:
    with served({"/": front(*SLOW), **SLOW}) as site:
        follow(url, site.home)
        run("cluster", "enqueue", "crawl", "--all", url=url)
        with worker(url, tmp_path) as first:
            wait_for(lambda: asked(site) >= 2)
            first.kill()
            first.wait()
        hurry(site)
        with worker(url, tmp_path):
            wait_for(lambda: no_job_left(url))
    assert rows(url, "SELECT count(*), count(DISTINCT url) FROM articles") == [(len(SLOW), len(SLOW))]
    assert "as its worker gives no sign of life" in (tmp_path / "worker.log").read_text()


def test_a_worker_that_was_killed_while_it_took_up_the_jobs_of_others_holds_up_nobody(
    url: str, tmp_path: Path
) -> None:
    """Its `tidy` is at work for ever, as the queue has it, and with its lock no other begins."""
    with served({"/": front(*STORIES), **STORIES}) as site:
        follow(url, site.home)
        run("cluster", "enqueue", "crawl", "--all", url=url)
        change(url, "UPDATE procrastinate_jobs SET status = 'doing', attempts = 1")
        change(
            url,
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, attempts)"
            " VALUES ('housekeeping', 'newsarchive:tidy', 'tidy', 'tidy', '{\"timestamp\": 1}', 'doing', 1)",
        )
        with worker(url, tmp_path):
            wait_for(lambda: no_job_left(url))
    assert rows(url, "SELECT count(*) FROM articles") == [(len(STORIES),)]


@pytest.mark.parametrize("behind", STORAGES)
def test_a_worker_moves_what_its_jobs_wrote_into_object_storage(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: str
) -> None:
    with stored(monkeypatch, behind) as storage, served({"/": front(*STORIES), **STORIES}) as site:
        storage.fails = True
        more = {"NEWSARCHIVE_WARC": ADDRESS, "NEWSARCHIVE_WARC_STAGING": str(tmp_path / "staging")}
        with worker(url, tmp_path, **more, **storage.environment) as process:
            follow(url, site.home)
            run("cluster", "enqueue", "crawl", "--all", url=url)
            wait_for(lambda: no_job_left(url))
            wait_for(lambda: "WARC files wait in" in (tmp_path / "worker.log").read_text())
            storage.fails = False
            process.send_signal(signal.SIGTERM)  # it moves what waits before it ends
            assert process.wait(timeout=MAX_WAIT_SECONDS) == 0
        assert "the WARC files that waited are moved" in (tmp_path / "worker.log").read_text()
        assert rows(url, "SELECT DISTINCT warc_file FROM captures WHERE warc_file LIKE '%-news-%'") == [
            (name,) for name in storage.names()
        ]
        assert not list((tmp_path / "staging").rglob("*.warc.gz*"))


@pytest.mark.parametrize("behind", STORAGES)
def test_a_worker_takes_in_a_warc_file_of_object_storage(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: str
) -> None:
    import fsspec

    writer = WarcWriter(tmp_path / "foreign", "CC-NEWS")
    for path, body in STORIES.items():
        writer.write_response(
            f"https://blog.example{path}", "HTTP/1.1 200 OK", [("Content-Type", "text/html")], body.encode()
        )
    writer.close()
    [file] = (tmp_path / "foreign").iterdir()
    with stored(monkeypatch, behind) as storage:
        address = f"s3://{BUCKET}/foreign/{file.name}"
        fsspec.filesystem("s3", endpoint_url=storage.environment["AWS_ENDPOINT_URL"]).put(str(file), address)
        file.unlink()
        done = run("cluster", "enqueue", "warc", address, url=url)
        assert "1 job put into the queue" in done.stderr
        with worker(url, tmp_path, **storage.environment):
            wait_for(lambda: no_job_left(url))
        assert any(path.endswith(file.name) for method, path, _ in storage.asked if method == "GET")
    assert rows(url, "SELECT url FROM articles ORDER BY url") == sorted(
        (f"https://blog.example{path}",) for path in STORIES
    )
    # The bytes lie in the archive's own files, whatever becomes of the one in the storage.
    [(kept,)] = rows(url, "SELECT DISTINCT warc_file FROM captures")
    assert file.name != kept
    assert list((tmp_path / "warc").rglob(str(kept)))


def test_a_warc_file_whose_worker_is_killed_is_gone_on_with_and_each_capture_is_stored_once(
    url: str, tmp_path: Path
) -> None:
    writer = WarcWriter(tmp_path / "foreign", "CC-NEWS")
    pages = [f"https://blog.example/story-number-{number}/" for number in range(150)]
    for number, address in enumerate(pages):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        body = post(f"Story {number}").encode()
        writer.write_response(
            address, "HTTP/1.1 200 OK", [("Content-Type", "text/html")], body, fetched_at=at
        )
    writer.close()
    [file] = (tmp_path / "foreign").iterdir()
    run("cluster", "enqueue", "warc", str(file), url=url)
    with worker(url, tmp_path) as first:
        wait_for(lambda: rows(url, "SELECT count(*) FROM captures") >= [(21,)])
        first.kill()
        first.wait()
    assert not no_job_left(url)
    with worker(url, tmp_path):
        wait_for(lambda: no_job_left(url))
    assert rows(url, "SELECT count(*), count(DISTINCT url_id) FROM captures") == [(150, 150)]
    assert rows(url, "SELECT url FROM articles ORDER BY url") == [(address,) for address in sorted(pages)]


@pytest.mark.parametrize("job", ["crawl", "warc"])
def test_a_page_that_kills_its_process_is_set_aside_and_the_job_goes_on(
    url: str, tmp_path: Path, job: str
) -> None:
    """Pages are read by the spider itself here, so that the page kills the whole spider at the first try."""
    poisoned = "/die/a-story-that-nobody-reads/"
    pages = {poisoned: post("A story that nobody reads"), **STORIES}
    with served({"/": front(*pages), **pages}) as site:
        if job == "crawl":
            run("cluster", "enqueue", "crawl", site.home, url=url)
        else:
            writer = WarcWriter(tmp_path / "foreign", "CC-NEWS")
            for path, body in pages.items():
                writer.write_response(
                    site.home + path, "HTTP/1.1 200 OK", [("Content-Type", "text/html")], body.encode()
                )
            writer.close()
            [file] = (tmp_path / "foreign").iterdir()
            run("cluster", "enqueue", "warc", str(file), url=url)
        with worker(url, tmp_path, NEWSARCHIVE_STEPS="tests.support.pool_jobs:dying after decode"):
            wait_for(lambda: no_job_left(url))
    assert rows(url, "SELECT url FROM articles ORDER BY url") == [
        (site.home + path,) for path in sorted(STORIES)
    ]
    assert rows(url, "SELECT reason FROM urls WHERE url LIKE '%/die/%'") == [("crashed",)]
    assert rows(url, "SELECT 1 FROM procrastinate_jobs WHERE queue_name <> 'housekeeping'") == []
    said = "its process was killed (SIGKILL)" if job == "crawl" else "ended with 1"
    assert said in (tmp_path / "worker.log").read_text()  # the first try


def test_a_push_of_a_hub_puts_a_crawl_into_the_queue(url: str, tmp_path: Path) -> None:
    hub, path = Hub(), "/a-first-long-story/"
    entry = f"<entry><title>A report</title><id>{path}</id><updated>2025-04-01T00:00:00Z</updated>"
    front_page = '<title>Blog</title><link rel="alternate" type="application/atom+xml" href="/feed"><p>A blog'
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with served({"/": front_page, path: post("First story")}) as site:
        text = BODY.format(
            feed=f"{site.home}/feed",
            hub=hub.address,
            entries=f'<title>Blog</title>{entry}<link href="{site.home}{path}"/></entry>',
        )
        site.answers["/feed"] = Answer(text, headers={"Content-Type": "application/atom+xml"})
        follow(url, site.home)
        run("cluster", "enqueue", "crawl", "--all", url=url)
        with worker(url, tmp_path):
            wait_for(lambda: no_job_left(url))
        assert rows(url, "SELECT headline FROM articles") == [("First story",)]
        with (tmp_path / "websub.log").open("w") as log:
            serving = warm.started(
                "newsarchive", "websub", "serve", "--base-url", f"http://127.0.0.1:{port}", "--port", port, "--db", url,
                environment=environment(url, tmp_path) | {"NEWSARCHIVE_ALLOW_PRIVATE": "all"},
                cwd=str(tmp_path), streams=(None, None, log.fileno()),
            )  # fmt: skip
        try:
            wait_for(lambda: hub.verified == [True])
            asked_before = len(site.seen)
            assert hub.push(b"<feed></feed>") == 202
            wait_for(lambda: not no_job_left(url))
            assert hub.push(b"<feed></feed>") == 202  # another word of the hub makes no second job
            wait_for(lambda: "waits in the queue" in (tmp_path / "websub.log").read_text())
            assert rows(
                url, "SELECT args->>'site', status::text FROM procrastinate_jobs WHERE queue_name = 'crawl'"
            ) == [(f"{site.home}/", "todo")]
            assert len(site.seen) == asked_before  # the server itself crawls nothing
        finally:
            serving.kill()
            serving.wait()
            hub.shutdown()
            hub.server_close()
        with worker(url, tmp_path):
            wait_for(lambda: no_job_left(url))
        assert len(site.seen) > asked_before


def test_the_jobs_that_people_may_name_are_the_queues_of_the_tasks() -> None:
    from newsarchive.cli.cluster import JOBS
    from newsarchive.cluster.jobs import HOUSEKEEPING, jobs

    assert {task.queue for task in jobs.tasks.values()} == {*JOBS, HOUSEKEEPING}


def test_what_sigterm_stops_goes_back_into_the_queue(url: str, tmp_path: Path) -> None:
    with served({"/": front(*SLOW), **SLOW}) as site:
        follow(url, site.home)
        run("cluster", "enqueue", "crawl", "--all", url=url)
        with worker(url, tmp_path, "--grace", "0") as process:
            wait_for(lambda: asked(site) >= 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=MAX_WAIT_SECONDS) == 0
        fetched = asked(site)
        assert fetched < len(SLOW)
        assert rows(url, "SELECT count(*) FROM articles") == [(fetched,)]
        assert ("todo",) in rows(
            url, "SELECT status::text FROM procrastinate_jobs WHERE queue_name = 'crawl'"
        )
        hurry(site)
        with worker(url, tmp_path):
            wait_for(lambda: no_job_left(url))
        assert asked(site) == len(SLOW)


def test_a_cancelled_job_stops_and_a_failed_one_can_be_tried_again(url: str, tmp_path: Path) -> None:
    with served({"/": front(*SLOW), **SLOW}) as site, worker(url, tmp_path):
        run("cluster", "enqueue", "crawl", site.home, "http://127.0.0.1:9/", url=url)
        wait_for(lambda: asked(site) >= 1)
        [[number]] = rows(
            url,
            "SELECT id FROM procrastinate_jobs WHERE queue_name = 'crawl' AND args ->> 'site' NOT LIKE '%:9/'",
        )
        assert run("cluster", "cancel", str(number), url=url).returncode == 0
        wait_for(lambda: no_job_left(url))
        states = dict(
            rows(
                url, "SELECT args ->> 'site', status::text FROM procrastinate_jobs WHERE queue_name = 'crawl'"
            )
        )
        assert states == {f"{site.home}/": "aborted", "http://127.0.0.1:9/": "failed"}
    shown = json.loads(run("cluster", "status", "--json", url=url).stdout)
    # A worker that ends while it tidies leaves that job to the next one.
    states = {job["job"]: job["state"] for job in shown["jobs"] if job["job"] != "tidy"}
    assert states == {"crawl http://127.0.0.1:9/": "failed"}
    assert run("cluster", "retry", "--failed", url=url).stderr == "1 job\n"
    assert ("todo",) in rows(url, "SELECT status::text FROM procrastinate_jobs")
    assert run("cluster", "cancel", "--waiting", url=url).returncode == 0
    assert ("todo",) not in rows(
        url, "SELECT status::text FROM procrastinate_jobs WHERE queue_name = 'crawl'"
    )
    assert run("cluster", "retry", "999999", url=url).returncode == 1


def test_status_names_the_sites_whose_hub_pushes(url: str) -> None:
    """Only where the hub is relied on now, and only sites that are followed."""
    follow(url, "http://127.0.0.1:9", "http://127.0.0.2:9", "http://127.0.0.3:9")
    change(url, """UPDATE public.sites SET config = '{"follow": false}' WHERE domain = '127.0.0.3:9'""")
    change(
        url,
        "INSERT INTO public.hub_subscriptions (site_id, hub, topic, state, seen_at, relied_until)"
        " SELECT id, 'http://hub.example/', home_url || 'feed', 'verified', now(),"
        " now() + CASE domain WHEN '127.0.0.2:9' THEN -1 ELSE 1 END * interval '20 minutes' FROM public.sites",
    )
    said = run("cluster", "status", url=url).stdout.splitlines()
    assert said[-1] == "pushed\t1 site asked every 12 hours while a hub announces each post: 127.0.0.1:9"
    shown = json.loads(run("cluster", "status", "--json", url=url).stdout)
    assert [one["site"] for one in shown["pushed"]] == ["127.0.0.1:9"]


def test_due_sites_are_crawled_without_cron_by_the_policy_of_one_machine(url: str, tmp_path: Path) -> None:
    """`schedule` runs each minute; here its work is asked for directly."""
    from newsarchive.cluster.jobs import Work

    follow(url, "http://127.0.0.1:9", "http://127.0.0.2:9", "http://127.0.0.3:9")
    change(url, "UPDATE public.sites SET last_success_at = now() WHERE domain = '127.0.0.3:9'")
    work = Work(url, Queue(url).agreement(), print)
    assert {site.domain for site in work.due()} == {"127.0.0.1:9", "127.0.0.2:9"}
    run("cluster", "enqueue", "crawl", "http://127.0.0.1:9/", url=url)
    # One that waits in the queue is not looked up again each minute, which takes thousands of questions for names.
    assert {site.domain for site in work.due()} == {"127.0.0.2:9"}
    with worker(url, tmp_path):
        wait_for(lambda: ("failed",) in rows(url, "SELECT status::text FROM procrastinate_jobs"))
    assert "127.0.0.1:9" not in {site.domain for site in work.due()}  # it waits for its interval
    work.engine.dispose()


def test_a_name_whose_server_does_not_answer_holds_up_no_other_site(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsarchive.cluster import jobs

    follow(url, *(f"http://127.0.0.{number}:9" for number in range(1, 10)))
    waiting, put = threading.Event(), []

    class Put:
        def __init__(self, lock: str, **_: object) -> None:
            self.lock = lock

        async def defer_async(self, **arguments: object) -> None:
            put.append(arguments["site"])
            if len(put) == 8:
                waiting.set()

    def address_of(home_url: str) -> str:
        if home_url == "http://127.0.0.1:9/":
            assert waiting.wait(MAX_WAIT_SECONDS)
        return home_url

    monkeypatch.setattr(jobs, "address_of", address_of)
    monkeypatch.setattr(jobs.crawl, "configure", Put)
    work = jobs.Work(url, Queue(url).agreement(), print)
    asyncio.run(jobs.schedule(SimpleNamespace(additional_context={jobs.WORK: work}), 0))
    assert put[-1] == "http://127.0.0.1:9/"
    assert len(put) == 9
    work.engine.dispose()


def test_whoever_cannot_put_jobs_into_the_queue_waits_for_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from newsarchive.cluster import jobs

    asked: list[str] = []

    def address_of(home_url: str) -> str:
        asked.append(home_url)
        time.sleep(0.01)
        return home_url

    def put(*_: object, **__: object) -> int:
        raise DatabaseUnavailable("the queue is gone")

    monkeypatch.setattr(jobs, "address_of", address_of)
    sites = [KnownSite(f"{number}.example", f"https://{number}.example/") for number in range(2000)]
    with pytest.raises(DatabaseUnavailable):
        jobs.Enqueuer.crawl(SimpleNamespace(_put=put), sites)
    assert len(asked) < len(sites)


def test_a_schedule_that_fails_leaves_nothing_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    from newsarchive.cluster import jobs

    class Crawl:
        def configure(self, **_: object) -> Crawl:
            return self

        async def defer_async(self, *, site: str, only_if_due: bool) -> None:
            if site == "https://0.example/":
                raise DatabaseUnavailable("the queue is gone")
            await asyncio.sleep(9)

    async def left_at_work() -> set[object]:
        with pytest.raises(DatabaseUnavailable):
            await jobs.schedule.func(context, timestamp=0)
        return {*asyncio.all_tasks()} - {asyncio.current_task()}

    sites = [KnownSite(f"{number}.example", f"https://{number}.example/") for number in range(9)]
    context = SimpleNamespace(additional_context={jobs.WORK: SimpleNamespace(due=lambda: sites)})
    monkeypatch.setattr(jobs, "address_of", lambda url: url)
    monkeypatch.setattr(jobs, "crawl", Crawl())
    assert asyncio.run(left_at_work()) == set()


def test_a_job_whose_site_another_crawl_has_waits_for_it(url: str, tmp_path: Path) -> None:
    with served({"/": front(*STORIES), **STORIES}) as site:
        engine = open_engine(url)
        run("cluster", "enqueue", "crawl", site.home, url=url)
        with site_lock(engine, site.home.removeprefix("http://")), worker(url, tmp_path):
            wait_for(
                lambda: (
                    rows(url, "SELECT 1 FROM procrastinate_jobs WHERE attempts > 0 AND status = 'todo'") != []
                )
            )
        engine.dispose()
        assert asked(site) == 0


def test_a_scheduled_job_whose_site_another_crawl_has_ends_with_it(url: str, tmp_path: Path) -> None:
    """Tried again it would count as broken off, and crawl what the other crawl has just done."""
    with served({"/": front(*STORIES), **STORIES}) as site:
        follow(url, site.home)
        engine = open_engine(url)
        with site_lock(engine, site.home.removeprefix("http://")), worker(url, tmp_path):
            change(
                url,
                "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args) VALUES ('crawl',"
                f" 'newsarchive:crawl', 'crawl x', '{json.dumps({'site': f'{site.home}/', 'only_if_due': True})}')",
            )
            crawls = "SELECT attempts FROM procrastinate_jobs WHERE queueing_lock = 'crawl x'"
            wait_for(lambda: rows(url, crawls) != [(0,)])
            assert rows(url, crawls) == []
        engine.dispose()
        assert asked(site) == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (
            ("cluster", "status", "--db", "news.db"),
            2,
            "a cluster needs an archive on PostgreSQL, and news.db is SQLite",
        ),
        (("worker", "--db", "news.db"), 2, "newsarchive db copy moves an archive there"),
        (("worker", "--queues", "crawl,lern"), 2, "there is no job 'lern'; there are: crawl, learn"),
        (("cluster", "enqueue", "crawl"), 2, "crawl: of what? name sites, or say --all"),
        (("cluster", "enqueue", "recluster", "x"), 2, "it is cut into ranges"),
        (("cluster", "enqueue", "recluster", "--all"), 2, "recluster takes no SITE, --due or --all"),
        (("cluster", "enqueue", "reextract", "x"), 2, "reextract takes no SITE or --due"),
        (("cluster", "enqueue", "warc", "--all"), 2, "warc: of what? name files"),
        (("cluster", "enqueue", "learn", "--due"), 2, "learn takes no --due"),
        (("cluster", "enqueue", "crawl", "--all", "--size", "5"), 2, "crawl takes no --size"),
        (("cluster", "cancel"), 2, "which jobs? give their numbers"),
        (("reextract", "--captures", "9-1"), 2, "is no range of ids"),
        (("cluster", "status", "--db", "postgresql://127.0.0.1:9/news"), 5, "does not answer"),
    ],
)
def test_wrong_usage_says_what_to_type(server: str, words: tuple[str, ...], code: int, says: str) -> None:
    done = run(*words, url=server)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_without_a_queue_and_a_machine_without_procrastinate_are_told_what_to_type() -> None:
    with postgresql_url() as empty:
        done = run("cluster", "status", url=empty)
    assert done.returncode == 5
    assert f"has no queue yet: newsarchive cluster init --db {empty}" in done.stderr
    code = "import sys; sys.modules['procrastinate'] = None; from newsarchive.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "worker", "--db", "postgresql://x/y"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'newsarchive[cluster]'" in done.stderr


def test_a_worker_of_another_version_refuses_and_one_at_work_ends(url: str, tmp_path: Path) -> None:
    with worker(url, tmp_path) as process:
        wait_for(lambda: rows(url, "SELECT 1 FROM procrastinate_workers") != [])
        before = rows(url, "SELECT version FROM cluster")[0][0]
        change(url, "UPDATE cluster SET version = '0.0.9 (archive 0001)'")
        assert process.wait(timeout=MAX_WAIT_SECONDS) == 0
    assert "the cluster runs newsarchive 0.0.9" in (tmp_path / "worker.log").read_text()
    done = run("worker", url=url)
    assert done.returncode == 2
    assert "install the same version on every machine" in done.stderr
    assert run("cluster", "init", url=url).returncode == 0
    assert rows(url, "SELECT version FROM cluster") == [(before,)]


def test_a_worker_that_is_started_while_the_database_restarts_waits_for_it(tmp_path: Path) -> None:
    with own_postgresql() as database:
        assert run("cluster", "init", "--heartbeat", HEARTBEAT, url=database.url).returncode == 0
        database.stop()
        done = run("worker", "--wait", "0", url=database.url)
        assert done.returncode == 5, done.stderr
        assert "does not answer: is PostgreSQL running there?" in done.stderr
        log = tmp_path / "worker.log"
        with worker(database.url, tmp_path, "--wait", str(MAX_WAIT_SECONDS)) as process:
            wait_for(lambda: "the worker asks again" in log.read_text())
            database.start()
            wait_for(lambda: "this worker does 2 jobs at a time" in log.read_text())
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=MAX_WAIT_SECONDS) == 0


def test_a_worker_whose_database_is_lost_goes_on_once_it_is_back(tmp_path: Path) -> None:
    """The crawl under way ends with its database, and the worker does not: it asks again, and crawls what is left."""
    with own_postgresql() as database, served({"/": front(*SLOW), **SLOW}) as site:
        assert run("cluster", "init", "--heartbeat", HEARTBEAT, url=database.url).returncode == 0
        log = tmp_path / "worker.log"
        with worker(database.url, tmp_path):
            run("cluster", "enqueue", "crawl", site.home, url=database.url)
            wait_for(lambda: asked(site) >= 1)
            database.stop("immediate")
            wait_for(lambda: "the database was lost, and is asked again" in log.read_text())
            hurry(site)
            database.start()
            wait_for(lambda: no_job_left(database.url))
        assert sorted(set(site.paths()) & SLOW.keys()) == sorted(SLOW)
        assert rows(database.url, "SELECT count(*) FROM articles") == [(len(SLOW),)]


@pytest.mark.parametrize(("hours", "where"), [(1, "ahead of"), (-1, "behind")])
def test_a_clock_that_is_an_hour_wrong_is_refused(url: str, hours: int, where: str) -> None:
    code = (
        "import sys, datetime, time_machine; from newsarchive.cli import main\n"
        f"with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours={hours})): main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "worker", "--db", url]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 2, done.stderr
    assert re.search(rf"the clock of this machine is 3[56]\d\d s {where} that of the database", done.stderr)


def test_drain_ends_all_workers_and_keeps_new_ones_away(url: str, tmp_path: Path) -> None:
    with worker(url, tmp_path) as process:
        wait_for(lambda: rows(url, "SELECT 1 FROM procrastinate_workers") != [])
        assert run("cluster", "drain", url=url).stderr == "no worker is at work\n"
        assert process.wait(timeout=MAX_WAIT_SECONDS) == 0
    done = run("worker", url=url)
    assert (done.returncode, done.stderr) == (
        75,
        "the cluster is being drained: newsarchive cluster drain --end\n",
    )
    assert run("cluster", "drain", "--end", url=url).returncode == 0
    assert rows(url, "SELECT draining FROM cluster") == [(False,)]


def test_a_queue_with_a_hundred_thousand_jobs_is_counted_and_worked_at(url: str, tmp_path: Path) -> None:
    change(
        url,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)"
        " SELECT 'learn', 'newsarchive:learn', 'address ' || i % 20000, 'learn ' || i, '{}', now() + interval '1 day'"
        " FROM generate_series(1, 100000) AS i",
    )
    with served({"/": front(*STORIES), **STORIES}) as site, worker(url, tmp_path):
        run("cluster", "enqueue", "crawl", site.home, url=url)
        wait_for(lambda: rows(url, "SELECT count(*) FROM articles") == [(len(STORIES),)])
    assert "learn\t100000 waiting" in run("cluster", "status", url=url).stdout


FULL = """
CREATE FUNCTION newsarchive_queue.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON newsarchive_queue.procrastinate_jobs
    FOR EACH ROW EXECUTE FUNCTION newsarchive_queue.full_disk()
"""


def test_a_queue_on_a_full_disk_is_told_and_worked_at_once_there_is_room(url: str, tmp_path: Path) -> None:
    log, lost = tmp_path / "worker.log", "the database was lost, and is asked again: could not extend file"
    with served({"/": front(*STORIES), **STORIES}) as site:
        run("cluster", "enqueue", "crawl", site.home, url=url)
        change(url, FULL)
        try:
            done = run("cluster", "enqueue", "crawl", "http://127.0.0.1:9/", url=url)
            assert done.returncode == 5
            assert "the queue cannot be used: could not extend file" in done.stderr
            assert "No space left on device" in done.stderr
            with worker(url, tmp_path) as process:
                wait_for(lambda: lost in log.read_text())
                time.sleep(4 * float(HEARTBEAT))
                change(url, "DROP FUNCTION newsarchive_queue.full_disk CASCADE")
                wait_for(lambda: no_job_left(url))
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=MAX_WAIT_SECONDS) == 0
        finally:
            change(url, "DROP FUNCTION IF EXISTS newsarchive_queue.full_disk CASCADE")
    assert rows(url, "SELECT count(*) FROM articles") == [(len(STORIES),)]
    assert log.read_text().count(lost) == 1  # and not once for each sign of life


def test_a_scheduled_crawl_that_was_broken_off_goes_on_although_the_site_counts_as_crawled(
    url: str, tmp_path: Path
) -> None:
    with served({"/": front(*SLOW), **SLOW}) as site:
        follow(url, site.home)
        change(
            url,
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args) VALUES ('crawl',"
            f" 'newsarchive:crawl', 'crawl x', '{json.dumps({'site': f'{site.home}/', 'only_if_due': True})}')",
        )
        with worker(url, tmp_path, "--grace", "0") as process:
            wait_for(lambda: asked(site) >= 1)
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=MAX_WAIT_SECONDS)
        assert asked(site) < len(SLOW)
        change(url, "UPDATE public.sites SET last_success_at = now()")
        hurry(site)
        with worker(url, tmp_path):
            wait_for(lambda: no_job_left(url))
        assert sorted(set(site.paths()) & SLOW.keys()) == sorted(SLOW)
    assert rows(url, "SELECT count(*) FROM articles") == [(len(SLOW),)]
