"""Decides whether a line that repeats is boilerplate: what is known of it, and the proof that is asked for.

Example: "Subscribe to the Heron" on 40 of 47 pages goes; "This is part 3 of a series" on 4 of them stays. Repetition alone
is no proof. A short line goes by its place; a sentence needs a second piece of evidence. What an author repeats on purpose
(the intro of a series, a disclaimer, a refrain, a bio, a correction) has none, and stays with the role `aside`.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from newsarchive.core.site_template.observations import MIN_SENTENCE_WORDS, Elsewhere, Line

#: Different articles (clusters of copies) that must hold a line before it counts as repeated.
MIN_ARTICLES = 3
#: Articles that may prove a line by where it stands and what it says, which is better evidence than repetition.
MIN_PAIR_ARTICLES = 2
#: Lines of a run of repeated lines. In a longer run a story that was brought up to date repeats its passages.
MAX_RUN_LINES = 5
#: Part of the site's articles that must have a sentence inside their text for it to be boilerplate.
MIN_INSIDE_SHARE = 0.2
#: The same at the edge of the text, where intros, bios and disclaimers stand.
MIN_EDGE_SHARE = 0.5
#: Articles of a site below which a share of them says nothing.
MIN_ARTICLES_FOR_SHARE = 8
#: Articles that must have a sentence inside their text: an author repeats a refrain three or four times.
MIN_ARTICLES_INSIDE = 5
#: Part of the site's articles that a form must close to be the site's way to file them.
MIN_CLOSING_SHARE = 0.2
#: Part of the observations of a line that must agree (next to boilerplate, names the origin).
AGREEING_SHARE = 0.8


@dataclass(slots=True)
class Stats:
    """What a site's window says of one key or form.

    Counts are of pages that have the line in their article; `boilerplate` counts, by label, the pages that have it
    elsewhere. Each copy of an article counts; `clusters` has each article once.
    """

    line: Line
    pages: int = 0
    clusters: set[str] = field(default_factory=set)
    keys: set[int] = field(default_factory=set)
    starts: set[int] = field(default_factory=set)
    at_edge: int = 0
    inside: int = 0
    named: int = 0
    beside_promo: int = 0
    beside_name: int = 0
    isolated: int = 0
    teases: int = 0
    titled: int = 0
    carried: int = 0
    before_boilerplate: int = 0
    between_boilerplate: int = 0
    first: set[str] = field(default_factory=set)
    boilerplate: dict[str, int] = field(default_factory=dict)
    boilerplate_clusters: set[str] = field(default_factory=set)
    proved: set[str] = field(default_factory=set)
    origins: dict[str, int] = field(default_factory=dict)

    @property
    def is_inside(self) -> bool:
        """Whether the line stands inside the text on half of the pages."""
        return self.inside >= 0.5 * self.pages

    @property
    def share_needed(self) -> float:
        """The part of the site's articles that must have the line."""
        return MIN_INSIDE_SHARE if self.is_inside else MIN_EDGE_SHARE


@dataclass(frozen=True, slots=True)
class Finding:
    """A decision on one key: its `role` in the template, the label a block gets, and why."""

    role: str
    label: str
    reason: str


def articles(count: int) -> str:
    return f"{count} article" + ("s" if count != 1 else "")


def judge(stats: Stats, total: int, elsewhere: Elsewhere | None) -> Finding | None:
    """What the pages that have a line prove; `None` where it does not repeat.

    `total` is the number of articles in the window. What other sites show counts where two articles of this site have the line, or
    where the line itself offers something or names the origin of its article: whoever has a blog could else take a line out of
    another's article ("Nobody was hurt" at its end), by printing it below some of their own.
    """
    if finding := _boilerplate(stats):
        return finding
    if len(stats.clusters) < MIN_PAIR_ARTICLES and not (stats.line.sells or stats.named):
        elsewhere = None
    sites = len(elsewhere.sites) if elsewhere else 1
    seen = max(len(stats.clusters), len(elsewhere.clusters) if elsewhere else 0)
    if seen < MIN_ARTICLES:
        return _pair(stats, elsewhere) if seen == MIN_PAIR_ARTICLES else None
    where = f"this line stands in {articles(seen)}" + (f", on {sites} blogs" if sites > 1 else "")
    if not stats.line.sentence:  # a label, a title, a name
        reason = _short(stats, total)
        return Finding("chrome", "repeated", f"{where}, {reason}") if reason else None
    if proof := _proof(stats, total, elsewhere):
        label, reason = proof
        return Finding("chrome", label, f"{where}, {reason}")
    return Finding("aside", "body", f"{where}, with no proof that it is boilerplate")


def _boilerplate(stats: Stats) -> Finding | None:
    """A line that rules took out on three articles, or that most pages show as boilerplate, is boilerplate."""
    as_boilerplate, as_body = len(stats.boilerplate_clusters), len(stats.clusters)
    most = as_boilerplate >= MIN_ARTICLES and as_boilerplate >= 1.5 * as_body
    # Sayings that take turns in one box: extraction keeps some and drops others, but their neighbours are boilerplate.
    between = stats.between_boilerplate >= AGREEING_SHARE * stats.pages
    boxed = between and as_boilerplate >= max(MIN_ARTICLES, as_body / 3)
    if stats.line.own or not (most or boxed or len(stats.proved) >= MIN_ARTICLES):
        return None
    label = max(stats.boilerplate, key=lambda name: stats.boilerplate[name])
    return Finding("chrome", label, f"this line is {label} on the pages of {articles(as_boilerplate)}")


def _short(stats: Stats, total: int) -> str:
    """Why a short line is boilerplate, "" where it may be the article's own, as a heading is."""
    edge = stats.before_boilerplate if stats.line.heading else stats.at_edge
    if edge >= AGREEING_SHARE * stats.pages:
        return f"next to boilerplate or the end in {edge} of {stats.pages}"
    is_frequent = total >= MIN_ARTICLES_FOR_SHARE and len(stats.clusters) >= MIN_EDGE_SHARE * total
    if is_frequent and not stats.line.heading:
        return f"on {len(stats.clusters)} of {total} articles of this site"
    return ""


def _proof(stats: Stats, total: int, elsewhere: Elsewhere | None) -> tuple[str, str] | None:
    """The label of a repeated sentence, and the second piece of evidence that it is boilerplate."""
    seen = len(stats.clusters)
    if stats.line.sells:
        return "promo", "and offers something to the reader"
    agreeing, inside = AGREEING_SHARE * stats.pages, stats.is_inside
    named = max(seen, len(elsewhere.named) if elsewhere else 0)
    if named >= MIN_ARTICLES and stats.named >= agreeing and stats.line.words >= MIN_SENTENCE_WORDS:
        return "attribution", "and names the origin of each"
    have = len(stats.clusters | stats.boilerplate_clusters)
    fewest = max(stats.share_needed * total, MIN_ARTICLES_INSIDE if inside else MIN_ARTICLES)
    if total >= MIN_ARTICLES_FOR_SHARE and have >= fewest:
        return "repeated", f"of {total} on this site"
    # Whoever has three blogs could else take a true sentence out of another's article.
    if elsewhere and seen >= MIN_PAIR_ARTICLES and (reason := _across(elsewhere)):
        return "repeated", reason
    if stats.beside_promo >= agreeing and seen >= MIN_ARTICLES:
        return "promo", f"beside a promo in {stats.beside_promo} of {stats.pages}"
    if inside and stats.beside_name >= agreeing and seen >= MIN_ARTICLES:
        return "promo", "inside the text, beside a short line that comes with it"
    return None


def _pair(stats: Stats, elsewhere: Elsewhere | None) -> Finding | None:
    """A line of only two articles, between prose that differs: of one publisher and built like a promo."""
    known = elsewhere.origins if elsewhere else set(stats.origins)
    sourced = len(known) == 1 and sum(stats.origins.values()) == stats.pages
    if stats.inside < stats.pages or stats.isolated < stats.pages or stats.line.quotation:
        return None
    if stats.line.sells:
        reason = "and offers something to the reader"
    elif stats.line.domain and stats.carried == stats.pages:
        reason = "inside the text, and names a site"
    elif stats.beside_promo == stats.pages:
        reason = "beside a promo in both"
    elif stats.named == stats.pages and stats.line.words >= MIN_SENTENCE_WORDS:
        reason = "inside the text, and names the origin"
    elif sourced and stats.beside_name == stats.pages:
        reason = "inside articles of one publisher, with a short line that comes with it"
    else:
        return None
    return Finding("chrome", "promo", f"this line stands in 2 articles, {reason}")


def _across(elsewhere: Elsewhere) -> str:
    """What other blogs prove: different origins, copies of the article that lack the line, or, on three
    blogs, one origin or copies that bring it along. Two blogs may print one author's series, and what
    stands in their own posts alone has no publisher whose boilerplate it could be."""
    if len(elsewhere.sites) < 2 or len(elsewhere.clusters) < MIN_ARTICLES:
        return ""
    if len(elsewhere.sites) > 2 and len(elsewhere.clusters) > MIN_ARTICLES:
        if len(elsewhere.origins) == 1 and len(elsewhere.sourced) >= AGREEING_SHARE * len(elsewhere.clusters):
            return f"always in those of {next(iter(elsewhere.origins))}"
        if len(elsewhere.missing | elsewhere.present) >= 2:
            return "and travels with copies of them"
    if len(elsewhere.origins) >= 3 and len(elsewhere.present) <= len(elsewhere.missing):
        return f"from {len(elsewhere.origins)} origins"
    if len(elsewhere.missing) >= 2 and len(elsewhere.missing) > len(elsewhere.present):
        return f"while copies of {len(elsewhere.missing)} of them lack it"
    return ""


def judge_form(
    stats: Stats, total: int, elsewhere: Elsewhere | None, titles: Set[int] = frozenset()
) -> Finding | None:
    """What the pages that have a form prove: the same sentence about three different names.

    A form that begins with different words is about people ("▲ is a reporter at ▲") and proves
    nothing; nor does one without a tie to the articles' origins, a domain, or an offer.
    """
    seen = len(stats.clusters | (elsewhere.clusters if elsewhere else frozenset()))
    titled = stats.titled >= AGREEING_SHARE * stats.pages
    if titled and seen >= MIN_PAIR_ARTICLES and len(stats.keys) >= MIN_PAIR_ARTICLES:
        label = "promo" if stats.is_inside else "attribution"
        return Finding("chrome", label, f"this form stands in {articles(seen)} and holds the title of each")
    if seen < MIN_ARTICLES or len(stats.keys) < MIN_ARTICLES:
        return None
    # Such a label stands before titles of other posts or before links, as "Where:" and "Cast:" do not.
    if stats.line.leads:
        if len(stats.starts & titles) < MIN_ARTICLES and stats.teases < AGREEING_SHARE * stats.pages:
            return None
        return Finding("chrome", "read more", f"this label stands before other titles in {articles(seen)}")
    # Lines that begin with different words begin with the names of people, most often.
    if not stats.line.sentence or (len(stats.starts) > 1 and not stats.line.sells):
        return None
    where = f"this form stands in {articles(seen)} with {len(stats.keys)} different names"
    if stats.named >= 0.5 * stats.pages:
        return Finding("chrome", "attribution", f"{where}, those of the origins")
    if stats.line.sells:
        return Finding("chrome", "promo", f"{where}, and offers something to the reader")
    if stats.line.domain and not stats.is_inside:
        return Finding("chrome", "attribution", f"{where}, and sends the reader to other sites")
    closing = stats.before_boilerplate >= AGREEING_SHARE * stats.pages
    needed = min(stats.share_needed, MIN_CLOSING_SHARE) if closing else stats.share_needed
    if total >= MIN_ARTICLES_FOR_SHARE and len(stats.clusters) >= needed * total:
        return Finding("chrome", "repeated", f"{where}, of {total} articles on this site")
    return None
