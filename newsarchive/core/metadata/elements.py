"""The elements of a page that may carry metadata, found in one query: the tree is walked once, in C.

`<meta>`, `<link>`, `<title>` and `<html lang>` → claims.

Which name states which field is data: `data/metadata/names.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import fold
from newsarchive.core.metadata.claims import MOST, Claim, plain
from newsarchive.core.metadata.person_names import says_by
from newsarchive.core.metadata.sources import Place, Source, source_of
from newsarchive.rules import Rules

Attributes = dict[str, str | None]

#: Headings, times, microdata, microformats, and what classes of titles, authors and dates hold. Each part costs
#: time on every page, so that rarer words ("fecha", "auteur") are left to the text near the headline.
_CLASSES = ["breadcrumb", "author", "autor", "byline", "date", "publish", "-title", "headline"]
# What "Republish" buttons put into a copy so that its publisher can count the readers.
_PIXELS = ["republication-pixel", "counter.theconversation.com", "pixel.propublica.org"]
_QUERY = ",".join(
    [
        'meta,link[rel~="canonical" i],script[type*="ld+json" i],title',
        'h1,h2,time,figure,[itemprop],[rel~="author" i],[rel~="tag" i],abbr[title]',
        *(f'[class*="{word}" i]' for word in _CLASSES),
        *(f'img[src*="{part}" i]' for part in _PIXELS),
    ]
)
_NEVER = frozenset(
    [
        "body",
        "html",
        "script",
        "style",
        "link",
        "input",
        "form",
        "button",
        "svg",
        "img",
        "source",
        "noscript",
        "select",
        "option",
    ]
)
#: Most scripts read, and characters of each.
_SCRIPTS, _LONGEST_SCRIPT = 30, 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """An element that may carry a claim: its attributes, its place in document order, and its classes (`names`)."""

    node: LexborNode
    tag: str
    attributes: Attributes
    at: int
    names: str = ""

    @property
    def properties(self) -> list[str]:
        """Its microdata properties."""
        stated = self.attributes.get("itemprop")
        return stated.split() if stated else []

    @property
    def content(self) -> str:
        """What the element states: the value of `content` or `datetime`, else its text."""
        value = self.attributes.get("content") or self.attributes.get("datetime")
        return plain(value) if value else text_of(self.node)

    @property
    def address(self) -> str:
        """The URL that the element states, as it stands there."""
        found = (self.attributes.get(name) for name in ("content", "src", "href", "data-src"))
        return next((value.strip()[:2000] for value in found if value), "")


@dataclass(slots=True)
class Elements:
    """What one query found, by the reader that it is for."""

    metas: list[Attributes] = field(default_factory=list)
    canonical: list[str] = field(default_factory=list)
    pixels: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    title: str = ""
    language: str = ""
    marks: list[Mark] = field(default_factory=list)


def read_elements(tree: LexborHTMLParser) -> Elements:
    """All elements that readers of metadata look at, each kind bounded in number."""
    out = Elements()
    root = tree.root
    if root is not None:
        attributes = root.attributes
        out.language = plain(attributes.get("lang") or attributes.get("xml:lang") or "")
    for node in tree.css(_QUERY):
        tag = node.tag or ""
        add = _ADD.get(tag, _add_mark)
        add(out, node, tag)
        if len(out.marks) >= MOST:
            break
    return out


def _add_meta(out: Elements, node: LexborNode, tag: str) -> None:
    attributes = node.attributes
    if len(out.metas) < MOST and attributes.get("content"):
        out.metas.append(attributes)
    if "itemprop" in attributes:
        _add_mark(out, node, tag)


def _add_link(out: Elements, node: LexborNode, tag: str) -> None:
    reference = node.attributes.get("href")
    if "itemprop" in node.attributes:
        _add_mark(out, node, tag)
    if reference and "canonical" in (node.attributes.get("rel") or "").casefold() and len(out.canonical) < 3:
        out.canonical.append(reference)


def _add_pixel(out: Elements, node: LexborNode, tag: str) -> None:
    source = (node.attributes.get("src") or "").strip()
    if len(out.pixels) < 3 and any(part in source.casefold() for part in _PIXELS):
        out.pixels.append(source)
    if "itemprop" in node.attributes:
        _add_mark(out, node, tag)


def _add_script(out: Elements, node: LexborNode, tag: str) -> None:
    if len(out.scripts) < _SCRIPTS and "ld+json" in (node.attributes.get("type") or "").casefold():
        out.scripts.append((node.text(deep=True) or "")[:_LONGEST_SCRIPT])


def _add_title(out: Elements, node: LexborNode, tag: str) -> None:
    """The first one counts; drawings have titles too."""
    out.title = out.title or plain(node.text(deep=True))


def _add_mark(out: Elements, node: LexborNode, tag: str) -> None:
    if tag not in _NEVER or (tag in ("img", "link") and "itemprop" in node.attributes):
        attributes = node.attributes
        out.marks.append(Mark(node, tag, attributes, len(out.marks), attributes.get("class") or ""))


_ADD: dict[str, Callable[[Elements, LexborNode, str], None]] = {
    "meta": _add_meta,
    "img": _add_pixel,
    "link": _add_link,
    "script": _add_script,
    "title": _add_title,
}


def text_of(node: LexborNode, most: int = 400, *, inline: bool = False) -> str:
    """The text of a short element, white space folded; "" for one that holds more than `most` characters.

    Children are parted by spaces; in `inline` content (a heading) only at breaks and blocks, since themes set
    single letters apart there.
    """
    apart = not inline or (node.child is not node.last_child and node.css_first("br,div,p,small") is not None)
    text = node.text(deep=True, separator=" " if apart else "") or ""
    text = fold(text[: most * 10])
    return plain(text) if len(text) <= most else ""


#: Fields whose value is a URL, to be made absolute.
URLS = frozenset({"image", "canonical_url", "original_source", "syndication_source"})
_LINK, _MARKUP, _TITLE, _HTML = map(Source, (Place.LINK, Place.MARKUP, Place.TITLE, Place.HTML))
_LABEL = Source(Place.META_LABEL)


@lru_cache(maxsize=8)
def _names(rules: Rules) -> Mapping[str, tuple[str, Source]]:
    """Name in lower case → (field, source)."""
    table = rules.metadata.get("names", {})
    return {
        name.casefold(): (field, source_of(source))
        for field, names in table.items()
        for name, source in names.items()
    }


def claims(found: Elements, url: str, rules: Rules) -> list[Claim]:
    """What the page's head says."""
    out = [*_metas(found.metas, url, rules), *_labelled(found.metas, rules)]
    out += [Claim("canonical_url", absolute(reference, url), _LINK) for reference in found.canonical]
    out += [Claim("republication_pixel", absolute(source, url), _MARKUP) for source in found.pixels]
    out += [Claim("headline", found.title, _TITLE), Claim("in_language", found.language, _HTML)]
    return [claim for claim in out if claim.value]


def _metas(metas: list[Attributes], url: str, rules: Rules) -> Iterator[Claim]:
    names = _names(rules)
    for attributes in metas:
        for attribute in ("property", "name", "http-equiv"):
            known = names.get((attributes.get(attribute) or "").strip().casefold())
            if known is not None:
                yield from _meta(*known, attributes.get("content") or "", url)
                break


def _labelled(metas: list[Attributes], rules: Rules) -> Iterator[Claim]:
    """What cards for Twitter and Slack show under a word for "by": `twitter:label1`, `twitter:data1` (Yoast)."""
    named = ((a.get("name") or a.get("property") or "", a.get("content")) for a in metas)
    said = {name: plain(value) for name, value in named if name.startswith(("twitter:label", "twitter:data"))}
    for number in "12":
        if says_by(said.get(f"twitter:label{number}", ""), rules):
            yield Claim("authors", said.get(f"twitter:data{number}", ""), _LABEL)


def _meta(field: str, source: Source, content: str, url: str) -> Iterator[Claim]:
    text = plain(content)
    if field in URLS:
        yield Claim(field, absolute(text, url), source)
    elif field == "keywords" and source.place is not Place.OPEN_GRAPH:
        yield from (Claim(field, " ".join(word.split()), source) for word in text.split(",")[:100])
    else:
        yield Claim(field, text, source)


def absolute(reference: str, base: str) -> str:
    """A reference as an absolute http(s) URL, "" for anything else."""
    try:
        url = urljoin(base, reference.strip()) if reference.strip() else ""
    except ValueError:
        return ""
    return url if url[:8].casefold().startswith(("http://", "https://")) else ""
