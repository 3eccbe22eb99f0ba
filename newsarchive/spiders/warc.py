"""`scrapy crawl warc -a path=FILE`: pages out of other people's WARC files, through the same pipelines, offline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from glob import glob
from pathlib import Path
from typing import Any

from newsarchive.core.urls import same_site
from newsarchive.crawl_stats import Count, Failure, Group, SkipReason, key
from newsarchive.db.frontier.queue import Frontier
from newsarchive.exceptions import DatabaseError, UsageError
from newsarchive.extensions.warc import WarcExtension
from newsarchive.items import Capture
from newsarchive.spiders.base import ArchiveSpider, count
from newsarchive.warc import reader
from newsarchive.warc.files import is_address


class WarcSpider(ArchiveSpider):
    """Read WARC files (CC-NEWS, browsertrix, wget), and those in WACZ packages, as if their pages had just been fetched.

    Arguments: `path` (a file, or a pattern such as `CC-NEWS-*.warc.gz`), `site` (only pages of these sites,
    separated by commas), `limit` (the greatest number of pages). Nothing is fetched. A damaged record is reported, and
    the next one read. The records of the pages are copied into the archive's own WARC files, so that they can be read
    again wherever the archive is moved and whatever becomes of the file.
    """

    name = "warc"
    known_arguments: Mapping[str, str] = {"path": "FILE", "site": "DOMAIN,…", "limit": "NUMBER"}

    path: list[str]
    site: list[str]
    limit: int | None
    #: The archive's frontier, by which the WARC writer finds bytes that the archive holds already. `StorePipeline` sets it.
    frontier: Frontier | None = None

    @classmethod
    def check(cls, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Raises `UsageError` where `path` is missing or names no file."""
        given = super().check(arguments)
        if not given.get("path"):
            raise UsageError("which file? say it as: scrapy crawl warc -a path=CC-NEWS-*.warc.gz")
        path = given["path"]
        files = [path] if is_address(path) else sorted(glob(path))
        if not files:
            raise UsageError(f"path={given['path']!r}: no such file")
        return {
            "path": files,
            "site": [
                f"https://{domain.strip()}" for domain in given.get("site", "").split(",") if domain.strip()
            ],
            "limit": count("limit", given["limit"]) if given.get("limit") else None,
        }

    async def start(self) -> AsyncIterator[Capture]:
        pages = self.pages()
        try:
            while (capture := await asyncio.to_thread(next, pages, None)) is not None:
                self.count(Count.DISCOVERED)
                yield capture
        except DatabaseError as error:  # the disk takes no more bytes: what is read on would be lost
            self.crawler.stats.set_value(key(Failure.DATABASE), str(error))
            assert self.crawler.engine is not None
            await self.crawler.engine.close_spider_async(reason="database_error")

    def pages(self) -> Iterator[Capture]:
        """The wanted pages of all files, in order, each copied into the archive's own WARC files.

        Raises `DatabaseUnavailable` where the archive's files cannot be written.
        """
        warc = self.crawler.get_extension(WarcExtension)
        taken = 0
        for file in self.path:
            for found in reader.exchanges(file):
                if isinstance(found, reader.Damage):
                    self.count(Group.FAILED, "damaged record")
                    self.logger.warning("%s", found)
                elif self.wants(found[0]):
                    taken += 1
                    capture, wire = found
                    place = warc.copy(capture, wire, Path(file).name) if warc else None
                    yield replace(capture, place=place)
                    if self.limit is not None and taken >= self.limit:
                        return

    def wants(self, capture: Capture) -> bool:
        """Whether a capture is an HTML page with status 200 of a wanted site, and not withheld; any other is counted."""
        if capture.status != 200 or "html" not in (capture.content_type or "html"):
            self.count(Group.SKIPPED, SkipReason.NO_PAGE)
        elif self.site and not any(same_site(capture.base_url, site) for site in self.site):
            self.count(Group.SKIPPED, SkipReason.OTHER_SITE)
        elif self.frontier is not None and self.frontier.withholds(capture.base_url):
            self.count(Group.SKIPPED, SkipReason.WITHHELD)
        else:
            return True
        return False
