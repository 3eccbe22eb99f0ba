"""`newsarchive crawl`: crawls one blog by its address, or all followed sites that are due.

    newsarchive crawl https://blog.example --limit 20
    newsarchive crawl --all --jobs 4

Scrapy runs in other processes (`SpiderProcesses`), two for each site: the spider `news` finds posts, `recrawl` looks again
at those that are due. `Result` adds up what they counted; the table at the end and the exit code are made of the results.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from newsarchive import config
from newsarchive.cli import output, sitelist
from newsarchive.cli.demo import tour
from newsarchive.cli.opening import database_source, database_url, next_steps, require_archive, same_archive
from newsarchive.cli.options import db_option, option, sites_at_once, verbosity
from newsarchive.cli.output import complain, messages, progress_bar, quiet, say
from newsarchive.cli.schedule import absolute
from newsarchive.core.urls import check_start_url, site_of
from newsarchive.demo import NAME as DEMO
from newsarchive.exceptions import (
    ALL_FAILED,
    DATABASE_FAILED,
    LOCKED,
    SOME_FAILED,
    USAGE,
    Damaged,
    DatabaseError,
    OutputError,
    UsageError,
)
from newsarchive.reprs import counted
from newsarchive.spider_processes.processes import SpiderProcesses
from newsarchive.spider_processes.server import SpiderServer
from newsarchive.spider_processes.site_crawl import COLUMNS, CrawlOptions, Result, crawl_one
from newsarchive.times import require_set_clock, utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.db.frontier.sites import Sites


def exit_code(results: Sequence[Result]) -> int:
    """The exit code of the command, made of the results of all sites."""
    if results and all(result.code == LOCKED for result in results):
        return LOCKED
    results = [result for result in results if result.code != LOCKED]
    failed = [result for result in results if result.failed]
    if len(results) == 1 and results[0].code in (USAGE, SOME_FAILED):
        return results[0].code
    if any(result.code == DATABASE_FAILED for result in failed):
        return DATABASE_FAILED
    if failed and len(failed) == len(results):
        return ALL_FAILED
    return SOME_FAILED if any(result.code for result in results) else 0


def show(results: Sequence[Result], as_json: bool, quiet: bool) -> None:
    """Print results: as JSON on standard output, else on standard error, where a terminal gets a table and anything else a
    line for each site.

    With `quiet` only what went wrong is printed. An alarm is printed when it begins and when it ends, and not by the crawls
    between, because cron mails every line.
    """
    if as_json:
        for result in results:
            own = {
                "site": result.site,
                "exit_code": result.code,
                "error": result.error,
                "alarms": result.alarms,
            }
            output.print_json(own | result.columns)
        return
    if quiet:
        pass
    elif output.json_lines():
        for result in results:
            output.log_line("INFO", event="summary", site=result.site, stats=result.columns)
    elif results and sys.stderr.isatty():
        rows = [(*result.columns.values(), result.site) for result in results]
        output.print_table((*COLUMNS, "site"), rows, COLUMNS, messages())
    else:
        for result in results:
            say(f"{result.site}: " + ", ".join(f"{number} {name}" for name, number in result.columns.items()))
    for result in results:
        for alarm in result.raised if quiet else result.alarms:
            complain(f"alarm: {result.site}: {alarm}")
        for alarm in result.cleared if quiet else ():
            complain(f"over: {result.site}: {alarm}")
        if result.problem and not (quiet and (result.code == LOCKED or result.is_told)):
            complain(f"error: {result.problem}")


#: Spiders that may be named as in `scrapy crawl news -a url=…`.
SPIDERS = ("news", "recrawl", "warc")

#: The endings of the names of files that the spider `warc` reads.
_WARC_ENDINGS = (".warc", ".warc.gz", ".warc.zst", ".wacz")

#: Sites of one crawl from which on their spiders are forks of one process (`spider_processes.server`), which takes as long to
#: start as two spiders do. A site at which nothing is new then takes a seventh of the CPU time.
MIN_SITES_FOR_SERVER = 3
#: Seconds between two lines of progress where standard error is no terminal.
SECONDS_BETWEEN_LINES = 60


@click.command(
    epilog="""\b
Examples:
  newsarchive crawl https://blog.example --limit 20
  newsarchive crawl https://blog.example --since 2025-01-31 --dry-run
  newsarchive crawl https://blog.example -O articles.jsonl -s DOWNLOAD_DELAY=3
  newsarchive crawl demo
  newsarchive crawl --all --db news.db --jobs 4
  newsarchive crawl warc -a path='CC-NEWS-*.warc.gz'

\b
Scrapy's spelling works too: newsarchive crawl news -a url=https://blog.example -a limit=20

\b
Exit codes: 0 fine, 2 usage, 3 some posts or sites failed, 4 every site failed, 5 the database failed,
75 another crawl of these sites, or of this SQLite archive, is running."""
)
@click.argument("sites", nargs=-1, metavar="[URL|SITE]...")
@click.option("--all", "everything", is_flag=True, help="Every followed site that is due.")
@option("limit", type=str, help="At most this many posts.")
@click.option("--since", metavar="DAY", help="Leave out posts older than this: 2025-01-31, 2025-01 or 2025.")
@click.option(
    "--sources",
    metavar="WORDS",
    help="Look for posts in these places only: wp-json, feed, sitemap, archive; with commas between them.",
)
@click.option("--recheck", is_flag=True, help="Ask for every known post again.")
@option("dry_run", help="List the posts that would be fetched; fetch and store none.")
@option("output", multiple=True, help="Append the articles to this file too.")
@click.option(
    "-O", "--overwrite-output", metavar="FILE", multiple=True, help="Write the articles to this file too."
)
@click.option("-a", "arguments", metavar="NAME=VALUE", multiple=True, help="An argument of Scrapy's spider.")
@click.option(
    "-s",
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="A setting of Scrapy or of newsarchive.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=sites_at_once,
    show_default="by the memory, up to 4, or what your settings say",
    help="Sites that are crawled at the same time.",
)
@click.option(
    "--metrics",
    metavar="FILE",
    help="Replace this file by the archive's numbers for Prometheus, after each site.",
)
@click.option("--log-format", type=click.Choice(config.LOG_FORMATS), help="Lines of the log: text, or JSON.")
@option("json", help="One JSON object for each site, on standard output.")
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
    **given: Any,
) -> None:
    """Crawl a blog by its address, or followed sites, and look again at their posts that are due.

    With --dry-run, -o or -O only new posts are fetched: no known post is looked at again.
    """
    if (given["log_format"] or config.load()["log_format"]) == config.JSON:
        output.write_json_lines(ctx)
    options = options_of(quiet=quiet(), verbosity=verbosity(), **given)
    db = the_archive(ctx, options, db)
    if len(sites) == 1 and sites[0] in SPIDERS and (sites[0] != "news" or "url" in options.arguments):
        code = run_one(db, sites[0], options)
        if code in (0, SOME_FAILED) and not options.dry_run:
            say_where(database_url(db), options)
        sys.exit(code)
    for name in sites:
        if name.endswith(_WARC_ENDINGS) and "://" not in name:  # no host ends so
            raise UsageError(
                f"{name} is a file; its pages are read by: newsarchive crawl warc -a path={quote(name)}"
            )
    if url := options.arguments.get("url"):
        sites = (*sites, url)
    options = replace(options, arguments={n: v for n, v in options.arguments.items() if n != "url"})
    if bool(sites) == everything:
        raise UsageError(
            "which sites? give the address of a blog, name followed sites, or say: newsarchive crawl --all"
        )
    if options.feeds and (everything or len(sites) > 1):
        raise UsageError(
            "-o and -O take one blog: for several, crawl first, then: newsarchive export articles.csv"
        )
    if sites == (DEMO,):
        code = run_one(db, "news", options, "-a", f"url={DEMO}")
        if not (code or options.quiet or options.dry_run):
            tour(database_url(db), in_force(options, "warc", config.load()["warc"]))
        sys.exit(code)
    require_set_clock()  # once, and not by the spider of each site
    if everything:
        require_archive(ctx, db)
    for site in sites:
        check_start_url(site, "")  # before an archive is made for what cannot be crawled
    engine = opened(db, options)
    try:
        run(engine, database_url(db), sites, options, jobs, as_json)
    finally:
        engine.dispose()


def run_one(db: str, spider: str, options: CrawlOptions, *words: str) -> int:
    """Run one spider, whose output is shown unless `--quiet` is given, and give its exit code."""
    from newsarchive.db.frontier import locks  # noqa: F401  (says so where the system has no locks of files)

    spiders = SpiderProcesses(database_url(db), shown=not options.quiet, stdout=True)
    with spiders.stopped_by_signals():
        code = spiders.run(spider, [*words, *options.scrapy_options()])
    leave_if_stopped_early(spiders)
    for killed in spiders.killed.values():
        complain(f"error: {killed}")
    return spiders.forced or code


def leave_if_stopped_early(spiders: SpiderProcesses) -> None:
    """End the command with the code of the signal where it came before a crawl had begun: nothing was fetched."""
    if spiders.stopped_early:
        say("stopped")
        sys.exit(spiders.stopped_early)


def say_where(url: str, options: CrawlOptions) -> None:
    """Print where the articles are, and which commands come next: for a person, not for a log."""
    if output.json_lines():
        return
    say(next_steps(url, in_force(options, "warc", config.load()["warc"])))


def the_archive(ctx: click.Context, options: CrawlOptions, db: str) -> str:
    """The archive that `--db` or `-s` names. Raises `UsageError` where they name two."""
    found = in_force(options, "database", db)
    if database_source(ctx) == "option --db":
        one, other = (absolute(database_url(name)) for name in (db, found))
        if one != other:
            raise UsageError(
                f"--db names the archive {config.without_password(one)}, and -s {config.KEYS['database'].variable} names"
                f" {config.without_password(other)}: leave one of them out"
            )
    return found


def in_force(options: CrawlOptions, name: str, otherwise: str) -> str:
    """A setting of `newsarchive.toml` as a crawl has it: what `-s` gives it, else `otherwise`."""
    key = config.KEYS[name]
    given = dict(setting.partition("=")[::2] for setting in options.settings).get(key.variable)
    return otherwise if given is None else str(config.read_setting(key, given, f"-s {key.variable}"))


def options_of(
    *,
    output: tuple[str, ...],
    overwrite_output: tuple[str, ...],
    arguments: tuple[str, ...],
    settings: tuple[str, ...],
    recheck: bool,
    dry_run: bool,
    metrics: str | None,
    log_format: str | None,
    quiet: bool,
    verbosity: int,
    **given: str | None,
) -> CrawlOptions:
    """The options of the command line. Raises `UsageError` that names an option which cannot be used."""
    found = {
        name: str(value) for name, value in sitelist.checked(given, "crawl").items() if name != "sources"
    }
    if given.get("sources"):
        found["sources"] = str(given["sources"])
    found |= {name: "1" for name, on in (("recheck", recheck), ("dry_run", dry_run)) if on}
    for pair in arguments:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"-a {pair}: write it as NAME=VALUE, for example -a limit=20")
        found[name.strip()] = value
    if wrong := [pair for pair in settings if "=" not in pair]:
        raise UsageError(f"-s {wrong[0]}: write it as NAME=VALUE, for example -s DOWNLOAD_DELAY=3")
    for name, given_value in (("METRICS", metrics and os.path.abspath(metrics)), ("LOG_FORMAT", log_format)):
        settings += (f"NEWSARCHIVE_{name}={given_value}",) if given_value else ()
    feeds = [word for file in output for word in ("-o", file)]
    feeds += [word for file in overwrite_output for word in ("-O", file)]
    return CrawlOptions(found, settings, tuple(feeds), quiet, verbosity)


def opened(db: str, options: CrawlOptions) -> Engine:
    """The archive, upgraded and with the sites that the file of settings lists. A dry run changes nothing in it."""
    from newsarchive.db.engine import open_engine
    from newsarchive.db.schema import upgrade

    engine = open_engine(database_url(db))
    if not options.dry_run:
        upgrade(engine)
        held = config.load()
        if held.file is not None:
            sitelist.follow_listed(engine, held)
    return engine


def run(
    engine: Engine, url: str, sites: tuple[str, ...], options: CrawlOptions, jobs: int, as_json: bool
) -> None:
    """Crawl the named sites (for none: the followed ones that are due), print the results, and exit."""
    from newsarchive.db.dialects import dialect_of
    from newsarchive.db.frontier.locks import crawl_lock
    from newsarchive.db.frontier.sites import Sites

    archive = Sites(engine)
    wanted = [named(archive, site) for site in sites] if sites else due(archive, url, options)
    # A spider draws its own progress where it is the only one, and where nobody asked for JSON or quiet.
    shown = options.dry_run or (len(sites) == 1 and not as_json and not options.quiet)
    spiders = SpiderProcesses(url, shown=shown, stdout=options.dry_run or "-" in options.feeds)
    spiders.share_lock = dialect_of(engine).locks_sites
    if options.dry_run:
        results = crawl_all(archive, wanted, 1, spiders, options)
    else:
        with crawl_lock(engine) as alone:
            if not alone:
                if not options.quiet:
                    say("another crawl of this database is running: this one ends")
                sys.exit(LOCKED)
            spiders.share_lock = True
            with closing(SpiderServer()) as server:
                spiders.server = server if len(wanted) >= MIN_SITES_FOR_SERVER else None
                results = crawl_all(archive, wanted, jobs, spiders, options, only_if_due=not sites)
    leave_if_stopped_early(spiders)
    if not sites:  # a due site that another crawl has locked is no failure of this command
        results = [result for result in results if result.code != LOCKED] or results
    code = exit_code(results)
    # Where no site was due no spider wrote the metrics, and monitoring must see that this machine still looks.
    if not results and not options.dry_run:
        code = write_metrics(url, in_force(options, "metrics", config.load()["metrics"]))
    if not shown:
        show(results, as_json, options.quiet)
    elif results and (results[0].code == LOCKED or spiders.killed):
        complain(f"error: {results[0].problem}")
    if not (options.quiet or options.dry_run or as_json) and any(result.holds_articles for result in results):
        say_where(url, options)
    sys.exit(spiders.forced or code)


def write_metrics(url: str, file: str) -> int:
    """Write the file of metrics, where one is wanted; gives the exit code for how that went."""
    from newsarchive.db.reading import metrics
    from newsarchive.db.readonly import open_source

    try:
        if file:
            metrics.write(open_source(url), Path(file))
    except (OutputError, DatabaseError, Damaged) as error:
        complain(f"error: {error}")
        return SOME_FAILED
    return 0


def due(archive: Sites, url: str, options: CrawlOptions) -> list[KnownSite]:
    """The followed sites that are due. Raises `UsageError` where none is followed."""
    if not any(site.config.get("follow") is not None for site in archive.all()):
        raise UsageError(
            f"no site is followed yet: newsarchive sites add https://blog.example{same_archive(url)}"
        )
    found = archive.due()
    # Only on a terminal: cron would mail this line every hour.
    if not found and sys.stderr.isatty() and not options.quiet:
        say(waiting(archive.followed()))
    return found


def waiting(sites: Iterable[KnownSite]) -> str:
    """That no site is due, and how many of them wait for longer because their crawls fail."""
    now = utc_now()
    told = "newsarchive sites show SITE says when, newsarchive crawl SITE asks at once"
    if not (failing := sum(site.rests_until(now) is not None for site in sites)):
        return f"no site is due: {told}"
    those = f"{counted(failing, 'site')} that {'fails is' if failing == 1 else 'fail are'}"
    return f"no site is due; {those} asked less often: {told}"


def named(archive: Sites, text: str) -> KnownSite:
    """The site at an address, with its settings where it is followed."""
    from newsarchive.db.frontier.known_sites import KnownSite

    url = check_start_url(text, "")
    try:
        found = archive.get(url)
    except DatabaseError:  # before a dry run there may be no archive; the spider reports every other error
        found = None
    if found is not None and found.config.get("follow") is not None:
        return found
    return replace(found, home_url=url) if found else KnownSite(site_of(url), url)


def crawl_all(
    archive: Sites,
    sites: Iterable[KnownSite],
    jobs: int,
    spiders: SpiderProcesses,
    options: CrawlOptions,
    *,
    only_if_due: bool = False,
) -> list[Result]:
    """Crawl sites, `jobs` at the same time, and give a result for each, in the order of their domains.

    Sites of one host are crawled one after the other. With `only_if_due` a site is passed over that another crawl has crawled
    since it was chosen.
    """
    hosts: dict[str, dict[str, KnownSite]] = {}
    for site in sites:
        hosts.setdefault(urlsplit(site.home_url).hostname or "", {})[site.domain] = site
    progress = SiteProgress(sum(map(len, hosts.values())), silent=spiders.shown or options.quiet)
    with progress.shown(), spiders.stopped_by_signals(), ThreadPoolExecutor(jobs) as pool:
        waiting = {
            pool.submit(in_turn, archive, list(group.values()), spiders, options, progress, only_if_due)
            for group in hosts.values()
        }
        running = set(waiting)
        while running:
            _, running = wait(running, timeout=SECONDS_BETWEEN_LINES)
            progress.print_line(bool(running))
    results = [result for done in waiting for result in done.result()]
    return sorted(results, key=lambda result: result.site)


class SiteProgress:
    """The progress of a crawl of several sites: a bar on a terminal, one line a minute elsewhere."""

    def __init__(self, total: int, *, silent: bool) -> None:
        self.total, self.silent, self.done = total, silent, 0
        self.show: Callable[..., None] = lambda done, total, word: None

    @contextmanager
    def shown(self) -> Iterator[None]:
        if self.silent or not sys.stderr.isatty():
            yield
            return
        with progress_bar("crawling") as self.show:
            yield

    def begin(self, site: KnownSite) -> None:
        self.show(self.done, self.total, urlsplit(site.home_url).hostname or "")

    def end(self) -> None:
        self.done += 1
        self.show(self.done, self.total, "")

    def print_line(self, running: bool) -> None:
        if running and not self.silent and not sys.stderr.isatty():
            say(f"{self.done} of {self.total} sites crawled")


def in_turn(
    archive: Sites,
    sites: list[KnownSite],
    spiders: SpiderProcesses,
    options: CrawlOptions,
    progress: SiteProgress,
    only_if_due: bool,
) -> list[Result]:
    """Crawl sites one after the other, until a signal comes."""
    results = []
    for site in sites:
        if not spiders.stopping:
            progress.begin(site)
            result = crawl_one(archive, site, spiders, options, only_if_due=only_if_due)
            results += [result] if result else []
            progress.end()
    return results
