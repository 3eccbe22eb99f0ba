"""Lists of records: models with their facts, games with their publishers, groups of a tournament.

A line of such a list may look like furniture by itself: "Publisher: Heron Games" is a credit at the end of an article,
and a fact where nine other games have a line for their publisher too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.core.text.lines import is_prose
from newsarchive.core.text.normalise import fold
from newsarchive.items import Block

#: Lines with one label from which on they are facts of records. Two may be the sources of two figures.
MIN_LABELLED_LINES = 3
#: Characters of a line with a label; a longer line is a sentence with a colon in it.
MAX_FACT_CHARACTERS = 120
#: Words of a sentence that ends a list of records.
MIN_PROSE_WORDS = 12

_LABEL = re.compile(r"\W*([^\W\d_][^:：\n]{0,30}?)\s*[:：]\s*\S")


def fact_lines(blocks: Sequence[Block]) -> frozenset[int]:
    """The places of lines `Label: value` whose label stands before three or more lines, with no prose between them:
    comments have a line "Posted by: Ann" each, and prose under it."""
    chains: dict[str, list[int]] = {}
    found: set[int] = set()
    for i, block in enumerate(blocks):
        if chains and is_prose(block, MIN_PROSE_WORDS):
            chains.clear()
        elif len(block.text) <= MAX_FACT_CHARACTERS and (label := _LABEL.match(block.text)):
            chain = chains.setdefault(fold(label[1]), [])
            chain.append(i)
            if len(chain) >= MIN_LABELLED_LINES:
                found.update(chain)
    return frozenset(found)
