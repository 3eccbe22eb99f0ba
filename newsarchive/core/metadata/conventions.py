"""Decide an article's date and authors again by what its site always does.

WordPress's default theme shows no date of the post, but a list "More posts" with the dates of the newest ones, so each
page alone seems to be of the day of the newest post. One page cannot tell whether "24 July 2024" beside its headline is
the day of its post; all pages of a site together can. They also tell whether 03/04/2025 is in March, the time zone, a
name that stands on every page, and the words that the site puts around names.

The record of each page keeps which days and names each source states, and what the page alone was read as (`Said`).
`core/site_template/conventions.py` learns conventions from these records; they are applied here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from newsarchive.core.metadata import authors, dates, publication_date
from newsarchive.core.metadata.bylines import headline_index
from newsarchive.core.metadata.claims import Claim
from newsarchive.core.metadata.publication_date import Dated
from newsarchive.core.metadata.sources import (
    DECLARING,
    JSON_LD_PAGE,
    TOLD,
    Place,
    Qualifier,
    Source,
    source_of,
)
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import parts_of
from newsarchive.items import Article, Author, Candidate, SourceText
from newsarchive.rules import Rules

#: The source of what the page alone was read as.
DECIDED = ""
#: Days kept of one source on one page: a list of other posts shows itself by its first days.
MAX_DAYS_OF_SOURCE = 4
#: Days kept of one page, over all sources.
MAX_DAYS = 24
#: Claims of authors that are kept of one page.
MAX_AUTHOR_CLAIMS = 12
#: Longest name that is kept, in characters; a longer text is no name.
MAX_NAME_CHARACTERS = 60
#: A date in numbers that may open with the day or with the month.
_EITHER_ORDER = re.compile(r"(?<!\d)\d{1,2}([/-])\d{1,2}\1(?:\d\d){1,2}(?!\d)")
#: What tells the zone of a time.
_ZONE = re.compile(r"(?:\dZ|UTC|GMT|[+-]\d\d:?\d\d)\s*\)?$", re.IGNORECASE)


class Day(NamedTuple):
    """A day that one source of a page names for its publication. `source` is its spelling, as records keep it.

    `day` is its ordinal (`date.toordinal`) where numbers open with the day, `swapped` where they open with the month, 0
    where they cannot or where nothing is open. `minute` counts minutes since 1970 in UTC, 0 for a day without a time.
    `offset` is the zone's in minutes, `None` where none is given with a time, and 0 for a day without one. `order` is 1
    for numbers that must open with the month, -1 with the day, 0 for all else.
    """

    source: str
    day: int
    minute: int = 0
    offset: int | None = 0
    swapped: int = 0
    order: int = 0

    @property
    def stands(self) -> Source:
        """Where the day stands."""
        return source_of(self.source)


class Names(NamedTuple):
    """The authors that one source of a page names, as they are read."""

    source: str
    names: tuple[str, ...]

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(map(key, self.names))


class Said(NamedTuple):
    """What a page says. The source `DECIDED` stands for what the page alone was read as."""

    days: tuple[Day, ...] = ()
    names: tuple[Names, ...] = ()

    @property
    def decided_day(self) -> Day | None:
        return next((d for d in self.days if d.source == DECIDED), None)

    @property
    def decided_names(self) -> Names | None:
        return next((n for n in self.names if n.source == DECIDED), None)

    def days_of(self, sources: Iterable[str]) -> list[Day]:
        wanted = frozenset(sources)
        return [d for d in self.days if d.source in wanted]

    def names_of(self, sources: Iterable[str]) -> list[Names]:
        wanted = frozenset(sources)
        return [n for n in self.names if n.source in wanted]


#: What a page without dates and names says.
NOTHING = Said()


def said_by(article: Article, rules: Rules) -> Said:
    """What the page of an article says, from its candidates and from what feed and API say of the post.

    Takes the article as the page alone gave it, before anything learned was applied.
    """
    return Said(_days(article, rules), _names(article, rules))


def _days(article: Article, rules: Rules) -> tuple[Day, ...]:
    claims = of_field(article.candidates, "date_published")
    rules = of_article(article, rules, claims)
    found: dict[Day, None] = {}
    if article.date_published is not None:
        found[_day(DECIDED, article.date_published, article.date_published_raw)] = None
    told = _told(article)
    if told and told.published and not any(c.source.bare in TOLD for c in claims):
        found[_day(told.source, told.published, "")] = None
    counts: dict[Source, int] = {}
    for claim in claims:
        if counts.get(claim.source, 0) < MAX_DAYS_OF_SOURCE and len(found) < MAX_DAYS:
            day = read_day(claim, rules)
            if day is not None and day not in found:
                counts[claim.source] = counts.get(claim.source, 0) + 1
                found[day] = None
    return tuple(found)


def _told(article: Article) -> SourceText | None:
    """What API or feed say of this post."""
    told = article.capture.source_text if article.capture else None
    return told if told and told.source in TOLD else None


def of_field(candidates: Sequence[Candidate], field: str) -> list[Claim]:
    """The claims behind candidates, without those that are about other posts; what `kind` and `url` they had is not
    known any more."""
    claims = (Claim(c.field, c.value, source_of(c.source)) for c in candidates if c.field == field)
    return [claim for claim in claims if claim.source.qualifier is not Qualifier.OF_OTHERS]


def of_article(article: Article, rules: Rules, claims: Sequence[Claim]) -> Rules:
    """The rules by which an article's dates are read: some languages have months of their own."""
    if dates.has_own((c.value for c in claims), rules):
        return dates.of_language(rules, article.in_language.partition("-")[0])
    return rules


def read_day(claim: Claim, rules: Rules) -> Day | None:
    """The day that a claim names, in both orders where its numbers leave that open; `None` for none."""
    when = dates.parse(claim.value, rules)
    if when is None:
        return None
    day = _day(str(claim.source), when, claim.value)
    match = _EITHER_ORDER.search(claim.value)
    if match is None:
        return day
    other = dates.parse(claim.value, rules, day_first=False)
    if other is not None and other.date() != when.date():
        return day._replace(swapped=other.date().toordinal())
    month_first = dates.certain(claim.value)
    return day if month_first is None else day._replace(order=1 if month_first else -1)


def _day(source: str, when: datetime, value: str) -> Day:
    if not dates.has_time(when):
        return Day(source, when.date().toordinal())
    offset = when.utcoffset() or timedelta()
    told = offset != timedelta() or source in TOLD or has_zone(value)
    minutes = int(offset.total_seconds() // 60) if told else None
    return Day(source, when.date().toordinal(), int(when.timestamp() // 60), minutes)


def has_zone(value: str) -> bool:
    """Whether a text with a time says in which zone it is."""
    return _ZONE.search(value.strip()) is not None


def _names(article: Article, rules: Rules) -> tuple[Names, ...]:
    claims = of_field(article.candidates, "authors")
    found: dict[str, list[str]] = {}
    if article.authors:
        found[DECIDED] = [author.name for author in article.authors]
    told = _told(article)
    if told and told.author and not any(c.source.bare in TOLD for c in claims):
        claims = [Claim("authors", told.author, source_of(told.source)), *claims]
    for claim in dict.fromkeys(claims[:MAX_AUTHOR_CLAIMS]):
        read = [author.name for author in authors.read(claim, rules)]
        found.setdefault(str(claim.source), []).extend(n for n in read if len(n) <= MAX_NAME_CHARACTERS)
    return tuple(Names(source, tuple(dict.fromkeys(names))) for source, names in found.items() if names)


#: Sources that name the post's author by a sign of their own, near its headline: they are heard against a name that
#: stands on every page.
STRONG = TOLD | {
    Place.JSON_LD, Place.MICRODATA, Place.AUTHOR, Place.BYLINE, Place.REL, Place.BOX, Place.TEXT, Place.META_CITATION,
}  # fmt: skip
#: Words of a name that must be left where words of a byline are taken off it.
MIN_NAME_WORDS = 2
#: What is left among the candidates of a page of changes and of `publication`'s last resorts.
_NO_CLAIMS = frozenset((Qualifier.MODIFIED, Qualifier.RELATIVE, Qualifier.MONTH))
_TRACE_PLACES = frozenset((Place.IMAGE, Place.SCRIPT))
#: Where a page declares a day of publication for the article, not for the page.
_DECLARED = DECLARING - JSON_LD_PAGE
#: The value of `Kind.ORDER` for numbers that open with the month.
MONTH_FIRST = "month first"
#: The value of `Kind.ORDER` for numbers that open with the day.
DAY_FIRST = "day first"


class Kind(StrEnum):
    """What a convention is about."""

    #: Dates in this source belong to the site: the newest post's, a list's, that of the theme.
    SITES_DATE = "date of the site"
    #: Dates in this source are the posts' own.
    OWN_DATE = "date of the post"
    #: Whether dates in numbers open with the month or with the day.
    ORDER = "order of day and month"
    #: The zone of times without one, in minutes east of UTC.
    ZONE = "time zone"
    #: This source names the same author on nearly all pages, whoever wrote them.
    SITES_NAME = "name of the site"
    #: Words that stand before or behind names.
    BYLINE = "words of bylines"


@dataclass(frozen=True, slots=True)
class Convention:
    """One thing that a site does always: in which source (as records spell it, "" for all), and what.

    `pages` show it, `against` show the contrary; `reason` says so in words.
    """

    kind: Kind
    source: str
    value: str
    pages: int
    against: int
    reason: str

    @property
    def name(self) -> str:
        """The same for the same convention, however many pages show it."""
        return f"{self.kind}\t{self.source}\t{self.value}"

    @property
    def stands(self) -> Source:
        """The source that it is about."""
        return source_of(self.source)


@dataclass(frozen=True)
class Conventions:
    """All conventions of a site."""

    known: tuple[Convention, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.known)

    @cached_property
    def _by_kind(self) -> dict[Kind, list[Convention]]:
        return {kind: [c for c in self.known if c.kind is kind] for kind in Kind}

    def of(self, kind: Kind) -> list[Convention]:
        return self._by_kind[kind]

    @cached_property
    def month_first(self) -> bool | None:
        """Whether numbers open with the month, `None` where the site's pages leave it open."""
        return next((c.value == MONTH_FIRST for c in self.of(Kind.ORDER)), None)

    @cached_property
    def zone(self) -> int | None:
        """Minutes east of UTC, `None` where the site's pages do not tell."""
        return next((int(c.value) for c in self.of(Kind.ZONE)), None)


# -- what sources are ------------------------------------------------------------------------------


def is_told(source: Source) -> bool:
    """Whether a source is the site's own word on this very post: its API or its feed."""
    return source.bare in TOLD


def is_address(source: Source) -> bool:
    """Whether a source is the post's address."""
    return source.bare is Place.URL


def is_declared(source: Source) -> bool:
    """Whether a source is what a page declares of itself as an article, in its head or in microdata."""
    return source.place in _DECLARED


def is_stated(source: Source) -> bool:
    """Whether a source states a day for this post, so that none has to be guessed from what is printed."""
    return is_told(source) or is_address(source) or is_declared(source)


# -- what they change ------------------------------------------------------------------------------


def effects(said: Said, conventions: Conventions) -> tuple[Convention, ...]:
    """The conventions by which a page is decided otherwise than it would be alone; `()` for most pages.

    Asks the page's record only: so learning knows, without the page, whether it must be read again.
    """
    if not conventions:
        return ()
    return (*_on_day(said, conventions), *_on_names(said, conventions))


def _on_day(said: Said, conventions: Conventions) -> Iterable[Convention]:
    decided = said.decided_day
    if decided is None:
        return
    same = {d.source for d in said.days if d.source != DECIDED and is_same(d, decided)}
    if not same & TOLD:
        sites = [c for c in conventions.of(Kind.SITES_DATE) if c.source in same]
        yield from sites
        own = [c for c in conventions.of(Kind.OWN_DATE) if said.days_of([c.source])]
        if (
            not sites
            and not any(c.source in same for c in own)
            and not any(is_stated(source_of(s)) for s in same)
        ):
            yield from own
    if conventions.month_first is not None and any(
        _other_order(d, conventions.month_first) == decided.day for d in said.days if d.source != DECIDED
    ):
        yield from conventions.of(Kind.ORDER)
    if decided.offset is None:
        yield from conventions.of(Kind.ZONE)


def is_same(one: Day, other: Day) -> bool:
    """Whether two sources may have named one day, whichever order of its numbers was meant."""
    days = {one.day, one.swapped} & {other.day, other.swapped} - {0}
    return bool(days) or (one.minute != 0 and one.minute == other.minute)


def _other_order(day: Day, month_first: bool) -> int:
    """The day in the order that is not the site's, 0 where nothing is open."""
    if not day.swapped:
        return 0
    return day.day if month_first else day.swapped


def _on_names(said: Said, conventions: Conventions) -> Iterable[Convention]:
    decided = said.decided_names
    if decided is None:
        return
    told = {name for names in said.names_of(TOLD) for name in names.keys}
    for convention in conventions.of(Kind.SITES_NAME):
        name = key(convention.value)
        if decided.keys == {name} and name not in told:
            others = (n for n in said.names if n.source in STRONG and n.source != convention.source)
            if any(name not in names.keys for names in others):
                yield convention
    for convention in conventions.of(Kind.BYLINE):
        if any(without(name, convention.value) != name for name in decided.names):
            yield convention


def without(name: str, words: str) -> str:
    """A name without words before or behind it, where enough of it is left to be a name.

    `words` are those of `Convention.value`: "… Staff Writer" stand behind a name, "Reporting by …" before it.

    >>> without("Jane Doe Staff Writer", "… Staff Writer")
    'Jane Doe'
    """
    parts, own = name.split(), words.split()
    behind = own[0] == "…"
    own = own[1:] if behind else own[:-1]
    held = parts[-len(own) :] if behind else parts[: len(own)]
    rest = parts[: -len(own)] if behind else parts[len(own) :]
    if [w.casefold() for w in held] != [w.casefold() for w in own] or len(rest) < MIN_NAME_WORDS:
        return name
    return " ".join(rest).strip(" ,;:|–—-")


# -- deciding again --------------------------------------------------------------------------------


def applied(
    article: Article,
    changing: Sequence[Convention],
    conventions: Conventions,
    rules: Rules,
    page_text: Callable[[], str] = str,
) -> Article:
    """An article, decided by its page alone, with date and authors as the site's conventions have them.

    `changing` are the `effects` on its page; without any the article is returned as it is. What lost by a convention
    says so in the reason of its candidate. `page_text` gives the page as text, "" where it is not at hand: it is asked
    only where no date is left, for the traces that pages without a date are read for.
    """
    if not changing:
        return article
    kinds = {convention.kind for convention in changing}
    if kinds & {Kind.SITES_DATE, Kind.OWN_DATE, Kind.ORDER, Kind.ZONE}:
        article = _dated(article, conventions, rules, page_text)
    if Kind.SITES_NAME in kinds:
        article = _signed(article, changing, rules)
    if Kind.BYLINE in kinds:
        article = _named(article, changing)
    return article


def _dated(article: Article, conventions: Conventions, rules: Rules, page_text: Callable[[], str]) -> Article:
    claims = [c for c in of_field(article.candidates, "date_published") if not _is_no_claim(c.source)]
    rules = of_article(article, rules, claims)
    sites = {c.stands: c for c in conventions.of(Kind.SITES_DATE)}
    refused = [c.candidate(reason=sites[c.source].reason) for c in claims if c.source in sites]
    offered = {_in_order(c, conventions.month_first, rules): c for c in claims if c.source not in sites}
    dated, candidates = _decide(list(offered), article, rules)
    if others := _elsewhere(dated, list(offered), conventions, rules):
        reason = conventions.of(Kind.OWN_DATE)[0].reason
        refused += [offered[c].candidate(reason=reason) for c in others]
        dated, candidates = _decide([c for c in offered if c not in others], article, rules)
    if dated.value is None:
        found = _fallbacks(article, claims, page_text(), rules)
        dated, more = publication_date.last_resort(found, _fetched(article))
        candidates = [*candidates, *more]
    printed = {(str(c.source), c.value): before.value for c, before in offered.items()}
    candidates = [replace(c, value=printed.get((c.source, c.value), c.value)) for c in candidates]
    source = str(dated.source) if dated.source else ""
    raw = printed.get((source, dated.raw), dated.raw)
    return replace(
        article,
        date_published=_in_zone(dated.value, raw, dated.source, conventions.zone),
        date_published_raw=raw,
        date_published_source=source,
        candidates=_replaced(article.candidates, "date_published", [*candidates, *refused]),
    )


def _elsewhere(dated: Dated, claims: Sequence[Claim], conventions: Conventions, rules: Rules) -> list[Claim]:
    """The claims that give way: all that are printed on a page which prints another day where the site's posts have
    theirs. What the page states of itself gives way to nothing printed."""
    own = frozenset(c.stands for c in conventions.of(Kind.OWN_DATE))
    if dated.value is None or dated.source is None or is_stated(dated.source):
        return []
    days = {day.day for c in claims if c.source in own and (day := read_day(c, rules))}
    if not days or dated.value.date().toordinal() in days:
        return []
    return [c for c in claims if c.source not in own and not is_stated(c.source)]


def _is_no_claim(source: Source) -> bool:
    """Whether a candidate's source stands for a last resort, or for a change, which is asked for by itself."""
    return source.qualifier in _NO_CLAIMS or source.bare in _TRACE_PLACES


def _decide(claims: Sequence[Claim], article: Article, rules: Rules) -> tuple[Dated, list[Candidate]]:
    changes = publication_date.changes(of_field(article.candidates, "date_modified"))
    return publication_date.decide([*claims, *changes], "date_published", _fetched(article), rules)


def _fetched(article: Article) -> datetime | None:
    return article.capture.fetched_at if article.capture else None


def _fallbacks(
    article: Article, claims: Sequence[Claim], text: str, rules: Rules
) -> Iterable[publication_date.Fallback]:
    """Days of publication for a page that states none."""
    start = max(0, headline_index(article.blocks, article.headline) - publication_date.MAX_BLOCKS_BEFORE)
    url = article.capture.base_url if article.capture else article.url
    images = of_field(article.candidates, "image")
    blocks = article.blocks[start:]
    return publication_date.find(
        text, article.headline, [*claims, *images], blocks, url, _fetched(article), rules
    )


def _in_order(claim: Claim, month_first: bool | None, rules: Rules) -> Claim:
    """A claim whose numbers leave the order open, written so that they leave nothing open."""
    day = read_day(claim, rules) if month_first is not None else None
    if day is None or not day.swapped or month_first is None:
        return claim
    ordinal = day.swapped if month_first else day.day
    return replace(claim, value=datetime.fromordinal(ordinal).date().isoformat() + _clock(claim, rules))


def _clock(claim: Claim, rules: Rules) -> str:
    when = dates.parse(claim.value, rules)
    if when is None or not dates.has_time(when):
        return ""
    return f"T{when:%H:%M:%S}" + (f"{when:%z}" if has_zone(claim.value) else "")


def _in_zone(value: datetime | None, raw: str, source: Source | None, zone: int | None) -> datetime | None:
    """A time that names no zone in that of the site."""
    if (
        value is None
        or zone is None
        or (source and source.bare in TOLD)
        or value.tzinfo is not UTC
        or has_zone(raw)
    ):
        return value
    if not dates.has_time(value):
        return value
    return value.replace(tzinfo=timezone(timedelta(minutes=zone)))


def _signed(article: Article, changing: Sequence[Convention], rules: Rules) -> Article:
    """The authors without those that the site names everywhere; somebody else is named, or nothing changes."""
    sites = {key(c.value): c for c in changing if c.kind is Kind.SITES_NAME}
    claims = of_field(article.candidates, "authors")
    read = {c: {key(a.name) for a in authors.read(c, rules)} for c in dict.fromkeys(claims)}
    gone = {c: next(iter(names)) for c, names in read.items() if len(names) == 1 and names <= sites.keys()}
    refused = [c.candidate(reason=sites[name].reason) for c, name in gone.items()]
    rest = [c for c in claims if c not in gone]
    host = parts_of(article.url).hostname or ""
    sections = [article.article_section] if article.article_section else []
    decided, candidates = authors.decide(rest, [article.publisher, host], sections, article.blocks, rules)
    if not decided:
        return article
    return replace(
        article, authors=decided, candidates=_replaced(article.candidates, "authors", [*candidates, *refused])
    )


def _named(article: Article, changing: Sequence[Convention]) -> Article:
    """The authors without the words that the site puts round names."""
    renamed: list[Author] = []
    reasons = []
    for author in article.authors:
        for convention in (c for c in changing if c.kind is Kind.BYLINE):
            name = without(author.name, convention.value)
            reasons += [convention.reason] if name != author.name else []
            author = replace(author, name=name)
        renamed.append(author)
    because = "; ".join(dict.fromkeys(reasons))
    candidates = [
        replace(c, reason=f"{c.reason}; {because}") if c.field == "authors" and c.chosen else c
        for c in article.candidates
    ]
    return replace(article, authors=tuple(dict.fromkeys(renamed)), candidates=tuple(candidates))


def _replaced(candidates: Sequence[Candidate], field: str, new: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates with those of one field replaced, in their place."""
    at = next((i for i, c in enumerate(candidates) if c.field == field), len(candidates))
    before, after = candidates[:at], [c for c in candidates[at:] if c.field != field]
    return (*before, *new, *after)
