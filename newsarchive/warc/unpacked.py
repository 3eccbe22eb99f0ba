"""Files of records whose records do not lie in gzip members of their own: gzipped in one piece, or packed by Zstandard.

They are read unpacked, from the beginning, and give what they have up to where they break off.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable
from typing import BinaryIO

from newsarchive.compression import zstd

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
        held = _dictionary_of(file)
        super().__init__(file, zstd_dict=zstd.ZstdDict(held) if held else None)


def _dictionary_of(file: BinaryIO) -> bytes:
    """The dictionary at the beginning of a file packed by Zstandard; `b""` where it has none."""
    file.seek(0)
    head = file.read(8)
    held = b""
    if head.startswith(ZSTD_DICTIONARY):
        length = int.from_bytes(head[4:8], "little")
        if length > MAX_DICTIONARY_BYTES:
            raise ValueError(f"a dictionary of {length:,} bytes")
        held = file.read(length)
    file.seek(0)
    if held.startswith(ZSTD):
        unpack = zstd.ZstdDecompressor()
        held = unpack.decompress(held, MAX_DICTIONARY_BYTES)
    return held


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
