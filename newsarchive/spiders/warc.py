"""`scrapy crawl warc -a path=FILE`: pages out of WARC files of others, through the same pipelines, offline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from glob import glob
from typing import Any

from newsarchive import warcread
from newsarchive.core.urls import same_site
from newsarchive.exceptions import UsageError
from newsarchive.items import Capture
from newsarchive.spiders.base import ArchiveSpider, count


class WarcSpider(ArchiveSpider):
    """Read WARC files (CC-NEWS, browsertrix, wget) as if their pages had just been fetched.

    Arguments: `path` (a file, or a pattern such as `CC-NEWS-*.warc.gz`), `site` (only pages of these
    sites, parted by commas), `limit` (at most so many pages). Nothing is fetched. A damaged record is
    reported, and the next one read.
    """

    name = "warc"
    known_arguments: Mapping[str, str] = {"path": "FILE", "site": "DOMAIN,…", "limit": "NUMBER"}

    path: list[str]
    site: list[str]
    limit: int | None

    @classmethod
    def check(cls, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Raises `UsageError` where `path` is missing or names no file."""
        given = super().check(arguments)
        if not given.get("path"):
            raise UsageError("which file? say it as: scrapy crawl warc -a path=CC-NEWS-*.warc.gz")
        files = sorted(glob(given["path"]))
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
        while (capture := await asyncio.to_thread(next, pages, None)) is not None:
            self.count("discovered")
            yield capture

    def pages(self) -> Iterator[Capture]:
        """The pages of all files that were asked for, in order."""
        taken = 0
        for file in self.path:
            for found in warcread.captures(file):
                if isinstance(found, warcread.Damage):
                    self.count("failed/damaged record")
                    self.logger.warning("%s", found)
                elif self.wants(found):
                    taken += 1
                    yield found
                    if self.limit is not None and taken >= self.limit:
                        return

    def wants(self, capture: Capture) -> bool:
        """A page in HTML, that was there, of a site that was asked for; all else is counted."""
        if capture.status != 200 or "html" not in (capture.content_type or "html"):
            self.count("skipped/no page")
        elif self.site and not any(same_site(capture.base_url, site) for site in self.site):
            self.count("skipped/other site")
        else:
            return True
        return False
