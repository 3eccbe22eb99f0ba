"""What the site's own API, feed and sitemap say of the post → claims.

A theme may print no date of the post and a list of others with theirs; a name may stand in a byline or not. The
site's API, its feed and its news sitemap say both, field by field, and of this very post: they are believed most.
They are wrong at times. A feed gives all its posts the day on which it was built, an import gives all of them one
day, a post is brought up again under a new date. Each of these moves a date forward, so where the page itself
declares an earlier day of publication, that day is believed more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from newsarchive.core.discovery.wordpress import post_id
from newsarchive.core.metadata import dates
from newsarchive.core.metadata.claims import Claim, plain
from newsarchive.core.metadata.headline import alike
from newsarchive.core.metadata.sources import OF_POST, Place, Qualifier, Source, source_of
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import url_key
from newsarchive.items import Candidate, Page, SourceText
from newsarchive.rules import Rules

#: Sources of a language that the page need not share: many sites leave the setting as it was shipped.
OF_SITE = OF_POST | {Place.SITE}
#: Sources of the page that declare a day of publication, where nothing qualifies them: a time elsewhere may be another's.
DECLARED = frozenset((
    Place.JSON_LD, Place.OPEN_GRAPH, Place.MICRODATA, Place.META_CITATION, Place.TIME, Place.TIME_LABELLED, Place.URL,
))  # fmt: skip
#: Two times of one post are no further apart: a date without a time zone may be a day off on either side.
SAME_DAY = timedelta(hours=38)
#: Most names, tags and sections of one post that are read; a longer list is a mistake of the site.
MAX_VALUES = 60
#: Longest name of a site, in characters; a longer title is a sentence.
MAX_SITE_NAME_LENGTH = 80

#: What a date looks like whose order is open to doubt.
_NUMBERS = re.compile(r"\d\s?/\s?\d")
_STROKES = " \t-–—|·•»«:/~›,"


def claims(page: Page, titles: Iterable[str], rules: Rules) -> tuple[list[Claim], list[Candidate]]:
    """What the site says of the post that the page shows, and what was refused since it is of another one.

    `titles` are what the page itself calls its title.
    """
    text = page.capture.source_text
    if text is None:
        return [], []
    own = [claim for claim in _of_post(text) if claim.value]
    site = [claim for claim in _of_site(text, rules) if claim.value]
    if reason := _of_another(page, text, titles):
        return site, [
            replace(claim, source=claim.source.qualified(Qualifier.OF_OTHERS)).candidate(reason=reason)
            for claim in own
        ]
    return own + site, []


def _of_post(text: SourceText) -> Iterator[Claim]:
    if text.source not in OF_POST:
        return
    source = source_of(text.source)
    for field, time in (("date_published", text.published), ("date_modified", text.updated)):
        if time is not None:
            yield Claim(field, time.isoformat(), source)
    for name in (text.authors or (text.author,))[:MAX_VALUES]:
        yield Claim("authors", plain(name), source)
    yield Claim("headline", plain(text.title), source)
    for word in text.keywords[:MAX_VALUES]:
        yield Claim("keywords", plain(word), source)
    of_sections = source.qualified(Qualifier.SEVERAL) if len(text.sections) > 1 else source
    for section in text.sections[:MAX_VALUES]:
        yield Claim("article_section", plain(section), of_sections)
    yield Claim("image", text.image, source)


def _of_site(text: SourceText, rules: Rules) -> Iterator[Claim]:
    source = Source(Place.SITEMAP if text.source == Place.SITEMAP else Place.SITE)
    yield Claim("publisher", site_name(text.publisher, rules), source)
    yield Claim("in_language", plain(text.in_language), source)


def site_name(title: str, rules: Rules) -> str:
    """A site's name in the title of its feed or API, "" where it holds none.

    "Harbour Post » Feed" and "Recent content on Harbour Post" are both "Harbour Post"; "Blog" is no name.
    """
    before, behind, none = _patterns(rules)
    name = plain(title).strip(_STROKES)
    for pattern in (before, behind):
        name = (pattern.sub("", name).strip(_STROKES)) or name
    return "" if len(name) > MAX_SITE_NAME_LENGTH or key(name) in none or not key(name) else name


@lru_cache(maxsize=8)
def _patterns(rules: Rules) -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str]]:
    table = rules.metadata.get("told", {})
    words = {name: table.get(name, {}).get("words", []) for name in ("before_name", "behind_name", "no_name")}
    before, behind = (dates.any_of(words[name]) for name in ("before_name", "behind_name"))
    # A word behind the name needs a stroke or brackets before it: "Hacker News" ends in one, and is a name.
    return (
        re.compile(rf"^(?:{before})\s+", re.IGNORECASE),
        re.compile(rf"\s*(?:[-–—|·•»:/~›(]|\s(?=rss|atom))\s*(?:{behind})\)?$", re.IGNORECASE),
        frozenset(map(key, words["no_name"])),
    )


def _of_another(page: Page, text: SourceText, titles: Iterable[str]) -> str:
    """Why what was said is not of the post that the page shows, "" where it is.

    The platform's id decides where both give one. A redirect may lead to another post, to a list, to a page
    that says the post is gone: then the titles must agree.
    """
    if text.source not in OF_POST:
        return ""
    shown = post_id(page.text, page.capture.headers) if text.post_id else ""
    if shown and text.post_id.partition(":")[0] == shown.partition(":")[0]:
        return "" if shown == text.post_id else f"is of another post: {text.post_id}, the page shows {shown}"
    if url_key(page.capture.base_url) == url_key(page.capture.url):
        return ""
    title = plain(text.title)
    if any(alike(title, other) or key(title) in key(other) for other in titles if key(title)):
        return ""
    return "is of another post: its address leads elsewhere, to a page of another title"


def judged(claims: Sequence[Claim], rules: Rules, *, day_first: bool = True) -> list[Claim]:
    """The claims for the day of publication, those of the site marked where the page declares an earlier day.

    Where one declared day agrees with the site's, or is later, all stay as they are.
    """
    told = {c: when for c in claims if c.source.bare in OF_POST and (when := _time(c.value)) is not None}
    if not told:
        return list(claims)
    declared = [dates.parse(c.value, rules, day_first=day_first) for c in claims if c.source.bare in DECLARED]
    days = [day for day in declared if day is not None]
    return [
        replace(c, source=c.source.qualified(Qualifier.AFTER_DECLARED))
        if c in told and days and all(told[c] - day > SAME_DAY for day in days)
        else c
        for c in claims
    ]


def month_first(claims: Sequence[Claim], rules: Rules) -> bool | None:
    """Whether 03/04 is March on this page, by a date of the page that agrees with the site's in one order alone;
    `None` where none does."""
    days = {when.date() for c in claims if c.source.bare in OF_POST and (when := _time(c.value)) is not None}
    if not days:
        return None
    for claim in claims:
        if claim.source.bare in OF_POST or not _NUMBERS.search(claim.value):
            continue
        read = {order: dates.parse(claim.value, rules, day_first=not order) for order in (True, False)}
        right = [order for order, day in read.items() if day is not None and day.date() in days]
        if len(right) == 1:
            return right[0]
    return None


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None
