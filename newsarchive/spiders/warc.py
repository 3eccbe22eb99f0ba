"""`scrapy crawl warc -a path=FILE`: pages out of other people's WARC files, through the same pipelines, offline."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from glob import glob
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from newsarchive.core.discovery.pagination import posts_of_part
from newsarchive.core.extraction.agreement import usable
from newsarchive.core.urls import normalise, same_site, url_key
from newsarchive.crawling import warc_records
from newsarchive.crawling.failures import database_failed
from newsarchive.crawling.responses import rules_of
from newsarchive.crawling.stats import Count, FetchProblem, Group, SkipReason
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.writing.captures import REFUSED_BY_LOOK, stored_before
from newsarchive.exceptions import DatabaseError, UsageError
from newsarchive.extensions.warc import WarcExtension
from newsarchive.items import Capture, DropReason
from newsarchive.reprs import counted
from newsarchive.spiders.base import ArchiveSpider, limit, value_of
from newsarchive.warc import reader
from newsarchive.warc.files import Wire, is_address

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: Pages that are under way at a time, without those that wait for their site to be learned. More need more memory, 0.4 MB each;
#: with fewer the processes that read wait for pages.
MAX_PAGES_UNDER_WAY = 32
#: Captures that are looked up in the archive together.
CAPTURES_AT_A_TIME = 16
#: Bytes of a record in a packed WARC file; pages of news have 50 KB, other files less. With more the first pages of a file are read by
#: the spider's own process.
BYTES_OF_A_PAGE = 50_000
#: Addresses of pages that are kept to find those that later records refer to, some 150 bytes each. Pages that were read before these
#: are stored by then: far fewer wait for the template of their site.
MAX_PAGES_REMEMBERED = 50_000
#: Answers 404 and 410 that are kept until all pages are stored, some 300 bytes each; those that come later are only counted.
MAX_ABSENCES = 50_000
#: The statuses by which a server says that a page is not there.
ABSENT = (404, 410)
#: Seconds until a crawl that is at its end, or is being stopped, looks whether its last page is done.
END_SECONDS = 0.1
#: The Scrapy signal that no further page is to come.
all_pages_read = object()


def names_of(files: Sequence[str]) -> dict[str, str]:
    """What a file is called in messages and in the copies of its records: its name, and where several have the same name, as in the
    folders of a mirror, its path from the folder that holds them all.

    >>> names_of(["mirror/a/index.html", "mirror/b/index.html", "mirror/old.warc"])["mirror/b/index.html"]
    'mirror/b/index.html'
    """
    names = Counter(PurePath(file).name for file in files)
    if len(files) == 1:
        return {files[0]: PurePath(files[0]).name}
    root = PurePath(os.path.commonpath([PurePath(file).parent for file in files])).parent
    return {
        file: name if names[name := PurePath(file).name] == 1 else PurePath(file).relative_to(root).as_posix()
        for file in files
    }


class Arrival:
    """A capture on its way to the first item pipeline, which takes it out.

    Scrapy holds what a spider yields until the last pipeline is done with it. A page that waits for the template of its
    site would hold its bytes in memory as long: 230 MB of a file with pages of 1,260 sites.
    """

    __slots__ = ("_capture",)

    def __init__(self, capture: Capture) -> None:
        self._capture: Capture | None = capture

    def take(self) -> Capture:
        """The capture, which can be taken once."""
        capture, self._capture = self._capture, None
        assert capture is not None, "the capture was taken before"
        return capture


class WarcSpider(ArchiveSpider):
    """Read WARC files (CC-NEWS, browsertrix, wget), those in WACZ packages, ARC files and saved pages, as if the pages had just been
    fetched.

    Arguments: `path` (a file, or a pattern such as `CC-NEWS-*.warc.gz` or `mirror/**/*.html`), `site` (only pages of these sites,
    separated by commas), `limit` (the greatest number of pages). Nothing is fetched. A damaged record is reported, and
    the next one read. The records of the pages are copied into the archive's own WARC files, so that they can be read
    again wherever the archive is moved and whatever becomes of the file. A capture that the archive holds, with its bytes, is
    passed over, so that a file which was broken off is gone on with.
    """

    name = "warc"
    #: Whether what it keeps was fetched by this crawl.
    fetches = False
    #: What a file of a whole site holds besides posts. A static page and a page of a wiki stay: whoever put them into a file may have
    #: meant to.
    refused = REFUSED_BY_LOOK - {DropReason.STATIC_PAGE, DropReason.REFERENCE_PAGE}
    known_arguments: Mapping[str, str] = {"path": "FILE", "site": "DOMAIN,…", "limit": "NUMBER"}

    path: list[str]
    site: list[str]
    limit: int | None
    #: Room for pages under way. A page that waits for the template of its site needs none (`extensions.template_learning`).
    room: asyncio.Semaphore
    #: The keys of the addresses of the last pages that were read (`url_key`), the oldest first; the values say nothing.
    pages_read: dict[str, None]
    #: Revisit records of pages, until the pages themselves are read.
    revisits: warc_records.Revisits
    #: What sites say of the use of their pages.
    site_files: warc_records.SiteFiles
    #: What sources said of posts, until the next page is read.
    statements: warc_records.Statements
    #: Posts that are split over pages, and their further pages, until all files are read.
    split: warc_records.SplitPosts
    #: Of those whose bytes were not found: the key of the address of the earlier answer → the address of the page.
    absent: dict[str, str]
    #: Answers that a page is not there: the key of its address, the moment and the status.
    absences: list[tuple[str, datetime, int]]
    #: How many pages may still come; `None` for any number.
    left: int | None
    #: Whether no further page is to come.
    all_read = False
    #: Whether the files were read to their end: neither was the crawl stopped, nor did it reach its `limit`.
    files_read = False
    #: The archive's frontier, by which the WARC writer finds bytes that the archive holds already. `StorePipeline` sets it.
    frontier: Frontier | None = None
    run_id: int = 0

    @classmethod
    def check(cls, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Raises `UsageError` where `path` is missing or names no file."""
        given = super().check(arguments)
        if not given.get("path"):
            raise UsageError("which file? say it as: newsarchive crawl warc -a path='CC-NEWS-*.warc.gz'")
        path = given["path"]
        files = (
            [path]
            if is_address(path) or Path(path).is_file()  # names of saved pages have brackets
            else sorted(file for file in glob(path, recursive=True) if Path(file).is_file())
        )
        if not files and Path(path).is_dir():
            raise UsageError(
                f"path={path!r} is a folder: name the files in it, such as {path.rstrip('/')}/**/*.warc.gz or **/*.html"
            )
        if not files:
            raise UsageError(f"path={given['path']!r}: no such file")
        return {
            "path": files,
            "site": [
                f"https://{domain.strip()}" for domain in given.get("site", "").split(",") if domain.strip()
            ],
            "limit": value_of("limit", given, limit),
        }

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.room = asyncio.Semaphore(MAX_PAGES_UNDER_WAY)
        spider.pages_read, spider.absent, spider.absences, spider.left = {}, {}, [], spider.limit
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider.give_room, signal)
        return spider

    @cached_property  # it is asked for at each page, and a mirror has thousands of files
    def asked(self) -> int:
        """About how many pages are to come: where they are many, worker processes read them from the first on."""
        local = [Path(file) for file in self.path if not is_address(file)]
        pages = sum(file.stat().st_size for file in local if file.exists()) // BYTES_OF_A_PAGE
        return pages if self.limit is None else min(pages, self.limit)

    def give_room(self) -> None:
        """A page is done, and the next one may come."""
        self.room.release()
        engine = self.crawler.engine
        is_at_end = self.all_read or (engine is not None and engine.needs_backout())
        if engine is not None and is_at_end:
            asyncio.get_running_loop().call_later(END_SECONDS, self.end_if_idle)

    def end_if_idle(self) -> None:
        """Let a crawl that is at its end, or is being stopped, end once its last page is done.

        Scrapy (2.19) looks whether it may end after each response, and not after an item that came from `start`: at its end it
        would look 5 seconds later, and a crawl that is being stopped would wait for ever.
        """
        scraper = self.crawler.engine.scraper if self.crawler.engine else None
        if self.all_read and self.crawler.engine and self.crawler.engine._slot:
            self.crawler.engine._slot.nextcall.schedule()
        closing = scraper.slot.closing if scraper and scraper.slot else None
        if scraper is None or closing is None or closing.called:
            return
        if scraper.slot.is_idle():  # type: ignore[union-attr]
            scraper._check_if_closing()
        else:
            asyncio.get_running_loop().call_later(END_SECONDS, self.end_if_idle)

    async def start(self) -> AsyncIterator[Capture | Arrival]:
        takes_arrivals = any(
            getattr(pipeline, "takes_arrivals", False)
            for pipeline in self.crawler.engine.scraper.itemproc.middlewares
        )
        batches = self.batches()
        engine: Any = self.crawler.engine
        try:
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                for capture in batch:
                    await self.room.acquire()
                    if engine.needs_backout():  # the crawl is being stopped
                        return
                    self.count(Count.DISCOVERED)
                    yield Arrival(capture) if takes_arrivals else capture
            for _ in range(MAX_PAGES_UNDER_WAY):
                await self.room.acquire()
            for _ in range(MAX_PAGES_UNDER_WAY):
                self.room.release()
        except DatabaseError as error:  # the disk takes no more bytes: what is read on would be lost
            database_failed(self.crawler, error)
            await engine.close_spider_async(reason="database_error")
        finally:
            self.all_read = True
            self.crawler.signals.send_catch_log(all_pages_read)
            asyncio.get_running_loop().call_later(END_SECONDS, self.end_if_idle)

    def batches(self) -> Iterator[list[Capture]]:
        """The wanted pages of all files, in order, each copied into the archive's own WARC files, then those of revisit records, then
        posts that are split over pages.

        Raises `DatabaseUnavailable` where the archive cannot be asked, or its files cannot be written.
        """
        engine = None if self.frontier is None else self.frontier.engine
        self.revisits = warc_records.Revisits(self.warc.folders if self.warc else (), engine)
        self.split = warc_records.SplitPosts(self.revisits)
        self.site_files = warc_records.SiteFiles(rules_of(self.settings))
        self.statements = warc_records.Statements(self.frontier, self.run_id, rules_of(self.settings))
        for batch in self.in_batches(self.wanted()):
            yield batch
            if len(self.revisits.waiting) >= warc_records.MAX_WAITING_REVISITS:
                yield from self.in_batches(self.seen_again())
        if self.left != 0:
            yield from self.in_batches(self.seen_again())
            self.look_for_earlier_pages()
        whole = self.split.whole()
        while batch := list(islice(whole, CAPTURES_AT_A_TIME)):
            yield batch
        self.files_read = self.left != 0

    def in_batches(self, pages: Iterator[tuple[Capture, Wire, str] | None]) -> Iterator[list[Capture]]:
        """The new ones of these pages, in lists. A list has the new ones of `CAPTURES_AT_A_TIME` pages, or of fewer where a `None` or
        the end comes before."""
        while self.left != 0:
            batch = []
            for page in islice(pages, CAPTURES_AT_A_TIME):
                batch.append(page)
                if page is None:
                    break
            if not batch:
                return
            new = self.new([page for page in batch if page is not None])[: self.left]
            self.left = None if self.left is None else self.left - len(new)
            yield [capture for capture in self.copied(new) if not self.split.takes(capture)]

    def wanted(self) -> Iterator[tuple[Capture, Wire, str] | None]:
        """The pages of all files that their records alone do not rule out, each with its answer and its file.

        `None` stands for a revisit record while `MAX_WAITING_REVISITS` wait, so that a file of nothing else does not fill the memory, and
        before what a source said behind a page: the page is copied first.
        """
        is_empty, has_page, names = True, False, names_of(self.path)
        for file in self.path:
            for found in reader.exchanges(file, copying=self.warc is not None):
                is_empty = False
                if isinstance(found, reader.Statement):
                    if has_page:
                        has_page = False
                        yield None
                    try:
                        if self.is_of_site(found.url):
                            self.statements.take(found, names[file])
                    except ValueError:
                        self.count(Group.FAILED, FetchProblem.BAD_ADDRESS)
                    continue
                if isinstance(found, reader.Revisit | reader.Damage):
                    found = replace(found, file=names[file] + found.file.removeprefix(PurePath(file).name))
                if isinstance(found, reader.Revisit):
                    self.note(found)
                    if len(self.revisits.waiting) >= warc_records.MAX_WAITING_REVISITS:
                        yield None
                elif isinstance(found, reader.Damage):
                    self.count(Group.FAILED, "damaged record")
                    self.logger.warning("%s", found)
                else:
                    capture, wire = found
                    is_site_file = False
                    with suppress(ValueError):  # `wants` says what is wrong with its address
                        is_site_file = self.site_files.take(capture, wire, names[file])
                    if not is_site_file and self.wants(capture, wire):
                        yield self.known(capture), wire, names[file]
                        has_page = True
        self.statements.keep()
        if is_empty:
            self.count(Group.FAILED, "no page in these files")
            self.logger.warning(
                "%s: holds no answer of a website, only records of other types or none", ", ".join(self.path)
            )

    def known(self, capture: Capture) -> Capture:
        """A page with what its site has said so far, of its post and of its use."""
        return self.site_files.known(self.statements.known(capture))

    def note(self, revisit: reader.Revisit) -> None:
        """Keep the revisit of a wanted page until all files are read: its page may stand in a later one. One without a day tells
        nothing that its page does not tell."""
        is_page = revisit.status in (0, 200, 304, *ABSENT) and "html" in (revisit.content_type or "html")
        if not is_page:
            return
        try:
            if not self.is_of_site(revisit.answer[0].url if revisit.answer else revisit.url):
                return
            if revisit.status in ABSENT:
                self.note_absence(revisit.url, revisit.moment, revisit.status)
            elif revisit.moment is None:
                self.skipped(SkipReason.REVISIT, 1)
            else:
                url_key(revisit.refers_to)  # raises for what is no address
                self.revisits.waiting.append(revisit)
        except ValueError:
            self.count(Group.FAILED, FetchProblem.BAD_ADDRESS)

    def note_absence(self, url: str, moment: datetime | None, status: int) -> None:
        """Keep that a page was not there, until all pages are stored (`mark_vanished`). Nothing can be there under what is no
        address."""
        if moment is not None and len(self.absences) < MAX_ABSENCES:
            with suppress(ValueError):
                self.absences.append((url_key(url), moment, status))

    def mark_vanished(self) -> None:
        """Mark the articles that were deleted after they were last seen, by the answers in these files. Called when all pages are
        stored: an answer counts for a page that a later file holds, too. Where the files were not read to their end, nothing is
        marked, because what was not read may have the page again."""
        if self.frontier is None or not self.files_read:
            return
        answers: dict[str, list[tuple[datetime, int]]] = {}
        for address, moment, status in self.absences:
            answers.setdefault(address, []).append((moment, status))
        if number := self.frontier.vanished(answers):
            self.count(Count.GONE, by=number)

    def seen_again(self) -> Iterator[tuple[Capture, Wire, str]]:
        """The pages of the revisit records that wait, as they were on their days. A revisit of no page is left out: the earlier
        record was counted."""
        for revisit, page in self.revisits.taken():
            if page is None:
                self.absent[url_key(revisit.refers_to)] = revisit.url
            elif self.wants(*page):
                capture, wire = page
                yield self.known(capture), wire, revisit.file

    def look_for_earlier_pages(self) -> None:
        """Count the revisits whose bytes are not in the archive, and say which are of a page that stands neither in these files
        nor in the archive."""
        absent = self.absent.keys() - self.pages_read.keys()
        if self.frontier is not None:
            absent -= self.frontier.known(absent).keys()
        self.skipped(SkipReason.REVISIT, len(self.absent) - len(absent))
        if absent:
            self.count(Group.FAILED, "revisit without its page", by=len(absent))
            self.logger.warning(
                "these files only name %s, in records that say a page was as before; the page itself is in an earlier file, which "
                "is not in the archive: read that file too. The first address: %s",
                counted(len(absent), "page"), min(self.absent[key] for key in absent),
            )  # fmt: skip

    def new(self, batch: Sequence[tuple[Capture, Wire, str]]) -> list[tuple[Capture, Wire, str]]:
        """Those that are neither withheld, nor further pages of a post that is, nor in the archive with their bytes; any other is
        counted."""
        if self.frontier is None:
            return list(batch)
        keys = [{url_key(one.base_url), *posts_of_part(one.base_url)} for one, _, _ in batch]
        withheld = self.frontier.withheld(f"https://{key}" for key in set().union(*keys))
        left = [one for one, own in zip(batch, keys, strict=True) if not own & withheld]
        self.skipped(SkipReason.WITHHELD, len(batch) - len(left))
        warc = self.warc
        stored = {
            at
            for at, file in stored_before(self.frontier.engine, [capture for capture, _, _ in left])
            if warc is None or (file and warc.has(file))
        }
        self.skipped(SkipReason.STORED_BEFORE, len(stored))
        return [one for at, one in enumerate(left) if at not in stored]

    @cached_property
    def warc(self) -> WarcExtension | None:
        """The extension that copies pages into the archive's WARC files; `None` where the archive keeps no such files."""
        return self.crawler.get_extension(WarcExtension)

    def skipped(self, reason: SkipReason, number: int) -> None:
        if number:
            self.count(Group.SKIPPED, reason, by=number)

    def copied(self, batch: Sequence[tuple[Capture, Wire, str]]) -> list[Capture]:
        whole, at = [], []
        for page in batch:
            # A file of the site counts for the pages behind it.
            whole += self.site_files.not_copied(page[0]) if self.warc else []
            at.append(len(whole))
            whole.append(page)
        self.site_files.until.clear()
        written = self.warc.copy(whole) if self.warc else [None] * len(whole)
        places = [written[number] for number in at]
        for (capture, wire, _), place in zip(batch, places, strict=True):
            self.revisits.remember(capture, place, wire.shown_at)
        return [replace(capture, place=place) for (capture, _, _), place in zip(batch, places, strict=True)]

    def wants(self, capture: Capture, wire: Wire) -> bool:
        """Whether a capture is an HTML page with status 200 of a wanted site; any other is counted. A page that was refused counts
        too where the site's own feed or API gives its text.

        That a page is not there is kept where its own server says so: a web archive says the same of what it never had.
        """
        try:
            is_page = "html" in (capture.content_type or "html")
            refused = capture.status > 400 and capture.status not in ABSENT
            stands_in = refused and usable(self.statements.known(capture).source_text)
            if (capture.status != 200 and not stands_in) or not is_page:
                if (
                    capture.status in ABSENT
                    and is_page
                    and not wire.shown_at
                    and self.is_of_site(capture.url)
                ):
                    self.note_absence(capture.url, capture.fetched_at, capture.status)
                self.count(Group.SKIPPED, SkipReason.NO_PAGE)
                return False
            if not self.is_of_site(capture.base_url):
                self.count(Group.SKIPPED, SkipReason.OTHER_SITE)
                return False
            for address in {capture.url, capture.base_url}:
                normalise(address)  # raises for one that cannot be stored
            self.pages_read[url_key(capture.url)] = None
        except ValueError as error:
            self.count(Group.FAILED, FetchProblem.BAD_ADDRESS)
            self.logger.warning("%s: %s", capture.url, error)
            return False
        if len(self.pages_read) > MAX_PAGES_REMEMBERED:
            del self.pages_read[next(iter(self.pages_read))]
        return True

    def is_of_site(self, url: str) -> bool:
        """Whether an address is of a site that was asked for; every address is where none was.

        Raises `ValueError` for what is no address.
        """
        return not self.site or any(same_site(url, site) for site in self.site)
