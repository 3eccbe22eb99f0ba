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
from newsarchive.core.claims import Claim, key, trust
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
    banned = {key(s) for s in sections} - {""}
    by_source: dict[str, list[Author]] = {}
    out: list[Candidate] = []
    for claim in claims:
        names = [a for a in read(claim, rules) if key(a.name) not in banned]
        if names:
            by_source.setdefault(claim.source, []).extend(names)
        else:
            out.append(claim.candidate(reason="names nobody"))
    if not by_source:
        return (), out
    sites = {key(s) for s in site_names} - {""}
    worth = {s: _worth(s, names, sites, rules) for s, names in by_source.items()}
    winner = max(worth, key=lambda s: worth[s])
    chosen = _distinct(by_source[winner])
    for source, authors in by_source.items():
        won = source == winner
        reason = (
            f"the most trusted source ({worth[source]:.2f})" if won else _lost(authors, chosen, worth[source])
        )
        out += [Candidate("authors", a.name, source, won, reason) for a in _distinct(authors)]
    return chosen, out


def _lost(authors: Sequence[Author], chosen: Sequence[Author], worth: float) -> str:
    same = {key(a.name) for a in authors} == {key(a.name) for a in chosen}
    return "says the same" if same else f"less trusted ({worth:.2f})"


def _worth(source: str, authors: Sequence[Author], sites: set[str], rules: Rules) -> float:
    """Trust; a source that only repeats the site's name, or a bare account, yields to one that names people."""
    worth = trust(rules, Claim("authors", "", source))
    if all(key(a.name) in sites for a in authors):
        return worth - 0.5
    if all(a.name.islower() and " " not in a.name for a in authors):
        return worth - 0.3
    return worth


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
