"""Downloader middlewares: how many posts of a site are under way, when a failing site is left, how long to wait.

`InFlightMiddleware` bounds the posts that were requested and are not stored: they are what a killed crawl fetches
again. `FailingSiteMiddleware` leaves a site that answers ten posts in a row with errors. `DelayMiddleware` obeys
what Scrapy does not: `Crawl-delay: 10` in robots.txt, and the answer `429` with `Retry-After: 120`.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, signals
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotConfigured,
    ResponseDataLossError,
)
from scrapy.http import Headers, Response, TextResponse
from scrapy.responsetypes import responsetypes
from scrapy.utils.asyncio import create_looping_call
from twisted.python.failure import Failure

from newsarchive.core.discovery.revisit import retry_after
from newsarchive.core.discovery.rights import MAX_ROBOTS_TXT_CHARACTERS, ROBOTS_PATH, for_protego
from newsarchive.core.encoding.charsets import whatwg_label
from newsarchive.core.urls import same_site, site_of, try_normalise
from newsarchive.crawling.failures import (
    FAILURES,
    MIN_SERVER_ERROR_STATUS,
    AskedToWait,
    BadAddress,
    LeavesSite,
    explain,
    is_ending,
    status_problem,
)
from newsarchive.crawling.responses import block_reason, decoded, own_spider, rules_of
from newsarchive.crawling.stats import Detail, key
from newsarchive.items import Link
from newsarchive.warc.contentcoding import BodyTooLong, CutShort
from newsarchive.warc.contentcoding import decoded as unpacked

if TYPE_CHECKING:
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

#: Seconds between two looks whether a crawl is being ended.
LOOK_SECONDS = 0.5
#: Posts of one site that fail at their first request, one after the other. With the tenth the site is left; with
#: fewer, the crawl goes on to its end. Retries of a post are not counted: Scrapy sends them after all other requests,
#: where a few bad posts come one after the other. Ten are more than the eight posts that are under way at once, so one
#: short outage is not enough, and they take no more than ten seconds of requests at the default delay.
MAX_FAILED_POSTS_IN_A_ROW = 10
#: Posts of one site in a row that were not answered within `DOWNLOAD_TIMEOUT`, a minute by default. With the third the site is left;
#: with fewer, one slow page would end a crawl, with more, a site that sends a byte a second holds it for long.
MAX_TIMED_OUT_POSTS_IN_A_ROW = 3
#: Requests in a row, other than for posts, to which a host gave no answer in time. After the sixth it is asked for no list until
#: it answers something: robots.txt and the front page, each with two retries, are six.
MAX_TIMED_OUT_REQUESTS_IN_A_ROW = 6
#: Statuses whose `Retry-After` is obeyed (RFC 6585, 4; RFC 9110, 15.6.4).
RETRY_AFTER_STATUSES = frozenset((429, 503))
#: A part of a page (RFC 9110, 15.3.7). No crawl asks for one.
PARTIAL_CONTENT = 206
_RANGE_FROM_START = re.compile(
    r"\s*bytes\s+0-(?P<last>\d{1,15})/(?P<length>\d{1,15})\s*", re.IGNORECASE | re.ASCII
)
#: The page is as we have it (RFC 9110, 15.4.5).
NOT_MODIFIED = 304
#: The key in `Request.meta` of the frontier's row for the post, as it was before the request.
KNOWN = "newsarchive_known"
#: The key in `Request.meta` of an address of the site that the request may not leave; "" there lets it go anywhere.
STAY = "newsarchive_stay"
#: Statuses below 500 that are about the server's state, not about the page: timeout and too many requests.
SERVER_STATE_STATUSES = frozenset((408, 429))
#: Ways to get no answer at all. A page that is too large or redirects for ever is the fault of that page alone.
NO_ANSWER = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    OSError,
)


def post_of(request: Request) -> str:
    """The address under which a post was found, "" for a request of anything else."""
    link = request.cb_kwargs.get("link")
    return link.url if isinstance(link, Link) else ""


class SiteLeft(IgnoreRequest):
    """The crawl has left the site, or the source, of this request, which is not sent; or it is being ended."""


def leave_waiting(crawler: Crawler, why: str, site: str = "") -> None:
    """Leave the posts, of all sites or of one, that wait for the delay of their site."""
    assert crawler.engine is not None
    for slot in crawler.engine.downloader.slots.values():
        for one in [one for one in slot.queue if (post := post_of(one[0])) and site in ("", site_of(post))]:
            slot.queue.remove(one)
            one[1].errback(SiteLeft(why))


class InFlightMiddleware:
    """The first of all downloader middlewares: a post waits for room on its site before it is asked for.

    Its room is free again when its item is stored, dropped or failed; when its spider calls `done`, because no item
    came of it; and while the post waits to be asked for again (a redirect, a retry). An item that never reaches the pipelines
    (`scrapy parse` keeps it, a spider middleware of another project leaves it out) gives its room back when all other posts
    wait.

    When the crawl is being ended, posts that wait for the delay of their site are left to the next crawl: eight posts of
    a site that asks for two minutes between requests would hold up the end for a quarter of an hour.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.watch = crawler, create_looping_call(self.look)
        self.max_posts = max(1, crawler.settings.getint("NEWSARCHIVE_IN_FLIGHT"))
        self.sites: dict[str, asyncio.Semaphore] = {}
        #: post → the semaphore of its site, in which it holds a place
        self.held: dict[str, asyncio.Semaphore] = {}
        #: Posts that wait for room.
        self.waiting = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(middleware.item_done, signal)
        crawler.signals.connect(middleware.request_scheduled, signals.request_scheduled)
        crawler.signals.connect(middleware.spider_opened, signals.spider_opened)
        crawler.signals.connect(middleware.spider_closed, signals.spider_closed)
        return middleware

    def spider_opened(self) -> None:
        self.watch.start(LOOK_SECONDS, now=False)

    def spider_closed(self) -> None:
        if self.watch.running:
            self.watch.stop()

    def look(self) -> None:
        """Leave the posts that wait for their turn, where the crawl is being ended, and free the room of lost items."""
        engine = self.crawler.engine
        if is_ending(self.crawler):
            leave_waiting(self.crawler, "the crawl is being ended")
        is_idle = engine.scraper.slot is None or engine.scraper.slot.is_idle()
        if self.waiting and is_idle and len(engine.downloader.active) == self.waiting:
            for post in list(self.held):
                self.done(post)

    async def process_request(self, request: Request) -> None:
        post = post_of(request)
        if post and post not in self.held:
            room = self.sites.setdefault(site_of(post), asyncio.Semaphore(self.max_posts))
            self.waiting += 1
            try:
                await room.acquire()
            finally:
                self.waiting -= 1
            self.held[post] = room

    def request_scheduled(self, request: Request) -> None:
        self.done(post_of(request))

    def item_done(self, response: Response | Failure | None) -> None:
        # Where the request failed and gave an item, the spider calls `done`.
        if isinstance(response, Response) and response.request is not None:
            self.done(post_of(response.request))

    def done(self, post: str) -> None:
        """Free the room of a post; nothing happens where it holds none."""
        room = self.held.pop(post, None)
        if room is not None:
            room.release()


class AddressMiddleware:
    """Refuses addresses that no row of the archive can hold, and those that leave the site which a request may not leave (`STAY`),
    before robots.txt is asked for their host. What a page or a source links was looked at before; a redirect, and a script in a
    browser, lead anywhere."""

    def process_request(self, request: Request) -> None:
        if try_normalise(request.url) is None:
            raise BadAddress
        _stay(request, request.url)

    def process_response(self, request: Request, response: Response) -> Response:
        if try_normalise(response.url) is None:
            raise BadAddress
        _stay(request, response.url)
        return response


def _stay(request: Request, url: str) -> None:
    """Raises `LeavesSite` where the request may not leave its site, and `url` is of another one."""
    if (site := request.meta.get(STAY)) and not same_site(url, site):
        raise LeavesSite


class BarrenSourceMiddleware:
    """Gives up a source whose addresses lead to no posts, such as a sitemap of 50,000 addresses that somebody made up.

    The answers of addresses that the archive does not hold yet are counted. Where `NEWSARCHIVE_MAX_BARREN_POSTS` of them in a row
    became no article, this crawl asks for nothing more that the source names; the other addresses wait in the frontier for
    the next crawl.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.max_posts = crawler.settings.getint("NEWSARCHIVE_MAX_BARREN_POSTS")
        #: (site, kind of source) → answers in a row that gave no article
        self.barren: Counter[tuple[str, str]] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.item_scraped, signals.item_scraped)
        return middleware

    def process_request(self, request: Request) -> None:
        if (source := source_of(request)) and self.has_left(*source):
            raise SiteLeft(f"the {source[1]} of {source[0]} was left")

    def process_response(self, request: Request, response: Response) -> Response:
        if source := source_of(request):
            if response.status == NOT_MODIFIED:
                self.barren.pop(source, None)
                return response
            self.barren[source] += 1
            if self.barren[source] == self.max_posts:
                site, kind = source
                self.crawler.stats.set_value(
                    key(Detail.BOUND, f"{site} {kind}"),
                    f"{site}: {self.max_posts} posts in a row from one source ({kind}) were no articles; what it names "
                    "besides waits for the next crawl (crawl.max_barren_posts)",
                )
        return response

    def item_scraped(self, response: Response | Failure | None) -> None:
        if isinstance(response, Response) and response.request and (source := source_of(response.request)):
            self.barren.pop(source, None)

    def has_left(self, site: str, kind: str) -> bool:
        """Whether the posts that this kind of source names on a site are asked for no more."""
        return self.barren[site, kind] >= self.max_posts


def source_of(request: Request) -> tuple[str, str] | None:
    """Site and kind of source of a request for a post that the archive does not hold; `None` for any other request."""
    link, known = request.cb_kwargs.get("link"), request.meta.get(KNOWN)
    if not isinstance(link, Link) or (known is not None and known.state in ("ok", "gone")):
        return None
    return site_of(link.url), link.source


def is_servers_fault(status: int) -> bool:
    """Whether a status is about the server's state rather than about the page that was asked for."""
    return status >= MIN_SERVER_ERROR_STATUS or status in SERVER_STATE_STATUSES


class FailingSiteMiddleware:
    """Leaves a site that answers no more; stands between Scrapy's retries and the network.

    A server that answers 500 to every post, refuses the connection or went away in mid-crawl is not asked for the
    rest. What was not asked for keeps its row in the frontier, and the next crawl takes it. One post that fails
    among many that do not never ends a crawl. A spider calls `answered` or `failed` for what only a look at the page tells
    (a wall with status 200).

    Feeds and sitemaps are not counted among posts. A host that sends their bytes too slowly to come in time held a crawl for three
    quarters of an hour, because each of sixteen usual places was asked three times: it is asked for no more of them.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.rules = rules_of(crawler.settings)
        #: site → posts in a row that failed
        self.failures: Counter[str] = Counter()
        #: site → posts in a row that had no answer in time
        self.late: Counter[str] = Counter()
        self.left: set[str] = set()
        #: host → requests other than for posts that timed out in a row
        self.timeouts: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        post = post_of(request)
        if post and self.has_left(post):
            raise SiteLeft(f"{site_of(post)} was left")
        if not post and self.timeouts[urlsplit(request.url).netloc] >= MAX_TIMED_OUT_REQUESTS_IN_A_ROW:
            request.meta["dont_retry"] = True
            raise DownloadTimeoutError

    def process_response(self, request: Request, response: Response) -> Response:
        self.timeouts.pop(urlsplit(request.url).netloc, None)
        if is_servers_fault(response.status):
            if block_reason(response, self.rules):
                # A retry does not help; the spider finds out whether feed or API has the text.
                request.meta["dont_retry"] = True
            else:
                self.note(request, status_problem(response.status)[1])
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, DownloadTimeoutError):
            self.note(request, explain(exception)[1], is_late=True)
            # Of another project's spider no request is for a post: its host would never be asked again.
            if own_spider(self.crawler) and not post_of(request):
                self.timed_out(urlsplit(request.url).netloc)
        elif isinstance(exception, NO_ANSWER):
            self.note(request, explain(exception)[1])

    def note(self, request: Request, sentence: str, *, is_late: bool = False) -> None:
        """Count the first request of a post as failed; a retry does not count."""
        post = post_of(request)
        if post and not request.meta.get("retry_times"):
            self.failed(post, sentence, is_late=is_late)

    def timed_out(self, host: str) -> None:
        """One more request of this host other than for a post had no answer in time."""
        self.timeouts[host] += 1
        if self.timeouts[host] == MAX_TIMED_OUT_REQUESTS_IN_A_ROW:
            self.crawler.stats.set_value(
                key(Detail.BOUND, f"{host} timeouts"),
                f"{host}: {MAX_TIMED_OUT_REQUESTS_IN_A_ROW} requests in a row had no answer in time (DOWNLOAD_TIMEOUT); it is "
                "asked for no more lists of posts",
            )

    def has_left(self, url: str) -> bool:
        return site_of(url) in self.left

    def answered(self, url: str) -> None:
        """A post of this site was fetched, or is not there: the run of failures ends."""
        for counted in (self.failures, self.late):
            counted.pop(site_of(url), None)

    def refused(self, url: str, status: int, sentence: str) -> None:
        """Count a post that was given up for its status, unless its first request was counted already."""
        if not is_servers_fault(status):
            self.failed(url, sentence)

    def failed(self, url: str, sentence: str, *, is_late: bool = False) -> None:
        """One more post of this site could not be fetched; `sentence` says why, and `is_late` that no answer came in time. After
        too many in a row the site is left."""
        site = site_of(url)
        if site in self.left:
            return
        self.failures[site] += 1
        self.late[site] = self.late[site] + 1 if is_late else 0
        if (
            self.failures[site] >= MAX_FAILED_POSTS_IN_A_ROW
            or self.late[site] >= MAX_TIMED_OUT_POSTS_IN_A_ROW
        ):
            self.left.add(site)
            leave_waiting(self.crawler, f"{site} was left", site)
            message = (
                f"{site}: left after {self.failures[site]} posts in a row could not be fetched (the last: "
                f"{sentence}); what was not fetched waits for the next crawl: give the same command again later"
            )
            logger.info("%s", message)  # the summary says it too, once
            self.crawler.stats.set_value(key(Detail.SITE_LEFT, site), message)


def is_all(response: Response) -> bool:
    """Whether the range of an answer 206 is the whole: `bytes 0-499/500`."""
    given = (response.headers.get("Content-Range") or b"").decode("latin-1")
    found = _RANGE_FROM_START.fullmatch(given)
    return found is not None and int(found["last"]) + 1 == int(found["length"])


class DecompressionMiddleware:
    """Unpacks bodies, and turns a body that breaks off into a failure; stands before Scrapy's middleware, which would
    accept the part that came.

    Without it, the part of a page that came would be stored, or the page would be recorded as empty. The next crawl
    asks for it again. So it does where a broken cache gives a part that nobody asked for (206). Text under the label of a
    coding stays text, as in browsers. A body that cannot be unpacked here is left to Scrapy.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("COMPRESSION_ENABLED"):
            raise NotConfigured
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status == PARTIAL_CONTENT and not is_all(response):
            raise ResponseDataLossError(f"{request.url}: the server gave a part of the page")
        codings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not codings or request.method == "HEAD":
            return response
        limit = int(request.meta.get("download_maxsize", self.max_bytes)) or sys.maxsize
        try:
            body = unpacked(response.body, codings, limit, whole=True)
        except CutShort as error:
            raise ResponseDataLossError(f"{request.url}: {error}") from None
        except BodyTooLong as error:
            raise IgnoreRequest(f"{request.url}: {error}, which is DOWNLOAD_MAXSIZE") from None
        except ValueError:
            return response
        headers = Headers(response.headers)
        del headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        # The headers name the charset, as for a body that came without a content coding. `response.replace` would look for it in
        # the packed bytes of a sitemap, which takes 10 ms.
        given = {name: getattr(response, name) for name in Response.attributes}
        return kind(**given | {"body": body, "headers": headers})


class CharsetMiddleware:
    """Tells Scrapy the charset of an answer where Scrapy would assume another; stands behind Scrapy's decompression.

    Scrapy takes every codec of Python for a charset, and raises for `rot13`, which is no charset. It reads robots.txt as UTF-8
    alone, so robots.txt is made UTF-8 here, and cut at the length that is read.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        if is_robots_txt(request):
            text = decoded(response).text.replace("\0", "")[:MAX_ROBOTS_TXT_CHARACTERS]
            body = for_protego(text).encode("utf-8", "replace")
            return response.replace(body=body, cls=TextResponse, encoding="utf-8")
        if isinstance(response, TextResponse) and whatwg_label(response.encoding) is None:
            return response.replace(encoding=decoded(response).used)
        return response


#: Bytes of a page in which a refresh may stand: Scrapy looks through 4,096 characters.
MAX_REFRESH_BYTES = 4 * 4096


class RefreshMiddleware(MetaRefreshMiddleware):
    """Scrapy's middleware for `<meta http-equiv=refresh>`, without its exception for a page whose `<base>` or refresh
    names no address (`http://[::1`): such a page stays as it is.

    Scrapy decodes each page to look for a refresh, and keeps the text beside the bytes. It need not where the bytes hold
    no such word, as those of most pages; in UTF-16, which has zeros between its letters, they never do.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        head = response.body[:MAX_REFRESH_BYTES]
        if b"refresh" not in head.lower() and b"\0" not in head:
            return response
        try:
            return super().process_response(request, response)
        except ValueError:
            return response


def is_robots_txt(request: Request) -> bool:
    """Whether a request asks for the robots.txt of a host."""
    return urlsplit(request.url).path == ROBOTS_PATH


class DelayMiddleware:
    """Obeys `Crawl-delay` and `Retry-After`; stands between `CharsetMiddleware` and Scrapy's retries."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        settings = crawler.settings
        self.agent = settings.get("ROBOTSTXT_USER_AGENT") or "newsarchive"
        self.max_delay = settings.getfloat("NEWSARCHIVE_MAX_CRAWL_DELAY")
        self.max_wait = settings.getfloat("NEWSARCHIVE_MAX_RETRY_AFTER")
        #: host → seconds that its robots.txt asks for
        self.delays: dict[str, float] = {}
        #: host → its robots.txt, "" where it has none
        self.robots: dict[str, str] = {}
        #: host → why its robots.txt gave no answer, until that is told
        self.unanswered: dict[str, str] = {}
        #: host that asked for a wait and gave no other answer since → when `max_wait` is over, by the monotonic clock
        self.waits: dict[str, float] = {}
        #: Hosts that asked for another wait after it. Each further request would cost as much, and other sites wait too.
        self.left: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        host = urlsplit(request.url).netloc
        if host in self.left:
            if post := post_of(request):
                sentence = f"{site_of(post)}: {FAILURES[AskedToWait][1]}; what was not fetched waits for the next crawl"
                self.crawler.stats.set_value(key(Detail.SITE_LEFT, site_of(post)), sentence)
            raise AskedToWait
        if self.delays.get(host):
            # The site has said how fast it may be asked, so AutoThrottle must not change the delay.
            request.meta["autothrottle_dont_adjust_delay"] = True

    def process_response(self, request: Request, response: Response) -> Response:
        host = urlsplit(request.url).netloc
        if is_robots_txt(request) and isinstance(response, TextResponse):
            self.take_robots(request, response.text if response.status == 200 else "")
        elif (why := self.unanswered.pop(host, None)) is not None:
            logger.warning("%s: its robots.txt gave no answer (%s); its pages do, and are fetched", host, why)
        if response.status in RETRY_AFTER_STATUSES:
            self.wait(request, response)
        else:
            self.waits.pop(host, None)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if is_robots_txt(request):
            self.unanswered[urlsplit(request.url).netloc] = explain(exception)[1]

    def take_robots(self, request: Request, robots: str) -> None:
        """Take a text for the robots.txt of the host that was asked for it."""
        host = urlsplit(request.url).netloc
        self.robots[host] = robots
        self.unanswered.pop(host, None)
        if self.crawler.settings.getbool("ROBOTSTXT_OBEY"):
            self.obey_crawl_delay(request, robots)

    def obey_crawl_delay(self, request: Request, robots: str) -> None:
        """Keep at least the delay that the group for our agent asks for."""
        asked = Protego.parse(robots).crawl_delay(self.agent)
        slot = self.slot(request)
        if asked and slot is not None:
            host = urlsplit(request.url).netloc
            self.delays[host] = asked
            if asked > self.max_delay:
                self.crawler.stats.set_value(
                    key(Detail.BOUND, f"{host} Crawl-delay"),
                    f"{host}: robots.txt asks for {asked:g} seconds between two requests; the crawl leaves "
                    f"{self.max_delay:g} (crawl.max_crawl_delay)",
                )
            slot.delay = max(slot.delay, min(asked, self.max_delay))
            slot.jitter = 0.0  # with jitter a delay could be half of what was asked for

    def wait(self, request: Request, response: Response) -> None:
        """Send this host nothing for as long as it asks, not the same request again either."""
        asked = (response.headers.get("Retry-After") or b"").decode("latin-1")
        longest = timedelta(seconds=self.max_wait)
        wait = retry_after(asked, datetime.now(UTC), longest)
        if not wait:
            return
        host = urlsplit(request.url).netloc
        if wait == longest:
            self.crawler.stats.set_value(
                key(Detail.BOUND, f"{host} Retry-After"),
                f"{host}: an answer asks for a wait ({asked[:40]}); the crawl waits {self.max_wait:g} seconds "
                "(crawl.max_retry_after)",
            )
        self.crawler.stats.inc_value(key(Detail.WAITED, "retry after"))
        slot, now = self.slot(request), time.monotonic()
        if now >= self.waits.setdefault(host, now + self.max_wait):
            self.left.add(host)
            while slot and slot.queue:
                slot.queue.popleft()[1].errback(AskedToWait())
        elif slot:
            hold(slot, wait.total_seconds())

    def slot(self, request: Request) -> Slot | None:
        assert self.crawler.engine is not None
        slot: Slot | None = self.crawler.engine.downloader.slots.get(str(request.meta.get("download_slot")))
        return slot


#: Seconds. Scrapy holds back no request of a slot whose delay is 0.
MIN_DELAY_SECONDS = 1e-9


def hold(slot: Slot, seconds: float) -> None:
    """Send nothing of a slot for `seconds`. The slot counts as used that much later: its delay would not do, because AutoThrottle
    shortens that with each answer that is still under way."""
    slot.lastseen = max(slot.lastseen, time.monotonic() + seconds)
    slot.delay = max(slot.delay, MIN_DELAY_SECONDS)
