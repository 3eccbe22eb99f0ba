"""What an archive covers, by site and day: what listings named, what became of it, and on which days nothing was asked.

    for day in days(source, "blog.example"):
        print(day.day, day.state, day.named, day.stored)
    for week in weeks(source, until=date.today()):
        print(week.first, week.articles, week.seen)

A day without a post may be a day on which a blog was silent, or on which no crawl reached it. A post counts on the day (UTC)
on which a listing of its site named it first. `stored` posts are articles of the archive, `refused` ones were looked at
and kept out for a reason, `missed` ones gave no answer yet. A crawl counts on the day on which it began; it failed where
the site could not be asked, or the process was killed.

`weeks` and `months` count the published articles of longer stretches, and say whether a crawl could have seen them. Before
the first crawl nothing was watched: articles from that time were found later.

`health` says how the sites are: since when they are crawled, when each is due, its last error, and its last days.

    for one in health(source, until=date.today()):
        print(one.site.domain, one.since, one.problems)
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from newsarchive.core.urls import domain_of
from newsarchive.db.conditions import visible
from newsarchive.db.frontier import known_sites
from newsarchive.db.reading.alarms import standing
from newsarchive.db.readonly import Reader, Source, reading
from newsarchive.db.values import moment
from newsarchive.exceptions import NoSuchArticle, UsageError
from newsarchive.times import months as months_between
from newsarchive.times import span_edge, utc, utc_now

#: Days of one report; a longer range is refused. Twenty years.
MAX_DAYS = 7_400


class State(StrEnum):
    """What a day was like at a site."""

    COVERED = "covered"  # crawled, and all that listings named is stored or refused
    INCOMPLETE = "incomplete"  # something that listings named gave no answer yet
    NO_NEWS = "no news"  # crawled, and no listing named anything new
    NO_CRAWL = "no crawl"  # nothing was asked, or no crawl reached the site


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a site. `refused` and `missed` go from a reason to a number of posts, the largest number first."""

    site: str
    day: date
    crawls: int = 0
    failed_crawls: int = 0
    named: int = 0
    stored: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """What the day was like."""
        if self.missed:
            return State.INCOMPLETE
        if self.named:
            return State.COVERED
        return State.NO_NEWS if self.crawls > self.failed_crawls else State.NO_CRAWL


@dataclass(frozen=True, slots=True)
class Total:
    """A site over all days of a report. `gaps` are the stretches of days without a crawl that reached it, first and last day;
    `last_crawl` is the last day with one, `None` for none."""

    site: str
    days: int
    named: int
    stored: int
    refused: int
    missed: int
    gaps: tuple[tuple[date, date], ...]
    last_crawl: date | None

    @property
    def days_without_crawl(self) -> int:
        return sum((last - first).days + 1 for first, last in self.gaps)


_POSTS = """
    SELECT {day} AS day, u.state, u.reason, a.id IS NOT NULL, count(*)
    FROM urls AS u LEFT JOIN articles AS a ON a.url_key = u.url_key
    WHERE u.site_id = :site AND u.first_seen_at >= :begin AND u.first_seen_at <= :end
    GROUP BY 1, 2, 3, 4
"""
_SITES = "SELECT id, domain FROM sites ORDER BY domain"
#: The sites that were crawled, found by one look into the index for each: neither database skips from one value of an
#: index to the next by itself. `CROSS JOIN` then keeps SQLite from reading all runs first.
CRAWLED_SITES = """
    WITH RECURSIVE crawled(site) AS (
        SELECT min(site) FROM crawl_runs WHERE spider = 'news' AND site > ''
        UNION ALL
        SELECT (SELECT min(r.site) FROM crawl_runs AS r WHERE r.spider = 'news' AND r.site > crawled.site)
        FROM crawled WHERE crawled.site IS NOT NULL
    )
"""
#: Counted from an index alone, one site at a time. A year of hourly crawls gives one row for each site and day.
_RUNS = f"""
    {CRAWLED_SITES}
    SELECT r.site, {{day}}, count(*), sum(CASE WHEN r.reached THEN 0 ELSE 1 END)
    FROM {{sites}} CROSS JOIN crawl_runs AS r
    WHERE r.spider = 'news' AND r.site = s.site AND r.started_at >= :begin AND r.started_at <= :end GROUP BY 1, 2
"""
_FIRST_RUNS = f"""
    {CRAWLED_SITES}
    SELECT site, (SELECT min(r.started_at) FROM crawl_runs AS r WHERE r.spider = 'news' AND r.site = crawled.site)
    FROM crawled WHERE site IN (SELECT domain FROM sites)
"""


def days(
    source: Source, site: str = "", *, since: date | None = None, until: date | None = None
) -> Iterator[Day]:
    """Every day of a site, or of all sites one after the other, from its first crawl until today or between two days. Each is made
    when it is asked for: 300 sites in ten years have a million. All is read before the first.

    Raises `NoSuchArticle` for a site that the archive does not know, `UsageError` for a range that is empty or longer than
    `MAX_DAYS`.
    """
    since, until, site = _in_utc(since), _in_utc(until), domain_of(site)
    with reading(source) as reader:
        sites = [(number, domain) for number, domain in reader.tuples(_SITES) if site in ("", domain)]
        if site and not sites:
            raise NoSuchArticle(f"no site {site!r} in the archive: `newsarchive sites list` names them")
        last = until or datetime.now(UTC).date()
        begun = None if since else min(first_crawls(reader).values(), default=None)
        # The first crawl may lie behind: `until` is before it, or it was made by a clock that was ahead.
        first = since or (min(begun.date(), last) if begun else last)
        if first > last:
            raise UsageError(f"since {first} is after until {last}: no day is between them")
        if (last - first).days >= MAX_DAYS:
            raise UsageError(f"{first} to {last} is more than {MAX_DAYS:,} days: give a shorter range")
        values = _edges(first, last)
        crawls = _crawls(reader, values, site)
        posts = {domain: _posts(reader, number, values) for number, domain in sites}
    for domain, named in posts.items():
        mine = crawls.get(domain, {})
        begin = first if since else min([*named, *mine, last + timedelta(days=1)])
        for number in range((last - begin).days + 1):
            day = begin + timedelta(days=number)
            yield _day(domain, day, mine.get(day, (0, 0)), named.get(day, []))


def crawl_days(source: Source, site: str = "", *, since: date, until: date) -> list[date]:
    """The days (UTC) between two days, both included, on which a crawl reached a site, or any site, in order."""
    with reading(source) as reader:
        crawls = _crawls(reader, _edges(since, until), site)
    reached = (own.items() for own in crawls.values())
    return sorted({day for own in reached for day, (number, failed) in own if number > failed})


def first_crawls(reader: Reader) -> dict[str, datetime]:
    """Site → when the first crawl of it began, whether or not it reached the site. A host that was mistyped is no site."""
    begun = {site: moment(at) for site, at in reader.tuples(_FIRST_RUNS)}
    return {site: at for site, at in begun.items() if at is not None}


def uncrawled_days(reader: Reader, until: date) -> dict[str, dict[str, int]]:
    """Site → month → the number of days (UTC), from the site's first crawl to `until`, on which no crawl reached it.
    Every month since the first crawl has a number, which may be 0. A site that was never crawled is left out."""
    begun = {site: at.date() for site, at in first_crawls(reader).items() if at.date() <= until}
    if not begun:
        return {}
    crawls = _crawls(reader, _edges(min(begun.values()), until))
    found: dict[str, dict[str, int]] = {}
    for site, first in sorted(begun.items()):
        reached = Counter(
            f"{day:%Y-%m}" for day, (number, failed) in crawls.get(site, {}).items() if number > failed
        )
        found[site] = {
            month: (min(end, until) - max(begin, first)).days + 1 - reached[month]
            for month in months_between(f"{first:%Y-%m}", f"{until:%Y-%m}")
            for begin, end in (_bounds(month),)
        }
    return found


def totals(found: Sequence[Day]) -> list[Total]:
    """A line for each site of a report, in the order of the report."""
    by_site: dict[str, list[Day]] = defaultdict(list)
    for day in found:
        by_site[day.site].append(day)
    return [
        Total(
            site,
            len(own),
            sum(day.named for day in own),
            sum(day.stored for day in own),
            sum(sum(day.refused.values()) for day in own),
            sum(sum(day.missed.values()) for day in own),
            tuple(gaps(own)),
            max((day.day for day in own if day.crawls > day.failed_crawls), default=None),
        )
        for site, own in by_site.items()
    ]


def gaps(own: Sequence[Day]) -> Iterator[tuple[date, date]]:
    """The stretches of days of one site without a crawl that reached it, as first and last day."""
    begin: date | None = None
    for day in own:
        if day.crawls > day.failed_crawls:
            if begin is not None:
                yield begin, day.day - timedelta(days=1)
            begin = None
        elif begin is None:
            begin = day.day
    if begin is not None:
        yield begin, own[-1].day


def _in_utc(day: date | None) -> date | None:
    """The day itself; of a moment its day in UTC, where a moment without a zone is taken as UTC."""
    return utc(day).date() if isinstance(day, datetime) else day


def _edges(first: date, last: date) -> dict[str, datetime]:
    """The first moment of a day and the last one of another, in UTC."""
    return {
        "begin": datetime.combine(first, time.min, tzinfo=UTC), "end": datetime.combine(last, time.max, tzinfo=UTC)
    }  # fmt: skip


def _crawls(
    reader: Reader, values: Mapping[str, Any], only: str = ""
) -> dict[str, dict[date, tuple[int, int]]]:
    """Site → day → the number of crawls and the number of failed ones. Only of the site `only`, where it is named."""
    sites = "(SELECT :site AS site) AS s" if only else "crawled AS s"
    query = _RUNS.format(day=reader.dialect.day("r.started_at"), sites=sites)
    found: dict[str, dict[date, tuple[int, int]]] = defaultdict(dict)
    for site, day, number, failed in reader.tuples(query, {**values, "site": only}):
        found[site][date.fromisoformat(day)] = (int(number), int(failed))
    return found


def _posts(
    reader: Reader, site: int, values: Mapping[str, Any]
) -> dict[date, list[tuple[str, str, bool, int]]]:
    """Day → state in the frontier, reason, whether there is an article, and the number of posts."""
    query = _POSTS.format(day=reader.dialect.day("u.first_seen_at"))
    found: dict[date, list[tuple[str, str, bool, int]]] = defaultdict(list)
    for day, state, reason, is_stored, number in reader.tuples(query, {**values, "site": site}):
        found[date.fromisoformat(day)].append((state, reason, bool(is_stored), number))
    return found


def _day(site: str, day: date, crawls: tuple[int, int], posts: Sequence[tuple[str, str, bool, int]]) -> Day:
    stored, refused, missed = 0, Counter[str](), Counter[str]()
    for state, reason, is_stored, number in posts:
        if is_stored or state == "ok":
            stored += number
        elif state == "new":
            missed[reason or "not asked for yet"] += number
        else:
            refused[reason or state] += number
    named = stored + refused.total() + missed.total()
    return Day(site, day, *crawls, named, stored, dict(refused.most_common()), dict(missed.most_common()))


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


#: Weeks of a year.
YEAR_WEEKS = 53

_BY_DAY = """
    SELECT {day} AS day, count(*) FROM articles AS a
    WHERE a.date_published >= :begin AND a.date_published <= :end AND {visible} GROUP BY 1
"""


def weeks(source: Source, *, until: date, number: int = YEAR_WEEKS) -> list[Span]:
    """The weeks (from Monday) up to the one of `until`, over all sites."""
    monday = until - timedelta(days=until.weekday())
    begin = monday - timedelta(weeks=number - 1)
    with reading(source) as reader:
        query = _BY_DAY.format(day=reader.dialect.day("a.date_published"), visible=visible("a.id"))
        values = _edges(begin, monday + timedelta(days=6))
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


def months(source: Source, site: str, counts: Mapping[str, int]) -> list[Span]:
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
    first, last = span_edge(label, is_end=False), span_edge(label, is_end=True)
    assert first
    assert last
    return first, last


def _seen(crawled: Sequence[date], begun: datetime | None, first: date, last: date) -> Seen:
    """Whether crawls watched the days from `first` to `last`. `crawled` are the days on which a crawl reached a site,
    and `begun` is when the first crawl began, `None` where there was none."""
    if begun is None or last < begun.date():
        return Seen.BEFORE
    return Seen.CRAWLED if any(first <= day <= last for day in crawled) else Seen.NO_CRAWL


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
    days: tuple[Day, ...]

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
    {CRAWLED_SITES}
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
        since = first_crawls(reader)
        failed = failures(reader, utc(datetime.combine(first, time())))
    by_site: defaultdict[str, list[Day]] = defaultdict(list)
    for day in days(source, since=first, until=until):
        by_site[day.site].append(day)
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
                for day in by_site[one.domain]
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
