"""What a process remembers of the pages that it reads: it is bounded by their bytes, and tables stay."""

from __future__ import annotations

from functools import lru_cache

from newsarchive import caches
from newsarchive.caches import MAX_READ_BYTES, MIN_ENTRIES, Remembered


@lru_cache(maxsize=MIN_ENTRIES)
def line(text: str) -> str:
    return text


@lru_cache(maxsize=4)
def table(name: str) -> str:
    return name


def test_what_was_remembered_is_forgotten_after_so_many_bytes_of_pages() -> None:
    remembered = Remembered()

    @lru_cache(maxsize=MIN_ENTRIES)
    def later(text: str) -> str:
        return text

    for remember in (line, table, later):
        remember("the ferry")
    remembered.add(MAX_READ_BYTES - 1)
    assert [one.cache_info().currsize for one in (line, table, later)] == [1, 1, 1]
    remembered.add(1)
    assert [one.cache_info().currsize for one in (line, table, later)] == [0, 1, 0]
    line("the ferry")
    remembered.add(MAX_READ_BYTES - 1)
    assert line.cache_info().currsize == 1  # it is counted anew


def test_a_forked_process_knows_the_caches_that_its_server_noted() -> None:
    caches.note_caches()
    assert line in caches._inherited
    assert table not in caches._inherited
