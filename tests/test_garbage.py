"""The garbage collector waits while a step runs, and nothing that it would find is made meanwhile."""

import contextlib
import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from newsarchive.core.garbage import uncollected
from newsarchive.core.process import STEPS, article_from
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture
from newsarchive.rules import default

PAGES = Path(__file__).parent / "pages"


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def captures() -> list[Capture]:
    return [
        Capture(f"https://{folder.name}/2025/03/post", (folder / "page.html").read_bytes())
        for folder in sorted(PAGES.glob("*.example"))
    ]


def test_it_is_off_in_a_step_and_on_again_after_it() -> None:
    assert uncollected(gc.isenabled)() is False
    assert gc.isenabled()


def test_it_is_on_again_after_a_page_that_is_refused() -> None:
    with pytest.raises(NotAnArticle):
        article_from(Capture("https://blog.example/", b"GIF89a\0\0"), default())
    assert gc.isenabled()


def test_a_caller_who_turned_it_off_finds_it_off() -> None:
    gc.disable()
    assert uncollected(gc.isenabled)() is False
    assert not gc.isenabled()


def test_of_steps_in_two_threads_the_first_to_end_does_not_leave_it_off() -> None:
    inside, go_on = threading.Event(), threading.Event()

    @uncollected
    def waits() -> None:
        inside.set()
        assert go_on.wait(10)

    @uncollected
    def outlives_it() -> None:
        go_on.set()
        thread.join(10)

    thread = threading.Thread(target=waits)
    thread.start()
    assert inside.wait(10)
    outlives_it()
    assert not thread.is_alive()
    assert gc.isenabled()


@pytest.mark.parametrize("name", STEPS)
def test_every_step_makes_it_wait(name: str) -> None:
    seen = []
    rules = _Watched(lambda: seen.append(gc.isenabled()))
    record = _Watched(lambda: seen.append(gc.isenabled()))
    with contextlib.suppress(Exception):
        STEPS[name](record, rules)
    assert seen
    assert not any(seen)


class _Watched:
    """Tells whenever a step asks it for anything, and has nothing."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        self._tell()
        raise AttributeError(name)


REFUSED = [b"", b"GIF89a\0\0", b"<p>Short.</p>", b"<body><script>draw()</script></body>"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["articles", "refused"])
def test_the_steps_leave_nothing_for_it_to_find(kind: str) -> None:
    pages = (
        captures() if kind == "articles" else [Capture("https://blog.example/a", body) for body in REFUSED]
    )
    read(pages)  # once before: tables are read, patterns compiled
    gc.collect()
    gc.disable()
    assert read(pages) == (0 if kind == "refused" else len(pages))
    assert gc.collect() == 0


def read(pages: list[Capture]) -> int:
    """How many of these pages hold an article."""
    found = 0
    for capture in pages:
        with contextlib.suppress(NotAnArticle):
            article_from(capture, default())
            found += 1
    return found
