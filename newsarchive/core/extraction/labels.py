"""What to call a block that is no part of the article, from the places it stands in.

A first guess by names of elements; `core/boilerplate/step.py` knows the phrases and has the last word.

Text that a page holds twice: for wide and for narrow screens, or once more below a fold.

Only whole runs count. A refrain, a row of a table or a line of code may well stand twice in an article.

Earns 0.06 to 0.08 points of F1 on real pages: 14 of 1,282 hold their text twice (`docs/benchmarks/ablation.md`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from newsarchive.core.extraction.class_names import spelled, telling
from newsarchive.core.html.blocks import Box, RawBlock
from newsarchive.core.text.patterns import any_literal, whole
from newsarchive.core.text.sentences import ends_sentence
from newsarchive.items import BlockVerdict, DecidedBy
from newsarchive.rules import Rules

#: Label → words of ids and classes, in order of trust. A box nearer to the text goes first.
LABELS: tuple[tuple[str, str], ...] = (
    ("consent", r"cookie|consent|gdpr"),
    ("comments", r"comment|respond\b|disqus|kommentar"),
    ("subscribe", r"subscri|newsletter|sign-?up|mailchimp|mc4wp|paywall|donat"),
    ("share", r"\bshar(?:e|ing)|sharedaddy|addtoany|addthis|social|follow-us"),
    (
        "related",
        r"relat(?!ive\b)|recommend|outbrain|taboola|read-?next|popular|trending|also-like|latest|more-?(?:stories|posts|news)",
    ),
    ("advert", r"advert|sponsor|\bads?\b|\badv\b|banner|affiliate"),
    ("promo", r"promo|callout|\bcta\b|teaser"),
    ("author bio", r"author-?(?:bio|box|info|card)|about-?(?:the-?)?author|\bbio\b"),
    ("byline", r"byline|dateline|entry-?meta|post-?meta|article-?meta|\bauthor\b|posted-on|timestamp"),
    ("tags", r"\btags?\b|tag-?(?:list|cloud|links)|cat-?links|categor(?:y|ies)|post-?terms|topics?\b"),
    ("caption", r"caption|photo-?credit|image-?credit"),
    ("footer", r"footer|colophon|copyright|legal|imprint|impressum"),
    (
        "nav",
        r"\bnav|menu|crumb|pagina|pager|sidebar|widget|masthead|\btoc\b|skip-?link|site-?header|topbar",
    ),
)
_TAGS = {"nav": "nav", "menu": "nav", "footer": "footer", "form": "form", "fieldset": "form", "dialog": "consent",
         "figcaption": "caption", "caption": "caption", "address": "byline", "search": "form"}  # fmt: skip
_ANY = re.compile("|".join(f"({pattern})" for _, pattern in LABELS))
#: What these words begin with: most names hold none of it, and need not be searched for each.
_BEGINNINGS = (
    "cookie consent gdpr comment respond disqus kommentar subscri newsletter sign mailchimp mc4wp paywall donat shar"
    " social addtoany addthis follow relat recommend outbrain taboola read popular trending also latest more ad sponsor"
    " banner affiliate promo callout cta teaser author about bio byline dateline entry post article timestamp tag cat"
    " topic caption photo image footer colophon copyright legal imprint impressum nav menu crumb pagina pager sidebar"
    " widget masthead toc skip site topbar"
)
#: What a sentence below the headline may be besides the article's summary.
ABOUT = frozenset({"byline", "author bio", "caption", "advert", "consent"})
_BEGINS = re.compile(any_literal(_BEGINNINGS.split()))
#: A year or a numeric date; words around it are a weekday and a month at most.
_DAY = re.compile(r"\b(19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|年.*日")
_WORD = re.compile(r"[^\W\d_]{2,}")

_EMBED = BlockVerdict("other", "something embedded from elsewhere", DecidedBy.MARKUP)
_CAPTION = BlockVerdict("caption", "the caption of a picture", DecidedBy.MARKUP)
_HEADING = BlockVerdict("title", "a heading that the page's <title> repeats", DecidedBy.MARKUP)
_CONTROL = BlockVerdict("form", "a control", DecidedBy.MARKUP)
_LINKS = BlockVerdict("nav", "links and little else", DecidedBy.MARKUP)
_TURNED_DOWN = BlockVerdict("other", "the classifier sees no part of the article here", DecidedBy.MODEL)
_STANDFIRST = BlockVerdict("description", "a sentence right below the headline", DecidedBy.MARKUP)
_REPEATS_TITLE = BlockVerdict("title", "the page's <title> repeats it", DecidedBy.MARKUP)
_DATE = BlockVerdict("date", "a date above the first paragraph", DecidedBy.MARKUP)


class Namer:
    """Names the chrome of one page; what a box says is worked out once."""

    def __init__(self, title: str, rules: Rules) -> None:
        self.title = title.casefold()
        self.leads = _leads(rules)
        self.boxes: dict[int, tuple[str, str]] = {}

    def name(self, block: RawBlock) -> BlockVerdict:
        """What a block is that the classifier has turned down."""
        if block.kind == "embed":
            return _EMBED
        if block.kind == "caption":
            return _CAPTION
        if block.kind == "heading" and len(block.text) > 8 and block.text.casefold() in self.title:
            return _HEADING
        label, rule = self._box(block.box)
        if block.box.hidden:
            return BlockVerdict(
                label or "other", "not on the screen until a script shows it", DecidedBy.HIDDEN
            )
        if label:
            return BlockVerdict(label, rule, DecidedBy.MARKUP)
        if "/button" in block.wrap or block.box.tag in ("option", "legend"):
            return _CONTROL
        if block.link_chars > 0.7 * len(block.text):
            return _LINKS
        return _TURNED_DOWN

    def _box(self, box: Box | None) -> tuple[str, str]:
        known, passed = self.boxes, []
        found = None
        while box is not None and (found := known.get(box.index)) is None:
            passed.append(box.index)
            if found := _own(box.tag, box.ident, box.classes):
                break
            box = box.parent
        found = found or ("", "")
        for index in passed:
            known[index] = found
        return found

    def standfirst(self, block: RawBlock, below: bool = False) -> BlockVerdict | None:
        """What a turned-down sentence above the text is where it sums the article up, else `None`; `below`
        says that the headline stands right above it. Publishers differ on whether it is text; here it is the
        `description`, kept beside it."""
        text = block.text
        if (
            len(text) < 40
            or block.link_chars >= 0.3 * len(text)
            or block.box.hidden
            or block.kind == "caption"
        ):
            return None
        if found := self.leads.search(block.path.rpartition("body")[2].lower()):
            rule = f'a sentence above the text, in a box named "{found[0]}"'
            return BlockVerdict("description", rule, DecidedBy.MARKUP)
        told = len(text) >= 80 and (
            block.kind == "heading" or (block.kind == "paragraph" and ends_sentence(text))
        )
        if below and told and self._box(block.box)[0] not in ABOUT:
            return _STANDFIRST
        return None

    def above(self, block: RawBlock) -> BlockVerdict | None:
        """What a line is between headline and first paragraph that is no text of the article:
        the headline again, or a date by itself; `None` for any other."""
        text = block.text
        if len(text) > 12 and text.casefold() in self.title:
            return _REPEATS_TITLE
        if len(text) <= 40 and _DAY.search(text) and len(_WORD.findall(text)) <= 3:
            return _DATE
        return None


def is_headline(block: RawBlock) -> bool:
    """Whether a block stands in `<h1>` and is no site's name: three words, or a dozen letters in a row."""
    text, box = block.text, block.box
    in_h1 = box.tag == "h1" or (box.parent is not None and box.parent.tag == "h1")
    return in_h1 and (text.count(" ") >= 2 or len(text) >= 12)


@lru_cache(maxsize=8)
def _leads(rules: Rules) -> re.Pattern[str]:
    """What the boxes of standfirsts are called, by the table of boxes."""
    table = rules.metadata.get("boxes", {}).get("standfirst", {})
    words = map(whole, table.get("words", []))
    return re.compile("|".join([*table.get("parts", []), *words]) or r"(?!)")


@lru_cache(maxsize=16_384)
def _own(tag: str, ident: str, classes: str) -> tuple[str, str] | None:
    if tag in ("body", "html"):
        return None
    named = [found for name in (*ident.split(), *telling(classes.split())) if (found := _named(name))]
    if named:
        place, word = min(named)
        return LABELS[place][0], f'stands in a box named "{word}"'
    label = _TAGS.get(tag, "")
    return (label, f"stands in <{tag}>") if label else None


@lru_cache(maxsize=32_768)
def _named(name: str) -> tuple[int, str] | None:
    """The most trusted label that one id or class names, by its place, and the word that does."""
    labels = _labels(spelled(name))
    return min(labels) if labels else None


def _labels(name: str) -> list[tuple[int, str]]:
    """The labels in a name as `_ANY.finditer` finds them, looked for only where one can begin."""
    labels = []
    begins = _BEGINS.search(name)
    while begins:
        found, at = _ANY.match(name, begins.start()), begins.start() + 1
        if found and found.lastindex:
            labels.append((found.lastindex - 1, found[0]))
            at = found.end()
        begins = _BEGINS.search(name, at)
    return labels


#: A run that goes out holds so many characters, and one block of at least this length.
RUN, PROSE = 300, 80


def repeated(texts: Sequence[str]) -> set[int]:
    """The places of blocks that lie in a run which stands on the page before, block by block the same.

    >>> first = ["A heading", "Prose of more than a line. " * 12]
    >>> repeated([*first, "Between the two", *first]), repeated(["no", "no", "no"])
    ({3, 4}, set())
    """
    first: dict[str, int] = {}
    twice = [i for i, text in enumerate(texts) if first.setdefault(text, i) != i]
    out: set[int] = set()
    at = 0
    while at < len(twice):
        run = _run(texts, first, twice[at])
        if sum(len(texts[i]) for i in run) >= RUN and max(len(texts[i]) for i in run) >= PROSE:
            out.update(run)
        while at < len(twice) and twice[at] <= run[-1]:
            at += 1
    return out


def _run(texts: Sequence[str], first: dict[str, int], start: int) -> range:
    """The blocks from `start` on that follow each other as they do where the first of them stands first."""
    source, end = first[texts[start]], start
    while end < len(texts) and source < start and texts[source] == texts[end]:
        source, end = source + 1, end + 1
    return range(start, end)
