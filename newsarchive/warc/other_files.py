"""What the reader takes besides WARC files with a gzip member for each record: files that are packed in another way, and saved pages.

A file that was gzipped in one piece, or packed by Zstandard, is read unpacked, from the beginning, and gives what it has up to where it
breaks off.

A person who kept a blog with SingleFile, monolith, HTTrack, wget or a browser has a folder of files, one for each page, and no WARC file.
Each file becomes a `resource` record, as `warcit` writes one: the page, its address, and the day on which it was saved.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from newsarchive.compression import zstd
from newsarchive.core.html.saved_page import (
    MAX_MESSAGE_HEAD_BYTES,
    SavedPage,
    replayed_page,
    saved_page,
    stated_page,
)
from newsarchive.items import Capture
from newsarchive.warc.files import Wire

#: The first bytes of a frame of Zstandard, and of a frame with a dictionary (RFC 8878, 3.1.1 and 3.1.2).
ZSTD = b"\x28\xb5\x2f\xfd"
ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"
#: Bytes of a dictionary, unpacked. A longer one is refused: the reader holds it in memory, and it may be a bomb.
MAX_DICTIONARY_BYTES = 16 * 2**20

#: Bytes that are read at a time.
_CHUNK_BYTES = 2**20

#: Bytes of a packed file that stay unpacked in memory. Behind damage the reader goes back to where the record began, and without them
#: the file would be unpacked once more from its beginning: 8,000 damaged records, 10 KB in one piece, took minutes.
KEPT_BYTES = 8 * 2**20

#: How the first record of an ARC file begins (https://archive.org/web/researcher/ArcFileFormat.php).
ARC = b"filedesc:"

_CONTENT_LENGTH = re.compile(rb"\r?\ncontent-length:[ \t]*(\d+)", re.I)
#: The last word of a record's first line in an ARC file.
_ARC_LENGTH = re.compile(rb" (\d{1,18})\r?\Z")
#: Bytes in which the header of a file's first record must end. A file with a longer one is no WARC file.
MAX_RECORD_HEADER_BYTES = 2**16


class Unpacked(io.BufferedReader):
    """A file that is read unpacked."""


class _UpToDamage:
    """Where a packed file breaks off, what came before is given, and the file seems to end there."""

    read1: Callable[[int], bytes]

    def readinto(self, buffer: memoryview) -> int:
        try:
            piece = self.read1(len(buffer))
        except EOFError:
            return 0
        buffer[: len(piece)] = piece
        return len(piece)


class _Gunzipped(_UpToDamage, gzip.GzipFile):  # type: ignore[misc]  # `readinto` is that of the first
    """A file gzipped in one piece."""


class _Zstandard(_UpToDamage, zstd.ZstdFile):  # type: ignore[misc]
    """A file packed by Zstandard, a frame for each record, as Archive Team makes them (`.warc.zst`).

    Its first frame may hold the dictionary that the others were packed with, packed itself or not
    (https://iipc.github.io/warc-specifications/specifications/warc-zstd/). Raises `ValueError` for a dictionary that is none.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        head, held = file.read(8), b""
        if head.startswith(ZSTD_DICTIONARY):
            length = int.from_bytes(head[4:8], "little")
            if length > MAX_DICTIONARY_BYTES:
                raise ValueError(f"a dictionary of {length:,} bytes")
            held = file.read(length)
        if held.startswith(ZSTD):
            held = zstd.ZstdDecompressor().decompress(held, MAX_DICTIONARY_BYTES)
        file.seek(0)
        super().__init__(file, zstd_dict=zstd.ZstdDict(held) if held else None)


def unpacked(file: BinaryIO) -> BinaryIO:
    """The file, read unpacked where its records do not lie in gzip members of their own."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head in (ZSTD, ZSTD_DICTIONARY):
        return Unpacked(_Zstandard(file), KEPT_BYTES)
    return Unpacked(_Gunzipped(fileobj=file), KEPT_BYTES) if _is_one_member(file) else file


def size_of(stream: BinaryIO) -> int:
    """The length of a file, unpacked where it is read so."""
    if not isinstance(stream, Unpacked):
        return stream.seek(0, 2)
    while stream.read(_CHUNK_BYTES):
        pass
    return stream.tell()


def _is_one_member(stream: BinaryIO) -> bool:
    """Whether a gzip member holds more than one record: then the whole file was gzipped in one piece.

    The standard wants a member for each record, so that a record can be read where it lies.
    """
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    head, left = b"", -1
    stream.seek(0)
    try:
        while (chunk := stream.read(2**16)) and not unpack.eof:
            out = unpack.decompress(chunk)
            if left < 0:
                head += out
                is_arc = head.startswith(ARC)
                before, blank, out = head.partition(b"\n" if is_arc else b"\r\n\r\n")
                length = (_ARC_LENGTH if is_arc else _CONTENT_LENGTH).search(before)
                if not blank and len(head) < MAX_RECORD_HEADER_BYTES:
                    continue
                if not blank or length is None or not head.startswith((b"WARC/", ARC)):
                    return False
                left = int(length[1])
            if out[left:].strip():
                return True
            left = max(0, left - len(out))
        return False
    except zlib.error:
        return False
    finally:
        stream.seek(0)


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
