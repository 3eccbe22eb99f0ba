"""Copies of a page that the classifier is trained on besides the page itself.

The pages that it learns from are articles of the 2020s on themes that name their boxes, and most are long. On a short post
below which a hundred readers answer, or in a theme without names, it would go astray: so it sees such pages too, made of
those that there are.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.extraction.classifier import Sheet
from newsarchive.core.html.boxes import Box

#: Paragraphs of an article. One with fewer is short as it is.
MIN_PARAGRAPHS = 4
#: Characters of a paragraph. A shorter block of the article is a heading or an item.
MIN_PARAGRAPH_CHARACTERS = 80
#: Part of a block that must be article for it to be cut off as one of the article's blocks.
MIN_ARTICLE_SHARE = 0.5
#: Factor on the weight of the blocks that are left. An article of which less is left counts for less.
MAX_SCALE = 12.0


class Copy(NamedTuple):
    """A page to train on, with a number for each block: `target` the share of it that is article, `weights` what it
    counts, `known` whether the truth speaks of it."""

    sheet: Sheet
    target: NDArray[np.float64]
    weights: NDArray[np.float64]
    known: NDArray[np.bool_]


def bare(sheet: Sheet) -> Sheet:
    """The same page from a theme that names nothing: no ids, no classes, all sections `<div>`."""
    unnamed = _copied(sheet)
    boxes = unnamed.reading.boxes
    for box in boxes:
        box.ident = box.classes = ""
        if box.tag in ("article", "main", "aside", "nav", "header", "footer", "section"):
            box.tag = "div"
        box.path = f"{box.parent.path}/{box.tag}" if box.parent else box.tag
        box.shape = hash((box.parent.shape if box.parent else 0, box.tag, ""))
    for block in unnamed.reading.blocks:
        block.wrap = "".join("/" + s.partition("#")[0].partition(".")[0] for s in block.wrap.split("/")[1:])
    return unnamed


def shortened(page: Copy, paragraphs: int) -> Copy | None:
    """The same page with no more than the first paragraphs of its article, and all that stands around it; `None` for an
    article that is short as it is.

    Article and rest weigh together what they weigh on the whole page: without that, the classifier learns that less of a
    page is article, and keeps less everywhere.
    """
    blocks = page.sheet.reading.blocks
    article = page.target > MIN_ARTICLE_SHARE
    prose = [i for i in np.flatnonzero(article).tolist() if len(blocks[i].text) > MIN_PARAGRAPH_CHARACTERS]
    if len(prose) < MIN_PARAGRAPHS:
        return None
    at = np.arange(len(blocks))
    gone = (at >= prose[paragraphs]) & (article | ((page.target > 0) & (at <= prose[-1])))
    stays = ~gone
    cut = _copied(page.sheet)
    places = np.concatenate([[0], np.cumsum(stays)])
    for box in cut.reading.boxes:
        box.first, box.last = (int(places[min(place, len(blocks))]) for place in (box.first, box.last))
    cut.reading.blocks = [
        block for block, here in zip(cut.reading.blocks, stays.tolist(), strict=True) if here
    ]
    target, weights = page.target[stays], page.weights[stays]
    more, less = (
        min(MAX_SCALE, float(page.weights @ whole) / max(float(weights @ part), 1e-9))
        for part, whole in ((target, page.target), (1 - target, 1 - page.target))
    )
    weights = weights * (target * more + (1 - target) * less)
    return Copy(cut, target, weights, page.known[stays])


def _copied(sheet: Sheet) -> Sheet:
    """A sheet whose boxes and blocks can be changed."""
    copied = copy.copy(sheet)
    copied.reading = copy.copy(sheet.reading)
    boxes: list[Box] = [copy.copy(box) for box in sheet.reading.boxes]
    for box in boxes:
        box.parent = boxes[box.parent.index] if box.parent else None
    copied.reading.boxes = boxes
    copied.reading.blocks = [copy.copy(block) for block in sheet.reading.blocks]
    for block in copied.reading.blocks:
        block.box = boxes[block.box.index]
    return copied
