"""An erasure whose process is killed (SIGKILL) at any moment: run again, it ends, nothing of the text is left in any file, and
nothing else is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsarchive import doctor
from newsarchive.db.reading.withheld import entries
from tests.support import warm
from tests.support.storage import open_archive
from tests.test_erasing import TAIL, Kept, raw_bytes

pytestmark = [
    pytest.mark.slow,  # starts processes
    pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX"),
]

#: Runs the command, and kills its own process before or after a call of a function, or some milliseconds into it.
KILLER = """
import importlib, os, signal, sys, threading
where, name, when = sys.argv[1:4]
module = importlib.import_module(where)
real = getattr(module, name)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def run(*given, **options):
    if when == "before":
        die()
    if when not in ("before", "after"):
        threading.Timer(float(when) / 1000, die).start()
    made = real(*given, **options)
    die()
    return made

setattr(module, name, run)
sys.argv = ["newsarchive", *sys.argv[4:]]
from newsarchive.cli import main
main()
"""


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with open_archive("sqlite", tmp_path) as engine:
        made = Kept(engine, tmp_path / "warc")
        made.fill()
        yield made


def words(kept: Kept) -> list[str]:
    return [
        "withhold", "erase", "1", "2", "--reason", "a court order", "--yes",
        "--warc", str(kept.folder), "--db", kept.url,
    ]  # fmt: skip


def again(kept: Kept) -> None:
    """Run it again as a person does, and look at every byte of every file."""
    kept.engine.dispose()
    done = warm.run("newsarchive", *words(kept), environment=warm.own_environment())
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
    command = [sys.executable, "-c", KILLER, module, function, when, *words(kept)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == -signal.SIGKILL, (done.stdout, done.stderr)
    if function != "finish":
        assert "erasing" in {entry.state for entry in entries(kept.engine)}
    again(kept)


@pytest.mark.parametrize("share", [0.5, 0.7, 0.8, 0.9, 0.97])
def test_killed_at_some_moment_it_ends_when_it_is_run_again(kept: Kept, tmp_path: Path, share: float) -> None:
    """By the clock, so that it is hit between the steps, too; `share` is of the time that such a run takes here."""
    command = [sys.executable, "-m", "newsarchive"]
    begun = time.monotonic()
    subprocess.run([*command, "withhold", "list", "--db", kept.url], capture_output=True, timeout=300)
    kept.engine.dispose()
    process = subprocess.Popen([*command, *words(kept)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(share * 1.5 * (time.monotonic() - begun))
    process.kill()
    process.wait(60)
    again(kept)
