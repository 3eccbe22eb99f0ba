"""Feeds: where a site keeps them, and bytes → entries.

RSS 0.9 to 2.0, RDF and Atom are read by feedparser, which goes on where XML breaks; JSON Feed 1.1
(jsonfeed.org) here. Every URL that leaves this module is absolute, http(s), and of the feed's own
site; what was refused is counted in `Feed.skipped`.

One post as a feed or an API tells it, and the link with all that it says.
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
from typing import Any

from newsarchive.core.discovery.links import attributes, base_of, index_reason
from newsarchive.core.html.parsing import parse
from newsarchive.core.urls import folder_of, same_site, try_normalise, url_key
from newsarchive.items import Link, SourceText
from newsarchive.rules import Rules

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


#: A feed is read up to here: half a second for whole posts, some twenty for nothing but short items.
MAX_FEED_BYTES = 10_000_000
MAX_ENTRIES = 20_000

FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")

#: Where WordPress, Blogger and others keep the feed of comments.
_COMMENT_URL = re.compile(
    r"/comments/(?:feed|default|atom|rss)|feed=comments|/feeds/(?:\d+/)?comments/|comments[-_.](?:rss|atom|feed)|withcomments=1",
    re.I,
)
#: Where a link to one comment goes: WordPress `#comment-12`, Blogger `?showComment=12#c12`.
_COMMENT_LINK = re.compile(r"#(?:comment-?|c)\d+$|[?&]showComment=", re.I)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read. `version` is feedparser's word (`rss20`, `atom10`, `json11`), "" for what is no feed.

    `problem` says what was wrong with it, "" for nothing; its entries are given all the same.
    `next` is the URL of the next page of an archived or paged feed (RFC 5005, Blogger, JSON Feed).
    `skipped` counts the entries left out, by reason.
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
        return tuple(entry.told for entry in self.entries)


def feed_links(html_text: str, base_url: str, rules: Rules) -> list[str]:
    """The feeds that a page announces with `<link rel=alternate>`: posts first, comment feeds last."""
    found = announced_feeds(html_text, base_url, rules)
    return sorted(found, key=found.__getitem__)


def announced_feeds(html_text: str, base_url: str, rules: Rules) -> dict[str, bool]:
    """Feed → whether it holds comments, in the page's order."""
    tree = parse(html_text)
    base = base_of(tree, base_url)
    found: dict[str, bool] = {}
    for node in tree.css("link[href]"):
        link = attributes(node)
        if _announces_feed(link) and (url := try_normalise(link["href"], base)):
            found.setdefault(url, is_comment_feed(url, link.get("title", ""), rules))
    return found


def usual_feeds(base_url: str, rules: Rules) -> list[str]:
    """Where feeds usually are, below the start URL and at the site's root, for when none is announced."""
    paths = rules.discovery.get("platforms", {}).get("usual_feeds", [])
    below = folder_of(base_url)
    urls = [try_normalise(path, below) for path in paths] + [
        try_normalise(f"/{path}", base_url) for path in paths
    ]
    return list(dict.fromkeys(url for url in urls if url))


def is_comment_feed(url: str, title: str, rules: Rules) -> bool:
    """Whether a feed's address or title says that it holds comments."""
    words = rules.discovery.get("links", {}).get("comment_feed_words", [])
    folded = title.casefold()
    return bool(_COMMENT_URL.search(url)) or any(word in folded for word in words)


def parse_feed(
    body: bytes, url: str, content_type: str | None = None, site_url: str = "", rules: Rules | None = None
) -> Feed:
    """Read a feed of any kind, broken or not. Never raises; `problem` says what was wrong.

    `url` is the address it came from (relative links are resolved against it), `content_type` the
    response's header, `site_url` the site that is crawled, where the feed lies elsewhere (FeedBurner).
    Entries that lead to neither are skipped: `Feed.skipped` counts them. With `rules`, so are addresses
    of pages that are no posts ("about"), which generators of static sites put into their feeds.
    """
    too_long = len(body) > MAX_FEED_BYTES
    body = body[
        :MAX_FEED_BYTES
    ].lstrip()  # a blank line before <?xml is the commonest of errors, and harmless
    if body[:64].removeprefix(b"\xef\xbb\xbf")[:1] == b"{":
        feed, entries = _read_json(body, url)
    else:
        feed, entries = _read_xml(body, url, content_type)
    if too_long:
        feed = replace(feed, problem=f"longer than {MAX_FEED_BYTES} bytes: cut")
    # WordPress and Blogger put posts alone into their feeds, and a post may be called "press" or "about".
    if rules is not None and re.match(r"https?://wordpress|wordpress|blogger", feed.generator, re.I):
        rules = None
    return _collect(feed, entries, (url, site_url or url), rules)


def _announces_feed(link: Mapping[str, str]) -> bool:
    rel = link.get("rel", "").lower().split()
    kind = link.get("type", "").lower().partition(";")[0].strip()
    return ("alternate" in rel and kind in FEED_TYPES) or "feed" in rel


def _collect(feed: Feed, entries: Iterable[Entry], sites: tuple[str, str], rules: Rules | None) -> Feed:
    """Keep the entries that lead to a post of these sites, each once; count the others."""
    kept: dict[str, Entry] = {}
    skipped: Counter[str] = Counter()
    comments = total = 0
    for entry in entries:
        total += 1
        is_reply = bool(_COMMENT_LINK.search(entry.link.url)) or entry.is_reply
        comments += is_reply
        url, reason = _safe(entry.link.url, feed.url, sites)
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


def _safe(url: str, base: str, sites: tuple[str, str]) -> tuple[str, str]:
    """The URL to fetch, or "" and why it is skipped."""
    if not url.strip():
        return "", "no link"
    safe = try_normalise(url, base)
    if safe is None:
        return "", "hostile URL"
    return (safe, "") if any(same_site(safe, site) for site in sites) else ("", "other site")


def _read_xml(body: bytes, url: str, content_type: str | None) -> tuple[Feed, Iterator[Entry]]:
    import feedparser

    headers = {"content-location": url, "content-type": content_type or "application/xml"}
    # A stream, never the bytes themselves: feedparser would take them for a file name and open it.
    # Neither sanitised nor with resolved links: the text goes through our own extractor like any page,
    # and reading is ten times as fast.
    try:
        parsed = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # feedparser's loose parser raises all kinds on hostile bytes
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
        tags=tuple(
            dict.fromkeys(
                filter(None, (_text(tag, "label") or _text(tag, "term") for tag in _rows(raw, "tags")))
            )
        ),
        is_reply="thr_in-reply-to" in raw,
        authors=tuple(dict.fromkeys(filter(None, (_text(one, "name") for one in _rows(raw, "authors"))))),
        image=_picture(raw),
        language=_text(raw, "language") or _text(raw.get("content_detail") or {}, "language"),
    )


def _rows(record: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects of a list, `[]` where there is something else."""
    value = record.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _picture(raw: Mapping[str, Any]) -> str:
    """The picture of an entry: `media:content`, an enclosure that is one, `media:thumbnail`."""
    media = [one for one in _rows(raw, "media_content") if _is_picture(one)]
    enclosed = [one for one in _rows(raw, "enclosures") if _is_picture(one)]
    found = [
        _text(one, "url") or _text(one, "href") for one in (*media, *enclosed, *_rows(raw, "media_thumbnail"))
    ]
    return next(filter(None, found), "")


def _is_picture(media: Mapping[str, Any]) -> bool:
    return _text(media, "medium") == "image" or _text(media, "type").startswith("image/")


def _longest_text(raw: Mapping[str, Any]) -> tuple[str, bool]:
    """The entry's text, and whether a field for full text gave it (`content:encoded`, `atom:content`)."""
    contents = [_text(c, "value") for c in raw.get("content", []) if c.get("type", "") != "text/plain"]
    full = max(contents, key=len, default="")
    return (full, True) if full.strip() else (_text(raw, "summary"), False)


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""


def _time(raw: Mapping[str, Any], key: str) -> datetime | None:
    """A time as feedparser read it, with the offset that is written there."""
    # Not `raw.get`: feedparser gives `published` for a missing `updated`.
    value = dict.get(raw, f"{key}_parsed") if isinstance(raw, dict) else None
    try:
        time = datetime.fromtimestamp(timegm(value), UTC) if value else None
        return time.astimezone(offset_of(raw.get(key))) if time else None
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
    # These two say only that header and document disagree; the text is right all the same.
    if error is None or type(error).__name__ in ("CharacterEncodingOverride", "NonXMLContentType"):
        return ""
    return f"not well formed: {error}"[:300]


def _read_json(body: bytes, url: str) -> tuple[Feed, Iterator[Entry]]:
    try:
        data = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
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
    published, updated = _iso_time(item, "date_published"), _iso_time(item, "date_modified")
    authors = item.get("authors") or [item.get("author")]
    names = [_text(a, "name") for a in authors if isinstance(a, dict)] if isinstance(authors, list) else []
    tags = item.get("tags")
    named = tuple(dict.fromkeys(name for name in names if name))
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


def _iso_time(item: Mapping[str, Any], key: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(_text(item, key))
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        time.astimezone(UTC)  # raises where the calendar ends
        return time
    except (ValueError, OverflowError):
        return None
