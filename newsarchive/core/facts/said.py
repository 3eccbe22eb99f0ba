"""What a page says of its date and its authors, in little: the part of a page's record that learning keeps of it.

One page cannot tell whether "24 July 2024" beside its headline is the day of its post or that of the newest one in a
list; all pages of a site together can. So the record of each page keeps, of every source on it, which days and which
names stand there, and what the page alone was read as. `core/furniture/conventions.py` learns from these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from newsarchive.core.facts import authors, dates, day_order
from newsarchive.core.facts.claims import Claim
from newsarchive.core.facts.sources import TOLD, Qualifier, Source, source_of
from newsarchive.core.text.normalise import key
from newsarchive.items import Article, Candidate, SourceText
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
    month_first = day_order.certain(claim.value)
    return day if month_first is None else day._replace(order=1 if month_first else -1)


def _day(source: str, when: datetime, value: str) -> Day:
    if (when.hour, when.minute, when.second) == (0, 0, 0):
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
