"""No-break spaces inside of damaged text that programs folded into plain ones when they tidied its white space.

`à` is C3 A0 in UTF-8. Read with windows-1252 and its like it comes as `Ã` and a no-break space. Where that became a plain space, or
was stripped at the end of a line, nobody sees whether the space parted two words: in Vietnamese it mostly stands inside of one. The
words tell: `ngÃ y` is `ngày`, a word that is known, and `lÃ má»™t` is `là một`, because `làmột` is not. `folded_letter_changes` asks
them.

Text that was read wrongly twice has more such places: `Ã¢â€ â€™` is `→`. The second wrong reading makes two or three characters of each
character that the first one made. With windows-1252 those of `†`, `à` and `Š` end in a no-break space, with windows-1251 those of `Р`,
the most frequent character of damaged Russian. The damage falls to pieces: `Ã¢â€` looks like a quotation mark that lost a byte.
`with_no_break_spaces` takes a space for a no-break space only where both readings can be undone: the whole stretch around it is UTF-8
in the codec, and what comes out is UTF-8 in a codec again, with the restored character as a part of it. Right text does not do that by
accident.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache

from newsarchive.core.encoding.charsets import charset
from newsarchive.core.encoding.mojibake import UTF8, Reading
from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.runs import Change, Repairs, after_changes, line_around, start_of

#: The codec whose `à` became two characters.
RULE = "windows-1252"
#: Letters on either side of a place that are read to find its word.
MAX_SIDE_LETTERS = 40
#: `Ã` with what may be left of the no-break space behind it.
_PLACE = re.compile("Ã(?! ?[^\x00-\x7fÀ-ỹ]) ?")
_LETTERS_BEFORE = re.compile(r"[^\W\d_]+\Z")
_LETTERS_BEHIND = re.compile(r"[^\W\d_]+")
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
        # Where a space stands for the last byte of a sequence.
        places = [match.end() - 1 for match in _OPEN.finditer(raw)]
        if not places:
            continue
        chars = list(stretch)
        for place in places:
            chars[place] = "\xa0"
        restored = "".join(chars)
        if _is_read_twice(charset(name).to_bytes(restored), places):
            return restored
    return stretch


def _is_read_twice(raw: bytes, places: list[int]) -> bool:
    """Whether bytes are UTF-8, and what they come to is UTF-8 in a codec once more, the characters at these places among it."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return False
    restored = {len(raw[:place].decode("utf-8", "ignore")) for place in places}
    return any(
        restored <= {at for match in UTF8.finditer(codec.to_bytes(text)) for at in range(*match.span())}
        for codec in map(charset, _NAMES)
    )


@cache
def before_folded_spaces() -> frozenset[str]:
    """What stands before a folded space: the bytes before 0xA0 in the UTF-8 of `à`, `Š`, `†`, `Р` and of the no-break space itself,
    which are the characters of these codecs that end in it."""
    before = {raw[-2] for raw in map(str.encode, "àŠ†Р\xa0")}
    return frozenset(codec.decoded[byte] for codec in map(charset, _NAMES) for byte in before)


@cache
def _folded() -> re.Pattern[str]:
    return re.compile(f"[{''.join(sorted(before_folded_spaces()))}] (?=[^\\w]|[^\x00-\x7f]|\\Z)")


def folded_letter_changes(text: str, repairs: Repairs, model: PairModel, grams: GramModel) -> Repairs:
    """The repairs with each `à` of the lines that they change restored as the words of its place ask for."""
    if "Ã" not in text or "\xa0" in text or not _PLACE.search(text):
        return repairs
    lines = {
        line_around(text, change.start) for change in repairs.changes if change.reading.rule.startswith(RULE)
    }
    lines -= {line_around(text, place) for place in repairs.lost}
    changes, found = repairs.changes, dict[int, Change]()
    for start, end in sorted(lines):
        for match in _PLACE.finditer(text, start, end):
            at = match.start()
            number = bisect_right(changes, at, key=start_of) - 1
            own = changes[number] if number >= 0 and changes[number].end > at else None
            if own and (own.start, own.reading.after) != (at, "à"):
                continue
            change = _change(text, match, changes, model, grams)
            if change and (own is None or change.end == match.end()):
                found[at] = change
    kept = [change for change in changes if change.start not in found]
    return Repairs(sorted([*kept, *found.values()], key=start_of), repairs.lost) if found else repairs


def _change(
    text: str, match: re.Match[str], changes: Sequence[Change], model: PairModel, grams: GramModel
) -> Change | None:
    """`à` at a place: with the letters behind the space where they make a word together, else without them."""
    at, end = match.span()
    before = _LETTERS_BEFORE.search(after_changes(text, max(0, at - MAX_SIDE_LETTERS), at, changes))
    behind = _LETTERS_BEHIND.match(after_changes(text, end, min(len(text), end + MAX_SIDE_LETTERS), changes))
    left, right = before[0] if before else "", behind[0] if behind else ""
    if left and right and _is_word(f"{left}à{right}", grams):
        last = end
    elif left and (not right or end > at + 1) and _is_word(f"{left}à", grams):
        # Of two spaces the first was the no-break space.
        last = end if text[end : end + 1] == " " else at + 1
    else:
        return None
    gain = max(model.gain(text, at, last, "à"), 0.1)
    return Change(at, last, Reading(0, last - at, "à", f"{RULE}, bytes lost", gain))


def _is_word(word: str, grams: GramModel) -> bool:
    return grams.knows(word) and not grams.unknown(word)
