"""What the page shows of itself: headings, microdata, microformats, bylines and dates near the headline.

WordPress, Blogger, Ghost, Substack and Medium themes mark authors and dates by `rel=author`, `<time>`, hAtom and
h-entry classes (microformats.org) or by classes of their own; which class means what is data:
`data/metadata/bylines.toml`. What stands in comments, sidebars and teasers is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.claims import MOST, Claim, plain

#: Everything that may carry a claim, in one query: the tree is walked once, in C.
SELECTOR = (
    'h1,h2,time,abbr[title],[itemprop],[rel~="author" i],[class*="byline" i],[class*="author" i],[class*="autor" i],'
    '[class*="auteur" i],[class*="writer" i],[class*="date" i],[class*="datum" i],[class*="posted" i],'
    '[class*="publish" i],[class*="fecha" i],[class*="dt-" i],[class*="entry-title" i],[class*="headline" i],[id*="author" i],[id*="date" i]'
)
_ASIDE = re.compile(
    r"comment|respond|sidebar|side-bar|footer|widget|related|recommend|popular|trending|teaser|latest|recent|more-|promo|newsletter|"
    r"\bnav\b|menu|read-?next|carousel|see-?also|reply|replies|copyright",
    re.IGNORECASE,
)
_HEADLINE = re.compile(
    r"(?:entry|post|article|page|story)[-_]?(?:title|headline)|^headline$|p-name", re.IGNORECASE
)
_AUTHOR = re.compile(r"author|autor|auteur|byline|writer|\bvcard\b", re.IGNORECASE)
_AUTHOR_NAME = re.compile(
    r"(?:author|autor|byline|writer)(?:__|--|[-_])?(?:name|link)|^author$|p-author|author vcard|^fn$|url fn",
    re.IGNORECASE,
)
_NOT_AUTHOR = re.compile(
    r"bio|avatar|image|photo|picture|social|desc|about|box|date|time|title|job|role|follow|email",
    re.IGNORECASE,
)
_DATE = re.compile(r"date|datum|posted|publish|fecha|dt-", re.IGNORECASE)
_MODIFIED = re.compile(r"updat|modif|dt-updated|aktualis|last-?edit|revis", re.IGNORECASE)
#: How many ancestors decide where a node stands.
_CLIMB = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """An element that may carry a claim: its node, attributes, and place in document order."""

    node: LexborNode
    tag: str
    attributes: dict[str, str | None]
    at: int

    @property
    def names(self) -> str:
        """Class and id, as written."""
        return f"{self.attributes.get('class') or ''} {self.attributes.get('id') or ''}".strip()


def marks(tree: LexborHTMLParser) -> list[Mark]:
    """The page's marked elements in document order, at most 400."""
    out: list[Mark] = []
    for node in tree.css(SELECTOR):
        if len(out) >= MOST:
            break
        if node.tag not in ("body", "html", "script", "style", "link", "input", "form"):
            out.append(Mark(node, node.tag or "", node.attributes, len(out)))
    return out


def text_of(node: LexborNode, most: int = 400) -> str:
    """The text of a short element, white space folded; "" for one that holds more than `most`."""
    spaced = node.css_first("br,div,p,span,li,a") is not None
    text = " ".join((node.text(deep=True, separator=" " if spaced else "") or "").split())
    return plain(text) if len(text) <= most else ""


def aside(node: LexborNode) -> bool:
    """Whether a node stands in comments, a sidebar, a footer, a list of teasers."""
    up: LexborNode | None = node
    for _ in range(_CLIMB):
        if up is None or up.tag in ("body", "html", "article", "main", None):
            return False
        if up.tag in ("footer", "nav", "aside"):
            return True
        attributes = up.attributes
        if _ASIDE.search(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"):
            return True
        up = up.parent
    return False


def headings(found: list[Mark]) -> Iterator[tuple[Claim, Mark]]:
    """What the page shows as a headline: `<h1>`, marked titles, and the first `<h2>`s."""
    seen_h2 = 0
    for mark in found:
        source = _heading_source(mark)
        if source == "markup h2":
            seen_h2 += 1
        if source and seen_h2 <= 8:
            text = text_of(mark.node)
            if text:
                yield Claim("headline", text, source), mark


def _heading_source(mark: Mark) -> str:
    item = (mark.attributes.get("itemprop") or "").split()
    marked = "headline" in item or bool(_HEADLINE.search(mark.attributes.get("class") or ""))
    if mark.tag == "h1":
        return "markup h1 marked" if marked else "markup h1"
    if mark.tag == "h2":
        return "markup h2 marked" if marked else "markup h2"
    return "markup headline" if marked and mark.tag in ("h3", "div", "p", "span", "a") else ""


def microdata(found: list[Mark]) -> Iterator[Claim]:
    """Properties of an article in microdata (WHATWG HTML, 5): the content of `content`, `datetime`, or text."""
    fields = {
        "datePublished": "date_published",
        "dateModified": "date_modified",
        "articleSection": "article_section",
        "alternativeHeadline": "alternative_headline",
        "description": "description",
        "inLanguage": "in_language",
        "headline": "headline",
    }
    for mark in found:
        for name in (mark.attributes.get("itemprop") or "").split():
            if name in fields and not aside(mark.node):
                yield Claim(fields[name], _content(mark), "microdata")


def _content(mark: Mark) -> str:
    value = mark.attributes.get("content") or mark.attributes.get("datetime")
    return plain(value) if value else text_of(mark.node)


def dates(found: list[Mark], headline: Mark | None) -> Iterator[Claim]:
    """Dates that are marked as such, those nearest to the headline first."""
    for mark, near in _nearest(found, headline):
        if mark.tag == "time" or _DATE.search(mark.names):
            value = _content(mark) or plain(mark.attributes.get("title"))
        elif mark.tag == "abbr" and re.search("published|updated|date", mark.names):
            value = plain(mark.attributes.get("title"))
        else:
            continue
        if not any(c.isdigit() for c in value) or len(value) > 120 or aside(mark.node):
            continue
        field = "date_modified" if _is_modified(mark) else "date_published"
        kind = "markup time" if mark.tag in ("time", "abbr") else "markup date"
        yield Claim(field, value, kind if near else kind + " elsewhere")


def _is_modified(mark: Mark) -> bool:
    names = mark.names + " " + (mark.attributes.get("itemprop") or "")
    if _MODIFIED.search(names) and not re.search("publish", names, re.IGNORECASE):
        return True
    parent = mark.node.parent
    return parent is not None and bool(_MODIFIED.search((parent.attributes.get("class") or "")[:200]))


def authors(found: list[Mark], headline: Mark | None) -> Iterator[Claim]:
    """Authors that are marked as such, those nearest to the headline first."""
    for mark, near in _nearest(found, headline):
        source = _author_source(mark)
        if not source or aside(mark.node):
            continue
        if source == "microdata":
            inner = mark.node.css_first('[itemprop~="name"]')
            name = _content(Mark(inner, "", inner.attributes, 0)) if inner is not None else _content(mark)
        else:
            name = text_of(mark.node, 160)
        if name:
            yield Claim(
                "authors",
                name,
                source if near or source == "microdata" else source + " elsewhere",
                url=mark.attributes.get("href") or "",
            )


def _author_source(mark: Mark) -> str:
    if "author" in (mark.attributes.get("itemprop") or "").split():
        return "microdata"
    if "author" in (mark.attributes.get("rel") or "").casefold().split():
        return "markup rel"
    names = mark.attributes.get("class") or ""
    if not _AUTHOR.search(names) and not _AUTHOR.search(mark.attributes.get("id") or ""):
        return ""
    if _AUTHOR_NAME.search(names):
        return "markup author"
    return "" if _NOT_AUTHOR.search(names) else "markup byline"


def _nearest(found: list[Mark], headline: Mark | None) -> Iterator[tuple[Mark, bool]]:
    """Marks by distance from the headline, after it before before it; and whether they are near."""
    if headline is None:
        yield from ((m, False) for m in found)
        return
    after = [m for m in found if m.at > headline.at]
    before = [m for m in reversed(found) if m.at < headline.at]
    yield from ((m, m.at - headline.at <= 25) for m in after[:25])
    yield from ((m, True) for m in before[:6])
    yield from ((m, False) for m in after[25:])


def near(node: LexborNode | None, most: int = 40) -> list[str]:
    """The lines after a node in document order: up to `most` texts of at most 160 characters."""
    out: list[str] = []
    up, steps = node, 0
    while up is not None and len(out) < most and steps < 400:
        following = up.next
        while following is not None and len(out) < most and steps < 400:
            steps += 1
            out += _lines(following, most - len(out))
            following = following.next
        up = up.parent
        if up is None or up.tag == "body":
            break
    return out


def _lines(node: LexborNode, most: int) -> list[str]:
    if node.tag in ("script", "style", "noscript", "nav", "footer", "form", "-comment"):
        return []
    if node.tag == "-text":
        texts = [node.text_content or ""]
    else:
        texts = []
        for child in node.traverse(include_text=True):
            if child.tag == "-text":
                texts.append(child.text_content or "")
                if len(texts) >= most * 2:
                    break
    return [t for text in texts if (t := " ".join(text.split())) and len(t) <= 160][:most]
