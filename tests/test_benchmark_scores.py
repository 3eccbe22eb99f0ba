"""How the benchmarks score a page."""

from __future__ import annotations

from benchmarks.peers import Extracted
from benchmarks.scores import scored


def test_a_truth_of_a_text_alone_is_scored_by_its_text() -> None:
    row = scored("ours", {"id": "7", "text": "one two two"}, Extracted("two two three", "A title"), 0.1)
    assert row.word_f1 == 2 / 3
    assert (row.kept, row.dropped, row.title, row.date, row.authors) == (None, None, None, None, None)
