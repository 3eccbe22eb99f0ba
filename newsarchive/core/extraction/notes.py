"""The footnotes of a text: a list is text as a whole, or none of it is.

    <p>The keel broke.<sup>1</sup></p><ol class="footnotes"><li>The lowest beam.</li></ol>

The classifier judges each note by itself. Of two notes of a few words it may take the first for text and the second, which stands before
the comments, for none; or both for none, though the text has their marks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.core.html.boxes import RawBlock

#: The mark of a note, as it stands in the text of a block.
_MARK = re.compile(r"\[\d{1,3}\]")


def whole_lists(blocks: Sequence[RawBlock], kept: Sequence[bool]) -> list[bool]:
    """Which blocks are kept, with all items of a list of footnotes where some are, or where the list follows on the last line of a text
    that has marks of notes: items right in one list whose names say what it is."""
    out = list(kept)
    paths = {i: block.path for i, block in enumerate(blocks) if block.kind == "list_item"}
    notes = {i: path for i, path in paths.items() if "ootnote" in path}
    if not notes:
        return out
    lists = {path.rpartition("/")[0] for i, path in notes.items() if out[i]}
    first = next(iter(notes))
    text = [i for i, keep in enumerate(out) if keep]
    if text and text[-1] == first - 1 and any(_MARK.search(blocks[i].text) for i in text):
        lists.add(notes[first].rpartition("/")[0])
    for i, path in notes.items():
        out[i] = out[i] or path.rpartition("/")[0] in lists
    return out
