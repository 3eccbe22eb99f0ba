"""Names of papers that no table lists: recognised by quotation marks, by capitals, or as the rest of a line without credit words."""

from __future__ import annotations

import pytest

from newsarchive import rules
from newsarchive.core.origin.attribution_patterns import words_of
from newsarchive.core.origin.mentions import Name, unlisted_names

RULES = rules.default()


def names(line: str) -> tuple[Name, ...]:
    return unlisted_names(line, words_of(line, RULES), RULES)


#: line → (name, how it was recognised)
NAMED = {
    "Source: «Озёрные заметки»": ("Озёрные заметки", "quoted"),
    "Источник: газета «Озеро»": ("Озеро", "quoted"),
    "出典：「湖の手紙」": ("湖の手紙", "quoted"),
    "Source: «Озеро (архив)»": ("Озеро", "quoted"),
    "First published by Harbour Post on Monday.": ("Harbour Post", "capital"),
    "This story first appeared in The Heron.": ("The Heron", "capital"),
    "Republished from the Lake Gazette with permission": ("Lake Gazette", "capital"),
    "Fonte: Corriere della Brughiera": ("Corriere della Brughiera", "capital"),
    "Originally published at The Heron & Weir": ("The Heron & Weir", "capital"),
    "Quelle: Der Reiher": ("Reiher", "capital"),
    "湖畔新聞より転載": ("湖畔新聞", "rest"),
    "来源：湖畔新聞": ("湖畔新聞", "rest"),
    "المصدر: صحيفة البحيرة": ("البحيرة", "rest"),
}


@pytest.mark.parametrize(("line", "named"), NAMED.items(), ids=NAMED)
def test_the_name_of_a_line_is_found_where_it_stands(line: str, named: tuple[str, str]) -> None:
    (found,) = names(line)
    assert (found.text, found.mark) == named
    assert line[found.start : found.end].startswith(found.text)


@pytest.mark.parametrize(
    "line",
    [
        "Source: “he was not there when we came”",  # speech: it begins without a capital
        'Source: "A quote that is speech."',  # it ends as a sentence does
        "Source: Facebook",
        "Source: May 2025",
        "source: somewhere else",
    ],
)
def test_speech_months_and_platforms_are_no_names(line: str) -> None:
    assert names(line) == ()


#: Two names in one line → those that are surer.
SURER = {
    "a quoted name over one with capitals": ("Ann Lee of «Озёрные заметки»", ["Озёрные заметки"]),
    "a word of papers' names over a person's name": ("Ann Lee, Lake Gazette", ["Lake Gazette"]),
    "an article with a capital inside a sentence": ("via Ann Lee, The Heron", ["The Heron"]),
    "a name inside a sentence over one at its start": ("Heron was told by Bittern", ["Bittern"]),
}


@pytest.mark.parametrize(("line", "surer"), SURER.values(), ids=SURER)
def test_of_several_names_only_those_of_the_surest_kind_count(line: str, surer: list[str]) -> None:
    assert [name.text for name in names(line)] == surer


def test_a_capital_that_begins_a_sentence_is_a_weak_sign() -> None:
    (weak,) = names("Heron reported it.")
    assert (weak.text, weak.opens, weak.press) == ("Heron", True, False)
    (strong,) = names("It was reported by Heron.")
    assert (strong.text, strong.opens) == ("Heron", False)


def test_a_name_with_more_words_than_names_have_is_none() -> None:
    words = ["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy"]
    assert [name.text for name in names(f"told by {' '.join(words[:5])}")] == [" ".join(words[:5])]
    assert names(f"told by {' '.join(words)}") == ()
    assert [name.text for name in names(f"told by «{' '.join(words[:5])}»")] == [" ".join(words[:5])]
