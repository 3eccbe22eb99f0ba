"""Feeds: where a site keeps them (`<link rel=alternate …>`, `/feed/`), and what their entries say of each post.

RSS 0.9 to 2.0, RDF and Atom are read by feedparser, which reads on where the XML is broken. JSON Feed 1.1
(jsonfeed.org) is read here. Every URL in the result is absolute, http or https, and of the feed's own site;
`Feed.skipped` counts the others. An `Entry` is one post as a feed or an API describes it.
"""

from __future__ import annotations

import io
import json
import re
from calendar import timegm
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import Any

from newsarchive.core.discovery.links import attributes, base_of, index_reason
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.html.parsing import parse
from newsarchive.core.text.json_escapes import whole_characters
from newsarchive.core.urls import folder_of, same_site, try_normalise, url_key
from newsarchive.items import Link, SourceText
from newsarchive.rules import Rules

#: Characters of a post's text; a longer one holds data, not words, and is not kept.
MAX_TEXT_CHARACTERS = 1_000_000
#: Distance of a clock from UTC, as time zones have it; a greater one is a mistake.
MAX_UTC_OFFSET = timedelta(hours=14)
#: Bytes of a feed; the rest is cut off. A feed of this length takes half a second with whole posts.
MAX_FEED_BYTES = 10_000_000
#: Entries of a feed; what comes after them is cut off before it is parsed, for each takes .3 ms.
MAX_ENTRIES = 5000
#: Bytes of a document in which the root of a feed stands, behind comments and style sheets.
MAX_PROLOGUE_BYTES = 4096

#: The start of an entry of RSS, RDF or Atom.
_ENTRY = re.compile(rb"<(?:item|entry)[\s>]", re.I)
_FEED_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF|channel)[\s>]", re.I)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
#: The offset at the end of a time: `10:15:00 +0700`, `10:15+07:00`.
_OFFSET = re.compile(r":\d\d\s*([+-])(\d\d):?(\d\d)\s*$")
#: Addresses at which WordPress, Blogger and others keep the feed of comments.
_COMMENT_URL = re.compile(
    r"/comments/(?:feed|default|atom|rss)|feed=comments|/feeds/(?:\d+/)?comments/|comments[-_.](?:rss|atom|feed)|withcomments=1",
    re.I,
)
#: A link to one comment: WordPress `#comment-12`, Blogger `?showComment=12#c12`.
_COMMENT_LINK = re.compile(r"#(?:comment-?|c)\d+$|[?&]showComment=", re.I)


@dataclass(frozen=True, slots=True)
class Entry:
    """One post as its feed or API describes it.

    `html` is the full text where the feed gives it (`is_full`), else its summary, as written, with links relative to the
    post. Times have the offset that the feed gives, or are `None`. `tags` are as printed; only WordPress' API tells
    `categories` from them. `image` is an absolute address, `language` a tag as written. `is_reply` is true for a comment
    (RFC 4685).
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
    def link_with_text(self) -> Link:
        """The link with the platform's id, the text and the metadata that the source gives of its post.

        A comment has no text, because it says nothing of the post above it. A text of more than `MAX_TEXT_CHARACTERS`
        is left out, and the metadata is kept.
        """
        identity = _post_id(self.id)
        if self.is_reply or not (self.html or self.title or self.published):
            return replace(self.link, post_id=identity, text=None)
        fits = len(self.html) <= MAX_TEXT_CHARACTERS
        text = SourceText(
            self.link.source,
            self.html if fits else "",
            self.is_full and fits,
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
    """The platform's id in an entry's id: WordPress' guid `…/?p=12`, Blogger's `tag:blogger.com,1999:…post-34`."""
    if identity.startswith("wordpress:"):
        return identity
    if match := re.fullmatch(r"https?://[^?#]*/\?p=(\d{1,19})", identity):
        return f"wordpress:{match[1]}"
    match = re.fullmatch(r"tag:blogger\.com,1999:blog-\d+\.post-(\d{1,25})", identity)
    return f"blogger:{match[1]}" if match else ""


def _offset_of(written: object) -> timezone:
    """The offset at the end of a time as written (`… +0700`, `…+07:00`), which feedparser does not give."""
    match = _OFFSET.search(written) if isinstance(written, str) else None
    if match is None:
        return UTC
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-ahead if match[1] == "-" else ahead) if timedelta() < ahead <= MAX_UTC_OFFSET else UTC


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read. `version` is feedparser's word (`rss20`, `atom10`, `json11`), "" for what is no feed.

    `problem` says what was wrong with the feed, "" for a sound one; its entries are given in both cases. `next` is the
    URL of the next page of an archived or paged feed (RFC 5005, Blogger, JSON Feed). `skipped` counts the entries that
    were left out, by reason.
    """

    url: str
    version: str = ""
    title: str = ""
    home_url: str = ""
    language: str = ""
    generator: str = ""
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    next: str = ""
    is_comments: bool = False
    problem: str = ""
    skipped: Mapping[str, int] = field(default_factory=dict)

    @property
    def links(self) -> tuple[Link, ...]:
        """The posts' links, in the feed's order."""
        return tuple(entry.link_with_text for entry in self.entries)


def feed_links(html_text: str, base_url: str, rules: Rules) -> list[str]:
    """The feeds that a page announces with `<link rel=alternate>`, those of posts before those of comments."""
    found = announced_feeds(html_text, base_url, rules)
    return sorted(found, key=found.__getitem__)


def announced_feeds(html_text: str, base_url: str, rules: Rules) -> dict[str, bool]:
    """The feeds that a page announces, in its order, each with whether it holds comments."""
    tree = parse(html_text)
    base = base_of(tree, base_url)
    found: dict[str, bool] = {}
    for node in tree.css("link[href]"):
        link = attributes(node)
        kind = link.get("type", "").lower().partition(";")[0].strip()
        rel = link.get("rel", "").lower().split()
        is_feed = "feed" in rel or ("alternate" in rel and kind in _FEED_TYPES)
        if is_feed and (url := try_normalise(link["href"], base)):
            found.setdefault(url, is_comment_feed(url, link.get("title", ""), rules))
    return found


def usual_feeds(base_url: str, rules: Rules) -> list[str]:
    """The usual addresses of feeds, below the start URL and at the site's root, for a page that announces none."""
    paths = rules.discovery.get("platforms", {}).get("usual_feeds", [])
    below = folder_of(base_url)
    urls = [try_normalise(path, below) for path in paths]
    urls += [try_normalise(f"/{path}", base_url) for path in paths]
    return list(unique(urls))


def is_comment_feed(url: str, title: str, rules: Rules) -> bool:
    """Whether a feed's address or title says that it holds comments."""
    words = rules.discovery.get("links", {}).get("comment_feed_words", [])
    folded = title.casefold()
    return bool(_COMMENT_URL.search(url)) or any(word in folded for word in words)


def is_feed(body: bytes) -> bool:
    """Whether a document begins as a feed does. An HTML page does not, and takes a parser of feeds a second a megabyte."""
    head = body[:MAX_PROLOGUE_BYTES].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    return head.startswith(b"{") or bool(_FEED_ROOT.search(head))


def parse_feed(
    body: bytes, url: str, content_type: str | None = None, site_url: str = "", rules: Rules | None = None
) -> Feed:
    """Read a feed of any kind, broken or not. Never raises; `problem` says what was wrong.

    `url` is the address that it came from, against which relative links are resolved, `content_type` the response's
    header. `site_url` is the crawled site, where the feed lies elsewhere (FeedBurner). Entries that lead to neither site
    are skipped. With `rules`, addresses of pages that are no posts ("about") are skipped too, because generators of
    static sites put them into their feeds.
    """
    too_long = f"longer than {MAX_FEED_BYTES} bytes: cut" if len(body) > MAX_FEED_BYTES else ""
    # A blank line before <?xml is the commonest of errors, and harmless.
    body = body[:MAX_FEED_BYTES].lstrip()
    if further := next(islice(_ENTRY.finditer(body), MAX_ENTRIES, None), None):
        body, too_long = body[: further.start()], f"more than {MAX_ENTRIES} entries: cut"
    if body[:64].removeprefix(b"\xef\xbb\xbf")[:1] == b"{":
        feed, entries = _read_json(body, url)
    else:
        feed, entries = _read_xml(body, url, content_type)
    if too_long:
        feed = replace(feed, problem=too_long)
    # WordPress and Blogger put posts alone into their feeds, and a post may be called "press" or "about".
    if rules is not None and re.match(r"https?://wordpress|wordpress|blogger", feed.generator, re.I):
        rules = None
    return _collect(feed, entries, (url, site_url or url), rules)


def _collect(feed: Feed, entries: Iterable[Entry], sites: tuple[str, str], rules: Rules | None) -> Feed:
    """The feed with the entries that lead to a post of these sites, each once, and a count of the others."""
    kept: dict[str, Entry] = {}
    skipped: Counter[str] = Counter()
    comments = total = 0
    for entry in entries:
        total += 1
        is_reply = bool(_COMMENT_LINK.search(entry.link.url)) or entry.is_reply
        comments += is_reply
        url, reason = _judged(entry.link.url, feed.url, sites)
        if not reason and rules is not None:
            reason = index_reason(url, rules)
        if not reason and len(kept) >= MAX_ENTRIES:
            reason = "too many"
        if reason:
            skipped[reason] += 1
        else:
            link = replace(entry.link, url=url)
            image = try_normalise(entry.image, url) if entry.image else None
            kept.setdefault(url_key(url), replace(entry, link=link, is_reply=is_reply, image=image or ""))
    is_comments = bool(_COMMENT_URL.search(feed.url)) or bool(total and comments > total / 2)
    return replace(feed, entries=tuple(kept.values()), skipped=dict(skipped), is_comments=is_comments)


def _judged(url: str, base: str, sites: tuple[str, str]) -> tuple[str, str]:
    """The URL to fetch and "", or "" and the reason why it is skipped."""
    if not url.strip():
        return "", "no link"
    safe = try_normalise(url, base)
    if safe is None:
        return "", "hostile URL"
    return (safe, "") if any(same_site(safe, site) for site in sites) else ("", "other site")


def _read_xml(body: bytes, url: str, content_type: str | None) -> tuple[Feed, Iterator[Entry]]:
    import feedparser

    decoded = decode(body, content_type)
    if decoded.used != "utf-8":  # feedparser knows fewer names of encodings than the web, and guesses
        body, content_type = decoded.text.encode(errors="replace"), "application/xml; charset=utf-8"
    headers = {"content-location": url, "content-type": content_type or "application/xml"}
    # feedparser would take the bytes themselves for a file name and open it, so it gets a stream. It need neither
    # sanitise the text nor resolve links: extraction does both as for any page, and reading is ten times as fast.
    try:
        parsed = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # feedparser's loose parser raises errors of all kinds on hostile bytes
        return Feed(url, problem=f"cannot be read: {type(error).__name__}: {error}"[:300]), iter(())
    head = parsed.feed
    feed = Feed(
        url,
        version=parsed.get("version") or "",
        title=_text(head, "title"),
        home_url=_home(_text(head, "link"), url),
        language=_text(head, "language"),
        generator=_text(head, "generator"),
        next=_next_page(head, url),
        problem=_problem(parsed),
    )
    return feed, (_entry(entry) for entry in parsed.entries)


def _entry(raw: Mapping[str, Any]) -> Entry:
    published, updated = _time(raw, "published"), _time(raw, "updated")
    title = _text(raw, "title")
    text, is_full = _longest_text(raw)
    # FeedBurner puts its counter in `link` and keeps the post's own address here.
    url = _text(raw, "feedburner_origlink") or _text(raw, "link")
    return Entry(
        Link(url, "feed", title, lastmod=updated or published, published=published),
        id=_text(raw, "id"),
        title=title,
        html=text,
        is_full=is_full,
        author=_text(raw, "author"),
        published=published,
        updated=updated,
        tags=unique(_text(tag, "label") or _text(tag, "term") for tag in _rows(raw, "tags")),
        is_reply="thr_in-reply-to" in raw,
        authors=unique(_text(author, "name") for author in _rows(raw, "authors")),
        image=_picture(raw),
        language=_text(raw, "language") or _text(raw.get("content_detail") or {}, "language"),
    )


def unique(texts: Iterable[str | None]) -> tuple[str, ...]:
    """The texts that are not empty, each once, in their order."""
    return tuple(dict.fromkeys(text for text in texts if text))


def _rows(record: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects in the list under a key, `[]` where there is no list."""
    value = record.get(key)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _picture(raw: Mapping[str, Any]) -> str:
    """The address of an entry's picture: of `media:content`, an enclosure or `media:thumbnail`."""
    pictures = [
        media
        for media in (*_rows(raw, "media_content"), *_rows(raw, "enclosures"))
        if _text(media, "medium") == "image" or _text(media, "type").startswith("image/")
    ]
    pictures += _rows(raw, "media_thumbnail")
    return next(filter(None, (_text(media, "url") or _text(media, "href") for media in pictures)), "")


def _longest_text(raw: Mapping[str, Any]) -> tuple[str, bool]:
    """The entry's text, and whether it is from a field for full text (`content:encoded`, `atom:content`)."""
    contents = [_text(c, "value") for c in raw.get("content", []) if c.get("type", "") != "text/plain"]
    full = max(contents, key=len, default="")
    return (full, True) if full.strip() else (_text(raw, "summary"), False)


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""


def _time(raw: Mapping[str, Any], key: str) -> datetime | None:
    """A time as feedparser read it, with the offset that the feed gives."""
    # Not `raw.get`, by which feedparser gives `published` for a missing `updated`.
    value = dict.get(raw, f"{key}_parsed") if isinstance(raw, dict) else None
    try:
        time = datetime.fromtimestamp(timegm(value), UTC) if value else None
        return time.astimezone(_offset_of(raw.get(key))) if time else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _home(link: str, url: str) -> str:
    return (try_normalise(link, url) or "") if link else ""


def _next_page(head: Mapping[str, Any], url: str) -> str:
    """The next page of a paged (`next`) or archived (`prev-archive`) feed, RFC 5005."""
    by_rel = {link.get("rel", ""): link.get("href", "") for link in head.get("links", [])}
    found = try_normalise(by_rel.get("next") or by_rel.get("prev-archive") or "", url)
    return found if found and url_key(found) != url_key(url) and same_site(found, url) else ""


def _problem(parsed: Mapping[str, Any]) -> str:
    if not parsed.get("version") and not parsed.get("entries"):
        return "no feed"
    error = parsed.get("bozo_exception") if parsed.get("bozo") else None
    # These two errors say only that header and document disagree. The text is right.
    if error is None or type(error).__name__ in ("CharacterEncodingOverride", "NonXMLContentType"):
        return ""
    return f"not well formed: {error}"[:300]


def _read_json(body: bytes, url: str) -> tuple[Feed, Iterator[Entry]]:
    try:
        data = json.loads(whole_characters(body.decode("utf-8-sig", "replace")), strict=False)
    except (ValueError, RecursionError) as error:
        return Feed(url, problem=f"not well formed: {error}"[:300]), iter(())
    if not isinstance(data, dict) or "jsonfeed.org/version/" not in str(data.get("version")):
        return Feed(url, problem="no feed"), iter(())
    feed = Feed(
        url,
        version="json" + str(data["version"]).rpartition("/")[2].replace(".", ""),
        title=_text(data, "title"),
        home_url=_home(_text(data, "home_page_url"), url),
        language=_text(data, "language"),
        next=_next_page({"links": [{"rel": "next", "href": _text(data, "next_url")}]}, url),
    )
    items = data.get("items")
    return feed, (_json_entry(i) for i in (items if isinstance(items, list) else []) if isinstance(i, dict))


def _json_entry(item: Mapping[str, Any]) -> Entry:
    published, updated = iso_time(_text(item, "date_published")), iso_time(_text(item, "date_modified"))
    authors = item.get("authors") or [item.get("author")]
    names = [_text(a, "name") for a in authors if isinstance(a, dict)] if isinstance(authors, list) else []
    tags = item.get("tags")
    named = unique(names)
    return Entry(
        Link(_text(item, "url"), "feed", _text(item, "title"), updated or published, published),
        id=str(item.get("id") or ""),
        title=_text(item, "title"),
        html=_text(item, "content_html") or _text(item, "content_text") or _text(item, "summary"),
        is_full=bool(_text(item, "content_html")),
        author=", ".join(named),
        published=published,
        updated=updated,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        authors=named,
        image=_text(item, "image") or _text(item, "banner_image"),
        language=_text(item, "language"),
    )


def iso_time(text: str) -> datetime | None:
    """An ISO 8601 time, in UTC where it has no offset; `None` for another text."""
    try:
        time = datetime.fromisoformat(text)
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        time.astimezone(UTC)  # raises where the calendar ends
        return time
    except (ValueError, OverflowError):
        return None
