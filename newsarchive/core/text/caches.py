"""Keeps the memory of the core's caches small: all of them are emptied after each `MAX_REMEMBERED_BYTES` of pages.

The pages of a site share most of their lines, class names and addresses, so that many functions remember their results
(`functools.lru_cache`). Such a cache is bounded by its number of entries, and an entry may be a line of 90 KB: without this
module 1,200 pages of such lines held 1.4 GB.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, TypeVar
from weakref import WeakSet

F = TypeVar("F")

#: Bytes of pages, or characters of texts that are repaired by themselves, after which the caches are emptied. The
#: caches grow to about twelve times this number of bytes. With a smaller number, the lines that a site repeats are
#: worked out more often; with pages of 180 KB the caches are emptied after 28 pages. A process that read 150 real pages
#: of 150 sites had 97 MB of its own, and 135 MB with 20,000,000.
MAX_REMEMBERED_BYTES = 5_000_000
#: Entries that a cache may hold. A cache for at least this number holds texts and is emptied; a smaller one holds tables that were
#: compiled from the rules, and is kept.
MIN_ENTRIES = 256

_read = 0
#: Caches that no name of a module leads to, such as those of functions that are made from a table.
_made: WeakSet[Any] = WeakSet()


def noted(cache: F) -> F:
    """The same function, remembered as a cache to be emptied with the others."""
    _made.add(cache)
    return cache


def text_read(size: int) -> None:
    """Count the bytes of one more page, or the characters of a text that is repaired by itself. When more than
    `MAX_REMEMBERED_BYTES` were counted since the caches were last emptied, empty them."""
    global _read
    _read += size
    if _read > MAX_REMEMBERED_BYTES:
        _read = size
        for cache in caches():
            cache.cache_clear()


def caches() -> Iterator[Any]:
    """The caches of texts in the loaded modules of the core, and those that were `noted`."""
    yield from list(_made)
    for name, module in list(sys.modules.items()):
        if name.startswith("newsarchive.core."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_parameters") and (
                    (value.cache_parameters()["maxsize"] or 0) >= MIN_ENTRIES
                ):
                    yield value
