"""Gradient-boosted trees at run time: a forest of full binary trees of one depth, with numpy alone.

Every question that a tree asks is answered for all blocks, each different one once; the way down is then
chosen by bit logic, level by level, for eight blocks at a time. Much faster than walking trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
#: Yes and no for all blocks, eight to a byte.
Bits = NDArray[np.uint8]


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
        leaf = self.leaf_of(rows) + np.arange(len(self.leaves))[:, None] * 2**self.depth
        total: NDArray[np.float64] = self.leaves.ravel().take(leaf).sum(axis=0, dtype=np.float64)
        return total + self.bias

    def leaf_of(self, rows: Rows) -> NDArray[np.uint8]:
        """The leaf that each row falls into: one row a tree, one column a row of the matrix."""
        columns = np.ascontiguousarray(rows.T, np.float32)
        places, runs = self._questions
        answers = np.empty((int(runs[-1][2]) if runs else 0, columns.shape[1]), bool)
        for feature, first, last, thresholds in runs:
            np.greater(columns[feature], thresholds, out=answers[first:last])
        packed = np.packbits(answers, axis=1)
        way: list[Bits] = []
        for level in range(self.depth):
            first = 2**level - 1
            way.append(_select([packed[places[i]] for i in range(first, 2 * first + 1)], way))
        leaf: NDArray[np.uint8] = np.zeros((len(self.leaves), answers.shape[1]), np.uint8)
        for turn in way:
            leaf <<= 1
            leaf |= np.unpackbits(turn, axis=1, count=answers.shape[1])
        return leaf

    @cached_property
    def _questions(self) -> tuple[list[NDArray[np.int64]], list[tuple[int, int, int, Rows]]]:
        """(node → the place of each tree's question among all different ones, those by feature as
        (feature, first place, the place after the last, thresholds))."""
        pairs = list(zip(self.feature.ravel().tolist(), self.threshold.ravel().tolist(), strict=True))
        asked = sorted(set(pairs))
        place = {pair: i for i, pair in enumerate(asked)}
        places = np.array([place[pair] for pair in pairs], np.int64).reshape(self.feature.shape)
        features = np.array([feature for feature, _ in asked])
        runs = []
        for feature in sorted(set(features.tolist())):
            first, last = (int(np.searchsorted(features, feature, side)) for side in ("left", "right"))
            thresholds = np.array([t for _, t in asked[first:last]], np.float32)[:, None]
            runs.append((feature, first, last, thresholds))
        return [np.ascontiguousarray(column) for column in places.T], runs

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


def _select(answers: list[Bits], way: Sequence[Bits]) -> Bits:
    """The answer at that node of a level which the turns above lead to (yes is right), by halving."""
    for turn in reversed(way):
        answers = [no ^ (turn & (no ^ yes)) for no, yes in zip(answers[0::2], answers[1::2], strict=True)]
    return answers[0]
