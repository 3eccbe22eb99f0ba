"""Charset tables: which wrong codecs pages are read with, and the way back from text to bytes.

>>> charset("windows-1252").to_bytes("â€™").decode()
'’'

Names are WHATWG's where it has one (https://encoding.spec.whatwg.org/), else IANA's or Python's. A browser reads a byte
that a codec leaves undefined as a C1 control, and other software reads it as windows-1252 does. The way back to bytes
accepts both spellings.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

#: Single-byte codecs that UTF-8 is read with, by mistake: name → Python codec. The order breaks ties: where two codecs
#: explain a text equally well, the one more often met comes first.
SINGLE_BYTE = {
    "windows-1252": "cp1252",
    "iso-8859-1": "latin-1",
    "windows-1251": "cp1251",
    "windows-1250": "cp1250",
    "windows-874": "cp874",
    "windows-1254": "cp1254",
    "windows-1253": "cp1253",
    "windows-1256": "cp1256",
    "windows-1255": "cp1255",
    "windows-1257": "cp1257",
    "windows-1258": "cp1258",
    "iso-8859-15": "iso8859-15",
    "iso-8859-2": "iso8859-2",
    "iso-8859-5": "iso8859-5",
    "iso-8859-7": "iso8859-7",
    "iso-8859-8": "iso8859-8",
    "iso-8859-9": "iso8859-9",
    "tis-620": "tis-620",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "cp437": "cp437",
    "cp850": "cp850",
    "cp852": "cp852",
    "ibm866": "cp866",
}

#: Multi-byte codecs that UTF-8 is read with, by mistake: name → Python codec.
MULTI_BYTE = {"gb18030": "gb18030", "big5": "big5", "shift_jis": "cp932", "euc-kr": "cp949"}

#: What stands for a byte without a character in a table of `codecs.charmap_build`.
_NO_CHARACTER = "\ufffe"
#: Bytes that a later edition of a codec, or another vendor's, reads as another character.
_OTHER_EDITIONS = {
    "macintosh": {0xDB: "¤"},
    "x-mac-cyrillic": {0xA2: "¢", 0xB6: "∂", 0xFF: "¤"},
    "iso-8859-7": {0xA1: "ʽ", 0xA2: "ʼ"},
    "windows-1255": {0xA4: "¤"},
}


@dataclass(frozen=True, eq=False)
class Charset:
    """A single-byte codec, seen from the text that it made.

    `decoded` is the character of each of the 256 bytes. `inverse` maps a code point beyond ASCII to its byte. `undefined`
    holds the bytes that the codec does not define. `spare` says of each character that stands for an undefined byte
    how that byte was read: as a C1 control, or as windows-1252 reads it.
    """

    name: str
    decoded: tuple[str, ...]
    inverse: Mapping[int, int] = field(repr=False)
    undefined: frozenset[int]
    spare: Mapping[str, str]

    def to_bytes(self, text: str) -> bytes:
        """One byte for each character: 0x3F for a character that the codec does not have."""
        raw = codecs.charmap_encode(text, "replace", self._first_spellings)[0]
        if b"?" in raw and not self._other_spellings.isdisjoint(text):
            return codecs.charmap_encode(text, "replace", self._bytes)[0]
        return raw

    @cached_property
    def _first_spellings(self) -> Any:
        """Python's own table of 256 characters, by which a text is read back in a tenth of the time of a mapping, or less."""
        chars = [*map(chr, range(0x80)), *[_NO_CHARACTER] * 0x80]
        for code, byte in self.inverse.items():
            if chars[byte] == _NO_CHARACTER:
                chars[byte] = chr(code)
        return codecs.charmap_build("".join(chars))

    @cached_property
    def _other_spellings(self) -> frozenset[str]:
        """The characters of bytes that others stand for in that table."""
        known = self._first_spellings
        others = (
            char
            for char in map(chr, self.inverse)
            if codecs.charmap_encode(char, "replace", known)[0] == b"?"
        )
        return frozenset(others)

    @cached_property
    def _bytes(self) -> dict[int, int]:
        return {code: code for code in range(0x80)} | dict(self.inverse)

    def to_text(self, raw: bytes) -> str:
        """One character for each byte: U+FFFD for a byte that Python does not define in the codec."""
        return "".join(map(self.decoded.__getitem__, raw))

    def variant(self, text: str) -> str:
        """The codec's name for `Edit.rule`, with how `text` spells undefined bytes, where it has any."""
        if self.spare.keys().isdisjoint(text):
            return self.name
        spellings = {self.spare[c] for c in text if c in self.spare}
        return f"{self.name}, its undefined bytes read as {' and '.join(sorted(spellings))}"


@cache
def charset(name: str) -> Charset:
    """The table of a codec of `SINGLE_BYTE`, by its name there. Raises `KeyError` for another name."""
    codec = SINGLE_BYTE[name]
    decoded = tuple(bytes(range(256)).decode(codec, "replace"))
    undefined = {b for b in range(0x80, 256) if decoded[b] == "\ufffd" or _is_c1(decoded[b])}
    inverse = {ord(c): b for b, c in enumerate(decoded) if b >= 0x80 and c != "\ufffd"}
    inverse |= {ord(c): b for b, c in _OTHER_EDITIONS.get(name, {}).items() if ord(c) not in inverse}
    spare: dict[str, str] = {}
    for byte in sorted(undefined):
        for char, how in _spellings(byte)[: 1 if name.startswith("iso-") else 2]:
            # Codecs of ISO read these bytes as C1 controls themselves.
            is_own = _is_c1(char) and name.startswith(("iso-", "tis-"))
            if inverse.setdefault(ord(char), byte) == byte and not is_own:
                spare.setdefault(char, how)
    return Charset(name, decoded, inverse, frozenset(undefined), spare)


@cache
def charsets() -> tuple[Charset, ...]:
    """All single-byte codecs, in the order of `SINGLE_BYTE`."""
    return tuple(charset(name) for name in SINGLE_BYTE)


def _spellings(byte: int) -> list[tuple[str, str]]:
    """The characters that an undefined byte is read as, and who reads it so."""
    as_windows = bytes([byte]).decode("cp1252", "replace")
    spellings = [(chr(byte), "C1 controls" if byte < 0xA0 else "iso-8859-1")]
    if as_windows not in ("\ufffd", chr(byte)):
        spellings.append((as_windows, "windows-1252"))
    return spellings


def _is_c1(char: str) -> bool:
    return "\x80" <= char <= "\x9f"


def whatwg_label(label: str) -> str | None:
    """The Python codec that a browser takes for a charset label, `None` for a label that browsers do not know.

    A label of ASCII or Latin-1 means windows-1252 (Encoding Standard, 4.2):

    >>> whatwg_label("ISO-8859-1")
    'cp1252'
    """
    return _LABELS.get(label.strip().strip("\"'").lower())


#: Python codec → the charset labels that browsers take for it (https://encoding.spec.whatwg.org/#names-and-labels), and four that
#: other programs write.
LABELS_OF_CODEC = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
    "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
    "iso_8859-7:1987 sun_eu_greek",
    "iso8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 "
    "iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical",
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
    "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 ansi latin-1",
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
    "windows-1254 x-cp1254",
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5 big5hkscs",
    "euc_jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso2022_jp": "csiso2022jp iso-2022-jp",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
    "windows-949 euc_kr",
    "utf-16-be": "unicodefffe utf-16be",
    "utf-16-le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
}
#: Charset label → the Python codec that browsers take for it.
_LABELS = {label: codec for codec, labels in LABELS_OF_CODEC.items() for label in labels.split()}
