"""Labels of charsets that pages invent leave nothing behind."""

from __future__ import annotations

import encodings

from newsarchive.core.encoding.charsets import MAX_REMEMBERED_LABELS, whatwg_label
from newsarchive.core.encoding.decoding import decode


def test_python_is_not_asked_for_a_label_that_no_codec_has() -> None:
    kept: dict[str, object] = encodings._cache  # type: ignore[attr-defined]
    decode(b"caf\xe9", "text/html")
    before = len(kept)
    for number in range(2 * MAX_REMEMBERED_LABELS):
        page = f'<meta charset="invented-{number}"><p>caf'.encode() + b"\xe9"
        assert decode(page, "text/html").text.endswith("café")
    assert len(kept) == before
    assert whatwg_label.cache_info().currsize <= MAX_REMEMBERED_LABELS


def test_the_spellings_of_a_label_that_python_knows_are_understood() -> None:
    spellings = ("ISO_8859-15", "l9", "latin_9", "windows-1250", "x-cp1250", "koi8 r", "windows_1257")
    assert [whatwg_label(label) for label in spellings] == [
        "iso8859-15", "iso8859-15", None, "cp1250", None, "koi8-r", "cp1257",
    ]  # fmt: skip
