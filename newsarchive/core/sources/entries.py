"""One post as a feed or an API tells it, and the link with all that it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone

from newsarchive.items import Link, SourceText

#: A longer text of one post (characters) is not kept: it holds data, not words.
MAX_TEXT = 1_000_000
#: The offset that a time ends in.
_OFFSET = re.compile(r":\d\d\s*([+-])(\d\d):?(\d\d)\s*$")
#: How far the clocks of the world are apart from UTC: more is a mistake.
MAX_OFFSET = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Entry:
    """One post as its feed tells it.

    `html` is the full text where the feed gives it (`is_full`), else its summary, as written: its links
    are relative to the post. Times have the offset that the feed gives, or are `None`. `tags` are as printed;
    only WordPress' API tells `categories` from them. `image` is an absolute address, `language` a tag as
    written. `is_reply` is true for a comment (RFC 4685).
    """

    link: Link
    id: str = ""
    title: str = ""
    html: str = field(default="", repr=False)
    is_full: bool = False
    author: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    is_reply: bool = False
    authors: tuple[str, ...] = ()
    image: str = ""
    language: str = ""

    @property
    def told(self) -> Link:
        """The link with all that the source says of its post: the platform's id, the text, and the facts.

        A comment says nothing of the post that it stands under. A text that is too long is left out, and the
        facts beside it are kept.
        """
        identity = _post_id(self.id)
        if self.is_reply or not (self.html or self.title or self.published):
            return replace(self.link, post_id=identity, text=None)
        text = SourceText(
            self.link.source,
            self.html if len(self.html) <= MAX_TEXT else "",
            self.is_full and len(self.html) <= MAX_TEXT,
            self.title,
            self.author,
            self.published,
            self.updated,
            authors=self.authors,
            keywords=self.tags,
            sections=self.categories,
            in_language=self.language,
            image=self.image,
            post_id=identity,
        )
        return replace(self.link, post_id=identity, text=text)


def _post_id(identity: str) -> str:
    """The platform's id in an entry's own: WordPress' guid `…/?p=12`, Blogger's `tag:blogger.com,1999:…post-34`."""
    if identity.startswith("wordpress:"):
        return identity
    if match := re.fullmatch(r"https?://[^?#]*/\?p=(\d{1,19})", identity):
        return f"wordpress:{match[1]}"
    match = re.fullmatch(r"tag:blogger\.com,1999:blog-\d+\.post-(\d{1,25})", identity)
    return f"blogger:{match[1]}" if match else ""


def offset_of(written: object) -> timezone:
    """The offset at the end of a time as written: `… +0700`, `…+07:00`. feedparser gives the time in UTC alone."""
    match = _OFFSET.search(written) if isinstance(written, str) else None
    if match is None:
        return UTC
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-ahead if match[1] == "-" else ahead) if timedelta() < ahead <= MAX_OFFSET else UTC
