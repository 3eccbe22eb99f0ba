"""What is worked out in a fast way is what the plain way gives."""

from __future__ import annotations

import re

import numpy as np
import pytest

from newsarchive.core.pages import boxes, naming
from newsarchive.core.pages.trees import Forest

NAMES = (
    "entry-content", "postTitle_main", "menu-item-93528", "css-1ylu0bo", "--lead--", "a", "post", "POST", "__x_9",
    "sm:max-w-[240px]", "framer-Z9J8L", "readNext", "read-next", "header", "head", "ad", "ads", "adv", "my_ad_slot",
    "shared", "commentary", "widget-nav", "author-bio-box", "relatedPosts", "über-uns", "kommentare", "cat-links",
    "more-stories-latest", "photo-credit", "itemprop", "item", "tab-1", "respond", "x" * 70, "", "ÄHNLICH", "ＦＯＯＴＥＲ",
)  # fmt: skip


def walked(forest: Forest, row: np.ndarray) -> float:
    """A row's score, tree by tree, question by question."""
    total = forest.bias
    for feature, threshold, leaves in zip(forest.feature, forest.threshold, forest.leaves, strict=True):
        node = 0
        for _ in range(forest.depth):
            node = 2 * node + (2 if row[feature[node]] > threshold[node] else 1)
        total += float(leaves[node - (2**forest.depth - 1)])
    return total


@pytest.mark.parametrize(("depth", "rows"), [(4, 0), (4, 1), (4, 8), (4, 13), (3, 600), (1, 5)])
def test_a_forest_scores_rows_as_a_walk_down_its_trees_does(depth: int, rows: int) -> None:
    dice = np.random.default_rng(depth * 1000 + rows)
    nodes, trees = 2**depth - 1, 17
    forest = Forest(
        ("a", "b", "c"),
        depth,
        dice.integers(0, 3, (trees, nodes)),
        dice.integers(-3, 4, (trees, nodes)).astype(np.float32),
        dice.normal(size=(trees, 2**depth)).astype(np.float32),
        0.25,
    )
    table = dice.integers(-4, 5, (rows, 3)).astype(np.float32)
    expected = [walked(forest, row) for row in table]
    assert np.allclose(forest.scores(table), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_searched_only_where_a_word_can_begin(name: str) -> None:
    spelled = boxes.spelled(name)
    labels = [(m.lastindex - 1, m[0]) for m in naming._ANY.finditer(spelled) if m.lastindex]
    assert naming._named(name) == min(labels, default=None)
    groups = {group for group, pattern in boxes.GROUPS.items() if pattern.search(spelled)}
    bits = sum(boxes.GROUP_BITS[group] for group in groups) if len(name) <= 60 else 0
    assert boxes.Names({})._single(name)[1] == bits


@pytest.mark.parametrize("name", NAMES)
def test_the_words_of_a_name_are_its_parts_and_the_whole_without_numbers(name: str) -> None:
    parts = re.findall(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*", name)
    whole = name.lower() if name.isalpha() else re.sub(r"[\d_-]+", "-", name.lower()).strip("-")
    expected = ({p.lower() for p in parts if len(p) > 1} | {whole}) - {""} if len(name) <= 60 else set()
    assert boxes._words(name) == expected
    assert boxes.Names(dict.fromkeys(expected, 1.0))._single(name)[0] == dict.fromkeys(expected, 1.0)
