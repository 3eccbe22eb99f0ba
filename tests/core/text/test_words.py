"""Words, sentences and scripts of many languages, as data."""

from __future__ import annotations

import re

import pytest

from newsarchive.core.text import scripts
from newsarchive.core.text.scripts import TIBETAN, UNSPACED, has_unspaced, is_caseless
from newsarchive.core.text.words import comparable_words, count_words, ends_sentence, sentences, statements
from newsarchive.db import query_language

#: Text, words that readers are told, words that can be compared with those of another language.
COUNTS = [
    ("", 0, 0),
    ("It rained in Beijing today.", 5, 5),
    ("Señor García no vino.", 4, 4),
    ("今天北京下雨了。", 7, 4),
    ("東京とソウル", 6, 3),
    ("오늘 서울에 비가 왔다.", 4, 4),
    ("Reuters 路透社", 4, 3),
    ("सरकार ने मंगलवार को नई नीति लागू की।", 8, 8),
    ("புதிய கொள்கை அடுத்த மாதம் வரும்.", 5, 5),
    ("a re\u0301sume\u0301 of", 3, 3),
    ("“Ja”, said Mr. O’Neill – (quietly) – and/or not…", 7, 8),
    ("— * « » …", 0, 0),
    ("snake_case __init__ 3.5-litre", 3, 3),
]


@pytest.mark.parametrize(("text", "told", "comparable"), COUNTS)
def test_words(text: str, told: int, comparable: int) -> None:
    assert count_words(text) == told
    assert comparable_words(text) == comparable


def test_characters_of_a_long_text_are_counted_as_those_of_a_short_one() -> None:
    text = "Tokyo 東京, กรุงเทพ és あ 한 😀 "
    for blocks in (scripts.HAN_AND_KANA_BLOCKS, scripts.SOUTHEAST_ASIAN_BLOCKS, scripts.UNSPACED_BLOCKS):
        assert scripts.count_of(text * 400, blocks) == 400 * scripts.count_of(text, blocks) > 0
    assert not ends_sentence("ฝน" * 40)
    assert ends_sentence("ฝน" * 400)


@pytest.mark.parametrize("char", "กເမខあアｱ々〆〇ㇰ中㐀豈𠀀")
def test_written_without_spaces(char: str) -> None:
    assert has_unspaced(char)
    assert re.fullmatch(f"[{UNSPACED}]", char)
    assert query_language.UNSPACED.fullmatch(char)


@pytest.mark.parametrize("char", "aéя한אعअ0。、")
def test_written_with_spaces_or_no_letter(char: str) -> None:
    assert not has_unspaced(char)


def test_tibetan_parts_syllables_but_not_words() -> None:
    assert not has_unspaced("བོད")
    assert re.fullmatch(f"[{TIBETAN}]", "བ")
    assert query_language.UNSPACED.fullmatch("བ")


@pytest.mark.parametrize(
    ("text", "caseless"), [("الخبر", True), ("新聞", True), ("2025", True), ("Heron", False), ("ß", False)]
)
def test_capitals(text: str, caseless: bool) -> None:
    assert is_caseless(text) is caseless


@pytest.mark.parametrize(
    ("text", "ends"),
    [("It rained.", True), ("下雨了。", True), ("क्या हुआ।", True), ("Recent Posts", False), ("ฝน" * 50, True), ("ข่าว", False),
     ("မိုးရွာသည်။", True), ("ភ្លៀងធ្លាក់។", True), ("ཆར་པ་བབས།", True), ("वर्षा अभवत्॥", True),
     ("Il dit : « Oui. »", True), ("Il dit : « Oui.\u202f»", True), ("Plus »", False)],
)  # fmt: skip
def test_ends_of_sentences(text: str, ends: bool) -> None:
    assert ends_sentence(text) is ends


@pytest.mark.parametrize(
    "parts",
    [
        ("Elle dit : « Oui. »", "Puis elle part.", "« Non », dit-il."),
        ("« Vraiment\u202f?\u202f» demanda-t-elle.", "Il part."),
        ("Er sagte: »Nein.«", "»Ja!« rief sie."),
        ("It is “soft.”", "It works."),
    ],
)
def test_a_mark_that_closes_a_quotation_stays_with_its_sentence(parts: tuple[str, ...]) -> None:
    assert sentences(" ".join(parts)) == parts


@pytest.mark.parametrize(
    ("text", "whole", "fine"),
    [
        ("It rained. Nobody came!", ("It rained.", "Nobody came!"), ("It rained.", "Nobody came!")),
        ("下雨了。没有人来。", ("下雨了。", "没有人来。"), ("下雨了。", "没有人来。")),
        ("မိုးရွာသည်။ဘယ်သူမှမလာ။", ("မိုးရွာသည်။", "ဘယ်သူမှမလာ။"), ("မိုးရွာသည်။", "ဘယ်သူမှမလာ။")),
        ("बारिश हुई। कोई नहीं आया।", ("बारिश हुई।", "कोई नहीं आया।"), ("बारिश हुई।", "कोई नहीं आया।")),
        (
            "بارش ہوئی۔ کون آیا؟ کوئی نہیں۔",
            ("بارش ہوئی۔", "کون آیا؟", "کوئی نہیں۔"),
            ("بارش ہوئی۔", "کون آیا؟", "کوئی نہیں۔"),
        ),
        ("By Dr. Lund | The Heron", ("By Dr.", "Lund | The Heron"), ("By Dr. Lund", "The Heron")),
    ],
)
def test_splitting(text: str, whole: tuple[str, ...], fine: tuple[str, ...]) -> None:
    assert sentences(text) == whole
    assert tuple(statements(text)) == fine
