"""Says that pages which a spider of another project yielded came to no end: a pipeline of the project gave back something
else than it got. The usual one has forgotten `return item`; the crawl then ends as if all were well, and stores nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.utils.misc import load_object

from newsarchive.crawling.failures import Dropped
from newsarchive.crawling.stats import HELD, Count, Group, SkipReason, key
from newsarchive.db.writing.packed import PackedArticle
from newsarchive.items import Article, Capture
from newsarchive.reprs import counted

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: The pipeline that writes into the archive, as a path: the pipelines import the extensions.
STORE = "newsarchive.pipelines.StorePipeline"
#: Counts of the pages that reached the archive.
STORED = (*map(key, HELD), key(Group.SKIPPED, SkipReason.WITHHELD))

log = logging.getLogger(__name__)


class LostPages:
    """Counts the pages that a spider yielded, those that were stored, and those that were dropped or failed.

    At most as many are lost as items came out of the last pipeline as something else than an article: `scrapy parse` tells
    nobody what became of its items.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.refused, self.others = crawler, 0, 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if getattr(crawler.spidercls, "is_archive_spider", False):
            raise NotConfigured
        made = cls(crawler)
        for signal in (signals.item_dropped, signals.item_error):
            crawler.signals.connect(made.ended, signal)
        crawler.signals.connect(made.scraped, signals.item_scraped)
        crawler.signals.connect(made.closed, signals.spider_closed)
        return made

    def ended(self, item: Any, exception: Exception | None = None) -> None:
        """A pipeline of the project may have made a capture of its spider's own item, which is then dropped as a page."""
        self.refused += isinstance(item, Response | Capture) or isinstance(exception, Dropped)

    def scraped(self, item: Any) -> None:
        self.others += not isinstance(item, Article | PackedArticle)

    def closed(self) -> None:
        # The project may have switched it off.
        if self.crawler.get_item_pipeline(load_object(STORE)) is None:
            return
        stats = self.crawler.stats
        stored = sum(stats.get_value(name, 0) for name in STORED)
        lost = min(stats.get_value(key(Count.DISCOVERED), 0) - stored - self.refused, self.others)
        if lost > 0:
            log.warning(
                "%s reached no archive: a pipeline of this project gave back something else than the record that it got; let it "
                "end with `return item`",
                counted(lost, "page"),
            )
