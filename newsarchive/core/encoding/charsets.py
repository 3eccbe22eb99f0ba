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
from encodings import normalize_encoding
from encodings.aliases import aliases
from functools import cache, lru_cache

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

#: Labels of charsets whose meaning is remembered; sites use few, and a page may invent its own.
MAX_REMEMBERED_LABELS = 1024
#: Encodings other than UTF-8 that a page may be written in: those that browsers read, and the same ones under another
#: name (https://encoding.spec.whatwg.org/#names-and-labels).
PAGE_ENCODINGS = (
    "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255",
    "windows-1256", "windows-1257", "windows-1258", "windows-874", "tis-620", "iso-8859-1", "iso-8859-2",
    "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-9",
    "iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16", "koi8-r", "koi8-u",
    "macintosh", "mac-cyrillic", "ibm866", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "euc-jp",
    "iso-2022-jp", "shift_jis", "cp932", "euc-kr", "cp949",
)  # fmt: skip

#: Bytes that a later edition of a codec, or another vendor's, reads as another character.
_OTHER_EDITIONS = {
    "macintosh": {0xDB: "¤"},
    "x-mac-cyrillic": {0xA2: "Ґ", 0xB6: "ґ", 0xFF: "¤"},
    "iso-8859-7": {0xA1: "ʽ", 0xA2: "ʼ"},
    "windows-1255": {0xA4: "¤"},
}


@dataclass(frozen=True, eq=False)
class Charset:
    """A single-byte codec, seen from the text that it made.

    `decoded` is the character of each of the 256 bytes. `inverse` maps a code point to its byte, for `str.translate`;
    a code point below 0x100 that the codec does not have maps to 0x3F, so that it does not pass for a byte. `undefined`
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
        return text.translate(self.inverse).encode("latin-1", "replace")

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
            if inverse.setdefault(ord(char), byte) == byte and not _is_own(name, char):
                spare.setdefault(char, how)
    for byte in range(0x80, 256):
        inverse.setdefault(byte, 0x3F)
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


def _is_own(name: str, char: str) -> bool:
    """Whether the codec itself reads a byte as this C1 control, as codecs of ISO do."""
    return _is_c1(char) and name.startswith(("iso-", "tis-"))


@lru_cache(maxsize=MAX_REMEMBERED_LABELS)
def whatwg_label(label: str) -> str | None:
    """The Python codec that a browser takes for a charset label, `None` for a label that browsers do not know.

    A label of ASCII or Latin-1 means windows-1252 (Encoding Standard, 4.2):

    >>> whatwg_label("ISO-8859-1")
    'cp1252'
    """
    label = label.strip().strip("\"'").lower()
    if label in _LABELS:
        return _LABELS[label]
    if not _may_be_codec(label):
        return None
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return _LABELS.get(name, name) if name in _page_codecs() else None


def _may_be_codec(label: str) -> bool:
    """Whether Python may know a label as one of `_page_codecs`. Of each label that it is asked for and does not know it keeps
    a note for ever, after it looked for a file of that name: pages invent labels."""
    name = normalize_encoding(label.lower())
    return name in _names_of_codecs() or name.replace(".", "_") in _names_of_codecs()


@cache
def _names_of_codecs() -> frozenset[str]:
    """Python's names of codecs, as `encodings.normalize_encoding` spells them."""
    return frozenset(aliases) | frozenset(map(normalize_encoding, (*PAGE_ENCODINGS, *_page_codecs())))


@cache
def _page_codecs() -> frozenset[str]:
    """The Python codecs of `PAGE_ENCODINGS`. Python has a hundred more, in which no page is written, and some of which
    are no charsets at all (`rot13`, `zip`, `idna`)."""
    return frozenset(codecs.lookup(_LABELS.get(name, name)).name for name in PAGE_ENCODINGS)


#: Charset label → the Python codec that browsers take for it.
_LABELS = {
    **dict.fromkeys(("ascii", "us-ascii", "ansi", "latin1", "latin-1", "iso-8859-1", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("iso_8859-1", "windows-1252", "x-cp1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5", "iso8859-9", "windows-1254"), "cp1254"),
    **dict.fromkeys(("iso-8859-11", "iso8859-11", "tis-620", "windows-874"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "x-gbk", "chinese", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "cn-big5", "x-x-big5", "big5hkscs"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "korean", "ksc5601", "euc_kr", "windows-949"), "cp949"),
    **dict.fromkeys(("unicode", "utf-16", "utf-16le", "ucs-2", "iso-10646-ucs-2"), "utf-16-le"),
    **dict.fromkeys(("utf-16be", "unicodefffe"), "utf-16-be"),
    **dict.fromkeys(("utf8", "utf-8", "unicode-1-1-utf-8", "x-unicode20utf8"), "utf-8"),
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "x-euc-jp": "euc_jp",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "dos-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "logical": "iso8859-8",
    "visual": "iso8859-8",
}
