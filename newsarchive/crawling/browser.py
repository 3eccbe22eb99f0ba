"""The extra `browser`: pages that hold nothing until a script has run, through scrapy-playwright and Chromium.

`NEWSARCHIVE_BROWSER` is `off`, `on` (the system's Chromium, else Playwright's own) or the path of a Chromium. Only a page
that was recognised as empty is fetched again in this way, and only where no feed or API gave its text.

Chromium resolves names and follows redirects by itself, where nobody could judge an address. So it is given a proxy in
the process of the crawl. `BrowserProxy` resolves a host, judges the address, and connects to that very address, so that
no page leads the browser into a private network. Where the user has a proxy of their own, Chromium uses the user's
proxy instead.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import shutil
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings

from newsarchive.core.discovery.pagination import MAX_POST_PARTS
from newsarchive.core.urls import same_site
from newsarchive.exceptions import UsageError
from newsarchive.items import Validators

HANDLER = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
#: Names of the program under which systems keep Chromium, the first choice first.
PROGRAM_NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Options of Chromium, so that it fetches only what the page needs and nothing for itself.
ARGUMENTS = [
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-first-run", "--no-pings",
    "--metrics-recording-only", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
]  # fmt: skip
#: Playwright's types of a page's own requests whose answers may hold the post's text.
DATA_TYPES = frozenset(("xhr", "fetch", "eventsource"))
#: Types whose answer one later request can ask for again.
REPEATABLE_TYPES = frozenset(("xhr", "fetch", "script"))
#: Types that only change how a page looks.
LOOKS_TYPES = frozenset(("image", "media", "font", "stylesheet"))
#: The key in `Request.meta` of the answers to the page's own requests.
ANSWERS = "newsarchive_answers"
#: Milliseconds that a page may take in the browser; a page that takes longer counts as failed.
MAX_NAVIGATION_MILLISECONDS = 30_000
logger = logging.getLogger(__name__)
#: Bytes of the head of a request; one with more is not answered.
MAX_HEAD_BYTES = 64 * 1024
#: Bytes that are passed on at once.
CHUNK_BYTES = 64 * 1024
#: Seconds for connecting; a host that takes longer counts as one that does not answer.
CONNECT_SECONDS = 30.0
Permits = Callable[[str, int, str], bool]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def wanted(settings: BaseSettings) -> bool:
    """Whether the settings ask for a browser."""
    return str(settings.get("NEWSARCHIVE_BROWSER") or "off") != "off"


def check(settings: BaseSettings) -> None:
    """Raises `UsageError` where a browser is wanted and is not installed."""
    if not wanted(settings):
        return
    if importlib.util.find_spec("scrapy_playwright") is None:
        raise UsageError("NEWSARCHIVE_BROWSER needs scrapy-playwright: pip install 'newsarchive[browser]'")
    path = str(settings["NEWSARCHIVE_BROWSER"])
    if path != "on" and not os.access(path, os.X_OK):
        raise UsageError(
            f"NEWSARCHIVE_BROWSER={path}: no program there; say on, off, or the path of Chromium"
        )


def configure(settings: BaseSettings) -> None:
    """Let requests with `meta["playwright"]` go through the browser; all others go as before. Raises as `check` does."""
    check(settings)
    if not wanted(settings):
        return
    for scheme in ("http", "https"):
        settings["DOWNLOAD_HANDLERS"].set(scheme, HANDLER, priority="addon")
    program = str(settings["NEWSARCHIVE_BROWSER"])
    if program == "on":
        program = next(filter(None, map(shutil.which, PROGRAM_NAMES)), "")
    # Chromium's sandbox refuses to run as root.
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    given = {"executable_path": program, "args": arguments}
    options = {name: value for name, value in given.items() if value}
    for name, value in {
        "PLAYWRIGHT_LAUNCH_OPTIONS": options,
        "PLAYWRIGHT_ABORT_REQUEST": for_looks_alone,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": MAX_NAVIGATION_MILLISECONDS,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 1,
    }.items():
        settings.set(name, value, priority="addon")


def rendered(request: Request) -> Request:
    """The same request for the browser, which answers once the page requests nothing more."""
    from scrapy_playwright.page import PageMethod

    answers: list[Any] = []
    own = {name: value for name, value in request.meta.items() if name != "download_latency"}
    meta = own | {
        "playwright": True,
        "playwright_page_methods": [PageMethod("wait_for_load_state", "networkidle")],
        "playwright_page_event_handlers": {
            "response": lambda answer: answers.append(answer),  # Playwright takes no builtin for a handler
            "websocket": lambda socket: answers.append(None),
        },
        ANSWERS: answers,
    }
    return request.replace(meta=meta, dont_filter=True, headers={})


def data(response: Response) -> tuple[Validators, ...]:
    """The validators of what the page's scripts fetched to draw it.

    `MAX_POST_PARTS` of them or more become one without validators, so that the page is always fetched again whole.
    """
    answers = (_validators(answer, response.url) for answer in response.meta.get(ANSWERS, ()))
    found = tuple(validators for validators in answers if validators is not None)
    return found if len(found) < MAX_POST_PARTS else (Validators(response.url),)


def _validators(answer: Any, page: str) -> Validators | None:
    """The validators of one answer that the page got, `None` for one that cannot hold its text."""
    if answer is None:  # a socket, over which anything may come
        return Validators(page)
    kind, own = answer.request.resource_type, same_site(answer.url, page)
    if kind not in DATA_TYPES and not (kind == "script" and own):
        return None
    if not own or kind not in REPEATABLE_TYPES or answer.status != 200 or answer.request.method != "GET":
        return Validators(answer.url)
    return Validators(answer.url, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))


def for_looks_alone(request: Any) -> bool:
    """Whether a page's own request is not sent, because it only changes how the page looks."""
    return request.resource_type in LOOKS_TYPES


class BrowserProxy:
    """Listens on loopback from the moment it is made; answers once `start` was called, in the running event loop.

    `permits` says of host, port and IP address whether a connection may be made.
    """

    def __init__(self, permits: Permits) -> None:
        self.permits = permits
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server: asyncio.Server | None = None

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, sock=self.socket, limit=MAX_HEAD_BYTES)

    def close(self) -> None:
        if self.server is not None:
            self.server.close()
        self.socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.rstrip("\r\n").split("\r\n")
            method, target, version = line.split(" ")
            parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
            host, port = parts.hostname or "", parts.port or 80
            other = await self._connect(host, port)
            if other is None:
                writer.write(
                    b"HTTP/1.1 403 Private address\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            else:
                if method == "CONNECT":
                    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                else:
                    # One request a connection: the next one may be for another host.
                    kept = [
                        f for f in fields if f.split(":")[0].lower() not in ("connection", "proxy-connection")
                    ]
                    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                    lines = [f"{method} {path} {version}", *kept, "Connection: close", "", ""]
                    other[1].write("\r\n".join(lines).encode("latin-1"))
                await asyncio.gather(_pass_on(reader, other[1]), _pass_on(other[0], writer))
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            logger.debug("a request of the browser failed: %s", error)
        finally:
            writer.close()

    async def _connect(self, host: str, port: int) -> Streams | None:
        """A connection to the first address of the host that answers, of those that may be connected to; `None` where none may be.

        Raises the last `OSError` where none of them answers.
        """
        failure: OSError | None = None
        for *_, (address, *_) in await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        ):
            if self.permits(host, port, str(address)):
                try:
                    return await asyncio.wait_for(
                        asyncio.open_connection(str(address), port), CONNECT_SECONDS
                    )
                except OSError as error:  # a host may have an address of IPv6 that this machine cannot reach
                    failure = error
        if failure is not None:
            raise failure
        logger.warning("%s: the browser is not let into a private network", host)
        return None


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction until its end."""
    try:
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()
