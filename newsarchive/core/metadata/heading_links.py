"""Tells what headings and links say of the site and of its posts: the site's name leads home, a headline to its own page, a teaser to
another post.

`home_links` are the links to the home page of a site, whose texts and pictures tell its name. `title_of_single_post` is the title of a
post where a theme of WordPress prints it as `<h2>` below the name of the site:

    <body class="single single-post"><h1><a href="/">Harbour Post</a></h1><div class="post-5 post hentry"><h2>The ferry is back</h2><p>…

The title in the head may be another one, which the author wrote for search engines. WordPress says on `<body>` that the page is that of a
single post, and on an element which part of it is the post.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import upwards
from newsarchive.core.metadata.claims import plain
from newsarchive.core.metadata.elements import Mark, absolute, address_of, text_of
from newsarchive.core.text.dates import date_text
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import parts_of, same_site, try_normalise, url_key
from newsarchive.rules import Rules

_HOST = re.compile(r"^(?:https?:)?//[^/?#]+")
#: The file of a folder's own page, at the end of an address without query.
INDEX_FILE = re.compile(r"(?:(?<=/)|^)index\.(?:html?|php)$", re.IGNORECASE)
#: Elements that may hold the headline.
TITLE_TAGS = frozenset(["h1", "h2", "h3"])
#: Ancestors of a heading among which the link around it is looked for.
MAX_LINK_ANCESTORS = 3


def leads_home(node: LexborNode, url: str) -> bool:
    """Whether a heading of the page at `url` is a link to the home page, or is inside one, as the site's name is in many themes."""
    link, parent = node.css_first("a[href]"), node.parent
    if link is None and parent is not None and parent.tag == "a" and parent.attributes.get("href"):
        link = parent if text_of(parent) == text_of(node) else None
    reference = (link.attributes.get("href") or "").strip() if link is not None else ""
    if link is None or not reference:  # an empty address is that of the page itself
        return False
    folder = INDEX_FILE.sub("", reference)
    if _HOST.sub("", folder) not in ("/", "", "./"):
        return holds(folder, url) and text_of(link) == text_of(node)
    # In a copy of a site a headline links to its own folder: "index.html" in "/2013/the-ferry/". "/blog/?p=5" is a
    # post in "/blog/".
    page, own = parts_of(url), INDEX_FILE.sub("", parts_of(url).path)
    is_folder = own.endswith("/") and len(own) > 1 and not page.query
    return not is_folder or parts_of(absolute(folder or "./", url)).path != own


def has_headline(marks: Sequence[Mark], title: str) -> bool:
    """Whether a heading is half of `<title>` or more. Without one, the headline may be a heading that leads away, as on a blog that
    comments on others' pages."""
    whole = key(title)
    texts = (key(text_of(mark.node)) for mark in marks if mark.tag in TITLE_TAGS)
    return any(text and text in whole and 2 * len(text) >= len(whole) for text in texts)


def leads_away(node: LexborNode, title: str, url: str) -> bool:
    """Whether a heading is a link to another site and has words that `<title>` lacks: the name of the firm over its blog."""
    link = node.css_first("a[href]")
    address = address_of(link, url)
    if link is None or not parts_of(address).hostname or same_site(address, url):
        return False
    return text_of(link) == text_of(node) and key(text_of(node)) not in key(title)


def leads_to_other_post(node: LexborNode, title: str, url: str) -> bool:
    """Whether a heading is a link to another page of the site, below its folders, and has words that `<title>` lacks: the headline of
    another post, below one that has none."""
    link = node.css_first("a[href]")
    around = (
        up for up in upwards(node.parent, MAX_LINK_ANCESTORS) if up.tag == "a" and up.attributes.get("href")
    )
    link = next(around, None) if link is None else link if text_of(link) == text_of(node) else None
    reference = (link.attributes.get("href") or "").strip() if link is not None else ""
    if not reference or reference.startswith("#"):
        return False
    own, other = try_normalise(url), try_normalise(reference, url)
    if own is None or other is None or url_key(own) == url_key(other) or not same_site(other, url):
        return False
    return parts_of(other).path.strip("/") != "" and key(text_of(node)) not in key(title)


def leads_here(node: LexborNode, url: str, rules: Rules) -> bool:
    """Whether a heading is a link to the page that holds it, as the headline of a post is in many themes. Its day is such a link too, and
    is none, nor is a link to a part of the page: "#comments"."""
    link = node.css_first("a[href]")
    reference = (link.attributes.get("href") or "").strip() if link is not None else ""
    if link is None or not reference or "#" in reference or text_of(link) != text_of(node):
        return False
    own, other = try_normalise(url), try_normalise(reference, url)
    if own is None or other is None or url_key(own) != url_key(other):
        return False
    text = text_of(link, inline=True)
    return len(date_text(text, rules)) < len(text) / 2


def holds(reference: str, url: str) -> bool:
    """Whether a link leads to the folder of a blog, with the page two or more folders below it: "/harbour/" from
    "/harbour/2013/the-ferry". The last part of the page's address is no number: "/the-ferry/page/2" is a part of a post."""
    folder, own = parts_of(absolute(reference, url)), parts_of(url)
    is_folder = folder.path.endswith("/") and not folder.query and own.path.startswith(folder.path)
    below = own.path.removeprefix(folder.path).strip("/").split("/") if is_folder else []
    return len(below) > 1 and not below[-1].isdigit() and same_site(folder.geturl(), url)


#: Links of a page among which one to the home page is looked for; later ones are not.
MAX_HOME_LINKS = 60
#: The folder of a language, with which the paths of a site in several languages begin: "/de/news/", "/pt-br/".
_LANGUAGE_FOLDER = re.compile(r"/([a-z]{2}(?:[-_][a-z]{2})?)/.", re.IGNORECASE)
#: The home page of such a language: "/de", "/de/", "/de.html", "/de/index.html".
_LANGUAGE_HOME = re.compile(r"\A/([a-z]{2}(?:[-_][a-z]{2})?)(?:/?|/index\.\w{3,5}|\.html?)\Z", re.IGNORECASE)


def home_links(tree: LexborHTMLParser, url: str) -> list[LexborNode]:
    """The links to the home page of the page at `url`. The home page of a blog in a folder is the one that the page declares as its
    start, as Movable Type does; on a site in several languages that of its own language counts, too: "/de/" of "/de/news/17"."""
    declared = (link.attributes.get("href") or "" for link in tree.css('link[rel~="start"]')[:1])
    start = next((absolute(address, url) for address in declared if holds(address, url)), "")
    language = _LANGUAGE_FOLDER.match(parts_of(url).path)
    if not start and language:
        own = language[1].casefold()
        links = tree.css("a[href]")[:MAX_HOME_LINKS]
        starts = (address_of(link, url) for link in links)
        start = next(
            (
                one
                for one in starts
                if one and _LANGUAGE_HOME.sub(r"\1", parts_of(one).path).casefold() == own
            ),
            "",
        )
    return [link for link in tree.css("a[href]")[:MAX_HOME_LINKS] if _is_home_link(link, start, url)]


def names_of_home(links: Iterable[LexborNode]) -> Iterator[str]:
    """What the links to the home page say: their texts, and the labels of links around a picture."""
    for link in links:
        yield text_of(link)
        yield from (plain(link.attributes.get(name)) for name in ("title", "aria-label"))


def pictures_of_home(links: Iterable[LexborNode]) -> Iterator[str]:
    """What stands for the pictures in links to the home page: `<a href="/"><img alt="Harbour Post"></a>`."""
    for link in links:
        yield from (plain(picture.attributes.get("alt")) for picture in link.css("img[alt]")[:1])


def _is_home_link(link: LexborNode, start: str, url: str) -> bool:
    reference = link.attributes.get("href") or ""
    if not start and _has_folder(reference):
        return False
    address = absolute(reference, url)
    parts = parts_of(address)
    is_root = INDEX_FILE.sub("", parts.path) in ("", "/") or address == start
    return bool(address) and is_root and not parts.query and same_site(address, url)


def _has_folder(reference: str) -> bool:
    """Whether a reference surely leads to a place inside a site, which is quickly told of most: a step of its path has no dot, as
    ".." and "index.html" have.

    >>> [_has_folder(reference) for reference in ("/news/", "https://blog.example/", "../index.html")]
    [True, False, False]
    """
    path = reference.strip().partition("#")[0].partition("?")[0]
    if "//" in path:
        path = path.partition("//")[2].partition("/")[2]
    return any("." not in step for step in path.split("/") if step)


#: Elements between a post and its title.
MAX_STEPS_TO_POST = 4
#: Elements between a post and `<body>`.
MAX_STEPS_TO_BODY = 40
#: Elements before a title that are looked at, such as links to the posts before and after; a post with more begins otherwise.
MAX_BEFORE = 8


def title_of_single_post(marks: Sequence[Mark], url: str) -> Mark | None:
    """The `<h2>` or `<h3>` with which the only post of the page at `url` begins; `None` where an `<h1>` is more than a link to the home
    page, where a paragraph stands above the heading, and on pages of several posts."""
    headings = [mark for mark in marks if mark.tag in TITLE_TAGS]
    if any(mark.tag == "h1" and text_of(mark.node) and not leads_home(mark.node, url) for mark in headings):
        return None
    found = [(post, mark) for mark in headings if (post := _post_around(mark.node)) is not None]
    if len({post.mem_id for post, _ in found}) != 1:
        return None
    post, first = found[0]
    return first if _is_on_page_of_post(post) and _begins(post, first.node) else None


def _post_around(heading: LexborNode) -> LexborNode | None:
    around = upwards(heading.parent, MAX_STEPS_TO_POST)
    return next((up for up in around if "hentry" in (up.attributes.get("class") or "").split()), None)


def _is_on_page_of_post(post: LexborNode) -> bool:
    body = next((up for up in upwards(post.parent, MAX_STEPS_TO_BODY) if up.tag == "body"), None)
    return body is not None and "single" in (body.attributes.get("class") or "").split()


def _begins(post: LexborNode, heading: LexborNode) -> bool:
    """Whether no paragraph of a post stands before a heading."""
    node: LexborNode | None = heading
    while node is not None and node.mem_id != post.mem_id:
        before = node.prev
        for _ in range(MAX_BEFORE):
            if before is None:
                break
            if before.tag == "p" or (before.tag != "-text" and before.css_first("p") is not None):
                return False
            before = before.prev
        if before is not None:
            return False
        node = node.parent
    return node is not None
