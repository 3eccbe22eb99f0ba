"""The work of repair grows with the length of a text, not with its square: steps are counted, not seconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from benchmarks.growth import TEXTS
from newsarchive import rules
from newsarchive.core.encoding import ftfy_fallback, lost_search
from newsarchive.core.encoding.ftfy_fallback import differences
from newsarchive.core.encoding.lost_beam import MAX_STEPS, MAX_WAYS, Work
from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.step import repair

RULES = rules.default()


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> list[Work]:
    """The steps that each page takes."""
    made: list[Work] = []

    def counted() -> Work:
        made.append(Work())
        return made[-1]

    monkeypatch.setattr(lost_search, "Work", counted)
    return made


@pytest.mark.parametrize("made", TEXTS.values(), ids=TEXTS)
def test_a_page_takes_a_bounded_number_of_steps(made: Callable[[int], str], works: list[Work]) -> None:
    repair(made(3000), RULES)
    # The last character of the last run may be looked up for all ways.
    assert all(work.left > -MAX_WAYS * 1000 for work in works)
    assert sum(MAX_STEPS - work.left for work in works) < 4 * MAX_STEPS


@pytest.mark.parametrize("name", ["â€ in words", "Chinese as windows-1252, bytes gone", "Latin-1 at random"])
def test_steps_grow_with_the_length_of_the_text(name: str, works: list[Work]) -> None:
    def steps(size: int) -> int:
        works.clear()
        repair(TEXTS[name](size), RULES)
        return sum(MAX_STEPS - work.left for work in works)

    assert steps(3000) <= 3 * steps(1500) + 1000


def test_letters_of_text_without_spaces_are_looked_up_as_often_as_its_length_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0
    cost = GramModel.cost

    def counted(self: GramModel, gram: str) -> float:
        nonlocal asked
        asked += 1
        return cost(self, gram)

    monkeypatch.setattr(GramModel, "cost", counted)
    monkeypatch.setattr(lost_search, "Work", partial(Work, left=0))
    counts = []
    for size in (2000, 4000):
        asked = 0
        repair(TEXTS["Cyrillic at random"](size), RULES)
        counts.append(asked)
    assert counts[1] < 3 * counts[0]


@pytest.mark.parametrize(
    ("text", "fixed", "expected"),
    [
        ("voilÃ  une idÃ©e", "voilà une idée", [(4, 6, "à"), (13, 15, "é")]),
        ("voilÃ  une idÃ©e", "voilà  une idée", [(4, 5, "à"), (13, 15, "é")]),
        ("a same text", "a same text", []),
        ("other ASCII Ã©", "other ascii é", []),
        ("aÂ b" * 3, "a\xa0b" * 3, [(1, 3, "\xa0"), (5, 7, "\xa0"), (9, 11, "\xa0")]),
    ],
)
def test_differences_of_a_text_and_what_ftfy_makes_of_it(text, fixed, expected):
    assert list(differences(text, fixed)) == expected


def _applied(text: str, found: list[tuple[int, int, str]]) -> str:
    for start, end, after in reversed(found):
        text = text[:start] + after + text[end:]
    return text


def test_the_comparison_with_ftfy_looks_at_short_stretches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import difflib

    lengths: list[int] = []

    class Counted(difflib.SequenceMatcher):
        def __init__(self, *args: object, **options: object) -> None:
            lengths.append(max(len(args[1]), len(args[2])))  # type: ignore[arg-type]
            super().__init__(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(difflib, "SequenceMatcher", Counted)
    text = "aÂ b " * 700
    assert _applied(text, list(differences(text, text.replace("Â ", "\xa0")))) == text.replace("Â ", "\xa0")
    assert max(lengths) <= ftfy_fallback.MAX_COMPARED_CHARACTERS
    assert list(differences("é " * 100, "è " * 100)) == [(0, 199, ("è " * 100)[:-1])]
