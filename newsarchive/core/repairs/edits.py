"""Edits of blocks as edits of the article's text, so that the stored body can be taken back.

Steps speak of `blocks/N`; the archive keeps one body text. `body_edits` moves the edits of blocks
that stayed in the article to where they stand in `article_body` before any repair:
`unreplay(article.article_body, body edits)` gives the body as the page had it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsarchive.edits import Edit, replay, unreplay

if TYPE_CHECKING:
    from newsarchive.items import Article

#: What `Article.with_blocks` puts between two blocks.
SEPARATOR = "\n\n"

BODY = "article_body"


def body_edits(article: Article) -> tuple[Edit, ...]:
    """All edits of an article; those of body blocks with `where="article_body"`.

    Edits of dropped blocks keep `blocks/N`, N being the block's place on the page, and so do edits
    that no longer fit their block, since nothing that a step did is forgotten.
    """
    by_block: dict[str, list[Edit]] = defaultdict(list)
    for edit in article.edits:
        by_block[edit.where].append(edit)
    moved: list[Edit] = []
    at = 0  # where the block starts in the unrepaired body
    for number, block in enumerate(article.blocks):
        if block.label != "body":
            continue
        edits = by_block.get(f"blocks/{number}", [])
        original = original_of(block.text, edits)
        if original is not None:
            moved += [replace(edit, where=BODY, start=edit.start + at) for edit in edits]
            by_block.pop(f"blocks/{number}", None)
        at += len(block.text if original is None else original) + len(SEPARATOR)
    left = [edit for edit in article.edits if edit.where in by_block]
    return (*moved, *left)


def one_after_another(text: str, first: Sequence[Edit], second: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits of a text, and the edits of what they made of it, as edits of the text.

    Where both change the same place, one edit stands for all: its rules in order, its evidence their sum.
    """
    if not first or not second:
        return tuple(first or second)
    middle = replay(text, first)
    found: list[Edit] = []
    shift = 0
    for start, end, early, late in _places(first, second):
        inside = [replace(edit, start=edit.start - start) for edit in late]
        after = replay(middle[start:end], inside)
        length = end - start + sum(len(edit.before) - len(edit.after) for edit in early)
        before = text[start + shift : start + shift + length]
        found += [_one(start + shift, before, after, [*early, *late])] if before != after else []
        shift += length - (end - start)
    return tuple(found)


def _one(start: int, before: str, after: str, edits: Sequence[Edit]) -> Edit:
    rules = ", then ".join(dict.fromkeys(edit.rule for edit in edits))
    evidence = round(sum(edit.evidence or 0.0 for edit in edits), 1)
    return replace(edits[0], rule=rules, before=before, after=after, start=start, evidence=evidence)


def _places(
    first: Iterable[Edit], second: Iterable[Edit]
) -> Iterator[tuple[int, int, list[Edit], list[Edit]]]:
    """Where edits overlap, in the text between them: start, end, edits of either kind."""
    shift, spans = 0, []
    for edit in sorted(first, key=_start):
        spans.append((edit.start + shift, edit.start + shift + len(edit.after), 0, edit))
        shift += len(edit.after) - len(edit.before)
    spans += [(edit.start, edit.start + len(edit.before), 1, edit) for edit in second]
    spans.sort(key=lambda span: span[:3])
    start, end = spans[0][:2]
    edits: tuple[list[Edit], list[Edit]] = ([], [])
    for low, high, kind, edit in spans:
        # What took a text away is at a place that has no length.
        if low > end or (low == end and low < high and start < end):
            yield start, end, *edits
            start, end, edits = low, high, ([], [])
        end = max(end, high)
        edits[kind].append(edit)
    yield start, end, *edits


def _start(edit: Edit) -> int:
    return edit.start


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text as it stands now; `edit` is what put it there, `None` where nothing was changed."""

    text: str
    edit: Edit | None = None


def pieces(text: str, edits: Iterable[Edit]) -> list[Piece]:
    """A repaired text in stretches, its edits in place: joined they give the text back, and with each
    edit's `before` instead the text as it was.

    Raises `ValueError` where the edits do not belong to this text.

    >>> pieces("It’s", [Edit("repair", "cp1252", "â€™", "’", start=2)])[1].edit.before
    'â€™'
    """
    found: list[Piece] = []
    at = shift = 0
    for edit in sorted(edits, key=lambda e: e.start):
        start = edit.start + shift
        end = start + len(edit.after)
        if start < at or text[start:end] != edit.after:
            raise ValueError(f"edit at {edit.start} does not fit: {edit.after!r}")
        found += [Piece(text[at:start]), Piece(edit.after, edit)]
        at = end
        shift += len(edit.after) - len(edit.before)
    found.append(Piece(text[at:]))
    return [piece for piece in found if piece.text or piece.edit]


def paragraphs(found: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces parted at the blank lines of the text between the edits."""
    parted: list[list[Piece]] = [[]]
    for piece in found:
        lines = [piece.text] if piece.edit else re.split(r"\n\n+", piece.text)
        for number, line in enumerate(lines):
            if number:
                parted.append([])
            if line or piece.edit:
                parted[-1].append(Piece(line, piece.edit))
    return [paragraph for paragraph in parted if paragraph]


def original_of(text: str, edits: Sequence[Edit]) -> str | None:
    """A text before these edits, `None` where they are not what made it."""
    try:
        return unreplay(text, edits)
    except ValueError:
        return None
