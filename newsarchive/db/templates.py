"""What was learned of each site's furniture (`core/site_template/template.py`), a row an entry."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from newsarchive.core.site_template.model import Template, from_rows
from newsarchive.db import bulk, known
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, Site, SiteBlock

#: URLs in one query: SQLite takes some 32,000 parameters, older ones 999.
_CHUNK = 500


def load(engine: Engine, site: str) -> Template:
    """The template of a site (its domain); an empty one where nothing was learned yet."""
    with reading(engine) as connection:
        return from_rows(site, known.learned(connection, site))


def save(engine: Engine, template: Template, at: datetime | None = None) -> bool:
    """Replace a site's template in one transaction; gives whether anything differs from before.

    An entry that was there keeps its `first_seen_at`.
    """
    at = at or datetime.now(UTC)
    new = template.rows()
    with writing(engine) as connection:
        before = {_key(row): row for row in known.learned(connection, template.site)}
        if {_key(row): row for row in new} == {k: _plain(row) for k, row in before.items()}:
            return False
        site_id = bulk.ids_of(connection, Site, ("domain",), [{"domain": template.site}])[template.site,]
        connection.execute(delete(SiteBlock).where(SiteBlock.site_id == site_id))
        rows = [
            row
            | {
                "site_id": site_id,
                "first_seen_at": before.get(_key(row), {}).get("first_seen_at", at),
                "last_seen_at": at,
            }
            for row in new
        ]
        for start in range(0, len(rows), _CHUNK):
            connection.execute(insert(SiteBlock), rows[start : start + _CHUNK])
    return True


def heads(engine: Engine, keys: Iterable[int], but: str = "") -> list[Template]:
    """Which of these keys sites learned as heads of lists, a template each, without those of one site."""
    wanted, found = sorted(keys), []
    query = (
        select(Site.domain, *(getattr(SiteBlock, name) for name in known.LEARNED))
        .join(Site, Site.id == SiteBlock.site_id)
        .where(SiteBlock.role.in_(("head", "inset")), Site.domain != but)
        .order_by(Site.domain, SiteBlock.fingerprint)
    )
    with reading(engine) as connection:
        for start in range(0, len(wanted), _CHUNK):
            some = query.where(SiteBlock.fingerprint.in_(wanted[start : start + _CHUNK]))
            found += [dict(row._mapping) for row in connection.execute(some)]
    return [from_rows(row["domain"], [row]) for row in found]


def sites(engine: Engine) -> list[str]:
    """The domains of all sites that hold an article, in alphabetical order."""
    with reading(engine) as connection:
        holding = select(ArticleRow.site_id).distinct()
        query = select(Site.domain).where(Site.id.in_(holding)).order_by(Site.domain)
        return list(connection.execute(query).scalars())


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["fingerprint"], row["role"], row["version"]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in known.LEARNED}
