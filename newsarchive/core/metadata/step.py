"""Decide the metadata fields of `Article` from what a page and its site state.

`<title>` may read "The mill closes - Harbour Post", the heading "The mill closes". Readers collect such claims:
`jsonld`, `elements` (meta, link, title), `markup` (headings, microdata, microformats), `bylines` (plain text),
`sections` (section, tags, picture) and `site_statements` (API, feed, sitemap); the URL may state a date. Claims in
lists of other posts (`other_posts`) do not count. Then each field is decided by the tables of trust
(`data/metadata/trust.toml`, `points.toml`), and every claim is kept as a `Candidate` with the reason why it won or lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.metadata import (
    authors,
    bylines,
    eastern_titles,
    elements,
    guessed_names,
    headline,
    jsonld,
    markup,
    pictures,
    publication_date,
    sections,
    site_statements,
    wechat,
)
from newsarchive.core.metadata.claims import (
    FIRST_HEADINGS,
    GUESSES,
    JSON_LD,
    MAX_CLAIMS,
    OPEN_GRAPH,
    Claim,
    Place,
    Position,
    Qualifier,
    Source,
    best,
)
from newsarchive.core.metadata.elements import read_elements
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.person_names import clean, kind_of, like_a_name
from newsarchive.core.text import dates
from newsarchive.core.text.language import code, detect, finish_language
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import names_host, parts_of, same_site
from newsarchive.items import Block, Candidate, Image, Page
from newsarchive.rules import Rules

__all__ = ["finish_language", "read_metadata"]

#: Words of a headline that no section has; a shorter heading of a page may name its section.
MIN_HEADLINE_WORDS = 4
#: The path of a site's front page.
_FRONT = re.compile(r"/*(?:index\.\w{3,5})?")
#: Fields that are decided by trust alone.
_SIMPLE = ("alternative_headline", "article_section", "canonical_url", "is_based_on", "publisher")
#: Fields whose claims are only kept as candidates: they tell who may have published first.
_EVIDENCE = frozenset((
    "original_source", "syndication_source", "republication_pixel", "source_organization", "copyright_holder",
    "credit_text", "article_publisher",
))  # fmt: skip
#: Sources that are believed on the author without a look at the text.
_SURE_OF_AUTHOR = frozenset((
    Place.WP_JSON, Place.FEED, Place.JSON_LD, Place.META, Place.META_CITATION, Place.MICRODATA, Place.AUTHOR, Place.REL,
))  # fmt: skip
#: Place of a title in the head → the place of an alternative headline that is read from it.
_TITLE_PLACES = {
    Place.JSON_LD: Place.JSON_LD_TITLE,
    Place.OPEN_GRAPH: Place.OPEN_GRAPH_TITLE,
    Place.TWITTER: Place.TWITTER_TITLE,
}
#: Sources whose publisher is the name of the site.
_NAMES_SITE = frozenset((
    Place.OPEN_GRAPH, Place.JSON_LD_SITE, Place.JSON_LD, Place.META, Place.SITE, Place.SITEMAP, Place.TITLE,
))  # fmt: skip
#: The beginning of an address or an account in the place of a publisher's name.
_NO_NAME = re.compile(r"\s*(?:https?://|@\w)", re.IGNORECASE)
#: What parts the name of a site from a title that it was cut off.
_AROUND_NAME = " \u00a0-–—|·•:~⋅"
#: Words for free and not free (schema.org `isAccessibleForFree`; Open Graph's `article:content_tier`).
_FREE = dict.fromkeys(("true", "yes", "free"), True) | dict.fromkeys(
    ("false", "no", "locked", "metered"), False
)
#: Likeness (`headline.alike`) of a heading and the headline. Above, the heading shows the headline.
MIN_HEADLINE_LIKENESS = 0.8
#: Blocks whose dates tell in which order the page writes day and month; later ones are not read.
MAX_ORDER_BLOCKS = 3000
#: Blocks of the article from which the language is detected; later ones are not read.
MAX_LANGUAGE_BLOCKS = 400
#: Characters from which the language is detected; the rest is not read.
MAX_LANGUAGE_CHARS = 5000


@dataclass(frozen=True, slots=True)
class Gathered:
    """All claims of a page, the names and sections that they are judged by, and the headline.

    `own` are the page's blocks without those in lists of other posts, `listed` the dates in such lists.
    """

    claims: list[Claim]
    site_names: list[str]
    sections: list[str]
    headline: str
    candidates: list[Candidate]
    own: list[Block]
    listed: list[Claim]

    def of(self, field: str) -> list[Claim]:
        """The claims for one field, in the order of their sources."""
        return [c for c in self.claims if c.field == field]


def read_metadata(
    tree: LexborHTMLParser, page: Page, blocks: Sequence[Block], rules: Rules
) -> dict[str, Any]:
    """The metadata of a page: names of `Article` fields → values. Fields that the page does not state are left out.

    `tree` is the parsed page, scripts included. The language is detected in the `blocks` labelled `body`. `candidates`
    holds every value offered, with the reason why it won or lost. Never raises on a bad page.
    """
    rules = dates.of_language(rules, _language_of_months(tree, blocks, rules))
    found = gather(tree, page, blocks, rules)
    out: dict[str, Any] = {"headline": found.headline}
    candidates = list(found.candidates)
    out["authors"], why = authors.decide(found.of("authors"), found.site_names, found.sections, blocks, rules)
    candidates += why
    candidates += _dates(out, found, page, blocks, rules)
    for decide in (_simple_fields, _keywords, _image):
        candidates += decide(out, found, page, rules)
    descriptions, refused = headline.own_descriptions(found.of("description"), found.headline, blocks)
    out["description"], why = best(descriptions, rules)
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


def _language_of_months(tree: LexborHTMLParser, blocks: Sequence[Block], rules: Rules) -> str:
    """The language of a page that holds a month's name of different meaning in different languages, "" for any other
    page: the likeliest language of the text where it has such names, else the language that the page declares."""
    if not dates.has_own((b.text for b in blocks), rules):
        return ""
    root = tree.css_first("html")
    declared = root.attributes.get("lang") or "" if root is not None else ""
    found = detect(_body_text(blocks))[0]
    return found if found in rules.metadata.get("months", {}).get("own", {}) else code(declared)


def _body_text(blocks: Sequence[Block]) -> str:
    return "\n".join(islice((b.text for b in blocks if b.label == "body"), MAX_LANGUAGE_BLOCKS))


def gather(tree: LexborHTMLParser, page: Page, blocks: Sequence[Block], rules: Rules) -> Gathered:
    """Read all claims of a page. Dates and authors are looked for around the heading that shows the headline."""
    url = page.capture.base_url
    found = read_elements(tree)
    other_posts = OtherPosts(url, [page.capture.url, *found.canonical], rules)
    headings = list(markup.headings(found.marks, url, rules))
    other_posts.set_headline(next((mark.node for _, mark in headings if mark.tag == "h1"), None))
    claims = [
        *jsonld.claims(found.scripts, url),
        *markup.microdata(found.marks, rules, other_posts),
        *elements.claims(found, url, rules),
        *wechat.account(page.text),
    ]
    claims += [claim for claim, _ in headings]
    titles = [c.value for c in claims if c.field == "headline"]
    of_site, of_another = site_statements.claims(page, titles, rules)
    claims = _without_false_publishers(_without_titles_as_names(claims + of_site), url, rules)
    if not any(c.field == "publisher" and key(c.value) for c in claims):
        claims += _sites_in_titles(claims, rules)
    site_names = _site_names(claims, url)
    section_names = [c.value for c in claims if c.field == "article_section"]
    offered, refused = headline.without_folders([c for c in claims if c.field == "headline"], url)
    title, candidates, weighed = headline.decide(offered, site_names, section_names, rules, blocks, url)
    candidates += refused
    shown = (m for c, m in headings if headline.alike(c.value, title) > MIN_HEADLINE_LIKENESS)
    anchor = next(chain(shown, (m for _, m in headings if m.tag == "h1")), None)  # else the first `<h1>`
    other_posts.set_headline(anchor.node if anchor else None)
    claims += markup.authors(found.marks, anchor, rules, other_posts)
    claims += guessed_names.at_profiles(claims, tree, url, rules)
    claims += markup.dates(found.marks, anchor, rules, other_posts)
    claims += publication_date.in_comment(page.text)
    claims += _site_names_in_titles(claims, title, tree, url)
    publishers = [c for c in claims if c.field == "publisher" and key(c.value)]
    folders = set(map(key, parts_of(url).path.split("/")[:-1]))
    # "Health" below /health/ is a section where the title ends in the paper.
    if all(key(c.value) in folders for c in publishers):
        heads = [c.value for c in claims if c.field == "headline" and c.source.place is Place.TITLE]
        named = [c for c in headline.names_like_host(heads, title, url) if not _NO_NAME.match(c.value)]
        if named and publishers:
            candidates += [c.candidate(reason="a folder of the address") for c in publishers]
            claims = [c for c in claims if c not in publishers]
        claims += named
    claims += sections.section_claims(found.marks, title, rules)
    claims += sections.linked_categories(found.category_links, anchor, other_posts)
    claims += sections.linked_tags(found.tag_links, anchor, other_posts, url)
    if not any(c.field == "keywords" for c in claims):
        claims += sections.printed_tags(tree, anchor, other_posts)
    headlines = [t for t in titles if t.count(" ") >= MIN_HEADLINE_WORDS - 1]  # a heading may be the section
    people = (
        c.value for c in claims if c.field == "authors" and c.kind == "person" and like_a_name(c.value, rules)
    )
    named_publishers = (c.value for c in claims if c.field == "publisher")
    no_names = (title, *headlines, *site_names, *named_publishers, *people)
    no_sections = _no_sections(rules).union(map(key, no_names))
    claims = sections.named(claims, no_sections, rules)
    section_names = [c.value for c in claims if c.field == "article_section"]
    if not any(c.field == "image" and c.value for c in claims):
        claims += pictures.heading_picture(anchor)
    claims += pictures.picture_claims(found.marks, [c.value for c in claims if c.field == "image"])
    if not any(c.field == "image" and c.value for c in claims):
        claims += pictures.featured_picture(tree, anchor, other_posts)
    if not any(c.field == "image_credit" and c.value for c in claims):
        claims = [c for c in claims if c.field != "image_caption" or pictures.is_caption(c.value, blocks)]
    claims += sections.paywall_claims(blocks, rules)
    claims += _alternative_headlines(title, weighed)
    claims += headline.original_headlines(blocks, rules)
    own = other_posts.without(blocks, bylines.headline_index(blocks, title))
    claims += bylines.claims(own, title, _known_fields(claims, site_names, rules), rules)
    if not any(c.field == "authors" and c.source.place not in GUESSES for c in claims):
        claims += publication_date.authors_in_scripts(page.text, rules)
    if (day := dates.from_url(url)) is not None:
        claims.append(Claim("date_published", day.date().isoformat(), Source(Place.URL)))
    of_others = (replace(c, source=c.source.qualified(Qualifier.OF_OTHERS)) for c in other_posts.refused)
    candidates += [c.candidate(reason="stands in a list of other posts") for c in of_others]
    candidates += of_another
    # A page may list hundreds of keywords, which must leave room for all other claims.
    kept = sorted((c for c in claims if c.value), key=lambda c: c.field == "keywords")[:MAX_CLAIMS]
    return Gathered(kept, site_names, section_names, title, candidates, own, other_posts.refused)


@lru_cache(maxsize=8)
def _no_sections(rules: Rules) -> frozenset[str]:
    """Words that sites write in the place of a section, such as "Uncategorized"."""
    return frozenset(map(key, rules.metadata.get("bylines", {}).get("no_section", {}).get("words", [])))


def _alternative_headlines(title: str, weighed: Sequence[Claim]) -> list[Claim]:
    """Titles in the head that say the same as the headline in other words."""
    return [
        Claim("alternative_headline", c.value, Source(_TITLE_PLACES[c.source.place]))
        for c in weighed
        if c.source.place in _TITLE_PLACES and key(c.value) != key(title) and headline.alike(c.value, title)
    ]


def _site_names_in_titles(
    claims: Sequence[Claim], title: str, tree: LexborHTMLParser, url: str
) -> list[Claim]:
    """The name of a link to the home page, or in the page's header, where `<title>` has it before or behind the headline:
    "Mill closes – Harbour Post". Themes without `og:site_name` name the publisher in this way; Lektor's links it nowhere."""
    titles = [c.value for c in claims if c.field == "headline" and c.source.place is Place.TITLE]
    with_headline = [t for t in titles if key(title) in key(t)]
    around = {key(t).replace(key(title), "", 1) for t in with_headline} - {""}
    if not around:
        return []
    names = [c.value for c in claims if c.source.place is Place.HOME]
    # "Harbour Post » Blog Archive » Mill closes", in the default theme of WordPress until 2010
    split = [headline.title_parts(t) for t in with_headline]
    ends = {key(part) for parts in split for part in (parts[0], parts[-1])}
    around |= {key(name) for name in names if key(name) in ends}
    if not any(c.field == "publisher" and c.source.place is not Place.SITE for c in claims):
        names += markup.names_of_home(tree, url)
    if not any(c.field == "publisher" and key(c.value) for c in claims):
        names += markup.names_in_masthead(tree)
    return [
        Claim("publisher", name, Source(Place.HOME)) for name in dict.fromkeys(names) if key(name) in around
    ]


def _sites_in_titles(claims: Sequence[Claim], rules: Rules) -> list[Claim]:
    """The name of the site at the end of a Chinese `<title>`."""
    titles = (c for c in claims if c.field == "headline" and c.source.place is Place.TITLE)
    names = (eastern_titles.site_in(c.value, rules) for c in titles)
    return [Claim("publisher", name, Source(Place.TITLE)) for name in names if name][:1]


def _known_fields(claims: Sequence[Claim], site_names: Sequence[str], rules: Rules) -> set[str]:
    """The fields that need no search far below the headline. Authors are known where a sure source names a person who
    is not the site itself, other fields where a claim stands not far from the headline."""
    sites = set(map(key, site_names))
    known = {c.field for c in claims if c.field != "authors" and c.source.position is not Position.ELSEWHERE}
    signed = (c for c in claims if c.field == "authors" and c.source.bare in _SURE_OF_AUTHOR)
    people = (
        c.value for c in signed if key(c.value) not in sites and kind_of(c.value, c.kind, rules) == "person"
    )
    return known | {"authors"} if any(clean(name, rules) for name in people) else known


def _without_titles_as_names(claims: Sequence[Claim]) -> list[Claim]:
    """The claims without a name of the site that is the page's own title, where another source names the site otherwise. Some themes
    fill meta elements with the title of each post (`application-name`), Valaxy the website of JSON-LD, and the Voice of America its
    publisher; in JSON-LD the page must have the title as a heading too, which else would be no headline. A meta element alone that
    has the words of `<title>` and of a first heading names no site either, where they are as long as a headline."""
    titles = {key(c.value) for c in claims if c.field == "headline" and c.source.bare in OPEN_GRAPH | JSON_LD}
    headings = {key(c.value) for c in claims if c.field == "headline" and c.source.bare in FIRST_HEADINGS}
    refused = {Place.META: titles, Place.JSON_LD_SITE: titles & headings}
    names = {key(c.value) for c in claims if c.field == "publisher" and c.source.bare not in refused}
    if not any(names):
        shown = {key(c.value) for c in claims if c.field == "headline" and c.source.place is Place.TITLE}
        long = {
            key(c.value)
            for c in claims
            if c.field == "publisher" and c.value.count(" ") >= MIN_HEADLINE_WORDS - 1
        }
        titles, names = shown & headings & long, {"another"}
        refused = {Place.META: titles}
    else:
        refused[Place.JSON_LD] = titles & headings
    if not titles or not names - titles - {""}:
        return list(claims)
    return [
        c
        for c in claims
        if c.field != "publisher" or key(c.value) not in refused.get(c.source.bare or Place.TEXT, ())
    ]


def _without_false_publishers(claims: Sequence[Claim], url: str, rules: Rules) -> list[Claim]:
    """The claims without an address or an account in the place of the publisher's name, and without the software of the blog: Blogger's
    themes name "Blogger" in JSON-LD. A page of the software's own site, whose host has its name, keeps it."""
    names = set(rules.metadata.get("nobody", {}).get("software", {}).get("words", []))
    labels = (parts_of(url).hostname or "").split(".")[-2:]
    refused = names.difference(labels)
    return [
        c
        for c in claims
        if c.field != "publisher" or not (c.value.casefold() in refused or _NO_NAME.match(c.value))
    ]


def _site_names(claims: Sequence[Claim], url: str) -> list[str]:
    """The names that the site gives itself, the texts that link to its home page, and its host."""
    names = [c.value for c in claims if c.field == "publisher" and c.source.bare in _NAMES_SITE]
    names += [c.value for c in claims if c.source.place is Place.HOME]
    names += [short for name in names if (short := headline.without_motto(name, url)) != name]
    host = (parts_of(url).hostname or "").removeprefix("www.")
    return [*names, host, host.rsplit(".", 1)[0]] if host else names


def _simple_fields(out: dict[str, Any], found: Gathered, page: Page, rules: Rules) -> list[Candidate]:
    """The fields that are decided by trust alone."""
    candidates: list[Candidate] = []
    url = page.capture.base_url
    for field in _SIMPLE:
        claims = [c for c in found.of(field) if key(c.value)]  # "/" names no publisher
        if field == "canonical_url":
            nowhere = [c for c in claims if not names_host(c.value, url)]
            claims = [c for c in claims if c not in nowhere]
            candidates += [c.candidate(reason="has no host that the web could know") for c in nowhere]
            front = [c for c in claims if _is_front_page(c.value, url)]
            claims = [c for c in claims if c not in front]
            candidates += [c.candidate(reason="is the site's front page, not the post's") for c in front]
        out[field], why = best(claims, rules)
        candidates += why
    publisher = _as_written(out["publisher"], [c.value for c in found.of("publisher")])
    out["publisher"] = headline.without_motto(publisher, url)
    free, why = best(found.of("is_accessible_for_free"), rules)
    out["is_accessible_for_free"] = _FREE.get(free.rsplit("/", 1)[-1].casefold())
    return candidates + why


def _is_front_page(stated: str, url: str) -> bool:
    """Whether the address that a page states is that of its site's front page, and the page has another one. Themes print the
    site's address in `og:url` of every page (Valaxy's do).

    >>> [_is_front_page(stated, "https://blog.example/ferry") for stated in ("https://blog.example/", "https://blog.example/?p=3")]
    [True, False]
    """
    parts, own = parts_of(stated), parts_of(url)
    is_front = not (parts.path.strip("/") or parts.query)
    return is_front and same_site(stated, url) and not _FRONT.fullmatch(own.path)


def _as_written(name: str, names: Sequence[str]) -> str:
    """The publisher's name without a dash or bar at its ends; one in small letters as another claim writes it.

    >>> _as_written("Harbour Post |", []), _as_written("harbourpost", ["harbourpost", "Harbour Post"])
    ('Harbour Post', 'Harbour Post')
    """
    name = name.strip(_AROUND_NAME)
    if not name.islower() or "." in name:  # "heron.example" is how it is written
        return name
    others = (other.strip(_AROUND_NAME) for other in names)
    return next((other for other in others if key(other) == key(name) and not other.islower()), name)


def _keywords(out: dict[str, Any], found: Gathered, page: Page, rules: Rules) -> list[Candidate]:
    out["keywords"], candidates = sections.choose_keywords(
        found.of("keywords"), out["article_section"], found.headline, rules
    )
    return candidates


def _dates(
    out: dict[str, Any], found: Gathered, page: Page, blocks: Sequence[Block], rules: Rules
) -> list[Candidate]:
    """The dates of publication and of the last change, each with its text and its source."""
    changes, now = found.of("date_modified"), page.capture.fetched_at
    month_first = _month_first(found, blocks, rules)
    published = site_statements.mark_later_days(found.of("date_published"), rules, day_first=not month_first)
    offered = {"date_published": published + publication_date.changes(changes), "date_modified": changes}
    candidates: list[Candidate] = []
    decided = {}
    url = page.capture.base_url
    for field, claims in offered.items():
        decided[field], why = publication_date.decide(
            claims, field, now, rules, month_first=month_first, url=url
        )
        candidates += why
    if decided["date_published"].value is None:
        claims = [*found.of("date_published"), *found.of("image")]
        fallbacks = publication_date.find(page.text, found.headline, claims, found.own, url, now, rules)
        decided["date_published"], why = publication_date.last_resort(fallbacks, now)
        candidates += why
    changed, first = decided["date_modified"], decided["date_published"]
    zones_known = dates.names_zone(changed.raw, rules) and dates.names_zone(first.raw, rules)
    if publication_date.is_before(changed.value, first.value, zones_known=zones_known):
        decided["date_modified"] = publication_date.Dated()
        candidates = [
            replace(one, chosen=False, reason=publication_date.BEFORE_PUBLICATION)
            if one.chosen and one.field == "date_modified"
            else one
            for one in candidates
        ]
    for field, dated in decided.items():
        out[field], out[field + "_raw"] = dated.value, dated.raw
        out[field + "_source"] = str(dated.source) if dated.source else ""
    return candidates


def _language_tags(found: Gathered) -> list[str]:
    """The language tags of the page, the most reliable first. Many sites never change their theme's `og:locale`, nor
    the language that feed or API give for the whole site."""
    declared = found.of("in_language")
    declared = [c for c in declared if c.source.bare not in site_statements.BESIDE_PAGE] or declared
    return [c.value for c in sorted(declared, key=lambda c: c.source.bare is Place.OPEN_GRAPH)]


def _month_first(found: Gathered, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether 03/04 is in March. The site's own date of the post tells it, then the dates of its other posts, then other
    dates in the page's text, then the page's language and region. Where none tells it, a date in words does."""
    own = site_statements.month_first([*found.of("date_published"), *found.of("date_modified")], rules)
    listed = (dates.certain(claim.value) for claim in found.listed)
    month_first = next((order for order in (own, *listed) if order is not None), None)
    texts = [b.text for b in blocks[:MAX_ORDER_BLOCKS]]
    if month_first is None:
        month_first = dates.order_of(texts)
    if month_first is not None:
        return month_first
    values = (c.value for c in (*found.of("date_published"), *found.of("date_modified")))
    return dates.month_first_in(_language_tags(found), rules) or bool(
        dates.order_by_words(values, texts, rules)
    )


def _language(out: dict[str, Any], found: Gathered, blocks: Sequence[Block], rules: Rules) -> list[Candidate]:
    declared, candidates = best(found.of("in_language"), rules)
    text = _body_text(blocks)[:MAX_LANGUAGE_CHARS]
    out["in_language"], out["in_language_source"] = finish_language(text, declared)
    return candidates


def _image(out: dict[str, Any], found: Gathered, page: Page, rules: Rules) -> list[Candidate]:
    """The main image with its absolute address, its caption and its credit."""
    host = parts_of(page.capture.base_url).hostname or ""
    of_site = [c for c in found.of("image") if pictures.is_sites_own_picture(c.value, host)]
    counters = [c for c in found.of("image") if pictures.counts_visits(c.value, rules)]
    address, candidates = best([c for c in found.of("image") if c not in of_site + counters], rules)
    candidates += [c.candidate(reason="the site's own picture") for c in of_site]
    candidates += [c.candidate(reason="a picture that counts visits") for c in counters if c not in of_site]
    caption, more = best(found.of("image_caption"), rules)
    credit, most = best(found.of("image_credit"), rules)
    if not credit:
        credit, caption = pictures.split_credit(caption)
    address = elements.absolute(address, page.capture.base_url)
    out["image"] = Image(address, caption.strip(" :|·"), credit) if address else None
    return candidates + more + most
