"""What a page claims about itself, and how the claims are weighed.

`<meta name="author" content="admin">` and the byline "By Jane Doe" are two claims for one field. Readers (`jsonld`,
`elements`, `markup`, `bylines`, `sections`, `site_statements`) turn a page into `Claim`s. Deciders (`headline`,
`authors`, `publication_date`, `step`) turn the claims for a field into a value, and each claim into a `Candidate` that
says why it won or lost. There are two ways of deciding:

- `best` takes the most trusted source (`data/metadata/trust.toml`). It is for fields whose sources rarely disagree.
- `weigh` collects the claims for one value in an `Option`. The points of an option are the sum over its sources and
  traits (`data/metadata/points.toml`). They are learned as a conditional logit (McFadden 1974; `training/trust.py`), in
  which "the page does not say" has 0 points.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from newsarchive.core.metadata.sources import Place, Source, source_of
from newsarchive.core.text.entities import unescape
from newsarchive.core.text.normalise import key
from newsarchive.items import Candidate
from newsarchive.rules import Rules

#: Characters kept of one claim; the rest is cut off. A headline or a description is far shorter.
MAX_CLAIM_CHARS = 2000
#: Claims kept of one page, and elements read of it; the rest is dropped. A page with more is hostile or an index.
MAX_CLAIMS = 400

#: Characters of a text with keywords, and keywords that are read of it; the rest is dropped.
MAX_KEYWORDS_CHARS = 5000
MAX_LISTED_KEYWORDS = 100
#: What stands between keywords, also in Chinese and Japanese.
KEYWORD_SEPARATORS = re.compile("[,;，；、]")

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
#: In mojibake, soft hyphen, no-break space and next line are the second half of a letter: `Ã` with one of them is
#: `í`, `à` or `Å`. Behind a capital beyond ASCII they must stay until the text is repaired.
_SECOND_HALF = re.compile("(?<=[^\x00-\x7f])[\u00ad\u00a0\u0085]")
_PLACEHOLDERS = {"\u00ad": "\ue000", "\u00a0": "\ue001", "\u0085": "\ue002"}
_RESTORED = {ord(placeholder): char for char, placeholder in _PLACEHOLDERS.items()}


class Trait(StrEnum):
    """What speaks for or against a value beside its sources. The strings are those of the tables of points."""

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

    `value` is plain text. `source` is a key of the table of trust. `kind` is what the source itself calls an author:
    "person", "organisation" or "". `url` is an author's page.
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
    """One value of a field with all claims that state it. The value is spelled as in the first claim.

    `unheard` are places that do not count where a claim from another place states the value, too: weak guesses.
    """

    claims: tuple[Claim, ...]
    traits: tuple[Trait, ...] = ()
    unheard: frozenset[Place] = frozenset()

    @property
    def voices(self) -> list[Voice]:
        """What has points for this option: each source once, then the traits."""
        sources = list(dict.fromkeys(c.source for c in self.claims))
        heard = [s for s in sources if s.place not in self.unheard] if self.unheard else sources
        return [*(heard or sources), *self.traits]


def keyword_list(text: str, separators: re.Pattern[str] = KEYWORD_SEPARATORS) -> list[str]:
    """The keywords that one text holds, at most `MAX_LISTED_KEYWORDS`.

    >>> keyword_list("ferry, old  harbour;coast"), keyword_list("渡轮，海港、天气")
    (['ferry', 'old harbour', 'coast'], ['渡轮', '海港', '天气'])
    """
    words = (plain(word).lstrip() for word in separators.split(text[:MAX_KEYWORDS_CHARS]))
    return [word for word in words if word][:MAX_LISTED_KEYWORDS]


def plain(value: object) -> str:
    """Any value of a page as plain text of at most `MAX_CLAIM_CHARS`: entities are decoded (twice where they were
    escaped twice), tags are dropped, white space is folded. A value that is no text and no number gives "".

    >>> plain("Tom &amp;amp; Jerry <b>ride</b>\\n again")
    'Tom & Jerry ride again'
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value)[: MAX_CLAIM_CHARS * 2]
    for _ in range(2):
        if "&" in text:
            text = unescape(text)
    if "<" in text:
        text = _TAG.sub("", text)
    if text.isascii():
        return " ".join(text.split())[:MAX_CLAIM_CHARS]
    text = _SECOND_HALF.sub(
        lambda m: _PLACEHOLDERS[m[0]] if m.string[m.start() - 1].isupper() else m[0], text
    )
    folded = " ".join(_INVISIBLE.sub("", text).split())
    return folded.translate(_RESTORED)[:MAX_CLAIM_CHARS]


@lru_cache(maxsize=64)
def trust_table(rules: Rules, field: str) -> Mapping[Voice, float]:
    """Source or trait → how far it is believed for a field: points for `weigh`, a rank for `best`.

    The points are learned from pages. The points of feed, API and sitemap stand in `data/metadata/site_statements.toml`, since
    no page holds these.
    """
    tables = rules.metadata.get("points", {}), rules.metadata.get("trust", {})
    table: Mapping[str, float] = next((t[field] for t in tables if field in t), {})
    beside: Mapping[str, float] = rules.metadata.get("site_statements", {}).get("points", {}).get(field, {})
    rows = {**table, **beside}
    return {_TRAITS.get(name) or source_of(name): float(points) for name, points in rows.items()}


def best(claims: Sequence[Claim], rules: Rules) -> tuple[str, list[Candidate]]:
    """Decide a field by trust alone. Of equally trusted claims the first wins.

    Returns the value, "" without claims, and every claim as a candidate.
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
    """The option with the most points, `None` where no option has more than 0. Of equal options the first wins.

    Also returns every claim as a candidate whose reason shows the points.
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
