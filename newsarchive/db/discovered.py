"""Links into the frontier: a row for each before it is fetched, who named it, and what its source says of it.

A link whose source says another `lastmod` than before makes its post due, and so does another text where the
archive has the source's: that stands in the frontier, and outlives a fetch that fails or is killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from newsarchive.core.discovery.revisit import is_news
from newsarchive.core.urls import url_key
from newsarchive.db import bulk, sourcetexts
from newsarchive.db.engine import insert_ignoring
from newsarchive.db.models import Discovery, Url
from newsarchive.items import Link


@dataclass(frozen=True, slots=True)
class Naming:
    """Of which site, in which run, by which source, when."""

    site_id: int
    run_id: int
    source_id: int | None
    at: datetime


def record(connection: Connection, links: Sequence[Link], naming: Naming) -> int:
    """Make a row of every link; gives how many were new. At most some hundreds at once."""
    by_key = {url_key(link.url): link for link in reversed(links)}
    here = Url.url_key.in_(list(by_key))
    before = connection.execute(select(func.count()).select_from(Url).where(here)).scalar_one()
    rows = [
        {
            "url": link.url,
            "url_key": key,
            "site_id": naming.site_id,
            "first_seen_at": naming.at,
            "state": "new",
        }
        for key, link in reversed(by_key.items())
    ]
    insert_ignoring(connection, bulk.table_of(Url), rows)
    known = connection.execute(
        select(Url.id, Url.url_key, Url.lastmod, Url.last_checked_at).where(here)
    ).all()
    by_id = {row.id: by_key[row.url_key] for row in known}
    _name(connection, by_id, naming)
    _announce(connection, known, by_id, naming.at)
    _keep_texts(connection, by_id, naming.at)
    return len(by_key) - int(before)


def _name(connection: Connection, links: Mapping[int, Link], naming: Naming) -> None:
    """Record who named these URLs, where it never did before."""
    same = (
        Discovery.source_id == naming.source_id
        if naming.source_id is not None
        else Discovery.source_id.is_(None)
    )
    query = select(Discovery.url_id, Discovery.kind).where(Discovery.url_id.in_(list(links)), same)
    before = {(row.url_id, row.kind) for row in connection.execute(query)}
    rows = [
        {"url_id": url_id, "run_id": naming.run_id, "source_id": naming.source_id, "kind": link.source}
        for url_id, link in links.items()
        if (url_id, link.source) not in before
    ]
    insert_ignoring(connection, bulk.table_of(Discovery), rows)


def _announce(connection: Connection, known: Iterable[Any], links: Mapping[int, Link], now: datetime) -> None:
    """Keep what a listing says of the last change; where it is news of a post that was looked at, it is due."""
    said, due = [], []
    for row in known:
        lastmod = links[row.id].lastmod
        if lastmod is not None and lastmod != row.lastmod:
            said.append({"b_id": row.id, "b_lastmod": lastmod})
        if is_news(lastmod, row.lastmod, row.last_checked_at):
            due.append(row.id)
    keep = update(Url).where(Url.id == bindparam("b_id")).values(lastmod=bindparam("b_lastmod"))
    bulk.execute_many(connection, keep, said)
    if due:
        connection.execute(update(Url).where(Url.id.in_(due)).values(next_check_at=now))


def _keep_texts(connection: Connection, links: Mapping[int, Link], now: datetime) -> None:
    """Keep the sources' texts. A post that was filled from one that is another now is fetched whole."""
    told = {url_id: link.text for url_id, link in links.items() if link.text is not None}
    replaced = sourcetexts.keep(connection, told)
    if replaced:
        filled = Url.id.in_(replaced) & (Url.filled_from != "")
        connection.execute(update(Url).where(filled).values(etag="", last_modified="", next_check_at=now))
