"""Reads the section of an article from the menu of its site → claims, for a page that names its section nowhere else.

WordPress marks the item of a menu that is a category of the post with the class `current-post-parent`. On other sites the
address tells it: `/gesellschaft/a-post-17` lies in the folder to which the menu's "Gesellschaft" leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.metadata.claims import GUESSES, Claim, Place, Source
from newsarchive.core.metadata.elements import absolute, text_of, upwards
from newsarchive.core.metadata.standing import MAX_ANCESTORS
from newsarchive.core.text.normalise import key, without_accents
from newsarchive.core.urls import parts_of, site_of, unquoted

#: Links of a page that are looked at; later ones are not. The menu of a page comes first, or last.
MAX_LINKS = 1500
#: Characters of the name of a section in a menu; a longer text is a headline.
MAX_NAME_CHARS = 40
#: Letters of a folder. Shorter ones ("de", "us") are languages and countries.
MIN_FOLDER_LETTERS = 3
#: The item of a menu that is a category of the post, in WordPress (`_wp_menu_item_classes_by_context`).
_CATEGORY_OF_POST = "li.menu-item-object-category.current-post-parent > a"
#: Classes and IDs of menus.
_MENU = re.compile(r"nav|menu|crumb")
#: Words that a folder may lack beside the text of its link, or the other way round: "Mind & Body" at /mind-and-body/.
_AND = frozenset(("and", "und", "et", "y", "e", "en", "og"))
_WORD = re.compile(r"[^\W_]+")
#: How addresses write the German letters that are no letters with an accent.
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def section_claims(tree: LexborHTMLParser, url: str, claims: Iterable[Claim]) -> Iterator[Claim]:
    """The sections that the menu names: the categories of a post of WordPress, then the deepest folder of the page at `url`. Whom
    one of the `claims` names as author, and not by a guess, has a folder of their own: "Jane Doe" at /jane-doe/a-post/."""
    authors = [key(c.value) for c in claims if c.field == "authors" and c.source.place not in GUESSES]
    for name in _names(tree, url):
        if not any(key(name) in author for author in authors):
            yield Claim("article_section", name, Source(Place.MENU))


def _names(tree: LexborHTMLParser, url: str) -> Iterator[str]:
    for link in tree.css(_CATEGORY_OF_POST)[:MAX_LINKS]:
        if name := text_of(link, MAX_NAME_CHARS):
            yield name
    page = _path(url)
    if page.count("/") < 2:
        return
    folders = {folder for folder in page.split("/")[1:-1] if len(folder) >= MIN_FOLDER_LETTERS}
    found: list[tuple[int, str]] = []
    for link in tree.css("a[href]")[:MAX_LINKS] if folders else ():
        reference = (link.attributes.get("href") or "").strip()
        # Most links lead elsewhere by their last part, which is quickly told.
        last = reference.rstrip("/").rpartition("/")[2]
        if (last.casefold() not in folders and "%" not in last) or "?" in reference or "#" in reference:
            continue
        address = absolute(reference, url)
        folder = _path(address) if address else ""
        if folder.count("/") and page.startswith(f"{folder}/") and site_of(address) == site_of(url):
            name = text_of(link, MAX_NAME_CHARS)
            if _is_named_like(name, folder) and _is_in_menu(link):
                found.append((folder.count("/"), name))
    if found:
        yield max(found, key=lambda one: one[0])[1]


def _path(url: str) -> str:
    """The path of an address in small letters, without a slash at its end."""
    return unquoted(parts_of(url).path).casefold().rstrip("/")


def _is_named_like(name: str, folder: str) -> bool:
    """Whether the text of a link is the name of the folder that it leads to.

    >>> pairs = (("Mind & Body", "/mind-and-body"), ("Märkte", "/news/maerkte"), ("All Cars", "/cars"), ("2008", "/2008"))
    >>> [_is_named_like(*pair) for pair in pairs]
    [True, True, False, False]
    """
    last = folder.rpartition("/")[2]
    letters = _letters(last)
    if len(letters) < MIN_FOLDER_LETTERS or not letters.isalpha() or last[0] in "@~":
        return False
    folded = name.casefold()
    return letters in (_letters(folded), _letters(folded.translate(_GERMAN)))


def _letters(text: str) -> str:
    words = _WORD.findall(without_accents(text))
    return key("".join(word for word in words if word not in _AND))


def _is_in_menu(link: LexborNode) -> bool:
    """Whether a link stands in a menu, a breadcrumb or the header of the site."""
    for up in upwards(link, MAX_ANCESTORS):
        names = f"{up.attributes.get('class') or ''} {up.attributes.get('id') or ''}".casefold()
        if up.tag in ("body", "html"):
            return False
        if up.tag in ("nav", "header") or _MENU.search(names):
            return True
    return False
