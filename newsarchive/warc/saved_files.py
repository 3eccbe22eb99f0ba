"""Pages that somebody saved, one a file, as records of a WARC file: what SingleFile, monolith, HTTrack, wget and browsers write.

A person who kept a blog with one of these programs has a folder of files and no WARC file. Each file becomes a `resource` record, as
`warcit` writes one: the page, its address, and the day on which it was saved.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from newsarchive.core.html.saved_page import (
    MAX_MESSAGE_HEAD_BYTES,
    SavedPage,
    replayed_page,
    saved_page,
    stated_page,
)
from newsarchive.items import Capture
from newsarchive.warc.files import Wire

#: A folder that is named after a moment, in UTC.
_MOMENT = re.compile(r"\d{14}")
#: How the Wayback Machine shows a browser that the page redirected then: with a page of its own, and often with status 200.
_SHOWN_REDIRECT = re.compile(rb"<p class=\"code[^>]{0,60}>\s{0,9}Got an HTTP (3\d\d) response at crawl time")
#: How a page of HTML begins, behind white space and comments at the most. A comment ends at its first "-->", and no part is given back:
#: else forty empty comments would take a minute.
_HTML = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s{0,999}(?>(?:<!--(?>.{0,4000}?-->)\s{0,999}){0,9})<(?:!doctype\s{1,9}html|html|head)\b",
    re.I | re.S,
)


def page_of(data: bytes, written_at: datetime | None) -> tuple[Capture, Wire] | None:
    """The page in a file, as a capture and as it is kept; `None` where the file is no saved page. `written_at` is the time of
    the file, which counts where the file itself names no day.

    Raises `ValueError` for a page that does not state its address.
    """
    is_html = _HTML.match(data[:MAX_MESSAGE_HEAD_BYTES])
    page = stated_page(data) if is_html else saved_page(data)
    if page is None:
        return None
    # It was saved from a file on a disk, or from a page without an address.
    if not page.url.startswith(("http:", "https:")):
        page = page._replace(url=stated_page(page.body).url)
    if not page.url:
        raise ValueError(
            "a page that does not state its address: `newsarchive extract FILE --url ADDRESS` reads it"
        )
    at = page.saved_at or written_at
    media_type = page.content_type or "text/html"
    wire = Wire("HTTP/1.1 200 OK", (("Content-Type", media_type),), page.body, kind="resource")
    capture = Capture(page.url, page.body, at, page.url, 200, {"content-type": media_type})
    return as_it_was(capture, wire, page.url)


def written_at(path: Path) -> datetime:
    """When a file was saved: the moment that a folder above it names, as waybackpack has it
    (`20150102030405/blog.example/post/index.html`), else the time of the file."""
    for folder in reversed(path.parts[:-1]):
        if _MOMENT.fullmatch(folder):
            with suppress(ValueError):
                return datetime.strptime(folder, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def as_it_was(capture: Capture, wire: Wire, shown_at: str) -> tuple[Capture, Wire]:
    """The page that a web archive showed at an address, as the page that it was; any other page as it is."""
    was: SavedPage | None = replayed_page(capture.body, shown_at)
    if was is None:
        return capture, wire
    redirect = _SHOWN_REDIRECT.search(capture.body)
    status = int(redirect[1]) if redirect else capture.status
    page = replace(
        capture, url=was.url, final_url=was.url, body=was.body, fetched_at=was.saved_at, status=status
    )
    return page, replace(wire, shown_at=shown_at)
