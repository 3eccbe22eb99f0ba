"""What a page claims about itself, and how the claims are weighed.

`<meta name="author" content="admin">` and the byline "By Jane Doe" are two claims for one field. Readers (`jsonld`,
`elements`, `markup`, `bylines`, `sections`, `site_statements`) turn a page into `Claim`s. Deciders (`headline`,
`authors`, `publication_date`, `step`) turn the claims for a field into a value, and each claim into a `Candidate` that
says why it won or lost. There are two ways of deciding:

- `best` takes the most trusted source (`data/metadata/trust.toml`). It is for fields whose sources rarely disagree.
- `weigh` collects the claims for one value in an `Option`. The points of an option are the sum over its sources and
  traits (`data/metadata/points.toml`). They are learned as a conditional logit (McFadden 1974; `training/trust.py`), in
  which "the page does not say" has 0 points.

Whom the program believes depends on where a value stands: JSON-LD is right more often than a line of text. So each
claim has a `Source` of three parts: the place (JSON-LD, a heading, a line of text), the position of that place
relative to the headline, and what became known of the claim later, for example that it is about another post. Code
decides by these parts. `str(source)` spells all three, "markup text below (modified)": this spelling is stored beside
an article, shown to people, and written in the tables of trust. `source_of` reads it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from newsarchive.core.text.normalise import key, unescape
from newsarchive.core.text.scripts import has_unspaced
from newsarchive.items import Candidate
from newsarchive.rules import Rules


class Place(StrEnum):
    """What states a value. The strings are those of the tables of trust and of stored articles."""

    #: A stored name that no reader writes any more, or a name from a user's own table: `Source.other` holds it.
    OTHER = "other"

    JSON_LD = "json-ld"
    JSON_LD_NAME = "json-ld name"
    JSON_LD_CREATED = "json-ld created"
    JSON_LD_TITLE = "json-ld title"
    JSON_LD_PAGE = "json-ld page"
    JSON_LD_PAGE_NAME = "json-ld page name"
    JSON_LD_PAGE_CREATED = "json-ld page created"
    JSON_LD_SITE = "json-ld site"
    BREADCRUMB = "breadcrumb"
    OPEN_GRAPH = "open graph"
    OPEN_GRAPH_TITLE = "open graph title"
    OPEN_GRAPH_UPDATED = "open graph updated"
    TWITTER = "twitter"
    TWITTER_TITLE = "twitter title"
    META = "meta"
    META_CITATION = "meta citation"
    META_CREATED = "meta created"
    META_DATE = "meta date"
    META_DC = "meta dc"
    META_LABEL = "meta label"
    META_NEWS = "meta news"
    META_PARSELY = "meta parsely"
    META_SAILTHRU = "meta sailthru"
    MICRODATA = "microdata"
    HTML = "html"
    LINK = "link"
    TITLE = "title"
    SCRIPT = "script"
    IMAGE = "image"
    URL = "url"

    WP_JSON = "wp-json"
    FEED = "feed"
    SITEMAP = "sitemap"
    SITE = "site"

    MARKUP = "markup"
    HOME = "markup home"
    H1 = "markup h1"
    H1_MARKED = "markup h1 marked"
    H2 = "markup h2"
    H2_MARKED = "markup h2 marked"
    HEADLINE = "markup headline"
    TIME = "markup time"
    TIME_LABELLED = "markup time labelled"
    DATE = "markup date"
    DATE_LABELLED = "markup date labelled"
    AUTHOR = "markup author"
    BYLINE = "markup byline"
    REL = "markup rel"
    BOX = "markup box"
    TEXT = "markup text"
    LINE = "markup line"
    NEXT = "markup next"
    ALONE = "markup alone"
    LIFE = "markup life"
    AGENCY = "markup agency"
    CATEGORY = "markup category"
    CRUMBS = "markup breadcrumb"
    CATEGORY_LINK = "markup link to a category"
    TAG_LINK = "markup link to a tag"
    LABELLED = "markup label"
    MENU = "markup menu"
    TAG = "markup tag"
    FIGURE = "markup figure"
    PAYWALL = "markup paywall"


class Position(StrEnum):
    """Where an element or a line stands on the page."""

    #: Near the headline, or nothing is known: most sources have no position.
    NEAR = ""
    #: Before the headline.
    ABOVE = "above"
    #: Far below the headline.
    BELOW = "below"
    #: Near the headline, but after another source of the same place.
    LATER = "later"
    #: Far from the headline on either side.
    ELSEWHERE = "elsewhere"
    #: In a line far below that holds nothing else.
    ALONE = "alone"
    #: In running text.
    PROSE = "prose"


class Qualifier(StrEnum):
    """What is known of a claim beyond the place where it stands."""

    NONE = ""
    #: The day is only known to be the day of a change.
    MODIFIED = "modified"
    #: The site's day of the post is later than the day that the page declares.
    AFTER_DECLARED = "later"
    #: The claim is about another post, and is not used again.
    OF_OTHERS = "of others"
    #: Only the month is stated; the day is the first of that month.
    MONTH = "month"
    #: The time was counted from the time when the page was fetched: "3 hours ago".
    RELATIVE = "relative"
    #: The site gives several values, and the page decides which of them is the post's own.
    SEVERAL = "several"


#: What JSON-LD says of the page, as opposed to the article.
JSON_LD_PAGE = frozenset((Place.JSON_LD_PAGE, Place.JSON_LD_PAGE_NAME, Place.JSON_LD_PAGE_CREATED))
#: What JSON-LD says of the article, of its page and of the site.
JSON_LD = JSON_LD_PAGE | {
    Place.JSON_LD, Place.JSON_LD_NAME, Place.JSON_LD_CREATED, Place.JSON_LD_TITLE, Place.JSON_LD_SITE,
}  # fmt: skip
#: Open Graph (ogp.me).
OPEN_GRAPH = frozenset((Place.OPEN_GRAPH, Place.OPEN_GRAPH_TITLE, Place.OPEN_GRAPH_UPDATED))
#: Twitter's cards.
TWITTER = frozenset((Place.TWITTER, Place.TWITTER_TITLE))
#: All other `<meta>` elements.
META = frozenset((
    Place.META, Place.META_CITATION, Place.META_CREATED, Place.META_DATE, Place.META_DC, Place.META_LABEL,
    Place.META_NEWS, Place.META_PARSELY, Place.META_SAILTHRU,
))  # fmt: skip
#: Where a page describes itself for programs.
DECLARING = JSON_LD | OPEN_GRAPH | META | {Place.MICRODATA}
#: Elements that are marked as a time.
TIMES = frozenset((Place.TIME, Place.TIME_LABELLED))
#: Elements whose class names a date.
DATES = frozenset((Place.DATE, Place.DATE_LABELLED))

#: `<h1>`, whether marked as the headline or not.
FIRST_HEADINGS = frozenset((Place.H1, Place.H1_MARKED))
#: `<h2>`, whether marked as the headline or not.
SECOND_HEADINGS = frozenset((Place.H2, Place.H2_MARKED))
#: Lines of text that are taken for a name because they look like one.
GUESSES = frozenset((Place.ALONE, Place.NEXT, Place.LINE, Place.LIFE))
#: Guesses that are wrong more often than right.
WEAK_GUESSES = frozenset((Place.ALONE, Place.NEXT))
#: Places whose position relative to the headline is told apart.
_PLACED = TIMES | DATES | (GUESSES - {Place.LIFE}) | {
    Place.AUTHOR, Place.BYLINE, Place.REL, Place.BOX, Place.TEXT,
}  # fmt: skip
#: All that is read from the page's elements and lines.
MARKUP = _PLACED | FIRST_HEADINGS | SECOND_HEADINGS | {
    Place.MARKUP, Place.HOME, Place.HEADLINE, Place.LIFE, Place.AGENCY, Place.CATEGORY, Place.CRUMBS, Place.CATEGORY_LINK, Place.TAG, Place.TAG_LINK,
    Place.LABELLED, Place.MENU, Place.FIGURE, Place.PAYWALL,
}  # fmt: skip
#: What stands in the page's body, where readers see it, as opposed to its head.
IN_BODY = MARKUP | {Place.MICRODATA}
#: All sources beside the page that speak of one post. `Place.SITE` speaks of the site alone.
SITE_SOURCES = frozenset((Place.WP_JSON, Place.FEED, Place.SITEMAP))


class Source(NamedTuple):
    """Where a claim stands. A tuple, so that sources are compared and hashed by their parts."""

    place: Place
    position: Position = Position.NEAR
    qualifier: Qualifier = Qualifier.NONE
    other: str = ""

    @property
    def bare(self) -> Place | None:
        """The place of a source without position and qualifier, `None` for any other source."""
        return None if self.position or self.qualifier else self.place

    def qualified(self, qualifier: Qualifier) -> Source:
        """This source with another qualifier."""
        return Source(self.place, self.position, qualifier, self.other)

    def __str__(self) -> str:
        return _spelled(self)


@lru_cache(maxsize=4096)
def _spelled(source: Source) -> str:
    place, position, qualifier, other = source
    name = other if place is Place.OTHER else place.value
    return name + (f" {position.value}" if position else "") + (f" ({qualifier.value})" if qualifier else "")


def source_of(name: str) -> Source:
    """The source that is spelled `name`. An unknown name gives a source of the place `OTHER` that keeps the name.

    >>> source_of("markup text below (modified)").position
    <Position.BELOW: 'below'>
    >>> source_of("a table of one's own").other
    "a table of one's own"
    """
    return _by_name().get(name) or Source(Place.OTHER, other=name)


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Source]:
    """Every source by its spelling."""
    sources = (
        Source(place, position, qualifier)
        for place in Place
        if place is not Place.OTHER
        for position in (Position if place in _PLACED else (Position.NEAR,))
        for qualifier in Qualifier
    )
    return {str(source): source for source in sources}


#: Characters kept of one claim; the rest is cut off. A headline or a description is far shorter.
MAX_CLAIM_CHARS = 2000
#: Claims kept of one page, and elements read of it; the rest is dropped. A page with more is hostile or an index.
MAX_CLAIMS = 400

#: Blocks of a page in which names, titles and dates are looked for; later ones are not read.
MAX_SEARCHED_BLOCKS = 3000

#: Characters of a text with keywords that are read; the rest is dropped.
MAX_KEYWORDS_CHARS = 5000
#: Keywords that are read of one text; further ones are dropped.
MAX_LISTED_KEYWORDS = 100
#: What stands between keywords, also in Chinese, Japanese, Arabic and Persian.
KEYWORD_SEPARATORS = re.compile("[,;，；、،]")
#: What a theme prints before them inside the marked element.
_LABEL_OF_KEYWORDS = re.compile(
    r"\s*(?:tags?|keywords?|etiquetas|mots-clés|schlagwörter|теги|关键词|标签|タグ)\s*[:：]\s*", re.IGNORECASE
)

#: A tag: its slash, name and attributes, and the letters behind it.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,30})([^<>]{0,500})>(?=(\w\w)?)")
#: Elements that need no end tag.
_ENDLESS = frozenset(("br", "hr", "img", "input", "li", "p", "wbr"))
#: Among them the overrides of direction, by which a name reads as another one, with all that opens or closes a direction: to take
#: one of a pair alone would leave the other open.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]")
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
    HOUSE_ALONE = "the site's own name, in JSON-LD alone"
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
    >>> keyword_list("Tags: ferry, old harbour"), keyword_list("渡轮 海港 天气")
    (['ferry', 'old harbour'], ['渡轮', '海港', '天气'])
    """
    label = _LABEL_OF_KEYWORDS.match(text)
    listed = text[label.end() if label else 0 :][:MAX_KEYWORDS_CHARS]
    words = [word for part in separators.split(listed) if (word := plain(part).lstrip())]
    if len(words) == 1 and has_unspaced(words[0]) and all(map(has_unspaced, parts := words[0].split())):
        words = parts
    return words[:MAX_LISTED_KEYWORDS]


def plain(value: object) -> str:
    """Any value of a page as plain text of at most `MAX_CLAIM_CHARS`: entities are decoded (twice where they were
    escaped twice), tags are dropped, white space is folded. A tag that has no end tag, and no word behind it that it marks up, is spoken of. A value
    that is no text and no number gives "".

    >>> plain("Tom &amp;amp; Jerry <b>ride</b>\\n again")
    'Tom & Jerry ride again'
    >>> plain("How to use the &lt;b&gt; tag")
    'How to use the <b> tag'
    >>> plain("<p><strong>The ferry was cut off…")
    'The ferry was cut off…'
    >>> plain("\\u202eeeL\\u202c nnA")
    'eeL nnA'
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value)[: MAX_CLAIM_CHARS * 2]
    for _ in range(2):
        if "&" in text:
            text = unescape(text)
    if "<" in text:
        closed = {match[2].lower() for match in _TAG.finditer(text) if match[1]} | _ENDLESS
        text = _TAG.sub(lambda m: "" if m[1] or m[3] or m[4] or m[2].lower() in closed else m[0], text)
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
        parts = ", ".join(f"{v} {table.get(v, 0.0):+.1f}" for v in option.voices)
        reason = f"{points[i]:.1f} points: {parts}"
        if chosen is None:
            reason = f"too little speaks for it: {reason}"
        elif option is not chosen:
            reason = f"{points[i]:.1f} points against {points[at]:.1f}: {parts}"
        for j, claim in enumerate(option.claims):
            same = "says the same" if option is chosen and j else reason
            out.append(claim.candidate(chosen=option is chosen and not j, reason=same))
    return chosen, out
