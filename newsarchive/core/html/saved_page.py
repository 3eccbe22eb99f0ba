"""A page that comes from no server of its own: which page it is, its address, and when it was saved.

Browsers save a page with its pictures as one file. Chrome and Edge write MHTML (`.mhtml`, RFC 2557): a message whose first
part is the page, in quoted-printable. Read as HTML it gives `=E2=80=93` in the text. Safari writes `.webarchive`, a
property list. A web archive such as the Wayback Machine or one of pywb shows a page under an address of its own,
`https://web.archive.org/web/20150102030405/https://blog.example/post/`, and has each link in the page lead into the archive.
archive.today shows it under `https://archive.ph/AbCdE`, and names the other address in the page's head. HTTrack, monolith and
SingleFile write address and day into a comment.

Without its address a page's links lead nowhere, so that cards of other posts are not known as such and their authors count
as the page's own.

    saved_page(Path("story.mhtml").read_bytes())
    replayed_page(body, "https://web.archive.org/web/20150102030405/https://blog.example/post/")
"""

from __future__ import annotations

import plistlib
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from itertools import islice, pairwise
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

from newsarchive.core.urls import try_normalise
from newsarchive.times import http_time, utc

#: The head of a message says that it is made of several parts. A page of HTML begins with "<".
_MHTML = re.compile(
    rb"\A\s*(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?content-type:\s*multipart/related", re.I
)
_WEBARCHIVE = b"WebMainResource"
#: What it says of a page.
_WEB_RESOURCE = ("WebResourceData", "WebResourceURL", "WebResourceMIMEType", "WebResourceTextEncodingName")
#: Entries of a dictionary in a binary property list; one with more is not read. Safari writes five.
MAX_PLIST_ENTRIES = 64
#: Letters of the name of such an entry; a longer name is not read. Those of Safari have some thirty.
MAX_PLIST_NAME = 64
#: Bytes at the beginning of a file in which a message must say what it is, and in which the head of a part must end.
MAX_MESSAGE_HEAD_BYTES = 8192
_BLANK_LINE = re.compile(rb"(?:\A|\n)\r?\n")
#: Parts of a message, or of a part of it, that are read: a page has one for each of its pictures, styles and frames.
MAX_PARTS = 5_000
#: Levels of parts in parts that are read. Programs write one; a mail that was saved has two or three.
MAX_PART_DEPTH = 4
#: Media types of a page.
PAGE_TYPES = ("text/html", "application/xhtml+xml")
#: Bytes at the beginning of a page in which its address is looked for; what follows is not read.
MAX_ADDRESS_BYTES = 300_000
#: What programs write as they save a page. Chromium and Internet Explorer: "<!-- saved from url=(0028)https://blog.example/post/ -->";
#: SingleFile: "Page saved with SingleFile url: https://blog.example/post/ saved date: Fri May 02 2025 10:00:00 GMT+0200 (…)"; monolith:
#: "<!-- Saved from https://blog.example/post/ at 2025-05-02T08:00:00Z using monolith v2.8.1 -->"; HTTrack, which leaves out the
#: scheme: "<!-- Mirrored from blog.example/post/ by HTTrack Website Copier/3.x [XR&CO'2014], Fri, 02 May 2025 08:00:00 GMT -->".
_SAVED = (
    re.compile(r"<!--\s{0,9}saved from url=\(\d{1,6}\)(?P<url>https?://[^\s>]{1,2000})"),
    re.compile(
        r"<!--\s{0,9}Page saved with SingleFile\s{1,9}url:\s{0,9}(?P<url>https?://[^\s>]{1,2000})"
        r"(?:\s{1,9}saved date:\s{0,9}\w{3} (?P<day>\w{3} \d\d \d{4} \d\d:\d\d:\d\d) GMT(?P<zone>[+-]\d{4}))?"
    ),
    re.compile(
        r"<!--\s{0,9}Saved from (?P<url>https?://[^\s>]{1,2000}) at (?P<at>[\d:TZ.+-]{1,40}) using monolith\b"
    ),
    re.compile(
        r"<!--\s{0,9}Mirrored from (?P<bare>[^\s/>]{1,300}/[^\s>]{0,2000}) by HTTrack Website Copier/[^>]{0,60}\],"
        r" (?P<mailed>\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)"
    ),
)
#: HTTrack has the links of a page lead to its files, also the one that names the page's address: `<link rel="canonical" href="index.html">`.
_MIRRORED_CANONICAL = re.compile(
    rb"""<link\s[^>]{0,200}rel=["']?canonical["'\s][^>]{0,200}href=["'](?!https?:)[^"'>]{0,2000}["'][^>]{0,20}>""",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?:link|meta)\s[^>]{1,4000}>", re.IGNORECASE)
_CANONICAL = re.compile(
    r"""\srel\s{0,3}=\s{0,3}["']?canonical["'\s>/]|\s(?:property|name)\s{0,3}=\s{0,3}["']?og:url["'\s>/]""",
    re.IGNORECASE,
)
_VALUE = re.compile(r"""\s(?:href|content)\s{0,3}=\s{0,3}["']?(https?://[^"'\s>]{1,2000})""", re.IGNORECASE)
#: The address of a page in a web archive: host and folder, the moment in UTC, a word for how it is shown, the page's own
#: address (RFC 7089 calls this a URI-M; the form with 14 digits is that of the Wayback Machine, OpenWayback and pywb, the one with
#: points that of archive.today).
_REPLAY = re.compile(
    r"\A(https?://[^/\s]{1,300})(/(?:[^/\s?#]{1,100}/){0,4})(\d{14}|\d{4}\.\d\d\.\d\d-\d{6})(?:[a-z]{2}_)?/"
    r"(https?:/{1,2}[^/\s].*)\Z"
)
#: The hosts of archive.today. It shows a page under a short address, rewrites its markup, and writes a head of its own for it, whose
#: `article:published_time` is the day on which it was saved.
_ARCHIVE_TODAY = re.compile(r"\Ahttps?://archive\.(?:today|fo|is|li|md|ph|vn)/")
#: How its page names the address with the page's own address in it: `<link rel="canonical" href="https://archive.is/2020.09.29-203125/…">`;
#: pages of 2017 had the short address there, and `<link rel="bookmark" href="http://archive.today/20171216074022/…">`.
_PLACES = re.compile(
    r"""<link\s[^>]{0,200}rel=["']?(?:canonical|bookmark)["'\s][^>]{0,200}href=["']([^"'\s>]{1,2000})""",
    re.IGNORECASE,
)
#: The element in which it shows the page, and what it puts before the address of a link.
_ARCHIVE_TODAY_PAGE = re.compile(rb"""<div\s[^>]{0,200}id=["']?CONTENT["'\s>]""")
_ARCHIVE_TODAY_LINK = re.compile(rb"https?://archive\.(?:today|fo|is|li|md|ph|vn)/o/\w{1,12}/(?=https?:)")
_TITLE = re.compile(rb"<title\b[^>]{0,200}>[^<]{0,1000}</title>", re.IGNORECASE)
#: Between these comments the Wayback Machine puts its bar into each page.
_BAR_BEGINS = b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->"
_BAR_ENDS = b"<!-- END WAYBACK TOOLBAR INSERT -->"


class SavedPage(NamedTuple):
    """The bytes of a page; its address and type, "" where the file does not say them; and when it was saved, where known."""

    body: bytes
    url: str = ""
    content_type: str = ""
    saved_at: datetime | None = None


def saved_page(data: bytes) -> SavedPage | None:
    """The page in a file that a browser saved; `None` for any other file, a page of HTML among them."""
    if _MHTML.match(data[:MAX_MESSAGE_HEAD_BYTES]):
        return _of_message(data.lstrip())  # an empty line would end its head
    if data.startswith((b"bplist", b"<?xml")) and _WEBARCHIVE in data:
        return _of_webarchive(data)
    return None


def replayed_page(body: bytes, url: str) -> SavedPage | None:
    """The page that a web archive shows under `url`, with the addresses that it had; `None` where `url` is of no web archive.

    >>> page = b'<a href="https://web.archive.org/web/20150102030405/https://blog.example/next/">'
    >>> saved = replayed_page(page, "https://web.archive.org/web/20150102030405/https://blog.example/post/")
    >>> saved.url, saved.body
    ('https://blog.example/post/', b'<a href="https://blog.example/next/">')
    """
    place = url
    # The page may name another address, in which a moment and the page's own address stand; that one is taken apart below.
    if _ARCHIVE_TODAY.match(url):
        named = _PLACES.findall(body[:MAX_ADDRESS_BYTES].decode("latin-1"))
        place = next((one for one in named if _ARCHIVE_TODAY.match(one) and _REPLAY.match(one)), "")
    if not (match := _REPLAY.match(place)):
        return None
    host, folder, moment, own = match.groups()
    own = re.sub(r":/(?=[^/])", "://", own, count=1)  # some servers fold "//" in a path
    with suppress(ValueError):
        address = try_normalise(own)
        saved_at = datetime.strptime(re.sub(r"\D", "", moment), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if place is url:
            before, begins, rest = body.partition(_BAR_BEGINS)
            _, ends, behind = rest.partition(_BAR_ENDS)
            was = before + behind if begins and ends else body
        else:
            was = _shown_by_archive_today(body)
        return SavedPage(_rewritten(host, folder).sub(b"", was), address or own, "", saved_at)
    return None


def _shown_by_archive_today(body: bytes) -> bytes:
    """The page without the head and the bar of archive.today; its title, which is that of the page, stays."""
    begins = _ARCHIVE_TODAY_PAGE.search(body)
    if begins is None:
        return body
    title = _TITLE.search(body, 0, begins.start())
    head = (
        b'<!DOCTYPE html><html><head><meta charset="utf-8">' + (title[0] if title else b"") + b"</head><body>"
    )
    return head + _ARCHIVE_TODAY_LINK.sub(b"", body[begins.start() :])


def _rewritten(host: str, folder: str) -> re.Pattern[bytes]:
    """What a web archive puts before an address of a page, also in scripts, where `/` is written `\\/`."""
    bare = host.partition(":")[2]  # "//web.archive.org": links may leave out the scheme, or the host as well
    before = rf"(?:(?:https?:)?{re.escape(bare)})?{re.escape(folder)}"
    form = (
        r"(?<![\w.-])"
        + before.replace("/", r"\\?/")
        + r"\d{1,14}(?:[a-z]{2}_)?\\?/(?=https?:|mailto:|javascript:|data:)"
    )
    return re.compile(form.encode())


def raw_replay(url: str) -> str:
    """The address under which a web archive gives the bytes of a page as they were, `url` itself for any other address. archive.today
    gives no such bytes.

    >>> raw_replay("https://web.archive.org/web/20150102030405/https://blog.example/post/")
    'https://web.archive.org/web/20150102030405id_/https://blog.example/post/'
    """
    if _ARCHIVE_TODAY.match(url) or not (match := _REPLAY.match(url)):
        return url
    host, folder, moment, own = match.groups()
    return f"{host}{folder}{moment}id_/{own}"


def _of_message(data: bytes) -> SavedPage | None:
    message, _ = _headed(data)
    whole = _address(message, "Snapshot-Content-Location")
    pages = [part for part in islice(_parts(data), MAX_PARTS) if part.get_content_type() in PAGE_TYPES]
    pages.sort(key=lambda part: _address(part, "Content-Location") != whole)  # frames are pages too
    if not pages:
        return None
    body = pages[0].get_payload(decode=True)
    return SavedPage(
        body if isinstance(body, bytes) else b"",
        whole or _address(pages[0], "Content-Location"),
        str(pages[0].get("Content-Type", "")),
        http_time(str(message.get("Date", ""))),  # a header beyond ASCII is no text yet
    )


def _parts(data: bytes, depth: int = 0) -> Iterator[Message]:
    """The parts of a message and those inside them. The library's own parser has no bounds: a file of 1 MB, all semicolons before a
    boundary, takes it 13 s, and parts in parts end it with a `RecursionError`."""
    part, begins = _headed(data)
    if part.get_content_maintype() != "multipart":
        part.set_payload(data[begins:].decode("ascii", "surrogateescape"))
        yield part
    elif depth < MAX_PART_DEPTH and (boundary := part.get_boundary()):
        mark = re.compile(rb"(?m)^--%b(?:--)?[ \t]*\r?$" % re.escape(boundary.encode(errors="replace")))
        marks = [*islice(mark.finditer(data, begins), MAX_PARTS), None]
        for before, after in pairwise(marks):
            inside = data[before.end() + 1 : after.start() if after else None]  # type: ignore[union-attr]  # the last alone is None
            yield from _parts(inside.removesuffix(b"\n").removesuffix(b"\r"), depth + 1)


def _headed(data: bytes) -> tuple[Message, int]:
    """The headers of a message or of a part of one, and where its content begins."""
    end = _BLANK_LINE.search(data, 0, MAX_MESSAGE_HEAD_BYTES)
    return (message_from_bytes(data[: end.start()]), end.end()) if end else (Message(), len(data))


def _address(part: Message, header: str) -> str:
    """The address in a header; "" where there is none. A long one is folded into several lines (RFC 2557, 4.4.2)."""
    return "".join(str(part.get(header, "")).split())


def _of_webarchive(data: bytes) -> SavedPage | None:
    try:
        page: dict[str, Any] = (
            _binary(data) if data.startswith(b"bplist") else plistlib.loads(data)["WebMainResource"]
        )
        body, url = page["WebResourceData"], str(page.get("WebResourceURL", ""))
    except (
        plistlib.InvalidFileException,
        ExpatError,
        struct.error,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ):
        return None  # `AttributeError`: a date that is none; `LookupError`: an unknown encoding, or an end without a beginning
    if not isinstance(body, bytes):
        return None
    kind, charset = page.get("WebResourceMIMEType", ""), page.get("WebResourceTextEncodingName", "")
    return SavedPage(body, url, f"{kind}; charset={charset}" if charset else str(kind), None)


def _binary(data: bytes) -> dict[str, bytes | str]:
    """What a binary property list says of the main page, and nothing else of it: a list of 3 MB that names one text a million times
    fills the memory of a reader of all, and lists in lists end it. Raises what such bytes raise."""
    width, reference, _, top, table = struct.unpack(">6xBBQQQ", data[-32:])

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "big")

    def head(which: int) -> tuple[int, int, int]:
        """The kind of an object, its length, and where its content begins."""
        at = number(table + which * width, width)
        kind, count = divmod(data[at], 16)
        size = 1 << (data[at + 1] & 3)
        return (kind, number(at + 2, size), at + 2 + size) if count == 15 else (kind, count, at + 1)

    def value(which: int) -> bytes | str:
        kind, count, at = head(which)
        if kind == 4:
            return data[at : at + count]
        return data[at : at + count * (kind - 4)].decode({5: "ascii", 6: "utf-16-be"}[kind])

    def entries(which: int) -> dict[str, int]:
        """The names in a dictionary, each with the number of its object."""
        _, count, at = head(which)
        pairs = (
            (number(at + i * reference, reference), number(at + (count + i) * reference, reference))
            for i in range(min(count, MAX_PLIST_ENTRIES))
        )
        names = ((value(key), own) for key, own in pairs if head(key)[1] <= MAX_PLIST_NAME)
        return {name: own for name, own in names if isinstance(name, str)}

    page = entries(entries(top)["WebMainResource"])
    return {name: value(page[name]) for name in _WEB_RESOURCE if name in page}


def stated_page(body: bytes) -> SavedPage:
    """The page with the absolute address that its bytes state as its own, and with the moment at which a program saved it.

    The address is what a browser or another program wrote as it saved the page, else the page's `<link rel="canonical">` or
    `og:url`.

    >>> stated_page(b'<link rel="canonical" href="https://blog.example/post/">').url
    'https://blog.example/post/'
    >>> stated_page(b'<link rel="stylesheet" href="https://blog.example/a.css">').url
    ''
    """
    head = body[:MAX_ADDRESS_BYTES].decode("latin-1")  # addresses are ASCII, whatever the rest is
    for form in _SAVED:
        if saved := form.search(head):
            parts = {"url": None, "bare": None, "day": None, "at": None, "mailed": None} | saved.groupdict()
            url = try_normalise(parts["url"] or f"http://{parts['bare']}") or ""
            was = _MIRRORED_CANONICAL.sub(b"", body, count=1) if parts["bare"] else body
            saved_at = http_time(parts["mailed"] or "")
            with suppress(ValueError, OverflowError):  # a day of year 1 that was still year 0 in UTC
                if parts["day"]:
                    moment = f"{parts['day']} {parts['zone']}"
                    saved_at = utc(datetime.strptime(moment, "%b %d %Y %H:%M:%S %z"))
                elif parts["at"]:
                    saved_at = utc(datetime.fromisoformat(parts["at"]))
            return SavedPage(was, url, "", saved_at)
    tags = (_VALUE.search(tag) for tag in _TAG.findall(head) if _CANONICAL.search(tag))
    stated = (try_normalise(match[1]) for match in tags if match)
    return SavedPage(body, next(filter(None, stated), None) or "")
