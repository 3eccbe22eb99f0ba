"""Feeds: where a site keeps them (`<link rel=alternate …>`, `/feed/`), and what their entries say of each post.

RSS 0.9 to 2.0, RDF and Atom are read by feedparser, which reads on where the XML is broken. JSON Feed 1.1
(jsonfeed.org) is read here. Every URL in the result is absolute, http or https, and of the feed's own site;
entries with others are left out. An `Entry` is one post as a feed or an API describes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

from newsarchive.core.discovery import excerpts
from newsarchive.core.discovery.broken_xml import (
    BROKEN_TAG,
    with_allowed_references,
    with_closed_titles,
    with_known_references,
)
from newsarchive.core.discovery.feed_parser import FeedParser, story_of
from newsarchive.core.discovery.feed_times import FeedTimes
from newsarchive.core.discovery.links import attributes, listed_reason
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.html.parsing import base_of, parse
from newsarchive.core.text.language import code
from newsarchive.core.text.tolerant_json import loads
from newsarchive.core.urls import folder_of, same_site, site_of, try_normalise, url_key
from newsarchive.items import Excerpt, Link, SourceText
from newsarchive.rules import Rules, default

#: Characters of a post's text; a longer one holds data, not words, and is not kept.
MAX_TEXT_CHARACTERS = 1_000_000
#: Bytes of a feed; the rest is cut off. A feed of this length takes half a second with whole posts.
MAX_FEED_BYTES = 10_000_000
#: Entries of a feed; what comes after them is cut off before it is parsed.
MAX_ENTRIES = 5000
#: Elements of a feed; what comes after them is cut off before it is parsed, for each takes 40 µs, and twice that where the feed
#: is not well formed. 1,300 posts of WordPress or 3,000 of a static site have as many.
MAX_ELEMENTS = 20_000
#: References (`&lt;`) of a feed outside of CDATA; what comes after them is cut off before it is parsed, for each takes 1 µs.
MAX_REFERENCES = 250_000
#: Tags of one entry (`<category>`). What comes after them is cut off, because feedparser compares each with all before it.
MAX_TAGS = 1000
#: Bytes of a list of tags (`<itunes:keywords>`), which feedparser takes apart and compares in the same way.
MAX_TAG_LIST_BYTES = 10_000
#: Prefixes of a feed (`xmlns:dc=`), which it compares in the same way.
MAX_PREFIXES = 300
#: Bytes of a tag with its attributes. At a longer one a feed is cut off.
MAX_TAG_BYTES = 65_536
#: Beginnings of tags in which another tag begins. With more, they are made text: with tens of thousands of them feedparser takes time in
#: the square of their number.
MAX_BROKEN_TAGS = 1000
#: Bytes of a document in which the root of a feed stands, behind comments and style sheets.
MAX_PROLOGUE_BYTES = 4096

#: An element (1 is an entry, 2 a tag of one, 3 a list of tags or a tag that is too long), a prefix (4), a reference, or text in
#: which nothing is one.
_MARK = re.compile(
    rb"<!\[CDATA\[(?:.*?\]\]>|.*)|<!--(?:.*?-->|.*)"
    rb"|<(?:((?:item|entry)[\s>])|((?:\w{1,20}:)?(?:category|subject)\b)|(itunes:keywords>[^<]{%d}|[a-z][^<>]{%d})|[a-z])"
    rb"|(xmlns:[^\s=]+)|&" % (MAX_TAG_LIST_BYTES, MAX_TAG_BYTES),
    re.I | re.S,
)
#: The root of a feed → the tags that end it.
_ENDS = {b"rss": b"</channel></rss>", b"feed": b"</feed>", b"rdf:rdf": b"</rdf:RDF>"}
#: The root of a feed, that of Atom also with a prefix, as Python's ElementTree writes it: `<ns0:feed`.
_FEED_ROOT = re.compile(rb"<(rss|(?:[\w.-]{1,40}:)?feed|rdf:RDF|channel)[\s>]", re.I)
#: The type of a feed → the word that the link or its title must have besides. JSON is the type of a JSON Feed in version 1.0 of its
#: standard, and WordPress announces its API by it too.
_FEED_TYPES = {
    "application/rss+xml": "",
    "application/atom+xml": "",
    "application/feed+json": "",
    "application/rdf+xml": "",
    "application/json": "feed",
}
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
#: Versions of JSON Feed, for feeds that write no more than the number.
_JSON_VERSIONS = ("1", "1.0", "1.1")
#: Addresses at which WordPress, Blogger and others keep the feed of comments.
_COMMENT_URL = re.compile(
    r"/comments/(?:feed|default|atom|rss)|feed=comments|/feeds/(?:\d+/)?comments/|comments[-_.](?:rss|atom|feed)|withcomments=1",
    re.I,
)
#: A link to one comment: WordPress `#comment-12`, Blogger `?showComment=12#c12`.
_COMMENT_LINK = re.compile(r"#(?:comment-?|c)\d+$|[?&]showComment=", re.I)


#: Reads a feed of one format: its bytes and where they come from give the feed and its entries, each with its own bytes.
Reader = Callable[[bytes, Excerpt, Rules], tuple["Feed", Iterator["Entry"]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One post as its feed or API describes it.

    `said` is what is said of it: the full text where the feed gives it, else its summary, as written, with links relative to the
    post or to a `<base>` at its beginning. Its `author` is that of the whole feed, or of the feed from which the entry was taken,
    where the entry names no `authors`. Only WordPress' API tells `sections` from `keywords`. The `image` is an absolute address;
    the `excerpt` is `None` where the bytes of the entry cannot be told from those of others. `is_reply` is true for a comment
    (RFC 4685). `other_urls` are further addresses of the entry, for one whose `url` leads to another site.
    """

    url: str
    said: SourceText
    id: str = ""
    is_reply: bool = False
    other_urls: tuple[str, ...] = ()

    @property
    def link(self) -> Link:
        """The link with the platform's id, the text and the metadata that the source gives of its post.

        A comment has no text, because it says nothing of the post above it. A text of more than `MAX_TEXT_CHARACTERS`
        is left out, and the metadata is kept.
        """
        said = replace(self.said, post_id=_post_id(self.id))
        if len(said.html) > MAX_TEXT_CHARACTERS:
            said = replace(said, html="", is_full=False)
        is_text = not self.is_reply and bool(self.said.html or said.title or said.published)
        moment = said.updated or said.published
        text = said if is_text else None
        return Link(self.url, said.source, said.title, moment, said.published, said.post_id, text)


def _post_id(identity: str) -> str:
    """The platform's id in an entry's id: WordPress' guid `…/?p=12`, Blogger's `tag:blogger.com,1999:…post-34`."""
    if match := re.fullmatch(r"(?:wordpress:|https?://[^?#]*/\?p=)(\d{1,19})", identity):
        return f"wordpress:{match[1]}"
    match = re.fullmatch(r"tag:blogger\.com,1999:blog-\d+\.post-(\d{1,25})", identity)
    return f"blogger:{match[1]}" if match else ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read. `version` is feedparser's word (`rss20`, `atom10`, `json11`), "" for what is no feed.

    `problem` says what was wrong with the feed, "" for a sound one; its entries are given in both cases. `author` names
    who wrote the entries that name nobody, in one line (RFC 4287, 4.2.1; JSON Feed). `next` is the URL of the next page of
    an archived or paged feed (RFC 5005, Blogger, JSON Feed). `other_sites` are the hosts of entries that were skipped since they
    lead to other sites, each once: those of a feed that collects the posts of many blogs ("planet").
    """

    url: str
    version: str = ""
    title: str = ""
    home_url: str = ""
    language: str = ""
    generator: str = ""
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    author: str = ""
    next: str = ""
    is_comments: bool = False
    problem: str = ""
    other_sites: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[Link, ...]:
        """The posts' links, in the feed's order."""
        return tuple(entry.link for entry in self.entries)


#: Feeds that a page may announce; further ones are not looked at. Blogs announce up to some twenty, and 80,000 took two seconds.
MAX_ANNOUNCED_FEEDS = 1000


def announced_feeds(html_text: str, base_url: str, rules: Rules) -> dict[str, bool]:
    """The feeds that a page announces with `<link rel=alternate>`, in its order, each with whether it holds comments."""
    tree = parse(html_text)
    base = base_of(tree, base_url)
    words = rules.discovery.get("links", {}).get("comment_feed_words", [])
    found: dict[str, bool] = {}
    for node in tree.css("link[href]"):
        link = attributes(node)
        kind = link.get("type", "").lower().partition(";")[0].strip()
        rel = link.get("rel", "").lower().split()
        word = _FEED_TYPES.get(kind)
        names_feed = word is not None and word in (link["href"] + link.get("title", "")).casefold()
        is_feed = "feed" in rel or ("alternate" in rel and names_feed)
        if is_feed and link["href"].strip() and (url := try_normalise(link["href"], base)):
            title = link.get("title", "").casefold()
            found.setdefault(url, bool(_COMMENT_URL.search(url)) or any(word in title for word in words))
            if len(found) == MAX_ANNOUNCED_FEEDS:
                break
    return found


def usual_feeds(base_url: str, rules: Rules) -> list[str]:
    """The usual addresses of feeds, below the start URL and at the site's root, for a page that announces none."""
    paths = rules.discovery.get("platforms", {}).get("usual_feeds", [])
    below = folder_of(base_url)
    urls = [try_normalise(path, below) for path in paths]
    urls += [try_normalise(f"/{path}", base_url) for path in paths]
    return list(unique(urls))


def is_feed(body: bytes) -> bool:
    """Whether a document begins as a feed does. An HTML page does not; to try to read it as a feed would take a
    second for each megabyte."""
    return _reader(body) is not None


def _reader(body: bytes) -> Reader | None:
    """The reader of the format in which a document begins, `None` for what begins as no feed does."""
    head = body[:MAX_PROLOGUE_BYTES].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    if head.startswith(b"{"):
        return _read_json
    return _read_xml if _FEED_ROOT.search(head) else None


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
    source = excerpts.source_of("feed", url, content_type or "", body)
    body = body[:MAX_FEED_BYTES].lstrip()
    read = _reader(body) or _read_xml  # feedparser finds feeds in what begins as none
    feed, entries = read(body, source, rules or default())
    if too_long and not feed.problem.endswith(": cut"):
        feed = replace(feed, problem=too_long)
    # The feeds of WordPress and Blogger hold nothing but posts, and the address of a post may be "press" or "about".
    if rules is not None and re.match(r"https?://wordpress|wordpress|blogger", feed.generator, re.I):
        rules = None
    return _collect(feed, entries, (url, site_url or url), rules)


def _collect(feed: Feed, entries: Iterable[Entry], sites: tuple[str, str], rules: Rules | None) -> Feed:
    """The feed with the entries that lead to a post of these sites, each once."""
    kept: dict[str, Entry] = {}
    elsewhere: dict[str, None] = {}
    comments = total = 0
    for entry in entries:
        if len(kept) >= MAX_ENTRIES:
            break
        total += 1
        is_reply = bool(_COMMENT_LINK.search(entry.url)) or entry.is_reply
        comments += is_reply
        given = (address for address in (entry.url, *entry.other_urls) if address.strip())
        urls = [url for address in given if (url := try_normalise(address, feed.url))]
        url = next((url for url in urls if any(same_site(url, site) for site in sites)), None)
        if url is None:
            elsewhere.update((site_of(one), None) for one in urls[:1])
            continue
        if rules is None or not listed_reason(url, rules):
            said = replace(entry.said, image=absolute(entry.said.image, url))
            kept.setdefault(url_key(url), replace(entry, url=url, said=said, is_reply=is_reply))
    is_comments = bool(_COMMENT_URL.search(feed.url)) or bool(total and comments > total / 2)
    return replace(feed, entries=tuple(kept.values()), is_comments=is_comments, other_sites=tuple(elsewhere))


def _read_xml(body: bytes, source: Excerpt, rules: Rules) -> tuple[Feed, Iterator[Entry]]:
    url, received = source.url, body
    # feedparser knows fewer names of encodings than the web, and reads all of a feed as windows-1252 for one byte that is no UTF-8.
    # A bare `&` or `&nbsp;` sends a feed to feedparser's loose reader, which makes "AT&T" into "AT&T;".
    written = with_allowed_references(decode(body, source.content_type or None).text.encode(errors="replace"))
    sound = with_known_references(with_closed_titles(written))
    body, cut = _with_fewer_elements(sound)
    headers = {"content-location": url, "content-type": "application/xml; charset=utf-8"}
    try:
        parsed = FeedParser(headers).parse(body)
    except Exception as error:  # feedparser's loose parser raises errors of all kinds on hostile bytes
        return Feed(url, problem=f"cannot be read: {type(error).__name__}: {error}"[:300]), iter(())
    head, version = parsed.feed, parsed.get("version") or ""
    feed = Feed(
        url,
        version=version,
        title=_text(head, "title"),
        home_url=absolute(_text(head, "link"), url),
        language=_text(head, "language"),
        generator=_text(head, "generator"),
        # The one person whom RSS names for a whole feed is its managing editor, who did not write the posts.
        author=", ".join(_names(head.get("authors"))) if version.startswith("atom") else "",
        next=_next_page(head, url),
        problem=cut
        or _problem(parsed)
        or (
            ""
            if sound == written
            else "not well formed: a bare & or an undefined reference, or a title without its end"
        ),
    )
    times = FeedTimes(feed.language, rules)
    read = (_entry(entry, feed, times) for entry in parsed.entries)
    found = excerpts.of_feed(received, source, len(parsed.entries))
    return feed, with_excerpts(read, found, is_broken=bool(_problem(parsed)))


def with_excerpts(
    entries: Iterable[Entry], cut: Sequence[Excerpt], *, is_broken: bool = False
) -> Iterator[Entry]:
    """The entries of a document, each with its own bytes, where the document was cut into as many parts (`cut`) as it has
    entries.

    With another number of parts nobody knows which of them belongs to which entry, so the entries stay as they are. In a broken
    document (`is_broken`) the numbers may agree by chance; there each part must also hold the address of its entry.
    """
    found = list(entries)
    if len(cut) != len(found):
        return iter(found)
    pairs = list(zip(found, cut, strict=True))
    if is_broken and not all(excerpts.names(excerpt, entry.url) for entry, excerpt in pairs):
        return iter(found)
    return (replace(entry, said=replace(entry.said, excerpt=excerpt)) for entry, excerpt in pairs)


def _with_fewer_elements(body: bytes) -> tuple[bytes, str]:
    """The feed up to a bound, and what was cut off, "" for nothing. Broken tags are made text where there are many."""
    if len(BROKEN_TAG.findall(body)) > MAX_BROKEN_TAGS:
        body = BROKEN_TAG.sub(b"&lt;", body)
    end, cut = _bound(body)
    if not cut:
        return body, ""
    root = _FEED_ROOT.search(body[:MAX_PROLOGUE_BYTES])
    ends = _ENDS.get(root[1].lower(), b"") if root else b""
    return body[:end] + ends, f"more than {cut}: cut"


def _bound(body: bytes) -> tuple[int, str]:
    """Where a feed is cut off, and what it has too many of, "" for a feed that is read whole. It is cut before an entry if
    there is one."""
    entries = elements = references = tags = last = 0
    prefixes = set()
    for match in _MARK.finditer(body):
        mark, kind = match[0], match.lastindex
        references += mark == b"&"
        elements += kind != 4 and mark[:1] == b"<" and mark[1:2] != b"!"
        if kind == 1:
            entries, last, tags = entries + 1, match.start(), 0
        elif kind == 2:
            tags += 1
        elif kind == 4:
            prefixes.add(mark)
        here = last if entries > 1 else match.start()
        if entries > MAX_ENTRIES:
            return last, f"{MAX_ENTRIES} entries"
        if elements > MAX_ELEMENTS or references > MAX_REFERENCES:
            return here, f"{MAX_ELEMENTS} elements or {MAX_REFERENCES} references"
        if tags > MAX_TAGS or kind == 3:
            return here, f"{MAX_TAGS} tags of an entry or {MAX_TAG_BYTES} bytes of a tag"
        if len(prefixes) > MAX_PREFIXES:
            return here, f"{MAX_PREFIXES} prefixes"
    return len(body), ""


def _entry(raw: Mapping[str, Any], feed: Feed, times: FeedTimes) -> Entry:
    published, updated, dated = (times.of(raw, key) for key in ("published", "updated", "dc_date"))
    # `dc:date` does not say of what. RSS has no element for a change of its own.
    if feed.version.startswith("rss"):
        published = published or dated
    else:
        updated = updated or dated
    authors, source = _names(raw.get("authors")), raw.get("source")
    # In a feed that collects posts of several blogs, an entry may hold the authors of the feed that it was taken from (RFC
    # 4287, 4.2.1).
    of_source = _names(source.get("authors")) if isinstance(source, dict) else ()
    text, is_full = _longest_text(raw)
    # The first language that XML gives to a text, the summary or the title (`xml:lang`), or to what holds it.
    details = (raw.get(f"{name}_detail") for name in ("summary", "title"))
    texts = [*rows_of(raw.get("content")), *(detail for detail in details if isinstance(detail, dict))]
    language = next(filter(None, (_text(one, "language") for one in (raw, *texts))), "")
    url, *others = _addresses(raw, feed.version, code(language or feed.language)) or ("",)
    said = SourceText(
        "feed",
        _based(text, raw, url, feed.url) if is_full else text,
        is_full,
        title=_text(raw, "title"),
        author=", ".join(authors or of_source) or feed.author,
        published=published,
        updated=updated,
        authors=authors,
        keywords=unique(_text(tag, "label") or _text(tag, "term") for tag in rows_of(raw.get("tags"))),
        in_language=language,
        image=_picture(raw),
    )
    return Entry(url, said, _text(raw, "id"), "thr_in-reply-to" in raw, tuple(others))


def _addresses(raw: Mapping[str, Any], version: str, language: str) -> tuple[str, ...]:
    """What may be the address of an entry, the best first.

    Of several links of an Atom entry to its page, as to its translations, feedparser takes the last one. Here one in another
    language than the entry's comes after the others. A blog of comments on the posts of others links to these, and to its own
    page by `rel="related"` or the id.
    """
    links = [link for link in rows_of(raw.get("links")) if _text(link, "type") in _PAGE_TYPES]
    related = [_text(link, "href") for link in links if link.get("rel") == "related"]
    pages = [link for link in links if link.get("rel") == "alternate" and version.startswith("atom")]
    pages.sort(key=lambda link: code(_text(link, "hreflang")) not in ("", language))
    return unique(
        (
            # FeedBurner puts its counter in `link` and keeps the post's own address here.
            _text(raw, "feedburner_origlink"),
            *(_text(link, "href") for link in pages),
            _text(raw, "link"),
            *(related if len(related) == 1 else ()),
            _address_in(_text(raw, "id")),
        )
    )


def _address_in(identity: str) -> str:
    """The id of an entry that has no link, where the id is an address."""
    return identity if identity.startswith(("http://", "https://")) else ""


def absolute(reference: str, base: str) -> str:
    """A reference as an absolute address, "" for none."""
    return (try_normalise(reference, base) or "") if reference else ""


def unique(texts: Iterable[str | None]) -> tuple[str, ...]:
    """The texts that are not empty, each once, in their order."""
    return tuple(dict.fromkeys(text for text in texts if text))


def rows_of(value: object) -> list[Mapping[str, Any]]:
    """The objects in a list, `[]` for what is no list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _names(authors: object) -> tuple[str, ...]:
    """The names in a list of authors, each once; `()` for what is no list."""
    return unique(_text(author, "name") for author in rows_of(authors))


def _picture(raw: Mapping[str, Any]) -> str:
    """The address of an entry's picture: of `media:content`, an enclosure, `media:thumbnail` or, of a podcast, `itunes:image`."""
    # Not `raw["enclosures"]`: feedparser makes them of the links, and raises where an element has that name.
    enclosures = (link for link in rows_of(raw.get("links")) if link.get("rel") == "enclosure")
    media = [*rows_of(raw.get("media_content")), *enclosures]
    pictures = [m for m in media if _text(m, "medium") == "image" or _text(m, "type").startswith("image/")]
    pictures += [*rows_of(raw.get("media_thumbnail")), *rows_of([raw.get("image")])]
    return next(filter(None, (_text(picture, "url") or _text(picture, "href") for picture in pictures)), "")


def _longest_text(raw: Mapping[str, Any]) -> tuple[str, bool]:
    """The entry's text, and whether it is from a field for full text (`content:encoded`, `atom:content`). Plain text has
    lost links and paragraphs, so it counts as a summary."""
    texts = [(_text(c, "value"), c.get("type") == "text/plain") for c in rows_of(raw.get("content"))]
    if full := max((text for text, is_plain in texts if not is_plain), key=len, default=""):
        return story_of(full), True
    plain = max((text for text, is_plain in texts if is_plain), key=len, default="")
    summary = max(_text(raw, "summary"), _html_of(plain), key=len)
    return summary or _html_of(_text(raw, "media_description")), False


def _html_of(plain: str) -> str:
    """Plain text as HTML: a blank line parts paragraphs."""
    paragraphs = [part for part in re.split(r"\n\s*\n", plain) if part.strip()]
    if len(paragraphs) < 2:
        return escape(plain, quote=False)
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in paragraphs)


def _based(html: str, raw: Mapping[str, Any], url: str, feed_url: str) -> str:
    """The text with the `<base>` that `xml:base` gives it, where its links are not relative to the post."""
    bases = {_text(content, "base") for content in rows_of(raw.get("content"))} - {"", url, feed_url}
    return f'<base href="{escape(bases.pop())}">{html}' if len(bases) == 1 and html else html


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""


def _next_page(head: Mapping[str, Any], url: str) -> str:
    """The next page of a paged (`next`) or archived (`prev-archive`) feed, RFC 5005."""
    by_rel = {link.get("rel", ""): link.get("href", "") for link in rows_of(head.get("links"))}
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


def _read_json(body: bytes, source: Excerpt, rules: Rules) -> tuple[Feed, Iterator[Entry]]:
    url, text = source.url, body.decode("utf-8-sig", "replace")
    try:
        data = loads(text)
    except ValueError as error:
        return Feed(url, problem=f"not well formed: {error}"[:300]), iter(())
    version = str(data.get("version")) if isinstance(data, dict) else ""
    # Some write `1.1` for the address of the version; then it must have what a feed has.
    items = rows_of(data.get("items")) if isinstance(data, dict) else []
    has_posts = version in _JSON_VERSIONS and _text(data, "title") and items
    if "jsonfeed.org/version/" not in version and not has_posts:
        return Feed(url, problem="no feed"), iter(())
    feed = Feed(
        url,
        version="json" + version.rpartition("/")[2].replace(".", ""),
        title=_text(data, "title"),
        home_url=absolute(_text(data, "home_page_url"), url),
        language=_text(data, "language"),
        author=", ".join(_json_authors(data)),
        next=_next_page({"links": [{"rel": "next", "href": _text(data, "next_url")}]}, url),
        problem=f"more than {MAX_ENTRIES} entries: cut" if len(items) > MAX_ENTRIES else "",
    )
    times = FeedTimes(feed.language, rules)
    read = [_json_entry(entry, feed, times) for entry in items[:MAX_ENTRIES]]
    return feed, with_excerpts(read, excerpts.of_json(text, source, len(read), "items"))


def _json_authors(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The authors of a JSON Feed or of an item: `author` of version 1.0, `authors` of 1.1, also one that stands outside of a list."""
    authors = record.get("authors") or record.get("author")
    return _names(authors if isinstance(authors, list) else [authors])


def _json_entry(item: Mapping[str, Any], feed: Feed, times: FeedTimes) -> Entry:
    published, updated = (times.read(_text(item, key)) for key in ("date_published", "date_modified"))
    names = _json_authors(item)
    tags, identity = item.get("tags"), str(item.get("id") or "")
    url, *others = unique((_text(item, "url"), _address_in(identity))) or ("",)
    said = SourceText(
        "feed",
        _text(item, "content_html") or _html_of(_text(item, "content_text") or _text(item, "summary")),
        bool(_text(item, "content_html")),
        title=_text(item, "title"),
        author=", ".join(names) or feed.author,
        published=published,
        updated=updated,
        authors=names,
        keywords=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        in_language=_text(item, "language"),
        image=_text(item, "image") or _text(item, "banner_image"),
    )
    return Entry(url, said, identity, other_urls=tuple(others))
