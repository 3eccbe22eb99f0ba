"""Quotation marks that lost their last byte: which of them each was, by its place, its partner and the language of the page."""

from __future__ import annotations

import pytest

from newsarchive.core.encoding.charsets import charset
from newsarchive.core.encoding.quotation_marks import (
    CLOSING,
    INSIDE,
    OPENING,
    role_of,
    truncated_codec,
    truncated_marks,
)

#: A codec that defines the last byte of no mark: each is read as `โ€`, and its last byte is gone.
THAI = "windows-874"
#: One that loses the closing double mark alone.
WESTERN = "windows-1252"

ROLES = [
    ("n", "t", INSIDE, "don’t"),
    ("é", "s", INSIDE, "letters beyond ASCII"),
    ("5", "0", INSIDE, "digits"),
    ("ت", "ر", "", "no Latin letters: it may be a joiner"),
    (" ", "I", OPENING, "behind a space"),
    ("\n", "W", OPENING, "at the start of a line"),
    ("(", "I", OPENING, "in brackets"),
    ("-", "a", OPENING, "behind a dash"),
    (".", " ", CLOSING, "behind a sentence"),
    (",", "\n", CLOSING, "at the end of a line"),
    ("s", ")", CLOSING, "before a closing bracket"),
    ("d", "(", "", "before an opening bracket"),
    (" ", " ", "", "between spaces"),
]


@pytest.mark.parametrize(
    ("before", "behind", "role"), [one[:3] for one in ROLES], ids=[one[3] for one in ROLES]
)
def test_the_role_of_a_mark_is_told_by_its_neighbours(before: str, behind: str, role: str) -> None:
    assert role_of(before, behind) == role


#: label → codec, what stands for the lost byte, language of the page, the damaged text, the text
RESTORED = {
    "apostrophes": (THAI, "", "en", "Itโ€s the councilโ€s plan.", "It’s the council’s plan."),
    "an apostrophe behind an s": (
        THAI, "", "en", "She heard the prisonersโ€ plea and left.", "She heard the prisoners’ plea and left.",
    ),
    "one of two marks is whole": (
        THAI, "", "en", "“Yes,โ€ he said. โ€No,” she said.", "“Yes,” he said. “No,” she said.",
    ),
    "in no known language the partner of ” may be “, „ or ”": (
        THAI, "", "", "“Yes,โ€ he said. โ€No,” she said.", "“Yes,” he said. โ€No,” she said.",
    ),
    "speech in English": (
        THAI, "", "en", "โ€Yes,โ€ he said. โ€No,โ€ she said.", "“Yes,” he said. “No,” she said.",
    ),
    "speech in German": (
        THAI, "", "de", "โ€Ja,โ€ sagte er. โ€Nein,โ€ sagte sie.", "„Ja,“ sagte er. „Nein,“ sagte sie.",
    ),
    "speech in Polish": (
        THAI, "", "pl", "โ€Tak,โ€ mówi. โ€Nie,โ€ odpowiada.", "„Tak,” mówi. „Nie,” odpowiada.",
    ),
    "titles in English, which have single marks or double ones": (
        THAI, "", "en", "A โ€titleโ€ and โ€anotherโ€ one.", "A โ€titleโ€ and โ€anotherโ€ one.",
    ),
    "only the closing mark can be lost": (WESTERN, "", "en", "A “titleâ€ of a book.", "A “title” of a book."),
    "a replacement character for the byte": (
        THAI, "\ufffd", "en", "โ€\ufffdYes,โ€\ufffd he said.", "“Yes,” he said.",
    ),
    "a question mark for the byte": (THAI, "?", "en", "โ€?Yes,โ€? he said.", "“Yes,” he said."),
    "a codec that loses no mark": ("windows-1256", "", "en", "â€Yes,â€ he said.", "â€Yes,â€ he said."),
}  # fmt: skip


def restored(text: str, codec: str, spelling: str, language: str) -> str:
    """The text with its marks in place of what is left of them."""
    lossy = charset(codec)
    size = len(lossy.decoded[0xE2] + lossy.decoded[0x80] + spelling)
    found = truncated_marks(text, [], lossy, spelling, lambda: language)
    for place in sorted(found, reverse=True):
        text = text[:place] + found[place] + text[place + size :]
    return text


@pytest.mark.parametrize(
    ("codec", "spelling", "language", "damaged", "text"), RESTORED.values(), ids=RESTORED
)
def test_marks_that_lost_their_last_byte_are_restored(
    codec: str, spelling: str, language: str, damaged: str, text: str
) -> None:
    assert restored(damaged, codec, spelling, language) == text


def test_the_language_is_asked_for_only_where_it_decides() -> None:
    def asked() -> str:
        raise AssertionError("the marks say it themselves")

    text = "It’s “hereโ€ and the councilโ€s."
    assert set(truncated_marks(text, [], charset(THAI), "", asked).values()) == {"”", "’"}


def test_where_a_codec_loses_no_opening_mark_something_else_stood_at_the_start() -> None:
    found = truncated_marks("â€Yes, he said. â€No, he said", [], charset(WESTERN), "", lambda: "en")
    assert set(found.values()) == {""}


#: label → text, names of codecs in question, the codec
CODECS = {
    "two marks, each at its place": ("โ€Yes,โ€ he said.", [THAI, WESTERN], THAI),
    "several codecs begin marks so": (
        "“Yes,â€ he said. “No,â€ she said.",
        ["windows-1254", WESTERN],
        WESTERN,
    ),
    "a question mark for the byte": ("โ€?Yes,โ€? he said.", [THAI], THAI),
    "a single one may be an accident": ("โ€Yes, he said.", [THAI], None),
    "its first character stands elsewhere too": ("โ€Yes,โ€ he said. โ", [THAI], None),
    "no place of a mark": ("a โ€ b โ€ c", [THAI], None),
    "in Thai text they are letters": ("ว่าโ€ไทยโ€", [THAI], None),
    "the codec loses no mark": ("â€Yes,â€ he said.", ["windows-1256"], None),
}


@pytest.mark.parametrize(("text", "names", "codec"), CODECS.values(), ids=CODECS)
def test_the_codec_is_named_by_marks_that_stand_where_marks_stand(
    text: str, names: list[str], codec: str | None
) -> None:
    found = truncated_codec(text, names)
    if codec is None:
        assert found is None
        return
    assert found is not None
    assert found[0].name == codec
    start = found[0].decoded[0xE2] + found[0].decoded[0x80]
    assert len(found[1]) == text.count(start)
    assert all(text.startswith(start, place) for place in found[1])
