"""The sites of an archive as they are read, with settings at three levels: of all sites, of a platform, their own.

Where all sites have `interval = 6` and blog.example has `interval = 1`, the blog is due after an hour. Without
SQLAlchemy (`newsarchive.db.readonly`): a list of sites should be there at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from newsarchive.core.discovery.revisit import is_future
from newsarchive.core.urls import site_of
from newsarchive.db.conditions import visible
from newsarchive.db.readonly import Connected, Reader
from newsarchive.db.values import moment
from newsarchive.items import Selectors
from newsarchive.times import utc_now

#: Hours between two crawls of a site whose settings have no `interval`.
DEFAULT_INTERVAL_HOURS = 1.0
#: Time by which a site is due before its interval is over: a cron job that starts a little earlier than the last one
#: must find its sites due.
MAX_EARLY = timedelta(minutes=5)
#: A followed site is told of as not crawled for long when its last successful crawl is more than this many of its intervals ago,
#: and at least a day.
MAX_MISSED_INTERVALS = 3
#: Hours between two crawls of a site whose hub announces every post. Two crawls a day limit what a lost push costs, and
#: leave no day without a crawl.
PUSHED_INTERVAL_HOURS = 12.0
#: A site whose crawls fail is asked again after this share (0 to 1) of the time for which they have failed. A site that comes back
#: is met late by at most a tenth of its absence. By an hourly cron, a site that is gone for good is asked 18 times on its first
#: day, 60 times in its first 30 days, and then once a day.
SHARE_OF_FAILING = 0.1
#: The longest wait for a site whose crawls fail, where its interval is no longer. A day leaves `coverage` no day on which
#: nothing was tried.
MAX_WAIT_OF_FAILING = timedelta(days=1)
#: The longest wait for each crawl that failed before the last one. A laptop that sleeps over a weekend between two failures has
#: tried twice, and both times it may have been its own network that was down; a site that is asked hourly never meets this bound.
MAX_WAIT_EACH_FAILURE = timedelta(hours=1)
#: The scope of the settings of all sites; every other scope is a platform's name.
GLOBAL = "global"

#: The first or last crawl, or the number of crawls, that did not reach a site which fails, since the last one that did.
_FAILED = (
    "CASE WHEN state = 'failing' THEN (SELECT {which} FROM crawl_runs AS r WHERE r.spider = 'news'"
    " AND r.site = sites.domain AND NOT r.reached"
    " AND (sites.last_success_at IS NULL OR r.started_at > sites.last_success_at)) ELSE {otherwise} END"
)
_SITES = (
    "SELECT domain, home_url, name, platform, state, last_success_at, config,"
    " (SELECT max(relied_until) FROM hub_subscriptions AS h WHERE h.site_id = sites.id) AS relied_until,"
    f" {_FAILED.format(which='min(r.started_at)', otherwise='NULL')} AS failing_since,"
    f" {_FAILED.format(which='max(r.started_at)', otherwise='NULL')} AS failed_at,"
    f" {_FAILED.format(which='count(*)', otherwise='0')} AS failed_crawls"
    "{count} FROM sites WHERE home_url <> ''{which} ORDER BY domain"
)
_COUNT = f", (SELECT count(*) FROM articles WHERE articles.site_id = sites.id AND {visible('articles.id')}) AS articles"

#: The setting that names the file in which a site is listed, or which has the settings of many sites
#: (`Sites.keep_listed`).
LISTED = "listed"
#: The setting of a listed site that keeps the settings which were given by hand before.
BEFORE = "before"

#: Columns of an entry of a site's template.
LEARNED = (
    "fingerprint", "role", "label", "reason", "pages", "clusters", "sample", "first", "version", "is_proved",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A site of the archive. `config` are its own settings, `defaults` those of all sites and of its platform;
    `articles` counts those that readers see. `relied_until` says until when its hub is relied on to announce each post, `None` for no
    such hub. `failing_since` and `failed_at` are the first and the last of the `failed_crawls` since the last success, where the last
    one failed."""

    domain: str
    home_url: str
    name: str = ""
    platform: str = ""
    state: str = "new"
    last_success_at: datetime | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    articles: int = 0
    defaults: Mapping[str, Any] = field(default_factory=dict)
    relied_until: datetime | None = None
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    failed_crawls: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """Its own settings over those of its platform over the global ones."""
        return {**self.defaults, **self.config}

    @property
    def followed(self) -> bool:
        return self.config.get("follow") is True

    @property
    def interval(self) -> timedelta:
        """Time between two crawls, by its settings."""
        return timedelta(hours=float(self.settings.get("interval", DEFAULT_INTERVAL_HOURS)))

    def is_pushed(self, now: datetime) -> bool:
        """Whether its hub is relied on to announce each post, so that its lists are asked less often."""
        return self.relied_until is not None and now < self.relied_until

    def is_left_alone(self, now: datetime) -> bool:
        """Whether it was not crawled for long although its crawls do not fail, as where cron no longer runs."""
        if self.state not in ("ok", "new") or self.last_success_at is None:
            return False
        return now - self.last_success_at > max(self.interval * MAX_MISSED_INTERVALS, timedelta(days=1))

    def waits_until(self, now: datetime) -> datetime | None:
        """Until when the site is left alone because its crawls fail, `None` where they do not."""
        if self.failing_since is None or self.failed_at is None or is_future(self.failed_at, now):
            return None
        longest = max(self.interval, MAX_WAIT_OF_FAILING)
        longest = min(longest, (self.failed_crawls - 1) * MAX_WAIT_EACH_FAILURE)
        wait = min((self.failed_at - self.failing_since) * SHARE_OF_FAILING, longest)
        return self.failed_at + wait - MAX_EARLY

    def rests_until(self, now: datetime) -> datetime | None:
        """The same, where that time has not come yet."""
        waits = self.waits_until(now)
        return waits if waits and waits > now else None

    def due_at(self, now: datetime | None = None) -> datetime | None:
        """When its lists should be asked again by what is known `now` (by default the present), `None` for at once."""
        now = now or utc_now()
        waits = self.waits_until(now)
        if self.last_success_at is None:
            return waits
        interval = self.interval
        if self.is_pushed(now):
            interval = max(interval, timedelta(hours=PUSHED_INTERVAL_HOURS))
        due = self.last_success_at + interval - MAX_EARLY
        return max(due, waits) if waits else due


def sites(connection: Connected, *, counted: bool = True) -> list[KnownSite]:
    """Every site that was added or crawled, by domain. Where it is not `counted`, a site seems to have no articles."""
    reader = Reader.of(connection)
    scopes = defaults(reader)
    query = _SITES.format(count=_COUNT if counted else "", which="")
    return [KnownSite(**row, defaults=of_platform(scopes, row["platform"])) for row in reader.rows(query)]


def site(connection: Connected, url: str) -> KnownSite | None:
    """The site at this address, `None` where the archive has none."""
    reader = Reader.of(connection)
    query = _SITES.format(count=_COUNT, which=" AND domain = :domain")
    for row in reader.rows(query, {"domain": site_of(url)}):
        return KnownSite(**row, defaults=of_platform(defaults(reader), row["platform"]))
    return None


def domain_at(connection: Connected, url: str) -> str:
    """The domain of the site at this address, "" where the archive does not know it. Unlike `site` it finds a site whose pages came
    out of a WARC file or from another project's spider, and whose front page nobody has asked for."""
    query = "SELECT domain FROM sites WHERE domain = :domain"
    return next((domain for (domain,) in Reader.of(connection).tuples(query, {"domain": site_of(url)})), "")


def feeds(connection: Connected, domain: str) -> list[str]:
    """The addresses of a site's feeds, in the order of their discovery."""
    query = (
        "SELECT sources.url FROM sources JOIN sites ON sites.id = sources.site_id"
        " WHERE sites.domain = :domain AND sources.kind = 'feed' ORDER BY sources.id"
    )
    return [url for (url,) in Reader.of(connection).tuples(query, {"domain": domain})]


def defaults(connection: Connected) -> dict[str, dict[str, Any]]:
    """The settings of many sites: scope (`global` or a platform's name) → settings."""
    found = Reader.of(connection).rows("SELECT scope, config FROM crawl_defaults")
    return {row["scope"]: dict(row["config"]) for row in found}


def of_platform(scopes: Mapping[str, Mapping[str, Any]], platform: str) -> dict[str, Any]:
    """The settings that a site of this platform has unless its own settings differ."""
    both = {**scopes.get(GLOBAL, {}), **(scopes.get(platform, {}) if platform else {})}
    return {key: value for key, value in both.items() if key != LISTED}


def selectors(connection: Connected, urls: Iterable[str]) -> dict[str, Selectors]:
    """The selectors of the sites of these addresses, by site; sites without any are left out."""
    reader, found = Reader.of(connection), {}
    scopes, domains = defaults(reader), {site_of(url) for url in urls}
    query = "SELECT domain, platform, config FROM sites WHERE domain IN :domains"
    for row in reader.rows(query, {"domains": list(domains)}) if domains else ():
        config = of_platform(scopes, row["platform"]) | row["config"]
        own = Selectors(tuple(config.get("drop", ())), tuple(config.get("body", ())))
        if own.drop or own.body:
            found[row["domain"]] = own
    return found


def learned(connection: Connected, domain: str) -> list[dict[str, Any]]:
    """The entries of a site's template in the order of their keys, a row each: the columns `LEARNED`, and `first_seen_at`."""
    query = (
        f"SELECT {', '.join(f'site_blocks.{name}' for name in LEARNED)}, site_blocks.first_seen_at"
        " FROM site_blocks JOIN sites ON sites.id = site_blocks.site_id WHERE sites.domain = :domain"
        " ORDER BY site_blocks.fingerprint, site_blocks.role, site_blocks.version"
    )
    found = Reader.of(connection).tuples(query, {"domain": domain})
    return [dict(zip(LEARNED, row[:-1], strict=True)) | {"first_seen_at": moment(row[-1])} for row in found]
