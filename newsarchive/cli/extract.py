"""The commands that need no archive: `newsarchive extract page.html` extracts one article, `newsarchive repair` mends a text.

`Fetcher` fetches a page for them. It obeys robots.txt and its Crawl-delay, also for redirects, and sends the same user
agent as a crawl.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
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
)

import click

from newsarchive import config, export, plainwords, version
from newsarchive.cli.opening import rules_in_force, steps_in_force
from newsarchive.cli.options import db_option, option, output_option, robots_option
from newsarchive.cli.output import print_article, print_bytes, say
from newsarchive.exceptions import BadCertificate, FetchError, ForbiddenByRobots, PrivateAddress, UsageError
from newsarchive.items import Capture
from newsarchive.private_networks import Allowance

if TYPE_CHECKING:
    from protego import Protego

    from newsarchive.items import Capture


@click.command(
    epilog="""\b
Examples:
  newsarchive extract https://blog.example/2025/04/post/
  newsarchive extract page.html --url https://blog.example/post/ --json
  curl -s https://blog.example/post/ | newsarchive extract -"""
)
@click.argument("source", metavar="FILE|URL|-")
@click.option(
    "--url",
    default="",
    help="The address a file came from, for its links and metadata; by default what the page states.",
)
@option("json", help="Everything as one JSON object, with blocks and edits.")
@robots_option
@output_option
@db_option
def extract(source: str, url: str, as_json: bool, ignore_robots: bool, db: str) -> None:
    """Extract the article from a FILE, a URL or standard input (-), and print it.

    A URL is fetched as a crawl would: robots.txt is obeyed, and NEWSARCHIVE_CONTACT stands in the user agent.
    Nothing is stored; --db is accepted and not used.
    """
    from newsarchive.core import steps as process

    rules, steps = rules_in_force(), steps_in_force()
    article = process.article_from(read_capture(source, url, ignore_robots), rules, steps)
    if as_json:
        click.echo(export.to_json(article, indent=2))
    else:
        print_article(article)


def read_capture(source: str, url: str = "", ignore_robots: bool = False) -> Capture:
    """The page that SOURCE names: a web page, a file or standard input ("-"). The address of a file is `url`, else what
    the page itself states.

    Raises `FetchError` or `UsageError` that names the source.
    """
    if source.startswith(("http://", "https://")):
        return fetch(source, ignore_robots=ignore_robots)
    from newsarchive.core.html.own_address import own_address

    if source == "-":
        body = sys.stdin.buffer.read()
        return Capture(url=url or own_address(body) or "about:stdin", body=body)
    path = Path(source)
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(
            f"{source}: no such file; for a web page give the address with http:// or https://"
        ) from None
    except OSError as error:
        raise FetchError(f"{source}: cannot be read: {error.strerror}") from error
    return Capture(url=url or own_address(body) or path.resolve().as_uri(), body=body)


@click.command(
    epilog="""\b
Examples:
  echo 'Trumpโ€™s return' | newsarchive repair
  newsarchive repair --explain < post.txt > mended.txt"""
)
@click.option("--explain", is_flag=True, help="Tell on stderr what was repaired, and why.")
@click.option("--debug", is_flag=True, help="With --explain: how the evidence counts.")
@output_option
@db_option
def repair(explain: bool, debug: bool, db: str) -> None:
    """Repair mojibake: standard input (UTF-8) to standard output, all else untouched.

    --db is accepted and not used.
    """
    from newsarchive import repair as repair_text

    raw = sys.stdin.buffer.read()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"standard input is not UTF-8 (byte {error.start}): convert it first, e.g. with iconv"
        ) from None
    result = repair_text(text)
    print_bytes(result.text.encode())
    if explain:
        for edit in result.edits:
            why = f", {edit.evidence:.1f} nats" if edit.evidence is not None else ""
            rule = f"{edit.rule}{why}" if debug else plainwords.codec(edit.rule)
            say(f"{edit.start}: {edit.before!r} → {edit.after!r} ({rule})")
        for damage in result.damage:
            say(f"left alone: {damage}")
        say(f"{len(result.edits)} repairs")


#: Bytes of a page; a longer one is refused. A crawl has the same bound (DOWNLOAD_MAXSIZE).
MAX_PAGE_BYTES = 16 * 1024 * 1024
#: Bytes of a robots.txt; the rest is not read. A crawler must read at least 500 KiB (RFC 9309, 2.5).
MAX_ROBOTS_BYTES = 500 * 1024
#: Seconds without an answer after which a request has failed.
TIMEOUT_SECONDS = 30.0
#: Seconds between two requests; where robots.txt asks for more, this is the wait. A crawl has the same bound.
MAX_DELAY_SECONDS = 120.0
#: Seconds of waiting; before a longer wait a message says that it is going on.
MAX_SILENT_WAIT_SECONDS = 2.0


def own_user_agent() -> str:
    """The user agent of a crawl with the same settings."""
    held = config.load()
    return held["crawl.user_agent"] or version.user_agent(held["contact"])


def fetch(url: str, *, ignore_robots: bool = False) -> Capture:
    """The response to one GET, redirects followed. Raises `FetchError`, naming URL and cause."""
    return Fetcher(ignore_robots=ignore_robots, named=[url]).get(url)


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
        self.headers = {"User-Agent": user_agent or own_user_agent(), "Accept": "text/html,*/*;q=0.5"}
        self.ignore_robots, self.clock, self.sleep = ignore_robots, clock, sleep
        #: scheme and host → its robots.txt, `None` where it has none
        self.robots: dict[str, Protego | None] = {}
        #: scheme and host → the time of `clock` from which the next request may be sent
        self.not_before: dict[str, float] = {}
        self.allowance = Allowance.read(config.load()["crawl.allow_private"])
        self.named, self.verify_certificates = tuple(named), verify_certificates
        self.opener: OpenerDirector = build_opener(_Connections(self), _Redirects(self.permit))
        #: Without the check of robots.txt: what robots.txt redirects to is part of the question.
        self.robots_opener: OpenerDirector = build_opener(_Connections(self), _Redirects())

    def get(self, url: str) -> Capture:
        """The response to one GET, redirects followed.

        Raises `ForbiddenByRobots` where robots.txt forbids it, of this address or one that it redirects to, `PrivateAddress`
        where it leads into a private network, `BadCertificate`, and `FetchError` for everything else that goes wrong. All
        name the URL and the cause.
        """
        self.permit(url)
        try:
            with self.opener.open(Request(url, headers=self.headers), timeout=TIMEOUT_SECONDS) as response:
                body = response.read(MAX_PAGE_BYTES + 1)
                headers = {name.lower(): value for name, value in response.headers.items()}
                final_url, status = response.geturl(), response.status
        except PrivateAddress as error:
            raise PrivateAddress(f"{url}: {error}") from error
        except HTTPError as error:
            raise FetchError(f"{url}: the server answered {error.code} {error.reason}") from error
        except (URLError, OSError, ValueError, HTTPException) as error:
            cause = getattr(error, "reason", error)
            if wrong := getattr(cause, "verify_message", ""):  # of `ssl.SSLCertVerificationError`
                raise BadCertificate(
                    f"{url}: the certificate of the server is not valid ({wrong}): if you take its pages all the same, "
                    f"newsarchive sites add --verify-certificates false {url}"
                ) from error
            raise FetchError(
                f"{url}: cannot be fetched: {cause}: check the address and the connection"
            ) from error
        if len(body) > MAX_PAGE_BYTES:
            raise FetchError(f"{url}: larger than {MAX_PAGE_BYTES // 2**20} MiB: that is no article")
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

        try:
            with self.robots_opener.open(
                Request(url, headers=self.headers), timeout=TIMEOUT_SECONDS
            ) as response:
                body = response.read(MAX_ROBOTS_BYTES)
                return Protego.parse(body.decode("utf-8", "replace")) if response.status == 200 else None
        except (URLError, OSError, ValueError, HTTPException, FetchError):
            return None

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
                return socket.create_connection((str(address[0]), port), timeout, source)
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
        def connection(host: str, **more: Any) -> HTTPConnection:
            made = kind(host, **more)
            if req.host == urlsplit(req.full_url).netloc:
                made._create_connection = self.fetcher.connect  # type: ignore[attr-defined]
            else:
                self.fetcher.allowance.check_proxied(req.full_url, self.fetcher.named)
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
            self.permit(newurl)
        return following
