"""A year in weeks, and a site in months: how many articles were published, and whether a crawl could have seen them.

    for week in weeks(source, until=date.today()):
        print(week.first, week.articles, week.seen)

In a week without articles nobody may have written anything, or no crawl may have reached a site. Before the first crawl
nothing was watched: articles from that time were found later.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from newsarchive.db.conditions import visible
from newsarchive.db.reading.coverage import crawl_days, first_crawls
from newsarchive.db.readonly import File, reading
from newsarchive.times import utc

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: Weeks of a year.
YEAR_WEEKS = 53


class Seen(StrEnum):
    """Whether crawls watched a stretch of time."""

    CRAWLED = "crawled"  # a crawl reached a site
    NO_CRAWL = "no crawl"  # crawls had begun, and none reached a site
    BEFORE = "before the first crawl"


@dataclass(frozen=True, slots=True)
class Span:
    """Articles that were published from one day to another, both included, in UTC."""

    label: str
    first: date
    last: date
    articles: int
    seen: Seen


_BY_DAY = """
    SELECT {day} AS day, count(*) FROM articles AS a
    WHERE a.date_published >= :begin AND a.date_published < :end AND {visible} GROUP BY 1
"""


def weeks(source: File | Engine, *, until: date, number: int = YEAR_WEEKS) -> list[Span]:
    """The weeks (from Monday) up to the one of `until`, over all sites."""
    monday = until - timedelta(days=until.weekday())
    begin = monday - timedelta(weeks=number - 1)
    with reading(source) as reader:
        query = _BY_DAY.format(day=reader.dialect.day("a.date_published"), visible=visible("a.id"))
        values = {
            "begin": utc(datetime.combine(begin, time())),
            "end": utc(datetime.combine(monday + timedelta(weeks=1), time())),
        }
        begun = min(first_crawls(reader).values(), default=None)
        days = {date.fromisoformat(day): int(articles) for day, articles in reader.tuples(query, values)}
    found: Counter[date] = Counter()
    for day, articles in days.items():
        found[day - timedelta(days=day.weekday())] += articles
    crawled = crawl_days(source, since=begin, until=monday + timedelta(days=6))
    spans = []
    for week in range(number):
        first = begin + timedelta(weeks=week)
        last = first + timedelta(days=6)
        spans.append(Span(first.isoformat(), first, last, found[first], _seen(crawled, begun, first, last)))
    return spans


def months(source: File | Engine, site: str, counts: Mapping[str, int]) -> list[Span]:
    """The months or years of `counts` (their keys, `2025-04` or `2025`), with whether crawls of the site watched them."""
    if not counts:
        return []
    bounds = {label: _bounds(label) for label in counts}
    since, until = min(first for first, _ in bounds.values()), max(last for _, last in bounds.values())
    with reading(source) as reader:
        begun = first_crawls(reader).get(site)
    crawled = crawl_days(source, site, since=since, until=until)
    return [
        Span(label, first, last, counts[label], _seen(crawled, begun, first, last))
        for label, (first, last) in bounds.items()
    ]


def _bounds(label: str) -> tuple[date, date]:
    year = int(label[:4])
    if len(label) == 4:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(label[5:7])
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def _seen(crawled: Sequence[date], begun: datetime | None, first: date, last: date) -> Seen:
    """Whether crawls watched the days from `first` to `last`. `crawled` are the days on which a crawl reached a site,
    and `begun` is when the first crawl began, `None` where there was none."""
    if begun is None or last < begun.date():
        return Seen.BEFORE
    return Seen.CRAWLED if any(first <= day <= last for day in crawled) else Seen.NO_CRAWL
