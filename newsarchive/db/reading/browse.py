"""What the pages of `newsarchive web` list: a site's figures, the largest stories, the copies of an article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, inspect, literal, literal_column, or_, select, text, tuple_

from newsarchive.db.conditions import QUARANTINED, visible
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import reading
from newsarchive.db.models import (
    ArticleOrigin,
    ArticleRow,
    Cluster,
    CrawlRun,
    DroppedLine,
    OriginRow,
    Site,
    Url,
)
from newsarchive.db.values import with_detail
from newsarchive.exceptions import NoSuchArticle

#: The condition that readers see an article.
VISIBLE = text(visible("articles.id"))

#: The spiders that crawl one site; the others read files. Named, because the index of runs begins with the spider.
SITE_SPIDERS = ("news", "recrawl")
#: The stories that grew last are looked for among this many newest articles.
MAX_RECENT_ARTICLES = 2_000
#: The page of an article names this many other articles of its cluster, the earliest ones.
MAX_MATES = 20
#: The page of a site names this many publishers, those with most articles.
MAX_SITE_ORIGINS = 12
#: The page of a site counts this many kinds of outcomes of its URLs, the most frequent ones.
MAX_SITE_OUTCOMES = 30
#: The page of a site names this many URLs with a problem, those that were fetched last.
MAX_SITE_PROBLEMS = 12
#: The page of a site names this many crawls, the newest ones.
MAX_SITE_RUNS = 5


@dataclass(frozen=True, slots=True)
class Mate:
    """Another article of the same cluster; `published` is when it was first seen where no date is printed."""

    id: int
    url: str
    site: str
    headline: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """A cluster of copies: how many there are, on how many sites, and the first article. `names` are the sites in the
    order of time, and `in_language` is the language of the first article."""

    cluster_id: int
    size: int
    sites: int
    headline: str
    first: datetime
    last: datetime
    names: tuple[str, ...] = ()
    in_language: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """The article before or after another one of its site."""

    id: int
    headline: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Credit:
    """The publisher that an article names. `original_id` is the original that the credit links, where the archive holds
    it."""

    name: str
    domain: str
    original_id: int | None


@dataclass(frozen=True, slots=True)
class Problem:
    """A URL that gave no article: its state, the reason, and how often in a row it failed."""

    url: str
    state: str
    reason: str
    fail_count: int
    last_checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl of a site; `counts` are its numbers by outcome (`new`, `updated`, …)."""

    started_at: datetime
    finished_at: datetime | None
    finish_reason: str
    error: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """A site in figures. `months` counts articles by month (`2025-04`), `outcomes` its URLs by state and
    reason, `origins` whom it republishes; `undated` articles are in no month. Those that readers do not see are in
    `quarantined` alone."""

    domain: str
    name: str
    home_url: str
    platform: str
    in_language: str
    state: str
    last_success_at: datetime | None
    articles: int
    gone: int
    quarantined: int
    undated: int
    months: Mapping[str, int]
    origins: Sequence[tuple[str, str, int]]
    outcomes: Sequence[tuple[str, str, int]]
    problems: Sequence[Problem]
    runs: Sequence[Run]


def site(engine: Engine, domain: str) -> SiteFigures:
    """The figures of a site. Raises `NoSuchArticle` where the archive does not know it."""
    with reading(engine) as connection:
        row = connection.execute(select(Site.__table__).where(Site.domain == domain)).first()
        if row is None:
            raise NoSuchArticle(f"no site {domain!r} in the archive: `newsarchive sites list` names them")
        months = _months(connection, row.id)
        gone = select(func.count(ArticleRow.gone_at)).where(ArticleRow.site_id == row.id, VISIBLE)
        unseen = select(func.count()).where(
            ArticleRow.site_id == row.id, text(f"articles.id IN ({QUARANTINED})")
        )
        return SiteFigures(
            row.domain, row.name, row.home_url, row.platform, row.in_language, row.state,
            row.last_success_at,
            articles=sum(months.values()),
            gone=int(connection.execute(gone).scalar_one()),
            quarantined=int(connection.execute(unseen).scalar_one()),
            undated=months.pop("", 0),
            months=months,
            origins=_origins(connection, row.id),
            outcomes=_outcomes(connection, row.id),
            problems=_problems(connection, row.id),
            runs=_runs(connection, domain),
        )  # fmt: skip


def stories(engine: Engine, limit: int = 10) -> list[Story]:
    """The clusters with the most articles. This reads all clusters, which is too slow for every page."""
    largest = select(Cluster.id).where(Cluster.size > 1).order_by(Cluster.size.desc(), Cluster.id.desc())
    with reading(engine) as connection:
        ids = list(connection.execute(largest.limit(limit)).scalars())
        return [found for i in ids if (found := _story(connection, i))]


def recent_stories(engine: Engine, limit: int = 10) -> list[Story]:
    """The clusters to which an article was added last, the newest first, among the newest articles of the archive."""
    newest = (
        select(ArticleRow.id, ArticleRow.cluster_id)
        .order_by(ArticleRow.id.desc())
        .limit(MAX_RECENT_ARTICLES)
        .subquery()
    )
    latest = func.max(newest.c.id)
    ids = (
        select(newest.c.cluster_id)
        .where(newest.c.cluster_id.is_not(None))
        .group_by(newest.c.cluster_id)
        .order_by(latest.desc())
    )
    found: list[Story] = []
    with reading(engine) as connection:
        for cluster_id in connection.execute(ids).scalars():
            if one := _story(connection, cluster_id):
                found.append(one)
            if len(found) == limit:
                break
    return found


def beside(engine: Engine, article_id: int) -> tuple[Beside | None, Beside | None]:
    """The articles of the same site that were published before and after an article; `None` for those without a date."""
    this = select(ArticleRow.site_id, ArticleRow.date_published).where(ArticleRow.id == article_id)
    place = tuple_(ArticleRow.date_published, ArticleRow.id)
    with reading(engine) as connection:
        row = connection.execute(this).first()
        if row is None or row.date_published is None:
            return None, None
        mine = select(ArticleRow.id, ArticleRow.headline, ArticleRow.date_published).where(
            ArticleRow.site_id == row.site_id, ArticleRow.date_published.is_not(None), VISIBLE
        )
        here = tuple_(literal(row.date_published, ArticleRow.date_published.type), literal(article_id))
        earlier = mine.where(place < here).order_by(ArticleRow.date_published.desc(), ArticleRow.id.desc())
        later = mine.where(place > here).order_by(ArticleRow.date_published, ArticleRow.id)
        found = [connection.execute(query.limit(1)).first() for query in (earlier, later)]
    before, after = (Beside(one.id, one.headline, one[2]) if one else None for one in found)
    return before, after


def credits_of(engine: Engine, ids: Sequence[int]) -> dict[int, Credit]:
    """Article id → the publisher that the article names."""
    query = (
        select(ArticleOrigin.article_id, OriginRow.name, OriginRow.domain, ArticleOrigin.original_id)
        .join(OriginRow, OriginRow.id == ArticleOrigin.origin_id)
        .where(ArticleOrigin.article_id.in_(ids))
    )
    with reading(engine) as connection:
        return {row[0]: Credit(row[1], row[2], row[3]) for row in connection.execute(query)}


def _story(connection: Connection, cluster_id: int) -> Story | None:
    when = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)
    mates = select(Site.domain, ArticleRow.headline, ArticleRow.in_language, when.label("at"))
    mates = mates.join(Site, Site.id == ArticleRow.site_id)
    rows = connection.execute(
        mates.where(ArticleRow.cluster_id == cluster_id, VISIBLE).order_by(when, ArticleRow.id)
    )
    found = rows.all()
    if len(found) < 2:
        return None
    headline = next((row.headline for row in found if row.headline), "")
    sites = tuple(dict.fromkeys(row.domain for row in found))
    return Story(
        cluster_id, len(found), len(sites), headline, found[0].at, found[-1].at, sites, found[0].in_language
    )


def mates(engine: Engine, cluster_id: int, but: int) -> list[Mate]:
    """The other articles of a cluster, the earliest first."""
    when = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)
    query = (
        select(ArticleRow.id, ArticleRow.url, Site.domain, ArticleRow.headline, when)
        .join(Site, Site.id == ArticleRow.site_id)
        .where(ArticleRow.cluster_id == cluster_id, ArticleRow.id != but, VISIBLE)
        .order_by(when, ArticleRow.id)
        .limit(MAX_MATES)
    )
    with reading(engine) as connection:
        return [Mate(*row) for row in connection.execute(query)]


def places(engine: Engine, article_id: int) -> list[int]:
    """Where the dropped blocks of an article's current revision stood among all blocks of its page, in the
    order of `Stored.dropped`."""
    query = (
        select(DroppedLine.position)
        .join(ArticleRow, ArticleRow.revision_id == DroppedLine.revision_id)
        .where(ArticleRow.id == article_id)
        .order_by(DroppedLine.position)
    )
    with reading(engine) as connection:
        return list(connection.execute(query).scalars())


def holds_articles(engine: Engine) -> bool:
    """Whether there is anything to read."""
    with reading(engine) as connection:
        return connection.execute(select(ArticleRow.id).limit(1)).scalar() is not None


def columns(engine: Engine) -> dict[str, list[str]]:
    """The columns of every table and view, as the database has them."""
    with reading(engine) as connection:
        found = inspect(connection)
        names = [*found.get_table_names(), *found.get_view_names()]
        return {name: [column["name"] for column in found.get_columns(name)] for name in names}


def _months(connection: Connection, site_id: int) -> dict[str, int]:
    month: Any = literal_column(dialect_of(connection).month("articles.date_published"))
    query = (
        select(month, func.count())
        .where(ArticleRow.site_id == site_id, VISIBLE)
        .group_by(month)
        .order_by(month)
    )
    return {name or "": int(number) for name, number in connection.execute(query)}


def _origins(connection: Connection, site_id: int) -> list[tuple[str, str, int]]:
    query = (
        select(OriginRow.name, OriginRow.domain, func.count())
        .select_from(ArticleRow)
        .join(ArticleOrigin, ArticleOrigin.article_id == ArticleRow.id)
        .join(OriginRow, OriginRow.id == ArticleOrigin.origin_id)
        .where(ArticleRow.site_id == site_id, VISIBLE)
        .group_by(OriginRow.name, OriginRow.domain)
        .order_by(func.count().desc(), OriginRow.name)
        .limit(MAX_SITE_ORIGINS)
    )
    return [(name, domain, int(n)) for name, domain, n in connection.execute(query)]


def _outcomes(connection: Connection, site_id: int) -> list[tuple[str, str, int]]:
    columns = (Url.state, Url.reason, Url.reason_detail)
    query = select(*columns, func.count()).where(Url.site_id == site_id)
    grouped = query.group_by(*columns).order_by(func.count().desc(), *columns)
    found = connection.execute(grouped.limit(MAX_SITE_OUTCOMES))
    return [(state, with_detail(reason, detail), int(n)) for state, reason, detail, n in found]


def _problems(connection: Connection, site_id: int) -> list[Problem]:
    query = (
        select(Url.url, Url.state, Url.reason, Url.reason_detail, Url.fail_count, Url.last_checked_at)
        .where(Url.site_id == site_id, or_(Url.fail_count > 0, Url.state.in_(("blocked", "gone", "skipped"))))
        .order_by(func.coalesce(Url.last_checked_at, Url.first_seen_at).desc(), Url.id.desc())
    )
    return [
        Problem(
            row.url,
            row.state,
            with_detail(row.reason, row.reason_detail),
            row.fail_count,
            row.last_checked_at,
        )
        for row in connection.execute(query.limit(MAX_SITE_PROBLEMS))
    ]


def _runs(connection: Connection, domain: str) -> list[Run]:
    of_site = select(CrawlRun.__table__).where(CrawlRun.spider.in_(SITE_SPIDERS), CrawlRun.site == domain)
    newest = of_site.order_by(CrawlRun.started_at.desc(), CrawlRun.id.desc()).limit(MAX_SITE_RUNS)
    return [_run(row) for row in connection.execute(newest)]


def _run(row: Any) -> Run:
    """`stats` has the names of `newsarchive.crawling.stats` without their prefix, and every value as text."""
    counts: dict[str, int] = {}
    for name, value in row.stats.items():
        if str(value).isdigit():
            outcome = name.split("/")[0]
            counts[outcome] = counts.get(outcome, 0) + int(value)
    error = str(row.stats.get("site_error") or row.stats.get("database_error") or "")
    return Run(row.started_at, row.finished_at, row.finish_reason, error, counts)
