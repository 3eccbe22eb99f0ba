"""The garbage collector waits while a step runs, and nothing that it would find is made meanwhile."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

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


def test_steps_in_several_threads_leave_it_on() -> None:
    inside, go_on = threading.Event(), threading.Event()

    @uncollected
    def waits() -> None:
        inside.set()
        assert go_on.wait(10)

    thread = threading.Thread(target=waits)
    thread.start()
    assert inside.wait(10)
    uncollected(lambda: None)()
    go_on.set()
    thread.join()
    assert gc.isenabled()


def test_every_step_makes_it_wait() -> None:
    assert all(hasattr(step, "__wrapped__") for step in STEPS.values())


def test_the_steps_leave_nothing_for_it_to_find() -> None:
    pages = captures()
    assert pages
    for capture in pages:  # once before: tables are read, patterns compiled
        article_from(capture, default())
    gc.collect()
    gc.disable()
    for capture in pages:
        article_from(capture, default())
    assert gc.collect() == 0
