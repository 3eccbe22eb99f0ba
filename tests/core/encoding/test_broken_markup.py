"""Markup that a translator broke is mended or goes; what a page shows on purpose stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.encoding.broken_markup import broken_markup_edits
from newsarchive.core.encoding.step import repair_texts
from newsarchive.edits import replay
from newsarchive.rules import default


def mended(*texts: str) -> list[str]:
    edits = broken_markup_edits(texts)
    return [replay(text, edits.get(number, [])) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("He said & quot; no & quot; and left.", 'He said "no" and left.'),
        ("El barco & #8220; Aurora & #8221; salió.", "El barco “Aurora” salió."),
        ("La madre dijo: & laquo; no lo sé & raquo; y cerró.", "La madre dijo: «no lo sé» y cerró."),
        ("It & # 39; s late, and he didn & # 39; t wait.", "It's late, and he didn't wait."),
        ("L & rsquo; été fut long.", "L’été fut long."),
        ("Smith & amp; Sons", "Smith & Sons"),
        ("Les prix & nbsp; montent", "Les prix montent"),
        ("Les prix &amp; nbsp; montent &amp; ndash; vite", "Les prix montent – vite"),
        ("fino alle & nbsp;", "fino alle"),
        ("in &quot ; Ferry &quot ; und", 'in "Ferry" und'),
        ("A long day.</ p>< p>Nobody knew.", "A long day. Nobody knew."),
        ("< p > Hola < / p > < p > Adiós < / p >", "Hola Adiós"),
        ("The minister < strong > said no < / strong > and left.", "The minister said no and left."),
        ('See < a href = "https://x.example" > here < / a >.', "See here."),
        ("<! - wp: paragraph -> Der Rat kam. <! - / wp: paragraph ->", "Der Rat kam."),
    ],
)
def test_what_is_mended(before: str, after: str) -> None:
    assert mended(before) == [after]
    assert repair_texts([before], default())[0].text == after
    assert mended(after) == [after]


def test_a_word_or_a_letter_is_markup_beside_markup_that_is_sure() -> None:
    assert mended("Dix & euro; de plus & nbsp; hier", "< p > Hola") == ["Dix € de plus hier", "Hola"]


def test_numbers_in_place_of_tags() -> None:
    before = "[19459002] El alcalde [19459003]dijo que no[19459004]. [19459005][19459006]Fin (19459007)Otra"
    assert mended(before) == ["El alcalde dijo que no. Fin Otra"]
    assert mended("[19659001] Le maire", "【19659002】a dit non.") == ["Le maire", "a dit non."]


@pytest.mark.parametrize(
    "texts",
    [
        ("R & D and AT & T wait for an answer; Tom & Jerry too.",),
        ("a < b; c > d & e ; f",),
        ("He paid < 5 euros > and left", "x </ y"),
        ("Write & quot; for a quotation mark in HTML.",),
        ("A tag such as < p > begins a paragraph.",),
        ("Siderophores of P. entomophila [19459056] are known.",),
        ("As was shown [19459056, 25895945] and again [19459987].",),
        ("Q & A; Marks & Spencer ; Procter & Gamble;",),
        ("& unknown; & abc;",),
        ("Fish &amp; chips; bread &amp; butter",),
        (
            "The dollar & euro; the pound & yen fell.",
            "Exports & trade; tourism",
            "News & Times; Post & Courier",
        ),
        ("Press < b > to go back, or < a > to go on.", "It holds where x < p > y.", "if a < i > b"),
        ("",),
    ],
)
def test_what_stays(texts: tuple[str, ...]) -> None:
    assert mended(*texts) == list(texts)


@pytest.mark.parametrize(
    "text",
    ["& " * 20_000, "< " * 20_000 + "p", "< a href = " * 5_000, "[19459001 " * 5_000, "&amp; " * 9_000],
)
def test_long_texts_take_no_long_time(text: str) -> None:
    assert len(mended(text)[0]) <= len(text)


@given(st.text("&;#<>/ p39quotamb[]1945600.\n", max_size=60))
def test_a_mended_text_stays(text: str) -> None:
    once = mended(text)
    assert mended(*mended(*once)) == mended(*once)


def test_tags_that_were_written_as_references_go_too() -> None:
    before = "& lt; strong & gt; The ferry & lt; / strong & gt; came late."
    (repaired,) = repair_texts([before], default())
    assert repaired.text == "The ferry came late."
    assert replay(before, repaired.edits) == repaired.text
    assert repair_texts([repaired.text], default())[0].edits == ()
