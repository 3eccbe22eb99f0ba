"""The front pages of a site's other languages, and the lists of posts that they announce.

A plug-in may give each language of a blog a front page, a feed and an API of its own: the API of WPML lists the posts of one
language. The main front page names the others by `<link rel="alternate" hreflang="fr">`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scrapy.http import TextResponse

from newsarchive.core import urls
from newsarchive.core.discovery import platforms
from newsarchive.core.discovery.platforms import Source
from newsarchive.crawling.responses import headers_of, in_time, text_of
from newsarchive.items import Link

if TYPE_CHECKING:
    from newsarchive.db.frontier.queue import KnownSource
    from newsarchive.spiders.discovery import Finder

#: The kind of a front page of one of a site's other languages.
LANGUAGE_PAGE = "language page"
#: A language whose front page, feed and API were read is left alone for this long: two or three requests each, up to 24 languages, would
#: else be asked by every hourly crawl. The main sources often have the posts of all languages.
MIN_LANGUAGE_PAUSE = timedelta(hours=6)


class Languages:
    """The other languages of the site of a `Finder`, which sends the requests."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        #: The front pages that were fetched, each with its row.
        self.pages: list[tuple[TextResponse, KnownSource | None]] = []

    async def sources(self, home: TextResponse, asked: Sequence[Source]) -> list[Source]:
        """The first feed and API that each front page of the other languages announces, without those that are asked anyway. A
        language rests for `MIN_LANGUAGE_PAUSE`."""
        finder = self.finder
        if finder.kinds <= {"sitemap"}:
            return []
        text, found = text_of(home), {urls.url_key(source.url): source for source in asked}
        for url in await in_time(len(text), platforms.languages, text, home.url):
            row = await finder.row_of(LANGUAGE_PAGE, url)
            if row is not None and row.is_fresh(datetime.now(UTC), MIN_LANGUAGE_PAUSE):
                continue
            page = await finder.page(url)
            # A language may have a site of its own.
            if page is None or not urls.same_site(page.url, home.url):
                await finder.failed(row)
                continue
            if urls.url_key(page.url) == urls.url_key(home.url):
                await finder.read_whole(row, page)
                continue
            self.pages.append((page, row))
            text = text_of(page)
            named = await in_time(
                len(text), platforms.sources, text, headers_of(page), page.url, finder.rules
            )
            new = [one for one in named if one.announced and urls.url_key(one.url) not in found]
            for source in {one.kind: one for one in reversed(new)}.values():
                found[urls.url_key(source.url)] = source
        return [source for source in found.values() if source not in asked]

    async def links_again(self, home: KnownSource) -> AsyncIterator[list[Link]]:
        """The posts that the front pages of languages link which changed, of a site whose main front page did not change: the new
        posts of a language without a feed stand nowhere else. Pages that rest are not asked."""
        finder, frontier = self.finder, self.finder.frontier
        assert frontier is not None
        for row in await asyncio.to_thread(frontier.sources, finder.site_id, (LANGUAGE_PAGE,)):
            if finder.enough():
                return
            if not row.answers or row.is_fresh(datetime.now(UTC), MIN_LANGUAGE_PAUSE):
                continue
            page = await finder.get(row.url, row)
            if page is None:
                continue
            if page.status == 304:
                validators = {"etag": row.etag, "last_modified": row.last_modified}
                await asyncio.to_thread(frontier.source_checked, row.id, ok=True, **validators)
            elif isinstance(page, TextResponse) and urls.same_site(page.url, home.url):
                yield await finder.linked(page)
                await finder.read_whole(row, page)
            else:
                await finder.failed(row)
