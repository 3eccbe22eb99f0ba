"""An article's text as its page shows it: repairs marked, dropped text where it stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from newsarchive.core.encoding.changes import BODY, Piece, paragraphs, pieces
from newsarchive.items import Block, Edit

#: Code points of the text that a list of repairs shows on each side of one.
CONTEXT = 40


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of the body, or a run of blocks that were left out (`dropped`, then `pieces` is empty)."""

    pieces: tuple[Piece, ...] = ()
    dropped: tuple[Block, ...] = ()

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """What was left out, by kind, the most frequent first."""
        return Counter(block.label for block in self.dropped).most_common()


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair with the text around it; `before` and `after` of the edit stand between the two."""

    edit: Edit
    left: str = ""
    right: str = ""


def marked(text: str, edits: Sequence[Edit], where: str) -> list[Piece]:
    """A text with its edits in place; the bare text where they do not fit it (an older version's)."""
    try:
        return pieces(text, [edit for edit in edits if edit.where == where])
    except ValueError:
        return [Piece(text)] if text else []


def lines(body: str, edits: Sequence[Edit], dropped: Sequence[Block], places: Sequence[int]) -> list[Line]:
    """The page from top to bottom: the body's paragraphs, what was left out between them.

    `places` are the positions of `dropped` among all blocks; the body's paragraphs fill the others.
    """
    kept = [Line(tuple(paragraph)) for paragraph in paragraphs(marked(body, edits, BODY))]
    page: list[Line] = []
    for number, (place, block) in enumerate(zip(places, dropped, strict=False)):
        before = max(0, place - number - (len(page) - _runs(page)))  # paragraphs above it, not yet placed
        page += kept[:before]
        del kept[:before]
        if page and page[-1].dropped:
            page[-1] = Line(dropped=(*page[-1].dropped, block))
        else:
            page.append(Line(dropped=(block,)))
    return page + kept


def _runs(page: Sequence[Line]) -> int:
    return sum(bool(line.dropped) for line in page)


def repairs(texts: dict[str, str], edits: Sequence[Edit]) -> list[Repair]:
    """Every edit, with the text around it where it stands in one of `texts` (by the edit's `where`)."""
    found: list[Repair] = []
    for where in dict.fromkeys(edit.where for edit in edits):
        own = [edit for edit in edits if edit.where == where]
        run = marked(texts.get(where, ""), own, where)
        if sum(piece.edit is not None for piece in run) != len(own):
            found += [Repair(edit) for edit in own]
            continue
        for i, piece in enumerate(run):
            if piece.edit:
                found.append(Repair(piece.edit, _last(run[:i]), _first(run[i + 1 :])))
    return found


def _last(run: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in run[-8:]).rpartition("\n\n")[2][-CONTEXT:]


def _first(run: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in run[:8]).partition("\n\n")[0][:CONTEXT]
