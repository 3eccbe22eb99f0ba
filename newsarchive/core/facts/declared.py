"""A day that the page declares beats a day that it prints.

Head, JSON-LD, microdata, the post's own `<time>`, the site's API and its feed are written by the software that published the post. A line of
text may be a day of anything: an event, a book, another story of the list beside it. So a printed day that lies apart
from all declared ones is refused ("kath.net declares 12 November 2021 and prints 25 December 2005 in its first
sentence"). It is heard in three cases:

- the page declares nothing, nor does its address state a day ("/2021/11/12/");
- the address states a day that no declared one is near: then the declared ones are of the page's last rebuilding;
- the page declares one bare day for publication and change alike, as site builders do that keep the last change only,
  and the printed day is before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from newsarchive.core.facts.claims import Claim
from newsarchive.core.facts.sources import DATES, DECLARING, OF_POST, TIMES, Place, Position, Qualifier

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
