"""Where a value stands on a page, as fields that code decides by.

A claim's source has three parts: the place (JSON-LD, a heading, a line of text), the position of that place to the
headline, and what became known of the claim later, for example that it is about another post. Readers state the parts
where they make a claim, and everything that decides asks for the parts. `str(source)` is the one spelling of all three,
`markup text below (modified)`: it is stored beside an article, shown to people, and written in the tables of trust.
`source_of` reads it back.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Place(StrEnum):
    """What states a value. The words are those of the tables of trust and of stored articles."""

    #: A stored name that no reader of today writes, or one of a user's own table: `Source.other` has it.
    OTHER = "other"

    JSON_LD = "json-ld"
    JSON_LD_NAME = "json-ld name"
    JSON_LD_CREATED = "json-ld created"
    JSON_LD_TITLE = "json-ld title"
    JSON_LD_PAGE = "json-ld page"
    JSON_LD_PAGE_NAME = "json-ld page name"
    JSON_LD_PAGE_CREATED = "json-ld page created"
    JSON_LD_SITE = "json-ld site"
    BREADCRUMB = "breadcrumb"
    OPEN_GRAPH = "open graph"
    OPEN_GRAPH_TITLE = "open graph title"
    OPEN_GRAPH_UPDATED = "open graph updated"
    TWITTER = "twitter"
    TWITTER_TITLE = "twitter title"
    META = "meta"
    META_CITATION = "meta citation"
    META_CREATED = "meta created"
    META_DATE = "meta date"
    META_DC = "meta dc"
    META_LABEL = "meta label"
    META_NEWS = "meta news"
    META_PARSELY = "meta parsely"
    META_SAILTHRU = "meta sailthru"
    MICRODATA = "microdata"
    HTML = "html"
    LINK = "link"
    TITLE = "title"
    SCRIPT = "script"
    IMAGE = "image"
    URL = "url"

    WP_JSON = "wp-json"
    FEED = "feed"
    SITEMAP = "sitemap"
    SITE = "site"

    MARKUP = "markup"
    HOME = "markup home"
    H1 = "markup h1"
    H1_MARKED = "markup h1 marked"
    H2 = "markup h2"
    H2_MARKED = "markup h2 marked"
    HEADLINE = "markup headline"
    TIME = "markup time"
    TIME_LABELLED = "markup time labelled"
    DATE = "markup date"
    DATE_LABELLED = "markup date labelled"
    AUTHOR = "markup author"
    BYLINE = "markup byline"
    REL = "markup rel"
    BOX = "markup box"
    TEXT = "markup text"
    LINE = "markup line"
    NEXT = "markup next"
    ALONE = "markup alone"
    LIFE = "markup life"
    AGENCY = "markup agency"
    CATEGORY = "markup category"
    CRUMBS = "markup breadcrumb"
    TAG = "markup tag"
    FIGURE = "markup figure"
    PAYWALL = "markup paywall"


class Position(StrEnum):
    """Where a marked or printed place stands on the page."""

    #: Near the headline, or nothing is known: most sources have no position.
    NEAR = ""
    #: Before the headline.
    ABOVE = "above"
    #: Far below the headline.
    BELOW = "below"
    #: Near the headline, behind the first of its kind.
    LATER = "later"
    #: Far from the headline on either side.
    ELSEWHERE = "elsewhere"
    #: In a line far below that holds nothing else.
    ALONE = "alone"
    #: In running text.
    PROSE = "prose"


class Qualifier(StrEnum):
    """What is known of a claim beyond the place where it stands."""

    NONE = ""
    #: The day is known for that of a change only.
    MODIFIED = "modified"
    #: The site's day of the post is later than the day that the page declares.
    AFTER_DECLARED = "later"
    #: It is about another post: nothing asks the claim again.
    OF_OTHERS = "of others"
    #: Only the month is stated; the day is the first of that month.
    MONTH = "month"
    #: Counted from the time when the page was fetched.
    RELATIVE = "relative"
    #: The site gives several values: which of them is the post's own is for the page to say.
    SEVERAL = "several"


#: What JSON-LD says of the article, of its page and of the site.
JSON_LD_PAGE = frozenset((Place.JSON_LD_PAGE, Place.JSON_LD_PAGE_NAME, Place.JSON_LD_PAGE_CREATED))
JSON_LD = JSON_LD_PAGE | {
    Place.JSON_LD, Place.JSON_LD_NAME, Place.JSON_LD_CREATED, Place.JSON_LD_TITLE, Place.JSON_LD_SITE,
}  # fmt: skip
OPEN_GRAPH = frozenset((Place.OPEN_GRAPH, Place.OPEN_GRAPH_TITLE, Place.OPEN_GRAPH_UPDATED))
TWITTER = frozenset((Place.TWITTER, Place.TWITTER_TITLE))
META = frozenset((
    Place.META, Place.META_CITATION, Place.META_CREATED, Place.META_DATE, Place.META_DC, Place.META_LABEL,
    Place.META_NEWS, Place.META_PARSELY, Place.META_SAILTHRU,
))  # fmt: skip
#: Where a page declares what it is, for programs.
DECLARING = JSON_LD | OPEN_GRAPH | META | {Place.MICRODATA}
#: Elements that are marked as a time, and those whose class names a date.
TIMES = frozenset((Place.TIME, Place.TIME_LABELLED))
DATES = frozenset((Place.DATE, Place.DATE_LABELLED))
#: Dates behind a word for publishing.
LABELLED = frozenset((Place.TIME_LABELLED, Place.DATE_LABELLED))
#: First and second headings, whether marked as the headline or not.
FIRST_HEADINGS = frozenset((Place.H1, Place.H1_MARKED))
SECOND_HEADINGS = frozenset((Place.H2, Place.H2_MARKED))
#: Sources that guess a name from its looks, line by line.
GUESSES = frozenset((Place.ALONE, Place.NEXT, Place.LINE, Place.LIFE))
#: Those of them that are wrong more often than right.
WEAK_GUESSES = frozenset((Place.ALONE, Place.NEXT))
#: Marked or printed places, whose position is told apart.
_PLACED = TIMES | DATES | (GUESSES - {Place.LIFE}) | {
    Place.AUTHOR, Place.BYLINE, Place.REL, Place.BOX, Place.TEXT,
}  # fmt: skip
#: All that is read from the page's elements and lines.
MARKUP = _PLACED | FIRST_HEADINGS | SECOND_HEADINGS | {
    Place.MARKUP, Place.HOME, Place.HEADLINE, Place.LIFE, Place.AGENCY, Place.CATEGORY, Place.CRUMBS, Place.TAG,
    Place.FIGURE, Place.PAYWALL,
}  # fmt: skip
#: What readers see of a page, or what is marked on it.
SHOWN = MARKUP | {Place.MICRODATA}
#: Sources that speak for the site itself of this very post: its API and its feed.
TOLD = frozenset((Place.WP_JSON, Place.FEED))
#: Sources beside the page that speak of one post. `Place.SITE` speaks of the site alone.
OF_POST = TOLD | {Place.SITEMAP}


class Source(NamedTuple):
    """Where a claim stands: compared, hashed and kept as a tuple of its parts."""

    place: Place
    position: Position = Position.NEAR
    qualifier: Qualifier = Qualifier.NONE
    other: str = ""

    @property
    def bare(self) -> Place | None:
        """The place of a source without position and qualifier, `None` for any other source."""
        return None if self.position or self.qualifier else self.place

    def qualified(self, qualifier: Qualifier) -> Source:
        """This source, of which something more is known."""
        return Source(self.place, self.position, qualifier, self.other)

    def __str__(self) -> str:
        return _spelled(self)


@lru_cache(maxsize=4096)
def _spelled(source: Source) -> str:
    place, position, qualifier, other = source
    name = other if place is Place.OTHER else place.value
    return name + (f" {position.value}" if position else "") + (f" ({qualifier.value})" if qualifier else "")


def source_of(name: str) -> Source:
    """The source that is spelled `name`; one that is not known has the place `OTHER`, and keeps its name.

    >>> source_of("markup text below (modified)").position
    <Position.BELOW: 'below'>
    >>> source_of("a table of one's own").other
    "a table of one's own"
    """
    if source := _by_name().get(name):
        return source
    match = _QUALIFIED.fullmatch(name)
    if match is None:
        return Source(Place.OTHER, other=name)
    return Source(Place.OTHER, qualifier=Qualifier(match[2]), other=match[1])


#: A spelling whose place is not known, with a qualifier that is.
_QUALIFIED = re.compile(rf"(.*) \(({'|'.join(filter(None, Qualifier))})\)", re.DOTALL)


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Source]:
    """Every source by its spelling."""
    sources = (
        Source(place, position, qualifier)
        for place in Place
        if place is not Place.OTHER
        for position in (Position if place in _PLACED else (Position.NEAR,))
        for qualifier in Qualifier
    )
    return {str(source): source for source in sources}
