"""The frontier: which URLs of a site are known, which still have to be fetched, which are due again.

Every discovered URL is a row before it is fetched, and is marked as done in the transaction that stores its article
(`fetches.mark`): a crawl that is killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import Connection, Engine, case, exists, literal, select, update

from newsarchive.core.discovery.revisit import (
    DAY,
    MAX_CLOCK_DIFFERENCE,
    Outcome,
    Visits,
    back_off,
    is_future,
    is_news,
    next_check,
)
from newsarchive.core.urls import site_of, url_key
from newsarchive.db import bulk
from newsarchive.db.engine import reading, writing
from newsarchive.db.frontier import absences, fetches, known_sites, listings, named_links, source_texts
from newsarchive.db.frontier.edit_rates import EditRates
from newsarchive.db.models import ArticleRow, CrawlRun, Discovery, Site, Source, SourceTextRow, Url, UrlPart
from newsarchive.db.values import storable
from newsarchive.items import Capture, DropReason, Link, Selectors, SourceText, Validators
from newsarchive.private_networks import doors
from newsarchive.times import utc_now

#: The kinds of sources that a site is asked for first; others follow from them.
FIRST_SOURCES = ("wp-json", "feed", "sitemap")
#: Earlier runs of a spider that are looked through for those that were killed; older ones are not.
MAX_EARLIER_RUNS = 500


class Absence(Enum):
    """What it means that a page is not there."""

    #: It is not there for the first time, and a theme may break for an hour: it is asked for again after a day.
    MISSING = "missing"
    #: It is gone for good, and nobody knew it yet.
    GONE = "gone"
    #: It is gone for good, and an earlier look found that already.
    STILL_GONE = "still gone"


@dataclass(frozen=True, slots=True)
class Known:
    """A URL of the frontier. `etag` and `last_modified` are the server's own words, "" for none.

    `filled_from` names the source that gave its text, "" where its page did; `published` is when its post was
    published, where a crawl with `since` left it out. `is_stand_in` says that the API named `/?p=12`, and that the archive
    holds no post of it, or a copy of another site's.
    """

    url: str
    key: str
    state: str = "new"
    reason: str = ""
    etag: str = ""
    last_modified: str = ""
    last_checked_at: datetime | None = None
    fail_count: int = 0
    next_check_at: datetime | None = None
    lastmod: datetime | None = None
    filled_from: str = ""
    published: datetime | None = None
    is_stand_in: bool = False

    @property
    def left_out(self) -> datetime | None:
        """When the post was published, where an earlier crawl left it out for its age; `None` for any other URL."""
        is_left_out = self.state == "skipped" and self.reason == DropReason.BEFORE_SINCE
        return self.published if is_left_out else None

    def rests(self, now: datetime, lastmod: datetime | None = None) -> bool:
        """Whether it was looked at and is not due again. A `lastmod` of a listing that is later than the last look
        makes it due, and so does a last look that is dated in the future, because a clock was wrong. A withheld URL is
        never due."""
        if self.reason == DropReason.WITHHELD:
            return True
        if is_news(lastmod, self.lastmod, self.last_checked_at) or is_future(self.last_checked_at, now):
            return False
        return self.next_check_at is not None and now < self.next_check_at


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source of a site, with the validators for a conditional request."""

    id: int
    kind: str
    url: str
    etag: str = ""
    last_modified: str = ""
    fail_count: int = 0
    last_checked_at: datetime | None = None

    @property
    def answers(self) -> bool:
        """Whether it was read whole once, and gave a good answer at the last look."""
        return not self.fail_count and self.last_checked_at is not None

    def rests(self, now: datetime) -> bool:
        """Whether it failed lately: it is then left alone, a day at first and a month at last."""
        if not self.fail_count or self.last_checked_at is None or is_future(self.last_checked_at, now):
            return False
        return now < self.last_checked_at + back_off(self.fail_count, DAY, 30 * DAY)

    def is_fresh(self, now: datetime, pause: timedelta) -> bool:
        """Whether it was asked for less than `pause` ago."""
        checked = self.last_checked_at
        return checked is not None and not is_future(checked, now) and now - checked < pause


class Frontier:
    """The frontier of an archive. Every method is one transaction and raises `DatabaseError`.

    `keep` writes the excerpts of sources for good; without it they are forgotten once they were read.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = utc_now, keep: source_texts.Keep | None = None
    ) -> None:
        self.engine, self.clock, self.keep = engine, clock, keep
        self.rates = EditRates()

    # -- sites and sources ----------------------------------------------------------------------

    def open_site(self, home_url: str, platform: str = "") -> int:
        """The id of the site at this address, added where it is new; what is given replaces what is empty."""
        domain = site_of(home_url)
        query = select(Site.__table__).where(Site.domain == domain)
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        if row and row.home_url and platform in ("", row.platform):
            return int(row.id)  # so it is for most crawls, and no other writer has to wait
        with writing(self.engine) as connection:
            bulk.insert_new_rows(connection, Site, [{"domain": domain}])
            row = connection.execute(query).one()
            changes = {"home_url": row.home_url or home_url, "platform": platform or row.platform}
            connection.execute(update(Site).where(Site.id == row.id).values(changes))
        return int(row.id)

    def correct_home(self, site_id: int, post: str) -> None:
        """Name a site that nobody follows by its front page where its address is this post, by which it was crawled first."""
        query = select(Site.home_url, Site.config).where(Site.id == site_id)
        with reading(self.engine) as connection:
            home_url, held = connection.execute(query).one()
        if url_key(home_url) == url_key(post) and "follow" not in held:
            with writing(self.engine) as connection:
                named = update(Site).where(Site.id == site_id)
                connection.execute(named.values(home_url=urljoin(home_url, "/")))

    def site_name(self, site_id: int) -> str:
        """The name that a site gives itself, "" while it is not known."""
        with reading(self.engine) as connection:
            return connection.execute(select(Site.name).where(Site.id == site_id)).scalar() or ""

    def name_site(self, site_id: int, name: str = "", language: str = "") -> None:
        """Keep what a site calls itself and the language it writes in, each where it was not known."""
        said = {Site.name: storable(name), Site.in_language: storable(language)}
        with writing(self.engine) as connection:
            for column, value in said.items():
                if value:
                    unknown = update(Site).where(Site.id == site_id, column == "")
                    connection.execute(unknown.values({column: value}))

    def find_site(self, url: str) -> int | None:
        """The id of the site at this address, `None` where the archive has none."""
        with reading(self.engine) as connection:
            return connection.execute(select(Site.id).where(Site.domain == site_of(url))).scalar()

    def private_sites(self) -> list[str]:
        """The private sites that a user named: those that are followed or were crawled by their address.

        A site that is known by redirects alone does not count: an archive that was made before crawls were guarded may hold one.
        """
        with reading(self.engine) as connection:
            rows = connection.execute(select(Site.home_url, Site.config).where(Site.home_url != ""))
            found = {row.home_url: row.config for row in rows if doors([row.home_url])}
            if not found:
                return []
            sites = [site_of(url) for url in found]
            crawled = (
                select(CrawlRun.site).where(CrawlRun.spider == "news", CrawlRun.site.in_(sites)).distinct()
            )
            named = set(connection.execute(crawled).scalars())
        return [url for url, config in found.items() if config.get("follow") or site_of(url) in named]

    def site_at(self, url: str) -> int:
        """The id of the site of an address, added where it is new; nothing is said of where its front page is."""
        found = self.find_site(url)
        if found is None:
            with writing(self.engine) as connection:
                [found] = bulk.ids_of(connection, Site, ("domain",), [{"domain": site_of(url)}]).values()
        return found

    def close_site(self, site_id: int, *, ok: bool, at: datetime | None = None) -> None:
        """Record how a crawl of the site ended; a success counts from when its sources were asked, `at`."""
        changes = {"state": "ok", "last_success_at": at or self.clock()} if ok else {"state": "failing"}
        with writing(self.engine) as connection:
            connection.execute(update(Site).where(Site.id == site_id).values(changes))

    def source(self, site_id: int, kind: str, url: str) -> KnownSource:
        """The source with this address, added where it is new."""
        return self.sources_at(site_id, kind, [url])[0]

    def sources_at(self, site_id: int, kind: str, addresses: Sequence[str]) -> list[KnownSource]:
        """The sources with these addresses, in their order, added where they are new."""
        with reading(self.engine) as connection:
            found = _sources(connection, site_id, addresses)
        # Mostly none is new, and then no other writer has to wait.
        if new := [url for url in addresses if url not in found]:
            with writing(self.engine) as connection:
                rows = [{"site_id": site_id, "kind": kind, "url": url} for url in new]
                bulk.insert_new_rows(connection, Source, rows)
                found |= _sources(connection, site_id, new)
        return [found[url] for url in addresses]

    def sources(self, site_id: int, kinds: Sequence[str] = FIRST_SOURCES) -> list[KnownSource]:
        """The sources of a site, in the order of their discovery."""
        query = select(Source.__table__).where(Source.site_id == site_id, Source.kind.in_(kinds))
        with reading(self.engine) as connection:
            return [_known_source(row) for row in connection.execute(query.order_by(Source.id))]

    def source_checked(self, source_id: int, *, ok: bool, etag: str = "", last_modified: str = "") -> None:
        """Record an answer of a source; validators are kept from the last good one."""
        changes = (
            {"etag": etag, "last_modified": last_modified, "fail_count": 0}
            if ok
            else {"fail_count": Source.fail_count + 1}
        )
        with writing(self.engine) as connection:
            connection.execute(
                update(Source).where(Source.id == source_id).values(**changes, last_checked_at=self.clock())
            )

    def listed(self, source_id: int, posts: int | None = None, digest: str = "") -> None:
        """Record what a look at a list of posts found. Without `posts` it found the same as the look before (304)."""
        with writing(self.engine) as connection:
            listings.record_look(connection, source_id, self.clock(), posts, digest)

    def same_since(self, source_id: int) -> datetime | None:
        """Since when looks at a list have found the same; `None` for a list that nobody looked at."""
        with reading(self.engine) as connection:
            return listings.same_since(connection, source_id)

    def lacks_since(self, site_id: int, source_id: int) -> datetime | None:
        """When a crawl met the newest post that a feed has lacked for longer than feeds take; `None` for none."""
        with reading(self.engine) as connection:
            return listings.lacks_since(connection, site_id, source_id, self.clock())

    def look_for_lost(self, links: Sequence[Link], *, site_id: int = 0, source_id: int = 0) -> int:
        """Make the posts due that these `links`, of the feed of a site or of a sitemap, name no longer; gives how many."""
        now = self.clock()
        with reading(self.engine) as connection:
            lost = listings.lost(connection, links, now, site_id=site_id, source_id=source_id)
        if lost:
            with writing(self.engine) as connection:
                connection.execute(update(Url).where(Url.id.in_(lost)).values(next_check_at=now))
        return len(lost)

    def named_by(self, source_id: int) -> list[Link]:
        """The URLs that a source has ever named. When it answers 304, it still names them."""
        query = (
            select(Url.url, Discovery.kind).join(Discovery, Discovery.url_id == Url.id)
            .where(Discovery.source_id == source_id).group_by(Url.id, Url.url, Discovery.kind).order_by(Url.id)
        )  # fmt: skip
        with reading(self.engine) as connection:
            return [Link(row.url, row.kind) for row in connection.execute(query)]

    # -- URLs -----------------------------------------------------------------------------------

    def discover(
        self, site_id: int, run_id: int, links: Iterable[Link], source_id: int | None = None
    ) -> None:
        """Make a row of every link before it is fetched (`named_links.record`)."""
        naming = named_links.Naming(site_id, run_id, source_id, self.clock())
        with writing(self.engine) as connection:
            for chunk in bulk.chunks(list(links)):
                named_links.record(connection, chunk, naming, self.keep)

    def known(self, urls: Iterable[str]) -> dict[str, Known]:
        """What the frontier knows of these URLs, by key."""
        found: dict[str, Known] = {}
        with reading(self.engine) as connection:
            for keys in bulk.parts({url_key(url) for url in urls}):
                found |= {known.key: known for known in _known(connection, Url.url_key.in_(keys))}
        return found

    def withheld(self, urls: Iterable[str]) -> set[str]:
        """The keys of those addresses whose posts are withheld, or were erased."""
        return {known.key for known in self.known(urls).values() if known.reason == DropReason.WITHHELD}

    def source_text(self, url: str) -> SourceText | None:
        """What the site said last of the post under this address, in its API, feed or sitemap, with its name and
        language; `None` where it said nothing."""
        with reading(self.engine) as connection:
            return source_texts.of(connection, url)

    def source_text_of(self, capture: Capture) -> SourceText | None:
        """What the site said last of the post on a page (`source_texts.of_page`)."""
        asked, answered = capture.url, capture.base_url
        of_answered = self.source_text(answered) if url_key(answered) != url_key(asked) else None
        return source_texts.of_page(self.source_text(asked), of_answered)

    def published(self, urls: Iterable[str], *, stored: bool = False) -> dict[str, datetime]:
        """When these posts were published, as feed or API said in any crawl, by key. With `stored` the day that the
        archive has of a post counts where they said none. Posts without a date are left out."""
        found: dict[str, datetime] = {}
        said: Any = select(Url.url_key, SourceTextRow.published)
        said = said.join(SourceTextRow, SourceTextRow.url_id == Url.id).where(
            SourceTextRow.published.is_not(None)
        )
        known: Any = select(ArticleRow.url_key, ArticleRow.date_published).where(
            ArticleRow.date_published.is_not(None)
        )
        with reading(self.engine) as connection:
            for keys in bulk.parts({url_key(url) for url in urls}):
                if stored:
                    found |= dict(
                        connection.execute(known.where(ArticleRow.url_key.in_(keys))).tuples().all()
                    )
                found |= dict(connection.execute(said.where(Url.url_key.in_(keys))).tuples().all())
        return found

    def parts(self, url: str) -> list[Validators]:
        """The further answers that the post under this address was made of, with their validators."""
        query = select(UrlPart.url, UrlPart.etag, UrlPart.last_modified).join(Url, Url.id == UrlPart.url_id)
        query = query.where(Url.url_key == url_key(url)).order_by(UrlPart.part)
        with reading(self.engine) as connection:
            return [Validators(*row) for row in connection.execute(query)]

    def selectors(self, url: str) -> Selectors | None:
        """The selectors of the site of this address, `None` where its settings have none."""
        with reading(self.engine) as connection:
            return known_sites.selectors(connection, [url]).get(site_of(url))

    def waiting(self, site_id: int, *, stored: bool = False) -> list[Known]:
        """The URLs of a site that were discovered and never stored, oldest first: what a killed crawl left, what
        could not be fetched, and what a crawl with `since` left out. With `stored` those that were stored, too: then
        the ones that were never looked at come first, and those that were looked at last come last."""
        left_out = (Url.state == "skipped") & (Url.reason == DropReason.BEFORE_SINCE)
        states, order = (
            (("new", "ok", "gone"), Url.last_checked_at.nulls_first()) if stored else (("new",), Url.id)
        )
        with reading(self.engine) as connection:
            condition = (Url.site_id == site_id) & (Url.state.in_(states) | left_out)
            return list(_known(connection, condition, order=order))

    def due(self, *, site_id: int | None = None, limit: int | None = None) -> list[Known]:
        """The URLs whose next look is due, the longest overdue first."""
        now = self.clock()
        condition = Url.state.in_(("ok", "gone")) & (
            Url.next_check_at.is_(None)
            | (Url.next_check_at <= now)
            | (Url.last_checked_at > now + MAX_CLOCK_DIFFERENCE)
        )
        if site_id is not None:
            condition &= Url.site_id == site_id
        with reading(self.engine) as connection:
            return list(_known(connection, condition, order=Url.next_check_at.nulls_first(), limit=limit))

    def unchanged(self, url: str, answered: str = "") -> None:
        """Record that a server said that nothing changed (304): the article was seen, and nothing else. `answered` is the
        address to which the URL led, where that is another one."""
        now, key = self.clock(), url_key(url)
        with writing(self.engine) as connection:
            seen = fetches.visits(connection, [key], self.rates).get(key, Visits(now))
            after = next_check(seen, now, "unchanged", key)
            changes = {
                "state": "ok",
                "last_checked_at": now,
                "next_check_at": after,
                "fail_count": 0,
                "reason": case(
                    (Url.filled_from != "", literal(fetches.FILLED).concat(Url.filled_from)), else_=""
                ),
                "reason_detail": "",
            }
            connection.execute(update(Url).where(_open(key)).values(changes))
            first = case((ArticleRow.first_seen_at > now, now), else_=ArticleRow.first_seen_at)
            there = {"first_seen_at": first, "last_seen_at": now, "gone_at": None}
            here = ArticleRow.id.in_(absences.articles_at(connection, key, url_key(answered or url)))
            connection.execute(update(ArticleRow).where(here).values(there))

    def settle(self, url: str, state: str, reason: str, detail: str = "") -> None:
        """Record that a URL gives no article, for good or for now: `state` is `skipped` or `blocked`.

        The URL is left alone for a while, each time for longer. `reason` is in words that can be counted, `detail` is
        for people. A URL that gave an article before keeps its state and is looked at again ever more rarely: a wall
        before the whole site must not end the watch over its posts.
        """
        now, key = self.clock(), url_key(url)
        with writing(self.engine) as connection:
            columns = (Url.state, Url.fail_count, Url.reason)
            row = connection.execute(select(*columns).where(Url.url_key == key)).first()
            failures = (row.fail_count if row is not None else 0) + 1
            if reason == DropReason.CRASHED and row is not None and row.reason != reason:
                failures = 1  # an earlier timeout does not count, because nothing was read then
            stored = row is not None and row.state in ("ok", "gone")
            outcome: Outcome = "blocked" if stored or state != "skipped" else "skipped"
            outcome = "crashed" if reason == DropReason.CRASHED else outcome
            after = next_check(Visits(now, failures=failures), now, outcome, key)
            changes: dict[str, Any] = {"state": row.state if row and stored else state}
            changes |= {"reason": reason, "reason_detail": detail}
            changes |= {"last_checked_at": now, "fail_count": failures, "next_check_at": after}
            connection.execute(update(Url).where(_open(key)).values(changes))

    def leave_out(self, url: str, published: datetime) -> None:
        """Record that a post is older than this crawl's `since`.

        Its date is kept, so that a crawl that wants no posts of that age does not fetch it again. A post that the
        archive has stays as it is.
        """
        changes = {
            "state": "skipped",
            "reason": DropReason.BEFORE_SINCE,
            "reason_detail": published.isoformat(),
            "published": published,
            "last_checked_at": self.clock(),
        }
        with writing(self.engine) as connection:
            waiting = (Url.url_key == url_key(url)) & Url.state.in_(("new", "skipped"))
            connection.execute(update(Url).where(waiting).values(changes))

    def missing(self, url: str, reason: str, *, final: bool, answered: str = "") -> Absence:
        """Record that a page is not there. `answered` is the address to which the URL led, where that is another one.

        It is gone for good where that is `final` (410), or where the looks found the same (404) for
        `absences.MIN_TIME_BETWEEN_ABSENCES`; until then the first of them stays the last that counts, however often a page is
        asked for. Its article keeps its text and gets `gone_at`, once. Where a post has several addresses, the first
        that is found gone is `GONE`, the others are `STILL_GONE`.
        """
        now, key = self.clock(), url_key(url)
        with writing(self.engine) as connection:
            row = connection.execute(select(Url.__table__).where(Url.url_key == key)).first()
            news = row is None or row.state != "gone"
            first = row.last_checked_at if row is not None and row.reason == reason else None
            if first is None or is_future(first, now):
                first = now
            gone = final or not news or now - first >= absences.MIN_TIME_BETWEEN_ABSENCES
            looked_at = now if gone else first
            outcome: Outcome = "gone" if gone else "missing"
            state = "gone" if gone else (row.state if row is not None else "new")
            failures = row.fail_count if row is not None else 0
            after = next_check(Visits(now, failures=failures), looked_at, outcome, key)
            changes: dict[str, Any] = {"state": state, "reason": reason, "reason_detail": ""}
            changes |= {"last_checked_at": looked_at, "next_check_at": after}
            if looked_at == now:  # how often a post was found gone decides when it is asked for again
                changes["fail_count"] = Url.fail_count + 1
            connection.execute(update(Url).where(_open(key)).values(changes))
            if gone:
                here = ArticleRow.id.in_(absences.articles_at(connection, key, url_key(answered or url)))
                stored = connection.execute(select(ArticleRow.gone_at).where(here)).all()
                connection.execute(
                    update(ArticleRow).where(here, ArticleRow.gone_at.is_(None)).values(gone_at=now)
                )
                # The post is stored, but under another address: that address counts.
                other = row is not None and row.state == "ok"
                news = any(one.gone_at is None for one in stored) if stored else news and not other
        if not gone:
            return Absence.MISSING
        return Absence.GONE if news else Absence.STILL_GONE

    def vanished(self, answers: Mapping[str, Sequence[tuple[datetime, int]]]) -> int:
        """Mark the articles of pages as gone where earlier answers of their server say so: the key of an address → each with its
        moment and its status, 404 or 410. Gives how many of the pages were marked now.

        Only answers after the article was last seen count, and as in `missing` it takes a 410, or two of 404 half a day apart.
        `gone_at` is the moment of the answer that settles it.
        """
        known: set[str] = set()
        with reading(self.engine) as connection:
            for keys in bulk.parts(answers):
                for column in (Url.url_key, ArticleRow.url_key, ArticleRow.canonical_key):
                    known |= set(connection.execute(select(column).where(column.in_(keys))).scalars())
        return sum(self._vanished(key, given) for key, given in answers.items() if key in known)

    def _vanished(self, key: str, answers: Sequence[tuple[datetime, int]]) -> bool:
        with writing(self.engine) as connection:
            here = ArticleRow.id.in_(absences.articles_at(connection, key))
            stored = connection.execute(select(ArticleRow.last_seen_at, ArticleRow.gone_at).where(here)).all()
            if not stored:
                return False
            seen = max(one.last_seen_at for one in stored)
            later = sorted((moment, status) for moment, status in answers if moment > seen)
            settled = [
                (moment, status)
                for moment, status in later
                if status == 410 or moment - later[0][0] >= absences.MIN_TIME_BETWEEN_ABSENCES
            ]
            if not settled:
                return False
            moment, status = settled[0]
            earlier = ArticleRow.gone_at.is_(None) | (ArticleRow.gone_at > moment)
            connection.execute(update(ArticleRow).where(here, earlier).values(gone_at=moment))
            changes = {"state": "gone", "reason": f"http {status}"}
            connection.execute(update(Url).where(_open(key)).values(changes))
        return any(one.gone_at is None for one in stored)

    def failed(self, url: str, reason: str) -> None:
        """Record that a fetch failed: the URL keeps its state and is tried again."""
        changes = {"fail_count": Url.fail_count + 1, "reason": reason, "reason_detail": ""}
        with writing(self.engine) as connection:
            connection.execute(update(Url).where(_open(url_key(url))).values(changes))

    # -- runs -----------------------------------------------------------------------------------

    def resume_point(self, run_id: int) -> datetime | None:
        """When the crawl began that this run goes on with; `None` where the last one was finished.

        Of the earlier runs of this spider with the same arguments, those after the last one that was finished were
        killed. What was stored since the first of them need not be fetched again.
        """
        with reading(self.engine) as connection:
            own = connection.execute(select(CrawlRun.__table__).where(CrawlRun.id == run_id)).one()
            earlier = (
                select(CrawlRun.started_at, CrawlRun.finished_at, CrawlRun.arguments)
                .where(CrawlRun.spider == own.spider, CrawlRun.id < run_id).order_by(CrawlRun.id.desc()).limit(MAX_EARLIER_RUNS)
            )  # fmt: skip
            begun: datetime | None = None
            for row in connection.execute(earlier):
                if row.arguments == own.arguments:
                    if row.finished_at is not None:
                        break
                    begun = row.started_at
            return None if is_future(begun, self.clock()) else begun


def _open(key: str) -> Any:
    """The condition that a URL has this key and is not withheld: a post may be withheld while a crawl asks for it, and what the
    server answers then must not let the next crawl ask again."""
    return (Url.url_key == key) & (Url.reason != DropReason.WITHHELD)


def _sources(connection: Connection, site_id: int, addresses: Sequence[str]) -> dict[str, KnownSource]:
    """Address → source of a site, for those of these addresses that are known."""
    of_site = select(Source.__table__).where(Source.site_id == site_id)
    rows = bulk.select_in(connection, of_site, Source.url, addresses)
    return {row.url: _known_source(row) for row in rows}


def _known_source(row: Any) -> KnownSource:
    return KnownSource(
        row.id, row.kind, row.url, row.etag, row.last_modified, row.fail_count, row.last_checked_at
    )


#: Whether a row may have the address that a post gets in the place of a permalink on another site (`wordpress.is_stand_in`). A
#: post of the site's own that was stored under such an address may move to another site with its blog.
_IS_STAND_IN = (
    Url.url.contains("?p=")
    & exists().where(Discovery.url_id == Url.id, Discovery.kind == "wp-json")
    & (
        Url.state.not_in(("ok", "gone"))
        | exists().where(ArticleRow.url_key == Url.url_key, ArticleRow.is_based_on != "")
    )
)


def _known(
    connection: Connection, condition: Any, order: Any = Url.id, limit: int | None = None
) -> Iterator[Known]:
    columns: tuple[Any, ...] = (
        Url.url, Url.url_key, Url.state, Url.reason, Url.etag, Url.last_modified, Url.last_checked_at,
        Url.fail_count, Url.next_check_at, Url.lastmod, Url.filled_from, Url.published, _IS_STAND_IN,
    )  # fmt: skip
    query = select(*columns).where(condition).order_by(order, Url.id).limit(limit)
    for row in connection.execute(query):
        yield Known(*row)
