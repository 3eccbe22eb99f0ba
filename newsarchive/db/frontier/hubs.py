"""Subscriptions at hubs (WebSub), the pushes that they brought, and which sites need not be asked each hour because of them.

A hub is trusted by what the archive knows: the last new posts of its site were all announced by a push in time
(`core.discovery.websub.announced_in_a_row`). Trust ends with the lease, with a post that no push announced, and half an hour
after the server's last sign of life, because pushes reach nobody while it is down.

    hubs = Hubs(engine)
    hubs.pushed("https://blog.example/")
    hubs.keep([HubState("https://blog.example/", "https://hub.example/", "https://blog.example/feed", "verified", 864000.0)])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from newsarchive.core.discovery.websub import MAX_POST_AGE, MIN_ANNOUNCED_POSTS, NewPost, announced_in_a_row
from newsarchive.core.urls import site_of
from newsarchive.db.bulk import select_tuples
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import HubPush, HubSubscription, Site
from newsarchive.db.readonly import Connected, Reader
from newsarchive.db.values import moment, storable
from newsarchive.times import utc_now

#: Time after which an unchanged subscription is written again, as a sign of life of the server, and its hub judged anew.
SIGN_OF_LIFE = timedelta(minutes=10)
#: Time after the server's last sign of life for which a trusted hub is still relied on. With a longer time, posts whose
#: pushes met a server that is down would be found later.
MAX_RELIANCE = timedelta(minutes=30)
#: A hub is judged by this many newest articles of its site. With fewer than `MIN_ANNOUNCED_POSTS` no hub would be
#: trusted.
MAX_JUDGED_ARTICLES = 20
#: Characters of a hub's message about a failure; the rest is not kept.
MAX_PROBLEM_CHARACTERS = 300

_NEW_POSTS = """
    WITH newest AS (SELECT url_key, date_published FROM articles WHERE site_id = :site_id ORDER BY id DESC LIMIT :number)
    SELECT u.first_seen_at, n.date_published, (
        SELECT max(b.started_at) FROM crawl_runs AS b WHERE b.spider = 'news' AND b.site = :site AND b.reached AND b.started_at < (
            SELECT max(r.started_at) FROM crawl_runs AS r WHERE r.spider = 'news' AND r.site = :site AND r.started_at <= u.first_seen_at))
    FROM newest AS n JOIN urls AS u ON u.url_key = n.url_key WHERE u.first_seen_at > :since
"""
_SUBSCRIPTIONS = """
    SELECT s.home_url, h.hub, h.topic, h.state, h.verified_since, h.lease_until, h.relied_until, h.seen_at, h.announced, h.problem
    FROM hub_subscriptions AS h JOIN sites AS s ON s.id = h.site_id ORDER BY s.domain, h.id
"""


class State(StrEnum):
    """What a hub said of a subscription."""

    WANTED = "wanted"
    ASKED = "asked"
    VERIFIED = "verified"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class HubState:
    """What a server of WebSub knows of one subscription. `lease` has the seconds until it ends, `problem` what the hub said
    last where it failed or refused."""

    site: str
    hub: str
    topic: str
    state: str
    lease: float = 0.0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class KnownSubscription:
    """A subscription as the archive has it. `announced` counts the newest posts in a row that pushes announced."""

    site: str
    hub: str
    topic: str
    state: str
    verified_since: datetime | None
    lease_until: datetime | None
    relied_until: datetime | None
    seen_at: datetime | None
    announced: int
    problem: str


def subscriptions(connection: Connected) -> list[KnownSubscription]:
    """Every subscription that a server of WebSub had when it last gave a sign of life."""
    found = Reader.of(connection).tuples(_SUBSCRIPTIONS)
    return [KnownSubscription(*row[:4], *map(moment, row[4:8]), *row[8:]) for row in found]


class Hubs:
    """The hubs of an archive. Every method is one transaction and raises `DatabaseError`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine, self.clock = engine, clock

    def pushed(self, site: str, at: datetime | None = None) -> None:
        """Keep that a hub pushed for a site, and forget what is too old to tell anything."""
        now = self.clock()
        with writing(self.engine) as connection:
            site_id = connection.execute(select(Site.id).where(Site.domain == site_of(site))).scalar()
            if site_id is None:
                return
            of_site = HubPush.site_id == site_id
            connection.execute(delete(HubPush).where(of_site, HubPush.at < now - 2 * MAX_POST_AGE))
            connection.execute(insert(HubPush).values(site_id=site_id, at=at or now))

    def keep(self, states: Iterable[HubState]) -> None:
        """Store changed subscriptions, delete those that no longer exist, and judge the hubs that are due."""
        wanted = {(site_of(state.site), state.hub, state.topic): state for state in states}
        now = self.clock()
        with reading(self.engine) as connection:
            known = {(site_of(one.site), one.hub, one.topic): one for one in subscriptions(connection)}
        changed: dict[tuple[str, str, str], HubState] = {}
        for key, state in wanted.items():
            one = known.get(key)
            said = state.state, state.problem[:MAX_PROBLEM_CHARACTERS]
            is_old = one is None or one.seen_at is None or now - one.seen_at >= SIGN_OF_LIFE
            if one is None or is_old or said != (one.state, one.problem):
                changed[key] = state
        gone = known.keys() - wanted.keys()
        if not (changed or gone):
            return
        with writing(self.engine) as connection:
            domains = {domain for domain, _, _ in changed.keys() | gone}
            query = select(Site.domain, Site.id).where(Site.domain.in_(domains))
            ids = {row.domain: row.id for row in connection.execute(query)}
            for domain, hub, topic in gone:
                connection.execute(delete(HubSubscription).where(*_row(ids[domain], hub, topic)))
            for key, state in changed.items():
                if key[0] in ids:
                    _write(connection, ids[key[0]], key[0], state, known.get(key), now)


def _row(site_id: int, hub: str, topic: str) -> tuple[Any, ...]:
    return (HubSubscription.site_id == site_id, HubSubscription.hub == hub, HubSubscription.topic == topic)


def _write(
    connection: Connection,
    site_id: int,
    domain: str,
    state: HubState,
    known: KnownSubscription | None,
    now: datetime,
) -> None:
    holds = state.state == State.VERIFIED and state.lease > 0
    lease_until, since = _lease(state, known, now)
    announced = _announced(connection, site_id, domain, since, now) if since else 0
    relied = holds and announced >= MIN_ANNOUNCED_POSTS
    values = {
        "state": state.state,
        "verified_since": since,
        "lease_until": lease_until,
        "announced": announced,
        "relied_until": min(lease_until, now + MAX_RELIANCE) if relied and lease_until else None,
        "seen_at": now,
        "problem": storable(state.problem)[:MAX_PROBLEM_CHARACTERS],
    }
    if known is None:
        key = {"site_id": site_id, "hub": state.hub, "topic": state.topic}
        connection.execute(insert(HubSubscription).values(**key, **values))
    else:
        here = _row(site_id, state.hub, state.topic)
        connection.execute(update(HubSubscription).where(*here).values(**values))


def _lease(
    state: HubState, known: KnownSubscription | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """When the lease of a subscription ends, and since when it is verified; `None` for one that the hub does not hold.

    A server that has just started subscribes anew, while its hub may still hold the old subscription. Until the hub
    answers, the old lease counts. Pushes that were missed while the server was down show as posts that no push
    announced.
    """
    since = known.verified_since if known else None
    if state.state == State.VERIFIED and state.lease > 0:
        return now + timedelta(seconds=state.lease), since or now
    if state.state != State.REFUSED and known and known.lease_until and known.lease_until > now:
        return known.lease_until, since
    return None, None


def _announced(connection: Connection, site_id: int, domain: str, since: datetime, now: datetime) -> int:
    """How many of the newest posts in a row the hub announced, among those that were found since it was subscribed
    to."""
    since = max(since, now - MAX_POST_AGE)
    values = {"site_id": site_id, "site": domain, "since": since, "number": MAX_JUDGED_ARTICLES}
    posts = []
    for named_at, published, looked_before in select_tuples(connection, _NEW_POSTS, values):
        named, before = moment(named_at), moment(looked_before)
        if named and before:  # what the first crawl found is not new
            posts.append(NewPost(named, before, moment(published)))
    pushes = select_tuples(
        connection, "SELECT at FROM hub_pushes WHERE site_id = :site_id ORDER BY at", {"site_id": site_id}
    )
    return announced_in_a_row(posts, [at for at in (moment(value) for (value,) in pushes) if at], now)
