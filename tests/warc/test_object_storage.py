"""WARC files in object storage: moved up when they are finished, read by ranges, and never lost on the way."""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import fsspec
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from newsarchive import doctor, erasing
from newsarchive.cli import cli
from newsarchive.crawling.stats import Failure, key
from newsarchive.db.writing import captures
from newsarchive.db.writing.withhold import Demand
from newsarchive.exceptions import SOME_FAILED, USAGE, DatabaseUnavailable, UsageError
from newsarchive.extensions import warc as extension_module
from newsarchive.extensions.warc import WarcExtension
from newsarchive.findings import Check, Fix
from newsarchive.items import Place
from newsarchive.warc import object_storage, reader
from newsarchive.warc.files import OPEN, Folder, all_files, locate, own_folders
from newsarchive.warc.object_storage import ObjectFile
from newsarchive.warc.writer import WarcWriter, move_up, settle, waiting
from newsarchive.workers.stored_pages import stored_capture
from tests.crawling.test_crawl import front, post, rows
from tests.support import object_storage as support
from tests.support.archives import crawled
from tests.support.object_storage import ADDRESS, STORAGES, Storage, forget, stored
from tests.support.serving import ROOT, crawl, served
from tests.warc.test_warc import page, write


@pytest.fixture(params=STORAGES)
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    monkeypatch.setattr(object_storage, "FIRST_WAIT_SECONDS", 0.01)
    with stored(monkeypatch, request.param) as server:
        yield server


@pytest.fixture(params=["memory", "file", *STORAGES])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    if request.param in STORAGES:
        with stored(monkeypatch, request.param):
            yield ADDRESS
        return
    forget()
    yield "memory://bucket/warc" if request.param == "memory" else f"file://{tmp_path}/stored/warc"
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    forget()


def written(staging: Path, *numbers: int) -> dict[int, Place]:
    writer = WarcWriter(staging, "news")
    places = {number: write(writer, number) for number in numbers}
    writer.close()
    return places


@pytest.mark.slow
def test_a_secret_of_any_signs_reaches_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    own = urlsplit("http://news%40archive:a%2Fb%252F+c@127.0.0.1:7480")
    monkeypatch.setattr(support, "OWN", own)
    with stored(monkeypatch):
        given = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    assert given == ("news@archive", "a/b%2F+c")


@pytest.mark.slow
def test_a_record_is_read_at_its_place_before_and_after_the_move(address: str, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    folders = (address, str(staging))
    places = written(staging, *range(5))
    for _ in ("on this machine", "in the storage"):
        for number, place in places.items():
            assert reader.read_capture(folders, place.file, place.offset).body == page(number)
            reader.verify(folders, place.file, place.offset, place.digest)
        assert [str(file).rpartition("/")[2] for file in all_files(folders)] == [places[0].file]
        assert isinstance(locate(folders, places[0].file), Path) == bool(waiting(staging))
        move_up(staging, address)
    assert not list(staging.iterdir())
    assert [capture.body for capture in reader.captures(f"{address}/{places[0].file}")] == [
        page(number) for number in range(5)
    ]


@pytest.mark.slow
def test_one_record_costs_one_request_for_its_bytes(storage: Storage, tmp_path: Path) -> None:
    places = written(tmp_path, *range(400))
    move_up(tmp_path, ADDRESS)
    forget()
    storage.asked.clear()
    for number in (300, 301, 100):
        assert reader.read_capture(ADDRESS, places[number].file, places[number].offset).body == page(number)
    of_files = [(method, span) for method, _, span in storage.asked]
    last = object_storage.READ_BYTES - 1
    length = object_storage._lengths[f"{ADDRESS}/{places[0].file}"]
    wanted = [
        f"bytes={at}-{min(at + last, length - 1)}" for at in (places[n].offset for n in (300, 301, 100))
    ]
    assert of_files == [("HEAD", ""), *(("GET", span) for span in wanted)]


@pytest.mark.slow
def test_a_large_file_is_sent_in_small_parts(storage: Storage, tmp_path: Path) -> None:
    """s3fs would send up to 100 MB at once, and hold 500 MB of a file of 1 GB in memory."""
    file, content = tmp_path / "large.warc.gz", bytes(range(256)) * 2**16  # 16 MB
    file.write_bytes(content + b"end")
    ObjectFile(ADDRESS, file.name).put(file)
    assert [method for method, _, _ in storage.asked].count("PUT") == 3
    assert ObjectFile(ADDRESS, file.name).bytes_between(len(content) - 2, len(content) + 3) == b"\xfe\xffend"


@pytest.mark.slow
def test_what_a_killed_process_left_is_moved_and_nothing_is_sent_twice(address: str, tmp_path: Path) -> None:
    first, second = written(tmp_path, 1), written(tmp_path, 2)
    # It was killed while it sent the first, and after it had sent the second; a third was still written to.
    ObjectFile(address, second[2].file).put(tmp_path / second[2].file)
    writer = WarcWriter(tmp_path, "open")
    third = write(writer, 3)
    left = tmp_path / (third.file + OPEN)
    copy = left.read_bytes()
    writer.close()
    (tmp_path / third.file).unlink()
    left.write_bytes(copy + b"\x1f\x8b half a record")
    settle((address, str(tmp_path)))
    assert not list(tmp_path.glob("*.warc.gz*"))
    for number, place in ((1, first[1]), (2, second[2]), (3, third)):
        assert reader.read_capture((address, str(tmp_path)), place.file, place.offset).body == page(number)


@pytest.mark.slow
def test_a_file_that_is_written_or_moved_by_another_process_is_left_to_it(
    address: str, tmp_path: Path
) -> None:
    writer = WarcWriter(tmp_path, "open")
    write(writer, 1)
    settle((address, str(tmp_path)))
    (file,) = tmp_path.iterdir()
    assert file.name.endswith(OPEN)
    writer.close()
    from newsarchive.warc.writer import hold

    (file,) = tmp_path.iterdir()
    with file.open("r+b") as other:
        assert hold(other)
        assert move_up(tmp_path, address) == []
    assert move_up(tmp_path, address) == [file.name]


def test_a_file_that_is_full_is_announced(tmp_path: Path) -> None:
    filled: list[int] = []
    writer = WarcWriter(
        tmp_path, "news", max_bytes=8_000, filled=lambda: filled.append(len(waiting(tmp_path)))
    )
    for number in range(5):
        write(writer, number)
    writer.close()
    assert filled == [1, 2]


@pytest.mark.slow
def test_a_storage_that_answers_503_is_asked_a_few_times_and_nothing_is_lost(
    storage: Storage, tmp_path: Path
) -> None:
    places, folders = written(tmp_path, 1), (ADDRESS, str(tmp_path))
    storage.fails = True
    with pytest.raises(DatabaseUnavailable) as failed:
        move_up(tmp_path, ADDRESS)
    for words in (
        ADDRESS,
        "after 4 tries",
        "1 WARC files wait in",
        str(tmp_path),
        "newsarchive doctor --fix",
    ):
        assert words in str(failed.value)
    number = len(storage.asked)
    assert number <= 40
    # What is here is read without the storage, and for half a minute nobody waits for it again.
    assert reader.read_capture(folders, places[1].file, places[1].offset).body == page(1)
    with pytest.raises(DatabaseUnavailable, match="after 4 tries"):
        reader.read_capture(folders, "other.warc.gz", 0)
    assert len(storage.asked) == number
    storage.fails = False
    assert move_up(tmp_path, ADDRESS) == [places[1].file]
    assert reader.read_capture(folders, places[1].file, places[1].offset).body == page(1)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("s3://no-such-bucket/warc", "no such bucket"),
        ("nonsense://x/y", "nonsense"),
        ("gs://x/y", "pip install"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_with_the_remedy(
    storage: Storage, tmp_path: Path, given: str, says: str
) -> None:
    written(tmp_path, 1)
    with pytest.raises((DatabaseUnavailable, UsageError), match=r"(?i)" + says):
        move_up(tmp_path, given)
    assert len(waiting(tmp_path)) == 1


@pytest.mark.slow
def test_a_crawl_without_the_library_of_its_storage_does_not_begin(db: Path) -> None:
    done = crawl("url=http://127.0.0.1:9/", "-s", "NEWSARCHIVE_WARC=gs://bucket/warc", db=db)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "gs://bucket/warc needs a library that is not installed" in done.stderr


@pytest.mark.parametrize(
    "error", [DatabaseUnavailable("it does not answer"), UsageError("no library"), OSError(28, "disk full")]
)
def test_a_storage_that_takes_nothing_is_asked_once_at_the_end_of_a_crawl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    asked = []

    def fails(folders: Folder) -> None:
        asked.append(folders)
        raise error

    monkeypatch.setattr(extension_module, "settle", fails)
    stats = dict[str, str]()
    crawler = SimpleNamespace(spider=None, stats=SimpleNamespace(set_value=stats.__setitem__))
    extension = WarcExtension(crawler, (str(tmp_path),))  # type: ignore[arg-type]
    asyncio.run(extension.close())  # at `spider_closed`, and again at `engine_stopped`
    asyncio.run(extension.close())
    assert len(asked) == 1
    assert stats == {key(Failure.STORAGE): str(error)}
    extension._writer()
    asyncio.run(extension.close())
    assert len(asked) == 2


def test_a_full_file_is_moved_while_the_crawl_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A storage that does not take it is told; the file waits, and is moved when the crawl ends."""
    forget()
    address, staging = "memory://bucket/warc", tmp_path / "staging"
    crawler = SimpleNamespace(spider=None, stats=SimpleNamespace(set_value=dict[str, str]().__setitem__))
    extension = WarcExtension(crawler, (address, str(staging)))  # type: ignore[arg-type]
    monkeypatch.setattr(extension_module, "move_up", fails_once(extension_module.move_up))
    extension._writer().max_bytes = 1
    first, second = (write(extension._writer(), number) for number in (1, 2))
    assert extension.moving is not None
    extension.moving.join()
    assert "the storage is asleep" in caplog.text
    assert isinstance(locate(extension.folders, first.file), Path)
    third = write(extension._writer(), 3)
    extension.moving.join()
    assert locate(extension.folders, first.file).exists()
    assert not isinstance(locate(extension.folders, first.file), Path)
    asyncio.run(extension.close())
    assert not list(staging.iterdir())
    for number, place in enumerate((first, second, third), 1):
        assert reader.read_capture(address, place.file, place.offset).body == page(number)
    fsspec.filesystem("memory").store.clear()
    forget()


def fails_once(move: Callable[[Path, str], list[str]]) -> Callable[[Path, str], list[str]]:
    calls = []

    def moving(folder: Path, address: str) -> list[str]:
        calls.append(address)
        if len(calls) == 1:
            raise DatabaseUnavailable("the storage is asleep")
        return move(folder, address)

    return moving


def test_a_file_that_the_storage_has_no_more_is_named(address: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"gone\.warc\.gz is not there"):
        reader.read_capture((address, str(tmp_path)), "gone.warc.gz", 0)
    places = written(tmp_path, 1)
    move_up(tmp_path, address)
    assert locate(address, places[1].file).exists()
    fs, path = fsspec.url_to_fs(address)
    fs.rm(f"{path}/{places[1].file}")
    with pytest.raises(DatabaseUnavailable, match="is not there"):
        reader.read_capture(address, places[1].file, places[1].offset)


@pytest.mark.slow
def test_doctor_names_what_waits_and_what_is_missing_and_moves_it(
    address: str, sqlite: Engine, tmp_path: Path
) -> None:
    folders = (address, str(tmp_path / "staging"))
    crawled(sqlite, tmp_path / "staging", {f"https://a.example/{i}": post(f"Story {i}") for i in range(3)})
    found = doctor.check(sqlite, folders, every_record=True)
    assert {(one.check, one.fix) for one in found} >= {(Check.WARC_WAITING, Fix.MOVE_WARC_FILES)}
    assert doctor.mend(sqlite, folders, found) == [Fix.MOVE_WARC_FILES]
    about = (Check.WARC_WAITING, Check.WARC_FILES, Check.WARC_RECORDS)
    assert not [one for one in doctor.check(sqlite, folders, every_record=True) if one.check in about]
    (file,) = all_files(folders)
    fs, path = fsspec.url_to_fs(address)
    content = fs.cat_file(f"{path}/{file.name}")
    fs.pipe_file(f"{path}/{file.name}", content[: len(content) // 2])
    forget() if not address.startswith("memory") else object_storage._lengths.clear()
    assert "it was cut" in str(doctor.check_storage(sqlite, folders))
    fs.rm(f"{path}/{file.name}")
    object_storage._lengths.clear()
    (missing,) = doctor.check_storage(sqlite, folders)
    assert f"missing from {address}: 1 WARC file" in missing.message
    assert "another machine" in missing.remedy


@pytest.mark.slow
def test_erasing_writes_the_file_anew_and_every_other_record_stays(
    address: str, sqlite: Engine, tmp_path: Path
) -> None:
    folders = (address, str(tmp_path / "staging"))
    pages = {f"https://a.example/{i}": post(f"Story {i}, a long one") for i in range(3)}
    crawled(sqlite, tmp_path / "staging", pages)
    done = erasing.erase(sqlite, folders, ["https://a.example/1"], Demand("a court order"))
    assert done.records == 1
    (file,) = all_files(folders)
    assert isinstance(file, ObjectFile)
    with file.open() as stream:
        text = gzip.decompress(stream.read())
    assert b"Story 1" not in text
    assert b"Story 2" in text
    kept = [next(captures.of_article(sqlite, number)) for number in (1, 3)]
    assert b"Story 2" in stored_capture(folders, kept[1]).body
    assert not list((tmp_path / "staging").iterdir())


def test_below_the_staging_folder_each_address_has_its_own() -> None:
    one = own_folders("s3://bucket/a/", "postgresql://server/news", "/var/tmp/news")
    other = own_folders("s3://bucket/b", "postgresql://server/news", "/var/tmp/news")
    assert one[:2] == ("s3://bucket/a", "/var/tmp/news/s3-bucket-a")
    assert other[1] == "/var/tmp/news/s3-bucket-b"


STORIES = {f"/story-number-{i}-of-many/": post(f"Story {i}") for i in range(3)}


@pytest.mark.slow
def test_a_crawl_moves_its_bytes_up_and_every_reader_finds_them(
    storage: Storage, tmp_path: Path, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSARCHIVE_WARC", ADDRESS)
    monkeypatch.setenv("NEWSARCHIVE_WARC_STAGING", str(tmp_path / "staging"))
    with served({"/": front(*STORIES), **STORIES}) as site:
        storage.fails = True
        done = crawl(f"url={site.home}/", db=db)
        assert done.returncode == SOME_FAILED, done.stderr
        assert "1 WARC files wait in" in done.stderr
        assert rows(db, "SELECT count(*) FROM articles") == [(3,)]
        storage.fails = False
        # The next crawl has nothing to fetch, and moves what waits.
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT DISTINCT warc_file FROM captures") == [(name,) for name in storage.names()]
    assert not list((tmp_path / "staging").rglob("*.warc.gz*"))
    forget()
    for words in (
        ["reextract", "--only-older-than", "99999"],
        ["db", "check"],
        ["doctor", "--all"],
        ["export", str(tmp_path / "blog.wacz")],
        ["learn", site.home.removeprefix("http://")],
        ["withhold", "erase", "1", "--reason", "a court order", "--yes"],
        ["export", str(tmp_path / "rest.wacz")],
    ):
        done = CliRunner().invoke(cli, [*words, "--db", str(db)])
        said = done.stdout + done.stderr
        assert "cannot be read" not in said, (words, said)
        assert "missing" not in said, (words, said)
        assert "No such option" not in said, (words, said)
        if words[0] != "doctor":
            assert done.exit_code == 0, (words, said)
    assert (tmp_path / "blog.wacz").stat().st_size > 2_000


@pytest.mark.slow
def test_a_process_that_is_killed_while_it_sends_a_file_loses_nothing(
    storage: Storage, tmp_path: Path
) -> None:
    places, sending = written(tmp_path, 1), []
    program = (
        "from pathlib import Path; from newsarchive.warc.writer import move_up;"
        f"move_up(Path({str(tmp_path)!r}), {ADDRESS!r})"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)

    def killed(method: str, path: str) -> None:
        if method == "PUT":
            sending.append(path)
            process.kill()
            process.wait()

    storage.watch = killed
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert sending
    storage.watch = lambda method, path: None
    assert [path.name for path in waiting(tmp_path)] == [places[1].file]
    assert move_up(tmp_path, ADDRESS) == [places[1].file]
    assert storage.names() == [places[1].file]
    assert reader.read_capture(ADDRESS, places[1].file, places[1].offset).body == page(1)
