"""Posts that are split over pages, in WARC files: each page is a record of its own, and the order of records says nothing.

    /harbour-story/2/    the further page, which a crawl of ours writes first
    /harbour-story/      the post, which links it

So both wait, without their bytes, until all files are read. Then each post gets its further pages, as in a crawl that fetches them
(`spiders.capturing`), and a page that belongs to no post is read as one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

from newsarchive.core.discovery.pagination import (
    MAX_POST_PARTS,
    may_link_parts,
    page_parts,
    posts_of_part,
    says_more,
    unlinked_part,
)
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.urls import url_key
from newsarchive.crawling.revisits import Revisits
from newsarchive.items import Capture
from newsarchive.warc.reader import MAX_BODY_BYTES

#: Pages that wait at a time, about 2 KB each. With more, the further ones are read at once: a site whose posts have addresses such as
#: `/story/12` would fill the memory.
MAX_WAITING = 20_000
#: The day of a page whose record names none.
_NO_DAY = datetime.min.replace(tzinfo=UTC)


class SplitPosts:
    """Posts with further pages, and pages that may be such, until all files are read. `revisits` knows where their copies lie."""

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
        if capture.place is None or self.waiting >= MAX_WAITING:
            return False
        key, posts = url_key(capture.base_url), posts_of_part(capture.base_url)
        if posts:
            self.announced.update(posts)
            self.parts.setdefault(key, []).append(capture.without_body())
        elif key in self.announced or (
            may_link_parts(capture.body, capture.base_url) and page_parts(_text(capture), capture.base_url)
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
        lone = (
            self.parts[key] for key in sorted(self.parts, key=len) if key not in used
        )  # /12/ may have /12/2/
        for waited in chain(self.posts, chain.from_iterable(lone)):
            whole = self._with_parts(self._read(waited))
            used.update(url_key(part.base_url) for part in whole.parts)
            yield whole

    def _with_parts(self, post: Capture) -> Capture:
        if not may_link_parts(post.body, post.base_url) and url_key(post.base_url) not in self.announced:
            return post
        text, url = _text(post), post.base_url
        parts: list[Capture] = []
        waiting = page_parts(text, url)
        if not waiting and (part := self._nearest(unlinked_part(text, url), post)) is not None:
            waiting = [part.base_url] if says_more(text, _text(part)) else []
        left = MAX_BODY_BYTES  # a post of all its pages is no longer than one page may be
        while waiting and len(parts) < MAX_POST_PARTS:
            part = self._nearest(waiting.pop(0), post)
            if part is None or (left := left - len(part.body)) < 0:
                break
            parts.append(part)
            waiting = waiting or page_parts(_text(part), part.base_url, url)
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
