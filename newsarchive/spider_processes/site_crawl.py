"""Crawls one site with two spiders, each in a process: the first finds posts, the second fetches stored posts that are
due again.

    crawl_one(Sites(engine), site, SpiderProcesses(url), CrawlOptions({}))    # Result("https://blog.example/", counts={"new": 3})

`newsarchive crawl` and the workers of a cluster use it. On PostgreSQL it holds the lock of the site, so that no two
crawls of one site run at a time, on one machine or on many.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsarchive.core.alarms.records import AlarmKind
from newsarchive.exceptions import ALL_FAILED, DATABASE_FAILED, LOCKED, SOME_FAILED, USAGE
from newsarchive.reprs import counted

if TYPE_CHECKING:
    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.db.frontier.locks import SiteLock
    from newsarchive.db.frontier.sites import Sites
    from newsarchive.spider_processes.processes import SpiderProcesses

#: The counts of the summary, in its order. `dropped` and `failed` are sums over their reasons.
COLUMNS = ("discovered", "new", "updated", "unchanged", "gone", "dropped", "failed")


def severity(code: int) -> float:
    """Exit codes in order of severity: `SOME_FAILED` is less severe than 1, which is a broken spider."""
    return 0.5 if code == SOME_FAILED else code


@dataclass
class Result:
    """The result of crawling one site: the counts of its spiders, the most severe exit code, and the first error."""

    site: str
    code: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    error: str = ""
    #: Alarms in words: all that stand, and those that this crawl raised and cleared.
    alarms: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    #: Why posts could not be fetched, in the words of the summary.
    reasons: list[str] = field(default_factory=list)

    def add(self, code: int, stats: dict[str, str], raised: Container[str] = ()) -> None:
        """Add what one spider counted. `code` is its exit code, `raised` the kinds of the alarms that it raised."""
        self.code = max(self.code, code, key=severity)
        errors = [
            stats.get(key, "") for key in ("database_error", "site_error", "spider_error", "storage_error")
        ]
        errors += [
            error for key, error in sorted(stats.items()) if key.startswith(("site_left/", "alarm problem/"))
        ]
        self.error = self.error or next(filter(None, errors), "")
        for key, value in stats.items():
            kind = key.removeprefix("alarm/")
            if key != kind and value not in self.alarms:  # both spiders of a site tell it
                self.alarms.append(value)
            if key != kind and kind in raised:
                self.raised.append(value)
            if key.startswith("alarm cleared/"):
                self.cleared.append(value)
            column, _, reason = key.partition("/")
            if column == "failed" and reason not in self.reasons:
                self.reasons.append(reason)
            if column in COLUMNS and value.isdigit():
                self.counts[column] = self.counts.get(column, 0) + int(value)

    @property
    def columns(self) -> dict[str, int]:
        """Each of `COLUMNS` with its count, also where that is 0."""
        return {column: self.counts.get(column, 0) for column in COLUMNS}

    @property
    def holds_articles(self) -> bool:
        """Whether the archive holds an article that this crawl fetched or looked at again."""
        return any(self.counts.get(column) for column in ("new", "updated", "unchanged"))

    @property
    def failed(self) -> bool:
        """Whether the site as a whole could not be crawled. Some posts that could not be fetched are no such failure."""
        return self.code not in (0, SOME_FAILED, LOCKED)

    @property
    def is_told(self) -> bool:
        """Whether the site cannot be reached, and an earlier crawl raised the alarm that says so."""
        return self.failed and any(
            words.startswith(f"{AlarmKind.UNREACHABLE} ") and words not in self.raised
            for words in self.alarms
        )

    @property
    def problem(self) -> str:
        """What went wrong in words, "" where nothing did."""
        if not self.code:
            return ""
        if self.code == SOME_FAILED and not self.error:
            if not (number := self.counts.get("failed", 0)):
                return ""  # its alarms say it, or the spider did, which could not write the metrics
            return f"{self.site}: {counted(number, 'post')} could not be fetched; the next crawl asks again"
        if self.code == ALL_FAILED and not self.error and self.reasons:
            return f"{self.site}: none of its posts could be fetched ({', '.join(self.reasons)}); the next crawl asks again"
        if self.code == DATABASE_FAILED and not self.error:  # nor could the spider store why
            return f"{self.site}: the archive could not be written: newsarchive doctor says why"
        return self.error or f"{self.site}: the crawl ended with {self.code}"


#: Scrapy's option and setting for each setting of a site. AutoThrottle begins with the delay, and never goes below it.
SETTINGS = (
    ("-s", "delay", "DOWNLOAD_DELAY"),
    ("-s", "delay", "AUTOTHROTTLE_START_DELAY"),
    ("-s", "user_agent", "USER_AGENT"),
    ("-s", "verify_certificates", "DOWNLOAD_VERIFY_CERTIFICATES"),
)


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """The options of a crawl: arguments of the spider, settings as NAME=VALUE, and feeds as Scrapy's options (`-O`, FILE).

    `verbosity` is 1 for a log of what is done, 2 for everything.
    """

    arguments: Mapping[str, str]
    settings: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    quiet: bool = False
    verbosity: int = 0

    @property
    def dry_run(self) -> bool:
        return self.arguments.get("dry_run") == "1"

    def scrapy_options(self, names: Collection[str] = ()) -> list[str]:
        """The options of `scrapy crawl`, with the arguments of these `names` alone where any are given."""
        found = [
            ("-a", f"{name}={value}") for name, value in self.arguments.items() if name in names or not names
        ]
        found += [("-s", setting) for setting in self.settings]
        level = "ERROR" if self.quiet else ("", "INFO", "DEBUG")[min(self.verbosity, 2)]
        found += [("-L", level)] if level else []
        return [word for pair in found for word in pair] + list(self.feeds)


def crawl_one(
    archive: Sites,
    site: KnownSite,
    spiders: SpiderProcesses,
    options: CrawlOptions,
    *,
    only_if_due: bool = False,
    on_lock: Callable[[SiteLock], None] = lambda lock: None,
) -> Result | None:
    """Find and fetch a site's new posts, then look again at those that are due, which finds edits and deletions.

    The code of the result is `LOCKED` where another crawl has the site. With `only_if_due` it returns `None` where
    another crawl has crawled the site since `site` was read, and does not ask the lists of a site whose hub is relied
    on before they are due. `on_lock` is given the lock that the crawl holds.
    """
    from newsarchive.db.frontier.locks import site_lock

    result = Result(site.home_url)
    if options.dry_run:
        words = ["-a", f"url={site.home_url}", *site_options(site, "news"), *options.scrapy_options()]
        result.add(spiders.run("news", words), {})
        return result
    with site_lock(archive.engine, site.domain) as lock:
        if not lock:
            result.code, result.error = LOCKED, f"{site.home_url}: another crawl of this site is running"
            return result
        if only_if_due and archive.last_success(site.home_url) != site.last_success_at:
            return None
        on_lock(lock)
        lists = not only_if_due or archive.lists_are_due(site)
        for spider, argument in (("news", "url"), ("recrawl", "site")):
            if spider == "news" and not lists:
                continue
            if spider == "recrawl" and not archive.has_due_posts(site.home_url):
                break
            before = archive.last_run()
            # What was asked of the search for new posts is nothing to the other spider.
            given = options.scrapy_options(("limit",) if spider == "recrawl" else ())
            words = ["-a", f"{argument}={site.home_url}", *site_options(site, spider), *given]
            code = spiders.run(spider, words, site.domain)
            stats = archive.stats(before, spider, argument, site.home_url)
            result.add(code, stats, archive.raised(before, site.home_url))
            if site.domain in spiders.killed:
                result.error = result.error or f"{site.home_url}: {spiders.killed[site.domain]}"
            if result.failed or spiders.stopping or options.feeds:  # the second spider would overwrite them
                break
        if result.failed and not spiders.stopping and result.code not in (USAGE, DATABASE_FAILED):
            archive.failed(site.home_url)
    return result


def site_options(site: KnownSite, spider: str) -> list[str]:
    """The settings of a site as options of `scrapy crawl`."""
    names = [("-a", "limit", "limit"), *SETTINGS]
    names += [("-a", name, name) for name in ("since", "sources", "skip")] if spider == "news" else []
    found: list[str] = []
    for flag, key, name in names:
        value = site.settings.get(key)
        if value not in (None, "", []):
            found += [flag, f"{name}={','.join(value) if isinstance(value, list) else value}"]
    return found
