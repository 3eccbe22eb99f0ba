"""Scrapy commands of this project. Scrapy alone imports this package, when its command line starts."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from newsarchive import demo
from newsarchive.__main__ import say_it_in_one_line
from newsarchive.spider_processes.server import SpiderServer
from newsarchive.workers.collector import set_up_collector
from newsarchive.workers.pool import cores


def reads_many_pages(words: Sequence[str]) -> bool:
    """Whether these words of `scrapy` begin the first crawl of a new archive, so that processes will read its pages.

    They load while this process loads Scrapy, half a second of the time until the first page. A crawl into an archive that is there
    mostly finds few new posts, which this process reads itself: for it they are started when more are known. A wrong guess costs that
    half second, or .7 s of CPU time. So the settings are looked at no more closely than here.

    >>> new = ["scrapy", "crawl", "news", "-s", "NEWSARCHIVE_DATABASE_URL=sqlite:///is/not/there.db"]
    >>> reads_many_pages(new), reads_many_pages([*new, "-a", "limit=5"]), reads_many_pages([*new, "-s", "NEWSARCHIVE_WORKERS=0"])
    (True, False, False)
    """
    if "crawl" not in words or cores() == 1:
        return False
    # A server of spiders imports this package too, and may not read the settings of this moment.
    from newsarchive import config, settings

    given = vars(settings) | dict(word.split("=", 1) for word in words if "=" in word)
    file, workers = config.file_of(str(given["NEWSARCHIVE_DATABASE_URL"])), str(given["NEWSARCHIVE_WORKERS"])
    is_short = "limit" in given or "dry_run" in given or given.get("url") == demo.NAME
    return bool(file) and not Path(file).exists() and not is_short and workers != "0"


set_up_collector()  # loading makes half a million objects, in which the collector would look for garbage again and again
say_it_in_one_line()  # loading Scrapy, the spiders and the tables takes seconds

#: Starts the processes that read the pages of a crawl.
readers = SpiderServer(spiders=False)
if readers.usable and reads_many_pages(sys.argv):
    with suppress(OSError):  # it is tried again for the first page
        readers.begin()

# Each crawl imports this module of Scrapy, which asks twice from where it is imported: Python then reads the sources of
# all callers and looks through all modules. Here both are few, which takes 65 ms less than in the midst of a crawl.
import_module("scrapy.core.downloader.handlers.http11")
