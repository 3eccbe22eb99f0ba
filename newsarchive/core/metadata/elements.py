"""Find the elements of a page that may carry metadata, and read the claims of its head.

A page has thousands of elements, and about 100 of them may state a title, an author or a date. One CSS query finds
them all, so that the tree is walked once, in C. The head's elements (`<meta property="og:title" content="The ferry
returns">`, `<link>`, `<title>`, `<html lang>`) become claims here; which name states which field is data
(`data/metadata/names.toml`). All other elements are `Mark`s, which `markup` and `sections` read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import fold, upwards
from newsarchive.core.html.parsing import UNSEEN, without
from newsarchive.core.metadata.claims import (
    MAX_CLAIMS,
    MAX_LISTED_KEYWORDS,
    Claim,
    Place,
    Source,
    keyword_list,
    plain,
    source_of,
)
from newsarchive.core.metadata.person_names import says_by
from newsarchive.core.text.tolerant_json import loads
from newsarchive.core.urls import is_category, is_tag, parts_of
from newsarchive.rules import Rules

Attributes = dict[str, str | None]


def _holding(attribute: str, parts: Iterable[str], words: Iterable[str] = (), tag: str = "") -> str:
    """The selector of elements in whose attribute one of the parts stands, or one of the words by itself.

    A list of selectors is tried one by one at every element of a page. This one ends at once where the attribute is missing, so
    that all of `_QUERY` takes 1.0 instead of 1.5 ms a page.
    """
    ways = [
        *(f'[{attribute}*="{part}" i]' for part in parts),
        *(f'[{attribute}~="{word}" i]' for word in words),
    ]
    return f"{tag}[{attribute}]:is({','.join(ways)})"


#: Parts of the classes that themes give to titles, authors and dates. Each part costs time on every page, so rarer
#: words ("fecha", "auteur") are left to `bylines`, which reads the text near the headline.
_CLASSES = ["author", "autor", "byline", "date", "publish", "modif", "-title", "headline"]
#: Breadcrumbs by parts of their class or id: "breadcrumb", TYPO3's "rootline", the French "fil d'Ariane", and in Japan
#: "topic path" and "pankuzu" (crumbs of bread).
#: 35 of 1,282 real pages have breadcrumbs of these kinds and of `_BREADS` alone, neither the class "breadcrumb" nor schema.org's.
_CRUMBS = [
    "crumb", "breadcumb", "news_path", "channel-path", "rootline", "ariane", "topicpath", "topic-path", "pankuzu",
]  # fmt: skip
#: The same by a whole class: SPIP's "arbo", and "bread" in Japan.
_BREADS = ["arbo", "nav-bread", "bread"]
_IS_BREADCRUMB = re.compile(
    "|".join([*_CRUMBS, rf"(?<![\w-])(?:{'|'.join(_BREADS)})(?![\w-])"]), re.IGNORECASE
)
#: Parts of the image addresses that "Republish" buttons put into a copy, so that its publisher can count the readers, and those of
#: the wires of press releases.
_PIXELS = [
    "republication-pixel", "counter.theconversation.com", "pixel.propublica.org",
    "globenewswire.com/newsroom/ti", "rt.prnewswire.com", "cts.businesswire.com",
]  # fmt: skip
#: Parts of links that may lead to a category of posts (`urls.is_category`). Outside of WordPress few themes mark them with `rel`.
_CATEGORIES = ["/categor", "/kategor", "/rubri"]
#: Boxes for the categories of a post, whose links lead to them whatever their addresses are: `<span class="categories">`.
_CATEGORY_BOXES = frozenset(
    ("categories", "post-categories", "entry-categories", "article-categories", "cat-links")
)
#: The same for tags: Drupal's lead to `/taxonomy/term/7`, Bear's to `/blog/?q=ferry`.
TAG_BOXES = frozenset((
    "post-tags", "entry-tags", "article-tags", "post__tags", "article__tags", "tags-links", "tag-links",
    "field--name-field-tags", "field-name-field-tags",
))  # fmt: skip
#: Parts of links that may lead to a tag of posts (`urls.is_tag`).
_TAGS = ["/tag", "/etiqueta", "/schlagw", "/label/", "/keyword", "Subject%3Alist=", "Subject:list="]
#: Days and authors in RDFa, as Drupal states them: `<span property="dc:date dc:created" content="2012-02-04T12:00:00+02:00">`, which
#: is hidden in many themes, `<span rel="schema:author">`, and `<span typeof="sioc:UserAccount">`.
_RDFA = ["date", "created", "issued", "author", "creator"]
#: Such boxes. The steps from one to its links are written out: a space would take 4 ms more a page, and behind `:is()` it finds
#: children alone.
_BOXES = f":is(.{',.'.join(sorted(_CATEGORY_BOXES | TAG_BOXES | {'tags'}))})"
#: One selector, so that each element is found once.
_QUERY = ":is({})".format(
    ",".join(
        [
            'meta,link[rel~="canonical" i],link[rel~="machine-translated-from" i],link[rel~="shortlink" i],script[type*="ld+json" i],title',
            "h1,h2,h3.entry-header,time,figure,[itemprop],abbr[title],.h-entry .p-name",
            '[typeof~="sioc:UserAccount" i],[aria-label*="breadcrumb" i]',
            *(f"{_BOXES}{steps}>a[href]" for steps in ("", ">li", ">ul>li", ">span", ">div", ">div>div")),
            _holding("rel", (), ("author", "tag", "home", "schema:author")),
            _holding("property", _RDFA),
            _holding("class", [*_CRUMBS, *_CLASSES], _BREADS),
            _holding("id", _CRUMBS, _BREADS[-1:]),
            _holding("href", [*_CATEGORIES, *_TAGS], tag="a"),
            _holding("src", _PIXELS, tag="img"),
        ]
    )
)
#: Elements that are no marks, but for `_MARKS_BY_PROPERTY`.
_NO_MARKS = frozenset((
    "body", "html", "script", "style", "link", "input", "form", "button", "svg", "img", "source", "noscript",
    "select", "option", "meta", "title",
))  # fmt: skip
#: Elements that are marks where they have a microdata property.
_MARKS_BY_PROPERTY = frozenset(("img", "link", "meta"))
#: What makes a link a mark although it leads to a category or tag.
_MARKED = re.compile(
    "|".join([_IS_BREADCRUMB.pattern, *_CLASSES, r"(?<![\w-])p-name(?![\w-])"]), re.IGNORECASE
)
#: Links to categories, and links to tags, kept of one page; later ones are not.
MAX_TOPIC_LINKS = 100
#: Elements that are looked at; later ones are not. JSON-LD may stand below hundreds of comments, which fill the list of marks.
MAX_ELEMENTS = 20_000
#: JSON-LD scripts read of one page; later ones are not read.
MAX_SCRIPTS = 30
#: Canonical addresses, and pixels, that are kept of one page; later ones are not.
MAX_ADDRESSES = 3
#: Characters read of one script; the rest is cut off.
MAX_SCRIPT_CHARS = 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """An element that may carry a claim. `at` is its place among all marks in document order, `names` are its classes."""

    node: LexborNode
    tag: str
    attributes: Attributes
    at: int
    names: str = ""

    @property
    def is_breadcrumb(self) -> bool:
        """Whether the element calls itself a breadcrumb."""
        values = (self.names, self.attributes.get("id"), self.attributes.get("aria-label"))
        return any(value and _IS_BREADCRUMB.search(value) for value in values)

    @property
    def properties(self) -> list[str]:
        """The microdata properties of the element."""
        stated = self.attributes.get("itemprop")
        return stated.split() if stated else []

    @property
    def content(self) -> str:
        """The value of `content` or `datetime`, of a `<data>` its `value` (HTML Living Standard, 5.2.4), else the element's text."""
        value, time = self.attributes.get("content"), self.attributes.get("datetime")
        # Themes state a day as `content` and its time of day as well as `datetime`.
        value = time if not value or (time and time.startswith(value)) else value
        if not value and self.tag == "data":
            value = self.attributes.get("value")
        return plain(value) if value else text_of(self.node)

    @property
    def address(self) -> str:
        """The URL that the element states, relative or absolute."""
        found = (self.attributes.get(name) for name in ("content", "src", "href", "data-src"))
        return next((value.strip()[:2000] for value in found if value), "")


@dataclass(slots=True)
class Elements:
    """What the query found, grouped by the reader that it is for."""

    metas: list[Attributes] = field(default_factory=list)
    canonical: list[str] = field(default_factory=list)
    #: The page's address in short form, as WordPress and Drupal print it.
    short_links: list[str] = field(default_factory=list)
    #: The page from which a machine made this one: `<link rel="alternate machine-translated-from" hreflang=en href=…>`, as Google asks for.
    translated_from: list[str] = field(default_factory=list)
    pixels: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    title: str = ""
    language: str = ""
    marks: list[Mark] = field(default_factory=list)
    #: Links to categories without `rel=tag`; `at` is the number of marks before each.
    category_links: list[Mark] = field(default_factory=list)
    #: The same for links to tags.
    tag_links: list[Mark] = field(default_factory=list)


def read_elements(tree: LexborHTMLParser) -> Elements:
    """All elements that may carry metadata; the number of each kind is bounded."""
    out = Elements()
    root = tree.root
    if root is not None:
        attributes = root.attributes
        out.language = plain(attributes.get("lang") or attributes.get("xml:lang") or "")
    for node in tree.css(_QUERY)[:MAX_ELEMENTS]:
        tag, attributes = node.tag or "", node.attributes
        is_mark = tag not in _NO_MARKS or (tag in _MARKS_BY_PROPERTY and "itemprop" in attributes)
        if tag == "a":
            rel = (attributes.get("rel") or "").casefold().split()
            is_mark = _is_marked(attributes, rel)
            if "tag" not in rel:
                _keep_topic_link(out, node, attributes)
        elif tag == "meta" and attributes.get("content") and len(out.metas) < MAX_CLAIMS:
            out.metas.append(attributes)
        elif tag == "link" and (reference := attributes.get("href")) and len(out.canonical) < MAX_ADDRESSES:
            rel = (attributes.get("rel") or "").casefold().split()
            if "machine-translated-from" in rel:
                out.translated_from.append(reference)
            elif "canonical" in rel:
                out.canonical.append(reference)
            elif "shortlink" in rel:
                out.short_links.append(reference)
        elif tag == "img" and len(out.pixels) < MAX_ADDRESSES:
            source = (attributes.get("src") or "").strip()
            out.pixels += [source] if any(part in source.casefold() for part in _PIXELS) else []
        elif tag == "script" and len(out.scripts) < MAX_SCRIPTS:
            if "ld+json" in (attributes.get("type") or "").casefold():
                out.scripts.append((node.text(deep=True) or "")[:MAX_SCRIPT_CHARS])
        elif tag == "title":
            out.title = out.title or plain(node.text(deep=True))  # drawings (`<svg>`) have titles, too
        if is_mark and len(out.marks) < MAX_CLAIMS:
            out.marks.append(Mark(node, tag, attributes, len(out.marks), attributes.get("class") or ""))
    return out


def _is_marked(link: Attributes, rel: Iterable[str]) -> bool:
    """Whether a link with these attributes, and these words in its `rel`, is a mark."""
    said = f"{link.get('class') or ''} {link.get('id') or ''} {link.get('aria-label') or ''}"
    is_related = not {"author", "tag", "home"}.isdisjoint(rel)
    return "itemprop" in link or is_related or _MARKED.search(said) is not None


def _keep_topic_link(out: Elements, link: LexborNode, attributes: Attributes) -> None:
    """Add a link to the category links or the tag links of `out` where it leads to a category or a tag.

    They are kept apart from the marks: a menu of them would push what stands beside the headline out of its reach.
    """
    href = attributes.get("href") or ""
    # A link, or the list item that it is, may stand right in a box for the categories of a post. Drupal has a label beside the list.
    boxes = [(up.attributes.get("class") or "").split() for up in upwards(link.parent, 3)]
    is_elsewhere = parts_of(href).path in ("", "/")  # the home page, or a button of the list
    is_boxed = not is_elsewhere and any(not _CATEGORY_BOXES.isdisjoint(box) for box in boxes[:2])
    is_item = link.parent is not None and link.parent.tag == "li"
    in_tags = any(not TAG_BOXES.isdisjoint(box) for box in boxes) or "tags" in boxes[is_item]
    of_tag = is_tag(href) or (in_tags and not is_elsewhere and not is_category(href))
    for links, is_topic in (
        (out.category_links, is_boxed or (is_category(href) and not of_tag)),
        (out.tag_links, of_tag),
    ):
        if is_topic and len(links) < MAX_TOPIC_LINKS:
            links.append(Mark(link, "a", attributes, len(out.marks), attributes.get("class") or ""))


def text_of(node: LexborNode, max_chars: int = 400, *, inline: bool = False) -> str:
    """The text of an element with white space folded, "" where it has more than `max_chars` characters.

    The texts of children are separated by spaces. In `inline` content (a heading) they are separated only at breaks
    and blocks, and where a capital would stand behind a small letter, since themes put single letters into elements
    there. Readings above characters (`<rt>`) are no part of it, nor are styles and scripts.
    """
    apart = not inline or (node.child is not node.last_child and node.css_first("br,div,p,small") is not None)
    separator = " " if apart else _BORDER
    text = node.text(deep=True, separator=separator) or ""
    if inline and not text.isascii() and node.css_first("rt,rp") is not None:
        text = without(node, "rt,rp").text(deep=True, separator=separator) or ""
    if "{" in text and node.css_first(UNSEEN) is not None:
        text = without(node, UNSEEN).text(deep=True, separator=separator) or ""
    text = text if apart else _GLUED.sub(" ", text).replace(_BORDER, "")
    text = fold(text[: max_chars * 10])
    return plain(text) if len(text) <= max_chars else ""


def outer_element(node: LexborNode, *, last: bool = False) -> LexborNode | None:
    """The first child of a node, or the last one; `None` where text stands before it, or behind it."""
    child = node.last_child if last else node.child
    while child is not None and child.tag == "-text" and not (child.text(deep=False) or "").strip():
        child = child.prev if last else child.next
    return child if child is not None and child.tag != "-text" else None


#: Stands between the texts of elements until they are joined. HTML parsers let no NUL into a text.
_BORDER = "\0"
#: The border of two elements that have no space between them: "Regular Article" and "Late Pleistocene".
_GLUED = re.compile(r"(?<=[^\W\d_A-Z]{3})\0(?=[A-Z][^\W\d_A-Z]{2})")


#: The vocabularies of Open Graph in full, as Facebook's plugin for WordPress wrote them: `http://ogp.me/ns/article#published_time` is
#: `article:published_time`, `http://ogp.me/ns#title` is `og:title`.
_OGP = re.compile(r"\Ahttps?://ogp\.me/ns(?:/(\w+))?#")

#: The prefixes of Dublin Core in HTML: `DC.title`, `dcterms:created`, `DCTERMS.issued`, `DC.date.issued`.
_DUBLIN_CORE = re.compile(r"\A(?:dct|dcterms|dc)[.:](?:(?:dc)?terms[.:])?(?:date[.:])?(?=[a-z])")


#: Fields whose value is a URL.
_URL_FIELDS = frozenset({"image", "canonical_url", "original_source", "syndication_source"})


@lru_cache(maxsize=8)
def _fields_by_name(rules: Rules) -> Mapping[str, tuple[str, Source]]:
    """Name of a `<meta>` element in lower case → (field, source)."""
    rows = (
        (field, *row) for field, names in rules.metadata.get("names", {}).items() for row in names.items()
    )
    return {name.casefold(): (field, source_of(source)) for field, name, source in rows}


def claims(found: Elements, url: str, rules: Rules) -> list[Claim]:
    """The claims of the page's head. `url` is the address that references are relative to."""
    out = list(_metas(found.metas, url, rules))
    # Yoast's cards for Twitter and Slack have "Written by" as `twitter:label1`, and the name as `twitter:data1`.
    cards = {a.get("name") or a.get("property") or "": a.get("content") for a in found.metas}
    for number in "12":
        label, name = (plain(cards.get(f"twitter:{part}{number}")) for part in ("label", "data"))
        if says_by(label, rules):
            out.append(Claim("authors", name, Source(Place.META_LABEL)))
    out += [Claim("canonical_url", absolute(one, url), Source(Place.LINK)) for one in found.canonical]
    out += [Claim("own_address", absolute(one, url), Source(Place.LINK)) for one in found.short_links[:1]]
    out += [Claim("is_based_on", absolute(one, url), Source(Place.LINK)) for one in found.translated_from[:1]]
    out += [Claim("republication_pixel", absolute(one, url), Source(Place.MARKUP)) for one in found.pixels]
    out.append(Claim("headline", found.title, Source(Place.TITLE)))
    out.append(Claim("in_language", found.language, Source(Place.HTML)))
    return [claim for claim in out if claim.value]


def _metas(metas: list[Attributes], url: str, rules: Rules) -> Iterator[Claim]:
    names = _fields_by_name(rules)
    for attributes in metas:
        for attribute in ("property", "name", "http-equiv"):
            name, content = (
                (attributes.get(attribute) or "").strip().casefold(),
                attributes.get("content") or "",
            )
            stated = _of_parsely(content) if name == "parsely-page" else [(name, content)]
            known = [(*known_as, value) for key, value in stated if (known_as := names.get(_usual(key)))]
            for one in known:
                yield from _meta(*one, url)
            if known:
                break


def _usual(name: str) -> str:
    """The name of a `<meta>` element as `names.toml` has it: with the usual prefixes of Open Graph and Dublin Core, and of several
    properties (RDFa) the last one, which says more.

    >>> _usual("dcterms:created"), _usual("dc.date.issued"), _usual("dc:date dc:created")
    ('dc.created', 'dc.issued', 'dc.created')
    """
    last = name.rpartition(" ")[2] if ":" in name else name
    return _DUBLIN_CORE.sub("dc.", _OGP.sub(lambda match: f"{match[1] or 'og'}:", last))


def _of_parsely(content: str) -> Iterator[tuple[str, str]]:
    """The members of the JSON of Parse.ly's `<meta name="parsely-page">`, under the names of Parse.ly's other elements."""
    try:
        page = loads(content)
    except ValueError:
        return
    for key, value in page.items() if isinstance(page, dict) else ():
        for one in value[:MAX_LISTED_KEYWORDS] if isinstance(value, list) else [value]:
            yield f"parsely-{str(key).casefold().replace('_', '-')}", plain(one)


def _meta(field: str, source: Source, content: str, url: str) -> Iterator[Claim]:
    text = plain(content)
    if field in _URL_FIELDS:
        yield Claim(field, absolute(text, url), source)
    elif field == "keywords":  # Docusaurus joins the values of `article:tag` with commas too
        yield from (Claim(field, word, source) for word in keyword_list(text))
    else:
        yield Claim(field, text, source)


#: What programs print in the place of an address that they do not have.
_NO_ADDRESS = frozenset(("None", "null", "undefined", "nil", "NaN"))


def address_of(link: LexborNode | None, base: str) -> str:
    """The absolute address to which a link leads, "" for none and for `None`."""
    return absolute(link.attributes.get("href") or "", base) if link is not None else ""


def absolute(reference: str, base: str) -> str:
    """A reference as an absolute http or https URL, "" where it is none.

    >>> absolute("/ferry", "https://blog.example/"), absolute("None", "https://blog.example/")
    ('https://blog.example/ferry', '')

    What begins with the host of `base` lacks its scheme; it is no path of that host (El Mundo, 2012).

    >>> absolute("blog.example/ferry", "https://blog.example/news/1")
    'https://blog.example/ferry'
    """
    reference = reference.strip()
    host = reference.partition("/")[0]
    if "." in host and host.casefold() == parts_of(base).hostname:
        reference = f"//{reference}"
    try:
        url = urljoin(base, reference) if reference and reference not in _NO_ADDRESS else ""
    except ValueError:
        return ""
    return url if url[:8].casefold().startswith(("http://", "https://")) else ""
