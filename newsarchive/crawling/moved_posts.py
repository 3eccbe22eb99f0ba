"""Asks the old address of a post whether the post has moved to the address of a page.

A blog that changes its addresses from `/2024/05/night-ferry/` to `/night-ferry/` names each of its posts anew. A page whose text the
archive has under another address is the same post where that address answers as it no longer: it is not there, it leads to the
page, or it gives something else. Then the article takes the new address (`newsarchive.db.writing.moved`). As long as both answer,
they are two articles, one a copy of the other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from scrapy import Request

from newsarchive.core.discovery.page_kind import IN_BETWEEN
from newsarchive.core.urls import site_of, url_key
from newsarchive.crawling.page_reader import reader_of
from newsarchive.crawling.responses import capture_of
from newsarchive.crawling.stats import Count, key
from newsarchive.db.reading.replaced import text_of
from newsarchive.db.writing.moved import Former, follow, former_of
from newsarchive.db.writing.packed import head_of
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article
from newsarchive.times import utc_now
from newsarchive.workers.worker import Job, Look

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: Old addresses of a site that are asked for in a crawl, where all of them say the same. Where each was left, the posts of the others are
#: taken to have moved too: a blog of 5,000 posts would else be asked for 5,000 pages that are not there. Where none was, the site
#: publishes its texts several times.
MAX_ASKED = 20
#: The same for the old addresses of another site. Where none of them leads to the page, its articles are what a copy has.
MAX_ASKED_ELSEWHERE = 3
#: Statuses that say that a page is not there.
ABSENT_STATUSES = frozenset((404, 410))


class MovedPosts:
    """Follows the posts that moved, in one crawl."""

    def __init__(self, crawler: Crawler, engine: Engine, run_id: int | None = None) -> None:
        self.crawler, self.engine, self.run_id = crawler, engine, run_id
        #: (old site, new site) → old addresses that were left, and those that were not
        self.left: Counter[tuple[str, str]] = Counter()
        self.stayed: Counter[tuple[str, str]] = Counter()
        #: Articles whose address was asked for, and did not say that the post has left: it is not asked for again.
        self.not_left: set[int] = set()
        #: One for each site: two new pages may have the text of one article.
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.began = utc_now()
        #: Articles that moved in this crawl: a further page with such a text is a view of the post.
        self.moved: set[int] = set()

    async def follow(self, article: Article) -> None:
        """Give the stored article of this post its new address, where the page is that of a post that moved. Raises `DatabaseError`."""
        if article.capture is None or article.capture.status != 200:
            return
        if await asyncio.to_thread(former_of, self.engine, article) is None:
            return
        async with self.locks[site_of(article.url)]:
            former = await asyncio.to_thread(former_of, self.engine, article)
            if former is None or former.article_id in self.moved:
                return
            if not (former.has_left or await self._has_left(former, article.url)):
                return
            if await asyncio.to_thread(follow, self.engine, former, article, utc_now(), self.run_id):
                self.moved.add(former.article_id)
                if self.crawler.stats is not None:
                    self.crawler.stats.inc_value(key(Count.MOVED))
                logger.info("%s: the post moved to %s", former.url, article.url)

    async def _has_left(self, former: Former, url: str) -> bool:
        """Whether the old address answers as the post no longer."""
        pair = site_of(former.url), site_of(url)
        if former.last_seen_at >= self.began or former.article_id in self.not_left:
            return False
        if former.is_of_site and not self.stayed[pair] and self.left[pair] >= MAX_ASKED:
            return True
        most = MAX_ASKED if former.is_of_site else MAX_ASKED_ELSEWHERE
        if not self.left[pair] and self.stayed[pair] >= most:
            return False
        has_left = await self._asked(former, url)
        (self.left if has_left else self.stayed)[pair] += 1
        if not has_left:
            self.not_left.add(former.article_id)
        return has_left

    async def _asked(self, former: Former, url: str) -> bool:
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(
                Request(former.url, meta={"dont_retry": True})
            )
        except Exception as error:  # whatever a download raises: nothing is known then
            logger.info("%s: asked whether the post is still there: %s", former.url, error)
            return False
        if response.status == 200 and url_key(response.url) == url_key(url):
            return True
        # The old site must name the page: what it has lost, anybody may have copied.
        if not former.is_of_site:
            return False
        return response.status in ABSENT_STATUSES or (
            response.status == 200 and await self._gives_another(response, former)
        )

    async def _gives_another(self, response: Response, former: Former) -> bool:
        """Whether an answer is the page of another post or of none. A login, a consent page or a wall says nothing."""
        capture, reader = capture_of(response), reader_of(self.crawler)
        try:
            look = (await reader.do(Look(capture, asks=False))).look
            if look.block or look.kind.reason in IN_BETWEEN:
                return False
            page = await reader.do(Job(capture))
        except NotAnArticle as refusal:
            return refusal.reason not in IN_BETWEEN
        return not text_of(head_of(page.article)).is_one_with(former.text)
