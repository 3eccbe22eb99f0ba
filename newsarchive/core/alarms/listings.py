"""What the lists of a site (front page, feeds, API) promise: a list that empties or freezes, or that lacks a post which
another list names, is told before posts are missed.

A blog of eight posts a day may pause for a day: the absence of posts proves little. Its front page that always linked
twenty posts and links none has been redesigned so that no links are found. And a page that was another at each of 300
looks, because of a time or a token in it, and is byte for byte the same for half a day, comes from a cache that got
stuck. Both are told by the looks of one day, however often the blog posts.

A post stands on the front page, and the feed has not changed since: does the feed leave this post out, or did it freeze?
And the feed names a post that the front page, byte for byte the same since, cannot have. `awaited` puts the posts of a
site beside one of its lists; `core.alarms.judge` says when what the list lacks is no chance.

One post is a proof where a source says so itself: where the server tells that the feed was changed last before the post
came (`Last-Modified`; WordPress moves it with every post, also with one that the feed leaves out), and where front page
or feed names the post as soon as it is asked past the caches.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
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
#: Time for which a page that changes by itself may be the same before it counts as frozen.
MIN_FROZEN_TIME = timedelta(hours=6)
#: It counts as frozen only where it has been the same for this many times as long as ever before.
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
    """The newest looks one by one. Of looks that found the same, the first and last moments are known; the others lie evenly
    between."""
    newest_first: list[ListLook] = []
    for same in reversed(listing.found):
        step = (same.last_at - same.first_at) / max(same.looks - 1, 1)
        moments = [same.last_at - number * step for number in range(min(same.looks, MAX_LOOKS))]
        newest_first += [ListLook(at, same.posts, at - same.first_at) for at in moments]
    return newest_first[:MAX_LOOKS][::-1]


def limits(before: Sequence[ListLook]) -> tuple[int, int] | None:
    """The number of posts up to which a list is far too short, and what it usually has, by looks before; `None` where they are
    too few, or it was short at times."""
    if len(before) < MIN_LOOKS_BEFORE:
        return None
    posts = sorted(look.posts for look in before)
    least = posts[int(LEAST_SHARE * len(posts))]
    if least < MIN_LISTED_POSTS:
        return None
    return int(MAX_LISTED_SHARE * least), posts[len(posts) // 2]


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


#: Time between the date of a post that came while the site was crawled and the moment at which a crawl met it. An older post is none
#: that lists should name as new.
MAX_DATE_DISTANCE = timedelta(days=2)
#: Time for which a post may stand on the front page and not in the feed, which servers keep for a while, at a site that is
#: little known.
MAX_LAG = timedelta(hours=6)
#: The least such time at a site that is known better.
MIN_LAG = timedelta(hours=1)
#: Posts that must tell how long a list of a site lags. With fewer, `MAX_LAG` counts.
MIN_LAG_POSTS = 20
#: Part of these posts whose lag is no longer than the one that is taken.
LAG_SHARE = 0.95
#: The lag of these posts times this number is the time that counts.
LAG_FACTOR = 2
#: Posts before the one that is a proof, which the list named in time. With fewer, one post proves nothing.
MIN_POSTS_BEFORE_PROOF = 20
#: The same where the list has the post as soon as it is asked past the caches, and a few may have been late.
MIN_POSTS_BEFORE_FRESH_PROOF = 10
#: Share of the posts of late (0 to 1) that a feed must have named in time then: feeds leave out a post now and then.
MIN_PROMPT_SHARE = 0.9
#: Of the posts before, those that are asked: each of the newest must have been named in time.
MAX_POSTS_BEFORE_PROOF = 100
#: Time by which the server's word may be older than the newest post that the feed has. An older word is no word about the feed.
MAX_STAMP_DISTANCE = timedelta(days=1)
_DIGITS = re.compile(r"[0-9]+")


class NamedPost(NamedTuple):
    """A post that a crawl met at `at`, with its address, its date, and the kinds of sources that named it, the first one first."""

    at: datetime
    url: str
    published: datetime | None
    by: Sequence[str]


class Listed(NamedTuple):
    """A post when it was first listed, and whether a list has it, or another new post later. `delay` is how long the list took,
    where that is known; `is_proof` says that the list is behind if it lacks this post."""

    at: datetime
    in_list: bool
    delay: timedelta | None = None
    is_proof: bool = False


class PostList(NamedTuple):
    """Lists of one kind: what looks at each found, when the server says that one was changed last, and the kind of source that
    sees what the list would have without caches. Where the list had named at least the share `min_prompt` of the latest posts in
    time, a post that it has past the caches alone is a proof."""

    kind: str
    found: Sequence[Sequence[SameLooks]]
    changed_at: datetime | None = None
    fresh_kind: str = ""
    min_prompt: float = 1.0


@lru_cache(maxsize=4096)  # the same posts are put beside the feed and the front page
def shape(url: str) -> str:
    """What the addresses of posts of a site have in common: the folders of the path, without their names and numbers.

    >>> shape("https://blog.example/2026/11/a-post/"), shape("https://blog.example/events/")
    ('0/0/a', 'a')
    """
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return "/".join("0" if _DIGITS.fullmatch(part) else "a" for part in parts)


def awaited(posts: Sequence[NamedPost], of: PostList) -> list[Listed]:
    """The posts, in order of time, that a list of the site names, or should name.

    The API of a site is asked before its feed, so that nothing says whether the feed named a post too: a feed that goes
    on changing is not frozen. Posts that are old when they are met, and pages whose addresses are unlike those of all
    posts that the list named, are not awaited; nor is what came before the first look at the list.
    """
    begin = min((runs[0].first_at for runs in of.found if runs), default=None)
    if begin is None:
        return []
    changes = sorted(run.first_at for runs in of.found for run in runs[1:])
    newest = max(run.first_at for runs in of.found for run in runs)
    # When the list was changed last, by a word of the server that is about this list.
    changed_at = of.changed_at if of.changed_at and newest - of.changed_at <= MAX_STAMP_DISTANCE else None
    shapes = {shape(post.url) for post in posts if of.kind in post.by}
    listed, fresh = list[Listed](), set[int]()
    for post in posts:
        if post.published is not None and post.at - post.published > MAX_DATE_DISTANCE:
            continue
        if post.by[0] == of.kind:
            listed.append(Listed(post.at, True, timedelta()))
        elif post.at >= begin and (not shapes or shape(post.url) in shapes):
            later = bisect_left(changes, post.at)
            delay = changes[later] - post.at if later < len(changes) else None
            is_there = delay is not None or of.kind in post.by
            if of.fresh_kind in post.by:
                fresh.add(len(listed))
            is_behind = changed_at is not None and changed_at < min(post.published or post.at, post.at)
            listed.append(Listed(post.at, is_there, delay, not is_there and is_behind))
    by_fresh = is_prompt(listed, of.min_prompt)
    by_stamp = is_prompt(listed, 1.0)
    return [
        one._replace(is_proof=not one.in_list and by_fresh if place in fresh else one.is_proof and by_stamp)
        for place, one in enumerate(listed)
    ]


def is_prompt(listed: Sequence[Listed], share: float) -> bool:
    """Whether this share of the posts of late were named in time, so that one which is not means something."""
    known = [one.delay for one in listed if one.delay is not None][-MAX_POSTS_BEFORE_PROOF:]
    least = MIN_POSTS_BEFORE_PROOF if share == 1 else MIN_POSTS_BEFORE_FRESH_PROOF
    return len(known) >= least and sum(delay <= MAX_LAG for delay in known) >= share * len(known)


def lag(listed: Sequence[Listed]) -> timedelta:
    """How long a list of this site may lack a post that others name."""
    delays = sorted(one.delay for one in listed if one.delay is not None)
    if len(delays) < MIN_LAG_POSTS:
        return MAX_LAG
    usual = delays[int(LAG_SHARE * len(delays))]
    return min(MAX_LAG, max(MIN_LAG, LAG_FACTOR * usual))
