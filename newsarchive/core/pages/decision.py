"""From one score a block to the set of blocks that are the article, for the page as a whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Kinds = NDArray[np.int64]

#: How much the mean of the two neighbours counts beside a block's own score. Without it, single
#: blocks inside a story fall below the threshold.
SMOOTHING = 0.3
#: The variance at which the scores of a kind count half, and their mean the other half. Without it, an article in
#: cards or rows is kept in parts: those whose own words happen to be telling.
DISAGREEMENT = 2.0


def chances(scores: Array) -> Array:
    """Log-odds as probabilities."""
    result: Array = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
    return result


def agreed(scores: Array, kinds: Kinds) -> Array:
    """Each score drawn towards the mean of its kind, wherever on the page that stands; the less, the more the
    scores of the kind differ, for a kind that holds all of an old page tells nothing.

    >>> agreed(np.array([1.0, -0.2, -3.0]), np.array([0, 0, 1])).round(1).tolist()
    [0.5, 0.3, -3.0]
    >>> agreed(np.array([4.0, -4.0]), np.array([0, 0])).round(1).tolist()
    [3.6, -3.6]
    """
    counts = np.maximum(np.bincount(kinds), 1)
    means = np.bincount(kinds, scores) / counts
    away = scores - means[kinds]
    variances = np.bincount(kinds, away**2) / counts
    result: Array = scores - away * (DISAGREEMENT / (DISAGREEMENT + variances))[kinds]
    return result


def smoothed(scores: Array, share: float = SMOOTHING) -> Array:
    """Each score drawn towards its neighbours in reading order."""
    padded = np.concatenate([scores[:1], scores, scores[-1:]])
    result: Array = (scores + share * (padded[:-2] + padded[2:]) / 2) / (1 + share)
    return result


def choose(scores: Array, weights: Array) -> tuple[Mask, float]:
    """The set of blocks with the highest expected F1 over words, and that F1 (0 to 1).

    `scores` are log-odds, `weights` words a block. The best set is always one of the prefixes of the
    blocks in order of probability (Lewis 1995, the probability thresholding principle for F), so the
    threshold moves page by page: where nothing is sure, more is kept than at even odds.

    >>> choose(np.array([3.0, -0.1, -4.0]), np.array([50.0, 40.0, 90.0]))[0].tolist()
    [True, True, False]
    """
    if not len(scores):
        return np.zeros(0, bool), 0.0
    chance = chances(scores)
    order = np.argsort(-chance, kind="stable")
    hits, taken = np.cumsum((chance * weights)[order]), np.cumsum(weights[order])
    value = 2 * hits / (taken + hits[-1] + 1e-9)
    best = int(np.argmax(value))
    return chance >= chance[order[best]], float(value[best])
