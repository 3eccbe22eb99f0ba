"""Ways in which a line gets damaged, by group, as functions of one line.

A damage gives the damaged line, or `None` for a line that it cannot befall (a character that the
codec does not have, nothing to lose).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from html.entities import codepoint2name

from newsarchive.core.encoding.charsets import SINGLE_BYTE

Damage = Callable[[str], str | None]

MULTI = {"gbk": "gbk", "gb18030": "gb18030", "big5": "big5", "cp932": "cp932", "cp949": "cp949"}

#: Two layers, one of them in a multi-byte codec: the first wrong codec, the second.
MULTI_LAYERS = (
    ("cp1252", "gbk"),
    ("latin-1", "gbk"),
    ("cp1251", "gbk"),
    ("gbk", "cp1252"),
    ("gbk", "latin-1"),
    ("latin-1", "cp932"),
)

#: Legacy text read with another legacy codec: languages, true codec, wrong codecs.
LEGACY = (
    ("ru bg uk", "cp1251", "cp1252 koi8-r cp866 mac-roman iso8859-5 mac-cyrillic"),
    ("ru bg", "koi8-r", "cp1251 cp1252 cp866"),
    ("ru bg", "cp866", "cp1251 cp1252"),
    ("ru bg", "iso8859-5", "cp1251 cp1252"),
    ("ru bg", "mac-cyrillic", "cp1251 mac-roman"),
    ("el", "cp1253", "cp1252 cp1251"),
    ("el", "iso8859-7", "latin-1 cp1252"),
    ("he", "cp1255", "cp1252"),
    ("ar fa", "cp1256", "cp1252"),
    ("th", "cp874", "cp1252"),
    ("tr", "cp1254", "cp1252"),
    ("pl cs hu hr ro", "cp1250", "cp1252 iso8859-2 cp852"),
    ("pl cs hu hr", "iso8859-2", "cp1252 cp1250"),
    ("pl cs hu hr", "cp852", "cp1250 cp1252"),
    ("lt", "cp1257", "cp1252"),
    ("de fr es it pt sv da no fi is", "cp1252", "mac-roman cp437 cp850 cp1251 cp1250"),
    ("de fr es it pt sv", "cp850", "cp1252"),
    ("de fr es it pt sv", "cp437", "cp1252"),
    ("de fr es it pt sv", "mac-roman", "cp1252"),
)

#: Chinese, Japanese and Korean legacy text read with single-byte codecs: languages, true codec, wrong codecs.
CJK_LEGACY = (
    ("zh-hans", "gb18030", "latin-1 cp1252 cp1251 mac-roman"),
    ("zh-hant", "big5", "latin-1 cp1252 cp1250"),
    ("ja", "cp932", "latin-1 cp1252 cp437"),
    ("ja", "euc_jp", "latin-1 cp1252 koi8-r"),
    ("ko", "cp949", "latin-1 cp1252 cp1251"),
)


@dataclass(frozen=True)
class Cell:
    """One way of damage; `languages` is empty where it befalls every language.

    `without` is the same damage without anything lost, where bytes can be.
    """

    group: str
    name: str
    damage: Damage
    languages: frozenset[str] = frozenset()
    without: Damage | None = None


def cells() -> Iterator[Cell]:
    yield from _single()
    for name, codec in MULTI.items():
        yield Cell("multi-byte", name, partial(_multi, codec=codec))
    for name, codec in MULTI.items():
        for errors, how in (("replace", "U+FFFD"), ("ignore", "gone")):
            damage = partial(_multi, codec=codec, errors=errors)
            yield Cell("multi-byte, bytes lost", f"{name}, {how}", damage)
    yield from _layers()
    for first, second in MULTI_LAYERS:
        yield Cell("layers, multi-byte", f"{first} + {second}", partial(_stacked, first=first, second=second))
    for group, table in (("legacy", LEGACY), ("CJK legacy", CJK_LEGACY)):
        for languages, true, wrongs in table:
            for wrong in wrongs.split():
                damage = partial(_legacy, true=true, wrong=wrong)
                yield Cell(group, f"{true} as {wrong}", damage, frozenset(languages.split()))
    yield from _lost()


def wrong_table(codec: str, undefined: str) -> list[str]:
    """Byte → character in the wrong codec; undefined bytes as `c1`, `cp1252`, or a given text."""
    table = []
    for byte in range(256):
        char = bytes([byte]).decode(codec, "replace")
        if char == "\ufffd":
            as_windows = bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte))
            char = {"c1": chr(byte), "cp1252": as_windows}.get(undefined, undefined)
        table.append(char)
    return table


def misread(line: str, table: list[str]) -> str | None:
    if line.isascii():
        return None
    return "".join(table[b] for b in line.encode())


def _single() -> Iterator[Cell]:
    for name, codec in SINGLE_BYTE.items():
        for undefined in ("c1", "cp1252") if codec == "cp874" else ("c1",):
            label = f"{name}, {undefined}" if codec == "cp874" else name
            yield Cell("single-byte", label, partial(misread, table=wrong_table(codec, undefined)))


def _multi(line: str, codec: str, errors: str = "strict") -> str | None:
    if line.isascii():
        return None
    try:
        return line.encode().decode(codec, errors)
    except UnicodeDecodeError:
        return None


def _stacked(line: str, first: str, second: str) -> str | None:
    """UTF-8 read with two codecs, one over the other; a multi-byte codec is named as in `MULTI`."""
    for codec in (first, second):
        damaged = _multi(line, codec) if codec in MULTI else misread(line, wrong_table(codec, "c1"))
        if damaged is None:
            return None
        line = damaged
    return line


def _layers() -> Iterator[Cell]:
    table = {name: wrong_table(codec, "c1") for name, codec in SINGLE_BYTE.items()}
    chains = [(name, name) for name in SINGLE_BYTE]
    chains += [
        ("windows-1252", o) for o in ("iso-8859-1", "windows-1251", "macintosh", "windows-1250", "cp437")
    ]
    chains += [(o, "windows-1252") for o in ("iso-8859-1", "windows-1251", "macintosh", "windows-874")]
    chains += [
        (n, n, n) for n in ("windows-1252", "iso-8859-1", "windows-1251", "windows-874", "windows-1250")
    ]
    chains += [("windows-1252", "windows-1252", "iso-8859-1"), ("iso-8859-1", "windows-1252", "windows-1252")]
    for chain in chains:
        yield Cell("layers", " + ".join(chain), partial(_chained, tables=[table[n] for n in chain]))


def _chained(line: str, tables: list[list[str]]) -> str | None:
    if line.isascii():
        return None
    for table in tables:
        line = misread(line, table) or line
    return line


def _legacy(line: str, true: str, wrong: str) -> str | None:
    if line.isascii():
        return None
    try:
        table = wrong_table(wrong, "c1")
        return "".join(table[b] for b in line.encode(true))
    except UnicodeEncodeError:
        return None


def _lost() -> Iterator[Cell]:
    for codec in ("cp874", "cp1252", "cp1253", "cp1255", "cp1257", "cp1250"):
        whole = partial(misread, table=wrong_table(codec, "c1"))
        for how, spelling in (("gone", ""), ("U+FFFD", "\ufffd"), ("?", "?")):
            damage = partial(_losing, codec=codec, spelling=spelling)
            yield Cell("lost bytes", f"{codec}, undefined bytes {how}", damage, without=whole)
    for codec in ("cp1252", "latin-1", "cp1251", "cp1250"):
        whole = partial(misread, table=wrong_table(codec, "c1"))
        for name, lost, by, languages in (
            ("nbsp as space", "\xa0", " ", ""),
            ("white space folded", "[ \xa0]+", " ", "fr it pt vi"),
            ("no soft hyphens", "\xad", "", ""),
        ):
            damage = partial(_replacing, codec=codec, lost=re.compile(lost), by=by)
            yield Cell("lost bytes", f"{codec}, {name}", damage, frozenset(languages.split()), without=whole)
    yield Cell("entities", "named, windows-1252", _entities)


def _losing(line: str, codec: str, spelling: str) -> str | None:
    return misread(line, wrong_table(codec, spelling))


def _replacing(line: str, codec: str, lost: re.Pattern[str], by: str) -> str | None:
    damaged = misread(line, wrong_table(codec, "c1"))
    return damaged and lost.sub(by, damaged)


def _entities(line: str) -> str | None:
    damaged = misread(line, wrong_table("cp1252", "c1"))
    if not damaged or re.search("[\x80-\x9f]", damaged):
        return None
    escaped = damaged.encode("ascii", "xmlcharrefreplace").decode()
    names = {f"&#{code};": f"&{name};" for code, name in codepoint2name.items() if code > 127}
    return re.sub(r"&#\d+;", lambda m: names.get(m[0], m[0]), escaped)
