"""The head of a box of links, where nothing else of the box is text.

    <div><p>Life at the harbour:</p><ul><li><a href="/1/">The ferry is back</a></li> … </ul></div>

The classifier leaves a list of links out, and may keep the line above it, in words that a site chooses.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsarchive.core.html.boxes import RawBlock
from newsarchive.core.text.words import ends_sentence
from newsarchive.items import BlockVerdict

#: Lines below such a head. With fewer, the box may be a line of the text with a link below it.
MIN_LINKS = 3
#: Words of such a head; a longer line is a sentence.
MAX_HEAD_WORDS = 12
#: What a head is; a cell of a table belongs to its row.
_KINDS = frozenset(("heading", "paragraph"))
#: What the first line below it is: an item of a list, or the title of a post. In a row of a table of products built of `<div>` the prices
#: are links too.
_FIRST_KINDS = frozenset(("list_item", "heading"))
#: Labels of the lines below it: links, and the headline of the page itself, which a list of posts may hold.
_BELOW = frozenset(("nav", "related", "title"))


def heads_of_links(blocks: Sequence[RawBlock], said: Sequence[BlockVerdict]) -> list[int]:
    """The places of the lines labelled `body` by `said` that begin a box whose other lines were all left out as links."""
    found = []
    for i, block in enumerate(blocks[:-MIN_LINKS]):
        if said[i].label != "body" or said[i + 1].label not in _BELOW:
            continue
        if block.link_chars or block.kind not in _KINDS or blocks[i + 1].kind not in _FIRST_KINDS:
            continue
        around = block.box.parent
        inside = range(i + 1, around.last) if around is not None and around.first == i else range(0)
        is_head = block.text.count(" ") < MAX_HEAD_WORDS and not ends_sentence(block.text.rstrip(":"))
        if is_head and len(inside) >= MIN_LINKS and all(said[j].label in _BELOW for j in inside):
            found.append(i)
    return found
