"""What the lists of a site (front page, feeds, API) promise: a list that empties or freezes is told before posts are missed.

A blog of eight posts a day may pause for a day: the absence of posts proves little. Its front page that always linked
twenty posts and links none has been redesigned so that no links are found. And a page that was another at each of 300
looks, because of a time or a token in it, and is byte for byte the same for half a day, comes from a cache that got
stuck. Both are told by the looks of one day, however often the blog posts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

#: The kind of a front page among the sources of a site.
FRONT_PAGE = "home page"
#: The kind of a front page that was asked past the caches.
FRESH_FRONT_PAGE = "fresh home page"
#: The kind of a feed.
FEED = "feed"
#: The kind of a feed that was asked past the caches.
FRESH_FEED = "fresh feed"
#: The name in the query by which a front page or feed is asked past the caches; its value is the time, in seconds.
FRESH_PARAMETER = "newsarchive"
#: Looks of a list that are compared: the newest.
MAX_LOOKS = 1000
#: Looks before those that are tested, for a list that empties. With fewer nothing is told.
MIN_LOOKS_BEFORE = 20
#: Looks before those that are tested, for a list that freezes. With fewer nothing is told.
MIN_LIVELY_LOOKS = 100
#: Time that these looks must cover: a page may be quiet at weekends.
MIN_LIVELY_TIME = timedelta(days=7)
#: Share of looks (0 to 1) that may find fewer posts than the usual least.
LEAST_SHARE = 0.02
#: Share of that least (0 to 1) up to which a list has far too few posts. A new theme may list half as many.
MAX_LISTED_SHARE = 0.25
#: Share of the usual posts (0 to 1) that the look before must have found. With fewer the list became short by and by.
MIN_SHARE_BEFORE_CUT = 0.5
#: A list that has fewer posts at times is not compared.
MIN_LISTED_POSTS = 4
#: Time for which a front page that changes by itself (a time, a token, counters) is the same at most. One that changes with posts and
#: comments rests at night, and for weeks when its authors do.
MAX_USUAL_SAME = timedelta(hours=4)
#: Time for which a page that changes by itself may be the same, and the factor by which it may be longer so than ever before.
MIN_FROZEN_TIME = timedelta(hours=6)
FROZEN_FACTOR = 2
#: Time for which a front page is the same, after which it is asked past the caches, and again after as long.
MAX_SAME_TIME = timedelta(hours=12)
#: Time for which a list may not have been looked at while others were. An older one is no list of the site any more.
MAX_LISTING_AGE = timedelta(days=2)


def past_caches(url: str) -> str:
    """The address of a list past the caches, but for the time at its end.

    >>> past_caches("https://blog.example/"), past_caches("https://blog.example/?feed=rss2")
    ('https://blog.example/?newsarchive=', 'https://blog.example/?feed=rss2&newsarchive=')
    """
    return f"{url}{'&' if urlsplit(url).query else '?'}{FRESH_PARAMETER}="


class SameLooks(NamedTuple):
    """Looks at a list, one after the other, that found the same."""

    first_at: datetime
    last_at: datetime
    looks: int
    posts: int


class Listing(NamedTuple):
    """A list of posts with what looks found, the oldest first. `kind` is that of the source."""

    kind: str
    found: Sequence[SameLooks]


class ListLook(NamedTuple):
    """A look at a list: the posts that it named, and for how long it had been the same."""

    at: datetime
    posts: int
    same: timedelta


class Limits(NamedTuple):
    """The number of posts up to which a list is far too short, and what it usually has."""

    limit: int
    usual: int


def current(listings: Sequence[Listing]) -> list[Listing]:
    """The lists that are still looked at."""
    known = [listing for listing in listings if listing.found]
    newest = max((listing.found[-1].last_at for listing in known), default=None)
    return [one for one in known if newest is not None and one.found[-1].last_at >= newest - MAX_LISTING_AGE]


def may_be_broken(listing: Listing) -> bool:
    """Whether the newest look may be one that an alarm is about: most are not, and need no comparison."""
    newest = listing.found[-1]
    most = max(same.posts for same in listing.found)
    frozen = listing.kind == FRONT_PAGE and newest.last_at - newest.first_at > MIN_FROZEN_TIME
    return frozen or newest.posts <= MAX_LISTED_SHARE * most


def looks_of(listing: Listing) -> list[ListLook]:
    """The newest looks one by one. Of looks that found the same, the first and last moments are known; the others lie evenly between."""
    return list(_newest_first(listing))[:MAX_LOOKS][::-1]


def _newest_first(listing: Listing) -> Iterator[ListLook]:
    for same in reversed(listing.found):
        step = (same.last_at - same.first_at) / max(same.looks - 1, 1)
        for number in range(min(same.looks, MAX_LOOKS)):
            at = same.last_at - number * step
            yield ListLook(at, same.posts, at - same.first_at)


def start_of_same(listing: Listing, at: datetime) -> datetime:
    """Since when a list had been the same at this moment."""
    return max((same.first_at for same in listing.found if same.first_at <= at), default=at)


def limits(before: Sequence[ListLook]) -> Limits | None:
    """When a list is far too short, by looks before; `None` where they are too few, or it was short at times."""
    if len(before) < MIN_LOOKS_BEFORE:
        return None
    posts = sorted(look.posts for look in before)
    least = posts[int(LEAST_SHARE * len(posts))]
    if least < MIN_LISTED_POSTS:
        return None
    return Limits(int(MAX_LISTED_SHARE * least), posts[len(posts) // 2])


def cut_looks(looks: Sequence[ListLook], limit: int, usual: int) -> set[int]:
    """The places of the looks at which a list was far too short all of a sudden.

    A page that lists the posts of the last ten days becomes shorter post by post where its blog takes leave.
    """
    cut, was_sudden = set[int](), True
    for place, look in enumerate(looks):
        if look.posts > limit:
            was_sudden = look.posts >= MIN_SHARE_BEFORE_CUT * usual
        elif was_sudden:
            cut.add(place)
    return cut


def longest_same(before: Sequence[ListLook]) -> timedelta | None:
    """The time from which on a front page that changes by itself is frozen; `None` for one that does not."""
    if len(before) < MIN_LIVELY_LOOKS or before[-1].at - before[0].at < MIN_LIVELY_TIME:
        return None
    longest = max(look.same for look in before)
    return max(MIN_FROZEN_TIME, FROZEN_FACTOR * longest) if longest <= MAX_USUAL_SAME else None
