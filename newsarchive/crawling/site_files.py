"""The files of sites that say what may be done with their pages, out of WARC files: they count for the pages that follow them."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from newsarchive.core.discovery import rights
from newsarchive.core.discovery.rights import MAX_ROBOTS_TXT_CHARACTERS, ROBOTS_PATH, SITE_FILES, TDMREP_PATH
from newsarchive.core.encoding.decoding import decode
from newsarchive.items import Capture
from newsarchive.rules import Rules
from newsarchive.warc.files import Wire

#: Hosts whose files are kept in memory, some 2 KB each; with more, those of the host that came first are forgotten.
MAX_HOSTS = 10_000
#: Files of a host that wait for a page; of more, the oldest are not copied.
MAX_WAITING = 100

#: A file of a site with its answer, and the WARC file that it comes from.
Answer = tuple[Capture, Wire, str]


class SiteFiles:
    """The last robots.txt and tdmrep.json of each host."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        #: Host → path → the text.
        self.texts: dict[str, dict[str, str]] = {}
        #: Files that were read so far, and how many were when a page was read, by its address and moment.
        self.number, self.until = 0, dict[tuple[str, datetime | None], int]()
        #: Host → the files that are not in the archive's own WARC files yet, each with its number.
        self.new: dict[str, deque[tuple[int, Answer]]] = defaultdict(lambda: deque(maxlen=MAX_WAITING))

    def take(self, capture: Capture, wire: Wire, file: str) -> bool:
        """Whether this is such a file; its words are kept then. Raises `ValueError` for what is no address."""
        parts = urlsplit(capture.base_url)
        if parts.path not in SITE_FILES or capture.status != 200 or wire.shown_at:
            return False
        text = decode(capture.body, capture.content_type).text.replace("\0", "")[:MAX_ROBOTS_TXT_CHARACTERS]
        self.texts.setdefault(parts.netloc, {})[parts.path] = text
        self.number += 1
        if len(capture.body) <= MAX_ROBOTS_TXT_CHARACTERS:
            self.new[parts.netloc].append((self.number, (capture, wire, file)))
        if len(self.texts) > MAX_HOSTS:
            del self.texts[(first := next(iter(self.texts)))]
            self.new.pop(first, None)
        return True

    def known(self, capture: Capture) -> Capture:
        """A page with what the files of its site say of its use."""
        self.until[capture.base_url, capture.fetched_at] = self.number
        texts = self.texts.get(urlsplit(capture.base_url).netloc)
        if not texts:
            return capture
        robots, tdmrep = texts.get(ROBOTS_PATH, ""), texts.get(TDMREP_PATH, "")
        return replace(
            capture, rights=rights.of_site(robots, tdmrep, capture.base_url, "newsarchive", self.rules)
        )

    def not_copied(self, page: Capture) -> list[Answer]:
        """The files that were read before a page of their host and are not copied yet; they count as copied from now on."""
        until = self.until.get((page.base_url, page.fetched_at), self.number)
        waiting = self.new.get(urlsplit(page.base_url).netloc, deque())
        return [waiting.popleft()[1] for number, _ in list(waiting) if number <= until]
