"""Breakages of a site that one crawl sees by itself: nothing failed on the way, and still nothing good came.

    breakage(Counts({"newsarchive/dropped/script only": 30}), {})
    # "all of the 30 posts that were fetched need scripts to be read; …"

It is said at the end of the crawl. What only a site's history tells (fewer posts, no dates where there always were) is told by
its alarms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from newsarchive.crawl_stats import HELD, SKIPPED_AS_KNOWN, Count, Counts, Failure, Group, key, sites_left
from newsarchive.db.writing.packed import PackedArticle, head_of
from newsarchive.items import Article, DropReason

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


#: Posts of one crawl. With fewer, nothing is said of the site.
MIN_POSTS = 5
#: Share of the posts of a crawl that must be lost in one way (0 to 1). A site of which a part works is not broken.
MIN_SHARE = 0.8

#: Why pages are refused when a site serves something else than its posts → what all its posts do then, and the remedy.
_SITES_OWN: Mapping[DropReason, tuple[str, str]] = {
    DropReason.SCRIPT_ONLY: ("need scripts to be read", "set browser = \"on\" (pip install 'newsarchive[browser]')"),
    DropReason.LOGIN_PAGE: ("are a page to log in", "look at one in a browser; its feed may have the texts"),
    DropReason.CONSENT_PAGE: ("are a page that asks for consent", "look at one in a browser"),
    DropReason.ERROR_PAGE: ("are an error page", "look at one in a browser; the site may be down"),
    DropReason.PAYWALL: ("are behind a paywall", "its feed may have the texts"),
    DropReason.PROTECTED: ("ask for a password", "ask the site's owner"),
    DropReason.EMPTY: ("are empty", "look at one in a browser; the site may be down"),
}  # fmt: skip
#: Reasons that say nothing of the site.
_NO_BREAKAGE = frozenset((DropReason.NOARCHIVE, DropReason.BEFORE_SINCE))


def breakage(counts: Counts, texts: Mapping[tuple[str, str], int]) -> str:
    """What broke at the site as a whole, in a sentence; "" where nothing did.

    `texts` counts the articles of the crawl by headline and hash of the text. Posts may share a text under other headlines.
    """
    dropped = {
        reason: number
        for reason, number in counts.reasons[Group.DROPPED].items()
        if reason.partition(": ")[0] not in _NO_BREAKAGE
    }
    held = sum(counts[name] for name in HELD)
    absent = counts[Count.MISSING] + counts[Count.GONE]
    looked = held + sum(dropped.values()) + absent + counts[Group.FAILED]
    if _most(absent, looked) and not held:  # a list of old addresses breaks no site whose new posts come
        return f"{_of(absent, looked)} answered 404 or 410: has the site new addresses, or a broken theme? Look at one in a browser"
    for reason, (what, remedy) in _SITES_OWN.items():
        if _most(number := dropped.get(reason, 0), looked):
            return f"{_of(number, looked)} {what} ({reason}): {remedy}"
    if not held and not counts.skipped(SKIPPED_AS_KNOWN) and looked >= MIN_POSTS and dropped:
        said = ", ".join(f"{number} {reason}" for reason, number in sorted(dropped.items()))
        return f"none of the {looked} posts that were fetched is an article ({said}): is this a blog?"
    articles = sum(texts.values())
    number = max((number for (_, text), number in texts.items() if text), default=0)
    if _most(number, articles):
        return f"{_of(number, articles)} have one and the same headline and text: the site serves one page for all; look at one in a browser"
    return ""


def _most(number: int, looked: int) -> bool:
    return number >= MIN_POSTS and number >= MIN_SHARE * looked


def _of(number: int, looked: int) -> str:
    return f"{'all' if number == looked else number} of the {looked} posts that were fetched"


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
