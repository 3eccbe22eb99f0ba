"""`à` in damaged text whose no-break space was folded: `ngÃ y` is `ngày`, and `lÃ má»™t` is `là một`.

`à` is C3 A0 in UTF-8. Read with windows-1252 and its like it comes as `Ã` and a no-break space, and programs that tidy white
space make a plain space of that, or strip it at the end of a line. Then nobody sees whether the space parted two words: in Vietnamese
it mostly stands inside of one. The words tell: `ngày` is known, and `làmột` is not.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from newsarchive.core.encoding.mojibake import Reading
from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.runs import Change, Repairs, line_around, start_of

RULE = "windows-1252"
#: Letters on either side of a place that are read to find its word.
MAX_SIDE_LETTERS = 40
#: `Ã` with what may be left of the no-break space behind it.
_PLACE = re.compile("Ã(?! ?[^\x00-\x7fÀ-ỹ]) ?")
_LETTERS_BEFORE = re.compile(r"[^\W\d_]+\Z")
_LETTERS_BEHIND = re.compile(r"[^\W\d_]+")


def folded_letter_changes(text: str, repairs: Repairs, model: PairModel, grams: GramModel) -> Repairs:
    """The repairs with each `à` of the lines that they change restored as the words of its place ask for."""
    if "Ã" not in text or "\xa0" in text or not any(map(_is_of_codec, repairs.changes)):
        return repairs
    lines = {line_around(text, change.start) for change in repairs.changes if _is_of_codec(change)}
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


def _is_of_codec(change: Change) -> bool:
    return change.reading.rule.startswith(RULE)


def _change(
    text: str, match: re.Match[str], changes: Sequence[Change], model: PairModel, grams: GramModel
) -> Change | None:
    """`à` at a place: with the letters behind the space where they make a word together, else without them."""
    at, end = match.span()
    before = _LETTERS_BEFORE.search(_after(text, max(0, at - MAX_SIDE_LETTERS), at, changes))
    behind = _LETTERS_BEHIND.match(_after(text, end, min(len(text), end + MAX_SIDE_LETTERS), changes))
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


def _after(text: str, start: int, end: int, changes: Sequence[Change]) -> str:
    """A part of a text with the changes in it made; those that reach out of it are left."""
    out, at = "", start
    for number in range(max(0, bisect_right(changes, start, key=start_of) - 1), len(changes)):
        change = changes[number]
        if change.start >= end:
            break
        if change.start >= at and change.end <= end:
            out += text[at : change.start] + change.reading.after
            at = change.end
    return out + text[at:end]
