"""Who wrote it: from bylines as pages print them to `Author`s.

A name is never an account (`admin`), a label (`Posted by`), a date, a URL or an e-mail address. The
words of bylines in 37 languages are data: `data/metadata/bylines.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core import dates
from newsarchive.core.claims import Claim, Option, key, weigh
from newsarchive.items import Author, Candidate
from newsarchive.rules import Rules

#: Longest name in characters and words: "Office of the United Nations High Commissioner for Human Rights".
LONGEST, MOST_WORDS = 80, 10
#: Most authors of one article: a paper in physics may have more, a news story has not.
MOST = 30

_URL = re.compile(r"https?:|www\.|@\w|^/|\.(?:com|org|net|html?|php)\b(?!\s\w)", re.IGNORECASE)
_EMAIL = re.compile(r"\(?<?\S+@\S+\.\w+>?\)?")
_EDGE = " \t-–—|·•,;:/\\*~»«>_.…"
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Words:
    """The byline tables, compiled."""

    by: re.Pattern[str]
    parting: re.Pattern[str]
    end: re.Pattern[str]
    never: frozenset[str]
    agency: frozenset[str]
    organisation: frozenset[str]


@lru_cache(maxsize=4)
def words(rules: Rules) -> Words:
    """The tables of bylines.toml as patterns."""
    table = rules.metadata.get("bylines", {})
    by = {w for row in table.get("by", {}).values() for w in row}
    return Words(
        by=re.compile(rf"^\W*(?:{_either(by)})(?:\s*[:：]\s*|\s+|$)", re.IGNORECASE),
        parting=re.compile(
            rf"\s*[,;|•·/]\s*|\s+(?:{_either(table.get('and', {}).get('words', []))})\s+|\s{{3,}}"
        ),
        end=re.compile(rf"\s+(?:{_either(table.get('end', {}).get('words', []))})\b.*", re.IGNORECASE),
        never=frozenset(key(w) for w in table.get("never", {}).get("words", [])),
        agency=frozenset(key(w) for w in table.get("agency", {}).get("words", [])),
        organisation=frozenset(table.get("organisation", {}).get("words", [])),
    )


def _either(strings: Sequence[str] | set[str]) -> str:
    return "|".join(sorted(map(re.escape, strings), key=lambda w: (-len(w), w))) or "$^"


def decide(
    claims: Sequence[Claim], site_names: Sequence[str], sections: Sequence[str], rules: Rules
) -> tuple[tuple[Author, ...], list[Candidate]]:
    """The authors in order, `()` where none is named, and all candidates with the reason for each."""
    named, refused = read_claims(claims, sections, rules)
    lists = options(named, site_names)
    chosen, candidates = weigh([option for option, _ in lists], "authors", rules)
    authors = next((names for option, names in lists if option is chosen), ())
    return authors, candidates + refused


Named = dict[str, list[tuple[Claim, list[Author]]]]


def read_claims(
    claims: Sequence[Claim], sections: Sequence[str], rules: Rules
) -> tuple[Named, list[Candidate]]:
    """Source → its claims with the authors that each names, and the claims that name nobody."""
    banned = {key(s) for s in sections} - {""}
    named: Named = {}
    refused: list[Candidate] = []
    for claim in claims:
        names = [a for a in read(claim, rules) if key(a.name) not in banned]
        if names:
            named.setdefault(claim.source, []).append((claim, names))
        else:
            refused.append(claim.candidate(reason="names nobody"))
    return named, refused


def options(named: Named, site_names: Sequence[str]) -> list[tuple[Option, tuple[Author, ...]]]:
    """One option for each list of names that a source gives."""
    sites = {key(s) for s in site_names} - {""}
    lists: dict[tuple[str, ...], tuple[list[Claim], tuple[Author, ...]]] = {}
    for rows in named.values():
        authors = _distinct([a for _, names in rows for a in names])
        claims, _ = lists.setdefault(tuple(sorted(key(a.name) for a in authors)), ([], authors))
        claims += [claim for claim, _ in rows]
    return [(Option(tuple(claims), _traits(authors, sites)), authors) for claims, authors in lists.values()]


def _traits(authors: Sequence[Author], sites: set[str]) -> tuple[str, ...]:
    """What else speaks for or against a list of names."""
    traits = []
    if all(key(a.name) in sites for a in authors):
        traits.append("the site's own name")
    elif all(a.kind != "person" for a in authors):
        traits.append("an organisation")
    if all(" " not in a.name for a in authors):
        traits.append("an account" if all(a.name.islower() for a in authors) else "a single word")
    if len(authors) > 4:
        traits.append("many names")
    return tuple(traits)


def _distinct(authors: Sequence[Author]) -> tuple[Author, ...]:
    seen: dict[str, Author] = {}
    for author in authors:
        seen.setdefault(key(author.name), author)
    return tuple(seen.values())[:MOST]


def read(claim: Claim, rules: Rules) -> list[Author]:
    """The authors that one claim names: byline words, dates, addresses and accounts taken away.

    >>> from newsarchive import rules
    >>> [a.name for a in read(Claim("authors", "By Jane Doe and John Roe | 3 May 2024", "markup byline"), rules.default())]
    ['Jane Doe', 'John Roe']
    """
    url = claim.url if claim.url.startswith("http") else ""
    out = []
    for name in split(claim.value, rules):
        found = clean(name, rules)
        if found:
            out.append(Author(found, kind_of(found, claim.kind, rules), url))
    return out[:MOST]


def split(text: str, rules: Rules) -> list[str]:
    """The names of a byline, parted at commas, "and" and a date."""
    text = _strip_by(_EMAIL.sub("", text[:1000]), rules)
    if _URL.search(text) and not text.count(" "):
        return []
    if found := dates.date_text(text, rules):
        text = text.replace(found, "|")
    return [p for p in words(rules).parting.split(text) if p]


def _strip_by(text: str, rules: Rules) -> str:
    for _ in range(3):
        shorter = words(rules).by.sub("", text, count=1)
        if shorter == text or not _LETTER.search(shorter):
            break
        text = shorter
    return text


def clean(name: str, rules: Rules) -> str:
    """One name without the words and signs around it, "" for what is none."""
    name = _strip_by(_EMAIL.sub("", name).strip(_EDGE), rules)
    name = words(rules).end.sub("", name).strip(_EDGE)
    if not 2 <= len(name) <= LONGEST or len(name.split()) > MOST_WORDS or not _LETTER.search(name):
        return ""
    if _URL.search(name) or key(name) in words(rules).never or re.fullmatch(r"[\d\W]*\w{0,2}\d[\d\W]*", name):
        return ""
    return _cased(name)


def _cased(name: str) -> str:
    """`JANE DOE` is `Jane Doe`; a single word or an abbreviation stays."""
    if name.isupper() and len(name.split()) > 1 and len(name) > 6:
        return name.title()
    return name


def kind_of(name: str, said: str, rules: Rules) -> str:
    """`agency`, `organisation` or `person`: what the name shows, then what its source said."""
    if key(name) in words(rules).agency:
        return "agency"
    if set(name.casefold().split()) & words(rules).organisation:
        return "organisation"
    return said if said in ("person", "organisation") else "person"
