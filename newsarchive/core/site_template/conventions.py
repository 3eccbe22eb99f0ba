"""Learn a site's conventions for metadata from the records of its pages (`core/metadata/conventions.py`).

The evidence is what the site says elsewhere of the same posts: its API and its feed, else the day in a post's address,
else what its head declares. A source on the page that agrees with it is where the site prints its posts' dates; one
that contradicts it, with days that many pages share, is about something else: the newest post, a list. Evidence that
hardly varies proves nothing, for a site may have imported all its posts on one day; and a name is the site's only where
its pages name other people by better signs. A picture or a description that many posts share belongs to none of them, and
neither do keywords that nearly all share.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from newsarchive.core.metadata.conventions import (
    DAY_FIRST,
    MIN_NAME_WORDS,
    MONTH_FIRST,
    STRONG,
    Convention,
    Conventions,
    Kind,
    is_address,
    is_declared,
    is_stated,
    is_told,
)
from newsarchive.core.metadata.page_record import DECIDED, Day, Said
from newsarchive.core.metadata.sources import API_AND_FEED, Position, Qualifier, Source, source_of
from newsarchive.core.site_template.observations import Observation
from newsarchive.core.text.line_keys import number
from newsarchive.core.text.normalise import key

#: The role of a row that holds a convention.
ROLE = "convention"
#: Pages that must show a convention: below it anything may be chance.
MIN_PAGES = 5
#: Pages that must share their days where nothing else says what is right.
MIN_PAGES_WITHOUT_EVIDENCE = 8
#: Part of the pages that must agree where a convention holds for all posts.
AGREEING_SHARE = 0.9
#: Part of the pages that may agree with a source that is not the post's: the newest post itself is in its own list.
MAX_CHANCE_SHARE = 0.2
#: Part of the pages whose day in a source must be that of other pages as well.
SHARED_SHARE = 0.8
#: Other pages that must have the same day for it to count as shared.
MIN_SHARING_PAGES = 2
#: Days by which two readings of one moment may differ: one is told in UTC, the other in the zone of the site.
MAX_ZONE_DAYS = 1
#: Part of the pages that one day, or one name, may have where evidence varies.
MAX_SHARE_OF_ONE = 0.5
#: Different days, or names, that evidence must have to vary.
MIN_VARIETY = 3
#: Part of the pages that name the same author, where a name may be the site's; or that have the same keywords.
CONSTANT_SHARE = 0.8
#: Part of the pages with such a name that name somebody else by a better sign.
CONTRADICTED_SHARE = 0.5
#: Part of the pages with a picture, or with a description, that must have the same one, where it is the site's.
SUMMARY_SHARE = 0.2
#: Words before or behind names that are looked for: "Staff Writer", "Reporting by".
MAX_BYLINE_WORDS = 3

#: Positions of days with which a list goes on.
_FURTHER = (Position.LATER, Position.ELSEWHERE)


def conventions_of(pages: Sequence[Observation], known: Conventions | None = None) -> Conventions:
    """The conventions that pages show; those known before where no page has a record of what it says."""
    said = [page.said for page in pages if any(page.said)]
    if not said:
        return known or Conventions()
    month_first, order = _order(said)
    kinds = _evidence(said)
    truth = [_truth(one, kinds, month_first) for one in said]
    found = [*order, *_places(said, truth, month_first), *_zone(said), *_names(said), *_bylines(said)]
    found += _summaries(pages)
    return Conventions(tuple(sorted(found, key=lambda c: c.name)))


# -- what is right ---------------------------------------------------------------------------------

#: Tells whether a source is evidence of a kind.
Rank = Callable[[Source], bool]


def _evidence(said: Sequence[Said]) -> list[Rank]:
    """The kinds of evidence that vary from page to page, the best first."""
    return [rank for rank in (is_told, is_address, is_declared) if _varies(_first_days(said, rank))]


def _first_days(said: Iterable[Said], rank: Rank) -> list[int]:
    firsts = (next((d.day for d in one.days if d.source and rank(d.stands)), 0) for one in said)
    return [day for day in firsts if day]


def _varies(values: Sequence[int | str]) -> bool:
    """Whether values tell pages apart."""
    counts = Counter(values)
    most = max(counts.values(), default=0)
    return len(values) >= MIN_PAGES and len(counts) >= MIN_VARIETY and most <= MAX_SHARE_OF_ONE * len(values)


def _truth(said: Said, kinds: Sequence[Rank], month_first: bool | None) -> tuple[int, int]:
    """The day of a post by the best evidence on its page, 0 for none, and the rank of that evidence."""
    for place, rank in enumerate(kinds):
        for day in said.days:
            if day.source and rank(day.stands):
                return _read(day, month_first), place
    return 0, len(kinds)


def _read(day: Day, month_first: bool | None) -> int:
    return day.swapped if month_first and day.swapped else day.day


def _near(one: int, other: int) -> bool:
    return abs(one - other) <= MAX_ZONE_DAYS


# -- day and month ---------------------------------------------------------------------------------


def _order(said: Sequence[Said]) -> tuple[bool | None, list[Convention]]:
    """Whether numbers open with the month: by those that cannot be read otherwise, and by what is known of the post."""
    kinds = _evidence(said)
    votes: Counter[bool] = Counter()
    for one in said:
        truth, _ = _truth(one, kinds, None)
        own: Counter[bool] = Counter()
        for day in one.days:
            if day.source in (DECIDED, *API_AND_FEED):
                continue
            if day.order:
                own[day.order > 0] += 1
            elif day.swapped and truth and _near(day.day, truth) != _near(day.swapped, truth):
                own[_near(day.swapped, truth)] += 1
        if len(own) == 1:  # a page that shows both tells nothing
            votes.update(own.keys())
    month_first = votes[True] > votes[False]
    pages, total = votes[month_first], votes.total()
    if pages < MIN_PAGES or pages < AGREEING_SHARE * total:
        return None, []
    value = MONTH_FIRST if month_first else DAY_FIRST
    first, second = ("month", "day") if month_first else ("day", "month")
    reason = f"{pages} of {total} pages with dates in numbers have the {first} before the {second}"
    return month_first, [Convention(Kind.ORDER, "", value, pages, total - pages, reason)]


# -- where dates stand -----------------------------------------------------------------------------


def _places(
    said: Sequence[Said], truth: Sequence[tuple[int, int]], month_first: bool | None
) -> Iterator[Convention]:
    """The sources whose days are the posts' own, and those whose days are the site's."""
    kinds = _evidence(said)
    agree: Counter[str] = Counter()
    against: dict[str, list[list[Day]]] = defaultdict(list)
    for one, (truth_day, truth_rank) in zip(said, truth, strict=True):
        for source, days in _by_source(one).items():
            stands = source_of(source)
            rank = next((place for place, is_kind in enumerate(kinds) if is_kind(stands)), len(kinds))
            if not truth_day or truth_rank >= rank:
                continue  # nothing is known, or nothing better than the source itself
            if any(_near(_read(day, month_first), truth_day) for day in days):
                agree[source] += 1
            else:
                against[source].append(days)
    sources = sorted(agree.keys() | against.keys())
    found = [one for source in sources for one in _judged(source, agree[source], against[source])]
    sites = {one.source for one in found if one.kind is Kind.SITES_DATE}
    yield from found
    for source in sources:
        pages = agree[source] + len(against[source])
        if source not in sites and _base(source) in sites and agree[source] <= MAX_SHARE_OF_ONE * pages:
            reason = f"the site's, not the post's: it goes on with the list that {_base(source)} begins"
            yield Convention(Kind.SITES_DATE, source, "", len(against[source]), agree[source], reason)
    if not kinds:
        yield from _moving(said)


def _base(source: str) -> str:
    """The source of the first day where this one has the further ones, "" for a first one."""
    stands = source_of(source)
    return str(stands._replace(position=Position.NEAR)) if _is_further(stands) else ""


def _is_further(source: Source) -> bool:
    """Whether a source has the further days of a list."""
    return source.position in _FURTHER and source.qualifier is Qualifier.NONE


def _by_source(said: Said) -> dict[str, list[Day]]:
    found: dict[str, list[Day]] = {}
    for day in said.days:
        if day.source != DECIDED and day.source not in API_AND_FEED:
            found.setdefault(day.source, []).append(day)
    return found


def _judged(source: str, agree: int, against: Sequence[Sequence[Day]]) -> Iterator[Convention]:
    """What evidence says of a source."""
    pages = agree + len(against)
    if len(against) >= MIN_PAGES and agree <= MAX_CHANCE_SHARE * pages and _are_shared(against):
        found = f"on {len(against)} of {pages} pages it is the day of another post"
        reason = f"the site's, not the post's: {found}"
        yield Convention(Kind.SITES_DATE, source, "", len(against), agree, reason)
    elif agree >= MIN_PAGES and agree >= AGREEING_SHARE * pages and not _is_further(source_of(source)):
        found = f"right on {agree} of {pages} pages"
        reason = f"the site prints the days of its posts elsewhere ({source}): {found}"
        yield Convention(Kind.OWN_DATE, source, "", agree, len(against), reason)


def _are_shared(pages: Sequence[Sequence[Day]]) -> bool:
    """Whether most pages name a day that others name as well: an original's day is each article's own."""
    firsts = [days[0].day for days in pages]
    counts = Counter(firsts)
    shared = sum(counts[day] > MIN_SHARING_PAGES for day in firsts)
    return shared >= SHARED_SHARE * len(firsts)


def _moving(said: Sequence[Said]) -> Iterator[Convention]:
    """Sources that name, to the minute, one moment on many pages, at the head of a list that these pages share; and
    those that name the same days beside them.

    Nothing else tells a day here, so that only a list will do: posts that were imported together share a moment, too.
    Evidence that does not vary from page to page cannot tell what is wrong, but it can tell what may be right.
    """
    pages = [_by_source(one) for one in said]
    stated = [{d.day for d in one.days if d.source and is_stated(d.stands)} for one in said]
    sources = sorted({source for page in pages for source in page})
    moving = {source for source in sources if _heads_a_list(source, pages)}
    for source in sources:
        held = [page for page in pages if source in page]
        right = sum(
            any(_near(page[source][0].day, day) for day in days)
            for page, days in zip(pages, stated, strict=True)
            if source in page
        )
        if right > MAX_CHANCE_SHARE * len(held):
            continue
        shared = sum(
            any(_near(page[source][0].day, page[other][0].day) for other in moving if other in page)
            for page in held
        )
        if len(held) >= MIN_PAGES_WITHOUT_EVIDENCE and shared >= SHARED_SHARE * len(held):
            reason = f"the site's, not the post's: {shared} of {len(held)} pages share it, in a list that they share"
            yield Convention(Kind.SITES_DATE, source, "", shared, len(held) - shared, reason)


def _heads_a_list(source: str, pages: Sequence[Mapping[str, Sequence[Day]]]) -> bool:
    stands = source_of(source)
    family = {source}
    if stands.bare:
        family |= {str(stands._replace(position=position)) for position in _FURTHER}
    groups: dict[int, list[frozenset[int]]] = defaultdict(list)
    for page in pages:
        minutes = [d.minute for name in family for d in page.get(name, ()) if d.minute]
        if source in page and page[source][0].minute:
            groups[page[source][0].minute].append(frozenset(minutes))
    total = sum(map(len, groups.values()))
    lists = [held for held in groups.values() if len(held) > MIN_SHARING_PAGES]
    shared = sum(len(held) for held in lists if len(frozenset.intersection(*held)) > 1)
    return total >= MIN_PAGES_WITHOUT_EVIDENCE and shared >= SHARED_SHARE * total


# -- time zone -------------------------------------------------------------------------------------


def _zone(said: Sequence[Said]) -> Iterator[Convention]:
    """The zone of the times that name one, where all name the same: a site that changes its clocks twice a year has
    none that always holds."""
    timed = ([d for d in one.days if d.minute and d.source not in (DECIDED, *API_AND_FEED)] for one in said)
    zones = Counter(zone for days in timed for zone in {d.offset for d in days[:1]} if zone is not None)
    for zone, pages in zones.items():
        if zone and len(zones) == 1 and pages >= MIN_PAGES:
            reason = f"all {pages} pages that name a zone tell times {zone / 60:+g} hours from UTC"
            yield Convention(Kind.ZONE, "", str(zone), pages, 0, reason)


# -- names -----------------------------------------------------------------------------------------


def _names(said: Sequence[Said]) -> Iterator[Convention]:
    """Names that a source gives on nearly all pages while others, which vary, name other people."""
    named: dict[str, list[tuple[Said, frozenset[str]]]] = defaultdict(list)
    for one in said:
        for names in one.names:
            named[names.source].append((one, names.keys))
    people = {key(name): name for one in said for names in one.names for name in names.names}
    strong = {source: found for source, found in named.items() if source in STRONG}
    varying = frozenset(s for s, found in strong.items() if _varies(["\t".join(sorted(k)) for _, k in found]))
    for source, found in sorted(named.items()):
        alone = Counter(next(iter(keys)) for _, keys in found if len(keys) == 1)
        for name, pages in alone.most_common(1):
            if source in (DECIDED, *API_AND_FEED) or pages < max(MIN_PAGES, CONSTANT_SHARE * len(found)):
                continue
            held = [one for one, keys in found if keys == {name}]
            if any(name in names.keys for one in held for names in one.names_of(API_AND_FEED)):
                continue  # the site itself names this author of a post
            against = sum(_names_others(one, name, varying) for one in held)
            if against >= max(MIN_PAGES, CONTRADICTED_SHARE * pages):
                reason = (
                    f"the site's, not the post's: this name stands on {pages} of {len(found)} pages,"
                    f" of which {against} name somebody else by a better sign"
                )
                yield Convention(Kind.SITES_NAME, source, people[name], against, pages - against, reason)


def _names_others(said: Said, name: str, varying: frozenset[str]) -> bool:
    found = said.names_of(varying)
    return bool(found) and all(name not in names.keys for names in found)


def _bylines(said: Sequence[Said]) -> Iterator[Convention]:
    """Words that nearly all names of a site have in common, before or behind what tells them apart."""
    every = {name for one in said for found in one.names_of([DECIDED]) for name in found.names}
    names = {tuple(name.split()) for name in every if len(name.split()) > MIN_NAME_WORDS}
    for count in range(MAX_BYLINE_WORDS, 0, -1):
        behind = Counter(name[-count:] for name in names if len(name) - count >= MIN_NAME_WORDS)
        before = Counter(name[:count] for name in names if len(name) - count >= MIN_NAME_WORDS)
        done = False
        for counts, form in ((behind, "… {}"), (before, "{} …")):
            for words, held in counts.most_common(1):
                if held >= MIN_PAGES and held >= CONSTANT_SHARE * len(every):
                    text = form.format(" ".join(words))
                    reason = (
                        f"without the words “{text}”, which {held} of {len(every)} names of this site have"
                    )
                    yield Convention(Kind.BYLINE, "", text, held, len(every) - held, reason)
                    done = True
        if done:
            return


# -- pictures, descriptions and keywords ---------------------------------------------------------------------


def _summaries(pages: Sequence[Observation]) -> Iterator[Convention]:
    """Pictures and descriptions that many posts share, and keywords that nearly all share: many sites write the same into the
    head of each page. Versions and copies of one post count as one."""
    for kind, name, share in (
        (Kind.SITES_PICTURE, "picture", SUMMARY_SHARE),
        (Kind.SITES_DESCRIPTION, "description", SUMMARY_SHARE),
        (Kind.SITES_KEYWORDS, "keywords", CONSTANT_SHARE),
    ):
        posts: dict[str, set[str]] = defaultdict(set)
        for page in pages:
            if value := getattr(page.said, name):
                posts[value].add(page.cluster)
        total = sum(map(len, posts.values()))
        for value, sharing in sorted(posts.items()):
            if len(sharing) >= max(MIN_PAGES, share * total):
                reason = f"the site's, not the post's: {len(sharing)} of {total} posts have {'these' if kind is Kind.SITES_KEYWORDS else 'this'} {name}"
                yield Convention(kind, "", value, len(sharing), total - len(sharing), reason)


# -- as rows ---------------------------------------------------------------------------------------


def rows(conventions: Conventions) -> list[dict[str, Any]]:
    """Conventions as rows of the table that holds what was learned of a site."""
    return [
        {
            "fingerprint": number(c.name),
            "role": ROLE,
            "label": str(c.kind),
            "reason": c.reason,
            "pages": c.pages,
            "clusters": c.against,
            "sample": c.value,
            "first": c.source,
            "version": 0,
        }
        for c in sorted(conventions.known, key=lambda c: c.name)
    ]


def from_rows(found: Iterable[Mapping[str, Any]]) -> Conventions:
    """The conventions that `rows` wrote."""
    known = (
        Convention(Kind(r["label"]), r["first"], r["sample"], r["pages"], r["clusters"], r["reason"])
        for r in found
    )
    return Conventions(tuple(sorted(known, key=lambda c: c.name)))
