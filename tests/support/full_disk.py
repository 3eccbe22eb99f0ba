"""`scrapy` on a disk that becomes full after the command has looked at the archive, and before the crawl opens it.

python -m tests.support.full_disk crawl news -a url=http://127.0.0.1:8000/
"""

from __future__ import annotations

import sys
from typing import Any

from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseUnavailable


def start_run(self: Store, *given: Any) -> int:
    raise DatabaseUnavailable("news.db cannot be written: the disk is full; free some space and run again")


if __name__ == "__main__":
    from scrapy.cmdline import execute

    Store.start_run = start_run  # type: ignore[method-assign]
    execute(["scrapy", *sys.argv[1:]])
