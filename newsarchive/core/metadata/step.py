"""Decide the metadata fields of `Article` from what a page and its site state.

`<title>` may read "The mill closes - Harbour Post", the heading "The mill closes". Readers collect such claims:
`jsonld`, `elements` (meta, link, title), `markup` (headings, microdata, microformats), `bylines` (plain text), `sections`,
`pictures`, `publisher` (the site's name) and `site_statements` (API, feed, sitemap); the URL may state a date. Claims in
lists of other posts (`other_posts`) do not count. Then each field is decided by the tables of trust
(`data/metadata/trust.toml`, `points.toml`), and every claim is kept as a `Candidate` with the reason why it won or lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.html.entries import Entries
from newsarchive.core.html.parsing import base_of
from newsarchive.core.metadata import (
    authors,
    bylines,
    captions,
    elements,
    eyebrows,
    guessed_names,
    heading_links,
    headline,
    jsonld,
    keywords,
    labelled_lines,
    markup,
    page_source,
    pictures,
    publication_date,
    publisher,
    rows,
    sections,
    signatures,
    site_statements,
)
from newsarchive.core.metadata.claims import (
    GUESSES,
    IN_BODY,
    MAX_CLAIMS,
    MAX_SEARCHED_BLOCKS,
    Claim,
    Place,
    Position,
    Qualifier,
    Source,
    best,
)
from newsarchive.core.metadata.elements import Elements, Mark, read_elements
from newsarchive.core.metadata.heading_links import TITLE_TAGS
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.person_names import clean, kind_of, like_a_name
from newsarchive.core.metadata.publisher import MIN_HEADLINE_WORDS
from newsarchive.core.text import date_orders, dates
from newsarchive.core.text.language import code, detect, finish_language
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.core.urls import names_host, parts_of, same_site, try_normalise, url_key
from newsarchive.items import Block, Candidate, Image, Page
from newsarchive.rules import Rules
from newsarchive.times import http_time

#: The path of a site's front page.
_FRONT = re.compile(r"/*(?:index\.\w{3,5})?")
#: Fields that are decided by trust alone.
_SIMPLE = ("alternative_headline", "article_section", "canonical_url", "is_based_on", "publisher")
#: Fields whose claims are only kept as candidates: they tell who may have published first. `own_address` is kept where the
#: page calls an address on another site canonical.
_EVIDENCE = frozenset((
    "original_source", "syndication_source", "republication_pixel", "source_organization", "copyright_holder",
    "credit_text", "article_publisher", "own_address",
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
#: Words for free and not free (schema.org `isAccessibleForFree`; Open Graph's `article:content_tier`).
_FREE = dict.fromkeys(("true", "yes", "free"), True) | dict.fromkeys(
    ("false", "no", "locked", "metered"), False
)
#: Likeness (`headline.alike`) of a heading and the headline. Above, the heading shows the headline.
MIN_HEADLINE_LIKENESS = 0.8
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
    rules = dates.at_place(rules, _country(tree, page.capture.base_url))
    found = gather(tree, page, blocks, rules)
    out: dict[str, Any] = {"headline": found.headline}
    candidates = list(found.candidates)
    base = base_of(tree, page.capture.base_url)
    named = [_with_address(claim, base) for claim in found.of("authors")]
    out["authors"], why = authors.decide(named, found.site_names, found.sections, blocks, rules)
    candidates += why
    candidates += _dates(out, found, page, blocks, rules)
    candidates += _simple_fields(out, found, page, rules)
    out["keywords"], why = keywords.choose(
        found.of("keywords"), out["article_section"], found.headline, rules
    )
    candidates += why
    candidates += _image(out, found, page, base, rules)
    out["authors"] = authors.with_house(out["authors"], out["publisher"])
    descriptions, refused = headline.own_descriptions(found.of("description"), found.headline, blocks)
    out["description"], why = best(descriptions, rules)
    candidates += why + refused
    declared, why = best(found.of("in_language"), rules)
    candidates += why
    text = _body_text(blocks)[:MAX_LANGUAGE_CHARS]
    out["in_language"], out["in_language_source"] = finish_language(text, declared, rules)
    evidence = [c for c in found.claims if c.field in _EVIDENCE]
    if same_site(out["canonical_url"] or page.capture.base_url, page.capture.base_url):
        evidence = [c for c in evidence if c.field != "own_address"]
    candidates += [c.candidate(reason="evidence for the origin") for c in evidence]
    if key(out["description"]) in (key(out["headline"]), key(out["publisher"])):
        out["description"] = ""
    shorter = key(out["alternative_headline"])  # a title that was cut off, or the description once more
    if any(key(out[field]).startswith(shorter) for field in ("headline", "description")):
        out["alternative_headline"] = ""
    out["candidates"] = tuple(candidates)
    return {name: value for name, value in out.items() if value not in ("", (), None)}


def _with_address(claim: Claim, base: str) -> Claim:
    """A claim for an author with the address of their page, which may be relative to `base`: `/authors/jane`."""
    address = "" if claim.url.startswith("#") else elements.absolute(claim.url, base)
    return claim if address == claim.url else replace(claim, url=address)


#: A date in three numbers of two digits. The first or the last is the year: "24.04.03".
_SHORT_DATE = re.compile(r"(?<!\d)\d\d([./-])\s?\d\d\1\s?\d\d(?!\d)")


def _language_of_months(tree: LexborHTMLParser, blocks: Sequence[Block], rules: Rules) -> str:
    """The language of a page that holds a month's name of different meaning in different languages, or a year of two digits in a
    language that writes the year first; "" for any other page. It is the likeliest language of the text where it has such names,
    else the language that the page declares."""
    months = rules.metadata.get("months", {})
    root = tree.css_first("html")
    declared = code(root.attributes.get("lang") or "") if root is not None else ""
    if not dates.has_own((b.text for b in blocks), rules):
        year_first = declared in months.get("order", {}).get("year_first", ())
        return declared if year_first and any(_SHORT_DATE.search(b.text) for b in blocks) else ""
    found = detect(_body_text(blocks))[0]
    return found if found in months.get("own", {}) else declared


def _country(tree: LexborHTMLParser, url: str) -> str:
    """The region of the language that a page declares ("en-IE"), else the end of its host, which may be a country's; in small letters."""
    root = tree.css_first("html")
    declared = (root.attributes.get("lang") or "") if root is not None else ""
    return (declared.partition("-")[2] or (parts_of(url).hostname or "").rpartition(".")[2]).casefold()


def _body_text(blocks: Sequence[Block]) -> str:
    return "\n".join(islice((b.text for b in blocks if b.label == "body"), MAX_LANGUAGE_BLOCKS))


def gather(tree: LexborHTMLParser, page: Page, blocks: Sequence[Block], rules: Rules) -> Gathered:
    """Read all claims of a page. Dates and authors are looked for around the heading that shows the headline."""
    url = page.capture.base_url
    found = read_elements(tree)
    entries = Entries([(b.path, b.kind == "heading" and not b.links) for b in blocks])
    other_posts = OtherPosts(url, [page.capture.url, *found.canonical], entries, rules)
    marked = markup.headings(found.marks, found.title, url, rules)
    headings = [(claim, mark) for claim, mark in marked if not entries.holds(mark.node)]
    other_posts.set_headline(next((mark.node for _, mark in headings if mark.tag == "h1"), None))
    claims = [
        *jsonld.claims(found.scripts, url),
        *markup.microdata(found.marks, rules, other_posts),
        *elements.claims(found, base_of(tree, url), rules),
        *page_source.wechat_account(page.text),
    ]
    claims += [claim for claim, _ in headings]
    described = list(page_source.trackback_claims(page.text, found.title, (block.text for block in blocks)))
    claims += described
    titles = [c.value for c in claims if c.field == "headline"]
    of_site, of_another = site_statements.claims(page, titles, rules)
    claims = publisher.without_false_names(claims + of_site, url, rules)
    claims += publisher.at_end_of_eastern_titles(claims, rules)
    site_names = publisher.site_names(claims, url)
    home = heading_links.home_links(tree, url)
    of_home = (*heading_links.names_of_home(home), *heading_links.pictures_of_home(home))
    offered = [c for c in claims if c.field == "headline"]
    if any(key(name) == key(found.title) or name.startswith(f"{found.title} ") for name in of_home):
        site_names.append(found.title)  # a post without a headline
        if markup.empty_heading(found.marks, url, rules, marked=True):  # no box of another name has its title
            written = [claim for claim, mark in headings if mark.tag in TITLE_TAGS]
            offered = [c for c in offered if c.source.place not in IN_BODY or c in written]
        beside = [claim for claim, mark in headings if markup.is_beside_text(mark)]
        offered = [c for c in offered if c not in beside]
    section_names = [c.value for c in claims if c.field == "article_section"]
    offered, refused = headline.without_folders(offered, url)
    title, candidates, weighed = headline.decide(offered, site_names, section_names, rules, blocks, url)
    title, candidates = page_source.with_trackback_title(title, candidates, offered, described)
    candidates += refused
    shown = (m for c, m in headings if headline.alike(c.value, title) > MIN_HEADLINE_LIKENESS)
    anchor = next(shown, None) or (markup.empty_heading(found.marks, url, rules) if not title else None)
    if (
        anchor is None and not title
    ):  # a theme that prints no heading then: the place before all that stands in the post
        own_marks = (m for m in found.marks if m.node.parent is not None and entries.is_own(m.node.parent))
        anchor = next((replace(m, at=m.at - 1) for m in own_marks), None)
    anchor = anchor or next((m for _, m in headings if m.tag == "h1"), None)  # else the first `<h1>`
    other_posts.set_headline(anchor.node if anchor else None)
    claims += markup.authors(found.marks, anchor, rules, other_posts)
    claims += guessed_names.at_profiles(claims, tree, url, rules)
    claims += markup.dates(found.marks, anchor, rules, other_posts)
    claims += publication_date.in_comment(page.text)
    claims, refused = publisher.of_page(claims, title, tree, home, blocks, url, rules)
    candidates += refused
    claims += sections.section_claims(found.marks, title, anchor, other_posts, rules)
    claims += sections.linked_categories(found.category_links, anchor, other_posts)
    claims += sections.linked_tags(found.tag_links, anchor, other_posts, url)
    if not any(c.field == "keywords" for c in claims):
        claims += sections.printed_tags(tree, anchor, other_posts)
    if not _offered("article_section", claims):
        claims += eyebrows.printed_categories(tree, anchor, other_posts)
    if not _offered("article_section", claims):
        claims += eyebrows.marked_section(tree, anchor, other_posts, url, rules)
    if not _offered("article_section", claims):
        claims += sections.crumbs_from_home(home, title, rules)
    if not _offered("article_section", claims):
        claims += eyebrows.chip(anchor, other_posts, url, rules)
    claims += sections.in_title(found.title, title, site_names, tree, rules)
    claims = sections.named(claims, _no_section_names(claims, title, titles, site_names, rules), rules)
    section_names = [c.value for c in claims if c.field == "article_section"]
    claims, refused = pictures.without_logos(pictures.without_thumbnails(claims), tree, url)
    candidates += refused
    claims = _with_pictures(claims, found, tree, anchor, blocks, title, url, other_posts, rules)
    claims += sections.paywall_claims(blocks, rules)
    claims += _alternative_headlines(title, weighed)
    claims += headline.original_headlines(blocks, rules)
    own = other_posts.without(blocks, bylines.headline_index(blocks, title))
    own = rows.parted(own, bylines.headline_index(own, title), anchor)
    if wanted := {field for field in ("article_section", "keywords") if not _offered(field, claims)}:
        no_names = _no_section_names(claims, title, titles, site_names, rules)
        labelled = labelled_lines.claims(own, bylines.headline_index(own, title), wanted, rules)
        printed = sections.named(list(labelled), no_names, rules)
        section_names += [c.value for c in printed if c.field == "article_section"]
        claims += printed
    at = bylines.headline_index(own, title)
    if not _offered("article_section", claims):
        people = {key(c.value) for c in claims if c.field == "authors"}
        beside_heading = list(eyebrows.section(own, at, url, people, rules))
        no_names = _no_section_names(claims, title, titles, site_names, rules)
        found_beside = sections.named(beside_heading, no_names, rules)
        section_names += [c.value for c in found_beside]
        claims += found_beside
    if not _offered("keywords", claims):
        claims += eyebrows.topics(own, at, url)
    claims += bylines.claims(own, title, _known_fields(claims, site_names, rules), rules)
    if not _offered("date_modified", claims):
        claims += signatures.change_below(own, rules)
    if not any(c.field == "authors" and c.source.place not in GUESSES for c in claims):
        claims += publication_date.authors_in_scripts(page.text, rules)
        claims += guessed_names.at_accounts(tree, url, rules)
        claims += guessed_names.linked_behind_by(own, at, rules)
        claims += guessed_names.beside_face(anchor, other_posts, rules)
    if not section_names:
        no_names = _no_section_names(claims, title, titles, site_names, rules)
        of_menu = sections.named([*sections.in_menu(tree, url, claims)], no_names, rules)
        section_names = [c.value for c in of_menu]
        claims += of_menu
    if (day := dates.from_url(url)) is not None:
        claims.append(Claim("date_published", day.date().isoformat(), Source(Place.URL)))
    of_others = (replace(c, source=c.source.qualified(Qualifier.OF_OTHERS)) for c in other_posts.refused)
    candidates += [c.candidate(reason="stands in a list of other posts") for c in of_others]
    candidates += of_another
    # A page may list hundreds of keywords, which must leave room for all other claims.
    kept = sorted((c for c in claims if c.value), key=lambda c: c.field == "keywords")[:MAX_CLAIMS]
    return Gathered(kept, site_names, section_names, title, candidates, own, other_posts.refused)


def _offered(field: str, claims: Iterable[Claim]) -> bool:
    """Whether any of the claims offers a value for the field."""
    return any(c.field == field and c.value for c in claims)


def _with_pictures(
    claims: list[Claim],
    found: Elements,
    tree: LexborHTMLParser,
    anchor: Mark | None,
    blocks: Sequence[Block],
    title: str,
    url: str,
    other_posts: OtherPosts,
    rules: Rules,
) -> list[Claim]:
    """The claims with the pictures of the page beside those that its head offers: figures of the text always, the picture that the
    headline links to where the head offers none, and a theme's featured picture, one named like the headline `title`, and the first one
    of the text where all others are the site's own or count visits. A caption without a credit must be one that readers see."""
    if not _offered("image", claims):
        claims = [*claims, *pictures.heading_picture(anchor)]
    host = parts_of(url).hostname or ""

    def addresses() -> list[str]:
        return [c.value for c in claims if c.field == "image" and c.value]

    def none_shows_the_post() -> bool:
        return all(
            pictures.is_sites_own_picture(one, host) or pictures.counts_visits(one, rules)
            for one in addresses()
        )

    is_asked = bool(addresses()) and none_shows_the_post()
    if is_asked:
        claims = [*claims, *pictures.first_in_text(tree, blocks, url, other_posts)]
    claims = [*claims, *pictures.picture_claims(found.marks, addresses(), url)]
    if none_shows_the_post():
        claims += pictures.featured_picture(tree, anchor, other_posts)
    if none_shows_the_post():
        claims += pictures.named_picture(tree, title, url, other_posts)
    if not is_asked and none_shows_the_post():
        claims += pictures.first_in_text(tree, blocks, url, other_posts)
    if none_shows_the_post():
        claims += pictures.above_text(tree, blocks, anchor, url, other_posts)
    if not _offered("image_caption", claims):
        claims += pictures.caption_beside(tree, addresses())
    if _offered("image_credit", claims):
        return claims
    return [c for c in claims if c.field != "image_caption" or pictures.is_caption(c.value, blocks)]


def _no_section_names(
    claims: Sequence[Claim], title: str, titles: Iterable[str], site_names: Iterable[str], rules: Rules
) -> Set[str]:
    """Match keys of texts that are no section: headlines, the names of the site and of people, and "Uncategorized"."""
    headlines = [t for t in titles if t.count(" ") >= MIN_HEADLINE_WORDS - 1]  # a heading may be the section
    people = (
        c.value for c in claims if c.field == "authors" and c.kind == "person" and like_a_name(c.value, rules)
    )
    publishers = (c.value for c in claims if c.field == "publisher")
    return _no_sections(rules).union(map(key, (title, *headlines, *site_names, *publishers, *people)))


@lru_cache(maxsize=8)
def _no_sections(rules: Rules) -> frozenset[str]:
    """Words that sites write in the place of a section, such as "Uncategorized"."""
    return frozenset(map(key, words_of(rules, "bylines", "no_section")))


def _alternative_headlines(title: str, weighed: Sequence[Claim]) -> list[Claim]:
    """Titles in the head that say the same as the headline in other words."""
    return [
        Claim("alternative_headline", c.value, Source(_TITLE_PLACES[c.source.place]))
        for c in weighed
        if c.source.place in _TITLE_PLACES and key(c.value) != key(title) and headline.alike(c.value, title)
    ]


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
        if field == "is_based_on":
            unreadable = [c for c in claims if try_normalise(c.value, url) is None]
            claims = [c for c in claims if c not in unreadable]
            candidates += [c.candidate(reason="is no address") for c in unreadable]
            itself = [c for c in claims if _is_page_itself(c.value, url, out["canonical_url"])]
            claims = [c for c in claims if c not in itself]
            candidates += [c.candidate(reason="is the page itself") for c in itself]
        out[field], why = best(claims, rules)
        candidates += why
    # Spelled as the address of the article is: WordPress writes %d7 where a browser sends %D7.
    out["canonical_url"] = try_normalise(out["canonical_url"]) or out["canonical_url"]
    out["publisher"] = publisher.written_name(out["publisher"], [c.value for c in found.of("publisher")], url)
    free, why = best(found.of("is_accessible_for_free"), rules)
    out["is_accessible_for_free"] = _FREE.get(free.rsplit("/", 1)[-1].casefold())
    return candidates + why


def _is_page_itself(stated: str, url: str, canonical: str) -> bool:
    """Whether an address is that of the page, or the one that the page gives itself on the same site. Hearst's papers state their
    own address as that of the work on which the page is based.

    >>> [_is_page_itself("https://b.example/1", url, "https://b.example/1") for url in ("https://b.example/1?p", "https://c.example/2")]
    [True, False]
    """
    of_page, of_work, declared = (try_normalise(address, url) for address in (url, stated, canonical))
    if of_page is None or of_work is None:
        return False
    own = {url_key(of_page)}
    if declared is not None and same_site(declared, of_page):
        own.add(url_key(declared))
    return url_key(of_work) in own


def _is_front_page(stated: str, url: str) -> bool:
    """Whether the address that a page states is that of its site's front page, and the page has another one. Themes print the
    site's address in `og:url` of every page (Valaxy's do).

    >>> [_is_front_page(stated, "https://blog.example/ferry") for stated in ("https://blog.example/", "https://blog.example/?p=3")]
    [True, False]
    """
    parts, own = parts_of(stated), parts_of(url)
    is_front = not (parts.path.strip("/") or parts.query)
    return is_front and same_site(stated, url) and not _FRONT.fullmatch(own.path)


def _dates(
    out: dict[str, Any], found: Gathered, page: Page, blocks: Sequence[Block], rules: Rules
) -> list[Candidate]:
    """The dates of publication and of the last change, each with its text and its source."""
    changes, now = found.of("date_modified"), page.capture.fetched_at
    # A cache may have made the page before; a server says then when it did (RFC 9110, 6.6.1).
    made_at = [at for at in (now, http_time(page.capture.headers.get("date", ""))) if at is not None]
    host = parts_of(page.capture.base_url).hostname or ""
    month_first = _month_first(found, host, blocks, rules)
    published = site_statements.mark_later_days(found.of("date_published"), rules, day_first=not month_first)
    offered = {"date_published": published + publication_date.changes(changes), "date_modified": changes}
    candidates: list[Candidate] = []
    decided = {}
    url = page.capture.base_url
    for field, claims in offered.items():
        decided[field], why = publication_date.decide(
            claims, field, now, rules, made_at=made_at, month_first=month_first, url=url
        )
        candidates += why
    if decided["date_published"].value is None:
        claims = [*found.of("date_published"), *found.of("image")]
        fallbacks = publication_date.find(page.text, found.headline, claims, found.own, url, now, rules)
        decided["date_published"], why = publication_date.last_resort(fallbacks, now)
        candidates += why
    changed, first = decided["date_modified"], decided["date_published"]
    if changed.value and first.value:
        zones_known = dates.names_zone(changed.raw, rules), dates.names_zone(first.raw, rules)
        times = publication_date.in_one_zone(changed.value, first.value, zones_known)
        decided["date_modified"], decided["date_published"] = (
            replace(dated, value=when) for dated, when in zip((changed, first), times, strict=True)
        )
        if publication_date.is_before(*times):
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


def _month_first(found: Gathered, host: str, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether 03/04 is in March. The site's own date of the post tells it, then the dates of its other posts, then other
    dates in the page's text, then American time, then the page's language and region. Where none tells it, a date in words does,
    and for English of no region the name of the `host`."""
    own = site_statements.month_first([*found.of("date_published"), *found.of("date_modified")], rules)
    listed = (date_orders.certain(claim.value) for claim in found.listed)
    month_first = next((order for order in (own, *listed) if order is not None), None)
    texts = [b.text for b in blocks[:MAX_SEARCHED_BLOCKS]]
    if month_first is None:
        month_first = date_orders.order_of(texts)
    if month_first is not None:
        return month_first
    values = [c.value for c in (*found.of("date_published"), *found.of("date_modified"))]
    if date_orders.is_american(values):
        return True
    # The most reliable language first. Many sites never change their theme's `og:locale`, nor the language that feed or API give for
    # the whole site.
    declared = found.of("in_language")
    declared = [c for c in declared if c.source.bare not in site_statements.BESIDE_PAGE] or declared
    tags = [c.value for c in sorted(declared, key=lambda c: c.source.bare is Place.OPEN_GRAPH)]
    if date_orders.month_first_in(tags, rules):
        return True
    by_words = date_orders.order_by_words(values, texts, rules)
    if by_words is not None:
        return by_words
    return any("/" in value for value in values) and date_orders.month_first_at(host, tags, rules)


def _image(out: dict[str, Any], found: Gathered, page: Page, base: str, rules: Rules) -> list[Candidate]:
    """The main image with its absolute address, its caption and its credit. Its address may be relative to `base`."""
    host = parts_of(page.capture.base_url).hostname or ""
    of_site = [c for c in found.of("image") if pictures.is_sites_own_picture(c.value, host)]
    counters = [c for c in found.of("image") if pictures.counts_visits(c.value, rules)]
    address, candidates = best([c for c in found.of("image") if c not in of_site + counters], rules)
    candidates += [c.candidate(reason="the site's own picture") for c in of_site]
    candidates += [c.candidate(reason="a picture that counts visits") for c in counters if c not in of_site]
    caption, more = best(found.of("image_caption"), rules)
    credit, most = best(found.of("image_credit"), rules)
    if not credit:
        credit, caption = captions.split_credit(caption)
    address = elements.absolute(address, base)
    out["image"] = Image(address, caption.strip(" :|·"), credit) if address else None
    return candidates + more + most
