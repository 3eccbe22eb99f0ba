"""How the benchmarks score a page."""

from __future__ import annotations

from benchmarks.extraction import headed, without_comments
from benchmarks.peers import Extracted
from benchmarks.scores import scored
from newsarchive.items import Capture, Page
from newsarchive.rules import default
from training.pages import Example


def test_a_truth_of_a_text_alone_is_scored_by_its_text() -> None:
    row = scored("ours", {"id": "7", "text": "one two two"}, Extracted("two two three", "A title"), 0.1)
    assert row.word_f1 == 2 / 3
    assert (row.kept, row.dropped, row.title, row.date, row.authors) == (None, None, None, None, None)


def test_comments_below_a_line_for_them_are_no_truth_however_the_line_was_typed() -> None:
    truth = {"id": "7", "text": "The ferry runs.\n\n!@ $%^&*()  COMMENTS\n\nAt last!"}
    assert without_comments(truth) == {"id": "7", "text": "The ferry runs.\n"}
    prose = {"id": "8", "text": "The council wants (more) COMMENTS\nby Friday."}
    assert without_comments(prose) == prose


def test_each_tool_may_set_its_headline_above_its_text_once() -> None:
    found = {
        "A ferry": Extracted("It runs.", "A ferry"),
        "Its text has it": Extracted("News\nA ferry\nIt runs.", "A ferry"),
        "refused": Extracted("", "refused: a list"),
    }
    rules = default()
    page = Example(Page(Capture("https://heron.example/1", b""), ""), {"id": "7"}, "heron.example")
    texts = {name: headed(lambda *_, one=one: one)(page, rules).text for name, one in found.items()}
    assert texts == {
        "A ferry": "A ferry\nIt runs.",
        "Its text has it": "News\nA ferry\nIt runs.",
        "refused": "",
    }
