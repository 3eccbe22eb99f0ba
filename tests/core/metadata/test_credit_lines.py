"""Lines that credit people, in 45 languages: translators, photographers and editors are no authors, and nobody in them is a paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from newsarchive import extract
from newsarchive.core.metadata import credit_labels
from newsarchive.core.metadata.credit_labels import Role
from newsarchive.core.metadata.credit_lines import ROLES, translator_in
from newsarchive.core.metadata.person_names import names
from newsarchive.items import Article
from newsarchive.rules import default

CASES = Path(__file__).parents[2] / "cases" / "metadata" / "translators.json"
ROWS = json.loads(CASES.read_text(encoding="utf-8"))
#: The text around a line; it names nobody.
TEXT = (
    "The old stone bridge across the bay reopened on Tuesday after eleven months of repairs.",
    "Traders on both sides had complained of lost business while the crossing was shut.",
    "The city says that the arches will now hold for another century, and the first bus crossed at dawn.",
)


def params(rows: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(row, id=row["label"]) for row in rows]


@pytest.mark.parametrize("case", params(ROWS))
def test_the_translator_in_a_line(case: dict[str, Any]) -> None:
    assert translator_in(case["text"], default()) == case["translator"]


@pytest.mark.parametrize("case", params([row for row in ROWS if row["translator"]]))
def test_a_translator_is_no_author(case: dict[str, Any]) -> None:
    assert names(case["text"], default()) == names(case["text"], default(), printed=False) == []


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("By John Roe. Translation: Jane Doe", ["John Roe"]),
        ("By John Roe Translated by Jane Doe", ["John Roe"]),
        ("John Roe (translated by Jane Doe)", ["John Roe"]),
        ("作者：张三 译者：李四", ["张三"]),
        ("Автор: Иван Петров. Перевод: Анна Иванова", ["Иван Петров"]),
        ("Translated by Jane Doe, by John Roe", ["John Roe"]),
        ("By Jane Transue", ["Jane Transue"]),
        ("Anne Dịch", ["Anne Dịch"]),
        ("By Jane Doe, translator, and John Roe, editor", ["Jane Doe", "John Roe"]),
        ("By Jane Doe, translator", ["Jane Doe"]),
        ("Por Ana García, traductora, y Juan Pérez", ["Ana García", "Juan Pérez"]),
        ("Translators Without Borders", ["Translators Without Borders"]),
    ],
)
def test_a_translator_beside_the_author(byline: str, authors: list[str]) -> None:
    assert names(byline, default()) == authors


@pytest.mark.parametrize(
    "line",
    [
        "Translated by Jane Doe",
        "Traducción de Ana García",
        "Übersetzung: Anna Schmidt",
        "翻訳：山田太郎",
        "ترجمه: علی رضایی",
    ],
)
@pytest.mark.parametrize("is_above", [True, False])
def test_the_line_is_no_text_and_no_origin(line: str, is_above: bool) -> None:
    lines = (line, *TEXT) if is_above else (*TEXT, line)
    body = "".join(f"<p>{one}</p>" for one in lines)
    article = extract(
        html=f"<h1>The bridge reopens</h1><article>{body}</article>", url="https://blog.example/bridge"
    )
    assert article.article_body.split("\n\n") == [*TEXT]
    assert (article.origin, article.authors) == (None, ())
    assert [block.label for block in article.blocks if block.text == line] == ["byline"]


@pytest.mark.parametrize("line", ["Translation: we are all doomed.", "Übersetzung: Wir wissen es nicht."])
def test_prose_stays(line: str) -> None:
    body = "".join(f"<p>{one}</p>" for one in (*TEXT, line))
    article = extract(
        html=f"<h1>The bridge reopens</h1><article>{body}</article>", url="https://blog.example/bridge"
    )
    assert article.article_body.split("\n\n") == [*TEXT, line]


def test_a_listed_paper_that_translated_is_the_origin() -> None:
    body = "".join(f"<p>{one}</p>" for one in (*TEXT, "Translated from The Guardian"))
    article = extract(
        html=f"<h1>The bridge reopens</h1><article>{body}</article>", url="https://blog.example/bridge"
    )
    assert article.origin is not None
    assert article.origin.name == "The Guardian"


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("<h1>Lost in Translation</h1><a rel=author href=/jane>Jane Doe</a>", ["Jane Doe"]),
        ("<h1>The bridge</h1><p>Translation: <a rel=author href=/jane>Jane Doe</a></p>", []),
        ("<h1>The bridge</h1><p>Translation <a rel=author href=/jane>Jane Doe</a></p>", []),
    ],
)
def test_a_headline_about_translation_names_no_translator(byline: str, authors: list[str]) -> None:
    body = "".join(f"<p>{one}</p>" for one in TEXT)
    article = extract(html=f"<article>{byline}<div>{body}</div></article>", url="https://blog.example/bridge")
    assert [author.name for author in article.authors] == authors


@pytest.mark.parametrize("role", ROLES)
def test_a_word_has_its_role_in_capitals_too(role: Role) -> None:
    """Also "συντάκτης", "yazı" and words that hold a dash or an "and" of some language: "fact-checking", "mise en page"."""
    labels = credit_labels._labels(default())
    own = [word for row in default().metadata["credit_lines"][role].values() for word in row]
    for word in own:
        assert {labels.role_of(spelling) for spelling in (word, word.upper(), word.capitalize())} == {role}


CREDITS = json.loads(CASES.with_name("credit-lines.json").read_text(encoding="utf-8"))


def with_line(line: str, *, is_above: bool) -> Article:
    lines = (line, *TEXT) if is_above else (*TEXT, line)
    body = "".join(f"<p>{one}</p>" for one in lines)
    return extract(
        html=f"<h1>The bridge reopens</h1><article>{body}</article>", url="https://blog.example/bridge"
    )


@pytest.mark.parametrize("is_above", [True, False])
@pytest.mark.parametrize("case", [pytest.param(case, id=case["text"]) for case in CREDITS])
def test_who_did_what(case: dict[str, Any], is_above: bool) -> None:
    article = with_line(case["text"], is_above=is_above)
    if case["authors"] is not None:
        assert [author.name for author in article.authors] == case["authors"]
    is_agency = case["text"].strip("(").startswith("Reporting by")  # so Reuters ends its texts
    origin = case.get("origin", "Reuters" if is_agency and not is_above else "")
    assert (article.origin.name if article.origin else "") == origin
    assert (case["text"] in article.article_body) == case.get("is_text", False)


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ("Text: Jane Doe / Fotos: John Roe", ["Jane Doe"]),
        ("Jane Doe (Text), John Roe (Fotos)", ["Jane Doe"]),
        ("Jane Doe (texte) et John Roe (photos)", ["Jane Doe"]),
        ("Jane Doe and Ann Poe (words), John Roe (pictures)", ["Jane Doe", "Ann Poe"]),
        ("Photos by John Roe; words by Jane Doe", ["Jane Doe"]),
        ("Jane Doe (Dublin)", ["Jane Doe"]),
        ("Jane Doe (Redaktion), John Roe (Fotos)", ["Jane Doe"]),
        ("Jane Doe (editor) and John Roe (editor)", ["Jane Doe", "John Roe"]),
        ("Jane Doe (text), John Roe (editor)", ["Jane Doe"]),
        ("Jane Doe (photos), John Roe (video)", []),
        ("王小明（文）、李大明（摄影）", ["王小明"]),
        ("Writing by Jane Doe in Salvo, North Carolina; Editing by John Roe", ["Jane Doe"]),
    ],
)
@pytest.mark.parametrize("is_printed", [True, False])
def test_only_who_wrote_is_an_author(byline: str, authors: list[str], is_printed: bool) -> None:
    assert names(byline, default(), printed=is_printed) == authors


@pytest.mark.parametrize(
    ("declared", "authors"),
    [
        ("Photos: Ann Roe", []),
        ("Фото: Анна Иванова", []),
        ("Jane Doe, Photos: Ann Roe", ["Jane Doe"]),
        ("Jane Doe; Foto: Ann Roe", ["Jane Doe"]),
        ("Foto: Ann Roe, Jane Doe", ["Jane Doe"]),
        ("Text: Jane Doe", ["Jane Doe"]),
        ("Editor: Jane Doe", ["Jane Doe"]),
        ("Project: Harbour", ["Project: Harbour"]),
    ],
)
def test_a_label_of_pictures_is_no_part_of_an_authors_name(declared: str, authors: list[str]) -> None:
    assert names(declared, default(), printed=False) == authors
