"""Of a feed, a sitemap or an answer of an API the bytes that are about one post, so that they can be kept beside its page.

    <rss><channel><title>The Mill</title> <item>…/1</item> <item>…/2</item> </channel></rss>

gives for the second post

    <rss><channel><title>The Mill</title> <item>…/2</item> </channel></rss>

Each byte is one that came, and the result is a feed again: whoever doubts a date can see it as the site wrote it, the same reader
reads it, and a better one can read it again. Whole feeds would repeat each post as often as the feed changes while it names it, and
a post that must go could not be taken out of them.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha1
from itertools import pairwise
from typing import NamedTuple

from newsarchive.core.text.tolerant_json import DECODER
from newsarchive.items import Excerpt

#: Bytes before the first post and behind the last one. Where there are more, nothing is kept of the document: each of its posts would
#: repeat them.
MAX_FRAME_BYTES = 16_384
_SPACE = re.compile(r"[ \t\r\n]*")
#: Where CDATA, a comment or an instruction begins, in which nothing is a tag, and tags of entries: their beginnings (1 is empty) and
#: ends (1 is `/`).
_ENTRY_TAG = re.compile(
    rb"<(?:!\[CDATA\[|!--|\?|(/?)(?:[\w.-]{1,40}:)?(?:item|entry)(?=[\s/>])[^<>]{0,4096}>)", re.I
)
#: The same of the rows of a sitemap.
_ROW_TAG = re.compile(
    rb"<(?:!\[CDATA\[|!--|\?|(/?)(?:[\w.-]{1,40}:)?(?:url|sitemap)(?=[\s/>])[^<>]{0,4096}>)", re.I
)
#: What ends a comment and an instruction.
_ENDS = {b"<!--": b"-->", b"<?": b"?>"}
#: The addresses of all posts, which RSS 1.0 lists at the head of a feed.
_LIST_OF_POSTS = re.compile(rb"<(?:[\w.-]{1,40}:)?items[\s>].*</(?:[\w.-]{1,40}:)?items\s*>", re.I | re.S)
#: What parts an address. The last part tells a post from others: `a-headline`, `p=12`.
_PARTS = re.compile(r"[/&]")


class Span(NamedTuple):
    """Where a part of a document begins and ends."""

    begin: int
    end: int


def source_of(kind: str, url: str, content_type: str, body: bytes) -> Excerpt:
    """Where a document comes from, and its digest as WARC files write it: an excerpt that has no bytes yet."""
    digest = b32encode(sha1(body, usedforsecurity=False).digest()).decode()
    return Excerpt(kind, url, content_type, digest=f"sha1:{digest}")


def of_feed(body: bytes, excerpt: Excerpt, entries: int) -> Sequence[Excerpt]:
    """An excerpt for each entry of an XML feed, in their order; `excerpt` says where the document comes from.

    Nothing where the feed has another number of entries than were read of it: of a feed with 75,000 only the first are, and
    nobody would take the excerpts.
    """
    cut = _cut(body, _elements(body, _ENTRY_TAG), excerpt, count=entries)
    if not cut:
        return ()
    head, tail = (_LIST_OF_POSTS.sub(b"", frame) for frame in (cut[0].head, cut[0].tail))
    return [replace(one, head=head, tail=tail) for one in cut]


def names(excerpt: Excerpt, url: str) -> bool:
    """Whether the bytes of a post have the end of its address, as its source writes it.

    >>> names(Excerpt("feed", "", own=b"<link>/2025/rain/</link>"), "https://blog.example/2025/rain/")
    True
    """
    return _PARTS.split(url.rstrip("/"))[-1].encode(errors="replace") in excerpt.own


def of_sitemap(body: bytes, excerpt: Excerpt, rows: int) -> Sequence[Excerpt]:
    """The same for each `<url>` and `<sitemap>` of a sitemap."""
    return _cut(body, _elements(body, _ROW_TAG), excerpt, count=rows)


def of_json(text: str, excerpt: Excerpt, posts: int, name: str = "") -> Sequence[Excerpt]:
    """The same for each object in a list of JSON, or in the list under a name of an object: `items` of a JSON Feed.

    Nothing where the text is no JSON by the letter of its standard, or has another number of objects than were read of it (`posts`).
    """
    try:
        spans, end = _objects(text, _list_under(text, name), posts)
    except (ValueError, IndexError, RecursionError):
        return ()
    if not spans or len(spans) != posts:
        return ()
    # A span of characters becomes one of bytes.
    places, at, here = {}, 0, 0
    for place in sorted({0, end, *(place for span in spans for place in span)}):
        here += len(text[at:place].encode("utf-8", "replace"))
        at = place
        places[place] = here
    body = text.encode("utf-8", "replace")
    return _cut(body, [Span(places[a], places[b]) for a, b in spans], excerpt, places[end])


def _cut(
    body: bytes, spans: Sequence[Span], excerpt: Excerpt, end: int | None = None, *, count: int | None = None
) -> Sequence[Excerpt]:
    if not spans or count not in (None, len(spans)):
        return ()
    head, tail = body[: spans[0].begin], body[spans[-1].end if end is None else end :]
    if len(head) + len(tail) > MAX_FRAME_BYTES:
        return ()
    whole = replace(excerpt, head=head, tail=tail)
    return [replace(whole, own=body[begin:end]) for begin, end in spans]


def _elements(body: bytes, tag: re.Pattern[bytes]) -> list[Span]:
    """The elements, each with what stands between it and the next one; the last one up to its end."""
    begins, last, at = list[int](), len(body), 0
    while match := tag.search(body, at):
        at = match.end()
        if match[1] is None:
            if (at := body.find(_ENDS.get(match[0], b"]]>"), at)) < 0:
                break
        elif match[1]:
            last = at
        else:
            begins.append(match.start())
            last = len(body)
    return [Span(*pair) for pair in pairwise([*begins, last])]


def _list_under(text: str, name: str) -> int:
    """Where the list begins, behind its bracket. Raises `ValueError` and `IndexError` where there is none."""
    at = _behind(text, 0)
    if name:
        at = _expected(text, at, "{")
        while (found := DECODER.raw_decode(text, at))[0] != name:
            at = _behind(text, _expected(text, _behind(text, found[1]), ":"))
            at = _behind(text, _expected(text, _behind(text, DECODER.raw_decode(text, at)[1]), ","))
        at = _expected(text, _behind(text, found[1]), ":")
    return _expected(text, at, "[")


def _objects(text: str, at: int, most: int) -> tuple[list[Span], int]:
    """The objects of a list from `at` on, and where it ends. Of a list with more than `most` of them, or far more other values, not all
    are read: 1.2 million empty objects took 28 s."""
    spans, left = [], 2 * most + 1
    while left and text[at := _behind(text, at)] != "]":
        left -= 1
        value, end = DECODER.raw_decode(text, at)
        if isinstance(value, dict):
            spans.append(Span(at, end))
        at = _behind(text, end)
        if text[at] != "]":
            at = _expected(text, at, ",")
    return spans, at


def _behind(text: str, at: int) -> int:
    """The next place that is no white space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expected(text: str, at: int, character: str) -> int:
    """The place behind a character and the white space that follows. Raises `ValueError` for another character."""
    if text[at] != character:
        raise ValueError(f"{text[at]!r} in place of {character!r}")
    return _behind(text, at + 1)
