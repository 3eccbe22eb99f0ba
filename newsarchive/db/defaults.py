"""Settings at three levels: global, by platform, and a site's own, each over the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from newsarchive.core.urls import site_of
from newsarchive.db import bulk
from newsarchive.db.models import CrawlDefaults, Site
from newsarchive.items import Selectors

GLOBAL = "global"


def load(connection: Connection) -> dict[str, dict[str, Any]]:
    """Scope (`global` or a platform's name) → settings."""
    found = connection.execute(select(CrawlDefaults.scope, CrawlDefaults.config))
    return {row.scope: dict(row.config) for row in found}


def save(connection: Connection, defaults: Mapping[str, Mapping[str, Any]]) -> None:
    """Replace the settings of these scopes; others stay."""
    connection.execute(delete(CrawlDefaults).where(CrawlDefaults.scope.in_(defaults)))
    rows = [{"scope": scope, "config": dict(config)} for scope, config in defaults.items()]
    bulk.insert_rows(connection, CrawlDefaults, rows)


def of_platform(defaults: Mapping[str, Mapping[str, Any]], platform: str) -> dict[str, Any]:
    """What a site of this platform gets unless it says otherwise."""
    return {**defaults.get(GLOBAL, {}), **(defaults.get(platform, {}) if platform else {})}


def selectors(connection: Connection, urls: Iterable[str]) -> dict[str, Selectors]:
    """The selectors of the sites of these addresses, by site; sites without any are left out."""
    domains = {site_of(url) for url in urls}
    defaults = load(connection)
    query = select(Site.domain, Site.platform, Site.config).where(Site.domain.in_(domains))
    found = {}
    for row in connection.execute(query):
        config = of_platform(defaults, row.platform) | row.config
        own = Selectors(tuple(config.get("drop", ())), tuple(config.get("body", ())))
        if own.drop or own.body:
            found[row.domain] = own
    return found
