"""Takes a picture, a description, keywords or an author away from a post where its site gives the same ones to many posts.

Example: a theme writes the blog's own description into the head of each post that has no summary, so that every page seems
to be about "A notebook of things read elsewhere". One page cannot show it, all pages of the site together do.

The record of each page (`Said`) keeps what was decided by the page alone. `core/site_template/conventions.py` learns
conventions from these records, and this module applies them.

Earns on 43 of 365 pages of 49 real sites: 37 descriptions, six pictures and five lists of keywords go, all of them the site's.
The author earns nothing there, and 14 of 16 authors on Hexo's theme Keep, which declares the blog's owner as the author of
each post. Conventions for dates changed two dates, one of them wrongly, and are gone (`docs/benchmarks/ablation.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from newsarchive.core.metadata import authors, elements, headline, pictures, sections
from newsarchive.core.metadata.claims import Claim, Place, Qualifier, best, source_of
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import parts_of
from newsarchive.items import Article, Candidate
from newsarchive.rules import Rules

#: Characters kept of each value. That many tell those of two posts apart.
MAX_SUMMARY_CHARACTERS = 200
#: Sources that name the author of this post, not of the site.
SIGNING = frozenset((
    Place.WP_JSON, Place.FEED, Place.JSON_LD, Place.MICRODATA, Place.AUTHOR, Place.BYLINE, Place.REL, Place.BOX, Place.TEXT,
    Place.META_CITATION,
))  # fmt: skip


class Said(NamedTuple):
    """What one page says of its post, as it was decided by the page alone: the address of the picture, the description, the
    keywords where they stand in a meta element, and the only author. `signed` is whom the page itself names as author besides.
    Each is cut to `MAX_SUMMARY_CHARACTERS`; "" for none.
    """

    picture: str = ""
    description: str = ""
    keywords: str = ""
    author: str = ""
    signed: str = ""


#: The record of a page that says nothing of the kind.
NOTHING = Said()


def said_by(article: Article) -> Said:
    """The record of an article's page. `article` must be as the page alone gave it, before anything learned was applied."""
    picture = article.image.url if article.image else ""
    chosen = (c for c in article.candidates if c.field == "keywords" and c.chosen)
    listed = ", ".join(c.value for c in chosen if source_of(c.source).bare is Place.META)
    author = article.authors[0].name if len(article.authors) == 1 else ""
    others = (c.value for c in _of_field(article.candidates, "authors") if c.source.bare in SIGNING)
    signed = next((name for name in others if author and key(author) not in key(name)), "")
    said = (picture, article.description, listed, author, signed)
    return Said._make(text[:MAX_SUMMARY_CHARACTERS] for text in said)


class Kind(StrEnum):
    """The kinds of conventions."""

    #: This picture stands for many posts: the theme gives it to those without a picture.
    SITES_PICTURE = "picture of the site"
    #: This description stands for many posts: it describes the site.
    SITES_DESCRIPTION = "description of the site"
    #: These keywords of a meta element stand on nearly every page: they are about the site.
    SITES_KEYWORDS = "keywords of the site"
    #: This author stands on nearly every page, also on those that others sign: the site's owner.
    SITES_AUTHOR = "author of the site"


@dataclass(frozen=True, slots=True)
class Convention:
    """A habit of a site: its kind, and the value that is the site's.

    `pages` is the number of pages that show it, `against` the number of those that show another value; `reason` says both in
    words.
    """

    kind: Kind
    value: str
    pages: int
    against: int
    reason: str

    @property
    def name(self) -> str:
        """An identifier, which does not change with the number of pages."""
        return f"{self.kind}\t{self.value}"


@dataclass(frozen=True)
class Conventions:
    """All conventions of a site."""

    known: tuple[Convention, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.known)

    @cached_property
    def _by_kind(self) -> dict[Kind, list[Convention]]:
        return {kind: [c for c in self.known if c.kind is kind] for kind in Kind}

    def of(self, kind: Kind) -> list[Convention]:
        return self._by_kind[kind]


def effects(said: Said, conventions: Conventions) -> tuple[Convention, ...]:
    """The conventions that change what was decided by the page alone; `()` for most pages.

    This needs the page's record only, so that learning knows which pages must be read again.
    """
    if not conventions:
        return ()
    values = {
        Kind.SITES_PICTURE: said.picture,
        Kind.SITES_DESCRIPTION: said.description,
        Kind.SITES_KEYWORDS: said.keywords,
        Kind.SITES_AUTHOR: said.author if said.signed else "",
    }
    return tuple(c for kind, value in values.items() for c in conventions.of(kind) if c.value == value)


def applied(article: Article, changing: Sequence[Convention], rules: Rules) -> Article:
    """An article, which was decided by its page alone, with picture, description, keywords and authors by the conventions of its
    site.

    `changing` are the `effects` on its page; without any the article is returned as it is. A candidate that loses by a
    convention says so in its reason.
    """
    apply = {
        Kind.SITES_PICTURE: _pictured,
        Kind.SITES_DESCRIPTION: _described,
        Kind.SITES_KEYWORDS: _keyed,
        Kind.SITES_AUTHOR: _signed,
    }
    for convention in changing:
        article = apply[convention.kind](article, convention, rules)
    return article


def _pictured(article: Article, convention: Convention, rules: Rules) -> Article:
    """The article with the best picture that is not the site's, or without one."""
    # The references of the article's page are relative to this address.
    base = article.capture.base_url if article.capture else article.url
    host = parts_of(base).hostname or ""
    claims = _of_field(article.candidates, "image")
    refused = {}
    for claim in claims:
        if elements.absolute(claim.value, base)[:MAX_SUMMARY_CHARACTERS] == convention.value:
            refused[claim] = convention.reason
        elif pictures.is_sites_own_picture(claim.value, host):
            refused[claim] = "the site's own picture"
    address, candidates = best([c for c in claims if c not in refused], rules)
    candidates += [claim.candidate(reason=reason) for claim, reason in refused.items()]
    url = elements.absolute(address, base)
    image = replace(article.image, url=url) if article.image and address else None
    return replace(article, image=image, candidates=_replaced(article.candidates, "image", candidates))


def _described(article: Article, convention: Convention, rules: Rules) -> Article:
    """The article with the best description that is not the site's, or without one."""
    claims = _of_field(article.candidates, "description")
    sites = [c for c in claims if c.value[:MAX_SUMMARY_CHARACTERS] == convention.value]
    others = [c for c in claims if c not in sites]
    own, refused = headline.own_descriptions(others, article.headline, article.blocks)
    description, candidates = best(own, rules)
    candidates += [*(c.candidate(reason=convention.reason) for c in sites), *refused]
    kept = _replaced(article.candidates, "description", candidates)
    return replace(article, description=description, candidates=kept)


def _keyed(article: Article, convention: Convention, rules: Rules) -> Article:
    """The article with the keywords of the next best source, or without any."""
    claims = _of_field(article.candidates, "keywords")
    sites = [c for c in claims if c.source.bare is Place.META]
    others = [c for c in claims if c not in sites]
    words, candidates = sections.choose_keywords(others, article.article_section, article.headline, rules)
    candidates += [c.candidate(reason=convention.reason) for c in sites]
    return replace(article, keywords=words, candidates=_replaced(article.candidates, "keywords", candidates))


def _signed(article: Article, convention: Convention, rules: Rules) -> Article:
    """The article with the authors whom the page names besides the site's owner; unchanged where it names none."""
    claims = _of_field(article.candidates, "authors")
    sites = [c for c in claims if {key(a.name) for a in authors.read(c, rules)} == {key(convention.value)}]
    others = [c for c in claims if c not in sites]
    sections_of = [article.article_section] if article.article_section else []
    names = [article.publisher, parts_of(article.url).hostname or ""]
    found, candidates = authors.decide(others, names, sections_of, article.blocks, rules)
    if not found:
        return article
    candidates = [*candidates, *(c.candidate(reason=convention.reason) for c in sites)]
    found = authors.with_house(found, article.publisher)
    return replace(article, authors=found, candidates=_replaced(article.candidates, "authors", candidates))


def _of_field(candidates: Sequence[Candidate], field: str) -> list[Claim]:
    """The claims of candidates for a field, without those about other posts. A candidate does not keep a claim's `kind` and
    `url`, so the claims lack them."""
    claims = (Claim(c.field, c.value, source_of(c.source)) for c in candidates if c.field == field)
    return [claim for claim in claims if claim.source.qualifier is not Qualifier.OF_OTHERS]


def _replaced(candidates: Sequence[Candidate], field: str, new: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates with those of one field replaced, in their place."""
    at = next((i for i, c in enumerate(candidates) if c.field == field), len(candidates))
    before, after = candidates[:at], [c for c in candidates[at:] if c.field != field]
    return (*before, *new, *after)
