"""The extra `browser`: pages that hold nothing until a script has run, through scrapy-playwright and Chromium.

`NEWSARCHIVE_BROWSER` is `off`, `on` (the system's Chromium, else Playwright's own) or the path of one. Only a page
that was recognised as such is asked for again in this way, and only where no feed or API gave its text.
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
#: Where systems keep Chromium.
NAMES = ("chromium", "chromium-browser", "google-chrome")
#: A browser that fetches what the page needs and nothing on its own account.
ARGUMENTS = [
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-first-run", "--no-pings",
    "--metrics-recording-only",
]  # fmt: skip
#: What a page's script asks for may be the post's text, and what of it can be asked for again with one request.
ASKED = frozenset(("xhr", "fetch", "eventsource"))
AGAIN = frozenset(("xhr", "fetch", "script"))
#: The answers to a page's own requests stand in the meta of its request under this name.
ANSWERS = "newsarchive_answers"
#: What a page needs for its looks alone.
LOOKS = frozenset(("image", "media", "font", "stylesheet"))


def wanted(settings: BaseSettings) -> bool:
    return str(settings.get("NEWSARCHIVE_BROWSER") or "off") != "off"


def check(settings: BaseSettings) -> None:
    """Raises `UsageError` where a browser is wanted and cannot be had."""
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
    """Let requests that ask for it go through the browser; all others go as ever."""
    if not wanted(settings):
        return
    for scheme in ("http", "https"):
        settings["DOWNLOAD_HANDLERS"].set(scheme, HANDLER, priority="addon")
    given = {"executable_path": _program(str(settings["NEWSARCHIVE_BROWSER"])), "args": _arguments()}
    options = {name: value for name, value in given.items() if value}
    for name, value in {
        "PLAYWRIGHT_LAUNCH_OPTIONS": options,
        "PLAYWRIGHT_ABORT_REQUEST": for_looks_alone,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": 30_000,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 1,
    }.items():
        settings.set(name, value, priority="addon")


def rendered(request: Request) -> Request:
    """The same request, for the browser; it answers when the page has gone quiet."""
    from scrapy_playwright.page import PageMethod

    answers: list[Any] = []
    own = {name: value for name, value in request.meta.items() if name != "download_latency"}
    meta = own | {
        "playwright": True,
        "playwright_page_methods": [PageMethod("wait_for_load_state", "networkidle")],
        "playwright_page_event_handlers": {
            "response": lambda answer: answers.append(answer),  # a builtin is no handler for Playwright
            "websocket": lambda socket: answers.append(None),
        },
        ANSWERS: answers,
    }
    return request.replace(meta=meta, dont_filter=True, headers={})


def drew(response: Response) -> bool:
    """Whether an answer is what the browser made of it."""
    return bool(response.meta.get("playwright"))


def data(response: Response) -> tuple[Validators, ...]:
    """What the page's scripts fetched to draw it; one without validators where nobody can ask for it again alone."""
    found = [_validators(answer, response.url) for answer in response.meta.get(ANSWERS, ())]
    told = [one for one in found if one is not None]
    return tuple(told) if len(told) < MAX_POST_PARTS else (Validators(response.url),)


def _validators(answer: Any, page: str) -> Validators | None:
    """Those of one answer that the page got, `None` for one that its text cannot have come of."""
    if answer is None:  # a socket, over which anything may come
        return Validators(page)
    kind, own = answer.request.resource_type, same_site(answer.url, page)
    if kind not in ASKED and not (kind == "script" and own):
        return None
    if not own or kind not in AGAIN or answer.status != 200 or answer.request.method != "GET":
        return Validators(answer.url)
    return Validators(answer.url, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))


def for_looks_alone(request: Any) -> bool:
    """Whether a page's own request need not be made: the text does not come of it."""
    return request.resource_type in LOOKS


def _program(setting: str) -> str:
    return setting if setting != "on" else next(filter(None, map(shutil.which, NAMES)), "")


def _arguments() -> list[str]:
    # Chromium's sandbox refuses to run as root.
    return ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
