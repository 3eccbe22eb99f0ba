"""Labels of charsets that pages invent leave nothing behind."""

from __future__ import annotations

import encodings

from newsarchive.core.encoding.charsets import whatwg_label
from newsarchive.core.encoding.decoding import decode


def test_python_is_not_asked_for_a_label_that_no_codec_has() -> None:
    kept: dict[str, object] = encodings._cache  # type: ignore[attr-defined]
    decode(b"caf\xe9", "text/html")
    before = len(kept)
    for number in range(200):
        page = f'<meta charset="invented-{number}"><p>caf'.encode() + b"\xe9"
        assert decode(page, "text/html").text.endswith("café")
    assert len(kept) == before


def test_a_spelling_that_python_knows_and_browsers_do_not_is_no_label() -> None:
    spellings = ("ISO_8859-15", "l9", "latin_9", "windows-1250", "x-cp1250", "koi8 r", "windows_1257")
    assert [whatwg_label(label) for label in spellings] == [
        "iso8859-15", "iso8859-15", None, "cp1250", "cp1250", None, None,
    ]  # fmt: skip
