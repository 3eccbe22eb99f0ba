"""Removing what a server did to a body to send it: content codings (RFC 9110, 8.4) and chunks (RFC 9112, 7.1).

A WARC file keeps a body as it came over the network, and Scrapy offers `gzip, deflate, br, zstd` to every server. A
reader of the file meets each of these codings, two on top of each other, wrong labels (`Content-Encoding: utf-8`),
bodies that break off, and bombs: a few kilobytes that unpack to gigabytes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Generator

#: Bytes that one call of a decompressor may give. More would delay the refusal of a bomb.
STEP_BYTES = 65536

#: Bytes that a decompressor is given at a time. At the end of each member of a body it copies what it was given and did
#: not need. Given the whole rest of the body each time, the copies took 20 s of CPU for 100,000 empty members of gzip.
FED_BYTES = 8192

#: Frames of zstd in a body. A body with more counts as damaged: each frame takes 20 µs however short it is, and 13
#: bytes are enough for one.
MAX_FRAMES = 10_000

#: Bytes at the beginning of a body that tell text from binary data, as browsers look at them
#: (https://mimesniff.spec.whatwg.org/#reading-the-resource-header).
SNIFFED_BYTES = 1445

#: Labels that say that the body has no coding. `chunked` belongs in another header; some servers put it here.
_NOTHING_DONE = frozenset({"", "identity", "none", "chunked"})

#: Bytes that no text holds (https://mimesniff.spec.whatwg.org/#binary-data-byte), and the marks of UTF-16 and UTF-32.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")

_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")

_GZIP_MAGIC = b"\x1f\x8b"


class BodyTooLong(ValueError):
    """A body is longer than the reader takes: it may be a bomb."""


class CutShort(ValueError):
    """A body breaks off before the end of its last coding."""


def decoded(body: bytes, codings: str, max_bytes: int, *, whole: bool = False) -> bytes:
    """The body without its content codings; `codings` is the value of the header, in the order of application.

    A body that does not have the coding of its label is given as it is, as browsers do; so is text under a label that
    is no coding (`utf-8`). Of a body that breaks off, what came before the end is given; where it has to be `whole`,
    `CutShort` is raised. A gzip body without its checksum at the end is whole. Never holds much more than `max_bytes`.
    Raises `BodyTooLong`, and `ValueError` for a coding that is not known or data that is damaged from the start.

    >>> import gzip
    >>> packed = gzip.compress(b"Hello" * 1000)
    >>> len(decoded(packed[:-8], "gzip", 9999, whole=True)), decoded(b"Hello", "gzip", 9999, whole=True)
    (5000, b'Hello')
    >>> decoded(packed[:-12], "gzip", 9999, whole=True)
    Traceback (most recent call last):
    newsarchive.warc.contentcoding.CutShort: a body in gzip breaks off
    """
    unknown = ""
    for coding in reversed([name.strip().lower() for name in codings.split(",")]):
        if coding in _UNPACKERS:
            try:
                body = _unpacked(body, coding, max_bytes, whole=whole)
            except (BodyTooLong, CutShort):
                raise
            except ValueError:
                if unknown:
                    break  # under an unknown coding nothing can be read
                raise
            whole = False  # only the coding that was applied last has to be whole
        elif coding not in _NOTHING_DONE:
            unknown = unknown or coding
    if unknown and not _is_text(body):
        raise ValueError(f"content coding {unknown!r} is not known")
    return body


def joined_chunks(body: bytes) -> bytes:
    """The body without the chunks of HTTP/1.1; a body without chunks is given as it is.

    A body that breaks off within a chunk gives what came before.

    >>> joined_chunks(b"5\\r\\nHello\\r\\n0\\r\\n\\r\\n"), joined_chunks(b"Hello")
    (b'Hello', b'Hello')
    """
    parts: list[bytes] = []
    at = 0
    while size := _CHUNK_SIZE.match(body, at):
        length = int(size[1], 16)
        end = size.end() + length
        # A text may begin with a line like "add", which looks like a size: a real chunk has an end of line where its
        # size says.
        if length and end < len(body) and body[end : end + 1] not in (b"\r", b"\n"):
            return b"".join(parts) if parts else body
        parts.append(body[size.end() : end])
        at = end + (2 if body[end : end + 2] == b"\r\n" else 1)
        if length == 0:
            break
    return b"".join(parts) if parts else body


def _unpacked(body: bytes, coding: str, max_bytes: int, *, whole: bool) -> bytes:
    """The body without one coding. A text that does not unpack to its end never had the coding."""
    if not body:
        return body
    out, ended, problem = bytearray(), False, ""
    pieces = _UNPACKERS[coding](body)
    try:
        while len(out) <= max_bytes:
            out += next(pieces)
    except StopIteration as end:
        ended = end.value
    except Exception as error:  # every library has an exception of its own
        problem = str(error)
    if len(out) > max_bytes:
        raise BodyTooLong(f"a body longer than {max_bytes} bytes")
    if not ended and _is_text(body):
        return body
    if whole and not ended and not problem and not _lacks_checksum_alone(body):
        raise CutShort(f"a body in {coding} breaks off")
    if not ended and not out:
        raise ValueError(f"content coding {coding!r}: {problem or 'cut short'}")
    return bytes(out)


def _lacks_checksum_alone(body: bytes) -> bool:
    """Whether the data in a gzip body is whole and only the checksum and length behind it are missing: some servers
    leave them out."""
    if not body.startswith(_GZIP_MAGIC) or body[3:4] != b"\0":  # a header of ten bytes, as servers send it
        return False
    pieces = _zlib(zlib.decompressobj(-zlib.MAX_WBITS), memoryview(body), 10)
    try:
        while True:
            next(pieces)
    except StopIteration as end:
        return bool(end.value > 0)
    except zlib.error:
        return False


def _is_text(body: bytes) -> bool:
    start = body[:SNIFFED_BYTES]
    return start.startswith(_BYTE_ORDER_MARKS) or _BINARY.search(start) is None


# -- one function for each coding: gives pieces of about STEP_BYTES, and at its end whether the data was whole ------

_Pieces = Generator[bytes, None, bool]


def _gzip(body: bytes) -> _Pieces:
    """All members; what follows the last is no part of the page."""
    view, at = memoryview(body), 0
    while at >= 0 and view[at : at + 2] == _GZIP_MAGIC:
        at = yield from _zlib(zlib.decompressobj(16 + zlib.MAX_WBITS), view, at)
    return at > 0


def _deflate(body: bytes) -> _Pieces:
    """With zlib's header, as RFC 9110 demands, or without it, as some servers send it."""
    unpack = zlib.decompressobj()
    try:
        unpack.decompress(memoryview(body)[:FED_BYTES], 1)
    except zlib.error:
        unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    else:
        unpack = zlib.decompressobj()
    return (yield from _zlib(unpack, memoryview(body), 0)) > 0


#: A generator that gives pieces, and returns the place behind the member that it unpacked, or `CUT`.
_Member = Generator[bytes, None, int]

#: A member breaks off.
CUT = -1


def _zlib(unpack: zlib._Decompress, body: memoryview, at: int) -> _Member:
    """The member that begins at a place of the body."""
    while at < len(body) and not unpack.eof:
        fed: bytes | memoryview = body[at : at + FED_BYTES]
        at += len(fed)
        piece = b"-"
        while piece and not unpack.eof:
            piece = unpack.decompress(fed, STEP_BYTES)
            yield piece
            fed = unpack.unconsumed_tail
    return at - len(unpack.unused_data) if unpack.eof else CUT


def _brotli(body: bytes) -> _Pieces:
    try:
        import brotli
    except ImportError:  # PyPy
        import brotlicffi as brotli

    unpack = brotli.Decompressor()
    piece = unpack.process(body, output_buffer_limit=STEP_BYTES)
    while piece:
        yield piece
        piece = b"" if unpack.is_finished() else unpack.process(b"", output_buffer_limit=STEP_BYTES)
    return bool(unpack.is_finished())


def _zstd(body: bytes) -> _Pieces:
    """All frames; what follows the last is no part of the page."""
    from newsarchive.compression import zstd

    view, at, frames = memoryview(body), 0, 0
    while at < len(view):
        frames += 1
        if frames > MAX_FRAMES:
            raise ValueError(f"more than {MAX_FRAMES:,} frames")
        unpack = zstd.ZstdDecompressor()
        while at < len(view) and not unpack.eof:
            fed = view[at : at + FED_BYTES]
            at += len(fed)
            yield unpack.decompress(fed, STEP_BYTES)
            while not unpack.eof and not unpack.needs_input:
                yield unpack.decompress(b"", STEP_BYTES)
        if not unpack.eof:
            return False
        at -= len(unpack.unused_data)
    return True


_UNPACKERS: dict[str, Callable[[bytes], _Pieces]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
