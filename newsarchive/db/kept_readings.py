"""Keeps the readings of a crawl's pages on disk, so that a changed template can be applied without reading pages again.

A reading is what `core.site_template.readings` packs, and beside it lies the page's record for learning, as
`core.site_template.observations` packs it, so that nobody looks at the page's lines again. The readings lie in a temporary SQLite database of this process,
not in the archive: they are of use until their site is learned at the end of the crawl, and would double the archive's
size. A reading that is not there any more, or cannot be kept, is no loss: its page is read again from its stored bytes.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from typing import NamedTuple

#: Bytes of all readings. Beyond it the oldest are removed: their pages have been read by a template of hundreds of pages,
#: and it will hardly change. A real page takes 30 KB, so that these are two thousand pages.
MAX_BYTES = 64_000_000


class Reading(NamedTuple):
    """What a page was read as, by the key of its URL, and its record for learning, empty where nobody has packed it."""

    url_key: str
    page: bytes
    record: bytes = b""

    @property
    def size(self) -> int:
        return len(self.page) + len(self.record)


class KeptReadings:
    """Readings by the key of their page's URL (`core.urls.url_key`). Threads may share it."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._bytes = 0
        # A name of "" is a temporary file that SQLite removes itself. Nothing in it has to outlive a crash.
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(
            "CREATE TABLE readings (number INTEGER PRIMARY KEY, url_key TEXT UNIQUE, page BLOB, record BLOB)"
        )

    def keep(self, reading: Reading) -> None:
        """Keep the newest reading of a page. Without room on the disk it is not kept."""
        with self._lock:
            try:
                self._forget([reading.url_key])
                self._database.execute(
                    "INSERT INTO readings (url_key, page, record) VALUES (?, ?, ?)", reading
                )
                self._bytes += reading.size
                while self._bytes > self.max_bytes:
                    self._forget_oldest()
            except sqlite3.Error:
                return

    def get(self, url_key: str) -> Reading | None:
        """The reading of a page, `None` where none is kept."""
        with self._lock:
            try:
                row = self._database.execute(
                    "SELECT url_key, page, record FROM readings WHERE url_key = ?", (url_key,)
                ).fetchone()
            except sqlite3.Error:
                return None
        return Reading(*row) if row else None

    def all(self) -> list[Reading]:
        """All readings, the oldest first."""
        with self._lock:
            try:
                rows = self._database.execute("SELECT url_key, page, record FROM readings ORDER BY number")
                return list(map(Reading._make, rows))
            except sqlite3.Error:
                return []

    def forget(self, url_keys: Iterable[str]) -> None:
        """Remove the readings of pages, where they are kept."""
        with self._lock:
            try:
                self._forget(url_keys)
            except sqlite3.Error:
                return

    def close(self) -> None:
        """Remove all readings and their file. Nothing is kept afterwards, and nothing found."""
        with self._lock:
            self._database.close()
            self._bytes = 0

    def _forget(self, url_keys: Iterable[str]) -> None:
        for url_key in url_keys:
            gone = "DELETE FROM readings WHERE url_key = ? RETURNING length(page) + length(record)"
            self._bytes -= sum(size for (size,) in self._database.execute(gone, (url_key,)).fetchall())

    def _forget_oldest(self) -> None:
        oldest = "SELECT min(number) FROM readings"
        gone = f"DELETE FROM readings WHERE number = ({oldest}) RETURNING length(page) + length(record)"
        self._bytes -= sum(size for (size,) in self._database.execute(gone).fetchall())
