"""Who wrote it: the choice among all lists of names that a page gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsarchive.core.metadata.claims import Claim, Option, Trait, weigh
from newsarchive.core.metadata.person_names import clean, firm, kind_of, names
from newsarchive.core.metadata.sources import (
    GUESSES,
    JSON_LD,
    META,
    OPEN_GRAPH,
    SHOWN,
    TWITTER,
    WEAK_GUESSES,
    Place,
    Source,
)
from newsarchive.core.text.normalise import key
from newsarchive.items import Author, Block, Candidate
from newsarchive.rules import Rules

#: Most authors of one article: a paper in physics may have more, a news story has not.
MOST = 30

#: So many lines that look like names, where nothing else says so, are a menu or what a shop sells.
SEVERAL = 3

#: Names that marked elements hold one by one, from which on they are the people of the site and not of the post: a
#: byline of as many stands in one element, or is stated in the head as well.
MIN_STAFF_NAMES = 5
#: Sources that readers do not see.
_HEAD = JSON_LD | META | OPEN_GRAPH | TWITTER | {Place.SCRIPT}
#: Sources that are an element for one author each.
_MARKED = frozenset((Place.AUTHOR, Place.BYLINE, Place.REL, Place.BOX))
#: Most blocks that names are looked for in.
_BLOCKS = 3000

#: Source → its claims with the authors that each names.
Named = dict[Source, list[tuple[Claim, list[Author]]]]


def decide(
    claims: Sequence[Claim],
    site_names: Sequence[str],
    sections: Sequence[str],
    blocks: Sequence[Block],
    rules: Rules,
) -> tuple[tuple[Author, ...], list[Candidate]]:
    """The authors in order, `()` where none is named, and all candidates with the reason for each.

    `blocks` are what readers see of the page; none where only the claims are left of it.
    """
    named, refused = read_claims(claims, sections, rules)
    lists = options(named, site_names, blocks, rules)
    chosen, candidates = weigh([option for option, _ in lists], "authors", rules)
    authors = next((found for option, found in lists if option is chosen), ())
    return authors, candidates + refused


def read_claims(
    claims: Sequence[Claim], sections: Sequence[str], rules: Rules
) -> tuple[Named, list[Candidate]]:
    """The claims of each source that name somebody, and those that name nobody."""
    banned = {key(s) for s in sections} - {""}
    named: Named = {}
    refused: list[Candidate] = []
    for claim in claims:
        found = [a for a in read(claim, rules) if key(a.name) not in banned]
        if found:
            named.setdefault(claim.source, []).append((claim, found))
        else:
            refused.append(claim.candidate(reason="names nobody"))
    return named, refused


def read(claim: Claim, rules: Rules) -> list[Author]:
    """The authors that one claim names."""
    url = claim.url if claim.url.startswith("http") else ""
    if claim.kind == "organisation":
        found = [name] if (name := clean(claim.value, rules, printed=False)) else []
    else:
        found = names(claim.value, rules, printed=claim.source.place in SHOWN)
    return [Author(name, kind_of(name, claim.kind, rules), url) for name in found[:MOST]]


def options(
    named: Named, site_names: Sequence[str], blocks: Sequence[Block], rules: Rules
) -> list[tuple[Option, tuple[Author, ...]]]:
    """One option for each list of names that a source gives."""
    sites = {key(s) for s in site_names} - {""}
    lists: dict[tuple[str, ...], tuple[list[Claim], tuple[Author, ...]]] = {}
    for rows in _lists(named):
        authors = _distinct([a for _, found in rows for a in found])
        names = tuple(sorted(key(a.name) for a in authors))
        claims, before = lists.get(names, ([], authors))
        lists[names] = [*claims, *(claim for claim, _ in rows)], max(before, authors, key=_spaces)
    guessed = [
        names for names, (claims, _) in lists.items() if all(c.source.place in GUESSES for c in claims)
    ]
    several = dict.fromkeys(guessed, (Trait.ONE_OF_GUESSES,)) if len(guessed) >= SEVERAL else {}
    return [
        (
            Option(
                tuple(claims),
                _traits(names, claims, authors, sites, list(lists), rules)
                + _hidden(claims, authors, blocks)
                + several.get(names, ()),
                WEAK_GUESSES,
            ),
            authors,
        )
        for names, (claims, authors) in lists.items()
    ]


def _hidden(claims: Sequence[Claim], authors: Sequence[Author], blocks: Sequence[Block]) -> tuple[Trait, ...]:
    """Whether only machines are told of these authors: who runs a site's computers, who made its pages. Without blocks
    nobody knows."""
    if not blocks or not all(c.source.place in _HEAD for c in claims):
        return ()
    text = "\n".join(b.text for b in blocks[:_BLOCKS]).casefold()
    return () if any(a.name.casefold() in text for a in authors) else (Trait.PRINTED_NOWHERE,)


def _lists(named: Named) -> Iterator[list[tuple[Claim, list[Author]]]]:
    """What belongs together: all that a source says, but each line by itself where a name was guessed."""
    for source, rows in named.items():
        if source.place in GUESSES:
            yield from ([row] for row in rows)
        else:
            yield rows


def _spaces(authors: Sequence[Author]) -> int:
    """`Jane Doe` is spelled better than `janedoe`."""
    return sum(" " in a.name for a in authors)


def _staff(claims: Sequence[Claim], names: Sequence[str]) -> bool:
    """Whether names stand on the page as the list of a site's people: each in an element of its own, and nowhere else."""
    marked = all(c.source.place in _MARKED for c in claims)
    return marked and len(names) >= MIN_STAFF_NAMES and all(key(c.value) in names for c in claims)


def _traits(
    names: tuple[str, ...],
    claims: Sequence[Claim],
    authors: Sequence[Author],
    sites: set[str],
    lists: Sequence[tuple[str, ...]],
    rules: Rules,
) -> tuple[Trait, ...]:
    """What else speaks for or against a list of names."""
    traits: list[Trait] = []
    if all(name in sites for name in names):
        traits.append(Trait.SITES_NAME)
    elif all(a.kind != "person" for a in authors):
        traits.append(Trait.ORGANISATION)
    if all(firm(a.name, rules) for a in authors):
        traits.append(Trait.FIRM)
    if all(" " not in a.name for a in authors):
        traits.append(Trait.ACCOUNT if all(a.name.islower() for a in authors) else Trait.SINGLE_WORD)
    if len(names) > 4:
        traits.append(Trait.MANY_NAMES)
    if _staff(claims, names):
        traits.append(Trait.STAFF)
    if any(other != names and set(other) & set(names) for other in lists):
        traits.append(Trait.IN_PART_ELSEWHERE)
    return tuple(traits)


def _distinct(authors: Sequence[Author]) -> tuple[Author, ...]:
    """Each name once; of a name and a longer text that holds it, the name."""
    seen: dict[str, Author] = {}
    for author in authors[: MOST * 2]:
        seen.setdefault(key(author.name), author)
    keys = [k for k in seen if len(k) > 3]
    return tuple(a for k, a in seen.items() if not any(o != k and o in k for o in keys))[:MOST]
