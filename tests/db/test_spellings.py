"""The spellings that a search looks for: who types a word one way finds it as others write it, and no other word."""

from __future__ import annotations

import pytest

from newsarchive.db.query_language import (
    MAX_SPELLINGS,
    spellings_of_phrase,
    spellings_of_string,
    spellings_of_word,
)

#: What is typed → how it may stand in a text, by what is special about it.
FOUND = {
    "a Greek word of a headline in capitals, without its accent": ("αποκλειστικος", ["αποκλειστικός"]),
    "a Greek word with its accent, which capitals lose": ("αποκλειστικός", ["αποκλειστικος"]),
    "ё without its dots": ("елка", ["ёлка"]),
    "ё with its dots": ("ёлка", ["елка"]),
    "a dotless i, which a headline in capitals has as I": ("yılın", ["yilin"]),
    "an alef without hamza, behind the article": ("الاحزاب", ["الأحزاب", "الإحزاب", "الآحزاب"]),
    "an alef with hamza": ("الأحزاب", ["الاحزاب"]),
    "an alef with madda inside a word": ("قرآن", ["قران"]),
    "the last letter ta marbuta, written as ha": ("مدرسة", ["مدرسه"]),
    "Persian of an Arabic keyboard": ("خبرگزاري", ["خبرگزاری"]),
    "Persian of a Persian keyboard": ("خبرگزاری", ["خبرگزاري"]),
    "an Arabic vowel sign": ("شَعب", ["شعب"]),
    "the stroke that stretches an Arabic word": ("العـــراق", ["العراق"]),
    "Hebrew vowel signs": ("שָׁלוֹם", ["שלום"]),
    "full-width letters": ("ｎａｔｏ", ["nato"]),
    "Western digits": ("20", ["২০", "٢٠", "۲۰", "२०", "๒๐", "２０"]),
    "Bengali digits": ("২০", ["20", "٢٠"]),
    "a full-width year": ("２０２５年", ["2025年"]),
    "a Bengali letter as two characters": ("\u09af\u09bc", ["\u09df"]),
}

#: Letters of their own in the languages that have them: the other spelling would be another word.
ALONE = ("ferry", "for", "yil", "før", "łódź", "ħobż", "covid19", "2nd")


@pytest.mark.parametrize(("typed", "others"), FOUND.values(), ids=FOUND)
def test_a_word_finds_the_other_ways_in_which_it_is_written(typed: str, others: list[str]) -> None:
    found = spellings_of_word(typed)
    assert found[0] == typed
    assert set(others) <= set(found)
    assert len(found) == len(set(found)) <= MAX_SPELLINGS


@pytest.mark.parametrize("word", ALONE)
def test_a_word_with_one_spelling_is_looked_for_as_it_stands(word: str) -> None:
    assert spellings_of_word(word) == (word,)


def test_a_greek_word_has_one_accent_at_most() -> None:
    plain = "αποκλειστικος"
    for spelling in spellings_of_word(plain)[1:]:
        assert sum(a != b for a, b in zip(spelling, plain, strict=True)) == 1


def test_a_bare_alef_before_lam_is_the_article_and_has_no_hamza() -> None:
    assert spellings_of_word("المان") == ("المان",)


def test_spellings_of_a_word_are_bounded() -> None:
    word = "е" * (MAX_SPELLINGS + 9)
    assert len(spellings_of_word(word)) == MAX_SPELLINGS
    assert spellings_of_word(word)[0] == word


def test_a_phrase_has_the_spellings_of_its_words_side_by_side() -> None:
    assert spellings_of_phrase(("ёлка", "ferry")) == (("ёлка", "ferry"), ("елка", "ferry"))
    assert set(spellings_of_phrase(("елка", "ёлка"))) == {
        (a, b) for a in ("елка", "ёлка") for b in ("елка", "ёлка")
    }
    many = spellings_of_phrase(("20",) * 4)
    assert many[0] == ("20",) * 4
    assert len(many) == MAX_SPELLINGS


@pytest.mark.parametrize(
    ("typed", "others"), [("１２月", ["12月"]), ("12月", ["１２月"]), ("新聞", []), ("か\u3099", ["が"])]
)
def test_a_string_of_a_script_without_spaces_has_both_widths_and_is_composed(
    typed: str, others: list[str]
) -> None:
    assert spellings_of_string(typed)[0] == typed
    assert set(spellings_of_string(typed)) == {typed, *others}
