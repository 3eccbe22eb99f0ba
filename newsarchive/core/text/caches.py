"""The memory of the core's caches, bounded in bytes: what they hold is of the last pages alone.

The pages of a site share most of their lines, class names and addresses, so that many functions remember what they said of
them (`functools.lru_cache`). That counts entries, and an entry may be a line of 90 KB: 1,200 such pages held 1.4 GB.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, TypeVar
from weakref import WeakSet

F = TypeVar("F")

#: Bytes of pages, and characters of texts that are repaired by themselves, after which what was remembered of them is forgotten.
#: More: the caches grow to about twelve times that number of bytes. Fewer: the lines of a site are looked at more often; usual pages
#: of 180 KB are forgotten after 28. With 20 MB, a process that had read 150 real pages of 150 sites had 135 MB of its own, and has 97.
MAX_REMEMBERED_BYTES = 5_000_000
#: Entries of a cache of texts. One that holds fewer keeps tables that were compiled of the rules, and is kept.
MIN_ENTRIES = 256

_read = 0
#: Caches that stand in no module: those of functions that were made of a table.
_made: WeakSet[Any] = WeakSet()


def noted(cache: F) -> F:
    """The same function; what it remembers is forgotten with the rest."""
    _made.add(cache)
    return cache


def text_read(size: int) -> None:
    """Count the bytes of one more page, or the characters of a text that is repaired by itself; forget what was remembered of
    texts where they become too many."""
    global _read
    _read += size
    if _read > MAX_REMEMBERED_BYTES:
        _read = size
        for cache in caches():
            cache.cache_clear()


def caches() -> Iterator[Any]:
    """The caches of texts in the modules of the core that are loaded, and those that were noted."""
    yield from list(_made)
    for name, module in list(sys.modules.items()):
        if name.startswith("newsarchive.core."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_parameters") and (
                    (value.cache_parameters()["maxsize"] or 0) >= MIN_ENTRIES
                ):
                    yield value
