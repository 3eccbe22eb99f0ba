"""Records what learning needs of a page: fingerprints and a few properties of each line, small enough to keep hundreds.

Example: the line "Share this:" becomes its key, the place `html/body/div.share/p`, its label, its count of words and
seventeen yes-or-no properties; of its text only a clipped sample is kept. A window of records is exact: taking one out is as
if its page had never been seen.

`pack` and `unpack` turn a record into bytes and back: packed JSON with tables of places and labels and a row for each
line. A record of another format counts as none. `elsewhere` says what the pages of several sites that hold a line prove.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from newsarchive.compression import compress, decompress
from newsarchive.core.boilerplate import cues
from newsarchive.core.boilerplate.phrases import Phrases, phrases
from newsarchive.core.boilerplate.step import OWN_LABELS
from newsarchive.core.site_template.conventions import NOTHING, Said, said_by
from newsarchive.core.text.lines import (
    DOMAIN,
    form_key,
    form_of,
    is_linked,
    is_quotation,
    lead_of,
    line_key,
    names_one,
    number,
    signature,
    starts_with_name,
)
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.words import comparable_words, ends_sentence
from newsarchive.items import Article, Block
from newsarchive.rules import Rules
from newsarchive.verdicts import PROVED, DecidedBy

#: Words of a sentence. A shorter one is told from boilerplate by its place, not by repetition alone.
MIN_SENTENCE_WORDS = 6
#: Words of a line that may hold a label and a title; shorter lines have no form.
MIN_FORM_WORDS = 4
#: Words of an attribution or a promo; longer lines have no form.
MAX_FORM_WORDS = 60
#: Words from which on a headline is nobody's turn of phrase. A shorter one is looked for behind a quotation mark alone.
MIN_HEADLINE_WORDS = 6
#: Quotation marks that may stand before a short headline.
QUOTES = ("“", "„", "«", "« ", "《", '"', "‘", "「")
#: Pages of a site that are compared with one another: the newest.
WINDOW_PAGES = 500
#: Characters of a short line of the article that are kept to show it and to compare it.
SAMPLE_CHARACTERS = 100
#: Characters that are kept of a long line, and of a line outside of the article.
SHORT_SAMPLE_CHARACTERS = 40
#: The full text of the post holds the line.
HELD = 1
#: The full text of the post lacks the line.
MISSING = 2
#: Log-odds in nats by which extraction's model holds a line to be a part of the article. From here on the page's own
#: evidence outweighs where a line stands on the site's other pages. On 389 pages of 58 real sites, captions of galleries and
#: comments that templates put back have -0.7 to -0.2, and subheadings that they took out have 2.9 to 3.1.
MIN_SURE_MARGIN = 1.0
#: Labels that extraction may have guessed.
GUESSED_LABELS = frozenset({"other", "nav", "related", "footer"})


class Line(NamedTuple):
    """One block of a page, as it is compared with those of the site's other pages."""

    #: The numbers of the line and of its form (`text.lines`); 0 for none.
    key: int
    form: int
    #: The signature of its place in the page.
    place: str
    #: What extraction and the boilerplate step made of it.
    label: str
    words: int
    sentence: bool = False
    heading: bool = False
    #: An item of a list.
    item: bool = False
    #: All of it, or nearly all, is link text.
    linked: bool = False
    quotation: bool = False
    #: It holds the name or the domain of the article's origin.
    names_origin: bool = False
    #: It has a weak cue of a promo, which proves nothing by itself.
    sells: bool = False
    #: It holds a domain.
    domain: bool = False
    #: It is the page's title or description.
    own: bool = False
    #: A line of the page's own head (its title, byline, date), code or a table: a template never takes it out.
    fixed: bool = False
    #: Its label may be a guess of extraction.
    guess: bool = False
    #: A rule of the boilerplate step labelled it.
    proved: bool = False
    #: It is a label and a title.
    leads: bool = False
    #: The same, and the title is a link.
    teases: bool = False
    #: It holds the page's own headline and more, as a credit ("Ana Ruiz wrote “…” for the Gazette") and a promo ("Liked “…”?") do.
    titled: bool = False
    #: Extraction's model is sure that it is of the article.
    sure: bool = False
    #: A number for its first two words; of a line that `leads`, for its title.
    start: int = 0
    #: Whether the full text of the post in a feed has it: `HELD`, `MISSING`, or 0 where no full text is known.
    full: int = 0
    sample: str = ""

    @property
    def is_body(self) -> bool:
        return self.label == "body"

    @property
    def is_prose(self) -> bool:
        return self.sentence and self.words >= 2 * MIN_SENTENCE_WORDS and not self.heading


@dataclass(frozen=True)
class Observation:
    """One page of a site, as learning sees it. `misfit` and `reading` are no part of the stored record."""

    url: str
    site: str
    #: Names the article that the page is a copy of; the page's own URL for an article without copies.
    cluster: str
    origin: str = ""
    lines: tuple[Line, ...] = ()
    #: The element that a full text proved to hold the article.
    container: str = ""
    #: The number of what the template made of the page when it was read last (`template.verdict_of`).
    verdict: int = 0
    #: The layout that the page fitted then, 0 for none.
    layout: int = 0
    #: The template has layouts, and none fits the page.
    misfit: bool = field(default=False, compare=False)
    #: What the page says of its picture, its description and its keywords.
    said: Said = NOTHING
    #: What the page was read as without a template (`template.pack_reading`), empty where that is not kept.
    reading: bytes = field(default=b"", compare=False, repr=False)

    @cached_property
    def keys(self) -> frozenset[int]:
        """The keys and forms of its lines."""
        found = {line.key for line in self.lines}
        found.update([line.form for line in self.lines])
        found.discard(0)
        return frozenset(found)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The places of its lines, each once."""
        return tuple(dict.fromkeys([line.place for line in self.lines]))

    @cached_property
    def words_by_place(self) -> Mapping[str, int]:
        """Place → the words of the article's lines there."""
        return words_by_place(self.lines)

    @cached_property
    def prose(self) -> tuple[int, ...]:
        """Which of its lines are prose of the article."""
        return tuple([i for i, line in enumerate(self.lines) if line.label == "body" and line.is_prose])

    def with_verdict(self, cluster: str, verdict: int, layout: int) -> Observation:
        """This page as another cluster or another reading has it, with what was found of its lines; itself where all is
        as it was."""
        if (cluster, verdict, layout) == (self.cluster, self.verdict, self.layout):
            return self
        page = object.__new__(Observation)
        page.__dict__.update(self.__dict__, cluster=cluster, verdict=verdict, layout=layout)
        return page


def words_by_place(lines: Sequence[Line]) -> dict[str, int]:
    """Place → the words of the article's lines there, in the order in which the places come first."""
    words: dict[str, int] = {}
    for line in lines:
        if line.label == "body":
            words[line.place] = words.get(line.place, 0) + line.words
    return words


def observation(article: Article, rules: Rules, *, site: str, cluster: str = "") -> Observation:
    """The record of one page, from its article as the boilerplate and origin steps left it."""
    origin = article.origin.domain or article.origin.name if article.origin else ""
    lines = lines_of(article, phrases(rules))
    return Observation(article.url, site, cluster or article.url, origin, lines, said=said_by(article))


def lines_of(article: Article, words: Phrases | None = None) -> tuple[Line, ...]:
    """The facts of a page's blocks; without `words`, `sells` is not looked for."""
    said = [c.value for c in article.candidates if c.field == "description"]  # first lines of the text, too
    own = frozenset(fold(t) for t in (article.headline, article.description, *said) if t)
    origin = article.origin
    marks = tuple(fold(t) for t in (origin.name, origin.domain) if t) if origin else ()
    headline = article.headline if comparable_words(article.headline) >= MIN_FORM_WORDS else ""
    return tuple(_line(block, own, headline, marks, words) for block in article.blocks)


def _line(
    block: Block, own_texts: Set[str], headline: str, marks: tuple[str, ...], phrases: Phrases | None
) -> Line:
    """A block of a page with this headline, with these titles and descriptions of its own, and with these names of its
    origin, all but the headline folded."""
    text, kind, label = block.text, block.kind, block.label
    words, folded = comparable_words(text), fold(text)
    names_origin = sells = domain = leads = teases = titled = False
    form = start = 0
    in_body = label == "body" and words <= MAX_FORM_WORDS
    if in_body:
        if marks and not starts_with_name(text):
            names_origin = any(names_one(said, marks) for said in (folded, *(url for _, url in block.links)))
        sells = phrases is not None and cues.sells(text, phrases)
        form = form_key(text) if words >= MIN_FORM_WORDS else 0
    if form:
        title = lead_of(text)[1] if kind == "paragraph" else ""
        domain, leads = DOMAIN in form_of(text), bool(title)
        teases = leads and any(title.startswith(linked) for linked, _ in block.links)
        titled = _holds_title(block, headline)
        start = line_key(title or " ".join(text.split(maxsplit=2)[:2]))
    key, place = line_key(text), signature(block.path)
    sentence, heading, item = ends_sentence(text), kind == "heading", kind == "list_item"
    linked, quotation, own = is_linked(block), is_quotation(text), folded in own_texts
    proved = block.decided_by in PROVED
    is_named = label == "body" and block.decided_by is DecidedBy.SELECTOR
    fixed = label in OWN_LABELS or kind in ("code", "table") or is_named
    guess = label in GUESSED_LABELS and not proved
    sure = (block.score or 0.0) >= MIN_SURE_MARGIN
    full, sample = 0, text[: SAMPLE_CHARACTERS if in_body else SHORT_SAMPLE_CHARACTERS]
    # All fields in their order: a page has hundreds of lines, and by name this takes twice the time.
    return Line(
        key, form, place, label, words, sentence, heading, item, linked, quotation, names_origin, sells,
        domain, own, fixed, guess, proved, leads, teases, titled, sure, start, full, sample,
    )  # fmt: skip


def _holds_title(block: Block, headline: str) -> bool:
    """Whether a line holds a headline, letter by letter, and says something of it.

    A sentence that begins with the words of the headline and goes on is the article's own, unless it links them: some
    blogs make the title of the first words of a post.
    """
    text = block.text
    at = text.find(headline) if headline else -1
    if at < 0 or len(text) < len(headline) + 4:
        return False
    if at == 0 and text[len(headline) :].lstrip()[:1].isalnum() and headline not in dict(block.links):
        return False
    return text[:at].endswith(QUOTES) or comparable_words(headline) >= MIN_HEADLINE_WORDS


def shareable(page: Observation) -> dict[int, bool]:
    """The keys and forms by which other sites' pages may know this one's lines: of the article's lines, but for
    long paragraphs and lone words. True where the line names the origin.
    """
    found: dict[int, bool] = {}
    for line in page.lines:
        if line.is_body and not line.own and not line.fixed and 1 < line.words <= MAX_FORM_WORDS:
            for key in (line.key, line.form):
                if key:
                    found[key] = found.get(key, False) or line.names_origin
    return found


class Window:
    """The last `size` pages of one site, by URL: adding a page again replaces it."""

    def __init__(self, pages: Iterable[Observation] = (), size: int = WINDOW_PAGES) -> None:
        self.size = size
        self.pages: dict[str, Observation] = {}
        for page in pages:
            self.add(page)

    def add(self, page: Observation) -> None:
        self.pages.pop(page.url, None)
        self.pages[page.url] = page
        while len(self.pages) > self.size:
            del self.pages[next(iter(self.pages))]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the sites together saw a body line: sites, clusters and origins by name.

    `missing` are clusters in which one copy holds the line and another does not; `present` are clusters
    of several copies that all hold it.
    `named` are the clusters whose origin the line names, `sourced` those with a known origin.
    """

    sites: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    sourced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Network:
    """Keys and forms that more than one site shows in its articles, and what other sites' templates know as heads of
    lists (template entries by key: see `learner.heads_of`)."""

    keys: Mapping[int, Elsewhere] = field(default_factory=dict)
    heads: Mapping[int, Any] = field(default_factory=dict)


def elsewhere(
    found: list[Observation], copies: Mapping[str, list[Observation]], named: set[str]
) -> Elsewhere:
    """What the pages that hold a line prove; `copies` are the pages of each cluster among them."""
    urls = {p.url for p in found}
    several = {p.cluster for p in found if len(copies[p.cluster]) > 1}
    missing = {c for c in several if any(p.url not in urls for p in copies[c])}
    return Elsewhere(
        sites=frozenset(p.site for p in found),
        clusters=frozenset(p.cluster for p in found),
        origins=frozenset(p.origin for p in found if p.origin),
        missing=frozenset(missing),
        present=frozenset(several - missing),
        named=frozenset(named),
        sourced=frozenset(p.cluster for p in found if p.origin),
    )


#: Changes with the format of the rows and with what fingerprints mean.
FORMAT = 1
#: Effort of Zstandard (1 to 22). Level 3 makes 7.6 KB of a real page's record in 0.09 ms; level 5 makes 7.4 KB in 0.21.
PACKING_LEVEL = 3
#: In the order of `Line`'s fields. What is added at the end is false in older records.
_FLAGS = (
    "sentence", "heading", "item", "linked", "quotation", "names_origin", "sells", "domain", "own",
    "fixed", "guess", "proved", "leads", "teases", "titled", "sure",
)  # fmt: skip
#: The bit of each flag. Bit 6 was that of a flag that is gone.
_BITS = (*range(6), *range(7, 17))
_switches = attrgetter(*_FLAGS)


def pack(page: Observation) -> bytes:
    """The record of a page without its address, site and cluster: the archive has those."""
    places = list(dict.fromkeys(line.place for line in page.lines))
    labels = list(dict.fromkeys(line.label for line in page.lines))
    at = {text: i for i, text in enumerate(places)}, {text: i for i, text in enumerate(labels)}
    rows = []
    for x in page.lines:
        where = at[0][x.place], at[1][x.label]
        rows.append([x.key, x.form, x.start, *where, x.words, _flags(_switches(x)), x.full, x.sample])
    record = [FORMAT, page.origin, page.container, places, labels, rows, page.said]
    return compress(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode(), PACKING_LEVEL)


def unpack(data: bytes, url: str, site: str, cluster: str = "", **changes: Any) -> Observation | None:
    """The page of a record; `None` where another version of this program wrote it, and for a damaged one: its site is learned from
    its other pages, and the next look at the page writes it anew."""
    try:
        record = json.loads(decompress(data))
        if record[0] != FORMAT:
            return None
        _, origin, container, places, labels, rows, *rest = record
        places, labels = (
            list(map(sys.intern, places)),
            list(map(sys.intern, labels)),
        )  # a site's pages share them
        lines = tuple(
            Line._make((key, form, places[place], labels[label], words, *_named(flags), start, full, sample))
            for key, form, start, place, label, words, flags, full, sample in rows
        )
        # Older versions kept nothing of the kind, or lists of days and names in front.
        said = Said(*(part for part in rest[0] if isinstance(part, str))) if rest else NOTHING
    except Exception:  # what a damaged row makes its readers raise is no closed set
        return None
    return Observation(url, site, cluster or url, origin, lines, container, said=said, **changes)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A record as it is stored: `record` is packed, and `lines` are its `shareable` ones.

    The process that reads a page makes it, so that the one that writes need not. `misfit` and `reading` are those of the
    observation.
    """

    site: str
    origin: str
    verdict: int
    layout: int
    misfit: bool
    digest: int
    record: bytes
    lines: Mapping[int, bool]
    reading: bytes = field(default=b"", repr=False)


def sighting(page: Observation) -> Sighting:
    """The record of a page as it is stored."""
    stored = digest(page), pack(page), shareable(page)
    return Sighting(page.site, page.origin, page.verdict, page.layout, page.misfit, *stored, page.reading)


def digest(page: Observation) -> int:
    """A number for what learning would miss: where the article's lines stand, and what they are.

    What changes around an article from day to day (teasers, counters) is left out.
    """
    facts: list[Any] = [(line.key, line.place) for line in page.lines if line.is_body]
    facts += filter(None, page.said)
    return number(repr((FORMAT, facts, page.origin, page.container, page.verdict, page.layout)))


@lru_cache(maxsize=4096)
def _flags(switches: tuple[bool, ...]) -> int:
    return sum(1 << bit for bit, on in zip(_BITS, switches, strict=True) if on)


@lru_cache(maxsize=4096)
def _named(flags: int) -> tuple[bool, ...]:
    return tuple(bool(flags >> bit & 1) for bit in _BITS)
