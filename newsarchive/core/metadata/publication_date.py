"""Choose the date of publication and the date of the last change among all dates of a page.

A page may declare 12 November 2021 in JSON-LD and hold "25 December 2005" in its first sentence (kath.net). Head,
JSON-LD, microdata, the post's own `<time>`, the site's API and its feed are written by the software that published the
post. A line of text may state the day of anything: of an event, a book, another story in a list. So a day in the text
that lies apart from all declared days is refused, except in three cases:

- The page declares no day, and its address states none ("/2021/11/12/").
- The address states a day, and no declared day is near it. Then the declared days are those of the last rebuilding of
  the site.
- The page declares one day without a time for publication and change alike, and the day in the text is before it. Some
  site builders keep only the last change.

Refusing them costs 0.6 points of dates on 791 real pages, of which 10 change, and earns none on 491 others
(`docs/benchmarks/ablation.md`).

A page that states no date at all may still have one in its scripts, as "3 hours ago", or as a month. These fall-backs
are weaker than any stated date, so they are asked in this order and only where nothing else was found. The source says
which of them it was; the qualifier `MONTH` means that the day is the first of that month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from newsarchive.core.metadata import page_source
from newsarchive.core.metadata.bylines import headline_index
from newsarchive.core.metadata.claims import (
    DATES,
    DECLARING,
    MARKUP,
    SITE_SOURCES,
    TIMES,
    Claim,
    Option,
    Place,
    Position,
    Qualifier,
    Source,
    Trait,
    plain,
    weigh,
)
from newsarchive.core.metadata.relative_dates import OF_FETCH, counted_from, is_of_fetch
from newsarchive.core.text import dates
from newsarchive.items import Block, Candidate
from newsarchive.rules import Rules

#: Days between the dates of one moment in two time zones. A day in the text no further from a declared day agrees with it.
MAX_ZONE_DAYS = 1
#: Days between the day of an address and a declared day that agree. A post gets its address when it is begun, and is
#: published later.
MAX_ADDRESS_DAYS = 2

#: Sources that declare a day, of publication or of a change.
_DECLARED = DECLARING | TIMES | SITE_SOURCES
#: Declaring sources that content systems fill with any day of the page, not only with that of publication.
_NOT_DECLARED = frozenset((Place.META_DATE, Place.META_CREATED, Place.JSON_LD_PAGE_CREATED))
#: Sources that alone are believed in a day before the web. A sitemap states the day of a file as often as that of a post.
_DATING_BACK = SITE_SOURCES - {Place.SITEMAP}
#: Sources that are read from the text of the page.
FROM_TEXT = DATES | {Place.TEXT}
#: Positions of dates that may belong to another article.
UNSURE_POSITIONS = frozenset((Position.ELSEWHERE, Position.LATER, Position.ALONE, Position.BELOW))
#: Qualifiers of days of a change, and of a day of the site that is later than the declared day.
_OF_CHANGES = frozenset((Qualifier.MODIFIED, Qualifier.AFTER_DECLARED))


def contradicted(read: Mapping[Claim, datetime], url: str = "") -> list[Claim]:
    """The claims from the text among `read` that lie apart from every day that the page declares for its publication.

    Where it declares none, and its address names a day that a line above the text has too, no other printed day counts: the masthead may
    show the day of the fetch. Where the address `url` names a month ("/2025/06/a-ferry/"), a marked day or a line far from the
    headline that is outside of that month belongs to another post or to a change. A line near the headline that nothing
    marks may be right: some publishers make the address long before.
    """
    stated = {
        c: w
        for c, w in read.items()
        if c.source.place in _DECLARED - _NOT_DECLARED
        and c.source.position not in UNSURE_POSITIONS
        and c.source.qualifier not in _OF_CHANGES
    }
    address = [w.date() for c, w in read.items() if c.source.bare is Place.URL]
    month = _IN_ADDRESS.search(url)
    days, max_days = {w.date() for w in stated.values()}, MAX_ZONE_DAYS
    if not days:
        days = set(address)
        lines = (c for c, w in read.items() if c.source.place is Place.TEXT and w.date() in days)
        is_printed = any(c.source.position not in UNSURE_POSITIONS for c in lines)
        max_days = 0 if is_printed else MAX_ADDRESS_DAYS
    elif address and all(_days_between(one, day) > MAX_ADDRESS_DAYS for one in address for day in days):
        return []
    declared = any(c.source.place not in TIMES for c in stated)
    if not declared and not address and month is not None:
        apart = {when.date() for claim, when in read.items() if _is_outside(claim, when, month)}
        return [c for c, w in read.items() if c.field == "date_published" and w.date() in apart]
    if not days:
        return []
    in_month = month is not None and any(_is_in(day, month) for day in days)
    only_changed = not in_month and _only_changed(stated, read)
    return [
        claim
        for claim, when in read.items()
        if claim.field == "date_published"
        and claim.source.place in FROM_TEXT
        and claim.source.qualifier is not Qualifier.MODIFIED
        and all(_days_between(when.date(), day) > max_days for day in days)
        and not (only_changed and when.date() < min(days))
    ]


def _is_outside(claim: Claim, when: datetime, month: re.Match[str]) -> bool:
    """Whether a claim that may be about another post states a day outside of the month of the page's address."""
    first = date(int(month[1]), int(month[2]), 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    is_unsure = claim.source.place in (Place.DATE, Place.TIME) or (
        claim.source.place is Place.TEXT and claim.source.position in UNSURE_POSITIONS
    )
    max_apart = timedelta(days=MAX_ADDRESS_DAYS)
    is_inside = first - max_apart <= when.date() <= last + max_apart
    return claim.field == "date_published" and is_unsure and not is_inside


def _only_changed(stated: Mapping[Claim, datetime], read: Mapping[Claim, datetime]) -> bool:
    """Whether the declared days of publication are one day without a time, which is also the declared day of change."""
    changes = {
        when.date()
        for claim, when in read.items()
        if claim.source.qualifier is Qualifier.MODIFIED and claim.source.place in _DECLARED
    }
    return len({when.date() for when in stated.values()}) == 1 and all(
        not dates.has_time(when) and any(_days_between(when.date(), day) <= MAX_ZONE_DAYS for day in changes)
        for when in stated.values()
    )


def _days_between(one: date, other: date) -> int:
    return abs((one - other).days)


#: The common beginning of some stems, and the stems.
Stems = tuple[str, tuple[str, ...]]
#: A claim of a page that states no date, with the time that it stands for.
Fallback = tuple[Claim, datetime]

#: Characters of a page in which dates and names of scripts are searched for; the rest is not read.
MAX_PAGE_CHARS = 1_500_000
#: Values read from the scripts of a page; later ones are not read.
MAX_SCRIPT_VALUES = 200
#: Characters between the headline and a date in a script. Of several days in scripts, only one that is closer is taken.
MAX_CHARS_FROM_HEADLINE = 3000
#: Characters of a line beside the month that it names; a line with more is a sentence.
MAX_CHARS_BESIDE_MONTH = 24
#: Blocks after the headline that are read.
MAX_BLOCKS_AFTER = 8
#: Blocks before the headline that are read.
MAX_BLOCKS_BEFORE = 3
#: Blocks in which a month behind a word for publishing is searched for.
MAX_BLOCKS_BELOW = 300
#: Positions of marked times that may belong to other posts.
_UNSURE_TIMES = frozenset((Position.ELSEWHERE, Position.LATER))
#: A quotation mark in a script or an attribute, escaped or not.
_QUOTE = r"(?:\\{0,3}[\"']|&quot;|&#34;)"
#: The rest of a name, whose parts have at most 40 letters, and its value with or without quotation marks.
_VALUE = re.compile(
    rf"[A-Za-z]{{1,40}}+(?:[_-][A-Za-z]{{1,40}}+){{0,4}}+{_QUOTE}?\s?[:=,]\s?(?:{_QUOTE}([^\"'\\<>{{}}&]{{2,40}})|(1\d{{9,12}})(?!\d))"
)
#: Characters before a stem in which its name may begin.
MAX_CHARS_BEFORE_STEM = 12
#: Characters behind the beginning of a stem in which its name may end.
MAX_CHARS_BEHIND_STEM = 28
_IN_PICTURE = re.compile(r"/((?:19|20)\d\d)[/-](\d\d)[/-](\d\d)[/_-]")
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2])(?=/(?:\d{1,3}-)?[^/\d-][^/]*)")


def find(
    page: str,
    title: str,
    claims: Sequence[Claim],
    blocks: Sequence[Block],
    url: str,
    now: datetime | None,
    rules: Rules,
) -> Iterator[Fallback]:
    """Days of publication for a page that states none, the surest first.

    `page` is the page as text, `title` its headline, `claims` are those for the date, which could not be read, and for
    images. `now` is when the page was fetched; without it, "3 hours ago" is not read.
    """
    yield from page_source.wechat_time(page)
    yield from in_scripts(page, title, rules)
    blocks = blocks[max(0, headline_index(blocks, title) - MAX_BLOCKS_BEFORE) :]
    if now is not None:
        yield from counted(claims, blocks[: MAX_BLOCKS_BEFORE + MAX_BLOCKS_AFTER], now, rules)
    if match := _IN_ADDRESS.search(url):
        yield (
            Claim("date_published", match[0], Source(Place.URL, qualifier=Qualifier.MONTH)),
            datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC),
        )
    yield from months(blocks[:MAX_BLOCKS_BELOW], rules)
    for claim in claims:
        match = _IN_PICTURE.search(claim.value) if claim.field == "image" else None
        if match and (day := dates.parse("-".join(match.groups()), rules)) is not None:
            yield Claim("date_published", claim.value, Source(Place.IMAGE)), day


def in_scripts(page: str, title: str, rules: Rules) -> Iterator[Fallback]:
    """The time of publication in scripts and `data-` attributes. Of several days, the one closest to the headline is
    taken, or none where all are more than `MAX_CHARS_FROM_HEADLINE` away.

    Earns 0.6 points of dates on real pages: 8 of 1,282 get one (`docs/benchmarks/ablation.md`).
    """
    page = page[:MAX_PAGE_CHARS]
    for kind in ("dates", "later"):
        kept = _kept(page, kind, rules)
        read = [(at, value, when) for at, value in kept if (when := dates.parse(value, rules)) is not None]
        if len({when.date() for _, _, when in read}) > 1:
            places = list(islice(_positions(title, page), MAX_SCRIPT_VALUES)) if title else []
            farthest = MAX_CHARS_FROM_HEADLINE
            apart = [min((abs(at - place) for place in places), default=farthest) for at, _, _ in read]
            read = [read[apart.index(min(apart))]] if min(apart) < MAX_CHARS_FROM_HEADLINE else []
        if read:
            _, value, when = read[0]
            yield Claim("date_published", value, Source(Place.SCRIPT)), when
            return


#: What ikiwiki prints below a post, whose reader sees the day of its last change alone.
_IN_COMMENT = re.compile(r'<!-- Created <time datetime="([^"<>]{8,40})" class="dt-published">')


def in_comment(page: str) -> Iterator[Claim]:
    """The day of a post that ikiwiki keeps in a comment of the page's source."""
    if "dt-published" in page and (found := _IN_COMMENT.search(page)):
        yield Claim("date_published", found[1], Source(Place.TIME))


def authors_in_scripts(page: str, rules: Rules) -> Iterator[Claim]:
    """The author's name in scripts and `data-` attributes, where they state one name only.

    Earns 0.3 points of authors on half of the real pages (`docs/benchmarks/ablation.md`).
    """
    found = {plain(value) for _, value in _kept(page[:MAX_PAGE_CHARS], "authors", rules)}
    if len(found) == 1:
        yield Claim("authors", found.pop(), Source(Place.SCRIPT))


def _kept(page: str, kind: str, rules: Rules) -> list[tuple[int, str]]:
    """Position and value of `"publishDate": "2025-04-03"`, `data-publish-date="2025-04-03"`, `publishDate=1743674000`."""
    stems, names = _stems_and_names(kind, rules)
    found = (at for start, ends in stems for at in _positions(start, page) if page.startswith(ends, at))
    spans = ((max(0, at - MAX_CHARS_BEFORE_STEM), at + MAX_CHARS_BEHIND_STEM) for at in sorted(found))
    keys = (names.search(page, start, end) for start, end in spans)
    values = (_VALUE.match(page, key.start()) for key in keys if key)
    return list({m.start(): (m.start(), m[1] or m[2]) for m in values if m}.values())[:MAX_SCRIPT_VALUES]


def _positions(text: str, page: str) -> Iterator[int]:
    at = page.find(text)
    while at >= 0:
        yield at
        at = page.find(text, at + len(text))


@lru_cache(maxsize=8)
def _stems_and_names(kind: str, rules: Rules) -> tuple[list[Stems], re.Pattern[str]]:
    """The stems, which are looked for first since that is fast, and a pattern for the full names.

    Stems are grouped by their common beginning, so that a page is searched once for each group: "ublish" and "ub-dat" by "ub".
    """
    table = rules.metadata.get("traces", {}).get("state", {}).get(kind, {})
    either = "|".join(name.replace("_", "[_-]?") for name in table.get("names", [])) or "$^"
    names = re.compile(rf"(?<!last)(?<!last[_-])(?<!re)(?<!un)(?:{either})", re.IGNORECASE)
    by_beginning: dict[str, list[str]] = {}
    for stem in table.get("stems", []):
        by_beginning.setdefault(stem[:2], []).append(stem)
    return [
        (_common_beginning(min(alike), max(alike)), tuple(alike)) for alike in by_beginning.values()
    ], names


def _common_beginning(one: str, other: str) -> str:
    """The common beginning of two words. That of the first and the last of sorted words is common to all of them."""
    return "".join(a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def counted(
    claims: Sequence[Claim], blocks: Sequence[Block], now: datetime, rules: Rules
) -> Iterator[Fallback]:
    """Times counted from `now`, marked as a date or in a line of their own: "3 hours ago", "gestern, 14:30 Uhr".

    Earns nothing on saved pages, whose time of fetching nobody knows; three cases in the wild need it
    (`docs/benchmarks/ablation.md`).
    """
    for claim in claims:
        near = claim.field == "date_published" and claim.source.position not in _UNSURE_TIMES
        if near and (when := counted_from(claim.value, now, rules)) is not None:
            yield Claim("date_published", claim.value, claim.source.qualified(Qualifier.RELATIVE)), when
    for line in (line for block in blocks for line in block.text[:400].split("\n")):
        if any(map(str.isdigit, line)) and (when := counted_from(line, now, rules)) is not None:
            yield Claim("date_published", line, Source(Place.TEXT, qualifier=Qualifier.RELATIVE)), when


def months(blocks: Sequence[Block], rules: Rules) -> Iterator[Fallback]:
    """Months in lines without other text near the headline, or behind a word for publishing anywhere below.

    Earns 0.3 points of dates on half of the real pages (`docs/benchmarks/ablation.md`).
    """
    for i, block in enumerate(blocks):
        for line in block.text.split("\n") if len(block.text) <= 400 else ():
            found = dates.month(line, rules) if len(line) <= 80 else None
            if found is None or len(line) - len(found[1]) > MAX_CHARS_BESIDE_MONTH:
                continue
            alone = i < MAX_BLOCKS_BEFORE + MAX_BLOCKS_AFTER and len(line) - len(found[1]) <= 3
            if alone or dates.signs(line, rules):
                yield Claim("date_published", line, Source(Place.TEXT, qualifier=Qualifier.MONTH)), found[0]


#: The beginning of the web. An earlier date is an epoch or a mistake, and is refused, but where the site states it as `_is_dated_back`
#: says. `dates` reads no year before 1900.
MIN_DATE = datetime(1990, 1, 1, tzinfo=UTC)
#: First and last day of the spans in which the missing dates of programs lie, in any zone. Calendars of programs begin in 1900, 1904,
#: 1970 and 1980, and 30 November 1979 is a date of zeros in DOS. Seconds that are read as milliseconds are a day of January 1970.
MISSING_DATES = (
    (date(1900, 1, 1), date(1900, 1, 2)),
    (date(1903, 12, 31), date(1904, 1, 2)),
    (date(1969, 12, 31), date(1970, 1, 31)),
    (date(1979, 11, 29), date(1979, 11, 30)),
    (date(1979, 12, 31), date(1980, 1, 1)),
)
#: Time after the fetch that a date may lie, since local times may be read as UTC. A later date is refused.
MAX_AHEAD = timedelta(days=1)
#: Claims for a date of one page that are read; later ones are dropped.
MAX_DATES = 60


@dataclass(frozen=True, slots=True)
class Dated:
    """The decision for one date field: the time (`None` for none), the text that it was read from, and its source."""

    value: datetime | None = None
    raw: str = ""
    source: Source | None = None


def decide(
    claims: Sequence[Claim],
    field: str,
    now: datetime | None,
    rules: Rules,
    *,
    made_at: Sequence[datetime] = (),
    month_first: bool = False,
    url: str = "",
) -> tuple[Dated, list[Candidate]]:
    """The day with the most points among the claims of one field, and every claim with the reason.

    `now` is when the page was fetched; a date more than `MAX_AHEAD` after it is refused. `made_at` are the times at which the page
    may have been made for this fetch (`is_of_fetch`). `month_first` reads 03/04/2025 as
    4 March where the page's other dates leave it open (`_in_order`). `url` is the page's address, whose month a printed day
    must not contradict (`contradicted`). The claims of `date_published` may include those of
    a change (`changes`), which lose against most others.
    """
    read, refused = read_claims(claims, now, rules, made_at=made_at, month_first=month_first, url=url)
    offered = options(read, rules)
    chosen, candidates = weigh(offered, field, rules)
    weighed = (claim for option in offered for claim in option.claims)  # in the order of the candidates
    pairs = zip(weighed, candidates, strict=True)
    out = [c for claim, c in pairs if c.chosen or not _is_change(claim)] + refused
    if chosen is None:
        return Dated(), out
    first = chosen.claims[0]
    return Dated(read[first], first.value, first.source), out


def last_resort(fallbacks: Iterable[Fallback], now: datetime | None) -> tuple[Dated, list[Candidate]]:
    """The first fall-back (`find`) that is a possible day, for a page that states none. A time that is counted from the fetch ("one
    minute ago") may be that of the fetch."""
    refused: list[Candidate] = []
    for claim, when in fallbacks:
        reason = _refusal(when, now)
        is_counted = claim.source.qualifier is Qualifier.RELATIVE
        if not (reason or is_counted or now is None) and is_of_fetch(when, [now]):
            reason = OF_FETCH
        if reason:
            refused.append(claim.candidate(reason=reason))
            continue
        chosen = claim.candidate(chosen=True, reason="a trace: the page states no date")
        return Dated(when, claim.value, claim.source), [*refused, chosen]
    return Dated(), refused


def changes(claims: Sequence[Claim]) -> list[Claim]:
    """Claims of a change as claims of publication. A page that only states when it was changed gets that day, and the
    source says so; and a date in the text that is known to be the day of a change is believed less."""
    return [replace(c, field="date_published", source=c.source.qualified(Qualifier.MODIFIED)) for c in claims]


#: The reason of a time of change that `is_before` the publication.
BEFORE_PUBLICATION = "before the publication"


def in_one_zone(
    changed: datetime, published: datetime, zones_known: tuple[bool, bool]
) -> tuple[datetime, datetime]:
    """Both times in the zone that the page names for one of them alone (`zones_known`, of the change and of the publication),
    where the change is before the publication otherwise, and is not so there: "Updated 9:25am" of "09:20:05 PDT". Else
    both as they are.

    >>> changed, published = datetime(2012, 10, 29, 9, 25, tzinfo=UTC), datetime.fromisoformat("2012-10-29T09:20:05-07:00")
    >>> in_one_zone(changed, published, (False, True))[0].isoformat()
    '2012-10-29T09:25:00-07:00'
    """
    have_times = dates.has_time(changed) and dates.has_time(published)
    if zones_known[0] == zones_known[1] or not have_times or changed >= published:
        return changed, published
    zone = published.tzinfo if zones_known[1] else changed.tzinfo
    in_zone = changed.replace(tzinfo=zone), published.replace(tzinfo=zone)
    return in_zone if in_zone[0] >= in_zone[1] else (changed, published)


def is_before(changed: datetime, published: datetime) -> bool:
    """Whether a page was changed last before it was published, and so not at all since: WordPress keeps the last edit of the
    draft of a post that was scheduled. The day of publication without a time of day tells of no change after its time.

    >>> noon = datetime(2025, 4, 3, 12, tzinfo=UTC)
    >>> is_before(noon.replace(hour=9), noon), is_before(noon.replace(hour=0), noon), is_before(noon, noon)
    (True, True, False)
    """
    if dates.has_time(published):
        return changed < published if dates.has_time(changed) else changed.date() <= published.date()
    return changed.date() < published.date()


def _of_fetch(
    read: Mapping[Claim, datetime], now: datetime | None, made_at: Sequence[datetime]
) -> list[Claim]:
    """The claims whose time is that of the fetch. Where the site's feed or API, which were read before, state that time too, the post
    was published or changed a moment ago, and it is right.

    A cache may have got the page when its post was published, and so says when it did: then a publication at that time is right.
    """
    fetched = [now] if now is not None else []
    changes = {claim for claim in read if claim.field == "date_modified" or _is_change(claim)}
    found = [c for c, when in read.items() if is_of_fetch(when, made_at if c in changes else fetched)]
    return [] if any(claim.source.place in _DATING_BACK for claim in found) else found


def _is_change(claim: Claim) -> bool:
    return claim.source.qualifier is Qualifier.MODIFIED


def read_claims(
    claims: Sequence[Claim],
    now: datetime | None,
    rules: Rules,
    *,
    made_at: Sequence[datetime] = (),
    month_first: bool = False,
    url: str = "",
) -> tuple[dict[Claim, datetime], list[Candidate]]:
    """Claims with the time that each states, and the refused claims: texts that are no date, impossible dates, the time of the
    fetch, and dates in the text that contradict the declared ones (`contradicted`). Refused claims of changes are left out, since they
    are candidates of `date_modified`."""
    read: dict[Claim, datetime] = {}
    refused: list[tuple[Claim, str]] = []
    for claim in claims[:MAX_DATES]:
        if (when := dates.parse(claim.value, rules)) is None:
            refused.append((claim, _refusal(when, now)))
        else:
            other = dates.year_last(claim.value, rules) if _refusal(when, now) else None
            read[claim] = other or when
    read = _in_order(read, now, rules, month_first, _IN_ADDRESS.search(url))
    for claim, when in list(read.items()):
        if (reason := _refusal(when, now)) and not _is_dated_back(when, read):
            refused.append((claim, reason))
            del read[claim]
    for claim in _of_fetch(read, now, made_at):
        refused.append((claim, OF_FETCH))
        del read[claim]
    for claim in contradicted(read, url):
        refused.append((claim, "printed, while the page or its address declares another day"))
        del read[claim]
    return read, [claim.candidate(reason=reason) for claim, reason in refused if not _is_change(claim)]


def _in_order(
    read: Mapping[Claim, datetime],
    now: datetime | None,
    rules: Rules,
    month_first: bool,
    month: re.Match[str] | None,
) -> dict[Claim, datetime]:
    """The times with day and month in the order of the page, where their numbers leave it open (03/04/2025, 11.03.17).

    The order is told by the time of the fetch, which no date can follow, then by a day that the page states in another
    form, by the `month` of its address, by its other dates in numbers with the same sign between them, and last by
    `month_first`. Address and `month_first` are ignored for dates with points: 03.04.2025 is in March only on a page that shows
    it elsewhere.
    """
    orders = {c: dates.order(c.value) for c in read}
    certain = {w.date() for c, w in read.items() if orders[c] is None and c.source.place not in FROM_TEXT}
    out = {}
    for claim, when in read.items():
        order = orders[claim]
        swapped = when if order is None else dates.parse(claim.value, rules, day_first=False)
        if order is not None and order.open and swapped is not None:
            others = [o.month_first for o in orders.values() if o and o.sign == order.sign and not o.open]
            if _refusal(when, now) or _refusal(swapped, now):
                when = swapped if _refusal(when, now) else when
            elif _is_near(swapped.date(), certain) != _is_near(when.date(), certain):
                when = swapped if _is_near(swapped.date(), certain) else when
            elif month and order.sign != "." and _is_in(swapped, month) != _is_in(when, month):
                when = swapped if _is_in(swapped, month) else when
            elif others[0] if others else month_first and order.sign != ".":
                when = swapped
        out[claim] = when
    return out


def _is_in(when: date, month: re.Match[str]) -> bool:
    return (when.year, when.month) == (int(month[1]), int(month[2]))


def _is_near(day: date, days: Iterable[date]) -> bool:
    """Whether a day is one of `days`, or the day before or after it in another time zone."""
    return any(_days_between(day, other) <= MAX_ZONE_DAYS for other in days)


def options(read: dict[Claim, datetime], rules: Rules) -> list[Option]:
    """One option for each day. A moment that is written in two time zones is one day: the day that a date without a time
    states, too, else that of the local time.

    The first claim of an option is one with a time of day and a zone. A day of change is an option only where no
    better claim states a day of publication.
    """
    if any(not _is_change(c) and c.source.position not in UNSURE_POSITIONS for c in read):
        stated = {when.date() for claim, when in read.items() if not _is_change(claim)}
        read = {c: w for c, w in read.items() if w.date() in stated or not _is_change(c)}
    bare = {when.date() for when in read.values() if not dates.has_time(when)}
    moments: dict[datetime, date] = {}
    for when in sorted(read.values(), key=lambda w: (w.date() not in bare, w.utcoffset() == timedelta(0))):
        moments.setdefault(when, when.date())
    days: dict[date, list[Claim]] = {}
    for claim, when in read.items():
        days.setdefault(moments[when] if dates.has_time(when) else when.date(), []).append(claim)
    out = []
    for day, claims in days.items():
        group = sorted(claims, key=lambda c: (read[c].date() != day, *_vagueness(c, read[c], rules)))
        first = tuple(c for c in group if not _is_change(c))
        is_change = 0 < len(first) < len(group) and all(c.source.place in MARKUP for c in first)
        out.append(Option(first or tuple(group), (Trait.DAY_OF_CHANGE,) if is_change else ()))
    return out


def _vagueness(claim: Claim, when: datetime, rules: Rules) -> tuple[bool, bool, bool]:
    """Sort key: times with a zone first, days without a time last. Of times at Greenwich those to the second come first."""
    has_time, is_utc = dates.has_time(when), when.tzinfo is UTC
    return (
        not has_time,
        has_time and is_utc and not dates.names_zone(claim.value, rules),
        is_utc and when.second == 0,
    )


def _is_dated_back(when: datetime, read: Mapping[Claim, datetime]) -> bool:
    """Whether a day before the web is the day of a letter that the site prints: its API or feed states it of the post, or the page
    declares it, and its address or a day that readers see is the same.

    Head, JSON-LD and sitemap are no two witnesses, since one plug-in fills them all from one value. Microdata marks the day that
    readers see.
    """
    if when >= MIN_DATE or any(first <= when.date() <= last for first, last in MISSING_DATES):
        return False
    places = {
        c.source.place for c, other in read.items() if other.date() == when.date() and not _is_change(c)
    }
    stated = places & _DECLARED - _NOT_DECLARED
    if places & _DATING_BACK:
        return True
    if Place.URL in places:
        return bool(stated)
    return bool(stated - TIMES - {Place.MICRODATA}) and not places.isdisjoint(TIMES | FROM_TEXT)


def _refusal(when: datetime | None, now: datetime | None) -> str:
    """The reason why a time cannot be the day of a page, "" where it can."""
    if when is None:
        return "not a date"
    if when < MIN_DATE:
        return "before the web"
    return "in the future" if now is not None and when - MAX_AHEAD > now else ""
