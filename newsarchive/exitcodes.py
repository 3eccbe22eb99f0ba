"""Exit codes of `scrapy crawl` and of the command `newsarchive`: what failed never ends with 0."""

from __future__ import annotations

import signal

#: A fault in the program, or nothing found.
FAULT = 1
#: Wrong usage: nothing was done.
USAGE = 2
#: Some sites failed, or some posts could not be fetched and wait for the next crawl.
SOME_FAILED = 3
#: The site, or every site, could not be crawled.
ALL_FAILED = 4
#: The database could not be read or written.
DATABASE_FAILED = 5
#: Another crawl of the followed sites is running (`EX_TEMPFAIL` of sysexits.h).
LOCKED = 75
#: Ctrl+C before the crawl began, as shells count it.
STOPPED_BY_CTRL_C = 128 + signal.SIGINT
#: SIGTERM before the crawl began.
STOPPED_BY_SIGTERM = 128 + signal.SIGTERM
