"""What marked elements of the page show: headings, microdata, and microformats near the headline.

WordPress, Blogger, Ghost, Substack and Medium themes mark authors and dates by `rel=author`, `<time>`, hAtom and
h-entry classes (microformats.org), or by classes of their own. What stands in comments, sidebars and teasers
is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from selectolax.lexbor import LexborNode

from newsarchive.core.metadata.claims import Claim, plain
from newsarchive.core.metadata.dates import parse, says_modified, says_published
from newsarchive.core.metadata.elements import Mark, text_of
from newsarchive.core.metadata.other_posts import Others
from newsarchive.core.metadata.person_names import parted
from newsarchive.core.metadata.sources import SECOND_HEADINGS, Place, Position, Source
from newsarchive.core.text.patterns import whole
from newsarchive.rules import Rules

#: The patterns of classes are for small letters, and begin with one: a search skips to it, as it cannot where case
#: does not matter or where what stands before comes first.
_ASIDE = re.compile(
    r"comment|respond|sidebar|side-bar|footer(?<!post-footer)(?<!entry-footer)(?<!article-footer)|widget|related|recommend|"
    r"popular|trending|teaser|latest|recent|more-|promo|newsletter|menu|read-?next|carousel|see-?also|repl(?:y|ies)|"
    rf"copyright|disqus|{whole('nav')}"
)
_ASIDES = ("footer", "nav", "aside")
#: Where Blogger and WordPress themes put author and date: the foot of the post itself.
_SIGNATURE = re.compile(r"(?:post|entry|article)-(?:footer|meta)", re.IGNORECASE)
_HEADLINE = re.compile(
    r"(?:entry|post|article|page|story|content|news|blog|single)[-_]*(?:title|headline)|(?:^|\s)(?:headline|p-name)(?:\s|$)"
)
#: One of these stands in all that `_HEADLINE` finds.
_TITLES = ("title", "headline", "p-name")
_AUTHOR = re.compile("author|autor|byline|writer")
_AUTHOR_NAME = re.compile(
    r"(?:author|autor|byline|writer)s?(?:__|--|[-_])?(?:name|link)|(?:^|\s)(?:author|p-author|fn)(?:\s|$)|vcard",
    re.IGNORECASE,
)
_NOT_AUTHOR = re.compile(
    r"bio|avatar|image|photo|picture|social|desc|about|box|date|time|title|job|role|follow|email|info|thumb|img",
    re.IGNORECASE,
)
_HOST = re.compile(r"^(?:https?:)?//[^/?#]+")
_DATE = re.compile("date(?<!update)(?<!candidate)(?<!validate)|datum|posted|publish|dt-")
_MODIFIED = re.compile("updat|modif|aktualis|last-?edit|revis")
#: Baidu's pages for authors call the time of publication `dateUpdate`.
_DATES = frozenset(["datePublished", "dateModified", "dateUpdate"])
_PROPERTIES = {
    "dateUpdate": "date_published",
    "datePublished": "date_published",
    "dateModified": "date_modified",
    "articleSection": "article_section",
    "alternativeHeadline": "alternative_headline",
    "description": "description",
    "inLanguage": "in_language",
    "headline": "headline",
}
#: Elements that themes use for the line over a headline, inside the heading.
_SMALL = frozenset(["small", "time", "sup"])
_HEADING_TAGS = frozenset(["h1", "h2", "h3", "div", "p", "span", "a"])
#: Properties that a list of other posts gives for each of them.
_OF_POSTS = frozenset(["datePublished", "dateModified", "author"])
_OBJECTS = frozenset(["keywords", "image", "publisher", "isAccessibleForFree"])
#: How many ancestors decide where a node stands.
_CLIMB = 12
#: Longest text of an element for authors, in characters.
_LONGEST_BYLINE = 160
#: Most elements in it that are set apart.
_PIECES = 20
#: Longest label before a date, in characters.
_LABEL = 40
#: How many marks after and before the headline count as near it, and how many are looked at in all on either side.
_AFTER, _BEFORE, _ELSEWHERE, _FAR = 25, 8, 100, 30
#: Unmarked headings of the second rank that are heard: a theme's first ones are the site's and the post's.
_SECONDS = 8
_MICRODATA = Source(Place.MICRODATA)


def headings(marks: Sequence[Mark], rules: Rules) -> Iterator[tuple[Claim, Mark]]:
    """What the page shows as a headline: `<h1>`, marked titles, and the first `<h2>`s."""
    seconds = 0
    for mark in marks:
        place = _heading_place(mark)
        seconds += place in SECOND_HEADINGS
        if place is None or (place in SECOND_HEADINGS and seconds > _SECONDS):
            continue
        text = text_of(mark.node, inline=True)
        if text and mark.tag == "h1":
            text = _without_kicker(text, mark.node, rules)
        if text:
            yield Claim("headline", text, Source(Place.HOME if _leads_home(mark.node) else place)), mark


def _without_kicker(text: str, heading: LexborNode, rules: Rules) -> str:
    """A headline without the line that is set over it inside the same heading: "Tunisia" and "A new government"."""
    first = _first_element(heading)
    if first is not None and first.tag in ("a", "span") and text_of(first, inline=True) == text:
        first = _first_element(first)  # all of it is a link
    if first is None or not (
        first.tag in _SMALL or _kicker(rules).search(first.attributes.get("class") or "")
    ):
        return text
    kicker = text_of(first, inline=True)
    rest = text[len(kicker) :].lstrip(" :–—|/·»-\u00a0") if kicker and text.startswith(kicker) else ""
    return rest if " " in rest else text


@lru_cache(maxsize=8)
def _kicker(rules: Rules) -> re.Pattern[str]:
    """What the class of a line over a headline says, by the table of boxes."""
    table = rules.metadata.get("boxes", {}).get("kicker", {})
    words = (rf"(?:^|[\s_-]){word}(?:[\s_-]|$)" for word in table.get("words", []))
    return re.compile("|".join([*table.get("parts", []), *words]) or r"(?!)", re.IGNORECASE)


def _first_element(node: LexborNode) -> LexborNode | None:
    """The element that a node opens with, `None` where text comes first."""
    child = node.child
    while child is not None and child.tag == "-text" and not (child.text(deep=False) or "").strip():
        child = child.next
    return child if child is not None and child.tag != "-text" else None


def _leads_home(node: LexborNode) -> bool:
    """Whether a heading is a link to the home page, as the site's name is in many themes."""
    link = node.css_first("a[href]")
    path = _HOST.sub("", (link.attributes.get("href") or "").strip()) if link is not None else "-"
    return path in ("/", "", "./", "index.html", "/index.html", "index.php", "/index.php")


def _heading_place(mark: Mark) -> Place | None:
    if mark.tag not in _HEADING_TAGS:
        return None
    marked = "headline" in mark.properties or (mark.names != "" and _says_headline(mark.names))
    if mark.tag == "h1":
        return Place.H1_MARKED if marked else Place.H1
    if mark.tag == "h2":
        return Place.H2_MARKED if marked else Place.H2
    return Place.HEADLINE if marked else None


@lru_cache(maxsize=2048)
def _says_headline(names: str) -> bool:
    names = names.lower()
    return any(word in names for word in _TITLES) and bool(_HEADLINE.search(names))


def stated(mark: Mark, rules: Rules) -> str:
    """The value of a mark: the `title` of an `<abbr>`, or of a `value-title` inside it, where that is a date
    (microformats' value class pattern; Blogger shows "8:30 AM" for a moment in ISO 8601), else what it shows."""
    node: LexborNode | None = mark.node
    if mark.tag != "abbr":
        node = (
            mark.node.css_first("abbr[title],.value-title[title]") if mark.names or mark.properties else None
        )
    title = plain(node.attributes.get("title")) if node is not None else ""
    if (
        title
        and not (mark.attributes.get("content") or mark.attributes.get("datetime"))
        and parse(title, rules)
    ):
        return title
    return mark.content


def microdata(marks: Sequence[Mark], rules: Rules, others: Others) -> Iterator[Claim]:
    """Properties of an article in microdata (HTML Living Standard, 5), but for what tells of other posts.

    Of several articles on a page the first one counts: a list of teasers has an author for each.
    """
    first: int | None = None
    for mark in marks:
        for name in mark.properties:
            if name in _OF_POSTS and others.holds(mark.node):
                continue
            if name in _PROPERTIES and not aside(mark.node):
                value = stated(mark, rules) if name in _DATES else mark.content
                yield Claim(_PROPERTIES[name], value, _MICRODATA)
            elif name == "author" and not aside(mark.node):
                scope = _article(mark.node)
                first = scope if first is None else first
                if scope != first:
                    continue
                inner = mark.node.css_first('[itemprop~="name"]')
                found = Mark(inner, "", inner.attributes, 0).content if inner is not None else mark.content
                yield Claim("authors", found, _MICRODATA, url=mark.attributes.get("href") or "")
            elif name in _OBJECTS and not aside(mark.node):
                yield from _object(mark, name)


def _article(node: LexborNode) -> int:
    """The identity of the item that a property belongs to, 0 for none."""
    up = node.parent
    for _ in range(_CLIMB * 2):
        if up is None:
            return 0
        if "itemscope" in up.attributes:
            return up.mem_id
        up = up.parent
    return 0


def _object(mark: Mark, name: str) -> Iterator[Claim]:
    """A property that is an object of its own, a list, or a truth value."""
    if name == "keywords":
        yield from (Claim(name, word.strip(), _MICRODATA) for word in re.split("[,;]", mark.content)[:50])
    elif name == "image":
        inner = mark.node.css_first('[itemprop~="url"],img')
        address = mark.address or (Mark(inner, "", inner.attributes, 0).address if inner is not None else "")
        yield Claim("image", address, _MICRODATA)
    elif name == "publisher":
        inner = mark.node.css_first('[itemprop~="name"]')
        text = Mark(inner, "", inner.attributes, 0).content if inner is not None else ""
        yield Claim(name, text, _MICRODATA)
    else:
        yield Claim("is_accessible_for_free", mark.content or mark.address, _MICRODATA)


def dates(marks: Sequence[Mark], headline: Mark | None, rules: Rules, others: Others) -> Iterator[Claim]:
    """Dates that are marked as such; the first near the headline apart from later ones and from those elsewhere.

    What tells of other posts is left out.
    """
    seen: set[Place] = set()
    around = _around(headline)
    for mark, near in nearest(marks, headline):
        place = _date_place(mark)
        if place is None:
            continue
        value = stated(mark, rules) or plain(mark.attributes.get("title"))
        if not 4 <= len(value) <= 80 or not any(map(str.isdigit, value)) or aside(mark.node, near=near):
            continue
        if others.holds(mark.node):
            others.refuse(Claim("date_published", value, Source(place)))
            continue
        label = _label(mark.node)
        if _is_modified(mark) or says_modified(value, rules) or says_modified(label, rules):
            yield Claim("date_modified", value, Source(place))
            continue
        if says_published(label, rules):
            place = Place.TIME_LABELLED if place is Place.TIME else Place.DATE_LABELLED
        near = near and not (
            headline is not None and mark.at < headline.at and _in_masthead(mark.node, around)
        )
        behind = Position.LATER if place in seen else Position.NEAR
        seen.add(place)
        yield Claim("date_published", value, Source(place, behind if near else Position.ELSEWHERE))


def _label(node: LexborNode) -> str:
    """The short text right before a node: "Published" in a heading or a span of its own."""
    before = node.prev
    for _ in range(2):
        if before is None:
            return ""
        text = (before.text(deep=True) or "")[:_LABEL].strip()
        if text:
            return text if len(text) < _LABEL else ""
        before = before.prev
    return ""


def _around(headline: Mark | None) -> frozenset[int]:
    """The elements that hold the headline, by their identity."""
    held, up = set(), headline.node.parent if headline is not None else None
    for _ in range(_CLIMB * 2):
        if up is None:
            break
        held.add(up.mem_id)
        up = up.parent
    return frozenset(held)


def _in_masthead(node: LexborNode, around: frozenset[int]) -> bool:
    """Whether a node stands in a header that does not hold the headline: there papers print today's date."""
    up = node.parent
    for _ in range(_CLIMB):
        if up is None or up.mem_id in around:
            return False
        if up.tag == "header":
            return True
        up = up.parent
    return False


def _date_place(mark: Mark) -> Place | None:
    if mark.tag == "time":
        return Place.TIME
    if mark.tag == "abbr":
        return Place.TIME if re.search(r"published|updated|date", mark.names) else None
    return Place.DATE if mark.names and mark.tag != "h1" and _says_date(mark.names) else None


@lru_cache(maxsize=2048)
def _says_date(names: str) -> bool:
    names = names.lower()
    return bool(_DATE.search(names) or _MODIFIED.search(names))


def _is_modified(mark: Mark) -> bool:
    names = f"{mark.names} {mark.attributes.get('itemprop') or ''}".lower()
    if "publish" in names or "created" in names:
        return False
    parent = mark.node.parent
    around = (parent.attributes.get("class") or "")[:200].lower() if parent is not None else ""
    return bool(_MODIFIED.search(names) or _MODIFIED.search(around))


def authors(marks: Sequence[Mark], headline: Mark | None, rules: Rules, others: Others) -> Iterator[Claim]:
    """Authors that are marked as such, those nearest to the headline first; not those of other posts."""
    for mark, near in nearest(marks, headline):
        place = _author_place(mark)
        if place is None or aside(mark.node, near=near) or others.holds(mark.node):
            continue
        if name := _names_in(mark.node, rules):
            source = Source(place, Position.NEAR if near else Position.ELSEWHERE)
            yield Claim("authors", name, source, url=mark.attributes.get("href") or "")


def _names_in(node: LexborNode, rules: Rules) -> str:
    """The text of an element for authors, with a comma between links or items that are names each."""
    text = text_of(node, _LONGEST_BYLINE)
    pieces = [text_of(child, _LONGEST_BYLINE) for child in node.css("a,li,span")[:_PIECES]] if text else []
    return parted(text, [p for p in pieces if p != text], rules) if pieces else text


def _author_place(mark: Mark) -> Place | None:
    if "author" in (mark.attributes.get("rel") or "").casefold().split():
        return Place.REL
    if not mark.names or "author" in mark.properties:
        return None
    return _author_class(mark.names)


@lru_cache(maxsize=2048)
def _author_class(names: str) -> Place | None:
    if not _AUTHOR.search(names.lower()):
        return None
    if _AUTHOR_NAME.search(names):
        return Place.AUTHOR
    return None if _NOT_AUTHOR.search(names) else Place.BYLINE


def nearest(marks: Sequence[Mark], headline: Mark | None) -> Iterator[tuple[Mark, bool]]:
    """Marks after the headline, then those before it, then the rest; and whether each is near."""
    if headline is None:
        yield from ((mark, False) for mark in marks[:_ELSEWHERE])
        return
    at = headline.at + 1
    yield from ((mark, True) for mark in marks[at : at + _AFTER])
    yield from ((mark, True) for mark in reversed(marks[max(0, at - _BEFORE) : at - 1]))
    yield from ((mark, False) for mark in marks[at + _AFTER : at + _ELSEWHERE])
    yield from ((mark, False) for mark in marks[max(0, at - _FAR) : max(0, at - _BEFORE)])


@lru_cache(maxsize=4096)
def _says_aside(names: str) -> bool:
    return bool(_ASIDE.search(names.lower()))


def aside(node: LexborNode, *, near: bool = False) -> bool:
    """Whether a node stands in comments, a sidebar, a footer, a list of teasers.

    Themes wrap the date below a headline in `<aside>`; there (`near`) only names count.
    """
    up: LexborNode | None = node
    for _ in range(_CLIMB):
        if up is None or up.tag in ("body", "html", "article", "main"):
            return False
        attributes = up.attributes
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}" if attributes else " "
        if (names != " " and _says_aside(names)) or (
            not near and up.tag in _ASIDES and not _SIGNATURE.search(names)
        ):
            return True
        up = up.parent
    return False
