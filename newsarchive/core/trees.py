"""Gradient-boosted trees at run time: a forest of full binary trees of one depth, with numpy alone.

A comparison of every inner node with every block is one gather and one comparison of contiguous
rows; the way down is then chosen by bit logic, level by level. Much faster than walking trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


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
        leaf = self.leaf_of(rows)
        trees = np.arange(len(self.leaves))[:, None]
        total: NDArray[np.float64] = self.leaves[trees, leaf].sum(axis=0, dtype=np.float64)
        return total + self.bias

    def leaf_of(self, rows: Rows) -> NDArray[np.intp]:
        """The leaf that each row falls into: one row a tree, one column a row of the matrix."""
        columns = np.ascontiguousarray(rows.T, np.float32)
        tests = [columns[self.feature[:, i]] > self.threshold[:, i, None] for i in range(2**self.depth - 1)]
        leaf = tests[0].astype(np.intp)
        for level in range(1, self.depth):
            first = 2**level - 1
            leaf = 2 * leaf + _select(tests[first : 2 * first + 1], leaf)
        return leaf

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


def _select(tests: Sequence[NDArray[np.bool_]], place: NDArray[np.intp]) -> NDArray[np.bool_]:
    """The answer of that test of each column that `place` counts, by halving: no index arithmetic."""
    width = len(tests).bit_length() - 1
    answers = list(tests)
    for bit in range(width):
        yes = (place >> bit & 1).astype(bool)
        answers = [np.where(yes, b, a) for a, b in zip(answers[0::2], answers[1::2], strict=True)]
    return answers[0]
