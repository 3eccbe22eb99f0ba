"""WACZ packages: read by other programs, checked, signed, cut in half, and read in again.

Two foreign readers take part where they are installed, each named by a variable:

    NEWSARCHIVE_TEST_WABAC=wabac/node_modules   after: npm install --prefix wabac @webrecorder/wabac fake-indexeddb
    NEWSARCHIVE_TEST_PYWB=pywb/bin              as in tests/test_pywb.py
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from newsarchive.cli import cli
from newsarchive.core.html.render import rendered
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.writing.captures import originals_of
from newsarchive.db.writing.store import Store
from newsarchive.export import wacz
from newsarchive.rules import default
from newsarchive.warc import reader
from newsarchive.warc.reader import captures
from newsarchive.warc.writer import Original, WarcWriter
from tests.support.storage import START, make_article, open_archive, url_of
from tests.test_pywb import COMMANDS, MANAGER, UNPACKABLE, WAYBACK, player

MODULES = os.environ.get("NEWSARCHIVE_TEST_WABAC", "")
NODE = shutil.which("node")

POST = "https://blog.example/post-1"
HOSTILE = 'A "quoted" </script> ]]> \u2028 title\x0b \U0001f642'
PAGE = b"<!DOCTYPE html><title>A ferry</title><p>The ferry left.</p><p>It came back.</p>" + UNPACKABLE
OTHER = "<!DOCTYPE html><title>Übrigens</title><p>Über Häfen.</p>".encode("latin-1") + b"<!-- - -->" * 60
LATER = START + timedelta(days=30)


@dataclass(frozen=True)
class Made:
    """An archive of three articles: one captured twice with the same bytes, one captured once, one without bytes."""

    url: str
    folder: Path
    warc: Path


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("wacz")
    with open_archive(request.param, folder) as engine:

        def known(digest: str) -> Original | None:
            found = originals_of(engine, [digest]).get(digest)
            return Original(found.url, found.fetched_at) if found else None

        writer, store = WarcWriter(folder / "raw", known=known), Store(engine)
        secret = [("Cookie", "session=1"), ("Authorization", "Basic eA=="), ("User-Agent", "newsarchive")]
        for number, body, headers, at, headline in (
            (1, gzip.compress(PAGE, mtime=0), [("Content-Encoding", "gzip")], START, "A ferry"),
            (
                1,
                gzip.compress(PAGE, mtime=0),
                [("Content-Encoding", "gzip"), ("X-Later", "1")],
                LATER,
                "A ferry",
            ),
            (2, OTHER, [], START, HOSTILE),
        ):
            url = f"https://blog.example/post-{number}"
            typed = [("Content-Type", "text/html; charset=iso-8859-1"), *headers]
            place = writer.write_response(
                url, "HTTP/1.1 200 OK", typed, body, request_headers=secret, fetched_at=at
            )
            article = make_article(number, headline=headline, body="The ferry left.\n\nIt came back.")
            assert article.capture is not None
            article = replace(article, capture=replace(article.capture, place=place, fetched_at=at))
            store.ingest([rendered(fingerprint_step(article, default()))])
        writer.close()
        store.ingest([rendered(fingerprint_step(make_article(3, body="From a feed."), default()))])
        yield Made(url_of(engine), folder, folder / "raw")


def export(made: Made, target: Path, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["export", str(target), "--db", made.url, "--warc", str(made.warc), *words]
    )


def check(target: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["check", str(target), *words])


@pytest.fixture(scope="module")
def package(made: Made) -> Path:
    target = made.folder / "blog.wacz"
    done = export(made, target, "--title", "Two & three")
    assert done.exit_code == 0, done.output
    assert "2 articles" in done.stderr
    assert "without 1 article whose bytes are not kept" in done.stderr
    return target


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return write_keys(folder, "mine", ec.SECP384R1())


def write_keys(folder: Path, name: str, curve: ec.EllipticCurve, password: bytes = b"") -> tuple[Path, Path]:
    key = ec.generate_private_key(curve)
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    private, public = folder / f"{name}.pem", folder / f"{name}-public.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


@pytest.fixture(scope="module")
def signed(made: Made, keys: tuple[Path, Path]) -> Path:
    target = made.folder / "signed.wacz"
    assert export(made, target, "--sign", str(keys[0])).exit_code == 0
    return target


def content(package: Path, name: str) -> bytes:
    with zipfile.ZipFile(package) as opened:
        return opened.read(name)


def test_the_package_has_what_the_specification_asks_for(package: Path) -> None:
    with zipfile.ZipFile(package) as opened:
        kinds = {info.filename: info.compress_type for info in opened.infolist()}
    stored = {name for name, kind in kinds.items() if kind == zipfile.ZIP_STORED}
    assert stored == {"archive/data.warc.gz", "indexes/index.cdx.gz"}
    assert set(kinds) - stored == {
        "indexes/index.idx", "pages/pages.jsonl", "datapackage.json", "datapackage-digest.json",
    }  # fmt: skip
    head, *pages = [
        json.loads(line) for line in content(package, "pages/pages.jsonl").decode().split("\n")[:-1]
    ]
    assert head == {"format": "json-pages-1.0", "id": "pages", "title": "Two & three", "hasText": True}
    assert [(page["url"], page["title"], page["text"]) for page in pages] == [
        (POST, "A ferry", "The ferry left.\n\nIt came back."),
        ("https://blog.example/post-2", HOSTILE, "The ferry left.\n\nIt came back."),
    ]
    described = json.loads(content(package, "datapackage.json"))
    assert described["title"] == "Two & three"
    assert described["home"] == {"url": POST, "ts": pages[0]["ts"]}


def test_revisits_became_responses_and_no_secret_is_left(made: Made, package: Path) -> None:
    [raw] = made.warc.glob("*.warc.gz")
    with raw.open("rb") as file:
        assert "revisit" in [record.rec_type for record in ArchiveIterator(file)]
    records = [
        (
            record.rec_type,
            record.rec_headers.get_header("WARC-Target-URI"),
            record.http_headers,
            record.content_stream().read(),
            record.digest_checker.passed,
        )
        for record in ArchiveIterator(
            io.BytesIO(content(package, "archive/data.warc.gz")), check_digests=True
        )
    ]
    assert [kind for kind, *_ in records] == ["warcinfo", *["response", "request"] * 3]
    bodies = [(url, body) for kind, url, _, body, _ in records if kind == "response"]
    assert bodies == [(POST, PAGE), (POST, PAGE), ("https://blog.example/post-2", OTHER)]
    later = records[1][2]  # the newest first
    assert later.get_header("X-Later") == "1"
    assert later.get_header("Content-Encoding") == "gzip"
    assert all(passed is not False for *_, passed in records)
    for kind, _, http, *_ in records:
        if kind == "request":
            assert http.to_str().splitlines()[0].startswith("GET /post-")
            assert [name for name, _ in http.headers] == ["User-Agent"]


def test_the_index_finds_each_response(package: Path) -> None:
    lines = gzip.decompress(content(package, "indexes/index.cdx.gz")).decode().splitlines()
    assert lines == sorted(lines)
    assert [line.split()[:2] for line in lines] == [
        ["example,blog)/post-1", "20250401120000"],
        ["example,blog)/post-1", "20250501120000"],
        ["example,blog)/post-2", "20250401120000"],
    ]
    archive = content(package, "archive/data.warc.gz")
    for line in lines:
        entry = json.loads(line.split(" ", 2)[2])
        at = int(entry["offset"])
        record = next(iter(ArchiveIterator(io.BytesIO(archive[at : at + int(entry["length"])]))))
        assert record.rec_headers.get_header("WARC-Target-URI") == entry["url"]
        assert record.rec_headers.get_header("WARC-Payload-Digest") == entry["digest"]
    meta, *blocks = content(package, "indexes/index.idx").decode().splitlines()
    assert json.loads(meta.removeprefix("!meta 0 "))["filename"] == "index.cdx.gz"
    assert len(blocks) == 1


#: As the package surt 0.3.1 of the Internet Archive gives them, which is AGPL-3.0 and therefore not among what we need.
KEYS = {
    "https://www.Blog.example:443/2025/Post?b=2&a=1#x": "example,blog)/2025/post?a=1&b=2",
    "http://blog.example/a%20b/ü?q=%C3%BC": "example,blog)/a%20b/%c3%bc?q=%c3%bc",
    "https://u:p@blog.example:8080/?PHPSESSID=0123456789abcdef0123456789abcdef&x=1": "example,blog:8080)/?x=1",
    "http://www2.blog.example/index.html": "example,blog)/index.html",
    "http://台灣.example/新聞/": "example,xn--kpry57d)/%e6%96%b0%e8%81%9e",
    "http://blog.example/a/../b/./c//d/": "example,blog)/b/c/d",
    "http://1.2.3.4/x": "4,3,2,1)/x",
    "http://blog.example?x": "example,blog)/?x",
    "http://blog.example": "example,blog)/",
}


@pytest.mark.parametrize("url", KEYS)
def test_an_address_has_the_key_by_which_players_look_for_it(url: str) -> None:
    assert wacz.search_key(url) == KEYS[url]


@given(st.text())
def test_no_address_breaks_the_index(text: str) -> None:
    assert not set(wacz.search_key(f"http://{text}")) & set(" \n\r\u2028")
    assert wacz.search_key(f"http://blog.example/{text}").isascii()


def test_a_large_index_is_sorted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wacz, "MAX_LINES_IN_MEMORY", 7)
    lines = [f"{number * 7919 % 101:03d} {{}}\n" for number in range(60)]
    with wacz._Sorted() as kept:
        for line in lines:
            kept.add(line)
        assert len(kept.pieces) == 8
        assert list(kept) == sorted(lines)


def packed_by_lzma(name: str, method: int) -> int:
    return zipfile.ZIP_LZMA if name == "archive/data.warc.gz" else method


def test_damage_is_told_however_a_file_is_packed(package: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.wacz"
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(damaged, "w") as new:
        for one in old.infolist():
            new.writestr(one.filename, old.read(one), packed_by_lzma(one.filename, one.compress_type))
    place = damaged.read_bytes().index(b"archive/data.warc.gz") + 60
    with damaged.open("r+b") as file:
        file.seek(place)
        file.write(b"damage that LZMA notices")
    done = check(damaged)
    assert done.exit_code == 1
    assert "archive/data.warc.gz cannot be read" in done.stdout
    assert [str(found).partition(": ")[0] for found in captures(damaged)] == [
        "damaged.wacz/archive/data.warc.gz"
    ]


def test_a_sound_package_passes_and_says_whose_key_it_is(
    package: Path, signed: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    unsigned = check(package)
    assert (unsigned.exit_code, unsigned.stdout) == (0, "")
    assert "not signed" in unsigned.stderr
    assert "nothing wrong with 4 files and 7 WARC records" in unsigned.stderr
    assert "signed by the key that was given" in check(signed, "--key", str(keys[1])).stderr
    other = write_keys(tmp_path, "other", ec.SECP384R1())[1]
    assert "signed by another key" in check(signed, "--key", str(other)).stdout
    wanted = check(package, "--key", str(keys[1]))
    assert (wanted.exit_code, "the package is not signed" in wanted.stdout) == (1, True)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_package_that_was_cut_in_half_is_refused(signed: Path, tmp_path: Path, share: float) -> None:
    cut = tmp_path / "cut.wacz"
    cut.write_bytes(signed.read_bytes()[: int(signed.stat().st_size * share)])
    done = check(cut)
    assert done.exit_code == 1
    assert "cut short" in done.stdout
    (damage,) = captures(cut)
    assert str(damage).startswith("cut.wacz: record at 0: cut short")


@pytest.mark.parametrize("end", [b"\0\0\0", b"\0\1"], ids=["a byte more", "the length of a comment"])
def test_bytes_behind_the_end_are_told(signed: Path, tmp_path: Path, end: bytes) -> None:
    other = tmp_path / "other.wacz"
    other.write_bytes(signed.read_bytes()[:-2] + end)
    done = check(other)
    assert (done.exit_code, "its end was changed, or bytes were appended" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({6: 0x68}, "zip file version 10.4"),  # of the ZIP format that unpacks the file
        ({9: 0x08, 46: 0xFF}, "'utf-8' codec can't decode"),  # its name, which is said to be UTF-8
        ({0: 0x00}, "Bad magic number for central directory"),
    ],
)
def test_damage_of_the_table_of_contents_is_told(
    signed: Path, tmp_path: Path, changes: dict[int, int], says: str
) -> None:
    whole = bytearray(signed.read_bytes())
    begin = whole.index(b"PK\1\2")
    for offset, value in changes.items():
        whole[begin + offset] = value
    damaged = tmp_path / "damaged.wacz"
    damaged.write_bytes(whole)
    done = check(damaged)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert (done.exit_code, "cut short" in done.stdout) == (1, False)
    assert f"the file's table of contents is damaged: {says}" in done.stdout
    [damage, *_] = [str(found) for found in captures(damaged) if isinstance(found, reader.Damage)]
    assert says in damage


@pytest.mark.slow
@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_damage_anywhere_makes_no_traceback(signed: Path, tmp_path: Path, data: st.DataObject) -> None:
    whole = signed.read_bytes()
    begin = data.draw(st.integers(4, len(whole) - 1))
    length = data.draw(st.sampled_from([0, 1, 100, 5000]))
    damaged = tmp_path / "damaged.wacz"
    damaged.write_bytes(whole[:begin] + data.draw(st.binary(max_size=3)) + whole[begin + length :])
    found = check(damaged)
    assert found.exception is None or isinstance(found.exception, SystemExit)
    # A few bytes may be a date of the ZIP file; its last ones may have been replaced by themselves.
    assert found.exit_code == 1 or length < 100 or damaged.read_bytes() == whole
    list(captures(damaged))


def changed(
    package: Path, target: Path, change: Callable[[str, bytes], bytes | None], extra: str = ""
) -> Path:
    """The package with some of its files changed, left out or added."""
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            if (data := change(info.filename, old.read(info))) is not None:
                new.writestr(info, data)
        if extra:
            new.writestr(extra, b"x")
    return target


def altered_page(name: str, data: bytes) -> bytes:
    return data.replace(b"The ferry left.", b"The ferry sank.") if name == "pages/pages.jsonl" else data


def altered_everywhere(name: str, data: bytes) -> bytes:
    """Text and description changed together; the digest of the description was not."""
    if name == "datapackage.json":
        return data.replace(b"articles", b"articles,")
    return data


def altered_archive(name: str, data: bytes) -> bytes:
    return data[:400] + bytes([data[400] ^ 1]) + data[401:] if name == "archive/data.warc.gz" else data


#: A key of a curve that nobody knows: the number of P-384 with another end.
STRANGE_KEY = (bytes.fromhex("2b81040022"), bytes.fromhex("2b81040063"))


def strange_key(name: str, data: bytes) -> bytes:
    if name != "datapackage-digest.json":
        return data
    found = json.loads(data)
    key = base64.b64decode(found["signedData"]["publicKey"]).replace(*STRANGE_KEY)
    found["signedData"]["publicKey"] = base64.b64encode(key).decode()
    return json.dumps(found).encode()


def index_of(text: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, data: gzip.compress(text) if name == "indexes/index.cdx.gz" else data


def backdated(name: str, data: bytes) -> bytes:
    return re.sub(rb'"created": "\d{4}', b'"created": "1999', data) if "digest" in name else data


CHANGES = {
    "a key of no known curve": (strange_key, "", "not written as WACZ Signing"),
    "an index of endless numbers": (
        index_of(b'a 1 {"offset": Infinity, "filename": "data.warc.gz"}\n'), "", "a line is not CDXJ",
    ),
    "an index of lists": (index_of(b"a 1 {" + b'"a":[' * 99999 + b"\n"), "", "a line is not CDXJ"),
    "an index of one line": (index_of(bytes(3 * 2**20)), "", "a line is longer than 1,048,576 bytes"),
    "a text": (altered_page, "", "pages/pages.jsonl has another digest"),
    "the description": (altered_everywhere, "", "datapackage.json has another digest"),
    "the description is signed": (altered_everywhere, "", "the signature is of another digest"),
    "a WARC record": (altered_archive, "", "archive/data.warc.gz: record at"),
    "a file is missing": (lambda n, d: None if n.startswith("pages/") else d, "", "pages/pages.jsonl is missing"),
    "a file was added": (lambda n, d: d, "archive/more.warc.gz", "archive/more.warc.gz is not listed"),
    "a file is there twice": (lambda n, d: d, "pages/pages.jsonl", "pages/pages.jsonl is in it 2 times"),
    "a digest of any length": (
        lambda n, d: d.replace(b"sha256:", b"shake_128:") if n == "datapackage.json" else d,
        "", "its digest is of an unknown kind: shake_128",
    ),
    "no digest": (lambda n, d: None if "digest" in n else d, "", "datapackage-digest.json is missing"),
    "no description": (lambda n, d: None if n == "datapackage.json" else d, "", "datapackage.json is missing"),
    "no JSON": (lambda n, d: b"{" if n == "datapackage.json" else d, "", "datapackage.json cannot be read"),
    "lists": (lambda n, d: b"[" * 99999 if n == "datapackage.json" else d, "", "datapackage.json cannot be read"),
    "a signature": (
        lambda n, d: d.replace(b'"signature": "', b'"signature": "AAAA') if "digest" in n else d, "", "does not fit",
    ),
    "no signature": (
        lambda n, d: d.replace(b'"signature": "', b'"signature": "!') if "digest" in n else d, "", "not written as",
    ),
    "the index": (
        lambda n, d: gzip.compress(gzip.decompress(d).replace(b'"offset": "', b'"offset": "9')) if "cdx" in n else d,
        "", "no record begins there",
    ),
}  # fmt: skip


def test_a_day_that_no_signature_covers_is_not_told_as_the_day_of_signing(
    signed: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    done = check(changed(signed, tmp_path / "backdated.wacz", backdated), "--key", str(keys[1]))
    assert done.exit_code == 0
    assert b'"1999' in content(tmp_path / "backdated.wacz", "datapackage-digest.json")
    assert "1999" not in done.stderr


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_named(signed: Path, tmp_path: Path, name: str) -> None:
    change, extra, said = CHANGES[name]
    done = check(changed(signed, tmp_path / "changed.wacz", change, extra))
    assert done.exit_code == 1
    assert said in done.stdout
    assert not done.exception or isinstance(done.exception, SystemExit)


def test_a_folder_of_a_dataset_is_checked_too(made: Made, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    done = CliRunner().invoke(cli, ["export", str(folder), "--format", "dataset", "--db", made.url])
    assert done.exit_code == 0
    assert check(folder).exit_code == 0
    with (folder / "articles.parquet").open("ab") as file:
        file.write(b"x")
    assert "articles.parquet has" in check(folder).stdout


@pytest.mark.parametrize("content", [b"", b"hello", b"PK"])
def test_what_is_no_package_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.wacz"
    file.write_bytes(content)
    assert (check(file).exit_code, "is no WACZ file" in check(file).stderr) == (2, True)
    assert "there is no such file" in check(tmp_path / "b.wacz").stderr


def test_keys_that_do_not_fit_are_refused_before_anything_is_written(made: Made, tmp_path: Path) -> None:
    short = write_keys(tmp_path, "short", ec.SECP256R1())[0]
    none = tmp_path / "none.pem"
    none.write_text("no key")
    for key, said in (
        (short, "not of the curve P-384"),
        (none, "no private key"),
        (tmp_path / "x", "No such file"),
    ):
        done = export(made, tmp_path / "a.wacz", "--sign", str(key))
        assert done.exit_code == 2
        assert said in done.stderr
    refused = CliRunner().invoke(cli, ["export", "a.csv", "--sign", str(short), "--db", made.url])
    assert (refused.exit_code, "--sign" in refused.stderr) == (2, True)
    assert not (tmp_path / "a.wacz").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["x.wacz", "--dry-run"], 0, "would write 3 articles as wacz to x.wacz"),
        (["-", "--format", "wacz"], 2, "wacz needs a file: name one instead of -"),
        (["x.wacz", "nosuchword"], 1, "nothing found"),
        (["x.wacz"], 2, "NEWSARCHIVE_WARC"),
    ],
)  # fmt: skip
def test_settings_of_warc_files_count_only_where_a_package_is_written(
    made: Made, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, message: str
) -> None:
    monkeypatch.setenv("NEWSARCHIVE_WARC", "s3://")
    done = CliRunner().invoke(cli, ["export", *words, "--db", made.url])
    assert (done.exit_code, Path("x.wacz").exists()) == (code, False)
    assert message in done.stderr


def test_a_locked_key_asks_for_its_password(made: Made, tmp_path: Path) -> None:
    private, public = write_keys(tmp_path, "locked", ec.SECP384R1(), b"open sesame")
    words = [
        "export",
        str(tmp_path / "a.wacz"),
        "--db",
        made.url,
        "--warc",
        str(made.warc),
        "--sign",
        str(private),
    ]
    assert CliRunner().invoke(cli, words, input="wrong\n").exit_code == 2
    assert CliRunner().invoke(cli, words, input="open sesame\n").exit_code == 0
    assert check(tmp_path / "a.wacz", "--key", str(public)).exit_code == 0


def test_bytes_that_are_lost_or_damaged_are_named_and_the_rest_is_written(made: Made, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(made.warc, raw)
    (file,) = raw.iterdir()
    data = bytearray(file.read_bytes())
    data[-700] ^= 0xFF  # within the last response
    file.write_bytes(data)
    words = ["export", str(tmp_path / "a.wacz"), "--db", made.url, "--warc", str(raw)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 3, done.output
    assert "record at" in done.stderr
    assert check(tmp_path / "a.wacz").exit_code == 0
    file.unlink()
    gone = CliRunner().invoke(cli, [*words, "--overwrite"])
    assert gone.exit_code != 0
    assert "the stored bytes cannot be read" in gone.stderr
    assert check(tmp_path / "a.wacz").exit_code == 0  # the older package stays


def test_articles_without_bytes_make_no_package(made: Made, tmp_path: Path) -> None:
    done = export(made, tmp_path / "a.wacz", "feed")
    assert done.exit_code != 0
    assert "no bytes of these articles are kept" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_package_is_read_as_warc_files_are(package: Path) -> None:
    found = [(capture.url, capture.body) for capture in captures(package)]
    assert found == [(POST, PAGE), (POST, PAGE), ("https://blog.example/post-2", OTHER)]


@pytest.mark.skipif(
    not (NODE and MODULES),
    reason="no wabac: npm install --prefix wabac @webrecorder/wabac fake-indexeddb, then NEWSARCHIVE_TEST_WABAC=wabac/node_modules",
)
def test_the_engine_of_replayweb_page_opens_it(signed: Path) -> None:
    script = Path(__file__).with_name("replay.mjs")
    done = subprocess.run(
        [str(NODE), str(script), MODULES, str(signed)], capture_output=True, timeout=300, check=True
    )
    found = json.loads(done.stdout)
    assert {(page["url"], page["title"], page["status"]) for page in found["pages"]} == {
        (POST, "A ferry", 200),
        ("https://blog.example/post-2", HOSTILE, 200),
    }
    assert {page["body"] for page in found["pages"]} == {PAGE.decode(), OTHER.decode("utf-8", "replace")}
    (signature,) = [one for one in found["verify"]["checks"] if one["id"] == "signature"]
    assert signature["matched"] is True
    assert "It came back." in found["text"]


@pytest.mark.slow  # a player that serves pages
@pytest.mark.skipif(not (WAYBACK and MANAGER), reason=f"no pywb at {COMMANDS}: see tests/test_pywb.py")
def test_pywb_replays_it(package: Path, tmp_path: Path) -> None:
    for command in (["init", "blogs"], ["add", "--unpack-wacz", "blogs", str(package)]):
        subprocess.run([str(MANAGER), *command], cwd=tmp_path, check=True, capture_output=True, timeout=300)
    with player(tmp_path) as address:
        for moment in (START, LATER):
            page = f"{address}/blogs/{moment:%Y%m%d%H%M%S}id_/{POST}"
            with urllib.request.urlopen(page, timeout=60) as answer:
                assert answer.read() == PAGE
        with urllib.request.urlopen(f"{address}/blogs/cdx?url={POST}", timeout=60) as answer:
            assert len(answer.read().splitlines()) == 2
