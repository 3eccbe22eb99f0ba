"""Charset tables: the way back from text to bytes, and labels as browsers read them."""

from __future__ import annotations

import pytest

from newsarchive.core.encoding.charsets import (
    LABELS_OF_CODEC,
    SINGLE_BYTE,
    Charset,
    charset,
    charsets,
    whatwg_label,
)


@pytest.mark.parametrize("name", SINGLE_BYTE)
def test_each_byte_finds_back(name):
    table = charset(name)
    own = {b: c for b, c in enumerate(table.decoded) if b >= 0x80 and c != "\ufffd"}
    assert table.to_bytes("".join(own.values())) == bytes(own)


def test_undefined_bytes_have_both_spellings():
    table = charset("windows-874")
    assert table.to_bytes("\x99") == table.to_bytes("™") == b"\x99"
    assert table.variant("โ€™") == "windows-874, its undefined bytes read as windows-1252"
    assert table.variant("โ€\x99") == "windows-874, its undefined bytes read as C1 controls"
    assert table.variant("โ€”") == "windows-874"


def test_what_a_codec_lacks_is_no_byte():
    assert charset("windows-1252").to_bytes("aЖ世\u0100") == b"a???"
    assert charset("windows-1251").to_bytes("é") == b"?"


def test_lengths_are_kept():
    text = "naïve Ж 世界 \U0001f600 ๐Ÿฉท"
    assert all(len(c.to_bytes(text)) == len(text) for c in charsets())


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        (" latin1 ", "cp1252"),
        ("gb2312", "gb18030"),
        ("tis-620", "cp874"),
        ("Shift_JIS", "cp932"),
        ("euc-kr", "cp949"),
        ("utf8", "utf-8"),
        ("koi8-r", "koi8-r"),
        ("x-cp1251", "cp1251"),
        ("iso88591", "cp1252"),
        ("csBig5", "big5hkscs"),
        ("KS_C_5601-1989", "cp949"),
        ("csISOLatin9", "iso8859-15"),
        ("l5", "cp1254"),
        ("rot13", None),
        ("no such charset", None),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label, codec):
    assert whatwg_label(label) == codec


def test_each_label_means_one_codec_that_python_has():
    labels = [label for labels in LABELS_OF_CODEC.values() for label in labels.split()]
    assert len(labels) == len(set(labels))
    assert all("a".encode(codec).decode(codec) == "a" for codec in LABELS_OF_CODEC)


@pytest.mark.parametrize("codec", charsets(), ids=lambda codec: codec.name)
def test_a_text_becomes_the_bytes_of_all_spellings_of_its_characters(codec: Charset) -> None:
    """Python's own table has one character for each byte; the others must not be lost."""
    others = [chr(code) for code in codec.inverse if chr(code) not in codec.decoded]
    for text in (
        *map(chr, codec.inverse),
        "".join(others),
        f"a?{others[0] if others else ''}",
        "?\ufffe\U0001f600",
    ):
        assert codec.to_bytes(text) == bytes(
            codec.inverse.get(ord(c), ord(c) if c < "\x80" else 0x3F) for c in text
        )
