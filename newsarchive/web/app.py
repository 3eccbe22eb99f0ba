"""The ASGI application: our pages first, Datasette behind them, the same security headers on both."""

from __future__ import annotations

import asyncio
import logging
import mimetypes
import re
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

from newsarchive.exceptions import DatabaseError, NewsArchiveError, NoSuchArticle, UsageError
from newsarchive.web import views
from newsarchive.web.render import STATIC, page
from newsarchive.web.views import Library, Request, Response

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
View = Callable[[Library, Request], Response]

log = logging.getLogger(__name__)

ROUTES: tuple[tuple[re.Pattern[str], View], ...] = tuple(
    (re.compile(pattern), view)
    for pattern, view in (
        (r"/", views.front),
        (r"/search", views.search),
        (r"/article/(\d+)", views.article),
        (r"/article/(\d+)/diff", views.diff),
        (r"/compare/(\d+)/(\d+)", views.compare),
        (r"/site/([^/]+)", views.site),
        (r"/story/(\d+)", views.story),
        (r"/metrics", views.metrics),
    )
)

#: The beginnings of paths that Datasette answers: its tables, and its pages on itself.
DATASETTE_PATHS = ("/archive", "/-/")

#: The Content-Security-Policy. It allows no script at all, ours or Datasette's: what a blog wrote cannot run even where
#: escaping failed. Nothing is loaded from elsewhere, no form is sent elsewhere, no other site may frame a page.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
SECURITY = {
    b"content-security-policy": POLICY.encode(),
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}

#: Requests that read the database at the same time; more wait.
MAX_THREADS = 4

#: Exception, status, and title of the page that says what went wrong.
_FAILURES = (
    (NoSuchArticle, 404, "Not found"),
    (UsageError, 400, "Not understood"),
    (DatabaseError, 503, "Not available"),
)


class App:
    """The application. `hosts` are the names that a request may give as its host, besides IP addresses.

    A page of another site can make a browser ask for this server under a name of its own (DNS rebinding), and would then
    read the archive; such a name is refused. So is what another site's page asks for by the server's right name: it could
    not read the answer, but the work would be done. A link on it may be followed, to our pages and not to tables.
    """

    def __init__(self, library: Library, behind: Application, hosts: Collection[str]) -> None:
        self.archive, self.behind, self.hosts = library, behind, hosts
        self.threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="newsarchive-web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.behind(scope, receive, send)
            return
        send = _guarded(send)
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, _failure(405, "Not allowed", "These pages can only be read."))
        elif not self._is_ours(scope):
            await _answer(
                send, _failure(421, "Not this host", "Ask for it by the address that newsarchive web prints.")
            )
        elif _is_cross_site(scope):
            await _answer(
                send,
                _failure(403, "Not from here", "Another site asked for this page: type its address instead."),
            )
        elif path.startswith("/static/"):
            await _static(send, path.removeprefix("/static/"))
        elif found := _route(path):
            view, parts = found
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
            request = Request(path, parts, query)
            loop = asyncio.get_running_loop()
            await _answer(send, await loop.run_in_executor(self.threads, self._view, view, request))
        elif path.startswith(DATASETTE_PATHS):
            await self.behind(scope, receive, send)
        else:
            await _answer(send, _failure(404, "Not found", f"There is no page {path}"))

    def _is_ours(self, scope: Scope) -> bool:
        named = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        host = re.sub(r":\d+$", "", named).strip("[]").lower()
        return host in self.hosts or _is_address(host)

    def _view(self, view: View, request: Request) -> Response:
        try:
            return view(self.archive, request)
        except NewsArchiveError as error:
            kind = (f for f in _FAILURES if isinstance(error, f[0]))
            _, status, title = next(kind, (NewsArchiveError, 500, "Failed"))
            return _failure(status, title, str(error))
        except Exception:  # one page must not stop the server, nor show its internals
            log.exception("%s", request.path)
            return _failure(500, "Failed", "This page could not be made; the terminal says why.")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_cross_site(scope: Scope) -> bool:
    """Whether a page of another site makes the browser ask (Fetch Metadata); a followed link to a page of ours is fine."""
    headers = dict(scope["headers"])
    if headers.get(b"sec-fetch-site", b"none") in (b"none", b"same-origin"):
        return False
    is_link = headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"
    return not is_link or scope["path"].startswith(DATASETTE_PATHS)


def _route(path: str) -> tuple[View, tuple[str, ...]] | None:
    for pattern, view in ROUTES:
        if match := pattern.fullmatch(path):
            return view, match.groups()
    return None


def _failure(status: int, title: str, message: str) -> Response:
    return Response(page("failure.html", title=title, message=message), status)


def _guarded(send: Send) -> Send:
    """Puts the security headers on every response, in place of any with the same names; no other origin may read it."""

    async def guarded(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (name, value)
                for name, value in message.get("headers", ())
                if name.lower() not in SECURITY and not name.lower().startswith(b"access-control-")
            ]
            message = message | {"headers": [*kept, *SECURITY.items()]}
        await send(message)

    return guarded


async def _answer(send: Send, response: Response) -> None:
    headers = [(b"content-type", response.content_type.encode("ascii")), (b"cache-control", b"no-cache")]
    if response.location:
        headers.append((b"location", response.location.encode("ascii")))
    await _send(send, response.status, headers, response.body.encode("utf-8", "replace"))


async def _static(send: Send, name: str) -> None:
    """A file of `static/`, by its name alone."""
    known = {file.name: file for file in STATIC.iterdir()}
    if name not in known:
        await _answer(send, _failure(404, "Not found", f"There is no file {name}."))
        return
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"max-age=86400")]
    await _send(send, 200, headers, known[name].read_bytes())


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
