"""Erasing: nothing of the text is left in the bytes of any file, nothing else is lost, and whatever breaks off goes on."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select, update
from warcio.archiveiterator import ArchiveIterator

from newsarchive import Archive, doctor, erasing, rules
from newsarchive.cli import cli
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.engine import open_engine, reading, writing
from newsarchive.db.models import CaptureRow, SealedText, SourceTextRow, Url
from newsarchive.db.reading.hidden import entries
from newsarchive.db.schema import upgrade
from newsarchive.db.writing import captures, sealed
from newsarchive.db.writing import erase as database
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.db.writing.withhold import Demand, withhold
from newsarchive.exceptions import DatabaseUnavailable, Withheld
from newsarchive.findings import Check
from newsarchive.items import Article, Capture
from newsarchive.warc import eraser
from newsarchive.warc.files import Wire
from newsarchive.warc.reader import wire_at
from newsarchive.warc.writer import WarcWriter
from newsarchive.workers.stored_pages import stored_capture
from tests.db.test_withhold import SECRET, STORY, dump, places_of, secret_article
from tests.support.storage import START, make_article, open_archive, url_of

DEMAND = Demand("a court order")
#: What of the word an index keeps whole: it leaves out the letters that a word has in common with the one before it.
TAIL = SECRET[2:].lower().encode()
HTML = [("Content-Type", "text/html")]


@dataclass
class Kept:
    """An archive with its folder of raw bytes. Article 1 is the one to erase, with two versions; 2 is another site's page of the
    very same bytes, kept as a revisit record; 3 is another page."""

    engine: Engine
    folder: Path

    @property
    def url(self) -> str:
        return url_of(self.engine)

    def article(self, article: Article, page: str, day: int = 0) -> Article:
        at = START + timedelta(days=day)
        place = self.writer.write_response(article.url, "HTTP/1.1 200 OK", HTML, page.encode(), fetched_at=at)
        capture = Capture(
            article.url, page.encode(), at, article.url, headers={"content-type": "text/html"}, place=place
        )
        return replace(article, capture=capture)

    def fill(self) -> None:
        self.writer = WarcWriter(self.folder, "x")
        first, other = f"<p>{STORY}", "<p>Of another page." + "y" * 600
        same = fingerprint_step(
            make_article(2, url="https://copy.example/3", body="Of a copy"), rules.default()
        )
        articles = [
            self.article(secret_article(), first),
            self.article(same, first),
            self.article(make_article(1, body="Of another page."), other),
        ]
        store = Store(self.engine, lambda: START + timedelta(days=9))
        store.ingest(articles, store.start_run("news", {}))
        store.ingest([self.article(secret_article(1, STORY + "\n\nMore."), first + "More", 1)])
        self.writer.write_response(
            "https://blog.example/post-9", "HTTP/1.1 200 OK", HTML, f"{SECRET} of a killed crawl".encode()
        )
        self.writer.close()

    def bytes_of(self, article_id: int) -> bytes:
        return stored_capture(self.folder, next(captures.of_article(self.engine, article_id))).body

    def erase(self, *which: str | int, **options: Any) -> erasing.Erased:
        return erasing.erase(self.engine, self.folder, which or [1], DEMAND, **options)


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    with open_archive(request.param, tmp_path) as engine:
        made = Kept(engine, tmp_path / "warc")
        made.fill()
        yield made


def raw_bytes(folder: Path) -> bytes:
    return b"".join(gzip.decompress(path.read_bytes()) for path in sorted(folder.iterdir()))


@pytest.mark.slow
def test_nothing_of_it_is_left(kept: Kept, tmp_path: Path) -> None:
    assert TAIL in raw_bytes(kept.folder).lower()
    done = kept.erase()
    # Of the page with the same bytes its own record stays: it is another site's.
    assert (done.records, done.moved) == (4, 1)
    assert kept.bytes_of(2).decode() == f"<p>{STORY}"
    kept.erase(2)
    assert places_of(kept.engine, SECRET, ()) == set()
    assert TAIL not in raw_bytes(kept.folder).lower()
    if kept.engine.dialect.name == "sqlite":
        files = [path for path in tmp_path.iterdir() if path.is_file()]
        assert [path.name for path in files if TAIL in path.read_bytes().lower()] == []


@pytest.mark.slow
def test_the_register_keeps_digests_and_says_erased(kept: Kept) -> None:
    kept.erase()
    (entry,) = entries(kept.engine)
    assert (entry.state, [version.version for version in entry.versions]) == ("erased", [1, 2])
    with Archive(kept.url) as archive:
        with pytest.raises(Withheld, match=r"erased from the archive on 20.*: a court order"):
            archive.get(1)
        for version in entry.versions:  # a citation of a version that is gone
            cited = archive.cite(f"{version.identifier};url={entry.url}")
            assert cited.startswith("“Erased from the archive”. blog.example.")
            assert f"Version {version.version} in the archive: {version.identifier}" in cited
        assert [article.id for article in archive.articles(hidden=True)] == [2, 3]


@pytest.mark.slow
def test_nothing_else_is_lost(kept: Kept) -> None:
    other, lengths = kept.bytes_of(3), {path.name: path.stat().st_size for path in kept.folder.iterdir()}
    kept.erase()
    assert kept.bytes_of(3) == other
    assert {path.name: path.stat().st_size for path in kept.folder.iterdir()}.items() >= lengths.items()
    assert doctor.check(kept.engine, [kept.folder], every_record=True) == []
    kinds = [
        record.rec_type
        for path in sorted(kept.folder.iterdir())
        for record in ArchiveIterator(path.open("rb"))
    ]
    assert kinds.count("metadata") == 4


@pytest.mark.slow
def test_no_crawl_brings_it_back(kept: Kept) -> None:
    kept.erase()
    store = Store(kept.engine, lambda: START + timedelta(days=30))
    assert store.ingest([secret_article(20)]) == [Outcome.WITHHELD]
    assert store.ingest([secret_article(21, "Quite another text.")]) == [Outcome.WITHHELD]
    assert places_of(kept.engine, SECRET, ()) <= {"articles"}  # that of the copy


@pytest.mark.slow
def test_bytes_that_came_again_go_when_it_is_erased_again(kept: Kept) -> None:
    kept.erase()
    kept.writer = WarcWriter(kept.folder, "again")
    again = replace(
        secret_article(20), url="https://blog.example/another", canonical_url="https://blog.example/post-9"
    )
    again = kept.article(again, f"{SECRET} came again", 20)
    kept.writer.close()
    assert Store(kept.engine).ingest([again]) == [Outcome.WITHHELD]
    assert b"came again" in raw_bytes(kept.folder)
    assert kept.erase().records == 1
    assert b"came again" not in raw_bytes(kept.folder)


@pytest.mark.slow
def test_what_was_withheld_can_be_erased(kept: Kept) -> None:
    withhold(kept.engine, [1], Demand("first a hold"))
    kept.erase()
    (entry,) = entries(kept.engine)
    assert (entry.state, entry.reason) == ("erased", "a court order")
    assert dump(kept.engine)["sealed_texts"] == []


class Killed(Exception):
    """Stands for the end of the process."""


def killed(*_: Any, **__: Any) -> Any:
    raise Killed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "step"),
    [(database, "moved"), (eraser, "answers"), (eraser, "erase"), (database, "scrub"), (database, "finish")],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_an_erasure_that_was_broken_off_goes_on(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, module: Any, step: str
) -> None:
    other, copy = kept.bytes_of(3), kept.bytes_of(2)
    with monkeypatch.context() as patched:
        patched.setattr(module, step, killed)
        with pytest.raises(Killed):
            kept.erase()
    assert (kept.bytes_of(3), kept.bytes_of(2)) == (other, copy)
    found = [one for one in doctor.check(kept.engine, [kept.folder]) if one.check is Check.WITHHELD]
    assert [
        ("broken off" in one.message, "withhold erase 1 --reason 'a court order'" in one.remedy)
        for one in found
    ] == [(True, True)]
    kept.erase()
    assert (kept.bytes_of(3), kept.bytes_of(2)) == (other, copy)
    assert entries(kept.engine)[0].state == "erased"
    assert b"of a killed crawl" not in raw_bytes(kept.folder)
    assert list(kept.folder.glob("*.erasing")) == []


@pytest.mark.slow
@pytest.mark.parametrize("is_known", [True, False], ids=["with its digest", "without a digest"])
@pytest.mark.parametrize("inside", [0, 7], ids=["another's record", "inside a record"])
def test_a_wrong_place_erases_no_record_of_another(kept: Kept, is_known: bool, inside: int) -> None:
    """An archive of somebody else, or mixed-up files: the capture of the article names the record of another one."""
    other = kept.bytes_of(3)
    with writing(kept.engine) as connection:
        of_other = CaptureRow.url_id == 3
        at = select(CaptureRow.warc_offset).where(of_other).scalar_subquery()
        length = select(CaptureRow.warc_length).where(of_other).scalar_subquery()
        change = {"warc_offset": at + inside, "warc_length": length} | (
            {} if is_known else {"warc_digest": ""}
        )
        connection.execute(update(CaptureRow).where(CaptureRow.url_id == 1).values(change))
    done = kept.erase()
    assert kept.bytes_of(3) == other
    # Its own records are found by their address.
    assert b"More" not in raw_bytes(kept.folder)
    assert len(done.wrong) == 1
    assert entries(kept.engine)[0].state == "erased"


def places(kept: Kept, url_id: int) -> list[tuple[Path, int, int]]:
    """The records of a URL: file, offset and length."""
    columns = (CaptureRow.warc_file, CaptureRow.warc_offset, CaptureRow.warc_length)
    with reading(kept.engine) as connection:
        found = connection.execute(select(*columns).where(CaptureRow.url_id == url_id)).all()
    return [(kept.folder / file, offset, length) for file, offset, length in found]


def damage(path: Path, offset: int, length: int, fill: int = 0xA5) -> None:
    """The bytes that one disk block lost."""
    data = bytearray(path.read_bytes())
    data[offset : offset + length] = bytes([fill]) * length
    path.write_bytes(data)


@pytest.mark.parametrize("block", [4, 20], ids=str)
@pytest.mark.parametrize("start", [0, 0.5, 0.9, 0.975], ids=str)
@pytest.mark.parametrize("fill", [0x55, 0xFF], ids=str)
def test_a_damaged_record_of_the_article_is_erased_where_the_archive_knows_its_place(
    kept: Kept, start: float, block: int, fill: int
) -> None:
    kept.erase(2)  # no other page has the same bytes now
    other, (path, offset, length) = kept.bytes_of(3), places(kept, 1)[0]
    damage(path, offset + int(start * length), min(block, length - int(start * length)), fill)
    left = path.read_bytes()[offset + length // 2 : offset + length // 2 + 20]
    done = kept.erase()
    assert (done.unread, done.wrong) == ([], [])
    assert entries(kept.engine)[0].state == "erased"
    assert left not in path.read_bytes()
    assert kept.bytes_of(3) == other
    stone = gzip.decompress(path.read_bytes()[offset : offset + length])
    assert b"WARC-Type: metadata" in stone
    assert secret_article().url.encode() in stone
    with path.open("rb") as stream:  # the tombstone makes the file whole again
        assert len(list(ArchiveIterator(stream))) >= 2


def test_a_damaged_record_of_another_page_keeps_nobody_from_erasing(kept: Kept) -> None:
    (path, offset, length), own = places(kept, 3)[0], places(kept, 1)
    damage(path, offset, 40)
    before = path.read_bytes()[offset : offset + length]
    done = kept.erase()
    assert [(one.file, one.offset, one.length) for one in done.unread] == [(path.name, offset, length)]
    assert path.read_bytes()[offset : offset + length] == before
    stones = [gzip.decompress(file.read_bytes()[at : at + size]) for file, at, size in own]
    assert all(b"WARC-Type: metadata" in stone for stone in stones)
    assert entries(kept.engine)[0].state == "erased"


def test_rubbish_behind_the_records_is_told_and_left(kept: Kept) -> None:
    rubbish = gzip.compress(b"\x1b]0;a\x07" * 3000)
    paths = sorted(kept.folder.iterdir())
    for path in paths:
        path.write_bytes(path.read_bytes() + rubbish)
    done = kept.erase(2)
    assert [(one.file, one.length) for one in done.unread] == [(path.name, len(rubbish)) for path in paths]
    assert entries(kept.engine)[0].state == "erased"


def test_it_is_not_done_while_nobody_knows_where_a_damaged_record_ends(kept: Kept) -> None:
    kept.erase(2)
    path, offset, length = places(kept, 1)[0]
    whole = path.read_bytes()
    damage(path, offset, length)
    with writing(kept.engine) as connection:
        connection.execute(update(CaptureRow).where(CaptureRow.url_id == 1).values(warc_length=None))
    with pytest.raises(
        DatabaseUnavailable, match=rf"{path.name} at {offset} \({length} bytes\): put a whole copy"
    ):
        kept.erase()
    assert {entry.article_id: entry.state for entry in entries(kept.engine)} == {1: "erasing", 2: "erased"}
    path.write_bytes(whole)
    kept.erase()
    assert {entry.state for entry in entries(kept.engine)} == {"erased"}
    assert TAIL not in raw_bytes(kept.folder).lower()


@pytest.mark.slow
def test_a_file_that_a_crawl_writes_to_stops_it_before_anything_is_done(kept: Kept) -> None:
    before = dump(kept.engine, ())
    writer = WarcWriter(kept.folder, "live")
    writer.write_response("https://x.example/", "HTTP/1.1 200 OK", HTML, b"x")
    with pytest.raises(DatabaseUnavailable, match=r"a crawl writes to .*Nothing was erased"):
        kept.erase()
    writer.close()
    assert dump(kept.engine, ()) == before


@pytest.mark.slow
def test_it_is_not_done_while_a_file_with_its_bytes_is_not_found(kept: Kept, tmp_path: Path) -> None:
    """A wrong folder behind --warc: who reads "erased" must not have the bytes still lying elsewhere."""
    (tmp_path / "wrong").mkdir()
    kept.erase(2)  # no other page has the same bytes now
    for wrong in ("wrong", "absent"):
        with pytest.raises(DatabaseUnavailable, match=r"no x-.*\.warc\.gz: erase again with --warc"):
            erasing.erase(kept.engine, tmp_path / wrong, [1], DEMAND)
    assert {entry.article_id: entry.state for entry in entries(kept.engine)} == {1: "erasing", 2: "erased"}
    assert TAIL in raw_bytes(kept.folder).lower()
    kept.erase()
    assert TAIL not in raw_bytes(kept.folder).lower()
    assert {entry.state for entry in entries(kept.engine)} == {"erased"}


@pytest.mark.slow
@pytest.mark.parametrize("is_withheld", [False, True])
def test_it_is_not_done_while_a_file_with_what_a_feed_said_is_not_found(
    kept: Kept, tmp_path: Path, is_withheld: bool
) -> None:
    writer = WarcWriter(tmp_path / "feeds", "feed")
    page = secret_article()
    place = writer.write_response(page.url, "HTTP/1.1 200 OK", HTML, f"{SECRET} in a feed".encode())
    writer.close()
    with writing(kept.engine) as connection:
        url_id = connection.execute(select(Url.id).where(Url.url == page.url)).scalar_one()
        row = {"url_id": url_id, "source": "feed", "title": SECRET, "html": SECRET, "warc_file": place.file}
        connection.execute(insert(SourceTextRow).values(row))
    if is_withheld:
        withhold(kept.engine, [1], DEMAND)
    for _ in range(2):  # the second time the words are gone already
        with pytest.raises(
            DatabaseUnavailable, match=r"there is no feed-[^,]*\.warc\.gz: erase again with --warc"
        ):
            kept.erase()
    assert (entries(kept.engine)[0].state, places_of(kept.engine, SECRET, ())) == ("erasing", set())
    erasing.erase(kept.engine, (kept.folder, tmp_path / "feeds"), [1], DEMAND)
    assert entries(kept.engine)[0].state == "erased"
    assert TAIL not in raw_bytes(tmp_path / "feeds").lower()
    with reading(kept.engine) as connection:
        assert connection.execute(select(SourceTextRow.url_id)).all() == []


@pytest.mark.slow
def test_damaged_rows_of_what_a_feed_said_hold_up_nothing(kept: Kept) -> None:
    withhold(kept.engine, [1], DEMAND)
    nowhere = {
        "url_id": 10**6,
        "source": "feed",
        "warc_file": "x",
        "warc_offset": 0,
        "warc_length": 1,
        "warc_digest": "",
    }
    with writing(kept.engine) as connection:
        rows = sealed.unpacked(connection.execute(select(SealedText.payload)).scalar_one())
        payload = sealed._packed(rows | {"source_texts": [nowhere]})
        connection.execute(update(SealedText).values(payload=payload))
    kept.erase()
    assert entries(kept.engine)[0].state == "erased"


@pytest.mark.slow
def test_a_backup_is_told_whatever_the_archive_is_called(tmp_path: Path) -> None:
    backup = tmp_path / "my [news].db.before-0019.bak"
    backup.touch()
    engine = open_engine(f"sqlite:///{tmp_path}/my [news].db")
    upgrade(engine)
    kept = Kept(engine, tmp_path / "warc")
    kept.fill()
    assert kept.erase().backups == [backup]
    engine.dispose()


@pytest.mark.slow
def test_it_asks_for_a_confirmation(kept: Kept) -> None:
    words = ["withhold", "erase", "1", "--reason", "x", "--warc", str(kept.folder), "--db", kept.url]
    before = dump(kept.engine, ())
    done = CliRunner().invoke(cli, words)
    assert (done.exit_code, done.stdout) == (
        2,
        "1\twould be erased, versions: 2\thttps://blog.example/post-9\n",
    )
    assert "give --yes" in done.stderr
    assert dump(kept.engine, ()) == before
    done = CliRunner().invoke(cli, [*words, "--yes"])
    assert (done.exit_code, done.stdout) == (0, "1\terased\thttps://blog.example/post-9\n")
    assert "not reached: backups" in done.stderr


@pytest.mark.slow
@given(
    sizes=st.lists(st.integers(0, 3000) | st.sampled_from([65_000, 66_000, 140_000]), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
    gone=st.sets(st.integers(0, 3)),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_other_record_stays_where_it_was(
    tmp_path: Path, sizes: list[int], seed: int, gone: set[int]
) -> None:
    """Whatever the lengths of records: a tombstone takes as many bytes as what it replaces."""
    folder = tmp_path / "property"
    shutil.rmtree(folder, ignore_errors=True)
    writer, places, noise = WarcWriter(folder, "x"), [], Random(seed)
    for number, size in enumerate(sizes):
        body = f"body {number} ".encode() + noise.randbytes(size)
        places.append(
            (writer.write_response(f"https://a.example/{number}", "HTTP/1.1 200 OK", HTML, body), body)
        )
    writer.close()
    (path,) = folder.iterdir()
    gone &= set(range(len(sizes)))
    number = eraser.erase(
        path, [(places[i][0].offset, places[i][0].length) for i in gone], datetime.now(START.tzinfo)
    )
    assert number == len(gone)
    content = gzip.decompress(path.read_bytes())
    for i, (place, body) in enumerate(places):
        assert (body in content) == (i not in gone)
        if i not in gone:
            assert wire_at(folder, place) == Wire("HTTP/1.1 200 OK", tuple(HTML), body)


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "x")
    place = writer.write_response("https://a.example/", "HTTP/1.1 200 OK", HTML, b"body")
    writer.close()
    before = (tmp_path / place.file).read_bytes()

    def full(*_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(DatabaseUnavailable, match="free some space and run again"):
        eraser.erase(tmp_path / place.file, [(place.offset, place.length)], START, full)
    with pytest.raises(DatabaseUnavailable, match="no whole record of 7 bytes at 3"):
        eraser.erase(tmp_path / place.file, [(3, 7)], START)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(place.file, before)]
