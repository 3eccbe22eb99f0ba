"""Copies of pages that the classifier is trained on."""

from __future__ import annotations

import numpy as np

from newsarchive.core.extraction.classifier import sheet_of
from training.copies import Copy, bare, shortened

PARAGRAPH = (
    "<p>The council of Adaville painted its oldest tree before the first snow of the year, number {}.</p>"
)
PAGE = (
    "<html><body><div class=post>"
    + "".join(map(PARAGRAPH.format, range(6)))
    + "</div><ul class=comments><li>What a tree!</li><li>I have seen it.</li></ul></body></html>"
)


def page() -> Copy:
    """A page of six paragraphs and two comments."""
    sheet = sheet_of(PAGE, "https://heron.example/tree")
    target = np.array([1.0] * 6 + [0.0] * 2)
    return Copy(sheet, target, np.array([8.0] * 6 + [1.0] * 2), np.ones(8, bool))


def test_a_shortened_page_keeps_the_first_paragraphs_and_the_rest() -> None:
    whole, cut = page(), shortened(page(), 2)
    assert cut is not None
    texts = [block.text for block in cut.sheet.reading.blocks]
    expected = [block.text for block in whole.sheet.reading.blocks]
    assert texts == expected[:2] + expected[6:]
    held = {box.classes: (box.first, box.last) for box in cut.sheet.reading.boxes if box.classes}
    assert held == {"post": (0, 2), "comments": (2, 4)}
    assert whole.sheet.reading.boxes[-1].last == 8  # the page itself is as it was


def test_article_and_rest_weigh_what_they_weigh_on_the_whole_page() -> None:
    cut = shortened(page(), 2)
    assert cut is not None
    assert cut.weights.tolist() == [24.0, 24.0, 1.0, 1.0]


def test_a_short_article_is_not_cut() -> None:
    whole = page()
    target = np.array([1.0] * 3 + [0.0] * 5)
    assert shortened(whole._replace(target=target), 2) is None


def test_a_bare_page_names_nothing_and_says_the_same() -> None:
    sheet = page().sheet
    unnamed = bare(sheet)
    assert {box.classes for box in unnamed.reading.boxes} == {""}
    assert [b.text for b in unnamed.reading.blocks] == [b.text for b in sheet.reading.blocks]
    assert sheet.reading.boxes[-1].path.endswith("ul.comments/li")
