"""Read schema.org in JSON-LD (W3C JSON-LD 1.1; schema.org/NewsArticle) → claims.

A page may write `{"@type": "NewsArticle", "author": "Jane Doe",}`, with a string in the place of an object and a comma
too many. Comments, `@graph`, lists in lists and references by `@id` occur as well. All of it is read as far as it makes
sense, and nothing raises.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any, NamedTuple

from newsarchive.core.metadata.claims import MAX_LISTED_KEYWORDS, Claim, Place, Source, keyword_list, plain
from newsarchive.core.text.tolerant_json import DECODER, loads, repaired, whole_characters
from newsarchive.core.urls import parts_of, url_key

Node = dict[str, Any]

#: JSON objects read of one page; later ones are not read.
MAX_NODES = 2000
#: Steps through the values of a page for each object that may be read: lists in lists hold values that are no objects.
MAX_STEPS_A_NODE = 10
#: Names read of one property; later ones are not read.
MAX_NAMES = 40
#: Plain values read of one property, such as two headlines; later ones are not read.
MAX_PLAIN_VALUES = 5
#: JSON values that stand one after another in one script; later ones are not read.
MAX_CONCATENATED = 20
#: Steps of a breadcrumb; later ones are not read.
MAX_BREADCRUMB_STEPS = 20
#: Characters of an address; the rest is cut off.
MAX_URL_CHARACTERS = 2000

#: What stands before the first value: the sign of a script, of a comment or of CDATA, whose own brackets begin no value.
_BEFORE_VALUE = re.compile(r"(?:[^{\[]*<!\[CDATA\[)?[^{\[]*")
#: What stands between the keywords of one text; in JSON-LD a bar too.
_KEYWORD_SEPARATORS = re.compile("[,;|，；、]")
#: The path of a site's front page, or of one of its languages: `/en/`, `/pt-br`.
_FRONT_PATH = re.compile(r"/*(?:[a-z]{2}(?:[-_][a-z]{2})?/*)?", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review|Recipe|HowTo|Story)$", re.IGNORECASE)
#: The vocabulary before the name of a property: "schema:headline", "http://schema.org/headline".
_OF_SCHEMA_ORG = re.compile(r"\A(?:https?://(?:www\.)?schema\.org/|schema:)")
_VOCABULARY = re.compile(r"\A.*[/#:]", re.DOTALL)
_ORGANISATION = re.compile(r"Organi[sz]ation$|^(?:Brand|Corporation|LocalBusiness)$")

#: schema.org property → field, for plain values.
_PLAIN = {
    "headline": "headline",
    "alternativeHeadline": "alternative_headline",
    "description": "description",
    "datePublished": "date_published",
    "dateModified": "date_modified",
    "inLanguage": "in_language",
    "articleSection": "article_section",
    "isAccessibleForFree": "is_accessible_for_free",
}
#: schema.org property → field, for what names a person or an organisation: evidence for the origin.
_NAMED = {
    "sourceOrganization": "source_organization",
    "provider": "source_organization",
    "copyrightHolder": "copyright_holder",
    "creditText": "credit_text",
}


class _About(NamedTuple):
    """The sources of what JSON-LD says of one thing: of its properties, of its `name` where that stands in for a missing
    `headline`, and of its `dateCreated` where that stands in for a missing `datePublished`."""

    source: Source
    name: Source
    created: Source


_OF_ARTICLE = _About(*map(Source, (Place.JSON_LD, Place.JSON_LD_NAME, Place.JSON_LD_CREATED)))
_OF_PAGE = _About(*map(Source, (Place.JSON_LD_PAGE, Place.JSON_LD_PAGE_NAME, Place.JSON_LD_PAGE_CREATED)))


def nodes(scripts: Iterable[str]) -> list[Node]:
    """The JSON objects in the page's JSON-LD scripts, outermost first, at most `MAX_NODES`, without the updates of a live blog: each is
    an article of this address, and none is the page's."""
    queue: deque[Any] = deque()
    for script in scripts:
        queue.extend(_values(script))
    out: list[Node] = []
    steps = 0
    while queue and len(out) < MAX_NODES and steps < MAX_NODES * MAX_STEPS_A_NODE:
        value, steps = queue.popleft(), steps + 1
        if isinstance(value, dict):
            out.append(value)
            for key in [key for key in value if key == "id" or _OF_SCHEMA_ORG.match(key)]:
                value.setdefault("@id" if key == "id" else _OF_SCHEMA_ORG.sub("", key), value.pop(key))
            queue.extend(v for k, v in value.items() if isinstance(v, dict | list) and k != "liveBlogUpdate")
        elif isinstance(value, list):
            queue.extend(v for v in value[:MAX_NODES] if isinstance(v, dict | list))
    return out


def _values(text: str) -> Iterator[Any]:
    """The JSON values of one script: tolerant of wrappers, raw line breaks, trailing commas and what `repaired` mends."""
    text = whole_characters(text.strip())
    try:
        value = loads(text)
        yield loads(value) if isinstance(value, str) else value  # JSON in a text: encoded twice
        return
    except ValueError:
        pass
    text = _BEFORE_VALUE.sub("", text, count=1)
    found = list(_concatenated(text))
    yield from found or _concatenated(repaired(unescape(text) if text.startswith("{&") else text))


def _concatenated(text: str) -> Iterator[Any]:
    """JSON values written one after another, as far as they can be read."""
    at = 0
    for _ in range(MAX_CONCATENATED):
        at = min((i for i in (text.find("{", at), text.find("[", at)) if i >= 0), default=-1)
        if at < 0:
            return
        try:
            value, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value


def types(node: Node) -> list[str]:
    """The node's types without their vocabulary: `http://schema.org/NewsArticle` and `schema:NewsArticle` are `NewsArticle`. In
    schema.org's context `type` is another name of `@type`."""
    stated = _list(node.get("@type") or node.get("type"))
    return [_VOCABULARY.sub("", t) for t in stated if isinstance(t, str)]


def claims(scripts: Iterable[str], url: str) -> list[Claim]:
    """What the page's JSON-LD says of the article at `url`."""
    found = nodes(scripts)
    by_id: dict[str, Node] = {}  # the fullest node of each `@id`
    for node in found:
        name = node.get("@id")
        if isinstance(name, str) and len(node) > len(by_id.get(name, {})):
            by_id[name] = node
    out: list[Claim] = []
    # The nodes of teasers name other addresses than this one.
    articles = [n for n in found if any(_ARTICLE.search(t) for t in types(n))]
    article = max(articles, key=lambda n: _fitness(n, url), default=None)
    if article is not None:
        out += _claims_of(article, by_id, _OF_ARTICLE)
    page = next((n for n in found if "WebPage" in types(n) or "ItemPage" in types(n)), None)
    if page is not None and page is not article:
        out += _claims_of(page, by_id, _OF_PAGE)
    out += _of_baidu(found)
    out += _breadcrumb(found, url)
    site = next((n for n in found if "WebSite" in types(n) and plain(n.get("name"))), None)
    if site is not None:
        # A blog of one person has its owner for a publisher in the graphs of plug-ins, and may be named otherwise.
        out = [c for c in out if (c.field, c.kind) != ("publisher", "person")]
        out.append(Claim("publisher", plain(site["name"]), Source(Place.JSON_LD_SITE)))
        out.append(Claim("own_address", _url(site.get("url")), Source(Place.JSON_LD_SITE)))
    return out


def _of_baidu(found: list[Node]) -> list[Claim]:
    """The days in the JSON-LD that Baidu asks for, on blogs of CSDN and many Chinese sites: `pubDate` and `upDate`.

    Source: https://ziyuan.baidu.com/contexts/cambrian.jsonld.
    """
    node = next((n for n in found if "cambrian" in str(n.get("@context"))[:MAX_URL_CHARACTERS]), None)
    if node is None:
        return []
    source = Source(Place.JSON_LD)
    days = (("date_published", node.get("pubDate")), ("date_modified", node.get("upDate")))
    return [Claim(field, plain(day), source) for field, day in days if isinstance(day, str) and day]


def _breadcrumb(found: list[Node], url: str) -> list[Claim]:
    """The section: the last item of the breadcrumb that is neither the home page nor the page itself."""
    trail: Node = next((n for n in found if "BreadcrumbList" in types(n)), {})
    listed = _list(trail.get("itemListElement"))[:MAX_BREADCRUMB_STEPS]
    steps = [step for step in listed if isinstance(step, dict)]
    steps.sort(key=lambda s: s["position"] if isinstance(s.get("position"), int) else 0)
    named = []
    for step in steps:
        item = step.get("item")
        at = _url(item)
        if step is steps[0] and (not at or _FRONT_PATH.fullmatch(parts_of(at).path)):
            continue
        is_page_itself = step is steps[-1] and (not at or _same_page(at, url) or _ends_like(at, url))
        if not is_page_itself and (not at or not _same_page(at, url)):
            named.append(plain(step.get("name")) or plain(_name(item) if isinstance(item, dict) else ""))
    return [Claim("article_section", named[-1], Source(Place.BREADCRUMB))] if named else []


def _ends_like(step: str, url: str) -> bool:
    """Whether an address ends in the same name as the page's: `/report-2025` and `/en/report-2025` are one page in two languages."""
    first, second = (parts_of(address).path.rstrip("/").rpartition("/")[2] for address in (step, url))
    return bool(first) and first == second and "?" not in step


def _fitness(node: Node, url: str) -> float:
    """How well a node of an article's type fits the page at `url`: it has a headline and names this address."""
    urls = [_url(node.get(k)) for k in ("url", "mainEntityOfPage", "@id")]
    named = [u for u in urls if u.startswith("http")]
    same = any(_same_page(u, url) for u in named)
    score = 3.0 * same - 2.0 * (bool(named) and not same)
    score += 1.0 * ("headline" in node) + 1.0 * ("datePublished" in node) + 0.5 * ("author" in node)
    return score - 1.0 * any(t in ("Review", "HowTo", "Recipe") for t in types(node))


def _same_page(one: str, other: str) -> bool:
    """Whether two addresses are of one page. One with a query and one without it are; `?p=1` and `?p=2` are not."""
    try:
        first, second = (url_key(url).casefold().partition("?") for url in (one, other))
    except ValueError:
        return False
    return first[0] == second[0] and (first[2] == second[2] or "" in (first[2], second[2]))


def _claims_of(node: Node, by_id: dict[str, Node], about: _About) -> list[Claim]:
    out: list[Claim] = []
    source = about.source
    for name, field in _PLAIN.items():
        for value in _list(node.get(name))[:MAX_PLAIN_VALUES]:
            text = plain(str(value) if isinstance(value, bool) else _name(value))
            if text:
                out.append(Claim(field, text, source))
    if "headline" not in node:
        out += [Claim("headline", t, about.name) for t in [plain(node.get("name"))] if t]
    if "datePublished" not in node and "dateCreated" in node:
        out.append(Claim("date_published", plain(node["dateCreated"]), about.created))
    out += _authors(node, by_id, source)
    out += _other_claims(node, by_id, source)
    return [c for c in out if c.value]


def _authors(node: Node, by_id: dict[str, Node], source: Source) -> Iterator[Claim]:
    """Authors, from `author`, else from `creator`. A Role holds its author under the same property (schema.org/Role). Ghost names the
    first author of a post there, and the others in a list of `contributor`."""
    found: list[Any] = []
    others = node.get("contributor") if "author" in node else None
    named = _list(node.get("author") or node.get("creator"))
    for value in [*named, *(others if isinstance(others, list) else ())][:MAX_NAMES]:
        is_role = isinstance(value, dict) and any(t.endswith("Role") for t in types(value))
        found += _list(value.get("author") or value.get("creator")) if is_role else [value]
    for value in found[:MAX_NAMES]:
        value = _resolve(value, by_id)
        kind, url = "", ""
        if isinstance(value, dict):
            # A site that belongs to a person is both in Yoast's graph.
            is_house = "Person" not in types(value) and any(_ORGANISATION.search(t) for t in types(value))
            kind = "organisation" if is_house else "person"
            url = _url(value.get("url")) or _url(value.get("sameAs"))
        for name in _list(_name(value))[:MAX_NAMES]:
            yield Claim("authors", plain(name), source, kind, url)


def _other_claims(node: Node, by_id: dict[str, Node], source: Source) -> Iterator[Claim]:
    keywords = _list(node.get("keywords"))
    if len(keywords) == 1 and isinstance(keywords[0], str):
        words = keyword_list(keywords[0], _KEYWORD_SEPARATORS)
    else:
        words = [plain(_name(one)).strip() for one in keywords[:MAX_LISTED_KEYWORDS]]
    yield from (Claim("keywords", word, source) for word in words)
    publisher = _resolve(next(iter(_list(node.get("publisher"))), None), by_id)
    kind = "person" if isinstance(publisher, dict) and "Person" in types(publisher) else ""
    yield Claim("publisher", plain(_name(publisher)), source, kind)
    yield Claim("canonical_url", _url(node.get("mainEntityOfPage")) or _url(node.get("url")), source)
    based_on = node.get("isBasedOn") or node.get("translationOfWork")
    yield Claim("is_based_on", _url(next(iter(_list(based_on)), "")), source)
    for name, field in _NAMED.items():
        holder = _resolve(next(iter(_list(node.get(name))), None), by_id)
        yield Claim(field, plain(_name(holder)), source)
    image = _resolve(next(iter(_list(node.get("image"))), None), by_id)
    stated = image.get("url") or image.get("contentUrl") if isinstance(image, dict) else image
    # Shopify's themes write "//cdn.shopify.com/…".
    yield Claim("image", _url(image) or (stated if isinstance(stated, str) else ""), source)
    if isinstance(image, dict):
        yield Claim("image_caption", plain(image.get("caption")), source)
        credit = image.get("creditText") or image.get("creator") or image.get("copyrightNotice")
        yield Claim("image_credit", plain(_name(next(iter(_list(credit)), ""))), source)


def _resolve(value: Any, by_id: dict[str, Node]) -> Any:
    """The node that a bare reference stands for: `{"@id": …}`, or the text of an `@id`."""
    if isinstance(value, str):
        return by_id.get(value, value)
    if isinstance(value, dict) and isinstance(value.get("@id"), str) and "name" not in value:
        return by_id.get(value["@id"], value)
    return value


def _name(value: Any) -> Any:
    """The name of an object, also one in two parts, or an object that has the name in its turn; of a name in several languages
    the first; anything else as it is."""
    if isinstance(value, dict):
        in_parts = " ".join(filter(None, map(plain, (value.get("givenName"), value.get("familyName")))))
        name = value.get("name") or value.get("@value") or value.get("alternateName") or in_parts
        name = name[0] if isinstance(name, list) and name and isinstance(name[0], dict) else name
        return name.get("@value") or name.get("name") or "" if isinstance(name, dict) else name
    return value


def _url(value: Any) -> str:
    """A URL written as such, as an object with `url` or `@id`, or as a list of either."""
    for _ in range(4):
        if isinstance(value, list):
            value = value[0] if value else ""
        elif isinstance(value, dict):
            value = value.get("url") or value.get("contentUrl") or value.get("@id") or ""
        else:
            break
    return value.strip()[:MAX_URL_CHARACTERS] if isinstance(value, str) and "://" in value[:20] else ""


def _list(value: Any) -> list[Any]:
    """The values of a property, also of one written as `@list`, `@set`, or a list in a list."""
    if isinstance(value, dict) and ("@list" in value or "@set" in value):
        value = value.get("@list") or value.get("@set")
    if value is None or value == "":
        return []
    values = value if isinstance(value, list) else [value]
    return [one for item in values for one in (item if isinstance(item, list) else [item])]
