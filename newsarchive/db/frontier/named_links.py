"""Takes over what a listing names: a row of each link before it is fetched, with who named it and what its source says of it.

A post becomes due where its source gives another `lastmod` than before, or, for a post whose text the archive has from the source,
another text. That it is due stands in the frontier, and outlives a fetch that fails or is killed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from newsarchive.core.discovery.revisit import is_news
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.frontier import source_texts
from newsarchive.db.models import Discovery, Url
from newsarchive.items import Link


@dataclass(frozen=True, slots=True)
class Naming:
    """Where some links were named: by this source of this site, in this run, at this time."""

    site_id: int
    run_id: int
    source_id: int | None
    at: datetime


def record(
    connection: Connection, links: Sequence[Link], naming: Naming, keep: source_texts.Keep | None = None
) -> None:
    """Make a row of every link. At most `bulk.MAX_VALUES` links at once."""
    by_key = {url_key(link.url): link for link in reversed(links)}
    here = Url.url_key.in_(list(by_key))
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
    bulk.insert_new_rows(connection, Url, rows)
    known = connection.execute(
        select(Url.id, Url.url, Url.url_key, Url.lastmod, Url.last_checked_at).where(here)
    ).all()
    by_id = {row.id: by_key[row.url_key] for row in known}
    _name(connection, by_id, naming)
    # A post is due that was last looked at before the time of change which a listing states.
    said, due = [], []
    for row in known:
        lastmod = by_id[row.id].lastmod
        if lastmod is not None and lastmod != row.lastmod:
            said.append({"b_id": row.id, "lastmod": lastmod})
        if is_news(lastmod, row.lastmod, row.last_checked_at):
            due.append(row.id)
    bulk.update_rows(connection, Url, said)
    if due:
        connection.execute(update(Url).where(Url.id.in_(due)).values(next_check_at=naming.at))
    texts = {url_id: link.text for url_id, link in by_id.items() if link.text is not None}
    # A post whose article was filled from a text that has changed is due, and is fetched without a condition.
    if replaced := source_texts.keep(connection, texts, {row.id: row.url for row in known}, keep):
        filled = Url.id.in_(replaced) & (Url.filled_from != "")
        connection.execute(
            update(Url).where(filled).values(etag="", last_modified="", next_check_at=naming.at)
        )


def _name(connection: Connection, links: Mapping[int, Link], naming: Naming) -> None:
    """Record who named these URLs, where that source had not named them before."""
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
    bulk.insert_new_rows(connection, Discovery, rows)
