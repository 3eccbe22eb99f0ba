"""What a page claims about itself, and how claims are weighed.

Readers (`jsonld`, `head`, `shown`) turn a page into `Claim`s. Deciders (`headline`, `authors`,
`publication`, `metadata`) turn claims into a value, by `data/metadata/trust.toml` and `points.toml`, and each claim into a
`Candidate` that says why it won or lost. Two ways of deciding:

- `best`: a plain order of trust, for fields where sources rarely disagree;
- `weigh`: claims of one value are an `Option`; its points are the sum over its sources and traits, learned
  on data as a conditional logit (McFadden 1974; `training/trust.py`), against 0 for "the page does not say".
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from newsarchive.core.metadata.sources import Place, Source, source_of
from newsarchive.core.text.normalise import key
from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: Longest text kept of one claim, in characters: a headline or a description is far below it.
LONGEST = 2000
#: Most claims kept of one page: a page that offers more is hostile or an index.
MOST = 400

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
#: Soft hyphen, no-break space and next line are letters' second halves in mojibake: `Ã` with one of
#: them is `í`, `à`, `Å`. Behind a capital beyond ASCII they stay until repair has seen them.
_SECOND = re.compile("(?<=[^\x00-\x7f])[\u00ad\u00a0\u0085]")
_KEPT = {"\u00ad": "\ue000", "\u00a0": "\ue001", "\u0085": "\ue002"}
_BACK = {ord(kept): char for char, kept in _KEPT.items()}


class Trait(StrEnum):
    """What speaks for or against a value beside its sources, in the words of the tables of points."""

    FIRM = "a firm"
    SINGLE_WORD = "a single word"
    STAFF = "a staff list"
    ACCOUNT = "an account"
    ORGANISATION = "an organisation"
    MANY_NAMES = "many names"
    IN_PART_ELSEWHERE = "named in part elsewhere"
    ONE_OF_GUESSES = "one of several guesses"
    PRINTED_NOWHERE = "printed nowhere"
    SITES_NAME = "the site's own name"
    CONTAINS_TITLE = "contains a title"
    LIKE_TITLE = "like a title"
    PART_OF_TITLE = "part of a title"
    ONE_OF_HEADINGS = "one of several first headings"
    DAY_OF_CHANGE = "printed, the day of a change"


#: What has points: a source or a trait.
Voice = Source | Trait
_TRAITS = {str(trait): trait for trait in Trait}


@dataclass(frozen=True, slots=True)
class Claim:
    """One value that the page offers for a field of `Article`.

    `value` is plain text. `source` is where it stands, a key of the table of trust. `kind` is what the source itself
    calls an author (`person`, `organisation` or ""); `url` is an author's page.
    """

    field: str
    value: str
    source: Source
    kind: str = ""
    url: str = ""

    def candidate(self, *, chosen: bool = False, reason: str = "") -> Candidate:
        """This claim as it is kept beside the article."""
        return Candidate(self.field, self.value, str(self.source), chosen, reason)


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a field with all claims that state it; the first of them spells it.

    `traits` are what else speaks for or against it. `unheard` are places that do not count where another one states the
    value: weak guesses, which alone speak against it.
    """

    claims: tuple[Claim, ...]
    traits: tuple[Trait, ...] = ()
    unheard: frozenset[Place] = frozenset()

    @property
    def voices(self) -> list[Voice]:
        """What counts for it: each source once, then the traits."""
        sources = list(dict.fromkeys(c.source for c in self.claims))
        heard = [s for s in sources if s.place not in self.unheard] if self.unheard else sources
        return [*(heard or sources), *self.traits]


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
    if text.isascii():
        return " ".join(text.split())[:LONGEST]
    text = _SECOND.sub(lambda m: _KEPT[m[0]] if m.string[m.start() - 1].isupper() else m[0], text)
    folded = " ".join(_INVISIBLE.sub("", text).split())
    return folded.translate(_BACK)[:LONGEST]


@lru_cache(maxsize=64)
def trust_table(rules: Rules, field: str) -> Mapping[Voice, float]:
    """Source or trait → how far it is believed for a field: points for `weigh`, an order for `best`.

    Points are learned from pages; what the site says beside them (`facts.told`) has a table of its own.
    """
    tables = rules.metadata.get("points", {}), rules.metadata.get("trust", {})
    table: Mapping[str, float] = next((t[field] for t in tables if field in t), {})
    said: Mapping[str, float] = rules.metadata.get("told", {}).get("points", {}).get(field, {})
    rows = {**table, **said}
    return {_TRAITS.get(name) or source_of(name): float(points) for name, points in rows.items()}


def best(claims: Sequence[Claim], rules: Rules) -> tuple[str, list[Candidate]]:
    """Decide a field by trust alone; the first wins among equals.

    Returns the value ("" without claims) and every claim as a candidate.
    """
    if not claims:
        return "", []
    table = trust_table(rules, claims[0].field)
    trusted = [table.get(c.source, 0.0) for c in claims]
    at = max(range(len(claims)), key=trusted.__getitem__)
    winner, out = claims[at], []
    for i, claim in enumerate(claims):
        if i == at:
            reason = f"the most trusted source ({trusted[i]:.2f})" if len(claims) > 1 else "the only source"
        elif key(claim.value) == key(winner.value):
            reason = "says the same"
        else:
            reason = f"{winner.source} is trusted more ({trusted[at]:.2f} over {trusted[i]:.2f})"
        out.append(claim.candidate(chosen=i == at, reason=reason))
    return winner.value, out


def weigh(options: Sequence[Option], field: str, rules: Rules) -> tuple[Option | None, list[Candidate]]:
    """The option with the most points, `None` where no option has more than 0; the first wins among equals.

    Returns it with every claim as a candidate, whose reason shows the points.
    """
    table = trust_table(rules, field)
    points = [sum(table.get(v, 0.0) for v in o.voices) for o in options]
    at = max(range(len(options)), key=points.__getitem__, default=-1)
    chosen = options[at] if options and points[at] > 0 else None
    out: list[Candidate] = []
    for i, option in enumerate(options):
        reason = _reason(option, points[i], table, points[at], chosen)
        for j, claim in enumerate(option.claims):
            same = "says the same" if option is chosen and j else reason
            out.append(claim.candidate(chosen=option is chosen and not j, reason=same))
    return chosen, out


def _reason(
    option: Option, points: float, table: Mapping[Voice, float], most: float, chosen: Option | None
) -> str:
    parts = ", ".join(f"{v} {table.get(v, 0.0):+.1f}" for v in option.voices)
    if option is chosen:
        return f"{points:.1f} points: {parts}"
    if chosen is None:
        return f"too little speaks for it: {points:.1f} points: {parts}"
    return f"{points:.1f} points against {most:.1f}: {parts}"
