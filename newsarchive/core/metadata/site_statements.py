"""Read what the site's API, feed and sitemap say of the post → claims.

A theme may show no date of the post but a list of other posts with theirs, and no byline at all. The site's API, its
feed and its news sitemap state date and author field by field ("date_gmt": "2025-04-03T08:15:00"), and of this very
post, so they are believed most. They are wrong at times: a feed gives all posts the day on which it was built, an
import gives all posts one day, an old post is published again under a new date. Each of these moves a date forward, so
an earlier day of publication that the page itself declares is believed more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

from newsarchive.core.discovery.feed_times import iso_time
from newsarchive.core.discovery.wordpress import post_id
from newsarchive.core.metadata.claims import SITE_SOURCES, Claim, Place, Qualifier, Source, plain, source_of
from newsarchive.core.metadata.headline import alike
from newsarchive.core.metadata.person_names import kind_of, like_a_name
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.core.urls import url_key
from newsarchive.items import Candidate, Page, SourceText
from newsarchive.rules import Rules

#: All sources beside the page. Their language may be wrong for a page: many sites never change the default.
BESIDE_PAGE = SITE_SOURCES | {Place.SITE}
#: Sources of the page that declare a day of publication. They count without position and qualifier only: a time far
#: from the headline may belong to another post.
DECLARED = frozenset((
    Place.JSON_LD, Place.OPEN_GRAPH, Place.MICRODATA, Place.META_CITATION, Place.TIME, Place.TIME_LABELLED, Place.URL,
))  # fmt: skip
#: Time between two dates of one post. A date without a time zone may be a day off on either side. A day of the site
#: that is later than this is not the declared day.
MAX_SAME_DAY = timedelta(hours=38)
#: Names, tags and sections read of one post, each; the rest is dropped. A longer list is a mistake of the site.
MAX_VALUES = 60
#: Characters of a site's name; a longer title is a sentence.
MAX_SITE_NAME_CHARS = 80

#: A date in numbers with strokes, such as 03/04/2025: its first number may be the day or the month.
_SLASH_DATE = re.compile(r"\d\s?/\s?\d")
#: Signs around a site's name in a title.
_NAME_EDGE = " \t-–—|·•»«:/~›,"


def claims(page: Page, titles: Iterable[str], rules: Rules) -> tuple[list[Claim], list[Candidate]]:
    """What the site says of the page's post, and the claims that are refused since they are of another post.

    `titles` are the titles that the page itself states.
    """
    text = page.capture.source_text
    if text is None:
        return [], []
    own = [claim for claim in _post_claims(text) if claim.value]
    site = [claim for claim in _site_claims(text, rules) if claim.value]
    if reason := _of_another(page, text, titles):
        return site, [
            replace(claim, source=claim.source.qualified(Qualifier.OF_OTHERS)).candidate(reason=reason)
            for claim in own
        ]
    return own + site, []


def _post_claims(text: SourceText) -> Iterator[Claim]:
    if text.source not in SITE_SOURCES:
        return
    source = source_of(text.source)
    for field, time in (("date_published", text.published), ("date_modified", text.updated)):
        if time is not None:
            # The readers of feeds, APIs and sitemaps and the archive give aware times only, so that `iso_time` finds an offset in
            # each of these claims.
            yield Claim(field, time.isoformat(), source)
    for name in text.authors[:MAX_VALUES]:
        yield Claim("authors", plain(name), source)
    yield Claim("headline", plain(text.title), source)
    for word in text.keywords[:MAX_VALUES]:
        yield Claim("keywords", plain(word), source)
    of_sections = source.qualified(Qualifier.SEVERAL) if len(text.sections) > 1 else source
    for section in text.sections[:MAX_VALUES]:
        yield Claim("article_section", plain(section), of_sections)
    yield Claim("image", text.image, source)


def _site_claims(text: SourceText, rules: Rules) -> Iterator[Claim]:
    source = Source(Place.SITEMAP if text.source == Place.SITEMAP else Place.SITE)
    site = site_name(text.publisher, rules)
    yield Claim("publisher", site, source)
    yield Claim("in_language", plain(text.in_language), source)
    # Whom a feed names for all its posts is often its site, and no author.
    of_all = "" if text.authors else plain(text.author)
    if like_a_name(of_all, rules) and kind_of(of_all, "", rules) == "person" and key(of_all) not in key(site):
        yield Claim("authors", of_all, source)


def site_name(title: str, rules: Rules) -> str:
    """A site's name in the title of its feed or API, "" where it holds none.

    "Harbour Post » Feed" and "Recent content on Harbour Post" are both "Harbour Post"; "Blog" is no name.
    """
    before, behind, none = _name_patterns(rules)
    name = plain(title).strip(_NAME_EDGE)
    for pattern in (before, behind):
        name = (pattern.sub("", name).strip(_NAME_EDGE)) or name
    return "" if len(name) > MAX_SITE_NAME_CHARS or key(name) in none or not key(name) else name


@lru_cache(maxsize=8)
def _name_patterns(rules: Rules) -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str]]:
    before, behind = (
        dates.any_of(words_of(rules, "site_statements", name)) for name in ("before_name", "behind_name")
    )
    # A word behind the name needs a stroke or bracket before it: "Hacker News" ends in such a word, and is a name.
    return (
        re.compile(rf"^(?:{before})\s+", re.IGNORECASE),
        re.compile(rf"\s*(?:[-–—|·•»:/~›(]|\s(?=rss|atom))\s*(?:{behind})\)?$", re.IGNORECASE),
        frozenset(map(key, words_of(rules, "site_statements", "no_name"))),
    )


def _of_another(page: Page, text: SourceText, titles: Iterable[str]) -> str:
    """The reason why the site's statements are not of the page's post, "" where they are.

    The platform's ID of the post decides where both state it. A redirect may lead to another post, to a list, or to a
    page that says the post is gone. After a redirect, the titles must agree.
    """
    if text.source not in SITE_SOURCES:
        return ""
    own = post_id(page.text, page.capture.headers) if text.post_id else ""
    if own and text.post_id.partition(":")[0] == own.partition(":")[0]:
        return "" if own == text.post_id else f"is of another post: {text.post_id}, the page shows {own}"
    if url_key(page.capture.base_url) == url_key(page.capture.url):
        return ""
    title = plain(text.title)
    if any(alike(title, other) or key(title) in key(other) for other in titles if key(title)):
        return ""
    return "is of another post: its address leads elsewhere, to a page of another title"


def mark_later_days(claims: Sequence[Claim], rules: Rules, *, day_first: bool = True) -> list[Claim]:
    """The claims for the day of publication; those of the site are marked where the page declares an earlier day.

    Where a declared day agrees with the site's day or is later, all claims stay as they are.
    """
    of_site = (c for c in claims if c.source.bare in SITE_SOURCES)
    stated = {c: when for c in of_site if (when := iso_time(c.value)) is not None}
    if not stated:
        return list(claims)
    declared = [dates.parse(c.value, rules, day_first=day_first) for c in claims if c.source.bare in DECLARED]
    days = [day for day in declared if day is not None]
    later = {c for c, when in stated.items() if days and all(when - day > MAX_SAME_DAY for day in days)}
    marked = {c: replace(c, source=c.source.qualified(Qualifier.AFTER_DECLARED)) for c in later}
    return [marked.get(c, c) for c in claims]


def month_first(claims: Sequence[Claim], rules: Rules) -> bool | None:
    """Whether 03/04 is in March on this page: a date of the page that agrees with the site's date in one order only
    tells it. `None` where no date tells it."""
    stated = (iso_time(c.value) for c in claims if c.source.bare in SITE_SOURCES)
    days = {when.date() for when in stated if when is not None}
    if not days:
        return None
    for claim in claims:
        if claim.source.bare in SITE_SOURCES or not _SLASH_DATE.search(claim.value):
            continue
        read = {order: dates.parse(claim.value, rules, day_first=not order) for order in (True, False)}
        right = [order for order, day in read.items() if day is not None and day.date() in days]
        if len(right) == 1:
            return right[0]
    return None
