"""What is in the archive, and what a search finds, in figures.

    spread = facets(source, "ferry")
    print(spread.total, spread.sites)

Most of the cost of a search is to find the matches of a phrase of common words. Where an exact total would need a second look
through the whole index, the total is only a lower bound: "10,000 or more".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from newsarchive.db.conditions import (
    QUARANTINED,
    RESERVED,
    WITHHELD,
    Copies,
    counted,
    first_of_story,
    said,
    unseen,
    visible,
)
from newsarchive.db.query_language import And, Node, Not, Or, Words
from newsarchive.db.reading.alarms import standing
from newsarchive.db.reading.coverage import uncrawled_days
from newsarchive.db.reading.search import JOINED, Filters, Query, tree_of
from newsarchive.db.readonly import Source, reading


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts over the archive. Mappings go from a name to a count, largest first.

    `alarms` counts the sites at which an alarm of a kind stands. `repairs` counts edits by codec or rule and `dropped` blocks
    by kind, over all revisions. Articles that readers do not see are counted in `quarantined` alone, unless they were asked
    for; articles that nobody sees are counted in `withheld` alone. `reserved` counts those that their sites reserved from text
    and data mining, `licences` the first licence that each page names. `months` goes from a site to its articles by month of
    publication (`2025-04`), in order, and `days_without_crawl` from a site to the days (UTC) of each month since its first
    crawl on which no crawl reached it: a month with neither had no news. `captures` counts every answer that was stored, `disk`
    is bytes of the database, `warc` bytes of raw captures. `copies` is which copies of a story are in `articles`, `gone`,
    `sites`, `languages`, `origins` and `months` (`newsarchive.db.conditions`); the other figures are of all articles.
    """

    articles: int
    revisions: int
    captures: int
    gone: int
    quarantined: int
    withheld: int
    reserved: int
    sites: Mapping[str, int]
    languages: Mapping[str, int]
    origins: Mapping[str, int]
    repairs: Mapping[str, int]
    dropped: Mapping[str, int]
    disk: int
    warc: int
    months: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    alarms: Mapping[str, int] = field(default_factory=dict)
    licences: Mapping[str, int] = field(default_factory=dict)
    days_without_crawl: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    copies: str = Copies.ALL.value


#: A column, the tables that it is counted over, and what names the article.
_COUNTS = {
    "sites": ("s.domain", "articles AS a JOIN sites AS s ON s.id = a.site_id", "a.id"),
    "languages": ("in_language", "articles AS a", "a.id"),
    "origins": (
        "o.name",
        "articles AS a JOIN article_origins AS ao ON ao.article_id = a.id JOIN origins AS o ON o.id = ao.origin_id",
        "a.id",
    ),
    "repairs": ("e.rule", "edits AS e", "e.revision_id"),
    "dropped": ("l.kind", "dropped_lines AS d JOIN block_labels AS l ON l.id = d.label_id", "d.revision_id"),
}
_TOTALS = {
    "articles": "count(*) FROM articles AS a WHERE {visible}",
    "revisions": "count(*) FROM article_revisions AS a WHERE {visible_article}",
    "captures": "count(*) FROM captures",
    "gone": "count(*) FROM articles AS a WHERE gone_at IS NOT NULL AND {visible}",
    "quarantined": f"count(*) FROM ({QUARANTINED}) AS h",
    "withheld": f"count(*) FROM ({WITHHELD}) AS h",
    "reserved": f"count(*) FROM articles AS a WHERE {{visible}} AND a.id IN ({RESERVED})",
    "warc": "coalesce(sum(warc_length), 0) FROM captures",
}
_MONTHS = """
    SELECT s.domain, {month} AS month, count(*)
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id
    WHERE a.date_published IS NOT NULL AND {visible} GROUP BY s.domain, month ORDER BY s.domain, month
"""

_LICENCES = (
    "SELECT licence, count(*) FROM ("
    + said("a.id, x.licence", "x.licence <> '' AND {visible}")
    + ") AS told GROUP BY 1 ORDER BY count(*) DESC, 1"
)


def stats(source: Source, *, hidden: bool = False, copies: Copies = Copies.ALL) -> Stats:
    """Count everything; with `hidden` the articles too that readers do not see, and of copied stories what `copies` says."""
    with reading(source) as reader:
        shown = " AND ".join([visible("a.id", hidden), *counted(copies)])
        sql = {"visible": shown, "visible_article": visible("a.article_id", hidden)}
        totals = {name: f"SELECT {what.format(**sql)}" for name, what in _TOTALS.items()}
        found: dict[str, Any] = {name: int(reader.value(query)) for name, query in totals.items()}
        # Where no article is left out, the condition is spared, because there are many edits and blocks.
        every = not found["withheld"] and (hidden or not found["quarantined"])
        of_version = f"NOT IN (SELECT id FROM article_revisions WHERE article_id IN ({unseen(hidden)}))"
        for name, (column, tables, key) in _COUNTS.items():
            seen = [] if every else [visible(key, hidden) if key == "a.id" else f"{key} {of_version}"]
            condition = " AND ".join([*seen, *(counted(copies) if key == "a.id" else [])]) or "1 = 1"
            query = f"SELECT {column}, count(*) FROM {tables} WHERE {condition} GROUP BY 1 ORDER BY count(*) DESC, 1"
            found[name] = {value: int(number) for value, number in reader.tuples(query)}
        by_month = _MONTHS.format(month=reader.dialect.month("a.date_published"), visible=shown)
        months: dict[str, dict[str, int]] = {}
        for site, month, number in reader.tuples(by_month):
            months.setdefault(site, {})[month] = number
        return Stats(
            **found,
            disk=reader.dialect.disk_bytes(reader),
            months=months,
            alarms=dict(Counter(alarm.kind.value for alarm in standing(reader)).most_common()),
            copies=copies.value,
            licences=dict(reader.tuples(_LICENCES.format(visible=shown))),
            days_without_crawl=uncrawled_days(reader, datetime.now(UTC).date()),
        )


def site_names(source: Source, *, hidden: bool = False) -> list[str]:
    """The sites that have articles, in order."""
    having = f"SELECT site_id FROM articles AS a WHERE {visible('a.id', hidden)}"
    query = f"SELECT domain FROM sites WHERE id IN ({having}) ORDER BY domain"
    with reading(source) as reader:
        return [name for (name,) in reader.tuples(query)]


#: This many matches, the newest ones, are counted by site, publisher and so on. The number is limited because the
#: article of each match is read: twice as many take 40 ms more.
MAX_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Facets:
    """The matches of a search, counted. Each mapping goes from a value to its number of articles, the largest number first; months
    are in order.

    `total` is the number of all matches where `is_exact` is true, else there are that number or more. The mappings count all matches
    where `are_whole` is true, else the newest `MAX_COUNTED`. `copies` says how many articles are the first of their story, and how
    many are the blogs' own.
    """

    total: int
    is_exact: bool
    sites: dict[str, int]
    origins: dict[str, int]
    languages: dict[str, int]
    months: dict[str, int]
    copies: dict[str, int]
    are_whole: bool


#: Articles by site, publisher, language, month, whether they are the first of their story, and whether they name no other publisher.
_COUNTED = f"""
    SELECT s.domain, o.name, a.in_language, {{month}}, CASE WHEN {first_of_story("a")} THEN 1 ELSE 0 END,
           CASE WHEN ao.article_id IS NULL THEN 1 ELSE 0 END, count(*)
    FROM ({{matches}}) AS newest JOIN articles AS a ON a.id = newest.id {JOINED} GROUP BY 1, 2, 3, 4, 5, 6
"""


def facets(source: Source, words: str = "", filters: Filters | None = None) -> Facets:
    """The matches, counted. Raises `UsageError` as `search` does."""
    tree, wanted = tree_of(words), filters or Filters()
    named: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
    total, copies = 0, {Copies.FIRST.value: 0, Copies.NONE.value: 0}
    with reading(source) as reader:
        query = Query(reader, wanted)
        tree = query.inside(tree)
        month, matches = reader.dialect.month("a.date_published"), query.newest(tree, MAX_COUNTED)
        counted = _COUNTED.format(month=month, matches=matches)
        for *names, is_first, is_own, number in reader.tuples(counted, query.values):
            total += number
            copies[Copies.FIRST.value] += number * is_first
            copies[Copies.NONE.value] += number * is_first * is_own
            for counts, name in zip(named, names, strict=True):
                if name:
                    counts[name] += number
        is_exact = total < MAX_COUNTED
        if not is_exact and _is_cheap(tree):
            query = Query(reader, wanted)
            total, is_exact = int(reader.value(query.count(tree), query.values)), True
    sites, origins, languages, months = named
    return Facets(
        total,
        is_exact,
        dict(sites.most_common()),
        dict(origins.most_common()),
        dict(languages.most_common()),
        dict(sorted(months.items())),
        copies,
        is_exact and total <= MAX_COUNTED,
    )


def _is_cheap(tree: Node | None) -> bool:
    """Whether the full-text index can count the matches by itself: a phrase needs the places of its words in each text."""
    if isinstance(tree, And | Or):
        return all(map(_is_cheap, tree.parts))
    if isinstance(tree, Not):
        return _is_cheap(tree.part)
    return tree is None or (isinstance(tree, Words) and len(tree.words) == 1)
