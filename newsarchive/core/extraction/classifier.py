"""Which blocks of a page are the article, and how sure that is, by a learned model.

A forest of gradient-boosted trees gives each block a score. Scores are drawn towards those of blocks of the same shape
and of their neighbours, and the set of blocks with the highest expected F1 is the article. The reasons for a score can
be had in words, such as "-2.0 names of the boxes around it", for people who ask why a block was kept or dropped.

The forest runs on numpy alone. Its trees are full binary trees of one depth. Every question that a tree asks is
answered once for all blocks; the way down is then chosen by bit logic, level by level, for eight blocks at a time. That
is much faster than a walk down each tree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.extraction.class_names import Names
from newsarchive.core.extraction.features import features
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.boxes import RawBlock, Reading
from newsarchive.core.html.entries import Entries
from newsarchive.core.html.parsing import declared_body, parse, readable_characters
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Groups = NDArray[np.int64]
Rows = NDArray[np.float32]
#: Yes and no for all blocks, eight to a byte.
Bits = NDArray[np.uint8]

#: Weight of the mean of a block's two neighbours; the block's own score has the weight 1. Without it, single blocks
#: inside a story fall below the threshold.
NEIGHBOURS_WEIGHT = 0.3
#: Variance of the scores of blocks of one shape at which a block's own score and their mean count half each. At a lower
#: variance the mean counts more. Without it, an article in cards or rows is kept in parts.
HALF_WEIGHT_VARIANCE = 2.0
#: Rows that are scored at a time, a multiple of eight: their answers stay in the processor's cache, and a page of any
#: length takes a bounded amount of memory.
MAX_ROWS_AT_ONCE = 512
#: Characters of a block that are link text, as a share of all (0 to 1). A block with a greater share is a link.
MAX_UNLINKED_SHARE = 0.8
#: Blocks of a page in boxes of comments. With fewer, these boxes are a form or a link to comments, and the choice is not made
#: again without them.
MIN_COMMENT_BLOCKS = 5
#: Expected F1 of the blocks taken, 0 to 1. From here on comments among them are left to the model, which is sure: an article may
#: stand in a box named "commentary".
MAX_DOUBTED_F1 = 0.95
#: Expected F1 of what is taken outside of comments and entries of other posts, as a share of that of all blocks. Below, the article
#: itself stands in such a box. In boxes of comments it is 0.6 to 2 on 16 pages of short posts with long discussions, and below 0.1 on four articles in such boxes.
MIN_SHARE_WITHOUT = 0.5
#: Log-odds in nats of a comment on a page where the choice was made without comments, and of the entry of another post: no part
#: of the article for sure.
OUTSIDE_MARGIN = -6.0
#: The feature that tells whether a box around a block is named as one of comments.
IN_COMMENTS = "in_comments"
#: The name of the model among those of the rules.
MODEL = "extraction.json"


def probabilities(scores: Array) -> Array:
    """Log-odds in nats as probabilities, 0 to 1."""
    result: Array = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
    return result


def agreed(scores: Array, groups: Groups) -> Array:
    """Each score drawn towards the mean of its group, whose blocks may stand anywhere on the page. `groups` gives the
    number of each block's group. The more the scores of a group differ, the less they are drawn: a group that holds
    all of an old page tells nothing.

    >>> agreed(np.array([1.0, -0.2, -3.0]), np.array([0, 0, 1])).round(1).tolist()
    [0.5, 0.3, -3.0]
    >>> agreed(np.array([4.0, -4.0]), np.array([0, 0])).round(1).tolist()
    [3.6, -3.6]
    """
    counts = np.maximum(np.bincount(groups), 1)
    means = np.bincount(groups, scores) / counts
    away = scores - means[groups]
    variances = np.bincount(groups, away**2) / counts
    result: Array = scores - away * (HALF_WEIGHT_VARIANCE / (HALF_WEIGHT_VARIANCE + variances))[groups]
    return result


def smoothed(scores: Array) -> Array:
    """Each score drawn towards its neighbours in reading order."""
    padded = np.concatenate([scores[:1], scores, scores[-1:]])
    neighbours = (padded[:-2] + padded[2:]) / 2
    result: Array = (scores + NEIGHBOURS_WEIGHT * neighbours) / (1 + NEIGHBOURS_WEIGHT)
    return result


def choose(scores: Array, weights: Array) -> tuple[Mask, float]:
    """(Mask of the blocks taken, expected F1): the set of blocks with the highest expected F1 over words.

    `scores` are log-odds, `weights` the words of each block. The best set is always a prefix of the blocks in order of
    probability (Lewis 1995, the probability thresholding principle for F), so that the threshold moves from page to
    page: where nothing is sure, more is kept than at even odds.

    >>> choose(np.array([3.0, -0.1, -4.0]), np.array([50.0, 40.0, 90.0]))[0].tolist()
    [True, True, False]
    """
    if not len(scores):
        return np.zeros(0, bool), 0.0
    chance = probabilities(scores)
    order = np.argsort(-chance, kind="stable")
    hits, taken = np.cumsum((chance * weights)[order]), np.cumsum(weights[order])
    value = 2 * hits / (taken + hits[-1] + 1e-9)
    best = int(np.argmax(value))
    return chance >= chance[order[best]], float(value[best])


class Questions(NamedTuple):
    """The different questions of a forest: the feature and the threshold (a column) of each, in order. `places` has a
    row for each node and a column for each tree, with the place of the question that the tree asks there."""

    features: NDArray[np.int64]
    thresholds: Rows
    places: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees of one depth. `feature` and `threshold` have a row for each tree and a column for each node. Node i asks
    `row[feature[i]] > threshold[i]` and has the children 2i+1 (no) and 2i+2 (yes). `leaves` has a row of 2^depth values
    in nats for each tree. A score is `bias` and the sum of one leaf of each tree."""

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
        """The score of each row of a matrix whose columns are `names`: log-odds in nats."""
        totals = [np.zeros(0)]
        for at in range(0, len(rows), MAX_ROWS_AT_ONCE):
            leaf = self.leaf_of(rows[at : at + MAX_ROWS_AT_ONCE]) + self._offsets
            totals.append(self._worth.take(leaf).sum(axis=0))
        total: NDArray[np.float64] = np.concatenate(totals) + self.bias
        return total

    def leaf_of(self, rows: Rows) -> NDArray[np.uint8]:
        """The leaf that each row of the matrix falls into, as an array of trees by rows."""
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
        """Where the leaves of each tree begin in `_worth`, as a column."""
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


def _select(answers: Bits, way: Sequence[Bits]) -> Bits:
    """The answers at the node of a level (the first axis) to which the turns above lead, found by halving; yes turns
    right."""
    for turn in reversed(way):
        no, yes = answers[0::2], answers[1::2]
        answers = no ^ (turn & (no ^ yes))
    selected: Bits = answers[0]
    return selected


@cache
def _spread() -> list[NDArray[np.uint64]]:
    """For each level, counted from the leaves: a table from a byte of eight answers to eight bytes, each of which has
    its answer as the bit of that level."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    return [np.ascontiguousarray(bits << level).view(np.uint64).ravel() for level in range(8)]


@dataclass(frozen=True, eq=False)
class Model:
    """The forest that scores blocks, and the worth of names of classes and ids that it was trained with."""

    forest: Forest
    names: Names


@dataclass(slots=True)
class Sheet:
    """A page as it is classified; `title` is the text of its `<title>`, `declared` the `articleBody` of its JSON-LD, `url` its address."""

    tree: LexborHTMLParser
    reading: Reading
    title: str
    declared: str
    url: str = ""


@dataclass(slots=True)
class Verdict:
    """What was decided for the blocks of a page, in their order. `scores` are log-odds of each block alone, `margins`
    are those drawn towards blocks of the same shape and neighbours. `keep` tells which blocks are taken, and `expected`
    is the F1 to expect of them, 0 to 1."""

    scores: NDArray[np.float64]
    margins: NDArray[np.float64]
    keep: NDArray[np.bool_]
    expected: float


@lru_cache(maxsize=8)
def model_of(rules: Rules) -> Model:
    """The model of the rules, compiled once. Raises `BadRules` where it is missing or damaged."""
    try:
        model = json.loads(rules.models[MODEL])
        return Model(Forest.from_json(model), Names(model["tokens"]))
    except KeyError as error:
        remedy = "missing; python -m training.extraction makes it"
        raise BadRules(f"models/{MODEL}", str(error), remedy) from error
    except (ValueError, TypeError, IndexError) as error:
        raise BadRules(f"models/{MODEL}", "", f"not a model: {error}") from error


def sheet_of(text: str, url: str) -> Sheet:
    """Parse a page and read its blocks."""
    tree = parse(text)
    title = tree.css_first("title")
    reading = read_blocks(tree, url)
    reading.truncated |= readable_characters(text) < len(text)
    return Sheet(tree, reading, title.text() if title is not None else "", declared_body(text), url)


def matrix(
    sheet: Sheet, names: Names, wanted: tuple[str, ...] = ()
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """(A row of features for each block, the names of the columns): all features or those wanted."""
    found = features(sheet.reading, names, sheet.title, sheet.declared)
    columns = wanted or tuple(found)
    return np.array([found[name] for name in columns], np.float32).T, columns


def judge(sheet: Sheet, model: Model) -> Verdict:
    """Score every block of a page, and decide which blocks are taken."""
    rows, _ = matrix(sheet, model.names, (*model.forest.names, IN_COMMENTS))
    scores = model.forest.scores(rows)
    return decided(scores, sheet.reading, rows[:, -1] > 0)


def decided(scores: NDArray[np.float64], reading: Reading, comments: Mask) -> Verdict:
    """The verdict on blocks with these scores; `comments` tells which of them stand in boxes of comments.

    Below a post of 150 words stand 500 comments. The model doubts all of them, and as they are much longer than the post, taking
    some seems better than taking the post alone. No comment is a part of the article, though: where nothing is sure, the
    choice is made again without them. Word F1 of blogs and news of 2012 rises by 0.010 (dragnet, the half that was not looked
    at), that of articles of the 2020s by 0.0004.

    Entries of other posts, by WordPress's numbers, are never a part of the article, but for a single one that holds it: a plugin
    shows a translation in its place. Earns two teasers on one of 103 real pages that have such entries; on a WordPress whose
    pages end with a loop of other posts and their excerpts, 28 of 34 posts had these in their texts, and three were refused as
    lists.
    """
    margins = smoothed(agreed(scores, shape_groups(reading)))
    # The number of words of each block, estimated from its length so that it holds for any script.
    weights = np.array([words_of(b.kind, len(b.text)) for b in reading.blocks], np.float64)
    verdict = Verdict(scores, margins, *choose(margins, weights))
    entries = entries_of(reading)
    if numbers := entries.others:
        others = np.array([bool(entries.other(b.box.path)) for b in reading.blocks])
        beside = _without(others, verdict, weights, share=MIN_SHARE_WITHOUT if len(numbers) == 1 else 0)
        # What was taken of the post itself stays.
        beside.keep |= verdict.keep & (beside.margins > OUTSIDE_MARGIN)
        verdict = beside
    is_discussed = np.count_nonzero(comments) >= MIN_COMMENT_BLOCKS and np.any(verdict.keep & comments)
    return (
        _without(comments, verdict, weights)
        if is_discussed and verdict.expected < MAX_DOUBTED_F1
        else verdict
    )


def _without(outside: Mask, verdict: Verdict, weights: Array, *, share: float = MIN_SHARE_WITHOUT) -> Verdict:
    """The verdict where the blocks of a mask are no part of the article for sure; as it is where less than a `share` of the F1 to
    expect is left, as the article itself is among them."""
    margins = np.where(outside, np.minimum(verdict.margins, OUTSIDE_MARGIN), verdict.margins)
    keep, expected = choose(margins, weights)
    is_better = expected >= share * verdict.expected
    return Verdict(verdict.scores, margins, keep, expected) if is_better else verdict


def entries_of(reading: Reading) -> Entries:
    """The entries of posts on a page."""
    return Entries([(b.box.path, b.kind == "heading" and not b.link_chars) for b in reading.blocks])


def shape_groups(reading: Reading) -> NDArray[np.int64]:
    """The number of each block's group. A group has the blocks in boxes of one shape that are links, or those that are not."""
    ids: dict[int, int] = {}
    # The complement tells links apart without a pair for each block.
    keys = (~b.box.shape if is_link(b) else b.box.shape for b in reading.blocks)
    return np.array([ids.setdefault(key, len(ids)) for key in keys], np.int64)


def is_link(block: RawBlock) -> bool:
    """Whether next to all of a block is the text of links."""
    return block.link_chars > MAX_UNLINKED_SHARE * len(block.text)


def words_of(kind: str, characters: int) -> float:
    """The number of words of a block by its length; an embed has an address and next to no words.

    >>> words_of("paragraph", 30), words_of("embed", 300)
    (6.0, 0.1)
    """
    return 0.1 if kind == "embed" else 1 + characters / 6
