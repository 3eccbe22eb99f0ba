"""What a page says of itself → the metadata fields of `Article`.

Four readers collect claims: `jsonld`, `head` (meta, link, title), `shown` (microdata, microformats, bylines,
headings), and the URL. Then each field is decided by the table of trust (`data/metadata/trust.toml`), and every
claim is kept as a `Candidate` with the reason why it won or lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from newsarchive.core import authors, dates, head, headline, jsonld, publication, shown
from newsarchive.core.claims import MOST, Claim, best, key
from newsarchive.core.language import finish_language
from newsarchive.items import Block, Candidate, Image, Page
from newsarchive.rules import Rules

__all__ = ["finish_language", "read_metadata"]

#: Fields that trust alone decides.
_SIMPLE = (
    "description",
    "alternative_headline",
    "article_section",
    "canonical_url",
    "is_based_on",
    "publisher",
)
#: Most keywords of one article.
_KEYWORDS = 50


def read_metadata(
    tree: LexborHTMLParser, page: Page, blocks: Sequence[Block], rules: Rules
) -> dict[str, Any]:
    """The metadata of a page: names of `Article` fields → values, those that the page does not state left out.

    `tree` is the page as parsed, scripts still in it; `blocks` are read for the language and as a
    last resort for the headline. `candidates` holds every value offered. Never raises on a bad page.
    """
    url = page.capture.base_url
    marks = shown.marks(tree)
    headings = list(shown.headings(marks))
    claims = _collect(tree, url, marks, headings, rules)
    names = _site_names(claims, url)
    sections = [c.value for c in _of(claims, "article_section")]
    out, candidates = _simple(claims, rules)
    out["headline"], found = headline.decide(_of(claims, "headline"), names, sections, rules)
    candidates += found
    anchor = _anchor(out["headline"], headings)
    claims += [*shown.authors(marks, anchor), *shown.dates(marks, anchor), *_printed(anchor, rules)]
    out["authors"], found = authors.decide(_of(claims, "authors"), names, sections, rules)
    candidates += found
    candidates += _dates(out, claims, page, rules)
    candidates += _language(out, claims, blocks, rules)
    candidates += _image(out, claims, url, rules)
    _finish(out)
    out["candidates"] = tuple(candidates[: MOST * 2])
    return {name: value for name, value in out.items() if value not in ("", (), None)}


def _collect(
    tree: LexborHTMLParser,
    url: str,
    marks: list[shown.Mark],
    headings: list[tuple[Claim, shown.Mark]],
    rules: Rules,
) -> list[Claim]:
    claims = [*jsonld.claims(tree, url), *shown.microdata(marks), *head.claims(tree, url, rules)]
    claims += [claim for claim, _ in headings]
    found = dates.from_url(url)
    if found is not None:
        claims.append(Claim("date_published", found.date().isoformat(), "url"))
    return [c for c in claims if c.value][:MOST]


def _of(claims: Sequence[Claim], field: str) -> list[Claim]:
    return [c for c in claims if c.field == field]


def _site_names(claims: Sequence[Claim], url: str) -> list[str]:
    """What the site calls itself, and its host name's words."""
    names = [
        c.value
        for c in claims
        if c.field == "publisher" and c.source in ("open graph", "json-ld site", "json-ld", "meta")
    ]
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return [*names, host, host.rsplit(".", 1)[0]] if host else names


def _simple(claims: Sequence[Claim], rules: Rules) -> tuple[dict[str, Any], list[Candidate]]:
    out: dict[str, Any] = {}
    candidates: list[Candidate] = []
    for field in _SIMPLE:
        out[field], found = best(_of(claims, field), rules)
        candidates += found
    free, found = best(_of(claims, "is_accessible_for_free"), rules)
    out["is_accessible_for_free"] = {"true": True, "false": False}.get(free.casefold())
    words, more = _keywords(_of(claims, "keywords"), rules)
    out["keywords"] = words
    return out, candidates + found + more


def _keywords(claims: Sequence[Claim], rules: Rules) -> tuple[tuple[str, ...], list[Candidate]]:
    """All keywords of the most trusted source."""
    _, candidates = best(claims, rules)
    source = next((c.source for c in candidates if c.chosen), "")
    words = {
        key(c.value): c.value
        for c in reversed(claims)
        if c.source == source and key(c.value) and len(c.value) <= 80
    }
    return tuple(reversed(words.values()))[:_KEYWORDS], candidates


def _anchor(title: str, headings: Sequence[tuple[Claim, shown.Mark]]) -> shown.Mark | None:
    """The heading on the page that shows the headline, else the first `<h1>`."""
    same = [m for c, m in headings if headline.alike(c.value, title) > 0.8]
    first = [m for c, m in headings if m.tag == "h1"]
    return next(iter([*same, *first]), None)


def _printed(anchor: shown.Mark | None, rules: Rules) -> list[Claim]:
    """Dates and bylines in the plain text right below the headline."""
    out: list[Claim] = []
    for line in shown.near(anchor.node if anchor else None):
        if found := dates.date_text(line, rules):
            field = "date_modified" if publication.says_modified(line, rules) else "date_published"
            out.append(Claim(field, line[line.index(found) :], "markup text"))
        elif len(line) <= 80 and authors.words(rules).by.match(line):
            out.append(Claim("authors", line, "markup text"))
    return out


def _dates(out: dict[str, Any], claims: Sequence[Claim], page: Page, rules: Rules) -> list[Candidate]:
    candidates: list[Candidate] = []
    for field in ("date_published", "date_modified"):
        found, why = publication.decide(_of(claims, field), page.capture.fetched_at, rules)
        out[field], out[field + "_raw"], out[field + "_source"] = found.value, found.raw, found.source
        candidates += why
    return candidates


def _language(
    out: dict[str, Any], claims: Sequence[Claim], blocks: Sequence[Block], rules: Rules
) -> list[Candidate]:
    declared, candidates = best(_of(claims, "in_language"), rules)
    text = "\n".join(b.text for b in blocks[:400] if b.label == "body")[:5000]
    out["in_language"], out["in_language_source"] = finish_language(text, declared)
    return candidates


def _image(out: dict[str, Any], claims: Sequence[Claim], url: str, rules: Rules) -> list[Candidate]:
    """The main image, absolute, with the caption and credit that the same source gives."""
    found, candidates = best(_of(claims, "image"), rules)
    caption, more = best(_of(claims, "image_caption"), rules)
    credit, most = best(_of(claims, "image_credit"), rules)
    found = head.absolute(found, url)
    out["image"] = Image(found, caption, credit) if found else None
    return candidates + more + most


def _finish(out: dict[str, Any]) -> None:
    """Drop what only repeats another field."""
    if key(out["alternative_headline"]) == key(out["headline"]):
        out["alternative_headline"] = ""
    if key(out["description"]) == key(out["headline"]):
        out["description"] = ""
