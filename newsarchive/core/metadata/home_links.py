"""Find the links to the home page of a site, and what they say: the name of the site is their text, or that of their picture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.metadata.claims import plain
from newsarchive.core.metadata.elements import absolute, text_of
from newsarchive.core.metadata.heading_links import INDEX_FILE, holds
from newsarchive.core.urls import parts_of, same_site

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
        starts = (absolute(link.attributes.get("href") or "", url) for link in links)
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
