"""What functions remember of the pages that a process reads, forgotten from time to time.

`functools.lru_cache` is bounded by entries, not by bytes: a worker process held 80 MB of the words, lines and paths of the
last 140 real pages in caches of up to 16,384 entries, most of which no later page asks for. Tables stay: they are remembered in
small caches.
"""

from __future__ import annotations

import gc
from functools import lru_cache
from typing import Any

#: Bytes of pages that are read before what was remembered of them is forgotten, 90 real pages. More: more memory. Less: what the
#: pages of a site share (menus, class names) is worked out again more often, as on the first page.
MAX_READ_BYTES = 16_000_000
#: Entries that a cache of words, lines or paths may have, at least; a cache for fewer holds tables.
MIN_ENTRIES = 512

_kind = type(lru_cache(lambda: None))
#: The caches of the fork-server. Processes that are forked from it find them here without looking through all that they share.
_inherited: list[Any] = []


def note_caches() -> None:
    """To be called before a process is forked, and before its objects are hidden from the garbage collector."""
    _inherited[:] = _caches()


def _caches() -> list[Any]:
    found = [one for one in gc.get_objects() if type(one) is _kind]
    return [one for one in found if (one.cache_parameters()["maxsize"] or 0) >= MIN_ENTRIES]


class Remembered:
    """What a process remembers of the pages that it reads."""

    def __init__(self) -> None:
        self.bytes = 0
        if not _inherited:
            note_caches()

    def add(self, size: int) -> None:
        """Note that a page of so many bytes was read; forget all pages where there were many."""
        self.bytes += size
        if self.bytes >= MAX_READ_BYTES:
            self.bytes = 0
            for cache in (*_inherited, *_caches()):
                cache.cache_clear()
