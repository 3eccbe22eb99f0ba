"""The word diff: what went, what came, and nothing lost on the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Indel, Opcodes

from newsarchive.core.text import diff
from newsarchive.core.text.diff import (
    MAX_COMPARISONS,
    Change,
    Fate,
    lost_and_gained,
    paragraph_diff,
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


@pytest.mark.parametrize(
    ("old", "new"),
    [("2.4", "4.2"), ("1,234.50", "1,243.50"), ("18:30", "19:30"), ("2.4", "24"), ("4", "4.2")],
)
def test_a_number_is_one_word(old: str, new: str) -> None:
    assert word_diff(f"It paid {old}, he said.", f"It paid {new}, he said.") == [
        Change("equal", "It paid "), Change("delete", old), Change("insert", new), Change("equal", ", he said."),
    ]  # fmt: skip
    assert lost_and_gained(f"It paid {old}.", f"It paid {new}.") == (Counter([old]), Counter([new]))


def test_a_word_with_vowel_signs_is_one_word() -> None:
    old, new = "सरकार ने किताब दी है", "सरकार ने किताबें दी है"
    assert [c.text for c in word_diff(old, new) if c.kind != "equal"] == ["किताब", "किताबें"]
    assert lost_and_gained(old, new) == (Counter(["किताब"]), Counter(["किताबें"]))


def test_a_new_paragraph_leaves_the_others_alone() -> None:
    changes = word_diff("One.\n\nThree.", "One.\n\nTwo.\n\nThree.")
    assert [c for c in changes if c.kind != "equal"] == [Change("insert", "Two.\n\n")]


def _side_by_side() -> tuple[list[str], list[str]]:
    """Paragraphs of 290 words, each of which lost every third word."""
    old = [" ".join(f"{p * n % 997}" for n in range(290)) for p in range(1, 60)]
    return old, [re.sub(r"(\S+ \S+) \S+", r"\1 x", paragraph) for paragraph in old]


def _without_spaces() -> tuple[list[str], list[str]]:
    """Long paragraphs of Chinese, in which each character counts as a word."""
    old = ["".join(chr(0x4E00 + p * 300 + n * n % 293) for n in range(6000)) for p in range(20)]
    return old, [paragraph[:3000] + "新" + paragraph[3001:] for paragraph in old]


def _one_giant() -> tuple[list[str], list[str]]:
    """A giant between short paragraphs, at the same place of both texts."""
    giant = " ".join(f"{n}" for n in range(40_000))
    red, blue = ([f"{word} {n}" for n in range(500)] for word in ("red", "blue"))
    return [*red, giant, *red], [*blue, f"{giant} more", *blue]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of pairs that each comparison takes."""
    taken: list[int] = []

    def similarity(old: list[str], new: list[str], score_cutoff: int) -> int:
        taken.append(len(old) * len(new))
        return Indel.similarity(old, new, score_cutoff=score_cutoff)

    def opcodes(old: list[str], new: list[str]) -> Opcodes:
        taken.append(len(old) * len(new))
        return Indel.opcodes(old, new)

    monkeypatch.setattr(diff, "Indel", SimpleNamespace(similarity=similarity, opcodes=opcodes))
    return taken


@pytest.mark.slow
@pytest.mark.parametrize("texts", [_side_by_side, _without_spaces, _one_giant])
def test_long_texts_take_no_more_comparisons_than_they_may(
    texts: Callable[[], tuple[list[str], list[str]]], compared: list[int]
) -> None:
    old, new = ("\n\n".join(side) for side in texts())
    changes = word_diff(old, new)
    assert (side(changes, "insert"), side(changes, "delete")) == (old, new)
    assert sum(compared) <= MAX_COMPARISONS


MANY = [f"Paragraph {n} tells of boat {n * 7} in the harbour." for n in range(30_000)]
CHINESE = "".join(chr(0x4E00 + n * n % 9973) for n in range(23_000))


@pytest.mark.parametrize(
    ("old", "new", "inserted"),
    [
        pytest.param(
            MANY,
            [*MANY[:9000], MANY[9000].replace("boat", "ship"), *MANY[9001:]],
            ["ship"],
            id="many paragraphs",
        ),
        pytest.param([CHINESE], [f"{CHINESE[:9000]}新{CHINESE[9000:]}"], ["新"], id="one without spaces"),
        pytest.param(
            [CHINESE],
            ["An editor's note.", f"{CHINESE[:9000]}新{CHINESE[9000:]}"],
            ["An editor's note.\n\n", "新"],
            id="one behind a new one",
        ),
    ],
)
def test_a_small_edit_of_a_long_text_takes_few_comparisons(
    old: list[str], new: list[str], inserted: list[str], compared: list[int]
) -> None:
    changes = word_diff("\n\n".join(old), "\n\n".join(new))
    assert [change.text for change in changes if change.kind == "insert"] == inserted
    assert len("".join(change.text for change in changes if change.kind == "delete")) <= 4
    assert sum(compared) < 100_000


def test_a_paragraph_that_is_too_long_is_gone_and_new_as_a_whole() -> None:
    old, new = (" ".join(f"{n * n % modulus}" for n in range(25_000)) for modulus in (997, 991))
    assert _told([old], [new]) == [("gone", old, ""), ("new", "", new)]


def test_each_of_two_long_tables_shows_its_cells() -> None:
    old = " ".join(f"{n}" for n in range(1500))
    new = " ".join(f"{n}" if n % 3 else f"x{n}" for n in range(1500))
    assert [c.text for c in word_diff(old, new) if c.kind == "insert"] == [f"x{n}" for n in range(0, 1500, 3)]


def test_the_same_edit_in_each_of_many_paragraphs_is_shown_alike_in_each() -> None:
    old = [" ".join(f"w{p * n % 89}" for n in range(1, 148)) for p in range(1, 61)]
    new = [re.sub(r"^((?:\S+ ){20})\S+ \S+((?: \S+){30})", r"\1the council of\2 and", one) for one in old]
    alone = [tuple(word_diff(*pair)) for pair in zip(old, new, strict=True)]
    assert [p.changes for p in paragraph_diff("\n\n".join(old), "\n\n".join(new))] == alone


def test_the_most_alike_paragraphs_are_paired_first() -> None:
    """Nothing that a new paragraph has in common with an old one takes its own partner away."""
    old = ["The old ferry left the harbour at noon.", "The old ferry left the harbour at night with a dog."]
    new = ["The old ferry left the harbour at night with a cat."]
    assert _told(old, new) == [("gone", old[0], ""), ("changed", old[1], new[0])]


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


def _told(old: list[str], new: list[str]) -> list[tuple[str, str, str]]:
    found = paragraph_diff("\n\n".join(old), "\n\n".join(new))
    return [(paragraph.fate.value, paragraph.old, paragraph.new) for paragraph in found]


A = "The last ferry left the harbour on Friday night with forty people on board."
A2 = "The last ferry left the harbour on Friday night with forty-one people and a dog on board."
B = "The company blames the price of fuel, which has doubled in three years."
REWRITTEN = "A spokesman of the owners said that the matter was closed, and refused to speak of the bridge."
C = "Islanders now drive for two hours to the nearest hospital."


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param([A, C], [A, C], [("equal", A, A), ("equal", C, C)], id="the same"),
        pytest.param([A, B, C], [A2, B, C], [("changed", A, A2), ("equal", B, B), ("equal", C, C)], id="altered"),
        pytest.param([A, B, C], [A, REWRITTEN, C], [("equal", A, A), ("gone", B, ""), ("new", "", REWRITTEN), ("equal", C, C)], id="rewritten"),
        pytest.param([A, B], [REWRITTEN, A2], [("new", "", REWRITTEN), ("changed", A, A2), ("gone", B, "")], id="between others"),
        pytest.param([A], [], [("gone", A, "")], id="all gone"),
        pytest.param([], [A], [("new", "", A)], id="all new"),
        pytest.param(["公司将责任归咎于燃料价格。"], ["公司将责任归咎于石油价格。"], [("changed", "公司将责任归咎于燃料价格。", "公司将责任归咎于石油价格。")], id="without spaces"),
    ],
)  # fmt: skip
def test_a_paragraph_is_paired_with_what_became_of_it(
    old: list[str], new: list[str], told: list[tuple[str, str, str]]
) -> None:
    assert _told(old, new) == told


def test_a_rewritten_paragraph_is_no_salad_of_words() -> None:
    changes = word_diff(f"{A}\n\n{B}\n\n{C}", f"{A}\n\n{REWRITTEN}\n\n{C}")
    assert [c.text.strip() for c in changes if c.kind != "equal"] == [B, REWRITTEN]


def test_words_side_by_side_change_together() -> None:
    assert word_diff("Then we left early.", "Then they went early.") == [
        Change("equal", "Then "),
        Change("delete", "we left"),
        Change("insert", "they went"),
        Change("equal", " early."),
    ]


@given(texts | st.text(), texts | st.text())
def test_no_paragraph_is_lost(old: str, new: str) -> None:
    found = paragraph_diff(old, new)
    for text, side in ((old, "old"), (new, "new")):
        kept = [getattr(paragraph, side) for paragraph in found if getattr(paragraph, side)]
        assert "".join("".join(kept).split()) == "".join(text.split())
    assert all((p.fate is Fate.EQUAL) == (p.old == p.new) for p in found)


@pytest.mark.slow
def test_thousands_of_paragraphs_that_were_all_altered_are_paired() -> None:
    old = [f"Paragraph {n} tells of boat {n * 7} in the harbour." for n in range(3000)]
    new = [f"Paragraph {n} tells of ship {n * 7} in the harbour." for n in range(3000)]
    assert {fate for fate, *_ in _told(old, new)} == {"changed"}


def test_paragraphs_that_were_altered_among_hundreds_of_equal_ones_are_paired() -> None:
    old = [line for n in range(400) for line in ("More soon.", f"Boat {n} left the old harbour at noon.")]
    new = [line.replace("Boat 7 ", "Ship 7 ") for line in old]
    assert {fate for fate, *_ in _told(old, new)} == {"equal", "changed"}
