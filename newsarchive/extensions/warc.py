"""The extension that keeps the raw bytes of every post in WARC files, as they came over the network.

Scrapy sends `response_downloaded` before it decompresses a body, and `response_received` after. The body is taken at
the first signal, and written when the spider makes a capture of the response.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from scrapy import Request, signals
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.settings import BaseSettings

from newsarchive.core.discovery.rights import MAX_ROBOTS_TXT_CHARACTERS, SITE_FILES
from newsarchive.crawling.connections import TLS_VERIFIED
from newsarchive.crawling.failures import database_failed
from newsarchive.crawling.responses import header_lines, own_spider
from newsarchive.crawling.stats import Failure, key
from newsarchive.db.archive_state import FOLDER_ARGUMENT
from newsarchive.db.writing.captures import First, originals_of
from newsarchive.exceptions import DatabaseUnavailable, NewsArchiveError
from newsarchive.items import Capture, Excerpt, Place
from newsarchive.spider_processes.parent import PARENT_MOVES_FILES
from newsarchive.warc.files import Wire, default_folder, is_address, locate, moved_to, own_folders, written_in
from newsarchive.warc.writer import Original, WarcWriter, move_up, payload_digest, recover, settle

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

#: The key in `Request.meta` that marks a request whose answer is kept.
KEEP = "newsarchive_keep"
#: The key in `Request.meta` under which the bytes of that answer wait to be written.
WIRE = "newsarchive_wire"


def is_for_proxy(name: str) -> bool:
    """Whether a header is for the proxy on the way, as the password that it asks for is; the site never gets it."""
    return name.lower().startswith("proxy-")


def wire_of(response: Response) -> Wire:
    """The answer as the downloader gives it."""
    phrase = HTTPStatus(response.status).phrase if response.status in set(HTTPStatus) else ""
    status_line = f"{response.protocol or 'HTTP/1.1'} {response.status} {phrase}".rstrip()
    return Wire(status_line, tuple(header_lines(response.headers)), response.body)


def is_site_file(response: Response) -> bool:
    """Whether an answer is a file in which a site says what may be done with its pages; one that is too long says nothing to us."""
    is_file = urlsplit(response.url).path in SITE_FILES
    return is_file and response.status == HTTPStatus.OK and len(response.body) <= MAX_ROBOTS_TXT_CHARACTERS


def raw_folders_of(settings: BaseSettings) -> tuple[str, ...]:
    """The folders in which `NEWSARCHIVE_WARC` keeps raw bytes, the archive's own first; none where it is off."""
    setting = str(settings.get("NEWSARCHIVE_WARC") or "off")
    staging = str(settings.get("NEWSARCHIVE_WARC_STAGING") or "")
    return () if setting == "off" else own_folders(setting, settings["NEWSARCHIVE_DATABASE_URL"], staging)


def folder_elsewhere(settings: BaseSettings) -> dict[str, str]:
    """The folder or the address of the raw bytes as a run remembers it; nothing where it is the folder beside an SQLite file."""
    url = settings["NEWSARCHIVE_DATABASE_URL"]
    for own in raw_folders_of(settings)[:1]:
        if is_address(own):
            return {FOLDER_ARGUMENT: own}
        if not url.startswith("sqlite") or Path(own).absolute() != default_folder(url).absolute():
            return {FOLDER_ARGUMENT: str(Path(own).absolute())}
    return {}


class WarcExtension:
    """Writes the answers to requests marked `KEEP`; `NEWSARCHIVE_WARC` is `on`, `off`, a folder, or an address of object storage."""

    def __init__(self, crawler: Crawler, folders: tuple[str, ...]) -> None:
        self.crawler, self.folders, self.folder = crawler, folders, written_in(folders)
        #: What the crawl makes of robots.txt, for the head of its files; "" where it fetches nothing.
        self.robots = ""
        self.writer: WarcWriter | None = None
        #: The archive, once it is open. It says which bytes are in its files already: they are written as a revisit record.
        self.engine: Engine | None = None
        #: Names and moves what was written; `None` where more was written since.
        self.closing: asyncio.Future[None] | None = None
        #: Moves files that are full into object storage.
        self.moving: threading.Thread | None = None
        self.opening = threading.Lock()
        #: Digest of an answer that is being copied → the capture that first held this payload, `None` where there is none. They
        #: are asked for at once, before a batch of answers is copied.
        self.foreseen: dict[str, First | None] = {}
        #: The answers to requests that are not marked, for spiders of other projects: any of them may become an item.
        #: An answer stays here as long as Scrapy works on it.
        self.passing: WeakKeyDictionary[Request, Wire] = WeakKeyDictionary()
        #: Host → its answers that say what may be done with its pages, each with its moment, until its first page is kept.
        self.site_files: dict[str, list[tuple[Response, Request, datetime]]] = {}
        #: Held while they are written: a page that another thread writes must not come before them, for they count for the pages that
        #: follow them.
        self.writing_site_files = threading.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        folders = raw_folders_of(crawler.settings)
        if not folders or getattr(own_spider(crawler), "dry_run", False):
            raise NotConfigured
        extension = cls(crawler, folders)
        if getattr(crawler.spidercls, "fetches", True):
            extension.robots = "obey" if crawler.settings.getbool("ROBOTSTXT_OBEY") else "ignore"
        crawler.signals.connect(extension.downloaded, signals.response_downloaded)
        crawler.signals.connect(extension.close, signals.spider_closed)
        # `scrapy parse --pipelines` closes the spider while its items are still under way.
        crawler.signals.connect(extension.close, signals.engine_stopped)
        return extension

    def downloaded(self, response: Response, request: Request) -> None:
        if request.meta.get(KEEP):
            request.meta[WIRE] = wire_of(response)
        elif is_site_file(response):
            answers = self.site_files.setdefault(urlsplit(response.url).netloc, [])
            answers.append((response, request, datetime.now(UTC)))
        elif own_spider(self.crawler) is None:
            self.passing[request] = wire_of(response)

    def passed(self, capture: Capture) -> tuple[Request, Wire] | None:
        """The answer that became a capture of another project's spider, with its request; `None` where it is gone already.

        Called from the reactor's thread, which adds further answers.
        """
        for request, wire in self.passing.items():
            if request.url.partition("#")[0] == capture.base_url.partition("#")[0]:
                del self.passing[request]
                return request, wire
        return None

    def keep_passed(self, capture: Capture, request: Request, wire: Wire) -> Place:
        """Append what `passed` gave. Raises `DatabaseUnavailable`. Called from a thread."""
        return self._write(capture.base_url, wire, request, capture.fetched_at)

    def keep(self, response: Response, fetched_at: datetime | None) -> Place | None:
        """Append the answer that became this response; `None` where it did not come over the network.

        Raises `DatabaseUnavailable` where the folder cannot be written. Called from a thread.
        """
        wire = response.meta.pop(WIRE, None)
        if wire is None or response.request is None:
            return None
        return self._write(response.url, wire, response.request, fetched_at)

    def _write(self, url: str, wire: Wire, request: Request, fetched_at: datetime | None) -> Place:
        with self.writing_site_files:
            for response, own, at in self.site_files.pop(urlsplit(url).netloc, ()):
                self._append(response.url, wire_of(response), own, at)
        return self._append(url, wire, request, fetched_at)

    def _append(self, url: str, wire: Wire, request: Request, fetched_at: datetime | None) -> Place:
        return self._writer().write_response(
            url,
            wire.status_line,
            wire.headers,
            wire.body,
            request_headers=[line for line in header_lines(request.headers) if not is_for_proxy(line[0])],
            fetched_at=fetched_at,
            tls_verified=request.meta.get(TLS_VERIFIED),
        )

    def copy(self, answers: Sequence[tuple[Capture, Wire, str]]) -> list[Place]:
        """Append answers out of other WARC files, each given with the name of its file. Raises as `keep` does, and is called from a
        thread too."""
        writer = self._writer()
        digests = [
            capture.place.digest if wire.member and capture.place else payload_digest(wire.body)
            for capture, wire, _ in answers
        ]
        self.foreseen = dict.fromkeys(digests)
        if self.engine is not None:
            self.foreseen |= originals_of(self.engine, self.foreseen)
        places = [
            writer.write_copy(capture.base_url, wire, capture.fetched_at, source, digest)
            for (capture, wire, source), digest in zip(answers, digests, strict=True)
        ]
        self.foreseen = {}
        return places

    def keep_excerpts(self, said: Sequence[tuple[str, Excerpt]]) -> list[Place]:
        """Append what sources said of posts, each given with the URL of its post, and wait until it is on the disk. Raises as `keep`
        does, and is called from a thread too."""
        writer = self._writer()
        places = [writer.write_excerpt(url, excerpt) for url, excerpt in said]
        writer.sync()
        return places

    def has(self, file: str) -> bool:
        """Whether a WARC file of the archive is there."""
        with suppress(DatabaseUnavailable):
            return locate(self.folders, file).exists()
        return False

    def sync(self) -> None:
        """Wait until the answers written so far are on the disk. Raises as `keep` does, and is called from a thread too."""
        if self.writer is not None:
            self.writer.sync()

    def _writer(self) -> WarcWriter:
        self.closing = None
        with self.opening:  # two threads would open two writers, and the second file would never be closed
            if self.writer is None:
                self.writer = self._open()
        return self.writer

    def _open(self) -> WarcWriter:
        try:  # the whole records of files that a killed crawl left open are good
            for path in recover(self.folder):
                logger.info("named %s, which a killed crawl had left open", path)
        except OSError as error:  # reading finds the file either way
            logger.warning("%s: a file that was left open keeps that name: %s", self.folder, error.strerror)
        name, engine = f"newsarchive-{getattr(self.crawler.spider, 'name', 'crawl')}", self.engine
        moves = moved_to(self.folders) and not os.environ.get(PARENT_MOVES_FILES)
        filled = self._move_in_background if moves else None
        if engine is None:
            return WarcWriter(self.folder, name, filled=filled, robots=self.robots)

        def known(digest: str) -> Original | None:
            stored = self.foreseen if digest in self.foreseen else originals_of(engine, [digest])
            found = stored.get(digest)
            # A revisit record cannot be read without its original; where the storage does not answer, the page is written whole.
            return Original(found.url, found.fetched_at) if found and self.has(found.file) else None

        return WarcWriter(self.folder, name, known=known, filled=filled, robots=self.robots)

    def _move_in_background(self) -> None:
        """Move a file that is full while the crawl goes on. A file that cannot be moved is tried again when the crawl
        ends."""

        def move() -> None:
            try:
                move_up(self.folder, moved_to(self.folders))
            except (NewsArchiveError, OSError) as error:
                logger.warning("%s", error)

        if self.moving is None or not self.moving.is_alive():
            self.moving = threading.Thread(target=move, name="warc-moving", daemon=True)
            self.moving.start()

    async def close(self) -> None:
        """Name the open file, and move up what is finished; in a thread, because that may take minutes, in which a second signal has to
        reach the crawl. When called again, only where more was written meanwhile: a storage that does not answer is
        waited for once."""
        if self.closing is None:
            self.closing = asyncio.ensure_future(asyncio.to_thread(self._close))
        await asyncio.shield(self.closing)

    def _close(self) -> None:
        if self.writer is not None:
            try:
                self.writer.close()
            except DatabaseUnavailable as error:
                database_failed(self.crawler, error)
        if not os.environ.get(PARENT_MOVES_FILES):
            self._settle()

    def _settle(self) -> None:
        """Move up what this crawl and killed ones wrote. A storage that does not take it costs no post: the files wait here."""
        if self.moving is not None:
            self.moving.join()
        try:
            settle(self.folders)
        except (NewsArchiveError, OSError) as error:
            assert self.crawler.stats is not None
            self.crawler.stats.set_value(key(Failure.STORAGE), str(error))
