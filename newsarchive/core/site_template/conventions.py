"""Takes a picture, a description, keywords or an author away from a post where its site gives the same ones to many posts.

Example: a theme writes the blog's own description into the head of each post that has no summary, so that every page seems
to be about "A notebook of things read elsewhere". One page cannot show it, all pages of the site together do: a picture or
a description that many posts share belongs to none of them, and neither do keywords that nearly all share. An author whom
nearly all share is the site's where other people sign the posts.

`said_by` records what a page says, `conventions_of` learns from the records of a site's pages, and `applied` changes an article.

Earns on 43 of 365 pages of 49 real sites: 37 descriptions, six pictures and five lists of keywords go, all of them the site's.
The author earns nothing there, and 14 of 16 authors on Hexo's theme Keep, which declares the blog's owner as the author of
each post (`docs/benchmarks/ablation.md`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from newsarchive.core.metadata import authors, elements, headline, keywords, pictures
from newsarchive.core.metadata.claims import Claim, Place, Qualifier, best, source_of
from newsarchive.core.text.lines import number
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
#: The columns of a row that keeps something learned of a site.
COLUMNS = ("fingerprint", "role", "label", "reason", "pages", "clusters", "sample", "first", "version")
#: The role of a row that holds a convention.
ROLE = "convention"
#: Posts that must show a convention: below it anything may be chance.
MIN_POSTS = 5
#: Part of the posts with a picture, or with a description, that must have the same one, where it is the site's.
SUMMARY_SHARE = 0.2
#: Part of the posts with keywords that must have the same ones, where they are the site's.
KEYWORDS_SHARE = 0.8
#: Part of the posts with one author that must have the same one, where it is the site's.
AUTHOR_SHARE = 0.8
#: Part of those posts that somebody else must sign.
SIGNED_SHARE = 0.5
#: Different people who must sign them: one other name may be the author's own in another spelling.
MIN_SIGNING = 2


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


#: Kind → the field of a page's record, in words what posts share, and the part of the posts that must share it.
_SHARED = {
    Kind.SITES_PICTURE: ("picture", "this picture", SUMMARY_SHARE),
    Kind.SITES_DESCRIPTION: ("description", "this description", SUMMARY_SHARE),
    Kind.SITES_KEYWORDS: ("keywords", "these keywords", KEYWORDS_SHARE),
    Kind.SITES_AUTHOR: ("author", "this author", AUTHOR_SHARE),
}


def conventions_of(
    pages: Collection[tuple[str, Said]], known: tuple[Convention, ...] = ()
) -> tuple[Convention, ...]:
    """The conventions that pages show, each given by its article (cluster of copies) and its record; those `known` before where no
    page says anything of the kind."""
    if known and not any(any(said) for _, said in pages):
        return known
    found = []
    for kind, (field, shared, share) in _SHARED.items():
        posts: dict[str, set[str]] = defaultdict(set)  # versions and copies of one post count as one
        for cluster, said in pages:
            if value := getattr(said, field):
                posts[value].add(cluster)
        total = sum(map(len, posts.values()))
        for value, sharing in posts.items():
            if len(sharing) < max(MIN_POSTS, share * total):
                continue
            if kind is Kind.SITES_AUTHOR:  # several other people must sign the posts
                signed = {c: said.signed for c, said in pages if said.author == value and said.signed}
                if len(signed) < SIGNED_SHARE * len(sharing) or len(set(signed.values())) < MIN_SIGNING:
                    continue
            reason = f"the site's, not the post's: {len(sharing)} of {total} posts have {shared}"
            found.append(Convention(kind, value, len(sharing), total - len(sharing), reason))
    return _sorted(found)


def _sorted(found: Iterable[Convention]) -> tuple[Convention, ...]:
    return tuple(sorted(found, key=lambda convention: convention.name))


def rows(conventions: Iterable[Convention]) -> list[dict[str, Any]]:
    """Conventions as rows of the table that holds what was learned of a site."""
    return [
        row_of(number(c.name), ROLE, str(c.kind), c.reason, c.pages, c.against, c.value, "", 0)
        for c in conventions
    ]


def row_of(*values: object) -> dict[str, Any]:
    """A row of that table, of the values of all `COLUMNS`."""
    return dict(zip(COLUMNS, values, strict=True))


def from_rows(found: Iterable[Mapping[str, Any]]) -> tuple[Convention, ...]:
    """The conventions that `rows` wrote. Older versions wrote kinds that nothing is learned of any more: these are left out."""
    return _sorted(
        Convention(Kind(r["label"]), r["sample"], r["pages"], r["clusters"], r["reason"])
        for r in found
        if r["label"] in set(Kind)
    )


def effects(said: Said, conventions: Iterable[Convention]) -> tuple[Convention, ...]:
    """The conventions that change what was decided by the page alone; `()` for most pages.

    This needs the page's record only, so that learning knows which pages must be read again.
    """
    held = (c for c in conventions if c.value == getattr(said, _SHARED[c.kind][0]))
    return tuple(c for c in held if said.signed or c.kind is not Kind.SITES_AUTHOR)


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
    words, candidates = keywords.choose(others, article.article_section, article.headline, rules)
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
