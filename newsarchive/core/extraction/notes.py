"""The footnotes of a text: a list is text as a whole, or none of it is.

The classifier judges each note by itself. Of two notes of a few words it may take the first for text and the second, which stands before
the comments, for none.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsarchive.core.html.boxes import RawBlock


def whole_lists(blocks: Sequence[RawBlock], kept: Sequence[bool]) -> list[bool]:
    """Which blocks are kept, with all items of a list of footnotes where some are: items right in one list whose names say what it is."""
    out = list(kept)
    notes = [i for i, block in enumerate(blocks) if block.kind == "list_item" and "ootnote" in block.path]
    lists = {blocks[i].path.rpartition("/")[0] for i in notes if out[i]} if notes else set()
    for i in notes if lists else ():
        out[i] = out[i] or blocks[i].path.rpartition("/")[0] in lists
    return out
