"""The garbage collector: the steps make nothing for it to find, and only processes of our own change it."""

import contextlib
import gc
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from newsarchive import extract
from newsarchive.core.steps import article_from
from newsarchive.core.text import caches
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture
from newsarchive.rules import default
from newsarchive.workers import collector, worker

PAGES = Path(__file__).parent.parent / "pages"


def captures() -> list[Capture]:
    return [
        Capture(f"https://{folder.name}/2025/03/post", (folder / "page.html").read_bytes())
        for folder in sorted(PAGES.glob("*.example"))
    ]


@pytest.fixture
def thresholds() -> Iterator[tuple[int, int, int]]:
    """Thresholds that nobody sets by default, for as long as a test runs."""
    before = gc.get_threshold()
    gc.set_threshold(701, 11, 12)
    yield gc.get_threshold()
    gc.set_threshold(*before)
    gc.enable()


@pytest.mark.slow
@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("threads", [0, 4])
def test_extract_leaves_the_collector_as_the_caller_set_it(
    thresholds: tuple[int, int, int], enabled: bool, threads: int
) -> None:
    if not enabled:
        gc.disable()
    frozen, seen = gc.get_freeze_count(), set()

    def read(capture: Capture) -> None:
        with contextlib.suppress(NotAnArticle):
            extract(capture.body, url=capture.url)
        seen.add((gc.isenabled(), gc.get_threshold(), gc.get_freeze_count() <= frozen))

    pages = [*captures()[:6], Capture("https://blog.example/a", b"GIF89a\0\0")]
    if threads:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(read, pages))
    else:
        for page in pages:
            read(page)
    assert seen == {(enabled, thresholds, True)}


@pytest.mark.slow
def test_the_library_and_the_addon_leave_it_alone_when_they_are_imported() -> None:
    code = (
        "import gc; before = gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()\n"
        "import newsarchive.addon, newsarchive.reextract, newsarchive.learning.learner, newsarchive.pipelines\n"
        "assert (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_a_process_of_ours_has_it_look_more_rarely() -> None:
    code = (
        "import gc; from newsarchive import cli; from newsarchive.__main__ import main\n"
        "cli.main = lambda: print(gc.isenabled(), gc.get_threshold()[0] > 700, gc.get_freeze_count() > 0)\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True", "True"]


def test_a_process_that_reads_pages_has_it_look_least(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(worker, "set_up_collector", looks.append)
    worker.Worker("", ())
    assert looks == [collector.MIN_NEW_OBJECTS_OF_READERS] > [collector.MIN_NEW_OBJECTS]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sizes are those of glibc")
def test_the_allocator_is_told_one_arena_and_fixed_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []

    class Library:
        def __init__(self, name: None) -> None:
            self.mallopt = lambda parameter, value: told.append((parameter, value))

    monkeypatch.setattr(collector.ctypes, "CDLL", Library)
    collector.set_up_allocator()
    assert told == [(-8, 1), (-3, 131_072), (-1, 1_000_000)]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector.ctypes, "CDLL", lambda name: object())
    collector.set_up_allocator()


REFUSED = [b"", b"GIF89a\0\0", b"<p>Short.</p>", b"<body><script>draw()</script></body>"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["articles", "refused"])
def test_the_steps_leave_nothing_for_it_to_find(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "_read", 0)  # what is remembered is not forgotten meanwhile
    pages = (
        captures() if kind == "articles" else [Capture("https://blog.example/a", body) for body in REFUSED]
    )
    read(pages)  # once before: tables are read, patterns compiled
    wanted = 0 if kind == "refused" else len(pages)
    # Another thread of a test's process may leave something meanwhile, but not each time.
    assert min(garbage_of(pages, wanted) for _ in range(3)) == 0


def garbage_of(pages: list[Capture], wanted: int) -> int:
    """The number of objects that only the collector finds after these pages were read."""
    gc.collect()
    gc.disable()
    try:
        assert read(pages) == wanted
        return gc.collect()
    finally:
        gc.enable()


def read(pages: list[Capture]) -> int:
    """How many of these pages hold an article."""
    found = 0
    for capture in pages:
        with contextlib.suppress(NotAnArticle):
            article_from(capture, default())
            found += 1
    return found
