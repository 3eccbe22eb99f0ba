"""Sitemaps (sitemaps.org 0.9) in XML, gzip or plain text: the posts and the further sitemaps that they list.

A sitemap is read in bounded memory: a bomb ends at `MAX_SITEMAP_BYTES`, and no entity is expanded. News sitemaps also
give title and date. The addresses of the image extension are not taken for pages.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from types import MappingProxyType
from urllib.parse import urlsplit

from lxml import etree  # type: ignore[import-untyped]

from newsarchive.core.discovery import excerpts
from newsarchive.core.discovery.broken_xml import (
    BARE_AMPERSAND,
    BROKEN_TAG,
    with_allowed_references,
    with_numeric_references,
)
from newsarchive.core.discovery.feed_times import FeedTimes, iso_time
from newsarchive.core.discovery.feeds import absolute, parse_feed, unique
from newsarchive.core.discovery.links import index_reason
from newsarchive.core.urls import same_site, unquoted, url_key
from newsarchive.items import Excerpt, Link, SourceText
from newsarchive.rules import Rules, Table

#: Unpacked bytes of a sitemap, by the protocol; the rest is cut off, and `problem` says so.
MAX_SITEMAP_BYTES = 52_428_800
#: Addresses of a sitemap, by the protocol; further ones are not read, and `problem` says so.
MAX_SITEMAP_URLS = 50_000
#: Time between the reading of a sitemap and a time of change in it that is the present by the server's clock.
MAX_FROM_READING = timedelta(minutes=1)
#: Links whose time of change is that of the reading. Fewer may have been changed just now.
MIN_PRESENT = 3
#: Bytes of a sitemap that are given to the parser at once.
_MAX_PIECE_BYTES = 65_536

#: Bytes of one row that is read by itself; a longer one is left out.
MAX_ROW_BYTES = 100_000
#: Bytes at the start of a sitemap in which its root stands.
_MAX_HEAD_BYTES = 20_000
#: Elements that are rows.
_ROWS = frozenset(("url", "sitemap"))
_ROOT = re.compile(rb"<(?:\w+:)?(urlset|sitemapindex)(?:\s[^<>]*)?>")
_ROW_START = re.compile(rb"<(?:[\w.-]+:)?(?:url|sitemap)[\s>]")

#: How lxml reads a document that may be broken or hostile: no entity is expanded, nothing is fetched.
_PARSING = {
    "recover": True, "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False,
    "remove_comments": True, "remove_pis": True,
}  # fmt: skip
_GZIP = b"\x1f\x8b"
#: Parts of one document that is packed with gzip; further ones are not read, because each costs a copy of what follows it.
_MAX_GZIP_PARTS = 1000
_BOM = b"\xef\xbb\xbf"
_UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")
#: What an XML declaration says of the encoding.
_ENCODING = re.compile(rb"(?<=\s)encoding\s*=\s*[\"'][\w-]{1,40}[\"']", re.I)


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap as read. `kind` is `index`, `urlset`, `text`, `feed`, or "" for what is no sitemap.

    `links` are the addresses that may be posts, `sitemaps` the further sitemaps, those of posts first. `problem` is "" for a
    sound sitemap.
    """

    url: str
    kind: str = ""
    links: tuple[Link, ...] = field(default=(), repr=False)
    sitemaps: tuple[Link, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class _Row:
    """One `<url>` or `<sitemap>`, its texts as written."""

    loc: str = ""
    lastmod: str = ""
    title: str = ""
    published: str = ""
    publisher: str = ""
    language: str = ""
    keywords: str = ""
    image: str = ""
    is_sitemap: bool = False
    #: The number of its element in the document.
    at: int = 0

    @property
    def is_news(self) -> bool:
        """Whether it says more of a post than where it is and when it changed."""
        return not self.is_sitemap and bool(self.title or self.published)


def parse_sitemap(body: bytes, url: str, rules: Rules, site_url: str = "") -> Sitemap:
    """Read a sitemap, plain or gzip, broken or not. Never raises; `problem` says what was wrong.

    Left out are addresses on other sites than those of `url` and `site_url`, addresses of pages that are no
    posts, and the sitemap itself. Sitemaps may name each other in a ring, so the caller must remember those that it has
    read (by `url_key`).
    """
    data, problem = _unpacked(body)
    if data.startswith(_UTF_16_BOMS):
        data = _ENCODING.sub(b"", data.decode("utf-16", "replace").encode(errors="replace"), count=1)
    data = data.removeprefix(_BOM).lstrip()
    if re.search(rb"<(?:rss|(?:\w+:)?feed|rdf:RDF)[\s>]", data[:1000]):
        feed = parse_feed(data, url, site_url=site_url, rules=rules)
        return Sitemap(url, "feed", feed.links, problem=feed.problem or problem)
    # The root is looked for first: badly kept blogs print a notice of PHP before it.
    root = re.search(rb"<(\w+:)?(urlset|sitemapindex)[\s>]", data[:_MAX_HEAD_BYTES])
    if root is None and not data.startswith(b"<"):
        lines = (line[0].decode("utf-8", "replace").strip() for line in re.finditer(rb"[^\r\n]+", data))
        rows_of_text = (_Row(line) for line in lines if line.startswith(("http://", "https://", "www.")))
        return _sorted_out(Sitemap(url, "text", problem=problem), rows_of_text, rules, site_url)
    if root is None:
        return Sitemap(url, problem=problem or "no sitemap")
    rows, broken = _xml_rows(data, (root[1] or b"").decode("utf-8", "replace"))
    kind = "index" if root[2] == b"sitemapindex" else "urlset"
    cut: Sequence[Excerpt] = ()
    if any(row.is_news for row in rows):
        source = excerpts.source_of("sitemap", url, "text/xml", body)
        cut = excerpts.of_sitemap(data, source, rows[-1].at + 1)
    told = dict(enumerate(cut))
    return _sorted_out(Sitemap(url, kind, problem=problem or broken), rows, rules, site_url, told)


def without_present(links: Sequence[Link], now: datetime) -> list[Link]:
    """The links without their time of change where this is the time `now`, at which the sitemap was read, for most of them: a program
    puts the present there, and says of each post at each reading that it changed."""
    present = {link.url for link in links if link.lastmod and abs(link.lastmod - now) <= MAX_FROM_READING}
    if len(present) < MIN_PRESENT or 2 * len(present) <= len(links):
        return list(links)
    return [replace(link, lastmod=None) if link.url in present else link for link in links]


def sitemap_content(url: str, rules: Rules) -> str:
    """What a sitemap lists by its name: `posts`, `pages`, `categories`, `authors`, `media`; "" where its name says nothing."""
    name = unquoted(urlsplit(url).path.rpartition("/")[2]).lower().rpartition("/")[2]
    return next((content for content, names in _names(rules) if names.search(name)), "")


def is_news_type(url: str, rules: Rules) -> bool:
    """Whether a sitemap lists the entries of one type of a WordPress, not its posts, and the type's name says that they are news:
    `wp-sitemap-posts-press-release-1.xml`."""
    if sitemap_content(url, rules) not in ("", "posts"):
        return False
    table: Table = rules.discovery.get("platforms", {}).get("sitemap_types", {})
    name = unquoted(urlsplit(url).path.rpartition("/")[2]).lower()
    found = next(
        (match for pattern in table.get("names", ()) if (match := re.fullmatch(pattern, name))), None
    )
    return found is not None and not set(re.split("[-_]", found["type"])).isdisjoint(table.get("news", ()))


@lru_cache(maxsize=4)
def _names(rules: Rules) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What a sitemap may list, and a pattern of its names."""
    table: Table = rules.discovery.get("platforms", {}).get("sitemap_names", {})
    either = {str(content): "|".join(f"(?:{p})" for p in patterns) for content, patterns in table.items()}
    return tuple((content, re.compile(pattern)) for content, pattern in either.items())


def parse_time(text: str, rules: Rules) -> datetime | None:
    """A W3C date (year, month, day or instant) or a time as feeds write it, in UTC where it has no offset; `None` for another text.

    >>> from newsarchive import rules
    >>> parse_time("2025-04", rules.default()).isoformat()
    '2025-04-01T00:00:00+00:00'
    """
    text = text.strip()
    whole = (text + "-01-01")[:10] if re.fullmatch(r"\d{4}(-\d\d)?", text) else text
    return iso_time(whole) or FeedTimes("", rules).read(text)


def _unpacked(body: bytes) -> tuple[bytes, str]:
    """The document, and what was wrong with it. Gzip is undone twice, because some servers compress twice."""
    for _ in range(2):
        if not body.startswith(_GZIP):
            break
        body, problem = _gunzipped(body)
        if problem:
            return body, problem
    is_cut = len(body) > MAX_SITEMAP_BYTES
    return body[:MAX_SITEMAP_BYTES], f"longer than {MAX_SITEMAP_BYTES} bytes: cut" if is_cut else ""


def _gunzipped(body: bytes) -> tuple[bytes, str]:
    """What gzip packed, also in several parts one behind the other, as far as it can be read, and what was wrong."""
    unpacked = bytearray()
    for _ in range(_MAX_GZIP_PARTS):
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            unpacked += unpack.decompress(body, MAX_SITEMAP_BYTES + 1 - len(unpacked))
        except zlib.error as error:
            return bytes(unpacked), f"not well formed: gzip: {error}"
        body = unpack.unused_data
        if len(unpacked) > MAX_SITEMAP_BYTES or not body.startswith(_GZIP):
            ends_early = not unpack.eof and len(unpacked) <= MAX_SITEMAP_BYTES
            return bytes(unpacked), "not well formed: gzip ends early" if ends_early else ""
    return bytes(unpacked), f"more than {_MAX_GZIP_PARTS} parts of gzip: cut"


def _xml_rows(data: bytes, prefix: str) -> tuple[list[_Row], str]:
    """The rows, and what was wrong. One row more than `MAX_SITEMAP_URLS` may come, by which the caller sees the cut.

    `prefix` stands before the names of elements, as `sm:`; a parser keeps one that is declared nowhere as a part of the name.
    """
    rows: list[_Row] = []
    tags = ("{*}url", "{*}sitemap", f"{prefix}url", f"{prefix}sitemap")
    events = etree.iterparse(_Stream(_cleaned(data)), events=("end",), tag=tags, **_PARSING)
    problem = ""
    try:
        for number, (_, element) in enumerate(events):
            rows += _rows_of(element, number)
            element.clear()  # with those before it: the tree of 50 MB of XML would take 500 MB
            while element.getprevious() is not None:
                del element.getparent()[0]
            if len(rows) > MAX_SITEMAP_URLS:
                break
    except etree.XMLSyntaxError as error:
        problem = str(error)
    if not problem and len(events.error_log):
        problem = events.error_log[0].message
    if problem and len(rows) <= MAX_SITEMAP_URLS:
        alone = _rows_alone(b"".join(_cleaned(data)))
        rows = max(rows, alone, key=lambda found: sum(bool(row.loc) for row in found))
    return rows, f"not well formed: {problem}"[:300] if problem else ""


def _rows_alone(data: bytes) -> list[_Row]:
    """The rows of a document that is not well formed, each parsed by itself.

    After some errors the parser of the whole document reads nothing more: 300 nested elements, a comment that never ends. And it
    takes a row that is not closed for the parent of the next one.
    """
    root = _ROOT.search(data[:_MAX_HEAD_BYTES])
    starts = [match.start() for match in islice(_ROW_START.finditer(data), MAX_SITEMAP_URLS + 1)]
    rows: list[_Row] = []
    for number, (start, end) in enumerate(pairwise([*starts, len(data)])):
        if end - start > MAX_ROW_BYTES:
            continue
        alone = (root[0] if root else b"<urlset>") + data[start:end]
        try:
            document = etree.fromstring(alone, etree.XMLParser(**_PARSING))
        except etree.XMLSyntaxError:
            continue
        children = document if document is not None else ()
        if (element := next((one for one in children if _local(one) in _ROWS), None)) is not None:
            rows += _rows_of(element, number)
    return rows


class _Stream:
    """Pieces of a document as the file that lxml reads."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    def read(self, size: int) -> bytes:
        return next(self.pieces, b"")


def _cleaned(data: bytes) -> Iterator[bytes]:
    """A document piece by piece, with the errors mended that the parser would stumble over. Mended as a whole, a document in which
    every second character is wrong would take 80 times its length in memory."""
    at = 0
    while at < len(data):
        end = min(at + _MAX_PIECE_BYTES, len(data))
        if end < len(data):
            tag, reference = data.rfind(b"<", at + 1, end), data.rfind(b"&", end - 12, end)
            end = tag if tag > at else reference if reference > at else end
        piece = BROKEN_TAG.sub(b"&lt;", BARE_AMPERSAND.sub(b"&amp;", data[at:end]))
        yield with_numeric_references(with_allowed_references(piece))
        at = end


def _rows_of(element: etree._Element, number: int) -> list[_Row]:
    """The row of an element, and one more for each further address in it. Some sites write the address into the row itself
    (`<loc><url>https://…</url></loc>`)."""
    row = _Row(is_sitemap=_local(element) == "sitemap", at=number)
    locs = [] if len(element) else [(element.text or "").strip()]
    for child in element:
        name = _local(child)
        if name == "loc" and "image" not in str(child.tag):
            locs.append("".join(child.itertext()).strip())
        elif name == "lastmod":
            row.lastmod = child.text or ""
        elif name == "news":
            inner = {_local(e): (e.text or "").strip() for e in child.iter() if not len(e)}
            row.title, row.published = inner.get("title", ""), inner.get("publication_date", "")
            row.publisher, row.language = inner.get("name", ""), inner.get("language", "")
            row.keywords = inner.get("keywords", "")
        elif name == "image" and not row.image:
            row.image = next(((e.text or "").strip() for e in child if _local(e) == "loc"), "")
    row.loc, *others = [loc for loc in locs if loc] or [""]
    return [row, *(_Row(loc, is_sitemap=row.is_sitemap, at=number) for loc in others)]


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _sorted_out(
    sitemap: Sitemap,
    rows: Iterator[_Row] | list[_Row],
    rules: Rules,
    site_url: str,
    cut: Mapping[int, Excerpt] = MappingProxyType({}),
) -> Sitemap:
    """The sitemap with its rows as links and further sitemaps, each once."""
    content, problem = sitemap_content(sitemap.url, rules), sitemap.problem
    found: dict[str, tuple[Link, bool]] = {}
    for number, row in enumerate(rows):
        if number >= MAX_SITEMAP_URLS:
            problem = f"more than {MAX_SITEMAP_URLS} addresses: cut"
            break
        if url := _address(row, sitemap.url, site_url, content, rules):
            found.setdefault(url_key(url), (_link(row, url, rules, cut.get(row.at)), row.is_sitemap))
    children = [link for link, is_sitemap in found.values() if is_sitemap]
    children.sort(key=lambda link: sitemap_content(link.url, rules) != "posts")
    links = tuple(link for link, is_sitemap in found.values() if not is_sitemap)
    return Sitemap(sitemap.url, sitemap.kind, links, tuple(children), problem)


def _link(row: _Row, url: str, rules: Rules, excerpt: Excerpt | None) -> Link:
    """The link of a row, with the text and metadata that a news sitemap gives of its post."""
    lastmod, published = parse_time(row.lastmod, rules), parse_time(row.published, rules)
    link = Link(url, "sitemap", row.title, lastmod or published, published)
    if row.is_sitemap or not (row.title or published):
        return link
    text = SourceText(
        "sitemap", "", title=row.title, published=published, updated=lastmod,
        in_language=row.language, image=absolute(row.image, url), publisher=row.publisher, excerpt=excerpt,
        keywords=unique(word.strip() for word in row.keywords.split(",")),
    )  # fmt: skip
    return replace(link, text=text)


def _address(row: _Row, url: str, site_url: str, content: str, rules: Rules) -> str:
    """The address of a row, "" for one that is left out."""
    safe = absolute(row.loc, url)
    if not safe or not (same_site(safe, url) or (site_url and same_site(safe, site_url))):
        return ""
    if row.is_sitemap:
        is_other = url_key(safe) != url_key(url)
        return safe if is_other and sitemap_content(safe, rules) in ("", "posts") else ""
    reason = index_reason(safe, rules)
    # A list of posts is trusted, because a post may be called "press" or "about".
    is_left_out = reason in ("home page", "file") if content == "posts" else reason
    return "" if is_left_out else safe
