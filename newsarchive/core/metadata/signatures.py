"""Reads what names authors besides a byline: agencies, the last line of a text, boxes side by side, the sentence of old themes.

"Quelle: dpa" and "BERLIN (dpa) –" name an agency. Only those listed in `data/metadata/bylines.toml` count, because "Source:" often stands
before the source of a picture. "This entry was posted by Jane Doe on Monday, 14 December 2015 at 14:48 and is filed under General." tells
author and day; the words with which such a sentence begins are in `data/metadata/months.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile

from newsarchive.core.metadata import byline_words, person_names
from newsarchive.core.metadata.claims import Claim, Place, Position, Source
from newsarchive.core.metadata.guessed_names import says_profile
from newsarchive.core.metadata.person_names import like_a_name
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Labels of blocks in which no agency is looked for.
_NO_AGENCY_LABELS = frozenset(["caption", "related", "comments", "advert", "consent"])
#: Paragraphs of the text that may begin with a dateline; datelines in later ones are not read.
MAX_DATELINE_PARAGRAPHS = 3
#: Characters at the start of a paragraph; an agency in brackets after them belongs to no dateline.
MAX_DATELINE_CHARS = 60
#: Characters of a line that consists of a label and an agency; a longer block is a paragraph.
MAX_SOURCE_LINE_CHARS = 80
#: Blocks in which agencies are looked for; later ones are not read.
MAX_AGENCY_BLOCKS = 400
_OPENING_AGENCY = re.compile(r"[^()]{0,40}\(([^()]{2,30})\)\s*[-–—:]")
_CLOSING_AGENCY = re.compile(r"\(([^()]{2,30})\)\W{0,2}$")
_PARTS = re.compile(r"\s*[/,;&+]\s*")


def agency_claims(blocks: Sequence[Block], rules: Rules) -> Iterator[Claim]:
    """The agencies that the blocks below the headline name, each once."""
    seen: set[str] = set()
    paragraphs = 0
    for block in blocks[:MAX_AGENCY_BLOCKS]:
        if block.label in _NO_AGENCY_LABELS or block.kind == "caption":
            continue
        paragraphs += len(block.text) > MAX_SOURCE_LINE_CHARS
        for name in _agencies_of(block.text, paragraphs <= MAX_DATELINE_PARAGRAPHS, rules):
            if key(name) not in seen:
                seen.add(key(name))
                yield Claim("authors", name, Source(Place.AGENCY))


def _agencies_of(text: str, may_have_dateline: bool, rules: Rules) -> Iterator[str]:
    """The agencies that the text of one block names after a label, in a dateline, or in brackets at its end."""
    if len(text) <= MAX_SOURCE_LINE_CHARS and ":" in text:
        label, rest = text.split(":", 1)
        if label.strip().casefold() in words_of(rules, "bylines", "source"):
            yield from _agencies_in(rest, rules)
    may_open = may_have_dateline and "(" in text[:MAX_DATELINE_CHARS]
    if may_open and (match := _OPENING_AGENCY.match(text[: MAX_DATELINE_CHARS + 30])):
        yield from _agencies_in(match[1], rules)
    if text[-2:].rstrip(' ."”').endswith(")") and (match := _CLOSING_AGENCY.search(text[-40:])):
        unsure = frozenset(map(key, words_of(rules, "bylines", "ambiguous")))
        yield from (name for name in _agencies_in(match[1], rules) if key(name) not in unsure)


def _agencies_in(text: str, rules: Rules) -> list[str]:
    """The listed agencies in a list such as "AFP, Reuters" or "dpa/lby"."""
    return [part for part in _PARTS.split(text.strip(" .")) if key(part) in byline_words.words(rules).agency]


#: Characters of the last line of a text that names its authors; a longer line is text.
MAX_CLOSING_CHARS = 60
#: A line that is emphasised from its start to its end, and what stands between the people in it.
_EMPHASISED = re.compile(
    r"(?:<(?:strong|b|em|i)>){1,2}[^<]{1,80}(?:</(?:strong|b|em|i)>){1,2}", re.IGNORECASE
)
#: Letters with marks below or two marks above, which a Vietnamese sentence has, and hardly any other text in Latin script.
_VIETNAMESE = re.compile("[\u1ea0-\u1ef9]")
_BETWEEN_PEOPLE = re.compile(r"\s+[-–—&]\s+|,\s+")


def closing_claims(blocks: Sequence[Block], rules: Rules) -> list[Claim]:
    """The claim of the last line of the text where all of it is emphasised and names people with a first and a last name: papers of
    Vietnam close an article with its author, and name themselves in the head. In other languages such a line is a heading, a product
    or half a name: of 2,579 pages of Europe and America three have one, and none is an author.
    """
    body = [b for b in blocks if b.label == "body"]
    is_vietnamese = len(body) > 2 and _VIETNAMESE.search(body[-2].text) is not None
    last = body[-1] if is_vietnamese else None
    emphasis = (
        _EMPHASISED.fullmatch(last.html) if last is not None and len(last.text) <= MAX_CLOSING_CHARS else None
    )
    people = _BETWEEN_PEOPLE.split(last.text) if last is not None and emphasis else []
    if not people or not all(" " in name and person_names.like_a_name(name, rules) for name in people):
        return []
    return [Claim("authors", "; ".join(people), Source(Place.TEXT, Position.BELOW))]


#: Authors in boxes right behind each other; more are the people of a site.
MAX_NEIGHBOURS = 4


def with_neighbours(
    found: Sequence[tuple[Claim, Block | None]], blocks: Sequence[Block], rules: Rules
) -> list[Claim]:
    """The claims, with the names of several authors in one claim where each has a box of its own: boxes of one path right behind each
    other that hold nothing but a name, `<div class="author">Jane Doe</div><div class="author">John Roe</div>` (beehiiv, Detik)."""
    places = {id(block): at for at, block in enumerate(blocks)}
    out: list[Claim] = []
    last: Block | None = None
    for claim, block in found:
        is_next = (
            block is not None
            and last is not None
            and block.path == last.path
            and places.get(id(block)) == places.get(id(last), -2) + 1
        )
        is_name = block is not None and claim.value == block.text.strip() and _is_person(claim, block, rules)
        if is_next and is_name and out and out[-1].value.count(";") < MAX_NEIGHBOURS - 1:
            out[-1] = replace(out[-1], value=f"{out[-1].value}; {claim.value}")
        else:
            out.append(claim)
        last = block if is_name else None
    return out


def _is_person(claim: Claim, block: Block, rules: Rules) -> bool:
    """Whether a name stands in a box for authors or links to a page about its owner: goods of a shop have neighbours, too."""
    if not like_a_name(claim.value, rules):
        return False
    linked = any(
        says_profile(address.casefold(), rules)
        for text, address in block.links
        if text.strip() == claim.value
    )
    return linked or claim.source.place is Place.BOX


#: Characters of a sentence about the page's own publication; the rest is not publication.
MAX_SENTENCE_CHARS = 240
#: Blocks below the text that are searched for the day of a change; later ones are those of the site.
MAX_LINES_BELOW = 12
#: Characters of a line that states this day; a longer one tells of something else.
MAX_CHANGE_CHARS = 100
#: Characters behind the day, as of its time; with more the line goes on.
MAX_CHARS_BEHIND_CHANGE = 20
#: Labels of blocks that are about other posts, or are not the site's own words.
_NOT_OF_POST = frozenset(("comments", "related", "nav", "advert", "consent", "form"))
_CLAUSE = re.compile(r"[.;](?=\s+\w{3})")


def publication(text: str, rules: Rules) -> tuple[str, str]:
    """The date and the author in a sentence about the post's publication, each with the rest of the sentence; "" for what
    the sentence lacks, and for a text that begins in another way.

    >>> from newsarchive import rules
    >>> publication("This entry was posted by Jane Doe on Monday, December 14th, 2015 at 2:48 pm and is filed …", rules.default())
    ('December 14th, 2015 at 2:48 pm and is filed …', 'Jane Doe')
    """
    if not text[:40].casefold().startswith(_openings(rules)):
        return "", ""
    sentence = _CLAUSE.split(text[:MAX_SENTENCE_CHARS].replace("\n", " "), 1)[0]
    found = dates.date_text(sentence, rules)
    if not found:
        sentence = text[:MAX_SENTENCE_CHARS].replace("\n", " ")  # the stop of "14. Dezember"
        found = dates.date_text(sentence, rules)
    at = sentence.find(found) if found else len(sentence)
    by = _by(rules).search(sentence)
    # The first words behind "by", up to a word in small letters that is no part of a name.
    particles, words = byline_words.words(rules).particles, sentence[by.end() :].split()[:6] if by else []
    name = takewhile(lambda word: not person_names.is_small(word[0]) or word in particles, words)
    return sentence[at:], " ".join(name)


def change_below(blocks: Sequence[Block], rules: Rules) -> Iterator[Claim]:
    """The day of the last change in the first line below the text that says so, and little else: "Last updated on 3 May 2024"."""
    last = max((at for at, block in enumerate(blocks) if block.label == "body"), default=len(blocks))
    for block in blocks[last + 1 : last + 1 + MAX_LINES_BELOW]:
        line = block.text
        found = dates.date_text(line, rules) if len(line) <= MAX_CHANGE_CHARS else ""
        if block.label in _NOT_OF_POST or not found:
            continue
        before, _, behind = line.partition(found)
        is_of_other = any(text.strip() and text in before for text, _ in block.links)
        if (
            dates.says("modified", before, rules)
            and not is_of_other
            and len(behind) <= MAX_CHARS_BEHIND_CHANGE
        ):
            yield Claim(
                "date_modified", line[dates.beginning(line, found) :], Source(Place.TEXT, Position.BELOW)
            )
            return


@lru_cache(maxsize=8)
def _openings(rules: Rules) -> tuple[str, ...]:
    table = rules.metadata.get("months", {}).get("sentence", {})
    return tuple(table.get("openings", [])) or ("\0",)


@lru_cache(maxsize=8)
def _by(rules: Rules) -> re.Pattern[str]:
    """Matches a word for "by" in a sentence about publication."""
    words = rules.metadata.get("months", {}).get("sentence", {}).get("by", [])
    return re.compile(rf"(?<!\w)(?:{dates.any_of(words)})\s+(?=\S)")
