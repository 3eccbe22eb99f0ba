"""Where on a page, or beside it, a value stands.

Whom the program believes depends on where a value stands: JSON-LD is right more often than a line of text. So each
claim has a `Source` of three parts: the place (JSON-LD, a heading, a line of text), the position of that place
relative to the headline, and what became known of the claim later, for example that it is about another post. Code
decides by these parts. `str(source)` spells all three, "markup text below (modified)": this spelling is stored beside
an article, shown to people, and written in the tables of trust. `source_of` reads it back.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Place(StrEnum):
    """What states a value. The strings are those of the tables of trust and of stored articles."""

    #: A stored name that no reader writes any more, or a name from a user's own table: `Source.other` holds it.
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
    CATEGORY_LINK = "markup link to a category"
    TAG_LINK = "markup link to a tag"
    TAG = "markup tag"
    FIGURE = "markup figure"
    PAYWALL = "markup paywall"


class Position(StrEnum):
    """Where an element or a line stands on the page."""

    #: Near the headline, or nothing is known: most sources have no position.
    NEAR = ""
    #: Before the headline.
    ABOVE = "above"
    #: Far below the headline.
    BELOW = "below"
    #: Near the headline, but after another source of the same place.
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
    #: The day is only known to be the day of a change.
    MODIFIED = "modified"
    #: The site's day of the post is later than the day that the page declares.
    AFTER_DECLARED = "later"
    #: The claim is about another post, and is not used again.
    OF_OTHERS = "of others"
    #: Only the month is stated; the day is the first of that month.
    MONTH = "month"
    #: The time was counted from the time when the page was fetched: "3 hours ago".
    RELATIVE = "relative"
    #: The site gives several values, and the page decides which of them is the post's own.
    SEVERAL = "several"


#: What JSON-LD says of the page, as opposed to the article.
JSON_LD_PAGE = frozenset((Place.JSON_LD_PAGE, Place.JSON_LD_PAGE_NAME, Place.JSON_LD_PAGE_CREATED))
#: What JSON-LD says of the article, of its page and of the site.
JSON_LD = JSON_LD_PAGE | {
    Place.JSON_LD, Place.JSON_LD_NAME, Place.JSON_LD_CREATED, Place.JSON_LD_TITLE, Place.JSON_LD_SITE,
}  # fmt: skip
#: Open Graph (ogp.me).
OPEN_GRAPH = frozenset((Place.OPEN_GRAPH, Place.OPEN_GRAPH_TITLE, Place.OPEN_GRAPH_UPDATED))
#: Twitter's cards.
TWITTER = frozenset((Place.TWITTER, Place.TWITTER_TITLE))
#: All other `<meta>` elements.
META = frozenset((
    Place.META, Place.META_CITATION, Place.META_CREATED, Place.META_DATE, Place.META_DC, Place.META_LABEL,
    Place.META_NEWS, Place.META_PARSELY, Place.META_SAILTHRU,
))  # fmt: skip
#: Where a page describes itself for programs.
DECLARING = JSON_LD | OPEN_GRAPH | META | {Place.MICRODATA}
#: Elements that are marked as a time.
TIMES = frozenset((Place.TIME, Place.TIME_LABELLED))
#: Elements whose class names a date.
DATES = frozenset((Place.DATE, Place.DATE_LABELLED))

#: `<h1>`, whether marked as the headline or not.
FIRST_HEADINGS = frozenset((Place.H1, Place.H1_MARKED))
#: `<h2>`, whether marked as the headline or not.
SECOND_HEADINGS = frozenset((Place.H2, Place.H2_MARKED))
#: Lines of text that are taken for a name because they look like one.
GUESSES = frozenset((Place.ALONE, Place.NEXT, Place.LINE, Place.LIFE))
#: Guesses that are wrong more often than right.
WEAK_GUESSES = frozenset((Place.ALONE, Place.NEXT))
#: Places whose position relative to the headline is told apart.
_PLACED = TIMES | DATES | (GUESSES - {Place.LIFE}) | {
    Place.AUTHOR, Place.BYLINE, Place.REL, Place.BOX, Place.TEXT,
}  # fmt: skip
#: All that is read from the page's elements and lines.
MARKUP = _PLACED | FIRST_HEADINGS | SECOND_HEADINGS | {
    Place.MARKUP, Place.HOME, Place.HEADLINE, Place.LIFE, Place.AGENCY, Place.CATEGORY, Place.CRUMBS, Place.CATEGORY_LINK, Place.TAG, Place.TAG_LINK,
    Place.FIGURE, Place.PAYWALL,
}  # fmt: skip
#: What stands in the page's body, where readers see it, as opposed to its head.
IN_BODY = MARKUP | {Place.MICRODATA}
#: All sources beside the page that speak of one post. `Place.SITE` speaks of the site alone.
SITE_SOURCES = frozenset((Place.WP_JSON, Place.FEED, Place.SITEMAP))


class Source(NamedTuple):
    """Where a claim stands. A tuple, so that sources are compared and hashed by their parts."""

    place: Place
    position: Position = Position.NEAR
    qualifier: Qualifier = Qualifier.NONE
    other: str = ""

    @property
    def bare(self) -> Place | None:
        """The place of a source without position and qualifier, `None` for any other source."""
        return None if self.position or self.qualifier else self.place

    def qualified(self, qualifier: Qualifier) -> Source:
        """This source with another qualifier."""
        return Source(self.place, self.position, qualifier, self.other)

    def __str__(self) -> str:
        return _spelled(self)


@lru_cache(maxsize=4096)
def _spelled(source: Source) -> str:
    place, position, qualifier, other = source
    name = other if place is Place.OTHER else place.value
    return name + (f" {position.value}" if position else "") + (f" ({qualifier.value})" if qualifier else "")


def source_of(name: str) -> Source:
    """The source that is spelled `name`. An unknown name gives a source of the place `OTHER` that keeps the name.

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


#: A spelling whose place is unknown and whose qualifier is known.
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
