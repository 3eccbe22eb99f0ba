"""Changing the list of sites that are followed, and the lock that one crawl of an archive holds.

A site's settings stand in `sites.config`. `follow` is true for a site that `newsarchive crawl --all` crawls, false
for one that is paused, and missing for a site that was only ever crawled by hand.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.exc import DBAPIError

from newsarchive.core.urls import site_of
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import insert_ignoring, reading, sqlite_file, translated, writing
from newsarchive.db.frontier import known_sites, site_settings
from newsarchive.db.frontier.known_sites import KnownSite
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.models import CrawlRun, Site
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.times import utc_now


class Sites:
    """The sites of an archive. Every method is one transaction and raises `DatabaseError`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine, self.clock = engine, clock

    def all(self) -> list[KnownSite]:
        """Every site that was added or crawled, by domain."""
        with reading(self.engine) as connection:
            return known_sites.sites(connection)

    def defaults(self) -> dict[str, dict[str, Any]]:
        """The settings of many sites: scope (`global` or a platform) → settings."""
        with reading(self.engine) as connection:
            return known_sites.defaults(connection)

    def set_defaults(self, scopes: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the settings of these scopes."""
        with writing(self.engine) as connection:
            site_settings.save(connection, scopes)

    def get(self, url: str) -> KnownSite | None:
        """The site at this address, `None` where the archive has none."""
        with reading(self.engine) as connection:
            return known_sites.site(connection, url)

    def due(self) -> list[KnownSite]:
        """The followed sites whose time has come, the longest waiting first."""
        now = self.clock()
        due = [site for site in self.all() if site.followed and (site.due_at() or now) <= now]
        never = datetime.min.replace(tzinfo=UTC)
        return sorted(due, key=lambda site: site.last_success_at or never)

    def follow(
        self, home_url: str, settings: Mapping[str, Any], *, platform: str = "", name: str = ""
    ) -> None:
        """Add a site with these settings, or change them where the site is there; an empty setting changes nothing."""
        domain = site_of(home_url)
        with writing(self.engine) as connection:
            insert_ignoring(connection, Site.__table__, [{"domain": domain}])  # type: ignore[arg-type]
            row = connection.execute(select(Site.__table__).where(Site.domain == domain)).one()
            values = {
                "home_url": home_url,
                "platform": platform or row.platform,
                "name": name or row.name,
                "config": {**row.config, "follow": True, **settings},
            }
            connection.execute(update(Site).where(Site.id == row.id).values(values))

    def keep_listed(
        self,
        file: str,
        sites: Iterable[tuple[str, Mapping[str, Any]]],
        scopes: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Follow the sites (address, settings) that a file lists, and hold its settings of many sites.

        A paused site stays paused, and settings given by hand stay where the file has none. A site that the same file
        listed before and lists no more gets the settings back that it had before. Nothing is written where nothing changes.
        """
        with reading(self.engine) as connection:
            before = {site.domain: site for site in known_sites.sites(connection)}
            held = known_sites.defaults(connection)
        marked = {scope: {**settings, known_sites.LISTED: file} for scope, settings in scopes.items()}
        gone = [s for s, config in held.items() if config.get(known_sites.LISTED) == file and s not in scopes]
        changed = {scope: config for scope, config in marked.items() if held.get(scope) != config}
        wanted = {site_of(url): (url, settings) for url, settings in sites}
        rows = dict(_changes(file, before, wanted))
        if not (gone or changed or rows):
            return
        with writing(self.engine) as connection:
            site_settings.forget(connection, gone)
            site_settings.save(connection, changed)
            insert_ignoring(connection, Site.__table__, [{"domain": domain} for domain in rows])  # type: ignore[arg-type]
            for domain, values in rows.items():
                connection.execute(update(Site).where(Site.domain == domain).values(values))

    def configure(self, site: KnownSite, config: Mapping[str, Any]) -> None:
        """Replace a site's settings."""
        with writing(self.engine) as connection:
            connection.execute(update(Site).where(Site.domain == site.domain).values(config=dict(config)))

    def has_due_posts(self, url: str) -> bool:
        """Whether any post of the site is to be looked at again by now."""
        frontier = Frontier(self.engine, clock=self.clock)
        site = frontier.find_site(url)
        return site is not None and bool(frontier.due(site_id=site, limit=1))

    def failed(self, url: str) -> None:
        """Record that a crawl of the site failed as a whole."""
        with writing(self.engine) as connection:
            connection.execute(update(Site).where(Site.domain == site_of(url)).values(state="failing"))

    # -- runs -----------------------------------------------------------------------------------

    def last_run(self) -> int:
        """The id of the newest run, 0 where there was none."""
        with reading(self.engine) as connection:
            return connection.execute(select(func.max(CrawlRun.id))).scalar() or 0

    def stats(self, after: int, spider: str, argument: str, value: str) -> dict[str, str]:
        """What the newest run of a spider with this argument counted, if it is newer than the run `after`."""
        query = select(CrawlRun.arguments, CrawlRun.stats).where(
            CrawlRun.id > after, CrawlRun.spider == spider
        )
        with reading(self.engine) as connection:
            for row in connection.execute(query.order_by(CrawlRun.id.desc())):
                if row.arguments.get(argument) == value:
                    return dict(row.stats)
        return {}


def _changes(
    file: str, before: Mapping[str, KnownSite], wanted: Mapping[str, tuple[str, Mapping[str, Any]]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of sites that a file's list changes: domain, new values."""
    for domain, site in before.items():
        if site.config.get(known_sites.LISTED) == file and domain not in wanted:
            yield domain, {"config": site.config.get(known_sites.BEFORE, {})}
    for domain, (url, settings) in wanted.items():
        config = before[domain].config if domain in before else {}
        by_hand = config.get(known_sites.BEFORE, {}) if known_sites.LISTED in config else dict(config)
        marks = {"follow": config.get("follow", True), known_sites.LISTED: file, known_sites.BEFORE: by_hand}
        now = {**by_hand, **settings, **marks}
        if now != config or before[domain].home_url != url:
            yield domain, {"home_url": url, "config": now}


@contextmanager
def crawl_lock(engine: Engine) -> Iterator[bool]:
    """Whether this process is the only one that crawls into the archive. It does not wait for the lock.

    The lock is one of the database session, or for SQLite one of the operating system on `FILE.lock`. Both are gone when
    the process ends, also when it is killed. It is taken exclusively, and then shared with the spiders of this crawl
    (`shared_crawl_lock`): while one of them still works, no other crawl begins. A database in memory has no other crawls.
    """
    dialect = dialect_of(engine)
    if dialect.lock_crawl:
        with _session(engine) as connection:
            alone = bool(connection.exec_driver_sql(dialect.lock_crawl).scalar())
            if alone:
                connection.exec_driver_sql(dialect.share_crawl)
                connection.exec_driver_sql(dialect.unlock_crawl)
            yield alone
    elif (path := sqlite_file(engine)) is None:
        yield True
    else:
        with _lock_file(path) as file:
            try:
                for kind in (fcntl.LOCK_EX, fcntl.LOCK_SH):
                    fcntl.flock(file, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


@contextmanager
def shared_crawl_lock(engine: Engine) -> Iterator[None]:
    """Hold the lock of a crawl together with the command that has it, and longer than it, where the command is killed."""
    dialect = dialect_of(engine)
    if dialect.share_crawl:
        with _session(engine) as connection:
            connection.exec_driver_sql(dialect.share_crawl)
            yield
    elif (path := sqlite_file(engine)) is None:
        yield
    else:
        with _lock_file(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield


@contextmanager
def _session(engine: Engine) -> Iterator[Connection]:
    """A session of the database server, without the locks of crawls at its end: it goes back to the pool, and would keep
    them. A server that went away has given them back itself."""
    outside = engine.execution_options(isolation_level="AUTOCOMMIT")
    with translated(engine), outside.connect() as connection:
        try:
            yield connection
        finally:
            with suppress(DBAPIError):
                connection.exec_driver_sql(dialect_of(engine).unlock_all)


def _lock_file(path: Path) -> IO[str]:
    try:
        return path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise DatabaseUnavailable(f"{path}.lock cannot be written: {error.strerror}") from error
