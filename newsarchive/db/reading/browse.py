"""What the pages of `newsarchive web` list: a site's figures, the largest stories, the copies of an article."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, inspect

from newsarchive.db import engine as opened
from newsarchive.db.conditions import QUARANTINED, visible
from newsarchive.db.reading.coverage import why_failed
from newsarchive.db.reading.lineage import paper_key
from newsarchive.db.readonly import Row, reading
from newsarchive.db.values import moment, with_detail
from newsarchive.exceptions import NoSuchArticle

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
    it; for a name alone it is the first article whose page calls itself so."""

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


_SITE = "SELECT id, domain, name, home_url, platform, in_language, state, last_success_at FROM sites WHERE domain = :domain"
_MONTHS = f"""
    SELECT {{month}} AS month, count(*) FROM articles AS a WHERE a.site_id = :site AND {visible("a.id")}
    GROUP BY 1 ORDER BY 1
"""
_GONE = f"SELECT count(gone_at) FROM articles AS a WHERE site_id = :site AND {visible('a.id')}"
_QUARANTINED = f"SELECT count(*) FROM articles WHERE site_id = :site AND id IN ({QUARANTINED})"
_ORIGINS = f"""
    SELECT o.name, o.domain, count(*) FROM articles AS a
    JOIN article_origins AS ao ON ao.article_id = a.id JOIN origins AS o ON o.id = ao.origin_id
    WHERE a.site_id = :site AND {visible("a.id")}
    GROUP BY o.name, o.domain ORDER BY count(*) DESC, o.name LIMIT {MAX_SITE_ORIGINS}
"""
_OUTCOMES = f"""
    SELECT state, reason, reason_detail, count(*) FROM urls WHERE site_id = :site GROUP BY 1, 2, 3
    ORDER BY count(*) DESC, state, reason, reason_detail LIMIT {MAX_SITE_OUTCOMES}
"""
_PROBLEMS = f"""
    SELECT url, state, reason, reason_detail, fail_count, last_checked_at FROM urls
    WHERE site_id = :site AND (fail_count > 0 OR state IN ('blocked', 'gone', 'skipped'))
    ORDER BY coalesce(last_checked_at, first_seen_at) DESC, id DESC LIMIT {MAX_SITE_PROBLEMS}
"""
#: The crawls of one site; other spiders read files. They are named, because the index of runs begins with the spider.
_RUNS = f"""
    SELECT started_at, finished_at, finish_reason, CAST(stats AS text) AS stats FROM crawl_runs
    WHERE spider IN ('news', 'recrawl') AND site = :domain ORDER BY started_at DESC, id DESC LIMIT {MAX_SITE_RUNS}
"""


def site(engine: Engine, domain: str) -> SiteFigures:
    """The figures of a site. Raises `NoSuchArticle` where the archive does not know it."""
    with reading(engine) as reader:
        for row in reader.rows(_SITE, {"domain": domain}):
            mine = {"site": row.pop("id")}
            by_month = reader.tuples(_MONTHS.format(month=reader.dialect.month("a.date_published")), mine)
            months = {name or "": int(number) for name, number in by_month}
            return SiteFigures(
                **row,
                articles=sum(months.values()),
                gone=reader.value(_GONE, mine),
                quarantined=reader.value(_QUARANTINED, mine),
                undated=months.pop("", 0),
                months=months,
                origins=reader.tuples(_ORIGINS, mine),
                outcomes=[
                    (state, with_detail(reason, detail), number)
                    for state, reason, detail, number in reader.tuples(_OUTCOMES, mine)
                ],
                problems=[
                    Problem(url, state, with_detail(reason, detail), fails, moment(at))
                    for url, state, reason, detail, fails, at in reader.tuples(_PROBLEMS, mine)
                ],
                runs=[_run(one) for one in reader.rows(_RUNS, {"domain": domain})],
            )
    raise NoSuchArticle(f"no site {domain!r} in the archive: `newsarchive sites list` names them")


def _run(row: Row) -> Run:
    """`stats` has the names of `newsarchive.crawling.stats` without their prefix, and every value as text."""
    stats, counts = json.loads(row.pop("stats")), dict[str, int]()
    for name, value in stats.items():
        if str(value).isdigit():
            outcome = name.split("/")[0]
            counts[outcome] = counts.get(outcome, 0) + int(value)
    return Run(**row, error=why_failed(stats), counts=counts)


_LARGEST = "SELECT id FROM clusters WHERE size > 1 ORDER BY size DESC, id DESC LIMIT :limit"
_GROWN = f"""
    SELECT cluster_id FROM (SELECT id, cluster_id FROM articles ORDER BY id DESC LIMIT {MAX_RECENT_ARTICLES}) AS newest
    WHERE cluster_id IS NOT NULL GROUP BY cluster_id ORDER BY max(id) DESC
"""
#: The articles of a cluster in the order of time.
_MATES = f"""
    SELECT a.id, a.url, s.domain AS site, a.headline, a.in_language, coalesce(a.date_published, a.first_seen_at) AS published
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id
    WHERE a.cluster_id = :cluster AND a.id <> :but AND {visible("a.id")} ORDER BY published, a.id
"""


def stories(engine: Engine, limit: int = 10, *, are_recent: bool = False) -> list[Story]:
    """The clusters with the most articles, which reads all clusters and is too slow for every page; or those to which an article was
    added last, the newest first, among the newest articles of the archive."""
    found: list[Story] = []
    with reading(engine) as reader:
        for (cluster_id,) in reader.tuples(_GROWN if are_recent else _LARGEST, {"limit": limit}):
            rows = reader.rows(_MATES, {"cluster": cluster_id, "but": 0})
            if len(rows) < 2:  # readers see no copies of it
                continue
            first, last = rows[0], rows[-1]["published"]
            headline = next((row["headline"] for row in rows if row["headline"]), "")
            names = tuple(dict.fromkeys(row["site"] for row in rows))
            own = (cluster_id, len(rows), len(names), headline, first["published"], last)
            found.append(Story(*own, names, first["in_language"]))
            if len(found) >= limit:
                break
    return found


def mates(engine: Engine, cluster_id: int, but: int) -> list[Mate]:
    """The other articles of a cluster, the earliest first."""
    with reading(engine) as reader:
        found = reader.rows(f"{_MATES} LIMIT {MAX_MATES}", {"cluster": cluster_id, "but": but})
    return [Mate(row["id"], row["url"], row["site"], row["headline"], row["published"]) for row in found]


_BESIDE = f"""
    SELECT a.id, a.headline, a.date_published AS published
    FROM articles AS this JOIN articles AS a ON a.site_id = this.site_id
    WHERE this.id = :id AND (a.date_published, a.id) {{side}} (this.date_published, this.id) AND {visible("a.id")}
    ORDER BY a.date_published {{order}}, a.id {{order}} LIMIT 1
"""


def beside(engine: Engine, article_id: int) -> tuple[Beside | None, Beside | None]:
    """The articles of the same site that were published before and after an article; `None` for those without a date."""
    sides = (("<", "DESC"), (">", "ASC"))
    with reading(engine) as reader:
        found = [
            reader.rows(_BESIDE.format(side=side, order=order), {"id": article_id}) for side, order in sides
        ]
    before, after = (Beside(**rows[0]) if rows else None for rows in found)
    return before, after


_CREDITS = """
    SELECT ao.article_id, o.name, o.domain, ao.original_id
    FROM article_origins AS ao JOIN origins AS o ON o.id = ao.origin_id WHERE ao.article_id IN :ids
"""


#: What the pages of articles call themselves.
_OWN_NAMES = "SELECT id, publisher FROM articles WHERE id IN :ids AND publisher <> ''"


def credits_of(engine: Engine, ids: Sequence[int]) -> dict[int, Credit]:
    """Article id → the publisher that the article names. `ids` are those of a story, in the order of time."""
    with reading(engine) as reader:
        found = {article_id: Credit(*named) for article_id, *named in reader.tuples(_CREDITS, {"ids": ids})}
        own_names = dict(reader.tuples(_OWN_NAMES, {"ids": ids}))
    first = {paper_key(own_names[i]): i for i in reversed(ids) if i in own_names}
    return {
        i: credit
        if credit.domain or credit.original_id
        else replace(credit, original_id=first.get(paper_key(credit.name)))
        for i, credit in found.items()
    }


_PLACES = """
    SELECT d.position FROM dropped_lines AS d JOIN articles AS a ON a.revision_id = d.revision_id
    WHERE a.id = :id ORDER BY d.position
"""


def places(engine: Engine, article_id: int) -> list[int]:
    """Where the dropped blocks of an article's current revision stood among all blocks of its page, in the
    order of `Stored.dropped`."""
    with reading(engine) as reader:
        return [place for (place,) in reader.tuples(_PLACES, {"id": article_id})]


def holds_articles(engine: Engine) -> bool:
    """Whether there is anything to read."""
    with reading(engine) as reader:
        return reader.value("SELECT id FROM articles LIMIT 1") is not None


def columns(engine: Engine) -> dict[str, list[str]]:
    """The columns of every table and view, as the database has them."""
    with opened.reading(engine) as connection:
        found = inspect(connection)
        names = [*found.get_table_names(), *found.get_view_names()]
        return {name: [column["name"] for column in found.get_columns(name)] for name in names}
