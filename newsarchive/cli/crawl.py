"""`newsarchive crawl`: the followed sites, each in a process of its own, for cron."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from newsarchive.cli.common import database_url, db_option, say
from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from newsarchive.db.known import KnownSite
    from newsarchive.db.sites import Sites

LOCKED, SOME_FAILED, ALL_FAILED, DATABASE_FAILED = 75, 3, 4, 5
#: Exit codes of a spider that did its work, and may have left a few posts for the next crawl.
AT_WORK = (0, SOME_FAILED)
#: What the summary shows, in this order; `dropped` and `failed` are sums over their reasons.
COLUMNS = ("discovered", "new", "updated", "unchanged", "gone", "dropped", "failed")

#: A site's setting and Scrapy's; AutoThrottle begins with the delay, and never goes below it.
SETTINGS = (
    ("-s", "delay", "DOWNLOAD_DELAY"),
    ("-s", "delay", "AUTOTHROTTLE_START_DELAY"),
    ("-s", "user_agent", "USER_AGENT"),
)


def gravity(code: int) -> float:
    """The rank of a spider's exit code: a spider that broke is graver than a few posts that wait."""
    return 0.5 if code == SOME_FAILED else code


@dataclass
class Result:
    """What became of one site: its spiders' counts, the gravest exit code, and what went wrong."""

    site: str
    code: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    error: str = ""

    def add(self, code: int, stats: dict[str, str]) -> None:
        self.code = max(self.code, code, key=gravity)
        errors = [stats.get(key, "") for key in ("database_error", "site_error", "spider_error")]
        errors += [said for key, said in sorted(stats.items()) if key.startswith("site_left/")]
        self.error = self.error or next(filter(None, errors), "")
        for key, value in stats.items():
            column = key.partition("/")[0]
            if column in COLUMNS and value.isdigit():
                self.counts[column] = self.counts.get(column, 0) + int(value)


class Children:
    """The running spiders, which are told to end when we are: they finish what is in flight, and commit."""

    def __init__(self, url: str) -> None:
        self.running: set[subprocess.Popen[bytes]] = set()
        self.stopping = False
        self.environment = {"SCRAPY_SETTINGS_MODULE": "newsarchive.settings"} | os.environ
        self.environment["NEWSARCHIVE_DATABASE_URL"] = url

    def run(self, spider: str, options: Sequence[str]) -> int:
        """The exit code of one spider; 0 for one that was told to end."""
        command = [sys.executable, "-m", "scrapy", "crawl", spider, *options, "-s", "NEWSARCHIVE_QUIET=1"]
        # A session of its own: a Ctrl-C reaches it through us, once.
        child = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        self.running.add(child)
        if self.stopping:
            child.terminate()  # the signal came while it was starting
        code = child.wait()
        self.running.discard(child)
        return 0 if self.stopping and code < 0 else code if code >= 0 else 1

    def stop(self, *_: object) -> None:
        self.stopping = True
        for child in list(self.running):
            child.terminate()

    @contextmanager
    def told_of_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@click.command(
    epilog="""\b
Examples:
  newsarchive crawl --all
  newsarchive crawl blog.example https://paper.example --db news.db --jobs 4

\b
Exit codes: 0 fine, 2 usage, 3 some sites failed or some posts could not be fetched (the next crawl
asks for them again), 4 every site failed, 5 the database failed, 75 another crawl of this database is running."""
)
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@click.option("--all", "everything", is_flag=True, help="Every followed site that is due.")
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Sites side by side.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each site, on standard output.")
@db_option
def crawl(sites: tuple[str, ...], everything: bool, jobs: int, as_json: bool, db: str) -> None:
    """Crawl the sites named, or all that are due, and look again at their posts that are due."""
    from newsarchive.db.engine import open_engine, upgrade
    from newsarchive.db.sites import Sites, crawl_lock

    if bool(sites) == everything:
        raise UsageError("which sites? name some, or say: newsarchive crawl --all")
    engine = open_engine(database_url(db))
    upgrade(engine)
    with crawl_lock(engine) as alone:
        if not alone:
            say("another crawl of this database is running: this one ends")
            sys.exit(LOCKED)
        archive = Sites(engine)
        wanted = due(archive) if everything else [named(archive, site) for site in sites]
        results = crawl_all(archive, wanted, jobs, Children(database_url(db)))
    show(results, as_json)
    sys.exit(exit_code(results))


def due(archive: Sites) -> list[KnownSite]:
    """The followed sites that are due. Raises `UsageError` where none is followed."""
    if not any(site.config.get("follow") is not None for site in archive.all()):
        raise UsageError("no site is followed yet: newsarchive sites add https://blog.example")
    found = archive.due()
    if not found:
        say("no site is due")
    return found


def named(archive: Sites, text: str) -> KnownSite:
    """The site of that address, with its settings where it has some."""
    from newsarchive.core.urls import check_start_url, site_of
    from newsarchive.db.known import KnownSite

    url = check_start_url(text, "SITE")
    return archive.get(url) or KnownSite(site_of(url), url)


def crawl_all(archive: Sites, sites: Iterable[KnownSite], jobs: int, children: Children) -> list[Result]:
    """Crawl them, `jobs` side by side; sites of one host take turns."""
    hosts: dict[str, dict[str, KnownSite]] = {}
    for site in sites:
        hosts.setdefault(urlsplit(site.home_url).hostname or "", {})[site.domain] = site
    results: list[Result] = []
    with children.told_of_signals(), ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(in_turn, archive, list(group.values()), children) for group in hosts.values()]
        for done in as_completed(waiting):
            results += done.result()
    return sorted(results, key=lambda result: result.site)


def in_turn(archive: Sites, sites: list[KnownSite], children: Children) -> list[Result]:
    return [crawl_one(archive, site, children) for site in sites if not children.stopping]


def crawl_one(archive: Sites, site: KnownSite, children: Children) -> Result:
    """Find a site's posts, then look again at those that are due."""
    result = Result(site.home_url)
    for spider, argument in (("news", "url"), ("recrawl", "site")):
        before = archive.last_run()
        code = children.run(spider, ["-a", f"{argument}={site.home_url}", *options(site, spider)])
        result.add(code, archive.stats(before, spider, argument, site.home_url))
        if code not in AT_WORK or children.stopping:
            break
    if result.code not in (*AT_WORK, DATABASE_FAILED):
        archive.failed(site.home_url)
    return result


def options(site: KnownSite, spider: str) -> list[str]:
    """A site's settings as options of `scrapy crawl`."""
    names = [("-a", "limit", "limit"), *SETTINGS]
    names += [("-a", "since", "since"), ("-a", "sources", "sources")] if spider == "news" else []
    found: list[str] = []
    for option, key, name in names:
        value = site.settings.get(key)
        if value not in (None, "", []):
            found += [option, f"{name}={','.join(value) if isinstance(value, list) else value}"]
    return found


def exit_code(results: Sequence[Result]) -> int:
    failed = [result for result in results if result.code]
    if any(result.code == DATABASE_FAILED for result in failed):
        return DATABASE_FAILED
    if not failed:
        return 0
    whole = [result for result in failed if result.code not in AT_WORK]
    return ALL_FAILED if len(whole) == len(results) else SOME_FAILED


def show(results: Sequence[Result], as_json: bool) -> None:
    """JSON on stdout; a table on a terminal; a line for each site elsewhere."""
    if as_json:
        for result in results:
            click.echo(json.dumps(record(result), ensure_ascii=False))
        return
    if results and sys.stderr.isatty():
        show_table(results)
    else:
        for result in results:
            say(f"{result.site}: " + ", ".join(f"{result.counts.get(c, 0)} {c}" for c in COLUMNS))
    for result in results:
        if result.code:
            say(f"error: {result.error or f'{result.site}: {remark(result)}'}")


def remark(result: Result) -> str:
    """What to say of a site where its spiders said nothing."""
    if result.code != SOME_FAILED:
        return f"the crawl ended with {result.code}"
    return f"{result.counts.get('failed', 0)} posts could not be fetched; the next crawl asks for them again"


def record(result: Result) -> dict[str, Any]:
    counts = {column: result.counts.get(column, 0) for column in COLUMNS}
    return {"site": result.site, "exit_code": result.code, "error": result.error, **counts}


def show_table(results: Sequence[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column("site", overflow="fold")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for result in results:
        table.add_row(result.site, *(str(result.counts.get(column, 0)) for column in COLUMNS))
    Console(stderr=True).print(table, markup=False)
