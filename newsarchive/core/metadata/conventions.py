"""Decides an article's date, authors, picture, description and keywords again by the habits of its site, which one page cannot show.

WordPress's default theme prints no date of the post, but a list "More posts" with the dates of the newest posts. So every
page of the site seems to be of the day of the newest post, and only all pages together show that the date is not the
post's. They also show whether 03/04/2025 is in March, the time zone, a name that stands on every page, the words that the
site puts around names, and the picture, description and keywords that a theme
gives every post that has none of its own.

The record of each page (`page_record.Said`) keeps the days and names that each source states, and what was decided by the page alone.
`core/site_template/conventions.py` learns conventions from these records, and this module applies them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import cached_property

from newsarchive.core.metadata import authors, dates, elements, headline, keywords, publication_date, sections
from newsarchive.core.metadata.claims import Claim, best
from newsarchive.core.metadata.page_record import (
    DECIDED,
    MAX_SUMMARY_CHARACTERS,
    Day,
    Said,
    has_zone,
    is_same,
    of_article,
    of_field,
    read_day,
)
from newsarchive.core.metadata.publication_date import Dated
from newsarchive.core.metadata.sources import (
    API_AND_FEED,
    DECLARING,
    JSON_LD_PAGE,
    Place,
    Qualifier,
    Source,
    source_of,
)
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import parts_of
from newsarchive.items import Article, Author, Candidate
from newsarchive.rules import Rules

#: Sources that name the author of this post: they count against a name that stands on every page.
STRONG = API_AND_FEED | {
    Place.JSON_LD, Place.MICRODATA, Place.AUTHOR, Place.BYLINE, Place.REL, Place.BOX, Place.TEXT, Place.META_CITATION,
}  # fmt: skip
#: Words of a name without the words that the site puts around it. With fewer, the name stays as it is.
MIN_NAME_WORDS = 2
#: Qualifiers of candidates that are no claims of a day of publication: days of a change, and fall-backs.
_NO_CLAIMS = frozenset((Qualifier.MODIFIED, Qualifier.RELATIVE, Qualifier.MONTH))
_TRACE_PLACES = frozenset((Place.IMAGE, Place.SCRIPT))
#: Sources that declare a day of publication for the article, not for the page.
_DECLARED = DECLARING - JSON_LD_PAGE
#: The value of `Kind.ORDER` for numbers that begin with the month.
MONTH_FIRST = "month first"
#: The value of `Kind.ORDER` for numbers that begin with the day.
DAY_FIRST = "day first"


class Kind(StrEnum):
    """The kinds of conventions."""

    #: Dates in this source are not the post's: they are those of the newest post, of a list, or of the theme.
    SITES_DATE = "date of the site"
    #: Dates in this source are the posts' own.
    OWN_DATE = "date of the post"
    #: Whether dates in numbers begin with the month or with the day.
    ORDER = "order of day and month"
    #: The zone of times without one, in minutes east of UTC.
    ZONE = "time zone"
    #: This source names the same author on nearly all pages, also on those by others.
    SITES_NAME = "name of the site"
    #: Words that stand before or behind names.
    BYLINE = "words of bylines"
    #: This picture stands for many posts: the theme gives it to those without a picture.
    SITES_PICTURE = "picture of the site"
    #: This description stands for many posts: it describes the site.
    SITES_DESCRIPTION = "description of the site"
    #: These keywords of a meta element stand on nearly every page: they are about the site.
    SITES_KEYWORDS = "keywords of the site"


@dataclass(frozen=True, slots=True)
class Convention:
    """A habit of a site: its kind, the source that it is about (as records spell it, "" for all), and its value.

    `pages` is the number of pages that show it, `against` the number of those that show the contrary; `reason` says both in
    words.
    """

    kind: Kind
    source: str
    value: str
    pages: int
    against: int
    reason: str

    @property
    def name(self) -> str:
        """An identifier, which does not change with the number of pages."""
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
        """Whether numbers begin with the month, `None` where the site's pages do not show it."""
        return next((c.value == MONTH_FIRST for c in self.of(Kind.ORDER)), None)

    @cached_property
    def zone(self) -> int | None:
        """The time zone of the site in minutes east of UTC, `None` where the site's pages do not show it."""
        return next((int(c.value) for c in self.of(Kind.ZONE)), None)


# -- what sources are ------------------------------------------------------------------------------


def is_told(source: Source) -> bool:
    """Whether a source is the site's API or feed, which describe this post alone."""
    return source.bare in API_AND_FEED


def is_address(source: Source) -> bool:
    """Whether a source is the post's address."""
    return source.bare is Place.URL


def is_declared(source: Source) -> bool:
    """Whether a source is the head or the microdata of a page that declares an article."""
    return source.place in _DECLARED


def is_stated(source: Source) -> bool:
    """Whether a source states a day for this post, so that no printed day has to be guessed."""
    return is_told(source) or is_address(source) or is_declared(source)


# -- what they change ------------------------------------------------------------------------------


def effects(said: Said, conventions: Conventions) -> tuple[Convention, ...]:
    """The conventions that change what was decided by the page alone; `()` for most pages.

    This needs the page's record only, so that learning knows which pages must be read again.
    """
    if not conventions:
        return ()
    return (*_on_day(said, conventions), *_on_names(said, conventions), *_on_summary(said, conventions))


def _on_day(said: Said, conventions: Conventions) -> Iterable[Convention]:
    decided = said.decided_day
    if decided is None:
        return
    same = {d.source for d in said.days if d.source != DECIDED and is_same(d, decided)}
    if not same & API_AND_FEED:
        sites = [c for c in conventions.of(Kind.SITES_DATE) if c.source in same]
        yield from sites
        own = [c for c in conventions.of(Kind.OWN_DATE) if said.days_of([c.source])]
        has_own = any(c.source in same for c in own) or any(is_stated(source_of(s)) for s in same)
        if not sites and not has_own:
            yield from own
    if conventions.month_first is not None and any(
        _other_order(d, conventions.month_first) == decided.day for d in said.days if d.source != DECIDED
    ):
        yield from conventions.of(Kind.ORDER)
    if decided.offset is None:
        yield from conventions.of(Kind.ZONE)


def _other_order(day: Day, month_first: bool) -> int:
    """The ordinal of the day in the order that is not the site's, 0 where only one order is possible."""
    if not day.swapped:
        return 0
    return day.day if month_first else day.swapped


def _on_names(said: Said, conventions: Conventions) -> Iterable[Convention]:
    decided = said.decided_names
    if decided is None:
        return
    listed = {name for names in said.names_of(API_AND_FEED) for name in names.keys}
    for convention in conventions.of(Kind.SITES_NAME):
        name = key(convention.value)
        if decided.keys == {name} and name not in listed:
            others = (n for n in said.names if n.source in STRONG and n.source != convention.source)
            if any(name not in names.keys for names in others):
                yield convention
    for convention in conventions.of(Kind.BYLINE):
        if any(without(name, convention.value) != name for name in decided.names):
            yield convention


def _on_summary(said: Said, conventions: Conventions) -> Iterable[Convention]:
    for kind, value in (
        (Kind.SITES_PICTURE, said.picture),
        (Kind.SITES_DESCRIPTION, said.description),
        (Kind.SITES_KEYWORDS, said.keywords),
    ):
        yield from (c for c in conventions.of(kind) if c.value == value)


def without(name: str, words: str) -> str:
    """A name without the site's words before or behind it, where `MIN_NAME_WORDS` are left.

    `words` is a `Convention.value`: "… Staff Writer" stands behind names, "Reporting by …" before them.

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
    """An article, which was decided by its page alone, with date, authors, picture, description and keywords by the
    conventions of its site.

    `changing` are the `effects` on its page; without any the article is returned as it is. A candidate that loses by a
    convention says so in its reason. `page_text` gives the page as text, "" where it is not available. It is called only
    where no date is left, to search for the fall-backs of `publication_date`.
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
    for convention in changing:
        if convention.kind is Kind.SITES_PICTURE:
            article = _pictured(article, convention, rules)
        elif convention.kind is Kind.SITES_DESCRIPTION:
            article = _described(article, convention, rules)
        elif convention.kind is Kind.SITES_KEYWORDS:
            article = _keyed(article, convention, rules)
    return article


def _dated(article: Article, conventions: Conventions, rules: Rules, page_text: Callable[[], str]) -> Article:
    claims = of_field(article.candidates, "date_published")
    claims = [
        c for c in claims if c.source.qualifier not in _NO_CLAIMS and c.source.bare not in _TRACE_PLACES
    ]
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
        claims += of_field(article.candidates, "image")
        now = _fetched(article)
        found = publication_date.find(
            page_text(), article.headline, claims, article.blocks, _address(article), now, rules
        )
        dated, more = publication_date.last_resort(found, now)
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
    """The printed claims of other days, on a page that prints a day at the place of the site's own dates. Declared days are
    not among them."""
    own = frozenset(c.stands for c in conventions.of(Kind.OWN_DATE))
    if dated.value is None or dated.source is None or is_stated(dated.source):
        return []
    days = {day.day for c in claims if c.source in own and (day := read_day(c, rules))}
    if not days or dated.value.date().toordinal() in days:
        return []
    return [c for c in claims if c.source not in own and not is_stated(c.source)]


def _decide(claims: Sequence[Claim], article: Article, rules: Rules) -> tuple[Dated, list[Candidate]]:
    changes = publication_date.changes(of_field(article.candidates, "date_modified"))
    claims, now = [*claims, *changes], _fetched(article)
    return publication_date.decide(claims, "date_published", now, rules, url=_address(article))


def _fetched(article: Article) -> datetime | None:
    return article.capture.fetched_at if article.capture else None


def _address(article: Article) -> str:
    """The address that the references of the article's page are relative to."""
    return article.capture.base_url if article.capture else article.url


def _in_order(claim: Claim, month_first: bool | None, rules: Rules) -> Claim:
    """A claim in whose numbers both orders are possible, rewritten in the order of the site."""
    day = read_day(claim, rules) if month_first is not None else None
    if day is None or not day.swapped or month_first is None:
        return claim
    value = datetime.fromordinal(day.swapped if month_first else day.day).date().isoformat()
    when = dates.parse(claim.value, rules)
    if when is not None and dates.has_time(when):
        value += f"T{when:%H:%M:%S}" + (f"{when:%z}" if has_zone(claim.value) else "")
    return replace(claim, value=value)


def _in_zone(value: datetime | None, raw: str, source: Source | None, zone: int | None) -> datetime | None:
    """A time without a zone, read in the time zone of the site."""
    if value is None or zone is None or not dates.has_time(value):
        return value
    if value.tzinfo is not UTC or has_zone(raw) or (source and source.bare in API_AND_FEED):
        return value
    return value.replace(tzinfo=timezone(timedelta(minutes=zone)))


def _signed(article: Article, changing: Sequence[Convention], rules: Rules) -> Article:
    """The article without the authors that the site names on every page, where others are named; else unchanged."""
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
    kept = _replaced(article.candidates, "authors", [*candidates, *refused])
    return replace(article, authors=decided, candidates=kept)


def _named(article: Article, changing: Sequence[Convention]) -> Article:
    """The article with its authors' names without the words that the site puts around names."""
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


def _pictured(article: Article, convention: Convention, rules: Rules) -> Article:
    """The article with the best picture that is not the site's, or without one."""
    base = _address(article)
    host = parts_of(base).hostname or ""
    claims = of_field(article.candidates, "image")
    refused = {}
    for claim in claims:
        if elements.absolute(claim.value, base)[:MAX_SUMMARY_CHARACTERS] == convention.value:
            refused[claim] = convention.reason
        elif sections.is_sites_own_picture(claim.value, host):
            refused[claim] = "the site's own picture"
    address, candidates = best([c for c in claims if c not in refused], rules)
    candidates += [claim.candidate(reason=reason) for claim, reason in refused.items()]
    url = elements.absolute(address, base)
    image = replace(article.image, url=url) if article.image and address else None
    return replace(article, image=image, candidates=_replaced(article.candidates, "image", candidates))


def _described(article: Article, convention: Convention, rules: Rules) -> Article:
    """The article with the best description that is not the site's, or without one."""
    claims = of_field(article.candidates, "description")
    sites = [c for c in claims if c.value[:MAX_SUMMARY_CHARACTERS] == convention.value]
    others = [c for c in claims if c not in sites]
    own, refused = headline.own_descriptions(others, article.headline, article.blocks)
    description, candidates = best(own, rules)
    candidates += [*(c.candidate(reason=convention.reason) for c in sites), *refused]
    kept = _replaced(article.candidates, "description", candidates)
    return replace(article, description=description, candidates=kept)


def _keyed(article: Article, convention: Convention, rules: Rules) -> Article:
    """The article with the keywords of the next best source, or without any."""
    claims = of_field(article.candidates, "keywords")
    sites = [c for c in claims if c.source.bare is Place.META]
    others = [c for c in claims if c not in sites]
    words, candidates = keywords.decide(others, article.article_section, rules)
    candidates += [c.candidate(reason=convention.reason) for c in sites]
    return replace(article, keywords=words, candidates=_replaced(article.candidates, "keywords", candidates))
