"""Sitemaps (sitemaps.org 0.9) in XML, gzip or plain text: the posts and the further sitemaps that they list.

A sitemap is read in bounded memory: a bomb ends at `MAX_SITEMAP_BYTES`, and no entity is expanded. News sitemaps also
give title and date. The addresses of the image extension are not taken for pages.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from lxml import etree  # type: ignore[import-untyped]

from newsarchive.core.discovery.feeds import iso_time, parse_feed
from newsarchive.core.discovery.links import index_reason
from newsarchive.core.urls import same_site, try_normalise, url_key
from newsarchive.items import Link, SourceText
from newsarchive.rules import Rules, Table

#: Unpacked bytes of a sitemap, by the protocol; the rest is cut off, and `problem` says so.
MAX_SITEMAP_BYTES = 52_428_800
#: Addresses of a sitemap, by the protocol; further ones are skipped, and `problem` says so.
MAX_SITEMAP_URLS = 50_000

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap as read. `kind` is `index`, `urlset`, `text`, `feed`, or "" for what is no sitemap.

    `links` are the addresses that may be posts, `sitemaps` the further sitemaps, those of posts first. `skipped` counts
    the addresses that were left out, by reason; `problem` is "" for a sound sitemap.
    """

    url: str
    kind: str = ""
    links: tuple[Link, ...] = field(default=(), repr=False)
    sitemaps: tuple[Link, ...] = ()
    problem: str = ""
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Row:
    """One `<url>` or `<sitemap>`, its texts as written."""

    loc: str = ""
    lastmod: str = ""
    title: str = ""
    published: str = ""
    publisher: str = ""
    language: str = ""
    image: str = ""
    is_sitemap: bool = False


def parse_sitemap(body: bytes, url: str, rules: Rules, site_url: str = "") -> Sitemap:
    """Read a sitemap, plain or gzip, broken or not. Never raises; `problem` says what was wrong.

    Skipped and counted are addresses on other sites than those of `url` and `site_url`, addresses of pages that are no
    posts, and the sitemap itself. Sitemaps may name each other in a ring, so the caller must remember those that it has
    read (by `url_key`).
    """
    data, problem = _unpacked(body)
    data = data.removeprefix(_BOM).lstrip()
    head = data[:1000]
    if not head.startswith(b"<"):
        return _sorted_out(Sitemap(url, "text", problem=problem), _text_rows(data), rules, site_url)
    if re.search(rb"<(?:rss|feed|rdf:RDF)[\s>]", head):
        feed = parse_feed(data, url, site_url=site_url)
        return Sitemap(url, "feed", feed.links, problem=feed.problem or problem, skipped=feed.skipped)
    root = re.search(rb"<(?:\w+:)?(urlset|sitemapindex)[\s>]", data[:20_000])
    if root is None:
        return Sitemap(url, problem=problem or "no sitemap")
    rows, broken = _xml_rows(data)
    kind = "index" if root[1] == b"sitemapindex" else "urlset"
    return _sorted_out(Sitemap(url, kind, problem=problem or broken), rows, rules, site_url)


def sitemap_content(url: str, rules: Rules) -> str:
    """What a sitemap lists by its name: `posts`, `pages`, `categories`, `authors`, `media`; "" where its name says nothing."""
    name = unquote(urlsplit(url).path).lower().rpartition("/")[2]
    table: Table = rules.discovery.get("platforms", {}).get("sitemap_names", {})
    for content, patterns in table.items():
        if any(re.search(pattern, name) for pattern in patterns):
            return str(content)
    return ""


def parse_time(text: str) -> datetime | None:
    """A W3C date (year, month, day or instant), in UTC where it has no offset; `None` for another text.

    >>> parse_time("2025-04").isoformat()
    '2025-04-01T00:00:00+00:00'
    """
    text = text.strip()
    return iso_time((text + "-01-01")[:10] if re.fullmatch(r"\d{4}(-\d\d)?", text) else text)


def _unpacked(body: bytes) -> tuple[bytes, str]:
    """The document, and what was wrong with it. Gzip is undone twice, because some servers compress twice."""
    for _ in range(2):
        if not body.startswith(_GZIP):
            break
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body = unpack.decompress(body, MAX_SITEMAP_BYTES + 1)
        except zlib.error as error:
            return b"", f"not well formed: gzip: {error}"
        if not unpack.eof and len(body) <= MAX_SITEMAP_BYTES:
            return body, "not well formed: gzip ends early"
    return body[:MAX_SITEMAP_BYTES], f"longer than {MAX_SITEMAP_BYTES} bytes: cut" if len(
        body
    ) > MAX_SITEMAP_BYTES else ""


def _text_rows(data: bytes) -> Iterator[_Row]:
    for line in io.BytesIO(data):
        text = line.decode("utf-8", "replace").strip()
        if text.startswith(("http://", "https://")):
            yield _Row(text)


def _xml_rows(data: bytes) -> tuple[list[_Row], str]:
    """The rows, and what was wrong. One row more than `MAX_SITEMAP_URLS` may come, by which the caller sees the cut."""
    rows: list[_Row] = []
    # A bare "&" is the commonest error. The parser recovers from it by dropping a part of the address.
    data = re.sub(rb"&(?!#?\w{1,10};)", b"&amp;", data)
    data = _CHARACTER_REFERENCE.sub(_allowed_reference, data)
    events = etree.iterparse(
        io.BytesIO(data), events=("end",), recover=True, resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for _, element in events:
            if _local(element) in ("url", "sitemap"):
                rows.append(_row(element))
                _forget(element)
                if len(rows) > MAX_SITEMAP_URLS:
                    break
    except etree.XMLSyntaxError as error:
        return rows, f"not well formed: {error}"[:300]
    errors = events.error_log
    return rows, f"not well formed: {errors[0].message}"[:300] if len(errors) else ""


#: References to single characters: `&#xD800;`, `&#55296;`.
_CHARACTER_REFERENCE = re.compile(rb"&#(?:x([0-9a-fA-F]{1,9})|([0-9]{1,10}));")


def _allowed_reference(match: re.Match[bytes]) -> bytes:
    """The reference, or U+FFFD for half of a surrogate pair: the parser takes it, and then raises for the text."""
    code = int(match[1], 16) if match[1] else int(match[2])
    return b"&#xFFFD;" if 0xD800 <= code <= 0xDFFF else match[0]


def _row(element: etree._Element) -> _Row:
    row = _Row(is_sitemap=_local(element) == "sitemap")
    for child in element:
        name = _local(child)
        if name == "loc" and "image" not in str(child.tag):
            row.loc = row.loc or "".join(child.itertext()).strip()
        elif name == "lastmod":
            row.lastmod = child.text or ""
        elif name == "news":
            inner = {_local(e): (e.text or "").strip() for e in child.iter() if not len(e)}
            row.title, row.published = inner.get("title", ""), inner.get("publication_date", "")
            row.publisher, row.language = inner.get("name", ""), inner.get("language", "")
        elif name == "image" and not row.image:
            row.image = next(((e.text or "").strip() for e in child if _local(e) == "loc"), "")
    return row


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _forget(element: etree._Element) -> None:
    """Free an element that was read, and those before it: the tree of 50 MB of XML would take 500 MB."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _sorted_out(sitemap: Sitemap, rows: Iterator[_Row] | list[_Row], rules: Rules, site_url: str) -> Sitemap:
    """The sitemap with its rows as links and further sitemaps, each once, and a count of the others."""
    content = sitemap_content(sitemap.url, rules)
    found: dict[str, tuple[Link, bool]] = {}
    skipped: Counter[str] = Counter()
    for row in rows:
        url, reason = _judged(row, sitemap.url, site_url, content, rules)
        if not reason and len(found) >= MAX_SITEMAP_URLS:
            reason = "too many"
        if reason:
            skipped[reason] += 1
            continue
        found.setdefault(url_key(url), (_link(row, url), row.is_sitemap))
    problem = f"more than {MAX_SITEMAP_URLS} addresses: cut" if skipped["too many"] else sitemap.problem
    children = [link for link, is_sitemap in found.values() if is_sitemap]
    children.sort(key=lambda link: sitemap_content(link.url, rules) != "posts")
    links = tuple(link for link, is_sitemap in found.values() if not is_sitemap)
    return Sitemap(sitemap.url, sitemap.kind, links, tuple(children), problem, dict(skipped))


def _link(row: _Row, url: str) -> Link:
    """The link of a row, with the text and metadata that a news sitemap gives of its post."""
    lastmod, published = parse_time(row.lastmod), parse_time(row.published)
    link = Link(url, "sitemap", row.title, lastmod or published, published)
    if row.is_sitemap or not (row.title or published):
        return link
    image = try_normalise(row.image, url) if row.image else None
    text = SourceText(
        "sitemap", "", title=row.title, published=published, updated=lastmod,
        in_language=row.language, image=image or "", publisher=row.publisher,
    )  # fmt: skip
    return replace(link, text=text)


def _judged(row: _Row, url: str, site_url: str, content: str, rules: Rules) -> tuple[str, str]:
    """The address of a row, and the reason why it is skipped ("" where it is not)."""
    if not row.loc:
        return "", "no link"
    safe = try_normalise(row.loc, url)
    if safe is None:
        return "", "hostile URL"
    if not (same_site(safe, url) or (site_url and same_site(safe, site_url))):
        return safe, "other site"
    if row.is_sitemap:
        if url_key(safe) == url_key(url):
            return safe, "the sitemap itself"
        holds = sitemap_content(safe, rules)
        return safe, holds if holds not in ("", "posts") else ""
    reason = index_reason(safe, rules)
    # A list of posts is trusted, because a post may be called "press" or "about".
    return safe, reason if content != "posts" or reason in ("home page", "file") else ""
