"""Keeps the readings of a crawl's pages on disk, so that a changed template can be applied without reading pages again.

A reading is what `core.site_template.template` packs, and beside it lies the page's record for learning, as
`core.site_template.observations` packs it, so that nobody looks at the page's lines again. The readings lie in a temporary
SQLite database of this process, not in the archive: they are of use until their site is learned at the end of the crawl, and
would double the archive's size. A reading that is not there any more, or cannot be kept, is no loss: its page is read again
from its stored bytes.

Crawls that one worker runs at the same time share a file instead. What one of them has read need not be read by another,
and the pages that wait for the template of a site teach it to all of them.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from typing import Any, NamedTuple

#: Bytes of all readings. Where there are more, the oldest are removed: their pages were read with a template that was
#: learned from hundreds of pages and will hardly change. A real page takes 30 KB, so this is room for two thousand
#: pages.
MAX_BYTES = 64_000_000
#: Bytes of the readings that crawls share, enough for two crawls, because a worker runs two by default. They lie on the
#: disk.
MAX_SHARED_BYTES = 2 * MAX_BYTES
#: Seconds for which crawls use what another crawl has read; within an hour a large file is read. Older readings are
#: removed: somebody may have changed the rules or erased a page since, and a crawl that was killed never stores its
#: pages.
MAX_SHARED_SECONDS = 3600.0
#: Seconds that a process waits for another that writes to the same file. Such a write takes a millisecond.
MAX_LOCKED_SECONDS = 1.0
#: `at` is the Unix time when a page was read, a site its domain.
TABLES = """
    CREATE TABLE IF NOT EXISTS readings (
        number INTEGER PRIMARY KEY, at REAL, size INTEGER, url_key TEXT UNIQUE, page BLOB, record BLOB
    );
    CREATE INDEX IF NOT EXISTS ages ON readings (at, size);
    CREATE TABLE IF NOT EXISTS waiting (url_key TEXT PRIMARY KEY, url TEXT, site TEXT);
    CREATE INDEX IF NOT EXISTS waiting_sites ON waiting (site);
"""


class Reading(NamedTuple):
    """What a page was read as, by the key of its URL, and its record for learning, empty where nobody has packed it."""

    url_key: str
    page: bytes
    record: bytes = b""

    @property
    def size(self) -> int:
        return len(self.page) + len(self.record)


class KeptReadings:
    """Readings by the key of their page's URL (`core.urls.url_key`). Threads may share it; with a `file` processes do too.

    Raises `sqlite3.Error` where the file cannot be opened.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, file: str = "") -> None:
        self.max_bytes, self.is_shared = max_bytes, bool(file)
        self._lock = threading.Lock()
        # The name "" stands for a temporary file that SQLite removes itself. Its contents need not survive a crash of
        # the system, and those of a shared file must survive a process that is killed.
        self._database = sqlite3.connect(
            file, timeout=MAX_LOCKED_SECONDS, check_same_thread=False, isolation_level=None
        )
        self._database.execute(f"PRAGMA journal_mode = {'WAL' if file else 'OFF'}")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(TABLES)

    def keep(self, reading: Reading) -> None:
        """Keep the newest reading of a page. Without room on the disk it is not kept."""
        with self._lock:
            try:
                insert = (
                    "INSERT OR REPLACE INTO readings (at, size, url_key, page, record) VALUES (?, ?, ?, ?, ?)"
                )
                self._database.execute(insert, (time.time(), reading.size, *reading))
                self._database.execute("DELETE FROM readings WHERE at <= ?", (self._earliest(),))
                size = "SELECT coalesce(sum(size), 0) FROM readings"
                oldest = "DELETE FROM readings WHERE number = (SELECT min(number) FROM readings)"
                while self._database.execute(size).fetchone()[0] > self.max_bytes:
                    self._database.execute(oldest)
            except sqlite3.Error:
                return

    def get(self, url_key: str) -> Reading | None:
        """The reading of a page, `None` where none is kept."""
        query = "SELECT url_key, page, record FROM readings WHERE url_key = ? AND at > ?"
        return next(map(Reading._make, self._selected(query, (url_key, self._earliest()))), None)

    def all(self) -> list[Reading]:
        """All readings, the oldest first."""
        query = "SELECT url_key, page, record FROM readings ORDER BY number"
        return list(map(Reading._make, self._selected(query)))

    def wait(self, reading: Reading, url: str, site: str) -> None:
        """Keep the reading of a page that waits for the template of its site (its domain). `url` is the article's."""
        self.keep(reading)
        self._execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?)", (reading.url_key, url, site))

    def waiting(self, site: str) -> list[tuple[str, bytes]]:
        """The URLs and the records of a site's waiting pages, from all crawls that share the file; the one that waits longest
        comes first."""
        return self._selected(
            "SELECT url, record FROM waiting JOIN readings USING (url_key) WHERE site = ? AND at > ? ORDER BY number",
            (site, self._earliest()),
        )

    def end_wait(self, url_key: str) -> None:
        """Record that a page no longer waits: it is stored, or never will be."""
        self._execute("DELETE FROM waiting WHERE url_key = ?", (url_key,))

    def close(self) -> None:
        """Remove the readings, but for those in a file that others share. Afterwards nothing is kept and nothing is
        found."""
        with self._lock:
            self._database.close()

    def _selected(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._lock:
            try:
                return self._database.execute(query, values).fetchall()
            except sqlite3.Error:
                return []

    def _execute(self, statement: str, values: tuple[object, ...]) -> None:
        with self._lock, suppress(sqlite3.Error):
            self._database.execute(statement, values)

    def _earliest(self) -> float:
        return time.time() - MAX_SHARED_SECONDS if self.is_shared else 0.0


def shared_readings(file: str) -> KeptReadings | None:
    """The readings that several processes share, `None` without a file, or where it cannot be opened."""
    try:
        return KeptReadings(MAX_SHARED_BYTES, file) if file else None
    except sqlite3.Error:
        return None
