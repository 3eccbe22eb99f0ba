"""Records that are copied out of a foreign file as they lie there: the same answers, with the name of the file."""

from __future__ import annotations

import gzip
import io
import random
import zlib
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newsarchive.items import Capture, Place
from newsarchive.warc import eraser
from newsarchive.warc.copied import MAX_MEMBER_BYTES, Remembering, joined_crc32
from newsarchive.warc.files import Wire
from newsarchive.warc.reader import exchanges, read_capture, verify
from newsarchive.warc.writer import WarcWriter, payload_digest

HTML = [("Content-Type", "text/html"), ("Server", "caf\xe9")]
SOURCE = "CC-NEWS-1.warc.gz"


def body(number: int) -> bytes:
    """A page that packs to half of its length."""
    return f"<p>Page {number}</p>".encode() + random.Random(number).randbytes(2000).hex().encode()


def member(
    number: int,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    fields: dict[str, str] | None = None,
    version: str = "1.1",
    text: bytes | None = None,
    pack: Callable[[bytes], bytes] = lambda record: gzip.compress(record, 1, mtime=7),
    change: Callable[[bytes], bytes] = lambda record: record,
) -> bytes:
    """A response as another program writes it."""
    writer, page = WARCWriter(io.BytesIO(), gzip=False, warc_version=version), text or body(number)
    http = StatusAndHeaders("200 OK", [*HTML, *headers], protocol="HTTP/1.1")
    given_ = {"WARC-Date": "2025-04-01T12:00:00Z", "WARC-IP-Address": "192.0.2.7"} | (fields or {})
    url = f"https://blog.example/{number}?a=b&c=d"
    writer.write_record(
        writer.create_warc_record(
            url, "response", io.BytesIO(page), len(page), http_headers=http, warc_headers_dict=given_
        )
    )
    return pack(change(writer.out.getvalue()))


def with_name(record: bytes) -> bytes:
    """A gzip member whose head names a file."""
    out = io.BytesIO()
    with gzip.GzipFile("page.warc", "wb", fileobj=out) as packed:
        packed.write(record)
    return out.getvalue()


def in_file(folder: Path, *members: bytes) -> list[tuple[Capture, Wire]]:
    file = folder / SOURCE
    file.write_bytes(b"".join(members))
    return [found for found in exchanges(file, copying=True) if isinstance(found, tuple)]


def copied(folder: Path, found: list[tuple[Capture, Wire]]) -> list[Place]:
    writer = WarcWriter(folder / "own")
    places = [
        writer.write_copy(capture.base_url, wire, capture.fetched_at, SOURCE, payload_digest(wire.body))
        for capture, wire in found
    ]
    writer.close()
    return places


def test_a_record_is_copied_with_its_fields_and_the_name_of_its_file(tmp_path: Path) -> None:
    found = in_file(tmp_path, *map(member, range(3)))
    assert all(wire.member for _, wire in found)
    places = copied(tmp_path, found)
    for (capture, wire), place in zip(found, places, strict=True):
        again = read_capture(tmp_path / "own", place.file, place.offset)
        assert (again.url, again.body, again.fetched_at, again.headers) == (
            capture.url,
            wire.body,
            capture.fetched_at,
            capture.headers,
        )
        verify(tmp_path / "own", place.file, place.offset, place.digest)
    [file] = (tmp_path / "own").iterdir()
    assert Checker(Namespace(inputs=[str(file)], verbose=False)).process_all() == 0
    with file.open("rb") as stream:
        heads = [record.rec_headers for record in ArchiveIterator(stream)][1:]
    for head in heads:
        assert head.protocol == "WARC/1.1"
        assert head.headers[:3] == [
            ("X-Copied-From", SOURCE), ("X-Copied-Version", "WARC/1.1"), ("WARC-Date", "2025-04-01T12:00:00Z"),
        ]  # fmt: skip
        assert head.get_header("WARC-IP-Address") == "192.0.2.7"
    packed = file.read_bytes()
    for place in places:
        one = packed[place.offset : place.offset + place.length]
        # Decompressing also tests the check sum and the length.
        assert zlib.decompress(one, 16 + zlib.MAX_WBITS).endswith(b"\r\n\r\n")


@pytest.mark.parametrize("is_copied", [True, False])
@pytest.mark.parametrize("name", ["two\r\nlines: 1.warc.gz", "caf\udce9.warc.gz"])
def test_no_name_of_a_file_breaks_the_head(tmp_path: Path, name: str, is_copied: bool) -> None:
    [(capture, wire)] = in_file(tmp_path, member(1) if is_copied else member(1, pack=with_name))
    writer = WarcWriter(tmp_path / "own")
    place = writer.write_copy(capture.base_url, wire, capture.fetched_at, name, payload_digest(wire.body))
    writer.close()
    assert read_capture(tmp_path / "own", place.file, place.offset).body == wire.body
    with (tmp_path / "own" / place.file).open("rb") as stream:
        [_, record] = ArchiveIterator(stream)
        fields = dict(record.rec_headers.headers)
    assert fields["X-Copied-From"] in ("two lines: 1.warc.gz", "caf?.warc.gz")
    assert not {"lines", "1.warc.gz"} & fields.keys()


@pytest.mark.parametrize(
    "given_",
    [
        {"headers": (("Transfer-Encoding", "chunked"),), "text": b"5\r\nwords\r\n0\r\n\r\n"},
        {"headers": (("Content-Length", "7"),)},
        {"fields": {"WARC-Payload-Digest": "md5:98f6bcd4621d373cade4e832627b4f6b"}},
        {"fields": {"WARC-Block-Digest": payload_digest(b"another block")}},
        {"fields": {"WARC-Payload-Digest": payload_digest(b"another payload")}},
        {"fields": {"WARC-Segment-Number": "1"}, "text": b"<p>words</p></html>"},
        {"fields": {"WARC-Date": "long ago"}},
        {"pack": with_name},
        {"pack": lambda record: gzip.compress(b"") + gzip.compress(record)},
        {"pack": lambda record: record},
        {"change": lambda record: record + random.Random(1).randbytes(50_000)},
        {"change": lambda record: record.replace(b"blog.example/1", b"blog.example/1 \x1b]0;title\x07")},
        {"change": lambda record: record.replace(b"\r\nContent-Type: app", b"\r\nX: " + b"x" * 70_000 + b"\r\nContent-Type: app")},
    ],
    ids=[
        "sent in chunks", "another length", "another digest", "wrong block digest", "wrong payload digest", "a segment", "no date",
        "a name in the head of its member", "an empty member before it",
        "not packed", "more than a record in its member", "an address with a space and an escape sequence", "a long head",
    ],
)  # fmt: skip
def test_any_other_record_is_written_anew(tmp_path: Path, given_: dict[str, object]) -> None:
    [(capture, wire)] = in_file(tmp_path, member(1, **given_))  # type: ignore[arg-type]
    assert wire.member == b""
    [place] = copied(tmp_path, [(capture, wire)])
    again = read_capture(tmp_path / "own", place.file, place.offset)
    assert (again.url, again.body) == (capture.url, capture.body)
    verify(tmp_path / "own", place.file, place.offset, place.digest)


def test_a_file_in_one_piece_has_no_member_for_a_record(tmp_path: Path) -> None:
    plain = b"".join(member(number, pack=lambda record: record) for number in range(3))
    found = in_file(tmp_path, gzip.compress(plain, mtime=0))
    assert [wire.member for _, wire in found] == [b""] * 3


@pytest.mark.slow
def test_behind_damage_and_behind_a_film_records_are_copied_again(tmp_path: Path) -> None:
    film = random.Random(1).randbytes(2 * MAX_MEMBER_BYTES)
    damaged = member(2)[:-900] + bytes(900)
    found = in_file(tmp_path, member(0), member(1, text=film), damaged, member(3), member(4))
    numbers = {capture.url.partition("?")[0][-1]: bool(wire.member) for capture, wire in found}
    assert numbers == {"0": True, "1": False, "3": True, "4": True}


def test_damage_that_unpacks_to_the_right_length_is_no_page(tmp_path: Path) -> None:
    """Zeros repeat a piece of the text. Whether they give it the right length depends on the records' ids."""
    for number in range(100, 110):
        own = {"WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012}>"}
        damaged = member(2, fields=own)[:-300] + bytes(300)
        found = in_file(tmp_path, member(0, fields=own), damaged, member(3, fields=own))
        assert [capture.url.partition("?")[0][-1] for capture, _ in found] == ["0", "3"]


def test_a_payload_that_the_archive_holds_is_a_revisit(tmp_path: Path) -> None:
    same = body(1)
    found = in_file(tmp_path, member(1, text=same), member(2, text=same))
    copied(tmp_path, found)
    [file] = (tmp_path / "own").iterdir()
    with file.open("rb") as stream:
        kinds = [record.rec_type for record in ArchiveIterator(stream)]
    assert kinds == ["warcinfo", "response", "revisit"]


def test_a_copied_record_can_be_erased(tmp_path: Path) -> None:
    places = copied(tmp_path, in_file(tmp_path, member(1), member(2)))
    [file] = (tmp_path / "own").iterdir()
    assert eraser.erase(file, [(places[0].offset, places[0].length)], datetime(2025, 5, 1, tzinfo=UTC)) == 1
    assert read_capture(file.parent, file.name, places[1].offset).body == body(2)


@given(st.binary(), st.binary(max_size=3000), st.integers(0, 2**12))
def test_check_sums_are_joined(first: bytes, second: bytes, zeros: int) -> None:
    second += bytes(zeros)
    assert joined_crc32(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@given(st.lists(st.integers(1, 40), max_size=20), st.integers(1, 50))
def test_any_part_of_a_stream_is_remembered(lengths: list[int], size: int) -> None:
    data = random.Random(1).randbytes(sum(lengths))
    stream, at = Remembering(io.BytesIO(data)), 0
    for length in lengths:
        while stream.tell() < at + length:
            stream.read(size)
        assert stream.taken(at, length) == data[at : at + length]
        at += length
