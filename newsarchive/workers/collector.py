"""Python's garbage collector and the C library's allocator, set once for a process that is wholly ours.

A page makes thousands of objects, nearly all of which are freed by their reference counts when the page is done:
the steps make no reference cycles (`tests/workers/test_garbage.py`). Python's default has the collector look for cycles
after every 700 new objects, which cost an eighth of the CPU time of a crawl.

Only the start of a process of ours may call this: the `newsarchive` command, `scrapy crawl` in our project, and
worker processes. The library and the add-on run in programs of other people, whose collector they leave alone.
"""

from __future__ import annotations

import ctypes
import gc
import sys

#: New objects after which the collector looks at the youngest generation. With more, it looks less often, and cycles
#: hold more memory meanwhile. Python's default is 700.
MIN_NEW_OBJECTS = 20_000
#: The same for a process that does nothing but read pages, which make no cycles. The core remembers fewer objects of
#: pages until it forgets them (`core.text.caches`); with 20,000 the collector went through those for 0.3 to 0.5 ms a page.
MIN_NEW_OBJECTS_OF_READERS = 200_000
#: Looks at the youngest generation before one at the middle generation; Python's default is 10.
MIN_YOUNG_LOOKS = 20
#: Looks at the middle generation before one at all objects; Python's default is 10.
MIN_MIDDLE_LOOKS = 50
#: What glibc is told (mallopt(3)): M_ARENA_MAX, M_MMAP_THRESHOLD in bytes, M_TRIM_THRESHOLD in bytes.
ALLOCATOR = ((-8, 1), (-3, 128 * 1024), (-1, 1_000_000))


def set_up_collector(new_objects: int = MIN_NEW_OBJECTS) -> None:
    """Let the collector look after that many new objects, and never again at those that are loaded by now, which stay to
    the end.

    It may be called again later in the same process, when more has been loaded.
    """
    gc.freeze()
    gc.set_threshold(new_objects, MIN_YOUNG_LOOKS, MIN_MIDDLE_LOOKS)


def set_up_allocator() -> None:
    """Have glibc give memory back to the system. Other C libraries are left as they are.

    By default each thread has an arena of its own, which keeps the memory that the thread frees. And the size from
    which a freed block goes back to the system at once grows with each such block. The process of a crawl, whose
    threads handle pages of 200 KB, holds 18 to 22 MB less with one arena and a fixed size (150 MB before), in the same
    CPU time. A process that reads pages keeps the defaults: with these sizes worker processes took 10% more CPU time in
    the one run that was made.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in ALLOCATOR:
            mallopt(parameter, value)
