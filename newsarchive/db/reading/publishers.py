"""Who publishes first, how long after an original its copies follow, and under which headlines they stand.

    for one in republications(source, "paper.example"):
        print(one.place, one.site, one.delay_hours, one.original_headline, "→", one.headline)

`lineage.origins` counts what blogs credit, whether the archive holds the original or not. Here are only the pairs that the
archive holds whole, original and copy, so that dates and headlines of the two can be compared. The original of a copy is, in
this order:

1. the article that its credit links, or, without a credit of its own, the one that most articles of its story link;
2. the earliest article of the story on the site of a publisher that the story credits: the site of its domain, or, where
   the credit has a name alone, one whose pages call themselves by that name;
3. the earliest article of the story by the date that it prints, where no article of the story credits anybody.

A story that credits a publisher whose article the archive does not hold has no original here. An article on the site of its
original is another address of it, and no copy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from newsarchive.core.near_duplicates.comparison import MIN_ALTERED_LIKENESS
from newsarchive.core.text.normalise import normalise
from newsarchive.core.urls import domain_of
from newsarchive.db.conditions import exact_date, visible
from newsarchive.db.reading.lineage import paper_key
from newsarchive.db.readonly import Row, Source, reading
from newsarchive.times import utc


class KnownBy(StrEnum):
    """How it is known which article is the original."""

    LINK = "link"  # a credit links it
    PUBLISHER = "publisher"  # a credit names the publisher on whose site it stands
    EARLIEST = "earliest"  # nobody is credited, and it has the earliest date: a guess


class HeadlineChange(StrEnum):
    """What a copy did to the headline of its original."""

    SAME = "same"  # but for case, punctuation and width
    EDITED = "edited"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Republication:
    """An original and one copy of it.

    `publisher` is the name by which copies credit the original's site, "" where none does. `place` is 1 for the first copy
    of the original by date. `published` and `original_published` are the dates that the pages print, `None` without one or
    where only the month is known. `delay_hours` is the time between them, negative for a copy that is dated before its
    original, `None` where a date is missing; where one of the two names the day alone (its time is midnight in UTC),
    `is_to_the_day` is true and whole days are counted.
    """

    publisher_site: str
    publisher: str
    original_id: int
    original_url: str
    original_headline: str
    original_published: datetime | None
    place: int
    site: str
    copy_id: int
    copy_url: str
    headline: str
    published: datetime | None
    delay_hours: float | None
    is_to_the_day: bool
    headline_change: HeadlineChange
    known_by: KnownBy


@dataclass(frozen=True, slots=True)
class Delays:
    """The quartiles of the hours from an original to its copies. `copies` is the number of copies; those that are dated
    before the original are left out."""

    copies: int
    lower: float
    median: float
    upper: float


@dataclass(frozen=True, slots=True)
class Publisher:
    """A site whose articles others republish.

    `stories` is the number of its articles that were copied, `copies` the number of the copies. `sites` counts the copies of each
    copying site, the largest number first. `credited` is the number of copies whose original is known by a credit.

    `dated_stories` is the number of stories in which the original and a copy have a date. `first_in` is the number of these in
    which no copy is dated before the original. `delays` is `None` where no copy has a date to compare. `headlines` is the number
    of copies that kept, edited or replaced the headline.
    """

    site: str
    publisher: str
    stories: int
    copies: int
    credited: int
    sites: Mapping[str, int]
    dated_stories: int
    first_in: int
    delays: Delays | None
    headlines: Mapping[HeadlineChange, int]


#: The articles that may be an original or a copy: articles of a story, articles that a credit links, and articles with
#: such a credit.
_MEMBERS = f"""
    SELECT a.id, a.url, a.headline, a.publisher, a.cluster_id, s.domain AS site, a.first_seen_at,
           {exact_date("a")} AS published,
           o.name, o.domain, ao.original_id
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id
    LEFT JOIN article_origins AS ao ON ao.article_id = a.id
    LEFT JOIN origins AS o ON o.id = ao.origin_id
    WHERE {{seen}} AND (
        a.cluster_id IS NOT NULL OR ao.original_id IS NOT NULL
        OR a.id IN (SELECT original_id FROM article_origins WHERE original_id IS NOT NULL))
    ORDER BY a.id
"""

#: The headlines of all versions of the articles that have more than one.
_HEADLINES = """
    SELECT DISTINCT article_id, headline FROM article_revisions
    WHERE article_id IN (SELECT article_id FROM article_revisions WHERE version > 1)
"""


def republications(
    source: Source,
    publisher: str = "",
    *,
    site: str = "",
    since: datetime | None = None,
    credited: bool = False,
    hidden: bool = False,
) -> list[Republication]:
    """Every copy whose original the archive holds, by publisher, the newest original first, and the copies of each
    original in the order of time.

    `publisher` is a part of the name or of the domain of the original's site, `site` the domain of a copy's site. Copies from
    before `since` are left out; a copy without a date counts by the day of the first crawl. `credited` leaves out the copies whose
    original is a guess (`KnownBy.EARLIEST`). `hidden` includes articles that readers do not see.
    """
    with reading(source) as reader:
        rows = reader.rows(_MEMBERS.format(seen=visible("a.id", hidden)))
        headlines: defaultdict[int, list[str]] = defaultdict(list)
        for article_id, headline in reader.tuples(_HEADLINES):
            headlines[article_id].append(headline)
    members: dict[int, Row] = {
        row["id"]: {**row, "headlines": [row["headline"], *headlines[row["id"]]]} for row in rows
    }
    wanted, own = publisher.strip().casefold(), domain_of(site)
    moment = utc(since) if since else None
    kept = [
        one
        for one in _republications(members)
        if (wanted in one.publisher_site or wanted in one.publisher.casefold())
        and own in ("", one.site)
        and not (credited and one.known_by is KnownBy.EARLIEST)
        and (moment is None or _moment(members[one.copy_id]) >= moment)
    ]
    newest = {one.original_id: -_moment(members[one.original_id]).timestamp() for one in kept}
    return sorted(kept, key=lambda o: (o.publisher_site, newest[o.original_id], o.original_id, o.place))


def by_publisher(found: Iterable[Republication]) -> list[Publisher]:
    """The publishers of these republications, the one with most copies first."""
    groups: defaultdict[str, list[Republication]] = defaultdict(list)
    for one in found:
        groups[one.publisher_site].append(one)
    counted = []
    for site, copies in groups.items():
        delays: defaultdict[int, list[float]] = defaultdict(list)
        for one in copies:
            if one.delay_hours is not None:
                delays[one.original_id].append(one.delay_hours)
        changes = Counter(one.headline_change for one in copies)
        counted.append(
            Publisher(
                site=site,
                publisher=copies[0].publisher,
                stories=len({one.original_id for one in copies}),
                copies=len(copies),
                credited=sum(one.known_by is not KnownBy.EARLIEST for one in copies),
                sites=dict(Counter(one.site for one in copies).most_common()),
                dated_stories=len(delays),
                first_in=sum(min(those) >= 0 for those in delays.values()),
                delays=_quartiles([delay for those in delays.values() for delay in those if delay >= 0]),
                headlines={change: changes[change] for change in HeadlineChange},
            )
        )
    return sorted(counted, key=lambda p: (-p.copies, p.site))


def _quartiles(hours: Sequence[float]) -> Delays | None:
    """The quartiles, with linear interpolation between two values."""
    if not hours:
        return None
    from statistics import quantiles  # its import is slow, and lists of copies do not need it

    found = quantiles(hours, n=4, method="inclusive") if len(hours) > 1 else [hours[0]] * 3
    return Delays(len(hours), *(round(value, 1) for value in found))


def _republications(members: Mapping[int, Row]) -> Iterator[Republication]:
    known, copies = _originals(members), defaultdict(list)
    for i in members:
        root, by = _root(i, known)
        if by is not None and members[root]["site"] != members[i]["site"]:
            copies[root].append((i, by))
    credits: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for root, found in copies.items():
        own = members[root]["site"]
        credits[own].update(
            name for i, _ in found if (name := members[i]["name"]) and members[i]["domain"] in ("", own)
        )
    names = {site: max(counts, key=lambda n: (counts[n], n), default="") for site, counts in credits.items()}
    for root, found in copies.items():
        original = members[root]
        in_time = sorted(found, key=lambda pair: _by_time(members[pair[0]]))
        for place, (i, by) in enumerate(in_time, 1):
            copy = members[i]
            # The first of the original's headlines from which the copy's differs least.
            changes = ((one, headline_change(one, copy["headline"])) for one in original["headlines"])
            headline, change = min(changes, key=lambda pair: [*HeadlineChange].index(pair[1]))
            yield Republication(
                original["site"], names[original["site"]], original["id"], original["url"], headline, original["published"],
                place, copy["site"], copy["id"], copy["url"], copy["headline"], copy["published"],
                *_delay(original["published"], copy["published"]), change, by,
            )  # fmt: skip


def _originals(members: Mapping[int, Row]) -> dict[int, tuple[int, KnownBy]]:
    """Copy → its original, and how that is known."""
    stories: defaultdict[int, list[Row]] = defaultdict(list)
    found: dict[int, tuple[int, KnownBy]] = {}
    for row in members.values():
        if row["cluster_id"] is not None:
            stories[row["cluster_id"]].append(row)
        elif row["original_id"] in members:
            found[row["id"]] = row["original_id"], KnownBy.LINK
    for story in stories.values():
        found |= _originals_of_story(story, members)
    return found


def _originals_of_story(story: Sequence[Row], members: Mapping[int, Row]) -> dict[int, tuple[int, KnownBy]]:
    in_time = sorted(story, key=_by_time)
    first_on: dict[str, int] = {}
    first_called: dict[str, int] = {}
    for row in in_time:
        first_on.setdefault(row["site"], row["id"])
        first_called.setdefault(paper_key(row["publisher"]), row["id"])
    first_called.pop("", None)

    def credited_by(row: Row) -> int | None:
        """The first article of the publisher that an article credits, `None` where the story has none."""
        if row["domain"]:
            return first_on.get(row["domain"])
        return first_called.get(paper_key(row["name"])) if row["name"] else None

    links = Counter(row["original_id"] for row in in_time if row["original_id"] in members)
    credited = Counter(first for row in in_time if (first := credited_by(row)) is not None)
    common: tuple[int, KnownBy] | None = None
    if links:
        common = links.most_common(1)[0][0], KnownBy.LINK
    elif credited:
        common = credited.most_common(1)[0][0], KnownBy.PUBLISHER
    elif not any(row["name"] for row in story) and in_time[0]["published"]:
        common = in_time[0]["id"], KnownBy.EARLIEST
    # An article that others credit and that credits nobody itself is an original, and does not get the story's common
    # original.
    originals = {*links, *credited}
    found: dict[int, tuple[int, KnownBy]] = {}
    for row in story:
        if row["original_id"] in members:
            found[row["id"]] = row["original_id"], KnownBy.LINK
        elif (first := credited_by(row)) is not None:
            found[row["id"]] = first, KnownBy.PUBLISHER
        elif common and row["id"] not in originals:
            found[row["id"]] = common
    return found


def _root(i: int, known: Mapping[int, tuple[int, KnownBy]]) -> tuple[int, KnownBy | None]:
    """The original at the end of a chain: where A credits B and B credits C, it is C. Articles that credit one another
    have no original."""
    seen, by, at = {i}, None, i
    while at in known and known[at][0] != at:
        at, how = known[at]
        by = by or how
        if at in seen:
            return i, None
        seen.add(at)
    return at, by


def _moment(row: Row) -> datetime:
    moment: datetime = row["published"] or row["first_seen_at"]
    return moment


def _by_time(row: Row) -> tuple[bool, datetime, int]:
    """Articles with a date before those without one, which have the time of the first crawl."""
    return row["published"] is None, _moment(row), row["id"]


def _delay(original: datetime | None, copy: datetime | None) -> tuple[float | None, bool]:
    """Hours from the original to the copy, and whether whole days were counted."""
    if original is None or copy is None:
        return None, False
    if time(0) in (original.time(), copy.time()):
        return float((copy.date() - original.date()).days * 24), True
    return round((copy - original) / timedelta(hours=1), 2), False


def headline_change(original: str, copy: str) -> HeadlineChange:
    """What a copy did to a headline. `EDITED` where the two are as similar as a sentence and its altered form.

    >>> headline_change("Ferry rams pier in Busan", "Ferry rams pier in Busan, 12 hurt").value
    'edited'
    """
    before, after = normalise(original), normalise(copy)
    if before == after:
        return HeadlineChange.SAME
    from rapidfuzz.fuzz import ratio

    return HeadlineChange.EDITED if ratio(before, after) >= MIN_ALTERED_LIKENESS else HeadlineChange.NEW
