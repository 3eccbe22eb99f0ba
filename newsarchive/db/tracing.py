"""Reading clusters: the copies of an article in time, and who is republished by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from newsarchive.core.comparison import Comparison, compare
from newsarchive.core.copies import Text, describe, link_of, text_of
from newsarchive.db import query
from newsarchive.db.clusters import bodies
from newsarchive.db.engine import reading
from newsarchive.db.lookup import find
from newsarchive.db.models import ArticleOrigin, ArticleRow, OriginRow, Site
from newsarchive.exceptions import NoSuchArticle
from newsarchive.items import Origin

#: Copies that one trace compares; a cluster may hold thousands of equal texts.
MOST_COPIES = 200


@dataclass(frozen=True, slots=True)
class Copy:
    """One article of a cluster beside its fullest. `similarity` is the overlap of shingles (0 to 1),
    `kind` is `fullest`, `exact`, `edited` or `truncated`; `published` is the first seen where unprinted."""

    id: int
    url: str
    site: str
    headline: str
    published: datetime
    kind: str
    similarity: float
    changes: Comparison


@dataclass(frozen=True, slots=True)
class Trace:
    """An article, whom it credits, and all copies of its text in the order of time.

    `origin` is the article's own, else the surest that one of its copies names (at `origin_from`).
    `size` counts the cluster; `copies` are its earliest `MOST_COPIES`, the article's own among them.
    """

    id: int
    url: str
    headline: str
    origin: Origin | None
    origin_from: str
    cluster_id: int | None
    size: int
    earliest: int
    fullest: int
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Republished:
    """How often a site republishes a publisher, and how many hours after it (median; `None` unknown)."""

    site: str
    origin: str
    domain: str
    articles: int
    delay_hours: float | None
    first: datetime
    last: datetime


def trace(engine: Engine, url_or_id: str | int) -> Trace:
    """The origin and the copies of an article. Raises `NoSuchArticle`."""
    article = query.get(engine, url_or_id)
    with reading(engine) as connection:
        rows, size = _cluster(connection, article.id, article.cluster_id)
        texts = bodies(connection, rows)
    published = {i: row["date_published"] or row["first_seen_at"] for i, row in rows.items()}
    shingled = [text_of(i, texts[i], published[i], row["content_hash"]) for i, row in rows.items()]
    found = describe(shingled)
    full = next(t for t in shingled if t.id == found.fullest)
    ordered = sorted(shingled, key=lambda t: (published[t.id], t.id))
    copies = tuple(_copy(rows[t.id], t, full, found.kinds, texts, published[t.id]) for t in ordered)
    origin, named_by = _origin(engine, article, [c.id for c in copies])
    return Trace(
        article.id, article.url, article.headline, origin, named_by, article.cluster_id, size,
        found.earliest, found.fullest, copies,
    )  # fmt: skip


def story(engine: Engine, cluster_id: int) -> Trace:
    """A whole cluster: the trace of its first article. Raises `NoSuchArticle`."""
    first = select(func.min(ArticleRow.id)).where(ArticleRow.cluster_id == cluster_id)
    with reading(engine) as connection:
        found = connection.execute(first).scalar()
    if found is None:
        raise NoSuchArticle(
            f"no story {cluster_id} in the archive: its articles are no copies of one another any more"
        )
    return trace(engine, found)


def compared(engine: Engine, full: str | int, copy: str | int) -> Comparison:
    """What `copy` added, cut and altered against `full`. Raises `NoSuchArticle`."""
    with reading(engine) as connection:
        a, b = find(connection, full), find(connection, copy)
        texts = bodies(connection, {a, b})
    return compare(texts[a], texts[b])


def _cluster(
    connection: Connection, article_id: int, cluster_id: int | None
) -> tuple[dict[int, dict[str, Any]], int]:
    """The rows of a cluster's earliest articles and of this one, by id, and how many it holds."""
    columns = ("id", "url", "headline", "date_published", "first_seen_at", "content_hash")
    rows = select(*(getattr(ArticleRow, name) for name in columns), Site.domain.label("site")).join(Site)
    own = rows.where(ArticleRow.id == article_id)
    found = {r.id: dict(r._mapping) for r in connection.execute(own)}
    if cluster_id is None:
        return found, 1
    when = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)
    mates = rows.where(ArticleRow.cluster_id == cluster_id).order_by(when, ArticleRow.id).limit(MOST_COPIES)
    found |= {r.id: dict(r._mapping) for r in connection.execute(mates)}
    size = select(func.count()).where(ArticleRow.cluster_id == cluster_id)
    return found, int(connection.execute(size).scalar_one())


def _copy(
    row: dict[str, Any], text: Text, full: Text, kinds: Any, texts: dict[int, str], published: datetime
) -> Copy:
    link = link_of(text, full) if text is not full else None
    same = text.id == full.id or (text.content_hash != "" and text.content_hash == full.content_hash)
    return Copy(
        text.id, row["url"], row["site"], row["headline"], published,
        "fullest" if text.id == full.id else kinds[text.id],
        1.0 if same else round(link.overlap, 3) if link else 0.0,
        compare(texts[full.id], texts[text.id]),
    )  # fmt: skip


def _origin(engine: Engine, article: query.Stored, copies: Sequence[int]) -> tuple[Origin | None, str]:
    if article.origin:
        return article.origin, article.url
    surest = (
        select(ArticleOrigin.article_id)
        .where(ArticleOrigin.article_id.in_(copies))
        .order_by(ArticleOrigin.confidence.desc(), ArticleOrigin.article_id)
    )
    with reading(engine) as connection:
        best = connection.execute(surest).scalar()
    if best is None:
        return None, ""
    other = query.get(engine, best)
    return other.origin, other.url


def origins(engine: Engine, *, site: str | None = None, since: datetime | None = None) -> list[Republished]:
    """Who is republished by whom, the most often first.

    The delay is counted from the date that the credit prints, else from the original where the
    archive holds it: the earliest article of the same cluster on the publisher's own site.
    """
    rows = (
        select(
            Site.domain.label("site"), OriginRow.name, OriginRow.domain, ArticleRow.cluster_id,
            func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at).label("published"),
            ArticleOrigin.date,
        )
        .select_from(ArticleOrigin)
        .join(ArticleRow, ArticleRow.id == ArticleOrigin.article_id)
        .join(OriginRow, OriginRow.id == ArticleOrigin.origin_id)
        .join(Site, Site.id == ArticleRow.site_id)
    )  # fmt: skip
    if site:
        rows = rows.where(Site.domain == site)
    if since:
        rows = rows.where(func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at) >= since)
    found: dict[tuple[str, str, str], list[tuple[datetime, datetime | None]]] = defaultdict(list)
    with reading(engine) as connection:
        originals = _originals(connection)
        for domain, name, of, cluster_id, published, printed in connection.execute(rows):
            first = printed or originals.get((cluster_id, of))
            found[domain, name, of].append((published, first))
    counted = [_republished(key, dates) for key, dates in found.items()]
    return sorted(counted, key=lambda r: (-r.articles, r.site, r.origin))


def _originals(connection: Connection) -> dict[tuple[int | None, str], datetime]:
    """When the first article of a cluster appeared on a site that is a listed origin."""
    when = func.min(func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at))
    rows = (
        select(ArticleRow.cluster_id, Site.domain, when)
        .join(Site, Site.id == ArticleRow.site_id)
        .where(ArticleRow.cluster_id.is_not(None), Site.domain.in_(select(OriginRow.domain)))
        .group_by(ArticleRow.cluster_id, Site.domain)
    )
    return {(cluster_id, domain): first for cluster_id, domain, first in connection.execute(rows)}


def _republished(key: tuple[str, str, str], dates: list[tuple[datetime, datetime | None]]) -> Republished:
    delays = [(published - first) / timedelta(hours=1) for published, first in dates if first]
    kept = [delay for delay in delays if delay >= 0]
    moments = [published for published, _ in dates]
    return Republished(*key, len(dates), round(median(kept), 1) if kept else None, min(moments), max(moments))
