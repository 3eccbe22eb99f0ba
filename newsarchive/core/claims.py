"""What a page claims about itself, before anything is decided.

Readers (`jsonld`, `head`, `markup`) turn a page into `Claim`s; deciders (`headline`, `authors`,
`dates`, `metadata`) weigh them by the table of trust in `data/metadata/trust.toml` and turn each into a
`Candidate` that says why it won or lost.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: Longest text kept of one claim, in characters: a headline or a description is far below it.
LONGEST = 2000
#: Most claims kept of one page: a page that offers more is hostile or an index.
MOST = 400

_TAG = re.compile(r"<[^<>]{0,500}>")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Claim:
    """One value that the page offers for a field of `Article`.

    `value` is plain text. `source` is a key of the table of trust. `kind` is what the source itself
    calls an author (`person`, `organisation` or ""); `url` is an author's page.
    """

    field: str
    value: str
    source: str
    kind: str = ""
    url: str = ""

    def candidate(self, *, chosen: bool = False, reason: str = "") -> Candidate:
        """This claim as it is kept beside the article."""
        return Candidate(self.field, self.value, self.source, chosen, reason)


def plain(value: object) -> str:
    """Any value of a page as plain text: entities decoded (twice where escaped twice), tags dropped,
    white space folded, length bounded. What is no text or number is "".

    >>> plain("Tom &amp;amp; Jerry <b>ride</b>\\n again")
    'Tom & Jerry ride again'
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value)[: LONGEST * 2]
    for _ in range(2):
        if "&" in text:
            text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub("", text)
    return " ".join(_INVISIBLE.sub("", text).split())[:LONGEST]


def key(text: str) -> str:
    """What two spellings of one value share: letters and digits, lower case.

    >>> key("Trump’s return…") == key("Trump's Return")
    True
    """
    return "".join(c for c in text.casefold() if c.isalnum())


@lru_cache(maxsize=8)
def trust_table(rules: Rules, field: str) -> Mapping[str, float]:
    """Source → how far it is believed for a field, from 0 to 1."""
    table = rules.metadata.get("trust", {}).get(field, {})
    return {str(k): float(v) for k, v in table.items()}


def trust(rules: Rules, claim: Claim) -> float:
    """How far a claim is believed. A source that the table does not know gets .3: it is heard last."""
    return trust_table(rules, claim.field).get(claim.source, 0.3)


def best(claims: Sequence[Claim], rules: Rules) -> tuple[str, list[Candidate]]:
    """Decide a field by trust alone; the first wins among equals.

    Returns the value ("" without claims) and every claim as a candidate.
    """
    if not claims:
        return "", []
    winner = max(claims, key=lambda c: trust(rules, c))
    out = []
    for claim in claims:
        level = f"{trust(rules, claim):.2f}"
        if claim is winner:
            out.append(claim.candidate(chosen=True, reason=f"the most trusted source ({level})"))
        else:
            same = key(claim.value) == key(winner.value)
            out.append(claim.candidate(reason="says the same" if same else f"less trusted ({level})"))
    return winner.value, out
