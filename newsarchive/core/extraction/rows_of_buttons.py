"""Items of lists of buttons and tags that the classifier takes for a list of the article.

    <div class="sharing"><ul><li>Facebook</li><li>Mail</li></ul></div>

The names of the list, and of the box right around it, say what it is. An item of more than a few words is text, whatever the box is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsarchive.core.extraction.labels import own_label
from newsarchive.core.html.boxes import Box, RawBlock
from newsarchive.core.text.words import ends_sentence
from newsarchive.items import BlockVerdict, DecidedBy

#: Characters of a paragraph; such items stand below the last one.
MIN_PARAGRAPH_CHARACTERS = 80
#: Words of such an item; a longer one is text.
MAX_ITEM_WORDS = 3
#: Boxes from an item outwards whose names are read: the item, its list, and the box of the list.
MAX_BOXES = 3
#: Labels of boxes in which nothing but buttons and tags stands.
_LABELS = frozenset(("share", "tags"))
#: Elements that hold texts; WordPress writes a post's tags into the class of its `<article>`.
_TEXTS = frozenset(("article", "main", "section", "body"))


def rows_of_buttons(blocks: Sequence[RawBlock], kept: Sequence[bool]) -> Mapping[int, BlockVerdict]:
    """The places of such items among the blocks that are `kept`, each with its label and the reason."""
    found = {}
    prose = [i for i, block in enumerate(blocks) if kept[i] and len(block.text) >= MIN_PARAGRAPH_CHARACTERS]
    below = prose[-1] if prose else len(blocks)
    for i, block in enumerate(blocks):
        if (
            i < below
            or not kept[i]
            or block.kind != "list_item"
            or len(block.text.split()) > MAX_ITEM_WORDS
            or ends_sentence(block.text)
        ):
            continue
        box: Box | None = block.box
        for _ in range(MAX_BOXES):
            if box is None or box.tag in _TEXTS:
                break
            named = own_label(box.tag, box.ident, box.classes)
            if named and named[0] in _LABELS and "categor" not in named[1]:
                found[i] = BlockVerdict(*named, DecidedBy.MARKUP)
            if named:
                break
            box = box.parent
    return found
