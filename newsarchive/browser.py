"""The extra `browser`: pages that hold nothing until a script has run, through scrapy-playwright and Chromium.

`NEWSARCHIVE_BROWSER` is `off`, `on` (the system's Chromium, else Playwright's own) or the path of a Chromium. Only a page
that was recognised as empty is fetched again in this way, and only where no feed or API gave its text.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import Any

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
#: Options of Chromium. With them it fetches what the page needs, and nothing of its own.
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
    """Let requests with `meta["playwright"]` go through the browser; all others go as before."""
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


def drew(response: Response) -> bool:
    """Whether the browser rendered an answer."""
    return bool(response.meta.get("playwright"))


def data(response: Response) -> tuple[Validators, ...]:
    """The validators of what the page's scripts fetched to draw it.

    More than `MAX_POST_PARTS` of them become one without validators, so that the page is always fetched again whole.
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
    """Whether a page's own request is left out, because its text does not come of it."""
    return request.resource_type in LOOKS_TYPES
