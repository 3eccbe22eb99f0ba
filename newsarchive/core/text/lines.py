"""What one line of a page looks like (prose, link text, a quotation), and which lines of a page belong to a list of records.

"Read more" is no prose and may be a link; "The ferry left the town at noon, an hour late, with thirty people on board."
is prose. Nothing here knows a phrase or a language: the tables of phrases in `newsarchive/data` do.

Lines may be a list of records: models with their data, games with their publishers, groups of teams. A line of such a list may
look like boilerplate by itself: "Publisher: Heron Games" is a credit at the end of an article, but part of the article where
nine other games have a line for their publisher too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from newsarchive.core.text.normalise import fold
from newsarchive.core.text.words import comparable_words, ends_sentence
from newsarchive.items import Block

#: The label of a domain: "heron" of www.heron.co.uk.
_DOMAIN_LABEL = re.compile(r"(?:www\.)?([\w-]{4,})\.[a-z]{2,}")
_OPENING_QUOTES = tuple("\"'“‘«„「『‹»")
#: Characters of a block that are link text, as a share of all its characters. From here on the block is a link.
MIN_LINKED_SHARE = 0.8
#: Characters of a folded name of a source. A shorter name stands in too many lines by chance, and is left out.
MIN_NAME_CHARACTERS = 4
#: Lines with the same label and no prose between them. From here on they are lines of records; two lines may be the
#: sources of two figures.
MIN_LABELLED_LINES = 3
#: Characters of a line of a record. A longer line is a sentence with a colon in it.
MAX_RECORD_LINE_CHARACTERS = 120
#: Words of a sentence. A sentence with at least these ends a list of records, a shorter one does not.
MIN_PROSE_WORDS = 12

#: The label of a line `Label: value`.
_LABEL = re.compile(r"\W*([^\W\d_][^:：\n]{0,30}?)\s*[:：]\s*\S")


def is_prose(block: Block, min_words: int = 12) -> bool:
    """Whether a block is no heading, ends as a sentence does and has at least `min_words` `comparable_words`."""
    # Words are counted last: most lines of a page end otherwise.
    return block.kind != "heading" and ends_sentence(block.text) and comparable_words(block.text) >= min_words


def prose_ends(blocks: Sequence[Block], places: Sequence[int], min_words: int = 12) -> list[int]:
    """The first and the last of these places at which a block is prose (`is_prose`); an empty list where none is.

    >>> prose_ends([Block("Read more"), Block("The rain " * 6 + "fell."), Block("Next")], range(3))
    [1, 1]
    """
    for first in places:
        if is_prose(blocks[first], min_words):
            return [first, next(i for i in reversed(places) if is_prose(blocks[i], min_words))]
    return []


def is_linked(block: Block) -> bool:
    """Whether a block's text is link text, all of it or nearly all."""
    links = block.links
    if not links:
        return False
    linked = len(links[0][0]) if len(links) == 1 else sum([len(text) for text, _ in links])
    return linked >= MIN_LINKED_SHARE * len(block.text)


def is_quotation(text: str) -> bool:
    """Whether a line opens with a quotation mark of any language."""
    return not text[:1].isalnum() and text.lstrip().startswith(_OPENING_QUOTES)


def names_one(folded: str, names: Iterable[str]) -> bool:
    """Whether a folded line holds one of the names, also where the line has spaces that the name lacks.

    >>> names_one("read more from the guardian", ["theguardian"]), names_one("read more", ["theguardian"])
    (True, False)
    """
    squeezed = folded.replace(" ", "")
    return any(name in folded or name in squeezed for name in names)


def source_names(*texts: str) -> tuple[str, ...]:
    """Folded names of a source: the texts given, and the label of each domain in them; short names are left out.

    >>> source_names("Mare News", "www.heron.example")
    ('mare news', 'www.heron.example', 'heron')
    """
    labels = [label for text in texts for label in _DOMAIN_LABEL.findall(text.lower())]
    return tuple(name for text in (*texts, *labels) if len(name := fold(text)) >= MIN_NAME_CHARACTERS)


def record_lines(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of lines `Label: value` whose label begins at least three lines with no prose between them.

    The prose tells records from comments, which have a line "Posted by: Ann" each, and a sentence under it.
    """
    with_colon = [":" in b.text or "：" in b.text for b in blocks]
    if sum(with_colon) < MIN_LABELLED_LINES:
        return frozenset()
    places_of: dict[str, list[int]] = {}
    found: set[int] = set()
    for i, block in enumerate(blocks):
        if places_of and is_prose(block, MIN_PROSE_WORDS):
            places_of.clear()
        elif with_colon[i] and len(block.text) <= MAX_RECORD_LINE_CHARACTERS:
            if not (label := _LABEL.match(block.text)):
                continue
            places = places_of.setdefault(fold(label[1]), [])
            places.append(i)
            if len(places) >= MIN_LABELLED_LINES:
                found.update(places if len(places) == MIN_LABELLED_LINES else [i])
    return frozenset(found)
