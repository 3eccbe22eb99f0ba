"""What else a block's containers hold, and how it stands to the page's main container.

What lies in a box is a difference of prefix sums, because the blocks of a box are neighbours in
document order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.blocks import Box, RawBlock

Array = NDArray[np.floating[Any]]


def ratio(a: Array, b: Array) -> Array:
    """a / b, where b is at least 1."""
    return a / np.maximum(b, 1.0)


def containers(
    out: dict[str, Array],
    boxes: Sequence[Box],
    parent: NDArray[np.int64],
    at: NDArray[np.int64],
    prose: Array,
    weight: Array,
    link: Array,
) -> None:
    n = len(prose)
    first = np.minimum(np.array([b.first for b in boxes], np.int64), n)
    last = np.maximum(np.minimum(np.array([b.last for b in boxes], np.int64), n), first)

    def inside(values: Array) -> Array:
        sums = np.concatenate([[0.0], np.cumsum(values)])
        result: Array = sums[last] - sums[first]
        return result

    p, w, lw, count = inside(prose), inside(weight), inside(weight * link), (last - first).astype(np.float64)
    total = max(1.0, float(prose.sum()))
    good = prose * (out["token_near"] > -0.5)
    g = inside(good)
    up = at
    for name in ("box", "up1", "up2", "up3"):
        out[name + "_prose"] = p[up] / total
        out[name + "_link"] = ratio(lw[up], w[up])
        out[name + "_mean"] = np.log1p(ratio(w[up], count[up]))
        out[name + "_count"] = np.minimum(count[up], 200)
        up = np.maximum(parent[up], 0)
    for name, share, sums in (
        ("main90", 0.9, p),
        ("main60", 0.6, p),
        ("good75", 0.75, g),
        ("good40", 0.4, g),
    ):
        _main(out, name, _deepest(sums, share, boxes), first, last, n, p, parent, at)


def _deepest(sums: Array, share: float, boxes: Sequence[Box]) -> int:
    """The deepest box, by document order, that holds this share of all the text that `sums` counts."""
    enough = np.flatnonzero(sums >= share * sums.max())
    if not len(enough) or sums.max() <= 0:
        return 0
    return max(map(int, enough), key=lambda i: (boxes[i].depth, -i))


def _main(
    out: dict[str, Array],
    name: str,
    main: int,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    n: int,
    prose: Array,
    parent: NDArray[np.int64],
    at: NDArray[np.int64],
) -> None:
    """Where each block stands to a main container: inside, how far down its blocks, and how much
    prose lies in the branch below the container that the block belongs to."""
    index = np.arange(n)
    start, end = int(first[main]), int(last[main])
    inside = (index >= start) & (index < end)
    out[name + "_in"] = inside.astype(np.float64)
    out[name + "_at"] = np.clip((index - start) / max(1, end - start), -1.0, 2.0)
    branch = at.copy()
    depth = np.zeros(n)
    for _ in range(130):
        climb = (branch > main) & (parent[branch] != main) & inside
        if not climb.any():
            break
        branch = np.where(climb, parent[branch], branch)
        depth += climb
    out[name + "_below"] = np.where(inside, depth, -1.0)
    out[name + "_branch"] = np.where(inside, prose[branch] / max(1.0, float(prose[main])), -1.0)


def signatures(out: dict[str, Array], blocks: Sequence[RawBlock], weight: Array, link: Array) -> None:
    """Blocks with the same path are of a kind: cards, comments, menu entries, paragraphs."""
    ids: dict[tuple[str, str], int] = {}
    group = np.array([ids.setdefault((b.box.path, b.wrap), len(ids)) for b in blocks], np.int64)
    count = np.bincount(group).astype(np.float64)
    out["same_count"] = np.minimum(count, 100)[group]
    out["same_mean"] = np.log1p(np.bincount(group, weight) / count)[group]
    out["same_link"] = (np.bincount(group, link) / count)[group]
    seen: dict[str, int] = {}
    before = []
    for block in blocks:
        times = seen[block.text] = seen.get(block.text, -1) + 1
        before.append(times)
    out["repeats"] = np.minimum(np.array([seen[b.text] + 1 for b in blocks], np.float64), 10)
    out["repeats_before"] = np.minimum(np.array(before, np.float64), 5)
