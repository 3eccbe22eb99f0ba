"""feedparser, made to read hostile feeds: it is asked again without the entries at which it fails, and some of its methods
are replaced.

`core.discovery.feeds` says what becomes of the elements that it finds. `story_of` takes the story out of an entry's text where an
agency has put it into NITF.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from itertools import pairwise
from typing import Any
from xml.sax import SAXReaderNotAvailable, expatreader

from newsarchive.core.text.normalise import unescape

#: Times that one feed is parsed to find the entries that cannot be read, by halving. One bad entry of 5,000 takes 26. After
#: that each entry is read by itself: there are at most `MAX_ENTRIES`.
MAX_TRIES = 100
#: Bytes before the first entry with which each entry is read by itself; where there are more, the entries are left out.
MAX_REPEATED_HEAD_BYTES = 4096
#: Characters of an author; the rest is cut off.
MAX_AUTHOR_CHARACTERS = 1000
#: The start of an entry of RSS, RDF or Atom.
_ENTRY = re.compile(rb"<(?:item|entry)[\s>]", re.I)
_ROOTS = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>][^<>]*>?(?:\s*<channel[^<>]*>)?", re.I)
_ENTRIES = ("item", "entry")
#: Elements that hold the full text in feeds for Yandex, Rambler and Mail.ru, as feedparser's methods name them, and their media types.
_FULL_TEXTS = {
    "yandex_full-text": "text/plain",
    "rambler_fulltext": "text/plain",
    "mailru_full-text": "text/plain",
    "turbo_content": "text/html",
}
#: What tells a `<guid>` that is an address, in full or relative to the feed's, from one that is none: `story.html`, and not `4711`.
_ADDRESS = re.compile(r"/|\.(?:html?|php|aspx?)(?:[?#]|$)", re.I)
#: An address of mail, and the brackets in which it stood.
_MAIL = re.compile(r"(?<![^\s<>(),;])[^\s<>(),;@]+@[^\s<>(),;@.]+\.[^\s<>(),;@]+")
_EMPTY_BRACKETS = re.compile(r"[<(]\s*[>)]")
#: Whether newsarchive is reading a feed now. A program that imports newsarchive may read feeds of its own, for which
#: feedparser stays as it is.
_OURS = ContextVar("reads_a_feed_of_ours", default=False)
_NITF_STORY = re.compile(r"<body\.content\b[^<>]*>(.*?)(?:</body\.content\s*>|\Z)", re.S | re.I)
#: Element of NITF → element of HTML.
_NITF_ELEMENTS = {
    "hl2": "h2",
    "bq": "blockquote",
    "media": "figure",
    "media-caption": "figcaption",
    "media-producer": "cite",
    "media-reference": "img",
}
_NITF_TAG = re.compile(
    rf"(</?)({'|'.join(map(re.escape, sorted(_NITF_ELEMENTS, key=len, reverse=True)))})(?=[\s/>])", re.I
)
_NITF_SOURCE = re.compile(r"(<img\b[^<>]*?\s)source=", re.I)


class FeedParser:
    """Reads a feed with feedparser, which raises errors of all kinds on hostile bytes, so that one bad entry would lose the
    whole feed."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers, self.tries = headers, 0

    def parse(self, body: bytes) -> Any:
        """The feed without the entries that make feedparser raise, and without its head where that does."""
        try:
            return self._parse(body)
        except Exception:
            starts = [match.start() for match in _ENTRY.finditer(body)]
            if not starts:
                raise
            head, entries = body[: starts[0]], [body[a:b] for a, b in pairwise([*starts, len(body)])]
            try:
                parsed = self._parse(head)
            except Exception:
                root = _ROOTS.search(head)
                head = root[0] if root else b""
                parsed = self._parse(head)
            parsed["entries"] = self._readable(head, entries)
            parsed |= {"bozo": True, "bozo_exception": "a part of it cannot be read"}
            return parsed

    def _readable(self, head: bytes, entries: list[bytes]) -> list[Any]:
        """The entries that can be read, found by halving, and at last one by one."""
        if self.tries >= MAX_TRIES and len(head) > MAX_REPEATED_HEAD_BYTES:
            return []
        try:
            if self.tries < MAX_TRIES or len(entries) == 1:
                return list(self._parse(head + b"".join(entries)).entries)
        except Exception:
            if len(entries) == 1:
                return []
        step = (len(entries) + 1) // 2 if self.tries < MAX_TRIES else 1
        parts = (entries[at : at + step] for at in range(0, len(entries), step))
        return [entry for part in parts for entry in self._readable(head, part)]

    def _parse(self, body: bytes) -> Any:
        self.tries += 1
        # feedparser would take the bytes themselves for a file name and open it, so it gets a stream. It need neither
        # sanitise the text nor resolve links: extraction does both as for any page, and reading is ten times as fast.
        options = {"sanitize_html": False, "resolve_relative_uris": False}
        library, ours = _feedparser(), _OURS.set(True)
        try:
            return library.parse(io.BytesIO(body), response_headers=self.headers, **options)
        finally:
            _OURS.reset(ours)


#: Held while feedparser is changed: two threads whose first feeds come at the same moment would change it twice, and an
#: element that nobody knows would then be counted twice.
_CHANGING = threading.Lock()


def _feedparser() -> Any:
    """The library feedparser, changed once for all threads."""
    with _CHANGING:
        return _changed_feedparser()


@lru_cache(maxsize=1)
def _changed_feedparser() -> Any:
    """The library feedparser, with methods replaced for the feeds that newsarchive reads, because by itself

    - it finds no address of mail whose last label has more than four letters (`jane@post.online (Jane Doe)`), and its search
      takes time in the square of a run of letters, 4 s for 40,000 letters;
    - it takes what Media RSS says of a picture (`media:description`) for a text of the post;
    - it takes a `<guid>` for the post's address where the entry has no link, even a `<guid>` that is no address;
    - it takes `dc:date`, which in RSS is when a post was published, for when it was changed;
    - it does not know the elements for the full text in feeds for Russian aggregators (`yandex:full-text`, `turbo:content`);
    - it takes what stands inside an element that it does not know, such as `<yandex:related>`, for the entry's own. Here nothing
      inside such an element is read; a method `_start_PREFIX_NAME` of feedparser's mixin makes the element a known one. An entry
      inside an entry is read as little.
    """
    import feedparser
    from feedparser.api import PREFERRED_XML_PARSERS, StrictFeedParser
    from feedparser.mixin import _FeedParserMixin

    sync, end_guid = _FeedParserMixin._sync_author_detail, _FeedParserMixin._end_guid
    start, end = _FeedParserMixin.unknown_starttag, _FeedParserMixin.unknown_endtag

    def without_mail(self: Any, key: str = "author") -> None:
        context = self._get_context()
        if context.get(key):
            context[key] = _name_in(context[key])
        sync(self, key)

    def without_false_link(self: Any) -> None:
        element, _, pieces = self.elementstack[-1] if self.elementstack else ("", 0, [])
        # The loose parser has references as bytes.
        is_address = _ADDRESS.search("".join(map(str, pieces)).strip())
        self.guidislink = self.guidislink and element == "id" and bool(is_address)
        end_guid(self)

    # Only the parser of well-formed feeds does so: in a broken feed an element may have no end.
    def start_outside(self: Any, tag: str, attributes: Any) -> None:
        prefix, colon, name = tag.partition(":")
        method = f"_start_{self.namespacemap.get(prefix, prefix)}_{name}"
        is_unknown = tag in _ENTRIES or (colon and not hasattr(self, method))
        if self.unknown_depth or (self.inentry and not self.incontent and is_unknown):
            self.unknown_depth += 1
        if self.unknown_depth < (1 if tag in _ENTRIES else 2):
            start(self, tag, attributes)

    def end_outside(self: Any, tag: str) -> None:
        if self.unknown_depth < (1 if tag in _ENTRIES else 2):
            end(self, tag)
        self.unknown_depth = max(0, self.unknown_depth - 1)

    changed: list[tuple[Any, str, Callable[..., Any]]] = [
        (_FeedParserMixin, "_sync_author_detail", without_mail),
        (_FeedParserMixin, "_end_guid", without_false_link),
        (_FeedParserMixin, "_end_id", without_false_link),
        (_FeedParserMixin, "_start_dc_date", lambda self, _: self.push("dc_date", 1)),
        (_FeedParserMixin, "_end_dc_date", lambda self: self.pop("dc_date")),
        (_FeedParserMixin, "_start_media_description", lambda self, _: self.push("media_description", 1)),
        (_FeedParserMixin, "_end_media_description", lambda self: self.pop("media_description")),
        (StrictFeedParser, "unknown_starttag", start_outside),
        (StrictFeedParser, "unknown_endtag", end_outside),
    ]
    for element, kind in _FULL_TEXTS.items():
        changed += [
            (
                _FeedParserMixin,
                f"_start_{element}",
                lambda self, attributes, kind=kind: self.push_content("content", attributes, kind, 1),
            ),
            (_FeedParserMixin, f"_end_{element}", _FeedParserMixin._end_content),
        ]
    for owner, name, ours in changed:
        setattr(owner, name, _for_our_feeds(ours, getattr(owner, name, _unknown)))
    StrictFeedParser.unknown_depth = 0
    PREFERRED_XML_PARSERS.insert(0, __name__)
    return feedparser


def _unknown(*_: object) -> None:
    """What feedparser meets where it has no method for an element, which it keeps as it is then."""
    raise AttributeError


def _for_our_feeds(ours: Callable[..., Any], own: Callable[..., Any]) -> Callable[..., Any]:
    """A method that is `ours` while a feed of ours is read, and feedparser's `own` at all other times."""

    def method(self: Any, *arguments: Any) -> Any:
        return (ours if _OURS.get() else own)(self, *arguments)

    return method


class _WholeTexts(expatreader.ExpatParser):
    """Python's parser of XML, which here hands on each text as a whole. By itself it hands on each line and each reference
    (`&amp;`) of a text alone, and the longest feed that is read, made of short lines, takes 10 s and 350 MB."""

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]


def create_parser() -> _WholeTexts:
    """The parser of XML for `xml.sax.make_parser`, which finds it by the name of this module. Raises `SAXReaderNotAvailable`
    for a feed that is not ours, so that the next parser of feedparser's list is taken."""
    if not _OURS.get():
        raise SAXReaderNotAvailable("a feed of another program")
    return _WholeTexts()


def _name_in(author: str) -> str:
    """The name of an author without an address of mail: RSS has both in one text.

    >>> _name_in("jane@post.online (Jane Doe)"), _name_in("Jane Doe <jane@post.online>"), _name_in("jane@post.online")
    ('Jane Doe', 'Jane Doe', '')
    """
    name = _EMPTY_BRACKETS.sub("", _MAIL.sub("", unescape(author[:MAX_AUTHOR_CHARACTERS]))).strip()
    return name[1:-1].strip() if name.startswith("(") and name.endswith(")") else name


def story_of(text: str) -> str:
    """The story of a text in NITF (iptc.org/standards/nitf) as HTML; another text as it is.

    NITF, the format of news agencies, parts a story (`body.content`) from its headline and byline, which would else become its first
    lines, and names its elements other than HTML does.

    >>> story_of("<body.head><hedline>Ferry</hedline></body.head><body.content><p>It sails.</p></body.content>")
    '<p>It sails.</p>'
    """
    story = _NITF_STORY.search(text)
    if not story:
        return text
    html = _NITF_TAG.sub(lambda tag: tag[1] + _NITF_ELEMENTS[tag[2].lower()], story[1])
    return _NITF_SOURCE.sub(r"\1src=", html)
