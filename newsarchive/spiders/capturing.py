"""From an answer to a capture: its raw bytes kept, and the further pages of a post that is split over several."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response, TextResponse

from newsarchive import browser
from newsarchive.core.assembly.feed_text import usable
from newsarchive.core.discovery import find
from newsarchive.core.discovery.pagination import MAX_PARTS
from newsarchive.core.urls import site_of, url_key
from newsarchive.db.frontier.queue import Frontier, Known
from newsarchive.exceptions import DatabaseError
from newsarchive.items import Capture, Link, QualityFlag, Selectors
from newsarchive.recorder import KEEP, Recorder
from newsarchive.rules import Rules
from newsarchive.spiders.base import (
    ArchiveSpider,
    capture_of,
    explain,
    headers_of,
    rules_of,
    status_problem,
)
from newsarchive.spiders.finding import conditional

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Posts in a row without an unlinked part after which a site is asked for none any more, in one crawl: a hundred requests
#: more on a blog that splits nothing. A blog may split one post of forty, and its oldest: twenty would miss it.
MAX_BARREN_ASKS = 100
#: What the frontier knows of a post stands in its request's meta under this name.
KNOWN = "newsarchive_known"


class CapturingSpider(ArchiveSpider):
    """A spider that makes captures of answers. `StorePipeline` gives it `frontier` and `run_id`."""

    frontier: Frontier | None = None
    run_id: int = 0
    site_id: int = 0
    #: What was stored since then belongs to a killed crawl that this one goes on with.
    resume_point: datetime | None = None
    rules: Rules
    #: Site → posts in a row that were asked for a part that no page links, and had none.
    barren_asks: Counter[str]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.rules = rules_of(crawler.settings)
        spider.barren_asks = Counter()
        return spider

    async def whole(self, response: Response, link: Link) -> Capture | None:
        """The capture with those of the further pages that the post is split over.

        `None` where one of them failed and the archive has the article already: half a text must not take
        the place of a whole one. The URL is then looked at again like one that failed.
        """
        parts: list[Capture] = []
        waiting = self.parts_of(response, response.url)
        if not waiting and (hidden := await self.unlinked(response, link)) is not None:
            parts.append(await self.capture(hidden, link))
            waiting = self.parts_of(hidden, response.url)
        while waiting and len(parts) < MAX_PARTS:
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
        return replace(await self.capture(response, link), parts=tuple(parts))

    async def is_unchanged(self, link: Link) -> bool:
        """Whether all that a post was made of besides its own answer, which did not change, did not either.

        Asked one after the other until one did: the post is then fetched whole.
        """
        if self.frontier is None:
            return True
        assert self.crawler.engine is not None
        for part in await asyncio.to_thread(self.frontier.parts, link.url):
            try:
                answer = await self.crawler.engine.download_async(
                    Request(part.url, headers=conditional(part))
                )
            except Exception as error:  # whatever a download raises: `whole` says what is missing
                self.logger.info("%s: %s", part.url, explain(error)[1])
                return False
            if answer.status != 304:
                return False
            self.count("parts not modified")
        return True

    def parts_of(self, response: Response, first: str) -> list[str]:
        text = response.text if isinstance(response, TextResponse) else ""
        return find.page_parts(text, response.url, first) if text else []

    async def unlinked(self, response: Response, link: Link) -> Response | None:
        """The second part of a post whose page may have one without a link to it (`discovery.unlinked_part`).

        Asked for where the API does not give the whole text, and no more on a site that had none for
        `MAX_BARREN_ASKS` posts in a row.
        """
        site = site_of(response.url)
        if not isinstance(response, TextResponse) or self.barren_asks[site] >= MAX_BARREN_ASKS:
            return None
        url = find.unlinked_part(response.text, response.url)
        if not url or await asyncio.to_thread(self._api_has, link.url):
            return None
        assert self.crawler.engine is not None
        try:
            answer = await self.crawler.engine.download_async(Request(url, meta={KEEP: True}))
        except Exception as error:  # whatever a download raises: the post is stored as its page shows it
            self.logger.info("%s: %s", url, explain(error)[1])
            return None
        there = answer.status == 200 and url_key(answer.url) != url_key(response.url)
        if there and isinstance(answer, TextResponse) and find.says_more(response.text, answer.text):
            self.barren_asks[site] = 0
            return answer
        self.barren_asks[site] += 1
        return None

    def _api_has(self, url: str) -> bool:
        """Whether the site's API gave the whole of a post: its text has all parts."""
        text = self.frontier.source_text(url) if self.frontier else None
        return text is not None and text.source == "wp-json" and usable(text)

    async def part(self, url: str) -> Response | None:
        """One further page of a post; `None`, said and counted, where it cannot be had."""
        assert self.crawler.engine is not None
        request = Request(url, meta={KEEP: True})
        try:
            response = await self.crawler.engine.download_async(request)
            reason, sentence = status_problem(response.status)
            if response.status == 200 and not self.block(response):
                return response
        except Exception as error:  # whatever a download raises, the first page remains
            reason, sentence = explain(error)
        self.count(f"failed/part of a post: {reason}")
        self.logger.warning("%s: a page of a split post is missing: %s", url, sentence)
        return None

    def block(self, response: Response) -> str:
        """Why an answer means that the site keeps us out, "" where it does not."""
        text = response.text if isinstance(response, TextResponse) else ""
        return find.block_reason(text, headers_of(response), response.status, self.rules)

    async def capture(self, response: Response, link: Link) -> Capture:
        """The response as a record, its raw bytes kept where the recorder is on, with what the site's feed
        or API says of the post.

        A disk that takes no more bytes ends the crawl: what is fetched on would be lost.
        """
        capture = capture_of(response, link)
        if browser.drew(response):
            capture = replace(capture, data=browser.data(response))
        try:
            return await asyncio.to_thread(self._kept, capture, response)
        except DatabaseError as error:
            self.crawler.stats.set_value("newsarchive/database_error", str(error))
            raise CloseSpider("database_error") from error

    def _kept(self, capture: Capture, response: Response) -> Capture:
        """The two that wait for the disk; called from a thread."""
        recorder = self.crawler.get_extension(Recorder)
        place = recorder.keep(response, capture.fetched_at) if recorder else None
        text = self.frontier.source_text(capture.url) if self.frontier else capture.source_text
        return replace(
            capture, place=place, source_text=text, selectors=self._selectors(site_of(capture.url))
        )

    @lru_cache(maxsize=64)  # noqa: B019  the spider lives as long as its process
    def _selectors(self, site: str) -> Selectors | None:
        return self.frontier.selectors(site) if self.frontier else None
