"""The learned judgement of a page: which of its blocks are the article, and how sure that is.

From one score a block to the set of blocks that are the article, for the page as a whole.

Gradient-boosted trees at run time: a forest of full binary trees of one depth, with numpy alone.

Every question that a tree asks is answered for all blocks, each different one once; the way down is then
chosen by bit logic, level by level, for eight blocks at a time. Much faster than walking trees.

Features in words, for people who ask why a block was kept or dropped.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.extraction.class_names import Names
from newsarchive.core.extraction.features import features
from newsarchive.core.html.blocks import Reading, read_blocks
from newsarchive.core.html.parsing import declared_body, parse
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules

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


MODEL = "extraction.json"
#: A block is a link where so much of its text is.
LINKED = 0.8


@dataclass(frozen=True, eq=False)
class Model:
    """The forest that scores blocks, and the worth of class and id names that it was trained with."""

    forest: Forest
    names: Names


@dataclass(slots=True)
class Sheet:
    """A page as the judge reads it: its tree, blocks, `<title>` and declared article text."""

    tree: LexborHTMLParser
    reading: Reading
    title: str
    declared: str


@dataclass(slots=True)
class Verdict:
    """`scores` are log-odds of each block alone, `margins` after its kind and its neighbours were heard; `keep` the
    blocks taken; `expected` the F1 to expect of them, from 0 to 1."""

    scores: NDArray[np.float64]
    margins: NDArray[np.float64]
    keep: NDArray[np.bool_]
    expected: float

    def chances(self) -> NDArray[np.float64]:
        """The probability of each block to be article, from 0 to 1."""
        return chances(self.margins)


@lru_cache(maxsize=8)
def model_of(rules: Rules) -> Model:
    """The model of the rules, compiled once. Raises `BadRules` where it is missing or damaged."""
    try:
        model = json.loads(rules.models[MODEL])
        return Model(Forest.from_json(model), Names(model["tokens"]))
    except KeyError as error:
        raise BadRules(
            f"models/{MODEL}", str(error), "missing; python -m training.extraction makes it"
        ) from error
    except (ValueError, TypeError, IndexError) as error:
        raise BadRules(f"models/{MODEL}", "", f"not a model: {error}") from error


def sheet_of(text: str, url: str) -> Sheet:
    """Parse a page and read its blocks."""
    tree = parse(text)
    title = tree.css_first("title")
    return Sheet(tree, read_blocks(tree, url), title.text() if title is not None else "", declared_body(text))


def matrix(
    sheet: Sheet, names: Names, wanted: tuple[str, ...] = ()
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """(rows, column names): the features of every block, all of them or those wanted."""
    found = features(sheet.reading, names, sheet.title, sheet.declared)
    columns = wanted or tuple(found)
    return np.array([found[name] for name in columns], np.float32).T, columns


def judge(sheet: Sheet, model: Model) -> Verdict:
    """Score every block, hear its kind and its neighbours, and take the set with the best prospects."""
    rows, _ = matrix(sheet, model.names, model.forest.names)
    scores = model.forest.scores(rows)
    return decided(scores, sheet.reading)


def decided(scores: NDArray[np.float64], reading: Reading) -> Verdict:
    """The verdict on blocks with these scores."""
    margins = smoothed(agreed(scores, kinds(reading)))
    keep, expected = choose(margins, word_weights(reading))
    return Verdict(scores, margins, keep, expected)


def kinds(reading: Reading) -> NDArray[np.int64]:
    """A number a block, the same for blocks in boxes of one kin that are links, or are none."""
    ids: dict[int, int] = {}
    # The complement is another number than that of any kin, and no pair is made for each block.
    keys = (~b.box.shape if b.link_chars > LINKED * len(b.text) else b.box.shape for b in reading.blocks)
    return np.array([ids.setdefault(key, len(ids)) for key in keys], np.int64)


def word_weights(reading: Reading) -> NDArray[np.float64]:
    """About how many words each block has, from its length: good for any script."""
    lengths = [len(b.text) if b.kind != "embed" else -5.4 for b in reading.blocks]
    return 1 + np.array(lengths, np.float64) / 6


#: How feature names begin → what they are about; the first that fits.
FAMILIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("token_", "own_groups", "wrap_"), "names of the boxes around it"),
    (("in_",), "a telling word in those names"),
    (("under_", "depth", "kind", "level", "after_break"), "the elements it stands in"),
    (("main", "good"), "its place in the main container"),
    (("box_", "up"), "what else its container holds"),
    (("link", "wrap_link"), "links in and around it"),
    (("same_", "repeats"), "blocks of the same shape"),
    (("prose_", "position", "index", "page_"), "where on the page it stands"),
    (("title", "from_title", "has_title", "since_heading", "under_level"), "its distance from the headline"),
    (("declared",), "the article text that the page declares"),
    (("hidden",), "whether it is on the screen"),
    (("weight-", "weight+"), "the length of its neighbours"),
    (("",), "its own wording and length"),
)


def family(name: str) -> str:
    """What a feature is about."""
    return next(words for starts, words in FAMILIES if name.startswith(starts))


def spoken(parts: Mapping[str, float], top: int = 3) -> str:
    """The strongest reasons with their weight in nats.

    >>> spoken({"weight": 0.5, "words": 0.75, "token_own": -2.0}, top=2)
    '-2.0 names of the boxes around it, +1.2 its own wording and length'
    """
    total: defaultdict[str, float] = defaultdict(float)
    for name, value in parts.items():
        total[family(name)] += value
    order = sorted(total, key=lambda words: (-abs(total[words]), words))
    return ", ".join(f"{total[words]:+.1f} {words}" for words in order[:top])
