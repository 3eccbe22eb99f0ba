"""A site whose hub announces every post is asked less often, and as often as ever once it misses a post, is silent or ends:
on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, update

from newsarchive.core.discovery.websub import MAX_POST_AGE, MIN_ANNOUNCED_POSTS
from newsarchive.db.engine import reading, writing
from newsarchive.db.frontier.hubs import MAX_RELIANCE, SIGN_OF_LIFE, Hubs, HubState, subscriptions
from newsarchive.db.frontier.known_sites import MAX_EARLY, PUSHED_INTERVAL_HOURS
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.models import ArticleRow, CrawlRun, Url
from newsarchive.doctor import hubs as hub_findings
from newsarchive.spider_processes.site_crawl import CrawlOptions, crawl_one
from tests.support.storage import START

SITE, FEED, HUB = "https://blog.example/", "https://blog.example/feed", "https://hub.example/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * 86_400.0
VERIFIED = HubState(SITE, HUB, FEED, "verified", WEEK)


class Archive:
    """An archive with one followed site, which is crawled when a test says so."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now, self.posts = engine, START, 0
        self.sites, self.hubs = Sites(engine, self.clock), Hubs(engine, self.clock)
        self.frontier = Frontier(engine, self.clock)
        self.sites.follow(SITE, {})
        found = self.frontier.find_site(SITE)
        assert found is not None
        self.site_id = found

    def clock(self) -> datetime:
        return self.now

    def crawl(self, posts: int = 0, *, spider: str = "news", published: datetime | None = None) -> None:
        """A crawl that finds some new posts."""
        with writing(self.engine) as connection:
            run = {"spider": spider, "site": "blog.example", "started_at": self.now, "reached": True}
            connection.execute(insert(CrawlRun).values(run))
            for _ in range(posts):
                self.posts += 1
                url = f"{SITE}{self.posts}"
                known = {"url": url, "url_key": url, "site_id": self.site_id, "first_seen_at": self.now}
                later = self.now + 30 * DAY
                connection.execute(insert(Url).values(known | {"state": "ok", "next_check_at": later}))
                article = {
                    "url": url,
                    "url_key": url,
                    "canonical_key": url,
                    "site_id": self.site_id,
                    "headline": "A report",
                }
                article |= {"first_seen_at": self.now, "last_seen_at": self.now, "date_published": published}
                connection.execute(insert(ArticleRow).values(article))
        if spider == "news":
            self.frontier.close_site(self.site_id, ok=True)

    def hour(self, *, pushed: bool, posts: int = 1) -> None:
        """An hour, at whose end a crawl finds a post, which a push announced, or none did."""
        self.now += HOUR
        if pushed:
            self.hubs.pushed(SITE)
        self.now += timedelta(seconds=5)
        self.crawl(posts)

    def trusted(self) -> None:
        """A site whose hub has announced all that is needed."""
        self.crawl()
        self.hubs.keep([VERIFIED])
        for _ in range(MIN_ANNOUNCED_POSTS):
            self.hour(pushed=True)
        self.keep()

    def keep(self, state: HubState = VERIFIED) -> None:
        """The server's next sign of life."""
        self.now += SIGN_OF_LIFE
        self.hubs.keep([state])

    @property
    def interval(self) -> timedelta:
        """The time between two crawls as it stands."""
        [site] = self.sites.followed()
        due = site.due_at(self.now)
        assert due is not None
        assert site.last_success_at is not None
        return due + MAX_EARLY - site.last_success_at

    @property
    def announced(self) -> int:
        with reading(self.engine) as connection:
            [one] = subscriptions(connection)
        return one.announced


LONG = timedelta(hours=PUSHED_INTERVAL_HOURS)


@pytest.fixture
def archive(engine: Engine) -> Archive:
    return Archive(engine)


def test_a_hub_is_trusted_after_it_announced_some_posts_in_a_row(archive: Archive) -> None:
    archive.crawl(20)  # what was there before it was subscribed to
    archive.hubs.keep([VERIFIED])
    for number in range(MIN_ANNOUNCED_POSTS):
        assert archive.interval == HOUR
        archive.hour(pushed=True)
        archive.keep()
        assert archive.announced == number + 1
    assert archive.interval == LONG
    archive.now += LONG / 2
    archive.keep()
    assert archive.sites.due() == []
    archive.now += LONG / 2
    archive.keep()
    assert [site.domain for site in archive.sites.due()] == ["blog.example"]


def test_a_post_that_no_push_announced_turns_it_back(archive: Archive) -> None:
    archive.trusted()
    assert archive.interval == LONG
    archive.hour(pushed=False)
    archive.keep()
    archive.keep()  # a push may come a quarter of an hour late
    assert (archive.announced, archive.interval) == (0, HOUR)
    for _ in range(MIN_ANNOUNCED_POSTS - 1):
        archive.hour(pushed=True)
    archive.keep()
    assert archive.interval == HOUR
    archive.hour(pushed=True)
    archive.keep()
    assert archive.interval == LONG


def test_a_crawl_that_finds_nothing_changes_nothing(archive: Archive) -> None:
    archive.trusted()
    archive.hour(pushed=False, posts=0)
    archive.keep()
    assert archive.interval == LONG


def test_two_posts_of_one_crawl_need_a_push_in_time_each(archive: Archive) -> None:
    archive.trusted()
    archive.now += 5 * HOUR
    archive.hubs.pushed(SITE)
    archive.crawl(1, published=archive.now)
    archive.crawl(1, published=archive.now - 3 * HOUR)  # the push of the other one brought it
    archive.keep()
    archive.keep()
    assert archive.announced < MIN_ANNOUNCED_POSTS
    assert archive.interval == HOUR


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (MAX_RELIANCE, None),  # the server is down: whatever the lease says, no push is heard
        (SIGN_OF_LIFE, replace(VERIFIED, lease=0.0)),  # the lease ran out
        (SIGN_OF_LIFE, replace(VERIFIED, state="refused", problem="no")),
        (SIGN_OF_LIFE, replace(VERIFIED, state="asked", lease=0.0)),  # a server that has just started
    ],
)
def test_what_is_no_longer_heard_is_not_relied_on(
    archive: Archive, after: timedelta, state: HubState | None
) -> None:
    archive.trusted()
    archive.now += after
    if state:
        archive.hubs.keep([state])
    assert archive.interval == HOUR


def test_a_lease_that_ends_soon_is_relied_on_until_then(archive: Archive) -> None:
    archive.trusted()
    archive.keep(replace(VERIFIED, lease=60.0))
    assert archive.interval == LONG
    archive.now += timedelta(seconds=60)
    assert archive.interval == HOUR


def test_a_server_that_starts_again_is_trusted_if_it_missed_nothing(archive: Archive) -> None:
    for posts, interval in ((0, LONG), (1, HOUR)):
        archive.trusted()
        archive.now += 2 * HOUR
        archive.crawl(posts)  # while the server was down
        archive.keep(replace(VERIFIED, state="asked", lease=0.0))
        archive.keep()
        assert archive.interval == interval


def test_a_subscription_that_is_let_go_is_forgotten(archive: Archive) -> None:
    archive.trusted()
    archive.hubs.keep([])
    assert archive.interval == HOUR
    with reading(archive.engine) as connection:
        assert subscriptions(connection) == []


def test_what_a_hub_did_long_ago_tells_nothing(archive: Archive) -> None:
    archive.trusted()
    archive.now += MAX_POST_AGE
    archive.crawl()
    archive.keep()
    assert archive.interval == HOUR


def test_a_longer_interval_of_the_site_stays(archive: Archive) -> None:
    archive.sites.follow(SITE, {"interval": 48})
    archive.trusted()
    assert archive.interval == timedelta(hours=48)


def test_posts_are_looked_at_again_by_the_sites_own_interval(archive: Archive) -> None:
    archive.trusted()
    archive.now += HOUR
    archive.keep()
    assert archive.sites.due() == []
    with writing(archive.engine) as connection:
        connection.execute(update(Url).values(next_check_at=archive.now))
    [site] = archive.sites.due()
    assert archive.sites.is_due(site)
    assert not archive.sites.lists_are_due(site)
    assert archive.sites.due({"blog.example": archive.now - HOUR / 2}) == []  # a crawl failed just now
    archive.crawl(spider="recrawl")  # whose fetches failed: the posts are due still
    archive.keep()
    assert archive.sites.due() == []
    archive.now += HOUR
    archive.keep()
    assert archive.sites.due() == [archive.sites.followed()[0]]


class Spiders:
    """Notes which spiders a crawl of a site would run."""

    stopping = False

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.killed: dict[str, str] = {}

    def run(self, spider: str, words: list[str], domain: str = "") -> int:
        self.ran.append(spider)
        return 0


def test_a_crawl_before_the_time_of_the_lists_looks_at_posts_alone(archive: Archive) -> None:
    archive.trusted()
    with writing(archive.engine) as connection:
        connection.execute(update(Url).values(next_check_at=archive.now))
    for only_if_due, ran in ((True, ["recrawl"]), (False, ["news", "recrawl"])):  # a push brings the second
        [site], spiders = archive.sites.followed(), Spiders()
        options = CrawlOptions({}, (), quiet=True)
        crawl_one(archive.sites, site, spiders, options, only_if_due=only_if_due)  # type: ignore[arg-type]
        assert spiders.ran == ran


@pytest.mark.parametrize(
    ("state", "after", "says"),
    [
        (VERIFIED, timedelta(0), None),
        (replace(VERIFIED, state="asked", lease=0.0), timedelta(0), None),
        (replace(VERIFIED, state="refused", problem="no more"), timedelta(0), "refuses the feed https://blog.example/feed (no more)"),
        (replace(VERIFIED, problem="the hub answered 500"), timedelta(0), "fails for the feed"),
        (replace(VERIFIED, lease=0.0), timedelta(0), "its lease ran out"),
        (VERIFIED, 2 * MAX_RELIANCE, "gave no sign of life since"),
        (VERIFIED, timedelta(days=31), None),  # it was given up
    ],
)  # fmt: skip
def test_doctor_tells_of_a_hub_that_pushes_no_more(
    archive: Archive, state: HubState, after: timedelta, says: str | None
) -> None:
    archive.hubs.keep([state])
    found = list(hub_findings(archive.engine, archive.now + after))
    assert len(found) == (says is not None)
    if says:
        assert says in found[0].message
        assert found[0].remedy
