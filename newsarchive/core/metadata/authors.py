"""Who wrote the article: the choice among all lists of names that a page gives.

JSON-LD may name "admin", the byline "Jane Doe", and a box below "Jane Doe" and "John Roe". Each list of names is one
option; its points are learned (`claims.weigh`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from newsarchive.core.metadata.byline_words import words
from newsarchive.core.metadata.claims import (
    GUESSES,
    IN_BODY,
    JSON_LD,
    MAX_SEARCHED_BLOCKS,
    META,
    OPEN_GRAPH,
    TWITTER,
    WEAK_GUESSES,
    Claim,
    Option,
    Place,
    Position,
    Source,
    Trait,
    weigh,
)
from newsarchive.core.metadata.person_names import (
    EASTERN_NAME,
    clean,
    firm,
    kind_of,
    like_a_name,
    names,
)
from newsarchive.core.text.normalise import key
from newsarchive.core.text.scripts import WORD_MARKS, has_unspaced
from newsarchive.items import Author, Block, Candidate
from newsarchive.rules import Rules

#: Authors of one article; the rest is dropped. A paper in physics may have more, a news story does not.
MAX_AUTHORS = 30
#: Lines of one page that only look like names. From this number on, they are likely a menu or what a shop sells.
MIN_MENU_GUESSES = 3
#: Names in an element each. From this number on, they are the people of the site: a byline with five names stands in
#: one element, or in the head as well.
MIN_STAFF_NAMES = 5
#: Words before a job that say what it is about: "Our Special Correspondent". With more, a name may be among them.
MAX_WORDS_BEFORE_JOB = 2
#: Letters of a site's name with which that of an organisation may begin; with fewer it may be any word.
MIN_HOUSE_LETTERS = 4
#: Letters beside a name that make a phrase of it, in a script without spaces; with fewer they may be a part of the name.
MIN_PHRASE_LETTERS = 5
#: Sources that readers of the page do not see.
_HEAD = JSON_LD | META | OPEN_GRAPH | TWITTER | {Place.SCRIPT}
#: Sources that know the account which published a post, and no one else.
_OF_ACCOUNTS = JSON_LD | {Place.WP_JSON}
#: Sources that hold one author in each element.
_ELEMENTS_OF_ONE = frozenset((Place.AUTHOR, Place.BYLINE, Place.REL, Place.BOX))
_WORD = re.compile(rf"[\w{WORD_MARKS}]+")
#: Signs of a list of names.
_LISTED = re.compile(r"[,;/／、，；]")

#: Sources that have names as catalogues do.
_CATALOGUES = frozenset((Place.META_CITATION, Place.META_DC))
#: A family name of two words or three, and one first name, or one with initials: two groups.
_LAST_FIRST = re.compile(
    r"(?P<last>[^\W\d_][\w'’-]+(?: [^\W\d_][\w'’-]+){1,2}), (?P<first>[^\W\d_][\w'’-]+(?: [^\W\d_]\.)*)"
)

#: Source → its claims, each with the authors that it names.
Named = dict[Source, list[tuple[Claim, list[Author]]]]


def decide(
    claims: Sequence[Claim],
    site_names: Sequence[str],
    sections: Sequence[str],
    blocks: Sequence[Block],
    rules: Rules,
) -> tuple[tuple[Author, ...], list[Candidate]]:
    """The authors in order, `()` where none is named, and all candidates with the reason for each.

    `blocks` are what readers see of the page. They may be empty where only the claims are at hand.
    """
    named, refused = read_claims(claims, sections, rules)
    lists = _signed_over_house(options(named, site_names, blocks, rules), site_names, rules)
    chosen, candidates = weigh([option for option, _ in lists], "authors", rules)
    authors = next((found for option, found in lists if option is chosen), ())
    return tuple(_as_house(author, rules) for author in authors), candidates + refused


def _signed_over_house(
    lists: list[tuple[Option, tuple[Author, ...]]], site_names: Sequence[str], rules: Rules
) -> list[tuple[Option, tuple[Author, ...]]]:
    """The options without the site's own name as the only author, where the closing line of the text is signed by people."""
    sites = {key(name) for name in site_names} - {""}
    below = Source(Place.TEXT, Position.BELOW)
    is_signed = any(
        all(key(a.name) not in sites and like_a_name(a.name, rules) for a in found)
        and any(c.source == below for c in option.claims)
        for option, found in lists
    )
    kept = [row for row in lists if not (len(row[1]) == 1 and key(row[1][0].name) in sites)]
    return kept if is_signed and kept else lists


def _as_house(author: Author, rules: Rules) -> Author:
    """The author; a job and what it is about, without a name, is no person but the house: "Special Correspondent"."""
    table, name = words(rules), author.name
    start, end = table.role.find(name) or (0, 0)
    before = name[:start].split()
    is_job = end == len(name) and name[start:].casefold() not in table.before_job
    is_job = is_job and len(before) <= MAX_WORDS_BEFORE_JOB and not like_a_name(" ".join(before), rules)
    return replace(author, kind="organisation") if is_job and author.kind == "person" else author


def with_house(authors: Iterable[Author], publisher: str) -> tuple[Author, ...]:
    """The authors; one of a single word, which is the publisher's name as it is written, is the house and no person: "Kaspersky".

    WordPress says of every account that it is a person. A name of several words, or in a script without spaces, may be that of a
    person who writes alone. Of 11 such names on pages that may be read nine are firms and associations, two pen names.
    """
    if " " in publisher or has_unspaced(publisher):
        return tuple(authors)
    return tuple(
        replace(author, kind="organisation")
        if author.kind == "person" and author.name.casefold() == publisher.casefold()
        else author
        for author in authors
    )


def read_claims(
    claims: Sequence[Claim], sections: Sequence[str], rules: Rules
) -> tuple[Named, list[Candidate]]:
    """The claims of each source that name somebody, and those that name nobody."""
    banned = {key(s) for s in sections} - {""}
    named: Named = {}
    refused: list[Candidate] = []
    for claim in claims:
        people = read(claim, rules) if key(claim.value) not in banned else []
        found = [a for a in people if key(a.name) not in banned]
        if found:
            named.setdefault(claim.source, []).append((claim, found))
        else:
            refused.append(claim.candidate(reason="names nobody"))
    return named, refused


def read(claim: Claim, rules: Rules) -> list[Author]:
    """The authors that one claim names."""
    url = claim.url if claim.url.startswith("http") else ""
    value = claim.value if claim.kind == "organisation" or "," not in claim.value else _turned(claim, rules)
    if claim.kind == "organisation" or (claim.kind == "person" and _is_one(value, rules)):
        found = [name] if (name := clean(value, rules, printed=False)) else []
    else:
        found = names(value, rules, printed=claim.source.place in IN_BODY)
    return [Author(name, kind_of(name, claim.kind, rules), url) for name in found[:MAX_AUTHORS]]


def _turned(claim: Claim, rules: Rules) -> str:
    """The value of a claim, with the first name in front where a family name of several words stood there: "García Márquez, Gabriel".

    Catalogues write names so, and lists with semicolons. Elsewhere such a value is two authors, or a person and a place. "PhD" and
    "Jr" behind a name are no first names.
    """
    parts = [part.strip() for part in claim.value.split(";") if part.strip()]
    # A degree, a job or a generation is no first name.
    found = [
        m
        for part in parts
        if (m := _LAST_FIRST.fullmatch(part))
        and len(names(m[0], rules, printed=False)) == 2
        and kind_of(m["first"], "", rules) == "person"
    ]
    if not found or len(found) < len(parts) or claim.source.place not in _HEAD:
        return claim.value
    particles = words(rules).particles
    is_certain = len(parts) > 1 or claim.source.place in _CATALOGUES
    if is_certain or all({*m["last"].casefold().split()[:-1]} <= particles for m in found):
        return "; ".join(f"{m['first']} {m['last']}" for m in found)
    return claim.value


def _is_one(value: str, rules: Rules) -> bool:
    """Whether what is declared as one person is a couple or an account, and no two authors: the part before "and" has one word, and
    no part is an agency or a group.

    >>> from newsarchive.rules import default
    >>> [_is_one(text, default()) for text in ("Jane and John Roe", "Health and Beauty", "Jane Doe and John Roe", "Jane, John Roe")]
    [True, True, False, False]
    >>> [_is_one(text, default()) for text in ("Jane Doe and AFP", "dpa and Reuters", "Staff and Jane Doe")]
    [False, False, False]
    """
    if _LISTED.search(value):
        return False
    parts = [part.strip() for part in words(rules).separators.split(value)]
    if len(parts) == 1 or " " in parts[0]:
        return False
    return all(clean(part, rules, printed=False) and kind_of(part, "", rules) == "person" for part in parts)


def options(
    named: Named, site_names: Sequence[str], blocks: Sequence[Block], rules: Rules
) -> list[tuple[Option, tuple[Author, ...]]]:
    """One option, with its authors, for each list of names that a source gives."""
    sites = {key(s) for s in site_names} - {""}
    hosts = {s.casefold() for s in site_names if "." in s}
    lists: dict[tuple[str, ...], tuple[list[Claim], tuple[Author, ...]]] = {}
    # Each guess is a list by itself; all claims of another source make one.
    by_source = (
        [[row] for row in rows] if source.place in GUESSES else [rows] for source, rows in named.items()
    )
    for rows in chain.from_iterable(by_source):
        found_here = [_without_own_paper(a, site_names, rules) for _, found in rows for a in found]
        own = [a for a in found_here if a.name.casefold().removeprefix("www.") not in hosts]
        if not own:
            continue
        authors = _without_firms(_without_house(_distinct(own), rows, sites), rows, rules)
        names = tuple(sorted(key(a.name) for a in authors))
        claims, before = lists.get(names, ([], authors))
        spelled = max(before, authors, key=_spelling)
        lists[names] = [*claims, *(claim for claim, _ in rows)], spelled
    _merge_residue(lists, rules)
    _merge_account(lists, rules)
    guessed = {
        names for names, (claims, _) in lists.items() if all(c.source.place in GUESSES for c in claims)
    }
    out = []
    for names, (claims, authors) in lists.items():
        traits = _traits(names, claims, authors, sites, list(lists), rules)
        traits += _hidden_traits(claims, authors, blocks)
        if names in guessed and len(guessed) >= MIN_MENU_GUESSES:
            traits += (Trait.ONE_OF_GUESSES,)
        out.append((Option(tuple(claims), traits, WEAK_GUESSES), authors))
    return out


def _spelling(authors: tuple[Author, ...]) -> tuple[int, int]:
    """How well names are spelled: neither `janedoe` nor `Mary-ann Doe`, where the page has them otherwise as well."""
    behind_hyphens = (letter for a in authors for letter in re.findall(r"-(\w)", a.name))
    return sum(" " in a.name for a in authors), sum(map(str.isupper, behind_hyphens))


def _without_own_paper(author: Author, site_names: Sequence[str], rules: Rules) -> Author:
    """A person without the name of the site behind theirs: "Jane Doe The Harbour Post". A house that is called like its paper ("Casa
    Editorial El Tiempo") stays whole."""
    for site in site_names:
        person = author.name[: -len(site)].strip(" ,|–-") if site and author.name.endswith(site) else ""
        is_name = len(site) >= MIN_HOUSE_LETTERS and like_a_name(person, rules)
        if is_name and kind_of(person, "", rules) == "person":
            return replace(author, name=person, kind="person")
    return author


def _without_house(
    authors: tuple[Author, ...], rows: Sequence[tuple[Claim, list[Author]]], sites: set[str]
) -> tuple[Author, ...]:
    """Authors without the site's own name, printed in capitals behind theirs: "Jane Doe, HARBOUR POST"."""
    printed = " ".join(claim.value for claim, _ in rows)
    people = tuple(
        a
        for a in authors
        if not (key(a.name) in sites and re.search(rf", ?{re.escape(a.name.upper())}(?!\w)", printed))
    )
    return people or authors


def _without_firms(
    authors: tuple[Author, ...], rows: Sequence[tuple[Claim, list[Author]]], rules: Rules
) -> tuple[Author, ...]:
    """People without the firm that owns the site, where it is declared in an element of its own beside theirs. "Boxes and Bubbles Ltd" in
    one element stays."""
    alone = {key(claim.value) for claim, _ in rows}
    firms = [a for a in authors if firm(a.name, rules) and key(a.name) in alone]
    people = tuple(a for a in authors if a not in firms)
    are_named = all(
        key(a.name) in alone and (like_a_name(a.name, rules) or EASTERN_NAME.fullmatch(a.name))
        for a in people
    )
    return people if people and are_named else authors


def _merge_residue(
    lists: dict[tuple[str, ...], tuple[list[Claim], tuple[Author, ...]]], rules: Rules
) -> None:
    """Give the claims of "Jane Doe Gardener" and "AAS Jane Doe", which readers see, to "Jane Doe", whom a marked element or the head
    names: what stands behind a name is a role, a network or a place, and letters before it are a section. So are those of a phrase with
    the name that links to the person's page."""
    declared = {
        authors[0].name: listed
        for listed, (claims, authors) in lists.items()
        if len(authors) == 1
        and (
            any(c.source.place is Place.AUTHOR or c.source.place in _HEAD for c in claims)
            or (any(c.source.place is Place.BYLINE for c in claims) and like_a_name(authors[0].name, rules))
        )
    }
    marked = {
        authors[0].name: listed
        for listed, (claims, authors) in lists.items()
        if len(authors) == 1 and " " in authors[0].name and any(c.source.place not in GUESSES for c in claims)
    }
    for listed, (claims, authors) in list(lists.items()):
        longer = authors[0].name
        if len(authors) > 1 or not all(c.source.place in IN_BODY for c in claims):
            continue
        shorter = next((name for name in marked if longer.startswith(f"{name} ")), "")
        if not shorter and any(c.source.place is Place.REL for c in claims):
            shorter = next((name for name in declared if _is_phrase_with(name, longer, rules)), "")
        first, _, rest = longer.partition(" ")
        shorter = shorter or (rest if rest in marked and first.isupper() and not rest.isupper() else "")
        kept = marked.get(shorter) or declared.get(shorter)
        if kept in lists and kept != listed:
            lists[kept][0].extend(claims)
            del lists[listed]


def _merge_account(
    lists: dict[tuple[str, ...], tuple[list[Claim], tuple[Author, ...]]], rules: Rules
) -> None:
    """Give the claims of the one author whom WordPress's API or JSON-LD names to a marked line of the page that names several people, this
    one among them. Both know the account that published a post; plug-ins such as Co-Authors Plus, and Ghost, print the others
    beside it."""
    of_account = (
        listed
        for listed, (claims, authors) in lists.items()
        if len(authors) == 1 and any(c.source.place in _OF_ACCOUNTS for c in claims)
    )
    account = next(of_account, ())
    for listed, (claims, authors) in list(lists.items()) if account else ():
        is_printed = len(authors) > 1 and account[0] in listed
        if is_printed and all(a.kind == "person" and _may_be_person(a.name, rules) for a in authors):
            lines = (c.value for c in claims if c.source.bare in (Place.AUTHOR, Place.BYLINE))
            if any(all(_spelled(a.name) in _spelled(line) for a in authors) for line in lines):
                lists[listed][0].extend(lists.pop(account)[0])
                return


def _may_be_person(name: str, rules: Rules) -> bool:
    return like_a_name(name, rules) or EASTERN_NAME.fullmatch(name) is not None


def _is_phrase_with(name: str, text: str, rules: Rules) -> bool:
    """Whether a text has a name and the words of a link to all that its owner wrote, in any language: "View all posts by Jane Doe"."""
    if name == text or _spelled(name) not in _spelled(text):
        return False
    if has_unspaced(text):
        return len(key(text)) >= len(key(name)) + MIN_PHRASE_LETTERS
    return not like_a_name(text, rules)


def _hidden_traits(
    claims: Sequence[Claim], authors: Sequence[Author], blocks: Sequence[Block]
) -> tuple[Trait, ...]:
    """The trait of authors whom only the head names: those who run a site's computers or made its pages. Without blocks
    the page cannot be searched for them, and there is no such trait."""
    if not blocks or not all(c.source.place in _HEAD for c in claims):
        return ()
    text = "\n".join(b.text for b in blocks[:MAX_SEARCHED_BLOCKS]).casefold()
    return () if any(a.name.casefold() in text for a in authors) else (Trait.PRINTED_NOWHERE,)


def _is_staff_list(claims: Sequence[Claim], names: Sequence[str]) -> bool:
    """Whether the names are a list of the site's people: each stands in an element of its own, and nowhere else."""
    marked = all(c.source.place in _ELEMENTS_OF_ONE for c in claims)
    return marked and len(names) >= MIN_STAFF_NAMES and all(key(c.value) in names for c in claims)


def _traits(
    names: tuple[str, ...],
    claims: Sequence[Claim],
    authors: Sequence[Author],
    sites: set[str],
    lists: Sequence[tuple[str, ...]],
    rules: Rules,
) -> tuple[Trait, ...]:
    """What speaks for or against a list of names beside its sources."""
    traits: list[Trait] = []
    declared = all(c.source.place in _HEAD for c in claims)
    long_sites = tuple(site for site in sites if len(site) >= MIN_HOUSE_LETTERS)
    if (
        all(name in sites for name in names)
        # "Harbour Post Research Team" of the Harbour Post
        or all(a.kind != "person" and key(a.name).startswith(long_sites) for a in authors)
        or (declared and key(authors[0].name) in sites)  # "taz, die tageszeitung" at taz.example
    ):
        traits.append(Trait.SITES_NAME)
        is_person = all(a.kind == "person" and like_a_name(a.name, rules) for a in authors)
        if not is_person and all(c.source.place in JSON_LD for c in claims):
            traits.append(Trait.HOUSE_ALONE)  # a plugin fills it in; the publisher says the same
    elif all(a.kind != "person" for a in authors):
        traits.append(Trait.ORGANISATION)
    if all(firm(a.name, rules) for a in authors):
        traits.append(Trait.FIRM)
    if all(" " not in a.name for a in authors):
        traits.append(Trait.ACCOUNT if all(a.name.islower() for a in authors) else Trait.SINGLE_WORD)
    if len(names) > 4:
        traits.append(Trait.MANY_NAMES)
    if _is_staff_list(claims, names):
        traits.append(Trait.STAFF)
    if any(other != names and set(other) & set(names) for other in lists):
        traits.append(Trait.IN_PART_ELSEWHERE)
    return tuple(traits)


def _distinct(authors: Sequence[Author]) -> tuple[Author, ...]:
    """Each name once. Of a name and a longer text that contains it, the name is kept: "Jane Doe" of "Jane Doe Gardener", but
    "Joann Leeds" beside "Ann Lee"."""
    seen: dict[str, Author] = {}
    for author in authors[: MAX_AUTHORS * 2]:
        seen.setdefault(key(author.name), author)
    spelled = {k: _spelled(a.name) for k, a in seen.items()}
    inner = [text for k, text in spelled.items() if len(k) > 3]
    kept = (seen[k] for k, text in spelled.items() if not any(o != text and o in text for o in inner))
    return tuple(kept)[:MAX_AUTHORS]


def _spelled(name: str) -> str:
    """The words of a name with a space around each, or its letters in a script without spaces."""
    return key(name) if has_unspaced(name) else f" {' '.join(_WORD.findall(name.casefold()))} "
