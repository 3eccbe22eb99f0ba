"""Blocks of a kind are heard together: which blocks are of a kind, and what their mean does to one score."""

from __future__ import annotations

import numpy as np
import pytest

from newsarchive.core.extraction.class_names import telling
from newsarchive.core.extraction.classifier import agreed, choose, shape_groups, sheet_of


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p id="a">One.</p><p id="b">Two.</p>', [0, 0]),  # an id names one element, not a kind
        ('<div class="card" id="c1"><p>One.</p></div><div class="card" id="c2"><p>Two.</p></div>', [0, 0]),
        ('<div class="card"><p>One.</p></div><div class="aside"><p>Two.</p></div>', [0, 1]),
        ("<div><p>One.</p></div><p>Two.</p>", [0, 1]),
        ('<p>One is long enough. <a href="/1">More</a></p><p><a href="/2">Two</a></p>', [0, 1]),
        ("<ul><li>One</li></ul><h2>Two</h2><ul><li>Three</li></ul>", [0, 1, 0]),
    ],
)
def test_blocks_are_of_a_kind_by_their_path_and_by_being_links(html: str, expected: list[int]) -> None:
    reading = sheet_of(f"<html><body>{html}</body></html>", "https://heron.example/").reading
    assert shape_groups(reading).tolist() == expected


def test_cards_of_an_article_stay_together() -> None:
    """Two of five cards fall just below the threshold by their own words; what is of another kind stays out."""
    scores = np.array([2.0, -0.5, 1.8, -0.6, 2.2, -0.5, -3.0])
    groups, weights = np.array([0, 0, 0, 0, 0, 1, 1]), np.full(7, 40.0)
    assert choose(agreed(scores, groups), weights)[0].tolist() == [True] * 5 + [False] * 2


def test_a_kind_that_holds_everything_tells_nothing() -> None:
    """A page laid out in a table has one kind of block, `td`: menu, story and notice."""
    scores = np.array([-3.0, -2.1, 4.6, 4.5, 4.2, 3.5, -1.0, -0.7])
    kept = choose(agreed(scores, np.zeros(8, np.int64)), np.array([4.0, 5, 60, 60, 60, 60, 12, 7]))[0]
    assert kept.tolist() == [False] * 2 + [True] * 4 + [False] * 2


def test_a_block_alone_of_its_kind_keeps_its_score() -> None:
    scores = np.array([0.4, -0.4, 5.0])
    assert agreed(scores, np.array([0, 1, 2])).tolist() == scores.tolist()


def test_no_blocks_agree_on_nothing() -> None:
    assert agreed(np.zeros(0), np.zeros(0, np.int64)).tolist() == []


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ("post-7 post type-post hentry category-newsletter tag-related", "post-7 post type-post hentry"),
        ("post status-publish category-news", "post status-publish"),
        ("category-list tag-cloud", "category-list tag-cloud"),  # of no post: it is what its name says
        ("gh-article post tag-comments tag-hash-import no-image", "gh-article post no-image"),
        ("BlogItem hentry author-ann-bell post-type-text", "BlogItem hentry post-type-text"),
        ("post author-box", "post author-box"),
        ("kg-card kg-callout-card kg-callout-card-grey kg-width-wide", "kg-width-wide"),
        ("kg-card kg-signup-card", "kg-signup-card"),  # it asks for something, and is no text
        ("widget Blog", "Blog"),
        ("widget PopularPosts", "widget PopularPosts"),
    ],
)
def test_topics_of_a_post_say_nothing_of_its_place(classes: str, expected: str) -> None:
    assert " ".join(telling(classes)) == expected
