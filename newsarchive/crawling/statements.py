"""What feeds, APIs and sitemaps said of posts, out of the records of WARC files: kept as a crawl keeps what it reads from them.

They are kept in the order of the files, and before the next page is read: a page is read with what its site had said of the post by
then.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from newsarchive.core.assembly.documents import API_PAGE, said_in
from newsarchive.core.urls import normalise, url_key
from newsarchive.db.frontier.queue import Frontier
from newsarchive.items import Capture, Link
from newsarchive.rules import Rules
from newsarchive.warc.reader import Statement

#: Statements that are kept in one transaction, some 20 KB each.
MAX_WAITING = 100


class Statements:
    """Statements until the next page is read, or until there are `MAX_WAITING`. `run_id` is the run that reads them."""

    def __init__(self, frontier: Frontier | None, run_id: int, rules: Rules) -> None:
        self.frontier, self.run_id, self.rules = frontier, run_id, rules
        #: The key of an address → what was said of it last.
        self.waiting: dict[str, Statement] = {}
        #: Sites whose names were told, each with name and language.
        self.named: set[tuple[int, str, str]] = set()

    def take(self, said: Statement, file: str) -> None:
        """Keep a statement out of the WARC file of this name. Raises `ValueError` for one about what is no address."""
        key = url_key(normalise(said.url))
        if key in self.waiting or len(self.waiting) >= MAX_WAITING:
            self.keep()
        self.waiting[key] = replace(said, excerpt=replace(said.excerpt, copied_from=file))

    def keep(self) -> None:
        """Write what waits into the archive. Raises `DatabaseError`."""
        frontier, waiting = self.frontier, list(self.waiting.values())
        self.waiting = {}
        if frontier is None:
            return
        links: dict[tuple[int, int], list[Link]] = defaultdict(list)
        for statement in waiting:
            said, excerpt = said_in(statement.excerpt, statement.url, self.rules), statement.excerpt
            site = frontier.site_at(statement.url)
            if (said.name or said.language) and (site, said.name, said.language) not in self.named:
                self.named.add((site, said.name, said.language))
                frontier.name_site(site, said.name, said.language)
            if said.link is not None:
                kind = API_PAGE if excerpt.source == "wp-json" else excerpt.source
                links[site, frontier.source(site, kind, excerpt.url).id].append(said.link)
            elif said.name and frontier.keep is not None:
                frontier.keep([(statement.url, excerpt)])
        for (site, source), named in links.items():
            frontier.discover(site, self.run_id, named, source)

    def known(self, capture: Capture) -> Capture:
        """A page with what its site has said of the post so far."""
        self.keep()
        text = self.frontier.source_text(capture.url) if self.frontier is not None else None
        if text is None:
            return capture
        return replace(
            capture, source_text=text, discovered=Link(capture.url, text.source, post_id=text.post_id)
        )
