"""Captures of answers: the raw bytes of a post are kept, what the archive and the site say of it is added, and the further
pages of a post that is split over several are fetched.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response, TextResponse

from newsarchive.core.discovery import pagination, rights
from newsarchive.core.discovery.page_kind import OVERRULED_KINDS, POSTS_ALONE_SOURCES, FirstLook
from newsarchive.core.discovery.pagination import MAX_POST_PARTS
from newsarchive.core.discovery.rights import TDMREP_PATH
from newsarchive.core.extraction.agreement import usable
from newsarchive.core.urls import site_of, url_key
from newsarchive.crawling import browser
from newsarchive.crawling.failures import database_failed, explain, status_problem
from newsarchive.crawling.page_reader import reader_of
from newsarchive.crawling.responses import (
    block_reason,
    capture_of,
    conditional,
    headers_of,
    rules_of,
    text_of,
)
from newsarchive.crawling.stats import Detail, Group
from newsarchive.db.frontier.queue import Frontier, Known
from newsarchive.exceptions import DatabaseError
from newsarchive.extensions.warc import KEEP, WarcExtension
from newsarchive.items import Capture, Link, QualityFlag, Rights, Selectors
from newsarchive.middlewares import KNOWN, DelayMiddleware
from newsarchive.rules import Rules
from newsarchive.spiders.base import ArchiveSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Posts in a row that were asked for a second part which no page links, and had none. After that the site is not asked
#: for such parts in this crawl: they cost a blog that splits nothing a hundred requests. A blog may split one post of
#: forty, and only its oldest: a bound of twenty would miss it.
MAX_BARREN_ASKS = 100
#: Sites whose selectors are kept in memory; with more, those of the site that came longest ago are read again.
MAX_SITES_IN_MEMORY = 64


class CapturingSpider(ArchiveSpider):
    """A spider that makes captures of answers. `StorePipeline` sets its `frontier`, `run_id` and `resume_point`."""

    frontier: Frontier | None = None
    run_id: int = 0
    site_id: int = 0
    #: When the killed crawl began that this one goes on with: what was stored since then is done.
    resume_point: datetime | None = None
    rules: Rules
    #: site → posts in a row, see `MAX_BARREN_ASKS`
    barren_asks: Counter[str]
    #: The address of a file tdmrep.json → its text, "" where there is none.
    tdmrep: dict[str, asyncio.Future[str]]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.rules = rules_of(crawler.settings)
        spider.barren_asks = Counter()
        spider.tdmrep = {}
        return spider

    async def look(self, response: Response, capture: Capture, link: Link) -> FirstLook:
        """What a page shows at first, read where the crawl reads its pages.

        Raises `NotAnArticle` as `PageReader.do` does.
        """
        if not isinstance(response, TextResponse):
            return FirstLook(self.block(response), self.forbidden_by_headers(response))
        asks = self.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE")
        overruled = OVERRULED_KINDS if link.source in POSTS_ALONE_SOURCES else frozenset[str]()
        return await reader_of(self.crawler).look(capture, asks=asks, overruled=overruled)

    def forbidden_by_headers(self, response: Response) -> str:
        """Where the headers forbid copies; "" where they do not, or `NEWSARCHIVE_HONOUR_NOARCHIVE` is off."""
        if not self.settings.getbool("NEWSARCHIVE_HONOUR_NOARCHIVE"):
            return ""
        return rights.noarchive(headers_of(response), "")

    async def whole(
        self, response: Response, capture: Capture, link: Link, look: FirstLook
    ) -> Capture | None:
        """The capture of a post with its bytes kept, and with the captures of its further pages where it is split over several.

        `None` where a further page failed and the archive has the article already, because half a text must not replace
        a whole one. The post is then fetched again later, as after a failure.
        """
        parts: list[Capture] = []
        waiting = list(look.parts)
        if not waiting and (hidden := await self.unlinked(response, link, look.unlinked)) is not None:
            parts.append(await self.capture(hidden, link))
            waiting = self.parts_of(hidden, response.url)
        while waiting and len(parts) < MAX_POST_PARTS:
            answer = await self.part(waiting.pop(0))
            if answer is None:
                known: Known | None = response.meta.get(KNOWN)
                if known is not None and known.state == "ok" and self.frontier:
                    await asyncio.to_thread(self.frontier.failed, link.url, QualityFlag.PARTS_MISSING.value)
                    return None
                break
            if url_key(answer.url) in {url_key(url) for url in (response.url, *(p.final_url for p in parts))}:
                break  # the same page again, under another number
            parts.append(await self.capture(answer, link))
            waiting = waiting or self.parts_of(answer, response.url)
        return replace(await self.kept(response, capture), parts=tuple(parts))

    async def is_unchanged(self, link: Link) -> bool:
        """Whether the further pages and data of a post did not change either, after its own page did not (304).

        They are asked for one after the other; at the first that changed, the post is fetched whole.
        """
        if self.frontier is None:
            return True
        for part in await asyncio.to_thread(self.frontier.parts, link.url):
            answer = await self.answer(Request(part.url, headers=conditional(part)))
            if answer is None or answer.status != 304:
                return False
            self.count(Detail.PARTS_NOT_MODIFIED)
        return True

    async def answer(self, request: Request) -> Response | None:
        """The answer to a request beside that for a post; `None`, logged, where there is none: the post itself is there."""
        assert self.crawler.engine is not None
        try:
            return await self.crawler.engine.download_async(request)
        except Exception as error:  # whatever a download raises
            self.logger.info("%s: %s", request.url, explain(error)[1])
            return None

    def parts_of(self, response: Response, first: str) -> list[str]:
        """The further pages of the post whose first page is at `first`, as this page links them."""
        text = text_of(response)
        return pagination.page_parts(text, response.url, first) if text else []

    async def unlinked(self, response: Response, link: Link, url: str) -> Response | None:
        """The second page of a post that the first page does not link (`pagination.unlinked_part`); `None` where there is none.

        It is asked for where the API does not give the whole text, and not on a site without such pages (see
        `MAX_BARREN_ASKS`).
        """
        site = site_of(response.url)
        if not isinstance(response, TextResponse) or self.barren_asks[site] >= MAX_BARREN_ASKS:
            return None
        if not url:
            return None
        if self.frontier is not None:
            said = await asyncio.to_thread(self.frontier.source_text, link.url)
            if said is not None and said.source == "wp-json" and usable(said):
                return None
        answer = await self.answer(Request(url, meta={KEEP: True}))
        if answer is None:
            return None
        there = answer.status == 200 and url_key(answer.url) != url_key(response.url)
        if (
            there
            and isinstance(answer, TextResponse)
            and pagination.says_more(text_of(response), text_of(answer))
        ):
            self.barren_asks[site] = 0
            return answer
        self.barren_asks[site] += 1
        return None

    async def part(self, url: str) -> Response | None:
        """One further page of a post; `None`, logged and counted, where it cannot be fetched."""
        assert self.crawler.engine is not None
        request = Request(url, meta={KEEP: True})
        try:
            response = await self.crawler.engine.download_async(request)
            reason, sentence = status_problem(response.status)
            if response.status == 200 and not self.block(response):
                return response
        except Exception as error:  # whatever a download raises, the first page remains
            reason, sentence = explain(error)
        self.count(Group.FAILED, "part of a post", reason)
        self.logger.warning("%s: a page of a split post is missing: %s", url, sentence)
        return None

    def block(self, response: Response) -> str:
        """Why an answer means that the site keeps us out, "" where it does not."""
        return block_reason(response, self.rules)

    async def capture(self, response: Response, link: Link) -> Capture:
        """The response as a record; its raw bytes are kept. Raises `CloseSpider` as `known` and `kept` do."""
        return await self.kept(response, await self.known(response, link))

    async def known(self, response: Response, link: Link) -> Capture:
        """The response as a record, with what the site's feed or API says of the post.

        Raises `CloseSpider` where the database cannot be read.
        """
        capture = capture_of(response, link)
        if response.meta.get("playwright"):  # the browser rendered it
            capture = replace(capture, data=browser.data(response))
        try:
            return await asyncio.to_thread(self._known, capture)
        except DatabaseError as error:
            raise self._closed(error) from error

    async def kept(self, response: Response, capture: Capture) -> Capture:
        """The record of a response with the place of its raw bytes, which are written, and what the site's files say of its use.

        Raises `CloseSpider` where the disk takes no more bytes: what the crawl still fetched would be lost.
        """
        if self.settings.getbool("NEWSARCHIVE_TDMREP"):
            await self._ask_tdmrep(urljoin(response.url, TDMREP_PATH))
            capture = replace(capture, rights=self._rights(capture))
        if (warc := self.crawler.get_extension(WarcExtension)) is None:
            return capture
        try:
            place = await asyncio.to_thread(warc.keep, response, capture.fetched_at)
        except DatabaseError as error:
            raise self._closed(error) from error
        return replace(capture, place=place)

    def _closed(self, error: DatabaseError) -> CloseSpider:
        database_failed(self.crawler, error)
        return CloseSpider("database_error")

    async def _ask_tdmrep(self, url: str) -> None:
        """Ask a site for its file tdmrep.json, once in a crawl: posts that come meanwhile wait for the answer."""
        if url not in self.tdmrep:
            self.tdmrep[url] = asyncio.ensure_future(self._text_of(url))
        await asyncio.shield(self.tdmrep[url])  # a post that is given up takes the answer from no other

    async def _text_of(self, url: str) -> str:
        """A file of a site, "" where there is none: a site that does not answer says nothing by it."""
        answer = await self.answer(Request(url))
        return answer.text if isinstance(answer, TextResponse) and answer.status == 200 else ""

    def _known(self, capture: Capture) -> Capture:
        """The capture with what the archive knows of the post. Called from a thread."""
        return replace(
            capture,
            source_text=self.frontier.source_text_of(capture) if self.frontier else capture.source_text,
            selectors=self._selectors(site_of(capture.url)),
            rights=self._rights(capture),
        )

    def _rights(self, capture: Capture) -> Rights:
        """What the site's robots.txt, as this crawl read it, and the headers of the answer say of its use."""
        middleware = self.crawler.get_downloader_middleware(DelayMiddleware)
        robots = middleware.robots.get(urlsplit(capture.base_url).netloc, "") if middleware else ""
        tdmrep = self.tdmrep.get(urljoin(capture.base_url, TDMREP_PATH))
        file = tdmrep.result() if tdmrep is not None and tdmrep.done() else ""
        said = rights.of_site(robots, file, capture.base_url, "newsarchive", self.rules)
        return said + rights.of_headers(capture.headers, self.rules)

    @cached_property  # a cache of the class would keep each spider that a program has made
    def _selectors(self) -> Callable[[str], Selectors | None]:
        return lru_cache(MAX_SITES_IN_MEMORY)(
            lambda site: self.frontier.selectors(site) if self.frontier else None
        )
