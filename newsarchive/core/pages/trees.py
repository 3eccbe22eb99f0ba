"""Gradient-boosted trees at run time: a forest of full binary trees of one depth, with numpy alone.

Every question that a tree asks is answered for all blocks, each different one once; the way down is then
chosen by bit logic, level by level, for eight blocks at a time. Much faster than walking trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
#: Yes and no for all blocks, eight to a byte.
Bits = NDArray[np.uint8]

#: So many rows are scored at a time, a multiple of eight: their answers stay in the processor's cache, and
#: the memory that a page of any length takes is bounded.
_CHUNK = 512


class Questions(NamedTuple):
    """What trees ask: the feature and the threshold (as a column) of each different question, in order, and
    for each node of a tree (a row) the places of the questions that the trees (the columns) ask there."""

    features: NDArray[np.int64]
    thresholds: Rows
    places: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Forest:
    """`tests[i]` of a tree asks `row[feature[i]] > threshold[i]`; node i has the children 2i+1 (no) and
    2i+2 (yes). `leaves` has one row a tree, 2^depth values in nats; a score is `bias` plus one leaf a tree."""

    names: tuple[str, ...]
    depth: int
    feature: NDArray[np.int64]
    threshold: Rows
    leaves: Rows
    bias: float = 0.0

    @classmethod
    def from_json(cls, model: Mapping[str, Any]) -> Forest:
        """Read `{"features": [...], "depth": d, "trees": [[features, thresholds, leaves], ...]}`."""
        trees: Sequence[Sequence[Sequence[float]]] = model["trees"]
        return cls(
            tuple(model["features"]),
            int(model["depth"]),
            np.array([t[0] for t in trees], np.int64),
            np.array([t[1] for t in trees], np.float32),
            np.array([t[2] for t in trees], np.float32),
            float(model.get("bias", 0.0)),
        )

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """The score of each row of a matrix whose columns are `names`, in nats above even odds."""
        totals = [np.zeros(0)]
        for at in range(0, len(rows), _CHUNK):
            leaf = self.leaf_of(rows[at : at + _CHUNK]) + self._offsets
            totals.append(self._worth.take(leaf).sum(axis=0))
        total: NDArray[np.float64] = np.concatenate(totals) + self.bias
        return total

    def leaf_of(self, rows: Rows) -> NDArray[np.uint8]:
        """The leaf that each row falls into: one row a tree, one column a row of the matrix."""
        asked, n = self._questions, len(rows)
        columns = np.zeros((rows.shape[1], -(-n // 8) * 8), np.float32)
        columns[:, :n] = rows.T
        answers = columns.take(asked.features, axis=0) > asked.thresholds
        packed = np.packbits(answers).reshape(len(answers), -1)
        way: list[Bits] = []
        for level in range(self.depth):
            nodes = asked.places[2**level - 1 : 2 ** (level + 1) - 1]
            way.append(_select(packed.take(nodes, axis=0), way))
        leaf = np.zeros(way[0].shape, np.uint64)
        for level, turn in enumerate(reversed(way)):
            leaf |= _spread()[level].take(turn)
        return leaf.view(np.uint8)[:, :n]

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        """Where the leaves of each tree begin in those of all, as a column."""
        offsets: NDArray[np.int64] = np.arange(len(self.leaves))[:, None] * 2**self.depth
        return offsets

    @cached_property
    def _worth(self) -> NDArray[np.float64]:
        """The leaves of all trees, end to end."""
        return self.leaves.ravel().astype(np.float64)

    @cached_property
    def _questions(self) -> Questions:
        pairs = list(zip(self.feature.ravel().tolist(), self.threshold.ravel().tolist(), strict=True))
        asked = sorted(set(pairs))
        place = {pair: i for i, pair in enumerate(asked)}
        places = np.array([place[pair] for pair in pairs], np.int64).reshape(self.feature.shape)
        return Questions(
            np.array([feature for feature, _ in asked], np.int64),
            np.array([threshold for _, threshold in asked], np.float32)[:, None],
            np.ascontiguousarray(places.T),
        )

    def parts(self, row: Rows) -> dict[str, float]:
        """What each feature adds to the score of one row (Saabas 2014: the step in the mean of the
        leaves below, from a node to its child, goes to the feature that the node asks for)."""
        means = [self.leaves.astype(np.float64)]
        while means[-1].shape[1] > 1:
            means.append((means[-1][:, 0::2] + means[-1][:, 1::2]) / 2)
        means.reverse()
        out: dict[str, float] = {}
        leaf = self.leaf_of(row[None, :])[:, 0]
        for tree, end in enumerate(leaf):
            node = 0
            for level in range(self.depth):
                below = int(end) >> (self.depth - level - 1)
                step = means[level + 1][tree, below] - means[level][tree, below >> 1]
                name = self.names[self.feature[tree, node]]
                out[name] = out.get(name, 0.0) + float(step)
                node = 2 * node + 1 + (below & 1)
        return out


def _select(answers: Bits, way: Sequence[Bits]) -> Bits:
    """The answer at that node of a level (the first axis) which the turns above lead to (yes is right), by
    halving."""
    for turn in reversed(way):
        no, yes = answers[0::2], answers[1::2]
        answers = no ^ (turn & (no ^ yes))
    selected: Bits = answers[0]
    return selected


@cache
def _spread() -> list[NDArray[np.uint64]]:
    """For each level, counted from the leaves: a byte of eight answers → eight bytes, each with its answer
    as the bit of that level."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    return [np.ascontiguousarray(bits << level).view(np.uint64).ravel() for level in range(8)]
