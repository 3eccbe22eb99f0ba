"""Where sentences end in damaged text: of a sentence all is repaired, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsarchive.core.repairs.characters import kind, script
from newsarchive.core.repairs.grams import LENGTHS
from newsarchive.core.repairs.runs import Change

#: Where a sentence may end. A lost byte may be spelled `?`, so that this is no end.
_END = re.compile(r"(?P<word>\S*)[.!][\"')\]]* |\n")
#: A word of so many letters, two characters each where they are damaged, may be an abbreviation: `Mr.`; so is one with
#: full stops inside.
ABBREVIATED = 4
#: What is so short behind the last full stop of a line belongs to the sentence: an emoji is twelve characters.
TAIL = 16
#: Marks of scripts that do not part words.
UNPARTED = ("cjk punctuation", "fullwidth")


def sentence_ends(text: str, changes: Sequence[Change]) -> Iterator[int]:
    """Where sentences end; in scripts that do not part words, lines."""
    ends = {change.reading.after[-1] for change in changes}
    by_line = any(script(char) in LENGTHS or kind(char) in UNPARTED for char in ends)
    for match in _END.finditer(text):
        word = match["word"] or ""
        letters = len(word) - sum(char > "\x7f" for char in word) / 2
        goes_on = text.find("\n", match.end(), match.end() + TAIL) >= 0 or len(text) - match.end() < TAIL
        is_abbreviation = letters <= ABBREVIATED or "." in word.strip(".")
        if match["word"] is None or not (is_abbreviation or by_line or goes_on):
            yield match.end()
