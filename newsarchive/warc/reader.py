"""Reading WARC files, newsarchive's own and foreign ones: a damaged record is reported, and the next one is read. ARC files, which
came before them, and pages that were saved as files of their own are read too.

Every response, and every file that was put in without one (a `resource` record), becomes a `Capture`, every record that
names an earlier answer instead a `Revisit`, every damaged record a `Damage`: `CC-NEWS-1.warc.gz: record at 1520: cut short`.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from lzma import LZMAError
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed

from newsarchive.compression import zstd
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Capture, Excerpt, Place, joined_headers
from newsarchive.times import http_time, utc
from newsarchive.warc.contentcoding import BodyTooLong, decoded, joined_chunks
from newsarchive.warc.copied import COPIED_SHOWN_AT, Remembering, of_record
from newsarchive.warc.files import Folder, Wire, is_address, locate
from newsarchive.warc.object_storage import WHOLE_FILE_BYTES, ObjectFile
from newsarchive.warc.other_files import (
    ARC,
    KEPT_BYTES,
    ZSTD,
    ZSTD_DICTIONARY,
    Unpacked,
    as_it_was,
    page_of,
    size_of,
    unpacked,
    written_at,
)

#: Bytes of a body, unpacked. A longer body is refused: it is no article, and a bomb of a few kilobytes may unpack to
#: gigabytes.
MAX_BODY_BYTES = 64 * 2**20

#: Fields of newsarchive's own in the header of a `metadata` record that holds what a source said of a post: the kind of the source, the
#: address of the whole document, and its digest.
SOURCE_TYPE = "X-Source-Type"
SOURCE_URI = "X-Source-URI"
SOURCE_DIGEST = "X-Source-Digest"

#: Bytes that are read at a time.
_CHUNK_BYTES = 2**20
#: Bytes in which the next record is looked for behind damage, before more are read: most records are shorter.
_FIRST_CHUNK_BYTES = 2**14

#: The first bytes of files with records, as they are and packed.
_ARCHIVES = (b"WARC/", b"\x1f\x8b", ZSTD, ZSTD_DICTIONARY)
#: The first bytes of a ZIP file, which a WACZ package is.
_ZIP = b"PK\x03\x04"
#: How the other records of an ARC file begin: with their address.
_ARC_RECORDS = (b"http:", b"https", b"dns:")

_GZIP_RECORD = re.compile(rb"\x1f\x8b\x08")
_PLAIN_RECORD = re.compile(rb"(?:\r\n\r\n)(?=WARC/\d\.\d+\r\n)")

#: Bytes at the end of a page in which its last tag stands; some servers and caches write comments behind it.
_PAGE_END_BYTES = 4_096

#: What warcio and the decompressors raise at damage.
ERRORS = (
    ArchiveLoadFailed,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    UnicodeError,
    AttributeError,
    zstd.ZstdError,
    LZMAError,  # in a ZIP file, whose files may be packed in this way
    OverflowError,  # a length that the machine cannot count to
)
#: Bytes of the heads of a record, its own and that of the answer in it. A record with longer ones counts as damaged.
MAX_HEADS_BYTES = 2**22
#: Bytes of one line of these heads. A record with a longer one counts as damaged, because warcio joins lines in square time.
MAX_LINE_BYTES = 2**20
#: What is raised at damage of a ZIP file.
ZIP_ERRORS = (*ERRORS, zipfile.BadZipFile, RuntimeError)

#: Where the payload of a revisit record lies: (digest, URI, date) → (path, offset).
Resolve = Callable[[str, str, str], tuple[Path | ObjectFile, int] | None]

#: What a record of a WARC file is read as; other records give nothing.
Found: TypeAlias = "tuple[Capture, Wire] | Revisit | Damage | Statement"


class _Lines(DecompressingBufferedReader):  # type: ignore[misc]
    """A stream whose lines are bounded: the library puts a line together piece by piece, so that 64 MB of zeros, 64 KB packed, take
    minutes, and a gigabyte takes hours."""

    held = 0

    def readline(self, length: int | None = None) -> bytes:
        line: bytes = super().readline(min(length or MAX_LINE_BYTES, MAX_LINE_BYTES))
        self.held += len(line)
        if len(line) == MAX_LINE_BYTES or self.held > MAX_HEADS_BYTES:
            raise ValueError("its head is too long")
        return line


class Records(ArchiveIterator):  # type: ignore[misc]
    """The records of a stream, none with a longer head than `MAX_HEADS_BYTES`."""

    def __init__(self, stream: Any, **given: Any) -> None:
        super().__init__(stream, **given)
        self.reader = _Lines(self.fh)

    def _next_record(self, next_line: Any) -> Any:
        self.reader.held = 0
        try:
            return super()._next_record(next_line)
        except TypeError as error:  # Python's for a name of a digest with a NUL in it
            raise ValueError("its digest is of an unknown kind") from error


@dataclass(frozen=True, slots=True)
class Damage:
    """A record that cannot be read: its file, its offset in bytes, and what is wrong."""

    file: str
    offset: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: record at {self.offset}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A `metadata` record of newsarchive's: what a feed, an API or a sitemap said of the post under a URL."""

    url: str
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class Revisit:
    """A record which says that an answer had the bytes of an earlier one, which stand there alone (WARC 1.1, 6.7).

    `status` and `content_type` are those of the answer where the record has its head, else 0 and "". `answer` is the answer without
    its body, `None` where the record has no head, or where that says "not modified".
    """

    url: str
    #: The address of the earlier answer: the same where the record names none.
    refers_to: str
    status: int = 0
    content_type: str = ""
    moment: datetime | None = None
    #: When the earlier answer came, and the digest of its payload, as the record names them.
    refers_to_moment: datetime | None = None
    digest: str = ""
    answer: tuple[Capture, Wire] | None = None
    #: The name of the file that the record stands in.
    file: str = ""


def read_capture(
    folder: Folder, file: str, offset: int, resolve: Resolve | None = None, digest: str = ""
) -> Capture:
    """The capture at an offset of a WARC file; `resolve` finds the payload of a revisit record.

    Raises `DatabaseUnavailable`, naming file and offset, where there is no such file or record, or where record and payload are not
    those of `digest`, the payload digest that the archive keeps: where files were mixed up, another page's text would become a
    version of the article.
    """
    return read_exchange(folder, file, offset, resolve, digest)[0]


def read_exchange(
    folder: Folder, file: str, offset: int, resolve: Resolve | None = None, digest: str = ""
) -> tuple[Capture, Wire]:
    """As `read_capture`, with the answer as it came."""
    with records_at(folder, file, offset) as (records, _):
        record = next(records)
        _expect(record, digest)
        found = _exchange(record)
        if record.rec_type == "revisit":
            names = ("WARC-Payload-Digest", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date")
            refers_to = [record.rec_headers.get_header(name) or "" for name in names]
            place = resolve(*refers_to) if resolve else None
            if place is None or found is None:
                raise ValueError(f"a revisit of {refers_to[1]} ({refers_to[2]}), which is not in the archive")
            original, sent = read_exchange(place[0].parent, place[0].name, place[1], digest=digest)
            return replace(found[0], body=original.body), replace(found[1], body=sent.body)
        if found is None:
            raise ValueError(f"a {record.rec_type} record, no response")
        return found


@contextmanager
def records_at(
    folder: Folder, file: str, offset: int, *, check_digests: bool = False
) -> Iterator[tuple[Records, BinaryIO]]:
    """The records of a file from an offset on, and the file. Raises `DatabaseUnavailable`, naming file and offset, for what is raised
    inside the `with` block: there is no such file or record, or it is damaged."""
    path = locate(folder, file)
    try:
        if isinstance(path, Path) and not path.is_file():  # to open a pipe would wait for its writer
            raise FileNotFoundError
        with path.open("rb") as stream:
            stream.seek(offset)
            yield Records(stream, check_digests=check_digests), stream
    except StopIteration:
        raise DatabaseUnavailable(f"{path}: no record at {offset}") from None
    except FileNotFoundError:
        raise DatabaseUnavailable(
            f"{path} is not there: name the folder that holds it with --warc, or run the crawl again"
        ) from None
    except ERRORS as error:
        raise DatabaseUnavailable(f"{path}: record at {offset}: {words(error)}") from error


def wire_at(folder: Folder, place: Place) -> Wire:
    """The answer at a place of a file, as it came. Raises `DatabaseUnavailable` where there is none, or another one."""
    with records_at(folder, place.file, place.offset) as (records, _):
        record = next(records)
        _expect(record, place.digest)
        if (found := _exchange(record)) is None:
            raise ValueError("no answer")
        return found[1]


def verify(folder: Folder, file: str, offset: int, digest: str) -> None:
    """Read the record at an offset, and compare its payload with the digest in its header and with `digest`.

    The payload of a revisit record is in another record; its header has the digest. Raises `DatabaseUnavailable`, naming file
    and offset, for a record that is not there, is damaged, or holds something else.
    """
    with records_at(folder, file, offset, check_digests=True) as (records, _):
        record = next(records)
        while record.raw_stream.read(_CHUNK_BYTES):  # digests are of the bytes with their content codings
            pass
        if record.digest_checker.passed is False:
            raise ValueError("its bytes do not have the digest that its header names")
        _expect(record, digest)


def _expect(record: Any, digest: str) -> None:
    """Raises `ValueError` where a record is not that of a payload digest; "" stands for any."""
    named = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    if digest and named != digest:
        raise ValueError(f"it holds {named or 'no payload'}, and the archive looks for {digest}")


def captures(path: Path | str) -> Iterator[Capture | Damage]:
    """The pages of a WARC file: what `exchanges` finds, without revisit records, statements and the answers as they came. It is for
    programs of one's own, such as `docs/examples/cc_news`."""
    for found in exchanges(path):
        if isinstance(found, Damage):
            yield found
        elif isinstance(found, tuple):
            yield found[0]


def exchanges(path: Path | str, *, copying: bool = False) -> Iterator[Found]:
    """Every response and resource of a WARC file, each with its answer as it came, a `Revisit` for each revisit record, whose payload is in
    another record, a `Statement` for what a source said, and a `Damage` for each record that cannot be read.

    Of a WACZ package, what is in all its WARC files. `path` may be an address in object storage. With `copying`, each answer
    has its record too, where that can be copied as it is. In a file that was gzipped in one piece, places count in the
    unpacked data; so they do where Zstandard packed it."""
    source = ObjectFile(*str(path).rsplit("/", 1)) if is_address(path) else Path(path)
    try:
        opened = source.open("rb", buffering=WHOLE_FILE_BYTES)
    except OSError as error:
        yield Damage(
            source.name, 0, f"the file cannot be opened: {error.strerror or 'there is no such file'}"
        )
        return
    with opened as file:
        head = file.read(16)
        file.seek(0)
        if head.startswith(_ZIP):
            yield from _packed(source.name, file, copying)
            return
        if not head.startswith((*_ARCHIVES, ARC)):  # somebody may have saved a page in it
            data = file.read(MAX_BODY_BYTES + 1)
            file.seek(0)
            try:
                page = page_of(data, written_at(source) if isinstance(source, Path) else None)
                if page is not None and len(page[0].body) > MAX_BODY_BYTES:
                    raise BodyTooLong(f"a body longer than {MAX_BODY_BYTES} bytes")
            except ValueError as error:
                yield Damage(source.name, 0, str(error))
                return
            if page is not None:
                yield page
                return
        yield from _exchanges(source.name, file, copying)


def _exchanges(name: str, file: BinaryIO, copying: bool) -> Iterator[Found]:
    try:
        stream = unpacked(file)
        kind = kind_of(stream)
    except ERRORS as error:
        yield Damage(name, 0, words(error))
        return
    offset: int | None = 0
    while offset is not None:
        reader = _Reader(name, stream, kind, offset, copying)
        yield from reader
        offset = reader.resume


def _packed(name: str, file: BinaryIO, copying: bool) -> Iterator[Found]:
    if not zipfile.is_zipfile(file):
        yield Damage(name, 0, "cut short: it has no table of contents at its end")
        return
    try:
        with zipfile.ZipFile(file) as package:
            inside = [path for path in package.namelist() if re.search(r"\.warc(\.gz|\.zst)?$", path)]
            for path in inside:
                with io.BufferedReader(package.open(path), KEPT_BYTES) as stream:  # type: ignore[type-var]
                    yield from _exchanges(f"{name}/{path}", stream, copying)
            if not inside:
                yield Damage(name, 0, "a ZIP file without a WARC file")
    except ZIP_ERRORS as error:
        yield Damage(name, 0, f"a damaged ZIP file: {words(error)}")


def whole_length(path: Path) -> int:
    """The number of bytes that whole records take in a gzipped WARC file; a part of a record may follow them."""
    whole = 0
    with path.open("rb") as stream:
        unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
        at = 0
        while chunk := stream.read(_CHUNK_BYTES):
            while chunk:
                try:
                    unpack.decompress(chunk)
                except zlib.error:
                    return whole
                at += len(chunk) - len(unpack.unused_data)
                chunk = unpack.unused_data
                if unpack.eof:
                    whole = at
                    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    return whole


class _Reader:
    """The records from `offset` to the end of the file, or to the first that cannot be read.

    After such a record `resume` is where the next one may begin; at the end of the file it is `None`.
    """

    def __init__(self, name: str, stream: BinaryIO, kind: Kind, offset: int, copying: bool) -> None:
        self.name, self.stream, self.kind, self.offset = name, stream, kind, offset
        self.copying = copying and not isinstance(stream, Unpacked) and not kind.is_arc
        self.resume: int | None = None

    def __iter__(self) -> Iterator[Found]:
        self.stream.seek(self.offset)
        at = self.offset
        iterator, read = None, False
        try:
            stream = Remembering(self.stream) if self.copying else self.stream
            iterator = Records(stream, check_digests=self.copying, arc2warc=self.kind.is_arc)
            for record in iterator:
                # Inside a member that holds several records, the offset of warcio may lie before the member.
                at, errors = max(at, iterator.offset), iterator.err_count
                read = True
                if record.format != "warc":  # warcio takes any line of five words for an ARC record
                    raise ArchiveLoadFailed("not a WARC record")
                if self.kind.size is not None and at + (record.length or 0) > self.kind.size:
                    raise EOFError  # without this, each of a thousand such records would read the rest of the file
                if record.rec_type == "revisit":
                    yield _revisit(record, self.name)
                elif record.rec_type == "metadata" and (said := statement_of(record)) is not None:
                    yield said
                found = _exchange(record) if record.rec_type in ("response", "resource") else None
                if found is not None and (cut := _cut(record, found[0])):
                    yield Damage(self.name, at, cut)
                elif found is not None:  # offset and length are known only after the record is read
                    digest = record.rec_headers.get_header("WARC-Payload-Digest") or ""
                    where = (iterator.get_record_offset(), iterator.get_record_length())
                    # Damaged bytes may unpack to as many as the record has. Then its member has no end, or something else
                    # than the next record follows and the digest differs.
                    is_odd = iterator.err_count > errors and record.digest_checker.passed is False
                    if where[1] <= 0 or is_odd:
                        raise ArchiveLoadFailed("damaged")
                    capture, wire = replace(found[0], place=Place(self.name, *where, digest)), found[1]
                    if isinstance(stream, Remembering) and wire.kind == "response":
                        member = of_record(record, capture, len(wire.body), stream.taken(*where))
                        wire = replace(wire, member=member)
                    yield capture, wire
            size = size_of(self.stream)
            if read and iterator.offset < size:  # a part of a record, too short for warcio to notice
                yield Damage(self.name, iterator.offset, "cut short")
            if not read and self.offset == 0 and size > 0:
                yield Damage(self.name, 0, "not a WARC file")  # warcio skips lines that begin no record
        except ERRORS as error:
            at = max(at, iterator.offset) if iterator is not None else at
            yield Damage(self.name, at, words(error))
            with suppress(*ERRORS):  # a file gzipped in one piece cannot be read after its damage
                self.resume = next_record(self.stream, at + 1, self.kind)


class Kind(NamedTuple):
    """What the records of a file are: whether each lies in a gzip member of its own, and whether they are those of an ARC file.

    `size` are the bytes of a file that is not packed, against which the lengths that its records claim can be held.
    """

    gzipped: bool
    is_arc: bool
    size: int | None


def kind_of(stream: BinaryIO) -> Kind:
    stream.seek(0)
    head = begins = stream.read(2**12)
    gzipped = head.startswith(b"\x1f\x8b")
    if gzipped:
        with suppress(zlib.error):
            begins = zlib.decompressobj(31).decompress(head, len(ARC))
    size = None if gzipped or isinstance(stream, Unpacked) else size_of(stream)
    return Kind(gzipped, begins.startswith(ARC), size)


def next_record(stream: BinaryIO, start: int, kind: Kind) -> int | None:
    """Where the next record after `start` begins, in a gzipped or a plain file."""
    beginnings = _ARC_RECORDS if kind.is_arc else (b"WARC/",)
    pattern = _GZIP_RECORD if kind.gzipped else _PLAIN_RECORD
    at, size = start, _FIRST_CHUNK_BYTES
    stream.seek(at)
    while chunk := stream.read(size):
        for match in pattern.finditer(chunk):
            candidate = at + match.end() if not kind.gzipped else at + match.start()
            if not kind.gzipped or _begins_record(stream, candidate, beginnings):
                return candidate
        if len(chunk) < size:
            return None
        at += len(chunk) - 64  # the beginning of a record may lie across two chunks
        stream.seek(at)
        size = min(2 * size, _CHUNK_BYTES)
    return None


def _begins_record(stream: BinaryIO, offset: int, beginnings: tuple[bytes, ...]) -> bool:
    """Whether a gzip member at `offset` unpacks to a WARC record: the three bytes also occur by chance."""
    back = stream.tell()
    stream.seek(offset)
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(stream.read(512), 5).startswith(beginnings)
    except zlib.error:
        return False
    finally:
        stream.seek(back)


def _exchange(record: Any) -> tuple[Capture, Wire] | None:
    """A response or resource as a capture, and as it came; `None` for other records. A revisit has an empty body.

    A resource is a file of a web address (WARC 1.1, 6.4), as `warcit` writes a folder of saved pages.
    """
    http = record.http_headers
    url = _address(record.rec_headers.get_header("WARC-Target-URI"))
    if not url.startswith(("http:", "https:")):
        return None
    at = _moment(record.rec_headers.get_header("WARC-Date"))
    if record.rec_type == "resource":
        media_type = record.rec_headers.get_header("Content-Type") or ""
        body = raw_body(record)
        wire = Wire("HTTP/1.1 200 OK", (("Content-Type", media_type),), body, kind="resource")
        return as_it_was(Capture(url, body, at, url, 200, {"content-type": media_type}), wire, url)
    if record.rec_type not in ("response", "revisit") or http is None:
        return None
    headers = joined_headers(http.headers)
    transfer = headers.get("transfer-encoding", "")
    raw = raw_body(record) if record.rec_type == "response" else b""
    if "chunked" in transfer.lower():
        raw = joined_chunks(raw)
    wire = Wire(
        f"{http.protocol} {http.statusline}",
        tuple(http.headers),
        decoded(raw, transfer, MAX_BODY_BYTES) if transfer else raw,
    )
    body = decoded(wire.body, headers.pop("content-encoding", ""), MAX_BODY_BYTES)
    # When a web archive fetched the page that its answer holds (RFC 7089). A record of cdx_toolkit has the address of the page
    # itself, and as WARC-Date the time at which the page was taken out of the web archive.
    memento = headers.get("x-archive-memento-datetime") or headers.get("memento-datetime") or ""
    capture = Capture(url, body, http_time(memento) or at, url, int(http.get_statuscode()), headers)
    return as_it_was(capture, wire, record.rec_headers.get_header(COPIED_SHOWN_AT) or url)


def statement_of(record: Any) -> Statement | None:
    """What a source said of a post by this record, `None` for a record of another kind."""
    header = record.rec_headers.get_header
    if not (kind := header(SOURCE_TYPE)):
        return None
    content_type, at = header("Content-Type") or "", _moment(header("WARC-Date"))
    own, digest = raw_body(record), header(SOURCE_DIGEST) or ""
    excerpt = Excerpt(kind, header(SOURCE_URI) or "", content_type, own=own, digest=digest, fetched_at=at)
    return Statement(_address(header("WARC-Target-URI")), excerpt)


def _cut(record: Any, page: Capture) -> str:
    """Why the record of a page is not the whole page, "" for one that is: half a text must not stand for a whole one, nor for an
    edit. Common Crawl cuts at 1 MB; such a page may have its end all the same, behind which nothing is missing."""
    if "html" not in (page.content_type or "") or re.search(
        rb"</(?:body|html)\s*>", page.body[-_PAGE_END_BYTES:], re.I
    ):
        return ""
    header = record.rec_headers.get_header
    if reason := header("WARC-Truncated"):
        return f"half a page: the program that wrote it cut it (WARC-Truncated: {reason[:40]})"
    return (
        "half a page: it goes on in another record (WARC-Segment-Number)"
        if header("WARC-Segment-Number")
        else ""
    )


def _revisit(record: Any, file: str) -> Revisit:
    header, http = record.rec_headers.get_header, record.http_headers
    status = http.get_statuscode() if http is not None else ""
    url = _address(header("WARC-Target-URI"))
    return Revisit(
        url=url,
        refers_to=_address(header("WARC-Refers-To-Target-URI")) or url,
        status=int(status) if status.isdecimal() else 0,
        content_type=joined_headers(http.headers).get("content-type", "") if http is not None else "",
        moment=_moment(header("WARC-Date")),
        refers_to_moment=_moment(header("WARC-Refers-To-Date")),
        digest=header("WARC-Payload-Digest") or "",
        answer=_exchange(record) if status == "200" else None,
        file=file,
    )


def _address(text: str | None) -> str:
    """The address of a header; some programs write it in angle brackets, as WARC 1.0 had it by mistake."""
    return (text or "").strip("<> ")


def raw_body(record: Any) -> bytes:
    """The body of a record with its content codings. Raises `EOFError` where the file ends inside it."""
    body = bytes(record.raw_stream.read(MAX_BODY_BYTES + 1))
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLong(f"a body longer than {MAX_BODY_BYTES} bytes")
    if getattr(record.raw_stream, "limit", 0) > 0:
        raise EOFError
    return body


def _moment(text: str | None) -> datetime | None:
    """WARC-Date: ISO 8601 in UTC. The beginning of a year or a month where it names no more (WARC 1.1, 5.4), `None` for one that is
    no date (ClueWeb has some)."""
    told = (text or "").strip()
    try:
        return utc(datetime.fromisoformat(told + {4: "-01-01", 7: "-01"}.get(len(told), "")))
    except (ValueError, OverflowError):  # year 1 with an offset may be year 0 in UTC
        return None


def words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if text.startswith(
        ("Unknown archive format", "Invalid WARC record")
    ):  # behind it stand bytes of the file
        return "neither a record nor a saved page"
    if text.startswith("'NoneType' object"):  # warcio asks for WARC-Target-URI
        return "its head has no address"
    if text.startswith("invalid literal for int"):
        return "its head has words where a number belongs"
    return text[:200] if text else "cut short" if isinstance(error, EOFError) else type(error).__name__
