"""Finds out from other addresses of a site whether a page that takes much from a stored article is an edit of it.

    /2024/05/night-ferry/           "Best online casinos of the year …"     it was an article on a ferry
    /2024/05/newsarchive-8d1f0c/    "Best online casinos of the year …"     this post never was: so the page is not the ferry's

A blog dies, and whoever has its domain now answers each address with a shop, or with a text that names the words of the address. A
wall, a soft 404 or a broken theme gives one page for all posts, or the first paragraph of each. No word of such a page says so, but
the site does: it gives the same text for an address that no post ever had, or for another post of which the archive has another
text; or it has cut other posts too. Such a page makes no version of the article. Its capture is kept with the reason, and is not
read again.

A site is asked only where a page takes more than half of a stored text, and then at most seven times in a crawl.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from scrapy import Request

from newsarchive.core.urls import site_of
from newsarchive.crawling.failures import Dropped
from newsarchive.crawling.page_reader import reader_of
from newsarchive.crawling.responses import capture_of
from newsarchive.db.reading.replaced import Text, doubt_of, text_of
from newsarchive.db.writing.packed import head_of
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, DropReason
from newsarchive.workers.worker import Job

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: Other posts of a site that are asked for in a crawl, for one page of all posts and again for texts that were cut. With fewer, one
#: that fails or was deleted would hide what the site does; with more, a site that rewrites its posts is asked more often.
MAX_ASKED = 3
#: Of these, those that must be cut too. With one, a publisher who cuts two posts would be taken for a wall.
MIN_CUT = 2


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
            if len(site.asked) >= MAX_ASKED or other in site.asked:
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
            for other, stored in list(others.items())[:MAX_ASKED]:
                page = await self._text(other)
                if page is not None and page.is_cut_from(stored):
                    cut.append(other)
            site.cut = "other posts are cut too: " + ", ".join(cut) if len(cut) >= MIN_CUT else ""
        return site.cut

    async def _text(self, url: str) -> Text | None:
        """The text that an address gives now; `None` where it gives no article."""
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(Request(url, meta={"dont_retry": True}))
            page = await reader_of(self.crawler).do(Job(capture_of(response)))
        except Exception as error:  # whatever a download or the reading raises: nothing is known then
            logger.info("%s: asked for what the site gives there: %s", url, error)
            return None
        return text_of(head_of(page.article))
