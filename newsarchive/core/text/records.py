"""Which lines of a page are a list of records: models with their data, games with their publishers, groups of teams.

A line of such a list may look like boilerplate by itself: "Publisher: Heron Games" is a credit at the end of an
article, but part of the article where nine other games have a line for their publisher too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.core.text.lines import is_prose
from newsarchive.core.text.normalise import fold
from newsarchive.items import Block

#: Lines with the same label and no prose between them. From here on they are lines of records; two lines may be the
#: sources of two figures.
MIN_LABELLED_LINES = 3
#: Characters of a line of a record. A longer line is a sentence with a colon in it.
MAX_RECORD_LINE_CHARACTERS = 120
#: Words of a sentence. A sentence with at least these ends a list of records, a shorter one does not.
MIN_PROSE_WORDS = 12

_LABEL = re.compile(r"\W*([^\W\d_][^:：\n]{0,30}?)\s*[:：]\s*\S")


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
        elif with_colon[i] and (label := _label(block.text)):
            places = places_of.setdefault(fold(label), [])
            places.append(i)
            if len(places) >= MIN_LABELLED_LINES:
                found.update(places if len(places) == MIN_LABELLED_LINES else [i])
    return frozenset(found)


def _label(text: str) -> str:
    """The label of a line `Label: value`, "" for any other line."""
    label = _LABEL.match(text) if len(text) <= MAX_RECORD_LINE_CHARACTERS else None
    return label[1] if label else ""
