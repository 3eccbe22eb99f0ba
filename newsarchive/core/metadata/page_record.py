"""The record of what one page states of its post: days, names, picture, description and keywords.

`core/site_template` keeps the records of a site's pages and learns the site's conventions from them
(`core/metadata/conventions.py`). A record is made of the article as the page alone gave it, and is small: a few hundred bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from newsarchive.core.metadata import authors, dates
from newsarchive.core.metadata.claims import Claim
from newsarchive.core.metadata.sources import API_AND_FEED, Place, Qualifier, Source, source_of
from newsarchive.core.text.normalise import key
from newsarchive.items import Article, Candidate, SourceText
from newsarchive.rules import Rules

#: The name of the source that stands for the decision by the page alone.
DECIDED = ""
#: Days kept of one source on one page; later ones are dropped, because the first days show a list of other posts.
MAX_DAYS_OF_SOURCE = 4
#: Days kept of one page, over all sources; later ones are dropped.
MAX_DAYS = 24
#: Claims of authors kept of one page; later ones are dropped.
MAX_AUTHOR_CLAIMS = 12
#: Characters of a name; a longer text is no name and is not kept.
MAX_NAME_CHARACTERS = 60
#: Characters kept of a picture's address and of a description. That many tell two pictures, or two descriptions, apart.
MAX_SUMMARY_CHARACTERS = 200
#: A date in numbers that may begin with the day or with the month.
_EITHER_ORDER = re.compile(r"(?<!\d)\d{1,2}([/-])\d{1,2}\1(?:\d\d){1,2}(?!\d)")
#: The zone at the end of a time.
_ZONE = re.compile(r"(?:\dZ|UTC|GMT|[+-]\d\d:?\d\d)\s*\)?$", re.IGNORECASE)


class Day(NamedTuple):
    """A day that one source of a page names for its publication. `source` is its spelling, as records keep it.

    `day` is the ordinal (`date.toordinal`) of the date where its numbers begin with the day. `swapped` is the ordinal where
    they begin with the month, 0 where only one order is possible. `minute` counts minutes since 1970 in UTC, 0 for a day
    without a time. `offset` is that of the zone in minutes: `None` for a time without a zone, 0 for a day without a time.
    `order` is 1 for numbers that must begin with the month, -1 for numbers that must begin with the day, else 0.
    """

    source: str
    day: int
    minute: int = 0
    offset: int | None = 0
    swapped: int = 0
    order: int = 0

    @property
    def stands(self) -> Source:
        """The source as a record."""
        return source_of(self.source)


class Names(NamedTuple):
    """The authors that one source of a page names."""

    source: str
    names: tuple[str, ...]

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(map(key, self.names))


class Said(NamedTuple):
    """The days and names that the sources of a page state. The source `DECIDED` has what was decided by the page alone.

    `picture` is the address of the picture that was decided by the page alone, and `description` the description, each cut
    to `MAX_SUMMARY_CHARACTERS`; "" for none. `keywords` are those that were decided by the page alone, where they stand in a
    meta element.
    """

    days: tuple[Day, ...] = ()
    names: tuple[Names, ...] = ()
    picture: str = ""
    description: str = ""
    keywords: str = ""

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


#: The record of a page without dates and names.
NOTHING = Said()


def said_by(article: Article, rules: Rules) -> Said:
    """The record of an article's page, made of its candidates and of the metadata in the site's feed and API.

    `article` must be as the page alone gave it, before anything learned was applied.
    """
    picture = article.image.url if article.image else ""
    listed = meta_keywords(article)
    summary = (text[:MAX_SUMMARY_CHARACTERS] for text in (picture, article.description, listed))
    return Said(_days(article, rules), _names(article, rules), *summary)


def meta_keywords(article: Article) -> str:
    """The keywords of an article as one text, where a meta element has them, else ""."""
    chosen = (c for c in article.candidates if c.field == "keywords" and c.chosen)
    return ", ".join(c.value for c in chosen if source_of(c.source).bare is Place.META)


def _days(article: Article, rules: Rules) -> tuple[Day, ...]:
    claims = of_field(article.candidates, "date_published")
    rules = of_article(article, rules, claims)
    found: dict[Day, None] = {}
    if article.date_published is not None:
        found[_day(DECIDED, article.date_published, article.date_published_raw)] = None
    listed = _from_feed_or_api(article)
    if listed and listed.published and not any(c.source.bare in API_AND_FEED for c in claims):
        found[_day(listed.source, listed.published, "")] = None
    counts: dict[Source, int] = {}
    for claim in claims:
        if counts.get(claim.source, 0) < MAX_DAYS_OF_SOURCE and len(found) < MAX_DAYS:
            day = read_day(claim, rules)
            if day is not None and day not in found:
                counts[claim.source] = counts.get(claim.source, 0) + 1
                found[day] = None
    return tuple(found)


def _from_feed_or_api(article: Article) -> SourceText | None:
    """The post as the site's feed or API describes it, `None` where it does not."""
    listed = article.capture.source_text if article.capture else None
    return listed if listed and listed.source in API_AND_FEED else None


def of_field(candidates: Sequence[Candidate], field: str) -> list[Claim]:
    """The claims of candidates for a field, without those about other posts. A candidate does not keep a claim's `kind` and
    `url`, so the claims lack them."""
    claims = (Claim(c.field, c.value, source_of(c.source)) for c in candidates if c.field == field)
    return [claim for claim in claims if claim.source.qualifier is not Qualifier.OF_OTHERS]


def of_article(article: Article, rules: Rules, claims: Sequence[Claim]) -> Rules:
    """The rules for reading an article's dates: some languages have names of months that mean others elsewhere."""
    if dates.has_own((c.value for c in claims), rules):
        return dates.of_language(rules, article.in_language.partition("-")[0])
    return rules


def read_day(claim: Claim, rules: Rules) -> Day | None:
    """The day that a claim names, in both orders where both are possible; `None` for a claim without a date."""
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
    is_given = offset != timedelta() or source in API_AND_FEED or has_zone(value)
    minutes = int(offset.total_seconds() // 60) if is_given else None
    return Day(source, when.date().toordinal(), int(when.timestamp() // 60), minutes)


def has_zone(value: str) -> bool:
    """Whether a text with a time names its zone."""
    return _ZONE.search(value.strip()) is not None


def _names(article: Article, rules: Rules) -> tuple[Names, ...]:
    claims = of_field(article.candidates, "authors")
    found: dict[str, list[str]] = {}
    if article.authors:
        found[DECIDED] = [author.name for author in article.authors]
    listed = _from_feed_or_api(article)
    if listed and listed.author and not any(c.source.bare in API_AND_FEED for c in claims):
        claims = [Claim("authors", listed.author, source_of(listed.source)), *claims]
    for claim in dict.fromkeys(claims[:MAX_AUTHOR_CLAIMS]):
        read = [author.name for author in authors.read(claim, rules)]
        found.setdefault(str(claim.source), []).extend(n for n in read if len(n) <= MAX_NAME_CHARACTERS)
    return tuple(Names(source, tuple(dict.fromkeys(names))) for source, names in found.items() if names)


def is_same(one: Day, other: Day) -> bool:
    """Whether two sources may have named one day, in either order of its numbers."""
    days = {one.day, one.swapped} & {other.day, other.swapped} - {0}
    return bool(days) or (one.minute != 0 and one.minute == other.minute)
