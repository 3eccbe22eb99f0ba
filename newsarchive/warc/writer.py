"""Writing WARC 1.1 files: the bytes of every capture as they came over the network, for any standard player.

A file is called `NAME.warc.gz.open` while it is written. Each record is one gzip member and is appended whole. The file
gets its final name `NAME.warc.gz` when it is full or the crawl ends; `recover` gives it to a file that a killed crawl
left, without a half record at its end. Captures refer to the final name, and `files.locate` finds either.

`move_up` moves finished files to an address of object storage. Such a file is written in a staging folder of this machine and
fsynced there as in any folder. When it is full, or when its crawl ends, it is sent up under the same name, and deleted here only
when the storage has as many bytes: its records can be read from one of the two at any moment. What a killed process leaves, the next
crawl, the worker or `newsarchive doctor --fix` moves; a file that was sent up already is not sent again. The lock of a file that is
written (`hold`) also keeps two processes from moving one file.

Format: ISO 28500:2017 (WARC 1.1); revisit profile `identical-payload-digest`.
"""

from __future__ import annotations

import errno
import gzip
import os
import re
import secrets
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from newsarchive.core.discovery.rights import SITE_FILES
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Excerpt, Place
from newsarchive.reprs import why_not_written
from newsarchive.version import VERSION
from newsarchive.warc.copied import COPIED_FROM, COPIED_SHOWN_AT, COPIED_TYPE, GZIP_HEADER, with_source
from newsarchive.warc.files import OPEN, Folder, Wire, moved_to, written_in
from newsarchive.warc.object_storage import ObjectFile, try_again
from newsarchive.warc.reader import SOURCE_DIGEST, SOURCE_TYPE, SOURCE_URI, whole_length

#: Bytes of a file. A record that would go beyond them begins a new file; 0 means no limit.
MAX_FILE_BYTES = 10**9
#: Bytes of a body. A shorter body that the archive holds already is written again, because a revisit record would not
#: be smaller.
MIN_REVISIT_BYTES = 512
#: Payloads that one writer remembers; it asks `known` for older ones.
MAX_REMEMBERED_PAYLOADS = 50_000
#: zlib's level (1 to 9) for bodies that came unpacked. Level 9 takes 6.8 ms instead of 4.7 ms for a page of 249 KB, and
#: saves 0.6%.
ZLIB_LEVEL = 6
#: Content codings of a body that is packed already.
PACKED = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd"})
#: The field of a record whose server's certificate was not checked; its value is `no`.
CERTIFICATE_VERIFIED = "X-Certificate-Verified"

Headers = Iterable[tuple[str, str]]


class Original(NamedTuple):
    """The record that first held a payload: its target URI and its date, for revisit records."""

    url: str
    fetched_at: datetime


class WarcWriter:
    """Appends responses to files of about `max_bytes` in `folder`; safe to call from several threads.

    `known` finds the original of a payload digest among the captures of earlier crawls. `filled` is called when a file is full and
    has its name. `robots` is what the fetches make of robots.txt, `obey` or `ignore`, "" where nothing is fetched. Raises
    `DatabaseUnavailable` where the folder cannot be written, the disk is full (the file then ends with its last whole
    record), or the file is no longer where it was made.
    """

    def __init__(
        self,
        folder: Path | str,
        prefix: str = "newsarchive",
        max_bytes: int = MAX_FILE_BYTES,
        known: Callable[[str], Original | None] = lambda digest: None,
        filled: Callable[[], None] | None = None,
        robots: str = "",
    ) -> None:
        self.robots = robots
        self.folder, self.max_bytes, self.known, self.filled = Path(folder), max_bytes, known, filled
        self.prefix = re.sub(r"[^\w.-]+", "-", prefix) or "newsarchive"
        self._file: BinaryIO | None = None
        self._name, self._serial, self._at, self._synced = "", 0, 0, 0
        self._seen: dict[str, Original] = {}
        self._lock = threading.Lock()

    def write_response(
        self,
        url: str,
        status_line: str,
        headers: Headers,
        body: bytes,
        *,
        request_headers: Headers = (),
        fetched_at: datetime | None = None,
        tls_verified: bool | None = None,
    ) -> Place:
        """Append a response and its request; a `revisit` record where the archive holds the payload already.

        `status_line` is like `HTTP/1.1 200 OK`. `body` has its content coding and no transfer coding. Headers are
        Latin-1 text. `tls_verified` is False where the server's certificate was not checked. Returns the place of the
        response record.
        """
        at = (fetched_at or datetime.now(UTC)).astimezone(UTC)
        wire = Wire(status_line, tuple(headers), body)
        unverified = {CERTIFICATE_VERIFIED: "no"} if tls_verified is False else {}
        with self._lock:
            return self._exchange(url, wire, at, request_headers, unverified)

    def write_copy(
        self, url: str, wire: Wire, fetched_at: datetime | None, copied_from: str, digest: str = ""
    ) -> Place:
        """Append an answer out of another file, whose name is kept in the record; its request is not known. `digest` is
        the digest of its payload, where the caller knows it. A record that is given as a gzip member is not packed
        again.

        An archive thus holds all its bytes in its own folder, and moving that folder moves them all.
        """
        at = (fetched_at or datetime.now(UTC)).astimezone(UTC)
        extra = {COPIED_FROM: _in_one_line(copied_from)}
        if wire.kind != "response":
            extra[COPIED_TYPE] = wire.kind
        if wire.shown_at:
            extra[COPIED_SHOWN_AT] = wire.shown_at
        with self._lock:
            return self._exchange(url, wire, at, None, extra, digest)

    def write_excerpt(self, url: str, excerpt: Excerpt) -> Place:
        """Append what a source said of the post under a URL, as a `metadata` record (WARC 1.1, 6.6)."""
        fields = {
            SOURCE_TYPE: excerpt.source,
            SOURCE_URI: excerpt.url,
            SOURCE_DIGEST: excerpt.digest,
            COPIED_FROM: excerpt.copied_from,
            "WARC-Date": warc_date(excerpt.fetched_at or datetime.now(UTC)),
        }
        writer = WARCWriter(BytesIO(), gzip=False, warc_version="1.1")
        record = writer.create_warc_record(
            url, "metadata", BytesIO(excerpt.body), len(excerpt.body),
            warc_content_type=_in_one_line(excerpt.content_type) or "application/octet-stream",
            warc_headers_dict={name: _in_one_line(value) for name, value in fields.items() if value},
        )  # fmt: skip
        writer.write_record(record)
        with self._lock:
            return self._append(
                [member(writer.out.getvalue(), 0)], record.rec_headers.get_header("WARC-Payload-Digest")
            )

    def _exchange(
        self,
        url: str,
        wire: Wire,
        at: datetime,
        request: Headers | None,
        extra: Mapping[str, str],
        digest: str = "",
    ) -> Place:
        digest, original = digest or payload_digest(wire.body), None
        # Hosts may have one robots.txt in common, and whoever reads one again looks for no earlier record.
        if len(wire.body) >= MIN_REVISIT_BYTES and urlsplit(url).path not in SITE_FILES:
            original = self._seen.get(digest) or self.known(digest)
        if wire.member and original is None:
            members = [with_source(wire.member, extra[COPIED_FROM])]
        else:
            records = _Records(url, at, digest)
            response = records.response(wire, original, extra)
            codings = [value for name, value in wire.headers if name.lower() == "content-encoding"]
            last = codings[-1].rpartition(",")[2].strip().lower() if codings else ""
            packed = wire.body if original is None and last in PACKED else b""
            members = [records.pack(response, packed)]
            if request is not None:
                members.append(records.pack(records.request(request, response)))
        place = self._append(members, digest)
        if original is None:
            if len(self._seen) >= MAX_REMEMBERED_PAYLOADS:
                del self._seen[next(iter(self._seen))]
            self._seen[digest] = Original(url, at)
        return place

    def sync(self) -> None:
        """Wait until everything written is on the disk. Raises `DatabaseUnavailable` where the disk fails."""
        with self._lock:
            self._sync()

    def close(self) -> None:
        """Give the open file its name. A later write opens another."""
        with self._lock:
            self._finish()

    def _append(self, members: list[bytes], digest: str) -> Place:
        if self._file is None or self._at + len(members[0]) > self.max_bytes > 0:
            if self._file is not None:
                self._finish()
                if self.filled is not None:
                    self.filled()
            self._start()
        place = Place(self._name, self._at, len(members[0]), digest)
        self._write(b"".join(members))
        return place

    def _start(self) -> None:
        # To the millisecond, as Heritrix names its files: readers take files in the order of their names, and what a feed said
        # stands in the file before its posts where a crawl was killed and begun again within a second.
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")[:-3]
        self._serial += 1
        self._name = f"{self.prefix}-{stamp}-{self._serial:05d}-{secrets.token_hex(4)}.warc.gz"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # It gets the name of an open file when it is held: another spider would else take it for one that a killed crawl left.
            new = self.folder / f".{self._name}.new"
            self._file = open(new, "xb", buffering=0)  # noqa: SIM115
            hold(self._file)
            new.rename(self.folder / (self._name + OPEN))
        except OSError as error:
            raise DatabaseUnavailable(
                f"{self.folder}: no WARC file can be written there: {why_not_written(error)}"
            ) from error
        sync_folder(self.folder)
        self._at = self._synced = 0
        self._write(warcinfo(self._name, self.robots))

    def _write(self, data: bytes) -> None:
        """Append the data whole or not at all: where the disk took only a part, the file is cut back."""
        assert self._file is not None
        self._require_file()
        try:
            written = self._file.write(data)
            if written != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(self._at)
                self._file.seek(self._at)
            raise DatabaseUnavailable(
                f"{self.folder / self._name} cannot be written: {why_not_written(error)}"
            ) from error
        self._at += len(data)

    def _require_file(self) -> None:
        """Raise where the open file was deleted or moved: the system would still accept bytes, and nobody would find
        them."""
        assert self._file is not None
        path = self.folder / (self._name + OPEN)
        with suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(self._file.fileno())):
                return
        self._file.close()
        self._file = None
        raise DatabaseUnavailable(
            f"{path} was deleted or moved while the crawl wrote it: put it back, or see which pages have lost their bytes"
            " with: newsarchive doctor"
        )

    def _sync(self) -> None:
        if self._file is None or self._synced == self._at:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise DatabaseUnavailable(
                f"{self.folder / self._name} cannot be written: {why_not_written(error)}"
            ) from error
        self._synced = self._at

    def _finish(self) -> None:
        if self._file is None:
            return
        self._require_file()
        self._sync()
        try:  # held until it has its name: `recover` of another process would else name it too
            path = self.folder / (self._name + OPEN)
            if self._at:
                path.rename(self.folder / self._name)
            else:  # the disk was full before its first record: each further crawl would leave such a file
                path.unlink()
        except OSError as error:
            raise DatabaseUnavailable(
                f"{self.folder / self._name} cannot get its name: {why_not_written(error)}"
            ) from error
        finally:
            self._file.close()
            self._file = None


def _in_one_line(text: str) -> str:
    """The value of a field: the name of a file may have a line break, which would end the field, and bytes that are no UTF-8."""
    return " ".join(text.split()).encode(errors="replace").decode()


def payload_digest(body: bytes) -> str:
    """The digest of a payload as WARC files write it: `sha1:` and base 32."""
    digester = Digester("sha1")
    digester.update(body)
    return str(digester)


def sync_folder(folder: Path) -> None:
    """Write the names of a folder's files to the disk, where the system can do so: a file without its name is lost."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def recover(folder: Path | str) -> list[Path]:
    """Give the files that killed crawls left open their final names, and cut a half record off their ends. A file without a whole
    record is deleted.

    Files that a live crawl writes to are left alone. Returns the files that were renamed.
    """
    named = []
    for path in sorted(Path(folder).glob("*.warc.gz" + OPEN)):
        final = path.with_name(path.name.removesuffix(OPEN))
        with suppress(FileNotFoundError), path.open("r+b") as file:  # another process names it just now
            if hold(file):
                length = whole_length(path)
                file.truncate(length)
                if not length:
                    path.unlink()
                    continue
                path.rename(final)
                named.append(final)
    return named


def is_held(path: Path) -> bool:
    """Whether a live crawl writes to a file."""
    try:
        with path.open("r+b") as file:
            return not hold(file)
    except OSError:
        return False


class HttpHeaders(StatusAndHeaders):  # type: ignore[misc]
    """HTTP headers as they came: warcio would percent-encode characters outside ASCII."""

    def to_ascii_bytes(self, filter_func: Any = None) -> bytes:
        return bytes(self.to_str(filter_func).encode("latin-1", "replace")) + b"\r\n"


class _Records:
    """Makes the records of one request and its response."""

    def __init__(self, url: str, at: datetime, digest: str) -> None:
        self.url, self.date, self.digest = url, warc_date(at), digest
        self.writer = WARCWriter(BytesIO(), gzip=False, warc_version="1.1")

    def response(self, wire: Wire, original: Original | None, extra: Mapping[str, str]) -> Any:
        protocol, _, status = wire.status_line.partition(" ")
        body, headers = wire.body, list[tuple[str, str]]()
        for name, value in wire.headers:
            # True of what came, and not of the body as it is kept, without its transfer coding.
            wrong_length = name.lower() == "content-length" and value.strip() != str(len(body))
            is_untrue = wrong_length or name.lower() == "transfer-encoding"
            headers.append((f"X-Archive-Orig-{name}" if is_untrue else name, value))
        http = HttpHeaders(status, headers, protocol=protocol)
        warc = {"WARC-Date": self.date} | dict(extra)
        if original is not None:
            refers_to = (original.url, warc_date(original.fetched_at))
            return self.writer.create_revisit_record(
                self.url, self.digest, *refers_to, http_headers=http, warc_headers_dict=warc
            )
        return self.writer.create_warc_record(
            self.url, "response", BytesIO(body), len(body), http_headers=http, warc_headers_dict=warc
        )

    def request(self, headers: Headers, response: Any) -> Any:
        path = re.sub(r"^[a-z]+://[^/?#]*", "", self.url.partition("#")[0], flags=re.I) or "/"
        http = HttpHeaders(f"GET {path} HTTP/1.1", list(headers), is_http_request=True)
        concurrent = response.rec_headers.get_header("WARC-Record-ID")
        warc = {"WARC-Date": self.date, "WARC-Concurrent-To": concurrent}
        return self.writer.create_warc_record(self.url, "request", http_headers=http, warc_headers_dict=warc)

    def pack(self, record: Any, packed: bytes = b"") -> bytes:
        """The record as a gzip member; `packed` is its body, where that is packed already."""
        self.writer.out = BytesIO()
        self.writer.write_record(record)
        return member(self.writer.out.getvalue(), len(packed) + len(_RECORD_END) if packed else 0)


#: Ends each record of a WARC file.
_RECORD_END = b"\r\n\r\n"


def member(record: bytes, packed_bytes: int) -> bytes:
    """A record as one gzip member, whose last `packed_bytes` bytes are stored as they are.

    To pack a packed page of 48 KB again takes 0.8 ms and saves a thousandth of it; to store it takes 0.06 ms.
    """
    if not packed_bytes:
        return gzip.compress(record, ZLIB_LEVEL, mtime=0)
    at = len(record) - packed_bytes
    head = zlib.compressobj(ZLIB_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join(
        (
            GZIP_HEADER,
            head.compress(record[:at]),
            head.flush(zlib.Z_FULL_FLUSH),  # ends with a whole byte, so that another stream can follow
            body.compress(record[at:]),
            body.flush(),
            struct.pack("<II", zlib.crc32(record), len(record) & 0xFFFFFFFF),
        )
    )


def warc_date(at: datetime) -> str:
    """A moment as WARC 1.1 writes it, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def warcinfo(name: str, robots: str = "") -> bytes:
    """The first record of a file, as a gzip member. `robots` is left out where it is not known (ISO 28500:2017, 6.2)."""
    writer = WARCWriter(BytesIO(), gzip=True, warc_version="1.1")
    info = {"software": f"newsarchive/{VERSION}", "format": "WARC File Format 1.1"} | (
        {"robots": robots} if robots else {}
    )
    writer.write_record(writer.create_warcinfo_record(name, info))
    return bytes(writer.out.getvalue())


def hold(file: BinaryIO) -> bool:
    """Lock a file for as long as it is open; false where another process holds it."""
    try:
        import fcntl
    except ImportError:  # Windows: a file that is open cannot be renamed there
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def waiting(folder: Path) -> list[Path]:
    """The finished files in a staging folder that no process is moving, oldest name first."""
    found = []
    for path in sorted(folder.glob("*.warc.gz")):
        try:
            with path.open("r+b") as file:
                if hold(file):
                    found.append(path)
        except OSError:
            continue  # it was moved just now
    return found


def move_up(folder: Path, address: str) -> list[str]:
    """Move every finished file of a staging folder to an address; gives their names. A file that another process is
    moving is left to that process.

    Raises `DatabaseUnavailable`, which says how many files wait, at the first that cannot be moved: all of them stay here.
    """
    moved = []
    try_again(address)
    for path in sorted(folder.glob("*.warc.gz")):
        try:
            with path.open("r+b") as file:
                if hold(file) and path.exists():
                    target = ObjectFile(address, path.name)
                    if target.length() != path.stat().st_size:
                        target.put(path)
                    os.unlink(path)
                    sync_folder(path.parent)
                    moved.append(path.name)
        except FileNotFoundError:
            continue  # another process has moved it
        except DatabaseUnavailable as error:
            left = len(list(folder.glob("*.warc.gz")))
            raise DatabaseUnavailable(
                f"{error}. Nothing is lost: {left} WARC files wait in {folder}, and are moved by the next crawl,"
                " or by: newsarchive doctor --fix"
            ) from error
    return moved


def settle(folder: Folder) -> list[str]:
    """Name the files that killed processes left open, and move up what is finished, where an archive has an address. Raises as
    `move_up` does."""
    address, staging = moved_to(folder), written_in(folder)
    if not address or not staging.is_dir():
        return []
    recover(staging)
    return move_up(staging, address)
