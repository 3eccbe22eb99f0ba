"""The language of a page with lost letters, by which they are told."""

from __future__ import annotations

import pytest

from newsarchive import rules
from newsarchive.core.encoding.ngram_model import (
    UNKNOWN_NATS,
    GramModel,
    LanguageGrams,
    gram_model_of,
    of_page,
)
from newsarchive.core.encoding.step import repair

RULES = rules.default()
GRAMS = gram_model_of(RULES)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bg", "Правителството обяви, че ще увеличи средствата за образование през следващата година."),
        ("ru", "Правительство сообщило о новых мерах поддержки населения и бизнеса."),
        ("uk", "Уряд повідомив про нові заходи підтримки населення та бізнесу в країні."),
        ("sr", "Влада је саопштила да ће повећати средства за образовање следеће године."),
        ("ar", "قال وزير الخارجية إن الحكومة ستعمل على حل الأزمة"),
        ("fa", "این کتاب درباره تاریخ ایران نوشته شده است"),
        ("el", "Η κυβέρνηση ανακοίνωσε νέα μέτρα για τη στήριξη των πολιτών."),
        ("he", "הממשלה החליטה היום על תוכנית חדשה לסיוע לאזרחים"),
        ("hi", "सरकार ने आज नई योजना की घोषणा की है"),
    ],
)
def test_a_page_is_read_with_the_words_of_its_language(language: str, text: str) -> None:
    found = of_page(text, GRAMS)
    assert isinstance(found, LanguageGrams)
    assert found.language == language


@pytest.mark.parametrize(
    "text",
    [
        "Үкімет халыққа қолдау көрсету туралы жаңа шаралар қабылдады, деп хабарлайды баспасөз қызметі.",
        "The government said on Monday that it would do more, naïvely.",
        "政府は新しい対策を発表した。",
        "รัฐบาลประกาศมาตรการใหม่",
        "12 %",
    ],
)
def test_a_page_in_another_language_is_read_with_the_sequences_of_all(text: str) -> None:
    assert of_page(text, GRAMS) is GRAMS


def test_noise_without_spaces_tells_no_language_and_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Правителството обяви, че ще увеличи средствата за образование."
    asked: list[str] = []
    cost = LanguageGrams.cost
    monkeypatch.setattr(LanguageGrams, "cost", lambda self, gram: (asked.append(gram), cost(self, gram))[1])
    alone = of_page(text, GRAMS)
    looked_up = len(asked)
    assert of_page(f"{text} {'ёъђ' * 9000}", GRAMS) is alone
    assert len(asked) == 2 * looked_up


def test_words_are_known_as_a_whole_in_their_language_alone() -> None:
    bulgarian = of_page("Правителството обяви, че ще увеличи средствата за образование.", GRAMS)
    assert bulgarian.cost_of_whole("^правителството") < UNKNOWN_NATS
    assert bulgarian.cost_of_whole("^правительство") == UNKNOWN_NATS
    assert bulgarian.cost_of_whole("^ще") == GRAMS.cost_of_whole("^правителството") == 0.0


def test_a_model_without_single_languages_reads_all_pages_with_all_languages() -> None:
    alone = GramModel(GRAMS.marks, GRAMS.values, GRAMS.segment)
    assert of_page("Правительство сообщило о новых мерах поддержки населения.", alone) is alone


@pytest.mark.parametrize("spelling", ["", "\ufffd"], ids=["gone", "U+FFFD"])
@pytest.mark.parametrize(
    "text",
    ["قال وزير الخارجية إن الحكومة ستعمل على حل الأزمة.", "ليس لدى فرنسا سمعة طيبة في هذا المجال."],
)
def test_lost_letters_are_told_by_the_language_of_the_page(text: str, spelling: str) -> None:
    damaged = "".join(
        bytes([b]).decode("cp1250", "replace").replace("\ufffd", spelling) for b in text.encode()
    )
    assert repair(damaged, RULES).text == text
