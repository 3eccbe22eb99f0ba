"""Copies records out of foreign WARC files without packing them again.

To pack a page of 270 KB takes 5 ms, more than the rest of its copy, and the page is packed already. So the record's
bytes are taken as they are, and a new head is put before them. That is possible because the stream of a gzip member may
begin with other blocks: the blocks behind them refer only to their own output. The first line of the old record becomes
the value of a field, so that both heads are one:

    WARC/1.1
    X-Copied-From: CC-NEWS-1.warc.gz
    X-Copied-Version: WARC/1.0
    WARC-Type: response
    …

A record is copied so only where its fields are what we would write, and where its digests are right (`of_record`).
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Any, BinaryIO

from newsarchive.items import Capture

#: A field of newsarchive's own in the header of a copied record: the name of the file that it comes from.
COPIED_FROM = "X-Copied-From"
#: Another: the type of the record there, where it was no answer (`resource`).
COPIED_TYPE = "X-Copied-Type"
#: Another: the address under which a web archive showed the page; the record has the page's own.
COPIED_SHOWN_AT = "X-Copied-Shown-At"
#: Another: the first line of the record as it was there.
COPIED_VERSION = "X-Copied-Version"
#: The header of a gzip member (RFC 1952): deflate, no flags, no time, no system named.
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
#: Bytes of the check sum and the length at the end of a gzip member.
_TRAILER = struct.Struct("<II")
#: A digest as `writer.payload_digest` gives it.
_DIGEST = re.compile(r"sha1:[A-Z2-7]{32}")
#: The line of a record's head that names its URL, which some writers put into angle brackets.
_TARGET = re.compile(rb"(?i)\nwarc-target-uri: *<?([^\r\n]*?)>?(?:\r|$)")
#: Bytes that are kept of a record. A longer record is packed again; with a higher bound a film that is skipped would be
#: held in memory.
MAX_MEMBER_BYTES = 4 * 2**20
#: Zero bytes that a check sum is led over at a time (`joined_crc32`). With fewer zlib is called more often; with more each process holds
#: more memory.
_ZEROS = memoryview(bytes(2**16))
#: Bytes of the head of a record. A record with a longer head is packed again.
MAX_HEAD_BYTES = 2**16


class Remembering:
    """A stream to read WARC records from, that keeps the bytes of the record which is being read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.chunks, self.begin, self.kept = stream, list[bytes](), stream.tell(), 0

    def read(self, size: int = -1) -> bytes:
        chunk = self.stream.read(size)
        if self.kept > MAX_MEMBER_BYTES:
            self._keep([], self.stream.tell() - len(chunk))
        self.chunks.append(chunk)
        self.kept += len(chunk)
        return chunk

    def tell(self) -> int:
        return self.stream.tell()

    def taken(self, offset: int, length: int) -> bytes:
        """The bytes at a place, "" where they are not kept any more. All bytes up to its end are then forgotten."""
        data, start = b"".join(self.chunks), offset - self.begin
        end = start + length
        self._keep([data[max(0, end) :]], max(self.begin, offset + length))
        return data[start:end] if start >= 0 else b""

    def _keep(self, chunks: list[bytes], begin: int) -> None:
        self.chunks, self.begin, self.kept = chunks, begin, sum(map(len, chunks))


def of_record(record: Any, capture: Capture, length: int, packed: bytes) -> bytes:
    """The member of a response that can be copied as it is, else "".

    Its header names the URL of its capture, letter by letter, a time, and the digest of its payload; its digests were found
    right; its body was not sent in chunks, and has the `length` that its answer names. The member is whole, and holds nothing
    else.
    """
    head, answer = record.rec_headers, record.http_headers
    plain = (
        packed[:4] == GZIP_HEADER[:4]
        and capture.fetched_at is not None
        and _DIGEST.fullmatch(head.get_header("WARC-Payload-Digest") or "")
        and record.digest_checker.passed is True
        and not head.get_header("WARC-Segment-Number")
        and answer.get_header("Transfer-Encoding") is None
        and answer.get_header("Content-Length") in (None, str(length))
        and _is_record(packed, capture.url, record.length)
    )
    return packed if plain else b""


def _is_record(packed: bytes, url: str, length: int) -> bool:
    """Whether bytes are one gzip member with one record of this URL and of this length, in bytes. Two cases fail: a
    member that holds more than its record is cut where warcio saw the record's end, and warcio changes an address with
    a space.
    """
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        record = unpack.decompress(packed, MAX_HEAD_BYTES + length)
    except zlib.error:
        return False
    end = record.find(b"\r\n\r\n")
    head = record[:end]
    return (
        unpack.eof
        and not unpack.unused_data
        and len(record) - end == length + 2 * len(b"\r\n\r\n")
        and re.match(rb"WARC/1\.[01]\r", head) is not None
        and (target := _TARGET.search(head)) is not None
        and target[1] == url.encode()
    )


def with_source(packed: bytes, source: str) -> bytes:
    """The member of a record with the name of the file from which it comes."""
    head = f"WARC/1.1\r\n{COPIED_FROM}: {source}\r\n{COPIED_VERSION}: ".encode()
    begin = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    checked, length = _TRAILER.unpack(packed[-_TRAILER.size :])
    return b"".join(
        (
            GZIP_HEADER,
            begin.compress(head),
            begin.flush(zlib.Z_FULL_FLUSH),  # ends with a whole byte, so that another stream can follow
            packed[len(GZIP_HEADER) : -_TRAILER.size],
            _TRAILER.pack(joined_crc32(zlib.crc32(head), checked, length), (len(head) + length) & 0xFFFFFFFF),
        )
    )


def joined_crc32(first: int, second: int, second_length: int) -> int:
    """The CRC-32 of two texts one after the other, from the CRC-32 of each. zlib has a function for this
    (`crc32_combine`) that Python does not offer. A CRC is linear: the first text counts as it would before as many zeros as the second
    text is long. zlib turns all bits of a CRC over, before and behind.

    >>> joined_crc32(zlib.crc32(b"one "), zlib.crc32(b"after the other"), 15) == zlib.crc32(b"one after the other")
    True
    """
    shifted, left = first ^ 0xFFFFFFFF, second_length
    while left > 0:
        shifted = zlib.crc32(_ZEROS[:left], shifted)
        left -= len(_ZEROS)
    return shifted ^ 0xFFFFFFFF ^ second
