"""From one page to the next: older pages of an index (`/page/2/`), archives by date and category, parts of a post.

A calendar or a filter may have endless pages, so `stop_reason` ends a chain of index pages.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

from newsarchive.core.discovery.links import (
    MAX_ANCHORS,
    MIN_POST_SCORE,
    address_score,
    attributes,
    index_reason,
    links_to_other_pages,
)
from newsarchive.core.html.parsing import base_of, parse
from newsarchive.core.urls import site_of, try_normalise, unquoted, url_key
from newsarchive.rules import Rules

#: Index pages of one chain; the chain is followed no further.
MAX_CHAIN_PAGES = 2000
#: Index pages in a row without a new post; the chain is followed no further.
MAX_BARREN_PAGES = 5
#: Links to archives that are taken from one page; further ones are left out.
MAX_ARCHIVE_LINKS = 1000
#: Parts of one post; further ones are left out.
MAX_POST_PARTS = 50
#: Characters of a link's text that says "older posts"; a longer text is a headline.
_MAX_LINK_TEXT_CHARACTERS = 40

_PAGE_PARAMETERS = ("paged", "page", "pg", "start", "offset", "updated-max", "skip")
_BEHIND_PART = r"(?=[/\\]*(?:\s*$|[?#;.]|(?i:amp|index|default)))"
#: A number at the end of a path, or behind `page=`, is in the address of every part, unless signs of them are percent-encoded. It
#: is searched before the address is folded, because folding costs far more. The pattern begins with one set of characters, to
#: which a search skips.
_MAYBE_PART = re.compile(
    rf"[/\\p%\t\r\n](?:(?<=[/\\])\d{{1,2}}{_BEHIND_PART}|(?<=p)age=\d|(?<=%)[2-7]|(?<=[\t\r\n]))"
)
#: The same at the beginning of an address that is relative to the post's own.
_BEGINS_PART = re.compile(rf"\s*\d{{1,2}}{_BEHIND_PART}")
#: What links to a second part have where they do not name the post, in the bytes of a page; the digit may be percent-encoded.
_SECOND = re.compile(rb"page=0?[2%]")
_RELATIVE_SECOND = re.compile(rb"=(?<=[Ff\s]=)\s{0,9}[\"']?(?:\./)?0?(?:2|%32)")
#: What stands before that in a link. It is asked behind each `=` with a 2, because a search for `href` takes 17 times as long.
_LINK = re.compile(rb"[Hh][Rr][Ee][Ff]\s{0,9}\Z")
_NUMBER = re.compile(r"(?:^|[/_-])(\d{1,6})(?:\.\w{2,5})?/?$")


def pagination(html_text: str, base_url: str, rules: Rules) -> str | None:
    """The URL of the next page of an index, with older posts; `None` where there is none.

    The strongest sign decides: `rel=next`, then a class such as `nav-previous` (WordPress counts backwards) or `next`,
    then words for "older posts", then the number after this page's own. A link to a post is no next page.
    """
    best: tuple[int, str] = (0, "")
    number = page_number(base_url, rules) or 1
    for node, url in links_to_other_pages(parse(html_text), base_url, "link[rel][href], a[href]"):
        strength = _strength(node, rules) or _counts_on(node, url, base_url, number, rules)
        if strength > best[0] and _is_index_page(url, rules):
            best = strength, url
    return best[1] or None


def page_number(url: str, rules: Rules) -> int | None:
    """The number of an index page by its address (`/page/3/`, `?paged=3`), `None` where the address has none."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    for name in ("paged", "page", "pg"):
        if name in query and query[name][-1].isascii() and query[name][-1].isdigit():
            return int(query[name][-1][:9])
    match = _patterns(rules).numbered.search(unquoted(parts.path).lower())
    return int(match[1]) if match else None


def archive_links(html_text: str, base_url: str, rules: Rules) -> list[str]:
    """Links to further indexes of the site, each once: by date, then lists of all posts, then categories and tags.

    They are for sites without a sitemap and without a feed of all posts.
    """
    order = ("date archive", "archive", "index", "category", "tag")
    found: dict[str, tuple[int, str]] = {}
    # WordPress' archive widget may be a drop-down whose values are addresses. Those of a form are years and numbers.
    for _, url in links_to_other_pages(parse(html_text), base_url, 'a[href], option[value*="/"]'):
        reason = index_reason(url, rules)
        if reason in order:
            found.setdefault(url_key(url), (order.index(reason), url))
    return [url for _, url in sorted(found.values(), key=lambda item: item[0])][:MAX_ARCHIVE_LINKS]


def page_parts(html_text: str, base_url: str, first_url: str = "") -> list[str]:
    """The further parts of a post that is split over pages (WordPress' `<!--nextpage-->`), in order.

    Parts are `/post/2/` or `?page=2` of the post's own address, without a gap. Some themes link only the next part:
    then call again with the page of that part, and with the post's own address as `first_url`.
    """
    here, site = url_key(first_url or base_url), site_of(base_url)
    if here.endswith("/"):
        return []  # `/2/` of a home page is an index
    tree = parse(html_text)
    base = base_of(tree, base_url)
    parts: dict[int, str] = {}
    for node in tree.css("a[href]")[:MAX_ANCHORS]:
        href = node.attributes.get("href") or ""
        url = try_normalise(href, base) if _MAYBE_PART.search(href) or _BEGINS_PART.match(href) else None
        if url and (number := posts_of_part(url).get(here)) and site_of(url) == site:
            parts.setdefault(number, url)
    first = posts_of_part(base_url).get(here, 1) + 1
    return [parts[n] for n in takewhile(parts.__contains__, range(first, MAX_POST_PARTS + 1))]


def posts_of_part(url: str) -> dict[str, int]:
    """The keys of the posts of which an address may be a further part by its form, each with the number of the part.

    >>> posts_of_part("https://blog.example/2025/03/ferry/2/")
    {'blog.example/2025/03/ferry': 2}
    >>> posts_of_part("https://blog.example/?page=2")  # of an index
    {}
    """
    key = url_key(url)
    found: dict[str, int] = {}
    for pattern in (r"/(\d{1,2})(?=\?|$)", r"(?<=[?&])page=(\d{1,2})&", r"[?&]page=(\d{1,2})$"):
        for match in re.finditer(pattern, key):
            whole = key[: match.start()] + key[match.end() :]
            if int(match[1]) > 1 and "/" in whole and not whole.endswith("/"):
                found.setdefault(whole, int(match[1]))
    return found


def may_link_parts(body: bytes, url: str) -> bool:
    """Whether a page may link a second part of itself, told from its bytes, because to decode and parse every page costs far more."""
    slug = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    by_name = b"/2" if "%" in slug else f"{slug}/2".encode()  # letters may be percent-encoded in another way
    return (
        by_name in body
        or _SECOND.search(body) is not None
        or any(
            _LINK.search(body, max(0, match.start() - 13), match.start())
            for match in _RELATIVE_SECOND.finditer(body)
        )
    )


def unlinked_part(html_text: str, url: str) -> str:
    """The address at which a WordPress post may have a second part that its page does not link, "" for other pages.

    Themes made of blocks print the links to a post's parts for posts of the block editor only. A post of the
    classic editor that is split by `<!--nextpage-->` shows its first part there, and no reader finds the others.
    """
    if _POST_CONTENT not in html_text or not _WORDPRESS_POST.search(html_text):
        return ""
    content = parse(html_text).css_first(f".{_POST_CONTENT}")
    if content is None or any(_is_block(node) for node in content.css("[class*=wp-block-]")):
        return ""  # made in the block editor, whose parts are linked
    parts = urlsplit(url)
    if parts.query:
        return f"{url.partition('#')[0]}&page=2" if re.fullmatch(r"p=\d+", parts.query) else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/2/" if parts.path.strip("/") else ""


def says_more(first: str, second: str) -> bool:
    """Whether a page of a WordPress post has another text than its first page.

    Past the last part, WordPress answers with the first part again, or with a page that is no post.
    """
    nodes = [parse(page).css_first(f".{_POST_CONTENT}") for page in (first, second)]
    texts = [" ".join(node.text(deep=True).split()) if node is not None else "" for node in nodes]
    return bool(texts[1]) and texts[0] != texts[1]


#: The element in which a block theme of WordPress prints a post.
_POST_CONTENT = "wp-block-post-content"
_WORDPRESS_POST = re.compile(r"<body[^>]* class=[\"'][^\"'>]*\bsingle-post\b")


def _is_block(node: LexborNode) -> bool:
    """Whether the block editor wrote an element; the element of the whole post is the theme's."""
    classes = (node.attributes.get("class") or "").split()
    return _POST_CONTENT not in classes and any(name.startswith("wp-block-") for name in classes)


def stop_reason(pages: int, barren: int) -> str:
    """Why a chain of index pages should be followed no further, "" while it should be followed.

    `pages` is the number of pages read, `barren` the number of pages without a new post at the end of them.
    """
    if pages >= MAX_CHAIN_PAGES:
        return "page limit"
    return "nothing new" if barren >= MAX_BARREN_PAGES else ""


def _strength(node: LexborNode, rules: Rules) -> int:
    """How strongly a link says that it leads to the next page: 4 by `rel`, 3 by class, 2 by words, else 0."""
    patterns = _patterns(rules)
    link = attributes(node)
    if "next" in link.get("rel", "").lower().split():
        return 4
    if node.tag != "a":
        return 0
    near = (node, node.parent) if node.parent is not None else (node,)
    classes = " ".join(f"{n.attributes.get('class') or ''} {n.attributes.get('id') or ''}" for n in near)
    if patterns.classes.search(classes):
        return 3
    said = node.text(deep=True) or link.get("title", "") or link.get("aria-label", "")
    # A text with a word for each character that it may have is too long already: it is split no further.
    text = " ".join(said.split(None, _MAX_LINK_TEXT_CHARACTERS))
    return 2 if len(text) <= _MAX_LINK_TEXT_CHARACTERS and patterns.words.search(text.casefold()) else 0


def _counts_on(node: LexborNode, url: str, base_url: str, number: int, rules: Rules) -> int:
    """1 where the address has the next number of the same index, or the link's text is the next number; else 0."""
    if page_number(url, rules) != number + 1:
        return 0
    says_so = node.tag == "a" and node.text(deep=True).strip() == str(number + 1)
    return int(says_so or _series(url, rules) == _series(base_url, rules))


def _series(url: str, rules: Rules) -> str:
    """An address without its number: the same for all pages of an index."""
    parts = urlsplit(url)
    path = _patterns(rules).numbered.sub("/", unquoted(parts.path).lower())
    query = re.sub(r"(?:^|&)(?:paged|page|pg)=\d+", "", parts.query)
    return url_key(f"https://{parts.netloc}{path}?{query}")


def _is_index_page(url: str, rules: Rules) -> bool:
    """Whether an address may be a page of an index: not the home page, and not a post's."""
    parts = urlsplit(url)
    if page_number(url, rules) or any(f"{name}=" in parts.query for name in _PAGE_PARAMETERS):
        return True
    if _NUMBER.search(parts.path):
        return True
    no_index = ("home page", "file", "account", "share")
    return address_score(url) < MIN_POST_SCORE and index_reason(url, rules) not in no_index


class _Patterns:
    """`[paging]` of links.toml, compiled."""

    def __init__(self, rules: Rules) -> None:
        links = rules.discovery.get("links", {})
        table = links.get("paging", {})
        pages = "|".join(map(re.escape, [*links.get("page_words", []), "p", "pg", "index"]))
        self.numbered = re.compile(rf"/(?:{pages})[/_-]?(\d{{1,6}})(?:\.\w{{2,5}})?/?$")
        classes, words = table.get("classes", []), table.get("words", [])
        self.classes = re.compile(rf"(?:^|\s)(?:{'|'.join(map(re.escape, classes)) or '(?!)'})(?=\s|$)", re.I)
        self.words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words)) or '(?!)'})(?!\w)")


_patterns = lru_cache(maxsize=4)(_Patterns)
