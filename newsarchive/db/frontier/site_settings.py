"""Writing the settings of many sites (`global` or by platform), and the selectors that follow for a page of a site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from newsarchive.core.urls import site_of
from newsarchive.db import bulk
from newsarchive.db.frontier import known_sites
from newsarchive.db.models import CrawlDefaults, Site
from newsarchive.items import Selectors


def save(connection: Connection, defaults: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace the settings of these scopes; others stay."""
    connection.execute(delete(CrawlDefaults).where(CrawlDefaults.scope.in_(defaults)))
    rows = [{"scope": scope, "config": dict(config)} for scope, config in defaults.items()]
    bulk.insert_rows(connection, CrawlDefaults, rows)


def forget(connection: Connection, scopes: Iterable[str]) -> None:
    """Take the settings of these scopes away."""
    connection.execute(delete(CrawlDefaults).where(CrawlDefaults.scope.in_(list(scopes))))


def selectors(connection: Connection, urls: Iterable[str]) -> dict[str, Selectors]:
    """The selectors of the sites of these addresses, by site; sites without any are left out."""
    domains = {site_of(url) for url in urls}
    scopes = known_sites.defaults(connection)
    query = select(Site.domain, Site.platform, Site.config).where(Site.domain.in_(domains))
    found = {}
    for row in connection.execute(query):
        config = known_sites.of_platform(scopes, row.platform) | row.config
        own = Selectors(tuple(config.get("drop", ())), tuple(config.get("body", ())))
        if own.drop or own.body:
            found[row.domain] = own
    return found
