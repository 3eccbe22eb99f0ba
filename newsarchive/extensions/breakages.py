"""Looks at the end of a crawl whether the site as a whole is broken (`newsarchive.breakages`), and says so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from newsarchive.breakages import breakage
from newsarchive.crawl_stats import Counts, Failure, key, sites_left
from newsarchive.db.writing.packed import PackedArticle, head_of
from newsarchive.items import Article

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class Breakages:
    """Makes a breakage the failure of the site: in the summary, the exit code and the state of the site."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler, self.stats = crawler, crawler.stats
        #: headline and hash of a text → articles of this crawl that have both
        self.texts: Counter[tuple[str, str]] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.scraped, signals.item_scraped)
        # Connected before the pipelines are opened, and so called before they record how the run ended.
        crawler.signals.connect(extension.closed, signals.spider_closed)
        return extension

    def scraped(self, item: Any) -> None:
        if isinstance(item, Article | PackedArticle):
            article = head_of(item)
            self.texts[article.headline, article.content_hash] += 1

    def closed(self) -> None:
        spider = self.crawler.spider
        stats = self.stats.get_stats()
        site = getattr(spider, "url", "") or getattr(spider, "site", "")
        told = any(key(failure) in stats for failure in Failure) or sites_left(stats)
        if site and not told and (sentence := breakage(Counts(stats), self.texts)):
            self.stats.set_value(key(Failure.SITE), f"{site}: {sentence}")
