"""Which of the texts that a page calls its title is the headline.

The page's head (JSON-LD, Open Graph, `<title>`) was written for machines and search results, the
headings are what the reader sees. A heading that the head confirms wins; then trust decides. The
site's name and the section are never a headline, and are cut off one only where the page itself
shows that they are not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from newsarchive.core.claims import Claim, key, trust
from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: What parts a headline from a site's name or a section in titles.
_PARTS = re.compile(r"\s+[-–—|·•»«:/~⋅]+\s+|\s*[|»]\s*|:\s+")
#: How alike two titles are that mean the same, as a share of common words.
_ALIKE = 0.6
#: The head's word for a heading: two independent voices.
_CONFIRMED = 0.5
_HEADINGS = ("markup", "microdata")


def decide(
    claims: Sequence[Claim], site_names: Sequence[str], sections: Sequence[str], rules: Rules
) -> tuple[str, list[Candidate]]:
    """The headline, "" where the page has none, and all candidates with the reason for each.

    `site_names` are the names of the site that the page itself gives, `sections` its sections.
    """
    refused: list[Candidate] = []
    usable: list[Claim] = []
    for claim in _cut(claims, site_names):
        reason = _refusal(claim, site_names, sections)
        if reason:
            refused.append(claim.candidate(reason=reason))
        else:
            usable.append(claim)
    if not usable:
        return "", refused
    scores = [(_score(claim, usable, rules), claim) for claim in usable]
    winner = max(scores, key=lambda s: s[0])[1]
    return winner.value, [_explained(c, score, winner, usable) for score, c in scores] + refused


def _refusal(claim: Claim, site_names: Sequence[str], sections: Sequence[str]) -> str:
    folded = key(claim.value)
    if len(folded) < 2:
        return "holds no words"
    if folded in map(key, site_names):
        return "is the site's name"
    if claim.source.startswith("markup") and folded in map(key, sections):
        return "is the section"
    if len(claim.value) > 300:
        return "too long for a headline"
    return ""


def _cut(claims: Sequence[Claim], site_names: Sequence[str]) -> list[Claim]:
    """Claims without a site's name at either end, where another claim or the site's own name shows it."""
    shown = {key(c.value) for c in claims if c.source.startswith(_HEADINGS)}
    names = {key(n) for n in site_names} - {""}
    return [
        c if c.source.startswith(_HEADINGS) else replace(c, value=_without_name(c.value, names, shown))
        for c in claims
    ]


def _without_name(text: str, names: set[str], shown: set[str]) -> str:
    """`Title - Section - Site` is `Title` if a heading reads `Title`, or the site is named `Site`."""
    if key(text) in shown:
        return text
    parts = [(m.start(), m.end()) for m in _PARTS.finditer(text)][:20]
    for start, end in parts:
        if key(text[:start]) in shown and len(text[:start]) > 3:
            return text[:start]
        if key(text[end:]) in shown and len(text[end:]) > 3:
            return text[end:]
    for start, end in reversed(parts):
        if key(text[end:]) in names:
            return _without_name(text[:start], names, shown)
    for start, end in parts:
        if key(text[:start]) in names:
            return _without_name(text[end:], names, shown)
    return text


def _score(claim: Claim, usable: Sequence[Claim], rules: Rules) -> float:
    """Trust, and for a heading the best agreement with a claim of the head."""
    score = trust(rules, claim)
    if claim.source.startswith(_HEADINGS):
        score += _CONFIRMED * max(
            (alike(claim.value, o.value) for o in usable if not o.source.startswith(_HEADINGS)), default=0
        )
    return score


def alike(one: str, other: str) -> float:
    """How far two titles agree: the share of common words in the shorter, 0 below .6."""
    if key(one) == key(other):
        return 1.0
    first, second = set(one.casefold().split()), set(other.casefold().split())
    shorter = min(len(first), len(second))
    share = len(first & second) / shorter if shorter >= 3 else 0.0
    return share * 0.9 if share >= _ALIKE else 0.0


def _explained(claim: Claim, score: float, winner: Claim, usable: Sequence[Claim]) -> Candidate:
    if claim is winner:
        heads = sorted({o.source for o in usable if o is not claim and alike(o.value, claim.value) > 0})
        return claim.candidate(
            chosen=True, reason=f"score {score:.2f}" + (", confirmed by " + ", ".join(heads) if heads else "")
        )
    same = key(claim.value) == key(winner.value)
    return claim.candidate(reason="says the same" if same else f"score {score:.2f}")
