"""All posts of a WordPress blog: its REST API (`/wp-json/wp/v2/posts`), paged feeds and post ids.

Source: developer.wordpress.org/rest-api/reference/posts. Times are read from the `_gmt` fields. The other fields hold
the same times in the blog's own time zone, which gives its offset. The root of the API gives the blog's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from newsarchive.core.discovery import excerpts
from newsarchive.core.discovery.feed_times import MAX_UTC_OFFSET, iso_time
from newsarchive.core.discovery.feeds import Entry, absolute, rows_of, unique
from newsarchive.core.discovery.links import attributes, link_header
from newsarchive.core.html.parsing import base_of, parse
from newsarchive.core.text.normalise import unescape
from newsarchive.core.text.tolerant_json import loads
from newsarchive.core.urls import folder_of, same_site, try_normalise
from newsarchive.items import Excerpt, Link, SourceText

API_REL = "https://api.w.org/"

#: Posts in one page of the API; WordPress refuses to give more.
MAX_POSTS_PER_PAGE = 100
#: The first year of a post. Drafts and broken imports have an earlier one: 0000-00-00, -0001-11-30.
MIN_YEAR = 1000
#: Posts that are read of one answer; further ones are left out.
MAX_ROWS = 1000

_FIELDS = "id,date,date_gmt,modified,modified_gmt,link,title,content,excerpt,author,featured_media,status,type,_links,_embedded"
_EMBED = "author,wp:term,wp:featuredmedia"
#: Taxonomies that hold no tags: sections, and what plugins store of authors and layout.
_NO_TAG_TAXONOMIES = frozenset(("category", "author", "post_format"))
#: The smallest step between offsets of the world's time zones, in seconds: 15 minutes.
_OFFSET_STEP_SECONDS = 900
#: Digits of the greatest id of a post: WordPress keeps ids in 64 bits.
_MAX_ID_DIGITS = 19
_NUMBER = re.compile(r"[0-9]{1,9}")
_BLOGGER_ID = re.compile(r"""['"]postId['"]\s*:\s*['"](\d{1,25})['"]""")


@dataclass(frozen=True, slots=True)
class Posts:
    """One page of the API. `problem` says why there are no posts, "" for a sound page; `is_last` that no page follows."""

    url: str
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    problem: str = ""
    is_last: bool = False

    @property
    def links(self) -> tuple[Link, ...]:
        return tuple(entry.link for entry in self.entries)


def api_root(html_text: str, headers: Mapping[str, str], base_url: str) -> str:
    """The root of the REST API that a page announces (`Link` header or `<link>`), "" where it does not.

    Only on the page's own site, or on WordPress.com's API server for the blogs that it hosts.
    """
    tree = parse(html_text)
    found = [url for url, rel in link_header(headers.get("link", "")) if rel == API_REL]
    found += [attributes(n)["href"] for n in tree.css("link[href]") if n.attributes.get("rel") == API_REL]
    for href in found:
        url = try_normalise(href, base_of(tree, base_url))
        if url and (same_site(url, base_url) or urlsplit(url).hostname == "public-api.wordpress.com"):
            return url
    return ""


def usual_api_root(base_url: str) -> str:
    """The root of the API on a WordPress that does not announce it: below the blog's own folder."""
    return folder_of(base_url) + "wp-json/"


def wp_root_url(root: str) -> str:
    """The URL of the API's root without its routes, which take 100 kB."""
    parts = urlsplit(root)
    query = dict(parse_qsl(parts.query)) | {"_fields": "name,description,url,home,gmt_offset,timezone_string"}
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query, safe="/,:"), ""))


def parse_wp_root(body: bytes) -> str:
    """The name of the blog in the answer of its API's root, "" without one. Never raises."""
    try:
        data = loads(_json_part(body))
    except ValueError:
        return ""
    return _plain(data.get("name")) if isinstance(data, dict) else ""


def wp_posts_url(root: str, page: int = 1, per_page: int = MAX_POSTS_PER_PAGE, embed: bool = True) -> str:
    """The URL of one page of posts, newest first.

    `root` is the result of `api_root`, `…/wp-json/` or `…/?rest_route=/`. With `embed` the answer holds the names of
    authors, categories and tags; some hosts refuse that.
    """
    query = {"page": str(page), "per_page": str(per_page), "_fields": _FIELDS}
    if embed:
        query["_embed"] = _EMBED
    parts = urlsplit(root)
    known = dict(parse_qsl(parts.query))
    path = parts.path
    if "rest_route" in known:
        known["rest_route"] = known["rest_route"].rstrip("/") + "/wp/v2/posts"
    else:
        path = path.rstrip("/") + ("/posts" if "/wp/v2/" in path else "/wp/v2/posts")
    whole = urlencode(known | query, safe="/,:", quote_via=quote)
    return urlunsplit((parts.scheme, parts.netloc, path, whole, ""))


def parse_wp_posts(
    body: bytes, url: str, headers: Mapping[str, str] | None = None, site_url: str = ""
) -> Posts:
    """Read one page of `/wp/v2/posts`. Never raises; `problem` says what the API answered instead.

    `headers` (with lower-case names) hold the number of pages.
    """
    text = _json_part(body)
    try:
        data = loads(text)
    except ValueError as error:
        return Posts(url, problem=f"not well formed: {error}"[:300])
    if isinstance(data, dict):
        refusal, message = str(data.get("code") or ""), _plain(data.get("message"))
        if refusal == "rest_post_invalid_page_number":  # asked for a page after the last
            return Posts(url, is_last=True)
        return Posts(url, problem=f"{refusal}: {message}"[:300] if refusal else "no list of posts")
    rows = rows_of(data)
    source = excerpts.source_of("wp-json", url, (headers or {}).get("content-type", ""), body)
    cut = excerpts.of_json(text, source, len(rows[:MAX_ROWS]))
    kept: dict[str, Entry] = {}
    for at, row in enumerate(rows[:MAX_ROWS]):
        if link := _address(row, url, site_url):
            kept.setdefault(link, _entry(row, link, cut[at] if cut else None))
    problem = "" if isinstance(data, list) else "no list of posts"
    return Posts(url, tuple(kept.values()), problem, _is_last(len(rows), url, headers or {}))


def next_feed_page(url: str) -> str:
    """The next page of a WordPress feed: `?paged=2` after the feed itself, and so on."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    paged = query.get("paged", "1")
    query["paged"] = str(int(paged) + 1 if paged.isascii() and paged.isdigit() and len(paged) < 7 else 2)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def post_id(html_text: str, headers: Mapping[str, str]) -> str:
    """The platform's id of the post on a page, `wordpress:12` or `blogger:345`, "" where the page has none.

    The id stays when the address changes. The parsed tree is read first, because extraction has made it already and a
    search of the text takes longer.
    """
    tree = parse(html_text)
    short = [url for url, rel in link_header(headers.get("link", "")) if rel == "shortlink"]
    if "shortlink" in html_text:
        short += [n.attributes.get("href") or "" for n in tree.css("link[rel=shortlink]")]
    for href in short:
        if match := re.search(r"[?&]p=(\d{1,19})(?:&|$)", href):
            return f"wordpress:{match[1]}"
    body = tree.body
    if body and (
        match := re.search(r"(?:^|\s)postid-(\d{1,19})(?:\s|$)", body.attributes.get("class") or "")
    ):
        return f"wordpress:{match[1]}"
    match = _BLOGGER_ID.search(html_text, 0, 2_000_000) if "postId" in html_text else None
    return f"blogger:{match[1]}" if match else ""


def _json_part(body: bytes) -> str:
    """The JSON of an answer. PHP prints its warnings before it on badly kept blogs."""
    text = body.decode("utf-8-sig", "replace")
    start = re.search(r"^[ \t]*([\[{])(?=\s*[\]{}\"])", text, re.M)
    return text[start.start(1) :] if start else text


def _is_last(count: int, url: str, headers: Mapping[str, str]) -> bool:
    query = dict(parse_qsl(urlsplit(url).query))
    total, page = headers.get("x-wp-totalpages", ""), query.get("page", "1")
    if _NUMBER.fullmatch(total) and _NUMBER.fullmatch(page):
        return int(page) >= int(total)
    per_page = query.get("per_page", "10")
    return count < (int(per_page) if _NUMBER.fullmatch(per_page) else 10)


def is_stand_in(url: str) -> bool:
    """Whether an address may be the one that `_address` gives a post whose permalink leads to another site: `/?p=12`."""
    return re.fullmatch(rf"p=[0-9]{{1,{_MAX_ID_DIGITS}}}", urlsplit(url).query) is not None


def _address(row: Mapping[str, Any], url: str, site_url: str) -> str:
    """The address of a published post of the site that everybody may read, "" for others.

    FeedWordPress gives the posts that it republishes the permalinks of their originals. Each has a page on the blog all the same,
    which WordPress shows under its id.
    """
    if row.get("type", "post") != "post" or row.get("status", "publish") != "publish":
        return ""
    if isinstance(row.get("content"), dict) and row["content"].get("protected"):
        return ""
    link = row.get("link")
    safe = try_normalise(link, url) if isinstance(link, str) and link.strip() else None
    # "#story": each page would name a new post, itself, and the pages would never end.
    if safe == try_normalise(url):
        return ""
    if not safe or same_site(safe, site_url or url):
        return safe or ""
    number = _id(row)
    return f"{folder_of(site_url)}?p={number}" if site_url and number else ""


def _id(row: Mapping[str, Any]) -> int:
    """The id of a post, 0 where the row has none that a database could hold."""
    number = row.get("id")
    return number if type(number) is int and 0 < number < 10**_MAX_ID_DIGITS else 0


def _entry(row: Mapping[str, Any], url: str, excerpt: Excerpt | None) -> Entry:
    names = unique(_plain(author.get("name")) for author in rows_of(_embedded(row, "author")))
    terms = list(_terms(row))
    text = _rendered(row, "content")
    said = SourceText(
        "wp-json",
        text or _rendered(row, "excerpt"),
        bool(text.strip()),
        title=_plain(_rendered(row, "title")),
        author=", ".join(names),
        published=_moment(row, "date"),
        updated=_moment(row, "modified"),
        authors=names,
        keywords=unique(name for taxonomy, name in terms if taxonomy not in _NO_TAG_TAXONOMIES),
        sections=unique(name for taxonomy, name in terms if taxonomy == "category"),
        image=_picture(row, url),
        excerpt=excerpt,
    )
    return Entry(url, said, f"wordpress:{number}" if (number := _id(row)) else "")


def _picture(row: Mapping[str, Any], url: str) -> str:
    """The address of the featured picture, "" where there is none or it was deleted."""
    found = (picture.get("source_url") for picture in rows_of(_embedded(row, "wp:featuredmedia")))
    return absolute(next((one for one in found if isinstance(one, str) and one.strip()), ""), url)


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    """A time with the blog's own offset, from the field in UTC and the field by the blog's clock.

    Broken imports leave 0000-00-00 in the field in UTC. The blog's clock then gives the time, whose day is right.
    """
    moment, local = _gmt(row.get(f"{name}_gmt")), _gmt(row.get(name))
    if moment is None or local is None:
        return moment or local
    ahead = local - moment
    plausible = abs(ahead) <= MAX_UTC_OFFSET and ahead.total_seconds() % _OFFSET_STEP_SECONDS == 0
    return moment.astimezone(timezone(ahead)) if plausible and ahead != timedelta() else moment


def _rendered(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    text = value.get("rendered") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""


def _plain(text: object) -> str:
    """Text without markup and entities: titles and names come as HTML."""
    return " ".join(unescape(re.sub(r"<[^<>]*>", "", text)).split()) if isinstance(text, str) else ""


def _embedded(row: Mapping[str, Any], key: str) -> Any:
    embedded = row.get("_embedded")
    return embedded.get(key) if isinstance(embedded, dict) else None


def _terms(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(taxonomy, name) of the terms; they come as one list a taxonomy."""
    groups = _embedded(row, "wp:term")
    for term in (term for group in groups for term in rows_of(group)) if isinstance(groups, list) else ():
        if name := _plain(term.get("name")):
            yield str(term.get("taxonomy") or ""), name


def _gmt(text: object) -> datetime | None:
    time = iso_time(text) if isinstance(text, str) else None
    if time is None or time.year < MIN_YEAR:
        return None
    return time.astimezone(UTC)
