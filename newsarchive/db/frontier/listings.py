"""Keeps how much each list of a site (front page, feeds, API) named, and tells by it which posts a list lacks or has lost.

Looks that found the same stand in one row: `first_at` is the first of them, `last_at` the last. A list that changes at each look has a
row for each. `core.alarms.listings` judges these rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from newsarchive.core.alarms.listings import MAX_DATE_DISTANCE, MAX_LAG
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.models import ListingLook, Source
from newsarchive.db.readonly import Reader
from newsarchive.db.values import moment
from newsarchive.items import Link

#: Rows of a list that are kept: two weeks, where an hourly look finds another list each time. More would only take
#: space.
MAX_KEPT_LOOKS = 400
#: Posts of late among which one is looked for that a feed lacks.
MAX_LACKING = 100
#: A look that finds the same within this time after the last one does not count: a crawl by hand is no further
#: evidence.
MIN_LOOK_DISTANCE = timedelta(minutes=30)
#: Posts with a day that a feed must name before it tells which posts it has lost.
MIN_DATED_POSTS = 5
#: Posts that a list may have lost at a time. Where it lacks more it is no list of all posts, or of the newest ones.
MAX_LOST_POSTS = 3
#: The same for a sitemap, as a share of the posts that it names (0 to 1): it may hold thousands.
MAX_LOST_SHARE = 0.02
#: Time after a look at a post in which a feed that lacks it is no reason for another one: the post may be left out on purpose.
MIN_TIME_TO_LOST = timedelta(hours=12)
#: The same for a sitemap, which goes on lacking the post for years where it is left out on purpose.
MIN_TIME_TO_LOST_OF_SITEMAP = timedelta(days=7)
#: Posts of a feed whose languages are those of the feed: it tells nothing of posts in others, which have feeds of their own. Further
#: posts are not looked at.
MAX_SPOKEN_POSTS = 100

_NEWEST = "SELECT id, last_at, looks, posts, digest FROM listing_looks WHERE source_id = :source ORDER BY id DESC LIMIT 1"
#: Posts of late that a feed lacks although it should have them, the newest: they came since it was as it is, and long enough ago.
_LACKING = """
    SELECT max(u.first_seen_at)
    FROM (SELECT id, url_key, first_seen_at FROM urls WHERE site_id = :site AND state = 'ok' ORDER BY id DESC LIMIT :most) AS u
    LEFT JOIN articles AS a ON a.url_key = u.url_key
    WHERE u.first_seen_at > :since AND u.first_seen_at > :begin AND u.first_seen_at <= :until
      AND (a.date_published IS NULL OR a.date_published > :begin)
      AND NOT EXISTS (SELECT 1 FROM discoveries AS d WHERE d.url_id = u.id AND d.kind IN ('feed', 'fresh feed'))
"""
#: Articles of a site between two days that its feed or API named, in the languages of some of its posts.
_BETWEEN = """
    SELECT u.id, u.url_key, u.last_checked_at AS seen_at FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key
    WHERE a.site_id = :site AND a.date_published > :begin AND a.date_published < :end AND u.state = 'ok'
      AND a.in_language IN (SELECT s.in_language FROM articles AS s WHERE s.url_key IN :some)
      AND EXISTS (SELECT 1 FROM discoveries AS d WHERE d.url_id = u.id AND d.kind IN ('feed', 'wp-json'))
    ORDER BY a.date_published DESC LIMIT :most
"""
#: Articles that a source has ever named.
_EVER_NAMED = """
    SELECT DISTINCT u.id, u.url_key, u.last_checked_at AS seen_at
    FROM discoveries AS d JOIN urls AS u ON u.id = d.url_id JOIN articles AS a ON a.url_key = u.url_key
    WHERE d.source_id = :source AND u.state = 'ok'
"""


def record_look(
    connection: Connection, source_id: int, now: datetime, posts: int | None = None, digest: str = ""
) -> None:
    """Keep what a look at a list found; without `posts` it found what the look before found (304)."""
    rows = Reader.of(connection).tuples(_NEWEST, {"source": source_id})
    id_, last, looks, known, same = rows[0] if rows else (None, None, 0, None, "")
    if id_ is not None and (posts is None or (known, same) == (posts, digest)):
        at = moment(last)
        if at is None or now - at >= MIN_LOOK_DISTANCE:
            bulk.update_rows(connection, ListingLook, [{"b_id": id_, "last_at": now, "looks": looks + 1}])
    elif posts is not None:
        row = {"source_id": source_id, "posts": posts, "digest": digest}
        bulk.insert_rows(connection, ListingLook, [row | {"first_at": now, "last_at": now, "looks": 1}])


def same_since(connection: Connection, source_id: int) -> datetime | None:
    """Since when looks at a list have found the same; `None` for a list that nobody looked at."""
    newest = select(ListingLook.first_at).where(ListingLook.source_id == source_id)
    return connection.execute(newest.order_by(ListingLook.id.desc()).limit(1)).scalar_one_or_none()


def lacks_since(connection: Connection, site_id: int, source_id: int, now: datetime) -> datetime | None:
    """When a crawl met the newest post of the last days that a feed has lacked for longer than feeds take; `None` for none."""
    since = same_since(connection, source_id)
    if since is None:
        return None
    values = {
        "site": site_id,
        "since": since,
        "begin": now - MAX_DATE_DISTANCE - MAX_LAG,
        "until": now - MAX_LAG,
    }
    return moment(Reader.of(connection).value(_LACKING, values | {"most": MAX_LACKING}))


def lost(
    connection: Connection, links: Sequence[Link], now: datetime, *, site_id: int = 0, source_id: int = 0
) -> list[int]:
    """The ids of posts that the feed of a site, or the sitemap `source_id`, has lost, and that are to be looked at: they may have been
    deleted. `links` are what it names now. A feed has lost posts of days that lie between its own, a sitemap those that it named before."""
    days = [link.published for link in links if link.published is not None]
    names = [url_key(link.url) for link in links]
    if source_id:
        most, rest = max(MAX_LOST_POSTS, int(MAX_LOST_SHARE * len(links))), MIN_TIME_TO_LOST_OF_SITEMAP
        posts = bulk.select_rows(connection, _EVER_NAMED, {"source": source_id})
    elif len(days) >= MIN_DATED_POSTS:
        most, rest = MAX_LOST_POSTS, MIN_TIME_TO_LOST
        values = {"site": site_id, "begin": min(days), "end": max(days), "most": len(links) + most + 1}
        posts = bulk.select_rows(connection, _BETWEEN, values | {"some": names[:MAX_SPOKEN_POSTS]})
    else:
        return []
    named = set(names)
    missing = [post for post in posts if post["url_key"] not in named]
    if len(missing) > most:
        return []
    return [post["id"] for post in missing if post["seen_at"] and post["seen_at"] <= now - rest]


def prune_looks(connection: Connection, site_id: int) -> None:
    """Forget all but the newest `MAX_KEPT_LOOKS` rows of each list of a site."""
    of_site = select(Source.id).where(Source.site_id == site_id)
    many = (
        select(ListingLook.source_id)
        .where(ListingLook.source_id.in_(of_site))
        .group_by(ListingLook.source_id)
        .having(func.count() > MAX_KEPT_LOOKS)
    )
    for source_id in connection.execute(many).scalars().all():
        newest = select(ListingLook.id).where(ListingLook.source_id == source_id)
        last = newest.order_by(ListingLook.id.desc()).offset(MAX_KEPT_LOOKS).limit(1).scalar_subquery()
        old = delete(ListingLook).where(ListingLook.source_id == source_id, ListingLook.id <= last)
        connection.execute(old)
