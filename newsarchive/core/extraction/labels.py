"""What to call a block that is no part of the article: in `<div class="cookie-notice">` it is labelled `consent`.

The names of the elements around a block give a first guess: the boilerplate step knows phrases and has the last word. `path_of` gives
the path by which its tables of platforms know a block.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.extraction.class_names import is_page_form, spelled, telling
from newsarchive.core.html.boxes import Box, RawBlock
from newsarchive.core.html.entries import Entries
from newsarchive.core.text.caches import noted
from newsarchive.core.text.patterns import any_literal, whole
from newsarchive.core.text.scripts import has_unspaced
from newsarchive.core.text.words import ends_sentence
from newsarchive.exceptions import BadRules
from newsarchive.items import LABELS, BlockVerdict, DecidedBy
from newsarchive.rules import Rules

#: Characters of a heading. A longer one that stands in the page's `<title>` is the headline.
MAX_COMMON_HEADING_CHARACTERS = 8
#: Characters of a line above the text. A longer one that stands in the page's `<title>` repeats it; a shorter one does so
#: where it is the whole title.
MAX_COMMON_LINE_CHARACTERS = 12
#: Characters of a line with a date. A longer line is more than a date.
MAX_DATE_CHARACTERS = 60
#: Characters of a line with a date in a script without spaces between words. A longer line there is a whole sentence.
MAX_UNSPACED_DATE_CHARACTERS = 40
#: Characters of the lines below a headline in its own block. Longer ones are text.
MAX_DETAILS_CHARACTERS = 120
#: Words of letters in a line with a date: a weekday, a month and one more.
MAX_DATE_WORDS = 3
#: Characters of a sentence above the text. A shorter one is no standfirst.
MIN_STANDFIRST_CHARACTERS = 40
#: The same where no name of a box says so. A shorter sentence below the headline is no standfirst.
MIN_UNNAMED_STANDFIRST_CHARACTERS = 80
#: Characters of a standfirst that are link text, as a share of all. From here on it is no standfirst.
MIN_LINKED_STANDFIRST_SHARE = 0.3
#: Characters of a dropped block that are link text, as a share of all. Above, the block is labelled `nav`.
MAX_UNLINKED_SHARE = 0.7
#: Words of an `<h1>`. With fewer words and characters than the two bounds it may be the name of the site.
MIN_HEADLINE_WORDS = 3
#: Characters of an `<h1>`, the same.
MIN_HEADLINE_CHARACTERS = 12

#: Elements → the label of what stands in them.
_TAGS = {"nav": "nav", "menu": "nav", "footer": "footer", "form": "form", "fieldset": "form", "dialog": "consent",
         "figcaption": "caption", "caption": "caption", "address": "byline", "search": "form"}  # fmt: skip
#: Labels of boxes whose sentences below the headline are no standfirst.
NO_STANDFIRST = frozenset({"byline", "author bio", "caption", "advert", "consent"})
#: What a match of a pattern of a label begins with. Most names hold none of it, and are not searched further.
_BEGINNING = re.compile(r"(?:\\b)?([a-z0-9]+)(?!\?)")
#: A year, or a date in numbers.
_DAY = re.compile(r"\b(19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|年.*日")
_TIME = re.compile(r"\b\d{1,2}:\d\d\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
#: The classes and ids in the steps of a path.
_MARKS = re.compile(r"[.#][^.#/]+")

_EMBED = BlockVerdict("other", "something embedded from elsewhere", DecidedBy.MARKUP)
_ADVERT_FRAME = BlockVerdict("advert", "a frame of a network of adverts", DecidedBy.MARKUP)
_CAPTION = BlockVerdict("caption", "the caption of a picture", DecidedBy.MARKUP)
_HEADING = BlockVerdict("title", "a heading that the page's <title> repeats", DecidedBy.MARKUP)
_CONTROL = BlockVerdict("form", "a control", DecidedBy.MARKUP)
_LINKS = BlockVerdict("nav", "links and little else", DecidedBy.MARKUP)
_DROPPED = BlockVerdict("other", "the classifier sees no part of the article here", DecidedBy.MODEL)
_STANDFIRST = BlockVerdict("description", "a sentence right below the headline", DecidedBy.MARKUP)
REPEATS_TITLE = BlockVerdict("title", "the page's <title> repeats it", DecidedBy.MARKUP)
_OTHER_ENTRY = BlockVerdict(
    "related", "stands in the entry of another post, by WordPress's numbers", DecidedBy.MARKUP
)
_DATE = BlockVerdict("date", "a date above the first paragraph", DecidedBy.MARKUP)


class Namer:
    """Gives labels to the blocks of one page. What the names of a box say is worked out once.

    `blocks` is the number of the page's blocks: a form that holds most of them is the page and no form. `entries` are its entries
    of posts.
    """

    def __init__(self, title: str, rules: Rules, blocks: int, entries: Entries) -> None:
        self.title = title.casefold()
        self.blocks, self.entries, self.rules = blocks, entries, rules
        self.leads = _leads(rules)
        self.boxes: dict[int, tuple[str, str]] = {}

    def name(self, block: RawBlock) -> BlockVerdict:
        """The label, and its reason, of a block that the classifier has dropped."""
        if block.kind == "embed":
            return _ADVERT_FRAME if _advert_hosts(self.rules).match(block.text) else _EMBED
        if self.entries.other(block.box.path):
            return _OTHER_ENTRY
        if block.kind == "caption":
            return _CAPTION
        is_heading = block.kind == "heading" and len(block.text) > MAX_COMMON_HEADING_CHARACTERS
        if is_heading and block.text.casefold() in self.title:
            return _HEADING
        label, rule = self._box(block.box)
        if block.box.hidden:
            rule = "not on the screen until a script shows it"
            return BlockVerdict(label or "other", rule, DecidedBy.HIDDEN)
        if label:
            return BlockVerdict(label, rule, DecidedBy.MARKUP)
        if "/button" in block.wrap or block.box.tag in ("option", "legend", "select"):
            return _CONTROL
        if block.link_chars > MAX_UNLINKED_SHARE * len(block.text):
            return _LINKS
        return _DROPPED

    def _box(self, box: Box | None) -> tuple[str, str]:
        """The label of the nearest box with a label, and the reason in words; two empty strings where none has one."""
        known, passed = self.boxes, []
        found = None
        while box is not None and (found := known.get(box.index)) is None:
            passed.append(box.index)
            tag = "div" if is_page_form(box, self.blocks) else box.tag
            if found := own_label(tag, box.ident, box.classes, self.rules):
                break
            box = box.parent
        found = found or ("", "")
        for index in passed:
            known[index] = found
        return found

    def standfirst(self, block: RawBlock, below: bool = False) -> BlockVerdict | None:
        """The label `description` for a dropped sentence above the text that sums the article up; `None` for any other.

        `below` says that the headline stands right above it. Publishers differ on whether a standfirst is text; here it
        is kept beside the text.
        """
        text = block.text
        if len(text) < MIN_STANDFIRST_CHARACTERS or block.box.hidden or block.kind == "caption":
            return None
        if block.link_chars >= MIN_LINKED_STANDFIRST_SHARE * len(text):
            return None
        if found := self.leads.search(block.path.rpartition("body")[2].lower()):
            rule = f'a sentence above the text, in a box named "{found[0]}"'
            return BlockVerdict("description", rule, DecidedBy.MARKUP)
        ends = block.kind == "heading" or (block.kind == "paragraph" and ends_sentence(text))
        if not below or not ends or len(text) < MIN_UNNAMED_STANDFIRST_CHARACTERS:
            return None
        return None if self._box(block.box)[0] in NO_STANDFIRST else _STANDFIRST

    def above(self, block: RawBlock) -> BlockVerdict | None:
        """The label of a line between headline and first paragraph that repeats the headline or is a date alone; `None`
        for any other line."""
        text = block.text
        folded = text.casefold()
        if folded == self.title or (len(text) > MAX_COMMON_LINE_CHARACTERS and folded in self.title):
            return REPEATS_TITLE
        most = MAX_DATE_CHARACTERS
        if has_unspaced(text):  # "2007年7月6日，渡轮回到老港口。" is a sentence
            most = 0 if ends_sentence(text) else MAX_UNSPACED_DATE_CHARACTERS
        is_date = len(text) <= most and _DAY.search(text)
        return _DATE if is_date and len(_WORD.findall(text)) <= MAX_DATE_WORDS else None

    def is_head_with_details(self, text: str) -> bool:
        """Whether a block is the headline and a line of details: PHP-Nuke prints both in one cell, and nothing else."""
        first, *others = text.casefold().split("\n")
        rest = " ".join(others)
        is_title = len(first) > MAX_COMMON_LINE_CHARACTERS and first in self.title
        return bool(
            is_title and 0 < len(rest) <= MAX_DETAILS_CHARACTERS and _TIME.search(rest)
        ) and not ends_sentence(rest)


def is_headline(block: RawBlock) -> bool:
    """Whether a block stands in `<h1>` and is long enough to be no site's name."""
    text, box = block.text, block.box
    in_h1 = box.tag == "h1" or (box.parent is not None and box.parent.tag == "h1")
    return in_h1 and (text.count(" ") >= MIN_HEADLINE_WORDS - 1 or len(text) >= MIN_HEADLINE_CHARACTERS)


@lru_cache(maxsize=8)
def _leads(rules: Rules) -> re.Pattern[str]:
    """What the boxes of standfirsts are called, by the table of boxes in the rules."""
    table = rules.metadata.get("boxes", {}).get("standfirst", {})
    words = map(whole, table.get("words", []))
    return re.compile("|".join([*table.get("parts", []), *words]) or r"(?!)")


@lru_cache(maxsize=16_384)
def own_label(tag: str, ident: str, classes: str, rules: Rules) -> tuple[str, str] | None:
    """The label that an element's own names or its tag give, and the reason in words."""
    if tag in ("body", "html"):
        return None
    labels = _labels(rules)
    named = [found for name in (*ident.split(), *telling(classes)) if (found := labels.named(name))]
    if named:
        place, word = min(named)
        return labels.labels[place], f'stands in a box named "{word}"'
    label = _TAGS.get(tag, "")
    return (label, f"stands in <{tag}>") if label else None


class _Labels:
    """The labels of the table of boxes, in order of trust, and the words that give them."""

    def __init__(self, table: Mapping[str, Sequence[str]]) -> None:
        self.labels = tuple(table)
        self.any = compiled.regex(
            "|".join(f"({'|'.join(patterns)})" for patterns in table.values()) or "(?!)"
        )
        begins = (_BEGINNING.match(pattern) for patterns in table.values() for pattern in patterns)
        self.begins = compiled.regex(any_literal(begin[1] for begin in begins if begin))
        self.named = noted(lru_cache(maxsize=32_768)(self._named))

    def _named(self, name: str) -> tuple[int, str] | None:
        """The place of the most trusted label that an id or class gives, and the word that gives it, as `any.finditer` would find
        them, looked for only where one can begin."""
        name, found = spelled(name), []
        begins = self.begins.search(name)
        while begins:
            match, at = self.any.match(name, begins.start()), begins.start() + 1
            if match and match.lastindex:
                found.append((match.lastindex - 1, match[0]))
                at = match.end()
            begins = self.begins.search(name, at)
        return min(found, default=None)


@lru_cache(maxsize=8)
def _advert_hosts(rules: Rules) -> re.Pattern[str]:
    hosts = "|".join(map(re.escape, rules.metadata.get("boxes", {}).get("frames", {}).get("advert", [])))
    return compiled.regex(rf"https?://(?:[\w-]+\.)*(?:{hosts or '(?!)'})\.\w+(?:[:/?#]|$)")


@lru_cache(maxsize=8)
def _labels(rules: Rules) -> _Labels:
    table = rules.metadata.get("boxes", {}).get("labels", {})
    if unknown := [label for label in table if label not in LABELS]:
        raise BadRules("metadata/boxes.toml", f"labels.{unknown[0]}", f"not one of {', '.join(LABELS[1:])}")
    return _Labels(table)


def path_of(block: RawBlock, rules: Rules) -> str:
    """The path of a block, with the inline elements around its text where a table of platforms names one of them.

    A plug-in may write its line without a box: `<p><span class="span-reading-time">Reading Time: 3 minutes</span></p>`. The block's own
    path ends at the `<p>`, where no selector sees the name.
    """
    if len(block.whole) > len(block.wrap):
        whole_names, beginnings = _selected(rules)
        marks = _MARKS.findall(block.whole)  # most such elements have none: a <strong>, a link
        if marks and (
            not whole_names.isdisjoint(marks) or any(mark.startswith(beginnings) for mark in marks)
        ):
            return block.box.path + block.whole
    return block.path


@lru_cache(maxsize=8)
def _selected(rules: Rules) -> tuple[frozenset[str], tuple[str, ...]]:
    """The classes and ids of the tables' selectors as they stand in a path (`.rt-reading-time`): whole ones, and beginnings."""
    selectors = {
        selector
        for table in rules.platforms.values()
        for listed in table.get("select", {}).values()
        for selector in listed
        if selector.startswith((".", "#"))
    }
    begun = tuple(sorted(one[:-1] for one in selectors if one.endswith("*")))
    return frozenset(one for one in selectors if not one.endswith("*")), begun
