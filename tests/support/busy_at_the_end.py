"""A crawl of the demo blog that is busy at its end, in a thread, until there is a file `go`.

python -m tests.support.busy_at_the_end newsarchive.extensions.warc WarcExtension _settle     # prints `busy`
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path

from scrapy.cmdline import execute


def busy(*_: object) -> None:
    """Take the place of the method that is named."""
    sys.stdout.write("busy\n")
    sys.stdout.flush()
    while not Path("go").exists():
        time.sleep(0.1)


if __name__ == "__main__":
    module, cls, method = sys.argv[1:]
    setattr(getattr(import_module(module), cls), method, busy)
    execute(["scrapy", "crawl", "news", "-a", "url=demo", "-a", "limit=1", "-s", "NEWSARCHIVE_TOUR=0"])
