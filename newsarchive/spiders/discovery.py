"""Finding every post of a blog: its REST API, feeds, sitemaps and archive pages are asked, in that order.

`core.discovery` reads what a source answers; this module sends the requests, one after the other and
`MAX_REQUESTS` at most. A source that cannot be read is counted and named in the log, and the next one is asked.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse

from newsarchive import config
from newsarchive.core import urls
from newsarchive.core.alarms.listings import FRESH_FEED, FRESH_FRONT_PAGE, MAX_LAG, MAX_SAME_TIME, past_caches
from newsarchive.core.assembly.documents import API_PAGE, API_ROOT, is_of_whole_site
from newsarchive.core.discovery import feeds, pagination, platforms, sitemaps, wordpress
from newsarchive.core.discovery.excerpts import source_of
from newsarchive.core.discovery.links import post_links
from newsarchive.core.discovery.platforms import Source
from newsarchive.core.discovery.revisit import is_future
from newsarchive.core.discovery.rights import robots_sitemaps
from newsarchive.core.discovery.sitemaps import MAX_SITEMAP_BYTES
from newsarchive.core.metadata.site_statements import site_name
from newsarchive.crawling.failures import explain, status_problem
from newsarchive.crawling.responses import conditional, headers_of, in_time, text_of
from newsarchive.crawling.stats import FetchProblem
from newsarchive.db.frontier.queue import FIRST_SOURCES, Frontier, KnownSource
from newsarchive.exceptions import DatabaseError
from newsarchive.items import Link
from newsarchive.rules import Rules
from newsarchive.spiders.languages import Languages

if TYPE_CHECKING:
    from scrapy.core.engine import ExecutionEngine

logger = logging.getLogger(__name__)

#: Requests for sources of one site in one crawl. After that no source is asked: an archive with endless pages (a
#: calendar) ends here.
MAX_REQUESTS = 3000
#: Sitemaps of one source that cannot be read, one after the other. After that its others wait for the next crawl: an index may
#: list 50,000.
MAX_FAILED_SITEMAPS_IN_A_ROW = 20
#: Sitemaps of one source, one after the other, that list other sitemaps and no posts. After that its others wait for the next crawl:
#: each may lead to further ones, without end.
MAX_INDEXES_IN_A_ROW = 100
#: Answers of sources that a killed crawl read count as read for the crawl that goes on with it; older ones do not.
MAX_AGE_OF_READ_SOURCE = timedelta(hours=1)
#: Characters of an error of ours that the log shows.
MAX_ERROR_CHARACTERS = 200
#: Hexadecimal digits of a digest that tells a list of posts from another one: two that differ are taken for one in 2^64.
DIGEST_CHARACTERS = 16
#: The kind of a sitemap that another sitemap lists.
SITEMAP_PART = "sitemap part"
#: The kind of a sitemap that is read for news that the site's API does not list (`sitemaps.is_news_type`).
ENTRY_TYPES = "sitemap of entry types"
#: A site is asked for such news once in this long: a new entry stands on its front page, too.
MIN_PAUSE_OF_ENTRY_TYPES = timedelta(days=1)
#: The source of a post that an archive page links.
ARCHIVE_PAGE = "archive page"
#: Error statuses of an API whose answers are read: they say why it gives nothing.
API_ERROR_STATUSES = (400, 401, 403, 404)
#: Why a request got no answer, where another one to the same host would get none either.
SILENT_REASONS = frozenset(
    (
        FetchProblem.UNKNOWN_HOST,
        FetchProblem.CONNECTION_REFUSED,
        FetchProblem.CONNECTION_FAILED,
        FetchProblem.TIMEOUT,
        FetchProblem.ASKED_TO_WAIT,
    )
)
#: What the names of sitemaps say that list no posts (`sitemaps.sitemap_content`).
SITEMAPS_WITHOUT_POSTS = frozenset(("pages", "categories", "authors", "media"))


class NamedLinks(NamedTuple):
    """The links that one answer named. `source_id` is the row of the source, `None` for an archive page. `remembered`
    says that the source did not change, and that these are the links that it named when it was read."""

    links: list[Link]
    source_id: int | None = None
    remembered: bool = False


@dataclass
class Finder:
    """Finds the posts of one site. `enough` says when the crawl wants no more; `problem` takes the URL of a source that
    cannot be read, the reason that stats count, and a sentence."""

    engine: ExecutionEngine
    frontier: Frontier | None
    site_id: int
    rules: Rules
    enough: Callable[[], bool]
    problem: Callable[[str, str, str], None]
    #: Gives the robots.txt of an address's host; `None` where the crawl has not read it.
    robots: Callable[[str], str | None] = lambda url: None
    #: Whether the posts that a kind of source names are asked for no more, because none was an article.
    is_barren: Callable[[str], bool] = lambda source: False
    #: The kinds of sources that are asked; `archive` is the front page and the archive pages that it leads to.
    kinds: frozenset[str] = frozenset(config.SOURCES)
    #: Whether every link that is found gets its row in the frontier: only then may a later 304 stand for the links.
    remember: bool = True
    #: When the killed crawl began that this one goes on with: the sources that it read are not asked again.
    resume_point: datetime | None = None
    requests: int = 0
    #: Good answers of sources.
    answers: int = 0
    #: Hosts that gave no answer to a request.
    silent_hosts: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    #: Hosts of other sites to which entries of feeds lead.
    other_sites: set[str] = field(default_factory=set)
    empty_feeds: set[str] = field(default_factory=set)
    languages: Languages = field(init=False)

    def __post_init__(self) -> None:
        self.languages = Languages(self)

    async def batches(
        self, home: TextResponse, known: KnownSource | None = None
    ) -> AsyncIterator[NamedLinks]:
        """All links to posts, source by source; a post that two sources name comes twice.

        `known` is the front page's row as a source; its validators are kept once everything is found.
        """
        tried = await self._sources(home)
        of_languages = await self.languages.sources(home, tried)
        first = next((i for i, source in enumerate(tried) if source.kind == "sitemap"), len(tried))
        complete: set[str] = set()
        for source in [*tried[:first], *of_languages, *tried[first:]]:
            if self.enough():
                return
            # The API lists every post, and its sitemaps may list news of other types. One feed is read all the same, because it is
            # short and has metadata of new posts.
            is_own = source not in of_languages
            if is_own and "wp-json" in complete and source.kind == "sitemap" and source.announced:
                source = replace(source, kind=ENTRY_TYPES)
            elif is_own and (source.kind in complete or ("wp-json" in complete and source.kind == "sitemap")):
                continue
            found = False
            async for batch in self._guarded(source, home.url):
                found = found or bool(batch.links)
                yield batch
                if self.enough():
                    return
            if found and is_own and not (source.kind == "sitemap" and source.announced):
                complete.add(source.kind)
            elif found and is_own:
                complete.add("announced sitemap")
        home_id = known.id if known else None
        if "archive" not in self.kinds:
            return
        links = await self.linked(home)
        if home.status == 200:  # the page of a wall lists nothing
            await self.listed(known, links, home.body)
        yield NamedLinks(links, home_id)
        async for batch in self._past_caches(known if home.status == 200 else None):
            yield batch
        for page in [home, *(page for page, _ in self.languages.pages)]:
            if not complete & {"wp-json", "sitemap", "announced sitemap"}:
                async for batch in self._archive_pages(page):
                    yield NamedLinks(batch.links, home_id)
                    if self.enough():
                        return
            elif page is not home:
                yield NamedLinks(await self.linked(page), home_id)
        for page, row in self.languages.pages:
            await self.read_whole(row, page)
        await self.read_whole(known, home)

    async def batches_again(self, known: KnownSource) -> AsyncIterator[NamedLinks]:
        """All links to posts of a site whose front page did not change, from the sources that answered before."""
        await self.listed(known)
        async for batch in self.batches_without_home(known.url):
            yield batch
        if "archive" in self.kinds and not self.enough():
            yield await self._named_by(known)
            async for batch in self._past_caches(known):
                yield batch
            async for links in self.languages.links_again(known):
                yield NamedLinks(links, known.id)

    async def _past_caches(self, home: KnownSource | None) -> AsyncIterator[NamedLinks]:
        """New posts of a front page that was the same for `MAX_SAME_TIME`: a cache may be stuck, and most caches have no answer
        for an address that nobody asked for before. Asked once in as long."""
        if home is None or self.frontier is None:
            return
        now = datetime.now(UTC)
        url = past_caches(home.url)
        fresh = await self.row_of(FRESH_FRONT_PAGE, url)
        since = await asyncio.to_thread(self.frontier.same_since, home.id)
        asked = fresh.last_checked_at if fresh else None
        if fresh is None or since is None or now - max(since, asked or since) < MAX_SAME_TIME:
            return
        response = await self.get(f"{url}{int(now.timestamp())}")
        await asyncio.to_thread(self.frontier.source_checked, fresh.id, ok=response is not None)
        if not isinstance(response, TextResponse):
            return
        links = await self.linked(response, home.url)
        before = await asyncio.to_thread(self.frontier.known, [link.url for link in links])
        new = [link for link in links if urls.url_key(link.url) not in before]
        yield NamedLinks([replace(link, source=FRESH_FRONT_PAGE) for link in new], fresh.id)

    async def batches_without_home(self, home_url: str) -> AsyncIterator[NamedLinks]:
        """All links to posts of a site whose front page cannot be fetched, from the sources that answered before.

        Of a host that does not answer one source is asked.
        """
        assert self.frontier is not None
        kinds = (*FIRST_SOURCES, ENTRY_TYPES)
        for source in await asyncio.to_thread(self.frontier.sources, self.site_id, kinds):
            if not source.answers or urlsplit(source.url).netloc in self.silent_hosts:
                continue
            async for batch in self._guarded(Source(source.kind, source.url, announced=True), home_url):
                yield batch
                if self.enough():
                    return

    async def _sources(self, home: TextResponse) -> list[Source]:
        """The sources to try: those of the front page, and the sitemaps of robots.txt before those at usual places."""
        text = text_of(home)
        found = await in_time(len(text), platforms.sources, text, headers_of(home), home.url, self.rules)
        robots, robots_url = self.robots(home.url), urljoin(home.url, "/robots.txt")
        if robots is None:
            answer = await self.get(robots_url)
            robots = text_of(answer) if answer is not None else ""
        listed = robots_sitemaps(robots, robots_url)
        if listed:
            named = [Source("sitemap", url, announced=True) for url in listed]
            at = next((i for i, source in enumerate(found) if source.kind == "sitemap"), len(found))
            found[at:at] = named
        once = {(source.kind, urls.url_key(source.url)): source for source in reversed(found)}
        return list(once.values())[::-1]

    async def _guarded(self, source: Source, home_url: str) -> AsyncIterator[NamedLinks]:
        """What a source names. An error in reading it costs this source alone."""
        kind = "sitemap" if source.kind == ENTRY_TYPES else source.kind
        readers = {"wp-json": self._wordpress, "feed": self._feed, "sitemap": self._sitemap}
        if kind not in readers or kind not in self.kinds:
            return
        try:
            known, now = await self.row_of(source.kind, source.url), datetime.now(UTC)
            if known and not source.announced and known.rests(now):
                return  # nothing was at this usual place, and the site announces nothing there
            if known and source.kind == ENTRY_TYPES and known.is_fresh(now, MIN_PAUSE_OF_ENTRY_TYPES):
                return
            async for batch in readers[kind](source, known, home_url):
                yield batch
        except DatabaseError:
            raise
        except Exception as error:
            logger.info("a source made the core raise an error", exc_info=error)
            problem = " ".join(f"{type(error).__name__}: {error}".split())[:MAX_ERROR_CHARACTERS]
            self.problem(source.url, "crashed", f"it cannot be read ({problem}); the other sources are asked")

    async def _wordpress(
        self, source: Source, known: KnownSource | None, home_url: str
    ) -> AsyncIterator[NamedLinks]:
        embed, page, barren = True, 1, 0
        named: set[str] = set()
        await self._ask_name(source.url)
        while not self.enough():
            url = wordpress.wp_posts_url(source.url, page=page, embed=embed)
            own = await self.row_of(API_PAGE, url) if known else None
            # A server that is too small for a page with names embedded answers 500, and may give one without.
            also = (*API_ERROR_STATUSES, *((500,) if embed and page == 1 else ()))
            response = await self.get(url, own, expected=source.announced, also=also)
            if response is None:
                return
            if response.status == 304 and known and own:
                if page == 1:
                    await self.listed(known)
                yield await self._named_by(own)
                page += 1
                following = wordpress.wp_posts_url(source.url, page=page, embed=embed)
                assert self.frontier is not None
                read = await asyncio.to_thread(self.frontier.sources, self.site_id, (API_PAGE,))
                if known.answers and not any(one.url == following and one.answers for one in read):
                    return  # it was the last page when the API was read
                continue
            arguments = (response.body, url, headers_of(response), home_url)
            posts = await in_time(len(response.body), wordpress.parse_wp_posts, *arguments)
            if posts.problem and embed and page == 1:
                embed = False  # some hosts forbid embedding only
                continue
            if posts.problem:
                if page == 1:
                    await self.failed(known)
                if page == 1 and source.announced:
                    self.problem(url, "wp-json", posts.problem)
                return
            if page == 1:
                await self.listed(known, posts.links)
            yield NamedLinks(list(posts.links), own.id if own else None)
            await self.read_whole(own, response)
            addresses = {link.url for link in posts.links}
            barren = 0 if addresses - named else barren + 1
            named |= addresses
            if posts.is_last or pagination.stop_reason(page, barren):
                await self.read_whole(known, response)
                return
            page += 1

    async def _ask_name(self, root: str) -> None:
        """Ask the API for the site's name before the first post is read, where it is not known yet."""
        if self.frontier is None:
            return
        named = await asyncio.to_thread(self.frontier.site_name, self.site_id)
        if named:
            return
        url = wordpress.wp_root_url(root)
        known = await self.row_of(API_ROOT, url)
        if known is None or known.rests(datetime.now(UTC)):
            return
        response = await self.get(url, known)
        if response is None:
            return
        name = site_name(wordpress.parse_wp_root(response.body), self.rules)
        if name and self.frontier.keep is not None:
            kind = headers_of(response).get("content-type", "")
            excerpt = replace(source_of(API_ROOT, response.url, kind, response.body), own=response.body)
            await asyncio.to_thread(self.frontier.keep, [(response.url, excerpt)])
        await asyncio.to_thread(self.frontier.name_site, self.site_id, name)
        await asyncio.to_thread(self.frontier.source_checked, known.id, ok=bool(name))

    async def whole_feed(self, feed: feeds.Feed) -> None:
        """Store name and language of the site as its feed says, and look for posts that it has lost, where the feed is that of the
        whole site."""
        if self.frontier is None or not is_of_whole_site(feed, self.rules):
            return
        name = site_name(feed.title, self.rules)
        if name or feed.language:
            await asyncio.to_thread(self.frontier.name_site, self.site_id, name, feed.language)
        await asyncio.to_thread(self.frontier.look_for_lost, feed.links, site_id=self.site_id)

    async def _feed(
        self, source: Source, known: KnownSource | None, home_url: str
    ) -> AsyncIterator[NamedLinks]:
        response = await self.get(source.url, known, expected=source.announced)
        if response is None:
            return
        if response.status == 304 and known and self.frontier:
            await self.listed(known)
            yield await self._named_by(known)
            async for batch in self._feed_past_caches(known, home_url):
                yield batch
            return
        first, pages, barren = response, 0, 0
        while response is not None and not self.enough():
            feed = await self.parsed_feed(response, home_url)
            if feed.problem and source.announced:
                self.problem(source.url, "not well formed", feed.problem)
            if not pages and not feed.is_comments and (feed.links or (known and known.answers)):
                await self.listed(known, feed.links)
            if feed.is_comments or not feed.links:
                if pages:  # the last page may be empty
                    break
                return
            if not pages:
                await self.whole_feed(feed)
            pages, barren = pages + 1, 0 if self._fresh(list(feed.links)) else barren + 1
            yield NamedLinks(list(feed.links), known.id if known else None)
            following = feed.next or (wordpress.next_feed_page(response.url) if feed.version else "")
            if not following or barren or pagination.stop_reason(pages, barren):
                break
            response = await self.get(following)
        async for batch in self._feed_past_caches(known, home_url):
            yield batch
        await self.read_whole(known, first)

    async def _feed_past_caches(self, known: KnownSource | None, home_url: str) -> AsyncIterator[NamedLinks]:
        """What a feed names past the caches, where it lacks a post of late that other lists named: it froze, or it leaves the post
        out. Asked once for such a post, and at most once in `MAX_SAME_TIME`."""
        if known is None or self.frontier is None:
            return
        lacks = await asyncio.to_thread(self.frontier.lacks_since, self.site_id, known.id)
        if lacks is None:
            return
        url = past_caches(known.url)
        fresh = await self.row_of(FRESH_FEED, url)
        asked, now = fresh.last_checked_at if fresh else None, datetime.now(UTC)
        if fresh is None or (asked is not None and (asked >= lacks + MAX_LAG or now - asked < MAX_SAME_TIME)):
            return
        response = await self.get(f"{url}{int(now.timestamp())}")
        await asyncio.to_thread(self.frontier.source_checked, fresh.id, ok=response is not None)
        if response is None:
            return
        before = {
            urls.url_key(link.url) for link in await asyncio.to_thread(self.frontier.named_by, known.id)
        }
        links = (await self.parsed_feed(response, home_url)).links
        new = [replace(link, source=FRESH_FEED) for link in links if urls.url_key(link.url) not in before]
        yield NamedLinks(new, fresh.id)

    async def parsed_feed(self, response: Response, home_url: str) -> feeds.Feed:
        """The feed of an answer; `home_url` is the crawled site where the feed lies elsewhere."""
        content_type = headers_of(response).get("content-type")
        arguments = (response.body, response.url, content_type, home_url, self.rules)
        feed = await in_time(len(response.body), feeds.parse_feed, *arguments)
        self.other_sites.update(feed.other_sites)
        if feed.version and not (feed.entries or feed.other_sites or feed.is_comments or feed.problem):
            self.empty_feeds.add(response.url)
        return feed

    async def _sitemap(
        self, source: Source, known: KnownSource | None, home_url: str
    ) -> AsyncIterator[NamedLinks]:
        """The posts of a sitemap and of those that it lists; of `ENTRY_TYPES` only the news of other types than posts."""
        waiting, failures, indexes = deque([(source.url, known)]), 0, 0
        of_types = source.kind == ENTRY_TYPES
        # What fails is told, but for types of entries: the API answered, and the site may have no such news.
        is_expected = source.announced and not of_types

        def is_wanted(part: str) -> bool:
            if of_types:
                return sitemaps.is_news_type(part, self.rules)
            return sitemaps.sitemap_content(part, self.rules) not in SITEMAPS_WITHOUT_POSTS

        while waiting and not self.enough() and not self.is_barren("sitemap"):
            url, own = waiting.popleft()
            if not self._first_time(url):
                continue
            response = await self.get(url, own, expected=is_expected)
            failures = failures + 1 if response is None else 0
            if failures >= MAX_FAILED_SITEMAPS_IN_A_ROW:
                sentence = f"{failures} sitemaps in a row cannot be read, and {len(waiting)} others are not asked for"
                self.problem(url, "sitemap", sentence)
                return
            if response is None:
                continue
            if urls.url_key(response.url) != urls.url_key(url) and not self._first_time(response.url):
                await self.failed(own)  # it redirects to a sitemap that was read: not asked again soon
                continue
            if response.status == 304 and own:
                yield await self._named_by(own)
                # The sitemaps that the site's sitemaps listed when they were last read.
                if own is known and self.frontier:
                    stored = await asyncio.to_thread(self.frontier.sources, self.site_id, (SITEMAP_PART,))
                    now = datetime.now(UTC)
                    waiting += [(one.url, one) for one in stored if is_wanted(one.url) and not one.rests(now)]
                continue
            arguments = (response.body, response.url, self.rules, home_url)
            sitemap = await in_time(len(response.body), sitemaps.parse_sitemap, *arguments)
            if sitemap.problem and (is_expected or (sitemap.kind and not of_types)):
                self.problem(url, "sitemap", sitemap.problem)
            if own and own.answers and self.frontier and sitemap.links and not sitemap.problem:
                await asyncio.to_thread(self.frontier.look_for_lost, sitemap.links, source_id=own.id)
            if not of_types or is_wanted(url):
                named = sitemaps.without_present(sitemap.links, datetime.now(UTC))
                yield NamedLinks(named, own.id if own else None)
            indexes = 0 if sitemap.links else indexes + bool(sitemap.sitemaps)
            if indexes >= MAX_INDEXES_IN_A_ROW:
                sentence = f"{indexes} sitemaps in a row list other sitemaps alone, and {len(waiting)} others are not asked for"
                self.problem(url, "sitemap", sentence)
                return
            parts = [part.url for part in sitemap.sitemaps if is_wanted(part.url)]
            rows: Sequence[KnownSource | None] = [None] * len(parts)
            if self.frontier is not None:  # before the sitemap counts as read
                rows = await asyncio.to_thread(self.frontier.sources_at, self.site_id, SITEMAP_PART, parts)
            # What an index lists comes before what stands behind the index.
            waiting.extendleft(reversed(list(zip(parts, rows, strict=True))))
            # Without validators where posts were left out: a later 304 would stand for them, too.
            is_cut = of_types and own is known
            await self.read_whole(own, response.replace(headers={}) if is_cut else response)

    async def _named_by(self, source: KnownSource) -> NamedLinks:
        """The links that an unchanged source named when it was read."""
        assert self.frontier is not None
        links = await asyncio.to_thread(self.frontier.named_by, source.id)
        return NamedLinks(links, source.id, remembered=True)

    async def _archive_pages(self, home: TextResponse) -> AsyncIterator[NamedLinks]:
        """The last resort: from the front page to older and older pages, then through the archives that it links."""
        starts: list[tuple[str, TextResponse | None]] = [(home.url, home)]
        text = text_of(home)
        archives = await in_time(len(text), pagination.archive_links, text, home.url, self.rules)
        starts += [(url, None) for url in archives]
        for url, start in starts:
            pages, barren = 0, 0
            page: TextResponse | None = start if start is not None else await self.page(url)
            while page is not None and not self.enough() and not self.is_barren(ARCHIVE_PAGE):
                text = text_of(page)
                links = [
                    Link(link.url, ARCHIVE_PAGE, link.title, link.lastmod, link.published)
                    for link in await self.linked(page)
                ]
                pages, barren = pages + 1, 0 if self._fresh(links) or page is start else barren + 1
                yield NamedLinks(links)
                following = await in_time(len(text), pagination.pagination, text, page.url, self.rules)
                if not following or pagination.stop_reason(pages, barren):
                    break
                page = await self.page(following)

    async def page(self, url: str) -> TextResponse | None:
        response = await self.get(url) if self._first_time(url) else None
        return response if isinstance(response, TextResponse) else None

    async def linked(self, page: TextResponse, address: str = "") -> list[Link]:
        """The posts that a page links; `address` is its own where it was asked for past the caches."""
        text = text_of(page)
        return await in_time(len(text), post_links, text, address or page.url, self.rules)

    async def row_of(self, kind: str, url: str) -> KnownSource | None:
        if self.frontier is None:
            return None
        return await asyncio.to_thread(self.frontier.source, self.site_id, kind, url)

    async def get(
        self,
        url: str,
        known: KnownSource | None = None,
        *,
        expected: bool = False,
        also: tuple[int, ...] = (),
    ) -> Response | None:
        """An answer with status 200 or 304, or one of `also`; else `None`.

        The failure of an `expected` source, which the site announces, is reported.
        """
        now, read = datetime.now(UTC), known.last_checked_at if known and known.answers else None
        since = max(self.resume_point, now - MAX_AGE_OF_READ_SOURCE) if self.resume_point else None
        if since and read and read >= since and not is_future(read, now):
            # The killed crawl that this one goes on with read the source a moment ago.
            return Response(url, status=304)
        self.requests += 1
        if self.requests > MAX_REQUESTS:
            if self.requests == MAX_REQUESTS + 1:
                made = f"{MAX_REQUESTS} requests for lists of posts were made: the crawl asks no more lists"
                self.problem(url, "too many requests", made)
            return None
        headers = conditional(known) if known else {}
        response: Response | None = None
        try:
            large = {"download_maxsize": MAX_SITEMAP_BYTES}  # what the protocol of sitemaps allows
            response = await self.engine.download_async(Request(url, headers=headers, meta=large))
            ok = response.status in (200, 304)
            reason, sentence = status_problem(response.status)
        except Exception as error:  # whatever a download raises, the other sources remain
            ok = False
            reason, sentence = explain(error)
            if reason in SILENT_REASONS:
                self.silent_hosts.add(urlsplit(url).netloc)
        self.answers += ok
        if not ok:
            await self.failed(known)
        if ok or (response is not None and response.status in also):
            return response
        if expected:
            self.problem(url, reason, sentence)
        return None

    async def failed(self, source: KnownSource | None) -> None:
        if source and self.frontier:
            await asyncio.to_thread(self.frontier.source_checked, source.id, ok=False)

    async def read_whole(self, known: KnownSource | None, response: Response) -> None:
        """Store a source's validators, now that every link that it named has its row: a later 304 then loses none."""
        if known and self.frontier and self.remember and not self.enough() and response.status == 200:
            headers = headers_of(response)
            await asyncio.to_thread(
                self.frontier.source_checked, known.id, ok=True,
                etag=headers.get("etag", ""), last_modified=headers.get("last-modified", ""),
            )  # fmt: skip

    async def listed(
        self, known: KnownSource | None, links: Iterable[Link] | None = None, body: bytes = b""
    ) -> None:
        """Record what a list of posts named, by its answer or by its links; without links it answered 304."""
        if known is None or self.frontier is None:
            return
        if links is None:
            await asyncio.to_thread(self.frontier.listed, known.id)
            return
        named = {urls.url_key(link.url) for link in links}
        digest = hashlib.sha256(body or "\n".join(sorted(named)).encode()).hexdigest()[:DIGEST_CHARACTERS]
        await asyncio.to_thread(self.frontier.listed, known.id, len(named), digest)

    def _first_time(self, url: str) -> bool:
        key = urls.url_key(url)
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def _fresh(self, links: list[Link]) -> int:
        """The number of these posts that no page of this crawl has named yet."""
        return sum([self._first_time(link.url) for link in links])
