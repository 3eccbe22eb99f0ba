"""When it was published and when changed: the choice among all dates that a page offers.

A day that the page declares beats a day that it prints.

Head, JSON-LD, microdata, the post's own `<time>`, the site's API and its feed are written by the software that published the post. A line of
text may be a day of anything: an event, a book, another story of the list beside it. So a printed day that lies apart
from all declared ones is refused ("kath.net declares 12 November 2021 and prints 25 December 2005 in its first
sentence"). It is heard in three cases:

- the page declares nothing, nor does its address state a day ("/2021/11/12/");
- the address states a day that no declared one is near: then the declared ones are of the page's last rebuilding;
- the page declares one bare day for publication and change alike, as site builders do that keep the last change only,
  and the printed day is before it.

Costs 0.6 points of dates on 791 real pages, of which 10 change, and earns none on 491 others
(`docs/benchmarks/ablation.md`).

A date for a page that states none: what it keeps in scripts, counts from now, or tells by the month.

Each is weaker than any date that a page states, so that they are asked in order, and only where nothing else was
found; the source says which it was. One that is qualified by `MONTH` stands for the first day of that month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from newsarchive.core.metadata import dates
from newsarchive.core.metadata.claims import Claim, Option, Trait, plain, weigh
from newsarchive.core.metadata.sources import (
    DATES,
    DECLARING,
    MARKUP,
    OF_POST,
    TIMES,
    Place,
    Position,
    Qualifier,
    Source,
)
from newsarchive.items import Block, Candidate
from newsarchive.rules import Rules

#: Days by which one moment may be dated apart in two time zones. A printed day no further from a declared one refines it.
MAX_ZONE_DAYS = 1
#: Days by which an address may differ from a declared day: a post is filed when it is begun, and published later.
MAX_ADDRESS_DAYS = 2

#: Sources that declare a day, of publication or of a change.
_DECLARED = DECLARING | TIMES | OF_POST
#: Those of them that do not declare that of publication: content systems fill them with any day of the page.
_NOT_DECLARED = frozenset((Place.META_DATE, Place.META_CREATED, Place.JSON_LD_PAGE_CREATED))
#: Sources that are read from what stands printed on the page.
PRINTED = DATES | {Place.TEXT}
#: Positions of dates that may be another article's.
UNSURE_POSITIONS = frozenset((Position.ELSEWHERE, Position.LATER, Position.ALONE, Position.BELOW))
#: Days of a change, and the site's own of a later publication.
_OF_CHANGES = frozenset((Qualifier.MODIFIED, Qualifier.AFTER_DECLARED))


def contradicted(read: Mapping[Claim, datetime]) -> list[Claim]:
    """The printed claims among `read` that lie apart from every day that the page declares for its publication."""
    stated = {c: w for c, w in read.items() if _declares(c)}
    address = [w.date() for c, w in read.items() if c.source.bare is Place.URL]
    days, most = {w.date() for w in stated.values()}, MAX_ZONE_DAYS
    if not days:
        days, most = set(address), MAX_ADDRESS_DAYS
    elif address and all(_apart(one, day) > MAX_ADDRESS_DAYS for one in address for day in days):
        return []
    if not days:
        return []
    only = _only_changed(stated, read)
    return [
        claim
        for claim, when in read.items()
        if claim.field == "date_published"
        and claim.source.place in PRINTED
        and claim.source.qualifier is not Qualifier.MODIFIED
        and all(_apart(when.date(), day) > most for day in days)
        and not (only and when.date() < min(days))
    ]


def _declares(claim: Claim) -> bool:
    place, position, qualifier, _ = claim.source
    return (
        place in _DECLARED
        and place not in _NOT_DECLARED
        and position not in UNSURE_POSITIONS
        and qualifier not in _OF_CHANGES
    )


def _only_changed(stated: Mapping[Claim, datetime], read: Mapping[Claim, datetime]) -> bool:
    """Whether all that is declared of publication is one day without a time, and that of the declared change."""
    changes = {
        when.date()
        for claim, when in read.items()
        if claim.source.qualifier is Qualifier.MODIFIED and claim.source.place in _DECLARED
    }
    return len({when.date() for when in stated.values()}) == 1 and all(
        (when.hour, when.minute, when.second) == (0, 0, 0)
        and any(_apart(when.date(), day) <= MAX_ZONE_DAYS for day in changes)
        for when in stated.values()
    )


def _apart(one: date, other: date) -> int:
    """Days between two days."""
    return abs((one - other).days)


#: What some stems have in common, and the stems.
Stems = tuple[str, tuple[str, ...]]
#: A claim with the time that it stands for.
Trace = tuple[Claim, datetime]

#: As much of a page as is searched for what its scripts keep, in characters, and most values read there.
_SEARCHED, _MOST = 1_500_000, 200
#: How far from the headline a script may keep the date that belongs to it, in characters.
_APART = 3000
#: Longest line that is counted from now; and how much a line that names a month may hold beside it, in characters.
_LINE, _BESIDE = 40, 24
#: How many blocks after and before the headline are read.
_AFTER, BEFORE, _BELOW = 8, 3, 300
#: Positions of marked times that may be those of other posts.
_FAR = frozenset((Position.ELSEWHERE, Position.LATER))
#: What a time of day, or a count of hours or minutes, looks like: other texts are known to the day.
_CLOCK = re.compile(
    r"\d\s*[:h]\s*\d\d|\d\s?(?:m|h|uhr|stund|or[ae]|uur|godz|tim|tunti|час|годин|хвил|saat|jam|时|小时|時間|分|시간)",
    re.IGNORECASE,
)
#: The rest of a name, and its value in whatever quotes.
_QUOTE = r"(?:\\{0,3}[\"']|&quot;|&#34;)"
_VALUE = re.compile(
    rf"[A-Za-z]+(?:[_-][A-Za-z]+){{0,4}}{_QUOTE}?\s?[:=,]\s?(?:{_QUOTE}([^\"'\\<>{{}}&]{{2,40}})|(1\d{{9,12}})(?!\d))"
)
#: As much of a page around a stem as may hold the rest of the name, in characters.
_BEFORE_STEM, _BEHIND_STEM = 12, 28
_IN_PICTURE = re.compile(r"/((?:19|20)\d\d)[/-](\d\d)[/-](\d\d)[/_-]")
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2])(?=/[^/\d][^/]*)")


def find(
    page: str,
    title: str,
    claims: Sequence[Claim],
    blocks: Sequence[Block],
    url: str,
    now: datetime | None,
    rules: Rules,
) -> Iterator[Trace]:
    """Traces of the day of publication, the surest first.

    `page` is the page as text, `claims` are those for the date that could not be read, `blocks` start near the
    headline `title`, `now` is when the page was fetched: without it nothing is counted from it.
    """
    yield from in_state(page, title, rules)
    if now is not None:
        yield from counted(claims, blocks[: BEFORE + _AFTER], now, rules)
    yield from months(blocks[:_BELOW], rules)
    if match := _IN_ADDRESS.search(url):
        yield (
            Claim("date_published", match[0], Source(Place.URL, qualifier=Qualifier.MONTH)),
            datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC),
        )
    for claim in claims:
        match = _IN_PICTURE.search(claim.value) if claim.field == "image" else None
        if match and (day := dates.parse("-".join(match.groups()), rules)) is not None:
            yield Claim("date_published", claim.value, Source(Place.IMAGE)), day


def in_state(page: str, title: str, rules: Rules) -> Iterator[Trace]:
    """The time of publication in what scripts and `data-` attributes keep; of several days that by the headline.

    Where several are kept and none of them by the headline, none is taken.

    Earns 0.6 points of dates on real pages: 8 of 1,282 get one (`docs/benchmarks/ablation.md`).
    """
    page = page[:_SEARCHED]
    for kind in ("dates", "later"):
        kept = _kept(page, kind, rules)
        read = [(at, value, when) for at, value in kept if (when := dates.parse(value, rules)) is not None]
        if len({when.date() for _, _, when in read}) > 1:
            places = list(islice(_places(title, page), _MOST)) if title else []
            apart = [min((abs(at - place) for place in places), default=_APART) for at, _, _ in read]
            read = [read[apart.index(min(apart))]] if min(apart) < _APART else []
        if read:
            _, value, when = read[0]
            yield Claim("date_published", value, Source(Place.SCRIPT)), when
            return


def authors_in_state(page: str, rules: Rules) -> Iterator[Claim]:
    """The author's name in what scripts and `data-` attributes keep, where they give one name only.

    Earns 0.3 points of authors on half of the real pages (`docs/benchmarks/ablation.md`).
    """
    found = {plain(value) for _, value in _kept(page[:_SEARCHED], "authors", rules)}
    if len(found) == 1:
        yield Claim("authors", found.pop(), Source(Place.SCRIPT))


def _kept(page: str, kind: str, rules: Rules) -> list[tuple[int, str]]:
    """Place and value of `"publishDate": "2025-04-03"`, `data-publish-date="2025-04-03"`, `publishDate=1743674000`."""
    stems, names = _names(kind, rules)
    places = sorted(at for start, ends in stems for at in _places(start, page) if page.startswith(ends, at))
    keys = (names.search(page, max(0, at - _BEFORE_STEM), at + _BEHIND_STEM) for at in places)
    values = (_VALUE.match(page, key.start()) for key in keys if key)
    return list({m.start(): (m.start(), m[1] or m[2]) for m in values if m}.values())[:_MOST]


def _places(text: str, page: str) -> Iterator[int]:
    at = page.find(text)
    while at >= 0:
        yield at
        at = page.find(text, at + len(text))


@lru_cache(maxsize=8)
def _names(kind: str, rules: Rules) -> tuple[list[Stems], re.Pattern[str]]:
    """What is looked for first, since that is fast, and the names in full."""
    table = rules.metadata.get("traces", {}).get("state", {}).get(kind, {})
    either = "|".join(name.replace("_", "[_-]?") for name in table.get("names", [])) or "$^"
    return _stems(table.get("stems", [])), re.compile(
        rf"(?<!last)(?<!last[_-])(?<!re)(?<!un)(?:{either})", re.IGNORECASE
    )


def _stems(stems: Sequence[str]) -> list[Stems]:
    """Stems by what they begin with: each search through a page takes its time, and a beginning needs one.

    >>> _stems(["ublish", "ub-dat", "reated"])
    [('ub', ('ublish', 'ub-dat')), ('reated', ('reated',))]
    """
    by_beginning: dict[str, list[str]] = {}
    for stem in stems:
        by_beginning.setdefault(stem[:2], []).append(stem)
    return [(_shared(min(alike), max(alike)), tuple(alike)) for alike in by_beginning.values()]


def _shared(one: str, other: str) -> str:
    """What two words begin with alike; of the first and the last of some in order, what all of them do."""
    return "".join(a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def counted(claims: Sequence[Claim], blocks: Sequence[Block], now: datetime, rules: Rules) -> Iterator[Trace]:
    """Times counted from now: marked as a date, or in a line of their own ("3 hours ago", "gestern, 14:30 Uhr").

    Earns nothing on saved pages, whose time of fetching nobody knows; three cases in the wild need it
    (`docs/benchmarks/ablation.md`).
    """
    for claim in claims:
        near = claim.field == "date_published" and claim.source.position not in _FAR
        if near and (when := counted_from(claim.value, now, rules)) is not None:
            yield Claim("date_published", claim.value, claim.source.qualified(Qualifier.RELATIVE)), when
    for line in (line for block in blocks for line in block.text[:400].split("\n")):
        if any(map(str.isdigit, line)) and (when := counted_from(line, now, rules)) is not None:
            yield Claim("date_published", line, Source(Place.TEXT, qualifier=Qualifier.RELATIVE)), when


def counted_from(text: str, now: datetime, rules: Rules) -> datetime | None:
    """What a text like "3 hours ago" means, counted from `now`; `None` for another text and for a change.

    Midnight UTC where the text names a day only. More than a year ago is too vague for a day.
    """
    folded = text.casefold()
    if len(text) > _LINE or dates.says_modified(text, rules):
        return None
    languages = [code for code, words in _relative(rules).items() if any(word in folded for word in words)]
    said = folded
    for word in rules.metadata.get("months", {}).get("published", {}).get("words", []):
        said = said.replace(word, " ")
    found = _dateparser(said.strip(" :,.|·•-–"), languages[:4], now) if languages else None
    if found is None or not now - timedelta(days=366) < found <= now:
        return None
    return found.replace(second=0, microsecond=0) if _CLOCK.search(folded) else _midnight(found)


def _midnight(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


@lru_cache(maxsize=8)
def _relative(rules: Rules) -> dict[str, list[str]]:
    """Language → the words of times counted from now."""
    return {code: list(words) for code, words in rules.metadata.get("traces", {}).get("relative", {}).items()}


def _dateparser(text: str, languages: list[str], now: datetime) -> datetime | None:
    import dateparser

    settings = {
        "PARSERS": ["relative-time"],
        "RELATIVE_BASE": now.astimezone(UTC).replace(tzinfo=None),
        "RETURN_AS_TIMEZONE_AWARE": True,
        "TIMEZONE": "UTC",
    }
    try:
        found: datetime | None = dateparser.parse(text, languages=languages, settings=settings)
    except Exception:  # dateparser raises whatever its regular expressions and tables stumble on
        return None
    return found


def months(blocks: Sequence[Block], rules: Rules) -> Iterator[Trace]:
    """A month in a line with nothing else near the headline, or behind a word for publishing anywhere below.

    Earns 0.3 points of dates on half of the real pages (`docs/benchmarks/ablation.md`).
    """
    for i, block in enumerate(blocks):
        for line in block.text.split("\n") if len(block.text) <= 400 else ():
            found = dates.month(line, rules) if len(line) <= 80 else None
            if found is None or len(line) - len(found[1]) > _BESIDE:
                continue
            alone = i < BEFORE + _AFTER and len(line) - len(found[1]) <= 3
            if alone or dates.signs(line, rules):
                yield Claim("date_published", line, Source(Place.TEXT, qualifier=Qualifier.MONTH)), found[0]


#: No page of the web is older; what claims to be is an epoch or a mistake.
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
#: How far ahead of the capture a page may be: a local time, read as UTC.
AHEAD = timedelta(days=1)
#: Most dates of one page that are read.
MOST = 60


@dataclass(frozen=True, slots=True)
class Dated:
    """What was decided for one date field: the time, the text it was read from, and its source; `None` for nothing."""

    value: datetime | None = None
    raw: str = ""
    source: Source | None = None


def decide(
    claims: Sequence[Claim], field: str, now: datetime | None, rules: Rules, *, month_first: bool = False
) -> tuple[Dated, list[Candidate]]:
    """The day that the claims of one field speak for most, and every claim with the reason.

    `now` is when the page was fetched: what lies more than a day after it is refused. `month_first`
    reads 03/04/2025 as March where the page's other dates leave it open (`_in_order`). Among the claims of
    `date_published` may stand those of a change (`changes`), which lose against most.
    """
    read, refused = read_claims(claims, now, rules, month_first=month_first)
    offered = options(read)
    chosen, candidates = weigh(offered, field, rules)
    weighed = (claim for option in offered for claim in option.claims)  # in the order of the candidates
    out = [
        c for claim, c in zip(weighed, candidates, strict=True) if c.chosen or not _is_change(claim)
    ] + refused
    if chosen is None:
        return Dated(), out
    first = chosen.claims[0]
    return Dated(read[first], first.value, first.source), out


def last_resort(traces: Iterable[Trace], now: datetime | None) -> tuple[Dated, list[Candidate]]:
    """The first trace that is a possible day, for a page that states none (`facts.traces`)."""
    refused: list[Candidate] = []
    for claim, when in traces:
        if reason := _refusal(when, now):
            refused.append(claim.candidate(reason=reason))
            continue
        chosen = claim.candidate(chosen=True, reason="a trace: the page states no date")
        return Dated(when, claim.value, claim.source), [*refused, chosen]
    return Dated(), refused


def changes(claims: Sequence[Claim]) -> list[Claim]:
    """Claims of a change as claims of publication: a page that only tells when it was changed is filed under
    that day, and the source says so; and a printed date that is known to be a change is believed less."""
    return [replace(c, field="date_published", source=c.source.qualified(Qualifier.MODIFIED)) for c in claims]


def _is_change(claim: Claim) -> bool:
    return claim.source.qualifier is Qualifier.MODIFIED


def read_claims(
    claims: Sequence[Claim], now: datetime | None, rules: Rules, *, month_first: bool = False
) -> tuple[dict[Claim, datetime], list[Candidate]]:
    """Claims with the time that each states, and those refused: what is no date, what cannot be one, and what is
    printed on another day than the page declares (`facts.declared`); but no changes, of which `date_modified` tells."""
    read: dict[Claim, datetime] = {}
    refused: list[tuple[Claim, str]] = []
    for claim in claims[:MOST]:
        when = dates.parse(claim.value, rules)
        if when is None:
            refused.append((claim, _refusal(when, now)))
        else:
            read[claim] = when
    read = _in_order(read, now, rules, month_first)
    for claim, when in list(read.items()):
        if reason := _refusal(when, now):
            refused.append((claim, reason))
            del read[claim]
    for claim in contradicted(read):
        refused.append((claim, "printed, while the page declares another day"))
        del read[claim]
    return read, [claim.candidate(reason=reason) for claim, reason in refused if not _is_change(claim)]


def _in_order(
    read: Mapping[Claim, datetime], now: datetime | None, rules: Rules, month_first: bool
) -> dict[Claim, datetime]:
    """The times with day and month in the order of the page, where numbers leave it open (03/04/2025, 11.03.17).

    What tells the order: that the page was there already when it was fetched, a day that it states in another form,
    its other dates in numbers with the same sign between them, then `month_first`. That is not heard where points stand:
    03.04.2025 is March only on a page that shows it elsewhere.
    """
    orders = {c: dates.order(c.value) for c in read}
    certain = {w.date() for c, w in read.items() if orders[c] is None and c.source.place not in PRINTED}
    out = {}
    for claim, when in read.items():
        order = orders[claim]
        swapped = when if order is None else dates.parse(claim.value, rules, day_first=False)
        if order is not None and order.open and swapped is not None:
            others = [o.month_first for o in orders.values() if o and o.sign == order.sign and not o.open]
            if _refusal(when, now) or _refusal(swapped, now):
                when = swapped if _refusal(when, now) else when
            elif _near(swapped.date(), certain) != _near(when.date(), certain):
                when = swapped if _near(swapped.date(), certain) else when
            elif others[0] if others else month_first and order.sign != ".":
                when = swapped
        out[claim] = when
    return out


def _near(day: date, days: Iterable[date]) -> bool:
    """Whether a day is one of `days`, or the day before or after it: time zones part them."""
    return any(abs((day - other).days) <= MAX_ZONE_DAYS for other in days)


def options(read: dict[Claim, datetime]) -> list[Option]:
    """One option a day; one moment that is written in two time zones is one day: that which a date without a time
    names as well, else that of the place.

    The claim with a time of day and a zone spells it. A day of change is an option where no better claim says
    when the page was published.
    """
    if any(not _is_change(c) and c.source.position not in UNSURE_POSITIONS for c in read):
        stated = {when.date() for claim, when in read.items() if not _is_change(claim)}
        read = {c: w for c, w in read.items() if w.date() in stated or not _is_change(c)}
    bare = {when.date() for when in read.values() if not _has_time(when)}
    moments: dict[datetime, date] = {}
    for when in sorted(read.values(), key=lambda w: (w.date() not in bare, w.utcoffset() == timedelta(0))):
        moments.setdefault(when, when.date())
    days: dict[date, list[Claim]] = {}
    for claim, when in read.items():
        days.setdefault(moments[when] if _has_time(when) else when.date(), []).append(claim)
    return [
        _option(sorted(group, key=lambda c: (read[c].date() != day, *_vague(read[c]))))
        for day, group in days.items()
    ]


def _option(group: Sequence[Claim]) -> Option:
    stated = tuple(c for c in group if not _is_change(c))
    if not stated:
        return Option(tuple(group))
    printed = len(stated) < len(group) and all(c.source.place in MARKUP for c in stated)
    return Option(stated, (Trait.DAY_OF_CHANGE,) if printed else ())


def _has_time(when: datetime) -> bool:
    return (when.hour, when.minute, when.second) != (0, 0, 0)


def _vague(when: datetime) -> tuple[bool, bool]:
    return not _has_time(when), when.tzinfo is UTC and when.second == 0


def _refusal(when: datetime | None, now: datetime | None) -> str:
    if when is None:
        return "not a date"
    try:
        if when < OLDEST:
            return "before the web"
        return "in the future" if now is not None and when > now + AHEAD else ""
    except OverflowError:
        return "not a date"
