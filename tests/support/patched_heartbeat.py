"""`scrapy`, whose engine looks once an hour whether it may end, where it would look every 5 seconds.

python -m tests.support.patched_heartbeat crawl warc -a path=a.warc.gz
"""

from __future__ import annotations

import sys

from scrapy.cmdline import execute
from scrapy.core.engine import ExecutionEngine

if __name__ == "__main__":
    ExecutionEngine._SLOT_HEARTBEAT_INTERVAL = 3600.0
    execute(["scrapy", *sys.argv[1:]])
