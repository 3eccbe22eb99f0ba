"""An erasure whose process is killed (SIGKILL) at any moment: run again, it ends, nothing of the text is left in any file, and
nothing else is lost."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsarchive import doctor
from newsarchive.db.reading.hidden import entries
from tests.support import warm
from tests.support.storage import open_archive
from tests.test_erasing import TAIL, Kept, raw_bytes

pytestmark = [
    pytest.mark.slow,  # starts processes
    pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX"),
]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with open_archive("sqlite", tmp_path) as engine:
        made = Kept(engine, tmp_path / "warc")
        made.fill()
        yield made


def words(folder: Path) -> list[str]:
    return [
        "withhold", "erase", "1", "2", "--reason", "a court order", "--yes",
        "--warc", str(folder / "warc"), "--db", f"sqlite:///{folder / 'archive.db'}",
    ]  # fmt: skip


def again(kept: Kept) -> None:
    """Run it again as a person does, and look at every byte of every file."""
    kept.engine.dispose()
    done = warm.run("newsarchive", *words(kept.folder.parent), environment=warm.own_environment())
    assert done.returncode == 0, done.stderr
    assert {entry.state for entry in entries(kept.engine)} == {"erased"}
    kept.engine.dispose()
    folder = kept.folder.parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert kept.folder in {path.parent for path in files}
    assert [path.name for path in files if TAIL in path.read_bytes().lower()] == []
    assert TAIL not in raw_bytes(kept.folder).lower()
    assert b"Of another page." in kept.bytes_of(3)
    assert doctor.check(kept.engine, [kept.folder], every_record=True) == []


@pytest.mark.parametrize(
    ("module", "function", "when"),
    [
        ("newsarchive.db.writing.erase", "begin", "after"),
        ("newsarchive.db.writing.erase", "moved", "before"),
        ("newsarchive.db.writing.erase", "moved", "after"),
        ("os", "replace", "before"),  # the first WARC file is written anew beside the old one
        ("os", "replace", "after"),
        ("newsarchive.warc.eraser", "erase", "after"),
        ("newsarchive.db.writing.erase", "scrub", "before"),
        ("newsarchive.db.writing.erase", "scrub", "1"),
        ("newsarchive.db.writing.erase", "scrub", "5"),
        ("newsarchive.db.writing.erase", "scrub", "after"),
        ("newsarchive.db.writing.erase", "finish", "after"),
    ],
    ids=lambda value: str(value).rpartition(".")[2],
)
def test_killed_at_a_step_it_ends_when_it_is_run_again(
    kept: Kept, module: str, function: str, when: str
) -> None:
    kept.engine.dispose()
    done = warm.run(
        "tests.support.killed",
        module,
        function,
        when,
        *words(kept.folder.parent),
        environment=warm.own_environment(),
    )
    assert done.returncode == -signal.SIGKILL, (done.stdout, done.stderr)
    if function != "finish":
        assert "erasing" in {entry.state for entry in entries(kept.engine)}
    again(kept)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_killed_at_some_moment_it_ends_when_it_is_run_again(
    kept: Kept, tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    """By the clock, so that it is hit between the steps, too; `share` is of the time that a copy's erasure takes here."""
    kept.engine.dispose()
    copy = shutil.copytree(kept.folder.parent, tmp_path_factory.mktemp("copy") / "archive")
    begun = time.monotonic()
    done = warm.run("newsarchive", *words(copy), environment=warm.own_environment())
    took = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    process = warm.started("newsarchive", *words(kept.folder.parent), environment=warm.own_environment())
    time.sleep(share * took)
    process.kill()
    process.communicate(timeout=300)
    again(kept)
