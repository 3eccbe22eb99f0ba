"""How the sites of an archive are: since when they are crawled, when each is due, its last error, and its last days.

for one in health(source, until=date.today()):
    print(one.site.domain, one.since, one.problems)
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from newsarchive.db.frontier import known_sites
from newsarchive.db.reading import coverage
from newsarchive.db.reading.alarms import standing
from newsarchive.db.readonly import Reader, Source, reading
from newsarchive.db.values import moment
from newsarchive.times import utc, utc_now

#: Days of each site that are looked at.
STRIP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Failure:
    """A crawl that could not reach its site."""

    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class SiteHealth:
    """A site: its first crawl, when it is due again, what is wrong with it, and its last `STRIP_DAYS` days since the
    first crawl, the oldest first. `is_pushed` says that the site's hub announces new posts, so that the site is crawled
    less often."""

    site: known_sites.KnownSite
    since: datetime | None
    due_at: datetime | None
    is_pushed: bool
    problems: tuple[str, ...]
    failure: Failure | None
    days: tuple[coverage.Day, ...]

    @property
    def without_crawl(self) -> int:
        """Days on which no crawl reached the site."""
        return sum(day.crawls <= day.failed_crawls for day in self.days)

    @property
    def named(self) -> int:
        """Posts that listings named on these days."""
        return sum(day.named for day in self.days)

    @property
    def stored(self) -> int:
        """The named posts that are stored."""
        return sum(day.stored for day in self.days)

    @property
    def missed(self) -> int:
        """The named posts that gave no answer yet."""
        return sum(sum(day.missed.values()) for day in self.days)


#: The newest run of each site since a day.
_NEWEST_RUNS = f"""
    {coverage.CRAWLED_SITES}
    SELECT started_at, finished_at, site, CAST(stats AS text) FROM crawl_runs WHERE id IN (
        SELECT (SELECT max(r.id) FROM crawl_runs AS r WHERE r.spider = 'news' AND r.site = crawled.site AND r.started_at >= :begin)
        FROM crawled WHERE site IS NOT NULL
    )
"""


def health(source: Source, *, until: date) -> list[SiteHealth]:
    """Every site that was added or crawled, sites with a problem first. The error of a site's newest crawl counts where
    that crawl was within the last `STRIP_DAYS` days."""
    now = utc_now()
    first = until - timedelta(days=STRIP_DAYS - 1)
    with reading(source) as reader:
        known = known_sites.sites(reader)
        alarms = standing(reader)
        since = coverage.first_crawls(reader)
        failed = failures(reader, utc(datetime.combine(first, time())))
    days: defaultdict[str, list[coverage.Day]] = defaultdict(list)
    for day in coverage.days(source, since=first, until=until):
        days[day.site].append(day)
    found = [
        SiteHealth(
            one,
            since.get(one.domain),
            one.due_at(now) if one.followed else None,
            one.followed and one.is_pushed(now),
            (
                *(alarm.sentence for alarm in alarms if alarm.site == one.domain),
                *(["not crawled for long"] if one.followed and one.is_left_alone(now) else []),
            ),
            failed.get(one.domain),
            # A day before the first crawl of the site is no gap.
            tuple(
                day
                for day in days[one.domain]
                if (begun := since.get(one.domain)) and day.day >= begun.date()
            ),
        )
        for one in known
    ]
    return sorted(
        found, key=lambda o: (not o.problems, o.failure is None, o.site.state in ("ok", "new"), o.site.domain)
    )


def failures(reader: Reader, since: datetime) -> dict[str, Failure]:
    """The sites whose newest crawl, where it began `since` then, did not reach them or its end, by domain."""
    found = {}
    for started, finished, site, packed in reader.tuples(_NEWEST_RUNS, {"begin": since}):
        begun, stats = moment(started), json.loads(packed)
        error = why_failed(stats) or ("" if finished else "still running, or killed")
        if error and begun:
            found[site] = Failure(begun, error)
    return found


def why_failed(stats: Mapping[str, Any]) -> str:
    """Why a run could not crawl its site, or left it, by its stats; "" where it did neither."""
    left = (sentence for key, sentence in stats.items() if key.startswith("site_left/"))
    return str(stats.get("site_error") or stats.get("database_error") or next(left, ""))
