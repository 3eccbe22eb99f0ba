"""A publisher's correction right below a text belongs to it; what only looks like one does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsarchive.core.extraction.labels import CORRECTION_RULE, with_corrections
from newsarchive.items import Block

TEXT = Block("Ships came into the harbour before dawn.", path="html/body/main/article/p")
ITEM = replace(TEXT, kind="list_item", path="html/body/main/article/ul/li")


def below(text: str, **changes: object) -> Block:
    return replace(TEXT, **({"text": text, "label": "other"} | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "Correction: the meeting was on a Thursday, not on a Tuesday.",
        "Update, 4 May: the harbour master has since apologised.",
        "Berichtigung: Die Fähre fährt donnerstags.",
        "Corrección: la reunión fue un jueves.",
        "更正：会议在星期四举行。",
    ],
)
@pytest.mark.parametrize("above", [TEXT, ITEM], ids=["paragraph", "list"])
def test_a_correction_right_below_is_text(text: str, above: Block) -> None:
    assert [(b.label, b.rule) for b in with_corrections([above, below(text)])][1] == ("body", CORRECTION_RULE)


@pytest.mark.parametrize(
    "block",
    [
        below("Corrections and clarifications are on page two."),
        below("Update your browser for the best experience."),
        below("Correction: fluid and free", label="promo"),
        below("Update: Ferry sails again", links=(("Update: Ferry sails again", "https://blog.example/2/"),)),
        below("Correction: the meeting was on a Thursday.", path="html/body/footer/p"),
    ],
)
def test_what_is_none_stays_out(block: Block) -> None:
    assert with_corrections([TEXT, block]) == [TEXT, block]


def test_two_of_them_are_both_text_and_what_follows_is_not() -> None:
    one, two, other = below("Correction: one."), below("Update: two."), below("Share this")
    assert [b.label for b in with_corrections([TEXT, one, two, other])] == ["body", "body", "body", "other"]
    assert with_corrections([one]) == [one]
