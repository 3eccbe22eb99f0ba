"""Keeps the records of the sites that a process learns in memory, from one learning of a site to the next.

A site of 600 pages is learned a dozen times in its first crawl, each time from all of its newest pages. Unpacking a record
takes as long as learning from it, so that only the records that are new since the last time are read and unpacked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Engine, select

from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import WINDOW_PAGES, Line, Observation, Window
from newsarchive.db import bulk, site_templates
from newsarchive.db.engine import reading
from newsarchive.db.models import PageSighting

#: Lines of all records that stay in memory: 600 bytes each, so 70 MB where no two are alike; a line that several pages
#: of a site share is held once. Where there are more, the sites that were learned longest ago leave memory and are
#: unpacked again when they are needed. The site that is being learned stays, however many it has.
MAX_LINES = 120_000

#: What changes whenever the record of an article does.
Stamp = tuple[datetime, int]


@dataclass
class KnownSite:
    """A site in memory: its records by article, each with its stamp, `None` for one that cannot be read.

    `agreeing` are the records, by URL, that `template` reads in the same way as the template with which their pages
    were read last.
    """

    records: dict[int, tuple[Stamp, Observation | None]] = field(default_factory=dict)
    template: Template | None = None
    agreeing: dict[str, Observation] = field(default_factory=dict)
    #: Its different lines, each by itself, so that equal lines of its pages are one object.
    shared: dict[Line, Line] = field(default_factory=dict)

    def sharing(self, page: Observation | None) -> Observation | None:
        """The page; its lines that other pages have as well are the same objects as theirs."""
        if page is None:
            return None
        return replace(page, lines=tuple([self.shared.setdefault(line, line) for line in page.lines]))

    def keep(self, articles: Container[int]) -> None:
        """Forget the records of all other articles, whose pages have left the window, and the lines that only they
        hold."""
        kept = {number: record for number, record in self.records.items() if number in articles}
        if len(kept) == len(self.records):
            return
        pages = [page for _, page in kept.values() if page is not None]
        urls = {page.url for page in pages}
        self.records, self.shared = kept, {line: line for page in pages for line in page.lines}
        self.agreeing = {url: page for url, page in self.agreeing.items() if url in urls}

    @property
    def lines(self) -> int:
        return sum(len(page.lines) for _, page in self.records.values() if page is not None)


class SiteWindows:
    """The windows of an archive's sites, for one thread at a time."""

    def __init__(self, engine: Engine, max_lines: int = MAX_LINES) -> None:
        self.engine, self.max_lines = engine, max_lines
        self.sites: OrderedDict[str, KnownSite] = OrderedDict()

    def site(self, domain: str) -> KnownSite:
        """What is in memory of a site; empty for a new site."""
        known = self.sites.setdefault(domain, KnownSite())
        self.sites.move_to_end(domain)
        return known

    def window(self, domain: str, size: int = WINDOW_PAGES) -> Window:
        """The newest pages of a site (its domain), oldest first; copies of one article count as one.

        A page whose row is as it was is the same object as before.
        """
        known = self.site(domain)
        with reading(self.engine) as connection:
            rows = site_templates.newest(connection, domain, size)
            stamps = {row.article_id: (row.seen_at, row.digest) for row in rows}
            known.keep(stamps)  # before further records are unpacked
            stale = [
                i for i, stamp in stamps.items() if i not in known.records or known.records[i][0] != stamp
            ]
            query = select(PageSighting.article_id, PageSighting.record)
            packed = dict(bulk.select_in(connection, query, PageSighting.article_id, stale))
        records: dict[int, tuple[Stamp, Observation | None]] = {}
        for row in reversed(rows):
            stamp = stamps[row.article_id]
            if row.article_id in packed:
                page = known.sharing(site_templates.unpacked(row, packed[row.article_id], domain))
            else:
                page = known.records[row.article_id][1]
                page = page and site_templates.brought_up(page, row)
            records[row.article_id] = stamp, page
        known.records = records
        self._shrink()
        return Window((page for _, page in records.values() if page is not None), size)

    def _shrink(self) -> None:
        lines = {domain: known.lines for domain, known in self.sites.items()}
        while sum(lines.values()) > self.max_lines and len(self.sites) > 1:
            domain, _ = self.sites.popitem(last=False)
            del lines[domain]
