"""Changing the list of sites that are followed.

A site's settings stand in `sites.config`. `follow` is true for a site that `newsarchive crawl --all` crawls, false
for one that is paused, and missing for a site that was only ever crawled by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, update

from newsarchive.core.discovery.revisit import is_future
from newsarchive.core.urls import site_of
from newsarchive.db import bulk
from newsarchive.db.engine import reading, writing
from newsarchive.db.frontier import known_sites
from newsarchive.db.frontier.known_sites import MAX_EARLY, KnownSite
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.models import AlarmRow, CrawlDefaults, CrawlRun, Site, Source
from newsarchive.db.values import moment
from newsarchive.times import utc_now


def _is_due(site: KnownSite, now: datetime, tried: datetime | None = None) -> bool:
    """Whether the time of a site has come. A crawl that is dated later than now was made by a clock that was wrong.

    `tried` is when a crawl of it last failed, where the next try should wait as long as after a success.
    """
    if tried is not None and tried > (site.last_success_at or tried - MAX_EARLY):
        site = replace(site, last_success_at=tried)
    return is_future(site.last_success_at, now) or (site.due_at(now) or now) <= now


#: Before all crawls.
_NEVER = datetime.min.replace(tzinfo=UTC)
#: When the posts of these sites were last looked at again.
_RECRAWLS = (
    "SELECT site, max(started_at) FROM crawl_runs WHERE spider = 'recrawl' AND site IN :sites GROUP BY site"
)
_WITH_DUE_POSTS = """
    SELECT DISTINCT s.domain FROM urls AS u JOIN sites AS s ON s.id = u.site_id
    WHERE u.state IN ('ok', 'gone') AND u.next_check_at <= :now AND s.domain IN :sites
"""


class Sites:
    """The sites of an archive. Every method is one transaction and raises `DatabaseError`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine, self.clock = engine, clock

    def all(self) -> list[KnownSite]:
        """Every site that was added or crawled, by domain."""
        with reading(self.engine) as connection:
            return known_sites.sites(connection)

    def followed(self) -> list[KnownSite]:
        """The sites that are followed and not paused, by domain; their articles are not counted."""
        with reading(self.engine) as connection:
            return [site for site in known_sites.sites(connection, counted=False) if site.followed]

    def set_defaults(self, scopes: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the settings of these scopes."""
        with writing(self.engine) as connection:
            _save(connection, scopes)

    def get(self, url: str) -> KnownSite | None:
        """The site at this address, `None` where the archive has none."""
        with reading(self.engine) as connection:
            return known_sites.site(connection, url)

    def is_due(self, site: KnownSite) -> bool:
        """Whether the time of a site has come."""
        return bool(self._due([site], {}))

    def lists_are_due(self, site: KnownSite) -> bool:
        """Whether the lists of a site should be asked for new posts: not while its hub is relied on."""
        return _is_due(site, self.clock())

    def due(self, tried: Mapping[str, datetime] = MappingProxyType({})) -> list[KnownSite]:
        """The followed sites whose time has come, the longest waiting first. Those whose hub is relied on are due where posts are.

        `tried` says when a crawl of a site (its domain) last failed: then it waits for as long as after a success.
        """
        return sorted(self._due(self.followed(), tried), key=lambda site: site.last_success_at or _NEVER)

    def _due(self, sites: Iterable[KnownSite], tried: Mapping[str, datetime]) -> list[KnownSite]:
        now, due, pushed = self.clock(), list[KnownSite](), dict[str, KnownSite]()
        for site in sites:
            if _is_due(site, now, tried.get(site.domain)):
                due.append(site)
            elif site.is_pushed(now) and not site.rests_until(now):
                pushed[site.domain] = site
        with_due_posts, last = set[str](), dict[str, datetime]()
        with reading(self.engine) as connection:
            for some in bulk.parts(pushed):
                found = bulk.select_tuples(connection, _WITH_DUE_POSTS, {"sites": some, "now": now})
                with_due_posts |= {domain for (domain,) in found}
                for domain, at in bulk.select_tuples(connection, _RECRAWLS, {"sites": some}):
                    last[domain] = moment(at) or now
        for domain, site in pushed.items():
            looks = last.get(domain, _NEVER), tried.get(domain, _NEVER), site.last_success_at or _NEVER
            # Posts that were looked at within the last interval wait.
            if domain in with_due_posts and max(looks) <= now - site.interval + MAX_EARLY:
                due.append(site)
        return due

    def follow(
        self, home_url: str, settings: Mapping[str, Any], *, platform: str = "", name: str = ""
    ) -> None:
        """Add a site with these settings, or change them where the site is there; an empty setting changes nothing."""
        domain = site_of(home_url)
        with writing(self.engine) as connection:
            bulk.insert_new_rows(connection, Site, [{"domain": domain}])
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
            connection.execute(delete(CrawlDefaults).where(CrawlDefaults.scope.in_(gone)))
            _save(connection, changed)
            bulk.insert_new_rows(connection, Site, [{"domain": domain} for domain in rows])
            for domain, values in rows.items():
                connection.execute(update(Site).where(Site.domain == domain).values(values))

    def configure(self, site: KnownSite, config: Mapping[str, Any]) -> None:
        """Replace a site's settings. The alarms of a site that is followed no longer are over: no crawl would ever clear them."""
        ids = select(Site.id).where(Site.domain == site.domain)
        with writing(self.engine) as connection:
            connection.execute(update(Site).where(Site.domain == site.domain).values(config=dict(config)))
            if not config.get("follow"):
                stands = AlarmRow.site_id.in_(ids), AlarmRow.cleared_at.is_(None)
                connection.execute(update(AlarmRow).where(*stands).values(cleared_at=self.clock()))

    def has_due_posts(self, url: str) -> bool:
        """Whether any post of the site is to be looked at again by now."""
        frontier = Frontier(self.engine, clock=self.clock)
        site = frontier.find_site(url)
        return site is not None and bool(frontier.due(site_id=site, limit=1))

    def last_success(self, url: str) -> datetime | None:
        """When a crawl of the site last went well, `None` where none did."""
        with reading(self.engine) as connection:
            found = select(Site.last_success_at).where(Site.domain == site_of(url))
            return connection.execute(found).scalar()

    def failed(self, url: str) -> None:
        """Record that a crawl of the site failed as a whole."""
        with writing(self.engine) as connection:
            connection.execute(update(Site).where(Site.domain == site_of(url)).values(state="failing"))

    def feeds(self) -> list[tuple[str, str]]:
        """The feeds of followed sites, each with the site's front page, as crawls have found them."""
        followed = {site.domain: site.home_url for site in self.followed()}
        query = select(Site.domain, Source.url).join(Source, Source.site_id == Site.id)
        with reading(self.engine) as connection:
            found = connection.execute(query.where(Source.kind == "feed").order_by(Site.domain, Source.id))
            return [(followed[domain], url) for domain, url in found if domain in followed]

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

    def raised(self, after: int, url: str) -> set[str]:
        """The kinds of the alarms that runs newer than `after` raised at a site."""
        query = select(AlarmRow.kind).join(Site, Site.id == AlarmRow.site_id)
        with reading(self.engine) as connection:
            found = query.where(AlarmRow.run_id > after, Site.domain == site_of(url))
            return set(connection.execute(found).scalars())


def _save(connection: Connection, defaults: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace the settings of these scopes; others stay."""
    connection.execute(delete(CrawlDefaults).where(CrawlDefaults.scope.in_(defaults)))
    rows = [{"scope": scope, "config": dict(config)} for scope, config in defaults.items()]
    bulk.insert_rows(connection, CrawlDefaults, rows)


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
