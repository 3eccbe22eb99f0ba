"""What the lists of a site (front page, feeds, API) named when they were looked at, for `core.alarms.listings`.

Looks that found the same stand in one row: `first_at` is the first of them, `last_at` the last. A list that changes at
each look has a row for each.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select, update

from newsarchive.db.bulk import Prepared, insert_rows
from newsarchive.db.models import ListingLook, Source
from newsarchive.db.readonly import Reader
from newsarchive.db.values import moment

#: Rows of a list that are kept: two weeks of a list that changes at each of its hourly looks. More would take space alone.
MAX_KEPT_LOOKS = 400
#: Time after a look in which a further one that finds the same does not count: a crawl by hand is no further evidence.
MIN_LOOK_DISTANCE = timedelta(minutes=30)

_NEWEST = "SELECT id, last_at, looks, posts, digest FROM listing_looks WHERE source_id = :source ORDER BY id DESC LIMIT 1"
_AGAIN = Prepared(update(ListingLook).where(ListingLook.id == bindparam("b_id")))


def record(
    connection: Connection, source_id: int, now: datetime, posts: int | None = None, digest: str = ""
) -> None:
    """Keep what a look at a list found; without `posts` it found what the look before found (304)."""
    rows = Reader.of(connection).tuples(_NEWEST, {"source": source_id})
    id_, last, looks, known, same = rows[0] if rows else (None, None, 0, None, "")
    if id_ is not None and (posts is None or (known, same) == (posts, digest)):
        at = moment(last)
        if at is None or now - at >= MIN_LOOK_DISTANCE:
            _AGAIN.run(connection, [{"b_id": id_, "last_at": now, "looks": looks + 1}])
    elif posts is not None:
        row = {"source_id": source_id, "posts": posts, "digest": digest}
        insert_rows(connection, ListingLook, [row | {"first_at": now, "last_at": now, "looks": 1}])


def same_since(connection: Connection, source_id: int) -> datetime | None:
    """Since when looks at a list have found the same; `None` for a list that nobody looked at."""
    newest = select(ListingLook.first_at).where(ListingLook.source_id == source_id)
    return connection.execute(newest.order_by(ListingLook.id.desc()).limit(1)).scalar_one_or_none()


def prune(connection: Connection, site_id: int) -> None:
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
