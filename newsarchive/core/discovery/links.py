"""Links to posts on a home or archive page, told from links to indexes without a date in the URL.

A link scores by its place (in a heading, in an entry's container, among siblings built alike) and by its address (a
date, an id, a long slug: `/the-ferry-came-back-at-night/`). Links that are known to lead to no post (categories,
authors, log-in, sharing, files) are refused first. Words and patterns are in `data/discovery/links.toml`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, pairwise
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive import compiled
from newsarchive.core.html.markup import upwards
from newsarchive.core.html.parsing import UNSEEN, base_of, parse, without
from newsarchive.core.urls import site_of, try_normalise, unquoted, url_key
from newsarchive.items import Link
from newsarchive.rules import Rules


def attributes(node: LexborNode) -> dict[str, str]:
    """A node's attributes with lower-case names; an attribute without a value is ""."""
    return {name.lower(): value or "" for name, value in node.attributes.items()}


def link_header(value: str) -> Iterator[tuple[str, str]]:
    """(URL, relation) of a Link header (RFC 8288)."""
    for match in _LINK_VALUE.finditer(value[:MAX_LINK_HEADER_CHARACTERS]):
        if rel := re.search(r";\s*rel\s*=\s*\"?([^\";]+)\"?", match[2], re.I):
            yield match[1], rel[1].strip()


#: Elements around a link among which its h-entry is looked for; one further out is not seen.
MAX_ENTRY_ANCESTORS = 20
#: One link of a Link header: its address, and its parameters.
_LINK_VALUE = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\s,;\"]+))*)")
#: Characters of a Link header; the rest is not read.
MAX_LINK_HEADER_CHARACTERS = 20_000
#: Anchors of a page; further ones are skipped, for each takes 0.1 ms. It is twice `MAX_POSTS`: a list of posts links each
#: by its picture and its title.
MAX_ANCHORS = 20_000
#: Links to posts of a page; further ones are skipped.
MAX_POSTS = 10_000
#: Score of a link to a post; a link with less is skipped. An address alone reaches it by its date or id.
MIN_POST_SCORE = 3.0


def links_to_other_pages(
    tree: LexborHTMLParser, base_url: str, selector: str
) -> Iterator[tuple[LexborNode, str]]:
    """The elements that a selector finds and that lead to other pages of the same site, each with the URL: links, and options to
    choose a page from."""
    base, here, site = base_of(tree, base_url), url_key(base_url), site_of(base_url)
    for node in tree.css(selector)[:MAX_ANCHORS]:
        href = (node.attributes.get("href") or node.attributes.get("value") or "").strip()
        url = try_normalise(href, base) if href and not href.startswith("#") else None
        if url is not None and site_of(url) == site and url_key(url) != here:
            yield node, url


def post_links(html_text: str, base_url: str, rules: Rules) -> list[Link]:
    """Links that lead to posts of the same site, in the page's order, each once. Where `/ferry/` is one, `/ferry/2/` is a later page
    of it and left out; `/story/2` is a post of its own."""
    table = _table(rules)
    pages = _same_site_pages(parse(html_text), base_url, table)
    shapes = Counter(a.shape for page in pages for a in page.anchors if len(a.text) >= table.long_text)
    posts = {url_key(page.url): page for page in pages if page.score(shapes) >= MIN_POST_SCORE}
    whole = (
        page
        for key, page in posts.items()
        if (first := _PART.sub("", key)) == key
        or first not in posts
        or first.rpartition("/")[2] in table.number_words
    )
    return [Link(page.url, "link", page.title) for page in islice(whole, MAX_POSTS)]


def index_reason(url: str, rules: Rules) -> str:
    """Why no post is at an address, by the address alone (`category`, `page`, …); "" where it may be a post's."""
    return _table(rules).refused(url)


def listed_reason(url: str, rules: Rules) -> str:
    """Why no post is at an address that a feed lists as a post's; "" where it may be one.

    There `/rss/2024/ferry` and `/ferry.html?tag=rss` are posts: the folder and the query say where their reader comes from. Elsewhere
    they may be links to a feed and to a tag.

    >>> from newsarchive.rules import default
    >>> listed_reason("https://blog.example/ferry.html?tag=rss", default()), listed_reason("https://blog.example/?tag=sea", default())
    ('', 'tag')
    """
    return _table(rules).refused(url, is_listed=True)


def address_score(url: str) -> float:
    """The points of an address by its date, id and slug, from 0 to 6; a post's has 3 or more.

    >>> address_score("https://blog.example/2025/04/ferry"), address_score("https://blog.example/about")
    (3.0, 0.0)
    """
    parts = urlsplit(url)
    path = unquoted(parts.path).strip("/")
    slug = re.sub(r"\.\w{2,5}$", "", path.rpartition("/")[2])
    hyphens = slug.count("-") + slug.count("_")
    score = 3.0 * bool(_DATE_PATH.search(path) or _POST_ID.search(parts.query))
    score += 2.0 if hyphens >= 3 or len(slug) >= 30 else 1.0 if hyphens or not slug.isascii() else 0.0
    return score + bool(re.search(r"\d{4,}", slug))


@dataclass(frozen=True, slots=True)
class _Place:
    """What the ancestors of an anchor say of its place. `shape` is the tag path of the nearest four."""

    heading: bool = False
    entry: bool = False
    boilerplate: bool = False
    widget: bool = False
    meta: bool = False
    shape: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A link: the tag path of its place, its text, whether it stands in a heading, and the points of its place."""

    shape: tuple[str, ...]
    text: str
    heading: bool
    points: float


@dataclass(slots=True)
class _Target:
    """All anchors of a page that lead to one address: title, picture and "read more" are judged together."""

    url: str
    anchors: list[_Anchor] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The text of the anchor in a heading, else the longest text."""
        return max(self.anchors, key=lambda a: (a.heading, len(a.text))).text

    def score(self, shapes: Mapping[tuple[str, ...], int]) -> float:
        """The points of the address and of the best anchor; `shapes` has the number of anchors of each shape."""
        return address_score(self.url) + max(a.points + 2.0 * (shapes[a.shape] >= 3) for a in self.anchors)


class _Table:
    """`links.toml`, compiled."""

    def __init__(self, rules: Rules) -> None:
        table = rules.discovery.get("links", {})
        self.long_text = int(table.get("long_text", 20))
        self.segments = _reason_by_word(table.get("segments", {}))
        self.doubtful = _reason_by_word(table.get("doubtful_segments", {}))
        self.last = _reason_by_word(table.get("last_segments", {}))
        self.queries = _reason_by_word(table.get("queries", {}))
        self.patterns: dict[str, re.Pattern[str]] = {
            reason: compiled.regex("|".join(patterns))
            for reason, patterns in table.get("patterns", {}).items()
        }
        self.page_words = frozenset(table.get("page_words", ()))
        self.number_words = frozenset(table.get("number_words", ()))
        self.extensions = tuple(table.get("extensions", ()))
        classes = table.get("classes", {})
        self.entry, self.boilerplate, self.widget, self.meta = (
            re.compile(rf"(?:^|[\s_-])(?:{'|'.join(map(re.escape, words)) or '(?!)'})(?=$|[\s_-])", re.I)
            for words in (classes.get(kind, ()) for kind in ("entry", "chrome", "widget", "meta"))
        )

    def refused(self, url: str, *, is_listed: bool = False) -> str:
        """Why an address is no post's, "" where it may be a post's. `is_listed`: a feed lists it as a post's."""
        # `urlsplit` takes half of the time of this for each of 50,000 addresses. These are regular: `scheme://host/path?query`.
        path, _, query = url.partition("#")[0].partition("://")[2].partition("/")[2].partition("?")
        # Servers that rewrite no address have the path in the query: Serendipity "index.php?/archives/2-rain.html", Drupal "?q=node/2".
        folder, _, program = path.rpartition("/")
        if program in ("", "index.php") and (behind := _PATH_IN_QUERY.match(query)):
            path, query = f"{folder}/{behind[1]}", query[behind.end() :]
        path = unquoted(path).lower().strip("/")
        if path.endswith(self.extensions):
            return "file"
        parameters = [p.partition("=") for p in query.lower().split("&") if p]
        # A list is all that its query says: `/?tag=ferry`. A post has an address of its own or a number besides: `/?id=7&cat=2`.
        is_post = is_listed and (
            path not in ("", "index.php")
            or any(value[:1].isdigit() and name not in self.queries for name, _, value in parameters)
        )
        for name, _, value in () if is_post else parameters:
            if name in self.queries and value and not (name == "action" and value in self.number_words):
                return "part of a post" if _POST_ID.search(query) else self.queries[name]
        whole = f"{path}?{query}" if query else path
        for reason, pattern in self.patterns.items():
            if pattern.search(whole):
                return reason
        if not path or path == "index.php":
            return "" if query else "home page"
        reason = self._refused_path(path, is_listed=is_listed)
        # "/news.php?id=12" is a page of the list "/news.php", and what it is, its look shows. "/blog/?p=12" is a post of WordPress.
        is_program = "." in path.rpartition("/")[2]
        is_one = reason == "index" and (_WITH_NUMBER if is_program else _POST_ID).search(query)
        return "" if is_one else reason

    def _refused_path(self, path: str, *, is_listed: bool) -> str:
        segments = path.split("/")
        # A date after a long slug is the post's; a date after anything else is an archive's, but `/node/2015` is a number.
        if (
            (date := _DATE_ARCHIVE.search(path))
            and path[: date.start()].rpartition("/")[2].count("-") < 3
            and self.number_words.isdisjoint(segments[-2:-1])
        ):
            return "date archive"
        reasons = {self.segments[s] for s in segments if s in self.segments}
        if is_listed and self.segments.get(segments[-1]) != "feed":
            reasons.discard("feed")
        if len(segments) > 1 and segments[-2] in self.doubtful and segments[-1].count("-") < 2:
            reasons.add(self.doubtful[segments[-2]])
        if _DATE_PATH.search(path):
            reasons -= {"category", "tag", "author"}
        # The post of a number where its slug follows: "/page/16/history-of-coffee/" (Flask-Blogging).
        paged = [i for i, (w, n) in enumerate(pairwise(segments)) if w in self.page_words and n.isdigit()]
        if paged and not (paged[-1] == len(segments) - 3 and "-" in segments[-1]):
            reasons.add("archive")
        if len(segments) <= 2 and segments[-1].partition(".")[0] in self.last:
            reasons.add(self.last[segments[-1].partition(".")[0]])
        return min(reasons, default="")


#: The number of a later page, at the end of a post's key.
_PART = re.compile(r"/\d{1,2}$")
#: A parameter of a query whose value has a digit.
_WITH_NUMBER = re.compile(r"=[^&]*\d")
_PATH_IN_QUERY = re.compile(r"(?:/|q=(?=[\w.-]+/))([^&?]*)&?")
_POST_ID = re.compile(r"(?:^|&)p=\d+(?:&|$)")
_DATE_ARCHIVE = re.compile(r"(?:^|/)(?:19|20)\d\d(?:/\d{1,2}){0,2}(?:/page/\d+)?$")
_DATE_PATH = re.compile(r"(?:^|/)(?:19|20)\d\d[/-]?\d{1,2}(?:[/-]?\d{1,2})?(?:/|-|$)")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NOT_POST_REL = frozenset(("tag", "category", "author", "search", "license", "next", "prev", "home", "help"))


_table = lru_cache(maxsize=4)(_Table)


def _reason_by_word(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {word: reason for reason, words in table.items() for word in words}


def _same_site_pages(tree: LexborHTMLParser, base_url: str, table: _Table) -> list[_Target]:
    targets: dict[str, _Target] = {}
    places: dict[int, _Place] = {}
    for node, url in links_to_other_pages(tree, base_url, "a[href]"):
        is_post = not table.refused(url)
        if is_post and not _NOT_POST_REL & set((node.attributes.get("rel") or "").lower().split()):
            targets.setdefault(url_key(url), _Target(url)).anchors.append(_anchor(node, table, places))
    return list(targets.values())


def _anchor(node: LexborNode, table: _Table, places: dict[int, _Place]) -> _Anchor:
    place = _place(node.parent, table, places)
    words = _class_words(node)
    text = node.text(deep=True)
    if "{" in text and node.css_first(UNSEEN) is not None:
        text = without(node, UNSEEN).text(deep=True)
    text = " ".join(text.split(None, 300))[
        :300
    ]  # of links in each other each has megabytes, which take long to split
    heading = place.heading or node.css_first("h1,h2,h3,h4,h5,h6") is not None
    bookmark = "bookmark" in (node.attributes.get("rel") or "").lower() or _is_address_of_entry(node, words)
    points = (
        3.0 * heading
        + 3.0 * bookmark
        + 2.0 * place.entry
        + 1.0 * (len(text) >= table.long_text)
        - 5.0 * place.boilerplate
        - 5.0 * place.meta
        - 1.0 * place.widget
    )
    return _Anchor((*place.shape, f"a.{words}"), text, heading, points)


def _is_address_of_entry(node: LexborNode, classes: str) -> bool:
    """Whether a link is the address of an h-entry (microformats2): `u-url`, which an h-card has too, for its person. A feed of
    notes without titles has no other sign of its posts."""
    if "u-url" not in classes.split():
        return False
    for inside in upwards(node.parent, MAX_ENTRY_ANCESTORS):
        if inside.tag in ("html", "body"):
            break
        kinds = (inside.attributes.get("class") or "").split()
        if "h-entry" in kinds or "h-card" in kinds:
            return "h-card" not in (*kinds, *classes.split())
    return False


def _place(node: LexborNode | None, table: _Table, places: dict[int, _Place]) -> _Place:
    """The place of a node's children. Each node is judged once and remembered in `places`."""
    chain = []
    while node is not None and node.tag not in ("html", "body") and node.mem_id not in places:
        chain.append(node)
        node = node.parent
    place = places.get(node.mem_id, _Place()) if node is not None else _Place()
    for inner in reversed(chain):
        place = places[inner.mem_id] = _inside(place, inner, table)
    return place


def _inside(outer: _Place, node: LexborNode, table: _Table) -> _Place:
    tag, words = node.tag or "", _class_words(node)
    # `<main>` is no menu, whatever it is called: the link that skips the menu gives it the id "skip-nav".
    frame = "" if tag == "main" else words
    entry = tag == "article" or bool(table.entry.search(words))
    return _Place(
        heading=tag in _HEADINGS or (outer.heading and not entry),
        entry=outer.entry or entry,
        # A header or footer inside an entry is the entry's own.
        boilerplate=outer.boilerplate
        or tag == "nav"
        or (tag == "footer" and not outer.entry)
        or bool(table.boilerplate.search(frame)),
        widget=outer.widget or tag == "aside" or bool(table.widget.search(words)),
        meta=outer.meta or bool(table.meta.search(words)),
        shape=(*outer.shape[-3:], f"{tag}.{re.sub(r'[0-9]+', '', words)}"),
    )


def _class_words(node: LexborNode) -> str:
    attributes = node.attributes
    return " ".join(filter(None, (attributes.get("class"), attributes.get("id"), attributes.get("role"))))
