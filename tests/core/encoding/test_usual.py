"""What `usual_changes` tells at once is what the long way gives: the same edits, with the same evidence."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.encoding_damage import misread, wrong_table
from newsarchive import rules
from newsarchive.core.encoding import usual
from newsarchive.core.encoding.charsets import SINGLE_BYTE
from newsarchive.core.encoding.ngram_model import gram_model_of
from newsarchive.core.encoding.pair_model import model_of, suspects
from newsarchive.core.encoding.step import repair_texts
from newsarchive.edits import Repaired

RULES = rules.default()
MODEL, GRAMS = model_of(RULES), gram_model_of(RULES)


def is_told(text: str) -> bool:
    return usual.usual_changes(text, suspects(MODEL, text), MODEL, GRAMS) is not None


def the_long_way(texts: list[str]) -> list[Repaired]:
    with patch.object(usual, "usual_changes", return_value=None):
        return repair_texts(texts, RULES)


@pytest.mark.parametrize(
    "text",
    [
        "It โ€“ the council โ€“ agreed that itโ€™s time.",
        "Theyâ€™re here, â€œsafe and soundâ€\x9d.",
        "ยซLโ€™été est làยป, dit-elle, ยซet lโ€™hiver aussiยป.",  # letters that stay stand beside damage
        "Die โ€žMauerโ€œ fiel 1989. Über Nacht.",  # `Ü` stays, which windows-874 makes of an undefined byte
        "Das Rad fÃ¼r alle.",  # one letter, inside of a word
        "Lâ€™Ã©tÃ© est lÃ , lâ€™hiver aussi.".replace("Ã ,", "Ã\xa0,"),
        "Ã‰tÃ© comme hiver, Ã‰cole ouverte.",  # a capital at the beginning of a word
        "La mÃºsica y el cafÃ©.",  # `º` is a letter of no script
        "BÃ\xadblico, mÃ¡s fÃ¡cil, maÃ±ana.",  # nothing in the first word looks suspicious
        "It โ€“ Shōwa โ€“ agreed that itโ€™s time.",  # a single letter that looks suspicious stays
        "Everybody said that loveโ€™s the word โ\x9dค๏ธ\x8f of the day.",  # clean text has no such pair as the two characters of the heart
    ],
)
def test_usual_damage_is_told_at_once(text: str) -> None:
    assert is_told(text)
    assert repair_texts([text], RULES) == the_long_way([text])


@pytest.mark.parametrize(
    "text",
    [
        "It’s right as it stands.",
        "The price: 5 โ€ and no more.",  # half of a sequence
        "Itโ€™s said in นนท์ and elsewhere.",  # letters of the codec stay
        "вЂ\x9cIt is timeвЂ\x9d, he said.",  # Cyrillic letters may be words
        "ÃœberÃ¼nglich grÃ¼Ãÿ",  # half of a sequence behind a letter
        "grÃœn und blÃ„u, vÃ–llig",  # capitals among small letters
        "ÃœberÃ¼nglich, aÉb",  # a capital among small letters stays
        "Le livre à gauche, Ã  droite.".replace("Ã ", "Ã\xa0"),  # one letter that stands alone
        "โ€ฆโ€ฆ",  # a line of nothing else
    ],
)
def test_other_damage_goes_the_long_way(text: str) -> None:
    assert not is_told(text)


def lines_run(text: str) -> int:
    """How many lines of the module a page runs through."""
    count = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename != usual.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        usual.usual_changes(text, suspects(MODEL, text), MODEL, GRAMS)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.slow
def test_a_run_of_many_changes_is_walked_once() -> None:
    def page(size: int) -> str:
        return "Itâ€™s said â€œsafe and soundâ€\x9d and so on. " * size + "Ã©ß" * size

    with patch.object(usual, "may_prove_codec", return_value=False):  # it ends such a page before
        lines_run(page(200))
        assert lines_run(page(400)) < 3 * lines_run(page(200))


LATIN = [
    "it",
    "the",
    "council",
    "agreed",
    "in",
    "1989",
    "été",
    "là",
    "über",
    "Straße",
    "ação",
    "żółty",
    "Über",
    "Œuvre",
]
OTHERS = ["€", "5", "?", "⚽", "東京", "мир", "αβγ", "🔥", "🇺🇦", "·", "•", "°", "§", "²", "\xa0"]
MARKS = ["’", "‘", "“", "”", "„", "«", "»", "–", "—", "…", "’s", "™", "½", "¿"]
CODECS = [*["cp874", "cp1252", "cp1250", "mac-roman"] * 6, *SINGLE_BYTE.values()]


@st.composite
def pages(draw: st.DrawFn) -> list[str]:
    """Pages of a few texts with one codec's damage in their punctuation, half of them with other damage and other scripts too."""
    table = wrong_table(
        draw(st.sampled_from(CODECS)), draw(st.sampled_from(["c1", "cp1252", "c1", "cp1252", "", "?"]))
    )
    kept = st.sampled_from(LATIN)
    damaged = st.sampled_from(MARKS).map(lambda mark: misread(mark, table) or mark)
    if draw(st.booleans()):
        words = st.sampled_from([*LATIN, *OTHERS, *MARKS])
        kept, damaged = kept | words, damaged | words.map(lambda word: misread(word, table) or word)
    part = st.tuples(kept | kept | kept | damaged, st.sampled_from(["", " ", " ", " ", ", ", "\n"]))
    texts = st.lists(st.lists(part, min_size=1, max_size=30), min_size=1, max_size=4)
    return ["".join(map("".join, parts)) for parts in draw(texts)]


@pytest.mark.slow
@settings(deadline=None, max_examples=1_000)
@given(pages())
def test_both_ways_give_the_same(texts: list[str]) -> None:
    assert repair_texts(texts, RULES) == the_long_way(texts)
