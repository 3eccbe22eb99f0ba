"""What else a block's containers hold, and how it stands to the page's main container.

What lies in a box is a difference of prefix sums, because the blocks of a box are neighbours in
document order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.html.blocks import Box, RawBlock

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

    sums = np.zeros((4, n + 1))
    np.cumsum([prose, weight, weight * link, prose * (out["token_near"] > -0.5)], axis=1, out=sums[:, 1:])
    p, w, lw, g = sums[:, last] - sums[:, first]
    held = (last - first).astype(np.float64)
    total = max(1.0, float(prose.sum()))
    shares, links = p / total, ratio(lw, w)
    means, counts = np.log1p(ratio(w, held)), np.minimum(held, 200)
    up = at
    for name in ("box", "up1", "up2", "up3"):
        out[name + "_prose"], out[name + "_link"] = shares[up], links[up]
        out[name + "_mean"], out[name + "_count"] = means[up], counts[up]
        up = np.maximum(parent[up], 0)
    depths = np.array([b.depth for b in boxes], np.int64)
    known: dict[int, tuple[Array, ...]] = {}
    for name, share, counted in _MAINS:
        main = _deepest(p if counted == "prose" else g, share, depths)
        if main not in known:
            known[main] = _main(main, first, last, n, p, parent, at)
        for part, values in zip(("_in", "_at", "_below", "_branch"), known[main], strict=True):
            out[name + part] = values


#: The main containers: a name, and the share of the text that the container must hold, of all prose or
#: of prose in boxes of good names.
_MAINS = (
    ("main90", 0.9, "prose"),
    ("main60", 0.6, "prose"),
    ("good75", 0.75, "good"),
    ("good40", 0.4, "good"),
)


def _deepest(sums: Array, share: float, depths: NDArray[np.int64]) -> int:
    """The deepest box, by document order, that holds this share of all the text that `sums` counts."""
    most = float(sums.max())
    enough = np.flatnonzero(sums >= share * most)
    if not len(enough) or most <= 0:
        return 0
    return int(enough[np.argmax(depths[enough])])


def _main(
    main: int,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    n: int,
    prose: Array,
    parent: NDArray[np.int64],
    at: NDArray[np.int64],
) -> tuple[Array, Array, Array, Array]:
    """Where each block stands to a main container: whether inside, how far through it, how far down, and
    how much prose lies in the branch below the container that the block belongs to."""
    index = np.arange(n)
    start, end = int(first[main]), int(last[main])
    inside = (index >= start) & (index < end)
    place = np.minimum(np.maximum((index - start) / max(1, end - start), -1.0), 2.0)
    below, share = np.full(n, -1.0), np.full(n, -1.0)
    branch, depth = _branches(main, parent, at[start:end])
    below[start:end] = depth
    share[start:end] = prose[branch] / max(1.0, float(prose[main]))
    return inside.astype(np.float64), place, below, share


def _branches(
    main: int, parent: NDArray[np.int64], at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For boxes inside the container: the child of the container that each lies in, and how far below."""
    branch, depth = at.copy(), np.zeros(len(at), np.int64)
    for _ in range(130):
        up = parent.take(branch)
        climb = (branch > main) & (up != main)
        if not np.count_nonzero(climb):
            break
        np.copyto(branch, up, where=climb)
        depth += climb
    return branch, depth


def signatures(out: dict[str, Array], blocks: Sequence[RawBlock], weight: Array, link: Array) -> None:
    """Blocks with the same path, ids aside, are of a kind: cards, comments, menu entries, paragraphs."""
    ids: dict[tuple[int, str], int] = {}
    group = np.array([ids.setdefault((b.box.kin, b.wrap), len(ids)) for b in blocks], np.int64)
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
