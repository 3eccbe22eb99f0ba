"""No-break spaces inside text that was read wrongly twice, which were folded into spaces: `Ã¢â€ â€™` is `→`.

The second wrong reading makes two or three characters of each character that the first one made. With windows-1252 those
of `†`, `à` and `Š` end in a no-break space, with windows-1251 those of `Р`, the most frequent character of damaged
Russian. Programs that tidy white space make plain spaces of them, and the damage falls to pieces: `Ã¢â€` looks like a quotation
mark that lost a byte.

A space is taken for a no-break space only where both readings can be undone: the whole stretch around it is UTF-8 in the
codec, and what comes out is UTF-8 in a codec again, with the restored character as a part of it. Right text does not do that by
accident.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from newsarchive.core.encoding.charsets import Charset, charset
from newsarchive.core.encoding.mojibake import UTF8
from newsarchive.core.encoding.runs import line_around

#: Codecs that a text is often read with twice. In all of them 0xA0 is the no-break space.
_NAMES = ("windows-1252", "windows-1251", "windows-1250", "windows-1254", "iso-8859-1")
#: Characters of a stretch. A longer one is looked through in parts of this length.
MAX_STRETCH_CHARACTERS = 2_000
#: Characters beyond ASCII, and spaces between them. A space before a letter of ASCII parts two words.
_STRETCH = re.compile(
    rf"[^\x00-\x7f](?:[^\x00-\x7f]| (?=[^\w\n]|[^\x00-\x7f]|\Z)){{2,{MAX_STRETCH_CHARACTERS}}}"
)
#: The beginning of a sequence, and the space that stands for its last byte.
_OPEN = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{2}) ")


def with_no_break_spaces(text: str, positions: Sequence[int]) -> str:
    """The text with no-break spaces where two wrong readings have left plain ones. Its length stays.

    They are looked for in the lines of the suspicious `positions`. A text that has no-break spaces keeps all its spaces:
    nothing has folded them.

    >>> with_no_break_spaces("A Ã¢â€ â€™ B", [2]).replace("\\xa0", "_")
    'A Ã¢â€_â€™ B'
    """
    if "\xa0" in text or not _folded().search(text):
        return text
    out, at, end = [], 0, -1
    for position in positions:
        # The break at the end of a line belongs to that line.
        if position <= end:
            continue
        start, end = line_around(text, position)
        for match in _STRETCH.finditer(text, start, end):
            if " " in match[0] and (restored := _restored(match[0])) != match[0]:
                out += [text[at : match.start()], restored]
                at = match.end()
    return "".join([*out, text[at:]]) if out else text


def _restored(stretch: str) -> str:
    for name in _NAMES:
        raw = charset(name).to_bytes(stretch)
        if b" " not in raw or not (places := list(_places(raw))):
            continue
        chars = list(stretch)
        for place in places:
            chars[place] = "\xa0"
        restored = "".join(chars)
        if _is_read_twice(charset(name).to_bytes(restored), places):
            return restored
    return stretch


def _places(raw: bytes) -> Iterator[int]:
    """Where a space stands for the last byte of a sequence."""
    yield from (match.end() - 1 for match in _OPEN.finditer(raw))


def _is_read_twice(raw: bytes, places: list[int]) -> bool:
    """Whether bytes are UTF-8, and what they come to is UTF-8 in a codec once more, the characters at these places among it."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    restored = {len(raw[:place].decode("utf-8", "ignore")) for place in places}
    return any(restored <= _covered(text, codec) for codec in _codecs())


def _covered(text: str, codec: Charset) -> set[int]:
    """The characters of a text that are parts of sequences in a codec."""
    return {at for match in UTF8.finditer(codec.to_bytes(text)) for at in range(*match.span())}


@cache
def _folded() -> re.Pattern[str]:
    """What stands before a folded space: the bytes before 0xA0 in the UTF-8 of `à`, `Š`, `†`, `Р` and of the no-break space itself,
    which are the characters of these codecs that end in it."""
    before = {raw[-2] for raw in map(str.encode, "àŠ†Р\xa0")}
    return re.compile(
        f"[{''.join(codec.decoded[byte] for codec in _codecs() for byte in before)}] (?=[^\\w]|[^\x00-\x7f]|\\Z)"
    )


@cache
def _codecs() -> tuple[Charset, ...]:
    return tuple(map(charset, _NAMES))
