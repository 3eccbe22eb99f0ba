"""Pages that commands fetch without Scrapy: one page, or what `newsarchive sites add` shows of a blog before it adds it (its
platform, its sources, and three of its posts as extracted).

A `Fetcher` obeys robots.txt and its Crawl-delay, also for redirects, and sends the same user agent as a crawl.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from itertools import islice
from shlex import quote
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
    build_opener,
    getproxies,
    proxy_bypass,
)

from newsarchive import config, version
from newsarchive.cli.opening import rules_in_force, steps_in_force
from newsarchive.cli.output import say
from newsarchive.core import urls
from newsarchive.core.discovery import feeds, platforms, sitemaps, wordpress
from newsarchive.core.discovery.links import post_links
from newsarchive.core.discovery.platforms import Source
from newsarchive.exceptions import BadCertificate, FetchError, ForbiddenByRobots, NotAnArticle, PrivateAddress
from newsarchive.items import Article, Capture, Link, joined_headers
from newsarchive.private_networks import Allowance
from newsarchive.reprs import one_line
from newsarchive.times import utc
from newsarchive.warc.contentcoding import BodyTooLong, decoded

if TYPE_CHECKING:
    from protego import Protego

#: Bytes of a page; a longer one is refused. A crawl has the same bound (DOWNLOAD_MAXSIZE).
MAX_PAGE_BYTES = 16 * 1024 * 1024
TOO_LARGE = f"larger than {MAX_PAGE_BYTES // 2**20} MiB: that is no article"
#: Bytes of a robots.txt; the rest is not read. A crawler must read at least 500 KiB (RFC 9309, 2.5).
MAX_ROBOTS_BYTES = 500 * 1024
#: Seconds without an answer after which a request has failed.
TIMEOUT_SECONDS = 30.0
#: Seconds from the connection to the end of an answer, after which it is broken off: one that comes byte by byte would hold the
#: command for ever. A crawl has the same bound (DOWNLOAD_TIMEOUT) for each request.
MAX_ANSWER_SECONDS = 120.0
#: Seconds between two requests; where robots.txt asks for more, this is the wait. A crawl has the same bound.
MAX_DELAY_SECONDS = 120.0
#: Seconds of waiting; before a longer wait a message says that it is going on.
MAX_SILENT_WAIT_SECONDS = 2.0


def proxy_of(url: str) -> str:
    """Host and port of the proxy that the environment names for an address, "" for none; without name and password."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all
        return ""
    if proxy_bypass(parts.hostname or ""):
        return ""
    return getproxies().get(parts.scheme, "").rpartition("//")[2].rpartition("@")[2].rstrip("/")


class Fetcher:
    """Fetches pages one after the other, and remembers the robots.txt of each host.

    Without `user_agent` it sends that of a crawl. `ignore_robots` is for a site of your own. `named` are the addresses that
    the user gave; those of them that are private are opened by that. `clock` and `sleep` are in seconds.
    """

    def __init__(
        self,
        *,
        user_agent: str = "",
        ignore_robots: bool = False,
        named: Sequence[str] = (),
        verify_certificates: bool = True,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        held = config.load()
        user_agent = user_agent or held["crawl.user_agent"] or version.user_agent(held["contact"])
        self.headers = {"User-Agent": user_agent, "Accept": "text/html,*/*;q=0.5", "Accept-Language": "*"}
        self.ignore_robots, self.clock, self.sleep = ignore_robots, clock, sleep
        #: scheme and host → its robots.txt, `None` where it has none
        self.robots: dict[str, Protego | None] = {}
        #: scheme and host → the time of `clock` from which the next request may be sent
        self.not_before: dict[str, float] = {}
        self.allowance = Allowance.read(held["crawl.allow_private"])
        self.named, self.verify_certificates = tuple(named), verify_certificates
        self.opener: OpenerDirector = build_opener(_Connections(self), _Redirects(self._follow))
        #: The connections of the answer that is being read, each with the timer that breaks it off, and whether it has.
        self._timers: list[tuple[threading.Timer, socket.socket, threading.Event]] = []
        #: Without the check of robots.txt: what robots.txt redirects to is part of the question.
        self.robots_opener: OpenerDirector = build_opener(_Connections(self), _Redirects())

    def get(self, url: str) -> Capture:
        """The response to one GET, redirects followed.

        Raises `ForbiddenByRobots` where robots.txt forbids it, of this address or one that it redirects to, `PrivateAddress`
        where it leads into a private network, `BadCertificate`, and `FetchError` for everything else that goes wrong. All
        name the URL and the cause.
        """
        try:
            _ = urlsplit(url).port  # raises ValueError where it is none
            self.permit(url)
            with self.answer(Request(url, headers=self.headers), self.opener) as response:
                body = response.read(MAX_PAGE_BYTES + 1)
                if response.length and len(body) <= MAX_PAGE_BYTES:
                    raise IncompleteRead(body, response.length)
                headers = joined_headers(response.headers.items())
                final_url, status = response.geturl(), response.status
            if codings := headers.pop("content-encoding", ""):  # some servers pack without being asked to
                body = decoded(body, codings, MAX_PAGE_BYTES)
        except BodyTooLong as error:
            raise FetchError(f"{url}: {TOO_LARGE}") from error
        except PrivateAddress as error:
            raise PrivateAddress(f"{url}: {error}") from error
        except HTTPError as error:
            raise FetchError(
                f"{url}: the server answered {error.code} {one_line(str(error.reason))}"
            ) from error
        except IncompleteRead as error:
            raise FetchError(
                f"{url}: the connection broke off in the middle of the page: try again later"
            ) from error
        except (URLError, OSError, ValueError, HTTPException) as error:
            cause = getattr(error, "reason", error)
            if wrong := getattr(cause, "verify_message", ""):  # of `ssl.SSLCertVerificationError`
                raise BadCertificate(
                    f"{url}: the certificate of the server is not valid ({wrong}): if you take its pages all the same, "
                    f"newsarchive sites add --verify-certificates false {quote(url)}"
                ) from error
            proxy = proxy_of(url)
            way = f" by way of the proxy {proxy}" if proxy else ""
            also = ", the variables http_proxy and https_proxy," if proxy else ""
            said = getattr(cause, "strerror", "") or cause
            raise FetchError(
                f"{url}: cannot be fetched{way}: {said}: check the address{also} and the connection"
            ) from error
        if len(body) > MAX_PAGE_BYTES:
            raise FetchError(f"{url}: {TOO_LARGE}")
        return Capture(url, body, datetime.now(UTC), final_url, status, headers)

    def permit(self, url: str) -> None:
        """Wait until a request to the host of this address is allowed. Raises `ForbiddenByRobots`."""
        if self.ignore_robots:
            return
        host = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if host not in self.robots:
            self.robots[host] = self._robots(f"{host}/robots.txt")
        rules = self.robots[host]
        if rules is None:
            return
        if not rules.can_fetch(url, version.NAME):
            raise ForbiddenByRobots(
                f"{url}: the robots.txt of {host} forbids us to fetch it; if the site is your own: --ignore-robots"
            )
        delay = min(float(rules.crawl_delay(version.NAME) or 0), MAX_DELAY_SECONDS)
        wait = self.not_before.get(host, 0.0) - self.clock()
        if wait > 0:
            if wait > MAX_SILENT_WAIT_SECONDS:
                say(f"waiting: the robots.txt of {host} asks for {delay:g} seconds between two requests")
            self.sleep(wait)
        if delay:
            self.not_before[host] = self.clock() + delay

    def _robots(self, url: str) -> Protego | None:
        """The robots.txt at this address, `None` where it cannot be fetched, as in a crawl."""
        from protego import Protego

        from newsarchive.core.discovery.rights import for_protego

        try:
            with self.answer(Request(url, headers=self.headers), self.robots_opener) as response:
                body = response.read(MAX_ROBOTS_BYTES)
                codings = response.headers.get("content-encoding", "")
                if codings:
                    body = decoded(body, codings, MAX_PAGE_BYTES)[:MAX_ROBOTS_BYTES]
                text = for_protego(body.decode("utf-8-sig", "replace"))
                return Protego.parse(text) if response.status == 200 else None
        except (URLError, OSError, ValueError, HTTPException, FetchError):
            return None

    @contextmanager
    def answer(self, request: Request, opener: OpenerDirector) -> Iterator[Any]:
        """The answer to a request, read inside the `with` block. Raises `FetchError` where it takes more than `MAX_ANSWER_SECONDS`, and
        what the opener raises."""
        before, self._timers = self._timers, []  # a redirect asks for the robots.txt of its host meanwhile
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                yield response
        finally:
            is_late = self._stop_timers()
            self._timers = before
            if is_late:
                raise FetchError(
                    f"{request.full_url}: the answer did not end within {MAX_ANSWER_SECONDS:g} seconds: try again later"
                )

    def _follow(self, url: str) -> None:
        """Ask before a redirect is followed. The wait that robots.txt asks for is no time of the answer that redirects."""
        self._stop_timers()
        self.permit(url)

    def _stop_timers(self) -> bool:
        """Whether one of them has broken its connection off."""
        timers, self._timers = self._timers, []
        for timer, connection, _ in timers:
            timer.cancel()
            connection.close()
        return any(late.is_set() for *_, late in timers)

    def timed(self, connection: socket.socket) -> socket.socket:
        """The connection, which a timer breaks off."""
        # Another handle of the same connection: the first is handed over where TLS begins.
        handle, late = connection.dup(), threading.Event()

        def break_off() -> None:
            late.set()
            with suppress(OSError):  # it has ended by itself
                handle.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(MAX_ANSWER_SECONDS, break_off)
        timer.daemon = True
        self._timers.append((timer, handle, late))
        timer.start()
        return connection

    def connect(
        self, to: tuple[str, int], timeout: float, source: tuple[str, int] | None = None
    ) -> socket.socket:
        """A connection to the first address of a host that may be connected to and answers.

        Raises `PrivateAddress` where none may be, `OSError` where none answers.
        """
        host, port = to
        problem: Exception = OSError(f"{host}: no address")
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                self.allowance.check(host, port, str(address[0]), self.named)
                return self.timed(socket.create_connection((str(address[0]), port), timeout, source))
            except (PrivateAddress, OSError) as error:
                problem = error
        raise problem


class _Connections(HTTPHandler, HTTPSHandler):
    """Judges each address that is connected to. A proxy is the user's choice: there the host that it is asked for is judged."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        HTTPHandler.__init__(self)
        HTTPSHandler.__init__(self)

    def http_open(self, req: Request) -> HTTPResponse:
        return self._judged(HTTPConnection, req)

    def https_open(self, req: Request) -> HTTPResponse:
        import ssl  # OpenSSL takes a while to load

        context = ssl.create_default_context()
        if not self.fetcher.verify_certificates:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return self._judged(HTTPSConnection, req, context=context)

    def _judged(self, kind: type[HTTPConnection], req: Request, **given: Any) -> HTTPResponse:
        def connection(host: str, **more: Any) -> Any:
            made: Any = kind(host, **more)
            # Not told by a host that differs from that of the URL: the library also decodes "http://%31%32%37.0.0.1/".
            if req.has_proxy() or getattr(req, "_tunnel_host", None):
                self.fetcher.allowance.check_proxied(req.full_url, self.fetcher.named)
                made._create_connection = lambda *to: self.fetcher.timed(socket.create_connection(*to))
            else:
                made._create_connection = self.fetcher.connect
            return made

        try:
            return self.do_open(connection, req, **given)
        except PrivateAddress as error:
            raise PrivateAddress(f"it leads to {req.full_url}: {error}") from error


class _Redirects(HTTPRedirectHandler):
    """Asks before each address that a redirect leads to; only the web's schemes are followed."""

    def __init__(self, permit: Callable[[str], None] = lambda url: None) -> None:
        self.permit = permit

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        if not newurl.lower().startswith(("http://", "https://")):  # Python would follow ftp as well
            raise FetchError(f"{req.full_url}: it redirects to {newurl}, and only http and https are fetched")
        following = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        if following is not None:
            fp.close()  # the library would read the rest, however slowly it comes
            self.permit(newurl)
        return following


#: Posts of a blog that are shown.
MAX_SHOWN_POSTS = 3
#: Posts that are fetched. Where most of these are no articles, fewer than `MAX_SHOWN_POSTS` are shown.
MAX_TRIED_POSTS = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """`sources` are those that named posts, each with the number of posts. `forbidden` is the first sentence on what
    may not be fetched, by robots.txt or because it lies in a private network; "" where all may. `is_post` says that a source
    names the page itself as a post."""

    home_url: str
    platform: str
    sources: tuple[tuple[Source, int], ...]
    articles: tuple[Article, ...]
    forbidden: str = ""
    is_post: bool = False


class Previewer:
    """Fetches what a preview shows of one blog: its front page, API, one feed, one sitemap and a few posts."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher, self.rules = fetcher, rules_in_force()
        self.steps = steps_in_force()
        self.forbidden = ""

    def preview(self, url: str) -> Preview:
        """Raises `FetchError` where the front page does not answer, `ForbiddenByRobots` where robots.txt forbids it."""
        home = self.fetcher.get(url)
        text = home.body.decode("utf-8", "replace")
        platform = platforms.detect_platform(text, home.headers, home.base_url, self.rules)
        named: dict[str, Link] = {}
        found: list[tuple[Source, int]] = []
        for source in platforms.sources(text, home.headers, home.base_url, self.rules):
            if source.kind not in {known.kind for known, _ in found} and (links := self.links(source, home)):
                found.append((source, len(links)))
                # The newest first. Those of one day, or of none, stay in the order of the list.
                links.sort(key=lambda link: utc(link.published or link.lastmod or datetime.min), reverse=True)
                for link in links:
                    named.setdefault(urls.url_key(link.url), link)
        posts = list(named.values()) or post_links(text, home.base_url, self.rules)
        articles = islice(self.articles(posts[:MAX_TRIED_POSTS]), MAX_SHOWN_POSTS)
        is_post = bool(urlsplit(home.base_url).path.strip("/")) and urls.url_key(home.base_url) in named
        return Preview(home.base_url, platform, tuple(found), tuple(articles), self.forbidden, is_post)

    def get(self, url: str) -> Capture | None:
        """One answer, `None` where there is none."""
        try:
            return self.fetcher.get(url)
        except (ForbiddenByRobots, PrivateAddress) as error:
            self.forbidden = self.forbidden or str(error)
        except FetchError:
            pass
        return None

    def links(self, source: Source, home: Capture) -> list[Link]:
        """The posts that the first answer of a source names; none where there is none."""
        is_api = source.kind == "wp-json"
        url = wordpress.wp_posts_url(source.url, page=1, embed=False) if is_api else source.url
        answer = self.get(url)
        if answer is None:
            return []
        if is_api:
            posts = wordpress.parse_wp_posts(answer.body, url, answer.headers, site_url=home.base_url)
            return list(posts.links)
        if source.kind == "feed":
            feed = feeds.parse_feed(answer.body, url, answer.content_type, home.base_url, self.rules)
            return [] if feed.is_comments else list(feed.links)
        if source.kind == "sitemap":
            return list(sitemaps.parse_sitemap(answer.body, url, self.rules, home.base_url).links)
        return []

    def articles(self, links: list[Link]) -> Iterator[Article]:
        from newsarchive.core.steps import article_from

        for link in links:
            if (capture := self.get(link.url)) is None:
                continue
            try:
                yield article_from(capture, self.rules, self.steps)
            except NotAnArticle:
                continue
