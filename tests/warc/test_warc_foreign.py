"""WARC files that we did not write, and those of older versions of ours: written here byte by byte."""

from __future__ import annotations

import gzip
import os
import plistlib
import random
import re
import time
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import brotli
import pytest

from newsarchive.compression import zstd
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Capture
from newsarchive.warc import reader
from newsarchive.warc.reader import (
    MAX_BODY_BYTES,
    Damage,
    captures,
    exchanges,
    read_capture,
    read_exchange,
    verify,
)
from newsarchive.warc.writer import WarcWriter

PAGE = b"<!doctype html><title>Ferry</title><p>The night ferry returns to the old harbour.</p>" * 20


def response(
    number: int, body: bytes, *headers: str, date: str = "2025-04-01T12:00:00Z", version: str = "WARC/1.0"
) -> bytes:
    """A response record."""
    http = "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/html", *headers, "", ""]).encode() + body
    head = [
        version,
        "WARC-Type: response",
        f"WARC-Target-URI: http://blog.example/{number}",
        f"WARC-Date: {date}",
        f"WARC-Record-ID: <urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950{number}>",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(http)}",
        "",
        "",
    ]
    return "\r\n".join(head).encode() + http + b"\r\n\r\n"


def info(version: str = "WARC/1.0") -> bytes:
    block = b"software: another program\r\n"
    head = f"{version}\r\nWARC-Type: warcinfo\r\nWARC-Date: 2025-04-01T12:00:00Z\r\nContent-Length: {len(block)}\r\n\r\n"
    return head.encode() + block + b"\r\n\r\n"


def written(path: Path, records: Sequence[bytes], how: str = "a member a record") -> Path:
    if how == "plain":
        path.write_bytes(b"".join(records))
    elif how == "one member":
        path.write_bytes(gzip.compress(b"".join(records)))
    else:
        path.write_bytes(b"".join(gzip.compress(record) for record in records))
    return path


def read(path: Path) -> list[Capture | Damage]:
    return list(captures(path))


def bodies(path: Path) -> list[bytes | str]:
    return [found.body if isinstance(found, Capture) else found.problem for found in captures(path)]


def test_a_file_that_was_put_in_without_an_answer_is_read(tmp_path: Path) -> None:
    """`warcit` writes a folder of saved pages so; those that stand for no web address are left out."""
    records = [
        f"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: {uri}\r\nWARC-Date: 2025-04-01T12:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:0f8fad5b-d9cb-469f-a165-708677289501>\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(PAGE)}\r\n\r\n".encode()
        + PAGE
        + b"\r\n\r\n"
        for uri, kind in [
            ("http://blog.example/1", "text/html; charset=utf-8"),
            ("urn:thumbnail:http://blog.example/1", "image/png"),
            ("file:///home/ana/1.html", "text/html"),
        ]
    ]
    [found] = read(written(tmp_path / "x.warc.gz", [info(), *records]))
    assert isinstance(found, Capture)
    assert (found.url, found.status, found.body) == ("http://blog.example/1", 200, PAGE)
    assert found.headers == {"content-type": "text/html; charset=utf-8"}
    assert found.fetched_at == datetime(2025, 4, 1, 12, tzinfo=UTC)


CODED = [
    ("Content-Encoding: gzip", gzip.compress(PAGE, mtime=0)),
    ("Content-Encoding: br", brotli.compress(PAGE)),
    ("Content-Encoding: zstd", zstd.compress(PAGE)),
    ("Content-Encoding: gzip, br", brotli.compress(gzip.compress(PAGE, mtime=0))),
    ("Content-Encoding: gzip\r\nContent-Encoding: br", brotli.compress(gzip.compress(PAGE, mtime=0))),
    ("Content-Encoding: gzip", PAGE),
    ("Content-Encoding: br", PAGE),
    ("Content-Encoding: UTF-8", PAGE),
    ("Transfer-Encoding: br", brotli.compress(PAGE)),
    ("Transfer-Encoding: gzip\r\nContent-Encoding: br", gzip.compress(brotli.compress(PAGE), mtime=0)),
]


@pytest.mark.parametrize("how", ["plain", "a member a record", "one member"])
def test_every_coding_is_read(tmp_path: Path, how: str) -> None:
    records = [response(number, body, header) for number, (header, body) in enumerate(CODED)]
    path = written(tmp_path / "x.warc.gz", [info(), *records], how)
    assert bodies(path) == [PAGE] * len(CODED)
    assert all("content-encoding" not in c.headers for c in read(path) if isinstance(c, Capture))


def test_a_record_of_any_coding_has_the_digest_that_it_names(tmp_path: Path) -> None:
    """`doctor` compares the bytes as they came; what their coding makes of them is no matter of it."""
    for number, (header, body) in enumerate(CODED):
        fields = [tuple(line.split(": ")) for line in header.split("\r\n")]
        writer = WarcWriter(tmp_path / str(number))
        place = writer.write_response("http://blog.example/1", "HTTP/1.1 200 OK", fields, body)
        writer.close()
        verify(tmp_path / str(number), place.file, place.offset, place.digest)
        with pytest.raises(DatabaseUnavailable, match="the archive looks for sha1:A"):
            verify(tmp_path / str(number), place.file, place.offset, "sha1:A")


def test_a_record_of_an_older_version_of_ours_is_read_where_it_lies(tmp_path: Path) -> None:
    """It kept the coding in the header, and the transfer coding under another name."""
    first = response(1, PAGE, version="WARC/1.1")
    header = "Content-Encoding: br\r\nX-Archive-Orig-Transfer-Encoding: chunked"
    second = response(
        2, brotli.compress(PAGE), header, date="2025-04-01T12:00:00.250000Z", version="WARC/1.1"
    )
    path = written(tmp_path / "newsarchive-news-20250401-00001-0a0b.warc.gz", [first, second])
    capture = read_capture(tmp_path, path.name, len(gzip.compress(first)))
    assert (capture.url, capture.body) == ("http://blog.example/2", PAGE)
    assert read_capture([tmp_path / "elsewhere", tmp_path], path.name, len(gzip.compress(first))) == capture


@pytest.mark.slow
def test_what_cannot_be_decoded_is_reported_and_the_next_is_read(tmp_path: Path) -> None:
    records = [
        response(1, b"\x1f\x9d\x90" + bytes(range(50)), "Content-Encoding: compress"),
        response(2, gzip.compress(b"\0" * (70 * 2**20)), "Content-Encoding: gzip"),
        response(3, brotli.compress(b"\0" * (70 * 2**20), quality=1), "Content-Encoding: br"),
        response(4, PAGE),
    ]
    assert bodies(written(tmp_path / "x.warc", records, "plain")) == [
        "content coding 'compress' is not known",
        "a body longer than 67108864 bytes",
        "a body longer than 67108864 bytes",
        PAGE,
    ]


def test_damage_inside_a_member_of_several_records_is_told_once(tmp_path: Path) -> None:
    """The library counts a place inside such a member as one before it, where the reader began again without end."""
    several = response(2, PAGE).replace(b"WARC-Type: response", b"WARC-Type: metadata")
    several += response(3, b"\x1f\x8bno gzip", "Content-Encoding: gzip")
    path = written(tmp_path / "a.warc.gz", [response(1, PAGE), several, response(4, PAGE)])
    first, damage, last, *more = islice(captures(path), 9)
    assert isinstance(damage, Damage)
    assert damage.offset >= len(gzip.compress(response(1, PAGE)))
    assert [one.url for one in (first, last) if isinstance(one, Capture)] == [
        "http://blog.example/1",
        "http://blog.example/4",
    ]
    assert not more


@pytest.mark.slow
def test_header_lines_of_one_name_are_joined_once(tmp_path: Path) -> None:
    """400,000 lines, 2.4 MB, took minutes: each was joined to all before it."""
    path = written(tmp_path / "a.warc", [response(1, PAGE, *["a: b"] * 400_000)], "plain")
    began = time.process_time()
    (found,) = captures(path)
    assert time.process_time() - began < 15
    assert isinstance(found, Capture)
    assert len(found.headers["a"]) == 3 * 400_000 - 2


def test_a_record_that_claims_more_than_its_file_holds_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20,000 such records, 5 MB, took minutes: for each the rest of the file was read."""
    bodies: list[str] = []
    monkeypatch.setattr(reader, "raw_body", lambda record: bodies.append(record.rec_type) or b"")
    long = re.sub(rb"Content-Length: \d+", b"Content-Length: 1000000000", response(1, PAGE), count=1)
    found = read(written(tmp_path / "a.warc", [long] * 3 + [response(2, PAGE)], "plain"))
    assert [type(one) for one in found] == [Damage] * 3 + [Capture]
    assert [one.problem for one in found[:3]] == ["cut short"] * 3
    assert bodies == ["response"]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["one member", "a ZIP file"])
def test_a_file_in_one_piece_is_unpacked_once_whatever_is_damaged(tmp_path: Path, how: str) -> None:
    """8,000 damaged records, 10 KB in one piece, took minutes: for each the file was unpacked from its beginning."""
    records = [response(1, b"\x1f\x8bno gzip", "Content-Encoding: gzip")] * 8_000
    path = written(tmp_path / "a.warc.gz", records, "plain" if how == "a ZIP file" else how)
    if how == "a ZIP file":
        with zipfile.ZipFile(tmp_path / "a.wacz", "w", zipfile.ZIP_DEFLATED) as package:
            package.write(path, "archive/data.warc")
        path = tmp_path / "a.wacz"
    began = time.process_time()
    assert len(read(path)) == 8_000
    assert time.process_time() - began < 15


def test_a_package_that_was_cut_short_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("archive/data.warc", response(1, PAGE))
    path.write_bytes(path.read_bytes()[:-30])
    # Whatever words Python has for it.
    monkeypatch.setattr(zipfile.BadZipFile, "__str__", lambda error: "?", raising=False)
    assert list(map(str, exchanges(path))) == [
        "a.wacz: record at 0: cut short: it has no table of contents at its end"
    ]


@pytest.mark.parametrize(
    "date",
    ["2009-03-65T08:43:19-0800", "", "yesterday", "2009-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"],
    ids=lambda date: date or "empty",
)
def test_a_date_that_is_none_does_not_lose_the_record(tmp_path: Path, date: str) -> None:
    records = [
        info("WARC/0.18"),
        response(1, PAGE, date=date, version="WARC/0.18"),
        response(2, PAGE, version="WARC/0.18"),
    ]
    first, second = read(written(tmp_path / "clueweb.warc.gz", records))
    assert isinstance(first, Capture)
    assert isinstance(second, Capture)
    assert (first.fetched_at, first.body) == (None, PAGE)
    assert second.fetched_at is not None


@pytest.mark.parametrize(
    ("date", "day"), [("2016", (2016, 1, 1)), ("2016-05", (2016, 5, 1)), ("2016-05-09", (2016, 5, 9))]
)
def test_a_date_may_be_of_a_day_a_month_or_a_year(
    tmp_path: Path, date: str, day: tuple[int, int, int]
) -> None:
    (found,) = read(written(tmp_path / "a.warc.gz", [response(1, PAGE, date=date)]))
    assert isinstance(found, Capture)
    assert found.fetched_at == datetime(*day, tzinfo=UTC)


def test_a_file_gzipped_in_one_piece_is_read_to_its_damage(tmp_path: Path) -> None:
    pages = [random.Random(number).randbytes(50_000) for number in range(4)]
    records = [info(), *(response(number, page) for number, page in enumerate(pages))]
    path = written(tmp_path / "x.warc.gz", records, "one member")
    assert bodies(path) == pages
    path.write_bytes(path.read_bytes()[:-10_000])
    assert bodies(path)[:3] == pages[:3]
    assert [type(found) for found in captures(path)] == [Capture] * 3 + [Damage]


#: Words that all records have, as a dictionary of Archive Team's programs is trained on.
DICTIONARY = zstd.train_dict([response(number % 9, PAGE[number:]) for number in range(200)], 2_000)


def zstandard(path: Path, records: Sequence[bytes], how: str) -> Path:
    """A `.warc.zst` file (https://iipc.github.io/warc-specifications/specifications/warc-zstd/)."""
    dictionary = None if how == "no dictionary" else DICTIONARY
    held = zstd.compress(DICTIONARY.dict_content) if how == "a packed dictionary" else DICTIONARY.dict_content
    head = b"\x5d\x2a\x4d\x18" + len(held).to_bytes(4, "little") + held if dictionary else b""
    path.write_bytes(head + b"".join(zstd.compress(record, zstd_dict=dictionary) for record in records))
    return path


@pytest.mark.parametrize("how", ["no dictionary", "a dictionary", "a packed dictionary"])
def test_a_file_of_archive_team_is_read_to_its_damage(tmp_path: Path, how: str) -> None:
    pages = [PAGE, *(random.Random(number).randbytes(50_000) for number in range(3))]
    records = [info(), *(response(number, page) for number, page in enumerate(pages))]
    path = zstandard(tmp_path / "x.warc.zst", records, how)
    assert bodies(path) == pages
    path.write_bytes(path.read_bytes()[:-10_000])
    assert bodies(path)[:3] == pages[:3]
    assert [type(found) for found in captures(path)] == [Capture] * 3 + [Damage]


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (b"", "Dictionary mismatch"),
        (b"\x5d\x2a\x4d\x18\xff\xff\xff\xff", "a dictionary of 4,294,967,295 bytes"),
        (b"\x5d\x2a\x4d\x18\x05\x00\x00\x00\x28\xb5\x2f\xfd\xff", "Zstandard"),
        (b"\x5d\x2a\x4d\x18\x03\x00\x00\x00abc", "dictionary"),
    ],
)
def test_a_file_of_archive_team_without_its_dictionary_is_damaged(
    tmp_path: Path, head: bytes, problem: str
) -> None:
    path = tmp_path / "x.warc.zst"
    path.write_bytes(head + zstd.compress(response(1, PAGE), zstd_dict=DICTIONARY))
    (found,) = read(path)
    assert isinstance(found, Damage)
    assert problem in found.problem


def test_a_short_file_gzipped_in_one_piece_is_read_to_its_end(tmp_path: Path) -> None:
    path = written(tmp_path / "x.warc.gz", [response(number, PAGE) for number in range(4)], "one member")
    path.write_bytes(path.read_bytes()[:-20])
    assert bodies(path)[:3] == [PAGE] * 3
    assert [type(found) for found in captures(path)] == [Capture] * 3 + [Damage]


def test_a_single_record_in_one_member_is_no_file_in_one_piece(tmp_path: Path) -> None:
    path = written(tmp_path / "x.warc.gz", [response(1, PAGE)])
    (found,) = read(path)
    assert isinstance(found, Capture)
    assert found.place is not None
    assert (found.place.offset, found.place.length) == (0, path.stat().st_size)


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
        (CHUNKED, PAGE),
        ("Transfer-Encoding: Chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
        (CHUNKED, b"%x\r\n%b" % (len(PAGE) + 99, PAGE)),
        (CHUNKED + "\r\nContent-Encoding: gzip", gzip.compress(PAGE, mtime=0)),
        (
            "Transfer-Encoding: gzip, chunked",
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(gzip.compress(PAGE, mtime=0)), gzip.compress(PAGE, mtime=0)),
        ),
        (
            CHUNKED + "\r\nContent-Encoding: gzip",
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(gzip.compress(PAGE, mtime=0)), gzip.compress(PAGE, mtime=0)),
        ),
    ],
    ids=["chunks", "none", "capital", "cut short", "gzip without chunks", "transfer gzip", "gzip in chunks"],
)
def test_a_body_marked_chunked_is_read_with_chunks_or_without(
    tmp_path: Path, header: str, body: bytes
) -> None:
    assert bodies(written(tmp_path / "x.warc.gz", [response(1, body, header), response(2, PAGE)])) == [
        PAGE,
        PAGE,
    ]


@pytest.mark.parametrize(
    ("header", "at"),
    [
        ("X-Archive-Memento-Datetime: Wed, 01 Apr 2020 12:00:00 GMT", datetime(2020, 4, 1, 12, tzinfo=UTC)),
        ("Memento-Datetime: Wed, 01 Apr 2020 12:00:00 GMT", datetime(2020, 4, 1, 12, tzinfo=UTC)),
        ("Memento-Datetime: last spring", datetime(2025, 4, 1, 12, tzinfo=UTC)),
        ("Last-Modified: Wed, 01 Apr 2020 12:00:00 GMT", datetime(2025, 4, 1, 12, tzinfo=UTC)),
    ],
)
def test_a_page_out_of_a_web_archive_was_fetched_when_that_archive_fetched_it(
    header: str, at: datetime, tmp_path: Path
) -> None:
    """As cdx_toolkit 0.9 writes it: WARC-Date is the day on which the page was taken out of the web archive."""
    [capture] = read(written(tmp_path / "taken.warc.gz", [response(1, PAGE, header)]))
    assert isinstance(capture, Capture)
    assert (capture.url, capture.fetched_at) == ("http://blog.example/1", at)


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://web.archive.org/web/20150102030405/http://blog.example/a", b'<a href="/web/20150102030405/http://blog.example/b">B</a>'),
        ("https://web.archive.org/web/20150102030405id_/http://blog.example/a", b'<a href="http://blog.example/b">B</a>'),
        ("http://localhost:8080/blogs/20150102030405mp_/http://blog.example/a", b'<a href="http://localhost:8080/blogs/20150102030405/http://blog.example/b">B</a>'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["response", "resource"])
def test_a_page_that_was_taken_out_of_a_web_archive_by_a_crawler_is_the_page_that_it_was(
    kind: str, url: str, body: bytes, tmp_path: Path
) -> None:
    """As `wget --warc-file` writes it: its address is that of the web archive. So it is read in the file, and in our copy."""
    record = response(1, body).replace(b"http://blog.example/1", url.encode())
    if kind == "resource":
        head = f"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: {url}\r\nContent-Type: text/html\r\n"
        record = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n\r\n"
    [(page, wire)] = [
        found for found in exchanges(written(tmp_path / "x.warc.gz", [record])) if isinstance(found, tuple)
    ]
    writer = WarcWriter(tmp_path)
    place = writer.write_copy(page.base_url, wire, page.fetched_at, "x.warc.gz")
    again, kept = read_exchange(tmp_path, place.file, place.offset)
    for one in (page, again):
        assert (one.url, one.fetched_at) == (
            "http://blog.example/a",
            datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC),
        )
        assert one.body == b'<a href="http://blog.example/b">B</a>'
    assert kept.body == wire.body == body
    writer.close()


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b'<p class="code shift red">Got an HTTP 302 response at crawl time</p>', 302),
        (b"<p>The page said: Got an HTTP 302 response at crawl time</p>", 200),
    ],
)
def test_a_redirect_that_a_web_archive_shows_as_a_page_is_a_redirect(
    said: bytes, status: int, tmp_path: Path
) -> None:
    url = b"https://web.archive.org/web/20150102030405/http://blog.example/1"
    record = response(1, said).replace(b"http://blog.example/1", url)
    [found] = read(written(tmp_path / "x.warc.gz", [record]))
    assert isinstance(found, Capture)
    assert (found.url, found.status) == ("http://blog.example/1", status)


def arc(*pages: tuple[str, bytes]) -> list[bytes]:
    """The records of an ARC file (https://archive.org/web/researcher/ArcFileFormat.php)."""
    about = b"1 0 Another Crawler\nURL IP-address Archive-date Content-type Archive-length\n"
    records = [b"filedesc://x.arc 0.0.0.0 20080501120000 text/plain %d\n%b\n" % (len(about), about)]
    for url, body in pages:
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
        head = f"{url} 192.0.2.1 20080501120001 text/html {len(answer)}\n"
        records.append(head.encode() + answer + b"\n")
    return records


@pytest.mark.parametrize("how", ["a member a record", "plain", "one member"])
def test_an_arc_file_is_read(how: str, tmp_path: Path) -> None:
    records = arc(
        ("dns:blog.example", b"192.0.2.1"), ("http://blog.example/1", PAGE), ("http://blog.example/2", PAGE)
    )
    pages = [
        found for found in read(written(tmp_path / "x.arc.gz", records, how)) if isinstance(found, Capture)
    ]
    assert [(one.url, one.body) for one in pages] == [
        (f"http://blog.example/{number}", PAGE) for number in (1, 2)
    ]
    assert {one.fetched_at for one in pages} == {datetime(2008, 5, 1, 12, 0, 1, tzinfo=UTC)}


def test_behind_damage_the_next_record_of_an_arc_file_is_found(tmp_path: Path) -> None:
    members = [
        gzip.compress(record)
        for record in arc(*[(f"http://blog.example/{n}", PAGE + bytes([48 + n])) for n in range(4)])
    ]
    members[2] = members[2][:30] + b"damaged" + members[2][37:]
    path = tmp_path / "x.arc.gz"
    path.write_bytes(b"".join(members))
    found = read(path)
    assert [one.url for one in found if isinstance(one, Capture)] == [
        f"http://blog.example/{n}" for n in (0, 2, 3)
    ]
    assert any(isinstance(one, Damage) for one in found)


@pytest.mark.parametrize(
    "text",
    [
        b"a line of five words here\nand more\n",
        b"http://blog.example/1 192.0.2.1 20080501120001 text/html 9\nHTTP/1.1 2",
    ],
)
def test_a_file_that_does_not_begin_as_an_arc_file_is_none(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.arc"
    path.write_bytes(text)
    assert [type(found) for found in read(path)] == [Damage]


SINGLE_FILE = b"<!DOCTYPE html> <html lang=en><!--\n Page saved with SingleFile \n url: http://blog.example/1 \n saved date: Fri May 02 2025 10:00:00 GMT+0000 (UTC)\n-->"


@pytest.mark.parametrize(
    ("data", "url", "moment"),
    [
        (SINGLE_FILE + PAGE, "http://blog.example/1", datetime(2025, 5, 2, 10, tzinfo=UTC)),
        (
            b"From: <Saved by Blink>\nSnapshot-Content-Location: http://blog.example/1\nDate: Fri, 2 May 2025 10:00:00 +0000\n"
            b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n<p>Ferry</p>\n--x--\n",
            "http://blog.example/1",
            datetime(2025, 5, 2, 10, tzinfo=UTC),
        ),
        (b'<html><link rel="canonical" href="http://blog.example/1">' + PAGE, "http://blog.example/1", datetime(2025, 4, 1, tzinfo=UTC)),
        (
            b'<!-- made by hand --><!---->\n<!-- a > b --><html><link rel="canonical" href="http://blog.example/1">' + PAGE,
            "http://blog.example/1",
            datetime(2025, 4, 1, tzinfo=UTC),
        ),
        (
            b'<html><link rel="canonical" href="https://web.archive.org/web/20150102030405/http://blog.example/1">' + PAGE,
            "http://blog.example/1",
            datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
        (
            b"From: <Saved by Blink>\nSnapshot-Content-Location: file:///C:/page.html\nDate: Fri, 2 May 2025 10:00:00 +0000\n"
            b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n"
            b'<link rel="canonical" href="http://blog.example/1"><p>Ferry</p>\n--x--\n',
            "http://blog.example/1",
            datetime(2025, 5, 2, 10, tzinfo=UTC),
        ),
    ],
    ids=["SingleFile", "MHTML", "a mirror", "behind comments", "saved from a web archive", "saved from a disk"],
)  # fmt: skip
def test_a_saved_page_is_read_as_a_file_of_its_own(
    data: bytes, url: str, moment: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(data)
    os.utime(path, (datetime(2025, 4, 1, tzinfo=UTC).timestamp(),) * 2)
    [capture] = read(path)
    assert isinstance(capture, Capture)
    assert (capture.url, capture.fetched_at) == (url, moment)
    assert capture.content_type.startswith("text/html")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<!DOCTYPE html><html><p>Ferry", "does not state its address"),
        (b"<?xml version='1.0'?><rss></rss>", "neither a record nor a saved page"),
        (b"{}", "neither a record nor a saved page"),
        (
            plistlib.dumps(
                {"WebMainResource": {"WebResourceData": "Ferry", "WebResourceURL": "http://blog.example/1"}}
            ),
            "neither a record nor a saved page",
        ),
        (
            b"<!---->" * 1000 + b"Ferry",
            "neither a record nor a saved page",
        ),  # once took longer than anybody waits
        (
            b'<html><link rel="canonical" href="http://blog.example/1">' + b" " * MAX_BODY_BYTES,
            "a body longer than 67108864 bytes",
        ),
    ],
    ids=["no address", "XML", "JSON", "a property list with another page", "comments", "longer than is read"],
)
def test_what_is_no_saved_page_is_told(data: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(data)
    [found] = read(path)
    assert isinstance(found, Damage)
    assert problem in found.problem


@pytest.mark.parametrize(
    ("folder", "moment"),
    [
        ("20150102030405/blog.example/1", datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("blog.example/20150102030405/1", datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("20159999999999/blog.example/1", datetime(2025, 4, 1, tzinfo=UTC)),
        ("2015/01/02/1", datetime(2025, 4, 1, tzinfo=UTC)),
    ],
)
def test_a_folder_may_say_when_a_page_was_captured(folder: str, moment: datetime, tmp_path: Path) -> None:
    """waybackpack and wayback-machine-downloader name a folder after the moment of each capture."""
    path = tmp_path / folder / "index.html"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'<html><link rel="canonical" href="http://blog.example/1">' + PAGE)
    os.utime(path, (datetime(2025, 4, 1, tzinfo=UTC).timestamp(),) * 2)
    [capture] = read(path)
    assert isinstance(capture, Capture)
    assert capture.fetched_at == moment


HALF = b"<!doctype html><html><body><p>The night ferry returns to the"


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        (
            HALF,
            "WARC-Truncated: length",
            "half a page: the program that wrote it cut it (WARC-Truncated: length)",
        ),
        (HALF, "WARC-Segment-Number: 1", "half a page: it goes on in another record (WARC-Segment-Number)"),
        (HALF + b" harbour.</body></html>\n<!-- cached -->\n", "WARC-Truncated: length", ""),
        (HALF, "WARC-Warcinfo-ID: <urn:uuid:1>", ""),
    ],
    ids=["cut", "in segments", "cut behind its end", "not cut"],
)
def test_half_a_page_is_no_page(body: bytes, field: str, problem: str, tmp_path: Path) -> None:
    record = response(1, body).replace(b"WARC-Type", field.encode() + b"\r\nWARC-Type")
    first, second = read(written(tmp_path / "x.warc.gz", [record, response(2, PAGE)]))
    assert (first.problem if isinstance(first, Damage) else "") == problem
    assert isinstance(second, Capture)
    assert second.place is not None


def test_a_film_that_was_cut_is_no_damage(tmp_path: Path) -> None:
    record = (
        response(1, b"\x00" * 99)
        .replace(b"WARC-Type", b"WARC-Truncated: length\r\nWARC-Type")
        .replace(b"text/html", b"video/mp4")
    )
    [found] = read(written(tmp_path / "x.warc", [record], "plain"))
    assert isinstance(found, Capture)


@pytest.mark.slow
@pytest.mark.parametrize(
    "head",
    [b"WARC/1.0\r\nX-Name: ", b"WARC/1.0\r\n" + b"X-Name: a\r\n" * 500_000, b"\0"],
    ids=["a field", "many fields", "no field"],
)
@pytest.mark.parametrize("is_package", [False, True], ids=["gzip", "WACZ"])
def test_a_head_without_end_costs_its_record(head: bytes, is_package: bool, tmp_path: Path) -> None:
    """The library puts lines together piece by piece, in time that grows with the square of their length."""
    bomb = head + b"\0" * (16 << 20)
    path = tmp_path / "bomb.warc.gz"
    path.write_bytes(gzip.compress(bomb, 1) + gzip.compress(response(1, PAGE)))
    if is_package:
        package = tmp_path / "bomb.wacz"
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("archive/bomb.warc", bomb)
            made.write(path, "archive/data.warc.gz")
        path = package
    found = list(captures(path))
    problems = {one.problem for one in found if isinstance(one, Damage)}
    assert "its head is too long" in problems
    assert [one.url for one in found if isinstance(one, Capture)] == ["http://blog.example/1"]


def test_a_revisit_of_no_address_is_told(tmp_path: Path) -> None:
    head = b"WARC/1.0\r\nWARC-Type: revisit\r\nWARC-Date: 2025-05-01T10:00:00Z\r\nContent-Type: application/http\r\n"
    answer = b"HTTP/1.1 200 OK\r\n\r\n"
    record = head + f"Content-Length: {len(answer)}\r\n\r\n".encode() + answer + b"\r\n\r\n"
    told, page = read(written(tmp_path / "x.warc.gz", [record, response(2, PAGE)]))
    assert isinstance(told, Damage)
    assert told.problem == "its head has no address"
    assert isinstance(page, Capture)
