"""What is in the archive, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from newsarchive.db.conditions import QUARANTINED, RESERVED, WITHHELD, Copies, counted, said, unseen, visible
from newsarchive.db.reading.alarms import standing
from newsarchive.db.reading.coverage import uncrawled_days
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
