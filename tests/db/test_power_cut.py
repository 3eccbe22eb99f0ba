"""A power cut takes what was not yet on the disk, sector by sector: what was acknowledged is there afterwards.

Each image of the disk that is opened here holds what was certainly on it at the last commit that was acknowledged, and of what was written since,
some sectors and others not, at random. A commit is certain under `synchronous = FULL` alone; the bytes of a WARC file
are so once `os.fsync` was called.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsarchive.db.engine import open_engine, reading
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store, Writer
from newsarchive.exceptions import DatabaseError, DatabaseUnavailable
from newsarchive.items import Article
from newsarchive.warc.reader import read_capture
from newsarchive.warc.writer import WarcWriter, recover
from tests.support.storage import make_article

SECTOR_BYTES = 512
COMMITS = 10
IMAGES_OF_A_COMMIT = 4
FULL = 2

Files = dict[str, bytes]


class Disk:
    """The files of an archive, and what of them was certainly on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certain: Files = {}

    def written(self) -> Files:
        paths = (path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".db-shm")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}

    def synced(self, wanted: Callable[[str], bool]) -> None:
        self.certain |= {name: data for name, data in self.written().items() if wanted(name)}

    def after_a_cut(self, image: Path, chance: random.Random) -> None:
        """Write the files as a power cut may leave them; a file that was never certain may be gone."""
        for name, now in self.written().items():
            before = self.certain.get(name)
            if before is None and chance.random() < 0.3:
                continue
            (image / name).parent.mkdir(parents=True, exist_ok=True)
            (image / name).write_bytes(torn(before or b"", now, chance))


def torn(before: bytes, now: bytes, chance: random.Random) -> bytes:
    """Of two states of a file, each sector of one or the other; what it grew by may be there in part, or be zeros."""
    likely = chance.random()
    length = len(before) if chance.random() < 0.2 else chance.randint(len(before), max(len(before), len(now)))
    out = bytearray()
    for at in range(0, length, SECTOR_BYTES):
        old, new = before[at : at + SECTOR_BYTES], now[at : at + SECTOR_BYTES]
        out += (new if chance.random() < likely else old).ljust(SECTOR_BYTES, b"\0")
    return bytes(out[:length])


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk, real = Disk(tmp_path / "disk"), os.fsync
    (disk.folder / "warc").mkdir(parents=True)

    def fsync(descriptor: int) -> None:
        real(descriptor)
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        disk.synced(lambda name: path.endswith(name))

    monkeypatch.setattr("newsarchive.warc.writer.os.fsync", fsync)
    return disk


def level(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


def article(number: int, warc: WarcWriter) -> Article:
    made = make_article(number, body=f"Text {number}. " + "The ministers met again. " * 200)
    assert made.capture is not None
    headers = [("Content-Type", "text/html")]
    place = warc.write_response(made.url, "HTTP/1.1 200 OK", headers, random.Random(number).randbytes(3000))
    return replace(made, capture=replace(made.capture, place=place))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="tells files by /proc")
@pytest.mark.parametrize("seed", range(2))
def test_what_was_acknowledged_survives_a_power_cut(disk: Disk, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    engine = open_engine(f"sqlite:///{disk.folder / 'archive.db'}")
    upgrade(engine)
    warc = WarcWriter(disk.folder / "warc")
    writer = Writer(Store(engine), max_age=0.0, sync=warc.sync)
    certain = level(engine) >= FULL
    acknowledged: list[Article] = []
    disk.synced(lambda name: name.startswith("archive"))
    for commit in range(COMMITS):
        waiting = [article(number, warc) for number in range(10 * commit, 10 * commit + chance.randint(1, 3))]
        for future in [writer.submit(one) for one in waiting]:
            future.result(timeout=300)
        for number in range(IMAGES_OF_A_COMMIT):
            image = tmp_path / f"image-{commit}-{number}"
            disk.after_a_cut(image, chance)
            check(image, acknowledged)
        acknowledged += waiting
        if certain:
            disk.synced(lambda name: name.startswith("archive"))
        if chance.random() < 0.3:
            with reading(engine) as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
            disk.synced(lambda name: name.startswith("archive"))
    writer.close()
    warc.close()
    engine.dispose()


def check(image: Path, acknowledged: list[Article]) -> None:
    """The archive is whole, has these articles, and every article that it has can be read from its WARC file."""
    recover(image / "warc")
    with closing(sqlite3.connect(image / "archive.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        urls = {url for (url,) in connection.execute("SELECT url FROM articles")}
        assert {one.url for one in acknowledged} <= urls
        places = connection.execute("SELECT warc_file, warc_offset FROM captures").fetchall()
    assert len(places) >= len(urls)
    for file, offset in places:
        read_capture(image / "warc", file, offset)


def test_every_writing_connection_waits_for_the_disk(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    Frontier(engine)
    assert level(engine) == FULL
    engine.dispose()


def test_a_disk_that_fails_is_told_and_nothing_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(engine)
    warc = WarcWriter(tmp_path / "warc")
    writer = Writer(Store(engine), sync=warc.sync)
    one = article(1, warc)

    def fails(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("newsarchive.warc.writer.os.fsync", fails)
        with pytest.raises(DatabaseUnavailable, match=r"warc\.gz cannot be written: Input/output error"):
            writer.submit(one).result(timeout=300)
    assert isinstance(writer.failed, DatabaseError)
    writer.close()
    with closing(sqlite3.connect(tmp_path / "archive.db")) as connection:
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (0,)
    engine.dispose()
    warc.close()
