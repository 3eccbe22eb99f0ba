"""The application: the routes of `views.ROUTES` by Starlette, Datasette behind them where there is one, a guard before both.

A page is answered with an entity tag (RFC 9110, section 8.8.3). Where a page depends on the archive alone, its tag is
made of the archive's state. So a feed reader that asks every minute costs no more than a look at the time of a file.
"""

from __future__ import annotations

import hashlib
import logging
import mimetypes
from collections.abc import Collection
from email.utils import format_datetime
from functools import lru_cache, partial
from urllib.parse import parse_qsl

import anyio
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from newsarchive.exceptions import (
    Damaged,
    DatabaseError,
    NewsArchiveError,
    NoSuchArticle,
    UsageError,
    Withheld,
)
from newsarchive.export import to_json
from newsarchive.times import http_time
from newsarchive.version import VERSION
from newsarchive.web.answers import Answer, Content, Elsewhere, Forbidden, Request
from newsarchive.web.library import Library, State
from newsarchive.web.render import STATIC, TEMPLATES, Frame, page, static
from newsarchive.web.security import Application, Guard, Receive, Scope, Send
from newsarchive.web.views import ROUTES, Way

log = logging.getLogger(__name__)

#: The beginnings of paths that Datasette answers: its tables, and its pages on itself.
DATASETTE_PATHS = ("/archive", "/-/")

#: Requests that read the database at the same time; more wait.
MAX_THREADS = 4
#: Bytes of a form; more is refused.
MAX_FORM_BYTES = 64 * 1024

#: Exception, status, and title of the page that says what went wrong.
FAILURES: tuple[tuple[type[NewsArchiveError], int, str], ...] = (
    (Withheld, 451, "Withheld"),  # RFC 7725
    (NoSuchArticle, 404, "Not found"),
    (Forbidden, 403, "Not without the token"),
    (UsageError, 400, "Not understood"),
    (DatabaseError, 503, "Not available"),
    (Damaged, 503, "Not available"),
)


def application(library: Library, behind: Application | None, hosts: Collection[str]) -> Guard:
    """Our pages, and `behind` them Datasette. `hosts` are the names to answer to."""
    limiter = anyio.CapacityLimiter(MAX_THREADS)
    routes: list[BaseRoute] = [Route("/static/{name:path}", _static)]
    for way in ROUTES:
        methods = ["POST"] if way.is_form else ["GET"]
        answer = partial(_answer, library, way, limiter)
        if way.has_record:
            beside = "/index.json" if way.path == "/" else f"{way.path}.json"
            routes.append(Route(beside, partial(answer, as_json=True), methods=methods))
        routes.append(Route(way.path, answer, methods=methods))
    if behind is not None:
        routes += [Route(f"{beginning}{{rest:path}}", _Datasette(behind)) for beginning in DATASETTE_PATHS]
    made = Starlette(routes=routes, exception_handlers={HTTPException: partial(_no_page, library.frame)})

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        # Datasette is told of start and end; Starlette has nothing to prepare.
        await (behind if behind is not None and scope["type"] == "lifespan" else made)(scope, receive, send)

    return Guard(
        pages,
        hosts,
        partial(_failure, library.frame),
        root=library.frame.root,
        password=library.password,
        tables=DATASETTE_PATHS,
        writable=("/quarantine",) if library.token else (),
        script="/static/keys.js" if library.frame.has_keys else "",
    )


class _Datasette:
    """Datasette as the end of a route: Starlette takes a function for one that makes a response."""

    def __init__(self, behind: Application) -> None:
        self.behind = behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.behind(scope, receive, send)


async def _answer(
    library: Library, way: Way, limiter: anyio.CapacityLimiter, http: HttpRequest, *, as_json: bool = False
) -> Response:
    form = b""  # its fields, as browsers send them without files
    if http.method == "POST":
        async for part in http.stream():
            form += part
            if len(form) > MAX_FORM_BYTES:
                raise HTTPException(413)
    asked = Request(
        http.url.path,
        {name: str(value) for name, value in http.path_params.items()},
        dict(http.query_params),
        dict(parse_qsl(form.decode("utf-8", "replace"), keep_blank_values=True)),
        http.cookies,
    )
    return await run_sync(partial(_made, library, way, asked, http, as_json), limiter=limiter)


def _made(library: Library, way: Way, asked: Request, http: HttpRequest, as_json: bool) -> Response:
    """The response of a view, or 304 where nothing has changed since the reader last asked."""
    ending = asked.path.rpartition(".")[2] if as_json or "." in way.path else ""
    try:
        state = library.state() if way.is_settled else None
        tag = _tag(f"{state.key} {http.url.path}?{http.url.query}") if state else ""
        if state and _is_known(http, tag, state):
            return _headed(Response(status_code=304), tag, state, 0)
        answer = way.view(library, asked)
        response, seconds = _response(library, answer, as_json)
    except NewsArchiveError as error:
        kind = (f for f in FAILURES if isinstance(error, f[0]))
        _, status, title = next(kind, (NewsArchiveError, 500, "Failed"))
        return _failure(library.frame, status, title, str(error), ending=ending)
    except Exception:  # one page must not stop the server, nor show its internals
        log.exception("%s", asked.path)
        message = "This page could not be made; the terminal says why."
        return _failure(library.frame, 500, "Failed", message, ending=ending)
    if way.is_form or isinstance(answer, Elsewhere):
        return response
    tag = tag or _tag(bytes(response.body))
    if not state and _is_known(http, tag, None) and response.status_code == 200:
        return _headed(Response(status_code=304), tag, None, seconds)
    return _headed(response, tag, state, seconds)


def _response(library: Library, answer: Answer, as_json: bool) -> tuple[Response, int]:
    """The response, and the seconds for which nobody need ask again."""
    if isinstance(answer, Elsewhere):
        response: Response = RedirectResponse(library.frame.root + answer.path, 303)
        if answer.cookie:
            name, value = answer.cookie
            response.set_cookie(name, value, httponly=True, samesite="strict", path=library.frame.root or "/")
        return response, 0
    if isinstance(answer, Content):
        headers = {"content-disposition": f'attachment; filename="{answer.name}"'} if answer.name else {}
        body = answer.body if isinstance(answer.body, bytes) else answer.body.encode("utf-8", "replace")
        return Response(body, headers={**headers, "content-type": answer.content_type}), answer.seconds
    if as_json:
        body = to_json(answer.record, indent=1).encode("utf-8", "replace")
        kind = "application/json; charset=utf-8"
        return Response(body, answer.status, headers={"content-type": kind}), 0
    html = page(answer.template, library.frame, **answer.values).encode("utf-8", "replace")
    return HTMLResponse(html, answer.status), 0


def _headed(response: Response, tag: str, state: State | None, seconds: int) -> Response:
    """Add the headers that a browser or a feed reader needs to ask again. No proxy on the way may keep an answer,
    because it may be behind a password."""
    response.headers["etag"] = tag
    response.headers["cache-control"] = f"private, max-age={seconds}" if seconds else "private, no-cache"
    if state:
        response.headers["last-modified"] = format_datetime(state.met_at.replace(microsecond=0), usegmt=True)
    return response


def _is_known(http: HttpRequest, tag: str, state: State | None) -> bool:
    """Whether the reader has this answer (RFC 9110, section 13.1)."""
    if given := http.headers.get("if-none-match"):
        return given.strip() == "*" or tag in {one.strip() for one in given.split(",")}
    since = http_time(http.headers.get("if-modified-since", ""))
    return bool(since and state and since >= state.met_at.replace(microsecond=0))


def _tag(content: str | bytes) -> str:
    """A weak entity tag, made of this program's version and of the content or the state of the archive."""
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return f'W/"{hashlib.sha256(_program() + data).hexdigest()[:24]}"'


@lru_cache(maxsize=1)
def _program() -> bytes:
    files = sorted([*TEMPLATES.iterdir(), *STATIC.iterdir()])
    return hashlib.sha256(b"".join([VERSION.encode(), *(file.read_bytes() for file in files)])).digest()


def _failure(frame: Frame, status: int, title: str, message: str, *, ending: str = "") -> Response:
    """What went wrong, as a page; for an address with the `ending` of a file as JSON or as plain text."""
    headers = {"cache-control": "no-store"}
    if status == 451:  # this archive withholds it, as its register says (RFC 7725, section 4)
        headers["link"] = f'<{frame.root}/withheld>; rel="blocked-by"'
    if status == 401:
        headers["www-authenticate"] = 'Basic realm="newsarchive", charset="UTF-8"'
    if ending == "json":
        kind = {"content-type": "application/json; charset=utf-8"}
        return Response(to_json({"error": message, "status": status}), status, headers=headers | kind)
    if ending:
        return PlainTextResponse(f"{title}: {message}\n", status, headers=headers)
    return HTMLResponse(page("failure.html", frame, title=title, message=message), status, headers=headers)


async def _no_page(frame: Frame, http: HttpRequest, error: Exception) -> Response:
    path, status = http.url.path, getattr(error, "status_code", 404)
    if status == 404 and path.startswith(DATASETTE_PATHS):
        remedy = "Datasette shows the tables of an SQLite archive: pip install 'newsarchive[datasette]'"
        return _failure(frame, 404, "No tables here", remedy)
    title = "Not found" if status == 404 else "Not allowed"
    return _failure(frame, status, title, f"There is no page {path}")


async def _static(http: HttpRequest) -> Response:
    """A file of `static/`, by its name alone. Its address changes when the file does, so that browsers may keep it."""
    known = {file.name: file for file in STATIC.iterdir()}
    name = http.path_params["name"]
    if name not in known:
        raise HTTPException(404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_current = static(name).endswith(f"?{http.url.query}")
    kept = "public, max-age=31536000, immutable" if is_current else "no-cache"
    return Response(known[name].read_bytes(), headers={"content-type": kind, "cache-control": kept})
