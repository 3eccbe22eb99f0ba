"""A page that a browser saved as one file, with its pictures: the page itself, its address, and when it was saved.

Chrome and Edge write MHTML (`.mhtml`, RFC 2557): a message whose first part is the page, in quoted-printable. Read as HTML
it gives `=E2=80=93` in the text. Safari writes `.webarchive`, a property list.

    saved_page(Path("story.mhtml").read_bytes())
"""

from __future__ import annotations

import plistlib
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

#: The head of a message says that it is made of several parts. A page of HTML begins with "<".
_MHTML = re.compile(
    rb"\A\s*(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?content-type:\s*multipart/related", re.I
)
_WEBARCHIVE = b"WebMainResource"
#: Bytes at the beginning of a file in which a message must say what it is.
MAX_HEAD_BYTES = 8192
#: Media types of a page.
PAGE_TYPES = ("text/html", "application/xhtml+xml")


class SavedPage(NamedTuple):
    """The bytes of a page; its address and type, "" where the file does not say them; and when it was saved, where known."""

    body: bytes
    url: str = ""
    content_type: str = ""
    saved_at: datetime | None = None


def saved_page(data: bytes) -> SavedPage | None:
    """The page in a file that a browser saved; `None` for any other file, a page of HTML among them."""
    if _MHTML.match(data[:MAX_HEAD_BYTES]):
        return _of_message(message_from_bytes(data))
    if data.startswith((b"bplist", b"<?xml")) and _WEBARCHIVE in data:
        return _of_webarchive(data)
    return None


def _of_message(message: Message) -> SavedPage | None:
    whole = str(message.get("Snapshot-Content-Location", ""))
    pages = [part for part in message.walk() if part.get_content_type() in PAGE_TYPES]
    pages.sort(key=lambda part: part.get("Content-Location", "") != whole)  # frames are pages too
    if not pages:
        return None
    body = pages[0].get_payload(decode=True)
    return SavedPage(
        body if isinstance(body, bytes) else b"",
        whole or str(pages[0].get("Content-Location", "")),
        str(pages[0].get("Content-Type", "")),
        _moment(message.get("Date")),
    )


def _of_webarchive(data: bytes) -> SavedPage | None:
    try:
        page: dict[str, Any] = plistlib.loads(data)["WebMainResource"]
        body, url = page["WebResourceData"], str(page.get("WebResourceURL", ""))
    except (plistlib.InvalidFileException, ExpatError, KeyError, TypeError, ValueError):
        return None
    kind, charset = page.get("WebResourceMIMEType", ""), page.get("WebResourceTextEncodingName", "")
    return SavedPage(bytes(body), url, f"{kind}; charset={charset}" if charset else str(kind), None)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
