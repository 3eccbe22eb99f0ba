"""Who wants the articles of a crawl besides its archive? Where nobody does, worker processes hand over only what is stored.

    scrapy crawl news -a url=https://blog.example                      # nobody
    scrapy crawl news -a url=https://blog.example -O articles.json     # Scrapy's feeds

Others that want them are a pipeline of another project behind ours, a listener to `item_scraped`, and a log formatter
of one's own. Any other listener is assumed to want them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydispatch.dispatcher import getAllReceivers, liveReceivers
from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Modules that listen to `item_scraped` and need no more of an item than a packed article has.
COUNTING = frozenset(
    [
        "scrapy.extensions.corestats",
        "scrapy.extensions.closespider",
        "newsarchive.middlewares",
        "newsarchive.extensions.alarms",
        "newsarchive.spiders.warc",
    ]
)
#: The module of Scrapy's own log formatter. It prints an item by its `repr`, which a packed article has like an
#: article.
PLAIN_LOG = "scrapy.logformatter"


def articles_wanted(crawler: Crawler, behind: Iterable[object], own: Iterable[type]) -> bool:
    """Whether anybody but the writer wants the articles: one of the pipelines `behind` that is not among our `own`, or
    anyone else. Ask only when all components of the crawl exist."""
    if any(type(pipeline) not in own for pipeline in behind):
        return True
    listeners = liveReceivers(getAllReceivers(crawler.signals.sender, signals.item_scraped))
    if not COUNTING.issuperset(map(_module, listeners)):
        return True
    return type(crawler.logformatter).__module__ != PLAIN_LOG


def _module(listener: Any) -> str:
    """Where a function, or the class of a method's object, is defined."""
    owner = getattr(listener, "__self__", None)
    return str(listener.__module__ if owner is None else type(owner).__module__)
