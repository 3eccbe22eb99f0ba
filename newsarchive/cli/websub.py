"""`newsarchive websub serve`: hubs of WebSub say when a followed feed has something new, and its site is crawled at once."""

from __future__ import annotations

import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from newsarchive.cli.opening import database_url, open_archive
from newsarchive.cli.options import Group, db_option, first_line, host_option, port_option
from newsarchive.cli.output import say
from newsarchive.core.urls import site_of
from newsarchive.exceptions import LOCKED, SOME_FAILED, Damaged, DatabaseError, FetchError, UsageError
from newsarchive.times import utc_now

if TYPE_CHECKING:
    from newsarchive.db.frontier.hubs import Hubs
    from newsarchive.db.frontier.sites import Sites
    from newsarchive.items import Capture
    from newsarchive.spider_processes.processes import SpiderProcesses
    from newsarchive.websub import Subscriber

#: The variable that holds the secret.
SECRET_VARIABLE = "NEWSARCHIVE_WEBSUB_SECRET"
#: Characters of a secret; a shorter one could be guessed.
MIN_SECRET_CHARACTERS = 20
#: Seconds between two looks for feeds that are due.
LOOK_SECONDS = 60.0
#: Seconds between two looks for sites that wait to be crawled.
CRAWL_SECONDS = 1.0


@click.group(
    cls=Group,
    epilog="\b\nExample:\n  newsarchive websub serve --base-url https://archive.example/push --db newsarchive.db",
)
def websub() -> None:
    """Have hubs say when a followed feed has something new (WebSub). Needs the extra `web`."""


@websub.command(
    epilog="""\b
Examples:
  newsarchive websub serve --base-url https://archive.example/push
  NEWSARCHIVE_WEBSUB_SECRET=… newsarchive websub serve --base-url https://archive.example/push --port 8010"""
)
@click.option("--base-url", required=True, metavar="URL", help="The address at which hubs reach this server.")
@host_option
@port_option(8010)
@click.option(
    "--secret-file", metavar="FILE",
    help=f"A file whose first line is the key of all secrets, so that a restart renews the same subscriptions; or {SECRET_VARIABLE}.",
)  # fmt: skip
@db_option
def serve(base_url: str, host: str, port: int, secret_file: str | None, db: str) -> None:
    """Subscribe to the hubs that followed feeds name, and crawl a site as soon as its hub says that it has something new.

    A push only hastens a crawl: nothing of it is stored but its time. Crawls by the clock go on, twice a day where the hub announced
    the last posts in time. In a cluster the crawl goes into the queue. Ctrl+C stops it; subscriptions then run out.
    """
    from newsarchive.web.server import address_parts, bound, quiet_server, sigterm_is_no_failure

    address_parts(base_url)
    if missing := [name for name in ("starlette", "uvicorn") if find_spec(name) is None]:
        raise UsageError(
            f"newsarchive websub serve needs {' and '.join(missing)}: pip install 'newsarchive[web]'"
        )
    from newsarchive.db.frontier.hubs import Hubs
    from newsarchive.db.frontier.sites import Sites
    from newsarchive.db.schema import require_current
    from newsarchive.spider_processes.processes import SpiderProcesses
    from newsarchive.websub import Subscriber, application

    engine, secret = open_archive(db), _secret(secret_file)
    require_current(engine)
    archive, hubs = Sites(engine), Hubs(engine)
    get, post = _requests()
    subscriber = Subscriber(base_url, secret, get, post, time.monotonic, say)
    ended, running = threading.Event(), list[SpiderProcesses]()
    crawl = _crawling(database_url(db), archive, running)
    server, faults = quiet_server(application(subscriber)), list[Exception]()

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # else the server would answer hubs, and crawl nothing
            faults.append(error)
            server.should_exit = True

    for work in (
        lambda: _look(subscriber, archive, hubs, ended),
        lambda: _crawl(subscriber, crawl, hubs, ended),
    ):
        threading.Thread(target=guarded, args=(work,), daemon=True).start()
    with sigterm_is_no_failure(), bound(host, port) as taken:
        say(f"newsarchive websub serve: hubs are answered on port {taken.getsockname()[1]} (Ctrl+C stops it)")
        try:
            server.run(sockets=[taken])
        except KeyboardInterrupt:
            say("stopped")
        finally:
            ended.set()
            subscriber.news.set()
            for processes in list(running):
                processes.stop(signal.SIGTERM, None)  # the crawl finishes what is under way, and commits
    if faults:
        raise faults[0]


def _secret(file: str | None) -> bytes:
    """The secret of a file or the environment, else one made for this run. Raises `UsageError`."""
    text = first_line("--secret-file", file) if file else os.environ.get(SECRET_VARIABLE, "")
    if text and len(text) < MIN_SECRET_CHARACTERS:
        raise UsageError(
            f"{'--secret-file ' + file if file else SECRET_VARIABLE}: a secret has {MIN_SECRET_CHARACTERS} characters or more:"
            " openssl rand -hex 32"
        )
    return text.encode() or secrets.token_bytes(32)


def _requests() -> tuple[Callable[[str], Capture], Callable[[str, bytes], int]]:
    """What fetches a feed and what asks a hub: both judge addresses as a crawl does, because a feed names its hub."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request

    from newsarchive.cli.fetching import Fetcher

    fetcher = Fetcher()

    def post(hub: str, form: bytes) -> int:
        headers = {**fetcher.headers, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            with fetcher.answer(Request(hub, form, headers), fetcher.robots_opener) as answer:
                return int(answer.status)
        except HTTPError as error:
            return int(error.code)
        except (URLError, OSError, ValueError, HTTPException) as error:
            raise FetchError(f"cannot be asked: {getattr(error, 'reason', error)}") from error

    return fetcher.get, post


def _look(subscriber: Subscriber, archive: Sites, hubs: Hubs, ended: threading.Event) -> None:
    """Keep subscriptions for the feeds of followed sites until the server ends, and tell the archive how they stand."""
    while not ended.is_set():
        subscriber.news.clear()
        try:
            subscriber.look(archive.feeds())
            hubs.keep(subscriber.states())
        except (DatabaseError, Damaged) as error:
            say(f"websub: {error}")
        subscriber.news.wait(LOOK_SECONDS)


def _crawl(subscriber: Subscriber, crawl: Callable[[str], bool], hubs: Hubs, ended: threading.Event) -> None:
    """Crawl what waits until the server ends, and keep the times of pushes."""
    while not ended.is_set():
        if (site := subscriber.next_site()) is None:
            ended.wait(CRAWL_SECONDS)
            continue
        try:
            if (seconds := subscriber.taken_push(site)) is not None:
                hubs.pushed(site, utc_now() - timedelta(seconds=seconds))
            if not crawl(site):
                subscriber.again(site)
        except (DatabaseError, Damaged, OSError) as error:  # also where no process can be started
            say(f"{site}: {error}")
            subscriber.again(site)


def _crawling(url: str, archive: Sites, running: list[SpiderProcesses]) -> Callable[[str], bool]:
    """What crawls a site: the queue of a cluster, else spiders on this machine, which stand in `running` meanwhile and are
    forks of one process that has loaded them. False where another crawl runs."""
    if url.startswith("postgresql"):
        from newsarchive.db.queue import Queue

        if Queue(url).exists():
            from newsarchive.cluster.jobs import Enqueuer

            def queued(site: str) -> bool:
                found = archive.get(site)
                with Enqueuer(url) as enqueuer:
                    new = enqueuer.crawl([found] if found else [])
                say(
                    f"{site}: pushed: "
                    + ("a crawl waits in the queue" if new else "a crawl waits there already")
                )
                return True

            return queued
    from newsarchive.cli.crawl import exit_code, show
    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.db.frontier.locks import crawl_lock
    from newsarchive.spider_processes.processes import SpiderProcesses
    from newsarchive.spider_processes.server import SpiderServer
    from newsarchive.spider_processes.site_crawl import CrawlOptions, crawl_one

    server = SpiderServer()

    def run(site: str) -> bool:
        known = archive.get(site) or KnownSite(site_of(site), site)
        processes = SpiderProcesses(url, server=server)
        processes.share_lock = True
        running.append(processes)
        try:
            with crawl_lock(archive.engine) as alone:
                result = crawl_one(archive, known, processes, CrawlOptions({}, quiet=True)) if alone else None
        finally:
            running.remove(processes)
        if result is None or result.code == LOCKED:
            return False
        show([result], as_json=False, quiet=True)
        code = exit_code([result])
        say(f"{site}: pushed: crawled" + ("" if code in (0, SOME_FAILED) else f", which ended with {code}"))
        return True

    return run
