"""The word diff: what went, what came, and nothing lost on the way."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.text.diff import (
    MAX_MATCHED_PIECES,
    Change,
    lost_and_gained,
    to_html,
    unified,
    word_diff,
)

texts = st.lists(
    st.sampled_from(["the", "red", "fox", ",", ".", "\n\n", " ", "it’s", "<b>"]), max_size=30
).map("".join)


def side(changes: list[Change], left_out: str) -> str:
    return "".join(change.text for change in changes if change.kind != left_out)


@given(texts | st.text(), texts | st.text())
def test_both_texts_can_be_read_from_the_changes(old: str, new: str) -> None:
    changes = word_diff(old, new)
    assert side(changes, "insert") == old
    assert side(changes, "delete") == new
    assert all(change.text for change in changes)
    assert all(a.kind != b.kind for a, b in pairwise(changes))


@given(texts | st.text())
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert [change.kind for change in word_diff(text, text)] == (["equal"] if text else [])
    assert unified(text, text) == ""


def test_words_change_whole() -> None:
    changes = word_diff("It’s 12 ships.\n\nThe end.", "It’s 13 ships.\n\nThe end.")
    assert changes == [
        Change("equal", "It’s "),
        Change("delete", "12"),
        Change("insert", "13"),
        Change("equal", " ships.\n\nThe end."),
    ]


def test_a_new_paragraph_leaves_the_others_alone() -> None:
    changes = word_diff("One.\n\nThree.", "One.\n\nTwo.\n\nThree.")
    assert [c for c in changes if c.kind != "equal"] == [Change("insert", "Two.\n\n")]


def test_a_stretch_that_is_too_long_is_shown_whole() -> None:
    old, new = "a " * MAX_MATCHED_PIECES, "b " * MAX_MATCHED_PIECES
    assert word_diff(old, new) == [Change("delete", old), Change("insert", new)]


def test_html_escapes_what_it_shows() -> None:
    html = to_html(word_diff("a <b> & c\n\nsecond", "a <i> & c\n\nsecond"))
    assert html == "<p>a &lt;<del>b</del><ins>i</ins>&gt; &amp; c</p>\n<p>second</p>"


def test_unified_shows_paragraphs_and_names() -> None:
    assert unified("One.\n\nTwo.", "One.\n\n2.", "v1", "v2").splitlines() == [
        "--- v1", "+++ v2", "@@ -1,3 +1,3 @@", " One.", " ", "-Two.", "+2.",
    ]  # fmt: skip


def test_lost_and_gained_count_words() -> None:
    lost, gained = lost_and_gained("Share this. The fox, the hen.", "The fox, the hens.")
    assert (sorted(lost), sorted(gained)) == (["Share", "hen", "this"], ["hens"])
