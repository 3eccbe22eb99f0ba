"""Python's garbage collector, set once for a process that is wholly ours.

A page makes thousands of objects, nearly all of which are freed by their reference counts when the page is done:
the steps make no reference cycles (`tests/test_garbage.py`). Python's default has the collector look for cycles
after every 700 new objects, which cost an eighth of the CPU time of a crawl.

Only the start of a process of ours may call this: the `newsarchive` command, `scrapy crawl` in our project, and
worker processes. The library and the add-on run in programs of other people, whose collector they leave alone.
"""

from __future__ import annotations

import gc

#: New objects after which the collector looks at the youngest generation. More: fewer looks, more memory held
#: by cycles meanwhile. Python's default is 700.
MIN_NEW_OBJECTS = 20_000
#: Looks at the youngest generation before one at the middle generation; Python's default is 10.
MIN_YOUNG_LOOKS = 20
#: Looks at the middle generation before one at all objects; Python's default is 10.
MIN_MIDDLE_LOOKS = 50


def set_up_collector() -> None:
    """Let the collector look more rarely, and never again at what is loaded by now, which stays to the end.

    It may be called again later in the same process, when more has been loaded.
    """
    gc.freeze()
    gc.set_threshold(MIN_NEW_OBJECTS, MIN_YOUNG_LOOKS, MIN_MIDDLE_LOOKS)
