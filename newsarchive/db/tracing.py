"""Reading clusters: the copies of an article in time, and who is republished by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select

from newsarchive.core.comparison import Comparison, compare
from newsarchive.core.copies import describe, text_of
from newsarchive.db import bulk, changes, query
from newsarchive.db.engine import reading
from newsarchive.db.lookup import find
from newsarchive.db.models import ArticleOrigin, ArticleRow, CopyRow, OriginRow, ParaphraseRow, Site
from newsarchive.exceptions import NoSuchArticle
from newsarchive.items import Origin

#: Copies that one trace tells of; a cluster may hold thousands of equal texts.
MOST_COPIES = 200
#: Copies of which it shows the text of what was changed.
MOST_COMPARED = 50
COUNTS = ("kept", "added", "cut", "altered")


@dataclass(frozen=True, slots=True)
class Copy:
    """One article of a cluster beside its fullest. `similarity` is the overlap of shingles (0 to 1),
    `kind` is `fullest`, `exact`, `edited` or `truncated`; `published` is the first seen where unprinted.
    `counts` are the sentences kept, added, cut and altered; `changes` has their text, `None` for a copy
    after the first `MOST_COMPARED`."""

    id: int
    url: str
    site: str
    headline: str
    published: datetime
    kind: str
    similarity: float
    counts: dict[str, int]
    changes: Comparison | None


@dataclass(frozen=True, slots=True)
class Spun:
    """An article that may tell the same in other words: no copy of the cluster, and less sure."""

    id: int
    url: str
    site: str
    headline: str
    published: datetime
    score: float
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """An article, whom it credits, and all copies of its text in the order of time.

    `origin` is the article's own, else the surest that one of its copies names (at `origin_from`).
    `original_url` is the original that the credit links, where the archive holds it.
    `size` counts the cluster; `copies` are its earliest `MOST_COPIES`, the article's own among them.
    `paraphrases` are links that `newsarchive recluster --paraphrases` stored, the best first.
    """

    id: int
    url: str
    headline: str
    origin: Origin | None
    origin_from: str
    original_id: int | None
    original_url: str
    cluster_id: int | None
    size: int
    earliest: int
    fullest: int
    copies: tuple[Copy, ...]
    paraphrases: tuple[Spun, ...]


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
        beside = _beside(connection, rows)
        shown = sorted(rows, key=lambda i: (rows[i]["published"], i))[:MOST_COMPARED]
        full = next((r for r in beside.values() if r["kind"] == "fullest"), next(iter(beside.values())))[
            "fullest_id"
        ]
        texts = changes.bodies(connection, {*shown, full})
        spun = _paraphrases(connection, list(rows))
    copies = tuple(
        _copy(rows[i], beside.get(i), compare(texts[full], texts[i]) if i in texts else None)
        for i in sorted(rows, key=lambda i: (rows[i]["published"], i))
    )
    named_by = _named_by(engine, article, [c.id for c in copies])
    return Trace(
        article.id, article.url, article.headline,
        named_by.origin if named_by else None, named_by.url if named_by else "",
        named_by.original_id if named_by else None, named_by.original_url if named_by else "",
        article.cluster_id, size, copies[0].id, full, copies, spun,
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
        texts = changes.bodies(connection, {a, b})
    return compare(texts[a], texts[b])


def _rows() -> Any:
    columns = (ArticleRow.id, ArticleRow.url, ArticleRow.headline, ArticleRow.content_hash)
    published = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)
    return select(*columns, published.label("published"), Site.domain.label("site")).join(Site)


def _cluster(
    connection: Connection, article_id: int, cluster_id: int | None
) -> tuple[dict[int, dict[str, Any]], int]:
    """The rows of a cluster's earliest articles and of this one, by id, and how many it holds."""
    found = {r.id: dict(r._mapping) for r in connection.execute(_rows().where(ArticleRow.id == article_id))}
    if cluster_id is None:
        return found, 1
    mates = _rows().where(ArticleRow.cluster_id == cluster_id).order_by("published", ArticleRow.id)
    found |= {r.id: dict(r._mapping) for r in connection.execute(mates.limit(MOST_COPIES))}
    size = select(func.count()).where(ArticleRow.cluster_id == cluster_id)
    return found, int(connection.execute(size).scalar_one())


def _beside(connection: Connection, rows: Mapping[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The stored row of each copy; made here for an archive whose version stored none."""
    stored = select(*bulk.columns_of(CopyRow)).where(CopyRow.article_id.in_(list(rows)))
    found = {row.article_id: dict(row._mapping) for row in connection.execute(stored)}
    if found:
        return found
    bodies = changes.bodies(connection, rows)
    texts = {i: text_of(i, bodies[i], row["published"], row["content_hash"]) for i, row in rows.items()}
    full = describe(list(texts.values())).fullest
    made = {i: changes.row_of(text, texts[full], bodies) | {"fullest_id": full} for i, text in texts.items()}
    made[full]["kind"] = "fullest"
    return made


def _copy(row: dict[str, Any], beside: dict[str, Any] | None, changed: Comparison | None) -> Copy:
    """`beside` is missing for what joined a cluster that lost its fullest since."""
    if beside is None:
        beside = dict.fromkeys(COUNTS, 0) | {"kind": "edited", "similarity": 0.0}
        beside |= changed.counts if changed else {}
    return Copy(
        row["id"], row["url"], row["site"], row["headline"], row["published"],
        beside["kind"], round(beside["similarity"], 3), {name: beside[name] for name in COUNTS}, changed,
    )  # fmt: skip


def _paraphrases(connection: Connection, ids: Sequence[int]) -> tuple[Spun, ...]:
    """The stored links between these articles and others, the best first."""
    a, b = ParaphraseRow.a_id, ParaphraseRow.b_id
    links = select(a, b, ParaphraseRow.score, ParaphraseRow.shared).where(or_(a.in_(ids), b.in_(ids)))
    best: dict[int, tuple[float, list[str]]] = {}
    for row in connection.execute(links.order_by(ParaphraseRow.score.desc(), a, b).limit(MOST_COPIES)):
        for other in {row.a_id, row.b_id} - set(ids):
            best.setdefault(other, (row.score, row.shared))
    rows = {row.id: row for row in connection.execute(_rows().where(ArticleRow.id.in_(list(best))))}
    return tuple(
        Spun(i, rows[i].url, rows[i].site, rows[i].headline, rows[i].published, score, tuple(shared))
        for i, (score, shared) in best.items()
    )


def _named_by(engine: Engine, article: query.Stored, copies: Sequence[int]) -> query.Stored | None:
    """The article itself where it credits somebody, else the copy that does so most surely."""
    if article.origin:
        return article
    surest = (
        select(ArticleOrigin.article_id)
        .where(ArticleOrigin.article_id.in_(copies))
        .order_by(ArticleOrigin.confidence.desc(), ArticleOrigin.article_id)
    )
    with reading(engine) as connection:
        best = connection.execute(surest).scalar()
    return None if best is None else query.get(engine, best)


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
