"""What the records of WARC files say of each other: a crawl of those files holds records back until it can read them with theirs.

A crawl asks for a site's files before its pages, and for a post before its further pages. In WARC files the order of records says
nothing, and several files may come in any order. So these wait here:

- `SiteFiles`: robots.txt and tdmrep.json, which say what may be done with the pages that follow them;
- `Statements`: what feeds, APIs and sitemaps said of posts;
- `Revisits`: records that say that the page had the bytes of an earlier record;
- `SplitPosts`: posts that are split over pages.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from newsarchive.core.assembly.documents import API_PAGE, said_in
from newsarchive.core.discovery import pagination, rights
from newsarchive.core.discovery.rights import MAX_ROBOTS_TXT_CHARACTERS, ROBOTS_PATH, SITE_FILES, TDMREP_PATH
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.urls import normalise, url_key
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.writing.captures import places_of
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Capture, Link, Place
from newsarchive.rules import Rules
from newsarchive.warc import reader
from newsarchive.warc.files import Wire, locate
from newsarchive.warc.object_storage import ObjectFile
from newsarchive.warc.reader import MAX_BODY_BYTES, Statement

#: Hosts whose files are kept in memory, some 2 KB each; with more, those of the host that came first are forgotten.
MAX_HOSTS = 10_000
#: Files of a host that wait for a page; of more, the oldest are not copied.
MAX_WAITING_FILES = 100
#: Statements that are kept in one transaction, some 20 KB each.
MAX_WAITING_STATEMENTS = 100
#: Revisit records that wait at a time, about 2 KB each. With more, those whose pages are there are read before the file goes on.
MAX_WAITING_REVISITS = 20_000
#: Pages whose places are kept, some 300 bytes each; older ones are asked of the database.
MAX_PLACES = 50_000
#: Pages of split posts that wait at a time, about 2 KB each. With more, the further ones are read at once: a site whose posts have
#: addresses such as `/story/12` would fill the memory.
MAX_WAITING_PARTS = 20_000
#: The day of a page whose record names none.
_NO_DAY = datetime.min.replace(tzinfo=UTC)
_HEX_DIGEST = re.compile(r"sha1:([0-9a-fA-F]{40})")

#: A file of a site with its answer, and the WARC file that it comes from.
Answer = tuple[Capture, Wire, str]


class SiteFiles:
    """The last robots.txt and tdmrep.json of each host: they count for the pages that follow them."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        #: Host → path → the text.
        self.texts: dict[str, dict[str, str]] = {}
        #: Files that were read so far, and how many were when a page was read, by its address and moment.
        self.number, self.until = 0, dict[tuple[str, datetime | None], int]()
        #: Host → the files that are not in the archive's own WARC files yet, each with its number.
        self.new: dict[str, deque[tuple[int, Answer]]] = defaultdict(lambda: deque(maxlen=MAX_WAITING_FILES))

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


class Statements:
    """What feeds, APIs and sitemaps said of posts, kept as a crawl keeps what it reads from them.

    It is kept in the order of the files, and before the next page is read: a page is read with what its site had said of the post
    by then. `run_id` is the run that reads it.
    """

    def __init__(self, frontier: Frontier | None, run_id: int, rules: Rules) -> None:
        self.frontier, self.run_id, self.rules = frontier, run_id, rules
        #: The key of an address → what was said of it last.
        self.waiting: dict[str, Statement] = {}
        #: Sites whose names were told, each with name and language.
        self.named: set[tuple[int, str, str]] = set()

    def take(self, said: Statement, file: str) -> None:
        """Keep a statement out of the WARC file of this name. Raises `ValueError` for one about what is no address."""
        key = url_key(normalise(said.url))
        if key in self.waiting or len(self.waiting) >= MAX_WAITING_STATEMENTS:
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
        text = self.frontier.source_text_of(capture) if self.frontier is not None else None
        if text is None:
            return capture
        return replace(
            capture, source_text=text, discovered=Link(capture.url, text.source, post_id=text.post_id)
        )


class Revisits:
    """Revisit records until their pages are read, and where those pages lie.

    On that day the page had the bytes of an earlier record, which are not written again. They are the only witness of a page that
    was edited and then set back, because a crawler that leaves out what it has writes the third answer so:

        1 May  response  A        2 May  response  B        3 May  revisit of 1 May

    So the records wait until the pages are in the archive's own files, and each becomes a capture of its day, with the bytes from
    there. `folders` are the archive's own, none where it keeps no bytes.
    """

    def __init__(self, folders: Sequence[str], engine: Engine | None) -> None:
        self.folders, self.engine = folders, engine
        self.waiting: list[reader.Revisit] = []
        #: Key of an address, with the digest or the moment that its record names → the place of the copy.
        self.places: dict[tuple[str, str], Place] = {}
        #: Digest of the bytes, as this archive computes it → the first place with them.
        self.bytes_at: dict[str, Place] = {}

    def remember(self, capture: Capture, copy: Place | None, shown_at: str = "") -> None:
        """Keep where a page of a foreign file lies now, under the address that its record has: where a web archive showed it, that is
        the address there."""
        if copy is None or capture.place is None:
            return
        page = url_key(shown_at or capture.url)
        if capture.place.digest:
            self.places[page, capture.place.digest] = copy
        if capture.fetched_at is not None:
            self.places[page, capture.fetched_at.isoformat()] = copy
        self.bytes_at.setdefault(copy.digest, copy)
        while len(self.places) > 2 * MAX_PLACES:
            del self.places[next(iter(self.places))]
        while len(self.bytes_at) > MAX_PLACES:
            del self.bytes_at[next(iter(self.bytes_at))]

    def taken(self) -> Iterator[tuple[reader.Revisit, tuple[Capture, Wire] | None]]:
        """The records that wait, each with the page as it was on its day; `None` where its bytes are not in the archive."""
        waiting, self.waiting = self.waiting, []
        digests = {_own_digest(revisit.digest) for revisit in waiting} - {""}
        stored = places_of(self.engine, digests) if self.engine is not None and self.folders else {}
        for revisit in waiting:
            page = url_key(revisit.refers_to)
            moment = revisit.refers_to_moment.isoformat() if revisit.refers_to_moment else ""
            place = self.places.get((page, revisit.digest)) or self.places.get((page, moment))
            place = place or stored.get(_own_digest(revisit.digest))
            yield revisit, self._page(revisit, place) if place and self.folders else None

    def page_at(self, place: Place) -> tuple[Capture, Wire]:
        """The page at a place of the archive's own files. Raises `DatabaseUnavailable` where it cannot be read."""
        return reader.read_exchange(self.folders, place.file, place.offset, self._resolve)

    def _page(self, revisit: reader.Revisit, place: Place) -> tuple[Capture, Wire] | None:
        try:
            page, wire = self.page_at(place)
        except DatabaseUnavailable:
            return None
        if revisit.answer is None:
            if wire.shown_at:  # that a web archive's page was as before says nothing of the page's own day
                return None
            page = replace(
                page, url=revisit.url, final_url=revisit.url, fetched_at=revisit.moment, place=None
            )
        else:  # the second answer was more than "not modified", and may tell where and when a web archive found the page
            head, told = revisit.answer
            page = replace(head, body=page.body)
            wire = replace(told, body=wire.body)
        return page, replace(wire, member=b"")

    def _resolve(self, digest: str, *_: str) -> tuple[Path | ObjectFile, int] | None:
        place = self.bytes_at.get(digest)
        if place is None and self.engine is not None:
            place = places_of(self.engine, {digest}).get(digest)
        return (locate(self.folders, place.file), place.offset) if place else None


def _own_digest(named: str) -> str:
    """A digest as this archive writes it; some programs write SHA-1 in hexadecimal digits.

    >>> _own_digest("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    found = _HEX_DIGEST.fullmatch(named)
    return "sha1:" + base64.b32encode(bytes.fromhex(found[1])).decode() if found else named


class SplitPosts:
    """Posts with further pages, and pages that may be such, until all files are read. `revisits` knows where their copies lie.

        /harbour-story/2/    the further page, which a crawl of ours writes first
        /harbour-story/      the post, which links it

    Both wait without their bytes. Then each post gets its further pages, as in a crawl that fetches them (`spiders.capturing`), and
    a page that belongs to no post is read as one of its own.
    """

    def __init__(self, revisits: Revisits) -> None:
        self.revisits = revisits
        #: Posts, in the order in which they came.
        self.posts: list[Capture] = []
        #: The key of the address of what may be a further page → its captures.
        self.parts: dict[str, list[Capture]] = {}
        #: The keys of the posts of which these may be further pages.
        self.announced: set[str] = set()
        #: How many captures wait.
        self.waiting = 0

    def takes(self, capture: Capture) -> bool:
        """Whether a page waits: it may be a further page of a post by its address, or a post with further pages. None does where
        the archive keeps no bytes from which it could be read later."""
        if capture.place is None or self.waiting >= MAX_WAITING_PARTS:
            return False
        key, posts = url_key(capture.base_url), pagination.posts_of_part(capture.base_url)
        if posts:
            self.announced.update(posts)
            self.parts.setdefault(key, []).append(capture.without_body())
        elif key in self.announced or (
            pagination.may_link_parts(capture.body, capture.base_url)
            and pagination.page_parts(_text(capture), capture.base_url)
        ):
            self.posts.append(capture.without_body())
        else:
            return False
        self.waiting += 1
        return True

    def whole(self) -> Iterator[Capture]:
        """The pages that waited: each post with its further pages, then what is no further page of any of them.

        Raises `DatabaseUnavailable` where a copy cannot be read.
        """
        used: set[str] = set()
        # /12/ may have /12/2/, so the short addresses come first.
        lone = (self.parts[key] for key in sorted(self.parts, key=len) if key not in used)
        for waited in chain(self.posts, chain.from_iterable(lone)):
            whole = self._with_parts(self._read(waited))
            used.update(url_key(part.base_url) for part in whole.parts)
            yield whole

    def _with_parts(self, post: Capture) -> Capture:
        if (
            not pagination.may_link_parts(post.body, post.base_url)
            and url_key(post.base_url) not in self.announced
        ):
            return post
        text, url = _text(post), post.base_url
        parts: list[Capture] = []
        waiting = pagination.page_parts(text, url)
        if not waiting and (part := self._nearest(pagination.unlinked_part(text, url), post)) is not None:
            waiting = [part.base_url] if pagination.says_more(text, _text(part)) else []
        left = MAX_BODY_BYTES  # a post of all its pages is no longer than one page may be
        while waiting and len(parts) < pagination.MAX_POST_PARTS:
            part = self._nearest(waiting.pop(0), post)
            if part is None or (left := left - len(part.body)) < 0:
                break
            parts.append(part)
            waiting = waiting or pagination.page_parts(_text(part), part.base_url, url)
        return replace(post, parts=tuple(parts))

    def _nearest(self, url: str, post: Capture) -> Capture | None:
        """The capture of a further page that was made nearest in time to that of its post; `None` where there is none."""
        captures = self.parts.get(url_key(url), []) if url else []
        if not captures:
            return None
        day = post.fetched_at or _NO_DAY
        return self._read(min(captures, key=lambda one: abs((one.fetched_at or _NO_DAY) - day)))

    def _read(self, capture: Capture) -> Capture:
        assert capture.place is not None
        return replace(capture, body=self.revisits.page_at(capture.place)[0].body, body_digest="")


def _text(capture: Capture) -> str:
    return decode(capture.body, capture.content_type).text
