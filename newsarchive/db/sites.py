"""The list of sites that are followed, with their settings, and the lock that one crawl of an archive holds.

A site's settings stand in `sites.config`. `follow` is true for a site that `newsarchive crawl --all` crawls, false
for one that is paused, and missing for one that was only ever crawled by hand.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select, update

from newsarchive.core.urls import site_of
from newsarchive.db import defaults
from newsarchive.db.engine import ADVISORY_LOCK, insert_ignoring, reading, sqlite_file, translated, writing
from newsarchive.db.models import ArticleRow, CrawlRun, Site
from newsarchive.exceptions import DatabaseUnavailable

#: Hours between two crawls of a site, where its settings do not say.
EVERY = 1.0
#: A cron job that starts a little earlier than the last one must not find its sites not due yet.
SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A site of the archive; `config` are its own settings, `defaults` those of all and of its platform,
    `articles` how many the archive holds."""

    domain: str
    home_url: str
    name: str = ""
    platform: str = ""
    state: str = "new"
    last_success_at: datetime | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    articles: int = 0
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """Its own settings over those of its platform over the global ones."""
        return {**self.defaults, **self.config}

    @property
    def followed(self) -> bool:
        return self.config.get("follow") is True

    def due_at(self) -> datetime | None:
        """When it should be crawled again, `None` for at once."""
        if self.last_success_at is None:
            return None
        return self.last_success_at + timedelta(hours=float(self.settings.get("interval", EVERY))) - SLACK


def _now() -> datetime:
    return datetime.now(UTC)


class Sites:
    """The sites of an archive. Every method is one transaction and raises `DatabaseError`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _now) -> None:
        self.engine, self.clock = engine, clock

    def all(self) -> list[KnownSite]:
        """Every site that was added or crawled, by domain."""
        count = select(func.count()).where(ArticleRow.site_id == Site.id).scalar_subquery()
        query = select(Site.__table__, count.label("articles")).where(Site.home_url != "")
        with reading(self.engine) as connection:
            scopes = defaults.load(connection)
            return [_site(row, scopes) for row in connection.execute(query.order_by(Site.domain))]

    def defaults(self) -> dict[str, dict[str, Any]]:
        """The settings of many sites: scope (`global` or a platform) → settings."""
        with reading(self.engine) as connection:
            return defaults.load(connection)

    def set_defaults(self, scopes: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the settings of these scopes."""
        with writing(self.engine) as connection:
            defaults.save(connection, scopes)

    def get(self, url: str) -> KnownSite | None:
        """The site at this address, `None` where the archive has none."""
        domain = site_of(url)
        return next((site for site in self.all() if site.domain == domain), None)

    def due(self) -> list[KnownSite]:
        """The followed sites whose time has come, the longest waiting first."""
        now = self.clock()
        due = [site for site in self.all() if site.followed and (site.due_at() or now) <= now]
        never = datetime.min.replace(tzinfo=UTC)
        return sorted(due, key=lambda site: site.last_success_at or never)

    def follow(
        self, home_url: str, settings: Mapping[str, Any], *, platform: str = "", name: str = ""
    ) -> None:
        """Add a site, or give one that is there these settings; what is empty keeps what it was."""
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

    def configure(self, site: KnownSite, config: Mapping[str, Any]) -> None:
        """Replace a site's settings."""
        with writing(self.engine) as connection:
            connection.execute(update(Site).where(Site.domain == site.domain).values(config=dict(config)))

    def failed(self, url: str) -> None:
        """A crawl of the site failed as a whole."""
        with writing(self.engine) as connection:
            connection.execute(update(Site).where(Site.domain == site_of(url)).values(state="failing"))

    # -- runs -----------------------------------------------------------------------------------

    def last_run(self) -> int:
        """The id of the newest run, 0 where there was none."""
        with reading(self.engine) as connection:
            return connection.execute(select(func.max(CrawlRun.id))).scalar() or 0

    def stats(self, after: int, spider: str, argument: str, value: str) -> dict[str, str]:
        """What the newest run of a spider with this argument counted, of those after the run `after`."""
        query = select(CrawlRun.arguments, CrawlRun.stats).where(
            CrawlRun.id > after, CrawlRun.spider == spider
        )
        with reading(self.engine) as connection:
            for row in connection.execute(query.order_by(CrawlRun.id.desc())):
                if row.arguments.get(argument) == value:
                    return dict(row.stats)
        return {}


def _site(row: Any, scopes: Mapping[str, Mapping[str, Any]]) -> KnownSite:
    return KnownSite(
        row.domain, row.home_url, row.name, row.platform, row.state, row.last_success_at, row.config, row.articles,
        defaults.of_platform(scopes, row.platform),
    )  # fmt: skip


@contextmanager
def crawl_lock(engine: Engine) -> Iterator[bool]:
    """Whether this process is the only one that crawls into the archive; nobody waits.

    A lock of the operating system (on `FILE.lock`) or of the PostgreSQL session: a process that is killed
    leaves none behind.
    """
    path = sqlite_file(engine)
    if path is None:
        outside = engine.execution_options(isolation_level="AUTOCOMMIT")
        with translated(engine), outside.connect() as connection:
            # The next number: the writers' own lock is taken and given back by each transaction.
            number = ADVISORY_LOCK + 1
            alone = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({number})").scalar())
            try:
                yield alone
            finally:
                if alone:  # the session goes back to the pool, and would keep it
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({number})")
        return
    try:
        file = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise DatabaseUnavailable(f"{path}.lock cannot be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
