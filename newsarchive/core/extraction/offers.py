"""Boxes that ask a reader for an e-mail address: a few words, and a field to write it into.

    <div><h3>Liked this story?</h3><p>Our letter comes each Friday.</p><form><input type="email"><button>Go</button></form></div>

A house words such an offer as it likes. What the field asks for is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsarchive.core.html.boxes import Box, RawBlock

#: Words of all that stands in a box with such a field. With more, the box holds other things than an offer.
MAX_OFFER_WORDS = 60
#: Such boxes of a page; later ones are not looked at.
MAX_OFFERS = 20


def offers(blocks: Sequence[RawBlock], boxes: Sequence[Box], kept: Sequence[bool]) -> set[int]:
    """The places of the blocks that stand in a small box with a field for an e-mail address. A box with half of the article's words is
    the article's own; `kept` says which blocks are the article's."""
    found: set[int] = set()
    asking = [one for one in boxes if one.asks][:MAX_OFFERS]
    all_words = sum(_words(block) for block, keep in zip(blocks, kept, strict=True) if keep) if asking else 0
    for box in asking:
        around: Box | None = box
        while around is not None and around.last - around.first <= MAX_OFFER_WORDS:
            inside = range(around.first, around.last)
            words = sum(_words(blocks[i]) for i in inside)
            if words > MAX_OFFER_WORDS or 2 * sum(_words(blocks[i]) for i in inside if kept[i]) > all_words:
                break
            found.update(inside)
            around = around.parent
    return found


def _words(block: RawBlock) -> int:
    return block.text.count(" ") + 1
