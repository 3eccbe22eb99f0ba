"""WARC files: the bytes as they came, readable by any tool, whole after a kill, damaged ones read on."""

from __future__ import annotations

import gzip
import io
import os
import random
import signal
import subprocess
import sys
import zlib
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Capture, Place
from newsarchive.warc import writer as writer_module
from newsarchive.warc.files import all_files, locate
from newsarchive.warc.reader import MAX_BODY_BYTES, Damage, captures, read_capture
from newsarchive.warc.writer import Original, WarcWriter, member, payload_digest, recover

AT = datetime(2025, 4, 1, 12, 0, 0, 250_000, UTC)
HTML = [("Content-Type", "text/html; charset=windows-874"), ("Server", "caf\xe9")]


def page(number: int, size: int = 3000) -> bytes:
    """A page that does not compress, the same for the same number."""
    return f"<p>Page {number}</p>".encode() + random.Random(number).randbytes(size)


def write(writer: WarcWriter, number: int, body: bytes | None = None, **options: object) -> Place:
    url = f"https://blog.example/{number}?a=b&c=d"
    asked = [("Host", "blog.example"), ("User-Agent", "newsarchive")]
    given_ = page(number) if body is None else body
    return writer.write_response(
        url, "HTTP/1.1 200 OK", HTML, given_, request_headers=asked, fetched_at=AT, **options
    )  # type: ignore[arg-type]


def check(*paths: Path) -> int:
    """warcio's own checker over the digests of every record."""
    return int(Checker(Namespace(inputs=[str(p) for p in paths], verbose=False)).process_all())


def records(path: Path) -> list[tuple[str, str]]:
    with path.open("rb") as stream:
        return [
            (r.rec_type, r.rec_headers.get_header("WARC-Target-URI") or "") for r in ArchiveIterator(stream)
        ]


def test_a_capture_comes_back_as_it_was_written(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "news")
    place = write(writer, 1)
    for _ in ("while the file is open", "when it has its name"):
        capture = read_capture(tmp_path, place.file, place.offset)
        assert (capture.url, capture.body, capture.status) == ("https://blog.example/1?a=b&c=d", page(1), 200)
        assert capture.headers == {"content-type": "text/html; charset=windows-874", "server": "café"}
        assert capture.fetched_at == AT
        writer.close()


@pytest.mark.parametrize(
    "what", [Path.unlink, lambda path: path.rename(path.with_suffix(".away"))], ids=["deleted", "moved"]
)
@pytest.mark.parametrize("then", [lambda writer: write(writer, 2), WarcWriter.close], ids=["write", "close"])
def test_a_file_that_is_taken_away_is_no_success(
    tmp_path: Path, what: Callable[[Path], object], then: Callable[[WarcWriter], object]
) -> None:
    writer = WarcWriter(tmp_path, "news")
    what(locate(tmp_path, write(writer, 1).file))
    with pytest.raises(DatabaseUnavailable, match="was deleted or moved while the crawl wrote it"):
        then(writer)
    place = write(writer, 3)  # into a new file
    assert read_capture(tmp_path, place.file, place.offset).body == page(3)
    writer.close()


def test_warcio_finds_every_record_and_digest_right(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "news")
    places = [write(writer, number) for number in range(3)]
    writer.close()
    (path,) = tmp_path.iterdir()
    assert check(path) == 0
    exchange = [
        ("response", "https://blog.example/{}?a=b&c=d"),
        ("request", "https://blog.example/{}?a=b&c=d"),
    ]
    assert records(path) == [("warcinfo", ""), *((t, u.format(n)) for n in range(3) for t, u in exchange)]
    assert [c.place for c in captures(path) if isinstance(c, Capture)] == places


def test_the_body_is_kept_as_it_came_from_the_wire(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path)
    wire = gzip.compress(b"<p>Hello</p>" * 100)
    headers = [
        ("Content-Type", "text/html"),
        ("Content-Encoding", "gzip"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "99999"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    ]
    place = writer.write_response("https://blog.example/z", "HTTP/1.1 200 OK", headers, wire, fetched_at=AT)
    writer.close()
    with (tmp_path / place.file).open("rb") as stream:
        stream.seek(place.offset)
        record = next(iter(ArchiveIterator(stream)))
        assert record.raw_stream.read() == wire
        names = [name for name, _ in record.http_headers.headers]
    assert "X-Archive-Orig-Transfer-Encoding" in names
    assert "X-Archive-Orig-Content-Length" in names
    capture = read_capture(tmp_path, place.file, place.offset)
    assert capture.body == b"<p>Hello</p>" * 100
    assert capture.headers["set-cookie"] == "a=1, b=2"


@pytest.mark.slow
@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 3))
@settings(max_examples=200)
def test_a_record_with_a_packed_body_is_one_gzip_member(head: bytes, packed: int, blocks: int) -> None:
    """A stored block of deflate has 65,535 bytes at most; a body may take several."""
    record = head + random.Random(packed).randbytes(packed + 65_535 * blocks)
    held = member(record, packed + 65_535 * blocks)
    assert gzip.decompress(held) == record
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert unpack.decompress(held + b"the next") == record
    assert unpack.unused_data == b"the next"


def coded(coding: str, body: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", "text/html"), ("Content-Encoding", coding), ("Content-Length", str(len(body)))]


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br, gzip", "identity", ""])
def test_a_body_that_came_packed_is_not_packed_again(tmp_path: Path, coding: str) -> None:
    plain = b"<p>A page with words that come back: words, words, words.</p>" * 200
    is_packed = "gzip" in coding.lower()
    body = gzip.compress(plain, mtime=0) if is_packed else plain
    writer = WarcWriter(tmp_path, "news")
    place = writer.write_response(
        "https://blog.example/1", "HTTP/1.1 200 OK", coded(coding, body), body, fetched_at=AT
    )
    writer.close()
    (path,) = tmp_path.iterdir()
    assert check(path) == 0
    held = path.read_bytes()[place.offset : place.offset + place.length]
    assert (body in held) == is_packed
    assert len(held) < len(body) + 700  # the headers of the record and of the answer
    with path.open("rb") as stream:
        stream.seek(place.offset)
        assert next(iter(ArchiveIterator(stream))).raw_stream.read() == body


def test_behind_damage_the_next_record_is_found_and_no_packed_body_taken_for_one(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "news")
    places = []
    for number in range(4):
        body = gzip.compress(page(number, 3000), mtime=0)  # begins as a gzip member does
        url = f"https://blog.example/{number}"
        places.append(writer.write_response(url, "HTTP/1.1 200 OK", coded("gzip", body), body, fetched_at=AT))
    writer.close()
    (path,) = tmp_path.iterdir()
    held = bytearray(path.read_bytes())
    held[places[1].offset + 20 : places[1].offset + 40] = bytes(20)
    path.write_bytes(held)
    found = list(captures(path))
    assert [one.body for one in found if isinstance(one, Capture)] == [page(n, 3000) for n in (0, 2, 3)]
    assert [one.offset for one in found if isinstance(one, Damage)] == [places[1].offset]


def test_an_unchanged_payload_is_a_revisit_that_leads_to_its_original(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path)
    first = write(writer, 1)
    second = write(writer, 2, page(1))
    writer.close()
    assert [kind for kind, _ in records(tmp_path / first.file)].count("revisit") == 1
    assert (first.digest, second.digest) == (payload_digest(page(1)),) * 2
    assert second.length < 600
    asked = []

    def resolve(digest: str, uri: str, date: str) -> tuple[Path, int]:
        asked.append((digest, uri, date))
        return tmp_path / first.file, first.offset

    capture = read_capture(tmp_path, second.file, second.offset, resolve)
    assert (capture.url, capture.body) == ("https://blog.example/2?a=b&c=d", page(1))
    assert asked == [(first.digest, "https://blog.example/1?a=b&c=d", "2025-04-01T12:00:00.250000Z")]
    with pytest.raises(DatabaseUnavailable, match=r"a revisit of .* which is not in the archive"):
        read_capture(tmp_path, second.file, second.offset)
    assert check(tmp_path / first.file) == 0


def test_payloads_of_earlier_crawls_are_asked_for(tmp_path: Path) -> None:
    earlier = Original("https://blog.example/old", AT - timedelta(days=9))
    writer = WarcWriter(tmp_path, known=lambda digest: earlier if digest == payload_digest(page(1)) else None)
    place = write(writer, 1)
    write(writer, 2)
    writer.close()
    assert [kind for kind, _ in records(tmp_path / place.file)] == [
        "warcinfo", "revisit", "request", "response", "request",
    ]  # fmt: skip


def test_short_payloads_are_written_again(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path)
    places = [write(writer, number, b"") for number in range(2)]
    writer.close()
    assert [read_capture(tmp_path, p.file, p.offset).body for p in places] == [b"", b""]


def test_files_are_rolled_by_size(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "a/b c", max_bytes=10_000)
    places = [write(writer, number) for number in range(9)]
    writer.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 5
    assert all(path.name.startswith("a-b-c-") and path.stat().st_size <= 10_000 for path in files)
    assert check(*files) == 0
    assert [read_capture(tmp_path, p.file, p.offset).body for p in places] == [page(n) for n in range(9)]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=2000),
    st.lists(st.tuples(st.from_regex(r"[A-Za-z-]{1,12}", fullmatch=True), st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=20)), max_size=5),
)  # fmt: skip
def test_any_body_and_headers_can_be_written(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, headers: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    writer = WarcWriter(folder)
    safe = [
        (name, value)
        for name, value in headers
        if name.lower() not in ("content-encoding", "transfer-encoding")
    ]
    place = writer.write_response("https://blog.example/", "HTTP/1.1 200 OK", safe, body, fetched_at=AT)
    writer.close()
    assert read_capture(folder, place.file, place.offset).body == body
    assert check(folder / place.file) == 0


# -- kills and full disks ----------------------------------------------------------------------

CRAWL = """
import sys
sys.path.insert(0, ".")
from newsarchive.warc.writer import WarcWriter
from tests.warc.test_warc import write
writer = WarcWriter(sys.argv[1], max_bytes=200_000)
for number in range(100_000):
    place = write(writer, number)
    print(place.file, place.offset, number, flush=True)
"""


@pytest.mark.slow
def test_a_killed_crawl_leaves_files_that_can_be_read(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CRAWL, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    # After these lines the crawl is at work: more than one file may be written.
    before = [process.stdout.readline() for _ in range(60)]
    assert recover(tmp_path) == []  # the crawl is alive: its file is left alone
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate(timeout=300)
    written = [line.split() for line in (*before, *out.splitlines(keepends=True)) if line.endswith("\n")]
    assert written
    for file, offset, number in written[-20:]:
        assert read_capture(tmp_path, file, int(offset)).body == page(int(number))
    assert len(recover(tmp_path)) == 1
    assert check(*tmp_path.glob("*.warc.gz")) == 0
    assert not list(tmp_path.glob("*.open"))
    for file, offset, number in written[-20:]:
        assert read_capture(tmp_path, file, int(offset)).body == page(int(number))


def test_a_half_record_at_the_end_is_cut_off(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path)
    places = [write(writer, number) for number in range(3)]
    writer.close()
    path = tmp_path / places[0].file
    whole = path.read_bytes()
    path.unlink()
    path.with_name(path.name + ".open").write_bytes(whole[: places[2].offset + 100])
    assert recover(tmp_path) == [path]
    assert path.stat().st_size == places[2].offset
    assert check(path) == 0


class FullDisk(io.BytesIO):
    """A file that takes 4000 bytes and no more."""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return super().write(bytes(data)[: max(0, 4000 - self.tell())])


def test_a_full_disk_leaves_whole_records(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path)
    write(writer, 1)
    disk = FullDisk((tmp_path / (writer._name + ".open")).read_bytes())
    disk.seek(writer._at)
    assert writer._file is not None
    disk.fileno = writer._file.fileno  # type: ignore[method-assign]  # the file that was not moved
    opened = writer._file  # closed at the end of the test
    writer._file = disk
    with pytest.raises(
        DatabaseUnavailable, match="cannot be written: the disk is full; free some space and run again"
    ):
        write(writer, 2)
    opened.close()
    left = disk.getvalue()
    (tmp_path / "left.warc.gz").write_bytes(left)
    assert check(tmp_path / "left.warc.gz") == 0
    assert len(list(captures(tmp_path / "left.warc.gz"))) == 1


def test_a_file_without_a_record_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk each crawl would leave an empty one."""
    writer = WarcWriter(tmp_path)

    def full(data: bytes) -> None:
        raise DatabaseUnavailable("the disk is full")

    monkeypatch.setattr(writer, "_write", full)
    with pytest.raises(DatabaseUnavailable):
        write(writer, 1)
    [left] = tmp_path.iterdir()
    assert left.name.endswith(".open")
    writer.close()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.warc.gz.open").write_bytes(b"")  # of a crawl that was killed on a full disk
    assert recover(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_files_of_one_second_have_names_in_the_order_in_which_they_were_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crawl that was killed is begun again at once, and the ends of names are random."""
    ends = iter(["ff", "00"])
    monkeypatch.setattr(writer_module.secrets, "token_hex", lambda size: next(ends))
    begun = []
    for part_of_second in (0.1, 0.9):
        with time_machine.travel(1_745_000_000 + part_of_second, tick=False):
            write(writer := WarcWriter(tmp_path, "news"), 1)
            writer.close()
        begun += sorted({file.name for file in tmp_path.iterdir()} - set(begun))
    assert begun == sorted(begun)
    assert len(begun) == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailable, match="no WARC file can be written there"):
        write(WarcWriter(tmp_path / "file" / "warc"), 1)


# -- damage and foreign files --------------------------------------------------------------------


def numbers(path: Path) -> tuple[list[int], list[Damage]]:
    found = list(captures(path))
    good = [int(c.url.split("/")[3].split("?")[0]) for c in found if isinstance(c, Capture)]
    return good, [d for d in found if isinstance(d, Damage)]


@pytest.fixture
def five(tmp_path: Path) -> tuple[Path, list[Place]]:
    writer = WarcWriter(tmp_path)
    places = [write(writer, number) for number in range(5)]
    writer.close()
    return tmp_path / places[0].file, places


@pytest.mark.parametrize("where", [2, 30, 200, 1500], ids=lambda where: f"{where} bytes into the record")
def test_a_damaged_record_is_reported_and_the_next_is_read(
    five: tuple[Path, list[Place]], where: int
) -> None:
    path, places = five
    data = bytearray(path.read_bytes())
    for i in range(8):
        data[places[2].offset + where + i] ^= 0x5A
    path.write_bytes(data)
    good, damaged = numbers(path)
    assert good == [0, 1, 3, 4]
    assert [(d.file, d.offset) for d in damaged] == [(path.name, places[2].offset)]


def test_a_truncated_file_is_read_to_its_last_whole_record(five: tuple[Path, list[Place]]) -> None:
    path, places = five
    path.write_bytes(path.read_bytes()[: places[4].offset + 700])
    good, damaged = numbers(path)
    assert good == [0, 1, 2, 3]
    assert [d.offset for d in damaged] == [places[4].offset]
    assert "cut short" in str(damaged[0])


def test_a_hole_in_the_file_costs_what_stood_there(five: tuple[Path, list[Place]]) -> None:
    path, places = five
    data = path.read_bytes()
    path.write_bytes(data[: places[1].offset + 50] + b"\0" * 500 + data[places[3].offset :])
    good, damaged = numbers(path)
    assert good == [0, 3, 4]
    assert len(damaged) >= 1


def foreign(path: Path, compress: bool, uri: str = "{}") -> None:
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=compress)
        for number in range(4):
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            url = uri.format(f"https://blog.example/{number}")
            body = b"" if number == 3 else page(number)
            writer.write_record(
                writer.create_warc_record(url, "response", io.BytesIO(body), http_headers=http)
            )
            writer.write_record(writer.create_warc_record(url, "metadata", io.BytesIO(b"fetchTimeMs: 3\r\n")))
        writer.write_record(writer.create_warc_record("dns:blog.example", "response", io.BytesIO(b"1.2.3.4")))


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("uri", ["{}", "<{}>"], ids=["plain URI", "wget's angle brackets"])
def test_files_of_other_tools_are_read(tmp_path: Path, compress: bool, uri: str) -> None:
    path = tmp_path / "other.warc"
    foreign(path, compress, uri)
    assert numbers(path) == ([0, 1, 2, 3], [])
    bodies = [c.body for c in captures(path) if isinstance(c, Capture)]
    assert bodies == [page(0), page(1), page(2), b""]


def test_a_damaged_plain_file_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "other.warc"
    foreign(path, compress=False)
    data = path.read_bytes()
    second = data.index(b"https://blog.example/1")
    start = data.rindex(b"WARC/1.0", 0, second)
    path.write_bytes(data[:start] + b"XXXX" + data[start + 4 :])
    good, damaged = numbers(path)
    assert good == [0, 2, 3]
    assert len(damaged) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"not a warc file at all\r\n" * 50, random.Random(5).randbytes(5000)],
    ids=["empty", "text", "noise"],
)
def test_what_is_no_warc_file_is_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(content)
    found = list(captures(path))
    assert all(isinstance(item, Damage) for item in found)
    assert len(found) == (1 if content else 0)


@pytest.mark.slow
def test_a_body_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path)
    bomb = gzip.compress(b"\0" * (MAX_BODY_BYTES + 10))
    place = writer.write_response(
        "https://blog.example/b", "HTTP/1.1 200 OK", [("Content-Encoding", "gzip")], bomb
    )
    write(writer, 1)
    writer.close()
    found = list(captures(tmp_path / place.file))
    assert [type(item) for item in found] == [Damage, Capture]
    assert "longer than" in str(found[0])


def test_what_is_not_there_is_named(five: tuple[Path, list[Place]]) -> None:
    path, places = five
    with pytest.raises(DatabaseUnavailable, match=r"none\.warc\.gz"):
        read_capture(path.parent, "none.warc.gz", 0)
    with pytest.raises(DatabaseUnavailable, match="record at"):
        read_capture(path.parent, path.name, places[1].offset + 7)
    with pytest.raises(DatabaseUnavailable, match="no response"):
        read_capture(path.parent, path.name, 0)
    assert locate(path.parent, path.name) == path


def test_another_record_than_the_archive_looks_for_is_not_read(five: tuple[Path, list[Place]]) -> None:
    """Files that were mixed up, or an offset of another one, must give no page under another's address."""
    path, places = five
    one, other = places[0], places[1]
    read_capture(path.parent, path.name, one.offset, digest=one.digest)
    with pytest.raises(DatabaseUnavailable, match=f"it holds {other.digest}, and the archive looks for"):
        read_capture(path.parent, path.name, other.offset, digest=one.digest)


@pytest.mark.parametrize("name", ["../secret.html", "{folder}/secret.html", "warc/../../secret.html"])
def test_the_name_of_a_warc_file_leads_to_no_other_folder(name: str, tmp_path: Path) -> None:
    """An archive that somebody else made may name any file of this machine as that with its bytes."""
    (tmp_path / "secret.html").write_text("<html><p>A saved page</p></html>")
    folder = tmp_path / "archive"
    folder.mkdir()
    assert locate(folder, name.format(folder=tmp_path)) == folder / "secret.html"


def test_a_file_that_another_spider_begins_is_not_taken_for_one_that_was_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two spiders of a script begin at the same time: one looks for files of killed crawls when the other has made its own."""
    real = writer_module.hold

    def meanwhile(file: BinaryIO) -> bool:
        monkeypatch.setattr(writer_module, "hold", real)
        assert recover(tmp_path) == []
        return real(file)

    monkeypatch.setattr(writer_module, "hold", meanwhile)
    writer = WarcWriter(tmp_path, "news")
    writer.write_response("https://blog.example/", "HTTP/1.1 200 OK", [], b"a page")
    assert recover(tmp_path) == []
    writer.close()
    [file] = tmp_path.iterdir()
    assert file.name.endswith(".warc.gz")


@pytest.mark.parametrize("held", [True, False])
def test_a_file_that_another_process_names_at_the_same_time_keeps_no_other_from_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    """Two spiders begin at the same time, and both find what a killed crawl left."""
    first, second = (tmp_path / f"news-{number}.warc.gz{writer_module.OPEN}" for number in (1, 2))
    for path in (first, second):
        path.write_bytes(writer_module.warcinfo("news"))
    glob = Path.glob

    def meanwhile(folder: Path, pattern: str) -> list[Path]:
        found = list(glob(folder, pattern))
        first.rename(first.with_suffix(""))
        return found

    def later(file: BinaryIO) -> bool:
        if first.exists():
            first.rename(first.with_suffix(""))
        return True

    monkeypatch.setattr(*((writer_module, "hold", later) if held else (Path, "glob", meanwhile)))
    assert recover(tmp_path) == [second.with_suffix("")]
    assert {path.name for path in tmp_path.iterdir()} == {"news-1.warc.gz", "news-2.warc.gz"}


def test_a_file_is_held_until_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, rename = WarcWriter(tmp_path, "news"), Path.rename
    write(writer, 1)

    def meanwhile(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        assert recover(tmp_path) == []
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", meanwhile)
    writer.close()
    [file] = tmp_path.iterdir()
    assert file.name.endswith(".warc.gz")


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    """A pattern named it, and it was taken away before its turn came; or an address in object storage is not right."""
    for path in (tmp_path / "gone.warc.gz", f"file://{tmp_path}/gone.warc.gz"):
        [damage] = captures(path)
        assert isinstance(damage, Damage)
        assert "o such file" in str(damage)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_no_warc_file(make: Callable[[Path], None], tmp_path: Path) -> None:
    """In an archive that somebody else made: a pipe would be waited for for ever."""
    make(tmp_path / "x.warc.gz")
    with pytest.raises(DatabaseUnavailable, match=r"x\.warc\.gz is not there: name the folder"):
        read_capture(tmp_path, "x.warc.gz", 0)
    assert all_files(tmp_path) == []
