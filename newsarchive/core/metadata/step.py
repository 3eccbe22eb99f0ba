"""What a page says of itself → the metadata fields of `Article`.

Five readers collect claims: `jsonld`, `head` (meta, link, title), `shown` (microdata, microformats, bylines,
headings), `told` (what the site's API, feed or sitemap says of the post), and the URL. What stands in a list of
other posts (`others`) is none of them. Then each field is decided by the table of trust (`data/metadata/trust.toml`), and every
claim is kept as a `Candidate` with the reason why it won or lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.metadata import (
    authors,
    bylines,
    dates,
    elements,
    headline,
    jsonld,
    markup,
    other_posts,
    publication_date,
    site_statements,
)
from newsarchive.core.metadata import sections as surroundings
from newsarchive.core.metadata.claims import MOST, Claim, best
from newsarchive.core.metadata.elements import Mark, read_elements
from newsarchive.core.metadata.person_names import clean, organisation
from newsarchive.core.metadata.sources import GUESSES, Place, Position, Qualifier, Source
from newsarchive.core.text.language import code, detect, finish_language
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import parts_of
from newsarchive.items import Block, Candidate, Image, Page
from newsarchive.rules import Rules

__all__ = ["finish_language", "read_metadata"]

#: Fields that trust alone decides.
_SIMPLE = (
    "alternative_headline",
    "article_section",
    "canonical_url",
    "is_based_on",
    "publisher",
)
#: Fields that are kept as candidates only: who may have published first.
_EVIDENCE = frozenset(
    [
        "original_source",
        "syndication_source",
        "republication_pixel",
        "source_organization",
        "copyright_holder",
        "credit_text",
        "article_publisher",
    ]
)
#: Sources that are believed on who wrote it without a look at the text.
_SIGNED = frozenset((
    Place.WP_JSON, Place.FEED, Place.JSON_LD, Place.META, Place.META_CITATION, Place.MICRODATA, Place.AUTHOR, Place.REL,
))  # fmt: skip
#: Where the head gives a title for machines, and the source of one that says the same as the headline in other words.
_TITLES = {
    Place.JSON_LD: Place.JSON_LD_TITLE,
    Place.OPEN_GRAPH: Place.OPEN_GRAPH_TITLE,
    Place.TWITTER: Place.TWITTER_TITLE,
}
#: Sources whose publisher is the name of the site.
_NAMES_SITE = frozenset((
    Place.OPEN_GRAPH, Place.JSON_LD_SITE, Place.JSON_LD, Place.META, Place.SITE, Place.SITEMAP,
))  # fmt: skip
#: Words for free and not (schema.org `isAccessibleForFree`; Open Graph's `article:content_tier`).
_FREE = {
    "true": True,
    "yes": True,
    "free": True,
    "false": False,
    "no": False,
    "locked": False,
    "metered": False,
}
#: Most keywords of one article.
_KEYWORDS = 50
#: Most blocks whose dates tell in which order the page writes day and month.
_ORDERED = 3000


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that a page claims, the names and sections that its claims are judged by, and its headline."""

    claims: list[Claim]
    site_names: list[str]
    sections: list[str]
    headline: str
    candidates: list[Candidate]
    #: The page's blocks but those that stand in lists of other posts, and the dates that stand there.
    own: list[Block]
    listed: list[Claim]

    def of(self, field: str) -> list[Claim]:
        """The claims for one field, in the order of their sources."""
        return [c for c in self.claims if c.field == field]


def read_metadata(
    tree: LexborHTMLParser, page: Page, blocks: Sequence[Block], rules: Rules
) -> dict[str, Any]:
    """The metadata of a page: names of `Article` fields → values, those that the page does not state left out.

    `tree` is the page as parsed, scripts still in it; `blocks` labelled `body` are read for the language.
    `candidates` holds every value offered, with the reason why it won or lost. Never raises on a bad page.
    """
    rules = dates.of_language(rules, _spoken(tree, blocks, rules))
    found = gather(tree, page, blocks, rules)
    out: dict[str, Any] = {"headline": found.headline}
    candidates = list(found.candidates)
    out["authors"], why = authors.decide(found.of("authors"), found.site_names, found.sections, blocks, rules)
    candidates += why
    candidates += _dates(out, found, page, blocks, rules)
    for decide in (_simple, _keywords, _image):
        candidates += decide(out, found, page, rules)
    said, refused = headline.own(found.of("description"), found.headline, blocks)
    out["description"], why = best(said, rules)
    candidates += why + refused
    candidates += _language(out, found, blocks, rules)
    candidates += [
        c.candidate(reason="evidence for the origin") for c in found.claims if c.field in _EVIDENCE
    ]
    for field in ("alternative_headline", "description"):
        if key(out[field]) == key(out["headline"]):
            out[field] = ""
    out["candidates"] = tuple(candidates)
    return {name: value for name, value in out.items() if value not in ("", (), None)}


def _spoken(tree: LexborHTMLParser, blocks: Sequence[Block], rules: Rules) -> str:
    """The language of a page that names a month as languages do not agree on, "" for any other page: the likeliest
    one of its text, however close its neighbours are, else what it declares."""
    if not dates.has_own((b.text for b in blocks), rules):
        return ""
    root = tree.css_first("html")
    declared = root.attributes.get("lang") or "" if root is not None else ""
    return detect("\n".join(b.text for b in blocks[:400] if b.label == "body"))[0] or code(declared)


def gather(tree: LexborHTMLParser, page: Page, blocks: Sequence[Block], rules: Rules) -> Gathered:
    """Read all claims; dates and authors are looked for around what shows the headline."""
    url = page.capture.base_url
    found = read_elements(tree)
    elsewhere = other_posts.Others(url, [page.capture.url, *found.canonical], rules)
    headings = list(markup.headings(found.marks, rules))
    elsewhere.stand(next((mark.node for _, mark in headings if mark.tag == "h1"), None))
    claims = [
        *jsonld.claims(found.scripts, url),
        *markup.microdata(found.marks, rules, elsewhere),
        *elements.claims(found, url, rules),
    ]
    claims += [claim for claim, _ in headings]
    said, of_another = site_statements.claims(page, [c.value for c in claims if c.field == "headline"], rules)
    claims += said
    names = _site_names(claims, url)
    sections = [c.value for c in claims if c.field == "article_section"]
    titles = [c for c in claims if c.field == "headline"]
    title, candidates, weighed = headline.decide(titles, names, sections, rules)
    anchor = _anchor(title, headings)
    elsewhere.stand(anchor.node if anchor else None)
    claims += [
        *markup.authors(found.marks, anchor, rules, elsewhere),
        *markup.dates(found.marks, anchor, rules, elsewhere),
    ]
    claims += surroundings.sections(found.marks, title)
    none = _no_sections(rules) | {key(title)}
    claims = [c for c in claims if c.field != "article_section" or key(c.value) not in none]
    sections = [c.value for c in claims if c.field == "article_section"]
    claims += surroundings.pictures(found.marks, [c.value for c in claims if c.field == "image"])
    if not any(c.field == "image_credit" and c.value for c in claims):
        claims = [c for c in claims if c.field != "image_caption" or surroundings.is_caption(c.value, blocks)]
    claims += surroundings.access(blocks)
    claims += _others(title, weighed)
    own = elsewhere.without(blocks, bylines.place(blocks, title))
    claims += bylines.claims(own, title, _known(claims, names, rules), rules)
    if not any(c.field == "authors" and c.source.place not in GUESSES for c in claims):
        claims += publication_date.authors_in_state(page.text, rules)
    if (day := dates.from_url(url)) is not None:
        claims.append(Claim("date_published", day.date().isoformat(), Source(Place.URL)))
    candidates += [
        replace(c, source=c.source.qualified(Qualifier.OF_OTHERS)).candidate(
            reason="stands in a list of other posts"
        )
        for c in elsewhere.refused
    ]
    kept = [c for c in claims if c.value][:MOST]
    return Gathered(kept, names, sections, title, candidates + of_another, own, elsewhere.refused)


@lru_cache(maxsize=8)
def _no_sections(rules: Rules) -> frozenset[str]:
    """What sites write where a section belongs, and is none."""
    return frozenset(map(key, rules.metadata.get("bylines", {}).get("no_section", {}).get("words", [])))


def _others(title: str, weighed: Sequence[Claim]) -> list[Claim]:
    """Titles that the head gives for machines and that say the same in other words: `alternative_headline`."""
    lost = [c for c in weighed if c.source.place in _TITLES and key(c.value) != key(title)]
    return [
        Claim("alternative_headline", c.value, Source(_TITLES[c.source.place]))
        for c in lost
        if headline.alike(c.value, title)
    ]


def _known(claims: Sequence[Claim], site_names: Sequence[str], rules: Rules) -> set[str]:
    """The fields that need no search in the text: a person is named who is not the site itself, a date given."""
    sites = set(map(key, site_names))
    known = {c.field for c in claims if c.field != "authors" and c.source.position is not Position.ELSEWHERE}
    signed = (c for c in claims if c.field == "authors" and c.source.bare in _SIGNED)
    people = (
        c.value
        for c in signed
        if key(c.value) not in sites and c.kind != "organisation" and not organisation(c.value, rules)
    )
    return known | {"authors"} if any(clean(name, rules) for name in people) else known


def _site_names(claims: Sequence[Claim], url: str) -> list[str]:
    """What the site calls itself, what leads to its home page, and its host name's words."""
    names = [c.value for c in claims if c.field == "publisher" and c.source.bare in _NAMES_SITE]
    names += [c.value for c in claims if c.source.place is Place.HOME]
    host = (parts_of(url).hostname or "").removeprefix("www.")
    return [*names, host, host.rsplit(".", 1)[0]] if host else names


def _simple(out: dict[str, Any], found: Gathered, page: Page, rules: Rules) -> list[Candidate]:
    candidates: list[Candidate] = []
    for field in _SIMPLE:
        said = [c for c in found.of(field) if key(c.value)]  # "/" names no publisher
        out[field], why = best(said, rules)
        candidates += why
    free, why = best(found.of("is_accessible_for_free"), rules)
    out["is_accessible_for_free"] = _FREE.get(free.rsplit("/", 1)[-1].casefold())
    return candidates + why


def _keywords(out: dict[str, Any], found: Gathered, page: Page, rules: Rules) -> list[Candidate]:
    """All keywords of the most trusted source. Feeds list sections among the tags: the post's own is no keyword."""
    section = key(out["article_section"])
    fed = [c for c in found.of("keywords") if c.source.bare is Place.FEED]
    listed = [c for c in fed if section and key(c.value) == section]
    claims = [c for c in found.of("keywords") if c not in listed]
    _, candidates = best(claims, rules)
    source = next((claim.source for claim, c in zip(claims, candidates, strict=True) if c.chosen), None)
    words: dict[str, str] = {}
    for claim in claims:
        if claim.source == source and key(claim.value) and len(claim.value) <= 80:
            words.setdefault(key(claim.value), claim.value)
    out["keywords"] = tuple(words.values())[:_KEYWORDS]
    reason = next((c.reason for c in candidates if c.chosen), "")
    told_apart = [c.candidate(reason="is the section") for c in listed]
    chosen = [
        replace(c, chosen=True, reason=reason) if claim.source == source else c
        for claim, c in zip(claims, candidates, strict=True)
    ]
    return chosen + told_apart


def _anchor(title: str, headings: Sequence[tuple[Claim, Mark]]) -> Mark | None:
    """The heading on the page that shows the headline, else the first `<h1>`."""
    same = [m for c, m in headings if headline.alike(c.value, title) > 0.8]
    first = [m for c, m in headings if m.tag == "h1"]
    return next(iter([*same, *first]), None)


def _dates(
    out: dict[str, Any], found: Gathered, page: Page, blocks: Sequence[Block], rules: Rules
) -> list[Candidate]:
    """Both dates. In which order the page writes day and month, `_month_first` tells."""
    changes, now = found.of("date_modified"), page.capture.fetched_at
    month_first = _month_first(found, blocks, rules)
    published = site_statements.judged(found.of("date_published"), rules, day_first=not month_first)
    offered = {
        "date_published": published + publication_date.changes(changes),
        "date_modified": changes,
    }
    candidates: list[Candidate] = []
    decided = {}
    for field, claims in offered.items():
        decided[field], why = publication_date.decide(claims, field, now, rules, month_first=month_first)
        candidates += why
    if decided["date_published"].value is None:
        decided["date_published"], why = publication_date.last_resort(
            _traces(found, page, found.own, rules), now
        )
        candidates += why
    for field, dated in decided.items():
        out[field], out[field + "_raw"] = dated.value, dated.raw
        out[field + "_source"] = str(dated.source) if dated.source else ""
    return candidates


def _tags(found: Gathered) -> list[str]:
    """The language tags of the page, those first that its author wrote for it: a theme's `og:locale` is often the one it
    came with, and so is the language that feed or API give for the whole site."""
    declared = found.of("in_language")
    declared = [c for c in declared if c.source.bare not in site_statements.OF_SITE] or declared
    return [c.value for c in sorted(declared, key=lambda c: c.source.bare is Place.OPEN_GRAPH)]


def _month_first(found: Gathered, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether 03/04 is March: by the site's own date of the post, by the dates of its other posts, by other dates in
    the page's text, else by the page's language and region."""
    own = site_statements.month_first([*found.of("date_published"), *found.of("date_modified")], rules)
    listed = (dates.certain(claim.value) for claim in found.listed)
    shown_order = next((order for order in (own, *listed) if order is not None), None)
    if shown_order is None:
        shown_order = dates.order_of(b.text for b in blocks[:_ORDERED])
    return dates.month_first_in(_tags(found), rules) if shown_order is None else shown_order


def _traces(
    found: Gathered, page: Page, blocks: Sequence[Block], rules: Rules
) -> Iterator[publication_date.Trace]:
    start = max(0, bylines.place(blocks, found.headline) - publication_date.BEFORE)
    claims = [*found.of("date_published"), *found.of("image")]
    url, now = page.capture.base_url, page.capture.fetched_at
    return publication_date.find(page.text, found.headline, claims, blocks[start:], url, now, rules)


def _language(out: dict[str, Any], found: Gathered, blocks: Sequence[Block], rules: Rules) -> list[Candidate]:
    declared, candidates = best(found.of("in_language"), rules)
    text = "\n".join(b.text for b in blocks[:400] if b.label == "body")[:5000]
    out["in_language"], out["in_language_source"] = finish_language(text, declared)
    return candidates


def _image(out: dict[str, Any], found: Gathered, page: Page, rules: Rules) -> list[Candidate]:
    """The main image, absolute, with the caption and credit that the page gives for it."""
    host = parts_of(page.capture.base_url).hostname or ""
    own = [c for c in found.of("image") if surroundings.of_the_site(c.value, host)]
    address, candidates = best([c for c in found.of("image") if c not in own], rules)
    candidates += [c.candidate(reason="the site's own picture") for c in own]
    caption, more = best(found.of("image_caption"), rules)
    credit, most = best(found.of("image_credit"), rules)
    if not credit:
        credit, caption = surroundings.split_credit(caption)
    address = elements.absolute(address, page.capture.base_url)
    out["image"] = Image(address, caption.strip(" :|·"), credit) if address else None
    return candidates + more + most
