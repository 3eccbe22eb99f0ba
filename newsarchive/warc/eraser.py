"""Takes records out of WARC files for good: in the place of each a tombstone of as many bytes is written.

One capture in a file of a thousand must go. To cut it out would move all records behind it: the offsets in the
database, in CDX indexes and in other people's notes would become wrong, and a process that is killed between file and
database would leave the two in disagreement. So the new record is exactly as long as the old one. The file is written
anew beside the old one, put on the disk, and takes its name in one step (POSIX rename): at any moment there is either
the whole old file or the whole new file.

A tombstone is a `metadata` record (ISO 28500:2017, 6.6) with the URI, the date and the digests of what was there, and says that
it was erased. Players pass over it. What the disk itself keeps of a replaced file is beyond a program's reach.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple
from uuid import uuid4

from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.reprs import why_not_written
from newsarchive.warc.files import OPEN
from newsarchive.warc.object_storage import WHOLE_FILE_BYTES, ObjectFile
from newsarchive.warc.other_files import size_of
from newsarchive.warc.reader import ERRORS, Records, kind_of, next_record
from newsarchive.warc.writer import is_held, member, sync_folder, warc_date

#: The field of a tombstone that says when the record was erased.
ERASED = "X-Erased-At"
#: The types of records that hold what a site said; a request does not.
_KINDS = ("response", "revisit", "resource", "metadata")
#: Bytes that are copied at a time.
_CHUNK_BYTES = 2**20
#: The flag of a gzip header that a comment follows (RFC 1952, 2.3.1).
_HAS_COMMENT = 0x10
#: Bytes of a gzip header without names and comments.
_HEADER_BYTES = 10


class Record(NamedTuple):
    """A record in a file: its offset and length in bytes, its type and its URI."""

    offset: int
    length: int
    kind: str
    url: str


class Damaged(NamedTuple):
    """A part of a file that cannot be read: its offset and length in bytes, and the URI of the record with which it begins, "" where
    its head cannot be read either."""

    offset: int
    length: int
    url: str = ""


def answers(
    path: Path | ObjectFile,
    urls: Collection[str],
    named: Mapping[int, Collection[tuple[str, str]]] = MappingProxyType({}),
    digest: str = "",
    damaged: list[Damaged] | None = None,
) -> list[Record]:
    """The responses and revisits of a file that are of one of these URLs or have this payload digest, and what sources said of the posts
    there.

    `named` are the URLs and payload digests that captures give for the records at offsets of this file. Such a record is taken where
    the payload digest is its own, and, of a capture without one, where the URL is: an offset that is wrong names another article's
    record, or a place inside of one. It reads the heads of all records of the file. What of it is damaged goes into `damaged`.
    """
    found, torn = list[Record](), list[Damaged]()
    start: int | None = 0
    with path.open("rb", buffering=WHOLE_FILE_BYTES) as stream:
        size = size_of(stream)
        while start is not None:
            at, url, start_next = start, "", None
            stream.seek(start)
            try:
                records = Records(stream)
                for record in records:
                    at, kind = records.get_record_offset(), record.rec_type
                    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
                    own = record.rec_headers.get_header("WARC-Payload-Digest") or ""
                    is_named = (own and own == digest) or any(
                        own == its_digest if its_digest else url == its_url
                        for its_url, its_digest in named.get(at, ())
                    )
                    url = url if kind in _KINDS else ""
                    length = records.get_record_length()
                    if kind in _KINDS and (is_named or url in urls):
                        found.append(Record(at, length, kind, url))
                    at, url = at + length, ""
                if at < size:  # the beginning of a record, too short for warcio to notice
                    torn.append(Damaged(at, size - at))
            except ERRORS:
                start_next = _next(stream, at)
                torn.append(Damaged(at, (size if start_next is None else start_next) - at, url))
            start = start_next
        for record in list(found):
            stream.seek(record.offset)
            if not _is_whole(
                stream.read(record.length)
            ):  # its end is damaged: warcio gives it with what it could read, and another length
                found.remove(record)
                end = _next(stream, record.offset)
                torn.append(
                    Damaged(record.offset, (size if end is None else end) - record.offset, record.url)
                )
    if damaged is not None:
        damaged += torn
    return found


def _next(stream: BinaryIO, at: int) -> int | None:
    """Where the next readable record behind a place begins, `None` where none is."""
    with suppress(*ERRORS):
        return next_record(stream, at + 1, kind_of(stream))
    return None


def require_free(paths: Collection[Path | ObjectFile]) -> None:
    """Raise `DatabaseUnavailable` where a live crawl writes to one of these files."""
    for path in paths:
        if isinstance(path, Path) and path.name.endswith(OPEN) and is_held(path):
            raise DatabaseUnavailable(
                f"a crawl writes to {path}: erase again when it has ended. Nothing was erased."
            )


def erase(
    path: Path | ObjectFile,
    records: Collection[tuple[int, int]],
    at: datetime,
    replace: Callable[[Path, Path], Any] = os.replace,
    damaged: Collection[Damaged] = (),
) -> int:
    """Put a tombstone in the place of each record, given by its offset and length, and of each damaged one; gives their number.

    A record that is a tombstone already stays. Where nothing is to be done, the file is not touched. A file in object
    storage is fetched and replaced by the new one. Raises `DatabaseUnavailable`; the file is then as it was.
    """
    if not isinstance(path, Path):
        return _erase_stored(path, records, at, damaged)
    part = path.with_name(f"{path.name}.erasing")
    try:
        with path.open("rb") as old:
            stones = {
                offset: stone
                for offset, length in sorted(set(records))
                if (stone := _tombstone(_taken(old, offset, length, path), at)) is not None
            } | {part.offset: _stone_of(part, at) for part in damaged}
            if not stones:
                return 0
            old.seek(0)
            with part.open("wb") as new:
                for offset, stone in sorted(stones.items()):
                    _copy_bytes(old, new, offset - old.tell())
                    new.write(stone)
                    old.seek(len(stone), os.SEEK_CUR)
                shutil.copyfileobj(old, new, _CHUNK_BYTES)
                new.flush()
                os.fsync(new.fileno())
        part.chmod(path.stat().st_mode)
        replace(part, path)
        sync_folder(path.parent)
    except OSError as error:
        raise DatabaseUnavailable(f"{path} cannot be written anew: {why_not_written(error)}") from error
    finally:
        part.unlink(missing_ok=True)
    return len(stones)


def _erase_stored(
    file: ObjectFile, records: Collection[tuple[int, int]], at: datetime, damaged: Collection[Damaged]
) -> int:
    if not (records or damaged):
        return 0
    with tempfile.TemporaryDirectory(prefix="newsarchive-erasing-") as folder:
        local = Path(folder) / file.name
        try:
            with file.open("rb", buffering=WHOLE_FILE_BYTES) as old, local.open("wb") as new:
                shutil.copyfileobj(old, new, WHOLE_FILE_BYTES)
        except OSError as error:
            raise DatabaseUnavailable(f"{file} cannot be fetched: {error.strerror or error}") from error
        erased = erase(local, records, at, damaged=damaged)
        if erased:
            file.put(local)
        return erased


def _taken(file: BinaryIO, offset: int, length: int, path: Path) -> bytes:
    """The gzip member of a record. Raises where the place holds no whole record, because it is then another record than
    the one to erase."""
    file.seek(offset)
    packed = file.read(length)
    if not _is_whole(packed):
        raise DatabaseUnavailable(
            f"{path}: there is no whole record of {length} bytes at {offset}; this file stays as it was"
        )
    return packed


def _is_whole(packed: bytes) -> bool:
    """Whether these bytes are the gzip member of one record."""
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        record = unpack.decompress(packed)
    except zlib.error:
        return False
    return unpack.eof and not unpack.unused_data and record.startswith(b"WARC/")


def _copy_bytes(old: BinaryIO, new: BinaryIO, number: int) -> None:
    while number:
        chunk = old.read(min(number, _CHUNK_BYTES))
        if not chunk:
            raise OSError("the file became shorter")
        new.write(chunk)
        number -= len(chunk)


def _tombstone(packed: bytes, at: datetime) -> bytes | None:
    """A record of as many bytes that names what was erased, `None` for a tombstone."""
    (record,) = Records(io.BytesIO(packed))
    head = record.rec_headers
    if head.get_header(ERASED):
        return None
    names = ("WARC-Target-URI", "WARC-Date", "WARC-Payload-Digest", "WARC-Block-Digest")
    said = [(name, head.get_header(name) or "") for name in names]
    return _stone([*said, ("WARC-Refers-To", head.get_header("WARC-Record-ID") or "")], at, len(packed))


def _stone_of(part: Damaged, at: datetime) -> bytes:
    """A tombstone with as many bytes as a damaged record, whose head cannot be read: it gives the URI and the time of the erasure alone."""
    return _stone([("WARC-Target-URI", part.url), ("WARC-Date", warc_date(at))], at, part.length)


def _stone(said: list[tuple[str, str]], at: datetime, length: int) -> bytes:
    fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", f"<urn:uuid:{uuid4()}>"),
        *said,
        (ERASED, warc_date(at)),
        ("Content-Type", "application/warc-fields"),
    ]
    # A short record has no room for all fields; the URI, the date and the digest are kept first.
    fewer = [field for field in fields if field[0] not in ("WARC-Refers-To", "WARC-Block-Digest")]
    for chosen in (fields, fewer):
        if (made := _of_length(chosen, length)) is not None:
            return made
    raise DatabaseUnavailable(
        "a record is too short for a tombstone: it holds no page; its file stays as it was"
    )


def _of_length(fields: list[tuple[str, str]], length: int) -> bytes | None:
    """A record with these fields as a gzip member of exactly this many bytes, `None` where it takes more.

    Spaces, stored uncompressed, fill it; a comment in the head of the member fills the last few bytes.
    """
    padding = max(0, length - len(_member(fields, 0)))
    while True:
        made = _member(fields, padding)
        left = length - len(made)
        if left == 0:
            return made
        if left > 0:
            comment = b" " * (left - 1) + b"\0"
            head = bytearray(made[:_HEADER_BYTES])
            head[3] |= _HAS_COMMENT
            return bytes(head) + comment + made[_HEADER_BYTES:]
        if padding == 0:
            return None
        padding = max(0, padding + left)


def _member(fields: list[tuple[str, str]], padding: int) -> bytes:
    body = b"erased: yes\r\n" + b" " * padding
    lines = [f"{name}: {value}" for name, value in fields if value] + [f"Content-Length: {len(body)}"]
    head = ("WARC/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode()
    record = head + body + b"\r\n\r\n"
    return member(record, padding + 4 if padding else 0)
