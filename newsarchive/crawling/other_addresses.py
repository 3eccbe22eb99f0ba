"""Asks other addresses of a site what became of a post: `OtherPosts`, `MovedPosts`.

`OtherPosts` finds out whether a page that takes much from a stored article is an edit of it.

    /2024/05/night-ferry/           "Best online casinos of the year …"     it was an article on a ferry
    /2024/05/newsarchive-8d1f0c/    "Best online casinos of the year …"     this post never was: so the page is not the ferry's

A blog dies, and whoever has its domain now answers each address with a shop, or with a text that names the words of the address. A
wall, a soft 404 or a broken theme gives one page for all posts, or the first paragraph of each. No word of such a page says so, but
the site does: it gives the same text for an address that no post ever had, or for another post of which the archive has another
text; or it has cut other posts too. Such a page makes no version of the article. Its capture is kept with the reason, and is not
read again.

A site is asked only where a page takes more than half of a stored text, and then at most seven times in a crawl.

`MovedPosts` asks the old address of a post whether the post has moved to the address of a page. A blog that changes its addresses
from `/2024/05/night-ferry/` to `/night-ferry/` names each of its posts anew. A page whose text the archive has under another address
is the same post where that address answers as it no longer: it is not there, it leads to the page, or it gives something else. Then
the article takes the new address (`newsarchive.db.writing.moved`). As long as both answer, they are two articles, one a copy of the
other.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from scrapy import Request

from newsarchive.core.discovery.page_kind import IN_BETWEEN
from newsarchive.core.urls import site_of, url_key
from newsarchive.crawling.failures import Dropped
from newsarchive.crawling.page_reader import reader_of
from newsarchive.crawling.responses import capture_of
from newsarchive.crawling.stats import Count, key
from newsarchive.db.reading.replaced import Text, doubt_of, text_of
from newsarchive.db.writing.moved import Former, follow, former_of
from newsarchive.db.writing.packed import head_of
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, DropReason
from newsarchive.times import utc_now
from newsarchive.workers.worker import Look, PageJob

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: Other posts of a site that are asked for in a crawl, for one page of all posts and again for texts that were cut. With fewer, one
#: that fails or was deleted would hide what the site does; with more, a site that rewrites its posts is asked more often.
MAX_OTHERS_ASKED = 3
#: Of these, those that must be cut too. With one, a publisher who cuts two posts would be taken for a wall.
MIN_CUT = 2
#: Old addresses of a site that are asked for in a crawl, where all of them say the same. Where each was left, the posts of the others are
#: taken to have moved too: a blog of 5,000 posts would else be asked for 5,000 pages that are not there. Where none was, the site
#: publishes its texts several times.
MAX_ASKED = 20
#: The same for the old addresses of another site. Where none of them leads to the page, its articles are what a copy has.
MAX_ASKED_ELSEWHERE = 3
#: Statuses that say that a page is not there.
ABSENT_STATUSES = frozenset((404, 410))


@dataclass
class _Site:
    """What is known of a site in this crawl; one request is made at a time."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: Pages that are no post's, with what proved it.
    pages: list[tuple[Text, str]] = field(default_factory=list)
    #: Whether an address was asked for that no post ever had.
    has_strange: bool = False
    #: Other posts that were asked for, because one page may stand for all.
    asked: set[str] = field(default_factory=set)
    #: What shows that the site cuts its posts, "" where nothing does, `None` before it was asked.
    cut: str | None = None

    def proof(self, text: Text) -> str:
        return next((proof for page, proof in self.pages if page.is_one_with(text)), "")


class OtherPosts:
    """Asks the sites of one crawl."""

    def __init__(self, crawler: Crawler, engine: Engine) -> None:
        self.crawler, self.engine = crawler, engine
        self.sites: dict[str, _Site] = {}

    async def refuse(self, article: Article) -> None:
        """Raises `Dropped` for a page that is no edit of the stored post. Raises `DatabaseError`."""
        capture = article.capture
        if capture is None or capture.status != 200:
            return
        doubt = await asyncio.to_thread(doubt_of, self.engine, article)
        if doubt is None:
            return
        site = self.sites.setdefault(site_of(article.url), _Site())
        async with site.lock:
            if doubt.is_cut:
                reason, proof = DropReason.CUT_SHORT, await self._cut(site, doubt.others)
            else:
                reason = DropReason.ONE_PAGE_FOR_ALL
                proof = await self._one_page(site, article.url, text_of(article), doubt.others)
        if proof:
            raise Dropped(replace(capture, refused=reason), NotAnArticle(reason, proof))

    async def _one_page(self, site: _Site, url: str, text: Text, others: Mapping[str, Text]) -> str:
        """What shows that a text is not the post's, in words; "" where nothing does."""
        if not site.has_strange:
            site.has_strange = True
            own = url.partition("?")[0]
            strange = urljoin(own.rstrip("/"), f"newsarchive-{token_hex(6)}") + "/" * own.endswith("/")
            if page := await self._text(strange):
                site.pages.append((page, "an address that no post ever had gives the same text"))
        for other in others:
            if proof := site.proof(text):
                return proof
            if len(site.asked) >= MAX_OTHERS_ASKED or other in site.asked:
                continue
            site.asked.add(other)
            page = await self._text(other)
            if page is not None and page.is_one_with(text):
                site.pages.append((page, f"another post gives the same text: {other}"))
        return site.proof(text)

    async def _cut(self, site: _Site, others: Mapping[str, Text]) -> str:
        """What shows that the site cuts its posts, in words; "" where nothing does."""
        if site.cut is None:
            cut = []
            for other, stored in list(others.items())[:MAX_OTHERS_ASKED]:
                page = await self._text(other)
                if page is not None and page.is_cut_from(stored):
                    cut.append(other)
            site.cut = "other posts are cut too: " + ", ".join(cut) if len(cut) >= MIN_CUT else ""
        return site.cut

    async def _text(self, url: str) -> Text | None:
        """The text that an address gives now; `None` where it gives no article."""
        try:
            response = await _answer(self.crawler, url)
            page = await reader_of(self.crawler).do(PageJob(capture_of(response)))
        except Exception as error:  # whatever a download or the reading raises: nothing is known then
            logger.info("%s: asked for what the site gives there: %s", url, error)
            return None
        return text_of(head_of(page.article))


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
        try:
            response = await _answer(self.crawler, former.url)
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
            page = await reader.do(PageJob(capture))
        except NotAnArticle as refusal:
            return refusal.reason not in IN_BETWEEN
        return not text_of(head_of(page.article)).is_one_with(former.text)


async def _answer(crawler: Crawler, url: str) -> Response:
    """What an address answers. Raises whatever a download raises."""
    assert crawler.engine is not None
    return await crawler.engine.download_async(Request(url, meta={"dont_retry": True}))
