"""`newsarchive crawl`: a blog by its address, or the followed sites, each in a process of its own.

Spiders in processes of their own: how `newsarchive crawl` runs Scrapy, in a checkout or from the wheel.

What became of the sites of a crawl: counts, exit codes, and how they are shown.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from newsarchive import config
from newsarchive.cli import sitelist
from newsarchive.cli.common import complain, database_url, db_option, messages, require_archive, say
from newsarchive.cli.db import progress_bar
from newsarchive.cli.demo import tour
from newsarchive.cli.options import option, quiet, verbosity
from newsarchive.demo import NAME as DEMO
from newsarchive.exceptions import (
    ALL_FAILED,
    DATABASE_FAILED,
    LOCKED,
    SOME_FAILED,
    USAGE,
    DatabaseError,
    UsageError,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.db.frontier.sites import Sites


#: Exit codes above it say as a shell does that a signal ended the process, before it was ready to end well.
SHELL_SIGNALLED = 128


class Children:
    """The running spiders, which are told to end when we are: they finish what is in flight, and commit.

    `shown`: they draw their progress and their summary, as `scrapy crawl` does; where the articles are we say ourselves. `stdout`: what they print there is
    ours (a dry run, a feed to `-`).
    """

    def __init__(self, url: str, *, shown: bool = False, stdout: bool = False) -> None:
        self.shown, self.stdout = shown, stdout
        self.running: set[subprocess.Popen[bytes]] = set()
        self.stopping = False
        self.environment = {"SCRAPY_SETTINGS_MODULE": "newsarchive.settings"} | os.environ
        self.environment["NEWSARCHIVE_DATABASE_URL"] = url

    def run(self, spider: str, options: Sequence[str]) -> int:
        """The exit code of one spider; 0 for one that was told to end."""
        command = [sys.executable, "-m", "scrapy", "crawl", spider, *options]
        command += ["-s", "NEWSARCHIVE_TOUR=0"] if self.shown else ["-s", "NEWSARCHIVE_QUIET=1"]
        # A session of its own: a Ctrl-C reaches it through us, once.
        child = subprocess.Popen(
            command,
            env=self.environment,
            stdout=None if self.stdout else subprocess.DEVNULL,
            start_new_session=True,
        )
        self.running.add(child)
        if self.stopping:
            child.terminate()  # the signal came while it was starting
        code = child.wait()
        self.running.discard(child)
        if self.stopping and (code < 0 or code > SHELL_SIGNALLED):
            return 0
        return code if code >= 0 else 1

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


#: Exit codes, of ours and of `scrapy crawl` alike.
#: What the summary shows, in this order; `dropped` and `failed` are sums over their reasons.
COLUMNS = ("discovered", "new", "updated", "unchanged", "gone", "dropped", "failed")


def gravity(code: int) -> float:
    """The rank of a spider's exit code: a spider that broke (1) is graver than a few posts that wait."""
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

    @property
    def holds_articles(self) -> bool:
        """Whether the archive holds an article that this crawl fetched or looked at again."""
        return any(self.counts.get(column) for column in ("new", "updated", "unchanged"))

    @property
    def failed(self) -> bool:
        """Whether the site as a whole could not be crawled; some posts of it may fail."""
        return self.code not in (0, SOME_FAILED)

    @property
    def problem(self) -> str:
        """What went wrong in words, "" where nothing did."""
        if not self.code:
            return ""
        if self.code == SOME_FAILED and not self.error:
            number = self.counts.get("failed", 0)
            return f"{self.site}: {number} posts could not be fetched; the next crawl asks for them again"
        return self.error or f"{self.site}: the crawl ended with {self.code}"


def exit_code(results: Sequence[Result]) -> int:
    failed = [result for result in results if result.failed]
    if len(results) == 1 and results[0].code in (USAGE, SOME_FAILED):
        return results[0].code
    if any(result.code == DATABASE_FAILED for result in failed):
        return DATABASE_FAILED
    if failed and len(failed) == len(results):
        return ALL_FAILED
    return SOME_FAILED if any(result.code for result in results) else 0


def show(results: Sequence[Result], as_json: bool, quiet: bool) -> None:
    """JSON on stdout; a table on a terminal; a line for each site elsewhere; only what went wrong where `quiet`."""
    if as_json:
        for result in results:
            click.echo(json.dumps(record(result), ensure_ascii=False))
        return
    if quiet:
        pass
    elif results and sys.stderr.isatty():
        show_table(results)
    else:
        for result in results:
            say(f"{result.site}: " + ", ".join(f"{result.counts.get(c, 0)} {c}" for c in COLUMNS))
    for result in results:
        if result.problem:
            complain(f"error: {result.problem}")


def record(result: Result) -> dict[str, Any]:
    counts = {column: result.counts.get(column, 0) for column in COLUMNS}
    return {"site": result.site, "exit_code": result.code, "error": result.error, **counts}


def show_table(results: Sequence[Result]) -> None:
    """On standard error, a row a site; its address is neither broken nor cut."""
    from newsarchive.cli import tables

    heads = (*COLUMNS, "site")
    rows = [(*(result.counts.get(column, 0) for column in COLUMNS), result.site) for result in results]
    tables.show(heads, rows, COLUMNS, messages())


#: Spiders that may be named as `scrapy crawl` has it.
SPIDERS = ("news", "recrawl", "warc")

#: Seconds between two lines of progress where no person watches.
SECONDS_BETWEEN_LINES = 60

#: A site's setting and Scrapy's; AutoThrottle begins with the delay, and never goes below it.
SETTINGS = (
    ("-s", "delay", "DOWNLOAD_DELAY"),
    ("-s", "delay", "AUTOTHROTTLE_START_DELAY"),
    ("-s", "user_agent", "USER_AGENT"),
)


@dataclass(frozen=True, slots=True)
class Orders:
    """What the command line says of a crawl: arguments of the spider, settings as NAME=VALUE, and feeds as Scrapy's
    options (`-O`, FILE, …)."""

    arguments: Mapping[str, str]
    settings: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    quiet: bool = False
    #: 1: log what is done, 2: everything.
    loud: int = 0

    @property
    def dry_run(self) -> bool:
        return self.arguments.get("dry_run") == "1"

    @property
    def finds_only(self) -> bool:
        """Whether posts are only found, and not looked at again: a second spider would write the feed anew."""
        return self.dry_run or bool(self.feeds)

    def words(self, spider: str) -> list[str]:
        """Options of `scrapy crawl`."""
        shared = ("limit",) if spider == "recrawl" else tuple(self.arguments)
        found = [("-a", f"{name}={value}") for name, value in self.arguments.items() if name in shared]
        found += [("-s", setting) for setting in self.settings]
        level = "ERROR" if self.quiet else ("", "INFO", "DEBUG")[min(self.loud, 2)]
        found += [("-L", level)] if level else []
        return [word for pair in found for word in pair] + list(self.feeds)


@click.command(
    epilog="""\b
Examples:
  newsarchive crawl https://blog.example --limit 20
  newsarchive crawl https://blog.example --since 2025-01-31 --dry-run
  newsarchive crawl https://blog.example -O articles.jsonl -s DOWNLOAD_DELAY=3
  newsarchive crawl demo
  newsarchive crawl --all --db news.db --jobs 4

\b
Scrapy's spelling works too: newsarchive crawl news -a url=https://blog.example -a limit=20

\b
Exit codes: 0 fine, 2 usage, 3 some posts or sites failed, 4 every site failed, 5 the database failed,
75 another crawl of the followed sites is running."""
)
@click.argument("sites", nargs=-1, metavar="[URL|SITE]...")
@click.option("--all", "everything", is_flag=True, help="Every followed site that is due.")
@option("limit", type=str, help="At most this many posts.")
@click.option("--since", metavar="DATE", help="Leave out posts older than this.")
@click.option(
    "--sources", metavar="WORDS", help="Ask these alone: wp-json, feed, sitemap, archive; with commas."
)
@click.option("--recheck", is_flag=True, help="Ask for every known post again.")
@option("dry_run", help="List the posts that would be fetched; fetch and store none.")
@option("output", multiple=True, help="Append the articles to this file too.")
@click.option(
    "-O", "--overwrite-output", metavar="FILE", multiple=True, help="Write the articles to this file too."
)
@click.option("-a", "arguments", metavar="NAME=VALUE", multiple=True, help="An argument of Scrapy's spider.")
@click.option(
    "-s", "--set", "settings", metavar="NAME=VALUE", multiple=True, help="A setting of Scrapy or ours."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=lambda: config.load()["crawl.jobs"],
    show_default="4, or what your settings say",
    help="Sites side by side.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each site, on standard output.")
@db_option
@click.pass_context
def crawl(
    ctx: click.Context,
    /,
    sites: tuple[str, ...],
    everything: bool,
    jobs: int,
    as_json: bool,
    db: str,
    **said: Any,
) -> None:
    """Crawl a blog by its address, or followed sites, and look again at their posts that are due.

    With --dry-run, -o or -O posts are found and none is looked at again.
    """
    orders = orders_of(quiet=quiet(), loud=verbosity(), **said)
    if len(sites) == 1 and sites[0] in SPIDERS and (sites[0] != "news" or "url" in orders.arguments):
        code = run_one(db, sites[0], orders)
        if code in (0, SOME_FAILED) and not orders.dry_run:
            say_where(database_url(db))
        sys.exit(code)
    sites, orders = with_url(sites, orders)
    if bool(sites) == everything:
        raise UsageError(
            "which sites? give the address of a blog, name followed sites, or say: newsarchive crawl --all"
        )
    if orders.feeds and (everything or len(sites) > 1):
        raise UsageError(
            "-o and -O take one blog: for several, crawl first, then: newsarchive export articles.csv"
        )
    if sites == (DEMO,):
        code = run_one(db, "news", orders, "-a", f"url={DEMO}")
        if not (code or orders.quiet or orders.dry_run):
            tour(database_url(db), config.load()["warc"])
        sys.exit(code)
    if everything:
        require_archive(ctx, db)
    engine = opened(db, orders)
    try:
        run(engine, database_url(db), sites, orders, jobs, as_json)
    finally:
        engine.dispose()


def run_one(db: str, spider: str, orders: Orders, *words: str) -> int:
    """Run one spider before the eyes of a person, unless they want quiet."""
    children = Children(database_url(db), shown=not orders.quiet, stdout=True)
    with children.told_of_signals():
        return children.run(spider, [*words, *orders.words(spider)])


def say_where(url: str) -> None:
    """Where the articles are, and what to type next."""
    from newsarchive.cli.common import next_steps

    say(next_steps(url, config.load()["warc"]))


def orders_of(
    *,
    output: tuple[str, ...],
    overwrite_output: tuple[str, ...],
    arguments: tuple[str, ...],
    settings: tuple[str, ...],
    recheck: bool,
    dry_run: bool,
    quiet: bool,
    loud: int,
    **said: str | None,
) -> Orders:
    """The command line's options. Raises `UsageError`, naming the option that cannot be used."""
    given = {name: str(value) for name, value in sitelist.checked(said, "crawl").items() if name != "sources"}
    if said.get("sources"):
        given["sources"] = str(said["sources"])
    given |= {name: "1" for name, on in (("recheck", recheck), ("dry_run", dry_run)) if on}
    for pair in arguments:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"-a {pair}: write it as NAME=VALUE, for example -a limit=20")
        given[name.strip()] = value
    if wrong := [pair for pair in settings if "=" not in pair]:
        raise UsageError(f"-s {wrong[0]}: write it as NAME=VALUE, for example -s DOWNLOAD_DELAY=3")
    feeds = [word for file in output for word in ("-o", file)]
    feeds += [word for file in overwrite_output for word in ("-O", file)]
    return Orders(given, settings, tuple(feeds), quiet, loud)


def with_url(sites: tuple[str, ...], orders: Orders) -> tuple[tuple[str, ...], Orders]:
    """`-a url=` names a blog as an argument does."""
    arguments = dict(orders.arguments)
    if url := arguments.pop("url", ""):
        sites = (*sites, url)
    return sites, replace(orders, arguments=arguments)


def opened(db: str, orders: Orders) -> Engine:
    """The archive with today's schema and the sites that the file of settings lists; as it is for a dry run."""
    from newsarchive.db.engine import open_engine
    from newsarchive.db.schema import upgrade

    engine = open_engine(database_url(db))
    if not orders.dry_run:
        upgrade(engine)
        held = config.load()
        if held.file is not None:
            sitelist.follow_listed(engine, held)
    return engine


def run(engine: Engine, url: str, sites: tuple[str, ...], orders: Orders, jobs: int, as_json: bool) -> None:
    """Crawl the named sites, the due ones for none; prints what became of them, and exits."""
    from newsarchive.db.frontier.sites import Sites, crawl_lock

    archive = Sites(engine)
    wanted = [named(archive, site) for site in sites] if sites else due(archive, orders)
    # One blog is watched; nobody watches several, or what is asked for as JSON or from cron.
    shown = orders.dry_run or (len(sites) == 1 and not as_json and not orders.quiet)
    children = Children(url, shown=shown, stdout=orders.dry_run or "-" in orders.feeds)
    if orders.dry_run or (shown and not wanted[0].followed):
        results = crawl_all(archive, wanted, 1, children, orders)
    else:
        with crawl_lock(engine) as alone:
            if not alone:
                if not orders.quiet:
                    say("another crawl of this database is running: this one ends")
                sys.exit(LOCKED)
            results = crawl_all(archive, wanted, jobs, children, orders)
    if not shown:
        show(results, as_json, orders.quiet)
    if not (orders.quiet or orders.dry_run or as_json) and any(result.holds_articles for result in results):
        say_where(url)
    sys.exit(exit_code(results))


def due(archive: Sites, orders: Orders) -> list[KnownSite]:
    """The followed sites that are due. Raises `UsageError` where none is followed."""
    if not any(site.config.get("follow") is not None for site in archive.all()):
        raise UsageError("no site is followed yet: newsarchive sites add https://blog.example")
    found = archive.due()
    if not found and sys.stderr.isatty() and not orders.quiet:  # cron would mail it every hour
        say("no site is due")
    return found


def named(archive: Sites, text: str) -> KnownSite:
    """The site of that address, with its settings where it has some."""
    from newsarchive.core.urls import check_start_url, site_of
    from newsarchive.db.frontier.known_sites import KnownSite

    url = check_start_url(text, "SITE")
    try:
        found = archive.get(url)
    except DatabaseError:  # a dry run may have no archive yet; the spider reports any other
        found = None
    if found is not None and found.config.get("follow") is not None:
        return found
    return replace(found, home_url=url) if found else KnownSite(site_of(url), url)


def crawl_all(
    archive: Sites, sites: Iterable[KnownSite], jobs: int, children: Children, orders: Orders
) -> list[Result]:
    """Crawl them, `jobs` side by side; sites of one host take turns."""
    hosts: dict[str, dict[str, KnownSite]] = {}
    for site in sites:
        hosts.setdefault(urlsplit(site.home_url).hostname or "", {})[site.domain] = site
    told = Told(sum(map(len, hosts.values())), silent=children.shown or orders.quiet)
    with told.shown(), children.told_of_signals(), ThreadPoolExecutor(jobs) as pool:
        waiting = {
            pool.submit(in_turn, archive, list(group.values()), children, orders, told)
            for group in hosts.values()
        }
        running = set(waiting)
        while running:
            _, running = wait(running, timeout=SECONDS_BETWEEN_LINES)
            told.line(bool(running))
    results = [result for done in waiting for result in done.result()]
    return sorted(results, key=lambda result: result.site)


class Told:
    """What a person is told while several sites are crawled, each by a process of its own that says nothing: a bar on a
    terminal, one line a minute elsewhere."""

    def __init__(self, total: int, *, silent: bool) -> None:
        self.total, self.silent, self.done = total, silent, 0
        self.show: Callable[[int, int, str], None] = lambda done, total, word: None

    @contextmanager
    def shown(self) -> Iterator[None]:
        if self.silent or not sys.stderr.isatty():
            yield
            return
        with progress_bar("crawling") as self.show:
            yield

    def begins(self, site: KnownSite) -> None:
        self.show(self.done, self.total, urlsplit(site.home_url).hostname or "")

    def ends(self) -> None:
        self.done += 1
        self.show(self.done, self.total, "")

    def line(self, running: bool) -> None:
        if running and not self.silent and not sys.stderr.isatty():
            say(f"{self.done} of {self.total} sites crawled")


def in_turn(
    archive: Sites, sites: list[KnownSite], children: Children, orders: Orders, told: Told
) -> list[Result]:
    results = []
    for site in sites:
        if not children.stopping:
            told.begins(site)
            results.append(crawl_one(archive, site, children, orders))
            told.ends()
    return results


def crawl_one(archive: Sites, site: KnownSite, children: Children, orders: Orders) -> Result:
    """Find a site's posts, then look again at those that are due: so deleted and edited ones are met."""
    result = Result(site.home_url)
    if orders.dry_run:
        words = ["-a", f"url={site.home_url}", *options(site, "news"), *orders.words("news")]
        result.add(children.run("news", words), {})
        return result
    for spider, argument in (("news", "url"), ("recrawl", "site")):
        if spider == "recrawl" and not archive.has_due_posts(site.home_url):
            break
        before = archive.last_run()
        words = ["-a", f"{argument}={site.home_url}", *options(site, spider), *orders.words(spider)]
        code = children.run(spider, words)
        result.add(code, archive.stats(before, spider, argument, site.home_url))
        if result.failed or children.stopping or orders.finds_only:
            break
    if result.failed and result.code not in (USAGE, DATABASE_FAILED):
        archive.failed(site.home_url)
    return result


def options(site: KnownSite, spider: str) -> list[str]:
    """A site's settings as options of `scrapy crawl`."""
    names = [("-a", "limit", "limit"), *SETTINGS]
    names += [("-a", "since", "since"), ("-a", "sources", "sources")] if spider == "news" else []
    found: list[str] = []
    for flag, key, name in names:
        value = site.settings.get(key)
        if value not in (None, "", []):
            found += [flag, f"{name}={','.join(value) if isinstance(value, list) else value}"]
    return found
