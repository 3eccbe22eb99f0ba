"""A WACZ package: the stored pages of articles, to be replayed in ReplayWeb.page or pywb, with their clean text.

    archive/data.warc.gz      the answers and requests as they came; revisits are full responses, so it stands alone; and what
                              feeds and APIs said of a post, before its pages
    indexes/index.cdx.gz      where each page lies (CDXJ, 300 lines a block), index.idx: where each block lies
    pages/pages.jsonl         a line an article: address, moment, headline, text
    datapackage.json          title, query, and each file with its length and SHA-256
    datapackage-digest.json   the SHA-256 of datapackage.json, with a signature where one is wished

Format: WACZ 1.1.1 (specs.webrecorder.net/wacz/1.1.1), and what the draft of 1.2.0 adds to it (`home`, `recordDigest`). The draft
also wants `"profile": "wacz"`, which the validator of py-wacz 0.6 and Frictionless refuse, as they do another version than 1.1.1.
Signatures: `newsarchive.export.signing`. The package is written from front to back; the index is sorted in pieces on the disk, so
memory stays flat.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import posixpath
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from newsarchive.exceptions import DatabaseUnavailable, OutputError
from newsarchive.items import Kept
from newsarchive.reprs import counted
from newsarchive.times import utc
from newsarchive.version import VERSION
from newsarchive.warc.exchange import Record, exchange, statement
from newsarchive.warc.files import Folder
from newsarchive.warc.writer import warcinfo

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from newsarchive.db.reading.articles import Stored

WACZ_VERSION = "1.1.1"
#: Articles whose captures are looked up by one query. A text of 10 KB each makes a megabyte in memory.
MAX_ARTICLES_A_QUERY = 100
#: Lines of the index in a gzip member, as cdxj-indexer makes them. A player loads one such block to find a page.
LINES_A_BLOCK = 300
#: Lines of the index that are sorted in memory, 400 bytes each; more are sorted in pieces, which lie in temporary files.
MAX_LINES_IN_MEMORY = 10_000
_ARCHIVE = "archive/data.warc.gz"
#: The extra field of ZIP files that holds moments ("extended timestamp").
_TIME_FIELD = 0x5455

#: Characters of an address that stay as they are in its key.
_KEPT = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_WWW = re.compile(r"^www\d*\.")
_PORTS = {"http": 80, "https": 443}
#: Arguments that name the session of a visitor, and are no part of a key.
_SESSION = re.compile(
    r"(?:^|&)(?:(?:jsession|phpsess|s)id=[0-9a-f]{32}|aspsessionid[a-z]{8}=[a-z]{24})(?=&|$)"
)

#: The kept captures of articles, by their ids, newest first.
Captures = Callable[[Sequence[int]], Mapping[int, Sequence[Kept]]]


@dataclass
class Left:
    """What the package lacks: `without` is the number of articles whose bytes are not kept, `damaged` has a message
    for each record that cannot be read."""

    without: int = 0
    damaged: list[str] = field(default_factory=list)


def write_wacz(
    articles: Iterable[Stored],
    target: Path,
    title: str,
    query: str = "",
    *,
    captures: Captures,
    warc: Folder,
    left: Left,
    key: EllipticCurvePrivateKey | None = None,
) -> int:
    """The package; gives the number of articles in it. `captures` finds the captures of articles, `warc` is where their
    bytes lie, `key` signs, `left` takes what is not in it.

    Raises `OutputError` where no bytes of any article can be read.
    """
    with zipfile.ZipFile(target, "w") as package, _Sorted() as index, tempfile.TemporaryFile() as pages:
        made = _Package(package)
        number = _write_archive(made, articles, captures, warc, index, pages, left)
        if not number and left.damaged:
            raise OutputError(
                f"wacz: the stored bytes cannot be read: {left.damaged[0]}; what is wrong: newsarchive doctor"
            )
        if not number:
            raise OutputError(
                "wacz: no bytes of these articles are kept: they were crawled with NEWSARCHIVE_WARC off;"
                " crawl them again, or choose another format"
            )
        _write_index(made, index)
        with made.entry("pages/pages.jsonl") as out:
            head = {"format": "json-pages-1.0", "id": "pages", "title": title, "hasText": True}
            out.write(_line(head))
            pages.seek(0)
            shutil.copyfileobj(pages, out, 2**20)
        made.describe(title, query, number, key)
    return number


def _write_archive(
    made: _Package,
    articles: Iterable[Stored],
    captures: Captures,
    warc: Folder,
    index: _Sorted,
    pages: IO[bytes],
    left: Left,
) -> int:
    """The WARC file; fills the index and the list of pages. Gives the number of articles."""

    def with_captures() -> Iterator[tuple[Stored, Sequence[Kept]]]:
        rest = iter(articles)
        while some := list(islice(rest, MAX_ARTICLES_A_QUERY)):
            found = captures([article.id for article in some])
            yield from ((article, found.get(article.id, ())) for article in some)

    number = 0
    with made.entry(_ARCHIVE, stored=True) as out:
        out.write(warcinfo("data.warc.gz"))
        for article, kept in with_captures():
            shown: dict[datetime, Record] = {}
            texts = (one.source_text for one in kept if one.source_text)
            told = list(dict.fromkeys(text.place for text in texts if text.place))
            for capture in kept:
                for one in (capture, *capture.parts):
                    try:
                        records = list(exchange(warc, one.place, one.payload))
                    except DatabaseUnavailable as error:
                        left.damaged.append(str(error))
                        continue
                    # A reader of the file uses what feeds and APIs said for the pages that come behind.
                    while told:
                        try:
                            out.write(statement(warc, told.pop(0)).data)
                        except DatabaseUnavailable as error:
                            left.damaged.append(str(error))
                    for record in records:
                        if record.kind == "response":
                            index.add(_index_line(record, out.length))
                        out.write(record.data)
                    if one is capture:
                        shown[capture.fetched_at] = records[0]
            if shown:
                page = _page(article, shown)
                made.home = made.home or {"url": page["url"], "ts": page["ts"]}
                pages.write(_line(page))
                number += 1
            elif not kept:
                left.without += 1
    return number


def _page(article: Stored, shown: Mapping[datetime, Record]) -> dict[str, Any]:
    """The line of an article: the capture that its text was read from, else the newest that succeeded."""
    succeeded = [record for record in shown.values() if record.status == "200"]
    read = shown.get(article.fetched_at) if article.fetched_at else None
    record = read or next(iter(succeeded or shown.values()))
    return {
        "id": str(article.id),
        "url": record.url,
        "ts": f"{record.date[:19]}Z",
        "title": article.headline,
        "text": article.article_body,
    }


def _index_line(record: Record, offset: int) -> str:
    """A line of CDXJ: the address with its host turned round, the second, and where the record lies."""
    found = {
        "url": record.url,
        "mime": record.mime,
        "status": record.status,
        "digest": record.digest,
        "length": str(len(record.data)),
        "offset": str(offset),
        "filename": "data.warc.gz",
        "recordDigest": f"sha256:{hashlib.sha256(record.data).hexdigest()}",
    }
    second = "".join(c for c in record.date[:19] if c.isdigit())
    return f"{search_key(record.url)} {second} {json.dumps(found)}\n"


def search_key(url: str) -> str:
    """The Sort-friendly URI by which players find an address, as the Internet Archive's `surt` and cdxj-indexer make it.

    >>> search_key("https://www.Blog.example:443/2025/Post/?b=2&a=1#top")
    'example,blog)/2025/post?a=1&b=2'
    """
    try:
        parts = urlsplit(url)
        host = _WWW.sub("", (parts.hostname or "").encode("idna").decode("ascii"))
        port = parts.port
    except (ValueError, UnicodeError):
        return quote(url, safe=_KEPT)  # no player could ask for such an address either
    number = "" if port in (None, _PORTS.get(parts.scheme)) else f":{port}"
    path = re.sub("/{2,}", "/", posixpath.normpath(parts.path or "/"))
    arguments = sorted(_SESSION.sub("", _escaped(parts.query)).strip("&").split("&"))
    query = "&".join(argument for argument in arguments if argument)
    name = _escaped(",".join(reversed(host.split("."))))
    return f"{name}{number}){_escaped(path)}" + (f"?{query}" if query else "")


def _escaped(text: str) -> str:
    return quote(unquote_to_bytes(text), safe=_KEPT).lower()


def _write_index(made: _Package, index: _Sorted) -> None:
    blocks = []
    lines = iter(index)
    with made.entry("indexes/index.cdx.gz", stored=True) as out:
        while some := list(islice(lines, LINES_A_BLOCK)):
            packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
            block = packer.compress("".join(some).encode()) + packer.flush()
            digest = f"sha256:{hashlib.sha256(block).hexdigest()}"
            place = {"offset": out.length, "length": len(block), "digest": digest, "filename": "index.cdx.gz"}
            blocks.append(f"{some[0].partition(' {')[0]} {json.dumps(place)}\n")
            out.write(block)
    with made.entry("indexes/index.idx") as out:
        head = json.dumps({"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"})
        out.write(f"!meta 0 {head}\n".encode())
        for line in blocks:
            out.write(line.encode())


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


class _Entry:
    """A file of the package while it is written: counts and hashes its bytes."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out, self.length, self.hash = out, 0, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.out.write(data)
        self.length += len(data)
        self.hash.update(data)


class _Package:
    """The files of a package, and their description."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self.package, self.now = package, datetime.now(UTC)
        self.resources: list[dict[str, Any]] = []
        self.home: dict[str, str] = {}

    @contextmanager
    def entry(self, path: str, *, stored: bool = False) -> Iterator[_Entry]:
        """A file to write; what is packed already is stored as it is, so that a player can read a part of it."""
        info = zipfile.ZipInfo(path, self.now.timetuple()[:6])
        info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        # A file that may become larger than 4 GB has an extra field in its own header. ReplayWeb.page (wabac 2.26) looks for
        # it only where the file's line in the table of contents has one too: the moment of its making is such a field.
        info.extra = struct.pack("<HHBI", _TIME_FIELD, 5, 1, int(self.now.timestamp()))
        with self.package.open(info, "w", force_zip64=path == _ARCHIVE) as out:
            entry = _Entry(out)
            yield entry
        self.resources.append(
            {
                "name": path.rpartition("/")[2],
                "path": path,
                "hash": f"sha256:{entry.hash.hexdigest()}",
                "bytes": entry.length,
            }
        )

    def describe(self, title: str, query: str, number: int, key: EllipticCurvePrivateKey | None) -> None:
        """The description of the files written so far, its digest, and the signature."""
        created = utc(self.now).strftime("%Y-%m-%dT%H:%M:%SZ")
        described = {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            "title": title,
            "description": counted(number, "article") + (f", found by `{query}`" if query else ""),
            "created": created,
            "software": f"newsarchive {VERSION}",
            "mainPageURL": self.home["url"],
            "mainPageDate": self.home["ts"],
            "home": self.home,
            "resources": list(self.resources),
        }
        data = json.dumps(described, ensure_ascii=False, indent=2).encode("utf-8", "replace")
        with self.entry("datapackage.json") as out:
            out.write(data)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        summed: dict[str, Any] = {"path": "datapackage.json", "hash": digest}
        if key is not None:
            from newsarchive.export.signing import signed

            summed["signedData"] = signed(digest, created, key)
        with self.entry("datapackage-digest.json") as out:
            out.write(json.dumps(summed, indent=2).encode())


class _Sorted(ExitStack):
    """Lines in the order of their bytes; many of them are sorted in pieces, which lie in temporary files."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.pieces: list[IO[str]] = []

    def add(self, line: str) -> None:
        self.lines.append(line)
        if len(self.lines) >= MAX_LINES_IN_MEMORY:
            piece = self.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n"))  # noqa: SIM115
            piece.writelines(sorted(self.lines))
            self.pieces.append(piece)
            self.lines = []

    def __iter__(self) -> Iterator[str]:
        for piece in self.pieces:
            piece.seek(0)
        return heapq.merge(*self.pieces, sorted(self.lines))
